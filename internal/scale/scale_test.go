package scale_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/analysis/trend"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/database/databasetest"
	"lantern.example/lantern/internal/demo/world"
	"lantern.example/lantern/internal/intake"
	"lantern.example/lantern/internal/intake/profile"
	"lantern.example/lantern/internal/scale"
	"lantern.example/lantern/internal/web/chart"
)

var today = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

type noJobs struct{}

func (noJobs) Enqueue(context.Context, *database.Tx, string, any) error { return nil }

type rig struct {
	db     *database.DB
	now    *clock.Fixed
	scale  *scale.Store
	intake *intake.Store
}

func newRig(db *database.DB) rig {
	now := clock.At(today)
	ids := clock.NewIDs(now, nil)
	s := scale.NewStore(now, ids)
	return rig{db, now, s, intake.NewStore(db, now, ids, noJobs{}, func(context.Context, *database.Tx, access.Scope, string, string, string) error { return nil }, s)}
}

func member(agency string) access.Scope {
	return access.Scope{Account: agency + "-1", Name: "Somebody", Agency: agency, Role: access.Manager, Purpose: access.CommunitySafety, Closed: access.ClosedTo(access.Manager)}
}

func (r rig) load(t *testing.T, agency, name, text string) *intake.Load {
	t.Helper()
	l, err := r.intake.Load(context.Background(), member(agency), intake.Input{Name: name, File: strings.NewReader(text), Size: int64(len(text)), Agency: agency, Basis: intake.OwnBasis})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func (r rig) trends(t *testing.T, s access.Scope) []scale.Trend {
	t.Helper()
	out, err := r.scale.Trends(context.Background(), r.db.Reader(), s)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (r rig) one(t *testing.T) scale.Trend {
	t.Helper()
	out := r.trends(t, member("council"))
	if len(out) != 1 {
		t.Fatalf("%d series; want 1", len(out))
	}
	return out[0]
}

// file writes n months of two schools from a first month; row gives effort and count.
func file(from string, n int, row func(m, source int) string) string {
	var b strings.Builder
	b.WriteString("month,source,effort,count\n")
	first, _, err := trend.ParseMonth(from)
	if err != nil {
		panic(err)
	}
	for m := range n {
		for s := range 2 {
			fmt.Fprintf(&b, "%s,School %c,%s\n", trend.FormatMonth(first+m, true), 'A'+s, row(m, s))
		}
	}
	return b.String()
}

func names(code string) string { return "the " + code }

func TestTheDemonstrationsSeries(t *testing.T) {
	w, err := world.Generate(world.Options{Seed: 7, People: 400, Today: time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		r := newRig(db)
		r.scale.Cites = func(context.Context, database.Queryer) ([]string, error) {
			return []string{"child-criminal-exploitation v1", "child-criminal-exploitation v2"}, nil
		}
		for _, f := range w.Files {
			if f.Profile != profile.Series {
				continue
			}
			l, err := r.intake.Load(context.Background(), member(f.Agency), intake.Input{Name: f.Path, File: bytes.NewReader(f.Bytes), Size: int64(len(f.Bytes)), Agency: f.Agency, Basis: intake.OwnBasis})
			if err != nil || l.Refused != 0 || l.Taken == 0 || l.Profile != profile.Series {
				t.Fatalf("%s: %+v, %v", f.Path, l, err)
			}
		}
		got := r.trends(t, member("council"))
		if len(got) != 3 {
			t.Fatalf("%d series; want 3", len(got))
		}
		byName := map[string]scale.Trend{}
		for _, x := range got {
			byName[x.Series] = x
		}
		for _, want := range []struct{ series, verdict, short string }{
			{"Exploitation referrals", "", "Referrals rose from 50 to 82 while screenings rose from 190 to 300: we cannot say it is growing."},
			{"Knife injuries seen in hospital", trend.Growing, "Knife injuries rose from 21 to 39 with every hospital reporting as before: this one is growing."},
		} {
			x := byName[want.series]
			if x.Short != want.short || want.verdict != "" && x.Verdict != want.verdict {
				t.Errorf("%s: %s, %q; want %s, %q", want.series, x.Verdict, x.Short, want.verdict, want.short)
			}
			if x.Bounds == nil || x.Window != 12 || x.Months != 24 || !x.Reported {
				t.Errorf("%s: bounds %v over %d of %d months", want.series, x.Bounds, x.Window, x.Months)
			}
			if want.verdict == "" && !strings.HasPrefix(x.NotAlike(), "The series breaks: from November 2025 on it is counted by child-criminal-exploitation v2") {
				t.Errorf("%s: of the definition it says %q", want.series, x.NotAlike())
			}
			for _, p := range x.Points {
				if p.Count > 0 && p.Count < 5 {
					t.Errorf("%s: %s to %s shows %d", want.series, p.From, p.Until, p.Count)
				}
			}
		}
		f, ok := scale.Headline(got, names)
		want := "Referrals rose from 50 to 82 while screenings rose from 190 to 300: we cannot say it is growing. Knife injuries rose from 21 to 39 with every hospital reporting as before: this one is growing."
		if !ok || f.Refused || f.Sentence != want {
			t.Errorf("the finding is %q; want %q", f.Sentence, want)
		}
		if !strings.Contains(f.Base, "2 of 3 monthly series; November 2024 to October 2026") {
			t.Errorf("its base is %q", f.Base)
		}
	})
}

func TestRefusals(t *testing.T) {
	for _, tt := range []struct {
		name, text, short, settle string
		drawn                     bool
	}{
		{"too few months", file("2026-01", 5, func(int, int) string { return "10,8" }), "Checks: 5 months are too few to say whether it is growing; 8 are needed, and 24 are better.", "24 months", true},
		{"one month", file("2026-01", 1, func(int, int) string { return "10,8" }), "Checks: 1 month is too few to say whether it is growing; 8 are needed, and 24 are better.", "24 months", false},
		{"no effort", file("2024-09", 24, func(m, _ int) string { return fmt.Sprintf(",%d", 6+m) }), "Checks rose from 276 to 564, and nobody recorded how hard anybody looked: we cannot say whether it is growing.", "screenings done", true},
		{"no source throughout", strings.ReplaceAll(strings.ReplaceAll(file("2025-01", 12, func(int, int) string { return "10,8" }), "2025-03,School A,10,8\n", ""), "2025-07,School B,10,8\n", ""),
			"Checks: no source reported in every month, so we cannot say whether it is growing or more of them report.", "missing months", true},
		{"nothing found", file("2024-09", 24, func(int, int) string { return "10,0" }), "Checks: too few were counted to say whether it is growing.", "longer time", true},
		{"hardly anything found", file("2024-09", 24, func(m, s int) string {
			return fmt.Sprintf("10,%d", map[int]int{3: 1 - s, 8: s, 15: 1, 20: 3}[m])
		}), "Checks: too few were counted to say whether it is growing.", "longer time", false},
		{"the month that is not over", file("2026-11", 1, func(int, int) string { return "10,8" }), "Checks: we cannot say whether it is growing: there is no month that is over.", "24 months", false},
		{"centuries", file("1890-01", 1, func(int, int) string { return "10,8" }) + strings.TrimPrefix(file("2026-01", 1, func(int, int) string { return "10,8" }), "month,source,effort,count\n"), "Checks: we cannot say whether it is growing: ", "whole numbers", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(databasetest.SQLite(t))
			if l := r.load(t, "council", "in/checks_monthly.csv", tt.text); l.Refused != 0 {
				t.Fatalf("%d rows refused: %v", l.Refused, l.Reasons)
			}
			x := r.one(t)
			if !x.Refused || x.Verdict != "" || x.Bounds != nil || len(x.Reasons) == 0 || x.Steps() != nil {
				t.Errorf("refused %v, verdict %q, bounds %v, reasons %q", x.Refused, x.Verdict, x.Bounds, x.Reasons)
			}
			if !strings.HasPrefix(x.Short, tt.short) {
				t.Errorf("it says %q; want %q", x.Short, tt.short)
			}
			if got := strings.Join(x.Settle(), " "); !strings.Contains(got, tt.settle) {
				t.Errorf("it would be settled by %q; want %q", got, tt.settle)
			}
			drawing := x.Chart("council")
			if (drawing != nil) != tt.drawn {
				t.Errorf("drawn: %v (grain %d, %d points); want %v", drawing != nil, x.Grain, len(x.Points), tt.drawn)
			}
			if drawing != nil {
				if _, err := chart.Draw(drawing, "x", chart.Wide); err != nil {
					t.Error(err)
				}
			}
			f, ok := scale.Headline([]scale.Trend{x}, names)
			if !ok || !f.Refused || f.Sentence != x.Short {
				t.Errorf("the finding is %+v", f)
			}
		})
	}
	if _, ok := scale.Headline(nil, names); ok {
		t.Error("there is a finding of no series")
	}
}

func TestRowsThatAreNoCountsAreRefused(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		r := newRig(db)
		good := file("2025-01", 24, func(m, s int) string { return "10.5,8" })
		bad := "2027-02,School C,10,-1\n2025-01,School C,10,1.5\n2025-02,School C,0,4\n2025-03,School C,-2,4\n2025-04,School C,ten,4\n2025-05,School C,10,<5\n2025-06,School C,10,\n2025-07,,10,4\n2025,School C,10,4\nsoon,School C,10,4\n" +
			"2025-02,School A,10,9\n01/03/2025,school  a,10,9\n"
		l := r.load(t, "council", "checks.csv", good+bad)
		if l.Read != 60 || l.Taken != 48 || l.Refused != 12 {
			t.Errorf("read %d, taken %d, refused %d; want 60, 48 and 12: %+v", l.Read, l.Taken, l.Refused, l.Reasons)
		}
		twice := slices.IndexFunc(l.Reasons, func(x intake.Reason) bool {
			return strings.HasPrefix(x.Reason, "the source already has a count for this month, in row ")
		})
		if twice < 0 {
			t.Errorf("no row was refused because its month and source came twice: %+v", l.Reasons)
		}
		if x := r.one(t); x.Months != 22 || !slices.Equal(x.Sources, []string{"School A", "School B"}) { // January 2025 to October 2026
			t.Errorf("%d months of %q; want 22 of the two schools", x.Months, x.Sources)
		}
	})
}

func TestALaterFileRestates(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		ctx, r := context.Background(), newRig(db)
		r.load(t, "council", "checks.csv", file("2024-11", 12, func(int, int) string { return "10,8" }))
		if x := r.one(t); x.Months != 12 || *x.First.Count != 96 {
			t.Fatalf("%d months, first %d", x.Months, *x.First.Count)
		}
		r.now.Advance(time.Hour)
		later := r.load(t, "council", "checks monthly 2026.csv", file("2025-08", 15, func(m, s int) string { return fmt.Sprintf("10,%d", 9+m) }))
		x := r.one(t)
		if x.Months != 24 || *x.First.Count != 9*16+16-16+(9+10+11)*2 || !slices.ContainsFunc(x.Warnings, func(w string) bool { return strings.HasPrefix(w, "6 months were sent again") }) {
			t.Errorf("%d months, first %d, warnings %q", x.Months, *x.First.Count, x.Warnings)
		}
		if err := db.Write(ctx, func(tx *database.Tx) error { return r.intake.Undo(ctx, tx, member("council"), later.ID, "wrong file") }); err != nil {
			t.Fatal(err)
		}
		if x := r.one(t); x.Months != 12 {
			t.Errorf("undone, it still has %d months; want 12", x.Months)
		}
		if err := r.intake.Purge(ctx, later.ID); err != nil {
			t.Fatal(err)
		}
		n, err := database.One(ctx, db.Reader(), database.Value[int], "SELECT count(*) FROM series_count")
		if err != nil || n != 24 {
			t.Errorf("%d rows are left (%v); want the first file's 24", n, err)
		}
		// Another agency's series of the same name is its own; somebody who is no member reads none.
		r.load(t, "police", "checks.csv", file("2024-11", 24, func(int, int) string { return "10,8" }))
		if got := r.trends(t, member("council")); len(got) != 2 || got[0].Owner == got[1].Owner {
			t.Errorf("%d series; want two, of two agencies", len(got))
		}
		if got := r.trends(t, access.Scope{}); len(got) != 0 {
			t.Errorf("nobody reads %d series", len(got))
		}
	})
}

func TestTheMonthThatIsNotOverComesInWhenItIs(t *testing.T) {
	r := newRig(databasetest.SQLite(t))
	r.load(t, "council", "checks.csv", file("2024-12", 24, func(int, int) string { return "10,8" }))
	x := r.one(t)
	if x.Until != "2026-10" || !slices.Contains(x.Warnings, "the month that is not over is left out") {
		t.Errorf("until %s, warnings %q", x.Until, x.Warnings)
	}
	r.now.Advance(14 * 24 * time.Hour)
	if x := r.one(t); x.Until != "2026-11" || x.Months != 24 {
		t.Errorf("in December: until %s, %d months", x.Until, x.Months)
	}
}

func TestASourceThatJoinsIsNotGrowth(t *testing.T) {
	r := newRig(databasetest.SQLite(t))
	text := file("2024-11", 24, func(m, s int) string { return fmt.Sprintf("10,%d", 8+(m+s)%3) })
	for m := range 12 {
		text += fmt.Sprintf("%s,School C,40,30\n", trend.FormatMonth(2025*12+10+m, true))
	}
	r.load(t, "council", "checks.csv", text)
	x := r.one(t)
	if !slices.Equal(x.Panel, []string{"School A", "School B"}) || x.Verdict != trend.NoEvidence || *x.First.Count != 216 || *x.Last.Count != 216 {
		t.Errorf("panel %q, %s, %d to %d", x.Panel, x.Verdict, *x.First.Count, *x.Last.Count)
	}
	if !strings.Contains(x.Base("Council"), "2 sources that reported in every month (of 3)") {
		t.Errorf("its base is %q", x.Base("Council"))
	}
	if len(x.BySource) != 2 || x.Grain != 1 || len(x.Points) != 24 {
		t.Errorf("%d sources, grain %d, %d points", len(x.BySource), x.Grain, len(x.Points))
	}
}

// Whatever the counts, nothing small is to be had from what is shown: not as a point, nor as what points leave of a span.
func TestNothingSmallIsShown(t *testing.T) {
	r := newRig(databasetest.SQLite(t))
	for n := range 30 {
		months := 8 + n
		r.load(t, "council", fmt.Sprintf("list %c%c.csv", 'a'+n/26, 'a'+n%26), file(trend.FormatMonth(2026*12+10-months, true), months, func(m, s int) string {
			return fmt.Sprintf("%d,%d", 5+m, (m*(n+3)+s*7)%(2+n/4))
		}))
	}
	drawn := map[int]int{}
	for _, x := range r.trends(t, member("council")) {
		drawn[x.Grain]++
		check := func(what string, n int) {
			if n > 0 && n < 5 {
				t.Errorf("%s: %s shows %d", x.Series, what, n)
			}
		}
		for _, p := range x.Points {
			check("a point", p.Count)
		}
		for _, s := range []scale.Span{x.First, x.Last} {
			if s.Count == nil {
				continue
			}
			check("a span", *s.Count)
			rest := *s.Count
			for _, p := range x.Points {
				if p.From >= s.From && p.Until <= s.Until {
					rest -= p.Count
				}
			}
			check("what points leave of a span", rest)
		}
		for _, s := range x.BySource {
			for _, n := range []*int{s.First, s.Last} {
				if n != nil {
					check("a source", *n)
				}
			}
		}
		if x.Bounds != nil && (math.IsNaN(x.Bounds.Low) || x.Bounds.Low > x.Bounds.High) {
			t.Errorf("%s: bounds %v", x.Series, x.Bounds)
		}
	}
	if drawn[1] == 0 || drawn[3] == 0 || drawn[6]+drawn[12] == 0 {
		t.Errorf("series drawn by grain: %v; the test needs some of each", drawn)
	}
}

func TestTitlesComeFromTheFile(t *testing.T) {
	r := newRig(databasetest.SQLite(t))
	rows := strings.TrimPrefix(file("2026-01", 1, func(int, int) string { return "10,8" }), "month,source,effort,count\n")
	for _, tt := range []struct{ name, header, want string }{
		{"knife_injuries_monthly.csv", "month,source,effort,count", "Knife injuries"},
		{"from police/ASB-calls 2026.csv", "month,source,effort,count", "ASB calls"},
		{"monthly.csv", "month,source,effort,count", "Monthly"},
	} {
		r.load(t, "council", tt.name, tt.header+"\n"+rows)
		got := r.trends(t, member("council"))
		if !slices.ContainsFunc(got, func(x scale.Trend) bool { return x.Series == tt.want }) {
			t.Errorf("%s: no series is called %q", tt.name, tt.want)
		}
	}
	m := &profile.Mapping{Version: 1, Profile: profile.Series, Columns: map[string]string{"Mon": "date", "Team": "source", "Screenings done": "effort", "Positive": "count"}, Fixed: map[string]string{"series": "Screening tools", "source_kind": "team"}}
	text := "Mon,Team,Screenings done,Positive\n2026-01,East,20,7\n"
	if _, err := r.intake.Load(context.Background(), member("council"), intake.Input{Name: "x.csv", File: strings.NewReader(text), Size: int64(len(text)), Agency: "council", Basis: intake.OwnBasis, Mapping: m}); err != nil {
		t.Fatal(err)
	}
	got := r.trends(t, member("council"))
	i := slices.IndexFunc(got, func(x scale.Trend) bool { return x.Series == "Screening tools" })
	if i < 0 || got[i].What != "positive" || got[i].Unit != "screenings done" || got[i].Kind != "team" {
		t.Errorf("mapped: %+v", got)
	}
	_, err := r.intake.Load(context.Background(), member("council"), intake.Input{Name: "y.csv", File: strings.NewReader("month,source,count\n2026-01,East,7\n"), Size: 36, Agency: "council", Basis: intake.OwnBasis})
	var unknown *intake.Unrecognised
	if !errors.As(err, &unknown) {
		t.Errorf("a list of counts without effort is taken: %v", err)
	}
}

func TestYearly(t *testing.T) {
	for _, tt := range []struct {
		slope float64
		want  string
	}{{0, "0 %"}, {math.Log(1.39), "+39 %"}, {math.Log(0.99), "−1 %"}, {0.004, "0 %"}, {3, "more than +1,000 %"}} {
		if got := scale.Yearly(tt.slope); got != tt.want {
			t.Errorf("%v: %q, want %q", tt.slope, got, tt.want)
		}
	}
}
