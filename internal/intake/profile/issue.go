package profile

import "fmt"

// Severity says what became of the row.
type Severity string

// The severities.
const (
	Refusal Severity = "refused" // the row was not taken
	Warning Severity = "warning" // the row was taken; something in it was not, or is doubtful
)

// Issue is something to say about one row, fit to be read by anybody who may know that the file exists:
// it holds the shape of the value that stood there, never the value.
type Issue struct {
	Severity Severity `json:"severity"`
	Sheet    string   `json:"sheet"`
	Row      int      `json:"row"`
	Column   string   `json:"column"` // the partner's own column name, "" when the whole row is meant
	Shape    string   `json:"value_shape"`
	Reason   string   `json:"reason"`
}

// String is the issue as one line: row 7, column Date (99/99/9999): there is no such day.
func (i Issue) String() string {
	where := fmt.Sprintf("row %d", i.Row)
	if i.Sheet != "" {
		where = "sheet " + i.Sheet + ", " + where
	}
	if i.Column != "" {
		where += ", column " + i.Column
	}
	if i.Shape != "" {
		where += " (" + i.Shape + ")"
	}
	return where + ": " + i.Reason
}

// Refused reports whether any of the issues refuses the row.
func Refused(issues []Issue) bool {
	for _, i := range issues {
		if i.Severity == Refusal {
			return true
		}
	}
	return false
}
