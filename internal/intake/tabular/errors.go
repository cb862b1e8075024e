package tabular

import (
	"fmt"
	"strings"
)

// FileError says why a file, or one sheet of it, was refused. No row of it should be used.
type FileError struct {
	File     string
	Sheet    string // "" when the file has none or the whole file is meant
	Row      int    // as a spreadsheet shows it; 0 when no row is meant
	Column   string // name or letter; "" when no column is meant
	Found    string // what stood there
	Expected string // what was expected
	Hint     string // what to do, a full sentence
}

// Error puts the place first, then what was found, what was expected and what to do.
func (e *FileError) Error() string {
	msg := joinPlace(e.File, e.Sheet, e.Row, e.Column) + ": " + describe(e.Found, e.Expected)
	if e.Hint != "" {
		msg += ". " + e.Hint
	}
	return msg
}

// RowError says why one row could not be read. The rows after it can be.
//
// It never repeats the content of a cell, which may be about a person; Found describes its shape.
type RowError struct {
	Sheet    string // "" for a CSV file
	Row      int    // as a spreadsheet shows it
	Column   string // name or letter; "" when the whole row is meant
	Found    string
	Expected string
	Reason   string // the same in one sentence, fit for a report
}

// Error gives place and reason.
func (e *RowError) Error() string {
	return joinPlace("", e.Sheet, e.Row, e.Column) + ": " + e.Reason
}

func describe(found, expected string) string {
	switch {
	case found == "":
		return "expected " + expected
	case expected == "":
		return found
	default:
		return found + "; expected " + expected
	}
}

func joinPlace(file, sheet string, row int, column string) string {
	var parts []string
	if file != "" {
		parts = append(parts, file)
	}
	if sheet != "" {
		parts = append(parts, fmt.Sprintf("sheet %q", sheet))
	}
	if row > 0 {
		parts = append(parts, fmt.Sprintf("row %d", row))
	}
	if column != "" {
		parts = append(parts, "column "+column)
	}
	if len(parts) == 0 {
		return "file"
	}
	return strings.Join(parts, ", ")
}

// columnLetter gives the letters a spreadsheet shows above a column, counted from 0.
func columnLetter(i int) string {
	var b []byte
	for i++; i > 0; i = (i - 1) / 26 {
		b = append([]byte{byte('A' + (i-1)%26)}, b...)
	}
	return string(b)
}

// bytesInWords writes a size as a person would say it.
func bytesInWords(n int64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%.0f MB", float64(n)/(1<<20))
	case n >= 1<<10:
		return fmt.Sprintf("%.0f kB", float64(n)/(1<<10))
	default:
		return fmt.Sprintf("%d bytes", n)
	}
}
