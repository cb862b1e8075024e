package agreement

import (
	"fmt"
	"math/rand/v2"
)

// Options are what the codings themselves do not say.
type Options struct {
	// Order is the values from least to most, for ordinal alpha. Numbers need
	// none.
	Order []string
	// Positive is the value that means present. Empty: found for 1/0, yes/no,
	// y/n, true/false and present/absent.
	Positive string
	// Replicates of the bootstrap; 0 for none. 1,000 is usual.
	Replicates int
}

// Result is the answer of the agreement method.
type Result struct {
	Refused  bool     `json:"refused"`
	Reasons  []string `json:"reasons"`
	Warnings []string `json:"warnings"`

	Units  int `json:"units"`
	Coders int `json:"coders"`
	// Pairable is the units with at least two values; only these count.
	Pairable int `json:"units_coded_twice"`
	Missing  int `json:"missing"`

	Percent     *float64 `json:"percent"`  // 0 to 100
	Positive    *float64 `json:"positive"` // 0 to 1
	CohenKappa  *float64 `json:"cohen_kappa"`
	FleissKappa *float64 `json:"fleiss_kappa"`
	Alpha       Alpha    `json:"krippendorff_alpha"`
	AlphaLimits Limits   `json:"krippendorff_alpha_interval95"`
	// WhyNull gives the reason for each measure that is nil, by its JSON name.
	WhyNull map[string]string `json:"why_null"`

	Pairs         []Pair         `json:"pairs"`
	Disagreements []Disagreement `json:"disagreements"`
}

// Alpha is Krippendorff's alpha at the four levels of measurement.
type Alpha struct {
	Nominal  *float64 `json:"nominal"`
	Ordinal  *float64 `json:"ordinal"`
	Interval *float64 `json:"interval"`
	Ratio    *float64 `json:"ratio"`
}

// Limits are the bootstrap limits of each alpha.
type Limits struct {
	Nominal  *[2]float64 `json:"nominal"`
	Ordinal  *[2]float64 `json:"ordinal"`
	Interval *[2]float64 `json:"interval"`
	Ratio    *[2]float64 `json:"ratio"`
}

// Pair is two coders on the units both coded.
type Pair struct {
	A       string   `json:"a"`
	B       string   `json:"b"`
	Units   int      `json:"units"`
	Percent *float64 `json:"percent"`
	Kappa   *float64 `json:"cohen_kappa"`
}

// Disagreement is a unit whose values differ, with every value given.
type Disagreement struct {
	Unit   string  `json:"unit"`
	Values []Given `json:"values"`
}

// Given is one coder's value.
type Given struct {
	Coder string `json:"coder"`
	Value string `json:"value"`
}

// Marks on Krippendorff's alpha: from 0.8 codes can be relied on, between 0.667
// and 0.8 tentatively (Krippendorff 2004).
const (
	Reliable  = 0.8
	Tentative = 0.667
)

// Analyse answers for a set of codings. The random source is used by the
// bootstrap alone and may be nil when Replicates is 0.
func Analyse(in []Coding, opt Options, rng *rand.Rand) (Result, error) {
	t, err := newTable(in, opt.Order)
	if err != nil {
		return Result{}, err
	}
	p := t.pairable()
	r := Result{
		Reasons: []string{}, Warnings: []string{}, WhyNull: map[string]string{}, Pairs: []Pair{}, Disagreements: t.disagreements(),
		Units: len(t.units), Coders: len(t.coders), Pairable: len(p.units), Missing: t.missing,
	}
	if len(p.units) == 0 {
		r.Refused = true
		r.Reasons = append(r.Reasons, "no unit was coded by two people, so there is nothing to compare")
		for _, name := range []string{"percent", "positive", "cohen_kappa", "fleiss_kappa", "nominal", "ordinal", "interval", "ratio"} {
			r.WhyNull[name] = tooFewPairs
		}
		return r, nil
	}
	r.simple(t, opt)
	r.alphas(t, p, opt, rng)
	r.warn(t, p)
	return r, nil
}

// simple fills in the measures other than alpha.
func (r *Result) simple(t *table, opt Options) {
	if v, ok := t.percent(); ok {
		r.Percent = &v
	}
	r.Positive = r.keep("positive")(t.positive(opt.Positive))
	for a := range t.coders {
		for b := a + 1; b < len(t.coders); b++ {
			kappa, percent, shared, why := t.cohen(a, b)
			pair := Pair{A: t.coders[a], B: t.coders[b], Units: shared}
			if shared > 0 {
				pair.Percent = &percent
			}
			if why == "" {
				pair.Kappa = &kappa
			}
			r.Pairs = append(r.Pairs, pair)
		}
	}
	if len(t.coders) == 2 {
		kappa, _, _, why := t.cohen(0, 1)
		r.CohenKappa = r.keep("cohen_kappa")(kappa, why)
	} else {
		r.WhyNull["cohen_kappa"] = notTwo
	}
	kappa, units, why := t.fleiss()
	r.FleissKappa = r.keep("fleiss_kappa")(kappa, why)
	if left := r.Units - units; why == "" && left > 0 {
		r.Warnings = append(r.Warnings, fmt.Sprintf("Fleiss's kappa leaves out %d of %d units that not everybody coded", left, r.Units))
	}
}

// keep stores a measure or the reason it is nil.
func (r *Result) keep(name string) func(v float64, why string) *float64 {
	return func(v float64, why string) *float64 {
		if why != "" {
			r.WhyNull[name] = why
			return nil
		}
		return &v
	}
}

func (r *Result) alphas(t *table, p pairable, opt Options, rng *rand.Rand) {
	points := map[metric]*float64{}
	var usable []metric
	for _, m := range []struct {
		metric metric
		name   string
		why    string
	}{{nominal, "nominal", ""}, {ordinal, "ordinal", t.whyNot(ordinal)}, {interval, "interval", t.whyNot(interval)}, {ratio, "ratio", t.whyNot(ratio)}} {
		if m.why != "" {
			r.WhyNull[m.name] = m.why
			continue
		}
		v, ok := p.alpha(p.all(), m.metric)
		if !ok {
			r.WhyNull[m.name] = notUsed
			continue
		}
		points[m.metric] = &v
		usable = append(usable, m.metric)
	}
	r.Alpha = Alpha{points[nominal], points[ordinal], points[interval], points[ratio]}
	if opt.Replicates > 0 && len(usable) > 0 {
		limits := p.bootstrap(usable, opt.Replicates, rng)
		r.AlphaLimits = Limits{limits[nominal], limits[ordinal], limits[interval], limits[ratio]}
	}
}

// whyNot is the reason the values do not support a level of measurement.
func (t *table) whyNot(m metric) string {
	switch {
	case m == ordinal && !t.ordered:
		return notOrdered
	case m == ordinal:
		return ""
	case t.numbers == nil:
		return notNumbers
	case m == ratio && len(t.numbers) > 0 && minimum(t.numbers) < 0:
		return belowZero
	}
	return ""
}

func minimum(v []float64) float64 {
	low := v[0]
	for _, x := range v {
		low = min(low, x)
	}
	return low
}

func (r *Result) warn(t *table, p pairable) {
	if left := len(t.units) - len(p.units); left > 0 {
		r.Warnings = append(r.Warnings, fmt.Sprintf("%d of %d units have fewer than two values and do not count", left, len(t.units)))
	}
	if a := r.Alpha.Nominal; a != nil && *a < Tentative {
		r.Warnings = append(r.Warnings, fmt.Sprintf("nominal alpha is %.2f, under %.3f: talk the disagreements through before the codes are used", *a, Tentative))
	}
	if len(p.units) < 20 {
		r.Warnings = append(r.Warnings, fmt.Sprintf("only %d %s coded by two people: the coefficients are uncertain", len(p.units), map[bool]string{true: "unit was", false: "units were"}[len(p.units) == 1]))
	}
}

// disagreements are the units whose values differ, in the order of the input.
func (t *table) disagreements() []Disagreement {
	out := []Disagreement{}
	for u, row := range t.value {
		first, differ := -1, false
		var values []Given
		for c, v := range row {
			if v < 0 {
				continue
			}
			values = append(values, Given{t.coders[c], t.labels[v]})
			if first >= 0 && v != first {
				differ = true
			}
			first = v
		}
		if differ {
			out = append(out, Disagreement{t.units[u], values})
		}
	}
	return out
}
