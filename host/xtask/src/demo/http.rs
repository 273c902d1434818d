//! A server for a handful of files that are all in memory, on the loopback interface.
//!
//! It answers GET and HEAD and closes. It does not read bodies, keep connections or
//! open files.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

/// The longest request head that is read.
const HEAD_BYTES_MAX: u64 = 16 * 1024;

/// A peer that says nothing for this long is hung up on.
const PATIENCE: Duration = Duration::from_secs(10);

/// One thing to serve.
pub(crate) struct File {
    pub(crate) media_type: &'static str,
    pub(crate) bytes: Vec<u8>,
}

/// Files by path, such as `/style.css`, and the headers that all of them get.
pub(crate) struct Site {
    pub(crate) files: BTreeMap<String, File>,
    pub(crate) headers: Vec<(&'static str, String)>,
}

/// Answers on threads of its own for as long as the process lives.
pub(crate) fn serve_forever(listener: TcpListener, site: Site) {
    let site = Arc::new(site);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let site = Arc::clone(&site);
            // A browser that goes away in the middle is no fault of ours.
            thread::spawn(move || answer(&stream, &site));
        }
    });
}

fn answer(mut stream: &TcpStream, site: &Site) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut head = BufReader::new(stream.take(HEAD_BYTES_MAX));
    let mut request = String::new();
    head.read_line(&mut request)?;
    let mut line = String::new();
    while head.read_line(&mut line)? > 2 {
        line.clear();
    }
    let (status, media_type, body): (&str, &str, &[u8]) = match find(&request, site) {
        Some(file) => ("200 OK", file.media_type, &file.bytes),
        None => ("404 Not Found", "text/plain; charset=utf-8", b"not here\n"),
    };
    let mut response =
        format!("HTTP/1.1 {status}\r\ncontent-type: {media_type}\r\ncontent-length: {}\r\n", body.len());
    for (name, value) in &site.headers {
        response.push_str(&format!("{name}: {value}\r\n"));
    }
    response.push_str("connection: close\r\n\r\n");
    stream.write_all(response.as_bytes())?;
    if !request.starts_with("HEAD ") {
        stream.write_all(body)?;
    }
    stream.flush()
}

fn find<'a>(request: &str, site: &'a Site) -> Option<&'a File> {
    let mut words = request.split(' ');
    let method = words.next()?;
    let target = words.next()?;
    let path = target.split(['?', '#']).next()?;
    matches!(method, "GET" | "HEAD").then(|| site.files.get(&decoded(path)?)).flatten()
}

/// The path with `%40` and the like resolved; none when it is not text.
fn decoded(path: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let (digits, after) = rest.split_at_checked(2)?;
        bytes.push(u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?);
        rest = after;
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site() -> Site {
        let file = File { media_type: "image/png", bytes: vec![1] };
        Site { files: BTreeMap::from([("/assets/bee@2x.png".to_owned(), file)]), headers: Vec::new() }
    }

    #[test]
    fn a_path_is_found_with_and_without_escapes_and_query() {
        for path in ["/assets/bee@2x.png", "/assets/bee%402x.png", "/assets/bee@2x.png?platform=web"] {
            assert!(find(&format!("GET {path} HTTP/1.1\r\n"), &site()).is_some(), "{path}");
        }
    }

    #[test]
    fn another_method_or_a_broken_escape_finds_nothing() {
        for request in ["POST /assets/bee@2x.png HTTP/1.1", "GET /assets/bee%4", "GET", ""] {
            assert!(find(request, &site()).is_none(), "{request}");
        }
    }
}
