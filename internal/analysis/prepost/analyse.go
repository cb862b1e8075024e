package prepost

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"

	"lantern.example/lantern/internal/analysis/glm"
)

// MinPoints is the fewest points on either side; GoodPoints is what is better.
const (
	MinPoints  = 8
	GoodPoints = 24
)

// Change is a change of the logarithm of the count.
type Change struct {
	Estimate float64    `json:"estimate"`
	SE       float64    `json:"se"`
	Interval [2]float64 `json:"interval95"`
}

// Result is the answer of the prepost method.
type Result struct {
	Refused  bool     `json:"refused"`
	Reasons  []string `json:"reasons"`
	Warnings []string `json:"warnings"`

	// LevelChange is the jump at the date; SlopeChange the change of trend a
	// unit of time. With a control series both are net of the control's.
	LevelChange *Change `json:"level_change"`
	SlopeChange *Change `json:"slope_change"`
	Sentence    *string `json:"sentence"`

	Before  int   `json:"points_before"`
	After   int   `json:"points_after"`
	Series  *Line `json:"series"`
	Control *Line `json:"control"`
}

// Line is one fitted series.
type Line struct {
	Terms []Term `json:"terms"`
	// Dispersion is Pearson's chi-square over its degrees of freedom, and
	// DispersionP how often Poisson counts would give one as large.
	Dispersion  float64 `json:"dispersion"`
	DispersionP float64 `json:"dispersion_p"`
	// Autocorrelation is that of neighbouring Pearson residuals, and
	// AutocorrelationP the Ljung-Box p value for four lags.
	Autocorrelation  float64 `json:"autocorrelation"`
	AutocorrelationP float64 `json:"autocorrelation_p"`
	NeweyWestLag     int     `json:"newey_west_lag"`
	// StandardErrors says which was used: "poisson" or "largest".
	StandardErrors string `json:"standard_errors"`

	fit *glm.Fit
}

// Term is one coefficient with its standard errors.
type Term struct {
	Name        string  `json:"name"`
	Estimate    float64 `json:"estimate"`
	SE          float64 `json:"se"` // the one used
	PoissonSE   float64 `json:"se_poisson"`
	QuasiSE     float64 `json:"se_quasipoisson"`
	NeweyWestSE float64 `json:"se_newey_west"`
}

const (
	levelTerm  = "post"
	slopeTerm  = "since"
	effortTerm = "log effort"
	// checkLevel is the p value below which a check has failed. It is not 0.05
	// because a check that wrongly fails costs only a wider interval.
	checkLevel = 0.2
)

// Analyse compares the points from time at on with those before it.
func Analyse(in []Point, at float64) (Result, error) {
	points, err := check(in)
	if err != nil {
		return Result{}, err
	}
	if math.IsNaN(at) || math.IsInf(at, 0) {
		return Result{}, fmt.Errorf("the time of the change is %v; expected a number", at)
	}
	r := Result{Reasons: []string{}, Warnings: []string{}}
	for _, p := range points {
		if p.Time < at {
			r.Before++
		} else {
			r.After++
		}
	}
	if r.Before < MinPoints || r.After < MinPoints {
		r.refuse(fmt.Sprintf("there are %d points before the change and %d from it on; at least %d on each side are needed, and %d are better", r.Before, r.After, MinPoints, GoodPoints))
		return r, nil
	}
	if why := gap(points); why != "" {
		r.refuse(why)
		return r, nil
	}
	r.warnAboutPoints(points)
	r.Series = r.line("the series", points, at, func(p Point) float64 { return p.Count }, points[0].Effort != nil)
	if points[0].Control != nil {
		r.Control = r.line("the control series", points, at, func(p Point) float64 { return *p.Control }, false)
	}
	if !r.Refused {
		r.compare(points[0].Control != nil)
	}
	return r, nil
}

func (r *Result) refuse(why string) {
	r.Refused = true
	r.Reasons = append(r.Reasons, why)
}

func (r *Result) warn(text string) { r.Warnings = append(r.Warnings, text) }

func (r *Result) warnAboutPoints(points []Point) {
	if r.Before < GoodPoints || r.After < GoodPoints {
		r.warn(fmt.Sprintf("there are %d points before and %d after; %d on each side are better", r.Before, r.After, GoodPoints))
	}
	if points[0].Control == nil {
		r.warn("there is no control series: a change at the date may have any cause, and is not called an effect")
	}
}

// line fits one series; one that cannot be fitted refuses the result.
func (r *Result) line(name string, points []Point, at float64, count func(Point) float64, effort bool) *Line {
	d := design(points, at, count, effort)
	l, err := fit(d)
	var rank *glm.RankError
	if effort && errors.As(err, &rank) && rank.Column == effortTerm {
		r.warn("effort did not change by itself, so it was left out")
		d = design(points, at, count, false)
		l, err = fit(d)
	}
	if err != nil {
		r.refuse(fmt.Sprintf("%s cannot support the fit: %v", name, err))
		return nil
	}
	if l.DispersionP < checkLevel {
		r.warn(fmt.Sprintf("%s varies more than Poisson counts do (dispersion %.2f): the largest of three standard errors is used", name, l.Dispersion))
	}
	if l.AutocorrelationP < checkLevel {
		r.warn(fmt.Sprintf("neighbouring points of %s are correlated (%.2f): the largest of three standard errors is used", name, l.Autocorrelation))
	}
	return l
}

func design(points []Point, at float64, count func(Point) float64, effort bool) glm.Data {
	d := glm.Data{Columns: []string{"level", "time", levelTerm, slopeTerm}}
	if effort {
		d.Columns = append(d.Columns, effortTerm)
	}
	lastBefore := points[0].Time
	for _, p := range points {
		if p.Time < at {
			lastBefore = p.Time
		}
	}
	for _, p := range points {
		post, since := 0.0, 0.0
		if p.Time >= at {
			post, since = 1, p.Time-lastBefore
		}
		d.Y = append(d.Y, count(p))
		d.X = append(d.X, 1, p.Time, post, since)
		if effort {
			d.X = append(d.X, math.Log(*p.Effort))
		}
	}
	return d
}

func fit(d glm.Data) (*Line, error) {
	f, err := glm.Poisson(d)
	if err != nil {
		return nil, err
	}
	q, err := f.Quasi()
	if err != nil {
		return nil, err
	}
	robust, lag, err := f.NeweyWest(d, -1)
	if err != nil {
		return nil, err
	}
	l := &Line{Dispersion: f.Dispersion, NeweyWestLag: lag, StandardErrors: "poisson", fit: f}
	l.DispersionP = distuv.ChiSquared{K: float64(f.DF)}.Survival(f.Dispersion * float64(f.DF))
	l.Autocorrelation, l.AutocorrelationP = ljungBox(d.Y, f.Fitted)
	failed := l.DispersionP < checkLevel || l.AutocorrelationP < checkLevel
	if failed {
		l.StandardErrors = "largest"
	}
	for j, name := range d.Columns {
		t := Term{Name: name, Estimate: f.Coef[j], SE: f.SE[j], PoissonSE: f.SE[j], QuasiSE: q.SE[j], NeweyWestSE: robust[j]}
		if failed {
			t.SE = max(t.PoissonSE, t.QuasiSE, t.NeweyWestSE)
		}
		l.Terms = append(l.Terms, t)
	}
	return l, nil
}

// ljungBox is the correlation of neighbouring Pearson residuals and the p value
// of the Ljung-Box statistic over four lags.
func ljungBox(y, mu []float64) (first, p float64) {
	const lags = 4
	n := len(y)
	e := make([]float64, n)
	total := 0.0
	for i := range y {
		e[i] = (y[i] - mu[i]) / math.Sqrt(mu[i])
		total += e[i] * e[i]
	}
	if total == 0 {
		return 0, 1
	}
	q := 0.0
	for k := 1; k <= lags; k++ {
		c := 0.0
		for i := k; i < n; i++ {
			c += e[i] * e[i-k]
		}
		c /= total
		if k == 1 {
			first = c
		}
		q += c * c / float64(n-k)
	}
	q *= float64(n) * float64(n+2)
	return first, distuv.ChiSquared{K: lags}.Survival(q)
}

// compare sets the changes, net of the control's when there is one, and the
// sentence.
func (r *Result) compare(controlled bool) {
	r.LevelChange = r.change(levelTerm)
	r.SlopeChange = r.change(slopeTerm)
	text := sentence(r.LevelChange, r.SlopeChange, controlled)
	r.Sentence = &text
}

func (r *Result) change(name string) *Change {
	estimate, variance := r.Series.term(name)
	if r.Control != nil {
		c, v := r.Control.term(name)
		estimate, variance = estimate-c, variance+v
	}
	se := math.Sqrt(variance)
	half := distuv.UnitNormal.Quantile(0.975) * se
	return &Change{estimate, se, [2]float64{estimate - half, estimate + half}}
}

func (l *Line) term(name string) (estimate, variance float64) {
	for _, t := range l.Terms {
		if t.Name == name {
			return t.Estimate, t.SE * t.SE
		}
	}
	panic("prepost: no term " + name)
}

func sentence(level, slope *Change, controlled bool) string {
	beside, cause := "", "There is no control series, so this is a change and not an effect."
	if controlled {
		beside, cause = " beside the control series", "Anything else that touched one series and not the other at that time would look the same."
	}
	return fmt.Sprintf("At the change the level moved by %s (95%% interval %s to %s)%s: %s. The trend moved by %s a unit of time (%s to %s): %s. %s",
		percent(level.Estimate), percent(level.Interval[0]), percent(level.Interval[1]), beside, reading(level),
		finePercent(slope.Estimate), finePercent(slope.Interval[0]), finePercent(slope.Interval[1]), reading(slope), cause)
}

func reading(c *Change) string {
	switch {
	case c.Interval[0] > 0:
		return "a rise"
	case c.Interval[1] < 0:
		return "a fall"
	}
	return "no clear change"
}

func percent(log float64) string {
	v := math.Round(100 * math.Expm1(log))
	switch {
	case v > 1000:
		return "more than +1000%"
	case v == 0:
		return "0%"
	}
	return fmt.Sprintf("%+.0f%%", v)
}

func finePercent(log float64) string {
	v := 100 * math.Expm1(log)
	if v > 1000 {
		return "more than +1000%"
	}
	return fmt.Sprintf("%+.1f%%", v)
}
