package profile

// Record is one row, read: a pointer to one of the row types of this package.
type Record interface{ record() }

func (*EventRow) record()     {}
func (*OutcomeRow) record()   {}
func (*PersonRow) record()    {}
func (*MissingRow) record()   {}
func (*ExclusionRow) record() {}
func (*StatementRow) record() {}
func (*FlowRow) record()      {}
func (*SeriesRow) record()    {}
func (*PlaceRow) record()     {}
func (*PostcodeRow) record()  {}

// EventOf is the dated event that a record tells of, nil when it tells of none. What a person's row says of an event is
// one: the same event may stand in several rows, one for each person in it.
func EventOf(r Record) *EventRow {
	switch r := r.(type) {
	case *EventRow:
		return r
	case *PersonRow:
		return r.Event
	case *MissingRow:
		return &r.Event
	case *ExclusionRow:
		return &r.Event
	}
	return nil
}

// PersonOf is the person that a record tells of, nil when it tells of none.
func PersonOf(r Record) *PersonRow {
	switch r := r.(type) {
	case *PersonRow:
		return r
	case *MissingRow:
		return r.Person
	case *ExclusionRow:
		return r.Person
	}
	return nil
}

// Location is where something was, in the ways the partner gave it. Text, postcode and coordinates are not checked
// against each other.
type Location struct {
	Text     string // the partner's words
	Postcode string // as it stood; package geo reads it
	UPRN     string // unique property reference number, without leading zeros
	// Longitude and Latitude are WGS84 degrees, when HasPoint.
	Longitude, Latitude float64
	HasPoint            bool
	// Easting and Northing are British National Grid metres, when HasGrid.
	Easting, Northing float64
	HasGrid           bool
	AreaCode          string // of a statistical area (LSOA) or district, as given
	AreaName          string
	Ward              string // ward, beat or neighbourhood, as given
}

// Located reports whether the place can be put on a map without looking up an address.
func (l Location) Located() bool { return l.HasPoint || l.HasGrid }

// EventRow is something that happened on a date.
type EventRow struct {
	Reference   string // the partner's; it need not be unique
	Date        Date
	End         Date
	Kind        Kind
	Words       string // the partner's words for the kind
	Detail      string // subtype, offence code, weapon
	Description string
	Location    Location
	Outcome     string
	ReportedBy  string
	FallsWithin string
	Context     string
	Gender      string
	AgeRange    string
	Agency      string
	Grade       string      // 3x5x2 with its handling code, as package fact writes it; "" when the file has none
	Stop        *StopSearch // for stop and search alone
}

// StopSearch is what is published of a stop and search. Its ethnicities are sensitive.
type StopSearch struct {
	PartOfOperation   Answer
	Operation         string
	SelfEthnicity     string
	OfficerEthnicity  string
	Legislation       string
	Object            string
	OutcomeLinked     Answer // was the outcome linked to the object of the search
	MoreThanOuterwear Answer // was more than outer clothing removed
}

// OutcomeRow is what became of a crime, published later and apart from it.
type OutcomeRow struct {
	Reference   string
	Month       Date
	Outcome     string
	ReportedBy  string
	FallsWithin string
	Location    Location
}

// Sensitive are the attributes that stay on the source record and are never indicators of anything. Ethnicity is as the person or somebody for them gave
// it; how they looked to an officer is apart from it.
type Sensitive struct {
	Ethnicity, ObservedEthnicity                string
	Religion, Nationality, Language, Disability string
}

// Address is a place where a person lived, with the dates if they were given.
type Address struct {
	Text     string
	Postcode string
	UPRN     string
	From, To Date
}

// Flag is a mark that an agency has put on a person's record: the column it stood in and its words. A column that
// only says yes or no gives its own name as the words.
type Flag struct{ Column, Words string }

// PersonRow is one person in one agency's record, as that agency has it.
type PersonRow struct {
	Agency      string
	Layout      Layout
	Names       []Name // the first is the one the record is filed under, if any is known
	Born        Date   // a date of birth, or an age
	Sex         Sex
	SexWords    string
	Gender      string
	Sensitive   Sensitive
	Addresses   []Address
	Identifiers []Identifier
	Phones      []string
	Emails      []string
	School      string
	SchoolURN   string
	YearGroup   string
	Guardian    string
	Flags       []Flag
	LegalStatus string
	Placement   string
	Worker      string
	Opened      Date
	Closed      Date
	LawfulBasis string
	Consent     string
	Notes       string
	Grade       string // of the row: see EventRow

	// Role is the person's part in Event, or in whatever the list is of when there is no event; RoleWords are the partner's.
	Role      Role
	RoleWords string
	Event     *EventRow

	// DeIdentified says that names, identifiers, addresses and notes were dropped when the row was read, a date of
	// birth kept its year and a postcode its district.
	DeIdentified bool
}

// Name is the name the record is filed under; the zero Name when there is none.
func (p *PersonRow) Name() Name {
	if len(p.Names) == 0 || p.Names[0].Kind != LegalName {
		return Name{}
	}
	return p.Names[0]
}

// Identifier is the person's identifier of that kind, "" when there is none.
func (p *PersonRow) Identifier(kind IDKind) string {
	for _, id := range p.Identifiers {
		if id.Kind == kind {
			return id.Value
		}
	}
	return ""
}

// MissingRow is one episode of a person missing, or away from placement without authorisation.
type MissingRow struct {
	Event             EventRow
	Person            *PersonRow // nil when the list names nobody
	Away              bool       // away without authorisation: whereabouts known
	From, Found       string     // places, in the partner's words
	InterviewOffered  Answer     // a return home interview
	InterviewAccepted Answer
	InterviewDate     Date
	Reason            string
}

// ExclusionRow is one suspension or permanent exclusion of a pupil.
type ExclusionRow struct {
	Event     EventRow
	Person    *PersonRow // nil when the list names nobody
	Permanent bool
	Reason    string // the partner's words or code
	ReasonIn  string // the national code's meaning, when Reason is one
	Sessions  Count  // half days
	School    string
}

// StatementRow is one thing that a practitioner said, or an answer of a leader or of the strategy to a theme.
type StatementRow struct {
	Date            Date
	Slot            string // the interview or focus group
	Agency          string
	Role            string   // of the practitioner
	Themes          []string // codes; empty until somebody codes it
	ThemeWords      string
	Statement       string
	Basis           Basis
	BasisWords      string
	Place           string
	TimeSpan        string
	Frequency       string
	Confidence      Confidence
	ConfidenceWords string
	WhoElse         string
	Reported        Answer
	ReportedWords   string // where and when
	Suggested       string
	KnownToLeaders  Answer
	InStrategy      Answer
	InData          Answer
	Attribution     string
	Notes           string
	AnswerOnly      bool // nothing was said: the row holds answers about a theme
}

// FlowRow is how many people link one area to another.
type FlowRow struct {
	Origin, Destination                            string
	DestinationType                                string
	People, Confirmed, Suspected, Supply, Violence Count
	Period                                         string
	Source                                         string
	Note                                           string
}

// SeriesRow is what one source counted in one month, and how hard it looked.
type SeriesRow struct {
	Series     string // title of the series; "" when the file does not say
	What       string // what is counted, as a sentence has it: "referrals"; "" when the file does not say
	Unit       string // what effort is counted in: "screenings", "searches", "returns"; "" when the file does not say
	Source     string
	SourceKind string // what a source is: "hospital", "school"
	Month      Date   // a month, always
	// Definition is the wording that the source says it counted by, "county-lines v2"; "" when it does not say.
	Definition string
	// Effort is above 0, in Unit; nil when it is not known.
	Effort *float64
	Count  int
}

// Once is what a table may say only once, for a record of which that is so: a series' count of one source and month. It is
// "" for other records. reason is why a second row is refused.
func Once(r Record) (key, reason string) {
	s, ok := r.(*SeriesRow)
	if !ok {
		return "", ""
	}
	return words(s.Series) + "\x1f" + words(s.Source) + "\x1f" + s.Month.String(), "the source already has a count for this month"
}

// PlaceKind is what sort of place it is.
type PlaceKind string

// The kinds of place that registers tell apart.
const (
	School                 PlaceKind = "school"
	SpecialSchool          PlaceKind = "special-school"
	AlternativeProvision   PlaceKind = "alternative-provision" // and pupil referral units
	College                PlaceKind = "college"
	SecureUnit             PlaceKind = "secure"
	ChildrensHome          PlaceKind = "childrens-home"
	SupportedAccommodation PlaceKind = "supported-accommodation"
	OtherPlace             PlaceKind = "other"
)

// PlaceRow is a place from a register or a partner's list.
type PlaceRow struct {
	Reference string // URN, or the partner's own
	Name      string
	Kind      PlaceKind
	Words     string // the partner's words for the kind
	Status    string
	Closed    bool
	Opened    Date
	ClosedOn  Date
	Address   string
	Location  Location
	District  string // GSS code of the local authority district
	Authority string // name of the local authority
	LowAge    Count
	HighAge   Count
	Capacity  Count // pupils or beds
	Pupils    Count
	Provider  string
	Sector    string
	Phase     string
	Notes     string
	// Guarded says that even the address is sensitive: a home for children is never on a public map or in an export.
	Guarded bool
}

// PostcodeRow is one postcode of a directory.
type PostcodeRow struct {
	Postcode   string // without spaces
	Introduced Date
	Terminated Date // known when the postcode is no longer in use
	LargeUser  bool // one organisation's own postcode
	Location   Location
	IrishGrid  bool // Easting and Northing are of the Irish Grid
	Quality    int  // the directory's code for how good the position is; 9 (ONS) and 90 (Code-Point) mean none
	Country    string
	Region     string
	County     string
	District   string
	Ward       string
	Parish     string
	LSOA11     string
	LSOA21     string
	MSOA       string
	Force      string
}
