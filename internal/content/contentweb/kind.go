package contentweb

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/content"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/draft/draftweb"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/web"
)

// Kind is a kind of content and how it is written.
type Kind struct {
	Code string // of the kind: "practice-note"
	Path string // its pages lie under: "/practice/notes"; "new" must not be a code there
	One  string // what one is called in a sentence: "practice note"
	Many string
	// Title asks for the title; Name is "title". Fields asks for the rest: each field's Name is the name of the
	// content's field. They are made afresh for every form.
	Title  web.Field
	Fields func(ctx context.Context) ([]*web.Field, error)
	// Check adds what is wrong with an answer beyond each field's own rules.
	Check func(f *web.Form)
	// Write is who may write, publish, bring back and withdraw; Publish, when it has roles, who may publish.
	Write, Publish web.Need
	// Drafts says that what is written waits until somebody publishes it; otherwise saving publishes.
	Drafts bool
	// Public says that a version may be made public, by a named person, on a page of its own.
	Public bool
	// Review asks for the day by which somebody looks at it again.
	Review bool
	Crumbs []web.Link
	// Href is where an item is shown; nil when its page of versions is all there is.
	Href func(code string) string
	// Preview is where a version is shown as it will look; nil when the page of versions is enough.
	Preview func(code string, version int64) string
	// Lead is the first sentence above the form for a new one; Readers who will be able to read it.
	Lead    string
	Readers *web.Readers
}

func (k *Kind) href(code string) string {
	if k.Href != nil {
		return k.Href(code)
	}
	return k.versions(code)
}

func (k *Kind) versions(code string) string { return k.Path + "/" + url.PathEscape(code) + "/versions" }

func (k *Kind) publisher() web.Need {
	if len(k.Publish.Roles) > 0 {
		return k.Publish
	}
	return k.Write
}

// New is where a new item is written, when the viewer may; else "".
func (k *Kind) New(v *web.Viewer) string {
	if !k.Write.Met(v) {
		return ""
	}
	return k.Path + "/new"
}

// Pages are the pages of all kinds.
type Pages struct {
	Site    *web.Site
	Content *content.Store
	Keeper  draftweb.Keeper
	kinds   []*Kind
}

// Mount registers the pages that carry content from one Lantern to another.
func (p *Pages) Mount(rt *web.Router) {
	rt.Get("/content", carriers, p.index)
	rt.Get("/content/file", carriers, p.export)
	rt.Post("/content/file", carriers, p.importFile)
}

// Add registers a kind's pages.
func (p *Pages) Add(rt *web.Router, k *Kind) *Kind {
	p.kinds = append(p.kinds, k)
	item := k.Path + "/{code}"
	rt.Get(k.Path+"/new", k.Write, func(w http.ResponseWriter, r *http.Request) error { return p.newForm(w, r, k) })
	rt.Post(k.Path, k.Write, func(w http.ResponseWriter, r *http.Request) error { return p.create(w, r, k) })
	rt.Get(item+"/edit", k.Write, func(w http.ResponseWriter, r *http.Request) error { return p.editForm(w, r, k) })
	rt.Post(item+"/edit", k.Write, func(w http.ResponseWriter, r *http.Request) error { return p.edit(w, r, k) })
	rt.Get(item+"/versions", web.Members, func(w http.ResponseWriter, r *http.Request) error { return p.show(w, r, k) })
	rt.Post(item+"/publish", k.publisher(), func(w http.ResponseWriter, r *http.Request) error { return p.publish(w, r, k) })
	rt.Get(item+"/withdraw", k.publisher(), func(w http.ResponseWriter, r *http.Request) error { return p.withdrawForm(w, r, k) })
	rt.Post(item+"/withdraw", k.publisher(), func(w http.ResponseWriter, r *http.Request) error { return p.withdraw(w, r, k) })
	if k.Public {
		rt.Post(item+"/public", k.publisher(), func(w http.ResponseWriter, r *http.Request) error { return p.makePublic(w, r, k) })
		rt.Post(item+"/private", k.publisher(), func(w http.ResponseWriter, r *http.Request) error { return p.takeBack(w, r, k) })
	}
	return k
}

func (p *Pages) q() database.Queryer { return p.Site.DB.Reader() }

func (k *Kind) key(r *http.Request) content.Key {
	return content.Key{Kind: k.Code, Code: r.PathValue("code")}
}

func (p *Pages) form(r *http.Request, k *Kind, code string, from *content.Version, newest int64) (*web.Form, error) {
	more, err := k.Fields(r.Context())
	if err != nil {
		return nil, err
	}
	title := k.Title
	title.Name = "title"
	if title.Kind == "" {
		title.Kind = web.TextInput
	}
	if title.Max == 0 {
		title.Max = 200
	}
	fields := append([]*web.Field{&title}, more...)
	if k.Review {
		fields = append(fields, &web.Field{Name: "review_on", Label: "Look at it again by", Kind: web.DateInput})
	}
	action, submit := k.Path, "Save"
	if code != "" {
		action = k.Path + "/" + url.PathEscape(code) + "/edit"
		fields = append(fields, &web.Field{Name: "why", Label: "Why this change?", Kind: web.TextArea, Rows: 2, Max: 1000})
	}
	if k.Drafts {
		submit = "Save as a draft and see it"
	}
	f := p.Site.NewForm(action, submit, fields...)
	f.Ver, f.Readers, f.Cancel = newest, k.Readers, k.Path
	if code != "" {
		f.Cancel = k.href(code)
	} else if len(k.Crumbs) > 0 {
		f.Cancel = k.Crumbs[len(k.Crumbs)-1].Href
	}
	if from != nil {
		FillForm(f, from.Text)
	}
	return f, nil
}

// FillForm puts a version's text into a form whose fields have the content's names.
func FillForm(f *web.Form, t content.Text) {
	for _, x := range f.Fields {
		switch {
		case x.Name == "title":
			x.Value = t.Title
		case x.Name == "review_on":
			f.Set(x.Name, t.ReviewOn)
		case x.Name == "why":
		case x.Kind == web.Checkboxes:
			x.Values = nil
			if v := t.Fields[x.Name]; v != "" {
				x.Values = strings.Split(v, "\n")
			}
		default:
			f.Set(x.Name, t.Fields[x.Name])
		}
	}
}

// TextOf is what a form's answers make as content: each field under its own name, several answers one a line.
func TextOf(f *web.Form) content.Text {
	t := content.Text{Fields: map[string]string{}}
	for _, x := range f.Fields {
		switch {
		case x.Name == "title":
			t.Title = x.Value
		case x.Name == "review_on":
			t.ReviewOn = x.Value
		case x.Name == "why":
		case x.Kind == web.Checkboxes:
			t.Fields[x.Name] = strings.Join(x.Values, "\n")
		default:
			t.Fields[x.Name] = x.Value
		}
	}
	return t
}

func (p *Pages) newForm(w http.ResponseWriter, r *http.Request, k *Kind) error {
	f, err := p.form(r, k, "", nil, 0)
	if err != nil {
		return err
	}
	for _, x := range f.Fields { // a link may begin an entry: "about the same theme"
		if v := r.URL.Query().Get(x.Name); v != "" && len(v) <= 200 && x.Kind != web.DateInput && x.Kind != web.Checkboxes {
			x.Value = v
		}
	}
	v := NewFormView("Add: "+k.One, k.Lead, f, k.Crumbs...)
	if v.Kept, err = p.Keeper.Open(r, f, "content", k.Code+"-new"); err != nil {
		return err
	}
	return web.Render(p.Site, w, r, FormPage, v)
}

func (p *Pages) read(w http.ResponseWriter, r *http.Request, k *Kind, f *web.Form) error {
	f.Ver = 0
	if err := f.Read(w, r); err != nil {
		return err
	}
	if k.Check != nil {
		k.Check(f)
	}
	return nil
}

func (p *Pages) create(w http.ResponseWriter, r *http.Request, k *Kind) error {
	f, err := p.form(r, k, "", nil, 0)
	if err != nil {
		return err
	}
	if err := p.read(w, r, k, f); err != nil {
		return err
	}
	return Answer(p.Site, p.Keeper, w, r, Asked{View: NewFormView("Add: "+k.One, "", f, k.Crumbs...), Form: f, Draft: [2]string{"content", k.Code + "-new"}, Said: k.saved(),
		Do: func(tx *database.Tx) (string, error) {
			code, err := p.Content.FreeCode(r.Context(), tx, k.Code, f.Value("title"))
			if err != nil {
				return "", err
			}
			return p.save(r, tx, k, code, 0, f)
		}})
}

func (k *Kind) saved() string {
	if k.Drafts {
		return "The draft was saved. Nobody else sees it as the partnership’s word until it is published."
	}
	return "It was saved."
}

func (p *Pages) save(r *http.Request, tx *database.Tx, k *Kind, code string, over int64, f *web.Form) (string, error) {
	key, why := content.Key{Kind: k.Code, Code: code}, ""
	if code != "" && over > 0 {
		why = f.Value("why")
	}
	if k.Drafts {
		v, err := p.Content.Write(r.Context(), tx, web.ScopeOf(r), key, over, TextOf(f), why)
		return k.versions(code) + "?v=" + strconv.FormatInt(v.Number, 10), err
	}
	_, err := p.Content.Save(r.Context(), tx, web.ScopeOf(r), key, over, TextOf(f), why)
	return k.href(code), err
}

// editing is an item's form, filled with its newest version, or with an older one that is to come back.
func (p *Pages) editing(r *http.Request, k *Kind) (*web.Form, content.Version, error) {
	versions, err := p.Content.Versions(r.Context(), p.q(), web.ScopeOf(r), k.key(r))
	if err != nil {
		return nil, content.Version{}, err
	}
	f, err := p.form(r, k, versions[0].Code, &versions[0], versions[0].Number)
	return f, versions[0], err
}

func (p *Pages) crumbs(k *Kind, v content.Version) []web.Link {
	return append(append([]web.Link{}, k.Crumbs...), web.Link{Text: v.Title, Href: k.href(v.Code)})
}

func draftSubject(k *Kind, code string) string {
	return strings.Map(func(c rune) rune {
		if c == '.' {
			return '-'
		}
		return c
	}, k.Code+"-"+code)
}

func (p *Pages) editForm(w http.ResponseWriter, r *http.Request, k *Kind) error {
	f, newest, err := p.editing(r, k)
	if err != nil {
		return err
	}
	v := NewFormView(newest.Title, "What it said before stays, and can be brought back.", f, p.crumbs(k, newest)...)
	if v.Kept, err = p.Keeper.Open(r, f, "content", draftSubject(k, newest.Code)); err != nil {
		return err
	}
	v.Older = []Older{{Words: "All versions", Href: k.versions(newest.Code)}}
	return web.Render(p.Site, w, r, FormPage, v)
}

func (p *Pages) edit(w http.ResponseWriter, r *http.Request, k *Kind) error {
	f, newest, err := p.editing(r, k)
	if err != nil {
		return err
	}
	if err := p.read(w, r, k, f); err != nil {
		return err
	}
	if f.Ver == 0 {
		f.Ver = -1 // a form that names no version edited none of them
	}
	return Answer(p.Site, p.Keeper, w, r, Asked{View: NewFormView(newest.Title, "", f, p.crumbs(k, newest)...), Form: f, Draft: [2]string{"content", draftSubject(k, newest.Code)}, Said: k.saved(),
		Do:  func(tx *database.Tx) (string, error) { return p.save(r, tx, k, newest.Code, f.Ver, f) },
		Now: func() (*web.Form, error) { now, _, err := p.editing(r, k); return now, err }})
}

type itemView struct {
	web.Page
	Tag      *web.Tag
	Rows     []web.SummaryRow
	Sides    []web.Side
	Left     string
	Right    string
	Edit     string
	Preview  string
	Withdraw string
	Acts     []*web.Form
	Versions *web.Table
	Events   []web.TimelineItem
}

var itemPage = web.NewTemplate[itemView](files, "item.html")

var stateTags = map[content.State]*web.Tag{content.Draft: {Text: "Draft", Colour: "yellow"}, content.Live: {Text: "Shown now", Colour: "green"}, content.Past: {Text: "Shown before", Colour: "grey"}}

func pick(versions []content.Version, asked string) *content.Version {
	n, err := strconv.ParseInt(asked, 10, 64)
	for i := range versions {
		if err == nil && versions[i].Number == n {
			return &versions[i]
		}
	}
	return nil
}

// show is an item's versions: the one asked for as it will look, what differs from the one that is shown, and
// what can be done with it.
func (p *Pages) show(w http.ResponseWriter, r *http.Request, k *Kind) error {
	ctx, scope, viewer := r.Context(), web.ScopeOf(r), web.ViewerOf(r)
	versions, err := p.Content.Versions(ctx, p.q(), scope, k.key(r))
	if err != nil {
		return err
	}
	var live *content.Version
	for i := range versions {
		if versions[i].State == content.Live {
			live = &versions[i]
		}
	}
	at := pick(versions, r.URL.Query().Get("v"))
	if at == nil {
		if at = live; at == nil {
			at = &versions[0]
		}
	}
	public, err := p.Content.Publications(ctx, p.q(), k.Code)
	if err != nil {
		return err
	}
	f, err := p.form(r, k, at.Code, at, 0)
	if err != nil {
		return err
	}
	v := &itemView{Tag: stateTags[at.State]}
	v.Title, v.Crumbs, v.Lead = at.Title, p.crumbs(k, *at), itemSentence(*at, live, public[at.Code])
	if k.Href == nil {
		v.Crumbs = k.Crumbs
	}
	for _, x := range f.Fields {
		if s := x.Shown(); x.Name != "why" && x.Name != "title" && s != "" {
			v.Rows = append(v.Rows, web.SummaryRow{Key: x.Label, Lines: strings.Split(s, "\n")})
		}
	}
	if live != nil && at.Number != live.Number {
		now, err := p.form(r, k, live.Code, live, 0)
		if err != nil {
			return err
		}
		v.Sides, v.Left, v.Right = web.Sides(now, f), fmt.Sprintf("Version %d, shown now", live.Number), fmt.Sprintf("Version %d", at.Number)
	}
	p.acts(v, k, viewer, *at, live, public[at.Code])
	v.Versions = p.versionTable(k, versions, public[at.Code])
	events, err := p.Content.Events(ctx, p.q(), scope, at.Key)
	if err != nil {
		return err
	}
	for _, e := range events {
		v.Events = append(v.Events, eventItem(e))
	}
	return web.Render(p.Site, w, r, itemPage, v)
}

func itemSentence(at content.Version, live *content.Version, public content.Publication) string {
	var s string
	switch {
	case at.State == content.Live && at.PublishedAt != nil:
		s = fmt.Sprintf("Version %d is what members see, published by %s on %s.", at.Number, at.PublishedName, web.ShowDate(clock.FromMicros(*at.PublishedAt).In(clock.London())))
	case at.State == content.Draft && live == nil:
		s = fmt.Sprintf("Version %d is a draft: nothing is shown to members until somebody publishes it.", at.Number)
	case at.State == content.Draft:
		s = fmt.Sprintf("Version %d is a draft; members see version %d until it is published.", at.Number, live.Number)
	case live == nil:
		s = "It is withdrawn: members see no version of it."
	default:
		s = fmt.Sprintf("Version %d was shown before; members see version %d now.", at.Number, live.Number)
	}
	if public.Version > 0 {
		s += fmt.Sprintf(" The public reads version %d, made public by %s.", public.Version, public.ByName)
	}
	return s
}

func (p *Pages) acts(v *itemView, k *Kind, viewer *web.Viewer, at content.Version, live *content.Version, public content.Publication) {
	if k.Write.Met(viewer) {
		v.Edit = k.Path + "/" + url.PathEscape(at.Code) + "/edit"
		if k.Preview != nil {
			v.Preview = k.Preview(at.Code, at.Number)
		}
	}
	if !k.publisher().Met(viewer) {
		return
	}
	act := func(what, submit string) {
		f := p.Site.NewForm(k.Path+"/"+url.PathEscape(at.Code)+"/"+what, submit, &web.Field{Name: "version", Kind: web.Hidden, Max: 20})
		f.Set("version", strconv.FormatInt(at.Number, 10))
		if live != nil {
			f.Ver = live.Number
		}
		v.Acts = append(v.Acts, f)
	}
	switch at.State {
	case content.Draft:
		act("publish", "Publish this version")
	case content.Past:
		act("publish", "Bring this version back")
	case content.Live:
		v.Withdraw = k.Path + "/" + url.PathEscape(at.Code) + "/withdraw"
		if k.Public && public.Version != at.Number {
			act("public", "Make this version public, in my name")
		}
	}
	if k.Public && public.Version > 0 {
		act("private", "Take it off the public page")
	}
}

func (p *Pages) versionTable(k *Kind, versions []content.Version, public content.Publication) *web.Table {
	t := &web.Table{ID: "versions", Caption: "Versions", Columns: []web.Column{{Label: "Version"}, {Label: "State"}, {Label: "Written"}, {Label: "Published"}, {Label: "Reason"}}}
	for _, x := range versions {
		published := web.Cell{}
		if x.PublishedAt != nil {
			published = web.Cell{Text: x.PublishedName, Sub: web.ShowDate(*x.PublishedAt)}
		}
		state := web.Cell{Tag: stateTags[x.State]}
		if public.Version == x.Number {
			state.Sub = "Public"
		}
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{{Text: fmt.Sprintf("Version %d", x.Number), Href: fmt.Sprintf("%s?v=%d", k.versions(x.Code), x.Number)}, state, {Text: x.ByName, Sub: web.ShowDate(x.At)}, published, {Text: x.Why}}})
	}
	return t
}

func eventItem(e content.Event) web.TimelineItem {
	t := clock.FromMicros(e.At).In(clock.London())
	words := map[string]string{"written": "Version %d was written", "published": "Version %d was published", "withdrawn": "Version %d was withdrawn", "made-public": "Version %d was made public", "imported": "Version %d came from a file"}[e.What]
	item := web.TimelineItem{When: web.ShowDate(t), By: t.Format("15:04"), Text: e.Why}
	if item.Title = "It was taken off the public page"; words != "" {
		item.Title = fmt.Sprintf(words, e.Version)
	}
	if e.ByName != "" {
		item.By += ", " + e.ByName
	}
	return item
}

// sent reads one of the small forms of an item's page: the version it is about, and the live one it saw.
func (p *Pages) sent(w http.ResponseWriter, r *http.Request) (version, live int64, err error) {
	f := p.Site.NewForm("", "", &web.Field{Name: "version", Kind: web.Hidden, Max: 20})
	if err := f.Read(w, r); err != nil {
		return 0, 0, err
	}
	version, perr := strconv.ParseInt(f.Value("version"), 10, 64)
	if perr != nil {
		return 0, 0, fault.New(fault.Invalid, "The form does not say which version it is about. Nothing was changed.")
	}
	return version, f.Ver, nil
}

func (p *Pages) publish(w http.ResponseWriter, r *http.Request, k *Kind) error {
	version, live, err := p.sent(w, r)
	if err != nil {
		return err
	}
	return p.Site.Act(w, r, "It was published in your name.", func(tx *database.Tx) (string, error) {
		return k.versions(r.PathValue("code")), p.Content.Publish(r.Context(), tx, web.ScopeOf(r), k.key(r), version, live, "")
	})
}

func (p *Pages) makePublic(w http.ResponseWriter, r *http.Request, k *Kind) error {
	version, live, err := p.sent(w, r)
	if err != nil {
		return err
	}
	return p.Site.Act(w, r, "It is public now, in your name.", func(tx *database.Tx) (string, error) {
		now, err := p.Content.Get(r.Context(), tx, web.ScopeOf(r), k.key(r))
		if err != nil {
			return "", err
		}
		if now.Number != version || live != version {
			return "", fault.New(fault.Conflict, "Members see another version by now: look at it before you make it public.")
		}
		return k.versions(r.PathValue("code")), p.Content.MakePublic(r.Context(), tx, web.ScopeOf(r), k.Code, r.PathValue("code"), version, "")
	})
}

func (p *Pages) takeBack(w http.ResponseWriter, r *http.Request, k *Kind) error {
	if _, _, err := p.sent(w, r); err != nil {
		return err
	}
	return p.Site.Act(w, r, "It is no longer on the public page.", func(tx *database.Tx) (string, error) {
		return k.versions(r.PathValue("code")), p.Content.TakeBack(r.Context(), tx, web.ScopeOf(r), k.Code, r.PathValue("code"), "")
	})
}

func (p *Pages) withdrawing(r *http.Request, k *Kind) (*web.Form, content.Version, error) {
	v, err := p.Content.Get(r.Context(), p.q(), web.ScopeOf(r), k.key(r))
	if err != nil {
		return nil, v, err
	}
	f := p.Site.NewForm(k.Path+"/"+url.PathEscape(v.Code)+"/withdraw", "Withdraw it", &web.Field{Name: "why", Label: "Why is it withdrawn?", Kind: web.TextArea, Rows: 3, Max: 1000, Required: "Say why it is withdrawn"})
	f.Ver, f.Cancel = v.Number, k.href(v.Code)
	return f, v, nil
}

func (p *Pages) withdrawForm(w http.ResponseWriter, r *http.Request, k *Kind) error {
	f, v, err := p.withdrawing(r, k)
	if err != nil {
		return err
	}
	return web.Render(p.Site, w, r, FormPage, NewFormView("Withdraw: "+v.Title, "No list shows it from now on. Its versions stay, and any of them can be brought back.", f, p.crumbs(k, v)...))
}

func (p *Pages) withdraw(w http.ResponseWriter, r *http.Request, k *Kind) error {
	f, v, err := p.withdrawing(r, k)
	if err != nil {
		return err
	}
	f.Ver = 0
	if err := f.Read(w, r); err != nil {
		return err
	}
	return Answer(p.Site, p.Keeper, w, r, Asked{View: NewFormView("Withdraw: "+v.Title, "", f, p.crumbs(k, v)...), Form: f, Said: "It was withdrawn.", Do: func(tx *database.Tx) (string, error) {
		return k.versions(v.Code), p.Content.Withdraw(r.Context(), tx, web.ScopeOf(r), v.Key, f.Ver, f.Value("why"))
	}})
}
