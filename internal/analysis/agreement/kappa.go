package agreement

import "strings"

// The reasons a measure is nil.
const (
	notUsed     = "not used: every coding has the same value, so chance agreement is complete"
	neverUsed   = "not used: nobody gave the positive value"
	noPositive  = "the values are not present or absent, so no value is the positive one"
	notTwo      = "Cohen's kappa is for two coders; see pairs"
	noShared    = "no unit was coded by both coders"
	noComplete  = "no unit was coded by every coder"
	notOrdered  = "the values have no order: give numbers, or the order of the values"
	notNumbers  = "the values are not numbers"
	belowZero   = "some values are below zero, so they have no ratios"
	tooFewPairs = "no unit was coded by two people"
)

// percent is the share of pairs of codings of a unit that are alike, times 100.
func (t *table) percent() (float64, bool) {
	alike, pairs := 0, 0
	t.eachPair(func(a, b int) {
		pairs++
		if a == b {
			alike++
		}
	})
	if pairs == 0 {
		return 0, false
	}
	return 100 * float64(alike) / float64(pairs), true
}

func (t *table) eachPair(f func(a, b int)) {
	for _, row := range t.value {
		v := given(row)
		for i := range v {
			for j := i + 1; j < len(v); j++ {
				f(v[i], v[j])
			}
		}
	}
}

// positive is 2a / (2a + b + c) over all pairs of codings, a being the pairs in
// which both have the positive value and b and c those in which one has. Why is
// empty when there is an answer.
func (t *table) positive(value string) (share float64, why string) {
	yes := t.positiveLabel(value)
	if yes == "" {
		return 0, noPositive
	}
	at := -1
	for i, l := range t.labels {
		if l == yes {
			at = i
		}
	}
	both, one := 0, 0
	t.eachPair(func(a, b int) {
		switch {
		case a == at && b == at:
			both++
		case a == at || b == at:
			one++
		}
	})
	if at < 0 || both+one == 0 {
		return 0, neverUsed
	}
	return 2 * float64(both) / float64(2*both+one), ""
}

// positiveLabel is the value asked for or, when every value belongs to one of
// the usual pairs, that pair's positive one.
func (t *table) positiveLabel(value string) string {
	if value != "" {
		return value
	}
	for _, pair := range [][2]string{{"1", "0"}, {"yes", "no"}, {"y", "n"}, {"true", "false"}, {"present", "absent"}} {
		all, yes := true, pair[0]
		for _, l := range t.labels {
			switch strings.ToLower(l) {
			case pair[0]:
				yes = l
			case pair[1]:
			default:
				all = false
			}
		}
		if all {
			return yes
		}
	}
	return ""
}

// cohen is Cohen's kappa of coders a and b on the units both coded, with how
// many those are and the percentage alike.
func (t *table) cohen(a, b int) (kappa, percent float64, shared int, why string) {
	marginA, marginB := make([]int, len(t.labels)), make([]int, len(t.labels))
	alike := 0
	for _, row := range t.value {
		if row[a] < 0 || row[b] < 0 {
			continue
		}
		shared++
		marginA[row[a]]++
		marginB[row[b]]++
		if row[a] == row[b] {
			alike++
		}
	}
	if shared == 0 {
		return 0, 0, 0, noShared
	}
	n := float64(shared)
	observed, products := float64(alike)/n, 0
	for k := range marginA {
		products += marginA[k] * marginB[k]
	}
	percent = 100 * observed
	if products == shared*shared {
		return 0, percent, shared, notUsed
	}
	expected := float64(products) / (n * n)
	return (observed - expected) / (1 - expected), percent, shared, ""
}

// fleiss is Fleiss's kappa on the units every coder coded, and how many those
// are.
func (t *table) fleiss() (kappa float64, units int, why string) {
	raters := len(t.coders)
	totals := make([]int, len(t.labels))
	agreement := 0.0
	for _, row := range t.value {
		v := given(row)
		if len(v) < raters || raters < 2 {
			continue
		}
		units++
		counts := make([]int, len(t.labels))
		for _, k := range v {
			counts[k]++
			totals[k]++
		}
		pairs := 0
		for _, c := range counts {
			pairs += c * (c - 1)
		}
		agreement += float64(pairs) / float64(raters*(raters-1))
	}
	if units == 0 {
		return 0, 0, noComplete
	}
	all, expected := units*raters, 0.0
	for _, c := range totals {
		if c == all {
			return 0, units, notUsed
		}
		p := float64(c) / float64(all)
		expected += p * p
	}
	return (agreement/float64(units) - expected) / (1 - expected), units, ""
}
