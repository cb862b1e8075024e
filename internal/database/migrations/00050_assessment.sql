-- +goose Up
-- What practitioners said. About nobody: people are not named in statements.
CREATE TABLE statement (
  id TEXT NOT NULL PRIMARY KEY, owner TEXT NOT NULL, class TEXT NOT NULL, restricted BOOLEAN NOT NULL DEFAULT FALSE, area TEXT NOT NULL DEFAULT '',
  load_id TEXT NOT NULL DEFAULT '', source_ref TEXT NOT NULL DEFAULT '', by_account TEXT NOT NULL DEFAULT '', true_from BIGINT, true_to BIGINT,
  true_precision TEXT NOT NULL DEFAULT '', learnt_at BIGINT NOT NULL, superseded_by TEXT NOT NULL DEFAULT '', superseded_at BIGINT, grade TEXT NOT NULL DEFAULT '',
  definition_version TEXT NOT NULL DEFAULT '', retention_class TEXT NOT NULL, review_on TEXT NOT NULL, ver BIGINT NOT NULL DEFAULT 1,
  interview TEXT NOT NULL CHECK (length(interview) <= 200),
  agency TEXT NOT NULL CHECK (length(agency) <= 200),
  role TEXT NOT NULL CHECK (length(role) <= 200),
  voice TEXT NOT NULL,
  agency_folded TEXT NOT NULL,
  words TEXT NOT NULL CHECK (length(words) <= 8000),
  basis TEXT NOT NULL DEFAULT '',
  confidence TEXT NOT NULL DEFAULT '',
  place TEXT NOT NULL DEFAULT '',
  time_span TEXT NOT NULL DEFAULT '',
  who_else TEXT NOT NULL DEFAULT '',
  reported TEXT NOT NULL DEFAULT '',
  reported_where TEXT NOT NULL DEFAULT '',
  suggested TEXT NOT NULL DEFAULT '',
  attribution TEXT NOT NULL DEFAULT ''
);
CREATE INDEX statement_load ON statement (load_id);
CREATE TABLE statement_theme (
  statement_id TEXT NOT NULL,
  theme TEXT NOT NULL,
  PRIMARY KEY (statement_id, theme)
);
CREATE INDEX statement_theme_theme ON statement_theme (theme);
-- What leaders, the strategy and the data say of a theme; the newest answer of a live load or person holds.
CREATE TABLE theme_answer (
  id TEXT NOT NULL PRIMARY KEY, owner TEXT NOT NULL, class TEXT NOT NULL, restricted BOOLEAN NOT NULL DEFAULT FALSE, area TEXT NOT NULL DEFAULT '',
  load_id TEXT NOT NULL DEFAULT '', source_ref TEXT NOT NULL DEFAULT '', by_account TEXT NOT NULL DEFAULT '', true_from BIGINT, true_to BIGINT,
  true_precision TEXT NOT NULL DEFAULT '', learnt_at BIGINT NOT NULL, superseded_by TEXT NOT NULL DEFAULT '', superseded_at BIGINT, grade TEXT NOT NULL DEFAULT '',
  definition_version TEXT NOT NULL DEFAULT '', retention_class TEXT NOT NULL, review_on TEXT NOT NULL, ver BIGINT NOT NULL DEFAULT 1,
  theme TEXT NOT NULL,
  question TEXT NOT NULL CHECK (question IN ('leaders','strategy','data')),
  answer TEXT NOT NULL CHECK (answer IN ('yes','no','partly','not known'))
);
CREATE INDEX theme_answer_theme ON theme_answer (theme, question);
CREATE INDEX theme_answer_load ON theme_answer (load_id);
-- Papers: the report of a moment, signed by a reviewer before it is issued.
CREATE TABLE paper (
  id TEXT NOT NULL PRIMARY KEY,
  owner TEXT NOT NULL,
  class TEXT NOT NULL,
  restricted BOOLEAN NOT NULL DEFAULT FALSE,
  area TEXT NOT NULL DEFAULT '',
  title TEXT NOT NULL CHECK (length(title) <= 200),
  state TEXT NOT NULL CHECK (state IN ('draft','issued','withdrawn')),
  picture TEXT NOT NULL,
  made_at BIGINT NOT NULL,
  made_by TEXT NOT NULL,
  signed_by TEXT NOT NULL DEFAULT '',
  signed_at BIGINT,
  sign_words TEXT NOT NULL DEFAULT '',
  ver BIGINT NOT NULL DEFAULT 1
);

-- +goose Down
