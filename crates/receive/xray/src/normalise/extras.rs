//! Annotations and metadata: what senders add of their own.

use super::Normaliser;
use super::fields::json_list;
use glasshive_model::limits::{FLATTEN_LEVELS, KEY_OVERFLOW_BYTES};
use glasshive_model::names;
use glasshive_wire_xray::{Entity, Json};
use std::borrow::Cow;

/// Leaves of one entity's metadata that become fields; the rest is in the JSON text alone.
const LEAVES_MAX: usize = 100;
/// Names that questions use for something else.
const RESERVED: [&str; 12] = [
    names::NAME,
    names::TRACE_ID,
    names::SPAN_ID,
    names::PARENT_ID,
    names::DURATION_MS,
    names::SPAN_KIND,
    names::TYPE,
    names::STATUS_CODE,
    names::STATUS_MESSAGE,
    names::ERROR,
    names::IS_ROOT,
    names::SERVICE_NAME,
];

impl Normaliser {
    pub(super) fn extras(&mut self, entity: &Entity<'_>) {
        let (rejected, taken): (Vec<_>, Vec<_>) =
            entity.annotations.iter().partition(|(_, value)| matches!(value, Json::Array(_) | Json::Object(_)));
        let taken: Vec<_> = taken.into_iter().filter(|(_, value)| *value != Json::Null).collect();
        if !taken.is_empty() {
            self.fields.json(names::XRAY_ANNOTATIONS, &json_list(taken.iter().map(|(key, _)| &**key)));
        }
        for (key, value) in taken {
            if let Some(key) = self.own_key(key) {
                self.fields.value(&key, value);
            }
        }
        let mut leaves = 0;
        for (namespace, value) in entity.metadata.iter().filter(|(_, value)| *value != Json::Null) {
            self.metadata(namespace, value, &mut leaves);
        }
        if !rejected.is_empty() {
            let rejected = Json::Object(rejected.into_iter().cloned().collect());
            self.metadata("annotations_rejected", &rejected, &mut leaves);
        }
    }

    /// The name under which a sender's own field stands among ours; `None` when it can have none.
    pub(super) fn own_key<'k>(&mut self, key: &'k str) -> Option<Cow<'k, str>> {
        if key.is_empty() || key.len() > KEY_OVERFLOW_BYTES {
            self.fields.drop_one();
            return None;
        }
        let is_ours = RESERVED.contains(&key) || key.starts_with("meta.") || self.fields.is_taken(key);
        Some(if is_ours { Cow::Owned(format!("annotation.{key}")) } else { Cow::Borrowed(key) })
    }

    fn metadata(&mut self, namespace: &str, value: &Json<'_>, leaves: &mut usize) {
        let key = format!("aws.xray.metadata.{namespace}");
        if key.len() > KEY_OVERFLOW_BYTES {
            self.fields.drop_one();
            return;
        }
        let mut text = String::new();
        value.write(&mut text);
        self.fields.json(&key, &text);
        self.leaf(&mut format!("metadata.{namespace}"), value, 0, leaves);
    }

    fn leaf(&mut self, path: &mut String, value: &Json<'_>, depth: usize, leaves: &mut usize) {
        match value {
            Json::Object(members) if depth < FLATTEN_LEVELS => {
                let stem = path.len();
                for (key, value) in members {
                    path.push('.');
                    path.push_str(key);
                    self.leaf(path, value, depth + 1, leaves);
                    path.truncate(stem);
                }
            }
            Json::Object(_) | Json::Array(_) | Json::Null => {}
            scalar if *leaves < LEAVES_MAX && path.len() <= KEY_OVERFLOW_BYTES => {
                *leaves += 1;
                self.fields.value(path, scalar);
            }
            _ => {}
        }
    }
}
