//! Glasshive's own API, its OpenAPI document, health and metrics
