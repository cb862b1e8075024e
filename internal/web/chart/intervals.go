package chart

import (
	"fmt"
	"math"
	"strings"
)

// Intervals shows estimates with the range they are likely to lie in. A row
// that cannot be estimated is written out as words, in its place and as large
// as the others.
type Intervals struct {
	About
	What           string // the heading of the rows
	Unit           string // what is estimated
	Rows           []Interval
	Reference      *float64 // a value to read the others against, such as no change
	ReferenceLabel string
	Decimals       int
	FromZero       bool // begin the axis at zero
}

// Interval is one estimate, or a refusal to give one.
type Interval struct {
	Label           string
	Value, Low, Top float64
	Refusal         string // why there is no estimate; the numbers are then not used
	Note            string // the row's own base: "14 of 29"
}

func (v Intervals) check() error {
	for _, r := range v.Rows {
		if r.Refusal != "" {
			continue
		}
		for _, n := range []float64{r.Value, r.Low, r.Top} {
			if math.IsNaN(n) || math.IsInf(n, 0) {
				return fmt.Errorf("%s: %v (%v to %v) cannot be drawn: give a refusal instead", r.Label, r.Value, r.Low, r.Top)
			}
		}
		if r.Low > r.Value || r.Value > r.Top {
			return fmt.Errorf("%s: %v does not lie in %v to %v", r.Label, r.Value, r.Low, r.Top)
		}
	}
	return nil
}

// Table has the estimate and its range, or the refusal in the estimate's place.
func (v Intervals) Table() Table {
	w := v.words()
	t := Table{
		Caption: v.Title, Note: v.Base,
		Header:  []string{or(v.What, w.What), or(v.Unit, w.Number), w.Between},
		Numeric: []bool{false, true, true},
	}
	for _, r := range v.Rows {
		label := r.Label
		if r.Note != "" {
			label += " (" + r.Note + ")"
		}
		if r.Refusal != "" {
			t.Rows = append(t.Rows, []string{label, r.Refusal, ""})
			continue
		}
		t.Rows = append(t.Rows, []string{label, v.fixed(r.Value), v.between(r)})
	}
	return t
}

// fixed keeps the zeros at the end, so that an estimate and its range show the
// same precision.
func (v Intervals) fixed(n float64) string {
	text := Format(n, v.Decimals)
	_, part, _ := strings.Cut(text, ".")
	if missing := v.Decimals - len(part); missing > 0 {
		if part == "" {
			text += "."
		}
		text += strings.Repeat("0", missing)
	}
	return text
}

func (v Intervals) between(r Interval) string {
	return v.fixed(r.Low) + " " + v.words().To + " " + v.fixed(r.Top)
}

func (v Intervals) text(r Interval) string {
	return v.fixed(r.Value) + " (" + v.between(r) + ")"
}

func (v Intervals) draw(c *canvas) {
	if len(v.Rows) == 0 {
		c.nothing()
		return
	}
	low, high, labelRoom, textRoom := v.extent()
	left, right := math.Min(labelRoom, c.width*0.34), c.width-textRoom
	if c.narrow {
		left, right = 6, c.width-6
	}
	count := 6
	if c.narrow {
		count = 4
	}
	marks := ticks(low, high, count, false)
	x := scale{low: marks[0], high: marks[len(marks)-1], from: left + 4, to: right - 4}
	if v.ReferenceLabel != "" && v.Reference != nil {
		c.y += smallSize + 6
		half := textWidth(v.ReferenceLabel, smallSize) / 2
		at := math.Min(math.Max(x.at(*v.Reference), half), c.width-half)
		c.text(at, c.y-4, smallSize, "middle", `fill="`+colourSoft+`"`, v.ReferenceLabel)
	}
	top := c.y
	// The lines behind the rows are written first and need the height, so the
	// rows are drawn on a canvas of their own and joined after.
	rows := &canvas{id: c.id, width: c.width, y: c.y + 6, narrow: c.narrow, words: c.words}
	for _, r := range v.Rows {
		v.row(rows, r, x, left, right)
	}
	bottom := rows.y
	for _, m := range marks {
		c.line(x.at(m), top, x.at(m), bottom+4, `stroke="`+colourGrid+`"`)
		c.text(x.at(m), bottom+9+smallSize, smallSize, "middle", `fill="`+colourSoft+`"`, Format(m, stepDecimals(marks)))
	}
	c.line(left, bottom, right, bottom, `stroke="`+colourSoft+`"`)
	if v.Reference != nil {
		c.line(x.at(*v.Reference), top, x.at(*v.Reference), bottom, stroke(colourText, 1.5, "5 3"))
	}
	c.body.WriteString(rows.body.String())
	c.y = bottom + 15 + smallSize
	if v.Unit != "" {
		c.y += smallSize + 2
		c.text((left+right)/2, c.y-4, smallSize, "middle", `fill="`+colourSoft+`"`, v.Unit)
	}
	c.y += 4
}

func (v Intervals) extent() (low, high, labelRoom, textRoom float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, r := range v.Rows {
		labelRoom = math.Max(labelRoom, textWidth(r.Label, textSize)+14)
		labelRoom = math.Max(labelRoom, textWidth(r.Note, smallSize)+14)
		if r.Refusal != "" {
			continue
		}
		low, high = math.Min(low, r.Low), math.Max(high, r.Top)
		textRoom = math.Max(textRoom, textWidth(v.text(r), textSize)+10)
	}
	if v.Reference != nil {
		low, high = math.Min(low, *v.Reference), math.Max(high, *v.Reference)
	}
	if v.FromZero {
		low = math.Min(low, 0)
	}
	if low > high {
		low, high = 0, 1
	}
	return low, high, labelRoom, textRoom
}

func (v Intervals) row(c *canvas, r Interval, x scale, left, right float64) {
	y, anchor, at, room, over := c.y, "end", left-10, left-14, ""
	if c.narrow { // the words then stand over the axis' lines
		anchor, at, room, over = "start", 0, c.width-4, halo+" "
	}
	labels := wrap(r.Label, textSize, room)
	for _, l := range labels {
		c.text(at, y+textSize, textSize, anchor, over, l)
		y += textSize * lineUp
	}
	if r.Note != "" {
		c.text(at, y+smallSize, smallSize, anchor, over+`fill="`+colourSoft+`"`, r.Note)
		y += smallSize * lineUp
	}
	middle := (c.y+y)/2 + 1
	if r.Refusal != "" {
		v.refusal(c, r, left, y)
		return
	}
	if c.narrow {
		c.text(0, y+textSize, textSize, "start", over+`font-weight="700"`, v.text(r))
		y += textSize*lineUp + 10
		middle = y
		y += 4
	} else {
		c.text(right+8, middle+5, textSize, "start", "", v.text(r))
	}
	a, b := x.at(r.Low), x.at(r.Top)
	c.line(a, middle, b, middle, stroke(ColourMain, 3, ""))
	c.line(a, middle-6, a, middle+6, stroke(ColourMain, 2, ""))
	c.line(b, middle-6, b, middle+6, stroke(ColourMain, 2, ""))
	c.circle(x.at(r.Value), middle, 5.5, `fill="`+ColourMain+`" stroke="#ffffff" stroke-width="1.5"`)
	c.y = math.Max(y, middle+8) + 9
}

// refusal writes the reason where the interval would have been.
func (v Intervals) refusal(c *canvas, r Interval, left, after float64) {
	from, top := left+4, c.y
	if c.narrow {
		from, top = 0, after+3
	}
	lines := wrap(r.Refusal, textSize, c.width-from-20)
	tall := float64(len(lines))*textSize*lineUp + 10
	c.rect(from+0.5, top-1.5, c.width-from-1, tall, `fill="#ffffff" stroke="`+colourSoft+`" stroke-dasharray="4 3"`)
	for i, l := range lines {
		c.text(from+9, top+textSize+2+float64(i)*textSize*lineUp, textSize, "start", "", l)
	}
	c.y = math.Max(after, top+tall) + 9
}
