package world

import (
	"strings"
	"testing"
	"unicode"
)

func TestCheckCharacters(t *testing.T) {
	// Numbers of public pages: python-stdnum's UPN, the NHS's example, and the Ministry of Justice's PNC identifiers.
	if got := string(upnLetter("801200005001")); got != "B" {
		t.Errorf("upnLetter(801200005001) = %s, want B", got)
	}
	if got, ok := nhsCheck("943476591"); !ok || got != 9 {
		t.Errorf("nhsCheck(943476591) = %d, %v; want 9", got, ok)
	}
	for _, c := range []struct {
		year, serial int
		want         byte
	}{{2001, 12345, 'H'}, {1979, 163001, 'B'}, {2015, 1, 'D'}, {2003, 62845, 'E'}} {
		if got := pncLetter(c.year, c.serial); got != c.want {
			t.Errorf("pncLetter(%d, %d) = %c, want %c", c.year, c.serial, got, c.want)
		}
	}
}

func TestNumbersAreOnesThatNobodyHas(t *testing.T) {
	w := generate(t, Options{Seed: 3, People: 20_000})
	seen := map[string]string{}
	once := func(number, who string) {
		if other, taken := seen[number]; taken && number != "" {
			t.Errorf("%s and %s both have %s", who, other, number)
		}
		seen[number] = who
	}
	for _, p := range w.Truth.People {
		once(p.NHS, p.ID)
		once(p.UPN, p.ID)
		once(p.PNC, p.ID)
		if check, ok := nhsCheck(p.NHS[:9]); !strings.HasPrefix(p.NHS, "999") || !ok || int(p.NHS[9]-'0') != check {
			t.Errorf("%s has NHS number %s", p.ID, p.NHS)
		}
		if p.UPN != "" && (p.UPN[1:4] != "991" || p.UPN[0] != upnLetter(p.UPN[1:])) {
			t.Errorf("%s has pupil number %s", p.ID, p.UPN)
		}
		if p.PNC != "" && p.PNC[5] != '9' {
			t.Errorf("%s has police number %s, whose serial may have been issued", p.ID, p.PNC)
		}
	}
}

// Words that no system of naming makes and that checks elsewhere treat as no name, as slang or as blame.
var neverNames = words(`unknown test null none baby twin aka anon nominal gang boss trap runner shotter cunch cuckoo wrenshire lantern mr mrs miss ms dr`)

func TestNoNameCollides(t *testing.T) {
	banned := map[string]bool{}
	for _, n := range neverNames {
		banned[n] = true
	}
	check := func(n, where string) {
		for _, part := range strings.FieldsFunc(n, func(r rune) bool { return !unicode.IsLetter(r) && r != '\'' }) {
			if banned[strings.ToLower(part)] {
				t.Errorf("%s: name %q", where, n)
			}
		}
	}
	for _, tr := range traditions {
		for _, list := range [][]string{tr.boys, tr.girls, tr.family} {
			for _, n := range list {
				check(n, tr.name)
			}
		}
	}
	for full, forms := range nicknames {
		for _, n := range forms {
			check(n, full)
		}
	}
	w := generate(t, Options{Seed: 9})
	people := map[string]bool{}
	for _, p := range w.Truth.People[1:] {
		people[p.Given+" "+p.Family] = true
	}
	for _, a := range w.Accounts {
		check(a.Name, "accounts")
		if people[a.Name] {
			t.Errorf("%s is both an account and a person in the files", a.Name)
		}
		if !strings.HasSuffix(a.Email, "@wrenshire.example") {
			t.Errorf("%s has address %s", a.Name, a.Email)
		}
	}
}

// The shares of traditions are of households, and have to be all of them.
func TestTraditionsShareOutAllHouseholds(t *testing.T) {
	sum := 0.0
	for _, tr := range traditions {
		sum += tr.share
		for _, code := range tr.ethnic {
			if ethnicWords[code] == "" || seenAs[code] == "" {
				t.Errorf("%s: no such category as %s", tr.name, code)
			}
		}
	}
	if sum < 0.999 || sum > 1.001 {
		t.Errorf("shares add up to %v", sum)
	}
}

// How many of the social care and police rows differ from the truth, and how: enough that linkage has work, not so much
// that nobody could link them.
func TestErrorsAreSpread(t *testing.T) {
	w := generate(t, Options{Seed: 11, People: 20_000})
	for _, c := range []struct {
		path            string
		header          int
		given, family   string
		low, high       float64 // share of rows whose name is not the true one, letter for letter
		bornLow, bornHi float64 // share of rows with a date of birth that is not the true one
	}{
		{"social-care/children_known.csv", 1, "Forename", "Surname", 0.04, 0.25, 0.01, 0.05},
		{"police/persons_by_role.csv", 4, "Forename", "Surname", 0.12, 0.45, 0.05, 0.15},
		{"youth-justice/caseload.csv", 1, "Forename", "Surname", 0.10, 0.45, 0.04, 0.15},
		{"housing/tenancies.csv", 1, "First Name", "Surname", 0.20, 0.60, 0.03, 0.15},
	} {
		tab := read(t, w, c.path, c.header)
		rows, named, born := 0, 0, 0
		groups := map[string]int{}
		for _, r := range tab.rows {
			p, ok := w.Truth.Person(c.path, r.number)
			if !ok {
				t.Fatalf("%s row %d is about nobody", c.path, r.number)
			}
			rows++
			groups[p.Tradition]++
			if !strings.EqualFold(tab.cell(r, c.given), p.Given) || !strings.EqualFold(tab.cell(r, c.family), p.Family) {
				named++
			}
			dob := "Date of Birth"
			if _, ok := tab.columns["DOB"]; ok {
				dob = "DOB"
			}
			if tab.cell(r, dob) != ukDate(p.Born) {
				born++
			}
		}
		if share := float64(named) / float64(rows); share < c.low || share > c.high {
			t.Errorf("%s: %.3f of %d names differ from the truth, want %v to %v", c.path, share, rows, c.low, c.high)
		}
		if share := float64(born) / float64(rows); share < c.bornLow || share > c.bornHi {
			t.Errorf("%s: %.3f of %d dates of birth differ from the truth, want %v to %v", c.path, share, rows, c.bornLow, c.bornHi)
		}
		if len(groups) != len(traditions) {
			t.Errorf("%s holds %d of %d naming traditions", c.path, len(groups), len(traditions))
		}
	}
}

// What the linkage method has to get right is here: twins, people who share an address and nothing else, one person twice
// in one file, a brother's number.
func TestHardCasesAreThere(t *testing.T) {
	w := generate(t, Options{Seed: 12})
	twins, shared, former := 0, 0, 0
	agencies := map[string]int{}
	for i, p := range w.Truth.People {
		if p.twin >= 0 && p.twin < len(w.Truth.People) {
			twins++
			if q := w.Truth.People[p.twin]; !q.Born.Equal(p.Born) || q.Given == p.Given {
				t.Errorf("%s and %s are not twins one can tell apart", p.ID, q.ID)
			}
		}
		if p.inHome != "" {
			shared++
		}
		if p.Former != "" {
			former++
		}
		if p.files == 0 {
			t.Errorf("person %d is in nobody's file", i)
		}
	}
	for _, path := range []string{"police/persons_by_role.csv", "social-care/children_known.csv", "charities/reedbank_participants.csv"} {
		rows := map[*Person]int{}
		for n := range 10_000 {
			if p, ok := w.Truth.Person(path, n+1); ok {
				rows[p]++
			}
		}
		twice := 0
		for p, n := range rows {
			agencies[p.ID]++
			if n > 1 {
				twice++
			}
		}
		if twice == 0 {
			t.Errorf("nobody is twice in %s", path)
		}
	}
	several := 0
	for _, n := range agencies {
		if n > 1 {
			several++
		}
	}
	if twins < 10 || shared < 20 || former < 40 || several < 100 {
		t.Errorf("%d twins, %d at shared addresses, %d with a former name, %d in several files", twins, shared, former, several)
	}
}

// Ethnicity is in some files, as it is in life, and nothing may be made of it: how often police, social care and schools
// know somebody does not follow from it.
func TestNothingFollowsFromEthnicity(t *testing.T) {
	w := generate(t, Options{Seed: 13, People: 60_000})
	for _, a := range []agencySet{inPolice, inYouthJustice, inSocialCare, inCharity} {
		var all, known [2]float64 // white British, others; children at ordinary addresses
		for _, p := range w.Truth.People {
			if p.age < 10 || p.age > 17 || p.inHome != "" {
				continue
			}
			k := 1
			if p.Ethnicity == "W1" {
				k = 0
			}
			all[k]++
			if p.in(a) {
				known[k]++
			}
		}
		if ratio := known[0] / all[0] / (known[1] / all[1]); ratio < 0.93 || ratio > 1.07 {
			t.Errorf("agency %b knows one group %.3f times as often as the rest", a, ratio)
		}
	}
}
