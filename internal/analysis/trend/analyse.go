package trend

import (
	"errors"
	"fmt"
	"sort"
	"strings"

	"lantern.example/lantern/internal/analysis/glm"
)

// MinMonths is the fewest months from which a verdict is given.
const MinMonths = 8

// FewMonths is the number of months below which the result carries a warning:
// two whole years are needed before a season can be told from growth.
const FewMonths = 24

// The verdicts.
const (
	Growing          = "growing_whatever_we_assume"
	GrowingIfNothing = "growing_only_if_extra_looking_found_nothing"
	NoEvidence       = "no_evidence_of_change"
	Falling          = "falling_whatever_we_assume"
)

// Options are what the series itself does not say.
type Options struct {
	Calendar   bool    // months come from YYYY-MM; for labels
	Breaks     []Break // known beforehand
	Delays     []Delay // adds Nowcast
	CountName  string  // for the sentence, plural: "referrals"; default "counts"
	EffortName string  // "screenings"; default "effort"
}

// Result is the answer of the trend method. A fit that could not be made is
// nil, and a warning or reason says why.
type Result struct {
	Refused  bool     `json:"refused"`
	Reasons  []string `json:"reasons"`
	Warnings []string `json:"warnings"`

	Naive          *Slope `json:"naive"`
	SourceFixed    *Slope `json:"source_fixed"`
	OffsetPoisson  *Slope `json:"offset_poisson"`
	OffsetQuasi    *Slope `json:"offset_quasipoisson"`
	OffsetNegbin   *Slope `json:"offset_negbin"`
	FreeElasticity *Slope `json:"free_elasticity"`
	// ConstantPanel is at elasticity 1, ConstantPanelNoEffort at 0.
	ConstantPanel         *Slope   `json:"constant_panel"`
	ConstantPanelNoEffort *Slope   `json:"constant_panel_no_effort"`
	PanelSources          []string `json:"panel_sources"`

	Bounds   *Bounds `json:"bounds"`
	Verdict  *string `json:"verdict"`
	Sentence *string `json:"sentence"`

	Breaks  []FoundBreak `json:"breaks"`
	Yield   *Yield       `json:"yield"`
	Nowcast []Completed  `json:"nowcast,omitempty"`
}

// Bounds are the lowest and highest growth that the data allow, as change of
// the logarithm a year.
type Bounds struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// Analyse answers for a series. The error, when there is one, is a
// *badrow.Error or says what was wrong with the options; data that are sound but
// cannot support an answer give a refused Result.
func Analyse(in []Observation, opt Options) (Result, error) {
	s, err := newSeries(in)
	if err != nil {
		return Result{}, err
	}
	if err := checkBreaks(opt.Breaks, s, opt.Calendar); err != nil {
		return Result{}, err
	}
	r := Result{Reasons: []string{}, Warnings: []string{}, PanelSources: []string{}, Breaks: []FoundBreak{}}
	if opt.Delays != nil {
		if r.Nowcast, err = Nowcast(opt.Delays); err != nil {
			return Result{}, fmt.Errorf("delays: %w", err)
		}
	}
	s = r.dropEmpty(s)
	if len(s.rows) == 0 {
		r.refuse("every count is zero")
		return r, nil
	}
	r.warnAboutGaps(s, opt.Calendar)
	r.fitAll(s, opt.Breaks)
	panel := r.fitPanel(s, opt.Breaks)
	r.decide(s, panel, opt)
	r.Breaks = listBreaks(r.breakFit(), opt)
	if panel != nil {
		r.Yield = yieldOf(panel, opt)
		if r.Yield != nil && r.ConstantPanel != nil && r.ConstantPanelNoEffort != nil {
			r.Yield.Reading = readYield(r.ConstantPanelNoEffort, r.ConstantPanel)
		}
		r.Breaks = append(r.Breaks, suspected(panel, opt)...)
	}
	return r, nil
}

func (r *Result) refuse(why string) {
	r.Refused = true
	r.Reasons = append(r.Reasons, why)
}

func (r *Result) warn(text string) { r.Warnings = append(r.Warnings, text) }

func checkBreaks(breaks []Break, s *series, calendar bool) error {
	seen := map[int]bool{}
	for _, b := range breaks {
		if b.Month <= s.first || b.Month > s.last {
			return fmt.Errorf("the break %q at month %s lies outside the series, which runs from %s to %s: expected a month after the first",
				b.Label, FormatMonth(b.Month, calendar), FormatMonth(s.first, calendar), FormatMonth(s.last, calendar))
		}
		if seen[b.Month] {
			return fmt.Errorf("two breaks are given for month %s: give one, with both in its label", FormatMonth(b.Month, calendar))
		}
		seen[b.Month] = true
	}
	return nil
}

// dropEmpty leaves out sources that never found anything: their level runs to
// zero and they say nothing about growth.
func (r *Result) dropEmpty(s *series) *series {
	total := map[string]float64{}
	for _, o := range s.rows {
		total[o.Source] += o.Count
	}
	var empty []string
	for _, name := range s.sources {
		if total[name] == 0 {
			empty = append(empty, name)
		}
	}
	if len(empty) == 0 {
		return s
	}
	r.warn("left out, because they found nothing in any month: " + strings.Join(empty, ", "))
	return s.where(func(o Observation) bool { return total[o.Source] > 0 })
}

// warnAboutGaps names sources that joined late, left early or missed months,
// and months that nobody reported.
func (r *Result) warnAboutGaps(s *series, calendar bool) {
	for _, name := range s.sources {
		own := s.where(func(o Observation) bool { return o.Source == name })
		first, last := own.rows[0].Month, own.rows[len(own.rows)-1].Month
		var parts []string
		if first > s.first {
			parts = append(parts, "joined in month "+FormatMonth(first, calendar))
		}
		if last < s.last {
			parts = append(parts, "left after month "+FormatMonth(last, calendar))
		}
		if missed := last - first + 1 - len(own.rows); missed > 0 {
			parts = append(parts, fmt.Sprintf("has no row for %d of its months", missed))
		}
		if len(parts) > 0 {
			r.warn(fmt.Sprintf("%s %s: it is not in the constant panel", name, strings.Join(parts, " and ")))
		}
	}
	_, _, present := s.monthTotals()
	var missing []string
	for i, there := range present {
		if !there {
			missing = append(missing, FormatMonth(s.first+i, calendar))
		}
	}
	if len(missing) > 0 {
		r.warn("no source has a row for month " + strings.Join(missing, ", ") + ": a month with nothing found needs a row with count 0")
	}
}

// fitAll makes every fit that uses all sources. Fits without effort use every
// row; fits with effort the rows whose effort is known.
func (r *Result) fitAll(s *series, breaks []Break) {
	r.Naive = r.try("naive", func() (*Slope, error) { return slope(s.totals(), glm.Poisson) })
	r.SourceFixed = r.try("source_fixed", func() (*Slope, error) { return slope(s.design(noEffort, breaks), glm.Poisson) })
	known := s.withEffort()
	if left := len(s.rows) - len(known.rows); left > 0 && len(known.rows) > 0 {
		r.warn(fmt.Sprintf("%d of %d rows have no effort and are left out of the fits that need it", left, len(s.rows)))
	}
	if len(known.rows) == 0 {
		return
	}
	r.OffsetPoisson = r.try("offset_poisson", func() (*Slope, error) { return slope(known.design(asOffset, breaks), glm.Poisson) })
	r.OffsetQuasi = r.try("offset_quasipoisson", func() (*Slope, error) { return quasiSlope(known.design(asOffset, breaks)) })
	r.OffsetNegbin = r.try("offset_negbin", func() (*Slope, error) { return slope(known.design(asOffset, breaks), glm.NegativeBinomial) })
	if r.OffsetNegbin != nil {
		if theta := r.OffsetNegbin.fit.Theta; theta <= 1e9 {
			r.OffsetNegbin.Theta = &theta
		} else {
			r.warn("the counts vary no more than Poisson counts do, so the negative binomial has no finite theta")
		}
	}
	r.FreeElasticity = r.try("free_elasticity", func() (*Slope, error) { return quasiSlope(known.design(asVariable, breaks)) })
}

// try makes a fit; one that cannot be made becomes a warning.
func (r *Result) try(name string, fit func() (*Slope, error)) *Slope {
	s, err := fit()
	if err == nil {
		return s
	}
	var rank *glm.RankError
	if errors.As(err, &rank) && rank.Column == effortColumn {
		r.warn(name + " was not fitted: effort did not change within any source, so its elasticity cannot be estimated")
	} else {
		r.warn(name + " was not fitted: " + err.Error())
	}
	return nil
}

// fitPanel fits the constant panel at elasticity 0 and 1 and returns it, or
// nil when there is none. Without effort anywhere only elasticity 0 is fitted.
func (r *Result) fitPanel(s *series, breaks []Break) *series {
	known := s.withEffort()
	panel := known.constantPanel()
	withEffort := len(panel.rows) > 0
	if !withEffort {
		panel = s.constantPanel()
	}
	if len(panel.rows) == 0 {
		return nil
	}
	r.PanelSources = panel.sources
	r.ConstantPanelNoEffort = r.try("constant_panel_no_effort", func() (*Slope, error) { return quasiSlope(panel.design(noEffort, breaks)) })
	if withEffort {
		r.ConstantPanel = r.try("constant_panel", func() (*Slope, error) { return quasiSlope(panel.design(asOffset, breaks)) })
	}
	return panel
}

// decide sets bounds, verdict and sentence, or refuses.
func (r *Result) decide(s, panel *series, opt Options) {
	if n := s.months(); n < MinMonths {
		r.refuse(fmt.Sprintf("the series has %d %s; at least %d are needed, and %d are better", n, plural(n, "month", "months"), MinMonths, FewMonths))
	} else if n < FewMonths {
		r.warn(fmt.Sprintf("the series has %d months: under %d, a season cannot be told from growth", n, FewMonths))
	}
	switch {
	case len(s.withEffort().rows) == 0:
		r.refuse("no effort is given: without knowing how hard anybody looked, growth cannot be told from looking. Give one denominator a month, such as screenings completed")
	case panel == nil:
		r.refuse(fmt.Sprintf("no source reported in every month from %s to %s, so every change in the total could be a source joining, leaving or missing a month",
			FormatMonth(s.first, opt.Calendar), FormatMonth(s.last, opt.Calendar)))
	case len(panel.withEffort().rows) == 0:
		r.refuse("no source gives both its count and its effort for every month")
	case r.ConstantPanel == nil || r.ConstantPanelNoEffort == nil:
		r.refuse("the constant panel cannot support a fit; the warnings say why")
	}
	if r.Refused {
		return
	}
	b, verdict := read(r.ConstantPanelNoEffort, r.ConstantPanel)
	text := sentence(panel, b, verdict, opt)
	r.Bounds, r.Verdict, r.Sentence = &b, &verdict, &text
}

// read takes bounds and verdict from the constant panel at elasticity 0 and 1.
func read(none, full *Slope) (Bounds, string) {
	low0, high0 := none.limits()
	low1, high1 := full.limits()
	b := Bounds{min(low0, low1), max(high0, high1)}
	switch {
	case b.Low > 0:
		return b, Growing
	case b.High < 0:
		return b, Falling
	case low0 > 0:
		return b, GrowingIfNothing
	}
	return b, NoEvidence
}

// FoundBreak is a known break with its fitted step, or a place where something
// seems to have changed.
type FoundBreak struct {
	Month string   `json:"month"`
	Label string   `json:"label"`
	Known bool     `json:"known"`
	Step  *float64 `json:"step"` // change of the logarithm of the level
	SE    *float64 `json:"se"`
}

// breakFit is the best fit that carries the known steps.
func (r *Result) breakFit() *Slope {
	for _, s := range []*Slope{r.ConstantPanel, r.ConstantPanelNoEffort, r.OffsetQuasi, r.SourceFixed} {
		if s != nil {
			return s
		}
	}
	return nil
}

func listBreaks(best *Slope, opt Options) []FoundBreak {
	out := []FoundBreak{}
	breaks := append([]Break(nil), opt.Breaks...)
	sort.Slice(breaks, func(i, j int) bool { return breaks[i].Month < breaks[j].Month })
	for _, b := range breaks {
		found := FoundBreak{Month: FormatMonth(b.Month, opt.Calendar), Label: b.Label, Known: true}
		if best != nil {
			if step, se, ok := best.fit.Term(stepColumn(b)); ok {
				found.Step, found.SE = &step, &se
			}
		}
		out = append(out, found)
	}
	return out
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}
