package capture

import "math"

// Existence codes, as every answer names them: whether the estimate of a model can be had from a table at all.
const (
	Exists          = 0 // the maximum likelihood estimate exists and is unique
	DoesNotExist    = 1 // it does not exist: the likelihood rises towards infinity
	NotIdentifiable = 2 // different parameters give the same likelihood
)

// existence gives the code of a model: DoesNotExist, NotIdentifiable, or the sum of both.
//
// After the histories of empty overlaps are deleted, the maximum exists just when some table of strictly positive
// numbers has the margins observed (Fienberg and Rinaldo 2012). That in turn depends only on which histories have
// nobody: write A+ and A0 for the rows of the design matrix where somebody was seen and where nobody was, and Z for
// a basis of the null space of A+. Then it exists just when (A0 Z)' y = 0 has a solution with every y >= 1. When A+
// has full column rank Z is empty and there is nothing to solve, which is nearly always; otherwise the linear
// program has as many rows as Z has columns.
func (f *fitter) existence(t *margins, m model) int {
	f.prepare(t, m)
	var seen, unseen [][]float64
	for h, live := range f.live {
		switch {
		case !live:
		case t.n[h] > 0:
			seen = append(seen, f.row(h))
		default:
			unseen = append(unseen, f.row(h))
		}
	}
	null := nullSpace(seen, len(f.par))
	if len(null) == 0 {
		return Exists
	}
	code := Exists
	b := make([][]float64, len(null)) // one row a null vector, one column an unseen history
	for i, z := range null {
		b[i] = make([]float64, len(unseen))
		for j, row := range unseen {
			b[i][j] = dot(row, z)
		}
	}
	if len(null) > rank(b) {
		code += NotIdentifiable
	}
	if !positiveSolution(b) {
		code += DoesNotExist
	}
	return code
}

// row is the design matrix's row for a history.
func (f *fitter) row(h int) []float64 {
	row := make([]float64, len(f.par))
	for i, s := range f.par {
		if h&s == s {
			row[i] = 1
		}
	}
	return row
}

func dot(a, b []float64) float64 {
	sum := 0.0
	for i := range a {
		sum += a[i] * b[i]
	}
	return sum
}

// Entries here are 0, 1 and small fractions made from them, so what is not zero is far from it.
const zero = 1e-9

// reduce brings rows to reduced row echelon form in place and returns the pivot columns.
func reduce(rows [][]float64, columns int) []int {
	var pivots []int
	for c := 0; c < columns && len(pivots) < len(rows); c++ {
		r, best := len(pivots), len(pivots)
		for i := r; i < len(rows); i++ {
			if math.Abs(rows[i][c]) > math.Abs(rows[best][c]) {
				best = i
			}
		}
		if math.Abs(rows[best][c]) < zero {
			continue
		}
		rows[r], rows[best] = rows[best], rows[r]
		pivot := rows[r]
		for k, by := c, pivot[c]; k < columns; k++ {
			pivot[k] /= by
		}
		for i, row := range rows {
			if times := row[c]; i != r && times != 0 {
				for k := c; k < columns; k++ {
					row[k] -= times * pivot[k]
				}
			}
		}
		pivots = append(pivots, c)
	}
	return pivots
}

// nullSpace gives a basis of the vectors that every row maps to zero. It changes rows.
func nullSpace(rows [][]float64, columns int) [][]float64 {
	pivots := reduce(rows, columns)
	isPivot := make([]bool, columns)
	for _, c := range pivots {
		isPivot[c] = true
	}
	var basis [][]float64
	for free := range columns {
		if isPivot[free] {
			continue
		}
		v := make([]float64, columns)
		v[free] = 1
		for r, c := range pivots {
			v[c] = -rows[r][free]
		}
		basis = append(basis, v)
	}
	return basis
}

func rank(rows [][]float64) int {
	if len(rows) == 0 {
		return 0
	}
	work := make([][]float64, len(rows))
	for i, row := range rows {
		work[i] = append([]float64(nil), row...)
	}
	return len(reduce(work, len(rows[0])))
}

// positiveSolution says whether b y = 0 has a solution with every element at least 1: with x = y - 1, whether
// b x = -b 1 has one with x >= 0. It is the first phase of the simplex method with Bland's rule, which cannot
// cycle.
func positiveSolution(b [][]float64) bool {
	if len(b) == 0 || len(b[0]) == 0 {
		return true
	}
	rows, columns := len(b), len(b[0])
	tableau := make([][]float64, rows) // structural columns, then the right-hand side; artificials are only kept in basis
	basis := make([]int, rows)         // structural column, or columns+i for artificial i
	cost := make([]float64, columns+1) // reduced costs of the sum of artificials, negated
	for i, row := range b {
		sum := 0.0
		for _, x := range row {
			sum += x
		}
		sign := 1.0
		if sum > 0 {
			sign = -1
		}
		tableau[i] = make([]float64, columns+1)
		for j, x := range row {
			tableau[i][j] = sign * x
		}
		tableau[i][columns] = -sign * sum
		basis[i] = columns + i
		for j, x := range tableau[i] {
			cost[j] += x
		}
	}
	for {
		enter := -1
		for j := range columns {
			if cost[j] > zero {
				enter = j
				break
			}
		}
		if enter < 0 {
			return cost[columns] < 1e-6
		}
		leave := -1
		for i, row := range tableau {
			if row[enter] <= zero {
				continue
			}
			if leave < 0 {
				leave = i
				continue
			}
			ratio, best := row[columns]/row[enter], tableau[leave][columns]/tableau[leave][enter]
			if ratio < best-zero || ratio <= best+zero && basis[i] < basis[leave] {
				leave = i
			}
		}
		if leave < 0 {
			return cost[columns] < 1e-6 // cannot be: a sum of artificials is bounded below by zero
		}
		pivotOn(tableau, cost, leave, enter)
		basis[leave] = enter
	}
}

func pivotOn(tableau [][]float64, cost []float64, r, c int) {
	pivot := tableau[r]
	by := pivot[c]
	for k := range pivot {
		pivot[k] /= by
	}
	clean := func(row []float64) {
		times := row[c]
		if times == 0 {
			return
		}
		for k := range row {
			row[k] -= times * pivot[k]
			if math.Abs(row[k]) < 1e-12 {
				row[k] = 0
			}
		}
	}
	for i, row := range tableau {
		if i != r {
			clean(row)
		}
	}
	clean(cost)
}
