-- +goose Up
-- What people ask about what is held of them: their words, the clock, the answer. desk is the agency whose information officers
-- answer; holders are those that hold records, codes with spaces between.
CREATE TABLE rights_request (
  id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 36),
  desk TEXT NOT NULL CHECK (length(desk) BETWEEN 1 AND 64),
  person TEXT NOT NULL,
  by_account TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('wrong','add','copy','stop')),
  words TEXT NOT NULL CHECK (length(words) BETWEEN 1 AND 4000),
  holders TEXT NOT NULL,
  received_at BIGINT NOT NULL,
  due_on TEXT NOT NULL CHECK (length(due_on) = 10),
  state TEXT NOT NULL CHECK (state IN ('open','answered')),
  reply TEXT NOT NULL DEFAULT '' CHECK (length(reply) <= 4000),
  replied_by TEXT NOT NULL DEFAULT '',
  replied_at BIGINT,
  retention_class TEXT NOT NULL,
  review_on TEXT NOT NULL,
  ver BIGINT NOT NULL DEFAULT 1
);
CREATE INDEX rights_request_desk ON rights_request (desk, state, due_on);
CREATE INDEX rights_request_account ON rights_request (by_account, received_at);

-- +goose Down
