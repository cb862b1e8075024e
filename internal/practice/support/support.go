// Package support is the support desk: a question in one box, given to a named person with a clock, answered, and published
// without the case.
//
// A question is about nobody: the page says so, and Caution looks for what should not stand there. It is read by whoever asked,
// whoever is to answer, and the partnership's managers; another member's question does not exist for anybody else. What is
// published is an entry of the hub, written anew. A question goes to whoever leads on its theme, else to the manager; it is
// due after the working days that the hub's settings say, and when it has waited longer it goes up to the manager.
package support

import (
	"context"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/account"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/content"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/partnership"
	"lantern.example/lantern/internal/practice"
)

// State is how far a question is.
type State string

// The states. A closed question needs no answer any more, or its answer was published or thought to be of use to nobody else.
const (
	Asked    State = "asked"
	Answered State = "answered"
	Closed   State = "closed"
)

// Question is one question.
type Question struct {
	ID, Owner              string // Owner is the agency of whoever asked
	AskedBy, AskedByName   string
	AskedAt                int64
	Words, Theme           string
	Assignee, AssigneeName string
	DueOn                  string // ISO date
	State                  State
	Answer                 string
	AnsweredBy             string // account id
	AnsweredByName         string
	AnsweredAt             *int64
	Escalated              bool
	PublishedAs            string // code of the entry
	Ver                    int64
}

// Overdue reports whether it waits for an answer past its day.
func (x Question) Overdue(today time.Time) bool {
	return x.State == Asked && x.DueOn < today.Format(clock.ISODate)
}

// Event is something that happened to a question.
type Event struct {
	What, Words, ByName string
	At                  int64
}

// Store keeps questions.
type Store struct {
	library     *practice.Library
	content     *content.Store
	partnership *partnership.Store
	accounts    *account.Store
	clock       clock.Clock
	ids         *clock.IDs
	log         *audit.Log
}

// NewStore returns the support desk.
func NewStore(l *practice.Library, c *content.Store, p *partnership.Store, accounts *account.Store, at clock.Clock, ids *clock.IDs, log *audit.Log) *Store {
	return &Store{library: l, content: c, partnership: p, accounts: accounts, clock: at, ids: ids, log: log}
}

// Clock is how long a question may wait.
type Clock struct {
	Answer, Escalate int // working days
	holidays         map[string]bool
}

// Clock reads the hub's settings; where they cannot be read a question waits 3 working days, and 5 before it goes up.
func (s *Store) Clock(ctx context.Context, q database.Queryer, scope access.Scope) (Clock, error) {
	c := Clock{Answer: 3, Escalate: 5, holidays: map[string]bool{}}
	e, err := s.library.Get(ctx, q, scope, practice.Settings, "support")
	if fault.Is(err, fault.NotFound) {
		return c, nil
	}
	if err != nil {
		return c, err
	}
	if n, err := strconv.Atoi(e.Field("answer_days")); err == nil && n > 0 && n <= 100 {
		c.Answer = n
	}
	if n, err := strconv.Atoi(e.Field("escalate_days")); err == nil && n > 0 && n <= 100 {
		c.Escalate = n
	}
	for _, d := range strings.Fields(e.Field("holidays")) {
		c.holidays[d] = true
	}
	return c, nil
}

// After is the day that lies n working days after a day: neither weekends nor bank holidays count.
func (c Clock) After(day time.Time, n int) time.Time {
	for n > 0 {
		day = day.AddDate(0, 0, 1)
		if w := day.Weekday(); w != time.Saturday && w != time.Sunday && !c.holidays[day.Format(clock.ISODate)] {
			n--
		}
	}
	return day
}

// mayAnswer are the roles that a question can be given to.
var mayAnswer = []access.Role{access.Manager, access.Analyst, access.Chair, access.Practitioner, access.SchoolLead, access.InfoOfficer}

// readable is the condition for a question to exist for a reader, with its arguments.
func readable(scope access.Scope, from int) (string, []any) {
	cond, args := scope.Where("x", from)
	if scope.IsSystem() || scope.Role == access.Manager {
		return cond, args
	}
	n := from + len(args)
	return cond + " AND (x.asked_by = $" + strconv.Itoa(n) + " OR x.assignee = $" + strconv.Itoa(n+1) + ")", append(args, scope.Account, scope.Account)
}

const columns = `x.id, x.owner, x.asked_by, coalesce(a.name, ''), x.asked_at, x.words, x.theme, x.assignee, coalesce(b.name, ''), x.due_on, x.state, x.answer, x.answered_by, coalesce(c.name, ''), x.answered_at, x.escalated, x.published_as, x.ver`

const from = ` FROM question x LEFT JOIN account a ON a.id = x.asked_by LEFT JOIN account b ON b.id = x.assignee LEFT JOIN account c ON c.id = x.answered_by `

func scan(r database.Scanner) (Question, error) {
	var x Question
	return x, r.Scan(&x.ID, &x.Owner, &x.AskedBy, &x.AskedByName, &x.AskedAt, &x.Words, &x.Theme, &x.Assignee, &x.AssigneeName, &x.DueOn, (*string)(&x.State), &x.Answer, &x.AnsweredBy, &x.AnsweredByName, &x.AnsweredAt, &x.Escalated, &x.PublishedAs, &x.Ver)
}

// Get is one question, if the reader may read it.
func (s *Store) Get(ctx context.Context, q database.Queryer, scope access.Scope, id string) (Question, error) {
	cond, args := readable(scope, 2)
	return database.One(ctx, q, scan, "SELECT "+columns+from+"WHERE x.id = $1 AND "+cond, append([]any{id}, args...)...)
}

// List is the questions the reader may read: those that wait, longest first, and then the latest others, at most limit of them.
func (s *Store) List(ctx context.Context, q database.Queryer, scope access.Scope, limit int) ([]Question, error) {
	cond, args := readable(scope, 2)
	return database.Collect(ctx, q, scan, "SELECT "+columns+from+"WHERE "+cond+" ORDER BY CASE WHEN x.state = 'asked' THEN 0 ELSE 1 END, CASE WHEN x.state = 'asked' THEN x.asked_at ELSE -x.asked_at END, x.id LIMIT $1", append([]any{limit}, args...)...)
}

// Standing is how the desk stands, for everybody: counts alone.
type Standing struct{ Waiting, Overdue int }

// Standing counts the questions that wait, and those past their day.
func (s *Store) Standing(ctx context.Context, q database.Queryer) (Standing, error) {
	return database.One(ctx, q, func(r database.Scanner) (Standing, error) {
		var n Standing
		return n, r.Scan(&n.Waiting, &n.Overdue)
	}, "SELECT count(*), coalesce(sum(CASE WHEN due_on < $1 THEN 1 ELSE 0 END), 0) FROM question WHERE state = 'asked'", clock.Today(s.clock).Format(clock.ISODate))
}

// Events lists what happened to a question, newest first. The caller has read the question.
func (s *Store) Events(ctx context.Context, q database.Queryer, id string) ([]Event, error) {
	return database.Collect(ctx, q, func(r database.Scanner) (Event, error) {
		var e Event
		return e, r.Scan(&e.What, &e.Words, &e.ByName, &e.At)
	}, "SELECT e.what, e.words, coalesce(a.name, ''), e.at FROM question_event e LEFT JOIN account a ON a.id = e.by_account WHERE e.question_id = $1 ORDER BY e.at DESC, e.id DESC", id)
}

func (s *Store) event(ctx context.Context, tx *database.Tx, by access.Scope, x Question, what, words string, act audit.Act) error {
	if err := tx.Exec(ctx, "INSERT INTO question_event (id, question_id, what, words, by_account, at) VALUES ($1,$2,$3,$4,$5,$6)", s.ids.New(), x.ID, what, words, by.Account, clock.Micros(s.clock.Now())); err != nil {
		return err
	}
	return s.log.Record(ctx, tx, by, audit.Line{Act: act, SubjectKind: "question", Subject: x.ID, Owners: []string{x.Owner}, Words: what})
}

// manager is who answers when nobody leads: the manager whose account is oldest.
func (s *Store) manager(ctx context.Context, q database.Queryer, but string) (account.Account, error) {
	all, err := s.accounts.All(ctx, q)
	var best account.Account
	for _, a := range all {
		if a.Role == access.Manager && !a.Disabled && a.ID != but && (best.ID == "" || a.ID < best.ID) {
			best = a
		}
	}
	return best, err
}

// Route is who a question about a theme goes to: the lead of the theme, or the deputy where the lead asks it; else the manager. Lead is
// false when it had to go to the manager. Nobody at all is Refused.
func (s *Store) Route(ctx context.Context, q database.Queryer, asker, theme string) (to account.Account, lead bool, err error) {
	posts, err := s.partnership.Posts(ctx, q)
	if err != nil {
		return to, false, err
	}
	for _, p := range posts {
		if theme == "" || p.Theme.Code != theme {
			continue
		}
		for _, a := range []*account.Account{p.Lead, p.Deputy} {
			if a != nil && a.ID != asker && slices.Contains(mayAnswer, a.Role) {
				return *a, true, nil
			}
		}
	}
	if to, err = s.manager(ctx, q, asker); err == nil && to.ID == "" {
		err = fault.New(fault.Refused, "Nobody is there to answer: the partnership has no community safety manager with an open account but you.")
	}
	return to, false, err
}

// Ask puts a question.
func (s *Store) Ask(ctx context.Context, tx *database.Tx, by access.Scope, words, theme string) (Question, error) {
	words = strings.TrimSpace(words)
	if n := utf8.RuneCountInString(words); n < 10 || n > 4000 {
		return Question{}, fault.New(fault.Invalid, "The question has %d characters: expected 10 to 4,000.", n)
	}
	if by.IsSystem() || by.Agency == "" || by.Role == access.Subject {
		return Question{}, fault.New(fault.Refused, "Only a member can ask here.")
	}
	if theme != "" {
		themes, err := s.partnership.Themes(ctx, tx)
		if err != nil {
			return Question{}, err
		}
		if !slices.ContainsFunc(themes, func(t partnership.Theme) bool { return t.Code == theme && t.InUse }) {
			return Question{}, fault.New(fault.Invalid, "Choose one of the themes shown.")
		}
	}
	to, _, err := s.Route(ctx, tx, by.Account, theme)
	if err != nil {
		return Question{}, err
	}
	c, err := s.Clock(ctx, tx, by)
	if err != nil {
		return Question{}, err
	}
	today := clock.Today(s.clock)
	x := Question{ID: s.ids.New(), Owner: by.Agency, AskedBy: by.Account, AskedAt: clock.Micros(s.clock.Now()), Words: words, Theme: theme, Assignee: to.ID, DueOn: c.After(today, c.Answer).Format(clock.ISODate), State: Asked, Ver: 1}
	err = tx.Exec(ctx, `INSERT INTO question (id, owner, class, asked_by, asked_at, words, theme, assignee, due_on, state, retention_class, review_on) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12)`,
		x.ID, x.Owner, string(access.Partnership), x.AskedBy, x.AskedAt, x.Words, x.Theme, x.Assignee, x.DueOn, string(x.State), "question", today.AddDate(1, 0, 0).Format(clock.ISODate))
	if err != nil {
		return x, err
	}
	return x, s.event(ctx, tx, by, x, "asked", "", audit.Collection)
}

// change reads a question the reader may change, at version ver, lets f change it and writes it.
func (s *Store) change(ctx context.Context, tx *database.Tx, by access.Scope, id string, ver int64, f func(x *Question) error) (Question, error) {
	x, err := s.Get(ctx, tx, by, id)
	if err != nil {
		return x, err
	}
	if x.Ver != ver {
		return x, fault.New(fault.Conflict, "Somebody else changed this question while you were writing. Yours was not saved yet.")
	}
	if err := f(&x); err != nil {
		return x, err
	}
	x.Ver++
	n, err := tx.ExecCount(ctx, `UPDATE question SET assignee = $1, due_on = $2, state = $3, answer = $4, answered_by = $5, answered_at = $6, escalated = $7, published_as = $8, ver = $9 WHERE id = $10 AND ver = $11`,
		x.Assignee, x.DueOn, string(x.State), x.Answer, x.AnsweredBy, x.AnsweredAt, x.Escalated, x.PublishedAs, x.Ver, id, ver)
	if err == nil && n != 1 {
		err = fault.New(fault.Conflict, "Somebody else changed this question first.")
	}
	return x, err
}

// MayAnswer reports whether a reader may answer a question they can read: whoever it waits for, and the managers.
func MayAnswer(scope access.Scope, x Question) bool {
	return scope.Account == x.Assignee || scope.Role == access.Manager
}

func answerer(by access.Scope, x *Question) error {
	if MayAnswer(by, *x) {
		return nil
	}
	return fault.New(fault.Refused, "It waits for somebody else to answer.")
}

// Reply answers a question, or answers it again.
func (s *Store) Reply(ctx context.Context, tx *database.Tx, by access.Scope, id string, ver int64, answer string) error {
	x, err := s.change(ctx, tx, by, id, ver, func(x *Question) error {
		if err := answerer(by, x); err != nil {
			return err
		}
		if x.State == Closed {
			return fault.New(fault.Refused, "This question is closed.")
		}
		answer = strings.TrimSpace(answer)
		if n := utf8.RuneCountInString(answer); n < 1 || n > 20000 {
			return fault.New(fault.Invalid, "The answer has %d characters: expected 1 to 20,000.", n)
		}
		at := clock.Micros(s.clock.Now())
		x.Answer, x.State, x.AnsweredBy, x.AnsweredAt = answer, Answered, by.Account, &at
		return nil
	})
	if err != nil {
		return err
	}
	return s.event(ctx, tx, by, x, "answered", answer, audit.Alteration)
}

// Escalate gives a question that waits to the manager, with a reason: whoever asked or is to answer may, at any time.
func (s *Store) Escalate(ctx context.Context, tx *database.Tx, by access.Scope, id string, ver int64, why string) error {
	if why = strings.TrimSpace(why); why == "" || utf8.RuneCountInString(why) > 1000 {
		return fault.New(fault.Invalid, "Say in at most 1,000 characters why it goes up.")
	}
	x, err := s.change(ctx, tx, by, id, ver, func(x *Question) error {
		if x.State != Asked {
			return fault.New(fault.Refused, "It does not wait for an answer.")
		}
		to, err := s.manager(ctx, tx, x.Assignee)
		if err != nil {
			return err
		}
		if to.ID == "" || x.Escalated {
			return fault.New(fault.Refused, "It is with the manager already: there is nobody further up.")
		}
		x.Assignee, x.Escalated = to.ID, true
		return nil
	})
	if err != nil {
		return err
	}
	return s.event(ctx, tx, by, x, "escalated", why, audit.Alteration)
}

// Give gives a question to somebody else to answer, with a reason.
func (s *Store) Give(ctx context.Context, tx *database.Tx, by access.Scope, id string, ver int64, to, why string) error {
	if why = strings.TrimSpace(why); why == "" || utf8.RuneCountInString(why) > 1000 {
		return fault.New(fault.Invalid, "Say in at most 1,000 characters why it goes to somebody else.")
	}
	x, err := s.change(ctx, tx, by, id, ver, func(x *Question) error {
		if err := answerer(by, x); err != nil {
			return err
		}
		a, err := s.accounts.Get(ctx, tx, to)
		if fault.Is(err, fault.NotFound) || err == nil && (a.Disabled || !slices.Contains(mayAnswer, a.Role)) {
			return fault.New(fault.Invalid, "Choose a member who can answer.")
		}
		if err != nil {
			return err
		}
		if x.State != Asked || a.ID == x.Assignee {
			return fault.New(fault.Refused, "It does not wait for an answer, or waits for them already.")
		}
		x.Assignee = a.ID
		return nil
	})
	if err != nil {
		return err
	}
	return s.event(ctx, tx, by, x, "given", why, audit.Alteration)
}

// Close ends a question without publishing anything, with a reason; whoever asked may, and whoever answers.
func (s *Store) Close(ctx context.Context, tx *database.Tx, by access.Scope, id string, ver int64, why string) error {
	if why = strings.TrimSpace(why); why == "" || utf8.RuneCountInString(why) > 1000 {
		return fault.New(fault.Invalid, "Say in at most 1,000 characters why it is closed.")
	}
	x, err := s.change(ctx, tx, by, id, ver, func(x *Question) error {
		if x.State == Closed {
			return fault.New(fault.Refused, "It is closed already.")
		}
		x.State = Closed
		return nil
	})
	if err != nil {
		return err
	}
	return s.event(ctx, tx, by, x, "closed", why, audit.Alteration)
}

// Publish writes what was learnt as an entry of the hub, in words of its own, and closes the question. The words must name nobody: where
// Caution finds something, whoever publishes says that they have looked (looked).
func (s *Store) Publish(ctx context.Context, tx *database.Tx, by access.Scope, id string, ver int64, t content.Text, looked bool) (code string, err error) {
	for _, v := range []string{t.Title, t.Fields["summary"], t.Fields["question"], t.Fields["body"]} {
		if found := Caution(v); found != "" && !looked {
			return "", fault.New(fault.Invalid, "%s", found)
		}
	}
	x, err := s.change(ctx, tx, by, id, ver, func(x *Question) error {
		if err := answerer(by, x); err != nil {
			return err
		}
		if x.State != Answered {
			return fault.New(fault.Refused, "Answer it first.")
		}
		if code, err = s.content.FreeCode(ctx, tx, practice.Reply, t.Title); err != nil {
			return err
		}
		if _, err = s.content.Save(ctx, tx, by, content.Key{Kind: practice.Reply, Code: code}, 0, t, "From a question to the support desk."); err != nil {
			return err
		}
		x.State, x.PublishedAs = Closed, code
		return nil
	})
	if err != nil {
		return "", err
	}
	return code, s.event(ctx, tx, by, x, "published", "", audit.Alteration)
}

var cautions = []struct {
	pattern *regexp.Regexp
	words   string
}{
	{regexp.MustCompile(`(?i)\b[a-z0-9._%+-]+@[a-z0-9.-]+\.[a-z]{2,}\b`), "an e-mail address"},
	{regexp.MustCompile(`(?i)\b[a-z]{1,2}[0-9][a-z0-9]? ?[0-9][a-z]{2}\b`), "a postcode"},
	{regexp.MustCompile(`\b(?:0|\+44 ?)[0-9](?:[ -]?[0-9]){8,10}\b`), "a telephone number"},
	{regexp.MustCompile(`\b[0-9]{3} ?[0-9]{3} ?[0-9]{4}\b`), "a number like an NHS number"},
	{regexp.MustCompile(`\b[0-3]?[0-9][/.][01]?[0-9][/.](?:19|20)?[0-9]{2}\b`), "a date like a date of birth"},
	{regexp.MustCompile(`(?i)\b(?:d\.?o\.?b\b|born (?:on|in)\b)`), "somebody’s birth"},
	{regexp.MustCompile(`(?i)\b(?:his|her|their) name is\b`), "a name"},
}

// Caution says what in words meant to be about nobody looks like somebody, "" for nothing. It cannot see a name: a person must read.
func Caution(words string) string {
	var found []string
	for _, c := range cautions {
		if c.pattern.MatchString(words) {
			found = append(found, c.words)
		}
	}
	if len(found) == 0 {
		return ""
	}
	return "This looks as if it holds " + strings.Join(found, " and ") + ". Take out what could lead to somebody, or say that you have looked and it leads to nobody."
}

// Raise gives every question that has waited longer than the settings allow to the manager. It is what a job does each day.
func (s *Store) Raise(ctx context.Context, tx *database.Tx, by access.Scope) (n int, err error) {
	c, err := s.Clock(ctx, tx, by)
	if err != nil {
		return 0, err
	}
	waiting, err := database.Collect(ctx, tx, scan, "SELECT "+columns+from+"WHERE x.state = 'asked' AND NOT x.escalated ORDER BY x.asked_at, x.id LIMIT 500")
	if err != nil {
		return 0, err
	}
	today := clock.Today(s.clock)
	for _, x := range waiting {
		local := clock.FromMicros(x.AskedAt).In(clock.London())
		day := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, time.UTC)
		if !c.After(day, c.Escalate).Before(today) {
			continue
		}
		err := s.Escalate(ctx, tx, by, x.ID, x.Ver, "It waited longer than "+strconv.Itoa(c.Escalate)+" working days.")
		if fault.Is(err, fault.Refused) {
			continue // the only manager has it already
		}
		if err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}
