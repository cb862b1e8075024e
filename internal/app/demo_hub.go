package app

import (
	"context"
	"fmt"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/account"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/content"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/demo/world"
	"lantern.example/lantern/internal/practice"
	"lantern.example/lantern/internal/practice/course"
)

// demoHub fills the hub as the partnership has used it: courses done by most and half done at the pupil referral unit, a practice note
// overdue for review, a question that has waited for three days, one answered, an arrangement some have adopted, one duty confirmed.
func (a *App) demoHub(ctx context.Context, _ access.Scope, w *world.World, accounts map[string]account.Account) error {
	at := func(name string) account.Account { return accounts[name+"@wrenshire.example"] }
	scope := func(name string) (access.Scope, error) {
		acc := at(name)
		return a.Accounts.Scope(ctx, acc, account.Purposes(acc.Role)[0])
	}
	joy, err := scope("joy.okafor")
	if err != nil {
		return err
	}
	if err := a.demoTraining(ctx, w, accounts, joy); err != nil {
		return fmt.Errorf("training: %w", err)
	}
	if err := a.demoLibrary(ctx, w, joy, at("hodan.elmbeck").ID, at("tomasz.brindle").ID); err != nil {
		return fmt.Errorf("the hub's entries: %w", err)
	}
	return a.demoDesk(ctx, w, scope)
}

// halfDone is the agency whose members began their courses and have not finished them.
const halfDone = "TQC"

func (a *App) demoTraining(ctx context.Context, w *world.World, accounts map[string]account.Account, joy access.Scope) error {
	courses, _, err := a.Courses.List(ctx, a.DB.Reader(), joy)
	if err != nil {
		return err
	}
	rows := map[string][]course.Row{} // by agency, as its training system wrote them
	for i, x := range w.Accounts {
		acc := accounts[x.Email]
		if acc.Role == access.Subject || acc.Agency == halfDone || acc.Agency == "WAS" { // the ambulance trust has not begun
			continue
		}
		for j, c := range courses {
			if c.RequiredOf(acc.Role) && (i+j)%5 != 0 {
				rows[acc.Agency] = append(rows[acc.Agency], course.Row{Email: acc.Email, Course: c.Code, PassedOn: w.Options.Today.AddDate(0, 0, -20-7*((i+3*j)%40)).Format(clock.ISODate)})
			}
		}
	}
	return a.DB.Write(ctx, func(tx *database.Tx) error {
		for _, agency := range w.Agencies {
			if len(rows[agency.Code]) == 0 {
				continue
			}
			by := joy // each agency's own training lead brings its file; in the demonstration one person plays them
			by.Agency = agency.Code
			if _, err := a.Courses.Import(ctx, tx, by, rows[agency.Code]); err != nil {
				return err
			}
		}
		for i, x := range w.Accounts {
			acc := accounts[x.Email]
			if acc.Agency != halfDone || acc.Role == access.Subject {
				continue
			}
			by := access.Scope{Account: acc.ID, Name: acc.Name, Agency: acc.Agency, Role: acc.Role}
			for j, c := range courses {
				for n := 1; c.RequiredOf(acc.Role) && n <= 1+(i+j)%3; n++ {
					if err := a.Courses.Reach(ctx, tx, by, c, n); err != nil {
						return err
					}
				}
			}
		}
		s, err := a.Courses.AddSession(ctx, tx, joy, course.Session{Course: "recognising-exploitation", OnDay: w.Options.Today.AddDate(0, 0, 12).Format(clock.ISODate), AtTime: "10:00 to 12:00", Place: "Tollgate Quay Centre, staff room", Trainer: "Hodan Elmbeck", Places: 12})
		if err != nil {
			return err
		}
		for _, email := range []string{"ffion.carrgate@wrenshire.example", "colm.tarnside@wrenshire.example"} {
			acc := accounts[email]
			by := access.Scope{Account: acc.ID, Name: acc.Name, Agency: acc.Agency, Role: acc.Role}
			if err := a.Courses.Book(ctx, tx, by, s.ID, true); err != nil {
				return err
			}
		}
		return nil
	})
}

func (a *App) demoLibrary(ctx context.Context, w *world.World, joy access.Scope, worker, analyst string) error {
	day := func(n int) string { return w.Options.Today.AddDate(0, 0, n).Format(clock.ISODate) }
	return a.DB.Write(ctx, func(tx *database.Tx) error {
		// A note of the partnership's own, which should have been looked at three weeks ago.
		key := content.Key{Kind: practice.Note, Code: "minibus-home"}
		_, err := a.Content.Save(ctx, tx, joy, key, 0, content.Text{Title: "A minibus at the gate at half past two", ReviewOn: day(-21), Fields: map[string]string{
			"summary": "A youth worker’s minibus at the pupil referral unit when the day ends, so that nobody is met at the gate by somebody else.",
			"type":    "local", "effect": "positive", "evidence": "1", "rated_by": "Tomasz Brindle", "rated_on": day(-200), "approach": "safe-journey",
			"who_for": "Pupils of a unit where cars wait", "dose": "Every school day, 14:20 to 15:10, two terms", "cost": "One driver for an hour a day, and the bus",
			"intelligence":   "Three groups in the assessment said that a grey car waits on Quay Road. The unit’s own log had it on eleven days; nobody had put the two together.",
			"intervention":   "The bus stands where the car stood. Whoever wants a lift has one; the worker learns who does not want one, and why.",
			"implementation": "- The same driver every day.\n- The unit says who left early.\n- The driver does not follow anybody.",
			"involvement":    "Pupils chose the stop. Two asked for it to be round the corner, so as not to be seen.",
			"impact":         "Days on which the car was logged: 11 in the term before, 2 in the term after. No comparison place, so the strength is 1.",
			"went_wrong":     "For two weeks the bus broke down, and the car was back on the second day.",
			"source":         "Wrenshire, invented", "as_at": day(-200)}}, "From what practitioners said works.")
		if err != nil {
			return err
		}
		if err := a.Library.Keep(ctx, tx, joy, practice.Note, "minibus-home", worker); err != nil {
			return err
		}
		for _, code := range []string{"one-to-one-advocacy", "emergency-department-navigators"} {
			if err := a.Library.Keep(ctx, tx, joy, practice.Note, code, analyst); err != nil {
				return err
			}
		}
		// The Serious Violence Duty has its arrangement written; it was read against its source by Joy Okafor.
		e, err := a.Library.Get(ctx, tx, joy, practice.Duty, "serious-violence")
		if err != nil {
			return err
		}
		t := e.Text
		t.Fields["arrangement"] = "The community safety partnership holds the duty for all six bodies. The assessment is the one under [Assessment](/assessment), renewed each November; the strategy is agreed by the board in January. The commissioner keeps the money."
		t.Fields["evidence"] = "The signed papers; the board’s minutes of January; the list of who was heard and who was not."
		if _, err := a.Content.Save(ctx, tx, joy, e.Key, e.Number, t, "Our arrangement written."); err != nil {
			return err
		}
		found, err := a.Library.Get(ctx, tx, joy, practice.Template, "found-child")
		if err != nil {
			return err
		}
		for agency, name := range map[string]string{"WCSC": "Meera Hollinside", "WPOL": "Ruth Tamsin", "WYJS": "Kofi Larkhurst", "RYW": "Dele Marshwick"} {
			if err := a.Library.Adopt(ctx, tx, joy, "found-child", found.Number, agency, name, day(-40)); err != nil {
				return err
			}
		}
		return a.Library.Confirm(ctx, tx, joy, practice.Duty, "equality", 1, "Equality Act 2010, section 149, read on legislation.gov.uk (invented)", day(-5))
	})
}

// demoDesk asks one question three days ago, which waits, and one some weeks ago, which was answered.
func (a *App) demoDesk(ctx context.Context, w *world.World, scope func(string) (access.Scope, error)) error {
	ffion, err := scope("ffion.carrgate")
	if err != nil {
		return err
	}
	dele, err := scope("dele.marshwick")
	if err != nil {
		return err
	}
	ago := func(days int) *clock.Fixed {
		return clock.At(w.Options.Today.AddDate(0, 0, -days).Add(11*time.Hour + 20*time.Minute))
	}
	return a.DB.Write(ctx, func(tx *database.Tx) error {
		if _, err := a.supportAt(ago(3)).Ask(ctx, tx, ffion, "A parent asks us for the name of the panel that talks about their child, and who sits on it. May we say, and who should they ring?", "T17"); err != nil {
			return err
		}
		x, err := a.supportAt(ago(24)).Ask(ctx, tx, dele, "Whom do we ring at the weekend when a young person is found in another county and has no placement to go back to?", "T15")
		if err != nil {
			return err
		}
		to, err := a.Accounts.Get(ctx, tx, x.Assignee)
		if err != nil {
			return err
		}
		by := access.Scope{Account: to.ID, Name: to.Name, Agency: to.Agency, Role: to.Role, Purpose: account.Purposes(to.Role)[0]}
		return a.supportAt(ago(22)).Reply(ctx, tx, by, x.ID, x.Ver, "Ring the home area’s emergency duty team and ask for a **name**. Follow [a child found far from home](/hub/template/found-child): a child does not travel back alone.")
	})
}
