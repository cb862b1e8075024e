-- +goose Up
-- One row, made by the first change, that counts the changes of content, so that what is made from content and kept in memory sees at once that it is old.
CREATE TABLE content_stamp (
  id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
  n BIGINT NOT NULL
);

-- +goose Down
