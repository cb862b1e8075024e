package world

import (
	"fmt"
	"time"
)

// linked is how many people are linked from each district of the city to each force, confirmed and suspected, by supply
// and by violence. The smallest are there to be hidden.
var linked = []struct {
	district, force                                string
	people, confirmed, suspected, supply, violence int
}{
	{"Eastmoor", "Wrenshire", 9, 6, 3, 7, 2}, {"Docksmere", "Wrenshire", 6, 5, 1, 5, 1}, {"Eastmoor", "Marlwick", 5, 4, 1, 4, 1},
	{"Highfold", "Dunmere", 5, 3, 2, 3, 2}, {"Docksmere", "Carrowfen", 3, 2, 1, 3, 0}, {"Highfold", "Marlwick", 2, 1, 1, 1, 1}, {"Tannery", "Wrenshire", 1, 1, 0, 1, 0},
}

// flows writes who is linked from where to where, as counts.
func (g *generator) flows() {
	s := g.sheet("community-safety/city_to_forces.csv", "WCCS", "flows")
	s.row("origin", "destination", "people", "confirmed", "suspected", "supply", "violence", "period", "source")
	period := g.months[12].Format("2006-01") + "/" + g.months[23].Format("2006-01")
	for _, l := range linked {
		s.row(l.district, l.force, fmt.Sprint(l.people), fmt.Sprint(l.confirmed), fmt.Sprint(l.suspected), fmt.Sprint(l.supply), fmt.Sprint(l.violence), period, "Regional line desk")
	}
	s.bad("people", "a number was expected", "Foundry Bank", "Dunmere", "several", "", "", "", "", period, "Regional line desk")
	s.done()
}

// vulnerablePlaces writes the places partners have raised concerns about. The two of the story are not on it.
func (g *generator) vulnerablePlaces() {
	s := g.sheet("community-safety/vulnerable_places.csv", "WCCS", "places")
	s.row("Place Name", "Place Type", "Address", "Postcode", "Easting", "Northing", "Raised By", "Date Raised", "Concern")
	for n, code := range []string{"XT01", "XT04", "XR01", "XR02", "XR03", "XT02"} {
		p := g.geo.byCode[code]
		s.row(p.Name, p.Kind, p.Name, p.Postcode, fmt.Sprint(p.Easting), fmt.Sprint(p.Northing), "Tasking meeting", ukDate(g.daysAgo(300-n*31)), "Groups of young people approached by adults")
	}
	s.done()
}

// runProgramme draws one intervention's referrals and how far each went.
func (g *generator) runProgramme() {
	r := g.stream("programme")
	const referred, accepted, began, again, safer = 61, 40, 29, 18, 14
	g.world.Programme = Programme{Name: "Minibus", Provider: "RYW"}
	var young []int
	for _, i := range g.knownTo(inCharity) {
		if g.people[i].age >= 11 && g.people[i].age <= 18 && i != 0 {
			young = append(young, i)
		}
	}
	r.Shuffle(len(young), func(i, j int) { young[i], young[j] = young[j], young[i] })
	for n := range referred {
		p := Participant{Referred: g.daysAgo(between(r, 200, 540))}
		if n < len(young) {
			p.Person = g.people[young[n]].ID
		}
		if n < accepted {
			p.Accepted = p.Referred.AddDate(0, 0, between(r, 3, 14))
		}
		if n < began {
			p.Began = p.Accepted.AddDate(0, 0, between(r, 5, 25))
			p.AskedFirst = p.Began.AddDate(0, 0, between(r, 0, 10))
		}
		if n < again {
			p.AskedAgain = p.AskedFirst.AddDate(0, 0, between(r, 85, 110))
			p.Feels = "safer"
			if n >= safer {
				p.Feels = pick(r, []string{"the same", "the same", "less safe"})
			}
		}
		g.world.Programme.People = append(g.world.Programme.People, p)
	}
	r.Shuffle(referred, func(i, j int) {
		q := g.world.Programme.People
		q[i], q[j] = q[j], q[i]
	})
}

// nextWorkingDay is the first weekday on or after a day.
func nextWorkingDay(t time.Time) time.Time {
	for t.Weekday() == time.Saturday || t.Weekday() == time.Sunday {
		t = t.AddDate(0, 0, 1)
	}
	return t
}
