package agreement

import (
	"fmt"
	"math"
	"sort"
	"strconv"
	"strings"

	"lantern.example/lantern/internal/analysis/badrow"
)

// Coding is one coder's value for one unit. A blank value is missing.
type Coding struct {
	Unit  string
	Coder string
	Value string
}

// table is the codings by unit: value[unit][coder] is the position of the value
// in labels, or -1 when missing.
type table struct {
	units, coders []string
	labels        []string  // distinct values in scale order
	numbers       []float64 // labels as numbers; nil when some are not
	ordered       bool      // labels stand in a known order
	value         [][]int
	missing       int // blank or absent
}

// newTable checks the codings. Units and coders keep the order in which they
// first appear; values are ordered as numbers when all are, as opt.Order when
// given, else by name.
func newTable(in []Coding, order []string) (*table, error) {
	if len(in) == 0 {
		return nil, fmt.Errorf("there are no codings: expected one row a unit and coder with its value")
	}
	t := &table{}
	unit, coder := map[string]int{}, map[string]int{}
	distinct := map[string]bool{}
	allNumbers := true
	seen := map[[2]string]int{}
	for i, c := range in {
		switch {
		case c.Unit == "":
			return nil, badrow.New(i, "unit", "", "the name or number of the unit coded")
		case c.Coder == "":
			return nil, badrow.New(i, "coder", "", "the name of the coder")
		case isNotANumber(c.Value):
			return nil, badrow.New(i, "value", strings.TrimSpace(c.Value), "a code or a number, or nothing where the unit was not coded")
		}
		key := [2]string{c.Unit, c.Coder}
		if first, twice := seen[key]; twice {
			return nil, badrow.New(i, "coder", c.Coder, fmt.Sprintf("each coder once for unit %q (already at record %d)", c.Unit, first+1))
		}
		seen[key] = i
		if _, ok := unit[c.Unit]; !ok {
			unit[c.Unit] = len(t.units)
			t.units = append(t.units, c.Unit)
		}
		if _, ok := coder[c.Coder]; !ok {
			coder[c.Coder] = len(t.coders)
			t.coders = append(t.coders, c.Coder)
		}
		if v := strings.TrimSpace(c.Value); v != "" {
			distinct[v] = true
			if _, ok := number(v); !ok {
				allNumbers = false
			}
		}
	}
	position, err := t.orderLabels(distinct, order, allNumbers)
	if err != nil {
		return nil, err
	}
	t.value = make([][]int, len(t.units))
	for u := range t.value {
		t.value[u] = make([]int, len(t.coders))
		for c := range t.value[u] {
			t.value[u][c] = -1
		}
	}
	t.missing = len(t.units) * len(t.coders)
	for _, c := range in {
		if v := strings.TrimSpace(c.Value); v != "" {
			t.value[unit[c.Unit]][coder[c.Coder]] = position[v]
			t.missing--
		}
	}
	return t, nil
}

// orderLabels gives each value as written its place on the scale. Spellings of
// one number (1, 1.0) share a place.
func (t *table) orderLabels(distinct map[string]bool, order []string, allNumbers bool) (map[string]int, error) {
	written := make([]string, 0, len(distinct))
	for v := range distinct {
		written = append(written, v)
	}
	sort.Strings(written)
	position := make(map[string]int, len(written))
	switch {
	case len(order) > 0:
		place := map[string]int{}
		for i, v := range order {
			if _, twice := place[v]; twice {
				return nil, fmt.Errorf("the order of values names %q twice", v)
			}
			place[v] = i
		}
		for _, v := range written {
			if _, ok := place[v]; !ok {
				return nil, fmt.Errorf("the order of values does not name %q; expected every value used", v)
			}
			position[v] = place[v]
		}
		t.labels, t.ordered = order, true
		if allNumbers {
			t.numbers = numbersOf(order)
		}
	case allNumbers:
		sort.SliceStable(written, func(a, b int) bool {
			x, _ := number(written[a])
			y, _ := number(written[b])
			return x < y
		})
		for _, v := range written {
			x, _ := number(v)
			if n := len(t.numbers); n == 0 || t.numbers[n-1] != x {
				t.numbers, t.labels = append(t.numbers, x), append(t.labels, v)
			}
			position[v] = len(t.labels) - 1
		}
		t.ordered = true
	default:
		for i, v := range written {
			position[v] = i
		}
		t.labels = written
	}
	return position, nil
}

// isNotANumber recognises what programs write for a value they could not work
// out. As a code it would make two failures agree.
func isNotANumber(text string) bool {
	v, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	return err == nil && (math.IsNaN(v) || math.IsInf(v, 0))
}

func number(text string) (float64, bool) {
	v, err := strconv.ParseFloat(text, 64)
	return v, err == nil && !math.IsNaN(v) && math.Abs(v) <= 1e100
}

// numbersOf is nil when a value is not a number.
func numbersOf(labels []string) []float64 {
	out := make([]float64, len(labels))
	for i, l := range labels {
		v, ok := number(l)
		if !ok {
			return nil
		}
		out[i] = v
	}
	return out
}

// given are the values one unit has, in coder order.
func given(values []int) []int {
	var out []int
	for _, v := range values {
		if v >= 0 {
			out = append(out, v)
		}
	}
	return out
}
