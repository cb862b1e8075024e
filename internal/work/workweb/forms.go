package workweb

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/web"
	"lantern.example/lantern/internal/work"
)

type formView struct {
	web.Page
	Kept web.Fragment // what was typed before
	Form *web.Form
	// Theirs is set when somebody else changed the action first: both texts, side by side.
	Theirs *theirs
}

type theirs struct {
	By, When, What string
	Rows           []side
	Keep           string // where their version is
}

// side is one field as it is saved now and as the reader wrote it.
type side struct {
	Label, Now, Yours string
	Differs           bool
}

var formPage = web.NewTemplate[formView](files, "form.html")

func (p *Pages) formView(title, lead string, f *web.Form, crumbs ...web.Link) *formView {
	v := &formView{Form: f}
	v.Title, v.Lead, v.HasErrors = title, lead, !f.Valid()
	v.Crumbs = append([]web.Link{{Text: "Actions", Href: "/actions"}}, crumbs...)
	return v
}

func titleField() *web.Field {
	return &web.Field{Name: "title", Label: "What is to be done?", Kind: web.TextInput, Max: 200, Required: "Say what is to be done", Hint: "Begin with a verb: “Agree who rings the home when a child is late”."}
}

func whyField() *web.Field {
	return &web.Field{Name: "why", Label: "Why?", Kind: web.TextArea, Rows: 4, Required: "Say why it is to be done"}
}

func dueField() *web.Field {
	return &web.Field{Name: "due_on", Label: "By when?", Kind: web.DateInput, Required: "Enter the date it is due", Hint: "One date. It can be moved later, with a reason."}
}

// writable are the personal classes the writer's role may write.
func writable(s access.Scope) []web.Option {
	out := []web.Option{{Value: string(access.Partnership), Label: "No: every member of the partnership may read it"}}
	for _, c := range access.Classes {
		if c.Personal() && c != access.FormerName && c != access.Identity && c != access.Contact && !slices.Contains(s.Closed, c) {
			out = append(out, web.Option{Value: string(c), Label: "Yes: our " + ClassNames[c] + " records"})
		}
	}
	return out
}

var prefills = []string{"title", "why", "source", "source_id", "subject", "subject_id"}

func (p *Pages) newForm(r *http.Request) (*web.Form, error) {
	n, err := p.names(r.Context())
	if err != nil {
		return nil, err
	}
	people, err := p.people(r.Context(), n)
	if err != nil {
		return nil, err
	}
	scope := web.ScopeOf(r)
	f := p.Site.NewForm("/actions", "Add the action", titleField(), whyField(),
		&web.Field{Name: "assignee", Label: "Who owns it?", Kind: web.Select, Options: append([]web.Option{{Value: "", Label: "Choose one person"}}, people...), Required: "Choose one owner", Hint: "One person, by name. They see it under My work."},
		dueField(),
		&web.Field{Name: "class", Label: "Is it about a person?", Kind: web.Select, Options: writable(scope), Required: "Say whether it is about a person", Hint: "If it is, only your agency, and those that an agreement lets read such records, will know that it exists."})
	for _, name := range prefills[2:] {
		f.Fields = append(f.Fields, &web.Field{Name: name, Kind: web.Hidden, Max: 100})
	}
	f.Set("assignee", scope.Account).Set("class", string(access.Partnership))
	f.Cancel = "/actions"
	f.Readers = p.newReaders(r.Context(), scope)
	return f, nil
}

// newReaders is who will read an action that is yet to be said what it is about: it names those whom live agreements let read any of the
// kinds that the reader can choose.
func (p *Pages) newReaders(ctx context.Context, scope access.Scope) *web.Readers {
	out := &web.Readers{By: "every member of every agency, unless it is about a person.", NotBy: "young people, families and the public."}
	var order []string // of who reads, as they come
	kinds := map[string][]string{}
	for _, o := range writable(scope) {
		if c := access.Class(o.Value); c.Personal() {
			by := p.Site.ReadBy(ctx, scope, scope.Agency, c).By
			if kinds[by] == nil {
				order = append(order, by)
			}
			kinds[by] = append(kinds[by], ClassNames[c])
		}
	}
	for _, by := range order {
		out.By += " If it is about " + strings.Join(kinds[by], ", ") + ": " + by
	}
	return out
}

func (p *Pages) addForm(w http.ResponseWriter, r *http.Request) error {
	f, err := p.newForm(r)
	if err != nil {
		return err
	}
	for _, name := range prefills {
		if v := r.URL.Query().Get(name); v != "" && len([]rune(v)) <= f.Field(name).Limit() {
			f.Set(name, v)
		}
	}
	v := p.formView("Add an action", "An action has one owner, one date and a reason.", f)
	if v.Kept, err = p.Keeper.Open(r, f, "action", draftOf(f)); err != nil {
		return err
	}
	return web.Render(p.Site, w, r, formPage, v)
}

// draftOf keeps what is typed about one source apart from what is typed about another.
func draftOf(f *web.Form) string {
	if k := f.Value("source"); k != "" {
		return "new-" + key(k+"-"+f.Value("source_id"))
	}
	return "new"
}

// key makes words fit for a draft's name.
func key(s string) string {
	b := []byte(s)
	for i, c := range b {
		switch {
		case c >= 'A' && c <= 'Z':
			b[i] = c + 'a' - 'A'
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
		default:
			b[i] = '-'
		}
	}
	return string(b[:min(len(b), 90)])
}

func (p *Pages) add(w http.ResponseWriter, r *http.Request) error {
	f, err := p.newForm(r)
	if err != nil {
		return err
	}
	if err := f.Read(w, r); err != nil {
		return err
	}
	name := draftOf(f)
	f.Draft = "/drafts/action/" + name
	if f.Value("due_on") != "" && f.Field("due_on").Error == "" && f.Value("due_on") < today(p.Site) {
		f.Fail("due_on", "The date must be today or later")
	}
	again := func(status int) error {
		return web.RenderStatus(p.Site, w, r, status, formPage, p.formView("Add an action", "", f))
	}
	if !f.Valid() {
		return again(http.StatusUnprocessableEntity)
	}
	ctx, scope := r.Context(), web.ScopeOf(r)
	return p.done(w, r, f, "The action was added.", func(tx *database.Tx) (string, error) {
		a, err := p.Work.Add(ctx, tx, scope, work.New{Title: f.Value("title"), Why: f.Value("why"), Class: access.Class(f.Value("class")), Assignee: f.Value("assignee"), DueOn: f.Value("due_on"),
			Source: work.Ref{Kind: f.Value("source"), ID: f.Value("source_id")}, Subject: work.Ref{Kind: f.Value("subject"), ID: f.Value("subject_id")}})
		if err != nil {
			return "", err
		}
		return "/actions/" + a.ID, p.Keeper.Discard(ctx, tx, scope.Account, "action", name)
	}, again, nil)
}

// task is one form on an existing action: how it is asked, filled, and done.
type task struct {
	name, path, title, lead, submit, said string
	fields                                func(a work.Action, people []web.Option) []*web.Field
	check                                 func(a work.Action, f *web.Form)
	do                                    func(tx *database.Tx, r *http.Request, a work.Action, f *web.Form) error
	sides                                 func(a work.Action, f *web.Form, n names) []side
}

func (p *Pages) taskForm(w http.ResponseWriter, r *http.Request, t task) error {
	a, f, _, err := p.begin(r, t)
	if err != nil {
		return err
	}
	v := p.formView(t.title, t.lead, f, web.Link{Text: a.Title, Href: "/actions/" + a.ID})
	if v.Kept, err = p.Keeper.Open(r, f, "action-"+t.name, a.ID); err != nil {
		return err
	}
	if err := p.consulted(r, "action", a.ID, []work.Action{a}); err != nil {
		return err
	}
	return web.Render(p.Site, w, r, formPage, v)
}

func (p *Pages) begin(r *http.Request, t task) (work.Action, *web.Form, names, error) {
	a, err := p.Work.Get(r.Context(), p.Site.DB.Reader(), web.ScopeOf(r), r.PathValue("id"))
	if err != nil {
		return a, nil, nil, err
	}
	n, err := p.names(r.Context())
	if err != nil {
		return a, nil, nil, err
	}
	people, err := p.people(r.Context(), n)
	if err != nil {
		return a, nil, nil, err
	}
	f := p.Site.NewForm("/actions/"+a.ID+"/"+t.path, t.submit, t.fields(a, people)...)
	f.Ver, f.Cancel, f.Draft, f.Readers = a.Ver, "/actions/"+a.ID, "/drafts/action-"+t.name+"/"+a.ID, readBy(r.Context(), p.Site, web.ScopeOf(r), a.Class, a.Owner)
	return a, f, n, nil
}

func (p *Pages) taskDo(w http.ResponseWriter, r *http.Request, t task) error {
	a, f, _, err := p.begin(r, t)
	if err != nil {
		return err
	}
	if err := f.Read(w, r); err != nil {
		return err
	}
	if t.check != nil {
		t.check(a, f)
	}
	crumb := web.Link{Text: a.Title, Href: "/actions/" + a.ID}
	again := func(status int) error {
		if err := p.consulted(r, "action", a.ID, []work.Action{a}); err != nil {
			return err
		}
		return web.RenderStatus(p.Site, w, r, status, formPage, p.formView(t.title, "", f, crumb))
	}
	if !f.Valid() {
		return again(http.StatusUnprocessableEntity)
	}
	return p.done(w, r, f, t.said, func(tx *database.Tx) (string, error) {
		if err := t.do(tx, r, a, f); err != nil {
			return "", err
		}
		return "/actions/" + a.ID, p.Keeper.Discard(r.Context(), tx, web.ScopeOf(r).Account, "action-"+t.name, a.ID)
	}, again, func() error { return p.conflict(w, r, t, f) })
}

// conflict shows what is saved now beside what the reader wrote, and lets them save theirs over it,
// knowing what it is.
func (p *Pages) conflict(w http.ResponseWriter, r *http.Request, t task, mine *web.Form) error {
	a, f, n, err := p.begin(r, t)
	if err != nil {
		return err
	}
	history, err := p.Work.History(r.Context(), p.Site.DB.Reader(), web.ScopeOf(r), a.ID)
	if err != nil {
		return err
	}
	for i, x := range f.Fields {
		*x = *mine.Fields[i]
		x.Error = ""
	}
	f.Submit = "Save mine over theirs"
	v := p.formView("Somebody else changed this action first", "Nothing of theirs was lost, and yours is not saved yet: compare the two, then choose.", f, web.Link{Text: a.Title, Href: "/actions/" + a.ID})
	v.Theirs = &theirs{Rows: t.sides(a, f, n), Keep: "/actions/" + a.ID}
	if len(history) > 0 {
		v.Theirs.By, v.Theirs.When, v.Theirs.What = history[0].ByName, web.ShowDate(history[0].At), whatWords[history[0].What]
	}
	for i := range v.Theirs.Rows {
		s := &v.Theirs.Rows[i]
		s.Differs = s.Now != s.Yours
	}
	if err := p.consulted(r, "action", a.ID, []work.Action{a}); err != nil {
		return err
	}
	return web.RenderStatus(p.Site, w, r, http.StatusConflict, formPage, v)
}

var stateWords = map[work.State]string{work.Open: "Open", work.Done: "Done", work.Dropped: "Dropped"}

func reasonSides(yours string) func(a work.Action, f *web.Form, n names) []side {
	return func(a work.Action, f *web.Form, n names) []side {
		return []side{{Label: "State", Now: stateWords[a.State], Yours: yours}, {Label: "Owner", Now: a.AssigneeName, Yours: a.AssigneeName}, {Label: "Due", Now: web.ShowDate(a.DueOn), Yours: web.ShowDate(a.DueOn)},
			{Label: "Reason", Now: a.Outcome, Yours: f.Value("reason")}}
	}
}

func (p *Pages) editing() task {
	return task{name: "edit", path: "edit", title: "Change the action", lead: "What it was stays in its history.", submit: "Save the change", said: "The action was changed.",
		fields: func(a work.Action, _ []web.Option) []*web.Field {
			fs := []*web.Field{titleField(), whyField(), dueField(), {Name: "reason", Label: "Reason for the change (needed when the date moves back)", Kind: web.TextArea, Rows: 2}}
			f := &web.Form{Fields: fs}
			f.Set("title", a.Title).Set("why", a.Why).Set("due_on", a.DueOn)
			return fs
		},
		check: func(a work.Action, f *web.Form) {
			due := f.Value("due_on")
			switch {
			case f.Field("due_on").Error != "" || due == a.DueOn:
			case due < today(p.Site):
				f.Fail("due_on", "The date must be today or later")
			case due > a.DueOn && f.Value("reason") == "":
				f.Fail("reason", "Say why the date is moved back")
			}
		},
		do: func(tx *database.Tx, r *http.Request, a work.Action, f *web.Form) error {
			_, err := p.Work.Edit(r.Context(), tx, web.ScopeOf(r), a.ID, f.Ver, work.Edit{Title: f.Value("title"), Why: f.Value("why"), DueOn: f.Value("due_on"), Reason: f.Value("reason")})
			return err
		},
		sides: func(a work.Action, f *web.Form, _ names) []side {
			return []side{{Label: "What is to be done", Now: a.Title, Yours: f.Value("title")}, {Label: "Why", Now: a.Why, Yours: f.Value("why")}, {Label: "Due", Now: web.ShowDate(a.DueOn), Yours: web.ShowDate(f.Value("due_on"))},
				{Label: "State", Now: stateWords[a.State], Yours: stateWords[work.Open]}, {Label: "Owner", Now: a.AssigneeName, Yours: a.AssigneeName}}
		},
	}
}

func (p *Pages) closing() task {
	return task{name: "close", path: "close", title: "Close the action", lead: "Say what came of it: the reason is what others learn from.", submit: "Close the action", said: "The action was closed.",
		fields: func(work.Action, []web.Option) []*web.Field {
			return []*web.Field{
				{Name: "state", Label: "How does it end?", Kind: web.Radios, Required: "Say how it ends", Options: []web.Option{{Value: "done", Label: "Done"}, {Value: "dropped", Label: "Dropped", Hint: "It will not be done"}}},
				{Name: "reason", Label: "What came of it, or why is it dropped?", Kind: web.TextArea, Rows: 4, Required: "Say what came of it, or why it is dropped"}}
		},
		do: func(tx *database.Tx, r *http.Request, a work.Action, f *web.Form) (err error) {
			if f.Value("state") == "done" {
				_, err = p.Work.Complete(r.Context(), tx, web.ScopeOf(r), a.ID, f.Ver, f.Value("reason"))
			} else {
				_, err = p.Work.Drop(r.Context(), tx, web.ScopeOf(r), a.ID, f.Ver, f.Value("reason"))
			}
			return err
		},
		sides: func(a work.Action, f *web.Form, n names) []side {
			return reasonSides(stateWords[work.State(f.Value("state"))])(a, f, n)
		},
	}
}

func (p *Pages) handing() task {
	return task{name: "owner", path: "owner", title: "Give the action to somebody else", lead: "An action has one owner at a time; the change and its reason stay in its history.", submit: "Give it to them", said: "The action has a new owner.",
		fields: func(_ work.Action, people []web.Option) []*web.Field {
			return []*web.Field{
				{Name: "assignee", Label: "Who owns it now?", Kind: web.Select, Options: append([]web.Option{{Value: "", Label: "Choose one person"}}, people...), Required: "Choose one owner"},
				{Name: "reason", Label: "Why?", Kind: web.TextArea, Rows: 3, Required: "Say why it changes hands"}}
		},
		do: func(tx *database.Tx, r *http.Request, a work.Action, f *web.Form) error {
			_, err := p.Work.Reassign(r.Context(), tx, web.ScopeOf(r), a.ID, f.Ver, f.Value("assignee"), f.Value("reason"))
			return err
		},
		sides: func(a work.Action, f *web.Form, n names) []side {
			yours := ""
			for _, o := range f.Field("assignee").Options {
				if o.Value == f.Value("assignee") {
					yours = o.Label
				}
			}
			return []side{{Label: "Owner", Now: a.AssigneeName + ", " + n.agency(a.AssigneeAgency), Yours: yours}, {Label: "State", Now: stateWords[a.State], Yours: stateWords[work.Open]}, {Label: "Due", Now: web.ShowDate(a.DueOn), Yours: web.ShowDate(a.DueOn)}}
		},
	}
}

func (p *Pages) reopening() task {
	return task{name: "reopen", path: "reopen", title: "Open the action again", lead: "What it was closed with stays in its history.", submit: "Open it again", said: "The action is open again.",
		fields: func(work.Action, []web.Option) []*web.Field {
			return []*web.Field{{Name: "reason", Label: "Why?", Kind: web.TextArea, Rows: 3, Required: "Say why it is opened again"}}
		},
		do: func(tx *database.Tx, r *http.Request, a work.Action, f *web.Form) error {
			_, err := p.Work.Reopen(r.Context(), tx, web.ScopeOf(r), a.ID, f.Ver, f.Value("reason"))
			return err
		},
		sides: reasonSides("Open"),
	}
}

func (p *Pages) editForm(w http.ResponseWriter, r *http.Request) error {
	return p.taskForm(w, r, p.editing())
}
func (p *Pages) edit(w http.ResponseWriter, r *http.Request) error {
	return p.taskDo(w, r, p.editing())
}
func (p *Pages) closeForm(w http.ResponseWriter, r *http.Request) error {
	return p.taskForm(w, r, p.closing())
}
func (p *Pages) close(w http.ResponseWriter, r *http.Request) error {
	return p.taskDo(w, r, p.closing())
}
func (p *Pages) ownerForm(w http.ResponseWriter, r *http.Request) error {
	return p.taskForm(w, r, p.handing())
}
func (p *Pages) owner(w http.ResponseWriter, r *http.Request) error {
	return p.taskDo(w, r, p.handing())
}
func (p *Pages) reopenForm(w http.ResponseWriter, r *http.Request) error {
	return p.taskForm(w, r, p.reopening())
}
func (p *Pages) reopen(w http.ResponseWriter, r *http.Request) error {
	return p.taskDo(w, r, p.reopening())
}
