-- +goose Up
-- Partners' own records of people, append-only and kept whole. What stands in a record is nowhere else.
-- cells is the partner's own row as a JSON list; its header is in load.headers under sheet.
CREATE TABLE source_record (
  id TEXT NOT NULL PRIMARY KEY, owner TEXT NOT NULL, class TEXT NOT NULL, restricted BOOLEAN NOT NULL DEFAULT FALSE, area TEXT NOT NULL DEFAULT '',
  load_id TEXT NOT NULL DEFAULT '', source_ref TEXT NOT NULL DEFAULT '', by_account TEXT NOT NULL DEFAULT '', true_from BIGINT, true_to BIGINT,
  true_precision TEXT NOT NULL DEFAULT '', learnt_at BIGINT NOT NULL, superseded_by TEXT NOT NULL DEFAULT '', superseded_at BIGINT, grade TEXT NOT NULL DEFAULT '',
  definition_version TEXT NOT NULL DEFAULT '', retention_class TEXT NOT NULL, review_on TEXT NOT NULL, ver BIGINT NOT NULL DEFAULT 1,
  layout TEXT NOT NULL DEFAULT '' CHECK (length(layout) <= 40),
  reference TEXT NOT NULL DEFAULT '',
  born TEXT NOT NULL DEFAULT '' CHECK (length(born) <= 10),
  born_precision TEXT NOT NULL DEFAULT '',
  sex TEXT NOT NULL DEFAULT '',
  sheet TEXT NOT NULL DEFAULT '',
  cells TEXT NOT NULL DEFAULT ''
);
CREATE INDEX source_record_load ON source_record (load_id, id);

-- What a record says of a person. These rows have their record's owner, restriction, area and load, and a class of
-- their own where it differs: a former or refuge name, an address.
CREATE TABLE source_name (
  record_id TEXT NOT NULL,
  n BIGINT NOT NULL,
  class TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('legal','preferred','alias','street','former')),
  display TEXT NOT NULL,
  forenames TEXT NOT NULL DEFAULT '',
  surname TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (record_id, n)
);
CREATE TABLE source_identifier (
  record_id TEXT NOT NULL,
  n BIGINT NOT NULL,
  class TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (length(kind) <= 40),
  value TEXT NOT NULL,
  issuer TEXT NOT NULL DEFAULT '',
  checked TEXT NOT NULL CHECK (checked IN ('verified','failed','none')),
  PRIMARY KEY (record_id, n)
);
CREATE TABLE record_address (
  record_id TEXT NOT NULL,
  n BIGINT NOT NULL,
  class TEXT NOT NULL,
  place TEXT NOT NULL DEFAULT '',
  postcode TEXT NOT NULL DEFAULT '',
  uprn TEXT NOT NULL DEFAULT '',
  lived_from TEXT NOT NULL DEFAULT '',
  lived_to TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (record_id, n)
);

-- What linking looks records up by: hashes made in Go. kind v: a verified identifier; n: full name and full date of birth;
-- i: any identifier, for search.
CREATE TABLE record_key (
  record_id TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('v','n','i')),
  value BIGINT NOT NULL,
  PRIMARY KEY (record_id, kind, value)
);
CREATE INDEX record_key_value ON record_key (value);

-- A person is an id and nothing else: no name, no date, no place. Ids are never used twice.
CREATE TABLE person (
  id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 36),
  created_at BIGINT NOT NULL,
  merged_into TEXT NOT NULL DEFAULT ''
);
CREATE INDEX person_merged ON person (merged_into) WHERE merged_into <> '';
CREATE TABLE person_record (
  record_id TEXT NOT NULL PRIMARY KEY,
  person_id TEXT NOT NULL,
  since BIGINT NOT NULL,
  cause_kind TEXT NOT NULL CHECK (cause_kind IN ('start','edge','decision','split')),
  cause TEXT NOT NULL DEFAULT ''
);
CREATE INDEX person_record_person ON person_record (person_id);
-- moved holds, as JSON, each record's row of person_record as it was before: enough to put it back exactly.
CREATE TABLE person_event (
  id TEXT NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('created','attached','merged','split','redirected','restored')),
  person_id TEXT NOT NULL,
  other_id TEXT NOT NULL DEFAULT '',
  moved TEXT NOT NULL DEFAULT '',
  decision_id TEXT NOT NULL DEFAULT '',
  run_id TEXT NOT NULL DEFAULT '',
  by_account TEXT NOT NULL DEFAULT '',
  why TEXT NOT NULL DEFAULT '',
  undone_by TEXT NOT NULL DEFAULT '',
  at BIGINT NOT NULL
);
CREATE INDEX person_event_change ON person_event (id) WHERE kind IN ('merged','split');
CREATE INDEX person_event_decision ON person_event (decision_id) WHERE decision_id <> '';
CREATE INDEX person_event_person ON person_event (person_id, id);
CREATE INDEX person_event_other ON person_event (other_id) WHERE other_id <> '';

-- Links found by a run; l is the lesser record id. They can be made again at any time.
CREATE TABLE edge (
  id TEXT NOT NULL PRIMARY KEY,
  l TEXT NOT NULL,
  r TEXT NOT NULL,
  kind TEXT NOT NULL,
  reason TEXT NOT NULL,
  weight DOUBLE PRECISION,
  probability DOUBLE PRECISION,
  run_id TEXT NOT NULL
);
CREATE INDEX edge_l ON edge (l);
CREATE INDEX edge_r ON edge (r);

-- What people decided of two records. Nothing is changed here: the last decision on a pair holds.
CREATE TABLE decision (
  id TEXT NOT NULL PRIMARY KEY,
  l TEXT NOT NULL,
  r TEXT NOT NULL,
  verdict TEXT NOT NULL CHECK (verdict IN ('same','different','unsure','withdrawn')),
  by_account TEXT NOT NULL,
  agency TEXT NOT NULL DEFAULT '',
  at BIGINT NOT NULL,
  why TEXT NOT NULL CHECK (length(why) <= 4000),
  shown TEXT NOT NULL DEFAULT '',
  supersedes TEXT NOT NULL DEFAULT ''
);
CREATE INDEX decision_l ON decision (l);
CREATE INDEX decision_r ON decision (r);

-- What waits for a person to decide. l is the record in hand, r the record of another person that it also fits.
CREATE TABLE review_item (
  id TEXT NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('bridge','conflict','doubt')),
  l TEXT NOT NULL,
  r TEXT NOT NULL,
  reason TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting','decided','lapsed')),
  run_id TEXT NOT NULL DEFAULT '',
  created_at BIGINT NOT NULL,
  decided_at BIGINT,
  decision_id TEXT NOT NULL DEFAULT ''
);
CREATE INDEX review_item_waiting ON review_item (created_at) WHERE state = 'waiting';
CREATE INDEX review_item_l ON review_item (l);
CREATE INDEX review_item_r ON review_item (r);

-- +goose Down
