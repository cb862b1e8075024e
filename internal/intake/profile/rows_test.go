package profile

import (
	"encoding/json"
	"strings"
	"sync"
	"testing"

	"lantern.example/lantern/internal/fact"
	"lantern.example/lantern/internal/intake/tabular"
)

func TestPoliceList(t *testing.T) {
	_, _, records, issues := readAll(t, invented("police.csv"), Options{Agency: "police"})
	first := records[0].(*PersonRow)
	if n := first.Name(); n.Surname != "EXAMPLE" || n.Forenames != "AARON JAMES" || n.Display() != "Aaron James Example" {
		t.Errorf("name %+v", n)
	}
	if first.Born.String() != "2008-07-15" || first.Sex != Male || first.Sensitive.Ethnicity != "W1" || first.Identifier(PNCID) != "2001/0012345H" || first.Identifier(PoliceID) != "N100001" {
		t.Errorf("person %+v", first)
	}
	if first.Role != Suspect || first.RoleWords != "Suspect" || first.Event == nil || first.Event.Kind != Weapon || first.Event.Words != "Possession of knife blade" || first.Event.Date.String() != "2026-01-15T14:30:00Z" {
		t.Errorf("role %q in event %+v", first.Role, first.Event)
	}
	if !first.Event.Location.HasGrid || first.Event.Location.Easting != 450000 || first.Event.Location.Ward != "WF01" {
		t.Errorf("event at %+v", first.Event.Location)
	}
	if len(first.Flags) != 2 || first.Flags[0] != (Flag{"Flags", "WEAPONS"}) {
		t.Errorf("flags %v", first.Flags)
	}
	if first.Addresses[0].Postcode != "ZZ1 1AA" || first.Notes != "Stopped near the station" {
		t.Errorf("address %v, notes %q", first.Addresses, first.Notes)
	}
	second := records[1].(*PersonRow)
	if second.Born.Known() || second.Identifier(PNCID) != "2001/0012345H" || second.Role != Witness {
		t.Errorf("second %+v", second)
	}
	if !says(issues, 3, "DOB", "taken as missing") {
		t.Errorf("no word of a dummy date of birth: %v", issues)
	}
	if !says(issues, 4, "Surname", "neither a name nor a number") || !says(issues, 4, "Nominal No", "scientific notation") {
		t.Errorf("row 4: %v", issues)
	}
	third := records[2].(*PersonRow)
	if third.Role != Victim || third.RoleWords != "Aggrieved" || third.Born.Precision != fact.Age || third.Born.Age != 15 || third.Event.Date.String() != "2026-01-16" || third.Event.Location.Located() {
		t.Errorf("third %+v, event %+v", third, third.Event)
	}
	if third.Identifiers[0].Check != CheckFailed || !says(issues, 5, "PNC ID", "check letter") {
		t.Errorf("a wrong check letter: %+v", third.Identifiers)
	}
	for _, i := range issues {
		if strings.Contains(i.String(), "UNKNOWN") || strings.Contains(i.String(), "1900") || strings.Contains(i.Reason, "EXAMPLE") {
			t.Errorf("an issue shows a value: %s", i)
		}
	}
}

func TestOtherAgenciesLists(t *testing.T) {
	_, _, yjs, _ := readAll(t, invented("youth_justice.csv"), Options{})
	kai := yjs[1].(*PersonRow)
	if kai.Name().Surname != "MADE-UP" || kai.Name().Title != "Mx" || len(kai.Names) != 2 || kai.Names[1].Original != "Ghost" || kai.Born.String() != "2009" || kai.Sex != OtherSex {
		t.Errorf("youth justice: %+v", kai)
	}
	if kai.Identifier(YJBID) != "YJ0002" {
		t.Errorf("youth justice identifiers: %+v", kai.Identifiers)
	}
	_, _, school, issues := readAll(t, invented("school.csv"), Options{Agency: "school"})
	aaron := school[0].(*PersonRow)
	if aaron.Identifier(UPN) != "B801200005001" || aaron.YearGroup != "11" || aaron.SchoolURN != "900001" || aaron.Names[1].Kind != PreferredName || aaron.Phones[0] != "07700900123" || aaron.Addresses[0].Text != "1 Made Up Street, Flat 2, Wrenford" {
		t.Errorf("school: %+v", aaron)
	}
	if !says(issues, 3, "UPN", "check letter") || !says(issues, 2, "Contact Number", "leading zero") {
		t.Errorf("school: %v", issues)
	}
	_, _, care, issues := readAll(t, invented("social_care.csv"), Options{})
	if p := care[0].(*PersonRow); p.Identifier(NHSNumber) != "9434765919" || p.Sex != Male || len(p.Flags) != 2 || p.Flags[1].Column != "Child Exploitation Flag" {
		t.Errorf("social care: %+v", p)
	}
	if p := care[1].(*PersonRow); len(p.Names) != 0 || p.Identifier(UPN) != "" || p.Identifier(LAChildID) != "LC0002" {
		t.Errorf("a baby without a name: %+v", p)
	}
	if !says(issues, 3, "NHS Number", "a digit is missing") {
		t.Errorf("social care: %v", issues)
	}
	_, _, charity, _ := readAll(t, invented("charity.csv"), Options{Agency: "charity"})
	if p := charity[0].(*PersonRow); p.LawfulBasis != "Consent" || p.Identifiers[0] != (Identifier{Kind: RecordID, Value: "C-1", Original: "C-1", Issuer: "charity"}) || p.Emails[0] != "aaron@example.invalid" || p.Sex != Male {
		t.Errorf("charity: %+v", p)
	}
	if p := charity[2].(*PersonRow); !p.Name().Mononym || p.Name().Forenames != "Kai" || p.Born.Age != 16 {
		t.Errorf("one name and an age: %+v", p)
	}
}

func TestDeIdentified(t *testing.T) {
	for _, file := range []string{"police.csv", "youth_justice.csv", "school.csv", "social_care.csv", "charity.csv", "missing_free.csv", "exclusions.csv"} {
		_, _, records, issues := readAll(t, invented(file), Options{DeIdentified: true})
		if len(records) == 0 {
			t.Errorf("%s: nothing to count", file)
		}
		for _, rec := range records {
			p := PersonOf(rec)
			if p == nil || !p.DeIdentified || len(p.Names)+len(p.Identifiers)+len(p.Phones)+len(p.Emails) > 0 || p.Notes != "" || p.Sensitive != (Sensitive{}) || p.Born.Precision == fact.Day {
				t.Errorf("%s keeps %+v", file, p)
			}
		}
		out, err := json.Marshal(struct {
			Records []Record
			Issues  []Issue
		}{records, issues})
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{"xample", "XAMPLE", "aron", "AARON", "Made Up", "ZZ1 1A", "ZZ11A", "2008-07-15", "B801200005001", "LC0001", "N100001", "Ghost", "900123", "boxing"} {
			if strings.Contains(string(out), secret) {
				t.Errorf("%s keeps %q", file, secret)
			}
		}
	}
}

func TestStatements(t *testing.T) {
	_, _, records, issues := readAll(t, invented("statements.csv"), Options{})
	first := records[0].(*StatementRow)
	if strings.Join(first.Themes, " ") != "T10" || first.Basis != Seen || first.Confidence != High || first.Reported != Yes || first.ReportedWords != "Yes, MASH in September" || first.KnownToLeaders != No || first.InStrategy != No {
		t.Errorf("first %+v", first)
	}
	if s := records[1].(*StatementRow); strings.Join(s.Themes, " ") != "T9" || s.Basis != Told || s.KnownToLeaders != Partly {
		t.Errorf("second %+v", s)
	}
	if s := records[2].(*StatementRow); strings.Join(s.Themes, " ") != "T8 T15" || s.KnownToLeaders != NotKnown || s.Reported != No {
		t.Errorf("third %+v", s)
	}
	if s := records[3].(*StatementRow); !s.AnswerOnly || s.KnownToLeaders != Yes {
		t.Errorf("a leader's answer %+v", s)
	}
	if s := records[4].(*StatementRow); len(s.Themes) != 0 || s.ThemeWords != "Fly tipping" || !says(issues, 6, "Theme", "kept for coding") {
		t.Errorf("a theme of nobody's list %+v", s)
	}
	if !says(issues, 7, "Statement", "nothing was said") {
		t.Errorf("an empty statement: %v", issues)
	}
}

func TestEpisodes(t *testing.T) {
	_, _, records, issues := readAll(t, invented("missing_ssda903.csv"), Options{})
	m := records[0].(*MissingRow)
	if m.Away || m.Event.Kind != MissingEpisode || m.Event.Date.String() != "2026-03-01" || m.Event.End.String() != "2026-03-02" || m.Person.Identifier(LAChildID) != "LC0001" || m.Person.Role != Missing {
		t.Errorf("first %+v", m)
	}
	if away := records[1].(*MissingRow); !away.Away || away.Event.End.Known() {
		t.Errorf("away %+v", away)
	}
	if !says(issues, 4, "MIS_START", "no date") || !says(issues, 4, "DOB", "no such day") {
		t.Errorf("an episode without a start: %v", issues)
	}
	_, _, records, _ = readAll(t, invented("missing_ssd.csv"), Options{})
	if m := records[0].(*MissingRow); m.Event.Reference != "1" || m.Event.Date.String() != "2026-03-01T22:15:00Z" || m.InterviewOffered != Yes || m.InterviewAccepted != No {
		t.Errorf("standard safeguarding dataset %+v", m)
	}
	_, _, records, _ = readAll(t, invented("missing_free.csv"), Options{})
	if m := records[0].(*MissingRow); m.Event.Detail != "High" || m.Found != "Station at Farbridge" || m.From != "" {
		t.Errorf("own list %+v", m)
	}
	_, _, records, _ = readAll(t, invented("exclusions.csv"), Options{})
	x, y := records[0].(*ExclusionRow), records[1].(*ExclusionRow)
	if x.Permanent || x.ReasonIn != "use or threat of a weapon" || x.Sessions.N != 6 || x.School != "Wrenford High" || !y.Permanent || y.Event.Kind != Exclusion || x.Person.Identifier(UPN) == "" {
		t.Errorf("exclusions %+v, %+v", x, y)
	}
	if EventOf(x) != &x.Event || PersonOf(x) != x.Person || EventOf(&FlowRow{}) != nil || PersonOf(&FlowRow{}) != nil {
		t.Error("EventOf and PersonOf give something else than the row holds")
	}
}

func TestPlacesAndPostcodes(t *testing.T) {
	_, _, records, _ := readAll(t, invented("schools.csv"), Options{})
	kinds := []PlaceKind{School, AlternativeProvision, AlternativeProvision}
	for i, rec := range records {
		if p := rec.(*PlaceRow); p.Kind != kinds[i] || p.Closed != (i == 2) || p.Location.HasGrid != (i < 2) || p.District != "E09999999" {
			t.Errorf("school %d: %+v", i, p)
		}
	}
	if p := records[0].(*PlaceRow); p.Location.UPRN != "100000001" || p.Pupils.N != 1104 || p.Opened.String() != "2012-09-01" {
		t.Errorf("school: %+v", p)
	}
	_, _, records, _ = readAll(t, invented("homes.csv"), Options{})
	if p := records[0].(*PlaceRow); p.Kind != ChildrensHome || !p.Guarded || p.Capacity.N != 6 || p.Location.Postcode != "ZZ1 1AG" {
		t.Errorf("home: %+v", p)
	}
	_, _, records, issues := readAll(t, invented("nspl.csv"), Options{})
	a, b := records[0].(*PostcodeRow), records[1].(*PostcodeRow)
	if a.Postcode != "ZZ11AA" || a.District != "E09999999" || a.Force != "E23000099" || a.LSOA21 != "E01999999" || !a.Location.HasPoint || !a.Location.HasGrid || a.Introduced.String() != "1998-01" || a.Terminated.Known() {
		t.Errorf("a district column of next year: %+v", a)
	}
	if b.Location.Located() || b.Terminated.String() != "2005-12" || !b.LargeUser || len(issues) != 0 {
		t.Errorf("a postcode without a position: %+v, %v", b, issues)
	}
	_, r, records, _ := readAll(t, invented("code_point.csv"), Options{})
	if c := records[0].(*PostcodeRow); !r.HeaderIsRow() || c.Postcode != "ZZ11AA" || c.District != "E09999999" || c.Location.Northing != 300000 {
		t.Errorf("Code-Point Open: %+v", c)
	}
	if c := records[1].(*PostcodeRow); c.Location.Located() {
		t.Errorf("no position in Code-Point Open: %+v", c)
	}
	if madeUp("Column F") != "" || madeUp("E92000001 (2)") != "E92000001" || madeUp("E92000001") != "E92000001" {
		t.Error("a header made of a row is not taken back")
	}
}

func TestFlowsAndEvents(t *testing.T) {
	_, _, records, issues := readAll(t, invented("flows.csv"), Options{})
	if f := records[0].(*FlowRow); f.People.N != 31 || f.Confirmed.N != 22 || f.Violence.N != 7 || f.Destination != "Wrenshire" {
		t.Errorf("flow %+v", f)
	}
	if f := records[1].(*FlowRow); !f.People.Suppressed || f.People.Known {
		t.Errorf("a hidden number %+v", f)
	}
	if !says(issues, 4, "people", "not a number") {
		t.Errorf("words for a number: %v", issues)
	}
	_, _, records, issues = readAll(t, invented("events.csv"), Options{})
	if e := records[0].(*EventRow); e.Kind != Violence || e.Date.String() != "2026-01-15T14:30:00Z" || !e.Location.HasPoint || e.Location.Text != "Wrenford station" {
		t.Errorf("event %+v", e)
	}
	if e := records[1].(*EventRow); e.Date.Precision != fact.Month || e.Kind != AntiSocial {
		t.Errorf("an event of a month %+v", e)
	}
	if !says(issues, 4, "Date of incident", "no such day") || !says(issues, 5, "Latitude", "exchanged") || !says(issues, 6, "Date of incident", "systems write") {
		t.Errorf("events: %v", issues)
	}
}

func TestEventTextIsDroppedWhenDeIdentified(t *testing.T) {
	_, _, records, _ := readAll(t, invented("events.csv"), Options{DeIdentified: true})
	if e := records[0].(*EventRow); e.Description != "" || e.Kind != Violence {
		t.Errorf("event %+v", e)
	}
}

func TestAnswersOnASheetOfTheirOwn(t *testing.T) {
	header := []string{"Theme", "Known to leaders?", "In the strategy?"}
	m, err := Best(Recognise(header, nil))
	if err != nil || m.Profile != Statements {
		t.Fatalf("%+v, %v; expected statements", m, err)
	}
	p, _ := Find(Statements)
	r, err := p.Reader(header, nil, Options{})
	if err != nil {
		t.Fatal(err)
	}
	rec, issues := r.Read(tabular.Row{Number: 2, Cells: []string{"T9", "Partly", "No"}})
	if s, ok := rec.(*StatementRow); !ok || !s.AnswerOnly || s.KnownToLeaders != Partly || s.InStrategy != No || len(issues) != 0 {
		t.Errorf("%+v, %v", rec, issues)
	}
}

func TestDoubtfulOrderInRows(t *testing.T) {
	events, _ := Find(Events)
	people, _ := Find(People)
	rows := [][]string{{"A1", "13/04/2026", "Robbery"}, {"A2", "04/13/2026", "Robbery"}, {"A3", "03/04/2026", "Robbery"}}
	r, err := events.Reader([]string{"Ref", "Date", "Type"}, nil, Options{AsAt: asAt, Survey: NewSurvey(rows...)})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Notes()) != 1 || !strings.Contains(r.Notes()[0], "1 can only be day first and 1 only month first") {
		t.Errorf("the rule is not stated: %v", r.Notes())
	}
	for i, taken := range []bool{true, true, false} {
		rec, issues := r.Read(tabular.Row{Number: i + 2, Cells: rows[i]})
		if (rec != nil) != taken {
			t.Errorf("row %d: %v, %v; expected taken: %t", i+2, rec, issues, taken)
		}
	}
	born := [][]string{{"Ann", "A", "13/04/2010"}, {"Bo", "B", "04/13/2010"}, {"Cy", "C", "03/04/2010"}}
	r, err = people.Reader([]string{"Forename", "Surname", "DOB"}, nil, Options{AsAt: asAt, Survey: NewSurvey(born...)})
	if err != nil {
		t.Fatal(err)
	}
	rec, issues := r.Read(tabular.Row{Number: 4, Cells: born[2]})
	if p, ok := rec.(*PersonRow); !ok || p.Born.String() != "2010" || !says(issues, 4, "DOB", "only the year is kept") {
		t.Errorf("a doubtful date of birth: %+v, %v; expected its year", rec, issues)
	}
}

func TestRowsThatAreNoRecords(t *testing.T) {
	p, _ := Find(Flows)
	r, err := p.Reader([]string{"origin", "destination", "people"}, nil, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		cells []string
		words string
	}{
		{[]string{"", "  ", ""}, "empty"}, {[]string{"Total", "", "1,204"}, "a total"}, {nil, "empty"}, {[]string{"A"}, "no destination"},
	} {
		rec, issues := r.Read(tabular.Row{Number: 9, Cells: tt.cells})
		if rec != nil || !says(issues, 9, "", tt.words) && !says(issues, 9, "destination", tt.words) {
			t.Errorf("%q: %v, %v; expected a refusal with %q", tt.cells, rec, issues, tt.words)
		}
	}
}

func TestVictimColumnsGiveTheRole(t *testing.T) {
	p, _ := Find(People)
	r, err := p.Reader([]string{"Crime Ref", "Date", "Offence", "Victim Surname", "Victim Forename", "Suspect Surname"}, nil, Options{AsAt: asAt})
	if err != nil {
		t.Fatal(err)
	}
	rec, issues := r.Read(tabular.Row{Number: 2, Cells: []string{"W1", "01/02/2026", "Robbery", "EXAMPLE", "Aaron", "SAMPLE"}})
	if person, ok := rec.(*PersonRow); !ok || person.Role != Victim || person.RoleWords != "victim" || person.Name().Surname != "EXAMPLE" {
		t.Errorf("got %+v, %v", rec, issues)
	}
	if len(r.Notes()) == 0 || !strings.Contains(r.Notes()[0], "Suspect Surname") {
		t.Errorf("the second person's columns are passed over in silence: %v", r.Notes())
	}
}

func TestReaderIsSafeForSeveralGoroutines(t *testing.T) {
	s := openSheet(t, invented("police.csv"))
	p, _ := Find(People)
	r, err := p.Reader(s.header, nil, Options{AsAt: asAt})
	if err != nil {
		t.Fatal(err)
	}
	want, _ := r.Read(s.rows[0])
	a, _ := json.Marshal(want)
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for range 50 {
				got, _ := r.Read(s.rows[0])
				if b, _ := json.Marshal(got); string(a) != string(b) {
					t.Errorf("%s; expected %s", b, a)
				}
			}
		})
	}
	wait.Wait()
}

// FuzzRead gives every profile rows of any cells under headers that it recognises.
func FuzzRead(f *testing.F) {
	var readers []*Reader
	for _, file := range []string{"police.csv", "school.csv", "charity.csv", "statements.csv", "missing_free.csv", "exclusions.csv", "schools.csv", "homes.csv", "flows.csv", "series.csv", "events.csv", "places.csv", "code_point.csv", "nspl.csv"} {
		s := openSheet(f, invented(file))
		m, err := Best(Recognise(s.header, s.sample()))
		if err != nil {
			f.Fatal(err)
		}
		p, _ := Find(m.Profile)
		for _, deIdentified := range []bool{false, true} {
			r, err := p.Reader(s.header, nil, Options{AsAt: asAt, DeIdentified: deIdentified})
			if err != nil {
				f.Fatal(err)
			}
			readers = append(readers, r)
		}
		for _, row := range s.rows {
			f.Add(uint8(len(readers)-1), strings.Join(row.Cells, "\x1f"))
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, line string) {
		r := readers[int(which)%len(readers)]
		rec, issues := r.Read(tabular.Row{Number: 2, Cells: strings.Split(line, "\x1f")})
		if (rec == nil) != Refused(issues) {
			t.Fatalf("%s: %q gives %v with %v; expected a record or a refusal", r.Profile(), line, rec, issues)
		}
		if p := PersonOf(rec); rec != nil && p != nil && r.opt.DeIdentified && len(p.Names)+len(p.Identifiers) > 0 {
			t.Fatalf("%s keeps who it is: %+v", r.Profile(), p)
		}
		for _, i := range issues {
			if i.Reason == "" || i.Row != 2 {
				t.Fatalf("an issue says nothing: %+v", i)
			}
		}
	})
}
