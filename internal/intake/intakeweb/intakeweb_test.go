package intakeweb_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/xuri/excelize/v2"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/app/apptest"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	_ "lantern.example/lantern/internal/intake/intakeweb" // its templates
	"lantern.example/lantern/internal/sharing"
	"lantern.example/lantern/internal/web/webtest"
)

func TestTemplates(t *testing.T) { webtest.CheckTemplates(t, "internal/intake/intakeweb/") }

// world is a Lantern to send files to.
type world struct{ *apptest.Lantern }

func newWorld(t *testing.T) *world {
	t.Helper()
	return &world{apptest.New(t)}
}

// part is one field of a multipart form.
type part struct {
	name, file string
	r          io.Reader
}

// post sends a multipart form as a browser does, streamed.
func (w *world) post(c *apptest.Client, path string, length int64, parts ...part) *apptest.Reply {
	w.T.Helper()
	r, out := io.Pipe()
	m := multipart.NewWriter(out)
	go func() {
		var err error
		for _, p := range parts {
			var to io.Writer
			if p.file == "" {
				to, err = m.CreateFormField(p.name)
			} else {
				to, err = m.CreateFormFile(p.name, p.file)
			}
			if err == nil {
				_, err = io.Copy(to, p.r)
			}
			if err != nil {
				break
			}
		}
		if err == nil {
			err = m.Close()
		}
		out.CloseWithError(err)
	}()
	req, err := http.NewRequest(http.MethodPost, w.Server.URL+path, r)
	if err != nil {
		w.T.Fatal(err)
	}
	req.Header.Set("Content-Type", m.FormDataContentType())
	if length > 0 {
		req.ContentLength = length
	}
	res, err := c.Do(req)
	if err != nil {
		w.T.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // read whole below
	b, err := io.ReadAll(res.Body)
	if err != nil {
		w.T.Fatal(err)
	}
	doc, err := goquery.NewDocumentFromReader(bytes.NewReader(b))
	if err != nil {
		w.T.Fatal(err)
	}
	return &apptest.Reply{Status: res.StatusCode, Header: res.Header, Body: string(b), Doc: doc, Location: res.Header.Get("Location")}
}

func (w *world) key(c *apptest.Client) string {
	w.T.Helper()
	k, ok := c.Get("/loads/new").Want(http.StatusOK).Doc.Find(`main input[name=form_key]`).Attr("value")
	if !ok {
		w.T.Fatal("the page has no form key")
	}
	return k
}

func (w *world) send(c *apptest.Client, name, content string) *apptest.Reply {
	w.T.Helper()
	return w.post(c, "/loads/new", 0, part{"form_key", "", strings.NewReader(w.key(c))}, part{"file", name, strings.NewReader(content)})
}

// to sends a file and follows the questions as far as the page whose address ends with end, answering those before it with
// answers by page.
func (w *world) to(c *apptest.Client, r *apptest.Reply, end string, answers map[string]url.Values) string {
	w.T.Helper()
	for range 8 {
		if r.Status != http.StatusSeeOther {
			w.T.Fatalf("status %d, want a next page\n%s", r.Status, strings.Join(strings.Fields(r.Doc.Find("main").Text()), " "))
		}
		here := r.Location
		page := here[strings.LastIndexByte(here, '/')+1:]
		if page == end {
			return here
		}
		r = c.Submit(here, here, answers[page])
	}
	w.T.Fatalf("the questions never lead to %s", end)
	return ""
}

// run does what the job would.
func (w *world) run(id string) {
	w.T.Helper()
	err := w.Intake.Run(context.Background(), id, func(ctx context.Context, file string) (io.ReaderAt, int64, error) {
		r, f, err := w.Files.Open(ctx, access.System("test", access.Upkeep), file)
		return r, f.Size, err
	})
	if err != nil {
		w.T.Fatal(err)
	}
}

func (w *world) number(query string, args ...any) int {
	w.T.Helper()
	n, err := database.One(context.Background(), w.DB.Reader(), database.Value[int], query, args...)
	if err != nil {
		w.T.Fatal(err)
	}
	return n
}

func (w *world) exec(query string, args ...any) {
	w.T.Helper()
	if err := w.DB.Write(context.Background(), func(tx *database.Tx) error { return tx.Exec(context.Background(), query, args...) }); err != nil {
		w.T.Fatal(err)
	}
}

const eventsCSV = "Date,Type,Place\n13/02/2026,Robbery,Mill Lane\n14/02/2026,Robbery,=1+1\n99/02/2026,Robbery,=HYPERLINK(1)\n"

const peopleCSV = "Surname,Forename,DOB\nAsh,Kim,13/02/2010\nElm,Jo,14/02/2010\n,,15/02/2010\n"

func TestTheJourney(t *testing.T) {
	w := newWorld(t)
	c := w.SignIn(access.Analyst, "police")
	c.Get("/loads").Want(http.StatusOK).Has("No file has been loaded for your agency yet.")

	r := w.send(c, "events.csv", eventsCSV)
	what := w.to(c, r, "what", nil)
	p := c.Get(what).Want(http.StatusOK).Has("3 of its 3 columns will be read").Has("99/99/9999")
	if strings.Contains(p.Body, "Mill Lane") {
		t.Error("the page shows values; it must show shapes")
	}
	c.Get("/loads").Has("events.csv").Has("Not finished")
	check := w.to(c, c.Submit(what, what, nil), "check", map[string]url.Values{"whose": {"owner": {"police"}}})
	c.Get(check).Want(http.StatusOK).Has("2 rows can be taken; 1 is sent back").Has("There is no such day").Has("The agency's own records.")

	c.Submit(check, check, url.Values{"name": {strings.Repeat("x", 81)}}).Want(http.StatusBadRequest)
	key := c.Get(check).Doc.Find(`form[action="`+check+`"] input[name=form_key]`).AttrOr("value", "")
	values := url.Values{"form_key": {key}, "rows": {"3"}, "name": {"Monthly events"}}
	started := c.Post(check, values).Want(http.StatusSeeOther)
	id := strings.TrimPrefix(started.Location, "/loads/")
	if again := c.Post(check, values); again.Status != http.StatusSeeOther || again.Location != started.Location || w.number("SELECT count(*) FROM outbox WHERE kind = 'intake.run'") != 1 {
		t.Errorf("the same form again: %d to %q; one job must stand in the outbox", again.Status, again.Location)
	}
	if waiting := c.Get(started.Location).Want(http.StatusOK).Has("about to begin"); waiting.Header.Get("Refresh") == "" {
		t.Error("the page of a running load does not look again by itself")
	}
	w.run(id)
	w.run(id) // handed over twice: one load
	if n := w.number("SELECT count(*) FROM load"); n != 1 {
		t.Fatalf("%d loads, want 1", n)
	}
	done := c.Get(started.Location).Want(http.StatusOK).Has("3 rows were read: 2 taken, 1 sent back.").Has("Loaded")
	if done.Header.Get("Refresh") != "" {
		t.Error("the page of a finished load goes on looking")
	}
	if strings.Contains(done.Body, "HYPERLINK") {
		t.Error("the result page shows a refused row's values")
	}
	c.Get("/loads").Has("1 file this month; 1 row was sent back.")

	got := c.Get("/loads/" + id + "/refused.csv").Want(http.StatusOK)
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(got.Body, "\ufeff"))).ReadAll()
	want := [][]string{{"Date", "Type", "Place", "Error"}, {"99/02/2026", "Robbery", "'=HYPERLINK(1)", "row 4, column Date (99/99/9999): there is no such day; expected a day, month and year of the calendar"}}
	if err != nil || fmt.Sprint(rows) != fmt.Sprint(want) {
		t.Errorf("refused rows as CSV: %q (%v), want %q", rows, err, want)
	}
	book := c.Get("/loads/" + id + "/refused.xlsx").Want(http.StatusOK)
	x, err := excelize.OpenReader(strings.NewReader(book.Body))
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close() //nolint:errcheck // in memory
	if cells, err := x.GetRows(x.GetSheetName(0)); err != nil || len(cells) != 2 || cells[1][2] != "'=HYPERLINK(1)" || cells[1][3] != want[1][3] {
		t.Errorf("refused rows as a workbook: %q (%v)", cells, err)
	}
	if n := w.number("SELECT count(*) FROM audit_entry WHERE act = 'disclosure' AND subject = $1", id); n != 2 {
		t.Errorf("%d disclosures in the log, want one a download", n)
	}
	if o := c.Get("/loads/" + id + "/original").Want(http.StatusOK); o.Body != eventsCSV || o.Header.Get("Content-Disposition") != "attachment; filename*=UTF-8''events.csv" {
		t.Errorf("the original came back as %q under %q", o.Body, o.Header.Get("Content-Disposition"))
	}

	c.Get("/loads/" + id + "/undo").Want(http.StatusOK).Has("All 2 rows of events.csv leave every page at once")
	undo := "/loads/" + id + "/undo"
	c.Submit(undo, undo, url.Values{"why": {""}}).Want(http.StatusUnprocessableEntity).Has("Enter why the load is undone")
	c.Submit(undo, undo, url.Values{"why": {"wrong month"}}).Want(http.StatusSeeOther)
	c.Get("/loads/" + id).Want(http.StatusOK).Has("nobody sees anything of it").Has("wrong month")
	if err := w.Purge(context.Background(), id); err != nil {
		t.Fatal(err)
	}
	if n := w.number("SELECT (SELECT count(*) FROM event) + (SELECT count(*) FROM stored_file)"); n != 0 {
		t.Errorf("after undo and purge %d rows and files are left", n)
	}
	c.Get("/loads/" + id + "/refused.csv").Want(http.StatusNotFound)
	c.Get("/loads/" + id + "/original").Want(http.StatusNotFound)
}

func TestTheSecondMonthInOneClick(t *testing.T) {
	w := newWorld(t)
	c := w.SignIn(access.Analyst, "police")
	check := w.to(c, w.send(c, "jan.csv", eventsCSV), "check", map[string]url.Values{"whose": {"owner": {"police"}}})
	w.run(strings.TrimPrefix(c.Submit(check, check, url.Values{"name": {"Monthly events"}}).Want(http.StatusSeeOther).Location, "/loads/"))

	feb := w.send(c, "feb.csv", strings.ReplaceAll(eventsCSV, "02/2026", "03/2026"))
	if !strings.HasSuffix(feb.Location, "/check") {
		t.Fatalf("the second month leads to %q, want its check at once", feb.Location)
	}
	c.Get(feb.Location).Want(http.StatusOK).Has("With the columns saved as Monthly events")

	same := w.send(c, "jan again.csv", eventsCSV)
	if !strings.HasSuffix(same.Location, "/again") {
		t.Fatalf("the same bytes lead to %q, want the question", same.Location)
	}
	c.Get(same.Location).Want(http.StatusOK).Has("The very same file was loaded").Has("jan.csv")
	c.Submit(same.Location, same.Location, url.Values{"again": {}}).Want(http.StatusUnprocessableEntity)
	if no := c.Submit(same.Location, same.Location, url.Values{"again": {"no"}}).Want(http.StatusSeeOther); !strings.HasPrefix(no.Location, "/loads/0") {
		t.Errorf("no leads to %q, want the earlier load", no.Location)
	}
	if n := w.number("SELECT count(*) FROM stored_file"); n != 2 {
		t.Errorf("%d files are kept, want 2: the copy was thrown away", n)
	}

	changed := w.send(c, "mar.csv", "Date,Type,Where it was\n13/04/2026,Robbery,Mill Lane\n")
	if !strings.HasSuffix(changed.Location, "/what") {
		t.Fatalf("changed columns lead to %q, want a stop", changed.Location)
	}
	p := c.Get(changed.Location).Want(http.StatusOK).Has(`not those of “Monthly events” any more`).Has(`"Place"`)
	if p.Doc.Find(`main form[action="`+changed.Location+`"]`).Length() != 0 {
		t.Error("a file with changed columns can be confirmed without looking at them")
	}
	base := strings.TrimSuffix(changed.Location, "what")
	if got := c.Get(base+"columns").Want(http.StatusOK).Doc.Find("select[name=c0] option[selected]").AttrOr("value", ""); got != "date" {
		t.Errorf("the column Date is %q, want what was saved for it", got)
	}
	c.Submit(base+"columns", base+"columns", url.Values{"c2": {""}}).Want(http.StatusUnprocessableEntity).Has("needs")
	preview := c.Submit(base+"columns", base+"columns", url.Values{"c2": {"location"}}).Want(http.StatusSeeOther)
	c.Get(preview.Location).Want(http.StatusOK).Has("Mill Lane").Has("2026-04-13").Has("The one row can be taken.")
	next := c.Submit(preview.Location, preview.Location, nil).Want(http.StatusSeeOther)
	if !strings.HasSuffix(next.Location, "/whose") && !strings.HasSuffix(next.Location, "/check") {
		t.Errorf("after the preview comes %q", next.Location)
	}
	if n := w.number("SELECT max(version) FROM saved_mapping WHERE name = 'Monthly events'"); n != 2 {
		t.Errorf("the mapping is at version %d, want 2", n)
	}
}

func TestColumnsNobodyKnowsAreMapped(t *testing.T) {
	w := newWorld(t)
	c := w.SignIn(access.Practitioner, "council")
	what := w.to(c, w.send(c, "odd.csv", "Wann,Was,Wo\n13/02/2026,Robbery,Mill Lane\nnever,Robbery,High Road\n"), "what", nil)
	c.Get(what).Want(http.StatusOK).Has("Lantern does not know these columns.")
	base := strings.TrimSuffix(what, "what")
	columns := c.Submit(base+"format", base+"format", url.Values{"profile": {"events"}}).Want(http.StatusSeeOther).Location
	c.Submit(columns, columns, url.Values{"c0": {"date"}, "c1": {"date"}, "c2": {"location"}}).Want(http.StatusUnprocessableEntity)
	preview := c.Submit(columns, columns, url.Values{"c0": {"date"}, "c1": {"kind"}, "c2": {"location"}, "date_order": {"dmy"}}).Want(http.StatusSeeOther).Location
	c.Get(preview).Want(http.StatusOK).Has("1 of the first 2 rows can be taken.").Has("robbery").Has("Row").Has("AAAAA")
	c.Submit(preview, preview, url.Values{"name": {""}}).Want(http.StatusUnprocessableEntity).Has("Enter a name")
	check := w.to(c, c.Submit(preview, preview, url.Values{"name": {"Odd ones"}}), "check", map[string]url.Values{"whose": {"owner": {"council"}}})
	id := strings.TrimPrefix(c.Submit(check, check, nil).Want(http.StatusSeeOther).Location, "/loads/")
	w.run(id)
	c.Get("/loads/" + id).Has("2 rows were read: 1 taken, 1 sent back.")
}

func (w *world) agree(owner, reader string) {
	w.T.Helper()
	at := clock.Micros(apptest.Now)
	err := w.DB.Write(context.Background(), func(tx *database.Tx) error {
		_, err := w.Sharing.Add(context.Background(), tx, sharing.Agreement{Code: "ISA-7", Title: "Sharing for safety", LawfulBasis: "law", Gateway: "s115", State: "signed", StartsOn: "2026-01-01", ExpiresOn: "2027-01-01", ReviewOn: "2026-12-01",
			Classes: []access.Class{access.Identity}, Purposes: []access.Purpose{access.CommunitySafety},
			Parties: []sharing.Party{{Agency: owner, Gives: true, SignedBy: "a", SignedAt: &at}, {Agency: reader, Receives: true, SignedBy: "b", SignedAt: &at}}})
		return err
	})
	if err != nil {
		w.T.Fatal(err)
	}
}

// What no single row shows is said before anything is kept, in words that hold no value.
func TestTheCheckSaysWhatNoSingleRowShows(t *testing.T) {
	w := newWorld(t)
	c := w.SignIn(access.Manager, "police")
	whose := map[string]url.Values{"whose": {"owner": {"police"}}}
	list := "Record ID,Surname,Forename,DOB,Address\n"
	for i := range 40 {
		list += fmt.Sprintf("%d,Ash%c,Kim,,%s\n", max(i, 1), 'a'+i%26, map[bool]string{true: "1 Hostel Yard", false: fmt.Sprint(i, " Mill Lane")}[i%2 == 0])
	}
	page := c.Get(w.to(c, w.send(c, "list.csv", list), "check", whose)).Want(http.StatusOK)
	for _, want := range []string{`Empty in every row: "DOB".`, "1 row has a record id that an earlier row has; each row is kept as a record of its own", "One address stands in about"} {
		page.Has(want)
	}
	if strings.Contains(page.Text("main"), "Hostel") {
		t.Error("the page says the value that stands everywhere")
	}
	page = c.Get(w.to(c, w.send(c, "empty.csv", "Surname,Forename,DOB\n"), "check", whose)).Want(http.StatusOK).Has("column names and no rows under them")
	if page.Doc.Find(`form[action$="/check"]`).Length() != 0 {
		t.Error("a file of column names alone can be loaded")
	}
}

func TestListsOfPeopleNeedABasis(t *testing.T) {
	w := newWorld(t)
	w.agree("school", "council")
	council := w.SignIn(access.Manager, "council") // here for community safety
	load := func(t *testing.T, c *apptest.Client, content string, answers map[string]url.Values) (id, check string) {
		t.Helper()
		check = w.to(c, w.send(c, "people.csv", content), "check", answers)
		id = strings.TrimPrefix(c.Submit(check, check, nil).Want(http.StatusSeeOther).Location, "/loads/")
		w.run(id)
		return id, check
	}
	basis := func(id string) (b string, identified bool) {
		l, err := w.Intake.Get(context.Background(), w.DB.Reader(), access.System("test", access.Upkeep), id)
		if err != nil {
			t.Fatal(err)
		}
		return l.Basis + "/" + l.Agency, l.Identified
	}
	school := map[string]url.Values{"whose": {"owner": {"school"}}}

	t.Run("its own need the purpose only", func(t *testing.T) {
		id, _ := load(t, council, peopleCSV, map[string]url.Values{"whose": {"owner": {"council"}}})
		if b, named := basis(id); b != "own/council" || !named {
			t.Errorf("basis %s, names kept %v", b, named)
		}
	})
	t.Run("another's under an agreement", func(t *testing.T) {
		answers := map[string]url.Values{"whose": school["whose"], "basis": {"basis": {"agreement:ISA-7"}}}
		id, _ := load(t, council, peopleCSV+"Oak,Al,16/02/2010\n", answers)
		if b, named := basis(id); b != "ISA-7/school" || !named {
			t.Errorf("basis %s, names kept %v", b, named)
		}
		council.Get("/loads/" + id).Want(http.StatusOK).Has("Agreement ISA-7 (Sharing for safety)").Has("Download the refused rows")
		council.Get("/loads/" + id + "/refused.csv").Want(http.StatusOK)
		council.Submit("/purpose", "/purpose", url.Values{"purpose": {"safeguarding"}}) // which the agreement is not for
		council.Get("/loads/" + id).Want(http.StatusOK).Has("not open to your role or purpose")
		council.Get("/loads/" + id + "/refused.csv").Want(http.StatusNotFound)
		council.Get("/loads/" + id + "/original").Want(http.StatusNotFound)
		council.Submit("/purpose", "/purpose", url.Values{"purpose": {"community-safety"}})
	})
	t.Run("another's, given once", func(t *testing.T) {
		r := w.send(council, "people.csv", peopleCSV+"Yew,Al,16/02/2010\n")
		at := w.to(council, r, "basis", school)
		council.Get(at).Want(http.StatusOK).Has("On what basis did")
		council.Submit(at, at, url.Values{"basis": {"one-off"}, "reason": {"so"}}).Want(http.StatusUnprocessableEntity).Has("Enter the reason in a sentence")
		council.Submit(at, at, url.Values{"basis": {"agreement:ISA-8"}}).Want(http.StatusUnprocessableEntity)
		check := council.Submit(at, at, url.Values{"basis": {"one-off"}, "reason": {"Threat to life, the head decided on 21 November"}}).Want(http.StatusSeeOther).Location
		id := strings.TrimPrefix(council.Submit(check, check, nil).Want(http.StatusSeeOther).Location, "/loads/")
		w.run(id)
		if b, named := basis(id); b != "one-off: Threat to life, the head decided on 21 November/school" || !named {
			t.Errorf("basis %s, names kept %v", b, named)
		}
	})
	t.Run("another's without a basis", func(t *testing.T) {
		id, check := load(t, council, peopleCSV+"Fir,Al,16/02/2010\n", map[string]url.Values{"whose": school["whose"], "basis": {"basis": {"counts"}}})
		_ = check
		if b, named := basis(id); b != "counts only/school" || named {
			t.Errorf("basis %s, names kept %v", b, named)
		}
		council.Get("/loads/" + id).Want(http.StatusOK).Has("people are counted, and no name")
		if n := w.number("SELECT count(*) FROM load_refusal WHERE load_id = $1 AND cells <> ''", id); n != 0 {
			t.Errorf("%d refused rows were kept with their cells", n)
		}
	})
	t.Run("an agreement that ended meanwhile", func(t *testing.T) {
		check := w.to(council, w.send(council, "people.csv", peopleCSV+"Ivy,Al,16/02/2010\n"), "check", map[string]url.Values{"whose": school["whose"], "basis": {"basis": {"agreement:ISA-7"}}})
		w.exec("UPDATE agreement SET expires_on = '2026-11-21'")
		council.Submit(check, check, nil).Want(http.StatusForbidden).Has("nothing was loaded")
	})
}

func TestWhoMayDoWhat(t *testing.T) {
	w := newWorld(t)
	c := w.SignIn(access.Analyst, "police")
	check := w.to(c, w.send(c, "people.csv", peopleCSV), "check", map[string]url.Values{"whose": {"owner": {"police"}}})
	id := strings.TrimPrefix(c.Submit(check, check, nil).Want(http.StatusSeeOther).Location, "/loads/")
	w.run(id)
	open := w.send(c, "other.csv", eventsCSV).Location
	pages := []string{"/loads/" + id, "/loads/" + id + "/undo", "/loads/" + id + "/refused.csv", "/loads/" + id + "/refused.xlsx", "/loads/" + id + "/original", open, strings.TrimSuffix(open, "what") + "columns", strings.TrimSuffix(open, "what") + "check"}
	for _, who := range []struct {
		role   access.Role
		agency string
	}{{access.Analyst, "council"}, {access.Manager, "school"}, {access.Administrator, "care"}, {access.Chair, "police"}, {access.SchoolLead, "police"}, {access.InfoOfficer, "police"}, {access.Subject, "police"}} {
		other := w.SignIn(who.role, who.agency)
		none := other.Get("/loads/01900000-0000-7000-8000-000000000000")
		for _, p := range pages {
			if r := other.Get(p); r.Status != http.StatusNotFound || r.Text("main") != none.Text("main") {
				t.Errorf("%s of %s: %s answers %d %q, want what no such load answers", who.role, who.agency, p, r.Status, r.Text("main"))
			}
		}
		if r := other.Post("/loads/"+id+"/undo", url.Values{"form_key": {id}, "why": {"not mine"}}); r.Status != http.StatusNotFound {
			t.Errorf("%s of %s undoing: %d", who.role, who.agency, r.Status)
		}
	}
	admin := w.SignIn(access.Administrator, "police")
	admin.Get("/loads/" + id).Want(http.StatusOK).Has("3 rows were read: 2 taken, 1 sent back.").Has("not open to your role")
	for _, p := range []string{"/refused.csv", "/refused.xlsx", "/original"} {
		admin.Get("/loads/" + id + p).Want(http.StatusNotFound)
	}
	base := strings.TrimSuffix(w.send(admin, "admin.csv", peopleCSV+"Bay,Al,16/02/2010\n").Location, "what")
	columns := admin.Submit(base+"format", base+"format", url.Values{"profile": {"people"}}).Want(http.StatusSeeOther).Location
	preview := admin.Submit(columns, columns, nil).Want(http.StatusSeeOther).Location
	if p := admin.Get(preview).Want(http.StatusOK).Has("not open to your role"); strings.Contains(p.Body, "Ash") || strings.Contains(p.Body, "Elm") {
		t.Error("an administrator is shown names")
	}
	lines := w.number("SELECT count(*) FROM audit_entry WHERE act = 'consultation' AND subject_kind = 'load' AND subject = $1", id)
	c.Get("/loads/" + id).Want(http.StatusOK)
	if n := w.number("SELECT count(*) FROM audit_entry WHERE act = 'consultation' AND subject_kind = 'load' AND subject = $1", id); n != lines+1 {
		t.Errorf("looking at the refusals left %d lines in the log, want 1", n-lines)
	}
}

func TestWhatAStoppedMachineLeft(t *testing.T) {
	w := newWorld(t)
	c := w.SignIn(access.Analyst, "police")
	check := w.to(c, w.send(c, "events.csv", eventsCSV), "check", map[string]url.Values{"whose": {"owner": {"police"}}})
	page := c.Submit(check, check, nil).Want(http.StatusSeeOther).Location
	id := strings.TrimPrefix(page, "/loads/")
	noFile := func(context.Context, string) (io.ReaderAt, int64, error) {
		return nil, 0, errors.New("the disk is gone")
	}
	if err := w.Intake.Run(context.Background(), id, noFile); err == nil {
		t.Error("a file that cannot be opened was loaded")
	}
	failed := c.Get(page).Want(http.StatusOK).Has("The file could not be opened.").Has("Try again")
	if failed.Header.Get("Refresh") != "" {
		t.Error("the page of a load that never began goes on looking")
	}
	again := c.Submit(page, page+"/retry", nil).Want(http.StatusSeeOther).Location
	next := c.Submit(again, again, nil).Want(http.StatusSeeOther).Location
	w.run(strings.TrimPrefix(next, "/loads/"))
	c.Get(next).Want(http.StatusOK).Has("3 rows were read: 2 taken, 1 sent back.")

	// A load that was running when the machine stopped.
	w.exec("UPDATE load SET state = 'loading', rows_read = 0, rows_taken = 0, rows_refused = 0 WHERE id = $1", strings.TrimPrefix(next, "/loads/"))
	if err := w.Intake.Recover(context.Background()); err != nil {
		t.Fatal(err)
	}
	c.Get(next).Want(http.StatusOK).Has("The machine stopped during the load.").Has("Try again")
	third := c.Submit(next, next+"/retry", nil).Want(http.StatusSeeOther).Location
	base := strings.TrimSuffix(third, "check")
	key := c.Get(third).Doc.Find(`form[action="`+base+`discard"] input[name=form_key]`).AttrOr("value", "")
	c.Post(base+"discard", url.Values{"form_key": {key}}).Want(http.StatusSeeOther)
	if n := w.number("SELECT count(*) FROM stored_file"); n != 1 {
		t.Errorf("%d originals, want the one that the failed loads share", n)
	}
	c.Post(next+"/retry", url.Values{"form_key": {key}}).Want(http.StatusSeeOther) // the same key: the same answer
}

func TestAWorkbookOfTwoSheets(t *testing.T) {
	w := newWorld(t)
	c := w.SignIn(access.Analyst, "police")
	f := excelize.NewFile()
	defer f.Close() //nolint:errcheck // in memory
	for _, name := range []string{"January", "February"} {
		if _, err := f.NewSheet(name); err != nil {
			t.Fatal(err)
		}
		for i, row := range [][]any{{"Date", "Type", "Place"}, {"13/02/2026", "Robbery", "Mill Lane"}, {"99/02/2026", "Robbery", name + " Lane"}} {
			if err := f.SetSheetRow(name, fmt.Sprintf("A%d", i+1), &row); err != nil {
				t.Fatal(err)
			}
		}
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	what := w.to(c, w.send(c, "two.xlsx", b.String()), "what", nil)
	c.Get(what).Want(http.StatusOK).Has("2 sheets with content").Has("January").Has("February")
	check := w.to(c, c.Submit(what, what, nil), "check", map[string]url.Values{"whose": {"owner": {"police"}}})
	page := c.Submit(check, check, nil).Want(http.StatusSeeOther).Location
	w.run(strings.TrimPrefix(page, "/loads/"))
	c.Get(page).Want(http.StatusOK).Has("4 rows were read: 2 taken, 2 sent back.")
	x, err := excelize.OpenReader(strings.NewReader(c.Get(page + "/refused.xlsx").Want(http.StatusOK).Body))
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close() //nolint:errcheck // in memory
	for _, name := range []string{"January", "February"} {
		if rows, err := x.GetRows(name); err != nil || len(rows) != 2 || rows[1][2] != name+" Lane" || !strings.HasPrefix(rows[1][3], "row 3, column Date") {
			t.Errorf("sheet %s gives back %q (%v)", name, rows, err)
		}
	}
	c.Get(page + "/refused.csv").Want(http.StatusNotFound) // two tables are not one CSV
}

// zeros is an endless file.
type zeros struct{ sent int64 }

func (z *zeros) Read(p []byte) (int, error) {
	clear(p)
	z.sent += int64(len(p))
	return len(p), nil
}

func TestUploadsThatCannotBeTaken(t *testing.T) {
	w := newWorld(t)
	c := w.SignIn(access.Analyst, "police")
	key := func() part { return part{"form_key", "", strings.NewReader(w.key(c))} }
	file := func(name, s string) part { return part{"file", name, strings.NewReader(s)} }
	for _, tt := range []struct {
		name   string
		parts  []part
		status int
		says   string
	}{
		{"no file chosen", []part{key()}, 422, "Choose a file"},
		{"an empty file", []part{key(), file("e.csv", "")}, 422, "an empty file"},
		{"a picture", []part{key(), file("p.csv", "\x89PNG\r\n\x1a\n")}, 422, "a picture"},
		{"an old workbook", []part{key(), file("o.xlsx", "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"+strings.Repeat("\x00", 1000)+"W\x00o\x00r\x00k\x00b\x00o\x00o\x00k\x00"+strings.Repeat("\x00", 1000))}, 422, "old Excel workbook"},
		{"no key", []part{file("a.csv", eventsCSV)}, 400, "not complete"},
		{"a field that is not there", []part{key(), {"owner", "", strings.NewReader("school")}, file("a.csv", eventsCSV)}, 400, "does not have"},
		{"two files", []part{key(), file("a.csv", eventsCSV), file("b.csv", eventsCSV)}, 400, "twice"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := w.post(c, "/loads/new", 0, tt.parts...)
			if text := r.Text("main"); r.Status != tt.status || !strings.Contains(text, tt.says) {
				t.Errorf("status %d, %q; want %d and %q", r.Status, text, tt.status, tt.says)
			}
			if n := w.number("SELECT (SELECT count(*) FROM stored_file) + (SELECT count(*) FROM stored_file_chunk) + (SELECT count(*) FROM upload)"); n != 0 {
				t.Errorf("%d rows were left behind", n)
			}
		})
	}
	if r := c.Post("/loads/new", url.Values{"form_key": {w.key(c)}}); r.Status != http.StatusBadRequest {
		t.Errorf("a form that is not multipart: %d, want 400", r.Status)
	}

	once := w.key(c)
	first := w.post(c, "/loads/new", 0, part{"form_key", "", strings.NewReader(once)}, file("a.csv", eventsCSV))
	second := w.post(c, "/loads/new", 0, part{"form_key", "", strings.NewReader(once)}, file("a.csv", eventsCSV))
	if first.Location != second.Location || w.number("SELECT count(*) FROM stored_file") != 1 || w.number("SELECT count(*) FROM upload") != 1 {
		t.Errorf("the same form twice leads to %q and %q and keeps %d files", first.Location, second.Location, w.number("SELECT count(*) FROM stored_file"))
	}
	base := strings.TrimSuffix(first.Location, "what")
	discard := c.Get(first.Location).Doc.Find(`form[action="`+base+`discard"] input[name=form_key]`).AttrOr("value", "")
	c.Post(base+"discard", url.Values{"form_key": {discard}}).Want(http.StatusSeeOther)
	c.Post(base+"discard", url.Values{"form_key": {discard}}).Want(http.StatusSeeOther)
	if n := w.number("SELECT count(*) FROM stored_file"); n != 0 {
		t.Errorf("%d files are left of one that was thrown away", n)
	}

	w.send(c, "old.csv", eventsCSV)
	w.exec("UPDATE upload SET at = at - $1", 8*24*time.Hour.Microseconds())
	w.send(c, "new.csv", peopleCSV)
	if n := w.number("SELECT count(*) FROM stored_file"); n != 1 {
		t.Errorf("%d files are kept, want the new one alone: the other was abandoned for 8 days", n)
	}
}

func TestAnUploadOfFiveGigabytes(t *testing.T) {
	w := newWorld(t)
	c := w.SignIn(access.Analyst, "police")
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	const five = 5 << 30
	for _, tt := range []struct {
		name   string
		length int64 // as the browser announces it; 0 announces none
		limit  int64
		most   int64 // bytes that may be taken before the answer
	}{
		{"announced", five, w.Loads.Limit, 4 << 20},
		{"not announced", 0, 24 << 20, 64 << 20},
	} {
		t.Run(tt.name, func(t *testing.T) {
			was := w.Loads.Limit
			w.Loads.Limit = tt.limit
			defer func() { w.Loads.Limit = was }()
			z := &zeros{}
			key := w.key(c)
			r := w.post(c, "/loads/new", tt.length, part{"form_key", "", strings.NewReader(key)}, part{"file", "big.csv", io.LimitReader(z, five)})
			if r.Status != http.StatusRequestEntityTooLarge || !strings.Contains(r.Text("main"), "Send it in parts") {
				t.Errorf("status %d: %q; want 413 and what to do", r.Status, r.Text("main"))
			}
			if z.sent > tt.most {
				t.Errorf("%d bytes were taken before the answer, want at most %d", z.sent, tt.most)
			}
			if n := w.number("SELECT (SELECT count(*) FROM stored_file) + (SELECT count(*) FROM stored_file_chunk)"); n != 0 {
				t.Errorf("%d rows were left behind", n)
			}
		})
	}
	if after := heap(); after > before+16<<20 {
		t.Errorf("the heap grew from %d to %d bytes", before, after)
	}
}

func TestTheJobLoads(t *testing.T) {
	w := newWorld(t)
	if err := w.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	c := w.SignIn(access.Analyst, "police")
	check := w.to(c, w.send(c, "events.csv", eventsCSV), "check", map[string]url.Values{"whose": {"owner": {"police"}}})
	page := c.Submit(check, check, nil).Want(http.StatusSeeOther).Location
	for range 150 {
		if r := c.Get(page).Want(http.StatusOK); r.Header.Get("Refresh") == "" {
			r.Has("3 rows were read: 2 taken, 1 sent back.")
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatalf("after 15 s the load still runs: %s", c.Get(page).Text("main"))
}
