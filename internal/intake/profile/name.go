package profile

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// NameKind says what sort of name it is.
type NameKind string

// The kinds of name. Street names and aliases are weak evidence of who somebody is; a former name may be
// confidential.
const (
	LegalName     NameKind = "legal" // the name the agency files the person under
	PreferredName NameKind = "preferred"
	AliasName     NameKind = "alias"
	StreetName    NameKind = "street"
	FormerName    NameKind = "former"
)

// Name is one name of a person, in parts. Parts keep the partner's capitals; only titles, suffixes and space
// are set apart, and Display alone changes case.
type Name struct {
	Kind      NameKind
	Original  string // as it stood; split columns are joined with spaces
	Title     string // Mr, Ms, Dr
	Forenames string
	Surname   string // with its particles: van Gogh, bin Khalid, Mc Donald
	Suffix    string // Jr, III
	// Mononym says that one word is the whole name. From a single column it stands in Forenames, otherwise where
	// the partner put it.
	Mononym bool
}

// Known reports whether any part of a name is there.
func (n Name) Known() bool { return n.Forenames != "" || n.Surname != "" }

// Display is the name in the order it is said, with the case of names: SMITH-JONES, aaron becomes Aaron
// Smith-Jones. Words that already mix capitals and small letters stay.
func (n Name) Display() string {
	var parts []string
	for _, p := range [...]string{n.Forenames, n.Surname, n.Suffix} {
		for _, w := range strings.Fields(p) {
			parts = append(parts, displayWord(w))
		}
	}
	return strings.Join(parts, " ")
}

func displayWord(w string) string {
	if suffixes[strings.ToLower(strings.Trim(w, "."))] && w == strings.ToUpper(w) && strings.Trim(w, "IVX") == "" {
		return w
	}
	upper, lower := w == strings.ToUpper(w), w == strings.ToLower(w)
	if !upper && !lower || utf8.RuneCountInString(w) == 1 && upper {
		return w
	}
	if particles[strings.ToLower(w)] {
		return strings.ToLower(w)
	}
	var b strings.Builder
	start := true
	for _, r := range w {
		if start {
			b.WriteRune(unicode.ToUpper(r))
		} else {
			b.WriteRune(unicode.ToLower(r))
		}
		start = r == '-' || r == '\'' || r == '.'
	}
	s := b.String()
	if strings.HasPrefix(s, "Mc") && len(s) > 3 {
		r, n := utf8.DecodeRuneInString(s[2:])
		s = "Mc" + string(unicode.ToUpper(r)) + s[2+n:]
	}
	return s
}

var (
	titles = set("mr mrs ms miss mx master dr rev revd prof sir dame")
	// Junior is left out: it is a forename.
	suffixes  = set("jr jnr sr snr ii iii iv esq")
	particles = set("de del della der den di da das do dos du la le las los van von vom ter ten bin bint ibn binti al el ap ab abu af av zu st mac mc o' d'")
	// junkNames are what is written in a name field when there is no name, as words folds them.
	junkNames = set("unknown unk unkown notknown nk tbc tba tbd anon anonymous noname unnamed unborn newborn baby babyboy babygirl infant " +
		"fnu lnu null none blank missing redacted withheld refused notgiven notstated notrecorded notprovided notapplicable test testing dummy duplicate deleted void " +
		"unknownmale unknownfemale unknownperson unidentified unknownunknown notavailable nameunknown namenotknown noforename nosurname nofirstname nolastname donotuse")
)

func set(list string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(list) {
		m[w] = true
	}
	return m
}

// JunkName reports whether a value stands in a name field for the want of a name: UNKNOWN, TEST, Baby, N/A, xx, ?.
// Short real names (Oo, Ng, Na, Su, X as one of several words) are not junk.
func JunkName(value string) bool {
	s := clean(value)
	if blank(s) || s == "NA" {
		return true
	}
	letters, onlyX := 0, true
	var key [24]byte
	n, long := 0, false
	for _, r := range s {
		if unicode.IsLetter(r) {
			letters++
			if r != 'x' && r != 'X' && r != 'z' && r != 'Z' {
				onlyX = false
			}
			l := unicode.ToLower(r)
			if n < len(key) && l < 0x80 {
				key[n] = byte(l)
				n++
			} else {
				long = true
			}
		} else if unicode.IsMark(r) {
			letters++
		}
	}
	if letters == 0 || onlyX {
		return true
	}
	return !long && junkNames[string(key[:n])]
}

// tidyName is a part of a name with single spaces, straight apostrophes and no comma or stop hanging on it.
func tidyName(s string) string {
	s = squash(clean(s))
	if strings.ContainsAny(s, "’`‘") {
		s = strings.NewReplacer("’", "'", "‘", "'", "`", "'").Replace(s)
	}
	if s != "" && (s[len(s)-1] == ',' || s[len(s)-1] == ';' || s[0] == ',') {
		s = strings.Trim(s, ",; ")
	}
	return s
}

// SplitName makes a name of the parts in columns of their own. What stands for the want of a name is left out.
func SplitName(title, forenames, middle, surname string) Name {
	title, forenames, middle, surname = tidyName(title), tidyName(forenames), tidyName(middle), tidyName(surname)
	n := Name{Kind: LegalName, Original: joinWords(title, forenames, middle, surname)}
	if !blank(title) {
		n.Title = title
	}
	if !JunkName(forenames) {
		n.Forenames = forenames
	}
	if !JunkName(middle) && n.Forenames != "" {
		n.Forenames = joinWords(n.Forenames, middle)
	}
	if !JunkName(surname) {
		n.Surname = surname
	}
	if strings.IndexByte(n.Forenames, ' ') > 0 {
		var t string
		if t, n.Forenames = cutTitle(n.Forenames); t != "" && n.Title == "" {
			n.Title = t
		}
	}
	if strings.IndexByte(n.Surname, ' ') > 0 {
		n.Surname, n.Suffix = cutSuffix(n.Surname)
	}
	n.Mononym = (n.Forenames == "") != (n.Surname == "") && !strings.Contains(n.Forenames+n.Surname, " ")
	return n
}

// ParseFullName makes a name of a single column: "SMITH, Aaron James", "Aaron SMITH", "Mr Aaron Smith Jr". With a comma
// the surname is before it; otherwise words in capitals beside words that are not are the surname;
// otherwise the last word is, with the particles before it.
func ParseFullName(value string) Name {
	s := tidyName(value)
	n := Name{Kind: LegalName, Original: s}
	if JunkName(s) {
		return n
	}
	if family, given, found := strings.Cut(s, ","); found {
		return commaName(n, strings.TrimSpace(family), given)
	}
	n.Title, s = cutTitle(s)
	s, n.Suffix = cutSuffix(s)
	parts := strings.Fields(s)
	if len(parts) == 1 {
		n.Forenames, n.Mononym = s, true
		return n
	}
	at, given := surnameAt(parts)
	if given >= 0 { // surname first: SMITH Aaron
		n.Surname, n.Forenames = strings.Join(parts[:given], " "), strings.Join(parts[given:], " ")
	} else {
		n.Forenames, n.Surname = strings.Join(parts[:at], " "), strings.Join(parts[at:], " ")
	}
	return dropJunk(n)
}

// commaName reads what follows the comma of "SMITH, Aaron", which may hold a suffix or title between commas too.
func commaName(n Name, family, given string) Name {
	var rest []string
	for _, p := range strings.Split(given, ",") {
		p = strings.TrimSpace(p)
		switch key := strings.ToLower(strings.Trim(p, ".")); {
		case p == "":
		case suffixes[key]:
			n.Suffix = p
		case titles[key]:
			n.Title = p
		default:
			rest = append(rest, p)
		}
	}
	title, forenames := cutTitle(strings.Join(rest, " "))
	if title != "" {
		n.Title = title
	}
	if n.Title == "" {
		if head, last := lastWord(forenames); head != "" && titles[strings.ToLower(strings.Trim(last, "."))] {
			n.Title, forenames = last, head
		}
	}
	n.Forenames = forenames
	if n.Surname = family; n.Suffix == "" {
		n.Surname, n.Suffix = cutSuffix(family)
	}
	return dropJunk(n)
}

func dropJunk(n Name) Name {
	if JunkName(n.Forenames) {
		n.Forenames = ""
	}
	if JunkName(n.Surname) {
		n.Surname = ""
	}
	n.Mononym = (n.Forenames == "") != (n.Surname == "") && !strings.Contains(n.Forenames+n.Surname, " ")
	return n
}

// surnameAt finds the surname in two words or more. Either it begins at word at and runs to the end, or the
// forenames begin at word given (given is -1 otherwise).
func surnameAt(parts []string) (at, given int) {
	capitals := func(w string) bool {
		return utf8.RuneCountInString(w) > 1 && w == strings.ToUpper(w) && w != strings.ToLower(w) && !strings.HasSuffix(w, ".")
	}
	first, last := capitals(parts[0]), capitals(parts[len(parts)-1])
	if first != last {
		i := 0
		for i < len(parts) && capitals(parts[i]) == first {
			i++
		}
		if first {
			return 0, i
		}
		for i = len(parts) - 1; i > 0 && (capitals(parts[i-1]) || i > 1 && particles[strings.ToLower(parts[i-1])]); i-- {
		}
		return i, -1
	}
	at = len(parts) - 1
	for at > 1 && particles[strings.ToLower(parts[at-1])] {
		at--
	}
	return at, -1
}

func cutTitle(s string) (title, rest string) {
	head, tail, found := strings.Cut(s, " ")
	if found && titles[strings.ToLower(strings.Trim(head, "."))] {
		return head, tail
	}
	return "", s
}

func cutSuffix(s string) (rest, suffix string) {
	head, last := lastWord(s)
	if head == "" || !suffixes[strings.ToLower(strings.Trim(last, "."))] {
		return s, ""
	}
	return strings.TrimRight(head, ", "), last
}

func lastWord(s string) (head, last string) {
	i := strings.LastIndexByte(s, ' ')
	if i < 0 {
		return "", s
	}
	return s[:i], s[i+1:]
}

func joinWords(parts ...string) string {
	out := ""
	for _, p := range parts {
		switch {
		case p == "":
		case out == "":
			out = p
		default:
			out += " " + p
		}
	}
	return out
}

// insideNames takes other names out of a name field: Aaron "Ghost" Smith, Aaron Smith (Ghost), Aaron Smith aka Johnny
// S, Aisha Khan (formerly Begum), née Jones.
func insideNames(s string) (plain string, others []Name) {
	if !strings.ContainsAny(s, "(\"“[") && !mentions(s) {
		return s, nil
	}
	s = strings.NewReplacer("“", "\"", "”", "\"", "[", "(", "]", ")").Replace(s)
	for _, pair := range [...][2]byte{{'(', ')'}, {'"', '"'}} {
		for {
			i := strings.IndexByte(s, pair[0])
			if i < 0 {
				break
			}
			j := strings.IndexByte(s[i+1:], pair[1])
			if j < 0 {
				break
			}
			inner := s[i+1 : i+1+j]
			s = s[:i] + " " + s[i+j+2:]
			kind := AliasName
			if lower := strings.ToLower(strings.TrimSpace(inner)); lower != "" {
				for _, w := range mentionWords {
					if rest, found := strings.CutPrefix(lower, w.word+" "); found {
						inner, kind = strings.TrimSpace(inner)[len(lower)-len(rest):], w.kind
						break
					}
				}
			}
			others = addOther(others, inner, kind)
		}
	}
	for {
		lower, found := strings.ToLower(s), false
		if len(lower) != len(s) {
			break // lowering changed lengths: positions would not agree
		}
		for _, w := range mentionWords {
			if i := strings.LastIndex(lower, " "+w.word+" "); i > 0 {
				others = addOther(others, s[i+len(w.word)+2:], w.kind)
				s, found = s[:i], true
				break
			}
		}
		if !found {
			break
		}
	}
	return squash(clean(s)), others
}

var mentionWords = [...]struct {
	word string
	kind NameKind
}{
	{"aka", AliasName}, {"a.k.a.", AliasName}, {"a.k.a", AliasName}, {"a/k/a", AliasName}, {"alias", AliasName}, {"also known as", AliasName},
	{"known as", PreferredName}, {"prefers", PreferredName}, {"preferred", PreferredName}, {"formerly", FormerName}, {"previously", FormerName}, {"née", FormerName}, {"nee", FormerName}, {"born", FormerName},
}

func mentions(s string) bool {
	lower := strings.ToLower(s)
	for _, w := range mentionWords {
		if i := strings.Index(lower, " "+w.word+" "); i > 0 {
			return true
		}
	}
	return false
}

func addOther(list []Name, value string, kind NameKind) []Name {
	value = tidyName(value)
	if JunkName(value) {
		return list
	}
	return append(list, otherName(value, kind))
}

// otherName is a name that is not the one the agency files the person under.
func otherName(value string, kind NameKind) Name {
	if kind == StreetName {
		return Name{Kind: kind, Original: value, Forenames: value, Mononym: !strings.Contains(value, " ")}
	}
	n := ParseFullName(value)
	n.Kind = kind
	if kind == FormerName && n.Mononym {
		n.Forenames, n.Surname = "", n.Forenames
	}
	return n
}

// splitList cuts a cell that holds several names, numbers or flags: at ; | and line ends, and at / when spaced.
func splitList(s string) []string {
	if !strings.ContainsAny(s, ";|\n/") {
		return []string{s}
	}
	s = strings.ReplaceAll(s, " / ", ";")
	parts := strings.FieldsFunc(s, func(r rune) bool { return r == ';' || r == '|' || r == '\n' || r == '\r' })
	out := parts[:0]
	for _, p := range parts {
		if p = clean(p); !blank(p) {
			out = append(out, p)
		}
	}
	return out
}
