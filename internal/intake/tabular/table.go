package tabular

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode"
)

// Row is one data row with its number as a spreadsheet shows it.
type Row struct {
	Sheet  string // "" for a CSV file
	Number int
	Cells  []string // one a column of the header, as they were written; they belong to the caller
}

// Table is one header and the rows below it, read forward once.
type Table struct {
	Sheet     string
	Header    []string // names, each distinct whatever its case
	HeaderRow int      // number of the (lower) row they were read from
	// Notes says in words what was assumed or passed over: encoding, delimiter, title rows, made-up names. It can
	// grow while rows are read.
	Notes []string

	src     source
	lim     Limits
	ahead   []previewRow // rows read to find the header and not yet handed on
	pending []*RowError  // unreadable rows above the header
	raw     []string     // the header's cells as written
	columns []columnKind
	last    int // number of the last row with content
	second  int // number of the row at which a second table starts; 0 for none
	over    error
	csv     *csvSource
	noted   bool
}

// columnKind counts what a column has held so far.
type columnKind struct{ filled, words int }

// Next gives the next row with content, io.EOF after the last. A *RowError concerns one row and reading may go on;
// any other error ends it and is given again.
//
// Short rows are filled up with empty cells. Rows with content beyond the last column, and all rows of a second table
// found below a blank row, are refused with a *RowError.
func (t *Table) Next() (Row, error) {
	if t.over != nil {
		return Row{}, t.over
	}
	if len(t.pending) > 0 {
		err := t.pending[0]
		t.pending = t.pending[1:]
		return Row{}, err
	}
	for {
		number, cells, err := t.read()
		if err != nil {
			return Row{}, t.failed(number, err)
		}
		last := lastFilled(cells)
		if last < 0 {
			continue
		}
		afterBlank := t.last > 0 && number > t.last+1
		t.last = number
		if err := t.check(number, cells, last, afterBlank); err != nil {
			return Row{}, err
		}
		return Row{Sheet: t.Sheet, Number: number, Cells: fit(cells, len(t.Header))}, nil
	}
}

func (t *Table) read() (int, []string, error) {
	if len(t.ahead) == 0 {
		return t.src.next()
	}
	r := t.ahead[0]
	t.ahead = t.ahead[1:]
	if r.err != nil {
		return r.number, nil, r.err
	}
	return r.number, r.cells, nil
}

func (t *Table) failed(number int, err error) error {
	re := (*RowError)(nil)
	if errors.As(err, &re) {
		t.last = number
		t.noteQuotes()
		return err
	}
	t.noteQuotes()
	t.over = err
	return err
}

func (t *Table) noteQuotes() {
	if t.csv != nil && t.csv.bareQuoteRow > 0 && !t.noted {
		t.noted = true
		t.Notes = append(t.Notes, fmt.Sprintf("quotation marks inside unquoted cells are kept as they stand (first in row %d)", t.csv.bareQuoteRow))
	}
}

func (t *Table) check(number int, cells []string, last int, afterBlank bool) error {
	t.noteQuotes()
	if t.second == 0 && afterBlank && t.startsSecondTable(cells) {
		t.second = number
		t.Notes = append(t.Notes, fmt.Sprintf("a second table seems to start in row %d; its rows are refused", number))
	}
	switch {
	case t.second > 0:
		return &RowError{Sheet: t.Sheet, Row: number, Found: fmt.Sprintf("a second table from row %d on", t.second), Expected: "one table a sheet",
			Reason: fmt.Sprintf("the row belongs to a second table that seems to start in row %d; put each table on a sheet or in a file of its own", t.second)}
	case t.isHeaderAgain(cells):
		return &RowError{Sheet: t.Sheet, Row: number, Found: "the column names again", Expected: "a row of data",
			Reason: "the row repeats the column names"}
	case last >= len(t.Header):
		return &RowError{Sheet: t.Sheet, Row: number, Column: columnLetter(len(t.Header)), Found: fmt.Sprintf("%d cells", last+1),
			Expected: fmt.Sprintf("%d", len(t.Header)),
			Reason:   t.tooWide(last + 1)}
	}
	t.learn(cells)
	return nil
}

func (t *Table) tooWide(cells int) string {
	reason := fmt.Sprintf("the row has %d cells and the header %d", cells, len(t.Header))
	if t.csv != nil {
		return reason + "; a cell may hold the delimiter without quotation marks"
	}
	return reason + "; give every column that holds something a name"
}

// learn keeps count of the columns' content for the first thousand rows; that is enough to know a header by.
func (t *Table) learn(cells []string) {
	for i := range t.columns {
		k := &t.columns[i]
		if i >= len(cells) || k.filled >= 1_000 || isBlank(cells[i]) {
			continue
		}
		k.filled++
		if isWords(cells[i]) {
			k.words++
		}
	}
}

// isWords is true for text without digits; codes, numbers and dates all have some.
func isWords(s string) bool {
	letter := false
	for _, r := range s {
		if unicode.IsDigit(r) {
			return false
		}
		letter = letter || unicode.IsLetter(r)
	}
	return letter
}

// startsSecondTable judges a row below a blank one. All its cells (two or more) must read like distinct names, and
// then one of these must hold:
//   - it has words in two or more columns that have held numbers, dates or codes so far;
//   - it has them in one such column, and either its width is not the table's or it names one of the table's columns;
//   - half of its cells are names of the table's columns.
//
// One odd word alone ("not recorded" under Age) is not enough, since all that follows would be refused.
func (t *Table) startsSecondTable(cells []string) bool {
	if filledCells(cells) < 2 || nameShare(cells) < 1 || distinctShare(cells) < 1 || t.isHeaderAgain(cells) {
		return false
	}
	shared, contrast := t.namesIn(cells), 0
	for i, c := range cells {
		if i < len(t.columns) && isWords(c) && t.columns[i].filled >= 3 && t.columns[i].words*10 <= t.columns[i].filled {
			contrast++
		}
	}
	otherWidth := lastFilled(cells)+1 != len(t.Header)
	return contrast >= 2 || contrast == 1 && (otherWidth || shared > 0) || shared*2 >= filledCells(cells)
}

// namesIn counts the cells that are names of this table's columns.
func (t *Table) namesIn(cells []string) int {
	known := make(map[string]bool, len(t.Header))
	for _, h := range t.Header {
		known[strings.ToLower(h)] = true
	}
	n := 0
	for _, c := range cells {
		if known[foldName(c)] {
			n++
		}
	}
	return n
}

func (t *Table) isHeaderAgain(cells []string) bool {
	if len(t.raw) < 2 || lastFilled(cells) != lastFilled(t.raw) {
		return false
	}
	for i := 0; i <= lastFilled(cells); i++ {
		if cells[i] != t.raw[i] {
			return false
		}
	}
	return true
}

func fit(cells []string, width int) []string {
	if len(cells) >= width {
		return cells[:width]
	}
	out := make([]string, width)
	copy(out, cells)
	return out
}

// tableFrom reads ahead, finds the header and names the columns. It gives nil for a sheet without content. want is the
// row said to hold the names, 0 to have it found.
func tableFrom(file, sheet string, src source, lim Limits, want int, merged []span) (*Table, error) {
	rows, err := preview(src, want)
	if err != nil {
		return nil, err
	}
	h := findHeader(rows)
	if want > 0 {
		h = rowNumbered(rows, want)
		if h < 0 || lastFilled(rows[h].cells) < 0 {
			return nil, &FileError{File: file, Sheet: sheet, Row: want, Found: "no content in the row given as the header",
				Expected: "column names", Hint: "Give the number of the row that holds the column names, as the spreadsheet shows it."}
		}
	}
	if h < 0 {
		if e := firstRowError(rows); e != nil {
			return nil, &FileError{File: file, Sheet: sheet, Row: e.Row, Column: e.Column, Found: e.Found, Expected: e.Expected,
				Hint: "No row before it could be read as a header. Save the file anew and send it again."}
		}
		return nil, nil
	}
	t := &Table{Sheet: sheet, src: src, lim: lim}
	raw, low := rows[h].cells, h
	if up := twoRowHeader(rows, h, merged); up >= 0 && want == 0 {
		low = up + 1
		raw = joinGroups(rows[up].cells, rows[low].cells, merged, rows[up].number)
		h = up
		t.note("rows %d and %d are read together as the column names", rows[up].number, rows[low].number)
	} else {
		t.raw = raw
	}
	t.HeaderRow = rows[low].number
	t.last = t.HeaderRow
	t.noteTitles(rows[:h])
	t.ahead = rows[low+1:]
	names, notes := nameColumns(raw, t.ahead)
	t.Header, t.columns = names, make([]columnKind, len(names))
	if nameShare(raw) < 0.5 {
		t.note("row %d is taken for the column names although most of its cells are not words; if the file has no column names, add a row with them", t.HeaderRow)
	}
	t.Notes = append(t.Notes, notes...)
	return t, nil
}

func (t *Table) note(format string, a ...any) { t.Notes = append(t.Notes, fmt.Sprintf(format, a...)) }

func (t *Table) noteTitles(above []previewRow) {
	first, last, n := 0, 0, 0
	for _, r := range above {
		if r.err != nil {
			t.pending = append(t.pending, r.err)
			continue
		}
		if lastFilled(r.cells) < 0 {
			continue
		}
		if n == 0 {
			first = r.number
		}
		last, n = r.number, n+1
	}
	switch {
	case n == 1:
		t.note("row %d above the column names is taken for a title and passed over", first)
	case n > 1:
		t.note("%d rows above the column names (%d to %d) are taken for titles and passed over", n, first, last)
	}
}

func preview(src source, want int) ([]previewRow, error) {
	var rows []previewRow
	content := 0
	for content < previewRows || len(rows) > 0 && rows[len(rows)-1].number < want+1 {
		number, cells, err := src.next()
		if err == io.EOF {
			break
		}
		re := (*RowError)(nil)
		switch {
		case errors.As(err, &re):
			rows = append(rows, previewRow{number: number, err: re})
			content++
		case err != nil:
			return nil, err
		case lastFilled(cells) >= 0:
			rows = append(rows, previewRow{number: number, cells: cells})
			content++
		}
	}
	return rows, nil
}

func rowNumbered(rows []previewRow, n int) int {
	for i, r := range rows {
		if r.number == n && r.err == nil {
			return i
		}
	}
	return -1
}

func firstRowError(rows []previewRow) *RowError {
	for _, r := range rows {
		if r.err != nil {
			return r.err
		}
	}
	return nil
}

var totalWord = regexp.MustCompile(`(?i)^\s*((grand|sub|overall|column)[ -]?)?totals?\b|^\s*(sum|overall)\s*:?\s*$`)

// LooksLikeTotal says whether a row is a total at the foot of a table rather than a record: its first cell with
// content says so ("Total", "Grand total", "Total offences") and every other is empty or a number. Rows are never held
// back for it; whoever loads them decides.
func LooksLikeTotal(row Row) bool {
	first := true
	for _, c := range row.Cells {
		c = strings.TrimSpace(c)
		if c == "" {
			continue
		}
		if first {
			if !totalWord.MatchString(c) {
				return false
			}
			first = false
			continue
		}
		if !isFigure(c) {
			return false
		}
	}
	return !first
}

// isFigure is true for a number as people write it in a table: 1,204 or 12.5% or -3.
func isFigure(s string) bool {
	digit := false
	for _, r := range s {
		switch {
		case unicode.IsDigit(r):
			digit = true
		case strings.ContainsRune(".,%£-+() ", r):
		default:
			return false
		}
	}
	return digit
}
