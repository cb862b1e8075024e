// Package fact is what every recorded fact carries, whatever it is about: who owns it and how far it
// may go, where it came from, when it was true, when we learnt it, how it is graded, which wording of
// a definition it used, and when it must go.
//
// Each domain table has these columns under these names, so that access rules, corrections, undo and
// retention work the same everywhere. Columns and Args keep their order in one place.
package fact

import (
	"fmt"
	"strings"
	"time"
)

// Precision says how exactly a time is known. A month stays a month and an age an age: precision is
// never invented by storing a first of January.
type Precision string

// The precisions.
const (
	Unknown Precision = ""
	Instant Precision = "instant"
	Day     Precision = "day"
	Month   Precision = "month"
	Year    Precision = "year"
	Age     Precision = "age" // only an age in years was given, at LearntAt
)

// When is the span in which something was true: From inclusive and To exclusive, in UTC microseconds,
// as wide as the precision is coarse. Nil means not known.
type When struct {
	From, To  *int64
	Precision Precision
}

// On is the whole of day d.
func On(d time.Time) When { return span(d, d.AddDate(0, 0, 1), Day) }

// InMonth is the whole of the month that d is in.
func InMonth(d time.Time) When {
	first := time.Date(d.Year(), d.Month(), 1, 0, 0, 0, 0, time.UTC)
	return span(first, first.AddDate(0, 1, 0), Month)
}

// InYear is the whole of year y.
func InYear(y int) When {
	first := time.Date(y, 1, 1, 0, 0, 0, 0, time.UTC)
	return span(first, first.AddDate(1, 0, 0), Year)
}

// AtInstant is the moment t.
func AtInstant(t time.Time) When { return span(t, t, Instant) }

func span(a, b time.Time, p Precision) When {
	from, to := a.UnixMicro(), b.UnixMicro()
	return When{From: &from, To: &to, Precision: p}
}

// Known reports whether anything is known of the time.
func (w When) Known() bool { return w.From != nil }

// Start is the beginning of the span, zero when unknown.
func (w When) Start() time.Time {
	if w.From == nil {
		return time.Time{}
	}
	return time.UnixMicro(*w.From).UTC()
}

// String is the time as exactly as it is known: 4 March 2026, March 2026, 2026.
func (w When) String() string {
	if w.From == nil {
		return "date not known"
	}
	switch t := w.Start(); w.Precision {
	case Instant:
		return t.Format("2 January 2006 15:04")
	case Month:
		return t.Format("January 2006")
	case Year:
		return t.Format("2006")
	default:
		return t.Format("2 January 2006")
	}
}

// Fact is the part every fact has in common.
type Fact struct {
	ID         string
	Owner      string // code of the agency whose fact it is
	Class      string // data class; see package access
	Restricted bool
	Area       string // code of the area it belongs to, "" when none
	LoadID     string // the load that brought it, "" when typed in
	SourceRef  string // file and row, when loaded
	By         string // account id, when typed in
	True       When
	LearntAt   int64 // UTC microseconds
	// SupersededBy and SupersededAt are set when a correction takes this fact's place.
	SupersededBy      string
	SupersededAt      *int64
	Grade             string // 3x5x2, e.g. 2B-P; "" when not graded
	DefinitionVersion string
	RetentionClass    string
	ReviewOn          string // ISO date
	Ver               int64
}

var names = []string{
	"id", "owner", "class", "restricted", "area", "load_id", "source_ref", "by_account",
	"true_from", "true_to", "true_precision", "learnt_at", "superseded_by", "superseded_at",
	"grade", "definition_version", "retention_class", "review_on", "ver",
}

// N is how many columns a fact has.
const N = 19

// Columns lists the fact's columns for a SELECT or INSERT, each behind alias and a dot when alias is
// not empty.
func Columns(alias string) string {
	if alias == "" {
		return strings.Join(names, ", ")
	}
	return alias + "." + strings.Join(names, ", "+alias+".")
}

// Placeholders is $from, $from+1, … for the fact's columns.
func Placeholders(from int) string {
	var b strings.Builder
	for i := range names {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "$%d", from+i)
	}
	return b.String()
}

// Args are the fact's values in the order of Columns, for an INSERT.
func (f *Fact) Args() []any {
	return []any{
		f.ID, f.Owner, f.Class, f.Restricted, f.Area, f.LoadID, f.SourceRef, f.By,
		f.True.From, f.True.To, string(f.True.Precision), f.LearntAt, f.SupersededBy, f.SupersededAt,
		f.Grade, f.DefinitionVersion, f.RetentionClass, f.ReviewOn, f.Ver,
	}
}

// Dest are pointers to the fact's fields in the order of Columns, for a Scan.
func (f *Fact) Dest() []any {
	return []any{
		&f.ID, &f.Owner, &f.Class, &f.Restricted, &f.Area, &f.LoadID, &f.SourceRef, &f.By,
		&f.True.From, &f.True.To, (*string)(&f.True.Precision), &f.LearntAt, &f.SupersededBy, &f.SupersededAt,
		&f.Grade, &f.DefinitionVersion, &f.RetentionClass, &f.ReviewOn, &f.Ver,
	}
}
