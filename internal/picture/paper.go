package picture

import (
	"context"
	"encoding/json"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
)

// Paper is the picture of a moment, kept: a draft until somebody other than its maker has signed it.
type Paper struct {
	ID, Owner, Title, State string
	MadeAt                  int64
	MadeBy, MadeByName      string
	SignedBy, SignedByName  string
	SignedAt                *int64
	SignWords               string
	Ver                     int64
	Picture                 *Picture
}

// Papers keeps papers.
type Papers struct {
	Clock clock.Clock
	IDs   *clock.IDs
}

// Make keeps a picture as a draft paper.
func (s *Papers) Make(ctx context.Context, tx *database.Tx, by access.Scope, p *Picture) (string, error) {
	b, err := json.Marshal(p)
	if err != nil {
		return "", err
	}
	id := s.IDs.New()
	return id, tx.Exec(ctx, `INSERT INTO paper (id, owner, class, title, state, picture, made_at, made_by, ver) VALUES ($1,$2,$3,$4,'draft',$5,$6,$7,1)`,
		id, by.Agency, string(access.Partnership), p.Title, string(b), clock.Micros(s.Clock.Now()), by.Account)
}

// maySign are the roles whose signature issues a paper.
func maySign(r access.Role) bool { return r == access.Manager || r == access.Chair }

// MaySign reports whether a member may sign a paper: in a role that signs, and not its maker.
func MaySign(s access.Scope, p Paper) bool {
	return p.State == "draft" && maySign(s.Role) && p.MadeBy != s.Account
}

// Sign issues a draft. Whoever made it cannot sign it; a paper that changed meanwhile is a Conflict.
func (s *Papers) Sign(ctx context.Context, tx *database.Tx, by access.Scope, id string, ver int64, words string) error {
	p, err := s.Get(ctx, tx, by, id)
	switch {
	case err != nil:
		return err
	case !maySign(by.Role):
		return fault.New(fault.Refused, "A community safety manager or panel chair signs papers.")
	case p.MadeBy == by.Account:
		return fault.New(fault.Refused, "Whoever made a paper cannot sign it: ask somebody else to read it.")
	case p.State != "draft":
		return fault.New(fault.Conflict, "This paper has been signed already.")
	}
	n, err := tx.ExecCount(ctx, "UPDATE paper SET state = 'issued', signed_by = $1, signed_at = $2, sign_words = $3, ver = ver + 1 WHERE id = $4 AND ver = $5 AND state = 'draft'",
		by.Account, clock.Micros(s.Clock.Now()), words, id, ver)
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "This paper has been changed or signed since you opened it.")
	}
	return err
}

const paperColumns = `p.id, p.owner, p.title, p.state, p.made_at, p.made_by, coalesce((SELECT a.name FROM account a WHERE a.id = p.made_by), p.made_by),
	p.signed_by, coalesce((SELECT a.name FROM account a WHERE a.id = p.signed_by), ''), p.signed_at, p.sign_words, p.ver`

func scanPaper(r database.Scanner) (Paper, error) {
	var p Paper
	return p, r.Scan(&p.ID, &p.Owner, &p.Title, &p.State, &p.MadeAt, &p.MadeBy, &p.MadeByName, &p.SignedBy, &p.SignedByName, &p.SignedAt, &p.SignWords, &p.Ver)
}

// List lists papers, newest first, without their pictures.
func (s *Papers) List(ctx context.Context, q database.Queryer, scope access.Scope, limit int) ([]Paper, error) {
	cond, args := scope.Where("p", 2)
	return database.Collect(ctx, q, scanPaper, "SELECT "+paperColumns+" FROM paper p WHERE "+cond+" ORDER BY p.made_at DESC, p.id DESC LIMIT $1", append([]any{limit}, args...)...)
}

// Get is one paper with its picture.
func (s *Papers) Get(ctx context.Context, q database.Queryer, scope access.Scope, id string) (Paper, error) {
	cond, args := scope.Where("p", 2)
	return database.One(ctx, q, func(r database.Scanner) (Paper, error) {
		var p Paper
		var body string
		if err := r.Scan(&p.ID, &p.Owner, &p.Title, &p.State, &p.MadeAt, &p.MadeBy, &p.MadeByName, &p.SignedBy, &p.SignedByName, &p.SignedAt, &p.SignWords, &p.Ver, &body); err != nil {
			return p, err
		}
		p.Picture = &Picture{}
		return p, json.Unmarshal([]byte(body), p.Picture)
	}, "SELECT "+paperColumns+", p.picture FROM paper p WHERE p.id = $1 AND "+cond, append([]any{id}, args...)...)
}
