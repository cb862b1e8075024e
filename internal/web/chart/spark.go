package chart

import (
	"fmt"
	"math"
	"strings"
)

// Spark is a line the height of a line of text, for a row in a table. It has
// no axis: it shows a shape, and the numbers stand beside it.
type Spark struct {
	About
	Unit    string
	Periods []string
	Values  []Number
}

func (s Spark) check() error {
	if len(s.Periods) != len(s.Values) {
		return fmt.Errorf("it has %d values for %d periods", len(s.Values), len(s.Periods))
	}
	for i, v := range s.Values {
		if err := v.check(s.Periods[i]); err != nil {
			return err
		}
	}
	return nil
}

// Table has a row for each period.
func (s Spark) Table() Table {
	w := s.words()
	t := Table{Caption: s.Title, Note: s.Base, Header: []string{w.Period, or(s.Unit, w.Number)}, Numeric: []bool{false, true}}
	for i, p := range s.Periods {
		t.Rows = append(t.Rows, []string{p, s.Values[i].text(w, 0)})
	}
	return t
}

func (s Spark) draw(c *canvas) {
	const width, tall = 96.0, 24.0
	top := c.y
	if top == 0 { // in a file, the heading needs more room
		c.width = width
	}
	low, high := 0.0, 1.0
	for _, v := range s.Values {
		if v.known() {
			low, high = math.Min(low, v.N), math.Max(high, v.N)
		}
	}
	x := scale{low: 0, high: math.Max(1, float64(len(s.Values)-1)), from: 4, to: width - 5}
	y := scale{low: low, high: high, from: top + tall - 3, to: top + 4}
	c.line(2, y.at(0), width-2, y.at(0), `stroke="`+colourGrid+`"`)
	var d strings.Builder
	down, last := false, -1
	for i, v := range s.Values {
		if !v.known() {
			down = false
			continue
		}
		command := "M"
		if down {
			command = "L"
		}
		d.WriteString(command + num(x.at(float64(i))) + " " + num(y.at(v.N)))
		down, last = true, i
	}
	if last >= 0 {
		c.path(d.String(), stroke(ColourMain, 1.8, "")+` stroke-linejoin="round" stroke-linecap="round"`)
		c.circle(x.at(float64(last)), y.at(s.Values[last].N), 2.8, `fill="`+ColourMain+`"`)
	}
	c.y += tall
}
