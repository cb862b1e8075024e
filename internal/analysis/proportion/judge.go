package proportion

import (
	"fmt"
	"sort"

	"gonum.org/v1/gonum/stat"

	"lantern.example/lantern/internal/analysis/badrow"
)

// MinDenominator is the smallest denominator for which a percentage is given.
const MinDenominator = 10

// MinFollowUp is the share followed up below which the headline is the bounds.
const MinFollowUp = 0.7

// Count is one measure as a programme reports it. FollowedUp, Enrolled and
// Worsened are nil when they were not stated.
type Count struct {
	Measure    string
	Improved   int
	FollowedUp *int
	Enrolled   *int
	Worsened   *int
	Group      string // optional; a row without a group is the whole programme
}

// Options are what the counts themselves do not say.
type Options struct {
	// Scales by measure; a measure that is missing has an unknown scale.
	Scales map[string]Scale
	// ReferenceGroup is the group others are compared with. Empty: the group
	// with most people followed up, the first by name on a tie.
	ReferenceGroup string
	// ScoredByDeliverer is true when the worker who delivered the intervention
	// also asked the questions.
	ScoredByDeliverer bool
}

// Result is the answer of the outcomes method.
type Result struct {
	Refused  bool      `json:"refused"`
	Reasons  []string  `json:"reasons"`
	Warnings []string  `json:"warnings"`
	Measures []Measure `json:"measures"`
}

// Measure is what can be said about one measure.
type Measure struct {
	Measure    string `json:"measure"`
	Improved   int    `json:"improved"`
	Worsened   *int   `json:"worsened"`
	FollowedUp *int   `json:"followed_up"`
	Enrolled   *int   `json:"enrolled"`
	// Rate is improved over followed up; nil when fewer than MinDenominator
	// were followed up.
	Rate     *float64  `json:"rate"`
	Wilson   *Interval `json:"wilson95"`
	Jeffreys *Interval `json:"jeffreys95"`
	// Bounds are shares of everybody enrolled.
	Bounds           *Interval         `json:"bounds"`
	McNemarP         *float64          `json:"mcnemar_p"`
	MeanChange       *MeanChange       `json:"mean_change"`
	ReliableChange   *ReliableShares   `json:"reliable_change"`
	RegressionToMean *RegressionToMean `json:"regression_to_mean"`
	Groups           []Group           `json:"groups"`
	// Headline is the sentence that may be shown; nil when nothing can be said.
	Headline *string  `json:"headline"`
	Warnings []string `json:"warnings"`
}

// ReliableShares counts people by reliable change.
type ReliableShares struct {
	Improved    int     `json:"improved"`
	Unchanged   int     `json:"unchanged"`
	Worsened    int     `json:"worsened"`
	N           int     `json:"n"`
	Threshold   float64 `json:"threshold"` // points
	SD          float64 `json:"sd"`
	Reliability float64 `json:"reliability"`
	Source      string  `json:"source"`
}

// Group is one group's part of a measure and its comparison with the reference
// group.
type Group struct {
	Group      string        `json:"group"`
	Improved   int           `json:"improved"`
	FollowedUp int           `json:"followed_up"`
	Enrolled   *int          `json:"enrolled"`
	Rate       *float64      `json:"rate"`
	Wilson     *Interval     `json:"wilson95"`
	Reference  bool          `json:"reference"`
	Relative   *RelativeRate `json:"relative_rate"` // nil for the reference group
	Difference *Difference   `json:"difference"`    // nil for the reference group or under 10 people
}

// FromResponses judges every measure from one row a person and measure. The
// error, when there is one, is a *badrow.Error or says what was missing.
func FromResponses(rows []Response, opt Options) (Result, error) {
	if err := checkResponses(rows); err != nil {
		return Result{}, err
	}
	if err := checkScales(opt.Scales); err != nil {
		return Result{}, err
	}
	var measures []Measure
	for _, name := range measureOrder(len(rows), func(i int) string { return rows[i].Measure }) {
		var own []Response
		for _, r := range rows {
			if r.Measure == name {
				own = append(own, r)
			}
		}
		m, err := judgeResponses(name, own, opt)
		if err != nil {
			return Result{}, fmt.Errorf("measure %q: %w", name, err)
		}
		measures = append(measures, m)
	}
	return collect(measures), nil
}

// FromCounts judges every measure from a programme's own counts. Rows that
// name a group are compared with each other; the measure's own figures are
// those of its row without a group or, when there is none, the sum.
func FromCounts(rows []Count, opt Options) (Result, error) {
	if err := checkCounts(rows); err != nil {
		return Result{}, err
	}
	var measures []Measure
	for _, name := range measureOrder(len(rows), func(i int) string { return rows[i].Measure }) {
		var own []Count
		for _, r := range rows {
			if r.Measure == name {
				own = append(own, r)
			}
		}
		whole, groups := splitGroups(own)
		m, err := judgeCount(whole, opt)
		if err != nil {
			return Result{}, fmt.Errorf("measure %q: %w", name, err)
		}
		if m.Groups, err = compareGroups(groups, opt.ReferenceGroup); err != nil {
			return Result{}, fmt.Errorf("measure %q: %w", name, err)
		}
		measures = append(measures, m)
	}
	return collect(measures), nil
}

func measureOrder(n int, name func(int) string) []string {
	var order []string
	seen := map[string]bool{}
	for i := range n {
		if !seen[name(i)] {
			seen[name(i)] = true
			order = append(order, name(i))
		}
	}
	return order
}

// collect refuses as a whole only when no measure has a headline.
func collect(measures []Measure) Result {
	r := Result{Reasons: []string{}, Warnings: []string{}, Measures: measures}
	r.Refused = true
	for _, m := range measures {
		if m.Headline != nil {
			r.Refused = false
			return r
		}
	}
	for _, m := range measures {
		r.Reasons = append(r.Reasons, fmt.Sprintf("%s: %s", m.Measure, m.Warnings[0]))
	}
	return r
}

// splitGroups gives the row for the whole programme and the rows of groups.
// A whole added up from groups keeps a figure only if every group states it.
func splitGroups(rows []Count) (whole Count, groups []Count) {
	var total *Count
	for i, r := range rows {
		if r.Group == "" {
			total = &rows[i]
		} else {
			groups = append(groups, r)
		}
	}
	if total != nil {
		return *total, groups
	}
	zero := func() *int { z := 0; return &z }
	whole = Count{Measure: rows[0].Measure, FollowedUp: zero(), Enrolled: zero(), Worsened: zero()}
	for _, g := range groups {
		whole.Improved += g.Improved
		whole.FollowedUp = addStated(whole.FollowedUp, g.FollowedUp)
		whole.Enrolled = addStated(whole.Enrolled, g.Enrolled)
		whole.Worsened = addStated(whole.Worsened, g.Worsened)
	}
	return whole, groups
}

func addStated(a, b *int) *int {
	if a == nil || b == nil {
		return nil
	}
	sum := *a + *b
	return &sum
}

func judgeResponses(name string, rows []Response, opt Options) (Measure, error) {
	scale := opt.Scales[name]
	direction, inferred := scale.Direction, false
	if direction == DirectionUnknown {
		direction = inferDirection(rows)
		inferred = direction != DirectionUnknown
	}
	people := settle(rows, direction)
	whole, groups := countPeople(name, people)
	m, err := judgeCount(whole, opt)
	if err != nil {
		return Measure{}, err
	}
	if m.Groups, err = compareGroups(groups, opt.ReferenceGroup); err != nil {
		return Measure{}, err
	}
	if err := m.addScores(people, scale, direction); err != nil {
		return Measure{}, err
	}
	m.warnAboutRows(people, inferred, direction)
	return m, nil
}

// countPeople turns settled responses into counts, for everybody and by group.
func countPeople(name string, people []judged) (whole Count, groups []Count) {
	whole = tally(name, "", people)
	byGroup := map[string][]judged{}
	for _, p := range people {
		if p.Group != "" {
			byGroup[p.Group] = append(byGroup[p.Group], p)
		}
	}
	for g, members := range byGroup {
		groups = append(groups, tally(name, g, members))
	}
	sort.Slice(groups, func(i, j int) bool { return groups[i].Group < groups[j].Group })
	return whole, groups
}

func tally(name, group string, people []judged) Count {
	improved, worse, asked, enrolled, vague := 0, 0, 0, len(people), false
	for _, p := range people {
		switch p.change {
		case NotKnown:
			continue
		case Improved:
			improved++
		case Worse:
			worse++
		case NotImproved:
			vague = true
		}
		asked++
	}
	c := Count{Measure: name, Group: group, Improved: improved, FollowedUp: &asked, Enrolled: &enrolled}
	if !vague {
		c.Worsened = &worse
	}
	return c
}

// addScores fills in what only scores can give: mean change, reliable change
// and regression to the mean.
func (m *Measure) addScores(people []judged, scale Scale, d Direction) error {
	var baselines, changes []float64
	for _, p := range people {
		if p.Baseline == nil {
			continue
		}
		baselines = append(baselines, *p.Baseline)
		if p.Followup != nil {
			changes = append(changes, *p.Followup-*p.Baseline)
		}
	}
	if len(changes) == 0 {
		return nil
	}
	mean, err := Paired(changes, Level95)
	if err != nil {
		return err
	}
	m.MeanChange = &mean
	if err := m.addReliable(changes, baselines, scale, d); err != nil {
		return err
	}
	if scale.Reliability == nil || scale.PopulationMean == nil {
		m.warn("people are taken on at their worst, so some improvement would be seen with no effect; how much is unknown, because the scale's test-retest reliability and population mean were not given")
		return nil
	}
	rtm, err := Regression(*scale.PopulationMean, stat.Mean(baselines, nil), *scale.Reliability)
	if err != nil {
		return err
	}
	m.RegressionToMean = &rtm
	m.warn(fmt.Sprintf("people are taken on at their worst: with no effect at all the mean would be expected to change by %+.1f points", rtm.ExpectedChange))
	return nil
}

func (m *Measure) addReliable(changes, baselines []float64, scale Scale, d Direction) error {
	if scale.Reliability == nil || d == DirectionUnknown {
		return nil
	}
	var sd float64
	switch {
	case scale.SD != nil:
		sd = *scale.SD
	case len(baselines) >= MinDenominator:
		sd = stat.StdDev(baselines, nil)
		m.warn("the scale's standard deviation was not given: that of these people's baselines was used for reliable change")
	}
	if sd <= 0 {
		m.warn("reliable change was not worked out: no standard deviation for the scale")
		return nil
	}
	threshold, err := ReliableThreshold(sd, *scale.Reliability)
	if err != nil {
		return err
	}
	shares := ReliableShares{N: len(changes), Threshold: threshold, SD: sd, Reliability: *scale.Reliability, Source: scale.Source}
	for _, c := range changes {
		if d == LowerIsBetter {
			c = -c
		}
		switch {
		case c > threshold:
			shares.Improved++
		case c < -threshold:
			shares.Worsened++
		default:
			shares.Unchanged++
		}
	}
	m.ReliableChange = &shares
	return nil
}

func (m *Measure) warnAboutRows(people []judged, inferred bool, d Direction) {
	unjudged, against, noGroup, grouped := 0, 0, 0, false
	for _, p := range people {
		if p.unjudged {
			unjudged++
		}
		if p.against {
			against++
		}
		if p.Group == "" {
			noGroup++
		} else {
			grouped = true
		}
	}
	if unjudged > 0 {
		m.warn(fmt.Sprintf("%s both scores but no stated change, and it is not known whether higher is better: counted as not followed up", peopleWho(unjudged, "has", "have")))
	}
	if inferred {
		way := "higher"
		if d == LowerIsBetter {
			way = "lower"
		}
		m.warn(fmt.Sprintf("that %s scores are better was read from the people said to have improved", way))
	}
	if against > 0 {
		m.warn(fmt.Sprintf("%s a stated change that their scores contradict: the stated change was kept", peopleWho(against, "has", "have")))
	}
	if grouped && noGroup > 0 {
		m.warn(fmt.Sprintf("%s no group and %s left out of the comparison of groups", peopleWho(noGroup, "has", "have"), plural(noGroup, "is", "are")))
	}
}

func (m *Measure) warn(text string) { m.Warnings = append(m.Warnings, text) }

// compareGroups sets each group beside the reference group. Groups that do not
// say how many were followed up are left out.
func compareGroups(groups []Count, reference string) ([]Group, error) {
	var known []Count
	for _, g := range groups {
		if g.FollowedUp != nil && *g.FollowedUp > 0 {
			known = append(known, g)
		}
	}
	out := []Group{}
	if len(known) == 0 {
		return out, nil
	}
	ref := referenceIndex(known, reference)
	for i, g := range known {
		one := Group{Group: g.Group, Improved: g.Improved, FollowedUp: *g.FollowedUp, Enrolled: g.Enrolled, Reference: i == ref}
		wilson, err := Wilson(g.Improved, *g.FollowedUp, Level95)
		if err != nil {
			return nil, fmt.Errorf("group %q: %w", g.Group, err)
		}
		one.Wilson = &wilson
		if *g.FollowedUp >= MinDenominator {
			one.Rate = ratio(g.Improved, *g.FollowedUp)
		}
		if ref >= 0 && i != ref {
			r := known[ref]
			relative, err := Relative(g.Improved, *g.FollowedUp, r.Improved, *r.FollowedUp, Level95)
			if err != nil {
				return nil, fmt.Errorf("group %q: %w", g.Group, err)
			}
			one.Relative = &relative
			if *g.FollowedUp >= MinDenominator && *r.FollowedUp >= MinDenominator {
				d, err := Newcombe(g.Improved, *g.FollowedUp, r.Improved, *r.FollowedUp, Level95)
				if err != nil {
					return nil, fmt.Errorf("group %q: %w", g.Group, err)
				}
				one.Difference = &d
			}
		}
		out = append(out, one)
	}
	return out, nil
}

// referenceIndex is the position of the group to compare with, or -1 when the
// group asked for has nobody followed up.
func referenceIndex(groups []Count, name string) int {
	best := -1
	for i, g := range groups {
		if name != "" {
			if g.Group == name {
				return i
			}
			continue
		}
		if best < 0 || *g.FollowedUp > *groups[best].FollowedUp {
			best = i
		}
	}
	return best
}

func checkScales(scales map[string]Scale) error {
	names := make([]string, 0, len(scales))
	for name := range scales {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		s := scales[name]
		if s.SD != nil && !(*s.SD > 0) {
			return fmt.Errorf("scale of %q: a standard deviation must be above 0, got %v", name, *s.SD)
		}
		if s.Reliability != nil && !(*s.Reliability > 0 && *s.Reliability < 1) {
			return fmt.Errorf("scale of %q: a reliability must lie between 0 and 1, got %v", name, *s.Reliability)
		}
		if s.PopulationMean != nil && checkFinite("", *s.PopulationMean) != nil {
			return fmt.Errorf("scale of %q: a population mean must be a number, got %v", name, *s.PopulationMean)
		}
	}
	return nil
}

func checkCounts(rows []Count) error {
	if len(rows) == 0 {
		return fmt.Errorf("there are no measures: expected one row a measure with improved, followed_up and enrolled")
	}
	seen := map[[2]string]int{}
	for i, r := range rows {
		if r.Measure == "" {
			return badrow.New(i, "measure", "", "the name of the measure")
		}
		key := [2]string{r.Measure, r.Group}
		if first, twice := seen[key]; twice {
			return badrow.New(i, "measure", r.Measure, fmt.Sprintf("each measure once (already at record %d)", first+1))
		}
		seen[key] = i
		if err := checkCountRow(i, r); err != nil {
			return err
		}
	}
	return nil
}

func checkCountRow(i int, r Count) error {
	upper := func(v *int) int {
		if v == nil {
			return int(^uint(0) >> 1)
		}
		return *v
	}
	switch {
	case r.Improved < 0 || r.Improved > upper(r.FollowedUp):
		return badrow.New(i, "improved", r.Improved, "a whole number from 0 to the number followed up")
	case r.FollowedUp != nil && (*r.FollowedUp < 0 || *r.FollowedUp > upper(r.Enrolled)):
		return badrow.New(i, "followed_up", *r.FollowedUp, "a whole number from 0 to the number enrolled")
	case r.Enrolled != nil && (*r.Enrolled < 1 || *r.Enrolled < r.Improved):
		return badrow.New(i, "enrolled", *r.Enrolled, "a whole number of at least 1 and of at least the number improved")
	case r.Worsened != nil && (*r.Worsened < 0 || *r.Worsened > upper(r.FollowedUp)-r.Improved):
		return badrow.New(i, "worsened", *r.Worsened, "a whole number from 0 to those followed up who did not improve")
	}
	return nil
}

func ratio(x, n int) *float64 {
	r := float64(x) / float64(n)
	return &r
}
