//! What one instance is about to send: items gathered under one resource and one scope.

use crate::body::{Body, Signal, instance_id};
use crate::vocabulary::{INSTANCES_PER_SERVICE, REGIONS, SERVICES};
use crate::writer::{Any, attribute, bytes, bytes_len, header};
use bytes::Bytes;

/// As SDKs' batch processors have it.
pub const MAX_ITEMS: u32 = 512;

/// A request in the making.
pub struct Batch {
    signal: Signal,
    instance: usize,
    /// `resource` field of `ResourceSpans` (`ResourceLogs`), encoded.
    resource: Vec<u8>,
    /// `scope` field of `ScopeSpans` (`ScopeLogs`), encoded.
    scope: Vec<u8>,
    /// Items, each with its tag and length.
    pub items: Vec<u8>,
    pub count: u32,
}

impl Batch {
    pub fn new(signal: Signal, instance: usize) -> Self {
        Self { signal, instance, resource: resource(instance), scope: scope(signal), items: Vec::new(), count: 0 }
    }

    pub fn is_full(&self) -> bool {
        self.count == MAX_ITEMS
    }

    /// The request, if there is anything in it; the batch is empty afterwards and keeps its buffer.
    pub fn take(&mut self) -> Option<Body> {
        if self.count == 0 {
            return None;
        }
        let scoped = self.scope.len() + self.items.len();
        let all = self.resource.len() + bytes_len(scoped);
        let mut out = Vec::with_capacity(bytes_len(all));
        header(&mut out, 1, all);
        out.extend_from_slice(&self.resource);
        header(&mut out, 2, scoped);
        out.extend_from_slice(&self.scope);
        out.extend_from_slice(&self.items);
        let items = std::mem::take(&mut self.count);
        self.items.clear();
        Some(Body { signal: self.signal, bytes: Bytes::from(out), items, instance: self.instance })
    }
}

/// Sixteen attributes; one instance in eight runs in staging.
fn resource(instance: usize) -> Vec<u8> {
    let service = SERVICES[instance / INSTANCES_PER_SERVICE];
    let number = instance % INSTANCES_PER_SERVICE;
    let region = REGIONS[number % 3];
    let zone = format!("{region}{}", ["a", "b", "c"][instance % 3]);
    let pod = format!("{service}-7d9f8b6c54-{:05x}", 0x1_1000 + 0x137 * instance);
    let host = format!("ip-10-0-{}-{}", instance / 8, 10 + instance);
    let id = instance_id(instance);
    let version = format!("1.{}.{}", instance / INSTANCES_PER_SERVICE, number / 2);
    let pairs = [
        ("service.name", service),
        ("service.namespace", "shop"),
        ("service.version", &version),
        ("service.instance.id", &id),
        ("deployment.environment.name", if instance % 8 == 7 { "staging" } else { "production" }),
        ("host.name", &host),
        ("k8s.namespace.name", "shop"),
        ("k8s.pod.name", &pod),
        ("k8s.deployment.name", service),
        ("cloud.provider", "aws"),
        ("cloud.region", region),
        ("cloud.availability_zone", &zone),
        ("telemetry.sdk.name", "opentelemetry"),
        ("telemetry.sdk.language", "java"),
        ("telemetry.sdk.version", "1.42.1"),
        ("os.type", "linux"),
    ];
    let mut content = Vec::new();
    pairs.into_iter().for_each(|(key, value)| attribute(&mut content, 1, key, Any::Str(value)));
    let mut out = Vec::new();
    bytes(&mut out, 1, &content);
    out
}

fn scope(signal: Signal) -> Vec<u8> {
    let name = match signal {
        Signal::Traces => "com.example.shop.tracing",
        Signal::Logs => "com.example.shop.logging",
    };
    let mut content = Vec::new();
    bytes(&mut content, 1, name.as_bytes());
    bytes(&mut content, 2, b"2.8.0");
    let mut out = Vec::new();
    bytes(&mut out, 1, &content);
    out
}
