// Package retention sees to it that everything expires: what is due, why something stays, and what is removed, with proof.
//
// Every record gets its retention class and a day when it is made. A rule (content that a local lead changes, package content) says for a
// class how long, from which event, and how many days of grace there are after the day. A record whose day has come stands
// in the queue of its owner. Staying needs a reason, a new day and somebody else than its last editor. When the grace is over and
// nobody has said why it should stay, it is removed, with everything made of it: what it says, search rows, links, drafts about it, the partner's
// original file that it stands in. A certificate says what kinds and how many, when and by which rule, and holds nothing about anybody.
//
// Nothing is removed while somebody's request about it is open (Hold), under a rule whose removal is held back for an inquiry, or of a class that
// has no rule: what nobody has decided on is shown as such and waits. The audit log is never touched: its lines hold ids and
// counts, and its proof stays whole.
package retention

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/content"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/work"
)

// RuleKind is the kind under which rules are kept as content.
const RuleKind = "retention-class"

// Start is the event from which a period runs.
type Start string

// The events.
const (
	Learnt   Start = "learnt"   // when the record came in
	Happened Start = "happened" // when what it says was true; when that is not known, as Learnt
	Due      Start = "due"      // the day by which it was to be done
	Set      Start = "set"      // the room sets the day when it writes the record
)

// Starts are the events in the order forms show them, in words.
var Starts = []struct {
	Code  Start
	Words string
}{{Learnt, "the day the record came in"}, {Happened, "the day it happened"}, {Due, "the day by which it was to be done"}, {Set, "set by the room that writes it"}}

// Rule says how long a class is kept.
type Rule struct {
	Class   string
	Wording string // what it is, in words
	Months  int    // from Start until somebody must look
	Start   Start
	Grace   int    // days after that day in which somebody can say why it stays
	Source  string // what it rests on
	Hold    string // why nothing of the class is removed for now; "" when it is
	Version int64
}

// DefaultGrace is how many days of grace there are where a rule says nothing else.
const DefaultGrace = 28

// Code is the content code of a class.
func Code(class string) string { return strings.ReplaceAll(class, " ", "-") }

// ParseRule reads a rule from content.
func ParseRule(v content.Version) Rule {
	r := Rule{Class: v.Field("class"), Wording: v.Title, Start: Start(v.Field("start")), Source: v.Field("source"), Hold: v.Field("hold"), Version: v.Number}
	r.Months, _ = strconv.Atoi(v.Field("months")) //nolint:errcheck // 0 is no rule
	grace, err := strconv.Atoi(v.Field("grace"))
	if r.Grace = grace; err != nil {
		r.Grace = DefaultGrace
	}
	return r
}

// Words are the rule in a sentence, as a certificate quotes it.
func (r Rule) Words() string {
	from := string(r.Start)
	for _, s := range Starts {
		if s.Code == r.Start {
			from = s.Words
		}
	}
	if r.Start == Set {
		return fmt.Sprintf("%s: the day is %s; removed %d days after it unless somebody says why it stays (version %d of the rule)", r.Wording, from, r.Grace, r.Version)
	}
	return fmt.Sprintf("%s: %d months from %s; removed %d days after that unless somebody says why it stays (version %d of the rule)", r.Wording, r.Months, from, r.Grace, r.Version)
}

// Part is a table whose rows go with a holding's: those where Column is the row's id; and Under them, with theirs.
type Part struct {
	Table, Column string
	Under         []Part
}

// Holding is a table whose rows have a retention class and a day. Of one that nothing is said of, everything is found from its columns.
type Holding struct {
	Table     string
	One, Many string // what a row is, in words
	Parts     []Part
	// Hold is a condition on t under which a row must not be removed: somebody's request about it is open.
	Hold string
	// Editor is who wrote a row last, as an expression on t; without it the account that wrote it or brought its load in.
	Editor string
	// Kept says that rows are not removed by this package, and why.
	Kept string
	// File says that rows are stored files: they are closed at once, and their bytes follow.
	File bool

	owner, by, due string // columns, "" when there is none
	load, happened bool
	learnt         bool
}

// Store keeps the queue, the stays and the certificates.
type Store struct {
	db       *database.DB
	clock    clock.Clock
	ids      *clock.IDs
	log      *audit.Log
	content  *content.Store
	told     []Holding
	removed  []func(ctx context.Context, tx *database.Tx, holding string, ids []string) error
	sweep    func(ctx context.Context, file string) error
	holdings []Holding
}

// NewStore returns the retention of a database. told describes holdings; sweep removes a stored file that has been let go.
func NewStore(db *database.DB, c clock.Clock, ids *clock.IDs, log *audit.Log, contents *content.Store, told []Holding, sweep func(ctx context.Context, file string) error) *Store {
	return &Store{db: db, clock: c, ids: ids, log: log, content: contents, told: told, sweep: sweep}
}

// OnRemove names who must know, in the same transaction, that rows are removed: copies that were sent out are recalled.
func (s *Store) OnRemove(f func(ctx context.Context, tx *database.Tx, holding string, ids []string) error) {
	s.removed = append(s.removed, f)
}

// Holdings lists every table whose rows have a retention class and a day: one that a room adds is among them. What nothing is said of is
// shown in the queue and not removed, for something may hang on it.
func (s *Store) Holdings(ctx context.Context) ([]Holding, error) {
	if s.holdings != nil {
		return s.holdings, nil
	}
	tables, err := s.db.Tables(ctx)
	if err != nil {
		return nil, err
	}
	var out []Holding
	for _, t := range tables {
		if !t.Has("id") || !t.Has("retention_class") || !t.Has("review_on") {
			continue
		}
		h := Holding{Table: t.Name, One: strings.ReplaceAll(t.Name, "_", " "), Many: strings.ReplaceAll(t.Name, "_", " ") + " entries", Kept: "this version of Lantern does not know what hangs on it, and so removes nothing of it"}
		if i := slices.IndexFunc(s.told, func(x Holding) bool { return x.Table == t.Name }); i >= 0 {
			h = s.told[i]
		}
		for _, c := range []string{"owner", "desk", "agency"} {
			if h.owner == "" && t.Has(c) {
				h.owner = c
			}
		}
		for _, c := range []string{"by_account", "taken_by", "account", "asker", "asked_by"} {
			if h.by == "" && t.Has(c) {
				h.by = c
			}
		}
		if t.Has("due_on") {
			h.due = "due_on"
		}
		h.load, h.happened, h.learnt = t.Has("load_id"), t.Has("true_from"), t.Has("learnt_at")
		if h.owner != "" {
			out = append(out, h)
		}
	}
	s.holdings = out
	return out, nil
}

func (s *Store) holding(ctx context.Context, table string) (Holding, error) {
	all, err := s.Holdings(ctx)
	if err != nil {
		return Holding{}, err
	}
	for _, h := range all {
		if h.Table == table {
			return h, nil
		}
	}
	return Holding{}, fault.NoSuch()
}

// Rules are the rules in force, by class.
func (s *Store) Rules(ctx context.Context, q database.Queryer) (map[string]Rule, error) {
	list, err := s.content.List(ctx, q, access.System("retention", access.Upkeep), RuleKind)
	out := map[string]Rule{}
	for _, v := range list {
		if r := ParseRule(v); r.Class != "" {
			out[r.Class] = r
		}
	}
	return out, err
}

// MayDecide reports whether a scope decides on what its agency keeps: its information officers and its community safety manager.
func MayDecide(s access.Scope) bool {
	return s.Agency != "" && (s.Role == access.InfoOfficer || s.Role == access.Manager)
}

// Group is records of one holding, class and load whose day has come, or comes soon.
type Group struct {
	Holding    Holding
	Class      string
	Load       string // "" for what was typed in
	File       string // the load's file
	Rows       int
	First      string // the earliest day
	Rule       Rule
	HasRule    bool
	RemovedOn  string // when the first of them is removed if nobody says why it stays; "" where nothing removes them
	loadEditor string
}

// ahead is how many days before its day a record is shown.
const ahead = 28

func (h Holding) loadColumn() string {
	if h.load {
		return "t.load_id"
	}
	return "''"
}

func (h Holding) live() string {
	if h.load {
		return "(t.load_id = '' OR t.load_id IN (SELECT id FROM load WHERE state = 'live'))"
	}
	return "1=1"
}

func iso(t time.Time) string { return t.Format(clock.ISODate) }

// Queue lists what the scope's agency must decide on: records whose day has come or comes within four weeks, soonest first.
func (s *Store) Queue(ctx context.Context, q database.Queryer, scope access.Scope) ([]Group, error) {
	if !MayDecide(scope) {
		return nil, fault.NoSuch()
	}
	holdings, err := s.Holdings(ctx)
	if err != nil {
		return nil, err
	}
	rules, err := s.Rules(ctx, q)
	if err != nil {
		return nil, err
	}
	until := iso(clock.Today(s.clock).AddDate(0, 0, ahead))
	var out []Group
	for _, h := range holdings {
		by := "t.retention_class"
		if h.load {
			by += ", t.load_id"
		}
		found, err := database.Collect(ctx, q, func(r database.Scanner) (Group, error) {
			g := Group{Holding: h}
			return g, r.Scan(&g.Class, &g.Load, &g.Rows, &g.First)
		}, "SELECT t.retention_class, "+h.loadColumn()+", count(*), min(t.review_on) FROM "+h.Table+" t WHERE t."+h.owner+" = $1 AND t.review_on <= $2 AND "+h.live()+" AND t.retention_class <> '"+letGo+"' GROUP BY "+by+" ORDER BY 1, 2", scope.Agency, until)
		if err != nil {
			return nil, err
		}
		for _, g := range found {
			g.Rule, g.HasRule = rules[g.Class]
			if g.HasRule && g.Rule.Hold == "" && h.Kept == "" {
				first, err := time.Parse(clock.ISODate, g.First)
				if err == nil {
					g.RemovedOn = iso(later(first.AddDate(0, 0, g.Rule.Grace+1), clock.Today(s.clock)))
				}
			}
			if g.Load != "" {
				if g.File, g.loadEditor, err = s.load(ctx, q, g.Load); err != nil {
					return nil, err
				}
			}
			out = append(out, g)
		}
	}
	slices.SortStableFunc(out, func(a, b Group) int { return cmp.Compare(a.First, b.First) })
	return out, nil
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

func (s *Store) load(ctx context.Context, q database.Queryer, id string) (file, editor string, err error) {
	type row struct{ file, by string }
	found, err := database.Collect(ctx, q, func(r database.Scanner) (row, error) { var x row; return x, r.Scan(&x.file, &x.by) }, "SELECT file_name, by_account FROM load WHERE id = $1", id)
	if err != nil || len(found) == 0 {
		return "", "", err
	}
	return found[0].file, found[0].by, nil
}

// Item is one record of a group that was typed in. Nothing of what it says is here.
type Item struct {
	ID, ReviewOn, Editor string
}

// group is the condition that picks a group's rows: $1 owner, $2 class, $3 until, and $4 the load where it has one.
func (h Holding) group(load string) (string, []any) {
	cond := "t." + h.owner + " = $1 AND t.retention_class = $2 AND t.review_on <= $3 AND " + h.live()
	if h.load {
		return cond + " AND t.load_id = $4", []any{load}
	}
	return cond, nil
}

func (h Holding) editor() string {
	switch {
	case h.Editor != "":
		return h.Editor
	case h.by != "":
		return "t." + h.by
	}
	return "''"
}

// Items lists up to limit records of a group that were typed in.
func (s *Store) Items(ctx context.Context, q database.Queryer, scope access.Scope, table, class string, limit int) ([]Item, error) {
	if !MayDecide(scope) {
		return nil, fault.NoSuch()
	}
	h, err := s.holding(ctx, table)
	if err != nil {
		return nil, err
	}
	cond, more := h.group("")
	args := append([]any{scope.Agency, class, iso(clock.Today(s.clock).AddDate(0, 0, ahead))}, more...)
	return database.Collect(ctx, q, func(r database.Scanner) (Item, error) {
		var i Item
		return i, r.Scan(&i.ID, &i.ReviewOn, &i.Editor)
	}, "SELECT t.id, t.review_on, coalesce("+h.editor()+", '') FROM "+h.Table+" t WHERE "+cond+" ORDER BY t.review_on, t.id LIMIT "+strconv.Itoa(limit), args...)
}

// longestStay is for how many months at most something stays before it is looked at again, where no rule says.
const longestStay = 12

// Stay keeps records of a group until a day, for a reason. item names one that was typed in; "" is all of a load, or all that was
// typed in. Whoever wrote or brought in what stays cannot be the one who says so.
func (s *Store) Stay(ctx context.Context, tx *database.Tx, by access.Scope, table, class, load, item, why, until string) (int64, error) {
	if !MayDecide(by) {
		return 0, fault.NoSuch()
	}
	h, err := s.holding(ctx, table)
	if err != nil {
		return 0, err
	}
	if why = strings.TrimSpace(why); why == "" || utf8.RuneCountInString(why) > 2000 {
		return 0, fault.New(fault.Invalid, "Write why it stays, in at most 2,000 characters.")
	}
	rules, err := s.Rules(ctx, tx)
	if err != nil {
		return 0, err
	}
	months := longestStay
	if r, ok := rules[class]; ok && r.Months > 0 {
		months = r.Months
	}
	today := clock.Today(s.clock)
	day, err := time.Parse(clock.ISODate, until)
	if err != nil || !day.After(today) || day.After(today.AddDate(0, months, 0)) {
		return 0, fault.New(fault.Invalid, "Choose the day on which it is looked at again: after today, and at most %d months from now.", months)
	}
	cond, more := h.group(load)
	args := append([]any{by.Agency, class, iso(today.AddDate(0, 0, ahead))}, more...)
	if item != "" {
		args = append(args, item)
		cond += fmt.Sprintf(" AND t.id = $%d", len(args))
	}
	own, err := database.One(ctx, tx, database.Value[int64], "SELECT count(*) FROM "+h.Table+" t WHERE "+cond+fmt.Sprintf(" AND %s = $%d", h.editor(), len(args)+1), append(slices.Clone(args), by.Account)...)
	if err != nil {
		return 0, err
	}
	if load != "" {
		_, editor, err := s.load(ctx, tx, load)
		if err != nil {
			return 0, err
		}
		if editor == by.Account {
			return 0, fault.New(fault.Refused, "You brought this file in: somebody else must say why its records stay.")
		}
	}
	if own > 0 {
		return 0, fault.New(fault.Refused, "You wrote it, or wrote it last: somebody else must say why it stays.")
	}
	n, err := tx.ExecCount(ctx, "UPDATE "+h.Table+fmt.Sprintf(" SET review_on = $%d WHERE id IN (SELECT t.id FROM %s t WHERE %s)", len(args)+1, h.Table, cond), append(args, until)...)
	if err != nil {
		return 0, err
	}
	if n == 0 {
		return 0, fault.NoSuch()
	}
	id := s.ids.New()
	err = tx.Exec(ctx, "INSERT INTO retention_stay (id, owner, holding, class, load_id, item, rows_kept, until_on, why, by_account, at) VALUES "+database.In(1, 11), id, by.Agency, table, class, load, item, n, until, why, by.Account, clock.Micros(s.clock.Now()))
	if err != nil {
		return 0, err
	}
	return n, s.log.Record(ctx, tx, by, audit.Line{Act: audit.Alteration, SubjectKind: "retention", Subject: id, Owners: []string{by.Agency}, Words: fmt.Sprintf("%d of %s (%s) stay until %s", n, table, class, until)})
}

// StayDone is a decision that something stays.
type StayDone struct {
	Holding, Class, Load, Item, Until, Why, By string
	Rows, At                                   int64
}

// Stays lists an agency's decisions that something stays, newest first.
func (s *Store) Stays(ctx context.Context, q database.Queryer, scope access.Scope, limit int) ([]StayDone, error) {
	if !MayDecide(scope) {
		return nil, fault.NoSuch()
	}
	return database.Collect(ctx, q, func(r database.Scanner) (StayDone, error) {
		var x StayDone
		return x, r.Scan(&x.Holding, &x.Class, &x.Load, &x.Item, &x.Until, &x.Why, &x.By, &x.Rows, &x.At)
	}, "SELECT holding, class, load_id, item, until_on, why, by_account, rows_kept, at FROM retention_stay WHERE owner = $1 ORDER BY id DESC LIMIT "+strconv.Itoa(limit), scope.Agency)
}

// Work puts what is due on the lists of an agency's information officers.
func (s *Store) Work(ctx context.Context, q database.Queryer, scope access.Scope, _ time.Time) ([]work.Item, error) {
	if scope.Role != access.InfoOfficer || scope.Agency == "" {
		return nil, nil
	}
	queue, err := s.Queue(ctx, q, scope)
	if err != nil || len(queue) == 0 {
		return nil, err
	}
	rows, due := 0, ""
	for _, g := range queue {
		rows += g.Rows
		if g.RemovedOn != "" && (due == "" || g.RemovedOn < due) {
			due = g.RemovedOn
		}
	}
	return []work.Item{{ID: "retention", Kind: "Retention", Title: "Look at what is due to go: " + strconv.Itoa(rows) + " records", Note: "What nobody gives a reason for is removed, with a certificate.", Due: due, Href: "/retention"}}, nil
}

// Counts are how many of each kind, in words.
type Counts map[string]int64

// Certificate is proof of a removal. It holds nothing about anybody.
type Certificate struct {
	ID, Run, Owner, Class, Rule string
	Counts                      Counts
	By, Why                     string
	BegunAt, EndedAt            int64
}

func scanCertificate(r database.Scanner) (Certificate, error) {
	var c Certificate
	var counts string
	if err := r.Scan(&c.ID, &c.Run, &c.Owner, &c.Class, &c.Rule, &counts, &c.By, &c.Why, &c.BegunAt, &c.EndedAt); err != nil {
		return c, err
	}
	return c, json.Unmarshal([]byte(counts), &c.Counts)
}

const certificateColumns = "c.id, c.run, c.owner, c.class, c.rule, c.counts, c.by_account, c.why, c.begun_at, c.ended_at"

// mayRead is who reads certificates: an agency's own members.
func mayRead(scope access.Scope) bool {
	return scope.Agency != "" && scope.Role != access.Subject || scope.IsSystem()
}

// Certificates lists an agency's certificates, newest first.
func (s *Store) Certificates(ctx context.Context, q database.Queryer, scope access.Scope, limit int) ([]Certificate, error) {
	if !mayRead(scope) {
		return nil, fault.NoSuch()
	}
	return database.Collect(ctx, q, scanCertificate, "SELECT "+certificateColumns+" FROM purge_certificate c WHERE c.owner = $1 ORDER BY c.begun_at DESC, c.id DESC LIMIT "+strconv.Itoa(limit), scope.Agency)
}

// Certificate is the certificate of that id, if it is the scope's agency's.
func (s *Store) Certificate(ctx context.Context, q database.Queryer, scope access.Scope, id string) (Certificate, error) {
	if !mayRead(scope) {
		return Certificate{}, fault.NoSuch()
	}
	return database.One(ctx, q, scanCertificate, "SELECT "+certificateColumns+" FROM purge_certificate c WHERE c.owner = $1 AND c.id = $2", scope.Agency, id)
}
