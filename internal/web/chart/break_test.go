package chart

import (
	"strings"
	"testing"
)

// Nothing is joined across a break: what lies on its two sides is not one series.
func TestALineStopsAtABreak(t *testing.T) {
	l := Lines{About: About{Title: "Lines", Finding: "They count different things."}, Unit: "Lines", Periods: []string{"2017", "2018", "2019"}, Series: []Series{{Label: "Lines", Values: []Number{Count(720), Count(1000), Count(2000)}}}}
	moves := func() (starts, joins int) {
		svg, err := Draw(l, "x", Wide)
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range strings.Split(svg, `d="M`)[1:] {
			d := part[:strings.IndexByte(part, '"')]
			if strings.Count(svg, d) > 0 && strings.Contains(part, "stroke-linejoin") {
				return strings.Count(d, "M") + 1, strings.Count(d, "L")
			}
		}
		return 0, 0
	}
	if m, j := moves(); m != 1 || j != 2 {
		t.Errorf("without a break: begun %d times, joined %d times; want 1 and 2", m, j)
	}
	l.Marks = []Mark{{Period: 2, Label: "another unit", Break: true}}
	if m, j := moves(); m != 2 || j != 1 {
		t.Errorf("with a break: begun %d times, joined %d times; want 2 and 1", m, j)
	}
	if got := l.Table().Rows[2][0]; got != "2019 (another unit)" {
		t.Errorf("the table says %q", got)
	}
}
