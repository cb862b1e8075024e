-- +goose Up
-- What was counted for a measure of a joint objective, and what its owner says each quarter. Counts of things, never
-- of a named person. A corrected reading stays, superseded.
CREATE TABLE objective_reading (
  id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 36),
  measure TEXT NOT NULL CHECK (length(measure) BETWEEN 1 AND 64),
  starts_on TEXT NOT NULL CHECK (length(starts_on) = 10),
  ends_on TEXT NOT NULL CHECK (length(ends_on) = 10),
  numerator BIGINT NOT NULL CHECK (numerator >= 0),
  denominator BIGINT CHECK (denominator > 0),
  quality TEXT NOT NULL CHECK (quality IN ('exact','about','at-least')),
  unit TEXT NOT NULL CHECK (length(unit) BETWEEN 1 AND 200),
  counter TEXT NOT NULL CHECK (length(counter) BETWEEN 1 AND 200),
  definition_version TEXT NOT NULL DEFAULT '',
  source TEXT NOT NULL CHECK (length(source) BETWEEN 1 AND 500),
  note TEXT NOT NULL DEFAULT '' CHECK (length(note) <= 4000),
  baseline BOOLEAN NOT NULL DEFAULT FALSE,
  by_account TEXT NOT NULL,
  at BIGINT NOT NULL,
  superseded_at BIGINT,
  superseded_by TEXT NOT NULL DEFAULT '',
  why TEXT NOT NULL DEFAULT '' CHECK (length(why) <= 4000)
);
CREATE UNIQUE INDEX objective_reading_current ON objective_reading (measure, starts_on, ends_on) WHERE superseded_at IS NULL;
CREATE INDEX objective_reading_measure ON objective_reading (measure, starts_on);
CREATE TABLE objective_note (
  id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 36),
  objective TEXT NOT NULL CHECK (length(objective) BETWEEN 1 AND 64),
  quarter TEXT NOT NULL CHECK (length(quarter) = 7),
  words TEXT NOT NULL CHECK (length(words) BETWEEN 1 AND 4000),
  by_account TEXT NOT NULL,
  by_name TEXT NOT NULL DEFAULT '',
  at BIGINT NOT NULL,
  superseded_at BIGINT
);
CREATE UNIQUE INDEX objective_note_current ON objective_note (objective, quarter) WHERE superseded_at IS NULL;

-- +goose Down
