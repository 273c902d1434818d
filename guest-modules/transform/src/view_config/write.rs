//! A component's description as the statements of its module.

use super::component::{Attribute, Command, Component, Event};
use crate::emit::quoted;

pub(super) fn statements(component: &Component) -> String {
    let mut text = imports(component);
    let native_name = component.paper_name.as_ref().unwrap_or(&component.name);
    text.push_str(&format!("let nativeComponentName = {};\n", quoted(native_name)));
    if let Some(deprecated) = &component.deprecated_paper_name {
        text.push_str(&deprecated_check(&component.name, deprecated));
    }
    text.push_str(&format!(
        "export const __INTERNAL_VIEW_CONFIG = {};\n\
         export default NativeComponentRegistry.get(nativeComponentName, () => __INTERNAL_VIEW_CONFIG);\n",
        config(native_name, component)
    ));
    if !component.commands.is_empty() {
        let commands: Vec<String> = component.commands.iter().map(command).collect();
        text.push_str(&format!("export const Commands = {{{}}};\n", commands.join(",")));
    }
    text
}

fn imports(component: &Component) -> String {
    let mut text = "const NativeComponentRegistry = \
        require('react-native/Libraries/NativeComponent/NativeComponentRegistry');\n"
        .to_owned();
    if !component.events.is_empty() {
        text.push_str(
            "const {ConditionallyIgnoredEventHandlers} = \
             require('react-native/Libraries/NativeComponent/ViewConfigIgnore');\n",
        );
    }
    if component.deprecated_paper_name.is_some() {
        text.push_str("const {UIManager} = require('react-native');\n");
    }
    if !component.commands.is_empty() {
        text.push_str(
            "const {dispatchCommand} = require('react-native/Libraries/ReactNative/RendererProxy');\n",
        );
    }
    text
}

fn deprecated_check(name: &str, deprecated: &str) -> String {
    let message = format!("Failed to find native component for either \"{name}\" or \"{deprecated}\"");
    let (name, deprecated) = (quoted(name), quoted(deprecated));
    format!(
        "if (UIManager.hasViewManagerConfig({name})) {{ nativeComponentName = {name}; }} \
         else if (UIManager.hasViewManagerConfig({deprecated})) {{ nativeComponentName = {deprecated}; }} \
         else {{ throw new Error({}); }}\n",
        quoted(&message)
    )
}

fn config(native_name: &str, component: &Component) -> String {
    let mut text = format!("{{uiViewClassName: {}", quoted(native_name));
    let bubbling: Vec<String> =
        component.events.iter().filter(|event| event.bubbles).map(bubbling_event).collect();
    if !bubbling.is_empty() {
        text.push_str(&format!(",bubblingEventTypes: {{{}}}", bubbling.join(",")));
    }
    let direct: Vec<String> =
        component.events.iter().filter(|event| !event.bubbles).map(direct_event).collect();
    if !direct.is_empty() {
        text.push_str(&format!(",directEventTypes: {{{}}}", direct.join(",")));
    }
    let mut attributes: Vec<String> = component
        .props
        .iter()
        .map(|(name, attribute)| format!("{}: {}", quoted(name), attribute_value(*attribute)))
        .collect();
    if !component.events.is_empty() {
        let names: Vec<String> =
            component.events.iter().map(|event| format!("{}: true", quoted(&event.name))).collect();
        attributes.push(format!("...ConditionallyIgnoredEventHandlers({{{}}})", names.join(",")));
    }
    text.push_str(&format!(",validAttributes: {{{}}}}}", attributes.join(",")));
    text
}

fn attribute_value(attribute: Attribute) -> &'static str {
    match attribute {
        Attribute::Plain => "true",
        Attribute::Color => {
            "require('react-native/Libraries/Components/View/ReactNativeStyleAttributes').colorAttribute"
        }
        Attribute::Colors => {
            "{process: ((req) => 'default' in req ? req.default : req)\
             (require('react-native/Libraries/StyleSheet/processColorArray'))}"
        }
        Attribute::Image => {
            "{process: ((req) => 'default' in req ? req.default : req)\
             (require('react-native/Libraries/Image/resolveAssetSource'))}"
        }
        Attribute::Point => {
            "{diff: ((req) => 'default' in req ? req.default : req)\
             (require('react-native/Libraries/Utilities/differ/pointsDiffer'))}"
        }
        Attribute::Insets => {
            "{diff: ((req) => 'default' in req ? req.default : req)\
             (require('react-native/Libraries/Utilities/differ/insetsDiffer'))}"
        }
    }
}

fn bubbling_event(event: &Event) -> String {
    let captured = quoted(&format!("{}Capture", event.name));
    let bubbled = quoted(&event.name);
    let names = format!("{{captured: {captured},bubbled: {bubbled}}}");
    format!("{}: {{phasedRegistrationNames: {names}}}", quoted(&top_level_name(event)))
}

fn direct_event(event: &Event) -> String {
    format!("{}: {{registrationName: {}}}", quoted(&top_level_name(event)), quoted(&event.name))
}

/// `onPress` is sent as `topPress`.
fn top_level_name(event: &Event) -> String {
    let name = event.paper_name.as_deref().unwrap_or(&event.name);
    if let Some(rest) = name.strip_prefix("on") {
        return format!("top{rest}");
    }
    if name.starts_with("top") {
        return name.to_owned();
    }
    let mut characters = name.chars();
    let first: String = characters.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("top{first}{}", characters.as_str())
}

fn command(command: &Command) -> String {
    let name = quoted(&command.name);
    let parameters: Vec<&str> = command.parameters.iter().map(|parameter| &**parameter).collect();
    let all = [&["ref"], parameters.as_slice()].concat().join(", ");
    format!("{name}({all}) {{ dispatchCommand(ref, {name}, [{}]); }}", parameters.join(", "))
}
