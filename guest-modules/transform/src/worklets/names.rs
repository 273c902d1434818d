//! The names that the libraries of worklets give a meaning: which arguments of which functions
//! become worklets, and which globals every runtime has of its own.

/// The arguments of a function that become worklets, by index.
pub(super) struct Hook {
    pub(super) name: &'static str,
    pub(super) arguments: &'static [usize],
    pub(super) takes: Takes,
}

/// What an argument may be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Takes {
    Functions,
    /// An object whose functions are the callbacks.
    Objects,
    Both,
}

const fn hook(name: &'static str, arguments: &'static [usize], takes: Takes) -> Hook {
    Hook { name, arguments, takes }
}

pub(super) const HOOKS: [Hook; 31] = [
    hook("useFrameCallback", &[0], Takes::Functions),
    hook("useAnimatedStyle", &[0], Takes::Functions),
    hook("useAnimatedProps", &[0], Takes::Functions),
    hook("createAnimatedPropAdapter", &[0], Takes::Functions),
    hook("useDerivedValue", &[0], Takes::Functions),
    hook("useAnimatedScrollHandler", &[0], Takes::Both),
    hook("useAnimatedReaction", &[0, 1], Takes::Functions),
    hook("withTiming", &[2], Takes::Functions),
    hook("withSpring", &[2], Takes::Functions),
    hook("withDecay", &[1], Takes::Functions),
    hook("withRepeat", &[3], Takes::Functions),
    hook("runOnUI", &[0], Takes::Functions),
    hook("executeOnUIRuntimeSync", &[0], Takes::Functions),
    hook("scheduleOnUI", &[0], Takes::Functions),
    hook("runOnUISync", &[0], Takes::Functions),
    hook("runOnUIAsync", &[0], Takes::Functions),
    hook("runOnRuntime", &[1], Takes::Functions),
    hook("runOnRuntimeSync", &[1], Takes::Functions),
    hook("runOnRuntimeAsync", &[1], Takes::Functions),
    hook("scheduleOnRuntime", &[1], Takes::Functions),
    hook("runOnRuntimeSyncWithId", &[1], Takes::Functions),
    hook("scheduleOnRuntimeWithId", &[1], Takes::Functions),
    hook("useTapGesture", &[0], Takes::Objects),
    hook("usePanGesture", &[0], Takes::Objects),
    hook("usePinchGesture", &[0], Takes::Objects),
    hook("useRotationGesture", &[0], Takes::Objects),
    hook("useFlingGesture", &[0], Takes::Objects),
    hook("useLongPressGesture", &[0], Takes::Objects),
    hook("useNativeGesture", &[0], Takes::Objects),
    hook("useManualGesture", &[0], Takes::Objects),
    hook("useHoverGesture", &[0], Takes::Objects),
];

/// `Gesture.Pan()` and its like begin a chain of callbacks.
pub(super) const GESTURES: [&str; 13] = [
    "Tap",
    "Pan",
    "Pinch",
    "Rotation",
    "Fling",
    "LongPress",
    "ForceTouch",
    "Native",
    "Manual",
    "Race",
    "Simultaneous",
    "Exclusive",
    "Hover",
];

pub(super) const GESTURE_CALLBACKS: [&str; 10] = [
    "onBegin",
    "onStart",
    "onEnd",
    "onFinalize",
    "onUpdate",
    "onChange",
    "onTouchesDown",
    "onTouchesMove",
    "onTouchesUp",
    "onTouchesCancelled",
];

/// Layout animations by family; `FadeInDown` is the family `Fade`, the way `In` and the side `Down`.
const ENTRY_AND_EXIT: [(&str, &[&str]); 10] = [
    ("Bounce", &["", "Down", "Left", "Right", "Up"]),
    ("Fade", &["", "Down", "Left", "Right", "Up"]),
    ("Flip", &["EasyX", "EasyY", "XDown", "XUp", "YLeft", "YRight"]),
    ("LightSpeed", &["Left", "Right"]),
    ("Pinwheel", &[""]),
    ("Roll", &["Left", "Right"]),
    ("Rotate", &["DownLeft", "DownRight", "UpLeft", "UpRight"]),
    ("Slide", &["Down", "Left", "Right", "Up"]),
    ("Stretch", &["X", "Y"]),
    ("Zoom", &["", "Down", "EasyDown", "EasyUp", "Left", "Right", "Rotate", "Up"]),
];

const TRANSITIONS: [&str; 7] = [
    "Layout",
    "LinearTransition",
    "SequencedTransition",
    "FadingTransition",
    "JumpingTransition",
    "CurvedTransition",
    "EntryExitTransition",
];

pub(super) fn is_layout_animation(name: &str) -> bool {
    let by_family = ENTRY_AND_EXIT.iter().any(|(family, sides)| {
        let rest = name.strip_prefix(family);
        let side = rest.and_then(|rest| rest.strip_prefix("In").or_else(|| rest.strip_prefix("Out")));
        side.is_some_and(|side| sides.contains(&side))
    });
    by_family || TRANSITIONS.contains(&name)
}

/// Methods that may stand between a layout animation and its callback.
pub(super) const LAYOUT_METHODS: [&str; 26] = [
    "build",
    "duration",
    "delay",
    "getDuration",
    "randomDelay",
    "getDelay",
    "getDelayFunction",
    "easing",
    "rotate",
    "springify",
    "damping",
    "mass",
    "stiffness",
    "overshootClamping",
    "energyThreshold",
    "restDisplacementThreshold",
    "restSpeedThreshold",
    "withInitialValues",
    "getAnimationAndConfig",
    "easingX",
    "easingY",
    "easingWidth",
    "easingHeight",
    "entering",
    "exiting",
    "reverse",
];

/// Globals that every runtime has of its own, so that none is captured.
const GLOBALS: [&str; 91] = [
    "globalThis",
    "Infinity",
    "NaN",
    "undefined",
    "eval",
    "isFinite",
    "isNaN",
    "parseFloat",
    "parseInt",
    "decodeURI",
    "decodeURIComponent",
    "encodeURI",
    "encodeURIComponent",
    "escape",
    "unescape",
    "Object",
    "Function",
    "Boolean",
    "Symbol",
    "Error",
    "AggregateError",
    "EvalError",
    "RangeError",
    "ReferenceError",
    "SyntaxError",
    "TypeError",
    "URIError",
    "InternalError",
    "Number",
    "BigInt",
    "Math",
    "Date",
    "String",
    "RegExp",
    "Array",
    "Int8Array",
    "Uint8Array",
    "Uint8ClampedArray",
    "Int16Array",
    "Uint16Array",
    "Int32Array",
    "Uint32Array",
    "BigInt64Array",
    "BigUint64Array",
    "Float32Array",
    "Float64Array",
    "Map",
    "Set",
    "WeakMap",
    "WeakSet",
    "ArrayBuffer",
    "SharedArrayBuffer",
    "DataView",
    "Atomics",
    "JSON",
    "WeakRef",
    "FinalizationRegistry",
    "Iterator",
    "AsyncIterator",
    "Promise",
    "GeneratorFunction",
    "AsyncGeneratorFunction",
    "Generator",
    "AsyncGenerator",
    "AsyncFunction",
    "Reflect",
    "Proxy",
    "Intl",
    "null",
    "this",
    "global",
    "window",
    "self",
    "console",
    "performance",
    "arguments",
    "require",
    "fetch",
    "XMLHttpRequest",
    "WebSocket",
    "queueMicrotask",
    "requestAnimationFrame",
    "cancelAnimationFrame",
    "setTimeout",
    "clearTimeout",
    "setImmediate",
    "clearImmediate",
    "setInterval",
    "clearInterval",
    "HermesInternal",
    "_WORKLET",
];

pub(super) fn is_global(name: &str) -> bool {
    GLOBALS.contains(&name)
}

/// Words without one of which a source has no worklet.
const WORDS: [&str; 13] = [
    "orklet",
    "useAnimated",
    "useFrameCallback",
    "createAnimatedPropAdapter",
    "useDerivedValue",
    "withTiming",
    "withSpring",
    "withDecay",
    "withRepeat",
    "withCallback",
    "Gesture",
    "executeOnUI",
    ".value",
];

/// Words that a letter of either case may begin.
const SCHEDULING: [&str; 2] = ["unOn", "cheduleOn"];

/// Whether a closer look is worth its time.
pub(super) fn may_have_worklets(text: &str) -> bool {
    WORDS.iter().chain(&SCHEDULING).any(|word| text.contains(word))
}
