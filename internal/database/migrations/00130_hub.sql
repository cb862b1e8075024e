-- +goose Up
-- The hub: what is known about its entries beside their words (which are content), training, and questions.
CREATE TABLE hub_keeper (
  id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 36),
  kind TEXT NOT NULL CHECK (length(kind) BETWEEN 1 AND 64),
  code TEXT NOT NULL CHECK (length(code) BETWEEN 1 AND 64),
  account TEXT NOT NULL,
  by_account TEXT NOT NULL,
  at BIGINT NOT NULL,
  ended_at BIGINT
);
CREATE UNIQUE INDEX hub_keeper_of ON hub_keeper (kind, code) WHERE ended_at IS NULL;
CREATE TABLE hub_confirmed (
  id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 36),
  kind TEXT NOT NULL,
  code TEXT NOT NULL,
  version BIGINT NOT NULL,
  against TEXT NOT NULL CHECK (length(against) BETWEEN 1 AND 1000),
  checked TEXT NOT NULL DEFAULT '',
  by_account TEXT NOT NULL,
  by_name TEXT NOT NULL CHECK (length(by_name) > 0),
  agency TEXT NOT NULL DEFAULT '',
  at BIGINT NOT NULL
);
CREATE INDEX hub_confirmed_of ON hub_confirmed (kind, code, version);
CREATE TABLE hub_adoption (
  id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 36),
  code TEXT NOT NULL,
  version BIGINT NOT NULL,
  agency TEXT NOT NULL,
  adopted_by TEXT NOT NULL CHECK (length(adopted_by) BETWEEN 1 AND 200),
  adopted_on TEXT NOT NULL CHECK (length(adopted_on) = 10),
  by_account TEXT NOT NULL,
  at BIGINT NOT NULL,
  ended_at BIGINT,
  ended_by TEXT NOT NULL DEFAULT '',
  ended_why TEXT NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX hub_adoption_of ON hub_adoption (code, agency) WHERE ended_at IS NULL;

-- How far a member has come in a course, and what they have finished. The certificate's code stands for nobody.
CREATE TABLE course_progress (
  account TEXT NOT NULL,
  course TEXT NOT NULL,
  page BIGINT NOT NULL,
  tries BIGINT NOT NULL DEFAULT 0,
  started_at BIGINT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (account, course)
);
CREATE TABLE course_pass (
  id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 36),
  account TEXT NOT NULL,
  agency TEXT NOT NULL,
  course TEXT NOT NULL,
  version BIGINT NOT NULL,
  title TEXT NOT NULL CHECK (length(title) BETWEEN 1 AND 300),
  how TEXT NOT NULL CHECK (how IN ('quiz','room','file')),
  score BIGINT,
  out_of BIGINT,
  passed_on TEXT NOT NULL CHECK (length(passed_on) = 10),
  expires_on TEXT NOT NULL DEFAULT '',
  code TEXT NOT NULL UNIQUE CHECK (length(code) = 16),
  session_id TEXT NOT NULL DEFAULT '',
  by_account TEXT NOT NULL,
  at BIGINT NOT NULL,
  review_on TEXT NOT NULL
);
CREATE INDEX course_pass_of ON course_pass (account, course, passed_on);
CREATE UNIQUE INDEX course_pass_once ON course_pass (account, course, passed_on, how);
CREATE TABLE course_session (
  id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 36),
  course TEXT NOT NULL,
  on_day TEXT NOT NULL CHECK (length(on_day) = 10),
  at_time TEXT NOT NULL CHECK (length(at_time) <= 20),
  place TEXT NOT NULL CHECK (length(place) BETWEEN 1 AND 200),
  trainer TEXT NOT NULL CHECK (length(trainer) BETWEEN 1 AND 200),
  places BIGINT NOT NULL CHECK (places BETWEEN 1 AND 1000),
  state TEXT NOT NULL CHECK (state IN ('open','held','cancelled')),
  agency TEXT NOT NULL,
  by_account TEXT NOT NULL,
  at BIGINT NOT NULL,
  ver BIGINT NOT NULL DEFAULT 1
);
CREATE INDEX course_session_day ON course_session (on_day);
CREATE TABLE course_booking (
  session_id TEXT NOT NULL REFERENCES course_session (id),
  account TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('booked','left','present','absent')),
  by_account TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (session_id, account)
);

-- Questions to the support desk: about nobody, and read by whoever asked, whoever answers and the managers until they are published.
CREATE TABLE question (
  id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 36),
  owner TEXT NOT NULL,
  class TEXT NOT NULL CHECK (class = 'partnership'),
  restricted BOOLEAN NOT NULL DEFAULT FALSE,
  area TEXT NOT NULL DEFAULT '',
  asked_by TEXT NOT NULL,
  asked_at BIGINT NOT NULL,
  words TEXT NOT NULL CHECK (length(words) BETWEEN 1 AND 4000),
  theme TEXT NOT NULL DEFAULT '' CHECK (length(theme) <= 16),
  assignee TEXT NOT NULL,
  due_on TEXT NOT NULL CHECK (length(due_on) = 10),
  state TEXT NOT NULL CHECK (state IN ('asked','answered','closed')),
  answer TEXT NOT NULL DEFAULT '' CHECK (length(answer) <= 20000),
  answered_by TEXT NOT NULL DEFAULT '',
  answered_at BIGINT,
  escalated BOOLEAN NOT NULL DEFAULT FALSE,
  published_as TEXT NOT NULL DEFAULT '',
  retention_class TEXT NOT NULL,
  review_on TEXT NOT NULL,
  ver BIGINT NOT NULL DEFAULT 1
);
CREATE INDEX question_waiting ON question (state, due_on);
CREATE INDEX question_assignee ON question (assignee, state);
CREATE TABLE question_event (
  id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 36),
  question_id TEXT NOT NULL REFERENCES question (id),
  what TEXT NOT NULL CHECK (length(what) BETWEEN 1 AND 32),
  words TEXT NOT NULL DEFAULT '' CHECK (length(words) <= 20000),
  by_account TEXT NOT NULL,
  at BIGINT NOT NULL
);
CREATE INDEX question_event_of ON question_event (question_id, at);

-- +goose Down
