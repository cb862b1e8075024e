package partnership

import (
	"context"
	"strings"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
)

// Holiday is a bank holiday: on it nobody is expected to work, and a last day that falls on it moves on.
type Holiday struct {
	ID, Day, Name string // Day is an ISO date
	By            string
	At            int64
}

// Holidays lists the bank holidays from a day on, soonest first.
func (s *Store) Holidays(ctx context.Context, q database.Queryer, from string) ([]Holiday, error) {
	return database.Collect(ctx, q, func(r database.Scanner) (Holiday, error) {
		var h Holiday
		return h, r.Scan(&h.ID, &h.Day, &h.Name, &h.By, &h.At)
	}, "SELECT id, day, name, by_account, at FROM bank_holiday WHERE struck_at IS NULL AND day >= $1 ORDER BY day", from)
}

// AddHoliday adds a bank holiday: one for a coronation is announced months ahead.
func (s *Store) AddHoliday(ctx context.Context, tx *database.Tx, by access.Scope, day, name string) error {
	if _, err := time.Parse(clock.ISODate, day); err != nil {
		return fault.New(fault.Invalid, "The day %q cannot be read: expected year-month-day.", day)
	}
	if name = strings.TrimSpace(name); name == "" || len([]rune(name)) > 100 {
		return fault.New(fault.Invalid, "Say what the holiday is called, in at most 100 characters.")
	}
	id := s.ids.New()
	err := tx.Exec(ctx, "INSERT INTO bank_holiday (id, day, name, by_account, at) VALUES ($1,$2,$3,$4,$5)", id, day, name, by.Account, clock.Micros(s.clock.Now()))
	if database.IsUnique(err) {
		return fault.New(fault.Conflict, "That day is a bank holiday already.")
	}
	if err != nil {
		return err
	}
	return s.altered(ctx, tx, by, "bank-holiday", id, "added: "+day)
}

// StrikeHoliday takes a bank holiday away; that it stood there is kept.
func (s *Store) StrikeHoliday(ctx context.Context, tx *database.Tx, by access.Scope, id string) error {
	n, err := tx.ExecCount(ctx, "UPDATE bank_holiday SET struck_by = $1, struck_at = $2 WHERE id = $3 AND struck_at IS NULL", by.Account, clock.Micros(s.clock.Now()), id)
	if err != nil {
		return err
	}
	if n == 0 {
		return fault.NoSuch()
	}
	return s.altered(ctx, tx, by, "bank-holiday", id, "struck")
}

// NextWorkingDay is the day itself, or the next after it that is neither on a weekend nor a bank holiday.
func NextWorkingDay(day time.Time, holidays []Holiday) time.Time {
	for {
		if wd := day.Weekday(); wd != time.Saturday && wd != time.Sunday && !holidayOn(day.Format(clock.ISODate), holidays) {
			return day
		}
		day = day.AddDate(0, 0, 1)
	}
}

func holidayOn(day string, holidays []Holiday) bool {
	for _, h := range holidays {
		if h.Day == day {
			return true
		}
	}
	return false
}
