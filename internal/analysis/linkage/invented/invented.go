// Package invented makes extracts of five agencies about people who do not
// exist, with the truth beside every row, for measuring record linkage.
//
// A person belongs to a naming tradition, a household and some agencies. Each
// agency has its own layout and its own carelessness: names shortened,
// misspelt, written by ear, cut to one surname, put in another order; dates of
// birth mistyped, turned round, defaulted or known as an age; addresses left
// behind; reference numbers missing or a sibling's. Siblings, twins, parents'
// phones and a hostel are there. The rates are invented and are never to be
// quoted as anybody's. The misspellings are made by rules of their own and know
// nothing of the tables that linkage uses.
//
// The same seed and size give the same bytes. Postcodes begin with QX, which no
// area uses; health numbers lie in the range kept for tests.
package invented

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
)

// Agencies are the names of the five extracts.
var Agencies = []string{"police", "social_care", "schools", "youth_justice", "charity"}

// TruthColumn is the column that says which person a row is about.
const TruthColumn = "true_person"

// TraditionColumn is the column that says the naming tradition, for evaluation.
const TraditionColumn = "tradition"

// Options say how much to make.
type Options struct {
	Seed   uint64
	People int
	// Careless multiplies all rates of error; 0 means 1.
	Careless float64
}

type person struct {
	no            int
	trad          *tradition
	female        bool
	given, middle []string
	family        []string
	former        string
	nick          string
	y, m, d       int
	home, old     address
	phone, email  string
	nhs, upn, pnc string
	sibling       *person
	school        int
	defaultDOB    bool
}

type address struct {
	number       int
	street, town string
	code         string
}

type maker struct {
	r      *rand.Rand
	c      float64
	out    map[string]*bufio.Writer
	next   map[string]int
	hostel address
	people int
}

// Generate writes the five extracts to the writers that open gives, one an
// agency, and returns the number of rows.
func Generate(opt Options, open func(agency string) io.Writer) (rows int, err error) {
	m := &maker{r: rand.New(rand.NewPCG(opt.Seed, 0x1abe1)), c: opt.Careless, out: map[string]*bufio.Writer{}, next: map[string]int{}, people: opt.People}
	if m.c == 0 {
		m.c = 1
	}
	for _, a := range Agencies {
		m.out[a] = bufio.NewWriterSize(open(a), 1<<18)
		fmt.Fprintf(m.out[a], "%s,%s,%s\n", headers[a], TruthColumn, TraditionColumn)
	}
	m.hostel = address{1, "Beacon House", "Tidemouth", "QX1 1AA"}
	for n := 0; n < opt.People; {
		family := m.household(n)
		for _, p := range family {
			if n >= opt.People {
				break
			}
			rows += m.records(p)
			n++
		}
	}
	for _, a := range Agencies {
		if err := m.out[a].Flush(); err != nil {
			return rows, fmt.Errorf("writing the extract of %s: %w", a, err)
		}
	}
	return rows, nil
}

var headers = map[string]string{
	"police":        "Nominal Ref,PNC ID,Surname,Forename 1,Forename 2,DOB,Sex,Home Address,Postcode,Alias",
	"social_care":   "Person ID,Forename,Surname,Date of Birth,Gender,NHS Number,UPN,Address Line 1,Address Line 2,Postcode,Former Surname,Telephone",
	"schools":       "UPN,Legal Surname,Legal Forename,Middle Name,Preferred Forename,DOB,Sex,House Number,Street,Town,Post Code,School",
	"youth_justice": "Client ID,Name,D.O.B.,Gender,PNC,Postcode,Known As",
	"charity":       "Ref,Full Name,Date of birth,Age,Gender,Postcode,Mobile,Email",
}

func (m *maker) chance(p float64) bool { return m.r.Float64() < p }
func (m *maker) err(p float64) bool    { return m.r.Float64() < p*m.c }

func (m *maker) pick(s []string) string {
	// the front of a list is commoner than its end
	f := m.r.Float64()
	return s[int(f*f*float64(len(s)))]
}

func (m *maker) household(no int) []*person {
	t := pickTradition(m.r)
	home := m.address()
	old := m.address()
	fam := m.familyName(t)
	size := 1
	for size < 5 && m.chance(0.42) {
		size++
	}
	phone := fmt.Sprintf("07700 9%05d", m.r.IntN(100000))
	var out []*person
	for i := range size {
		p := &person{no: no + i, trad: t, female: m.chance(0.45), home: home, old: old, phone: phone}
		m.name(p, fam)
		p.y, p.m, p.d = 1999+m.r.IntN(18), 1+m.r.IntN(12), 1+m.r.IntN(28)
		if i > 0 {
			p.sibling = out[i-1]
			if m.chance(0.03) { // twins
				p.y, p.m, p.d = p.sibling.y, p.sibling.m, p.sibling.d
				p.female = p.sibling.female || m.chance(0.3)
				m.name(p, fam)
			}
			for sameStrings(p.given, p.sibling.given) {
				m.name(p, fam)
			}
		}
		if m.chance(t.defaultDOB) {
			p.m, p.d, p.defaultDOB = 1, 1, true
		}
		if m.chance(0.02) {
			p.home = m.hostel
		}
		if m.chance(0.06) {
			p.former = m.familyName(t)[0]
		}
		p.nhs = nhs(m.r)
		p.upn = upn(m.r, p.y+11)
		if m.chance(0.35) {
			p.pnc = pnc(m.r)
		}
		p.email = strings.ToLower(fmt.Sprintf("%s.%s%d@post.example", ascii(p.given[0]), ascii(p.family[len(p.family)-1]), m.r.IntN(1000)))
		if m.chance(0.6) {
			p.phone = fmt.Sprintf("07700 9%05d", m.r.IntN(100000))
		}
		p.school = m.r.IntN(max(8, m.people/900))
		out = append(out, p)
	}
	return out
}

func sameStrings(a, b []string) bool { return strings.Join(a, " ") == strings.Join(b, " ") }

func ascii(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return -1
	}, s)
}

func (m *maker) address() address {
	d := 1 + m.r.IntN(30)
	s := m.r.IntN(10)
	u := m.r.IntN(max(40, m.people/900))
	code := fmt.Sprintf("QX%d %d%c%c", d, s, 'A'+u/22%22, 'A'+u%22)
	return address{1 + m.r.IntN(150), fmt.Sprintf("%s %s", streets[(d*977+s*131+u*7)%len(streets)], kinds[(d+s*3+u)%len(kinds)]), towns[d%len(towns)], code}
}

// records writes the rows of one person and returns how many.
func (m *maker) records(p *person) int {
	n := 0
	write := func(agency string, share float64, f func(*person) []string) {
		if !m.chance(share) {
			return
		}
		for {
			cells := f(p)
			w := m.out[agency]
			for _, c := range cells {
				w.WriteString(quote(c))
				w.WriteByte(',')
			}
			fmt.Fprintf(w, "T%d,%s\n", p.no, p.trad.name)
			n++
			if !m.chance(0.12) {
				return
			}
		}
	}
	write("schools", 0.8, m.schoolRow)
	write("social_care", 0.45, m.careRow)
	write("police", 0.5, m.policeRow)
	write("youth_justice", 0.22, m.justiceRow)
	write("charity", 0.25, m.charityRow)
	return n
}

func quote(s string) string {
	if strings.ContainsAny(s, ",\"") {
		return "\"" + strings.ReplaceAll(s, "\"", "\"\"") + "\""
	}
	return s
}

func (m *maker) id(agency, form string) string {
	m.next[agency]++
	return fmt.Sprintf(form, m.next[agency])
}

// written is how a clerk puts a name down.
type written struct{ given, middle, family string }

func (m *maker) written(p *person, hearsay float64, informal float64) written {
	given, middle, family := p.given, p.middle, p.family
	if p.former != "" && m.chance(0.3) {
		family = []string{p.former}
	}
	if len(family) > 1 && m.chance(0.35) { // one of two surnames
		family = family[m.r.IntN(2):][:1]
	}
	if t := p.trad; t.patronymic && m.chance(0.35) { // the grandfather's name left out, or the father's
		if m.chance(0.6) && len(middle) > 0 {
			family = middle
		}
		middle = nil
	}
	g := strings.Join(given, " ")
	if len(given) > 1 && m.chance(0.3) {
		g = given[0]
	}
	if p.nick != "" && m.chance(informal) {
		g = p.nick
	}
	f := strings.Join(family, " ")
	if len(family) > 1 && m.chance(0.5) {
		f = strings.Join(family, "-")
	}
	mid := ""
	if m.chance(0.5) {
		mid = strings.Join(middle, " ")
		if mid != "" && m.chance(0.25) {
			mid = mid[:1]
		}
	}
	if p.trad.weak != "" {
		w := "Singh"
		if p.female {
			w = "Kaur"
		}
		if p.trad.weak == "begum" {
			w = ""
			if p.female {
				w = "Begum"
			}
		}
		switch {
		case w == "":
		case m.chance(0.3):
			mid = w
		case m.chance(0.25):
			f = w
		}
	}
	if m.err(hearsay * p.trad.byEar) {
		g = m.byEar(g)
	}
	if m.err(hearsay * p.trad.byEar) {
		f = m.byEar(f)
	}
	if m.err(0.03) {
		g = m.typo(g)
	}
	if m.err(0.03) {
		f = m.typo(f)
	}
	if m.err(p.trad.swapped) {
		g, f = f, g
	}
	if m.err(0.004) {
		g = g[:1]
	}
	return written{g, mid, f}
}

type form func(y, m, d int) string

// birth is a date of birth as it is put down; "" when it is not.
func (m *maker) birth(p *person, missing float64, f form) string {
	y, mo, d := p.y, p.m, p.d
	switch {
	case m.err(missing):
		return ""
	case m.err(0.008):
		mo, d = d, mo
		if mo > 12 {
			mo, d = d, mo
		}
	case m.err(0.02):
		switch m.r.IntN(3) {
		case 0:
			d = 1 + (d+[]int{1, 10, 9, 20}[m.r.IntN(4)]-1)%28
		case 1:
			mo = 1 + (mo+m.r.IntN(3))%12
		default:
			y += []int{-1, 1, -10, 2}[m.r.IntN(4)]
		}
	case m.err(0.006):
		mo, d = 1, 1
	}
	return f(y, mo, d)
}

func uk(y, m, d int) string   { return fmt.Sprintf("%02d/%02d/%04d", d, m, y) }
func iso(y, m, d int) string  { return fmt.Sprintf("%04d-%02d-%02d", y, m, d) }
func dash(y, m, d int) string { return fmt.Sprintf("%02d-%s-%04d", d, months[m-1], y) }

var months = []string{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"}

// where is the address an agency has: mostly today's, sometimes the old one,
// sometimes none.
func (m *maker) where(p *person, stale float64) address {
	switch {
	case m.chance(0.05):
		return address{}
	case m.chance(stale):
		return p.old
	}
	a := p.home
	if m.err(0.02) && a.code != "" {
		b := []byte(a.code)
		b[len(b)-1] = byte('A' + m.r.IntN(22))
		a.code = string(b)
	}
	return a
}

func (a address) line() string {
	if a.code == "" {
		return ""
	}
	return fmt.Sprintf("%d %s", a.number, a.street)
}

func sex(p *person, f, ma string) string {
	if p.female {
		return f
	}
	return ma
}

// number is a reference number as an agency holds it.
func (m *maker) number(own string, has float64, siblings string) string {
	switch {
	case own == "" || !m.chance(has):
		return ""
	case siblings != "" && m.err(0.004):
		return siblings
	case m.err(0.008):
		return m.typo(own)
	}
	return own
}

func (m *maker) policeRow(p *person) []string {
	w := m.written(p, 0.16, 0.08)
	a := m.where(p, 0.25)
	alias := ""
	if m.chance(0.06) {
		alias = m.pick(streetNames)
	}
	dob := m.birth(p, 0.02, uk)
	if p.sibling != nil && m.err(0.004) { // a sibling's details given at the roadside
		q := *p.sibling
		w = m.written(&q, 0, 0)
		dob = uk(q.y, q.m, q.d)
	}
	line := a.line()
	if line != "" && m.chance(0.5) {
		line += ", " + a.town
	}
	return []string{m.id("police", "NM%07d"), m.number(p.pnc, 0.8, ""), strings.ToUpper(w.family), w.given, w.middle, dob, sex(p, "F", "M"), line, a.code, alias}
}

func (m *maker) careRow(p *person) []string {
	w := m.written(p, 0.1, 0.06)
	a := m.where(p, 0.15)
	sib := ""
	if p.sibling != nil {
		sib = p.sibling.nhs
	}
	former := ""
	if p.former != "" && w.family != p.former && m.chance(0.5) {
		former = p.former
	}
	phone := ""
	if m.chance(0.5) {
		phone = p.phone
	}
	return []string{m.id("care", "%06d"), joined(w.given, w.middle), w.family, m.birth(p, 0.02, iso), sex(p, "Female", "Male"), m.number(p.nhs, 0.7, sib), m.number(p.upn, 0.5, ""), a.line(), a.town, a.code, former, phone}
}

func (m *maker) schoolRow(p *person) []string {
	w := m.written(p, 0.06, 0.02)
	a := m.where(p, 0.08)
	pref := ""
	if p.nick != "" && m.chance(0.5) {
		pref = p.nick
	}
	num := ""
	if a.number > 0 {
		num = fmt.Sprint(a.number)
	}
	return []string{m.number(p.upn, 0.98, ""), w.family, w.given, w.middle, pref, m.birth(p, 0.003, uk), sex(p, "F", "M"), num, a.street, a.town, a.code, fmt.Sprintf("%s Academy %d", towns[p.school%len(towns)], p.school)}
}

func (m *maker) justiceRow(p *person) []string {
	w := m.written(p, 0.12, 0.08)
	a := m.where(p, 0.2)
	known := ""
	if p.nick != "" && m.chance(0.3) {
		known = p.nick
	}
	return []string{m.id("justice", "YJ%05d"), strings.ToUpper(w.family) + ", " + joined(w.given, w.middle), m.birth(p, 0.02, dash), sex(p, "female", "male"), m.number(p.pnc, 0.6, ""), a.code, known}
}

func (m *maker) charityRow(p *person) []string {
	w := m.written(p, 0.25, 0.25)
	a := m.where(p, 0.15)
	name := joined(w.given, w.family)
	if p.trad.familyFirst && m.chance(0.4) {
		name = joined(w.family, w.given)
	}
	dob, age := m.birth(p, 0.2, uk), ""
	if dob == "" && m.chance(0.7) {
		age = fmt.Sprint(2026 - p.y)
	}
	phone, email := "", ""
	if m.chance(0.6) {
		phone = p.phone
	}
	if m.chance(0.4) {
		email = p.email
	}
	code := a.code
	if m.chance(0.25) {
		code, _, _ = strings.Cut(code, " ")
	}
	return []string{m.id("charity", "C-%05d"), name, dob, age, sex(p, "F", "M"), code, phone, email}
}

func joined(a, b string) string { return strings.TrimSpace(a + " " + b) }

// typo is one slip of a keyboard.
func (m *maker) typo(s string) string {
	b := []byte(s)
	if len(b) < 3 {
		return s
	}
	i := 1 + m.r.IntN(len(b)-1)
	switch m.r.IntN(4) {
	case 0:
		b[i], b[i-1] = b[i-1], b[i]
	case 1:
		b = append(b[:i], b[i+1:]...)
	case 2:
		b = append(b[:i], append([]byte{b[i-1]}, b[i:]...)...)
	default:
		c := byte('a' + m.r.IntN(26))
		if b[i] >= '0' && b[i] <= '9' {
			c = byte('0' + m.r.IntN(10))
		}
		b[i] = c
	}
	return string(b)
}

// byEar writes a name as it sounds to somebody who does not know it.
func (m *maker) byEar(s string) string {
	swaps := [][2]string{{"ee", "i"}, {"i", "ee"}, {"ou", "u"}, {"u", "oo"}, {"a", "e"}, {"e", "a"}, {"kh", "k"}, {"h", ""}, {"y", "i"}, {"ss", "s"}, {"s", "z"},
		{"ph", "f"}, {"j", "dj"}, {"sz", "sh"}, {"w", "v"}, {"cz", "ch"}, {"q", "k"}, {"ck", "k"}, {"mm", "m"}, {"dh", "d"}, {"o", "u"}, {"ie", "y"}, {"c", "k"}, {"z", "s"}, {"ow", "au"}, {"ei", "ai"}}
	for range 6 {
		x := swaps[m.r.IntN(len(swaps))]
		if i := strings.Index(s[min(1, len(s)):], x[0]); i >= 0 {
			return s[:1+i] + x[1] + s[1+i+len(x[0]):]
		}
	}
	return s
}

func nhs(r *rand.Rand) string {
	for {
		d := fmt.Sprintf("999%06d", r.IntN(1e6))
		sum := 0
		for i := range 9 {
			sum += int(d[i]-'0') * (10 - i)
		}
		if c := (11 - sum%11) % 11; c != 10 {
			return fmt.Sprintf("%s %s %s%d", d[:3], d[3:6], d[6:], c)
		}
	}
}

func upn(r *rand.Rand, year int) string {
	const letters = "ABCDEFGHJKLMNPQRTUVWXYZ"
	d := fmt.Sprintf("999%04d%02d%03d", 4000+r.IntN(900), year%100, r.IntN(1000))
	sum := 0
	for i := range d {
		sum += int(d[i]-'0') * (i + 2)
	}
	return string(letters[sum%23]) + d
}

func pnc(r *rand.Rand) string {
	const letters = "ZABCDEFGHJKLMNPQRTUVWXY"
	y, n := 2012+r.IntN(14), r.IntN(1e7)
	return fmt.Sprintf("%d/%07d%c", y, n, letters[(y%100*10000000+n)%23])
}
