package world

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"time"
)

// openMonths is how many months of open data there are.
const openMonths = 3

// A snap is a map point of open data: real positions are moved to the nearest before publication.
type snap struct {
	at         point
	name       string
	lsoa, lsoN string
}

// snaps lays out a dozen map points a ward.
func (g *generator) snaps(r *rand.Rand) []snap {
	var out []snap
	for k := range g.geo.wards {
		for range 12 {
			at := g.geo.near(r, k)
			code, name := g.geo.lsoaOf(at)
			out = append(out, snap{at, "On or near " + pick(r, streetFirst) + " " + pick(r, streetSecond), code, name})
		}
	}
	return out
}

// openStreetCrime writes the last months in the layout of data.police.uk, with its gaps: no place for one row in fifty,
// no id for anti-social behaviour, and an id that repeats now and then.
func (g *generator) openStreetCrime() {
	r := g.stream("street crime")
	points := g.snaps(r)
	types := words("Violence_and_sexual_offences Violence_and_sexual_offences Violence_and_sexual_offences Anti-social_behaviour Anti-social_behaviour Shoplifting " +
		"Criminal_damage_and_arson Other_theft Public_order Burglary Drugs Vehicle_crime Possession_of_weapons Robbery Theft_from_the_person Bicycle_theft Other_crime")
	for m := months - openMonths; m < months; m++ {
		month := g.months[m].Format("2006-01")
		s := g.sheet(fmt.Sprintf("open-data/%s/%s-wrenshire-street.csv", month, month), "WPOL", "police-uk-street")
		s.row("Crime ID", "Month", "Reported by", "Falls within", "Longitude", "Latitude", "Location", "LSOA code", "LSOA name", "Crime type", "Last outcome category", "Context")
		last := ""
		for n := range g.opt.People * 12 / 100 {
			kind := underscored(pick(r, types))
			p := points[r.IntN(len(points))]
			lon, lat := p.at.wgs84()
			cells := []string{openID(g.opt.Seed, m, n), month, "Wrenshire Police", "Wrenshire Police", fmt.Sprintf("%.6f", lon), fmt.Sprintf("%.6f", lat), p.name, p.lsoa, p.lsoN,
				kind, pick(r, []string{"Investigation complete; no suspect identified", "Unable to prosecute suspect", "Under investigation", "Awaiting court outcome", "Local resolution"}), ""}
			if chance(r, 0.02) {
				cells[4], cells[5], cells[6], cells[7], cells[8] = "", "", "No Location", "", ""
			}
			switch {
			case kind == "Anti-social behaviour":
				cells[0], cells[10] = "", ""
			case chance(r, 0.003) && last != "":
				cells[0] = last
			default:
				last = cells[0]
			}
			s.row(cells...)
		}
		s.done()
	}
}

func underscored(s string) string {
	b := []byte(s)
	for i := range b {
		if b[i] == '_' {
			b[i] = ' '
		}
	}
	return string(b)
}

// openID is an id of the length and letters that open data has.
func openID(seed uint64, month, n int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d/%d/%d", seed, month, n))
	return hex.EncodeToString(sum[:])
}

// stopAndSearch writes the last months in the layout of data.police.uk. Searches are looking: a month of them is effort.
func (g *generator) stopAndSearch() {
	r := g.stream("stop and search")
	points := g.snaps(r)
	for m := months - openMonths; m < months; m++ {
		month := g.months[m]
		name := month.Format("2006-01")
		s := g.sheet(fmt.Sprintf("open-data/%s/%s-wrenshire-stop-and-search.csv", name, name), "WPOL", "police-uk-stop-and-search")
		s.row("Type", "Date", "Part of a policing operation", "Policing operation", "Latitude", "Longitude", "Gender", "Age range", "Self-defined ethnicity",
			"Officer-defined ethnicity", "Legislation", "Object of search", "Outcome", "Outcome linked to object of search", "Removal of more than just outer clothing")
		days := int(month.AddDate(0, 1, 0).Sub(month).Hours() / 24)
		for range searchesIn(m) * g.opt.People / DefaultPeople {
			p := points[r.IntN(len(points))]
			lon, lat := p.at.wgs84()
			at := month.AddDate(0, 0, r.IntN(days)).Add(time.Duration(r.IntN(24*60)) * time.Minute)
			object, law := "Controlled drugs", "Misuse of Drugs Act 1971 (section 23)"
			if chance(r, 0.4) {
				object, law = pick(r, []string{"Offensive weapons", "Stolen goods", "Articles for use in criminal damage"}), "Police and Criminal Evidence Act 1984 (section 1)"
			}
			outcome, linked := "A no further action disposal", ""
			if chance(r, 0.3) {
				outcome, linked = pick(r, []string{"Arrest", "Community resolution", "Penalty Notice for Disorder"}), pick(r, []string{"True", "False"})
			}
			s.row(pick(r, []string{"Person search", "Person search", "Person and Vehicle search"}), at.Format("2006-01-02T15:04:05+00:00"), "False", "",
				fmt.Sprintf("%.6f", lat), fmt.Sprintf("%.6f", lon), pick(r, []string{"Male", "Male", "Male", "Female"}), pick(r, []string{"10-17", "18-24", "18-24", "25-34", "over 34", ""}),
				pick(r, selfDefined), pick(r, []string{"White", "White", "White", "Black", "Asian", "Other", ""}), law, object, outcome, linked, "")
		}
		s.done()
	}
}

// selfDefined are answers people give when they are searched, drawn without looking at anything else of the row.
var selfDefined = []string{"White - English/Welsh/Scottish/Northern Irish/British", "White - English/Welsh/Scottish/Northern Irish/British", "White - Any other White background",
	"Black/African/Caribbean/Black British - African", "Asian/Asian British - Pakistani", "Mixed/Multiple ethnic groups - Any other Mixed/Multiple ethnic background",
	"Other ethnic group - Not stated", "Other ethnic group - Not stated"}

// searchesIn is how many searches a partnership of the usual size records in a month.
func searchesIn(m int) int { return 24 + m/2 }
