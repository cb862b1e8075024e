-- +goose Up
-- A lead's duties, the lead from the other side (police and community safety lead together), and who stands in
-- while they are away. Dates are ISO and inclusive; an account is empty where there is none.
ALTER TABLE theme_lead ADD COLUMN second TEXT NOT NULL DEFAULT '';
ALTER TABLE theme_lead ADD COLUMN duties TEXT NOT NULL DEFAULT '' CHECK (length(duties) <= 4000);
ALTER TABLE theme_lead ADD COLUMN cover TEXT NOT NULL DEFAULT '';
ALTER TABLE theme_lead ADD COLUMN away_from TEXT NOT NULL DEFAULT '';
ALTER TABLE theme_lead ADD COLUMN away_until TEXT NOT NULL DEFAULT '';

-- +goose Down
