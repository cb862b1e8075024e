// Package chart draws charts and small maps as SVG on the server, so that the
// page, the print, the file and the reader without scripts have the same
// picture.
//
// A chart is a value: [Bars], [Lines], [Intervals], [Parts], [Dots], [Spark],
// [FlowMap] or [AreaMap]. [Draw] turns it into SVG and [Chart.Table] into the
// table that stands beside it, both from the same numbers. Every chart must
// have a title and a finding in one sentence; Draw refuses one without.
//
// Drawing is a pure function: the same value gives the same bytes. The SVG has
// no script, no style and no class that it needs, only presentation
// attributes, so it is allowed by a strict content policy and stands alone in
// a file. Nothing is told by hue alone: series differ in dash and marker,
// parts in pattern, classes in lightness, and every value is written out.
//
// Numbers carry their denominator ([Number]); a suppressed number is drawn as
// words and its size is not in the picture.
package chart

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// Chart is one of this package's charts.
type Chart interface {
	// Table gives the numbers the chart draws, in the words it uses.
	Table() Table

	about() About
	check() error
	draw(c *canvas)
}

// About is what every chart says of itself.
type About struct {
	// Title says what is shown: "Referrals by month, 2024 to 2026".
	Title string
	// Finding is what the picture shows, in one sentence.
	Finding string
	// Base is what the figures stand on: how many of how many, when, from whom.
	// It may be empty where each row carries its own.
	Base string
	// Words replaces the few words a chart writes by itself; the zero value is
	// English.
	Words Words
}

// Words are what a chart writes by itself, for translation.
type Words struct {
	Of      string // between a number and its denominator: "of"
	To      string // between the ends of an interval: "to"
	Hidden  string // a suppressed number: "fewer than 5"
	Missing string // a number nobody has: "not known"
	Period  string // the first heading of a table over time: "Period"
	What    string // the first heading of other tables: "What"
	Number  string // a column of plain numbers: "Number"
	Other   string // a column of denominators: "Out of"
	Between string // a column of intervals: "Likely range"
	Class   string // a column of map classes: "Class"
	From    string
	Towards string
	Kind    string // a column saying confirmed or suspected
	Place   string
	Sure    string // "confirmed"
	Unsure  string // "suspected"
	NoData  string // drawn in a chart with no rows
	Runs    string // a flow map's key: which end is which
}

var english = Words{
	Of: "of", To: "to", Hidden: "fewer than 5", Missing: "not known", Period: "Period", What: "What",
	Number: "Number", Other: "Out of", Between: "Likely range", Class: "Class", From: "From", Towards: "To",
	Kind: "Kind", Place: "Place", Sure: "confirmed", Unsure: "suspected", NoData: "There is nothing to draw.",
	Runs: "Each line runs from its wide end to its point.",
}

func (a About) about() About { return a }

// words gives the chart's words, with English wherever it has none.
func (a About) words() Words {
	w := a.Words
	for _, p := range []struct{ to, from *string }{
		{&w.Of, &english.Of}, {&w.To, &english.To}, {&w.Hidden, &english.Hidden}, {&w.Missing, &english.Missing},
		{&w.Period, &english.Period}, {&w.What, &english.What}, {&w.Number, &english.Number}, {&w.Other, &english.Other},
		{&w.Between, &english.Between}, {&w.Class, &english.Class}, {&w.From, &english.From}, {&w.Towards, &english.Towards},
		{&w.Kind, &english.Kind}, {&w.Place, &english.Place}, {&w.Sure, &english.Sure}, {&w.Unsure, &english.Unsure},
		{&w.NoData, &english.NoData}, {&w.Runs, &english.Runs},
	} {
		if *p.to == "" {
			*p.to = *p.from
		}
	}
	return w
}

// Table is a chart's numbers as a table: the twin for whoever cannot or would
// rather not read the picture.
type Table struct {
	Caption string
	Header  []string
	Numeric []bool // one for each heading: right-aligned
	Rows    [][]string
	Note    string // the base
	// Features has, for a map, the id of each row's feature on the live map
	// (data-feature on the row), and is nil for other charts.
	Features []string
}

// Size is how much room a picture has. A page carries a wide and a narrow one
// and shows the one that fits, because text shrunk to fit a phone cannot be
// read.
type Size int

// The sizes.
const (
	Wide    Size = iota // 720 units, for a page or a print
	Narrow              // 345 units, for a phone
	ForFile             // wide, with title, finding and base written above the picture
)

func (s Size) width() float64 {
	if s == Narrow {
		return 345
	}
	return 720
}

var goodID = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9_-]*$`)

// Draw gives the chart as one svg element. The id must be unique on its page
// and begins every id inside the picture; a narrow picture adds "-narrow" to
// it, so that both sizes can stand on one page with one id.
//
// It fails when the title, the finding or the id is missing, or the values do
// not make a chart; the message says which.
func Draw(chart Chart, id string, size Size) (string, error) {
	c, err := begin(chart, id, size)
	if err != nil {
		return "", err
	}
	if size == ForFile {
		c.heading(chart.about())
	}
	chart.draw(c)
	return c.document(chart.about()), nil
}

// DrawKey gives a map's key by itself, to stand beside the live map that hides
// the drawing. Its ids begin with the id and "-key". A map with nothing to
// explain has an empty key.
func DrawKey(m Map, id string, size Size) (string, error) {
	c, err := begin(m, id+"-key", size)
	if err != nil {
		return "", err
	}
	m.key(c)
	if c.body.Len() == 0 {
		return "", nil
	}
	return c.document(m.about()), nil
}

// Map is a [FlowMap] or an [AreaMap].
type Map interface {
	Chart
	key(c *canvas)
	window() Bounds
	ground() Background
}

// AboutOf is what a chart says of itself: its title, finding and base.
func AboutOf(c Chart) About { return c.about() }

// BackgroundOf is the map beneath m, with the window that m is drawn in.
func BackgroundOf(m Map) Background {
	b := m.ground()
	b.Bounds = m.window()
	return b
}

// begin checks a chart and lays out an empty canvas for it.
func begin(chart Chart, id string, size Size) (*canvas, error) {
	about := chart.about()
	switch {
	case strings.TrimSpace(about.Title) == "":
		return nil, errors.New("chart: it has no title")
	case strings.TrimSpace(about.Finding) == "":
		return nil, fmt.Errorf("chart %q: it has no finding: say in one sentence what it shows", about.Title)
	case !goodID.MatchString(id):
		return nil, fmt.Errorf("chart %q: the id %q should be a letter followed by letters, digits, - or _", about.Title, id)
	}
	if err := chart.check(); err != nil {
		return nil, fmt.Errorf("chart %q: %w", about.Title, err)
	}
	if size == Narrow {
		id += "-narrow"
	}
	return &canvas{id: id, width: size.width(), narrow: size == Narrow, words: about.words()}, nil
}
