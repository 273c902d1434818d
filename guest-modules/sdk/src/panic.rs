//! A guest that panics says so in its log before it traps.

use std::panic::PanicHookInfo;

/// Sends every panic to `write` as `panic: <message> at <file>:<line>`, on one line.
///
/// `write` is the guest's log import at level error. It is a plain function because the hook
/// outlives every value of the guest.
pub fn report_panics(write: fn(&str)) {
    std::panic::set_hook(Box::new(move |info| write(&describe(info))));
}

fn describe(info: &PanicHookInfo<'_>) -> String {
    let payload = info.payload();
    let message = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message");
    let message = message.replace(['\n', '\r'], " ");
    match info.location() {
        Some(place) => format!("panic: {message} at {}:{}", place.file(), place.line()),
        None => format!("panic: {message}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    static SEEN: Mutex<Vec<String>> = Mutex::new(Vec::new());

    #[test]
    fn a_panic_is_one_line_with_message_file_and_line() {
        report_panics(|line| SEEN.lock().unwrap().push(line.to_owned()));
        let line = line!() + 1;
        let outcome = std::panic::catch_unwind(|| panic!("two\nlines of {}", 2));
        let _ = std::panic::take_hook();
        assert!(outcome.is_err());
        let expected = format!("panic: two lines of 2 at {}:{line}", file!());
        assert_eq!(*SEEN.lock().unwrap(), [expected]);
    }
}
