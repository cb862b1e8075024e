package profile

import (
	"slices"
	"strings"
)

// What was recorded and says nothing of a group: somebody was asked and did not say, an officer did not know.
const (
	notStated = "Not stated"
	notKnown  = "Not known"
)

// EthnicGroups are the broad groups of self-defined ethnicity, in the order of the census of England and Wales 2021.
var EthnicGroups = []string{"Asian", "Black", "Mixed", "White", "Other", notStated}

// ObservedGroups are the groups of the police's 6+1 codes, and what a column says that knows fewer.
var ObservedGroups = []string{
	"White, north European", "White, south European", "White, not said which", "Black", "Asian", "Chinese, Japanese or south-east Asian", "Arab or north African", "Other", notKnown,
}

// ethnicCodes are the codes of self-defined ethnicity: 18+1 as the police, prisons and youth justice write it (16+1 with O1 for Chinese, before the census
// of 2011), and the Department for Education's, as schools and social care write it. The letters of the NHS (A to Z) are not read: A is White British
// there and Asian in others' short lists, and nothing in the value tells which.
var ethnicCodes = map[string]string{
	"A1": "Asian", "A2": "Asian", "A3": "Asian", "A4": "Asian", "A9": "Asian", "B1": "Black", "B2": "Black", "B9": "Black",
	"M1": "Mixed", "M2": "Mixed", "M3": "Mixed", "M9": "Mixed", "W1": "White", "W2": "White", "W3": "White", "W4": "White", "W9": "White",
	"O1": "Asian", "O2": "Other", "O9": "Other", "NS": notStated, "N1": notStated, "N2": notStated, "N3": notStated,
	"WBRI": "White", "WIRI": "White", "WIRT": "White", "WROM": "White", "WOTH": "White", "MWBC": "Mixed", "MWBA": "Mixed", "MWAS": "Mixed", "MOTH": "Mixed",
	"AIND": "Asian", "APKN": "Asian", "ABAN": "Asian", "AOTH": "Asian", "CHNE": "Asian", "BCRB": "Black", "BAFR": "Black", "BOTH": "Black", "OOTH": "Other",
	"REFU": notStated, "NOBT": notStated,
}

// observedCodes are the police's codes of how somebody looked to an officer: IC1 to IC6 and IC9, and the letters that the Police National Computer
// writes for them.
var observedCodes = map[string]string{
	"IC1": ObservedGroups[0], "IC2": ObservedGroups[1], "IC3": "Black", "IC4": "Asian", "IC5": ObservedGroups[5], "IC6": ObservedGroups[6], "IC9": notKnown, "IC0": notKnown, "IC7": notKnown,
	"1": ObservedGroups[0], "2": ObservedGroups[1], "3": "Black", "4": "Asian", "5": ObservedGroups[5], "6": ObservedGroups[6], "9": notKnown, "0": notKnown,
	"W1": ObservedGroups[0], "W2": ObservedGroups[1], "B": "Black", "A": "Asian", "O": ObservedGroups[5], "I": ObservedGroups[6], "U": notKnown, "W": ObservedGroups[2],
}

// EthnicGroup is the broad group of an ethnicity as somebody described themselves, from a code, a heading of an official list or plain words; "" when
// the words do not say. It is for counting alone.
func EthnicGroup(value string) string {
	if g := coded(ethnicCodes, value); g != "" {
		return g
	}
	w := strings.Fields(words(value))
	has := func(any ...string) bool {
		return slices.ContainsFunc(any, func(x string) bool { return slices.Contains(w, x) })
	}
	switch {
	case len(w) == 0:
		return ""
	case has("stated", "refused", "declined", "undeclared", "obtained", "unknown", "disclosed") || has("prefer") && has("not") || has("not") && has("known", "given", "recorded", "provided"):
		return notStated
	case has("mixed", "dual", "multiple") || has("white") && has("black", "asian"):
		return "Mixed"
	case has("arab"):
		return "Other"
	case has("asian", "indian", "pakistani", "bangladeshi", "chinese") && !has("west"):
		return "Asian"
	case has("black", "caribbean", "african") || has("west") && has("indian"):
		if has("white") {
			return ""
		}
		return "Black"
	case has("white", "gypsy", "traveller", "roma", "romany"):
		return "White"
	case has("other"):
		return "Other"
	}
	return ""
}

// ObservedGroup is the group of an ethnicity as an officer saw somebody; "" when the words do not say. It is for counting alone.
func ObservedGroup(value string) string {
	if g := coded(observedCodes, value); g != "" {
		return g
	}
	w := words(value)
	has := func(any ...string) bool {
		return slices.ContainsFunc(any, func(x string) bool { return strings.Contains(" "+w+" ", " "+x+" ") })
	}
	switch {
	case w == "":
		return ""
	case has("unknown", "not known", "not stated", "not recorded"):
		return notKnown
	case has("mediterranean", "south european", "southern european", "dark european"):
		return ObservedGroups[1]
	case has("north european", "northern european"):
		return ObservedGroups[0]
	case has("chinese", "japanese", "south east asian", "oriental"):
		return ObservedGroups[5]
	case has("arab", "arabic", "arabian", "north african", "middle eastern", "egyptian"):
		return ObservedGroups[6]
	case has("black", "afro caribbean", "african caribbean"):
		return "Black"
	case has("asian"):
		return "Asian"
	case has("white"):
		return ObservedGroups[2]
	case has("other", "mixed"):
		return "Other"
	}
	return ""
}

// coded reads a value that is a code, or begins with one: "W1", "W1 - British", "IC3".
func coded(codes map[string]string, value string) string {
	value = strings.ToUpper(strings.TrimSpace(value))
	if g, ok := codes[strings.ReplaceAll(value, " ", "")]; ok {
		return g
	}
	first, rest, _ := strings.Cut(value, " ")
	bare := strings.TrimRight(first, "-:.,")
	if len(bare) < 2 || rest == "" || bare == first && !strings.ContainsAny(bare, "0123456789") && !strings.HasPrefix(rest, "-") { // "Both her parents …" is no code
		return ""
	}
	return codes[bare]
}

// isObservedCode reports whether a value can only be what an officer saw, whatever its column is called.
func isObservedCode(value string) bool {
	v := strings.ToUpper(strings.ReplaceAll(strings.TrimSpace(value), " ", ""))
	return len(v) == 3 && strings.HasPrefix(v, "IC") && observedCodes[v] != ""
}

// longestEthnicity is how much of what stands in such a column is taken, in characters; the whole stays in the partner's row.
const longestEthnicity = 200

// ethnicity reads how somebody described themselves and how an officer saw them. The two are kept apart.
func (c *cursor) ethnicity(s *Sensitive) {
	own, seen := shorten(squash(c.text(fEthnicity)), longestEthnicity), shorten(squash(c.text(fOfficerEthnicity)), longestEthnicity)
	if isObservedCode(own) {
		if seen == "" {
			seen = own
		}
		own = ""
	}
	s.Ethnicity, s.ObservedEthnicity = own, seen
}

func shorten(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most])
	}
	return s
}
