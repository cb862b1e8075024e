package scale

import (
	"fmt"

	"lantern.example/lantern/internal/web/chart"
)

// Chart draws the series above the effort that went into it; nil when its counts are too small to draw. Months in which
// something seems to have changed in recording are marked; where another wording was counted by the line breaks.
func (t *Trend) Chart(agency string) chart.Chart {
	if t.Grain == 0 {
		return nil
	}
	effort := chart.Series{Label: Capital(t.Unit)}
	l := chart.Lines{
		About: chart.About{Title: fmt.Sprintf("%s %s, %s", t.Series, grainWords[t.Grain], window(t.From, t.Until)), Finding: fmt.Sprintf("%s %s, with %s beneath.", Capital(t.What), grainWords[t.Grain], t.Unit), Base: t.Base(agency) + t.coarse()},
		Unit:  Capital(t.What), Series: []chart.Series{{Label: Capital(t.What)}},
	}
	known := false
	for i, p := range t.Points {
		l.Periods = append(l.Periods, p.label())
		l.Series[0].Values = append(l.Series[0].Values, chart.Count(p.Count))
		e := chart.Number{State: chart.Missing}
		if p.Effort != nil {
			e, known = chart.Number{N: *p.Effort}, true
		}
		effort.Values = append(effort.Values, e)
		for j, c := range t.Cited {
			if j > 0 && i > 0 && c.From >= p.From && c.From <= p.Until {
				l.Marks = append(l.Marks, chart.Mark{Period: i, Label: "Break: definition", Break: true})
				break
			}
		}
		for _, m := range t.Suspected {
			if m >= p.From && m <= p.Until {
				l.Marks = append(l.Marks, chart.Mark{Period: i, Label: "something changed in recording about here"})
			}
		}
	}
	if known {
		l.Effort = &effort
	}
	return l
}

var grainWords = map[int]string{1: "by month", 3: "by quarter", 6: "by half-year", 12: "by year"}

// coarse says why a drawing is no finer.
func (t *Trend) coarse() string {
	if t.Grain == 1 {
		return ""
	}
	return fmt.Sprintf("; shorter spans are not drawn, because some hold fewer than %d", threshold)
}

// label is a point's stretch of months: "Mar 2026", "Jan–Mar 2026", "Nov 2025–Jan 2026".
func (p Point) label() string {
	switch {
	case p.From == p.Until:
		return layout(p.Until, "Jan 2006")
	case p.From[:4] == p.Until[:4]:
		return layout(p.From, "Jan") + "–" + layout(p.Until, "Jan 2006")
	}
	return layout(p.From, "Jan 06") + "–" + layout(p.Until, "Jan 06")
}
