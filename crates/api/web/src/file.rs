//! The table of files.

use std::sync::LazyLock;

/// A file of the UI.
pub struct File {
    /// Its path below `web/dist`, with `/`.
    pub path: &'static str,
    /// Its bytes.
    pub plain: &'static [u8],
    /// The same in brotli, where that is smaller.
    pub brotli: Option<&'static [u8]>,
    /// The same in gzip, where that is smaller.
    pub gzip: Option<&'static [u8]>,
}

/// Every file of the UI, by path; none when the binary was built without it.
pub static FILES: &[File] = include!(concat!(env!("OUT_DIR"), "/files.rs"));

/// The document that every page is.
pub(crate) fn document() -> Option<&'static File> {
    find("index.html")
}

/// The file at this path.
pub(crate) fn find(path: &str) -> Option<&'static File> {
    FILES.iter().find(|file| file.path == path)
}

/// Changes whenever the document does. Everything else the document names by the hash of its content.
pub(crate) fn document_tag() -> &'static str {
    static TAG: LazyLock<String> = LazyLock::new(|| {
        // FNV-1a over the document: enough to tell two builds apart, and nobody gains by making them collide.
        let bytes = document().map(|file| file.plain).unwrap_or_default();
        let hash = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
        format!("\"{hash:016x}\"")
    });
    &TAG
}

impl File {
    /// Its media type, by its ending.
    pub fn media_type(&self) -> &'static str {
        match self.path.rsplit('.').next().unwrap_or_default() {
            "html" => "text/html; charset=utf-8",
            "js" => "text/javascript; charset=utf-8",
            "css" => "text/css; charset=utf-8",
            "svg" => "image/svg+xml",
            "png" => "image/png",
            "json" => "application/json",
            "webmanifest" => "application/manifest+json",
            _ => "application/octet-stream",
        }
    }
}
