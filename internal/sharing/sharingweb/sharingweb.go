// Package sharingweb has the pages about sharing: the register of agreements, each agreement with what exactly flows under it and
// its signatures, who looked at an agency's records, and people's requests about what is held of them.
//
// Agreements are about nobody: every member may read them. Only the information officer or the community safety manager of a
// party acts for it.
package sharingweb

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
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/partnership"
	"lantern.example/lantern/internal/sharing"
	"lantern.example/lantern/internal/web"
)

//go:embed templates
var embedded embed.FS

var files = web.Files(embedded)

// Pages are the pages about agreements.
type Pages struct {
	Site        *web.Site
	Register    *sharing.Register
	Accounts    *account.Store
	Partnership *partnership.Store
}

var keepers = web.Only(access.Manager, access.InfoOfficer)

// Mount registers the pages.
func (p *Pages) Mount(rt *web.Router) {
	rt.Get("/agreements", web.Members, p.register)
	rt.Get("/agreements/new", keepers, p.draftForm)
	rt.Post("/agreements", keepers, p.draft)
	rt.Get("/agreements/{code}", web.Members, p.agreement)
	rt.Get("/agreements/{code}/sign", keepers, p.sign)
	rt.Post("/agreements/{code}/sign", keepers, p.sign)
	rt.Get("/agreements/{code}/withdraw", keepers, p.withdraw)
	rt.Post("/agreements/{code}/withdraw", keepers, p.withdraw)
	rt.Get("/agreements/{code}/extend", keepers, p.extend)
	rt.Post("/agreements/{code}/extend", keepers, p.extend)
	rt.Get("/agreements/{code}/extension", keepers, p.signExtension)
	rt.Post("/agreements/{code}/extension", keepers, p.signExtension)
	p.mountVariations(rt)
}

func (p *Pages) q() database.Queryer { return p.Site.DB.Reader() }

func (p *Pages) today() string { return clock.Today(p.Site.Clock).Format(clock.ISODate) }

func (p *Pages) name(ctx context.Context, code string) string {
	return p.Partnership.AgencyName(ctx, p.q(), code)
}

func (p *Pages) names(ctx context.Context, codes []string) []string {
	out := make([]string, len(codes))
	for i, c := range codes {
		out[i] = p.name(ctx, c)
	}
	return out
}

// people are account names by id.
func people(ctx context.Context, q database.Queryer, s *account.Store) (map[string]account.Account, error) {
	all, err := s.All(ctx, q)
	out := make(map[string]account.Account, len(all))
	for _, a := range all {
		out[a.ID] = a
	}
	return out, err
}

var (
	governance = web.Link{Text: "Governance", Href: "/governance"}
	agreements = web.Link{Text: "Agreements", Href: "/agreements"}
)

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return web.ShowNumber(n) + " " + many
}

// joined is a list in words: "a", "a and b", "a, b and c".
func joined(list []string, and string) string {
	if n := len(list); n > 1 {
		return strings.Join(list[:n-1], ", ") + " " + and + " " + list[n-1]
	}
	return strings.Join(list, "")
}

// ClassWords are the classes of data within a sentence.
var ClassWords = map[access.Class]string{
	access.Depersonal: "rows about events with nobody named", access.Identity: "names and dates of birth", access.Contact: "addresses and telephone numbers",
	access.Offending: "records of offending", access.Victimisation: "records of harm suffered", access.Missing: "missing episodes", access.Education: "school records",
	access.SocialCare: "social care records", access.YouthJustice: "youth justice records", access.Health: "health records", access.Housing: "housing records",
	access.Support: "youth work and support notes", access.Intelligence: "intelligence reports", access.FormerName: "former names",
	access.Open: "what is published", access.Partnership: "what is held in common",
}

func classes(cs []access.Class) string {
	var out []string
	for _, c := range access.Classes {
		if slices.Contains(cs, c) {
			out = append(out, ClassWords[c])
		}
	}
	return joined(out, "and")
}

func purposes(ps []access.Purpose) string {
	out := make([]string, len(ps))
	for i, x := range ps {
		out[i] = accountweb.PurposeNames[x]
	}
	return joined(out, "or")
}

var standings = map[sharing.Standing]web.Tag{
	sharing.Live: {Text: "Live", Colour: "green"}, sharing.Unsigned: {Text: "Waits for signatures", Colour: "yellow"}, sharing.Upcoming: {Text: "Signed, not begun", Colour: "blue"},
	sharing.Ended: {Text: "Over", Colour: "grey"}, sharing.Withdrawn: {Text: "Withdrawn", Colour: "grey"},
}

// ---- the register ----

type registerView struct {
	web.Page
	Draft string
	Table *web.Table
}

var registerPage = web.NewTemplate[registerView](files, "register.html")

// Finding is the register's one sentence: what is live, what ends soon, what waits.
func (p *Pages) Finding(ctx context.Context, _ access.Scope) (string, error) {
	all, err := p.Register.All(ctx, p.q())
	if err != nil {
		return "", err
	}
	return p.finding(all), nil
}

// endsSoon is within how many days of its end an agreement is named in the finding.
const endsSoon = 90

func (p *Pages) finding(all []sharing.Entry) string {
	if len(all) == 0 {
		return "No agreement has been written yet: each agency reads its own records and nobody else's."
	}
	day := clock.Today(p.Site.Clock)
	live := 0
	var rest []string
	for _, e := range all {
		switch e.StandingOn(p.today()) {
		case sharing.Live:
			live++
			if left := e.DaysLeft(day); left <= endsSoon {
				rest = append(rest, e.Code+" "+ends(left))
			}
		case sharing.Unsigned:
			rest = append(rest, e.Code+" waits for "+plural(len(e.Waiting()), "signature", "signatures"))
		}
	}
	words := "No agreement is live"
	if live == 1 {
		words = "1 agreement is live"
	} else if live > 1 {
		words = web.ShowNumber(live) + " agreements are live"
	}
	return strings.Join(append([]string{words}, rest...), "; ") + "."
}

func ends(left int) string {
	switch left {
	case 0:
		return "ends today"
	case 1:
		return "ends tomorrow"
	}
	return "ends in " + plural(left, "day", "days")
}

func (p *Pages) register(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	all, err := p.Register.All(ctx, p.q())
	if err != nil {
		return err
	}
	v := &registerView{Table: &web.Table{ID: "agreements", Caption: "Agreements, those that hold first", Empty: "No agreement has been written yet.",
		Base:    "An agreement permits reading only while every party has signed it, from its first day to its last, for its own purposes. There is none for " + sharing.NeverPurposes + ".",
		Columns: []web.Column{{Label: "Agreement"}, {Label: "State"}, {Label: "Between"}, {Label: "For"}, {Label: "Last day"}}}}
	v.Title, v.Crumbs, v.Wide, v.Lead = "Agreements", []web.Link{governance}, true, p.finding(all)
	day := clock.Today(p.Site.Clock)
	order := []sharing.Standing{sharing.Live, sharing.Unsigned, sharing.Upcoming, sharing.Ended, sharing.Withdrawn}
	slices.SortStableFunc(all, func(a, b sharing.Entry) int {
		return slices.Index(order, a.StandingOn(p.today())) - slices.Index(order, b.StandingOn(p.today()))
	})
	for _, e := range all {
		s := e.StandingOn(p.today())
		tag := standings[s]
		state, last := web.Cell{Tag: &tag}, web.Cell{Text: web.ShowDate(e.ExpiresOn)}
		if s == sharing.Unsigned {
			state.Sub = strings.Join(p.names(ctx, e.Waiting()), ", ")
		}
		if left := e.DaysLeft(day); s == sharing.Live && left <= endsSoon {
			last.Sub = strings.ToUpper(ends(left)[:1]) + ends(left)[1:]
		}
		var parties []string
		for _, x := range e.Parties {
			parties = append(parties, x.Agency)
		}
		v.Table.Rows = append(v.Table.Rows, web.Row{ID: e.Code, Cells: []web.Cell{{Text: e.Code, Hidden: e.Title, Sub: e.Title, Href: "/agreements/" + e.Code}, state,
			{Text: plural(len(parties), "agency", "agencies"), Sub: strings.Join(parties, ", ")}, {Text: purposes(e.Purposes)}, last}})
	}
	if keepers.Met(web.ViewerOf(r)) {
		v.Draft = "/agreements/new"
	}
	return web.Render(p.Site, w, r, registerPage, v)
}

// ---- one agreement ----

type agreementView struct {
	web.Page
	Tag     *web.Tag
	Flows   []string // what flows, a sentence each
	Not     []string // what does not
	Facts   []web.SummaryRow
	Parties *web.Table
	Ask     *web.Table // the extension's signatures
	Vary    *web.Table // a variation that waits for signatures
	History []web.TimelineItem
	Acts    []web.Link
	NoHand  string // why the reader can do nothing here
}

var agreementPage = web.NewTemplate[agreementView](files, "agreement.html")

// lead is how the agreement stands, in a sentence.
func (p *Pages) lead(ctx context.Context, e sharing.Entry) string {
	day := clock.Today(p.Site.Clock)
	switch e.StandingOn(p.today()) {
	case sharing.Live:
		words := fmt.Sprintf("%s is live until %s", e.Code, web.ShowDate(e.ExpiresOn))
		if left := e.DaysLeft(day); left <= endsSoon {
			words = fmt.Sprintf("%s is live and %s", e.Code, ends(left))
		}
		if w := e.WaitingExtension(); len(w) > 0 {
			words += "; an extension until " + web.ShowDate(e.Extension.UntilOn) + " waits for " + plural(len(w), "signature", "signatures")
		}
		return words + "."
	case sharing.Unsigned:
		return fmt.Sprintf("Nothing flows under %s yet: it waits for the signature of %s.", e.Code, joined(p.names(ctx, e.Waiting()), "and"))
	case sharing.Upcoming:
		return fmt.Sprintf("%s is signed by all and begins on %s; until then nothing flows under it.", e.Code, web.ShowDate(e.StartsOn))
	case sharing.Withdrawn:
		return fmt.Sprintf("%s was withdrawn: nothing flows under it.", e.Code)
	}
	return fmt.Sprintf("%s ended on %s: nothing flows under it.", e.Code, web.ShowDate(e.ExpiresOn))
}

// flows says exactly who may read what of whom, from the same rows that permit it.
func (p *Pages) flows(ctx context.Context, a sharing.Agreement) []string {
	var gives, receives []string
	for _, x := range a.Parties {
		if x.Gives {
			gives = append(gives, x.Agency)
		}
		if x.Receives {
			receives = append(receives, x.Agency)
		}
	}
	what, why := classes(a.Classes), "when they work for "+purposes(a.Purposes)
	if slices.Equal(gives, receives) && len(gives) > 1 {
		if len(gives) == 2 {
			return []string{fmt.Sprintf("%s may each read the other's %s, %s.", joined(p.names(ctx, gives), "and"), what, why)}
		}
		return []string{fmt.Sprintf("Each of these %d agencies may read the others' %s, %s: %s.", len(gives), what, why, joined(p.names(ctx, gives), "and"))}
	}
	var out []string
	for _, to := range receives {
		from := slices.DeleteFunc(slices.Clone(gives), func(o string) bool { return o == to })
		if len(from) > 0 {
			out = append(out, fmt.Sprintf("%s may read %s from %s, %s.", p.name(ctx, to), what, joined(p.names(ctx, from), "and"), why))
		}
	}
	return out
}

func notFlowing(a sharing.Agreement) []string {
	var left []access.Class
	for _, c := range access.Classes {
		if c.Personal() && c != access.FormerName && !slices.Contains(a.Classes, c) {
			left = append(left, c)
		}
	}
	var out []string
	if len(left) > 0 {
		out = append(out, "Not under this agreement: "+classes(left)+".")
	}
	return append(out, "Records that an owner has restricted to a panel, and classes that are closed to the reader's role.", "Nothing for "+sharing.NeverPurposes+": no agreement can be for them.")
}

func (p *Pages) agreement(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	e, err := p.Register.Get(ctx, p.q(), r.PathValue("code"))
	if err != nil {
		return err
	}
	who, err := people(ctx, p.q(), p.Accounts)
	if err != nil {
		return err
	}
	tag := standings[e.StandingOn(p.today())]
	v := &agreementView{Tag: &tag, Flows: p.flows(ctx, e.Agreement), Not: notFlowing(e.Agreement)}
	v.Title, v.Lead, v.Crumbs = e.Code+": "+e.Title, p.lead(ctx, e), []web.Link{governance, agreements}
	v.Facts = []web.SummaryRow{{Key: "Data", Value: capital(classes(e.Classes))}, {Key: "Purposes", Value: capital(purposes(e.Purposes))}, {Key: "Lawful basis", Value: e.LawfulBasis}, {Key: "Gateway", Value: e.Gateway}}
	if e.Conditions != "" {
		v.Facts = append(v.Facts, web.SummaryRow{Key: "Conditions", Value: e.Conditions})
	}
	v.Facts = append(v.Facts, web.SummaryRow{Key: "First day", Value: web.ShowDate(e.StartsOn)}, web.SummaryRow{Key: "Last day", Value: web.ShowDate(e.ExpiresOn)}, web.SummaryRow{Key: "Review", Value: web.ShowDate(e.ReviewOn)})
	v.Parties = p.parties(ctx, e, who)
	if x := e.Extension; x != nil {
		v.Ask = p.extension(ctx, e, who)
	}
	for _, x := range e.Parties {
		if x.SignedAt != nil {
			e.History = append(e.History, sharing.Event{What: "signed", Agency: x.Agency, By: x.SignedBy, At: *x.SignedAt})
		}
	}
	slices.SortStableFunc(e.History, func(a, b sharing.Event) int { return cmp.Compare(b.At, a.At) })
	for _, h := range e.History {
		v.History = append(v.History, p.event(ctx, h, who))
	}
	p.acts(v, e, web.ScopeOf(r))
	if err := p.varied(ctx, v, e, web.ScopeOf(r), who); err != nil {
		return err
	}
	return web.Render(p.Site, w, r, agreementPage, v)
}

func capital(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

func yes(b bool) string {
	if b {
		return "Yes"
	}
	return "No"
}

func signature(name string, at *int64) (web.Cell, bool) {
	if at == nil {
		return web.Cell{Tag: &web.Tag{Text: "Not signed", Colour: "yellow"}}, false
	}
	return web.Cell{Text: name, Sub: web.ShowDate(clock.FromMicros(*at).In(clock.London()))}, true
}

func (p *Pages) parties(ctx context.Context, e sharing.Entry, who map[string]account.Account) *web.Table {
	t := &web.Table{ID: "parties", Caption: "The parties and their signatures", Columns: []web.Column{{Label: "Agency"}, {Label: "Its records flow"}, {Label: "It reads others'"}, {Label: "Signed by"}}}
	for _, x := range e.Parties {
		by, _ := signature(who[x.SignedBy].Name, x.SignedAt)
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{{Text: p.name(ctx, x.Agency), Sub: x.Agency}, {Text: yes(x.Gives)}, {Text: yes(x.Receives)}, by}})
	}
	return t
}

func (p *Pages) extension(ctx context.Context, e sharing.Entry, who map[string]account.Account) *web.Table {
	t := &web.Table{ID: "extension", Caption: "Extension until " + web.ShowDate(e.Extension.UntilOn), Base: "Asked for by " + who[e.Extension.AskedBy].Name + ": " + e.Extension.Why + " Until every agency whose records flow has signed, the last day stays as it is.",
		Columns: []web.Column{{Label: "Agency whose records flow"}, {Label: "Signed by"}}}
	for _, o := range e.Owners() {
		cell, _ := signature("", nil)
		for _, s := range e.Extension.Signed {
			if s.Agency == o {
				cell, _ = signature(who[s.SignedBy].Name, s.SignedAt)
			}
		}
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{{Text: p.name(ctx, o)}, cell}})
	}
	return t
}

var happened = map[string]string{"drafted": "Drafted", "signed": "Signed", "withdrawn": "Withdrawn", "extension-asked": "Extension asked for", "extension-signed": "Extension signed", "extended": "Extended"}

func (p *Pages) event(ctx context.Context, h sharing.Event, who map[string]account.Account) web.TimelineItem {
	by := p.name(ctx, h.Agency)
	if n := who[h.By].Name; n != "" {
		by = n + ", " + by
	}
	return web.TimelineItem{Title: happened[h.What], When: web.ShowDate(clock.FromMicros(h.At).In(clock.London())), By: by, Text: h.Why}
}

// acts are what the reader can do for their agency.
func (p *Pages) acts(v *agreementView, e sharing.Entry, s access.Scope) {
	x, ok := e.Party(s.Agency)
	if !ok || !sharing.MaySign(s) {
		v.NoHand = "Only the information officer or the community safety manager of one of the parties signs, extends or withdraws."
		return
	}
	at := "/agreements/" + e.Code
	standing := e.StandingOn(p.today())
	if standing == sharing.Ended || standing == sharing.Withdrawn {
		return
	}
	if x.SignedAt == nil {
		v.Acts = append(v.Acts, web.Link{Text: "Sign for your agency", Href: at + "/sign"})
	}
	if standing == sharing.Live {
		if e.Extension == nil {
			v.Acts = append(v.Acts, web.Link{Text: "Ask for a short extension", Href: at + "/extend"})
		}
		if slices.Contains(e.WaitingExtension(), s.Agency) {
			v.Acts = append(v.Acts, web.Link{Text: "Sign the extension", Href: at + "/extension"})
		}
	}
	v.Acts = append(v.Acts, web.Link{Text: "Withdraw your agency", Href: at + "/withdraw"})
}

// ---- what is done ----

type formView struct {
	web.Page
	Form  *web.Form
	Flows []string
	Table *web.Table
	About string
}

var formPage = web.NewTemplate[formView](files, "form.html")

// answer shows a form, or does what it asks and goes where do says; a refusal in words stands on the form.
func (p *Pages) answer(w http.ResponseWriter, r *http.Request, v *formView, f *web.Form, said string, do func(tx *database.Tx) (string, error)) error {
	v.Form = f
	if r.Method == http.MethodGet {
		return web.Render(p.Site, w, r, formPage, v)
	}
	if err := f.Read(w, r); err != nil {
		return err
	}
	return p.sent(w, r, v, f, said, do)
}

func (p *Pages) sent(w http.ResponseWriter, r *http.Request, v *formView, f *web.Form, said string, do func(tx *database.Tx) (string, error)) error {
	v.Form = f
	if f.Valid() {
		err := p.Site.Act(w, r, said, do)
		if !fault.Is(err, fault.Invalid) && !fault.Is(err, fault.Refused) {
			return err
		}
		f.Problem, _ = fault.Words(err)
	}
	v.HasErrors = true
	return web.RenderStatus(p.Site, w, r, http.StatusUnprocessableEntity, formPage, v)
}

// mine is the agreement if the reader acts for one of its parties; to anybody else the page does not exist.
func (p *Pages) mine(r *http.Request) (sharing.Entry, error) {
	e, err := p.Register.Get(r.Context(), p.q(), r.PathValue("code"))
	if err != nil {
		return e, err
	}
	if _, ok := e.Party(web.ScopeOf(r).Agency); !ok {
		return e, fault.NoSuch()
	}
	return e, nil
}

func (p *Pages) form(e sharing.Entry, title, path, submit string, fields ...*web.Field) (*formView, *web.Form) {
	f := p.Site.NewForm("/agreements/"+e.Code+path, submit, fields...)
	f.Cancel = "/agreements/" + e.Code
	v := &formView{}
	v.Title, v.Crumbs = title, []web.Link{governance, agreements, {Text: e.Code, Href: "/agreements/" + e.Code}}
	return v, f
}

// confirm asks again before a name is put under something.
func confirm(label string) *web.Field {
	return &web.Field{Name: "confirm", Label: "Do you sign?", Kind: web.Checkboxes, Required: "Tick the box to sign, or go back", Options: []web.Option{{Value: "yes", Label: label}}}
}

func (p *Pages) sign(w http.ResponseWriter, r *http.Request) error {
	ctx, s := r.Context(), web.ScopeOf(r)
	e, err := p.mine(r)
	if err != nil {
		return err
	}
	agency := p.name(ctx, s.Agency)
	v, f := p.form(e, "Sign "+e.Code+" for "+agency, "/sign", "Sign", confirm("I am "+s.Name+", and I may sign for "+agency+"."))
	v.Flows, v.About = p.flows(ctx, e.Agreement), "With the last signature it begins to hold, on its first day. Your name and the day stand beside your agency."
	if e.Conditions != "" {
		v.About = "Conditions: " + e.Conditions + " " + v.About
	}
	return p.answer(w, r, v, f, "Your agency has signed.", func(tx *database.Tx) (string, error) {
		return "/agreements/" + e.Code, p.Register.Sign(ctx, tx, s, e.Code)
	})
}

func (p *Pages) signExtension(w http.ResponseWriter, r *http.Request) error {
	ctx, s := r.Context(), web.ScopeOf(r)
	e, err := p.mine(r)
	if err != nil {
		return err
	}
	if e.Extension == nil {
		return fault.NoSuch()
	}
	agency := p.name(ctx, s.Agency)
	v, f := p.form(e, "Sign the extension of "+e.Code+" for "+agency, "/extension", "Sign", confirm("I am "+s.Name+", and I may sign for "+agency+"."))
	v.Flows = p.flows(ctx, e.Agreement)
	v.About = "It would hold until " + web.ShowDate(e.Extension.UntilOn) + " instead of " + web.ShowDate(e.Extension.ExpiredOn) + ". The reason given: " + e.Extension.Why
	return p.answer(w, r, v, f, "Your agency has signed the extension.", func(tx *database.Tx) (string, error) {
		return "/agreements/" + e.Code, p.Register.SignExtension(ctx, tx, s, e.Code)
	})
}

func (p *Pages) extend(w http.ResponseWriter, r *http.Request) error {
	ctx, s := r.Context(), web.ScopeOf(r)
	e, err := p.mine(r)
	if err != nil {
		return err
	}
	v, f := p.form(e, "Ask for a short extension of "+e.Code, "/extend", "Ask, and sign for your agency",
		&web.Field{Name: "until", Label: "Until which day?", Kind: web.DateInput, Required: "Enter the new last day", Hint: fmt.Sprintf("At most %d days after %s. It can be done once.", sharing.MaxExtension, web.ShowDate(e.ExpiresOn))},
		&web.Field{Name: "why", Label: "Why is more time needed?", Kind: web.TextArea, Rows: 3, Required: "Enter the reason, for those who are to sign"})
	v.About = "The last day moves once every agency whose records flow has signed: " + joined(p.names(ctx, e.Owners()), "and") + "."
	return p.answer(w, r, v, f, "The extension was asked for.", func(tx *database.Tx) (string, error) {
		return "/agreements/" + e.Code, p.Register.Extend(ctx, tx, s, e.Code, f.Value("until"), f.Value("why"))
	})
}

func (p *Pages) withdraw(w http.ResponseWriter, r *http.Request) error {
	ctx, s := r.Context(), web.ScopeOf(r)
	e, err := p.mine(r)
	if err != nil {
		return err
	}
	v, f := p.form(e, "Withdraw "+p.name(ctx, s.Agency)+" from "+e.Code, "/withdraw", "Withdraw",
		&web.Field{Name: "why", Label: "Why?", Kind: web.TextArea, Rows: 3, Required: "Enter the reason: every party will read it"})
	v.About = "An agreement rests on every signature: it ends for all its parties, from the next page anybody opens. The others can agree anew. What was lawfully read before stays in the log."
	return p.answer(w, r, v, f, "The agreement was withdrawn: nothing flows under it from now on.", func(tx *database.Tx) (string, error) {
		return "/agreements/" + e.Code, p.Register.Withdraw(ctx, tx, s, e.Code, f.Value("why"))
	})
}

// ---- a new one ----

func (p *Pages) newDraft(r *http.Request) (*formView, *web.Form, error) {
	all, err := p.Partnership.Members(r.Context(), p.q())
	if err != nil {
		return nil, nil, err
	}
	var options []web.Option
	for _, a := range all {
		options = append(options, web.Option{Value: a.Code, Label: a.Name})
	}
	var what, why []web.Option
	for _, c := range access.Classes {
		if c != access.Open && c != access.Partnership && c != access.FormerName {
			what = append(what, web.Option{Value: string(c), Label: capital(ClassWords[c])})
		}
	}
	for _, x := range sharing.Purposes {
		why = append(why, web.Option{Value: string(x), Label: capital(accountweb.PurposeNames[x])})
	}
	f := p.Site.NewForm("/agreements", "Write the draft",
		&web.Field{Name: "title", Label: "What is it about?", Hint: "A few words everybody will know it by.", Required: "Enter a title", Max: 200},
		&web.Field{Name: "gives", Label: "Whose records flow?", Kind: web.Checkboxes, Options: options, Required: "Choose at least one agency whose records flow"},
		&web.Field{Name: "receives", Label: "Who may read them?", Kind: web.Checkboxes, Options: options, Required: "Choose at least one agency that may read"},
		&web.Field{Name: "classes", Label: "Which data?", Hint: "As little as the purpose needs. Former and refuge names are under no agreement.", Kind: web.Checkboxes, Options: what, Required: "Choose at least one class of data"},
		&web.Field{Name: "purposes", Label: "What for?", Hint: "There is no choice for " + sharing.NeverPurposes + ": no agreement can be for them.", Kind: web.Checkboxes, Options: why, Required: "Choose at least one purpose"},
		&web.Field{Name: "lawful_basis", Label: "Lawful basis", Hint: "The Article 6 basis; for special categories the Article 9 condition and the paragraph of Schedule 1 to the Data Protection Act 2018 too.", Required: "Enter the lawful basis", Max: 500},
		&web.Field{Name: "gateway", Label: "Gateway", Hint: "The Act and section that give the power to share, for example Children Act 2004, section 11.", Required: "Enter the gateway", Max: 500},
		&web.Field{Name: "conditions", Label: "Conditions", Kind: web.TextArea, Rows: 3, Max: 2000},
		&web.Field{Name: "starts", Label: "First day", Kind: web.DateInput, Required: "Enter the first day"},
		&web.Field{Name: "expires", Label: "Last day", Kind: web.DateInput, Required: "Enter the last day"},
		&web.Field{Name: "review", Label: "Reviewed by", Kind: web.DateInput, Required: "Enter the day of the review"})
	f.Cancel = "/agreements"
	v := &formView{About: "Nothing flows until every party has signed. Your own agency must be one of them."}
	v.Title, v.Crumbs = "Draft an agreement", []web.Link{governance, agreements}
	return v, f, nil
}

func (p *Pages) draftForm(w http.ResponseWriter, r *http.Request) error {
	v, f, err := p.newDraft(r)
	if err != nil {
		return err
	}
	v.Form = f
	return web.Render(p.Site, w, r, formPage, v)
}

func (p *Pages) draft(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	v, f, err := p.newDraft(r)
	if err != nil {
		return err
	}
	if err := f.Read(w, r); err != nil {
		return err
	}
	a := sharing.Agreement{Title: f.Value("title"), LawfulBasis: f.Value("lawful_basis"), Gateway: f.Value("gateway"), Conditions: f.Value("conditions"), StartsOn: f.Value("starts"), ExpiresOn: f.Value("expires"), ReviewOn: f.Value("review")}
	gives, receives := f.Field("gives").Values, f.Field("receives").Values
	parties := slices.Concat(gives, receives)
	slices.Sort(parties)
	for _, code := range slices.Compact(parties) {
		a.Parties = append(a.Parties, sharing.Party{Agency: code, Gives: slices.Contains(gives, code), Receives: slices.Contains(receives, code)})
	}
	for _, c := range f.Field("classes").Values {
		a.Classes = append(a.Classes, access.Class(c))
	}
	for _, x := range f.Field("purposes").Values {
		a.Purposes = append(a.Purposes, access.Purpose(x))
	}
	return p.sent(w, r, v, f, "The draft was written. It permits nothing until every party has signed.", func(tx *database.Tx) (string, error) {
		code, err := p.Register.Draft(ctx, tx, web.ScopeOf(r), a)
		return "/agreements/" + code, err
	})
}
