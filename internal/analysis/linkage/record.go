package linkage

// Record is one partner's entry about one person, as clean values: the caller
// has read the file and recognised its columns. Anything unknown is left zero.
type Record struct {
	Source string // the agency or file
	ID     string // the record's key within its source; kept byte for byte
	Names  []Name
	Birth  Birth
	Sex    Sex
	// Identifiers hold at most one value of each kind; a second is ignored.
	Identifiers []Identifier
	Addresses   []Address
	School      string // school or establishment
}

// NameKind says what a name is to its bearer.
type NameKind uint8

// The kinds of name. A legal name is whatever the record files the person
// under; preferred and former names count as full evidence; an alias or street
// name is weak evidence for and never evidence against.
const (
	LegalName NameKind = iota
	PreferredName
	FormerName
	AliasName
)

// Name is a name in parts, or whole in Full when the parts are not known.
type Name struct {
	Kind                        NameKind
	Given, Middle, Family, Full string
}

// Birth is a date of birth as far as it is known; zero parts are unknown.
type Birth struct {
	Year, Month, Day int
	Estimated        bool // the source marks it as estimated
	FromAge          bool // only Year is known, worked out from an age: it may be a year out
}

// Sex as recorded: weak evidence, since recording errs and people transition.
type Sex uint8

// The sexes that take part in a comparison; anything else is SexUnknown.
const (
	SexUnknown Sex = iota
	Female
	Male
)

// Identifier is a reference number or contact: Kind is one of the Kind
// constants or any other word, the same in every source that shares the scheme.
type Identifier struct{ Kind, Value string }

// Kinds of identifier with rules of their own.
const (
	KindNHS   = "nhs_number"
	KindUPN   = "upn"
	KindPNC   = "pnc_id"
	KindEmail = "email"
	KindPhone = "phone"
)

// Address is where somebody lived or was placed. From and To are days since
// 1970-01-01, zero when not known; undated addresses overlap with everything.
type Address struct {
	Lines    string // building, number and street, in any form
	Postcode string
	Town     string // town, city or suburb
	From, To int32
}
