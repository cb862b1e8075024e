package hotspot_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"lantern.example/lantern/internal/analysis/hotspot"
	"lantern.example/lantern/internal/geo"
)

// data opens a file of the public hot-spot data, or skips the test.
func data(t *testing.T, name string) [][]string {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "..", "..", "..", "shared", "data", "hotspots", name))
	if err != nil {
		t.Skip("the public test data is not here: ", err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// reference is what R's spdep 1.2-7 says of one map (checked with PySAL).
type reference struct {
	MoranI      float64   `json:"moran_I"`
	MoranE      float64   `json:"moran_E"`
	MoranVar    float64   `json:"moran_var_rand"`
	MoranZ      float64   `json:"moran_z"`
	GiStarZ     []float64 `json:"gi_star_z"`
	GiZ         []float64 `json:"gi_z"`
	StandOut    any       `json:"gi_star_p_fdr_le_05"`
	LocalMoran  []float64 `json:"local_moran_I"`
	P           []float64 `json:"perm9999_p_folded"`
	LocalStands any       `json:"perm_fdr_le_05"`
}

func ids(v any) []string {
	out := []string{}
	switch v := v.(type) {
	case float64:
		out = append(out, strconv.Itoa(int(v)))
	case []any:
		for _, x := range v {
			out = append(out, strconv.Itoa(int(x.(float64))))
		}
	}
	return out
}

func TestAgainstSpdep(t *testing.T) {
	var expected struct {
		Areas map[string]map[string]json.RawMessage `json:"areas"`
	}
	raw, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "shared", "data", "hotspots", "expected.json"))
	if err != nil {
		t.Skip("the reference values are not here: ", err)
	}
	if err := json.Unmarshal(raw, &expected); err != nil {
		t.Fatal(err)
	}
	for file, columns := range map[string][]string{"stl_homicide": {"HR7984", "HR8488", "HR8893", "HC8893"}, "columbus_crime": {"CRIME", "HOVAL", "INC"}} {
		rows := data(t, file+".csv")
		var links []hotspot.Link
		for _, r := range data(t, file+"_neighbours.csv")[1:] {
			links = append(links, hotspot.Link{I: r[0], J: r[1]})
		}
		for _, column := range columns {
			t.Run(file+"/"+column, func(t *testing.T) {
				var want reference
				if err := json.Unmarshal(expected.Areas[file][column], &want); err != nil {
					t.Fatal(err)
				}
				names, values := read(t, rows, column)
				w, match, err := hotspot.Join(names, links)
				if err != nil {
					t.Fatal(err)
				}
				res, err := hotspot.Areas(names, values, w, &match, hotspot.Options{Seed: 1, Threads: 2})
				if err != nil || res.Refused {
					t.Fatal(err, res.Reasons)
				}
				if res.Matched != len(names) || res.Unmatched != 0 {
					t.Errorf("matched %d, unmatched %d of %d", res.Matched, res.Unmatched, len(names))
				}
				near(t, "Moran's I", res.Moran.I, want.MoranI, 1e-9)
				near(t, "expectation", res.Moran.Expected, want.MoranE, 1e-9)
				near(t, "variance", res.Moran.Variance, want.MoranVar, 1e-9)
				near(t, "z", res.Moran.Z, want.MoranZ, 1e-8)
				var local []string
				chi := 0.0
				for i, a := range res.Areas {
					near(t, "Gi* of "+a.ID, *a.GiStarZ, want.GiStarZ[i], 1e-6)
					near(t, "Gi of "+a.ID, *a.GiZ, want.GiZ[i], 1e-6)
					near(t, "local Moran of "+a.ID, *a.LocalMoran, want.LocalMoran[i], 1e-6)
					// Both sides are Monte Carlo with 9,999 draws, and p is twice a share q:
					// the standard error of the difference is 2 sqrt(2 q(1-q)/9999).
					q := want.P[i] / 2
					se := 2 * math.Sqrt(2*q*(1-q)/9999)
					near(t, "p of "+a.ID, *a.LocalMoranP, want.P[i], 0.0005+4*se)
					chi += (*a.LocalMoranP - want.P[i]) * (*a.LocalMoranP - want.P[i]) / (se * se) / float64(len(res.Areas))
					if *a.LocalMoranPFDR <= 0.05 {
						local = append(local, a.ID)
					}
				}
				if got, want := append(slices.Clone(res.High), res.Low...), ids(want.StandOut); !reflect.DeepEqual(sorted(got), sorted(want)) {
					t.Errorf("Gi* stands out: got %v, want %v", got, want)
				}
				if chi > 1.6 { // about 1 when both draw from the same distribution; 2 to 6 without replacement
					t.Errorf("permutation p differ from spdep's by more than chance: mean squared standardised difference %.2f", chi)
				}
				// spdep's own list is borderline here and there (two p of .0020 and .0022
				// where .0020 passes), so it must lie between what passes when its p are
				// four standard errors larger and smaller.
				least, most := passing(want.P, 4), passing(want.P, -4)
				for i, a := range res.Areas {
					if in := slices.Contains(local, a.ID); in && !most[i] || !in && least[i] {
						t.Errorf("local Moran after FDR: area %s passes: %v; p %g, spdep %g (its list: %v)", a.ID, in, *a.LocalMoranP, want.P[i], ids(want.LocalStands))
					}
				}
			})
		}
	}
}

// passing says which p, moved by so many standard errors, pass FDR at 0.05.
func passing(p []float64, moved float64) []bool {
	q := make([]float64, len(p))
	for i, v := range p {
		q[i] = max(2.0/10_000, v+moved*2*math.Sqrt(2*v/2*(1-v/2)/9999))
	}
	out := make([]bool, len(p))
	for i, v := range hotspot.BenjaminiHochberg(q) {
		out[i] = v <= 0.05
	}
	return out
}

func sorted(s []string) []string {
	s = slices.Clone(s)
	slices.Sort(s)
	return s
}

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s: got %.10g, want %.10g within %g", what, got, want, tolerance)
	}
}

func read(t *testing.T, rows [][]string, column string) (names []string, values []float64) {
	t.Helper()
	c := slices.Index(rows[0], column)
	for _, r := range rows[1:] {
		v, err := strconv.ParseFloat(r[c], 64)
		if err != nil {
			t.Fatal(err)
		}
		names, values = append(names, r[0]), append(values, v)
	}
	return names, values
}

func TestConditionalPermutationIsExactInTheLimit(t *testing.T) {
	// Five areas; area 1 has neighbours 2 and 3. Of the 6 pairs among the other
	// four values {9, 7, 1, 0} none is above the observed sum of 16 and {9, 7}
	// ties with it, so without replacement p tends to 2 (1/6)/2. Of the 16 ordered
	// draws with replacement, {9, 9} is above and {9, 7} ties twice: p tends to
	// 2 (1 + 2/2)/16. Area 5 has all others as neighbours: without replacement
	// every draw is the same and p is 1.
	w, err := hotspot.NewWeights([][]int{{1, 2}, {0}, {0}, {4}, {0, 1, 2, 3}})
	if err != nil {
		t.Fatal(err)
	}
	res, err := hotspot.Areas([]string{"1", "2", "3", "4", "5"}, []float64{5, 9, 7, 1, 0}, w, nil, hotspot.Options{Permutations: 200_000, Seed: 3, WithoutReplacement: true})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "p of area 1", *res.Areas[0].LocalMoranP, 1.0/6, 0.004)
	if p := *res.Areas[4].LocalMoranP; p != 1 {
		t.Errorf("p of area 5: got %g, want 1", p)
	}
	res, err = hotspot.Areas([]string{"1", "2", "3", "4", "5"}, []float64{5, 9, 7, 1, 0}, w, nil, hotspot.Options{Permutations: 200_000, Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "p of area 1 with replacement", *res.Areas[0].LocalMoranP, 4.0/16, 0.004)
}

func TestSameAnswerForAnyNumberOfThreads(t *testing.T) {
	x, y := cluster(2000)
	var first []byte
	for _, threads := range []int{1, 2, 3, 8} {
		res, err := hotspot.FromGrid(x, y, hotspot.Points{CellMetres: 250}, hotspot.Options{Permutations: 99, Seed: 7, Threads: threads})
		if err != nil {
			t.Fatal(err)
		}
		raw, err := json.Marshal(res)
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = raw
		} else if string(raw) != string(first) {
			t.Errorf("%d threads give another answer than one", threads)
		}
	}
}

// cluster draws events: half anywhere in 5 km, half in one 250 m spot.
func cluster(n int) (x, y []float64) {
	r := rand.New(rand.NewPCG(1, 2))
	for i := range n {
		if i%2 == 0 {
			x, y = append(x, 400_000+5000*r.Float64()), append(y, 300_000+5000*r.Float64())
		} else {
			x, y = append(x, 402_500+250*r.Float64()), append(y, 302_500+250*r.Float64())
		}
	}
	return x, y
}

func TestFromGridFindsThePlantedSpot(t *testing.T) {
	x, y := cluster(2000)
	res, err := hotspot.FromGrid(x, y, hotspot.Points{CellMetres: 250}, hotspot.Options{Permutations: 99})
	if err != nil || res.Refused {
		t.Fatal(err, res.Reasons)
	}
	if res.N != 400 || !slices.Contains(res.High, "250:1610:1210") || len(res.High) > 9 {
		t.Errorf("n %d, high %v: want 400 cells and the planted one with at most its neighbours", res.N, res.High)
	}
	total := 0.0
	for _, a := range res.Areas {
		total += a.Value
	}
	if total != 2000 {
		t.Errorf("the cells hold %g events, want 2000", total)
	}
}

func TestNoAreaStandsOut(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	var x, y []float64
	for range 3000 {
		x, y = append(x, 10_000*r.Float64()), append(y, 10_000*r.Float64())
	}
	res, err := hotspot.FromGrid(x, y, hotspot.Points{CellMetres: 500}, hotspot.Options{Permutations: -1})
	if err != nil {
		t.Fatal(err)
	}
	if res.Refused || len(res.High)+len(res.Low) != 0 || !strings.HasPrefix(*res.Sentence, "No area stands out") {
		t.Errorf("scattered events: got %q", *res.Sentence)
	}
	if res.Areas[0].LocalMoranP != nil {
		t.Error("a permutation p without permutations")
	}
}

func TestLongitudeLatitude(t *testing.T) {
	// Charing Cross and around; one event in the sea off Ghana (0, 0).
	lon := []float64{-0.1276, -0.1270, -0.1200, -0.1100, -0.1276, 0}
	lat := []float64{51.5072, 51.5080, 51.5100, 51.5150, 51.5072, 0}
	res, err := hotspot.FromLongitudeLatitude(lon, lat, hotspot.Points{CellMetres: 500, Snapped: true}, hotspot.Options{Permutations: -1})
	if err != nil {
		t.Fatal(err)
	}
	if res.Matched != 5 || res.Unmatched != 1 || res.CellMetres != 500 {
		t.Errorf("matched %d, unmatched %d: want 5 and 1", res.Matched, res.Unmatched)
	}
	want := geo.CellOf(geo.Grid{E: 530_050, N: 180_380}, 500).ID()
	if !slices.ContainsFunc(res.Areas, func(a hotspot.Area) bool { return a.ID == want && a.Value >= 2 }) {
		t.Errorf("no cell %s with the events at Charing Cross: %+v", want, res.Areas)
	}
}

func TestRefusals(t *testing.T) {
	ring, _ := hotspot.NewWeights([][]int{{1, 4}, {0, 2}, {1, 3}, {2, 4}, {3, 0}})
	alone, _ := hotspot.NewWeights(make([][]int, 5))
	three, _ := hotspot.NewWeights([][]int{{1}, {0}, {0}})
	five := []string{"a", "b", "c", "d", "e"}
	cases := []struct {
		name string
		run  func() (hotspot.Result, error)
		want string
	}{
		{"no areas", func() (hotspot.Result, error) {
			return hotspot.Areas(nil, nil, hotspot.Weights{}, nil, hotspot.Options{})
		}, "the map has 0 areas"},
		{"three areas", func() (hotspot.Result, error) {
			return hotspot.Areas(five[:3], []float64{1, 2, 3}, three, nil, hotspot.Options{})
		}, "the map has 3 areas"},
		{"all equal", func() (hotspot.Result, error) {
			return hotspot.Areas(five, []float64{2, 2, 2, 2, 2}, ring, nil, hotspot.Options{})
		}, "the same value, 2"},
		{"no neighbours", func() (hotspot.Result, error) {
			return hotspot.Areas(five, []float64{1, 2, 3, 4, 5}, alone, nil, hotspot.Options{})
		}, "no area has a neighbour"},
		{"no events", func() (hotspot.Result, error) {
			return hotspot.FromGrid(nil, nil, hotspot.Points{CellMetres: 500}, hotspot.Options{})
		}, "no located events"},
		{"all events at one point", func() (hotspot.Result, error) {
			return hotspot.FromGrid([]float64{5, 5}, []float64{5, 5}, hotspot.Points{CellMetres: 500}, hotspot.Options{})
		}, "the map has 1 area"},
		{"snapped points in small cells", func() (hotspot.Result, error) {
			return hotspot.FromGrid([]float64{5, 5000}, []float64{5, 5000}, hotspot.Points{CellMetres: 250, Snapped: true}, hotspot.Options{})
		}, "500 m or larger"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			res, err := c.run()
			if err != nil || !res.Refused || len(res.Reasons) != 1 || !strings.Contains(res.Reasons[0], c.want) {
				t.Errorf("got %+v, %v: want a refusal with %q", res, err, c.want)
			}
			if res.Moran != nil || res.Areas != nil || res.Sentence != nil {
				t.Error("a refusal carries an answer")
			}
			if _, err := json.Marshal(res); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestErrors(t *testing.T) {
	w, _ := hotspot.NewWeights([][]int{{1}, {0}, {3}, {2}})
	four := []string{"a", "b", "c", "d"}
	cases := []struct {
		name string
		err  func() error
		want string
	}{
		{"not a number", func() error {
			_, err := hotspot.Areas(four, []float64{1, math.NaN(), 3, 4}, w, nil, hotspot.Options{})
			return err
		}, `area "b" has the value NaN`},
		{"too few values", func() error {
			_, err := hotspot.Areas(four, []float64{1}, w, nil, hotspot.Options{})
			return err
		}, "4 ids, 1 values"},
		{"own neighbour", func() error { _, err := hotspot.NewWeights([][]int{{0}}); return err }, "its own neighbour"},
		{"neighbour out of range", func() error { _, err := hotspot.NewWeights([][]int{{7}}); return err }, "there are 1 areas"},
		{"own neighbour in a list", func() error {
			_, _, err := hotspot.Join(four, []hotspot.Link{{"a", "a"}})
			return err
		}, `record 1, column j: got "a"; expected another area`},
		{"wrong key", func() error { _, _, err := hotspot.Join(four, []hotspot.Link{{"1", "2"}}); return err }, `ids like "1", the areas like "a"`},
		{"repeated area", func() error { _, _, err := hotspot.Join([]string{"a", "a"}, nil); return err }, `areas 1 and 2 are both called "a"`},
		{"cell of no size", func() error {
			_, err := hotspot.FromGrid([]float64{1}, []float64{1}, hotspot.Points{}, hotspot.Options{})
			return err
		}, "positive number of metres"},
		{"event nowhere", func() error {
			_, err := hotspot.FromGrid([]float64{1, math.Inf(1)}, []float64{1, 1}, hotspot.Points{CellMetres: 10}, hotspot.Options{})
			return err
		}, "event 2 lies at (+Inf, 1)"},
		{"events a world apart", func() error {
			_, err := hotspot.FromGrid([]float64{0, 1e9}, []float64{0, 1e9}, hotspot.Points{CellMetres: 10}, hotspot.Options{})
			return err
		}, "use larger cells"},
		{"alpha", func() error {
			_, err := hotspot.Areas(four, []float64{1, 2, 3, 4}, w, nil, hotspot.Options{Alpha: 5})
			return err
		}, "alpha is 5"},
		{"band", func() error { _, err := hotspot.DistanceBand([]float64{1}, []float64{1}, math.NaN()); return err }, "distance band is NaN"},
		{"population", func() error { _, err := hotspot.EmpiricalBayes([]float64{1}, []float64{0}); return err }, "area 1"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if err := c.err(); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error with %q", err, c.want)
			}
		})
	}
}

func TestJoinSaysWhatDidNotFit(t *testing.T) {
	w, m, err := hotspot.Join([]string{"a", "b", "c", "d"}, []hotspot.Link{{"a", "b"}, {"b", "c"}, {"c", "x"}, {"c", "x"}})
	if err != nil {
		t.Fatal(err)
	}
	if m.Matched != 3 || m.Unmatched != 2 || !reflect.DeepEqual(m.UnknownIDs, []string{"x"}) || !reflect.DeepEqual(m.WithoutNeighbours, []string{"d"}) {
		t.Errorf("got %+v", m)
	}
	if w.Links() != 4 || len(w.Of(2)) != 1 {
		t.Errorf("each pair was named once, so it should count both ways: %d links", w.Links())
	}
	if len(m.Warnings) != 3 {
		t.Errorf("warnings: %q", m.Warnings)
	}
}

// A list joined on the wrong column draws another map, so ids that are no areas are refused unless the caller says that
// the list is only wider.
func TestANeighbourListWithUnknownIDsIsRefused(t *testing.T) {
	ids, values := []string{"a", "b", "c", "d", "e"}, []float64{1, 2, 3, 4, 9}
	w, m, err := hotspot.Join(ids, []hotspot.Link{{"a", "b"}, {"b", "c"}, {"c", "d"}, {"a", "d"}, {"d", "x"}})
	if err != nil {
		t.Fatal(err)
	}
	res, err := hotspot.Areas(ids, values, w, &m, hotspot.Options{Permutations: 99})
	if err != nil || !res.Refused || res.Moran != nil || res.Areas != nil || res.Sentence != nil {
		t.Fatalf("got %+v, %v: want a refusal", res, err)
	}
	if want := "4 areas match, 2 do not: the neighbour list names x"; len(res.Reasons) != 1 || !strings.Contains(res.Reasons[0], want) || res.Matched != 4 || res.Unmatched != 2 {
		t.Errorf("got %q, %d matched, %d unmatched; want %q, 4 and 2", res.Reasons, res.Matched, res.Unmatched, want)
	}
	res, err = hotspot.Areas(ids, values, w, &m, hotspot.Options{Permutations: 99, LeaveOut: true})
	if err != nil || res.Refused || len(res.Areas) != 5 || res.Unmatched != 2 {
		t.Errorf("with what is unknown left out: got %+v, %v; want an answer that still counts 2 unmatched", res, err)
	}
	if !strings.Contains(strings.Join(res.Warnings, "; "), "1 id of the neighbour list names no area: x") {
		t.Errorf("the warnings do not name x: %q", res.Warnings)
	}
}

func TestIslandsAndOutliers(t *testing.T) {
	// Area e has no neighbours; area a's others are all equal, so its Gi has no
	// variance. Nothing may come out as NaN.
	w, _ := hotspot.NewWeights([][]int{{1}, {0, 2}, {1, 3}, {2}, {}})
	res, err := hotspot.Areas([]string{"a", "b", "c", "d", "e"}, []float64{9, 1, 1, 1, 1}, w, nil, hotspot.Options{Permutations: 99})
	if err != nil {
		t.Fatal(err)
	}
	if res.Areas[0].GiZ != nil || res.Areas[4].GiZ != nil || res.Areas[4].LocalMoran != nil || res.Areas[4].GiStarZ == nil || res.Areas[4].Class != "No neighbours" {
		t.Errorf("got %+v and %+v", res.Areas[0], res.Areas[4])
	}
	if _, err := json.Marshal(res); err != nil {
		t.Error("not a number in the answer:", err)
	}
}

func TestDistanceBand(t *testing.T) {
	w, err := hotspot.DistanceBand([]float64{0, 3, 10, 3}, []float64{0, 4, 0, 4}, 5)
	if err != nil {
		t.Fatal(err)
	}
	var got [][]int32
	for i := range 4 {
		got = append(got, w.Of(i))
	}
	if fmt.Sprint(got) != "[[1 3] [0 3] [] [0 1]]" {
		t.Errorf("got %v", got)
	}
}

func TestBenjaminiHochberg(t *testing.T) {
	// p.adjust(c(0.01, 0.04, 0.03, 0.5), "BH") in R gives 0.04, 0.0533, 0.0533, 0.5.
	for i, q := range hotspot.BenjaminiHochberg([]float64{0.01, 0.04, 0.03, 0.5}) {
		near(t, fmt.Sprint("q", i), q, []float64{0.04, 0.16 / 3, 0.16 / 3, 0.5}[i], 1e-12)
	}
}

func TestEmpiricalBayes(t *testing.T) {
	rates, err := hotspot.EmpiricalBayes([]float64{0, 50, 3, 1000}, []float64{10, 10_000, 10, 100_000})
	if err != nil {
		t.Fatal(err)
	}
	mean := 1053.0 / 110_020
	if !(rates[0] > 0 && rates[0] < mean && rates[2] < 0.3 && rates[2] > mean) || math.Abs(rates[3]-0.01) > math.Abs(mean-0.01) {
		t.Errorf("got %v around %g: small areas should move most, each towards the mean", rates, mean)
	}
	same, _ := hotspot.EmpiricalBayes([]float64{10, 20}, []float64{100, 200})
	if same[0] != same[1] || math.Abs(same[0]-0.1) > 1e-12 {
		t.Errorf("equal rates: got %v", same)
	}
}

func ExampleAreas() {
	// A street of twelve areas; the first three are busy.
	var ids []string
	var links []hotspot.Link
	for i := range 12 {
		ids = append(ids, strconv.Itoa(i+1))
		if i > 0 {
			links = append(links, hotspot.Link{I: ids[i-1], J: ids[i]})
		}
	}
	w, match, err := hotspot.Join(ids, links)
	if err != nil {
		fmt.Println(err)
		return
	}
	res, err := hotspot.Areas(ids, []float64{30, 34, 31, 2, 1, 3, 2, 1, 0, 4, 2, 1}, w, &match, hotspot.Options{Seed: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(*res.Sentence)
	fmt.Printf("Moran's I %.3f; area 2: Gi* z %.2f, %s\n", res.Moran.I, *res.Areas[1].GiStarZ, res.Areas[1].Class)
	// Output:
	// 1 of 12 areas (Gi*, false discovery rate 0.05) stand out as high: 2.
	// Moran's I 0.798; area 2: Gi* z 3.30, High-High
}

func benchmarkCells(b *testing.B, permutations, threads int) {
	r := rand.New(rand.NewPCG(1, 1))
	var x, y []float64
	for c := range 100 {
		for d := range 100 {
			for range r.IntN(6) {
				x, y = append(x, float64(500*c)+250), append(y, float64(500*d)+250)
			}
		}
	}
	x, y = append(x, 1, 49_999), append(y, 1, 49_999)
	for b.Loop() {
		res, err := hotspot.FromGrid(x, y, hotspot.Points{CellMetres: 500}, hotspot.Options{Permutations: permutations, Threads: threads})
		if err != nil || res.N != 10_000 {
			b.Fatal(err, res.N)
		}
	}
}

func BenchmarkGiStar10kCells(b *testing.B)                 { benchmarkCells(b, -1, 1) }
func BenchmarkLocalMoran10kCells999(b *testing.B)          { benchmarkCells(b, 999, 2) }
func BenchmarkLocalMoran10kCells999OneThread(b *testing.B) { benchmarkCells(b, 999, 1) }
