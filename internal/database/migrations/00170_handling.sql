-- +goose Up
-- How an item may be handled (its 3x5x2 grade) is part of who may read it: every table that a scope reads has the column. These hold nothing
-- that is graded themselves, but for search rows, which follow their record.
ALTER TABLE search_name ADD COLUMN grade TEXT NOT NULL DEFAULT '';
UPDATE search_name SET grade = (SELECT r.grade FROM source_record r WHERE r.id = search_name.record_id) WHERE record_id IN (SELECT id FROM source_record WHERE grade <> '');
ALTER TABLE stored_file ADD COLUMN grade TEXT NOT NULL DEFAULT '';
ALTER TABLE definition ADD COLUMN grade TEXT NOT NULL DEFAULT '';
ALTER TABLE paper ADD COLUMN grade TEXT NOT NULL DEFAULT '';
ALTER TABLE content_item ADD COLUMN grade TEXT NOT NULL DEFAULT '';
ALTER TABLE meeting ADD COLUMN grade TEXT NOT NULL DEFAULT '';
ALTER TABLE question ADD COLUMN grade TEXT NOT NULL DEFAULT '';
ALTER TABLE engagement ADD COLUMN grade TEXT NOT NULL DEFAULT '';
-- A file with a column of grades is, whole, for its owner.
ALTER TABLE load ADD COLUMN graded BOOLEAN NOT NULL DEFAULT FALSE;

-- +goose Down
