package profile

import (
	"strings"

	"lantern.example/lantern/internal/fact"
)

// person reads a row of an agency's list of people.
func (c *cursor) person() Record {
	p := c.who()
	c.role(p)
	c.involvement(p)
	if len(p.Names) == 0 && len(p.Identifiers) == 0 {
		c.refuse(fSurname, c.raw(fSurname), "neither a name nor a number that stands for a person; expected one of them")
		return nil
	}
	if c.r.opt.DeIdentified {
		p.deIdentify()
	}
	return p
}

// subject reads the person an episode is about, nil when the row names nobody.
func (c *cursor) subject() *PersonRow {
	p := c.who()
	if len(p.Names) == 0 && len(p.Identifiers) == 0 && !p.Born.Known() {
		return nil
	}
	if c.r.opt.DeIdentified {
		p.deIdentify()
	}
	return p
}

// who reads everything a row says of a person but their part in an event.
func (c *cursor) who() *PersonRow {
	p := &PersonRow{Agency: c.agency(), Layout: c.r.layout}
	c.names(p)
	c.birth(p)
	c.sex(p)
	p.Sensitive = Sensitive{Religion: c.text(fReligion), Nationality: c.text(fNationality), Language: c.text(fLanguage), Disability: c.text(fDisability)}
	c.ethnicity(&p.Sensitive)
	c.address(p)
	c.identifiers(p)
	c.contacts(p)
	c.flags(p)
	p.School, p.SchoolURN, p.YearGroup = squash(c.text(fSchool)), c.text(fSchoolURN), c.text(fYearGroup)
	p.Guardian, p.LegalStatus, p.Placement, p.Worker = c.text(fGuardian), c.text(fLegalStatus), c.text(fPlacement), c.text(fWorker)
	p.Opened, p.Closed = c.date(fOpened, false), c.date(fClosed, false)
	p.LawfulBasis, p.Consent = c.text(fLawfulBasis), c.text(fConsent)
	c.texts(fNotes, func(_, v string) { p.Notes = join(p.Notes, v) })
	return p
}

func (c *cursor) names(p *PersonRow) {
	var main Name
	var others []Name
	surname, forename, full := c.raw(fSurname), c.raw(fForename), c.raw(fFullName)
	switch {
	case surname != "" || forename != "":
		var more []Name
		surname, more = insideNames(surname)
		forename, others = insideNames(forename)
		others = append(others, more...)
		main = SplitName(c.raw(fTitle), forename, c.raw(fMiddleName), surname)
		if full != "" && !main.Known() {
			main = ParseFullName(full)
		}
	case full != "":
		full, others = insideNames(full)
		main = ParseFullName(full)
		if main.Title == "" {
			main.Title = c.text(fTitle)
		}
	}
	if main.Known() {
		p.Names = append(p.Names, main)
	}
	for i := range others {
		if others[i].Kind == FormerName && others[i].Surname == "" {
			others[i].Surname, others[i].Forenames = others[i].Forenames, ""
		}
	}
	c.junk(main, surname, forename, full)
	p.Names = append(p.Names, others...)
	if v := c.raw(fPreferredName); v != "" && !JunkName(v) {
		p.Names = addUnlessSame(p.Names, otherName(tidyName(v), PreferredName), main)
	}
	if v := c.raw(fFormerName); v != "" && !JunkName(v) {
		p.Names = append(p.Names, otherName(tidyName(v), FormerName))
	}
	for _, l := range [...]struct {
		f    field
		kind NameKind
	}{{fAlias, AliasName}, {fStreetName, StreetName}} {
		c.texts(l.f, func(_, v string) {
			for _, one := range splitList(v) {
				p.Names = addOther(p.Names, one, l.kind)
			}
		})
	}
}

// junk warns of words that stand for the want of a name, and of digits in a name.
func (c *cursor) junk(main Name, surname, forename, full string) {
	warnIf := func(f field, v, taken string) {
		switch {
		case v == "":
		case taken == "" && !blank(v):
			c.warn(f, v, "what is written for the want of a name; taken as missing")
		case strings.ContainsAny(v, "0123456789"):
			c.warn(f, v, "a name with digits in it; kept")
		}
	}
	if surname != "" || forename != "" {
		warnIf(fSurname, surname, main.Surname)
		warnIf(fForename, forename, main.Forenames)
		return
	}
	warnIf(fFullName, full, main.Forenames+main.Surname)
}

func addUnlessSame(list []Name, n, main Name) []Name {
	if strings.EqualFold(n.Original, main.Forenames) || strings.EqualFold(n.Original, joinWords(main.Forenames, main.Surname)) {
		return list
	}
	return append(list, n)
}

// birth reads the date of birth, or else the age.
func (c *cursor) birth(p *PersonRow) {
	p.Born = c.date(fBirthDate, true)
	v := c.text(fAge)
	if v == "" || p.Born.Precision == fact.Day || p.Born.Precision == fact.Month {
		return
	}
	years, err := ParseAge(v)
	if err != nil {
		c.warn(fAge, v, err.Error()+"; taken as missing")
		return
	}
	if p.Born.Known() {
		return
	}
	d, _, err := ageDate(years, DateRules{AsAt: c.r.opt.AsAt})
	if err != nil {
		c.warn(fAge, v, err.Error()+"; taken as missing")
		return
	}
	p.Born = d
}

func (c *cursor) sex(p *PersonRow) {
	p.Gender = c.text(fGender)
	f := fSex
	if p.SexWords = c.text(fSex); p.SexWords == "" {
		f, p.SexWords = fGender, p.Gender
	}
	var ok bool
	if p.Sex, ok = ParseSex(p.SexWords); !ok {
		c.warn(f, p.SexWords, "not a sex that can be read; expected, for example, F or M; the words are kept")
	}
}

func (c *cursor) address(p *PersonRow) {
	a := Address{Text: c.together(fAddress), Postcode: c.text(fPostcode)}
	a.UPRN = c.uprn()
	if a == (Address{}) {
		return
	}
	a.From, a.To = c.date(fAddressFrom, false), c.date(fAddressTo, false)
	c.after(a.From, a.To, fAddressTo)
	p.Addresses = append(p.Addresses, a)
}

// identifierFields are the columns of identifiers and their kinds, strongest first.
var identifierFields = [...]struct {
	f    field
	kind IDKind
}{
	{fNHS, NHSNumber}, {fUPN, UPN}, {fFormerUPN, FormerUPN}, {fPNC, PNCID}, {fCRO, CRONumber}, {fULN, ULN}, {fNINO, NINumber}, {fPrison, PrisonNumber},
	{fLAChild, LAChildID}, {fYJB, YJBID}, {fPoliceID, PoliceID}, {fURN, PoliceID}, {fPupilID, PupilID}, {fRecordID, RecordID}, {fCaseRef, CaseReference},
}

func (c *cursor) identifiers(p *PersonRow) {
	for _, l := range identifierFields {
		if v := c.text(l.f); v != "" {
			c.identifier(p, l.f, l.kind, v)
		}
	}
	c.texts(fOtherID, func(_, v string) { c.identifier(p, fOtherID, OtherID, v) })
}

func (c *cursor) identifier(p *PersonRow, f field, kind IDKind, v string) {
	id, note, err := ParseIdentifier(kind, v, c.r.opt.AsAt)
	if err != nil {
		c.warn(f, v, err.Error()+"; taken as missing")
		return
	}
	if note != "" {
		c.warn(f, v, note)
	}
	if id.Value == "" {
		return
	}
	switch kind {
	case RecordID, LAChildID, YJBID, PoliceID, PupilID, CaseReference, OtherID:
		id.Issuer = p.Agency
	}
	p.Identifiers = append(p.Identifiers, id)
}

func (c *cursor) contacts(p *PersonRow) {
	c.texts(fPhone, func(_, v string) {
		for _, one := range splitList(v) {
			number, note, err := phoneNumber(one)
			switch {
			case err != nil:
				c.warn(fPhone, one, err.Error()+"; taken as missing")
				continue
			case note != "":
				c.warn(fPhone, one, note)
			}
			p.Phones = append(p.Phones, number)
		}
	})
	c.texts(fEmail, func(_, v string) {
		if at := strings.IndexByte(v, '@'); at < 1 || at == len(v)-1 || strings.ContainsAny(v, " ,") {
			c.warn(fEmail, v, "not an email address; taken as missing")
			return
		}
		p.Emails = append(p.Emails, v)
	})
}

// flags reads columns that mark a person, and columns that list such marks.
func (c *cursor) flags(p *PersonRow) {
	c.texts(fFlag, func(column, v string) {
		switch a, ok := ParseAnswer(v); {
		case ok && (a == No || a == NotKnown || a == ""):
		case ok && len(v) <= 7:
			p.Flags = append(p.Flags, Flag{Column: column, Words: column})
		default:
			p.Flags = append(p.Flags, Flag{Column: column, Words: v})
		}
	})
	c.texts(fFlags, func(column, v string) {
		for _, one := range strings.FieldsFunc(v, func(r rune) bool { return r == ';' || r == ',' || r == '|' || r == '\n' }) {
			if one = clean(one); !blank(one) {
				if a, ok := ParseAnswer(one); ok && a != Yes {
					continue
				}
				p.Flags = append(p.Flags, Flag{Column: column, Words: one})
			}
		}
	})
}

// role reads the person's part in the row's event.
func (c *cursor) role(p *PersonRow) {
	p.RoleWords = c.text(fRole)
	if p.RoleWords == "" {
		p.RoleWords = c.r.role
	}
	var ok bool
	if p.Role, ok = ParseRole(p.RoleWords); !ok {
		c.warn(fRole, p.RoleWords, "not a part in an event that is known; the words are kept")
	}
}

// involvement reads the event that the row says the person had a part in. It is no event without a date.
func (c *cursor) involvement(p *PersonRow) {
	reference, words := c.reference(fReference), c.text(fKind)
	date := c.text(fDate)
	if reference == "" && words == "" && date == "" {
		return
	}
	e := &EventRow{Reference: reference, Words: words, Detail: c.text(fDetail), Outcome: c.text(fOutcome), Agency: p.Agency}
	if date != "" {
		whole := date
		if t := c.text(fTime); t != "" && !strings.Contains(date, ":") {
			if len(t) == 4 && isDigits(t) {
				t = t[:2] + ":" + t[2:]
			}
			whole = date + " " + t
		}
		d, note, err := ParseDate(whole, DateRules{Order: c.r.orders[fDate], AsAt: c.r.opt.AsAt})
		switch {
		case err != nil:
			c.warn(fDate, date, err.Error()+"; the event is taken without a date")
		case note != "":
			c.warn(fDate, date, note)
		}
		if err == nil {
			e.Date = d
		}
	}
	e.End = c.date(fEndDate, false)
	if e.Words != "" {
		e.Kind, _ = c.kind(e.Words)
	} else if e.Detail != "" {
		e.Kind, _ = c.kind(e.Detail)
	} else {
		e.Kind = OtherEvent
	}
	if t := c.text(fLocation); !strings.EqualFold(t, "No location") {
		e.Location.Text = squash(t)
	}
	e.Location.Postcode, e.Location.Ward = c.text(fEventPostcode), c.text(fWard)
	c.point(&e.Location)
	p.Event = e
}

// deIdentify keeps of a person what can be counted: agency, part in an event, sex, year of birth or age, flags that are
// column names, and the district of a postcode.
func (p *PersonRow) deIdentify() {
	kept := PersonRow{
		Agency: p.Agency, Layout: p.Layout, Born: yearOf(p.Born), Sex: p.Sex, Role: p.Role, Event: p.Event, YearGroup: p.YearGroup,
		LawfulBasis: p.LawfulBasis, DeIdentified: true,
	}
	for _, f := range p.Flags {
		kept.Flags = append(kept.Flags, Flag{Column: f.Column, Words: f.Column})
	}
	for _, a := range p.Addresses {
		if d := strings.Clone(postcodeDistrict(a.Postcode)); d != "" {
			kept.Addresses = append(kept.Addresses, Address{Postcode: d})
		}
	}
	if e := kept.Event; e != nil { // an address or words of an event can be a person's own
		e.Description, e.Location.Text, e.Location.UPRN = "", "", ""
		e.Location.Postcode = strings.Clone(postcodeDistrict(e.Location.Postcode))
	}
	*p = kept
}

// postcodeDistrict is the part of a whole postcode before its last three characters, "" when it is not one.
func postcodeDistrict(s string) string {
	if !looksLikePostcode(s) {
		return ""
	}
	s = compact(strings.ToUpper(s))
	return s[:len(s)-3]
}
