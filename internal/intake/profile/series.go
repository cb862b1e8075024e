package profile

import (
	"regexp"
	"strings"
	"time"

	"lantern.example/lantern/internal/fact"
)

// seriesProfile needs a month, a source, an effort and a count: a list of counts without a column for effort is no series,
// because nobody could tell growth from looking in it.
func seriesProfile() Profile {
	return Profile{
		Name: Series, Title: "Monthly counts beside the effort that went into looking, by source", tier: tierField,
		How: "columns for month (with its year), source, effort and count; series, what, unit and source kind say what they are counts of, and definition by which wording, as CODE vN",
		uses: []use{
			{field: fDate, names: "month yearmonth monthof monthstarting monthending monthcommencing period"},
			{field: fSource, names: "source sourcename reporter reportingsite site"},
			{field: fEffort, names: "effort denominator lookingeffort effortspent"},
			{field: fCounted, names: "count counted counts number numberfound found"},
			{field: fSeries, names: "series seriesname seriestitle indicator measure"},
			{field: fWhat, names: "what whatiscounted countof countname"},
			{field: fUnit, names: "unit effortunit effortname effortof effortis"},
			{field: fDefinition, names: "definition definitionversion wording"},
			{field: fSourceKind, names: "sourcekind sourcetype kindofsource sourceis"},
		},
		needs: []need{
			{"the month", []field{fDate}}, {"the source", []field{fSource}}, {"the effort", []field{fEffort}}, {"the count", []field{fCounted}},
		},
		sign: func(a *assignment, sample [][]string) bool { return !numbered(sample, a.column(fDate)) },
		read: (*cursor).series,
	}
}

// numbered reports whether a column holds months counted from the first, 1, 2, 3: of which year nobody can say.
func numbered(sample [][]string, column int) bool {
	seen := false
	for _, row := range sample {
		if column < 0 || column >= len(row) || clean(row[column]) == "" {
			continue
		}
		if v := clean(row[column]); !isDigits(v) || len(v) > 3 {
			return false
		}
		seen = true
	}
	return seen
}

// maxEffort and minEffort are what the method takes; no partner looks harder.
const (
	minEffort = 1e-9
	maxEffort = 1e12
)

// series reads what one source counted in one month.
func (c *cursor) series() Record {
	s := &SeriesRow{Series: squash(c.text(fSeries)), What: c.called(fWhat, fCounted), Unit: c.called(fUnit, fEffort), Source: squash(c.text(fSource)), SourceKind: squash(c.text(fSourceKind))}
	if s.Source == "" {
		c.refuse(fSource, "", "no source; expected who counted: a team, a school, a hospital")
	}
	s.Month = c.month(fDate)
	s.Definition = c.wording()
	v := c.text(fCounted)
	n, err := parseCount(v)
	switch {
	case err != nil:
		c.refuse(fCounted, v, err.Error()+"; expected a whole number of 0 or more")
	case n.Suppressed:
		c.refuse(fCounted, v, "a hidden count; a trend needs every month's: ask for counts over longer spans, or for the counts themselves under an agreement")
	case !n.Known:
		c.refuse(fCounted, v, "no count; expected a whole number, 0 when nothing was found")
	}
	s.Count = n.N
	v = c.text(fEffort)
	if v == "" {
		c.warn(fEffort, "", "no effort; the count is kept, but growth cannot be told from looking in it")
		return s
	}
	e, err := parseNumber(v)
	switch {
	case err != nil:
		c.refuse(fEffort, v, "not a number; expected how many searches, screenings or hours went into looking")
	case e == 0:
		c.refuse(fEffort, v, "effort is nought; leave the row out when nobody looked that month, or the cell empty when effort is not known")
	case e < minEffort || e > maxEffort:
		c.refuse(fEffort, v, "effort is out of bounds; expected a number above 0")
	}
	s.Effort = &e
	return s
}

var wording = regexp.MustCompile(`^([a-z0-9][a-z0-9.-]{0,63}) v([1-9][0-9]{0,8})$`)

// wording reads the wording that a source counted by. Which version it was cannot be guessed.
func (c *cursor) wording() string {
	v := c.text(fDefinition)
	if v == "" {
		return ""
	}
	cite := strings.ToLower(squash(v))
	if !wording.MatchString(cite) {
		c.warn(fDefinition, v, "no wording with its version; expected a code of the register and its version, such as county-lines v2; the count is kept, and no definition is cited for it")
		return ""
	}
	return cite
}

// month reads a month, or the month that a day lies in.
func (c *cursor) month(f field) Date {
	d := c.need(f, fNone, "a month, for example 2024-01")
	switch {
	case c.refused || !d.Known():
	case d.Precision == fact.Year || d.Precision == fact.Age:
		c.refuse(f, c.text(f), "no month; expected a month and year, for example 2024-01")
	}
	return Date{Value: time.Date(d.Value.Year(), d.Value.Month(), 1, 0, 0, 0, 0, time.UTC), Precision: fact.Month}
}

// called is what a column holds in the words of its field words or, when there are none, in its own name, where that
// says more than the format's: a mapping may take "Screenings done" for effort.
func (c *cursor) called(words, number field) string {
	if v := c.text(words); v != "" {
		return squash(v)
	}
	name := c.column(number)
	if r, _, ok := c.r.profile.lookup(headerKey(name)); ok && r.field == number {
		return ""
	}
	return strings.ToLower(squash(strings.ReplaceAll(name, "_", " ")))
}
