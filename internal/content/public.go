package content

import (
	"context"
	"strconv"
	"strings"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
)

// Publication says that anybody may read one version of something, and who answers for that.
type Publication struct {
	Kind, Code string
	Version    int64
	ByName     string
	At         int64
}

// MakePublic lets anybody read one version of a thing without signing in. The thing is a content item, or a
// record of another room that reads Publications of its kind. Only a named person makes something public;
// what was public of it before ends.
func (s *Store) MakePublic(ctx context.Context, tx *database.Tx, by access.Scope, kind, code string, version int64, why string) error {
	if by.IsSystem() || by.Account == "" || strings.TrimSpace(by.Name) == "" {
		return fault.New(fault.Refused, "Only a named person can make something public.")
	}
	if version < 1 {
		return fault.New(fault.Refused, "There is no version to make public yet.")
	}
	if err := s.TakeBack(ctx, tx, by, kind, code, "another version was made public"); err != nil && !fault.Is(err, fault.Refused) {
		return err
	}
	err := tx.Exec(ctx, "INSERT INTO made_public (id, kind, code, version, by_account, by_name, at) VALUES ($1,$2,$3,$4,$5,$6,$7)",
		s.ids.New(), kind, code, version, by.Account, by.Name, clock.Micros(s.clock.Now()))
	if err != nil {
		return err
	}
	item, err := s.itemOf(ctx, tx, by, kind, code)
	if err != nil {
		return err
	}
	return s.event(ctx, tx, by, item, Key{Kind: kind, Code: code}, version, "made-public", why)
}

// TakeBack ends what the public reads of a thing, with a reason; Refused when nothing of it is public.
func (s *Store) TakeBack(ctx context.Context, tx *database.Tx, by access.Scope, kind, code, why string) error {
	n, err := tx.ExecCount(ctx, "UPDATE made_public SET ended_at = $1, ended_by = $2, ended_why = $3 WHERE kind = $4 AND code = $5 AND ended_at IS NULL",
		clock.Micros(s.clock.Now()), by.Account, why, kind, code)
	if err != nil {
		return err
	}
	if n == 0 {
		return fault.New(fault.Refused, "Nothing of it is public.")
	}
	item, err := s.itemOf(ctx, tx, by, kind, code)
	if err != nil {
		return err
	}
	return s.event(ctx, tx, by, item, Key{Kind: kind, Code: code}, 0, "public-ended", why)
}

// itemOf is the id of the content item of that name, "" when the thing is another room's.
func (s *Store) itemOf(ctx context.Context, tx *database.Tx, by access.Scope, kind, code string) (string, error) {
	h, err := s.head(ctx, tx, by, Key{Kind: kind, Code: code, Lang: English})
	if fault.Is(err, fault.NotFound) {
		return "", nil
	}
	return h.id, err
}

// Publications are what is public of a kind, by code.
func (s *Store) Publications(ctx context.Context, q database.Queryer, kind string) (map[string]Publication, error) {
	list, err := database.Collect(ctx, q, func(r database.Scanner) (Publication, error) {
		var p Publication
		return p, r.Scan(&p.Kind, &p.Code, &p.Version, &p.ByName, &p.At)
	}, "SELECT kind, code, version, by_name, at FROM made_public WHERE kind = $1 AND ended_at IS NULL ORDER BY code", kind)
	out := make(map[string]Publication, len(list))
	for _, p := range list {
		out[p.Code] = p
	}
	return out, err
}

// Shown is a version that anybody may read, and its publication.
type Shown struct {
	Version
	Publication Publication
}

// Public lists what anybody may read of a kind of content, by title's code. It needs no scope: each was made
// public by a named person.
func (s *Store) Public(ctx context.Context, q database.Queryer, kind string) ([]Shown, error) {
	return database.Collect(ctx, q, func(r database.Scanner) (Shown, error) {
		p := Publication{Kind: kind}
		v, err := scanVersion(extra{r, []any{&p.Version, &p.ByName, &p.At}})
		p.Code = v.Code
		return Shown{v, p}, err
	}, "SELECT "+versionColumns+", p.version, p.by_name, p.at"+joined+`JOIN made_public p ON p.kind = i.kind AND p.code = i.code AND p.version = v.version AND p.ended_at IS NULL
		WHERE i.kind = $1 AND i.lang = $2 ORDER BY i.code`, kind, English)
}

func number(n int) string { return strconv.Itoa(n) }
