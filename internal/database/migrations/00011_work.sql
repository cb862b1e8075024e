-- +goose Up
-- Actions: what somebody must do, with one owner and one date. The row holds what is true now; every
-- state it ever had is a row of action_version, written in the same transaction.
CREATE TABLE action (
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
  title TEXT NOT NULL CHECK (length(title) BETWEEN 1 AND 200),
  title_folded TEXT NOT NULL,
  why TEXT NOT NULL CHECK (length(why) BETWEEN 1 AND 4000),
  source_kind TEXT NOT NULL DEFAULT '' CHECK (length(source_kind) <= 64),
  source_id TEXT NOT NULL DEFAULT '' CHECK (length(source_id) <= 100),
  subject_kind TEXT NOT NULL DEFAULT '' CHECK (length(subject_kind) <= 64),
  subject_id TEXT NOT NULL DEFAULT '' CHECK (length(subject_id) <= 100),
  assignee TEXT NOT NULL,
  assignee_agency TEXT NOT NULL,
  due_on TEXT NOT NULL CHECK (length(due_on) = 10),
  state TEXT NOT NULL CHECK (state IN ('open','done','dropped')),
  outcome TEXT NOT NULL DEFAULT '' CHECK (length(outcome) <= 4000),
  closed_at BIGINT
);
CREATE INDEX action_assignee ON action (assignee, state, due_on);
CREATE INDEX action_due ON action (state, due_on);
CREATE INDEX action_subject ON action (subject_kind, subject_id);
CREATE INDEX action_source ON action (source_kind, source_id);
CREATE TABLE action_version (
  action_id TEXT NOT NULL REFERENCES action (id),
  ver BIGINT NOT NULL,
  what TEXT NOT NULL CHECK (what IN ('added','edited','reassigned','done','dropped','reopened')),
  title TEXT NOT NULL,
  why TEXT NOT NULL,
  assignee TEXT NOT NULL,
  due_on TEXT NOT NULL,
  state TEXT NOT NULL,
  reason TEXT NOT NULL DEFAULT '' CHECK (length(reason) <= 4000),
  by_account TEXT NOT NULL,
  at BIGINT NOT NULL,
  superseded_at BIGINT,
  PRIMARY KEY (action_id, ver)
);

-- +goose Down
