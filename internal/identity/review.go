package identity

import (
	"context"
	"fmt"
	"strings"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
)

// Item is something that waits for a person to decide.
type Item struct {
	ID, Kind, L, R, Reason, State string
	CreatedAt                     int64
	Topic                         Topic
	Evidence                      string // as kept; see EvidenceOf
	Settles                       int    // records that the scope may read, of the two people
	First                         bool   // about somebody who is being worked with now
}

// Queue says which of what waits to list.
type Queue struct {
	Topic         Topic    // "" for every topic
	Busy          []string // people with something open, as far as the scope may know of it: theirs come first
	Limit, Offset int
}

const itemColumns = "w.id, w.kind, w.l, w.r, w.reason, w.state, w.created_at, w.sort, w.evidence"

// Waiting lists what waits for a decision on records that the scope may read, both of them, and how many there are: first what is
// about people who are being worked with now, then the more pressing, then what settles whose the most records are.
func (s *Store) Waiting(ctx context.Context, q database.Queryer, scope access.Scope, u Queue) ([]Item, int, error) {
	where, args := waitingWhere(scope, 1)
	if u.Topic != "" {
		args = append(args, string(u.Topic))
		where += fmt.Sprintf(" AND w.sort = $%d", len(args))
	}
	from := " FROM review_item w JOIN source_record r ON r.id = w.l JOIN source_record o ON o.id = w.r WHERE " + where
	total, err := database.One(ctx, q, database.Value[int], "SELECT count(*)"+from, args...)
	if err != nil || u.Limit == 0 {
		return nil, total, err
	}
	first := "1"
	if busy := u.Busy[:min(len(u.Busy), largest/2)]; len(busy) > 0 {
		in := database.In(len(args)+1, len(busy))
		args = append(args, database.Anys(busy)...)
		first = "CASE WHEN EXISTS (SELECT 1 FROM person_record b WHERE b.record_id IN (w.l, w.r) AND b.person_id IN " + in + ") THEN 0 ELSE 1 END"
	}
	cond, more := scope.Where("v", len(args)+1)
	args = append(args, more...)
	settles := `(SELECT count(*) FROM person_record x JOIN source_record v ON v.id = x.record_id WHERE x.person_id IN (SELECT y.person_id FROM person_record y WHERE y.record_id IN (w.l, w.r)) AND ` +
		strings.ReplaceAll(current, "r.", "v.") + " AND " + cond + ")"
	n := len(args)
	items, err := database.Collect(ctx, q, func(r database.Scanner) (Item, error) {
		var i Item
		var first int
		err := r.Scan(&i.ID, &i.Kind, &i.L, &i.R, &i.Reason, &i.State, &i.CreatedAt, (*string)(&i.Topic), &i.Evidence, &first, &i.Settles)
		i.First = first == 0
		return i, err
	}, fmt.Sprintf("SELECT %s, %s AS first, %s AS settles%s ORDER BY first, w.priority, settles DESC, w.created_at, w.id LIMIT $%d OFFSET $%d", itemColumns, first, settles, from, n+1, n+2), append(args, u.Limit, u.Offset)...)
	return items, total, err
}

// WaitingTopics counts what waits by topic.
func (s *Store) WaitingTopics(ctx context.Context, q database.Queryer, scope access.Scope) (map[Topic]int, error) {
	where, args := waitingWhere(scope, 1)
	out := map[Topic]int{}
	return out, database.Each(ctx, q, func(r database.Scanner) error {
		var t string
		var n int
		err := r.Scan(&t, &n)
		out[Topic(t)] = n
		return err
	}, "SELECT w.sort, count(*) FROM review_item w JOIN source_record r ON r.id = w.l JOIN source_record o ON o.id = w.r WHERE "+where+" GROUP BY w.sort", args...)
}

// WaitingItem is one of them.
func (s *Store) WaitingItem(ctx context.Context, q database.Queryer, scope access.Scope, id string) (Item, error) {
	where, args := waitingWhere(scope, 2)
	return database.One(ctx, q, func(r database.Scanner) (Item, error) {
		var i Item
		return i, r.Scan(&i.ID, &i.Kind, &i.L, &i.R, &i.Reason, &i.State, &i.CreatedAt, (*string)(&i.Topic), &i.Evidence)
	}, "SELECT "+itemColumns+" FROM review_item w JOIN source_record r ON r.id = w.l JOIN source_record o ON o.id = w.r WHERE w.id = $1 AND "+where, append([]any{id}, args...)...)
}

func waitingWhere(scope access.Scope, from int) (string, []any) {
	a, args := scope.Where("r", from)
	b, more := scope.Where("o", from+len(args))
	return "w.state = 'waiting' AND " + a + " AND " + b + " AND " + current + " AND " + strings.ReplaceAll(current, "r.", "o."), append(args, more...)
}

// EvidenceOf is an item's evidence as far as the scope may read what was compared.
func EvidenceOf(scope access.Scope, i Item, l, r *Record) (Evidence, error) {
	return evidenceFor(scope, i.Evidence, l, r)
}

// Proposal is a decision that touches a restricted record, or one given under a handling condition, and waits for a second person.
type Proposal struct {
	ID, L, R         string
	Verdict          Verdict
	Why, Shown       string
	By, Agency       string
	At               int64
	State, SecondWhy string
}

const proposalColumns = "p.id, p.l, p.r, p.verdict, p.why, p.shown, p.by_account, p.agency, p.at, p.state, p.second_why"

func scanProposal(r database.Scanner) (Proposal, error) {
	var p Proposal
	return p, r.Scan(&p.ID, &p.L, &p.R, (*string)(&p.Verdict), &p.Why, &p.Shown, &p.By, &p.Agency, &p.At, &p.State, &p.SecondWhy)
}

func proposalWhere(scope access.Scope, from int) (string, []any) {
	where, args := waitingWhere(scope, from)
	return strings.Replace(where, "w.state = 'waiting'", "p.state = 'waiting'", 1), args
}

// Proposals lists the decisions on records open to the scope that wait for a second person, oldest first.
func (s *Store) Proposals(ctx context.Context, q database.Queryer, scope access.Scope) ([]Proposal, error) {
	where, args := proposalWhere(scope, 1)
	return database.Collect(ctx, q, scanProposal, "SELECT "+proposalColumns+" FROM link_proposal p JOIN source_record r ON r.id = p.l JOIN source_record o ON o.id = p.r WHERE "+where+" ORDER BY p.id LIMIT 200", args...)
}

// Proposal is one of them.
func (s *Store) Proposal(ctx context.Context, q database.Queryer, scope access.Scope, id string) (Proposal, error) {
	where, args := proposalWhere(scope, 2)
	return database.One(ctx, q, scanProposal, "SELECT "+proposalColumns+" FROM link_proposal p JOIN source_record r ON r.id = p.l JOIN source_record o ON o.id = p.r WHERE p.id = $1 AND "+where, append([]any{id}, args...)...)
}

// NeedsSecond reports whether a decision on two records would wait for a second person.
func (s *Store) NeedsSecond(ctx context.Context, q database.Queryer, scope access.Scope, l, r string) (bool, error) {
	a, b, err := s.personsOf(ctx, q, Decision{L: l, R: r})
	if err != nil {
		return false, err
	}
	return s.needsSecond(ctx, q, scope, a, b)
}

// withCare is a condition on source_record r: it is restricted to a panel, or was given under a handling condition. Two people look before such a record
// moves between people.
var withCare = "(r.restricted OR NOT " + access.UnconditionalIn("r") + ")"

// needsSecond reports whether a decision on two people touches a record to be moved with care that the scope may read. One that it may not read is
// left to those who may: asking for a second person on its account would tell that it is there.
func (s *Store) needsSecond(ctx context.Context, q database.Queryer, scope access.Scope, persons ...string) (bool, error) {
	in, args := database.In(1, len(persons)), database.Anys(persons)
	cond, more := scope.Where("r", len(args)+1)
	n, err := database.One(ctx, q, database.Value[int], "SELECT count(*) FROM source_record r JOIN person_record x ON x.record_id = r.id WHERE "+withCare+" AND x.person_id IN "+in+" AND "+cond+" AND "+current, append(args, more...)...)
	return n > 0, err
}

func (s *Store) propose(ctx context.Context, tx *database.Tx, scope access.Scope, d Decision) error {
	l, r := min(d.L, d.R), max(d.L, d.R)
	n, err := database.One(ctx, tx, database.Value[int], "SELECT count(*) FROM link_proposal p WHERE p.l = $1 AND p.r = $2 AND p.state = 'waiting'", l, r)
	if err != nil {
		return err
	}
	if n > 0 {
		return fault.New(fault.Conflict, "A decision on these two records waits for a second person already. It stands under “Waits for a second person” on the page of doubtful links.")
	}
	id := s.ids.New()
	err = tx.Exec(ctx, "INSERT INTO link_proposal (id, l, r, verdict, why, shown, by_account, agency, at, state) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,'waiting')",
		id, l, r, string(d.Verdict), d.Why, d.Shown, scope.Account, scope.Agency, clock.Micros(s.clock.Now()))
	if err != nil {
		return err
	}
	return s.audited(ctx, tx, scope, id, "proposed, for a second person: "+string(d.Verdict), l, r)
}

// Second is what a second person says of a proposal: agreed, it is made and takes effect; else
// nothing changes and the pair waits as before.
func (s *Store) Second(ctx context.Context, tx *database.Tx, scope access.Scope, id string, agreed bool, why string) error {
	if err := checkWhy(why); err != nil {
		return err
	}
	p, err := s.Proposal(ctx, tx, scope, id)
	if err != nil {
		return err
	}
	if p.By == scope.Account {
		return fault.New(fault.Refused, "You made this decision. Somebody else must look before it takes effect.")
	}
	state, decision := "refused", ""
	if agreed {
		state = "confirmed"
		by := scope
		d, err := s.act(ctx, tx, by, Decision{L: p.L, R: p.R, Verdict: p.Verdict, By: p.By, Agency: p.Agency, Why: p.Why, Shown: p.Shown + "; a second person agreed: " + why})
		if err != nil {
			return err
		}
		decision = d.ID
	}
	n, err := tx.ExecCount(ctx, "UPDATE link_proposal SET state = $1, second_account = $2, second_agency = $3, second_at = $4, second_why = $5, decision_id = $6 WHERE id = $7 AND state = 'waiting'",
		state, scope.Account, scope.Agency, clock.Micros(s.clock.Now()), why, decision, id)
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "Somebody else has looked at this already.")
	}
	if err != nil || agreed { // the decision has its own line
		return err
	}
	return s.audited(ctx, tx, scope, id, "a second person did not agree", p.L, p.R)
}

// Made is a decision that can be taken back.
type Made struct {
	Decision
	Moved bool // it made two people one, or one two
}

// Decided lists the decisions in force on records that the scope may read, both of them, newest first, and how many there are.
func (s *Store) Decided(ctx context.Context, q database.Queryer, scope access.Scope, limit, offset int) ([]Made, int, error) {
	where, args := waitingWhere(scope, 1)
	where = strings.Replace(where, "w.state = 'waiting'", "d.verdict <> 'withdrawn' AND NOT EXISTS (SELECT 1 FROM decision n WHERE n.l = d.l AND n.r = d.r AND n.id > d.id)", 1)
	from := " FROM decision d JOIN source_record r ON r.id = d.l JOIN source_record o ON o.id = d.r WHERE " + where
	total, err := database.One(ctx, q, database.Value[int], "SELECT count(*)"+from, args...)
	if err != nil {
		return nil, 0, err
	}
	n := len(args)
	out, err := database.Collect(ctx, q, func(r database.Scanner) (Made, error) {
		var m Made
		return m, r.Scan(&m.ID, &m.L, &m.R, (*string)(&m.Verdict), &m.By, &m.Agency, &m.At, &m.Why, &m.Shown, &m.Moved)
	}, fmt.Sprintf("SELECT %s, EXISTS (SELECT 1 FROM person_event e WHERE e.decision_id = d.id AND e.kind IN ('merged','split') AND e.undone_by = '') AS moved%s ORDER BY d.id DESC LIMIT $%d OFFSET $%d", decisionColumns, from, n+1, n+2), append(args, limit, offset)...)
	return out, total, err
}

// Made is one decision in force on records that the scope may read.
func (s *Store) Made(ctx context.Context, q database.Queryer, scope access.Scope, id string) (Decision, error) {
	d, err := database.One(ctx, q, scanDecision, "SELECT "+decisionColumns+" FROM decision d WHERE d.id = $1 AND d.verdict <> 'withdrawn' AND NOT EXISTS (SELECT 1 FROM decision n WHERE n.l = d.l AND n.r = d.r AND n.id > d.id)", id)
	if err != nil {
		return d, err
	}
	return d, s.visible(ctx, q, scope, d.L, d.R)
}
