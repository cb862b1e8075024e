package profile

import "strings"

// Answer is a yes, no or partly. The empty answer is "not given"; NotKnown is what somebody said.
type Answer string

// The answers.
const (
	Yes      Answer = "yes"
	No       Answer = "no"
	Partly   Answer = "partly"
	NotKnown Answer = "not known"
)

// ParseAnswer reads Y, yes, True, 1, no, partly, don't know and their like; ok is false for anything else. The first
// word decides when a reason follows it: "Yes - raised at tasking".
func ParseAnswer(value string) (Answer, bool) {
	switch value {
	case "":
		return "", true
	case "True", "true", "TRUE", "Y", "y", "Yes", "YES", "yes", "1", "T", "✓", "✔", "x", "X":
		return Yes, true
	case "False", "false", "FALSE", "N", "n", "No", "NO", "no", "0", "F":
		return No, true
	}
	w := words(value)
	if a, ok := answers[w]; ok {
		return a, true
	}
	first, _, more := strings.Cut(w, " ")
	if a, ok := answers[first]; ok && more {
		return a, true
	}
	return "", false
}

var answers = map[string]Answer{
	"y": Yes, "yes": Yes, "true": Yes, "ticked": Yes, "definitely": Yes, "fully": Yes, "agreed": Yes,
	"n": No, "no": No, "false": No, "none": No, "never": No, "not at all": No,
	"p": Partly, "partly": Partly, "part": Partly, "partial": Partly, "partially": Partly, "some": Partly, "somewhat": Partly, "in part": Partly, "to some extent": Partly, "a little": Partly, "mentioned": Partly, "limited": Partly,
	"unknown": NotKnown, "not known": NotKnown, "nk": NotKnown, "dk": NotKnown, "dont know": NotKnown, "do not know": NotKnown, "unsure": NotKnown, "not sure": NotKnown, "unclear": NotKnown, "maybe": NotKnown,
}

// Basis is how somebody knows what they said.
type Basis string

// The bases, strongest first.
const (
	Seen     Basis = "seen"
	Told     Basis = "told"
	Recorded Basis = "recorded"
	Assumed  Basis = "assumed"
)

// basisWords are looked for as whole words, in this order: somebody who assumes from what they were told assumes.
var basisWords = [...]struct {
	basis Basis
	words string
}{
	{Assumed, "assumed assume assumption assuming guess guessed guessing impression inferred infer believe believed belief think thought feel feeling suspect suspected suspicion hunch perception perceived opinion"},
	{Seen, "seen saw see sees witnessed witness observed observe observation directly direct firsthand experienced"},
	{Told, "told heard hear said says disclosed disclosure hearsay rumour rumours reported verbal conversation secondhand"},
	{Recorded, "recorded record records file filed system data log logged documented written report casefile intelligence"},
}

var basisOf = func() map[string]int {
	m := map[string]int{}
	for i, b := range basisWords {
		for _, w := range strings.Fields(b.words) {
			m[w] = i
		}
	}
	return m
}()

// ParseBasis reads seen, told, recorded or assumed, and the common ways of saying them.
func ParseBasis(value string) (Basis, bool) {
	best, found := len(basisWords), false
	folded := strings.ReplaceAll(strings.ReplaceAll(words(value), "first hand", "firsthand"), "second hand", "secondhand")
	for _, w := range strings.Fields(folded) {
		if i, ok := basisOf[w]; ok && i < best {
			best, found = i, true
		}
	}
	if !found {
		switch folded { // the letters of a capture sheet
		case "s":
			return Seen, true
		case "t":
			return Told, true
		case "r":
			return Recorded, true
		case "a":
			return Assumed, true
		}
		return "", false
	}
	return basisWords[best].basis, true
}

// Confidence is how sure a person is of what they said.
type Confidence string

// The confidences.
const (
	High   Confidence = "high"
	Medium Confidence = "medium"
	Low    Confidence = "low"
)

// ParseConfidence reads high, medium or low, and the common ways of saying them. Numbers are not read: scales differ.
func ParseConfidence(value string) (Confidence, bool) {
	switch words(value) {
	case "high", "h", "very high", "certain", "very confident", "confident", "sure", "very sure", "strong", "high confidence", "almost certain", "definite":
		return High, true
	case "medium", "m", "med", "moderate", "fairly confident", "fairly sure", "reasonable", "some", "medium confidence", "moderate confidence", "likely", "probable":
		return Medium, true
	case "low", "l", "very low", "not confident", "unsure", "not sure", "weak", "low confidence", "a guess", "possible", "unlikely":
		return Low, true
	}
	return "", false
}

// Sex as a partner recorded it.
type Sex string

// The values of Sex; empty when not given or not one of these.
const (
	Female   Sex = "female"
	Male     Sex = "male"
	OtherSex Sex = "other"
)

// ParseSex reads words, letters and the codes of the national returns (1 and 01 male, 2 and 02 female; 0, 00 and 9 not
// known).
func ParseSex(value string) (sex Sex, ok bool) {
	switch value {
	case "F", "f", "Female", "2", "02":
		return Female, true
	case "M", "m", "Male", "1", "01":
		return Male, true
	case "", "U", "u", "0", "00", "9", "09", "X", "Unknown":
		return "", true
	}
	switch words(value) {
	case "female", "f", "girl", "woman", "fem", "w", "woman girl", "girl woman", "woman girl female":
		return Female, true
	case "male", "m", "boy", "man", "man boy", "boy man", "man boy male":
		return Male, true
	case "other", "non binary", "nonbinary", "trans", "transgender", "intersex", "indeterminate", "self described", "nb":
		return OtherSex, true
	case "unknown", "not known", "u", "not stated", "not specified", "n a", "not recorded", "prefer not to say", "unspecified":
		return "", true
	}
	return "", false
}

// Role is a person's part in one event. It says nothing about them anywhere else.
type Role string

// The roles. An agency's "offender" is a suspect here until a court has spoken.
const (
	Victim    Role = "victim"
	Suspect   Role = "suspect"
	Convicted Role = "convicted"
	Witness   Role = "witness"
	AtRisk    Role = "at risk"
	Missing   Role = "missing"
	Found     Role = "found"
	Reporter  Role = "reporting"
	Searched  Role = "searched"
	OtherRole Role = "other"
)

// roleWords are looked for in a role, in this order, as beginnings of words.
var roleWords = [...]struct {
	role  Role
	words string
}{
	{Convicted, "convicted conviction guilty sentenced"},
	{Victim, "victim aggrieved ip vict injured complainant survivor deceased"},
	{Witness, "witness wit"},
	{Suspect, "suspect susp accused defendant offender perpetrator arrest charged alleged detained sus off"},
	{Missing, "missing misper absent absconder"},
	{Found, "found located present"},
	{AtRisk, "risk vulnerable concern exploited subject"},
	{Reporter, "report informant caller referrer"},
	{Searched, "searched stopped"},
}

// ParseRole reads the part a row gives a person in its event. Unknown words are OtherRole, ok false.
func ParseRole(value string) (Role, bool) {
	folded := words(value)
	if folded == "" {
		return "", true
	}
	switch folded {
	case "v":
		return Victim, true
	case "s":
		return Suspect, true
	case "w":
		return Witness, true
	}
	for _, r := range roleWords {
		for _, w := range strings.Fields(r.words) {
			for _, got := range strings.Fields(folded) {
				if got == w || len(w) > 3 && strings.HasPrefix(got, w) {
					return r.role, true
				}
			}
		}
	}
	return OtherRole, false
}

// Theme is one of the subjects statements are sorted by. The list is content: a local lead can change it, so a Reader
// takes it from its Options.
type Theme struct {
	Code  string
	Title string
	Words []string // other names, and words that in a short value mean this theme
}

// Themes are the twenty of the local assessment's capture sheet, as shipped.
func Themes() []Theme {
	return []Theme{
		{"T1", "groups and who leads", []string{"groups", "gangs", "gang", "group", "leadership", "who leads", "ocg", "ocgs"}},
		{"T2", "drugs and lines", []string{"drugs", "drug", "county lines", "lines", "line", "drug dealing", "drug supply", "dealing", "supply"}},
		{"T3", "market size", []string{"market", "size of market", "known users", "drug market", "size of the market", "demand"}},
		{"T4", "recruitment and grooming", []string{"recruitment", "grooming", "recruiting"}},
		{"T5", "debt", []string{"debts", "debt bondage", "debt enslavement", "taxing"}},
		{"T6", "girls and violence against women", []string{"girls", "vawg", "girls and vawg", "young women", "cse", "sexual exploitation", "women"}},
		{"T7", "vulnerable adults and cuckooing", []string{"cuckooing", "vulnerable adults", "adults", "home takeover"}},
		{"T8", "missing", []string{"missing episodes", "missing children", "missing people", "missing from home", "missing from care", "mispers", "going country", "going cunch"}},
		{"T9", "schools and alternative provision", []string{"schools", "school", "schools ap", "ap", "alternative provision", "pru", "prus", "exclusion", "exclusions", "education", "pupil referral unit"}},
		{"T10", "care and placements", []string{"care", "placements", "placement", "care homes", "childrens home", "childrens homes", "looked after children", "lac"}},
		{"T11", "housing", []string{"homelessness", "accommodation", "hostels", "estates"}},
		{"T12", "health and mental health", []string{"health", "mental health", "health mental health", "wellbeing", "camhs"}},
		{"T13", "transport", []string{"trains", "train", "taxis", "stations", "railway", "travel", "btp"}},
		{"T14", "online", []string{"social media", "internet", "phones", "online harm", "snapchat", "gaming"}},
		{"T15", "cross-border", []string{"crossborder", "cross boundary", "out of area", "borders"}},
		{"T16", "trafficking and Prevent links", []string{"trafficking", "prevent", "modern slavery", "nrm", "trafficking prevent links"}},
		{"T17", "information flow", []string{"information", "information sharing", "data sharing", "intelligence", "communication", "sharing"}},
		{"T18", "thresholds and referrals", []string{"thresholds", "threshold", "referrals", "referral", "mash"}},
		{"T19", "what works", []string{"good practice", "working well", "success", "strengths"}},
		{"T20", "ask of leaders", []string{"asks", "ask", "leaders", "recommendations", "what is needed"}},
	}
}

// themeIndex finds themes by code or words.
type themeIndex struct {
	byWords map[string]string
	titles  []Theme
}

func indexThemes(list []Theme) themeIndex {
	x := themeIndex{byWords: map[string]string{}, titles: list}
	for _, t := range list {
		x.byWords[words(t.Code)] = t.Code
		x.byWords[words(t.Title)] = t.Code
		for _, w := range t.Words {
			if _, taken := x.byWords[words(w)]; !taken {
				x.byWords[words(w)] = t.Code
			}
		}
	}
	return x
}

// find reads a cell that names one theme or several: T9, "T9 schools/AP", "Schools", "T9; T10". Codes that are found
// come back once each, in the order given; rest is true when some of the cell named no theme.
func (x themeIndex) find(value string) (codes []string, rest bool) {
	whole := words(value)
	if whole == "" {
		return nil, false
	}
	if c, ok := x.byWords[whole]; ok {
		return []string{c}, false
	}
	for _, part := range strings.FieldsFunc(value, func(r rune) bool { return r == ';' || r == ',' || r == '|' || r == '\n' || r == '+' }) {
		c := x.one(words(part))
		if c == "" {
			rest = rest || words(part) != ""
			continue
		}
		known := false
		for _, k := range codes {
			known = known || k == c
		}
		if !known {
			codes = append(codes, c)
		}
	}
	if len(codes) == 0 { // "recruitment, grooming" as one title may hold a comma
		if c := x.one(whole); c != "" {
			return []string{c}, false
		}
	}
	return codes, rest
}

func (x themeIndex) one(folded string) string {
	if folded == "" {
		return ""
	}
	if c, ok := x.byWords[folded]; ok {
		return c
	}
	first, tail, _ := strings.Cut(folded, " ")
	if c, ok := x.byWords[first]; ok && strings.IndexAny(first, "0123456789") > 0 {
		return c // the code leads and words of the partner's own follow
	}
	if first == "t" || first == "theme" { // "T 9", "Theme 9"
		number, _, _ := strings.Cut(tail, " ")
		if c, ok := x.byWords["t"+strings.TrimPrefix(number, "t")]; ok && isDigits(strings.TrimPrefix(number, "t")) {
			return c
		}
	}
	if isDigits(first) && first == folded {
		return x.byWords["t"+first]
	}
	return ""
}
