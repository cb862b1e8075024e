package work_test

import (
	"strings"
	"testing"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/content"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/database/databasetest"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/work"
)

func TestABoardMeetsDecidesAndWatches(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		w := newWorld(t, db)
		ctx := t.Context()
		ids := clock.NewIDs(w.clock, nil)
		log := audit.NewLog(w.clock, ids)
		words := content.NewStore(w.clock, ids, log)
		boards := work.NewBoards(w.clock, ids, log, words, w.store)
		by := w.scope("Col")
		by.Name = "Ann"
		must := func(f func(tx *database.Tx) error) {
			t.Helper()
			if err := db.Write(ctx, f); err != nil {
				t.Fatal(err)
			}
		}
		try := func(f func(tx *database.Tx) error) error { return db.Write(ctx, f) }
		for _, code := range []string{"csp", "svb"} {
			must(func(tx *database.Tx) error {
				_, err := words.Save(ctx, tx, by, content.Key{Kind: work.BoardKind, Code: code}, 0, content.Text{Title: strings.ToUpper(code)}, "")
				return err
			})
		}
		soon := clock.Micros(w.clock.Now().Add(48 * time.Hour))
		var m work.Meeting
		must(func(tx *database.Tx) (err error) {
			m, err = boards.Plan(ctx, tx, by, work.Meeting{Board: "csp", StartsAt: soon, Minutes: 60, Place: "Room 1"})
			return err
		})
		for name, c := range map[string]struct {
			f    func(tx *database.Tx) error
			want fault.Kind
		}{
			"a board that is not there": {func(tx *database.Tx) error {
				_, err := boards.Plan(ctx, tx, by, work.Meeting{Board: "x", StartsAt: soon, Minutes: 60})
				return err
			}, fault.NotFound},
			"no length": {func(tx *database.Tx) error {
				_, err := boards.Plan(ctx, tx, by, work.Meeting{Board: "csp", StartsAt: soon})
				return err
			}, fault.Invalid},
			"held before it began": {func(tx *database.Tx) error {
				x := m
				x.State = "held"
				return boards.Save(ctx, tx, by, x)
			}, fault.Invalid},
			"over another version": {func(tx *database.Tx) error {
				x := m
				x.Ver = 9
				return boards.Save(ctx, tx, by, x)
			}, fault.Conflict},
			"a paper without a summary": {func(tx *database.Tx) error {
				return boards.AddPaper(ctx, tx, by, work.Paper{Meeting: m.ID, Title: "T"})
			}, fault.Invalid},
			"a paper elsewhere": {func(tx *database.Tx) error {
				return boards.AddPaper(ctx, tx, by, work.Paper{Meeting: m.ID, Title: "T", Summary: "S", Link: "https://elsewhere.example"})
			}, fault.Invalid},
			"a decision without a reason": {func(tx *database.Tx) error { return boards.Decide(ctx, tx, by, m.ID, "", "Yes", " ") }, fault.Invalid},
			"nobody signed in": {func(tx *database.Tx) error {
				return boards.Decide(ctx, tx, access.Scope{}, m.ID, "", "Yes", "so")
			}, fault.NotFound},
		} {
			if err := try(c.f); !fault.Is(err, c.want) {
				t.Errorf("%s: %v, want %v", name, err, c.want)
			}
		}
		m.Place = "Room 2"
		must(func(tx *database.Tx) error { return boards.Save(ctx, tx, by, m) })
		must(func(tx *database.Tx) error {
			return boards.AddPaper(ctx, tx, by, work.Paper{Meeting: m.ID, Title: "Picture", Summary: "Note it.", Link: "/assessment"})
		})
		must(func(tx *database.Tx) error {
			return boards.Decide(ctx, tx, by, m.ID, "", "Fund the club", "It reaches those who are out of school.")
		})
		d, err := boards.Decisions(ctx, db.Reader(), by, "csp", "")
		if err != nil || len(d) != 1 {
			t.Fatalf("decisions %+v, %v", d, err)
		}
		must(func(tx *database.Tx) error {
			return boards.Decide(ctx, tx, by, m.ID, d[0].ID, "Fund the club for a year", "Money for a year only.")
		})
		if d, err = boards.Decisions(ctx, db.Reader(), by, "", m.ID); err != nil || len(d) != 2 || d[0].SupersededAt != nil || d[1].SupersededWhy != "Money for a year only." {
			t.Errorf("after the change: %+v, %v", d, err)
		}
		papers, err := boards.Papers(ctx, db.Reader(), by, m.ID)
		if err != nil || len(papers) != 1 || papers[0].ByName != "Ann" {
			t.Fatalf("papers %+v, %v", papers, err)
		}
		must(func(tx *database.Tx) error {
			return boards.WithdrawPaper(ctx, tx, by, m.ID, papers[0].ID, "wrong figures")
		})
		if err := try(func(tx *database.Tx) error { return boards.WithdrawPaper(ctx, tx, by, m.ID, papers[0].ID, "again") }); !fault.Is(err, fault.NotFound) {
			t.Errorf("withdrawing twice gave %v, want not found", err)
		}

		// One action, however many boards watch it.
		var set, shared, personal work.Action
		must(func(tx *database.Tx) (err error) {
			if set, err = w.store.Add(ctx, tx, by, work.New{Title: "Write the bid", Why: "w", Source: work.Ref{Kind: work.MeetingRef, ID: m.ID}, Assignee: w.who["Col"].ID, DueOn: "2026-11-01"}); err != nil {
				return err
			}
			if shared, err = w.store.Add(ctx, tx, by, work.New{Title: "Map the routes", Why: "w", Assignee: w.who["Col"].ID, DueOn: "2026-12-01"}); err != nil {
				return err
			}
			personal, err = w.store.Add(ctx, tx, by, work.New{Title: "Ring home", Why: "w", Class: access.SocialCare, Assignee: w.who["Col"].ID, DueOn: "2026-12-01"})
			return err
		})
		for _, code := range []string{"csp", "svb", "svb"} { // twice is once
			must(func(tx *database.Tx) error { return boards.Watch(ctx, tx, by, code, shared.ID) })
		}
		must(func(tx *database.Tx) error { return boards.Watch(ctx, tx, by, "svb", set.ID) })
		if err := try(func(tx *database.Tx) error { return boards.Watch(ctx, tx, by, "csp", personal.ID) }); !fault.Is(err, fault.Refused) {
			t.Errorf("an action about a person on a board's log: %v, want refused", err)
		}
		rows, err := boards.Log(ctx, db.Reader(), by, "")
		if err != nil || len(rows) != 2 || rows[0].ID != set.ID || strings.Join(rows[0].Boards, " ") != "csp svb" || strings.Join(rows[1].Boards, " ") != "csp svb" {
			t.Errorf("the log: %+v, %v", rows, err)
		}
		must(func(tx *database.Tx) error { return boards.Leave(ctx, tx, by, "svb", shared.ID) })
		if err := try(func(tx *database.Tx) error { return boards.Leave(ctx, tx, by, "csp", set.ID) }); !fault.Is(err, fault.Refused) {
			t.Errorf("taking off what the board's own meeting set: %v, want refused", err)
		}
		if rows, err = boards.Log(ctx, db.Reader(), by, "svb"); err != nil || len(rows) != 1 {
			t.Errorf("the other board's log has %d, %v; want 1", len(rows), err)
		}

		ask := func() error {
			return try(func(tx *database.Tx) error { return boards.Chase(ctx, tx, by, set.ID, "Is it written?") })
		}
		if err := ask(); err != nil {
			t.Fatal(err)
		}
		if err := ask(); !fault.Is(err, fault.Refused) {
			t.Errorf("asking twice on a day: %v, want refused", err)
		}
		items, err := boards.Work(ctx, db.Reader(), w.scope("Col"), clock.Today(w.clock))
		if err != nil || len(items) != 1 || !strings.Contains(items[0].Note, "Ann asked. Is it written?") {
			t.Errorf("the owner's list: %+v, %v", items, err)
		}
		must(func(tx *database.Tx) error {
			_, err := w.store.Complete(ctx, tx, by, set.ID, set.Ver, "written")
			return err
		})
		w.clock.Advance(24 * time.Hour)
		if err := ask(); !fault.Is(err, fault.Refused) {
			t.Errorf("asking after what is done: %v, want refused", err)
		}
		h, err := boards.History(ctx, db.Reader(), m.ID)
		if err != nil || len(h) != 6 || h[0].What != "A paper was withdrawn: wrong figures" {
			t.Errorf("history %+v, %v", h, err)
		}
	})
}

func TestCalendarFile(t *testing.T) {
	at := clock.Micros(time.Date(2026, 7, 1, 9, 0, 0, 0, time.UTC))
	got := string(work.Calendar([]work.CalendarEvent{{UID: "1@lantern", Sequence: 3, Stamp: at, Start: at, Minutes: 90, Summary: "Meeting: Board; the long, long, long name of a board that goes on é and beyond the seventy-five octets", Place: "Room 1\nFloor 2", Cancelled: true}}))
	want := strings.Join([]string{"BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Lantern//Partnership calendar//EN", "CALSCALE:GREGORIAN", "METHOD:PUBLISH", "BEGIN:VEVENT", "UID:1@lantern", "SEQUENCE:3", "DTSTAMP:20260701T090000Z",
		"DTSTART:20260701T090000Z", "DTEND:20260701T103000Z", `SUMMARY:Meeting: Board\; the long\, long\, long name of a board that goes on é and beyond the seventy-five octets`, `LOCATION:Room 1\nFloor 2`, "CLASS:PRIVATE", "STATUS:CANCELLED", "END:VEVENT", "END:VCALENDAR", ""}, "\r\n")
	if unfolded := strings.ReplaceAll(got, "\r\n ", ""); unfolded != want {
		t.Errorf("got\n%q\nwant\n%q", unfolded, want)
	}
	for _, line := range strings.Split(got, "\r\n") {
		if len(line) > 75 {
			t.Errorf("a line of %d octets: %q", len(line), line)
		}
	}
}
