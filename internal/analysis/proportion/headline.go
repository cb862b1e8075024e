package proportion

import (
	"fmt"
	"math"
)

// judgeCount works out every figure of one measure that counts can give, and
// its headline.
func judgeCount(c Count, opt Options) (Measure, error) {
	m := Measure{
		Measure: c.Measure, Improved: c.Improved, Worsened: c.Worsened, FollowedUp: c.FollowedUp, Enrolled: c.Enrolled,
		Groups: []Group{}, Warnings: []string{},
	}
	if c.FollowedUp == nil {
		m.warn("how many were followed up is not stated, so nothing can be said: a percentage without its denominator is not a result")
		return m, nil
	}
	if *c.FollowedUp == 0 {
		m.warn("nobody was followed up, so nothing can be said")
		return m, nil
	}
	if err := m.addIntervals(); err != nil {
		return Measure{}, err
	}
	headline := m.sentence()
	m.Headline = &headline
	m.warnAboutCounts(opt)
	return m, nil
}

func (m *Measure) addIntervals() error {
	wilson, err := Wilson(m.Improved, *m.FollowedUp, Level95)
	if err != nil {
		return err
	}
	jeffreys, err := Jeffreys(m.Improved, *m.FollowedUp, Level95)
	if err != nil {
		return err
	}
	m.Wilson, m.Jeffreys = &wilson, &jeffreys
	if *m.FollowedUp >= MinDenominator {
		m.Rate = ratio(m.Improved, *m.FollowedUp)
	}
	if m.Enrolled != nil {
		bounds, err := Bounds(m.Improved, *m.FollowedUp, *m.Enrolled)
		if err != nil {
			return err
		}
		m.Bounds = &bounds
	}
	if m.Worsened != nil {
		p, err := McNemar(m.Improved, *m.Worsened)
		if err != nil {
			return err
		}
		m.McNemarP = &p
	}
	return nil
}

// sentence is the headline: the bounds when too few were followed up, counts
// when the denominator is small, else the rate with its interval.
func (m *Measure) sentence() string {
	asked := *m.FollowedUp
	end := m.worsenedWords() + " No comparison group."
	switch {
	case m.Enrolled == nil:
		return fmt.Sprintf("%d of the %d followed up improved; how many were enrolled is not stated, so no percentage is given.%s", m.Improved, asked, end)
	case m.lowFollowUp():
		text := fmt.Sprintf("Between %d and %d of the %d enrolled improved", m.Improved, m.Improved+*m.Enrolled-asked, *m.Enrolled)
		if *m.Enrolled >= MinDenominator {
			text += " (" + percents(*m.Bounds) + ")"
		}
		return fmt.Sprintf("%s: %d %s followed up and %d of them improved.%s", text, asked, plural(asked, "was", "were"), m.Improved, end)
	case asked < MinDenominator:
		return fmt.Sprintf("%d of the %d followed up improved, of %d enrolled; too few for a percentage.%s", m.Improved, asked, *m.Enrolled, end)
	}
	return fmt.Sprintf("%d of the %d followed up improved: %s (%s, 95%% interval), of %d enrolled.%s",
		m.Improved, asked, percent(*m.Rate), percents(*m.Wilson), *m.Enrolled, end)
}

func (m *Measure) worsenedWords() string {
	if m.Worsened == nil {
		return " How many got worse is not stated."
	}
	return fmt.Sprintf(" %d got worse.", *m.Worsened)
}

func (m *Measure) lowFollowUp() bool {
	return m.Enrolled != nil && float64(*m.FollowedUp)/float64(*m.Enrolled) < MinFollowUp
}

func (m *Measure) warnAboutCounts(opt Options) {
	asked := *m.FollowedUp
	switch {
	case m.Enrolled == nil:
		m.warn("how many were enrolled is not stated: the follow-up rate is unknown and no bounds can be given")
	case m.lowFollowUp():
		m.warn(fmt.Sprintf("%d of %d enrolled were followed up, under 70%%: the headline is the bounds and not the rate", asked, *m.Enrolled))
	}
	if asked < MinDenominator {
		m.warn(fmt.Sprintf("fewer than %d people were followed up: counts only, no percentage", MinDenominator))
	}
	if m.Improved == asked {
		m.warn("everybody followed up improved: check the denominator")
	}
	if m.Worsened == nil {
		m.warn("how many got worse is not stated: publish it beside how many improved")
	}
	if opt.ScoredByDeliverer {
		m.warn("the worker who delivered the intervention also asked the questions, which raises answers")
	}
}

// percent rounds to a whole percentage.
func percent(p float64) string { return fmt.Sprintf("%.0f%%", math.Round(100*p)) }

func percents(i Interval) string { return percent(i.Low()) + " to " + percent(i.High()) }

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// peopleWho is "1 person has" or "3 people have".
func peopleWho(n int, one, many string) string {
	return fmt.Sprintf("%d %s %s", n, plural(n, "person", "people"), plural(n, one, many))
}
