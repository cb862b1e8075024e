package hotspot

import (
	"fmt"
	"math"

	"lantern.example/lantern/internal/geo"
)

// maxCells keeps a mistaken coordinate from asking for a map of a continent.
const maxCells = 4_000_000

// Points says how events become cells.
type Points struct {
	CellMetres int // side of the square cells, metres
	// Snapped says that positions were moved to a fixed list of points before
	// publication (data.police.uk): cells below 500 m are then refused.
	Snapped bool
	// Within limits the map to some cells, by their centre; nil takes the whole
	// rectangle around the events.
	Within func(geo.Grid) bool
}

// FromGrid counts events in square cells and looks for cells that stand out.
// x and y are in metres, on the British National Grid or any other plane. Cells
// inside the rectangle around the events in which nothing happened count as
// zero; two cells are neighbours when they touch (queen contiguity).
func FromGrid(x, y []float64, p Points, opt Options) (Result, error) {
	if len(x) != len(y) {
		return Result{}, fmt.Errorf("there are %d x and %d y coordinates", len(x), len(y))
	}
	if p.CellMetres <= 0 {
		return Result{}, fmt.Errorf("the cell is %d m wide: expected a positive number of metres", p.CellMetres)
	}
	if _, err := opt.normalise(); err != nil {
		return Result{}, err
	}
	for i := range x {
		if !finite(x[i]) || !finite(y[i]) {
			return Result{}, fmt.Errorf("event %d lies at (%v, %v): expected two numbers", i+1, x[i], y[i])
		}
	}
	if p.Snapped {
		if r := geo.SnapSupports(geo.UseGridCells, p.CellMetres); !r.OK {
			return refused(r.Reason), nil
		}
	}
	if len(x) == 0 {
		return refused("there are no located events"), nil
	}
	g, err := newGrid(x, y, p.CellMetres)
	if err != nil {
		return Result{}, err
	}
	for i := range x {
		g.counts[g.index(x[i], y[i])]++
	}
	return g.analyse(len(x), p, opt)
}

// FromLongitudeLatitude is [FromGrid] for degrees (WGS 84), put on the British
// National Grid. Events that are not in or near the United Kingdom are left out
// and counted as unmatched.
func FromLongitudeLatitude(longitude, latitude []float64, p Points, opt Options) (Result, error) {
	if len(longitude) != len(latitude) {
		return Result{}, fmt.Errorf("there are %d longitudes and %d latitudes", len(longitude), len(latitude))
	}
	var x, y []float64
	var why error
	for i := range longitude {
		g, err := toGrid(latitude[i], longitude[i])
		if err != nil {
			if why == nil {
				why = fmt.Errorf("event %d: %w", i+1, err)
			}
			continue
		}
		x, y = append(x, g.E), append(y, g.N)
	}
	res, err := FromGrid(x, y, p, opt)
	if err != nil {
		return res, err
	}
	res.Matched, res.Unmatched = len(x), len(longitude)-len(x)
	if why != nil {
		res.Warnings = append(res.Warnings, fmt.Sprintf("%d of %d events were left out, the first because: %v", res.Unmatched, len(longitude), why))
	}
	return res, nil
}

func toGrid(lat, lon float64) (geo.Grid, error) {
	p, err := geo.CheckLatLon(lat, lon)
	if err != nil {
		return geo.Grid{}, err
	}
	return geo.ToGrid(p)
}

func refused(reason string) Result {
	return Result{Refused: true, Reasons: []string{reason}, Warnings: []string{}, UnknownIDs: []string{}, WithoutNeighbours: []string{}}
}

// grid is the rectangle of cells around the events.
type grid struct {
	size          int
	column, row   int // of the south-west cell
	columns, rows int
	counts        []float64
}

func newGrid(x, y []float64, size int) (*grid, error) {
	w, e, s, n := math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
	for i := range x {
		w, e, s, n = min(w, x[i]), max(e, x[i]), min(s, y[i]), max(n, y[i])
	}
	side := float64(size)
	columns, rows := math.Floor(e/side)-math.Floor(w/side)+1, math.Floor(n/side)-math.Floor(s/side)+1
	if columns*rows > maxCells || math.Max(math.Abs(w), math.Max(math.Abs(e), math.Max(math.Abs(s), math.Abs(n)))) > 1e12 {
		return nil, fmt.Errorf("the events lie from (%g, %g) to (%g, %g): %g by %g cells of %d m are more than %d; use larger cells or check the coordinates", w, s, e, n, columns, rows, size, maxCells)
	}
	g := &grid{size: size, column: int(math.Floor(w / side)), row: int(math.Floor(s / side)), columns: int(columns), rows: int(rows)}
	g.counts = make([]float64, g.columns*g.rows)
	return g, nil
}

func (g *grid) index(x, y float64) int {
	c := geo.CellOf(geo.Grid{E: x, N: y}, g.size)
	return (c.Row-g.row)*g.columns + c.Col - g.column
}

// cell is the i-th cell, row by row from the south-west.
func (g *grid) cell(i int) geo.Cell {
	return geo.Cell{Size: g.size, Col: g.column + i%g.columns, Row: g.row + i/g.columns}
}

// analyse runs the statistics over the cells of the grid, or over those within
// the limits asked for.
func (g *grid) analyse(events int, p Points, opt Options) (Result, error) {
	w := queen(g.columns, g.rows)
	var keep []int
	left := 0
	for i, n := range g.counts {
		if p.Within == nil || p.Within(g.cell(i).Centre()) {
			keep = append(keep, i)
		} else {
			left += int(n)
		}
	}
	w, values := subset(w, g.counts, keep)
	ids := make([]string, len(keep))
	for k, i := range keep {
		ids[k] = g.cell(i).ID()
	}
	res, err := Areas(ids, values, w, nil, opt)
	if err != nil {
		return res, err
	}
	res.Matched, res.Unmatched, res.CellMetres = events-left, left, g.size
	for i := range res.Areas {
		res.Areas[i].Edge = res.Areas[i].Neighbours < 8
	}
	if left > 0 {
		res.Warnings = append(res.Warnings, fmt.Sprintf("%d of %d events lie outside the area", left, events))
	}
	if p.Within == nil {
		res.Warnings = append(res.Warnings, "the map is the rectangle around the events: cells in it without events count as zero, and those at its edge lack neighbours")
	}
	return res, nil
}

// subset keeps some areas and the links between them.
func subset(w Weights, values []float64, keep []int) (Weights, []float64) {
	if len(keep) == len(values) {
		return w, values
	}
	at := make([]int32, len(values))
	for i := range at {
		at[i] = -1
	}
	for k, i := range keep {
		at[i] = int32(k)
	}
	out := Weights{start: []int32{0}}
	kept := make([]float64, len(keep))
	for k, i := range keep {
		kept[k] = values[i]
		for _, j := range w.Of(i) {
			if at[j] >= 0 {
				out.to = append(out.to, at[j])
			}
		}
		out.start = append(out.start, int32(len(out.to)))
	}
	return out, kept
}
