-- +goose Up
-- One-time links with which somebody chooses a password: a new account's first, or another after the old one was lost. The token's hash alone is kept.
CREATE TABLE account_link (
  token_hash TEXT NOT NULL PRIMARY KEY CHECK (length(token_hash) = 64),
  account TEXT NOT NULL UNIQUE REFERENCES account (id),
  factors BOOLEAN NOT NULL DEFAULT FALSE,
  made_by TEXT NOT NULL,
  made_at BIGINT NOT NULL,
  until_at BIGINT NOT NULL
);

-- +goose Down
DROP TABLE account_link;
