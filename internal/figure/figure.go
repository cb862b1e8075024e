// Package figure is a number with what it rests on.
//
// A figure that leaves Lantern, on a page, in a report or in a file, carries its numerator and
// denominator, what was missing, the window of time, the unit that was counted and who counted it, its
// interval and method, the version of any definition it used and where it came from. Base says all of
// that in one line, the same everywhere. A bare percentage cannot be made: below MinPercent there is none,
// and above it the counts stand beside it.
package figure

import (
	"fmt"
	"strconv"
	"strings"
)

// MinPercent is the smallest denominator for which a percentage may be shown.
const MinPercent = 10

// Base is what a figure rests on. Nil numbers and empty words are left out of the line.
type Base struct {
	Numerator, Denominator *int
	Missing                *int
	Unit                   string // of the denominator: "interviews", "rows", "young people"
	Window                 string // "January to March 2024"
	Counter                string // who counted, or how the count was made
	Low, High              *float64
	Method                 string
	Definition             string // "county-line v2"
	Source                 string
}

// N is a pointer to n, for filling a Base.
func N(n int) *int { return &n }

// String is the base in one line: "11 of 14 interviews; 3 missing; January to March 2024; source: statements".
func (b Base) String() string {
	var parts []string
	switch {
	case b.Numerator != nil && b.Denominator != nil:
		parts = append(parts, fmt.Sprintf("%s of %s %s", Group(*b.Numerator), Group(*b.Denominator), b.Unit))
	case b.Denominator != nil:
		parts = append(parts, fmt.Sprintf("%s %s", Group(*b.Denominator), b.Unit))
	case b.Numerator != nil:
		parts = append(parts, fmt.Sprintf("%s %s", Group(*b.Numerator), b.Unit))
	}
	if b.Missing != nil {
		parts = append(parts, Group(*b.Missing)+" missing")
	}
	if b.Low != nil && b.High != nil {
		parts = append(parts, "between "+Plain(*b.Low)+" and "+Plain(*b.High))
	}
	add := func(label, v string) {
		if v != "" {
			parts = append(parts, label+v)
		}
	}
	add("", b.Window)
	add("counted by ", b.Counter)
	add("method: ", b.Method)
	add("definition: ", b.Definition)
	add("source: ", b.Source)
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return strings.Join(parts, "; ")
}

// Percent is numerator over denominator as "37 %", or "" when the denominator is too small for one.
func (b Base) Percent() string {
	if b.Numerator == nil || b.Denominator == nil || *b.Denominator < MinPercent {
		return ""
	}
	return strconv.Itoa(int(float64(*b.Numerator)*100/float64(*b.Denominator)+0.5)) + " %"
}

// Group writes a count with commas between thousands.
func Group(n int) string {
	s := strconv.Itoa(n)
	sign := ""
	if n < 0 {
		sign, s = "−", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}

// Plain writes a number without an exponent and without digits it has not earned: three significant ones
// below a hundred, none after the point above.
func Plain(x float64) string {
	if x >= 100 || x <= -100 {
		return Group(int(x + 0.5))
	}
	s := strconv.FormatFloat(x, 'f', 2, 64)
	return strings.TrimRight(strings.TrimRight(s, "0"), ".")
}

// Finding is one sentence that answers a question, with what it rests on.
type Finding struct {
	Question string `json:"question"` // key of the question: "where-do-we-start"
	Sentence string `json:"sentence"`
	Base     string `json:"base"`
	Source   string `json:"source"`
	// Refused says that the data cannot support an answer; the sentence then says why and what would.
	Refused bool   `json:"refused"`
	Href    string `json:"-"` // where the page with the detail is
}

// methods are the pages of docs/methods that say how a question's number is worked out.
var methods = map[string]string{"who-is-harmed": "linking", "vulnerable-locations": "hotspots", "how-far": "flows", "growing-or-looking": "trend"}

// Method is the page of docs/methods that says how the finding's number was worked out; "" for a plain count and a refusal.
func (f Finding) Method() string {
	if f.Refused {
		return ""
	}
	return methods[f.Question]
}

// Question is one of the nine that a partnership asks.
type Question struct{ Key, Text string }

// Questions are the nine, in the order they are asked, on the home page and as the report's chapters.
var Questions = []Question{
	{"where-do-we-start", "Where do we start?"},
	{"why-is-it-happening", "Why is it happening?"},
	{"whose-problem", "Whose problem is it?"},
	{"who-is-harmed", "Who is being harmed, and who is causing harm?"},
	{"vulnerable-locations", "Where are our vulnerable locations?"},
	{"how-far", "How far does it reach?"},
	{"growing-or-looking", "Is it growing, or are we now just looking?"},
	{"how-do-we-tackle-it", "How do we tackle it?"},
	{"did-it-work", "Did it work? Has it evolved?"},
}

// Many is a count with its noun: 1 record, 2 records, 1,000 records.
func Many(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return Group(n) + " " + many
}
