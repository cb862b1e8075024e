-- +goose Up
-- What the partnership heard from its communities and what it did about it. About nobody: an engagement says how
-- many of which groups were reached, never who.
CREATE TABLE engagement (
  id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 36),
  owner TEXT NOT NULL,
  class TEXT NOT NULL CHECK (class = 'partnership'),
  restricted BOOLEAN NOT NULL DEFAULT FALSE,
  area TEXT NOT NULL DEFAULT '',
  held_on TEXT NOT NULL CHECK (length(held_on) = 10),
  how TEXT NOT NULL CHECK (length(how) BETWEEN 1 AND 200),
  place TEXT NOT NULL DEFAULT '' CHECK (length(place) <= 200),
  reached BIGINT NOT NULL CHECK (reached >= 0),
  reached_groups TEXT NOT NULL DEFAULT '' CHECK (length(reached_groups) <= 2000),
  missed TEXT NOT NULL DEFAULT '' CHECK (length(missed) <= 2000),
  missed_why TEXT NOT NULL DEFAULT '' CHECK (length(missed_why) <= 2000),
  by_account TEXT NOT NULL,
  by_name TEXT NOT NULL,
  at BIGINT NOT NULL,
  withdrawn_at BIGINT,
  why TEXT NOT NULL DEFAULT ''
);
CREATE INDEX engagement_on ON engagement (held_on);
-- One thing that was said, and what was done about it. A change is a new row; the old one is superseded.
CREATE TABLE said (
  id TEXT NOT NULL CHECK (length(id) = 36),
  ver BIGINT NOT NULL,
  engagement_id TEXT NOT NULL REFERENCES engagement (id),
  sense TEXT NOT NULL CHECK (sense IN ('worry','strength','ask')),
  theme TEXT NOT NULL DEFAULT '',
  words TEXT NOT NULL CHECK (length(words) BETWEEN 1 AND 2000),
  state TEXT NOT NULL CHECK (state IN ('heard','doing','done','cannot')),
  did TEXT NOT NULL DEFAULT '' CHECK (length(did) <= 2000),
  by_account TEXT NOT NULL,
  by_name TEXT NOT NULL,
  at BIGINT NOT NULL,
  superseded_at BIGINT,
  PRIMARY KEY (id, ver)
);
CREATE INDEX said_of ON said (engagement_id);
-- What somebody told the partnership without saying who they are. Personal until somebody has read it: class
-- intelligence, owned by the agency whose desk reads it. The day it came is kept and not the hour.
CREATE TABLE report (
  id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 36),
  owner TEXT NOT NULL,
  class TEXT NOT NULL,
  restricted BOOLEAN NOT NULL DEFAULT FALSE,
  area TEXT NOT NULL DEFAULT '',
  load_id TEXT NOT NULL DEFAULT '',
  source_ref TEXT NOT NULL DEFAULT '',
  by_account TEXT NOT NULL DEFAULT '',
  true_from BIGINT,
  true_to BIGINT,
  true_precision TEXT NOT NULL DEFAULT '',
  learnt_at BIGINT NOT NULL,
  superseded_by TEXT NOT NULL DEFAULT '',
  superseded_at BIGINT,
  grade TEXT NOT NULL DEFAULT '',
  definition_version TEXT NOT NULL DEFAULT '',
  retention_class TEXT NOT NULL,
  review_on TEXT NOT NULL,
  ver BIGINT NOT NULL DEFAULT 1,
  about TEXT NOT NULL CHECK (length(about) <= 64),
  words TEXT NOT NULL CHECK (length(words) BETWEEN 1 AND 4000),
  place TEXT NOT NULL DEFAULT '' CHECK (length(place) <= 400),
  happened TEXT NOT NULL DEFAULT '' CHECK (length(happened) <= 200),
  urgent BOOLEAN NOT NULL DEFAULT FALSE,
  worked BOOLEAN NOT NULL,
  words_hash TEXT NOT NULL,
  times BIGINT NOT NULL DEFAULT 1,
  state TEXT NOT NULL CHECK (state IN ('new','passed','acted','noted','abuse')),
  outcome TEXT NOT NULL DEFAULT '' CHECK (length(outcome) <= 4000),
  read_by TEXT NOT NULL DEFAULT '',
  read_name TEXT NOT NULL DEFAULT '',
  read_at BIGINT
);
CREATE INDEX report_state ON report (state, worked, learnt_at);
CREATE INDEX report_hash ON report (words_hash, state);
-- The gate before the reports: a secret to sign puzzles with, and how much may come in. It knows nothing of who asks.
CREATE TABLE report_gate (
  id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
  secret TEXT NOT NULL CHECK (length(secret) = 64),
  plain_tokens DOUBLE PRECISION NOT NULL,
  worked_tokens DOUBLE PRECISION NOT NULL,
  filled_at BIGINT NOT NULL,
  turned_away BIGINT NOT NULL DEFAULT 0,
  joined BIGINT NOT NULL DEFAULT 0
);
CREATE TABLE report_ticket (
  ticket TEXT NOT NULL PRIMARY KEY CHECK (length(ticket) BETWEEN 1 AND 64),
  ends_at BIGINT NOT NULL
);
CREATE INDEX report_ticket_end ON report_ticket (ends_at);
-- What happened next to those sent to a service, in counts alone.
CREATE TABLE service_return (
  id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 36),
  service TEXT NOT NULL CHECK (length(service) BETWEEN 1 AND 64),
  starts_on TEXT NOT NULL CHECK (length(starts_on) = 10),
  ends_on TEXT NOT NULL CHECK (length(ends_on) = 10),
  sent BIGINT NOT NULL CHECK (sent >= 0),
  offered BIGINT NOT NULL CHECK (offered >= 0),
  started BIGINT NOT NULL CHECK (started >= 0),
  finished BIGINT NOT NULL CHECK (finished >= 0),
  settled BIGINT NOT NULL CHECK (settled >= 0),
  asked BIGINT NOT NULL CHECK (asked >= 0),
  source TEXT NOT NULL CHECK (length(source) BETWEEN 1 AND 500),
  by_account TEXT NOT NULL,
  at BIGINT NOT NULL,
  superseded_at BIGINT,
  why TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX service_return_current ON service_return (service, starts_on, ends_on) WHERE superseded_at IS NULL;

-- +goose Down
