package capture

import (
	"math/big"
	"math/rand/v2"
	"testing"
)

// exactCode works out the existence code the long way, in fractions: the largest s for which a table with every
// number at least s has the margins observed, by the simplex method on all histories.
func exactCode(t Table, d design, m model) int {
	f := newFitter(d)
	f.prepare(newMargins(t), m)
	var rows [][]*big.Rat // one a parameter: coefficients of y (the table less s), then of s, then the margin
	for _, s := range f.par {
		var row []*big.Rat
		each, margin := int64(0), int64(0)
		for h, live := range f.live {
			if !live {
				continue
			}
			in := int64(0)
			if h&s == s {
				in, margin = 1, margin+int64(t.counts[h])
			}
			each += in
			row = append(row, big.NewRat(in, 1))
		}
		rows = append(rows, append(row, big.NewRat(each, 1), big.NewRat(margin, 1)))
	}
	code := 0
	var plain [][]float64
	for _, row := range rows {
		var line []float64
		for _, v := range row[:len(row)-2] {
			x, _ := v.Float64()
			line = append(line, x)
		}
		plain = append(plain, line)
	}
	if rank(plain) < len(rows) {
		code += NotIdentifiable
	}
	if largest(rows).Sign() == 0 {
		code += DoesNotExist
	}
	return code
}

// largest maximises the last variable subject to rows: coefficients of variables at least 0, then the right-hand side.
func largest(rows [][]*big.Rat) *big.Rat {
	n := len(rows[0]) - 1
	basis := make([]int, len(rows))
	first, second := make([]*big.Rat, n+1), make([]*big.Rat, n+1) // objectives, as what raising a variable gains
	for j := range first {
		first[j], second[j] = new(big.Rat), new(big.Rat)
		for _, row := range rows {
			first[j].Add(first[j], row[j])
		}
	}
	second[n-1].SetInt64(1)
	for i := range basis {
		basis[i] = n + i // artificial
	}
	pivot := func(r, c int) {
		by := new(big.Rat).Set(rows[r][c])
		for j := range rows[r] {
			rows[r][j] = new(big.Rat).Quo(rows[r][j], by)
		}
		clear := func(row []*big.Rat) {
			times := new(big.Rat).Set(row[c])
			for j := range row {
				row[j] = new(big.Rat).Sub(row[j], new(big.Rat).Mul(times, rows[r][j]))
			}
		}
		for i := range rows {
			if i != r {
				clear(rows[i])
			}
		}
		clear(first)
		clear(second)
		basis[r] = c
	}
	for _, objective := range [][]*big.Rat{first, second} {
		for {
			enter := -1
			for j := range n {
				if objective[j].Sign() > 0 {
					enter = j
					break
				}
			}
			if enter < 0 {
				break
			}
			leave := -1
			var best *big.Rat
			for i, row := range rows {
				// An artificial at zero leaves for any variable of the second phase, whatever its sign.
				if basis[i] >= n && row[n].Sign() == 0 && row[enter].Sign() != 0 {
					leave = i
					break
				}
				if row[enter].Sign() <= 0 {
					continue
				}
				ratio := new(big.Rat).Quo(row[n], row[enter])
				if leave < 0 || ratio.Cmp(best) < 0 || ratio.Cmp(best) == 0 && basis[i] < basis[leave] {
					leave, best = i, ratio
				}
			}
			if leave < 0 {
				panic("unbounded")
			}
			pivot(leave, enter)
		}
	}
	return new(big.Rat).Neg(second[n])
}

func TestExistenceAgainstTheWholeLinearProgram(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	met := map[int]int{}
	for range 400 {
		lists := 3 + rng.IntN(2)
		table := Table{Lists: make([]string, lists), counts: make([]int, 1<<lists)}
		full := 0.2 + 0.6*rng.Float64()
		for h := 1; h < len(table.counts); h++ {
			if rng.Float64() < full {
				table.counts[h] = 1 + rng.IntN(30)
			}
		}
		d := newDesign(lists, 2)
		of := model(rng.Uint64()) & d.all()
		want := exactCode(table, d, of)
		met[want]++
		if got := newSelector(d, 0.02).existence(newMargins(table), of); got != want {
			t.Errorf("%v, model %b: got %d, want %d", table.counts, of, got, want)
		}
	}
	for code := range 4 {
		if met[code] == 0 {
			t.Errorf("no table with code %d was tried: %v", code, met)
		}
	}
}
