-- +goose Up
-- Addresses in partners' records, the rows as partners sent them, the rows that were refused and partners' files, encrypted by package seal with
-- keys outside the database. What stands in the plain columns from before is sealed when the program starts; the indexes say quickly that there is
-- none.
ALTER TABLE record_address ADD COLUMN sealed TEXT NOT NULL DEFAULT '';
CREATE INDEX record_address_plain ON record_address (record_id, n) WHERE place <> '' OR postcode <> '' OR uprn <> '';
CREATE INDEX source_record_plain ON source_record (id) WHERE substr(cells, 1, 1) = '[';
CREATE INDEX load_refusal_plain ON load_refusal (load_id, n) WHERE substr(cells, 1, 1) = '[';
ALTER TABLE stored_file ADD COLUMN sealed BOOLEAN NOT NULL DEFAULT FALSE;

-- +goose Down
