-- +goose Up
-- Who brought a load in, when they did it for another agency: both see it.
ALTER TABLE load ADD COLUMN by_agency TEXT NOT NULL DEFAULT '';

-- Files that have come in and wait until somebody has said what they are. Started, one becomes the load of the same id.
CREATE TABLE upload (
  id TEXT NOT NULL PRIMARY KEY CHECK (length(id) = 36),
  agency TEXT NOT NULL CHECK (length(agency) <= 64),
  by_account TEXT NOT NULL,
  purpose TEXT NOT NULL,
  file_id TEXT NOT NULL,
  file_name TEXT NOT NULL CHECK (length(file_name) <= 255),
  sha256 TEXT NOT NULL,
  size BIGINT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting','started')),
  answers TEXT NOT NULL,
  at BIGINT NOT NULL
);
CREATE INDEX upload_agency ON upload (agency, state, at);

-- +goose Down
