-- +goose Up
-- What partners say about a wording, how one of them differs from it, and which typed words bring it up.
CREATE TABLE definition_comment (
  id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 36),
  definition_id TEXT NOT NULL,
  version BIGINT NOT NULL,
  agency TEXT NOT NULL,
  by_account TEXT NOT NULL,
  at BIGINT NOT NULL,
  words TEXT NOT NULL CHECK (length(words) BETWEEN 1 AND 4000),
  FOREIGN KEY (definition_id, version) REFERENCES definition_version (definition_id, version)
);
CREATE INDEX definition_comment_of ON definition_comment (definition_id, at);
CREATE TABLE definition_variation (
  id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 36),
  definition_id TEXT NOT NULL,
  version BIGINT NOT NULL,
  agency TEXT NOT NULL,
  wording TEXT NOT NULL CHECK (length(wording) BETWEEN 1 AND 4000),
  why TEXT NOT NULL CHECK (length(why) BETWEEN 1 AND 4000),
  by_account TEXT NOT NULL,
  at BIGINT NOT NULL,
  ended_at BIGINT,
  ended_by TEXT NOT NULL DEFAULT '',
  FOREIGN KEY (definition_id, version) REFERENCES definition_version (definition_id, version)
);
CREATE UNIQUE INDEX definition_variation_current ON definition_variation (definition_id, agency) WHERE ended_at IS NULL;
CREATE TABLE definition_words (
  definition_id TEXT NOT NULL REFERENCES definition (id),
  version BIGINT NOT NULL,
  words TEXT NOT NULL CHECK (length(words) <= 2000),
  by_account TEXT NOT NULL,
  at BIGINT NOT NULL,
  superseded_at BIGINT,
  PRIMARY KEY (definition_id, version)
);

-- +goose Down
