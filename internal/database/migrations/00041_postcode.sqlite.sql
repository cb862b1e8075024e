-- +goose Up
CREATE TABLE postcode (
  release BIGINT NOT NULL,
  postcode TEXT NOT NULL,
  lon BIGINT,
  lat BIGINT,
  quality BIGINT NOT NULL,
  terminated BIGINT NOT NULL,
  large_user BOOLEAN NOT NULL,
  small_area BIGINT NOT NULL,
  district BIGINT NOT NULL,
  force BIGINT NOT NULL,
  PRIMARY KEY (release, postcode)
) WITHOUT ROWID;

-- +goose Down
