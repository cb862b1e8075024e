package app

import (
	"context"
	"fmt"
	"regexp"
	"strconv"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/account"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/demo/world"
)

// rowNumber is the row in a record's place in its file: the last number of "row 12" or "Sheet1, row 12".
var rowNumber = regexp.MustCompile(`(\d+)$`)

// demoSubjects leads the account of each young person of the demonstration to the person whom the linking made of their records, and
// writes down what they want. The generator alone knows whose a row is; most of the rows settle it.
func (a *App) demoSubjects(ctx context.Context, by access.Scope, w *world.World, accounts map[string]account.Account) error {
	if err := a.demoLinks(ctx, by, w, accounts); err != nil {
		return err
	}
	type row struct{ person, file, ref string }
	rows, err := database.Collect(ctx, a.DB.Reader(), func(s database.Scanner) (row, error) { var x row; return x, s.Scan(&x.person, &x.file, &x.ref) },
		"SELECT p.person_id, l.file_name, r.source_ref FROM person_record p JOIN source_record r ON r.id = p.record_id JOIN load l ON l.id = r.load_id WHERE l.state = 'live' ORDER BY r.id")
	if err != nil {
		return err
	}
	votes := map[string]map[string]int{}
	for _, x := range rows {
		n, err := strconv.Atoi(rowNumber.FindString(x.ref))
		if err != nil {
			continue
		}
		if who, ok := w.Truth.Person(x.file, n); ok {
			if votes[who.ID] == nil {
				votes[who.ID] = map[string]int{}
			}
			votes[who.ID][x.person]++
		}
	}
	for _, s := range w.Subjects {
		id := ""
		for person, n := range votes[s.Person] {
			if most := votes[s.Person][id]; n > most || n == most && person < id {
				id = person
			}
		}
		if id == "" {
			return fmt.Errorf("no record of %s was found after the files were read", s.Person)
		}
		if err := a.demoSubject(ctx, w, s, id, accounts); err != nil {
			return err
		}
	}
	return nil
}

func (a *App) demoSubject(ctx context.Context, w *world.World, s world.Subject, person string, accounts map[string]account.Account) error {
	for _, x := range w.Accounts {
		if x.Role != access.Subject || x.Person != s.Person {
			continue
		}
		var worker account.Account // the first practitioner of their team
		for _, y := range w.Accounts {
			if y.Agency == x.Agency && y.Role == access.Practitioner {
				worker = accounts[y.Email]
				break
			}
		}
		scope, err := a.Accounts.Scope(ctx, worker, access.Safeguarding)
		if err != nil {
			return err
		}
		return a.DB.Write(ctx, func(tx *database.Tx) error {
			if err := a.Accounts.SetPerson(ctx, tx, accounts[x.Email].ID, person); err != nil {
				return err
			}
			_, err := a.Wishes.Write(ctx, tx, scope, person, s.Wants, s.Reads)
			return err
		})
	}
	return fmt.Errorf("%s has no account", s.Person)
}
