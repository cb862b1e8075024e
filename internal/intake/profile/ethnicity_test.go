package profile

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestEthnicGroups(t *testing.T) {
	for value, want := range map[string]string{
		// The 18+1 and 16+1 codes of self-defined ethnicity.
		"W1": "White", "W2": "White", "W3": "White", "W9": "White", "M1": "Mixed", "M9": "Mixed", "A1": "Asian", "A4": "Asian", "A9": "Asian", "B1": "Black", "B9": "Black",
		"O1": "Asian", "O2": "Other", "O9": "Other", "NS": "Not stated", "w1": "White", " A2 ": "Asian", "N1": "Not stated",
		"W1 - British": "White", "A2: Pakistani": "Asian", "B2 African": "Black",
		// The Department for Education's.
		"WBRI": "White", "WIRT": "White", "WROM": "White", "MWBC": "Mixed", "APKN": "Asian", "CHNE": "Asian", "BCRB": "Black", "BAFR": "Black", "BOTH": "Black", "AOTH": "Asian", "OOTH": "Other", "REFU": "Not stated", "NOBT": "Not stated", "WBRI - White British": "White",
		// Headings of lists.
		"White - British": "White", "White: English, Welsh, Scottish, Northern Irish or British": "White", "White - Gypsy or Irish Traveller": "White", "Any other White background": "White",
		"Mixed - White and Black Caribbean": "Mixed", "White and Asian": "Mixed", "Mixed/Multiple ethnic groups - Any other Mixed/Multiple ethnic background": "Mixed",
		"Asian/Asian British - Pakistani": "Asian", "Chinese": "Asian", "Asian, Asian British or Asian Welsh": "Asian",
		"Black/African/Caribbean/Black British - African": "Black", "West Indian": "Black", "Other ethnic group - Arab": "Other", "Any other ethnic group": "Other",
		"Other ethnic group - Not stated": "Not stated", "Prefer not to say": "Not stated", "Refused": "Not stated", "not known": "Not stated", "Information not yet obtained": "Not stated",
		// Words of their own, and what does not say.
		"white british": "White", "mixed": "Mixed", "Caribbean": "Black", "Indian": "Asian", "dual heritage": "Mixed",
		"": "", "-": "", "British": "", "Cornish": "", "A": "", "B": "", "Z": "", "7": "", "Both her parents are from Hull": "", "South African (white)": "",
	} {
		if got := EthnicGroup(value); got != want {
			t.Errorf("EthnicGroup(%q) = %q, want %q", value, got, want)
		}
		if want != "" && !slices.Contains(EthnicGroups, want) {
			t.Errorf("%q is on no list", want)
		}
	}
	for value, want := range map[string]string{
		"IC1": "White, north European", "ic 2": "White, south European", "IC3": "Black", "IC4 - Asian": "Asian", "IC5": "Chinese, Japanese or south-east Asian", "IC6": "Arab or north African", "IC9": "Not known",
		"3": "Black", "9": "Not known", "W2": "White, south European", "B": "Black", "White": "White, not said which", "White - North European": "White, north European", "Dark European": "White, south European",
		"Asian": "Asian", "Chinese, Japanese or South East Asian": "Chinese, Japanese or south-east Asian", "Middle Eastern": "Arab or north African", "Other": "Other", "Unknown": "Not known", "": "", "tall": "", "8": "",
	} {
		if got := ObservedGroup(value); got != want {
			t.Errorf("ObservedGroup(%q) = %q, want %q", value, got, want)
		}
		if want != "" && !slices.Contains(ObservedGroups, want) {
			t.Errorf("%q is on no list", want)
		}
	}
	for code, g := range ethnicCodes {
		if !slices.Contains(EthnicGroups, g.group) || g.words == "" {
			t.Errorf("code %s is of a group that is on no list, or has no words: %q", code, g)
		}
	}
	for code, g := range observedCodes {
		if !slices.Contains(ObservedGroups, g.group) || g.words == "" {
			t.Errorf("code %s is of a group that is on no list, or has no words: %q", code, g)
		}
	}
}

func TestCodesOfEthnicityAreSaidInWords(t *testing.T) {
	for value, want := range map[string]string{"W1": "W1 (White British)", "wbri": "wbri (White British)", "A2": "A2 (Pakistani)", "Marshfolk": "Marshfolk", "": "", "W1 - British": "W1 - British"} {
		if got := EthnicWords(value); got != want {
			t.Errorf("EthnicWords(%q) = %q, want %q", value, got, want)
		}
	}
	for value, want := range map[string]string{"IC4": "IC4 (Asian)", "ic 1": "ic 1 (White, north European)", "tall": "tall"} {
		if got := ObservedWords(value); got != want {
			t.Errorf("ObservedWords(%q) = %q, want %q", value, got, want)
		}
	}
}

// What somebody said of themselves and what an officer saw stand in two columns and stay two things.
func TestEthnicityIsKeptApartFromWhatAnOfficerSaw(t *testing.T) {
	dir := t.TempDir()
	written := func(text string) string {
		path := filepath.Join(dir, "people.csv")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for name, c := range map[string]struct{ header, cell, self, observed string }{
		"both":                            {"Self Defined Ethnicity,Officer Defined Ethnicity", "A2,IC4", "A2", "IC4"},
		"one column of somebody's own":    {"Ethnicity", "White - British", "White - British", ""},
		"the 16+1 and the 6+1":            {"Ethnicity 16+1,Ethnicity 6+1", "B1,3", "B1", "3"},
		"an appearance alone":             {"Ethnic Appearance", "IC3", "", "IC3"},
		"appearances in the wrong column": {"Ethnicity", "IC3", "", "IC3"},
		"both in the wrong columns":       {"Ethnicity,IC Code", "IC3,IC1", "", "IC1"},
		"nothing":                         {"Ethnicity,IC Code", ",", "", ""},
	} {
		_, _, records, _ := readAll(t, written("Surname,Forename,DOB,"+c.header+"\nAsh,Kim,01/02/2010,"+c.cell+"\n"), Options{Agency: "police"})
		p, ok := records[0].(*PersonRow)
		if !ok || p.Sensitive.Ethnicity != c.self || p.Sensitive.ObservedEthnicity != c.observed {
			t.Errorf("%s: %+v, want %q of their own and %q seen", name, records[0], c.self, c.observed)
		}
	}
	long := strings.Repeat("é", 300)
	_, _, records, _ := readAll(t, written("Surname,Forename,DOB,Ethnicity\nAsh,Kim,01/02/2010,"+long+"\n"), Options{Agency: "police"})
	if p := records[0].(*PersonRow); len([]rune(p.Sensitive.Ethnicity)) != longestEthnicity {
		t.Errorf("%d characters are taken, want %d", len([]rune(p.Sensitive.Ethnicity)), longestEthnicity)
	}
}
