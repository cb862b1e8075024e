package glm

import (
	"fmt"
	"math"
)

// Fit is a fitted model.
type Fit struct {
	Columns []string
	Coef    []float64
	// SE are the standard errors of the family fitted; Cov is their covariance
	// matrix, row-major.
	SE  []float64
	Cov []float64
	// Fitted are the means mu_i, in the units of the counts.
	Fitted []float64
	// Dispersion is Pearson's chi-square over the degrees of freedom; 1 when
	// no degrees of freedom are left. Poisson fits report it and do not use it.
	Dispersion float64
	Deviance   float64
	LogLik     float64 // log-likelihood; of the Poisson model for quasi-Poisson
	DF         int     // counts less coefficients
	Theta      float64 // negative binomial; +Inf otherwise
	Iterations int
}

// Term is the coefficient and standard error of the column with this name;
// ok is false when there is none.
func (f *Fit) Term(name string) (coef, se float64, ok bool) {
	for j, c := range f.Columns {
		if c == name {
			return f.Coef[j], f.SE[j], true
		}
	}
	return 0, 0, false
}

// Poisson fits a Poisson regression.
func Poisson(d Data) (*Fit, error) {
	if err := d.examine(); err != nil {
		return nil, err
	}
	return d.fit(math.Inf(1), nil)
}

// QuasiPoisson fits the same coefficients as Poisson; standard errors are
// multiplied by the square root of the dispersion. It needs at least one
// degree of freedom.
func QuasiPoisson(d Data) (*Fit, error) {
	f, err := Poisson(d)
	if err != nil {
		return nil, err
	}
	return f.Quasi()
}

// Quasi turns a Poisson fit into the quasi-Poisson fit of the same data; f
// itself is not changed.
func (f *Fit) Quasi() (*Fit, error) {
	if f.DF < 1 {
		return nil, fmt.Errorf("%d counts and %d coefficients leave nothing to estimate the dispersion from", len(f.Fitted), len(f.Coef))
	}
	q := *f
	q.SE, q.Cov = make([]float64, len(f.SE)), make([]float64, len(f.Cov))
	for j := range f.SE {
		q.SE[j] = f.SE[j] * math.Sqrt(f.Dispersion)
	}
	for j := range f.Cov {
		q.Cov[j] = f.Cov[j] * f.Dispersion
	}
	return &q, nil
}

// examine refuses data that have no estimate.
func (d *Data) examine() error {
	if err := d.check(); err != nil {
		return err
	}
	if j := dependentColumn(d.X, len(d.Columns), func(int) bool { return true }); j >= 0 {
		return &RankError{d.Columns[j]}
	}
	if rows := d.separated(); rows != nil {
		return &SeparationError{rows}
	}
	return nil
}

const (
	maxIterations = 100
	// tolerance is the relative change of the deviance at which a fit has
	// settled. It is R's, so that figures which depend on the last step agree
	// with R; the coefficients are by then good to about a millionth of their
	// standard errors.
	tolerance = 1e-8
)

// work holds what one weighted least squares step needs, so that steps do not
// allocate.
type work struct {
	scale         []float64 // column lengths
	weights       []float64 // working weights of the last step
	gram          []float64 // X'WX of the scaled design, then its Cholesky factor
	rhs, eta, mu  []float64
	next, trial   []float64
	muTrial, beta []float64
}

// fit runs reweighted least squares for a fixed theta (+Inf: Poisson) from
// start, or from the counts themselves when start is nil.
func (d *Data) fit(theta float64, start []float64) (*Fit, error) {
	n, p := len(d.Y), len(d.Columns)
	w := &work{scale: d.columnScales(), weights: make([]float64, n), gram: make([]float64, p*p), rhs: make([]float64, p), eta: make([]float64, n), mu: make([]float64, n),
		next: make([]float64, p), trial: make([]float64, n), muTrial: make([]float64, n), beta: make([]float64, p)}
	if start == nil {
		for i, y := range d.Y {
			w.mu[i] = y + 0.1
			w.eta[i] = math.Log(w.mu[i])
		}
	} else {
		copy(w.beta, start)
		d.predict(w.beta, w.eta, w.mu)
	}
	deviance := d.deviance(w.mu, theta)
	for iteration := 1; iteration <= maxIterations; iteration++ {
		if err := d.step(w, theta); err != nil {
			return nil, err
		}
		better := d.accept(w, theta, deviance, iteration > 1 || start != nil)
		if math.IsNaN(better) || math.IsInf(better, 0) {
			return nil, fmt.Errorf("the fit ran off to infinity: the counts and the terms are too far apart in size")
		}
		settled := math.Abs(better-deviance) <= tolerance*(math.Abs(better)+0.1)
		deviance = better
		if settled && iteration > 1 {
			return d.finish(w, theta, deviance, iteration)
		}
	}
	return nil, fmt.Errorf("the fit did not settle in %d steps", maxIterations)
}

// step solves the weighted least squares problem at the current means; the
// answer is in w.next.
func (d *Data) step(w *work, theta float64) error {
	p := len(d.Columns)
	for i, m := range w.mu {
		w.weights[i] = weight(m, theta)
	}
	d.information(w)
	clear(w.rhs)
	for i, y := range d.Y {
		m := w.mu[i]
		z := w.eta[i] + (y-m)/m
		if d.Offset != nil {
			z -= d.Offset[i]
		}
		z *= w.weights[i]
		for j := range p {
			w.rhs[j] += d.X[i*p+j] * z
		}
	}
	for j := range p {
		w.rhs[j] /= w.scale[j]
	}
	if j := cholesky(w.gram, p); j >= 0 {
		return &RankError{d.Columns[j]}
	}
	copy(w.next, w.rhs)
	solve(w.gram, p, w.next)
	for j := range p {
		w.next[j] /= w.scale[j]
	}
	return nil
}

// information fills w.gram with X'WX of the scaled design.
func (d *Data) information(w *work) {
	p := len(d.Columns)
	clear(w.gram)
	for i := range d.Y {
		wt := w.weights[i]
		row := d.X[i*p : (i+1)*p]
		for a, va := range row {
			if va == 0 {
				continue
			}
			va *= wt
			for b := a; b < p; b++ {
				w.gram[a*p+b] += va * row[b]
			}
		}
	}
	for a := range p {
		for b := a; b < p; b++ {
			w.gram[a*p+b] /= w.scale[a] * w.scale[b]
			w.gram[b*p+a] = w.gram[a*p+b]
		}
	}
}

// weight is the working weight of a count with mean m: m over 1 + m/theta.
func weight(m, theta float64) float64 { return m / (1 + m/theta) }

// accept moves to the new coefficients, going only part of the way when the
// whole way makes the fit worse, and returns the deviance there.
func (d *Data) accept(w *work, theta, before float64, halve bool) float64 {
	for range 30 {
		d.predict(w.next, w.trial, w.muTrial)
		after := d.deviance(w.muTrial, theta)
		fine := !math.IsNaN(after) && !math.IsInf(after, 0)
		if fine && (!halve || after <= before*(1+1e-9)+1e-9) {
			copy(w.beta, w.next)
			copy(w.eta, w.trial)
			copy(w.mu, w.muTrial)
			return after
		}
		for j := range w.next {
			w.next[j] = (w.next[j] + w.beta[j]) / 2
		}
	}
	return before
}

// predict fills the linear predictor and the means.
func (d *Data) predict(beta, eta, mu []float64) {
	p := len(d.Columns)
	for i := range eta {
		e := 0.0
		if d.Offset != nil {
			e = d.Offset[i]
		}
		for j, b := range beta {
			e += d.X[i*p+j] * b
		}
		eta[i] = e
		mu[i] = math.Exp(e)
	}
}

// deviance is twice the log-likelihood lost beside a model that fits every
// count exactly.
func (d *Data) deviance(mu []float64, theta float64) float64 {
	total := 0.0
	for i, y := range d.Y {
		m := mu[i]
		if !(m > 0) || math.IsInf(m, 0) {
			return math.Inf(1)
		}
		unit := 0.0
		if y > 0 {
			unit = y * math.Log(y/m)
		}
		if math.IsInf(theta, 1) {
			unit -= y - m
		} else {
			unit -= (y + theta) * math.Log((y+theta)/(m+theta))
		}
		total += 2 * unit
	}
	return total
}

// finish turns the settled state into a Fit. As in R, the covariance and the
// dispersion use the working weights of the last step.
func (d *Data) finish(w *work, theta, deviance float64, iterations int) (*Fit, error) {
	n, p := len(d.Y), len(d.Columns)
	d.information(w)
	if j := cholesky(w.gram, p); j >= 0 {
		return nil, &RankError{d.Columns[j]}
	}
	f := &Fit{
		Columns: d.Columns, Coef: w.beta, SE: make([]float64, p), Cov: make([]float64, p*p), Fitted: w.mu,
		Dispersion: 1, Deviance: deviance, LogLik: d.logLik(w.mu, theta), DF: n - p, Theta: theta, Iterations: iterations,
	}
	unit := make([]float64, p)
	for j := range p {
		clear(unit)
		unit[j] = 1
		solve(w.gram, p, unit)
		for k := range p {
			f.Cov[k*p+j] = unit[k] / (w.scale[j] * w.scale[k])
		}
		f.SE[j] = math.Sqrt(f.Cov[j*p+j])
	}
	if f.DF > 0 {
		chi := 0.0
		for i, y := range d.Y {
			r := (y - w.mu[i]) / w.mu[i]
			chi += w.weights[i] * r * r
		}
		f.Dispersion = chi / float64(f.DF)
	}
	return f, nil
}

// logLik is the log-likelihood of the counts.
func (d *Data) logLik(mu []float64, theta float64) float64 {
	total := 0.0
	for i, y := range d.Y {
		m := mu[i]
		lfact, _ := math.Lgamma(y + 1)
		if math.IsInf(theta, 1) {
			total += y*math.Log(m) - m - lfact
			continue
		}
		a, _ := math.Lgamma(y + theta)
		b, _ := math.Lgamma(theta)
		total += a - b - lfact - theta*math.Log1p(m/theta) + y*(math.Log(m)-math.Log(m+theta))
	}
	return total
}

// cholesky factors the symmetric matrix in place (lower triangle) and returns
// the first column that is not positive, or -1.
func cholesky(a []float64, p int) int {
	for j := range p {
		pivot := a[j*p+j]
		whole := pivot
		for k := range j {
			pivot -= a[j*p+k] * a[j*p+k]
		}
		if !(pivot > 1e-15*whole) {
			return j
		}
		pivot = math.Sqrt(pivot)
		a[j*p+j] = pivot
		for i := j + 1; i < p; i++ {
			s := a[i*p+j]
			for k := range j {
				s -= a[i*p+k] * a[j*p+k]
			}
			a[i*p+j] = s / pivot
		}
	}
	return -1
}

// solve replaces b by the solution of L L' x = b.
func solve(l []float64, p int, b []float64) {
	for i := range p {
		for k := range i {
			b[i] -= l[i*p+k] * b[k]
		}
		b[i] /= l[i*p+i]
	}
	for i := p - 1; i >= 0; i-- {
		for k := i + 1; k < p; k++ {
			b[i] -= l[k*p+i] * b[k]
		}
		b[i] /= l[i*p+i]
	}
}
