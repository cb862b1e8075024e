package scale

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"lantern.example/lantern/internal/analysis/trend"
)

// cited finds by which wordings the series was counted, month by month, as its sources say. A month for which none of
// them says one is no change.
func (x *series) cited(t *Trend, known []string) {
	by, strange := map[string][]string{}, map[string]bool{}
	for c, r := range x.cells {
		switch {
		case r.definition == "":
		case !slices.Contains(known, r.definition):
			strange[r.definition] = true
		case !slices.Contains(by[c.month], r.definition):
			by[c.month] = append(by[c.month], r.definition)
		}
	}
	for _, m := range slices.Sorted(maps.Keys(by)) {
		slices.Sort(by[m])
		if n := len(t.Cited); n == 0 || !slices.Equal(t.Cited[n-1].Cites, by[m]) {
			t.Cited = append(t.Cited, Cited{m, by[m]})
		}
	}
	for _, d := range slices.Sorted(maps.Keys(strange)) {
		t.Warnings = append(t.Warnings, fmt.Sprintf("the file says that it counts by %s, which the register of definitions does not hold, so it is not cited", d))
	}
}

// breaks are the months from which on another wording was counted by.
func (t *Trend) breaks() []trend.Break {
	var out []trend.Break
	for i, c := range t.Cited {
		if m, _, err := trend.ParseMonth(c.From); i > 0 && err == nil {
			out = append(out, trend.Break{Month: m, Label: "definition changed"})
		}
	}
	return out
}

// alike withdraws a verdict of growth, or of the opposite, that rests on spans counted by different wordings.
func (t *Trend) alike() {
	if len(t.Cited) > 1 && !t.Refused && (t.Verdict == trend.Growing || t.Verdict == trend.Falling) {
		t.refuse(whyWords, "the definition it is counted by changed within these months")
		t.silence()
	}
}

func (t *Trend) silence() {
	t.Verdict, t.Bounds, t.NoneFound, t.AllFound, t.Reading = "", nil, nil, nil, ""
}

// NotAlike says where the series breaks because another wording was counted by; "" where it does not.
func (t *Trend) NotAlike() string {
	var parts []string
	for i, c := range t.Cited {
		if i > 0 {
			parts = append(parts, fmt.Sprintf("from %s on it is counted by %s, before by %s", MonthWords(c.From), strings.Join(c.Cites, " and "), strings.Join(t.Cited[i-1].Cites, " and ")))
		}
	}
	if parts == nil {
		return ""
	}
	return "The series breaks: " + strings.Join(parts, "; ") + ". A comparison across the break is not like with like."
}

// definition is what the base of a figure cites.
func definition(of ...Trend) string {
	var out []string
	for _, t := range of {
		for i, c := range t.Cited {
			for _, cite := range c.Cites {
				switch {
				case i > 0:
					cite += " from " + MonthWords(c.From)
				case len(t.Cited) > 1:
					cite += " at first"
				}
				if !slices.Contains(out, cite) {
					out = append(out, cite)
				}
			}
		}
	}
	return strings.Join(out, "; definition: ")
}
