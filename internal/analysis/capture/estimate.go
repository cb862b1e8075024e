package capture

import (
	"fmt"
	"slices"
)

// The engines, as they are named.
const (
	EngineStepwise    = "stepwise"
	EngineBIC         = "bic"
	EngineDGA         = "dga"
	EngineLatentClass = "latent_class"
)

// AllEngines is every engine, in the order of the result.
var AllEngines = []string{EngineStepwise, EngineBIC, EngineDGA, EngineLatentClass}

const (
	minLists    = 3
	minObserved = 50
	// weakOverlap is the number of people on two lists or more below which the answer is called very weak.
	weakOverlap = 10
	// DefaultPEnter is the p below which a pair enters the stepwise model: it had the smallest error over the
	// simulations of Chan, Silverman and Vincent.
	DefaultPEnter = 0.02
	// DefaultBootstrap is the usual number of replicates.
	DefaultBootstrap = 1000
	fewReplicates    = 200
)

// Options choose how the answer is worked out.
type Options struct {
	PEnter    float64  // 0 is DefaultPEnter
	Bootstrap int      // replicates; 0 is none
	Engines   []string // empty is all of them
	MaxOrder  int      // of interactions in the BIC engine: 2 (the default), or 3 for at most five lists
	Seed      uint64
	Threads   int // 0 is 1; the answer is the same for any number
}

func (o Options) runs(engine string) bool {
	return len(o.Engines) == 0 || slices.Contains(o.Engines, engine)
}

func (o Options) checked(lists int) (Options, error) {
	if o.PEnter == 0 {
		o.PEnter = DefaultPEnter
	}
	if o.MaxOrder == 0 {
		o.MaxOrder = 2
	}
	o.Threads = max(1, o.Threads)
	for _, e := range o.Engines {
		if !slices.Contains(AllEngines, e) {
			return o, fmt.Errorf("there is no engine %q: expected some of stepwise, bic, dga, latent_class", e)
		}
	}
	switch {
	case !(o.PEnter > 0 && o.PEnter < 1):
		return o, fmt.Errorf("the p to enter is %v: expected a number between 0 and 1", o.PEnter)
	case o.Bootstrap < 0 || o.Bootstrap > 1_000_000:
		return o, fmt.Errorf("the number of bootstrap replicates is %d: expected 0 to 1,000,000", o.Bootstrap)
	case o.MaxOrder < 2 || o.MaxOrder > 3 || o.MaxOrder == 3 && lists > 5:
		return o, fmt.Errorf("interactions up to order %d were asked for with %d lists: expected 2, or 3 with at most 5 lists", o.MaxOrder, lists)
	}
	return o, nil
}

// Result is the answer of the capture method.
type Result struct {
	Refused  bool     `json:"refused"`
	Reasons  []string `json:"reasons"`
	Warnings []string `json:"warnings"`

	Observed int      `json:"observed"` // people on at least one list
	Lists    []string `json:"lists"`
	// ListCounts is how many people are on each list, PairOverlaps how many on both of each pair.
	ListCounts   map[string]int `json:"list_counts"`
	Overlaps     int            `json:"overlaps"` // people on two lists or more
	PairOverlaps map[string]int `json:"pair_overlaps"`

	Existence Codes   `json:"existence"`
	Engines   Engines `json:"engines"`

	ChaoLower *float64 `json:"chao_lower"`
	Chapman   *float64 `json:"chapman,omitempty"` // with two lists only

	LeaveOneOut         []LeftOut     `json:"leave_one_out"`
	Merged              []Merged      `json:"merged"`
	InternalConsistency []Consistency `json:"internal_consistency"`

	// Range95 is from the lowest to the highest limit of any engine, people on a list included. Headline says it in
	// words, to two significant figures.
	Range95  *[2]float64 `json:"range95"`
	Headline *string     `json:"headline"`
	// Assumptions are printed beside the answer.
	Assumptions []string `json:"assumptions"`
}

// Codes are existence codes: of the stepwise model, of the model with all pairs, and of each model with one pair.
type Codes struct {
	Chosen   int            `json:"chosen"`
	AllPairs int            `json:"all_pairs"`
	Pairs    map[string]int `json:"pairs"`
}

// Engines are the answers of the engines; one that was not asked for, or has no answer, is nil.
type Engines struct {
	Stepwise    *Stepwise    `json:"stepwise"`
	BIC         *BIC         `json:"bic"`
	DGA         *Average     `json:"dga"`
	LatentClass *LatentClass `json:"latent_class"`
}

// Stepwise is the model built pair by pair, the method the Home Office published with.
type Stepwise struct {
	Estimate float64     `json:"estimate"` // people in all
	Wald     *[2]float64 `json:"wald95"`   // the model taken as true
	BCa      *[2]float64 `json:"bca95"`    // the selection repeated
	// Interactions are the pairs in the order of entry. EmptyOverlaps are pairs that entered with nobody in their
	// overlap: their coefficient is minus infinity.
	Interactions  []string           `json:"interactions"`
	EmptyOverlaps []string           `json:"empty_overlaps"`
	Coef          map[string]float64 `json:"coef"`
	Deviance      float64            `json:"deviance"`
	AIC           float64            `json:"aic"`
	Bootstrap     *Bootstrap         `json:"bootstrap"`
}

// Estimate answers for a table. Errors say what is wrong with the options; a table that cannot support an answer
// gives a refused Result, in which the engines keep the fits that exist.
func Estimate(t Table, opt Options) (Result, error) {
	how, err := opt.checked(len(t.Lists))
	if err != nil {
		return Result{}, err
	}
	out := Result{
		Reasons: []string{}, Warnings: []string{}, Observed: t.Observed(), Lists: t.Lists, Overlaps: t.overlaps(),
		ListCounts: map[string]int{}, PairOverlaps: map[string]int{}, Existence: Codes{Pairs: map[string]int{}},
		LeaveOneOut: []LeftOut{}, Merged: []Merged{}, InternalConsistency: []Consistency{}, Assumptions: assumptions,
	}
	d := newDesign(len(t.Lists), 2)
	m := newMargins(t)
	for i, name := range t.Lists {
		out.ListCounts[name] = t.on(1 << i)
	}
	s := newSelector(d, how.PEnter)
	for k, term := range d.terms {
		out.PairOverlaps[t.name(term)] = t.on(term)
		out.Existence.Pairs[t.name(term)] = s.existence(m, model(0).with(k))
	}
	out.Existence.AllPairs = s.existence(m, d.all())
	chosen := s.choose(m, nil)
	out.Existence.Chosen = chosen.code
	if out.Observed > 0 {
		out.runEngines(t, m, chosen, how)
		out.runChecks(t, how)
	}
	out.refuse(t)
	out.warn(t, how)
	if !out.Refused {
		out.conclude()
	}
	return out, nil
}

func (out *Result) runEngines(t Table, m *margins, chosen path, how Options) {
	if how.runs(EngineStepwise) && chosen.fit != nil {
		out.Engines.Stepwise = stepwise(t, m, chosen, how)
	}
	if len(t.Lists) == 2 {
		out.Chapman = chapman(t)
	}
	if len(t.Lists) < minLists {
		return
	}
	out.ChaoLower = chaoLower(t)
	if how.runs(EngineBIC) {
		out.Engines.BIC = byBIC(t, newDesign(len(t.Lists), how.MaxOrder), how)
	}
	if how.runs(EngineDGA) && len(t.Lists) <= averageLists {
		out.Engines.DGA = average(t, how.Threads)
	}
	if how.runs(EngineLatentClass) {
		out.Engines.LatentClass = latentClass(t, how.Seed, how.Threads)
	}
}

func (out *Result) runChecks(t Table, how Options) {
	if len(t.Lists) < minLists {
		return
	}
	out.LeaveOneOut = leaveOneOut(t, how)
	out.Merged = mergedPairs(t, how)
	out.InternalConsistency = consistency(t, how)
}

func stepwise(t Table, m *margins, chosen path, how Options) *Stepwise {
	d := newDesign(len(t.Lists), 2)
	f := chosen.fit
	out := &Stepwise{Estimate: m.estimate(chosen), Wald: wald95(newFitter(d), m, f), Deviance: f.deviance, Coef: map[string]float64{"(Intercept)": f.beta[0]}}
	out.Interactions, out.EmptyOverlaps = names(t, d, m, chosen.model, chosen.order)
	for i, name := range t.Lists {
		out.Coef[name] = f.beta[1<<i]
	}
	for _, k := range chosen.order {
		if term := d.terms[k]; m.on[term] > 0 {
			out.Coef[t.name(term)] = f.beta[term]
		}
	}
	parameters := float64(1 + len(t.Lists) + chosen.model.interactions())
	out.AIC = -2*(f.kernel+m.constant()) + 2*parameters
	if how.Bootstrap > 0 {
		sorted := replicates(t, how)
		accel := acceleration(t, how)
		b := &Bootstrap{Replicates: len(sorted), Acceleration: accel, Percentile95: percentile95(sorted), Histogram: histogram(sorted)}
		b.Lowest, b.Highest, b.Failed = bounds(sorted)
		out.BCa, b.Z0 = bca(sorted, out.Estimate, accel)
		out.Bootstrap = b
	}
	return out
}
