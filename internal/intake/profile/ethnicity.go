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

// category is a heading of an official list and the broad group that it stands under.
type category struct{ group, words string }

// ethnicCodes are the codes of self-defined ethnicity: 18+1 as the police, prisons and youth justice write it (16+1 with O1 for Chinese, before the census
// of 2011), and the Department for Education's, as schools and social care write it. The letters of the NHS (A to Z) are not read: A is White British
// there and Asian in others' short lists, and nothing in the value tells which.
var ethnicCodes = map[string]category{
	"A1": {"Asian", "Indian"}, "A2": {"Asian", "Pakistani"}, "A3": {"Asian", "Bangladeshi"}, "A4": {"Asian", "Chinese"}, "A9": {"Asian", "any other Asian background"},
	"B1": {"Black", "Caribbean"}, "B2": {"Black", "African"}, "B9": {"Black", "any other Black background"},
	"M1": {"Mixed", "White and Black Caribbean"}, "M2": {"Mixed", "White and Black African"}, "M3": {"Mixed", "White and Asian"}, "M9": {"Mixed", "any other mixed background"},
	"W1": {"White", "White British"}, "W2": {"White", "White Irish"}, "W3": {"White", "Gypsy or Irish Traveller"}, "W4": {"White", "Roma"}, "W9": {"White", "any other White background"},
	"O1": {"Asian", "Chinese"}, "O2": {"Other", "Arab"}, "O9": {"Other", "any other ethnic group"},
	"NS": {notStated, "not stated"}, "N1": {notStated, "not stated"}, "N2": {notStated, "not stated"}, "N3": {notStated, "not stated"},
	"WBRI": {"White", "White British"}, "WIRI": {"White", "White Irish"}, "WIRT": {"White", "Traveller of Irish heritage"}, "WROM": {"White", "Gypsy or Roma"}, "WOTH": {"White", "any other White background"},
	"MWBC": {"Mixed", "White and Black Caribbean"}, "MWBA": {"Mixed", "White and Black African"}, "MWAS": {"Mixed", "White and Asian"}, "MOTH": {"Mixed", "any other mixed background"},
	"AIND": {"Asian", "Indian"}, "APKN": {"Asian", "Pakistani"}, "ABAN": {"Asian", "Bangladeshi"}, "AOTH": {"Asian", "any other Asian background"}, "CHNE": {"Asian", "Chinese"},
	"BCRB": {"Black", "Caribbean"}, "BAFR": {"Black", "African"}, "BOTH": {"Black", "any other Black background"}, "OOTH": {"Other", "any other ethnic group"},
	"REFU": {notStated, "not said when asked"}, "NOBT": {notStated, "not asked yet"},
}

// observedCodes are the police's codes of how somebody looked to an officer: IC1 to IC6 and IC9, and the letters that the Police National Computer
// writes for them.
var observedCodes = map[string]category{
	"IC1": seen(0), "IC2": seen(1), "IC3": seen(3), "IC4": seen(4), "IC5": seen(5), "IC6": seen(6), "IC7": seen(8), "IC9": seen(8), "IC0": seen(8),
	"1": seen(0), "2": seen(1), "3": seen(3), "4": seen(4), "5": seen(5), "6": seen(6), "9": seen(8), "0": seen(8),
	"W1": seen(0), "W2": seen(1), "W": seen(2), "B": seen(3), "A": seen(4), "O": seen(5), "I": seen(6), "U": seen(8),
}

func seen(i int) category { return category{ObservedGroups[i], ObservedGroups[i]} }

// EthnicWords is what somebody said of their ethnicity for people to read: a code with the words it stands for, else the words as they are.
func EthnicWords(value string) string { return inWords(ethnicCodes, value) }

// ObservedWords is the same of what an officer wrote of how somebody looked.
func ObservedWords(value string) string { return inWords(observedCodes, value) }

func inWords(codes map[string]category, value string) string {
	if c, ok := codes[strings.ToUpper(strings.ReplaceAll(strings.TrimSpace(value), " ", ""))]; ok {
		return value + " (" + c.words + ")"
	}
	return value
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
func coded(codes map[string]category, value string) string {
	value = strings.ToUpper(strings.TrimSpace(value))
	if c, ok := codes[strings.ReplaceAll(value, " ", "")]; ok {
		return c.group
	}
	first, rest, _ := strings.Cut(value, " ")
	bare := strings.TrimRight(first, "-:.,")
	if len(bare) < 2 || rest == "" || bare == first && !strings.ContainsAny(bare, "0123456789") && !strings.HasPrefix(rest, "-") { // "Both her parents …" is no code
		return ""
	}
	return codes[bare].group
}

// isObservedCode reports whether a value can only be what an officer saw, whatever its column is called.
func isObservedCode(value string) bool {
	v := strings.ToUpper(strings.ReplaceAll(strings.TrimSpace(value), " ", ""))
	return len(v) == 3 && strings.HasPrefix(v, "IC") && observedCodes[v] != (category{})
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
