package app

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/assessment"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/partnership"
	"lantern.example/lantern/internal/partnership/partnershipweb"
	"lantern.example/lantern/internal/practice"
	"lantern.example/lantern/internal/practice/course"
	"lantern.example/lantern/internal/practice/find"
	"lantern.example/lantern/internal/practice/practiceweb"
	"lantern.example/lantern/internal/practice/support"
	"lantern.example/lantern/internal/web"
	"lantern.example/lantern/internal/work"
	"lantern.example/lantern/internal/work/workweb"
)

// wireHub makes the hub and brings the content it ships with, once. Definitions and papers join its search, what practitioners said works
// can be carried into its notes, and what it asks of people joins My work.
func (a *App) wireHub(ctx context.Context) error {
	a.Library = practice.NewLibrary(a.Content, a.Partnership, a.Accounts, a.Clock, a.IDs, a.Audit)
	if err := a.DB.Write(ctx, func(tx *database.Tx) error {
		return a.Library.Seed(ctx, tx, access.System("seed", access.Upkeep))
	}); err != nil {
		return err
	}
	a.Hub = practice.NewHub(a.Library, definitions{a}, papers{a})
	a.Courses = course.NewStore(a.Library, a.Accounts, a.Clock, a.IDs, a.Audit)
	a.Support = a.supportAt(a.Clock)
	a.HubPages = &practiceweb.Pages{Site: a.Site, Library: a.Library, Hub: a.Hub, Courses: a.Courses, Support: a.Support, Content: a.Content, ContentWeb: a.ContentPages,
		Accounts: a.Accounts, Partnership: a.Partnership, Work: a.Work, Keeper: a.Keeper, Strengths: a.strengths}
	a.HubPages.Mount(a.Router)
	a.WorkPages.Sources = append(a.WorkPages.Sources, work.SourceFunc(a.HubPages.Ask))
	a.WorkPages.Rooms["hub"] = workweb.Room{Name: "Hub", Href: func(id string) string { return "/hub/" + id }}
	a.Governance.Links = append(a.Governance.Links,
		partnershipweb.Link{Title: "Training by agency", Href: "/hub/training/board", Need: web.Members},
		partnershipweb.Link{Title: "Files", Href: "/loads", Need: web.Only(access.Manager, access.Administrator)})
	return nil
}

// supportAt is the support desk at a clock: the demonstration asks its questions some days ago.
func (a *App) supportAt(c clock.Clock) *support.Store {
	return support.NewStore(a.Library, a.Content, a.Partnership, a.Accounts, c, a.IDs, a.Audit)
}

// raiseEvery is how often questions that have waited too long go up.
const raiseEvery = time.Hour

// keepDesk gives questions that have waited too long to the manager, until the program ends.
func (a *App) keepDesk(ctx context.Context) {
	tick := time.NewTicker(raiseEvery)
	defer tick.Stop()
	for {
		if err := a.raise(ctx); err != nil && ctx.Err() == nil {
			a.Log.Error("questions that wait too long could not be taken up", "error", err.Error())
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (a *App) raise(ctx context.Context) error {
	return a.DB.Write(ctx, func(tx *database.Tx) error {
		_, err := a.Support.Raise(ctx, tx, access.System("support desk", access.Upkeep))
		return err
	})
}

// worksTheme is the theme under which practitioners say what works.
const worksTheme = "T19"

// strengths are statements coded as something that works, as the reader may see them: masked as in the assessment's own
// list, and with a page of their own only where the reader's agency holds them.
func (a *App) strengths(ctx context.Context, s access.Scope) ([]practiceweb.Strength, error) {
	all, _, err := a.Statements.List(ctx, a.DB.Reader(), s, assessment.Query{})
	if err != nil {
		return nil, err
	}
	var out []practiceweb.Strength
	for _, x := range assessment.Mask(all, s) {
		if !slices.Contains(x.Themes, worksTheme) || x.Lone && !x.Held {
			continue
		}
		one := practiceweb.Strength{ID: x.ID, Words: x.Words, When: x.True.String(), Who: x.Agency}
		if x.OneVoice {
			one.Who = "One voice"
		}
		if x.Held {
			one.Href = "/assessment/statements/" + url.PathEscape(x.ID)
		}
		out = append(out, one)
	}
	return out, nil
}

// definitions are the partnership's words, for the hub's search.
type definitions struct{ a *App }

func (definitions) Name() string { return "definitions" }

func (d definitions) entries(ctx context.Context, q database.Queryer) ([]partnership.Entry, error) {
	return d.a.Partnership.Register(ctx, q, access.System("hub search", access.Upkeep))
}

// Stamp is made of every current wording: the register is short.
func (d definitions) Stamp(ctx context.Context, q database.Queryer) (string, error) {
	all, err := d.entries(ctx, q)
	var b strings.Builder
	for _, e := range all {
		if c := e.Current; c != nil {
			b.WriteString(c.Cite() + string(c.Status) + strconv.Itoa(len(e.Adopted)) + " ")
		}
	}
	return b.String(), err
}

func (d definitions) Docs(ctx context.Context, q database.Queryer) ([]find.Doc, error) {
	all, err := d.entries(ctx, q)
	var out []find.Doc
	for _, e := range all {
		c := e.Current
		if c == nil {
			continue
		}
		out = append(out, find.Doc{Kind: "definition", ID: e.Code, Ver: c.Cite() + string(c.Status), Title: e.Term, Summary: short(c.Wording, 160), Body: c.Wording + "\n" + c.Note + "\n" + c.Source, Href: "/definitions/" + e.Code})
	}
	return out, err
}

// papers are the signed papers, for the hub's search. They are class partnership, as the search needs.
type papers struct{ a *App }

func (papers) Name() string { return "papers" }

const mostPapers = 200

func (p papers) Stamp(ctx context.Context, q database.Queryer) (string, error) {
	if p.a.Papers == nil {
		return "", nil
	}
	all, err := p.a.Papers.List(ctx, q, access.Scope{Agency: "-"}, mostPapers)
	var b strings.Builder
	for _, x := range all {
		if x.State == "issued" {
			b.WriteString(x.ID + " " + strconv.FormatInt(x.Ver, 10) + " ")
		}
	}
	return b.String(), err
}

func (p papers) Docs(ctx context.Context, q database.Queryer) ([]find.Doc, error) {
	if p.a.Papers == nil {
		return nil, nil
	}
	all, err := p.a.Papers.List(ctx, q, access.Scope{Agency: "-"}, mostPapers)
	var out []find.Doc
	for _, x := range all {
		if x.State != "issued" || x.SignedAt == nil {
			continue
		}
		whole, err := p.a.Papers.Get(ctx, q, access.Scope{Agency: "-"}, x.ID)
		if err != nil {
			return nil, err
		}
		var body strings.Builder
		for _, n := range whole.Picture.Findings {
			body.WriteString(n.Sentence + "\n")
		}
		out = append(out, find.Doc{Kind: "paper", ID: x.ID, Ver: strconv.FormatInt(x.Ver, 10), Title: x.Title, Body: body.String(), Href: "/papers/" + x.ID,
			Summary: "Signed by " + x.SignedByName + " on " + web.ShowDate(clock.FromMicros(*x.SignedAt).In(clock.London())) + "."})
	}
	return out, err
}

func short(s string, most int) string {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}
