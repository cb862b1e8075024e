package geo

import (
	"slices"
	"strings"
)

// PostcodeClass says what the text in a postcode column is, judged by its form alone. Whether a well-formed postcode
// exists, and whether it is live or terminated, only a loaded postcode directory can say. No row is dropped for its
// class: a child without an address is still a child.
type PostcodeClass string

// The classes of postcode.
const (
	PostcodeEmpty         PostcodeClass = "empty"          // nothing was written
	PostcodeFull          PostcodeClass = "full"           // the form of a whole postcode in the United Kingdom
	PostcodeOutcode       PostcodeClass = "outcode"        // the first half alone, or a sector: a district, not an address
	PostcodeMalformed     PostcodeClass = "malformed"      // none of the others; see Suggestions
	PostcodeNoFixedAbode  PostcodeClass = "no_fixed_abode" // ZZ99 3VZ, or written out
	PostcodePseudo        PostcodeClass = "pseudo"         // another ZZ99 code: not known, or a whole country
	PostcodeBFPO          PostcodeClass = "bfpo"           // British Forces: has no place
	PostcodeNonGeographic PostcodeClass = "non_geographic" // GIR 0AA and BX: an organisation, not a place
	PostcodeOutsideUK     PostcodeClass = "outside_uk"     // Crown dependencies, overseas territories, Ireland
)

// Postcode is what Parse made of a piece of text. Outcode and Incode are upper-case and set for the classes that have
// them; Reason says in words why there is no place, or less of one.
type Postcode struct {
	Class       PostcodeClass
	Outcode     string // "SE5"
	Incode      string // "8TR"
	Reason      string
	Suggestions []string // for PostcodeMalformed: readings that would be well formed, fewest changes first
}

// String writes the postcode with one space, the outcode alone, or nothing.
func (p Postcode) String() string {
	if p.Incode == "" {
		return p.Outcode
	}
	return p.Outcode + " " + p.Incode
}

// Key is the postcode without its space, as used to look it up in a directory; empty unless there is a whole postcode.
func (p Postcode) Key() string {
	if p.Incode == "" {
		return ""
	}
	return p.Outcode + p.Incode
}

// Placed reports whether a directory could give the text a place.
func (p Postcode) Placed() bool { return p.Class == PostcodeFull || p.Class == PostcodeOutcode }

// NormalisePostcode upper-cases s and keeps only A to Z and 0 to 9.
func NormalisePostcode(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r >= 'a' && r <= 'z':
			b.WriteByte(byte(r) - 'a' + 'A')
		case r >= 'A' && r <= 'Z' || r >= '0' && r <= '9':
			b.WriteByte(byte(r))
		}
	}
	return b.String()
}

// ParsePostcode classes the text of a postcode field. It never corrects: letters typed for digits are offered in
// Suggestions for a person to accept.
func ParsePostcode(s string) Postcode {
	const longest = 200 // bytes looked at; no postcode field needs more
	if len(s) > longest {
		s = s[:longest]
	}
	code := NormalisePostcode(s)
	if code == "" {
		return Postcode{Class: PostcodeEmpty, Reason: "no postcode was given"}
	}
	if p, ok := specialPostcode(code); ok {
		return p
	}
	if out, ok := sector(s); ok {
		return Postcode{Class: PostcodeOutcode, Outcode: out, Reason: "a sector was given; only its district is used"}
	}
	if out, in, ok := splitPostcode(code); ok {
		return placedPostcode(out, in)
	}
	if validOutcode(code) {
		p := placedPostcode(code, "")
		if p.Class == PostcodeFull {
			p.Class, p.Reason = PostcodeOutcode, "only the first half was given: a district, not an address"
		}
		return p
	}
	if eircode(code) {
		return Postcode{Class: PostcodeOutsideUK, Reason: "an Eircode: an address in Ireland"}
	}
	return Postcode{Class: PostcodeMalformed, Reason: "not the form of a postcode, such as SE5 8TR", Suggestions: SuggestPostcodes(code)}
}

// placedPostcode classes a well-formed postcode by its area.
func placedPostcode(out, in string) Postcode {
	p := Postcode{Class: PostcodeFull, Outcode: out, Incode: in}
	switch area(out) {
	case "JE":
		p.Class, p.Reason = PostcodeOutsideUK, "Jersey is not in the United Kingdom"
	case "GY":
		p.Class, p.Reason = PostcodeOutsideUK, "Guernsey is not in the United Kingdom"
	case "IM":
		p.Class, p.Reason = PostcodeOutsideUK, "the Isle of Man is not in the United Kingdom"
	case "BF":
		p.Class, p.Reason = PostcodeBFPO, "British Forces Post Office: no place"
	case "BX":
		p.Class, p.Reason = PostcodeNonGeographic, "a postcode of an organisation without a place"
	case "GX":
		p.Class, p.Reason = PostcodeOutsideUK, "Gibraltar is not in the United Kingdom"
	}
	return p
}

// pseudoPostcodes are the NHS codes beginning ZZ99 that name no foreign country (NHS Hospital Episode Statistics data
// dictionary, field HOMEADD).
var pseudoPostcodes = map[string]Postcode{
	"3VZ": {Class: PostcodeNoFixedAbode, Reason: "no fixed abode"},
	"3WZ": {Class: PostcodePseudo, Reason: "address not known"},
	"3CZ": {Class: PostcodePseudo, Reason: "in England or the United Kingdom, not otherwise stated"},
	"3GZ": {Class: PostcodePseudo, Reason: "in Wales, not otherwise stated"},
	"1WZ": {Class: PostcodePseudo, Reason: "in Scotland, not otherwise stated"},
	"2WZ": {Class: PostcodePseudo, Reason: "in Northern Ireland, not otherwise stated"},
}

// overseasTerritories are whole postcodes of one British Overseas Territory each (Royal Mail).
var overseasTerritories = map[string]string{
	"ASCN1ZZ": "Ascension Island", "BBND1ZZ": "the British Indian Ocean Territory", "BIQQ1ZZ": "the British Antarctic Territory",
	"FIQQ1ZZ": "the Falkland Islands", "PCRN1ZZ": "the Pitcairn Islands", "SIQQ1ZZ": "South Georgia",
	"STHL1ZZ": "St Helena", "TDCU1ZZ": "Tristan da Cunha", "TKCA1ZZ": "the Turks and Caicos Islands",
}

// noFixedAbode are ways in which people write that there is no address, normalised.
var noFixedAbode = []string{"NFA", "NOFIXEDABODE", "NOFIXEDADDRESS", "HOMELESS", "ROUGHSLEEPER", "ROUGHSLEEPING", "OFNOFIXEDABODE"}

func specialPostcode(code string) (Postcode, bool) {
	switch {
	case slices.Contains(noFixedAbode, code):
		return Postcode{Class: PostcodeNoFixedAbode, Reason: "no fixed abode"}, true
	case strings.HasPrefix(code, "ZZ99"):
		if p, ok := pseudoPostcodes[code[4:]]; ok {
			p.Outcode, p.Incode = "ZZ99", code[4:]
			return p, true
		}
		p := Postcode{Class: PostcodePseudo, Outcode: "ZZ99", Reason: "an NHS pseudo postcode, usually an address abroad"}
		if validIncode(code[4:]) {
			p.Incode = code[4:]
		}
		return p, true
	case code == "GIR0AA":
		return Postcode{Class: PostcodeNonGeographic, Outcode: "GIR", Incode: "0AA", Reason: "Girobank: a postcode of an organisation without a place"}, true
	case strings.HasPrefix(code, "BFPO"):
		if _, digits := wholeNumber(code[4:]); digits {
			return Postcode{Class: PostcodeBFPO, Reason: "British Forces Post Office: no place"}, true
		}
	case overseasTerritories[code] != "":
		return Postcode{Class: PostcodeOutsideUK, Outcode: code[:4], Incode: code[4:], Reason: overseasTerritories[code] + ": not in the United Kingdom"}, true
	}
	return Postcode{}, false
}

// postcodeAreas are the 124 area letters in use, with the four that have no place in Great Britain or Northern Ireland
// beside them: BF (forces), BX (organisations), GX (Gibraltar).
var postcodeAreas = func() map[string]bool {
	m := map[string]bool{}
	for _, a := range strings.Fields(`
		AB AL B BA BB BD BH BL BN BR BS BT CA CB CF CH CM CO CR CT CV CW DA DD DE DG DH DL DN DT DY E EC EH EN EX FK FY
		G GL GU GY HA HD HG HP HR HS HU HX IG IM IP IV JE KA KT KW KY L LA LD LE LL LN LS LU M ME MK ML N NE NG NN NP
		NR NW OL OX PA PE PH PL PO PR RG RH RM S SA SE SG SK SL SM SN SO SP SR SS ST SW SY TA TD TF TN TQ TR TS TW UB
		W WA WC WD WF WN WR WS WV YO ZE BF BX GX`) {
		m[a] = true
	}
	return m
}()

// letterDistricts are the areas, all in central London, whose districts may end in a letter (E1W, SW1A). Everywhere else
// a letter in that position is a slip, most often O for 0.
var letterDistricts = []string{"E", "EC", "N", "NW", "SE", "SW", "W", "WC"}

// area returns the letters before the first digit.
func area(outcode string) string {
	if i := strings.IndexAny(outcode, "0123456789"); i >= 0 {
		return outcode[:i]
	}
	return outcode
}

func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
func isLetter(c byte) bool { return c >= 'A' && c <= 'Z' }

func validOutcode(s string) bool {
	a := area(s)
	rest := s[len(a):]
	if !postcodeAreas[a] || len(rest) < 1 || len(rest) > 2 {
		return false
	}
	if len(rest) == 2 && isLetter(rest[1]) {
		return rest[0] != '0' && rest[1] != 'I' && rest[1] != 'O' && rest[1] != 'Z' && slices.Contains(letterDistricts, a)
	}
	return len(rest) == 1 || rest[0] != '0' && isDigit(rest[1])
}

// validIncode checks a digit and two letters; C, I, K, M, O and V are never used, being easily misread.
func validIncode(s string) bool {
	ok := func(c byte) bool { return isLetter(c) && !strings.ContainsRune("CIKMOV", rune(c)) }
	return len(s) == 3 && isDigit(s[0]) && ok(s[1]) && ok(s[2])
}

func splitPostcode(code string) (out, in string, ok bool) {
	if len(code) < 5 || len(code) > 7 {
		return "", "", false
	}
	out, in = code[:len(code)-3], code[len(code)-3:]
	return out, in, validOutcode(out) && validIncode(in)
}

// sector recognises "SE5 8", which without its space would read as the district SE58.
func sector(s string) (outcode string, ok bool) {
	f := strings.Fields(s)
	if len(f) != 2 || len(f[1]) != 1 || !isDigit(f[1][0]) {
		return "", false
	}
	out := NormalisePostcode(f[0])
	return out, validOutcode(out) && placedPostcode(out, "").Class == PostcodeFull
}

// eircode checks the form of an Irish postcode: a routing key (letter and two digits, or D6W) and four characters.
func eircode(code string) bool {
	if len(code) != 7 || !isLetter(code[0]) || !isDigit(code[1]) || !isDigit(code[2]) && code[:3] != "D6W" {
		return false
	}
	return strings.Trim(code[3:], "0123456789ACDEFHKNPRTVWXY") == ""
}

// SuggestPostcodes lists the well-formed postcodes that s becomes when O and 0, or I and 1, are exchanged where the
// position calls for the other kind. Fewest changes come first, then alphabetical order. It is for a person to accept;
// nothing else uses it.
func SuggestPostcodes(s string) []string {
	code := NormalisePostcode(s)
	if len(code) < 5 || len(code) > 7 {
		return nil
	}
	var found []string
	changes := map[string]int{}
	for _, form := range []string{"A9", "A99", "AA9", "AA99", "A9A", "AA9A"} {
		form += "9AA"
		if len(form) != len(code) {
			continue
		}
		fixed, n := fitForm(code, form)
		out, in, ok := splitPostcode(fixed)
		if _, seen := changes[fixed]; ok && n > 0 && !seen {
			changes[fixed] = n
			found = append(found, out+" "+in)
		}
	}
	slices.SortFunc(found, func(a, b string) int {
		if d := changes[strings.Replace(a, " ", "", 1)] - changes[strings.Replace(b, " ", "", 1)]; d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	return found
}

// fitForm exchanges lookalikes in code where form wants a letter (A) or a digit (9), and counts the changes.
func fitForm(code, form string) (string, int) {
	b, n := []byte(code), 0
	for i := range b {
		was := b[i]
		switch {
		case form[i] == '9' && b[i] == 'O':
			b[i] = '0'
		case form[i] == '9' && b[i] == 'I':
			b[i] = '1'
		case form[i] == 'A' && b[i] == '0':
			b[i] = 'O'
		case form[i] == 'A' && b[i] == '1':
			b[i] = 'I'
		}
		if b[i] != was {
			n++
		}
	}
	return string(b), n
}
