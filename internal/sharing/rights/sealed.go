package rights

import (
	"context"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/seal"
)

// The desk's worst fields: where an advocate is reached, which may be a safe address, and why home is the danger. They are sealed before they
// reach the database.

func reachAt(id string) seal.Place {
	return seal.Place{Table: "rights_case", Column: "reach_sealed", ID: id}
}

func dangerAt(id string) seal.Place {
	return seal.Place{Table: "person_danger", Column: "words_sealed", ID: id}
}

// plainWords stands in person_danger.words, which may not be empty.
const plainWords = "sealed"

func (d *Desk) sealed(at seal.Place, plain string) (string, error) {
	switch {
	case plain == "":
		return "", nil
	case d.seals == nil:
		return "", fault.New(fault.Unavailable, "This Lantern has no keys to keep such words with.")
	}
	return d.seals.Seal(at, []byte(plain))
}

func (d *Desk) opened(at seal.Place, text string) (string, error) {
	switch {
	case text == "":
		return "", nil
	case d.seals == nil:
		return "", fault.New(fault.Unavailable, "This Lantern has no keys to read such words with.")
	}
	plain, err := d.seals.Open(at, text)
	return string(plain), err
}

// SealEarlier seals what a version of Lantern before sealing left in plain columns. It is called at each start; when there is nothing left it
// asks two short questions. It returns how many values it sealed.
func (d *Desk) SealEarlier(ctx context.Context, db *database.DB) (n int, err error) {
	type row struct{ id, plain string }
	scan := func(s database.Scanner) (x row, err error) { return x, s.Scan(&x.id, &x.plain) }
	for _, c := range []struct {
		find, set string
		at        func(id string) seal.Place
	}{
		{"SELECT id, advocate_reach FROM rights_case WHERE advocate_reach <> '' ORDER BY id LIMIT 200", "UPDATE rights_case SET advocate_reach = '', reach_sealed = $1 WHERE id = $2", reachAt},
		{"SELECT id, words FROM person_danger WHERE words_sealed = '' ORDER BY id LIMIT 200", "UPDATE person_danger SET words = '" + plainWords + "', words_sealed = $1 WHERE id = $2", dangerAt},
	} {
		for more := true; more; {
			done := 0
			err := db.Write(ctx, func(tx *database.Tx) error {
				done = 0
				rows, err := database.Collect(ctx, tx, scan, c.find)
				if err != nil {
					return err
				}
				for _, x := range rows {
					text, err := d.sealed(c.at(x.id), x.plain)
					if err == nil {
						err = tx.Exec(ctx, c.set, text, x.id)
					}
					if err != nil {
						return err
					}
					done++
				}
				return nil
			})
			if err != nil {
				return n, err
			}
			n += done
			more = done > 0
		}
	}
	return n, nil
}

// DangerWords is why the officer's own desk said that home is the danger for the person of a request; "" where it did not, or no longer says so.
func (d *Desk) DangerWords(ctx context.Context, q database.Queryer, scope access.Scope, r Request) (string, error) {
	if !officer(scope) {
		return "", fault.NoSuch()
	}
	r, err := d.Get(ctx, q, scope, r.ID)
	if err != nil || r.Person == "" {
		return "", err
	}
	type row struct{ id, text string }
	rows, err := database.Collect(ctx, q, func(s database.Scanner) (x row, err error) { return x, s.Scan(&x.id, &x.text) },
		"SELECT t.id, t.words_sealed FROM person_danger t WHERE "+ofPerson+" AND t.owner = $2 AND t.superseded_at IS NULL AND t.danger ORDER BY t.learnt_at DESC, t.id LIMIT 1", r.Person, scope.Agency)
	if err != nil || len(rows) == 0 {
		return "", err
	}
	return d.opened(dangerAt(rows[0].id), rows[0].text)
}
