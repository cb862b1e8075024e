package proportion

import (
	"fmt"
	"strings"

	"lantern.example/lantern/internal/analysis/badrow"
)

// Change is what a person, or whoever asked, said about one measure.
type Change int

// The changes that can be stated. NotImproved is a plain "no", which does not
// say whether things stayed the same or got worse.
const (
	NotKnown Change = iota
	Improved
	NotImproved
	Same
	Worse
)

var changeWords = map[string]Change{
	"": NotKnown, "unknown": NotKnown, "not known": NotKnown, "na": NotKnown, "n/a": NotKnown,
	"1": Improved, "y": Improved, "yes": Improved, "true": Improved, "improved": Improved, "better": Improved,
	"0": NotImproved, "n": NotImproved, "no": NotImproved, "false": NotImproved, "not improved": NotImproved,
	"same": Same, "unchanged": Same, "no change": Same,
	"-1": Worse, "worse": Worse, "worsened": Worse,
}

// ParseChange reads the `improved` column: yes, no, same, worse, the common
// spellings of each, 1, 0 and -1, or blank for not known.
func ParseChange(text string) (Change, error) {
	c, ok := changeWords[strings.ToLower(strings.Join(strings.Fields(text), " "))]
	if !ok {
		return NotKnown, fmt.Errorf("got %q; expected yes, no, same, worse, 1, 0, -1 or blank", text)
	}
	return c, nil
}

// Response is one enrolled person on one measure. Everybody enrolled has a
// row, also those who could not be asked again: their Followup is nil and
// their Change NotKnown.
type Response struct {
	Person   string
	Measure  string
	Baseline *float64
	Followup *float64
	Change   Change
	Group    string // optional
}

// Direction says which way a scale runs.
type Direction int

// Which way a scale runs.
const (
	DirectionUnknown Direction = iota
	HigherIsBetter
	LowerIsBetter
)

// Scale is what is known about the instrument behind a measure. All of it is
// optional; what is missing is said in the warnings.
type Scale struct {
	Direction      Direction
	SD             *float64 // standard deviation in the population it was tested on
	Reliability    *float64 // test-retest reliability r
	PopulationMean *float64
	Source         string
}

// judged is a response once its change has been settled.
type judged struct {
	Response
	change   Change
	unjudged bool // both scores, but which way is better is not known
	against  bool // said to have improved, yet the score moved the other way
}

// settle works out each person's change from what was stated and, where the
// direction of the scale is known, from the scores.
func settle(rows []Response, d Direction) []judged {
	out := make([]judged, len(rows))
	for i, r := range rows {
		j := judged{Response: r, change: r.Change}
		scored := r.Baseline != nil && r.Followup != nil
		switch {
		case scored && d != DirectionUnknown:
			byScore := moved(*r.Baseline, *r.Followup, d)
			switch {
			case r.Change == NotKnown, r.Change == NotImproved && byScore != Improved:
				j.change = byScore
			case r.Change == Improved && byScore == Worse, r.Change != Improved && byScore == Improved:
				j.against = true
			}
		case scored && r.Change == NotKnown:
			j.unjudged = true
		}
		out[i] = j
	}
	return out
}

func moved(baseline, followup float64, d Direction) Change {
	gain := followup - baseline
	if d == LowerIsBetter {
		gain = -gain
	}
	switch {
	case gain > 0:
		return Improved
	case gain < 0:
		return Worse
	}
	return Same
}

// inferDirection reads the way a scale runs from the people said to have
// improved: if all whose score moved went the same way, that way is better.
func inferDirection(rows []Response) Direction {
	up, down := 0, 0
	for _, r := range rows {
		if r.Change != Improved || r.Baseline == nil || r.Followup == nil {
			continue
		}
		switch {
		case *r.Followup > *r.Baseline:
			up++
		case *r.Followup < *r.Baseline:
			down++
		}
	}
	switch {
	case up > 0 && down == 0:
		return HigherIsBetter
	case down > 0 && up == 0:
		return LowerIsBetter
	}
	return DirectionUnknown
}

// checkResponses refuses rows without a person or measure, scores that are not
// numbers, and a person twice on one measure.
func checkResponses(rows []Response) error {
	if len(rows) == 0 {
		return fmt.Errorf("there are no responses: expected one row a person and measure")
	}
	seen := make(map[[2]string]int, len(rows))
	for i, r := range rows {
		switch {
		case r.Person == "":
			return badrow.New(i, "person", "", "an identifier for the person")
		case r.Measure == "":
			return badrow.New(i, "measure", "", "the name of the measure")
		case r.Baseline != nil && checkFinite("", *r.Baseline) != nil:
			return badrow.New(i, "baseline", *r.Baseline, "a number or blank")
		case r.Followup != nil && checkFinite("", *r.Followup) != nil:
			return badrow.New(i, "followup", *r.Followup, "a number or blank")
		case r.Change < NotKnown || r.Change > Worse:
			return badrow.New(i, "improved", int(r.Change), "yes, no, same, worse or blank")
		}
		key := [2]string{r.Person, r.Measure}
		if first, twice := seen[key]; twice {
			return badrow.New(i, "person", r.Person, fmt.Sprintf("each person once for the measure %q (already at record %d)", r.Measure, first+1))
		}
		seen[key] = i
	}
	return nil
}
