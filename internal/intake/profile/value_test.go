package profile

import (
	"errors"
	"strings"
	"testing"
	"unicode"
)

func contains(s, part string) bool {
	return part == "" && s == "" || part != "" && strings.Contains(s, part)
}

func TestShape(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"31/02/2008", "99/99/9999"}, {"O'Connor-Ré", "A'AAAAAA-AA"}, {"  a \n b ", "A A"}, {"1.2E+09", "9.9A+99"}, {"", ""},
		{"日本", "AA"}, {strings.Repeat("a", 40), strings.Repeat("A", 32) + "…"}, {"٣", "9"}, {"“x”", "*A*"},
	} {
		if got := Shape(tt.in); got != tt.want {
			t.Errorf("Shape(%q) = %q; expected %q", tt.in, got, tt.want)
		}
	}
}

func FuzzShape(f *testing.F) {
	f.Add("Aaron 15/07/2008 ٣ é")
	f.Fuzz(func(t *testing.T, s string) {
		for _, r := range Shape(s) {
			if unicode.IsLetter(r) && r != 'A' || unicode.IsDigit(r) && r != '9' {
				t.Fatalf("the shape of %q shows %q", s, r)
			}
		}
	})
}

func TestParseFullName(t *testing.T) {
	for _, tt := range []struct{ in, title, forenames, surname, suffix, display string }{
		{"SMITH, Aaron James", "", "Aaron James", "SMITH", "", "Aaron James Smith"},
		{"Aaron Smith", "", "Aaron", "Smith", "", "Aaron Smith"},
		{"SMITH Aaron", "", "Aaron", "SMITH", "", "Aaron Smith"},
		{"Aaron SMITH", "", "Aaron", "SMITH", "", "Aaron Smith"},
		{"Mr Aaron Smith Jr", "Mr", "Aaron", "Smith", "Jr", "Aaron Smith Jr"},
		{"Smith, Mr Aaron", "Mr", "Aaron", "Smith", "", "Aaron Smith"},
		{"SMITH, Aaron, Mr", "Mr", "Aaron", "SMITH", "", "Aaron Smith"},
		{"Smith, Jr, Aaron", "", "Aaron", "Smith", "Jr", "Aaron Smith Jr"},
		{"Aaron Smith III", "", "Aaron", "Smith", "III", "Aaron Smith III"},
		{"Neymar Junior", "", "Neymar", "Junior", "", "Neymar Junior"},
		{"Vincent van Gogh", "", "Vincent", "van Gogh", "", "Vincent van Gogh"},
		{"Maria de la Cruz", "", "Maria", "de la Cruz", "", "Maria de la Cruz"},
		{"Ahmed bin Khalid", "", "Ahmed", "bin Khalid", "", "Ahmed bin Khalid"},
		{"Sean Mc Donald", "", "Sean", "Mc Donald", "", "Sean Mc Donald"},
		{"SINEAD O’NEILL-MCCARTHY", "", "SINEAD", "O'NEILL-MCCARTHY", "", "Sinead O'Neill-Mccarthy"},
		{"MCDONALD, AARON", "", "AARON", "MCDONALD", "", "Aaron McDonald"},
		{"Vincent VAN GOGH", "", "Vincent", "VAN GOGH", "", "Vincent van Gogh"},
		{"Kai", "", "Kai", "", "", "Kai"},
		{"Malcolm X", "", "Malcolm", "", "", "Malcolm"},
		{"Oo, Htin", "", "Htin", "Oo", "", "Htin Oo"},
		{"Ng Mei", "", "Ng", "Mei", "", "Ng Mei"},
		{"SMITH, Unknown", "", "", "SMITH", "", "Smith"},
		{"UNKNOWN", "", "", "", "", ""}, {"N/A", "", "", "", "", ""}, {"xx", "", "", "", "", ""}, {"Test Test", "", "", "", "", ""}, {"???", "", "", "", "", ""},
		{"Not Known", "", "", "", "", ""}, {"Baby", "", "", "", "", ""}, {"12345", "", "", "", "", ""},
	} {
		n := ParseFullName(tt.in)
		if n.Title != tt.title || n.Forenames != tt.forenames || n.Surname != tt.surname || n.Suffix != tt.suffix || n.Display() != tt.display {
			t.Errorf("%q: %q %q %q %q, shown %q; expected %q %q %q %q, %q", tt.in, n.Title, n.Forenames, n.Surname, n.Suffix, n.Display(), tt.title, tt.forenames, tt.surname, tt.suffix, tt.display)
		}
	}
	if n := ParseFullName("Kai"); !n.Mononym {
		t.Error("one word is a mononym")
	}
}

func TestSplitName(t *testing.T) {
	n := SplitName("Ms", "  AISHA  ", "BIBI", "KHAN  JNR")
	if n.Forenames != "AISHA BIBI" || n.Surname != "KHAN" || n.Suffix != "JNR" || n.Title != "Ms" || n.Original != "Ms AISHA BIBI KHAN JNR" {
		t.Errorf("got %+v", n)
	}
	n = SplitName("", "Baby", "", "Smith")
	if n.Forenames != "" || n.Surname != "Smith" || !n.Mononym {
		t.Errorf("Baby Smith: %+v; expected a surname alone", n)
	}
	if n = SplitName("", "UNKNOWN", "", "TEST"); n.Known() {
		t.Errorf("UNKNOWN TEST: %+v; expected no name", n)
	}
	if n = SplitName("", "Prince", "", "Dube"); n.Forenames != "Prince" {
		t.Errorf("Prince is a forename: %+v", n)
	}
}

func TestInsideNames(t *testing.T) {
	for _, tt := range []struct {
		in, plain, other string
		kind             NameKind
	}{
		{`Aaron "Ghost" Smith`, "Aaron Smith", "Ghost", AliasName},
		{"SMITH, Aaron (Ghost)", "SMITH, Aaron", "Ghost", AliasName},
		{"Aaron Smith (known as AJ)", "Aaron Smith", "AJ", PreferredName},
		{"Aaron Smith aka Johnny S", "Aaron Smith", "Johnny S", AliasName},
		{"Khan (formerly Begum)", "Khan", "Begum", FormerName},
		{"Aisha Khan née Begum", "Aisha Khan", "Begum", FormerName},
	} {
		plain, others := insideNames(tt.in)
		if plain != tt.plain || len(others) != 1 || others[0].Original != tt.other || others[0].Kind != tt.kind {
			t.Errorf("%q: %q and %+v; expected %q and %s %q", tt.in, plain, others, tt.plain, tt.kind, tt.other)
		}
	}
	if plain, others := insideNames("Nakata"); plain != "Nakata" || others != nil {
		t.Errorf("a name that contains aka: %q, %v", plain, others)
	}
}

func FuzzParseFullName(f *testing.F) {
	for _, s := range []string{"SMITH, Aaron (Ghost)", "a,b,c,", ", ", "Mr", "Jr", "van", "É", "( (", `" " "`, " aka x aka "} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		plain, others := insideNames(s)
		for _, n := range append(others, ParseFullName(plain)) {
			if n.Known() && JunkName(n.Forenames) && JunkName(n.Surname) {
				t.Fatalf("%q gives the junk %+v", s, n)
			}
			if strings.TrimSpace(n.Surname) != n.Surname || strings.TrimSpace(n.Forenames) != n.Forenames {
				t.Fatalf("%q leaves space: %+v", s, n)
			}
			n.Display()
		}
	})
}

func TestParseIdentifier(t *testing.T) {
	for _, tt := range []struct {
		name  string
		kind  IDKind
		in    string
		value string
		check CheckState
		note  string
	}{
		{"NHS", NHSNumber, "943 476 5919", "9434765919", CheckPassed, ""},
		{"NHS as a decimal", NHSNumber, "9434765919.0", "9434765919", CheckPassed, ""},
		{"NHS, wrong check digit", NHSNumber, "9434765918", "9434765918", CheckFailed, "check digit"},
		{"NHS, nine digits with a lost zero", NHSNumber, "111111110", "0111111110", CheckPassed, "lost its leading zero"},
		{"NHS, nine digits", NHSNumber, "111111113", "111111113", CheckFailed, "a digit is missing"},
		{"NHS, letters", NHSNumber, "94347659AB", "94347659AB", CheckFailed, "expected ten digits"},
		{"NHS, all zeros", NHSNumber, "0000000000", "0000000000", CheckFailed, "check digit"},
		{"UPN", UPN, "b801200005001", "B801200005001", CheckPassed, ""},
		{"UPN, wrong letter", UPN, "A801200005001", "A801200005001", CheckFailed, "check letter"},
		{"UPN, arithmetically wrong in a vendor's help", UPN, "Q207000016049", "Q207000016049", CheckFailed, "check letter"},
		{"UPN, the same put right", UPN, "P207000016049", "P207000016049", CheckPassed, ""},
		{"UPN without its letter", UPN, "801200005001", "801200005001", CheckFailed, "without its first letter"},
		{"UPN unknown code", UPN, "UN4", "", Unchecked, ""},
		{"PNC", PNCID, "2001/0012345H", "2001/0012345H", CheckPassed, ""},
		{"PNC, short", PNCID, "01/12345h", "2001/0012345H", CheckPassed, ""},
		{"PNC, lost zero of the year", PNCID, "1/12345H", "2001/0012345H", CheckPassed, ""},
		{"PNC, last century", PNCID, "79/163001B", "1979/0163001B", CheckPassed, ""},
		{"PNC, serial 1", PNCID, "2015/1D", "2015/0000001D", CheckPassed, ""},
		{"PNC, another published one", PNCID, "2003/0062845E", "2003/0062845E", CheckPassed, ""},
		{"PNC, no stroke", PNCID, "20010012345H", "2001/0012345H", CheckPassed, ""},
		{"PNC, wrong letter", PNCID, "2001/0012345A", "2001/0012345A", CheckFailed, "check letter"},
		{"PNC, not one", PNCID, "hello", "HELLO", CheckFailed, "expected, for example"},
		{"ULN", ULN, "0000000042", "0000000042", CheckPassed, ""}, // from the documentation of accuser/ulnjs
		{"ULN, wrong check digit", ULN, "1000000018", "1000000018", CheckFailed, "check digit"},
		{"ULN, none yet", ULN, "9999999999", "", Unchecked, ""},
		{"a case reference", CaseReference, " AB 12 ", "AB 12", Unchecked, ""},
		{"a record number as a decimal", RecordID, "12345.0", "12345", Unchecked, ""},
		{"a prison number", PrisonNumber, "a1234bc", "A1234BC", Unchecked, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			id, note, err := ParseIdentifier(tt.kind, tt.in, asAt)
			if err != nil {
				t.Fatal(err)
			}
			if id.Value != tt.value || id.Check != tt.check || !contains(note, tt.note) {
				t.Errorf("%q: %q %q %q; expected %q %q %q", tt.in, id.Value, id.Check, note, tt.value, tt.check, tt.note)
			}
		})
	}
	for _, s := range []string{"1.2E+09", "1.23456E+11", "1E+09", "9.4e9"} {
		if _, _, err := ParseIdentifier(NHSNumber, s, asAt); !errors.Is(err, ErrDigitsLost) {
			t.Errorf("%q: %v; expected %v", s, err, ErrDigitsLost)
		}
	}
	for _, s := range []string{"12E05", "WE+1", "E1"} {
		if _, _, err := ParseIdentifier(CaseReference, s, asAt); err != nil {
			t.Errorf("%q is a reference: %v", s, err)
		}
	}
}

// A number's own rule is the test of the rule: exactly one check character of all fits.
func TestCheckCharactersAreUnique(t *testing.T) {
	fits := func(kind IDKind, form, alphabet string) (n int) {
		for _, c := range alphabet {
			if id, _, err := ParseIdentifier(kind, strings.Replace(form, "?", string(c), 1), asAt); err == nil && id.Check == CheckPassed {
				n++
			}
		}
		return n
	}
	const letters, digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789"
	for _, tt := range []struct {
		kind           IDKind
		form, alphabet string
	}{
		{NHSNumber, "943476591?", digits}, {UPN, "?801200005001", letters}, {PNCID, "2001/0012345?", letters}, {CRONumber, "012345/01?", letters},
		{CRONumber, "SF01/12345?", letters}, {ULN, "123456789?", digits},
	} {
		if n := fits(tt.kind, tt.form, tt.alphabet); n != 1 {
			t.Errorf("%s %s: %d check characters fit; expected 1", tt.kind, tt.form, n)
		}
	}
}

func FuzzParseIdentifier(f *testing.F) {
	kinds := []IDKind{NHSNumber, UPN, PNCID, CRONumber, ULN, NINumber, RecordID}
	for _, s := range []string{"943 476 5919", "B801200005001", "01/12345H", "SF01/1A", "/", "SF/", "1.2E+09", "A", "12/é"} {
		for i := range kinds {
			f.Add(uint8(i), s)
		}
	}
	f.Fuzz(func(t *testing.T, k uint8, s string) {
		id, _, err := ParseIdentifier(kinds[int(k)%len(kinds)], s, asAt)
		if err != nil || id.Check != CheckPassed {
			return
		}
		again, _, err := ParseIdentifier(id.Kind, id.Value, asAt)
		if err != nil || again.Value != id.Value || again.Check != CheckPassed {
			t.Fatalf("%q becomes %q, which becomes %q, %v", s, id.Value, again.Value, err)
		}
	})
}

func TestPhoneNumber(t *testing.T) {
	for _, tt := range []struct{ in, want, note string }{
		{"07700 900123", "07700900123", ""}, {"+44 (0)7700 900123", "07700900123", ""}, {"7700900123", "07700900123", "leading zero"}, {"0044 7700 900123", "07700900123", ""},
	} {
		if got, note, err := phoneNumber(tt.in); got != tt.want || err != nil || !contains(note, tt.note) {
			t.Errorf("%q: %q, %q, %v; expected %q", tt.in, got, note, err, tt.want)
		}
	}
	for _, s := range []string{"7.7009E+09", "ask mum", "12"} {
		if got, _, err := phoneNumber(s); err == nil {
			t.Errorf("%q: %q; expected an error", s, got)
		}
	}
}

func TestVocabularies(t *testing.T) {
	answers := map[string]Answer{"Y": Yes, "yes - raised at tasking": Yes, "False": No, "0": No, "partly": Partly, "In part": Partly, "don't know": NotKnown, "": ""}
	for in, want := range answers {
		if got, ok := ParseAnswer(in); got != want || !ok {
			t.Errorf("ParseAnswer(%q) = %q, %t; expected %q", in, got, ok, want)
		}
	}
	if _, ok := ParseAnswer("MASH"); ok {
		t.Error("MASH is not an answer")
	}
	bases := map[string]Basis{"Seen": Seen, "first-hand": Seen, "told by a pupil": Told, "on our system": Recorded, "I think so": Assumed, "Assumed from what I was told": Assumed, "r": Recorded}
	for in, want := range bases {
		if got, ok := ParseBasis(in); got != want || !ok {
			t.Errorf("ParseBasis(%q) = %q, %t; expected %q", in, got, ok, want)
		}
	}
	roles := map[string]Role{"SUSPECT": Suspect, "Offender": Suspect, "Arrested": Suspect, "Victim": Victim, "IP": Victim, "Aggrieved": Victim, "Witness (police)": Witness, "Convicted": Convicted, "Misper": Missing, "v": Victim}
	for in, want := range roles {
		if got, ok := ParseRole(in); got != want || !ok {
			t.Errorf("ParseRole(%q) = %q, %t; expected %q", in, got, ok, want)
		}
	}
	if got, ok := ParseRole("Appropriate adult"); got != OtherRole || ok {
		t.Errorf("an unknown part: %q, %t; expected other", got, ok)
	}
	for in, want := range map[string]Sex{"M": Male, "1": Male, "Girl": Female, "02": Female, "U": "", "Non-binary": OtherSex} {
		if got, ok := ParseSex(in); got != want || !ok {
			t.Errorf("ParseSex(%q) = %q, %t; expected %q", in, got, ok, want)
		}
	}
	for in, want := range map[string]Confidence{"High": High, "fairly sure": Medium, "L": Low} {
		if got, ok := ParseConfidence(in); got != want || !ok {
			t.Errorf("ParseConfidence(%q) = %q, %t; expected %q", in, got, ok, want)
		}
	}
}

func TestThemes(t *testing.T) {
	x := indexThemes(Themes())
	for _, tt := range []struct {
		in, want string
		rest     bool
	}{
		{"T9", "T9", false}, {"t9", "T9", false}, {"T 9", "T9", false}, {"9", "T9", false}, {"T9 schools/AP", "T9", false}, {"T9: schools/AP", "T9", false},
		{"schools/AP", "T9", false}, {"Cuckooing", "T7", false}, {"Girls and VAWG", "T6", false}, {"care and placements", "T10", false},
		{"T9; T10", "T9 T10", false}, {"T9, T9", "T9", false}, {"missing; fly tipping", "T8", true}, {"Fly tipping", "", true}, {"T21", "", true}, {"", "", false},
	} {
		codes, rest := x.find(tt.in)
		if got := strings.Join(codes, " "); got != tt.want || rest != tt.rest {
			t.Errorf("%q: %q, %t; expected %q, %t", tt.in, got, rest, tt.want, tt.rest)
		}
	}
	if n := len(Themes()); n != 20 {
		t.Errorf("%d themes; expected 20", n)
	}
	own := indexThemes([]Theme{{Code: "A", Title: "river"}})
	if codes, _ := own.find("River"); len(codes) != 1 || codes[0] != "A" {
		t.Errorf("an area's own theme: %v", codes)
	}
}

func TestKindOf(t *testing.T) {
	seen := map[Kind]string{}
	for crime := range crimeTypes {
		k, ok := KindOf(crime)
		if !ok || seen[k] != "" {
			t.Errorf("%q is %q like %q; expected a kind of its own", crime, k, seen[k])
		}
		seen[k] = crime
		if lower, _ := KindOf(strings.ToLower(crime)); lower != k {
			t.Errorf("%q in small letters is %q; expected %q", crime, lower, k)
		}
	}
	if len(seen) != 14 {
		t.Errorf("%d crime types; expected 14", len(seen))
	}
	for in, want := range map[string]Kind{
		"Assault occasioning ABH": Violence, "Assault with a knife": Violence, "Possession of an offensive weapon": Weapon, "Knife found": Weapon, "PWITS class A": Drugs,
		"Theft of motor vehicle": Vehicle, "Motorcycle theft": Vehicle, "Theft of pedal cycle": BicycleTheft, "Domestic burglary": Burglary, "Domestic abuse": DomesticAbuse,
		"Sexual exploitation": Exploitation, "Rape of a child": SexualOffence, "Criminal damage to vehicle": CriminalDamage, "ASB - rowdy": AntiSocial, "Missing person": MissingEpisode,
		"robbery": Robbery, "stop-and-search": StopAndSearch, "Affray": PublicOrder, "A&E attendance": Injury, "Possession of cannabis": Drugs,
	} {
		if got, ok := KindOf(in); got != want || !ok {
			t.Errorf("KindOf(%q) = %q, %t; expected %q", in, got, ok, want)
		}
	}
	if k, ok := KindOf("Lost property"); k != OtherEvent || ok {
		t.Errorf("what cannot be placed is %q, %t; expected other", k, ok)
	}
}

func TestParseCount(t *testing.T) {
	for in, want := range map[string]Count{
		"31": {N: 31, Known: true}, "1,204": {N: 1204, Known: true}, "5.0": {N: 5, Known: true}, "<5": {Suppressed: true, Words: "<5"}, "*": {Suppressed: true, Words: "*"}, "": {},
	} {
		if got, err := parseCount(in); got != want || err != nil {
			t.Errorf("parseCount(%q) = %+v, %v; expected %+v", in, got, err, want)
		}
	}
	for _, in := range []string{"-1", "2.5", "many", "NaN", "1e12"} {
		if got, err := parseCount(in); err == nil {
			t.Errorf("parseCount(%q) = %+v; expected an error", in, got)
		}
	}
}
