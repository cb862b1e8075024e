package sharing

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/account"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/partnership"
	"lantern.example/lantern/internal/work"
)

// GlassFor is how long broken glass stays open.
const GlassFor = 4 * time.Hour

// Broken is one time that somebody broke the glass.
type Broken struct {
	ID, Account, Agency string
	Purpose             access.Purpose
	Why                 string
	BegunAt, UntilAt    int64
	EndedAt             *int64
	Sealed              bool // opened while the log could not be written
	Reviewer, ReviewBy  string
	ReviewedAt          *int64
	ReviewedBy          string
	Verdict, Review     string
}

// Open reports whether it opens anything at a moment.
func (b Broken) Open(now int64) bool { return b.EndedAt == nil && b.BegunAt <= now && b.UntilAt > now }

// sealedGlass is glass that was broken while the database could not take a row: it lives here and in the sealed journal until it can.
type sealedGlass struct {
	mu   sync.Mutex
	open []Broken
}

func (g *sealedGlass) add(b Broken) { g.mu.Lock(); defer g.mu.Unlock(); g.open = append(g.open, b) }

func (g *sealedGlass) of(account string, now int64) (Broken, bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, b := range g.open {
		if b.Account == account && b.Open(now) {
			return b, true
		}
	}
	return Broken{}, false
}

func (g *sealedGlass) end(account string, now int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for i := range g.open {
		if b := &g.open[i]; b.Account == account && b.Open(now) {
			b.EndedAt = &now
		}
	}
}

func (g *sealedGlass) drop(id string) (ended *int64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, b := range g.open {
		if b.ID == id {
			ended = b.EndedAt
		}
	}
	g.open = slices.DeleteFunc(g.open, func(b Broken) bool { return b.ID == id })
	return ended
}

// glass is what the account's broken glass opens now, nil for none.
func (s *Store) glass(ctx context.Context, q database.Queryer, account, agency string, now int64) (*access.Glass, error) {
	b, ok := s.sealed.of(account, now)
	if !ok || b.Agency != agency { // glass is broken for the work of one agency: who moves to another leaves it behind
		rows, err := database.Collect(ctx, q, scanBroken, "SELECT "+brokenColumns+" FROM break_glass b WHERE b.account = $1 AND b.agency = $2 AND b.ended_at IS NULL AND b.begun_at <= $3 AND b.until_at > $4 ORDER BY b.begun_at DESC LIMIT 1", account, agency, now, now)
		if err != nil || len(rows) == 0 {
			return nil, err
		}
		b = rows[0]
	}
	police, err := s.police(ctx, q, agency)
	if err != nil {
		return nil, err
	}
	g := &access.Glass{ID: b.ID, Until: b.UntilAt, Classes: access.GlassClasses()}
	if police { // youth workers' and charities' notes are closed to police but for what is shared item by item
		g.Classes = slices.DeleteFunc(g.Classes, func(c access.Class) bool { return c == access.Support })
	}
	return g, nil
}

// police reports whether an agency is a police force.
func (s *Store) police(ctx context.Context, q database.Queryer, agency string) (bool, error) {
	n, err := database.One(ctx, q, database.Value[int], "SELECT count(*) FROM agency_version WHERE code = $1 AND superseded_at IS NULL AND kind = 'police'", agency)
	return n > 0, err
}

const brokenColumns = "b.id, b.account, b.agency, b.purpose, b.why, b.begun_at, b.until_at, b.ended_at, b.sealed, b.reviewer, b.review_by, b.reviewed_at, b.reviewed_by, b.verdict, b.review"

func scanBroken(r database.Scanner) (Broken, error) {
	var b Broken
	return b, r.Scan(&b.ID, &b.Account, &b.Agency, (*string)(&b.Purpose), &b.Why, &b.BegunAt, &b.UntilAt, &b.EndedAt, &b.Sealed, &b.Reviewer, &b.ReviewBy, &b.ReviewedAt, &b.ReviewedBy, &b.Verdict, &b.Review)
}

// Glasses is where glass is broken and looked at.
type Glasses struct {
	office
	ids   *clock.IDs
	log   *audit.Log
	store *Store
}

// NewGlasses returns it over the store whose scopes it widens, with what the sealed journal of an earlier run still holds.
func NewGlasses(s *Store, c clock.Clock, ids *clock.IDs, log *audit.Log, accounts *account.Store, p *partnership.Store) (*Glasses, error) {
	g := &Glasses{office: office{c, accounts, p}, ids: ids, log: log, store: s}
	if log.Journal == nil {
		return g, nil
	}
	lines, _, err := log.Journal.Lines() // what is damaged is said when the journal is replayed
	for _, l := range lines {
		var b Broken
		if len(l.With) > 0 && json.Unmarshal(l.With, &b) == nil && b.ID != "" {
			s.sealed.add(b)
		}
	}
	return g, err
}

func (g *Glasses) begin(by access.Scope, why string) (Broken, error) {
	if !access.MayBreakGlass(by.Role) || by.Agency == "" || by.Purpose == "" || by.Account == "" {
		return Broken{}, fault.NoSuch()
	}
	if why = strings.TrimSpace(why); why == "" || utf8.RuneCountInString(why) > 2000 {
		return Broken{}, fault.New(fault.Invalid, "Say why it cannot wait, in at most 2,000 characters.")
	}
	now := g.clock.Now()
	return Broken{ID: g.ids.New(), Account: by.Account, Agency: by.Agency, Purpose: by.Purpose, Why: why, BegunAt: clock.Micros(now), UntilAt: clock.Micros(now.Add(GlassFor))}, nil
}

func (b Broken) line() audit.Line {
	return audit.Line{Act: audit.Alteration, SubjectKind: "break-glass", Subject: b.ID, Owners: []string{b.Agency}, Words: "glass broken until " + clock.FromMicros(b.UntilAt).In(clock.London()).Format("15:04")}
}

// Break opens, for the scope's account and for GlassFor, what access.GlassClasses says. The caller has made sure, just now, that it is them.
func (g *Glasses) Break(ctx context.Context, tx *database.Tx, by access.Scope, why string) (Broken, error) {
	b, err := g.begin(by, why)
	if err != nil {
		return b, err
	}
	if live, err := g.store.glass(ctx, tx, by.Account, by.Agency, g.now()); err != nil || live != nil {
		if err == nil {
			err = fault.New(fault.Refused, "Your glass is broken already.")
		}
		return b, err
	}
	if err := g.insert(ctx, tx, b); err != nil {
		return b, err
	}
	return b, g.log.Record(ctx, tx, by, b.line())
}

// BreakSealed does it while the log cannot be written: the line is sealed in the journal, on disk before anything opens.
func (g *Glasses) BreakSealed(by access.Scope, why string) (Broken, error) {
	b, err := g.begin(by, why)
	if err != nil {
		return b, err
	}
	b.Sealed = true
	if err := g.log.Seal(by, b.line(), b); err != nil {
		return b, err
	}
	g.store.sealed.add(b)
	return b, nil
}

func (g *Glasses) insert(ctx context.Context, tx *database.Tx, b Broken) (err error) {
	if b.Reviewer, err = g.second(ctx, tx, b.Agency, b.Account); err != nil {
		return err
	}
	if b.ReviewBy, err = g.nextWorkingDay(ctx, tx, 1); err != nil {
		return err
	}
	return tx.Exec(ctx, "INSERT INTO break_glass (id, account, agency, purpose, why, begun_at, until_at, ended_at, sealed, reviewer, review_by, retention_class, review_on, ver) VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,'break-glass',$12,1)",
		b.ID, b.Account, b.Agency, string(b.Purpose), b.Why, b.BegunAt, b.UntilAt, b.EndedAt, b.Sealed, b.Reviewer, b.ReviewBy, clock.FromMicros(b.BegunAt).AddDate(6, 0, 0).Format(clock.ISODate))
}

// Replay writes what the sealed journal holds, glass and lines, as soon as the log can be written again.
func (g *Glasses) Replay(ctx context.Context, db *database.DB) (int, error) {
	if g.log.Journal == nil {
		return 0, nil
	}
	var done []string
	n, err := g.log.Journal.Replay(ctx, db, g.log, func(tx *database.Tx, l audit.Sealed) error {
		var b Broken
		if len(l.With) == 0 {
			return nil
		}
		if err := json.Unmarshal(l.With, &b); err != nil {
			return err
		}
		done = append(done, b.ID)
		return g.insert(ctx, tx, b)
	})
	if err != nil {
		return n, err
	}
	for _, id := range done {
		if ended := g.store.sealed.drop(id); ended != nil {
			err = db.Write(ctx, func(tx *database.Tx) error {
				return tx.Exec(ctx, "UPDATE break_glass SET ended_at = $1 WHERE id = $2 AND ended_at IS NULL", *ended, id)
			})
		}
	}
	return n, err
}

// End closes the account's own glass before it runs out.
func (g *Glasses) End(ctx context.Context, tx *database.Tx, by access.Scope) error {
	if by.Glass == nil {
		return fault.NoSuch()
	}
	g.store.sealed.end(by.Account, g.now())
	if err := tx.Exec(ctx, "UPDATE break_glass SET ended_at = $1, ver = ver + 1 WHERE id = $2 AND ended_at IS NULL", g.now(), by.Glass.ID); err != nil {
		return err
	}
	return g.log.Record(ctx, tx, by, audit.Line{Act: audit.Alteration, SubjectKind: "break-glass", Subject: by.Glass.ID, Owners: []string{by.Agency}, Words: "ended before its time"})
}

func mayReadBroken(by access.Scope, from int) (string, []any, bool) {
	if by.Account == "" || by.Agency == "" || by.IsSystem() || by.Role == access.Subject {
		return "", nil, false
	}
	cond, args := fmt.Sprintf("(b.account = $%d OR b.reviewer = $%d", from, from+1), []any{by.Account, by.Account}
	if by.Role == access.InfoOfficer || by.Role == access.Manager || by.Role == access.Chair {
		cond += fmt.Sprintf(" OR b.agency = $%d", from+2)
		args = append(args, by.Agency)
	}
	return cond + ")", args, true
}

// List lists the times that the scope may know of, newest first: one's own, those one is to look at, and for an agency's officers, managers and
// chairs all of the agency's.
func (g *Glasses) List(ctx context.Context, q database.Queryer, by access.Scope) ([]Broken, error) {
	cond, args, ok := mayReadBroken(by, 1)
	if !ok {
		return nil, fault.NoSuch()
	}
	return database.Collect(ctx, q, scanBroken, "SELECT "+brokenColumns+" FROM break_glass b WHERE "+cond+" ORDER BY b.begun_at DESC, b.id LIMIT 200", args...)
}

// Get is one of them.
func (g *Glasses) Get(ctx context.Context, q database.Queryer, by access.Scope, id string) (Broken, error) {
	cond, args, ok := mayReadBroken(by, 2)
	if !ok {
		return Broken{}, fault.NoSuch()
	}
	return database.One(ctx, q, scanBroken, "SELECT "+brokenColumns+" FROM break_glass b WHERE b.id = $1 AND "+cond, append([]any{id}, args...)...)
}

// Opened lists what was opened through it: the lines of the log, newest first, that rest on it. Whoever may know of the glass reads them all,
// whosever records they touched: the second person must, and lines hold no names.
func (g *Glasses) Opened(ctx context.Context, q database.Queryer, by access.Scope, b Broken) ([]audit.Entry, error) {
	if _, err := g.Get(ctx, q, by, b.ID); err != nil {
		return nil, err
	}
	lines, _, err := audit.Find(ctx, q, access.System("second look", access.Governance), audit.Query{Account: b.Account, Since: b.BegunAt, Until: b.UntilAt + 1, Acts: []audit.Act{audit.Consultation, audit.Disclosure, audit.Combination}, Limit: 1000})
	return slices.DeleteFunc(lines, func(e audit.Entry) bool { return !strings.Contains(e.Basis, b.ID) }), err
}

// Judge is the second person's word. Nobody judges their own; wrong closes it if it is still open.
func (g *Glasses) Judge(ctx context.Context, tx *database.Tx, by access.Scope, id, verdict, words string) error {
	b, err := g.Get(ctx, tx, by, id)
	if err != nil {
		return err
	}
	if !MayJudge(by, b.Account, b.Agency, b.Reviewer) {
		return fault.NoSuch()
	}
	if verdict != "right" && verdict != "wrong" {
		return fault.New(fault.Invalid, "Say whether it was right to break the glass.")
	}
	if err := reason(words, "you think so"); err != nil {
		return err
	}
	n, err := tx.ExecCount(ctx, "UPDATE break_glass SET reviewed_at = $1, reviewed_by = $2, verdict = $3, review = $4, ver = ver + 1 WHERE id = $5 AND reviewed_at IS NULL", g.now(), by.Account, verdict, strings.TrimSpace(words), id)
	if err != nil {
		return err
	}
	if n != 1 {
		return fault.New(fault.Conflict, "Somebody else looked at this first.")
	}
	if verdict == "wrong" {
		if err := tx.Exec(ctx, "UPDATE break_glass SET ended_at = $1 WHERE id = $2 AND ended_at IS NULL AND until_at > $3", g.now(), id, g.now()); err != nil {
			return err
		}
	}
	return g.log.Record(ctx, tx, by, audit.Line{Act: audit.Alteration, SubjectKind: "break-glass", Subject: id, Owners: []string{b.Agency}, Words: "looked at by a second person: " + verdict})
}

// Counted is how often glass was broken, in the whole partnership.
type Counted struct{ Times, Waiting, Overdue, Wrong int }

// Count counts the last days. It is about nobody: every member may read it.
func (g *Glasses) Count(ctx context.Context, q database.Queryer, days int) (c Counted, err error) {
	_, err = database.One(ctx, q, func(r database.Scanner) (struct{}, error) {
		return struct{}{}, r.Scan(&c.Times, &c.Waiting, &c.Overdue, &c.Wrong)
	}, `SELECT coalesce(sum(CASE WHEN begun_at > $1 THEN 1 ELSE 0 END), 0), coalesce(sum(CASE WHEN reviewed_at IS NULL THEN 1 ELSE 0 END), 0),
		coalesce(sum(CASE WHEN reviewed_at IS NULL AND review_by < $2 THEN 1 ELSE 0 END), 0), coalesce(sum(CASE WHEN verdict = 'wrong' AND begun_at > $3 THEN 1 ELSE 0 END), 0) FROM break_glass`,
		clock.Micros(g.clock.Now().AddDate(0, 0, -days)), clock.Today(g.clock).Format(clock.ISODate), clock.Micros(g.clock.Now().AddDate(0, 0, -days)))
	return c, err
}

// Work asks the second person to look.
func (g *Glasses) Work(ctx context.Context, q database.Queryer, by access.Scope, _ time.Time) ([]work.Item, error) {
	waiting, err := database.Collect(ctx, q, scanBroken, "SELECT "+brokenColumns+" FROM break_glass b WHERE b.reviewer = $1 AND b.reviewed_at IS NULL ORDER BY b.review_by, b.id", by.Account)
	var out []work.Item
	for _, b := range waiting {
		out = append(out, work.Item{ID: b.ID, Kind: "Second look", Title: "Look at a glass that was broken", Note: "Somebody other than who broke it, by the next working day.", Due: b.ReviewBy, Href: "/break-glass/" + b.ID, Personal: true, Owner: b.Agency})
	}
	return out, err
}
