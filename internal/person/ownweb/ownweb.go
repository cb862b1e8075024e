// Package ownweb is what a young person sees of themselves: what is held about them, who has looked, who can, and how to put it right.
//
// Everything on it is about the one person whom the account is (person.Own). No id of a person stands in its addresses, so there
// is none to change.
package ownweb

import (
	"cmp"
	"context"
	"embed"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/account"
	"lantern.example/lantern/internal/account/accountweb"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/partnership"
	"lantern.example/lantern/internal/person"
	"lantern.example/lantern/internal/sharing/rights"
	"lantern.example/lantern/internal/web"
)

//go:embed templates
var embedded embed.FS
var files = web.Files(embedded)

// Pages are a young person's pages.
type Pages struct {
	Site   *web.Site
	People *person.Store
	Wishes *person.Wishes
	Rights *rights.Desk
	// Readers says who can read what agencies hold of a class, and WishReaders who can read a wish.
	Readers     func(ctx context.Context, owners []string, class access.Class) (web.Readers, error)
	WishReaders func(ctx context.Context, scope access.Scope, w person.Wish) (web.Readers, error)
	Accounts    *account.Store
	Partnership *partnership.Store
	// Happened lists what records say happened with them, under the scope and records of person.Own.
	Happened func(ctx context.Context, scope access.Scope, records []string) ([]web.TimelineItem, []access.Record, error)
}

var themselves = web.Only(access.Subject)

// Mount registers the pages but Home, which stands at the site's root for this role.
func (p *Pages) Mount(rt *web.Router) {
	rt.Get("/own/ask", themselves, p.ask)
	rt.Post("/own/ask", themselves, p.ask)
}

type holding struct {
	Agency string
	Facts  []web.SummaryRow
}

type request struct {
	Title, When, Words, Reply string
	Longer, Speaks            string   // why it takes longer; who speaks for them
	Right                     []string // what was put right
	Tag                       *web.Tag
}

// said is what they say of something that is held: it stands beside it for everybody who reads it.
type said struct{ Words, Beside string }

// wishView is what they said they want, and who can read it: the same line as stands on their worker's page.
type wishView struct {
	Words   string
	Readers *web.Readers
}

type homeView struct {
	web.Page
	None     bool
	Wishes   []wishView
	Said     []said
	Holdings []holding
	Happened []web.TimelineItem
	Looked   *web.Table
	Readers  []readersView
	Requests []request
}

var homePage = web.NewTemplate[homeView](files, "own.html")

// Home is what is held about the young person who reads it.
func (p *Pages) Home(w http.ResponseWriter, r *http.Request) error {
	ctx, scope, q := r.Context(), web.ScopeOf(r), p.Site.DB.Reader()
	v := &homeView{}
	v.Title, v.Lead = "About you", "This is what is held about you, who has seen it, and how to correct it."
	names, err := p.Partnership.AgencyNames(ctx, q)
	if err != nil {
		return err
	}
	own, err := p.People.Own(ctx, q, scope)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	requests, err := p.Rights.List(ctx, q, scope)
	if err != nil {
		return err
	}
	for _, x := range requests {
		rv, err := p.request(ctx, q, scope, x, names)
		if err != nil {
			return err
		}
		v.Requests = append(v.Requests, rv)
	}
	if len(own.Holdings) == 0 {
		v.None = true
		return web.Show(p.Site, w, r, homePage, v, web.Read{Kind: "person", Subject: own.ID, Words: "own record: nothing held that can be shown"})
	}
	var owners []string
	for _, h := range own.Holdings {
		owners = append(owners, h.Owner)
		v.Holdings = append(v.Holdings, holding{Agency: names[h.Owner], Facts: facts(h)})
	}
	wishes, err := p.Wishes.Of(ctx, q, own.Scope, own.ID)
	if err != nil {
		return err
	}
	for _, x := range wishes {
		readers, err := p.WishReaders(ctx, scope, x)
		if err != nil {
			return err
		}
		v.Wishes = append(v.Wishes, wishView{x.Words, &readers})
	}
	comments, err := p.Rights.Comments(ctx, q, own.Scope, own.ID)
	if err != nil {
		return err
	}
	for _, c := range comments {
		v.Said = append(v.Said, said{c.Words, "Beside what " + cmp.Or(names[c.Owner], c.Owner) + " holds, since " + web.ShowDate(clock.FromMicros(c.LearntAt).In(clock.London())) + "."})
	}
	var happened []access.Record
	if v.Happened, happened, err = p.Happened(ctx, own.Scope, own.Records); err != nil {
		return err
	}
	if v.Looked, err = p.looked(ctx, q, scope, own, owners, names); err != nil {
		return err
	}
	if v.Readers, err = p.readers(ctx, own, happened); err != nil {
		return err
	}
	return web.Show(p.Site, w, r, homePage, v, web.Read{Kind: "person", Subject: own.ID, Owners: owners, Words: fmt.Sprintf("own record: %d records, %d events", len(own.Records), len(v.Happened))})
}

func stated(list []person.Stated) []string {
	var out []string
	for _, s := range list {
		words := s.Value
		if s.Detail != "" {
			words += " (" + s.Detail + ")"
		}
		out = append(out, words)
	}
	return out
}

func facts(h person.Holding) []web.SummaryRow {
	var out []web.SummaryRow
	for _, x := range []struct {
		key  string
		list []person.Stated
	}{{"Your name", h.Names}, {"When you were born", h.Born}, {"Your sex", h.Sex}, {"Your ethnicity", h.Ethnicity}, {"Numbers they know you by", h.Numbers}, {"Where you live or have lived", h.Addresses}} {
		if len(x.list) > 0 {
			out = append(out, web.SummaryRow{Key: x.key, Lines: stated(x.list)})
		}
	}
	return out
}

// shownLooks is how many looks stand on the page.
const shownLooks = 100

// looked is who has opened records of this person that they may themselves see: which agency, in what role, on which day and what for. A
// worker's name is shown to nobody but their own team's young people.
func (p *Pages) looked(ctx context.Context, q database.Queryer, scope access.Scope, own person.Own, owners []string, names map[string]string) (*web.Table, error) {
	entries, _, err := audit.Find(ctx, q, access.System("own-record", access.OwnRecord), audit.Query{SubjectKind: "person", Subject: own.ID, Acts: []audit.Act{audit.Consultation, audit.Disclosure}, Limit: 1000})
	if err != nil {
		return nil, err
	}
	accounts, err := p.Accounts.All(ctx, q)
	if err != nil {
		return nil, err
	}
	t := &web.Table{Caption: "Who has opened your records", Empty: "Nobody has opened your records in Lantern, besides you.",
		Base:    "Each line is written before the page is shown. You see the name of your own team's workers; of others you see where they work and in what role.",
		Columns: []web.Column{{Label: "Day"}, {Label: "Who"}, {Label: "Where"}, {Label: "What for"}}}
	seen := map[string]bool{}
	for _, e := range entries {
		i := slices.IndexFunc(accounts, func(a account.Account) bool { return a.ID == e.Account })
		if e.Account == scope.Account || i < 0 || !slices.ContainsFunc(e.Owners, func(o string) bool { return slices.Contains(owners, o) }) {
			continue
		}
		who := web.Cell{Text: capital(accountweb.RoleNames[accounts[i].Role])}
		if accounts[i].Agency == scope.Agency {
			who = web.Cell{Text: accounts[i].Name, Sub: accountweb.RoleNames[accounts[i].Role]}
		}
		day := web.ShowDate(clock.FromMicros(e.At).In(clock.London()))
		row := web.Row{Cells: []web.Cell{{Text: day}, who, {Text: cmp.Or(names[e.Agency], e.Agency)}, {Text: capital(accountweb.PurposeNames[access.Purpose(e.Purpose)])}}}
		key := day + "|" + who.Text + "|" + e.Agency + "|" + e.Purpose
		if !seen[key] && len(t.Rows) < shownLooks {
			seen[key] = true
			t.Rows = append(t.Rows, row)
		}
	}
	return t, nil
}

func capital(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// readersView is who can read one part of what is held, and who cannot.
type readersView struct {
	Title   string
	Readers web.Readers
}

// readers says for each part of what the page shows who can read it: who can read a name cannot for that read a note.
func (p *Pages) readers(ctx context.Context, own person.Own, happened []access.Record) ([]readersView, error) {
	owners := map[access.Class][]string{}
	add := func(owner string, c access.Class) {
		if c.Personal() && !slices.Contains(owners[c], owner) {
			owners[c] = append(owners[c], owner)
		}
	}
	for _, h := range own.Holdings {
		add(h.Owner, access.Identity)
		if len(h.Addresses) > 0 {
			add(h.Owner, access.Contact)
		}
	}
	for _, x := range happened {
		add(x.Owner, x.Class)
	}
	var out []readersView
	for _, c := range access.Classes {
		if len(owners[c]) == 0 {
			continue
		}
		r, err := p.Readers(ctx, owners[c], c)
		if err != nil {
			return nil, err
		}
		out = append(out, readersView{partWords[c], r})
	}
	return out, nil
}

// partWords are the parts of what is held, as their own page names them.
var partWords = map[access.Class]string{
	access.Identity: "Your name, when you were born, and the numbers they know you by", access.Contact: "Where you live or have lived",
	access.Offending: "What you are thought or known to have done", access.Victimisation: "What was done to you, or could be", access.Missing: "When you were missing",
	access.Education: "What schools wrote down", access.SocialCare: "What social care wrote down", access.YouthJustice: "What the youth justice service wrote down",
	access.Health: "What health services wrote down", access.Housing: "What was written down about housing", access.Support: "What youth workers and charities wrote down",
}

var asked = map[rights.Kind]string{rights.On: "Am I on it?", rights.Wrong: "This is wrong", rights.Add: "I want to add something", rights.Copy: "I want a copy", rights.Object: "Please stop", rights.Restrict: "Keep it, but do not use it", rights.Complaint: "I want to complain"}

// request is one of their own requests, with what they are owed of it: why it takes longer, and what was put right.
func (p *Pages) request(ctx context.Context, q database.Queryer, scope access.Scope, x rights.Request, names map[string]string) (request, error) {
	v := requestView(x)
	steps, err := p.Rights.Steps(ctx, q, scope, x.ID)
	if err != nil {
		return v, err
	}
	for _, s := range steps {
		if s.What == rights.Lengthened {
			v.Longer = s.Words
		}
	}
	if x.Advocate.Name != "" {
		v.Speaks = x.Advocate.Name
	}
	list, err := p.Rights.CorrectionsOf(ctx, q, scope, x.ID)
	for _, c := range list {
		v.Right = append(v.Right, cmp.Or(names[c.Owner], c.Owner)+" put right on "+web.ShowDate(clock.FromMicros(c.At).In(clock.London()))+": "+strings.Join(c.Fields, ", ")+".")
	}
	return v, err
}

func requestView(x rights.Request) request {
	v := request{Title: asked[x.Kind], Words: x.Words, Reply: x.Reply, When: "Asked on " + web.ShowDate(clock.FromMicros(x.ReceivedAt).In(clock.London())), Tag: &web.Tag{Text: "Answer by " + web.ShowDate(x.DueOn), Colour: "yellow"}}
	if x.Answered() {
		v.Tag = &web.Tag{Text: "Answered", Colour: "green"}
	}
	return v
}

type askView struct {
	web.Page
	Form *web.Form
}

var askPage = web.NewTemplate[askView](files, "ask.html")

func (p *Pages) ask(w http.ResponseWriter, r *http.Request) error {
	ctx, scope := r.Context(), web.ScopeOf(r)
	f := p.Site.NewForm("/own/ask", "Send it",
		&web.Field{Name: "kind", Label: "What do you want to say?", Kind: web.Radios, Required: "Choose what you want to say", Options: []web.Option{
			{Value: string(rights.Wrong), Label: asked[rights.Wrong], Hint: "Something about you is not right."}, {Value: string(rights.Add), Label: asked[rights.Add], Hint: "Your side of it, to stand beside what is written."},
			{Value: string(rights.Copy), Label: asked[rights.Copy], Hint: "Of everything, or of something."}, {Value: string(rights.Object), Label: asked[rights.Object], Hint: "Using it, or sharing it with somebody."},
			{Value: string(rights.Restrict), Label: asked[rights.Restrict], Hint: "While somebody finds out whether it is right."}, {Value: string(rights.Complaint), Label: asked[rights.Complaint], Hint: "About how somebody treated you, or what they did with what is held."}}},
		&web.Field{Name: "words", Label: "In your own words", Hint: "As short or long as you like. It is kept as you write it.", Kind: web.TextArea, Rows: 6, Required: "Write what you want to say"})
	f.Cancel = "/"
	f.Readers = &web.Readers{By: "the information officer who answers you.", NotBy: "your worker, your school, the police or anybody else in Lantern, unless you say that your words shall stand beside what they answer: then whoever reads that reads them."}
	v := &askView{Form: f}
	v.Title, v.Lead = "Put it right", "Somebody must answer you within one month. It costs nothing, and nothing bad follows from asking."
	v.Crumbs = []web.Link{{Text: "About you", Href: "/"}}
	if r.Method == http.MethodGet {
		return web.Render(p.Site, w, r, askPage, v)
	}
	if err := f.Read(w, r); err != nil {
		return err
	}
	if f.Valid() {
		err := p.Site.Act(w, r, "It was sent. You will see the answer here.", func(tx *database.Tx) (string, error) {
			own, err := p.People.Own(ctx, tx, scope)
			if err != nil && !fault.Is(err, fault.NotFound) {
				return "", err
			}
			var holders []string
			for _, h := range own.Holdings {
				holders = append(holders, h.Owner)
			}
			_, err = p.Rights.Ask(ctx, tx, scope, rights.Kind(f.Value("kind")), f.Value("words"), holders)
			return "/", err
		})
		if !fault.Is(err, fault.Invalid) && !fault.Is(err, fault.Unavailable) {
			return err
		}
		f.Problem, _ = fault.Words(err)
	}
	v.HasErrors = true
	return web.RenderStatus(p.Site, w, r, http.StatusUnprocessableEntity, askPage, v)
}
