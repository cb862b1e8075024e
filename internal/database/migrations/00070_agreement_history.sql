-- +goose Up
-- What became of an agreement besides its signatures: who drafted it, asked for more time, ended it. About nobody.
CREATE TABLE agreement_event (
  id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 36),
  agreement_id TEXT NOT NULL REFERENCES agreement (id),
  what TEXT NOT NULL CHECK (what IN ('drafted','withdrawn','extension-asked','extension-signed','extended')),
  agency TEXT NOT NULL,
  by_account TEXT NOT NULL,
  why TEXT NOT NULL DEFAULT '' CHECK (length(why) <= 4000),
  at BIGINT NOT NULL
);
CREATE INDEX agreement_event_of ON agreement_event (agreement_id, at);
-- A short extension: it holds once every agency whose records flow has signed it. One an agreement.
CREATE TABLE agreement_extension (
  agreement_id TEXT NOT NULL PRIMARY KEY REFERENCES agreement (id),
  expired_on TEXT NOT NULL CHECK (length(expired_on) = 10),
  until_on TEXT NOT NULL CHECK (length(until_on) = 10),
  why TEXT NOT NULL CHECK (length(why) BETWEEN 1 AND 4000),
  asked_by TEXT NOT NULL,
  asked_at BIGINT NOT NULL,
  agreed_at BIGINT
);
CREATE TABLE agreement_extension_signature (
  agreement_id TEXT NOT NULL REFERENCES agreement_extension (agreement_id),
  agency TEXT NOT NULL,
  signed_by TEXT NOT NULL,
  signed_at BIGINT NOT NULL,
  PRIMARY KEY (agreement_id, agency)
);

-- +goose Down
