package work

import (
	"context"
	"strconv"
	"strings"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
)

// Query narrows a list of actions; what is empty does not narrow.
type Query struct {
	State         State
	Assignee      string // account id
	Agency        string // the assignee's
	OverdueOn     string // ISO date: open and due before it
	Source        Ref
	Subject       Ref
	Sort          string // one of SortKeys; "due" when empty
	Desc          bool
	Limit, Offset int // no limit when Limit is 0
}

var sorts = map[string]string{"due": "a.due_on", "title": "a.title_folded", "owner": "coalesce(w.name, '')", "agency": "a.assignee_agency", "state": "a.state"}

// SortKeys are what a list can be sorted by.
var SortKeys = []string{"due", "title", "owner", "agency", "state"}

func (q Query) where(scope access.Scope) (cond string, args []any) {
	cond, args = scope.Where("a", 1)
	and := func(sql string, v any) {
		args = append(args, v)
		cond += " AND " + strings.ReplaceAll(sql, "?", "$"+strconv.Itoa(len(args)))
	}
	if q.State != "" {
		and("a.state = ?", string(q.State))
	}
	if q.Assignee != "" {
		and("a.assignee = ?", q.Assignee)
	}
	if q.Agency != "" {
		and("a.assignee_agency = ?", q.Agency)
	}
	if q.OverdueOn != "" {
		and("a.state = 'open' AND a.due_on < ?", q.OverdueOn)
	}
	if q.Source.Kind != "" {
		and("a.source_kind = ?", q.Source.Kind)
	}
	if q.Source.ID != "" {
		and("a.source_id = ?", q.Source.ID)
	}
	if q.Subject.Kind != "" {
		and("a.subject_kind = ?", q.Subject.Kind)
	}
	if q.Subject.ID != "" {
		and("a.subject_id = ?", q.Subject.ID)
	}
	return cond + " AND " + liveAction, args
}

func (q Query) order() string {
	col, ok := sorts[q.Sort]
	if !ok {
		col = sorts["due"]
	}
	dir := " ASC"
	if q.Desc {
		dir = " DESC"
	}
	return " ORDER BY " + col + dir + " NULLS LAST, a.due_on, a.id"
}

// List is one page of the actions the scope may read, and how many there are in all.
func (s *Store) List(ctx context.Context, q database.Queryer, scope access.Scope, query Query) (rows []Action, total int, err error) {
	cond, args := query.where(scope)
	if total, err = database.One(ctx, q, database.Value[int], "SELECT count(*) FROM action a WHERE "+cond, args...); err != nil || total == 0 {
		return nil, 0, err
	}
	text := selectAction + " WHERE " + cond + query.order()
	if query.Limit > 0 {
		text += " LIMIT $" + strconv.Itoa(len(args)+1) + " OFFSET $" + strconv.Itoa(len(args)+2)
		args = append(args, query.Limit, query.Offset)
	}
	rows, err = database.Collect(ctx, q, scanAction, text, args...)
	return rows, total, err
}

// Counts are how the actions a scope may read stand on a day.
type Counts struct{ Open, Overdue, DueInWeek, Done, Dropped int }

// Counts counts them under the query's other conditions; State and OverdueOn of it are not used.
func (s *Store) Counts(ctx context.Context, q database.Queryer, scope access.Scope, query Query, today time.Time) (c Counts, err error) {
	query.State, query.OverdueOn = "", ""
	cond, args := query.where(scope)
	n := len(args)
	day, week := "$"+strconv.Itoa(n+1), "$"+strconv.Itoa(n+2)
	day2 := "$" + strconv.Itoa(n+3)
	args = append(args, today.Format(clock.ISODate), today.AddDate(0, 0, 7).Format(clock.ISODate), today.Format(clock.ISODate))
	_, err = database.One(ctx, q, func(r database.Scanner) (struct{}, error) {
		return struct{}{}, r.Scan(&c.Open, &c.Overdue, &c.DueInWeek, &c.Done, &c.Dropped)
	}, `SELECT coalesce(sum(CASE WHEN a.state = 'open' THEN 1 ELSE 0 END), 0),
		coalesce(sum(CASE WHEN a.state = 'open' AND a.due_on < `+day+` THEN 1 ELSE 0 END), 0),
		coalesce(sum(CASE WHEN a.state = 'open' AND a.due_on <= `+week+` AND a.due_on >= `+day2+` THEN 1 ELSE 0 END), 0),
		coalesce(sum(CASE WHEN a.state = 'done' THEN 1 ELSE 0 END), 0),
		coalesce(sum(CASE WHEN a.state = 'dropped' THEN 1 ELSE 0 END), 0)
		FROM action a WHERE `+cond, args...)
	return c, err
}

// About lists the actions on a subject, or that came from it, open ones first.
func (s *Store) About(ctx context.Context, q database.Queryer, scope access.Scope, subject Ref) ([]Action, error) {
	cond, args := scope.Where("a", 5)
	return database.Collect(ctx, q, scanAction, selectAction+` WHERE (a.subject_kind = $1 AND a.subject_id = $2 OR a.source_kind = $3 AND a.source_id = $4) AND `+liveAction+` AND `+cond+
		` ORDER BY CASE WHEN a.state = 'open' THEN 0 ELSE 1 END, a.due_on, a.id`, append([]any{subject.Kind, subject.ID, subject.Kind, subject.ID}, args...)...)
}

// Item is one thing on somebody's list: an action, or what another room asks of them.
type Item struct {
	ID    string
	Kind  string // what it is in a word or two: "Action", "Panel decision"
	Title string
	Note  string // a second line: why, or where it came from
	Due   string // ISO date, "" when it has none
	Href  string
	// Personal says that the item is about a person: the page that shows it leaves an audit line. Owner is then
	// the agency whose record it is.
	Personal bool
	Owner    string
}

// Source is a room that asks things of people. It answers for the scope's account, under the scope.
type Source interface {
	Work(ctx context.Context, q database.Queryer, scope access.Scope, today time.Time) ([]Item, error)
}

// SourceFunc is a Source made of a function.
type SourceFunc func(ctx context.Context, q database.Queryer, scope access.Scope, today time.Time) ([]Item, error)

// Work calls f.
func (f SourceFunc) Work(ctx context.Context, q database.Queryer, scope access.Scope, today time.Time) ([]Item, error) {
	return f(ctx, q, scope, today)
}

// doneLately is how long what was closed stays on its owner's list.
const doneLately = 14 * 24 * time.Hour

// Mine lists the reader's own open actions, soonest first, and those they closed in the last fortnight,
// latest first.
func (s *Store) Mine(ctx context.Context, q database.Queryer, scope access.Scope) (open, closed []Action, err error) {
	if open, _, err = s.List(ctx, q, scope, Query{Assignee: scope.Account, State: Open}); err != nil {
		return nil, nil, err
	}
	cond, args := scope.Where("a", 3)
	since := clock.Micros(s.clock.Now().Add(-doneLately))
	closed, err = database.Collect(ctx, q, scanAction, selectAction+" WHERE a.assignee = $1 AND a.state <> 'open' AND a.closed_at >= $2 AND "+liveAction+" AND "+cond+
		" ORDER BY a.closed_at DESC, a.id", append([]any{scope.Account, since}, args...)...)
	return open, closed, err
}
