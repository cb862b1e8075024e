-- +goose Up
-- Where an advocate is reached, and why home is the danger, encrypted by package seal with keys outside the database. The plain columns are
-- emptied (words, which may not be empty, hold 'sealed') when the program starts; nothing is written there any more.
ALTER TABLE rights_case ADD COLUMN reach_sealed TEXT NOT NULL DEFAULT '' CHECK (length(reach_sealed) <= 4000);
ALTER TABLE person_danger ADD COLUMN words_sealed TEXT NOT NULL DEFAULT '' CHECK (length(words_sealed) <= 8000);

-- +goose Down
