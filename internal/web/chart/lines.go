package chart

import (
	"fmt"
	"math"
	"strings"
)

// Lines shows numbers over time, and beneath them, where given, the effort
// that went into looking. A rise in what was found beside a rise in looking is
// not a rise; the two are drawn together so that nobody has to remember it.
type Lines struct {
	About
	Unit     string   // what is counted: "Referrals"
	Periods  []string // one for each value, in order
	Series   []Series // one to three
	Effort   *Series  // drawn as bars on an axis of its own
	Marks    []Mark
	Decimals int
}

// Series is one line: a number for each period.
type Series struct {
	Label  string
	Values []Number
}

// Mark is a dated thing to see the line against: "Line closed".
type Mark struct {
	Period int // which period, from 0
	Label  string
	// Break says that the numbers from this period on are not of one series with those before: another unit, another
	// counter, another definition. No line is drawn across it, and the mark stands between the two periods.
	Break bool
}

// at is where a mark stands on the axis of periods.
func (m Mark) at() float64 {
	if m.Break && m.Period > 0 {
		return float64(m.Period) - 0.5
	}
	return float64(m.Period)
}

// breaks says whether the series breaks before a period.
func (l Lines) breaks(period int) bool {
	for _, m := range l.Marks {
		if m.Break && m.Period == period {
			return true
		}
	}
	return false
}

func (l Lines) check() error {
	if len(l.Series) == 0 || len(l.Series) > 3 {
		return fmt.Errorf("it has %d series; one to three can be told apart", len(l.Series))
	}
	all := l.Series
	if l.Effort != nil {
		all = append(append([]Series{}, l.Series...), *l.Effort)
	}
	for _, s := range all {
		if len(s.Values) != len(l.Periods) {
			return fmt.Errorf("%s has %d values for %d periods", s.Label, len(s.Values), len(l.Periods))
		}
		for i, v := range s.Values {
			if err := v.check(s.Label + ", " + l.Periods[i]); err != nil {
				return err
			}
			if v.known() && v.N < 0 {
				return fmt.Errorf("%s, %s: a count cannot be %v", s.Label, l.Periods[i], v.N)
			}
		}
	}
	for _, m := range l.Marks {
		if m.Period < 0 || m.Period >= len(l.Periods) {
			return fmt.Errorf("the mark %q is at period %d of %d", m.Label, m.Period, len(l.Periods))
		}
	}
	return nil
}

// Table has a row for each period and a column for each series and the effort.
func (l Lines) Table() Table {
	w := l.words()
	t := Table{Caption: l.Title, Note: l.Base, Header: []string{w.Period}, Numeric: []bool{false}}
	series := l.Series
	if l.Effort != nil {
		series = append(append([]Series{}, l.Series...), *l.Effort)
	}
	for _, s := range series {
		t.Header, t.Numeric = append(t.Header, or(s.Label, l.Unit)), append(t.Numeric, true)
	}
	for i, p := range l.Periods {
		row := []string{p}
		for _, s := range series {
			row = append(row, s.Values[i].text(w, l.Decimals))
		}
		if note := l.markAt(i); note != "" {
			row[0] += " (" + note + ")"
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func (l Lines) markAt(period int) string {
	var labels []string
	for _, m := range l.Marks {
		if m.Period == period {
			labels = append(labels, m.Label)
		}
	}
	return strings.Join(labels, "; ")
}

// Each series has a colour, a dash and a marker, so that any one of them is
// enough to follow it.
var pens = []struct{ colour, dash, marker string }{
	{ColourMain, "", "disc"},
	{ColourSecond, "7 4", "square"},
	{colourInk, "2 4", "diamond"},
}

func (l Lines) draw(c *canvas) {
	if len(l.Periods) == 0 {
		c.nothing()
		return
	}
	if len(l.Series) > 1 {
		l.legend(c)
	}
	tall := 240.0
	if c.narrow {
		tall = 190
	}
	whole := l.Decimals == 0
	y := ticks(0, highest(l.Series), 5, whole)
	left := axisRoom(y)
	var effort []float64
	if l.Effort != nil {
		effort = ticks(0, highest([]Series{*l.Effort}), 2, true)
		left = math.Max(left, axisRoom(effort))
	}
	right := c.width - l.endRoom()
	x := scale{low: -0.5, high: float64(len(l.Periods)) - 0.5, from: left, to: right}

	c.y += textSize + 2
	c.text(0, c.y, smallSize, "start", `fill="`+colourSoft+`"`, or(l.Unit, l.Series[0].Label))
	c.y += math.Max(16, 8+l.markRoom(c, x))
	top, bottom := c.y, c.y+tall
	v := scale{low: 0, high: y[len(y)-1], from: bottom, to: top}
	axis(c, y, v, left, right)
	l.drawMarks(c, x, top, bottom)
	for i, s := range l.Series {
		l.series(c, s, i, x, v)
	}
	l.ends(c, x, v, top, bottom)
	c.y = bottom
	if l.Effort != nil {
		l.effort(c, effort, x, left, right)
	}
	l.periods(c, x)
	l.gapKey(c)
}

func highest(series []Series) float64 {
	top := 1.0
	for _, s := range series {
		for _, v := range s.Values {
			if v.known() {
				top = math.Max(top, v.N)
			}
		}
	}
	return top
}

func axisRoom(values []float64) float64 {
	last := values[len(values)-1]
	return math.Ceil(textWidth(Format(last, stepDecimals(values)), smallSize)) + 10
}

func axis(c *canvas, values []float64, v scale, left, right float64) {
	for i, t := range values {
		colour := colourGrid
		if i == 0 {
			colour = colourSoft
		}
		c.line(left, v.at(t), right, v.at(t), `stroke="`+colour+`"`)
		c.text(left-6, v.at(t)+4.5, smallSize, "end", `fill="`+colourSoft+`"`, Format(t, stepDecimals(values)))
	}
}

func (l Lines) legend(c *canvas) {
	x := 0.0
	c.y += textSize + 4
	for i, s := range l.Series {
		if need := 40 + textWidth(s.Label, textSize); x > 0 && x+need > c.width {
			x = 0
			c.y += textSize * 1.5
		}
		pen := pens[i]
		c.line(x, c.y-5, x+28, c.y-5, stroke(pen.colour, 2.5, pen.dash))
		c.marker(pen.marker, x+14, c.y-5, pen.colour)
		c.text(x+34, c.y, textSize, "start", "", s.Label)
		x += 34 + textWidth(s.Label, textSize) + 22
	}
	c.y += 8
}

func stroke(colour string, width float64, dash string) string {
	s := `fill="none" stroke="` + colour + `" stroke-width="` + num(width) + `"`
	if dash != "" {
		s += ` stroke-dasharray="` + dash + `"`
	}
	return s
}

func (c *canvas) marker(kind string, x, y float64, colour string) {
	fill := `fill="` + colour + `" stroke="#ffffff" stroke-width="1.2"`
	switch kind {
	case "square":
		c.rect(x-4, y-4, 8, 8, fill)
	case "diamond":
		c.path("M"+num(x)+" "+num(y-5.5)+"l5.5 5.5-5.5 5.5-5.5-5.5z", fill)
	default:
		c.circle(x, y, 4.2, fill)
	}
}

// series draws one line, broken where a value is hidden or missing: joining
// over a gap would draw a number nobody has.
func (l Lines) series(c *canvas, s Series, index int, x, v scale) {
	pen := pens[index]
	var d strings.Builder
	down := false
	for i, n := range s.Values {
		if !n.known() {
			down = false
			continue
		}
		command := "L"
		if !down || l.breaks(i) {
			command = "M"
		}
		d.WriteString(command + num(x.at(float64(i))) + " " + num(v.at(n.N)))
		down = true
	}
	if d.Len() > 0 {
		c.path(d.String(), stroke(pen.colour, 2.5, pen.dash)+` stroke-linejoin="round"`)
	}
	for i, n := range s.Values {
		if n.known() && (len(s.Values) <= 40 || l.alone(s, i)) {
			c.marker(pen.marker, x.at(float64(i)), v.at(n.N), pen.colour)
		}
		if !n.known() {
			l.gap(c, x.at(float64(i)), v.at(0), n)
		}
	}
}

// alone says that a value has no neighbour to be joined to.
func (l Lines) alone(s Series, i int) bool {
	before := i > 0 && s.Values[i-1].known() && !l.breaks(i)
	after := i+1 < len(s.Values) && s.Values[i+1].known() && !l.breaks(i+1)
	return !before && !after
}

// gap marks a period whose number is not drawn: a ring on the axis for hidden,
// a cross for not known.
func (l Lines) gap(c *canvas, x, y float64, n Number) {
	if n.State == Hidden {
		c.circle(x, y-7, 3.5, `fill="#ffffff" stroke="`+colourSoft+`" stroke-width="1.5"`)
		return
	}
	c.path("M"+num(x-3)+" "+num(y-10)+"l6 6m0-6l-6 6", stroke(colourSoft, 1.5, ""))
}

// gapKey says what the ring and the cross mean, where there are any.
func (l Lines) gapKey(c *canvas) {
	all := l.Series
	if l.Effort != nil {
		all = append(append([]Series{}, l.Series...), *l.Effort)
	}
	said := map[string]bool{}
	x := 0.0
	for _, s := range all {
		for _, n := range s.Values {
			label := n.plain(c.words, 0)
			if n.known() || said[label] {
				continue
			}
			if len(said) == 0 {
				c.y += smallSize + 6
			}
			said[label] = true
			l.gap(c, x+6, c.y+3, n)
			c.text(x+16, c.y, smallSize, "start", `fill="`+colourSoft+`"`, label)
			x += 16 + textWidth(label, smallSize) + 18
		}
	}
	if len(said) > 0 {
		c.y += 8
	}
}

func (l Lines) last(s Series) (period int, ok bool) {
	for i := len(s.Values) - 1; i >= 0; i-- {
		if s.Values[i].known() {
			return i, true
		}
	}
	return 0, false
}

func (l Lines) endRoom() float64 {
	room := 10.0
	for _, s := range l.Series {
		if i, ok := l.last(s); ok {
			room = math.Max(room, textWidth(Format(s.Values[i].N, l.Decimals), textSize)*1.1+14)
		}
	}
	return room
}

// ends writes each line's last value at its end, moved apart where they would
// touch.
func (l Lines) ends(c *canvas, x, v scale, top, bottom float64) {
	var taken []float64
	for i, s := range l.Series {
		p, ok := l.last(s)
		if !ok {
			continue
		}
		y := v.at(s.Values[p].N) + 5
		for _, t := range taken {
			if math.Abs(y-t) < textSize {
				y = t + math.Copysign(textSize+1, y-t+1e-9)
			}
		}
		y = math.Min(math.Max(y, top+5), bottom+4)
		taken = append(taken, y)
		c.text(x.at(float64(p))+9, y, textSize, "start", `font-weight="700" fill="`+pens[i].colour+`"`, Format(s.Values[p].N, l.Decimals))
	}
}

// markRows places the marks' labels so that none lies over another: a row, and
// whether the label stands left or right of its line.
func (l Lines) markRows(c *canvas, x scale) (rows []int, lefts []float64, count int) {
	var ends []float64
	for _, m := range l.Marks {
		w := textWidth(m.Label, smallSize)
		start := x.at(m.at()) + 4
		if start+w > c.width {
			start = math.Max(0, x.at(m.at())-4-w)
		}
		row := 0
		for row < len(ends) && ends[row] > start-8 {
			row++
		}
		if row == len(ends) {
			ends = append(ends, 0)
		}
		ends[row] = start + w
		rows, lefts = append(rows, row), append(lefts, start)
	}
	return rows, lefts, len(ends)
}

func (l Lines) markRoom(c *canvas, x scale) float64 {
	_, _, count := l.markRows(c, x)
	if count == 0 {
		return 0
	}
	return float64(count)*smallSize*1.35 + 4
}

func (l Lines) drawMarks(c *canvas, x scale, top, bottom float64) {
	rows, lefts, _ := l.markRows(c, x)
	height := func(i int) float64 { return top - 6 - float64(rows[i])*smallSize*1.35 }
	for i, m := range l.Marks {
		at := x.at(m.at())
		c.line(at, height(i)-smallSize+1, at, bottom, stroke(colourSoft, 1.5, "3 3"))
	}
	for i, m := range l.Marks {
		c.text(lefts[i], height(i), smallSize, "start", halo, m.Label)
	}
}

// effort draws how much looking was done, in bars on an axis of its own.
func (l Lines) effort(c *canvas, values []float64, x scale, left, right float64) {
	c.y += 16 + smallSize
	c.text(0, c.y, smallSize, "start", `fill="`+colourSoft+`"`, l.Effort.Label)
	c.y += 15
	top, bottom := c.y, c.y+58
	v := scale{low: 0, high: values[len(values)-1], from: bottom, to: top}
	axis(c, values, v, left, right)
	wide := math.Max(1, math.Min((x.at(1)-x.at(0))*0.6, 30))
	for i, n := range l.Effort.Values {
		if n.known() {
			c.rect(x.at(float64(i))-wide/2, v.at(n.N), wide, bottom-v.at(n.N), `fill="`+ColourQuiet+`"`)
			continue
		}
		l.gap(c, x.at(float64(i)), bottom, n)
	}
	c.y = bottom
}

// periods writes as many period labels as fit.
func (l Lines) periods(c *canvas, x scale) {
	widest := 0.0
	for _, p := range l.Periods {
		widest = math.Max(widest, textWidth(p, smallSize))
	}
	step := 1
	for float64(step)*(x.at(1)-x.at(0)) < widest+8 && step < len(l.Periods) {
		step++
	}
	for i, p := range l.Periods {
		at := x.at(float64(i))
		if i%step != 0 {
			continue
		}
		c.line(at, c.y, at, c.y+5, `stroke="`+colourSoft+`"`)
		half := textWidth(p, smallSize) / 2
		c.text(math.Min(math.Max(at, half), c.width-half), c.y+9+smallSize, smallSize, "middle", `fill="`+colourSoft+`"`, p)
	}
	c.y += 18 + smallSize
}
