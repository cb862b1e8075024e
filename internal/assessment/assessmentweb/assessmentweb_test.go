package assessmentweb_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/xuri/excelize/v2"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/app/apptest"
	"lantern.example/lantern/internal/assessment"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/demo/world"
	"lantern.example/lantern/internal/intake"
	"lantern.example/lantern/internal/web/webtest"
)

func TestTemplates(t *testing.T) { webtest.CheckTemplates(t, "internal/assessment/assessmentweb/") }

const sheetHeader = "Date,Slot,Agency,Role,Theme,Statement,Basis,Confidence,Reported,Who else knows,Suggested action,Known to leaders,In the strategy\n"

func load(t *testing.T, l *apptest.Lantern, agency, text string) *intake.Load {
	t.Helper()
	scope := access.Scope{Account: "test", Agency: agency, Purpose: access.Assessment}
	got, err := l.Intake.Load(context.Background(), scope, intake.Input{Name: "statements.csv", File: strings.NewReader(text), Size: int64(len(text)), Agency: agency, Basis: "own", Identified: true})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// spoken is a small assessment held by the council: care and placements by three voices of police and one of a school,
// debt by social care alone.
const spoken = sheetHeader +
	"2026-11-02,1,Riverside Police,Night sergeant,T10,Cars wait by the home,seen,high,no,Nobody,,no,no\n" +
	"2026-11-02,2,Riverside Police,Lead analyst,T10,More of them are found nearby,recorded,high,yes,Our team,,,\n" +
	"2026-11-02,2,Riverside Police,Lead analyst,T8,They are found late,recorded,high,yes,Our team,,,\n" +
	"2026-11-02,3,Hill School,Pastoral head,T10,Pupils ask not to be dropped there,told,medium,no,Nobody,Walk them home,,\n" +
	"2026-11-02,3,Hill School,Pastoral head,T8,Nobody tells us they are missing,told,medium,no,Nobody,,,\n" +
	"2026-11-02,4,Council care team,Duty social worker,T5,The debt grows while he is away,told,low,yes,,,,\n"

func TestTheDemonstrationFindsWhatTheFrontLineKnows(t *testing.T) {
	w, err := world.Generate(world.Options{Seed: 1, People: 200, Today: apptest.Now})
	if err != nil {
		t.Fatal(err)
	}
	l := apptest.New(t)
	i := slices.IndexFunc(w.Files, func(f world.File) bool { return f.Profile == "statements" })
	if i < 0 {
		t.Fatal("the world has no statements")
	}
	got := load(t, l, "council", string(w.Files[i].Bytes))
	if got.Profile != "statements" {
		t.Fatalf("read as %s", got.Profile)
	}
	for _, role := range []access.Role{access.Manager, access.Practitioner, access.SchoolLead, access.Administrator} {
		p := l.SignIn(role, "police").Get("/assessment").Want(200)
		if lead := p.Text(".lantern-finding"); !strings.HasPrefix(lead, "Staff in 11 of 14 interviews, from 6 agencies, say a children's home or placement is being targeted.") {
			t.Errorf("%s: the finding is %q", role, lead)
		}
		row := p.Doc.Find("#blind-spots tbody tr").First()
		if text := strings.Join(strings.Fields(row.Text()), " "); !strings.HasPrefix(text, "Care and placementsYes11 of 14 interviews, 6 agencies, ") {
			t.Errorf("%s: the first row is %q", role, text)
		}
		if row.Find(".lantern-known__cell--no").Length() < 2 {
			t.Errorf("%s: the strategy and the leaders are not said to lack it", role)
		}
		p.Has("Not heard: ambulance").Has("safeguarding lead for fifteen minutes")
	}
	p := l.SignIn(access.Manager, "council").Get("/assessment")
	if p.Doc.Find("#together").Length() != 1 || p.Doc.Find("#pairs tbody tr").Length() == 0 {
		t.Error("no themes are said together")
	}
	if n := p.Doc.Find("#blind-spots tbody a").Length(); n == 0 || p.Doc.Find("#blind-spots tbody tr").First().Find("a").AttrOr("href", "") != "/assessment/themes/T10" {
		t.Error("the rows do not lead to their themes")
	}
	for _, path := range []string{"/assessment/themes/T10", "/assessment/sheet", "/assessment/statements", "/assessment/statements?theme=T9&sort=basis&dir=desc", "/assessment/statements?page=3", "/assessment/compare"} {
		l.SignIn(access.Analyst, "council").Get(path).Want(200)
	}

	t.Run("its own words raise no doubt", func(t *testing.T) {
		ctx, q := context.Background(), l.DB.Reader()
		all, _, err := l.Statements.List(ctx, q, access.System("test", access.Assessment), assessment.Query{})
		if err != nil || len(all) < 100 {
			t.Fatalf("%d statements (%v)", len(all), err)
		}
		var known []string
		for _, s := range all {
			known = append(known, s.Place, s.Agency)
		}
		for _, s := range all {
			for _, warning := range assessment.Check(s.Words, known) {
				t.Errorf("%s %q in %q", warning.Kind, warning.Words, s.Words)
			}
		}
	})

	t.Run("no cell of one voice is shown", func(t *testing.T) {
		cells := p.Doc.Find("#by-agency tbody td")
		if cells.Length() == 0 {
			t.Fatal("there is no table of themes by agency")
		}
		cells.Each(func(_ int, s *goquery.Selection) {
			if text := strings.TrimSpace(s.Text()); text == "1" || text == "0" {
				t.Errorf("a cell shows %s", text)
			}
		})
	})
}

// roles are those of spoken who must never stand on a page for everybody.
var hiddenRoles = []string{"pastoral head", "duty social worker"}

func TestOneVoiceIsNeverShownWithItsRole(t *testing.T) {
	l := apptest.New(t)
	load(t, l, "council", spoken)
	for _, agency := range []string{"police", "council"} {
		c := l.SignIn(access.Practitioner, agency)
		for _, path := range []string{"/assessment", "/assessment/themes/T10", "/assessment/themes/T8", "/assessment/themes/T5", "/assessment/statements", "/assessment/statements?agency=Hill+School", "/assessment/compare", "/assessment/blind-spots.csv"} {
			p := c.Get(path).Want(200)
			for _, role := range hiddenRoles {
				if strings.Contains(strings.ToLower(p.Body), role) {
					t.Errorf("%s for %s shows the role of %s", path, agency, role)
				}
			}
		}
		p := c.Get("/assessment/themes/T10").Has("2 voices: lead analyst and night sergeant").Has("One voice · Fairly sure").Has("Pupils ask not to be dropped there")
		if strings.Contains(p.Text("main"), "Hill School") {
			t.Error("the theme's page tells of which agency the one voice is")
		}
		if p := c.Get("/assessment/statements?agency=Hill+School"); p.Doc.Find("#statements tbody tr").Length() != 0 {
			t.Error("the list can be narrowed to an agency with one voice")
		}
	}
	for path, want := range map[string]int{"police": 5, "council": 6} {
		p := l.SignIn(access.Manager, path).Get("/assessment/statements").Want(200)
		if n := p.Doc.Find("#statements tbody tr").Length(); n != want {
			t.Errorf("%s sees %d statements, want %d: the one on a theme of one agency is for its holder", path, n, want)
		}
	}
	if p := l.SignIn(access.Manager, "police").Get("/assessment/statements?interview=2026-11-02+3"); p.Doc.Find("#statements tbody tr").Length() != 0 {
		t.Error("another agency can narrow the list to an interview")
	}
	if p := l.SignIn(access.Manager, "council").Get("/assessment/statements?interview=2026-11-02+3"); p.Doc.Find("#statements tbody tr").Length() != 2 {
		t.Error("the holder cannot narrow the list to an interview")
	}
	p := l.SignIn(access.Manager, "police").Get("/assessment/themes/T5").Want(200).Has("One agency alone spoke of this")
	if strings.Contains(p.Body, "The debt grows") {
		t.Error("what one agency alone says is shown")
	}
	l.SignIn(access.Manager, "police").Get("/assessment/sheet").Want(200).Has("Your agency holds no interview")
	l.SignIn(access.Manager, "council").Get("/assessment/sheet").Want(200).Has("Council care team, Duty social worker").Has("In 4 interviews nobody has spoken of 17 of 20 themes yet")
}

// The hub lists what works from the same statements, with the same masks.
func TestWhatWorksIsMaskedInTheHub(t *testing.T) {
	l := apptest.New(t)
	load(t, l, "council", sheetHeader+
		"2026-11-02,1,Riverside Police,Night sergeant,T19,The home rings us first,seen,high,no,,,,\n"+
		"2026-11-02,2,Riverside Police,Lead analyst,T19,A call each evening helps,seen,high,no,,,,\n"+
		"2026-11-02,3,Hill School,Pastoral head,T19,Breakfast brings him in,seen,high,no,,,,\n")
	for agency, links := range map[string]int{"police": 0, "council": 3} {
		p := l.SignIn(access.Manager, agency).Get("/hub/strengths").Want(200).Has("Breakfast brings him in").Has("One voice").Has("Riverside Police")
		for _, hidden := range []string{"Hill School", "Pastoral head", "Night sergeant"} {
			if strings.Contains(p.Text("main"), hidden) {
				t.Errorf("%s reads %q", agency, hidden)
			}
		}
		at := p.Doc.Find(`#strengths a[href^="/assessment/statements/"]`)
		if at.Length() != links {
			t.Errorf("%s has %d links to statements, want %d", agency, at.Length(), links)
		}
		if links > 0 {
			l.SignIn(access.Manager, agency).Get(at.First().AttrOr("href", "")).Want(200)
		}
	}
}

var pages = []string{"/assessment", "/assessment/themes/T10", "/assessment/themes/T10/answer", "/assessment/themes/T10/action", "/assessment/statements", "/assessment/statements/new",
	"/assessment/sheet", "/assessment/sheet.csv", "/assessment/sheet.xlsx", "/assessment/compare", "/assessment/blind-spots.csv", "/assessment/blind-spots.xlsx"}

func TestWhoMayOpenThePages(t *testing.T) {
	l := apptest.New(t)
	load(t, l, "council", spoken)
	young, member, nobody := l.SignIn(access.Subject, "council"), l.SignIn(access.InfoOfficer, "care"), l.Anonymous()
	for _, path := range pages {
		young.Get(path).Want(404)
		member.Get(path).Want(200)
		if p := nobody.Get(path); p.Status != 303 || !strings.HasPrefix(p.Location, "/sign-in") {
			t.Errorf("signed out, %s answers %d to %q", path, p.Status, p.Location)
		}
	}
	member.Get("/assessment/themes/T99").Want(404)
	member.Get("/assessment/statements/none").Want(404)
	key := url.Values{"form_key": {strings.Repeat("a", 36)}}
	for _, path := range []string{"/assessment/statements", "/assessment/themes/T10/answer", "/assessment/themes/T10/action"} {
		young.Post(path, key).Want(404)
	}

	all, _, err := l.Statements.List(context.Background(), l.DB.Reader(), access.System("test", access.Assessment), assessment.Query{})
	if err != nil {
		t.Fatal(err)
	}
	own := "/assessment/statements/" + all[0].ID
	l.SignIn(access.Manager, "council").Get(own).Want(200).Has("Riverside Police, night sergeant")
	for _, path := range []string{own, own + "/correct"} {
		l.SignIn(access.Manager, "police").Get(path).Want(404)
		young.Get(path).Want(404)
	}
	l.SignIn(access.Manager, "police").Post(own+"/correct", key).Want(404)
}

func TestNothingSaidYet(t *testing.T) {
	l := apptest.New(t)
	c := l.SignIn(access.Manager, "council")
	p := c.Get("/assessment").Want(200).Has("Nobody has been asked yet").Has("takes one day")
	for _, href := range []string{"/assessment/sheet.csv", "/assessment/sheet.xlsx", "/assessment/statements/new", "/loads/new"} {
		if p.Doc.Find(`main a[href="`+href+`"]`).Length() != 1 {
			t.Errorf("no way to %s", href)
		}
	}
	c.Get("/assessment/statements").Want(200).Has("There is no statement yet.")
	c.Get("/assessment/sheet").Want(200).Has("Write down a first statement")
	c.Get("/assessment/compare").Want(200).Has("There is no second assessment yet")
	c.Get("/assessment/themes/T10").Want(200).Has("Nobody has been asked yet.")
}

func TestTheCaptureSheetIsRecognised(t *testing.T) {
	l := apptest.New(t)
	c := l.SignIn(access.Manager, "council")
	line := "02/11/2026,1,Hill School,Head,T9; T10,They wait at the gate,seen,the gate,now,high,nobody,no,,no,no,\n"
	got := load(t, l, "council", c.Get("/assessment/sheet.csv").Want(200).Body+line)
	if got.Profile != "statements" || got.Taken != 1 || got.Refused != 0 {
		t.Errorf("the filled CSV sheet was read as %s: %d taken, %d refused", got.Profile, got.Taken, got.Refused)
	}
	book, err := excelize.OpenReader(strings.NewReader(c.Get("/assessment/sheet.xlsx").Want(200).Body))
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range strings.Split(strings.TrimSuffix(line, "\n"), ",") {
		cell, err := excelize.CoordinatesToCellName(i+1, 2)
		if err == nil {
			err = book.SetCellStr("Statements", cell, v)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if err := book.Write(&b); err != nil {
		t.Fatal(err)
	}
	scope := access.Scope{Account: "test", Agency: "council", Purpose: access.Assessment}
	x, err := l.Intake.Load(context.Background(), scope, intake.Input{Name: "sheet.xlsx", File: bytes.NewReader(b.Bytes()), Size: int64(b.Len()), Agency: "council", Basis: "own", Identified: true})
	if err != nil || x.Profile != "statements" || x.Taken != 1 || x.Refused != 0 {
		t.Errorf("the filled workbook was read as %+v (%v)", x, err)
	}
}

var statement = url.Values{"day-day": {"2"}, "day-month": {"11"}, "day-year": {"2026"}, "slot": {"5"}, "agency": {"Test school"}, "role": {"Form tutor"}, "words": {"Adults wait at the gate at three"},
	"themes": {"T9", "T10"}, "basis": {"seen"}, "confidence": {"high"}, "place": {"Marlow Gate"}, "reported": {"yes"}, "reported_where": {"To the front door in May"}}

func with(v url.Values, kv ...string) url.Values {
	out := url.Values{}
	for k, x := range v {
		out[k] = x
	}
	for i := 0; i < len(kv); i += 2 {
		out.Set(kv[i], kv[i+1])
	}
	return out
}

func TestWritingAStatementDown(t *testing.T) {
	l := apptest.New(t)
	c := l.SignIn(access.Practitioner, "school")
	const page = "/assessment/statements/new"
	c.Get(page).Want(200).Has("Read by: every member of every agency").Has("Test school alone")

	for _, x := range []struct {
		name   string
		values url.Values
		want   string
	}{
		{"no words", with(statement, "words", ""), "Write what was said"},
		{"no basis", with(statement, "basis", ""), "Say how they know"},
		{"a day to come", with(statement, "day-day", "23"), "The day of the interview must be today or earlier"},
		{"another agency, not said which", with(statement, "agency", "another"), "Write which agency"},
		{"an agency and another", with(statement, "other", "Marlow Buses"), "leave this empty"},
		{"a theme that is not there", with(statement, "themes", "T99"), "Choose from the answers shown"},
		{"a name", with(statement, "words", "Jordan Merrow is met at the gate"), "Look at these words before they are kept “Jordan Merrow” looks like a person’s name"},
		{"a number", with(statement, "who_else", "ring 07700 900123"), "“07700 900123” looks like a telephone number"},
		{"blame", with(statement, "words", "She puts herself at risk: a lifestyle choice"), "“lifestyle choice” puts on the child what was done to them. Say instead: what the child is made or led to do"},
	} {
		t.Run(x.name, func(t *testing.T) {
			p := c.Submit(page, "", x.values).Want(422).Has(x.want)
			if x.values.Get("words") != "" && p.Text("#words") != x.values.Get("words") {
				t.Errorf("what was typed is lost: %q", p.Text("#words"))
			}
		})
	}
	count := func() int {
		n, err := database.One(context.Background(), l.DB.Reader(), database.Value[int], "SELECT count(*) FROM statement")
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := count(); n != 0 {
		t.Fatalf("%d statements were kept from forms that were not right", n)
	}

	t.Run("a doubt is no block", func(t *testing.T) {
		values := with(statement, "words", "Marlow Arms is where they wait")
		p := c.Submit(page, "", values).Want(422).Has("“Marlow Arms”").Has("Keep it as it is")
		values.Set("sure", p.Doc.Find("input[name=sure]").AttrOr("value", ""))
		values.Set("words", "Marlow Arms is where they wait for Jordan Merrow")
		c.Submit(page, "", values).Want(422).Has("“Jordan Merrow”")
		values.Set("words", "Marlow Arms is where they wait")
		c.Submit(page, "", values).Want(303)
		if n := count(); n != 1 {
			t.Errorf("%d statements, want 1", n)
		}
	})

	p := c.Submit(page, "", statement).Want(303)
	if !strings.HasPrefix(p.Location, "/assessment/statements/new?after=") {
		t.Fatalf("after keeping it comes %s", p.Location)
	}
	next := c.Get(p.Location).Want(200).Has("The statement was kept.").Has("2 November 2026, slot 5: Test school, form tutor.")
	for sel, want := range map[string]string{"#slot": "5", "#role": "Form tutor", "#day-day": "2", "#words": "", "#place": ""} {
		got := next.Doc.Find(sel).AttrOr("value", next.Text(sel))
		if got != want {
			t.Errorf("the next form has %q in %s, want %q", got, sel, want)
		}
	}
	if got := next.Doc.Find("#agency option[selected]").AttrOr("value", ""); got != "Test school" {
		t.Errorf("the next form has the agency %q", got)
	}
	if got := l.SignIn(access.Manager, "police").Get(p.Location).Want(200).Doc.Find("#role").AttrOr("value", ""); got != "" {
		t.Errorf("another agency learns the role %q", got)
	}
	all, _, err := l.Statements.List(context.Background(), l.DB.Reader(), access.System("test", access.Assessment), assessment.Query{Theme: "T9"})
	if err != nil || len(all) != 2 {
		t.Fatalf("%d statements on T9 (%v)", len(all), err)
	}
	s := all[1]
	if got := fmt.Sprint(s.Interview, "|", s.Agency, "|", s.Role, "|", s.Words, "|", s.Themes, "|", s.Basis, "|", s.Reported, "|", s.ReportedWhere, "|", s.Owner, "|", s.Day()); got != "2026-11-02 5|Test school|Form tutor|Adults wait at the gate at three|[T10 T9]|seen|yes|To the front door in May|school|2026-11-02" {
		t.Errorf("kept as %s", got)
	}
}

func TestCorrectingAStatement(t *testing.T) {
	l := apptest.New(t)
	c := l.SignIn(access.Practitioner, "school")
	c.Submit("/assessment/statements/new", "", statement).Want(303)
	all, _, err := l.Statements.List(context.Background(), l.DB.Reader(), access.System("test", access.Assessment), assessment.Query{})
	if err != nil || len(all) != 1 {
		t.Fatal(len(all), err)
	}
	first := "/assessment/statements/" + all[0].ID
	form := c.Get(first + "/correct").Want(200)
	if form.Text("#words") != "Adults wait at the gate at three" || form.Doc.Find("input[name=themes][checked]").Length() != 2 || form.Doc.Find("input[name=basis][checked]").AttrOr("value", "") != "seen" {
		t.Error("the form does not hold the statement")
	}
	stale := url.Values{}
	for k, v := range statement {
		stale[k] = v
	}
	stale.Set("form_key", form.Doc.Find("input[name=form_key]").AttrOr("value", ""))
	done := c.Submit(first+"/correct", "", url.Values{"words": {"Adults wait at the gate at two"}, "themes": {"T9"}}).Want(303)
	p := c.Get(done.Location).Want(200).Has("Adults wait at the gate at two").Has("Themes was “Schools and alternative provision; Care and placements”").Has("Adults wait at the gate at three")
	if p.Doc.Find(".lantern-timeline__item--superseded").Length() != 1 {
		t.Error("the old version is not shown as superseded")
	}
	stale.Set("words", "Mine, written meanwhile")
	lost := c.Post(first+"/correct", stale).Want(409).Has("It now says: “Adults wait at the gate at two”")
	if lost.Text("#words") != "Mine, written meanwhile" {
		t.Errorf("what was typed is lost: %q", lost.Text("#words"))
	}
	done = c.Submit(first+"/correct", "", url.Values{"words": {"Somebody waits"}, "erase": {"yes"}}).Want(303)
	p = c.Get(done.Location).Want(200).Has("Somebody waits").Has(assessment.ErasedWords)
	if strings.Contains(p.Body, "Adults wait") {
		t.Error("erased words are still shown")
	}
}

func TestAnAnswerIsRecordedAndItsHistoryShown(t *testing.T) {
	l := apptest.New(t)
	load(t, l, "council", spoken)
	c := l.SignIn(access.Manager, "police")
	c.Get("/assessment/themes/T10").Want(200).Has("Known to leaders: no").Has("1 row of a sheet").Has("Was it reported?").Has("It was not reported: 2 voices of 2 agencies.")
	page := "/assessment/themes/T10/answer?question=leaders"
	if got := c.Get(page).Doc.Find("input[name=question][checked]").AttrOr("value", ""); got != "leaders" {
		t.Errorf("the question asked for is not chosen: %q", got)
	}
	c.Submit(page, "", url.Values{"answer": {"yes"}}).Want(422).Has("Say where it stands or who said so")
	c.Submit(page, "", url.Values{"answer": {"yes"}, "where": {"Board of 12 November"}}).Want(303)
	p := c.Get("/assessment/themes/T10").Want(200).Has("The answer was kept.").Has("Known to leaders: yes").Has("Board of 12 November").Has("Known to leaders: no").Has("Test community-safety-manager, Test police")
	if p.Doc.Find(".lantern-timeline__item--superseded").Length() != 1 {
		t.Error("the earlier answer is not shown as superseded")
	}
	c.Get("/assessment").Want(200).Has("Known to leaders: yes.")
	n, err := database.One(context.Background(), l.DB.Reader(), database.Value[int], "SELECT count(*) FROM audit_entry WHERE subject_kind = 'theme' AND subject = 'T10' AND act = 'alteration'")
	if err != nil || n != 1 {
		t.Errorf("%d audit lines of the answer (%v)", n, err)
	}
}

func TestAThemeBecomesAnAction(t *testing.T) {
	l := apptest.New(t)
	load(t, l, "council", spoken)
	c := l.SignIn(access.Manager, "council")
	c.Get("/assessment/themes/T10").Want(200).Has("No action has been set.").Has("Walk them home")
	page := "/assessment/themes/T10/action"
	form := c.Get(page).Want(200)
	if got := form.Doc.Find("#title").AttrOr("value", ""); got != "Agree what we do about care and placements" {
		t.Errorf("title %q", got)
	}
	if got := form.Text("#why"); !strings.HasPrefix(got, "Staff in 3 of 4 interviews, from 2 agencies, say a children's home") {
		t.Errorf("why %q", got)
	}
	if got := c.Get(page+"?title=Walk+them+home").Doc.Find("#title").AttrOr("value", ""); got != "Walk them home" {
		t.Errorf("a suggestion's title is %q", got)
	}
	owner := l.Cast[apptest.Address(access.Practitioner, "police")].ID
	due := url.Values{"assignee": {owner}, "due_on-day": {"4"}, "due_on-month": {"12"}, "due_on-year": {"2026"}}
	c.Submit(page, "", with(due, "due_on-year", "2025")).Want(422).Has("The date must be today or later")
	c.Submit(page, "", with(due, "assignee", l.Cast[apptest.Address(access.Subject, "police")].ID)).Want(422)
	done := c.Submit(page, "", due).Want(303)
	if done.Location != "/assessment/themes/T10#actions" {
		t.Errorf("then comes %s", done.Location)
	}
	p := c.Get("/assessment/themes/T10").Want(200).Has("1 action is open, 0 overdue.").Has("Agree what we do about care and placements").Has("4 December 2026")
	href := p.Doc.Find("#actions-table a").First().AttrOr("href", "")
	if back := l.SignIn(access.Practitioner, "police").Get(href).Want(200); back.Doc.Find(`main a[href="/assessment/themes/T10"]`).Length() != 1 {
		t.Error("the action does not lead back to its theme")
	}
}

func TestTheBlindSpotsAsFiles(t *testing.T) {
	l := apptest.New(t)
	load(t, l, "council", spoken)
	c := l.SignIn(access.Analyst, "council")
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(c.Get("/assessment/blind-spots.csv").Want(200).Body, "\ufeff"))).ReadAll()
	if err != nil || len(rows) != 3 {
		t.Fatalf("%d rows (%v), want a header and two themes", len(rows), err)
	}
	if got := strings.Join(rows[1][:10], "|"); got != "T10|Care and placements|3|2|3|4|Not known|0|No|No" {
		t.Errorf("the first theme is %s", got)
	}
	book, err := excelize.OpenReader(strings.NewReader(c.Get("/assessment/blind-spots.xlsx").Want(200).Body))
	if err != nil {
		t.Fatal(err)
	}
	cells, err := book.GetRows("By agency")
	if err != nil || fmt.Sprint(cells) != "[[Theme Riverside Police] [Care and placements 2]]" {
		t.Errorf("by agency: %v (%v)", cells, err)
	}
	n, err := database.One(context.Background(), l.DB.Reader(), database.Value[int], "SELECT count(*) FROM audit_entry WHERE subject_kind = 'blind-spots' AND act = 'disclosure'")
	if err != nil || n != 2 {
		t.Errorf("%d audit lines for two files (%v)", n, err)
	}
}

func TestTwoAssessmentsSideBySide(t *testing.T) {
	l := apptest.New(t)
	load(t, l, "council", spoken)
	c := l.SignIn(access.Manager, "care")
	c.Get("/assessment/compare").Want(200).Has("The interviews of November 2026 are the first.").Has("around May 2027")
	load(t, l, "council", sheetHeader+"2026-04-02,1,Riverside Police,Sergeant,T10,Cars,seen,high,no,,,,\n2026-04-03,1,Hill School,Head,T10,Cars,seen,high,no,,,,\n")
	p := c.Get("/assessment/compare").Want(200).Has("1 theme is newly spoken of since the assessment of April 2026, and 0 are no longer; 1 is in both.")
	if got := p.Text("#compare tbody tr:first-child"); got != "Care and placements 2 of 2 3 of 4 2, then 2 2, then 3" && !strings.Contains(p.Text("#compare"), "2 of 23 of 42, then 22, then 3") {
		t.Errorf("the table says %q", p.Text("#compare"))
	}
	c.Get("/assessment").Want(200).Has("Beside the last assessment")
}
