package world

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// writeFiles writes every partner's export.
func (g *generator) writeFiles() {
	for m := range months {
		g.months[m] = time.Date(g.today.Year(), g.today.Month(), 1, 0, 0, 0, 0, time.UTC).AddDate(0, m-months, 0)
	}
	g.holdInterviews()

	g.police()
	g.lineActivity()
	g.openStreetCrime()
	g.stopAndSearch()
	g.youthJustice()
	g.socialCareChildren()
	g.missingReturn()
	g.missingAndFound()
	g.childrensHomes()
	g.schoolRolls()
	g.exclusions()
	g.attendance()
	g.schoolsRegister()
	g.youthWork()
	g.recovery()
	g.housing()
	g.housingComplaints()
	g.probation()
	g.hospital()
	g.ambulance()
	g.vulnerablePlaces()
	g.flows()
	g.series()
	g.runProgramme()
}

// months is how many whole months of monthly returns there are.
const months = 24

// each calls f for the people whom an agency's files hold, in an order of that agency's own: files are not in the order
// in which the world was drawn, and a person's rows in two files do not stand beside each other.
func (g *generator) each(r *rand.Rand, a agencySet, f func(n, i int, p *Person)) {
	var order []int
	for i := range g.people {
		if g.people[i].in(a) {
			order = append(order, i)
		}
	}
	r.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
	for n, i := range order {
		f(n, i, &g.people[i])
	}
}

// youthJustice writes the case list a youth justice service prints from its case system.
func (g *generator) youthJustice() {
	r := g.stream("youth justice")
	s := g.sheet("youth-justice/caseload.csv", "WYJS", "people", windows1252)
	s.row("YJS ID", "Forename", "Middle Names", "Surname", "DOB", "Gender", "Ethnicity", "Postcode", "PNC ID", "Intervention", "Start Date", "Case Status")
	g.each(r, inYouthJustice, func(n, i int, p *Person) {
		e := g.record(r, p, &usualHabits)
		pnc := ""
		if e.pnc != "" {
			pnc = shortPNC(e.pnc)
		}
		s.about(i, fmt.Sprintf("WY%06d", 20000+n*3), e.given, e.middle, e.family, ukDate(e.born), sexWord(e.sex), ethnicWords[p.Ethnicity], e.code, pnc,
			pick(r, []string{"Youth Caution", "Referral Order", "Youth Rehabilitation Order", "Turnaround", "Out of Court Resolution", "Prevention"}),
			ukDate(g.daysAgo(between(r, 5, 700))), pick(r, []string{"Open", "Open", "Closed"}))
	})
	s.done()
}

// socialCareChildren writes the list of children a council knows, as a report from its case system.
func (g *generator) socialCareChildren() {
	r := g.stream("social care")
	s := g.sheet("social-care/children_known.csv", "WCSC", "people")
	s.row("Child ID", "UPN", "NHS Number", "Surname", "Forename", "Middle Name", "DOB", "Gender", "Ethnicity", "Status", "Home Postcode", "Allocated Team", "Start Date")
	g.each(r, inSocialCare, func(n, i int, p *Person) {
		e := g.record(r, p, &carefulHabits)
		status := pick(r, []string{"CIN", "CIN", "CIN", "CP", "Early Help", "CLA"})
		if p.inHome != "" && !p.hostel {
			status = "CLA"
		}
		s.about(i, childID(i), e.upn, e.nhs, e.family, e.given, e.middle, ukDate(e.born), sexLetter(e.sex), p.Ethnicity, status, e.code,
			pick(r, []string{"Assessment North", "Assessment South", "Adolescent Team", "Children in Care"}), ukDate(g.daysAgo(between(r, 10, 1400))))
		if chance(r, 0.012) { // re-referred, and given a second number
			e = g.record(r, p, &usualHabits)
			s.about(i, fmt.Sprintf("W9%06d", n), e.upn, e.nhs, e.family, e.given, "", ukDate(e.born), sexLetter(e.sex), p.Ethnicity, "CIN", e.code,
				"Assessment North", ukDate(g.daysAgo(between(r, 1, 300))))
		}
	})
	s.bad("Surname", "neither name nor number: nobody can be found by it", "", "", "", "", "", "", "", "", "", "CIN", "", "Assessment South", ukDate(g.daysAgo(40)))
	s.done()
}

// childID is social care's own number for a person.
func childID(i int) string { return fmt.Sprintf("W1%06d", (i*7919)%1_000_000) }

// schoolRolls writes three rolls, from three school systems.
func (g *generator) schoolRolls() {
	r := g.stream("schools")
	tma := g.sheet("schools/tidemill_academy_roll.csv", "TMA", "people", withMark)
	tma.row("UPN", "Legal Surname", "Legal Forename", "Middle Name(s)", "DOB", "Gender", "Year Group", "Reg Group", "Ethnicity Code", "Post Code")
	ohs := g.sheet("schools/osierham_high_roll.csv", "OHS", "people", newlines)
	ohs.row("Student ID", "UPN", "First Name", "Last Name", "Date of Birth", "Sex", "Year", "Form", "Address", "Postcode")
	tqc := g.sheet("schools/quay_centre_roll.csv", "TQC", "people")
	tqc.row("UPN", "Surname", "Forename", "Known As", "DOB", "Gender", "Year Group", "Hours per Week", "Dual Registered With", "Postcode")
	g.each(r, inSchool, func(n, i int, p *Person) {
		e := g.record(r, p, &carefulHabits)
		year := fmt.Sprint(min(max(p.age-4, 7), 13))
		switch p.school {
		case "TMA":
			tma.about(i, e.upn, e.family, e.given, e.middle, ukDate(e.born), sexLetter(e.sex), year, year+pick(r, []string{"A", "B", "C", "D"}), p.Ethnicity, e.code)
		case "OHS":
			born := ""
			if !e.born.IsZero() {
				born = e.born.Format("2006-01-02")
			}
			ohs.about(i, fmt.Sprint(4000+n), e.upn, e.given, e.family, born, sexWord(e.sex), "Year "+year, year+pick(r, []string{"K", "L", "M"}), e.address(), e.code)
		case "TQC":
			known := ""
			if forms := nicknames[p.Given]; forms != nil && chance(r, 0.5) {
				known = pick(r, forms)
			}
			tqc.about(i, e.upn, e.family, e.given, known, ukDate(e.born), sexLetter(e.sex), year, fmt.Sprint(between(r, 6, 25)),
				pick(r, []string{"Tidemill Academy", "Osierham High School", ""}), e.code)
		}
	})
	tma.done()
	ohs.done()
	tqc.done()
}

// youthWork writes a youth charity's list: names in one field, ages where nobody asked for a birthday.
func (g *generator) youthWork() {
	r := g.stream("youth work")
	s := g.sheet("charities/reedbank_participants.csv", "RYW", "people", newlines)
	s.row("Name", "Known As", "Date of Birth", "Age", "Gender", "Ethnicity (self-described)", "Postcode", "Mobile", "Project", "Joined", "Lawful Basis")
	g.each(r, inCharity, func(n, i int, p *Person) {
		times := 1
		if chance(r, 0.05) && p.ID != Kai {
			times = 2 // came back, and signed up again
		}
		for range times {
			e := g.record(r, p, &hastyHabits)
			born, age, known := "", "", ""
			switch x := r.Float64(); {
			case e.born.IsZero():
			case p.ID == Kai:
				born = ukDate(e.born)
			case x < 0.25:
				age = fmt.Sprint(yearsBetween(e.born, g.today))
			case x < 0.6:
				born = e.born.Format("2 Jan 2006")
			default:
				born = ukDate(e.born)
			}
			if chance(r, 0.08) {
				known = pick(r, streetNames)
			}
			s.about(i, fullName(r, p, &e), known, born, age, pick(r, []string{sexWord(e.sex), strings.ToLower(sexLetter(e.sex))}), selfDescribed[p.Ethnicity], e.code,
				mobile(n), pick(r, []string{"Friday night", "Minibus", "Boxing and breakfast", "One to one", "Girls' group"}),
				ukDate(g.daysAgo(between(r, 3, 720))), "Legitimate interests")
		}
	})
	s.bad("Name", "neither name nor number: nobody can be found by it", "", "", "", "16", "m", "", "WX1", "", "Minibus", ukDate(g.daysAgo(200)), "Legitimate interests")
	s.done()
}

// fullName is a name in one field, with and without the middle part.
func fullName(r *rand.Rand, p *Person, e *entry) string {
	switch x := r.Float64(); {
	case p.ID == Kai:
	case x < 0.02:
		return e.given // nobody asked further
	case x < 0.05:
		return e.given + " " + initial(e.family)
	case x < 0.2 && e.middle != "":
		return e.given + " " + e.middle + " " + e.family
	}
	return e.given + " " + e.family
}

// streetNames are what friends call each other; many people share each.
var streetNames = words("Ace Biscuit Bugs Chip Digger Fizz Flash Goose Jinx Lanks Lefty Midge Pickle Smiles Stretch Tiny Trim Twix Wheels Yardz")

// selfDescribed is what a person wrote when asked, by code; many did not.
var selfDescribed = map[string]string{"W1": "white british", "W9": "white other", "M1": "mixed", "B1": "Caribbean", "B2": "African", "A1": "Indian", "A2": "Pakistani", "A3": "Bangladeshi", "A4": "Chinese"}

// recovery writes a drug and alcohol charity's list of clients.
func (g *generator) recovery() {
	r := g.stream("recovery")
	s := g.sheet("charities/lowtide_clients.csv", "LTR", "people")
	s.row("Client Ref", "Full Name", "DOB", "Sex", "Postcode", "Telephone", "First Contact", "Consent")
	g.each(r, inRecovery, func(n, i int, p *Person) {
		e := g.record(r, p, &hastyHabits)
		s.about(i, fmt.Sprintf("LT-%05d", n+101), fullName(r, p, &e), ukDate(e.born), sexLetter(e.sex), e.code, landline(n, 800, 999), ukDate(g.daysAgo(between(r, 3, 720))), pick(r, []string{"Y", "Y", "N"}))
	})
	s.done()
}

// housing writes a landlord's list of tenants and household members, as Windows writes it.
func (g *generator) housing() {
	r := g.stream("housing")
	s := g.sheet("housing/tenancies.csv", "FHA", "people", windows1252)
	s.row("Tenancy Ref", "Title", "First Name", "Surname", "Date of Birth", "Address Line 1", "Town", "Postcode", "Tenure", "Tenancy Start", "Telephone")
	g.each(r, inHousing, func(n, i int, p *Person) {
		e := g.record(r, p, &usualHabits)
		given := e.given
		if chance(r, 0.15) {
			given = initial(given)
		}
		s.about(i, fmt.Sprintf("FH%06d", 700000+n*5%300000), title(r, e.sex), given, e.family, ukDate(e.born), e.address(), e.town, e.code,
			pick(r, []string{"General needs", "General needs", "Supported", "Temporary"}), ukDate(g.daysAgo(between(r, 30, 4000))), landline(n, 0, 799))
	})
	s.done()
}

func title(r *rand.Rand, sex byte) string {
	switch {
	case sex == 'M':
		return "Mr"
	case sex == 'F':
		return pick(r, []string{"Ms", "Miss", "Mrs"})
	}
	return ""
}

// probation writes an adult caseload.
func (g *generator) probation() {
	r := g.stream("probation")
	s := g.sheet("probation/caseload.csv", "WPS", "people")
	s.row("CRN", "PNC ID", "Surname", "Forenames", "DOB", "Sex", "Ethnicity", "Postcode", "Order", "Start Date")
	g.each(r, inProbation, func(n, i int, p *Person) {
		e := g.record(r, p, &carefulHabits)
		s.about(i, fmt.Sprintf("X%06d", 100000+n), e.pnc, capitals(e.family), strings.TrimSpace(e.given+" "+e.middle), ukDate(e.born), sexLetter(e.sex),
			p.Ethnicity, e.code, pick(r, []string{"Community Order", "Suspended Sentence Order", "Licence"}), ukDate(g.daysAgo(between(r, 10, 700))))
	})
	s.done()
}

func sexWord(sex byte) string {
	switch sex {
	case 'M':
		return "Male"
	case 'F':
		return "Female"
	}
	return ""
}

func sexLetter(sex byte) string {
	if sex == 0 {
		return ""
	}
	return string(sex)
}

// ethnicWords are the 18+1 categories by code.
var ethnicWords = map[string]string{
	"W1": "White - British", "W2": "White - Irish", "W3": "White - Gypsy or Irish Traveller", "W9": "White - Any other White background",
	"M1": "Mixed - White and Black Caribbean", "M2": "Mixed - White and Black African", "M3": "Mixed - White and Asian", "M9": "Mixed - Any other Mixed background",
	"B1": "Black - Caribbean", "B2": "Black - African", "B9": "Black - Any other Black background",
	"A1": "Asian - Indian", "A2": "Asian - Pakistani", "A3": "Asian - Bangladeshi", "A9": "Asian - Any other Asian background",
	"A4": "Chinese", "O2": "Arab", "NS": "Not stated",
}
