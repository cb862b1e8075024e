package sharing

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
	"lantern.example/lantern/internal/work"
)

// Right is what somebody asks about what is held of them (UK GDPR Articles 15, 16, 18 and 21).
type Right string

// The requests, as the person says them.
const (
	Wrong Right = "wrong" // this is wrong: rectification
	Add   Right = "add"   // I want to add something: a statement beside the record
	Copy  Right = "copy"  // I want a copy: access
	Stop  Right = "stop"  // please stop: objection and restriction
)

// RightsAsked lists the requests in the order pages show them.
var RightsAsked = []Right{Wrong, Add, Copy, Stop}

// Request is one request, with its clock and its answer.
type Request struct {
	ID, Desk, Person, By string
	Kind                 Right
	Words                string   // the person's, kept as they are
	Holders              []string // agencies that hold records of them
	ReceivedAt           int64
	DueOn                string // ISO date
	Answered             bool
	Reply, RepliedBy     string
	RepliedAt            *int64
	Ver                  int64
}

// Rights is the desk where such requests arrive and are answered.
type Rights struct {
	clock    clock.Clock
	ids      *clock.IDs
	log      *audit.Log
	accounts *account.Store
}

// NewRights returns the desk.
func NewRights(c clock.Clock, ids *clock.IDs, log *audit.Log, accounts *account.Store) *Rights {
	return &Rights{clock: c, ids: ids, log: log, accounts: accounts}
}

// DueOn is the last day for an answer to what was received on a day: the same day of the next month, or that month's last; on a
// Saturday or Sunday, the Monday after (ICO, right of access: time limit).
func DueOn(received time.Time) time.Time {
	y, m, d := received.Date()
	due := time.Date(y, m+1, d, 0, 0, 0, 0, time.UTC)
	if due.Day() != d {
		due = time.Date(y, m+2, 0, 0, 0, 0, 0, time.UTC)
	}
	switch due.Weekday() {
	case time.Saturday:
		return due.AddDate(0, 0, 2)
	case time.Sunday:
		return due.AddDate(0, 0, 1)
	}
	return due
}

// retentionMonths is how long a request is kept after its due date before it is looked at again.
const retentionMonths = 24

// Ask takes a request from the person themselves. It goes to the information officers of their own agency, where it has none of the first
// agency that holds records of them and has, else of the first in the partnership: nobody's request waits at a desk without a chair.
func (s *Rights) Ask(ctx context.Context, tx *database.Tx, by access.Scope, kind Right, words string, holders []string) (Request, error) {
	if by.Role != access.Subject || by.Person == "" {
		return Request{}, fault.NoSuch()
	}
	words = strings.TrimSpace(words)
	if !slices.Contains(RightsAsked, kind) || words == "" || utf8.RuneCountInString(words) > 4000 {
		return Request{}, fault.New(fault.Invalid, "Choose what you ask for, and say it in at most 4,000 characters.")
	}
	desk, err := s.desk(ctx, tx, append([]string{by.Agency}, holders...))
	if err != nil {
		return Request{}, err
	}
	today := clock.Today(s.clock)
	due := DueOn(today)
	r := Request{ID: s.ids.New(), Desk: desk, Person: by.Person, By: by.Account, Kind: kind, Words: words, Holders: holders, ReceivedAt: clock.Micros(s.clock.Now()), DueOn: due.Format(clock.ISODate), Ver: 1}
	err = tx.Exec(ctx, `INSERT INTO rights_request (id, desk, person, by_account, kind, words, holders, received_at, due_on, state, retention_class, review_on, ver) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,'open','rights request',$10,1)`,
		r.ID, r.Desk, r.Person, r.By, string(r.Kind), r.Words, strings.Join(r.Holders, " "), r.ReceivedAt, r.DueOn, due.AddDate(0, retentionMonths, 0).Format(clock.ISODate))
	if err != nil {
		return Request{}, err
	}
	return r, s.log.Record(ctx, tx, by, audit.Line{Act: audit.Collection, SubjectKind: "rights-request", Subject: r.ID, Owners: []string{desk}, Words: "received: " + string(kind)})
}

func (s *Rights) desk(ctx context.Context, q database.Queryer, first []string) (string, error) {
	all, err := s.accounts.All(ctx, q)
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

const requestColumns = "r.id, r.desk, r.person, r.by_account, r.kind, r.words, r.holders, r.received_at, r.due_on, r.state, r.reply, r.replied_by, r.replied_at, r.ver"

func scanRequest(s database.Scanner) (Request, error) {
	var r Request
	var holders, state string
	err := s.Scan(&r.ID, &r.Desk, &r.Person, &r.By, (*string)(&r.Kind), &r.Words, &holders, &r.ReceivedAt, &r.DueOn, &state, &r.Reply, &r.RepliedBy, &r.RepliedAt, &r.Ver)
	r.Holders, r.Answered = strings.Fields(holders), state == "answered"
	return r, err
}

// mayRead is who reads requests: whoever made one reads their own, the information officers of its desk all of the desk's.
func mayRead(s access.Scope) (cond string, arg any, ok bool) {
	switch {
	case s.Role == access.Subject && s.Account != "":
		return "r.by_account = $1", s.Account, true
	case s.Role == access.InfoOfficer && s.Agency != "":
		return "r.desk = $1", s.Agency, true
	}
	return "", nil, false
}

// List lists the requests that the scope may read: open ones first, the soonest due first.
func (s *Rights) List(ctx context.Context, q database.Queryer, scope access.Scope) ([]Request, error) {
	cond, arg, ok := mayRead(scope)
	if !ok {
		return nil, fault.NoSuch()
	}
	return database.Collect(ctx, q, scanRequest, "SELECT "+requestColumns+" FROM rights_request r WHERE "+cond+" ORDER BY CASE WHEN r.state = 'open' THEN 0 ELSE 1 END, r.due_on, r.id", arg)
}

// Get is the request of that id, if the scope may read it.
func (s *Rights) Get(ctx context.Context, q database.Queryer, scope access.Scope, id string) (Request, error) {
	cond, arg, ok := mayRead(scope)
	if !ok {
		return Request{}, fault.NoSuch()
	}
	return database.One(ctx, q, scanRequest, "SELECT "+requestColumns+" FROM rights_request r WHERE "+cond+" AND r.id = $2", arg, id)
}

// Answer closes a request with a reply that its maker reads.
func (s *Rights) Answer(ctx context.Context, tx *database.Tx, by access.Scope, id, reply string) error {
	if by.Role != access.InfoOfficer {
		return fault.NoSuch()
	}
	r, err := s.Get(ctx, tx, by, id)
	if err != nil {
		return err
	}
	if r.Answered {
		return fault.New(fault.Refused, "This request was answered already.")
	}
	reply = strings.TrimSpace(reply)
	if reply == "" || utf8.RuneCountInString(reply) > 4000 {
		return fault.New(fault.Invalid, "Write the answer, in at most 4,000 characters.")
	}
	n, err := tx.ExecCount(ctx, "UPDATE rights_request SET state = 'answered', reply = $1, replied_by = $2, replied_at = $3, ver = ver + 1 WHERE id = $4 AND state = 'open'", reply, by.Account, clock.Micros(s.clock.Now()), id)
	if err != nil {
		return err
	}
	if n != 1 {
		return fault.New(fault.Conflict, "Somebody else answered this request first.")
	}
	return s.log.Record(ctx, tx, by, audit.Line{Act: audit.Alteration, SubjectKind: "rights-request", Subject: id, Owners: []string{r.Desk}, Words: "answered: " + string(r.Kind)})
}

// KindWords are the requests as a desk reads them.
var KindWords = map[Right]string{Wrong: "Says something is wrong", Add: "Wants to add something", Copy: "Wants a copy", Stop: "Asks us to stop"}

// Work puts open requests on the lists of the information officers of their desk.
func (s *Rights) Work(ctx context.Context, q database.Queryer, scope access.Scope, _ time.Time) ([]work.Item, error) {
	if scope.Role != access.InfoOfficer {
		return nil, nil
	}
	all, err := s.List(ctx, q, scope)
	var out []work.Item
	for _, r := range all {
		if !r.Answered {
			out = append(out, work.Item{ID: r.ID, Kind: "Request", Title: "Answer a young person: " + strings.ToLower(KindWords[r.Kind][:1]) + KindWords[r.Kind][1:], Note: "One month from the day it came.", Due: r.DueOn, Href: "/rights/" + r.ID, Personal: true, Owner: r.Desk})
		}
	}
	return out, err
}
