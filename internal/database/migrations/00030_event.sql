-- +goose Up
-- Dated things that happened, with the roles people had in them. A role belongs to its event.
CREATE TABLE event (
  id TEXT NOT NULL PRIMARY KEY, owner TEXT NOT NULL, class TEXT NOT NULL, restricted BOOLEAN NOT NULL DEFAULT FALSE, area TEXT NOT NULL DEFAULT '',
  load_id TEXT NOT NULL DEFAULT '', source_ref TEXT NOT NULL DEFAULT '', by_account TEXT NOT NULL DEFAULT '', true_from BIGINT, true_to BIGINT,
  true_precision TEXT NOT NULL DEFAULT '', learnt_at BIGINT NOT NULL, superseded_by TEXT NOT NULL DEFAULT '', superseded_at BIGINT, grade TEXT NOT NULL DEFAULT '',
  definition_version TEXT NOT NULL DEFAULT '', retention_class TEXT NOT NULL, review_on TEXT NOT NULL, ver BIGINT NOT NULL DEFAULT 1,
  kind TEXT NOT NULL CHECK (length(kind) <= 40),
  words TEXT NOT NULL DEFAULT '',
  detail TEXT NOT NULL DEFAULT '',
  description TEXT NOT NULL DEFAULT '',
  reference TEXT NOT NULL DEFAULT '',
  month TEXT NOT NULL DEFAULT '',
  outcome TEXT NOT NULL DEFAULT '',
  reported_by TEXT NOT NULL DEFAULT '',
  falls_within TEXT NOT NULL DEFAULT '',
  place_text TEXT NOT NULL DEFAULT '',
  postcode TEXT NOT NULL DEFAULT '',
  longitude DOUBLE PRECISION,
  latitude DOUBLE PRECISION,
  snapped BOOLEAN NOT NULL DEFAULT FALSE,
  small_area TEXT NOT NULL DEFAULT '',
  small_area_name TEXT NOT NULL DEFAULT '',
  district TEXT NOT NULL DEFAULT '',
  force TEXT NOT NULL DEFAULT '',
  outside BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE INDEX event_load ON event (load_id, reference);
CREATE INDEX event_kind_month ON event (kind, month);
CREATE INDEX event_place ON event (latitude, longitude) WHERE latitude IS NOT NULL AND NOT snapped;
CREATE TABLE event_role (
  id TEXT NOT NULL PRIMARY KEY, owner TEXT NOT NULL, class TEXT NOT NULL, restricted BOOLEAN NOT NULL DEFAULT FALSE, area TEXT NOT NULL DEFAULT '',
  load_id TEXT NOT NULL DEFAULT '', source_ref TEXT NOT NULL DEFAULT '', by_account TEXT NOT NULL DEFAULT '', true_from BIGINT, true_to BIGINT,
  true_precision TEXT NOT NULL DEFAULT '', learnt_at BIGINT NOT NULL, superseded_by TEXT NOT NULL DEFAULT '', superseded_at BIGINT, grade TEXT NOT NULL DEFAULT '',
  definition_version TEXT NOT NULL DEFAULT '', retention_class TEXT NOT NULL, review_on TEXT NOT NULL, ver BIGINT NOT NULL DEFAULT 1,
  event_id TEXT NOT NULL,
  record_id TEXT NOT NULL,
  role TEXT NOT NULL CHECK (length(role) <= 40),
  words TEXT NOT NULL DEFAULT ''
);
CREATE INDEX event_role_record ON event_role (record_id);
CREATE INDEX event_role_event ON event_role (event_id);
CREATE INDEX event_role_load ON event_role (load_id);

-- +goose Down
