//! Writes the table of the UI's files: every file of `web/dist`, with its compressed forms beside it. Without a build of the UI the
//! table is empty, so that the binary builds without Node.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let here = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let dist = here.join("../../../web/dist");
    println!("cargo::rerun-if-changed={}", dist.display());
    let mut table = String::from("&[\n");
    if dist.join("index.html").is_file() {
        for path in files(&dist)? {
            let name = path.strip_prefix(&dist).expect("it was found there").to_string_lossy().replace('\\', "/");
            if !name.starts_with('.') && !name.ends_with(".br") && !name.ends_with(".gz") {
                let plain = include(&path);
                let (brotli, gzip) = (beside(&path, "br"), beside(&path, "gz"));
                let _ = writeln!(table, "    File {{ path: {name:?}, plain: {plain}, brotli: {brotli}, gzip: {gzip} }},");
            }
        }
    }
    table.push(']');
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    fs::write(out.join("files.rs"), table)
}

/// All files below a directory, sorted.
fn files(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() { found.extend(files(&path)?) } else { found.push(path) }
    }
    found.sort();
    Ok(found)
}

fn include(path: &Path) -> String {
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    format!("include_bytes!({:?})", path.to_string_lossy())
}

/// The compressed form of a file that lies beside it.
fn beside(path: &Path, ending: &str) -> String {
    let path = PathBuf::from(format!("{}.{ending}", path.display()));
    if path.is_file() { format!("Some({})", include(&path)) } else { "None".to_owned() }
}
