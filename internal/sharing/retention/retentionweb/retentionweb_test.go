package retentionweb_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/app/apptest"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/content"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/file"
	"lantern.example/lantern/internal/intake"
	"lantern.example/lantern/internal/sharing/retention"
	"lantern.example/lantern/internal/sharing/rights"
	"lantern.example/lantern/internal/web/webtest"
	"lantern.example/lantern/internal/work"
)

func TestTemplates(t *testing.T) {
	webtest.CheckTemplates(t, "internal/sharing/retention/retentionweb/")
}

var ctx = context.Background()

// load brings a list of people in with its original kept, as the product does.
func load(t *testing.T, l *apptest.Lantern, agency, account string, rows ...string) string {
	t.Helper()
	b := []byte("Child ID,NHS number,Surname,Forename,Former name,Date of birth,Gender,Address,Postcode\n" + strings.Join(rows, "\n") + "\n")
	by := access.Scope{Account: account, Agency: agency, Purpose: access.Safeguarding}
	f, err := l.Files.Save(ctx, by, file.New{Owner: agency, Class: access.Identity, Name: "people.csv", MediaType: "text/csv", Retention: "default-identity", ReviewOn: "2027-11-22"}, bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	x, err := l.Intake.Load(ctx, by, intake.Input{Name: "people.csv", File: bytes.NewReader(b), Size: int64(len(b)), Agency: agency, Basis: "own", Identified: true, Profile: "people", FileID: f.ID})
	if err == nil {
		_, err = l.Identity.Link(ctx, x.ID)
	}
	if err != nil {
		t.Fatal(err)
	}
	return x.ID
}

func one[T any](t *testing.T, l *apptest.Lantern, query string, args ...any) T {
	t.Helper()
	v, err := database.One(ctx, l.DB.Reader(), database.Value[T], query, args...)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return v
}

// left lists where in the whole database any of these texts still stands, but for the log and the certificates.
func left(t *testing.T, l *apptest.Lantern, texts ...string) []string {
	t.Helper()
	tables, err := l.DB.Tables(ctx)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, table := range tables {
		if strings.HasPrefix(table.Name, "audit_") {
			continue
		}
		err := table.Rows(ctx, l.DB.Reader(), func(row []any) error {
			for i, v := range row {
				s, _ := v.(string)
				if b, ok := v.([]byte); ok {
					s = string(b)
				}
				for _, text := range texts {
					if strings.Contains(strings.ToLower(s), strings.ToLower(text)) {
						out = append(out, fmt.Sprintf("%s.%s: %.80s", table.Name, table.Columns[i].Name, s))
					}
				}
			}
			return nil
		}, "")
		if err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// What nobody says should stay is removed, with all that hangs on it; the certificate and the log's proof remain, and name nobody.
func TestWhatIsPastItsDayGoesWithAllThatHangsOnIt(t *testing.T) {
	l := apptest.New(t)
	loaded := load(t, l, "care", "loader", "C1,9434765919,Quillfeather,Kestrel,Oldname,01/02/2011,M,1 Vanishing Street,ZZ1 1AA", "C2,,Quillfeather,Rowan,,03/04/2009,M,9 Vanishing Street,ZZ9 9ZZ")
	load(t, l, "school", "loader", "S1,9434765919,Staying,Kestrel,,01/02/2011,M,,")
	record := one[string](t, l, "SELECT record_id FROM source_identifier WHERE value = 'C1'")
	person := one[string](t, l, "SELECT person_id FROM person_record WHERE record_id = $1", record)
	alone := one[string](t, l, "SELECT p.person_id FROM person_record p JOIN source_identifier i ON i.record_id = p.record_id WHERE i.value = 'C2'")
	worker, err := l.App.Accounts.Scope(ctx, l.Cast[apptest.Address(access.Practitioner, "care")], access.Safeguarding)
	if err != nil {
		t.Fatal(err)
	}
	// Not yet: neither before the day nor within the grace.
	for _, days := range []int{0, 365 + 20} {
		l.Now.Advance(time.Duration(days) * 24 * time.Hour)
		if done, err := l.Retention.Lapse(ctx); err != nil || len(done) != 0 {
			t.Fatalf("after %d days: %+v, %v", days, done, err)
		}
	}
	err = l.DB.Write(ctx, func(tx *database.Tx) error {
		if _, err := l.Wishes.Write(ctx, tx, worker, alone, "Rowan Quillfeather wants to go to Vanishing College.", nil); err != nil {
			return err
		}
		_, err := l.Drafts.Save(ctx, tx, worker.Account, "wish", alone, url.Values{"words": {"Quillfeather, half written"}})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := left(t, l, "Quillfeather", "Vanishing"); len(got) < 8 {
		t.Fatalf("the names stand in %d places before: the test would prove nothing", len(got))
	}
	// The school says why its record stays; care says nothing. The grace ends.
	err = l.DB.Write(ctx, func(tx *database.Tx) error {
		officer := access.Scope{Account: "o", Agency: "school", Role: access.InfoOfficer, Purpose: access.Governance}
		_, err := l.Retention.Stay(ctx, tx, officer, "source_record", "default-identity", one[string](t, l, "SELECT load_id FROM source_record WHERE owner = 'school'"), "", "He is still on roll.", "2028-06-01")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	l.Now.Advance(10 * 24 * time.Hour)
	first, err := l.Retention.Daily(ctx)
	if err != nil || !first {
		t.Fatalf("the day's run: %v, %v", first, err)
	}
	if again, err := l.Retention.Daily(ctx); err != nil || again {
		t.Errorf("a second run on the same day: %v, %v", again, err)
	}
	if got := left(t, l, "Quillfeather", "Vanishing", "Oldname"); len(got) != 0 {
		t.Errorf("still there:\n%s", strings.Join(got, "\n"))
	}
	if n := one[int](t, l, "SELECT count(*) FROM source_record WHERE owner = 'school'"); n != 1 {
		t.Errorf("the school's record, which stays, is there %d times", n)
	}
	if p := one[string](t, l, "SELECT person_id FROM person_record LIMIT 1"); p != person {
		t.Errorf("the school's record is with %s, was with %s", p, person)
	}
	if n := one[int](t, l, "SELECT count(*) FROM load WHERE id = $1 AND file_id = ''", loaded); n != 1 {
		t.Error("the load still names its original")
	}
	// The certificate: kinds, counts, when, which rule.
	list, err := l.Retention.Certificates(ctx, l.DB.Reader(), worker, 10)
	if err != nil || len(list) == 0 {
		t.Fatalf("certificates %+v, %v", list, err)
	}
	total := retention.Counts{}
	for _, c := range list {
		for k, n := range c.Counts {
			total[k] += n
		}
		if c.Owner != "care" || !strings.Contains(c.Rule, "version 1 of the rule") || c.By != "system:retention" {
			t.Errorf("certificate %+v", c)
		}
	}
	for kind, want := range map[string]int64{"records of people": 2, "names": 3, "addresses": 2, "files": 1, "drafts": 1, "wishes": 1, "people of whom no record is left": 1} {
		if total[kind] != want {
			t.Errorf("%d %s on the certificates, want %d (%v)", total[kind], kind, want, total)
		}
	}
	if total["search rows"] == 0 {
		t.Errorf("no search rows on the certificates: %v", total)
	}
	r, err := audit.Verify(ctx, l.DB, l.Keys.Verifiers(), t.TempDir(), nil, l.Now)
	if err != nil || !r.Whole() {
		t.Errorf("the log's proof after the removal: %v %v", r.Problems, err)
	}
	if n := one[int](t, l, "SELECT count(*) FROM audit_entry WHERE act = 'erasure' AND subject_kind = 'purge-certificate'"); n < len(list) {
		t.Errorf("%d lines of erasure for %d certificates", n, len(list))
	}
	for _, text := range []string{"quillfeather", "vanishing", "oldname"} {
		if n := one[int](t, l, "SELECT count(*) FROM audit_entry WHERE lower(words) LIKE $1", "%"+text+"%"); n != 0 {
			t.Errorf("the log names %s", text)
		}
	}
	// The page of it is the owner's alone. (The clock goes back: web sessions live by the machine's own.)
	l.Now.Advance(-(365 + 20 + 10) * 24 * time.Hour)
	l.SignIn(access.InfoOfficer, "care").Get("/retention/certificates/" + list[0].ID).Want(http.StatusOK).Has("Certificate of removal").Has("This page holds nothing about anybody")
	l.SignIn(access.InfoOfficer, "school").Get("/retention/certificates/" + list[0].ID).Want(http.StatusNotFound)
	l.SignIn(access.Practitioner, "care").Get("/retention/certificates/" + list[0].ID).Want(http.StatusNotFound)
}

// While somebody's request about it is open, nothing of theirs is removed: that would answer them with an empty drawer.
func TestWhatSomebodyAskedAboutIsHeld(t *testing.T) {
	l := apptest.New(t)
	load(t, l, "care", "loader", "C1,9434765919,Quillfeather,Kestrel,,01/02/2011,M,1 Vanishing Street,ZZ1 1AA")
	person := one[string](t, l, "SELECT person_id FROM person_record LIMIT 1")
	l.Now.Advance(400 * 24 * time.Hour)
	young := access.Scope{Account: l.Cast[apptest.Address(access.Subject, "care")].ID, Agency: "care", Role: access.Subject, Purpose: access.OwnRecord, Person: person}
	var r rights.Request
	write := func(f func(tx *database.Tx) error) {
		t.Helper()
		if err := l.DB.Write(ctx, f); err != nil {
			t.Fatal(err)
		}
	}
	write(func(tx *database.Tx) (err error) {
		r, err = l.Rights.Ask(ctx, tx, young, rights.Copy, "All of it.", []string{"care"})
		return err
	})
	if done, err := l.Retention.Lapse(ctx); err != nil || len(done) != 0 {
		t.Fatalf("removed while asked about: %+v, %v", done, err)
	}
	officer, err := l.App.Accounts.Scope(ctx, l.Cast[apptest.Address(access.InfoOfficer, "care")], access.Governance)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Retention.LetGo(ctx, officer, "source_record", "default-identity", one[string](t, l, "SELECT load_id FROM source_record"), "quickly"); !fault.Is(err, fault.Refused) {
		t.Errorf("let go by hand while asked about: %v", err)
	}
	write(func(tx *database.Tx) error {
		return l.Rights.Answer(ctx, tx, officer, r.ID, rights.Done, "Here it is.", "person")
	})
	if done, err := l.Retention.Lapse(ctx); err != nil || len(done) == 0 {
		t.Errorf("answered, it stays: %+v, %v", done, err)
	}
}

func TestTheQueueItsReasonsAndItsRules(t *testing.T) {
	l := apptest.New(t)
	officer := l.Cast[apptest.Address(access.InfoOfficer, "care")]
	load(t, l, "care", officer.ID, "C1,9434765919,Quillfeather,Kestrel,,01/02/2011,M,1 Vanishing Street,ZZ1 1AA")
	manager, err := l.App.Accounts.Scope(ctx, l.Cast[apptest.Address(access.Manager, "care")], access.CommunitySafety)
	if err != nil {
		t.Fatal(err)
	}
	var action work.Action
	if err := l.DB.Write(ctx, func(tx *database.Tx) (err error) {
		action, err = l.Work.Add(ctx, tx, manager, work.New{Title: "Ring the school", Why: "x", Assignee: manager.Account, DueOn: "2026-12-01"})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	l.SignIn(access.InfoOfficer, "care").Get("/retention").Want(http.StatusOK).Has("Nothing that your agency holds is due to go")
	due := func(table, on string) {
		t.Helper()
		if err := l.DB.Write(ctx, func(tx *database.Tx) error { return tx.Exec(ctx, "UPDATE "+table+" SET review_on = $1", on) }); err != nil {
			t.Fatal(err)
		}
	}
	due("source_record", "2026-11-20")
	due("action", "2026-11-25")
	c, m := l.SignIn(access.InfoOfficer, "care"), l.SignIn(access.Manager, "care")
	page := c.Get("/retention").Want(http.StatusOK).Has("due to go; the first go on").Has("1 record of a person").Has("people.csv").Has("1 action")
	if strings.Contains(page.Body, "Quillfeather") || strings.Contains(page.Body, "Ring the school") {
		t.Error("the queue says what a record says")
	}
	c.Get("/work").Has("Look at what is due to go")
	l.SignIn(access.InfoOfficer, "school").Get("/retention").Has("Nothing that your agency holds is due to go")
	for _, role := range []access.Role{access.Practitioner, access.Administrator, access.Analyst, access.Subject} {
		l.SignIn(role, "care").Get("/retention").Want(http.StatusNotFound)
	}
	records, _ := page.Doc.Find(`a[href^="/retention/due/source_record"]`).Attr("href")
	actions, _ := page.Doc.Find(`a[href^="/retention/due/action"]`).Attr("href")
	l.SignIn(access.InfoOfficer, "school").Get(records).Want(http.StatusNotFound)
	l.SignIn(access.Practitioner, "care").Get(records).Want(http.StatusNotFound)
	c.Get("/retention/due/source_record/default-identity/019aaaaa-0000-7000-8000-000000000000").Want(http.StatusNotFound)
	c.Get("/retention/due/account/x/-").Want(http.StatusNotFound)
	stay := url.Values{"why": {"The review is in May."}, "until-day": {"1"}, "until-month": {"5"}, "until-year": {"2027"}}
	c.Submit(records, records, url.Values{"why": {""}}).Want(http.StatusUnprocessableEntity).Has("Write why it stays")
	c.Submit(records, records, stay).Want(http.StatusUnprocessableEntity).Has("You brought this file in: somebody else must say")
	late := url.Values{"why": {"x"}, "until-day": {"1"}, "until-month": {"5"}, "until-year": {"2031"}}
	m.Submit(records, records, late).Want(http.StatusUnprocessableEntity).Has("at most 12 months from now")
	m.Submit(actions, actions, stay).Want(http.StatusUnprocessableEntity).Has("You wrote it, or wrote it last")
	m.Submit(records, records, stay).Want(http.StatusSeeOther)
	c.Submit(actions, actions, stay).Want(http.StatusSeeOther)
	m.Get("/retention").Has("Nothing that your agency holds is due to go").Has("The review is in May.").Has("Test community-safety-manager")
	if on := one[string](t, l, "SELECT review_on FROM action WHERE id = $1", action.ID); on != "2027-05-01" {
		t.Errorf("the action is looked at again on %s", on)
	}
	// Rules: a lead makes the period of actions shorter; what somebody said should stay keeps its day, the rest is set anew.
	var other work.Action
	if err := l.DB.Write(ctx, func(tx *database.Tx) (err error) {
		other, err = l.Work.Add(ctx, tx, manager, work.New{Title: "Another", Why: "x", Assignee: manager.Account, DueOn: "2027-12-01"})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	m.Get("/retention/rules").Want(http.StatusOK).Has("Actions").Has("12 months from the day by which it was to be done")
	m.Submit("/retention/rules/action/edit", "/retention/rules/action/edit", url.Values{"months": {"none"}}).Want(http.StatusUnprocessableEntity).Has("Enter a whole number from 1 to 1,200")
	m.Submit("/retention/rules/action/edit", "/retention/rules/action/edit", url.Values{"months": {"3"}, "why": {"Our policy, section 4."}}).Want(http.StatusSeeOther)
	l.SignIn(access.Practitioner, "care").Get("/retention/rules/action/edit").Want(http.StatusNotFound)
	if _, err := l.Retention.Lapse(ctx); err != nil {
		t.Fatal(err)
	}
	if on := one[string](t, l, "SELECT review_on FROM action WHERE id = $1", other.ID); on != "2028-03-01" {
		t.Errorf("under the new rule the action is looked at on %s, want 1 March 2028", on)
	}
	if on := one[string](t, l, "SELECT review_on FROM action WHERE id = $1", action.ID); on != "2027-05-01" {
		t.Errorf("what somebody said should stay is looked at on %s now", on)
	}
	// Held back for an inquiry: nothing of the class goes, however late.
	m.Submit("/retention/rules/action/edit", "/retention/rules/action/edit", url.Values{"hold": {"The inquiry of 2027."}, "why": {"Letter of 3 November."}}).Want(http.StatusSeeOther)
	if err := l.DB.Write(ctx, func(tx *database.Tx) error { return tx.Exec(ctx, "UPDATE action SET due_on = '2024-01-01'") }); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Retention.Lapse(ctx); err != nil {
		t.Fatal(err)
	}
	if n := one[int](t, l, "SELECT count(*) FROM action"); n != 2 {
		t.Errorf("%d actions are left of 2 that are held back", n)
	}
	l.SignIn(access.InfoOfficer, "care").Get("/retention").Has("Not removed for now: The inquiry of 2027.")
	// A class without a rule is shown, and waits.
	if err := l.DB.Write(ctx, func(tx *database.Tx) error {
		if err := tx.Exec(ctx, "UPDATE action SET retention_class = 'nobody knows', review_on = '2025-01-01'"); err != nil {
			return err
		}
		return l.Content.Withdraw(ctx, tx, manager, content.Key{Kind: retention.RuleKind, Code: "told"}, 1, "not used")
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Retention.Lapse(ctx); err != nil {
		t.Fatal(err)
	}
	l.SignIn(access.InfoOfficer, "care").Get("/retention").Has("Not removed: there is no rule for it yet")
}

func TestRemovedByHandWithProofOfWho(t *testing.T) {
	l := apptest.New(t)
	load(t, l, "care", "loader", "C1,9434765919,Quillfeather,Kestrel,,01/02/2011,M,1 Vanishing Street,ZZ1 1AA")
	if err := l.DB.Write(ctx, func(tx *database.Tx) error { return tx.Exec(ctx, "UPDATE source_record SET review_on = '2026-11-25'") }); err != nil {
		t.Fatal(err)
	}
	c := l.SignIn(access.InfoOfficer, "care")
	group, _ := c.Get("/retention").Doc.Find(`a[href^="/retention/due/source_record"]`).Attr("href")
	c.Get(group + "/go").Want(http.StatusOK).Has("Backups keep it until they are deleted")
	l.Now.Advance(6 * time.Minute)
	if got := c.Get(group + "/go"); strings.Contains(got.Text("main"), "Backups keep it") {
		t.Error("six minutes after signing in the removal is offered without a fresh proof")
	}
	c = l.SignIn(access.InfoOfficer, "care")
	c.Submit(group+"/go", group+"/go", url.Values{"why": {"Sent by mistake."}}).Want(http.StatusUnprocessableEntity).Has("Say that you know")
	r := c.Submit(group+"/go", group+"/go", url.Values{"why": {"Sent by mistake."}, "sure": {"yes"}}).Want(http.StatusSeeOther)
	c.Get(r.Location).Want(http.StatusOK).Has("Sent by mistake.").Has("Test information-officer")
	if got := left(t, l, "Quillfeather", "Vanishing"); len(got) != 0 {
		t.Errorf("still there:\n%s", strings.Join(got, "\n"))
	}
}
