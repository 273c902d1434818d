//! Gives the Wasm module a stack for deep folders and manifests. It lies below the data, so
//! running over its end traps.
fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_ARCH").is_ok_and(|arch| arch == "wasm32") {
        println!("cargo:rustc-cdylib-link-arg=-zstack-size=2097152");
    }
}
