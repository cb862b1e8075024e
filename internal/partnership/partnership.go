// Package partnership is who the partnership is and what it has agreed with itself: its name, areas and
// controllers; the agencies in it; the themes it works on and who leads on each; and the register of what
// its words mean.
//
// None of it is about a person whose safety is at stake: it is class partnership, read by every member. It
// is content, changed by a local lead and never in code: each change is a new version with who, when and
// why, the old one stays readable, and going back is a new version with the old words.
//
// Figures cite a definition by CurrentVersion ("county-lines v2"). Seed brings the wordings and themes the
// program ships with, once, and leaves alone whatever an area has made of them.
package partnership

import (
	"context"
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/account"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
)

// Store keeps the partnership's own content.
type Store struct {
	clock    clock.Clock
	ids      *clock.IDs
	log      *audit.Log
	accounts *account.Store
}

// NewStore returns the partnership's content. Accounts give leads their names.
func NewStore(c clock.Clock, ids *clock.IDs, log *audit.Log, accounts *account.Store) *Store {
	return &Store{clock: c, ids: ids, log: log, accounts: accounts}
}

// Change is who made a version, when and why.
type Change struct {
	Version int64
	By      string // account id, or "system:…"
	At      int64  // UTC microseconds
	Why     string
}

// Area is a part of the partnership's ground that it works and counts by.
type Area struct{ Code, Name string }

// Settings are what the partnership says of itself.
type Settings struct {
	Name        string
	Areas       []Area
	Controllers string // who decides what the data are for (UK GDPR article 4(7), 26)
	Host        string // who runs the machine, and for whom
	Step        int    // of the adoption ladder, 0 to 3
	ContactDays int    // a lead not spoken to for longer is overdue
	Change
}

// Step is one rung of the adoption ladder: what is kept, and the paperwork it needs first.
type Step struct {
	Number           int
	Name, Needs, Use string
}

// Ladder is the adoption ladder, lowest first.
var Ladder = []Step{
	{0, "No personal data", "No agreement is needed.", "Interviews, open data, the practice hub, definitions, leads and actions."},
	{1, "Depersonalised extracts", "Crime and Disorder Act 1998 section 17A extracts, with a note of what was taken out.", "Events with nobody named: where, when and what kind."},
	{2, "Pointers", "A signed information-sharing agreement and a data protection impact assessment.", "Who else knows this person, without what they know."},
	{3, "Shared cases", "An agreement for each class of data and purpose, an impact assessment, an appropriate policy document and a retention schedule.", "One picture of a person across partners' records; referral, panel and plan."},
}

const defaultContactDays = 91

func orNone[T any](rows []T, err error) (v T, ok bool, _ error) {
	if err != nil || len(rows) == 0 {
		return v, false, err
	}
	return rows[0], true, nil
}

const settingsColumns = "version, name, areas, controllers, host, step, contact_days, by_account, at, why"

func scanSettings(r database.Scanner) (Settings, error) {
	var s Settings
	var areas string
	if err := r.Scan(&s.Version, &s.Name, &areas, &s.Controllers, &s.Host, &s.Step, &s.ContactDays, &s.By, &s.At, &s.Why); err != nil {
		return s, err
	}
	return s, json.Unmarshal([]byte(areas), &s.Areas)
}

// Settings are the current settings; before anybody has written any, the defaults with version 0.
func (s *Store) Settings(ctx context.Context, q database.Queryer) (Settings, error) {
	v, ok, err := orNone(database.Collect(ctx, q, scanSettings, "SELECT "+settingsColumns+" FROM partnership_version WHERE superseded_at IS NULL ORDER BY version DESC"))
	if err == nil && !ok {
		v = Settings{ContactDays: defaultContactDays}
	}
	return v, err
}

// SettingsHistory lists every version, newest first.
func (s *Store) SettingsHistory(ctx context.Context, q database.Queryer) ([]Settings, error) {
	return database.Collect(ctx, q, scanSettings, "SELECT "+settingsColumns+" FROM partnership_version ORDER BY version DESC")
}

// stale is what somebody gets who edited a version that is no longer the current one.
func stale(what string) error {
	return fault.New(fault.Conflict, "Somebody else changed %s while you were writing. Nothing of theirs was lost, and yours was not saved yet.", what)
}

var codes = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$`)

func checkCode(what, code string) error {
	if !codes.MatchString(code) {
		return fault.New(fault.Invalid, "%s %q cannot be used: expected letters, digits, hyphens or full stops, at most 64.", what, code)
	}
	return nil
}

// SaveSettings writes a new version over version ver; a different current version is a Conflict.
func (s *Store) SaveSettings(ctx context.Context, tx *database.Tx, by access.Scope, ver int64, in Settings) error {
	if strings.TrimSpace(in.Name) == "" || in.Step < 0 || in.Step >= len(Ladder) || in.ContactDays < 1 || in.ContactDays > 1000 {
		return fault.New(fault.Invalid, "The partnership needs a name, a step from 0 to %d and between 1 and 1,000 days between contacts.", len(Ladder)-1)
	}
	seen := map[string]bool{}
	for _, a := range in.Areas {
		if err := checkCode("The area code", a.Code); err != nil {
			return err
		}
		if a.Name == "" || seen[a.Code] {
			return fault.New(fault.Invalid, "The area %q needs a name, and each code can be used once.", a.Code)
		}
		seen[a.Code] = true
	}
	now, err := s.Settings(ctx, tx)
	if err != nil {
		return err
	}
	if now.Version != ver {
		return stale("the partnership's settings")
	}
	if in.Areas == nil {
		in.Areas = []Area{}
	}
	areas, err := json.Marshal(in.Areas)
	if err != nil {
		return err
	}
	at := clock.Micros(s.clock.Now())
	if err := tx.Exec(ctx, "UPDATE partnership_version SET superseded_at = $1 WHERE superseded_at IS NULL", at); err != nil {
		return err
	}
	err = tx.Exec(ctx, "INSERT INTO partnership_version ("+settingsColumns+") VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10)",
		ver+1, in.Name, string(areas), in.Controllers, in.Host, in.Step, in.ContactDays, by.Account, at, in.Why)
	if err != nil {
		return err
	}
	return s.altered(ctx, tx, by, "partnership", "settings", "settings written anew")
}

// altered writes the audit line of a change to content.
func (s *Store) altered(ctx context.Context, tx *database.Tx, by access.Scope, kind, subject, words string) error {
	return s.log.Record(ctx, tx, by, audit.Line{Act: audit.Alteration, SubjectKind: kind, Subject: subject, Words: words})
}

// AgencyKind is a kind of organisation, with its name in words.
type AgencyKind struct{ Code, Name string }

// AgencyKinds are the kinds, in the order forms show them.
var AgencyKinds = []AgencyKind{
	{"police", "Police"}, {"community-safety", "Council: community safety"}, {"social-care", "Children's or adults' social care"},
	{"youth-justice", "Youth justice service"}, {"school", "School or college"}, {"pupil-referral-unit", "Pupil referral unit or alternative provision"},
	{"health", "NHS commissioner or community health"}, {"hospital", "Hospital trust"}, {"ambulance", "Ambulance service"}, {"housing", "Housing"},
	{"probation", "Probation"}, {"prison", "Prison or young offender institution"}, {"fire", "Fire and rescue"}, {"charity", "Charity or community group"}, {"refuge", "Refuge or domestic abuse service"}, {"sexual-health", "Sexual health service"},
	{"drug-service", "Drug and alcohol service"}, {"mental-health", "Mental health service"}, {"intelligence", "Intelligence unit"}, {"council", "Council: other"}, {"other", "Other"},
}

// NeverNamed reports whether an agency of that kind is never named to another as knowing somebody: that a refuge, a sexual health, drug or
// mental health service or an intelligence unit knows a person says by itself what must not be said. A broker answers for them.
func NeverNamed(kind string) bool {
	switch kind {
	case "refuge", "sexual-health", "drug-service", "mental-health", "intelligence":
		return true
	}
	return false
}

// KindName says a kind in words; a kind not known here is said as it is.
func KindName(code string) string {
	for _, k := range AgencyKinds {
		if k.Code == code {
			return k.Name
		}
	}
	return code
}

// Agency is an organisation in the partnership. Its code is its identity everywhere: on facts, accounts
// and agreements.
type Agency struct {
	Code, Name, Kind string
	Contact          string // whom to ask, in one line
	Member           bool   // false once it has left: what it gave stays its own
	Change
}

const agencyColumns = "code, version, name, kind, contact, member, by_account, at, why"

func scanAgency(r database.Scanner) (Agency, error) {
	var a Agency
	return a, r.Scan(&a.Code, &a.Version, &a.Name, &a.Kind, &a.Contact, &a.Member, &a.By, &a.At, &a.Why)
}

// Agencies lists them all by name, those that have left last.
func (s *Store) Agencies(ctx context.Context, q database.Queryer) ([]Agency, error) {
	list, err := database.Collect(ctx, q, scanAgency, "SELECT "+agencyColumns+" FROM agency_version WHERE superseded_at IS NULL")
	slices.SortFunc(list, func(a, b Agency) int {
		switch {
		case a.Member != b.Member && a.Member:
			return -1
		case a.Member != b.Member:
			return 1
		case a.Name != b.Name:
			return strings.Compare(a.Name, b.Name)
		}
		return strings.Compare(a.Code, b.Code)
	})
	return list, err
}

// Members lists the agencies that have not left, by name.
func (s *Store) Members(ctx context.Context, q database.Queryer) ([]Agency, error) {
	list, err := s.Agencies(ctx, q)
	return slices.DeleteFunc(list, func(a Agency) bool { return !a.Member }), err
}

// Agency is the agency with that code.
func (s *Store) Agency(ctx context.Context, q database.Queryer, code string) (Agency, error) {
	return database.One(ctx, q, scanAgency, "SELECT "+agencyColumns+" FROM agency_version WHERE superseded_at IS NULL AND code = $1", code)
}

// AgencyHistory lists an agency's versions, newest first.
func (s *Store) AgencyHistory(ctx context.Context, q database.Queryer, code string) ([]Agency, error) {
	return database.Collect(ctx, q, scanAgency, "SELECT "+agencyColumns+" FROM agency_version WHERE code = $1 ORDER BY version DESC", code)
}

// AgencyName is an agency's name, or its code when it is not in the register.
func (s *Store) AgencyName(ctx context.Context, q database.Queryer, code string) string {
	a, err := s.Agency(ctx, q, code)
	if err != nil {
		return code
	}
	return a.Name
}

// AgencyNames are all names by code.
func (s *Store) AgencyNames(ctx context.Context, q database.Queryer) (map[string]string, error) {
	list, err := s.Agencies(ctx, q)
	names := make(map[string]string, len(list))
	for _, a := range list {
		names[a.Code] = a.Name
	}
	return names, err
}

// AddAgency brings an agency into the partnership.
func (s *Store) AddAgency(ctx context.Context, tx *database.Tx, by access.Scope, in Agency) error {
	had, err := s.AgencyHistory(ctx, tx, in.Code)
	if err != nil {
		return err
	}
	if len(had) > 0 {
		return fault.New(fault.Conflict, "There is already an agency with the code %s: %s.", in.Code, had[0].Name)
	}
	in.Version, in.Member = 0, true
	return s.writeAgency(ctx, tx, by, in)
}

// SaveAgency writes a new version of an agency over version ver; a different current version is a Conflict.
func (s *Store) SaveAgency(ctx context.Context, tx *database.Tx, by access.Scope, ver int64, in Agency) error {
	now, err := s.Agency(ctx, tx, in.Code)
	if err != nil {
		return err
	}
	if now.Version != ver {
		return stale("this agency's entry")
	}
	in.Version = ver
	return s.writeAgency(ctx, tx, by, in)
}

func (s *Store) writeAgency(ctx context.Context, tx *database.Tx, by access.Scope, in Agency) error {
	if err := checkCode("The agency code", in.Code); err != nil {
		return err
	}
	if in.Name = strings.TrimSpace(in.Name); in.Name == "" || in.Kind == "" {
		return fault.New(fault.Invalid, "The agency %s needs a name and a kind.", in.Code)
	}
	at := clock.Micros(s.clock.Now())
	if err := tx.Exec(ctx, "UPDATE agency_version SET superseded_at = $1 WHERE code = $2 AND superseded_at IS NULL", at, in.Code); err != nil {
		return err
	}
	err := tx.Exec(ctx, "INSERT INTO agency_version ("+agencyColumns+") VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9)", in.Code, in.Version+1, in.Name, in.Kind, in.Contact, in.Member, by.Account, at, in.Why)
	if err != nil {
		return err
	}
	return s.altered(ctx, tx, by, "agency", in.Code, "entry written")
}
