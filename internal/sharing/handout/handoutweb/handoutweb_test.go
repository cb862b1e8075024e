package handoutweb_test

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/app/apptest"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/intake"
	"lantern.example/lantern/internal/sharing"
	"lantern.example/lantern/internal/web/webtest"
)

func TestTemplates(t *testing.T) { webtest.CheckTemplates(t, "internal/sharing/handout/handoutweb/") }

var ctx = context.Background()

func setUp(t *testing.T) *apptest.Lantern {
	t.Helper()
	l := apptest.New(t)
	b := []byte("Child ID,NHS number,Surname,Forename,Former name,Date of birth,Gender,Address,Postcode\nC1,9434765919,Quillfeather,=Kestrel,Oldname,01/02/2011,M,1 Secret Street,ZZ1 1AA\nC2,,Hollow,Jay,,03/04/2009,M,9 Other Street,ZZ9 9ZZ\n")
	x, err := l.Intake.Load(ctx, access.Scope{Account: "loader", Agency: "care", Purpose: access.Safeguarding}, intake.Input{Name: "people.csv", File: bytes.NewReader(b), Size: int64(len(b)), Agency: "care", Basis: "own", Identified: true, Profile: "people"})
	if err == nil {
		_, err = l.Identity.Link(ctx, x.ID)
	}
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// agree lets police read care's names, and nothing else of theirs, for safeguarding.
func agree(t *testing.T, l *apptest.Lantern, code string) {
	t.Helper()
	at := l.Now.Now().UnixMicro()
	err := l.DB.Write(ctx, func(tx *database.Tx) error {
		_, err := l.App.Sharing.Add(ctx, tx, sharing.Agreement{Code: code, Title: "Test", LawfulBasis: "x", Gateway: "x", State: "signed", StartsOn: "2026-01-01", ExpiresOn: "2026-12-31", ReviewOn: "2026-12-01",
			Parties: []sharing.Party{{Agency: "care", Gives: true, SignedBy: "a", SignedAt: &at}, {Agency: "police", Receives: true, SignedBy: "b", SignedAt: &at}}, Classes: []access.Class{access.Identity}, Purposes: []access.Purpose{access.Safeguarding}})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func form(l *apptest.Lantern, files string) url.Values {
	return url.Values{"dataset": {"people"}, "fields": {"people.name", "people.born", "people.address"}, "purpose": {"safeguarding"}, "recipient": {l.Cast[apptest.Address(access.Practitioner, "police")].ID}, "why": {"Operation Invented"},
		"until-day": {"24"}, "until-month": {"11"}, "until-year": {"2026"}, "files": {files}}
}

var markShape = regexp.MustCompile(`[A-Z2-7]{4}-[A-Z2-7]{4}-[A-Z2-7]{4}-[A-Z2-7]{4}`)

func TestWhatIsHandedOutIsReadByOneReaderUntilItsDay(t *testing.T) {
	l := setUp(t)
	maker := l.SignIn(access.Manager, "care")
	// Nothing opens without an agreement: an export is no way round one.
	maker.Submit("/exports/new", "/exports/new", form(l, "yes")).Want(http.StatusUnprocessableEntity).Has("no live agreement lets their agency read it")
	agree(t, l, "ISA-9")
	page := maker.Get("/exports/new").Want(http.StatusOK).Has("There is none for housing, benefits, immigration or school-admission decisions.")
	for _, never := range []string{"housing", "benefits", "immigration", "school-admission", "own-record", "upkeep", "governance"} {
		if page.Doc.Find(`input[name=purpose][value="`+never+`"]`).Length() != 0 {
			t.Errorf("the purpose %q can be chosen", never)
		}
		v := form(l, "yes")
		v.Set("purpose", never)
		maker.Submit("/exports/new", "/exports/new", v).Want(http.StatusUnprocessableEntity)
	}
	for name, change := range map[string]func(v url.Values){"in a year": func(v url.Values) { v.Set("until-year", "2027") }, "yesterday": func(v url.Values) { v.Set("until-day", "21") }, "no fields of it": func(v url.Values) { v["fields"] = []string{"actions.title"} }} {
		v := form(l, "yes")
		change(v)
		if r := maker.Submit("/exports/new", "/exports/new", v); r.Status != http.StatusUnprocessableEntity {
			t.Errorf("%s: status %d", name, r.Status)
		}
	}
	for _, role := range []access.Role{access.Practitioner, access.InfoOfficer, access.Administrator, access.SchoolLead, access.Subject} {
		l.SignIn(role, "care").Get("/exports/new").Want(http.StatusNotFound)
	}
	if n, err := database.One(ctx, l.DB.Reader(), database.Value[int], "SELECT count(*) FROM handout"); err != nil || n != 0 {
		t.Fatalf("%d exports after nothing but refusals (%v)", n, err)
	}
	at := maker.Submit("/exports/new", "/exports/new", form(l, "yes")).Want(http.StatusSeeOther).Location
	reader := l.SignIn(access.Practitioner, "police")
	reader.Get("/exports").Want(http.StatusOK).Has("1 export was handed to you")
	reader.Get(at).Want(http.StatusOK).Has("Operation Invented")
	for _, c := range []*apptest.Client{l.SignIn(access.Manager, "police"), l.SignIn(access.Practitioner, "school"), l.SignIn(access.Practitioner, "care"), l.SignIn(access.InfoOfficer, "police"), l.SignIn(access.Administrator, "care")} {
		c.Get(at).Want(http.StatusNotFound)
		c.Get(at + "/read").Want(http.StatusNotFound)
	}
	maker.Get(at + "/read").Want(http.StatusNotFound) // whoever made it is not its reader
	got := reader.Get(at + "/read").Want(http.StatusOK).Has("2 rows, as they stand today.").Has("Kestrel Quillfeather").Has("read by Test practitioner").Has("for safeguarding")
	for _, never := range []string{"Secret Street", "Other Street", "Oldname"} {
		if strings.Contains(got.Body, never) {
			t.Errorf("the agreement opens names alone, and the export shows %q", never)
		}
	}
	mark := markShape.FindString(got.Text(".lantern-mark"))
	if mark == "" {
		t.Fatal("the page has no mark")
	}
	maker.Submit("/exports", "/exports/trace", url.Values{"mark": {strings.ToLower(mark)}}).Want(http.StatusOK).Has("This page or file was read by Test practitioner.")
	maker.Submit("/exports", "/exports/trace", url.Values{"mark": {"AAAA-AAAA-AAAA-AAAA"}}).Want(http.StatusUnprocessableEntity)
	l.SignIn(access.Manager, "school").Submit("/exports", "/exports/trace", url.Values{"mark": {mark}}).Want(http.StatusUnprocessableEntity)
	// A file: the mark is on its first line, and nothing in it runs.
	csv := reader.Submit(at+"/read", at+"/file", url.Values{"how": {"csv"}}).Want(http.StatusOK)
	lines := strings.Split(csv.Body, "\r\n")
	if !markShape.MatchString(lines[0]) || !strings.Contains(lines[0], "read by Test practitioner") || !strings.Contains(lines[1], "Name") || strings.Contains(csv.Body, "\n=") || strings.Contains(csv.Body, ",=") || !strings.Contains(csv.Body, "'=Kestrel") && strings.Contains(csv.Body, "=Kestrel") {
		t.Errorf("the file is\n%s", csv.Body)
	}
	if !strings.Contains(csv.Header.Get("Content-Disposition"), "attachment") {
		t.Errorf("it is answered as %q", csv.Header.Get("Content-Disposition"))
	}
	xlsx := reader.Submit(at+"/read", at+"/file", url.Values{"how": {"xlsx"}}).Want(http.StatusOK)
	book, err := excelize.OpenReader(strings.NewReader(xlsx.Body))
	if err != nil {
		t.Fatal(err)
	}
	if first, err := book.GetCellValue(book.GetSheetName(0), "A1"); err != nil || !markShape.MatchString(first) {
		t.Errorf("the workbook's first cell is %q (%v)", first, err)
	}
	reader.Post(at+"/file", url.Values{"form_key": {l.IDs.New()}, "how": {"pdf"}}).Want(http.StatusNotFound)
	// Every reading is in the register and in the log.
	maker.Get(at).Has("As a CSV file").Has("As a workbook").Has(mark)
	if n, err := database.One(ctx, l.DB.Reader(), database.Value[int], "SELECT count(*) FROM audit_entry WHERE act = 'disclosure' AND subject_kind = 'export'"); err != nil || n != 6 {
		t.Errorf("%d lines of disclosure, want that it was made, and read five times (%v)", n, err)
	}
	// A record in the file is put right: the reader is asked for their copies, and says that they are gone.
	worker := l.SignIn(access.Practitioner, "care")
	person, err := database.One(ctx, l.DB.Reader(), database.Value[string], "SELECT p.person_id FROM person_record p JOIN source_identifier i ON i.record_id = p.record_id WHERE i.value = 'C1'")
	if err != nil {
		t.Fatal(err)
	}
	correct, _ := worker.Get("/people/" + person + "/records").Doc.Find(`a[href$="/correct"]`).Attr("href")
	worker.Submit(correct, correct, url.Values{"born": {"2011-02-02"}, "why": {"Seen"}}).Want(http.StatusSeeOther)
	maker.Get(at).Has("A record in them was put right").Has("Waits")
	reader.Get("/work").Has("Delete your copies of E-1, and say so")
	reader.Submit(at, at+"/gone", url.Values{"words": {""}}).Want(http.StatusUnprocessableEntity)
	maker.Post(at+"/gone", url.Values{"form_key": {l.IDs.New()}, "words": {"me"}}).Want(http.StatusForbidden)
	reader.Submit(at, at+"/gone", url.Values{"words": {"Shredded."}}).Want(http.StatusSeeOther)
	maker.Get(at).Has("Shredded.")
	reader.Get(at + "/read").Has("2 February 2011")
	// The agreement is withdrawn: the next reading shows nothing.
	if err := l.DB.Write(ctx, func(tx *database.Tx) error { return tx.Exec(ctx, "UPDATE agreement SET state = 'withdrawn'") }); err != nil {
		t.Fatal(err)
	}
	if got := reader.Get(at + "/read").Want(http.StatusOK).Has("0 rows"); strings.Contains(got.Body, "Quillfeather") {
		t.Error("after the withdrawal it is still read")
	}
	if err := l.DB.Write(ctx, func(tx *database.Tx) error { return tx.Exec(ctx, "UPDATE agreement SET state = 'signed'") }); err != nil {
		t.Fatal(err)
	}
	// The day after its last it is gone for the reader, and the copies are asked back.
	l.Now.Advance(3 * 24 * time.Hour)
	reader, maker = l.SignIn(access.Practitioner, "police"), l.SignIn(access.Manager, "care")
	reader.Get(at + "/read").Want(http.StatusNotFound)
	reader.Post(at+"/file", url.Values{"form_key": {l.IDs.New()}, "how": {"csv"}}).Want(http.StatusNotFound)
	for range 2 {
		if err := l.Handouts.Expire(ctx); err != nil {
			t.Fatal(err)
		}
	}
	maker.Get(at).Has("Its last day is over").Has("Nobody can read it any more.")
	if n, err := database.One(ctx, l.DB.Reader(), database.Value[int], "SELECT count(*) FROM handout_recall WHERE why = 'expired'"); err != nil || n != 1 {
		t.Errorf("asked back %d times (%v)", n, err)
	}
}

func TestReadHereAndEnded(t *testing.T) {
	l := setUp(t)
	agree(t, l, "ISA-9")
	maker, reader := l.SignIn(access.Manager, "care"), l.SignIn(access.Practitioner, "police")
	at := maker.Submit("/exports/new", "/exports/new", form(l, "no")).Want(http.StatusSeeOther).Location
	reader.Get(at + "/read").Want(http.StatusOK)
	reader.Post(at+"/file", url.Values{"form_key": {l.IDs.New()}, "how": {"csv"}}).Want(http.StatusNotFound) // no file was granted
	reader.Get(at + "/end").Want(http.StatusNotFound)
	l.SignIn(access.Manager, "school").Get(at + "/end").Want(http.StatusNotFound)
	maker.Submit(at+"/end", at+"/end", url.Values{"why": {""}}).Want(http.StatusUnprocessableEntity)
	l.SignIn(access.InfoOfficer, "care").Submit(at+"/end", at+"/end", url.Values{"why": {"Over."}}).Want(http.StatusSeeOther)
	reader.Get(at + "/read").Want(http.StatusNotFound)
	maker.Submit(at+"/end", at+"/end", url.Values{"why": {"Again."}}).Want(http.StatusUnprocessableEntity)
	if n, err := database.One(ctx, l.DB.Reader(), database.Value[int], "SELECT count(*) FROM handout_recall"); err != nil || n != 0 {
		t.Errorf("%d copies asked back of an export of which none was taken (%v)", n, err)
	}
	// Handing out and taking a file ask who it is anew.
	l.Now.Advance(6 * time.Minute)
	if r := maker.Get("/exports/new"); r.Status != http.StatusSeeOther || !strings.HasPrefix(r.Location, "/confirm") {
		t.Errorf("six minutes on: status %d to %q", r.Status, r.Location)
	}
	// A purpose that the reader is not here for: told, not shown.
	other := l.SignIn(access.Practitioner, "police")
	again := l.SignIn(access.Manager, "care").Submit("/exports/new", "/exports/new", form(l, "no")).Want(http.StatusSeeOther).Location
	other.Submit("/purpose", "/purpose", url.Values{"purpose": {"youth-justice"}}).Want(http.StatusSeeOther)
	if got := other.Get(again + "/read").Want(http.StatusForbidden); strings.Contains(got.Body, "Quillfeather") {
		t.Error("read for another purpose")
	}
}

// An export is from one agency to somebody of another. Whoever of the two moves takes nothing with them: a maker who moved would hand out what
// their new agency holds, in the old one's name.
func TestAnExportEndsWithWhoMoves(t *testing.T) {
	l := setUp(t)
	agree(t, l, "ISA-9")
	maker, reader := l.SignIn(access.Manager, "care"), l.SignIn(access.Practitioner, "police")
	at := maker.Submit("/exports/new", "/exports/new", form(l, "yes")).Want(http.StatusSeeOther).Location
	reader.Get(at + "/read").Want(http.StatusOK).Has("2 rows, as they stand today.")
	move := func(address, agency string) {
		t.Helper()
		if err := l.DB.Write(ctx, func(tx *database.Tx) error {
			return tx.Exec(ctx, "UPDATE account SET agency = $1 WHERE id = $2", agency, l.Cast[address].ID)
		}); err != nil {
			t.Fatal(err)
		}
	}
	move(apptest.Address(access.Manager, "care"), "police") // whose own records the reader may read, all of them
	b := []byte("Nominal number,Surname,Forename,Date of birth\nN1,Policerow,Ann,01/02/2009\n")
	if _, err := l.Intake.Load(ctx, access.Scope{Account: "loader", Agency: "police", Purpose: access.Safeguarding}, intake.Input{Name: "p.csv", File: bytes.NewReader(b), Size: int64(len(b)), Agency: "police", Basis: "own", Identified: true, Profile: "people"}); err != nil {
		t.Fatal(err)
	}
	if r := reader.Get(at + "/read").Want(http.StatusOK); strings.Contains(r.Body, "Policerow") || strings.Contains(r.Body, "Quillfeather") {
		t.Error("an export whose maker has moved shows rows")
	}
	move(apptest.Address(access.Manager, "care"), "care")
	reader.Get(at + "/read").Want(http.StatusOK).Has("2 rows, as they stand today.")
	move(apptest.Address(access.Practitioner, "police"), "school")
	reader.Get(at + "/read").Want(http.StatusNotFound)
}

// Retention takes old entries away; the next export has a number of its own all the same.
func TestExportsAreNumberedAfterSomeWereRemoved(t *testing.T) {
	l := setUp(t)
	agree(t, l, "ISA-9")
	maker := l.SignIn(access.Manager, "care")
	for range 2 {
		maker.Submit("/exports/new", "/exports/new", form(l, "no")).Want(http.StatusSeeOther)
	}
	if err := l.DB.Write(ctx, func(tx *database.Tx) error { return tx.Exec(ctx, "DELETE FROM handout WHERE code = 'E-1'") }); err != nil {
		t.Fatal(err)
	}
	at := maker.Submit("/exports/new", "/exports/new", form(l, "no")).Want(http.StatusSeeOther).Location
	maker.Get(at).Want(http.StatusOK).Has("E-3")
}
