-- +goose Up
-- What a partner's record says of somebody's ethnicity, as they gave it themselves and as an officer saw it, encrypted by package seal with keys
-- outside the database and bound to the record's id. It is special category data: counted in groups of at least 200 on the page about the quality
-- of linking, read by the agency whose record it is and by the person, and by nothing else. What was loaded before has it in its sealed row alone.
ALTER TABLE source_record ADD COLUMN ethnicity TEXT NOT NULL DEFAULT '' CHECK (length(ethnicity) <= 4000);

-- +goose Down
