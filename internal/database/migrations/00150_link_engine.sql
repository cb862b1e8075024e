-- +goose Up
-- The models that linking weighs by, each frozen when it was made; every edge and doubt names the one it was weighed by.
CREATE TABLE link_model (
  id TEXT NOT NULL PRIMARY KEY,
  made_at BIGINT NOT NULL,
  records BIGINT NOT NULL,
  threshold DOUBLE PRECISION NOT NULL,
  review_from DOUBLE PRECISION NOT NULL,
  body TEXT NOT NULL
);

-- What the engine found of a pair, comparison by comparison, as JSON: the words and the bits.
ALTER TABLE edge ADD COLUMN evidence TEXT NOT NULL DEFAULT '';
ALTER TABLE edge ADD COLUMN model_id TEXT NOT NULL DEFAULT '';
ALTER TABLE review_item ADD COLUMN evidence TEXT NOT NULL DEFAULT '';
ALTER TABLE review_item ADD COLUMN model_id TEXT NOT NULL DEFAULT '';
ALTER TABLE review_item ADD COLUMN weight DOUBLE PRECISION;
ALTER TABLE review_item ADD COLUMN probability DOUBLE PRECISION;
-- What a doubt is about, finer than kind: short, bridge, conflict, large, contradiction, check, sample. Empty in rows of before.
ALTER TABLE review_item ADD COLUMN sort TEXT NOT NULL DEFAULT '';
-- 1 is the most pressing, 5 the least.
ALTER TABLE review_item ADD COLUMN priority BIGINT NOT NULL DEFAULT 3;

-- A decision that touches a restricted record waits here until a second person has looked.
CREATE TABLE link_proposal (
  id TEXT NOT NULL PRIMARY KEY,
  l TEXT NOT NULL,
  r TEXT NOT NULL,
  verdict TEXT NOT NULL CHECK (verdict IN ('same','different')),
  why TEXT NOT NULL CHECK (length(why) <= 4000),
  shown TEXT NOT NULL DEFAULT '',
  by_account TEXT NOT NULL,
  agency TEXT NOT NULL,
  at BIGINT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting','confirmed','refused')),
  second_account TEXT NOT NULL DEFAULT '',
  second_agency TEXT NOT NULL DEFAULT '',
  second_at BIGINT,
  second_why TEXT NOT NULL DEFAULT '' CHECK (length(second_why) <= 4000),
  decision_id TEXT NOT NULL DEFAULT ''
);
CREATE INDEX link_proposal_l ON link_proposal (l);
CREATE INDEX link_proposal_r ON link_proposal (r);
CREATE INDEX link_proposal_waiting ON link_proposal (at) WHERE state = 'waiting';

-- The sample from which the quality of linking is estimated: how many pairs of records a run found in each stratum and at
-- which rate they were drawn; the pairs drawn; and what each reviewer, not knowing the engine's mind, said of one.
CREATE TABLE link_stratum (
  run_id TEXT NOT NULL,
  stratum TEXT NOT NULL CHECK (stratum IN ('linked','doubted','apart')),
  owners TEXT NOT NULL,
  pairs BIGINT NOT NULL,
  rate DOUBLE PRECISION NOT NULL,
  PRIMARY KEY (run_id, stratum, owners)
);
CREATE TABLE link_sample (
  id TEXT NOT NULL PRIMARY KEY,
  run_id TEXT NOT NULL,
  stratum TEXT NOT NULL CHECK (stratum IN ('linked','doubted','apart')),
  l TEXT NOT NULL,
  r TEXT NOT NULL,
  owners TEXT NOT NULL,
  weight DOUBLE PRECISION NOT NULL,
  at BIGINT NOT NULL,
  UNIQUE (l, r)
);
CREATE INDEX link_sample_r ON link_sample (r);
CREATE TABLE link_look (
  sample_id TEXT NOT NULL,
  by_account TEXT NOT NULL,
  agency TEXT NOT NULL,
  verdict TEXT NOT NULL CHECK (verdict IN ('same','different','unsure')),
  at BIGINT NOT NULL,
  PRIMARY KEY (sample_id, by_account)
);

-- +goose Down
