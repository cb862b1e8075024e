package scale

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"lantern.example/lantern/internal/analysis/trend"
	"lantern.example/lantern/internal/figure"
)

// sentence says what happened to count and effort between the two spans, and what may be concluded.
func (t *Trend) sentence() string {
	if t.Refused {
		return t.refusal()
	}
	effort := ""
	switch a, b := t.First.Effort, t.Last.Effort; {
	case t.returns:
		effort = " with " + t.every() + " reporting as before"
	case a != nil && b != nil:
		effort = " while " + t.Unit + " " + moved(*a, *b)
	}
	return Capital(t.What) + " " + moved(float64(*t.First.Count), float64(*t.Last.Count)) + effort + ": " + t.conclusion()
}

// every is "every hospital", or "the one hospital".
func (t *Trend) every() string {
	if len(t.Panel) == 1 {
		return "the one " + t.Kind
	}
	return "every " + t.Kind
}

func (t *Trend) conclusion() string {
	up := *t.Last.Count > *t.First.Count
	switch {
	case t.Verdict == trend.Growing:
		return "this one is growing."
	case t.Verdict == trend.Falling:
		return "this one is falling."
	case t.Verdict == trend.GrowingIfNothing || up:
		return "we cannot say it is growing."
	case *t.Last.Count < *t.First.Count:
		return "we cannot say it is falling."
	}
	return "there is no evidence of change."
}

// refusal is the sentence of a series without a verdict.
func (t *Trend) refusal() string {
	subject := Capital(t.What)
	switch {
	case t.why == whyFew && t.Months > 0:
		return fmt.Sprintf("%s: %s too few to say whether it is growing; %d are needed, and %d are better.", t.Series, counted(t.Months, "month is", "months are"), trend.MinMonths, trend.FewMonths)
	case t.why == whyBlind && t.First.Count != nil && t.Last.Count != nil:
		return fmt.Sprintf("%s %s, and nobody recorded how hard anybody looked: we cannot say whether it is growing.", subject, moved(float64(*t.First.Count), float64(*t.Last.Count)))
	case t.why == whyBlind:
		return fmt.Sprintf("%s: nobody recorded how hard anybody looked, so we cannot say whether it is growing.", t.Series)
	case t.why == whyPatch:
		return fmt.Sprintf("%s: no %s reported in every month, so we cannot say whether it is growing or more of them report.", t.Series, t.Kind)
	case t.why == whySmall:
		return fmt.Sprintf("%s: too few were counted to say whether it is growing.", t.Series)
	}
	return fmt.Sprintf("%s: we cannot say whether it is growing: %s.", t.Series, strings.Join(t.Reasons, "; "))
}

// hardly is the share by which effort may change and still be called the same.
const hardly = 0.02

func moved(from, to float64) string {
	switch {
	case from == to:
		return "stayed at " + amount(from)
	case from > 0 && math.Abs(to-from)/from < hardly && amount(from) != amount(to):
		return "hardly moved, from " + amount(from) + " to " + amount(to)
	case to > from:
		return "rose from " + amount(from) + " to " + amount(to)
	}
	return "fell from " + amount(from) + " to " + amount(to)
}

// amount writes a total with commas, and with a decimal where it is small and has one.
func amount(v float64) string {
	if v == math.Trunc(v) || v >= 100 {
		return figure.Group(int(math.Round(v)))
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}

func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return figure.Group(n) + " " + many
}

// VerdictWords is the verdict as a tag has it.
func (t *Trend) VerdictWords() string {
	switch t.Verdict {
	case trend.Growing:
		return "Growing whatever we assume"
	case trend.GrowingIfNothing:
		return "Growing only if extra looking found nothing"
	case trend.Falling:
		return "Falling whatever we assume"
	case trend.NoEvidence:
		return "No evidence of change"
	}
	return "Cannot be said"
}

// BoundsWords is "between −1 % and +39 % a year"; "" when there are none.
func (t *Trend) BoundsWords() string {
	if t.Bounds == nil {
		return ""
	}
	return "between " + Yearly(t.Bounds.Low) + " and " + Yearly(t.Bounds.High) + " a year"
}

// Yearly is a change of the logarithm a year as a percentage in words.
func Yearly(slope float64) string {
	p := math.Round(100 * math.Expm1(slope))
	switch {
	case p > 1000:
		return "more than +1,000 %"
	case p > 0:
		return fmt.Sprintf("+%.0f %%", p)
	case p < 0:
		return fmt.Sprintf("−%.0f %%", -p)
	}
	return "0 %"
}

// Base is what the card's sentence rests on, in one line.
func (t *Trend) Base(agency string) string {
	b := figure.Base{Window: window(t.From, t.Until), Definition: definition(*t), Source: agency}
	if t.Reported {
		b.Counter = t.sources(len(t.Panel)) + " that reported in every month"
		if len(t.Panel) < len(t.Sources) {
			b.Counter += fmt.Sprintf(" (of %d)", len(t.Sources))
		}
		if t.Window > 0 {
			b.Method = fmt.Sprintf("the first %d months beside the last %d", t.Window, t.Window)
		}
	} else if len(t.Sources) > 0 {
		b.Counter = t.sources(len(t.Sources)) + ", none of which reported in every month"
	}
	return b.String()
}

func (t *Trend) sources(n int) string {
	if n == 1 {
		return "1 " + t.Kind
	}
	return fmt.Sprintf("%d %s", n, t.kinds())
}

// kinds is Kind of several: hospitals, agencies, churches.
func (t *Trend) kinds() string {
	k := t.Kind
	switch {
	case len(k) > 1 && strings.HasSuffix(k, "y") && !strings.ContainsRune("aeiou", rune(k[len(k)-2])):
		return k[:len(k)-1] + "ies"
	case strings.HasSuffix(k, "s") || strings.HasSuffix(k, "x") || strings.HasSuffix(k, "ch") || strings.HasSuffix(k, "sh"):
		return k + "es"
	}
	return k + "s"
}

func window(from, until string) string {
	switch from {
	case "":
		return ""
	case until:
		return MonthWords(from)
	}
	return MonthWords(from) + " to " + MonthWords(until)
}

// MonthWords is "2026-03" as March 2026.
func MonthWords(m string) string { return layout(m, "January 2006") }

func layout(m, as string) string {
	t, err := time.Parse("2006-01", m)
	if err != nil {
		return m
	}
	return t.Format(as)
}

// Settle says what would settle the question, as one can ask for it.
func (t *Trend) Settle() []string {
	independent := "A count that nobody's looking drives, for the same months: hospital attendances, ambulance calls, missing episodes reported by carers."
	switch t.why {
	case whyFew:
		return []string{fmt.Sprintf("The same counts for %d months, which the %s can often take from its records.", trend.FewMonths, t.Kind), "How hard it looked in each of them."}
	case whyBlind:
		return []string{"One number a month from each " + t.Kind + " for how hard it looked: screenings done, searches made, hours worked, returns sent. Rough is better than nothing.", independent}
	case whyPatch:
		return []string{"The missing months of at least one " + t.Kind + ", with 0 where nothing was found.", independent}
	case whySmall:
		return []string{"Counts over a wider area or a longer time: a few cannot show a trend."}
	case whyWords:
		return []string{"The months before the change counted again by the newer wording, or two years counted by it alone.", independent}
	case whyOther:
		return []string{"Counts and effort of at least one " + t.Kind + " for every month, as whole numbers."}
	}
	switch t.Verdict {
	case trend.Growing:
		return []string{"That it grows is settled for these months, as long as nothing changed in how it is recorded: ask each " + t.Kind + ".", "How fast it grows: another twelve months from the same " + t.kinds() + "."}
	case trend.Falling:
		return []string{"That it falls is settled for these months, as long as nothing changed in how it is recorded: ask each " + t.Kind + ".", "Why: what was done, when, and beside an area where it was not."}
	case trend.GrowingIfNothing:
		return []string{"How many of the extra " + t.Unit + " found something: results by month, for each " + t.Kind + ".", independent}
	}
	return []string{"More months, or more " + t.kinds() + ": a change within these bounds does not show in what there is.", independent}
}

// Headline answers the question with at most two of the series: what can be settled stands last. Trends come as Trends
// gives them; agency is what one is called. When none has a verdict the finding is a refusal that says why of the first;
// ok is false when there is no series at all.
func Headline(trends []Trend, agency func(code string) string) (f figure.Finding, ok bool) {
	f = figure.Finding{Question: "growing-or-looking", Source: "monthly series", Href: "/growing", Refused: true}
	if len(trends) == 0 {
		return f, false
	}
	said := slices.DeleteFunc(slices.Clone(trends), func(t Trend) bool { return t.Refused })
	if len(said) == 0 {
		f.Sentence, f.Base = trends[0].Short, base(trends[:1], len(trends), agency)
		return f, true
	}
	f.Refused = false
	if len(said) > 2 {
		said = pair(said)
	}
	slices.Reverse(said)
	var parts []string
	for _, t := range said {
		parts = append(parts, t.Short)
	}
	f.Sentence, f.Base = strings.Join(parts, " "), base(said, len(trends), agency)
	return f, true
}

// pair takes the first, and the next one that says something else.
func pair(said []Trend) []Trend {
	i := slices.IndexFunc(said, func(t Trend) bool { return t.Verdict != said[0].Verdict })
	return []Trend{said[0], said[max(i, 1)]}
}

func base(of []Trend, all int, agency func(string) string) string {
	from, until := of[0].From, of[0].Until
	owners := []string{}
	for _, t := range of {
		from, until = min(from, t.From), max(until, t.Until)
		if name := agency(t.Owner); !slices.Contains(owners, name) {
			owners = append(owners, name)
		}
	}
	b := figure.Base{Denominator: figure.N(all), Unit: "monthly series", Window: window(from, until), Definition: definition(of...), Source: "counts beside effort from " + strings.Join(owners, " and ")}
	if len(of) < all {
		b.Numerator = figure.N(len(of))
	}
	if w := of[0].Window; w > 0 && !of[0].Refused {
		b.Method = fmt.Sprintf("first and last %d months, sources that reported in every month", w)
	}
	return b.String()
}

// Steps say how the verdict was worked out, one step a line; nil when it was refused.
func (t *Trend) Steps() []string {
	if t.Refused {
		return nil
	}
	out := []string{fmt.Sprintf("Only %s counted: %s. A source that joins, leaves or misses a month is not compared, because it would look like growth.", t.reporting(), strings.Join(t.Panel, ", "))}
	if t.returns {
		out = append(out,
			fmt.Sprintf("Each %s reported once a month throughout, so looking harder is no reason for a change: %s changed by %s a year.", t.Kind, t.What, Yearly(*t.NoneFound)),
			fmt.Sprintf("With 99 %% limits (quasi-Poisson, a level for each source), the yearly change lies %s; the verdict is read from that.", t.BoundsWords()))
	} else {
		out = append(out,
			fmt.Sprintf("If all the extra looking had found nothing, %s would have changed by %s a year. If twice the %s had found twice as much, by %s a year.", t.What, Yearly(*t.NoneFound), t.Unit, Yearly(*t.AllFound)),
			fmt.Sprintf("The truth lies between the two. With 99 %% limits on each (quasi-Poisson, a level for each source), the yearly change lies %s; the verdict is read from that.", t.BoundsWords()))
	}
	if a, b := t.First, t.Last; a.Effort != nil && b.Effort != nil && t.Unit != "effort" && !t.returns {
		out = append(out, fmt.Sprintf("Found for every 100 %s: %s in the first months, %s in the last. %s.", t.Unit, rate(*a.Count, *a.Effort), rate(*b.Count, *b.Effort), Capital(t.Reading)))
	}
	for _, b := range t.breaks() {
		out = append(out, "From "+MonthWords(month(b.Month))+" on another wording of the definition is counted by. The method gives that change a step of its own, so that the yearly change is the one within each wording.")
	}
	for _, m := range t.Suspected {
		out = append(out, "From "+MonthWords(m)+" on the counts no longer follow those before: something changed in recording about here. Ask what; it is no proof of growth.")
	}
	return out
}

func (t *Trend) reporting() string {
	if len(t.Panel) == 1 {
		return "the one " + t.Kind + " that reported in every month is"
	}
	return fmt.Sprintf("the %d %s that reported in every month are", len(t.Panel), t.kinds())
}

func rate(n int, effort float64) string { return amount(math.Round(1000*float64(n)/effort) / 10) }
