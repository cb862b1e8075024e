package disclosure_test

import (
	"errors"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/optimize/convex/lp"
	"pgregory.net/rapid"

	"lantern.example/lantern/internal/analysis/disclosure"
)

// TestDifferencingAttackerLearnsNothing publishes a table, then a later one that
// counts the same people and more, and plays an attacker who holds both. They
// solve for both tables at once: what was hidden then, what was added since (at
// least 0), and their sum. Where zeros are never hidden, what was hidden then or
// is hidden now is at least 1.
func TestDifferencingAttackerLearnsNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		then := genTable(t, 4)
		r, c := len(then.Rows), len(then.Columns)
		added := rapid.OneOf(rapid.Just(0), rapid.IntRange(0, 8), rapid.IntRange(0, 60))
		cells := make([][]int, r)
		for i := range cells {
			for j := range c {
				cells[i] = append(cells[i], then.Cells[i][j]+added.Draw(t, "added"))
			}
		}
		zeros := rapid.SampledFrom([]disclosure.ZeroPolicy{disclosure.ZerosAsCover, disclosure.ZerosShown}).Draw(t, "zeros")
		now := disclosure.New(then.Rows, then.Columns, cells)
		first, err := disclosure.Protect(then, disclosure.Options{Zeros: zeros})
		if err != nil || first.Refused {
			t.Fatal(err, first.Reasons)
		}
		second, err := disclosure.Protect(now, disclosure.Options{Zeros: zeros, Earlier: []disclosure.Release{{
			Relation: disclosure.Cumulative, Rows: then.Rows, Columns: then.Columns, Table: first.Table}}})
		if err != nil {
			t.Fatal(err)
		}
		if second.Refused {
			t.Fatalf("refused: %q", second.Reasons)
		}
		at := newDifferencer(t, first, second, zeros == disclosure.ZerosShown)
		for i := range r + 1 {
			for j := range c + 1 {
				x, y := value(now, i, j), value(then, i, j)
				if x > 0 && x < 5 {
					at.mustBeWide(t, i, j, true, true, "now", x)
				}
				if y > 0 && y < 5 {
					at.mustBeWide(t, i, j, true, false, "then", y)
				}
				if x-y > 0 && x-y < 5 && first.Table[i][j] != nil {
					at.mustBeWide(t, i, j, false, true, "added", x-y)
				}
			}
		}
	})
}

// differencer holds the unknowns of both tables: position of the earlier number
// and of the added number of each cell, or -1 with the known value.
type differencer struct {
	then, added     [][]int
	known, knownAdd [][]float64
	lower           []float64
	a               [][]float64
	b               []float64
}

func newDifferencer(t *rapid.T, first, second disclosure.Result, notZero bool) *differencer {
	lower := 0.0
	if notZero {
		lower = 1
	}
	d := &differencer{}
	for i, row := range first.Table {
		var p, q []int
		var k, l []float64
		for j, y := range row {
			x := second.Table[i][j]
			pi, ki := -1, 0.0
			if y == nil {
				pi = len(d.lower)
				d.lower = append(d.lower, lower)
			} else {
				ki = float64(*y)
			}
			qi, li := -1, 0.0
			switch {
			case x != nil && y != nil:
				li = float64(*x - *y)
			case x != nil:
				t.Fatalf("row %d, column %d was hidden and is shown now", i, j)
			case y != nil && *y == 0:
				qi = len(d.lower)
				d.lower = append(d.lower, lower)
			default:
				qi = len(d.lower)
				d.lower = append(d.lower, 0)
			}
			p, q, k, l = append(p, pi), append(q, qi), append(k, ki), append(l, li)
		}
		d.then, d.added, d.known, d.knownAdd = append(d.then, p), append(d.added, q), append(d.known, k), append(d.knownAdd, l)
	}
	r, c := len(first.Table)-1, len(first.Table[0])-1
	for _, side := range []struct {
		at    [][]int
		known [][]float64
	}{{d.then, d.known}, {d.added, d.knownAdd}} {
		for i := range r + 1 {
			d.equation(side.at, side.known, func(k int) (int, int) { return i, k }, c)
		}
		for j := range c + 1 {
			d.equation(side.at, side.known, func(k int) (int, int) { return k, j }, r)
		}
	}
	at := attacker{unknown: map[[2]int]int{}, a: d.a, b: d.b}
	for k := range d.lower {
		at.unknown[[2]int{k, 0}] = k
	}
	at.reduce()
	d.a, d.b = at.a, at.b
	return d
}

func (d *differencer) equation(at [][]int, known [][]float64, cell func(k int) (int, int), n int) {
	eq, b := make([]float64, len(d.lower)), 0.0
	for k := range n + 1 {
		sign := 1.0
		if k == n {
			sign = -1
		}
		i, j := cell(k)
		if u := at[i][j]; u < 0 {
			b -= sign * known[i][j]
		} else {
			eq[u] = sign
			b -= sign * d.lower[u]
		}
	}
	d.a, d.b = append(d.a, eq), append(d.b, b)
}

// mustBeWide fails when the range of the earlier number, the added number or
// their sum at a cell is narrower than the threshold of 5.
func (d *differencer) mustBeWide(t *rapid.T, i, j int, then, added bool, what string, truth int) {
	c := make([]float64, len(d.lower))
	some := false
	for _, u := range []struct {
		use bool
		at  int
	}{{then, d.then[i][j]}, {added, d.added[i][j]}} {
		if u.use && u.at >= 0 {
			c[u.at], some = 1, true
		}
	}
	if !some {
		t.Fatalf("row %d, column %d: the count %s, %d, is known", i, j, what, truth)
	}
	width := d.extreme(t, c, -1) - d.extreme(t, c, 1)
	if width < 5 {
		t.Fatalf("row %d, column %d: the count %s, %d, is known to within %g", i, j, what, truth, width)
	}
}

// extreme is the least (sign 1) or greatest (sign -1) value of c times the
// unknowns, less their lower bounds.
func (d *differencer) extreme(t *rapid.T, c []float64, sign float64) float64 {
	a := mat.NewDense(len(d.a), len(d.lower), nil)
	for r := range d.a {
		a.SetRow(r, d.a[r])
	}
	signed := make([]float64, len(c))
	for k := range c {
		signed[k] = sign * c[k]
	}
	opt, _, err := lp.Simplex(signed, a, d.b, 1e-10, nil)
	if errors.Is(err, lp.ErrUnbounded) {
		return -sign * math.Inf(1)
	}
	if err != nil {
		t.Fatalf("simplex: %v", err)
	}
	return sign * math.Round(opt)
}
