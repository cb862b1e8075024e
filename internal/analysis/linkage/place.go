package linkage

import (
	"bytes"
	"strings"
)

// place is one address of one record, in interned parts.
type place struct {
	addr     uint32 // number and street
	unit     uint32 // full postcode
	district uint32 // postcode district, or the first half of a foreign code
	town     uint32
	from, to int32
}

// spot is a place in the parts that comparisons look at.
type spot struct{ addr, unit, number, street, sector, district, area, town uint32 }

func (t *atlas) spot(p *place) spot {
	a, u := t.addr[p.addr], t.unit[p.unit]
	return spot{p.addr, p.unit, a.number, a.street, u.sector, p.district, u.area, p.town}
}

type unitInfo struct{ sector, district, area uint32 }

type addrInfo struct{ number, street uint32 }

// atlas interns the parts of addresses.
type atlas struct {
	units   *interner
	unit    []unitInfo
	codes   *interner // sectors, districts and areas, told apart by a first letter
	addrs   *interner
	addr    []addrInfo
	words   *interner // numbers, streets and towns
	buf     []byte
	key     []byte
	raw     *interner // address lines -> parsed
	rawAddr []rawAddr
}

type rawAddr struct {
	addr uint32
	code string // a postcode found within the lines
}

func newAtlas() *atlas {
	return &atlas{
		units: newInterner(), unit: make([]unitInfo, 1), codes: newInterner(), addrs: newInterner(), addr: make([]addrInfo, 1),
		words: newInterner(), raw: newInterner(), rawAddr: make([]rawAddr, 1),
	}
}

func (t *atlas) place(a *Address) place {
	p := place{from: a.From, to: a.To}
	code := a.Postcode
	if a.Lines != "" {
		before := t.raw.count()
		id := t.raw.id(bytesOf(a.Lines))
		if t.raw.count() > before {
			t.rawAddr = append(t.rawAddr, t.parseLines(a.Lines))
		}
		p.addr = t.rawAddr[id].addr
		if code == "" {
			code = t.rawAddr[id].code
		}
	}
	if code != "" {
		p.unit, p.district = t.postcode(code)
	}
	if a.Town != "" {
		t.buf = foldInto(t.buf[:0], a.Town)
		if len(t.buf) > 1 {
			t.key = append(append(t.key[:0], 'T'), t.buf...)
			p.town = t.words.id(t.key)
		}
	}
	return p
}

func (p *place) empty() bool { return p.addr == 0 && p.unit == 0 && p.district == 0 && p.town == 0 }

// postcode interns a code and returns its unit (0 for a partial code) and
// district.
func (t *atlas) postcode(code string) (unit, district uint32) {
	var buf [12]byte
	c := buf[:0]
	for i := 0; i < len(code); i++ {
		switch b := code[i]; {
		case b >= 'a' && b <= 'z':
			c = append(c, b&^0x20)
		case b >= 'A' && b <= 'Z', b >= '0' && b <= '9':
			c = append(c, b)
		}
		if len(c) == len(buf) {
			return 0, 0
		}
	}
	if len(c) < 2 || emptyPostcode(c) {
		return 0, 0
	}
	if out, ok := outwardOnly(c); ok {
		return 0, t.codes.id(append([]byte{'D'}, out...))
	}
	before := t.units.count()
	unit = t.units.id(c)
	if t.units.count() > before {
		t.unit = append(t.unit, t.unitParts(c))
	}
	return unit, t.unit[unit].district
}

// emptyPostcode knows the codes that are used for "no fixed abode" and unknown.
func emptyPostcode(c []byte) bool {
	s := string(c)
	return strings.HasPrefix(s, "ZZ9") || s == "NFA" || s == "XX11XX" || s == "UNKNOWN" || s == "NK" || s == "NA" ||
		strings.Trim(s, s[:1]) == "" || s == "AA11AA" || s == "XXXXXX"
}

func ukUnit(c []byte) bool {
	n := len(c)
	return n >= 5 && n <= 7 && isDigit(c[n-3]) && !isDigit(c[n-2]) && !isDigit(c[n-1]) && !isDigit(c[0])
}

func outwardOnly(c []byte) ([]byte, bool) {
	if isDigit(c[0]) || len(c) > 5 || ukUnit(c) {
		return nil, false
	}
	digit := bytes.IndexFunc(c, func(r rune) bool { return r >= '0' && r <= '9' })
	if digit < 1 || digit > 2 {
		return nil, false
	}
	if len(c) >= 4 && isDigit(c[len(c)-1]) && len(c) > digit+2 { // with a sector digit
		return c[:len(c)-1], true
	}
	return c, true
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func (t *atlas) unitParts(c []byte) unitInfo {
	id := func(kind byte, s []byte) uint32 { return t.codes.id(append([]byte{kind}, s...)) }
	if ukUnit(c) {
		out := c[:len(c)-3]
		area := out
		if i := bytes.IndexFunc(out, func(r rune) bool { return r <= '9' }); i > 0 {
			area = out[:i]
		}
		return unitInfo{sector: id('S', c[:len(c)-2]), district: id('D', out), area: id('A', area)}
	}
	half := (len(c) + 1) / 2
	return unitInfo{sector: id('S', c[:len(c)-1]), district: id('D', c[:half]), area: id('A', c[:1])}
}

var streetWords = map[string]string{
	"st": "street", "str": "street", "rd": "road", "ave": "avenue", "av": "avenue", "cl": "close", "cres": "crescent", "dr": "drive",
	"ln": "lane", "ct": "court", "pl": "place", "sq": "square", "tce": "terrace", "terr": "terrace", "gdns": "gardens", "gdn": "gardens",
	"gr": "grove", "pde": "parade", "wlk": "walk", "hse": "house", "pk": "park",
	"street": "", "road": "", "avenue": "", "close": "", "crescent": "", "drive": "", "lane": "", "court": "", "place": "", "square": "",
	"terrace": "", "gardens": "", "grove": "", "parade": "", "walk": "", "way": "", "rise": "", "mews": "", "circuit": "", "row": "",
	"hill": "", "green": "", "park": "", "view": "", "house": "",
}

// parseLines finds number and street. The street is the first part between
// commas that has a street word, otherwise the first that has letters.
func (t *atlas) parseLines(lines string) rawAddr {
	var out rawAddr
	var number, street []string
	found := false
	for _, part := range strings.FieldsFunc(lines, func(r rune) bool { return r == ',' || r == '\n' || r == ';' || r == '|' }) {
		if c := strings.ReplaceAll(strings.ToUpper(strings.TrimSpace(part)), " ", ""); ukUnit([]byte(c)) {
			out.code = c
			continue
		}
		if found {
			continue
		}
		nums, words, isStreet := t.addressWords(part, &out)
		number = append(number, nums...)
		if isStreet || (len(street) == 0 && len(words) > 0) {
			street = words
		}
		found = isStreet
	}
	text := strings.Join(street, " ")
	if len(text) < 3 {
		return out
	}
	num := strings.Join(number, " ")
	key := num + "|" + text
	before := t.addrs.count()
	out.addr = t.addrs.id([]byte(key))
	if t.addrs.count() > before {
		t.addr = append(t.addr, addrInfo{number: t.words.id([]byte(prefixed("N", num))), street: t.words.id([]byte(prefixed("R", text)))})
	}
	return out
}

func prefixed(kind, s string) string {
	if s == "" {
		return ""
	}
	return kind + s
}

func (t *atlas) addressWords(part string, out *rawAddr) (nums, words []string, isStreet bool) {
	t.buf = foldInto(t.buf[:0], part)
	fields := strings.Fields(string(t.buf))
	if n := len(fields); n >= 2 { // a postcode at the end of the part
		c := strings.ToUpper(fields[n-2] + fields[n-1])
		if ukUnit([]byte(c)) && len(fields[n-1]) == 3 {
			out.code = c
			fields = fields[:n-2]
		}
	}
	for _, w := range fields {
		switch {
		case isDigit(w[0]):
			nums = append(nums, w)
		case w == "flat" || w == "apartment" || w == "apt" || w == "floor" || w == "the" || w == "no" || w == "number" || w == "unit":
		case isStreet:
		default:
			full, ok := streetWords[w]
			if ok && len(words) > 0 {
				isStreet = true
				if full != "" {
					w = full
				}
			}
			words = append(words, w)
		}
	}
	return nums, words, isStreet
}
