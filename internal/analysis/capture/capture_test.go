package capture

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"lantern.example/lantern/internal/analysis/badrow"
)

// made makes a table from "110": 6 and so on.
func made(t testing.TB, lists int, counts map[string]int) Table {
	t.Helper()
	var names []string
	for i := range lists {
		names = append(names, string(rune('A'+i)))
	}
	var rows []History
	for text, c := range counts {
		h := History{Count: c}
		for _, r := range text {
			h.On = append(h.On, r == '1')
		}
		rows = append(rows, h)
	}
	table, err := NewTable(names, rows)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// artificial is table 2 of Chan, Silverman and Vincent (2021).
func artificial(t testing.TB) Table {
	return made(t, 3, map[string]int{"100": 40, "010": 30, "001": 20, "110": 6})
}

// taiwan is the hepatitis A outbreak of 1995 (Chao et al. 2001); the true number was near 545.
func taiwan(t testing.TB) Table {
	return made(t, 3, map[string]int{"100": 69, "010": 55, "001": 63, "110": 21, "101": 17, "011": 18, "111": 28})
}

func TestNewTableRefusesBadRows(t *testing.T) {
	on := func(h ...bool) []bool { return h }
	cases := []struct {
		name  string
		lists []string
		rows  []History
		want  string
	}{
		{"negative", []string{"A", "B"}, []History{{on(true, false), -1}}, "count"},
		{"absurd", []string{"A", "B"}, []History{{on(true, false), maxCount + 1}}, "count"},
		{"on no list", []string{"A", "B"}, []History{{on(false, false), 5}}, "at least one list"},
		{"twice", []string{"A", "B"}, []History{{on(true, false), 5}, {on(true, false), 6}}, "each history once"},
		{"wrong width", []string{"A", "B"}, []History{{on(true), 5}}, "2 lists"},
		{"no list", nil, nil, "no list"},
		{"same name", []string{"A", "A"}, nil, "twice"},
		{"too many", strings.Split("a b c d e f g h i j k", " "), nil, "at most 10"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := NewTable(c.lists, c.rows)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got %v, want an error with %q", err, c.want)
			}
			var bad *badrow.Error
			if len(c.rows) > 0 && (!errors.As(err, &bad) || bad.Record != len(c.rows)-1) {
				t.Errorf("got %v, want the last record named", err)
			}
		})
	}
}

func TestOptionsAreChecked(t *testing.T) {
	for name, opt := range map[string]Options{
		"engine":    {Engines: []string{"magic"}},
		"p":         {PEnter: 1.5},
		"not a p":   {PEnter: math.NaN()},
		"bootstrap": {Bootstrap: -1},
		"order":     {MaxOrder: 4},
	} {
		if _, err := Estimate(taiwan(t), opt); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestRefusals(t *testing.T) {
	cases := []struct {
		name   string
		table  Table
		reason string
		chosen int
	}{
		{"the artificial table", artificial(t), "list C is on any other", 0},
		{"two lists", made(t, 2, map[string]int{"10": 60, "01": 50, "11": 20}), "at least 3 lists", 0},
		{"one list", made(t, 1, map[string]int{"1": 60}), "at least 3 lists", 2},
		{"few people", made(t, 3, map[string]int{"100": 9, "010": 9, "001": 9, "110": 4, "011": 4, "101": 4}), "at least 50", 0},
		{"an empty list", made(t, 3, map[string]int{"100": 60, "010": 50, "110": 20}), "Nobody is on the list C", DoesNotExist},
		{"no overlap", made(t, 3, map[string]int{"100": 60, "010": 50, "001": 40}), "has no estimate", DoesNotExist},
		{"nobody at all", made(t, 3, nil), "0 people", DoesNotExist},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := Estimate(c.table, Options{Bootstrap: 50, Engines: []string{EngineStepwise, EngineBIC, EngineDGA}, Seed: 1})
			if err != nil {
				t.Fatal(err)
			}
			if !got.Refused || got.Headline != nil || got.Range95 != nil {
				t.Errorf("got refused %v, headline %v, range %v; want a refusal without headline", got.Refused, got.Headline, got.Range95)
			}
			if all := strings.Join(got.Reasons, " "); !strings.Contains(all, c.reason) {
				t.Errorf("reasons %q do not say %q", all, c.reason)
			}
			if c.chosen&DoesNotExist != got.Existence.Chosen&DoesNotExist {
				t.Errorf("existence of the chosen model: got %d, want %d", got.Existence.Chosen, c.chosen)
			}
			noNonsense(t, got)
		})
	}
}

func TestArtificialTableCodes(t *testing.T) {
	got, err := Estimate(artificial(t), Options{Engines: []string{EngineStepwise}})
	if err != nil {
		t.Fatal(err)
	}
	if got.Existence.AllPairs != NotIdentifiable || got.Existence.Pairs["A:B"] != DoesNotExist || got.Existence.Pairs["A:C"] != Exists {
		t.Errorf("got %+v, want all pairs 2, A:B 1, A:C 0", got.Existence)
	}
	if got.Engines.Stepwise == nil || math.Abs(got.Engines.Stepwise.Estimate-539.0939294) > 1e-3 {
		t.Errorf("the main effects fit is kept for checking: got %+v, want 539.09", got.Engines.Stepwise)
	}
}

// noNonsense fails on NaN, infinity and numbers out of all proportion.
func noNonsense(t testing.TB, got Result) {
	t.Helper()
	raw, err := json.Marshal(got)
	if err != nil {
		t.Fatalf("the result cannot be written: %v", err)
	}
	if e := got.Engines.Stepwise; e != nil && (e.Estimate > 1e12 || e.Estimate < float64(got.Observed)) {
		t.Errorf("stepwise estimate %v of %d observed", e.Estimate, got.Observed)
	}
	if e := got.Engines.BIC; e != nil && (e.Estimate > 1e12 || e.Estimate < float64(got.Observed)) {
		t.Errorf("BIC estimate %v of %d observed in %s", e.Estimate, got.Observed, raw)
	}
}

func TestHeadlineIsTheRangeOverEngines(t *testing.T) {
	got, err := Estimate(taiwan(t), Options{Bootstrap: 200, Seed: 1, Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	if got.Refused || got.Headline == nil || got.Range95 == nil {
		t.Fatalf("refused: %v", got.Reasons)
	}
	e := got.Engines
	for name, v := range map[string]float64{"stepwise": e.Stepwise.Estimate, "stepwise BCa": e.Stepwise.BCa[1], "bic": e.BIC.Estimate, "dga": e.DGA.Interval[1], "latent class": e.LatentClass.Interval[1]} {
		if v < got.Range95[0] || v > got.Range95[1] {
			t.Errorf("%s %.1f lies outside the range %v", name, v, *got.Range95)
		}
	}
	want := fmt.Sprintf("Between about %s and %s people in all. 271 were", rounded(got.Range95[0]), rounded(got.Range95[1]))
	if !strings.HasPrefix(*got.Headline, want) || strings.Contains(*got.Headline, "victim") {
		t.Errorf("headline %q, want it to begin with %q", *got.Headline, want)
	}
	if len(got.LeaveOneOut) != 3 || len(got.Merged) != 3 || len(got.InternalConsistency) != 3 || len(got.Assumptions) != 4 {
		t.Errorf("checks: %d left out, %d merged, %d consistency, %d assumptions", len(got.LeaveOneOut), len(got.Merged), len(got.InternalConsistency), len(got.Assumptions))
	}
	if *got.ChaoLower < 271 || got.Overlaps != 84 {
		t.Errorf("lower bound %v, overlaps %d, want 84", *got.ChaoLower, got.Overlaps)
	}
	// List P: 135 people, 66 of them also on Q or E.
	if c := got.InternalConsistency[0]; c.Truth != 135 || c.Seen != 66 {
		t.Errorf("consistency of P: got truth %d, seen %d; want 135 and 66", c.Truth, c.Seen)
	}
	if m := got.Merged[0]; m.Observed != 271 || m.Lists != [2]string{"A", "B"} {
		t.Errorf("merged: got %+v", m)
	}
	if l := got.LeaveOneOut[2]; l.Without != "C" || l.Observed != 271-63 {
		t.Errorf("without C: got %+v, want 208 people", l)
	}
}

func TestLeaveOneOutOfTwoListsIsLincolnPetersen(t *testing.T) {
	got := variant(made(t, 2, map[string]int{"10": 86, "01": 73, "11": 49}), Options{PEnter: 0.02})
	want := 135.0 * 122 / 49
	if got.Estimate == nil || math.Abs(*got.Estimate-want) > 1e-6*want {
		t.Errorf("got %v, want %v", got.Estimate, want)
	}
}

func TestChaoBoundIsExactForEqualLists(t *testing.T) {
	// 1,000 people, three unrelated lists that each see half: 125 unseen, 375 on one, 375 on two, 125 on three.
	table := made(t, 3, map[string]int{"100": 125, "010": 125, "001": 125, "110": 125, "101": 125, "011": 125, "111": 125})
	if got := *chaoLower(table); math.Abs(got-1000) > 1e-9 {
		t.Errorf("got %v, want 1000", got)
	}
	if got := *chapman(made(t, 2, map[string]int{"10": 250, "01": 250, "11": 250})); math.Abs(got-(501.0*501/251-1)) > 1e-9 {
		t.Errorf("chapman: got %v", got)
	}
}

func TestSameAnswerForAnyNumberOfThreads(t *testing.T) {
	var first []byte
	for _, threads := range []int{1, 2, 5} {
		got, err := Estimate(taiwan(t), Options{Bootstrap: 100, Seed: 7, Threads: threads})
		if err != nil {
			t.Fatal(err)
		}
		raw, err := json.Marshal(got)
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = raw
		} else if !slices.Equal(first, raw) {
			t.Errorf("%d threads: the answer differs", threads)
		}
	}
}

// Tables whose counts differ by six orders of magnitude: the regression of logarithms begins far above them.
func TestModelsOfUnevenTablesAreFitted(t *testing.T) {
	for _, counts := range []map[string]int{
		{"0001": 3, "0010": 3, "0110": 1_000_000, "1000": 1_000_000, "1011": 3, "1100": 1, "1101": 3, "1111": 1_000_000},
		{"1000": 1_000_000, "0100": 1, "0010": 1, "0001": 1, "1100": 1, "1010": 1, "0111": 1_000_000, "1111": 3},
	} {
		table := made(t, 4, counts)
		d, m := newDesign(4, 2), newMargins(table)
		s := newSelector(d, 0.02)
		for of := model(0); of <= d.all(); of++ {
			if s.existence(m, of) != Exists {
				continue
			}
			f := s.fit(m, of, nil)
			if !f.converged {
				t.Errorf("%v, model %b exists and was not fitted", counts, of)
				continue
			}
			// At the maximum the fitted numbers on each list, and on both of each pair of the model, are those observed.
			for k, term := range d.terms {
				if of.has(k) && m.on[term] > 0 && math.Abs(f.expected[term]-m.on[term]) > 1e-5*m.on[0]+1e-6 {
					t.Errorf("%v, model %b: %v fitted on %s, %v observed", counts, of, f.expected[term], table.name(term), m.on[term])
				}
			}
		}
	}
}

// Whatever the table: no panic, no NaN, and a model whose existence code is 0 fits.
func TestAnyTable(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		lists := rapid.IntRange(1, 5).Draw(r, "lists")
		counts := map[string]int{}
		for h := 1; h < 1<<lists; h++ {
			if c := rapid.SampledFrom([]int{0, 0, 0, 1, 1, 3, 20, 400, 1_000_000}).Draw(r, "count"); c > 0 {
				counts[fmt.Sprintf("%0*b", lists, h)] = c
			}
		}
		table := made(t, lists, counts)
		d := newDesign(lists, 2)
		s, m := newSelector(d, 0.02), newMargins(table)
		of := model(rapid.Uint64Range(0, uint64(d.all())).Draw(r, "model"))
		if code := s.existence(m, of); code == Exists {
			if f := s.fit(m, of, nil); !f.converged || math.IsNaN(f.unseen()) || math.IsInf(f.unseen(), 0) {
				r.Fatalf("%v, model %b: exists, but was not fitted: %+v", counts, of, f)
			}
		}
		got, err := Estimate(table, Options{Bootstrap: 5, Engines: []string{EngineStepwise, EngineBIC, EngineDGA}, Seed: 1})
		if err != nil {
			r.Fatal(err)
		}
		if _, err := json.Marshal(got); err != nil {
			r.Fatal(err)
		}
		if got.Refused != (got.Headline == nil) || got.Refused != (len(got.Reasons) > 0) {
			r.Fatalf("refused %v, headline %v, reasons %v", got.Refused, got.Headline, got.Reasons)
		}
	})
}

// An independent check of existence: the margins of a strictly positive table always have an estimate, and it is
// that of the table itself when the model is saturated in pairs of three lists.
func TestSaturatedPairsOfThreeLists(t *testing.T) {
	got := byBIC(taiwan(t), newDesign(3, 2), Options{})
	// The closed form for all three pairs: n0 = n111 n100 n010 n001 / (n110 n101 n011).
	want := 271 + 28.0*69*55*63/(21*17*18)
	if math.Abs(got.Estimate-want) > 1e-6*want {
		t.Errorf("got %v, want %v", got.Estimate, want)
	}
}

func TestDecomposableGraphs(t *testing.T) {
	// Numbers of chordal graphs on labelled vertices, OEIS A058862.
	for lists, want := range map[int]int{2: 2, 3: 8, 4: 61, 5: 822, 6: 18154} {
		if got := len(decomposable(lists)); got != want {
			t.Errorf("%d lists: got %d graphs, want %d", lists, got, want)
		}
	}
}

func TestUKPosteriorHasTwoStories(t *testing.T) {
	got := average(referenceTable(t, "uk2013_5"), 2)
	if len(got.Modes) != 2 || got.Modes[0].At > 14_000 || got.Modes[1].At < 18_000 || got.Modes[0].Share < 0.2 {
		t.Errorf("modes: got %+v, want one below 14,000 with about 30%% and one above 18,000", got.Modes)
	}
}

func TestHierarchicalModels(t *testing.T) {
	count := func(lists, order int) int {
		d, n := newDesign(lists, order), 0
		for of := range d.all() + 1 {
			if d.hierarchical(of) {
				n++
			}
		}
		return n
	}
	// With main effects always present: 2^3 pairs and one model with the triple; 113 hierarchical models of four lists,
	// of which one more has the quadruple.
	for _, c := range []struct{ lists, order, want int }{{3, 2, 8}, {3, 3, 9}, {4, 2, 64}, {4, 3, 113}, {5, 2, 1024}} {
		if got := count(c.lists, c.order); got != c.want {
			t.Errorf("%d lists, order %d: got %d models, want %d", c.lists, c.order, got, c.want)
		}
	}
}

func TestSamplers(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	const draws = 200_000
	for _, c := range []struct {
		n int
		p float64
	}{{5, 0.3}, {40, 0.1}, {100, 0.5}, {2000, 0.02}, {2000, 0.9}, {1_000_000, 0.3}} {
		sum, squares := 0.0, 0.0
		for range draws {
			v := float64(binomial(rng, c.n, c.p))
			sum, squares = sum+v, squares+v*v
		}
		mean, variance := float64(c.n)*c.p, float64(c.n)*c.p*(1-c.p)
		got := sum / draws
		if math.Abs(got-mean) > 5*math.Sqrt(variance/draws) {
			t.Errorf("binomial(%d, %v): mean %v, want %v", c.n, c.p, got, mean)
		}
		if v := squares/draws - got*got; math.Abs(v/variance-1) > 0.03 {
			t.Errorf("binomial(%d, %v): variance %v, want %v", c.n, c.p, v, variance)
		}
	}
	for _, shape := range []float64{1, 2.5, 300} {
		sum := 0.0
		for range draws {
			sum += gamma(rng, shape)
		}
		if got := sum / draws; math.Abs(got-shape) > 5*math.Sqrt(shape/draws) {
			t.Errorf("gamma(%v): mean %v", shape, got)
		}
	}
	sum := 0.0
	for range draws {
		sum += logGammaDraw(rng, 0.1)
	}
	// The mean of the logarithm is the digamma function: psi(0.1) = -10.4237549.
	if got := sum / draws; math.Abs(got+10.4237549) > 0.1 {
		t.Errorf("log gamma(0.1): mean %v, want -10.42", got)
	}
}

// simulated draws a population in which each list sees everybody with its own chance, unrelated to the others.
func simulated(t testing.TB, rng *rand.Rand, people int, chances []float64) Table {
	counts := map[string]int{}
	for range people {
		text := ""
		for _, p := range chances {
			if rng.Float64() < p {
				text += "1"
			} else {
				text += "0"
			}
		}
		if strings.Contains(text, "1") {
			counts[text]++
		}
	}
	return made(t, len(chances), counts)
}

// Under independence the nominal 95 % BCa interval has to hold the true number at least 85 % of the time. 400
// populations of 1,000 people on four lists; with LANTERN_NIGHTLY set, 2,000 of them.
func TestCoverageUnderIndependence(t *testing.T) {
	if testing.Short() {
		t.Skip("slow")
	}
	populations := 400
	if os.Getenv("LANTERN_NIGHTLY") != "" {
		populations = 2000
	}
	const people = 1000
	rng := rand.New(rand.NewPCG(20, 26))
	held, answered := 0, 0
	for i := range populations {
		table := simulated(t, rng, people, []float64{0.10, 0.12, 0.08, 0.15})
		m := newMargins(table)
		how := Options{PEnter: 0.02, Bootstrap: 200, Seed: uint64(i), Threads: 2}
		chosen := newSelector(newDesign(4, 2), how.PEnter).choose(m, nil)
		if chosen.fit == nil {
			continue
		}
		if s := stepwise(table, m, chosen, how); s.BCa != nil {
			answered++
			if s.BCa[0] <= people && people <= s.BCa[1] {
				held++
			}
		}
	}
	if answered < populations*95/100 || held < answered*85/100 {
		t.Errorf("%d of %d intervals hold the true number; %d populations", held, answered, populations)
	}
	t.Logf("%d of %d intervals hold the true number", held, answered)
}

func BenchmarkStepwiseBootstrapUK5(b *testing.B) { benchmarkBootstrap(b, "uk2013_5") }
func BenchmarkStepwiseBootstrapUK6(b *testing.B) { benchmarkBootstrap(b, "uk2013_6") }

func benchmarkBootstrap(b *testing.B, name string) {
	table := referenceTable(b, name)
	for b.Loop() {
		m := newMargins(table)
		how := Options{PEnter: 0.02, Bootstrap: 1000, Seed: 1, Threads: 2}
		stepwise(table, m, newSelector(newDesign(len(table.Lists), 2), how.PEnter).choose(m, nil), how)
	}
}

func BenchmarkBICUK5(b *testing.B) {
	table := referenceTable(b, "uk2013_5")
	for b.Loop() {
		byBIC(table, newDesign(5, 2), Options{Threads: 2})
	}
}

func BenchmarkAverageUK5(b *testing.B) {
	table := referenceTable(b, "uk2013_5")
	for b.Loop() {
		average(table, 2)
	}
}

func BenchmarkLatentClassUK5(b *testing.B) {
	table := referenceTable(b, "uk2013_5")
	for b.Loop() {
		latentClass(table, 1, 2)
	}
}

// Whatever the overlaps, no figure of the document has a size that nobody can believe: what is not limited is nil or
// refused. The second table is one whose answer without list A had an upper limit of ten million.
func TestNoFigureIsBeyondBelief(t *testing.T) {
	tables := []Table{made(t, 3, map[string]int{"100": 40, "010": 30, "001": 20, "110": 6}),
		made(t, 5, map[string]int{"10000": 131, "11000": 26, "00100": 43, "10100": 9, "00010": 38, "01010": 1, "01110": 17, "00001": 53, "10001": 7, "01001": 1, "00011": 2, "10011": 3})}
	rng := rand.New(rand.NewPCG(3, 3))
	for range 40 {
		lists := 3 + rng.IntN(3)
		counts := map[string]int{}
		for h := 1; h < 1<<lists; h++ {
			if size := bits.OnesCount(uint(h)); rng.Float64() < math.Pow(0.45, float64(size-1)) {
				counts[fmt.Sprintf("%0*b", lists, h)] = 1 + int(60*rng.ExpFloat64()*math.Pow(0.12, float64(size-1)))
			}
		}
		tables = append(tables, made(t, lists, counts))
	}
	refused := 0
	for _, in := range tables {
		r, err := Estimate(in, Options{Bootstrap: 20, Engines: []string{EngineStepwise, EngineBIC, EngineDGA}, Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		if r.Refused {
			refused++
			if r.Headline != nil || r.Range95 != nil || len(r.Reasons) == 0 {
				t.Errorf("%v: a refusal with headline %v, range %v, reasons %v", in.counts, r.Headline, r.Range95, r.Reasons)
			}
		}
		limit := beyondBelief * float64(r.Observed)
		check := func(what string, v *float64) {
			if v != nil && !(math.Abs(*v) <= limit) {
				t.Errorf("%v: %s is %v, of %d observed", in.counts, what, *v, r.Observed)
			}
		}
		variants := []Variant{}
		for _, v := range r.LeaveOneOut {
			variants = append(variants, v.Variant)
		}
		for _, v := range r.Merged {
			variants = append(variants, v.Variant)
		}
		for _, v := range r.InternalConsistency {
			variants = append(variants, v.Variant)
		}
		for _, v := range variants {
			check("the estimate of a variant", v.Estimate)
			check("the best model of a variant", v.BIC)
			if v.Wald != nil {
				check("the upper limit of a variant", &v.Wald[1])
			}
		}
		if !r.Refused {
			check("the upper limit", &r.Range95[1])
		}
	}
	if refused < 5 || refused == len(tables) {
		t.Errorf("%d of %d tables were refused: the tables do not try both", refused, len(tables))
	}
}
