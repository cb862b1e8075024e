package trend

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"testing"
)

func poissonDraw(rng *rand.Rand, mean float64) float64 {
	k := 0.0
	for t := rng.ExpFloat64(); t < mean; t += rng.ExpFloat64() {
		k++
	}
	return k
}

// gammaDraw has mean 1 and the whole number shape given.
func gammaDraw(rng *rand.Rand, shape int) float64 {
	s := 0.0
	for range shape {
		s += rng.ExpFloat64()
	}
	return s / float64(shape)
}

// world is what a simulated partnership is really like.
type world struct {
	growth       float64 // of the problem, log a year
	effortGrowth float64
	elasticity   float64
	size         int // negative binomial
}

// simulate draws 48 months of five sources of different size, one of which
// joins in month 20; effort varies by 10 % about its trend.
func (w world) simulate(rng *rand.Rand) []Observation {
	var out []Observation
	for s, base := range []float64{4, 6, 10, 14, 18} {
		for m := range 48 {
			t := float64(m) / 12
			effort := 100 * math.Exp(w.effortGrowth*t+0.1*rng.NormFloat64())
			mean := base * math.Exp(w.growth*t) * math.Pow(effort/100, w.elasticity)
			count := poissonDraw(rng, mean*gammaDraw(rng, w.size))
			if s == 4 && m < 19 {
				continue
			}
			out = append(out, Observation{m + 1, string(rune('A' + s)), &effort, count})
		}
	}
	return out
}

// nightly is true in the nightly run, which takes the full number of series.
func nightly() bool { return os.Getenv("LANTERN_NIGHTLY") != "" }

// The bounds must hold the truth in at least 95 % of series in every cell of
// growth, effort growth, elasticity and dispersion; and where the truth is no
// growth or decline, "growing whatever we assume" must come in at most 2.5 %.
// The short run draws 100 series a cell and allows for chance (four standard
// errors); the nightly run draws 1,000 and allows none.
func TestBoundsHoldTheTruth(t *testing.T) {
	draws, slack := 100, 4.0
	if nightly() {
		draws, slack = 1000, 0
	}
	cell := uint64(0)
	for _, growth := range []float64{-0.2, 0, 0.2} {
		for _, effortGrowth := range []float64{0, 0.3} {
			for _, elasticity := range []float64{0.3, 0.7, 1} {
				for _, size := range []int{5, 50} {
					cell++
					w := world{growth, effortGrowth, elasticity, size}
					t.Run(fmt.Sprintf("%+v", w), func(t *testing.T) {
						held, falseAlarm := w.score(t, rand.New(rand.NewPCG(cell, 2026)), draws)
						n := float64(draws)
						if least := 0.95 - slack*math.Sqrt(0.95*0.05/n); held < least {
							t.Errorf("the bounds held the truth in %.1f%% of %d series, want at least %.1f%%", 100*held, draws, 100*least)
						}
						if most := 0.025 + slack*math.Sqrt(0.025*0.975/n); growth <= 0 && falseAlarm > most {
							t.Errorf("%q in %.1f%% of %d series without growth, want at most %.1f%%", Growing, 100*falseAlarm, draws, 100*most)
						}
					})
				}
			}
		}
	}
}

// score is the share of series whose bounds held the truth, and the share with
// the verdict that it is growing whatever we assume.
func (w world) score(t *testing.T, rng *rand.Rand, draws int) (held, growing float64) {
	for range draws {
		s, err := newSeries(w.simulate(rng))
		if err != nil {
			t.Fatal(err)
		}
		var r Result
		if r.fitPanel(s, nil) == nil || r.ConstantPanel == nil || r.ConstantPanelNoEffort == nil {
			t.Fatal("no fit: ", r.Warnings)
		}
		b, verdict := read(r.ConstantPanelNoEffort, r.ConstantPanel)
		if b.Low <= w.growth && w.growth <= b.High {
			held++
		}
		if verdict == Growing {
			growing++
		}
	}
	return held / float64(draws), growing / float64(draws)
}

// Without a break at most one series in ten may be flagged; a doubling in the
// middle must nearly always be.
func TestSuspectedBreaksAreRarelyFalse(t *testing.T) {
	draws := 100
	if nightly() {
		draws = 1000
	}
	rng := rand.New(rand.NewPCG(9, 9))
	flagged, found := 0, 0
	for range draws {
		in := world{growth: 0.2, effortGrowth: 0.3, elasticity: 0.7, size: 20}.simulate(rng)
		s, err := newSeries(in)
		if err != nil {
			t.Fatal(err)
		}
		if len(suspected(s.constantPanel(), Options{})) > 0 {
			flagged++
		}
		for i := range s.rows {
			if s.rows[i].Month >= 25 {
				s.rows[i].Count = poissonDraw(rng, 2*s.rows[i].Count)
			}
		}
		if len(suspected(s.constantPanel(), Options{})) > 0 {
			found++
		}
	}
	t.Logf("flagged without a break %d, with a doubling %d, of %d", flagged, found, draws)
	if flagged > draws/10 {
		t.Errorf("flagged %d of %d series without a break, want at most a tenth", flagged, draws)
	}
	if found < draws*9/10 {
		t.Errorf("flagged %d of %d series that doubled, want nine tenths", found, draws)
	}
}
