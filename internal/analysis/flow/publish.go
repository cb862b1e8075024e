package flow

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"lantern.example/lantern/internal/analysis/disclosure"
)

// Options says how flows are made fit to show.
type Options struct {
	// Disclosure says how small numbers are hidden. Earlier must be empty. A pair
	// not listed is a zero everybody sees, so zeros are never used as cover.
	Disclosure disclosure.Options
	// TrueCounts hides nothing. It is for people entitled to the numbers.
	TrueCounts bool
}

// End is the sum of the flows that share an origin, or a destination, in one
// period.
type End struct {
	Area       string `json:"area"`
	Period     string `json:"period"`
	People     *int   `json:"people"` // nil: hidden if Suppressed, otherwise not known
	Flows      int    `json:"flows"`
	Missing    int    `json:"missing"` // flows without a number of people
	Suppressed bool   `json:"suppressed"`
}

// Pair names a flow of which a number is hidden, and which numbers.
type Pair struct {
	Origin      string   `json:"origin"`
	Destination string   `json:"destination"`
	Period      string   `json:"period"`
	Withheld    []string `json:"withheld"`
}

// Finding is a sentence with its base.
type Finding struct {
	Question string `json:"question"`
	Sentence string `json:"sentence"`
	Base     string `json:"base"`
	Source   string `json:"source"`
}

// Result is a set of flows fit to show.
type Result struct {
	Flows         []Flow   `json:"flows"`
	ByOrigin      []End    `json:"by_origin"`
	ByDestination []End    `json:"by_destination"`
	Totals        []End    `json:"totals"` // one a period; Area is empty
	Suppressed    []Pair   `json:"suppressed"`
	Finding       *Finding `json:"finding"`
	Threshold     int      `json:"threshold"`
	Refused       bool     `json:"refused"`
	Reasons       []string `json:"reasons"`
	Warnings      []string `json:"warnings"`
}

// Publish adds rows up and hides small numbers. No rows, or flows that cannot be
// protected under the options, give a refused result with reasons.
func Publish(rows []Row, opt Options) (Result, error) {
	if len(opt.Disclosure.Earlier) > 0 {
		return Result{}, fmt.Errorf("flows are not compared with earlier releases here: build the table of one period and use disclosure.Protect")
	}
	if opt.Disclosure.Zeros == disclosure.ZerosAsCover {
		opt.Disclosure.Zeros = disclosure.ZerosShown
	}
	res := Result{Reasons: []string{}, Warnings: []string{}}
	flows, err := Aggregate(rows)
	if err != nil {
		return Result{}, err
	}
	if len(flows) == 0 {
		return refuse(res, "there are no flows"), nil
	}
	res.Flows, res.Suppressed = flows, []Pair{}
	res.Warnings = warnings(flows)
	for from := 0; from < len(flows); {
		to := from
		for to < len(flows) && flows[to].Period == flows[from].Period {
			to++
		}
		reasons, err := res.period(flows[from:to], opt)
		if err != nil {
			return Result{}, err
		}
		if len(reasons) > 0 {
			return refuse(res, reasons...), nil
		}
		from = to
	}
	for _, f := range flows {
		if len(f.Withheld) > 0 {
			res.Suppressed = append(res.Suppressed, Pair{f.Origin, f.Destination, f.Period, f.Withheld})
		}
	}
	res.Finding = res.find()
	return res, nil
}

// refuse empties every headline field and says why.
func refuse(r Result, reasons ...string) Result {
	return Result{Threshold: r.Threshold, Refused: true, Reasons: reasons, Warnings: r.Warnings}
}

// period protects the flows of one period and adds their ends to the result.
func (r *Result) period(flows []Flow, opt Options) (reasons []string, err error) {
	origins, destinations := names(flows, func(f Flow) string { return f.Origin }), names(flows, func(f Flow) string { return f.Destination })
	cells := make([][]int, len(origins))
	for i := range cells {
		cells[i] = make([]int, len(destinations))
	}
	place := func(f Flow) (int, int) {
		i, _ := slices.BinarySearch(origins, f.Origin)
		j, _ := slices.BinarySearch(destinations, f.Destination)
		return i, j
	}
	for _, f := range flows {
		if i, j := place(f); f.People != nil {
			cells[i][j] = *f.People
		}
	}
	table, err := shown(disclosure.New(origins, destinations, cells), opt)
	if err != nil {
		return nil, err
	}
	if table.Refused {
		return table.Reasons, nil
	}
	r.Threshold = table.Threshold
	for k := range flows {
		i, j := place(flows[k])
		flows[k].publish(table.Table[i][j], table.Threshold, opt)
	}
	period := flows[0].Period
	for i, o := range origins {
		r.ByOrigin = append(r.ByOrigin, end(o, period, table.Table[i][len(destinations)], flows, func(f Flow) bool { return f.Origin == o }))
	}
	for j, d := range destinations {
		r.ByDestination = append(r.ByDestination, end(d, period, table.Table[len(origins)][j], flows, func(f Flow) bool { return f.Destination == d }))
	}
	r.Totals = append(r.Totals, end("", period, table.Table[len(origins)][len(destinations)], flows, func(Flow) bool { return true }))
	return nil, nil
}

// shown protects a table, or shows all of it to those entitled to true counts.
func shown(t disclosure.Table, opt Options) (disclosure.Result, error) {
	if !opt.TrueCounts {
		// The labels of totals must not collide with an area called "Total".
		t.RowTotal, t.ColumnTotal = "all destinations", "all origins"
		return disclosure.Protect(t, opt.Disclosure)
	}
	var res disclosure.Result
	for i, row := range t.Cells {
		var line []*int
		for j := range row {
			line = append(line, &row[j])
		}
		res.Table = append(res.Table, append(line, &t.RowTotals[i]))
	}
	var totals []*int
	for j := range t.ColumnTotals {
		totals = append(totals, &t.ColumnTotals[j])
	}
	res.Table = append(res.Table, append(totals, &t.Total))
	return res, nil
}

// names lists the distinct names of one end in alphabetical order.
func names(flows []Flow, of func(Flow) string) []string {
	var out []string
	for _, f := range flows {
		out = append(out, of(f))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// end describes one origin, destination or everything.
func end(area, period string, people *int, flows []Flow, in func(Flow) bool) End {
	e := End{Area: area, Period: period, People: people, Suppressed: people == nil}
	for _, f := range flows {
		if !in(f) {
			continue
		}
		e.Flows++
		if f.Missing > 0 {
			e.Missing++
		}
	}
	if e.Missing == e.Flows && e.People != nil && *e.People == 0 {
		e.People = nil // nobody knows; it is not zero
	}
	return e
}

// publish puts the number fit to show in place of the true one, and hides
// breakdowns that would tell of a few people.
func (f *Flow) publish(people *int, threshold int, opt Options) {
	if opt.TrueCounts {
		return
	}
	truth := f.People
	if f.Suppressed = truth != nil && people == nil; f.Suppressed {
		f.Withheld = append(f.Withheld, "people")
	}
	if truth != nil {
		f.People = people
	}
	hide := make([]bool, 4)
	for i, m := range f.measures() {
		v := *m.value
		hide[i] = v != nil && (f.Suppressed || f.tells(*v, threshold, truth, opt.Disclosure.Zeros))
	}
	// Neither confirmed nor suspected: the remainder is a count of people too.
	if c, s := f.Confirmed, f.Suspected; truth != nil && c != nil && s != nil && !hide[0] && !hide[1] && few(*truth-*c-*s, threshold) {
		hide[1] = true
	}
	for i, m := range f.measures() {
		if hide[i] {
			*m.value = nil
			f.Withheld = append(f.Withheld, m.name)
		} else if v := *m.value; v != nil && opt.Disclosure.Round > 1 {
			rounded := disclosure.RoundTo(*v, opt.Disclosure.Round)
			*m.value = &rounded
		}
	}
}

// tells says whether a breakdown, or what it leaves of the people, is few.
func (f *Flow) tells(v, threshold int, people *int, zeros disclosure.ZeroPolicy) bool {
	if few(v, threshold) || (v == 0 && zeros == disclosure.ZerosHidden) {
		return true
	}
	return people != nil && f.Missing == 0 && few(*people-v, threshold)
}

func few(v, threshold int) bool { return v > 0 && v < threshold }

// Top returns the n largest flows that can be shown, largest first, alphabetical
// among equals. Hidden and unknown flows are never among them, so the order
// tells nothing about them.
func (r Result) Top(n int) []Flow {
	var out []Flow
	for _, f := range r.Flows {
		if f.People != nil && *f.People > 0 {
			out = append(out, f)
		}
	}
	slices.SortStableFunc(out, func(a, b Flow) int { return cmp.Compare(*b.People, *a.People) })
	return out[:min(max(n, 0), len(out))]
}

// find says what stands out, with its base.
func (r Result) find() *Finding {
	hidden, unknown := 0, 0
	for _, f := range r.Flows {
		if f.Suppressed {
			hidden++
		} else if f.People == nil {
			unknown++
		}
	}
	out := &Finding{Question: "How far does it reach?", Source: strings.Join(sources(r.Flows), "; ")}
	out.Base = fmt.Sprintf("%s in %s; %s hidden (threshold %d), %s without a number",
		count(len(r.Flows), "flow"), count(len(r.Totals), "period"), count(hidden, "flow"), r.Threshold, count(unknown, "flow"))
	top := r.Top(1)
	if len(top) == 0 {
		out.Sentence = "No flow can be shown with a number: all are too small to show, empty or not known."
		return out
	}
	f := top[0]
	out.Sentence = fmt.Sprintf("The largest flow that can be shown leads from %s to %s: %s", f.Origin, f.Destination, people(*f.People))
	for _, t := range r.Totals {
		if t.Period == f.Period && t.People != nil && len(r.Flows) > 1 {
			out.Sentence += fmt.Sprintf(" of the %s counted", thousands(*t.People))
		}
	}
	if f.Period != "" {
		out.Sentence += " in " + f.Period
	}
	out.Sentence += "."
	return out
}

// sources lists every source once.
func sources(flows []Flow) []string {
	var out []string
	for _, f := range flows {
		out = append(out, f.Sources...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// warnings tells what the sums rest on.
func warnings(flows []Flow) []string {
	out := []string{}
	several, missing, more := 0, 0, 0
	for _, f := range flows {
		if len(f.Sources) > 1 {
			several++
		}
		if f.Missing > 0 && f.People != nil {
			missing++
		}
		if f.People != nil && f.Missing == 0 && f.Confirmed != nil && f.Suspected != nil && *f.Confirmed+*f.Suspected > *f.People {
			more++
		}
	}
	if several > 0 {
		out = append(out, fmt.Sprintf("%s add up what several sources counted: a person known to two is counted twice", count(several, "flow")))
	}
	if missing > 0 {
		out = append(out, fmt.Sprintf("%s lack the number of people in some of their rows: their sums are lower limits", count(missing, "flow")))
	}
	if more > 0 {
		out = append(out, fmt.Sprintf("in %s confirmed and suspected add up to more than the people: some are counted as both", count(more, "flow")))
	}
	if flows[0].Period != flows[len(flows)-1].Period {
		out = append(out, "periods are kept apart: a person may be counted in several, so they are not added up")
	}
	return out
}

func people(n int) string {
	if n == 1 {
		return "1 person"
	}
	return thousands(n) + " people"
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return thousands(n) + " " + noun + "s"
}

// thousands writes 4013 as 4,013.
func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
