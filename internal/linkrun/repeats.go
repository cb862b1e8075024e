package linkrun

import (
	"lantern.example/lantern/internal/analysis/linkage"
	"lantern.example/lantern/internal/figure"
)

// manyRepeats is the share of rows from which a repeated id means that the
// column is not the row's own.
const manyRepeats = 0.2

// repeats warns of ids that stand on more than one row of a source.
func (in *loaded) repeats(workers int) {
	bySource := map[string]int{}
	rows := map[string]int{}
	in.again = map[uint32]int{}
	for _, g := range in.data.Repeats(workers) {
		for n, i := range g[1:] {
			in.again[uint32(i)] = n + 1 //nolint:gosec // a record's number
		}
		source, _ := in.data.Key(g[0])
		if in.numbered[source] {
			continue // rows without an id of their own are numbered from 1 in every file
		}
		bySource[source]++
		rows[source] += len(g)
		in.repeated = append(in.repeated, g)
	}
	if len(bySource) == 0 {
		return
	}
	of := make(map[string]int, len(bySource))
	for i := range in.data.Len() {
		source, _ := in.data.Key(i)
		of[source]++
	}
	for _, source := range in.data.Sources() {
		n := bySource[source]
		switch {
		case n == 0:
		case float64(rows[source]) > manyRepeats*float64(of[source]):
			in.warn("%s: %s of %s share their id with another row, so the id column seems to be about people or events rather than rows; each row was compared by itself", source, figure.Group(rows[source]), figure.Many(of[source], "row", "rows"))
		default:
			in.warn("%s: %s on more than one row; each row was compared by itself, and rows of one id that did not come together are in review.csv", source, figure.Many(n, "id stands", "ids stand"))
		}
	}
}

// whyRepeated is said of rows that share an id.
const whyRepeated = "one id stands on both rows, with different details: one person, or an id used twice"

// doubtRepeats sends rows that share an id and did not come together to a person,
// those apart that the earlier run sent already.
func (in *loaded) doubtRepeats(res *linkage.Result) {
	if len(in.repeated) == 0 {
		return
	}
	sent := map[[2]int]bool{}
	for _, d := range res.Review {
		if d.Why == whyRepeated {
			sent[[2]int{int(d.A), int(d.B)}] = true
		}
	}
	var pairs [][2]int
	for _, g := range in.repeated {
		for _, i := range g[1:] {
			if p := [2]int{g[0], i}; res.Person[i] != res.Person[g[0]] && !sent[p] {
				pairs = append(pairs, p)
			}
		}
	}
	if len(pairs) > 0 {
		res.AddDoubts(pairs, whyRepeated, 1)
	}
}
