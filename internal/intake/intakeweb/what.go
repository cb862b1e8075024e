package intakeweb

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/intake"
	"lantern.example/lantern/internal/intake/profile"
	"lantern.example/lantern/internal/web"
)

type whatView struct {
	web.Page
	Summary []web.SummaryRow
	Changed []string // how the columns differ from those of a saved mapping
	Saved   string   // its name
	Doubt   string   // why it cannot be decided what the file is
	Others  []string // what else it could be
	Tables  []*web.Table
	Notes   []string
	Form    *web.Form // nil when there is nothing to confirm
	Columns string    // where the columns are settled
	Reading string
	Discard *web.Form
}

var whatPage = web.NewTemplate[whatView](files, "what.html")

// recognised is what a file's tables would be read as.
type recognised struct {
	profiles []string
	read     int // columns
	columns  int
	doubts   []string
}

func recognisedIn(in intake.Inspection) recognised {
	var out recognised
	for _, t := range in.Tables {
		m, err := best(t)
		if err != nil {
			words := err.Error()
			if t.Sheet != "" {
				words = "Sheet " + t.Sheet + ": " + words
			}
			out.doubts = append(out.doubts, words)
			continue
		}
		out.read += len(m.Columns)
		out.columns += len(t.Header)
		if !slices.Contains(out.profiles, m.Profile) {
			out.profiles = append(out.profiles, m.Profile)
		}
	}
	return out
}

func shortTitles(profiles string) string {
	var out []string
	for _, p := range strings.Split(profiles, "+") {
		t, _, _ := strings.Cut(titleOf(p), ":")
		out = append(out, t)
	}
	return strings.Join(out, " and ")
}

func (p *Pages) what(w http.ResponseWriter, r *http.Request) error {
	u, done, err := p.upload(w, r)
	if done || err != nil {
		return err
	}
	in, err := p.inspect(r.Context(), u)
	if err != nil {
		return p.unreadable(w, r, u, err)
	}
	v := &whatView{Reading: at(u.ID, "reading"), Columns: at(u.ID, "format"), Discard: p.discardForm(u)}
	v.Title, v.Crumbs = "What this file is", crumbs
	v.Summary = []web.SummaryRow{{Key: "File", Value: u.Name}, {Key: "Size", Value: size(u.Size)}, {Key: "Kind of file", Value: formatWords(in)}}
	x := recognisedIn(in)
	for _, t := range in.Tables {
		_, near, diff, err := p.Intake.MappingFor(r.Context(), p.Site.DB.Reader(), web.ScopeOf(r), t.Header)
		if err != nil {
			return err
		}
		if near != nil && v.Changed == nil {
			v.Changed, v.Saved, v.Columns = sentences(diff), near.Name, at(u.ID, "columns")
		}
		v.Tables = append(v.Tables, columnTable(t))
		for _, n := range t.Notes {
			v.Notes = append(v.Notes, sentence(n))
		}
		if m, err := best(t); err == nil {
			for _, n := range m.Notes {
				v.Notes = append(v.Notes, sentence(n))
			}
			for _, other := range t.Matches {
				if other.Fits && other.Profile != m.Profile {
					v.Others = append(v.Others, titleOf(other.Profile))
				}
			}
		}
	}
	for _, n := range in.Notes {
		v.Notes = append(v.Notes, sentence(n))
	}
	slices.Sort(v.Notes)
	v.Notes = slices.Compact(v.Notes)
	switch {
	case v.Changed != nil:
		v.Lead = fmt.Sprintf("The columns are not those of “%s” any more, so nothing is read until you have looked.", v.Saved)
	case len(x.profiles) == 0:
		v.Lead = "Lantern does not know these columns. Say once what they hold, and it will know them next month."
		v.Doubt = sentence(strings.Join(x.doubts, "; "))
	default:
		v.Lead = fmt.Sprintf("It looks like this: %s. %d of its %d columns will be read.", lower(shortTitles(strings.Join(x.profiles, "+"))), x.read, x.columns)
		if len(x.doubts) > 0 {
			v.Doubt = sentence("Not taken: " + strings.Join(x.doubts, "; "))
		}
		v.Form = p.Site.NewForm(at(u.ID, "what"), "Yes, go on")
	}
	return web.Render(p.Site, w, r, whatPage, v)
}

func lower(s string) string {
	if len(s) > 1 && s[1] >= 'a' && s[1] <= 'z' && !strings.HasPrefix(s, "data.") {
		return strings.ToLower(s[:1]) + s[1:]
	}
	return s
}

// sentence gives a note its capital and its full stop.
func sentence(s string) string {
	s = strings.TrimSpace(s)
	if s == "" {
		return ""
	}
	s = strings.ToUpper(s[:1]) + s[1:]
	if !strings.HasSuffix(s, ".") {
		s += "."
	}
	return s
}

func sentences(list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = sentence(s)
	}
	return out
}

func size(n int64) string {
	switch {
	case n < 1000:
		return fmt.Sprintf("%d bytes", n)
	case n < 1_000_000:
		return fmt.Sprintf("%d KB", (n+500)/1000)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/1e6)
}

func formatWords(in intake.Inspection) string {
	if in.Format == "xlsx" {
		if len(in.Tables) == 1 {
			return "Excel workbook, one sheet with content"
		}
		return fmt.Sprintf("Excel workbook, %d sheets with content", len(in.Tables))
	}
	return fmt.Sprintf("Text in %s, cells apart by %s", in.Encoding, in.Delimiter)
}

func columnTable(t intake.Table) *web.Table {
	where := "Columns"
	if t.Sheet != "" {
		where += " of sheet " + t.Sheet
	}
	out := &web.Table{Caption: where + ", with the names in row " + strconv.Itoa(t.HeaderRow), Columns: []web.Column{{Label: "Column in the file"}, {Label: "Read as"}, {Label: "Shape of the values"}}}
	as := map[string]string{}
	if m, err := best(t); err == nil {
		for _, c := range m.Columns {
			as[c.Column] = fieldLabel(c.Field)
		}
	}
	for i, h := range t.Header {
		if i == maxColumns {
			out.Base = fmt.Sprintf("The first %d of %s columns.", maxColumns, web.ShowNumber(len(t.Header)))
			break
		}
		read := web.Cell{Text: as[h]}
		if read.Text == "" {
			read = web.Cell{Tag: &web.Tag{Text: "Not read", Colour: "grey"}}
		}
		out.Rows = append(out.Rows, web.Row{Cells: []web.Cell{{Text: h}, read, {Text: shapes(t.Sample, i)}}})
	}
	return out
}

// fieldLabel is a field's name in words.
func fieldLabel(field string) string {
	s := strings.ReplaceAll(field, "_", " ")
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// shapes are the commonest shapes of a column's values in the sample: what a person needs to know it by, without anybody's
// data.
func shapes(sample [][]string, column int) string {
	type shape struct {
		s string
		n int
	}
	var all []shape
	for _, row := range sample {
		if column >= len(row) || row[column] == "" {
			continue
		}
		s := profile.Shape(row[column])
		if i := slices.IndexFunc(all, func(x shape) bool { return x.s == s }); i >= 0 {
			all[i].n++
		} else if len(all) < 200 {
			all = append(all, shape{s, 1})
		}
	}
	if len(all) == 0 {
		return "(empty)"
	}
	slices.SortStableFunc(all, func(a, b shape) int { return b.n - a.n })
	var out []string
	for _, x := range all[:min(3, len(all))] {
		out = append(out, x.s)
	}
	return strings.Join(out, "   ")
}

// unreadable shows why a file that was kept cannot be read as it has been said to be.
func (p *Pages) unreadable(w http.ResponseWriter, r *http.Request, u intake.Upload, err error) error {
	words, ok := fault.Words(err)
	if !ok || !fault.Is(err, fault.Invalid) {
		return err
	}
	v := &whatView{Reading: at(u.ID, "reading"), Doubt: words, Discard: p.discardForm(u)}
	v.Title, v.Crumbs, v.Lead = "What this file is", crumbs, "The file cannot be read in this way."
	return web.RenderStatus(p.Site, w, r, http.StatusUnprocessableEntity, whatPage, v)
}

func (p *Pages) confirmWhat(w http.ResponseWriter, r *http.Request) error {
	u, done, err := p.upload(w, r)
	if done || err != nil {
		return err
	}
	f := p.Site.NewForm(at(u.ID, "what"), "")
	if err := f.Read(w, r); err != nil {
		return err
	}
	in, err := p.inspect(r.Context(), u)
	if err != nil {
		return err
	}
	x := recognisedIn(in)
	if len(x.profiles) == 0 {
		return fault.New(fault.Invalid, "Say first what the columns of %s hold.", u.Name)
	}
	u.Answers.Mapping, u.Answers.SavedAs, u.Answers.Draft = nil, "", nil
	return p.confirmed(w, r, u, strings.Join(x.profiles, "+"), nil)
}

// confirmed keeps what a file is. The agency that is alone is whose records it holds.
func (p *Pages) confirmed(w http.ResponseWriter, r *http.Request, u intake.Upload, profiles string, also func(tx *database.Tx) error) error {
	u.Answers.Confirmed, u.Answers.Profiles = true, profiles
	others, err := p.others(r)
	if err != nil {
		return err
	}
	switch {
	case len(others) == 0:
		settleOwner(&u, u.Agency)
	case u.Answers.Owner != "":
		settleOwner(&u, u.Answers.Owner)
	}
	return p.answer(w, r, u, also)
}

func (p *Pages) againView(r *http.Request, u intake.Upload) (*questionView, *intake.Load, error) {
	same, err := p.Intake.Same(r.Context(), p.Site.DB.Reader(), web.ScopeOf(r), u.SHA256)
	if err != nil {
		return nil, nil, err
	}
	if same == nil {
		return nil, nil, nil
	}
	f := p.Site.NewForm(at(u.ID, "again"), "Continue", &web.Field{Name: "again", Label: "Do you want to load it again?", Kind: web.Radios, Required: "Choose whether to load it again", Options: []web.Option{
		{Value: "no", Label: "No, keep the load there is", Hint: "This copy is thrown away."},
		{Value: "yes", Label: "Yes, load it again", Hint: "Its rows will be counted twice unless you undo the earlier load."}}})
	v := &questionView{Form: f, Href: "/loads/" + same.ID}
	v.Title, v.Crumbs = "This file has been loaded before", crumbs
	v.Lead = fmt.Sprintf("The very same file was loaded on %s as %s: %s taken.", web.ShowDate(same.BegunAt), same.FileName, count(same.Taken, "row was", "rows were"))
	return v, same, nil
}

func (p *Pages) againForm(w http.ResponseWriter, r *http.Request) error {
	u, done, err := p.upload(w, r)
	if done || err != nil {
		return err
	}
	v, _, err := p.againView(r, u)
	if err != nil {
		return err
	}
	if v == nil { // undone meanwhile
		u.Answers.Again = true
		to, err := p.next(r.Context(), web.ScopeOf(r), u)
		if err == nil {
			http.Redirect(w, r, to, http.StatusSeeOther)
		}
		return err
	}
	return web.Render(p.Site, w, r, questionPage, v)
}

func (p *Pages) again(w http.ResponseWriter, r *http.Request) error {
	u, done, err := p.upload(w, r)
	if done || err != nil {
		return err
	}
	v, same, err := p.againView(r, u)
	if err != nil {
		return err
	}
	if v == nil {
		return fault.New(fault.Conflict, "The earlier load has been undone meanwhile: open the file again from the list.")
	}
	if err := v.Form.Read(w, r); err != nil {
		return err
	}
	if !v.Form.Valid() {
		v.HasErrors = true
		return web.RenderStatus(p.Site, w, r, http.StatusUnprocessableEntity, questionPage, v)
	}
	if v.Form.Value("again") == "no" {
		return p.throwAway(w, r, u, "/loads/"+same.ID)
	}
	u.Answers.Again = true
	return p.answer(w, r, u, nil)
}

func (p *Pages) discardForm(u intake.Upload) *web.Form {
	return p.Site.NewForm(at(u.ID, "discard"), "Throw this file away")
}

func (p *Pages) discard(w http.ResponseWriter, r *http.Request) error {
	u := intake.Upload{ID: r.PathValue("id")}
	if err := p.discardForm(u).Read(w, r); err != nil {
		return err
	}
	return p.throwAway(w, r, u, "/loads")
}

func (p *Pages) throwAway(w http.ResponseWriter, r *http.Request, u intake.Upload, to string) error {
	var file string
	err := p.Site.Act(w, r, "The file was thrown away. Nothing of it was kept.", func(tx *database.Tx) (_ string, err error) {
		file, err = p.Intake.Discard(r.Context(), tx, web.ScopeOf(r), u.ID)
		return to, err
	})
	if err == nil && file != "" {
		if rerr := p.Files.Remove(r.Context(), file); rerr != nil {
			p.Site.Log.Error("a file that was thrown away could not be removed", "error", rerr.Error())
		}
	}
	return err
}

type readingView struct {
	web.Page
	Form *web.Form
}

var readingPage = web.NewTemplate[readingView](files, "reading.html")

func (p *Pages) newReading(u intake.Upload, sheets []string) *web.Form {
	f := p.Site.NewForm(at(u.ID, "reading"), "Read it again")
	f.Cancel = at(u.ID, "what")
	for i, s := range sheets {
		label := "Which row holds the column names?"
		if s != "" {
			label = "Sheet " + s + ": which row holds the column names?"
		}
		f.Fields = append(f.Fields, &web.Field{Name: "row" + strconv.Itoa(i), Label: label, Hint: "As the spreadsheet numbers it. Leave empty to have it found.", Kind: web.TextInput, Width: "4", Max: 7})
	}
	if len(sheets) == 1 && sheets[0] == "" {
		f.Fields = append(f.Fields, &web.Field{Name: "encoding", Label: "Letters (encoding)", Hint: "Choose another if names come out with wrong letters, such as Ã©.", Kind: web.Select, Options: encodings},
			&web.Field{Name: "delimiter", Label: "What stands between two cells", Kind: web.Select, Options: delimiters})
	}
	return f
}

func (p *Pages) readingOf(r *http.Request, u intake.Upload) (*readingView, []string, error) {
	plain := u
	plain.Answers.Choices.HeaderRow, plain.Answers.Choices.Encoding, plain.Answers.Choices.Delimiter = nil, "", ""
	in, err := p.inspect(r.Context(), plain)
	if err != nil {
		return nil, nil, err
	}
	var sheets []string
	for _, t := range in.Tables {
		sheets = append(sheets, t.Sheet)
	}
	if len(sheets) > maxSheets {
		sheets = sheets[:maxSheets]
	}
	v := &readingView{Form: p.newReading(u, sheets)}
	v.Title, v.Crumbs = "How to read this file", []web.Link{crumbs[0], {Text: "What this file is", Href: at(u.ID, "what")}}
	return v, sheets, nil
}

const maxSheets = 40

func (p *Pages) readingForm(w http.ResponseWriter, r *http.Request) error {
	u, done, err := p.upload(w, r)
	if done || err != nil {
		return err
	}
	v, sheets, err := p.readingOf(r, u)
	if err != nil {
		return err
	}
	for i, s := range sheets {
		if n := u.Answers.Choices.HeaderRow[s]; n > 0 {
			v.Form.Set("row"+strconv.Itoa(i), strconv.Itoa(n))
		}
		if s == "" {
			v.Form.Set("encoding", u.Answers.Choices.Encoding).Set("delimiter", u.Answers.Choices.Delimiter)
		}
	}
	return web.Render(p.Site, w, r, readingPage, v)
}

func (p *Pages) reading(w http.ResponseWriter, r *http.Request) error {
	u, done, err := p.upload(w, r)
	if done || err != nil {
		return err
	}
	v, sheets, err := p.readingOf(r, u)
	if err != nil {
		return err
	}
	f := v.Form
	if err := f.Read(w, r); err != nil {
		return err
	}
	c := &u.Answers.Choices
	c.HeaderRow = map[string]int{}
	for i, s := range sheets {
		name := "row" + strconv.Itoa(i)
		if f.Value(name) == "" {
			continue
		}
		n, err := strconv.Atoi(f.Value(name))
		if err != nil || n < 1 || n > 1_048_576 {
			f.Fail(name, "Enter the number of a row, for example 4")
			continue
		}
		c.HeaderRow[s] = n
	}
	if len(sheets) == 1 && sheets[0] == "" {
		c.Encoding, c.Delimiter = f.Value("encoding"), f.Value("delimiter")
	}
	if f.Valid() {
		_, err := p.inspect(r.Context(), u)
		if words, ok := fault.Words(err); err != nil && ok && fault.Is(err, fault.Invalid) {
			f.Problem = words
		} else if err != nil {
			return err
		}
	}
	if !f.Valid() {
		v.HasErrors = true
		return web.RenderStatus(p.Site, w, r, http.StatusUnprocessableEntity, readingPage, v)
	}
	u.Answers.Mapping, u.Answers.Draft, u.Answers.SavedAs, u.Answers.Confirmed = nil, nil, "", false
	return p.answerTo(w, r, u, at(u.ID, "what"), nil)
}

// errNoTable is for a sheet that was there when it was chosen.
var errNoTable = errors.New("intakeweb: the file has no such sheet any more")

// table is the table a mapping is made for: the sheet chosen, or the first.
func table(in intake.Inspection, sheet string) (intake.Table, error) {
	for _, t := range in.Tables {
		if t.Sheet == sheet || sheet == "" {
			return t, nil
		}
	}
	return intake.Table{}, errNoTable
}
