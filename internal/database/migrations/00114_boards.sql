-- +goose Up
-- Boards meet, read papers, decide and set actions. About nobody: a board's papers and decisions name no child.
CREATE TABLE meeting (
  id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 36),
  owner TEXT NOT NULL,
  class TEXT NOT NULL CHECK (class = 'partnership'),
  restricted BOOLEAN NOT NULL DEFAULT FALSE,
  area TEXT NOT NULL DEFAULT '',
  board TEXT NOT NULL CHECK (length(board) BETWEEN 1 AND 64),
  starts_at BIGINT NOT NULL,
  minutes BIGINT NOT NULL CHECK (minutes BETWEEN 5 AND 1440),
  place TEXT NOT NULL CHECK (length(place) <= 200),
  state TEXT NOT NULL CHECK (state IN ('planned','held','cancelled')),
  account TEXT NOT NULL DEFAULT '' CHECK (length(account) <= 8000),
  ver BIGINT NOT NULL,
  by_account TEXT NOT NULL,
  at BIGINT NOT NULL
);
CREATE INDEX meeting_board ON meeting (board, starts_at);
CREATE INDEX meeting_starts ON meeting (starts_at);
CREATE TABLE meeting_event (
  id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 36),
  meeting_id TEXT NOT NULL REFERENCES meeting (id),
  what TEXT NOT NULL CHECK (length(what) <= 1000),
  by_account TEXT NOT NULL,
  by_name TEXT NOT NULL,
  at BIGINT NOT NULL
);
CREATE INDEX meeting_event_of ON meeting_event (meeting_id, at);
CREATE TABLE meeting_paper (
  id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 36),
  meeting_id TEXT NOT NULL REFERENCES meeting (id),
  title TEXT NOT NULL CHECK (length(title) BETWEEN 1 AND 200),
  summary TEXT NOT NULL CHECK (length(summary) BETWEEN 1 AND 4000),
  link TEXT NOT NULL DEFAULT '' CHECK (length(link) <= 300),
  file_id TEXT NOT NULL DEFAULT '',
  file_name TEXT NOT NULL DEFAULT '',
  file_size BIGINT NOT NULL DEFAULT 0,
  by_account TEXT NOT NULL,
  by_name TEXT NOT NULL,
  at BIGINT NOT NULL,
  withdrawn_at BIGINT,
  why TEXT NOT NULL DEFAULT ''
);
CREATE INDEX meeting_paper_of ON meeting_paper (meeting_id, at);
CREATE TABLE meeting_decision (
  id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 36),
  meeting_id TEXT NOT NULL REFERENCES meeting (id),
  words TEXT NOT NULL CHECK (length(words) BETWEEN 1 AND 2000),
  reason TEXT NOT NULL CHECK (length(reason) BETWEEN 1 AND 4000),
  by_account TEXT NOT NULL,
  by_name TEXT NOT NULL,
  at BIGINT NOT NULL,
  superseded_at BIGINT,
  superseded_why TEXT NOT NULL DEFAULT ''
);
CREATE INDEX meeting_decision_of ON meeting_decision (meeting_id, at);
-- Which boards watch an action: one action, however many boards.
CREATE TABLE action_board (
  action_id TEXT NOT NULL REFERENCES action (id),
  board TEXT NOT NULL CHECK (length(board) BETWEEN 1 AND 64),
  by_account TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (action_id, board)
);
CREATE INDEX action_board_of ON action_board (board);
CREATE TABLE action_chase (
  id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 36),
  action_id TEXT NOT NULL REFERENCES action (id),
  words TEXT NOT NULL DEFAULT '' CHECK (length(words) <= 1000),
  by_account TEXT NOT NULL,
  by_name TEXT NOT NULL,
  at BIGINT NOT NULL
);
CREATE INDEX action_chase_of ON action_chase (action_id, at);

-- +goose Down
