//! `cargo xtask demo`: the showcase, bundled in the sandbox and shown in a phone and a tablet.
//!
//! Two origins on the loopback interface: one for our page, one for the bundle. The
//! bundle runs in frames that may run scripts and nothing else, so it reaches neither
//! our page nor anything beyond its own origin.

mod http;
mod preview;
mod site;

use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;

use crate::build;
use crate::command;
use crate::house::House;
use crate::setup::{self, Node};

/// How the demo is shown.
#[derive(Args)]
pub(crate) struct Options {
    /// Write the bundles and a screenshot into target/demo, and end
    #[arg(long)]
    once: bool,
    /// The port of the page; the bundle gets the next one. Any free port when left out
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// The sample app to show
    #[arg(long, default_value = "hive-notes")]
    app: String,
    /// Take parts and executables as they are
    #[arg(long)]
    no_build: bool,
}

/// Builds, serves, and either stays or takes the picture.
pub(crate) fn run(house: &House, options: &Options) -> Result<()> {
    if !options.no_build {
        setup::run(house, &setup::Options::of_app(&options.app))?;
        build::run(house)?;
    }
    let folder = house.target("demo");
    let previews = preview::build_all(house, &options.app, &folder)?;

    let page = listen(options.port)?;
    let frame = listen(if options.port == 0 { 0 } else { options.port.saturating_add(1) })?;
    let page_origin = origin(&page)?;
    let frame_origin = origin(&frame)?;
    let page_site = site::page(&options.app, &previews, &frame_origin)?;
    let frame_site = site::frame(&previews, &page_origin)?;
    http::serve_forever(frame, frame_site);
    http::serve_forever(page, page_site);

    if options.once {
        let picture = screenshot(house, &page_origin)?;
        println!("bundles and picture: {} {}", folder.display(), picture.display());
        return Ok(());
    }
    println!("the demo is at {page_origin}/ (Ctrl-C ends it)");
    loop {
        std::thread::park();
    }
}

fn listen(port: u16) -> Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).with_context(|| format!("cannot listen on port {port}"))
}

fn origin(listener: &TcpListener) -> Result<String> {
    Ok(format!("http://{}", listener.local_addr().context("a listener without an address")?))
}

fn screenshot(house: &House, address: &str) -> Result<PathBuf> {
    let node = Node::find(house).context("no Node; run `cargo xtask setup`")?;
    let browser = setup::find_browser().context("no Chromium; run `cargo xtask setup`")?;
    let picture = house.target("demo/screenshot.png");
    let mut look = node.command();
    look.arg(house.root("tests/parity/browser.mjs"))
        .arg(format!("{address}/"))
        .arg("--browser")
        .arg(browser)
        .args(["--width", "1440", "--height", "2000", "--ready", "document.body.dataset.frames === 'ready'"])
        .args(["--evaluate", "document.body.innerText"])
        .arg("--screenshot")
        .arg(&picture);
    command::run(&mut look)?;
    Ok(picture)
}
