package analyserun

import (
	"fmt"
	"strings"

	"lantern.example/lantern/internal/analysis/capture"
	"lantern.example/lantern/internal/fault"
)

// CaptureOptions are those of the capture method.
type CaptureOptions struct {
	PEnter    float64
	Bootstrap int
	Engines   []string
}

// Capture estimates how many people are on nobody's list, from a table with one 0/1 column a list, and count.
func Capture(run Run, in Input, opt CaptureOptions) (Answer, error) {
	if opt.PEnter <= 0 {
		return Answer{}, fault.New(fault.Invalid, "The p to enter is %v; expected a number between 0 and 1.", opt.PEnter)
	}
	s, err := read(in, "one 0/1 column a list, and count", having("count"))
	if err != nil {
		return Answer{}, err
	}
	table, err := captureTable(s)
	if err != nil {
		return Answer{}, err
	}
	res, err := capture.Estimate(table, capture.Options{PEnter: opt.PEnter, Bootstrap: opt.Bootstrap, Engines: opt.Engines, Seed: run.Seed, Threads: run.Threads})
	if err != nil {
		return Answer{}, fault.Wrap(fault.Invalid, err, "%s.", sentence(err.Error()))
	}
	return run.answer("capture", s.sha256, res, captureWords(res), "headline", "range95")
}

func captureTable(s *sheet) (capture.Table, error) {
	count := s.column("count")
	if err := s.ownNames(); err != nil {
		return capture.Table{}, err
	}
	var lists []int
	var names []string
	for i, name := range s.header {
		if i != count {
			lists, names = append(lists, i), append(names, strings.TrimSpace(name))
		}
	}
	rows := make([]capture.History, len(s.rows))
	seen := map[string]int{}
	for i := range s.rows {
		h := capture.History{}
		key := ""
		for _, c := range lists {
			v := s.text(i, c)
			if v != "0" && v != "1" {
				return capture.Table{}, s.bad(i, c, "1 for people seen on this list, 0 for people who were not")
			}
			h.On, key = append(h.On, v == "1"), key+v
		}
		var err error
		if h.Count, err = s.whole(i, count, "a whole number of people, 0 or more"); err != nil {
			return capture.Table{}, err
		}
		if before, again := seen[key]; again {
			return capture.Table{}, fault.New(fault.Invalid, "%s: the lists are those of row %d; expected each combination of lists once.", s.where(s.numbers[i], ""), before)
		}
		seen[key], rows[i] = s.numbers[i], h
	}
	table, err := capture.NewTable(names, rows)
	if err != nil {
		return capture.Table{}, s.blame(err)
	}
	return table, nil
}

// ownNames refuses columns whose names reading made up: those without one, and those that shared one.
func (s *sheet) ownNames() error {
	names := map[string]bool{}
	for _, name := range s.header {
		names[strings.ToLower(name)] = true
	}
	for i, name := range s.header {
		if i < 26 && name == "Column "+string(rune('A'+i)) {
			return fault.New(fault.Invalid, "%s: the column has no name; expected the name of a list above each column of 0 and 1.", s.where(s.row, name))
		}
		if first, _, numbered := strings.Cut(name, " ("); numbered && strings.HasSuffix(name, ")") && names[strings.ToLower(first)] {
			return fault.New(fault.Invalid, "%s: two columns are called %q; expected each list once.", s.where(s.row, ""), first)
		}
	}
	return nil
}

func captureWords(res capture.Result) string {
	finding := ""
	if res.Headline != nil {
		finding = *res.Headline
	}
	p := newPage(res.Refused, res.Reasons, finding)
	if !res.Refused {
		captureTables(p, res)
	}
	p.list("Read with care", res.Warnings)
	p.list("This rests on four things that the lists cannot show", res.Assumptions)
	return p.String()
}

func captureTables(p *page, res capture.Result) {
	rows := [][]string{}
	if e := res.Engines.Stepwise; e != nil {
		interval := e.BCa
		if interval == nil {
			interval = e.Wald
		}
		rows = append(rows, []string{"stepwise (the method the Home Office published with)", number(round(e.Estimate)), rounded(interval), strings.Join(append(e.Interactions, e.EmptyOverlaps...), " ")})
	}
	if e := res.Engines.BIC; e != nil {
		rows = append(rows, []string{"best model by BIC", number(round(e.Estimate)), "-", strings.Join(append(e.Interactions, e.EmptyOverlaps...), " ")})
	}
	if e := res.Engines.DGA; e != nil {
		rows = append(rows, []string{"Bayesian average over graphs", number(e.Median), rounded(&e.Interval), ""})
	}
	if e := res.Engines.LatentClass; e != nil {
		rows = append(rows, []string{"latent classes", number(round(e.Median)), rounded(&e.Interval), ""})
	}
	if res.ChaoLower != nil {
		rows = append(rows, []string{"Chao's lower bound, if no list avoids another's people", number(round(*res.ChaoLower)), "", ""})
	}
	p.table(fmt.Sprintf("People in all (%s observed, %s on two lists or more)", number(float64(res.Observed)), number(float64(res.Overlaps))),
		[]string{"method", "estimate", "95 % interval", "lists that depend on each other"}, rows)
	variants := [][]string{}
	add := func(label string, v capture.Variant) {
		variants = append(variants, []string{label, number(float64(v.Observed)), maybeRound(v.Estimate), maybeRound(v.BIC), maybeRound(v.DGA)})
	}
	for _, v := range res.LeaveOneOut {
		add("without "+v.Without, v.Variant)
	}
	for _, v := range res.Merged {
		add(v.Lists[0]+" and "+v.Lists[1]+" as one", v.Variant)
	}
	p.table("With other lists", []string{"lists", "observed", "stepwise", "BIC", "average"}, variants)
	checks := [][]string{}
	for _, c := range res.InternalConsistency {
		verdict := "cannot say"
		if c.Within != nil {
			verdict = map[bool]string{true: "recovered", false: "NOT recovered"}[*c.Within]
		}
		checks = append(checks, []string{c.List, number(float64(c.Truth)), maybeRound(c.Estimate), rounded(c.Wald), maybeRound(c.DGA), rounded(c.DGAInterval), verdict})
	}
	p.table("Do the other lists recover how many are on each list?", []string{"list", "truly on it", "stepwise", "95 % interval", "average", "95 % interval", "verdict"}, checks)
}
