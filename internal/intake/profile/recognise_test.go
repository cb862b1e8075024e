package profile

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"lantern.example/lantern/internal/intake/tabular"
)

func TestRecogniseInvented(t *testing.T) {
	for _, tt := range []struct {
		file, profile string
		layout        Layout
		taken         int
		refused       int
	}{
		{"police.csv", People, PoliceLayout, 3, 1},
		{"youth_justice.csv", People, YouthJusticeLayout, 2, 0},
		{"school.csv", People, SchoolLayout, 2, 0},
		{"social_care.csv", People, SocialCareLayout, 2, 0},
		{"charity.csv", People, CharityLayout, 3, 0},
		{"statements.csv", Statements, "", 5, 1},
		{"missing_ssda903.csv", MissingEpisodes, SocialCareLayout, 2, 1},
		{"missing_ssd.csv", MissingEpisodes, SocialCareLayout, 1, 0},
		{"missing_free.csv", MissingEpisodes, SocialCareLayout, 1, 0},
		{"exclusions.csv", Exclusions, SchoolLayout, 2, 0},
		{"schools.csv", SchoolsRegister, "", 3, 0},
		{"homes.csv", ChildrensHomes, "", 1, 0},
		{"flows.csv", Flows, "", 2, 1},
		{"events.csv", Events, "", 3, 2},
		{"places.csv", Places, "", 1, 0},
		{"code_point.csv", CodePointOpen, "", 2, 0},
		{"nspl.csv", NSPL, "", 2, 0},
	} {
		t.Run(tt.file, func(t *testing.T) {
			profile, r, records, issues := readAll(t, invented(tt.file), Options{})
			if profile != tt.profile || r.Layout() != tt.layout {
				t.Errorf("recognised as %s (%s); expected %s (%s)", profile, r.Layout(), tt.profile, tt.layout)
			}
			if len(records) != tt.taken || len(refusals(issues)) != tt.refused {
				t.Errorf("%d taken, %d refused; expected %d and %d: %v", len(records), len(refusals(issues)), tt.taken, tt.refused, issues)
			}
		})
	}
}

func TestRecogniseSaysNo(t *testing.T) {
	for _, tt := range []struct {
		name   string
		header []string
		words  string
	}{
		{"nothing known", []string{"Alpha", "Beta"}, "not those of any format"},
		{"pairs of labels", strings.Split("unique_id_l,source_dataset_l,unique_id_r,source_dataset_r,clerical_match_score", ","), "not those of any format"},
		{"a flow without numbers", []string{"origin", "destination", "source"}, "no column for a number of people"},
		{"statements without a speaker", []string{"Statement", "Date", "Confidence"}, "no column for a theme, agency or role"},
		{"a register of names and addresses alone", []string{"Name", "Address", "Postcode"}, "no column"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m, err := Best(Recognise(tt.header, nil))
			if err == nil || !strings.Contains(err.Error(), tt.words) {
				t.Fatalf("%+v, %v; expected an error with %q", m, err, tt.words)
			}
		})
	}
	_, err := Best([]Match{{Profile: "a", Score: 0.9, Fits: true, tier: 2}, {Profile: "b", Score: 0.85, Fits: true, tier: 2}})
	if err == nil || !strings.Contains(err.Error(), "both the format a and the format b") {
		t.Errorf("two that fit alike: %v; expected to be asked", err)
	}
}

func TestHeaderSynonyms(t *testing.T) {
	for _, tt := range []struct {
		header []string
		fields string
	}{
		{[]string{"Christian name", "Family name", "D.O.B."}, "forename surname birth_date"},
		{[]string{"first_name", "last_name", "dateOfBirth"}, "forename surname birth_date"},
		{[]string{"Child's Surname", "Child's Forename", "Child DOB"}, "surname forename birth_date"},
		{[]string{"Surname", "Forename", "House No", "Street Name", "Town", "Street names"}, "surname forename address address address street_name"},
		{[]string{"Surname", "Forename", "Nickname", "Street name"}, "surname forename alias street_name"},
		{[]string{"Surname", "Forename", "UPN", "Year Group", "URN"}, "surname forename upn year_group school_urn"},
		{[]string{"Surname", "Forename", "PNC", "Offence", "URN"}, "surname forename pnc_id kind urn"},
		{[]string{"Surname", "Forename", "Alias 1", "Alias 2", "Telephone 1", "Telephone2"}, "surname forename alias alias phone phone"},
		{[]string{"Victim Surname", "Victim Forename", "Suspect Surname", "Crime Ref"}, "surname forename - reference"},
		{[]string{"ID", "Name", "DOB", "CSE flag", "Risk of harm"}, "record_id full_name birth_date flag flag"},
	} {
		p, _ := Find(People)
		a := p.assign(tt.header)
		var got []string
		for _, f := range a.fields {
			if f == fNone {
				got = append(got, "-")
				continue
			}
			got = append(got, f.String())
		}
		if s := strings.Join(got, " "); s != tt.fields {
			t.Errorf("%v: %s; expected %s", tt.header, s, tt.fields)
		}
	}
}

func TestProfilesAreWhole(t *testing.T) {
	names := map[string]bool{}
	for f := fNone + 1; f < fieldCount; f++ {
		if f.String() == "" || names[f.String()] {
			t.Errorf("field %d has no name of its own: %q", f, f)
		}
		names[f.String()] = true
	}
	for _, p := range All() {
		if p.Title == "" || p.How == "" || p.read == nil || len(p.needs) == 0 {
			t.Errorf("%s lacks a title, how it is recognised, a reader or needs", p.Name)
		}
		taken := map[string]field{}
		for _, u := range p.uses {
			for _, n := range strings.Fields(u.names) {
				if n != headerKey(n) {
					t.Errorf("%s: the name %q can never be met; expected %q", p.Name, n, headerKey(n))
				}
				if other, twice := taken[n]; twice && other == u.field {
					t.Errorf("%s: %q stands twice for %s", p.Name, n, u.field)
				}
				if _, twice := taken[n]; !twice {
					taken[n] = u.field
				}
			}
		}
		for _, n := range p.needs {
			for _, f := range n.any {
				if len(n.any) == 1 && !p.has(f) {
					t.Errorf("%s needs %s, which it cannot read", p.Name, f)
				}
			}
		}
		if len(p.Columns()) == 0 {
			t.Errorf("%s lists no columns", p.Name)
		}
	}
}

func TestDiff(t *testing.T) {
	before := []string{"Surname", "Forename", "DOB", "Beat"}
	for _, tt := range []struct {
		name  string
		after []string
		want  []string
	}{
		{"the same", before, nil},
		{"moved, other capitals and signs", []string{"dob", "FORENAME", "surname", "beat "}, nil},
		{"one came", append(slices.Clone(before), "Ward"), []string{`the column "Ward" is new`}},
		{"one went", before[:3], []string{`the column "Beat" is no longer there`}},
		{"another name for the same", []string{"Surname", "Forename", "Date of birth", "Beat"}, []string{`where "DOB" was there is now "Date of birth"`}},
		{"another name, unknown", []string{"Surname", "Forename", "DOB", "Sektor"}, []string{`where "Beat" was there is now "Sektor"`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := Diff(before, tt.after); !slices.Equal(got, tt.want) {
				t.Errorf("%q; expected %q", got, tt.want)
			}
		})
	}
}

func TestMapping(t *testing.T) {
	header := []string{"Who", "Born", "What", "When", "Victim?"}
	m := &Mapping{Version: 1, Profile: People, Agency: "charity-1", Header: header, DateOrder: "mdy",
		Columns: map[string]string{"Who": "full_name", "Born": "birth_date", "What": "kind", "When": "date", "Victim?": ""},
		Fixed:   map[string]string{"role": "victim"}, Kinds: map[string]Kind{"Code 12": Robbery}}
	data, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	again, err := ParseMapping(data)
	if err != nil {
		t.Fatal(err)
	}
	p, _ := Find(People)
	r, err := p.Reader(header, again, Options{AsAt: asAt})
	if err != nil {
		t.Fatal(err)
	}
	rec, issues := r.Read(tabular.Row{Number: 2, Cells: []string{"EXAMPLE, Aaron", "03/04/2008", "code 12", "01/02/2026", "x"}})
	person, ok := rec.(*PersonRow)
	if !ok {
		t.Fatalf("refused: %v", issues)
	}
	if person.Name().Surname != "EXAMPLE" || person.Born.String() != "2008-03-04" || person.Role != Victim || person.Agency != "charity-1" || person.Event.Kind != Robbery || person.Event.Words != "code 12" {
		t.Errorf("got %+v with event %+v", person, person.Event)
	}
	var changed *HeaderChangedError
	if _, err = p.Reader([]string{"Who", "DOB", "What", "When", "Victim?", "New"}, again, Options{}); !errors.As(err, &changed) || len(changed.Differences) != 2 {
		t.Errorf("a changed header: %v; expected its two differences", err)
	}
	if _, err = p.Reader([]string{"Victim?", "When", "What", "Born", "Who"}, again, Options{}); err != nil {
		t.Errorf("columns in another order: %v", err)
	}
	if other, _ := Find(Events); true {
		if _, err = other.Reader(header, again, Options{}); err == nil {
			t.Error("a mapping for another format was taken")
		}
	}
}

func TestMappingRefuses(t *testing.T) {
	for _, tt := range []struct{ name, json, words string }{
		{"not JSON", `{`, "not JSON"},
		{"an unknown member", `{"version":1,"profile":"people","columns":{"A":"surname"},"colums":{}}`, "colums"},
		{"another version", `{"version":2,"profile":"people","columns":{"A":"surname"}}`, "version 2"},
		{"no such profile", `{"version":1,"profile":"peeple","columns":{"A":"surname"}}`, "expected one of"},
		{"no such field", `{"version":1,"profile":"people","columns":{"A":"sirname"}}`, `the field "sirname"`},
		{"a field twice", `{"version":1,"profile":"people","columns":{"A":"surname","B":"surname"}}`, "both"},
		{"no such order", `{"version":1,"profile":"people","columns":{"A":"surname"},"date_order":"dym"}`, "dmy, mdy or ymd"},
		{"no such kind", `{"version":1,"profile":"people","columns":{"A":"surname"},"kinds":{"x":"gang"}}`, "kinds of event"},
		{"nothing mapped", `{"version":1,"profile":"people","columns":{}}`, "names no columns"},
		{"two documents", `{"version":1,"profile":"people","columns":{"A":"surname"}} {}`, "more than one"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := ParseMapping([]byte(tt.json)); err == nil || !strings.Contains(err.Error(), tt.words) {
				t.Errorf("%v; expected an error with %q", err, tt.words)
			}
		})
	}
}

func TestNewMappingReadsAsRecognitionDoes(t *testing.T) {
	for _, file := range []string{"police.csv", "school.csv", "social_care.csv", "missing_free.csv", "statements.csv", "flows.csv"} {
		s := openSheet(t, invented(file))
		best, err := Best(Recognise(s.header, s.sample()))
		if err != nil {
			t.Fatal(err)
		}
		m, err := NewMapping(best.Profile, s.header)
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Check(); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		p, _ := Find(best.Profile)
		byName, err := p.Reader(s.header, nil, Options{AsAt: asAt})
		if err != nil {
			t.Fatal(err)
		}
		byMapping, err := p.Reader(s.header, m, Options{AsAt: asAt})
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range s.rows {
			a, issuesA := byName.Read(row)
			b, issuesB := byMapping.Read(row)
			ja, _ := json.Marshal(a)
			jb, _ := json.Marshal(b)
			if string(ja) != string(jb) || !slices.Equal(issuesA, issuesB) {
				t.Errorf("%s row %d: by name %s %v, by mapping %s %v", file, row.Number, ja, issuesA, jb, issuesB)
			}
		}
	}
}
