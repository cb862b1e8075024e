package fact

import (
	"errors"
	"fmt"
	"regexp"
)

// Grade is a 3x5x2 grade: how reliable the source is, what is known of the information, and how it may be handled (College of Policing,
// Authorised Professional Practice: intelligence report). It belongs to one item, not to a report.
type Grade struct {
	Source       int    // 1 reliable, 2 untested, 3 not reliable; 0 when not graded
	Information  string // A to E
	Handling     string // P or C
	Action       string // A1 to A3, with C
	Sanitisation string // S1 or S2, with C
}

// Ungraded is the grade of an item that came among graded ones and that nobody has graded yet: handled as closely as can be.
const Ungraded = "ungraded"

var grades = regexp.MustCompile(`^([123])([A-E])-?([PC])(?:[ /-]?(A[123]))?(?:[ /-]?(S[12]))?$`)

// ParseGrade reads a grade such as 2B-P or 1A-C/A2/S2; the empty text is no grade.
func ParseGrade(text string) (Grade, error) {
	if text == "" {
		return Grade{}, nil
	}
	if text == Ungraded {
		return Grade{Handling: "C", Sanitisation: "S2"}, errors.New("fact: nobody has graded it yet")
	}
	m := grades.FindStringSubmatch(text)
	if m == nil {
		return Grade{Handling: "C", Sanitisation: "S2"}, fmt.Errorf("fact: %q is no 3x5x2 grade", text) // what cannot be read is handled as closely as can be
	}
	g := Grade{Source: int(m[1][0] - '0'), Information: m[2], Handling: m[3], Action: m[4], Sanitisation: m[5]}
	if g.Handling == "P" && g.Action+g.Sanitisation != "" {
		return Grade{Handling: "C", Sanitisation: "S2"}, fmt.Errorf("fact: %q has conditions without C", text)
	}
	return g, nil
}

// String is the grade as it is written.
func (g Grade) String() string {
	if g.Source == 0 {
		return ""
	}
	out := fmt.Sprintf("%d%s-%s", g.Source, g.Information, g.Handling)
	for _, c := range []string{g.Action, g.Sanitisation} {
		if c != "" {
			out += "/" + c
		}
	}
	return out
}

var (
	sources      = map[int]string{1: "reliable source", 2: "untested source", 3: "source that is not reliable"}
	information  = map[string]string{"A": "known directly to the source", "B": "known indirectly to the source but corroborated", "C": "known indirectly to the source", "D": "not known to the source", "E": "suspected to be false"}
	actions      = map[string]string{"A1": "it may be acted on covertly only", "A2": "it may be acted on openly", "A3": "it is for information and not to be acted on"}
	sanitisation = map[string]string{"S1": "what identifies the source may be taken out by whoever has that authority", "S2": "the originator is asked before it goes any further"}
)

// Words is the grade in words: "Untested source; known indirectly to the source but corroborated".
func (g Grade) Words() string {
	if g.Source == 0 {
		return ""
	}
	w := sources[g.Source]
	return string(w[0]-'a'+'A') + w[1:] + "; " + information[g.Information]
}

// HandlingWords is how it may be handled, in a sentence; "" for what is not graded.
func (g Grade) HandlingWords() string {
	switch g.Handling {
	case "P":
		return "Lawful sharing is permitted."
	case "C":
		out, sep := "Sharing is permitted with conditions", ": "
		for _, c := range []string{actions[g.Action], sanitisation[g.Sanitisation]} {
			if c != "" {
				out, sep = out+sep+c, "; "
			}
		}
		return out + "."
	}
	return ""
}
