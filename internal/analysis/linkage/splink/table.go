package splink

import (
	"slices"
	"strings"
)

// Table is the records a model runs on: named columns of text, in which an
// empty cell is NULL.
type Table struct {
	names []string
	cols  []*column
	n     int
}

// column holds its distinct values once.
type column struct {
	ids    []uint32 // by row; 0 is NULL
	values []string // by id
	index  map[string]uint32
	counts []int
}

func (c *column) value(row int) value {
	if id := c.ids[row]; id != 0 {
		return value{kind: 's', s: c.values[id]}
	}
	return value{}
}

// NewTable returns an empty table with the columns named.
func NewTable(names []string) *Table {
	t := &Table{names: slices.Clone(names)}
	for range names {
		t.cols = append(t.cols, &column{values: []string{""}, counts: []int{0}, index: map[string]uint32{}})
	}
	return t
}

// Names are the table's columns.
func (t *Table) Names() []string { return t.names }

// Len is the number of rows.
func (t *Table) Len() int { return t.n }

// Add appends a row; cells beyond the columns are ignored and missing ones NULL.
func (t *Table) Add(cells []string) {
	for i, c := range t.cols {
		v := ""
		if i < len(cells) {
			v = cells[i]
		}
		id := uint32(0)
		if v != "" {
			var ok bool
			if id, ok = c.index[v]; !ok {
				id = uint32(len(c.values))
				v = strings.Clone(v)
				c.values = append(c.values, v)
				c.counts = append(c.counts, 0)
				c.index[v] = id
			}
		}
		c.counts[id]++
		c.ids = append(c.ids, id)
	}
	t.n++
}

func (t *Table) column(name string) *column {
	for i, n := range t.names {
		if strings.EqualFold(n, name) {
			return t.cols[i]
		}
	}
	return nil
}

// Cell is a cell's text.
func (t *Table) Cell(row int, name string) string {
	if c := t.column(name); c != nil {
		return c.values[c.ids[row]]
	}
	return ""
}
