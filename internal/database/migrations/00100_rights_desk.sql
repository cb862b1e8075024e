-- +goose Up
-- One desk for everything somebody may ask about what is held of them. It takes over the rows of rights_request, which knew
-- fewer kinds. person is '' until the desk has found whose records they are; by_account is '' when somebody asked without an account.
CREATE TABLE rights_case (
  id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 36),
  desk TEXT NOT NULL CHECK (length(desk) BETWEEN 1 AND 64),
  person TEXT NOT NULL DEFAULT '',
  by_account TEXT NOT NULL DEFAULT '',
  taken_by TEXT NOT NULL DEFAULT '',
  kind TEXT NOT NULL CHECK (kind IN ('on','copy','wrong','add','object','restrict','complaint')),
  words TEXT NOT NULL CHECK (length(words) BETWEEN 1 AND 4000),
  asker TEXT NOT NULL DEFAULT '' CHECK (length(asker) <= 200),
  channel TEXT NOT NULL DEFAULT '' CHECK (length(channel) <= 40),
  advocate TEXT NOT NULL DEFAULT '' CHECK (length(advocate) <= 200),
  advocate_is TEXT NOT NULL DEFAULT '' CHECK (length(advocate_is) <= 40),
  advocate_authority TEXT NOT NULL DEFAULT '' CHECK (length(advocate_authority) <= 1000),
  advocate_reach TEXT NOT NULL DEFAULT '' CHECK (length(advocate_reach) <= 200),
  holders TEXT NOT NULL,
  identity TEXT NOT NULL CHECK (identity IN ('known','asked','seen','not asked')),
  identity_words TEXT NOT NULL DEFAULT '' CHECK (length(identity_words) <= 1000),
  received_at BIGINT NOT NULL,
  months BIGINT NOT NULL CHECK (months IN (1,3)),
  paused_on TEXT NOT NULL DEFAULT '',
  paused_days BIGINT NOT NULL DEFAULT 0,
  due_on TEXT NOT NULL CHECK (length(due_on) = 10),
  acknowledge_on TEXT NOT NULL DEFAULT '',
  acknowledged_at BIGINT,
  state TEXT NOT NULL CHECK (state IN ('open','paused','answered')),
  outcome TEXT NOT NULL DEFAULT '' CHECK (outcome IN ('','done','partly','not done')),
  reply TEXT NOT NULL DEFAULT '' CHECK (length(reply) <= 4000),
  reply_to TEXT NOT NULL DEFAULT '' CHECK (length(reply_to) <= 40),
  replied_by TEXT NOT NULL DEFAULT '',
  replied_at BIGINT,
  retention_class TEXT NOT NULL,
  review_on TEXT NOT NULL,
  ver BIGINT NOT NULL DEFAULT 1
);
CREATE INDEX rights_case_desk ON rights_case (desk, state, due_on);
CREATE INDEX rights_case_account ON rights_case (by_account, received_at);
CREATE INDEX rights_case_person ON rights_case (person, state) WHERE person <> '';
CREATE TABLE rights_event (
  id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 36),
  case_id TEXT NOT NULL REFERENCES rights_case (id),
  what TEXT NOT NULL CHECK (length(what) <= 40),
  words TEXT NOT NULL DEFAULT '' CHECK (length(words) <= 4000),
  due_on TEXT NOT NULL,
  by_account TEXT NOT NULL,
  at BIGINT NOT NULL
);
CREATE INDEX rights_event_case ON rights_event (case_id, id);
INSERT INTO rights_case (id, desk, person, by_account, kind, words, holders, identity, received_at, months, due_on, state, outcome, reply, replied_by, replied_at, retention_class, review_on, ver)
  SELECT id, desk, person, by_account, CASE kind WHEN 'stop' THEN 'object' ELSE kind END, words, holders, 'known', received_at, 1, due_on, state, CASE state WHEN 'answered' THEN 'done' ELSE '' END, reply, replied_by, replied_at, retention_class, review_on, ver FROM rights_request;
DROP TABLE rights_request;

-- What the desk asked an agency that holds records of them to look at, and what it found. The words are the officer's.
CREATE TABLE rights_ask (
  case_id TEXT NOT NULL REFERENCES rights_case (id),
  agency TEXT NOT NULL,
  words TEXT NOT NULL CHECK (length(words) BETWEEN 1 AND 1000),
  action_id TEXT NOT NULL,
  by_account TEXT NOT NULL,
  at BIGINT NOT NULL,
  found TEXT NOT NULL DEFAULT '' CHECK (length(found) <= 1000),
  found_by TEXT NOT NULL DEFAULT '',
  found_at BIGINT,
  PRIMARY KEY (case_id, agency)
);

-- Where somebody at home is the danger, nothing goes there. About the person, whatever they ask.
CREATE TABLE person_danger (
  id TEXT NOT NULL PRIMARY KEY, owner TEXT NOT NULL, class TEXT NOT NULL, restricted BOOLEAN NOT NULL DEFAULT FALSE, area TEXT NOT NULL DEFAULT '',
  load_id TEXT NOT NULL DEFAULT '', source_ref TEXT NOT NULL DEFAULT '', by_account TEXT NOT NULL DEFAULT '', true_from BIGINT, true_to BIGINT,
  true_precision TEXT NOT NULL DEFAULT '', learnt_at BIGINT NOT NULL, superseded_by TEXT NOT NULL DEFAULT '', superseded_at BIGINT, grade TEXT NOT NULL DEFAULT '',
  definition_version TEXT NOT NULL DEFAULT '', retention_class TEXT NOT NULL, review_on TEXT NOT NULL, ver BIGINT NOT NULL DEFAULT 1,
  person TEXT NOT NULL,
  danger BOOLEAN NOT NULL,
  words TEXT NOT NULL CHECK (length(words) BETWEEN 1 AND 1000)
);
CREATE INDEX person_danger_person ON person_danger (person);
-- The person's own words beside a fact they answer: whose fact, and which part of it.
CREATE TABLE person_comment (
  id TEXT NOT NULL PRIMARY KEY, owner TEXT NOT NULL, class TEXT NOT NULL, restricted BOOLEAN NOT NULL DEFAULT FALSE, area TEXT NOT NULL DEFAULT '',
  load_id TEXT NOT NULL DEFAULT '', source_ref TEXT NOT NULL DEFAULT '', by_account TEXT NOT NULL DEFAULT '', true_from BIGINT, true_to BIGINT,
  true_precision TEXT NOT NULL DEFAULT '', learnt_at BIGINT NOT NULL, superseded_by TEXT NOT NULL DEFAULT '', superseded_at BIGINT, grade TEXT NOT NULL DEFAULT '',
  definition_version TEXT NOT NULL DEFAULT '', retention_class TEXT NOT NULL, review_on TEXT NOT NULL, ver BIGINT NOT NULL DEFAULT 1,
  person TEXT NOT NULL,
  about TEXT NOT NULL CHECK (about IN ('all','names','born','sex','numbers','addresses','events')),
  words TEXT NOT NULL CHECK (length(words) BETWEEN 1 AND 4000),
  case_id TEXT NOT NULL DEFAULT ''
);
CREATE INDEX person_comment_person ON person_comment (person);
-- Told on, not told because, looked at again on: one answer an agency, the newest holds.
CREATE TABLE person_told (
  id TEXT NOT NULL PRIMARY KEY, owner TEXT NOT NULL, class TEXT NOT NULL, restricted BOOLEAN NOT NULL DEFAULT FALSE, area TEXT NOT NULL DEFAULT '',
  load_id TEXT NOT NULL DEFAULT '', source_ref TEXT NOT NULL DEFAULT '', by_account TEXT NOT NULL DEFAULT '', true_from BIGINT, true_to BIGINT,
  true_precision TEXT NOT NULL DEFAULT '', learnt_at BIGINT NOT NULL, superseded_by TEXT NOT NULL DEFAULT '', superseded_at BIGINT, grade TEXT NOT NULL DEFAULT '',
  definition_version TEXT NOT NULL DEFAULT '', retention_class TEXT NOT NULL, review_on TEXT NOT NULL, ver BIGINT NOT NULL DEFAULT 1,
  person TEXT NOT NULL,
  told_on TEXT NOT NULL DEFAULT '',
  words TEXT NOT NULL CHECK (length(words) BETWEEN 1 AND 1000),
  again_on TEXT NOT NULL DEFAULT ''
);
CREATE INDEX person_told_person ON person_told (person);
CREATE INDEX person_told_again ON person_told (owner, again_on) WHERE again_on <> '';
-- A correction, and every agency that had received the fact. What stood there and what stands there now are on the records alone.
CREATE TABLE correction (
  id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 36),
  case_id TEXT NOT NULL DEFAULT '',
  owner TEXT NOT NULL,
  person TEXT NOT NULL,
  old_record TEXT NOT NULL,
  new_record TEXT NOT NULL,
  fields TEXT NOT NULL CHECK (length(fields) <= 400),
  by_account TEXT NOT NULL,
  at BIGINT NOT NULL
);
CREATE INDEX correction_person ON correction (person);
CREATE INDEX correction_case ON correction (case_id) WHERE case_id <> '';
CREATE TABLE correction_notice (
  correction_id TEXT NOT NULL REFERENCES correction (id),
  agency TEXT NOT NULL,
  action_id TEXT NOT NULL DEFAULT '',
  acknowledged_by TEXT NOT NULL DEFAULT '',
  acknowledged_at BIGINT,
  words TEXT NOT NULL DEFAULT '' CHECK (length(words) <= 1000),
  PRIMARY KEY (correction_id, agency)
);

-- +goose Down
