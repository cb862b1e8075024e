package assessment

import (
	"context"
	"slices"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fact"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/intake/profile"
)

// ErasedWords stand where a statement's words were erased.
const ErasedWords = "(Erased: these words named somebody.)"

const liveLoad = "(s.load_id = '' OR s.load_id IN (SELECT id FROM load WHERE state = 'live'))"

func (s *Store) one(ctx context.Context, q database.Queryer, scope access.Scope, and string, arg any) (*Statement, error) {
	cond, args := scope.Where("s", 2)
	rows, err := database.Collect(ctx, q, scanStatement, selectStatement+" WHERE "+and+" AND "+liveLoad+" AND "+cond, append([]any{arg}, args...)...)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	st := &rows[0]
	st.Themes, err = database.Collect(ctx, q, database.Value[string], "SELECT theme FROM statement_theme WHERE statement_id = $1", st.ID)
	slices.SortFunc(st.Themes, compareCodes)
	return st, err
}

// Versions lists all that a statement ever said, newest first; id is any version's.
func (s *Store) Versions(ctx context.Context, q database.Queryer, scope access.Scope, id string) ([]Statement, error) {
	st, err := s.one(ctx, q, scope, "s.id = $1", id)
	if err != nil {
		return nil, err
	}
	if st == nil {
		return nil, fault.NoSuch()
	}
	for st.SupersededBy != "" {
		next, err := s.one(ctx, q, scope, "s.id = $1", st.SupersededBy)
		if err != nil {
			return nil, err
		}
		if next == nil {
			break
		}
		st = next
	}
	out := []Statement{*st}
	for {
		st, err = s.one(ctx, q, scope, "s.superseded_by = $1", st.ID)
		if err != nil || st == nil {
			return out, err
		}
		out = append(out, *st)
	}
}

// Correct puts a new version in a statement's place and answers its id. The old version stays, superseded, unless erase
// is set: then the words of every earlier version go, because they named somebody. Only the agency that holds the
// statement may correct it; a version that is no longer the newest is a Conflict. A correction of a loaded statement
// stays part of its load, and goes with it when the load is undone.
func (s *Store) Correct(ctx context.Context, tx *database.Tx, by access.Scope, id string, in Statement, erase bool) (string, error) {
	if err := in.check(); err != nil {
		return "", err
	}
	old, err := s.one(ctx, tx, by, "s.id = $1", id)
	switch {
	case err != nil:
		return "", err
	case old == nil:
		return "", fault.NoSuch()
	case old.Owner != by.Agency && !by.IsSystem():
		return "", fault.New(fault.Refused, "Only the agency that holds a statement may correct it.")
	case old.SupersededAt != nil:
		return "", fault.New(fault.Conflict, "Somebody else corrected this statement while you were writing. Nothing of theirs was lost, and yours was not saved.")
	}
	in.Fact = s.fact(old.Owner, old.LoadID, old.SourceRef, in.True)
	in.By, in.Ver = by.Account, old.Ver+1
	n, err := tx.ExecCount(ctx, "UPDATE statement SET superseded_by = $1, superseded_at = $2 WHERE id = $3 AND superseded_at IS NULL", in.ID, in.LearntAt, id)
	if err != nil {
		return "", err
	}
	if n != 1 {
		return "", fault.New(fault.Conflict, "Somebody else corrected this statement first.")
	}
	if err := s.insert(ctx, tx, []Statement{in}); err != nil {
		return "", err
	}
	if erase {
		if err := s.erase(ctx, tx, by, in.ID); err != nil {
			return "", err
		}
	}
	return in.ID, s.record(ctx, tx, by, audit.Alteration, "statement", in.ID, "corrected")
}

func (s *Store) erase(ctx context.Context, tx *database.Tx, by access.Scope, current string) error {
	versions, err := s.Versions(ctx, tx, by, current)
	if err != nil {
		return err
	}
	for _, v := range versions {
		if v.ID == current {
			continue
		}
		if err := tx.Exec(ctx, "UPDATE statement SET words = $1, place = '', who_else = '', reported_where = '', suggested = '' WHERE id = $2", ErasedWords, v.ID); err != nil {
			return err
		}
	}
	return s.record(ctx, tx, by, audit.Erasure, "statement", current, "words of earlier versions erased: they named somebody")
}

// Answered is one answer that was given about a theme.
type Answered struct {
	fact.Fact
	Question string // "leaders", "strategy", "data"
	Answer   profile.Answer
	Rows     int  // how many rows of a sheet gave it
	Current  bool // it is the one that holds
}

// Answers lists every answer ever given about a theme, newest first. What the rows of one sheet say alike is one answer.
func (s *Store) Answers(ctx context.Context, q database.Queryer, scope access.Scope, theme string) ([]Answered, error) {
	cond, args := scope.Where("s", 2)
	rows, err := database.Collect(ctx, q, func(r database.Scanner) (Answered, error) {
		a := Answered{Rows: 1}
		return a, r.Scan(append(a.Dest(), &a.Question, (*string)(&a.Answer))...)
	}, "SELECT "+fact.Columns("s")+", s.question, s.answer FROM theme_answer s WHERE s.theme = $1 AND "+liveLoad+" AND "+cond+" ORDER BY s.learnt_at DESC, s.id DESC", append([]any{theme}, args...)...)
	if err != nil {
		return nil, err
	}
	var out []Answered
	holds := map[string]bool{}
	for _, a := range rows {
		same := slices.IndexFunc(out, func(b Answered) bool {
			return a.LoadID != "" && a.LoadID == b.LoadID && a.Question == b.Question && a.Answer == b.Answer
		})
		if same >= 0 {
			out[same].Rows++
			continue
		}
		a.Current = a.SupersededAt == nil && !holds[a.Question]
		holds[a.Question] = holds[a.Question] || a.Current
		out = append(out, a)
	}
	return out, nil
}

// On is the day a statement was made on, from an ISO date; unknown when it is none.
func On(day string) fact.When {
	d, err := time.Parse(clock.ISODate, day)
	if err != nil {
		return fact.When{}
	}
	return fact.On(d)
}
