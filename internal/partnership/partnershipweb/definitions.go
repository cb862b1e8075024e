package partnershipweb

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/account"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/draft"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/partnership"
	"lantern.example/lantern/internal/web"
)

var statusTags = map[partnership.Status]*web.Tag{
	partnership.Draft: {Text: "Draft", Colour: "grey"}, partnership.Proposed: {Text: "Proposed", Colour: "yellow"},
	partnership.Adopted: {Text: "Adopted", Colour: "green"}, partnership.Withdrawn: {Text: "Withdrawn", Colour: "red"},
}

func (p *Pages) definitionsFinding(ctx context.Context, scope access.Scope) (string, error) {
	entries, err := p.Partnership.Register(ctx, p.q(), scope)
	return registerSentence(entries), err
}

func registerSentence(entries []partnership.Entry) string {
	all, some, drafts := 0, 0, 0
	for _, e := range entries {
		switch {
		case e.Current == nil:
		case e.Current.Status == partnership.Draft:
			drafts++
		case len(e.Adopted) > 0 && len(e.Older)+len(e.Waiting) == 0:
			all++
		case len(e.Adopted) > 0:
			some++
		}
	}
	if len(entries) == 0 {
		return "No word has been defined yet."
	}
	return fmt.Sprintf("%d of %s %s adopted by every agency and %d by some; %d %s only a draft.", all, plural(len(entries), "definition", "definitions"), ifOne(all, "is", "are"), some, drafts, ifOne(drafts, "is", "are"))
}

func (p *Pages) definitions(w http.ResponseWriter, r *http.Request) error {
	entries, err := p.Partnership.Register(r.Context(), p.q(), web.ScopeOf(r))
	if err != nil {
		return err
	}
	v := &tableView{Table: &web.Table{ID: "definitions", Caption: "Definitions", Empty: "No word has been defined yet.",
		Columns: []web.Column{{Label: "Term"}, {Label: "Status"}, {Label: "Source"}, {Label: "Agencies that work to it"}},
		Base:    "Figures cite the newest adopted wording; until one is adopted, the newest proposed one, and say so."}}
	v.Title, v.Lead, v.Crumbs, v.Wide = "Definitions", registerSentence(entries), []web.Link{governance}, true
	for _, e := range entries {
		row := []web.Cell{{Text: e.Term, Href: "/definitions/" + e.Code, Sub: e.Code}, {Tag: statusTags[partnership.Withdrawn]}, {}, {}}
		if e.Current != nil {
			members := len(e.Adopted) + len(e.Older) + len(e.Waiting)
			row[0].Sub = e.Current.Cite()
			row[1] = web.Cell{Tag: statusTags[e.Current.Status]}
			row[2] = web.Cell{Text: e.Current.Source, Sub: partnership.AsAtWords(e.Current.AsAt)}
			row[3] = web.Cell{Text: fmt.Sprintf("%d of %d", len(e.Adopted), members)}
			if n := len(e.Older); n > 0 {
				row[3].Sub = plural(n, "works", "work") + " to another version"
			}
		}
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: row})
	}
	if wordings.Met(web.ViewerOf(r)) {
		v.AddHref, v.AddText = "/definitions/new", "Define another word"
	}
	v.More = []web.Link{{Text: "Groups, gangs and disengaged young people told apart", Href: "/definitions/apart"}}
	return web.Render(p.Site, w, r, tablePage, v)
}

type definitionView struct {
	web.Page
	Wording  string
	Rows     []web.SummaryRow
	Agencies *web.Table
	Versions *web.Table
	Events   []web.TimelineItem
	Buttons  []web.Link
	Propose  *web.Form
	Talk     *talk
}

var definitionPage = web.NewTemplate[definitionView](files, "definition.html")

func path(code string, version int64, what string) string {
	return "/definitions/" + url.PathEscape(code) + "/" + strconv.FormatInt(version, 10) + "/" + what
}

func (p *Pages) definition(w http.ResponseWriter, r *http.Request) error {
	ctx, viewer := r.Context(), web.ViewerOf(r)
	e, versions, adoptions, err := p.Partnership.Definition(ctx, p.q(), web.ScopeOf(r), r.PathValue("code"))
	if err != nil {
		return err
	}
	names, err := p.Partnership.AgencyNames(ctx, p.q())
	if err != nil {
		return err
	}
	people, err := p.people(ctx)
	if err != nil {
		return err
	}
	v := &definitionView{}
	v.Title, v.Crumbs = e.Term, []web.Link{governance, {Text: "Definitions", Href: "/definitions"}}
	v.Lead = definitionSentence(e, names)
	if c := e.Current; c != nil {
		v.Wording = c.Wording
		v.Rows = []web.SummaryRow{{Key: "Status", Tag: statusTags[c.Status]}, {Key: "Cited as", Value: c.Cite()}, {Key: "Source", Value: c.Source}, {Key: "As at", Value: partnership.AsAtWords(c.AsAt)}}
		if c.Note != "" {
			v.Rows = append(v.Rows, web.SummaryRow{Key: "Note", Value: c.Note})
		}
		if adopters.Met(viewer) && (c.Status == partnership.Proposed || c.Status == partnership.Adopted) {
			v.Buttons = append(v.Buttons, web.Link{Text: "Record an adoption", Href: path(e.Code, c.Number, "adopt")})
		}
	}
	if wordings.Met(viewer) {
		v.Buttons = append(v.Buttons, web.Link{Text: "Write a new version", Href: "/definitions/" + e.Code + "/new"})
		for _, x := range versions {
			if x.Status == partnership.Draft {
				v.Propose = p.Site.NewForm(path(e.Code, x.Number, "propose"), "Propose "+x.Cite())
				break
			}
		}
	}
	v.Agencies = p.adoptionTable(e, adoptions, names, viewer)
	v.Versions = versionTable(versions, people, wordings.Met(viewer))
	events, err := p.Partnership.Events(ctx, p.q(), e.ID)
	if err != nil {
		return err
	}
	for _, x := range events {
		v.Events = append(v.Events, eventItem(x, names, who(people, x.By)))
	}
	t, err := p.talk(r, e, names)
	if err != nil {
		return err
	}
	v.Talk = &t
	return web.Render(p.Site, w, r, definitionPage, v)
}

func definitionSentence(e partnership.Entry, names map[string]string) string {
	c := e.Current
	switch {
	case c == nil:
		return "Every wording has been withdrawn: nothing cites it."
	case c.Status == partnership.Draft:
		return c.Cite() + " is a draft: nobody has been asked to adopt it."
	}
	members := len(e.Adopted) + len(e.Older) + len(e.Waiting)
	if members == 0 {
		return c.Cite() + " is " + string(c.Status) + "; no agency has been entered yet."
	}
	s := fmt.Sprintf("%d of %s %s to %s", len(e.Adopted), plural(members, "agency", "agencies"), ifOne(len(e.Adopted), "works", "work"), c.Cite())
	if n := len(e.Older); n > 0 {
		s += fmt.Sprintf("; %d still %s to another version", n, ifOne(n, "works", "work"))
	}
	if n := len(e.Waiting); n > 0 && n <= 3 {
		var who []string
		for _, a := range e.Waiting {
			who = append(who, names[a])
		}
		s += "; " + strings.Join(who, ", ") + ifOne(n, " has", " have") + " not said"
	} else if n > 3 {
		s += fmt.Sprintf("; %d have not said", n)
	}
	return s + "."
}

func (p *Pages) adoptionTable(e partnership.Entry, adoptions []partnership.Adoption, names map[string]string, viewer *web.Viewer) *web.Table {
	t := &web.Table{ID: "adoptions", Caption: "Who works to which wording", Empty: "No agency has been entered yet.", Columns: []web.Column{{Label: "Agency"}, {Label: "Works to"}, {Label: "Adopted by"}, {Label: "Do"}}}
	if e.Current == nil {
		return t
	}
	latest := map[string]partnership.Adoption{}
	for _, a := range adoptions {
		if had, ok := latest[a.Agency]; !ok || had.Version != e.Current.Number {
			latest[a.Agency] = a
		}
	}
	for _, code := range slices.Concat(e.Waiting, e.Older, e.Adopted) {
		a, ok := latest[code]
		row := []web.Cell{{Text: names[code]}, {Tag: &web.Tag{Text: "Has not said", Colour: "yellow"}}, {}, {}}
		mine := adopters.Met(viewer) && p.mayAdoptFor(viewer.Scope, code)
		open := e.Current.Status == partnership.Proposed || e.Current.Status == partnership.Adopted
		if ok {
			row[1] = web.Cell{Text: fmt.Sprintf("v%d", a.Version)}
			row[2] = web.Cell{Text: a.By, Sub: web.ShowDate(a.On)}
		}
		switch {
		case ok && a.Version == e.Current.Number && mine:
			row[3] = web.Cell{Text: "Take back", Hidden: "the adoption by " + names[code], Href: path(e.Code, a.Version, "end") + "?agency=" + url.QueryEscape(code)}
		case mine && open:
			row[3] = web.Cell{Text: "Adopt", Hidden: "for " + names[code], Href: path(e.Code, e.Current.Number, "adopt") + "?agency=" + url.QueryEscape(code)}
		}
		t.Rows = append(t.Rows, web.Row{Cells: row})
	}
	return t
}

func versionTable(versions []partnership.Version, people map[string]account.Account, edit bool) *web.Table {
	t := &web.Table{ID: "versions", Caption: "Versions", Columns: []web.Column{{Label: "Version"}, {Label: "Status"}, {Label: "Source"}, {Label: "Written"}, {Label: "Compare"}}}
	if edit {
		t.Columns = append(t.Columns, web.Column{Label: "Bring back"}, web.Column{Label: "Withdraw"})
	}
	for i, x := range versions {
		written := web.Cell{Text: happened(x.At, "").When, Sub: x.Why}
		if name := who(people, x.By); name != "" && name != lantern {
			written.Text += " by " + name
		}
		row := []web.Cell{{Text: fmt.Sprintf("v%d", x.Number), Href: fmt.Sprintf("/definitions/%s/%d", url.PathEscape(x.Code), x.Number)}, {Tag: statusTags[x.Status]}, {Text: x.Source, Sub: partnership.AsAtWords(x.AsAt)}, written, {}}
		if i+1 < len(versions) {
			row[4] = web.Cell{Text: fmt.Sprintf("With v%d", versions[i+1].Number), Hidden: fmt.Sprintf("version %d", x.Number), Href: fmt.Sprintf("/definitions/%s/compare?from=%d&to=%d", x.Code, versions[i+1].Number, x.Number)}
		}
		if edit {
			back, off := web.Cell{}, web.Cell{}
			if i > 0 {
				back = web.Cell{Text: "Bring back", Hidden: fmt.Sprintf("the words of version %d", x.Number), Href: fmt.Sprintf("/definitions/%s/new?from=%d", x.Code, x.Number)}
			}
			if x.Status != partnership.Withdrawn {
				off = web.Cell{Text: "Withdraw", Hidden: fmt.Sprintf("version %d", x.Number), Href: path(x.Code, x.Number, "withdraw")}
			}
			row = append(row, back, off)
		}
		t.Rows = append(t.Rows, web.Row{Cells: row})
	}
	return t
}

func eventItem(e partnership.Event, names map[string]string, by string) web.TimelineItem {
	agency := names[e.Agency]
	words := map[string]string{"written": "v%d was written", "proposed": "v%d was proposed", "withdrawn": "v%d was withdrawn", "adopted": agency + " adopted v%d", "adoption-ended": agency + " took back its adoption of v%d"}[e.What]
	t := happened(e.At, by)
	t.Title, t.Text = fmt.Sprintf(words, e.Version), e.Why
	return t
}

// ---- two wordings side by side ----

type compareView struct {
	web.Page
	Left, Right []partnership.Piece
	LeftHead    string
	RightHead   string
	Rows        []side
	Confirm     *web.Form
	Back        string
}

var comparePage = web.NewTemplate[compareView](files, "compare.html")

func changeSentence(gone, added int) string {
	if gone+added == 0 {
		return "The two wordings are the same, word for word."
	}
	return fmt.Sprintf("%s gone and %s new.", plural(gone, "word is", "words are"), plural(added, "is", "are"))
}

func (p *Pages) pick(r *http.Request, name string) (partnership.Version, error) {
	n, _ := strconv.ParseInt(r.FormValue(name), 10, 64) // 0 is no version
	_, versions, _, err := p.Partnership.Definition(r.Context(), p.q(), web.ScopeOf(r), r.PathValue("code"))
	for _, v := range versions {
		if v.Number == n {
			return v, nil
		}
	}
	if err == nil {
		err = fault.NoSuch()
	}
	return partnership.Version{}, err
}

func (p *Pages) compare(w http.ResponseWriter, r *http.Request) error {
	a, err := p.pick(r, "from")
	if err != nil {
		return err
	}
	b, err := p.pick(r, "to")
	if err != nil {
		return err
	}
	left, right, gone, added := partnership.Compare(a.Wording, b.Wording)
	v := &compareView{Left: left, Right: right, LeftHead: a.Cite() + ", " + string(a.Status), RightHead: b.Cite() + ", " + string(b.Status), Rows: versionSides(a, b), Back: "/definitions/" + a.Code}
	v.Title, v.Lead = a.Term+": two versions", changeSentence(gone, added)
	v.Crumbs = []web.Link{governance, {Text: "Definitions", Href: "/definitions"}, {Text: a.Term, Href: v.Back}}
	return web.Render(p.Site, w, r, comparePage, v)
}

func versionSides(a, b partnership.Version) []side {
	out := []side{{Label: "Source", Now: a.Source, Yours: b.Source}, {Label: "As at", Now: partnership.AsAtWords(a.AsAt), Yours: partnership.AsAtWords(b.AsAt)}, {Label: "Note", Now: a.Note, Yours: b.Note}}
	for i := range out {
		out[i].Differs = out[i].Now != out[i].Yours
	}
	return out
}

// ---- writing ----

func wordingFields() []*web.Field {
	return []*web.Field{
		{Name: "wording", Label: "The wording", Kind: web.TextArea, Rows: 10, Max: 8000, Required: "Enter the wording", Hint: "Word for word as the source has it, or as the partnership agreed it."},
		{Name: "source", Label: "Source", Kind: web.TextInput, Max: 500, Required: "Say whose wording it is"},
		{Name: "as_at", Label: "Date of the source", Kind: web.TextInput, Max: 10, Width: "10", Hint: "2017, 2017-02 or 2017-02-16; empty when it is not known."},
		{Name: "note", Label: "Note", Kind: web.TextArea, Rows: 3, Hint: "What a reader must know of it: its limits, what was not checked."}}
}

func versionOf(f *web.Form, why string) partnership.Version {
	return partnership.Version{Wording: f.Value("wording"), Source: f.Value("source"), AsAt: f.Value("as_at"), Note: f.Value("note"), Change: partnership.Change{Why: why}}
}

func checkAsAt(f *web.Form) {
	s := f.Value("as_at")
	if s != "" && partnership.AsAtWords(s) == s && len(s) != 4 {
		f.Fail("as_at", "Enter a date as 2017, 2017-02 or 2017-02-16")
	} else if len(s) == 4 {
		if n, err := strconv.Atoi(s); err != nil || n < 1000 {
			f.Fail("as_at", "Enter a date as 2017, 2017-02 or 2017-02-16")
		}
	}
}

func (p *Pages) definitionCrumbs(code, term string) []web.Link {
	out := []web.Link{{Text: "Definitions", Href: "/definitions"}}
	if code != "" {
		out = append(out, web.Link{Text: term, Href: "/definitions/" + code})
	}
	return out
}

func (p *Pages) newDefinitionForm() *web.Form {
	f := p.Site.NewForm("/definitions", "Save as a draft", append([]*web.Field{
		{Name: "term", Label: "The word or words", Kind: web.TextInput, Required: "Enter the word"},
		{Name: "code", Label: "Code", Kind: web.TextInput, Max: 64, Width: "20", Required: "Enter a code", Hint: "Figures cite it, so it does not change: small letters and hyphens, for example county-lines."}}, wordingFields()...)...)
	f.Cancel, f.Draft = "/definitions", "/drafts/definition/new"
	return f
}

func (p *Pages) newDefinition(w http.ResponseWriter, r *http.Request) (err error) {
	f := p.newDefinitionForm()
	v := p.view("Define a word", "It starts as a draft that no figure rests on until you propose it and an agency adopts it.", f, p.definitionCrumbs("", "")...)
	if v.Kept, err = p.Keeper.Open(r, f, "definition", "new"); err != nil {
		return err
	}
	return web.Render(p.Site, w, r, formPage, v)
}

func (p *Pages) define(w http.ResponseWriter, r *http.Request) error {
	f := p.newDefinitionForm()
	if err := f.Read(w, r); err != nil {
		return err
	}
	checkAsAt(f)
	if c := f.Value("code"); c == "new" || c == "apart" || c != strings.ToLower(c) {
		f.Fail("code", "Use small letters, digits and hyphens; “new” and “apart” cannot be codes")
	}
	return p.answer(w, r, asked{view: p.view("Define a word", "", f, p.definitionCrumbs("", "")...), form: f, draft: [2]string{"definition", "new"}, said: "The definition was saved as a draft.", do: func(tx *database.Tx) (string, error) {
		v, err := p.Partnership.Define(r.Context(), tx, web.ScopeOf(r), f.Value("code"), f.Value("term"), versionOf(f, ""))
		return "/definitions/" + v.Code, err
	}})
}

func (p *Pages) newWordForm(code, action, submit string, ver int64) *web.Form {
	f := p.Site.NewForm("/definitions/"+url.PathEscape(code)+"/"+action, submit, append(wordingFields(), &web.Field{Name: "why", Label: "Why another version?", Kind: web.TextArea, Rows: 2, Max: 1000, Required: "Say why the wording changes"})...)
	f.Ver, f.Cancel = ver, "/definitions/"+code
	return f
}

func (p *Pages) wordForm(w http.ResponseWriter, r *http.Request) error {
	_, versions, _, err := p.Partnership.Definition(r.Context(), p.q(), web.ScopeOf(r), r.PathValue("code"))
	if err != nil {
		return err
	}
	newest, from := versions[0], versions[0]
	lead := "The words below are those of v" + strconv.FormatInt(newest.Number, 10) + ". You see both side by side before anything is saved."
	f := p.newWordForm(newest.Code, "preview", "See both side by side", newest.Number)
	if r.URL.Query().Get("from") != "" {
		if from, err = p.pick(r, "from"); err != nil {
			return err
		}
		f.Set("why", "Back to v"+strconv.FormatInt(from.Number, 10))
		lead = "The words of v" + strconv.FormatInt(from.Number, 10) + " come back as the newest version. You see both side by side before anything is saved."
	}
	f.Set("wording", from.Wording).Set("source", from.Source).Set("as_at", from.AsAt).Set("note", from.Note)
	v := p.view("A new version of "+lower(newest.Term), lead, f, p.definitionCrumbs(newest.Code, newest.Term)...)
	if r.URL.Query().Get("from") == "" { // bringing back starts from the old words, not from a draft
		if v.Kept, err = p.Keeper.Open(r, f, "definition", "code-"+draftKey(newest.Code)); err != nil {
			return err
		}
		if !v.Kept.Empty() {
			v.Lead = "You see both versions side by side before anything is saved."
		}
	}
	return web.Render(p.Site, w, r, formPage, v)
}

// preview shows the new wording beside the one it would follow. It saves nothing but what was typed.
func (p *Pages) preview(w http.ResponseWriter, r *http.Request) error {
	_, versions, _, err := p.Partnership.Definition(r.Context(), p.q(), web.ScopeOf(r), r.PathValue("code"))
	if err != nil {
		return err
	}
	newest := versions[0]
	f := p.newWordForm(newest.Code, "preview", "See both side by side", newest.Number)
	if err := f.Read(w, r); err != nil {
		return err
	}
	checkAsAt(f)
	crumbs := p.definitionCrumbs(newest.Code, newest.Term)
	if !f.Valid() {
		return web.RenderStatus(p.Site, w, r, http.StatusUnprocessableEntity, formPage, p.view("A new version of "+lower(newest.Term), "", f, crumbs...))
	}
	err = p.Site.DB.Write(r.Context(), func(tx *database.Tx) error {
		_, err := p.Keeper.Drafts.Save(r.Context(), tx, web.ScopeOf(r).Account, "definition", "code-"+draftKey(newest.Code), r.PostForm)
		if fault.Is(err, fault.TooLarge) && len(f.Value("wording")) < draft.MaxBytes {
			return nil // it is on the page; only going back by link would lose it
		}
		return err
	})
	if err != nil {
		return err
	}
	confirm := p.newWordForm(newest.Code, "new", "Save as a draft", f.Ver)
	for i, x := range confirm.Fields {
		x.Kind, x.Value, x.Required = web.Hidden, f.Fields[i].Value, ""
	}
	confirm.Cancel = ""
	next := versionOf(f, f.Value("why"))
	left, right, gone, added := partnership.Compare(newest.Wording, next.Wording)
	v := &compareView{Left: left, Right: right, LeftHead: newest.Cite() + ", " + string(newest.Status), RightHead: fmt.Sprintf("%s v%d, not saved yet", newest.Code, newest.Number+1), Rows: versionSides(newest, next), Confirm: confirm, Back: "/definitions/" + newest.Code + "/new"}
	v.Title, v.Lead = "A new version of "+lower(newest.Term), changeSentence(gone, added)+" It will be a draft: no figure changes until it is proposed and adopted."
	v.Crumbs = append([]web.Link{governance}, crumbs...)
	return web.Render(p.Site, w, r, comparePage, v)
}

func (p *Pages) word(w http.ResponseWriter, r *http.Request) error {
	_, versions, _, err := p.Partnership.Definition(r.Context(), p.q(), web.ScopeOf(r), r.PathValue("code"))
	if err != nil {
		return err
	}
	newest := versions[0]
	f := p.newWordForm(newest.Code, "preview", "See both side by side", 0)
	if err := f.Read(w, r); err != nil {
		return err
	}
	checkAsAt(f)
	return p.answer(w, r, asked{view: p.view("A new version of "+lower(newest.Term), "", f, p.definitionCrumbs(newest.Code, newest.Term)...), form: f, draft: [2]string{"definition", "code-" + draftKey(newest.Code)}, said: "The new version was saved as a draft.",
		do: func(tx *database.Tx) (string, error) {
			_, err := p.Partnership.Word(r.Context(), tx, web.ScopeOf(r), newest.Code, f.Ver, versionOf(f, f.Value("why")))
			return "/definitions/" + newest.Code, err
		},
		now: func() (*web.Form, error) {
			now := p.newWordForm(newest.Code, "preview", "", newest.Number)
			now.Set("wording", newest.Wording).Set("source", newest.Source).Set("as_at", newest.AsAt).Set("note", newest.Note)
			return now, nil
		}})
}

// ---- where a version stands ----

func (p *Pages) versionOf(r *http.Request) (partnership.Version, error) {
	n, err := strconv.ParseInt(r.PathValue("version"), 10, 64)
	if err != nil {
		return partnership.Version{}, fault.NoSuch()
	}
	_, versions, _, err := p.Partnership.Definition(r.Context(), p.q(), web.ScopeOf(r), r.PathValue("code"))
	for _, v := range versions {
		if v.Number == n {
			return v, nil
		}
	}
	if err == nil {
		err = fault.NoSuch()
	}
	return partnership.Version{}, err
}

func (p *Pages) propose(w http.ResponseWriter, r *http.Request) error {
	v, err := p.versionOf(r)
	if err != nil {
		return err
	}
	f := p.Site.NewForm("", "")
	if err := f.Read(w, r); err != nil {
		return err
	}
	return p.Site.Act(w, r, "The wording was proposed to the agencies.", func(tx *database.Tx) (string, error) {
		return "/definitions/" + v.Code, p.Partnership.Propose(r.Context(), tx, web.ScopeOf(r), v.Code, v.Number, "")
	})
}

func (p *Pages) newWithdrawForm(v partnership.Version) *web.Form {
	f := p.Site.NewForm(path(v.Code, v.Number, "withdraw"), "Withdraw it", &web.Field{Name: "why", Label: "Why is it withdrawn?", Kind: web.TextArea, Rows: 3, Max: 1000, Required: "Say why it is withdrawn"})
	f.Cancel = "/definitions/" + v.Code
	return f
}

func (p *Pages) withdrawForm(w http.ResponseWriter, r *http.Request) error {
	v, err := p.versionOf(r)
	if err != nil {
		return err
	}
	return web.Render(p.Site, w, r, formPage, p.view("Withdraw "+v.Cite(), "No figure will cite it from now on; those that did go on naming it.", p.newWithdrawForm(v), p.definitionCrumbs(v.Code, v.Term)...))
}

func (p *Pages) withdraw(w http.ResponseWriter, r *http.Request) error {
	v, err := p.versionOf(r)
	if err != nil {
		return err
	}
	f := p.newWithdrawForm(v)
	if err := f.Read(w, r); err != nil {
		return err
	}
	return p.answer(w, r, asked{view: p.view("Withdraw "+v.Cite(), "", f, p.definitionCrumbs(v.Code, v.Term)...), form: f, said: "The wording was withdrawn.", do: func(tx *database.Tx) (string, error) {
		return "/definitions/" + v.Code, p.Partnership.Withdraw(r.Context(), tx, web.ScopeOf(r), v.Code, v.Number, f.Value("why"))
	}})
}

// mayAdoptFor reports whether the reader may record an adoption for an agency: their own, or any when they
// keep the register.
func (p *Pages) mayAdoptFor(s access.Scope, agency string) bool {
	return s.Agency == agency || s.Role == access.Manager || s.Role == access.InfoOfficer
}

func (p *Pages) newAdoptForm(r *http.Request, v partnership.Version) (*web.Form, error) {
	members, err := p.Partnership.Members(r.Context(), p.q())
	if err != nil {
		return nil, err
	}
	scope := web.ScopeOf(r)
	agency := &web.Field{Name: "agency", Label: "Which agency adopts it?", Kind: web.Select, Required: "Choose an agency"}
	for _, m := range members {
		if p.mayAdoptFor(scope, m.Code) {
			agency.Options = append(agency.Options, web.Option{Value: m.Code, Label: m.Name})
		}
	}
	f := p.Site.NewForm(path(v.Code, v.Number, "adopt"), "Record the adoption", agency,
		&web.Field{Name: "by", Label: "Who adopted it for the agency?", Kind: web.TextInput, Required: "Enter a name", Hint: "Name and rank or role, as in the minutes."},
		&web.Field{Name: "on", Label: "On which day?", Kind: web.DateInput, Required: "Enter the day it was adopted"})
	f.Set("agency", scope.Agency).Set("by", scope.Name).Set("on", p.today())
	f.Cancel = "/definitions/" + v.Code
	return f, nil
}

func (p *Pages) adoptForm(w http.ResponseWriter, r *http.Request) error {
	v, err := p.versionOf(r)
	if err != nil {
		return err
	}
	f, err := p.newAdoptForm(r, v)
	if err != nil {
		return err
	}
	if a := r.URL.Query().Get("agency"); a != "" && p.mayAdoptFor(web.ScopeOf(r), a) {
		f.Set("agency", a)
	}
	fv := p.view("Adopt "+v.Cite(), "The agency works to this wording from that day.", f, p.definitionCrumbs(v.Code, v.Term)...)
	fv.OldText = v.Wording
	return web.Render(p.Site, w, r, formPage, fv)
}

func (p *Pages) adopt(w http.ResponseWriter, r *http.Request) error {
	v, err := p.versionOf(r)
	if err != nil {
		return err
	}
	f, err := p.newAdoptForm(r, v)
	if err != nil {
		return err
	}
	if err := f.Read(w, r); err != nil {
		return err
	}
	if f.Value("on") > p.today() {
		f.Fail("on", "The day must be today or earlier")
	}
	fv := p.view("Adopt "+v.Cite(), "", f, p.definitionCrumbs(v.Code, v.Term)...)
	fv.OldText = v.Wording
	return p.answer(w, r, asked{view: fv, form: f, said: "The adoption was recorded.", do: func(tx *database.Tx) (string, error) {
		return "/definitions/" + v.Code, p.Partnership.Adopt(r.Context(), tx, web.ScopeOf(r), v.Code, v.Number, f.Value("agency"), f.Value("by"), f.Value("on"))
	}})
}

func (p *Pages) newEndForm(v partnership.Version, agency string) *web.Form {
	f := p.Site.NewForm(path(v.Code, v.Number, "end"), "Take it back", &web.Field{Name: "agency", Kind: web.Hidden, Max: 64},
		&web.Field{Name: "why", Label: "Why does it no longer hold?", Kind: web.TextArea, Rows: 3, Max: 1000, Required: "Say why it no longer holds"})
	f.Set("agency", agency)
	f.Cancel = "/definitions/" + v.Code
	return f
}

func (p *Pages) endView(r *http.Request, v partnership.Version, f *web.Form) *formView {
	name := p.Partnership.AgencyName(r.Context(), p.q(), f.Value("agency"))
	return p.view("Take back an adoption", name+" will no longer count as working to "+v.Cite()+". That it did stays in the history.", f, p.definitionCrumbs(v.Code, v.Term)...)
}

func (p *Pages) endForm(w http.ResponseWriter, r *http.Request) error {
	v, err := p.versionOf(r)
	if err != nil {
		return err
	}
	agency := r.URL.Query().Get("agency")
	if !p.mayAdoptFor(web.ScopeOf(r), agency) {
		return fault.NoSuch()
	}
	return web.Render(p.Site, w, r, formPage, p.endView(r, v, p.newEndForm(v, agency)))
}

func (p *Pages) end(w http.ResponseWriter, r *http.Request) error {
	v, err := p.versionOf(r)
	if err != nil {
		return err
	}
	f := p.newEndForm(v, "")
	if err := f.Read(w, r); err != nil {
		return err
	}
	if !p.mayAdoptFor(web.ScopeOf(r), f.Value("agency")) {
		return fault.NoSuch()
	}
	return p.answer(w, r, asked{view: p.endView(r, v, f), form: f, said: "The adoption was taken back.", do: func(tx *database.Tx) (string, error) {
		return "/definitions/" + v.Code, p.Partnership.EndAdoption(r.Context(), tx, web.ScopeOf(r), v.Code, v.Number, f.Value("agency"), f.Value("why"))
	}})
}
