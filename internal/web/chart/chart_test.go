package chart

import (
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the pictures in testdata afresh")

func draw(t *testing.T, c Chart, id string, size Size) string {
	t.Helper()
	svg, err := Draw(c, id, size)
	if err != nil {
		t.Fatalf("%s: %v", id, err)
	}
	return svg
}

func TestGolden(t *testing.T) {
	for name, c := range samples() {
		for suffix, size := range map[string]Size{"": Wide, "-narrow": Narrow, "-file": ForFile} {
			t.Run(name+suffix, func(t *testing.T) {
				got := draw(t, c, name, size)
				file := filepath.Join("testdata", name+suffix+".svg")
				if *update {
					if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(file)
				if err != nil {
					t.Fatalf("%v (make it with -update, and look at it)", err)
				}
				if got != string(want) {
					t.Errorf("%s differs from the picture drawn now; look at both, then use -update", file)
				}
			})
		}
	}
}

// TestFitForAStrictPage reads every picture as XML: well formed, no script, no
// style, nothing that names another place, and every id its own.
func TestFitForAStrictPage(t *testing.T) {
	for name, c := range samples() {
		for _, size := range []Size{Wide, Narrow, ForFile} {
			svg := draw(t, c, name, size)
			ids := map[string]bool{}
			dec := xml.NewDecoder(strings.NewReader(svg))
			for {
				tok, err := dec.Token()
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				el, ok := tok.(xml.StartElement)
				if !ok {
					continue
				}
				if el.Name.Local == "script" || el.Name.Local == "style" || el.Name.Local == "foreignObject" || el.Name.Local == "image" {
					t.Errorf("%s has a %s element", name, el.Name.Local)
				}
				for _, a := range el.Attr {
					if a.Name.Local == "style" || a.Name.Local == "href" || strings.HasPrefix(a.Name.Local, "on") {
						t.Errorf("%s: %s has the attribute %s", name, el.Name.Local, a.Name.Local)
					}
					if strings.Contains(a.Value, "NaN") || strings.Contains(a.Value, "Inf") {
						t.Errorf("%s: %s=%q", name, a.Name.Local, a.Value)
					}
					if a.Name.Local == "id" {
						if ids[a.Value] || !strings.HasPrefix(a.Value, name) {
							t.Errorf("%s: the id %q is not unique or not its own", name, a.Value)
						}
						ids[a.Value] = true
					}
				}
			}
			labelled := regexp.MustCompile(`aria-labelledby="(\S+) (\S+)"`).FindStringSubmatch(svg)
			if labelled == nil || !ids[labelled[1]] || !ids[labelled[2]] || !strings.Contains(svg, `role="img"`) {
				t.Errorf("%s is not labelled by its own title and description", name)
			}
		}
	}
}

// TestInsideThePicture checks that no text or shape begins outside the frame,
// by the same estimate of text that the drawing uses.
func TestInsideThePicture(t *testing.T) {
	view := regexp.MustCompile(`viewBox="0 0 (\S+) (\S+)"`)
	text := regexp.MustCompile(`<text x="(\S+)" y="(\S+)"(?: font-size="(\S+)")?(?: text-anchor="(\w+)")?[^>]*>([^<]*)<`)
	float := func(s string) float64 {
		v, err := strconv.ParseFloat(s, 64)
		if err != nil {
			return textSize
		}
		return v
	}
	for name, c := range samples() {
		for _, size := range []Size{Wide, Narrow, ForFile} {
			svg := draw(t, c, name, size)
			frame := view.FindStringSubmatch(svg)
			for _, m := range text.FindAllStringSubmatch(svg, -1) {
				x, y, w := float(m[1]), float(m[2]), textWidth(strings.ReplaceAll(m[5], "&#39;", "'"), float(m[3]))*0.93
				switch m[4] {
				case "end":
					x -= w
				case "middle":
					x -= w / 2
				}
				if x < -1 || x+w > float(frame[1])+1 || y < 0 || y > float(frame[2]) {
					t.Errorf("%s, size %d: %q runs from %.0f to %.0f at height %.0f, outside %s by %s", name, size, m[5], x, x+w, y, frame[1], frame[2])
				}
			}
		}
	}
}

func TestDrawIsDeterministic(t *testing.T) {
	for name, c := range samples() {
		if a, b := draw(t, c, name, Wide), draw(t, samples()[name], name, Wide); a != b {
			t.Errorf("%s: two drawings differ", name)
		}
	}
}

func TestRefusals(t *testing.T) {
	ok := about("Title", "Finding.", "")
	cases := []struct {
		name  string
		chart Chart
		id    string
		want  string
	}{
		{"no title", Bars{About: about(" ", "Finding.", "")}, "a", "no title"},
		{"no finding", Bars{About: about("Title", "", "")}, "a", "no finding"},
		{"bad id", Bars{About: ok}, `a" onload="x`, "id"},
		{"not a number", Bars{About: ok, Rows: []Bar{{Label: "Ash", Number: Number{N: math.NaN()}}}}, "a", "Ash"},
		{"negative bar", Bars{About: ok, Rows: []Bar{{Label: "Ash", Number: Count(-1)}}}, "a", "Ash"},
		{"share above the whole", Bars{About: ok, Share: true, Rows: []Bar{{Label: "Ash", Number: CountOf(5, 4)}}}, "a", "not a share"},
		{"no series", Lines{About: ok}, "a", "0 series"},
		{"values and periods differ", Lines{About: ok, Periods: months(2), Series: []Series{{"A", counts(1)}}}, "a", "1 values for 2 periods"},
		{"mark outside", Lines{About: ok, Periods: months(1), Series: []Series{{"A", counts(1)}}, Marks: []Mark{{Period: 3, Label: "Closed"}}}, "a", "Closed"},
		{"estimate outside its interval", Intervals{About: ok, Rows: []Interval{{Label: "Arrests", Value: 5, Low: 6, Top: 7}}}, "a", "does not lie"},
		{"infinite interval", Intervals{About: ok, Rows: []Interval{{Label: "Arrests", Value: 5, Low: 1, Top: math.Inf(1)}}}, "a", "refusal"},
		{"one kind of part", Parts{About: ok, Kinds: []string{"Yes"}}, "a", "1 kinds"},
		{"too many dots", Dots{About: ok, Groups: []Group{{"All", 401}}}, "a", "401"},
		{"flow to nowhere", FlowMap{About: ok, Places: []Place{{Code: "A", At: Point{0, 52}}}, Flows: []Flow{{From: "A", To: "B"}}}, "a", "no place B"},
		{"map of nothing", AreaMap{About: ok}, "a", "nothing to place"},
		{"class outside", AreaMap{About: ok, Classes: []string{"1"}, Areas: []Area{{Name: "Ash", Class: 2, Rings: square(0, 52, 1)}}}, "a", "class 2 of 1"},
		{"window inside out", AreaMap{About: ok, Background: Background{Bounds: Bounds{2, 50, 1, 51}}}, "a", "no window"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			svg, err := Draw(c.chart, c.id, Wide)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %q and %d bytes, want an error with %q", err, len(svg), c.want)
			}
		})
	}
}

// A hidden number must not be in the picture or its table in any form.
func TestHiddenNumbersAreNotDrawn(t *testing.T) {
	with := func(secret float64) []Chart {
		n := Number{N: secret, Of: 977, State: Hidden}
		ok := about("Title", "Finding.", "")
		places := []Place{{Code: "A", Name: "A", At: Point{0, 52}}, {Code: "B", Name: "B", At: Point{1, 53}}}
		return []Chart{
			Bars{About: ok, Rows: []Bar{{Label: "Ash", Number: n}, {Label: "Beck", Number: Count(9)}}},
			Lines{About: ok, Periods: months(2), Series: []Series{{"A", []Number{n, Count(3)}}}, Effort: &Series{"E", []Number{n, Count(3)}}},
			Spark{About: ok, Periods: months(2), Values: []Number{n, Count(3)}},
			FlowMap{About: ok, Places: places, Flows: []Flow{{"A", "B", n, false}, {"B", "A", Count(7), false}}},
			AreaMap{About: ok, Classes: []string{"5 or more"}, Areas: []Area{{Name: "Ash", Class: 1, Number: n, Rings: square(0, 52, 1)}}},
		}
	}
	small, large := with(1), with(4)
	for i := range small {
		if a, b := draw(t, small[i], "a", Wide), draw(t, large[i], "a", Wide); a != b {
			t.Errorf("%T: the picture tells a hidden 1 from a hidden 4", small[i])
		}
		a, b := small[i].Table(), large[i].Table()
		for r := range a.Rows {
			if x, y := strings.Join(a.Rows[r], "|"), strings.Join(b.Rows[r], "|"); x != y {
				t.Errorf("%T: row %d tells %q from %q", small[i], r, x, y)
			}
		}
	}
}

func TestTables(t *testing.T) {
	for name, c := range samples() {
		table := c.Table()
		if table.Caption == "" || len(table.Header) != len(table.Numeric) {
			t.Errorf("%s: caption %q, %d headings, %d alignments", name, table.Caption, len(table.Header), len(table.Numeric))
		}
		for i, row := range table.Rows {
			if len(row) != len(table.Header) {
				t.Errorf("%s: row %d has %d cells under %d headings", name, i, len(row), len(table.Header))
			}
		}
	}
	cases := []struct {
		name, sample string
		row          int
		want         string
	}{
		{"a count and its whole", "bars", 0, "A children's home is being targeted|11|14"},
		{"a hidden count", "bars", 3, "Grooming online|fewer than 5|14"},
		{"words of its own", "bars", 5, "Parents not heard|nobody was asked|"},
		{"a month with its effort and mark", "lines-effort", 9, "Oct 2024 (New screening form)|57|218"},
		{"a hidden month", "lines-effort", 8, "Sep 2024|fewer than 5|220"},
		{"an interval", "intervals", 0, "Missing episodes (29 people)|0.72|0.55 to 0.94"},
		{"a refusal", "intervals", 2, "Arrests (29 people)|We cannot say: 4 of the 29 have no earlier year to compare with.|"},
		{"parts", "parts", 0, "Said by the front line|11|2|1|0|14"},
		{"the largest flow", "flowmap", 0, "Cityham North|Wrenshire|14|confirmed"},
		{"a hidden flow", "flowmap", 4, "Cityham South|Holm & Vale|fewer than 5|confirmed"},
		{"a hidden area", "areamap", 2, "Carr|fewer than 5|fewer than 5"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := strings.Join(samples()[c.sample].Table().Rows[c.row], "|"); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestKeyOfALiveMap(t *testing.T) {
	for _, name := range []string{"flowmap", "areamap"} {
		m := samples()[name].(Map)
		key, err := DrawKey(m, name, Narrow)
		if err != nil {
			t.Fatal(err)
		}
		whole := draw(t, m, name, Narrow)
		for _, text := range regexp.MustCompile(`>([^<>]+)</text>`).FindAllStringSubmatch(key, -1) {
			if !strings.Contains(whole, ">"+text[1]+"</text>") {
				t.Errorf("%s: the key says %q and the picture does not", name, text[1])
			}
		}
		if !strings.Contains(key, `id="`+name+`-key-narrow-title"`) {
			t.Errorf("%s: the key has no ids of its own", name)
		}
	}
	empty := FlowMap{About: about("Title", "Finding.", ""), Places: []Place{{Code: "A", At: Point{0, 52}}}}
	if key, err := DrawKey(empty, "a", Wide); err != nil || key != "" {
		t.Errorf("a map without flows has the key %q (%v)", key, err)
	}
}

func TestTextIsEscaped(t *testing.T) {
	c := Bars{About: about(`</title><script>alert(1)</script>`, `"&' ]]>`+"\x00\x0b\xff", ""), Rows: []Bar{{Label: `<b onclick="x">`, Number: Count(1)}}}
	svg := draw(t, c, "a", ForFile)
	if strings.Contains(svg, "<script") || strings.Contains(svg, "<b ") || strings.ContainsAny(svg, "\x00\x0b") || strings.Contains(svg, "\xff") {
		t.Errorf("text is not escaped:\n%s", svg)
	}
}

func TestTranslatedWords(t *testing.T) {
	a := about("Teitl", "Canfyddiad.", "")
	a.Words = Words{Of: "o", Hidden: "llai na 5"}
	c := Bars{About: a, Rows: []Bar{{Label: "Ynn", Number: CountOf(3, 9)}, {Label: "Bedw", Number: Number{State: Hidden}}}}
	svg := draw(t, c, "a", Wide)
	for _, want := range []string{"3 o 9", "llai na 5"} {
		if !strings.Contains(svg, want) {
			t.Errorf("%q is not in the picture", want)
		}
	}
}

func TestFormat(t *testing.T) {
	cases := []struct {
		v        float64
		decimals int
		want     string
	}{
		{0, 0, "0"}, {-0.2, 0, "0"}, {999, 0, "999"}, {1000, 0, "1,000"}, {1234567, 0, "1,234,567"}, {-1234.5, 1, "−1,234.5"},
		{2.50, 2, "2.5"}, {3, 2, "3"}, {0.005, 2, "0.01"}, {99.5, 0, "100"},
	}
	for _, c := range cases {
		if got := Format(c.v, c.decimals); got != c.want {
			t.Errorf("Format(%v, %d) = %q, want %q", c.v, c.decimals, got, c.want)
		}
	}
	for share, want := range map[float64]string{0: "0%", 0.001: "under 1%", 0.333: "33%", 0.999: "over 99%", 1: "100%"} {
		if got := percent(share); got != want {
			t.Errorf("percent(%v) = %q, want %q", share, got, want)
		}
	}
}

func TestTicks(t *testing.T) {
	cases := []struct {
		low, high float64
		count     int
		whole     bool
		want      []float64
	}{
		{0, 82, 5, true, []float64{0, 20, 40, 60, 80, 100}},
		{0, 1, 5, true, []float64{0, 1}},
		{0, 3, 5, true, []float64{0, 1, 2, 3}},
		{0, 0, 5, true, []float64{0, 1}},
		{0.55, 1.86, 6, false, []float64{0.5, 1, 1.5, 2}},
		{-3, 7, 5, false, []float64{-4, -2, 0, 2, 4, 6, 8}},
	}
	for _, c := range cases {
		got := ticks(c.low, c.high, c.count, c.whole)
		if len(got) != len(c.want) {
			t.Errorf("ticks(%v, %v, %d) = %v, want %v", c.low, c.high, c.count, got, c.want)
			continue
		}
		for i := range got {
			if math.Abs(got[i]-c.want[i]) > 1e-9 {
				t.Errorf("ticks(%v, %v, %d) = %v, want %v", c.low, c.high, c.count, got, c.want)
				break
			}
		}
	}
}

func TestWrap(t *testing.T) {
	for _, text := range []string{"", "one", "two words", "a Donaudampfschifffahrtsgesellschaftskapitän lives here", strings.Repeat("é", 200)} {
		for _, room := range []float64{-8, 0, 1, 60, 400} {
			lines := wrap(text, textSize, room)
			if got, want := strings.ReplaceAll(strings.Join(lines, ""), " ", ""), strings.ReplaceAll(text, " ", ""); got != want {
				t.Errorf("wrap(%q, %v) loses letters: %q", text, room, lines)
			}
			for _, l := range lines {
				if textWidth(l, textSize) > room && len([]rune(l)) > 1 {
					t.Errorf("wrap(%q, %v): %q is too wide", text, room, l)
				}
			}
		}
	}
}

func TestLegendNumbers(t *testing.T) {
	for _, c := range []struct{ largest, smallest, middle float64 }{{14, 5, 10}, {40, 6, 23}, {6, 5, 0}, {5, 5, 0}} {
		got := legendNumbers(c.largest, c.smallest)
		want := []float64{c.largest}
		if c.middle > 0 {
			want = append(want, c.middle)
		}
		if c.smallest < c.largest {
			want = append(want, c.smallest)
		}
		if !slices.Equal(got, want) {
			t.Errorf("legendNumbers(%v, %v) = %v, want %v", c.largest, c.smallest, got, want)
		}
	}
}

func TestFlowWidth(t *testing.T) {
	if a, b := FlowWidth(40, 40), FlowWidth(20, 40); a != 12 || b != 6 {
		t.Errorf("widths are %v and %v, want 12 and 6: a flow of half is half as wide", a, b)
	}
	if FlowWidth(1, 1000) < 1.5 || FlowWidth(0, 0) < 1.5 {
		t.Error("the thinnest flow cannot be seen")
	}
}

// The style sheet and this package must mean the same colours, and all of them
// must be told from white: 3 to 1 is the standard's ratio for graphics (WCAG
// 2.2, 1.4.11) and 4.5 to 1 for the text set in them.
func TestColours(t *testing.T) {
	sheet, err := os.ReadFile(filepath.Join("..", "..", "..", "web", "src", "lantern.css"))
	if err != nil {
		t.Fatal(err)
	}
	for name, colour := range map[string]string{
		"--lantern-chart-main": ColourMain, "--lantern-chart-second": ColourSecond, "--lantern-chart-quiet": ColourQuiet,
		"--lantern-ink": colourInk, "--lantern-sea": colourSea, "--lantern-land": colourLand, "--lantern-class-0": ClassColours[0],
		"--lantern-class-1": ClassColours[1], "--lantern-class-2": ClassColours[2], "--lantern-class-3": ClassColours[3],
		"--lantern-class-4": ClassColours[4], "--lantern-class-5": ClassColours[5],
	} {
		if !strings.Contains(string(sheet), name+": "+colour+";") {
			t.Errorf("lantern.css does not set %s to %s", name, colour)
		}
	}
	for _, colour := range []string{ColourMain, ColourSecond, ColourQuiet, colourText, colourSoft, colourInk, "#b3261e"} {
		if r := contrast(t, colour, "#ffffff"); r < 4.5 {
			t.Errorf("%s on white has a contrast of %.2f, want 4.5", colour, r)
		}
	}
	for i := 1; i < len(ClassColours); i++ {
		if a, b := luminance(t, ClassColours[i-1]), luminance(t, ClassColours[i]); b >= a {
			t.Errorf("class %d is no darker than class %d", i, i-1)
		}
	}
}

func contrast(t *testing.T, a, b string) float64 {
	x, y := luminance(t, a), luminance(t, b)
	return (math.Max(x, y) + 0.05) / (math.Min(x, y) + 0.05)
}

// luminance is WCAG's relative luminance of a colour such as #1d5a96.
func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	v, err := strconv.ParseUint(strings.TrimPrefix(colour, "#"), 16, 32)
	if err != nil {
		t.Fatal(err)
	}
	part := func(shift uint) float64 {
		c := float64(v>>shift&255) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*part(16) + 0.7152*part(8) + 0.0722*part(0)
}
