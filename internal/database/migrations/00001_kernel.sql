-- +goose Up
-- Accounts and web sessions. Passwords are Argon2id strings; session tokens are kept as hashes.
CREATE TABLE account (
  id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 36),
  email_folded TEXT NOT NULL UNIQUE CHECK (length(email_folded) <= 320),
  email TEXT NOT NULL,
  name TEXT NOT NULL CHECK (length(name) <= 200),
  agency TEXT NOT NULL CHECK (length(agency) <= 64),
  role TEXT NOT NULL CHECK (length(role) <= 64),
  areas TEXT NOT NULL DEFAULT '',
  password_hash TEXT NOT NULL,
  subject_person TEXT NOT NULL DEFAULT '',
  disabled BOOLEAN NOT NULL DEFAULT FALSE,
  created_at BIGINT NOT NULL,
  ver BIGINT NOT NULL DEFAULT 1
);
CREATE TABLE web_session (
  token_hash TEXT NOT NULL PRIMARY KEY,
  account TEXT NOT NULL DEFAULT '',
  data BYTEA NOT NULL,
  created_at BIGINT NOT NULL,
  seen_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX web_session_account ON web_session (account);
CREATE TABLE sign_in_attempt (
  id TEXT NOT NULL PRIMARY KEY,
  email_folded TEXT NOT NULL,
  at BIGINT NOT NULL,
  ok BOOLEAN NOT NULL
);
CREATE INDEX sign_in_attempt_email ON sign_in_attempt (email_folded, at);

-- Which panels a restricted record has been shown to: without a row here nobody outside the panel sees it.
CREATE TABLE record_panel (record_id TEXT NOT NULL, panel TEXT NOT NULL, PRIMARY KEY (record_id, panel));

-- What was done with a form, so that a replay or double click has one effect and one answer.
CREATE TABLE idempotency (
  form_key TEXT NOT NULL,
  account TEXT NOT NULL,
  path TEXT NOT NULL,
  location TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (account, form_key)
);
CREATE TABLE draft (
  account TEXT NOT NULL,
  form TEXT NOT NULL,
  subject TEXT NOT NULL,
  body TEXT NOT NULL,
  saved_at BIGINT NOT NULL,
  PRIMARY KEY (account, form, subject)
);
CREATE TABLE setting (
  name TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL,
  at BIGINT NOT NULL
);

-- The audit log: an entry goes in with the act; the leaf gives it its place in the tree.
CREATE TABLE audit_entry (
  id TEXT NOT NULL PRIMARY KEY,
  at BIGINT NOT NULL,
  act TEXT NOT NULL CHECK (act IN ('collection','alteration','consultation','disclosure','combination','erasure','sign-in','refusal','system')),
  account TEXT NOT NULL,
  agency TEXT NOT NULL,
  purpose TEXT NOT NULL,
  subject_kind TEXT NOT NULL,
  subject TEXT NOT NULL,
  owners TEXT NOT NULL,
  basis TEXT NOT NULL,
  words TEXT NOT NULL
);
CREATE INDEX audit_entry_subject ON audit_entry (subject_kind, subject, at);
CREATE INDEX audit_entry_account ON audit_entry (account, at);
CREATE TABLE audit_pending (entry_id TEXT NOT NULL PRIMARY KEY);
CREATE TABLE audit_leaf (
  seq BIGINT NOT NULL PRIMARY KEY,
  entry_id TEXT NOT NULL UNIQUE,
  hash BYTEA NOT NULL
);
CREATE TABLE audit_hash (
  idx BIGINT NOT NULL PRIMARY KEY,
  hash BYTEA NOT NULL
);

-- Follow-up work, written with the act that causes it and handed to the job runner by a relay.
CREATE TABLE outbox (
  id TEXT NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL,
  args TEXT NOT NULL,
  unique_key TEXT NOT NULL DEFAULT '',
  at BIGINT NOT NULL,
  sent_at BIGINT
);
CREATE INDEX outbox_unsent ON outbox (at) WHERE sent_at IS NULL;
CREATE TABLE job_progress (
  id TEXT NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL,
  subject TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting','running','done','failed')),
  done BIGINT NOT NULL DEFAULT 0,
  total BIGINT NOT NULL DEFAULT 0,
  words TEXT NOT NULL DEFAULT '',
  at BIGINT NOT NULL
);
CREATE INDEX job_progress_subject ON job_progress (subject);

-- Files: partner originals, evidence, exports. Bytes in chunks, addressed by their hash.
CREATE TABLE stored_file (
  id TEXT NOT NULL PRIMARY KEY,
  owner TEXT NOT NULL,
  class TEXT NOT NULL,
  restricted BOOLEAN NOT NULL DEFAULT FALSE,
  name TEXT NOT NULL CHECK (length(name) <= 255),
  media_type TEXT NOT NULL,
  size BIGINT NOT NULL,
  sha256 TEXT NOT NULL,
  by_account TEXT NOT NULL,
  at BIGINT NOT NULL,
  retention_class TEXT NOT NULL,
  review_on TEXT NOT NULL,
  complete BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE INDEX stored_file_sha ON stored_file (sha256);
CREATE TABLE stored_file_chunk (
  file_id TEXT NOT NULL,
  n BIGINT NOT NULL,
  bytes BYTEA NOT NULL,
  PRIMARY KEY (file_id, n)
);

-- Loads: everything one file brought, live or not, so that undo is one flip of a state.
CREATE TABLE load (
  id TEXT NOT NULL PRIMARY KEY,
  state TEXT NOT NULL CHECK (state IN ('loading','live','undone','failed')),
  file_id TEXT NOT NULL DEFAULT '',
  file_name TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  agency TEXT NOT NULL,
  profile TEXT NOT NULL,
  mapping TEXT NOT NULL DEFAULT '',
  basis TEXT NOT NULL DEFAULT '',
  identified BOOLEAN NOT NULL DEFAULT TRUE,
  headers TEXT NOT NULL DEFAULT '',
  notes TEXT NOT NULL DEFAULT '',
  by_account TEXT NOT NULL DEFAULT '',
  rows_read BIGINT NOT NULL DEFAULT 0,
  rows_taken BIGINT NOT NULL DEFAULT 0,
  rows_refused BIGINT NOT NULL DEFAULT 0,
  rows_unlocated BIGINT NOT NULL DEFAULT 0,
  rows_warned BIGINT NOT NULL DEFAULT 0,
  words TEXT NOT NULL DEFAULT '',
  begun_at BIGINT NOT NULL,
  ended_at BIGINT,
  undone_at BIGINT,
  undone_by TEXT NOT NULL DEFAULT '',
  undone_why TEXT NOT NULL DEFAULT ''
);
CREATE INDEX load_agency ON load (agency, begun_at);
CREATE TABLE load_refusal (
  load_id TEXT NOT NULL,
  n BIGINT NOT NULL,
  sheet TEXT NOT NULL,
  row_number BIGINT NOT NULL,
  column_name TEXT NOT NULL,
  value_shape TEXT NOT NULL,
  reason TEXT NOT NULL,
  cells TEXT NOT NULL,
  warning BOOLEAN NOT NULL DEFAULT FALSE,
  PRIMARY KEY (load_id, n)
);
CREATE TABLE saved_mapping (
  id TEXT NOT NULL PRIMARY KEY,
  agency TEXT NOT NULL,
  name TEXT NOT NULL,
  profile TEXT NOT NULL,
  header TEXT NOT NULL,
  mapping TEXT NOT NULL,
  version BIGINT NOT NULL,
  by_account TEXT NOT NULL,
  at BIGINT NOT NULL,
  UNIQUE (agency, name, version)
);

-- Sharing, its first bones: a live agreement is what lets one agency's facts be read by another.
CREATE TABLE agreement (
  id TEXT NOT NULL PRIMARY KEY,
  code TEXT NOT NULL UNIQUE,
  title TEXT NOT NULL,
  lawful_basis TEXT NOT NULL,
  gateway TEXT NOT NULL,
  conditions TEXT NOT NULL DEFAULT '',
  state TEXT NOT NULL CHECK (state IN ('draft','signed','withdrawn')),
  starts_on TEXT NOT NULL,
  expires_on TEXT NOT NULL,
  review_on TEXT NOT NULL,
  ver BIGINT NOT NULL DEFAULT 1
);
CREATE TABLE agreement_party (
  agreement_id TEXT NOT NULL REFERENCES agreement (id),
  agency TEXT NOT NULL,
  gives BOOLEAN NOT NULL,
  receives BOOLEAN NOT NULL,
  signed_by TEXT NOT NULL DEFAULT '',
  signed_at BIGINT,
  PRIMARY KEY (agreement_id, agency)
);
CREATE TABLE agreement_class (agreement_id TEXT NOT NULL REFERENCES agreement (id), class TEXT NOT NULL, PRIMARY KEY (agreement_id, class));
CREATE TABLE agreement_purpose (agreement_id TEXT NOT NULL REFERENCES agreement (id), purpose TEXT NOT NULL, PRIMARY KEY (agreement_id, purpose));

-- +goose Down
