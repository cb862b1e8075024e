package profile

import (
	"compress/gzip"
	"encoding/csv"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lantern.example/lantern/internal/intake/tabular"
)

// asAt is the date of the invented files.
var asAt = time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)

// sheet is a file as tabular would hand it on.
type sheet struct {
	header []string
	rows   []tabular.Row
}

func openSheet(t testing.TB, path string) sheet {
	t.Helper()
	f, err := os.Open(path)
	if os.IsNotExist(err) && strings.HasPrefix(path, dataDir) {
		t.Skipf("the public data is not beside the repository (%s)", path)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var in io.Reader = f
	if strings.HasSuffix(path, ".gz") {
		if in, err = gzip.NewReader(f); err != nil {
			t.Fatal(err)
		}
	}
	r := csv.NewReader(in)
	r.FieldsPerRecord = -1
	if strings.HasSuffix(path, "charity.csv") {
		r.Comma = ';'
	}
	all, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	s := sheet{header: all[0]}
	for i, cells := range all[1:] {
		s.rows = append(s.rows, tabular.Row{Number: i + 2, Cells: cells})
	}
	return s
}

func (s sheet) sample() [][]string {
	var out [][]string
	for i := 0; i < len(s.rows) && i < 50; i++ {
		out = append(out, s.rows[i].Cells)
	}
	return out
}

func (s sheet) survey() *Survey {
	v := NewSurvey()
	for _, r := range s.rows {
		v.Add(r.Cells)
	}
	return v
}

// dataDir is where the public data lies, when it is there.
var dataDir = filepath.Join("..", "..", "..", "..", "shared", "data")

// readAll reads a file with the profile it is recognised as.
func readAll(t testing.TB, path string, opt Options) (profile string, r *Reader, records []Record, issues []Issue) {
	t.Helper()
	s := openSheet(t, path)
	m, err := Best(Recognise(s.header, s.sample()))
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	p, ok := Find(m.Profile)
	if !ok {
		t.Fatalf("%s: no profile %q", path, m.Profile)
	}
	if opt.AsAt.IsZero() {
		opt.AsAt = asAt
	}
	opt.Survey = s.survey()
	if r, err = p.Reader(s.header, nil, opt); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	if r.HeaderIsRow() {
		s.rows = append([]tabular.Row{{Number: 1, Cells: s.header}}, s.rows...)
	}
	for _, row := range s.rows {
		rec, is := r.Read(row)
		if (rec == nil) != Refused(is) {
			t.Fatalf("%s: row %d: record %v with issues %v; expected a record or a refusal", path, row.Number, rec, is)
		}
		if rec != nil {
			records = append(records, rec)
		}
		issues = append(issues, is...)
	}
	return m.Profile, r, records, issues
}

func invented(name string) string { return filepath.Join("testdata", name) }

func public(parts ...string) string { return filepath.Join(append([]string{dataDir}, parts...)...) }

func refusals(issues []Issue) (out []Issue) {
	for _, i := range issues {
		if i.Severity == Refusal {
			out = append(out, i)
		}
	}
	return out
}

// says reports whether some issue of that row and column has a reason with these words.
func says(issues []Issue, row int, column, reason string) bool {
	for _, i := range issues {
		if i.Row == row && i.Column == column && strings.Contains(i.Reason, reason) {
			return true
		}
	}
	return false
}
