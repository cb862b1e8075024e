// Package rights is the desk where people ask about what is held of them: am I on it, a copy, a correction, something to add, an
// objection, a restriction, a complaint. Whoever asks, with or without an account, themselves or through somebody who
// speaks for them, gets one clock, one answer and a letter.
//
// The clock is one calendar month (UK GDPR Article 12(3)): the same day of the next month, or that month's last; a last day on a
// weekend or bank holiday moves to the next working day. It stands still while the desk waits for proof of who is asking, and may
// be made three months once, with a reason that the person is told. A complaint is acknowledged within 30 days (Data
// Protection Act 2018, section 164A).
//
// What a request leads to lives beside the facts it is about: the person's comment, whether they were told, where home is the
// danger, and corrections that travel to every agency that received the fact (package person shows them).
package rights

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/account"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/seal"
	"lantern.example/lantern/internal/work"
)

// Kind is what somebody asks.
type Kind string

// The kinds, with the article of the UK GDPR that each rests on.
const (
	On        Kind = "on"        // am I on it? (15)
	Copy      Kind = "copy"      // a copy of what is held (15)
	Wrong     Kind = "wrong"     // this is wrong (16)
	Add       Kind = "add"       // I want to add something (16: a supplementary statement)
	Object    Kind = "object"    // please stop (21)
	Restrict  Kind = "restrict"  // keep it, but do not use it (18)
	Complaint Kind = "complaint" // I want to complain (DPA 2018, 164A)
)

// Kinds lists them in the order forms show them.
var Kinds = []Kind{On, Copy, Wrong, Add, Object, Restrict, Complaint}

// KindWords are the kinds as a desk reads them.
var KindWords = map[Kind]string{On: "Asks whether anything is held", Copy: "Wants a copy", Wrong: "Says something is wrong", Add: "Wants to add something",
	Object: "Asks us to stop", Restrict: "Asks that it is kept but not used", Complaint: "Complains"}

// Identity is how far the desk knows who is asking.
type Identity string

// The states. Only Asked stops the clock.
const (
	Known    Identity = "known"     // they have an account, or somebody here knows them
	NotAsked Identity = "not asked" // the desk has not settled it yet
	Asked    Identity = "asked"     // proof was asked for: the clock stands still
	Seen     Identity = "seen"      // proof was seen
)

// Outcome is what came of a request.
type Outcome string

// The outcomes.
const (
	Done    Outcome = "done"
	Partly  Outcome = "partly"
	NotDone Outcome = "not done"
)

// Advocate is somebody who speaks for the person asking.
type Advocate struct {
	Name      string
	Is        string // what they are to the person; one of Relations
	Authority string // what was seen that lets them: a signed note, a court order
	Reach     string // how to reach them
}

// Relations are what an advocate may be to the person. Home names those to whom nothing goes where home is the danger.
var Relations = []struct {
	Code, Name string
	Home       bool
}{{"advocate", "An independent advocate", false}, {"worker", "A worker they trust", false}, {"solicitor", "A solicitor", false}, {"parent", "A parent or carer", true}, {"family", "Somebody else in the family", true}, {"friend", "A friend", false}}

func atHome(relation string) bool {
	for _, r := range Relations {
		if r.Code == relation {
			return r.Home
		}
	}
	return false
}

// Request is one request, with its clock and its answer.
type Request struct {
	ID, Desk string
	Person   string // whose records it is about; "" until the desk has found them
	By       string // account of the person asking, "" when they have none
	TakenBy  string // account of whoever wrote it down, "" when the person did
	Kind     Kind
	Words    string // the person's, kept as they are
	Asker    string // who asked, as they gave it, when they have no account
	Channel  string
	Advocate Advocate
	Holders  []string // agencies that hold records of them
	Identity Identity
	// IdentityWords is what proof was asked for or seen.
	IdentityWords  string
	ReceivedAt     int64
	Months         int    // 1, or 3 once extended
	PausedOn       string // ISO date since when the clock stands still, "" when it runs
	PausedDays     int    // for how long it stood before
	DueOn          string // ISO date, as it is while nothing more happens
	AcknowledgeOn  string // a complaint's, ISO date
	AcknowledgedAt *int64
	State          string // open, paused, answered
	Outcome        Outcome
	Reply          string
	ReplyTo        string // person, advocate
	RepliedBy      string
	RepliedAt      *int64
	Ver            int64
}

// Answered reports whether the request is closed.
func (r Request) Answered() bool { return r.State == "answered" }

// Paused reports whether its clock stands still.
func (r Request) Paused() bool { return r.State == "paused" }

// Received is the day on which it came, in London.
func (r Request) Received() time.Time {
	y, m, d := clock.FromMicros(r.ReceivedAt).In(clock.London()).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// Calendar tells the bank holidays; package partnership keeps them.
type Calendar interface {
	Holidays(ctx context.Context, q database.Queryer) (clock.Holidays, error)
}

// Desk is where requests arrive and are answered.
type Desk struct {
	clock    clock.Clock
	ids      *clock.IDs
	log      *audit.Log
	accounts *account.Store
	work     *work.Store
	calendar Calendar
	seals    *seal.Keys
}

// NewDesk returns the desk. seals keep its worst fields: without them those are neither written nor read.
func NewDesk(c clock.Clock, ids *clock.IDs, log *audit.Log, accounts *account.Store, w *work.Store, calendar Calendar, seals *seal.Keys) *Desk {
	return &Desk{clock: c, ids: ids, log: log, accounts: accounts, work: w, calendar: calendar, seals: seals}
}

// monthsAfter is the same day some months on, or that month's last.
func monthsAfter(day time.Time, months int) time.Time {
	y, m, d := day.Date()
	due := time.Date(y, m+time.Month(months), d, 0, 0, 0, 0, time.UTC)
	if due.Day() != d {
		due = time.Date(y, m+time.Month(months)+1, 0, 0, 0, 0, 0, time.UTC)
	}
	return due
}

// DueOn is the last day for an answer to what was received on a day and whose clock stood still for some days (ICO, right of access:
// time limit).
func DueOn(received time.Time, months, paused int, holidays clock.Holidays) time.Time {
	due := monthsAfter(received, months).AddDate(0, 0, paused)
	if holidays.Working(due) {
		return due
	}
	return holidays.After(due, 1)
}

// acknowledgeDays is within how many days a complaint is acknowledged.
const acknowledgeDays = 30

// Retention of requests: their class, and how long after the last day they are looked at again.
const (
	RetentionClass  = "rights request"
	retentionMonths = 24
)

func iso(t time.Time) string { return t.Format(clock.ISODate) }

// settle works out the dates that follow from the rest.
func (d *Desk) settle(ctx context.Context, q database.Queryer, r *Request) error {
	holidays, err := d.calendar.Holidays(ctx, q)
	if err != nil {
		return err
	}
	paused := r.PausedDays
	if r.PausedOn != "" {
		paused += max(0, -work.DaysUntil(r.PausedOn, clock.Today(d.clock)))
	}
	due := DueOn(r.Received(), r.Months, paused, holidays)
	r.DueOn = iso(due)
	return nil
}

func text(what, s string, most int, required bool) (string, error) {
	s = strings.TrimSpace(s)
	if required && s == "" {
		return "", fault.New(fault.Invalid, "%s is missing.", what)
	}
	if utf8.RuneCountInString(s) > most {
		return "", fault.New(fault.Invalid, "%s is longer than %d characters.", what, most)
	}
	return s, nil
}

// Ask takes a request from the person themselves. It goes to the information officers of their own agency, where it has none of the first
// agency that holds records of them and has, else of the first in the partnership: nobody's request waits at a desk without a chair.
func (d *Desk) Ask(ctx context.Context, tx *database.Tx, by access.Scope, kind Kind, words string, holders []string) (Request, error) {
	if by.Role != access.Subject || by.Person == "" {
		return Request{}, fault.NoSuch()
	}
	desk, err := d.desk(ctx, tx, append([]string{by.Agency}, holders...))
	if err != nil {
		return Request{}, err
	}
	r := Request{Desk: desk, Person: by.Person, By: by.Account, Kind: kind, Words: words, Holders: holders, Identity: Known, Channel: "in Lantern"}
	return d.add(ctx, tx, by, r)
}

// Taken is what an officer writes down of a request that came otherwise than through Lantern.
type Taken struct {
	Kind          Kind
	Words         string
	Asker         string // who is asking, as they gave it
	Channel       string
	ReceivedOn    string // ISO date on which it came, not later than today
	Advocate      Advocate
	KnowsThem     bool   // somebody here knows who is asking
	IdentityWords string // who, or how
}

// Take writes a request down at the officer's own desk.
func (d *Desk) Take(ctx context.Context, tx *database.Tx, by access.Scope, in Taken) (Request, error) {
	if !officer(by) {
		return Request{}, fault.NoSuch()
	}
	var err error
	r := Request{Desk: by.Agency, TakenBy: by.Account, Kind: in.Kind, Words: in.Words, Channel: in.Channel, Identity: NotAsked, Advocate: in.Advocate}
	if r.Asker, err = text("Who is asking", in.Asker, 200, true); err != nil {
		return r, err
	}
	if in.KnowsThem {
		r.Identity = Known
		if r.IdentityWords, err = text("Who knows them", in.IdentityWords, 1000, true); err != nil {
			return r, err
		}
	}
	day, err := time.Parse(clock.ISODate, in.ReceivedOn)
	if err != nil || day.After(clock.Today(d.clock)) {
		return r, fault.New(fault.Invalid, "The day it came must be a date, today or before.")
	}
	if day.Before(clock.Today(d.clock).AddDate(-1, 0, 0)) {
		return r, fault.New(fault.Invalid, "The day it came is more than a year ago: check it.")
	}
	r.ReceivedAt = clock.Micros(time.Date(day.Year(), day.Month(), day.Day(), 12, 0, 0, 0, clock.London()))
	if r.Advocate, err = checkAdvocate(in.Advocate, false); err != nil {
		return r, err
	}
	return d.add(ctx, tx, by, r)
}

func checkAdvocate(a Advocate, danger bool) (Advocate, error) {
	a = Advocate{Name: strings.TrimSpace(a.Name), Is: a.Is, Authority: strings.TrimSpace(a.Authority), Reach: strings.TrimSpace(a.Reach)}
	if a.Name == "" {
		if a.Authority != "" || a.Reach != "" {
			return a, fault.New(fault.Invalid, "Say who speaks for them, or leave all of it empty.")
		}
		return Advocate{}, nil
	}
	known := false
	for _, r := range Relations {
		known = known || r.Code == a.Is
	}
	if !known {
		return a, fault.New(fault.Invalid, "Say what the one who speaks for them is to them.")
	}
	if a.Authority == "" {
		return a, fault.New(fault.Invalid, "Say what you have seen that lets them speak for the person: a signed note, a court order. Without it they cannot.")
	}
	if danger && atHome(a.Is) {
		return a, fault.New(fault.Refused, "Home is the danger for this person: nobody of the family can speak for them here, and nothing goes to the family.")
	}
	for _, x := range []struct {
		s    string
		most int
	}{{a.Name, 200}, {a.Authority, 1000}, {a.Reach, 200}} {
		if utf8.RuneCountInString(x.s) > x.most {
			return a, fault.New(fault.Invalid, "What you wrote of the one who speaks for them is longer than %d characters.", x.most)
		}
	}
	return a, nil
}

func (d *Desk) add(ctx context.Context, tx *database.Tx, by access.Scope, r Request) (Request, error) {
	r.Words = strings.TrimSpace(r.Words)
	if !slices.Contains(Kinds, r.Kind) || r.Words == "" || utf8.RuneCountInString(r.Words) > 4000 {
		return Request{}, fault.New(fault.Invalid, "Choose what is asked for, and say it in at most 4,000 characters.")
	}
	r.ID, r.Months, r.State, r.Ver = d.ids.New(), 1, "open", 1
	if r.ReceivedAt == 0 {
		r.ReceivedAt = clock.Micros(d.clock.Now())
	}
	if err := d.settle(ctx, tx, &r); err != nil {
		return Request{}, err
	}
	if r.Kind == Complaint {
		r.AcknowledgeOn = iso(r.Received().AddDate(0, 0, acknowledgeDays))
	}
	due, err := time.Parse(clock.ISODate, r.DueOn)
	if err != nil {
		return Request{}, err
	}
	reach, err := d.sealed(reachAt(r.ID), r.Advocate.Reach)
	if err != nil {
		return Request{}, err
	}
	err = tx.Exec(ctx, `INSERT INTO rights_case (id, desk, person, by_account, taken_by, kind, words, asker, channel, advocate, advocate_is, advocate_authority, reach_sealed, holders, identity, identity_words,
		received_at, months, due_on, acknowledge_on, state, retention_class, review_on, ver) VALUES `+database.In(1, 24),
		r.ID, r.Desk, r.Person, r.By, r.TakenBy, string(r.Kind), r.Words, r.Asker, r.Channel, r.Advocate.Name, r.Advocate.Is, r.Advocate.Authority, reach, strings.Join(r.Holders, " "), string(r.Identity), r.IdentityWords,
		r.ReceivedAt, r.Months, r.DueOn, r.AcknowledgeOn, r.State, RetentionClass, iso(due.AddDate(0, retentionMonths, 0)), r.Ver)
	if err != nil {
		return Request{}, err
	}
	return r, d.happened(ctx, tx, by, r, "received", r.Channel, audit.Collection)
}

// happened keeps a step of a request, and its line in the log.
func (d *Desk) happened(ctx context.Context, tx *database.Tx, by access.Scope, r Request, what, words string, act audit.Act) error {
	err := tx.Exec(ctx, "INSERT INTO rights_event (id, case_id, what, words, due_on, by_account, at) VALUES ($1,$2,$3,$4,$5,$6,$7)", d.ids.New(), r.ID, what, words, r.DueOn, by.Account, clock.Micros(d.clock.Now()))
	if err != nil {
		return err
	}
	return d.log.Record(ctx, tx, by, audit.Line{Act: act, SubjectKind: "rights-request", Subject: r.ID, Owners: []string{r.Desk}, Words: what + ": " + string(r.Kind)})
}

func (d *Desk) desk(ctx context.Context, q database.Queryer, first []string) (string, error) {
	all, err := d.accounts.All(ctx, q)
	if err != nil {
		return "", err
	}
	var desks []string
	for _, a := range all {
		if a.Role == access.InfoOfficer && !a.Disabled && a.Agency != "" {
			desks = append(desks, a.Agency)
		}
	}
	for _, f := range first {
		if slices.Contains(desks, f) {
			return f, nil
		}
	}
	if len(desks) == 0 {
		return "", fault.New(fault.Unavailable, "The partnership has nobody who answers requests yet. Nothing was lost of your rights: ask the worker you trust to pass it on, and try again.")
	}
	return desks[0], nil
}

const requestColumns = `r.id, r.desk, r.person, r.by_account, r.taken_by, r.kind, r.words, r.asker, r.channel, r.advocate, r.advocate_is, r.advocate_authority, r.reach_sealed, r.holders, r.identity, r.identity_words,
	r.received_at, r.months, r.paused_on, r.paused_days, r.due_on, r.acknowledge_on, r.acknowledged_at, r.state, r.outcome, r.reply, r.reply_to, r.replied_by, r.replied_at, r.ver`

// scanRequest leaves where an advocate is reached as it is kept: Get opens it, List leaves it out.
func scanRequest(s database.Scanner) (Request, error) {
	var r Request
	var holders string
	err := s.Scan(&r.ID, &r.Desk, &r.Person, &r.By, &r.TakenBy, (*string)(&r.Kind), &r.Words, &r.Asker, &r.Channel, &r.Advocate.Name, &r.Advocate.Is, &r.Advocate.Authority, &r.Advocate.Reach, &holders, (*string)(&r.Identity), &r.IdentityWords,
		&r.ReceivedAt, &r.Months, &r.PausedOn, &r.PausedDays, &r.DueOn, &r.AcknowledgeOn, &r.AcknowledgedAt, &r.State, (*string)(&r.Outcome), &r.Reply, &r.ReplyTo, &r.RepliedBy, &r.RepliedAt, &r.Ver)
	r.Holders = strings.Fields(holders)
	return r, err
}

func officer(s access.Scope) bool { return s.Role == access.InfoOfficer && s.Agency != "" }

// mayRead is who reads requests: whoever made one reads their own, the information officers of its desk all of the desk's.
func mayRead(s access.Scope) (cond string, arg any, ok bool) {
	switch {
	case s.IsSystem():
		return "r.desk <> $1", "", true
	case s.Role == access.Subject && s.Account != "":
		return "r.by_account = $1", s.Account, true
	case officer(s):
		return "r.desk = $1", s.Agency, true
	}
	return "", nil, false
}

// List lists the requests that the scope may read: open ones first, the soonest due first. Where an advocate is reached is left out.
func (d *Desk) List(ctx context.Context, q database.Queryer, scope access.Scope) ([]Request, error) {
	cond, arg, ok := mayRead(scope)
	if !ok {
		return nil, fault.NoSuch()
	}
	list, err := database.Collect(ctx, q, scanRequest, "SELECT "+requestColumns+" FROM rights_case r WHERE "+cond+" ORDER BY CASE WHEN r.state = 'answered' THEN 1 ELSE 0 END, r.due_on, r.id", arg)
	if err != nil {
		return nil, err
	}
	for i := range list {
		list[i].Advocate.Reach = ""
		if list[i].Paused() {
			if err := d.settle(ctx, q, &list[i]); err != nil {
				return nil, err
			}
		}
	}
	return list, nil
}

// Get is the request of that id, if the scope may read it. The last day of one whose clock stands still is the one it would have if it
// ran again today.
func (d *Desk) Get(ctx context.Context, q database.Queryer, scope access.Scope, id string) (Request, error) {
	cond, arg, ok := mayRead(scope)
	if !ok {
		return Request{}, fault.NoSuch()
	}
	r, err := database.One(ctx, q, scanRequest, "SELECT "+requestColumns+" FROM rights_case r WHERE "+cond+" AND r.id = $2", arg, id)
	if err == nil {
		r.Advocate.Reach, err = d.opened(reachAt(r.ID), r.Advocate.Reach)
	}
	if err == nil && r.Paused() {
		err = d.settle(ctx, q, &r)
	}
	return r, err
}

// Step is one thing that was done with a request.
type Step struct {
	What, Words, DueOn, By string
	At                     int64
}

// Steps lists what was done with a request that the scope may read, newest first.
func (d *Desk) Steps(ctx context.Context, q database.Queryer, scope access.Scope, id string) ([]Step, error) {
	if _, err := d.Get(ctx, q, scope, id); err != nil {
		return nil, err
	}
	return database.Collect(ctx, q, func(s database.Scanner) (Step, error) {
		var x Step
		return x, s.Scan(&x.What, &x.Words, &x.DueOn, &x.By, &x.At)
	}, "SELECT what, words, due_on, by_account, at FROM rights_event WHERE case_id = $1 ORDER BY id DESC", id)
}

// change lets f alter an open request of the officer's desk and keeps the step.
func (d *Desk) change(ctx context.Context, tx *database.Tx, by access.Scope, id, what, words string, f func(*Request) error) (Request, error) {
	if !officer(by) {
		return Request{}, fault.NoSuch()
	}
	r, err := d.Get(ctx, tx, by, id)
	if err != nil {
		return r, err
	}
	if r.Answered() {
		return r, fault.New(fault.Refused, "This request was answered already.")
	}
	if err := f(&r); err != nil {
		return r, err
	}
	if err := d.settle(ctx, tx, &r); err != nil {
		return r, err
	}
	reach, err := d.sealed(reachAt(r.ID), r.Advocate.Reach)
	if err != nil {
		return r, err
	}
	n, err := tx.ExecCount(ctx, `UPDATE rights_case SET person = $1, advocate = $2, advocate_is = $3, advocate_authority = $4, reach_sealed = $5, holders = $6, identity = $7, identity_words = $8, months = $9, paused_on = $10, paused_days = $11, due_on = $12,
		acknowledged_at = $13, state = $14, outcome = $15, reply = $16, reply_to = $17, replied_by = $18, replied_at = $19, ver = ver + 1 WHERE id = $20 AND ver = $21`,
		r.Person, r.Advocate.Name, r.Advocate.Is, r.Advocate.Authority, reach, strings.Join(r.Holders, " "), string(r.Identity), r.IdentityWords, r.Months, r.PausedOn, r.PausedDays, r.DueOn,
		r.AcknowledgedAt, r.State, string(r.Outcome), r.Reply, r.ReplyTo, r.RepliedBy, r.RepliedAt, r.ID, r.Ver)
	if err != nil {
		return r, err
	}
	if n != 1 {
		return r, fault.New(fault.Conflict, "Somebody else worked on this request first.")
	}
	return r, d.happened(ctx, tx, by, r, what, words, audit.Alteration)
}

// AskProof stops the clock until the person has shown who they are; words say what would do.
func (d *Desk) AskProof(ctx context.Context, tx *database.Tx, by access.Scope, id, words string) (Request, error) {
	return d.change(ctx, tx, by, id, "proof asked for, the clock stands still", words, func(r *Request) (err error) {
		if r.Identity == Known || r.Identity == Seen {
			return fault.New(fault.Refused, "It is settled who is asking, so proof cannot be asked for again: that would only hold them up.")
		}
		if r.Paused() {
			return fault.New(fault.Refused, "Proof was asked for already, and the clock stands still.")
		}
		if r.IdentityWords, err = text("What would do as proof", words, 1000, true); err != nil {
			return err
		}
		r.Identity, r.State, r.PausedOn = Asked, "paused", iso(clock.Today(d.clock))
		return nil
	})
}

// ProofSeen lets the clock run on: the days it stood still are added to the last day.
func (d *Desk) ProofSeen(ctx context.Context, tx *database.Tx, by access.Scope, id, words string) (Request, error) {
	return d.change(ctx, tx, by, id, "proof seen, the clock runs on", words, func(r *Request) (err error) {
		if r.Identity == Known || r.Identity == Seen {
			return fault.New(fault.Refused, "It is settled already who is asking.")
		}
		if r.IdentityWords, err = text("What you have seen", words, 1000, true); err != nil {
			return err
		}
		if r.Paused() {
			r.PausedDays += max(0, -work.DaysUntil(r.PausedOn, clock.Today(d.clock)))
			r.PausedOn, r.State = "", "open"
		}
		r.Identity = Seen
		return nil
	})
}

// Lengthened is the step by which a request got two months more; its words are for the person.
const Lengthened = "two months more"

// Extend gives the desk two months more, once, before the first month is over, with a reason that the person is told.
func (d *Desk) Extend(ctx context.Context, tx *database.Tx, by access.Scope, id, why string) (Request, error) {
	return d.change(ctx, tx, by, id, Lengthened, why, func(r *Request) error {
		if _, err := text("The reason", why, 4000, true); err != nil {
			return err
		}
		if r.Months != 1 {
			return fault.New(fault.Refused, "It was made longer once already, and the law allows that once.")
		}
		if work.DaysUntil(r.DueOn, clock.Today(d.clock)) < 0 {
			return fault.New(fault.Refused, "The month is over: it could have been made longer only within it (UK GDPR, Article 12(3)). Answer now, and say why it is late.")
		}
		r.Months = 3
		return nil
	})
}

// Acknowledge keeps that a complaint was acknowledged.
func (d *Desk) Acknowledge(ctx context.Context, tx *database.Tx, by access.Scope, id, words string) (Request, error) {
	return d.change(ctx, tx, by, id, "acknowledged", words, func(r *Request) error {
		if r.Kind != Complaint || r.AcknowledgedAt != nil {
			return fault.New(fault.Refused, "There is nothing to acknowledge.")
		}
		at := clock.Micros(d.clock.Now())
		r.AcknowledgedAt = &at
		return nil
	})
}

// Speaks keeps who speaks for the person; an empty Advocate says that nobody does any more.
func (d *Desk) Speaks(ctx context.Context, tx *database.Tx, by access.Scope, id string, a Advocate) (Request, error) {
	return d.change(ctx, tx, by, id, "who speaks for them", "", func(r *Request) error {
		danger, err := d.dangerOf(ctx, tx, r.Person)
		if err != nil {
			return err
		}
		r.Advocate, err = checkAdvocate(a, danger)
		return err
	})
}

// Found says whose records the request is about, and who holds any; person "" says that nobody holds anything.
func (d *Desk) Found(ctx context.Context, tx *database.Tx, by access.Scope, id, person string, holders []string) (Request, error) {
	what := "looked: records found"
	if person == "" {
		what = "looked: nothing found"
	}
	return d.change(ctx, tx, by, id, what, "", func(r *Request) error {
		if r.By != "" {
			return fault.New(fault.Refused, "They asked from their own account: whose records these are is known.")
		}
		if r.Identity == NotAsked || r.Identity == Asked {
			return fault.New(fault.Refused, "Settle first who is asking: an answer to the wrong person would do harm.")
		}
		danger, err := d.dangerOf(ctx, tx, person)
		if err != nil {
			return err
		}
		if danger && atHome(r.Advocate.Is) {
			return fault.New(fault.Refused, "Home is the danger for this person, and this request comes through the family. Nothing is linked and nothing goes out. Take it to the person's own worker.")
		}
		r.Person, r.Holders = person, holders
		return nil
	})
}

// Answer closes a request with words that its maker reads, to the person or to whoever speaks for them.
func (d *Desk) Answer(ctx context.Context, tx *database.Tx, by access.Scope, id string, outcome Outcome, reply, to string) error {
	_, err := d.change(ctx, tx, by, id, "answered", "", func(r *Request) (err error) {
		if !slices.Contains([]Outcome{Done, Partly, NotDone}, outcome) {
			return fault.New(fault.Invalid, "Say what came of it.")
		}
		if r.Reply, err = text("The answer", reply, 4000, true); err != nil {
			return err
		}
		if r.Identity == NotAsked || r.Identity == Asked {
			return fault.New(fault.Refused, "Settle first who is asking: an answer to the wrong person would do harm.")
		}
		if to != "person" && to != "advocate" || to == "advocate" && r.Advocate.Name == "" {
			return fault.New(fault.Invalid, "Say to whom the answer goes.")
		}
		danger, err := d.dangerOf(ctx, tx, r.Person)
		if err != nil {
			return err
		}
		if danger && to == "advocate" && atHome(r.Advocate.Is) {
			return fault.New(fault.Refused, "Home is the danger for this person: nothing goes to the family.")
		}
		at := clock.Micros(d.clock.Now())
		r.State, r.Outcome, r.ReplyTo, r.RepliedBy, r.RepliedAt = "answered", outcome, to, by.Account, &at
		return nil
	})
	return err
}

// Work puts open requests on the lists of the information officers of their desk, and what is to be looked at again on its writer's.
func (d *Desk) Work(ctx context.Context, q database.Queryer, scope access.Scope, today time.Time) ([]work.Item, error) {
	out, err := d.again(ctx, q, scope, today)
	if err != nil || !officer(scope) {
		return out, err
	}
	all, err := d.List(ctx, q, scope)
	if err != nil {
		return nil, err
	}
	for _, r := range all {
		item := work.Item{ID: r.ID, Kind: "Request", Title: "Answer somebody: " + lowerFirst(KindWords[r.Kind]), Note: "One month from the day it came.", Due: r.DueOn, Href: "/rights/" + r.ID, Personal: true, Owner: r.Desk}
		switch {
		case r.Answered():
			continue
		case r.Kind == Complaint && r.AcknowledgedAt == nil:
			item.Title, item.Note, item.Due = "Acknowledge a complaint", "Within 30 days; the answer follows without undue delay.", r.AcknowledgeOn
		case r.Paused():
			item.Note = "The clock stands still: proof of who is asking was asked for on " + r.PausedOn + "."
		case r.Months == 3:
			item.Note = "Three months from the day it came: it was made longer once."
		}
		out = append(out, item)
	}
	return out, nil
}

func lowerFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}
