//! Devices that a preview is for, as clients describe them.

use hivesync_types::{Code, Platform};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use ulid::Ulid;
use utoipa::ToSchema;

use crate::problem::Problem;

/// Characters of an id, a brand or a model.
const WORD_CHARS_MAX: usize = 64;
/// Pixels of a side.
const SIDE_MAX: u32 = 16_384;
/// Pixels that a bar or a notch may take.
const INSET_MAX: u32 = 2_048;
/// Most devices in a request, whatever the tier: a request has a size.
const DEVICES_MAX: usize = 200;

/// One device with its sensors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Device {
    /// What it is.
    pub(crate) device_context: DeviceContext,
    /// What it may measure.
    #[serde(default)]
    pub(crate) sensor_flags: SensorFlags,
}

/// A device under the id that its artifacts are kept by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct KeptDevice {
    /// A ULID: what a user wrote is in no key.
    pub(crate) key: String,
    /// The device.
    #[serde(flatten)]
    pub(crate) device: Device,
}

/// What a device is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeviceContext {
    /// What its user calls it.
    pub(crate) device_id: String,
    brand: String,
    model: String,
    os_version: String,
    #[schema(value_type = crate::words::Platform)]
    platform: Platform,
    width: u32,
    height: u32,
    dpr: f64,
    safe_area: SafeArea,
    orientation: Orientation,
    zoom_mode: ZoomMode,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SafeArea {
    top: u32,
    bottom: u32,
    left: u32,
    right: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Orientation {
    Portrait,
    Landscape,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum ZoomMode {
    Standard,
    Zoomed,
}

/// What a device may measure. Nothing, when nothing is said.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct SensorFlags {
    camera: bool,
    microphone: bool,
    accelerometer: bool,
    gyroscope: bool,
    gps: bool,
}

/// Reads and checks the devices of a job; none is one for everybody.
pub(crate) fn read(values: &[Value], platform: Platform) -> Result<Vec<Device>, Problem> {
    if values.len() > DEVICES_MAX {
        return Err(refused(DEVICES_MAX, format!("There are more than {DEVICES_MAX} devices.")));
    }
    let mut devices: Vec<Device> = Vec::with_capacity(values.len());
    for (index, value) in values.iter().enumerate() {
        let device: Device = serde_json::from_value(value.clone())
            .map_err(|error| refused(index, format!("The device cannot be read: {error}.")))?;
        device.device_context.check(platform).map_err(|message| refused(index, message.to_owned()))?;
        let id = &device.device_context.device_id;
        if devices.iter().any(|known| known.device_context.device_id == *id) {
            return Err(refused(index, "Two devices have one device_id.".to_owned()));
        }
        devices.push(device);
    }
    Ok(devices)
}

/// Gives each device the id that its artifacts are kept by. The ids follow from the job's.
pub(crate) fn keep(devices: Vec<Device>, job: Ulid) -> Vec<KeptDevice> {
    let key = |index: usize| {
        let index = u128::try_from(index).unwrap_or_default();
        Ulid(job.0.wrapping_add(index).wrapping_add(1)).to_string()
    };
    devices.into_iter().enumerate().map(|(index, device)| KeptDevice { key: key(index), device }).collect()
}

impl DeviceContext {
    fn check(&self, platform: Platform) -> Result<(), &'static str> {
        let id_bytes = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        let id = &self.device_id;
        if !(1..=WORD_CHARS_MAX).contains(&id.len()) || !id.bytes().all(id_bytes) || id == "default" {
            return Err(
                "device_id has 1 to 64 letters, digits, dots, dashes or underscores, and is not `default`.",
            );
        }
        let words = [&self.brand, &self.model, &self.os_version];
        let is_word = |word: &str| {
            (1..=WORD_CHARS_MAX).contains(&word.chars().count()) && !word.chars().any(char::is_control)
        };
        if !words.iter().all(|word| is_word(word)) {
            return Err("brand, model and os_version have 1 to 64 characters.");
        }
        if bundle_of(self.platform) != bundle_of(platform) {
            return Err("platform is another than the job's.");
        }
        if ![self.width, self.height].iter().all(|side| (1..=SIDE_MAX).contains(side)) {
            return Err("width and height are from 1 to 16384.");
        }
        if !(0.5..=8.0).contains(&self.dpr) {
            return Err("dpr is from 0.5 to 8.");
        }
        let SafeArea { top, bottom, left, right } = self.safe_area;
        if [top, bottom, left, right].iter().any(|inset| *inset > INSET_MAX) {
            return Err("safe_area has insets of at most 2048.");
        }
        Ok(())
    }
}

/// An iPad runs the bundle of iOS.
const fn bundle_of(platform: Platform) -> Platform {
    match platform {
        Platform::Ipad => Platform::Ios,
        other => other,
    }
}

fn refused(index: usize, message: String) -> Problem {
    tracing::warn!(device.index = index, reason = %message.escape_debug(), "a device context was refused");
    Problem::with(Code::InvalidDeviceContext, message).detail("device", index)
}

#[cfg(test)]
pub(crate) mod tests {
    use serde_json::json;

    use super::*;

    fn device() -> Value {
        json!({
            "device_context": {
                "device_id": "phone-1", "brand": "Apple", "model": "iPhone 15", "os_version": "18.1",
                "platform": "ios", "width": 1179, "height": 2556, "dpr": 3.0,
                "safe_area": { "top": 59, "bottom": 34, "left": 0, "right": 0 },
                "orientation": "portrait", "zoom_mode": "standard",
            },
            "sensor_flags": { "camera": true },
        })
    }

    #[test]
    fn a_device_is_read_and_every_field_of_it_has_bounds() {
        assert_eq!(read(&[device()], Platform::Ios).unwrap().len(), 1);
        assert_eq!(read(&[device()], Platform::Ipad).unwrap().len(), 1);
        for (field, bad) in [
            ("device_id", json!("")),
            ("device_id", json!("../x")),
            ("device_id", json!("default")),
            ("device_id", json!("x".repeat(65))),
            ("brand", json!("")),
            ("model", json!("a\nb")),
            ("os_version", json!(18)),
            ("platform", json!("android")),
            ("platform", json!("amiga")),
            ("width", json!(0)),
            ("height", json!(16_385)),
            ("width", json!(-1)),
            ("dpr", json!(0)),
            ("dpr", json!(8.5)),
            ("safe_area", json!({ "top": 1 })),
            ("safe_area", json!({ "top": 2049, "bottom": 0, "left": 0, "right": 0 })),
            ("orientation", json!("upside-down")),
            ("zoom_mode", json!(null)),
            ("color", json!("red")),
        ] {
            let mut value = device();
            value["device_context"][field] = bad.clone();
            let problem = read(&[value], Platform::Ios).unwrap_err();
            assert_eq!(problem.code(), Code::InvalidDeviceContext, "{field}: {bad}");
        }
        let mut unknown = device();
        unknown["sensor_flags"]["smell"] = json!(true);
        assert!(read(&[unknown], Platform::Ios).is_err());
        assert!(read(&[device(), device()], Platform::Ios).is_err());
    }

    #[test]
    fn the_keys_of_devices_are_ids_of_ours() {
        let mut second = device();
        second["device_context"]["device_id"] = json!("phone-2");
        let devices = read(&[device(), second], Platform::Ios).unwrap();
        let kept = keep(devices, Ulid(7));
        assert_eq!(kept[0].key, "00000000000000000000000008");
        assert_eq!(kept[1].key, "00000000000000000000000009");
    }
}
