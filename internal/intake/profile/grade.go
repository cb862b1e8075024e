package profile

import (
	"regexp"
	"slices"
	"strings"

	"lantern.example/lantern/internal/fact"
)

// gradeUses are the columns of a 3x5x2 grade: whole, or its parts each in a column. A bare "grade" is not among them: schools have that.
var gradeUses = []use{
	{field: fGrade, names: "3x5x2 325 3x5x2grade grade3x5x2 3x5x2grading intelligencegrade intelgrade intelligencegrading intelgrading intgrade nimgrade grading3x5x2 5x5x5 intelligenceevaluation intelevaluation"},
	{field: fSourceEvaluation, names: "sourceevaluation sourcegrade sourcereliability reliabilityofsource sourcegrading evaluationofsource sourceeval"},
	{field: fInformationEvaluation, names: "intelligenceassessment informationassessment informationevaluation informationgrade infograde intelassessment assessmentofintelligence evaluationofinformation informationcontent"},
	{field: fHandlingCode, names: "handlingcode handling handlingcodes disseminationcode intelligencehandlingcode permissiontoshare"},
	{field: fHandlingConditions, names: "handlingconditions handlinginstructions actioncode sanitisationcode actionandsanitisation actionsanitisationcodes handlingcodeconditions"},
}

var (
	leadingCode = regexp.MustCompile(`^([A-E]|[1-3]|P)(?:$|[^0-9A-Za-z])`)
	conditions  = regexp.MustCompile(`\b(A[123]|S[12])\b`)
	sourceCodes = map[string]string{"reliable": "1", "untested": "2", "not reliable": "3", "unreliable": "3"}
)

// Graded reports whether the columns hold a 3x5x2 grade, or the mapping gives one.
func (r *Reader) Graded() bool {
	return slices.ContainsFunc([]field{fGrade, fSourceEvaluation, fInformationEvaluation, fHandlingCode, fHandlingConditions}, func(f field) bool { return r.at[f] >= 0 || r.fixed[f] != "" })
}

// gradeUnread is a column that says how each row may be handled, of a format whose rows carry no grade; "" when there is none. Places, flows, series
// and statements are read by every member, so that such a row would go past its condition.
func (p *Profile) gradeUnread(header []string) string {
	if slices.ContainsFunc(p.uses, func(u use) bool { return u.field == fGrade }) {
		return ""
	}
	for _, h := range header {
		key := headerKey(h)
		for _, u := range gradeUses {
			if u.field != fSourceEvaluation && u.field != fInformationEvaluation && slices.Contains(strings.Fields(u.names), key) {
				return h
			}
		}
	}
	return ""
}

// grade reads a row's 3x5x2 grade as package fact writes it, "" when the file has no column of one. In a file that has one, a row
// without is not graded yet (fact.Ungraded); what cannot be read stays as it stands and is warned of. Both are handled as closely as can be.
func (c *cursor) grade() string {
	if !c.r.Graded() {
		return ""
	}
	at, text := fGrade, strings.ToUpper(strings.TrimSpace(c.text(fGrade)))
	code, more := c.text(fHandlingCode), c.text(fHandlingConditions)
	if text == "" {
		at = fHandlingCode
		text = gradeCode(c.text(fSourceEvaluation), sourceCodes) + gradeCode(c.text(fInformationEvaluation), nil)
		if text == "" && code == "" && more == "" {
			return fact.Ungraded
		}
	}
	if code != "" || more != "" { // beside a whole grade, they say it again or say more of it
		handling := gradeCode(code, map[string]string{"lawful sharing permitted": "P", "lawful sharing permitted with conditions": "C", "conditions": "C"})
		head, _, _ := strings.Cut(text, "-")
		if len(text) == 3 {
			head = text[:2]
		}
		codes := conditions.FindAllString(strings.ToUpper(text+" "+code+" "+more), -1)
		if handling == "" && len(codes) > 0 || strings.Contains(text, "-C") {
			handling = "C"
		}
		text = head + "-" + handling
		for _, kind := range "AS" {
			for _, x := range codes {
				if rune(x[0]) == kind {
					text += "/" + x
					break
				}
			}
		}
	}
	g, err := fact.ParseGrade(text)
	if err != nil {
		c.warn(at, text, "not a 3x5x2 grade with its handling code, such as 2B-P or 1A-C/A2/S2; kept as it stands, and not shared under any agreement until it is put right")
		if len(text) > 40 {
			text = strings.ToValidUTF8(text[:40], "")
		}
		return text
	}
	return g.String()
}

// gradeCode is the code that a cell begins with, or stands for in words; what is neither stays as it is.
func gradeCode(v string, words map[string]string) string {
	v = strings.TrimSpace(v)
	if m := leadingCode.FindStringSubmatch(strings.ToUpper(v)); m != nil {
		return m[1]
	}
	if code, ok := words[strings.ToLower(v)]; ok {
		return code
	}
	return strings.ToUpper(v)
}
