package profile

import "strings"

// schoolTypes are the establishment types of Get Information about Schools that are more than a school, by code.
var schoolTypes = map[string]PlaceKind{
	"14": AlternativeProvision, // pupil referral unit
	"38": AlternativeProvision, // free school, alternative provision
	"42": AlternativeProvision, // academy, alternative provision converter
	"43": AlternativeProvision, // academy, alternative provision sponsor led
	"7":  SpecialSchool, "8": SpecialSchool, "10": SpecialSchool, "12": SpecialSchool, "33": SpecialSchool, "36": SpecialSchool, "44": SpecialSchool,
	"24": SecureUnit, "57": SecureUnit,
	"18": College, "29": College, "31": College, "32": College, "39": College, "45": College, "46": College,
	"25": OtherPlace, "27": OtherPlace, "37": OtherPlace,
}

// school reads an establishment of the register of schools.
func (c *cursor) school() Record {
	p := &PlaceRow{
		Reference: c.text(fPlaceURN), Name: squash(c.text(fPlaceName)), Words: c.text(fPlaceKind), Status: c.text(fStatus), Address: c.together(fAddress),
		District: c.text(fDistrictCode), Authority: c.text(fLAName), Phase: c.text(fPhase), Provider: c.text(fProvider),
		LowAge: c.count(fLowAge), HighAge: c.count(fHighAge), Capacity: c.count(fCapacity), Pupils: c.count(fPupils),
	}
	p.Opened, p.ClosedOn = c.date(fPlaceOpened, false), c.date(fPlaceClosed, false)
	c.placed(p)
	if p.Reference == "" {
		c.refuse(fPlaceURN, "", "no URN; expected the establishment's six digits")
	}
	code := strings.TrimLeft(c.text(fPlaceKindCode), "0")
	var known bool
	if p.Kind, known = schoolTypes[code]; !known {
		p.Kind = School
		if code == "" {
			p.Kind = placeKindOf(p.Words, School)
		}
	}
	return p
}

// home reads a home or other registered setting. Where children live is guarded whatever the list is.
func (c *cursor) home() Record {
	p := &PlaceRow{
		Reference: c.text(fPlaceURN), Name: squash(c.text(fPlaceName)), Words: c.text(fPlaceKind), Status: c.text(fStatus), Address: c.together(fAddress),
		Authority: c.text(fLAName), Provider: c.text(fProvider), Sector: c.text(fSector), Capacity: c.count(fPlaces),
		LowAge: c.count(fLowAge), HighAge: c.count(fHighAge), Guarded: true,
	}
	p.Opened, p.ClosedOn = c.date(fPlaceOpened, false), c.date(fPlaceClosed, false)
	c.texts(fNotes, func(_, v string) { p.Notes = join(p.Notes, v) })
	c.placed(p)
	p.Kind = placeKindOf(p.Words, ChildrensHome)
	return p
}

// place reads a place of a partner's own list.
func (c *cursor) place() Record {
	p := &PlaceRow{
		Reference: c.text(fReference), Name: squash(c.text(fPlaceName)), Words: c.text(fPlaceKind), Status: c.text(fStatus), Address: c.together(fAddress),
		Provider: c.text(fProvider), Capacity: c.count(fCapacity),
	}
	c.texts(fNotes, func(_, v string) { p.Notes = join(p.Notes, v) })
	c.placed(p)
	p.Kind = placeKindOf(p.Words, OtherPlace)
	p.Guarded = p.Kind == ChildrensHome || p.Kind == SupportedAccommodation || p.Kind == SecureUnit || strings.Contains(words(p.Words), "refuge")
	if p.Address == "" && p.Location.Postcode == "" && p.Location.UPRN == "" && !p.Location.Located() && p.Location.Text == "" {
		c.refuse(fAddress, "", "nothing says where the place is; expected a postcode, an address or coordinates")
	}
	return p
}

// placed reads what every sort of place has: a name, somewhere to be, and whether it is closed.
func (c *cursor) placed(p *PlaceRow) {
	c.location(&p.Location)
	if p.Location.Text == "" {
		p.Location.Text = p.Address
	}
	status := words(p.Status)
	p.Closed = p.ClosedOn.Known() && !strings.HasPrefix(status, "open") || strings.HasPrefix(status, "closed") || strings.HasPrefix(status, "deregistered") || strings.HasPrefix(status, "resigned") || strings.HasPrefix(status, "cancelled")
	if p.Name == "" {
		c.refuse(fPlaceName, "", "no name; expected what the place is called")
	}
}

// placeKindOf sorts a partner's words for a place; otherwise is what it is when they say nothing that is known.
func placeKindOf(value string, otherwise PlaceKind) PlaceKind {
	w := words(value)
	has := func(list ...string) bool {
		for _, s := range list {
			if strings.Contains(w, s) {
				return true
			}
		}
		return false
	}
	switch {
	case w == "":
		return otherwise
	case has("pupil referral", "alternative provision") || w == "pru" || w == "ap":
		return AlternativeProvision
	case has("secure"):
		return SecureUnit
	case has("childrens home", "residential home", "residential childrens", "care home for children"):
		return ChildrensHome
	case has("supported accommodation", "semi independent", "supported lodging"):
		return SupportedAccommodation
	case has("special"):
		return SpecialSchool
	case has("college", "further education", "sixth form", "university"):
		return College
	case has("school", "academy"):
		return School
	case otherwise == ChildrensHome:
		return OtherPlace // a children's list holds fostering agencies and the like too
	}
	return otherwise
}

// postcode reads a row of a postcode directory: ONSPD, NSPL or Code-Point Open.
func (c *cursor) postcode() Record {
	p := &PostcodeRow{
		Country: c.text(fCountry), Region: c.text(fRegion), County: c.text(fCounty), District: c.text(fDistrict), Ward: c.text(fWardCode), Parish: c.text(fParish),
		LSOA11: c.text(fLSOA11), LSOA21: c.text(fLSOA21), MSOA: c.text(fMSOA), Force: c.text(fPFA), LargeUser: c.text(fUserType) == "1",
	}
	if c.r.headerless {
		p.County, p.District, p.Ward, p.Country = madeUp(p.County), madeUp(p.District), madeUp(p.Ward), madeUp(p.Country)
	}
	for _, f := range [...]field{fPCDS, fPCD7, fPCD8} {
		if v := c.text(f); v != "" {
			if p.Postcode = strings.ToUpper(compact(v)); !looksLikePostcode(v) {
				c.refuse(f, v, "not a postcode; expected, for example, AB1 0AA")
			}
			break
		}
	}
	if p.Postcode == "" && !c.refused {
		c.refuse(fPCDS, "", "no postcode")
	}
	p.Introduced, p.Terminated = c.yearMonth(fIntroduced), c.yearMonth(fTerminated)
	if q := c.text(fQuality); isDigits(q) {
		p.Quality = atoi(q)
	}
	p.IrishGrid = strings.HasPrefix(p.Country, "N92") || strings.HasPrefix(p.Postcode, "BT")
	c.degrees(&p.Location, fLongitude, fLatitude)
	if e, n := c.text(fEasting), c.text(fNorthing); p.Quality != 9 && p.Quality != 90 && (e != "" || n != "") {
		c.metres(&p.Location, fEasting, fNorthing)
	}
	p.Location.AreaCode = p.LSOA21
	return p
}

// madeUp takes back what reading a row as column names has added: "Column F" for an empty cell, "S92000003 (2)" for
// a value that stood twice.
func madeUp(s string) string {
	if strings.HasPrefix(s, "Column ") {
		return ""
	}
	if i := strings.LastIndex(s, " ("); i > 0 && strings.HasSuffix(s, ")") && isDigits(s[i+2:len(s)-1]) {
		return s[:i]
	}
	return s
}

// yearMonth reads the six digits in which the postcode directories give months: 199606.
func (c *cursor) yearMonth(f field) Date {
	v := c.text(f)
	if v == "" {
		return Date{}
	}
	if len(v) == 6 && isDigits(v) {
		v = v[:4] + "-" + v[4:]
	}
	d, _, err := ParseDate(v, DateRules{})
	if err != nil {
		c.warn(f, c.text(f), "not a month; expected six digits such as 199606; taken as missing")
	}
	return d
}
