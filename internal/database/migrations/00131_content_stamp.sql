-- +goose Up
-- One row that counts the changes of content, so that what is made from content and kept in memory sees at once that it is old.
CREATE TABLE content_stamp (
  id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
  n BIGINT NOT NULL
);
INSERT INTO content_stamp (id, n) VALUES (1, 1);

-- +goose Down
