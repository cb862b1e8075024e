package lineweb

import (
	"fmt"
	"net/http"
	"strings"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fact"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/line"
	"lantern.example/lantern/internal/web"
)

type showView struct {
	web.Page
	Path      string
	Summary   []web.SummaryRow
	History   []web.TimelineItem
	MayChange bool
	IsOpen    bool
	Why       []web.Link
	// IsIntelligence says that it has, or waits for, a grade.
	IsIntelligence bool
}

var showPage = web.NewTemplate[showView](files, "show.html")

func (p *Pages) show(w http.ResponseWriter, r *http.Request) error {
	ctx, q, scope := r.Context(), p.Site.DB.Reader(), web.ScopeOf(r)
	l, err := p.Lines.Get(ctx, q, scope, r.PathValue("id"))
	if err != nil {
		return err
	}
	history, err := p.Lines.History(ctx, q, scope, l.ID)
	if err != nil {
		return err
	}
	v := &showView{Path: "/lines/" + l.ID, MayChange: l.Owner == scope.Agency && web.Casework.Met(web.ViewerOf(r)), IsOpen: l.State == line.Open}
	v.Title, v.Lead, v.Crumbs = l.Brand, finding(l), []web.Link{{Text: "How far does it reach?", Href: "/lines"}}
	readers := "every member of the partnership"
	if v.IsIntelligence = access.Class(l.Class) == access.Intelligence; v.IsIntelligence {
		readers = p.Agency(ctx, l.Owner) + ", and agencies that a live agreement lets read its intelligence"
		if !access.Unconditional(l.Grade, access.Intelligence) {
			readers = p.Agency(ctx, l.Owner) + ", and nobody else: no agreement carries intelligence that is not graded or was given under a condition"
		}
	}
	v.Summary = []web.SummaryRow{
		{Key: "From", Value: l.Origin}, {Key: "To", Value: l.Impacted}, {Key: "Base", Value: or(l.Base, "Not known")},
		{Key: "First seen", Value: web.ShowDate(l.FirstSeen)}, {Key: "Last seen", Value: web.ShowDate(l.LastSeen)}, {Key: "State", Value: state(l)},
	}
	if l.Return != nil {
		v.Summary = append(v.Summary, web.SummaryRow{Key: "The base was used again by", Value: l.Return.Brand, Href: "/lines/" + l.Return.ID, Lines: []string{fmt.Sprintf("%d days after this line closed", l.Return.Days)}})
	}
	if l.Follows != nil {
		v.Summary = append(v.Summary, web.SummaryRow{Key: "Before it, at the same base", Value: l.Follows.Brand, Href: "/lines/" + l.Follows.ID, Lines: []string{fmt.Sprintf("closed %d days before this one was first seen", l.Follows.Days)}})
	}
	if v.IsIntelligence {
		v.Summary = append(v.Summary, gradeRow(l.Grade))
	}
	if l.Notes != "" {
		v.Summary = append(v.Summary, web.SummaryRow{Key: "Notes", Value: l.Notes})
	}
	v.Summary = append(v.Summary, web.SummaryRow{Key: "Whose record", Value: p.Agency(ctx, l.Owner)}, web.SummaryRow{Key: "Who may read this", Value: readers})
	v.Why = p.Site.Whys(ctx, scope, []access.Record{access.Of(l.Fact)})
	words := map[string]string{"added": "Recorded", "closed": "Closed", "reopened": "Opened again", "graded": "Graded"}
	for i := len(history) - 1; i >= 0; i-- {
		c := history[i]
		v.History = append(v.History, web.TimelineItem{Title: words[c.What], When: web.ShowDate(c.At), By: c.ByName, Text: c.Words})
	}
	return web.Show(p.Site, w, r, showPage, v, web.Read{Kind: "line", Subject: l.ID, Owners: []string{l.Owner}, Words: "line and its history"})
}

func gradeRow(grade string) web.SummaryRow {
	g, err := fact.ParseGrade(grade)
	if err != nil || grade == "" {
		return web.SummaryRow{Key: "Grade", Value: "Not graded yet"}
	}
	return web.SummaryRow{Key: "Grade", Value: g.String(), Lines: []string{g.Words() + ".", g.HandlingWords()}}
}

func state(l line.Line) string {
	if l.State == line.Open {
		return "Open"
	}
	return "Closed on " + web.ShowDate(l.ClosedOn) + ": " + lower(l.Closure.Words())
}

func lower(s string) string {
	if s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}

// finding is the first sentence of a line's page.
func finding(l line.Line) string {
	s := fmt.Sprintf("From %s to %s, seen from %s to %s.", l.Origin, l.Impacted, web.ShowDate(l.FirstSeen), web.ShowDate(l.LastSeen))
	switch {
	case l.Return != nil:
		return line.Finding([]line.Line{l})
	case l.Follows != nil:
		return fmt.Sprintf("It began at the base of the %s line %d days after that one closed. %s", l.Follows.Brand, l.Follows.Days, s)
	case l.State == line.Closed:
		return fmt.Sprintf("Closed on %s, and no other brand is known at its base since. %s", web.ShowDate(l.ClosedOn), s)
	}
	return s
}

type formView struct {
	web.Page
	Kept web.Fragment // what was typed before
	Form *web.Form
}

var formPage = web.NewTemplate[formView](files, "form.html")

func formOf(title, lead string, f *web.Form, crumbs ...web.Link) *formView {
	v := &formView{Form: f}
	v.Title, v.Lead, v.HasErrors = title, lead, !f.Valid()
	v.Crumbs = append([]web.Link{{Text: "How far does it reach?", Href: "/lines"}}, crumbs...)
	return v
}

func (p *Pages) addForm(r *http.Request) *web.Form {
	f := p.Site.NewForm("/lines", "Record the line",
		&web.Field{Name: "brand", Label: "Brand", Kind: web.TextInput, Max: 100, Width: "20", Required: "Enter the line’s name", Hint: "The name it is sold under. If it has none, say so: “no name, number ends 40”."},
		&web.Field{Name: "origin", Label: "Where does it come from?", Kind: web.TextInput, Required: "Enter the area it comes from", Hint: "A district or a city, not an address."},
		&web.Field{Name: "impacted", Label: "Whom does it reach?", Kind: web.TextInput, Required: "Enter the force or district it reaches"},
		&web.Field{Name: "base", Label: "Where is it worked from here?", Kind: web.TextInput, Hint: "A street or a place without a house number: whoever lives there may be a victim."},
		&web.Field{Name: "first_seen", Label: "First seen", Kind: web.DateInput, Required: "Enter the day it was first seen"},
		&web.Field{Name: "last_seen", Label: "Last seen", Kind: web.DateInput, Required: "Enter the day it was last seen"},
		&web.Field{Name: "notes", Label: "Notes", Kind: web.TextArea, Rows: 4, Hint: "What is known of the line. Name nobody."},
		&web.Field{Name: "class", Label: "Who may read this?", Kind: web.Radios, Required: "Say who may read it", Options: []web.Option{
			{Value: string(access.Partnership), Label: "Every member of the partnership"},
			{Value: string(access.Intelligence), Label: "Our agency, and those that an agreement lets read our intelligence"}}},
		gradeField())
	f.Cancel = "/lines"
	f.Readers = &web.Readers{By: "those you choose above. Name nobody.", NotBy: "young people, families and the public."}
	return f
}

// readBy is who reads what is written of a line: whoever reads the line.
func (p *Pages) readBy(r *http.Request, l line.Line) *web.Readers {
	if c := access.Class(l.Class); c == access.Intelligence {
		if !access.Unconditional(l.Grade, c) {
			return &web.Readers{By: "those who read intelligence at " + p.Agency(r.Context(), l.Owner) + ".", NotBy: "any other agency: no agreement carries what is not graded or was given under a condition."}
		}
		return p.Site.ReadBy(r.Context(), web.ScopeOf(r), l.Owner, c)
	}
	return &web.Readers{By: "every member of every agency in the partnership. Name nobody.", NotBy: "young people, families and the public."}
}

func gradeField() *web.Field {
	return &web.Field{Name: "grade", Label: "Grade, if it is intelligence", Kind: web.TextInput, Max: 20, Width: "10", Hint: "3x5x2 with its handling code: 2B-P, or 1A-C/A2/S2 with conditions. Without a grade, or with handling code C, only your agency reads it: what others may know goes to them one at a time, once the originator was asked."}
}

func (p *Pages) newForm(w http.ResponseWriter, r *http.Request) error {
	f := p.addForm(r)
	v := formOf("Record a line", "A line is a brand, where it comes from and whom it reaches; nobody is named.", f)
	var err error
	if v.Kept, err = p.Keeper.Open(r, f, "line", "new"); err != nil {
		return err
	}
	return web.Render(p.Site, w, r, formPage, v)
}

func (p *Pages) add(w http.ResponseWriter, r *http.Request) error {
	f := p.addForm(r)
	f.Draft = "/drafts/line/new"
	return p.act(w, r, f, "Record a line", "The line was recorded.", "first_seen", func(tx *database.Tx) (string, error) {
		l, err := p.Lines.Add(r.Context(), tx, web.ScopeOf(r), line.NewLine{Brand: f.Value("brand"), Origin: f.Value("origin"), Impacted: f.Value("impacted"), Base: f.Value("base"),
			FirstSeen: f.Value("first_seen"), LastSeen: f.Value("last_seen"), Notes: f.Value("notes"), Class: access.Class(f.Value("class")), Grade: f.Value("grade")})
		if err != nil {
			return "", err
		}
		return "/lines/" + l.ID, p.Keeper.Discard(r.Context(), tx, web.ScopeOf(r).Account, "line", "new")
	})
}

// act reads a form and does what it asks; what the store finds wrong is shown at a field.
func (p *Pages) act(w http.ResponseWriter, r *http.Request, f *web.Form, title, said, at string, do func(tx *database.Tx) (string, error)) error {
	if err := f.Read(w, r); err != nil {
		return err
	}
	again := func() error {
		return web.RenderStatus(p.Site, w, r, http.StatusUnprocessableEntity, formPage, formOf(title, "", f))
	}
	if !f.Valid() {
		return again()
	}
	err := p.Site.Act(w, r, said, do)
	if fault.Is(err, fault.Invalid) || fault.Is(err, fault.Refused) {
		words, _ := fault.Words(err)
		f.Fail(at, words)
		return again()
	}
	return err
}

// own is a line that the reader's agency may change; to others there is no such page.
func (p *Pages) own(r *http.Request) (line.Line, error) {
	l, err := p.Lines.Get(r.Context(), p.Site.DB.Reader(), web.ScopeOf(r), r.PathValue("id"))
	if err == nil && l.Owner != web.ScopeOf(r).Agency {
		err = fault.NoSuch()
	}
	return l, err
}

func (p *Pages) closing(r *http.Request) (line.Line, *web.Form, error) {
	l, err := p.own(r)
	if err != nil {
		return l, nil, err
	}
	how := &web.Field{Name: "closure", Label: "How was it closed?", Kind: web.Radios, Required: "Say how it was closed"}
	for _, c := range line.Closures {
		how.Options = append(how.Options, web.Option{Value: string(c.Closure), Label: c.Words})
	}
	f := p.Site.NewForm("/lines/"+l.ID+"/close", "Close the line", how,
		&web.Field{Name: "on", Label: "When?", Kind: web.DateInput, Required: "Enter the day it closed"},
		&web.Field{Name: "why", Label: "What does that rest on?", Kind: web.TextArea, Rows: 3, Max: 2000, Required: "Say what it rests on"})
	f.Ver, f.Cancel, f.Readers = l.Ver, "/lines/"+l.ID, p.readBy(r, l)
	return l, f, nil
}

func (p *Pages) closeForm(w http.ResponseWriter, r *http.Request) error {
	l, f, err := p.closing(r)
	if err != nil {
		return err
	}
	return web.Render(p.Site, w, r, formPage, formOf("Close "+l.Brand, "If another brand uses its base, Lantern will show that the line came back.", f, web.Link{Text: l.Brand, Href: "/lines/" + l.ID}))
}

func (p *Pages) close(w http.ResponseWriter, r *http.Request) error {
	l, f, err := p.closing(r)
	if err != nil {
		return err
	}
	return p.act(w, r, f, "Close "+l.Brand, "The line is closed.", "on", func(tx *database.Tx) (string, error) {
		_, err := p.Lines.Close(r.Context(), tx, web.ScopeOf(r), l.ID, f.Ver, line.Ending{Closure: line.Closure(f.Value("closure")), On: f.Value("on"), Why: f.Value("why")})
		return "/lines/" + l.ID, err
	})
}

func (p *Pages) grading(r *http.Request) (line.Line, *web.Form, error) {
	l, err := p.own(r)
	if err == nil && access.Class(l.Class) != access.Intelligence {
		err = fault.NoSuch()
	}
	if err != nil {
		return l, nil, err
	}
	f := p.Site.NewForm("/lines/"+l.ID+"/grade", "Save the grade", gradeField(),
		&web.Field{Name: "why", Label: "Who graded it, and why so?", Kind: web.TextArea, Rows: 3, Max: 2000, Required: "Say who graded it, and why so"})
	f.Fields[0].Label, f.Fields[0].Value = "Grade", l.Grade
	f.Ver, f.Cancel, f.Readers = l.Ver, "/lines/"+l.ID, p.readBy(r, l)
	return l, f, nil
}

func (p *Pages) gradeForm(w http.ResponseWriter, r *http.Request) error {
	l, f, err := p.grading(r)
	if err != nil {
		return err
	}
	return web.Render(p.Site, w, r, formPage, formOf("Grade "+l.Brand, "The grade says how far the line may go: with handling code P wherever an agreement lets intelligence go, otherwise no further than your agency.", f, web.Link{Text: l.Brand, Href: "/lines/" + l.ID}))
}

func (p *Pages) grade(w http.ResponseWriter, r *http.Request) error {
	l, f, err := p.grading(r)
	if err != nil {
		return err
	}
	return p.act(w, r, f, "Grade "+l.Brand, "The grade was saved.", "grade", func(tx *database.Tx) (string, error) {
		_, err := p.Lines.Regrade(r.Context(), tx, web.ScopeOf(r), l.ID, f.Ver, f.Value("grade"), f.Value("why"))
		return "/lines/" + l.ID, err
	})
}

func (p *Pages) reopening(r *http.Request) (line.Line, *web.Form, error) {
	l, err := p.own(r)
	if err != nil {
		return l, nil, err
	}
	f := p.Site.NewForm("/lines/"+l.ID+"/reopen", "Open the line again",
		&web.Field{Name: "seen", Label: "When was it seen again?", Kind: web.DateInput, Required: "Enter the day it was seen again"},
		&web.Field{Name: "why", Label: "What does that rest on?", Kind: web.TextArea, Rows: 3, Max: 2000, Required: "Say what it rests on"})
	f.Ver, f.Cancel, f.Readers = l.Ver, "/lines/"+l.ID, p.readBy(r, l)
	return l, f, nil
}

func (p *Pages) reopenForm(w http.ResponseWriter, r *http.Request) error {
	l, f, err := p.reopening(r)
	if err != nil {
		return err
	}
	return web.Render(p.Site, w, r, formPage, formOf("Open "+l.Brand+" again", "For a line that works again under its own name. A new name is a new line.", f, web.Link{Text: l.Brand, Href: "/lines/" + l.ID}))
}

func (p *Pages) reopen(w http.ResponseWriter, r *http.Request) error {
	l, f, err := p.reopening(r)
	if err != nil {
		return err
	}
	return p.act(w, r, f, "Open "+l.Brand+" again", "The line is open again.", "seen", func(tx *database.Tx) (string, error) {
		_, err := p.Lines.Reopen(r.Context(), tx, web.ScopeOf(r), l.ID, f.Ver, f.Value("seen"), f.Value("why"))
		return "/lines/" + l.ID, err
	})
}
