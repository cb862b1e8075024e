package world

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// habits are how often one agency's people's file departs from the truth, each as a share of its rows. They are invented,
// chosen so that linkage meets every difficulty, and must never be quoted as anybody's rates.
type habits struct {
	typo, nickname, spelling float64 // a letter wrong; a familiar form; another spelling of the same name
	swapped, former          float64 // given and family name exchanged; an earlier family name
	drop                     float64 // one of two surnames, or a middle part, left out or moved
	marks                    float64 // marks taken off letters
	birthSwapped, birthDigit float64 // day and month exchanged; one digit wrong
	birthDefault, birthNone  float64 // 1 January of the year; nothing
	oldAddress, postcodeTypo float64
	postcodeNone, sexNone    float64
	siblingsNumber           float64 // an NHS or pupil number pasted from a brother or sister
	numberNone               float64 // no NHS, pupil or police number
}

var (
	carefulHabits = habits{typo: .015, nickname: .01, spelling: .05, swapped: .006, former: .35, drop: .10, marks: .5,
		birthSwapped: .006, birthDigit: .006, birthDefault: .003, birthNone: .005, oldAddress: .10, postcodeTypo: .008,
		postcodeNone: .02, sexNone: .002, siblingsNumber: .004, numberNone: .06}
	usualHabits = habits{typo: .035, nickname: .06, spelling: .15, swapped: .015, former: .45, drop: .20, marks: .7,
		birthSwapped: .015, birthDigit: .012, birthDefault: .015, birthNone: .03, oldAddress: .35, postcodeTypo: .015,
		postcodeNone: .07, sexNone: .01, siblingsNumber: .006, numberNone: .25}
	hastyHabits = habits{typo: .05, nickname: .22, spelling: .22, swapped: .02, former: .5, drop: .35, marks: .9,
		birthSwapped: .02, birthDigit: .015, birthDefault: .05, birthNone: .10, oldAddress: .45, postcodeTypo: .02,
		postcodeNone: .15, sexNone: .04, siblingsNumber: 0, numberNone: .5}
)

// An entry is one person as one row of one file has them, still in parts: each file writes them its own way.
type entry struct {
	given, middle, family string
	born                  time.Time // zero when the file has none
	sex                   byte      // 0 when the file has none
	house                 int
	street, town, code    string // code is the postcode, "" when the file has none
	nhs, upn, pnc         string
}

// exactly is how everybody writes down Kai: what his record shows must not hang on a typing error.
var exactly habits

// record writes a person down in an agency's habits.
func (g *generator) record(r *rand.Rand, p *Person, h *habits) entry {
	if p.ID == Kai {
		h = &exactly
	}
	e := entry{given: p.Given, middle: p.Middle, family: p.Family, born: p.Born, sex: p.Sex, nhs: p.NHS, upn: p.UPN, pnc: p.PNC}
	e.writeName(r, p, h)
	e.writeBirth(r, h)
	if chance(r, h.sexNone) {
		e.sex = 0
	}
	g.writeAddress(r, &e, p, h)
	g.writeNumbers(r, &e, p, h)
	return e
}

// writeName puts down a form of the name: earlier, familiar, spelt or ordered otherwise, and mistyped.
func (e *entry) writeName(r *rand.Rand, p *Person, h *habits) {
	t := &traditions[p.tradition]
	if p.Former != "" && chance(r, h.former) {
		e.family = p.Former
	}
	if forms := nicknames[e.given]; forms != nil && chance(r, h.nickname) {
		e.given = pick(r, forms)
	}
	if forms := spellings[e.given]; forms != nil && chance(r, h.spelling) {
		e.given = pick(r, forms)
	}
	if forms := spellings[e.family]; forms != nil && chance(r, h.spelling) {
		e.family = pick(r, forms)
	}
	e.reorder(r, t, h)
	if chance(r, h.swapped) {
		e.given, e.family = e.family, e.given
	}
	if chance(r, h.marks) {
		e.given, e.middle, e.family = plain(e.given), plain(e.middle), plain(e.family)
	}
	if chance(r, h.typo) {
		if chance(r, 0.5) {
			e.given = mistype(r, e.given)
		} else {
			e.family = mistype(r, e.family)
		}
	}
}

// reorder does to a name what forms made for one given name and one surname do to names of other shapes.
func (e *entry) reorder(r *rand.Rand, t *tradition, h *habits) {
	if !chance(r, h.drop) {
		return
	}
	switch t.order {
	case patronymic: // the father's name stands for the surname, and the grandfather's is lost
		e.middle, e.family = "", e.middle
	case religiousMid:
		if e.middle == "" {
			return
		}
		if chance(r, 0.6) {
			e.family, e.middle = e.middle, ""
		} else {
			e.middle = ""
		}
	case twoSurnames:
		first, second, ok := strings.Cut(e.family, " ")
		if !ok {
			return
		}
		e.family = first
		if chance(r, 0.4) {
			e.middle, e.family = first, second
		}
	case familyFirst:
		e.given, e.family = e.family, e.given
	case genderedEnd:
		if stem, ok := strings.CutSuffix(e.family, "a"); ok && (strings.HasSuffix(stem, "sk") || strings.HasSuffix(stem, "ck")) {
			e.family = stem + "i"
		}
	default:
		if first, second, ok := strings.Cut(e.family, "-"); ok && first != "Al" && first != "El" {
			e.family = pick(r, []string{first, second})
		}
		e.middle = ""
	}
}

// writeBirth puts down a date of birth: as it is, exchanged, mistyped, a default, or none.
func (e *entry) writeBirth(r *rand.Rand, h *habits) {
	y, m, d := e.born.Date()
	switch x := r.Float64(); {
	case x < h.birthNone:
		e.born = time.Time{}
	case x < h.birthNone+h.birthDefault:
		e.born = time.Date(y, 1, 1, 0, 0, 0, 0, time.UTC)
	case x < h.birthNone+h.birthDefault+h.birthSwapped && d <= 12:
		e.born = time.Date(y, time.Month(d), int(m), 0, 0, 0, 0, time.UTC)
	case x < h.birthNone+h.birthDefault+h.birthSwapped+h.birthDigit:
		switch r.IntN(3) {
		case 0:
			e.born = time.Date(y+pick(r, []int{-1, 1, -10}), m, min(d, 28), 0, 0, 0, 0, time.UTC)
		case 1:
			e.born = time.Date(y, m, 1+(d+9)%28, 0, 0, 0, 0, time.UTC)
		default:
			e.born = time.Date(y, 1+m%12, min(d, 28), 0, 0, 0, 0, time.UTC)
		}
	}
}

// writeAddress puts down where the person lives or lived. Residents of a home or hostel share its address.
func (g *generator) writeAddress(r *rand.Rand, e *entry, p *Person, h *habits) {
	at := p.house.postcode
	e.house = p.house.number
	old := p.moved >= 0 && chance(r, h.oldAddress)
	if old {
		at, e.house = p.moved, 1+p.moved%90
	}
	pc := &g.geo.postcodes[at]
	e.street, e.town, e.code = pc.street, pc.town, pc.text
	if p.inHome != "" && !old {
		place := g.geo.byCode[p.inHome]
		e.house, e.street, e.code = 0, place.Name, place.Postcode
		e.town = g.geo.wards[g.geo.wardOf(place.point())].Name
	}
	switch x := r.Float64(); {
	case x < h.postcodeNone:
		e.code = ""
	case x < h.postcodeNone+h.postcodeTypo:
		e.code = mistypePostcode(r, e.code)
	}
}

// writeNumbers leaves out numbers, or pastes a brother's or sister's.
func (g *generator) writeNumbers(r *rand.Rand, e *entry, p *Person, h *habits) {
	if chance(r, h.siblingsNumber) && len(p.house.members) > 1 {
		for _, m := range p.house.members {
			if m < len(g.people) && g.people[m].ID != p.ID {
				e.nhs, e.upn = g.people[m].NHS, g.people[m].UPN
				break
			}
		}
	}
	if chance(r, h.numberNone) {
		e.nhs = ""
	}
	if chance(r, h.numberNone) {
		e.upn = ""
	}
	if chance(r, h.numberNone) {
		e.pnc = ""
	}
}

// mistype makes one slip of the keyboard: a letter doubled, left out, exchanged with the next, or struck beside.
func mistype(r *rand.Rand, s string) string {
	letters := []rune(s)
	if len(letters) < 3 {
		return s
	}
	i := 1 + r.IntN(len(letters)-2)
	switch r.IntN(4) {
	case 0:
		return string(letters[:i]) + string(letters[i-1:])
	case 1:
		return string(letters[:i]) + string(letters[i+1:])
	case 2:
		letters[i], letters[i+1] = letters[i+1], letters[i]
		return string(letters)
	default:
		letters[i] = beside(r, letters[i])
		return string(letters)
	}
}

// beside is a key next to a letter's on the keyboard.
func beside(r *rand.Rand, letter rune) rune {
	const rows = "qwertyuiop asdfghjkl zxcvbnm"
	if i := strings.IndexRune(rows, unicode.ToLower(letter)); i > 0 && i < len(rows)-1 {
		for _, j := range []int{i - 1 + 2*r.IntN(2), i + 1, i - 1} {
			if rows[j] != ' ' {
				return rune(rows[j])
			}
		}
	}
	return 'e'
}

// mistypePostcode writes O for 0, I for 1, leaves out the space, or exchanges two letters.
func mistypePostcode(r *rand.Rand, code string) string {
	switch r.IntN(4) {
	case 0:
		return strings.ReplaceAll(code, "1", "I")
	case 1:
		return strings.ReplaceAll(code, " ", "")
	case 2:
		n := len(code)
		return code[:n-2] + string([]byte{code[n-1], code[n-2]})
	default:
		out, _, _ := strings.Cut(code, " ")
		return out
	}
}

// address is the first line of an address.
func (e *entry) address() string {
	if e.house == 0 {
		return e.street
	}
	return fmt.Sprintf("%d %s", e.house, e.street)
}

// capitals is a name as police systems print surnames.
func capitals(s string) string { return strings.ToUpper(s) }

// initial is the first letter of a name.
func initial(s string) string {
	_, n := utf8.DecodeRuneInString(s)
	return s[:n]
}

// ukDate writes dd/mm/yyyy, or nothing for no date.
func ukDate(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format("02/01/2006")
}
