// Package work is what somebody must do: actions, each with one named owner, one date, a state and a
// reason, and for everybody one list of their work.
//
// An action is a fact: it belongs to the agency that wrote it, has a data class (partnership when it is
// about nobody, a personal class when it is about a person) and is read under the reader's scope like any
// other. Its row holds what is true now; every change keeps the whole of what it replaced, with who, when
// and why (History), and nothing is deleted.
//
// What other rooms ask of a person (a review due, a decision waiting) joins the same list through Source.
package work

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/cases"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/account"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fact"
	"lantern.example/lantern/internal/fault"
)

// State is how far an action is.
type State string

// The states. Done and dropped have a reason and can be opened again.
const (
	Open    State = "open"
	Done    State = "done"
	Dropped State = "dropped"
)

// Ref points at a record of some room: what an action is about, or what it came from. Kind is a short word
// ("place", "blind-spot", "lead-gap"), ID the record's id or code.
type Ref struct{ Kind, ID string }

// Action is one thing that one person must do by one date.
type Action struct {
	fact.Fact
	Title   string
	Why     string
	Source  Ref // what it came from
	Subject Ref // what it is about
	// Assignee is the account that owns the action; AssigneeAgency its agency and AssigneeName its name.
	Assignee, AssigneeAgency, AssigneeName string
	DueOn                                  string // ISO date
	State                                  State
	Outcome                                string // why it is done or dropped
	ClosedAt                               *int64
}

// Overdue is by how many days an open action is late on a day; 0 when it is not.
func (a Action) Overdue(today time.Time) int {
	if a.State != Open {
		return 0
	}
	return max(0, -DaysUntil(a.DueOn, today))
}

// DaysUntil counts from today to an ISO date; negative when it has passed.
func DaysUntil(due string, today time.Time) int {
	d, err := time.Parse(clock.ISODate, due)
	if err != nil {
		return 0
	}
	return int(d.Sub(today).Hours() / 24)
}

// DueWords says how a date stands to today: "Overdue by 4 days", "Due today", "Due in 3 days".
func DueWords(due string, today time.Time) string {
	switch n := DaysUntil(due, today); {
	case n < -1:
		return "Overdue by " + strconv.Itoa(-n) + " days"
	case n == -1:
		return "Overdue by 1 day"
	case n == 0:
		return "Due today"
	case n == 1:
		return "Due tomorrow"
	default:
		return "Due in " + strconv.Itoa(n) + " days"
	}
}

// What was done to an action at a version.
type What string

// The kinds of change.
const (
	Added      What = "added"
	Edited     What = "edited"
	Reassigned What = "reassigned"
	Completed  What = "done"
	LetGo      What = "dropped"
	Reopened   What = "reopened"
)

// Change is one version of an action: what was done, by whom, when and why, and everything as it then stood.
type Change struct {
	Ver                       int64
	What                      What
	Title, Why, DueOn, Reason string
	Assignee, AssigneeName    string
	State                     State
	By, ByName                string
	At                        int64
}

// New is what is needed to add an action.
type New struct {
	Title, Why      string
	Class           access.Class // "" is partnership
	Area            string
	Source, Subject Ref
	Assignee        string // account id
	DueOn           string // ISO date
}

// Store keeps actions.
type Store struct {
	clock    clock.Clock
	ids      *clock.IDs
	log      *audit.Log
	accounts *account.Store
}

// NewStore returns the actions.
func NewStore(c clock.Clock, ids *clock.IDs, log *audit.Log, accounts *account.Store) *Store {
	return &Store{clock: c, ids: ids, log: log, accounts: accounts}
}

// Retention of actions: their class, and how long after the due date they are looked at again.
const (
	RetentionClass    = "action"
	reviewAfterMonths = 12
)

func review(due string) string {
	d, err := time.Parse(clock.ISODate, due)
	if err != nil {
		return due
	}
	return d.AddDate(0, reviewAfterMonths, 0).Format(clock.ISODate)
}

func fold(s string) string { return cases.Fold().String(s) }

func checkText(what, text string, most int) error {
	if strings.TrimSpace(text) == "" {
		return fault.New(fault.Invalid, "%s is missing.", what)
	}
	if utf8.RuneCountInString(text) > most {
		return fault.New(fault.Invalid, "%s is longer than %d characters.", what, most)
	}
	return nil
}

func checkDue(due string) error {
	if _, err := time.Parse(clock.ISODate, due); err != nil {
		return fault.New(fault.Invalid, "The due date %q cannot be read: expected year-month-day.", due)
	}
	return nil
}

// Add writes an action owned by the writer's agency. The assignee must be able to read it: an action
// given to somebody who cannot see it would be lost work, so that is Refused. The words must name nobody
// when the class is partnership; software cannot know that, and the form says so.
func (s *Store) Add(ctx context.Context, tx *database.Tx, by access.Scope, in New) (Action, error) {
	if in.Class == "" {
		in.Class = access.Partnership
	}
	if !slices.Contains(access.Classes, in.Class) {
		return Action{}, fault.New(fault.Invalid, "There is no data class %q.", in.Class)
	}
	if in.Class.Personal() && (by.Agency == "" || slices.Contains(by.Closed, in.Class)) && !by.IsSystem() {
		return Action{}, fault.New(fault.Refused, "Your role does not write records of that kind.")
	}
	a := Action{Title: strings.TrimSpace(in.Title), Why: strings.TrimSpace(in.Why), Source: in.Source, Subject: in.Subject, DueOn: in.DueOn, State: Open}
	a.Fact = fact.Fact{ID: s.ids.New(), Owner: by.Agency, Class: string(in.Class), Area: in.Area, By: by.Account,
		LearntAt: clock.Micros(s.clock.Now()), RetentionClass: RetentionClass, ReviewOn: review(in.DueOn), Ver: 1}
	if err := s.check(a); err != nil {
		return Action{}, err
	}
	if err := s.assign(ctx, tx, &a, in.Assignee); err != nil {
		return Action{}, err
	}
	args := append(a.Args(), a.Title, fold(a.Title), a.Why, a.Source.Kind, a.Source.ID, a.Subject.Kind, a.Subject.ID, a.Assignee, a.AssigneeAgency, a.DueOn, string(a.State), a.Outcome, a.ClosedAt)
	err := tx.Exec(ctx, "INSERT INTO action ("+fact.Columns("")+`, title, title_folded, why, source_kind, source_id, subject_kind, subject_id, assignee, assignee_agency, due_on, state, outcome, closed_at)
		VALUES `+database.In(1, len(args)), args...)
	if err != nil {
		return Action{}, err
	}
	return a, s.keep(ctx, tx, by, a, Added, "", audit.Collection)
}

func (s *Store) check(a Action) error {
	if err := checkText("What is to be done", a.Title, 200); err != nil {
		return err
	}
	if err := checkText("The reason", a.Why, 4000); err != nil {
		return err
	}
	return checkDue(a.DueOn)
}

// assign gives the action to an account that may read it.
func (s *Store) assign(ctx context.Context, tx *database.Tx, a *Action, to string) error {
	acc, err := s.accounts.Get(ctx, tx, to)
	if fault.Is(err, fault.NotFound) {
		return fault.New(fault.Invalid, "Choose one owner from the list.")
	}
	if err != nil {
		return err
	}
	ok, err := s.CanRead(ctx, acc, a.Fact)
	if err != nil {
		return err
	}
	if !ok {
		return fault.New(fault.Refused, "%s could not read this action, so it cannot be theirs: choose somebody in an agency that may read this kind of record.", acc.Name)
	}
	a.Assignee, a.AssigneeAgency, a.AssigneeName = acc.ID, acc.Agency, acc.Name
	return nil
}

// CanRead reports whether an account may read a record for some purpose its role acts for. Closed
// accounts and young people reading their own record cannot be given work.
func (s *Store) CanRead(ctx context.Context, acc account.Account, f fact.Fact) (bool, error) {
	if acc.Disabled || acc.Role == access.Subject {
		return false, nil
	}
	rec := access.Of(f)
	rec.ID = "" // a disclosure of it would give it to be read, not to be worked on
	for _, p := range account.Purposes(acc.Role) {
		scope, err := s.accounts.Scope(ctx, acc, p)
		if err != nil {
			return false, err
		}
		if access.Decide(scope, rec).Allowed {
			return true, nil
		}
	}
	return false, nil
}

// keep writes the version that a has become, and the act's audit line.
func (s *Store) keep(ctx context.Context, tx *database.Tx, by access.Scope, a Action, what What, reason string, act audit.Act) error {
	at := clock.Micros(s.clock.Now())
	if err := tx.Exec(ctx, "UPDATE action_version SET superseded_at = $1 WHERE action_id = $2 AND superseded_at IS NULL", at, a.ID); err != nil {
		return err
	}
	err := tx.Exec(ctx, `INSERT INTO action_version (action_id, ver, what, title, why, assignee, due_on, state, reason, by_account, at)
		VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11)`, a.ID, a.Ver, string(what), a.Title, a.Why, a.Assignee, a.DueOn, string(a.State), reason, by.Account, at)
	if err != nil {
		return err
	}
	return s.log.Record(ctx, tx, by, audit.Line{Act: act, SubjectKind: "action", Subject: a.ID, Owners: []string{a.Owner}, Words: string(what) + ", " + a.Class})
}

const actionColumns = `a.title, a.why, a.source_kind, a.source_id, a.subject_kind, a.subject_id, a.assignee, a.assignee_agency, coalesce(w.name, ''), a.due_on, a.state, a.outcome, a.closed_at`

var selectAction = "SELECT " + fact.Columns("a") + ", " + actionColumns + " FROM action a LEFT JOIN account w ON w.id = a.assignee"

const liveAction = "(a.load_id = '' OR a.load_id IN (SELECT id FROM load WHERE state = 'live'))"

func scanAction(r database.Scanner) (Action, error) {
	var a Action
	dest := append(a.Dest(), &a.Title, &a.Why, &a.Source.Kind, &a.Source.ID, &a.Subject.Kind, &a.Subject.ID, &a.Assignee, &a.AssigneeAgency, &a.AssigneeName, &a.DueOn, (*string)(&a.State), &a.Outcome, &a.ClosedAt)
	return a, r.Scan(dest...)
}

// Get is the action of that id, if the scope may read it.
func (s *Store) Get(ctx context.Context, q database.Queryer, scope access.Scope, id string) (Action, error) {
	where, args := scope.Where("a", 2)
	return database.One(ctx, q, scanAction, selectAction+" WHERE a.id = $1 AND "+liveAction+" AND "+where, append([]any{id}, args...)...)
}

// History lists every version of an action that the scope may read, newest first.
func (s *Store) History(ctx context.Context, q database.Queryer, scope access.Scope, id string) ([]Change, error) {
	where, args := scope.Where("a", 2)
	return database.Collect(ctx, q, func(r database.Scanner) (Change, error) {
		var c Change
		return c, r.Scan(&c.Ver, (*string)(&c.What), &c.Title, &c.Why, &c.DueOn, &c.Reason, &c.Assignee, &c.AssigneeName, (*string)(&c.State), &c.By, &c.ByName, &c.At)
	}, `SELECT v.ver, v.what, v.title, v.why, v.due_on, v.reason, v.assignee, coalesce(w.name, ''), v.state, v.by_account, coalesce(m.name, ''), v.at
		FROM action_version v JOIN action a ON a.id = v.action_id LEFT JOIN account w ON w.id = v.assignee LEFT JOIN account m ON m.id = v.by_account
		WHERE v.action_id = $1 AND `+liveAction+` AND `+where+` ORDER BY v.ver DESC`, append([]any{id}, args...)...)
}

// MayChange reports whether the reader may change an action they can read: its owner, a member of the
// agency it belongs to or of its owner's, and the partnership's manager.
func MayChange(scope access.Scope, a Action) bool {
	return scope.IsSystem() || scope.Account == a.Assignee || scope.Agency != "" && (scope.Agency == a.Owner || scope.Agency == a.AssigneeAgency) || scope.Role == access.Manager
}

// change reads an action under the scope, checks that it is still at version ver and may be changed, lets
// f change it, and writes it with its history and audit line.
func (s *Store) change(ctx context.Context, tx *database.Tx, by access.Scope, id string, ver int64, what What, reason string, f func(*Action) error) (Action, error) {
	a, err := s.Get(ctx, tx, by, id)
	if err != nil {
		return Action{}, err
	}
	if !MayChange(by, a) {
		return Action{}, fault.New(fault.Refused, "Only the owner of an action, members of their agency or of the agency that set it, and the community safety manager can change it.")
	}
	if a.Ver != ver {
		return Action{}, fault.New(fault.Conflict, "Somebody else changed this action while you were writing. Nothing of theirs was lost, and yours was not saved yet.")
	}
	if err := f(&a); err != nil {
		return Action{}, err
	}
	if err := s.check(a); err != nil {
		return Action{}, err
	}
	a.Ver++
	a.ReviewOn = review(a.DueOn)
	n, err := tx.ExecCount(ctx, `UPDATE action SET title = $1, title_folded = $2, why = $3, assignee = $4, assignee_agency = $5, due_on = $6, state = $7, outcome = $8, closed_at = $9, review_on = $10, ver = $11
		WHERE id = $12 AND ver = $13`, a.Title, fold(a.Title), a.Why, a.Assignee, a.AssigneeAgency, a.DueOn, string(a.State), a.Outcome, a.ClosedAt, a.ReviewOn, a.Ver, a.ID, ver)
	if err != nil {
		return Action{}, err
	}
	if n != 1 {
		return Action{}, fault.New(fault.Conflict, "Somebody else changed this action first.")
	}
	return a, s.keep(ctx, tx, by, a, what, reason, audit.Alteration)
}

// Edit is what can be changed about an open action besides its owner.
type Edit struct{ Title, Why, DueOn, Reason string }

// Edit changes an open action's words or date. Reason says why, "" when the words speak for themselves; a
// later date needs one.
func (s *Store) Edit(ctx context.Context, tx *database.Tx, by access.Scope, id string, ver int64, in Edit) (Action, error) {
	return s.change(ctx, tx, by, id, ver, Edited, in.Reason, func(a *Action) error {
		if a.State != Open {
			return fault.New(fault.Refused, "This action is closed: open it again to change it.")
		}
		if in.DueOn > a.DueOn && strings.TrimSpace(in.Reason) == "" {
			return fault.New(fault.Invalid, "Say why the date is moved back.")
		}
		a.Title, a.Why, a.DueOn = strings.TrimSpace(in.Title), strings.TrimSpace(in.Why), in.DueOn
		return nil
	})
}

// Reassign gives an open action to another owner, with a reason.
func (s *Store) Reassign(ctx context.Context, tx *database.Tx, by access.Scope, id string, ver int64, to, reason string) (Action, error) {
	return s.change(ctx, tx, by, id, ver, Reassigned, reason, func(a *Action) error {
		if a.State != Open {
			return fault.New(fault.Refused, "This action is closed: open it again to give it to somebody else.")
		}
		if to == a.Assignee {
			return fault.New(fault.Invalid, "It is already theirs: choose somebody else.")
		}
		if err := checkText("The reason", reason, 4000); err != nil {
			return err
		}
		return s.assign(ctx, tx, a, to)
	})
}

// Complete closes an action as done; outcome says what came of it.
func (s *Store) Complete(ctx context.Context, tx *database.Tx, by access.Scope, id string, ver int64, outcome string) (Action, error) {
	return s.close(ctx, tx, by, id, ver, Completed, Done, outcome)
}

// Drop closes an action that will not be done, with a reason.
func (s *Store) Drop(ctx context.Context, tx *database.Tx, by access.Scope, id string, ver int64, reason string) (Action, error) {
	return s.close(ctx, tx, by, id, ver, LetGo, Dropped, reason)
}

func (s *Store) close(ctx context.Context, tx *database.Tx, by access.Scope, id string, ver int64, what What, to State, reason string) (Action, error) {
	return s.change(ctx, tx, by, id, ver, what, reason, func(a *Action) error {
		if a.State != Open {
			return fault.New(fault.Refused, "This action is closed already.")
		}
		if err := checkText("What came of it, or why it is dropped,", reason, 4000); err != nil {
			return err
		}
		at := clock.Micros(s.clock.Now())
		a.State, a.Outcome, a.ClosedAt = to, strings.TrimSpace(reason), &at
		return nil
	})
}

// Reopen opens a closed action again, with a reason. What it was closed with stays in its history.
func (s *Store) Reopen(ctx context.Context, tx *database.Tx, by access.Scope, id string, ver int64, reason string) (Action, error) {
	return s.change(ctx, tx, by, id, ver, Reopened, reason, func(a *Action) error {
		if a.State == Open {
			return fault.New(fault.Refused, "This action is open.")
		}
		if err := checkText("The reason", reason, 4000); err != nil {
			return err
		}
		a.State, a.Outcome, a.ClosedAt = Open, "", nil
		return nil
	})
}
