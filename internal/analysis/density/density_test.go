package density_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"lantern.example/lantern/internal/analysis/density"
)

// TestAgainstSpatstat: density at the 513 different places of Chicago arson, as
// spatstat.explore 3.0-6 has it with leaveoneout = FALSE.
func TestAgainstSpatstat(t *testing.T) {
	dir := filepath.Join("..", "..", "..", "..", "shared", "data", "hotspots")
	raw, err := os.ReadFile(filepath.Join(dir, "expected.json"))
	if err != nil {
		t.Skip("the reference values are not here: ", err)
	}
	var expected struct {
		KDE map[string]struct {
			Sigma     float64    `json:"sigma"`
			Window    [4]float64 `json:"window"`
			NoEdge    []float64  `json:"no_edge_first20"`
			Edge      []float64  `json:"edge_uniform_first20"`
			SumNoEdge float64    `json:"sum_no_edge"`
			SumEdge   float64    `json:"sum_edge"`
			ClarkEva  float64    `json:"clark_evans_none"`
			Unique    int        `json:"n_unique"`
		} `json:"kde"`
	}
	if err := json.Unmarshal(raw, &expected); err != nil {
		t.Fatal(err)
	}
	want := expected.KDE["chicago_arson"]
	f, err := os.Open(filepath.Join(dir, "chicago_arson.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var x, y []float64
	seen := map[[2]string]bool{}
	for _, r := range rows[1:] {
		if key := [2]string{r[0], r[1]}; !seen[key] {
			seen[key] = true
			a, _ := strconv.ParseFloat(r[0], 64)
			b, _ := strconv.ParseFloat(r[1], 64)
			x, y = append(x, a), append(y, b)
		}
	}
	if len(x) != want.Unique {
		t.Fatalf("%d different places, want %d", len(x), want.Unique)
	}
	w := density.Window{X0: want.Window[0], X1: want.Window[1], Y0: want.Window[2], Y1: want.Window[3]}
	for _, c := range []struct {
		name  string
		plain bool
		first []float64
		sum   float64
	}{{"uncorrected", true, want.NoEdge, want.SumNoEdge}, {"edge corrected", false, want.Edge, want.SumEdge}} {
		t.Run(c.name, func(t *testing.T) {
			res, err := density.Estimate(x, y, density.Options{Bandwidth: want.Sigma, Window: &w, AtPoints: true, Uncorrected: c.plain, Threads: 2})
			if err != nil || res.Refused {
				t.Fatal(err, res.Reasons)
			}
			sum := 0.0
			for _, v := range res.AtPoints {
				sum += v
			}
			if math.Abs(sum/c.sum-1) > 1e-9 {
				t.Errorf("sum over the points: got %.13g, want %.13g", sum, c.sum)
			}
			for i, v := range c.first {
				if math.Abs(res.AtPoints[i]/v-1) > 1e-9 {
					t.Errorf("point %d: got %.13g, want %.13g", i+1, res.AtPoints[i], v)
				}
			}
		})
	}
	if r, err := density.ClarkEvans(x, y, w); err != nil || math.Abs(r-want.ClarkEva) > 1e-9 {
		t.Errorf("Clark-Evans: got %.13g, %v, want %.13g", r, err, want.ClarkEva)
	}
}

// TestGridAgainstDirectSum compares the transform with the sum it stands for.
func TestGridAgainstDirectSum(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 40).Draw(t, "events")
		wide, high := rapid.Float64Range(1000, 5000).Draw(t, "width"), rapid.Float64Range(1000, 5000).Draw(t, "height")
		w := density.Window{X0: 4e5, X1: 4e5 + wide, Y0: 3e5, Y1: 3e5 + high}
		var x, y []float64
		for range n {
			x = append(x, w.X0+wide*rapid.Float64Range(0, 1).Draw(t, "x"))
			y = append(y, w.Y0+high*rapid.Float64Range(0, 1).Draw(t, "y"))
		}
		step := max(wide, high) / 64
		h := step * rapid.Float64Range(10, 100).Draw(t, "bandwidth in cells")
		res, err := density.Estimate(x, y, density.Options{Bandwidth: h, Window: &w, Size: 64})
		if err != nil {
			t.Fatal(err)
		}
		if res.Refused {
			return
		}
		g := res.Grid
		top := 0.0
		for _, v := range g.Values {
			top = max(top, v)
		}
		for _, k := range []int{0, len(g.Values) - 1, len(g.Values) / 2, rapid.IntRange(0, len(g.Values)-1).Draw(t, "node")} {
			u, v := g.X0+float64(k%g.NX)*g.Step, g.Y0+float64(k/g.NX)*g.Step
			sum := 0.0
			for i := range x {
				sum += math.Exp(-((x[i]-u)*(x[i]-u) + (y[i]-v)*(y[i]-v)) / (2 * h * h))
			}
			inside := mass(w.X0, w.X1, u, h) * mass(w.Y0, w.Y1, v, h)
			if want := sum / (2 * math.Pi * h * h) / inside; math.Abs(g.Values[k]-want) > 0.003*top {
				t.Fatalf("node %d: got %g, want %g (top %g)", k, g.Values[k], want, top)
			}
		}
	})
}

// mass integrates the kernel over the window by the midpoint rule.
func mass(low, high, at, h float64) float64 {
	const n = 4000
	sum := 0.0
	for k := range n {
		d := (low + (high-low)*(float64(k)+0.5)/n - at) / h
		sum += math.Exp(-d*d/2) / (math.Sqrt(2*math.Pi) * h) * (high - low) / n
	}
	return sum
}

// TestEvenEventsGiveAnEvenSurface: with the correction edges and corners are as
// high as the middle; without it a corner is a quarter of it.
func TestEvenEventsGiveAnEvenSurface(t *testing.T) {
	var x, y []float64
	for i := range 100 {
		for j := range 100 {
			x, y = append(x, 10*float64(i)+5), append(y, 10*float64(j)+5)
		}
	}
	w := density.Window{X0: 0, X1: 1000, Y0: 0, Y1: 1000}
	res, err := density.Estimate(x, y, density.Options{Bandwidth: 60, Window: &w, Size: 100})
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range res.Grid.Values {
		if math.Abs(v-0.01) > 1e-4 {
			t.Fatalf("node %d: got %g events a square metre, want 0.01", k, v)
		}
	}
	plain, err := density.Estimate(x, y, density.Options{Bandwidth: 60, Window: &w, Size: 100, Uncorrected: true})
	if err != nil {
		t.Fatal(err)
	}
	if corner := plain.Grid.Values[0]; corner > 0.0032 || plain.EdgeCorrected {
		t.Errorf("uncorrected corner: got %g, want about 0.0025", corner)
	}
}

func TestLeaveOut(t *testing.T) {
	w := density.Window{X0: 0, X1: 1000, Y0: 0, Y1: 1000}
	opt := density.Options{Bandwidth: 50, Window: &w, Size: 64, AtPoints: true, Uncorrected: true}
	with, err := density.Estimate([]float64{500, 530}, []float64{500, 540}, opt)
	if err != nil {
		t.Fatal(err)
	}
	opt.LeaveOut = true
	without, err := density.Estimate([]float64{500, 530}, []float64{500, 540}, opt)
	if err != nil {
		t.Fatal(err)
	}
	own := 1 / (2 * math.Pi * 2500)
	if got, want := without.AtPoints[0], own*math.Exp(-0.5); math.Abs(got-want) > 1e-15 {
		t.Errorf("one bandwidth away: got %g, want %g", got, want)
	}
	if d := with.AtPoints[0] - without.AtPoints[0]; math.Abs(d-own) > 1e-15 {
		t.Errorf("own share: got %g, want %g", d, own)
	}
}

func TestRefusals(t *testing.T) {
	cases := []struct {
		name string
		x, y []float64
		opt  density.Options
		want string
	}{
		{"none", nil, nil, density.Options{}, "no events"},
		{"one", []float64{5}, []float64{5}, density.Options{}, "there is one event"},
		{"one place", []float64{5, 5, 5}, []float64{7, 7, 7}, density.Options{Window: &density.Window{X1: 10, Y1: 10}}, "all 3 events are at the same place"},
		{"a line", []float64{5, 5, 5}, []float64{7, 8, 9}, density.Options{}, "on one line"},
		{"all outside", []float64{50, 60}, []float64{7, 8}, density.Options{Window: &density.Window{X1: 10, Y1: 10}}, "no events in the window"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			res, err := density.Estimate(c.x, c.y, c.opt)
			if err != nil || !res.Refused || res.Grid != nil || res.Bandwidth != nil || len(res.Reasons) != 1 || !strings.Contains(res.Reasons[0], c.want) {
				t.Errorf("got %+v, %v: want a refusal with %q", res, err, c.want)
			}
		})
	}
}

func TestErrors(t *testing.T) {
	x, y := []float64{0, 100, 50}, []float64{0, 100, 20}
	cases := []struct {
		name string
		x, y []float64
		opt  density.Options
		want string
	}{
		{"not a number", []float64{0, math.NaN()}, []float64{0, 1}, density.Options{}, "event 2 lies at (NaN, 1)"},
		{"infinite", []float64{0, math.Inf(1)}, []float64{0, 1}, density.Options{}, "event 2"},
		{"ragged", x, y[:2], density.Options{}, "3 x and 2 y"},
		{"negative bandwidth", x, y, density.Options{Bandwidth: -1}, "bandwidth is -1"},
		{"grid too coarse", x, y, density.Options{Bandwidth: 3, Size: 10}, "less than two cells of 10 m"},
		{"too many cells", x, y, density.Options{Size: 100_000}, "size is 100000"},
		{"window upside down", x, y, density.Options{Window: &density.Window{X0: 5, X1: 1, Y1: 5}}, "expected x0 < x1"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if _, err := density.Estimate(c.x, c.y, c.opt); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error with %q", err, c.want)
			}
		})
	}
	if _, err := density.ClarkEvans([]float64{1}, []float64{1}, density.Window{X1: 2, Y1: 2}); err == nil {
		t.Error("Clark-Evans of one event was accepted")
	}
}

func TestWhatIsSaidOfTheBandwidthAndTheWindow(t *testing.T) {
	res, err := density.Estimate([]float64{0, 100, 50, 900}, []float64{0, 100, 20, 20}, density.Options{Window: &density.Window{X1: 200, Y1: 200}})
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Join(res.Warnings, "\n")
	for _, want := range []string{"Scott's rule", "1 of 4 events lie outside", "single addresses"} {
		if !strings.Contains(all, want) {
			t.Errorf("no warning with %q in:\n%s", want, all)
		}
	}
	// Sample variances 2500 and 2800 of the three events inside.
	if want := math.Sqrt(2650) * math.Pow(3, -1.0/6); math.Abs(*res.Bandwidth-want) > 1e-9 {
		t.Errorf("Scott's rule: got %g, want %g", *res.Bandwidth, want)
	}
}

func TestSameAnswerForAnyNumberOfThreads(t *testing.T) {
	x, y := scatter(500)
	var first density.Result
	for k, threads := range []int{1, 2, 7} {
		res, err := density.Estimate(x, y, density.Options{Bandwidth: 300, Size: 200, AtPoints: true, Threads: threads})
		if err != nil {
			t.Fatal(err)
		}
		if k == 0 {
			first = res
		} else if !reflect.DeepEqual(res, first) {
			t.Errorf("%d threads give another surface than one", threads)
		}
	}
}

func scatter(n int) (x, y []float64) {
	r := rand.New(rand.NewPCG(1, 1))
	for range n {
		x, y = append(x, 20_000*r.Float64()), append(y, 20_000*r.Float64())
	}
	return x, y
}

func ExampleEstimate() {
	// Ten events around the bus station, two elsewhere.
	var x, y []float64
	for i := range 10 {
		x, y = append(x, 1000+20*float64(i%4)), append(y, 1000+20*float64(i%3))
	}
	x, y = append(x, 3000, 3500), append(y, 2800, 500)
	res, err := density.Estimate(x, y, density.Options{Bandwidth: 300, Window: &density.Window{X1: 4000, Y1: 4000}, Size: 80})
	if err != nil {
		fmt.Println(err)
		return
	}
	g, top := res.Grid, 0
	for k, v := range g.Values {
		if v > g.Values[top] {
			top = k
		}
	}
	fmt.Printf("%d by %d cells of %.0f m; densest at (%.0f, %.0f): %.1f events per square km\n",
		g.NX, g.NY, g.Step, g.X0+float64(top%g.NX)*g.Step, g.Y0+float64(top/g.NX)*g.Step, 1e6*g.Values[top])
	// Output: 80 by 80 cells of 50 m; densest at (1025, 1025): 17.5 events per square km
}

func BenchmarkGrid512Of100kEvents(b *testing.B) {
	x, y := scatter(100_000)
	for b.Loop() {
		if _, err := density.Estimate(x, y, density.Options{Bandwidth: 500, Threads: 2}); err != nil {
			b.Fatal(err)
		}
	}
}
