package analyserun

import (
	"math/rand/v2"
	"strconv"
	"strings"

	"lantern.example/lantern/internal/analysis/agreement"
	"lantern.example/lantern/internal/analysis/disclosure"
	"lantern.example/lantern/internal/analysis/market"
	"lantern.example/lantern/internal/analysis/network"
	"lantern.example/lantern/internal/analysis/prepost"
	"lantern.example/lantern/internal/analysis/trend"
	"lantern.example/lantern/internal/fault"
)

func (run Run) rng() *rand.Rand { return rand.New(rand.NewPCG(run.Seed, 0)) }

// MarketOptions are those of the market method.
type MarketOptions struct {
	Draws        int
	Unit         string   // put before amounts, such as "£"
	Correlations []string // QUANTITY:QUANTITY:RANK
}

// marketResult leaves the headline figures out of a refusal.
type marketResult struct {
	market.Result
	Median   *float64    `json:"median"`
	Mean     *float64    `json:"mean"`
	Interval *[2]float64 `json:"interval95"`
}

// Market works out the size of a market from quantities known as ranges.
func Market(run Run, in Input, opt MarketOptions) (Answer, error) {
	s, err := read(in, "quantity, low, high, shape, source, year", having("quantity", "low", "high"))
	if err != nil {
		return Answer{}, err
	}
	inputs := make([]market.Input, len(s.rows))
	for i := range s.rows {
		m := market.Input{
			Quantity: s.text(i, s.column("quantity")), Shape: market.Shape(strings.ToLower(s.text(i, s.column("shape")))), Source: s.text(i, s.column("source")),
			Area: s.text(i, s.column("area")), AgreedBy: s.text(i, s.column("agreed_by", "who agreed it")),
		}
		if m.Low, err = s.number(i, s.column("low"), "a number"); err != nil {
			return Answer{}, err
		}
		if m.High, err = s.number(i, s.column("high"), "a number"); err != nil {
			return Answer{}, err
		}
		if s.text(i, s.column("year")) != "" {
			if m.Year, err = s.whole(i, s.column("year"), "a year such as 2024"); err != nil {
				return Answer{}, err
			}
		}
		inputs[i] = m
	}
	how := market.Options{Draws: opt.Draws, Threads: run.Threads, Unit: opt.Unit}
	for _, text := range opt.Correlations {
		parts := strings.Split(text, ":")
		if len(parts) != 3 {
			return Answer{}, fault.New(fault.Invalid, "--correlation %s: expected QUANTITY:QUANTITY:RANK, such as days:spend:0.4.", text)
		}
		rank, err := parseNumber(strings.TrimSpace(parts[2]))
		if err != nil {
			return Answer{}, fault.New(fault.Invalid, "--correlation %s: expected a rank correlation between -1 and 1 at its end.", text)
		}
		how.Correlations = append(how.Correlations, market.Correlation{A: strings.TrimSpace(parts[0]), B: strings.TrimSpace(parts[1]), Rank: rank})
	}
	res, err := market.Estimate(inputs, how, run.rng())
	if err != nil {
		return Answer{}, s.blame(err)
	}
	shown := marketResult{Result: res, Median: &res.Median, Mean: &res.Mean, Interval: &res.Interval}
	return run.answer("market", s.sha256, shown, marketWords(res), "median", "mean", "interval95", "what_to_find_out_next", "sentence")
}

func marketWords(res market.Result) string {
	p := newPage(res.Refused, res.Reasons, res.Sentence)
	if !res.Refused {
		p.table("The value", []string{"median", "mean", "95 % interval"}, [][]string{{number(round(res.Median)), number(round(res.Mean)), rounded(&res.Interval)}})
		var rows [][]string
		for _, v := range res.VarianceShare {
			rows = append(rows, []string{v.Quantity, strconv.FormatFloat(100*v.Share, 'f', 0, 64) + " %"})
		}
		p.table("Where the uncertainty comes from", []string{"quantity", "share of the variance"}, rows)
	}
	p.list("Read with care", res.Warnings)
	return p.String()
}

// Prepost compares a series before and after a date.
func Prepost(run Run, in Input, at string) (Answer, error) {
	date, calendar, err := parseTime(at)
	if err != nil {
		return Answer{}, fault.New(fault.Invalid, "--at %s: expected a time as in the file: a number, or a month such as 2024-09.", at)
	}
	s, err := read(in, "time, count and perhaps effort, control", having("time", "count"))
	if err != nil {
		return Answer{}, err
	}
	points := make([]prepost.Point, len(s.rows))
	for i := range s.rows {
		p := prepost.Point{}
		var months bool
		if p.Time, months, err = parseTime(s.text(i, s.column("time"))); err != nil || months != calendar {
			return Answer{}, s.bad(i, s.column("time"), "a time in the same form as --at: a number, or a month such as 2024-09")
		}
		if p.Count, err = s.number(i, s.column("count"), "a whole number, 0 or more"); err != nil {
			return Answer{}, err
		}
		if p.Effort, err = s.maybe(i, s.column("effort"), "a number above 0"); err != nil {
			return Answer{}, err
		}
		if p.Control, err = s.maybe(i, s.column("control"), "a whole number, 0 or more"); err != nil {
			return Answer{}, err
		}
		points[i] = p
	}
	res, err := prepost.Analyse(points, date)
	if err != nil {
		return Answer{}, s.blame(err)
	}
	return run.answer("prepost", s.sha256, res, prepostWords(res), "level_change", "slope_change", "sentence")
}

// parseTime reads a number, or a month, which is counted in months.
func parseTime(text string) (value float64, calendar bool, err error) {
	text = strings.TrimSpace(text)
	if v, err := parseNumber(text); err == nil {
		return v, false, nil
	}
	m, calendar, err := trend.ParseMonth(text)
	return float64(m), calendar, err
}

func prepostWords(res prepost.Result) string {
	finding := ""
	if res.Sentence != nil {
		finding = *res.Sentence
	}
	p := newPage(res.Refused, res.Reasons, finding)
	var rows [][]string
	for _, c := range []struct {
		name string
		of   *prepost.Change
	}{{"level", res.LevelChange}, {"trend, a unit of time", res.SlopeChange}} {
		if c.of != nil && !res.Refused {
			rows = append(rows, []string{c.name, number(c.of.Estimate), number(c.of.SE), between(&c.of.Interval)})
		}
	}
	p.table("Changes of the logarithm of the count", []string{"change of", "estimate", "standard error", "95 % interval"}, rows)
	p.list("Read with care", res.Warnings)
	return p.String()
}

// networkResult leaves the summary out of a refusal.
type networkResult struct {
	network.Result
	Modularity *float64 `json:"modularity"`
}

// Network describes how places, lines or groups are joined.
func Network(run Run, in Input, betweenness string) (Answer, error) {
	sources, err := network.ParseBetweenness(betweenness)
	if err != nil {
		return Answer{}, fault.Wrap(fault.Invalid, err, "--betweenness %s: expected exact, or sampled:K with K sources.", betweenness)
	}
	s, err := read(in, "a, b and perhaps date, event", having("a", "b"))
	if err != nil {
		return Answer{}, err
	}
	edges := make([]network.Edge, len(s.rows))
	for i := range s.rows {
		edges[i] = network.Edge{A: s.text(i, s.column("a")), B: s.text(i, s.column("b")), Date: s.text(i, s.column("date")), Event: s.text(i, s.column("event"))}
	}
	res, err := network.Describe(edges, network.Options{Sources: sources, Threads: run.Threads}, run.rng())
	if err != nil {
		return Answer{}, s.blame(err)
	}
	return run.answer("network", s.sha256, networkResult{Result: res, Modularity: &res.Modularity}, networkWords(res), "modularity")
}

func networkWords(res network.Result) string {
	finding := plural(len(res.Nodes), "node") + ", " + plural(res.Edges, "edge") + ", " + plural(res.Components, "component") + " and " + plural(res.Communities, "community")
	switch n := len(res.Articulation); {
	case n == 0:
		finding += "; none of them alone holds parts together"
	case n == 1:
		finding += "; one of them alone holds parts together: " + res.Articulation[0]
	default:
		finding += "; " + strconv.Itoa(n) + " of them each alone hold parts together"
	}
	p := newPage(res.Refused, res.Reasons, finding)
	var rows [][]string
	for _, n := range res.Nodes {
		rows = append(rows, []string{n.ID, strconv.Itoa(n.Degree), number(n.Betweenness), strconv.Itoa(n.Core), maybeNumber(n.Clustering), strconv.Itoa(n.Component), strconv.Itoa(n.Community)})
	}
	p.longTable("By id, in no order of importance", []string{"id", "degree", "betweenness", "core", "clustering", "component", "community"}, rows)
	p.list("Read with care", append(res.Warnings, "For places, lines and groups. It says nothing about a person"))
	return p.String()
}

func plural(n int, noun string) string {
	if n == 1 {
		return "one " + noun
	}
	if strings.HasSuffix(noun, "y") {
		noun = strings.TrimSuffix(noun, "y") + "ie"
	}
	return number(float64(n)) + " " + noun + "s"
}

// AgreementOptions are those of the agreement method.
type AgreementOptions struct {
	Order     []string // of values, from least to most
	Positive  string   // the value that means present
	Bootstrap int
}

// Agreement says how far coders agree.
func Agreement(run Run, in Input, opt AgreementOptions) (Answer, error) {
	if opt.Bootstrap < 0 || opt.Bootstrap > 1_000_000 {
		return Answer{}, fault.New(fault.Invalid, "--bootstrap %d: expected 0 to 1,000,000.", opt.Bootstrap)
	}
	s, err := read(in, "unit, coder, value", having("unit", "coder", "value"))
	if err != nil {
		return Answer{}, err
	}
	codings := make([]agreement.Coding, len(s.rows))
	for i := range s.rows {
		codings[i] = agreement.Coding{Unit: s.text(i, s.column("unit")), Coder: s.text(i, s.column("coder")), Value: s.text(i, s.column("value"))}
	}
	res, err := agreement.Analyse(codings, agreement.Options{Order: opt.Order, Positive: opt.Positive, Replicates: opt.Bootstrap}, run.rng())
	if err != nil {
		return Answer{}, s.blame(err)
	}
	return run.answer("agreement", s.sha256, res, agreementWords(res), "percent", "positive", "cohen_kappa", "fleiss_kappa")
}

func agreementWords(res agreement.Result) string {
	finding := plural(res.Coders, "coder") + ", " + plural(res.Pairable, "unit") + " coded by two or more"
	if a := res.Alpha.Nominal; a != nil {
		reading := "too little to rely on"
		switch {
		case *a >= agreement.Reliable:
			reading = "codes can be relied on"
		case *a >= agreement.Tentative:
			reading = "codes can be relied on tentatively"
		}
		finding += ": Krippendorff's alpha is " + number(*a) + ", " + reading
	}
	p := newPage(res.Refused, res.Reasons, finding)
	var rows [][]string
	for _, m := range []struct {
		name  string
		of    *float64
		limit *[2]float64
	}{
		{"percent", res.Percent, nil}, {"positive agreement", res.Positive, nil}, {"Cohen's kappa", res.CohenKappa, nil}, {"Fleiss's kappa", res.FleissKappa, nil},
		{"alpha, nominal", res.Alpha.Nominal, res.AlphaLimits.Nominal}, {"alpha, ordinal", res.Alpha.Ordinal, res.AlphaLimits.Ordinal},
		{"alpha, interval", res.Alpha.Interval, res.AlphaLimits.Interval}, {"alpha, ratio", res.Alpha.Ratio, res.AlphaLimits.Ratio},
	} {
		if m.of != nil && !res.Refused {
			rows = append(rows, []string{m.name, number(*m.of), between(m.limit)})
		}
	}
	p.table("Agreement", []string{"measure", "value", "95 % interval"}, rows)
	rows = nil
	for _, d := range res.Disagreements {
		var given []string
		for _, v := range d.Values {
			given = append(given, v.Coder+": "+v.Value)
		}
		rows = append(rows, []string{d.Unit, strings.Join(given, ", ")})
	}
	p.longTable("Units to talk about", []string{"unit", "values"}, rows)
	p.list("Read with care", res.Warnings)
	return p.String()
}

// DisclosureOptions are those of the disclosure method.
type DisclosureOptions struct {
	Threshold int
	Round     int
	// Published are earlier publications of these same counts, Earlier tables of counts that these include: everybody
	// counted then is counted again. They have the layout of the table; a number that was hidden is blank, c or *.
	Published, Earlier []Input
}

// Disclosure hides small numbers in a table with totals.
func Disclosure(run Run, in Input, opt DisclosureOptions) (Answer, error) {
	s, err := read(in, "row labels, columns of counts and a column of totals", func(s *sheet) bool { return len(s.header) >= 3 })
	if err != nil {
		return Answer{}, err
	}
	table, err := disclosureTable(s)
	if err != nil {
		return Answer{}, err
	}
	if opt.Threshold < disclosure.MinThreshold || opt.Round < 0 {
		return Answer{}, fault.New(fault.Invalid, "--threshold %d --round %d: expected a threshold of at least %d and a base of 0 or more.", opt.Threshold, opt.Round, disclosure.MinThreshold)
	}
	how := disclosure.Options{Threshold: opt.Threshold, Round: opt.Round}
	for _, kind := range []struct {
		files    []Input
		relation disclosure.Relation
	}{{opt.Published, disclosure.SameCount}, {opt.Earlier, disclosure.Cumulative}} {
		for _, f := range kind.files {
			r, err := release(f, kind.relation)
			if err != nil {
				return Answer{}, err
			}
			how.Earlier = append(how.Earlier, r)
		}
	}
	res, err := disclosure.Protect(table, how)
	if err != nil {
		return Answer{}, s.blame(err)
	}
	return run.answer("disclosure", s.sha256, res, disclosureWords(res), "table")
}

func disclosureTable(s *sheet) (disclosure.Table, error) {
	if len(s.rows) < 2 {
		return disclosure.Table{}, fault.New(fault.Invalid, "%s: there are %d rows below the header; expected rows of counts and a last row of totals.", s.file, len(s.rows))
	}
	var labels []string
	cells := make([][]int, len(s.rows))
	for i := range s.rows {
		label := s.text(i, 0)
		if label == "" {
			return disclosure.Table{}, s.bad(i, 0, "the row's label")
		}
		labels = append(labels, label)
		for c := 1; c < len(s.header); c++ {
			n, err := s.whole(i, c, "a count, a whole number of 0 or more")
			if err != nil {
				return disclosure.Table{}, err
			}
			cells[i] = append(cells[i], n)
		}
	}
	table, err := disclosure.FromMatrix(labels, s.header[1:], cells)
	if err != nil {
		return disclosure.Table{}, s.blame(err)
	}
	return table, nil
}

// release reads a table as it was published before.
func release(in Input, relation disclosure.Relation) (disclosure.Release, error) {
	s, err := read(in, "row labels, columns of counts and a column of totals", func(s *sheet) bool { return len(s.header) >= 3 })
	if err != nil {
		return disclosure.Release{}, err
	}
	if len(s.rows) < 2 {
		return disclosure.Release{}, fault.New(fault.Invalid, "%s: there are %d rows below the header; expected rows of counts and a last row of totals.", s.file, len(s.rows))
	}
	out := disclosure.Release{Name: in.Name, Relation: relation, Columns: s.header[1 : len(s.header)-1]}
	for i := range s.rows {
		if i < len(s.rows)-1 {
			out.Rows = append(out.Rows, s.text(i, 0))
		}
		row := make([]*int, len(s.header)-1)
		for c := range row {
			switch strings.ToLower(s.text(i, c+1)) {
			case "", "c", "*", "hidden":
				continue
			}
			n, err := s.whole(i, c+1, "a count, a whole number of 0 or more, or nothing where it was hidden")
			if err != nil {
				return disclosure.Release{}, err
			}
			row[c] = &n
		}
		out.Table = append(out.Table, row)
	}
	return out, nil
}

func disclosureWords(res disclosure.Result) string {
	finding := "Nothing had to be hidden"
	if n := len(res.Primary) + len(res.Secondary); n > 0 {
		finding = plural(len(res.Primary), "small number") + " hidden, and " + plural(len(res.Secondary), "other") + " so that no total gives them away"
	}
	p := newPage(res.Refused, res.Reasons, finding)
	if !res.Refused {
		var rows [][]string
		for i, r := range res.Table {
			row := []string{res.Rows[i]}
			for _, c := range r {
				if c == nil {
					row = append(row, "hidden")
				} else {
					row = append(row, number(float64(*c)))
				}
			}
			rows = append(rows, row)
		}
		p.table("The table as it may be published", append([]string{""}, res.Columns...), rows)
	}
	p.list("Read with care", res.Warnings)
	return p.String()
}
