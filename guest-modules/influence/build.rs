//! Gives the Wasm module the stack that a JavaScript engine needs: programs in it recurse over
//! syntax trees, and the linker's default of one megabyte is too little for that. The stack
//! lies below the data, so running over its end traps.
fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_ARCH").is_ok_and(|arch| arch == "wasm32") {
        println!("cargo:rustc-cdylib-link-arg=-zstack-size=8388608");
        // The standard library's debug information goes; the names of functions stay.
        println!("cargo:rustc-cdylib-link-arg=--strip-debug");
    }
}
