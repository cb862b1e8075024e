package schematic

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Basis says how an area was found.
type Basis string

// The ways an area can be found, surest first.
const (
	ByCurrentCode Basis = "code"
	ByFormerCode  Basis = "former_code"
	ByGivenName   Basis = "name" // its name or another in use, after folding
	ByFormerName  Basis = "former_name"
)

// Match is an area found, and how.
type Match struct {
	Area   Area
	Basis  Basis
	Former Former // the district that became Area, for the two bases that say so
	// NameDiffers is set when a code was given with a name that is not one of the area's. The code holds; the row
	// deserves a look.
	NameDiffers bool
}

// Miss says why no area was found.
type Miss string

// The reasons for finding no area.
const (
	MissEmpty          Miss = "empty"           // neither code nor name was given
	MissNotApplicable  Miss = "not_applicable"  // a pseudo code: there is no such area for this row
	MissOtherLevel     Miss = "other_level"     // the code is of another kind of area
	MissCode           Miss = "unknown_code"    // the code is not in the table
	MissName           Miss = "unknown_name"    // the name is not in the table
	MissNotTerritorial Miss = "not_territorial" // a police force without an area, such as British Transport Police
)

// NotFoundError reports what was looked for and why it is not an area of the table.
type NotFoundError struct {
	Miss       Miss
	Level      Level
	Code, Name string
	// Other is the level of the area with this code, for MissOtherLevel.
	Other Level
}

func (e *NotFoundError) Error() string {
	switch e.Miss {
	case MissEmpty:
		return fmt.Sprintf("no %s was given, neither code nor name", e.Level)
	case MissNotApplicable:
		return fmt.Sprintf("code %s means that no %s applies", e.Code, e.Level)
	case MissOtherLevel:
		return fmt.Sprintf("code %s is a %s, expected a %s", e.Code, e.Other, e.Level)
	case MissCode:
		return fmt.Sprintf("code %s is not one of the areas as at %s", shorten(e.Code), AsAt)
	case MissNotTerritorial:
		return fmt.Sprintf("%s is a police force without an area of its own", shorten(e.Name))
	}
	return fmt.Sprintf("no %s is called %q", e.Level, shorten(e.Name))
}

func shorten(s string) string {
	r := []rune(s)
	if len(r) <= 60 {
		return s
	}
	return string(r[:60]) + "…"
}

// NotApplicable reports whether code is one of the pseudo codes by which the Office for National Statistics says that no
// area applies: a country's letter and eight nines. L is the Channel Islands and M the Isle of Man.
func NotApplicable(code string) bool {
	code = normalCode(code)
	return len(code) == 9 && strings.ContainsRune("EWSNLM", rune(code[0])) && code[1:] == "99999999"
}

func normalCode(code string) string { return strings.ToUpper(strings.TrimSpace(code)) }

// ByCode returns the area of whatever level that has a code, or the successor of the district that had it. The error is a
// *[NotFoundError].
func ByCode(code string) (Match, error) {
	code = normalCode(code)
	t := loaded()
	if a, ok := t.byCode[code]; ok {
		return Match{Area: a, Basis: ByCurrentCode}, nil
	}
	if f, ok := t.formerCode[code]; ok {
		return Match{Area: t.byCode[f.Current], Basis: ByFormerCode, Former: f}, nil
	}
	miss := MissCode
	switch {
	case code == "":
		miss = MissEmpty
	case NotApplicable(code):
		miss = MissNotApplicable
	}
	return Match{}, &NotFoundError{Miss: miss, Level: "area", Code: code}
}

// Find returns the area of a level for a row that gives a code, a name or both. When a code is given it alone decides,
// and an unknown code is not rescued by a name. The error is a *[NotFoundError].
func Find(level Level, code, name string) (Match, error) {
	if normalCode(code) == "" {
		return findName(level, name)
	}
	m, err := ByCode(code)
	if err != nil {
		nf := err.(*NotFoundError) // ByCode makes no other
		nf.Level, nf.Name = level, name
		return Match{}, nf
	}
	if m.Area.Level != level {
		return Match{}, &NotFoundError{Miss: MissOtherLevel, Level: level, Code: normalCode(code), Name: name, Other: m.Area.Level}
	}
	if strings.TrimSpace(name) != "" {
		byName, err := findName(level, name)
		m.NameDiffers = err != nil || byName.Area.Code != m.Area.Code
	}
	return m, nil
}

func findName(level Level, name string) (Match, error) {
	t := loaded()
	forms := keys(level, name)
	if len(forms) == 0 {
		return Match{}, &NotFoundError{Miss: MissEmpty, Level: level, Name: name}
	}
	for _, key := range forms {
		if code, ok := t.byName[level][key]; ok {
			return Match{Area: t.byCode[code], Basis: ByGivenName}, nil
		}
	}
	if level == District {
		for _, key := range forms {
			if f, ok := t.formerName[key]; ok {
				return Match{Area: t.byCode[f.Current], Basis: ByFormerName, Former: f}, nil
			}
		}
	}
	if level == Force && slices.ContainsFunc(forms, func(key string) bool { return slices.Contains(nonTerritorial, key) }) {
		return Match{}, &NotFoundError{Miss: MissNotTerritorial, Level: level, Name: name}
	}
	return Match{}, &NotFoundError{Miss: MissName, Level: level, Name: name}
}

// nonTerritorial are forces without an area, folded and without their suffix.
var nonTerritorial = []string{"btp", "british transport", "ministry of defence", "mdp", "civil nuclear", "cnc"}

// smallArea matches the number that LSOA and MSOA names put after their district's: "Bristol 054A", "Lambeth 012".
var smallArea = regexp.MustCompile(`^(.+) [0-9]{3}[A-Z]?$`)

// DistrictOfSmallArea returns the district in whose name an LSOA or MSOA is named, current or former. Use it only where the
// code of the small area is missing.
func DistrictOfSmallArea(name string) (Match, error) {
	parts := smallArea.FindStringSubmatch(strings.TrimSpace(name))
	if parts == nil {
		return Match{}, &NotFoundError{Miss: MissName, Level: District, Name: name}
	}
	return findName(District, parts[1])
}

// Fold reduces a name to what is compared: lower case, "&" as "and", no accents or apostrophes, other marks as spaces, no
// leading "the". "Devon & Cornwall" and "devon-and-cornwall" fold alike.
func Fold(name string) string {
	const longest = 200 // bytes compared; no area's name needs more
	if len(name) > longest {
		name = name[:longest]
	}
	var b strings.Builder
	for _, r := range strings.ToLower(norm.NFKD.String(strings.ToValidUTF8(name, " "))) {
		switch {
		case unicode.Is(unicode.Mn, r) || r == '\'' || r == '’' || r == '‘':
		case r == '&':
			b.WriteString(" and ")
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			b.WriteRune(r)
		default:
			b.WriteByte(' ')
		}
	}
	words := strings.Fields(b.String())
	for i, w := range words {
		if w == "saint" {
			words[i] = "st"
		}
	}
	if len(words) > 1 && words[0] == "the" {
		words = words[1:]
	}
	return strings.Join(words, " ")
}

// styles are the words that sources put around a name, folded; longer phrases come first.
type styles struct{ before, after []string }

var levelStyles = map[Level]styles{
	Force: {
		before: []string{"heddlu", "police"},
		after:  []string{"police service", "police force", "police", "constabulary"},
	},
	Region: {after: []string{"region"}},
	County: {
		before: []string{"county of"},
		after:  []string{"county council", "council", "county", "cc"},
	},
	District: {
		before: []string{
			"royal borough of", "london borough of", "metropolitan borough of", "county borough of", "borough of", "borough council of",
			"city and county of", "city and district of", "city of", "county of", "district of", "lb of", "lb", "cyngor", "county",
		},
		after: []string{
			"london borough council", "metropolitan borough council", "metropolitan district council", "county borough council", "borough council",
			"district council", "city council", "county council", "council", "metropolitan borough", "county borough",
			"london borough", "london boro", "unitary authority", "city and county of", "city of", "county of", "county", "city",
			"borough", "district", "mbc", "cbc", "bc", "dc", "cc", "mdc", "ua", "lb",
		},
	},
}

// keys returns the forms under which a name is stored and looked for: folded as it is, and without the words around it. A
// name made only of such words keeps the first form. Both sides are treated alike, so "Bristol, City of", "City of Bristol"
// and "Bristol City Council" meet at "bristol".
func keys(level Level, name string) []string {
	full := Fold(name)
	if full == "" {
		return nil
	}
	bare := full
	for again := true; again; {
		again = false
		for _, p := range levelStyles[level].before {
			if rest, ok := strings.CutPrefix(bare, p+" "); ok {
				bare, again = strings.TrimPrefix(rest, "the "), true
				break
			}
		}
		for _, s := range levelStyles[level].after {
			if rest, ok := strings.CutSuffix(bare, " "+s); ok {
				bare, again = rest, true
				break
			}
		}
	}
	// The City of London is not London: without the words around it the name would mean something else.
	if bare == full || level == District && bare == "london" {
		return []string{full}
	}
	return []string{full, bare}
}
