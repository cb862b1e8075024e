package geo

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Cell is one square of a grid laid on the British National Grid from its origin: Col = floor(E/Size), Row =
// floor(N/Size). Squares are used, not hexagons, because an analyst can check one on a map and their areas are exact.
type Cell struct {
	Size     int // side in metres, positive
	Col, Row int
}

// Sides of the cells in common use, metres.
const (
	DefaultCell   = 250 // partners' own coordinates
	SensitiveCell = 250 // what a viewer without need sees of a sensitive place
)

// CellOf returns the cell of the given side in metres that holds g. A cell owns its southern and western edges. It
// panics when size is not positive.
func CellOf(g Grid, size int) Cell {
	if size <= 0 {
		panic(fmt.Sprintf("geo: cell size %d m is not positive", size))
	}
	s := float64(size)
	return Cell{Size: size, Col: int(math.Floor(g.E / s)), Row: int(math.Floor(g.N / s))}
}

// ID writes the cell as size, column and row with colons, such as "250:2122:713".
func (c Cell) ID() string { return fmt.Sprintf("%d:%d:%d", c.Size, c.Col, c.Row) }

// ParseCellID reads what [Cell.ID] wrote.
func ParseCellID(id string) (Cell, error) {
	parts := strings.Split(id, ":")
	var n [3]int
	ok := len(parts) == 3
	for i := 0; ok && i < 3; i++ {
		v, err := strconv.Atoi(parts[i])
		ok = err == nil && v >= 0 && strconv.Itoa(v) == parts[i]
		n[i] = v
	}
	c := Cell{Size: n[0], Col: n[1], Row: n[2]}
	if !ok || c.Size <= 0 || c.Size > int(MaxEasting) || c.Col > int(MaxEasting)/c.Size || c.Row > int(MaxNorthing)/c.Size {
		return Cell{}, fmt.Errorf("cell %q: expected side in metres, column and row, such as 250:2122:713", id)
	}
	return c, nil
}

// SouthWest returns the corner of the cell nearest the grid's origin.
func (c Cell) SouthWest() Grid {
	return Grid{E: float64(c.Col) * float64(c.Size), N: float64(c.Row) * float64(c.Size)}
}

// Centre returns the middle of the cell.
func (c Cell) Centre() Grid {
	sw, h := c.SouthWest(), float64(c.Size)/2
	return Grid{E: sw.E + h, N: sw.N + h}
}

// Ring returns the closed outline of the cell in degrees, anticlockwise from the south-west corner, for drawing.
// Neighbouring cells share the bytes of their corners. Corners beyond the grid are an error.
func (c Cell) Ring() (Ring, error) {
	sw, s := c.SouthWest(), float64(c.Size)
	corners := []Grid{sw, {sw.E + s, sw.N}, {sw.E + s, sw.N + s}, {sw.E, sw.N + s}, sw}
	ring := make(Ring, len(corners))
	for i, g := range corners {
		p, err := ToPoint(g)
		if err != nil {
			return nil, fmt.Errorf("cell %s: %w", c.ID(), err)
		}
		ring[i] = roundPoint(p)
	}
	return ring, nil
}

// Neighbours returns the up to eight cells that touch c, south-west first, leaving out those beyond the grid.
func (c Cell) Neighbours() []Cell {
	out := make([]Cell, 0, 8)
	for dr := -1; dr <= 1; dr++ {
		for dc := -1; dc <= 1; dc++ {
			n := Cell{Size: c.Size, Col: c.Col + dc, Row: c.Row + dr}
			g := n.SouthWest()
			if n != c && n.Col >= 0 && n.Row >= 0 && g.E < MaxEasting && g.N < MaxNorthing {
				out = append(out, n)
			}
		}
	}
	return out
}

// Blur moves a sensitive place to the centre of its 250 m cell. It is the same every time, because a random shift could
// be averaged away by asking again.
func Blur(g Grid) Grid { return CellOf(g, SensitiveCell).Centre() }

// BlurPoint is [Blur] for degrees, rounded to a millionth of a degree. A place off the grid is an error: show none.
func BlurPoint(p Point) (Point, error) {
	g, err := ToGrid(p)
	if err != nil {
		return Point{}, err
	}
	q, err := ToPoint(Blur(g))
	return roundPoint(q), err
}
