package app_test

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/app/apptest"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/database/databasetest"
	"lantern.example/lantern/internal/event"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/intake"
	dealing "lantern.example/lantern/internal/line"
	"lantern.example/lantern/internal/sharing"
	"lantern.example/lantern/internal/sharing/handout"
)

// An agreement about everything carries what was graded P and nothing that has a condition or that nobody graded: on
// lists, in searches and counts, on the person's page, in an export, under broken glass and in who else knows. What has a condition goes
// once its originator was asked, one item at a time.
func TestHandlingCodesHoldWhereverRecordsAreRead(t *testing.T) {
	for engine, start := range map[string]func(t *testing.T) *apptest.Lantern{
		"sqlite":   func(t *testing.T) *apptest.Lantern { return apptest.New(t) },
		"postgres": func(t *testing.T) *apptest.Lantern { return apptest.On(t, databasetest.PostgreSQLAddress(t)) },
	} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			ctx, l := context.Background(), start(t)
			b := []byte("Nominal number,Surname,Forename,Date of birth,Offence type,Date,Intelligence grade\n" +
				"N1,Okoro,Ade,01/02/2009,Robbery,03/02/2026,2B-P\n" +
				"N2,Petrov,Ivan,02/03/2009,Robbery,04/02/2026,1A-C/A2/S2\n" +
				"N3,Quaye,Kofi,03/04/2009,Robbery,05/02/2026,\n" +
				"N4,Rossi,Anna,04/05/2009,Robbery,06/02/2026,B24\n")
			loader := access.Scope{Account: "loader", Agency: "police", Purpose: access.Safeguarding}
			x, err := l.Intake.Load(ctx, loader, intake.Input{Name: "intelligence.csv", File: bytes.NewReader(b), Size: int64(len(b)), Agency: "police", Basis: "own", Identified: true, Profile: "people"})
			if err != nil || x.Taken != 4 || x.Warned != 1 {
				t.Fatalf("taken %d, warned of %d (%v), want 4 and the one whose grade cannot be read", x.Taken, x.Warned, err)
			}
			if _, err := l.Identity.Link(ctx, x.ID); err != nil {
				t.Fatal(err)
			}
			now := clock.Micros(l.Now.Now())
			if err := l.DB.Write(ctx, func(tx *database.Tx) error {
				_, err := l.Sharing.Add(ctx, tx, sharing.Agreement{Code: "ISA-1", Title: "Everything", LawfulBasis: "public task", Gateway: "Children Act 2004 s10", State: "signed", StartsOn: "2026-01-01", ExpiresOn: "2027-01-01", ReviewOn: "2026-12-01",
					Parties: []sharing.Party{{Agency: "police", Gives: true, SignedAt: &now}, {Agency: "care", Receives: true, SignedAt: &now}}, Classes: access.Classes, Purposes: []access.Purpose{access.Safeguarding}})
				return err
			}); err != nil {
				t.Fatal(err)
			}
			persons := map[string]string{}
			for _, n := range []string{"N1", "N2", "N3", "N4"} {
				record, err := database.One(ctx, l.DB.Reader(), database.Value[string], "SELECT record_id FROM source_identifier WHERE value = $1", n)
				if err != nil {
					t.Fatal(err)
				}
				if persons[n], err = l.Identity.PersonOf(ctx, l.DB.Reader(), record); err != nil {
					t.Fatal(err)
				}
			}
			police, care := l.SignIn(access.Practitioner, "police"), l.SignIn(access.Practitioner, "care")
			none := care.Get("/people/01900000-0000-7000-8000-000000000000").Want(http.StatusNotFound)
			for n, surname := range map[string]string{"N1": "Okoro", "N2": "Petrov", "N3": "Quaye", "N4": "Rossi"} {
				police.Get("/people/" + persons[n]).Want(http.StatusOK).Has(surname)
				if r := police.Submit("/search", "/search", url.Values{"q": {surname}}); !strings.Contains(r.Body, "/people/"+persons[n]) {
					t.Errorf("%s is not found by whose record it is", surname)
				}
				r, found := care.Get("/people/"+persons[n]), care.Submit("/search", "/search", url.Values{"q": {surname}})
				if n == "N1" {
					r.Want(http.StatusOK).Has("Okoro").Has("Graded 2B-P").Has("Lawful sharing is permitted.")
					found.Want(http.StatusOK).Has("1 person fits")
					continue
				}
				if r.Status != http.StatusNotFound || r.Text("main") != none.Text("main") {
					t.Errorf("%s is shown to another agency: status %d, %q", surname, r.Status, r.Text("main"))
				}
				if strings.Contains(found.Body, persons[n]) || !strings.Contains(found.Text("main"), "Nobody") && !strings.Contains(found.Text("main"), "No ") {
					t.Errorf("%s is found by another agency", surname)
				}
			}
			police.Get("/people?show=month").Want(http.StatusOK).Has("Petrov")
			for _, path := range []string{"/people", "/people?show=month", "/links", "/actions"} {
				if r := care.Get(path); strings.Contains(r.Body, "Petrov") || strings.Contains(r.Body, "Quaye") || strings.Contains(r.Body, "Rossi") {
					t.Errorf("%s shows another agency what was given under a condition", path)
				}
			}

			scope := func(role access.Role, agency string) access.Scope {
				t.Helper()
				s, err := l.Accounts.Scope(ctx, l.Cast[apptest.Address(role, agency)], access.Safeguarding)
				if err != nil {
					t.Fatal(err)
				}
				return s
			}
			reader := scope(access.Practitioner, "care")
			for agency, want := range map[string]int{"police": 4, "care": 1} {
				roles, err := l.Events.Roles(ctx, l.DB.Reader(), scope(access.Practitioner, agency), event.Query{})
				n := 0
				for _, x := range roles {
					n += x
				}
				if _, total, err2 := l.Events.List(ctx, l.DB.Reader(), scope(access.Practitioner, agency), event.Query{}, 10, 0); err != nil || err2 != nil || n != want || total != want {
					t.Errorf("%s counts %d parts and %d events (%v, %v), want %d", agency, n, total, err, err2, want)
				}
			}
			if knows, err := l.Identity.Holders(ctx, l.DB.Reader(), access.System("test", access.Upkeep), persons["N2"]); err != nil || len(knows) != 0 {
				t.Errorf("who else knows names %v (%v)", knows, err)
			}
			if knows, err := l.Identity.Holders(ctx, l.DB.Reader(), access.System("test", access.Upkeep), persons["N1"]); err != nil || len(knows) != 1 {
				t.Errorf("who else knows names %v (%v), want the police", knows, err)
			}

			// An export to a named reader of the other agency holds the one row.
			var out handout.Handout
			if err := l.DB.Write(ctx, func(tx *database.Tx) (err error) {
				out, err = l.Handouts.Make(ctx, tx, scope(access.Chair, "police"), handout.New{Dataset: "people", Fields: []string{"name"}, Purpose: access.Safeguarding, Recipient: reader.Account, Why: "For the meeting.", ExpiresOn: "2026-12-01"})
				return err
			}); err != nil {
				t.Fatal(err)
			}
			_, _, rows, err := l.Handouts.Read(ctx, reader, out.ID, "page")
			if err != nil || len(rows) != 1 || !strings.Contains(rows[0].Cells[0], "Okoro") {
				t.Errorf("the export holds %v (%v), want one row", rows, err)
			}

			// Broken glass opens no more of it.
			glass := reader
			glass.Permits, glass.Glass = nil, &access.Glass{ID: "g", Until: now + 1, Classes: access.GlassClasses()}
			for n, want := range map[string]bool{"N1": true, "N2": false, "N3": false, "N4": false} {
				_, err := l.People.View(ctx, l.DB.Reader(), glass, persons[n])
				if want && err != nil || !want && !fault.Is(err, fault.NotFound) {
					t.Errorf("broken glass on %s: %v, want opened: %v", n, err, want)
				}
			}

			// One item at a time, once the originator was asked.
			for _, n := range []string{"N2", "N3", "N4"} {
				decider := scope(access.Chair, "police")
				parts, err := l.OneOffs.Offered(ctx, l.DB.Reader(), decider, persons[n], false)
				if err != nil || len(parts) != 2 {
					t.Fatalf("%s: %d parts are offered (%v), want the names and the event", n, len(parts), err)
				}
				event := parts[slices.IndexFunc(parts, func(p sharing.Part) bool { return p.Class == access.Intelligence })]
				give := func(advice string) error {
					return l.DB.Write(ctx, func(tx *database.Tx) error {
						_, err := l.OneOffs.Decide(ctx, tx, decider, sharing.Decision{Recipient: "care", Person: persons[n], Shared: true, Basis: sharing.Life, Purpose: access.Safeguarding, Why: "He is threatened.", Told: "unsafe", ToldWhy: "It would reach them.", UntilOn: "2026-12-04", Items: []access.Item{event.Item}, Advice: advice})
						return err
					})
				}
				if err := give(""); !fault.Is(err, fault.Refused) {
					t.Errorf("%s: given without asking the originator: %v", n, err)
				}
				if err := give("DI Marsh of the intelligence unit: yes, to this team."); err != nil {
					t.Errorf("%s: %v", n, err)
				}
				care.Get("/people/" + persons[n]).Want(http.StatusOK).Has("before it goes any further")
			}
		})
	}
}

// Rows of one event can have a grade each. What the event's first row allows is not leave to give what a later row says of somebody under a condition.
func TestEachPartOfAnEventHasItsOwnHandling(t *testing.T) {
	ctx, l := context.Background(), apptest.New(t)
	b := []byte("Nominal number,Surname,Forename,Date of birth,Crime reference,Offence type,Date,Intelligence grade\n" +
		"N1,Okoro,Ade,01/02/2009,C7,Robbery,03/02/2026,2B-P\n" +
		"N2,Petrov,Ivan,02/03/2009,C7,Robbery,03/02/2026,1A-C/A2/S2\n")
	x, err := l.Intake.Load(ctx, access.Scope{Account: "loader", Agency: "police", Purpose: access.Safeguarding}, intake.Input{Name: "intelligence.csv", File: bytes.NewReader(b), Size: int64(len(b)), Agency: "police", Basis: "own", Identified: true, Profile: "people"})
	if err == nil {
		_, err = l.Identity.Link(ctx, x.ID)
	}
	if err != nil {
		t.Fatal(err)
	}
	if n, err := database.One(ctx, l.DB.Reader(), database.Value[int], "SELECT count(*) FROM event"); err != nil || n != 1 {
		t.Fatalf("%d events (%v), want the two rows to be of one", n, err)
	}
	person, err := database.One(ctx, l.DB.Reader(), database.Value[string], "SELECT p.person_id FROM person_record p JOIN source_identifier i ON i.record_id = p.record_id WHERE i.value = 'N2'")
	if err != nil {
		t.Fatal(err)
	}
	l.SignIn(access.Practitioner, "police").Get("/people/" + person).Want(http.StatusOK).Has("Graded 1A-C/A2/S2")
	decider, err := l.Accounts.Scope(ctx, l.Cast[apptest.Address(access.Chair, "police")], access.Safeguarding)
	if err != nil {
		t.Fatal(err)
	}
	parts, err := l.OneOffs.Offered(ctx, l.DB.Reader(), decider, person, false)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range parts {
		err := l.DB.Write(ctx, func(tx *database.Tx) error {
			_, err := l.OneOffs.Decide(ctx, tx, decider, sharing.Decision{Recipient: "care", Person: person, Shared: true, Basis: sharing.Life, Purpose: access.Safeguarding, Why: "He is threatened.", Told: "unsafe", ToldWhy: "It would reach them.", UntilOn: "2026-12-04", Items: []access.Item{p.Item}})
			return err
		})
		if !fault.Is(err, fault.Refused) {
			t.Errorf("%s (%s) was given without asking the originator: %v", p.Label, p.Class, err)
		}
	}
	if len(parts) != 2 {
		t.Errorf("%d parts are offered, want the names and the event", len(parts))
	}
}

// A correction is told to those who received the fact. Who read another record of the same person was not shown what has a condition, and does not
// hear that it is there; who was given it once does.
func TestACorrectionOfWhatHasAConditionIsToldToWhomItWasGiven(t *testing.T) {
	ctx, l := context.Background(), apptest.New(t)
	for name, grade := range map[string]string{"a.csv": "2B-P", "b.csv": "1A-C/A2/S2"} {
		b := []byte("Nominal number,NHS number,Surname,Forename,Date of birth,Intelligence grade\nN" + name[:1] + ",9434765919,Okoro,Ade,01/02/2009," + grade + "\n")
		x, err := l.Intake.Load(ctx, access.Scope{Account: "loader", Agency: "police", Purpose: access.Safeguarding}, intake.Input{Name: name, File: bytes.NewReader(b), Size: int64(len(b)), Agency: "police", Basis: "own", Identified: true, Profile: "people"})
		if err == nil {
			_, err = l.Identity.Link(ctx, x.ID)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	record := map[string]string{}
	for _, grade := range []string{"2B-P", "1A-C/A2/S2"} {
		id, err := database.One(ctx, l.DB.Reader(), database.Value[string], "SELECT id FROM source_record WHERE grade = $1", grade)
		if err != nil {
			t.Fatal(err)
		}
		record[grade] = id
	}
	person, err := l.Identity.PersonOf(ctx, l.DB.Reader(), record["2B-P"])
	if other, err2 := l.Identity.PersonOf(ctx, l.DB.Reader(), record["1A-C/A2/S2"]); err != nil || err2 != nil || other != person {
		t.Fatalf("the two records are of %s and %s (%v, %v), want one person", person, other, err, err2)
	}
	now := clock.Micros(l.Now.Now())
	decider, err := l.Accounts.Scope(ctx, l.Cast[apptest.Address(access.Chair, "police")], access.Safeguarding)
	if err == nil {
		err = l.DB.Write(ctx, func(tx *database.Tx) error {
			if _, err := l.Sharing.Add(ctx, tx, sharing.Agreement{Code: "ISA-1", Title: "Everything", LawfulBasis: "public task", Gateway: "Children Act 2004 s10", State: "signed", StartsOn: "2026-01-01", ExpiresOn: "2027-01-01", ReviewOn: "2026-12-01",
				Parties: []sharing.Party{{Agency: "police", Gives: true, SignedAt: &now}, {Agency: "care", Receives: true, SignedAt: &now}}, Classes: access.Classes, Purposes: []access.Purpose{access.Safeguarding}}); err != nil {
				return err
			}
			_, err := l.OneOffs.Decide(ctx, tx, decider, sharing.Decision{Recipient: "school", Person: person, Shared: true, Basis: sharing.Life, Purpose: access.Safeguarding, Why: "He is threatened.", Told: "unsafe", ToldWhy: "It would reach them.", UntilOn: "2026-12-04",
				Items: []access.Item{{Record: record["1A-C/A2/S2"], Class: access.Identity}}, Advice: "DI Marsh: yes."})
			return err
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	l.SignIn(access.Practitioner, "care").Get("/people/" + person).Want(http.StatusOK).Has("Okoro")
	police := l.SignIn(access.Practitioner, "police")
	told := func(grade string) []string {
		t.Helper()
		at := "/people/" + person + "/records/" + record[grade] + "/correct"
		if page := police.Get(at).Want(http.StatusOK); strings.Contains(page.Text("main"), "under a condition") != (grade != "2B-P") {
			t.Errorf("the form over what is graded %s says the wrong readers: %s", grade, page.Text("main"))
		}
		police.Submit(at, at, url.Values{"born": {"2009-02-02"}, "why": {"Seen on the certificate."}}).Want(http.StatusSeeOther)
		list, err := database.Collect(ctx, l.DB.Reader(), database.Value[string], "SELECT n.agency FROM correction_notice n JOIN correction c ON c.id = n.correction_id WHERE c.old_record = $1 ORDER BY n.agency", record[grade])
		if err != nil {
			t.Fatal(err)
		}
		return list
	}
	if got := told("1A-C/A2/S2"); !slices.Equal(got, []string{"school"}) {
		t.Errorf("the correction of what has a condition is told to %v, want the school it was given to and not who read the other record", got)
	}
	if got := told("2B-P"); !slices.Equal(got, []string{"care"}) {
		t.Errorf("the correction of what flows is told to %v, want who read it", got)
	}
}

// What a record says of ethnicity is shown to no other agency, so that putting it right is written down for the person and told to nobody else.
func TestACorrectionOfEthnicityIsNoOtherAgencysNews(t *testing.T) {
	ctx, l := context.Background(), apptest.New(t)
	b := []byte("Nominal number,Surname,Forename,Date of birth,Gender,Self defined ethnicity,Officer defined ethnicity\nN1,Okoro,Ade,01/02/2009,M,Marshfolk,IC4\n")
	x, err := l.Intake.Load(ctx, access.Scope{Account: "loader", Agency: "police", Purpose: access.CommunitySafety}, intake.Input{Name: "people.csv", File: bytes.NewReader(b), Size: int64(len(b)), Agency: "police", Basis: "own", Identified: true, Profile: "people"})
	if err == nil {
		_, err = l.Identity.Link(ctx, x.ID)
	}
	if err != nil {
		t.Fatal(err)
	}
	one := func(q string) string {
		t.Helper()
		v, err := database.One(ctx, l.DB.Reader(), database.Value[string], q)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	person := one("SELECT person_id FROM person_record")
	now := clock.Micros(l.Now.Now())
	if err := l.DB.Write(ctx, func(tx *database.Tx) error {
		_, err := l.Sharing.Add(ctx, tx, sharing.Agreement{Code: "ISA-1", Title: "Everything", LawfulBasis: "public task", Gateway: "Children Act 2004 s10", State: "signed", StartsOn: "2026-01-01", ExpiresOn: "2027-01-01", ReviewOn: "2026-12-01",
			Parties: []sharing.Party{{Agency: "police", Gives: true, SignedAt: &now}, {Agency: "care", Receives: true, SignedAt: &now}}, Classes: access.Classes, Purposes: []access.Purpose{access.Safeguarding}})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	care := l.SignIn(access.Practitioner, "care")
	for _, page := range []string{"", "/records"} {
		if r := care.Get("/people/" + person + page).Want(http.StatusOK).Has("Okoro"); strings.Contains(r.Body, "Marshfolk") || strings.Contains(r.Body, "IC4") || strings.Contains(strings.ToLower(r.Body), "ethnic") {
			t.Errorf("another agency reads of ethnicity on %q", page)
		}
	}
	police := l.SignIn(access.Practitioner, "police")
	if r := police.Get("/people/" + person).Want(http.StatusOK); strings.Contains(r.Text("main"), "Marshfolk") {
		t.Error("the person's page shows it")
	}
	correct := func(values url.Values) string {
		t.Helper()
		values.Set("why", "He said so.")
		at := "/people/" + person + "/records/" + one("SELECT id FROM source_record WHERE superseded_at IS NULL") + "/correct"
		police.Get(at).Want(http.StatusOK).Has("Ethnicity, as they describe it themselves").Has("Ethnicity, as an officer saw them").Has("Nobody but your agency and they themselves can read this").Has("What stands there now: IC4 (Asian).")
		before := one("SELECT CAST(count(*) AS TEXT) FROM correction")
		police.Submit(at, at, values).Want(http.StatusSeeOther)
		list, err := database.Collect(ctx, l.DB.Reader(), database.Value[string], "SELECT c.fields || ' to ' || coalesce((SELECT max(n.agency) FROM correction_notice n WHERE n.correction_id = c.id), 'nobody') FROM correction c ORDER BY c.id")
		if err != nil {
			t.Fatal(err)
		}
		n, _ := strconv.Atoi(before)
		return strings.Join(list[n:], "; ")
	}
	if got := correct(url.Values{"ethnicity-self": {"Fenfolk"}}); got != "ethnicity to nobody" {
		t.Errorf("of ethnicity alone: %s", got)
	}
	if got := correct(url.Values{"ethnicity-self": {"Fenfolk and Marshfolk"}, "born": {"2009-02-02"}}); got != "ethnicity to nobody; date of birth to care" {
		t.Errorf("of ethnicity and a date of birth: %s", got)
	}
	if n := one("SELECT CAST(count(*) AS TEXT) FROM audit_entry WHERE words LIKE '%folk%' OR words LIKE '%IC4%'"); n != "0" {
		t.Error("the log says what it is")
	}
}

// What everybody's home page says of lines is said of those held in common. A line that is intelligence is its agency's, in a sentence as on a list.
func TestThePictureNamesNoLineThatIsIntelligence(t *testing.T) {
	ctx, l := context.Background(), apptest.New(t)
	by, err := l.Accounts.Scope(ctx, l.Cast[apptest.Address(access.Manager, "police")], access.CommunitySafety)
	if err != nil {
		t.Fatal(err)
	}
	add := func(brand, seen string, class access.Class, grade string) dealing.Line {
		t.Helper()
		var out dealing.Line
		if err := l.DB.Write(ctx, func(tx *database.Tx) (err error) {
			out, err = l.Lines.Add(ctx, tx, by, dealing.NewLine{Brand: brand, Origin: "Elsewhere", Impacted: "Here", Base: "a flat", FirstSeen: seen, LastSeen: seen, Class: class, Grade: grade})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return out
	}
	open := add("COMMONLINE", "2026-01-05", access.Partnership, "")
	old := add("SECRETOLD", "2026-01-05", access.Intelligence, "1A-C/A1/S2")
	for _, x := range []dealing.Line{open, old} {
		if err := l.DB.Write(ctx, func(tx *database.Tx) error {
			_, err := l.Lines.Close(ctx, tx, by, x.ID, x.Ver, dealing.Ending{Closure: dealing.Deactivated, On: "2026-02-01", Why: "The number was taken off."})
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	add("SECRETNEW", "2026-02-03", access.Intelligence, "1A-C/A1/S2")
	for _, agency := range []string{"care", "police"} {
		c := l.SignIn(access.Manager, agency)
		for _, path := range []string{"/", "/assessment", "/lines"} {
			r := c.Get(path).Want(http.StatusOK)
			if path == "/lines" && agency == "police" {
				r.Has("SECRETNEW")
				continue
			}
			for _, never := range []string{"SECRET", "a new brand used the same base", "of 3 lines", "of 2 lines"} {
				if strings.Contains(r.Body, never) {
					t.Errorf("%s of %s says %q", path, agency, never)
				}
			}
			if path == "/" {
				r.Has("0 of 1 line known are open")
			}
		}
	}
}
