package line

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/cases"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fact"
	"lantern.example/lantern/internal/fault"
)

// State is whether a line is working.
type State string

// The states.
const (
	Open   State = "open"
	Closed State = "closed"
)

// Closure is how a line was closed. Police count the first two as type 1 and type 2.
type Closure string

// The ways a line closes.
const (
	Charged     Closure = "charged"     // type 1: whoever held it was charged
	Deactivated Closure = "deactivated" // type 2: its number was taken off the network
	Dormant     Closure = "dormant"     // nothing seen of it for three months
	Otherwise   Closure = "other"
)

// Closures lists them with their words.
var Closures = []ClosureWords{
	{Charged, "Line holder charged (type 1)"},
	{Deactivated, "Number deactivated (type 2)"},
	{Dormant, "Nothing seen of it for three months"},
	{Otherwise, "Another way"},
}

// ClosureWords is a way of closing and what it is called.
type ClosureWords struct {
	Closure Closure
	Words   string
}

// Words is what a closure is called.
func (c Closure) Words() string {
	for _, x := range Closures {
		if x.Closure == c {
			return x.Words
		}
	}
	return string(c)
}

// Line is one county line: a brand, not the people behind it or used by it.
type Line struct {
	fact.Fact
	Brand     string
	Origin    string // area it comes from, as named
	Impacted  string // force or district it reaches, as named
	Base      string // street or area it is worked from; no house number
	FirstSeen string // ISO date
	LastSeen  string
	State     State
	Closure   Closure
	ClosedOn  string
	Notes     string
	// Return is the newer brand that began at the same base after this one closed, if the reader may see it.
	Return *Return
	// Follows is the older, closed brand whose base this one uses.
	Follows *Return
}

// Return says that a base was used again after a line closed.
type Return struct {
	ID, Brand string
	Days      int // from closure to the newer brand's first being seen
}

// ReturnDays is how long after a closure another brand at the same base counts as the line coming back.
const ReturnDays = 180

// NewLine is what is needed to record a line.
type NewLine struct {
	Brand, Origin, Impacted, Base, FirstSeen, LastSeen, Notes string
	// Class is Partnership, for every member, or Intelligence, for the writer's agency and those it shares that with.
	Class access.Class
	// Grade is the 3x5x2 grade of a line that is intelligence: without one, or with a condition, no agreement carries it.
	Grade string
}

// Ending is how, when and why a line is said to be closed.
type Ending struct {
	Closure Closure
	On      string // ISO date
	Why     string
}

// Change is one version of a line: what was done, by whom, and the line as it stood before.
type Change struct {
	Ver    int64
	What   string // "added", "closed", "reopened", "graded"
	Words  string
	ByName string
	At     int64
}

func fold(s string) string { return strings.Join(strings.Fields(cases.Fold().String(s)), " ") }

func checkText(what, s string, required bool, most int) error {
	switch {
	case required && strings.TrimSpace(s) == "":
		return fault.New(fault.Invalid, "%s is missing.", what)
	case utf8.RuneCountInString(s) > most:
		return fault.New(fault.Invalid, "%s is longer than %d characters.", what, most)
	}
	return nil
}

func (s *Store) day(what, v string) (time.Time, error) {
	d, err := time.Parse(clock.ISODate, v)
	if err != nil {
		return d, fault.New(fault.Invalid, "%s %q cannot be read: expected year-month-day.", what, v)
	}
	if d.After(clock.Today(s.clock)) {
		return d, fault.New(fault.Invalid, "%s is in the future.", what)
	}
	return d, nil
}

func (s *Store) check(in NewLine) error {
	for _, f := range []struct {
		what, text string
		required   bool
		most       int
	}{{"The brand", in.Brand, true, 100}, {"Where it comes from", in.Origin, true, 200}, {"Whom it reaches", in.Impacted, true, 200}, {"The base", in.Base, false, 200}, {"The note", in.Notes, false, 4000}} {
		if err := checkText(f.what, f.text, f.required, f.most); err != nil {
			return err
		}
	}
	first, err := s.day("The day it was first seen", in.FirstSeen)
	if err != nil {
		return err
	}
	last, err := s.day("The day it was last seen", in.LastSeen)
	if err != nil {
		return err
	}
	if last.Before(first) {
		return fault.New(fault.Invalid, "The line was last seen before it was first seen.")
	}
	if in.Class != access.Partnership && in.Class != access.Intelligence {
		return fault.New(fault.Invalid, "A line is the partnership's or intelligence, not %q.", in.Class)
	}
	if in.Class == access.Partnership && in.Grade != "" {
		return fault.New(fault.Invalid, "What has a grade is intelligence: it is not for every member.")
	}
	return nil
}

// grade reads a 3x5x2 grade as somebody types it, "" when they have none.
func grade(text string) (string, error) {
	g, err := fact.ParseGrade(strings.ToUpper(strings.TrimSpace(text)))
	if err != nil {
		return "", fault.New(fault.Invalid, "%q is no 3x5x2 grade: write source, information and handling, such as 2B-P, or 1A-C/A2/S2 with conditions.", text)
	}
	return g.String(), nil
}

// Regrade gives a line that is intelligence its grade, or another one. "" takes the grade away.
func (s *Store) Regrade(ctx context.Context, tx *database.Tx, by access.Scope, id string, ver int64, text, why string) (Line, error) {
	g, err := grade(text)
	if err != nil {
		return Line{}, err
	}
	if err := checkText("The reason", why, true, 2000); err != nil {
		return Line{}, err
	}
	return s.alter(ctx, tx, by, id, ver, "graded", why, func(l *Line) error {
		if access.Class(l.Class) != access.Intelligence {
			return fault.New(fault.Refused, "Every member reads this line: it is not intelligence, and has no grade.")
		}
		l.Grade = g
		return nil
	})
}

// Add records a line, owned by the writer's agency.
func (s *Store) Add(ctx context.Context, tx *database.Tx, by access.Scope, in NewLine) (Line, error) {
	if in.Class == "" {
		in.Class = access.Partnership
	}
	if in.LastSeen == "" {
		in.LastSeen = in.FirstSeen
	}
	if err := s.check(in); err != nil {
		return Line{}, err
	}
	g, err := grade(in.Grade)
	if err != nil {
		return Line{}, err
	}
	if by.Agency == "" || slices.Contains(by.Closed, in.Class) {
		return Line{}, fault.New(fault.Refused, "Your role does not write records of that kind.")
	}
	l := Line{Brand: strings.TrimSpace(in.Brand), Origin: strings.TrimSpace(in.Origin), Impacted: strings.TrimSpace(in.Impacted), Base: strings.TrimSpace(in.Base), FirstSeen: in.FirstSeen, LastSeen: in.LastSeen,
		State: Open, Notes: strings.TrimSpace(in.Notes)}
	now := s.clock.Now()
	l.Fact = fact.Fact{ID: s.ids.New(), Owner: by.Agency, Class: string(in.Class), By: by.Account, LearntAt: clock.Micros(now), Grade: g, Ver: 1}
	l.RetentionClass, l.ReviewOn = fact.Retention(l.Class, now)
	args := append(l.Args(), l.Brand, l.Origin, l.Impacted, l.Base, fold(l.Base), l.FirstSeen, l.LastSeen, string(l.State), "", "", l.Notes)
	if err := tx.Exec(ctx, "INSERT INTO county_line ("+fact.Columns("")+", brand, origin, impacted, base, base_folded, first_seen, last_seen, state, closure, closed_on, notes) VALUES "+database.In(1, len(args)), args...); err != nil {
		return Line{}, err
	}
	return l, s.changed(ctx, tx, by, l, Line{}, "added", "", audit.Collection)
}

func (s *Store) changed(ctx context.Context, tx *database.Tx, by access.Scope, l, was Line, what, words string, act audit.Act) error {
	before, err := json.Marshal(map[string]string{"state": string(was.State), "closure": string(was.Closure), "closed_on": was.ClosedOn, "last_seen": was.LastSeen, "grade": was.Grade})
	if err != nil {
		return err
	}
	err = tx.Exec(ctx, "INSERT INTO county_line_change (line_id, ver, what, words, was, by_account, by_name, at) VALUES ($1,$2,$3,$4,$5,$6,$7,$8)",
		l.ID, l.Ver, what, words, string(before), by.Account, by.Name, clock.Micros(s.clock.Now()))
	if err != nil {
		return err
	}
	return s.log.Record(ctx, tx, by, audit.Line{Act: act, SubjectKind: "line", Subject: l.ID, Owners: []string{l.Owner}, Words: what})
}

// Close says that a line is closed. Only its own agency may; ver is the version that was read, and a newer one is a
// fault.Conflict.
func (s *Store) Close(ctx context.Context, tx *database.Tx, by access.Scope, id string, ver int64, in Ending) (Line, error) {
	on, err := s.day("The day it closed", in.On)
	if err != nil {
		return Line{}, err
	}
	if !slices.ContainsFunc(Closures, func(c ClosureWords) bool { return c.Closure == in.Closure }) {
		return Line{}, fault.New(fault.Invalid, "Say how the line was closed.")
	}
	if err := checkText("The reason", in.Why, true, 2000); err != nil {
		return Line{}, err
	}
	return s.alter(ctx, tx, by, id, ver, "closed", in.Why, func(l *Line) error {
		if l.State == Closed {
			return fault.New(fault.Conflict, "The line is closed already.")
		}
		if in.On < l.FirstSeen {
			return fault.New(fault.Invalid, "The line closed before it was first seen, on %s.", l.FirstSeen)
		}
		l.State, l.Closure, l.ClosedOn, l.LastSeen = Closed, in.Closure, on.Format(clock.ISODate), min(l.LastSeen, in.On)
		return nil
	})
}

// Reopen says that a closed line works again under its own brand.
func (s *Store) Reopen(ctx context.Context, tx *database.Tx, by access.Scope, id string, ver int64, seen, why string) (Line, error) {
	if _, err := s.day("The day it was seen again", seen); err != nil {
		return Line{}, err
	}
	if err := checkText("The reason", why, true, 2000); err != nil {
		return Line{}, err
	}
	return s.alter(ctx, tx, by, id, ver, "reopened", why, func(l *Line) error {
		if l.State != Closed {
			return fault.New(fault.Conflict, "The line is open already.")
		}
		if seen < l.ClosedOn {
			return fault.New(fault.Invalid, "The line was seen again before it closed, on %s.", l.ClosedOn)
		}
		l.State, l.Closure, l.ClosedOn, l.LastSeen = Open, "", "", seen
		return nil
	})
}

func (s *Store) alter(ctx context.Context, tx *database.Tx, by access.Scope, id string, ver int64, what, why string, change func(*Line) error) (Line, error) {
	l, err := s.Get(ctx, tx, by, id)
	if err != nil {
		return l, err
	}
	if l.Owner != by.Agency {
		return l, fault.New(fault.Refused, "Only the agency whose record it is can change the line.")
	}
	if l.Ver != ver {
		return l, fault.New(fault.Conflict, "Somebody changed the line while you had it open. Read it again and make your change anew.")
	}
	was := l
	if err := change(&l); err != nil {
		return l, err
	}
	l.Ver++
	n, err := tx.ExecCount(ctx, "UPDATE county_line SET state = $1, closure = $2, closed_on = $3, last_seen = $4, grade = $5, ver = $6 WHERE id = $7 AND ver = $8",
		string(l.State), string(l.Closure), l.ClosedOn, l.LastSeen, l.Grade, l.Ver, l.ID, ver)
	if err != nil {
		return l, err
	}
	if n == 0 {
		return l, fault.New(fault.Conflict, "Somebody changed the line while you had it open. Read it again and make your change anew.")
	}
	return l, s.changed(ctx, tx, by, l, was, what, strings.TrimSpace(why), audit.Alteration)
}

const lineColumns = ", brand, origin, impacted, base, first_seen, last_seen, state, closure, closed_on, notes"

func scanLine(r database.Scanner) (Line, error) {
	var l Line
	return l, r.Scan(append(l.Dest(), &l.Brand, &l.Origin, &l.Impacted, &l.Base, &l.FirstSeen, &l.LastSeen, (*string)(&l.State), (*string)(&l.Closure), &l.ClosedOn, &l.Notes)...)
}

// Lines lists the lines that the scope may read, the latest seen first, and how each relates to the others at its
// base. There are tens of them in a partnership, so the list is whole.
func (s *Store) Lines(ctx context.Context, q database.Queryer, scope access.Scope) ([]Line, error) {
	cond, args := scope.Where("l", 1)
	list, err := database.Collect(ctx, q, scanLine, "SELECT "+fact.Columns("l")+strings.ReplaceAll(lineColumns, ", ", ", l.")+
		" FROM county_line l WHERE l.superseded_at IS NULL AND "+cond+" ORDER BY l.last_seen DESC, l.id DESC", args...)
	if err != nil {
		return nil, err
	}
	for i := range list {
		for j := range list {
			if days, ok := followed(list[i], list[j]); ok {
				if old := list[i].Return; old == nil || days < old.Days {
					list[i].Return = &Return{list[j].ID, list[j].Brand, days}
				}
				if old := list[j].Follows; old == nil || days < old.Days {
					list[j].Follows = &Return{list[i].ID, list[i].Brand, days}
				}
			}
		}
	}
	return list, nil
}

// followed reports whether a brand began at the base of another within ReturnDays of that one's closing, and after
// how many days.
func followed(old, newer Line) (days int, ok bool) {
	if old.State != Closed || old.ID == newer.ID || old.Base == "" || fold(old.Base) != fold(newer.Base) {
		return 0, false
	}
	closed, err := time.Parse(clock.ISODate, old.ClosedOn)
	if err != nil {
		return 0, false
	}
	began, err := time.Parse(clock.ISODate, newer.FirstSeen)
	if err != nil {
		return 0, false
	}
	days = int(began.Sub(closed).Hours() / 24)
	return days, days >= 0 && days <= ReturnDays
}

// Get is one line; fault.NoSuch when there is none that the scope may read.
func (s *Store) Get(ctx context.Context, q database.Queryer, scope access.Scope, id string) (Line, error) {
	list, err := s.Lines(ctx, q, scope)
	if err != nil {
		return Line{}, err
	}
	for _, l := range list {
		if l.ID == id {
			return l, nil
		}
	}
	return Line{}, fault.NoSuch()
}

// History is what was done to a line, the first thing first.
func (s *Store) History(ctx context.Context, q database.Queryer, scope access.Scope, id string) ([]Change, error) {
	if _, err := s.Get(ctx, q, scope, id); err != nil {
		return nil, err
	}
	return database.Collect(ctx, q, func(r database.Scanner) (Change, error) {
		var c Change
		return c, r.Scan(&c.Ver, &c.What, &c.Words, &c.ByName, &c.At)
	}, "SELECT ver, what, words, by_name, at FROM county_line_change WHERE line_id = $1 ORDER BY ver", id)
}

// Finding says in a sentence how the lines stand, and which came back: "The SUNNY line closed in March 2026; a new
// brand used the same base 9 days later." It is empty when there are no lines.
func Finding(list []Line) string {
	if len(list) == 0 {
		return ""
	}
	open := 0
	var back []Line
	for _, l := range list {
		if l.State == Open {
			open++
		}
		if l.Return != nil {
			back = append(back, l)
		}
	}
	if len(back) == 0 {
		return fmt.Sprintf("%d of %d %s known %s open.", open, len(list), plural(len(list), "line", "lines"), plural(open, "is", "are"))
	}
	slices.SortStableFunc(back, func(a, b Line) int { return cmp.Compare(b.ClosedOn, a.ClosedOn) })
	l := back[0]
	closed, err := time.Parse(clock.ISODate, l.ClosedOn)
	if err != nil {
		return ""
	}
	return fmt.Sprintf("The %s line closed in %s; a new brand used the same base %s.", l.Brand, closed.Format("January 2006"), after(l.Return.Days))
}

func after(days int) string {
	switch days {
	case 0:
		return "the same day"
	case 1:
		return "the next day"
	}
	words := []string{2: "two", 3: "three", 4: "four", 5: "five", 6: "six", 7: "seven", 8: "eight", 9: "nine", 10: "ten"}
	if days < len(words) {
		return words[days] + " days later"
	}
	return fmt.Sprintf("%d days later", days)
}
