package rightsweb

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/sharing/rights"
	"lantern.example/lantern/internal/web"
)

type requestView struct {
	web.Page
	Tag         *web.Tag
	Danger      bool
	Words       string
	Facts       []web.SummaryRow
	Reply       string
	Letter      string
	Acts        []act
	Asked       *web.Table
	Corrections *web.Table
	History     []web.TimelineItem
}

// act is something that can be done with a request, and why one would.
type act struct{ Href, Text, Hint string }

var requestPage = web.NewTemplate[requestView](files, "request.html")

var identityWords = map[rights.Identity]string{rights.Known: "Known", rights.NotAsked: "Not settled yet", rights.Asked: "Proof was asked for", rights.Seen: "Proof was seen"}

func relation(code string) string {
	for _, r := range rights.Relations {
		if r.Code == code {
			return r.Name
		}
	}
	return code
}

func (p *Pages) request(w http.ResponseWriter, r *http.Request) error {
	ctx, s := r.Context(), web.ScopeOf(r)
	x, err := p.Desk.Get(ctx, p.q(), s, r.PathValue("id"))
	if err != nil {
		return err
	}
	who, err := p.people(ctx)
	if err != nil {
		return err
	}
	v := &requestView{Tag: p.tag(x), Words: x.Words, Reply: x.Reply}
	v.Title, v.Crumbs = rights.KindWords[x.Kind], []web.Link{governance, desk}
	if v.Danger, err = p.Desk.Danger(ctx, p.q(), s, x); err != nil {
		return err
	}
	from := x.Asker
	if x.By != "" {
		from = who[x.By].Name
	}
	v.Lead = p.requestLead(x, who[x.RepliedBy].Name)
	identity := identityWords[x.Identity]
	if x.IdentityWords != "" {
		identity += ": " + x.IdentityWords
	}
	v.Facts = []web.SummaryRow{{Key: "From", Value: from}, {Key: "Came", Value: shownDay(x.ReceivedAt) + ", " + strings.ToLower(cameBy(x)[:1]) + cameBy(x)[1:]}, {Key: "Who they are", Value: identity}}
	if x.Advocate.Name != "" {
		v.Facts = append(v.Facts, web.SummaryRow{Key: "Who speaks for them", Lines: []string{x.Advocate.Name + " (" + relation(x.Advocate.Is) + ")", "May do so because: " + x.Advocate.Authority, "Reached at: " + x.Advocate.Reach}})
	}
	if v.Danger && s.Role == access.InfoOfficer {
		why, err := p.Desk.DangerWords(ctx, p.q(), s, x)
		if err != nil {
			return err
		}
		if why != "" {
			v.Facts = append(v.Facts, web.SummaryRow{Key: "Home is the danger because", Value: why})
		}
	}
	v.Facts = append(v.Facts, web.SummaryRow{Key: "Answer by", Value: web.ShowDate(x.DueOn) + clockWords(x)})
	if x.AcknowledgeOn != "" {
		key, words := "Acknowledge it by", web.ShowDate(x.AcknowledgeOn)
		if x.AcknowledgedAt != nil {
			key, words = "Acknowledged on", shownDay(*x.AcknowledgedAt)
		}
		v.Facts = append(v.Facts, web.SummaryRow{Key: key, Value: words})
	}
	v.Facts = append(v.Facts, web.SummaryRow{Key: "Agencies that hold records", Value: holdersWords(p.names(ctx, x.Holders), x.Person)})
	if !x.Answered() {
		v.Acts = acts(x, v.Danger)
	} else {
		v.Letter = "/rights/" + x.ID + "/letter"
	}
	if v.Asked, err = p.askedTable(ctx, s, x); err != nil {
		return err
	}
	list, err := p.Desk.CorrectionsOf(ctx, p.q(), s, x.ID)
	if err != nil {
		return err
	}
	if len(list) > 0 {
		v.Corrections = p.correctionTable(ctx, list)
	}
	steps, err := p.Desk.Steps(ctx, p.q(), s, x.ID)
	if err != nil {
		return err
	}
	for _, e := range steps {
		by := who[e.By].Name
		v.History = append(v.History, web.TimelineItem{When: shownDay(e.At), Title: strings.ToUpper(e.What[:1]) + e.What[1:], Text: p.stepWords(ctx, e), By: by})
	}
	return web.Show(p.Site, w, r, requestPage, v, web.Read{Kind: "rights-request", Subject: x.ID, Owners: []string{x.Desk}, Words: "the request, its clock and its answer"})
}

// stepWords are what was written with a step: agencies by their names, and how a request came in a whole phrase.
func (p *Pages) stepWords(ctx context.Context, e rights.Step) string {
	switch e.What {
	case "holders asked":
		return strings.Join(p.names(ctx, strings.Split(e.Words, ", ")), ", ")
	case "received":
		if e.Words == "in Lantern" {
			return "From their own page."
		}
		return "By " + e.Words + "."
	}
	return e.Words
}

func holdersWords(names []string, person string) string {
	switch {
	case len(names) > 0:
		return strings.Join(names, ", ")
	case person == "":
		return "Not found, or not looked for yet"
	}
	return "None"
}

func clockWords(x rights.Request) string {
	var words []string
	if x.Months == 3 {
		words = append(words, "made longer by two months")
	}
	if x.PausedDays > 0 {
		words = append(words, "stood still for "+plural(x.PausedDays, "day", "days"))
	}
	if x.Paused() {
		words = append(words, "stands still since "+web.ShowDate(x.PausedOn)+"; it would be this day if it ran again today")
	}
	if len(words) == 0 {
		return ""
	}
	return " (" + strings.Join(words, "; ") + ")"
}

func (p *Pages) requestLead(x rights.Request, by string) string {
	switch {
	case x.Answered():
		return "Answered on " + shownDay(*x.RepliedAt) + " by " + by + "."
	case x.Paused():
		return "The clock stands still until they have shown who they are."
	case x.Identity == rights.NotAsked:
		return "First settle who is asking; then look, and answer by " + web.ShowDate(x.DueOn) + "."
	case x.Person == "":
		return "Look through the records next; somebody must answer by " + web.ShowDate(x.DueOn) + "."
	}
	return "Somebody asks, and must have an answer by " + web.ShowDate(x.DueOn) + "."
}

// acts are the next steps that a request allows, in the order one would take them.
func acts(x rights.Request, danger bool) []act {
	var out []act
	at := "/rights/" + x.ID + "/"
	add := func(path, text, hint string) { out = append(out, act{at + path, text, hint}) }
	settled := x.Identity == rights.Known || x.Identity == rights.Seen
	if x.Kind == rights.Complaint && x.AcknowledgedAt == nil {
		add("acknowledge", "Say that the complaint was acknowledged", "Within 30 days of the day it came.")
	}
	if !settled {
		if !x.Paused() {
			add("proof", "Ask for proof of who they are", "The clock stands still until you have it.")
		}
		add("seen", "Write down that you have seen proof", "The clock runs on; the days it stood still are added.")
	}
	if settled && x.By == "" {
		add("find", "Look whether anything is held", "By name, date of birth or number, through every agency's records. The search is logged.")
	}
	if settled && len(x.Holders) > 0 {
		add("ask", "Ask the agencies that hold records to look", "Each gets an action, says what it found, and puts its own record right.")
		add("beside", "Put their own words beside the record", "Every reader of the fact then reads them.")
	}
	add("speaks", "Who speaks for them", "An advocate, and what lets them speak.")
	if x.Person != "" {
		if danger {
			add("danger", "Home is no longer the danger", "Say what changed.")
		} else {
			add("danger", "Somebody at home is the danger", "From then on nothing goes to the family, whatever they ask.")
		}
	}
	if x.Months == 1 {
		add("longer", "Make the clock two months longer", "Once, within the month, where it is complex or there are many; they are told why.")
	}
	if settled {
		add("answer", "Answer", "Then print the letter.")
	}
	return out
}

func (p *Pages) askedTable(ctx context.Context, s access.Scope, x rights.Request) (*web.Table, error) {
	list, err := p.Desk.Askings(ctx, p.q(), s, x.ID)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	t := &web.Table{Caption: "What holders were asked, and what they found", Columns: []web.Column{{Label: "Agency"}, {Label: "Asked"}, {Label: "Found"}}}
	for _, a := range list {
		found := web.Cell{Tag: &web.Tag{Text: "Waits", Colour: "yellow"}}
		if a.FoundAt != nil {
			found = web.Cell{Text: a.Found, Sub: shownDay(*a.FoundAt)}
		}
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{{Text: p.name(ctx, a.Agency)}, {Text: a.Words, Sub: shownDay(a.At)}, found}})
	}
	return t, nil
}

// ---- the steps ----

// step is one thing to do with a request: a form of its own.
type step struct {
	path, title, submit, said string
	// readers is who reads what is written; nil where nothing is.
	readers *web.Readers
	lead    func(x rights.Request, danger bool) string
	fields  func(ctx context.Context, p *Pages, x rights.Request, danger bool) []*web.Field
	do      func(ctx context.Context, p *Pages, tx *database.Tx, s access.Scope, id string, f *web.Form, danger bool) error
}

func words(name, label, hint, missing string) *web.Field {
	return &web.Field{Name: name, Label: label, Hint: hint, Kind: web.TextArea, Rows: 4, Max: 1000, Required: missing}
}

// atDesk stands on what the desk keeps for itself; andThem on what the person reads too.
var (
	atDesk  = &web.Readers{By: "the information officers of your agency.", NotBy: "any other agency, or anybody else of your own. The person may ask for it as part of a copy."}
	andThem = &web.Readers{By: "the information officers of your agency; the person, or whoever speaks for them, as you write it.", NotBy: "any other agency, or anybody else of your own."}
)

var steps = []step{
	{path: "proof", readers: atDesk, title: "Ask for proof of who they are", submit: "Stop the clock", said: "The clock stands still until you have seen proof.",
		lead: func(rights.Request, bool) string {
			return "Ask only where there is real doubt, and only for what settles it: a child has no passport."
		},
		fields: func(context.Context, *Pages, rights.Request, bool) []*web.Field {
			return []*web.Field{words("words", "What would do as proof", "What you tell them. For example: a call from the school office, or their worker vouching for them.", "Write what would do as proof")}
		},
		do: func(ctx context.Context, p *Pages, tx *database.Tx, s access.Scope, id string, f *web.Form, _ bool) error {
			_, err := p.Desk.AskProof(ctx, tx, s, id, f.Value("words"))
			return err
		}},
	{path: "seen", readers: atDesk, title: "Proof was seen", submit: "Let the clock run on", said: "The clock runs on.",
		lead: func(rights.Request, bool) string {
			return "Write down what you saw. Keep no copy of it."
		},
		fields: func(context.Context, *Pages, rights.Request, bool) []*web.Field {
			return []*web.Field{words("words", "What you have seen", "", "Write what you have seen")}
		},
		do: func(ctx context.Context, p *Pages, tx *database.Tx, s access.Scope, id string, f *web.Form, _ bool) error {
			_, err := p.Desk.ProofSeen(ctx, tx, s, id, f.Value("words"))
			return err
		}},
	{path: "longer", readers: andThem, title: "Make the clock two months longer", submit: "Make it longer", said: "They have three months in all. Tell them why.",
		lead: func(rights.Request, bool) string {
			return "Only where the request is complex or there are many, once, and within the first month. They must be told why."
		},
		fields: func(context.Context, *Pages, rights.Request, bool) []*web.Field {
			return []*web.Field{words("why", "Why it takes longer", "They read it as you write it.", "Write why it takes longer")}
		},
		do: func(ctx context.Context, p *Pages, tx *database.Tx, s access.Scope, id string, f *web.Form, _ bool) error {
			_, err := p.Desk.Extend(ctx, tx, s, id, f.Value("why"))
			return err
		}},
	{path: "acknowledge", readers: atDesk, title: "The complaint was acknowledged", submit: "Keep it", said: "It is kept that the complaint was acknowledged.",
		lead: func(rights.Request, bool) string {
			return "Within 30 days of the day it came; the answer follows without undue delay."
		},
		fields: func(context.Context, *Pages, rights.Request, bool) []*web.Field {
			return []*web.Field{words("words", "How you acknowledged it", "", "Write how you acknowledged it")}
		},
		do: func(ctx context.Context, p *Pages, tx *database.Tx, s access.Scope, id string, f *web.Form, _ bool) error {
			_, err := p.Desk.Acknowledge(ctx, tx, s, id, f.Value("words"))
			return err
		}},
	{path: "speaks", readers: atDesk, title: "Who speaks for them", submit: "Save", said: "Who speaks for them was saved.",
		lead: func(_ rights.Request, danger bool) string {
			if danger {
				return "Somebody at home is the danger: nobody of the family can speak for them here."
			}
			return "Whoever speaks for them gets the answer only if you send it there, and only with authority you have seen."
		},
		fields: func(_ context.Context, _ *Pages, x rights.Request, _ bool) []*web.Field {
			fs := advocateFields()
			for i, v := range []string{x.Advocate.Name, x.Advocate.Is, x.Advocate.Authority, x.Advocate.Reach} {
				fs[i].Value = v
			}
			return fs
		},
		do: func(ctx context.Context, p *Pages, tx *database.Tx, s access.Scope, id string, f *web.Form, _ bool) error {
			_, err := p.Desk.Speaks(ctx, tx, s, id, advocate(f))
			return err
		}},
	{path: "danger", readers: &web.Readers{By: "the information officers of your agency. That somebody at home is the danger is read by every worker who opens the person’s page; how you know is not.", NotBy: "the person’s family, and whoever speaks for them; any other agency."}, title: "Danger at home", submit: "Save", said: "It was saved. It holds for this person whatever they ask.",
		lead: func(_ rights.Request, danger bool) string {
			if danger {
				return "Nothing goes to the family now. Say what changed, and it can again."
			}
			return "From then on nothing goes to the family: no letter home, nobody of the family speaks for them, and every worker who opens their page reads it first."
		},
		fields: func(_ context.Context, _ *Pages, _ rights.Request, danger bool) []*web.Field {
			label := "How you know"
			if danger {
				label = "What changed"
			}
			return []*web.Field{words("words", label, "Who said so, and when.", "Write how you know")}
		},
		do: func(ctx context.Context, p *Pages, tx *database.Tx, s access.Scope, id string, f *web.Form, danger bool) error {
			return p.Desk.SetDanger(ctx, tx, s, id, !danger, f.Value("words"))
		}},
	{path: "ask", readers: &web.Readers{By: "the information officers of your agency, and those of the agencies you tick who read their records of the person.", NotBy: "any other agency; the family."}, title: "Ask the agencies that hold records", submit: "Ask them", said: "Each of them has an action.",
		lead: func(rights.Request, bool) string {
			return "Say what they should look at in your own words: what the person wrote stays between them and you."
		},
		fields: func(ctx context.Context, p *Pages, x rights.Request, _ bool) []*web.Field {
			return []*web.Field{{Name: "holders", Label: "Whom to ask", Kind: web.Checkboxes, Required: "Choose whom to ask", Options: p.holderOptions(ctx, x)},
				words("words", "What they should look at", "For example: is the date of birth right? Is the address still theirs?", "Write what they should look at")}
		},
		do: func(ctx context.Context, p *Pages, tx *database.Tx, s access.Scope, id string, f *web.Form, _ bool) error {
			_, err := p.Desk.AskHolders(ctx, tx, s, id, f.Field("holders").Values, f.Value("words"))
			return err
		}},
	{path: "beside", title: "Put their own words beside the record", submit: "Put them beside it", said: "Their words stand beside the record for every reader.",
		lead: func(rights.Request, bool) string {
			return "Their words, as they wrote them, are then read by everybody who reads the fact. Ask them first."
		},
		fields: func(ctx context.Context, p *Pages, x rights.Request, _ bool) []*web.Field {
			var about []web.Option
			for _, a := range rights.Abouts {
				about = append(about, web.Option{Value: string(a.Code), Label: a.Name})
			}
			return []*web.Field{{Name: "about", Label: "What they answer", Kind: web.Radios, Required: "Choose what they answer", Options: about},
				{Name: "holders", Label: "Whose record they stand beside", Kind: web.Checkboxes, Required: "Choose whose record", Options: p.holderOptions(ctx, x)}}
		},
		do: func(ctx context.Context, p *Pages, tx *database.Tx, s access.Scope, id string, f *web.Form, _ bool) error {
			return p.Desk.PutBeside(ctx, tx, s, id, rights.About(f.Value("about")), f.Field("holders").Values)
		}},
	{path: "answer", readers: andThem, title: "Answer", submit: "Close it with this answer", said: "It is answered. Print the letter.",
		lead: func(rights.Request, bool) string {
			return "They read it as you write it: plain words, what was done, what was not and why."
		},
		fields: func(_ context.Context, _ *Pages, x rights.Request, _ bool) []*web.Field {
			to := []web.Option{{Value: "person", Label: "To the person"}}
			if x.Advocate.Name != "" {
				to = append(to, web.Option{Value: "advocate", Label: "To " + x.Advocate.Name + ", who speaks for them"})
			}
			return []*web.Field{
				{Name: "outcome", Label: "What came of it?", Kind: web.Radios, Required: "Choose what came of it", Options: []web.Option{
					{Value: string(rights.Done), Label: "Done as they asked"}, {Value: string(rights.Partly), Label: "Partly"}, {Value: string(rights.NotDone), Label: "Not done", Hint: "Say why. They may ask the Information Commissioner, and the letter says so."}}},
				{Name: "reply", Label: "Your answer", Kind: web.TextArea, Rows: 8, Required: "Write the answer"},
				{Name: "to", Label: "To whom does it go?", Kind: web.Radios, Required: "Choose to whom it goes", Options: to}}
		},
		do: func(ctx context.Context, p *Pages, tx *database.Tx, s access.Scope, id string, f *web.Form, _ bool) error {
			return p.Desk.Answer(ctx, tx, s, id, rights.Outcome(f.Value("outcome")), f.Value("reply"), f.Value("to"))
		}},
}

func (p *Pages) step(st step) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		ctx, s := r.Context(), web.ScopeOf(r)
		x, err := p.Desk.Get(ctx, p.q(), s, r.PathValue("id"))
		if err != nil {
			return err
		}
		if x.Answered() {
			return fault.New(fault.Refused, "This request was answered already.")
		}
		danger, err := p.Desk.Danger(ctx, p.q(), s, x)
		if err != nil {
			return err
		}
		at := "/rights/" + x.ID
		f := p.Site.NewForm(at+"/"+st.path, st.submit, st.fields(ctx, p, x, danger)...)
		f.Cancel, f.Readers = at, st.readers
		v := &formView{Form: f}
		v.Title, v.Lead, v.Crumbs = st.title, st.lead(x, danger), []web.Link{governance, desk, {Text: rights.KindWords[x.Kind], Href: at}}
		read := web.Read{Kind: "rights-request", Subject: x.ID, Owners: []string{x.Desk}, Words: "a step: " + st.path}
		if r.Method == http.MethodGet {
			return web.Show(p.Site, w, r, formPage, v, read)
		}
		if err := f.Read(w, r); err != nil {
			return err
		}
		if f.Valid() {
			err := p.Site.Act(w, r, st.said, func(tx *database.Tx) (string, error) { return at, st.do(ctx, p, tx, s, x.ID, f, danger) })
			if !mendable(err) {
				return err
			}
			f.Problem, _ = fault.Words(err)
		}
		if err := p.Site.Consulted(ctx, s, read); err != nil {
			return err
		}
		v.HasErrors = true
		return web.RenderStatus(p.Site, w, r, http.StatusUnprocessableEntity, formPage, v)
	}
}

// ---- whose records ----

type findView struct {
	web.Page
	Form    *web.Form
	Asked   bool
	Hits    []hit
	Nothing *web.Form
}

type hit struct {
	Title, Born, Agencies string
	Form                  *web.Form
}

var findPage = web.NewTemplate[findView](files, "find.html")

const mostHits = 20

func (p *Pages) foundForm(id, submit, person string) *web.Form {
	return p.Site.NewForm("/rights/"+id+"/found", submit, &web.Field{Name: "person", Kind: web.Hidden, Max: 36, Value: person})
}

func (p *Pages) find(w http.ResponseWriter, r *http.Request) error {
	ctx, s := r.Context(), web.ScopeOf(r)
	x, err := p.Desk.Get(ctx, p.q(), s, r.PathValue("id"))
	if err != nil {
		return err
	}
	if x.Answered() || x.Identity == rights.NotAsked || x.Identity == rights.Asked || x.By != "" {
		return fault.New(fault.Refused, "Nothing is looked for here: the request is answered, came from their own page, or it is not settled who is asking.")
	}
	at := "/rights/" + x.ID
	f := p.Site.NewForm(at+"/find", "Look", &web.Field{Name: "q", Label: "Name, date of birth or reference number", Required: "Enter a name, a date of birth or a reference number"})
	f.Cancel = at
	v := &findView{Form: f}
	v.Title, v.Crumbs = "Look whether anything is held", []web.Link{governance, desk, {Text: rights.KindWords[x.Kind], Href: at}}
	v.Lead = "You see who it may be and which agencies hold something; never what it says. Each search is logged with this request."
	if r.Method == http.MethodGet {
		return web.Render(p.Site, w, r, findPage, v)
	}
	if err := f.Read(w, r); err != nil {
		return err
	}
	if !f.Valid() {
		v.HasErrors = true
		return web.RenderStatus(p.Site, w, r, http.StatusUnprocessableEntity, findPage, v)
	}
	list, err := p.Find(ctx, f.Value("q"))
	if err != nil {
		return err
	}
	v.Asked = true
	var owners []string
	for _, c := range list[:min(len(list), mostHits)] {
		v.Hits = append(v.Hits, hit{Title: c.Title, Born: c.Born, Agencies: strings.Join(p.names(ctx, c.Holders), ", "), Form: p.foundForm(x.ID, "This is who asks", c.Person)})
		owners = append(owners, c.Holders...)
	}
	v.Lead = plural(len(list), "person fits", "people fit") + ". Choose the one who asks, or say that none is."
	if len(list) == 0 {
		v.Lead = "Nobody fits. Try another spelling, or say that nothing is held."
	}
	v.Nothing = p.foundForm(x.ID, "Nothing is held of who asks", "")
	return web.Show(p.Site, w, r, findPage, v, web.Read{Kind: "rights-request", Subject: x.ID, Owners: owners, Words: fmt.Sprintf("looked for whom it is about: %d shown", len(v.Hits))})
}

func (p *Pages) found(w http.ResponseWriter, r *http.Request) error {
	ctx, s := r.Context(), web.ScopeOf(r)
	id := r.PathValue("id")
	if _, err := p.Desk.Get(ctx, p.q(), s, id); err != nil {
		return err
	}
	f := p.foundForm(id, "", "")
	if err := f.Read(w, r); err != nil {
		return err
	}
	return p.Site.Act(w, r, "It was kept what was found.", func(tx *database.Tx) (string, error) {
		var holders []string
		person := f.Value("person")
		if person != "" {
			var err error
			if holders, err = p.Holders(ctx, tx, person); err != nil {
				return "", err
			}
			if len(holders) == 0 {
				return "", fault.NoSuch()
			}
		}
		_, err := p.Desk.Found(ctx, tx, s, id, person, holders)
		return "/rights/" + id, err
	})
}

// ---- the letter ----

type letterView struct {
	web.Page
	To, Reach, From, Day string
	Paragraphs           []string
	Answer               []string
	Danger               bool
	Back                 string
}

var letterPage = web.NewTemplate[letterView](files, "letter.html")

var askedWords = map[rights.Kind]string{rights.On: "whether anything is held about you", rights.Copy: "for a copy of what is held about you", rights.Wrong: "that something held about you be put right", rights.Add: "to add something to what is held about you",
	rights.Object: "that we stop using what is held about you", rights.Restrict: "that what is held about you be kept but not used", rights.Complaint: "us to look into your complaint"}

var outcomeWords = map[rights.Outcome]string{rights.Done: "We have done what you asked.", rights.Partly: "We have done part of what you asked. Below we say what we did not do, and why.", rights.NotDone: "We have not done what you asked. Below we say why."}

func (p *Pages) letter(w http.ResponseWriter, r *http.Request) error {
	ctx, s := r.Context(), web.ScopeOf(r)
	x, err := p.Desk.Get(ctx, p.q(), s, r.PathValue("id"))
	if err != nil {
		return err
	}
	if !x.Answered() {
		return fault.New(fault.Refused, "There is no letter before there is an answer.")
	}
	who, err := p.people(ctx)
	if err != nil {
		return err
	}
	v := &letterView{Day: shownDay(*x.RepliedAt), From: who[x.RepliedBy].Name + ", information officer, " + p.name(ctx, x.Desk), Answer: strings.Split(x.Reply, "\n"), Back: "/rights/" + x.ID}
	v.Title, v.Crumbs = "Letter", []web.Link{governance, desk, {Text: rights.KindWords[x.Kind], Href: v.Back}}
	v.To = x.Asker
	if x.By != "" {
		v.To = who[x.By].Name
	}
	if v.Danger, err = p.Desk.Danger(ctx, p.q(), s, x); err != nil {
		return err
	}
	you, asked, outcome := "You", askedWords[x.Kind], outcomeWords[x.Outcome]
	if x.ReplyTo == "advocate" {
		v.Paragraphs = append(v.Paragraphs, "You speak for "+v.To+", and this letter goes to you in their place. What it says to them is theirs to read.")
		v.To, v.Reach, you = x.Advocate.Name, x.Advocate.Reach, "They"
		third := strings.NewReplacer("about you", "about them", "your complaint", "their complaint", "what you asked", "what they asked")
		asked, outcome = third.Replace(asked), third.Replace(outcome)
	}
	v.Paragraphs = append(v.Paragraphs, fmt.Sprintf("%s asked %s. It reached us on %s.", you, asked, shownDay(x.ReceivedAt)), outcome)
	if x.Months == 3 || x.PausedDays > 0 {
		v.Paragraphs = append(v.Paragraphs, "It took longer than a month"+clockWords(x)+".")
	}
	list, err := p.Desk.CorrectionsOf(ctx, p.q(), s, x.ID)
	if err != nil {
		return err
	}
	for _, c := range list {
		words := fmt.Sprintf("%s put right its record on %s (%s).", p.name(ctx, c.Owner), shownDay(c.At), strings.Join(c.Fields, ", "))
		if n := len(c.Notices); n > 0 {
			words += fmt.Sprintf(" We told %s that had received it; %d of them have said that they changed their own copies.", plural(n, "agency", "agencies"), n-len(c.Waiting()))
		}
		v.Paragraphs = append(v.Paragraphs, words)
	}
	return web.Show(p.Site, w, r, letterPage, v, web.Read{Kind: "rights-request", Subject: x.ID, Owners: []string{x.Desk}, Words: "the letter"})
}

// ---- what a holder is asked ----

type askedView struct {
	web.Page
	Words  string
	Person string
	Found  string
	Form   *web.Form
}

var askedPage = web.NewTemplate[askedView](files, "asked.html")

func (p *Pages) asked(w http.ResponseWriter, r *http.Request) error {
	ctx, s := r.Context(), web.ScopeOf(r)
	a, err := p.Desk.AskedOf(ctx, p.q(), s, r.PathValue("id"))
	if err != nil {
		return err
	}
	v := &askedView{Words: a.Words, Found: a.Found}
	v.Title, v.Crumbs = "An information officer asks", []web.Link{{Text: "My work", Href: "/work"}}
	v.Lead = "Somebody asked what is held of them: look at your agency's record, put it right where it is wrong, and say what you found."
	if p.Seen(ctx, p.q(), s, a.Person) == nil {
		v.Person = "/people/" + a.Person
	}
	read := web.Read{Kind: "rights-request", Subject: a.Case, Owners: []string{s.Agency}, Words: "what the desk asks of a holder"}
	if a.FoundAt != nil {
		v.Lead = "You said on " + shownDay(*a.FoundAt) + " what you found."
		return web.Show(p.Site, w, r, askedPage, v, read)
	}
	v.Form = p.Site.NewForm("/rights/"+a.Case+"/asked", "Tell the information officer", words("found", "What you found", "What was wrong and is put right now, or why it stays as it is. Read by the information officer, who may tell the person.", "Write what you found"))
	v.Form.Cancel, v.Form.Readers = "/work", &web.Readers{By: "the information officers who asked, and who may tell the person; those of your agency who read its records of them.", NotBy: "any other agency."}
	if r.Method == http.MethodGet {
		return web.Show(p.Site, w, r, askedPage, v, read)
	}
	if err := v.Form.Read(w, r); err != nil {
		return err
	}
	if v.Form.Valid() {
		err := p.Site.Act(w, r, "The information officer was told.", func(tx *database.Tx) (string, error) {
			return "/rights/" + a.Case + "/asked", p.Desk.Say(ctx, tx, s, a.Case, v.Form.Value("found"))
		})
		if !mendable(err) {
			return err
		}
		v.Form.Problem, _ = fault.Words(err)
	}
	if err := p.Site.Consulted(ctx, s, read); err != nil {
		return err
	}
	v.HasErrors = true
	return web.RenderStatus(p.Site, w, r, http.StatusUnprocessableEntity, askedPage, v)
}

// ---- corrections ----

type correctionsView struct {
	web.Page
	Table *web.Table
}

var correctionsPage = web.NewTemplate[correctionsView](files, "corrections.html")

func (p *Pages) correctionTable(ctx context.Context, list []rights.Correction) *web.Table {
	t := &web.Table{Caption: "Corrections, newest first", Empty: "Nothing that your agency gave or received has been corrected yet.", Columns: []web.Column{{Label: "Corrected"}, {Label: "By"}, {Label: "Acknowledged by"}, {Label: "Waits for"}}}
	for _, c := range list {
		var had []string
		for _, n := range c.Notices {
			if n.At != nil {
				had = append(had, n.Agency)
			}
		}
		waits := web.Cell{Tag: &web.Tag{Text: "Nobody", Colour: "green"}}
		if w := c.Waiting(); len(w) > 0 {
			waits = web.Cell{Tag: &web.Tag{Text: plural(len(w), "agency", "agencies"), Colour: "yellow"}, Sub: strings.Join(p.names(ctx, w), ", ")}
		}
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{{Text: strings.ToUpper(c.Fields[0][:1]) + strings.Join(c.Fields, ", ")[1:], Href: "/corrections/" + c.ID, Sub: shownDay(c.At)}, {Text: p.name(ctx, c.Owner)}, {Text: strings.Join(p.names(ctx, had), ", ")}, waits}})
	}
	return t
}

func (p *Pages) corrections(w http.ResponseWriter, r *http.Request) error {
	ctx, s := r.Context(), web.ScopeOf(r)
	list, err := p.Desk.Corrections(ctx, p.q(), s)
	if err != nil {
		return err
	}
	v := &correctionsView{Table: p.correctionTable(ctx, list)}
	waiting, mine := 0, 0
	for _, c := range list {
		for _, a := range c.Waiting() {
			waiting++
			if a == s.Agency {
				mine++
			}
		}
	}
	v.Title, v.Crumbs = "Corrections", []web.Link{governance}
	switch {
	case len(list) == 0:
		v.Lead = "Nothing that your agency gave or received has been corrected yet."
	case mine > 0:
		v.Lead = plural(mine, "correction waits", "corrections wait") + " for your agency to say that it changed its own copies."
	case waiting > 0:
		v.Lead = plural(waiting, "agency has", "agencies have") + " yet to say that they changed their own copies."
	default:
		v.Lead = "Every agency that received a fact that was corrected has said that it changed its own copies."
	}
	return web.Show(p.Site, w, r, correctionsPage, v, web.Read{Kind: "correction", Words: fmt.Sprintf("list: %d corrections", len(list))})
}

type correctionView struct {
	web.Page
	Facts   []web.SummaryRow
	Person  string
	Notices *web.Table
	Form    *web.Form
}

var correctionPage = web.NewTemplate[correctionView](files, "correction.html")

func (p *Pages) correction(w http.ResponseWriter, r *http.Request) error {
	ctx, s := r.Context(), web.ScopeOf(r)
	c, err := p.Desk.Correction(ctx, p.q(), s, r.PathValue("id"))
	if err != nil {
		return err
	}
	v := &correctionView{Facts: []web.SummaryRow{{Key: "Corrected by", Value: p.name(ctx, c.Owner)}, {Key: "On", Value: shownDay(c.At)}, {Key: "What changed", Value: strings.Join(c.Fields, ", ")}}}
	v.Title, v.Crumbs = "A fact was corrected", []web.Link{governance, {Text: "Corrections", Href: "/corrections"}}
	if web.Casework.Met(web.ViewerOf(r)) && p.Seen(ctx, p.q(), s, c.Person) == nil {
		v.Person = "/people/" + c.Person
	}
	v.Notices = &web.Table{Caption: "Agencies that had received it", Empty: "No other agency had received it.", Columns: []web.Column{{Label: "Agency"}, {Label: "State"}, {Label: "What it did"}}}
	mine := false
	for _, n := range c.Notices {
		state := web.Cell{Tag: &web.Tag{Text: "Waits", Colour: "yellow"}}
		if n.At != nil {
			state = web.Cell{Tag: &web.Tag{Text: "Acknowledged", Colour: "green"}, Sub: shownDay(*n.At)}
		} else if n.Action == "" {
			state.Sub = "Nobody there has an account: telephone them"
		}
		mine = mine || n.Agency == s.Agency && n.At == nil
		v.Notices.Rows = append(v.Notices.Rows, web.Row{Cells: []web.Cell{{Text: p.name(ctx, n.Agency)}, state, {Text: n.Words}}})
	}
	waiting := c.Waiting()
	switch {
	case mine:
		v.Lead = "Your agency has read the fact as it was: change your own copies, and say so here."
	case len(waiting) > 0:
		v.Lead = plural(len(waiting), "agency has", "agencies have") + " yet to say that it changed its own copies."
	default:
		v.Lead = "Every agency that had received it has said that it changed its own copies."
	}
	read := web.Read{Kind: "correction", Subject: c.ID, Owners: []string{c.Owner}, Words: "a correction and who had the fact"}
	if mine {
		v.Form = p.Site.NewForm("/corrections/"+c.ID, "Acknowledge", words("words", "What you did", "Where your own copies were, and that they are changed.", "Write what you did"))
		v.Form.Cancel = "/corrections"
		v.Form.Readers = &web.Readers{By: "those of your agency and of " + p.name(ctx, c.Owner) + " who may know of the correction; the information officers at whose desk it was asked for.", NotBy: "the other agencies that had received it; administrators and the public."}
	}
	if r.Method == http.MethodGet {
		return web.Show(p.Site, w, r, correctionPage, v, read)
	}
	if v.Form == nil {
		return fault.New(fault.Refused, "Your agency has nothing to acknowledge here.")
	}
	if err := v.Form.Read(w, r); err != nil {
		return err
	}
	if v.Form.Valid() {
		return p.Site.Act(w, r, "It was acknowledged.", func(tx *database.Tx) (string, error) {
			return "/corrections/" + c.ID, p.Desk.AcknowledgeCorrection(ctx, tx, s, c.ID, v.Form.Value("words"))
		})
	}
	if err := p.Site.Consulted(ctx, s, read); err != nil {
		return err
	}
	v.HasErrors = true
	return web.RenderStatus(p.Site, w, r, http.StatusUnprocessableEntity, correctionPage, v)
}

// ---- told, and the panel on a person's page ----

func (p *Pages) told(w http.ResponseWriter, r *http.Request) error {
	ctx, s := r.Context(), web.ScopeOf(r)
	person := r.PathValue("id")
	if err := p.Seen(ctx, p.q(), s, person); err != nil {
		return err
	}
	at := "/people/" + person
	f := p.Site.NewForm(at+"/told", "Save",
		&web.Field{Name: "told", Label: "Have they been told that records are held of them here?", Kind: web.Radios, Required: "Choose an answer", Options: []web.Option{{Value: "yes", Label: "Yes"}, {Value: "no", Label: "Not yet, for a reason"}}},
		&web.Field{Name: "on", Label: "If yes: on which day", Kind: web.DateInput},
		words("words", "How they were told, or why not", "Not telling needs a reason that you would defend to them later.", "Write how, or why not"),
		&web.Field{Name: "again", Label: "If not: on which day is it looked at again", Hint: "At most six months from now. It will stand on your list.", Kind: web.DateInput})
	f.Cancel, f.Readers = at, p.Site.ReadBy(ctx, s, s.Agency, access.Identity)
	f.Readers.NotBy += " They may ask for it as part of a copy of their record."
	v := &formView{Form: f}
	v.Title, v.Lead, v.Crumbs = "Told, or not told", "A child has a right to know. What is not told has a reason and a day.", []web.Link{{Text: "People", Href: "/people"}, {Text: "Person", Href: at}}
	read := web.Read{Kind: "person", Subject: person, Owners: []string{s.Agency}, Words: "whether they were told: form"}
	if r.Method == http.MethodGet {
		return web.Show(p.Site, w, r, formPage, v, read)
	}
	if err := f.Read(w, r); err != nil {
		return err
	}
	if f.Value("told") == "yes" && f.Value("on") == "" {
		f.Fail("on", "Enter the day they were told")
	}
	if f.Valid() {
		err := p.Site.Act(w, r, "It was saved.", func(tx *database.Tx) (string, error) {
			on, again := f.Value("on"), f.Value("again")
			if f.Value("told") != "yes" {
				on = ""
			}
			return at, p.Desk.Tell(ctx, tx, s, person, on, f.Value("words"), again)
		})
		if !mendable(err) {
			return err
		}
		f.Problem, _ = fault.Words(err)
	}
	if err := p.Site.Consulted(ctx, s, read); err != nil {
		return err
	}
	v.HasErrors = true
	return web.RenderStatus(p.Site, w, r, http.StatusUnprocessableEntity, formPage, v)
}

type panelView struct {
	Danger   bool
	Told     []string
	Comments []comment
	Write    string
}

type comment struct{ About, Words, Beside string }

var panelPart = web.NewFragment[panelView](files, "panel.html")

// Panel is what stands of a person's rights on their page: what they say beside the record, whether they were told, and whether home is the
// danger. The caller has shown that the scope may read something about the person.
func (p *Pages) Panel(ctx context.Context, scope access.Scope, person, lang string) (web.Fragment, error) {
	v := &panelView{Write: "/people/" + person + "/told"}
	var err error
	if v.Danger, err = p.Desk.DangerKnown(ctx, p.q(), scope, person); err != nil {
		return web.Fragment{}, err
	}
	list, err := p.Desk.ToldOf(ctx, p.q(), scope, person)
	if err != nil {
		return web.Fragment{}, err
	}
	for _, t := range list {
		words := p.name(ctx, t.Owner) + ": told on " + web.ShowDate(t.ToldOn) + ". " + t.Words
		if t.ToldOn == "" {
			words = p.name(ctx, t.Owner) + ": not told. " + t.Words + " Looked at again on " + web.ShowDate(t.AgainOn) + "."
		}
		v.Told = append(v.Told, words)
	}
	said, err := p.Desk.Comments(ctx, p.q(), scope, person)
	if err != nil {
		return web.Fragment{}, err
	}
	for _, c := range said {
		v.Comments = append(v.Comments, comment{About: aboutName(c.About), Words: c.Words, Beside: "On " + shownDay(c.LearntAt) + ", beside what " + p.name(ctx, c.Owner) + " holds."})
	}
	return web.RenderFragment(p.Site, lang, panelPart, *v)
}

func aboutName(a rights.About) string {
	for _, x := range rights.Abouts {
		if x.Code == a {
			return x.Name
		}
	}
	return string(a)
}
