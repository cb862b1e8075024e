// Package scale answers "Is it growing, or are we now just looking?".
//
// What it works from is monthly series: what each source counted in each month, beside the effort it spent on looking
// (screenings done, searches made, returns sent). Partners send them as files of the profile series. A later file of the
// same series may carry the same months again: the latest count stands, and the page says how many changed.
//
// Trends runs the method of package analysis/trend on each series and gives its verdict, a sentence, the bounds and what
// they rest on, or the reasons why nothing can be said. What is compared is the first twelve months with the last
// twelve, of the sources that reported in every month, so that a source that joins is no growth. The month that is not
// over is left out.
//
// Small numbers: counts from 1 to 4 are never shown. A series is drawn at the finest grain (months, quarters,
// half-years, years) at which no number is that small, and its counts by source have small ones hidden. A series with so
// few in either of the spans compared is refused. Nothing that leaves this package holds a smaller number.
//
// Series are counts about nobody, held in common by the partnership.
package scale

import (
	"context"
	"path"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/event"
	"lantern.example/lantern/internal/fact"
	"lantern.example/lantern/internal/intake"
	"lantern.example/lantern/internal/intake/profile"
)

// Store keeps monthly series.
type Store struct {
	clock clock.Clock
	ids   *clock.IDs
	seen  cache
	// Cites are the wordings of definitions that can be opened, "county-lines v2"; nil when none are kept. A series that
	// names another cites none.
	Cites func(ctx context.Context, q database.Queryer) ([]string, error)
}

// NewStore returns the series.
func NewStore(c clock.Clock, ids *clock.IDs) *Store { return &Store{clock: c, ids: ids} }

// Take keeps the rows of series; it is a sink of package intake. Where the file does not name the series its sheet does,
// when it has several, or else the file's own name. They have no places, so none is counted as unlocated.
func (s *Store) Take(ctx context.Context, tx *database.Tx, l *intake.Load, rows []intake.Taken) (intake.Placing, error) {
	var out [][]any
	for _, t := range rows {
		row, ok := t.Record.(*profile.SeriesRow)
		if !ok {
			continue
		}
		title := row.Series
		if title == "" && len(l.Headers) > 1 {
			title = t.Row.Sheet
		}
		if title == "" {
			title = titleOf(l.FileName)
		}
		class := access.Partnership
		if l.Basis == intake.OpenBasis {
			class = access.Open
		}
		f := fact.Fact{ID: s.ids.New(), Owner: l.Agency, Class: string(class), LoadID: l.ID, SourceRef: event.Ref(t), DefinitionVersion: row.Definition, LearntAt: clock.Micros(s.clock.Now()), True: row.Month.When(), Ver: 1}
		f.RetentionClass, f.ReviewOn = fact.Retention(f.Class, s.clock.Now())
		out = append(out, append(f.Args(), cut(title), cut(row.What), cut(row.Unit), cut(row.Source), cut(row.SourceKind), row.Month.String(), row.Effort, row.Count))
	}
	return intake.Placing{}, tx.Insert(ctx, "INSERT INTO series_count ("+fact.Columns("")+", series, what, unit, source, source_kind, month, effort, counted)", fact.N+8, out, "")
}

// Purge removes the rows of a load that was undone; it is a sink of package intake.
func (s *Store) Purge(ctx context.Context, tx *database.Tx, loadID string, limit int) (int64, error) {
	return tx.ExecCount(ctx, "DELETE FROM series_count WHERE id IN (SELECT id FROM series_count WHERE load_id = $1 LIMIT $2)", loadID, limit)
}

// maxText is how many characters of a title or name are kept.
const maxText = 200

func cut(text string) string {
	if utf8.RuneCountInString(text) <= maxText {
		return text
	}
	return strings.TrimSpace(string([]rune(text)[:maxText]))
}

// endings are what a file's name ends with that is not part of what it counts: how often, when, which version.
var endings = regexp.MustCompile(`(?i)\s+(monthly|by month|months?|series|counts?|final|v\d+|\d{2,8}|to|-)$`)

// titleOf makes a title of a file's name: "knife_injuries_monthly.csv" counts "Knife injuries".
func titleOf(file string) string {
	name := path.Base(strings.ReplaceAll(file, `\`, "/"))
	if dot := strings.IndexByte(name, '.'); dot > 0 {
		name = name[:dot]
	}
	name = strings.Join(strings.FieldsFunc(name, func(r rune) bool { return r == '_' || r == '-' || unicode.IsSpace(r) }), " ")
	for {
		shorter := endings.ReplaceAllString(name, "")
		if shorter == name {
			break
		}
		name = shorter
	}
	if name == "" || name == "." {
		return "Series"
	}
	return Capital(name)
}

// Capital begins a text with a capital.
func Capital(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	if n == 0 {
		return s
	}
	return string(unicode.ToUpper(r)) + s[n:]
}

// lower writes a title as it stands within a sentence; a word all of capitals stays.
func lower(s string) string {
	first, _, _ := strings.Cut(s, " ")
	if first == strings.ToUpper(first) && utf8.RuneCountInString(first) > 1 {
		return s
	}
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToLower(r)) + s[n:]
}
