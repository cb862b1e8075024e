package analyserun

import (
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"lantern.example/lantern/internal/analysis/badrow"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/intake/tabular"
)

// Input is one file to read.
type Input struct {
	Name string
	Data io.ReaderAt
	Size int64
}

// sheet is a table read whole: analyses look at all rows at once, and their inputs are counts, not registers.
type sheet struct {
	file    string
	name    string // of the sheet in a workbook
	sha256  string
	header  []string
	row     int // of the header
	rows    [][]string
	numbers []int // of the rows, as a spreadsheet shows them
}

// maxRows is far more than any method takes in reasonable time.
const maxRows = 5_000_000

// read opens a file and reads the first of its tables whose header fits. needs says in words which columns are
// expected.
func read(in Input, needs string, fits func(*sheet) bool) (*sheet, error) {
	book, err := tabular.Open(in.Name, in.Data, in.Size, tabular.Limits{})
	if err != nil {
		return nil, unreadable(in.Name, err)
	}
	defer book.Close()
	tables, err := book.Tables()
	if err != nil {
		return nil, unreadable(in.Name, err)
	}
	var first *sheet
	for _, t := range tables {
		s := &sheet{file: in.Name, name: t.Sheet, sha256: book.SHA256, header: t.Header, row: t.HeaderRow}
		if first == nil {
			first = s
		}
		if fits(s) {
			return s, s.fill(t)
		}
	}
	if first == nil {
		return nil, fault.New(fault.Invalid, "%s: there is no table in it; expected %s.", in.Name, needs)
	}
	return nil, fault.New(fault.Invalid, "%s: the columns are %s; expected %s.", first.where(first.row, ""), strings.Join(first.header, ", "), needs)
}

func (s *sheet) fill(t *tabular.Table) error {
	for {
		row, err := t.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return unreadable(s.file, err)
		}
		if len(s.rows) == maxRows {
			return fault.New(fault.TooLarge, "%s: there are more than %d rows; aggregate them first.", s.file, maxRows)
		}
		s.rows, s.numbers = append(s.rows, row.Cells), append(s.numbers, row.Number)
	}
}

// unreadable turns an error of reading into one that names the file.
func unreadable(name string, err error) error {
	var inFile *tabular.FileError
	if errors.As(err, &inFile) {
		return fault.Wrap(fault.Invalid, err, "%s", inFile.Error())
	}
	var inRow *tabular.RowError
	if errors.As(err, &inRow) {
		return fault.Wrap(fault.Invalid, err, "%s: %s", name, inRow.Error())
	}
	return fault.Wrap(fault.Unavailable, err, "%s could not be read: %v.", name, err)
}

// plain reduces a column's name to what is compared: lower case, spaces and dashes as underscores.
func plain(name string) string {
	return strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' {
			return '_'
		}
		return r
	}, strings.ToLower(strings.TrimSpace(name)))
}

// column is the position of the first of these names in the header, or -1.
func (s *sheet) column(names ...string) int {
	for _, want := range names {
		for i, have := range s.header {
			if plain(have) == plain(want) {
				return i
			}
		}
	}
	return -1
}

// has says whether every one of these columns is there.
func (s *sheet) has(names ...string) bool {
	for _, n := range names {
		if s.column(n) < 0 {
			return false
		}
	}
	return true
}

func having(names ...string) func(*sheet) bool {
	return func(s *sheet) bool { return s.has(names...) }
}

// text is a cell without surrounding space; "" for a column that is not there.
func (s *sheet) text(i, column int) string {
	if column < 0 {
		return ""
	}
	return strings.TrimSpace(s.rows[i][column])
}

func (s *sheet) where(row int, column string) string {
	parts := []string{s.file}
	if s.name != "" {
		parts = append(parts, "sheet "+s.name)
	}
	parts = append(parts, fmt.Sprintf("row %d", row))
	if column != "" {
		parts = append(parts, "column "+column)
	}
	return strings.Join(parts, ", ")
}

// bad is an error about one cell.
func (s *sheet) bad(i, column int, want string) error {
	got := "nothing there"
	if v := s.text(i, column); v != "" {
		got = fmt.Sprintf("got %q", v)
	}
	return fault.New(fault.Invalid, "%s: %s; expected %s.", s.where(s.numbers[i], s.header[column]), got, want)
}

// number reads a cell that must hold a number.
func (s *sheet) number(i, column int, want string) (float64, error) {
	v, err := parseNumber(s.text(i, column))
	if err != nil {
		return 0, s.bad(i, column, want)
	}
	return v, nil
}

// whole reads a cell that must hold a whole number, 0 or more.
func (s *sheet) whole(i, column int, want string) (int, error) {
	v, err := parseNumber(s.text(i, column))
	if err != nil || v < 0 || v != math.Trunc(v) || v > 1e15 {
		return 0, s.bad(i, column, want)
	}
	return int(v), nil
}

// maybe reads a number from a cell that may be empty or lack its column.
func (s *sheet) maybe(i, column int, want string) (*float64, error) {
	if s.text(i, column) == "" {
		return nil, nil
	}
	v, err := s.number(i, column, want)
	return &v, err
}

func (s *sheet) maybeWhole(i, column int, want string) (*int, error) {
	if s.text(i, column) == "" {
		return nil, nil
	}
	v, err := s.whole(i, column, want)
	return &v, err
}

var errNotANumber = errors.New("not a number")

// parseNumber takes plain decimal numbers only: no thousands separators, hexadecimal, infinity or "not a number".
func parseNumber(text string) (float64, error) {
	if text == "" || strings.Trim(text, "0123456789+-.eE") != "" {
		return 0, errNotANumber
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(v, 0) || math.IsNaN(v) {
		return 0, errNotANumber
	}
	return v, nil
}

// notANumber recognises what programs write for a number they could not work out. It is neither a number nor nothing.
func notANumber(text string) bool {
	v, err := strconv.ParseFloat(text, 64)
	return (err == nil || errors.Is(err, strconv.ErrRange)) && (math.IsNaN(v) || math.IsInf(v, 0))
}

// blame turns an error of an analysis into one that names the file and, where it is about a record, the row as a
// spreadsheet shows it.
func (s *sheet) blame(err error) error {
	var bad *badrow.Error
	if !errors.As(err, &bad) || bad.Record < 0 || bad.Record >= len(s.numbers) {
		return fault.Wrap(fault.Invalid, err, "%s: %s.", s.file, strings.TrimSuffix(err.Error(), "."))
	}
	return fault.Wrap(fault.Invalid, err, "%s: %s.", s.where(s.numbers[bad.Record], bad.Column), bad.Problem())
}
