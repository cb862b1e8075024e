-- +goose Up
-- Why something stays after its day, said by somebody else than its last editor. load_id is '' for what was typed in; item is then its id.
CREATE TABLE retention_stay (
  id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 36),
  owner TEXT NOT NULL,
  holding TEXT NOT NULL,
  class TEXT NOT NULL,
  load_id TEXT NOT NULL DEFAULT '',
  item TEXT NOT NULL DEFAULT '',
  rows_kept BIGINT NOT NULL,
  until_on TEXT NOT NULL CHECK (length(until_on) = 10),
  why TEXT NOT NULL CHECK (length(why) BETWEEN 1 AND 2000),
  by_account TEXT NOT NULL,
  at BIGINT NOT NULL
);
CREATE INDEX retention_stay_of ON retention_stay (owner, holding, at);
-- What was removed, of which kinds, how much, when and by which rule. It holds nothing about anybody, and is kept.
CREATE TABLE purge_certificate (
  id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 36),
  run TEXT NOT NULL,
  owner TEXT NOT NULL,
  class TEXT NOT NULL,
  rule TEXT NOT NULL,
  counts TEXT NOT NULL,
  by_account TEXT NOT NULL,
  why TEXT NOT NULL DEFAULT '' CHECK (length(why) <= 2000),
  begun_at BIGINT NOT NULL,
  ended_at BIGINT NOT NULL,
  UNIQUE (run, owner, class)
);
CREATE INDEX purge_certificate_owner ON purge_certificate (owner, begun_at);

-- +goose Down
