package capture

import (
	"math"
)

// margins is a table made ready for fitting: its counts as numbers, and for every set of lists the number of
// people seen on all of them.
type margins struct {
	lists int
	n     []float64 // by history
	on    []float64 // by set; on[0] is everybody observed
}

func newMargins(t Table) *margins {
	m := &margins{lists: len(t.Lists), n: make([]float64, len(t.counts)), on: make([]float64, len(t.counts))}
	m.set(t.counts)
	return m
}

// set takes other counts of the same shape.
func (m *margins) set(counts []int) {
	for h, c := range counts {
		m.n[h], m.on[h] = float64(c), float64(c)
	}
	sumOverSupersets(m.on)
}

// sumOverSupersets replaces v[s] by the sum of v over all sets that hold s.
func sumOverSupersets(v []float64) {
	for half := 1; half < len(v); half *= 2 {
		for base := 0; base < len(v); base += 2 * half {
			low, high := v[base:base+half], v[base+half:base+2*half]
			for i := range low {
				low[i] += high[i]
			}
		}
	}
}

// sumOverSubsets replaces v[s] by the sum of v over all subsets of s.
func sumOverSubsets(v []float64) {
	for half := 1; half < len(v); half *= 2 {
		for base := 0; base < len(v); base += 2 * half {
			low, high := v[base:base+half], v[base+half:base+2*half]
			for i := range low {
				high[i] += low[i]
			}
		}
	}
}

// fit is a fitted log-linear model.
type fit struct {
	model     model
	converged bool
	beta      []float64 // by set of lists: the coefficient of its term, 0 where the model has none
	deviance  float64
	kernel    float64   // log-likelihood without the terms of the counts alone
	se        float64   // of the intercept
	expected  []float64 // fitted number of people by set, seen on all its lists
}

// unseen is the estimate of the people on no list.
func (f *fit) unseen() float64 { return math.Exp(f.beta[0]) }

// fitter fits models of one design. It keeps its working space, so a worker has one of its own.
//
// Every column of the design matrix is the indicator "the history holds this set of lists". So linear predictors
// are sums over subsets of the coefficients, and the information matrix and score are sums over supersets of the
// fitted counts: both are had by a fast transform in L 2^L additions, without a design matrix.
type fitter struct {
	design design
	live   []bool // histories that are not deleted
	par    []int  // sets of the parameters, the intercept (0) first
	eta    []float64
	mu     []float64
	sup    []float64
	rhs    []float64
	h      []float64 // lower triangle of the information, then its Cholesky factor
	step   []float64
	trial  []float64
}

func newFitter(d design) *fitter {
	cells, most := 1<<d.lists, 1+d.lists+len(d.terms)
	return &fitter{
		design: d, live: make([]bool, cells), par: make([]int, 0, most),
		eta: make([]float64, cells), mu: make([]float64, cells), sup: make([]float64, cells), rhs: make([]float64, cells),
		h: make([]float64, most*most), step: make([]float64, most), trial: make([]float64, cells),
	}
}

// prepare works out which histories stay and which parameters are free. An interaction with nobody in its overlap
// has its maximum at minus infinity: every history that holds it is then certain to be empty, and goes with it.
func (f *fitter) prepare(t *margins, m model) {
	for h := range f.live {
		f.live[h] = h != 0
	}
	f.par = append(f.par[:0], 0)
	for i := range f.design.lists {
		f.par = append(f.par, 1<<i)
	}
	for k, term := range f.design.terms {
		if !m.has(k) {
			continue
		}
		if t.on[term] > 0 {
			f.par = append(f.par, term)
			continue
		}
		for h := range f.live {
			if h&term == term {
				f.live[h] = false
			}
		}
	}
}

// empty is how many interactions of the model have nobody in their overlap.
func (f *fitter) empty(t *margins, m model) int {
	n := 0
	for k, term := range f.design.terms {
		if m.has(k) && t.on[term] == 0 {
			n++
		}
	}
	return n
}

const (
	maxIterations = 60
	// A Newton step that gains less than this in twice the log-likelihood is the last: convergence is quadratic,
	// so what it leaves is far below the sixth digit.
	smallGain = 1e-9
)

// fit maximises the Poisson likelihood by Newton's method with step halving. start, when not nil, is a fit of a
// similar model or table to begin from. A model whose maximum does not exist does not converge.
func (f *fitter) fit(t *margins, m model, start *fit) *fit {
	f.prepare(t, m)
	out := &fit{model: m, beta: make([]float64, len(t.n)), expected: make([]float64, len(t.n))}
	if start != nil {
		for _, s := range f.par {
			out.beta[s] = start.beta[s]
		}
		if f.climb(t, out) {
			return out
		}
		clear(out.beta)
	}
	if f.begin(t, out) && f.climb(t, out) {
		return out
	}
	// Where a few histories hold nearly everybody, the regression of logarithms can begin far above the table. From as
	// many people on every history the likelihood, which is concave, is climbed from below.
	clear(out.beta)
	live := 0
	for _, l := range f.live {
		if l {
			live++
		}
	}
	out.beta[0] = math.Log(max(t.on[0], 0.1) / float64(max(live, 1)))
	f.climb(t, out)
	return out
}

// climb takes Newton steps from out.beta and says whether they reached the maximum.
func (f *fitter) climb(t *margins, out *fit) bool {
	out.converged, out.deviance = false, 0
	f.evaluate(t, out)
	if math.IsInf(out.kernel, 0) || math.IsNaN(out.kernel) {
		return false
	}
	for range maxIterations {
		if !f.factor() {
			return false
		}
		gain := f.direction(t)
		if !f.move(t, out, gain) {
			break
		}
		if gain < smallGain {
			out.converged = true
			break
		}
	}
	f.finish(t, out)
	return out.converged
}

// begin takes the first coefficients from a weighted regression of log counts, a tenth of a person added to each
// history so that every logarithm exists.
func (f *fitter) begin(t *margins, out *fit) bool {
	for h := range f.mu {
		f.mu[h], f.rhs[h] = 0, 0
		if f.live[h] {
			mu := t.n[h] + 0.1
			f.mu[h], f.rhs[h] = mu, mu*math.Log(mu)+t.n[h]-mu
		}
	}
	copy(f.sup, f.mu)
	sumOverSupersets(f.sup)
	sumOverSupersets(f.rhs)
	if !f.factor() {
		return false
	}
	for i, s := range f.par {
		f.step[i] = f.rhs[s]
	}
	f.solve(f.step[:len(f.par)])
	for i, s := range f.par {
		out.beta[s] = f.step[i]
	}
	return true
}

// evaluate works out fitted counts, their margins and the log-likelihood at out.beta.
func (f *fitter) evaluate(t *margins, out *fit) {
	copy(f.eta, out.beta)
	sumOverSubsets(f.eta)
	for h, live := range f.live {
		f.mu[h] = 0
		if live {
			f.mu[h] = math.Exp(f.eta[h])
		}
	}
	copy(f.sup, f.mu)
	sumOverSupersets(f.sup)
	out.kernel = -f.sup[0]
	for _, s := range f.par {
		out.kernel += t.on[s] * out.beta[s]
	}
}

// direction puts the Newton step into f.step and returns the gain it promises in twice the log-likelihood.
func (f *fitter) direction(t *margins) float64 {
	step := f.step[:len(f.par)]
	for i, s := range f.par {
		step[i] = t.on[s] - f.sup[s]
	}
	f.solve(step)
	gain := 0.0
	for i, s := range f.par {
		gain += step[i] * (t.on[s] - f.sup[s])
	}
	return gain
}

// move takes the step, halved until the likelihood does not fall. It returns false when no length will do, which
// at a gain near the rounding error means that the maximum is reached.
func (f *fitter) move(t *margins, out *fit, gain float64) bool {
	before := out.kernel
	copy(f.trial, out.beta)
	slack := 1e-12 * (1 + math.Abs(before))
	for length := 1.0; length > 1e-6; length /= 2 {
		for i, s := range f.par {
			out.beta[s] = f.trial[s] + length*f.step[i]
		}
		f.evaluate(t, out)
		if out.kernel >= before-slack {
			return true
		}
	}
	copy(out.beta, f.trial)
	f.evaluate(t, out)
	out.converged = gain < 1e-6
	return false
}

// glmError is the standard error of the intercept as R's glm gives it: iteratively reweighted least squares from the
// usual start until the deviance changes by less than 1e-8 of itself, and the error from the weights of the last step,
// which are those before it. It differs from fit.se in the fifth digit at most; intervals published from R carry it.
func (f *fitter) glmError(t *margins, m model) (float64, bool) {
	f.prepare(t, m)
	out := &fit{model: m, beta: make([]float64, len(t.n))}
	if !f.begin(t, out) {
		return 0, false
	}
	before := 0.0
	for h, live := range f.live {
		if live {
			before += unitDeviance(t.n[h], t.n[h]+0.1)
		}
	}
	for range 25 {
		se, ok := f.interceptError()
		if !ok {
			return 0, false
		}
		f.evaluate(t, out)
		after := 0.0
		for h, live := range f.live {
			if live {
				after += unitDeviance(t.n[h], f.mu[h])
			}
		}
		if math.Abs(after-before)/(math.Abs(after)+0.1) < 1e-8 {
			return se, true
		}
		before = after
		if !f.factor() {
			return 0, false
		}
		f.direction(t)
		for i, s := range f.par {
			out.beta[s] += f.step[i]
		}
	}
	return 0, false
}

// interceptError reads the standard error of the intercept off the factor at hand.
func (f *fitter) interceptError() (float64, bool) {
	unit := make([]float64, len(f.par))
	unit[0] = 1
	f.solve(unit)
	se := math.Sqrt(unit[0])
	return se, !math.IsNaN(se) && !math.IsInf(se, 0)
}

func unitDeviance(n, mu float64) float64 {
	if n == 0 {
		return 2 * mu
	}
	return 2 * (n*math.Log(n/mu) - (n - mu))
}

// finish works out what is read from the fit at its maximum.
func (f *fitter) finish(t *margins, out *fit) {
	copy(out.expected, f.sup)
	for h, live := range f.live {
		if live {
			out.deviance += unitDeviance(t.n[h], f.mu[h])
		}
	}
	ok := f.factor()
	if ok {
		out.se, ok = f.interceptError()
	}
	out.converged = out.converged && ok
}

// factor makes the Cholesky factor of the information matrix, whose entry for two parameters is the fitted number
// of people on the lists of both. It returns false when the matrix is not positive definite.
func (f *fitter) factor() bool {
	p := len(f.par)
	for i := range p {
		row := f.h[i*p : i*p+p]
		for j := range i + 1 {
			sum := f.sup[f.par[i]|f.par[j]]
			other := f.h[j*p : j*p+p]
			for k := range j {
				sum -= row[k] * other[k]
			}
			if j < i {
				row[j] = sum / other[j]
				continue
			}
			if !(sum > 1e-13*f.sup[f.par[i]]) {
				return false
			}
			row[i] = math.Sqrt(sum)
		}
	}
	return true
}

// solve replaces b by the solution of information times x = b.
func (f *fitter) solve(b []float64) {
	p := len(b)
	for i := range p {
		row := f.h[i*p : i*p+p]
		for k := range i {
			b[i] -= row[k] * b[k]
		}
		b[i] /= row[i]
	}
	for i := p - 1; i >= 0; i-- {
		for k := i + 1; k < p; k++ {
			b[i] -= f.h[k*p+i] * b[k]
		}
		b[i] /= f.h[i*p+i]
	}
}
