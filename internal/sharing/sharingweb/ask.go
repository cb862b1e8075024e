package sharingweb

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/account/accountweb"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/sharing"
	"lantern.example/lantern/internal/web"
	"lantern.example/lantern/internal/work"
)

// ---- asking for what is closed ----

var requests = web.Link{Text: "Requests to read", Href: "/requests"}

func (p *Singly) askForm(ctx context.Context, s access.Scope, x Person, class, to string) (*web.Form, error) {
	agencies, err := p.agencies(ctx, s.Agency)
	if err != nil {
		return nil, err
	}
	what := []web.Option{{Value: "", Label: "Choose what you need"}}
	for _, c := range access.Classes {
		if c.Personal() && c != access.FormerName {
			what = append(what, web.Option{Value: string(c), Label: capital(ClassWords[c])})
		}
	}
	f := p.Site.NewForm("/people/"+x.ID+"/ask", "Ask",
		&web.Field{Name: "class", Label: "What do you need to read?", Kind: web.Select, Required: "Choose what you need to read", Options: what},
		&web.Field{Name: "to", Label: "Which agency do you ask?", Hint: "Whoever would hold it. You can ask any, and the question goes the same way whether or not they hold anything.", Kind: web.Select, Required: "Choose an agency", Options: agencies},
		&web.Field{Name: "why", Label: "What do you need it for?", Hint: "Say what you would do with it. As little about the young person as will do.", Kind: web.TextArea, Rows: 4, Required: "Say what you need it for"},
		&web.Field{Name: "urgent", Label: "How soon?", Kind: web.Radios, Required: "Say how soon", Options: []web.Option{{Value: "no", Label: fmt.Sprintf("Within %d working days", sharing.OrdinaryDays)}, {Value: "yes", Label: "By the next working day"}}})
	f.Set("class", class).Set("to", to)
	f.Cancel = "/people/" + x.ID
	f.Readers = &web.Readers{By: "you, and whoever answers for the agency you ask: its information officer where it has one.", NotBy: "anybody else, your own agency among them."}
	return f, nil
}

func (p *Singly) ask(w http.ResponseWriter, r *http.Request) error {
	ctx, s := r.Context(), web.ScopeOf(r)
	x, err := p.Person(ctx, s, r.PathValue("id"))
	if err != nil {
		return err
	}
	f, err := p.askForm(ctx, s, x, r.URL.Query().Get("class"), r.URL.Query().Get("to"))
	if err != nil {
		return err
	}
	v := &formView{Form: f, About: "It goes to the agency’s own desk as work with a date, and comes back to you with a reason. What is given opens to you alone, for a time, and a second person looks at it. Where life is in danger do not wait: speak to them, or break the glass."}
	v.Title, v.Crumbs = "Ask to read what is closed to you", []web.Link{{Text: "People", Href: "/people"}, {Text: x.Title, Href: "/people/" + x.ID}}
	show := func(status int) error {
		if err := p.Site.Consulted(ctx, s, web.Read{Kind: "person", Subject: x.ID, Owners: x.Owners, Words: "sections: title, to ask for records"}); err != nil {
			return err
		}
		v.HasErrors = status != http.StatusOK
		return web.RenderStatus(p.Site, w, r, status, formPage, v)
	}
	if r.Method == http.MethodGet {
		return show(http.StatusOK)
	}
	if err := f.Read(w, r); err != nil {
		return err
	}
	return p.acted(w, r, f, "Your question is at their desk.", func(tx *database.Tx) (string, error) {
		a, err := p.Asks.Put(ctx, tx, s, sharing.Ask{Kind: "class", Person: x.ID, Class: access.Class(f.Value("class")), Desk: f.Value("to"), Why: f.Value("why"), Urgent: f.Value("urgent") == "yes"})
		return "/requests/" + a.ID, err
	}, show)
}

type requestsView struct {
	web.Page
	Table *web.Table
}

var requestsPage = web.NewTemplate[requestsView](files, "decisions.html")

func (p *Singly) askState(a sharing.Ask) web.Cell {
	switch a.State {
	case "granted":
		return web.Cell{Tag: &web.Tag{Text: "Given", Colour: "green"}}
	case "refused":
		return web.Cell{Tag: &web.Tag{Text: "Not given", Colour: "grey"}}
	case "answered":
		return web.Cell{Tag: &web.Tag{Text: "Answered", Colour: "green"}}
	}
	today := clock.Today(p.Site.Clock)
	tag := web.Tag{Text: work.DueWords(a.DueOn, today), Colour: "yellow"}
	if work.DaysUntil(a.DueOn, today) < 0 {
		tag.Colour = "red"
	}
	return web.Cell{Tag: &tag, Sub: web.ShowDate(a.DueOn)}
}

func askWords(a sharing.Ask) string {
	if a.Kind == "broker" {
		return "Does a service that is never named know somebody?"
	}
	return "To read " + ClassWords[a.Class]
}

// FindingRequests is how requests stand for a reader.
func (p *Singly) FindingRequests(ctx context.Context, s access.Scope) (string, error) {
	all, err := p.Asks.List(ctx, p.q(), s)
	return p.requestsLead(s, all), err
}

func (p *Singly) requestsLead(s access.Scope, all []sharing.Ask) string {
	desk, mine, late := 0, 0, 0
	today := clock.Today(p.Site.Clock).Format(clock.ISODate)
	for _, a := range all {
		if a.State != "open" {
			continue
		}
		if a.Asker == s.Account {
			mine++
		} else {
			desk++
			if a.DueOn < today {
				late++
			}
		}
	}
	var out []string
	if desk > 0 {
		words := plural(desk, "request waits", "requests wait") + " at your desk"
		if late > 0 {
			words += fmt.Sprintf(", %d longer than it should", late)
		}
		out = append(out, words)
	}
	if mine > 0 {
		out = append(out, plural(mine, "of yours waits", "of yours wait")+" for an answer")
	}
	switch {
	case len(out) > 0:
		return strings.Join(out, "; ") + "."
	case len(all) == 0:
		return "No request to read records concerns you."
	}
	return "Every request that concerns you has been answered."
}

func (p *Singly) requests(w http.ResponseWriter, r *http.Request) error {
	ctx, s := r.Context(), web.ScopeOf(r)
	all, err := p.Asks.List(ctx, p.q(), s)
	if err != nil {
		return err
	}
	names, err := p.Partnership.AgencyNames(ctx, p.q())
	if err != nil {
		return err
	}
	v := &requestsView{Table: &web.Table{Caption: "Requests, those that wait first", Empty: "You asked for nothing, and nothing waits at your desk.", Base: fmt.Sprintf("An urgent request has until the next working day, any other %d working days. Bank holidays are the partnership’s own.", sharing.OrdinaryDays),
		Columns: []web.Column{{Label: "Request"}, {Label: "From"}, {Label: "At the desk of"}, {Label: "Came"}, {Label: "State"}}}}
	v.Title, v.Crumbs, v.Wide, v.Lead = "Requests to read", []web.Link{governance}, true, p.requestsLead(s, all)
	var owners []string
	for _, a := range all {
		owners = append(owners, a.Desk)
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{{Text: askWords(a), Hidden: "of " + when(a.ReceivedAt), Href: "/requests/" + a.ID}, {Text: agencyName(a.Agency, names)}, {Text: agencyName(a.Desk, names)}, {Text: day(a.ReceivedAt)}, p.askState(a)}})
	}
	slices.Sort(owners)
	return web.Show(p.Site, w, r, requestsPage, v, web.Read{Kind: "access-request", Owners: slices.Compact(owners), Words: fmt.Sprintf("list: %d requests", len(all))})
}

type askedView struct {
	web.Page
	Tag      *web.Tag
	Words    string
	Facts    []web.SummaryRow
	Reply    string
	Services *web.Table // for the broker
	Give     *web.Form
	None     string
	Refuse   *web.Form
	Answer   *web.Form
	Done     *web.Form // for the asker: takes the answer off their list of work
}

var askedPage = web.NewTemplate[askedView](files, "asked.html")

type askForms struct{ give, refuse, answer *web.Form }

func (p *Singly) asked(w http.ResponseWriter, r *http.Request) error {
	a, err := p.Asks.Get(r.Context(), p.q(), web.ScopeOf(r), r.PathValue("id"))
	if err != nil {
		return err
	}
	return p.showAsked(w, r, http.StatusOK, a, askForms{})
}

func (p *Singly) showAsked(w http.ResponseWriter, r *http.Request, status int, a sharing.Ask, forms askForms) error {
	ctx, s := r.Context(), web.ScopeOf(r)
	who, err := people(ctx, p.q(), p.Accounts)
	if err != nil {
		return err
	}
	state := p.askState(a)
	v := &askedView{Tag: state.Tag, Words: a.Why, Reply: a.Reply}
	v.Title, v.Crumbs = askWords(a), []web.Link{governance, requests}
	title, href := p.personOr(ctx, s, a.Person, "Person "+short(a.Person)+" (their name is not open to your role: somebody in your agency who does casework can open the page)")
	v.Facts = []web.SummaryRow{{Key: "About", Value: title, Href: href}, {Key: "Asked by", Value: who[a.Asker].Name + ", " + p.name(ctx, a.Agency), Lines: []string{accountweb.RoleNames[who[a.Asker].Role]}}, {Key: "For", Value: capital(accountweb.PurposeNames[a.Purpose])},
		{Key: "At the desk of", Value: p.name(ctx, a.Desk)}, {Key: "Came", Value: when(a.ReceivedAt)}, {Key: "Answer by", Value: web.ShowDate(a.DueOn)}}
	read := web.Read{Kind: "access-request", Subject: a.ID, Owners: []string{a.Desk}, Words: "the request"}
	answers, err := p.Asks.Answers(ctx, p.q(), s, a)
	if err != nil {
		return err
	}
	switch {
	case a.State == "open" && answers && a.Kind == "broker":
		v.Lead = "Somebody asks you as broker. What you answer must read the same whether or not a service knows this person."
		never, err := p.Pointers.Brokered(ctx, p.q(), s, p.Asks, a.ID)
		if err != nil {
			return err
		}
		v.Services = servicesTable(never)
		for _, n := range never {
			read.Owners = append(read.Owners, n.Agency.Code)
		}
		read.Words = "the request, as broker"
		if v.Answer = forms.answer; v.Answer == nil {
			v.Answer = p.answerForm(a)
		}
	case a.State == "open" && answers:
		v.Lead = who[a.Asker].Name + " asks to read " + ClassWords[a.Class] + ", and your agency decides by " + web.ShowDate(a.DueOn) + "."
		if v.Give = forms.give; v.Give == nil {
			if v.Give, err = p.giveForm(ctx, s, a); err != nil {
				return err
			}
		}
		if len(v.Give.Field("items").Options) == 0 {
			v.Give, v.None = nil, "Your agency holds no such record of this person that could be given. Say so, or say that you cannot say: both read the same to whoever asks if you write “We cannot help with this.”"
		}
		if v.Refuse = forms.refuse; v.Refuse == nil {
			v.Refuse = p.refuseForm(a)
		}
	case a.State == "open":
		v.Lead = "It waits at the desk of " + p.name(ctx, a.Desk) + " until " + web.ShowDate(a.DueOn) + "."
	default:
		v.Lead = map[string]string{"granted": "It was given to you by name.", "refused": "It was not given.", "answered": "The broker has answered."}[a.State]
		if a.Asker != s.Account {
			v.Lead = map[string]string{"granted": "It was given.", "refused": "It was not given.", "answered": "It was answered."}[a.State]
		}
		v.Facts = append(v.Facts, web.SummaryRow{Key: "Answered by", Value: who[a.RepliedBy].Name + ", " + when(*a.RepliedAt)})
		if a.Disclosure != "" {
			if d, err := p.OneOffs.Get(ctx, p.q(), s, a.Disclosure); err == nil {
				v.Facts = append(v.Facts, web.SummaryRow{Key: "What exactly", Value: d.Code, Href: "/disclosures/" + d.ID})
			}
		}
	}
	if a.State != "open" && a.Asker == s.Account && a.ReadAt == nil {
		v.Done = p.doneForm(a)
	}
	if err := p.Site.Consulted(ctx, s, read); err != nil {
		return err
	}
	v.HasErrors = status != http.StatusOK
	return web.RenderStatus(p.Site, w, r, status, askedPage, v)
}

func servicesTable(never []sharing.Pointer) *web.Table {
	t := &web.Table{ID: "services", Caption: "Services that are never named, and hold something", Columns: []web.Column{{Label: "Service"}, {Label: "Last learnt anything"}, {Label: "Whom to speak to"}}, Empty: "No such service holds a record that it has not restricted.",
		Base: "You alone see this, and the service can see that you did. Speak to the service: it decides what may be said. Tell whoever asks neither that one knows nor that none does, unless the service wants it told."}
	for _, n := range never {
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{{Text: n.Agency.Name}, {Text: monthWords(n.Month)}, {Text: orNone(n.Agency.Contact, "No contact written down")}}})
	}
	return t
}

func orNone(s, none string) string {
	if s == "" {
		return none
	}
	return s
}

func monthWords(m string) string {
	if t, err := clockMonth(m); err == nil {
		return t.Format("January 2006")
	}
	return m
}

func (p *Singly) giveForm(ctx context.Context, s access.Scope, a sharing.Ask) (*web.Form, error) {
	parts, err := p.OneOffs.Offered(ctx, p.q(), s, a.Person, true)
	if err != nil {
		return nil, err
	}
	parts = slices.DeleteFunc(parts, func(x sharing.Part) bool { return x.Class != a.Class })
	var bases []web.Option
	for _, b := range sharing.Bases {
		bases = append(bases, web.Option{Value: string(b), Label: basisWords[b], Hint: basisHints[b]})
	}
	fields := []*web.Field{{Name: "items", Label: "What exactly is given?", Hint: "As little as will do. Each brings the name it stands under.", Kind: web.Checkboxes, Required: "Choose exactly what is given", Options: partOptions(parts, s.Closed)},
		{Name: "basis", Label: "What does it rest on?", Kind: web.Radios, Required: "Choose what it rests on", Options: bases}, p.until()}
	fields = append(fields, toldFields()...)
	fields = append(fields, &web.Field{Name: "why", Label: "Why is it given?", Hint: "Whoever asked reads it, and the second person who looks at it.", Kind: web.TextArea, Rows: 3, Required: "Say why it is given"})
	f := p.Site.NewForm("/requests/"+a.ID+"/give", "Give it", fields...)
	f.Field("until").Required = "Enter the last day"
	f.Readers = &web.Readers{By: "whoever asked; the second person who looks at it by the next working day; your agency’s information officer, managers and chairs.", NotBy: "anybody else; the young person, until they ask what is held."}
	return f, nil
}

func (p *Singly) refuseForm(a sharing.Ask) *web.Form {
	f := p.Site.NewForm("/requests/"+a.ID+"/refuse", "Do not give it", &web.Field{Name: "reason", Label: "Why is it not given?", Hint: "Whoever asked reads it. What could help instead?", Kind: web.TextArea, Rows: 3, Required: "Say why it is not given"})
	f.Readers = replyReaders
	return f
}

// replyReaders stands on what a desk answers: whoever asked reads it, and whoever answers at that desk.
var replyReaders = &web.Readers{By: "whoever asked, and those who answer at your desk.", NotBy: "anybody else, the rest of either agency among them."}

func (p *Singly) answerForm(a sharing.Ask) *web.Form {
	f := p.Site.NewForm("/requests/"+a.ID+"/answer", "Send the answer", &web.Field{Name: "reply", Label: "Your answer", Hint: "For example: “I have passed it on. Whoever needs to speak to you will, by Friday.” That is true in either case.", Kind: web.TextArea, Rows: 4, Required: "Write the answer"})
	f.Readers = replyReaders
	return f
}

func (p *Singly) doneForm(a sharing.Ask) *web.Form {
	return p.Site.NewForm("/requests/"+a.ID+"/read", "I have read it: take it off my work")
}

// read takes an answer off the asker's list of work, when they say that they have read it; to anybody else there is
// nothing to say it of.
func (p *Singly) read(w http.ResponseWriter, r *http.Request) error {
	ctx, s := r.Context(), web.ScopeOf(r)
	a, err := p.Asks.Get(ctx, p.q(), s, r.PathValue("id"))
	if err != nil {
		return err
	}
	if a.Asker != s.Account || a.State == "open" {
		return fault.NoSuch()
	}
	if err := p.doneForm(a).Read(w, r); err != nil {
		return err
	}
	return p.Site.Act(w, r, "It is off your work. The answer stays here.", func(tx *database.Tx) (string, error) {
		return "/requests/" + a.ID, p.Asks.Seen(ctx, tx, s, a)
	})
}

// answering is a question that the reader answers; to anybody else the page does not exist.
func (p *Singly) answering(r *http.Request, kind string) (sharing.Ask, error) {
	a, err := p.Asks.Get(r.Context(), p.q(), web.ScopeOf(r), r.PathValue("id"))
	if err != nil {
		return a, err
	}
	if ok, err := p.Asks.Answers(r.Context(), p.q(), web.ScopeOf(r), a); err != nil || !ok && a.State == "open" || a.Kind != kind {
		if err != nil {
			return a, err
		}
		return a, fault.NoSuch()
	}
	return a, nil
}

func (p *Singly) give(w http.ResponseWriter, r *http.Request) error {
	ctx, s := r.Context(), web.ScopeOf(r)
	a, err := p.answering(r, "class")
	if err != nil {
		return err
	}
	f, err := p.giveForm(ctx, s, a)
	if err != nil {
		return err
	}
	if err := f.Read(w, r); err != nil {
		return err
	}
	if t := f.Value("told"); t != "" && t != "told" && f.Value("told_why") == "" {
		f.Fail("told_why", "Say why they have not been told")
	}
	return p.acted(w, r, f, "It was given. A second person has been asked to look at it.", func(tx *database.Tx) (string, error) {
		_, err := p.Asks.Grant(ctx, tx, s, a.ID, sharing.Decision{Basis: sharing.Basis(f.Value("basis")), Why: f.Value("why"), Told: f.Value("told"), ToldWhy: f.Value("told_why"), Advice: f.Value("advice"), UntilOn: f.Value("until"), Items: items(f.Field("items"))})
		return "/requests/" + a.ID, err
	}, func(status int) error { return p.showAsked(w, r, status, a, askForms{give: f}) })
}

func (p *Singly) refuse(w http.ResponseWriter, r *http.Request) error {
	ctx, s := r.Context(), web.ScopeOf(r)
	a, err := p.answering(r, "class")
	if err != nil {
		return err
	}
	f := p.refuseForm(a)
	if err := f.Read(w, r); err != nil {
		return err
	}
	return p.acted(w, r, f, "The reason was sent back.", func(tx *database.Tx) (string, error) {
		return "/requests/" + a.ID, p.Asks.Refuse(ctx, tx, s, a.ID, f.Value("reason"))
	}, func(status int) error { return p.showAsked(w, r, status, a, askForms{refuse: f}) })
}

func (p *Singly) answerBroker(w http.ResponseWriter, r *http.Request) error {
	ctx, s := r.Context(), web.ScopeOf(r)
	a, err := p.answering(r, "broker")
	if err != nil {
		return err
	}
	f := p.answerForm(a)
	if err := f.Read(w, r); err != nil {
		return err
	}
	return p.acted(w, r, f, "The answer was sent.", func(tx *database.Tx) (string, error) {
		return "/requests/" + a.ID, p.Asks.Answer(ctx, tx, s, a.ID, f.Value("reply"))
	}, func(status int) error { return p.showAsked(w, r, status, a, askForms{answer: f}) })
}

// ---- who else knows ----

type whoElseView struct {
	web.Page
	Form   *web.Form
	Table  *web.Table
	Never  string
	Broker *web.Form
}

var whoElsePage = web.NewTemplate[whoElseView](files, "who_else.html")

const neverNamed = "Refuges, sexual health, drug and mental health services and intelligence units are never named here, whether or not one knows this person. A broker answers for them."

func (p *Singly) whoElseForm(x Person) *web.Form {
	f := p.Site.NewForm("/people/"+x.ID+"/who-else", "Show who else knows",
		&web.Field{Name: "why", Label: "Why do you need to know?", Hint: "It is counted, and the agencies that are named see that you asked.", Kind: web.TextArea, Rows: 2, Max: 1000, Required: "Say why you need to know"})
	f.Cancel = "/people/" + x.ID
	f.Readers = &web.Readers{By: "your agency’s information officer and managers.", NotBy: "the agencies that are named, who see that you asked and not why; anybody else."}
	return f
}

func (p *Singly) brokerForm(x Person) *web.Form {
	f := p.Site.NewForm("/people/"+x.ID+"/broker", "Ask the broker",
		&web.Field{Name: "why", Label: "What do you need, and why?", Hint: "The answer looks the same whether or not such a service knows this person.", Kind: web.TextArea, Rows: 3, Required: "Say what you need, and why"},
		&web.Field{Name: "urgent", Label: "How soon?", Kind: web.Radios, Required: "Say how soon", Options: []web.Option{{Value: "no", Label: fmt.Sprintf("Within %d working days", sharing.OrdinaryDays)}, {Value: "yes", Label: "By the next working day"}}})
	f.Readers = &web.Readers{By: "you, and the broker’s desk, which may pass it to such a service.", NotBy: "anybody else, your own agency among them."}
	return f
}

func (p *Singly) showWhoElse(w http.ResponseWriter, r *http.Request, status int, x Person, form, broker *web.Form) error {
	ctx, s := r.Context(), web.ScopeOf(r)
	v := &whoElseView{Form: form, Broker: broker, Never: neverNamed}
	v.Title, v.Crumbs = "Who else knows this person", []web.Link{{Text: "People", Href: "/people"}, {Text: x.Title, Href: "/people/" + x.ID}}
	named, asked, err := p.Pointers.Named(ctx, p.q(), s, x.ID)
	if err != nil {
		return err
	}
	read := web.Read{Kind: "person", Subject: x.ID, Owners: x.Owners, Words: "sections: title, who else knows"}
	v.Lead = "It says which agency, the month in which it last learnt anything, and whom to speak to: nothing of what they know."
	if asked {
		v.Lead = plural(len(named), "other agency that may be named knows", "other agencies that may be named know") + " this person."
		if len(named) == 0 {
			v.Lead = "No other agency that may be named knows this person in Lantern."
		}
		v.Table = &web.Table{ID: "who-else", Caption: "Who else knows", Columns: []web.Column{{Label: "Agency"}, {Label: "Last learnt anything"}, {Label: "Whom to speak to"}}, Empty: "None that may be named.", Base: "From records that their agency has not restricted. It is no finding about the young person that an agency knows them."}
		for _, n := range named {
			read.Owners = append(read.Owners, n.Agency.Code)
			v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{{Text: n.Agency.Name}, {Text: monthWords(n.Month)}, {Text: orNone(n.Agency.Contact, "No contact written down")}}})
		}
	} else if v.Form == nil {
		v.Form = p.whoElseForm(x)
	}
	if v.Broker == nil {
		v.Broker = p.brokerForm(x)
	}
	slices.Sort(read.Owners)
	read.Owners = slices.Compact(read.Owners)
	if err := p.Site.Consulted(ctx, s, read); err != nil {
		return err
	}
	v.HasErrors = status != http.StatusOK
	return web.RenderStatus(p.Site, w, r, status, whoElsePage, v)
}

func (p *Singly) whoElse(w http.ResponseWriter, r *http.Request) error {
	ctx, s := r.Context(), web.ScopeOf(r)
	x, err := p.Person(ctx, s, r.PathValue("id"))
	if err != nil {
		return err
	}
	if r.Method == http.MethodGet {
		return p.showWhoElse(w, r, http.StatusOK, x, nil, nil)
	}
	f := p.whoElseForm(x)
	if err := f.Read(w, r); err != nil {
		return err
	}
	return p.acted(w, r, f, "", func(tx *database.Tx) (string, error) {
		return "/people/" + x.ID + "/who-else", p.Pointers.Question(ctx, tx, s, x.ID, f.Value("why"))
	}, func(status int) error { return p.showWhoElse(w, r, status, x, f, nil) })
}

func (p *Singly) askBroker(w http.ResponseWriter, r *http.Request) error {
	ctx, s := r.Context(), web.ScopeOf(r)
	x, err := p.Person(ctx, s, r.PathValue("id"))
	if err != nil {
		return err
	}
	f := p.brokerForm(x)
	if err := f.Read(w, r); err != nil {
		return err
	}
	return p.acted(w, r, f, "Your question is at the broker’s desk.", func(tx *database.Tx) (string, error) {
		a, err := p.Asks.Put(ctx, tx, s, sharing.Ask{Kind: "broker", Person: x.ID, Why: f.Value("why"), Urgent: f.Value("urgent") == "yes"})
		return "/requests/" + a.ID, err
	}, func(status int) error { return p.showWhoElse(w, r, status, x, nil, f) })
}

// broker is where the agency whose desk is the broker is chosen.
func (p *Singly) broker(w http.ResponseWriter, r *http.Request) error {
	ctx, s := r.Context(), web.ScopeOf(r)
	options, err := p.agencies(ctx, "")
	if err != nil {
		return err
	}
	now, err := p.Asks.Broker(ctx, p.q(), s.Agency)
	if err != nil {
		return err
	}
	f := p.Site.NewForm("/governance/broker", "Save", &web.Field{Name: "agency", Label: "Which agency’s desk answers as broker?", Kind: web.Select, Required: "Choose an agency", Options: options})
	f.Set("agency", now)
	f.Cancel = "/governance"
	v := &formView{Form: f, About: neverNamed + " The broker sees which of them hold something, speaks to them, and answers in words that are the same either way. Choose somebody whom those services trust."}
	v.Title, v.Lead, v.Crumbs = "The broker", p.name(ctx, now)+" answers for the services that are never named.", []web.Link{governance}
	show := func(status int) error {
		v.HasErrors = status != http.StatusOK
		return web.RenderStatus(p.Site, w, r, status, formPage, v)
	}
	if r.Method == http.MethodGet {
		return show(http.StatusOK)
	}
	if err := f.Read(w, r); err != nil {
		return err
	}
	return p.acted(w, r, f, "The broker was chosen.", func(tx *database.Tx) (string, error) {
		return "/governance/broker", p.Asks.SetBroker(ctx, tx, s, f.Value("agency"))
	}, show)
}
