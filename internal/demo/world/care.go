package world

import (
	"fmt"
	"math/rand/v2"
	"sort"
	"time"
)

// An episode is one time a child was missing from where they should have been.
type episode struct {
	child       int
	from, until time.Time
	missingFrom string
	found       string
	at          point // where the child was found; zero when nobody wrote it down
}

// episodes draws missing episodes: those of the story, found close to Larkfield House, and many more by chance.
func (g *generator) episodes() []episode {
	r := g.stream("missing")
	var children []int
	for _, i := range g.knownTo(inSocialCare) {
		if g.people[i].age < 18 {
			children = append(children, i)
		}
	}
	if len(children) == 0 {
		return nil
	}
	var out []episode
	home := g.geo.byCode["XH01"]
	for q, count := range foundByQuarter {
		for range count {
			from := g.inQuarter(r, q)
			out = append(out, episode{pick(r, children[:max(1, len(children)/3)]), from, from.Add(time.Duration(between(r, 4, 40)) * time.Hour),
				g.missingFrom(r), "Near Larkfield House, " + home.Postcode, around(r, home.point())})
		}
	}
	for range g.opt.People * 8 / 100 {
		from := g.moment(r)
		e := episode{pick(r, children), from, from.Add(time.Duration(between(r, 2, 60)) * time.Hour), g.missingFrom(r), "", point{}}
		if chance(r, 0.7) {
			e.at, e.found = g.somewhere(r)
		}
		out = append(out, e)
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].from.Before(out[j].from) })
	return out
}

func (g *generator) missingFrom(r *rand.Rand) string {
	return pick(r, []string{"Home", "Home", "Foster placement", "Larkfield House", "Teal Lodge", "Stonechat House", "Sandpiper View"})
}

// missingReturn writes the national return: a child's number, and when; never where.
func (g *generator) missingReturn() {
	s := g.sheet("social-care/Missing.csv", "WCSC", "missing-episodes")
	s.row("CHILD", "DOB", "MISSING", "MIS_START", "MIS_END")
	for n, e := range g.episodes() {
		p := &g.people[e.child]
		s.about(e.child, childID(e.child), ukDate(p.Born), "M", ukDate(e.from), ukDate(e.until))
		if n == 20 {
			s.bad("MIS_START", "an episode that has no beginning cannot be counted in any month", childID(e.child), ukDate(p.Born), "M", "", "")
		}
	}
	s.done()
}

// missingAndFound writes the team's own sheet: where each child was found, and whether anybody asked them afterwards.
func (g *generator) missingAndFound() {
	r := g.stream("return interviews")
	s := g.sheet("social-care/missing_and_return_interviews.csv", "WCSC", "missing-episodes")
	s.row("Child ID", "DOB", "Missing From", "Date Missing", "Date Found", "Found Location", "Easting", "Northing", "RHI Offered", "RHI Completed")
	for _, e := range g.episodes() {
		p := &g.people[e.child]
		east, north := "", ""
		if e.at != (point{}) {
			east, north = metres(e.at.e), metres(e.at.n)
		}
		offered, held := "Y", "N"
		if chance(r, 0.2) {
			offered = "N"
		} else if chance(r, 0.55) {
			held = "Y"
		}
		s.about(e.child, childID(e.child), ukDate(p.Born), e.missingFrom, e.from.Format("02/01/2006 15:04"), e.until.Format("02/01/2006 15:04"), e.found, east, north, offered, held)
	}
	s.done()
}

// childrensHomes writes the council's list of homes.
func (g *generator) childrensHomes() {
	s := g.sheet("social-care/childrens_homes.csv", "WCSC", "childrens-homes")
	s.row("URN", "Home Name", "Provision Type", "Sector", "Local Authority", "Registration Date", "Places", "Overall Effectiveness", "Postcode", "Easting", "Northing")
	for n, p := range g.geo.places {
		if p.Kind == "home" {
			s.row(fmt.Sprintf("SC99%04d", 9000+n), p.Name, "Children's home", pick(g.stream(p.Code), []string{"Private", "Local authority", "Voluntary"}), "Wrenshire",
				ukDate(g.daysAgo(2000+n*311)), fmt.Sprint(4+n%3), pick(g.stream(p.Code+" judged"), []string{"Good", "Requires improvement to be good"}), p.Postcode, fmt.Sprint(p.Easting), fmt.Sprint(p.Northing))
		}
	}
	s.done()
}

// exclusions writes the council's sheet of suspensions and permanent exclusions.
func (g *generator) exclusions() {
	r := g.stream("exclusions")
	s := g.sheet("schools/exclusions.csv", "WCSC", "exclusions")
	s.row("UPN", "Surname", "Forename", "DOB", "School", "URN", "Year Group", "Type", "Reason", "Start Date", "End Date", "Sessions")
	var pupils []int
	for _, i := range g.knownTo(inSchool) {
		if i != 0 {
			pupils = append(pupils, i)
		}
	}
	total := len(pupils) * 22 / 100
	for n := range total {
		i := pick(r, pupils)
		p := &g.people[i]
		e := g.record(r, p, &carefulHabits)
		start := g.moment(r).Truncate(24 * time.Hour)
		for start.Weekday() == time.Saturday || start.Weekday() == time.Sunday {
			start = start.AddDate(0, 0, -1)
		}
		kind, days := "Suspension", between(r, 1, 5)
		until := ukDate(start.AddDate(0, 0, days-1))
		if chance(r, 0.06) {
			kind, until = "Permanent exclusion", ""
		}
		name, urn := g.schoolOf(p.school)
		s.about(i, e.upn, e.family, e.given, ukDate(e.born), name, urn, fmt.Sprint(min(max(p.age-4, 7), 13)), kind,
			pick(r, []string{"Persistent disruptive behaviour", "Physical assault against a pupil", "Verbal abuse or threatening behaviour against an adult", "Drug and alcohol related", "Use or threat of use of an offensive weapon", "Damage"}),
			ukDate(start), until, fmt.Sprint(days*2))
		if n == total/2 {
			s.bad("Start Date", "an exclusion without a date cannot be counted in any month", e.upn, e.family, e.given, ukDate(e.born), name, urn, "9", "Suspension", "Damage", "", "", "2")
		}
	}
	s.done()
}

// schoolOf is the name and number of the school an agency stands for.
func (g *generator) schoolOf(agency string) (name, urn string) {
	place := map[string]string{"TMA": "XS01", "OHS": "XS02", "TQC": "XS03"}[agency]
	return g.geo.byCode[place].Name, schoolURN(place)
}

func schoolURN(place string) string { return "9990" + place[2:] }

// attendance writes one school's sessions by pupil and term: possible, authorised, unauthorised.
func (g *generator) attendance() {
	r := g.stream("attendance")
	s := g.sheet("schools/quay_centre_attendance.csv", "TQC", "")
	s.row("UPN", "Term", "Possible Sessions", "Authorised Absence", "Unauthorised Absence")
	for _, i := range g.knownTo(inSchool) {
		if p := &g.people[i]; p.school == "TQC" {
			for _, term := range []string{"Autumn", "Spring", "Summer"} {
				possible := between(r, 90, 126)
				s.about(i, p.UPN, term, fmt.Sprint(possible), fmt.Sprint(r.IntN(possible/5)), fmt.Sprint(r.IntN(possible/3)))
			}
		}
	}
	s.done()
}

// schoolsRegister writes the schools as a register of establishments has them.
func (g *generator) schoolsRegister() {
	s := g.sheet("open-data/schools_register.csv", "WCCS", "schools-register", windows1252)
	s.row("URN", "LA (code)", "LA (name)", "EstablishmentNumber", "EstablishmentName", "TypeOfEstablishment (code)", "TypeOfEstablishment (name)", "EstablishmentStatus (name)",
		"PhaseOfEducation (name)", "StatutoryLowAge", "StatutoryHighAge", "SchoolCapacity", "NumberOfPupils", "Postcode", "DistrictAdministrative (code)", "Easting", "Northing")
	for n, p := range g.geo.places {
		code, kind, phase, low, high := "", "", "Secondary", "11", "16"
		places := 900 + n*37
		switch {
		case p.Kind == "pupil referral unit":
			code, kind, phase, places = "14", "Pupil referral unit", "Not applicable", 48
		case p.Kind == "college":
			code, kind, phase, low, high = "18", "Further education", "16 plus", "16", "99"
		case p.Kind == "school" && (p.Code == "XS04" || p.Code == "XS05"):
			code, kind, phase, low, high, places = "01", "Community school", "Primary", "4", "11", 210
		case p.Kind == "school":
			code, kind = "34", "Academy converter"
		default:
			continue
		}
		s.row(schoolURN(p.Code), "991", "Wrenshire", fmt.Sprint(4000+n), p.Name, code, kind, "Open", phase, low, high, fmt.Sprint(places), fmt.Sprint(places*(84+n)/100), p.Postcode, "XC01",
			fmt.Sprint(p.Easting), fmt.Sprint(p.Northing))
	}
	s.bad("EstablishmentName", "a school without a name or number is no school that can be shown", "", "991", "Wrenshire", "", "", "34", "Academy converter", "Open", "Secondary", "11", "16", "", "", "", "XC01", "", "")
	s.done()
}
