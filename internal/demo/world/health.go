package world

import (
	"fmt"
	"math"
	"sort"
	"time"
)

// share says how a count that rises from one year to the next falls on the months and sources of two years. The curve
// is an exponential through both years' totals, cut into whole numbers month by month, so that each year's total is
// exact; within each year it climbs steepness times as fast as that; sources take turns by their weights.
func share(first, second int, steepness float64, sources []float64) [months][]int {
	rate := steepness * math.Log(float64(second)/float64(first)) / 12
	var out [months][]int
	taken := make([]int, len(sources))
	total := 0.0
	for _, w := range sources {
		total += w
	}
	given := 0
	for half, count := range []int{first, second} {
		whole := 0.0
		for m := range 12 {
			whole += math.Exp(rate * float64(half*12+m))
		}
		sum, done := 0.0, 0
		for m := range 12 {
			sum += math.Exp(rate * float64(half*12+m))
			upTo := int(math.Round(float64(count) * sum / whole))
			month := make([]int, len(sources))
			for ; done < upTo; done++ {
				given++
				best, most := 0, math.Inf(-1)
				for s, w := range sources {
					if behind := w/total*float64(given) - float64(taken[s]); behind > most {
						best, most = s, behind
					}
				}
				taken[best]++
				month[best]++
			}
			out[half*12+m] = month
		}
	}
	return out
}

// The rising counts of the story, year on year.
var (
	hospitals      = []string{"Wrenford Royal Hospital", "Osierham Infirmary"}
	knifeInjuries  = share(21, 39, 1.6, []float64{2, 1})
	referrers      = []string{"Front door", "Schools", "Youth justice"}
	referralCounts = share(50, 82, 1, []float64{3, 2, 1})
	screenings     = share(190, 300, 1, []float64{3, 2, 1})
)

// hospital writes what emergency departments share about violence: time, place in words, weapon; never a name.
func (g *generator) hospital() {
	r := g.stream("hospital")
	type attendance struct {
		at                   time.Time
		site, place, weapon  string
		sex, age, assailants string
	}
	var all []attendance
	inMonth := func(m int) time.Time {
		days := int(g.months[m].AddDate(0, 1, 0).Sub(g.months[m]).Hours() / 24)
		return g.months[m].AddDate(0, 0, r.IntN(days)).Add(time.Duration(r.IntN(24*60)) * time.Minute)
	}
	add := func(m int, site, weapon string) {
		place, _ := "", 0
		if chance(r, 0.85) {
			place = pick(r, []string{"outside the arcade, Gosling Sands", "nr Wrenford bus stn", "retail park", "home", "Tidemill rec", "train station", "street - would not say", "pub", "school", "Quay St by the bridge"})
		}
		all = append(all, attendance{inMonth(m), site, place, weapon, pick(r, []string{"Male", "Male", "Male", "Female"}), pick(r, []string{"10-14", "15-19", "15-19", "20-24", "25-34", "35+"}), pick(r, []string{"1", "1", "2", "3+", ""})})
	}
	for m := range months {
		for s, site := range hospitals {
			for range knifeInjuries[m][s] {
				add(m, site, "Knife or sharp object")
			}
			for range g.opt.People * (2 - s) / 200 {
				add(m, site, pick(r, []string{"Fist", "Fist", "Feet", "Bottle or glass", "Blunt object", "Not known", ""}))
			}
		}
	}
	sort.SliceStable(all, func(i, j int) bool { return all[i].at.Before(all[j].at) })
	s := g.sheet("hospital/assault_attendances_istv.csv", "WHT", "events", newlines)
	s.row("Attendance Date", "Attendance Time", "Site", "Incident Type", "Location of Assault", "Weapon", "Age Band", "Sex", "Number of Assailants")
	for n, a := range all {
		s.row(ukDate(a.at), a.at.Format("15:04"), a.site, "Emergency department injury", a.place, a.weapon, a.age, a.sex, a.assailants)
		if n == len(all)/3 {
			s.bad("Attendance Date", "there is no day nought", "00/00/"+a.at.Format("2006"), "23:10", a.site, "Emergency department injury", "pub", "Fist", "20-24", "Male", "1")
		}
	}
	s.done()
}

// ambulance writes calls to violence: no name, the postcode's sector, and where the patient was taken.
func (g *generator) ambulance() {
	r := g.stream("ambulance")
	s := g.sheet("ambulance/violence_calls.csv", "WAS", "events")
	s.row("Incident Number", "Call Date", "Call Time", "Incident Type", "Location", "Postcode Sector", "Age Band", "Sex", "Conveyed To")
	var at []time.Time
	for range g.opt.People * 12 / 100 {
		at = append(at, g.moment(r))
	}
	sort.Slice(at, func(i, j int) bool { return at[i].Before(at[j]) })
	for n, t := range at {
		pc := &g.geo.postcodes[r.IntN(len(g.geo.postcodes))]
		s.row(fmt.Sprintf("AM%07d", 4000000+n*3), ukDate(t), t.Format("15:04"), pick(r, []string{"Assault", "Assault", "Assault - head injury", "Stab wound", "Overdose"}),
			pc.street, pc.text[:len(pc.text)-2], pick(r, []string{"10-14", "15-19", "20-24", "25-34", "35+", "Unknown"}), pick(r, []string{"M", "M", "F", ""}),
			pick(r, []string{"Wrenford Royal Hospital", "Osierham Infirmary", "Not conveyed"}))
	}
	s.done()
}

// housingComplaints writes a landlord's cases of nuisance by address.
func (g *generator) housingComplaints() {
	r := g.stream("complaints")
	s := g.sheet("housing/asb_cases.xlsx", "FHA", "events", asWorkbook)
	s.row("Case Ref", "Date Reported", "Category", "Address", "Postcode", "Status")
	var at []time.Time
	for range g.opt.People * 10 / 100 {
		at = append(at, g.moment(r))
	}
	sort.Slice(at, func(i, j int) bool { return at[i].Before(at[j]) })
	for n, t := range at {
		pc := &g.geo.postcodes[r.IntN(len(g.geo.postcodes))]
		s.row(fmt.Sprintf("ASB%05d", 30000+n), ukDate(t), pick(r, []string{"Noise nuisance", "Noise nuisance", "Drug dealing", "Cuckooing concern", "Harassment", "Rowdy behaviour", "Vandalism – communal area"}),
			fmt.Sprintf("%d %s", between(r, 1, 120), pc.street), pc.text, pick(r, []string{"Open", "Closed", "Closed"}))
	}
	s.done()
}

// series writes the monthly counts beside the effort they were found with: for the hospitals' returns, that they came.
func (g *generator) series() {
	sheet := func(path, agency string) *sheet {
		s := g.sheet(path, agency, "series")
		s.row("series", "what", "unit", "source_kind", "month", "source", "effort", "count", "definition")
		return s
	}
	knives := sheet("hospital/knife_injuries_monthly.csv", "WHT")
	found := sheet("community-safety/exploitation_referrals_monthly.csv", "WCCS")
	searches := sheet("police/stop_and_search_monthly.csv", "WPOL")
	r := g.stream("searches")
	for m := range months {
		name := g.months[m].Format("2006-01")
		wording := "child-criminal-exploitation v1" // the statutory guidance's, until the agencies had adopted their own
		if !g.months[m].Before(g.adoptedOn(cceDays)) {
			wording = "child-criminal-exploitation v2"
		}
		for s, site := range hospitals {
			knives.row("Knife injuries seen in hospital", "knife injuries", "returns", "hospital", name, site, "1", fmt.Sprint(knifeInjuries[m][s]), "")
		}
		for s, referrer := range referrers {
			found.row("Exploitation referrals", "referrals", "screenings", "referrer", name, referrer, fmt.Sprint(screenings[m][s]), fmt.Sprint(referralCounts[m][s]), wording)
		}
		n := searchesIn(m) * g.opt.People / DefaultPeople
		searches.row("Stop and search: something found", "searches that found something", "searches", "team", name, "Neighbourhood teams", fmt.Sprint(n), fmt.Sprint(n*between(r, 24, 31)/100), "")
	}
	knives.done()
	found.done()
	searches.done()
}
