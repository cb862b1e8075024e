package world

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
)

// Truth says which true person each row of each file is about. It is for measuring record linkage: no file holds it and
// nothing that people see may be made from it.
type Truth struct {
	People []Person
	rows   map[string][]int32
}

// Person is the person a row is about, by the row's number as a spreadsheet shows it.
func (t *Truth) Person(path string, row int) (*Person, bool) {
	rows := t.rows[path]
	if row < 1 || row > len(rows) || rows[row-1] == 0 {
		return nil, false
	}
	return &t.People[rows[row-1]-1], true
}

// Rows is how many rows of a file are about somebody.
func (t *Truth) Rows(path string) int {
	n := 0
	for _, p := range t.rows[path] {
		if p > 0 {
			n++
		}
	}
	return n
}

// WriteCSV writes source, row, person and naming tradition, one line for each row of a file that is about somebody.
func (t *Truth) WriteCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	if err := out.Write([]string{"file", "row", "person", "tradition"}); err != nil {
		return fmt.Errorf("writing the truth: %w", err)
	}
	for _, path := range sortedKeys(t.rows) {
		for i, p := range t.rows[path] {
			if p == 0 {
				continue
			}
			who := &t.People[p-1]
			if err := out.Write([]string{path, strconv.Itoa(i + 1), who.ID, who.Tradition}); err != nil {
				return fmt.Errorf("writing the truth: %w", err)
			}
		}
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("writing the truth: %w", err)
	}
	return nil
}
