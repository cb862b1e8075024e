package practiceweb_test

import (
	"bytes"
	"context"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/app/apptest"
	"lantern.example/lantern/internal/content"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/practice"
	"lantern.example/lantern/internal/web/webtest"
)

func TestTemplates(t *testing.T) { webtest.CheckTemplates(t, "internal/practice/practiceweb/") }

func TestEveryEntryHasAPage(t *testing.T) {
	l := apptest.New(t)
	c, kai := l.SignIn(access.Practitioner, "care"), l.SignIn(access.Subject, "care")
	items, err := practice.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range items {
		p := c.Get("/hub/" + x.Kind + "/" + x.Code).Want(http.StatusOK).Has("As at").Has("Source")
		if draft := p.Doc.Find(".lantern-unconfirmed").Length() == 1; draft != (x.Fields["unconfirmed"] != "") {
			t.Errorf("%s/%s is marked as a draft: %v", x.Kind, x.Code, draft)
		}
		if law := x.Kind == practice.Duty || x.Kind == practice.Power || x.Kind == practice.LawChange; law && !strings.Contains(p.Text("main"), "no legal advice") {
			t.Errorf("%s/%s does not say that it is no legal advice", x.Kind, x.Code)
		}
	}
	for _, path := range []string{"/hub", "/hub/practice", "/hub/approaches", "/hub/approaches/mentoring", "/hub/law", "/hub/templates", "/hub/training", "/hub/training/board", "/hub/training/sessions", "/hub/ask", "/hub/questions", "/hub/answers"} {
		c.Get(path).Want(http.StatusOK)
		kai.Get(path).Want(http.StatusNotFound)
	}
	for _, path := range []string{"/hub/upkeep", "/hub/strengths", "/hub/practice/new", "/hub/duty/equality/edit", "/hub/duty/equality/confirm", "/hub/duty/equality/keeper", "/hub/duty/equality/review", "/hub/training/records", "/hub/training/records.csv", "/hub/training/sessions/new", "/hub/nothing/here", "/hub/practice/no-such", "/hub/template/found-child/adopt?agency=police"} {
		c.Get(path).Want(http.StatusNotFound)
	}
}

func TestTheSearchPage(t *testing.T) {
	l := apptest.New(t)
	c := l.SignIn(access.SchoolLead, "school")
	p := c.Get("/hub?q=cunch").Want(http.StatusOK).Has("also finds: county lines")
	if got := p.Text(".lantern-result:first-child h2"); !strings.Contains(got, "county lines") {
		t.Errorf("cunch finds %q first", got)
	}
	p = c.Get("/hub?q=cuckooing&kind=definition").Want(http.StatusOK)
	if got := p.Doc.Find(".lantern-result a").First().AttrOr("href", ""); got != "/definitions/cuckooing" {
		t.Errorf("the definitions with cuckooing begin with %q", got)
	}
	c.Get("/hub?q=zzzzqqq").Want(http.StatusOK).Has("Nothing in the hub has these words")
	c.Get("/hub?q=%3Cscript%3Ealert(1)%3C/script%3E&kind=nope").Want(http.StatusOK)
	// A definition that is written is found at once.
	m := l.SignIn(access.Manager, "council")
	m.Submit("/definitions/new", "/definitions", url.Values{"term": {"Wobblegong"}, "code": {"wobblegong"}, "wording": {"A thing nobody knew."}, "source": {"us"}}).Want(http.StatusSeeOther)
	c.Get("/hub?q=wobblegong").Want(http.StatusOK).Has("Wobblegong")
}

func TestAnEntryIsWrittenPreviewedPublishedAndBroughtBack(t *testing.T) {
	l := apptest.New(t)
	m, c := l.SignIn(access.Manager, "council"), l.SignIn(access.Practitioner, "care")
	at := "/hub/duty/equality"
	r := m.Submit(at+"/edit", at+"/edit", url.Values{"arrangement": {"We meet.\n\n<img src=x onerror=alert(1)> and [a link](javascript:alert(1)) and **strong**."}, "why": {"ours"}}).Want(http.StatusSeeOther)
	m.Get(r.Location).Want(http.StatusOK).Has("See this version as it will look")
	p := m.Get(at + "/preview?v=2").Want(http.StatusOK).Has("as it will look").Has("We meet.")
	if p.Doc.Find("main img, main [onerror], main a[href^='javascript']").Length() > 0 || p.Doc.Find(".lantern-prose strong").Text() != "strong" {
		t.Errorf("Markdown made of the preview: %s", p.Text("main"))
	}
	if strings.Contains(c.Get(at).Text("main"), "We meet.") {
		t.Error("a draft is shown to members")
	}
	c.Get(at + "/preview?v=2").Want(http.StatusNotFound)
	m.Submit(r.Location, at+"/publish", nil).Want(http.StatusSeeOther)
	c.Get(at).Want(http.StatusOK).Has("We meet.")
	m.Submit(at+"/versions?v=1", at+"/publish", nil).Want(http.StatusSeeOther)
	if strings.Contains(c.Get(at).Text("main"), "We meet.") {
		t.Error("after going back the new words are still shown")
	}
	// What cannot be read is refused at its field.
	for name, v := range map[string]url.Values{"a date that is none": {"as_at": {"soon"}}, "no source": {"source": {""}}} {
		if p := m.Submit(at+"/edit", at+"/edit", v); p.Status != http.StatusUnprocessableEntity {
			t.Errorf("%s: status %d", name, p.Status)
		}
	}
	course := "/hub/course/using-lantern"
	m.Submit(course+"/edit", course+"/edit", url.Values{"quiz": {"? Only a question"}}).Want(http.StatusUnprocessableEntity).Has("exactly one of them right")
	m.Submit("/hub/practice/mentoring/edit", "/hub/practice/mentoring/edit", url.Values{"evidence": {"4"}}).Want(http.StatusUnprocessableEntity).Has("A rating needs who rated it")
	m.Submit("/hub/synonyms/field/edit", "/hub/synonyms/field/edit", url.Values{"groups": {"terms,source\nalone,x"}}).Want(http.StatusUnprocessableEntity).Has("at least two")

	// All of it goes out as one file, and comes in as drafts.
	out := m.Get("/content/file").Want(http.StatusOK)
	f, err := content.ReadFile([]byte(out.Body))
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]int{}
	for _, i := range f.Items {
		kinds[i.Kind]++
	}
	for _, k := range practice.Kinds {
		if kinds[k.Code] == 0 {
			t.Errorf("the file holds no %s", k.Many)
		}
	}
}

func TestConfirmingOnAPage(t *testing.T) {
	l := apptest.New(t)
	m, c := l.SignIn(access.InfoOfficer, "council"), l.SignIn(access.Practitioner, "care")
	at := "/hub/power/cuckooing-offence"
	c.Get(at).Has("Draft: not confirmed")
	m.Submit(at+"/confirm", at+"/confirm", nil).Want(http.StatusUnprocessableEntity).Has("Say what you checked it against")
	m.Submit(at+"/confirm", at+"/confirm", url.Values{"against": {"The Act as published"}}).Want(http.StatusSeeOther)
	p := c.Get(at).Want(http.StatusOK).Has("Version 2, by Test information-officer, Test council").Has("The Act as published")
	if p.Doc.Find(".lantern-unconfirmed").Length() != 0 {
		t.Error("once confirmed it is still marked as a draft")
	}
	m.Get(at + "/confirm").Want(http.StatusNotFound)
	c.Get("/hub/law-change/crime-and-policing-act-2026").Has("Test information-officer, 22 November 2026")

	// Somebody looks after it and is reminded on their list.
	m.Submit(at+"/keeper", at+"/keeper", url.Values{"account": {l.Cast[apptest.Address(access.Practitioner, "care")].ID}}).Want(http.StatusSeeOther)
	c.Get(at + "/review").Want(http.StatusOK)
	m.Submit(at+"/review", at+"/review", url.Values{"next-day": {"1"}, "next-month": {"12"}, "next-year": {"2026"}}).Want(http.StatusSeeOther)
	if got := c.Get("/work").Text("main"); !strings.Contains(got, "Look at “Taking over somebody's home") {
		t.Errorf("My work does not remind: %s", got)
	}
}

func TestArrangementsOnAPage(t *testing.T) {
	l := apptest.New(t)
	c, m := l.SignIn(access.Practitioner, "care"), l.SignIn(access.Manager, "council")
	at := "/hub/template/escalation"
	adopt := at + "/adopt?agency=care"
	c.Submit(adopt, adopt, url.Values{"name": {""}}).Want(http.StatusUnprocessableEntity)
	c.Submit(adopt, adopt, url.Values{"name": {"The head"}}).Want(http.StatusSeeOther)
	m.Submit(at+"/adopt?agency=police", at+"/adopt?agency=police", url.Values{"name": {"C. Supt Hale"}}).Want(http.StatusSeeOther)
	c.Get(at).Has("2 of 4 agencies work to version 1").Has("C. Supt Hale")
	c.Get(at + "/end?agency=police").Want(http.StatusNotFound)
	c.Submit(at+"/end?agency=care", at+"/end?agency=care", url.Values{"why": {"too soon"}}).Want(http.StatusSeeOther)
	c.Get("/hub/templates").Has("1 of 4")
}

func TestACourseFromItsFirstPageToItsCertificate(t *testing.T) {
	l := apptest.New(t)
	c := l.SignIn(access.Practitioner, "care")
	at := "/hub/course/language-that-does-not-blame"
	c.Get("/work").Has("courses that your role needs")
	c.Get(at).Want(http.StatusOK).Has("Start")
	if r := c.Get(at + "/pages/3"); r.Status != http.StatusSeeOther || r.Location != at+"/pages/1" {
		t.Errorf("page 3 first: %d to %q, want page 1", r.Status, r.Location)
	}
	if r := c.Get(at + "/quiz"); r.Status != http.StatusSeeOther {
		t.Errorf("the quiz first: %d", r.Status)
	}
	c.Get(at + "/answers").Want(http.StatusNotFound)
	page := at + "/pages/1"
	for n := 0; strings.Contains(page, "/pages/") && n < 20; n++ {
		page = c.Submit(page, "", nil).Want(http.StatusSeeOther).Location
	}
	if page != at+"/quiz" {
		t.Fatalf("the pages end at %q, want the quiz", page)
	}
	c.Submit(page, "", nil).Want(http.StatusUnprocessableEntity).Has("Choose an answer to question 1")
	e, err := l.Library.Get(context.Background(), l.DB.Reader(), access.System("test", access.Upkeep), practice.Course, "language-that-does-not-blame")
	if err != nil {
		t.Fatal(err)
	}
	right, wrong := url.Values{}, url.Values{}
	q, a := 0, 0
	for _, line := range strings.Split(e.Field("quiz"), "\n") {
		key := "q" + string(rune('0'+q))
		switch {
		case strings.HasPrefix(line, "? "):
			q, a = q+1, 0
		case strings.HasPrefix(line, "+ "):
			right.Set(key, string(rune('0'+a)))
			a++
		case strings.HasPrefix(line, "- "):
			wrong.Set(key, string(rune('0'+a)))
			a++
		}
	}
	p := c.Submit(page, "", wrong).Want(http.StatusUnprocessableEntity).Has("0 of 5 are right; 4 are needed")
	if got := p.Doc.Find(".govuk-error-message").Length(); got != 5 {
		t.Errorf("%d questions say why they are wrong, want 5", got)
	}
	r := c.Submit(page, "", right).Want(http.StatusSeeOther)
	cert := c.Get(r.Location).Want(http.StatusOK).Has("Test practitioner").Has("5 of 5 right")
	l.SignIn(access.Practitioner, "police").Get(r.Location).Want(http.StatusNotFound)
	c.Get(at + "/answers").Want(http.StatusOK).Has("Her words, as she said them")
	href := cert.Doc.Find("main a[href^='/certificates']").AttrOr("href", "")
	check := l.Anonymous().Get(href).Want(http.StatusOK).Has("This certificate holds.").Has("Language that does not blame")
	if strings.Contains(check.Body, "Test practitioner") || strings.Contains(check.Body, "care") && strings.Contains(check.Text("main"), "care") {
		t.Error("checking a certificate tells whose it is")
	}
	l.Anonymous().Get("/certificates?code=AAAA-BBBB-CCCC-DDDD").Want(http.StatusOK).Has("There is no certificate with this code.")
	l.Anonymous().Get("/certificates").Want(http.StatusOK)
	c.Get("/hub/training/board").Has("Test care1 of 4")
	if got := c.Get("/hub/training/board.csv").Want(http.StatusOK).Body; !strings.Contains(got, "Test care,language-that-does-not-blame,1,") {
		t.Errorf("the board's file says %s", got)
	}
}

func TestSessionsAndRecordsOnPages(t *testing.T) {
	l := apptest.New(t)
	m, c := l.SignIn(access.Manager, "council"), l.SignIn(access.Practitioner, "care")
	list := "/hub/training/sessions"
	form := url.Values{"course": {"using-lantern"}, "day-day": {"22"}, "day-month": {"11"}, "day-year": {"2026"}, "time": {"10:00"}, "place": {"Hall"}, "trainer": {"T"}, "places": {"0"}}
	m.Submit(list+"/new", list, form).Want(http.StatusUnprocessableEntity).Has("Enter a whole number")
	form.Set("places", "5")
	at := m.Submit(list+"/new", list, form).Want(http.StatusSeeOther).Location
	c.Submit(at, at+"/book", nil).Want(http.StatusSeeOther)
	c.Get("/work").Has("Training session, 10:00")
	if p := c.Get(at).Want(http.StatusOK).Has("You have a place."); p.Doc.Find("#register").Length() != 0 {
		t.Error("a practitioner sees the register")
	}
	c.Post(at+"/register", url.Values{}).Want(http.StatusNotFound)
	m.Submit(at, at+"/register", nil).Want(http.StatusUnprocessableEntity).Has("Tick who was there")
	m.Submit(at, at+"/register", url.Values{"present": {l.Cast[apptest.Address(access.Practitioner, "care")].ID}}).Want(http.StatusSeeOther)
	c.Get("/hub/training").Has("Certificate")

	send := func(body string) *apptest.Reply {
		p := m.Get("/hub/training/records").Want(http.StatusOK)
		var b bytes.Buffer
		w := multipart.NewWriter(&b)
		_ = w.WriteField("form_key", p.Doc.Find("input[name=form_key]").AttrOr("value", ""))
		part, err := w.CreateFormFile("file", "training.csv")
		if err != nil {
			t.Fatal(err)
		}
		_, _ = part.Write([]byte(body))
		_ = w.Close()
		req, err := http.NewRequest(http.MethodPost, l.Server.URL+"/hub/training/records", &b)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", w.FormDataContentType())
		return m.Send(req)
	}
	send("name,what\n").Want(http.StatusUnprocessableEntity).Has("must begin with the line")
	send("email,course,passed_on\nnobody@x.example,using-lantern,2026-01-01\n").Want(http.StatusUnprocessableEntity).Has("Row 1")
	send("email,course,passed_on\n" + apptest.Address(access.Analyst, "council") + ",using-lantern,2026-01-01\n").Want(http.StatusSeeOther)
	if got := m.Get("/hub/training/records.csv").Want(http.StatusOK).Body; !strings.Contains(got, "using-lantern,2026-01-01,,file") {
		t.Errorf("out came %s", got)
	}
}

func TestTheDesk(t *testing.T) {
	l := apptest.New(t)
	c, m, other := l.SignIn(access.Practitioner, "care"), l.SignIn(access.Manager, "care"), l.SignIn(access.Practitioner, "police")
	if err := l.DB.Write(context.Background(), func(tx *database.Tx) error { // one manager, for the question to go to
		for _, a := range apptest.Agencies {
			if a != "care" {
				if err := l.App.Accounts.Disable(context.Background(), tx, l.Cast[apptest.Address(access.Manager, a)].ID); err != nil {
					return err
				}
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	p := c.Submit("/hub/ask", "/hub/ask", url.Values{"words": {"Must a child consent to an NRM referral?"}}).Want(http.StatusOK).Has("Is it here already?")
	if got := p.Doc.Find(".lantern-result a").First().AttrOr("href", ""); got != "/hub/answer/section-45-and-nrm" {
		t.Errorf("the nearest answer is %q", got)
	}
	c.Submit("/hub/ask", "/hub/ask", url.Values{"words": {""}}).Want(http.StatusUnprocessableEntity)
	send := func(words string) *apptest.Reply {
		p := c.Submit("/hub/ask", "/hub/ask", url.Values{"words": {words}})
		v := url.Values{"words": {words}, "theme": {""}, "form_key": {p.Doc.Find("main form[action='/hub/questions'] input[name=form_key]").AttrOr("value", "")}}
		return c.Post("/hub/questions", v)
	}
	send("What do I do about a boy at SW1A 1AA?").Want(http.StatusUnprocessableEntity).Has("a postcode")
	at := send("How do we tell a parent about the panel?").Want(http.StatusSeeOther).Location
	c.Get(at).Want(http.StatusOK).Has("It waits for Test community-safety-manager")
	other.Get(at).Want(http.StatusNotFound)
	if strings.Contains(other.Get("/hub/questions").Text("main"), "tell a parent") {
		t.Error("somebody else's list shows the question")
	}
	other.Get("/hub/questions").Has("1 question waits")
	m.Get("/work").Has("How do we tell a parent about the panel?")
	c.Post(at+"/answer", url.Values{"answer": {"x"}}).Want(http.StatusNotFound)
	m.Submit(at, at+"/answer", url.Values{"answer": {"**Kindly.**"}}).Want(http.StatusSeeOther)
	c.Get(at).Has("It was answered by")
	c.Get(at + "/publish").Want(http.StatusNotFound)
	pub := url.Values{"title": {"How do we tell a parent?"}, "summary": {"Kindly."}, "source": {"Practice"}, "question": {"Ring 07700 900123?"}, "looked": {"yes"}}
	m.Submit(at+"/publish", at+"/publish", pub).Want(http.StatusUnprocessableEntity).Has("a telephone number")
	pub.Set("question", "How?")
	pub.Del("looked")
	m.Submit(at+"/publish", at+"/publish", pub).Want(http.StatusUnprocessableEntity).Has("lead to nobody")
	pub.Set("looked", "yes")
	to := m.Submit(at+"/publish", at+"/publish", pub).Want(http.StatusSeeOther).Location
	other.Get(to).Want(http.StatusOK).Has("Kindly.")
	other.Get("/hub?q=tell+parent").Has("How do we tell a parent?")
}

// TestContentThatCannotBeRead holds that what a file brought in and somebody published unread stops its own page from being of use, and no other.
func TestContentThatCannotBeRead(t *testing.T) {
	l := apptest.New(t)
	m := l.SignIn(access.Manager, "council")
	by := access.Scope{Account: "x", Name: "Somebody", Agency: "council", Role: access.Manager}
	if err := l.DB.Write(context.Background(), func(tx *database.Tx) error {
		for _, k := range []content.Key{{Kind: practice.Synonyms, Code: "broken"}, {Kind: practice.Toolkit, Code: "broken"}, {Kind: practice.Course, Code: "broken"}} {
			if _, err := l.Content.Save(context.Background(), tx, by, k, 0, content.Text{Title: "Broken " + k.Kind, Fields: map[string]string{"groups": "x", "ratings": "x", "quiz": "x", "pages": "x"}}, ""); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for path, says := range map[string]string{"/hub": "", "/hub?q=cunch": "county lines", "/hub/approaches": "Mentoring", "/hub/practice/mentoring": "", "/hub/training": "cannot be taken until somebody mends", "/hub/upkeep": "Broken", "/work": "",
		"/hub/synonyms/broken": "cannot be read", "/hub/toolkit/broken": "cannot be read", "/hub/course/broken": "cannot be taken"} {
		m.Get(path).Want(http.StatusOK).Has(says)
	}
}

// TestMarkdownOnThePage holds that whatever stands in an entry, its page has no element or attribute of the text's own making.
func TestMarkdownOnThePage(t *testing.T) {
	l := apptest.New(t)
	m := l.SignIn(access.Manager, "council")
	text := strings.Join([]string{"<script>alert(1)</script>", "[x](javascript:alert(1))", "[\"onmouseover=alert(1)](/a\"b)", "![i](https://x.example/a.png)", "| <b>a</b> | b |\n|---|---|\n| <svg onload=alert(1)> | [l](data:text/html,x) |", "> <iframe src=//x>", "- <style>*{}</style>", "## <a href=//x>h</a>", "`<i>code</i>`", "[ok](https://www.legislation.gov.uk/x)"}, "\n\n")
	at := m.Submit("/hub/answer/new", "/hub/answer", url.Values{"title": {"T"}, "summary": {"<b>s</b>"}, "question": {"<i>q</i>"}, "body": {text}, "source": {"<u>x</u>"}, "as_at": {"2026"}}).Want(http.StatusSeeOther).Location
	p := m.Get(strings.Replace(at, "/versions?v=", "/preview?v=", 1)).Want(http.StatusOK)
	main := p.Doc.Find("main .lantern-prose, main dl, main h1, main .lantern-finding")
	if n := main.Find("script, img, svg, iframe, style, b, i, u").Length(); n != 0 {
		t.Errorf("%d elements of the text's own are on the page", n)
	}
	for _, n := range main.Find("*").Nodes {
		for _, a := range n.Attr {
			if strings.HasPrefix(a.Key, "on") || a.Key == "style" {
				t.Errorf("<%s> has %s=%q", n.Data, a.Key, a.Val)
			}
			if a.Key == "href" && n.Type == html.ElementNode && !strings.HasPrefix(a.Val, "/") && !strings.HasPrefix(a.Val, "#") && !strings.HasPrefix(a.Val, "https://") {
				t.Errorf("a link leads to %q", a.Val)
			}
		}
	}
}
