-- +goose Up
-- Bank holidays move a last day on. They are content: a local lead adds or strikes one, and what was struck is kept.
-- England and Wales, from https://www.gov.uk/bank-holidays (2025 to 2027) and, for 2028, the same rules: Easter is on 16 April.
CREATE TABLE bank_holiday (
  id TEXT NOT NULL PRIMARY KEY,
  day TEXT NOT NULL CHECK (length(day) = 10),
  name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  by_account TEXT NOT NULL,
  at BIGINT NOT NULL,
  struck_by TEXT NOT NULL DEFAULT '',
  struck_at BIGINT
);
CREATE UNIQUE INDEX bank_holiday_current ON bank_holiday (day) WHERE struck_at IS NULL;
INSERT INTO bank_holiday (id, day, name, by_account, at) VALUES
 ('seed-2025-01-01','2025-01-01','New Year''s Day','system:seed',0),('seed-2025-04-18','2025-04-18','Good Friday','system:seed',0),('seed-2025-04-21','2025-04-21','Easter Monday','system:seed',0),
 ('seed-2025-05-05','2025-05-05','Early May bank holiday','system:seed',0),('seed-2025-05-26','2025-05-26','Spring bank holiday','system:seed',0),('seed-2025-08-25','2025-08-25','Summer bank holiday','system:seed',0),
 ('seed-2025-12-25','2025-12-25','Christmas Day','system:seed',0),('seed-2025-12-26','2025-12-26','Boxing Day','system:seed',0),
 ('seed-2026-01-01','2026-01-01','New Year''s Day','system:seed',0),('seed-2026-04-03','2026-04-03','Good Friday','system:seed',0),('seed-2026-04-06','2026-04-06','Easter Monday','system:seed',0),
 ('seed-2026-05-04','2026-05-04','Early May bank holiday','system:seed',0),('seed-2026-05-25','2026-05-25','Spring bank holiday','system:seed',0),('seed-2026-08-31','2026-08-31','Summer bank holiday','system:seed',0),
 ('seed-2026-12-25','2026-12-25','Christmas Day','system:seed',0),('seed-2026-12-28','2026-12-28','Boxing Day (substitute day)','system:seed',0),
 ('seed-2027-01-01','2027-01-01','New Year''s Day','system:seed',0),('seed-2027-03-26','2027-03-26','Good Friday','system:seed',0),('seed-2027-03-29','2027-03-29','Easter Monday','system:seed',0),
 ('seed-2027-05-03','2027-05-03','Early May bank holiday','system:seed',0),('seed-2027-05-31','2027-05-31','Spring bank holiday','system:seed',0),('seed-2027-08-30','2027-08-30','Summer bank holiday','system:seed',0),
 ('seed-2027-12-27','2027-12-27','Christmas Day (substitute day)','system:seed',0),('seed-2027-12-28','2027-12-28','Boxing Day (substitute day)','system:seed',0),
 ('seed-2028-01-03','2028-01-03','New Year''s Day (substitute day)','system:seed',0),('seed-2028-04-14','2028-04-14','Good Friday','system:seed',0),('seed-2028-04-17','2028-04-17','Easter Monday','system:seed',0),
 ('seed-2028-05-01','2028-05-01','Early May bank holiday','system:seed',0),('seed-2028-05-29','2028-05-29','Spring bank holiday','system:seed',0),('seed-2028-08-28','2028-08-28','Summer bank holiday','system:seed',0),
 ('seed-2028-12-25','2028-12-25','Christmas Day','system:seed',0),('seed-2028-12-26','2028-12-26','Boxing Day','system:seed',0);

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
