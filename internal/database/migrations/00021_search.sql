-- +goose Up
-- One search over records: a row for each name a record holds (and one more for a second part of a double surname),
-- with keys made in Go under which its spellings meet. Rows can be made again from the records at any time.
CREATE TABLE search_name (
  record_id TEXT NOT NULL,
  n BIGINT NOT NULL,
  owner TEXT NOT NULL,
  class TEXT NOT NULL,
  restricted BOOLEAN NOT NULL DEFAULT FALSE,
  area TEXT NOT NULL DEFAULT '',
  load_id TEXT NOT NULL DEFAULT '',
  forename TEXT NOT NULL,
  surname TEXT NOT NULL,
  born TEXT NOT NULL DEFAULT '',
  pair_key BIGINT NOT NULL,
  forename_key BIGINT NOT NULL,
  surname_key BIGINT NOT NULL,
  PRIMARY KEY (record_id, n)
);
CREATE INDEX search_name_pair ON search_name (pair_key);
CREATE INDEX search_name_surname ON search_name (surname_key, born);
CREATE INDEX search_name_forename ON search_name (forename_key, born);
CREATE INDEX search_name_born ON search_name (born) WHERE born <> '';

-- +goose Down
