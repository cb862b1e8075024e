package profile

import (
	"slices"
	"strings"
	"testing"

	"lantern.example/lantern/internal/intake/tabular"
)

func TestSeries(t *testing.T) {
	profile, _, records, issues := readAll(t, invented("series.csv"), Options{AsAt: asAt})
	if profile != Series || len(records) != 3 {
		t.Fatalf("recognised as %s, %d rows taken; expected %s and 3: %v", profile, len(records), Series, issues)
	}
	for i, want := range []struct {
		month  string
		effort float64
		count  int
	}{{"2026-01", 20, 7}, {"2026-02", 22.5, 0}, {"2026-03", 0, 9}} {
		r := records[i].(*SeriesRow)
		effort := 0.0
		if r.Effort != nil {
			effort = *r.Effort
		}
		if r.Month.String() != want.month || effort != want.effort || r.Count != want.count || r.Series != "Screening tools" || r.What != "positive screens" || r.Unit != "screens" || r.SourceKind != "team" {
			t.Errorf("row %d: %+v, effort %v; expected %+v", i+1, r, effort, want)
		}
	}
	var said []string
	for _, i := range issues {
		said = append(said, i.Column+": "+i.Reason)
	}
	for _, want := range []string{"Effort: no effort;", "Effort: effort is nought", "Count: a hidden count", "Count: not a whole number", "Month: no month", "Source: no source"} {
		if !slices.ContainsFunc(said, func(s string) bool { return strings.HasPrefix(s, want) }) {
			t.Errorf("nothing says %q: %q", want, said)
		}
	}
}

// A column's own name says what it counts, where a mapping reads it under another.
func TestSeriesTakesItsWordsFromTheColumns(t *testing.T) {
	p, _ := Find(Series)
	header := []string{"When", "Who", "Tools_completed", "Positive"}
	m := &Mapping{Version: MappingVersion, Profile: Series, Columns: map[string]string{"When": "date", "Who": "source", "Tools_completed": "effort", "Positive": "count"}, Fixed: map[string]string{"series": "Screening"}}
	r, err := p.Reader(header, m, Options{AsAt: asAt})
	if err != nil {
		t.Fatal(err)
	}
	rec, issues := r.Read(tabular.Row{Number: 2, Cells: []string{"2026-01", "North", "1,020", "7"}})
	got, ok := rec.(*SeriesRow)
	if !ok || got.Unit != "tools completed" || got.What != "positive" || got.Series != "Screening" || *got.Effort != 1020 {
		t.Errorf("%+v, %v", got, issues)
	}
}

func TestOnce(t *testing.T) {
	row := func(series, source string) *SeriesRow { return &SeriesRow{Series: series, Source: source} }
	a, reason := Once(row("Knives", "Royal Hospital"))
	if b, _ := Once(row("knives", "royal  hospital")); a == "" || reason == "" || a != b {
		t.Errorf("%q and %q; expected one key whatever the capitals", a, b)
	}
	if b, _ := Once(row("Knives", "Other")); a == b {
		t.Error("two sources have one key")
	}
	for _, r := range []Record{nil, &EventRow{}, &FlowRow{}} {
		if k, _ := Once(r); k != "" {
			t.Errorf("%T may stand only once: %q", r, k)
		}
	}
}

func TestNumberedMonthsAreNoSeries(t *testing.T) {
	header := []string{"month", "source", "effort", "count"}
	for _, tt := range []struct {
		months []string
		fits   bool
	}{{[]string{"1", "2", "3"}, false}, {[]string{"", "12"}, false}, {[]string{"2026-01", "2"}, true}, {[]string{"202601"}, true}, {nil, true}} {
		var sample [][]string
		for _, m := range tt.months {
			sample = append(sample, []string{m, "A", "10", "2"})
		}
		m, err := Best(Recognise(header, sample))
		if (err == nil && m.Profile == Series) != tt.fits {
			t.Errorf("months %q: %v, %v; expected a series: %v", tt.months, m.Profile, err, tt.fits)
		}
	}
}
