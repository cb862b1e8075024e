package nearrepeat_test

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
	"time"

	"pgregory.net/rapid"

	"lantern.example/lantern/internal/analysis/nearrepeat"
)

var start = time.Date(2024, 1, 10, 0, 0, 0, 0, time.UTC)

func at(x, y float64, day int) nearrepeat.Event {
	return nearrepeat.Event{X: x, Y: y, Date: start.AddDate(0, 0, day)}
}

func TestAgainstNearRepeat(t *testing.T) {
	dir := filepath.Join("..", "..", "..", "..", "shared", "data", "hotspots")
	raw, err := os.ReadFile(filepath.Join(dir, "expected.json"))
	if err != nil {
		t.Skip("the reference values are not here: ", err)
	}
	var expected struct {
		Knox map[string]struct {
			Distance []float64   `json:"sds"`
			Days     []float64   `json:"tds"`
			Observed [][]int     `json:"observed"`
			Ratio    [][]float64 `json:"knox_ratio_mean"`
			P        [][]float64 `json:"p"`
		} `json:"knox"`
	}
	if err := json.Unmarshal(raw, &expected); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(filepath.Join(dir, "chicago_arson.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var events []nearrepeat.Event
	for _, r := range rows[1:] {
		x, _ := strconv.ParseFloat(r[0], 64)
		y, _ := strconv.ParseFloat(r[1], 64)
		d, err := time.Parse("2006-01-02", r[2])
		if err != nil {
			t.Fatal(err)
		}
		events = append(events, nearrepeat.Event{X: x, Y: y, Date: d})
	}
	for _, metric := range []nearrepeat.Metric{nearrepeat.Manhattan, nearrepeat.Euclidean} {
		t.Run(string(metric), func(t *testing.T) {
			want := expected.Knox["chicago_arson__"+string(metric)]
			res, err := nearrepeat.Knox(events, nearrepeat.Options{Distance: want.Distance, Days: want.Days, Metric: metric, Seed: 1, Threads: 2})
			if err != nil || res.Refused {
				t.Fatal(err, res.Reasons)
			}
			k := 0
			for i := range want.Observed {
				for j := range want.Observed[i] {
					c := res.Bands[k]
					k++
					if c.Distance.From != want.Distance[i] || *c.Days.To != want.Days[j+1] {
						t.Fatalf("cell %d is %+v", k, c)
					}
					if c.Observed != want.Observed[i][j] {
						t.Errorf("%+v x %+v: observed %d, NearRepeat %d", c.Distance, c.Days, c.Observed, want.Observed[i][j])
					}
					// Theirs is the mean of 999 simulations, ours the exact mean: allow four
					// standard errors of a count with that mean.
					if r := want.Ratio[i][j]; math.Abs(*c.Ratio-r) > r*4/math.Sqrt(999*c.Expected)+1e-4 {
						t.Errorf("%+v x %+v: ratio %g, NearRepeat %g", c.Distance, c.Days, *c.Ratio, r)
					}
					p := want.P[i][j]
					if math.Abs(c.P-p) > 0.001+4*math.Sqrt(2*p*(1-p)/999) {
						t.Errorf("%+v x %+v: p %g, NearRepeat %g", c.Distance, c.Days, c.P, p)
					}
				}
			}
			if first := res.Bands[0]; first.Observed != 5 || first.P != 0.001 || math.Abs(*first.Ratio-10.45) > 0.6 {
				t.Errorf("same place within 8 days: got %+v, want 5 pairs, ratio 10.45, p .001", first)
			}
		})
	}
}

// TestEdges: an interval holds where it begins and not where it ends.
func TestEdges(t *testing.T) {
	cases := []struct {
		name     string
		x, y     float64
		days     int
		distance string // band it falls in
		gap      string
	}{
		{"distance exactly 100", 100, 0, 3, "100-200", "0-7"},
		{"just below 100", 99.999, 0, 3, "1-100", "0-7"},
		{"100 in decimals that do not add up in binary", 33.1, 66.9, 3, "100-200", "0-7"},
		{"time exactly 7", 50, 0, 7, "1-100", "7-14"},
		{"time 6", 50, 0, 6, "1-100", "0-7"},
		{"same place, same day", 0, 0, 0, "0-1", "0-7"},
		{"beyond the last distance", 200, 0, 0, "", ""},
		{"beyond the last day", 0, 0, 14, "", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			// A third event far away in space and time keeps the data from being
			// one place or one day.
			events := []nearrepeat.Event{at(350_000.3, 500_000.7, 0), at(350_000.3+c.x, 500_000.7+c.y, c.days), at(9e5, 9e5, 400)}
			res, err := nearrepeat.Knox(events, nearrepeat.Options{Distance: []float64{0, 1, 100, 200}, Days: []float64{0, 7, 14}})
			if err != nil || res.Refused {
				t.Fatal(err, res.Reasons)
			}
			got := ""
			for _, b := range res.Bands {
				if b.Observed > 0 {
					got += fmt.Sprintf("%g-%g %g-%g", b.Distance.From, *b.Distance.To, b.Days.From, *b.Days.To)
				}
			}
			if want := strings.TrimSpace(c.distance + " " + c.gap); got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

// TestAgainstAllPairs counts every pair the slow way, open bands included, and
// works the expectation out by going through every permutation.
func TestAgainstAllPairs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 6).Draw(t, "events")
		var events []nearrepeat.Event
		for range n {
			events = append(events, at(float64(rapid.IntRange(0, 4).Draw(t, "x")), float64(rapid.IntRange(0, 4).Draw(t, "y")), rapid.IntRange(0, 9).Draw(t, "day")))
		}
		opt := nearrepeat.Options{
			Distance: rapid.SampledFrom([][]float64{{0, 1, 3}, {0, 2, math.Inf(1)}, {1, 2, 4, math.Inf(1)}, {0, math.Inf(1)}}).Draw(t, "distance"),
			Days:     rapid.SampledFrom([][]float64{{0, 1, 4}, {0, 3, math.Inf(1)}, {2, 5}}).Draw(t, "days"),
			Metric:   rapid.SampledFrom([]nearrepeat.Metric{nearrepeat.Manhattan, nearrepeat.Euclidean}).Draw(t, "metric"),
		}
		res, err := nearrepeat.Knox(events, opt)
		if err != nil {
			t.Fatal(err)
		}
		if res.Refused {
			return
		}
		order := make([]int, n)
		for i := range order {
			order[i] = i
		}
		sums, ways := make([]float64, len(res.Bands)), 0.0
		var deal func(k int)
		deal = func(k int) {
			if k == n {
				for c, b := range res.Bands {
					sums[c] += float64(slow(events, order, b, opt.Metric))
				}
				ways++
				return
			}
			for i := k; i < n; i++ {
				order[k], order[i] = order[i], order[k]
				deal(k + 1)
				order[k], order[i] = order[i], order[k]
			}
		}
		deal(0)
		for c, b := range res.Bands {
			if want := slow(events, order, b, opt.Metric); b.Observed != want {
				t.Fatalf("%+v: observed %d, want %d", b, b.Observed, want)
			}
			if want := sums[c] / ways; math.Abs(b.Expected-want) > 1e-9 {
				t.Fatalf("%+v: expected %g, the mean over all permutations is %g", b, b.Expected, want)
			}
			if !(b.P > 0 && b.P <= 1) || (b.Observed == 0 && b.P != 1) {
				t.Fatalf("%+v: p out of range", b)
			}
		}
	})
}

func slow(events []nearrepeat.Event, order []int, c nearrepeat.Cell, metric nearrepeat.Metric) int {
	in := func(b nearrepeat.Band, v float64) bool { return v >= b.From && (b.To == nil || v < *b.To) }
	count := 0
	for i := range events {
		for j := range i {
			dx, dy := math.Abs(events[i].X-events[j].X), math.Abs(events[i].Y-events[j].Y)
			d := dx + dy
			if metric == nearrepeat.Euclidean {
				d = math.Hypot(dx, dy)
			}
			gap := math.Abs(events[order[i]].Date.Sub(events[order[j]].Date).Hours() / 24)
			if in(c.Distance, d) && in(c.Days, gap) {
				count++
			}
		}
	}
	return count
}

// TestFindsPlantedRepeats plants follow-up events and, on the other side, checks
// that scattered events are called so and p is uniform enough.
func TestFindsPlantedRepeats(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	var events []nearrepeat.Event
	for range 300 {
		events = append(events, at(10_000*r.Float64(), 10_000*r.Float64(), r.IntN(365)))
	}
	res, err := nearrepeat.Knox(events, nearrepeat.Options{Distance: []float64{0, 200, 400}})
	if err != nil || !strings.HasPrefix(*res.Sentence, "No near-repeat pattern") {
		t.Errorf("scattered: %q, %v", *res.Sentence, err)
	}
	for i := range 40 {
		e := events[i]
		events = append(events, nearrepeat.Event{X: e.X + 50, Y: e.Y, Date: e.Date.AddDate(0, 0, 3)})
	}
	res, err = nearrepeat.Knox(events, nearrepeat.Options{Distance: []float64{0, 200, 400}})
	if err != nil || !strings.HasPrefix(*res.Sentence, "Events repeat near each other") || *res.Bands[0].Ratio < 3 {
		t.Errorf("planted: %q, %v", *res.Sentence, err)
	}
}

func TestFalsePositives(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 1))
	low := 0
	const series = 400
	for k := range series {
		var events []nearrepeat.Event
		for range 60 {
			events = append(events, at(1000*r.Float64(), 1000*r.Float64(), r.IntN(60)))
		}
		res, err := nearrepeat.Knox(events, nearrepeat.Options{Distance: []float64{0, 200}, Days: []float64{0, 7}, Permutations: 99, Seed: uint64(k)})
		if err != nil {
			t.Fatal(err)
		}
		if res.Bands[0].P <= 0.05 {
			low++
		}
	}
	if low > 36 { // 20 expected at most, standard deviation 4.4
		t.Errorf("%d of %d series without near repeats have p <= .05", low, series)
	}
}

func TestRefusals(t *testing.T) {
	two := []nearrepeat.Event{at(0, 0, 0), at(50, 0, 3)}
	var firsts []nearrepeat.Event
	for m := range 12 {
		firsts = append(firsts, nearrepeat.Event{X: float64(m), Date: time.Date(2024, time.Month(m+1), 1, 0, 0, 0, 0, time.UTC)})
	}
	cases := []struct {
		name   string
		events []nearrepeat.Event
		opt    nearrepeat.Options
		want   string
	}{
		{"none", nil, nearrepeat.Options{}, "there are no events"},
		{"one", two[:1], nearrepeat.Options{}, "there is one event"},
		{"one day", []nearrepeat.Event{at(0, 0, 0), at(5, 0, 0)}, nearrepeat.Options{}, "the same day"},
		{"one place", []nearrepeat.Event{at(5, 5, 0), at(5, 5, 9)}, nearrepeat.Options{}, "the same place"},
		{"snapped", two, nearrepeat.Options{Snapped: true}, "near-repeat analysis needs partners' own"},
		{"months", two, nearrepeat.Options{MonthsOnly: true}, "only the month"},
		{"months written as dates", firsts, nearrepeat.Options{}, "the first of a month"},
		{"a date in the wrong millennium", []nearrepeat.Event{at(0, 0, 0), at(5, 0, 500_000)}, nearrepeat.Options{}, "a date is probably wrong"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			res, err := nearrepeat.Knox(c.events, c.opt)
			if err != nil || !res.Refused || res.Bands != nil || res.Sentence != nil || len(res.Reasons) != 1 || !strings.Contains(res.Reasons[0], c.want) {
				t.Errorf("got %+v, %v: want a refusal with %q", res, err, c.want)
			}
		})
	}
}

func TestErrors(t *testing.T) {
	two := []nearrepeat.Event{at(0, 0, 0), at(50, 0, 3)}
	cases := []struct {
		name   string
		events []nearrepeat.Event
		opt    nearrepeat.Options
		want   string
	}{
		{"not a number", []nearrepeat.Event{at(0, 0, 0), at(0, math.NaN(), 0)}, nearrepeat.Options{}, "event 2 lies at (0, NaN)"},
		{"metric", two, nearrepeat.Options{Metric: "crow"}, `the metric is "crow"`},
		{"one edge", two, nearrepeat.Options{Distance: []float64{5}}, "has 1 edges"},
		{"falling", two, nearrepeat.Options{Distance: []float64{5, 5}}, "edge 2 of the distance is 5 after 5"},
		{"negative", two, nearrepeat.Options{Days: []float64{-1, 5}}, "edge 1 of the days is -1"},
		{"half days", two, nearrepeat.Options{Days: []float64{0, 1.5}}, "expected whole days"},
		{"infinite in the middle", two, nearrepeat.Options{Distance: []float64{0, math.Inf(1), math.Inf(1)}}, "distance is"},
		{"permutations", two, nearrepeat.Options{Permutations: -4}, "-4 permutations"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if _, err := nearrepeat.Knox(c.events, c.opt); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error with %q", err, c.want)
			}
		})
	}
}

func TestSameAnswerForAnyNumberOfThreads(t *testing.T) {
	events := scatter(300)
	var first nearrepeat.Result
	for k, threads := range []int{1, 2, 5} {
		res, err := nearrepeat.Knox(events, nearrepeat.Options{Seed: 9, Threads: threads, Permutations: 199})
		if err != nil {
			t.Fatal(err)
		}
		if k == 0 {
			first = res
		} else if !reflect.DeepEqual(res, first) {
			t.Errorf("%d threads give another answer than one", threads)
		}
	}
}

func TestWarnsOfOneEventRecordedTwice(t *testing.T) {
	res, err := nearrepeat.Knox([]nearrepeat.Event{at(0, 0, 0), at(0, 0, 0), at(50, 0, 3)}, nearrepeat.Options{})
	if err != nil || len(res.Warnings) == 0 || !strings.Contains(res.Warnings[0], "1 pairs share place and day") {
		t.Errorf("got %q, %v", res.Warnings, err)
	}
}

func TestParseEdges(t *testing.T) {
	got, err := nearrepeat.ParseEdges("0, 1,100,inf")
	if err != nil || !reflect.DeepEqual(got, []float64{0, 1, 100, math.Inf(1)}) {
		t.Errorf("got %v, %v", got, err)
	}
	for _, bad := range []string{"", "0,,1", "0;1", "nan,1"} {
		if _, err := nearrepeat.ParseEdges(bad); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}

func FuzzParseEdges(f *testing.F) {
	f.Add("0,1,100,inf")
	f.Add("1e309,-0")
	f.Fuzz(func(t *testing.T, text string) {
		edges, err := nearrepeat.ParseEdges(text)
		if err != nil {
			return
		}
		if len(edges) != strings.Count(text, ",")+1 {
			t.Errorf("%q gave %d edges", text, len(edges))
		}
		for _, e := range edges {
			if math.IsNaN(e) {
				t.Errorf("%q gave an edge that is not a number", text)
			}
		}
	})
}

func scatter(n int) []nearrepeat.Event {
	r := rand.New(rand.NewPCG(2, 2))
	var events []nearrepeat.Event
	for range n {
		events = append(events, at(5000*r.Float64(), 5000*r.Float64(), r.IntN(365)))
	}
	return events
}

func ExampleKnox() {
	day := func(d int) time.Time { return time.Date(2024, 3, d, 0, 0, 0, 0, time.UTC) }
	events := []nearrepeat.Event{
		{X: 1000, Y: 1000, Date: day(1)}, {X: 1040, Y: 1000, Date: day(4)},
		{X: 5000, Y: 2000, Date: day(10)}, {X: 5000, Y: 2030, Date: day(12)},
		{X: 9000, Y: 7000, Date: day(20)}, {X: 9010, Y: 7010, Date: day(23)},
	}
	res, err := nearrepeat.Knox(events, nearrepeat.Options{Distance: []float64{0, 100}, Days: []float64{0, 8}, Seed: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	b := res.Bands[0]
	fmt.Printf("%d pairs, %.1f expected, ratio %.2f\n", b.Observed, b.Expected, *b.Ratio)
	// Output: 3 pairs, 0.8 expected, ratio 3.75
}

func BenchmarkKnox970Points999(b *testing.B) {
	events := scatter(970)
	for b.Loop() {
		if _, err := nearrepeat.Knox(events, nearrepeat.Options{Threads: 2}); err != nil {
			b.Fatal(err)
		}
	}
}
