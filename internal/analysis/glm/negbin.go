package glm

import (
	"fmt"
	"math"
)

// The range searched for theta. Beyond maxTheta a negative binomial cannot be
// told from a Poisson at the counts met here; below minTheta the counts are
// all but empty.
const (
	minTheta = 1e-4
	maxTheta = 1e7
)

// NegativeBinomial fits a negative binomial regression, theta by maximum
// likelihood. Standard errors take theta as known and the dispersion as 1.
// When the counts vary no more than Poisson counts, Theta is +Inf and the fit
// is the Poisson one.
func NegativeBinomial(d Data) (*Fit, error) {
	f, err := Poisson(d)
	if err != nil {
		return nil, err
	}
	theta := math.Inf(1)
	for range 200 {
		next := thetaGiven(d.Y, f.Fitted)
		switch {
		case math.IsInf(next, 1):
			return Poisson(d)
		case !math.IsInf(theta, 1) && math.Abs(next-theta) <= 1e-9*theta:
			return f, nil
		}
		theta = next
		if f, err = d.fit(theta, f.Coef); err != nil {
			return nil, err
		}
	}
	return nil, fmt.Errorf("the dispersion of the negative binomial did not settle")
}

// thetaGiven maximises the likelihood over theta with the means held fixed: the
// root of the score on a logarithmic scale, +Inf when the score is still
// positive at maxTheta.
func thetaGiven(y, mu []float64) float64 {
	if thetaScore(y, mu, maxTheta) >= 0 {
		return math.Inf(1)
	}
	low, high := math.Log(minTheta), math.Log(maxTheta)
	if thetaScore(y, mu, minTheta) <= 0 {
		return minTheta
	}
	for high-low > 1e-13*math.Abs(high)+1e-14 {
		middle := (low + high) / 2
		if middle == low || middle == high {
			break
		}
		if thetaScore(y, mu, math.Exp(middle)) > 0 {
			low = middle
		} else {
			high = middle
		}
	}
	return math.Exp((low + high) / 2)
}

// thetaScore is the derivative of the log-likelihood by theta.
func thetaScore(y, mu []float64, theta float64) float64 {
	total := 0.0
	for i, c := range y {
		m := mu[i]
		total += risingLog(theta, c) - math.Log1p(m/theta) + (m-c)/(m+theta)
	}
	return total
}

// risingLog is digamma(theta+y) - digamma(theta). For the whole counts met here
// it is the sum of 1/(theta+k), which loses nothing when theta is large.
func risingLog(theta, y float64) float64 {
	if y == math.Trunc(y) && y <= 2000 {
		s := 0.0
		for k := 0.0; k < y; k++ {
			s += 1 / (theta + k)
		}
		return s
	}
	return digamma(theta+y) - digamma(theta)
}

// digamma by recurrence to 10 or more and then its asymptotic series, good to
// about 1e-14.
func digamma(x float64) float64 {
	s := 0.0
	for x < 10 {
		s -= 1 / x
		x++
	}
	i := 1 / (x * x)
	return s + math.Log(x) - 0.5/x - i*(1.0/12-i*(1.0/120-i*(1.0/252-i*(1.0/240-i*(1.0/132)))))
}
