//! The OTLP door: HTTP and gRPC requests checked, decoded, normalised and handed to the sink
