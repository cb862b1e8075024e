-- +goose Up
-- Days that are no working days besides Saturdays and Sundays: content that an area keeps. England and Wales to begin with (gov.uk,
-- bank holidays). A day taken out stays as a row, with who and why.
CREATE TABLE bank_holiday (
  day TEXT NOT NULL CHECK (length(day) = 10),
  version BIGINT NOT NULL,
  name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
  kept BOOLEAN NOT NULL,
  by_account TEXT NOT NULL,
  at BIGINT NOT NULL,
  why TEXT NOT NULL DEFAULT '' CHECK (length(why) <= 1000),
  superseded_at BIGINT,
  PRIMARY KEY (day, version)
);
CREATE UNIQUE INDEX bank_holiday_current ON bank_holiday (day) WHERE superseded_at IS NULL;

-- +goose Down
