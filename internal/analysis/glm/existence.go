package glm

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// rankTolerance is the share of a column's length that must be new, beside the
// columns before it, for it to count as a column of its own.
const rankTolerance = 1e-9

// dependentColumn is the first column that is a combination of those before
// it among the rows kept, or -1. Gram-Schmidt is run twice on each column,
// which keeps the remainder accurate.
func dependentColumn(x []float64, p int, keep func(row int) bool) int {
	n := len(x) / p
	basis := make([][]float64, 0, p)
	for j := range p {
		column := make([]float64, 0, n)
		for i := range n {
			if keep(i) {
				column = append(column, x[i*p+j])
			}
		}
		length := norm(column)
		if length == 0 {
			return j
		}
		for range 2 {
			for _, q := range basis {
				subtract(column, q, dot(column, q))
			}
		}
		left := norm(column)
		if left <= rankTolerance*length {
			return j
		}
		for i := range column {
			column[i] /= left
		}
		basis = append(basis, column)
	}
	return -1
}

// separated lists the zero counts that a mean running to zero would fit
// exactly; nil when the estimate exists. If the rows with positive counts
// alone determine every coefficient there can be none.
func (d *Data) separated() []int {
	p := len(d.Columns)
	positive := func(i int) bool { return d.Y[i] > 0 }
	if dependentColumn(d.X, p, positive) < 0 {
		return nil
	}
	null := nullSpace(d, positive)
	if null == nil {
		return nil
	}
	return oneSigned(d, null)
}

// nullSpace is a basis of the combinations of (scaled) columns that vanish on
// the rows kept; every combination when no row is kept.
func nullSpace(d *Data, keep func(int) bool) *mat.Dense {
	p := len(d.Columns)
	scale := d.columnScales()
	gram := mat.NewSymDense(p, nil)
	for i := range d.Y {
		if !keep(i) {
			continue
		}
		row := d.X[i*p : (i+1)*p]
		for a := range p {
			for b := a; b < p; b++ {
				gram.SetSym(a, b, gram.At(a, b)+row[a]/scale[a]*row[b]/scale[b])
			}
		}
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(gram, true) {
		return nil
	}
	var vectors mat.Dense
	eigen.VectorsTo(&vectors)
	values := eigen.Values(nil)
	// The Gram matrix squares lengths; its entries are at most 1 a column, so
	// rounding leaves about 1e-16 in what should be zero.
	k := 0
	for k < p && values[k] <= 1e-12 {
		k++
	}
	if k == 0 {
		return nil
	}
	null := mat.NewDense(p, k, nil)
	for a := range p {
		for b := range k {
			null.Set(a, b, vectors.At(a, b)/scale[a])
		}
	}
	return null
}

// oneSigned looks for a combination in the null space that is at or above zero
// on every zero count and above it somewhere, by projecting in turn on that
// space and on the non-negative numbers (the iterative rectifier of Correia,
// Guimaraes and Zylkin). It returns the rows where the combination is above
// zero.
func oneSigned(d *Data, null *mat.Dense) []int {
	const rounds, small = 2000, 1e-6
	p, k := null.Dims()
	var zeros []int
	for i, y := range d.Y {
		if y == 0 {
			zeros = append(zeros, i)
		}
	}
	if len(zeros) == 0 {
		return nil
	}
	basis := orthonormal(d, null, zeros, p, k)
	u := make([]float64, len(zeros))
	for i := range u {
		u[i] = 1
	}
	for range rounds {
		projected := make([]float64, len(u))
		for _, q := range basis {
			subtract(projected, q, -dot(u, q))
		}
		gap, top := 0.0, 0.0
		for i := range u {
			gap = math.Max(gap, math.Abs(u[i]-projected[i]))
			u[i] = math.Max(projected[i], 0)
			top = math.Max(top, u[i])
		}
		if top < small {
			return nil
		}
		if gap < small*top {
			break
		}
	}
	var rows []int
	for i, v := range u {
		if v > small {
			rows = append(rows, zeros[i])
		}
	}
	return rows
}

// orthonormal spans the values the null space takes on the zero counts.
func orthonormal(d *Data, null *mat.Dense, zeros []int, p, k int) [][]float64 {
	var basis [][]float64
	for c := range k {
		v := make([]float64, len(zeros))
		for i, row := range zeros {
			for j := range p {
				v[i] += d.X[row*p+j] * null.At(j, c)
			}
		}
		length := norm(v)
		for range 2 {
			for _, q := range basis {
				subtract(v, q, dot(v, q))
			}
		}
		left := norm(v)
		if left == 0 || left <= rankTolerance*length {
			continue
		}
		for i := range v {
			v[i] /= left
		}
		basis = append(basis, v)
	}
	return basis
}

func dot(a, b []float64) float64 {
	s := 0.0
	for i := range a {
		s += a[i] * b[i]
	}
	return s
}

func norm(a []float64) float64 { return math.Sqrt(dot(a, a)) }

// subtract takes f times b off a.
func subtract(a, b []float64, f float64) {
	for i := range a {
		a[i] -= f * b[i]
	}
}
