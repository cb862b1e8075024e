package sharingweb

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/account/accountweb"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/sharing"
	"lantern.example/lantern/internal/web"
)

func clockMonth(m string) (time.Time, error) { return time.Parse("2006-01", m) }

// glassDays is over how many days broken glass is counted.
const glassDays = 28

var glassLink = web.Link{Text: "Break-glass", Href: "/break-glass"}

type glassesView struct {
	web.Page
	Open  string // until when the reader's own is open
	Form  *web.Form
	End   *web.Form
	Table *web.Table
}

var glassesPage = web.NewTemplate[glassesView](files, "glasses.html")

// FindingGlass is how often glass was broken, in a sentence. It is about nobody.
func (p *Singly) FindingGlass(ctx context.Context, _ access.Scope) (string, error) {
	c, err := p.Glasses.Count(ctx, p.q(), glassDays)
	if err != nil {
		return "", err
	}
	words := fmt.Sprintf("Glass was broken %s in the last %d days", times(c.Times), glassDays)
	if c.Wrong > 0 {
		words += fmt.Sprintf(", %d of them wrongly", c.Wrong)
	}
	switch {
	case c.Overdue > 0:
		words += fmt.Sprintf("; %d not looked at by a second person in time", c.Overdue)
	case c.Waiting > 0:
		words += "; " + plural(c.Waiting, "waits", "wait") + " for a second person’s look"
	case c.Times > 0:
		words += "; a second person has looked at every one"
	}
	return words + ".", nil
}

func times(n int) string {
	switch n {
	case 0:
		return "never"
	case 1:
		return "once"
	case 2:
		return "twice"
	}
	return web.ShowNumber(n) + " times"
}

func (p *Singly) glassForm() *web.Form {
	f := p.Site.NewForm("/break-glass", "Break the glass",
		&web.Field{Name: "why", Label: "Why can it not wait?", Hint: "Who is in danger of what, and what you need to know. It is what the second person reads first.", Kind: web.TextArea, Rows: 3, Max: 2000, Required: "Say why it cannot wait"})
	f.Readers = &web.Readers{By: "the second person who looks at it by the next working day; your agency’s information officer, managers and chairs.", NotBy: "anybody else. Every agency whose records you open sees that you did, when, and that the glass was broken."}
	return f
}

func (p *Singly) glasses(w http.ResponseWriter, r *http.Request) error {
	return p.showGlasses(w, r, http.StatusOK, nil)
}

func (p *Singly) showGlasses(w http.ResponseWriter, r *http.Request, status int, f *web.Form) error {
	ctx, s := r.Context(), web.ScopeOf(r)
	all, err := p.Glasses.List(ctx, p.q(), s)
	if err != nil {
		return err
	}
	who, err := people(ctx, p.q(), p.Accounts)
	if err != nil {
		return err
	}
	v := &glassesView{Table: &web.Table{ID: "broken", Caption: "Times you may know of, newest first", Empty: "Nobody has broken the glass that you may know of.", Columns: []web.Column{{Label: "When"}, {Label: "Who"}, {Label: "State"}, {Label: "Second look"}},
		Base: "Your own; those you are to look at; for information officers, managers and chairs all of their agency’s. While the log cannot be written, what is opened goes into a sealed journal and into the log as soon as it can."}}
	v.Title, v.Crumbs = "Break-glass", []web.Link{governance}
	if v.Lead, err = p.FindingGlass(ctx, s); err != nil {
		return err
	}
	now := clock.Micros(p.Site.Clock.Now())
	for _, b := range all {
		state := web.Tag{Text: "Over", Colour: "grey"}
		if b.Open(now) {
			state = web.Tag{Text: "Open", Colour: "red"}
		}
		cell := web.Cell{Tag: &state}
		if b.Sealed {
			cell.Sub = "While the log could not be written"
		}
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{{Text: when(b.BegunAt), Href: "/break-glass/" + b.ID}, {Text: who[b.Account].Name, Sub: p.name(ctx, b.Agency)}, cell, p.looked(b.Verdict, b.ReviewBy)}})
	}
	switch {
	case s.Glass != nil:
		v.Open = "Your glass is broken until " + clock.FromMicros(s.Glass.Until).In(clock.London()).Format("15:04") + ". Everything you open is written down and looked at."
		v.End = p.Site.NewForm("/break-glass/end", "Close it now")
	case access.MayBreakGlass(s.Role):
		if v.Form = f; f == nil {
			v.Form = p.glassForm()
		}
	}
	v.HasErrors = status != http.StatusOK
	return web.RenderStatus(p.Site, w, r, status, glassesPage, v)
}

func (p *Singly) breakGlass(w http.ResponseWriter, r *http.Request) error {
	if err := p.Site.Recent(r); err != nil {
		return err
	}
	ctx, s := r.Context(), web.ScopeOf(r)
	f := p.glassForm()
	if err := f.Read(w, r); err != nil {
		return err
	}
	if !f.Valid() {
		return p.showGlasses(w, r, http.StatusUnprocessableEntity, f)
	}
	const said = "The glass is broken, for four hours. Everything you open is written down and looked at."
	err := p.Site.Act(w, r, said, func(tx *database.Tx) (string, error) {
		_, err := p.Glasses.Break(ctx, tx, s, f.Value("why"))
		return "/people", err
	})
	switch {
	case err == nil:
		return nil
	case fault.Is(err, fault.Invalid), fault.Is(err, fault.Refused), fault.Is(err, fault.Conflict):
		f.Problem, _ = fault.Words(err)
		return p.showGlasses(w, r, http.StatusUnprocessableEntity, f)
	case fault.Is(err, fault.NotFound) || s.Glass != nil || ctx.Err() != nil:
		return err
	}
	// The log or the whole database cannot be written: the sealed journal takes its place.
	if _, jerr := p.Glasses.BreakSealed(s, f.Value("why")); jerr != nil {
		return err
	}
	p.Site.Log.Warn("the glass was broken while the log could not be written", "error", err.Error())
	p.Site.Say(w, said)
	http.Redirect(w, r, "/people", http.StatusSeeOther)
	return nil
}

func (p *Singly) endGlass(w http.ResponseWriter, r *http.Request) error {
	ctx, s := r.Context(), web.ScopeOf(r)
	f := p.Site.NewForm("/break-glass/end", "Close it now")
	if err := f.Read(w, r); err != nil {
		return err
	}
	return p.Site.Act(w, r, "The glass is whole again: nothing more opens.", func(tx *database.Tx) (string, error) {
		return "/break-glass", p.Glasses.End(ctx, tx, s)
	})
}

type glassView struct {
	web.Page
	Tag   *web.Tag
	Facts []web.SummaryRow
	Lines *web.Table
	Look  *web.Form
}

var glassPage = web.NewTemplate[glassView](files, "glass.html")

func (p *Singly) glass(w http.ResponseWriter, r *http.Request) error {
	return p.showGlass(w, r, http.StatusOK, nil)
}

func (p *Singly) glassLook(b sharing.Broken) *web.Form {
	f := p.Site.NewForm("/break-glass/"+b.ID+"/look", "Write down what you think", lookField()...)
	f.Readers = &web.Readers{By: "whoever broke the glass, and their agency’s information officer, managers and chairs.", NotBy: "anybody else."}
	return f
}

func (p *Singly) showGlass(w http.ResponseWriter, r *http.Request, status int, look *web.Form) error {
	ctx, s := r.Context(), web.ScopeOf(r)
	b, err := p.Glasses.Get(ctx, p.q(), s, r.PathValue("id"))
	if err != nil {
		return err
	}
	who, err := people(ctx, p.q(), p.Accounts)
	if err != nil {
		return err
	}
	names, err := p.Partnership.AgencyNames(ctx, p.q())
	if err != nil {
		return err
	}
	lines, err := p.Glasses.Opened(ctx, p.q(), s, b)
	if err != nil {
		return err
	}
	v := &glassView{Tag: &web.Tag{Text: "Over", Colour: "grey"}}
	if b.Open(clock.Micros(p.Site.Clock.Now())) {
		v.Tag = &web.Tag{Text: "Open", Colour: "red"}
	}
	v.Title, v.Crumbs = "Glass broken on "+when(b.BegunAt), []web.Link{governance, glassLink}
	v.Lead = fmt.Sprintf("%s of %s broke the glass and opened %s.", who[b.Account].Name, agencyName(b.Agency, names), plural(len(lines), "page", "pages"))
	v.Facts = []web.SummaryRow{{Key: "Why", Value: b.Why}, {Key: "For", Value: capital(accountweb.PurposeNames[b.Purpose])}, {Key: "From", Value: when(b.BegunAt)}, {Key: "Until", Value: when(b.UntilAt)}}
	if b.EndedAt != nil {
		v.Facts = append(v.Facts, web.SummaryRow{Key: "Closed", Value: when(*b.EndedAt)})
	}
	if b.Sealed {
		v.Facts = append(v.Facts, web.SummaryRow{Key: "The log", Value: "Could not be written at the time. The lines came out of the sealed journal."})
	}
	if b.ReviewedAt != nil {
		v.Facts = append(v.Facts, web.SummaryRow{Key: "Second look", Value: map[string]string{"right": "Right", "wrong": "Wrong"}[b.Verdict] + ". " + who[b.ReviewedBy].Name + ", " + when(*b.ReviewedAt), Lines: nonEmpty(b.Review)})
	} else {
		v.Facts = append(v.Facts, web.SummaryRow{Key: "Second look", Value: "By " + who[b.Reviewer].Name + ", until " + web.ShowDate(b.ReviewBy)})
		if sharing.MayJudge(s, b.Account, b.Agency, b.Reviewer) {
			if v.Look = look; look == nil {
				v.Look = p.glassLook(b)
			}
		}
	}
	v.Lines = (&Looked{Href: p.Href}).lines(ctx, s, lines, who, names)
	v.Lines.ID, v.Lines.Caption, v.Lines.Empty = "opened", "What was opened", "Nothing was opened."
	v.Lines.Base = "From the log, which was written before each page was shown."
	if err := p.Site.Consulted(ctx, s, web.Read{Kind: "break-glass", Subject: b.ID, Owners: []string{b.Agency}, Words: fmt.Sprintf("the reason and %d lines", len(lines))}); err != nil {
		return err
	}
	v.HasErrors = status != http.StatusOK
	return web.RenderStatus(p.Site, w, r, status, glassPage, v)
}

func (p *Singly) judgeGlass(w http.ResponseWriter, r *http.Request) error {
	ctx, s, id := r.Context(), web.ScopeOf(r), r.PathValue("id")
	b, err := p.Glasses.Get(ctx, p.q(), s, id)
	if err != nil {
		return err
	}
	if !sharing.MayJudge(s, b.Account, b.Agency, b.Reviewer) {
		return fault.NoSuch()
	}
	f := p.glassLook(b)
	if err := f.Read(w, r); err != nil {
		return err
	}
	return p.acted(w, r, f, "What you think was written down.", func(tx *database.Tx) (string, error) {
		return "/break-glass/" + id, p.Glasses.Judge(ctx, tx, s, id, f.Value("verdict"), f.Value("words"))
	}, func(status int) error { return p.showGlass(w, r, status, f) })
}
