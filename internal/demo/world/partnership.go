package world

import (
	"time"

	"lantern.example/lantern/internal/access"
)

// An Agency is a member of the partnership.
type Agency struct {
	Code, Name, Kind string
}

// An Account is somebody one can sign in as. The cast come first, in the order they are shown.
type Account struct {
	Name, Email, Agency string
	Role                access.Role
	Title               string // what the person would say they are
	Cast                bool
	Says                string // one line on the card
	Person              string // true person's id, for a young person who sees their own record
}

// formPartnership sets up agencies and accounts, and what they have agreed.
func (g *generator) formPartnership() {
	w := g.world
	w.Agencies = []Agency{
		{"WPOL", "Wrenshire Police", "police"},
		{"WCCS", "Wrenshire Council Community Safety", "community-safety"},
		{"WCSC", "Wrenshire Council Children's Social Care", "social-care"},
		{"WYJS", "Wrenshire Youth Justice Service", "youth-justice"},
		{"TMA", "Tidemill Academy", "school"},
		{"OHS", "Osierham High School", "school"},
		{"TQC", "The Quay Centre", "pupil-referral-unit"},
		{"FHA", "Fenholme Homes", "housing"},
		{"WHT", "Wrenshire Hospitals NHS Trust", "hospital"},
		{"WAS", "Wrenshire Ambulance Service", "ambulance"},
		{"RYW", "Reedbank Youth Work", "charity"},
		{"LTR", "Lowtide Recovery", "drug-service"},
		{"WPS", "Wrenshire Probation", "probation"},
	}
	cast := func(name, email, agency string, role access.Role, title, says string) {
		w.Accounts = append(w.Accounts, Account{Name: name, Email: email + "@wrenshire.example", Agency: agency, Role: role, Title: title, Cast: true, Says: says})
	}
	cast("Joy Okafor", "joy.okafor", "WCCS", access.Manager, "Community safety manager", "Runs the partnership's calendar, its assessment and its actions.")
	cast("Tomasz Brindle", "tomasz.brindle", "WCCS", access.Analyst, "Analyst", "Puts partners' records together and says what they can and cannot show.")
	cast("Meera Hollinside", "meera.hollinside", "WCSC", access.Chair, "Panel chair", "Chairs the panel and signs its decisions.")
	cast("Dele Marshwick", "dele.marshwick", "RYW", access.Practitioner, "Youth worker", "Works with Kai and eleven others, mostly from a minibus.")
	cast("Ffion Carrgate", "ffion.carrgate", "TQC", access.SchoolLead, "School lead", "Safeguarding lead at the pupil referral unit.")
	cast("Nasreen Pellworth", "nasreen.pellworth", "WCCS", access.InfoOfficer, "Information officer", "Keeps the agreements, and answers people who ask what is held about them.")
	cast("Sam Oduya", "sam.oduya", "WCCS", access.Administrator, "Administrator", "Looks after accounts and the machine. Sees no case.")
	cast("Kai Merrow", "kai", "RYW", access.Subject, "Young person", "Fifteen. Wants to know what is held about him, and to put it right.")
	w.Accounts[len(w.Accounts)-1].Person = Kai
	for _, m := range []struct {
		name, email, agency string
		role                access.Role
		title               string
	}{
		{"Ruth Tamsin", "ruth.tamsin", "WPOL", access.Practitioner, "Police lead"},
		{"Idris Fenwater", "idris.fenwater", "WPOL", access.Practitioner, "Police officer"},
		{"Gemma Stanacre", "gemma.stanacre", "WCSC", access.Practitioner, "Social worker"},
		{"Leila Brackrigg", "leila.brackrigg", "WCSC", access.Practitioner, "Social worker"},
		{"Kofi Larkhurst", "kofi.larkhurst", "WYJS", access.Practitioner, "Youth justice case manager"},
		{"Alison Wendale", "alison.wendale", "TMA", access.SchoolLead, "School lead"},
		{"Piotr Reedham", "piotr.reedham", "OHS", access.SchoolLead, "School lead"},
		{"Grace Quarrby", "grace.quarrby", "TQC", access.SchoolLead, "Deputy school lead"},
		{"Hodan Elmbeck", "hodan.elmbeck", "RYW", access.Practitioner, "Young women's worker"},
		{"Martin Skelgate", "martin.skelgate", "FHA", access.Practitioner, "Housing officer"},
		{"Sunita Whinmoor", "sunita.whinmoor", "WHT", access.Practitioner, "Safeguarding nurse"},
		{"Colm Tarnside", "colm.tarnside", "WAS", access.Practitioner, "Ambulance safeguarding lead"},
		{"Beatriz Cobfield", "beatriz.cobfield", "LTR", access.Practitioner, "Drug and alcohol worker"},
		{"Andrew Mosswait", "andrew.mosswait", "WPS", access.Practitioner, "Probation practitioner"},
		{"Owen Sedgeley", "owen.sedgeley", "WCCS", access.Manager, "Commissioner"},
	} {
		w.Accounts = append(w.Accounts, Account{Name: m.name, Email: m.email + "@wrenshire.example", Agency: m.agency, Role: m.role, Title: m.title})
	}
	w.Story = Story{Home: "XH01", Unit: "XS03", Matched: []string{"XH02", "XH03"}, Closed: g.daysAgo(248), Rebranded: g.daysAgo(239)}
	g.agree()
}

// A Definition is wording the partnership uses, with the agencies that have adopted it.
type Definition struct {
	Term, Wording, Source, Version string
	From                           time.Time
	Adopted, NotAdopted            []string
}

// A Lead is who answers for a theme; Account is "" where nobody does.
type Lead struct {
	Theme, Account string
	Since          time.Time
}

// An Objective is something two or more agencies have said they will do together.
type Objective struct {
	Code, Text string
	Agencies   []string
	By         time.Time
}

// An Agreement is an information-sharing agreement.
type Agreement struct {
	Code, Title          string
	Parties              []string
	Classes              []access.Class
	Purposes             []access.Purpose
	LawfulBasis, Gateway string
	Conditions           string
	From, Until          time.Time
	Signed               map[string]time.Time // by agency; a party that is missing has not signed
	PersonalData         bool
}

// An Action is something somebody must do by a day.
type Action struct {
	Code, Text, Owner string // Owner is the e-mail of one account
	Due               time.Time
	About             string // code of a place or line, or a theme
	Done              bool
}

// A Paper is a board or strategy paper, and the themes it speaks of.
type Paper struct {
	Title  string
	On     time.Time
	Themes []string
	Text   string
}

// A Line is a branded deal line.
type Line struct {
	Brand, Origin, Base string // Origin is a city district's code, Base a place code
	From, Closed        time.Time
	Closure             string // "type 1" (holder charged), "type 2" (number deactivated), or ""
	Follows             string // the brand it seems to continue
}

// A PlaceReview is the partnership's judgement of a place: impact, risk and harm from 0 to 4, never multiplied.
type PlaceReview struct {
	Place              string
	On, Next           time.Time
	Impact, Risk, Harm int
	Reviewer           string // e-mail of an account
	Reason             string
}

// A Subject is what a young person has said about their own record.
type Subject struct {
	Person, Wants   string
	Reads, ReadsNot []string // agency codes
}

// Programme is the funnel of one intervention, person by person; figures are to be counted, not quoted.
type Programme struct {
	Name, Provider string
	People         []Participant
}

// A Participant is one referral to the programme and how far it went. Feels is what the person answered at the second
// asking beside the first: "safer", "the same", "less safe", or "" when they were not asked again.
type Participant struct {
	Person                    string
	Referred, Accepted, Began time.Time // zero when it did not happen
	AskedFirst, AskedAgain    time.Time
	Feels                     string
}
