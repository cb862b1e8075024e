package intakeweb

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/intake"
	"lantern.example/lantern/internal/intake/profile"
	"lantern.example/lantern/internal/web"
)

// The mapping wizard: which format, what each column holds, what that makes of the first rows.

const (
	maxColumns = 300 // more are not shown, and not read
	fixedPairs = 3
)

func (p *Pages) newFormat(u intake.Upload, in intake.Inspection) *web.Form {
	kind := &web.Field{Name: "profile", Label: "What does each row tell of?", Kind: web.Radios, Required: "Choose what each row tells of"}
	for _, x := range profile.All() {
		title, _, _ := strings.Cut(x.Title, ":")
		kind.Options = append(kind.Options, web.Option{Value: x.Name, Label: title, Hint: sentence(x.How)})
	}
	f := p.Site.NewForm(at(u.ID, "format"), "Continue")
	f.Cancel = at(u.ID, "what")
	if len(in.Tables) > 1 {
		sheet := &web.Field{Name: "sheet", Label: "Which sheet is it about?", Hint: "Other sheets are read only if they have the same columns.", Kind: web.Select}
		for _, t := range in.Tables {
			sheet.Options = append(sheet.Options, web.Option{Value: t.Sheet, Label: t.Sheet})
		}
		f.Fields = append(f.Fields, sheet)
	}
	f.Fields = append(f.Fields, kind)
	return f
}

func (p *Pages) formatForm(w http.ResponseWriter, r *http.Request) error {
	u, done, err := p.upload(w, r)
	if done || err != nil {
		return err
	}
	in, err := p.inspect(r.Context(), u)
	if err != nil {
		return p.unreadable(w, r, u, err)
	}
	f := p.newFormat(u, in)
	if u.Answers.Draft != nil {
		f.Set("profile", u.Answers.Draft.Profile)
	} else if t, err := table(in, u.Answers.Sheet); err == nil && len(t.Matches) > 0 {
		f.Set("profile", t.Matches[0].Profile)
	}
	if len(in.Tables) > 1 {
		f.Set("sheet", u.Answers.Sheet)
	}
	v := &questionView{Form: f}
	v.Title, v.Crumbs = "What the rows are", []web.Link{crumbs[0], {Text: "What this file is", Href: at(u.ID, "what")}}
	return web.Render(p.Site, w, r, questionPage, v)
}

func (p *Pages) format(w http.ResponseWriter, r *http.Request) error {
	u, done, err := p.upload(w, r)
	if done || err != nil {
		return err
	}
	in, err := p.inspect(r.Context(), u)
	if err != nil {
		return err
	}
	f := p.newFormat(u, in)
	if err := f.Read(w, r); err != nil {
		return err
	}
	if !f.Valid() {
		v := &questionView{Form: f}
		v.Title, v.Crumbs, v.HasErrors = "What the rows are", crumbs, true
		return web.RenderStatus(p.Site, w, r, http.StatusUnprocessableEntity, questionPage, v)
	}
	if len(in.Tables) > 1 {
		u.Answers.Sheet = f.Value("sheet")
	}
	t, err := table(in, u.Answers.Sheet)
	if err != nil {
		return err
	}
	if d := u.Answers.Draft; d == nil || d.Profile != f.Value("profile") || len(profile.Diff(d.Header, t.Header)) > 0 {
		if u.Answers.Draft, err = profile.NewMapping(f.Value("profile"), t.Header); err != nil {
			return err
		}
	}
	return p.answerTo(w, r, u, at(u.ID, "columns"), nil)
}

// draft is the mapping to start from: the one being made; the one in use; one saved for nearly these columns; or what
// recognition finds.
func (p *Pages) draft(ctx context.Context, by access.Scope, u intake.Upload, t intake.Table) (m *profile.Mapping, savedAs string, changed []string, err error) {
	if u.Answers.Draft != nil {
		return u.Answers.Draft, u.Answers.SavedAs, nil, nil
	}
	if u.Answers.Mapping != nil {
		return u.Answers.Mapping, u.Answers.SavedAs, nil, nil
	}
	_, near, changed, err := p.Intake.MappingFor(ctx, p.Site.DB.Reader(), by, t.Header)
	if err != nil {
		return nil, "", nil, err
	}
	name := profile.People
	switch {
	case near != nil:
		name = near.Mapping.Profile
	case len(t.Matches) > 0:
		name = t.Matches[0].Profile
	}
	if m, err = profile.NewMapping(name, t.Header); err != nil || near == nil {
		return m, "", nil, err
	}
	for _, h := range t.Header {
		if f, known := near.Mapping.Columns[h]; known {
			m.Columns[h] = f
		}
	}
	m.DateOrder, m.Fixed, m.Kinds, m.Agency = near.Mapping.DateOrder, near.Mapping.Fixed, near.Mapping.Kinds, near.Mapping.Agency
	return m, near.Name, changed, nil
}

type columnsView struct {
	web.Page
	Form    *web.Form
	What    string
	Change  string
	Needs   []string
	Changed []string
	Rows    []columnRow
	Rest    []*web.Field
	Fixed   []*web.Field // what is the same for every row, in pairs
	// FixedOpen says that there is something to see there.
	FixedOpen bool
	Left      string
	Caption   string
}

type columnRow struct {
	Name, Shapes string
	Field        *web.Field
}

var columnsPage = web.NewTemplate[columnsView](files, "columns.html")

func (p *Pages) newColumns(u intake.Upload, t intake.Table, m *profile.Mapping) *columnsView {
	x, _ := profile.Find(m.Profile)
	options := []web.Option{{Value: "", Label: "Not read"}}
	v := &columnsView{Form: p.Site.NewForm(at(u.ID, "columns"), "Show me the first rows"), What: lower(shortTitles(m.Profile)), Change: at(u.ID, "format"), Caption: "Columns and what they hold"}
	v.Title, v.Crumbs, v.Wide = "What the columns hold", []web.Link{crumbs[0], {Text: "What this file is", Href: at(u.ID, "what")}}, true
	for _, c := range x.Columns() {
		options = append(options, web.Option{Value: c.Field, Label: fieldLabel(c.Field)})
		if c.Required {
			v.Needs = append(v.Needs, fieldLabel(c.Field))
		}
	}
	slices.SortFunc(options[1:], func(a, b web.Option) int { return strings.Compare(a.Label, b.Label) })
	for i, h := range t.Header {
		if i == maxColumns {
			v.Left = fmt.Sprintf("Only the first %d of %s columns can be read.", maxColumns, web.ShowNumber(len(t.Header)))
			break
		}
		f := &web.Field{Name: "c" + strconv.Itoa(i), Label: h, Kind: web.Select, Options: options, Value: m.Columns[h]}
		v.Form.Fields = append(v.Form.Fields, f)
		v.Rows = append(v.Rows, columnRow{h, shapes(t.Sample, i), f})
	}
	v.Rest = append(v.Rest, &web.Field{Name: "date_order", Label: "Order of day and month in dates such as 03/04/2026", Kind: web.Select, Value: m.DateOrder, Options: []web.Option{
		{Value: "", Label: "Find out for each column"}, {Value: "dmy", Label: "Day first"}, {Value: "mdy", Label: "Month first"}, {Value: "ymd", Label: "Year first"}}})
	fixed := sorted(m.Fixed)
	for i := range fixedPairs {
		n := strconv.Itoa(i + 1)
		field := &web.Field{Name: "fixed" + n, Label: "What is the same (" + n + ")", Kind: web.Select, Options: slices.Concat([]web.Option{{Value: "", Label: "Nothing"}}, options[1:])}
		value := &web.Field{Name: "value" + n, Label: "Its value (" + n + ")", Kind: web.TextInput, Width: "20", Max: 200}
		if i < len(fixed) {
			field.Value, value.Value = fixed[i], m.Fixed[fixed[i]]
		}
		v.Fixed = append(v.Fixed, field, value)
	}
	v.FixedOpen = len(fixed) > 0
	v.Form.Fields = append(append(v.Form.Fields, v.Rest...), v.Fixed...)
	v.Form.Cancel = at(u.ID, "what")
	return v
}

func sorted(m map[string]string) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// columnsOf is what both halves of the columns page begin with.
func (p *Pages) columnsOf(w http.ResponseWriter, r *http.Request) (u intake.Upload, t intake.Table, m *profile.Mapping, v *columnsView, done bool, err error) {
	if u, done, err = p.upload(w, r); done || err != nil {
		return u, t, nil, nil, done, err
	}
	in, err := p.inspect(r.Context(), u)
	if err != nil {
		return u, t, nil, nil, true, p.unreadable(w, r, u, err)
	}
	if t, err = table(in, u.Answers.Sheet); err != nil {
		return u, t, nil, nil, false, err
	}
	m, _, changed, err := p.draft(r.Context(), web.ScopeOf(r), u, t)
	if err != nil {
		return u, t, nil, nil, false, err
	}
	v = p.newColumns(u, t, m)
	v.Changed = sentences(changed)
	return u, t, m, v, false, nil
}

func (p *Pages) columnsForm(w http.ResponseWriter, r *http.Request) error {
	_, _, _, v, done, err := p.columnsOf(w, r)
	if done || err != nil {
		return err
	}
	return web.Render(p.Site, w, r, columnsPage, v)
}

func (p *Pages) columns(w http.ResponseWriter, r *http.Request) error {
	u, t, old, v, done, err := p.columnsOf(w, r)
	if done || err != nil {
		return err
	}
	f := v.Form
	if err := f.Read(w, r); err != nil {
		return err
	}
	m := &profile.Mapping{Version: profile.MappingVersion, Profile: old.Profile, Agency: old.Agency, Header: slices.Clone(t.Header), Columns: map[string]string{}, DateOrder: f.Value("date_order"), Kinds: old.Kinds}
	for i, row := range v.Rows {
		m.Columns[t.Header[i]] = row.Field.Value
	}
	for i := range fixedPairs {
		n := strconv.Itoa(i + 1)
		field, value := f.Value("fixed"+n), f.Value("value"+n)
		switch {
		case field == "" && value != "":
			f.Fail("fixed"+n, "Choose what the value is of, or clear it")
		case field != "" && value == "":
			f.Fail("value"+n, "Enter the value, or choose Nothing")
		case field != "":
			if m.Fixed == nil {
				m.Fixed = map[string]string{}
			}
			if _, twice := m.Fixed[field]; twice {
				f.Fail("fixed"+n, "Choose each thing once")
			}
			m.Fixed[field] = value
		}
	}
	if f.Valid() {
		x, _ := profile.Find(m.Profile)
		if _, err := x.Reader(t.Header, m, profile.Options{AsAt: clock.Today(p.Site.Clock)}); err != nil {
			f.Problem = sentence(err.Error())
		}
	}
	if !f.Valid() {
		v.HasErrors, v.FixedOpen = true, true
		return web.RenderStatus(p.Site, w, r, http.StatusUnprocessableEntity, columnsPage, v)
	}
	if u.Answers.SavedAs == "" {
		if _, near, _, err := p.Intake.MappingFor(r.Context(), p.Site.DB.Reader(), web.ScopeOf(r), t.Header); err == nil && near != nil {
			u.Answers.SavedAs = near.Name
		}
	}
	u.Answers.Draft = m
	return p.answerTo(w, r, u, at(u.ID, "preview"), nil)
}

type previewView struct {
	web.Page
	Form     *web.Form
	Table    *web.Table // nil when the reader may not see rows
	Reasons  *web.Table
	Refusals *web.Table
	Change   string
	Closed   bool
}

var previewPage = web.NewTemplate[previewView](files, "preview.html")

const (
	previewRows = 400
	shownRows   = 5
	// shownRefusals are enough to see a pattern by; the counts are beside them.
	shownRefusals = 10
)

func (p *Pages) previewOf(w http.ResponseWriter, r *http.Request, u intake.Upload) (*previewView, error) {
	v := &previewView{Change: at(u.ID, "columns"), Form: p.Site.NewForm(at(u.ID, "preview"), "Save and go on",
		&web.Field{Name: "name", Label: "Name for these columns", Hint: "For example: Monthly police extract. The next file with the same columns is read in the same way at once.", Kind: web.TextInput, Required: "Enter a name, to find them again next month", Max: 80, Width: "20"})}
	v.Form.Cancel = v.Change
	v.Form.Set("name", u.Answers.SavedAs)
	v.Title, v.Crumbs, v.Wide = "The first rows as they would be read", []web.Link{crumbs[0], {Text: "What this file is", Href: at(u.ID, "what")}, {Text: "What the columns hold", Href: v.Change}}, true
	file, size, err := p.Files.Read(r.Context(), u.FileID)
	if err != nil {
		return nil, err
	}
	var taken []intake.Taken
	var refused []intake.Refusal
	l, err := p.Intake.Load(r.Context(), web.ScopeOf(r), intake.Input{Name: u.Name, File: file, Size: size, Agency: u.Agency, Identified: true, Mapping: u.Answers.Draft, Choices: u.Answers.Choices, DryRun: true, Rows: previewRows,
		Also: func(t intake.Taken) {
			if len(taken) < shownRows {
				taken = append(taken, t)
			}
		},
		Refused: func(x intake.Refusal) {
			if !x.Warning && len(refused) < shownRefusals {
				refused = append(refused, x)
			}
		}})
	if err != nil {
		return nil, err
	}
	v.Lead = fmt.Sprintf("%s of the first %s can be taken.", web.ShowNumber(l.Taken), count(l.Read, "row", "rows"))
	if l.Refused == 0 && l.Read > 0 {
		v.Lead = fmt.Sprintf("All of the first %s can be taken.", count(l.Read, "row", "rows"))
		if l.Read == 1 {
			v.Lead = "The one row can be taken."
		}
	}
	l.Profile = u.Answers.Draft.Profile
	if l.ReadableBy(web.ScopeOf(r)) {
		v.Table = readTable(taken)
	} else {
		v.Closed = true
	}
	v.Reasons = reasonTable(l.Reasons)
	if len(refused) > 0 {
		v.Refusals = refusalTable("The first that would be sent back", refused)
	}
	return v, nil
}

func refusalTable(caption string, list []intake.Refusal) *web.Table {
	t := &web.Table{Caption: caption, Empty: "Nothing was refused.", Columns: []web.Column{{Label: "Row"}, {Label: "Column"}, {Label: "Shape of what stood there"}, {Label: "What is wrong"}, {Label: "What became of it"}}}
	sheets := slices.ContainsFunc(list, func(r intake.Refusal) bool { return r.Sheet != "" && r.Sheet != list[0].Sheet })
	for _, r := range list {
		row := web.Cell{Text: web.ShowNumber(r.Row)}
		if sheets {
			row.Sub = r.Sheet
		}
		tag := &web.Tag{Text: "Sent back", Colour: "red"}
		if r.Warning {
			tag = &web.Tag{Text: "Taken", Colour: "yellow"}
		}
		t.Rows = append(t.Rows, web.Row{Cells: []web.Cell{row, {Text: r.Column}, {Text: r.Shape}, {Text: sentence(r.Reason)}, {Tag: tag}}})
	}
	return t
}

func (p *Pages) previewForm(w http.ResponseWriter, r *http.Request) error {
	u, done, err := p.upload(w, r)
	if done || err != nil {
		return err
	}
	if u.Answers.Draft == nil {
		http.Redirect(w, r, at(u.ID, "columns"), http.StatusSeeOther)
		return nil
	}
	v, err := p.previewOf(w, r, u)
	if err != nil {
		return p.unreadable(w, r, u, err)
	}
	return web.Show(p.Site, w, r, previewPage, v, p.rowsRead(u, "the first rows of a file not yet loaded"))
}

func (p *Pages) rowsRead(u intake.Upload, words string) web.Read {
	return web.Read{Kind: "load", Subject: u.ID, Owners: []string{u.Agency}, Words: words}
}

func (p *Pages) preview(w http.ResponseWriter, r *http.Request) error {
	u, done, err := p.upload(w, r)
	if done || err != nil {
		return err
	}
	m := u.Answers.Draft
	if m == nil {
		return fault.New(fault.Conflict, "The columns have been settled in another window: open the file again from the list.")
	}
	v, err := p.previewOf(w, r, u)
	if err != nil {
		return p.unreadable(w, r, u, err)
	}
	if err := v.Form.Read(w, r); err != nil {
		return err
	}
	if !v.Form.Valid() {
		v.HasErrors = true
		if err := p.Site.Consulted(r.Context(), web.ScopeOf(r), p.rowsRead(u, "the first rows of a file not yet loaded")); err != nil {
			return err
		}
		return web.RenderStatus(p.Site, w, r, http.StatusUnprocessableEntity, previewPage, v)
	}
	name := v.Form.Value("name")
	u.Answers.Mapping, u.Answers.SavedAs, u.Answers.Draft = m, name, nil
	return p.confirmed(w, r, u, m.Profile, func(tx *database.Tx) error {
		return p.Intake.SaveMapping(r.Context(), tx, web.ScopeOf(r), name, m)
	})
}
