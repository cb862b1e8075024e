package audit

import (
	"cmp"
	"context"
	"slices"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
)

// Reading is how much one account opened of an agency's records: consultations, a line a page.
type Reading struct {
	Account, Agency string
	Total           int
	Busiest         string  // ISO date of the busiest of the last RecentDays days, London's
	Most            int     // pages on it
	Median          float64 // pages on an ordinary day: the median of the earlier days on which it read anything
	Days            int     // how many such days there were
}

// What unusual reading is measured by.
const (
	ReadingDays  = 28 // how far back
	RecentDays   = 7  // of which these are looked at
	UnusualTimes = 3  // times the account's own median
	EnoughDays   = 3  // days of earlier reading without which nothing is said
)

// Unusual reports whether the busiest recent day is more than UnusualTimes the account's own ordinary day. Known is false when the
// account has read on too few earlier days to have one.
func (r Reading) Unusual() (unusual, known bool) {
	if r.Days < EnoughDays {
		return false, false
	}
	return float64(r.Most) > UnusualTimes*r.Median, true
}

// Readings counts, for each account that opened records of the scope's agency in the last ReadingDays days, how much it did; most
// first. now is in UTC microseconds. It is measured against the account's own days, not against other people's.
func Readings(ctx context.Context, q database.Queryer, s access.Scope, now int64) ([]Reading, error) {
	if s.Agency == "" {
		return nil, fault.NoSuch()
	}
	type line struct {
		account, agency string
		at              int64
	}
	day := func(at int64) string { return clock.FromMicros(at).In(clock.London()).Format(clock.ISODate) }
	since := clock.Micros(clock.FromMicros(now).AddDate(0, 0, -ReadingDays))
	lines, err := database.Collect(ctx, q, func(r database.Scanner) (line, error) { var x line; return x, r.Scan(&x.account, &x.agency, &x.at) },
		"SELECT e.account, e.agency, e.at FROM audit_entry e WHERE e.act = $1 AND e.at >= $2 AND ' ' || e.owners || ' ' LIKE $3 ORDER BY e.account, e.at", string(Consultation), since, "% "+s.Agency+" %")
	if err != nil {
		return nil, err
	}
	recent := day(clock.Micros(clock.FromMicros(now).AddDate(0, 0, 1-RecentDays)))
	var out []Reading
	for len(lines) > 0 {
		r := Reading{Account: lines[0].account, Agency: lines[0].agency}
		days := map[string]int{}
		for len(lines) > 0 && lines[0].account == r.Account {
			days[day(lines[0].at)]++
			r.Total++
			lines = lines[1:]
		}
		var before []int
		for d, n := range days {
			switch {
			case d < recent:
				before = append(before, n)
			case n > r.Most || n == r.Most && d > r.Busiest:
				r.Busiest, r.Most = d, n
			}
		}
		if r.Days = len(before); r.Days > 0 {
			slices.Sort(before)
			r.Median = float64(before[(r.Days-1)/2]+before[r.Days/2]) / 2
		}
		out = append(out, r)
	}
	slices.SortStableFunc(out, func(a, b Reading) int { return cmp.Compare(b.Total, a.Total) })
	return out, nil
}

// Receivers lists the agencies, but the owner, whose members were shown a subject's records of that owner, or were handed them. What a
// person reads of their own record is not among it, nor is what came up in a list or a search, where no subject is kept.
func Receivers(ctx context.Context, q database.Queryer, kind, subject, owner string) ([]string, error) {
	return database.Collect(ctx, q, database.Value[string], `SELECT DISTINCT e.agency FROM audit_entry e WHERE e.subject_kind = $1 AND e.subject = $2 AND e.act IN ('consultation','disclosure')
		AND ' ' || e.owners || ' ' LIKE $3 AND e.agency <> '' AND e.agency <> $4 AND e.purpose <> $5 ORDER BY e.agency`, kind, subject, "% "+owner+" %", owner, string(access.OwnRecord))
}
