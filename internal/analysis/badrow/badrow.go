// Package badrow is the error the analysis packages return for a record they
// cannot take: which record, which column, what stood there and what was
// expected.
//
// The packages see values, not files, so they count records from 0. A caller
// that knows the file turns the number into the row its reader sees (the first
// record of a sheet with a header is row 2):
//
//	var bad *badrow.Error
//	if errors.As(err, &bad) {
//		fmt.Printf("%s, row %d, column %s: %s", file, bad.Record+2, bad.Column, bad.Problem())
//	}
package badrow

import "fmt"

// Error is one record that could not be taken.
type Error struct {
	Record int    // counted from 0, in the order given
	Column string // the column's name on the input sheet
	Got    string // what stood there
	Want   string // what was expected, in words
}

// New makes an Error; got is formatted with %v.
func New(record int, column string, got any, want string) *Error {
	return &Error{Record: record, Column: column, Got: fmt.Sprint(got), Want: want}
}

// Problem says what was wrong without saying where.
func (e *Error) Problem() string {
	if e.Got == "" {
		return fmt.Sprintf("nothing there; expected %s", e.Want)
	}
	return fmt.Sprintf("got %q; expected %s", e.Got, e.Want)
}

// Error gives the record counted from 1.
func (e *Error) Error() string {
	return fmt.Sprintf("record %d, column %s: %s", e.Record+1, e.Column, e.Problem())
}
