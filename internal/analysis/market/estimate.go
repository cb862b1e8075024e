package market

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"sort"
	"strconv"
	"strings"
	"sync"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distuv"
)

// Draws is the usual number of draws; at 1,000,000 the median and limits are
// good to a few parts in a thousand.
const Draws = 1_000_000

// Correlation is a rank correlation between two quantities.
type Correlation struct {
	A, B string
	Rank float64 // Spearman, above -1 and below 1
}

// Options are what the inputs do not say.
type Options struct {
	Draws        int           // 0 is Draws
	Correlations []Correlation // pairs not named are independent
	Threads      int           // 0 is every core; the answer does not depend on it
	Unit         string        // for the sentence, such as "£"; put before numbers
}

// Result is the answer of the market method.
type Result struct {
	Refused  bool     `json:"refused"`
	Reasons  []string `json:"reasons"`
	Warnings []string `json:"warnings"`

	Median        float64    `json:"median"`
	Mean          float64    `json:"mean"`
	Interval      [2]float64 `json:"interval95"`
	VarianceShare []Share    `json:"variance_share"` // in the order of the inputs
	// FindOutNext says which quantity is worth finding out; nil when nothing
	// is uncertain.
	FindOutNext *string `json:"what_to_find_out_next"`
	Sentence    string  `json:"sentence"`

	// Analytic is the exact answer when every quantity is log-normal or fixed.
	Analytic *Analytic `json:"analytic"`
	Draws    int       `json:"draws"`
}

// Share is one quantity's part of the variance; shares add up to 1.
type Share struct {
	Quantity        string  `json:"quantity"`
	Share           float64 `json:"share"`
	RankCorrelation float64 `json:"rank_correlation"` // Spearman, with the value
}

// Analytic is the exact answer for a log-normal product.
type Analytic struct {
	Median   float64    `json:"median"`
	Mean     float64    `json:"mean"`
	Interval [2]float64 `json:"interval95"`
	LogSD    float64    `json:"log_sd"`
}

// Estimate works out the product of the inputs. Errors name the record (a
// *badrow.Error) or the option at fault.
func Estimate(in []Input, opt Options, rng *rand.Rand) (Result, error) {
	inputs, err := check(in)
	if err != nil {
		return Result{}, err
	}
	n := opt.Draws
	if n == 0 {
		n = Draws
	}
	if n < 1000 || n > 100_000_000 {
		return Result{}, fmt.Errorf("%d draws were asked for; expected between 1,000 and 100,000,000", n)
	}
	correlation, err := scoreCorrelation(inputs, opt.Correlations)
	if err != nil {
		return Result{}, err
	}
	root, err := cholesky(correlation)
	if err != nil {
		return Result{}, err
	}
	factors := make([]factor, len(inputs))
	for i, q := range inputs {
		factors[i] = newFactor(q)
	}
	threads := opt.Threads
	if threads < 1 {
		threads = runtime.GOMAXPROCS(0)
	}
	s := simulate(factors, root, n, threads, rng)
	if math.IsInf(s.mean, 0) || math.IsNaN(s.mean) {
		return Result{}, fmt.Errorf("the product is too large to be worked out: check the units of the quantities")
	}
	r := Result{Reasons: []string{}, Warnings: []string{}, Mean: s.mean, Draws: n, Analytic: analytic(factors, correlation)}
	r.VarianceShare = shares(inputs, factors, &s, threads)
	r.Median = quantile(s.values, 0.5)
	r.Interval = [2]float64{quantile(s.values, 0.025), quantile(s.values, 0.975)}
	if r.Interval[0] == r.Interval[1] {
		r.Mean = r.Median // nothing varies, and a sum of so many equal numbers is not exact
	}
	r.FindOutNext = next(inputs, r.VarianceShare)
	r.Sentence = r.sentence(opt.Unit, inputs)
	r.warn(inputs, len(opt.Correlations) > 0)
	return r, nil
}

// scoreCorrelation is the correlation matrix of the normal scores, or nil when
// every pair is independent.
func scoreCorrelation(inputs []Input, pairs []Correlation) (*mat.SymDense, error) {
	if len(pairs) == 0 {
		return nil, nil
	}
	at := map[string]int{}
	for i, q := range inputs {
		at[q.Quantity] = i
	}
	c := mat.NewSymDense(len(inputs), nil)
	for i := range inputs {
		c.SetSym(i, i, 1)
	}
	seen := map[[2]int]bool{}
	for _, p := range pairs {
		a, okA := at[p.A]
		b, okB := at[p.B]
		switch {
		case !okA || !okB || a == b:
			return nil, fmt.Errorf("the correlation between %q and %q does not name two of the quantities", p.A, p.B)
		case !(p.Rank > -1 && p.Rank < 1):
			return nil, fmt.Errorf("the rank correlation between %q and %q is %v; expected a number above -1 and below 1", p.A, p.B, p.Rank)
		case seen[[2]int{min(a, b), max(a, b)}]:
			return nil, fmt.Errorf("the correlation between %q and %q is given twice", p.A, p.B)
		}
		seen[[2]int{min(a, b), max(a, b)}] = true
		c.SetSym(a, b, normalFromRank(p.Rank))
	}
	return c, nil
}

// normalFromRank is the correlation of normal scores whose rank correlation is
// rho.
func normalFromRank(rho float64) float64 { return 2 * math.Sin(math.Pi*rho/6) }

func cholesky(c *mat.SymDense) (*mat.TriDense, error) {
	if c == nil {
		return nil, nil
	}
	var factor mat.Cholesky
	if !factor.Factorize(c) {
		return nil, fmt.Errorf("the correlations contradict one another: no set of quantities can have all of them")
	}
	var lower mat.TriDense
	factor.LTo(&lower)
	return &lower, nil
}

// analytic is nil unless every factor is log-normal or a fixed number above
// zero.
func analytic(factors []factor, correlation *mat.SymDense) *Analytic {
	mu, variance := 0.0, 0.0
	for i, f := range factors {
		switch {
		case f.shape == LogNormal:
			mu += f.mu
		case f.shape == Fixed && f.low > 0:
			mu += math.Log(f.low)
		default:
			return nil
		}
		variance += f.sigma * f.sigma
		for j := range i {
			if correlation != nil {
				variance += 2 * correlation.At(i, j) * f.sigma * factors[j].sigma
			}
		}
	}
	z, sd := distuv.UnitNormal.Quantile(0.975), math.Sqrt(math.Max(0, variance))
	a := &Analytic{Median: math.Exp(mu), Mean: math.Exp(mu + variance/2), Interval: [2]float64{math.Exp(mu - z*sd), math.Exp(mu + z*sd)}, LogSD: sd}
	if math.IsInf(a.Interval[1], 0) || math.IsInf(a.Mean, 0) {
		return nil
	}
	return a
}

// shares works out rank correlations with the value and the shares of the
// variance they stand for. Quantities that do not vary have none.
func shares(inputs []Input, factors []factor, s *sample, threads int) []Share {
	out := make([]Share, len(inputs))
	kept := len(s.scores[0])
	valueRank := ranks(s.values[:kept])
	var wait sync.WaitGroup
	slots := make(chan struct{}, max(1, threads))
	for q := range inputs {
		out[q].Quantity = inputs[q].Quantity
		if factors[q].shape == Fixed {
			continue
		}
		wait.Go(func() {
			slots <- struct{}{}
			out[q].RankCorrelation = pearson(ranks(s.scores[q]), valueRank)
			<-slots
		})
	}
	wait.Wait()
	total := 0.0
	for q := range out {
		r := normalFromRank(out[q].RankCorrelation)
		out[q].Share = r * r
		total += r * r
	}
	for q := range out {
		if total > 0 {
			out[q].Share /= total
		}
	}
	return out
}

// ranks are the mid-ranks of the values, less their mean.
func ranks(v []float64) []float64 {
	order := make([]int32, len(v))
	for i := range order {
		order[i] = int32(i)
	}
	sort.Slice(order, func(a, b int) bool { return v[order[a]] < v[order[b]] })
	out := make([]float64, len(v))
	middle := float64(len(v)-1) / 2
	for i := 0; i < len(order); {
		j := i
		for j+1 < len(order) && v[order[j+1]] == v[order[i]] {
			j++
		}
		for k := i; k <= j; k++ {
			out[order[k]] = float64(i+j)/2 - middle
		}
		i = j + 1
	}
	return out
}

// pearson is the correlation of two series whose means are zero; 0 when one
// does not vary.
func pearson(a, b []float64) float64 {
	var ab, aa, bb float64
	for i := range a {
		ab += a[i] * b[i]
		aa += a[i] * a[i]
		bb += b[i] * b[i]
	}
	if aa == 0 || bb == 0 {
		return 0
	}
	return ab / math.Sqrt(aa*bb)
}

func next(inputs []Input, all []Share) *string {
	best := 0
	for q := range all {
		if all[q].Share > all[best].Share {
			best = q
		}
	}
	if all[best].Share == 0 {
		return nil
	}
	q := inputs[best]
	text := fmt.Sprintf("Find out %s next: %.0f%% of the uncertainty comes from it (now %s to %s, from %s).", q.Quantity, 100*all[best].Share, plain(q.Low), plain(q.High), q.Source)
	return &text
}

// wideRange is the ratio of upper to lower limit from which only an order of
// magnitude may be spoken of.
const wideRange = 10

func (r *Result) sentence(unit string, inputs []Input) string {
	names := make([]string, len(inputs))
	for i, q := range inputs {
		names[i] = q.Quantity
	}
	product := strings.Join(names, " × ")
	switch {
	case r.Interval[0] == r.Interval[1]:
		return fmt.Sprintf("About %s%s (%s).", unit, words(r.Median), product)
	case r.Interval[1] >= wideRange*r.Interval[0]:
		return fmt.Sprintf("Only an order of magnitude can be given: somewhere between %s%s and %s%s (%s).", unit, words(r.Interval[0]), unit, words(r.Interval[1]), product)
	}
	return fmt.Sprintf("Between about %s%s and %s%s, most likely near %s%s (%s).", unit, words(r.Interval[0]), unit, words(r.Interval[1]), unit, words(r.Median), product)
}

// words writes a number to two significant figures.
func words(v float64) string {
	if v == 0 {
		return "0"
	}
	scale := math.Pow(10, math.Floor(math.Log10(v))-1)
	v = math.Round(v/scale) * scale
	for _, s := range []struct {
		size float64
		name string
	}{{1e12, " trillion"}, {1e9, " billion"}, {1e6, " million"}} {
		if v >= s.size {
			return strconv.FormatFloat(v/s.size, 'g', 3, 64) + s.name
		}
	}
	if v >= 10 {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'g', 2, 64)
}

func plain(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

func (r *Result) warn(inputs []Input, correlated bool) {
	add := func(text string) { r.Warnings = append(r.Warnings, text) }
	var undated []string
	first, last := math.MaxInt, 0
	for _, q := range inputs {
		if q.Year == 0 {
			undated = append(undated, q.Quantity)
			continue
		}
		first, last = min(first, q.Year), max(last, q.Year)
	}
	if len(undated) > 0 {
		add("no year is given for " + strings.Join(undated, ", "))
	}
	if last > 0 && last-first > 5 {
		add(fmt.Sprintf("the figures run from %d to %d: bring prices and numbers to one year", first, last))
	}
	if correlated {
		add("some quantities move together, so the shares of the variance overlap and are a guide only")
	}
	if r.Interval[1] >= wideRange*r.Interval[0] && r.Interval[1] > 0 {
		add("the upper limit is ten times the lower one or more: speak of an order of magnitude only")
	}
}
