package scale_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/database/databasetest"
	"lantern.example/lantern/internal/scale"
	"lantern.example/lantern/internal/web/chart"
)

func TestASeriesCitesTheWordingItsFileNames(t *testing.T) {
	same := func(int) string { return "cce v1" }
	changed := func(m int) string {
		if m < 12 {
			return "cce v1"
		}
		return "CCE  v2" // as somebody may type it
	}
	steady := func(m int) int { return 20 + m }
	for _, tt := range []struct {
		name          string
		cite          func(m int) string
		count         func(m int) int
		base, breaks  string
		marks         int
		warned, grows bool
	}{
		{name: "one wording", cite: same, count: steady, base: "; definition: cce v1; source", grows: true},
		{name: "another wording within", cite: changed, count: steady, base: "; definition: cce v1 at first; definition: cce v2 from September 2025; source", marks: 1,
			breaks: "The series breaks: from September 2025 on it is counted by cce v2, before by cce v1. A comparison across the break is not like with like."},
		{name: "none is named", cite: func(int) string { return "" }, count: steady, grows: true},
		{name: "named for some months alone", cite: func(m int) string { return map[bool]string{true: "cce v1"}[m > 6 && m != 15] }, count: steady, base: "definition: cce v1; source", grows: true},
		{name: "one that the register does not hold", cite: func(int) string { return "cce v9" }, count: steady, warned: true, grows: true},
		{name: "without its version", cite: func(int) string { return "cce" }, count: steady, grows: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			databasetest.Each(t, func(t *testing.T, db *database.DB) {
				r := newRig(db)
				r.scale.Cites = func(context.Context, database.Queryer) ([]string, error) { return []string{"cce v1", "cce v2"}, nil }
				text := strings.Replace(file("2024-09", 24, func(m, _ int) string { return fmt.Sprintf("10,%d,%s", tt.count(m), tt.cite(m)) }), "effort,count", "effort,count,definition", 1)
				if l := r.load(t, "council", "referrals.csv", text); l.Refused != 0 || l.Taken != 48 {
					t.Fatalf("%d taken, %d refused: %v", l.Taken, l.Refused, l.Reasons)
				}
				x := r.one(t)
				if base := x.Base("council"); tt.base == "" && strings.Contains(base, "definition") || !strings.Contains(base, tt.base) {
					t.Errorf("the base is %q; want %q in it", base, tt.base)
				}
				f, _ := scale.Headline([]scale.Trend{x}, names)
				if !strings.Contains(f.Base, strings.TrimSuffix(strings.TrimPrefix(tt.base, "; "), "; source")) {
					t.Errorf("the finding's base is %q; want %q in it", f.Base, tt.base)
				}
				if got := x.NotAlike(); got != tt.breaks {
					t.Errorf("of the break it says %q; want %q", got, tt.breaks)
				}
				if grows := x.Verdict != "" && strings.HasSuffix(x.Short, "this one is growing."); grows != tt.grows {
					t.Errorf("it says %q (verdict %q); want growing: %v", x.Short, x.Verdict, tt.grows)
				}
				if warned := strings.Contains(strings.Join(x.Warnings, " "), "cce v9, which the register"); warned != tt.warned {
					t.Errorf("warnings %q; want one of the wording: %v", x.Warnings, tt.warned)
				}
				l := x.Chart("council").(chart.Lines)
				marks := slices.DeleteFunc(slices.Clone(l.Marks), func(m chart.Mark) bool { return !m.Break })
				if len(marks) != tt.marks || tt.marks > 0 && l.Periods[marks[0].Period] != "Sep 2025" {
					t.Errorf("breaks drawn: %+v; want %d", marks, tt.marks)
				}
				if _, err := chart.Draw(l, "x", chart.Wide); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// A wording that comes into the register later is cited from then on, whatever was worked out before.
func TestAWordingThatIsEnteredLater(t *testing.T) {
	r := newRig(databasetest.SQLite(t))
	var cites []string
	r.scale.Cites = func(context.Context, database.Queryer) ([]string, error) { return cites, nil }
	r.load(t, "council", "a.csv", strings.Replace(file("2024-09", 24, func(int, int) string { return "10,20,cce v1" }), "effort,count", "effort,count,definition", 1))
	if x := r.one(t); len(x.Cited) != 0 {
		t.Errorf("cited %+v before it is in the register", x.Cited)
	}
	cites = []string{"cce v1"}
	if x := r.one(t); len(x.Cited) != 1 || len(x.Warnings) != 0 {
		t.Errorf("cited %+v, warnings %q; want cce v1 and none", x.Cited, x.Warnings)
	}
	r.scale.Cites = func(context.Context, database.Queryer) ([]string, error) { return nil, context.Canceled }
	if _, err := r.scale.Trends(context.Background(), r.db.Reader(), access.Scope{}); err == nil {
		t.Error("a register that cannot be read gives no error")
	}
}
