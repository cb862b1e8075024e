-- +goose Up
-- Glass broken: who, why, until when, and what a second person said of it. sealed is set when the log could not be written at the time
-- and the lines came out of the sealed journal later.
CREATE TABLE break_glass (
  id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 36),
  account TEXT NOT NULL,
  agency TEXT NOT NULL,
  purpose TEXT NOT NULL,
  why TEXT NOT NULL CHECK (length(why) BETWEEN 1 AND 2000),
  begun_at BIGINT NOT NULL,
  until_at BIGINT NOT NULL,
  ended_at BIGINT,
  sealed BOOLEAN NOT NULL DEFAULT FALSE,
  reviewer TEXT NOT NULL DEFAULT '',
  review_by TEXT NOT NULL CHECK (length(review_by) = 10),
  reviewed_at BIGINT,
  reviewed_by TEXT NOT NULL DEFAULT '',
  verdict TEXT NOT NULL DEFAULT '' CHECK (verdict IN ('','right','wrong')),
  review TEXT NOT NULL DEFAULT '' CHECK (length(review) <= 4000),
  retention_class TEXT NOT NULL,
  review_on TEXT NOT NULL,
  ver BIGINT NOT NULL DEFAULT 1
);
CREATE INDEX break_glass_account ON break_glass (account, until_at);
CREATE INDEX break_glass_begun ON break_glass (begun_at);

-- +goose Down
