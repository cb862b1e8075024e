package partnershipweb

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/partnership"
	"lantern.example/lantern/internal/web"
)

// PublicDefinition is the kind under which a definition is made public; see content.MakePublic.
const PublicDefinition = "definition"

// talk is what the page of a definition shows besides the wording: who differs, what was said, the words that bring
// it up, and whether the public reads it.
type talk struct {
	Variations *web.Table
	Vary       string
	Comments   []web.TimelineItem
	Say        *web.Form
	Words      string
	WordsHref  string
	Public     string
	PublicForm *web.Form
}

func (p *Pages) sayForm(v partnership.Version) *web.Form {
	f := p.Site.NewForm(path(v.Code, v.Number, "say"), "Add to the discussion", &web.Field{Name: "words", Label: "What do you say about " + v.Cite() + "?", Kind: web.TextArea, Rows: 3, Required: "Write what you want to say about the wording", Hint: "It stays. Name nobody whose safety it is about."})
	f.Readers = readByAll
	return f
}

// readByAll stands where people write what every member reads.
var readByAll = &web.Readers{By: "every member of every agency in the partnership.", NotBy: "young people, families and the public."}

func (p *Pages) talk(r *http.Request, e partnership.Entry, names map[string]string) (talk, error) {
	ctx, scope, viewer := r.Context(), web.ScopeOf(r), web.ViewerOf(r)
	var t talk
	variations, err := p.Partnership.Variations(ctx, p.q(), scope, e.Code)
	if err != nil {
		return t, err
	}
	t.Variations = &web.Table{ID: "variations", Caption: "Who means something else here", Empty: "No agency has said that it means something else.", Columns: []web.Column{{Label: "Agency"}, {Label: "How it differs"}, {Label: "Why"}, {Label: "Said"}}}
	for _, x := range variations {
		cell := web.Cell{Text: orCode(names, x.Agency), Sub: fmt.Sprintf("differs from v%d", x.Version)}
		if e.Current != nil && adopters.Met(viewer) && p.mayAdoptFor(scope, x.Agency) {
			cell.Href = path(e.Code, x.Version, "vary") + "?agency=" + url.QueryEscape(x.Agency)
		}
		t.Variations.Rows = append(t.Variations.Rows, web.Row{Cells: []web.Cell{cell, {Text: x.Wording}, {Text: x.Why}, {Text: happened(x.At, "").When}}})
	}
	people, err := p.people(ctx)
	if err != nil {
		return t, err
	}
	comments, err := p.Partnership.Comments(ctx, p.q(), scope, e.Code)
	if err != nil {
		return t, err
	}
	for _, c := range comments {
		item := happened(c.At, who(people, c.By))
		item.Title, item.Text = fmt.Sprintf("%s on v%d", orCode(names, c.Agency), c.Version), c.Words
		t.Comments = append(t.Comments, item)
	}
	if e.Current == nil {
		return t, nil
	}
	t.Say = p.sayForm(*e.Current)
	if adopters.Met(viewer) {
		t.Vary = path(e.Code, e.Current.Number, "vary")
	}
	words, _, err := p.Partnership.WordsOf(ctx, p.q(), e.ID)
	if err != nil {
		return t, err
	}
	t.Words = strings.Join(words, ", ")
	if wordings.Met(viewer) {
		t.WordsHref = "/definitions/" + e.Code + "/words"
	}
	return t, p.publicState(ctx, &t, e, viewer)
}

func (p *Pages) publicState(ctx context.Context, t *talk, e partnership.Entry, viewer *web.Viewer) error {
	public, err := p.Content.Publications(ctx, p.q(), PublicDefinition)
	if err != nil {
		return err
	}
	x := public[e.Code]
	if x.Version > 0 {
		t.Public = fmt.Sprintf("The public reads v%d, made public by %s on %s.", x.Version, x.ByName, happened(x.At, "").When)
	}
	switch {
	case !keepers.Met(viewer):
	case x.Version == e.Current.Number:
		t.PublicForm = p.Site.NewForm(path(e.Code, e.Current.Number, "private"), "Take it off the public page")
	case e.Current.Status == partnership.Adopted:
		t.PublicForm = p.Site.NewForm(path(e.Code, e.Current.Number, "public"), "Show v"+strconv.FormatInt(e.Current.Number, 10)+" to the public, in my name")
	}
	return nil
}

func (p *Pages) makePublic(w http.ResponseWriter, r *http.Request) error {
	v, err := p.versionOf(r)
	if err != nil {
		return err
	}
	if err := p.Site.NewForm("", "").Read(w, r); err != nil {
		return err
	}
	return p.Site.Act(w, r, "It is public now, in your name.", func(tx *database.Tx) (string, error) {
		if v.Status != partnership.Adopted {
			return "", fault.New(fault.Refused, "%s is %s: only an adopted wording is shown to the public.", v.Cite(), v.Status)
		}
		return "/definitions/" + v.Code, p.Content.MakePublic(r.Context(), tx, web.ScopeOf(r), PublicDefinition, v.Code, v.Number, "")
	})
}

func (p *Pages) makePrivate(w http.ResponseWriter, r *http.Request) error {
	v, err := p.versionOf(r)
	if err != nil {
		return err
	}
	if err := p.Site.NewForm("", "").Read(w, r); err != nil {
		return err
	}
	return p.Site.Act(w, r, "It is no longer on the public page.", func(tx *database.Tx) (string, error) {
		return "/definitions/" + v.Code, p.Content.TakeBack(r.Context(), tx, web.ScopeOf(r), PublicDefinition, v.Code, "")
	})
}

func (p *Pages) say(w http.ResponseWriter, r *http.Request) error {
	v, err := p.versionOf(r)
	if err != nil {
		return err
	}
	f := p.sayForm(v)
	f.Cancel = "/definitions/" + v.Code
	if err := f.Read(w, r); err != nil {
		return err
	}
	return p.answer(w, r, asked{view: p.view("What do you say about "+v.Cite()+"?", "", f, p.definitionCrumbs(v.Code, v.Term)...), form: f, said: "It was added to the discussion.", do: func(tx *database.Tx) (string, error) {
		return "/definitions/" + v.Code, p.Partnership.Say(r.Context(), tx, web.ScopeOf(r), v.Code, v.Number, f.Value("words"))
	}})
}

// ---- local variation ----

func (p *Pages) varyingForm(r *http.Request, v partnership.Version) (*web.Form, error) {
	members, err := p.Partnership.Members(r.Context(), p.q())
	if err != nil {
		return nil, err
	}
	scope := web.ScopeOf(r)
	agency := &web.Field{Name: "agency", Label: "Which agency means something else?", Kind: web.Select, Required: "Choose an agency"}
	for _, m := range members {
		if p.mayAdoptFor(scope, m.Code) {
			agency.Options = append(agency.Options, web.Option{Value: m.Code, Label: m.Name})
		}
	}
	f := p.Site.NewForm(path(v.Code, v.Number, "vary"), "Save", agency,
		&web.Field{Name: "wording", Label: "How does its meaning differ?", Kind: web.TextArea, Rows: 4, Hint: "For example: counts from the age of 10, not 14. Leave it empty when the agency means what the wording says again."},
		&web.Field{Name: "why", Label: "Why?", Kind: web.TextArea, Rows: 2, Max: 1000})
	f.Set("agency", scope.Agency)
	f.Cancel = "/definitions/" + v.Code
	return f, nil
}

func (p *Pages) varyForm(w http.ResponseWriter, r *http.Request) error {
	v, err := p.versionOf(r)
	if err != nil {
		return err
	}
	f, err := p.varyingForm(r, v)
	if err != nil {
		return err
	}
	if a := r.URL.Query().Get("agency"); a != "" && p.mayAdoptFor(web.ScopeOf(r), a) {
		f.Set("agency", a)
	}
	all, err := p.Partnership.Variations(r.Context(), p.q(), web.ScopeOf(r), v.Code)
	if err != nil {
		return err
	}
	for _, x := range all {
		if x.Agency == f.Value("agency") {
			f.Set("wording", x.Wording).Set("why", x.Why)
		}
	}
	fv := p.view("Where an agency means something else", "Figures of that agency are to be read with it.", f, p.definitionCrumbs(v.Code, v.Term)...)
	fv.OldText = v.Wording
	return web.Render(p.Site, w, r, formPage, fv)
}

func (p *Pages) vary(w http.ResponseWriter, r *http.Request) error {
	v, err := p.versionOf(r)
	if err != nil {
		return err
	}
	f, err := p.varyingForm(r, v)
	if err != nil {
		return err
	}
	if err := f.Read(w, r); err != nil {
		return err
	}
	if f.Value("wording") != "" && f.Value("why") == "" {
		f.Fail("why", "Say why the agency means something else")
	}
	fv := p.view("Where an agency means something else", "", f, p.definitionCrumbs(v.Code, v.Term)...)
	fv.OldText = v.Wording
	return p.answer(w, r, asked{view: fv, form: f, said: "It was saved.", do: func(tx *database.Tx) (string, error) {
		return "/definitions/" + v.Code, p.Partnership.Vary(r.Context(), tx, web.ScopeOf(r), v.Code, v.Number, f.Value("agency"), f.Value("wording"), f.Value("why"))
	}})
}

// ---- the words that bring a definition up ----

func (p *Pages) wordsOf(r *http.Request) (*web.Form, partnership.Entry, error) {
	e, _, _, err := p.Partnership.Definition(r.Context(), p.q(), web.ScopeOf(r), r.PathValue("code"))
	if err != nil {
		return nil, e, err
	}
	words, version, err := p.Partnership.WordsOf(r.Context(), p.q(), e.ID)
	f := p.Site.NewForm("/definitions/"+e.Code+"/words", "Save the words", &web.Field{Name: "words", Label: "Words that bring it up", Kind: web.TextArea, Rows: 6, Max: 2000, Hint: "One a line. Whoever types one of them in a form sees the wording, whole words only."})
	f.Set("words", strings.Join(words, "\n"))
	f.Ver, f.Cancel = version, "/definitions/"+e.Code
	return f, e, err
}

func (p *Pages) wordsForm(w http.ResponseWriter, r *http.Request) error {
	f, e, err := p.wordsOf(r)
	if err != nil {
		return err
	}
	return web.Render(p.Site, w, r, formPage, p.view("Words that bring up: "+lower(e.Term), "It takes effect in every form as soon as it is saved.", f, p.definitionCrumbs(e.Code, e.Term)...))
}

func (p *Pages) saveWords(w http.ResponseWriter, r *http.Request) error {
	f, e, err := p.wordsOf(r)
	if err != nil {
		return err
	}
	f.Ver = 0
	if err := f.Read(w, r); err != nil {
		return err
	}
	return p.answer(w, r, asked{view: p.view("Words that bring up: "+lower(e.Term), "", f, p.definitionCrumbs(e.Code, e.Term)...), form: f, said: "The words were saved.",
		do: func(tx *database.Tx) (string, error) {
			return "/definitions/" + e.Code, p.Partnership.SetWords(r.Context(), tx, web.ScopeOf(r), e.Code, f.Ver, partnership.Lines(f.Value("words")))
		},
		now: func() (*web.Form, error) { now, _, err := p.wordsOf(r); return now, err }})
}

// Typed finds the words in a text that the partnership has a meaning for; it is the site's TypedWords.
func (p *Pages) Typed(ctx context.Context, scope access.Scope, text string) ([]web.TypedWord, error) {
	meanings, err := p.Partnership.Meanings(ctx, p.q(), scope)
	if err != nil {
		return nil, err
	}
	var out []web.TypedWord
	for _, t := range partnership.Find(text, meanings) {
		out = append(out, typedWord(t.Word, t.Meaning))
	}
	return out, nil
}

func typedWord(word string, m partnership.Meaning) web.TypedWord {
	x := web.TypedWord{Word: word, Wording: m.Current.Wording, Cite: m.Current.Cite(), Href: "/definitions/" + m.Current.Code}
	if m.Current.Status != partnership.Adopted {
		x.Standing = "No agency has adopted this wording yet."
	}
	return x
}

// meanings is what the script that watches forms asks for.
func (p *Pages) meanings(w http.ResponseWriter, r *http.Request) error {
	all, err := p.Partnership.Meanings(r.Context(), p.q(), web.ScopeOf(r))
	if err != nil {
		return err
	}
	type one struct {
		Words []string `json:"words"`
		web.TypedWord
	}
	out := []one{}
	for _, m := range all {
		out = append(out, one{m.Words, typedWord("", m)})
	}
	w.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(w).Encode(out)
}

// ---- one version, as figures cite it ----

func (p *Pages) oneVersion(w http.ResponseWriter, r *http.Request) error {
	v, err := p.versionOf(r)
	if err != nil {
		return err
	}
	e, versions, adoptions, err := p.Partnership.Definition(r.Context(), p.q(), web.ScopeOf(r), v.Code)
	if err != nil {
		return err
	}
	names, err := p.Partnership.AgencyNames(r.Context(), p.q())
	if err != nil {
		return err
	}
	view := &definitionView{Wording: v.Wording}
	view.Title, view.Crumbs = v.Term+": "+v.Cite(), append([]web.Link{governance}, p.definitionCrumbs(v.Code, v.Term)...)
	switch {
	case e.Current != nil && e.Current.Number == v.Number:
		view.Lead = "Figures cite this wording now."
	case e.Current != nil:
		view.Lead = "Figures that cite " + v.Cite() + " used these words; figures cite " + e.Current.Cite() + " now, and the two are not one series."
	default:
		view.Lead = "Figures that cite " + v.Cite() + " used these words; every wording has been withdrawn since."
	}
	view.Rows = []web.SummaryRow{{Key: "Status", Tag: statusTags[v.Status]}, {Key: "Source", Value: v.Source}, {Key: "As at", Value: partnership.AsAtWords(v.AsAt)}}
	if v.Note != "" {
		view.Rows = append(view.Rows, web.SummaryRow{Key: "Note", Value: v.Note})
	}
	var by []string
	for _, a := range adoptions {
		if a.Version == v.Number {
			by = append(by, fmt.Sprintf("%s, by %s on %s", orCode(names, a.Agency), a.By, web.ShowDate(a.On)))
		}
	}
	if by == nil {
		by = []string{"Nobody"}
	}
	view.Rows = append(view.Rows, web.SummaryRow{Key: "Adopted by", Lines: by})
	if i := slices.IndexFunc(versions, func(x partnership.Version) bool { return x.Number == v.Number }); i+1 < len(versions) {
		view.Buttons = []web.Link{{Text: fmt.Sprintf("Beside v%d", versions[i+1].Number), Href: fmt.Sprintf("/definitions/%s/compare?from=%d&to=%d", v.Code, versions[i+1].Number, v.Number)}}
	}
	return web.Render(p.Site, w, r, definitionPage, view)
}

// ---- told apart ----

// apart are the definitions that are taken for one another, in the order they are told apart.
var apart = []string{"group-of-young-people", "gang", "urban-street-gang", "organised-crime-group", "disengaged-young-people", "gang-nominal"}

func (p *Pages) apart(w http.ResponseWriter, r *http.Request) error {
	entries, err := p.Partnership.Register(r.Context(), p.q(), web.ScopeOf(r))
	if err != nil {
		return err
	}
	v := &tableView{Table: &web.Table{ID: "apart", Caption: "Taken for one another", Empty: "None of these words has a wording.", Columns: []web.Column{{Label: "Word"}, {Label: "What it means here"}, {Label: "What to know"}, {Label: "Status"}},
		Base: "A group of friends is not a gang, and being out of school is not a sign of one. No word here is ever a label of a person: people have roles in events, with dates."}}
	v.Title, v.Crumbs, v.Wide = "Groups, gangs and disengaged young people", append([]web.Link{governance}, p.definitionCrumbs("", "")...), true
	adopted, shown := 0, 0
	for _, code := range apart {
		i := slices.IndexFunc(entries, func(e partnership.Entry) bool { return e.Code == code && e.Current != nil })
		if i < 0 {
			continue
		}
		c := entries[i].Current
		shown++
		if c.Status == partnership.Adopted {
			adopted++
		}
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{{Text: c.Term, Href: "/definitions/" + c.Code, Sub: c.Cite()}, {Text: c.Wording}, {Text: c.Note}, {Tag: statusTags[c.Status]}}})
	}
	v.Lead = fmt.Sprintf("They are different things: %d of the %d words below %s adopted.", adopted, shown, ifOne(adopted, "is", "are"))
	return web.Render(p.Site, w, r, tablePage, v)
}
