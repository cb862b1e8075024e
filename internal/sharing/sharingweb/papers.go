package sharingweb

import (
	"bytes"
	"context"
	"net/http"
	"strconv"
	"strings"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/partnership"
	"lantern.example/lantern/internal/report"
	"lantern.example/lantern/internal/sharing"
	"lantern.example/lantern/internal/web"
)

// Papers are the pages of the governance documents, and of the adoption ladder that says which of them each step needs.
type Papers struct {
	Site        *web.Site
	Papers      *sharing.Papers
	Register    *sharing.Register
	Partnership *partnership.Store
}

// Mount registers the pages.
func (p *Papers) Mount(rt *web.Router) {
	rt.Get("/governance/documents", web.Members, p.list)
	rt.Get("/governance/documents/{key}", web.Members, p.paper)
	rt.Post("/governance/documents/{key}", keepers, p.paper)
	rt.Get("/governance/documents/{key}/file", web.Members, p.file)
	rt.Get("/governance/ladder", web.Members, p.ladder)
}

func (p *Papers) q() database.Queryer { return p.Site.DB.Reader() }

var documents = web.Link{Text: "Documents", Href: "/governance/documents"}

var paperStates = map[sharing.State]web.Tag{sharing.Ready: {Text: "Signed as it stands", Colour: "green"}, sharing.Changed: {Text: "Changed since it was signed", Colour: "red"}, sharing.Missing: {Text: "Not signed", Colour: "yellow"}}

type papersView struct {
	web.Page
	Table *web.Table
}

var papersPage = web.NewTemplate[papersView](files, "decisions.html")

// Finding is how the documents stand, in a sentence.
func (p *Papers) Finding(ctx context.Context, _ access.Scope) (string, error) {
	changed, missing := 0, 0
	for _, k := range sharing.Kinds {
		s, err := p.Papers.StateOf(ctx, p.q(), k.Key)
		if err != nil {
			return "", err
		}
		switch s {
		case sharing.Changed:
			changed++
		case sharing.Missing:
			missing++
		}
	}
	switch {
	case changed > 0:
		return "What is live has changed since " + plural(changed, "document was", "documents were") + " signed: read and sign again.", nil
	case missing > 0:
		return plural(missing, "document waits", "documents wait") + " for a signature.", nil
	}
	return "Every document is signed as it stands, or needs no signature.", nil
}

func (p *Papers) list(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	v := &papersView{Table: &web.Table{ID: "documents", Caption: "Documents produced from what is live", Columns: []web.Column{{Label: "Document"}, {Label: "State"}, {Label: "Needed from"}},
		Base: "Nothing in them is typed in but what the partnership says of itself, so that they cannot say otherwise than what the program does. Each can be printed and taken as a file."}}
	v.Title, v.Crumbs = "Documents", []web.Link{governance}
	var err error
	if v.Lead, err = p.Finding(ctx, web.ScopeOf(r)); err != nil {
		return err
	}
	for _, k := range sharing.Kinds {
		state, err := p.Papers.StateOf(ctx, p.q(), k.Key)
		if err != nil {
			return err
		}
		tag := paperStates[state]
		if !k.Signs {
			tag = web.Tag{Text: "Always current", Colour: "green"}
		}
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{{Text: k.Title, Sub: k.About, Href: "/governance/documents/" + k.Key}, {Tag: &tag}, {Text: "Step " + strconv.Itoa(k.Step), Sub: partnership.Ladder[k.Step].Name}}})
	}
	return web.Render(p.Site, w, r, papersPage, v)
}

type paperChapter struct {
	ID, Title, Intro string
	Findings         []string
	Tables           []*web.Table
	Ask              []string
}

type paperView struct {
	web.Page
	Tag      *web.Tag
	File     string
	Signed   string
	Chapters []paperChapter
	Form     *web.Form
}

var paperPage = web.NewTemplate[paperView](files, "paper.html")

// signForm holds the digest of what was read, so that nobody signs what has changed since.
func (p *Papers) signForm(ctx context.Context, s access.Scope, key, digest string) *web.Form {
	agency := p.Partnership.AgencyName(ctx, p.q(), s.Agency)
	f := p.Site.NewForm("/governance/documents/"+key, "Sign", confirm("I have read it, I am "+s.Name+", and I may sign for "+agency+"."), &web.Field{Name: "digest", Kind: web.Hidden, Max: 64})
	return f.Set("digest", digest)
}

func (p *Papers) paper(w http.ResponseWriter, r *http.Request) error {
	ctx, s, key := r.Context(), web.ScopeOf(r), r.PathValue("key")
	k, ok := sharing.KindOf(key)
	if !ok {
		return fault.NoSuch()
	}
	d, digest, err := p.Papers.Make(ctx, p.q(), key)
	if err != nil {
		return err
	}
	state, err := p.Papers.StateOf(ctx, p.q(), key)
	if err != nil {
		return err
	}
	tag := paperStates[state]
	v := &paperView{Tag: &tag, File: "/governance/documents/" + key + "/file", Signed: d.Signed}
	if !k.Signs {
		v.Tag = nil
	}
	v.Title, v.Lead, v.Crumbs, v.Wide = k.Title, k.About, []web.Link{governance, documents}, true
	for _, c := range d.Chapters {
		v.Chapters = append(v.Chapters, chapter(c))
	}
	if k.Signs && keepers.Met(web.ViewerOf(r)) && state != sharing.Ready {
		v.Form = p.signForm(ctx, s, key, digest)
	}
	if r.Method == http.MethodPost {
		if !k.Signs {
			return fault.NoSuch()
		}
		f := p.signForm(ctx, s, key, "")
		if err := f.Read(w, r); err != nil {
			return err
		}
		if f.Valid() {
			err := p.Site.Act(w, r, "Your name stands under it, as it is today.", func(tx *database.Tx) (string, error) {
				return "/governance/documents/" + key, p.Papers.Sign(ctx, tx, s, key, f.Value("digest"))
			})
			if !fault.Is(err, fault.Conflict) {
				return err
			}
			f.Problem, _ = fault.Words(err)
		}
		f.Set("digest", digest)
		v.Form, v.HasErrors = f, true
		return web.RenderStatus(p.Site, w, r, http.StatusUnprocessableEntity, paperPage, v)
	}
	return web.Render(p.Site, w, r, paperPage, v)
}

func chapter(c report.Chapter) paperChapter {
	out := paperChapter{ID: c.ID, Title: c.Title, Intro: c.Intro, Ask: c.Ask}
	for _, f := range c.Findings {
		out.Findings = append(out.Findings, f.Sentence+" "+f.Base)
	}
	for _, t := range c.Tables {
		x := &web.Table{Caption: t.Caption, Base: t.Base, Empty: t.Caption + ": none today."}
		for i, h := range t.Header {
			x.Columns = append(x.Columns, web.Column{Label: h, Numeric: i < len(t.Numeric) && t.Numeric[i]})
		}
		for _, row := range t.Rows {
			var cells []web.Cell
			for _, c := range row {
				cells = append(cells, web.Cell{Text: c})
			}
			x.Rows = append(x.Rows, web.Row{Cells: cells})
		}
		out.Tables = append(out.Tables, x)
	}
	return out
}

func (p *Papers) file(w http.ResponseWriter, r *http.Request) error {
	key := r.PathValue("key")
	d, _, err := p.Papers.Make(r.Context(), p.q(), key)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := d.WriteHTML(&b); err != nil {
		return err
	}
	web.Download(w, strings.ReplaceAll(strings.ToLower(d.Title), " ", "-")+".html", "text/html; charset=utf-8", p.Site.Clock.Now(), b.Bytes())
	return nil
}

// ---- the ladder ----

type ladderStep struct {
	Name, Use string
	Tag       *web.Tag
	Here      bool
	Needs     []ladderNeed
}

type ladderNeed struct {
	Tag         web.Tag
	Words, Href string
}

type ladderView struct {
	web.Page
	Steps  []ladderStep
	Change string
}

var ladderPage = web.NewTemplate[ladderView](files, "ladder.html")

var (
	there   = web.Tag{Text: "There", Colour: "green"}
	lacking = web.Tag{Text: "Lacking", Colour: "red"}
)

func state(ok bool) web.Tag {
	if ok {
		return there
	}
	return lacking
}

// needs is the paperwork of each step and whether it is there, looked up in what is live.
func (p *Papers) needs(ctx context.Context, by *web.Viewer, set partnership.Settings) ([4][]ladderNeed, error) {
	var out [4][]ladderNeed
	all, err := p.Register.All(ctx, p.q())
	if err != nil {
		return out, err
	}
	today := p.today()
	has := func(ok func(access.Class) bool) bool {
		for _, e := range all {
			if e.StandingOn(today) == sharing.Live {
				for _, c := range e.Classes {
					if ok(c) {
						return true
					}
				}
			}
		}
		return false
	}
	signed := func(key string) (web.Tag, error) {
		s, err := p.Papers.StateOf(ctx, p.q(), key)
		return paperStates[s], err
	}
	impact, err := signed("impact")
	if err != nil {
		return out, err
	}
	policy, err := signed("policy")
	if err != nil {
		return out, err
	}
	named := set.Controllers != "" && set.Host != ""
	broker := "" // a page that keepers open
	if keepers.Met(by) {
		broker = "/governance/broker"
	}
	out[0] = []ladderNeed{{there, "No agreement is needed. Name nobody.", ""}}
	out[1] = []ladderNeed{{state(named), "Who the controllers are and who hosts is written down.", "/governance/documents/controllers"},
		{state(has(func(c access.Class) bool { return c == access.Depersonal })), "An agreement for depersonalised extracts holds (Crime and Disorder Act 1998, section 17A), with a note of what was taken out.", "/agreements"},
		{there, "The record of processing is produced from what is live.", "/governance/documents/processing"}}
	out[2] = []ladderNeed{{state(has(func(c access.Class) bool { return c == access.Identity })), "An agreement that covers names holds, or each question rests on its own reason.", "/agreements"},
		{impact, "The data protection impact assessment is signed as it stands.", "/governance/documents/impact"}, {there, "A broker answers for services that are never named.", broker}}
	out[3] = []ladderNeed{{state(has(func(c access.Class) bool { return c.Personal() && c != access.Identity })), "An agreement for each class of data and purpose that is to flow holds.", "/agreements"},
		{policy, "The appropriate policy document is signed as it stands.", "/governance/documents/policy"}, {impact, "The impact assessment is signed as it stands.", "/governance/documents/impact"},
		{there, "Every record gets its retention class and a day on which it is looked at.", "/governance/documents/processing"}}
	return out, nil
}

func (p *Papers) today() string {
	return p.Site.Clock.Now().Format("2006-01-02")
}

func (p *Papers) ladder(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	set, err := p.Partnership.Settings(ctx, p.q())
	if err != nil {
		return err
	}
	needs, err := p.needs(ctx, web.ViewerOf(r), set)
	if err != nil {
		return err
	}
	v := &ladderView{}
	v.Title, v.Crumbs = "The adoption ladder", []web.Link{governance}
	short := 0
	for i, s := range partnership.Ladder {
		x := ladderStep{Name: strconv.Itoa(s.Number) + ". " + s.Name, Use: s.Use, Here: i == set.Step, Needs: needs[i]}
		lacks := 0
		for _, n := range needs[i] {
			if n.Tag.Colour != "green" {
				lacks++
			}
		}
		if i <= set.Step {
			short += lacks
		}
		switch {
		case x.Here:
			x.Tag = &web.Tag{Text: "We are here", Colour: "blue"}
		case i < set.Step:
			x.Tag = &web.Tag{Text: "Passed", Colour: "green"}
		case lacks == 0:
			x.Tag = &web.Tag{Text: "Ready for it", Colour: "green"}
		default:
			x.Tag = &web.Tag{Text: plural(lacks, "thing lacks", "things lack"), Colour: "grey"}
		}
		v.Steps = append(v.Steps, x)
	}
	v.Lead = "We work at step " + strconv.Itoa(set.Step) + ", and everything it needs is there."
	if short > 0 {
		v.Lead = "We work at step " + strconv.Itoa(set.Step) + ", and " + plural(short, "thing it needs is", "things it needs are") + " not there as it should be."
	}
	if web.Only(access.Manager, access.InfoOfficer, access.Administrator).Met(web.ViewerOf(r)) {
		v.Change = "/governance/settings"
	}
	return web.Render(p.Site, w, r, ladderPage, v)
}
