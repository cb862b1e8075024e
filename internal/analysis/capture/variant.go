package capture

import (
	"math"
	"math/bits"
)

// Variant is what the same records say with other lists: how far the answer hangs on one of them. What has no answer,
// or would take too long, is nil; a figure or limit of more than a thousand times the people observed is no answer.
type Variant struct {
	Observed     int         `json:"observed"`
	Estimate     *float64    `json:"estimate"` // stepwise
	Wald         *[2]float64 `json:"wald95"`   // of the stepwise estimate
	Interactions []string    `json:"interactions"`
	BIC          *float64    `json:"bic"`
	DGA          *float64    `json:"dga_median"`
	DGAInterval  *[2]float64 `json:"dga_interval95"`
}

// LeftOut is the answer without one list.
type LeftOut struct {
	Without string `json:"without"`
	Variant
}

// Merged is the answer with two lists made one.
type Merged struct {
	Lists [2]string `json:"lists"`
	Variant
}

// Consistency asks the other lists how many people are on one list, where the truth is known (Binette and Steorts
// 2022): those on it are counted by the others alone, and the number that the others missed is compared with the
// number that they truly missed.
type Consistency struct {
	List  string `json:"list"`
	Truth int    `json:"truth"` // people on the list
	Seen  int    `json:"seen"`  // of them on another list
	Variant
	// Within says whether the truth lies in the intervals: both, where there are two. It is nil when there is none.
	Within *bool `json:"within"`
}

// variantLists is the most lists for which variants are also answered by BIC and averaging: beyond, the many variants
// would take longer than the answer itself.
const variantLists = 5

func variant(t Table, how Options) Variant {
	out := Variant{Observed: t.Observed(), Interactions: []string{}}
	if len(t.Lists) < 2 || out.Observed == 0 {
		return out
	}
	d := newDesign(len(t.Lists), 2)
	m := newMargins(t)
	s := newSelector(d, how.PEnter)
	limit := beyondBelief * m.on[0]
	if p := s.choose(m, nil); p.fit != nil {
		out.Interactions, _ = names(t, d, m, p.model, p.order)
		if total, wald := m.estimate(p), wald95(s.fitter, m, p.fit); wald != nil && wald[1] <= limit {
			out.Estimate, out.Wald = &total, wald
		}
	}
	if n := len(t.Lists); n < 3 || n > variantLists {
		return out
	}
	if how.runs(EngineBIC) {
		if b := byBIC(t, d, how); b != nil && b.Estimate <= limit {
			out.BIC = &b.Estimate
		}
	}
	if how.runs(EngineDGA) {
		a := average(t, how.Threads)
		out.DGA, out.DGAInterval = &a.Median, &a.Interval
	}
	return out
}

// wald95 is the interval of a fit taken as the true model: normal on the logarithm of the unseen.
func wald95(with *fitter, m *margins, f *fit) *[2]float64 {
	const z = 1.959963984540054
	se, ok := with.glmError(m, f.model)
	if !ok {
		se = f.se
	}
	return finite(m.on[0]+math.Exp(f.beta[0]-z*se), m.on[0]+math.Exp(f.beta[0]+z*se))
}

func leaveOneOut(t Table, how Options) []LeftOut {
	out := make([]LeftOut, len(t.Lists))
	each(len(out), how, func(i int, how Options) {
		out[i] = LeftOut{t.Lists[i], variant(t.project(len(t.counts)-1-1<<i), how)}
	})
	return out
}

func mergedPairs(t Table, how Options) []Merged {
	pairs := newDesign(len(t.Lists), 2).terms
	out := make([]Merged, len(pairs))
	each(len(out), how, func(k int, how Options) {
		i, j := bits.TrailingZeros(uint(pairs[k])), bits.Len(uint(pairs[k]))-1
		out[k] = Merged{[2]string{t.Lists[i], t.Lists[j]}, variant(t.merge(i, j), how)}
	})
	return out
}

func consistency(t Table, how Options) []Consistency {
	out := make([]Consistency, len(t.Lists))
	each(len(out), how, func(i int, how Options) {
		others, alone := t.within(i)
		v := variant(others, how)
		c := Consistency{List: t.Lists[i], Truth: v.Observed + alone, Seen: v.Observed, Variant: v}
		for _, interval := range []*[2]float64{v.Wald, v.DGAInterval} {
			if interval != nil {
				in := interval[0] <= float64(c.Truth) && float64(c.Truth) <= interval[1] && (c.Within == nil || *c.Within)
				c.Within = &in
			}
		}
		out[i] = c
	})
	return out
}

// each does n pieces of work, several at once; each piece itself then keeps to one thread.
func each(n int, how Options, work func(i int, how Options)) {
	alone := how
	alone.Threads = 1
	parallel(how.Threads, func(worker, workers int) {
		for i := worker; i < n; i += workers {
			work(i, alone)
		}
	})
}
