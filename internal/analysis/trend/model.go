package trend

import (
	"errors"
	"math"

	"gonum.org/v1/gonum/stat/distuv"

	"lantern.example/lantern/internal/analysis/glm"
)

// Slope is a fitted growth rate: the change of the logarithm a year.
type Slope struct {
	PerYear      float64  `json:"slope_per_year"`
	SE           float64  `json:"se"`
	Dispersion   *float64 `json:"dispersion,omitempty"`
	Theta        *float64 `json:"theta,omitempty"`
	Elasticity   *float64 `json:"elasticity,omitempty"`
	ElasticitySE *float64 `json:"elasticity_se,omitempty"`

	fit       *glm.Fit
	poissonSE float64 // the standard error at a dispersion of 1
}

// How a model treats effort.
type effortTerm int

const (
	noEffort   effortTerm = iota // elasticity 0
	asOffset                     // elasticity 1
	asVariable                   // elasticity estimated
)

const (
	timeColumn   = "time"
	effortColumn = "log effort"
)

// Break is a change in recording known beforehand: from Month on, counts may
// stand at another level.
type Break struct {
	Month int
	Label string
}

// design lays out a level for each source, time in years, log effort if it is
// a variable, and a step for each known break.
func (s *series) design(effort effortTerm, breaks []Break) glm.Data {
	column := make(map[string]int, len(s.sources))
	d := glm.Data{}
	for j, name := range s.sources {
		column[name] = j
		d.Columns = append(d.Columns, "source "+name)
	}
	d.Columns = append(d.Columns, timeColumn)
	if effort == asVariable {
		d.Columns = append(d.Columns, effortColumn)
	}
	for _, b := range breaks {
		d.Columns = append(d.Columns, stepColumn(b))
	}
	p := len(d.Columns)
	d.X = make([]float64, len(s.rows)*p)
	for i, o := range s.rows {
		row := d.X[i*p : (i+1)*p]
		row[column[o.Source]] = 1
		next := len(s.sources)
		row[next] = float64(o.Month-s.first) / 12
		next++
		switch effort {
		case asVariable:
			row[next] = math.Log(*o.Effort)
			next++
		case asOffset:
			d.Offset = append(d.Offset, math.Log(*o.Effort))
		}
		for _, b := range breaks {
			if o.Month >= b.Month {
				row[next] = 1
			}
			next++
		}
		d.Y = append(d.Y, o.Count)
	}
	return d
}

func stepColumn(b Break) string { return "break " + b.Label + " " + FormatMonth(b.Month, false) }

// totals is the design of the naive model: one count a month, sources added
// up; months without any row are left out.
func (s *series) totals() glm.Data {
	count, _, present := s.monthTotals()
	d := glm.Data{Columns: []string{"level", timeColumn}}
	for i, there := range present {
		if there {
			d.Y = append(d.Y, count[i])
			d.X = append(d.X, 1, float64(i)/12)
		}
	}
	return d
}

type family func(glm.Data) (*glm.Fit, error)

// slope fits a model and picks out what is reported of it.
func slope(d glm.Data, fit family) (*Slope, error) {
	f, err := fit(d)
	if err != nil {
		return nil, err
	}
	out := &Slope{fit: f}
	out.PerYear, out.SE, _ = f.Term(timeColumn)
	if e, se, ok := f.Term(effortColumn); ok {
		out.Elasticity, out.ElasticitySE = &e, &se
		if !(math.Abs(e) <= beyondReading && se <= beyondReading) {
			return nil, errUnlimited
		}
	}
	if !(math.Abs(out.PerYear) <= beyondReading && out.SE <= beyondReading) {
		return nil, errUnlimited
	}
	return out, nil
}

// beyondReading is a slope, or a standard error, that says nothing: exp(50) a year. Effort that jumps a millionfold from
// one month to the next gives such, because what is written under it is not one measure.
const (
	beyondReading   = 50
	beyondSpreading = 1e6 // dispersion
)

var errUnlimited = errors.New("counts and effort do not fit one another, so the figures do not limit the change: check the units of effort, and months whose effort is out of all proportion")

// quasiSlope is the slope of a quasi-Poisson fit.
func quasiSlope(d glm.Data) (*Slope, error) {
	poisson, err := slope(d, glm.Poisson)
	if err != nil {
		return nil, err
	}
	s, err := slope(d, func(glm.Data) (*glm.Fit, error) { return poisson.fit.Quasi() })
	if err != nil {
		return nil, err
	}
	if !(s.fit.Dispersion <= beyondSpreading) {
		return nil, errUnlimited
	}
	s.Dispersion, s.poissonSE = &s.fit.Dispersion, poisson.SE
	return s, nil
}

// limitLevel is the confidence level of the limits the verdict is read from.
const limitLevel = 0.99

// limits are the 99 % limits of a quasi-Poisson slope, from Student's t because
// the dispersion is estimated. A dispersion below 1 is taken as 1: counts that
// are smoother than chance allows are rounded or made up, and must not look the
// surer for it.
func (s *Slope) limits() (low, high float64) {
	t := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: float64(s.fit.DF)}.Quantile(1 - (1-limitLevel)/2)
	se := s.SE
	if s.Dispersion != nil && *s.Dispersion < 1 {
		se = s.poissonSE
	}
	return s.PerYear - t*se, s.PerYear + t*se
}
