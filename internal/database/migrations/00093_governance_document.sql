-- +goose Up
-- Who signed a governance document, as it then stood: digest is of its words, so that a change of what is live opens it again.
CREATE TABLE governance_signature (
  id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 36),
  document TEXT NOT NULL CHECK (length(document) BETWEEN 1 AND 40),
  digest TEXT NOT NULL CHECK (length(digest) = 64),
  agency TEXT NOT NULL,
  by_account TEXT NOT NULL,
  at BIGINT NOT NULL,
  review_on TEXT NOT NULL CHECK (length(review_on) = 10)
);
CREATE INDEX governance_signature_of ON governance_signature (document, at);
-- A change to an agreement that is live: it takes the agreement's place once every party has signed it. Until then the old words hold.
CREATE TABLE agreement_variation (
  id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 36),
  agreement_id TEXT NOT NULL REFERENCES agreement (id),
  classes TEXT NOT NULL,
  purposes TEXT NOT NULL,
  lawful_basis TEXT NOT NULL CHECK (length(lawful_basis) BETWEEN 1 AND 500),
  gateway TEXT NOT NULL CHECK (length(gateway) BETWEEN 1 AND 500),
  conditions TEXT NOT NULL DEFAULT '' CHECK (length(conditions) <= 2000),
  before TEXT NOT NULL DEFAULT '',
  why TEXT NOT NULL CHECK (length(why) BETWEEN 1 AND 4000),
  agency TEXT NOT NULL,
  asked_by TEXT NOT NULL,
  asked_at BIGINT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('open','agreed','dropped')),
  closed_at BIGINT,
  closed_by TEXT NOT NULL DEFAULT '',
  closed_why TEXT NOT NULL DEFAULT '' CHECK (length(closed_why) <= 4000)
);
CREATE INDEX agreement_variation_of ON agreement_variation (agreement_id, asked_at);
CREATE TABLE agreement_variation_signature (
  variation_id TEXT NOT NULL REFERENCES agreement_variation (id),
  agency TEXT NOT NULL,
  signed_by TEXT NOT NULL,
  signed_at BIGINT NOT NULL,
  PRIMARY KEY (variation_id, agency)
);

-- +goose Down
