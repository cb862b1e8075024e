package hotspot

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"lantern.example/lantern/internal/analysis/badrow"
)

// Weights says which areas are neighbours (weight 1), in compressed rows. It
// never holds an area as its own neighbour.
type Weights struct {
	start []int32 // row i is to[start[i]:start[i+1]]
	to    []int32
}

// Len is the number of areas.
func (w Weights) Len() int { return len(w.start) - 1 }

// Links is the number of neighbour relations, each direction counted.
func (w Weights) Links() int { return len(w.to) }

// Of lists the neighbours of area i in ascending order; do not change it.
func (w Weights) Of(i int) []int32 { return w.to[w.start[i]:w.start[i+1]] }

// NewWeights makes weights from a list of neighbours for every area, counted
// from 0. Repeats are dropped; an area beside itself or out of range is an error.
func NewWeights(neighbours [][]int) (Weights, error) {
	n := len(neighbours)
	if n > math.MaxInt32 {
		return Weights{}, fmt.Errorf("%d areas are more than can be handled (%d)", n, math.MaxInt32)
	}
	w := Weights{start: make([]int32, 1, n+1)}
	for i, list := range neighbours {
		row := slices.Clone(list)
		slices.Sort(row)
		for k, j := range row {
			switch {
			case j == i:
				return Weights{}, fmt.Errorf("area %d is listed as its own neighbour", i+1)
			case j < 0 || j >= n:
				return Weights{}, fmt.Errorf("area %d has a neighbour %d, but there are %d areas", i+1, j+1, n)
			case k == 0 || row[k-1] != j:
				w.to = append(w.to, int32(j))
			}
		}
		w.start = append(w.start, int32(len(w.to)))
	}
	return w, nil
}

// Link is one line of a neighbour list: area J is a neighbour of area I.
type Link struct{ I, J string }

// Match says how a neighbour list and a list of areas fit together. A wrong key
// can join without any error and give another map, so both sides are named.
type Match struct {
	Matched           int      // ids found on both sides
	Unmatched         int      // ids found on one side only
	UnknownIDs        []string // in the neighbour list, but not an area
	WithoutNeighbours []string // an area, but not in the neighbour list
	Warnings          []string
}

// Join makes weights from a neighbour list. A list that gives each pair only
// once is read in both directions. No id in common, a repeated area and an area
// beside itself (a *badrow.Error that counts the links) are errors.
func Join(ids []string, links []Link) (Weights, Match, error) {
	at := make(map[string]int, len(ids))
	for i, id := range ids {
		if j, ok := at[id]; ok {
			return Weights{}, Match{}, fmt.Errorf("areas %d and %d are both called %q", j+1, i+1, id)
		}
		at[id] = i
	}
	m := Match{UnknownIDs: []string{}, WithoutNeighbours: []string{}, Warnings: []string{}}
	known, unknown := make([]bool, len(ids)), map[string]bool{}
	lists := make([][]int, len(ids))
	pairs := map[[2]int]bool{}
	for k, l := range links {
		if l.I == l.J {
			return Weights{}, m, badrow.New(k, "j", l.J, "another area than the one in column i")
		}
		for _, id := range []string{l.I, l.J} {
			if i, ok := at[id]; ok {
				known[i] = true
			} else if !unknown[id] {
				unknown[id] = true
				m.UnknownIDs = append(m.UnknownIDs, id)
			}
		}
		i, iok := at[l.I]
		j, jok := at[l.J]
		if iok && jok {
			lists[i] = append(lists[i], j)
			pairs[[2]int{i, j}] = true
		}
	}
	for i, id := range ids {
		if known[i] {
			m.Matched++
		} else {
			m.WithoutNeighbours = append(m.WithoutNeighbours, id)
		}
	}
	m.Unmatched = len(m.UnknownIDs) + len(m.WithoutNeighbours)
	if m.Matched == 0 && len(ids) > 0 {
		return Weights{}, m, fmt.Errorf("0 areas match, %d do not: no area of the neighbour list is among the %d areas; the list has ids like %q, the areas like %q", m.Unmatched, len(ids), first(m.UnknownIDs), ids[0])
	}
	m.describe()
	m.reciprocate(lists, pairs)
	w, err := NewWeights(lists)
	return w, m, err
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

// describe puts what does not fit into words.
func (m *Match) describe() {
	if n := len(m.UnknownIDs); n > 0 {
		m.Warnings = append(m.Warnings, fmt.Sprintf("%s no area: %s", number(n, "id of the neighbour list names", "ids of the neighbour list name"), some(m.UnknownIDs)))
	}
	if n := len(m.WithoutNeighbours); n > 0 {
		m.Warnings = append(m.Warnings, fmt.Sprintf("%s not in the neighbour list: %s", number(n, "area is", "areas are"), some(m.WithoutNeighbours)))
	}
}

// unknown says why a list with ids that are no areas is not used, or "".
func (m *Match) unknown() string {
	n := len(m.UnknownIDs)
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%s, %d do not: the neighbour list names %s, which the table of areas does not have. A list joined on the wrong column draws another map; if it is only wider than the table, say that what it names beyond it is to be left out",
		number(m.Matched, "area matches", "areas match"), m.Unmatched, some(m.UnknownIDs))
}

// number writes a number with the words for one or for several.
func number(n int, one, many string) string {
	if n == 1 {
		many = one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// some names the first ten.
func some(ids []string) string {
	out := ""
	for i, id := range ids[:min(len(ids), 10)] {
		if i > 0 {
			out += ", "
		}
		out += id
	}
	if len(ids) > 10 {
		out += " and others"
	}
	return out
}

// reciprocate completes a list that names each pair once, and warns about one
// that is neither complete nor of that kind.
func (m *Match) reciprocate(lists [][]int, pairs map[[2]int]bool) {
	oneWay := 0
	for p := range pairs {
		if !pairs[[2]int{p[1], p[0]}] {
			oneWay++
		}
	}
	switch {
	case oneWay == 0:
	case oneWay == len(pairs):
		for p := range pairs {
			lists[p[1]] = append(lists[p[1]], p[0])
		}
		m.Warnings = append(m.Warnings, "the neighbour list names each pair once: it was read in both directions")
	default:
		m.Warnings = append(m.Warnings, fmt.Sprintf("%d of the %d links of the neighbour list have no link back: they were used as given", oneWay, len(pairs)))
	}
}

// DistanceBand makes areas neighbours when their centres are at most metres
// apart (in the unit of the coordinates).
func DistanceBand(x, y []float64, metres float64) (Weights, error) {
	if len(x) != len(y) {
		return Weights{}, fmt.Errorf("there are %d x and %d y coordinates", len(x), len(y))
	}
	if !(metres > 0) || math.IsInf(metres, 0) {
		return Weights{}, fmt.Errorf("the distance band is %v: expected a positive distance", metres)
	}
	order := make([]int, len(x))
	for i := range x {
		if !finite(x[i]) || !finite(y[i]) {
			return Weights{}, fmt.Errorf("area %d lies at (%v, %v): expected two numbers", i+1, x[i], y[i])
		}
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Or(cmp.Compare(x[a], x[b]), cmp.Compare(a, b)) })
	lists := make([][]int, len(x))
	for k, i := range order { // sweep from west to east
		for _, j := range order[k+1:] {
			if x[j]-x[i] > metres {
				break
			}
			if math.Hypot(x[j]-x[i], y[j]-y[i]) <= metres {
				lists[i], lists[j] = append(lists[i], j), append(lists[j], i)
			}
		}
	}
	return NewWeights(lists)
}

// queen makes each cell of a grid, row by row, a neighbour of the up to eight
// that touch it.
func queen(columns, rows int) Weights {
	w := Weights{start: make([]int32, 1, columns*rows+1), to: make([]int32, 0, 8*columns*rows)}
	for r := range rows {
		for c := range columns {
			for dr := max(0, r-1); dr <= min(rows-1, r+1); dr++ {
				for dc := max(0, c-1); dc <= min(columns-1, c+1); dc++ {
					if dr != r || dc != c {
						w.to = append(w.to, int32(dr*columns+dc))
					}
				}
			}
			w.start = append(w.start, int32(len(w.to)))
		}
	}
	return w
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
