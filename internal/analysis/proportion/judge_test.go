package proportion

import (
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"

	"lantern.example/lantern/internal/analysis/badrow"
)

func some[T any](v T) *T { return &v }

func counts(improved, asked, enrolled int) Count {
	return Count{Measure: "feels safer", Improved: improved, FollowedUp: &asked, Enrolled: &enrolled}
}

func mustJudge(t *testing.T, rows ...Count) Result {
	t.Helper()
	r, err := FromCounts(rows, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestHeadlineFromCounts(t *testing.T) {
	worsened := counts(24, 30, 36)
	worsened.Worsened = some(3)
	noEnrolled := counts(89, 100, 150)
	noEnrolled.Enrolled = nil
	cases := []struct {
		name string
		in   Count
		want string
	}{
		{"enough followed up", worsened,
			"24 of the 30 followed up improved: 80% (63% to 90%, 95% interval), of 36 enrolled. 3 got worse. No comparison group."},
		{"follow-up under 70 % gives the bounds", counts(89, 100, 150),
			"Between 89 and 139 of the 150 enrolled improved (59% to 93%): 100 were followed up and 89 of them improved. How many got worse is not stated. No comparison group."},
		{"few people give no percentage", counts(3, 5, 6),
			"3 of the 5 followed up improved, of 6 enrolled; too few for a percentage. How many got worse is not stated. No comparison group."},
		{"few enrolled and few followed up", counts(1, 3, 8),
			"Between 1 and 6 of the 8 enrolled improved: 3 were followed up and 1 of them improved. How many got worse is not stated. No comparison group."},
		{"enrolled not stated", noEnrolled,
			"89 of the 100 followed up improved; how many were enrolled is not stated, so no percentage is given. How many got worse is not stated. No comparison group."},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			m := mustJudge(t, c.in).Measures[0]
			if m.Headline == nil || *m.Headline != c.want {
				t.Errorf("got  %v\nwant %s", m.Headline, c.want)
			}
		})
	}
}

func TestSeventyPerCentIsEnough(t *testing.T) {
	for _, c := range []struct {
		asked, enrolled int
		low             bool
	}{{70, 100, false}, {69, 100, true}, {21, 30, false}, {7, 10, false}, {20, 30, true}} {
		m := mustJudge(t, counts(5, c.asked, c.enrolled)).Measures[0]
		if got := strings.HasPrefix(*m.Headline, "Between"); got != c.low {
			t.Errorf("%d of %d followed up: headline is the bounds %v, want %v", c.asked, c.enrolled, got, c.low)
		}
	}
}

func TestRateIsHiddenUnderTen(t *testing.T) {
	m := mustJudge(t, counts(3, 5, 6)).Measures[0]
	if m.Rate != nil || strings.Contains(*m.Headline, "%") {
		t.Errorf("5 followed up: rate %v, headline %q; want neither a rate nor a percentage", m.Rate, *m.Headline)
	}
	if m.Wilson == nil {
		t.Error("the interval is still worked out, for checking")
	}
}

// A published page gives "100 %" and no numbers behind it.
func TestRefusesWithoutADenominator(t *testing.T) {
	r := mustJudge(t, Count{Measure: "in education or work", Improved: 12})
	if !r.Refused || len(r.Reasons) != 1 || !strings.Contains(r.Reasons[0], "denominator") {
		t.Errorf("got refused %v, reasons %q; want a refusal about the denominator", r.Refused, r.Reasons)
	}
	if r.Measures[0].Headline != nil {
		t.Errorf("headline %q, want none", *r.Measures[0].Headline)
	}
}

func TestEverybodyImprovedPromptsACheck(t *testing.T) {
	m := mustJudge(t, counts(40, 40, 44)).Measures[0]
	if !containing(m.Warnings, "check the denominator") {
		t.Errorf("warnings %q do not ask to check the denominator", m.Warnings)
	}
}

func containing(list []string, part string) bool {
	for _, s := range list {
		if strings.Contains(s, part) {
			return true
		}
	}
	return false
}

func TestFromResponsesAgreesWithCounts(t *testing.T) {
	var rows []Response
	add := func(n int, change Change) {
		for range n {
			rows = append(rows, Response{Person: string(rune('a'+len(rows)%26)) + string(rune('a'+len(rows)/26)), Measure: "feels safer", Change: change})
		}
	}
	add(24, Improved)
	add(3, Worse)
	add(3, Same)
	add(6, NotKnown)
	got, err := FromResponses(rows, Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := counts(24, 30, 36)
	want.Worsened = some(3)
	if expected := mustJudge(t, want); !reflect.DeepEqual(got, expected) {
		t.Errorf("got  %+v\nwant %+v", got, expected)
	}
}

func TestScoresDecideWhereNothingWasStated(t *testing.T) {
	row := func(p string, before, after float64, c Change) Response {
		return Response{Person: p, Measure: "worry", Baseline: &before, Followup: &after, Change: c}
	}
	lower := Options{Scales: map[string]Scale{"worry": {Direction: LowerIsBetter}}}
	rows := []Response{row("a", 20, 12, NotKnown), row("b", 20, 25, NotKnown), row("c", 20, 20, NotKnown), row("d", 20, 26, NotImproved)}
	r, err := FromResponses(rows, lower)
	if err != nil {
		t.Fatal(err)
	}
	m := r.Measures[0]
	if m.Improved != 1 || m.Worsened == nil || *m.Worsened != 2 || *m.FollowedUp != 4 {
		t.Errorf("got %d improved, %v worsened, %d followed up; want 1, 2, 4", m.Improved, m.Worsened, *m.FollowedUp)
	}

	unknown, err := FromResponses(rows[:3], Options{})
	if err != nil {
		t.Fatal(err)
	}
	if !unknown.Refused || !containing(unknown.Measures[0].Warnings, "whether higher is better") {
		t.Errorf("direction unknown: refused %v, warnings %q; want a refusal that says so", unknown.Refused, unknown.Measures[0].Warnings)
	}

	stated, err := FromResponses(append(rows[:3:3], row("e", 30, 20, Improved)), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if m := stated.Measures[0]; m.Improved != 2 || !containing(m.Warnings, "lower scores are better") {
		t.Errorf("direction read from the improved: got %d improved, warnings %q; want 2 and a warning", m.Improved, m.Warnings)
	}
}

func TestReliableSharesAndRegression(t *testing.T) {
	var rows []Response
	for i, change := range []float64{9, 9, 4, 0, -9, 8.2, 3, 2, 1, 0} {
		before := 26.0
		after := before + change
		rows = append(rows, Response{Person: string(rune('a' + i)), Measure: "wellbeing", Baseline: &before, Followup: &after})
	}
	opt := Options{Scales: map[string]Scale{"wellbeing": {
		Direction: HigherIsBetter, SD: some(6.5), Reliability: some(0.8), PopulationMean: some(20.0), Source: "invented",
	}}}
	r, err := FromResponses(rows, opt)
	if err != nil {
		t.Fatal(err)
	}
	got := r.Measures[0].ReliableChange
	if got == nil || got.Improved != 3 || got.Worsened != 1 || got.Unchanged != 6 {
		t.Errorf("reliable change %+v, want 3 improved, 6 unchanged, 1 worsened (threshold 8.06)", got)
	}
	if rtm := r.Measures[0].RegressionToMean; rtm == nil || math.Abs(rtm.ExpectedChange-(-1.2)) > 1e-9 {
		t.Errorf("regression to the mean %+v, want -1.2", rtm)
	}
}

func TestGroupsAreComparedWithTheLargest(t *testing.T) {
	group := func(name string, x, n int) Count {
		return Count{Measure: "safer", Group: name, Improved: x, FollowedUp: &n, Enrolled: &n}
	}
	r := mustJudge(t, group("north", 56, 70), group("south", 48, 80), group("east", 3, 6))
	m := r.Measures[0]
	if m.Improved != 107 || *m.FollowedUp != 156 {
		t.Errorf("whole: %d of %d, want 107 of 156", m.Improved, *m.FollowedUp)
	}
	for _, g := range m.Groups {
		switch g.Group {
		case "south":
			if !g.Reference || g.Relative != nil {
				t.Errorf("south should be the reference: %+v", g)
			}
		case "north":
			if g.Difference == nil || math.Abs(g.Difference.Interval.Low()-0.05243147) > 1e-7 {
				t.Errorf("north: difference %+v, want a lower limit of 0.05243147", g.Difference)
			}
			if g.Relative == nil || math.Abs(*g.Relative.Ratio-0.8/0.6) > 1e-12 {
				t.Errorf("north: relative rate %+v, want 1.333", g.Relative)
			}
		case "east":
			if g.Rate != nil || g.Relative.Ratio != nil || g.Difference != nil {
				t.Errorf("east has 3 of 6: got %+v; want counts only", g)
			}
		}
	}
}

func TestBadRowsAreNamed(t *testing.T) {
	responses := []struct {
		name   string
		rows   []Response
		record int
		column string
	}{
		{"a person twice", []Response{{Person: "a", Measure: "m"}, {Person: "a", Measure: "m"}}, 1, "person"},
		{"no person", []Response{{Measure: "m"}}, 0, "person"},
		{"no measure", []Response{{Person: "a"}}, 0, "measure"},
		{"a score that is not a number", []Response{{Person: "a", Measure: "m"}, {Person: "b", Measure: "m", Followup: some(math.NaN())}}, 1, "followup"},
	}
	for _, c := range responses {
		t.Run(c.name, func(t *testing.T) {
			_, err := FromResponses(c.rows, Options{})
			assertBad(t, err, c.record, c.column)
		})
	}
	rows := []struct {
		name   string
		in     Count
		column string
	}{
		{"more improved than asked", counts(31, 30, 36), "improved"},
		{"more asked than enrolled", counts(3, 37, 36), "followed_up"},
		{"negative", counts(-1, 30, 36), "improved"},
		{"nobody enrolled", counts(0, 0, 0), "enrolled"},
		{"more worse than left", Count{Measure: "m", Improved: 5, FollowedUp: some(8), Enrolled: some(9), Worsened: some(4)}, "worsened"},
	}
	for _, c := range rows {
		t.Run(c.name, func(t *testing.T) {
			_, err := FromCounts([]Count{c.in}, Options{})
			assertBad(t, err, 0, c.column)
		})
	}
}

func assertBad(t *testing.T, err error, record int, column string) {
	t.Helper()
	var bad *badrow.Error
	if !errors.As(err, &bad) || bad.Record != record || bad.Column != column {
		t.Errorf("got error %v, want one at record %d, column %s", err, record, column)
	}
}

func FuzzParseChange(f *testing.F) {
	for _, s := range []string{"yes", " NOT  improved ", "1", "-1", "", "89%"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c, err := ParseChange(s)
		if err == nil && (c < NotKnown || c > Worse) {
			t.Errorf("ParseChange(%q) = %d, outside the closed set", s, c)
		}
		if err != nil && c != NotKnown {
			t.Errorf("ParseChange(%q) = %d beside the error %v", s, c, err)
		}
	})
}

// Whatever counts come in, the answer is an error or a document without NaN or
// infinity, and improved, bounds and rate agree with one another.
func FuzzFromCounts(f *testing.F) {
	f.Add(24, 30, 36, 3)
	f.Add(0, 0, 1, 0)
	f.Add(-1, 5, 2, 9)
	f.Fuzz(func(t *testing.T, improved, asked, enrolled, worsened int) {
		r, err := FromCounts([]Count{{Measure: "m", Improved: improved, FollowedUp: &asked, Enrolled: &enrolled, Worsened: &worsened}}, Options{})
		if err != nil {
			return
		}
		if _, err := json.Marshal(r); err != nil {
			t.Fatalf("the result cannot be written as JSON: %v", err)
		}
		m := r.Measures[0]
		if m.Bounds != nil && !(m.Bounds.Low() >= 0 && m.Bounds.Low() <= m.Bounds.High() && m.Bounds.High() <= 1) {
			t.Errorf("bounds %v", *m.Bounds)
		}
		if m.Rate != nil && !(m.Wilson.Low() <= *m.Rate && *m.Rate <= m.Wilson.High()) {
			t.Errorf("rate %v outside its interval %v", *m.Rate, *m.Wilson)
		}
	})
}
