package trend

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"lantern.example/lantern/internal/analysis/badrow"
)

// Four weeks, three delays, worked by hand. Cumulative reports: 10 15 20;
// 20 30 40; 30 45; 40. Factors: (15+30+45)/60 = 1.5 and (20+40)/45 = 4/3.
func TestNowcastByHand(t *testing.T) {
	in := []Delay{
		{Week: 1, Delay: 0, Count: 10}, {Week: 1, Delay: 1, Count: 5}, {Week: 1, Delay: 2, Count: 5},
		{Week: 2, Delay: 0, Count: 20}, {Week: 2, Delay: 1, Count: 10}, {Week: 2, Delay: 2, Count: 10},
		{Week: 3, Delay: 0, Count: 30}, {Week: 3, Delay: 1, Count: 15},
		{Week: 4, Delay: 0, Count: 40},
	}
	got, err := Nowcast(in)
	if err != nil {
		t.Fatal(err)
	}
	want := []struct {
		reported, completeness, estimate float64
		provisional                      bool
	}{{20, 1, 20, false}, {40, 1, 40, false}, {45, 0.75, 60, true}, {40, 0.5, 80, true}}
	for i, w := range want {
		near(t, "reported", got[i].Reported, w.reported, 0)
		near(t, "completeness", got[i].Completeness, w.completeness, 1e-12)
		near(t, "estimate", got[i].Estimate, w.estimate, 1e-9)
		if got[i].Provisional != w.provisional {
			t.Errorf("week %s: provisional %v, want %v", got[i].Week, got[i].Provisional, w.provisional)
		}
	}
}

// Made reports with a known delay pattern: the estimates must be right on
// average and their 95 % intervals hold the final count most of the time.
func TestNowcastRecoversLateReports(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	share := []float64{0.4, 0.25, 0.15, 0.12, 0.08}
	inside, weeks, ratio := 0, 0, 0.0
	for range 200 {
		const last = 39
		var in []Delay
		final := make([]float64, last+1)
		for w := range last + 1 {
			for d, p := range share {
				c := poissonDraw(rng, 60*p)
				final[w] += c
				if w+d <= last {
					in = append(in, Delay{Week: w, Delay: d, Count: c})
				}
			}
		}
		got, err := Nowcast(in)
		if err != nil {
			t.Fatal(err)
		}
		for w := last - 3; w <= last; w++ {
			weeks++
			ratio += got[w].Estimate / final[w]
			if got[w].Interval.Low() <= final[w] && final[w] <= got[w].Interval.High() {
				inside++
			}
		}
	}
	near(t, "mean of estimate over final", ratio/float64(weeks), 1, 0.03)
	if share := float64(inside) / float64(weeks); share < 0.9 {
		t.Errorf("the intervals held the final count in %.3f of weeks, want at least 0.90", share)
	}
}

func TestNowcastOfSparseTables(t *testing.T) {
	for name, in := range map[string][]Delay{
		"one cell":     {{Week: 5, Delay: 0, Count: 3}},
		"all zero":     {{Week: 5, Delay: 0}, {Week: 6, Delay: 1}},
		"late only":    {{Week: 5, Delay: 3, Count: 9}, {Week: 8, Delay: 0, Count: 2}},
		"a week apart": {{Week: 1, Delay: 0, Count: 4}, {Week: 30, Delay: 1, Count: 4}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Nowcast(in)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range got {
				if math.IsNaN(c.Estimate) || math.IsInf(c.Estimate, 0) || !(c.Completeness > 0 && c.Completeness <= 1) {
					t.Errorf("week %s: %+v", c.Week, c)
				}
			}
		})
	}
}

func TestNowcastBadRows(t *testing.T) {
	for name, in := range map[string][]Delay{
		"negative delay": {{Week: 1, Delay: 0, Count: 1}, {Week: 1, Delay: -1, Count: 1}},
		"half a count":   {{Week: 1, Delay: 0, Count: 1}, {Week: 1, Delay: 1, Count: 0.5}},
		"twice":          {{Week: 1, Delay: 0, Count: 1}, {Week: 1, Delay: 0, Count: 1}},
	} {
		_, err := Nowcast(in)
		var bad *badrow.Error
		if !errors.As(err, &bad) || bad.Record != 1 {
			t.Errorf("%s: got %v, want the second record", name, err)
		}
	}
}

func TestParseWeek(t *testing.T) {
	same := [][]string{{"2024-W05", "2024-01-29", "2024-02-04"}, {"2020-W53", "2021-01-01"}, {"12"}}
	for _, group := range same {
		first, err := ParseWeek(group[0])
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range group[1:] {
			if got, err := ParseWeek(text); err != nil || got != first {
				t.Errorf("%s is week %d, %v; want %d as %s", text, got, err, first, group[0])
			}
		}
	}
	for _, text := range []string{"", "2024-W54", "2024-02-30", "-1", "next week"} {
		if got, err := ParseWeek(text); err == nil {
			t.Errorf("%q was read as week %d", text, got)
		}
	}
}

func FuzzParseWeek(f *testing.F) {
	for _, s := range []string{"3", "2024-W05", "2024-01-29"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if w, err := ParseWeek(text); err == nil && (w < -200000 || w > 1000000) {
			t.Errorf("%q was read as week %d", text, w)
		}
	})
}
