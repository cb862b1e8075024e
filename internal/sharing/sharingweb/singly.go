package sharingweb

import (
	"cmp"
	"context"
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
	"lantern.example/lantern/internal/work"
)

// Person is what the pages need to know of somebody whom the viewer may see.
type Person struct {
	ID, Title string
	Owners    []string
}

// Singly are the pages on which something is shared without an agreement: one-off disclosures, requests at an agency's desk, who else knows a
// person, and broken glass.
type Singly struct {
	Site        *web.Site
	OneOffs     *sharing.OneOffs
	Asks        *sharing.Asks
	Pointers    *sharing.Pointers
	Glasses     *sharing.Glasses
	Accounts    *account.Store
	Partnership *partnership.Store
	// Person is somebody as the scope may see them; fault.NoSuch when it may not.
	Person func(ctx context.Context, s access.Scope, id string) (Person, error)
	// Href is where a record named in the log opens for a reader; "" when it does not.
	Href func(ctx context.Context, s access.Scope, kind, id string) string
}

var (
	deciders = web.Only(sharing.Deciders...)
	// concerned are those whom a decision to share could concern: whoever looks after the machine sees no case.
	concerned = web.Only(access.Manager, access.Analyst, access.Chair, access.Practitioner, access.SchoolLead, access.InfoOfficer)
	breakers  = web.Need{Roles: []access.Role{access.Practitioner, access.Chair}}
)

// Mount registers the pages.
func (p *Singly) Mount(rt *web.Router) {
	rt.Get("/people/{id}/share", web.Casework, p.share)
	rt.Post("/people/{id}/share", web.Casework, p.share)
	rt.Get("/disclosures", concerned, p.disclosures)
	rt.Get("/disclosures/{id}", concerned, p.disclosure)
	rt.Post("/disclosures/{id}/end", concerned, p.endDisclosure)
	rt.Post("/disclosures/{id}/look", concerned, p.judgeDisclosure)

	rt.Get("/people/{id}/ask", web.Casework, p.ask)
	rt.Post("/people/{id}/ask", web.Casework, p.ask)
	rt.Get("/requests", web.Members, p.requests)
	rt.Get("/requests/{id}", web.Members, p.asked)
	rt.Post("/requests/{id}/give", deciders, p.give)
	rt.Post("/requests/{id}/refuse", deciders, p.refuse)
	rt.Post("/requests/{id}/answer", deciders, p.answerBroker)
	rt.Post("/requests/{id}/read", web.Members, p.read)

	rt.Get("/people/{id}/who-else", web.Casework, p.whoElse)
	rt.Post("/people/{id}/who-else", web.Casework, p.whoElse)
	rt.Post("/people/{id}/broker", web.Casework, p.askBroker)
	rt.Get("/governance/broker", keepers, p.broker)
	rt.Post("/governance/broker", keepers, p.broker)

	rt.Get("/break-glass", web.Members, p.glasses)
	rt.Post("/break-glass", breakers, p.breakGlass)
	rt.Post("/break-glass/end", breakers, p.endGlass)
	rt.Get("/break-glass/{id}", web.Members, p.glass)
	rt.Post("/break-glass/{id}/look", web.Members, p.judgeGlass)
}

func (p *Singly) q() database.Queryer { return p.Site.DB.Reader() }

func (p *Singly) name(ctx context.Context, code string) string {
	return p.Partnership.AgencyName(ctx, p.q(), code)
}

// personOr is the title of a person if the scope may see them, and otherwise other.
func (p *Singly) personOr(ctx context.Context, s access.Scope, id, other string) (title, href string) {
	if id == "" || !web.Casework.Met(&web.Viewer{Scope: s}) {
		return other, ""
	}
	x, err := p.Person(ctx, s, id)
	if err != nil {
		return other, ""
	}
	return x.Title, "/people/" + x.ID
}

func day(us int64) string { return web.ShowDate(clock.FromMicros(us).In(clock.London())) }
func when(us int64) string {
	return clock.FromMicros(us).In(clock.London()).Format("2 January 2006 15:04")
}

// acted answers a form: what the store refuses in words stands on the form, which show shows again.
func (p *Singly) acted(w http.ResponseWriter, r *http.Request, f *web.Form, said string, do func(tx *database.Tx) (string, error), show func(status int) error) error {
	if f.Valid() {
		err := p.Site.Act(w, r, said, do)
		if !fault.Is(err, fault.Invalid) && !fault.Is(err, fault.Refused) && !fault.Is(err, fault.Conflict) {
			return err
		}
		f.Problem, _ = fault.Words(err)
	}
	return show(http.StatusUnprocessableEntity)
}

// ---- one decision ----

// GoldenRules are the seven golden rules of sharing information, in our own words.
var GoldenRules = []string{
	"Keeping somebody safe comes first. Data protection law says how to share what protects a child; it is never a reason to leave them in danger.",
	"Talk with the child and whoever cares for them first, and say what goes to whom and why, unless that would put anybody at risk.",
	"You do not need their consent to protect them. Ask what they want, weigh it up, and say so when you go against it.",
	"If you are not sure, ask somebody who knows: your safeguarding lead or information officer. You can ask without saying who it is about.",
	"Think of those who could be hurt by what you pass on: who told you, where somebody lives now, who would learn of it.",
	"Share what is needed and no more, make sure that it is right and up to date, and give it to those who need it and nobody else.",
	"Write down what you decided and why, whether you share or not.",
}

// GoldenSource is where they come from.
const GoldenSource = "After the seven golden rules in the Department for Education’s advice on sharing information for practitioners, May 2024; the words are ours."

var basisWords = map[sharing.Basis]string{
	sharing.Life: "Somebody’s life or limb is in danger", sharing.S47: "Enquiries into significant harm (Children Act 1989, section 47)", sharing.Owner: "We weighed it up and decided as the owner of the records",
}

var basisHints = map[sharing.Basis]string{
	sharing.Life: "Vital interests: UK GDPR Article 6(1)(d).", sharing.S47: "Public task, and Schedule 1 paragraph 18 of the Data Protection Act 2018: safeguarding.", sharing.Owner: "A power is needed: Crime and Disorder Act 1998 section 115, or Children Act 2004 sections 10 and 11.",
}

type shareView struct {
	web.Page
	Rules  []string
	Source string
	Form   *web.Form
	None   string // why there is nothing to choose from
}

var sharePage = web.NewTemplate[shareView](files, "share.html")

// itemValue is how a part stands in a form.
func itemValue(x access.Item) string { return string(x.Class) + ":" + x.Record }

func itemOf(v string) access.Item {
	class, record, _ := strings.Cut(v, ":")
	return access.Item{Record: record, Class: access.Class(class)}
}

func items(f *web.Field) []access.Item {
	var out []access.Item
	for _, v := range f.Values {
		out = append(out, itemOf(v))
	}
	return out
}

// partOptions are parts to choose from. What a part is stands beside it only where its class is open to the reader's role.
func partOptions(parts []sharing.Part, closed []access.Class) []web.Option {
	var out []web.Option
	for _, x := range parts {
		o := web.Option{Value: itemValue(x.Item), Label: capital(ClassWords[x.Class]) + ". " + x.Label}
		if x.Detail != "" && !slices.Contains(closed, x.Class) {
			o.Label = x.Detail + ". " + x.Label
			o.Hint = capital(ClassWords[x.Class]) + "."
		}
		if x.Chosen {
			o.Hint = strings.TrimSpace(o.Hint + " They chose who reads it: only where there is a threat to life or under section 47.")
		}
		if condition := x.Condition(); condition != "" {
			o.Hint = strings.TrimSpace(o.Hint + " " + x.Grade + " " + condition)
		}
		out = append(out, o)
	}
	return out
}

func purposeOptions() []web.Option {
	var out []web.Option
	for _, x := range sharing.Purposes {
		out = append(out, web.Option{Value: string(x), Label: capital(accountweb.PurposeNames[x])})
	}
	return out
}

func toldFields() []*web.Field {
	return []*web.Field{
		{Name: "told", Label: "Has the young person, or whoever cares for them, been told?", Hint: "Rule 2.", Kind: web.Radios, Required: "Say whether they have been told", Options: []web.Option{
			{Value: "told", Label: "Yes"}, {Value: "unsafe", Label: "No: it would put somebody at risk"}, {Value: "later", Label: "Not yet: they will be"}}},
		{Name: "told_why", Label: "If not, why not, and when is it looked at again?", Kind: web.TextArea, Rows: 2, Max: 1000},
		{Name: "advice", Label: "Whom did you ask, and what did they say?", Hint: "Rule 4. Needed where a record was given to you under a condition: ask its originator.", Max: 1000},
	}
}

func (p *Singly) until() *web.Field {
	return &web.Field{Name: "until", Label: "Until which day?", Hint: fmt.Sprintf("As short as will do, at most %d days. After it nothing of this can be read. What is needed for longer needs an agreement.", sharing.MaxOneOff), Kind: web.DateInput}
}

func (p *Singly) agencies(ctx context.Context, own string) ([]web.Option, error) {
	all, err := p.Partnership.Members(ctx, p.q())
	out := []web.Option{{Value: "", Label: "Choose an agency"}}
	for _, a := range all {
		if a.Code != own {
			out = append(out, web.Option{Value: a.Code, Label: a.Name})
		}
	}
	return out, err
}

// colleagues are the people of other agencies, to give something to one of them by name.
func (p *Singly) colleagues(ctx context.Context, own string) ([]web.Option, error) {
	names, err := p.Partnership.AgencyNames(ctx, p.q())
	if err != nil {
		return nil, err
	}
	all, err := p.Accounts.All(ctx, p.q())
	out := []web.Option{{Value: "", Label: "Nobody by name: those who do casework there"}}
	for _, a := range all {
		if a.Agency != own && !a.Disabled && (&web.Need{Roles: web.Casework.Roles}).Met(&web.Viewer{Scope: access.Scope{Role: a.Role}}) {
			out = append(out, web.Option{Value: a.ID, Label: agencyName(a.Agency, names) + ": " + a.Name})
		}
	}
	return out, err
}

// share is the dialog: the seven rules, and one decision.
func (p *Singly) share(w http.ResponseWriter, r *http.Request) error {
	ctx, s := r.Context(), web.ScopeOf(r)
	x, err := p.Person(ctx, s, r.PathValue("id"))
	if err != nil {
		return err
	}
	if !sharing.MayDecide(s) {
		return fault.NoSuch()
	}
	parts, err := p.OneOffs.Offered(ctx, p.q(), s, x.ID, false)
	if err != nil {
		return err
	}
	to, err := p.agencies(ctx, s.Agency)
	if err != nil {
		return err
	}
	named, err := p.colleagues(ctx, s.Agency)
	if err != nil {
		return err
	}
	var bases []web.Option
	for _, b := range sharing.Bases {
		bases = append(bases, web.Option{Value: string(b), Label: basisWords[b], Hint: basisHints[b]})
	}
	fields := []*web.Field{
		{Name: "decision", Label: "What do you decide?", Hint: "Rules 1 and 7. Both are written down.", Kind: web.Radios, Required: "Say what you decide", Options: []web.Option{{Value: "share", Label: "Share"}, {Value: "not", Label: "Not share"}}},
		{Name: "basis", Label: "What does it rest on?", Kind: web.Radios, Required: "Choose what it rests on", Options: bases},
		{Name: "recipient", Label: "Which agency?", Hint: "Rule 6: those who need it.", Kind: web.Select, Required: "Choose an agency", Options: to},
		{Name: "named", Label: "One person there?", Hint: "By name it opens to them alone, also where their role or area would close it.", Kind: web.Select, Options: named},
		{Name: "items", Label: "What exactly?", Hint: "Rule 6: what is needed. Your own agency’s records only; each brings the name it stands under. Records kept to a panel, and former and refuge names, cannot be chosen.", Kind: web.Checkboxes, Options: partOptions(parts, s.Closed)},
		{Name: "purpose", Label: "What for?", Hint: "There is no choice for " + sharing.NeverPurposes + ".", Kind: web.Radios, Required: "Choose what it is for", Options: purposeOptions()},
		p.until(),
	}
	fields = append(fields, toldFields()...)
	fields = append(fields, &web.Field{Name: "why", Label: "Why?", Hint: "Rules 3, 5 and 7: what you weighed up, who could be hurt, and what the young person wants.", Kind: web.TextArea, Rows: 5, Required: "Write down why"})
	f := p.Site.NewForm("/people/"+x.ID+"/share", "Write down the decision", fields...)
	f.Cancel = "/people/" + x.ID
	f.Set("purpose", string(access.Safeguarding))
	f.Readers = &web.Readers{By: "you; the second person who looks at it by the next working day; your agency’s information officer, managers and chairs. If you share: those you share it with, reason and all.", NotBy: "any other agency; the young person, until they ask what is held."}
	v := &shareView{Rules: GoldenRules, Source: GoldenSource, Form: f}
	if len(parts) == 0 {
		v.None = "Your agency holds no record of this person that you could share here. You can still write down that you decided not to."
	}
	v.Title, v.Crumbs = "Share once, without an agreement", []web.Link{{Text: "People", Href: "/people"}, {Text: x.Title, Href: "/people/" + x.ID}}
	v.Lead = "One decision: exactly which records, to whom, until when and why. A second person looks at it by the next working day."
	read := web.Read{Kind: "person", Subject: x.ID, Owners: append([]string{s.Agency}, x.Owners...), Words: fmt.Sprintf("sections: title, %d own parts, to share once", len(parts))}
	show := func(status int) error {
		if err := p.Site.Consulted(ctx, s, read); err != nil {
			return err
		}
		v.HasErrors = status != http.StatusOK
		return web.RenderStatus(p.Site, w, r, status, sharePage, v)
	}
	if r.Method == http.MethodGet {
		return show(http.StatusOK)
	}
	if err := f.Read(w, r); err != nil {
		return err
	}
	shared := f.Value("decision") == "share"
	if shared && len(f.Field("items").Values) == 0 {
		f.Fail("items", "Choose exactly what is shared")
	}
	if shared && f.Value("until") == "" {
		f.Fail("until", "Enter the last day")
	}
	if t := f.Value("told"); t != "" && t != "told" && f.Value("told_why") == "" {
		f.Fail("told_why", "Say why they have not been told")
	}
	return p.acted(w, r, f, map[bool]string{true: "It can be read from now on. A second person has been asked to look at it.", false: "It was written down that you did not share, and why."}[shared], func(tx *database.Tx) (string, error) {
		d, err := p.OneOffs.Decide(ctx, tx, s, sharing.Decision{Recipient: f.Value("recipient"), Named: f.Value("named"), Person: x.ID, Shared: shared, Basis: sharing.Basis(f.Value("basis")), Purpose: access.Purpose(f.Value("purpose")),
			Why: f.Value("why"), Told: f.Value("told"), ToldWhy: f.Value("told_why"), Advice: f.Value("advice"), UntilOn: f.Value("until"), Items: items(f.Field("items"))})
		return "/disclosures/" + d.ID, err
	}, show)
}

// ---- decisions made ----

type disclosuresView struct {
	web.Page
	Table *web.Table
}

var disclosuresPage = web.NewTemplate[disclosuresView](files, "decisions.html")

var oneOffs = web.Link{Text: "Shared without an agreement", Href: "/disclosures"}

func (p *Singly) state(d sharing.Disclosure) web.Tag {
	switch {
	case !d.Shared:
		return web.Tag{Text: "Not shared", Colour: "grey"}
	case d.EndedAt != nil:
		return web.Tag{Text: "Ended early", Colour: "grey"}
	case d.Live(clock.Micros(p.Site.Clock.Now())):
		return web.Tag{Text: "Open", Colour: "green"}
	}
	return web.Tag{Text: "Over", Colour: "grey"}
}

// FindingOneOffs is how one-off disclosures stand for a reader, in a sentence.
func (p *Singly) FindingOneOffs(ctx context.Context, s access.Scope) (string, error) {
	all, err := p.OneOffs.List(ctx, p.q(), s)
	return p.oneOffsLead(all), err
}

func (p *Singly) oneOffsLead(all []sharing.Disclosure) string {
	if len(all) == 0 {
		return "Nothing has been shared without an agreement that you may know of."
	}
	today := clock.Today(p.Site.Clock).Format(clock.ISODate)
	open, waits, late := 0, 0, 0
	for _, d := range all {
		if d.Live(clock.Micros(p.Site.Clock.Now())) {
			open++
		}
		if d.ReviewedAt == nil {
			waits++
			if d.ReviewBy < today {
				late++
			}
		}
	}
	words := plural(len(all), "decision", "decisions") + " to share or not without an agreement; " + numeral(open) + " open now"
	switch {
	case waits == 0:
		return words + "; a second person has looked at every one."
	case late > 0:
		return fmt.Sprintf("%s; %d not looked at by a second person in time.", words, late)
	}
	return fmt.Sprintf("%s; %d to be looked at by a second person.", words, waits)
}

func (p *Singly) disclosures(w http.ResponseWriter, r *http.Request) error {
	ctx, s := r.Context(), web.ScopeOf(r)
	all, err := p.OneOffs.List(ctx, p.q(), s)
	if err != nil {
		return err
	}
	v := &disclosuresView{Table: &web.Table{Caption: "Decisions, newest first", Empty: "There is none that you may know of.", Base: "Yours, those you are to look at, what was given to you, and for officers, managers and chairs all of your agency’s. Housing, benefits, immigration and school-admission decisions are never a purpose.",
		Columns: []web.Column{{Label: "Decision"}, {Label: "From and to"}, {Label: "State"}, {Label: "Until"}, {Label: "Second look"}}}}
	v.Title, v.Crumbs, v.Wide, v.Lead = "Shared without an agreement", []web.Link{governance}, true, p.oneOffsLead(all)
	names, err := p.Partnership.AgencyNames(ctx, p.q())
	if err != nil {
		return err
	}
	var owners []string
	for _, d := range all {
		owners = append(owners, d.Owner)
		tag, until := p.state(d), web.Cell{Text: "–"}
		if d.Shared {
			until.Text = when(d.UntilAt - 1)
		}
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{{Text: d.Code, Href: "/disclosures/" + d.ID, Sub: basisWords[d.Basis]}, {Text: agencyName(d.Owner, names), Sub: "to " + agencyName(d.Recipient, names)}, {Tag: &tag}, until, p.looked(d.Verdict, d.ReviewBy)}})
	}
	slices.Sort(owners)
	return web.Show(p.Site, w, r, disclosuresPage, v, web.Read{Kind: "disclosure", Owners: slices.Compact(owners), Words: fmt.Sprintf("list: %d decisions", len(all))})
}

// looked is how the second look stands.
func (p *Singly) looked(verdict, by string) web.Cell {
	switch verdict {
	case "right":
		return web.Cell{Tag: &web.Tag{Text: "Right", Colour: "green"}}
	case "wrong":
		return web.Cell{Tag: &web.Tag{Text: "Wrong", Colour: "red"}}
	}
	today := clock.Today(p.Site.Clock)
	tag := web.Tag{Text: work.DueWords(by, today), Colour: "yellow"}
	if work.DaysUntil(by, today) < 0 {
		tag.Colour = "red"
	}
	return web.Cell{Tag: &tag, Sub: web.ShowDate(by)}
}

type disclosureView struct {
	web.Page
	Tag   *web.Tag
	Facts []web.SummaryRow
	Parts *web.Table
	Look  *web.Form
	End   *web.Form
}

var disclosurePage = web.NewTemplate[disclosureView](files, "disclosure.html")

var toldWords = map[string]string{"told": "Told", "unsafe": "Not told: it would put somebody at risk", "later": "Not told yet"}

func lookField() []*web.Field {
	return []*web.Field{{Name: "verdict", Label: "Was it right?", Kind: web.Radios, Required: "Say whether it was right", Options: []web.Option{{Value: "right", Label: "Yes, it was right"}, {Value: "wrong", Label: "No, it was wrong", Hint: "It ends at once if it has not ended."}}},
		{Name: "words", Label: "Why?", Kind: web.TextArea, Rows: 3, Required: "Say why"}}
}

func (p *Singly) disclosure(w http.ResponseWriter, r *http.Request) error {
	return p.showDisclosure(w, r, http.StatusOK, nil, nil)
}

func (p *Singly) lookForm(d sharing.Disclosure) *web.Form {
	f := p.Site.NewForm("/disclosures/"+d.ID+"/look", "Write down what you think", lookField()...)
	f.Readers = &web.Readers{By: "whoever decided, your agency’s information officer, managers and chairs, and those it was given to.", NotBy: "anybody else."}
	return f
}

func (p *Singly) endForm(d sharing.Disclosure) *web.Form {
	f := p.Site.NewForm("/disclosures/"+d.ID+"/end", "End it now", &web.Field{Name: "words", Label: "Why does it end before its time?", Kind: web.TextArea, Rows: 2, Required: "Say why it ends"})
	f.Readers = &web.Readers{By: "whoever decided, your agency’s information officer, managers and chairs, and those it was given to.", NotBy: "anybody else."}
	return f
}

func (p *Singly) showDisclosure(w http.ResponseWriter, r *http.Request, status int, look, end *web.Form) error {
	ctx, s := r.Context(), web.ScopeOf(r)
	d, err := p.OneOffs.Get(ctx, p.q(), s, r.PathValue("id"))
	if err != nil {
		return err
	}
	who, err := people(ctx, p.q(), p.Accounts)
	if err != nil {
		return err
	}
	tag, live := p.state(d), d.Live(clock.Micros(p.Site.Clock.Now()))
	v := &disclosureView{Tag: &tag}
	v.Title, v.Crumbs = d.Code, []web.Link{governance, oneOffs}
	to := p.name(ctx, d.Recipient)
	if d.Named != "" {
		to = who[d.Named].Name + ", " + to
	}
	v.Lead = p.disclosureLead(ctx, d, to, live)
	title, href := p.personOr(ctx, s, d.Person, "Somebody whose records are not open to you")
	v.Facts = []web.SummaryRow{{Key: "About", Value: title, Href: href}, {Key: "From", Value: p.name(ctx, d.Owner)}, {Key: "To", Value: to}, {Key: "Rests on", Value: basisWords[d.Basis], Lines: []string{basisHints[d.Basis]}}, {Key: "For", Value: capital(accountweb.PurposeNames[d.Purpose])},
		{Key: "Decided by", Value: who[d.By].Name + ", " + when(d.At)}, {Key: "Why", Value: d.Why}, {Key: "The young person", Value: toldWords[d.Told], Lines: nonEmpty(d.ToldWhy)}}
	if d.Advice != "" {
		v.Facts = append(v.Facts, web.SummaryRow{Key: "Advice", Value: d.Advice})
	}
	if d.EndedAt != nil {
		v.Facts = append(v.Facts, web.SummaryRow{Key: "Ended", Value: when(*d.EndedAt) + ", " + who[d.EndedBy].Name, Lines: nonEmpty(d.EndedWhy)})
	}
	if d.ReviewedAt != nil {
		v.Facts = append(v.Facts, web.SummaryRow{Key: "Second look", Value: map[string]string{"right": "Right", "wrong": "Wrong"}[d.Verdict] + ". " + who[d.ReviewedBy].Name + ", " + when(*d.ReviewedAt), Lines: nonEmpty(d.Review)})
	} else {
		v.Facts = append(v.Facts, web.SummaryRow{Key: "Second look", Value: "By " + who[d.Reviewer].Name + ", until " + web.ShowDate(d.ReviewBy)})
	}
	if d.Shared {
		v.Parts = partsTable(d.Parts)
	}
	if d.ReviewedAt == nil && sharing.MayJudge(s, d.By, d.Owner, d.Reviewer) {
		if v.Look = look; look == nil {
			v.Look = p.lookForm(d)
		}
	}
	if live && (d.Owner == s.Agency || d.Reviewer == s.Account) {
		if v.End = end; end == nil {
			v.End = p.endForm(d)
		}
	}
	if err := p.Site.Consulted(ctx, s, web.Read{Kind: "disclosure", Subject: d.ID, Owners: []string{d.Owner}, Words: fmt.Sprintf("the decision and the names of its %d parts", len(d.Parts))}); err != nil {
		return err
	}
	v.HasErrors = status != http.StatusOK
	return web.RenderStatus(p.Site, w, r, status, disclosurePage, v)
}

func nonEmpty(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}

func (p *Singly) disclosureLead(ctx context.Context, d sharing.Disclosure, to string, live bool) string {
	switch {
	case !d.Shared:
		return p.name(ctx, d.Owner) + " decided not to share with " + to + "."
	case live:
		return fmt.Sprintf("%s can read exactly what stands below, of %s, until %s.", to, p.name(ctx, d.Owner), when(d.UntilAt-1))
	}
	return "Nothing of this can be read any more."
}

func partsTable(parts []sharing.Part) *web.Table {
	t := &web.Table{ID: "parts", Caption: "What exactly", Columns: []web.Column{{Label: "Part"}, {Label: "Data"}, {Label: "Handling"}}, Empty: "Nothing."}
	seen := map[string]bool{} // an event and the part in it are given together, and are one to read
	for _, x := range parts {
		if key := x.Label + "/" + string(x.Class); seen[key] {
			continue
		} else {
			seen[key] = true
		}
		handling := web.Cell{Text: "No condition"}
		if condition := x.Condition(); condition != "" {
			handling = web.Cell{Text: cmp.Or(x.Grade, "Not graded"), Sub: condition}
		} else if x.Grade != "" {
			handling.Sub = x.Grade
		}
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{{Text: x.Label}, {Text: capital(ClassWords[x.Class])}, handling}})
	}
	return t
}

func (p *Singly) judgeDisclosure(w http.ResponseWriter, r *http.Request) error {
	ctx, s, id := r.Context(), web.ScopeOf(r), r.PathValue("id")
	d, err := p.OneOffs.Get(ctx, p.q(), s, id)
	if err != nil {
		return err
	}
	f := p.lookForm(d)
	if err := f.Read(w, r); err != nil {
		return err
	}
	return p.acted(w, r, f, "What you think was written down.", func(tx *database.Tx) (string, error) {
		return "/disclosures/" + id, p.OneOffs.Judge(ctx, tx, s, id, f.Value("verdict"), f.Value("words"))
	}, func(status int) error { return p.showDisclosure(w, r, status, f, nil) })
}

func (p *Singly) endDisclosure(w http.ResponseWriter, r *http.Request) error {
	ctx, s, id := r.Context(), web.ScopeOf(r), r.PathValue("id")
	d, err := p.OneOffs.Get(ctx, p.q(), s, id)
	if err != nil {
		return err
	}
	f := p.endForm(d)
	if err := f.Read(w, r); err != nil {
		return err
	}
	return p.acted(w, r, f, "It has ended: nothing of it can be read any more.", func(tx *database.Tx) (string, error) {
		return "/disclosures/" + id, p.OneOffs.End(ctx, tx, s, id, f.Value("words"))
	}, func(status int) error { return p.showDisclosure(w, r, status, nil, f) })
}
