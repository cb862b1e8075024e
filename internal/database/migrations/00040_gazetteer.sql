-- +goose Up
-- Sets of boundaries as published: old ones are kept, because a record made in 2022 carries a code of 2022.
CREATE TABLE boundary_set (
  id TEXT NOT NULL PRIMARY KEY,
  layer TEXT NOT NULL CHECK (length(layer) BETWEEN 1 AND 40),
  level TEXT NOT NULL CHECK (length(level) BETWEEN 1 AND 40),
  vintage TEXT NOT NULL CHECK (length(vintage) BETWEEN 4 AND 10),
  file_name TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  licence TEXT NOT NULL,
  areas BIGINT NOT NULL,
  loaded_at BIGINT NOT NULL,
  by_account TEXT NOT NULL DEFAULT ''
);
CREATE INDEX boundary_set_layer ON boundary_set (layer, vintage);
CREATE TABLE boundary (
  set_id TEXT NOT NULL REFERENCES boundary_set (id),
  code TEXT NOT NULL CHECK (length(code) BETWEEN 1 AND 40),
  name TEXT NOT NULL CHECK (length(name) <= 200),
  properties TEXT NOT NULL DEFAULT '',
  geometry TEXT NOT NULL,
  lon DOUBLE PRECISION NOT NULL,
  lat DOUBLE PRECISION NOT NULL,
  west DOUBLE PRECISION NOT NULL,
  south DOUBLE PRECISION NOT NULL,
  east DOUBLE PRECISION NOT NULL,
  north DOUBLE PRECISION NOT NULL,
  PRIMARY KEY (set_id, code)
);
-- Postcode directories. A row is small, since a national directory has 2.7 million: the load stands once in
-- postcode_release, degrees are millionths in whole numbers, and codes are packed (package gazetteer).
CREATE TABLE postcode_release (
  n BIGINT NOT NULL PRIMARY KEY,
  load_id TEXT NOT NULL UNIQUE,
  dataset TEXT NOT NULL
);

-- +goose Down
