package partnership_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/content"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/database/databasetest"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/partnership"
)

func reading(from, until string, n int, more ...func(*partnership.Reading)) partnership.Reading {
	r := partnership.Reading{Measure: "m", From: from, Until: until, N: n, Quality: partnership.Exact, Unit: "injuries", Counter: "the hospital", Source: "returns", Definition: "serious-violence v1"}
	for _, f := range more {
		f(&r)
	}
	return r
}

func of(n int) func(*partnership.Reading) { return func(r *partnership.Reading) { r.Of = &n } }

func TestWhetherAMeasureMoved(t *testing.T) {
	about := func(r *partnership.Reading) { r.Quality = partnership.About }
	defined := func(v string) func(*partnership.Reading) {
		return func(r *partnership.Reading) { r.Definition = v }
	}
	y1, y2 := "2024-01-01", "2025-01-01"
	for _, c := range []struct {
		name     string
		up       bool
		readings []partnership.Reading
		want     partnership.Moved
		low      float64 // of the interval, 0 when there is none
		says     string
	}{
		{"nothing", false, nil, partnership.TooSoon, 0, "Nothing has been counted yet."},
		{"a baseline alone", false, []partnership.Reading{reading(y1, "2024-12-31", 39)}, partnership.TooSoon, 0, "nothing has been counted since"},
		// Limits from the binomial tails themselves, bisected to 0.025 in a script of its own, times the days.
		{"fewer, and more than chance", false, []partnership.Reading{reading(y1, "2024-12-30", 39), reading(y2, "2025-12-31", 21)}, partnership.Better, 0.30094, "39 in"},
		{"the same, more wanted", true, []partnership.Reading{reading(y1, "2024-12-30", 39), reading(y2, "2025-12-31", 21)}, partnership.Worse, 0.30094, "wrong way"},
		{"no more than chance", false, []partnership.Reading{reading(y1, "2024-03-30", 21), reading(y2, "2025-04-01", 20)}, partnership.Unclear, 0.48444, "we cannot say that it moved"},
		{"shares", true, []partnership.Reading{reading(y1, "2024-12-31", 12, of(40)), reading(y2, "2025-12-31", 30, of(42))}, partnership.Better, 20, "12 of 40"},
		{"shares, too few to say", true, []partnership.Reading{reading(y1, "2024-12-31", 3, of(9)), reading(y2, "2025-12-31", 4, of(9))}, partnership.Unclear, -30, "cannot say"},
		{"about so many", false, []partnership.Reading{reading(y1, "2024-12-31", 720), reading(y2, "2025-12-31", 300, about)}, partnership.Refused, 0, "not exact enough"},
		{"a new wording between", false, []partnership.Reading{reading(y1, "2024-12-31", 39), reading(y2, "2025-12-31", 21, defined("serious-violence v2"))}, partnership.Refused, 0, "the definition changed from serious-violence v1 to serious-violence v2"},
		{"a series of its own behind the break", false, []partnership.Reading{reading(y1, "2024-12-31", 5), reading(y2, "2026-01-01", 60, defined("serious-violence v2")), reading("2026-01-02", "2026-11-01", 20, defined("serious-violence v2"))}, partnership.Better, 0.22912, "Since the series broke"},
		{"none at all", false, []partnership.Reading{reading(y1, "2024-12-31", 0), reading(y2, "2025-12-31", 0)}, partnership.Unclear, 0, "too few"},
	} {
		v := partnership.Judge(partnership.Measure{Up: c.up}, c.readings)
		if v.Moved != c.want || !strings.Contains(v.Sentence, c.says) {
			t.Errorf("%s: %s, %q; want %s and %q", c.name, v.Moved, v.Sentence, c.want, c.says)
		}
		switch {
		case c.low == 0 && v.Low != nil:
			t.Errorf("%s: an interval from %v where none can be", c.name, *v.Low)
		case c.low != 0 && v.Low == nil:
			t.Errorf("%s: no interval", c.name)
		case c.low != 0 && math.Abs(c.low) < 1 && math.Abs(*v.Low-c.low) > 1e-4:
			t.Errorf("%s: the interval begins at %v, want about %v", c.name, *v.Low, c.low)
		}
	}
}

// The published counts of county lines are three things counted, not one series that trebled.
func TestTheNationalSeriesBreaks(t *testing.T) {
	var rs []partnership.Reading
	for _, f := range partnership.CountyLinesSeries() {
		rs = append(rs, f.Reading)
	}
	if why := partnership.Break(rs[0], rs[1]); why != "" {
		t.Errorf("between two counts of lines: %q", why)
	}
	if why := partnership.Break(rs[1], rs[2]); why != "the unit changed from lines to deal line numbers" {
		t.Errorf("between lines and numbers: %q", why)
	}
	if v := partnership.Judge(partnership.Measure{}, rs); v.Moved != partnership.Refused {
		t.Errorf("lines and numbers were compared: %s, %s", v.Moved, v.Sentence)
	}
	rs = nil
	for _, f := range partnership.RescueAndResponse() {
		rs = append(rs, f.Reading)
	}
	if v := partnership.Judge(partnership.Measure{}, rs); v.Moved != partnership.Refused || !strings.Contains(v.Sentence, "the counter changed") {
		t.Errorf("two counters were compared: %s, %s", v.Moved, v.Sentence)
	}
}

func TestQuarters(t *testing.T) {
	for day, want := range map[string][2]string{"2026-11-22": {"2026-Q4", "2026-Q3"}, "2026-01-01": {"2026-Q1", "2025-Q4"}, "2026-06-30": {"2026-Q2", "2026-Q1"}} {
		d, err := clockDay(day)
		if err != nil {
			t.Fatal(err)
		}
		if got := [2]string{partnership.Quarter(d), partnership.LastQuarter(d)}; got != want {
			t.Errorf("%s is in %v, want %v", day, got, want)
		}
	}
}

func TestAnObjectiveItsReadingsAndNotes(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		w := newWorld(t, db)
		ctx := t.Context()
		c := clock.At(now)
		ids := clock.NewIDs(c, nil)
		words := content.NewStore(c, ids, audit.NewLog(c, ids))
		o := partnership.NewObjectives(c, ids, audit.NewLog(c, ids), words)
		w.by.Name = "Ann"
		save := func(kind, code string, over int64, title string, fields map[string]string) {
			t.Helper()
			w.write(func(tx *database.Tx) error {
				_, err := words.Save(ctx, tx, w.by, content.Key{Kind: kind, Code: code}, over, content.Text{Title: title, Fields: fields}, "")
				return err
			})
		}
		save(partnership.ObjectiveKind, "o", 0, "Fewer hurt", map[string]string{"owner": "a", "agencies": "council\npolice", "due_on": "2027-11-22"})
		save(partnership.MeasureKind, "m", 0, "Injuries", map[string]string{"objective": "o", "unit": "injuries", "counter": "the hospital", "source": "returns", "direction": "down"})
		read := func(r partnership.Reading) error {
			return w.try(func(tx *database.Tx) error { return o.Read(ctx, tx, w.by, r) })
		}
		for _, r := range []partnership.Reading{reading("2024-01-01", "2024-12-31", 60), reading("2025-01-01", "2025-12-31", 30)} {
			if err := read(r); err != nil {
				t.Fatal(err)
			}
		}
		for name, c := range map[string]struct {
			r    partnership.Reading
			want fault.Kind
		}{
			"a span that is not over":       {reading("2026-11-01", "2026-12-31", 1), fault.Invalid},
			"days out of order":             {reading("2025-02-01", "2025-01-01", 1), fault.Invalid},
			"more than the whole":           {reading("2026-01-01", "2026-01-31", 5, of(4)), fault.Invalid},
			"no unit":                       {reading("2026-01-01", "2026-01-31", 5, func(r *partnership.Reading) { r.Unit = "" }), fault.Invalid},
			"a measure that is not there":   {reading("2026-01-01", "2026-01-31", 5, func(r *partnership.Reading) { r.Measure = "x" }), fault.NotFound},
			"a correction without a reason": {reading("2025-01-01", "2025-12-31", 31), fault.Invalid},
		} {
			if err := read(c.r); !fault.Is(err, c.want) {
				t.Errorf("%s: %v, want %v", name, err, c.want)
			}
		}
		get := func() partnership.Standing {
			t.Helper()
			s, err := o.Get(ctx, w.q, w.by, "o")
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		if s := get(); s.Verdict() != partnership.Better || len(s.Measures) != 1 || len(s.Measures[0].Readings) != 2 {
			t.Errorf("it stands %s: %+v", s.Verdict(), s.Measures)
		}

		// The public sees what somebody published, as it stood then.
		if p, err := o.Public(ctx, w.q); err != nil || len(p) != 0 {
			t.Errorf("before anybody published: %+v, %v", p, err)
		}
		w.write(func(tx *database.Tx) error {
			return words.MakePublic(ctx, tx, w.by, partnership.ObjectiveKind, "o", 1, "")
		})
		c.Advance(1e9)
		if err := read(reading("2025-01-01", "2025-12-31", 58, func(r *partnership.Reading) { r.Why = "late returns" })); err != nil {
			t.Fatal(err)
		}
		if err := read(reading("2026-01-01", "2026-10-31", 49)); err != nil {
			t.Fatal(err)
		}
		save(partnership.MeasureKind, "m", 1, "Injuries, reworded", map[string]string{"objective": "o", "unit": "injuries", "direction": "down"})
		save(partnership.ObjectiveKind, "o", 1, "Fewer hurt, reworded", map[string]string{"owner": "a"})
		if s := get(); s.Verdict() != partnership.Unclear || s.Objective.Title != "Fewer hurt, reworded" {
			t.Errorf("members see %s: %s", s.Verdict(), s.Objective.Title)
		}
		p, err := o.Public(ctx, w.q)
		if err != nil || len(p) != 1 || p[0].Objective.Title != "Fewer hurt" || p[0].Verdict() != partnership.Better || p[0].Publication.ByName != "Ann" || p[0].Measures[0].Measure.Name != "Injuries" {
			t.Fatalf("the public sees %+v, %v", p, err)
		}
		if ns := numbers(p[0].Measures[0].Readings); !slices.Equal(ns, []int{60, 30}) {
			t.Errorf("the public sees the counts %v, want those of the day it was published", ns)
		}
		corrected, err := o.Corrected(ctx, w.q, "m")
		if err != nil || len(corrected) != 1 || corrected[0].N != 30 {
			t.Errorf("corrected %+v, %v", corrected, err)
		}

		// A quarter that is over and has no note is missing one.
		say := func(q, words string) error {
			return w.try(func(tx *database.Tx) error { return o.Say(ctx, tx, w.by, "o", q, words) })
		}
		for _, q := range []string{"2026-Q5", "2027-Q1", "2026"} {
			if err := say(q, "x"); !fault.Is(err, fault.Invalid) {
				t.Errorf("a note for %s: %v, want invalid", q, err)
			}
		}
		if err := say("2026-Q2", "Began."); err != nil {
			t.Fatal(err)
		}
		if s := get(); s.NoteDue != "2026-Q3" {
			t.Errorf("due is %q, want the last quarter", s.NoteDue)
		}
		for _, words := range []string{"Went on.", "Went on, more slowly."} {
			if err := say("2026-Q3", words); err != nil {
				t.Fatal(err)
			}
		}
		if s := get(); s.NoteDue != "" || len(s.Notes) != 2 || s.Notes[0].Words != "Went on, more slowly." {
			t.Errorf("notes %+v, due %q", s.Notes, s.NoteDue)
		}
	})
}

func numbers(rs []partnership.Reading) (out []int) {
	for _, r := range rs {
		out = append(out, r.N)
	}
	return out
}

func TestLinksStayInside(t *testing.T) {
	for in, want := range map[string]string{
		"/assessment The spring assessment\n\n/outcomes": "[{The spring assessment /assessment} {/outcomes /outcomes}] ",
		"https://elsewhere.example x":                    "[] https://elsewhere.example x",
		"//elsewhere.example x":                          "[] //elsewhere.example x",
		`/a\b x`:                                         `[] /a\b x`,
	} {
		links, bad := partnership.ParseLinks(in)
		if got := fmt.Sprintf("%v %s", links, bad); got != want {
			t.Errorf("%q gave %q, want %q", in, got, want)
		}
	}
}

func clockDay(s string) (time.Time, error) { return time.Parse(clock.ISODate, s) }
