-- +goose Up
-- Versioned content: what a local lead can change without code. About nobody. An item is one thing of a kind
-- in one language; its versions never change; live is the version members see, 0 for none.
CREATE TABLE content_item (
  id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 36),
  owner TEXT NOT NULL,
  class TEXT NOT NULL CHECK (class = 'partnership'),
  restricted BOOLEAN NOT NULL DEFAULT FALSE,
  area TEXT NOT NULL DEFAULT '',
  kind TEXT NOT NULL CHECK (length(kind) BETWEEN 1 AND 64),
  code TEXT NOT NULL CHECK (length(code) BETWEEN 1 AND 64),
  lang TEXT NOT NULL CHECK (length(lang) BETWEEN 2 AND 16),
  newest BIGINT NOT NULL,
  live BIGINT NOT NULL DEFAULT 0,
  by_account TEXT NOT NULL,
  at BIGINT NOT NULL,
  UNIQUE (kind, code, lang)
);
CREATE TABLE content_version (
  item_id TEXT NOT NULL REFERENCES content_item (id),
  version BIGINT NOT NULL,
  title TEXT NOT NULL CHECK (length(title) BETWEEN 1 AND 300),
  body TEXT NOT NULL,
  review_on TEXT NOT NULL DEFAULT '',
  by_account TEXT NOT NULL,
  by_name TEXT NOT NULL DEFAULT '',
  at BIGINT NOT NULL,
  why TEXT NOT NULL DEFAULT '' CHECK (length(why) <= 4000),
  published_by TEXT NOT NULL DEFAULT '',
  published_name TEXT NOT NULL DEFAULT '',
  published_at BIGINT,
  PRIMARY KEY (item_id, version)
);
CREATE TABLE content_event (
  id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 36),
  item_id TEXT NOT NULL REFERENCES content_item (id),
  version BIGINT NOT NULL,
  what TEXT NOT NULL CHECK (length(what) BETWEEN 1 AND 32),
  why TEXT NOT NULL DEFAULT '' CHECK (length(why) <= 4000),
  by_account TEXT NOT NULL,
  by_name TEXT NOT NULL DEFAULT '',
  at BIGINT NOT NULL
);
CREATE INDEX content_event_of ON content_event (item_id, at);
-- What anybody may read without signing in, and who answers for that. Kind and code name a content item, or a
-- record of another room (a definition, an objective).
CREATE TABLE made_public (
  id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 36),
  kind TEXT NOT NULL CHECK (length(kind) BETWEEN 1 AND 64),
  code TEXT NOT NULL CHECK (length(code) BETWEEN 1 AND 100),
  version BIGINT NOT NULL,
  by_account TEXT NOT NULL CHECK (length(by_account) > 0),
  by_name TEXT NOT NULL CHECK (length(by_name) > 0),
  at BIGINT NOT NULL,
  ended_at BIGINT,
  ended_by TEXT NOT NULL DEFAULT '',
  ended_why TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX made_public_current ON made_public (kind, code) WHERE ended_at IS NULL;

-- +goose Down
