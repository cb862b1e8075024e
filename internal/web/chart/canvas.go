package chart

import (
	"html"
	"math"
	"strconv"
	"strings"
	"unicode"
)

// Colours, the same as the custom properties of web/src/lantern.css.
const (
	ColourMain   = "#1d5a96"
	ColourSecond = "#a85400"
	ColourQuiet  = "#68737d"
	colourText   = "#0b0c0c"
	colourSoft   = "#4a545d"
	colourGrid   = "#c5ced6"
	colourInk    = "#14283c"
	colourSea    = "#e9eff3"
	colourLand   = "#ffffff"
)

// ClassColours are for map classes, pale to dark; the first is for "none".
var ClassColours = [...]string{"#f3f6f8", "#cfe0ef", "#94bbdd", "#4f8bc2", "#1d5a96", "#0e3157"}

const (
	textSize  = 14.0
	smallSize = 12.5
	lineUp    = 1.25 // line height, in text sizes
)

// canvas collects a picture from top to bottom; y is where the next thing goes.
type canvas struct {
	id     string
	width  float64
	y      float64
	narrow bool
	words  Words

	defs, body strings.Builder
}

func (c *canvas) document(about About) string {
	var b strings.Builder
	w, h := num(c.width), num(math.Ceil(c.y))
	b.WriteString(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ` + w + ` ` + h + `" width="` + w + `" height="` + h + `" role="img" aria-labelledby="` +
		c.id + `-title ` + c.id + `-desc" font-family="arial, sans-serif" font-size="` + num(textSize) + `" fill="` + colourText + `">`)
	b.WriteString("\n" + `<title id="` + c.id + `-title">` + escape(about.Title) + `</title>`)
	b.WriteString("\n" + `<desc id="` + c.id + `-desc">` + escape(strings.TrimSpace(about.Finding+" "+about.Base)) + `</desc>`)
	if c.defs.Len() > 0 {
		b.WriteString("\n<defs>" + c.defs.String() + "</defs>")
	}
	b.WriteString("\n" + `<rect width="` + w + `" height="` + h + `" fill="#ffffff"/>`)
	b.WriteString(c.body.String() + "\n</svg>\n")
	return b.String()
}

// heading writes what the page's caption would say, for a picture that leaves
// the page.
func (c *canvas) heading(about About) {
	c.y += 6
	c.paragraph(about.Title, 18, `font-weight="700"`)
	c.paragraph(about.Finding, 15, "")
	if about.Base != "" {
		c.paragraph(about.Base, smallSize, `fill="`+colourSoft+`"`)
	}
	c.y += 6
}

// paragraph writes wrapped text over the whole width and moves down.
func (c *canvas) paragraph(text string, size float64, attributes string) {
	for _, line := range wrap(text, size, c.width-4) {
		c.y += size * lineUp
		c.text(2, c.y-size*0.25, size, "start", attributes, line)
	}
	c.y += 4
}

// element appends one element. Attributes are trusted: they are this package's
// own words and numbers. Content is escaped.
func (c *canvas) element(name, attributes string) {
	c.body.WriteString("\n<" + name + " " + attributes + "/>")
}

func (c *canvas) rect(x, y, w, h float64, attributes string) {
	c.element("rect", at("x", x, "y", y, "width", math.Max(w, 0), "height", math.Max(h, 0))+" "+attributes)
}

func (c *canvas) line(x1, y1, x2, y2 float64, attributes string) {
	c.element("line", at("x1", x1, "y1", y1, "x2", x2, "y2", y2)+" "+attributes)
}

func (c *canvas) circle(x, y, r float64, attributes string) {
	c.element("circle", at("cx", x, "cy", y, "r", r)+" "+attributes)
}

func (c *canvas) path(d, attributes string) { c.element("path", `d="`+d+`" `+attributes) }

// text writes one line; anchor is start, middle or end.
func (c *canvas) text(x, y, size float64, anchor, attributes, content string) {
	if content == "" {
		return
	}
	a := at("x", x, "y", y)
	if size != textSize {
		a += ` font-size="` + num(size) + `"`
	}
	if anchor != "start" {
		a += ` text-anchor="` + anchor + `"`
	}
	if attributes != "" {
		a += " " + attributes
	}
	c.body.WriteString("\n<text " + a + ">" + escape(content) + "</text>")
}

// halo is for words over lines or land.
const halo = `stroke="#ffffff" stroke-width="3" stroke-linejoin="round" paint-order="stroke"`

// hatch defines the pattern that stands for "hidden" or "not known" and gives
// the fill that uses it.
func (c *canvas) hatch() string {
	name := c.id + "-hatch"
	if !strings.Contains(c.defs.String(), name) {
		c.defs.WriteString(`<pattern id="` + name + `" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">` +
			`<rect width="6" height="6" fill="#ffffff"/><rect width="1.6" height="6" fill="` + ColourQuiet + `"/></pattern>`)
	}
	return "url(#" + name + ")"
}

// dots defines the pattern for the second of several parts.
func (c *canvas) dots() string {
	name := c.id + "-dots"
	if !strings.Contains(c.defs.String(), name) {
		c.defs.WriteString(`<pattern id="` + name + `" width="5" height="5" patternUnits="userSpaceOnUse">` +
			`<rect width="5" height="5" fill="#dbe8f4"/><circle cx="2.5" cy="2.5" r="1.3" fill="` + ColourMain + `"/></pattern>`)
	}
	return "url(#" + name + ")"
}

// nothing is drawn for a chart without rows.
func (c *canvas) nothing() {
	c.rect(0.5, c.y+0.5, c.width-1, 47, `fill="#ffffff" stroke="`+ColourQuiet+`" stroke-dasharray="4 3"`)
	c.text(12, c.y+29, textSize, "start", `fill="`+colourSoft+`"`, c.words.NoData)
	c.y += 48
}

// at writes number attributes from names and values in turn.
func at(pairs ...any) string {
	var b strings.Builder
	for i := 0; i+1 < len(pairs); i += 2 {
		if i > 0 {
			b.WriteByte(' ')
		}
		//nolint:forcetypeassert // names and values in turn; anything else is a programmer's mistake
		b.WriteString(pairs[i].(string) + `="` + num(pairs[i+1].(float64)) + `"`)
	}
	return b.String()
}

// num writes a coordinate with at most two decimals. Rounding is what keeps
// the bytes the same on every machine.
func num(v float64) string {
	r := math.Round(v*100) / 100
	if r == 0 {
		r = 0 // not −0
	}
	return strconv.FormatFloat(r, 'f', -1, 64)
}

// escape makes text safe inside an element and drops what XML cannot hold.
func escape(s string) string {
	s = strings.Map(func(r rune) rune {
		if r == unicode.ReplacementChar || r < ' ' && r != '\t' && r != '\n' || r == 0xFFFE || r == 0xFFFF {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	return html.EscapeString(s)
}

// textWidth estimates how wide Arial sets a line, generously: what is drawn
// must not run over its neighbour on a machine with another font.
func textWidth(s string, size float64) float64 {
	var sum float64
	for _, r := range s {
		switch {
		case strings.ContainsRune("iljI.,:;'|!", r):
			sum += 0.27
		case strings.ContainsRune("ftr()[]-/ ", r):
			sum += 0.34
		case strings.ContainsRune("mwMW%", r):
			sum += 0.87
		case unicode.IsUpper(r):
			sum += 0.7
		default:
			sum += 0.565
		}
	}
	return sum * size
}

// wrap breaks text into lines no wider than the room, at spaces; a longer word
// is broken where it must be.
func wrap(text string, size, room float64) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		joined := strings.TrimSpace(line + " " + word)
		if textWidth(joined, size) <= room {
			line = joined
			continue
		}
		if line != "" {
			lines = append(lines, line)
		}
		for word != "" && textWidth(word, size) > room {
			cut := fits(word, size, room)
			lines = append(lines, word[:cut])
			word = word[cut:]
		}
		line = word
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}

// fits is how many bytes of a word fit, at least one letter.
func fits(word string, size, room float64) int {
	end := 0
	for i, r := range word {
		next := i + len(string(r))
		if end > 0 && textWidth(word[:next], size) > room {
			break
		}
		end = next
	}
	return end
}

func fiveDecimals(v float64) string {
	return strconv.FormatFloat(math.Round(v*1e5)/1e5, 'f', -1, 64)
}
