//! OTLP on the wire: protobuf and JSON walked straight into a visitor
