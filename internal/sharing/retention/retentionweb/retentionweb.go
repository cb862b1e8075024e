// Package retentionweb has the pages on which an agency decides what it keeps: the queue of what is due to go, one group of it, the rules, and the
// certificates of what was removed.
//
// They show kinds, counts and days. Whoever decides here need not be able to read a record, and sees nothing of one.
package retentionweb

import (
	"cmp"
	"context"
	"embed"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/account"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/content"
	"lantern.example/lantern/internal/content/contentweb"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/sharing/retention"
	"lantern.example/lantern/internal/web"
	"lantern.example/lantern/internal/work"
)

//go:embed templates
var embedded embed.FS

var files = web.Files(embedded)

// Pages are the pages about retention.
type Pages struct {
	Site      *web.Site
	Retention *retention.Store
	Accounts  *account.Store
	Content   *content.Store
	Kind      *contentweb.Kind
	// Href is where a record opens for a reader, "" when it does not.
	Href func(ctx context.Context, s access.Scope, kind, id string) string
}

var deciders = web.Only(access.Manager, access.InfoOfficer)

// Mount registers the pages.
func (p *Pages) Mount(rt *web.Router) {
	rt.Get("/retention", deciders, p.queue)
	rt.Get("/retention/due/{table}/{class}/{load}", deciders, p.group)
	rt.Post("/retention/due/{table}/{class}/{load}", deciders, p.group)
	rt.Get("/retention/due/{table}/{class}/{load}/go", deciders, p.letGo)
	rt.Post("/retention/due/{table}/{class}/{load}/go", deciders, p.letGo)
	rt.Get("/retention/rules", web.Members, p.rules)
	rt.Get("/retention/certificates/{id}", deciders, p.certificate)
}

var (
	governance = web.Link{Text: "Governance", Href: "/governance"}
	top        = web.Link{Text: "Retention", Href: "/retention"}
)

func (p *Pages) q() database.Queryer { return p.Site.DB.Reader() }

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return web.ShowNumber(n) + " " + many
}

func (p *Pages) names(ctx context.Context) (map[string]string, error) {
	all, err := p.Accounts.All(ctx, p.q())
	out := map[string]string{}
	for _, a := range all {
		out[a.ID] = a.Name
	}
	return out, err
}

func who(names map[string]string, id string) string {
	if strings.HasPrefix(id, "system:") {
		return "Lantern"
	}
	return cmp.Or(names[id], "Somebody who has no account any more")
}

// typedIn stands in an address for what came with no file.
const typedIn = "-"

func href(g retention.Group) string {
	return "/retention/due/" + g.Holding.Table + "/" + url.PathEscape(g.Class) + "/" + cmp.Or(g.Load, typedIn)
}

func what(g retention.Group) string {
	if g.Rows == 1 {
		return "1 " + g.Holding.One
	}
	return web.ShowNumber(g.Rows) + " " + g.Holding.Many
}

func removal(g retention.Group) string {
	switch {
	case g.Holding.Kept != "":
		return "Not removed: " + g.Holding.Kept
	case !g.HasRule:
		return "Not removed: there is no rule for it yet"
	case g.Rule.Hold != "":
		return "Not removed for now: " + g.Rule.Hold
	}
	return "From " + web.ShowDate(g.RemovedOn) + ", unless somebody says why it stays"
}

// Finding is the queue's one sentence, for the governance page.
func (p *Pages) Finding(ctx context.Context, s access.Scope) (string, error) {
	if !retention.MayDecide(s) {
		return "", nil
	}
	list, err := p.Retention.Queue(ctx, p.q(), s)
	return finding(list), err
}

func finding(list []retention.Group) string {
	rows, next := 0, ""
	for _, g := range list {
		rows += g.Rows
		if g.RemovedOn != "" && (next == "" || g.RemovedOn < next) {
			next = g.RemovedOn
		}
	}
	switch {
	case rows == 0:
		return "Nothing that your agency holds is due to go in the next four weeks."
	case next == "":
		return plural(rows, "record of your agency is", "records of your agency are") + " due for a look; nothing of it is removed by itself."
	}
	return plural(rows, "record of your agency is", "records of your agency are") + " due to go; the first go on " + web.ShowDate(next) + " unless somebody says why they stay."
}

type queueView struct {
	web.Page
	Table        *web.Table
	Stays        *web.Table
	Certificates *web.Table
	Rules        string
}

var queuePage = web.NewTemplate[queueView](files, "queue.html")

const shown = 50

func (p *Pages) queue(w http.ResponseWriter, r *http.Request) error {
	ctx, s := r.Context(), web.ScopeOf(r)
	list, err := p.Retention.Queue(ctx, p.q(), s)
	if err != nil {
		return err
	}
	names, err := p.names(ctx)
	if err != nil {
		return err
	}
	v := &queueView{Rules: "/retention/rules"}
	v.Title, v.Lead, v.Crumbs, v.Wide = "Retention", finding(list), []web.Link{governance}, true
	v.Table = &web.Table{Caption: "Due to go, soonest first", Empty: "Nothing is due in the next four weeks.", Base: "Counted today, of your own agency’s records. What somebody has an open request about is not removed before it is answered.",
		Columns: []web.Column{{Label: "What"}, {Label: "Where it came from"}, {Label: "Day"}, {Label: "What happens"}}}
	day := clock.Today(p.Site.Clock)
	for _, g := range list {
		from := "Typed in"
		if g.Load != "" {
			from = g.File
		}
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{{Text: what(g), Href: href(g), Sub: cmp.Or(g.Rule.Wording, g.Class)}, {Text: from}, {Text: web.ShowDate(g.First), Sub: work.DueWords(g.First, day)}, {Text: removal(g)}}})
	}
	stays, err := p.Retention.Stays(ctx, p.q(), s, shown)
	if err != nil {
		return err
	}
	if len(stays) > 0 {
		v.Stays = &web.Table{Caption: "What stays, and why", Columns: []web.Column{{Label: "What"}, {Label: "Until"}, {Label: "Why"}, {Label: "Said by"}}}
		for _, x := range stays {
			v.Stays.Rows = append(v.Stays.Rows, web.Row{Cells: []web.Cell{{Text: fmt.Sprintf("%s: %s", strings.ReplaceAll(x.Holding, "_", " "), plural(int(x.Rows), "row", "rows")), Sub: x.Class}, {Text: web.ShowDate(x.Until)}, {Text: x.Why}, {Text: who(names, x.By), Sub: web.ShowDate(clock.FromMicros(x.At).In(clock.London()))}}})
		}
	}
	certificates, err := p.Retention.Certificates(ctx, p.q(), s, shown)
	if err != nil {
		return err
	}
	if len(certificates) > 0 {
		v.Certificates = &web.Table{Caption: "What was removed", Columns: []web.Column{{Label: "Certificate"}, {Label: "What"}, {Label: "By"}}}
		for _, c := range certificates {
			v.Certificates.Rows = append(v.Certificates.Rows, web.Row{Cells: []web.Cell{{Text: web.ShowDate(clock.FromMicros(c.EndedAt).In(clock.London())), Hidden: c.Class, Href: "/retention/certificates/" + c.ID, Sub: c.Class}, {Text: countWords(c.Counts)}, {Text: who(names, c.By)}}})
		}
	}
	return web.Render(p.Site, w, r, queuePage, v)
}

func countWords(c retention.Counts) string {
	keys := make([]string, 0, len(c))
	for k := range c {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b string) int { return cmp.Or(cmp.Compare(c[b], c[a]), cmp.Compare(a, b)) })
	out := make([]string, len(keys))
	for i, k := range keys {
		out[i] = web.ShowNumber(int(c[k])) + " " + k
	}
	return strings.Join(out, ", ")
}

type groupView struct {
	web.Page
	Facts []web.SummaryRow
	Items *web.Table
	Form  *web.Form
	Go    string
	Rule  string
}

var groupPage = web.NewTemplate[groupView](files, "group.html")

// find is the group that the address names, as the queue has it today.
func (p *Pages) find(r *http.Request) (retention.Group, error) {
	load := r.PathValue("load")
	if load == typedIn {
		load = ""
	}
	list, err := p.Retention.Queue(r.Context(), p.q(), web.ScopeOf(r))
	if err != nil {
		return retention.Group{}, err
	}
	for _, g := range list {
		if g.Holding.Table == r.PathValue("table") && g.Class == r.PathValue("class") && g.Load == load {
			return g, nil
		}
	}
	return retention.Group{}, fault.NoSuch()
}

// readers stands on what is decided here: the reason is kept with the decision, and on the certificate of what went.
var readers = &web.Readers{By: "the managers and information officers of your agency. Name nobody: the reason stays when the records are gone.", NotBy: "any other agency; the people it is about, until they ask."}

func (p *Pages) group(w http.ResponseWriter, r *http.Request) error {
	ctx, s := r.Context(), web.ScopeOf(r)
	g, err := p.find(r)
	if err != nil {
		return err
	}
	at := href(g)
	v := &groupView{}
	v.Title, v.Crumbs = "Due to go: "+what(g), []web.Link{governance, top}
	v.Lead = removal(g) + "."
	v.Facts = []web.SummaryRow{{Key: "What it is", Value: cmp.Or(g.Rule.Wording, g.Class)}, {Key: "Day", Value: web.ShowDate(g.First)}}
	if g.Load != "" {
		v.Facts = append(v.Facts, web.SummaryRow{Key: "Where it came from", Value: g.File, Href: "/loads/" + g.Load})
	}
	if g.HasRule {
		v.Facts = append(v.Facts, web.SummaryRow{Key: "The rule", Value: g.Rule.Words(), Source: g.Rule.Source})
	} else {
		v.Rule = p.Kind.New(web.ViewerOf(r))
	}
	fields := []*web.Field{{Name: "why", Label: "Why it stays", Hint: "What it is still needed for. Somebody else than whoever wrote it or brought it in must say so.", Kind: web.TextArea, Rows: 3, Max: 2000, Required: "Write why it stays"},
		{Name: "until", Label: "Looked at again on", Kind: web.DateInput, Required: "Enter the day on which it is looked at again"}}
	if g.Load == "" {
		items, err := p.Retention.Items(ctx, p.q(), s, g.Holding.Table, g.Class, shown)
		if err != nil {
			return err
		}
		names, err := p.names(ctx)
		if err != nil {
			return err
		}
		choose := &web.Field{Name: "item", Label: "Which of them", Kind: web.Select, Options: []web.Option{{Value: "", Label: "All of them"}}}
		v.Items = &web.Table{Caption: "Which they are", Columns: []web.Column{{Label: "Record"}, {Label: "Day"}, {Label: "Written last by"}}}
		for i, x := range items {
			label := g.Holding.One + " " + strconv.Itoa(i+1)
			v.Items.Rows = append(v.Items.Rows, web.Row{Cells: []web.Cell{{Text: label, Href: p.Href(ctx, s, g.Holding.Table, x.ID)}, {Text: web.ShowDate(x.ReviewOn)}, {Text: who(names, x.Editor)}}})
			choose.Options = append(choose.Options, web.Option{Value: x.ID, Label: label})
		}
		if len(items) > 1 {
			fields = append([]*web.Field{choose}, fields...)
		}
	}
	v.Form = p.Site.NewForm(at, "Keep it", fields...)
	v.Form.Cancel, v.Form.Readers = "/retention", readers
	if g.HasRule && g.Holding.Kept == "" && g.Rule.Hold == "" {
		v.Go = at + "/go"
	}
	if r.Method == http.MethodGet {
		return web.Render(p.Site, w, r, groupPage, v)
	}
	if err := v.Form.Read(w, r); err != nil {
		return err
	}
	if v.Form.Valid() {
		item := ""
		if fields[0].Name == "item" {
			item = v.Form.Value("item")
		}
		err := p.Site.Act(w, r, "It stays, and why is kept.", func(tx *database.Tx) (string, error) {
			_, err := p.Retention.Stay(ctx, tx, s, g.Holding.Table, g.Class, g.Load, item, v.Form.Value("why"), v.Form.Value("until"))
			return "/retention", err
		})
		if !fault.Is(err, fault.Invalid) && !fault.Is(err, fault.Refused) {
			return err
		}
		v.Form.Problem, _ = fault.Words(err)
	}
	v.HasErrors = true
	return web.RenderStatus(p.Site, w, r, http.StatusUnprocessableEntity, groupPage, v)
}

type goView struct {
	web.Page
	Form *web.Form
}

var goPage = web.NewTemplate[goView](files, "go.html")

// letGo removes a group now. It cannot be undone, so who is asking is proved anew.
func (p *Pages) letGo(w http.ResponseWriter, r *http.Request) error {
	if err := p.Site.Recent(r); err != nil {
		return err
	}
	ctx, s := r.Context(), web.ScopeOf(r)
	g, err := p.find(r)
	if err != nil {
		return err
	}
	at := href(g)
	f := p.Site.NewForm(at+"/go", "Remove it for good", &web.Field{Name: "why", Label: "Why it goes now", Kind: web.TextArea, Rows: 3, Max: 2000, Required: "Write why it goes now"},
		&web.Field{Name: "sure", Label: "It cannot be brought back", Kind: web.Checkboxes, Required: "Say that you know", Options: []web.Option{{Value: "yes", Label: "I know that " + what(g) + " and all that hangs on it will be gone"}}})
	f.Cancel, f.Readers = at, readers
	v := &goView{Form: f}
	v.Title, v.Crumbs = "Remove now: "+what(g), []web.Link{governance, top}
	v.Lead = "With it go the search rows, the links, drafts about it and the partner’s original file that it stands in. A certificate says what and how many. Backups keep it until they are deleted."
	if r.Method == http.MethodGet {
		return web.Render(p.Site, w, r, goPage, v)
	}
	if err := f.Read(w, r); err != nil {
		return err
	}
	if f.Valid() {
		done, err := p.Retention.LetGo(ctx, s, g.Holding.Table, g.Class, g.Load, f.Value("why"))
		if err == nil {
			p.Site.Say(w, "It was removed. This is the certificate.")
			http.Redirect(w, r, "/retention/certificates/"+done[0].ID, http.StatusSeeOther)
			return nil
		}
		if !fault.Is(err, fault.Invalid) && !fault.Is(err, fault.Refused) {
			return err
		}
		f.Problem, _ = fault.Words(err)
	}
	v.HasErrors = true
	return web.RenderStatus(p.Site, w, r, http.StatusUnprocessableEntity, goPage, v)
}

type certificateView struct {
	web.Page
	Facts  []web.SummaryRow
	Counts *web.Table
}

var certificatePage = web.NewTemplate[certificateView](files, "certificate.html")

func (p *Pages) certificate(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	c, err := p.Retention.Certificate(ctx, p.q(), web.ScopeOf(r), r.PathValue("id"))
	if err != nil {
		return err
	}
	names, err := p.names(ctx)
	if err != nil {
		return err
	}
	v := &certificateView{}
	ended := clock.FromMicros(c.EndedAt).In(clock.London())
	v.Title, v.Crumbs = "Certificate of removal", []web.Link{governance, top}
	v.Lead = "Removed for good on " + web.ShowDate(ended) + ". This page holds nothing about anybody, and is kept."
	v.Facts = []web.SummaryRow{{Key: "Number", Value: c.ID}, {Key: "Agency", Value: c.Owner}, {Key: "Rule", Value: c.Rule}, {Key: "Why", Value: c.Why}, {Key: "Removed by", Value: who(names, c.By)},
		{Key: "When", Value: clock.FromMicros(c.BegunAt).In(clock.London()).Format("2 January 2006 15:04") + " to " + ended.Format("15:04")}}
	v.Counts = &web.Table{Caption: "What, and how many", Columns: []web.Column{{Label: "Kind"}, {Label: "Number", Numeric: true}}, Base: "The audit log’s line of it names this certificate. Backups made before keep a copy until they are deleted.", Grid: true}
	for _, part := range strings.Split(countWords(c.Counts), ", ") {
		n, kind, _ := strings.Cut(part, " ")
		v.Counts.Rows = append(v.Counts.Rows, web.Row{Cells: []web.Cell{{Text: kind}, {Text: n}}})
	}
	return web.Render(p.Site, w, r, certificatePage, v)
}

// ---- the rules ----

type rulesView struct {
	web.Page
	New   string
	Table *web.Table
}

var rulesPage = web.NewTemplate[rulesView](files, "rules.html")

func (p *Pages) rules(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	list, err := p.Content.List(ctx, p.q(), web.ScopeOf(r), retention.RuleKind)
	if err != nil {
		return err
	}
	v := &rulesView{New: p.Kind.New(web.ViewerOf(r)), Table: &web.Table{Caption: "How long what is kept", Empty: "There are no rules yet, so nothing is removed.", Columns: []web.Column{{Label: "What"}, {Label: "For how long"}, {Label: "What it rests on"}}}}
	v.Title, v.Crumbs, v.Wide = "Retention rules", []web.Link{governance, top}, true
	held := 0
	for _, x := range list {
		rule := retention.ParseRule(x)
		length := fmt.Sprintf("%s from %s", plural(rule.Months, "month", "months"), startWords(rule.Start))
		if rule.Start == retention.Set {
			length = "The day is " + startWords(rule.Start)
		}
		cell := web.Cell{Text: length, Sub: fmt.Sprintf("Then %s of grace", plural(rule.Grace, "day", "days"))}
		if rule.Hold != "" {
			held++
			cell.Tag = &web.Tag{Text: "Held back", Colour: "purple"}
			cell.Sub = rule.Hold
		}
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{{Text: rule.Wording, Href: "/retention/rules/" + x.Code + "/versions", Sub: rule.Class}, cell, {Text: rule.Source}}})
	}
	v.Lead = fmt.Sprintf("%s say how long what is kept, from when, and on what that rests.", plural(len(list), "rule", "rules"))
	if held > 0 {
		v.Lead += fmt.Sprintf(" Under %d of them nothing is removed for now.", held)
	}
	return web.Render(p.Site, w, r, rulesPage, v)
}

func startWords(s retention.Start) string {
	for _, x := range retention.Starts {
		if x.Code == s {
			return x.Words
		}
	}
	return string(s)
}

// RuleFields are the questions of a rule's form.
func RuleFields(context.Context) ([]*web.Field, error) {
	var starts []web.Option
	for _, s := range retention.Starts {
		starts = append(starts, web.Option{Value: string(s.Code), Label: s.Words})
	}
	return []*web.Field{
		{Name: "class", Label: "Class", Hint: "As it stands on the records: the queue shows it. It ties the rule to them.", Required: "Enter the class", Max: 100},
		{Name: "months", Label: "For how many months", Width: "4", Required: "Enter the months", Max: 4},
		{Name: "start", Label: "From when", Kind: web.Radios, Required: "Choose from when", Options: starts},
		{Name: "grace", Label: "Days of grace after that", Hint: "In which somebody can say why it stays.", Width: "4", Required: "Enter the days of grace", Max: 3},
		{Name: "source", Label: "What it rests on", Hint: "The law, code or policy, as you would cite it.", Required: "Say what it rests on", Max: 500},
		{Name: "hold", Label: "Nothing is removed for now, because", Hint: "Only for an inquiry or a court: then nothing of the class is removed until this is empty again.", Max: 500},
	}, nil
}

// CheckRule says what is wrong with a rule beyond each answer's own form.
func CheckRule(f *web.Form) {
	number := func(name string, low, high int) {
		if n, err := strconv.Atoi(f.Value(name)); err != nil || n < low || n > high {
			f.Fail(name, fmt.Sprintf("Enter a whole number from %d to %s", low, web.ShowNumber(high)))
		}
	}
	number("months", 1, 1200)
	number("grace", 7, 365)
}
