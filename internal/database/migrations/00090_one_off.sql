-- +goose Up
-- Lawful sharing without an agreement: one decision about exactly these parts of exactly these records, given or not given, with its
-- reason, to one agency or one person in it, until a moment; somebody else looks at it by the next working day.
CREATE TABLE disclosure (
  id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 36),
  code TEXT NOT NULL UNIQUE,
  owner TEXT NOT NULL CHECK (length(owner) BETWEEN 1 AND 64),
  recipient TEXT NOT NULL CHECK (length(recipient) BETWEEN 1 AND 64),
  named TEXT NOT NULL DEFAULT '',
  person TEXT NOT NULL DEFAULT '',
  shared BOOLEAN NOT NULL,
  basis TEXT NOT NULL CHECK (basis IN ('life','s47','owner')),
  purpose TEXT NOT NULL,
  why TEXT NOT NULL CHECK (length(why) BETWEEN 1 AND 4000),
  told TEXT NOT NULL CHECK (told IN ('told','unsafe','later')),
  told_why TEXT NOT NULL DEFAULT '' CHECK (length(told_why) <= 4000),
  advice TEXT NOT NULL DEFAULT '' CHECK (length(advice) <= 1000),
  until_at BIGINT NOT NULL,
  by_account TEXT NOT NULL,
  at BIGINT NOT NULL,
  ended_at BIGINT,
  ended_by TEXT NOT NULL DEFAULT '',
  ended_why TEXT NOT NULL DEFAULT '' CHECK (length(ended_why) <= 4000),
  reviewer TEXT NOT NULL DEFAULT '',
  review_by TEXT NOT NULL CHECK (length(review_by) = 10),
  reviewed_at BIGINT,
  reviewed_by TEXT NOT NULL DEFAULT '',
  verdict TEXT NOT NULL DEFAULT '' CHECK (verdict IN ('','right','wrong')),
  review TEXT NOT NULL DEFAULT '' CHECK (length(review) <= 4000),
  request TEXT NOT NULL DEFAULT '',
  retention_class TEXT NOT NULL,
  review_on TEXT NOT NULL,
  ver BIGINT NOT NULL DEFAULT 1
);
CREATE INDEX disclosure_recipient ON disclosure (recipient, until_at);
CREATE INDEX disclosure_owner ON disclosure (owner, at);
-- What exactly: never changed once written. handling is the fact's own grade, carried along.
CREATE TABLE disclosure_item (
  disclosure_id TEXT NOT NULL REFERENCES disclosure (id),
  item TEXT NOT NULL,
  item_class TEXT NOT NULL,
  label TEXT NOT NULL DEFAULT '' CHECK (length(label) <= 400),
  handling TEXT NOT NULL DEFAULT '' CHECK (length(handling) <= 40),
  PRIMARY KEY (disclosure_id, item, item_class)
);
CREATE INDEX disclosure_item_of ON disclosure_item (item, item_class);

-- What somebody asks of another agency's desk about a person: a class that is closed to them, or, of the broker, whether a service that
-- is never named knows the person. due_on is the desk's clock.
CREATE TABLE access_request (
  id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 36),
  kind TEXT NOT NULL CHECK (kind IN ('class','broker')),
  person TEXT NOT NULL,
  class TEXT NOT NULL DEFAULT '',
  asker TEXT NOT NULL,
  agency TEXT NOT NULL,
  desk TEXT NOT NULL,
  purpose TEXT NOT NULL,
  why TEXT NOT NULL CHECK (length(why) BETWEEN 1 AND 4000),
  urgent BOOLEAN NOT NULL DEFAULT FALSE,
  received_at BIGINT NOT NULL,
  due_on TEXT NOT NULL CHECK (length(due_on) = 10),
  state TEXT NOT NULL CHECK (state IN ('open','granted','refused','answered')),
  reply TEXT NOT NULL DEFAULT '' CHECK (length(reply) <= 4000),
  replied_by TEXT NOT NULL DEFAULT '',
  replied_at BIGINT,
  disclosure_id TEXT NOT NULL DEFAULT '',
  read_at BIGINT,
  retention_class TEXT NOT NULL,
  review_on TEXT NOT NULL,
  ver BIGINT NOT NULL DEFAULT 1
);
CREATE INDEX access_request_desk ON access_request (desk, state, due_on);
CREATE INDEX access_request_asker ON access_request (asker, received_at);

-- Every time somebody asked who else knows a person: why, and how many agencies were named.
CREATE TABLE pointer_question (
  id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 36),
  person TEXT NOT NULL,
  account TEXT NOT NULL,
  agency TEXT NOT NULL,
  purpose TEXT NOT NULL,
  why TEXT NOT NULL CHECK (length(why) BETWEEN 1 AND 1000),
  named BIGINT NOT NULL,
  at BIGINT NOT NULL,
  retention_class TEXT NOT NULL,
  review_on TEXT NOT NULL
);
CREATE INDEX pointer_question_at ON pointer_question (at);
CREATE INDEX pointer_question_person ON pointer_question (person, at);

-- +goose Down
