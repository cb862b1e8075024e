package market

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"

	"lantern.example/lantern/internal/analysis/badrow"
)

// Shape is how the values of a quantity are spread over its range.
type Shape string

// The shapes; the package comment says what low and high mean in each.
const (
	LogNormal  Shape = "lognormal"
	Normal     Shape = "normal"
	Uniform    Shape = "uniform"
	LogUniform Shape = "loguniform"
	Triangular Shape = "triangular"
	Fixed      Shape = "fixed"
)

// Input is one quantity of the product.
type Input struct {
	Quantity string
	Low      float64
	High     float64
	Shape    Shape  // empty is LogNormal
	Source   string // required: a figure without a source is not taken
	Year     int    // the year the figure is for; 0 when not known
	Area     string // optional
	AgreedBy string // optional
}

// factor turns a standard normal score into a draw of one quantity.
type factor struct {
	shape     Shape
	low, high float64
	mu, sigma float64 // of the logarithm (log-normal) or of the value (normal)
}

func newFactor(in Input) factor {
	f := factor{shape: in.Shape, low: in.Low, high: in.High}
	z := distuv.UnitNormal.Quantile(0.975)
	switch {
	case in.Low == in.High:
		f.shape = Fixed
	case in.Shape == LogNormal:
		f.mu = (math.Log(in.Low) + math.Log(in.High)) / 2
		f.sigma = (math.Log(in.High) - math.Log(in.Low)) / (2 * z)
	case in.Shape == Normal:
		f.mu, f.sigma = (in.Low+in.High)/2, (in.High-in.Low)/(2*z)
	}
	return f
}

// draw is the value at a standard normal score.
func (f *factor) draw(z float64) float64 {
	switch f.shape {
	case LogNormal:
		return math.Exp(f.mu + f.sigma*z)
	case Normal:
		return math.Max(0, f.mu+f.sigma*z)
	case Fixed:
		return f.low
	}
	u := 0.5 * math.Erfc(-z/math.Sqrt2)
	switch f.shape {
	case LogUniform:
		return f.low * math.Pow(f.high/f.low, u)
	case Triangular:
		if u < 0.5 {
			return f.low + (f.high-f.low)*math.Sqrt(u/2)
		}
		return f.high - (f.high-f.low)*math.Sqrt((1-u)/2)
	}
	return f.low + (f.high-f.low)*u
}

// maxInputs bounds the quantities of one product.
const maxInputs = 50

// check refuses quantities without a name, source or sensible range, and
// fills in the default shape.
func check(in []Input) ([]Input, error) {
	if len(in) == 0 || len(in) > maxInputs {
		return nil, fmt.Errorf("there are %d quantities; expected between 1 and %d, one a row", len(in), maxInputs)
	}
	out := append([]Input(nil), in...)
	seen := map[string]int{}
	for i := range out {
		q := &out[i]
		if q.Shape == "" {
			q.Shape = LogNormal
		}
		if err := checkOne(i, q); err != nil {
			return nil, err
		}
		if first, twice := seen[q.Quantity]; twice {
			return nil, badrow.New(i, "quantity", q.Quantity, fmt.Sprintf("each quantity once (already at record %d)", first+1))
		}
		seen[q.Quantity] = i
	}
	return out, nil
}

// The sizes a figure may have: beyond them a product of fifty could overflow.
const (
	smallest = 1e-6
	largest  = 1e12
)

func checkOne(i int, q *Input) error {
	const wantRange = "a number between 0 and 1e12"
	switch {
	case q.Quantity == "":
		return badrow.New(i, "quantity", "", "the name of the quantity")
	case q.Source == "":
		return badrow.New(i, "source", "", "where the figure comes from: a figure without a source is not taken")
	case !(q.Low >= 0 && q.Low <= largest):
		return badrow.New(i, "low", q.Low, wantRange)
	case !(q.High >= 0 && q.High <= largest):
		return badrow.New(i, "high", q.High, wantRange)
	case q.High < q.Low:
		return badrow.New(i, "high", q.High, fmt.Sprintf("at least the low figure, %v", q.Low))
	case q.Year != 0 && (q.Year < 1900 || q.Year > 2200):
		return badrow.New(i, "year", q.Year, "a year such as 2024, or blank")
	}
	switch q.Shape {
	case LogNormal, LogUniform:
		if q.Low < smallest {
			return badrow.New(i, "low", q.Low, fmt.Sprintf("a number of at least %v for the shape %s", smallest, q.Shape))
		}
	case Fixed:
		if q.Low != q.High {
			return badrow.New(i, "high", q.High, fmt.Sprintf("the low figure, %v, for the shape fixed", q.Low))
		}
	case Normal, Uniform, Triangular:
	default:
		return badrow.New(i, "shape", string(q.Shape), "lognormal, normal, uniform, loguniform, triangular or fixed")
	}
	return nil
}
