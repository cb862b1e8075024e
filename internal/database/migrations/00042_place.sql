-- +goose Up
-- Places as registers and partners' lists have them. A guarded place (where children live, a refuge) has class
-- social-care and is read by its owner and under agreements; others are open or the partnership's.
CREATE TABLE place (
  id TEXT NOT NULL PRIMARY KEY, owner TEXT NOT NULL, class TEXT NOT NULL, restricted BOOLEAN NOT NULL DEFAULT FALSE, area TEXT NOT NULL DEFAULT '',
  load_id TEXT NOT NULL DEFAULT '', source_ref TEXT NOT NULL DEFAULT '', by_account TEXT NOT NULL DEFAULT '', true_from BIGINT, true_to BIGINT,
  true_precision TEXT NOT NULL DEFAULT '', learnt_at BIGINT NOT NULL, superseded_by TEXT NOT NULL DEFAULT '', superseded_at BIGINT, grade TEXT NOT NULL DEFAULT '',
  definition_version TEXT NOT NULL DEFAULT '', retention_class TEXT NOT NULL, review_on TEXT NOT NULL, ver BIGINT NOT NULL DEFAULT 1,
  name TEXT NOT NULL,
  folded TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (length(kind) <= 40),
  words TEXT NOT NULL DEFAULT '',
  status TEXT NOT NULL CHECK (status IN ('open', 'closed', 'proposed', 'unknown')),
  status_words TEXT NOT NULL DEFAULT '',
  opened TEXT NOT NULL DEFAULT '',
  closed TEXT NOT NULL DEFAULT '',
  reference TEXT NOT NULL DEFAULT '',
  address TEXT NOT NULL DEFAULT '',
  postcode TEXT NOT NULL DEFAULT '',
  uprn TEXT NOT NULL DEFAULT '',
  longitude DOUBLE PRECISION,
  latitude DOUBLE PRECISION,
  located_by TEXT NOT NULL DEFAULT '' CHECK (located_by IN ('', 'coordinates', 'grid', 'postcode')),
  district TEXT NOT NULL DEFAULT '',
  district_name TEXT NOT NULL DEFAULT '',
  guarded BOOLEAN NOT NULL DEFAULT FALSE,
  guardian TEXT NOT NULL DEFAULT '',
  sector TEXT NOT NULL DEFAULT '',
  phase TEXT NOT NULL DEFAULT '',
  low_age BIGINT,
  high_age BIGINT,
  capacity BIGINT,
  pupils BIGINT,
  notes TEXT NOT NULL DEFAULT ''
);
CREATE INDEX place_load ON place (load_id);
CREATE INDEX place_kind ON place (kind, status);
-- What people judged of a place, kept whole: nothing is overwritten and nothing is added up.
CREATE TABLE place_review (
  id TEXT NOT NULL PRIMARY KEY, owner TEXT NOT NULL, class TEXT NOT NULL, restricted BOOLEAN NOT NULL DEFAULT FALSE, area TEXT NOT NULL DEFAULT '',
  load_id TEXT NOT NULL DEFAULT '', source_ref TEXT NOT NULL DEFAULT '', by_account TEXT NOT NULL DEFAULT '', true_from BIGINT, true_to BIGINT,
  true_precision TEXT NOT NULL DEFAULT '', learnt_at BIGINT NOT NULL, superseded_by TEXT NOT NULL DEFAULT '', superseded_at BIGINT, grade TEXT NOT NULL DEFAULT '',
  definition_version TEXT NOT NULL DEFAULT '', retention_class TEXT NOT NULL, review_on TEXT NOT NULL, ver BIGINT NOT NULL DEFAULT 1,
  place_id TEXT NOT NULL REFERENCES place (id),
  by_name TEXT NOT NULL,
  impact BIGINT NOT NULL CHECK (impact BETWEEN 1 AND 3),
  impact_why TEXT NOT NULL,
  risk BIGINT NOT NULL CHECK (risk BETWEEN 1 AND 3),
  risk_why TEXT NOT NULL,
  harm BIGINT NOT NULL CHECK (harm BETWEEN 1 AND 3),
  harm_why TEXT NOT NULL,
  next_on TEXT NOT NULL,
  next_name TEXT NOT NULL,
  action_id TEXT NOT NULL
);
CREATE INDEX place_review_place ON place_review (place_id, learnt_at);

-- +goose Down
