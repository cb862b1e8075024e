package profile

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Match is a profile that a file may be of.
type Match struct {
	Profile string   `json:"profile"`
	Score   float64  `json:"score"`   // 0 to 1: the share of the file that the profile explains
	Fits    bool     `json:"fits"`    // everything the profile needs is there
	Why     string   `json:"why"`     // in words
	Missing []string `json:"missing"` // what the profile needs and the file has not, in words
	// Columns are the columns that would be read, in the order of the file; Unread are the others.
	Columns []ColumnMatch `json:"columns"`
	Unread  []string      `json:"unread"`
	// Layout is the kind of agency a list of people looks like; "" when it could be any.
	Layout Layout `json:"layout,omitempty"`
	// Headerless says that what was taken for the header is the first row of data.
	Headerless bool     `json:"headerless,omitempty"`
	Notes      []string `json:"notes,omitempty"`

	tier int
}

// ColumnMatch says what a column holds.
type ColumnMatch struct {
	Column string `json:"column"`
	Field  string `json:"field"`
}

// nearEnough is the difference of scores within which two profiles of a tier cannot be told apart.
const nearEnough = 0.1

// Recognise says which profiles a file may be of by its column names, best first; sample is a few of its rows, which settle
// what names leave open. Profiles that need something the file has not come after those that fit, and only
// if they come near. It never looks at the file's name.
func Recognise(header []string, sample [][]string) []Match {
	if m, ok := headerlessCodePoint(header); ok {
		return []Match{m}
	}
	var out []Match
	list := profiles()
	for i := range list {
		if m, ok := match(&list[i], header, sample); ok {
			out = append(out, m)
		}
	}
	slices.SortStableFunc(out, func(a, b Match) int {
		switch {
		case a.Fits != b.Fits:
			return ahead(a.Fits)
		case a.Fits && a.tier != b.tier:
			return ahead(a.tier > b.tier)
		case a.Score != b.Score:
			return ahead(a.Score > b.Score)
		}
		return 0
	})
	return out
}

func ahead(yes bool) int {
	if yes {
		return -1
	}
	return 1
}

// Best is the profile to read the file with. The error says in words that the file fits none, what it lacks for the
// nearest, or between which two it cannot be decided.
func Best(matches []Match) (Match, error) {
	if len(matches) == 0 {
		return Match{}, errors.New("the columns are not those of any format Lantern knows; expected one listed by “lantern profiles”, or a mapping")
	}
	first := matches[0]
	if !first.Fits {
		return Match{}, fmt.Errorf("the columns come nearest to the format %s, but there is no column for %s; name it, or give a mapping", first.Profile, listWords(first.Missing, "and"))
	}
	if len(matches) > 1 {
		if second := matches[1]; second.Fits && second.tier == first.tier && first.Score-second.Score < nearEnough && first.Score < 1 {
			return Match{}, fmt.Errorf("the columns fit both the format %s and the format %s; say which with a profile or a mapping", first.Profile, second.Profile)
		}
	}
	return first, nil
}

// nearMiss is the share, of what a profile needs and of the file's columns, from which one that does not fit is worth
// mentioning.
const nearMiss = 0.5

func match(p *Profile, header []string, sample [][]string) (Match, bool) {
	a := p.assign(header)
	read, named := a.mapped()
	if read == 0 {
		return Match{}, false
	}
	m := Match{Profile: p.Name, tier: p.tier, Missing: a.missing(nil), Layout: a.layout, Notes: a.notes}
	met := float64(len(p.needs)-len(m.Missing)) / float64(len(p.needs))
	coverage := float64(read) / float64(named)
	m.Score = met * met * (0.4 + 0.6*coverage)
	m.Fits = len(m.Missing) == 0
	if m.Fits && p.sign != nil && !p.sign(a, sample) {
		return Match{}, false
	}
	if !m.Fits && (met < nearMiss || coverage < nearMiss) {
		return Match{}, false
	}
	m.Columns, m.Unread = a.columns()
	m.Why = fmt.Sprintf("%d of %d columns are known: %s", read, named, a.some())
	if p.strict != nil && slices.Equal(a.keys, p.strict) {
		m.Score = 1
		m.Why = "exactly the columns that are published, in their order"
	}
	if m.Layout != "" {
		m.Why += "; it looks like a list of " + string(m.Layout)
	}
	return m, true
}

func (a *assignment) columns() (read []ColumnMatch, unread []string) {
	for i, h := range a.header {
		switch {
		case a.keys[i] == "":
		case a.fields[i] == fNone:
			unread = append(unread, h)
		default:
			read = append(read, ColumnMatch{h, a.fields[i].String()})
		}
	}
	return read, unread
}

// some names the first few columns that are read.
func (a *assignment) some() string {
	var names []string
	more := 0
	for i, f := range a.fields {
		if f == fNone {
			continue
		}
		if len(names) == 6 {
			more++
			continue
		}
		names = append(names, fmt.Sprintf("%s (%s)", a.header[i], f.title()))
	}
	s := strings.Join(names, ", ")
	if more > 0 {
		s += fmt.Sprintf(" and %d more", more)
	}
	return s
}

// headerlessCodePoint knows a Code-Point Open file, which has no column names, by its first row.
func headerlessCodePoint(header []string) (Match, bool) {
	if len(header) != 10 {
		return Match{}, false
	}
	quality := clean(header[1])
	if !looksLikePostcode(header[0]) || !isDigits(quality) || atoi(quality) < 10 || atoi(quality) > 90 || !isDigits(clean(header[2])) || !isDigits(clean(header[3])) {
		return Match{}, false
	}
	m := Match{Profile: CodePointOpen, Score: 1, Fits: true, Headerless: true, tier: tierPublished,
		Why: "no column names; ten columns that begin with a postcode, its quality, an easting and a northing, as Code-Point Open has"}
	for i, f := range codePointColumns {
		if f != fNone {
			m.Columns = append(m.Columns, ColumnMatch{fmt.Sprintf("column %d", i+1), f.String()})
		}
	}
	return m, true
}

// codePointColumns are the ten columns of Code-Point Open in their order; the two of the NHS are not read.
var codePointColumns = [...]field{fPCD7, fQuality, fEasting, fNorthing, fCountry, fNone, fNone, fCounty, fDistrict, fWardCode}

// looksLikePostcode reports whether a value has the letters and digits of a whole postcode in their places.
func looksLikePostcode(s string) bool {
	s = compact(strings.ToUpper(clean(s)))
	if len(s) < 5 || len(s) > 7 || !letter(s[0]) || !letter(s[len(s)-1]) || !letter(s[len(s)-2]) || !isDigits(s[len(s)-3:len(s)-2]) {
		return false
	}
	for i := 0; i < len(s); i++ {
		if !letter(s[i]) && (s[i] < '0' || s[i] > '9') {
			return false
		}
	}
	return strings.ContainsAny(s[1:len(s)-3], "0123456789")
}

func letter(c byte) bool { return c >= 'A' && c <= 'Z' }

// listWords joins words as people say them: a, b and c.
func listWords(list []string, and string) string {
	switch len(list) {
	case 0:
		return ""
	case 1:
		return list[0]
	}
	return strings.Join(list[:len(list)-1], ", ") + " " + and + " " + list[len(list)-1]
}
