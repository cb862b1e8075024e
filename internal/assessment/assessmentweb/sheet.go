package assessmentweb

import (
	"bytes"
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"lantern.example/lantern/internal/assessment"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/intake/tabular"
	"lantern.example/lantern/internal/web"
)

type sheetView struct {
	web.Page
	Days  []sheetDay
	Empty string
}

type sheetDay struct {
	ID, Caption, Base string
	Slots             []slotView
	Rows              []topicView
}

type slotView struct{ Slot, Who, Href, Statements string }

type topicView struct {
	Theme, Href, Asked string
	Cells              []topicCell
}

// topicCell is how many statements an interview gave on a topic; empty when nobody has written one down.
type topicCell struct{ Text, Href, Slot string }

var sheetPage = web.NewTemplate[sheetView](files, "sheet.html")

// sheet is the working sheet between slots. It says who sat in which interview, so it holds the reader's agency's own.
func (p *Pages) sheet(w http.ResponseWriter, r *http.Request) error {
	x, err := p.whole(r)
	if err != nil {
		return err
	}
	agency := web.ScopeOf(r).Agency
	held := slices.DeleteFunc(slices.Clone(x.all), func(s assessment.Statement) bool { return s.Owner != agency })
	v := &sheetView{}
	v.Title, v.Crumbs, v.Wide = "Working sheet", []web.Link{crumb}, true
	sheets := assessment.Sheets(held, x.themes)
	if len(sheets) == 0 {
		v.Lead = "Your agency holds no interview, so there is no sheet of its own to work on."
		v.Empty = "Write down a first statement, or load a filled sheet."
		if len(x.all) > 0 {
			v.Empty = fmt.Sprintf("The sheet says who sat in which interview, and is open to whoever holds it. What its %s say is on the assessment’s page.", plural(x.result.Interviews, "interview", "interviews"))
		}
		return web.Render(p.Site, w, r, sheetPage, v)
	}
	v.Lead = sheetLead(sheets[0])
	for i, s := range sheets {
		v.Days = append(v.Days, dayOf(i, s))
	}
	return web.Render(p.Site, w, r, sheetPage, v)
}

// sheetLead says which topics the latest day has nothing on.
func sheetLead(s assessment.Sheet) string {
	var missing []string
	for _, row := range s.Rows {
		if row.Asked == 0 {
			missing = append(missing, lowerFirst(row.Theme))
		}
	}
	of := plural(len(s.Interviews), "interview", "interviews")
	switch n := len(missing); {
	case n == 0:
		least := slices.MinFunc(s.Rows, func(a, b assessment.SheetRow) int { return cmp.Compare(a.Asked, b.Asked) })
		return fmt.Sprintf("Every theme was spoken of in %s; least of all %s, in %d.", of, lowerFirst(least.Theme), least.Asked)
	case n == len(s.Rows):
		return fmt.Sprintf("No statement of %s has a theme yet: code them first.", of)
	case n > 6:
		return fmt.Sprintf("In %s nobody has spoken of %d of %d themes yet, %s among them.", of, n, len(s.Rows), list(missing[:3]))
	}
	return fmt.Sprintf("In %s nobody has spoken of %s yet: ask about it in the next slot.", of, list(missing))
}

func dayOf(i int, s assessment.Sheet) sheetDay {
	day := cmp.Or(web.ShowDate(s.Day), "Day not known")
	d := sheetDay{ID: fmt.Sprintf("sheet-%d", i+1), Caption: day + ": themes by interview slot"}
	for _, in := range s.Interviews {
		d.Slots = append(d.Slots, slotView{Slot: cmp.Or(in.Slot, "–"), Who: strings.Join(in.Who, "; "), Statements: web.ShowNumber(in.Statements), Href: Path + "/statements?" + url.Values{"interview": {in.Interview}}.Encode()})
	}
	for _, row := range s.Rows {
		t := topicView{Theme: upper(row.Theme), Href: ThemePath(row.Code), Asked: fmt.Sprintf("%d of %d", row.Asked, len(s.Interviews))}
		for j, n := range row.Cells {
			c := topicCell{Slot: d.Slots[j].Slot}
			if n > 0 {
				c.Text = web.ShowNumber(n)
				c.Href = Path + "/statements?" + url.Values{"interview": {s.Interviews[j].Interview}, "theme": {row.Code}}.Encode()
			}
			t.Cells = append(t.Cells, c)
		}
		d.Rows = append(d.Rows, t)
	}
	d.Base = fmt.Sprintf("Statements written down, in %s. An empty cell is what nobody has written down: not asked, or nothing was said.", plural(len(s.Interviews), "interview", "interviews"))
	return d
}

// sheetHeader is the capture sheet's first row, as the profile of statements recognises it.
var sheetHeader = []string{"Date", "Slot", "Agency", "Role", "Theme", "Statement", "Basis", "Place", "Time span", "Confidence", "Who else knows", "Reported", "Suggested action", "Known to leaders", "In the strategy", "In partners' data"}

func (p *Pages) blankCSV(w http.ResponseWriter, _ *http.Request) error {
	var b bytes.Buffer
	if err := tabular.WriteCSV(&b, sheetHeader, tabular.Rows(nil), true); err != nil {
		return err
	}
	web.Download(w, "capture-sheet.csv", "text/csv; charset=utf-8", p.Site.Clock.Now(), b.Bytes())
	return nil
}

func (p *Pages) blankXLSX(w http.ResponseWriter, r *http.Request) error {
	themes, err := assessment.ThemesIn(r.Context(), p.Site.DB.Reader(), p.Partnership)
	if err != nil {
		return err
	}
	guide := [][]any{
		{"Date", "The day of the interview: 02/11/2026"}, {"Slot", "The slot’s number in the timetable"}, {"Agency", "The speaker’s agency; never their name"}, {"Role", "What they do: neighbourhood officer"},
		{"Theme", "A code of the list below, or two: T9; T10"}, {"Statement", "One statement a row, in your own words, naming nobody. A named child at risk becomes a referral the same day."},
		{"Basis", "seen, told, recorded or assumed"}, {"Place", "A street, school, station or home; no family’s address"}, {"Time span", "Since the summer; the last six months"}, {"Confidence", "high, medium or low"},
		{"Who else knows", "A role or service, or: nobody"}, {"Reported", "yes or no, or where and when"}, {"Suggested action", "What they would have done"},
		{"Known to leaders", "For a theme, asked of a leader: yes, partly, no, not known"}, {"In the strategy", "The same, read in the strategy"}, {"In partners' data", "The same, when somebody looked"},
	}
	for _, t := range themes {
		guide = append(guide, []any{t.Code, upper(t.Name)})
	}
	return p.workbook(w, "capture-sheet.xlsx", []tabular.OutSheet{
		{Name: "Statements", Header: sheetHeader, Rows: tabular.Rows(nil)},
		{Name: "How to fill it in", Header: []string{"Column or code", "What to write"}, Rows: tabular.Rows(guide)},
	})
}

const xlsxType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

func (p *Pages) workbook(w http.ResponseWriter, name string, sheets []tabular.OutSheet) error {
	var b bytes.Buffer
	if err := tabular.WriteXLSX(&b, p.Site.Clock.Now(), sheets); err != nil {
		return fault.Wrap(fault.Internal, err, "The workbook could not be written.")
	}
	web.Download(w, name, xlsxType, p.Site.Clock.Now(), b.Bytes())
	return nil
}
