//! From two files to a bundle.
//!
//! ```text
//! cargo run -p hivesync-client --example preview -- http://127.0.0.1:4000 EMAIL PASSWORD OUT.zip
//! ```
//!
//! A server behind TLS is `https://hive.example`; one with certificates of its own is believed by those
//! in the file `CA_FILE`.

use std::error::Error;

use hivesync_client::{Client, File, NewPreview, Platform};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [address, email, password, out] = args.as_slice() else {
        return Err("usage: preview ADDRESS EMAIL PASSWORD OUT.zip".into());
    };
    let nobody = match std::env::var_os("CA_FILE") {
        Some(file) => Client::trusting(address, &std::fs::read(file)?)?,
        None => Client::new(address)?,
    };
    match nobody.register(email, password).await {
        Ok(_) => {}
        // Whoever has an account logs in with it.
        Err(error) if error.code() == Some("CONFLICT") => {}
        Err(error) => return Err(error.into()),
    }
    let client = nobody.log_in(email, password).await?;
    let project = client.create_project("example").await?;
    let files = [
        File::text("package.json", "{\"name\":\"example\",\"main\":\"index.js\"}"),
        File::text("index.js", "document.title = 'example';\n"),
    ];
    client.upload(&project.id, &files).await?;
    let asked = client.preview(&project.id, &NewPreview::new(Platform::Web), "example").await?;
    let over = client.wait(&asked).await?;
    println!("{} is over: {:?}", over.job_id, over.state);
    std::fs::write(out, client.bundle(&over).await?)?;
    Ok(())
}
