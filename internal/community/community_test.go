package community_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/community"
	"lantern.example/lantern/internal/content"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/database/databasetest"
	"lantern.example/lantern/internal/fault"
)

var now = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

type world struct {
	t       *testing.T
	db      *database.DB
	clock   *clock.Fixed
	words   *content.Store
	store   *community.Store
	reports *community.Reports
	by      access.Scope
	desk    string
}

func newWorld(t *testing.T, db *database.DB) *world {
	c := clock.At(now)
	ids := clock.NewIDs(c, nil)
	log := audit.NewLog(c, ids)
	w := &world{t: t, db: db, clock: c, words: content.NewStore(c, ids, log), desk: "council",
		by: access.Scope{Account: "a", Name: "Ann", Agency: "council", Role: access.Manager, Purpose: access.CommunitySafety}}
	w.store = community.NewStore(c, ids, log, w.words)
	w.reports = community.NewReports(c, ids, log, func(context.Context, database.Queryer) (string, error) { return w.desk, nil })
	w.must(func(tx *database.Tx) error { return w.reports.Open(t.Context(), tx) })
	return w
}

func (w *world) try(f func(tx *database.Tx) error) error { return w.db.Write(w.t.Context(), f) }

func (w *world) must(f func(tx *database.Tx) error) {
	w.t.Helper()
	if err := w.try(f); err != nil {
		w.t.Fatal(err)
	}
}

func TestWhatWasSaidAndDone(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		w := newWorld(t, db)
		ctx, q := t.Context(), db.Reader()
		engage := func(e community.Engagement) (id string, err error) {
			err = w.try(func(tx *database.Tx) (err error) { id, err = w.store.Engage(ctx, tx, w.by, e); return err })
			return id, err
		}
		for name, e := range map[string]community.Engagement{
			"tomorrow":                {On: "2026-11-23", How: "door"},
			"no way":                  {On: "2026-11-20"},
			"reached and not reached": {On: "2026-11-20", How: "door", Groups: []string{"young"}, Missed: []string{"young"}},
		} {
			if _, err := engage(e); !fault.Is(err, fault.Invalid) {
				t.Errorf("%s: %v, want invalid", name, err)
			}
		}
		id, err := engage(community.Engagement{On: "2026-11-20", How: "Youth club", Reached: 14, Groups: []string{"young", "girls"}, Missed: []string{"out-of-school"}, MissedWhy: "No way to reach them"})
		if err != nil {
			t.Fatal(err)
		}
		hear := func(s community.Said) (said string, err error) {
			s.Engagement = id
			err = w.try(func(tx *database.Tx) (err error) { said, err = w.store.Hear(ctx, tx, w.by, s); return err })
			return said, err
		}
		if _, err := hear(community.Said{Words: "x", Sense: "worry", State: "done"}); !fault.Is(err, fault.Invalid) {
			t.Errorf("done without saying what: %v, want invalid", err)
		}
		said, err := hear(community.Said{Words: "The path is dark.", Sense: "worry", State: "heard"})
		if err != nil {
			t.Fatal(err)
		}
		answer := func(ver int64, state, did string) error {
			return w.try(func(tx *database.Tx) error {
				return w.store.Answer(ctx, tx, w.by, community.Said{ID: said, Ver: ver, Words: "The path is dark.", Sense: "worry", State: state, Did: did})
			})
		}
		if err := answer(1, "done", "Lamps were put up."); err != nil {
			t.Fatal(err)
		}
		if err := answer(1, "cannot", "No money."); !fault.Is(err, fault.Conflict) {
			t.Errorf("an answer over an old one: %v, want a conflict", err)
		}
		public := func() string {
			list, err := w.store.Public(ctx, q)
			if err != nil {
				t.Fatal(err)
			}
			out := ""
			for _, x := range list {
				out += x.Did + " by " + x.Publication.ByName
			}
			return out
		}
		if got := public(); got != "" {
			t.Errorf("before anybody published: %q", got)
		}
		w.must(func(tx *database.Tx) error {
			return w.words.MakePublic(ctx, tx, w.by, community.PublicSaid, said, 2, "")
		})
		if got := public(); got != "Lamps were put up. by Ann" {
			t.Errorf("the public reads %q", got)
		}
		if err := answer(2, "done", "Lamps were put up, and work."); err != nil {
			t.Fatal(err)
		}
		if got := public(); got != "Lamps were put up. by Ann" {
			t.Errorf("a change that nobody published reached the public: %q", got)
		}
		list, err := w.store.Engagements(ctx, q, w.by)
		if err != nil || len(list) != 1 || list[0].Said != 1 {
			t.Fatalf("%+v, %v", list, err)
		}
		for _, r := range community.Reached(list) {
			want := map[string][2]int{"young": {1, 0}, "out-of-school": {0, 1}}[r.Code]
			if (r.Code == "young" || r.Code == "out-of-school") && (r.Times != want[0] || r.Missed != want[1]) {
				t.Errorf("%s: reached %d, missed %d", r.Code, r.Times, r.Missed)
			}
		}
		if got, err := w.store.Heard(ctx, q, access.Scope{}, ""); err != nil || len(got) != 0 {
			t.Errorf("nobody signed in reads %+v, %v", got, err)
		}
		w.must(func(tx *database.Tx) error { return w.store.Withdraw(ctx, tx, w.by, id, "wrong day") })
		if got := public(); got != "" {
			t.Errorf("what was said at an engagement that was taken back: %q", got)
		}
	})
}

func (w *world) puzzle() community.Puzzle {
	w.t.Helper()
	p, err := w.reports.Puzzle(w.t.Context(), w.db.Reader())
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

func (w *world) take(in community.Sent) error {
	if in.About == "" {
		in.About = "place"
	}
	return w.try(func(tx *database.Tx) error { return w.reports.Take(w.t.Context(), tx, in) })
}

func TestAReportIsTakenReadAndDealtWith(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		w := newWorld(t, db)
		ctx, q := t.Context(), db.Reader()
		p := w.puzzle()
		if err := w.take(community.Sent{Words: "Written too quickly to be read.", Ticket: p.Ticket}); !fault.Is(err, fault.TooMany) {
			t.Errorf("sent in no time: %v, want too many", err)
		}
		w.clock.Advance(time.Minute)
		for name, in := range map[string]community.Sent{
			"too short":      {Words: "short", Ticket: p.Ticket},
			"another ticket": {Words: "The shutters of the shop", Ticket: strings.Repeat("0", 56)},
			"no ticket":      {Words: "The shutters of the shop"},
			"about nothing":  {About: "x", Words: "The shutters of the shop", Ticket: p.Ticket},
		} {
			if err := w.take(in); !fault.Is(err, fault.Invalid) {
				t.Errorf("%s: %v, want invalid", name, err)
			}
		}
		in := community.Sent{Words: "Cars at the shutters every evening.", Place: "Behind the shops", Urgent: true, Ticket: p.Ticket, Answer: community.Solve(p)}
		if err := w.take(in); err != nil {
			t.Fatal(err)
		}
		in.Words = "Something else altogether."
		if err := w.take(in); !fault.Is(err, fault.Conflict) {
			t.Errorf("the same puzzle again: %v, want a conflict", err)
		}
		// The same words, in other clothes, are the same report.
		other := w.puzzle()
		w.clock.Advance(time.Minute)
		if err := w.take(community.Sent{Words: "cars at the  SHUTTERS every evening.", Place: "Behind the shops", Ticket: other.Ticket}); err != nil {
			t.Fatal(err)
		}
		rows, total, err := w.reports.Queue(ctx, q, w.by, true, 10, 0)
		if err != nil || total != 1 || rows[0].Times != 2 || !rows[0].Worked || rows[0].Owner != "council" || rows[0].Class != "intelligence" {
			t.Fatalf("the queue: %+v, %d, %v", rows, total, err)
		}
		if at := clock.FromMicros(rows[0].LearntAt); at.Hour() != 0 || at.Minute() != 0 {
			t.Errorf("the hour was kept: %v", at)
		}
		// Another agency, a role that is closed, and nobody at all see nothing.
		police, officer := w.by, w.by
		police.Agency = "police"
		officer.Closed = access.ClosedTo(access.InfoOfficer)
		for name, s := range map[string]access.Scope{"another agency": police, "an information officer": officer, "nobody": {}} {
			if rows, total, err := w.reports.Queue(ctx, q, s, true, 10, 0); err != nil || len(rows) != 0 || total != 0 {
				t.Errorf("%s lists %d of %d, %v", name, len(rows), total, err)
			}
			if _, err := w.reports.Report(ctx, q, s, rows[0].ID); !fault.Is(err, fault.NotFound) {
				t.Errorf("%s reads it: %v", name, err)
			}
			if err := w.try(func(tx *database.Tx) error { return w.reports.Triage(ctx, tx, s, rows[0].ID, 1, "noted", "x") }); !fault.Is(err, fault.NotFound) {
				t.Errorf("%s deals with it: %v", name, err)
			}
		}
		triage := func(ver int64, state, outcome string) error {
			return w.try(func(tx *database.Tx) error { return w.reports.Triage(ctx, tx, w.by, rows[0].ID, ver, state, outcome) })
		}
		for name, c := range map[string]struct {
			err  error
			want fault.Kind
		}{"no state": {triage(1, "gone", "x"), fault.Invalid}, "no word": {triage(1, "acted", " "), fault.Invalid}, "an old version": {triage(9, "acted", "x"), fault.Conflict}} {
			if !fault.Is(c.err, c.want) {
				t.Errorf("%s: %v, want %v", name, c.err, c.want)
			}
		}
		if err := triage(1, "passed", "To the neighbourhood team."); err != nil {
			t.Fatal(err)
		}
		read, _, err := w.reports.Queue(ctx, q, w.by, false, 10, 0)
		if err != nil || len(read) != 1 || read[0].ReadName != "Ann" || read[0].Outcome != "To the neighbourhood team." {
			t.Errorf("read: %+v, %v", read, err)
		}
		w.desk = ""
		p = w.puzzle()
		w.clock.Advance(time.Minute)
		if err := w.take(community.Sent{Words: "Nobody is there to read this.", Ticket: p.Ticket}); !fault.Is(err, fault.Unavailable) {
			t.Errorf("with nobody to read it: %v, want unavailable", err)
		}
		w.desk = "council"
		p = w.puzzle()
		w.clock.Advance(community.PuzzleLife + time.Minute)
		if err := w.take(community.Sent{Words: "The page was open all night.", Ticket: p.Ticket}); !fault.Is(err, fault.Invalid) {
			t.Errorf("an old page: %v, want invalid", err)
		}
	})
}

// A flood without work fills its own lane and no more: people whose browser worked get in beside it, the queue has an
// end, and once the flood is over there is room again for whoever has no scripts.
func TestAFloodLeavesTheDoorOpen(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		w := newWorld(t, db)
		flood := func(n int) (in int) {
			p := make([]community.Puzzle, n)
			for i := range p {
				p[i] = w.puzzle()
			}
			w.clock.Advance(4 * time.Second)
			for i := range p {
				switch err := w.take(community.Sent{Words: fmt.Sprintf("flood of words number %d at %v", i, w.clock.Now()), Ticket: p[i].Ticket}); {
				case err == nil:
					in++
				case !fault.Is(err, fault.TooMany):
					t.Fatal(err)
				}
			}
			return in
		}
		if in := flood(120); in > int(community.PlainAnHour)+1 || in < int(community.PlainAnHour)-1 {
			t.Errorf("%d of a flood of 120 came in, want an hour's budget of %v", in, community.PlainAnHour)
		}
		if in := flood(60); in > 1 {
			t.Errorf("%d more came in at once", in)
		}
		p := w.puzzle()
		answer := community.Solve(p)
		w.clock.Advance(4 * time.Second)
		if err := w.take(community.Sent{Words: "A person with something to say.", Ticket: p.Ticket, Answer: answer}); err != nil {
			t.Errorf("in the flood a person's report was not taken: %v", err)
		}
		p = w.puzzle()
		w.clock.Advance(3 * time.Minute)
		if err := w.take(community.Sent{Words: "A person without scripts, later.", Ticket: p.Ticket}); err != nil {
			t.Errorf("after three minutes a person without scripts is still kept out: %v", err)
		}
		rows, _, err := w.reports.Queue(t.Context(), db.Reader(), w.by, true, 1, 0)
		if err != nil || rows[0].Words != "A person with something to say." {
			t.Errorf("first in the queue is %+v, %v; want the one that was worked for", rows, err)
		}
		if got := w.puzzle().Bits; got < community.PuzzleBits {
			t.Errorf("the puzzle is %d bits", got)
		}
		wrong := w.puzzle()
		if community.Solved(wrong, "x") || community.Solved(wrong, "") || !community.Solved(wrong, community.Solve(wrong)) {
			t.Error("the puzzle takes what does not solve it, or not what does")
		}
	})
}

func TestAFullQueueTakesNoMore(t *testing.T) {
	db := databasetest.SQLite(t)
	w := newWorld(t, db)
	w.must(func(tx *database.Tx) error {
		for i := range community.PlainQueue {
			id := fmt.Sprintf("0192f0c1-7a3b-7c55-8a2e-%012d", i)
			if err := tx.Exec(t.Context(), `INSERT INTO report (id, owner, class, learnt_at, retention_class, review_on, about, words, worked, words_hash, state) VALUES ($1,'council','intelligence',1,'contact','2027-01-01','place','w',FALSE,$2,'new')`, id, id); err != nil {
				return err
			}
		}
		return nil
	})
	p := w.puzzle()
	w.clock.Advance(time.Minute)
	if err := w.take(community.Sent{Words: "One more without work.", Ticket: p.Ticket}); !fault.Is(err, fault.TooMany) {
		t.Errorf("a full queue took one more: %v", err)
	}
	if err := w.take(community.Sent{Words: "One more with work.", Ticket: p.Ticket, Answer: community.Solve(p)}); err != nil {
		t.Errorf("the other lane is shut too: %v", err)
	}
}

const feed = `{"total_items":4,"total_pages":1,"page_number":1,"size":4,"first_page":true,"last_page":true,"empty":false,"contents":[
 {"id":"11111111-1111-4111-8111-111111111111","name":"Boxing after school","description":"A gym and a meal.","status":"active","eligibility_description":"Anybody","minimum_age":11,"maximum_age":17,"assured_date":"2026-09-01","organization":{"id":"o1","name":"Quay Gym","description":"d"},"phones":[{"id":"p","number":"01632 960010"}],"url":"https://gym.example","schedules":[{"id":"s","freq":"WEEKLY"}],"cost_options":null},
 {"id":"2","name":"Closed club","status":"inactive"},
 {"id":"3","name":"","status":"active"},
 {"id":4,"name":"Numbers for ids","minimum_age":11.5,"url":"javascript:alert(1)","last_modified":"2026-10-02T10:00:00Z"}]}`

func TestOpenReferralInAndOut(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		w := newWorld(t, db)
		ctx := t.Context()
		f, err := community.ReadFeed([]byte(feed))
		if err != nil || len(f.Services) != 2 || f.Inactive != 1 || len(f.Refused) != 1 || f.Refused[0] != "Entry 3: it has no name." {
			t.Fatalf("%+v, %v", f, err)
		}
		if got := f.Services[0].Fields; got["min_age"] != "11" || got["provider"] != "Quay Gym" || got["phone"] != "01632 960010" || got["checked_on"] != "2026-09-01" || got["route"] != "other" {
			t.Errorf("the first service is %v", got)
		}
		if got := f.Services[1].Fields; got["url"] != "" || got["min_age"] != "" || got["checked_on"] != "2026-10-02" || got["open_referral"] != "4" {
			t.Errorf("what cannot be used came in: %v", got)
		}
		take := func() (out community.Taken) {
			w.must(func(tx *database.Tx) (err error) { out, err = w.store.TakeFeed(ctx, tx, w.by, f); return err })
			return out
		}
		if got := take(); got != (community.Taken{New: 2}) {
			t.Errorf("first time %+v", got)
		}
		if got := take(); got != (community.Taken{Same: 2}) {
			t.Errorf("again %+v", got)
		}
		if list, err := w.words.List(ctx, db.Reader(), w.by, community.ServiceKind); err != nil || len(list) != 0 {
			t.Errorf("a feed published itself: %+v, %v", list, err)
		}
		// What an area adds stays when the feed comes again.
		key := content.Key{Kind: community.ServiceKind, Code: "boxing-after-school"}
		w.must(func(tx *database.Tx) error {
			t1 := f.Services[0]
			t1.Fields["free"], t1.Fields["route"] = "3", "exit"
			_, err := w.words.Save(ctx, tx, w.by, key, 1, t1, "")
			return err
		})
		f.Services[0].Fields = map[string]string{"open_referral": f.Services[0].Fields["open_referral"], "about": "A gym, a meal and a lift home.", "route": "other"}
		if got := take(); got != (community.Taken{Changed: 1, Same: 1}) {
			t.Errorf("a changed entry: %+v", got)
		}
		versions, err := w.words.Versions(ctx, db.Reader(), w.by, key)
		if err != nil || versions[0].Field("free") != "3" || versions[0].Field("route") != "exit" || versions[0].State != content.Draft || versions[0].Field("about") != "A gym, a meal and a lift home." {
			t.Errorf("versions %+v, %v", versions, err)
		}
		list, err := w.words.List(ctx, db.Reader(), w.by, community.ServiceKind)
		if err != nil {
			t.Fatal(err)
		}
		services := community.Services(list, clock.Today(w.clock))
		if len(services) != 1 || services[0].Age != 82 || services[0].Stale || *services[0].Free != 3 {
			t.Errorf("services %+v", services)
		}
		b, err := community.WriteFeed(services)
		if err != nil {
			t.Fatal(err)
		}
		back, err := community.ReadFeed(b)
		if err != nil || len(back.Services) != 1 || back.Services[0].Fields["open_referral"] != "11111111-1111-4111-8111-111111111111" || back.Services[0].Fields["route"] != "exit" || back.Services[0].Fields["min_age"] != "11" {
			t.Errorf("out and in again: %+v, %v", back, err)
		}

		record := func(r community.Return) error {
			r.Service, r.Source = "boxing-after-school", "the gym"
			return w.try(func(tx *database.Tx) error { return w.store.Record(ctx, tx, w.by, r) })
		}
		for name, r := range map[string]community.Return{
			"more started than offered": {From: "2026-01-01", Until: "2026-03-31", Sent: 10, Offered: 5, Started: 6},
			"more settled than asked":   {From: "2026-01-01", Until: "2026-03-31", Sent: 10, Offered: 9, Started: 8, Asked: 2, Settled: 3},
			"a span that is not over":   {From: "2026-11-01", Until: "2026-12-31", Sent: 1},
		} {
			if err := record(r); !fault.Is(err, fault.Invalid) {
				t.Errorf("%s: %v, want invalid", name, err)
			}
		}
		for _, r := range []community.Return{{From: "2026-01-01", Until: "2026-03-31", Sent: 20, Offered: 15, Started: 12, Finished: 9, Asked: 8, Settled: 6}, {From: "2026-04-01", Until: "2026-06-30", Sent: 10, Offered: 9, Started: 7, Finished: 5}, {From: "2026-04-01", Until: "2026-06-30", Sent: 11, Offered: 9, Started: 7, Finished: 5, Why: "one more"}} {
			if err := record(r); err != nil {
				t.Fatal(err)
			}
		}
		all, err := w.store.Returns(ctx, db.Reader(), "")
		if sum := community.Sum(all); err != nil || len(all) != 2 || sum.Sent != 31 || sum.Started != 19 || sum.From != "2026-01-01" || sum.Until != "2026-06-30" {
			t.Errorf("%+v, %v", all, err)
		}
	})
}

func FuzzReadFeed(f *testing.F) {
	f.Add([]byte(feed))
	f.Add([]byte(`[]`))
	f.Add([]byte(`{"empty":true}`))
	f.Add([]byte(`{"id":"1","name":"One"}`))
	f.Add([]byte(`[{"id":1e400,"name":{}}]`))
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := community.ReadFeed(b)
		if err != nil {
			if _, ok := fault.Words(err); !ok {
				t.Fatalf("an error without words: %v", err)
			}
			return
		}
		for _, s := range got.Services {
			if s.Title == "" || s.Fields["open_referral"] == "" {
				t.Fatalf("taken without name or id: %+v", s)
			}
			if u := s.Fields["url"]; u != "" && !strings.HasPrefix(u, "http") {
				t.Fatalf("an address that is none: %q", u)
			}
			if _, err := json.Marshal(s); err != nil {
				t.Fatal(err)
			}
		}
	})
}
