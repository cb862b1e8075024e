-- +goose Up
-- What a young person wants, in their words. A fact of class support; and whom they let read it: agencies not named do not, whatever
-- has been agreed. The newest that was not superseded stands.
CREATE TABLE person_wish (
  id TEXT NOT NULL PRIMARY KEY, owner TEXT NOT NULL, class TEXT NOT NULL, restricted BOOLEAN NOT NULL DEFAULT FALSE, area TEXT NOT NULL DEFAULT '',
  load_id TEXT NOT NULL DEFAULT '', source_ref TEXT NOT NULL DEFAULT '', by_account TEXT NOT NULL DEFAULT '', true_from BIGINT, true_to BIGINT,
  true_precision TEXT NOT NULL DEFAULT '', learnt_at BIGINT NOT NULL, superseded_by TEXT NOT NULL DEFAULT '', superseded_at BIGINT, grade TEXT NOT NULL DEFAULT '',
  definition_version TEXT NOT NULL DEFAULT '', retention_class TEXT NOT NULL, review_on TEXT NOT NULL, ver BIGINT NOT NULL DEFAULT 1,
  person TEXT NOT NULL CHECK (length(person) = 36),
  words TEXT NOT NULL CHECK (length(words) BETWEEN 1 AND 1000)
);
CREATE INDEX person_wish_person ON person_wish (person);
CREATE TABLE person_wish_reader (
  wish_id TEXT NOT NULL REFERENCES person_wish (id),
  agency TEXT NOT NULL,
  PRIMARY KEY (wish_id, agency)
);

-- +goose Down
