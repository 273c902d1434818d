//! An object store for tests that speaks S3: `hivesync-s3 FOLDER PORT KEY-ID SECRET`.
//!
//! Signatures, their ends, checksums and conditions are really checked; lifecycle rules are
//! not known to it. A package of its own, so that what it is made of stays out of everything
//! else.

use std::net::Ipv4Addr;

use anyhow::{Result, bail};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use s3s::auth::SimpleAuth;
use s3s::service::S3ServiceBuilder;
use tokio::net::TcpListener;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [folder, port, id, secret] = args.as_slice() else {
        bail!("usage: hivesync-s3 FOLDER PORT KEY-ID SECRET");
    };
    let files = s3s_fs::FileSystem::new(folder);
    let mut service = S3ServiceBuilder::new(files.map_err(|error| anyhow::anyhow!("no store: {error:?}"))?);
    service.set_auth(SimpleAuth::from_single(id.clone(), secret.clone()));
    let service = service.build();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port.parse()?)).await?;
    println!("ready");
    loop {
        let (socket, _) = listener.accept().await?;
        let service = service.clone();
        tokio::spawn(async move {
            let http = Builder::new(TokioExecutor::new());
            // A client that goes away is none of our business.
            let _ = http.serve_connection(TokioIo::new(socket), service).await;
        });
    }
}
