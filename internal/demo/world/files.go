package world

import "fmt"

// writeFiles writes every partner's export.
func (g *generator) writeFiles() {
	g.holdInterviews()
	g.youthJustice()
}

// youthJustice writes the case list a youth justice service prints from its case system.
func (g *generator) youthJustice() {
	r := g.stream("youth justice")
	s := g.sheet("youth-justice/caseload.csv", "WYJS", "people", windows1252)
	s.row("YJS ID", "Forename", "Middle Names", "Surname", "DOB", "Gender", "Ethnicity", "Postcode", "PNC ID", "Intervention", "Start Date", "Case Status")
	n := 0
	for i := range g.people {
		p := &g.people[i]
		if !p.in(inYouthJustice) {
			continue
		}
		n++
		e := g.record(r, p, &usualHabits)
		pnc := ""
		if e.pnc != "" {
			pnc = shortPNC(e.pnc)
		}
		s.about(i, fmt.Sprintf("WY%05d", 20000+n*3), e.given, e.middle, e.family, ukDate(e.born), sexWord(e.sex), ethnicWords[p.Ethnicity], e.code, pnc,
			pick(r, []string{"Youth Caution", "Referral Order", "Youth Rehabilitation Order", "Turnaround", "Out of Court Resolution", "Prevention"}),
			ukDate(g.daysAgo(between(r, 5, 700))), pick(r, []string{"Open", "Open", "Closed"}))
	}
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

// ethnicWords are the 16+1 categories by code.
var ethnicWords = map[string]string{
	"A1": "White - British", "A2": "White - Irish", "A3": "White - Gypsy or Irish Traveller", "A4": "White - Any other White background",
	"B1": "Mixed - White and Black Caribbean", "B2": "Mixed - White and Black African", "B3": "Mixed - White and Asian", "B4": "Mixed - Any other Mixed background",
	"C1": "Black - Caribbean", "C2": "Black - African", "C3": "Black - Any other Black background",
	"D1": "Asian - Indian", "D2": "Asian - Pakistani", "D3": "Asian - Bangladeshi", "D4": "Asian - Any other Asian background",
	"E1": "Chinese", "E2": "Arab", "G1": "Not stated",
}
