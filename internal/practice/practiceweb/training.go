package practiceweb

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/content/contentweb"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/practice"
	"lantern.example/lantern/internal/practice/course"
	"lantern.example/lantern/internal/practice/markdown"
	"lantern.example/lantern/internal/web"
)

// Who sets up sessions, and who carries their agency's training records in and out.
var (
	trainers = web.Only(course.Trainers...)
	carriers = web.Only(course.Keepers...)
)

func (p *Pages) mountTraining(rt *web.Router) {
	rt.Get("/hub/training", web.Members, p.training)
	rt.Get("/hub/training/board", web.Members, p.board)
	rt.Get("/hub/training/board.csv", web.Members, p.boardFile)
	rt.Get("/hub/training/records", carriers, p.records)
	rt.Post("/hub/training/records", carriers, p.recordsIn)
	rt.Get("/hub/training/records.csv", carriers, p.recordsOut)
	rt.Get("/hub/training/sessions", web.Members, p.sessions)
	rt.Get("/hub/training/sessions/new", trainers, p.sessionForm)
	rt.Post("/hub/training/sessions", trainers, p.addSession)
	rt.Get("/hub/training/sessions/{id}", web.Members, p.session)
	rt.Post("/hub/training/sessions/{id}/book", web.Members, p.book)
	rt.Post("/hub/training/sessions/{id}/leave", web.Members, p.leave)
	rt.Post("/hub/training/sessions/{id}/register", trainers, p.register)
	rt.Post("/hub/training/sessions/{id}/cancel", trainers, p.cancel)
	rt.Get("/hub/course/{code}/pages/{n}", web.Members, p.coursePage)
	rt.Post("/hub/course/{code}/pages/{n}", web.Members, p.courseNext)
	rt.Get("/hub/course/{code}/quiz", web.Members, p.quiz)
	rt.Post("/hub/course/{code}/quiz", web.Members, p.mark)
	rt.Get("/hub/course/{code}/answers", web.Members, p.answers)
	rt.Get("/hub/certificates/{id}", web.Members, p.certificate)
	rt.Get("/certificates", web.Public, p.verify)
}

var trainingCrumb = web.Link{Text: "Training", Href: "/hub/training"}

var standTags = map[course.Stand]*web.Tag{course.Missing: {Text: "To do", Colour: "yellow"}, course.Expired: {Text: "Run out", Colour: "red"}, course.Running: {Text: "Runs out soon", Colour: "yellow"}, course.Held: {Text: "Done", Colour: "green"}}

func coursesToDo(all []course.Status, role access.Role) (n int) {
	for _, s := range all {
		if s.Course.RequiredOf(role) && (s.Stand == course.Missing || s.Stand == course.Expired) {
			n++
		}
	}
	return n
}

func (p *Pages) training(w http.ResponseWriter, r *http.Request) error {
	ctx, scope, viewer := r.Context(), web.ScopeOf(r), web.ViewerOf(r)
	all, err := p.Courses.Statuses(ctx, p.q(), scope)
	if err != nil {
		return err
	}
	progress, err := p.Courses.Mine(ctx, p.q(), scope)
	if err != nil {
		return err
	}
	_, broken, err := p.Courses.List(ctx, p.q(), scope)
	if err != nil {
		return err
	}
	v := &listView{}
	v.Title, v.Crumbs, v.Wide = "Training", []web.Link{hub}, true
	t := &web.Table{ID: "courses", Caption: "Courses", Empty: "There is no course.", Columns: []web.Column{{Label: "Course"}, {Label: "For you"}, {Label: "Where you are"}, {Label: "Minutes", Numeric: true}}}
	required := 0
	for _, s := range all {
		need := web.Cell{Text: "If you like"}
		if s.Course.RequiredOf(scope.Role) {
			required++
			need.Text = "Your role needs it"
		}
		if s.Course.Gate == "panel" {
			need.Sub = "Opens sitting on a panel"
		}
		where := web.Cell{Tag: standTags[s.Stand]}
		at := progress[s.Course.Code]
		switch {
		case s.Last != nil && s.Stand != course.Missing:
			where.Href, where.Text = "/hub/certificates/"+s.Last.ID, "Certificate"
			where.Sub = "Done " + web.ShowDate(s.Last.PassedOn)
			if s.Last.ExpiresOn != "" {
				where.Sub += ", until " + web.ShowDate(s.Last.ExpiresOn)
			}
		case at.Page >= len(s.Course.Pages):
			where.Sub = "All pages read; the quiz is left"
		case at.Page > 0:
			where.Sub = fmt.Sprintf("%d of %d pages read", at.Page, len(s.Course.Pages))
		}
		if s.Stand == course.Missing && !s.Course.RequiredOf(scope.Role) {
			where.Tag = nil
		}
		name := web.Cell{Text: s.Course.Title, Href: s.Course.Href(), Sub: s.Course.Summary()}
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{name, need, where, {Text: strconv.Itoa(s.Course.Minutes)}}})
	}
	switch todo := coursesToDo(all, scope.Role); {
	case required == 0:
		v.Lead = "Your role needs no course."
	case todo == 0:
		v.Lead = "You have done every course your role needs: " + web.ShowNumber(required) + " of " + web.ShowNumber(required) + "."
	default:
		v.Lead = web.ShowNumber(todo) + " of " + plural(required, "course that your role needs is", "courses that your role needs are") + " still to do."
	}
	if len(broken) > 0 {
		v.Notice = "These courses cannot be taken until somebody mends their text: " + strings.Join(broken, "; ") + "."
	}
	v.Tables = []listPart{{Table: t}}
	v.Links = []web.Link{{Text: "Sessions in a room", Href: "/hub/training/sessions"}, {Text: "Completion by agency, for the board", Href: "/hub/training/board"}, {Text: "Check a certificate", Href: "/certificates"}}
	if carriers.Met(viewer) {
		v.Links = append(v.Links, web.Link{Text: "Training records in and out", Href: "/hub/training/records"})
	}
	if keepers.Met(viewer) {
		v.Links = append(v.Links, web.Link{Text: "Write a course", Href: "/hub/course/new"})
	}
	return web.Render(p.Site, w, r, listPage, v)
}

// ---- taking a course ----

// courseStart is a course's own page: what it is, where the reader is in it.
func (p *Pages) courseStart(w http.ResponseWriter, r *http.Request) error {
	ctx, scope := r.Context(), web.ScopeOf(r)
	k, _ := practice.KindOf(practice.Course)
	e, err := p.Library.Get(ctx, p.q(), scope, practice.Course, r.PathValue("code"))
	if err != nil {
		return err
	}
	v, err := p.whole(r, k, e)
	if err != nil {
		return err
	}
	c, err := course.Read(e.Item)
	if err != nil {
		v.Notice = "It cannot be taken until somebody mends its text: " + wordsOf(err)
		return web.Render(p.Site, w, r, itemPage, v)
	}
	progress, err := p.Courses.Mine(ctx, p.q(), scope)
	if err != nil {
		return err
	}
	at := progress[c.Code].Page
	t := &web.Table{ID: "pages", Caption: "Pages", Columns: []web.Column{{Label: "Page"}, {Label: "Read"}}}
	for i, x := range c.Pages {
		row := []web.Cell{{Text: fmt.Sprintf("%d. %s", i+1, x.Title)}, {}}
		if i <= at {
			row[0].Href = pageHref(c, i+1)
		}
		if i < at {
			row[1].Tag = &web.Tag{Text: "Read", Colour: "green"}
		}
		t.Rows = append(t.Rows, web.Row{Cells: row})
	}
	v.Tables = append([]*web.Table{t}, v.Tables...)
	var names []string
	for _, role := range c.Required {
		names = append(names, labelOf(k.Field("required").Options, string(role)))
	}
	v.Rows = append(v.Rows, web.SummaryRow{Key: "How long", Value: plural(c.Minutes, "minute", "minutes") + ", " + plural(len(c.Pages), "page", "pages") + ", " + plural(len(c.Quiz), "question", "questions")})
	if len(names) > 0 {
		v.Rows = append(v.Rows, web.SummaryRow{Key: "Needed by", Value: strings.Join(names, ", ")})
	}
	if c.Months > 0 {
		v.Rows = append(v.Rows, web.SummaryRow{Key: "It lasts", Value: plural(c.Months, "month", "months")})
	}
	if c.Gate == "panel" {
		v.Rows = append(v.Rows, web.SummaryRow{Key: "It opens", Value: "Sitting on a panel"})
	}
	start := web.Link{Text: "Start", Href: pageHref(c, 1)}
	switch {
	case at >= len(c.Pages) && len(c.Quiz) > 0:
		start = web.Link{Text: "Take the quiz", Href: c.Href() + "/quiz"}
	case at > 0 && at < len(c.Pages):
		start = web.Link{Text: "Go on with page " + strconv.Itoa(at+1), Href: pageHref(c, at+1)}
	}
	v.Buttons = append([]web.Link{start}, v.Buttons...)
	return web.Render(p.Site, w, r, itemPage, v)
}

func wordsOf(err error) string {
	words, _ := fault.Words(err)
	return words
}

func pageHref(c course.Course, n int) string { return c.Href() + "/pages/" + strconv.Itoa(n) }

type coursePageView struct {
	web.Page
	Course string
	Where  string
	Draft  string // what is not confirmed
	AsAt   string
	Source string
	Blocks []markdown.Block
	Next   *web.Form
	Back   string
}

var coursePagePage = web.NewTemplate[coursePageView](files, "course.html")

// atPage is a course and the page asked for; pages are read in order, so one beyond the next does not open.
func (p *Pages) atPage(r *http.Request) (course.Course, int, error) {
	c, err := p.Courses.Get(r.Context(), p.q(), web.ScopeOf(r), r.PathValue("code"))
	if err != nil {
		return c, 0, err
	}
	n, err := strconv.Atoi(r.PathValue("n"))
	if err != nil || n < 1 || n > len(c.Pages) {
		return c, 0, fault.NoSuch()
	}
	return c, n, nil
}

func (p *Pages) coursePage(w http.ResponseWriter, r *http.Request) error {
	c, n, err := p.atPage(r)
	if err != nil {
		return err
	}
	progress, err := p.Courses.Mine(r.Context(), p.q(), web.ScopeOf(r))
	if err != nil {
		return err
	}
	if at := progress[c.Code].Page; n > at+1 {
		http.Redirect(w, r, pageHref(c, at+1), http.StatusSeeOther)
		return nil
	}
	x := c.Pages[n-1]
	v := &coursePageView{Course: c.Title, Where: fmt.Sprintf("page %d of %d", n, len(c.Pages)), Draft: c.Unconfirmed(), AsAt: practice.AsAtWords(c.AsAt()), Source: c.Source(), Blocks: prose(x.Text, 1)}
	v.Title, v.Crumbs = x.Title, []web.Link{hub, trainingCrumb, {Text: c.Title, Href: c.Href()}}
	submit := "Next: " + "the quiz"
	switch {
	case n < len(c.Pages):
		submit = "Next: " + c.Pages[n].Title
	case len(c.Quiz) == 0:
		submit = "Finish"
	}
	v.Next = p.Site.NewForm(pageHref(c, n), submit)
	if n > 1 {
		v.Back = pageHref(c, n-1)
	}
	return web.Render(p.Site, w, r, coursePagePage, v)
}

func (p *Pages) courseNext(w http.ResponseWriter, r *http.Request) error {
	c, n, err := p.atPage(r)
	if err != nil {
		return err
	}
	if err := p.Site.NewForm("", "").Read(w, r); err != nil {
		return err
	}
	return p.Site.Act(w, r, "", func(tx *database.Tx) (string, error) {
		to := c.Href()
		switch {
		case n < len(c.Pages):
			to = pageHref(c, n+1)
		case len(c.Quiz) > 0:
			to = c.Href() + "/quiz"
		}
		return to, p.Courses.Reach(r.Context(), tx, web.ScopeOf(r), c, n)
	})
}

func (p *Pages) quizForm(r *http.Request) (course.Course, *web.Form, error) {
	c, err := p.Courses.Get(r.Context(), p.q(), web.ScopeOf(r), r.PathValue("code"))
	if err != nil {
		return c, nil, err
	}
	if len(c.Quiz) == 0 {
		return c, nil, fault.NoSuch()
	}
	f := p.Site.NewForm(c.Href()+"/quiz", "Answer")
	for i, q := range c.Quiz {
		x := &web.Field{Name: "q" + strconv.Itoa(i+1), Label: fmt.Sprintf("%d. %s", i+1, q.Words), Kind: web.Radios, Required: "Choose an answer to question " + strconv.Itoa(i+1)}
		for j, a := range q.Answers {
			x.Options = append(x.Options, web.Option{Value: strconv.Itoa(j), Label: a.Words})
		}
		f.Fields = append(f.Fields, x)
	}
	f.Cancel = c.Href()
	return c, f, nil
}

func (p *Pages) quizView(c course.Course, f *web.Form) *contentweb.FormView {
	return contentweb.NewFormView("Quiz: "+c.Title, fmt.Sprintf("%d of %d right answers finish the course. You can try as often as you like; a wrong answer says why.", c.Needed(), len(c.Quiz)), f, hub, trainingCrumb, web.Link{Text: c.Title, Href: c.Href()})
}

func (p *Pages) quiz(w http.ResponseWriter, r *http.Request) error {
	c, f, err := p.quizForm(r)
	if err != nil {
		return err
	}
	progress, err := p.Courses.Mine(r.Context(), p.q(), web.ScopeOf(r))
	if err != nil {
		return err
	}
	if at := progress[c.Code].Page; at < len(c.Pages) {
		http.Redirect(w, r, pageHref(c, at+1), http.StatusSeeOther)
		return nil
	}
	return web.Render(p.Site, w, r, contentweb.FormPage, p.quizView(c, f))
}

// mark marks a quiz: enough right answers finish the course; else the page comes back with what to think about at each wrong one.
func (p *Pages) mark(w http.ResponseWriter, r *http.Request) error {
	c, f, err := p.quizForm(r)
	if err != nil {
		return err
	}
	if err := f.Read(w, r); err != nil {
		return err
	}
	v := p.quizView(c, f)
	if !f.Valid() {
		v.HasErrors = true
		return web.RenderStatus(p.Site, w, r, http.StatusUnprocessableEntity, contentweb.FormPage, v)
	}
	chosen := make([]int, len(c.Quiz))
	for i := range c.Quiz {
		if chosen[i], err = strconv.Atoi(f.Value("q" + strconv.Itoa(i+1))); err != nil {
			return err
		}
	}
	right := c.Mark(chosen)
	if right >= c.Needed() {
		return p.Site.Act(w, r, fmt.Sprintf("You have finished the course: %d of %d right.", right, len(c.Quiz)), func(tx *database.Tx) (string, error) {
			pass, _, err := p.Courses.Answers(r.Context(), tx, web.ScopeOf(r), c, chosen)
			return "/hub/certificates/" + pass.ID, err
		})
	}
	if err := p.Site.DB.Write(r.Context(), func(tx *database.Tx) error {
		_, _, err := p.Courses.Answers(r.Context(), tx, web.ScopeOf(r), c, chosen)
		return err
	}); err != nil {
		return err
	}
	for i, q := range c.Quiz {
		if a := q.Answers[chosen[i]]; !a.Right {
			why := a.Why
			if why == "" {
				why = "Not this one."
			}
			f.Fail("q"+strconv.Itoa(i+1), fmt.Sprintf("Question %d: %s", i+1, why))
		}
	}
	v.HasErrors = true
	v.Lead = fmt.Sprintf("%d of %d are right; %d are needed. Read what stands at the others, and try again.", right, len(c.Quiz), c.Needed())
	f.Key = p.Site.IDs.New()
	return web.RenderStatus(p.Site, w, r, http.StatusUnprocessableEntity, contentweb.FormPage, v)
}

// answers shows the quiz with its right answers, to whoever has finished the course.
func (p *Pages) answers(w http.ResponseWriter, r *http.Request) error {
	c, err := p.Courses.Get(r.Context(), p.q(), web.ScopeOf(r), r.PathValue("code"))
	if err != nil {
		return err
	}
	passes, err := p.Courses.Passes(r.Context(), p.q(), web.ScopeOf(r))
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(passes, func(x course.Pass) bool { return x.Course == c.Code }) {
		return fault.NoSuch()
	}
	v := &listView{}
	v.Title, v.Lead, v.Crumbs = "Answers: "+c.Title, "What was right, and why.", []web.Link{hub, trainingCrumb, {Text: c.Title, Href: c.Href()}}
	t := &web.Table{ID: "answers", Caption: "Questions", Empty: "This course has no quiz.", Columns: []web.Column{{Label: "Question"}, {Label: "Right"}, {Label: "Why"}}}
	for _, q := range c.Quiz {
		a := q.Answers[q.Right()]
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{{Text: q.Words}, {Text: a.Words}, {Text: a.Why}}})
	}
	v.Tables = []listPart{{Table: t}}
	return web.Render(p.Site, w, r, listPage, v)
}

type certificateView struct {
	web.Page
	Name    string
	Rows    []web.SummaryRow
	Form    *web.Filter
	Links   []web.Link
	Checked bool
	Holds   bool
}

var certificatePage = web.NewTemplate[certificateView](files, "certificate.html")

func passRows(x course.Pass) []web.SummaryRow {
	rows := []web.SummaryRow{{Key: "Course", Value: x.Title}, {Key: "Finished", Value: web.ShowDate(x.PassedOn)}, {Key: "Holds until", Value: web.ShowDate(x.ExpiresOn)}, {Key: "Code", Value: course.ShowCode(x.Code)}}
	if x.ExpiresOn == "" {
		rows[2].Value = "It does not run out"
	}
	return rows
}

func (p *Pages) certificate(w http.ResponseWriter, r *http.Request) error {
	x, err := p.Courses.Own(r.Context(), p.q(), web.ScopeOf(r), r.PathValue("id"))
	if err != nil {
		return err
	}
	v := &certificateView{Name: web.ViewerOf(r).Name, Rows: passRows(x)}
	v.Title, v.Lead = "Certificate", v.Name+" finished “"+x.Title+"” on "+web.ShowDate(x.PassedOn)+"."
	v.Crumbs = []web.Link{hub, trainingCrumb}
	how := map[string]string{"quiz": "By the quiz", "room": "In a session, on its register", "file": "In another training system"}[x.How]
	if x.Score != nil && x.OutOf != nil {
		how += fmt.Sprintf(": %d of %d right", *x.Score, *x.OutOf)
	}
	v.Rows = append(v.Rows, web.SummaryRow{Key: "How", Value: how})
	v.Links = []web.Link{{Text: "How others check it: the code alone, without your name", Href: "/certificates?code=" + course.ShowCode(x.Code)}, {Text: "The questions and their answers", Href: "/hub/course/" + url.PathEscape(x.Course) + "/answers"}}
	return web.Render(p.Site, w, r, certificatePage, v)
}

// verify answers anybody who has a code with the course and its dates. It never says whose it is.
func (p *Pages) verify(w http.ResponseWriter, r *http.Request) error {
	l := web.ReadList(r, nil, "", false, "code")
	v := &certificateView{Form: l.NewFilter(&web.Field{Name: "code", Label: "Code on the certificate", Kind: web.TextInput, Width: "20"})}
	v.Title, v.Lead = "Check a certificate", "Enter the code. The answer is the course and its dates; whose it is stands on the paper alone."
	if code := l.Filters["code"]; code != "" {
		x, err := p.Courses.Verify(r.Context(), p.q(), code)
		v.Checked = true
		switch {
		case fault.Is(err, fault.NotFound):
			v.Lead = "There is no certificate with this code."
		case err != nil:
			return err
		case !x.Holds(p.today()):
			v.Lead, v.Rows = "This certificate has run out.", passRows(x)
		default:
			v.Lead, v.Holds, v.Rows = "This certificate holds.", true, passRows(x)
		}
	}
	return web.Render(p.Site, w, r, certificatePage, v)
}

// ---- for the board ----

func (p *Pages) matrix(r *http.Request) (course.Matrix, map[string]string, error) {
	members, err := p.Partnership.Members(r.Context(), p.q())
	if err != nil {
		return course.Matrix{}, nil, err
	}
	names := map[string]string{}
	var codes []string
	for _, a := range members {
		names[a.Code] = a.Name
		codes = append(codes, a.Code)
	}
	m, err := p.Courses.Board(r.Context(), p.q(), web.ScopeOf(r), codes)
	return m, names, err
}

func (p *Pages) board(w http.ResponseWriter, r *http.Request) error {
	m, names, err := p.matrix(r)
	if err != nil {
		return err
	}
	v := &listView{}
	v.Title, v.Crumbs, v.Wide = "Training by agency", []web.Link{hub, trainingCrumb}, true
	t := &web.Table{ID: "board", Caption: "Members who hold each course, of those whose role needs it", Grid: true, Empty: "No agency has been entered yet.", Columns: []web.Column{{Label: "Agency"}},
		Base: "Counted from open accounts on " + web.ShowDate(p.today()) + ". A course counts while it has not run out. “–” where no role there needs it."}
	for _, c := range m.Courses {
		t.Columns = append(t.Columns, web.Column{Label: c.Title, Numeric: true})
	}
	whole, agencies, half := 0, 0, []string(nil)
	for _, code := range m.Agencies {
		row := []web.Cell{{Text: names[code]}}
		done, of := 0, 0
		for _, c := range m.Cells[code] {
			done, of = done+c.Done, of+c.Of
			if c.Of == 0 {
				row = append(row, web.Cell{Text: "–"})
				continue
			}
			row = append(row, web.Cell{Text: fmt.Sprintf("%d of %d", c.Done, c.Of)})
		}
		if of > 0 {
			agencies++
			if done == of {
				whole++
			}
		}
		if n := m.Half[code]; n > 0 {
			row[0].Sub = plural(n, "member is", "members are") + " half way through a course"
			half = append(half, names[code])
		}
		t.Rows = append(t.Rows, web.Row{Cells: row})
	}
	v.Lead = web.ShowNumber(whole) + " of " + plural(agencies, "agency has", "agencies have") + " done every course that is needed."
	if len(half) > 0 && len(half) <= 3 {
		v.Lead += " Half done: " + strings.Join(half, ", ") + "."
	}
	v.Tables = []listPart{{Table: t}}
	v.Links = []web.Link{{Text: "Take this table out as CSV", Href: "/hub/training/board.csv"}}
	return web.Render(p.Site, w, r, listPage, v)
}

func (p *Pages) boardFile(w http.ResponseWriter, r *http.Request) error {
	m, names, err := p.matrix(r)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	out := csv.NewWriter(&b)
	_ = out.Write([]string{"agency", "course", "done", "of", "as_at"}) //nolint:errcheck // a buffer takes everything
	for _, code := range m.Agencies {
		for i, c := range m.Courses {
			x := m.Cells[code][i]
			_ = out.Write([]string{safe(names[code]), c.Code, strconv.Itoa(x.Done), strconv.Itoa(x.Of), p.today().Format(clock.ISODate)}) //nolint:errcheck // a buffer takes everything
		}
	}
	out.Flush()
	web.Download(w, "training-by-agency.csv", "text/csv; charset=utf-8", p.Site.Clock.Now(), b.Bytes())
	return nil
}

// safe keeps a spreadsheet from running text as a formula.
func safe(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}

// ---- records in and out ----

func (p *Pages) recordsForm() *web.Form {
	f := p.Site.NewForm("/hub/training/records", "Take the records in", &web.Field{Name: "file", Label: "A CSV file of courses done elsewhere", Kind: web.FileInput, Hint: "First line: email,course,passed_on. The course is its code here, the day as 2026-11-28. All rows are taken or none."})
	f.Multipart, f.Cancel = true, "/hub/training"
	return f
}

func (p *Pages) recordsView(r *http.Request, f *web.Form) (*contentweb.FormView, error) {
	courses, _, err := p.Courses.List(r.Context(), p.q(), web.ScopeOf(r))
	if err != nil {
		return nil, err
	}
	var codes []string
	for _, c := range courses {
		codes = append(codes, c.Code)
	}
	v := contentweb.NewFormView("Training records in and out", "Records of your own agency alone. Codes of courses: "+strings.Join(codes, ", ")+".", f, hub, trainingCrumb)
	v.Older = []contentweb.Older{{Words: "Take your agency’s records out as CSV", Href: "/hub/training/records.csv"}}
	return v, nil
}

func (p *Pages) records(w http.ResponseWriter, r *http.Request) error {
	v, err := p.recordsView(r, p.recordsForm())
	if err != nil {
		return err
	}
	return web.Render(p.Site, w, r, contentweb.FormPage, v)
}

const maxRecords = 1 << 20

func (p *Pages) recordsIn(w http.ResponseWriter, r *http.Request) error {
	f := p.recordsForm()
	sent, err := web.Upload(w, r, "file", maxRecords)
	if err != nil {
		return err
	}
	if err := f.Read(w, r); err != nil {
		return err
	}
	v, err := p.recordsView(r, f)
	if err != nil {
		return err
	}
	if len(sent.Bytes) == 0 {
		f.Fail("file", "Choose a file")
	}
	rows, err := course.ReadFile(sent.Bytes)
	if err != nil {
		f.Fail("file", wordsOf(err))
	}
	return p.answer(w, r, v, f, "The records were taken.", func(tx *database.Tx) (string, error) {
		_, err := p.Courses.Import(r.Context(), tx, web.ScopeOf(r), rows)
		return "/hub/training/board", err
	})
}

func (p *Pages) recordsOut(w http.ResponseWriter, r *http.Request) error {
	var b []byte
	err := p.Site.DB.Write(r.Context(), func(tx *database.Tx) (err error) {
		b, err = p.Courses.Export(r.Context(), tx, web.ScopeOf(r))
		return err
	})
	if err != nil {
		return err
	}
	web.Download(w, "training-records.csv", "text/csv; charset=utf-8", p.Site.Clock.Now(), b)
	return nil
}

// ---- sessions in a room ----

var sessionTags = map[string]*web.Tag{"open": {Text: "Open", Colour: "green"}, "held": {Text: "Held", Colour: "grey"}, "cancelled": {Text: "Cancelled", Colour: "red"}}

func (p *Pages) sessions(w http.ResponseWriter, r *http.Request) error {
	ctx, scope := r.Context(), web.ScopeOf(r)
	all, err := p.Courses.Sessions(ctx, p.q(), p.today().AddDate(0, 0, -90).Format(clock.ISODate))
	if err != nil {
		return err
	}
	booked, err := p.Courses.Booked(ctx, p.q(), scope)
	if err != nil {
		return err
	}
	titles, err := p.courseTitles(r)
	if err != nil {
		return err
	}
	v := &listView{}
	v.Title, v.Crumbs, v.Wide = "Sessions in a room", []web.Link{hub, trainingCrumb}, true
	t := &web.Table{ID: "sessions", Caption: "Sessions", Empty: "No session is planned.", Columns: []web.Column{{Label: "When"}, {Label: "Course"}, {Label: "Where"}, {Label: "Places"}, {Label: "State"}}}
	coming, mine := 0, 0
	for _, s := range all {
		if s.State == "open" && s.OnDay >= p.today().Format(clock.ISODate) {
			coming++
		}
		row := []web.Cell{{Text: web.ShowDate(s.OnDay), Href: "/hub/training/sessions/" + s.ID, Sub: s.AtTime}, {Text: titles[s.Course]}, {Text: s.Place, Sub: s.Trainer}, {Text: fmt.Sprintf("%d of %d taken", s.Booked, s.Places)}, {Tag: sessionTags[s.State]}}
		if booked[s.ID] {
			mine++
			row[4].Sub = "You have a place"
		}
		t.Rows = append(t.Rows, web.Row{Cells: row})
	}
	v.Lead = plural(coming, "session is", "sessions are") + " coming; you have a place in " + web.ShowNumber(mine) + " of those shown."
	v.Tables = []listPart{{Table: t}}
	if trainers.Met(web.ViewerOf(r)) {
		v.Links = []web.Link{{Text: "Set up a session", Href: "/hub/training/sessions/new"}}
	}
	return web.Render(p.Site, w, r, listPage, v)
}

func (p *Pages) courseTitles(r *http.Request) (map[string]string, error) {
	courses, _, err := p.Courses.List(r.Context(), p.q(), web.ScopeOf(r))
	out := map[string]string{}
	for _, c := range courses {
		out[c.Code] = c.Title
	}
	return out, err
}

func (p *Pages) newSession(r *http.Request) (*web.Form, *contentweb.FormView, error) {
	courses, _, err := p.Courses.List(r.Context(), p.q(), web.ScopeOf(r))
	if err != nil {
		return nil, nil, err
	}
	which := &web.Field{Name: "course", Label: "Course", Kind: web.Select, Required: "Choose a course", Options: []web.Option{{Label: "Choose"}}}
	for _, c := range courses {
		which.Options = append(which.Options, web.Option{Value: c.Code, Label: c.Title})
	}
	f := p.Site.NewForm("/hub/training/sessions", "Set it up", which,
		&web.Field{Name: "day", Label: "Day", Kind: web.DateInput, Required: "Enter the day"},
		&web.Field{Name: "time", Label: "Time", Kind: web.TextInput, Width: "10", Max: 20, Required: "Enter the time", Hint: "10:00 to 12:00"},
		&web.Field{Name: "place", Label: "Where", Kind: web.TextInput, Required: "Say where"},
		&web.Field{Name: "trainer", Label: "Who gives it", Kind: web.TextInput, Required: "Say who gives it"},
		&web.Field{Name: "places", Label: "Places", Kind: web.TextInput, Width: "4", Max: 4, Required: "Enter a number"})
	f.Cancel = "/hub/training/sessions"
	return f, contentweb.NewFormView("Set up a session", "Whoever is on its register has finished the course that day.", f, hub, trainingCrumb, web.Link{Text: "Sessions", Href: "/hub/training/sessions"}), nil
}

func (p *Pages) sessionForm(w http.ResponseWriter, r *http.Request) error {
	_, v, err := p.newSession(r)
	if err != nil {
		return err
	}
	return web.Render(p.Site, w, r, contentweb.FormPage, v)
}

func (p *Pages) addSession(w http.ResponseWriter, r *http.Request) error {
	f, v, err := p.newSession(r)
	if err != nil {
		return err
	}
	if err := f.Read(w, r); err != nil {
		return err
	}
	places, perr := strconv.Atoi(f.Value("places"))
	if perr != nil || places < 1 || places > 1000 {
		f.Fail("places", "Enter a whole number from 1 to 1,000")
	}
	return p.answer(w, r, v, f, "The session was set up.", func(tx *database.Tx) (string, error) {
		s, err := p.Courses.AddSession(r.Context(), tx, web.ScopeOf(r), course.Session{Course: f.Value("course"), OnDay: f.Value("day"), AtTime: f.Value("time"), Place: f.Value("place"), Trainer: f.Value("trainer"), Places: places})
		return "/hub/training/sessions/" + s.ID, err
	})
}

type sessionView struct {
	web.Page
	Rows     []web.SummaryRow
	Book     *web.Form
	Register *web.Form
	Cancel   *web.Form
	Booked   *web.Table
}

var sessionPage = web.NewTemplate[sessionView](files, "session.html")

func (p *Pages) sessionView(r *http.Request) (course.Session, *sessionView, error) {
	ctx, scope, viewer := r.Context(), web.ScopeOf(r), web.ViewerOf(r)
	s, err := p.Courses.Session(ctx, p.q(), r.PathValue("id"))
	if err != nil {
		return s, nil, err
	}
	titles, err := p.courseTitles(r)
	if err != nil {
		return s, nil, err
	}
	booked, err := p.Courses.Booked(ctx, p.q(), scope)
	if err != nil {
		return s, nil, err
	}
	v := &sessionView{Rows: []web.SummaryRow{{Key: "When", Value: web.ShowDate(s.OnDay) + ", " + s.AtTime}, {Key: "Where", Value: s.Place}, {Key: "Given by", Value: s.Trainer}, {Key: "Places", Value: fmt.Sprintf("%d of %d taken", s.Booked, s.Places)}, {Key: "State", Tag: sessionTags[s.State]}}}
	v.Title, v.Crumbs = titles[s.Course]+", "+web.ShowDate(s.OnDay), []web.Link{hub, trainingCrumb, {Text: "Sessions", Href: "/hub/training/sessions"}}
	at := "/hub/training/sessions/" + s.ID
	today := p.today().Format(clock.ISODate)
	switch {
	case s.State == "cancelled":
		v.Lead = "This session was called off."
	case s.State == "held":
		v.Lead = plural(s.Booked, "member was", "members were") + " there."
	case booked[s.ID]:
		v.Lead = "You have a place."
		v.Book = p.Site.NewForm(at+"/leave", "Give my place back")
	case s.OnDay < today:
		v.Lead = "It is over; its register is still open."
	case s.Booked >= s.Places:
		v.Lead = "All places are taken."
	default:
		v.Lead = plural(s.Places-s.Booked, "place is", "places are") + " free."
		v.Book = p.Site.NewForm(at+"/book", "Take a place")
	}
	if !trainers.Met(viewer) {
		return s, v, nil
	}
	list, err := p.Courses.Register(ctx, p.q(), scope, s.ID)
	if err != nil {
		return s, nil, err
	}
	names, err := p.Partnership.AgencyNames(ctx, p.q())
	if err != nil {
		return s, nil, err
	}
	v.Booked = &web.Table{ID: "register", Caption: "Register", Empty: "Nobody has a place.", Columns: []web.Column{{Label: "Member"}, {Label: "Agency"}, {Label: "State"}}}
	words := map[string]string{"booked": "Has a place", "present": "Was there", "absent": "Was not there"}
	for _, b := range list {
		v.Booked.Rows = append(v.Booked.Rows, web.Row{Cells: []web.Cell{{Text: b.Name}, {Text: names[b.Agency]}, {Text: words[b.State]}}})
	}
	if s.State == "open" {
		v.Cancel = p.Site.NewForm(at+"/cancel", "Call it off")
		if s.OnDay <= today {
			x := &web.Field{Name: "present", Label: "Who was there?", Kind: web.Checkboxes, Hint: "Whoever is ticked has finished the course."}
			for _, b := range list {
				x.Options = append(x.Options, web.Option{Value: b.Account, Label: b.Name + ", " + names[b.Agency]})
			}
			others, err := p.members(r, func(string) bool { return true })
			if err != nil {
				return s, nil, err
			}
			y := &web.Field{Name: "walked_in", Label: "Somebody who came without a place", Kind: web.Select, Options: append([]web.Option{{Label: "Nobody"}}, others...)}
			v.Register = p.Site.NewForm(at+"/register", "Close the register", x, y)
		}
	}
	return s, v, nil
}

func (p *Pages) session(w http.ResponseWriter, r *http.Request) error {
	_, v, err := p.sessionView(r)
	if err != nil {
		return err
	}
	return web.Render(p.Site, w, r, sessionPage, v)
}

// act does what one of a session's small forms asks.
func (p *Pages) act(w http.ResponseWriter, r *http.Request, said string, do func(tx *database.Tx, id string) error) error {
	if err := p.Site.NewForm("", "").Read(w, r); err != nil {
		return err
	}
	id := r.PathValue("id")
	return p.Site.Act(w, r, said, func(tx *database.Tx) (string, error) { return "/hub/training/sessions/" + id, do(tx, id) })
}

func (p *Pages) book(w http.ResponseWriter, r *http.Request) error {
	return p.act(w, r, "You have a place.", func(tx *database.Tx, id string) error {
		return p.Courses.Book(r.Context(), tx, web.ScopeOf(r), id, true)
	})
}

func (p *Pages) leave(w http.ResponseWriter, r *http.Request) error {
	return p.act(w, r, "Your place was given back.", func(tx *database.Tx, id string) error {
		return p.Courses.Book(r.Context(), tx, web.ScopeOf(r), id, false)
	})
}

func (p *Pages) cancel(w http.ResponseWriter, r *http.Request) error {
	return p.act(w, r, "The session was called off.", func(tx *database.Tx, id string) error {
		return p.Courses.Cancel(r.Context(), tx, web.ScopeOf(r), id)
	})
}

func (p *Pages) register(w http.ResponseWriter, r *http.Request) error {
	s, v, err := p.sessionView(r)
	if err != nil {
		return err
	}
	f := v.Register
	if f == nil {
		return fault.New(fault.Refused, "The register of this session cannot be marked now.")
	}
	if err := f.Read(w, r); err != nil {
		return err
	}
	present := slices.Clone(f.Field("present").Values)
	if x := f.Value("walked_in"); x != "" && !slices.Contains(present, x) {
		present = append(present, x)
	}
	if f.Valid() && len(present) == 0 {
		f.Fail("present", "Tick who was there, or call the session off")
	}
	if !f.Valid() {
		v.HasErrors = true
		return web.RenderStatus(p.Site, w, r, http.StatusUnprocessableEntity, sessionPage, v)
	}
	return p.Site.Act(w, r, "The register was closed.", func(tx *database.Tx) (string, error) {
		return "/hub/training/sessions/" + s.ID, p.Courses.Mark(r.Context(), tx, web.ScopeOf(r), s.ID, present)
	})
}
