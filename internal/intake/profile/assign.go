package profile

import (
	"fmt"
	"strings"
)

// Layout is the kind of agency whose list a file of people looks like. It decides how an ambiguous column is read (a
// URN is a person's in a police list and a school's elsewhere) and is shown to the person who loads the file.
type Layout string

// The layouts.
const (
	PoliceLayout       Layout = "police"
	YouthJusticeLayout Layout = "youth justice"
	SchoolLayout       Layout = "school"
	SocialCareLayout   Layout = "social care"
	CharityLayout      Layout = "charity"
	HealthLayout       Layout = "health"
	HousingLayout      Layout = "housing"
)

// assignment says which column of a header holds which field of a profile.
type assignment struct {
	profile *Profile
	header  []string
	keys    []string
	fields  []field
	ranks   []int
	role    string // whose columns these are, from their names: Victim surname
	layout  Layout
	notes   []string
}

// neutralPrefixes stand before the name of a column in lists of people and say nothing.
var neutralPrefixes = strings.Fields("childs child pupils pupil students student clients client persons person subjects subject youngpersons youngperson yps yp serviceusers serviceuser nominals nominal participants participant members member learners learner patients patient customers customer individuals individual residents resident tenants tenant persons pers su")

// rolePrefixes stand before the name of a column and say what part the person had in the row's event.
var rolePrefixes = strings.Fields("victims victim suspects suspect offenders offender witness perpetrators perpetrator accused defendants defendant aggrieved")

func (p *Profile) assign(header []string) *assignment {
	a := &assignment{profile: p, header: header, keys: make([]string, len(header)), fields: make([]field, len(header)), ranks: make([]int, len(header))}
	var best [fieldCount]int
	for i, h := range header {
		a.keys[i] = headerKey(h)
		r, role, ok := p.lookup(a.keys[i])
		if !ok {
			continue
		}
		if role != "" && a.role == "" {
			a.role = role
		}
		if role != "" && role != a.role {
			a.notes = append(a.notes, fmt.Sprintf("the columns of %ss come before those of %ss; a row is one person, so %q is not read: load the file again with a mapping for it", a.role, role, h))
			continue
		}
		if many[r.field] {
			a.fields[i] = r.field
			continue
		}
		at := best[r.field] - 1 // stored one up, so that zero is none
		if at >= 0 && a.ranks[at] <= r.rank {
			a.notes = append(a.notes, fmt.Sprintf("%q and %q both look like the %s; the first is read", header[at], h, r.field.title()))
			continue
		}
		if at >= 0 {
			a.fields[at] = fNone
			a.notes = append(a.notes, fmt.Sprintf("%q and %q both look like the %s; the second is read", header[at], h, r.field.title()))
		}
		a.fields[i], a.ranks[i], best[r.field] = r.field, r.rank, i+1
	}
	if p.persons {
		a.settle()
	}
	return a
}

// lookup finds the field for a folded column name.
func (p *Profile) lookup(key string) (ranked, string, bool) {
	if key == "" {
		return ranked{}, "", false
	}
	if r, ok := p.index[key]; ok {
		return r, "", true
	}
	for _, u := range p.uses {
		if u.pattern != nil && !many[u.field] && u.pattern.MatchString(key) {
			return ranked{u.field, 500}, "", true
		}
	}
	if base := strings.TrimRight(key, "0123456789"); base != key {
		if r, ok := p.index[base]; ok && many[r.field] {
			return r, "", true
		}
	}
	if p.persons {
		for _, prefix := range neutralPrefixes {
			if rest, found := strings.CutPrefix(key, prefix); found {
				if r, ok := p.index[rest]; ok {
					return ranked{r.field, r.rank + 1000}, "", true
				}
			}
		}
		for _, prefix := range rolePrefixes {
			if rest, found := strings.CutPrefix(key, prefix); found {
				if r, ok := p.index[rest]; ok {
					return ranked{r.field, r.rank + 1000}, strings.TrimSuffix(prefix, "s"), true
				}
			}
		}
	}
	for _, u := range p.uses {
		if u.pattern != nil && many[u.field] && u.pattern.MatchString(key) {
			return ranked{u.field, 500}, "", true
		}
	}
	return ranked{}, "", false
}

// settle decides what single names leave open in a list of people.
func (a *assignment) settle() {
	a.layout = a.findLayout()
	otherAddress := false
	for i, k := range a.keys {
		otherAddress = otherAddress || a.fields[i] == fAddress && k != "area"
	}
	for i, k := range a.keys {
		switch {
		case k == "streetname" && otherAddress:
			a.fields[i] = fAddress // the name of a street, not a name used on it
		case a.fields[i] == fURN && a.layout == SchoolLayout:
			a.fields[i] = fSchoolURN
		case a.profile.Name == MissingEpisodes && k == "missingfrom" && a.fields[i] == fPlaceFrom && a.column(fStart) < 0 && a.hasKey("missingto", "missinguntil"):
			a.fields[i] = fStart
		}
	}
}

// layoutSigns are the columns that only one kind of agency's lists have. Identifiers count two.
var layoutSigns = [...]struct {
	layout Layout
	fields []field
	keys   string
}{
	{PoliceLayout, []field{fPNC, fCRO, fPoliceID}, "crimeref crimereference crimeno crimenumber occurrenceno occurrencenumber offence offencetype offencecode beat mo custodyref custodyno cad cadref urn"},
	{YouthJusticeLayout, []field{fYJB}, "disposal order ordertype legaloutcome yjsworker yotworker asset assetplus supervisingofficer interventiontype outofcourtdisposal"},
	{SchoolLayout, []field{fUPN, fPupilID}, "form tutorgroup reggroup regform house attendance attendancepc fsm pupilpremium senstatus yeargroup ncyear ncyearactual exclusions"},
	{SocialCareLayout, []field{fLAChild}, "socialworker cin cla lac cpp cpplan primaryneed casestatus allocatedworker misslapersonid perspersonid mcdob legalstatus cinreferraldate"},
	{CharityLayout, nil, "project service programme lawfulbasis consent keyworker referralsource referredby mentor supportworker firstcontact hearabout clientref clientid dateofconsent"},
	{HealthLayout, []field{fNHS}, "gp gppractice hospital hospitalno attendancedate arrivaldate mrn"},
	{HousingLayout, nil, "tenancy tenancyref tenancyno landlord rentaccount property propertyref tenancystart tenancystartdate"},
}

func (a *assignment) findLayout() Layout {
	var best Layout
	most, tie := 0, false
	for _, s := range layoutSigns {
		n := 0
		for _, f := range s.fields {
			if a.column(f) >= 0 {
				n += 2
			}
		}
		for _, k := range strings.Fields(s.keys) {
			if a.hasKey(k) {
				n++
			}
		}
		switch {
		case n > most:
			best, most, tie = s.layout, n, false
		case n == most:
			tie = true
		}
	}
	if tie {
		return ""
	}
	return best
}

// column is the position of the (first) column of a field, -1 when there is none.
func (a *assignment) column(f field) int {
	for i, g := range a.fields {
		if g == f {
			return i
		}
	}
	return -1
}

func (a *assignment) hasAny(list ...field) bool {
	for _, f := range list {
		if a.column(f) >= 0 {
			return true
		}
	}
	return false
}

// hasKey reports whether a column has one of these folded names.
func (a *assignment) hasKey(keys ...string) bool {
	for _, have := range a.keys {
		for _, k := range keys {
			if have == k {
				return true
			}
		}
	}
	return false
}

// missing are the needs that no column meets, in words.
func (a *assignment) missing(fixed map[field]bool) []string {
	var out []string
	for _, n := range a.profile.needs {
		met := a.hasAny(n.any...)
		for _, f := range n.any {
			met = met || fixed[f]
		}
		if !met {
			out = append(out, n.words)
		}
	}
	return out
}

// mapped counts the columns with a name, and those of them that are read.
func (a *assignment) mapped() (read, named int) {
	for i, k := range a.keys {
		if k == "" {
			continue
		}
		named++
		if a.fields[i] != fNone {
			read++
		}
	}
	return read, named
}
