package glm

import (
	"fmt"
	"math"
)

// NeweyWest gives standard errors that allow for uneven variance and for
// correlation between counts up to lag steps apart, with Bartlett weights. The
// rows of d must be one series in time order. A negative lag chooses
// floor(4 (n/100)^(2/9)). The factor n/(n-p) corrects for small samples.
func (f *Fit) NeweyWest(d Data, lag int) (se []float64, usedLag int, err error) {
	n, p := len(d.Y), len(d.Columns)
	if len(f.Fitted) != n || len(f.Coef) != p || len(d.X) != n*p {
		return nil, 0, fmt.Errorf("the fit belongs to other data: %d counts and %d columns", len(f.Fitted), len(f.Coef))
	}
	if f.DF < 1 {
		return nil, 0, fmt.Errorf("no degrees of freedom are left for robust standard errors")
	}
	if lag < 0 {
		lag = int(math.Floor(4 * math.Pow(float64(n)/100, 2.0/9)))
	}
	lag = min(lag, n-1)
	scores := make([]float64, n*p)
	for i, y := range d.Y {
		for j := range p {
			scores[i*p+j] = (y - f.Fitted[i]) * d.X[i*p+j]
		}
	}
	middle := make([]float64, p*p)
	for l := 0; l <= lag; l++ {
		weight := 1 - float64(l)/float64(lag+1)
		for i := l; i < n; i++ {
			for a := range p {
				for b := range p {
					v := scores[i*p+a] * scores[(i-l)*p+b]
					if l > 0 {
						v += scores[(i-l)*p+a] * scores[i*p+b]
					}
					middle[a*p+b] += weight * v
				}
			}
		}
	}
	bread := inverseInformation(d, f)
	if bread == nil {
		return nil, 0, fmt.Errorf("the information matrix cannot be inverted")
	}
	se = make([]float64, p)
	for j := range p {
		v := 0.0
		for a := range p {
			for b := range p {
				v += bread[j*p+a] * middle[a*p+b] * bread[b*p+j]
			}
		}
		se[j] = math.Sqrt(math.Max(0, v) * float64(n) / float64(n-p))
	}
	return se, lag, nil
}

// inverseInformation is (X' diag(mu) X)^-1: the Poisson covariance, whatever
// scaling the fit's own covariance carries.
func inverseInformation(d Data, f *Fit) []float64 {
	p := len(d.Columns)
	w := &work{scale: d.columnScales(), weights: f.Fitted, gram: make([]float64, p*p)}
	d.information(w)
	if cholesky(w.gram, p) >= 0 {
		return nil
	}
	out := make([]float64, p*p)
	unit := make([]float64, p)
	for j := range p {
		clear(unit)
		unit[j] = 1
		solve(w.gram, p, unit)
		for k := range p {
			out[k*p+j] = unit[k] / (w.scale[j] * w.scale[k])
		}
	}
	return out
}
