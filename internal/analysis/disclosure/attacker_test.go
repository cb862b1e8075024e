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

// attacker works out the range of every hidden number by linear programming. It
// knows nothing of networks: unknowns are the hidden numbers (less lower), and
// every row and every column must add up. The constraint matrix is totally
// unimodular, so the bounds of the linear program are whole numbers.
type attacker struct {
	unknown map[[2]int]int // position of each hidden number among the unknowns
	a       [][]float64
	b       []float64
	lower   int
}

func newAttacker(res disclosure.Result, lower int) attacker {
	at := attacker{unknown: map[[2]int]int{}, lower: lower}
	for i, row := range res.Table {
		for j, v := range row {
			if v == nil {
				at.unknown[[2]int{i, j}] = len(at.unknown)
			}
		}
	}
	r, c := len(res.Table)-1, len(res.Table[0])-1
	add := func(cell func(k int) (int, int), n int) {
		eq, b := make([]float64, len(at.unknown)), 0.0
		for k := range n + 1 {
			sign := 1.0
			if k == n {
				sign = -1
			}
			i, j := cell(k)
			if v := res.Table[i][j]; v != nil {
				b -= sign * float64(*v)
			} else {
				eq[at.unknown[[2]int{i, j}]] = sign
				b -= sign * float64(lower)
			}
		}
		at.a, at.b = append(at.a, eq), append(at.b, b)
	}
	for i := range r + 1 {
		add(func(k int) (int, int) { return i, k }, c)
	}
	for j := range c + 1 {
		add(func(k int) (int, int) { return k, j }, r)
	}
	at.reduce()
	return at
}

// reduce removes equations that follow from others (Gauss-Jordan), because the
// simplex code wants independent ones.
func (at *attacker) reduce() {
	row := 0
	for col := 0; col < len(at.unknown) && row < len(at.a); col++ {
		p := row
		for k := row; k < len(at.a); k++ {
			if math.Abs(at.a[k][col]) > math.Abs(at.a[p][col]) {
				p = k
			}
		}
		if math.Abs(at.a[p][col]) < 1e-9 {
			continue
		}
		at.a[row], at.a[p], at.b[row], at.b[p] = at.a[p], at.a[row], at.b[p], at.b[row]
		scale := at.a[row][col]
		for k := range at.a[row] {
			at.a[row][k] /= scale
		}
		at.b[row] /= scale
		for k := range at.a {
			if f := at.a[k][col]; k != row && f != 0 {
				for m := range at.a[k] {
					at.a[k][m] -= f * at.a[row][m]
				}
				at.b[k] -= f * at.b[row]
			}
		}
		row++
	}
	at.a, at.b = at.a[:row], at.b[:row]
}

// bounds returns the least and greatest possible value of a hidden number;
// infinity means no limit.
func (at attacker) bounds(t *rapid.T, i, j int) (low, high float64) {
	k := at.unknown[[2]int{i, j}]
	n := len(at.unknown)
	a := mat.NewDense(len(at.a), n, nil)
	for r := range at.a {
		a.SetRow(r, at.a[r])
	}
	for _, sign := range []float64{1, -1} {
		c := make([]float64, n)
		c[k] = sign
		opt, _, err := lp.Simplex(c, a, at.b, 1e-10, nil)
		switch {
		case errors.Is(err, lp.ErrUnbounded):
			opt = math.Inf(-1)
		case err != nil:
			t.Fatalf("simplex: %v", err)
		}
		if sign > 0 {
			low = math.Round(opt) + float64(at.lower)
		} else {
			high = -math.Round(opt) + float64(at.lower)
		}
	}
	return low, high
}

// genTable draws a table with many zeros and small counts, as flows have.
func genTable(t *rapid.T, maxSide int) disclosure.Table {
	r, c := rapid.IntRange(1, maxSide).Draw(t, "rows"), rapid.IntRange(1, maxSide).Draw(t, "columns")
	count := rapid.OneOf(rapid.Just(0), rapid.IntRange(1, 6), rapid.IntRange(0, 40), rapid.IntRange(100, 3000))
	names := []string{"A", "B", "C", "D", "E", "F", "G", "H", "I", "J"}
	cells := make([][]int, r)
	for i := range cells {
		cells[i] = rapid.SliceOfN(count, c, c).Draw(t, "row")
	}
	return disclosure.New(names[:r], names[:c], cells)
}

func value(t disclosure.Table, i, j int) int {
	switch r, c := len(t.Rows), len(t.Columns); {
	case i < r && j < c:
		return t.Cells[i][j]
	case i < r:
		return t.RowTotals[i]
	case j < c:
		return t.ColumnTotals[j]
	}
	return t.Total
}

// TestAttackerLearnsNothing plays the attacker who holds everything published.
func TestAttackerLearnsNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		table := genTable(t, 5)
		opt := disclosure.Options{
			Threshold:  rapid.SampledFrom([]int{3, 5, 10}).Draw(t, "threshold"),
			Zeros:      rapid.SampledFrom([]disclosure.ZeroPolicy{disclosure.ZerosAsCover, disclosure.ZerosShown, disclosure.ZerosHidden}).Draw(t, "zeros"),
			KeepTotals: rapid.Bool().Draw(t, "keep totals"),
		}
		res, err := disclosure.Protect(table, opt)
		if err != nil {
			t.Fatal(err)
		}
		if res.Refused {
			if !opt.KeepTotals || len(res.Reasons) == 0 {
				t.Fatalf("refused with reasons %q although totals may be hidden", res.Reasons)
			}
			return
		}
		checkPublished(t, table, opt, res)
		lower := 0
		if opt.Zeros == disclosure.ZerosShown {
			lower = 1
		}
		strong, plain := newAttacker(res, lower), newAttacker(res, 0)
		if len(res.Ranges) != len(strong.unknown) {
			t.Fatalf("%d ranges for %d hidden numbers", len(res.Ranges), len(strong.unknown))
		}
		for _, g := range res.Ranges {
			i, j := find(res.Rows, g.Row), find(res.Columns, g.Column)
			low, high := strong.bounds(t, i, j)
			if high-low < float64(opt.Threshold) {
				t.Fatalf("%s/%s (true %d) is known to lie in [%g, %g]: threshold %d\n%v", g.Row, g.Column, value(table, i, j), low, high, opt.Threshold, show(res))
			}
			compare(t, g, "inferred", low, high, g.InferredLow, g.InferredHigh)
			low, high = plain.bounds(t, i, j)
			compare(t, g, "plain", low, high, g.Low, g.High)
			if v := value(table, i, j); v < g.Low || (g.High != nil && v > *g.High) {
				t.Fatalf("%s/%s: the true %d is outside the range %+v", g.Row, g.Column, v, g)
			}
		}
	})
}

func compare(t *rapid.T, g disclosure.Range, kind string, low, high float64, gotLow int, gotHigh *int) {
	t.Helper()
	got := math.Inf(1)
	if gotHigh != nil {
		got = float64(*gotHigh)
	}
	if float64(gotLow) != low || got != high {
		t.Fatalf("%s/%s %s range: got [%d, %g], linear programming says [%g, %g]", g.Row, g.Column, kind, gotLow, got, low, high)
	}
}

// checkPublished: nothing small is shown, what is shown is true, the lists agree
// with the table, and kept totals are there.
func checkPublished(t *rapid.T, table disclosure.Table, opt disclosure.Options, res disclosure.Result) {
	hidden := 0
	for i, row := range res.Table {
		for j, v := range row {
			truth := value(table, i, j)
			if v == nil {
				hidden++
				if opt.KeepTotals && (i == len(table.Rows) || j == len(table.Columns)) {
					t.Fatalf("a total to be kept is hidden (row %d, column %d)", i, j)
				}
				if truth == 0 && opt.Zeros == disclosure.ZerosShown {
					t.Fatalf("a zero is hidden (row %d, column %d)", i, j)
				}
				continue
			}
			if *v != truth {
				t.Fatalf("row %d, column %d shows %d, is %d", i, j, *v, truth)
			}
			if truth < opt.Threshold && (truth > 0 || opt.Zeros == disclosure.ZerosHidden) {
				t.Fatalf("row %d, column %d shows %d below the threshold %d", i, j, truth, opt.Threshold)
			}
		}
	}
	if hidden != len(res.Primary)+len(res.Secondary) {
		t.Fatalf("%d hidden, but %d primary and %d secondary are listed", hidden, len(res.Primary), len(res.Secondary))
	}
}

func find(labels []string, l string) int {
	for i := range labels {
		if labels[i] == l {
			return i
		}
	}
	return -1
}

func show(res disclosure.Result) (out [][]int) {
	for _, row := range res.Table {
		var line []int
		for _, v := range row {
			if v == nil {
				line = append(line, -1)
			} else {
				line = append(line, *v)
			}
		}
		out = append(out, line)
	}
	return out
}
