package capture

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// assumptions are the four things the software cannot check, as they are asked of whoever made the lists and printed
// beside the answer.
var assumptions = []string{
	"The lists are of the same people over the same period: nobody is on a list who does not fit the definition, and nobody moved in or out.",
	"Records of one person on different lists were linked correctly: a missed link makes the answer too large, a false one too small.",
	"Everybody who fits the definition could have been on any of the lists.",
	"The lists came about independently, or the way in which they depend on each other is in the model: name any list that hands its people to another, or keeps them from it.",
}

// refuse sets the reasons why there can be no headline.
func (out *Result) refuse(t Table) {
	no := func(format string, args ...any) {
		out.Refused = true
		out.Reasons = append(out.Reasons, fmt.Sprintf(format, args...))
	}
	if n := len(t.Lists); n < minLists {
		no("There %s: at least %d lists are needed to see whether lists depend on each other.", are(n, "list"), minLists)
	}
	if out.Observed < minObserved {
		no("There %s on the lists: at least %d are needed.", are(out.Observed, "person"), minObserved)
	}
	for i, name := range t.Lists {
		switch on := t.on(1 << i); {
		case on == 0:
			no("Nobody is on the list %s.", name)
		case len(t.Lists) > 1 && on == t.counts[1<<i]:
			no("Nobody on the list %s is on any other list: it says nothing about how many are missed.", name)
		}
	}
	if out.Existence.Chosen&DoesNotExist != 0 {
		no("The model has no estimate for this table: too many overlaps are empty, and the likelihood rises without end.")
	}
	if out.Existence.Chosen&NotIdentifiable != 0 {
		no("The table does not determine the model: different numbers of people explain it equally well.")
	}
	if low, high, ok := out.outer(); !out.Refused && (!ok || high > beyondBelief*float64(out.Observed) || low < 0) {
		no("The overlaps do not limit the answer: it could be more than %d times the people on the lists.", beyondBelief)
	}
}

// beyondBelief is how many times the people observed an answer may be before it is none.
const beyondBelief = 1000

func (out *Result) warn(t Table, how Options) {
	say := func(format string, args ...any) { out.Warnings = append(out.Warnings, fmt.Sprintf(format, args...)) }
	if out.Overlaps < weakOverlap {
		say("Very weak: only %s on two lists or more, and everything rests on them.", count(out.Overlaps, "person"))
	}
	if out.Refused {
		return // what else there is to say is about answers that are not given
	}
	if s := out.Engines.Stepwise; s != nil {
		warnStepwise(s, how, say)
	}
	if a := out.Engines.DGA; a != nil {
		if len(a.Modes) > 1 {
			var peaks []string
			for _, p := range a.Modes {
				peaks = append(peaks, fmt.Sprintf("around %s (%.0f%%)", rounded(p.At), 100*p.Share))
			}
			say("The data support more than one story, %s: a single figure between them would mislead.", strings.Join(peaks, " and "))
		}
		if a.AtLimit > 0.01 {
			say("The Bayesian average still finds %d times the people on the lists possible: its upper limit is that of the search.", gridReach)
		}
	}
	if l := out.Engines.LatentClass; l != nil && (l.RHat > 1.1 || l.ESS < 100) {
		say("The latent class runs have not agreed (R-hat %.2f, worth %.0f independent draws): read that interval as too narrow.", l.RHat, l.ESS)
	}
	if how.runs(EngineDGA) && len(t.Lists) > averageLists {
		say("The Bayesian average is worked out for %d to %d lists.", minLists, averageLists)
	}
	if b := out.Engines.BIC; b != nil && b.Search != everyModelSearch {
		say("With more than %d lists the model with the best BIC was searched for step by step, not among all models.", everyModelLists)
	}
	for _, c := range out.InternalConsistency {
		if c.Within != nil && !*c.Within {
			say("The other lists do not recover how many are on %s: %d are, and their answer leaves that out. Whatever makes them miss its people is at work in the whole answer.", c.List, c.Truth)
		}
	}
	out.warnNegative(t, say)
}

func warnStepwise(s *Stepwise, how Options, say func(string, ...any)) {
	b := s.Bootstrap
	switch {
	case b == nil:
		say("Without a bootstrap the stepwise interval takes the model chosen as true, and is too narrow.")
		return
	case s.BCa == nil:
		say("The bootstrap gives no interval: %d of %d replicates have no estimate.", b.Failed, b.Replicates)
	default:
		if s.BCa[0] <= b.Lowest || s.BCa[1] >= b.Highest {
			say("The BCa interval ends at the most extreme replicate: the estimate lies in a tail of its own bootstrap distribution, and the interval is not to be relied on.")
		}
	}
	if how.Bootstrap < fewReplicates {
		say("%d bootstrap replicates are few: %d are usual.", how.Bootstrap, DefaultBootstrap)
	}
}

// warnNegative names pairs of lists that avoid each other's people.
func (out *Result) warnNegative(t Table, say func(string, ...any)) {
	s := out.Engines.Stepwise
	if s == nil {
		return
	}
	for _, pair := range s.Interactions {
		if c := s.Coef[pair]; c < 0 {
			say("%s share fewer people than chance would have it (%.0f%% of what was expected). If one passes its people on to the other in place of keeping them, say so: the answer depends on it.", strings.Replace(pair, ":", " and ", 1), 100*math.Exp(c))
		}
	}
	for _, pair := range s.EmptyOverlaps {
		say("%s share nobody, where some were expected. If one passes its people on to the other, or must not share them, say so: the answer depends on it.", strings.Replace(pair, ":", " and ", 1))
	}
}

// outer is the lowest and highest limit of the engines: intervals where there are some, and the point estimate of
// BIC, whose own interval takes the chosen model as true and covers far too seldom.
func (out *Result) outer() (low, high float64, ok bool) {
	low, high = math.Inf(1), math.Inf(-1)
	add := func(a, b float64) { low, high, ok = min(low, a), max(high, b), true }
	if s := out.Engines.Stepwise; s != nil {
		add(s.Estimate, s.Estimate)
		switch {
		case s.BCa != nil:
			add(s.BCa[0], s.BCa[1])
		case s.Wald != nil:
			add(s.Wald[0], s.Wald[1])
		}
	}
	if b := out.Engines.BIC; b != nil {
		add(b.Estimate, b.Estimate)
	}
	if a := out.Engines.DGA; a != nil {
		add(a.Interval[0], a.Interval[1])
	}
	if l := out.Engines.LatentClass; l != nil {
		add(l.Interval[0], l.Interval[1])
	}
	return low, high, ok
}

func (out *Result) conclude() {
	low, high, _ := out.outer()
	out.Range95 = &[2]float64{low, high}
	seen := float64(out.Observed)
	text := fmt.Sprintf("Between about %s and %s people in all. %s were on at least one of the %d lists, so between about %s and %s people who fit this definition were not recorded by any of these lists.",
		rounded(low), rounded(high), grouped(seen), len(out.Lists), rounded(max(0, low-seen)), rounded(max(0, high-seen)))
	out.Headline = &text
}

// rounded writes a number to two significant figures.
func rounded(v float64) string {
	if v < 100 {
		return grouped(math.Round(v))
	}
	step := math.Pow(10, math.Floor(math.Log10(v))-1)
	return grouped(math.Round(v/step) * step)
}

// grouped writes a whole number with commas between thousands.
func grouped(v float64) string {
	s := strconv.FormatFloat(v, 'f', 0, 64)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func count(n int, noun string) string {
	if n == 1 {
		return "one " + noun
	}
	if noun == "person" {
		return grouped(float64(n)) + " people"
	}
	return grouped(float64(n)) + " " + noun + "s"
}

func are(n int, noun string) string {
	if n == 1 {
		return "is " + count(n, noun)
	}
	return "are " + count(n, noun)
}
