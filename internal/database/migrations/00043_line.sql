-- +goose Up
-- How many people link one area to another, as partners counted them. NULL is not known, never nought.
CREATE TABLE flow (
  id TEXT NOT NULL PRIMARY KEY, owner TEXT NOT NULL, class TEXT NOT NULL, restricted BOOLEAN NOT NULL DEFAULT FALSE, area TEXT NOT NULL DEFAULT '',
  load_id TEXT NOT NULL DEFAULT '', source_ref TEXT NOT NULL DEFAULT '', by_account TEXT NOT NULL DEFAULT '', true_from BIGINT, true_to BIGINT,
  true_precision TEXT NOT NULL DEFAULT '', learnt_at BIGINT NOT NULL, superseded_by TEXT NOT NULL DEFAULT '', superseded_at BIGINT, grade TEXT NOT NULL DEFAULT '',
  definition_version TEXT NOT NULL DEFAULT '', retention_class TEXT NOT NULL, review_on TEXT NOT NULL, ver BIGINT NOT NULL DEFAULT 1,
  origin TEXT NOT NULL,
  destination TEXT NOT NULL,
  destination_type TEXT NOT NULL DEFAULT '',
  people BIGINT,
  confirmed BIGINT,
  suspected BIGINT,
  supply BIGINT,
  violence BIGINT,
  period TEXT NOT NULL DEFAULT '',
  source TEXT NOT NULL DEFAULT '',
  note TEXT NOT NULL DEFAULT ''
);
CREATE INDEX flow_load ON flow (load_id);
-- A county line: a brand, where it comes from, whom it reaches. Nobody is named in it.
CREATE TABLE county_line (
  id TEXT NOT NULL PRIMARY KEY, owner TEXT NOT NULL, class TEXT NOT NULL, restricted BOOLEAN NOT NULL DEFAULT FALSE, area TEXT NOT NULL DEFAULT '',
  load_id TEXT NOT NULL DEFAULT '', source_ref TEXT NOT NULL DEFAULT '', by_account TEXT NOT NULL DEFAULT '', true_from BIGINT, true_to BIGINT,
  true_precision TEXT NOT NULL DEFAULT '', learnt_at BIGINT NOT NULL, superseded_by TEXT NOT NULL DEFAULT '', superseded_at BIGINT, grade TEXT NOT NULL DEFAULT '',
  definition_version TEXT NOT NULL DEFAULT '', retention_class TEXT NOT NULL, review_on TEXT NOT NULL, ver BIGINT NOT NULL DEFAULT 1,
  brand TEXT NOT NULL CHECK (length(brand) BETWEEN 1 AND 100),
  origin TEXT NOT NULL,
  impacted TEXT NOT NULL,
  base TEXT NOT NULL DEFAULT '',
  base_folded TEXT NOT NULL DEFAULT '',
  first_seen TEXT NOT NULL,
  last_seen TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('open', 'closed')),
  closure TEXT NOT NULL DEFAULT '' CHECK (closure IN ('', 'charged', 'deactivated', 'dormant', 'other')),
  closed_on TEXT NOT NULL DEFAULT '',
  notes TEXT NOT NULL DEFAULT ''
);
CREATE INDEX county_line_base ON county_line (base_folded) WHERE base_folded <> '';
CREATE TABLE county_line_change (
  line_id TEXT NOT NULL REFERENCES county_line (id),
  ver BIGINT NOT NULL,
  what TEXT NOT NULL,
  words TEXT NOT NULL,
  was TEXT NOT NULL,
  by_account TEXT NOT NULL,
  by_name TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (line_id, ver)
);

-- +goose Down
