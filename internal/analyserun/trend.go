package analyserun

import (
	"fmt"
	"math"
	"strings"

	"lantern.example/lantern/internal/analysis/trend"
	"lantern.example/lantern/internal/fault"
)

// TrendOptions are those of the trend method.
type TrendOptions struct {
	Breaks     []string // MONTH:LABEL
	Delays     *Input   // event_week, delay, count
	CountName  string
	EffortName string
}

// Trend answers "is it growing, or are we just looking?" from counts and effort by month and source.
func Trend(run Run, in Input, opt TrendOptions) (Answer, error) {
	s, err := read(in, "month, source, effort, count", having("month", "count"))
	if err != nil {
		return Answer{}, err
	}
	series, calendar, err := trendSeries(s)
	if err != nil {
		return Answer{}, err
	}
	how := trend.Options{Calendar: calendar, CountName: opt.CountName, EffortName: opt.EffortName}
	for _, text := range opt.Breaks {
		b, err := trendBreak(text, calendar)
		if err != nil {
			return Answer{}, err
		}
		how.Breaks = append(how.Breaks, b)
	}
	blame := s.blame
	if opt.Delays != nil {
		d, delays, err := trendDelays(*opt.Delays)
		if err != nil {
			return Answer{}, err
		}
		if _, err := trend.Nowcast(delays); err != nil {
			return Answer{}, d.blame(err)
		}
		how.Delays = delays
	}
	res, err := trend.Analyse(series, how)
	if err != nil {
		return Answer{}, blame(err)
	}
	return run.answer("trend", s.sha256, res, trendWords(res), "bounds", "verdict", "sentence")
}

func trendSeries(s *sheet) ([]trend.Observation, bool, error) {
	month, source, effort, count := s.column("month"), s.column("source"), s.column("effort"), s.column("count")
	out := make([]trend.Observation, len(s.rows))
	calendar := false
	for i := range s.rows {
		m, c, err := trend.ParseMonth(s.text(i, month))
		if err != nil || i > 0 && c != calendar {
			want := "a whole number from 1, or YYYY-MM"
			if err == nil {
				want = "the month in the same form as in the rows above"
			}
			return nil, false, s.bad(i, month, want)
		}
		calendar = c
		o := trend.Observation{Month: m, Source: s.text(i, source)}
		if source >= 0 && o.Source == "" {
			return nil, false, s.bad(i, source, "the name of the source")
		}
		if source < 0 {
			o.Source = "all"
		}
		if o.Effort, err = s.maybe(i, effort, "how hard the source looked, a number above 0, or nothing"); err != nil {
			return nil, false, err
		}
		if o.Count, err = s.number(i, count, "a whole number, 0 or more"); err != nil {
			return nil, false, err
		}
		out[i] = o
	}
	return out, calendar, nil
}

func trendBreak(text string, calendar bool) (trend.Break, error) {
	when, label, ok := strings.Cut(text, ":")
	m, c, err := trend.ParseMonth(strings.TrimSpace(when))
	if !ok || err != nil || strings.TrimSpace(label) == "" {
		return trend.Break{}, fault.New(fault.Invalid, "--break %s: expected MONTH:LABEL, such as 2024-09:new form.", text)
	}
	if c != calendar {
		return trend.Break{}, fault.New(fault.Invalid, "--break %s: expected the month in the same form as in the file.", text)
	}
	return trend.Break{Month: m, Label: strings.TrimSpace(label)}, nil
}

func trendDelays(in Input) (*sheet, []trend.Delay, error) {
	s, err := read(in, "event_week, delay, count", having("event_week", "delay", "count"))
	if err != nil {
		return nil, nil, err
	}
	week, delay, count := s.column("event_week"), s.column("delay"), s.column("count")
	out := make([]trend.Delay, len(s.rows))
	for i := range s.rows {
		d := trend.Delay{Label: s.text(i, week)}
		if d.Week, err = trend.ParseWeek(d.Label); err != nil {
			return nil, nil, s.bad(i, week, "a whole number, a week such as 2024-W05, or a date")
		}
		if d.Delay, err = s.whole(i, delay, "a whole number of weeks, 0 or more"); err != nil {
			return nil, nil, err
		}
		if d.Count, err = s.number(i, count, "a whole number, 0 or more"); err != nil {
			return nil, nil, err
		}
		out[i] = d
	}
	return s, out, nil
}

func trendWords(res trend.Result) string {
	finding := ""
	if res.Sentence != nil {
		finding = *res.Sentence
	}
	p := newPage(res.Refused, res.Reasons, finding)
	percent := func(v float64) string { return fmt.Sprintf("%+.1f %%", 100*math.Expm1(v)) }
	var rows [][]string
	for _, f := range []struct {
		name string
		of   *trend.Slope
	}{
		{"all together, nothing taken into account", res.Naive}, {"level of each source", res.SourceFixed}, {"per unit of effort (Poisson)", res.OffsetPoisson},
		{"per unit of effort (quasi-Poisson)", res.OffsetQuasi}, {"per unit of effort (negative binomial)", res.OffsetNegbin}, {"elasticity estimated", res.FreeElasticity},
		{"sources that reported throughout, per unit of effort", res.ConstantPanel}, {"sources that reported throughout, effort left out", res.ConstantPanelNoEffort},
	} {
		if f.of != nil {
			rows = append(rows, []string{f.name, percent(f.of.PerYear), number(f.of.PerYear), number(f.of.SE)})
		}
	}
	p.table("Growth a year", []string{"fit", "change", "log", "standard error"}, rows)
	rows = nil
	for _, b := range res.Breaks {
		step := "not worked out"
		if b.Step != nil {
			step = percent(*b.Step)
		}
		rows = append(rows, []string{b.Month, b.Label, step})
	}
	p.table("Changes in recording", []string{"month", "what", "step"}, rows)
	if res.Yield != nil {
		rows = nil
		for _, y := range res.Yield.Periods {
			rows = append(rows, []string{y.From + " to " + y.To, number(y.Count), number(y.Effort), number(y.Yield), between((*[2]float64)(&y.Interval))})
		}
		p.table("Found per unit of effort: "+res.Yield.Reading, []string{"period", "found", "effort", "per unit", "95 % interval"}, rows)
	}
	rows = nil
	for _, w := range res.Nowcast {
		rows = append(rows, []string{w.Week, number(w.Reported), number(round(w.Estimate)), between((*[2]float64)(w.Interval))})
	}
	p.longTable("Weeks as they are expected to end", []string{"week", "reported so far", "expected", "95 % interval"}, rows)
	p.list("Read with care", res.Warnings)
	return p.String()
}
