package partnership

import (
	"context"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
)

// themes are the working list of themes that practitioners' statements are coded by.
var themes = []struct{ code, name, about string }{
	{"T1", "Groups and who leads", "Which groups there are, what holds them together, who decides in them."},
	{"T2", "Drugs and lines", "What is sold, where, through which lines."},
	{"T3", "Size of the market", "How many people use and buy, and how we know."},
	{"T4", "Recruitment and grooming", "How young people are drawn in, by whom and where."},
	{"T5", "Debt", "Debts, real or staged, and how they are worked off."},
	{"T6", "Girls, and violence against women and girls", "What happens to girls and young women, and who is asked about it."},
	{"T7", "Vulnerable adults and cuckooing", "Adults whose homes or needs are used."},
	{"T8", "Missing", "Who goes missing, from where, and what they say on return."},
	{"T9", "Schools and alternative provision", "Exclusion, part-time timetables, what happens at the gate."},
	{"T10", "Care and placements", "Children's homes, fostering, placements across borders."},
	{"T11", "Housing", "Tenancies, temporary accommodation, moves."},
	{"T12", "Health and mental health", "Injuries, mental health, drug treatment."},
	{"T13", "Transport", "Trains, buses, taxis and hire cars."},
	{"T14", "Online", "Social media, gaming, money moved through accounts."},
	{"T15", "Cross-border", "Links with other areas, in and out."},
	{"T16", "Trafficking and Prevent", "Links with modern slavery and with radicalisation."},
	{"T17", "Information flow", "Who knows what, and who never hears of it."},
	{"T18", "Thresholds and referrals", "What is referred, what comes back and why."},
	{"T19", "What works", "What has helped, for whom."},
	{"T20", "Ask of leaders", "What the front line wants leaders to do."},
}

// seededBy marks what came with the program.
const (
	seededBy  = "system:seed"
	seededWhy = "Came with Lantern."
)

// Seed brings the themes and wordings that the program ships with, where a code is not known yet. What an
// area has changed, retired or withdrawn stays as it is, so Seed may run at every start. It writes content
// about nobody and leaves one audit line when it wrote anything.
func (s *Store) Seed(ctx context.Context, tx *database.Tx, by access.Scope) error {
	have, err := database.Collect(ctx, tx, database.Value[string], "SELECT DISTINCT code FROM theme_version")
	if err != nil {
		return err
	}
	known := map[string]bool{}
	for _, c := range have {
		known[c] = true
	}
	at := clock.Micros(s.clock.Now())
	var rows [][]any
	for i, t := range themes {
		if !known[t.code] {
			rows = append(rows, []any{t.code, 1, i + 1, t.name, t.about, true, seededBy, at, seededWhy})
		}
	}
	if err := tx.Insert(ctx, "INSERT INTO theme_version (code, version, position, name, about, in_use, by_account, at, why)", 9, rows, ""); err != nil {
		return err
	}
	written, err := s.seedDefinitions(ctx, tx, at)
	if err != nil {
		return err
	}
	typed, err := s.seedTyped(ctx, tx, at)
	if err != nil {
		return err
	}
	days, err := s.seedHolidays(ctx, tx, at)
	if err != nil || len(rows)+written+typed+days == 0 {
		return err
	}
	return s.altered(ctx, tx, by, "partnership", "seed", "themes, definitions and bank holidays that came with the program")
}
