package agreement

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"reflect"
	"strings"
	"testing"

	"lantern.example/lantern/internal/analysis/badrow"
)

func rng(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, seed+1)) }

func near(t *testing.T, what string, got *float64, want, tolerance float64) {
	t.Helper()
	if got == nil {
		t.Errorf("%s: got nothing, want %.6f", what, want)
	} else if !(math.Abs(*got-want) <= tolerance) {
		t.Errorf("%s: got %.6f, want %.6f", what, *got, want)
	}
}

func mustAnalyse(t *testing.T, in []Coding, opt Options) Result {
	t.Helper()
	r, err := Analyse(in, opt, rng(1))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := json.Marshal(r); err != nil {
		t.Fatalf("the result cannot be written as JSON: %v", err)
	}
	return r
}

// Four observers, twelve units, values missing: Krippendorff 2011, section C
// and after. Published: nominal 0.743, ordinal 0.815, interval 0.849, ratio
// 0.797.
func krippendorff() []Coding {
	rows := []string{"11.1", "2232", "3333", "3333", "2222", "1234", "4444", "1121", "2222", ".555", "..11", ".3.."}
	var in []Coding
	for u, row := range rows {
		for c, v := range row {
			in = append(in, Coding{fmt.Sprint(u + 1), string(rune('A' + c)), strings.Trim(string(v), ".")})
		}
	}
	return in
}

func TestKrippendorffPublishedExample(t *testing.T) {
	r := mustAnalyse(t, krippendorff(), Options{Replicates: 1000})
	near(t, "nominal", r.Alpha.Nominal, 0.743, 5e-4)
	near(t, "ordinal", r.Alpha.Ordinal, 0.815, 5e-4)
	near(t, "interval", r.Alpha.Interval, 0.849, 5e-4)
	near(t, "ratio", r.Alpha.Ratio, 0.797, 5e-4)
	if r.Pairable != 11 || r.Missing != 7 {
		t.Errorf("units coded twice %d, missing %d; want 11 and 7", r.Pairable, r.Missing)
	}
	for name, pair := range map[string]struct {
		point  *float64
		limits *[2]float64
	}{"nominal": {r.Alpha.Nominal, r.AlphaLimits.Nominal}, "ratio": {r.Alpha.Ratio, r.AlphaLimits.Ratio}} {
		if pair.limits == nil || !(pair.limits[0] < *pair.point && *pair.point < pair.limits[1] && pair.limits[1] <= 1) {
			t.Errorf("%s: limits %v do not hold %v", name, pair.limits, *pair.point)
		}
	}
	if len(r.Disagreements) != 3 || r.Disagreements[1].Unit != "6" || len(r.Disagreements[1].Values) != 4 {
		t.Errorf("disagreements %+v, want units 2, 6 and 8", r.Disagreements)
	}
}

func TestSharedFileIsTheSameExample(t *testing.T) {
	f, err := os.Open("../../../../shared/data/qda/agreement-krippendorff-2011.csv")
	if err != nil {
		t.Skip("the shared reference table is not here: ", err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var in []Coding
	for _, row := range rows[1:] {
		for c, v := range row[1:] {
			in = append(in, Coding{row[0], string(rune('A' + c)), v})
		}
	}
	if !reflect.DeepEqual(in, krippendorff()) {
		t.Error("the table in the test differs from the shared file")
	}
}

// twoByTwo makes codings of two coders from a table of counts [A][B], the first
// value being yes.
func twoByTwo(n [2][2]int) []Coding {
	var in []Coding
	unit := 0
	for a, row := range n {
		for b, count := range row {
			for range count {
				unit++
				in = append(in, Coding{fmt.Sprint(unit), "A", []string{"yes", "no"}[a]}, Coding{fmt.Sprint(unit), "B", []string{"yes", "no"}[b]})
			}
		}
	}
	return in
}

func TestTwoCoders(t *testing.T) {
	cases := []struct {
		name                     string
		table                    [2][2]int
		percent, positive, kappa float64
		alpha                    float64
	}{
		// Observed 0.70, expected 0.50.
		{"kappa 0.40", [2][2]int{{20, 5}, {10, 15}}, 70, 40.0 / 55, 0.4, math.NaN()},
		// Two coders, 17 paragraphs: one used the code twice, the other once.
		{"once and twice", [2][2]int{{1, 1}, {0, 15}}, 94.117647, 2.0 / 3, 0.638298, 0.645161},
		{"two and four", [2][2]int{{2, 0}, {2, 13}}, 88.235294, 2.0 / 3, 0.604651, 0.607143},
		{"one in common of two each", [2][2]int{{1, 1}, {1, 14}}, 88.235294, 0.5, 0.433333, 0.45},
		{"used by one coder only", [2][2]int{{0, 1}, {0, 16}}, 94.117647, 0, 0, 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := mustAnalyse(t, twoByTwo(c.table), Options{})
			near(t, "percent", r.Percent, c.percent, 1e-5)
			near(t, "positive", r.Positive, c.positive, 1e-9)
			near(t, "kappa", r.CohenKappa, c.kappa, 1e-6)
			if !math.IsNaN(c.alpha) {
				near(t, "alpha", r.Alpha.Nominal, c.alpha, 1e-6)
			}
		})
	}
}

// A worked table often used to explain Fleiss's kappa: 10 subjects, 14 raters,
// 5 categories, mean agreement 0.378, by chance 0.213, kappa 0.210.
func TestFleissWorkedTable(t *testing.T) {
	rows := [][5]int{{0, 0, 0, 0, 14}, {0, 2, 6, 4, 2}, {0, 0, 3, 5, 6}, {0, 3, 9, 2, 0}, {2, 2, 8, 1, 1}, {7, 7, 0, 0, 0}, {3, 2, 6, 3, 0}, {2, 5, 3, 2, 2}, {6, 5, 2, 1, 0}, {0, 2, 2, 3, 7}}
	var in []Coding
	for u, row := range rows {
		rater := 0
		for k, n := range row {
			for range n {
				in = append(in, Coding{fmt.Sprint(u), fmt.Sprint(rater), fmt.Sprint(k + 1)})
				rater++
			}
		}
	}
	r := mustAnalyse(t, in, Options{})
	near(t, "kappa", r.FleissKappa, 0.20993, 1e-5)
	if r.CohenKappa != nil || r.WhyNull["cohen_kappa"] != notTwo {
		t.Errorf("Cohen's kappa of 14 coders: %v, %q", r.CohenKappa, r.WhyNull["cohen_kappa"])
	}
}

func TestUndefinedIsNotUsed(t *testing.T) {
	r := mustAnalyse(t, twoByTwo([2][2]int{{0, 0}, {0, 17}}), Options{Replicates: 100})
	near(t, "percent", r.Percent, 100, 0)
	for name, v := range map[string]*float64{"positive": r.Positive, "cohen_kappa": r.CohenKappa, "fleiss_kappa": r.FleissKappa, "nominal": r.Alpha.Nominal} {
		if v != nil || !strings.HasPrefix(r.WhyNull[name], "not used") {
			t.Errorf("%s: got %v, reason %q; want nothing and \"not used\"", name, v, r.WhyNull[name])
		}
	}
	raw, err := json.Marshal(r)
	if err != nil || !strings.Contains(string(raw), `"cohen_kappa":null`) {
		t.Errorf("JSON %s, %v; want cohen_kappa null", raw, err)
	}
}

func TestLevelsOfMeasurement(t *testing.T) {
	words := []Coding{{"1", "A", "low"}, {"1", "B", "low"}, {"2", "A", "high"}, {"2", "B", "medium"}, {"3", "A", "medium"}, {"3", "B", "medium"}}
	r := mustAnalyse(t, words, Options{})
	if r.Alpha.Nominal == nil || r.Alpha.Ordinal != nil || r.WhyNull["ordinal"] != notOrdered || r.WhyNull["interval"] != notNumbers {
		t.Errorf("words: %+v, %v", r.Alpha, r.WhyNull)
	}
	ordered := mustAnalyse(t, words, Options{Order: []string{"low", "medium", "high"}})
	if ordered.Alpha.Ordinal == nil || ordered.Alpha.Interval != nil {
		t.Errorf("ordered words: %+v", ordered.Alpha)
	}
	if _, err := Analyse(words, Options{Order: []string{"low", "high"}}, nil); err == nil {
		t.Error("an order that leaves a value out was taken")
	}
	below := mustAnalyse(t, []Coding{{"1", "A", "-1"}, {"1", "B", "1"}, {"2", "A", "2"}, {"2", "B", "2.0"}}, Options{})
	if below.Alpha.Interval == nil || below.Alpha.Ratio != nil || below.WhyNull["ratio"] != belowZero {
		t.Errorf("values below zero: %+v, %v", below.Alpha, below.WhyNull)
	}
	if len(below.Disagreements) != 1 {
		t.Errorf("2 and 2.0 are one number: disagreements %+v", below.Disagreements)
	}
}

func TestRefusesWithoutPairs(t *testing.T) {
	for name, in := range map[string][]Coding{
		"one coder":       {{"1", "A", "yes"}, {"2", "A", "no"}},
		"one point":       {{"1", "A", "yes"}},
		"no unit shared":  {{"1", "A", "yes"}, {"2", "B", "no"}},
		"all blank again": {{"1", "A", ""}, {"1", "B", " "}},
	} {
		r := mustAnalyse(t, in, Options{Replicates: 10})
		if !r.Refused || len(r.Reasons) == 0 || r.Percent != nil || r.Alpha.Nominal != nil {
			t.Errorf("%s: %+v; want a refusal", name, r)
		}
	}
}

func TestBadRowsAreNamed(t *testing.T) {
	for name, c := range map[string]struct {
		last   Coding
		column string
	}{
		"a coder twice": {Coding{"1", "A", "no"}, "coder"},
		"no unit":       {Coding{"", "A", "no"}, "unit"},
		"no coder":      {Coding{"2", "", "no"}, "coder"},
	} {
		_, err := Analyse([]Coding{{"1", "A", "yes"}, {"1", "B", "yes"}, c.last}, Options{}, nil)
		var bad *badrow.Error
		if !errors.As(err, &bad) || bad.Record != 2 || bad.Column != c.column {
			t.Errorf("%s: got %v, want record 2, column %s", name, err, c.column)
		}
	}
	if _, err := Analyse(nil, Options{}, nil); err == nil {
		t.Error("no codings at all were taken")
	}
}

func TestSameSeedSameBytes(t *testing.T) {
	a, _ := json.Marshal(mustAnalyse(t, krippendorff(), Options{Replicates: 200}))
	b, _ := json.Marshal(mustAnalyse(t, krippendorff(), Options{Replicates: 200}))
	if string(a) != string(b) {
		t.Error("the same seed gave other bytes")
	}
}

// The bootstrap interval holds the alpha of the population units are drawn from
// about as often as it says. Two coders see a true state, present in 40 % of
// units, and each errs in 15 %: a population alpha of 0.4778.
func TestBootstrapCoverage(t *testing.T) {
	const p, e = 0.4, 0.15
	agree := (1-e)*(1-e) + e*e
	share := p*(1-e) + (1-p)*e
	truth := 1 - (1-agree)/(2*share*(1-share))
	source := rng(5)
	inside := 0
	const draws = 200
	for range draws {
		var in []Coding
		for u := range 60 {
			state := source.Float64() < p
			for _, coder := range []string{"A", "B"} {
				seen := state != (source.Float64() < e)
				in = append(in, Coding{fmt.Sprint(u), coder, map[bool]string{true: "1", false: "0"}[seen]})
			}
		}
		r, err := Analyse(in, Options{Replicates: 200}, source)
		if err != nil {
			t.Fatal(err)
		}
		if l := r.AlphaLimits.Nominal; l != nil && l[0] <= truth && truth <= l[1] {
			inside++
		}
	}
	if got := float64(inside) / draws; got < 0.88 {
		t.Errorf("the 95 %% interval held %.3f in %.3f of %d samples, want at least 0.88", truth, got, draws)
	}
}

// Any codings give an error, a refusal or coefficients without NaN and not
// above 1.
func FuzzAnalyse(f *testing.F) {
	f.Add("1,A,1;1,B,0;2,A,1;2,B,1")
	f.Add("1,A,x;1,B,1e300;2,A,-3;2,B,NaN")
	f.Fuzz(func(t *testing.T, text string) {
		var in []Coding
		for _, row := range strings.Split(text, ";") {
			parts := strings.SplitN(row, ",", 3)
			if len(parts) == 3 && len(in) < 40 {
				in = append(in, Coding{parts[0], parts[1], parts[2]})
			}
		}
		r, err := Analyse(in, Options{Replicates: 5}, rng(3))
		if err != nil {
			return
		}
		if _, err := json.Marshal(r); err != nil {
			t.Fatalf("the result cannot be written as JSON: %v", err)
		}
		for _, v := range []*float64{r.Positive, r.CohenKappa, r.FleissKappa, r.Alpha.Nominal, r.Alpha.Ordinal, r.Alpha.Interval, r.Alpha.Ratio} {
			if v != nil && *v > 1+1e-9 {
				t.Errorf("a coefficient of %v", *v)
			}
		}
	})
}
