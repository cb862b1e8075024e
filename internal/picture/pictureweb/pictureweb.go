// Package pictureweb holds the home page, the nine questions' own pages that no other room has yet, the paper
// and its signing, and the few pages about Lantern itself.
package pictureweb

import (
	"bytes"
	"context"
	"embed"
	"fmt"
	"net/http"
	"strings"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/figure"
	"lantern.example/lantern/internal/picture"
	"lantern.example/lantern/internal/report"
	"lantern.example/lantern/internal/web"
	"lantern.example/lantern/internal/work"
)

//go:embed templates
var embedded embed.FS

var files = web.Files(embedded)

// Pages are the pages.
type Pages struct {
	Site    *web.Site
	Rooms   *picture.Rooms
	Papers  *picture.Papers
	Work    *work.Store
	Version string
	// Signed records a signature in the audit log, within its transaction.
	Signed func(ctx context.Context, tx *database.Tx, s access.Scope, paper string) error
	// Outside records that a paper left the building as a file.
	Outside func(ctx context.Context, s access.Scope, paper string) error
	// Own is the home page of a young person: what is held about them.
	Own web.Handler
	// Licences are the attribution lines of the boundaries in use.
	Licences func(ctx context.Context) ([]string, error)
}

// Mount registers the pages.
func (p *Pages) Mount(rt *web.Router) {
	rt.Get("/{$}", web.Everyone, p.home)
	rt.Get("/worked", web.Members, p.worked)
	rt.Get("/tackle", web.Members, p.tackle)
	rt.Get("/papers", web.Members, p.papers)
	rt.Post("/papers", web.Members, p.make)
	rt.Get("/papers/{id}", web.Members, p.paper)
	rt.Get("/papers/{id}/report.html", web.Members, p.file)
	rt.Get("/papers/{id}/tables.xlsx", web.Members, p.tables)
	rt.Post("/papers/{id}/sign", web.Only(access.Manager, access.Chair), p.sign)
	rt.Get("/start", web.Public, p.start)
	rt.Get("/help", web.Public, p.help)
	rt.Get("/accessibility", web.Public, p.accessibility)
	rt.Get("/about", web.Public, p.about)
}

type question struct {
	figure.Finding
	Text  string
	First bool
}

type homeView struct {
	web.Page
	Questions []question
	Paper     *paperCard
	Work      string
	Office    bool // administrators and information officers: no case, no question
}

type paperCard struct {
	Title, Words, Href string
	Sign               bool
}

var homePage = web.NewTemplate[homeView](files, "home.html")

// roomsOf is where each question's page is; "" when the viewer's role has none.
func hrefFor(f figure.Finding, s access.Scope) string {
	switch f.Question {
	case "who-is-harmed":
		if !web.Casework.Met(&web.Viewer{Scope: s}) {
			return ""
		}
	case "how-do-we-tackle-it":
		return "/tackle"
	}
	return f.Href
}

func (p *Pages) home(w http.ResponseWriter, r *http.Request) error {
	s := web.ScopeOf(r)
	v := &homeView{}
	v.Title = "What we know"
	switch s.Role {
	case access.Subject:
		return p.Own(w, r)
	case access.Administrator, access.InfoOfficer:
		v.Title, v.Office = "Your part of Lantern", true
	}
	pic, err := p.Rooms.Shown(r.Context(), s)
	if err != nil {
		return err
	}
	for i, q := range figure.Questions {
		f := pic.Finding(q.Key)
		f.Href = hrefFor(f, s)
		v.Questions = append(v.Questions, question{f, q.Text, i == 0})
	}
	if len(v.Questions) > 0 && !v.Office {
		v.Lead = v.Questions[0].Sentence
		if v.Questions[0].Refused {
			v.Lead = ""
		}
	}
	c, err := p.Work.Counts(r.Context(), p.Site.DB.Reader(), s, work.Query{}, clock.Today(p.Site.Clock))
	if err != nil {
		return err
	}
	v.Work = workWords(c)
	if v.Paper, err = p.card(r.Context(), s); err != nil {
		return err
	}
	return web.Show(p.Site, w, r, homePage, v, web.Read{Kind: "picture", Words: "home: nine questions, counts only"})
}

func workWords(c work.Counts) string {
	if c.Open == 0 {
		return "No action is open."
	}
	words := fmt.Sprintf("%d actions are open, each with one name and one date", c.Open)
	if c.Open == 1 {
		words = "One action is open, with one name and one date"
	}
	switch {
	case c.Overdue == 1:
		words += "; one is overdue"
	case c.Overdue > 1:
		words += fmt.Sprintf("; %d are overdue", c.Overdue)
	}
	return words + "."
}

func (p *Pages) card(ctx context.Context, s access.Scope) (*paperCard, error) {
	list, err := p.Papers.List(ctx, p.Site.DB.Reader(), s, 1)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	x := list[0]
	c := &paperCard{Title: x.Title, Href: "/papers/" + x.ID, Sign: picture.MaySign(s, x)}
	if x.State == "draft" {
		c.Words = fmt.Sprintf("The paper of %s is ready to sign: nine questions, every figure with its base.", web.ShowDate(clock.FromMicros(x.MadeAt).In(clock.London())))
	} else {
		c.Words = fmt.Sprintf("The last paper was signed by %s on %s.", x.SignedByName, web.ShowDate(clock.FromMicros(*x.SignedAt).In(clock.London())))
	}
	return c, nil
}

type questionView struct {
	web.Page
	Finding  figure.Finding
	Asks     []string
	Tables   []*web.Table
	Sections []section
}

type section struct{ Heading, Text, Base, Href, Link string }

var questionPage = web.NewTemplate[questionView](files, "question.html")

func (p *Pages) ask(r *http.Request, key string) (*picture.Picture, *questionView, error) {
	pic, err := p.Rooms.Shown(r.Context(), web.ScopeOf(r))
	if err != nil {
		return nil, nil, err
	}
	v := &questionView{Finding: pic.Finding(key)}
	for _, q := range figure.Questions {
		if q.Key == key {
			v.Title = q.Text
		}
	}
	v.Lead = v.Finding.Sentence
	if v.Finding.Refused {
		v.Asks = picture.Asks(key)
	}
	v.Crumbs = []web.Link{{Text: "What we know", Href: "/"}}
	return pic, v, nil
}

func (p *Pages) worked(w http.ResponseWriter, r *http.Request) error {
	_, v, err := p.ask(r, "did-it-work")
	if err != nil {
		return err
	}
	return web.Render(p.Site, w, r, questionPage, v)
}

func (p *Pages) tackle(w http.ResponseWriter, r *http.Request) error {
	pic, v, err := p.ask(r, "how-do-we-tackle-it")
	if err != nil {
		return err
	}
	if !pic.Finding("how-do-we-tackle-it").Refused {
		v.Sections = append(v.Sections, section{Heading: "What practitioners say works", Text: "Their own words, by theme.", Href: "/assessment/themes/T19", Link: "Read what was said"})
	}
	v.Sections = append(v.Sections, section{Heading: "What has been agreed", Text: "Each action has one name and one date.", Href: "/actions", Link: "See the actions"})
	return web.Render(p.Site, w, r, questionPage, v)
}

type papersView struct {
	web.Page
	Table *web.Table
	Form  *web.Form
}

var papersPage = web.NewTemplate[papersView](files, "papers.html")

func (p *Pages) papers(w http.ResponseWriter, r *http.Request) error {
	list, err := p.Papers.List(r.Context(), p.Site.DB.Reader(), web.ScopeOf(r), 100)
	if err != nil {
		return err
	}
	v := &papersView{Form: p.Site.NewForm("/papers", "Make today's paper")}
	v.Title = "Papers"
	v.Table = &web.Table{Caption: "Papers", Columns: []web.Column{{Label: "Paper"}, {Label: "State"}, {Label: "Made"}, {Label: "Signed"}}, Empty: "No paper has been made yet."}
	drafts := 0
	for _, x := range list {
		state := web.Tag{Text: "Issued", Colour: "green"}
		signed := ""
		if x.State == "draft" {
			state = web.Tag{Text: "Draft", Colour: "yellow"}
			drafts++
		} else if x.SignedAt != nil {
			signed = x.SignedByName + ", " + web.ShowDate(*x.SignedAt)
		}
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{{Text: x.Title, Href: "/papers/" + x.ID, Hidden: "of " + web.ShowDate(x.MadeAt)}, {Tag: &state}, {Text: web.ShowDate(x.MadeAt), Sub: "by " + x.MadeByName}, {Text: signed}}})
	}
	switch {
	case len(list) == 0:
		v.Lead = "No paper has been made yet."
	case drafts == 1:
		v.Lead = "One paper waits for a signature."
	case drafts > 1:
		v.Lead = fmt.Sprintf("%d papers wait for a signature.", drafts)
	default:
		v.Lead = "Every paper has been signed."
	}
	return web.Render(p.Site, w, r, papersPage, v)
}

func (p *Pages) make(w http.ResponseWriter, r *http.Request) error {
	f := p.Site.NewForm("/papers", "")
	if err := f.Read(w, r); err != nil {
		return err
	}
	s := web.ScopeOf(r)
	pic, err := p.Rooms.Shown(r.Context(), s)
	if err != nil {
		return err
	}
	pic.Lantern = p.Version
	return p.Site.Act(w, r, "The paper was made. Somebody other than you signs it.", func(tx *database.Tx) (string, error) {
		id, err := p.Papers.Make(r.Context(), tx, s, pic)
		return "/papers/" + id, err
	})
}

type paperView struct {
	web.Page
	Doc    *report.Document
	Paper  picture.Paper
	Draft  bool
	Form   *web.Form
	Tables []chapterTables
	Why    string // why the viewer cannot sign
}

type chapterTables struct {
	Chapter report.Chapter
	Tables  []*web.Table
}

var paperPage = web.NewTemplate[paperView](files, "paper.html")

func (p *Pages) document(r *http.Request) (picture.Paper, *report.Document, error) {
	x, err := p.Papers.Get(r.Context(), p.Site.DB.Reader(), web.ScopeOf(r), r.PathValue("id"))
	if err != nil {
		return x, nil, err
	}
	name := ""
	if p.Site.Partnership != nil {
		name = p.Site.Partnership(r.Context())
	}
	var sig *picture.Signature
	if x.SignedAt != nil {
		sig = &picture.Signature{Name: x.SignedByName, On: clock.FromMicros(*x.SignedAt).In(clock.London())}
	}
	d, err := x.Picture.Document(name, x.MadeByName, sig)
	if err == nil && p.Licences != nil {
		var lines []string
		if lines, err = p.Licences(r.Context()); err == nil {
			d.Licences = append(d.Licences, lines...)
		}
	}
	return x, d, err
}

func (p *Pages) signForm(x picture.Paper) *web.Form {
	f := p.Site.NewForm("/papers/"+x.ID+"/sign", "Sign and issue",
		&web.Field{Name: "words", Label: "What you checked", Hint: "One line that stands with your name: which figures you checked and with whom.", Kind: web.TextArea, Rows: 2, Max: 500, Required: "Say what you checked"},
		&web.Field{Name: "sure", Label: "Before you sign", Kind: web.Checkboxes, Required: "Confirm that you have read it", Options: []web.Option{{Value: "yes", Label: "I have read this paper, and it names nobody"}}})
	f.Ver = x.Ver
	return f
}

func (p *Pages) showPaper(w http.ResponseWriter, r *http.Request, status int, form *web.Form) error {
	x, d, err := p.document(r)
	if err != nil {
		return err
	}
	v := &paperView{Doc: d, Paper: x, Draft: x.State == "draft", Form: form}
	v.Title = x.Title
	v.Crumbs = []web.Link{{Text: "What we know", Href: "/"}, {Text: "Papers", Href: "/papers"}}
	s := web.ScopeOf(r)
	if v.Form == nil && picture.MaySign(s, x) {
		v.Form = p.signForm(x)
	}
	if v.Form != nil {
		v.HasErrors = !v.Form.Valid()
	}
	if v.Draft && v.Form == nil {
		v.Why = "A community safety manager or panel chair who did not make it signs it."
	}
	for _, c := range append(append([]report.Chapter{}, d.Chapters...), d.Annexes...) {
		t := chapterTables{Chapter: c}
		for _, x := range c.Tables {
			t.Tables = append(t.Tables, table(x))
		}
		v.Tables = append(v.Tables, t)
	}
	return web.RenderStatus(p.Site, w, r, status, paperPage, v)
}

func table(t report.Table) *web.Table {
	out := &web.Table{Caption: t.Caption, Base: t.Base}
	if t.More > 0 {
		out.Base = strings.TrimSpace(out.Base + fmt.Sprintf(" %d more rows are in the workbook.", t.More))
	}
	for i, h := range t.Header {
		out.Columns = append(out.Columns, web.Column{Label: h, Numeric: i < len(t.Numeric) && t.Numeric[i]})
	}
	for _, r := range t.Rows {
		row := web.Row{}
		for _, c := range r {
			row.Cells = append(row.Cells, web.Cell{Text: c})
		}
		out.Rows = append(out.Rows, row)
	}
	return out
}

func (p *Pages) paper(w http.ResponseWriter, r *http.Request) error {
	return p.showPaper(w, r, http.StatusOK, nil)
}

func (p *Pages) sign(w http.ResponseWriter, r *http.Request) error {
	s := web.ScopeOf(r)
	x, err := p.Papers.Get(r.Context(), p.Site.DB.Reader(), s, r.PathValue("id"))
	if err != nil {
		return err
	}
	f := p.signForm(x)
	if err := f.Read(w, r); err != nil {
		return err
	}
	if !f.Valid() {
		return p.showPaper(w, r, http.StatusUnprocessableEntity, f)
	}
	return p.Site.Act(w, r, "The paper is signed and issued.", func(tx *database.Tx) (string, error) {
		if err := p.Papers.Sign(r.Context(), tx, s, x.ID, f.Ver, f.Value("words")); err != nil {
			return "", err
		}
		return "/papers/" + x.ID, p.Signed(r.Context(), tx, s, x.ID)
	})
}

func (p *Pages) file(w http.ResponseWriter, r *http.Request) error {
	return p.download(w, r, "report.html", "text/html; charset=utf-8", func(b *bytes.Buffer, _ picture.Paper, d *report.Document) error { return d.WriteHTML(b) })
}

func (p *Pages) tables(w http.ResponseWriter, r *http.Request) error {
	return p.download(w, r, "tables.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", func(b *bytes.Buffer, x picture.Paper, _ *report.Document) error {
		return x.Picture.WriteTables(b, nil)
	})
}

func (p *Pages) download(w http.ResponseWriter, r *http.Request, name, kind string, write func(*bytes.Buffer, picture.Paper, *report.Document) error) error {
	x, d, err := p.document(r)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := write(&b, x, d); err != nil {
		return err
	}
	if err := p.Outside(r.Context(), web.ScopeOf(r), x.ID); err != nil {
		return err
	}
	web.Download(w, name, kind, time.UnixMicro(x.MadeAt), b.Bytes())
	return nil
}

type plainView struct {
	web.Page
	Version string
}

var (
	startPage         = web.NewTemplate[plainView](files, "start.html")
	helpPage          = web.NewTemplate[plainView](files, "help.html")
	accessibilityPage = web.NewTemplate[plainView](files, "accessibility.html")
	aboutPage         = web.NewTemplate[plainView](files, "about.html")
)

func (p *Pages) plain(w http.ResponseWriter, r *http.Request, t *web.Template[plainView, *plainView], title string) error {
	v := &plainView{Version: p.Version}
	v.Title = title
	return web.Render(p.Site, w, r, t, v)
}

func (p *Pages) start(w http.ResponseWriter, r *http.Request) error {
	return p.plain(w, r, startPage, "Start with your own area")
}
func (p *Pages) help(w http.ResponseWriter, r *http.Request) error {
	return p.plain(w, r, helpPage, "Help and methods")
}
func (p *Pages) accessibility(w http.ResponseWriter, r *http.Request) error {
	return p.plain(w, r, accessibilityPage, "Accessibility")
}
func (p *Pages) about(w http.ResponseWriter, r *http.Request) error {
	return p.plain(w, r, aboutPage, "About this Lantern")
}
