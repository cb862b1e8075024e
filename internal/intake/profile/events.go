package profile

import "strings"

// street reads a row of data.police.uk's street-level crime.
func (c *cursor) street() Record {
	e := &EventRow{
		Reference: c.text(fReference), Outcome: c.text(fOutcome), ReportedBy: c.text(fReportedBy), FallsWithin: c.text(fFallsWithin),
		Context: c.text(fContext), Agency: c.r.opt.Agency,
	}
	e.Date = c.need(fDate, fNone, "a month, for example 2024-01")
	if e.Words = c.text(fKind); e.Words == "" {
		c.refuse(fKind, "", "no crime type; expected one of the fourteen of data.police.uk")
		return nil
	}
	var known bool
	if e.Kind, known = c.kind(e.Words); !known {
		c.warn(fKind, e.Words, "not one of the fourteen crime types of data.police.uk; counted as other")
	}
	c.location(&e.Location)
	return e
}

// outcome reads a row of data.police.uk's outcomes.
func (c *cursor) outcome() Record {
	o := &OutcomeRow{Reference: c.text(fReference), Outcome: c.text(fOutcome), ReportedBy: c.text(fReportedBy), FallsWithin: c.text(fFallsWithin)}
	o.Month = c.need(fDate, fNone, "a month, for example 2024-01")
	if o.Reference == "" {
		c.refuse(fReference, "", "no Crime ID; an outcome without one belongs to no crime")
	}
	if o.Outcome == "" {
		c.refuse(fOutcome, "", "no outcome")
	}
	c.location(&o.Location)
	return o
}

// stop reads a row of data.police.uk's stop and search. Nobody is named; what is said of the person searched stays
// on the row.
func (c *cursor) stop() Record {
	e := &EventRow{Kind: StopAndSearch, Words: c.text(fKind), Outcome: c.text(fOutcome), Gender: c.text(fGender), AgeRange: c.text(fAgeRange), Agency: c.r.opt.Agency}
	e.Date = c.need(fDate, fNone, "a time, for example 2024-01-31T23:15:00+00:00")
	e.Stop = &StopSearch{
		PartOfOperation: c.answer(fOperationPart), Operation: c.text(fOperation), SelfEthnicity: c.text(fSelfEthnicity), OfficerEthnicity: c.text(fOfficerEthnicity),
		Legislation: c.text(fLegislation), Object: c.text(fObject), OutcomeLinked: c.answer(fOutcomeLinked), MoreThanOuterwear: c.answer(fClothing),
	}
	e.Detail = e.Stop.Object
	c.location(&e.Location)
	return e
}

// event reads a row of any list of dated events.
func (c *cursor) event() Record {
	e := &EventRow{
		Reference: c.reference(fReference), Words: c.text(fKind), Detail: c.text(fDetail), Description: c.text(fDescription), Outcome: c.text(fOutcome),
		ReportedBy: c.text(fReportedBy), FallsWithin: c.text(fFallsWithin), Gender: c.text(fGender), AgeRange: c.text(fAgeRange), Agency: c.r.opt.Agency,
	}
	e.Date = c.need(fDate, fTime, "a day or month, for example 31/01/2024")
	e.End = c.date(fEndDate, false)
	c.after(e.Date, e.End, fEndDate)
	switch {
	case e.Words != "":
		var known bool
		if e.Kind, known = c.kind(e.Words); !known && e.Detail != "" {
			if k, ok := c.kind(e.Detail); ok {
				e.Kind = k
			}
		}
	case e.Detail != "":
		e.Kind, _ = c.kind(e.Detail)
	case e.Description != "":
		e.Kind, _ = KindOf(e.Description)
	default:
		c.refuse(fKind, "", "neither a kind of event nor a description; expected one of them")
	}
	c.location(&e.Location)
	if c.r.opt.DeIdentified { // free text may name people
		e.Description = ""
	}
	return e
}

// reference reads a reference of an event. One that a spreadsheet has rounded is dropped: it could be another's.
func (c *cursor) reference(f field) string {
	v := c.text(f)
	if scientific(v) {
		c.warn(f, v, ErrDigitsLost.Error()+"; taken as missing")
		return ""
	}
	return wholeNumberText(v)
}

// after warns of an end before its beginning.
func (c *cursor) after(start, end Date, f field) {
	if start.Known() && end.Known() && end.Value.Before(start.Value) && start.Precision == end.Precision {
		c.warn(f, c.text(f), "the end lies before the beginning")
	}
}

// missing reads an episode of a person missing or away from placement.
func (c *cursor) missing() Record {
	m := &MissingRow{
		From: squash(c.text(fPlaceFrom)), Found: squash(c.text(fPlaceFound)), Reason: c.text(fReason),
		InterviewOffered: c.answer(fRHIOffered), InterviewDate: c.date(fRHIDate, false),
	}
	m.InterviewAccepted = c.answer(fRHIAccepted)
	m.Event = EventRow{Reference: c.reference(fReference), Kind: MissingEpisode, Words: c.text(fEpisodeType), Detail: c.text(fDetail), Agency: c.agency()}
	m.Event.Date = c.need(fStart, fNone, "the day on which the episode began, for example 31/01/2024")
	m.Event.End = c.date(fEnd, false)
	c.after(m.Event.Date, m.Event.End, fEnd)
	switch w := words(m.Event.Words); {
	case w == "a" || w == "absent" || strings.HasPrefix(w, "away") || strings.Contains(w, "without authorisation") || strings.HasPrefix(w, "unauthorised"):
		m.Away = true
	}
	m.Event.Location.Ward = c.text(fWard)
	m.Event.Location.Text = m.From
	if t := c.text(fLocation); t != "" {
		m.Event.Location.Text = squash(t)
	}
	m.Person = c.subject()
	if m.Person != nil {
		m.Person.Role, m.Person.RoleWords = Missing, ""
	}
	if c.r.opt.DeIdentified { // where somebody went missing from is often their home
		m.From, m.Found, m.Reason, m.Event.Location.Text = "", "", "", ""
	}
	return m
}

// exclusion reads a suspension or permanent exclusion.
func (c *cursor) exclusion() Record {
	x := &ExclusionRow{Reason: c.text(fReason), Sessions: c.count(fSessions), School: squash(c.text(fSchool))}
	x.Event = EventRow{Reference: c.reference(fReference), Kind: Exclusion, Words: c.text(fEpisodeType), Detail: x.Reason, Agency: c.agency()}
	x.Event.Date = c.need(fStart, fNone, "the first day, for example 31/01/2024")
	x.Event.End = c.date(fEnd, false)
	c.after(x.Event.Date, x.Event.End, fEnd)
	x.Event.Location.Text = x.School
	w := words(x.Event.Words)
	x.Permanent = strings.Contains(w, "perm") || w == "pex" || strings.Contains(w, "expel")
	x.ReasonIn = exclusionReasons[strings.ToUpper(x.Reason)]
	x.Person = c.subject()
	if x.Person != nil {
		x.Person.Role, x.Person.RoleWords = "", ""
	}
	return x
}

// exclusionReasons are the reason codes of the school census in England, with what they stand for in short.
var exclusionReasons = map[string]string{
	"PP": "physical assault against a pupil", "PA": "physical assault against an adult", "VP": "verbal abuse or threat against a pupil",
	"VA": "verbal abuse or threat against an adult", "OW": "use or threat of a weapon", "BU": "bullying", "RA": "racist abuse", "LG": "abuse about sexual orientation or gender identity",
	"DS": "abuse about disability", "SM": "sexual misconduct", "DA": "drugs and alcohol", "DM": "damage", "TH": "theft", "MT": "misuse of social media or technology",
	"DB": "persistent disruptive behaviour", "PH": "breach of public health measures", "OT": "other",
}
