//! `X-Amzn-Trace-Id`: which trace a request belongs to, who called, and whether it is sampled.

use crate::id;
use std::fmt;

/// The header's name, lower case.
pub const NAME: &str = "x-amzn-trace-id";
/// Pairs of a header that are passed on; later ones are dropped.
const OTHERS_MAX: usize = 16;

/// The header, read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TraceHeader {
    /// `Root`: the trace; `None` when absent or no id: then a new trace begins.
    pub root: Option<[u8; 16]>,
    /// `Parent`: the segment or subsegment that called; load balancers send none.
    pub parent: Option<[u8; 8]>,
    /// `Sampled`.
    pub sampled: Sampled,
    /// Other pairs, `Lineage` among them, which are passed on as they are; `Self` is not one.
    pub others: Vec<(String, String)>,
}

/// Whether a request is sampled.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Sampled {
    /// Not said.
    #[default]
    Unsaid,
    /// `1`.
    Yes,
    /// `0`.
    No,
    /// `?`: the receiver decides, and says so in its answer.
    Asked,
}

impl TraceHeader {
    /// Reads a header's value; pairs in any order, with blanks around them. What cannot be read counts as absent.
    pub fn parse(value: &str) -> Self {
        let mut header = Self::default();
        for pair in value.split(';') {
            let Some((name, value)) = pair.split_once('=') else { continue };
            let (name, value) = (name.trim(), value.trim());
            match name {
                "Root" => header.root = id::trace_id(value),
                "Parent" => header.parent = id::entity_id(value),
                "Sampled" => header.sampled = Sampled::parse(value),
                "Self" | "" => {}
                _ if header.others.len() < OTHERS_MAX => header.others.push((name.to_owned(), value.to_owned())),
                _ => {}
            }
        }
        header
    }
}

impl Sampled {
    fn parse(value: &str) -> Self {
        match value {
            "1" => Sampled::Yes,
            "0" => Sampled::No,
            "?" => Sampled::Asked,
            _ => Sampled::Unsaid,
        }
    }
}

impl fmt::Display for TraceHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut pairs = Vec::new();
        pairs.extend(self.root.map(|root| ("Root", id::trace_id_text(root))));
        pairs.extend(self.parent.map(|parent| ("Parent", id::entity_id_text(parent))));
        match self.sampled {
            Sampled::Unsaid => {}
            Sampled::Yes => pairs.push(("Sampled", "1".to_owned())),
            Sampled::No => pairs.push(("Sampled", "0".to_owned())),
            Sampled::Asked => pairs.push(("Sampled", "?".to_owned())),
        }
        pairs.extend(self.others.iter().map(|(name, value)| (name.as_str(), value.clone())));
        for (index, (name, value)) in pairs.iter().enumerate() {
            write!(f, "{}{name}={value}", if index > 0 { ";" } else { "" })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes() {
        for (value, written) in [
            (
                "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1",
                "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1",
            ),
            ("Sampled=?; Root=1-5759E988-bd862e3fe1be46a994272793", "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=?"),
            (
                "Self=1-67891234-12456789abcdef012345678;Root=1-67891233-abcdef012345678912345678;CalledFrom=app",
                "Root=1-67891233-abcdef012345678912345678;CalledFrom=app",
            ),
            (
                "Root=1-5759e988-bd862e3fe1be46a994272793;Lineage=a87bd80c:0|68fd508a:5",
                "Root=1-5759e988-bd862e3fe1be46a994272793;Lineage=a87bd80c:0|68fd508a:5",
            ),
            ("root=1-5759e988-bd862e3fe1be46a994272793;Sampled=0", "Sampled=0;root=1-5759e988-bd862e3fe1be46a994272793"),
            ("Root=1-00000000-000000000000000000000000;Parent=x;Sampled=yes;;=;x", ""),
            ("", ""),
        ] {
            assert_eq!(TraceHeader::parse(value).to_string(), written, "{value}");
        }
    }

    #[test]
    fn others_are_bounded() {
        let many: String = (0..100).map(|number| format!("k{number}=v;")).collect();
        assert_eq!(TraceHeader::parse(&many).others.len(), OTHERS_MAX);
    }
}
