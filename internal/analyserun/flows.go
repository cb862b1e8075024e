package analyserun

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"

	"lantern.example/lantern/internal/analysis/disclosure"
	"lantern.example/lantern/internal/analysis/flow"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/figure"
	"lantern.example/lantern/internal/intake/profile"
	"lantern.example/lantern/internal/intake/tabular"
	"lantern.example/lantern/internal/report"
	"lantern.example/lantern/internal/web/chart"
)

// FlowsOptions are those of the flows method.
type FlowsOptions struct {
	Threshold int
	// Page asks for a page with map and table beside the document.
	Page *FlowsPage
}

// FlowsPage is what a page needs that the file does not say.
type FlowsPage struct {
	Made time.Time
	// Locate gives the code and a point of the area with a name; false when there is none.
	Locate     func(name string) (code string, at chart.Point, ok bool)
	Background chart.Background
	Licences   []string
}

// Flows adds up who travels from where to where and hides small numbers. The page is nil unless it was asked for.
func Flows(run Run, in Input, opt FlowsOptions) (answer Answer, page []byte, err error) {
	flows, _ := profile.Find("flows")
	var reader *profile.Reader
	s, err := read(in, "origin, destination, people and perhaps confirmed, suspected, supply, violence, period, source", func(s *sheet) bool {
		var failed error
		reader, failed = flows.Reader(s.header, nil, profile.Options{})
		return failed == nil
	})
	if err != nil {
		return Answer{}, nil, err
	}
	rows := make([]flow.Row, len(s.rows))
	hidden := 0
	counts := []int{s.column("people"), s.column("confirmed"), s.column("suspected"), s.column("supply"), s.column("violence")}
	for i := range s.rows {
		for _, c := range counts {
			if notANumber(s.text(i, c)) {
				return Answer{}, nil, s.bad(i, c, "a whole number, 0 or more, or nothing where it is not known")
			}
		}
		record, issues := reader.Read(tabular.Row{Sheet: s.name, Number: s.numbers[i], Cells: s.rows[i]})
		for _, issue := range issues {
			if issue.Severity == profile.Refusal {
				return Answer{}, nil, s.issue(issue, i)
			}
		}
		r := record.(*profile.FlowRow)
		if r.People.Suppressed {
			hidden++
		}
		rows[i] = flow.Row{
			Origin: r.Origin, Destination: r.Destination, Period: r.Period, Source: r.Source,
			People: known(r.People), Confirmed: known(r.Confirmed), Suspected: known(r.Suspected), Supply: known(r.Supply), Violence: known(r.Violence),
		}
		if err := rows[i].Check(); err != nil {
			return Answer{}, nil, fault.Wrap(fault.Invalid, err, "%s: %s.", s.where(s.numbers[i], ""), strings.TrimSuffix(err.Error(), "."))
		}
	}
	if opt.Threshold < disclosure.MinThreshold {
		return Answer{}, nil, fault.New(fault.Invalid, "--threshold %d: expected at least %d.", opt.Threshold, disclosure.MinThreshold)
	}
	res, err := flow.Publish(rows, flow.Options{Disclosure: disclosure.Options{Threshold: opt.Threshold}})
	if err != nil {
		return Answer{}, nil, s.blame(err)
	}
	if hidden > 0 {
		res.Warnings = append(res.Warnings, fmt.Sprintf("%s had a number that was hidden before it came here; it is not known", plural(hidden, "row")))
	}
	answer, err = run.answer("flows", s.sha256, res, flowsWords(res), "finding")
	if err != nil || opt.Page == nil || res.Refused {
		return answer, nil, err
	}
	page, err = flowsPage(run, in.Name, res, opt.Page)
	return answer, page, err
}

// issue is a row that the profile refused. The columns hold names of areas and counts, which may be shown.
func (s *sheet) issue(issue profile.Issue, i int) error {
	text := issue.Reason
	if c := s.column(issue.Column); issue.Column != "" && c >= 0 && s.text(i, c) != "" {
		text = fmt.Sprintf("got %q; %s", s.text(i, c), issue.Reason)
	}
	return fault.New(fault.Invalid, "%s: %s.", s.where(issue.Row, issue.Column), text)
}

func known(c profile.Count) *int {
	if !c.Known {
		return nil
	}
	return &c.N
}

// people writes a number of people, or why there is none.
func people(n *int, suppressed bool) string {
	switch {
	case n != nil:
		return number(float64(*n))
	case suppressed:
		return "hidden"
	}
	return "not known"
}

var flowHeader = []string{"From", "To", "Period", "People", "Confirmed", "Suspected", "By supply", "By violence"}

func flowRows(res flow.Result) [][]string {
	var rows [][]string
	for _, f := range res.Flows {
		row := []string{f.Origin, f.Destination, f.Period, people(f.People, f.Suppressed)}
		for _, part := range []struct {
			name string
			of   *int
		}{{"confirmed", f.Confirmed}, {"suspected", f.Suspected}, {"supply", f.Supply}, {"violence", f.Violence}} {
			row = append(row, people(part.of, slices.Contains(f.Withheld, part.name)))
		}
		rows = append(rows, row)
	}
	return rows
}

func endRows(ends []flow.End) [][]string {
	var rows [][]string
	for _, e := range ends {
		rows = append(rows, []string{e.Area, e.Period, people(e.People, e.Suppressed), number(float64(e.Flows))})
	}
	return rows
}

func flowsWords(res flow.Result) string {
	finding := ""
	if res.Finding != nil {
		finding = res.Finding.Sentence
	}
	p := newPage(res.Refused, res.Reasons, finding)
	p.longTable("Flows", flowHeader, flowRows(res))
	p.longTable("By origin", []string{"From", "Period", "People", "Flows"}, endRows(res.ByOrigin))
	p.longTable("By destination", []string{"To", "Period", "People", "Flows"}, endRows(res.ByDestination))
	p.list("Read with care", res.Warnings)
	return p.String()
}

// flowsPage puts the flows on one self-contained page.
func flowsPage(run Run, file string, res flow.Result, how *FlowsPage) ([]byte, error) {
	d := report.Document{
		Title: "Flows between areas", Subtitle: file, Made: how.Made, Generator: "Lantern " + run.Version,
		Warnings: res.Warnings, Licences: how.Licences,
	}
	chapter := report.Chapter{ID: "flows", Title: "How far does it reach?"}
	if f := res.Finding; f != nil {
		chapter.Findings = []figure.Finding{{Question: f.Question, Sentence: f.Sentence, Base: f.Base, Source: f.Source}}
	}
	drawn, unplaced := flowMap(res, how)
	if len(drawn.Flows) > 0 {
		svg, err := chart.Draw(drawn, "flows-map", chart.Wide)
		if err != nil {
			return nil, fault.Wrap(fault.Unavailable, err, "The map cannot be drawn: %v.", err)
		}
		chapter.Figures = []report.Figure{{Finding: drawn.Finding, Base: drawn.Base, SVG: svg}}
	}
	if len(unplaced) > 0 {
		chapter.Intro = "Not on the map, because no area has exactly this name: " + strings.Join(unplaced, ", ") + "."
	}
	base := fmt.Sprintf("Counts under %d are hidden, with as many others as it takes to keep them hidden.", res.Threshold)
	chapter.Tables = []report.Table{
		{Caption: "From where to where", Header: flowHeader, Numeric: []bool{false, false, false, true, true, true, true, true}, Rows: flowRows(res), Base: base},
		{Caption: "By origin", Header: []string{"From", "Period", "People", "Flows"}, Numeric: []bool{false, false, true, true}, Rows: endRows(res.ByOrigin), Base: base},
		{Caption: "By destination", Header: []string{"To", "Period", "People", "Flows"}, Numeric: []bool{false, false, true, true}, Rows: endRows(res.ByDestination), Base: base},
	}
	d.Chapters = []report.Chapter{chapter}
	var b bytes.Buffer
	if err := d.WriteHTML(&b); err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "The page cannot be written: %v.", err)
	}
	return b.Bytes(), nil
}

// flowMap is the map of the largest flows that can be shown, and the names that are on no map.
func flowMap(res flow.Result, how *FlowsPage) (m chart.FlowMap, unplaced []string) {
	const largest = 25
	m = chart.FlowMap{Unit: "people", Most: largest, Background: how.Background}
	m.Title = "Who is linked from where to where"
	m.Base = "Each line runs from its wide end to its point, from the middle of an area to the middle of an area."
	codes := map[string]string{}
	place := func(name string) (string, bool) {
		if code, met := codes[name]; met {
			return code, code != ""
		}
		code, at, ok := how.Locate(name)
		if !ok {
			codes[name] = ""
			unplaced = append(unplaced, name)
			return "", false
		}
		codes[name] = code
		if !slices.ContainsFunc(m.Places, func(p chart.Place) bool { return p.Code == code }) {
			m.Places = append(m.Places, chart.Place{Code: code, Name: name, At: at, Hub: len(m.Places) < 2})
		}
		return code, true
	}
	shown := res.Top(len(res.Flows))
	for _, f := range shown {
		from, ok := place(f.Origin)
		to, ok2 := place(f.Destination)
		if ok && ok2 && from != to && *f.People > 0 && len(m.Flows) < largest {
			m.Flows = append(m.Flows, chart.Flow{From: from, To: to, Number: chart.Count(*f.People)})
		}
	}
	m.Finding = fmt.Sprintf("The largest %d of %d flows that can be shown.", len(m.Flows), len(shown))
	if len(m.Flows) == len(shown) {
		m.Finding = fmt.Sprintf("All %d flows that can be shown.", len(shown))
	}
	slices.Sort(unplaced)
	return m, unplaced
}
