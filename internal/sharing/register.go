package sharing

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
)

// Purposes are what an agreement may be for. Housing, benefits, immigration and school-admission decisions are not among
// them, and Add refuses whatever is not: an agreement for them cannot be written down, so it cannot be signed.
var Purposes = []access.Purpose{access.Safeguarding, access.CommunitySafety, access.YouthOffending, access.Assessment}

// NeverPurposes are the decisions that no agreement is for, in words.
const NeverPurposes = "housing, benefits, immigration or school-admission decisions"

// Register is the agreements as they are drafted, signed, extended and ended.
type Register struct {
	*Store
	clock clock.Clock
	log   *audit.Log
}

// NewRegister returns the register over a store of agreements.
func NewRegister(s *Store, c clock.Clock, log *audit.Log) *Register {
	return &Register{Store: s, clock: c, log: log}
}

// Standing is how an agreement stands on a day.
type Standing string

// The standings. Only a live one permits anything.
const (
	Live      Standing = "live"
	Unsigned  Standing = "unsigned"  // a draft that waits for signatures
	Upcoming  Standing = "upcoming"  // signed by all, not begun
	Ended     Standing = "ended"     // its last day has passed
	Withdrawn Standing = "withdrawn" // a party ended it
)

// StandingOn is how the agreement stands on an ISO date. It follows the condition by which Permits reads.
func (a Agreement) StandingOn(day string) Standing {
	switch {
	case a.State == "withdrawn":
		return Withdrawn
	case a.ExpiresOn < day:
		return Ended
	case a.State != "signed" || len(a.Waiting()) > 0:
		return Unsigned
	case a.StartsOn > day:
		return Upcoming
	}
	return Live
}

// Waiting lists the parties that have not signed.
func (a Agreement) Waiting() []string {
	var out []string
	for _, p := range a.Parties {
		if p.SignedAt == nil {
			out = append(out, p.Agency)
		}
	}
	return out
}

// Party is the agency's part in the agreement; ok is false when it has none.
func (a Agreement) Party(agency string) (Party, bool) {
	i := slices.IndexFunc(a.Parties, func(p Party) bool { return p.Agency == agency })
	if i < 0 {
		return Party{}, false
	}
	return a.Parties[i], true
}

// DaysLeft is how many days after today the agreement's last day is; negative when it has passed.
func (a Agreement) DaysLeft(today time.Time) int {
	d, err := time.Parse(clock.ISODate, a.ExpiresOn)
	if err != nil {
		return 0
	}
	return int(d.Sub(today).Hours() / 24)
}

// Extension is a request for more time, and who has signed it.
type Extension struct {
	ExpiredOn, UntilOn, Why string // ISO dates
	AskedBy                 string // account id
	AskedAt                 int64
	AgreedAt                *int64
	Signed                  []Party // Agency, SignedBy and SignedAt of those who have
}

// Event is one line of an agreement's history.
type Event struct {
	What, Agency, By, Why string
	At                    int64
}

// Entry is an agreement with its extension, if any, and what became of it.
type Entry struct {
	Agreement
	Extension *Extension
	History   []Event // newest first; signatures stand with the parties
}

// Owners lists the parties whose records flow: they must sign an extension.
func (a Agreement) Owners() []string {
	var out []string
	for _, p := range a.Parties {
		if p.Gives {
			out = append(out, p.Agency)
		}
	}
	return out
}

// WaitingExtension lists the owners who have not signed the extension asked for; none when none is.
func (e Entry) WaitingExtension() []string {
	if e.Extension == nil || e.Extension.AgreedAt != nil {
		return nil
	}
	return slices.DeleteFunc(e.Owners(), func(o string) bool {
		return slices.ContainsFunc(e.Extension.Signed, func(p Party) bool { return p.Agency == o })
	})
}

// MaxExtension is the most days by which an agreement can be extended, once.
const MaxExtension = 90

func (r *Register) today() string { return clock.Today(r.clock).Format(clock.ISODate) }

// All lists every agreement, by code.
func (r *Register) All(ctx context.Context, q database.Queryer) ([]Entry, error) {
	return r.read(ctx, q, "")
}

// Get is the agreement of that code.
func (r *Register) Get(ctx context.Context, q database.Queryer, code string) (Entry, error) {
	if code == "" {
		return Entry{}, fault.NoSuch()
	}
	all, err := r.read(ctx, q, code)
	if err != nil {
		return Entry{}, err
	}
	if len(all) == 0 {
		return Entry{}, fault.NoSuch()
	}
	return all[0], nil
}

// read gathers agreements; a register holds tens, so each table is read once and put together here.
func (r *Register) read(ctx context.Context, q database.Queryer, code string) ([]Entry, error) {
	where, args := "", []any{}
	if code != "" {
		where, args = " WHERE a.code = $1", []any{code}
	}
	entries, err := database.Collect(ctx, q, func(s database.Scanner) (Entry, error) {
		var e Entry
		return e, s.Scan(&e.ID, &e.Code, &e.Title, &e.LawfulBasis, &e.Gateway, &e.Conditions, &e.State, &e.StartsOn, &e.ExpiresOn, &e.ReviewOn, &e.Ver)
	}, "SELECT a.id, a.code, a.title, a.lawful_basis, a.gateway, a.conditions, a.state, a.starts_on, a.expires_on, a.review_on, a.ver FROM agreement a"+where+" ORDER BY a.code", args...)
	if err != nil {
		return nil, err
	}
	by := map[string]*Entry{}
	for i := range entries {
		by[entries[i].ID] = &entries[i]
	}
	each := func(columns, table, order string, take func(s database.Scanner) error) error {
		return database.Each(ctx, q, take, "SELECT "+columns+" FROM "+table+" x JOIN agreement a ON a.id = x.agreement_id"+where+" ORDER BY "+order, args...)
	}
	var id string
	steps := []func() error{
		func() error {
			return each("x.agreement_id, x.agency, x.gives, x.receives, x.signed_by, x.signed_at", "agreement_party", "x.agency", func(s database.Scanner) error {
				var p Party
				err := s.Scan(&id, &p.Agency, &p.Gives, &p.Receives, &p.SignedBy, &p.SignedAt)
				by[id].Parties = append(by[id].Parties, p)
				return err
			})
		},
		func() error {
			return each("x.agreement_id, x.class", "agreement_class", "x.class", func(s database.Scanner) error {
				var c access.Class
				err := s.Scan(&id, (*string)(&c))
				by[id].Classes = append(by[id].Classes, c)
				return err
			})
		},
		func() error {
			return each("x.agreement_id, x.purpose", "agreement_purpose", "x.purpose", func(s database.Scanner) error {
				var p access.Purpose
				err := s.Scan(&id, (*string)(&p))
				by[id].Purposes = append(by[id].Purposes, p)
				return err
			})
		},
		func() error {
			return each("x.agreement_id, x.expired_on, x.until_on, x.why, x.asked_by, x.asked_at, x.agreed_at", "agreement_extension", "x.asked_at", func(s database.Scanner) error {
				var e Extension
				err := s.Scan(&id, &e.ExpiredOn, &e.UntilOn, &e.Why, &e.AskedBy, &e.AskedAt, &e.AgreedAt)
				by[id].Extension = &e
				return err
			})
		},
		func() error {
			return each("x.agreement_id, x.agency, x.signed_by, x.signed_at", "agreement_extension_signature", "x.agency", func(s database.Scanner) error {
				var p Party
				err := s.Scan(&id, &p.Agency, &p.SignedBy, &p.SignedAt)
				by[id].Extension.Signed = append(by[id].Extension.Signed, p)
				return err
			})
		},
		func() error {
			return each("x.agreement_id, x.what, x.agency, x.by_account, x.why, x.at", "agreement_event", "x.at DESC, x.id DESC", func(s database.Scanner) error {
				var e Event
				err := s.Scan(&id, &e.What, &e.Agency, &e.By, &e.Why, &e.At)
				by[id].History = append(by[id].History, e)
				return err
			})
		},
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return entries, nil
}

// hold reads an agreement to change it: whoever else is changing it is waited for, so that the last of two signatures given
// at once knows that it is the last.
func (r *Register) hold(ctx context.Context, tx *database.Tx, code string) (Entry, error) {
	if err := tx.Exec(ctx, "UPDATE agreement SET ver = ver + 1 WHERE code = $1", code); err != nil {
		return Entry{}, err
	}
	return r.Get(ctx, tx, code)
}

// MaySign reports whether the role signs for its agency.
func MaySign(s access.Scope) bool {
	return s.Agency != "" && (s.Role == access.InfoOfficer || s.Role == access.Manager)
}

// forParty refuses whoever does not sign for one of the agreement's parties. Nothing of the agreement is hidden from a
// member, so the refusal is in words.
func forParty(by access.Scope, a Agreement) (Party, error) {
	p, ok := a.Party(by.Agency)
	if !ok || !MaySign(by) {
		return p, fault.New(fault.Refused, "Only the information officer or the community safety manager of an agency in %s acts for it.", a.Code)
	}
	return p, nil
}

func (r *Register) event(ctx context.Context, tx *database.Tx, by access.Scope, a Agreement, what, why string) error {
	return tx.Exec(ctx, "INSERT INTO agreement_event (id, agreement_id, what, agency, by_account, why, at) VALUES ($1,$2,$3,$4,$5,$6,$7)",
		r.ids.New(), a.ID, what, by.Agency, by.Account, why, clock.Micros(r.clock.Now()))
}

func (r *Register) audited(ctx context.Context, tx *database.Tx, by access.Scope, act audit.Act, a Agreement, words string) error {
	var parties []string
	for _, p := range a.Parties {
		parties = append(parties, p.Agency)
	}
	return r.log.Record(ctx, tx, by, audit.Line{Act: act, SubjectKind: "agreement", Subject: a.Code, Owners: parties, Words: words})
}

func reason(why, what string) error {
	if strings.TrimSpace(why) == "" {
		return fault.New(fault.Invalid, "Say why %s.", what)
	}
	if utf8.RuneCountInString(why) > 4000 {
		return fault.New(fault.Invalid, "The reason is longer than 4,000 characters.")
	}
	return nil
}

// Draft writes a new agreement that nobody has signed: it permits nothing yet. It gets the next free code of the series
// ISA-1, ISA-2 …, and the writer's agency must be one of its parties.
func (r *Register) Draft(ctx context.Context, tx *database.Tx, by access.Scope, a Agreement) (code string, err error) {
	if _, err := forParty(by, a); err != nil {
		return "", fault.New(fault.Refused, "An agreement is drafted by the information officer or the community safety manager of one of its parties.")
	}
	for what, text := range map[string]string{"a title": a.Title, "a lawful basis": a.LawfulBasis, "a gateway": a.Gateway} {
		if strings.TrimSpace(text) == "" {
			return "", fault.New(fault.Invalid, "The agreement needs %s.", what)
		}
	}
	if a.ExpiresOn < a.StartsOn || a.ExpiresOn < r.today() {
		return "", fault.New(fault.Invalid, "The last day (%s) must not come before the first (%s) or before today.", a.ExpiresOn, a.StartsOn)
	}
	if a.ReviewOn < a.StartsOn || a.ReviewOn > a.ExpiresOn {
		return "", fault.New(fault.Invalid, "The review (%s) must lie between the first day (%s) and the last (%s).", a.ReviewOn, a.StartsOn, a.ExpiresOn)
	}
	if !slices.ContainsFunc(a.Parties, func(p Party) bool { return p.Gives }) || !slices.ContainsFunc(a.Parties, func(p Party) bool { return p.Receives }) {
		return "", fault.New(fault.Invalid, "Nothing would flow: at least one agency must give and another receive.")
	}
	for i := range a.Parties {
		a.Parties[i].SignedBy, a.Parties[i].SignedAt = "", nil
	}
	a.ID, a.State = "", "draft"
	codes, err := database.Collect(ctx, tx, database.Value[string], "SELECT code FROM agreement")
	if err != nil {
		return "", err
	}
	last := 0
	for _, c := range codes {
		if n, err := strconv.Atoi(strings.TrimPrefix(c, "ISA-")); err == nil {
			last = max(last, n)
		}
	}
	a.Code = fmt.Sprintf("ISA-%d", last+1)
	if a.ID, err = r.Add(ctx, tx, a); err != nil {
		return "", err
	}
	if err := r.event(ctx, tx, by, a, "drafted", ""); err != nil {
		return "", err
	}
	return a.Code, r.audited(ctx, tx, by, audit.Collection, a, fmt.Sprintf("drafted: %d parties, %d classes, %d purposes", len(a.Parties), len(a.Classes), len(a.Purposes)))
}

// Sign puts the agency's name under the agreement, by the account that signs. With the last signature it begins to hold, on
// its first day.
func (r *Register) Sign(ctx context.Context, tx *database.Tx, by access.Scope, code string) error {
	e, err := r.hold(ctx, tx, code)
	if err != nil {
		return err
	}
	p, err := forParty(by, e.Agreement)
	if err != nil {
		return err
	}
	switch e.StandingOn(r.today()) {
	case Withdrawn, Ended:
		return fault.New(fault.Refused, "%s is over: it can no longer be signed. Draft a new one.", code)
	}
	if p.SignedAt != nil {
		return fault.New(fault.Refused, "Your agency signed %s already.", code)
	}
	at := clock.Micros(r.clock.Now())
	if err := tx.Exec(ctx, "UPDATE agreement_party SET signed_by = $1, signed_at = $2 WHERE agreement_id = $3 AND agency = $4", by.Account, at, e.ID, by.Agency); err != nil {
		return err
	}
	words := "signed for " + by.Agency
	if len(e.Waiting()) == 1 { // this one
		words += ", the last to sign"
		if err := tx.Exec(ctx, "UPDATE agreement SET state = 'signed' WHERE id = $1 AND state = 'draft'", e.ID); err != nil {
			return err
		}
	}
	return r.audited(ctx, tx, by, audit.Alteration, e.Agreement, words)
}

// Withdraw ends the agreement for all its parties from the next request on: it rests on every signature, so that it falls with
// one. The others can agree anew without the agency that left.
func (r *Register) Withdraw(ctx context.Context, tx *database.Tx, by access.Scope, code, why string) error {
	e, err := r.hold(ctx, tx, code)
	if err != nil {
		return err
	}
	if _, err := forParty(by, e.Agreement); err != nil {
		return err
	}
	if err := reason(why, "your agency withdraws"); err != nil {
		return err
	}
	switch e.StandingOn(r.today()) {
	case Withdrawn, Ended:
		return fault.New(fault.Refused, "%s is over already.", code)
	}
	if err := tx.Exec(ctx, "UPDATE agreement SET state = 'withdrawn' WHERE id = $1", e.ID); err != nil {
		return err
	}
	if err := r.event(ctx, tx, by, e.Agreement, "withdrawn", strings.TrimSpace(why)); err != nil {
		return err
	}
	return r.audited(ctx, tx, by, audit.Alteration, e.Agreement, "withdrawn by "+by.Agency)
}

// Extend asks for more time and signs for the asking agency if its records flow. It is for an agreement that is live, once, and by at
// most MaxExtension days after its last day; it holds once every owner has signed.
func (r *Register) Extend(ctx context.Context, tx *database.Tx, by access.Scope, code, until, why string) error {
	e, err := r.hold(ctx, tx, code)
	if err != nil {
		return err
	}
	p, err := forParty(by, e.Agreement)
	if err != nil {
		return err
	}
	if e.StandingOn(r.today()) != Live {
		return fault.New(fault.Refused, "Only an agreement that is live can be extended; %s is not. Draft a new one.", code)
	}
	if e.Extension != nil {
		return fault.New(fault.Refused, "%s can be extended once, and an extension was asked for already.", code)
	}
	if err := reason(why, "more time is needed"); err != nil {
		return err
	}
	last, err := time.Parse(clock.ISODate, e.ExpiresOn)
	if err != nil {
		return err
	}
	to, err := time.Parse(clock.ISODate, until)
	if err != nil || !to.After(last) || to.After(last.AddDate(0, 0, MaxExtension)) {
		return fault.New(fault.Invalid, "Choose a day after %s and not later than %s, %d days on.", e.ExpiresOn, last.AddDate(0, 0, MaxExtension).Format(clock.ISODate), MaxExtension)
	}
	if err := tx.Exec(ctx, "INSERT INTO agreement_extension (agreement_id, expired_on, until_on, why, asked_by, asked_at) VALUES ($1,$2,$3,$4,$5,$6)",
		e.ID, e.ExpiresOn, until, strings.TrimSpace(why), by.Account, clock.Micros(r.clock.Now())); err != nil {
		return err
	}
	if err := r.event(ctx, tx, by, e.Agreement, "extension-asked", "Until "+until+". "+strings.TrimSpace(why)); err != nil {
		return err
	}
	if err := r.audited(ctx, tx, by, audit.Alteration, e.Agreement, "extension asked for until "+until); err != nil {
		return err
	}
	if p.Gives {
		return r.SignExtension(ctx, tx, by, code)
	}
	return nil
}

// SignExtension puts an owner's name under the extension asked for; with the last owner's the agreement's last day moves.
func (r *Register) SignExtension(ctx context.Context, tx *database.Tx, by access.Scope, code string) error {
	e, err := r.hold(ctx, tx, code)
	if err != nil {
		return err
	}
	if _, err := forParty(by, e.Agreement); err != nil {
		return err
	}
	if e.StandingOn(r.today()) != Live {
		return fault.New(fault.Refused, "%s is no longer live, so it cannot be extended. Draft a new one.", code)
	}
	waiting := e.WaitingExtension()
	if !slices.Contains(waiting, by.Agency) {
		return fault.New(fault.Refused, "There is no extension of %s that waits for your agency's signature.", code)
	}
	at := clock.Micros(r.clock.Now())
	if err := tx.Exec(ctx, "INSERT INTO agreement_extension_signature (agreement_id, agency, signed_by, signed_at) VALUES ($1,$2,$3,$4)", e.ID, by.Agency, by.Account, at); err != nil {
		return err
	}
	if err := r.event(ctx, tx, by, e.Agreement, "extension-signed", ""); err != nil {
		return err
	}
	words := "extension signed for " + by.Agency
	if len(waiting) == 1 {
		words += ", the last to sign: holds until " + e.Extension.UntilOn
		if err := tx.Exec(ctx, "UPDATE agreement_extension SET agreed_at = $1 WHERE agreement_id = $2", at, e.ID); err != nil {
			return err
		}
		if err := tx.Exec(ctx, "UPDATE agreement SET expires_on = $1 WHERE id = $2", e.Extension.UntilOn, e.ID); err != nil {
			return err
		}
		if err := r.event(ctx, tx, by, e.Agreement, "extended", "Holds until "+e.Extension.UntilOn+"."); err != nil {
			return err
		}
	}
	return r.audited(ctx, tx, by, audit.Alteration, e.Agreement, words)
}
