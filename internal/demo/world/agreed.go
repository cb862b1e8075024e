package world

import (
	"time"

	"lantern.example/lantern/internal/access"
)

// agree sets down what the partnership has agreed, and where it has not: a theme nobody leads on, a definition two
// agencies have not adopted, an agreement about to lapse and one that has, an action that is overdue.
func (g *generator) agree() {
	g.define()
	g.lead()
	g.share()
	g.act()
	g.world.Subjects = []Subject{{
		Person: Kai,
		Wants:  "To finish college and not be met at the gate.",
		Reads:  []string{"RYW", "TQC"}, ReadsNot: []string{"WPOL"},
	}}
	g.world.Reviews = []PlaceReview{
		{Place: "XH01", On: g.daysAgo(16), Next: nextWorkingDay(g.today.AddDate(0, 0, 12)), Impact: 3, Risk: 3, Harm: 2, Reviewer: "joy.okafor@wrenshire.example",
			Reason: "Children injured and exploited here; two current drivers, the cars at handover and a messaging account; harm up, most reports minor."},
		{Place: "XT04", On: g.daysAgo(60), Next: nextWorkingDay(g.today.AddDate(0, 0, 20)), Impact: 2, Risk: 2, Harm: 1, Reviewer: "tomasz.brindle@wrenshire.example",
			Reason: "Repeated concern in the early evening; one current driver; extra patrol in place."},
	}
}

// cceDays is how many days ago child criminal exploitation was given the partnership's own wording.
const cceDays = 420

// adoptedOn is when the agencies adopted a wording made so many days ago.
func (g *generator) adoptedOn(days int) time.Time { return g.daysAgo(days - Considering) }

// Considering is how many days the agencies take to adopt a wording.
const Considering = 14

// define sets the words the partnership uses. Wording is the partnership's own; the source says what it leans on.
func (g *generator) define() {
	all := make([]string, len(g.world.Agencies))
	for i, a := range g.world.Agencies {
		all[i] = a.Code
	}
	adopted := func(except ...string) []string {
		var out []string
	next:
		for _, code := range all {
			for _, x := range except {
				if x == code {
					continue next
				}
			}
			out = append(out, code)
		}
		return out
	}
	add := func(term, wording, source string, from int, except ...string) {
		g.world.Definitions = append(g.world.Definitions, Definition{Term: term, Wording: wording, Source: source, Version: "1",
			From: g.daysAgo(from), Adopted: adopted(except...), NotAdopted: except})
	}
	add("child criminal exploitation", "Somebody uses a hold they have over a child under 18 to make the child take part in crime. It is exploitation whether or not the child seems to agree, and whether or not they ever meet.",
		"Partnership wording; leans on the Home Office's county lines guidance", cceDays)
	add("county lines", "A way of selling drugs that moves them, and the people made to carry them, using a phone number or other branded contact. It need not cross a boundary.",
		"Partnership wording; leans on the Home Office's guidance of 2023", 420)
	add("gang", "A group of three or more, known to others as a group, some of whose activities are violence or the supply of drugs. A group of friends is not a gang, and nobody is one for whom they know.",
		"Partnership wording; leans on section 34(5) of the Policing and Crime Act 2009", 380, "TMA", "WHT")
	add("vulnerable location", "A place where children or adults are at risk of being targeted, because of who is there and who comes for them.",
		"Partnership wording; leans on the Ending Gang Violence and Exploitation paper of 2016", 300)
	add("serious violence", "Homicide, wounding, robbery, and violence or threats with a weapon, against anybody, in public or at home.",
		"Partnership wording under the Serious Violence Duty", 300)
	add("missing", "Nobody who should know where a person is can say where they are. It ends when somebody trusted has seen them, not when they answer a phone.", "Partnership wording; leans on the College of Policing's practice", 300)
}

// lead says who answers for each theme. Nobody leads on care and placements: it is the gap the assessment finds.
func (g *generator) lead() {
	leads := map[string]string{
		"T1": "ruth.tamsin", "T2": "ruth.tamsin", "T3": "tomasz.brindle", "T4": "meera.hollinside", "T5": "kofi.larkhurst", "T6": "hodan.elmbeck",
		"T7": "martin.skelgate", "T8": "gemma.stanacre", "T9": "alison.wendale", "T11": "martin.skelgate", "T12": "sunita.whinmoor", "T13": "idris.fenwater",
		"T14": "piotr.reedham", "T15": "ruth.tamsin", "T16": "gemma.stanacre", "T17": "nasreen.pellworth", "T18": "meera.hollinside", "T19": "owen.sedgeley", "T20": "joy.okafor",
	}
	for _, t := range Themes {
		l := Lead{Theme: t.Code}
		if who := leads[t.Code]; who != "" {
			l.Account, l.Since = who+"@wrenshire.example", g.daysAgo(365)
		}
		g.world.Leads = append(g.world.Leads, l)
	}
	g.world.Objectives = []Objective{
		{"O1", "Every child who comes back from being missing is asked where they were, within 72 hours.", []string{"WCSC", "WPOL", "RYW"}, g.today.AddDate(0, 6, 0)},
		{"O2", "Fewer young people hurt with knives than last year, as hospitals count them.", []string{"WPOL", "WHT", "WYJS", "WCCS"}, g.today.AddDate(1, 0, 0)},
		{"O3", "Nobody made to share their home with a dealer for longer than a week after we learn of it.", []string{"FHA", "WPOL", "LTR"}, g.today.AddDate(0, 9, 0)},
		{"O4", "Every person who refers a child is told what happened within ten working days.", []string{"WCSC", "TMA", "OHS", "TQC", "RYW"}, g.today.AddDate(0, 3, 0)},
	}
}

// share sets down the agreements to share information.
func (g *generator) share() {
	signed := func(on time.Time, codes ...string) map[string]time.Time {
		m := map[string]time.Time{}
		for i, c := range codes {
			m[c] = on.AddDate(0, 0, i)
		}
		return m
	}
	core := []string{"WPOL", "WCCS", "WCSC", "WYJS", "TMA", "OHS", "TQC", "FHA", "RYW"}
	from := g.daysAgo(330)
	g.world.Agreements = []Agreement{
		{Code: "ISA-1", Title: "Depersonalised extracts: what happened, when and where", Parties: append(append([]string{}, core...), "WHT", "WAS", "LTR", "WPS"),
			Classes: []access.Class{access.Depersonal}, Purposes: []access.Purpose{access.Assessment, access.CommunitySafety, access.Safeguarding}, LawfulBasis: "Article 6(1)(e) public task",
			Gateway: "Crime and Disorder Act 1998, section 17A", Conditions: "No names. Counts under five are not published.", From: from, Until: from.AddDate(2, 0, 0),
			Signed: signed(from, append(append([]string{}, core...), "WHT", "WAS", "LTR", "WPS")...)},
		{Code: "ISA-2", Title: "Safeguarding children from exploitation: who else knows, and shared cases", Parties: core,
			Classes: []access.Class{access.Identity, access.Contact, access.Missing, access.Education, access.SocialCare, access.YouthJustice, access.Victimisation, access.Support}, Purposes: []access.Purpose{access.Safeguarding},
			LawfulBasis: "Article 6(1)(e) public task; Schedule 1 paragraph 18, safeguarding", Gateway: "Children Act 2004, sections 10 and 11; Crime and Disorder Act 1998, section 115",
			Conditions: "View inside the system. Never for housing, benefits, immigration or school admission.", From: g.daysAgo(200), Until: g.today.AddDate(0, 5, 0),
			Signed: signed(g.daysAgo(205), core...), PersonalData: true},
		{Code: "ISA-3", Title: "Adults whose homes are taken over", Parties: []string{"WPOL", "WCCS", "FHA", "LTR", "WPS"}, Classes: []access.Class{access.Identity, access.Housing, access.Victimisation},
			Purposes: []access.Purpose{access.Safeguarding}, LawfulBasis: "Article 6(1)(e) public task; Schedule 1 paragraph 18, safeguarding", Gateway: "Care Act 2014, section 45; Crime and Disorder Act 1998, section 115",
			Conditions: "Treatment information only with the client's knowledge.", From: g.daysAgo(350), Until: g.today.AddDate(0, 0, 15), Signed: signed(g.daysAgo(351), "WPOL", "WCCS", "FHA", "LTR", "WPS"), PersonalData: true},
		{Code: "ISA-4", Title: "Injuries seen by hospital and ambulance, by name, where a child is at risk", Parties: []string{"WHT", "WAS", "WCSC", "WPOL"}, Classes: []access.Class{access.Identity, access.Health},
			Purposes: []access.Purpose{access.Safeguarding}, LawfulBasis: "Article 6(1)(e) public task; Article 9(2)(g)", Gateway: "Children Act 2004, section 11", Conditions: "One child at a time.",
			From: g.daysAgo(90), Until: g.today.AddDate(0, 9, 0), Signed: signed(g.daysAgo(88), "WCSC", "WPOL"), PersonalData: true},
		{Code: "ISA-0", Title: "Pilot: shared list for the summer programme", Parties: []string{"WCCS", "RYW", "TMA"}, Classes: []access.Class{access.Identity, access.Support}, Purposes: []access.Purpose{access.Safeguarding},
			LawfulBasis: "Article 6(1)(e) public task", Gateway: "Localism Act 2011, section 1", Conditions: "Deleted at the end of the summer.", From: g.daysAgo(500), Until: g.daysAgo(410),
			Signed: signed(g.daysAgo(501), "WCCS", "RYW", "TMA"), PersonalData: true},
	}
}

// act sets down actions and the papers that boards have had.
func (g *generator) act() {
	at := func(who string) string { return who + "@wrenshire.example" }
	day := func(n int) time.Time { return nextWorkingDay(g.today.AddDate(0, 0, n)) }
	g.world.Actions = []Action{
		{"A1", "Stand with the home's staff at the evening handover for a week, and write down what is seen.", at("idris.fenwater"), day(9), "XH01", false},
		{"A2", "Bring the home, the unit and the road between them to the next panel as one place.", at("joy.okafor"), day(12), "XH01", false},
		{"A3", "Ask ambulance crews and the parents' forum, and add what they say to the assessment.", at("tomasz.brindle"), day(19), "T17", false},
		{"A4", "Tell every referrer of the last quarter what happened, and report how many were told.", at("meera.hollinside"), day(26), "T18", false},
		{"A5", "Get the hospital's and ambulance's signatures on ISA-4, or say why they are not coming.", at("nasreen.pellworth"), nextWorkingDay(g.daysAgo(9)), "T17", false},
		{"A6", "Move the unit's bus stop inside the gate.", at("ffion.carrgate"), g.daysAgo(30), "XS03", true},
	}
	g.world.Papers = []Paper{
		{"Community safety strategy", g.daysAgo(400), []string{"T1", "T2", "T4", "T6", "T7", "T8", "T14", "T15", "T16", "T19"},
			"The partnership will disrupt the lines that work the town, protect adults whose homes are taken over, find missing children sooner, and work with forces across the border."},
		{"Partnership board, quarterly report", g.daysAgo(70), []string{"T2", "T8", "T7"},
			"Two lines closed in the year. Missing reports are stable in number. Four homes were secured after takeover."},
		{"Partnership board, quarterly report", g.daysAgo(160), []string{"T1", "T15"},
			"Four groups are mapped. Enquiries from the city's force have doubled; most are answered within a week."},
	}
}
