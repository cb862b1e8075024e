// Package assessment is the local assessment: what practitioners say, coded by theme, beside what
// partners' data hold, what the strategy says and what leaders know.
//
// Voices are counted, not statements: a voice is one role in one agency, however often it spoke, so that
// nobody makes a theme loud by saying it ten times. A theme needs two agencies before anything is said of it; a
// cell with one voice is hidden, since one person in that role could be known by it. Who was not heard is
// said beside who was. What the front line says and the board does not know is a blind spot: finding those is
// what the method is for.
//
// The method is the Local Assessment Process of the Ending Gang and Youth Violence programme, later the Locality
// Review: one day, interviews and focus groups with front-line staff.
package assessment

import (
	"context"
	"strconv"
	"strings"

	"golang.org/x/text/cases"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fact"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/intake"
	"lantern.example/lantern/internal/intake/profile"
)

// Statement is one thing a practitioner said.
type Statement struct {
	fact.Fact
	Interview       string // the slot: date and number
	Agency, Role    string
	Words           string // paraphrased, nobody named
	Themes          []string
	Basis           profile.Basis
	Confidence      profile.Confidence
	Place, TimeSpan string
	WhoElse         string
	Reported        profile.Answer
	ReportedWhere   string
	Suggested       string
	Attribution     string
}

// Store keeps statements and answers.
type Store struct {
	clock clock.Clock
	ids   *clock.IDs
	log   *audit.Log
}

// NewStore returns the statements of a database. What is typed in leaves an audit line once Logged has been
// called; loads leave their own.
func NewStore(c clock.Clock, ids *clock.IDs) *Store { return &Store{clock: c, ids: ids} }

// Logged makes the store write its audit lines to l.
func (s *Store) Logged(l *audit.Log) { s.log = l }

func (s *Store) record(ctx context.Context, tx *database.Tx, by access.Scope, act audit.Act, kind, subject, words string) error {
	if s.log == nil {
		return nil
	}
	return s.log.Record(ctx, tx, by, audit.Line{Act: act, SubjectKind: kind, Subject: subject, Owners: []string{by.Agency}, Words: words})
}

var folder = cases.Fold()

// Fold is how names of agencies and roles are compared: without case, spaces or stops at the ends.
func Fold(s string) string {
	return folder.String(strings.Join(strings.Fields(strings.Trim(s, " .,;:")), " "))
}

// Voice is who spoke: a role in an agency.
func Voice(agency, role string) string { return Fold(agency) + "|" + Fold(role) }

// Add keeps one statement that was typed in.
func (s *Store) Add(ctx context.Context, tx *database.Tx, by access.Scope, in Statement) (string, error) {
	if err := in.check(); err != nil {
		return "", err
	}
	in.Fact = s.fact(by.Agency, "", "", in.True)
	in.By = by.Account
	if err := s.insert(ctx, tx, []Statement{in}); err != nil {
		return "", err
	}
	return in.ID, s.record(ctx, tx, by, audit.Collection, "statement", in.ID, "typed in")
}

func (in Statement) check() error {
	switch {
	case strings.TrimSpace(in.Words) == "":
		return fault.New(fault.Invalid, "A statement needs words.")
	case strings.TrimSpace(in.Agency) == "" || strings.TrimSpace(in.Role) == "":
		return fault.New(fault.Invalid, "A statement needs the agency and role of whoever made it; their name is not kept.")
	}
	return nil
}

func (s *Store) fact(owner, load, ref string, when fact.When) fact.Fact {
	now := s.clock.Now()
	f := fact.Fact{ID: s.ids.New(), Owner: owner, Class: string(access.Partnership), LoadID: load, SourceRef: ref, True: when, LearntAt: clock.Micros(now), Ver: 1}
	f.RetentionClass, f.ReviewOn = fact.Retention(f.Class, now)
	return f
}

func (s *Store) insert(ctx context.Context, tx *database.Tx, in []Statement) error {
	var rows, themes [][]any
	for _, x := range in {
		rows = append(rows, append(x.Args(), x.Interview, x.Agency, x.Role, Voice(x.Agency, x.Role), Fold(x.Agency), x.Words, string(x.Basis), string(x.Confidence), x.Place, x.TimeSpan, x.WhoElse, string(x.Reported), x.ReportedWhere, x.Suggested, x.Attribution))
		for _, t := range x.Themes {
			themes = append(themes, []any{x.ID, t})
		}
	}
	if err := tx.Insert(ctx, "INSERT INTO statement ("+fact.Columns("")+", interview, agency, role, voice, agency_folded, words, basis, confidence, place, time_span, who_else, reported, reported_where, suggested, attribution)", fact.N+15, rows, ""); err != nil {
		return err
	}
	return tx.Insert(ctx, "INSERT INTO statement_theme (statement_id, theme)", 2, themes, "")
}

// Take writes the statements and answers among rows; it is the sink of package intake.
func (s *Store) Take(ctx context.Context, tx *database.Tx, l *intake.Load, rows []intake.Taken) (intake.Placing, error) {
	var statements []Statement
	var answers [][]any
	for _, t := range rows {
		r, ok := t.Record.(*profile.StatementRow)
		if !ok {
			continue
		}
		f := s.fact(l.Agency, l.ID, "row "+strconv.Itoa(t.Row.Number), r.Date.When())
		if t.Row.Sheet != "" {
			f.SourceRef = "sheet " + t.Row.Sheet + ", " + f.SourceRef
		}
		if !r.AnswerOnly {
			f.ID = t.RecordID
			statements = append(statements, Statement{Fact: f, Interview: Interview(r), Agency: r.Agency, Role: r.Role, Words: r.Statement, Themes: r.Themes, Basis: r.Basis, Confidence: r.Confidence,
				Place: r.Place, TimeSpan: r.TimeSpan, WhoElse: r.WhoElse, Reported: r.Reported, ReportedWhere: r.ReportedWords, Suggested: r.Suggested, Attribution: r.Attribution})
		}
		for _, theme := range r.Themes {
			for _, q := range []struct {
				question string
				answer   profile.Answer
			}{{"leaders", r.KnownToLeaders}, {"strategy", r.InStrategy}, {"data", r.InData}} {
				if q.answer == "" {
					continue
				}
				a := f
				a.ID = s.ids.New()
				answers = append(answers, append(a.Args(), theme, q.question, string(q.answer)))
			}
		}
	}
	if err := s.insert(ctx, tx, statements); err != nil {
		return intake.Placing{}, err
	}
	return intake.Placing{}, tx.Insert(ctx, "INSERT INTO theme_answer ("+fact.Columns("")+", theme, question, answer)", fact.N+3, answers, "")
}

// Interview is the slot a statement was made in: its date and number, so that slot 3 of two days are two.
func Interview(r *profile.StatementRow) string {
	d := r.Date.String()
	if len(d) > 10 {
		d = d[:10]
	}
	return InterviewOf(d, r.Slot)
}

// InterviewOf names the interview of a day (ISO) and slot.
func InterviewOf(day, slot string) string {
	return strings.TrimSpace(day + " " + strings.TrimSpace(slot))
}

// Slot is the statement's slot within its day.
func (in Statement) Slot() string {
	return strings.TrimSpace(strings.TrimPrefix(in.Interview, in.Day()))
}

// Day is the ISO date, month or year the statement was made on, as exactly as it is known; "" when it is not.
func (in Statement) Day() string {
	day := in.True.Start()
	switch in.True.Precision {
	case fact.Unknown, fact.Age:
		return ""
	case fact.Month:
		return day.Format("2006-01")
	case fact.Year:
		return day.Format("2006")
	case fact.Day, fact.Instant:
	}
	return day.Format(clock.ISODate)
}

// Answer keeps what leaders, the strategy or the data say of a theme, typed in. The earlier answer stays, superseded.
func (s *Store) Answer(ctx context.Context, tx *database.Tx, by access.Scope, theme, question string, a profile.Answer) error {
	return s.AnswerFrom(ctx, tx, by, theme, question, a, "")
}

// AnswerFrom is Answer with where the answer stands: a paper, a page, a meeting.
func (s *Store) AnswerFrom(ctx context.Context, tx *database.Tx, by access.Scope, theme, question string, a profile.Answer, where string) error {
	f := s.fact(by.Agency, "", where, fact.On(clock.Today(s.clock)))
	f.By = by.Account
	if err := tx.Exec(ctx, "UPDATE theme_answer SET superseded_by = $1, superseded_at = $2 WHERE theme = $3 AND question = $4 AND load_id = '' AND superseded_at IS NULL", f.ID, f.LearntAt, theme, question); err != nil {
		return err
	}
	if err := tx.Insert(ctx, "INSERT INTO theme_answer ("+fact.Columns("")+", theme, question, answer)", fact.N+3, [][]any{append(f.Args(), theme, question, string(a))}, ""); err != nil {
		return err
	}
	return s.record(ctx, tx, by, audit.Alteration, "theme", theme, "answer to the question "+question)
}

// Purge removes rows of a load; it is the sink of package intake.
func (s *Store) Purge(ctx context.Context, tx *database.Tx, loadID string, limit int) (int64, error) {
	if err := tx.Exec(ctx, "DELETE FROM statement_theme WHERE statement_id IN (SELECT id FROM statement WHERE load_id = $1 ORDER BY id LIMIT $2)", loadID, limit); err != nil {
		return 0, err
	}
	n, err := tx.ExecCount(ctx, "DELETE FROM statement WHERE id IN (SELECT id FROM statement WHERE load_id = $1 ORDER BY id LIMIT $2)", loadID, limit)
	if err != nil || n > 0 {
		return n, err
	}
	return tx.ExecCount(ctx, "DELETE FROM theme_answer WHERE id IN (SELECT id FROM theme_answer WHERE load_id = $1 LIMIT $2)", loadID, limit)
}

const live = "(s.load_id = '' OR s.load_id IN (SELECT id FROM load WHERE state = 'live')) AND s.superseded_at IS NULL"

// Query narrows a list of statements.
type Query struct {
	Theme, Agency string // the agency as folded
	Interview     string
	Limit, Offset int
}

// List lists statements, by interview and row, and how many there are.
func (s *Store) List(ctx context.Context, q database.Queryer, scope access.Scope, f Query) ([]Statement, int, error) {
	cond, args := scope.Where("s", 1)
	where := live + " AND " + cond
	bind := func(v any) string { args = append(args, v); return "$" + strconv.Itoa(len(args)) }
	if f.Theme != "" {
		where += " AND EXISTS (SELECT 1 FROM statement_theme t WHERE t.statement_id = s.id AND t.theme = " + bind(f.Theme) + ")"
	}
	if f.Agency != "" {
		where += " AND s.agency_folded = " + bind(f.Agency)
	}
	if f.Interview != "" {
		where += " AND s.interview = " + bind(f.Interview)
	}
	total, err := database.One(ctx, q, database.Value[int], "SELECT count(*) FROM statement s WHERE "+where, args...)
	if err != nil {
		return nil, 0, err
	}
	if f.Limit <= 0 {
		f.Limit = 1_000_000
	}
	n := len(args)
	out, err := database.Collect(ctx, q, scanStatement, selectStatement+" WHERE "+where+
		" ORDER BY s.interview, s.id LIMIT $"+strconv.Itoa(n+1)+" OFFSET $"+strconv.Itoa(n+2), append(args, f.Limit, f.Offset)...)
	if err != nil {
		return nil, 0, err
	}
	at := map[string]int{}
	for i := range out {
		at[out[i].ID] = i
	}
	cond, args = scope.Where("s", 1)
	err = database.Each(ctx, q, func(r database.Scanner) error {
		var id, theme string
		if err := r.Scan(&id, &theme); err != nil {
			return err
		}
		if i, ok := at[id]; ok {
			out[i].Themes = append(out[i].Themes, theme)
		}
		return nil
	}, "SELECT t.statement_id, t.theme FROM statement_theme t JOIN statement s ON s.id = t.statement_id WHERE "+live+" AND "+cond+" ORDER BY t.statement_id, t.theme", args...)
	return out, total, err
}

var selectStatement = "SELECT " + fact.Columns("s") + ", s.interview, s.agency, s.role, s.words, s.basis, s.confidence, s.place, s.time_span, s.who_else, s.reported, s.reported_where, s.suggested, s.attribution FROM statement s"

func scanStatement(r database.Scanner) (Statement, error) {
	var s Statement
	err := r.Scan(append(s.Dest(), &s.Interview, &s.Agency, &s.Role, &s.Words, (*string)(&s.Basis), (*string)(&s.Confidence), &s.Place, &s.TimeSpan, &s.WhoElse, (*string)(&s.Reported), &s.ReportedWhere, &s.Suggested, &s.Attribution)...)
	return s, err
}

// answers gives the newest answer to each question of each theme.
func (s *Store) answers(ctx context.Context, q database.Queryer, scope access.Scope) (map[string]map[string]profile.Answer, error) {
	cond, args := scope.Where("s", 1)
	out := map[string]map[string]profile.Answer{}
	err := database.Each(ctx, q, func(r database.Scanner) error {
		var theme, question, answer string
		if err := r.Scan(&theme, &question, &answer); err != nil {
			return err
		}
		if out[theme] == nil {
			out[theme] = map[string]profile.Answer{}
		}
		out[theme][question] = profile.Answer(answer) // later rows are newer
		return nil
	}, "SELECT s.theme, s.question, s.answer FROM theme_answer s WHERE "+live+" AND "+cond+" ORDER BY s.learnt_at, s.id", args...)
	return out, err
}
