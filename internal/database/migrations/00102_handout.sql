-- +goose Up
-- Exports: what is handed to one named reader, for one purpose, until a day. Nothing is copied here: rows are read when the reader reads,
-- under what both may read then.
CREATE TABLE handout (
  id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 36),
  code TEXT NOT NULL UNIQUE,
  owner TEXT NOT NULL,
  dataset TEXT NOT NULL CHECK (length(dataset) <= 40),
  fields TEXT NOT NULL CHECK (length(fields) <= 400),
  purpose TEXT NOT NULL,
  why TEXT NOT NULL CHECK (length(why) BETWEEN 1 AND 1000),
  recipient TEXT NOT NULL,
  recipient_agency TEXT NOT NULL,
  files BOOLEAN NOT NULL,
  expires_on TEXT NOT NULL CHECK (length(expires_on) = 10),
  by_account TEXT NOT NULL,
  at BIGINT NOT NULL,
  ended_at BIGINT,
  ended_by TEXT NOT NULL DEFAULT '',
  ended_why TEXT NOT NULL DEFAULT '' CHECK (length(ended_why) <= 1000),
  retention_class TEXT NOT NULL,
  review_on TEXT NOT NULL
);
CREATE INDEX handout_owner ON handout (owner, at);
CREATE INDEX handout_recipient ON handout (recipient, at);
-- Each time it was read or taken out as a file; mark is what stands on the page or file and leads back here.
CREATE TABLE handout_reading (
  id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 36),
  handout_id TEXT NOT NULL REFERENCES handout (id),
  mark TEXT NOT NULL UNIQUE,
  account TEXT NOT NULL,
  how TEXT NOT NULL CHECK (how IN ('page','csv','xlsx')),
  rows_read BIGINT NOT NULL,
  at BIGINT NOT NULL
);
CREATE INDEX handout_reading_of ON handout_reading (handout_id, at);
-- Whose records a file that was taken out holds: ids alone, so that the copy can be asked back.
CREATE TABLE handout_item (
  reading_id TEXT NOT NULL REFERENCES handout_reading (id),
  item TEXT NOT NULL,
  PRIMARY KEY (reading_id, item)
);
CREATE INDEX handout_item_of ON handout_item (item);
-- Copies asked back: the reader says that theirs is gone.
CREATE TABLE handout_recall (
  id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 36),
  handout_id TEXT NOT NULL REFERENCES handout (id),
  why TEXT NOT NULL CHECK (why IN ('ended','expired','removed','corrected')),
  action_id TEXT NOT NULL DEFAULT '',
  at BIGINT NOT NULL,
  acknowledged_by TEXT NOT NULL DEFAULT '',
  acknowledged_at BIGINT,
  words TEXT NOT NULL DEFAULT '' CHECK (length(words) <= 1000)
);
CREATE INDEX handout_recall_of ON handout_recall (handout_id, at);

-- +goose Down
