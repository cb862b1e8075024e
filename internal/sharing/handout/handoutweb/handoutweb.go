// Package handoutweb has the pages of what is handed out: the register of exports, making one, reading one that was handed to you, and asking copies
// back.
//
// Whoever reads one sees on the page, and finds on the first line of a file, who read it, when and for what, with a mark that leads back to that
// reading. Nothing is sent by mail.
package handoutweb

import (
	"bytes"
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
	"lantern.example/lantern/internal/intake/tabular"
	"lantern.example/lantern/internal/partnership"
	"lantern.example/lantern/internal/sharing"
	"lantern.example/lantern/internal/sharing/handout"
	"lantern.example/lantern/internal/web"
)

//go:embed templates
var embedded embed.FS

var files = web.Files(embedded)

// Pages are the pages of what is handed out.
type Pages struct {
	Site        *web.Site
	Handouts    *handout.Store
	Accounts    *account.Store
	Partnership *partnership.Store
}

var (
	makers  = web.Only(access.Manager, access.Analyst, access.Chair)
	keepers = web.Only(access.Manager, access.Analyst, access.Chair, access.InfoOfficer)
)

// Mount registers the pages.
func (p *Pages) Mount(rt *web.Router) {
	rt.Get("/exports", web.Members, p.list)
	rt.Get("/exports/new", makers, p.make)
	rt.Post("/exports/new", makers, p.make)
	rt.Post("/exports/trace", keepers, p.trace)
	rt.Get("/exports/{id}", web.Members, p.show)
	rt.Post("/exports/{id}/gone", web.Members, p.gone)
	rt.Get("/exports/{id}/end", keepers, p.end)
	rt.Post("/exports/{id}/end", keepers, p.end)
	rt.Get("/exports/{id}/read", web.Members, p.read)
	rt.Post("/exports/{id}/file", web.Members, p.file)
}

var (
	governance = web.Link{Text: "Governance", Href: "/governance"}
	register   = web.Link{Text: "Exports", Href: "/exports"}
)

func (p *Pages) q() database.Queryer { return p.Site.DB.Reader() }

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return web.ShowNumber(n) + " " + many
}

func (p *Pages) people(ctx context.Context) (map[string]account.Account, error) {
	all, err := p.Accounts.All(ctx, p.q())
	out := map[string]account.Account{}
	for _, a := range all {
		out[a.ID] = a
	}
	return out, err
}

func (p *Pages) tag(h handout.Handout) *web.Tag {
	switch {
	case h.Waiting > 0:
		return &web.Tag{Text: "Copies asked back", Colour: "yellow"}
	case h.Open(clock.Today(p.Site.Clock)):
		return &web.Tag{Text: "Can be read", Colour: "green"}
	}
	return &web.Tag{Text: "Over", Colour: "grey"}
}

type listView struct {
	web.Page
	Make  string
	Mine  *web.Table
	Table *web.Table
	Trace *web.Form
	Found []web.SummaryRow
}

var listPage = web.NewTemplate[listView](files, "list.html")

func (p *Pages) traceForm() *web.Form {
	return p.Site.NewForm("/exports/trace", "Find the reading", &web.Field{Name: "mark", Label: "A mark that stands on a page or file", Hint: "Four groups of four, such as ABCD-EFGH-IJKL-MNOP.", Width: "20", Max: 40, Required: "Enter the mark"})
}

func (p *Pages) view(r *http.Request) (*listView, error) {
	ctx, s := r.Context(), web.ScopeOf(r)
	all, err := p.Handouts.List(ctx, p.q(), s)
	if err != nil {
		return nil, err
	}
	who, err := p.people(ctx)
	if err != nil {
		return nil, err
	}
	v := &listView{}
	v.Title, v.Wide = "Exports", true
	head := []web.Column{{Label: "Export"}, {Label: "State"}, {Label: "For whom"}, {Label: "For what"}, {Label: "Last day"}, {Label: "Read", Numeric: true}, {Label: "Files taken", Numeric: true}}
	v.Table = &web.Table{Caption: "Register of what your agency handed out, newest first", Columns: head, Empty: "Your agency has handed nothing out.", Base: "Nothing is sent: readers read it here. There is no export for " + sharing.NeverPurposes + "."}
	v.Mine = &web.Table{Caption: "Handed to you", Columns: head, Empty: "Nothing was handed to you."}
	open, waiting := 0, 0
	for _, h := range all {
		d, _ := p.Handouts.Dataset(h.Dataset)
		to := who[h.Recipient]
		row := web.Row{Cells: []web.Cell{{Text: h.Code, Href: "/exports/" + h.ID, Sub: d.Title}, {Tag: p.tag(h)}, {Text: to.Name, Sub: p.Partnership.AgencyName(ctx, p.q(), h.RecipientAgency)}, {Text: purposeWords(h), Sub: h.Why}, {Text: web.ShowDate(h.ExpiresOn)}, {Text: web.ShowNumber(h.Readings)}, {Text: web.ShowNumber(h.TakenOut)}}}
		if h.Recipient == s.Account {
			v.Mine.Rows = append(v.Mine.Rows, row)
		}
		if h.Owner == s.Agency && keepers.Met(web.ViewerOf(r)) {
			v.Table.Rows = append(v.Table.Rows, row)
			waiting += h.Waiting
			if h.Open(clock.Today(p.Site.Clock)) {
				open++
			}
		}
	}
	if makers.Met(web.ViewerOf(r)) {
		v.Make = "/exports/new"
	}
	v.Lead = plural(len(v.Mine.Rows), "export was", "exports were") + " handed to you."
	if keepers.Met(web.ViewerOf(r)) {
		v.Crumbs, v.Trace = []web.Link{governance}, p.traceForm()
		v.Lead = finding(open, waiting)
		if len(v.Mine.Rows) == 0 {
			v.Mine = nil // the register is what they came for
		}
	} else {
		v.Table = nil
	}
	return v, nil
}

// Finding is the register's one sentence, for the governance page.
func (p *Pages) Finding(ctx context.Context, s access.Scope) (string, error) {
	all, err := p.Handouts.List(ctx, p.q(), s)
	open, waiting := 0, 0
	for _, h := range all {
		if h.Owner == s.Agency {
			waiting += h.Waiting
			if h.Open(clock.Today(p.Site.Clock)) {
				open++
			}
		}
	}
	return finding(open, waiting), err
}

func (p *Pages) list(w http.ResponseWriter, r *http.Request) error {
	v, err := p.view(r)
	if err != nil {
		return err
	}
	return web.Render(p.Site, w, r, listPage, v)
}

func (p *Pages) trace(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	v, err := p.view(r)
	if err != nil {
		return err
	}
	if err := v.Trace.Read(w, r); err != nil {
		return err
	}
	status := http.StatusOK
	if v.Trace.Valid() {
		x, err := p.Handouts.Trace(ctx, p.q(), web.ScopeOf(r), v.Trace.Value("mark"))
		switch {
		case fault.Is(err, fault.NotFound):
			v.Trace.Fail("mark", "No reading of your agency’s exports has this mark")
		case err != nil:
			return err
		default:
			who, err := p.people(ctx)
			if err != nil {
				return err
			}
			v.Lead = "This page or file was read by " + who[x.Account].Name + "."
			v.Found = []web.SummaryRow{{Key: "Read by", Value: who[x.Account].Name}, {Key: "Agency", Value: p.Partnership.AgencyName(ctx, p.q(), who[x.Account].Agency)}, {Key: "When", Value: clock.FromMicros(x.At).In(clock.London()).Format("2 January 2006 15:04")}, {Key: "How", Value: howWords[x.How]}, {Key: "Export", Value: "Open it", Href: "/exports/" + x.Handout}}
		}
	}
	if !v.Trace.Valid() {
		v.HasErrors, status = true, http.StatusUnprocessableEntity
	}
	return web.RenderStatus(p.Site, w, r, status, listPage, v)
}

var howWords = map[string]string{"page": "On the page", "csv": "As a CSV file", "xlsx": "As a workbook"}

type formView struct {
	web.Page
	Form *web.Form
}

var formPage = web.NewTemplate[formView](files, "form.html")

// make hands something out. It is a sensitive act: who does it is proved anew.
// finding is the register in a sentence.
func finding(open, waiting int) string {
	words := plural(open, "export", "exports") + " of your agency can be read today"
	if waiting == 0 {
		return words + "; no copy is asked back."
	}
	return words + "; " + plural(waiting, "copy is", "copies are") + " asked back and not acknowledged."
}

func purposeWords(h handout.Handout) string {
	words := accountweb.PurposeNames[h.Purpose]
	if words == "" {
		return ""
	}
	return strings.ToUpper(words[:1]) + words[1:]
}

func (p *Pages) make(w http.ResponseWriter, r *http.Request) error {
	if err := p.Site.Recent(r); err != nil {
		return err
	}
	ctx, s := r.Context(), web.ScopeOf(r)
	all, err := p.Accounts.All(ctx, p.q())
	if err != nil {
		return err
	}
	var to []web.Option
	for _, a := range all {
		if !a.Disabled && a.ID != s.Account && len(handout.Purposes(s, a)) > 0 {
			to = append(to, web.Option{Value: a.ID, Label: a.Name + ", " + accountweb.RoleNames[a.Role] + ", " + p.Partnership.AgencyName(ctx, p.q(), a.Agency)})
		}
	}
	slices.SortFunc(to, func(a, b web.Option) int { return cmp.Compare(a.Label, b.Label) })
	to = append([]web.Option{{Value: "", Label: "Choose one reader"}}, to...)
	var sets, fields, purposes []web.Option
	for _, d := range p.Handouts.Datasets {
		sets = append(sets, web.Option{Value: d.Code, Label: d.Title})
		for _, f := range d.Fields {
			fields = append(fields, web.Option{Value: d.Code + "." + f.Code, Label: d.Title + ": " + f.Label})
		}
	}
	for _, x := range sharing.Purposes {
		if slices.Contains(account.Purposes(s.Role), x) {
			words := accountweb.PurposeNames[x]
			purposes = append(purposes, web.Option{Value: string(x), Label: strings.ToUpper(words[:1]) + words[1:]})
		}
	}
	f := p.Site.NewForm("/exports/new", "Hand it out",
		&web.Field{Name: "dataset", Label: "What", Kind: web.Radios, Required: "Choose what is handed out", Options: sets},
		&web.Field{Name: "fields", Label: "Which fields", Hint: "The fewest that will do.", Kind: web.Checkboxes, Required: "Choose which fields", Options: fields},
		&web.Field{Name: "purpose", Label: "For what purpose", Hint: "There is none for " + sharing.NeverPurposes + ".", Kind: web.Radios, Required: "Choose the purpose", Options: purposes},
		&web.Field{Name: "recipient", Label: "For whom", Hint: "One named reader, who reads it here. Nothing is sent.", Kind: web.Select, Required: "Choose one reader", Options: to},
		&web.Field{Name: "why", Label: "What it is for", Kind: web.TextArea, Rows: 3, Max: 1000, Required: "Write what it is for"},
		&web.Field{Name: "until", Label: "Last day", Hint: "At most 90 days from now. From the day after, it cannot be read.", Kind: web.DateInput, Required: "Enter the last day"},
		&web.Field{Name: "files", Label: "May they take a file?", Kind: web.Radios, Required: "Choose an answer", Options: []web.Option{{Value: "no", Label: "No, they read it here"}, {Value: "yes", Label: "Yes, as a workbook or CSV file", Hint: "Each file says who took it. It is asked back when the export ends or a record in it changes."}}})
	f.Cancel, f.Readers = "/exports", readers("the one reader you choose")
	v := &formView{Form: f}
	v.Title, v.Crumbs = "Hand something out", []web.Link{governance, register}
	v.Lead = "They read what your agency holds, as far as they may read it themselves: an export opens nothing that an agreement does not."
	if r.Method == http.MethodGet {
		return web.Render(p.Site, w, r, formPage, v)
	}
	if err := f.Read(w, r); err != nil {
		return err
	}
	if f.Valid() {
		in := handout.New{Dataset: f.Value("dataset"), Recipient: f.Value("recipient"), Why: f.Value("why"), ExpiresOn: f.Value("until"), Purpose: access.Purpose(f.Value("purpose")), Files: f.Value("files") == "yes"}
		for _, x := range f.Field("fields").Values {
			if set, field, _ := strings.Cut(x, "."); set == in.Dataset {
				in.Fields = append(in.Fields, field)
			}
		}
		err := p.Site.Act(w, r, "It was handed out. Tell them that it is there: the address is on this page.", func(tx *database.Tx) (string, error) {
			h, err := p.Handouts.Make(ctx, tx, s, in)
			return "/exports/" + h.ID, err
		})
		if !fault.Is(err, fault.Invalid) && !fault.Is(err, fault.Refused) && !fault.Is(err, fault.Conflict) {
			return err
		}
		f.Problem, _ = fault.Words(err)
	}
	v.HasErrors = true
	return web.RenderStatus(p.Site, w, r, http.StatusUnprocessableEntity, formPage, v)
}

type showView struct {
	web.Page
	Tag      *web.Tag
	Facts    []web.SummaryRow
	Read     string
	End      string
	Readings *web.Table
	Recalls  *web.Table
	Gone     *web.Form
}

var showPage = web.NewTemplate[showView](files, "show.html")

func fieldWords(d handout.Dataset, codes []string) string {
	var out []string
	for _, f := range d.Fields {
		if slices.Contains(codes, f.Code) {
			out = append(out, f.Label)
		}
	}
	return strings.Join(out, ", ")
}

func (p *Pages) show(w http.ResponseWriter, r *http.Request) error {
	v, err := p.showing(r)
	if err != nil {
		return err
	}
	return web.Render(p.Site, w, r, showPage, v)
}

func (p *Pages) showing(r *http.Request) (*showView, error) {
	ctx, s := r.Context(), web.ScopeOf(r)
	h, err := p.Handouts.Get(ctx, p.q(), s, r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	who, err := p.people(ctx)
	if err != nil {
		return nil, err
	}
	d, _ := p.Handouts.Dataset(h.Dataset)
	v := &showView{Tag: p.tag(h)}
	v.Title, v.Crumbs = h.Code+": "+d.Title, []web.Link{register}
	to := who[h.Recipient]
	v.Lead = fmt.Sprintf("%s of %s may read it until %s, for %s.", to.Name, p.Partnership.AgencyName(ctx, p.q(), h.RecipientAgency), web.ShowDate(h.ExpiresOn), accountweb.PurposeNames[h.Purpose])
	open := h.Open(clock.Today(p.Site.Clock))
	if !open {
		v.Lead = "Nobody can read it any more."
	}
	v.Facts = []web.SummaryRow{{Key: "Handed out by", Value: who[h.By].Name + ", " + p.Partnership.AgencyName(ctx, p.q(), h.Owner)}, {Key: "On", Value: web.ShowDate(clock.FromMicros(h.At).In(clock.London()))}, {Key: "What it is for", Value: h.Why}, {Key: "Purpose", Value: purposeWords(h)}, {Key: "Fields", Value: fieldWords(d, h.Fields)},
		{Key: "Files", Value: map[bool]string{true: "May be taken, with a mark", false: "None: it is read here"}[h.Files]}, {Key: "Last day", Value: web.ShowDate(h.ExpiresOn)}}
	if h.EndedAt != nil {
		v.Facts = append(v.Facts, web.SummaryRow{Key: "Ended", Value: web.ShowDate(clock.FromMicros(*h.EndedAt).In(clock.London())) + " by " + who[h.EndedBy].Name + ": " + h.EndedWhy})
	}
	if open && h.Recipient == s.Account {
		v.Read = "/exports/" + h.ID + "/read"
	}
	if h.EndedAt == nil && h.Owner == s.Agency && keepers.Met(web.ViewerOf(r)) {
		v.End = "/exports/" + h.ID + "/end"
	}
	readings, err := p.Handouts.Readings(ctx, p.q(), s, h.ID)
	if err != nil {
		return nil, err
	}
	v.Readings = &web.Table{Caption: "Who read it", Empty: "It has not been read yet.", Columns: []web.Column{{Label: "When"}, {Label: "Who"}, {Label: "How"}, {Label: "Mark"}, {Label: "Rows", Numeric: true}}}
	for _, x := range readings {
		v.Readings.Rows = append(v.Readings.Rows, web.Row{Cells: []web.Cell{{Text: clock.FromMicros(x.At).In(clock.London()).Format("2 January 2006 15:04")}, {Text: who[x.Account].Name}, {Text: howWords[x.How]}, {Text: x.Mark}, {Text: web.ShowNumber(x.Rows)}}})
	}
	recalls, err := p.Handouts.Recalls(ctx, p.q(), s, h.ID)
	if err != nil {
		return nil, err
	}
	if len(recalls) > 0 {
		v.Recalls = &web.Table{Caption: "Copies asked back", Columns: []web.Column{{Label: "Asked"}, {Label: "Why"}, {Label: "Acknowledged"}}}
		for _, x := range recalls {
			done := web.Cell{Tag: &web.Tag{Text: "Waits", Colour: "yellow"}}
			if x.Done != nil {
				done = web.Cell{Text: x.Words, Sub: web.ShowDate(clock.FromMicros(*x.Done).In(clock.London()))}
			} else if x.Action == "" {
				done.Sub = "Their account is closed: telephone them"
			}
			v.Recalls.Rows = append(v.Recalls.Rows, web.Row{Cells: []web.Cell{{Text: web.ShowDate(clock.FromMicros(x.At).In(clock.London()))}, {Text: recallWords[x.Why]}, done}})
		}
	}
	if h.Waiting > 0 && h.Recipient == s.Account {
		v.Gone = p.Site.NewForm("/exports/"+h.ID+"/gone", "My copies are gone", &web.Field{Name: "words", Label: "What you did with your copies", Kind: web.TextArea, Rows: 2, Max: 1000, Required: "Write what you did with your copies"})
		v.Gone.Readers = readers("you")
	}
	return v, nil
}

var recallWords = map[string]string{"ended": "The export was ended", "expired": "Its last day is over", "removed": "A record in them was removed", "corrected": "A record in them was put right"}

func (p *Pages) gone(w http.ResponseWriter, r *http.Request) error {
	v, err := p.showing(r)
	if err != nil {
		return err
	}
	if v.Gone == nil {
		return fault.New(fault.Refused, "Nothing is asked back of you here.")
	}
	if err := v.Gone.Read(w, r); err != nil {
		return err
	}
	if v.Gone.Valid() {
		return p.Site.Act(w, r, "It is kept that your copies are gone.", func(tx *database.Tx) (string, error) {
			return "/exports/" + r.PathValue("id"), p.Handouts.Acknowledge(r.Context(), tx, web.ScopeOf(r), r.PathValue("id"), v.Gone.Value("words"))
		})
	}
	v.HasErrors = true
	return web.RenderStatus(p.Site, w, r, http.StatusUnprocessableEntity, showPage, v)
}

// readers is who reads what is written of an export: those who keep the register at the agency it comes from, and its one reader.
func readers(reader string) *web.Readers {
	return &web.Readers{By: "those who keep the register of exports at the agency it comes from (managers, analysts, panel chairs and information officers); " + reader + ". Name nobody.", NotBy: "anybody else."}
}

func (p *Pages) end(w http.ResponseWriter, r *http.Request) error {
	ctx, s := r.Context(), web.ScopeOf(r)
	h, err := p.Handouts.Get(ctx, p.q(), s, r.PathValue("id"))
	if err != nil {
		return err
	}
	if h.Owner != s.Agency {
		return fault.NoSuch()
	}
	f := p.Site.NewForm("/exports/"+h.ID+"/end", "End it", &web.Field{Name: "why", Label: "Why it ends", Kind: web.TextArea, Rows: 3, Max: 1000, Required: "Write why it ends"})
	f.Cancel, f.Readers = "/exports/"+h.ID, readers("the one reader it was for")
	v := &formView{Form: f}
	v.Title, v.Lead, v.Crumbs = "End "+h.Code, "From now on nobody can read it. Files that were taken out are asked back.", []web.Link{register}
	if r.Method == http.MethodGet {
		return web.Render(p.Site, w, r, formPage, v)
	}
	if err := f.Read(w, r); err != nil {
		return err
	}
	if f.Valid() {
		err := p.Site.Act(w, r, "It has ended.", func(tx *database.Tx) (string, error) {
			return "/exports/" + h.ID, p.Handouts.End(ctx, tx, s, h.ID, f.Value("why"))
		})
		if !fault.Is(err, fault.Refused) {
			return err
		}
		f.Problem, _ = fault.Words(err)
	}
	v.HasErrors = true
	return web.RenderStatus(p.Site, w, r, http.StatusUnprocessableEntity, formPage, v)
}

type readView struct {
	web.Page
	Mark  string
	Table *web.Table
	Files []*web.Form
}

var readPage = web.NewTemplate[readView](files, "read.html")

// marked is the line that stands on every page and file: who read it, when and for what, and the mark that leads back.
func (p *Pages) marked(r *http.Request, h handout.Handout, x handout.Reading) string {
	v := web.ViewerOf(r)
	return fmt.Sprintf("%s, read by %s of %s on %s for %s. Mark %s. For this reader alone, until %s: do not pass it on.", h.Code, v.Name, v.AgencyName, clock.FromMicros(x.At).In(clock.London()).Format("2 January 2006 15:04"), v.PurposeName, x.Mark, web.ShowDate(h.ExpiresOn))
}

// header are the labels of the export's fields, in the order of its cells.
func header(d handout.Dataset, codes []string) []string {
	out := make([]string, len(codes))
	for i, c := range codes {
		for _, f := range d.Fields {
			if f.Code == c {
				out[i] = f.Label
			}
		}
	}
	return out
}

func (p *Pages) read(w http.ResponseWriter, r *http.Request) error {
	h, x, rows, err := p.Handouts.Read(r.Context(), web.ScopeOf(r), r.PathValue("id"), "page")
	if err != nil {
		return err
	}
	d, _ := p.Handouts.Dataset(h.Dataset)
	v := &readView{Mark: p.marked(r, h, x), Table: &web.Table{Caption: d.Title, Empty: "There is nothing in it that you may read today.", Base: "As it stands today, and as far as you may read it."}}
	v.Title, v.Crumbs, v.Wide = h.Code+": "+d.Title, []web.Link{register, {Text: h.Code, Href: "/exports/" + h.ID}}, true
	v.Lead = plural(len(rows), "row", "rows") + ", as they stand today."
	for _, c := range header(d, h.Fields) {
		v.Table.Columns = append(v.Table.Columns, web.Column{Label: c})
	}
	for _, row := range rows {
		cells := make([]web.Cell, len(row.Cells))
		for i, c := range row.Cells {
			cells[i] = web.Cell{Text: c}
		}
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: cells})
	}
	if h.Files {
		for _, k := range []struct{ how, words string }{{"xlsx", "Take a workbook"}, {"csv", "Take a CSV file"}} {
			v.Files = append(v.Files, p.Site.NewForm("/exports/"+h.ID+"/file", k.words, &web.Field{Name: "how", Kind: web.Hidden, Value: k.how}))
		}
	}
	return web.Render(p.Site, w, r, readPage, v) // Read has committed the reading and its line
}

// file gives the reader a file. It is a sensitive act: who does it is proved anew.
func (p *Pages) file(w http.ResponseWriter, r *http.Request) error {
	if err := p.Site.Recent(r); err != nil {
		return err
	}
	f := p.Site.NewForm("", "", &web.Field{Name: "how", Kind: web.Hidden})
	if err := f.Read(w, r); err != nil {
		return err
	}
	how := f.Value("how")
	if how != "csv" && how != "xlsx" {
		return fault.NoSuch()
	}
	h, x, rows, err := p.Handouts.Read(r.Context(), web.ScopeOf(r), r.PathValue("id"), how)
	if err != nil {
		return err
	}
	d, _ := p.Handouts.Dataset(h.Dataset)
	// The line with the mark is the first of the file: whoever opens it reads that first.
	var out [][]any
	labels := header(d, h.Fields)
	out = append(out, anys(labels))
	for _, row := range rows {
		out = append(out, anys(row.Cells))
	}
	var b bytes.Buffer
	at := clock.FromMicros(x.At)
	mediaType := "text/csv; charset=utf-8"
	if how == "csv" {
		err = tabular.WriteCSV(&b, []string{p.marked(r, h, x)}, tabular.Rows(out), true)
	} else {
		mediaType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
		err = tabular.WriteXLSX(&b, at, []tabular.OutSheet{{Name: h.Code, Header: []string{p.marked(r, h, x)}, Rows: tabular.Rows(out)}})
	}
	if err != nil {
		return err
	}
	web.Download(w, h.Code+"-"+x.Mark+"."+how, mediaType, at, b.Bytes())
	return nil
}

func anys(in []string) []any {
	out := make([]any, len(in))
	for i, s := range in {
		out[i] = s
	}
	return out
}
