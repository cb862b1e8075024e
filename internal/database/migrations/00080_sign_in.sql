-- +goose Up
-- Signing in: second steps, recovery codes, known browsers, another provider's identities. Secrets are sealed (package
-- seal), codes and tokens are hashes.
ALTER TABLE account ADD COLUMN password_temporary BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE account ADD COLUMN password_set_at BIGINT NOT NULL DEFAULT 0;

ALTER TABLE web_session ADD COLUMN half BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE web_session ADD COLUMN device TEXT NOT NULL DEFAULT '';
ALTER TABLE web_session ADD COLUMN how TEXT NOT NULL DEFAULT '';
ALTER TABLE web_session ADD COLUMN ended_at BIGINT;

ALTER TABLE sign_in_attempt ADD COLUMN source TEXT NOT NULL DEFAULT '';
CREATE INDEX sign_in_attempt_source ON sign_in_attempt (source, at);

CREATE TABLE account_factor (
  id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 36),
  account TEXT NOT NULL REFERENCES account (id),
  kind TEXT NOT NULL CHECK (kind IN ('app','passkey')),
  name TEXT NOT NULL CHECK (length(name) <= 60),
  secret TEXT NOT NULL CHECK (length(secret) <= 20000),
  credential TEXT NOT NULL DEFAULT '' CHECK (length(credential) <= 64),
  last_step BIGINT NOT NULL DEFAULT 0,
  made_at BIGINT NOT NULL,
  confirmed_at BIGINT,
  used_at BIGINT
);
CREATE INDEX account_factor_account ON account_factor (account);
CREATE UNIQUE INDEX account_factor_credential ON account_factor (credential) WHERE credential <> '';

CREATE TABLE account_recovery_code (
  account TEXT NOT NULL REFERENCES account (id),
  hash TEXT NOT NULL CHECK (length(hash) = 64),
  made_at BIGINT NOT NULL,
  used_at BIGINT,
  PRIMARY KEY (account, hash)
);

CREATE TABLE account_browser (
  account TEXT NOT NULL REFERENCES account (id),
  token_hash TEXT NOT NULL CHECK (length(token_hash) = 64),
  seen_at BIGINT NOT NULL,
  PRIMARY KEY (account, token_hash)
);

CREATE TABLE account_identity (
  issuer TEXT NOT NULL CHECK (length(issuer) <= 500),
  subject TEXT NOT NULL CHECK (length(subject) <= 255),
  account TEXT NOT NULL REFERENCES account (id),
  made_at BIGINT NOT NULL,
  used_at BIGINT,
  PRIMARY KEY (issuer, subject)
);
CREATE INDEX account_identity_account ON account_identity (account);

-- +goose Down
