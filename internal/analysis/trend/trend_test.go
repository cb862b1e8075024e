package trend

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"lantern.example/lantern/internal/analysis/badrow"
)

const shared = "../../../../shared/data/trends/"

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s: got %.8f, want %.8f", what, got, want)
	}
}

func readSeries(t testing.TB, name string) []Observation {
	t.Helper()
	f, err := os.Open(shared + name + ".csv")
	if err != nil {
		t.Skip("the shared reference series are not here: ", err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out []Observation
	for _, r := range rows[1:] {
		month, _, err := ParseMonth(r[0])
		if err != nil {
			t.Fatal(err)
		}
		effort, err1 := strconv.ParseFloat(r[2], 64)
		count, err2 := strconv.ParseFloat(r[3], 64)
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		out = append(out, Observation{month, r[1], &effort, count})
	}
	return out
}

func mustAnalyse(t testing.TB, in []Observation, opt Options) Result {
	t.Helper()
	r, err := Analyse(in, opt)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := json.Marshal(r); err != nil {
		t.Fatalf("the result cannot be written as JSON: %v", err)
	}
	return r
}

// References: R 4.2.2 glm (tolerance 1e-5) and MASS::glm.nb (1e-3) on the
// simulated series.
func TestAgreesWithR(t *testing.T) {
	raw, err := os.ReadFile(shared + "expected.json")
	if err != nil {
		t.Skip("the shared reference series are not here: ", err)
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"A_only_looking", "B_growth_only", "C_both", "F_both_poisson"} {
		t.Run(name, func(t *testing.T) {
			want := map[string]json.RawMessage{}
			if err := json.Unmarshal(all[name], &want); err != nil {
				t.Fatal(err)
			}
			r := mustAnalyse(t, readSeries(t, name), Options{})
			for key, got := range map[string]*Slope{
				"naive_total_poisson": r.Naive, "source_fixed_no_effort_poisson": r.SourceFixed, "offset_poisson": r.OffsetPoisson,
				"offset_quasipoisson": r.OffsetQuasi, "offset_negbin": r.OffsetNegbin,
				"free_elasticity_quasipoisson": r.FreeElasticity, "constant_panel_offset_quasipoisson": r.ConstantPanel,
			} {
				values := map[string]float64{}
				if err := json.Unmarshal(want[key], &values); err != nil {
					t.Fatal(err)
				}
				tol := 1e-5
				if key == "offset_negbin" {
					tol = 1e-3
				}
				near(t, key+" slope", got.PerYear, values["slope_per_year"], tol)
				near(t, key+" se", got.SE, values["se"], tol)
				if v, ok := values["dispersion"]; ok {
					near(t, key+" dispersion", *got.Dispersion, v, tol)
				}
				if v, ok := values["elasticity"]; ok {
					near(t, key+" elasticity", *got.Elasticity, v, tol)
					near(t, key+" elasticity se", *got.ElasticitySE, values["elasticity_se"], tol)
				}
				// Series F is Poisson: R stops at a theta of 76,990 on a
				// likelihood that rises for ever.
				if v, ok := values["theta"]; ok && v < 1e4 {
					near(t, key+" theta", *got.Theta, v, tol*v)
				} else if ok && got.Theta != nil {
					t.Errorf("%s theta: got %v, want none", key, *got.Theta)
				}
			}
		})
	}
}

func TestVerdictsOnReferenceSeries(t *testing.T) {
	for name, want := range map[string]string{
		"A_only_looking": GrowingIfNothing, "B_growth_only": Growing, "C_both": GrowingIfNothing, "F_both_poisson": Growing,
	} {
		t.Run(name, func(t *testing.T) {
			r := mustAnalyse(t, readSeries(t, name), Options{CountName: "referrals", EffortName: "screenings"})
			if r.Refused || r.Verdict == nil || *r.Verdict != want {
				t.Fatalf("verdict %v (refused %v), want %s", r.Verdict, r.Reasons, want)
			}
			t.Logf("%s [%.3f, %.3f] %s", *r.Verdict, r.Bounds.Low, r.Bounds.High, *r.Sentence)
			t.Logf("yield: %s; breaks %v", r.Yield.Reading, r.Breaks)
		})
	}
}

func TestOrderOfRowsDoesNotMatter(t *testing.T) {
	in := readSeries(t, "C_both")
	want, err := json.Marshal(mustAnalyse(t, in, Options{}))
	if err != nil {
		t.Fatal(err)
	}
	shuffled := slices.Clone(in)
	rand.New(rand.NewPCG(3, 4)).Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	got, err := json.Marshal(mustAnalyse(t, shuffled, Options{}))
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Error("the same rows in another order gave other bytes")
	}
}

// steady makes a series in which each source finds the same every month.
func steady(months int, sources ...string) []Observation {
	var out []Observation
	for _, s := range sources {
		for m := 1; m <= months; m++ {
			effort := 100.0
			out = append(out, Observation{m, s, &effort, float64(8 + (m*7+len(out))%5)})
		}
	}
	return out
}

func drop(in []Observation, which func(Observation) bool) []Observation {
	return slices.DeleteFunc(slices.Clone(in), which)
}

func TestRefusals(t *testing.T) {
	full := steady(30, "police", "schools")
	noEffort := slices.Clone(full)
	for i := range noEffort {
		noEffort[i].Effort = nil
	}
	zero := slices.Clone(full)
	for i := range zero {
		zero[i].Count = 0
	}
	cases := []struct {
		name string
		in   []Observation
		want string
	}{
		{"one point", full[:1], "1 month"},
		{"seven months", drop(full, func(o Observation) bool { return o.Month > 7 }), "7 months"},
		{"no effort", noEffort, "no effort"},
		{"a month nobody reported", drop(full, func(o Observation) bool { return o.Month == 12 }), "no source reported in every month"},
		{"all zero", zero, "every count is zero"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := mustAnalyse(t, c.in, Options{})
			if !r.Refused || !strings.Contains(strings.Join(r.Reasons, "; "), c.want) {
				t.Errorf("refused %v, reasons %q; want %q", r.Refused, r.Reasons, c.want)
			}
			if r.Verdict != nil || r.Bounds != nil || r.Sentence != nil {
				t.Errorf("a refused result has verdict %v, bounds %v, sentence %v", r.Verdict, r.Bounds, r.Sentence)
			}
		})
	}
}

func TestBadRowsAreNamed(t *testing.T) {
	change := func(f func(*Observation)) []Observation {
		in := steady(12, "police")
		f(&in[4])
		return in
	}
	effort := func(v float64) func(*Observation) { return func(o *Observation) { o.Effort = &v } }
	cases := []struct {
		name   string
		in     []Observation
		column string
	}{
		{"half a count", change(func(o *Observation) { o.Count = 2.5 }), "count"},
		{"negative count", change(func(o *Observation) { o.Count = -1 }), "count"},
		{"NaN count", change(func(o *Observation) { o.Count = math.NaN() }), "count"},
		{"effort zero", change(effort(0)), "effort"},
		{"effort infinite", change(effort(math.Inf(1))), "effort"},
		{"no source", change(func(o *Observation) { o.Source = "" }), "source"},
		{"a month twice", change(func(o *Observation) { o.Month = 4 }), "month"},
		{"a month in another century", change(func(o *Observation) { o.Month = 99999 }), "month"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := Analyse(c.in, Options{})
			var bad *badrow.Error
			if !errors.As(err, &bad) || bad.Record != 4 || bad.Column != c.column {
				t.Errorf("got %v, want record 4, column %s", err, c.column)
			}
		})
	}
	if _, err := Analyse(nil, Options{}); err == nil {
		t.Error("no rows at all were taken")
	}
	if _, err := Analyse(steady(12, "police"), Options{Breaks: []Break{{Month: 1, Label: "new form"}}}); err == nil {
		t.Error("a break at the first month was taken")
	}
}

func TestJoiningSourceIsLeftOutOfThePanel(t *testing.T) {
	in := append(steady(36, "police"), drop(steady(36, "school"), func(o Observation) bool { return o.Month < 19 })...)
	r := mustAnalyse(t, in, Options{})
	if r.Refused || !slices.Equal(r.PanelSources, []string{"police"}) {
		t.Fatalf("refused %v; panel %v, want police alone", r.Reasons, r.PanelSources)
	}
	if low, _ := r.Naive.limits(); low <= 0 {
		t.Error("the naive slope should be taken in by a source that joins")
	}
	if *r.Verdict != NoEvidence {
		t.Errorf("verdict %s, want %s", *r.Verdict, NoEvidence)
	}
	if !strings.Contains(strings.Join(r.Warnings, "; "), "school joined in month 19") {
		t.Errorf("warnings %q do not name the source that joined", r.Warnings)
	}
}

func TestSteadyEffortLeavesElasticityOpen(t *testing.T) {
	r := mustAnalyse(t, steady(30, "police"), Options{})
	if r.FreeElasticity != nil || !strings.Contains(strings.Join(r.Warnings, "; "), "effort did not change") {
		t.Errorf("free elasticity %+v, warnings %q; want none and a warning", r.FreeElasticity, r.Warnings)
	}
}

func TestSentenceSaysCountsEffortAndConclusion(t *testing.T) {
	var in []Observation
	for m := 24000; m < 24024; m++ {
		effort, count := 100.0, 20.0
		if m >= 24012 {
			effort, count = 200, 40
		}
		in = append(in, Observation{m, "youth justice", &effort, count})
	}
	r := mustAnalyse(t, in, Options{Calendar: true, CountName: "referrals", EffortName: "screenings"})
	const want = "Referrals rose from 240 to 480 while screenings rose from 1200 to 2400 (first and last 12 months of the one source that reported throughout): " +
		"we cannot say it is growing; it is only if the extra looking found nothing."
	if r.Sentence == nil || !strings.HasPrefix(*r.Sentence, want) {
		t.Errorf("got  %v\nwant %s", *r.Sentence, want)
	}
}

// A known step is measured, and without it the same step is flagged.
func TestBreaks(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	var in []Observation
	for m := 24000; m < 24048; m++ {
		effort, mean := 50.0, 30.0
		if m >= 24030 {
			mean = 60
		}
		in = append(in, Observation{m, "police", &effort, poissonDraw(rng, mean)})
	}
	known := mustAnalyse(t, in, Options{Calendar: true, Breaks: []Break{{24030, "new form"}}})
	if len(known.Breaks) != 1 || !known.Breaks[0].Known || known.Breaks[0].Month != "2002-07" {
		t.Fatalf("breaks %+v, want the known one alone", known.Breaks)
	}
	near(t, "step", *known.Breaks[0].Step, math.Log(2), 3**known.Breaks[0].SE)
	if *known.Verdict != NoEvidence {
		t.Errorf("verdict with the break entered %s, want %s", *known.Verdict, NoEvidence)
	}
	blind := mustAnalyse(t, in, Options{Calendar: true})
	if len(blind.Breaks) != 1 || blind.Breaks[0].Known || blind.Breaks[0].Step != nil {
		t.Fatalf("breaks %+v, want one flagged and not measured", blind.Breaks)
	}
	month, _, err := ParseMonth(blind.Breaks[0].Month)
	if err != nil || month < 24028 || month > 24032 {
		t.Errorf("flagged month %s, want about 2002-07", blind.Breaks[0].Month)
	}
}

func TestYieldPeriods(t *testing.T) {
	r := mustAnalyse(t, steady(30, "police"), Options{})
	p := r.Yield.Periods
	if len(p) != 3 || p[0].From != "1" || p[0].To != "12" || p[2].Months != 6 {
		t.Fatalf("periods %+v, want 12, 12 and 6 months", p)
	}
	near(t, "yield", p[0].Yield, p[0].Count/1200, 1e-12)
	if !(p[0].Interval.Low() < p[0].Yield && p[0].Yield < p[0].Interval.High()) {
		t.Errorf("yield %v outside its interval %v", p[0].Yield, p[0].Interval)
	}
}

// Garwood's limits for 10 events are 4.795 and 18.39 (Garwood 1936, table).
func TestYieldIntervalOfARate(t *testing.T) {
	got := yieldInterval(10, 2.5)
	near(t, "low", got.Low()*2.5, 4.795389, 1e-5)
	near(t, "high", got.High()*2.5, 18.390356, 1e-5)
}

func TestParseMonth(t *testing.T) {
	for text, want := range map[string]string{"1": "1", " 48 ": "48", "2024-01": "2024-01", "1999-12": "1999-12"} {
		m, calendar, err := ParseMonth(text)
		if err != nil || FormatMonth(m, calendar) != want {
			t.Errorf("%q: got %d, %v, %v; want it to print as %s", text, m, calendar, err, want)
		}
	}
	for _, text := range []string{"", "0", "-3", "2024-13", "2024-1", "24-01", "January", "2.5"} {
		if m, _, err := ParseMonth(text); err == nil {
			t.Errorf("%q was read as %d", text, m)
		}
	}
}

func FuzzParseMonth(f *testing.F) {
	for _, s := range []string{"1", "2024-02", "-", "2024-00", "12000"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		m, calendar, err := ParseMonth(text)
		if err != nil {
			return
		}
		again, calendarAgain, err := ParseMonth(FormatMonth(m, calendar))
		if err != nil || again != m || calendarAgain != calendar {
			t.Errorf("%q read as %d (%v), printed and read again as %d (%v): %v", text, m, calendar, again, calendarAgain, err)
		}
	})
}

// Any short series gives an error, a refusal or a document without NaN.
func FuzzAnalyse(f *testing.F) {
	f.Add([]byte{5, 10, 6, 10, 9, 12, 4, 8, 3, 10, 6, 9, 8, 12, 7, 11, 5, 5})
	f.Add([]byte{0, 1, 0, 1})
	f.Fuzz(func(t *testing.T, raw []byte) {
		if len(raw) > 80 {
			raw = raw[:80]
		}
		var in []Observation
		for i := 0; i+1 < len(raw); i += 2 {
			effort := float64(raw[i+1]) / 8
			in = append(in, Observation{i/4 + 1, string(rune('a' + i/2%2)), &effort, float64(raw[i])})
		}
		if r, err := Analyse(in, Options{}); err == nil {
			if _, err := json.Marshal(r); err != nil {
				t.Fatalf("the result cannot be written as JSON: %v", err)
			}
		}
	})
}

func BenchmarkAnalyse240(b *testing.B) {
	in := readSeries(b, "A_only_looking")
	for b.Loop() {
		if _, err := Analyse(in, Options{}); err != nil {
			b.Fatal(err)
		}
	}
}

// Effort that jumps a millionfold is not one measure. The fits then have standard errors of millions; none of that is an
// answer.
func TestEffortOutOfAllProportionIsRefused(t *testing.T) {
	var in []Observation
	for m := 1; m <= 36; m++ {
		effort := []float64{100, 100, 1e-6, 100, 1e9, 100}[m%6]
		in = append(in, Observation{Month: m, Source: "ward", Effort: &effort, Count: float64(200 + m*37%90)})
	}
	r, err := Analyse(in, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if !r.Refused || r.Bounds != nil || r.Verdict != nil || r.ConstantPanel != nil || !strings.Contains(strings.Join(r.Warnings, "; "), "units of effort") {
		t.Errorf("refused %v, bounds %v, warnings %q; want a refusal that says to check the units of effort", r.Refused, r.Bounds, r.Warnings)
	}
	for name, s := range map[string]*Slope{"offset_poisson": r.OffsetPoisson, "offset_quasipoisson": r.OffsetQuasi, "offset_negbin": r.OffsetNegbin, "free_elasticity": r.FreeElasticity} {
		if s != nil && (math.Abs(s.PerYear) > 50 || s.SE > 50 || s.Dispersion != nil && *s.Dispersion > 1e6) {
			t.Errorf("%s is %+v", name, *s)
		}
	}
}
