package analyserun

import (
	"fmt"
	"strings"

	"lantern.example/lantern/internal/analysis/proportion"
	"lantern.example/lantern/internal/fault"
)

// OutcomesOptions are those of the outcomes method.
type OutcomesOptions struct {
	Scales            *Input // measure, direction, sd, reliability, population_mean, source
	ReferenceGroup    string
	ScoredByDeliverer bool
}

// Outcomes says what can honestly be said about a programme's measures, from one row a person and measure or from the
// programme's own counts.
func Outcomes(run Run, in Input, opt OutcomesOptions) (Answer, error) {
	how := proportion.Options{ReferenceGroup: opt.ReferenceGroup, ScoredByDeliverer: opt.ScoredByDeliverer}
	if opt.Scales != nil {
		scales, err := readScales(*opt.Scales)
		if err != nil {
			return Answer{}, err
		}
		how.Scales = scales
	}
	s, err := read(in, "person, measure, baseline, followup, improved, or measure, improved, followed_up, enrolled", func(s *sheet) bool {
		return s.has("person", "measure") || s.has("measure", "improved")
	})
	if err != nil {
		return Answer{}, err
	}
	var res proportion.Result
	if s.has("person") {
		res, err = fromResponses(s, how)
	} else {
		res, err = fromCounts(s, how)
	}
	if err != nil {
		return Answer{}, err
	}
	return run.answer("outcomes", s.sha256, res, outcomesWords(res))
}

func fromResponses(s *sheet, how proportion.Options) (proportion.Result, error) {
	rows := make([]proportion.Response, len(s.rows))
	for i := range s.rows {
		r := proportion.Response{Person: s.text(i, s.column("person")), Measure: s.text(i, s.column("measure")), Group: s.text(i, s.column("group"))}
		var err error
		if r.Baseline, err = s.maybe(i, s.column("baseline"), "a score, or nothing"); err != nil {
			return proportion.Result{}, err
		}
		if r.Followup, err = s.maybe(i, s.column("followup", "follow_up"), "a score, or nothing where the person was not asked again"); err != nil {
			return proportion.Result{}, err
		}
		if improved := s.column("improved"); improved >= 0 {
			if r.Change, err = proportion.ParseChange(s.text(i, improved)); err != nil {
				return proportion.Result{}, s.bad(i, improved, "yes, no, same, worse, or nothing where it is not known")
			}
		}
		rows[i] = r
	}
	res, err := proportion.FromResponses(rows, how)
	if err != nil {
		return res, s.blame(err)
	}
	return res, nil
}

func fromCounts(s *sheet, how proportion.Options) (proportion.Result, error) {
	const want = "a whole number of people, 0 or more"
	rows := make([]proportion.Count, len(s.rows))
	for i := range s.rows {
		r := proportion.Count{Measure: s.text(i, s.column("measure")), Group: s.text(i, s.column("group"))}
		var err error
		if r.Improved, err = s.whole(i, s.column("improved"), want); err != nil {
			return proportion.Result{}, err
		}
		for _, part := range []struct {
			into   **int
			column int
		}{{&r.FollowedUp, s.column("followed_up")}, {&r.Enrolled, s.column("enrolled")}, {&r.Worsened, s.column("worsened")}} {
			if *part.into, err = s.maybeWhole(i, part.column, want); err != nil {
				return proportion.Result{}, err
			}
		}
		rows[i] = r
	}
	res, err := proportion.FromCounts(rows, how)
	if err != nil {
		return res, s.blame(err)
	}
	return res, nil
}

func readScales(in Input) (map[string]proportion.Scale, error) {
	s, err := read(in, "measure, direction, sd, reliability, population_mean, source", having("measure", "direction"))
	if err != nil {
		return nil, err
	}
	out := map[string]proportion.Scale{}
	for i := range s.rows {
		scale := proportion.Scale{Source: s.text(i, s.column("source"))}
		switch strings.ToLower(s.text(i, s.column("direction"))) {
		case "higher":
			scale.Direction = proportion.HigherIsBetter
		case "lower":
			scale.Direction = proportion.LowerIsBetter
		case "":
		default:
			return nil, s.bad(i, s.column("direction"), "higher or lower, whichever is better")
		}
		for _, part := range []struct {
			into   **float64
			column int
		}{{&scale.SD, s.column("sd")}, {&scale.Reliability, s.column("reliability")}, {&scale.PopulationMean, s.column("population_mean")}} {
			if *part.into, err = s.maybe(i, part.column, "a number, or nothing"); err != nil {
				return nil, err
			}
		}
		measure := s.text(i, s.column("measure"))
		if _, again := out[measure]; again || measure == "" {
			return nil, s.bad(i, s.column("measure"), "each measure once")
		}
		out[measure] = scale
	}
	if len(out) == 0 {
		return nil, fault.New(fault.Invalid, "%s: there is no scale in it.", in.Name)
	}
	return out, nil
}

func outcomesWords(res proportion.Result) string {
	p := newPage(res.Refused, res.Reasons, "")
	var rows [][]string
	for _, m := range res.Measures {
		if m.Headline != nil {
			fmt.Fprintln(p, sentence(*m.Headline))
		}
		rows = append(rows, []string{m.Measure, number(float64(m.Improved)), maybeNumber(m.Worsened), maybeNumber(m.FollowedUp), maybeNumber(m.Enrolled), share((*[2]float64)(m.Wilson)), share((*[2]float64)(m.Bounds)), maybeNumber(m.McNemarP)})
	}
	p.table("Measures", []string{"measure", "improved", "worsened", "followed up", "enrolled", "95 % interval", "whatever became of the rest", "McNemar p"}, rows)
	warnings := res.Warnings
	for _, m := range res.Measures {
		for _, w := range m.Warnings {
			warnings = append(warnings, m.Measure+": "+w)
		}
	}
	p.list("Read with care", warnings)
	return p.String()
}

func share(v *[2]float64) string {
	if v == nil {
		return "-"
	}
	return fmt.Sprintf("%.0f to %.0f %%", 100*v[0], 100*v[1])
}
