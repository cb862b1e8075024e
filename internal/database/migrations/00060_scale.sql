-- +goose Up
-- What one source counted in one month, and how hard it looked. A NULL effort is not known, never nought.
CREATE TABLE series_count (
  id TEXT NOT NULL PRIMARY KEY, owner TEXT NOT NULL, class TEXT NOT NULL, restricted BOOLEAN NOT NULL DEFAULT FALSE, area TEXT NOT NULL DEFAULT '',
  load_id TEXT NOT NULL DEFAULT '', source_ref TEXT NOT NULL DEFAULT '', by_account TEXT NOT NULL DEFAULT '', true_from BIGINT, true_to BIGINT,
  true_precision TEXT NOT NULL DEFAULT '', learnt_at BIGINT NOT NULL, superseded_by TEXT NOT NULL DEFAULT '', superseded_at BIGINT, grade TEXT NOT NULL DEFAULT '',
  definition_version TEXT NOT NULL DEFAULT '', retention_class TEXT NOT NULL, review_on TEXT NOT NULL, ver BIGINT NOT NULL DEFAULT 1,
  series TEXT NOT NULL CHECK (length(series) BETWEEN 1 AND 200),
  what TEXT NOT NULL DEFAULT '' CHECK (length(what) <= 200),
  unit TEXT NOT NULL DEFAULT '' CHECK (length(unit) <= 200),
  source TEXT NOT NULL CHECK (length(source) BETWEEN 1 AND 200),
  source_kind TEXT NOT NULL DEFAULT '' CHECK (length(source_kind) <= 200),
  month TEXT NOT NULL CHECK (length(month) = 7),
  effort DOUBLE PRECISION CHECK (effort > 0),
  counted BIGINT NOT NULL CHECK (counted >= 0)
);
CREATE INDEX series_count_load ON series_count (load_id);

-- +goose Down
