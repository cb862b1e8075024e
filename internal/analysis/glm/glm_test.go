package glm

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
)

const shared = "../../../../shared/data/"

// series reads one of the simulated series of five sources and 48 months.
func series(t testing.TB, name string) (month, effort, count []float64, source []string) {
	t.Helper()
	f, err := os.Open(shared + "trends/" + name + ".csv")
	if err != nil {
		t.Skip("the shared reference series are not here: ", err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	number := func(s string) float64 {
		v, err := strconv.ParseFloat(s, 64)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, r := range rows[1:] {
		month = append(month, number(r[0]))
		source = append(source, r[1])
		effort = append(effort, number(r[2]))
		count = append(count, number(r[3]))
	}
	return
}

// sourceModel has an effect for each source and time in years, as R's
// glm(count ~ source + t) with treatment contrasts turned into one level each.
func sourceModel(t testing.TB, name string, offset bool) Data {
	month, effort, count, source := series(t, name)
	columns := []string{"A", "B", "C", "D", "E", "t"}
	d := Data{Y: count, Columns: columns}
	for i := range count {
		row := make([]float64, len(columns))
		for j, c := range columns {
			if c == source[i] {
				row[j] = 1
			}
		}
		row[5] = (month[i] - 1) / 12
		d.X = append(d.X, row...)
		if offset {
			d.Offset = append(d.Offset, math.Log(effort[i]))
		}
	}
	return d
}

type reference struct {
	Slope      float64 `json:"slope_per_year"`
	SE         float64 `json:"se"`
	Dispersion float64 `json:"dispersion"`
	Theta      float64 `json:"theta"`
}

// References: R 4.2.2 glm and MASS::glm.nb on the same files, tolerance 1e-5
// (glm) and 1e-3 (negative binomial).
func TestAgreesWithR(t *testing.T) {
	raw, err := os.ReadFile(shared + "trends/expected.json")
	if err != nil {
		t.Skip("the shared reference series are not here: ", err)
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"A_only_looking", "B_growth_only", "C_both", "F_both_poisson"} {
		var want struct {
			Fixed  reference `json:"source_fixed_no_effort_poisson"`
			Pois   reference `json:"offset_poisson"`
			Quasi  reference `json:"offset_quasipoisson"`
			Negbin reference `json:"offset_negbin"`
		}
		if err := json.Unmarshal(all[name], &want); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			model  string
			fit    func(Data) (*Fit, error)
			offset bool
			want   reference
			tol    float64
		}{
			{"source effects", Poisson, false, want.Fixed, 1e-5},
			{"offset Poisson", Poisson, true, want.Pois, 1e-5},
			{"offset quasi-Poisson", QuasiPoisson, true, want.Quasi, 1e-5},
			{"offset negative binomial", NegativeBinomial, true, want.Negbin, 1e-3},
		} {
			t.Run(name+"/"+c.model, func(t *testing.T) {
				f, err := c.fit(sourceModel(t, name, c.offset))
				if err != nil {
					t.Fatal(err)
				}
				slope, se, _ := f.Term("t")
				near(t, "slope", slope, c.want.Slope, c.tol)
				near(t, "se", se, c.want.SE, c.tol)
				if c.want.Dispersion != 0 {
					near(t, "dispersion", f.Dispersion, c.want.Dispersion, c.tol)
				}
				if c.want.Theta != 0 && c.want.Theta < 1000 {
					near(t, "theta", f.Theta, c.want.Theta, c.tol*c.want.Theta)
				}
			})
		}
	}
}

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s: got %.8f, want %.8f", what, got, want)
	}
}

// R's glm.nb stops at 76,990 on counts that are Poisson; the likelihood rises
// to the end, so the answer is that there is no extra variation.
func TestPoissonCountsHaveNoTheta(t *testing.T) {
	f, err := NegativeBinomial(sourceModel(t, "F_both_poisson", true))
	if err != nil {
		t.Fatal(err)
	}
	if !math.IsInf(f.Theta, 1) {
		t.Errorf("theta %v, want +Inf", f.Theta)
	}
}

// design makes data from rows of a constant and other columns.
func design(y []float64, columns []string, rows ...[]float64) Data {
	d := Data{Y: y, Columns: columns}
	for _, r := range rows {
		d.X = append(d.X, r...)
	}
	return d
}

func TestNoAnswerIsNamed(t *testing.T) {
	oneT := []string{"level", "t"}
	cases := []struct {
		name string
		data Data
		want any
	}{
		{"a column twice", design([]float64{1, 2, 3}, []string{"level", "t", "again"}, []float64{1, 0, 0}, []float64{1, 1, 2}, []float64{1, 2, 4}), new(*RankError)},
		{"a column of zeros", design([]float64{1, 2, 3}, oneT, []float64{1, 0}, []float64{1, 0}, []float64{1, 0}), new(*RankError)},
		{"all counts zero", design([]float64{0, 0, 0}, oneT, []float64{1, 0}, []float64{1, 1}, []float64{1, 2}), new(*SeparationError)},
		{"a group with zeros only", design([]float64{4, 6, 0, 0}, []string{"a", "b"}, []float64{1, 0}, []float64{1, 0}, []float64{0, 1}, []float64{0, 1}), new(*SeparationError)},
		{"positive counts at one time only", design([]float64{0, 0, 0, 5}, oneT, []float64{1, 0}, []float64{1, 1}, []float64{1, 2}, []float64{1, 3}), new(*SeparationError)},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			f, err := Poisson(c.data)
			if err == nil || !errors.As(err, c.want) {
				t.Errorf("got %+v and %v, want %T", f, err, c.want)
			}
		})
	}
}

func TestZerosOnBothSidesAreNotSeparation(t *testing.T) {
	d := design([]float64{0, 5, 0}, []string{"level", "t"}, []float64{1, 0}, []float64{1, 1}, []float64{1, 2})
	f, err := Poisson(d)
	if err != nil {
		t.Fatal(err)
	}
	slope, _, _ := f.Term("t")
	near(t, "slope", slope, 0, 1e-9)
}

func TestBadDataAreErrors(t *testing.T) {
	one := []string{"level"}
	for _, c := range []struct {
		name string
		data Data
	}{
		{"no columns", Data{Y: []float64{1}}},
		{"negative count", Data{Y: []float64{-1}, X: []float64{1}, Columns: one}},
		{"NaN count", Data{Y: []float64{math.NaN()}, X: []float64{1}, Columns: one}},
		{"infinite design", Data{Y: []float64{1}, X: []float64{math.Inf(1)}, Columns: one}},
		{"offset of log zero", Data{Y: []float64{1}, X: []float64{1}, Columns: one, Offset: []float64{math.Inf(-1)}}},
		{"wrong shape", Data{Y: []float64{1, 2}, X: []float64{1}, Columns: one}},
		{"fewer counts than columns", Data{Y: []float64{1}, X: []float64{1, 1}, Columns: []string{"a", "b"}}},
	} {
		if f, err := Poisson(c.data); err == nil {
			t.Errorf("%s: got %+v, want an error", c.name, f)
		}
	}
	if _, err := QuasiPoisson(Data{Y: []float64{3}, X: []float64{1}, Columns: one}); err == nil {
		t.Error("a quasi-Poisson fit to one count was given")
	}
}

// With only a constant the fit is the mean, and its Newey-West variance can be
// written down: the sum of weighted autocovariances over (n mean)^2.
func TestNeweyWestOfAMean(t *testing.T) {
	y := []float64{3, 5, 8, 6, 4, 2, 3, 7, 9, 6}
	d := Data{Y: y, Columns: []string{"level"}, X: make([]float64, len(y))}
	for i := range d.X {
		d.X[i] = 1
	}
	f, err := Poisson(d)
	if err != nil {
		t.Fatal(err)
	}
	mean := 5.3
	near(t, "level", f.Coef[0], math.Log(mean), 1e-9)
	auto := func(l int) float64 {
		s := 0.0
		for i := l; i < len(y); i++ {
			s += (y[i] - mean) * (y[i-l] - mean)
		}
		return s
	}
	want := math.Sqrt((auto(0) + 2*(2.0/3)*auto(1) + 2*(1.0/3)*auto(2)) / (53 * 53) * 10 / 9)
	se, lag, err := f.NeweyWest(d, 2)
	if err != nil || lag != 2 {
		t.Fatalf("lag %d, error %v", lag, err)
	}
	near(t, "se", se[0], want, 1e-9)
	if _, lag, _ := f.NeweyWest(d, -1); lag != 2 {
		t.Errorf("chosen lag %d, want floor(4 (10/100)^(2/9)) = 2", lag)
	}
}

func poissonDraw(rng *rand.Rand, mean float64) float64 {
	limit, product, k := math.Exp(-mean), rng.Float64(), 0.0
	for product > limit {
		product *= rng.Float64()
		k++
	}
	return k
}

// Made data with known coefficients and theta are recovered.
func TestRecoversKnownParameters(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	const n, theta = 4000, 5.0
	d := Data{Columns: []string{"level", "x"}}
	for range n {
		x := rng.Float64()
		mean := math.Exp(1 + 0.5*x)
		// Five exponential draws make a gamma variable of shape 5 and mean 1.
		g := 0.0
		for range 5 {
			g += rng.ExpFloat64() / theta
		}
		d.Y = append(d.Y, poissonDraw(rng, mean*g))
		d.X = append(d.X, 1, x)
	}
	f, err := NegativeBinomial(d)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "level", f.Coef[0], 1, 4*f.SE[0])
	near(t, "x", f.Coef[1], 0.5, 4*f.SE[1])
	near(t, "theta", f.Theta, theta, 0.8)
}

func TestDigamma(t *testing.T) {
	// -gamma, and psi(10) = H(9) - gamma.
	near(t, "1", digamma(1), -0.5772156649015329, 1e-13)
	near(t, "10", digamma(10), 7129.0/2520-0.5772156649015329, 1e-13)
}

// Any small table is fitted without NaN, or refused.
func FuzzPoisson(f *testing.F) {
	f.Add([]byte{3, 0, 5, 1, 0, 9})
	f.Add([]byte{0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, raw []byte) {
		if len(raw) > 60 {
			raw = raw[:60]
		}
		d := Data{Columns: []string{"level", "x"}}
		for i := 0; i+1 < len(raw); i += 2 {
			d.Y = append(d.Y, float64(raw[i]))
			d.X = append(d.X, 1, float64(raw[i+1])/16)
		}
		for _, fit := range []func(Data) (*Fit, error){Poisson, QuasiPoisson, NegativeBinomial} {
			got, err := fit(d)
			if err != nil {
				continue
			}
			for j := range got.Coef {
				if math.IsNaN(got.Coef[j]+got.SE[j]) || math.IsInf(got.Coef[j]+got.SE[j], 0) {
					t.Fatalf("coefficient %v, standard error %v for %v", got.Coef[j], got.SE[j], d)
				}
			}
		}
	})
}

// R's glm takes 2.6 ms for 240 counts and 6 coefficients on the same machine
// class.
func BenchmarkQuasiPoisson240x6(b *testing.B) {
	d := sourceModel(b, "A_only_looking", true)
	for b.Loop() {
		if _, err := QuasiPoisson(d); err != nil {
			b.Fatal(err)
		}
	}
}
