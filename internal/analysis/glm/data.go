package glm

import (
	"fmt"
	"math"
)

// Data is what a model is fitted to. X is row-major: row i, column j is
// X[i*len(Columns)+j]. A constant is a column like any other; none is added.
type Data struct {
	Y       []float64 // counts, 0 or more; whole numbers are not required
	X       []float64
	Columns []string  // names, unique, for messages and Fit.Term
	Offset  []float64 // added to the linear predictor; nil for none
}

// RankError names a column that adds nothing to those before it.
type RankError struct{ Column string }

func (e *RankError) Error() string {
	return fmt.Sprintf("the term %q is a combination of the other terms, so its coefficient cannot be told from theirs", e.Column)
}

// SeparationError lists the zero counts (positions in Y) whose fitted mean
// would run to zero, so that the estimate does not exist.
type SeparationError struct{ Rows []int }

func (e *SeparationError) Error() string {
	return fmt.Sprintf("the estimate does not exist: %d of the zero counts can be fitted exactly by a mean running to zero", len(e.Rows))
}

// check refuses shapes and values no model can be fitted to.
func (d *Data) check() error {
	n, p := len(d.Y), len(d.Columns)
	switch {
	case p == 0:
		return fmt.Errorf("a model needs at least one column")
	case len(d.X) != n*p:
		return fmt.Errorf("the design has %d values; expected %d counts times %d columns", len(d.X), n, p)
	case d.Offset != nil && len(d.Offset) != n:
		return fmt.Errorf("the offset has %d values; expected one for each of %d counts", len(d.Offset), n)
	case n < p:
		return fmt.Errorf("%d counts cannot support %d coefficients", n, p)
	}
	for i, y := range d.Y {
		if !(y >= 0) || math.IsInf(y, 0) {
			return fmt.Errorf("count %d is %v; expected a number of at least 0", i+1, y)
		}
	}
	for _, v := range d.X {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("the design holds %v; expected numbers", v)
		}
	}
	for i, v := range d.Offset {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("offset %d is %v; expected a number", i+1, v)
		}
	}
	return nil
}

// columnScales are the lengths of the columns, by which the design is divided
// so that tolerances mean the same for every column.
func (d *Data) columnScales() []float64 {
	p := len(d.Columns)
	scale := make([]float64, p)
	for i := range d.Y {
		for j := range p {
			scale[j] += d.X[i*p+j] * d.X[i*p+j]
		}
	}
	for j := range scale {
		scale[j] = math.Sqrt(scale[j])
	}
	return scale
}
