package practiceweb

import (
	"context"
	"net/http"
	"strings"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/content"
	"lantern.example/lantern/internal/content/contentweb"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/practice"
	"lantern.example/lantern/internal/practice/find"
	"lantern.example/lantern/internal/practice/markdown"
	"lantern.example/lantern/internal/practice/support"
	"lantern.example/lantern/internal/web"
	"lantern.example/lantern/internal/work"
)

func (p *Pages) mountDesk(rt *web.Router) {
	rt.Get("/hub/ask", web.Members, p.ask)
	rt.Post("/hub/ask", web.Members, p.near)
	rt.Get("/hub/questions", web.Members, p.questions)
	rt.Post("/hub/questions", web.Members, p.send)
	rt.Get("/hub/questions/{id}", web.Members, p.question)
	rt.Post("/hub/questions/{id}/answer", web.Members, p.reply)
	rt.Get("/hub/questions/{id}/{what}", web.Members, p.changeForm)
	rt.Post("/hub/questions/{id}/{what}", web.Members, p.change)
	rt.Get("/hub/questions/{id}/publish", web.Members, p.publishForm)
	rt.Post("/hub/questions/{id}/publish", web.Members, p.publish)
	rt.Get("/hub/answers", web.Members, p.replies)
}

var askCrumb = web.Link{Text: "Ask", Href: "/hub/ask"}

const aboutNobody = "Ask about how to do something, never about somebody: no names, no dates of birth, no addresses."

type askView struct {
	web.Page
	Form    *web.Form
	Kept    web.Fragment
	Near    []result
	Read    []string
	Looked  bool
	Standby string
	Links   []web.Link
}

var askPage = web.NewTemplate[askView](files, "ask.html")

func (p *Pages) wordsField() *web.Field {
	return &web.Field{Name: "words", Label: "What do you want to know?", Kind: web.TextArea, Rows: 5, Max: 4000, Required: "Write your question", Hint: aboutNobody}
}

func (p *Pages) readers() *web.Readers {
	return &web.Readers{By: "you, whoever is to answer, and the community safety managers", NotBy: "anybody else, until an answer is published without the case"}
}

func (p *Pages) askView(ctx context.Context) (*askView, error) {
	c, err := p.Support.Clock(ctx, p.q(), access.System("hub", access.Upkeep))
	if err != nil {
		return nil, err
	}
	n, err := p.Support.Standing(ctx, p.q())
	if err != nil {
		return nil, err
	}
	v := &askView{Links: []web.Link{{Text: "Questions", Href: "/hub/questions"}, {Text: "Published answers", Href: "/hub/answers"}}}
	v.Title, v.Crumbs = "Ask", []web.Link{hub}
	v.Lead = "One box. You see near answers first; then a named person answers within " + plural(c.Answer, "working day", "working days") + "."
	v.Standby = plural(n.Waiting, "question waits", "questions wait") + " just now, " + plural(n.Overdue, "past its day", "past their day") + ". For somebody in danger, ring 999; for a child at risk today, ring your safeguarding lead."
	return v, nil
}

func (p *Pages) ask(w http.ResponseWriter, r *http.Request) error {
	v, err := p.askView(r.Context())
	if err != nil {
		return err
	}
	v.Form = p.Site.NewForm("/hub/ask", "See what is known", p.wordsField())
	v.Form.Readers = p.readers()
	if v.Kept, err = p.Keeper.Open(r, v.Form, "hub", "question"); err != nil {
		return err
	}
	return web.Render(p.Site, w, r, askPage, v)
}

func (p *Pages) sendForm(ctx context.Context) (*web.Form, error) {
	themes, err := p.Partnership.Themes(ctx, p.q())
	if err != nil {
		return nil, err
	}
	theme := &web.Field{Name: "theme", Label: "What is it about?", Kind: web.Select, Hint: "It goes to whoever leads on it.", Options: []web.Option{{Label: "Not sure: the community safety manager"}}}
	for _, t := range themes {
		if t.InUse {
			theme.Options = append(theme.Options, web.Option{Value: t.Code, Label: t.Name})
		}
	}
	f := p.Site.NewForm("/hub/questions", "Ask it", p.wordsField(), theme)
	f.Cancel, f.Readers = "/hub/ask", p.readers()
	return f, nil
}

// near shows what the hub holds that is like the question, and lets it be asked. Nothing is kept yet.
func (p *Pages) near(w http.ResponseWriter, r *http.Request) error {
	v, err := p.askView(r.Context())
	if err != nil {
		return err
	}
	first := p.Site.NewForm("/hub/ask", "See what is known", p.wordsField())
	first.Readers = p.readers()
	if err := first.Read(w, r); err != nil {
		return err
	}
	if !first.Valid() {
		v.Form, v.HasErrors = first, true
		return web.RenderStatus(p.Site, w, r, http.StatusUnprocessableEntity, askPage, v)
	}
	words := first.Value("words")
	a, err := p.Hub.Search(r.Context(), p.q(), find.Query{Text: words, Limit: 5})
	if err != nil {
		return err
	}
	v.Looked, v.Read = true, readings(a)
	v.Title = "Is it here already?"
	v.Lead = "Nothing in the hub is near to it. Ask it below."
	for _, h := range a.Hits {
		x := result{Title: h.Title, Href: h.Href, Summary: h.Summary, Kind: kindNames[h.Kind]}
		if h.Draft {
			x.Tag = draftTag
		}
		v.Near = append(v.Near, x)
	}
	if len(v.Near) > 0 {
		v.Lead = plural(len(v.Near), "entry is", "entries are") + " near to it. If none answers it, ask below."
	}
	f, err := p.sendForm(r.Context())
	if err != nil {
		return err
	}
	f.Set("words", words)
	f.Draft = "/drafts/hub/question"
	v.Form = f
	if found := support.Caution(words); found != "" {
		f.Fail("words", found)
		v.HasErrors = true
	}
	return web.Render(p.Site, w, r, askPage, v)
}

func (p *Pages) send(w http.ResponseWriter, r *http.Request) error {
	f, err := p.sendForm(r.Context())
	if err != nil {
		return err
	}
	if err := f.Read(w, r); err != nil {
		return err
	}
	if found := support.Caution(f.Value("words")); found != "" {
		f.Fail("words", found)
	}
	v := contentweb.NewFormView("Ask", "", f, hub, askCrumb)
	return contentweb.Answer(p.Site, p.Keeper, w, r, contentweb.Asked{View: v, Form: f, Draft: [2]string{"hub", "question"}, Said: "Your question was asked.", Do: func(tx *database.Tx) (string, error) {
		x, err := p.Support.Ask(r.Context(), tx, web.ScopeOf(r), f.Value("words"), f.Value("theme"))
		return "/hub/questions/" + x.ID, err
	}})
}

func (p *Pages) stateTag(x support.Question) *web.Tag {
	switch {
	case x.Overdue(p.today()):
		return &web.Tag{Text: "Overdue", Colour: "red"}
	case x.State == support.Asked:
		return &web.Tag{Text: "Waits", Colour: "yellow"}
	case x.State == support.Answered:
		return &web.Tag{Text: "Answered", Colour: "green"}
	case x.PublishedAs != "":
		return &web.Tag{Text: "Published", Colour: "green"}
	}
	return &web.Tag{Text: "Closed", Colour: "grey"}
}

func (p *Pages) questions(w http.ResponseWriter, r *http.Request) error {
	ctx, scope := r.Context(), web.ScopeOf(r)
	all, err := p.Support.List(ctx, p.q(), scope, 200)
	if err != nil {
		return err
	}
	n, err := p.Support.Standing(ctx, p.q())
	if err != nil {
		return err
	}
	v := &listView{}
	v.Title, v.Crumbs, v.Wide = "Questions", []web.Link{hub, askCrumb}, true
	t := &web.Table{ID: "questions", Caption: "Questions that you may read", Empty: "You have asked nothing, and nothing waits for you.", Columns: []web.Column{{Label: "Question"}, {Label: "State"}, {Label: "Waits for"}, {Label: "Due"}}, Base: "You read what you asked and what waits for you; the community safety manager reads all of them."}
	for _, x := range all {
		due := web.Cell{}
		if x.State == support.Asked {
			due = web.Cell{Text: web.ShowDate(x.DueOn), Sub: work.DueWords(x.DueOn, p.today())}
		}
		waits := web.Cell{}
		if x.State == support.Asked {
			waits.Text = x.AssigneeName
			if x.Escalated {
				waits.Sub = "Gone up"
			}
		}
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{{Text: short(x.Words), Href: "/hub/questions/" + x.ID, Sub: "Asked " + web.ShowDate(clock.FromMicros(x.AskedAt).In(clock.London())) + " by " + x.AskedByName}, {Tag: p.stateTag(x)}, waits, due}})
	}
	v.Lead = plural(n.Waiting, "question waits", "questions wait") + " in the whole partnership, " + plural(n.Overdue, "past its day", "past their day") + "."
	v.Tables = []listPart{{Table: t}}
	v.Links = []web.Link{{Text: "Ask", Href: "/hub/ask"}, {Text: "Published answers", Href: "/hub/answers"}}
	return web.Render(p.Site, w, r, listPage, v)
}

func (p *Pages) replies(w http.ResponseWriter, r *http.Request) error {
	all, err := p.Library.List(r.Context(), p.q(), web.ScopeOf(r), practice.Reply)
	if err != nil {
		return err
	}
	v := &listView{}
	v.Title, v.Crumbs, v.Wide = "Answers", []web.Link{hub}, true
	t := &web.Table{ID: "answers", Caption: "Published answers", Empty: "No answer is published yet.", Columns: []web.Column{{Label: "Question"}, {Label: "As at"}, {Label: "Source"}}}
	for _, e := range all {
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{{Text: e.Title, Href: e.Href(), Sub: e.Summary()}, asAtCell(e), {Text: e.Source()}}})
	}
	v.Lead = plural(len(all), "question has", "questions have") + " a published answer, without the case it came from."
	v.Tables = []listPart{{Table: t}}
	v.Links = []web.Link{{Text: "Ask another", Href: "/hub/ask"}}
	return web.Render(p.Site, w, r, listPage, v)
}

type questionView struct {
	web.Page
	Words   string
	Rows    []web.SummaryRow
	Answer  []markdown.Block
	Form    *web.Form
	Buttons []web.Link
	Events  []web.TimelineItem
}

var questionPage = web.NewTemplate[questionView](files, "question.html")

func (p *Pages) replyForm(x support.Question) *web.Form {
	f := p.Site.NewForm("/hub/questions/"+x.ID+"/answer", "Answer", &web.Field{Name: "answer", Label: "Your answer", Kind: web.TextArea, Rows: 8, Max: 20000, Required: "Write an answer", Hint: "Markdown: **strong**, - lists, [words](/hub). About nobody."})
	if x.State == support.Answered {
		f.Submit = "Answer again"
		f.Set("answer", x.Answer)
	}
	f.Ver = x.Ver
	f.Readers = p.readers()
	return f
}

func (p *Pages) questionView(r *http.Request) (support.Question, *questionView, error) {
	ctx, scope := r.Context(), web.ScopeOf(r)
	x, err := p.Support.Get(ctx, p.q(), scope, r.PathValue("id"))
	if err != nil {
		return x, nil, err
	}
	v := &questionView{Words: x.Words}
	v.Title, v.Crumbs = "Question", []web.Link{hub, askCrumb, {Text: "Questions", Href: "/hub/questions"}}
	switch {
	case x.State == support.Asked:
		v.Lead = "It waits for " + x.AssigneeName + ". " + work.DueWords(x.DueOn, p.today()) + "."
	case x.State == support.Answered:
		v.Lead = "It was answered by " + x.AnsweredByName + "."
	case x.PublishedAs != "":
		v.Lead = "It was answered by " + x.AnsweredByName + ", and the answer is published without the case."
	default:
		v.Lead = "It is closed."
	}
	v.Rows = []web.SummaryRow{{Key: "State", Tag: p.stateTag(x)}, {Key: "Asked by", Value: x.AskedByName + ", " + web.ShowDate(clock.FromMicros(x.AskedAt).In(clock.London()))}}
	if x.PublishedAs != "" {
		v.Rows = append(v.Rows, web.SummaryRow{Key: "Published as", Value: x.PublishedAs, Href: "/hub/answer/" + x.PublishedAs})
	}
	if x.Answer != "" {
		v.Answer = prose(x.Answer, 2)
	}
	at := "/hub/questions/" + x.ID
	if support.MayAnswer(scope, x) && x.State != support.Closed {
		v.Form = p.replyForm(x)
		if x.State == support.Answered {
			v.Buttons = append(v.Buttons, web.Link{Text: "Publish it without the case", Href: at + "/publish"})
		} else {
			v.Buttons = append(v.Buttons, web.Link{Text: "Give it to somebody else", Href: at + "/give"})
		}
	}
	if x.State == support.Asked && !x.Escalated {
		v.Buttons = append(v.Buttons, web.Link{Text: "Take it up to the manager", Href: at + "/escalate"})
	}
	if x.State != support.Closed {
		v.Buttons = append(v.Buttons, web.Link{Text: "Close it", Href: at + "/close"})
	}
	events, err := p.Support.Events(ctx, p.q(), x.ID)
	if err != nil {
		return x, nil, err
	}
	words := map[string]string{"asked": "Asked", "answered": "Answered", "escalated": "Taken up to the manager", "given": "Given to somebody else", "closed": "Closed", "published": "Published"}
	for _, e := range events {
		t := clock.FromMicros(e.At).In(clock.London())
		item := web.TimelineItem{Title: words[e.What], When: web.ShowDate(t), By: t.Format("15:04")}
		if e.What != "answered" {
			item.Text = e.Words
		}
		if e.ByName != "" {
			item.By += ", " + e.ByName
		}
		v.Events = append(v.Events, item)
	}
	return x, v, nil
}

func (p *Pages) question(w http.ResponseWriter, r *http.Request) error {
	_, v, err := p.questionView(r)
	if err != nil {
		return err
	}
	return web.Render(p.Site, w, r, questionPage, v)
}

func (p *Pages) reply(w http.ResponseWriter, r *http.Request) error {
	x, v, err := p.questionView(r)
	if err != nil {
		return err
	}
	if v.Form == nil {
		return fault.NoSuch()
	}
	f := v.Form
	f.Ver = 0
	if err := f.Read(w, r); err != nil {
		return err
	}
	if !f.Valid() {
		v.HasErrors = true
		return web.RenderStatus(p.Site, w, r, http.StatusUnprocessableEntity, questionPage, v)
	}
	return p.Site.Act(w, r, "Your answer was saved.", func(tx *database.Tx) (string, error) {
		return "/hub/questions/" + x.ID, p.Support.Reply(r.Context(), tx, web.ScopeOf(r), x.ID, f.Ver, f.Value("answer"))
	})
}

// changing is the form of what else can be done with a question: it goes up, to somebody else, or is closed.
func (p *Pages) changing(r *http.Request) (support.Question, *web.Form, *contentweb.FormView, error) {
	x, err := p.Support.Get(r.Context(), p.q(), web.ScopeOf(r), r.PathValue("id"))
	if err != nil {
		return x, nil, nil, err
	}
	what := r.PathValue("what")
	why := &web.Field{Name: "why", Label: "Why?", Kind: web.TextArea, Rows: 3, Max: 1000, Required: "Say why"}
	title, submit, fields := "", "", []*web.Field{why}
	switch what {
	case "escalate":
		title, submit = "Take it up to the manager", "Take it up"
	case "close":
		title, submit = "Close the question", "Close it"
	case "give":
		if !support.MayAnswer(web.ScopeOf(r), x) {
			return x, nil, nil, fault.NoSuch()
		}
		members, err := p.members(r, func(role string) bool { return role != string(access.Administrator) })
		if err != nil {
			return x, nil, nil, err
		}
		title, submit = "Give it to somebody else", "Give it to them"
		fields = []*web.Field{{Name: "to", Label: "Who should answer it?", Kind: web.Select, Required: "Choose somebody", Options: append([]web.Option{{Label: "Choose"}}, members...)}, why}
	default:
		return x, nil, nil, fault.NoSuch()
	}
	at := "/hub/questions/" + x.ID
	f := p.Site.NewForm(at+"/"+what, submit, fields...)
	f.Ver, f.Cancel = x.Ver, at
	return x, f, contentweb.NewFormView(title, "“"+short(x.Words)+"”", f, hub, askCrumb, web.Link{Text: "Question", Href: at}), nil
}

func (p *Pages) changeForm(w http.ResponseWriter, r *http.Request) error {
	_, _, v, err := p.changing(r)
	if err != nil {
		return err
	}
	return web.Render(p.Site, w, r, contentweb.FormPage, v)
}

func (p *Pages) change(w http.ResponseWriter, r *http.Request) error {
	x, f, v, err := p.changing(r)
	if err != nil {
		return err
	}
	f.Ver = 0
	if err := f.Read(w, r); err != nil {
		return err
	}
	said := map[string]string{"escalate": "It is with the manager now.", "close": "The question was closed.", "give": "It waits for them now."}[r.PathValue("what")]
	return p.answer(w, r, v, f, said, func(tx *database.Tx) (string, error) {
		ctx, scope, why := r.Context(), web.ScopeOf(r), f.Value("why")
		switch r.PathValue("what") {
		case "escalate":
			return "/hub/questions", p.Support.Escalate(ctx, tx, scope, x.ID, f.Ver, why)
		case "close":
			return "/hub/questions", p.Support.Close(ctx, tx, scope, x.ID, f.Ver, why)
		}
		return "/hub/questions", p.Support.Give(ctx, tx, scope, x.ID, f.Ver, f.Value("to"), why)
	})
}

func (p *Pages) publishing(r *http.Request) (support.Question, *web.Form, *contentweb.FormView, error) {
	x, err := p.Support.Get(r.Context(), p.q(), web.ScopeOf(r), r.PathValue("id"))
	if err != nil {
		return x, nil, nil, err
	}
	if !support.MayAnswer(web.ScopeOf(r), x) || x.State != support.Answered {
		return x, nil, nil, fault.NoSuch()
	}
	at := "/hub/questions/" + x.ID
	f := p.Site.NewForm(at+"/publish", "Publish it in my name",
		&web.Field{Name: "title", Label: "The question in one line", Kind: web.TextInput, Max: 200, Required: "Write the question in one line"},
		&web.Field{Name: "summary", Label: "The answer in a sentence or two", Kind: web.TextArea, Rows: 2, Max: 400, Required: "Write the answer in a sentence or two"},
		&web.Field{Name: "question", Label: "The question, without the case", Kind: web.TextArea, Rows: 4, Max: 2000, Required: "Write the question", Hint: "Leave out who, where and when. Change what could lead to somebody."},
		&web.Field{Name: "body", Label: "The answer", Kind: web.TextArea, Rows: 8, Max: 20000, Required: "Write the answer"},
		&web.Field{Name: "source", Label: "Source", Kind: web.TextInput, Max: 1000, Required: "Say what it rests on"},
		&web.Field{Name: "looked", Label: "Have you looked?", Kind: web.Checkboxes, Options: []web.Option{{Value: "yes", Label: "I have read both texts, and they lead to nobody"}}, Required: "Read both texts, and say that they lead to nobody"})
	f.Set("question", x.Words).Set("body", x.Answer)
	f.Ver, f.Cancel = x.Ver, at
	f.Readers = &web.Readers{By: "every member of the partnership", NotBy: "young people’s own sign-ins; the public"}
	return x, f, contentweb.NewFormView("Publish the answer without the case", "Every member will find it. Write it so that nobody could tell whose case it came from.", f, hub, askCrumb, web.Link{Text: "Question", Href: at}), nil
}

func (p *Pages) publishForm(w http.ResponseWriter, r *http.Request) error {
	_, _, v, err := p.publishing(r)
	if err != nil {
		return err
	}
	return web.Render(p.Site, w, r, contentweb.FormPage, v)
}

func (p *Pages) publish(w http.ResponseWriter, r *http.Request) error {
	x, f, v, err := p.publishing(r)
	if err != nil {
		return err
	}
	f.Ver = 0
	if err := f.Read(w, r); err != nil {
		return err
	}
	t := content.Text{Title: f.Value("title"), ReviewOn: p.today().AddDate(1, 0, 0).Format(clock.ISODate), Fields: map[string]string{"theme": x.Theme, "as_at": p.today().Format(clock.ISODate)}}
	for _, name := range []string{"summary", "question", "body", "source"} {
		t.Fields[name] = f.Value(name)
	}
	// What looks like somebody is refused even from whoever says they have looked: an e-mail address or a number in a published answer is never needed.
	for _, name := range []string{"title", "summary", "question", "body"} {
		if found := support.Caution(f.Value(name)); found != "" {
			f.Fail(name, strings.Replace(found, ", or say that you have looked and it leads to nobody", "", 1))
		}
	}
	return p.answer(w, r, v, f, "The answer is published.", func(tx *database.Tx) (string, error) {
		code, err := p.Support.Publish(r.Context(), tx, web.ScopeOf(r), x.ID, f.Ver, t, true)
		return "/hub/answer/" + code, err
	})
}
