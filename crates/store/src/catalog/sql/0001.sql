CREATE TABLE catalog_version (version BIGINT NOT NULL);

CREATE TABLE snapshot (
  id    BIGINT PRIMARY KEY,
  at_ns BIGINT NOT NULL,
  kind  TEXT   NOT NULL,
  note  TEXT   NOT NULL
);

CREATE TABLE environment (
  id   BIGINT PRIMARY KEY,
  slug TEXT   NOT NULL UNIQUE
);

CREATE TABLE dataset (
  id          BIGINT PRIMARY KEY,
  environment BIGINT NOT NULL REFERENCES environment (id),
  slug        TEXT   NOT NULL,
  created_ns  BIGINT NOT NULL,
  UNIQUE (environment, slug)
);

CREATE TABLE column_registry (
  id          BIGINT PRIMARY KEY,
  environment BIGINT NOT NULL REFERENCES environment (id),
  key         BLOB   NOT NULL,
  type        TEXT   NOT NULL,
  physical    BLOB   NOT NULL,
  first_seq   BIGINT NOT NULL,
  UNIQUE (environment, key, type),
  UNIQUE (environment, physical)
);

CREATE TABLE file (
  id             TEXT   PRIMARY KEY,
  environment    BIGINT NOT NULL REFERENCES environment (id),
  class          TEXT   NOT NULL,
  path           TEXT   NOT NULL UNIQUE,
  level          BIGINT NOT NULL,
  rows           BIGINT NOT NULL,
  bytes          BIGINT NOT NULL,
  sidecar_crc    BIGINT NOT NULL,
  time_min_ns    BIGINT NOT NULL,
  time_max_ns    BIGINT NOT NULL,
  ingest_max_ns  BIGINT NOT NULL,
  sequence_first BIGINT NOT NULL,
  sequence_last  BIGINT NOT NULL,
  rate_min       DOUBLE PRECISION NOT NULL,
  rate_max       DOUBLE PRECISION NOT NULL,
  column_ids     BLOB   NOT NULL,
  overflow_keys  BLOB   NOT NULL,
  added          BIGINT NOT NULL REFERENCES snapshot (id),
  removed        BIGINT REFERENCES snapshot (id)
);

CREATE TABLE file_dataset (
  file_id    TEXT   NOT NULL REFERENCES file (id),
  dataset_id BIGINT NOT NULL REFERENCES dataset (id),
  rows       BIGINT NOT NULL,
  PRIMARY KEY (file_id, dataset_id)
);

CREATE TABLE log_position (
  node            BIGINT PRIMARY KEY,
  flushed_through BIGINT NOT NULL
);

CREATE TABLE access_key (
  id          BIGINT PRIMARY KEY,
  environment BIGINT REFERENCES environment (id),
  kind        TEXT   NOT NULL,
  digest      BLOB   NOT NULL,
  shown       TEXT   NOT NULL,
  is_classic  BIGINT NOT NULL,
  origins     BLOB   NOT NULL,
  disabled    BIGINT NOT NULL,
  created_ns  BIGINT NOT NULL
);

CREATE TABLE setting (
  name  TEXT PRIMARY KEY,
  value BLOB NOT NULL
);

INSERT INTO catalog_version (version) VALUES (1);
INSERT INTO environment (id, slug) VALUES (1, 'local');
INSERT INTO log_position (node, flushed_through) VALUES (0, 0);
