package app

import (
	"context"
	"strconv"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/account"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/demo/world"
	"lantern.example/lantern/internal/identity"
	"lantern.example/lantern/internal/work"
)

// demoLinks has the sample of pairs reviewed, as two of the partnership would have done it: the analyst looked at most of it and a
// practitioner at a part, slipping now and then. What they said is made from the generator's truth; the figures on the page of quality are counted from it as from
// anybody's. A few pairs are left for whoever comes in.
func (a *App) demoLinks(ctx context.Context, _ access.Scope, w *world.World, accounts map[string]account.Account) error {
	var analyst, other account.Account
	for _, x := range w.Accounts {
		switch {
		case x.Role == access.Analyst && analyst.ID == "":
			analyst = accounts[x.Email]
		case x.Role == access.Practitioner && other.ID == "":
			other = accounts[x.Email]
		}
	}
	type row struct{ id, lf, lr, rf, rr string }
	rows, err := database.Collect(ctx, a.DB.Reader(), func(s database.Scanner) (row, error) {
		var x row
		return x, s.Scan(&x.id, &x.lf, &x.lr, &x.rf, &x.rr)
	}, `SELECT s.id, ll.file_name, l.source_ref, rl.file_name, r.source_ref FROM link_sample s JOIN source_record l ON l.id = s.l JOIN load ll ON ll.id = l.load_id
		JOIN source_record r ON r.id = s.r JOIN load rl ON rl.id = r.load_id ORDER BY s.id`)
	if err != nil {
		return err
	}
	var looks []identity.Looked
	for i, x := range rows {
		if i%20 == 19 { // for whoever comes in
			continue
		}
		truth := identity.Different
		if p, ok := rowPerson(w, x.lf, x.lr); ok {
			if q, ok := rowPerson(w, x.rf, x.rr); ok && p == q {
				truth = identity.Same
			}
		}
		said := truth
		if i%37 == 5 {
			said = identity.Unsure
		}
		looks = append(looks, identity.Looked{Sample: x.id, Account: analyst.ID, Agency: analyst.Agency, Verdict: said})
		if i%5 == 0 {
			if i%65 == 0 {
				truth = identity.Unsure
			}
			looks = append(looks, identity.Looked{Sample: x.id, Account: other.ID, Agency: other.Agency, Verdict: truth})
		}
	}
	if err := a.DB.Write(ctx, func(tx *database.Tx) error { return a.Identity.KeepLooks(ctx, tx, looks) }); err != nil {
		return err
	}
	return a.demoDoubt(ctx, w, accounts)
}

// demoDoubt has a social worker working with somebody of whom a doubtful record waits, so that it stands first in the queue.
func (a *App) demoDoubt(ctx context.Context, w *world.World, accounts map[string]account.Account) error {
	var worker account.Account
	for _, x := range w.Accounts {
		if x.Role == access.Practitioner && x.Agency == "WCSC" {
			worker = accounts[x.Email]
			break
		}
	}
	scope, err := a.Accounts.Scope(ctx, worker, access.Safeguarding)
	if err != nil {
		return err
	}
	q := a.DB.Reader()
	items, _, err := a.Identity.Waiting(ctx, q, scope, identity.Queue{Topic: identity.Short, Limit: 50})
	if err != nil {
		return err
	}
	for _, i := range items {
		records, err := a.Identity.Records(ctx, q, scope, []string{i.L, i.R})
		if err != nil {
			return err
		}
		for _, r := range records {
			if r.Owner != worker.Agency || len(records) != 2 || records[0].Title() == "" || records[1].Title() == "" || records[0].Owner == records[1].Owner {
				continue
			}
			return a.DB.Write(ctx, func(tx *database.Tx) error {
				_, err := a.Work.Add(ctx, tx, scope, work.New{Title: "See them at home before the review, and ask who else is helping", Why: "Another agency may know them under another spelling: settle whose record it is first.",
					Subject: work.Ref{Kind: "person", ID: r.Person}, Assignee: worker.ID, DueOn: clock.Today(a.Clock).AddDate(0, 0, 4).Format(clock.ISODate)})
				return err
			})
		}
	}
	return nil
}

// rowPerson is the true person of a row, by its file and its place in it.
func rowPerson(w *world.World, file, ref string) (string, bool) {
	n, err := strconv.Atoi(rowNumber.FindString(ref))
	if err != nil {
		return "", false
	}
	who, ok := w.Truth.Person(file, n)
	if !ok {
		return "", false
	}
	return who.ID, true
}
