//! Where requests come from: a file of lines or of Parquet, or standard input.

use super::Bad;
use super::lines::Lines;
use super::parquet::ParquetFile;
use anyhow::{Context, Result, bail};
use bytes::Bytes;
use glasshive_receive_otlp::decode::Signal3;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

/// An OTLP request.
pub struct Request {
    /// Where it stands: file, and line or row.
    pub place: String,
    /// Whose it is; several where a line has several.
    pub signals: Vec<Signal3>,
    /// The dataset to name beside it, if one is.
    pub dataset: Option<String>,
    /// JSON.
    pub body: Bytes,
    /// Rows of Parquet that will not be quite as they were, and in what the first differs.
    pub changed: u64,
    /// See `changed`.
    pub how_changed: Option<String>,
}

/// A file being read.
pub enum Source {
    /// OTLP JSON lines.
    Lines(Lines),
    /// Parquet as `glasshive export` writes it.
    Parquet(Box<ParquetFile>),
}

/// How a Parquet file begins.
const PARQUET: &[u8] = b"PAR1";

// === impl Source ===

impl Source {
    /// Opens a file; `-` is standard input. What it is shows in how it begins.
    ///
    /// # Errors
    /// When it cannot be read, or is neither.
    pub fn open(path: &Path) -> Result<Self> {
        if path == Path::new("-") {
            return Ok(Self::Lines(Lines::new(Box::new(BufReader::new(std::io::stdin())), "standard input".to_owned(), None)));
        }
        let shown = path.display().to_string();
        let file = File::open(path).with_context(|| format!("open {shown}"))?;
        let bytes = file.metadata().with_context(|| format!("open {shown}"))?.len();
        let mut reader = BufReader::with_capacity(1 << 20, file);
        let begin = reader.fill_buf().with_context(|| format!("read {shown}"))?;
        if begin.starts_with(PARQUET) {
            return Ok(Self::Parquet(Box::new(ParquetFile::open(path, shown)?)));
        }
        let compressed = match begin {
            [0x1f, 0x8b, ..] => Some(("gzip", "gunzip --stdout")),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(("zstd", "zstd --decompress --stdout")),
            _ => None,
        };
        if let Some((how, with)) = compressed {
            bail!("{shown} is compressed with {how}; unpack it on the way: {with} {shown} | glasshive import -");
        }
        Ok(Self::Lines(Lines::new(Box::new(reader), shown, Some(bytes))))
    }

    /// The next request, or what is bad in its place; `None` at the end.
    ///
    /// # Errors
    /// When the file cannot be read on.
    pub fn next(&mut self) -> Result<Option<Result<Request, Bad>>> {
        match self {
            Source::Lines(lines) => lines.next(),
            Source::Parquet(file) => file.next(),
        }
    }

    /// How far it is read, in words.
    pub fn how_far(&self) -> String {
        match self {
            Source::Lines(lines) => lines.how_far(),
            Source::Parquet(file) => file.how_far(),
        }
    }
}
