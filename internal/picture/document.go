package picture

import (
	"fmt"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	"lantern.example/lantern/internal/figure"
	"lantern.example/lantern/internal/intake/profile"
	"lantern.example/lantern/internal/intake/tabular"
	"lantern.example/lantern/internal/report"
	"lantern.example/lantern/internal/scale"
	"lantern.example/lantern/internal/web/chart"
)

// Signature is a reviewer's: without one a paper is a draft.
type Signature struct {
	Name string
	On   time.Time
}

// paperRows bounds a table on paper; the workbook has the rest.
const paperRows = 30

// Document is the picture on paper. What practitioners said comes first; the chapters are the nine questions.
func (p *Picture) Document(partnershipName, madeBy string, signed *Signature) (*report.Document, error) {
	d := &report.Document{
		Title: p.Title, Subtitle: partnershipName, Made: p.MadeAt, MadeBy: madeBy, Warnings: p.Warnings,
		Licences: p.licences(), Generator: "Made with " + p.Lantern + ". Every figure carries its base; small numbers of people are hidden.",
	}
	if signed != nil {
		d.Signed = fmt.Sprintf("Signed by %s on %s.", signed.Name, signed.On.Format("2 January 2006"))
	}
	for _, f := range p.Findings {
		if !f.Refused {
			d.Summary = append(d.Summary, f)
		}
	}
	for _, q := range figure.Questions {
		f := p.Finding(q.Key)
		c := report.Chapter{ID: q.Key, Title: q.Text, Findings: []figure.Finding{f}}
		if err := p.fill(&c, q.Key); err != nil {
			return nil, err
		}
		if f.Refused {
			c.Ask = asks[q.Key]
		}
		d.Chapters = append(d.Chapters, c)
	}
	d.Annexes = append(d.Annexes, p.annex())
	return d, nil
}

// asks says whom to ask for what, for each question that data cannot answer.
var asks = map[string][]string{
	"where-do-we-start":    {"Front-line staff of at least two agencies: what do you see, where, and who else knows? (statements sheet: date, slot, agency, role, theme, statement)", "The community safety manager: what do leaders know, and what is in the strategy? (the same sheet)"},
	"why-is-it-happening":  {"The same interviews: what came before, and what goes with it?"},
	"whose-problem":        {"The partnership's board: one lead for each theme, one owner and one date for each action."},
	"who-is-harmed":        {"Police, youth justice, social care and schools: their lists, under an agreement."},
	"vulnerable-locations": {"Police: a month's occurrences with exact points, under an agreement; until then police.uk files.", "Social care and education: homes and alternative provision."},
	"how-far":              {"The force's county lines lead: people by origin and destination, confirmed and suspected, supply and violence.", "Neighbouring forces: who was found there from here."},
	"growing-or-looking":   {"Each agency: 24 months of counts with how hard it looked: searches, screenings, hours, returns."},
	"how-do-we-tackle-it":  {"Each agency and commissioner: what is done, for whom, with what capacity."},
	"did-it-work":          {"Each service: how many were referred, started, asked at first and asked again, and what they said."},
}

// Asks says whom to ask for what, when a question cannot be answered.
func Asks(question string) []string { return asks[question] }

func (p *Picture) fill(c *report.Chapter, question string) error {
	switch question {
	case "where-do-we-start":
		if p.Statements.Total > 0 {
			c.Intro = fmt.Sprintf("%d statements were made in %d interviews by %d voices from %d agencies. A voice is one role in one agency, however often it spoke.", p.Statements.Total, p.Statements.Interviews, p.Statements.Voices, p.Statements.Agencies)
			if len(p.Statements.NotHeard) > 0 {
				c.Intro += " Not heard: " + strings.Join(p.Statements.NotHeard, ", ") + "."
			}
			c.Tables = append(c.Tables, p.blindSpotTable())
		}
	case "why-is-it-happening":
		if len(p.Pairs) > 0 {
			t := report.Table{Caption: "Themes spoken of together", Header: []string{"Themes", "Interviews", "Agencies"}, Numeric: []bool{false, true, true}, Base: "Pairs spoken of in three interviews or more, by two agencies or more. Said together is not cause."}
			for _, b := range p.Pairs {
				t.Rows = append(t.Rows, []string{b.Theme, strconv.Itoa(b.Said.Interviews), strconv.Itoa(b.Said.Agencies)})
			}
			c.Tables = append(c.Tables, t)
		}
	case "vulnerable-locations":
		if p.Hotspots != nil && !p.Hotspots.Refused {
			t := report.Table{Caption: "Areas that stand out", Header: []string{"In", "Square", "Events", "Gi* z", "p after correction"}, Numeric: []bool{false, false, true, true, true}, Base: "Method: " + p.Hotspots.Method}
			for _, a := range p.Hotspots.Areas {
				if a.Significant && a.Count != nil && *a.Count > 0 { // the rest owe it to their neighbours, and are in the workbook
					t.Rows = append(t.Rows, []string{a.Area, a.ID, hiddenOr(a.Count), float(a.GiStarZ, 2), chance(a.GiStarPFDR)})
				}
			}
			if len(t.Rows) > 0 {
				c.Tables = append(c.Tables, cut(t))
			}
		}
		if t := p.areaTable("district"); len(t.Rows) > 0 {
			c.Tables = append(c.Tables, cut(t))
		}
	case "how-far":
		if len(p.Flows) > 0 {
			c.Tables = append(c.Tables, cut(p.flowTable()))
		}
	case "growing-or-looking":
		if t := p.seriesTable(); len(t.Rows) > 0 {
			c.Tables = append(c.Tables, t)
		}
		return p.monthFigure(c)
	}
	return nil
}

func cut(t report.Table) report.Table {
	if len(t.Rows) > paperRows {
		t.More = len(t.Rows) - paperRows
		t.Rows = t.Rows[:paperRows]
	}
	return t
}

func hiddenOr(n *int) string {
	if n == nil {
		return "hidden"
	}
	return figure.Group(*n)
}

// cellOf is a count in a table: zero where nothing happened, hidden where it is small.
func cellOf(m map[string]*int, kind string) string {
	n, ok := m[kind]
	if !ok {
		return "0"
	}
	return hiddenOr(n)
}

// orHidden is a count for a workbook.
func orHidden(n *int) any {
	if n == nil {
		return "hidden"
	}
	return *n
}

func float(x *float64, digits int) string {
	if x == nil {
		return "not known"
	}
	return strconv.FormatFloat(*x, 'f', digits, 64)
}

// chance writes a probability: never as nought.
func chance(p *float64) string {
	if p != nil && *p < .0001 {
		return "under 0.0001"
	}
	return float(p, 4)
}

func (p *Picture) blindSpotTable() report.Table {
	t := report.Table{Caption: "Blind spots", Header: []string{"Theme", "Said by the front line", "In partners' data", "In the strategy", "Known to leaders"}, Numeric: make([]bool, 5),
		Base: fmt.Sprintf("Themes spoken of by two agencies or more: %d. Spoken of by one agency, and not shown: %d.", len(p.BlindSpots), p.Assessed.OneAgency)}
	for _, b := range p.BlindSpots {
		t.Rows = append(t.Rows, []string{b.Theme, fmt.Sprintf("yes: %d interviews, %d voices, %d agencies", b.Said.Interviews, b.Said.Voices, b.Said.Agencies), b.InData, b.InStrategy, b.KnownToLeaders})
	}
	return t
}

func (p *Picture) flowTable() report.Table {
	t := report.Table{Caption: "From where to where", Header: []string{"From", "To", "People", "Confirmed", "Suspected", "Supply", "Violence"}, Numeric: []bool{false, false, true, true, true, true, true}, Base: p.FlowBase}
	show := func(n *int, suppressed bool) string {
		if n == nil && suppressed {
			return "hidden"
		}
		if n == nil {
			return "not given"
		}
		return figure.Group(*n)
	}
	for _, f := range p.Flows {
		t.Rows = append(t.Rows, []string{f.Origin, f.Destination, show(f.People, f.Suppressed), show(f.Confirmed, f.Suppressed), show(f.Suspected, f.Suppressed), show(f.Supply, f.Suppressed), show(f.Violence, f.Suppressed)})
	}
	return t
}

func (p *Picture) areaTable(level string) report.Table {
	t := report.Table{Caption: "Events by " + level, Header: []string{"Area", "Code", "Events"}, Numeric: []bool{false, false, true}, Base: "Counts of partners' own records under 5 are hidden, with as many others as it takes to keep them hidden."}
	areas := slices.Clone(p.Events.ByArea)
	slices.SortStableFunc(areas, func(a, b Area) int { return deref(b.Count) - deref(a.Count) })
	for _, a := range areas {
		if a.Level == level {
			t.Rows = append(t.Rows, []string{a.Name, a.Code, hiddenOr(a.Count)})
		}
	}
	return t
}

// seriesTable is the monthly series beside their effort.
func (p *Picture) seriesTable() report.Table {
	t := report.Table{Caption: "Counts beside the effort that went into looking", Header: []string{"Series", "First months", "Last months", "Effort in", "First effort", "Last effort", "Yearly change", "What follows"},
		Numeric: []bool{false, true, true, false, true, true, true, false}, Base: "First and last twelve months (half of the months where there are fewer than 24) of the sources that reported in every month. The yearly change lies between the outer 99 % limits of two fits: as if extra looking found nothing, and as if it found in proportion."}
	shown := func(n *int) string {
		if n == nil {
			return "not shown"
		}
		return figure.Group(*n)
	}
	effort := func(x *float64) string {
		if x == nil {
			return "not known"
		}
		return figure.Plain(*x)
	}
	for _, x := range p.Trend {
		if profile.Kind(x.Series).Known() {
			continue
		}
		change := "cannot be said"
		if x.Bounds != nil {
			change = scale.Yearly(x.Bounds.Low) + " to " + scale.Yearly(x.Bounds.High)
		}
		t.Rows = append(t.Rows, []string{x.Name, shown(x.First), shown(x.Last), or(x.Effort, "not known"), effort(x.EffortFirst), effort(x.EffortLast), change, x.Sentence})
	}
	return cut(t)
}

func or(a, b string) string {
	if a == "" {
		return b
	}
	return a
}

// months are the months of the events, in order, and the kinds that have any.
func (p *Picture) months() (months []string, kinds []profile.Kind) {
	for m := range p.Events.ByMonth {
		months = append(months, m)
	}
	slices.Sort(months)
	for _, k := range profile.Kinds() {
		if _, ok := p.Events.ByKind[string(k)]; ok {
			kinds = append(kinds, k)
		}
	}
	return months, kinds
}

func (p *Picture) monthFigure(c *report.Chapter) error {
	months, kinds := p.months()
	if len(months) == 0 {
		return nil
	}
	t := report.Table{Caption: "Events by month and kind", Header: []string{"Kind"}, Numeric: []bool{false}, Base: fmt.Sprintf("Every row taken: %s events. Counts alone cannot tell growth from looking harder.", figure.Group(p.Events.Total))}
	shown := months
	if len(shown) > 6 {
		shown = shown[len(shown)-6:]
	}
	for _, m := range shown {
		t.Header, t.Numeric = append(t.Header, monthWords(m)), append(t.Numeric, true)
	}
	for _, k := range kinds {
		row := []string{KindWords(k)}
		for _, m := range shown {
			row = append(row, cellOf(p.Events.ByMonth[m], string(k)))
		}
		t.Rows = append(t.Rows, row)
	}
	drawing, err := p.MonthsFigure()
	if err != nil {
		return err
	}
	svg, err := chart.Draw(drawing, "events-by-kind", chart.ForFile)
	if err != nil {
		return err
	}
	c.Figures = append(c.Figures, report.Figure{Finding: chart.AboutOf(drawing).Finding, SVG: svg})
	c.Tables = append(c.Tables, t)
	return nil
}

// MonthsFigure draws events by kind; nil when there are none.
func (p *Picture) MonthsFigure() (chart.Chart, error) {
	if p.Events.Total == 0 {
		return nil, nil //nolint:nilnil // nothing to draw
	}
	_, kinds := p.months()
	bars := chart.Bars{About: chart.About{Title: "Events by kind, " + p.Events.window(), Finding: fmt.Sprintf("%s events, %s.", figure.Group(p.Events.Total), p.Events.window()),
		Base: fmt.Sprintf("Every row taken: %s events. Counts alone cannot tell growth from looking harder.", figure.Group(p.Events.Total))}, What: "Kind", Unit: "Events"}
	for _, k := range kinds {
		n := p.Events.ByKind[string(k)]
		number := chart.Number{State: chart.Hidden}
		if n != nil {
			number = chart.Count(*n)
		}
		bars.Rows = append(bars.Rows, chart.Bar{Label: KindWords(k), Number: number})
	}
	return bars, nil
}

func (p *Picture) annex() report.Chapter {
	c := report.Chapter{ID: "files", Title: "What was read", Intro: "Rows taken plus rows refused equal rows read, for every file. Refused rows are in tables.xlsx with the reason."}
	t := report.Table{Caption: "Files", Header: []string{"File", "Read as", "Rows", "Taken", "Refused", "Without a place"}, Numeric: []bool{false, false, true, true, true, true}}
	for _, f := range p.Files {
		as := "not recognised: " + f.Words
		if f.Profile != nil {
			as = *f.Profile
		}
		t.Rows = append(t.Rows, []string{f.Name, as, figure.Group(int(f.Rows)), figure.Group(int(f.Taken)), figure.Group(int(f.Refused)), figure.Group(int(f.Unlocated))})
	}
	if len(t.Rows) > 0 {
		c.Tables = append(c.Tables, t)
	}
	notes := report.Table{Caption: "Events as a whole", Header: []string{"What", "Events"}, Numeric: []bool{false, true}}
	for _, x := range []struct {
		what string
		n    int
	}{{"Events", p.Events.Total}, {"Without a place", p.Events.Unlocated}, {"Outside the area of the force they are said to fall within", p.Events.OutsideArea}, {"Rows whose reference an earlier row of the same file had", p.Events.RepeatedIDs}} {
		notes.Rows = append(notes.Rows, []string{x.what, figure.Group(x.n)})
	}
	c.Tables = append(c.Tables, notes)
	return c
}

func (p *Picture) licences() []string {
	var out []string
	for _, f := range p.Files {
		if f.Profile != nil && strings.HasPrefix(*f.Profile, "police-uk") {
			out = append(out, "Contains public sector information licensed under the Open Government Licence v3.0. Source: data.police.uk. Its points were moved to nearby spots before publication: they support counts by small area or in cells of 500 m and more, and nothing finer.")
			break
		}
	}
	return out
}

// WriteTables writes the workbook: every table whole, and every refused row that was kept.
func (p *Picture) WriteTables(w io.Writer, refused iter.Seq2[[]any, error]) error {
	sheet := func(t report.Table, name string) tabular.OutSheet {
		rows := make([][]any, len(t.Rows))
		for i, r := range t.Rows {
			for j, c := range r {
				var v any = c
				if j < len(t.Numeric) && t.Numeric[j] {
					if n, err := strconv.Atoi(strings.ReplaceAll(c, ",", "")); err == nil {
						v = n
					}
				}
				rows[i] = append(rows[i], v)
			}
		}
		return tabular.OutSheet{Name: name, Header: t.Header, Rows: tabular.Rows(rows)}
	}
	var findings [][]any
	for _, q := range figure.Questions {
		f := p.Finding(q.Key)
		findings = append(findings, []any{q.Text, f.Sentence, f.Base, f.Source})
	}
	sheets := []tabular.OutSheet{
		{Name: "Findings", Header: []string{"Question", "Answer", "Base", "Source"}, Rows: tabular.Rows(findings)},
		sheet(p.blindSpotTable(), "Blind spots"),
		sheet(p.annex().Tables[0], "Files"),
	}
	if len(p.Events.ByMonth) > 0 {
		months, kinds := p.months()
		var rows [][]any
		for _, m := range months {
			for _, k := range kinds {
				if n, ok := p.Events.ByMonth[m][string(k)]; ok {
					rows = append(rows, []any{m, string(k), orHidden(n)})
				}
			}
		}
		sheets = append(sheets, tabular.OutSheet{Name: "Events by month", Header: []string{"Month", "Kind", "Events"}, Rows: tabular.Rows(rows)})
		rows = nil
		for _, k := range p.Events.Kinds {
			for _, x := range k.Words {
				rows = append(rows, []any{k.Kind, x.Words, orHidden(x.Count)})
			}
		}
		sheets = append(sheets, tabular.OutSheet{Name: "Kinds and words", Header: []string{"Kind", "Partner's words", "Events"}, Rows: tabular.Rows(rows)})
	}
	for _, level := range []string{"force", "district", "lsoa"} {
		if t := p.areaTable(level); len(t.Rows) > 0 {
			sheets = append(sheets, sheet(t, "Events by "+level))
		}
	}
	if t := p.seriesTable(); len(t.Rows) > 0 {
		sheets = append(sheets, sheet(t, "Growing or looking"))
	}
	if len(p.Flows) > 0 {
		sheets = append(sheets, sheet(p.flowTable(), "Flows"))
	}
	if p.Hotspots != nil && len(p.Hotspots.Areas) > 0 {
		var rows [][]any
		for _, a := range p.Hotspots.Areas {
			rows = append(rows, []any{a.Area, a.ID, hiddenOr(a.Count), float(a.GiStarZ, 4), float(a.GiStarPFDR, 6), a.Significant})
		}
		sheets = append(sheets, tabular.OutSheet{Name: "Hot spots", Header: []string{"In", "Square", "Events", "Gi* z", "p after correction", "Stands out"}, Rows: tabular.Rows(rows)})
	}
	if refused != nil {
		sheets = append(sheets, tabular.OutSheet{Name: "Refused rows", Header: []string{"File", "Sheet", "Row", "Column", "What stood there (shape)", "Why it was refused"}, Rows: refused})
	}
	return tabular.WriteXLSX(w, p.MadeAt, sheets)
}
