package proportion

import (
	"fmt"
	"math"
	"testing"
)

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s: got %.8f, want %.8f", what, got, want)
	}
}

// Reference: R 4.2.2 prop.test without correction (Wilson), qbeta (Jeffreys,
// Clopper-Pearson).
func TestSingleProportionIntervals(t *testing.T) {
	cases := []struct {
		x, n                    int
		wilson, jeffreys, exact Interval
	}{
		{0, 7, Interval{0, 0.35433044}, Interval{0, 0.29243617}, Interval{0, 0.4096164}},
		{1, 12, Interval{0.01486509, 0.35387991}, Interval{0.00914433, 0.32849573}, Interval{0.00210759, 0.38479617}},
		{3, 5, Interval{0.23072428, 0.88237923}, Interval{0.20941666, 0.90560967}, Interval{0.1466328, 0.94725505}},
		{5, 5, Interval{0.56551754, 1}, Interval{0.62062286, 1}, Interval{0.47817625, 1}},
		{8, 9, Interval{0.56500029, 0.98010911}, Interval{0.58553072, 0.98773591}, Interval{0.51750349, 0.99719086}},
		{17, 19, Interval{0.68605917, 0.97064144}, Interval{0.70311776, 0.97746805}, Interval{0.66862334, 0.98698784}},
		{24, 30, Interval{0.62694304, 0.90494893}, Interval{0.63338687, 0.91193262}, Interval{0.61433349, 0.92286449}},
	}
	for _, c := range cases {
		t.Run(fmt.Sprintf("%d of %d", c.x, c.n), func(t *testing.T) {
			for _, m := range []struct {
				name string
				f    func(int, int, float64) (Interval, error)
				want Interval
			}{{"Wilson", Wilson, c.wilson}, {"Jeffreys", Jeffreys, c.jeffreys}, {"Clopper-Pearson", ClopperPearson, c.exact}} {
				got, err := m.f(c.x, c.n, Level95)
				if err != nil {
					t.Fatalf("%s: %v", m.name, err)
				}
				near(t, m.name+" low", got.Low(), m.want.Low(), 1e-7)
				near(t, m.name+" high", got.High(), m.want.High(), 1e-7)
			}
		})
	}
}

func TestIntervalsRefuseBadCounts(t *testing.T) {
	for _, c := range []struct {
		name  string
		x, n  int
		level float64
	}{{"no denominator", 0, 0, 0.95}, {"more than all", 6, 5, 0.95}, {"negative", -1, 5, 0.95}, {"level 1", 1, 5, 1}, {"level NaN", 1, 5, math.NaN()}} {
		t.Run(c.name, func(t *testing.T) {
			if got, err := Wilson(c.x, c.n, c.level); err == nil {
				t.Errorf("Wilson(%d, %d, %v) = %v, want an error", c.x, c.n, c.level, got)
			}
		})
	}
}

// Wilson's 95 % interval must cover at about its nominal rate when averaged
// over p. The sum is exact: every outcome of 20 trials, every p in steps of
// 0.005.
func TestWilsonMeanCoverage(t *testing.T) {
	const n = 20
	total, steps := 0.0, 0
	for p := 0.005; p < 1; p += 0.005 {
		covered := 0.0
		for x := 0; x <= n; x++ {
			limits, err := Wilson(x, n, Level95)
			if err != nil {
				t.Fatal(err)
			}
			if limits.Low() <= p && p <= limits.High() {
				lc, _ := math.Lgamma(n + 1)
				la, _ := math.Lgamma(float64(x) + 1)
				lb, _ := math.Lgamma(float64(n-x) + 1)
				covered += math.Exp(lc - la - lb + float64(x)*math.Log(p) + float64(n-x)*math.Log(1-p))
			}
		}
		total += covered
		steps++
	}
	near(t, "mean coverage", total/float64(steps), 0.953, 0.006)
}

// Reference: Newcombe 1998, table II, examples (a), (b) and one more recomputed
// from its method 10.
func TestNewcombeDifference(t *testing.T) {
	for _, c := range []struct {
		a, m, b, n      int
		diff, low, high float64
	}{
		{56, 70, 48, 80, 0.2, 0.05243147, 0.33387265},
		{9, 10, 3, 10, 0.6, 0.17052272, 0.80901797},
		{24, 30, 30, 45, 0.13333333, -0.07711257, 0.31310853},
	} {
		t.Run(fmt.Sprintf("%d of %d and %d of %d", c.a, c.m, c.b, c.n), func(t *testing.T) {
			d, err := Newcombe(c.a, c.m, c.b, c.n, Level95)
			if err != nil {
				t.Fatal(err)
			}
			near(t, "difference", d.Estimate, c.diff, 1e-7)
			near(t, "low", d.Interval.Low(), c.low, 1e-7)
			near(t, "high", d.Interval.High(), c.high, 1e-7)
		})
	}
}

// Reference: R 4.2.2 binom.test(min, n, 0.5).
func TestMcNemarExact(t *testing.T) {
	for _, c := range []struct {
		better, worse int
		p             float64
	}{{14, 4, 0.03088379}, {9, 1, 0.02148438}, {6, 6, 1}, {0, 0, 1}, {5, 0, 0.0625}} {
		got, err := McNemar(c.better, c.worse)
		if err != nil {
			t.Fatal(err)
		}
		near(t, fmt.Sprintf("%d better, %d worse", c.better, c.worse), got, c.p, 1e-7)
	}
	if _, err := McNemar(-1, 2); err == nil {
		t.Error("a negative count was taken")
	}
}

func TestBounds(t *testing.T) {
	for _, c := range []struct {
		improved, asked, enrolled int
		want                      Interval
	}{{89, 100, 150, Interval{0.59333333, 0.92666667}}, {36, 40, 72, Interval{0.5, 0.94444444}}, {5, 5, 5, Interval{1, 1}}, {0, 0, 4, Interval{0, 1}}} {
		got, err := Bounds(c.improved, c.asked, c.enrolled)
		if err != nil {
			t.Fatal(err)
		}
		near(t, "low", got.Low(), c.want.Low(), 1e-7)
		near(t, "high", got.High(), c.want.High(), 1e-7)
	}
	for _, bad := range [][3]int{{3, 2, 5}, {1, 6, 5}, {0, 0, 0}, {-1, 2, 5}} {
		if got, err := Bounds(bad[0], bad[1], bad[2]); err == nil {
			t.Errorf("Bounds%v = %v, want an error", bad, got)
		}
	}
}

// Reference: formula of Jacobson and Truax 1991, evaluated in R 4.2.2.
func TestReliableChange(t *testing.T) {
	for _, c := range []struct {
		pre, post, sd, r, index, threshold float64
		reliable                           bool
	}{
		{18, 27, 6.5, 0.8, 2.18926915, 8.05748348, true},
		{22, 26, 6.5, 0.8, 0.97300851, 8.05748348, false},
		{30, 24, 7.5, 0.88, -1.63299316, 7.20149984, false},
	} {
		got, err := Reliable(c.pre, c.post, c.sd, c.r)
		if err != nil {
			t.Fatal(err)
		}
		near(t, "index", got.Index, c.index, 1e-7)
		near(t, "threshold", got.Threshold, c.threshold, 1e-4)
		if got.Reliable != c.reliable {
			t.Errorf("%v to %v: reliable %v, want %v", c.pre, c.post, got.Reliable, c.reliable)
		}
	}
	for _, bad := range [][4]float64{{1, 2, 0, 0.8}, {1, 2, 5, 1}, {math.NaN(), 2, 5, 0.8}, {1, math.Inf(1), 5, 0.8}} {
		if _, err := Reliable(bad[0], bad[1], bad[2], bad[3]); err == nil {
			t.Errorf("Reliable%v was taken", bad)
		}
	}
}

// A population of mean 20 from which people with a mean of 26 were selected.
func TestRegressionToMean(t *testing.T) {
	for _, c := range []struct{ r, followup, change float64 }{{0.6, 23.6, -2.4}, {0.8, 24.8, -1.2}} {
		got, err := Regression(20, 26, c.r)
		if err != nil {
			t.Fatal(err)
		}
		near(t, "follow-up", got.ExpectedFollowup, c.followup, 1e-9)
		near(t, "change", got.ExpectedChange, c.change, 1e-9)
	}
}

// Reference: Katz log interval, evaluated in R 4.2.2.
func TestRelativeRate(t *testing.T) {
	for _, c := range []struct {
		a, n, b, m       int
		ratio, low, high float64
		outside          bool
	}{
		{42, 3100, 88, 14500, 2.23240469, 1.54890681, 3.21751487, true},
		{6, 410, 88, 14500, 2.4113082, 1.06081237, 5.48108922, false},
		{120, 5200, 300, 41000, 3.15384615, 2.55716108, 3.88976104, true},
	} {
		got, err := Relative(c.a, c.n, c.b, c.m, Level95)
		if err != nil {
			t.Fatal(err)
		}
		if got.Ratio == nil || got.Interval == nil {
			t.Fatalf("%d of %d: no ratio: %s", c.a, c.n, got.Reason)
		}
		near(t, "ratio", *got.Ratio, c.ratio, 1e-7)
		near(t, "low", got.Interval.Low(), c.low, 1e-6)
		near(t, "high", got.Interval.High(), c.high, 1e-6)
		if got.OutsideFourFifths != c.outside {
			t.Errorf("%d of %d: outside four fifths %v, want %v", c.a, c.n, got.OutsideFourFifths, c.outside)
		}
	}
	few, err := Relative(4, 100, 50, 1000, Level95)
	if err != nil || few.Ratio != nil || few.Reason == "" {
		t.Errorf("4 events: got %+v, %v; want no ratio and a reason", few, err)
	}
}

// Reference: R 4.2.2 t.test(c(3, 5, 1, 4, 2)): mean 3, 1.036757 to 4.963243.
func TestPairedMeanChange(t *testing.T) {
	got, err := Paired([]float64{3, 5, 1, 4, 2}, Level95)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "mean", got.Estimate, 3, 1e-12)
	near(t, "low", got.Interval.Low(), 1.036757, 1e-6)
	near(t, "high", got.Interval.High(), 4.963243, 1e-6)
	one, err := Paired([]float64{4}, Level95)
	if err != nil || one.Interval != nil {
		t.Errorf("one person: got %+v, %v; want no interval", one, err)
	}
	if _, err := Paired([]float64{1, math.NaN()}, Level95); err == nil {
		t.Error("NaN was taken")
	}
}
