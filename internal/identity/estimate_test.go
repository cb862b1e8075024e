package identity

import (
	"math"
	"math/rand/v2"
	"testing"
)

// Known shares are recovered from samples drawn at different rates, and the intervals hold them about as often as they say.
func TestEstimateRecoversKnownShares(t *testing.T) {
	const linked, doubted, apart = 20_000, 2_000, 5_000
	const trueLinked, trueDoubted, trueApart = 0.98, 0.4, 0.1
	recall := trueLinked * linked / (trueLinked*linked + trueDoubted*doubted + trueApart*apart)
	rng := rand.New(rand.NewPCG(3, 5)) //nolint:gosec // a test's own
	inP, inR, runs := 0, 0, 2000
	var sumR float64
	for range runs {
		var all []looked
		for _, s := range []struct {
			name  string
			pairs float64
			share float64
		}{{linkedStratum, linked, trueLinked}, {doubtedStratum, doubted, trueDoubted}, {apartStratum, apart, trueApart}} {
			for range 400 {
				v := Different
				if rng.Float64() < s.share {
					v = Same
				}
				all = append(all, looked{stratum: s.name, weight: s.pairs / 400, verdict: v})
			}
		}
		g, err := estimate("", all)
		if err != nil {
			t.Fatal(err)
		}
		sumR += g.Recall.Share
		if g.Precision.Low <= trueLinked && trueLinked <= g.Precision.High {
			inP++
		}
		if g.Recall.Low <= recall && recall <= g.Recall.High {
			inR++
		}
	}
	if got := sumR / float64(runs); math.Abs(got-recall) > 0.002 {
		t.Errorf("mean recall %.4f, want %.4f", got, recall)
	}
	if inP < runs*92/100 || inR < runs*92/100 {
		t.Errorf("of %d intervals %d hold the precision and %d the recall, want about 95 of a hundred", runs, inP, inR)
	}
}

func TestEstimateSaysWhatItCannot(t *testing.T) {
	g, err := estimate("", nil)
	if err != nil || g.Precision.Known || g.Recall.Known || g.Shown() {
		t.Errorf("of nothing: %+v (%v)", g, err)
	}
	g, err = estimate("", []looked{{stratum: linkedStratum, weight: 1, verdict: Unsure}, {stratum: linkedStratum, weight: 1, verdict: Same}})
	if err != nil || !g.Precision.Known || g.Recall.Known || g.Unsure != 1 || g.Reviewed != 1 {
		t.Errorf("of linked pairs alone: %+v (%v), want a precision and no recall", g, err)
	}
	var q Quality
	two := []looked{{stratum: linkedStratum, weight: 1, verdict: Same, second: Same, sex: "F"}, {stratum: linkedStratum, weight: 1, verdict: Same, second: Different, sex: "M"}, {stratum: linkedStratum, weight: 1, verdict: Same, sex: "M"}}
	if err := q.estimate(two, 2026); err != nil || len(q.Sexes) != 2 || q.Sexes[0].Agree.Share != 1 || q.Sexes[1].Agree.Share != 0 || q.Sexes[1].Agree.Pairs != 1 || q.All.Agree.Pairs != 2 {
		t.Errorf("agreement by sex: %+v, of all %+v (%v)", q.Sexes, q.All.Agree, err)
	}
	all := make([]looked, 0, 400)
	for range 200 {
		all = append(all, looked{stratum: linkedStratum, weight: 1, verdict: Same}, looked{stratum: apartStratum, weight: 1, verdict: Different})
	}
	g, err = estimate("", all)
	if err != nil || g.Recall.Share != 1 || g.Recall.Low > 0.999 || g.Recall.Low < 0.9 || g.Precision.Low > 0.99 {
		t.Errorf("of a perfect sample: %+v (%v), want a width all the same", g, err)
	}
}
