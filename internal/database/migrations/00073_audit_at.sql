-- +goose Up
-- Who looked in the last weeks: read by act and time.
CREATE INDEX audit_entry_act_at ON audit_entry (act, at);

-- +goose Down
