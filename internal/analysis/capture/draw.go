package capture

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/stat/distuv"
)

// binomial draws from the binomial distribution: by inversion while the mean is small, otherwise by Hörmann's
// transformed rejection (BTRS; Journal of Statistical Computation and Simulation 46:101, 1993).
func binomial(rng *rand.Rand, n int, p float64) int {
	switch {
	case n <= 0 || p <= 0:
		return 0
	case p >= 1:
		return n
	case p > 0.5:
		return n - binomial(rng, n, 1-p)
	case float64(n)*p < 10:
		return binomialByInversion(rng, n, p)
	}
	return binomialByRejection(rng, n, p)
}

func binomialByInversion(rng *rand.Rand, n int, p float64) int {
	odds, chance := p/(1-p), math.Exp(float64(n)*math.Log1p(-p))
	u := rng.Float64()
	for k := 0; k < n; k++ {
		if u < chance {
			return k
		}
		u -= chance
		chance *= odds * float64(n-k) / float64(k+1)
	}
	return n
}

func binomialByRejection(rng *rand.Rand, n int, p float64) int {
	size := float64(n)
	spread := math.Sqrt(size * p * (1 - p))
	b := 1.15 + 2.53*spread
	a := -0.0873 + 0.0248*b + 0.01*p
	centre := size*p + 0.5
	accept := 0.92 - 4.2/b
	mode := math.Floor((size + 1) * p)
	scale := (2.83 + 5.1/b) * spread
	logOdds := math.Log(p / (1 - p))
	atMode := logFactorial(mode) + logFactorial(size-mode)
	for {
		u := rng.Float64() - 0.5
		v := rng.Float64()
		us := 0.5 - math.Abs(u)
		k := math.Floor((2*a/us+b)*u + centre)
		if us >= 0.07 && v <= accept {
			return int(k)
		}
		if k < 0 || k > size {
			continue
		}
		v = math.Log(v * scale / (a/(us*us) + b))
		if v <= atMode-logFactorial(k)-logFactorial(size-k)+(k-mode)*logOdds {
			return int(k)
		}
	}
}

func logGamma(x float64) float64 {
	v, _ := math.Lgamma(x)
	return v
}

func logFactorial(x float64) float64 { return logGamma(x + 1) }

// resample draws n people with replacement from the people counted, into out.
func resample(rng *rand.Rand, counts []int, n int, out []int) {
	left, rest := n, n
	for h, c := range counts {
		out[h] = 0
		if c > 0 {
			out[h] = binomial(rng, left, float64(c)/float64(rest))
			left -= out[h]
			rest -= c
		}
	}
}

// gamma draws from the gamma distribution with this shape, at least 1, and scale 1 (Marsaglia and Tsang, ACM
// Transactions on Mathematical Software 26:363, 2000).
func gamma(rng *rand.Rand, shape float64) float64 {
	d := shape - 1.0/3
	c := 1 / math.Sqrt(9*d)
	for {
		x := rng.NormFloat64()
		v := 1 + c*x
		if v <= 0 {
			continue
		}
		v = v * v * v
		u := rng.Float64()
		if u < 1-0.0331*x*x*x*x || math.Log(u) < 0.5*x*x+d*(1-v+math.Log(v)) {
			return d * v
		}
	}
}

// logGammaDraw is the logarithm of a gamma draw of any shape: for a small shape the draw itself may be too small
// for a number.
func logGammaDraw(rng *rand.Rand, shape float64) float64 {
	if shape >= 1 {
		return math.Log(gamma(rng, shape))
	}
	return math.Log(gamma(rng, shape+1)) - rng.ExpFloat64()/shape
}

// beta draws from the beta distribution with both parameters at least 1.
func beta(rng *rand.Rand, a, b float64) float64 {
	x := gamma(rng, a)
	return x / (x + gamma(rng, b))
}

// poisson draws from the Poisson distribution.
func poisson(rng *rand.Rand, mean float64) float64 {
	return distuv.Poisson{Lambda: mean, Src: rng}.Rand()
}
