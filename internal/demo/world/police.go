package world

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sort"
	"time"
)

// policeTitle is what an analyst's export has above its header.
func policeTitle(s *sheet, what string, columns int) {
	for _, text := range []string{"Wrenshire Police - Performance and Analysis", what, ""} {
		cells := make([]string, columns)
		cells[0] = text
		s.row(cells...)
	}
}

// policePersons writes one row a person and part they had, as an analyst prints it: surnames in capitals, a person as often
// as they occur. Being in it says nothing of what for; that is in the column Role.
func (g *generator) policePersons(all []occurrence) {
	r := g.stream("police persons")
	header := []string{"Nominal No", "PNC ID", "Surname", "Forename", "Middle Name", "DOB", "Sex", "Self Defined Ethnicity", "Officer Defined Ethnicity", "Address", "Postcode",
		"Role", "Occurrence No", "Offence", "Offence Date"}
	s := g.sheet("police/persons_by_role.csv", "WPOL", "people", windows1252)
	policeTitle(s, "OFFICIAL-SENSITIVE - persons by role, "+ukDate(g.months[0])+" to "+ukDate(g.daysAgo(1)), len(header))
	s.row(header...)
	for n, o := range all {
		for k, i := range o.people {
			p := &g.people[i]
			e := g.record(r, p, &usualHabits)
			if chance(r, 0.004) && len(p.house.members) > 1 {
				e = g.falseDetails(r, p) // gave a brother's or sister's details; the row is still about this person
			}
			born := ukDate(e.born)
			if e.born.IsZero() && chance(r, 0.2) {
				born = "01/01/1900"
			}
			nominal := 0
			if chance(r, 0.05) {
				nominal = 1 // a second number for one person
			}
			s.about(i, nominalNumber(i, nominal), e.pnc, capitals(e.family), e.given, e.middle, born, sexLetter(e.sex), p.Ethnicity, seenAs[p.Ethnicity], e.address(), e.code,
				o.roles[k], o.number, o.offence.words, o.at.Format("02/01/2006 15:04"))
		}
		if n == len(all)/2 {
			s.bad("Surname", "neither name nor number: nobody can be found by it", "", "", "UNKNOWN", "UNKNOWN", "", "", "M", "", "", "", "", "Suspect", o.number, o.offence.words, o.at.Format("02/01/2006 15:04"))
		}
	}
	s.done()
}

// seenAs is what officers write for the 18+1 categories: how somebody looked to them, which is not how they describe themselves. Of some they write
// that they do not know.
var seenAs = map[string]string{
	"W1": "IC1", "W2": "IC1", "W3": "IC1", "W9": "IC1", "M1": "IC3", "M2": "IC3", "M3": "IC4", "M9": "IC9", "B1": "IC3", "B2": "IC3", "B9": "IC3", "A1": "IC4", "A2": "IC4", "A3": "IC4", "A9": "IC4",
	"A4": "IC5", "O2": "IC6", "NS": "IC9",
}

// falseDetails is what the police write down when somebody gives the details of another of the household.
func (g *generator) falseDetails(r *rand.Rand, p *Person) entry {
	for _, m := range p.house.members {
		if m < len(g.people) && g.people[m].ID != p.ID {
			e := g.record(r, &g.people[m], &usualHabits)
			e.pnc = p.PNC
			return e
		}
	}
	return g.record(r, p, &usualHabits)
}

func nominalNumber(i, k int) string { return fmt.Sprintf("WN%07d", (i*2+k)*31%10_000_000) }

// An offence is a heading of the police file.
type offence struct {
	words, code string
	weight      int // how often it is recorded by chance, out of the sum
}

var offences = []offence{
	{"Common assault and battery", "105A", 16}, {"Assault occasioning actual bodily harm", "8N", 10}, {"Wounding with intent", "5D", 1},
	{"Robbery of personal property", "34B", 5}, {"Possession of bladed article", "10D", 5}, {"Criminal damage", "58A", 10},
	{"Harassment", "8L", 8}, {"Public order - fear or provocation of violence", "125", 8}, {"Possession of cannabis", "92E", 7},
	{"Possession with intent to supply class A drugs", "92D", 3}, {"Theft from the person", "39", 3}, {"Shoplifting", "46", 12},
	{"Burglary dwelling", "28E", 4}, {"Theft of motor vehicle", "48", 3}, {"Anti-social behaviour - nuisance", "", 14},
	{"Domestic incident", "", 8}, {"Missing person", "", 8}, {"Cuckooing - concern for occupier", "", 1}, {"Child criminal exploitation - suspected", "", 2},
	{"Suspicious circumstances", "", 5}, {"Threats to kill", "3B", 1}, {"Arson", "56B", 1},
}

// An occurrence is one thing recorded by the police: where, when, what.
type occurrence struct {
	at       time.Time
	place    point
	location string
	offence  offence
	number   string
	mo       string
	people   []int // indexes of people, in the order of roles; empty when nobody is named
	roles    []string
}

// police draws what the police recorded, and writes it twice, as forces do: a sheet of occurrences with exact points, and a
// sheet of persons by role.
func (g *generator) police() {
	r := g.stream("occurrences")
	known := g.knownTo(inPolice)
	all := g.storyOccurrences(g.stream("story occurrences"), known)
	for range g.opt.People * 45 / 100 {
		all = append(all, g.chanceOccurrence(r, known))
	}
	sort.SliceStable(all, func(i, j int) bool { return all[i].at.Before(all[j].at) })
	seen := make([]bool, len(g.people))
	for n := range all {
		all[n].number = fmt.Sprintf("WR%s%06d", all[n].at.Format("06"), n+1)
		for _, i := range all[n].people {
			seen[i] = true
		}
	}
	for _, i := range known { // everybody the police know had some part in something
		if !seen[i] {
			o := &all[r.IntN(len(all))]
			o.people, o.roles = append(o.people, i), append(o.roles, pick(r, []string{"Witness", "Informant"}))
		}
	}
	g.policeOccurrences(r, all)
	g.policePersons(all)
}

// policeOccurrences writes one row an occurrence, with the force's exact points.
func (g *generator) policeOccurrences(r *rand.Rand, all []occurrence) {
	header := []string{"Occurrence No", "Offence", "HO Code", "Date/Time Occurred", "Date Reported", "Location", "Easting", "Northing", "Beat", "Flags", "MO"}
	s := g.sheet("police/occurrences.csv", "WPOL", "events", windows1252)
	policeTitle(s, "OFFICIAL-SENSITIVE - occurrences, "+ukDate(g.months[0])+" to "+ukDate(g.daysAgo(1)), len(header))
	s.row(header...)
	for n, o := range all {
		beat := g.geo.wards[g.geo.wardOf(o.place)].Code
		s.row(o.number, o.offence.words, o.offence.code, o.at.Format("02/01/2006 15:04"), ukDate(o.at.AddDate(0, 0, r.IntN(2))), o.location,
			metres(o.place.e), metres(o.place.n), beat, flags(o.offence), o.mo)
		if n == len(all)/2 {
			s.bad("Date/Time Occurred", "there is no 31 February", "WR"+o.at.Format("06")+"999998", "Criminal damage", "58A", "31/02/"+o.at.Format("2006")+" 21:10", "", "Dunlin Way",
				"", "", "XW03", "", "")
		}
	}
	s.done()
}

// knownTo lists the indexes of people an agency's files hold.
func (g *generator) knownTo(a agencySet) []int {
	var out []int
	for i := range g.people {
		if g.people[i].in(a) {
			out = append(out, i)
		}
	}
	return out
}

func flags(o offence) string {
	switch o.words {
	case "Possession of bladed article", "Wounding with intent":
		return "Knife"
	case "Possession with intent to supply class A drugs":
		return "Drugs"
	case "Child criminal exploitation - suspected":
		return "CE"
	}
	return ""
}

// chanceOccurrence draws one occurrence that belongs to no story.
func (g *generator) chanceOccurrence(r *rand.Rand, known []int) occurrence {
	o := occurrence{at: g.moment(r), offence: drawOffence(r)}
	o.place, o.location = g.somewhere(r)
	roles := []string{}
	switch o.offence.words {
	case "Missing person":
		roles = []string{"Missing"}
	case "Shoplifting", "Possession of cannabis", "Possession of bladed article", "Possession with intent to supply class A drugs":
		roles = []string{"Suspect"}
	case "Anti-social behaviour - nuisance", "Suspicious circumstances":
		if chance(r, 0.3) {
			roles = []string{"Witness"}
		}
	default:
		roles = []string{"Victim"}
		if chance(r, 0.5) {
			roles = append(roles, "Suspect")
		}
		if chance(r, 0.2) {
			roles = append(roles, "Witness")
		}
	}
	for _, role := range roles {
		o.people, o.roles = append(o.people, pick(r, known)), append(o.roles, role)
	}
	return o
}

func drawOffence(r *rand.Rand) offence {
	total := 0
	for _, o := range offences {
		total += o.weight
	}
	x := r.IntN(total)
	for _, o := range offences {
		if x -= o.weight; x < 0 {
			return o
		}
	}
	return offences[0]
}

// moment is a time in the two years: evenings and weekends more often.
func (g *generator) moment(r *rand.Rand) time.Time {
	days := int(g.today.Sub(g.months[0]).Hours() / 24)
	for {
		day := g.months[0].AddDate(0, 0, r.IntN(days))
		if wd := day.Weekday(); (wd == time.Saturday || wd == time.Sunday || wd == time.Friday) || chance(r, 0.75) {
			hour := (15 + int(math.Abs(r.NormFloat64())*4.5)) % 24
			return day.Add(time.Duration(hour)*time.Hour + time.Duration(r.IntN(60))*time.Minute)
		}
	}
}

// somewhere is a place where things happen: at an address, or close to the stations, shops and parks where people meet.
func (g *generator) somewhere(r *rand.Rand) (point, string) {
	if chance(r, 0.3) {
		place := g.geo.byCode[pick(r, []string{"XT01", "XT01", "XT04", "XT04", "XR01", "XR01", "XR03", "XR02", "XT02"})]
		return place.point().shifted(r.NormFloat64()*70, r.NormFloat64()*70), place.Name
	}
	pc := &g.geo.postcodes[r.IntN(len(g.geo.postcodes))]
	return pc.at.shifted(r.Float64()*80-40, r.Float64()*80-40), fmt.Sprintf("%d %s", between(r, 1, 120), pc.street)
}

// around is a point between 15 and 185 metres from a place.
func around(r *rand.Rand, p point) point {
	angle, away := r.Float64()*2*math.Pi, 15+r.Float64()*170
	return p.shifted(away*math.Cos(angle), away*math.Sin(angle))
}

// reportsByQuarter are how many reports there are within 200 m of a place in each ninety days, the last ninety first.
var reportsByQuarter = []struct {
	place  string
	counts [8]int
}{
	{"XH01", [8]int{23, 9, 8, 9, 7, 9, 8, 8}}, // Larkfield House
	{"XH02", [8]int{6, 5, 6, 5, 5, 6, 5, 6}},  // the two it is compared with
	{"XH03", [8]int{6, 6, 5, 6, 6, 5, 6, 5}},
	{"XS03", [8]int{14, 6, 5, 6, 5, 6, 5, 5}}, // The Quay Centre
}

// foundByQuarter are how many missing children were found within 200 m of Larkfield House in each ninety days.
var foundByQuarter = [8]int{17, 6, 5, 4, 5, 4, 5, 4}

// inQuarter is a moment in the q-th ninety days back from today, two days clear of either end.
func (g *generator) inQuarter(r *rand.Rand, q int) time.Time {
	return g.daysAgo(90*q + between(r, 2, 88)).Add(time.Duration(between(r, 14, 23))*time.Hour + time.Duration(r.IntN(60))*time.Minute)
}

// storyOccurrences are those within 200 m of the story's places. Each ninety days hold one robbery and one blade at the home; the rise is in what people report, most of it of little harm.
func (g *generator) storyOccurrences(r *rand.Rand, known []int) []occurrence {
	heavy := []offence{{"Robbery of personal property", "34B", 0}, {"Possession of bladed article", "10D", 0}}
	light := []offence{{"Suspicious circumstances", "", 0}, {"Suspicious circumstances", "", 0}, {"Anti-social behaviour - nuisance", "", 0}, {"Harassment", "8L", 0},
		{"Child criminal exploitation - suspected", "", 0}, {"Missing person", "", 0}, {"Common assault and battery", "105A", 0}, {"Criminal damage", "58A", 0}}
	var young []int
	for _, i := range known {
		if g.people[i].age < 18 && i != 0 {
			young = append(young, i)
		}
	}
	var out []occurrence
	for _, story := range reportsByQuarter {
		place := g.geo.byCode[story.place]
		for q, count := range story.counts {
			for k := range count {
				o := occurrence{at: g.inQuarter(r, q), place: around(r, place.point()), location: "Near " + place.Name}
				switch {
				case k < len(heavy) && story.place == "XH01":
					o.offence = heavy[k]
				case k == len(heavy) && q == 0 && story.place == "XH01":
					o.offence = offence{"Arson", "56B", 0}
				default:
					o.offence = pick(r, light)
				}
				if o.offence.words == "Suspicious circumstances" {
					o.mo = pick(r, []string{"Two adults in a parked car, gone on arrival", "Same vehicle as last report, no registration taken", "Adults waiting by the gate", "Child seen getting into a car"})
				}
				if chance(r, 0.5) && len(young) > 0 {
					role := "Victim"
					if o.offence.words == "Missing person" {
						role = "Missing"
					}
					o.people, o.roles = []int{pick(r, young)}, []string{role}
				}
				out = append(out, o)
			}
		}
	}
	return out
}

// lineActivity writes what the police know of the deal lines: messages, closures and what followed.
func (g *generator) lineActivity() {
	r := g.stream("lines activity")
	st := g.world.Story
	g.world.Lines = []Line{
		{"SUNNY", "XD05", "XR01", g.daysAgo(690), st.Closed, "type 2", ""},
		{"BREEZE", "XD05", "XR01", st.Rebranded, time.Time{}, "", "SUNNY"},
		{"MAX", "XD08", "XT04", g.daysAgo(520), g.daysAgo(130), "type 1", ""},
		{"LOCAL", "", "XR03", g.daysAgo(300), time.Time{}, "", ""},
	}
	type entry struct {
		on         time.Time
		what, line string
		base, from string
		detail     string
	}
	var all []entry
	for _, l := range g.world.Lines {
		end := l.Closed
		if end.IsZero() {
			end = g.daysAgo(4)
		}
		all = append(all, entry{l.From, "County line - first bulk message", l.Brand, l.Base, l.Origin, ""})
		for d := l.From.AddDate(0, 0, between(r, 18, 40)); d.Before(end.AddDate(0, 0, -4)); d = d.AddDate(0, 0, between(r, 25, 70)) {
			all = append(all, entry{d, "County line - bulk message", l.Brand, l.Base, l.Origin, ""})
		}
		if !l.Closed.IsZero() {
			all = append(all, entry{l.Closed, "County line - closed", l.Brand, l.Base, l.Origin, map[string]string{"type 1": "Type 1: holder charged, number checked", "type 2": "Type 2: number deactivated"}[l.Closure]})
		}
	}
	sort.SliceStable(all, func(i, j int) bool { return all[i].on.Before(all[j].on) })
	s := g.sheet("police/line_activity.csv", "WPOL", "events")
	s.row("Reference", "Event Type", "Date", "Line Name", "Base", "Easting", "Northing", "Origin District", "Details")
	for n, e := range all {
		base, origin := g.geo.byCode[e.base], "Wrenshire"
		if e.from != "" {
			origin = cityDistricts[int(e.from[3]-'1')]
		}
		s.row(fmt.Sprintf("LN%04d", n+1), e.what, ukDate(e.on), e.line, base.Name, fmt.Sprint(base.Easting), fmt.Sprint(base.Northing), origin, e.detail)
	}
	s.done()
}
