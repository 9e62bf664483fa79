//! hive-gen: telemetry as a pure function of seed, size and profile
