-- +goose Up
-- Governance: who the partnership is, who leads on what, which words mean what. About nobody.
-- Content is versioned: a change is a new row and the old one keeps the moment it was superseded.
CREATE TABLE partnership_version (
  version BIGINT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL CHECK (length(name) <= 200),
  areas TEXT NOT NULL,
  controllers TEXT NOT NULL CHECK (length(controllers) <= 4000),
  host TEXT NOT NULL CHECK (length(host) <= 4000),
  step BIGINT NOT NULL CHECK (step BETWEEN 0 AND 3),
  contact_days BIGINT NOT NULL CHECK (contact_days BETWEEN 1 AND 1000),
  by_account TEXT NOT NULL,
  at BIGINT NOT NULL,
  why TEXT NOT NULL,
  superseded_at BIGINT
);
CREATE TABLE agency_version (
  code TEXT NOT NULL CHECK (length(code) BETWEEN 1 AND 64),
  version BIGINT NOT NULL,
  name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  kind TEXT NOT NULL CHECK (length(kind) BETWEEN 1 AND 64),
  contact TEXT NOT NULL CHECK (length(contact) <= 500),
  member BOOLEAN NOT NULL,
  by_account TEXT NOT NULL,
  at BIGINT NOT NULL,
  why TEXT NOT NULL,
  superseded_at BIGINT,
  PRIMARY KEY (code, version)
);
CREATE UNIQUE INDEX agency_version_current ON agency_version (code) WHERE superseded_at IS NULL;
CREATE TABLE theme_version (
  code TEXT NOT NULL CHECK (length(code) BETWEEN 1 AND 16),
  version BIGINT NOT NULL,
  position BIGINT NOT NULL,
  name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  about TEXT NOT NULL CHECK (length(about) <= 4000),
  in_use BOOLEAN NOT NULL,
  by_account TEXT NOT NULL,
  at BIGINT NOT NULL,
  why TEXT NOT NULL,
  superseded_at BIGINT,
  PRIMARY KEY (code, version)
);
CREATE UNIQUE INDEX theme_version_current ON theme_version (code) WHERE superseded_at IS NULL;
-- Who leads on a theme in an area ('' is the whole partnership). An empty account is a post left vacant.
CREATE TABLE theme_lead (
  id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 36),
  theme TEXT NOT NULL,
  area TEXT NOT NULL,
  account TEXT NOT NULL,
  deputy TEXT NOT NULL,
  since TEXT NOT NULL,
  last_contact TEXT NOT NULL,
  why TEXT NOT NULL CHECK (length(why) <= 4000),
  by_account TEXT NOT NULL,
  at BIGINT NOT NULL,
  ver BIGINT NOT NULL,
  superseded_at BIGINT
);
CREATE UNIQUE INDEX theme_lead_current ON theme_lead (theme, area) WHERE superseded_at IS NULL;
CREATE INDEX theme_lead_theme ON theme_lead (theme, area, ver);
CREATE TABLE definition (
  id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 36),
  owner TEXT NOT NULL,
  class TEXT NOT NULL CHECK (class = 'partnership'),
  restricted BOOLEAN NOT NULL DEFAULT FALSE,
  area TEXT NOT NULL DEFAULT '',
  code TEXT NOT NULL UNIQUE CHECK (length(code) BETWEEN 1 AND 64),
  term TEXT NOT NULL CHECK (length(term) BETWEEN 1 AND 200),
  term_folded TEXT NOT NULL,
  by_account TEXT NOT NULL,
  at BIGINT NOT NULL
);
-- A version's wording never changes; its status does, and each change of status is a definition_event.
CREATE TABLE definition_version (
  definition_id TEXT NOT NULL REFERENCES definition (id),
  version BIGINT NOT NULL,
  wording TEXT NOT NULL CHECK (length(wording) BETWEEN 1 AND 8000),
  note TEXT NOT NULL CHECK (length(note) <= 4000),
  source TEXT NOT NULL CHECK (length(source) BETWEEN 1 AND 500),
  as_at TEXT NOT NULL CHECK (length(as_at) <= 10),
  status TEXT NOT NULL CHECK (status IN ('draft','proposed','adopted','withdrawn')),
  by_account TEXT NOT NULL,
  at BIGINT NOT NULL,
  why TEXT NOT NULL CHECK (length(why) <= 4000),
  PRIMARY KEY (definition_id, version)
);
CREATE TABLE definition_adoption (
  id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 36),
  definition_id TEXT NOT NULL,
  version BIGINT NOT NULL,
  agency TEXT NOT NULL,
  adopted_by TEXT NOT NULL CHECK (length(adopted_by) BETWEEN 1 AND 200),
  adopted_on TEXT NOT NULL,
  by_account TEXT NOT NULL,
  at BIGINT NOT NULL,
  ended_at BIGINT,
  ended_by TEXT NOT NULL DEFAULT '',
  ended_why TEXT NOT NULL DEFAULT '',
  FOREIGN KEY (definition_id, version) REFERENCES definition_version (definition_id, version)
);
CREATE UNIQUE INDEX definition_adoption_current ON definition_adoption (definition_id, version, agency) WHERE ended_at IS NULL;
CREATE TABLE definition_event (
  id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 36),
  definition_id TEXT NOT NULL,
  version BIGINT NOT NULL,
  what TEXT NOT NULL CHECK (what IN ('written','proposed','adopted','adoption-ended','withdrawn')),
  agency TEXT NOT NULL DEFAULT '',
  why TEXT NOT NULL DEFAULT '' CHECK (length(why) <= 4000),
  by_account TEXT NOT NULL,
  at BIGINT NOT NULL
);
CREATE INDEX definition_event_of ON definition_event (definition_id, at);

-- +goose Down
