CREATE TABLE deletion (
  id          BIGINT PRIMARY KEY,
  environment BIGINT NOT NULL REFERENCES environment (id),
  asked_ns    BIGINT NOT NULL,
  asked_by    BLOB   NOT NULL,
  filter      BLOB   NOT NULL,
  through     BIGINT NOT NULL,
  finished_ns BIGINT,
  rows        BIGINT,
  files       BIGINT
);
