-- +goose Up
-- Signed checkpoints of the audit log that are sent outside by mail: one row for each checkpoint and recipient. The text is the checkpoint itself, which is public.
CREATE TABLE checkpoint_mail (
  id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 36),
  checkpoint TEXT NOT NULL CHECK (length(checkpoint) <= 64),
  recipient TEXT NOT NULL CHECK (length(recipient) <= 320),
  text TEXT NOT NULL CHECK (length(text) <= 2000),
  asked_at BIGINT NOT NULL,
  tries BIGINT NOT NULL DEFAULT 0,
  tried_at BIGINT,
  problem TEXT NOT NULL DEFAULT '' CHECK (length(problem) <= 500),
  sent_at BIGINT,
  left_at BIGINT,
  UNIQUE (checkpoint, recipient)
);
CREATE INDEX checkpoint_mail_recipient ON checkpoint_mail (recipient, asked_at);

-- +goose Down
DROP TABLE checkpoint_mail;
