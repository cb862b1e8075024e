package prepost

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"

	"lantern.example/lantern/internal/analysis/badrow"
)

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s: got %.8f, want %.8f", what, got, want)
	}
}

func mustAnalyse(t *testing.T, in []Point, at float64) Result {
	t.Helper()
	r, err := Analyse(in, at)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := json.Marshal(r); err != nil {
		t.Fatalf("the result cannot be written as JSON: %v", err)
	}
	return r
}

// Reference: R 4.2.2 glm(y ~ t + post + since, poisson) on 60 simulated
// points, the change at 37.
func TestAgreesWithR(t *testing.T) {
	f, err := os.Open("../../../../shared/data/outcomes/its_poisson.csv")
	if err != nil {
		t.Skip("the shared reference series is not here: ", err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var in []Point
	for _, row := range rows[1:] {
		time, err1 := strconv.ParseFloat(row[0], 64)
		count, err2 := strconv.ParseFloat(row[3], 64)
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		in = append(in, Point{Time: time, Count: count})
	}
	r := mustAnalyse(t, in, 37)
	want := map[string][2]float64{
		"level": {2.95119719, 0.07492247}, "time": {0.00779027, 0.00341435},
		"post": {-0.2241689, 0.1171572}, "since": {-0.0156269, 0.00768537},
	}
	for _, term := range r.Series.Terms {
		near(t, term.Name, term.Estimate, want[term.Name][0], 1e-6)
		near(t, term.Name+" Poisson se", term.PoissonSE, want[term.Name][1], 1e-6)
	}
	if r.Series.StandardErrors != "poisson" {
		t.Errorf("standard errors %q, want poisson: the counts pass both checks", r.Series.StandardErrors)
	}
	near(t, "level change", r.LevelChange.Estimate, -0.2241689, 1e-6)
	near(t, "level change se", r.LevelChange.SE, 0.1171572, 1e-6)
	near(t, "slope change", r.SlopeChange.Estimate, -0.0156269, 1e-6)
	near(t, "slope change se", r.SlopeChange.SE, 0.00768537, 1e-6)
	if !strings.Contains(*r.Sentence, "a change and not an effect") {
		t.Errorf("without a control the sentence must not speak of an effect: %s", *r.Sentence)
	}
}

func poissonDraw(rng *rand.Rand, mean float64) float64 {
	k := 0.0
	for t := rng.ExpFloat64(); t < mean; t += rng.ExpFloat64() {
		k++
	}
	return k
}

// made is 60 points about a mean of 40, with a level change at 31 in the
// series and a shock at the same time in the series and its control.
func made(rng *rand.Rand, level, shock float64, overdispersed bool) []Point {
	out := make([]Point, 60)
	for i := range out {
		post := 0.0
		if i >= 30 {
			post = 1
		}
		noise := 1.0
		if overdispersed {
			noise = (rng.ExpFloat64() + rng.ExpFloat64() + rng.ExpFloat64() + rng.ExpFloat64()) / 4
		}
		control := poissonDraw(rng, 60*math.Exp(shock*post))
		out[i] = Point{Time: float64(i + 1), Count: poissonDraw(rng, 40*math.Exp((level+shock)*post)*noise), Control: &control}
	}
	return out
}

// The control's own jump is taken off, and the 95 % interval holds the true
// level change about as often as it says, with Poisson counts and with counts
// that vary far more.
func TestRecoversLevelChangeBesideControl(t *testing.T) {
	for _, c := range []struct {
		name          string
		overdispersed bool
	}{{"Poisson", false}, {"overdispersed", true}} {
		t.Run(c.name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(21, 22))
			const draws, truth = 400, -0.5
			inside, sum := 0, 0.0
			for range draws {
				r := mustAnalyse(t, made(rng, truth, 0.4, c.overdispersed), 31)
				sum += r.LevelChange.Estimate
				if r.LevelChange.Interval[0] <= truth && truth <= r.LevelChange.Interval[1] {
					inside++
				}
			}
			near(t, "mean level change", sum/draws, truth, 0.05)
			if share := float64(inside) / draws; share < 0.91 {
				t.Errorf("the 95 %% interval held the truth in %.3f of %d series, want at least 0.91", share, draws)
			}
		})
	}
}

// Counts that double because effort doubled at the date show no level change
// once effort is in the model.
func TestEffortIsTakenOut(t *testing.T) {
	rng := rand.New(rand.NewPCG(31, 32))
	var in []Point
	for i := range 60 {
		effort := 100 * math.Exp(0.3*rng.NormFloat64())
		if i >= 30 {
			effort *= 2
		}
		in = append(in, Point{Time: float64(i), Count: poissonDraw(rng, 0.4*effort), Effort: &effort})
	}
	r := mustAnalyse(t, in, 30)
	if r.LevelChange.Interval[0] > 0 || r.LevelChange.Interval[1] < 0 {
		t.Errorf("level change %+v, want an interval that holds 0", *r.LevelChange)
	}
	bare := append([]Point(nil), in...)
	for i := range bare {
		bare[i].Effort = nil
	}
	if r := mustAnalyse(t, bare, 30); r.LevelChange.Interval[0] <= 0 {
		t.Errorf("without effort the level change is %+v, want a rise: the test tests nothing otherwise", *r.LevelChange)
	}
}

func flat(n int) []Point {
	out := make([]Point, n)
	for i := range out {
		out[i] = Point{Time: float64(i + 1), Count: float64(10 + i*i%7)}
	}
	return out
}

func TestRefusals(t *testing.T) {
	silent := flat(40)
	for i := range silent[20:] {
		silent[20+i].Count = 0
	}
	for _, c := range []struct {
		name string
		in   []Point
		at   float64
		want string
	}{
		{"seven points before", flat(40), 8, "7 points before"},
		{"seven points after", flat(40), 34, "7 from it on"},
		{"the date after the end", flat(40), 400, "0 from it on"},
		{"one point", flat(1), 1, "0 points before"},
		{"nothing found after", silent, 21, "cannot support the fit"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := mustAnalyse(t, c.in, c.at)
			if !r.Refused || !strings.Contains(strings.Join(r.Reasons, "; "), c.want) {
				t.Errorf("refused %v, reasons %q; want %q", r.Refused, r.Reasons, c.want)
			}
			if r.LevelChange != nil || r.SlopeChange != nil || r.Sentence != nil {
				t.Error("a refused result has a headline")
			}
		})
	}
}

func TestWarnings(t *testing.T) {
	constant := flat(60)
	for i := range constant {
		e := 5.0
		constant[i].Effort = &e
	}
	for name, c := range map[string]struct {
		in   []Point
		want string
	}{"constant effort": {constant, "effort did not change"}, "no control": {flat(60), "no control"}} {
		r := mustAnalyse(t, c.in, 31)
		if !strings.Contains(strings.Join(r.Warnings, "; "), c.want) {
			t.Errorf("%s: warnings %q, want %q", name, r.Warnings, c.want)
		}
	}
}

func TestAGapIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		in   []Point
		want string
	}{
		"three missing": {append(flat(60)[:20:20], flat(60)[23:]...), "after point 20 of 57"},
		"two places":    {append(append(flat(60)[:20:20], flat(60)[21:40]...), flat(60)[41:]...), "in 2 places"},
	} {
		r := mustAnalyse(t, c.in, 31)
		if !r.Refused || len(r.Reasons) != 1 || !strings.Contains(r.Reasons[0], c.want) || r.LevelChange != nil {
			t.Errorf("%s: refused %v, reasons %q, level %v; want a refusal with %q", name, r.Refused, r.Reasons, r.LevelChange, c.want)
		}
	}
}

func TestBadRowsAreNamed(t *testing.T) {
	some := func(v float64) *float64 { return &v }
	for name, c := range map[string]struct {
		change func(*Point)
		column string
	}{
		"half a count":       {func(p *Point) { p.Count = 1.5 }, "count"},
		"negative":           {func(p *Point) { p.Count = -2 }, "count"},
		"NaN":                {func(p *Point) { p.Count = math.NaN() }, "count"},
		"time NaN":           {func(p *Point) { p.Time = math.NaN() }, "time"},
		"a time twice":       {func(p *Point) { p.Time = 2 }, "time"},
		"effort on one row":  {func(p *Point) { p.Effort = some(3) }, "effort"},
		"control on one row": {func(p *Point) { p.Control = some(3) }, "control"},
	} {
		in := flat(30)
		c.change(&in[4])
		_, err := Analyse(in, 15)
		var bad *badrow.Error
		if !errors.As(err, &bad) || bad.Record != 4 || bad.Column != c.column {
			t.Errorf("%s: got %v, want record 4, column %s", name, err, c.column)
		}
	}
	if _, err := Analyse(flat(30), math.NaN()); err == nil {
		t.Error("a change at NaN was taken")
	}
}
