CREATE TABLE definition (
  id          BIGINT PRIMARY KEY,
  environment BIGINT NOT NULL REFERENCES environment (id),
  kind        TEXT   NOT NULL,
  name        BLOB   NOT NULL,
  body        BLOB   NOT NULL,
  created_ns  BIGINT NOT NULL,
  updated_ns  BIGINT NOT NULL,
  UNIQUE (environment, kind, name)
);
