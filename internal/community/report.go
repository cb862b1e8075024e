package community

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
	"math/bits"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/cases"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fact"
	"lantern.example/lantern/internal/fault"
)

// The gate. It limits by work and by a budget for everybody together, never by who asks: it knows no address. Two
// lanes come in apart, each with a budget and a queue of its own, so that filling one leaves the other open:
//
//   - worked: the page's script has solved a puzzle (SHA-256 with so many zero bits), which costs a person's machine a
//     second or two and a flood a machine for each second or two of it;
//   - plain: no script ran, or it was blocked. Fewer an hour, so that people without scripts get in and a flood
//     without work is mostly turned away. Whoever is turned away keeps what they wrote and is told when to try again.
//
// Each puzzle is good once and for two hours. The same words again are counted on the report that is there.
const (
	PuzzleBits    = 17              // zero bits asked for in quiet times: about 130,000 hashes
	MaxPuzzleBits = 22              // when many come in
	PuzzleLife    = 2 * time.Hour   // how long a puzzle is good
	PuzzleMinimum = 3 * time.Second // nobody reads the page and writes in less
	PlainAnHour   = 30.0            // reports without work, for everybody together
	WorkedAnHour  = 240.0           // reports with work
	PlainQueue    = 200             // unread reports without work
	WorkedQueue   = 2000            // unread reports with work
)

// Report is what somebody told the partnership without saying who they are.
type Report struct {
	fact.Fact
	About, Words, Place, Happened string
	Urgent, Worked                bool
	Times                         int // how often the same words came
	State                         string
	Outcome, ReadName             string
	ReadAt                        *int64
}

// Abouts are what a report can be about.
var Abouts = []struct{ Code, Name string }{
	{"child", "A child or young person being used or hurt"}, {"adult", "An adult whose home is taken over"}, {"weapon", "A weapon"}, {"violence", "Violence, or a fight that is coming"},
	{"drugs", "Drugs being sold or moved"}, {"place", "A place that does not feel safe"}, {"online", "Something online"}, {"other", "Something else"},
}

// Reports keeps the reports, and the gate before them.
type Reports struct {
	clock clock.Clock
	ids   *clock.IDs
	log   *audit.Log
	// Desk is the agency that reads them, asked each time; "" when no agency does, and then none are taken.
	Desk func(ctx context.Context, q database.Queryer) (string, error)
	// Least is how long a page must have been open; PuzzleMinimum but for the demonstration, which writes its own.
	Least time.Duration
}

// NewReports returns the reports.
func NewReports(c clock.Clock, ids *clock.IDs, log *audit.Log, desk func(ctx context.Context, q database.Queryer) (string, error)) *Reports {
	return &Reports{clock: c, ids: ids, log: log, Desk: desk, Least: PuzzleMinimum}
}

// RetentionClass is that of a report nobody has acted on; see the retention schedule.
const RetentionClass = "contact"

const reviewAfterMonths = 6

type gate struct {
	secret        []byte
	plain, worked float64
	filledAt      int64
}

func (s *Reports) gate(ctx context.Context, q database.Queryer) (gate, bool, error) {
	list, err := database.Collect(ctx, q, func(r database.Scanner) (gate, error) {
		var g gate
		var secret string
		if err := r.Scan(&secret, &g.plain, &g.worked, &g.filledAt); err != nil {
			return g, err
		}
		var err error
		g.secret, err = hex.DecodeString(secret)
		return g, err
	}, "SELECT secret, plain_tokens, worked_tokens, filled_at FROM report_gate WHERE id = 1")
	if err != nil || len(list) == 0 {
		return gate{}, false, err
	}
	return list[0], true, nil
}

// Open makes the gate's secret, once.
func (s *Reports) Open(ctx context.Context, tx *database.Tx) error {
	if _, ok, err := s.gate(ctx, tx); err != nil || ok {
		return err
	}
	var secret [32]byte
	if _, err := rand.Read(secret[:]); err != nil {
		return err
	}
	return tx.Exec(ctx, "INSERT INTO report_gate (id, secret, plain_tokens, worked_tokens, filled_at) VALUES (1,$1,$2,$3,$4)", hex.EncodeToString(secret[:]), PlainAnHour, WorkedAnHour, clock.Micros(s.clock.Now()))
}

// Puzzle is what a page's script is to solve: find a number n such that SHA-256 of Ticket + ":" + n begins with Bits
// zero bits.
type Puzzle struct {
	Ticket string
	Bits   int
}

// Puzzle makes a fresh one. Nothing is stored for it.
func (s *Reports) Puzzle(ctx context.Context, q database.Queryer) (Puzzle, error) {
	g, ok, err := s.gate(ctx, q)
	if err != nil || !ok {
		return Puzzle{}, err
	}
	var b [12]byte
	if _, err := rand.Read(b[8:]); err != nil {
		return Puzzle{}, err
	}
	binary.BigEndian.PutUint64(b[:8], uint64(s.clock.Now().Unix())<<8|uint64(g.bits(s.clock.Now()))) //nolint:gosec // after 1970
	return Puzzle{Ticket: hex.EncodeToString(b[:]) + sign(g.secret, b[:]), Bits: g.bits(s.clock.Now())}, nil
}

// bits is how hard the puzzle is: a bit more for each halving of what is left of the hour's budget.
func (g gate) bits(now time.Time) int {
	left := math.Max(g.at(now).worked, 1)
	return min(MaxPuzzleBits, PuzzleBits+int(math.Log2(WorkedAnHour/left)))
}

func sign(secret, b []byte) string {
	m := hmac.New(sha256.New, secret)
	m.Write(b) //nolint:errcheck // a hash never fails
	return hex.EncodeToString(m.Sum(nil)[:16])
}

// opened reads a ticket: when it was made and how hard its puzzle is; ok is false for one this gate did not make.
func (g gate) opened(ticket string) (at time.Time, hard int, ok bool) {
	if len(ticket) != 24+32 {
		return at, 0, false
	}
	b, err := hex.DecodeString(ticket[:24])
	if err != nil || !hmac.Equal([]byte(sign(g.secret, b)), []byte(ticket[24:])) {
		return at, 0, false
	}
	n := binary.BigEndian.Uint64(b[:8])
	return time.Unix(int64(n>>8), 0), int(n & 0xff), true //nolint:gosec // signed by us
}

// Solved reports whether a number solves a puzzle.
func Solved(p Puzzle, answer string) bool {
	if len(answer) == 0 || len(answer) > 20 {
		return false
	}
	h := sha256.Sum256([]byte(p.Ticket + ":" + answer))
	zeros := 0
	for _, x := range h {
		zeros += bits.LeadingZeros8(x)
		if x != 0 {
			break
		}
	}
	return zeros >= p.Bits
}

// Solve finds the answer to a puzzle: what the page's script does, for tests and for the demonstration.
func Solve(p Puzzle) string {
	for n := 0; ; n++ {
		if a := strconv.Itoa(n); Solved(p, a) {
			return a
		}
	}
}

// at is the gate with its budgets filled up to a moment.
func (g gate) at(now time.Time) gate {
	hours := math.Max(0, float64(clock.Micros(now)-g.filledAt)/3.6e9)
	g.plain, g.worked = math.Min(PlainAnHour, g.plain+hours*PlainAnHour), math.Min(WorkedAnHour, g.worked+hours*WorkedAnHour)
	g.filledAt = max(g.filledAt, clock.Micros(now))
	return g
}

// Sent is a report as it comes in.
type Sent struct {
	About, Words, Place, Happened string
	Urgent                        bool
	Ticket, Answer                string // of the puzzle; Answer "" when no script ran
}

func hashOf(words string) string {
	h := sha256.Sum256([]byte(strings.Join(strings.Fields(cases.Fold().String(words)), " ")))
	return hex.EncodeToString(h[:])
}

// TurnedAway is the fault of a report for which there is no room now; after says when there will be.
func turnedAway(after time.Duration) error {
	minutes := max(1, int(math.Ceil(after.Minutes())))
	return fault.New(fault.TooMany, "Many reports are coming in just now, so this one was not taken yet. What you wrote is still here: send it again in about %d minutes. If it cannot wait, ring one of the numbers on this page.", minutes)
}

// Take takes a report in, if the gate lets it. Nothing of who sent it is asked for, kept or logged: no account, no
// address, no hour.
func (s *Reports) Take(ctx context.Context, tx *database.Tx, in Sent) error {
	now := s.clock.Now()
	g, ok, err := s.gate(ctx, tx)
	if err != nil {
		return err
	}
	if !ok {
		return fault.New(fault.Unavailable, "Reports cannot be taken just now.")
	}
	in.Words = strings.TrimSpace(in.Words)
	if n := utf8.RuneCountInString(in.Words); n < 10 || n > 4000 {
		return fault.New(fault.Invalid, "Write what you know, in 10 to 4,000 characters.")
	}
	known := false
	for _, a := range Abouts {
		known = known || a.Code == in.About
	}
	if !known || utf8.RuneCountInString(in.Place) > 400 || utf8.RuneCountInString(in.Happened) > 200 {
		return fault.New(fault.Invalid, "Choose what it is about, and say where and when in a few words.")
	}
	desk, err := s.Desk(ctx, tx)
	if err != nil {
		return err
	}
	if desk == "" {
		return fault.New(fault.Unavailable, "Nobody in the partnership reads reports yet, so none can be taken. Ring one of the numbers on this page.")
	}
	made, hard, ours := g.opened(in.Ticket)
	if !ours || now.Sub(made) > PuzzleLife || made.Sub(now) > time.Minute {
		return fault.New(fault.Invalid, "The page was open for too long. What you wrote is still here: send it again.")
	}
	if now.Sub(made) < s.Least {
		return turnedAway(time.Minute)
	}
	worked := in.Answer != "" && Solved(Puzzle{in.Ticket, hard}, in.Answer)
	used, err := database.One(ctx, tx, database.Value[int], "SELECT count(*) FROM report_ticket WHERE ticket = $1", in.Ticket[:56])
	if err != nil {
		return err
	}
	if used > 0 {
		return fault.New(fault.Conflict, "This report was sent already.")
	}
	return s.admit(ctx, tx, g.at(now), in, desk, worked)
}

func (s *Reports) admit(ctx context.Context, tx *database.Tx, g gate, in Sent, desk string, worked bool) error {
	now := s.clock.Now()
	hash := hashOf(in.Words + "|" + in.Place)
	n, err := tx.ExecCount(ctx, "UPDATE report SET times = times + 1 WHERE words_hash = $1 AND state = 'new'", hash)
	if err != nil {
		return err
	}
	if n > 0 { // the same words again cost the queue nothing
		return tx.Exec(ctx, "UPDATE report_gate SET joined = joined + 1 WHERE id = 1")
	}
	waiting, err := database.One(ctx, tx, database.Value[int], "SELECT count(*) FROM report WHERE state = 'new' AND worked = $1", worked)
	if err != nil {
		return err
	}
	tokens, hourly, room := &g.plain, PlainAnHour, PlainQueue
	if worked {
		tokens, hourly, room = &g.worked, WorkedAnHour, WorkedQueue
	}
	if waiting >= room {
		return turnedAway(time.Hour)
	}
	if *tokens < 1 {
		return turnedAway(time.Duration((1 - *tokens) / hourly * float64(time.Hour)))
	}
	*tokens--
	if err := tx.Exec(ctx, "UPDATE report_gate SET plain_tokens = $1, worked_tokens = $2, filled_at = $3 WHERE id = 1", g.plain, g.worked, g.filledAt); err != nil {
		return err
	}
	if err := tx.Exec(ctx, "DELETE FROM report_ticket WHERE ends_at < $1", clock.Micros(now)); err != nil {
		return err
	}
	if err := tx.Exec(ctx, "INSERT INTO report_ticket (ticket, ends_at) VALUES ($1,$2)", in.Ticket[:56], clock.Micros(now.Add(PuzzleLife))); err != nil {
		return err
	}
	today := clock.Today(s.clock)
	f := fact.Fact{ID: s.ids.New(), Owner: desk, Class: string(access.Intelligence), SourceRef: "anonymous report", LearntAt: clock.Micros(today), RetentionClass: RetentionClass, ReviewOn: today.AddDate(0, reviewAfterMonths, 0).Format(clock.ISODate), Ver: 1}
	args := append(f.Args(), in.About, in.Words, strings.TrimSpace(in.Place), strings.TrimSpace(in.Happened), in.Urgent, worked, hash, "new")
	if err := tx.Exec(ctx, "INSERT INTO report ("+fact.Columns("")+", about, words, place, happened, urgent, worked, words_hash, state) VALUES "+database.In(1, len(args)), args...); err != nil {
		return err
	}
	return s.log.Record(ctx, tx, access.System("anonymous report", access.Safeguarding), audit.Line{Act: audit.Collection, SubjectKind: "report", Subject: f.ID, Owners: []string{desk}, Words: "an anonymous report came in"})
}

// TurnAway counts a report that was not taken; it is called outside the transaction that was given up.
func (s *Reports) TurnAway(ctx context.Context, tx *database.Tx) error {
	return tx.Exec(ctx, "UPDATE report_gate SET turned_away = turned_away + 1 WHERE id = 1")
}

// Gate says how the gate stands.
type Gate struct{ TurnedAway, Joined int }

// Gate is how many reports were turned away and how many joined to one with the same words, since the beginning.
func (s *Reports) Gate(ctx context.Context, q database.Queryer) (Gate, error) {
	list, err := database.Collect(ctx, q, func(r database.Scanner) (Gate, error) {
		var g Gate
		return g, r.Scan(&g.TurnedAway, &g.Joined)
	}, "SELECT turned_away, joined FROM report_gate WHERE id = 1")
	if err != nil || len(list) == 0 {
		return Gate{}, err
	}
	return list[0], nil
}

func scanReport(r database.Scanner) (Report, error) {
	var x Report
	return x, r.Scan(append(x.Dest(), &x.About, &x.Words, &x.Place, &x.Happened, &x.Urgent, &x.Worked, &x.Times, &x.State, &x.Outcome, &x.ReadName, &x.ReadAt)...)
}

var selectReport = "SELECT " + fact.Columns("r") + ", r.about, r.words, r.place, r.happened, r.urgent, r.worked, r.times, r.state, r.outcome, r.read_name, r.read_at FROM report r"

// Queue is one page of the reports that the scope may read: the unread first, urgent ones and those with work before
// the rest, oldest first; then those that were read, latest first.
func (s *Reports) Queue(ctx context.Context, q database.Queryer, scope access.Scope, unread bool, limit, offset int) (rows []Report, total int, err error) {
	cond, args := scope.Where("r", 1)
	order := "r.urgent DESC, r.worked DESC, r.learnt_at, r.id"
	state := "r.state = 'new'"
	if !unread {
		state, order = "r.state <> 'new'", "r.read_at DESC, r.id"
	}
	if total, err = database.One(ctx, q, database.Value[int], "SELECT count(*) FROM report r WHERE "+state+" AND "+cond, args...); err != nil {
		return nil, 0, err
	}
	n := len(args)
	rows, err = database.Collect(ctx, q, scanReport, selectReport+" WHERE "+state+" AND "+cond+" ORDER BY "+order+" LIMIT $"+strconv.Itoa(n+1)+" OFFSET $"+strconv.Itoa(n+2), append(args, limit, offset)...)
	return rows, total, err
}

// Report is one report.
func (s *Reports) Report(ctx context.Context, q database.Queryer, scope access.Scope, id string) (Report, error) {
	cond, args := scope.Where("r", 2)
	return database.One(ctx, q, scanReport, selectReport+" WHERE r.id = $1 AND "+cond, append([]any{id}, args...)...)
}

// Triages are what can become of a report.
var Triages = []struct{ Code, Name string }{{"passed", "Passed on"}, {"acted", "Acted on"}, {"noted", "Noted: nothing to do now"}, {"abuse", "Not a report"}}

// Triage says what became of an unread report, in the name of who read it, with what was done.
func (s *Reports) Triage(ctx context.Context, tx *database.Tx, by access.Scope, id string, ver int64, state, outcome string) error {
	r, err := s.Report(ctx, tx, by, id)
	if err != nil {
		return err
	}
	known := false
	for _, t := range Triages {
		known = known || t.Code == state
	}
	switch outcome = strings.TrimSpace(outcome); {
	case !known:
		return fault.New(fault.Invalid, "Say what becomes of the report.")
	case outcome == "" || utf8.RuneCountInString(outcome) > 4000:
		return fault.New(fault.Invalid, "Say what was done, to whom it was passed, or why nothing is to be done.")
	case r.Ver != ver:
		return fault.New(fault.Conflict, "Somebody else dealt with this report while you were reading it.")
	}
	n, err := tx.ExecCount(ctx, "UPDATE report SET state = $1, outcome = $2, read_by = $3, read_name = $4, read_at = $5, ver = ver + 1 WHERE id = $6 AND ver = $7",
		state, outcome, by.Account, by.Name, clock.Micros(s.clock.Now()), id, ver)
	if err != nil {
		return err
	}
	if n != 1 {
		return fault.New(fault.Conflict, "Somebody else dealt with this report while you were reading it.")
	}
	return s.log.Record(ctx, tx, by, audit.Line{Act: audit.Alteration, SubjectKind: "report", Subject: id, Owners: []string{r.Owner}, Words: state})
}
