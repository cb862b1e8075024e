package disclosure

import (
	"cmp"
	"errors"
	"fmt"
	"math/bits"
	"slices"
)

// Table is a two-way table of counts with its totals.
type Table struct {
	Rows, Columns           []string // labels, each unique
	Cells                   [][]int  // [row][column], none negative
	RowTotals, ColumnTotals []int
	Total                   int
	// RowTotal and ColumnTotal name the column that holds the row totals and
	// the row that holds the column totals; both are "Total" when empty.
	RowTotal, ColumnTotal string
}

// New makes a table from its cells and adds up the totals.
func New(rows, columns []string, cells [][]int) Table {
	t := Table{Rows: rows, Columns: columns, Cells: cells,
		RowTotals: make([]int, len(cells)), ColumnTotals: make([]int, len(columns))}
	for i, row := range cells {
		for j, v := range row {
			t.RowTotals[i] += v
			t.Total += v
			if j < len(columns) {
				t.ColumnTotals[j] += v
			}
		}
	}
	return t
}

// FromMatrix makes a table from a matrix whose last row and last column are
// totals, with their labels last.
func FromMatrix(rows, columns []string, m [][]int) (Table, error) {
	r, c := len(rows)-1, len(columns)-1
	if r < 1 || c < 1 {
		return Table{}, errors.New("a table needs at least one row and one column beside its totals")
	}
	if len(m) != r+1 {
		return Table{}, fmt.Errorf("there are %d row labels and %d rows of numbers", r+1, len(m))
	}
	t := Table{Rows: rows[:r], Columns: columns[:c], ColumnTotal: rows[r], RowTotal: columns[c]}
	for i, row := range m {
		if len(row) != c+1 {
			return Table{}, fmt.Errorf("row %q has %d numbers, expected %d (with its total)", rows[i], len(row), c+1)
		}
		if i < r {
			t.Cells = append(t.Cells, row[:c])
			t.RowTotals = append(t.RowTotals, row[c])
		} else {
			t.ColumnTotals, t.Total = row[:c], row[c]
		}
	}
	return t, nil
}

// check returns an error in words when the table is not one: wrong shape, a
// negative count, a repeated label, or totals that do not add up.
func (t Table) check() error {
	r, c := len(t.Rows), len(t.Columns)
	switch {
	case r == 0 || c == 0:
		return errors.New("the table has no cells")
	case len(t.Cells) != r || len(t.RowTotals) != r:
		return fmt.Errorf("there are %d row labels, %d rows and %d row totals: expected as many of each", r, len(t.Cells), len(t.RowTotals))
	case len(t.ColumnTotals) != c:
		return fmt.Errorf("there are %d column labels and %d column totals", c, len(t.ColumnTotals))
	}
	if err := unique("row", append(slices.Clone(t.Rows), t.columnTotalLabel())); err != nil {
		return err
	}
	if err := unique("column", append(slices.Clone(t.Columns), t.rowTotalLabel())); err != nil {
		return err
	}
	for i, row := range t.Cells {
		if len(row) != c {
			return fmt.Errorf("row %q has %d cells, expected %d", t.Rows[i], len(row), c)
		}
	}
	for i := range r + 1 {
		for j := range c + 1 {
			if v := t.at(i, j); v < 0 || v > maxCount {
				return fmt.Errorf("row %q, column %q holds %d: expected a count from 0 to %d", t.rowLabel(i), t.columnLabel(j), v, maxCount)
			}
		}
	}
	return t.addsUp()
}

// addsUp checks every row and column against its total.
func (t Table) addsUp() error {
	r, c := len(t.Rows), len(t.Columns)
	for i := range r + 1 {
		sum := 0
		for j := range c {
			sum += t.at(i, j)
		}
		if sum != t.at(i, c) {
			return fmt.Errorf("row %q adds up to %d but its total (column %q) says %d", t.rowLabel(i), sum, t.rowTotalLabel(), t.at(i, c))
		}
	}
	for j := range c + 1 {
		sum := 0
		for i := range r {
			sum += t.at(i, j)
		}
		if sum != t.at(r, j) {
			return fmt.Errorf("column %q adds up to %d but its total (row %q) says %d", t.columnLabel(j), sum, t.columnTotalLabel(), t.at(r, j))
		}
	}
	return nil
}

// unique returns an error naming a label that appears twice.
func unique(kind string, labels []string) error {
	seen := map[string]bool{}
	for _, l := range labels {
		if seen[l] {
			return fmt.Errorf("two %ss are called %q: labels must differ", kind, l)
		}
		seen[l] = true
	}
	return nil
}

// at reads the table with its totals as one matrix.
func (t Table) at(i, j int) int {
	switch r, c := len(t.Rows), len(t.Columns); {
	case i < r && j < c:
		return t.Cells[i][j]
	case i < r:
		return t.RowTotals[i]
	case j < c:
		return t.ColumnTotals[j]
	default:
		return t.Total
	}
}

func (t Table) rowTotalLabel() string    { return cmp.Or(t.RowTotal, "Total") }
func (t Table) columnTotalLabel() string { return cmp.Or(t.ColumnTotal, "Total") }

func (t Table) rowLabel(i int) string {
	if i < len(t.Rows) {
		return t.Rows[i]
	}
	return t.columnTotalLabel()
}

func (t Table) columnLabel(j int) string {
	if j < len(t.Columns) {
		return t.Columns[j]
	}
	return t.rowTotalLabel()
}

// width is the number of columns with the total; arc i of the table's network
// is row i/width, column i%width.
func (t Table) width() int { return len(t.Columns) + 1 }

// arcName says where arc i stands, in words.
func (t Table) arcName(i int) string {
	return fmt.Sprintf("row %q, column %q", t.rowLabel(i/t.width()), t.columnLabel(i%t.width()))
}

// network lays the table out as a circulation. Nodes 0..r are the rows (r is
// the row of totals); r+1..r+1+c are the columns (the last is the totals).
func (t Table) network(zeros ZeroPolicy) *network {
	r, c := len(t.Rows), len(t.Columns)
	n := &network{nodes: r + c + 2}
	for i := range r + 1 {
		for j := range c + 1 {
			a := arc{from: i, to: r + 1 + j, value: t.at(i, j)}
			kind := interiorCost
			switch {
			case i == r && j == c:
				kind = grandTotalCost
			case i == r || j == c:
				a.from, a.to = a.to, a.from
				kind = totalCost
			}
			a.cost = costOf(a.value, kind)
			if zeros == ZerosShown {
				a.lower = 1
				a.fixed = a.value == 0
			}
			n.arcs = append(n.arcs, a)
		}
	}
	return n
}

// costOf is the cost of hiding a number of one of the kinds below: mostly one
// for each number, a little more for a large one (it tells the reader more), as
// much as three for a zero (readers expect zeros), and totals only when nothing
// else will do.
func costOf(value, kind int) int {
	if value == 0 {
		return kind + 2*interiorCost
	}
	return kind + 100*bits.Len(uint(value))
}

const (
	interiorCost   = 1_000
	totalCost      = 1_000_000_000
	grandTotalCost = 1_000_000_000_000
)

// sortByCost orders arcs dearest first.
func sortByCost(list []int, arcs []arc) {
	slices.SortStableFunc(list, func(a, b int) int { return cmp.Compare(arcs[b].cost, arcs[a].cost) })
}
