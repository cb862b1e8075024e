package profile

import (
	"strings"
	"testing"

	"lantern.example/lantern/internal/fact"
	"lantern.example/lantern/internal/intake/tabular"
)

// readRow reads one row of a list of people with these columns.
func readRow(t *testing.T, columns, cells string) (Record, []Issue) {
	t.Helper()
	p, _ := Find(People)
	r, err := p.Reader(strings.Split(columns, ","), nil, Options{AsAt: asAt})
	if err != nil {
		t.Fatal(err)
	}
	return r.Read(tabular.Row{Number: 2, Cells: strings.Split(cells, ",")})
}

func TestGradesAreReadWholeOrInParts(t *testing.T) {
	const who = "Surname,Forename,Date of birth,"
	for _, c := range []struct{ columns, cells, want, warns string }{
		{"Intelligence grade", "2B-P", "2B-P", ""},
		{"3x5x2", "1a-c/a2/s2", "1A-C/A2/S2", ""},
		{"Intel grading", "3EC A3 S1", "3E-C/A3/S1", ""},
		{"Intelligence grade", "", fact.Ungraded, ""},
		{"Intelligence grade", "n/a", fact.Ungraded, ""},
		{"Intelligence grade", "B24", "B24", "not shared under any agreement"}, // 5x5x5, as it was until 2016
		{"Intelligence grade,Handling code", "2B,C", "2B-C", ""},
		{"Intelligence grade,Handling code,Handling conditions", "2B,C,A1 S2", "2B-C/A1/S2", ""},
		{"Source evaluation,Intelligence assessment,Handling code", "2,B,P", "2B-P", ""},
		{"Source evaluation,Intelligence assessment,Handling code", "2 - Untested,B: known indirectly but corroborated,P - lawful sharing permitted", "2B-P", ""},
		{"Source evaluation,Intelligence assessment,Handling code,Sanitisation code", "Reliable,A,C,S2", "1A-C/S2", ""},
		{"Source evaluation,Intelligence assessment,Handling code", "2,B,", "2B", "not shared under any agreement"},
		{"Source evaluation,Intelligence assessment,Handling code", ",,P", "-P", "not shared under any agreement"},
		{"Source evaluation,Intelligence assessment,Handling code,Action code", "2,B,P,A1", "2B-P/A1", "not shared under any agreement"}, // a condition without C
		{"Handling conditions", "ask the originator", "-", "not shared under any agreement"},                                             // said alone, it is a condition all the same
		{"Sanitisation code", "", fact.Ungraded, ""},
		{"Grade", "7", "", ""}, // a school's
		{"Conditions", "curfew", "", ""},
	} {
		rec, issues := readRow(t, who+c.columns, "Ali,Mohamed,12/03/2009,"+c.cells)
		p := PersonOf(rec)
		if p == nil || p.Grade != c.want {
			t.Errorf("%s = %s: got %+v, want the grade %q", c.columns, c.cells, p, c.want)
			continue
		}
		var said []string
		for _, i := range issues {
			said = append(said, i.Reason)
		}
		if all := strings.Join(said, "; "); (c.warns == "") != (len(said) == 0) || !strings.Contains(all, c.warns) {
			t.Errorf("%s = %s: says %q, want %q", c.columns, c.cells, all, c.warns)
		}
	}
	rec, _ := readRow(t, who+"Offence type,Date,Intelligence grade", "Ali,Mohamed,12/03/2009,Robbery,01/02/2026,2B-C")
	if e := EventOf(rec); e == nil || e.Grade != "2B-C" {
		t.Errorf("the event of a graded row has the grade of %+v", e)
	}
}

// Rows of places, flows, series and statements carry no grade and every member reads them: a list of them that has grades is not taken.
func TestGradesAreNotPassedOver(t *testing.T) {
	for name, header := range map[string]string{
		Places: "Name,Kind,Address,Postcode", Flows: "Origin,Destination,People", Statements: "Agency,Role,Statement", Series: "Month,Source,Effort,Count",
	} {
		p, _ := Find(name)
		if _, err := p.Reader(strings.Split(header, ","), nil, Options{AsAt: asAt}); err != nil {
			t.Errorf("%s without grades: %v", name, err)
		}
		for _, column := range []string{"Intelligence grade", "3x5x2", "Handling code", "Sanitisation code"} {
			if _, err := p.Reader(strings.Split(header+","+column, ","), nil, Options{AsAt: asAt}); err == nil || !strings.Contains(err.Error(), column) {
				t.Errorf("%s with the column %s: %v, want it refused by its name", name, column, err)
			}
		}
	}
	for _, name := range []string{People, Events, MissingEpisodes, Exclusions} {
		p, _ := Find(name)
		if h := p.gradeUnread([]string{"Intelligence grade"}); h != "" {
			t.Errorf("%s reads grades and refuses %s", name, h)
		}
	}
}
