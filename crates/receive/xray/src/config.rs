//! What the door can be told.

/// Settings of the door.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct XrayConfig {
    /// Bytes that the kernel is asked to hold of datagrams that were not read yet. Default 8 MiB; on Linux it gives at most
    /// `net.core.rmem_max`.
    pub receive_buffer_bytes: usize,
    /// Bytes of datagrams that may wait to be decoded; more are dropped and counted. Default 64 MiB.
    pub queue_bytes: usize,
    /// Bytes of one document that comes by HTTP; a datagram has its own limit. Default 1 MiB.
    pub document_bytes: usize,
    /// Bytes of a request over HTTP. Default 6 MiB.
    pub body_bytes: usize,
    /// The account that ARNs name. Default `000000000000`.
    pub account_id: String,
    /// The region that ARNs name. Default `us-east-1`.
    pub region: String,
}

impl Default for XrayConfig {
    fn default() -> Self {
        Self {
            receive_buffer_bytes: 8 << 20,
            queue_bytes: 64 << 20,
            document_bytes: 1 << 20,
            body_bytes: 6 << 20,
            account_id: "000000000000".to_owned(),
            region: "us-east-1".to_owned(),
        }
    }
}

impl XrayConfig {
    /// The ARN of one of X-Ray's resources, such as `group/Default`.
    pub fn arn(&self, resource: &str) -> String {
        format!("arn:aws:xray:{}:{}:{resource}", self.region, self.account_id)
    }
}
