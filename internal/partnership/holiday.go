package partnership

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
)

// Holiday is one day on which the partnership does not work, as a version of content.
type Holiday struct {
	Day  string // ISO date
	Name string
	Kept bool // false once it was taken out
	Change
}

const holidayColumns = "day, version, name, kept, by_account, at, why"

func scanHoliday(r database.Scanner) (Holiday, error) {
	var h Holiday
	return h, r.Scan(&h.Day, &h.Version, &h.Name, &h.Kept, &h.By, &h.At, &h.Why)
}

// HolidayList lists the bank holidays that are kept, by day.
func (s *Store) HolidayList(ctx context.Context, q database.Queryer) ([]Holiday, error) {
	return database.Collect(ctx, q, scanHoliday, "SELECT "+holidayColumns+" FROM bank_holiday WHERE superseded_at IS NULL AND kept ORDER BY day")
}

// Holidays are the days kept, for counting working days.
func (s *Store) Holidays(ctx context.Context, q database.Queryer) (clock.Holidays, error) {
	list, err := s.HolidayList(ctx, q)
	out := clock.Holidays{}
	for _, h := range list {
		out[h.Day] = true
	}
	return out, err
}

// SaveHoliday puts a day in, names it anew, or takes it out (kept is false).
func (s *Store) SaveHoliday(ctx context.Context, tx *database.Tx, by access.Scope, h Holiday) error {
	h.Name = strings.TrimSpace(h.Name)
	if _, err := time.Parse(clock.ISODate, h.Day); err != nil {
		return fault.New(fault.Invalid, "The day %q cannot be read: expected year-month-day.", h.Day)
	}
	if n := utf8.RuneCountInString(h.Name); n == 0 || n > 100 {
		return fault.New(fault.Invalid, "Name the day, in at most 100 characters.")
	}
	last, had, err := orNone(database.Collect(ctx, tx, scanHoliday, "SELECT "+holidayColumns+" FROM bank_holiday WHERE day = $1 AND superseded_at IS NULL", h.Day))
	if err != nil {
		return err
	}
	if !h.Kept && (!had || !last.Kept) {
		return fault.NoSuch()
	}
	at := clock.Micros(s.clock.Now())
	if err := tx.Exec(ctx, "UPDATE bank_holiday SET superseded_at = $1 WHERE day = $2 AND superseded_at IS NULL", at, h.Day); err != nil {
		return err
	}
	if err := tx.Exec(ctx, "INSERT INTO bank_holiday ("+holidayColumns+") VALUES ($1,$2,$3,$4,$5,$6,$7)", h.Day, last.Version+1, h.Name, h.Kept, by.Account, at, h.Why); err != nil {
		return err
	}
	return s.altered(ctx, tx, by, "bank-holiday", h.Day, map[bool]string{true: "kept: " + h.Name, false: "taken out"}[h.Kept])
}

// holidays are England and Wales's, as gov.uk publishes them (gov.uk/bank-holidays).
var holidays = [][2]string{
	{"2026-01-01", "New Year’s Day"}, {"2026-04-03", "Good Friday"}, {"2026-04-06", "Easter Monday"}, {"2026-05-04", "Early May bank holiday"}, {"2026-05-25", "Spring bank holiday"},
	{"2026-08-31", "Summer bank holiday"}, {"2026-12-25", "Christmas Day"}, {"2026-12-28", "Boxing Day (substitute day)"},
	{"2027-01-01", "New Year’s Day"}, {"2027-03-26", "Good Friday"}, {"2027-03-29", "Easter Monday"}, {"2027-05-03", "Early May bank holiday"}, {"2027-05-31", "Spring bank holiday"},
	{"2027-08-30", "Summer bank holiday"}, {"2027-12-27", "Christmas Day (substitute day)"}, {"2027-12-28", "Boxing Day (substitute day)"},
	{"2028-01-03", "New Year’s Day (substitute day)"}, {"2028-04-14", "Good Friday"}, {"2028-04-17", "Easter Monday"}, {"2028-05-01", "Early May bank holiday"}, {"2028-05-29", "Spring bank holiday"},
	{"2028-08-28", "Summer bank holiday"}, {"2028-12-25", "Christmas Day"}, {"2028-12-26", "Boxing Day"},
}

// seedHolidays writes the days that no row speaks of yet: what an area has named or taken out stays so.
func (s *Store) seedHolidays(ctx context.Context, tx *database.Tx, at int64) (int, error) {
	have, err := database.Collect(ctx, tx, database.Value[string], "SELECT DISTINCT day FROM bank_holiday")
	if err != nil {
		return 0, err
	}
	known := map[string]bool{}
	for _, d := range have {
		known[d] = true
	}
	var rows [][]any
	for _, h := range holidays {
		if !known[h[0]] {
			rows = append(rows, []any{h[0], 1, h[1], true, seededBy, at, seededWhy})
		}
	}
	return len(rows), tx.Insert(ctx, "INSERT INTO bank_holiday ("+holidayColumns+")", 7, rows, "")
}
