package world

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// A Person is one true person, as nobody's file holds them: the files hold forms of this, right and wrong.
type Person struct {
	ID        string // "P" and a number; used in Truth alone
	Given     string
	Middle    string
	Family    string
	Former    string // an earlier family name
	Sex       byte   // 'M' or 'F'
	Born      time.Time
	Tradition string // way of naming, for evaluation only
	Ethnicity string // 18+1 code
	NHS       string
	UPN       string // "" for those who left school before it mattered here
	PNC       string // "" for those the police never recorded
	Household int

	tradition int
	age       int
	house     *household
	school    string // code of the agency on whose roll they are, or ""
	inHome    string // code of the children's home they live in, or ""
	hostel    bool
	need      float64 // 0 to 1, drawn alone; how many agencies know the person
	twin      int     // index of a twin, or -1
	moved     int     // index of an earlier postcode, or -1
	yearIn    int     // year the UPN was issued
	files     agencySet
}

// Kai is the true person whom one can be in the demonstration.
const Kai = "P000001"

// A household shares an address and, in most traditions, a family name.
type household struct {
	number, postcode int
	tradition        int
	family, father   string
	ethnicity        string
	members          []int
	single           bool // a hostel or home: an address strangers share
}

// agencySet is the agencies whose people's files hold a person.
type agencySet uint16

const (
	inPolice agencySet = 1 << iota
	inYouthJustice
	inSocialCare
	inSchool
	inCharity
	inRecovery
	inHousing
	inProbation
)

func (p *Person) in(a agencySet) bool { return p.files&a != 0 }

// populate draws households until there are enough people, then says which agencies know whom.
func (g *generator) populate() {
	r := g.stream("people")
	g.people = make([]Person, 0, g.opt.People)
	g.homes = make([]household, 0, g.opt.People/2+64)
	g.addKai(r)
	for _, code := range []string{"XH01", "XH02", "XH03", "XH04"} {
		g.addInstitution(r, code, between(r, 4, 6), 12, 17)
	}
	for range max(2, g.opt.People/500) {
		g.addInstitution(r, pick(r, []string{"XR04", "XR05"}), between(r, 3, 6), 16, 24)
	}
	for len(g.people) < g.opt.People {
		g.addHousehold(r)
	}
	g.people = g.people[:g.opt.People]
	for i := range g.homes {
		for _, m := range g.homes[i].members {
			if m < len(g.people) {
				g.people[m].house = &g.homes[i]
			}
		}
	}
	g.identify(g.stream("identifiers"))
	g.enrol(g.stream("memberships"))
	g.world.Truth = &Truth{People: g.people, rows: map[string][]int32{}}
}

// addKai puts in the young person whom one can be in the demonstration: fifteen, at The Quay Centre.
func (g *generator) addKai(r *rand.Rand) {
	h := g.newHousehold(r, 0)
	h.family = "Merrow"
	p := g.newPerson(r, h, 15)
	p.Given, p.Middle, p.Family, p.Former, p.Sex = "Kai", "", "Merrow", "", 'M'
	p.Ethnicity = "W1"
	p.Born = g.today.AddDate(-15, -4, -11)
	p.school = "TQC"
	p.need = 0.8
	g.settle(h, p)
}

// newHousehold opens a household at a random postcode.
func (g *generator) newHousehold(r *rand.Rand, tradition int) *household {
	t := &traditions[tradition]
	g.homes = append(g.homes, household{number: between(r, 1, 120), postcode: r.IntN(len(g.geo.postcodes)), tradition: tradition,
		family: t.familyName(r), father: pick(r, t.boys), ethnicity: pick(r, t.ethnic)})
	return &g.homes[len(g.homes)-1]
}

// newPerson draws a member of a household, of an age in years.
func (g *generator) newPerson(r *rand.Rand, h *household, age int) *Person {
	t := &traditions[h.tradition]
	sex := byte('M')
	if chance(r, 0.42) {
		sex = 'F'
	}
	n := t.named(r, sex, h.family, h.father)
	p := Person{Given: n.given, Middle: n.middle, Family: n.family, Sex: sex, tradition: h.tradition, Tradition: t.name,
		Ethnicity: h.ethnicity, need: r.Float64(), twin: -1, moved: -1, Household: len(g.homes) - 1}
	p.Born = g.today.AddDate(-age, 0, -between(r, 1, 364))
	if age >= 20 && sex == 'F' && chance(r, t.married) || age < 20 && chance(r, 0.04) {
		p.Former, p.Family = p.Family, t.familyName(r) // married, adopted, or a parent's new name
		if t.order == genderedEnd && sex == 'F' {
			p.Family = feminine(p.Family)
		}
	}
	if chance(r, 0.3) {
		p.moved = r.IntN(len(g.geo.postcodes))
	}
	return &p
}

// settle adds a drawn person to a household.
func (g *generator) settle(h *household, p *Person) {
	p.ID = fmt.Sprintf("P%06d", len(g.people)+1)
	p.age = yearsBetween(p.Born, g.today)
	h.members = append(h.members, len(g.people))
	g.people = append(g.people, *p)
}

// addHousehold draws children and young people of one address, twins among them, and often one parent.
func (g *generator) addHousehold(r *rand.Rand) {
	h := g.newHousehold(r, drawTradition(r))
	eldest := between(r, 10, 24)
	for n, age := 0, eldest; n == 0 || age >= 10 && chance(r, 0.38); n++ {
		p := g.newPerson(r, h, age)
		g.settle(h, p)
		if chance(r, 0.012) {
			twin := g.newPerson(r, h, age)
			for twin.Given == p.Given {
				twin.Given = pick(r, traditions[h.tradition].boys)
			}
			twin.Born, twin.Family, twin.Former = p.Born, p.Family, p.Former
			twin.twin = len(g.people) - 1
			g.people[len(g.people)-1].twin = len(g.people)
			g.settle(h, twin)
		}
		age -= between(r, 1, 4)
	}
	if chance(r, 0.22) {
		g.settle(h, g.newPerson(r, h, eldest+between(r, 19, 34)))
	}
}

// addInstitution draws strangers who share an address: a children's home or a hostel.
func (g *generator) addInstitution(r *rand.Rand, place string, residents, youngest, oldest int) {
	for range residents {
		h := g.newHousehold(r, drawTradition(r))
		h.single = true
		p := g.newPerson(r, h, between(r, youngest, oldest))
		p.need = 0.5 + p.need/2
		if g.geo.byCode[place].Kind == "home" {
			p.inHome = place
		} else {
			p.hostel = true
			p.inHome = place
		}
		g.settle(h, p)
	}
}

// yearsBetween is an age in completed years.
func yearsBetween(born, at time.Time) int {
	years := at.Year() - born.Year()
	if at.Month() < born.Month() || at.Month() == born.Month() && at.Day() < born.Day() {
		years--
	}
	return years
}

// identify gives NHS and pupil numbers. Police numbers come with the first police record.
func (g *generator) identify(r *rand.Rand) {
	const schools = 40
	serials := map[[2]int]int{}
	for i := range g.people {
		p := &g.people[i]
		p.NHS = nhsNumber(i + 1)
		if p.age > 24 {
			continue
		}
		school, year := 2001+r.IntN(schools), p.Born.Year()+5
		key := [2]int{school, year}
		for serials[key] >= 999 {
			school = 2001 + (school-2000)%schools
			key = [2]int{school, year}
		}
		serials[key]++
		p.UPN, p.yearIn = upn(school, year, serials[key]), year
	}
}

// enrol says which agencies' files hold each person. It looks at age, sex-blind need and where the person lives, and at
// nothing else.
func (g *generator) enrol(r *rand.Rand) {
	pnc := 0
	for i := range g.people {
		p := &g.people[i]
		child := p.age < 18
		if p.age >= 11 && p.age <= 16 && p.school == "" {
			switch x := r.Float64(); {
			case p.need > 0.6 && x < 0.10:
				p.school = "TQC"
			case x < 0.42:
				p.school = "TMA"
			case x < 0.74:
				p.school = "OHS"
			}
		}
		if p.school != "" {
			p.files |= inSchool
		}
		join := func(a agencySet, eligible bool, low, high float64) {
			if x := r.Float64(); eligible && x < low+(high-low)*p.need {
				p.files |= a
			}
		}
		join(inPolice, p.age >= 10, 0.12, 0.70)
		join(inYouthJustice, child, 0.02, 0.34)
		join(inSocialCare, child, 0.06, 0.55)
		join(inCharity, p.age <= 24, 0.06, 0.34)
		join(inRecovery, p.age >= 14, 0.01, 0.12)
		join(inHousing, p.age >= 18, 0.35, 0.55)
		join(inProbation, p.age >= 18, 0.03, 0.30)
		if p.inHome != "" && child {
			p.files |= inSocialCare
		}
		if p.ID == Kai { // his school, his youth worker, social care; the police hold nothing of him
			p.files = inSchool | inCharity | inSocialCare
		}
		if p.files == 0 {
			p.files = pick(r, []agencySet{inPolice, inCharity})
			if p.age > 24 {
				p.files = inHousing
			}
		}
		if p.in(inPolice|inProbation) && chance(r, 0.8) {
			year := max(p.Born.Year()+10, g.today.Year()-between(r, 0, 6))
			if year > g.today.Year() {
				year = g.today.Year()
			}
			p.PNC = pncID(year, pnc)
			pnc++
		}
	}
}
