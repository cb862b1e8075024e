package rights_test

import (
	"context"
	"testing"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/account"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/database/databasetest"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/partnership"
	"lantern.example/lantern/internal/seal"
	"lantern.example/lantern/internal/sharing"
	"lantern.example/lantern/internal/sharing/rights"
	"lantern.example/lantern/internal/work"
)

var today = time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC)

// bench is a partnership with a desk in it.
type bench struct {
	*testing.T
	db       *database.DB
	now      *clock.Fixed
	desk     *rights.Desk
	work     *work.Store
	calendar *partnership.Store
	log      *audit.Log
	keys     *seal.Keys
	dir      string
	without  func() *rights.Desk // one that has no keys
	accounts map[string]account.Account
}

var ctx = context.Background()

func begin(t *testing.T, db *database.DB) *bench {
	t.Helper()
	now := clock.At(today)
	ids := clock.NewIDs(now, nil)
	log := audit.NewLog(now, ids)
	accounts := account.NewStore(db, now, ids, sharing.NewStore(db, ids))
	b := &bench{T: t, db: db, now: now, log: log, work: work.NewStore(now, ids, log, accounts), calendar: partnership.NewStore(now, ids, log, accounts), accounts: map[string]account.Account{}}
	b.must(db.Write(ctx, func(tx *database.Tx) error { return b.calendar.Seed(ctx, tx, access.System("seed", access.Upkeep)) }))
	var err error
	b.dir = t.TempDir()
	b.keys, err = seal.Open(b.dir)
	b.must(err)
	b.desk = rights.NewDesk(now, ids, log, accounts, b.work, b.calendar, b.keys)
	b.without = func() *rights.Desk {
		return rights.NewDesk(now, ids, log, accounts, b.work, b.calendar, nil)
	}
	return b
}

func (b *bench) write(f func(tx *database.Tx) error) error { return b.db.Write(ctx, f) }

func (b *bench) must(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// staff gives each of these an account: the name is also the address's.
func (b *bench) staff(agency string, roles ...access.Role) {
	b.Helper()
	accounts := account.NewStore(b.db, b.now, clock.NewIDs(b.now, nil), nil)
	b.must(b.write(func(tx *database.Tx) error {
		var in []account.New
		for _, r := range roles {
			in = append(in, account.New{Email: string(r) + "@" + agency + ".example", Name: string(r), Agency: agency, Role: r})
		}
		made, err := accounts.AddAll(ctx, tx, "three unlikely words", in)
		for _, m := range made {
			b.accounts[string(m.Role)+"@"+agency] = m
		}
		return err
	}))
}

func (b *bench) as(role access.Role, agency string) access.Scope {
	a := b.accounts[string(role)+"@"+agency]
	return access.Scope{Account: a.ID, Agency: agency, Role: role, Purpose: account.Purposes(role)[0], Closed: access.ClosedTo(role)}
}

func officer(agency string) access.Scope {
	return access.Scope{Account: "o-" + agency, Agency: agency, Role: access.InfoOfficer, Purpose: access.Governance, Closed: access.ClosedTo(access.InfoOfficer)}
}

var kai = access.Scope{Account: "kai", Agency: "charity", Role: access.Subject, Purpose: access.OwnRecord, Person: "person-1"}

func TestWhenAnAnswerIsDue(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		b := begin(t, db)
		holidays, err := b.calendar.Holidays(ctx, db.Reader())
		b.must(err)
		for _, c := range []struct {
			received       string
			months, paused int
			due            string
		}{
			{"2026-11-20", 1, 0, "2026-12-21"}, // a Sunday moves to the Monday
			{"2026-11-19", 1, 0, "2026-12-21"}, // a Saturday
			{"2026-11-23", 1, 0, "2026-12-23"},
			{"2026-11-25", 1, 0, "2026-12-29"}, // Christmas, a weekend and Boxing Day's substitute
			{"2026-01-31", 1, 0, "2026-03-02"}, // February has no 31st; its last day is a Saturday
			{"2027-12-30", 1, 0, "2028-01-31"}, // over the year; a Sunday
			{"2026-11-23", 3, 0, "2027-02-23"},
			{"2026-11-30", 3, 0, "2027-03-01"}, // the 28th of February is a Sunday
			{"2026-11-23", 1, 5, "2026-12-29"}, // five days' standing still: the 28th, a bank holiday
		} {
			in, err := time.Parse(clock.ISODate, c.received)
			b.must(err)
			if got := rights.DueOn(in, c.months, c.paused, holidays).Format(clock.ISODate); got != c.due {
				t.Errorf("received %s, %d months, %d days paused: due %s, want %s", c.received, c.months, c.paused, got, c.due)
			}
		}
	})
}

// Bank holidays are content: adding one moves the last day of what comes after.
func TestAHolidayAddedMovesTheLastDay(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		b := begin(t, db)
		b.staff("care", access.InfoOfficer)
		ask := func() (r rights.Request) {
			b.must(b.write(func(tx *database.Tx) (err error) {
				r, err = b.desk.Ask(ctx, tx, kai, rights.Copy, "all of it", nil)
				return err
			}))
			return r
		}
		if r := ask(); r.DueOn != "2026-12-22" {
			t.Fatalf("due %s, want 22 December", r.DueOn)
		}
		save := func(kept bool) {
			b.must(b.write(func(tx *database.Tx) error {
				return b.calendar.SaveHoliday(ctx, tx, officer("care"), partnership.Holiday{Day: "2026-12-22", Name: "An invented day off", Kept: kept})
			}))
		}
		save(true)
		if r := ask(); r.DueOn != "2026-12-23" {
			t.Errorf("with a holiday on the 22nd due %s, want the 23rd", r.DueOn)
		}
		save(false)
		if r := ask(); r.DueOn != "2026-12-22" {
			t.Errorf("struck, due %s, want the 22nd", r.DueOn)
		}
	})
}

func TestARequestAndItsAnswer(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		b := begin(t, db)
		ask := func(s access.Scope, kind rights.Kind, words string) (r rights.Request, err error) {
			err = b.write(func(tx *database.Tx) error {
				r, err = b.desk.Ask(ctx, tx, s, kind, words, []string{"school", "care"})
				return err
			})
			return r, err
		}
		if _, err := ask(kai, rights.Wrong, "I was not there."); !fault.Is(err, fault.Unavailable) {
			t.Fatalf("with nobody to answer: %v", err)
		}
		b.staff("council", access.InfoOfficer)
		b.staff("care", access.InfoOfficer)
		b.staff("school", access.Manager)
		r, err := ask(kai, rights.Wrong, "  I was not there.  ")
		if err != nil || r.Desk != "care" || r.Words != "I was not there." || r.DueOn != "2026-12-22" || r.Identity != rights.Known {
			t.Fatalf("%+v (%v): want it at the desk of the first holder that has an officer, due in a month", r, err)
		}
		for name, c := range map[string]struct {
			s     access.Scope
			kind  rights.Kind
			words string
		}{"no words": {kai, rights.Copy, " "}, "an unknown request": {kai, "erase", "x"}, "a worker": {officer("care"), rights.Wrong, "x"}, "somebody without a person": {access.Scope{Account: "x", Role: access.Subject}, rights.Wrong, "x"}} {
			if _, err := ask(c.s, c.kind, c.words); !fault.Is(err, fault.Invalid) && !fault.Is(err, fault.NotFound) {
				t.Errorf("%s: %v", name, err)
			}
		}
		other := kai
		other.Account = "another"
		manager := officer("care")
		manager.Role = access.Manager
		for name, s := range map[string]access.Scope{"another young person": other, "another agency's officer": officer("council"), "the desk's manager": manager, "nobody": {}} {
			if _, err := b.desk.Get(ctx, db.Reader(), s, r.ID); !fault.Is(err, fault.NotFound) {
				t.Errorf("%s read it: %v", name, err)
			}
			if _, err := b.desk.Steps(ctx, db.Reader(), s, r.ID); !fault.Is(err, fault.NotFound) {
				t.Errorf("%s read its steps: %v", name, err)
			}
			if list, err := b.desk.List(ctx, db.Reader(), s); len(list) != 0 {
				t.Errorf("%s lists %d (%v)", name, len(list), err)
			}
			for act, do := range map[string]func(tx *database.Tx) error{
				"answered":       func(tx *database.Tx) error { return b.desk.Answer(ctx, tx, s, r.ID, rights.Done, "no", "person") },
				"extended":       func(tx *database.Tx) error { _, err := b.desk.Extend(ctx, tx, s, r.ID, "x"); return err },
				"asked proof in": func(tx *database.Tx) error { _, err := b.desk.AskProof(ctx, tx, s, r.ID, "x"); return err },
				"asked holders in": func(tx *database.Tx) error {
					_, err := b.desk.AskHolders(ctx, tx, s, r.ID, []string{"care"}, "x")
					return err
				},
				"flagged":      func(tx *database.Tx) error { return b.desk.SetDanger(ctx, tx, s, r.ID, true, "x") },
				"commented in": func(tx *database.Tx) error { return b.desk.PutBeside(ctx, tx, s, r.ID, "all", []string{"care"}) },
			} {
				if err := b.write(do); !fault.Is(err, fault.NotFound) {
					t.Errorf("%s %s it: %v", name, act, err)
				}
			}
		}
		if items, err := b.desk.Work(ctx, db.Reader(), officer("care"), clock.Today(b.now)); err != nil || len(items) != 1 || items[0].Due != "2026-12-22" || !items[0].Personal {
			t.Errorf("the officer's work is %+v (%v)", items, err)
		}
		if items, err := b.desk.Work(ctx, db.Reader(), manager, clock.Today(b.now)); err != nil || len(items) != 0 {
			t.Errorf("the manager's work is %+v (%v)", items, err)
		}
		answer := func(outcome rights.Outcome, words, to string) error {
			return b.write(func(tx *database.Tx) error {
				return b.desk.Answer(ctx, tx, officer("care"), r.ID, outcome, words, to)
			})
		}
		for name, err := range map[string]error{"no outcome": answer("", "x", "person"), "no words": answer(rights.Done, " ", "person"), "to nobody": answer(rights.Done, "x", ""), "to an advocate there is not": answer(rights.Done, "x", "advocate")} {
			if !fault.Is(err, fault.Invalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
		b.must(answer(rights.Done, "You are right: it is struck out.", "person"))
		if err := answer(rights.Done, "again", "person"); !fault.Is(err, fault.Refused) {
			t.Errorf("answered twice: %v", err)
		}
		mine, err := b.desk.List(ctx, db.Reader(), kai)
		if err != nil || len(mine) != 1 || !mine[0].Answered() || mine[0].Reply != "You are right: it is struck out." {
			t.Errorf("the young person reads %+v (%v)", mine, err)
		}
		if items, err := b.desk.Work(ctx, db.Reader(), officer("care"), clock.Today(b.now)); err != nil || len(items) != 0 {
			t.Errorf("answered, the officer's work is %+v (%v)", items, err)
		}
	})
}

// The clock stands still while proof is awaited, is lengthened once and within the month, and a complaint has a clock of its own.
func TestTheClock(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		b := begin(t, db)
		b.staff("care", access.InfoOfficer)
		o := officer("care")
		take := func(in rights.Taken) (r rights.Request, err error) {
			err = b.write(func(tx *database.Tx) error { r, err = b.desk.Take(ctx, tx, o, in); return err })
			return r, err
		}
		letter := rights.Taken{Kind: rights.On, Words: "Am I on it?", Asker: "Ada Invented", Channel: "letter", ReceivedOn: "2026-11-20"}
		for name, change := range map[string]func(in *rights.Taken){
			"from nobody":                 func(in *rights.Taken) { in.Asker = " " },
			"tomorrow":                    func(in *rights.Taken) { in.ReceivedOn = "2026-11-23" },
			"two years ago":               func(in *rights.Taken) { in.ReceivedOn = "2024-11-23" },
			"no day":                      func(in *rights.Taken) { in.ReceivedOn = "soon" },
			"known by nobody":             func(in *rights.Taken) { in.KnowsThem = true },
			"an advocate with no paper":   func(in *rights.Taken) { in.Advocate = rights.Advocate{Name: "B", Is: "solicitor"} },
			"an advocate who is nothing":  func(in *rights.Taken) { in.Advocate = rights.Advocate{Name: "B", Authority: "note"} },
			"authority without a speaker": func(in *rights.Taken) { in.Advocate = rights.Advocate{Authority: "note"} },
		} {
			in := letter
			change(&in)
			if _, err := take(in); !fault.Is(err, fault.Invalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := b.write(func(tx *database.Tx) error { _, err := b.desk.Take(ctx, tx, kai, letter); return err }); !fault.Is(err, fault.NotFound) {
			t.Errorf("a young person wrote one down at the desk: %v", err)
		}
		r, err := take(letter)
		if err != nil || r.DueOn != "2026-12-21" || r.Identity != rights.NotAsked {
			t.Fatalf("%+v, %v", r, err)
		}
		step := func(f func(tx *database.Tx) (rights.Request, error)) (x rights.Request, err error) {
			err = b.write(func(tx *database.Tx) error { x, err = f(tx); return err })
			return x, err
		}
		// Nothing can be found or answered before it is settled who asks.
		if _, err := step(func(tx *database.Tx) (rights.Request, error) {
			return b.desk.Found(ctx, tx, o, r.ID, "person-1", []string{"care"})
		}); !fault.Is(err, fault.Refused) {
			t.Errorf("found before: %v", err)
		}
		if err := b.write(func(tx *database.Tx) error { return b.desk.Answer(ctx, tx, o, r.ID, rights.Done, "Yes", "person") }); !fault.Is(err, fault.Refused) {
			t.Errorf("answered before: %v", err)
		}
		if x, err := step(func(tx *database.Tx) (rights.Request, error) {
			return b.desk.AskProof(ctx, tx, o, r.ID, "A school letter would do.")
		}); err != nil || !x.Paused() || x.DueOn != "2026-12-21" {
			t.Fatalf("%+v, %v", x, err)
		}
		if _, err := step(func(tx *database.Tx) (rights.Request, error) { return b.desk.AskProof(ctx, tx, o, r.ID, "More") }); !fault.Is(err, fault.Refused) {
			t.Errorf("asked twice: %v", err)
		}
		b.now.Advance(4 * 24 * time.Hour) // the 26th
		if x, err := b.desk.Get(ctx, db.Reader(), o, r.ID); err != nil || x.DueOn != "2026-12-24" {
			t.Errorf("four days on it would be due %s, want the 24th: the 20th and four days (%v)", x.DueOn, err)
		}
		x, err := step(func(tx *database.Tx) (rights.Request, error) {
			return b.desk.ProofSeen(ctx, tx, o, r.ID, "School letter")
		})
		if err != nil || x.Paused() || x.PausedDays != 4 || x.DueOn != "2026-12-24" {
			t.Fatalf("%+v, %v: want four days added", x, err)
		}
		b.now.Advance(24 * time.Hour)
		if x, err := b.desk.Get(ctx, db.Reader(), o, r.ID); err != nil || x.DueOn != "2026-12-24" {
			t.Errorf("running again it is due %s (%v)", x.DueOn, err)
		}
		if _, err := step(func(tx *database.Tx) (rights.Request, error) { return b.desk.Extend(ctx, tx, o, r.ID, " ") }); !fault.Is(err, fault.Invalid) {
			t.Errorf("longer without a reason: %v", err)
		}
		if x, err := step(func(tx *database.Tx) (rights.Request, error) {
			return b.desk.Extend(ctx, tx, o, r.ID, "Four agencies must look.")
		}); err != nil || x.DueOn != "2027-02-24" || x.Months != 3 {
			t.Fatalf("due %s, %v: want three months and four days from the 20th", x.DueOn, err)
		}
		if _, err := step(func(tx *database.Tx) (rights.Request, error) { return b.desk.Extend(ctx, tx, o, r.ID, "Again") }); !fault.Is(err, fault.Refused) {
			t.Errorf("longer twice: %v", err)
		}
		steps, err := b.desk.Steps(ctx, db.Reader(), o, r.ID)
		if err != nil || len(steps) != 4 || steps[0].What != "two months more" || steps[3].What != "received" {
			t.Errorf("steps %+v (%v)", steps, err)
		}
		// Too late to make longer.
		late, err := take(rights.Taken{Kind: rights.Copy, Words: "A copy", Asker: "B", Channel: "letter", ReceivedOn: "2026-10-20", KnowsThem: true, IdentityWords: "their worker"})
		b.must(err)
		if _, err := step(func(tx *database.Tx) (rights.Request, error) { return b.desk.Extend(ctx, tx, o, late.ID, "Busy") }); !fault.Is(err, fault.Refused) {
			t.Errorf("longer after the month: %v", err)
		}
		if _, err := step(func(tx *database.Tx) (rights.Request, error) { return b.desk.AskProof(ctx, tx, o, late.ID, "Passport") }); !fault.Is(err, fault.Refused) {
			t.Errorf("proof of somebody known: %v", err)
		}
		// A complaint is acknowledged within 30 days, and once.
		c, err := take(rights.Taken{Kind: rights.Complaint, Words: "Nobody answered", Asker: "C", Channel: "telephone", ReceivedOn: "2026-11-27", KnowsThem: true, IdentityWords: "their worker"})
		if err != nil || c.AcknowledgeOn != "2026-12-27" {
			t.Fatalf("acknowledge by %s, %v", c.AcknowledgeOn, err)
		}
		if _, err := step(func(tx *database.Tx) (rights.Request, error) { return b.desk.Acknowledge(ctx, tx, o, late.ID, "") }); !fault.Is(err, fault.Refused) {
			t.Errorf("acknowledged a copy: %v", err)
		}
		for i, want := range []bool{true, false} {
			if _, err := step(func(tx *database.Tx) (rights.Request, error) {
				return b.desk.Acknowledge(ctx, tx, o, c.ID, "by letter")
			}); (err == nil) != want {
				t.Errorf("acknowledging, time %d: %v", i+1, err)
			}
		}
	})
}

// Where home is the danger nothing goes to the family: no advocate of it, no answer, no link, whatever the request.
func TestHomeIsTheDanger(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		b := begin(t, db)
		b.staff("care", access.InfoOfficer)
		b.staff("council", access.InfoOfficer)
		o := officer("care")
		take := func(s access.Scope, a rights.Advocate) (r rights.Request) {
			b.must(b.write(func(tx *database.Tx) (err error) {
				r, err = b.desk.Take(ctx, tx, s, rights.Taken{Kind: rights.Copy, Words: "A copy", Asker: "Somebody", Channel: "letter", ReceivedOn: "2026-11-20", KnowsThem: true, IdentityWords: "their worker", Advocate: a})
				return err
			}))
			return r
		}
		mother := rights.Advocate{Name: "M", Is: "parent", Authority: "says she is"}
		lawyer := rights.Advocate{Name: "L", Is: "solicitor", Authority: "signed note"}
		r := take(o, mother)
		do := func(f func(tx *database.Tx) error) error { return b.write(f) }
		if err := do(func(tx *database.Tx) error { return b.desk.SetDanger(ctx, tx, o, r.ID, true, "x") }); !fault.Is(err, fault.Refused) {
			t.Errorf("of nobody yet: %v", err)
		}
		found := func(s access.Scope, id string) error {
			return do(func(tx *database.Tx) error {
				_, err := b.desk.Found(ctx, tx, s, id, "person-1", []string{"care", "school"})
				return err
			})
		}
		b.must(found(o, r.ID))
		b.must(do(func(tx *database.Tx) error { return b.desk.SetDanger(ctx, tx, o, r.ID, true, "She hits him.") }))
		got, err := b.desk.Get(ctx, db.Reader(), o, r.ID)
		if err != nil || got.Advocate.Name != "" {
			t.Errorf("the mother still speaks for him: %+v (%v)", got.Advocate, err)
		}
		if err := do(func(tx *database.Tx) error { _, err := b.desk.Speaks(ctx, tx, o, r.ID, mother); return err }); !fault.Is(err, fault.Refused) {
			t.Errorf("the mother speaks again: %v", err)
		}
		b.must(do(func(tx *database.Tx) error { _, err := b.desk.Speaks(ctx, tx, o, r.ID, lawyer); return err }))
		// Another desk, another request, through the family: it is not even linked.
		elsewhere := take(officer("council"), mother)
		if err := found(officer("council"), elsewhere.ID); !fault.Is(err, fault.Refused) {
			t.Errorf("linked through the family at another desk: %v", err)
		}
		// Who read about the person knows it; who may not read does not.
		worker := access.Scope{Account: "w", Agency: "school", Role: access.Practitioner, Purpose: access.Safeguarding, Closed: access.ClosedTo(access.Practitioner)}
		if d, err := b.desk.DangerKnown(ctx, db.Reader(), worker, "person-1"); err != nil || !d {
			t.Errorf("a worker does not learn of it (%v)", err)
		}
		if d, err := b.desk.DangerKnown(ctx, db.Reader(), o, "person-1"); err != nil || d {
			t.Errorf("one who reads no records learns of it (%v)", err)
		}
		// It holds for the person, also under an id that they were merged into.
		b.must(do(func(tx *database.Tx) error {
			for _, p := range [][2]string{{"person-1", "00000000-0000-7000-8000-00000000000b"}, {"00000000-0000-7000-8000-00000000000b", ""}} {
				id := p[0]
				if id == "person-1" {
					id = "00000000-0000-7000-8000-00000000000a"
				}
				if err := tx.Exec(ctx, "INSERT INTO person (id, created_at, merged_into) VALUES ($1,1,$2)", id, p[1]); err != nil {
					return err
				}
			}
			return tx.Exec(ctx, "UPDATE person_danger SET person = '00000000-0000-7000-8000-00000000000a'")
		}))
		if d, err := b.desk.DangerKnown(ctx, db.Reader(), worker, "00000000-0000-7000-8000-00000000000b"); err != nil || !d {
			t.Errorf("merged away, the danger is forgotten (%v)", err)
		}
		b.must(do(func(tx *database.Tx) error { return tx.Exec(ctx, "UPDATE person_danger SET person = 'person-1'") }))
		b.must(do(func(tx *database.Tx) error {
			return b.desk.SetDanger(ctx, tx, o, r.ID, false, "He lives elsewhere now.")
		}))
		if d, err := b.desk.DangerKnown(ctx, db.Reader(), worker, "person-1"); err != nil || d {
			t.Errorf("taken back, it still holds (%v)", err)
		}
	})
}

// A comment is read by whoever may read what it answers, and by nobody else.
func TestTheirOwnWordsBesideTheFact(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		b := begin(t, db)
		b.staff("care", access.InfoOfficer)
		o := officer("care")
		var r rights.Request
		b.must(b.write(func(tx *database.Tx) (err error) {
			r, err = b.desk.Ask(ctx, tx, kai, rights.Add, "I was there because my sister was.", []string{"care", "school"})
			return err
		}))
		put := func(about rights.About, holders ...string) error {
			return b.write(func(tx *database.Tx) error { return b.desk.PutBeside(ctx, tx, o, r.ID, about, holders) })
		}
		for name, err := range map[string]error{"of an unknown part": put("shoes", "care"), "beside nobody's": put("events"), "beside one who holds nothing": put("events", "police")} {
			if !fault.Is(err, fault.Invalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
		b.must(put("events", "school"))
		b.must(put("addresses", "care"))
		reader := func(agency string, permits ...access.Permit) access.Scope {
			return access.Scope{Account: "w", Agency: agency, Role: access.Practitioner, Purpose: access.Safeguarding, Closed: access.ClosedTo(access.Practitioner), Permits: permits}
		}
		for name, c := range map[string]struct {
			s    access.Scope
			want int
		}{
			"its owner":                            {reader("school"), 1},
			"the other holder":                     {reader("care"), 1},
			"an agency with no agreement":          {reader("police"), 0},
			"one that may read names of both":      {reader("police", access.Permit{Agreement: "X", Owners: []string{"care", "school"}, Classes: []access.Class{access.Identity}}), 1},
			"one that may read addresses as well":  {reader("police", access.Permit{Agreement: "X", Owners: []string{"care", "school"}, Classes: []access.Class{access.Identity, access.Contact}}), 2},
			"the desk's officer, who reads nobody": {o, 0},
		} {
			got, err := b.desk.Comments(ctx, db.Reader(), c.s, "person-1")
			if err != nil || len(got) != c.want {
				t.Errorf("%s reads %d comments, want %d (%v)", name, len(got), c.want, err)
			}
			for _, x := range got {
				if x.Words != "I was there because my sister was." {
					t.Errorf("the words became %q", x.Words)
				}
			}
		}
		if got, err := b.desk.Comments(ctx, db.Reader(), reader("school"), "person-2"); err != nil || len(got) != 0 {
			t.Errorf("another person has %d (%v)", len(got), err)
		}
	})
}

func TestToldOrNotToldBecause(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		b := begin(t, db)
		worker := access.Scope{Account: "w", Agency: "charity", Role: access.Practitioner, Purpose: access.Safeguarding, Closed: access.ClosedTo(access.Practitioner)}
		tell := func(s access.Scope, on, words, again string) error {
			return b.write(func(tx *database.Tx) error { return b.desk.Tell(ctx, tx, s, "person-1", on, words, again) })
		}
		for name, c := range map[string]struct {
			s                access.Scope
			on, words, again string
			want             fault.Kind
		}{
			"no words":             {worker, "2026-11-20", "", "", fault.Invalid},
			"told tomorrow":        {worker, "2026-11-23", "x", "", fault.Invalid},
			"not told, no day":     {worker, "", "x", "", fault.Invalid},
			"looked at today":      {worker, "", "x", "2026-11-22", fault.Invalid},
			"looked at in a year":  {worker, "", "x", "2027-11-22", fault.Invalid},
			"by one who reads not": {officer("charity"), "2026-11-20", "x", "", fault.Refused},
		} {
			if err := tell(c.s, c.on, c.words, c.again); !fault.Is(err, c.want) {
				t.Errorf("%s: %v", name, err)
			}
		}
		b.must(tell(worker, "", "His stepfather reads his post.", "2026-12-20"))
		if items, err := b.desk.Work(ctx, db.Reader(), worker, clock.Today(b.now)); err != nil || len(items) != 0 {
			t.Errorf("a month before: %+v (%v)", items, err)
		}
		if items, err := b.desk.Work(ctx, db.Reader(), worker, time.Date(2026, 12, 7, 0, 0, 0, 0, time.UTC)); err != nil || len(items) != 1 || items[0].Due != "2026-12-20" {
			t.Errorf("a fortnight before: %+v (%v)", items, err)
		}
		b.must(tell(worker, "2026-11-21", "In person, with his worker.", ""))
		got, err := b.desk.ToldOf(ctx, db.Reader(), worker, "person-1")
		if err != nil || len(got) != 1 || got[0].ToldOn != "2026-11-21" {
			t.Errorf("now %+v (%v)", got, err)
		}
		if n, err := database.One(ctx, db.Reader(), database.Value[int], "SELECT count(*) FROM person_told"); err != nil || n != 2 {
			t.Errorf("%d kept, want both (%v)", n, err)
		}
		if items, err := b.desk.Work(ctx, db.Reader(), worker, time.Date(2026, 12, 7, 0, 0, 0, 0, time.UTC)); err != nil || len(items) != 0 {
			t.Errorf("told, it is still on the list: %+v (%v)", items, err)
		}
	})
}

// A correction reaches every agency that was shown the fact, and each says that it has put its own copies right.
func TestACorrectionTravels(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		b := begin(t, db)
		for _, a := range []string{"care", "police", "school", "council"} {
			b.staff(a, access.Practitioner)
		}
		b.staff("police", access.InfoOfficer)
		b.staff("care", access.InfoOfficer)
		look := func(agency string, purpose access.Purpose, act audit.Act, subject string, owners ...string) {
			b.must(b.write(func(tx *database.Tx) error {
				return b.log.Record(ctx, tx, access.Scope{Account: "x", Agency: agency, Purpose: purpose}, audit.Line{Act: act, SubjectKind: "person", Subject: subject, Owners: owners})
			}))
		}
		look("police", access.Safeguarding, audit.Consultation, "person-1", "care", "school")
		look("police", access.Safeguarding, audit.Consultation, "person-1", "care")
		look("nhs", access.Safeguarding, audit.Disclosure, "person-1", "care") // has nobody with an account
		look("school", access.Safeguarding, audit.Consultation, "person-1", "school")
		look("council", access.Safeguarding, audit.Consultation, "person-2", "care")
		look("charity", access.OwnRecord, audit.Consultation, "person-1", "care")
		look("care", access.Safeguarding, audit.Consultation, "person-1", "care")
		var r rights.Request
		b.must(b.write(func(tx *database.Tx) (err error) {
			r, err = b.desk.Ask(ctx, tx, kai, rights.Wrong, "My birthday is wrong.", []string{"care"})
			return err
		}))
		var c rights.Correction
		b.must(b.write(func(tx *database.Tx) (err error) {
			c, err = b.desk.Corrected(ctx, tx, b.as(access.Practitioner, "care"), rights.Correction{Person: "person-1", Old: "r1", New: "r2", Fields: []string{"date of birth"}}, nil)
			return err
		}))
		if len(c.Notices) != 2 || c.Notices[0].Agency != "nhs" || c.Notices[0].Action != "" || c.Notices[1].Agency != "police" || c.Notices[1].Action == "" || c.Case != r.ID {
			t.Fatalf("%+v: want nhs, where nobody can be asked, and police with an action; for the request %s", c, r.ID)
		}
		a, err := b.work.Get(ctx, db.Reader(), b.as(access.InfoOfficer, "police"), c.Notices[1].Action)
		if err != nil || a.Assignee != b.accounts["information-officer@police"].ID || a.DueOn != "2026-11-29" {
			t.Errorf("the action is %+v (%v)", a, err)
		}
		for name, s := range map[string]access.Scope{"one that never had it": b.as(access.Practitioner, "school"), "an administrator": {Account: "x", Agency: "police", Role: access.Administrator}, "a young person": kai, "nobody": {}} {
			if _, err := b.desk.Correction(ctx, db.Reader(), s, c.ID); !fault.Is(err, fault.NotFound) {
				t.Errorf("%s reads it: %v", name, err)
			}
			if err := b.write(func(tx *database.Tx) error { return b.desk.AcknowledgeCorrection(ctx, tx, s, c.ID, "done") }); !fault.Is(err, fault.NotFound) {
				t.Errorf("%s acknowledges it: %v", name, err)
			}
		}
		police := b.as(access.InfoOfficer, "police")
		if got, err := b.desk.Correction(ctx, db.Reader(), police, c.ID); err != nil || len(got.Notices) != 1 || got.Notices[0].Agency != "police" {
			t.Errorf("police learns who else had it: %+v (%v)", got.Notices, err)
		}
		if got, err := b.desk.CorrectionsOf(ctx, db.Reader(), officer("care"), r.ID); err != nil || len(got) != 1 || len(got[0].Waiting()) != 2 {
			t.Errorf("at the desk %+v (%v)", got, err)
		}
		ack := func(s access.Scope, words string) error {
			return b.write(func(tx *database.Tx) error { return b.desk.AcknowledgeCorrection(ctx, tx, s, c.ID, words) })
		}
		if err := ack(police, " "); !fault.Is(err, fault.Invalid) {
			t.Errorf("without words: %v", err)
		}
		if err := ack(b.as(access.Practitioner, "care"), "done"); !fault.Is(err, fault.Refused) {
			t.Errorf("the owner acknowledged itself: %v", err)
		}
		b.must(ack(police, "Changed in Niche and on the tasking sheet."))
		if err := ack(police, "again"); !fault.Is(err, fault.Refused) {
			t.Errorf("twice: %v", err)
		}
		if a, err := b.work.Get(ctx, db.Reader(), police, c.Notices[1].Action); err != nil || a.State != work.Done {
			t.Errorf("the action is %s (%v)", a.State, err)
		}
		got, err := b.desk.CorrectionsOf(ctx, db.Reader(), officer("care"), r.ID)
		if err != nil || len(got) != 1 || len(got[0].Waiting()) != 1 || got[0].Waiting()[0] != "nhs" {
			t.Errorf("at the desk %+v (%v)", got, err)
		}
	})
}

// Holders are asked in the officer's words, and say what they found.
func TestHoldersAreAsked(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		b := begin(t, db)
		b.staff("care", access.InfoOfficer, access.Practitioner)
		b.staff("school", access.SchoolLead)
		b.staff("council", access.InfoOfficer)
		o := officer("care")
		var r rights.Request
		b.must(b.write(func(tx *database.Tx) (err error) {
			r, err = b.desk.Ask(ctx, tx, kai, rights.Wrong, "A secret between us.", []string{"school", "care", "council"})
			return err
		}))
		ask := func(words string, holders ...string) error {
			return b.write(func(tx *database.Tx) error { _, err := b.desk.AskHolders(ctx, tx, o, r.ID, holders, words); return err })
		}
		for name, c := range map[string]struct {
			err  error
			want fault.Kind
		}{"without words": {ask("", "school"), fault.Invalid}, "nobody": {ask("x"), fault.Invalid}, "one who holds nothing": {ask("x", "police"), fault.Invalid}, "one with nobody who reads": {ask("x", "council"), fault.Refused}} {
			if !fault.Is(c.err, c.want) {
				t.Errorf("asking %s: %v", name, c.err)
			}
		}
		b.must(ask("Is the date of birth right?", "school"))
		if err := ask("Again?", "school"); !fault.Is(err, fault.Conflict) {
			t.Errorf("asked twice: %v", err)
		}
		lead := b.as(access.SchoolLead, "school")
		got, err := b.desk.AskedOf(ctx, db.Reader(), lead, r.ID)
		if err != nil || got.Words != "Is the date of birth right?" || got.Person != "person-1" {
			t.Fatalf("%+v, %v", got, err)
		}
		if _, err := b.desk.Get(ctx, db.Reader(), lead, r.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("who is asked reads the request itself: %v", err)
		}
		for name, s := range map[string]access.Scope{"another holder": b.as(access.Practitioner, "care"), "an officer, who reads no records": officer("school"), "nobody": {}} {
			if _, err := b.desk.AskedOf(ctx, db.Reader(), s, r.ID); !fault.Is(err, fault.NotFound) {
				t.Errorf("%s reads what was asked: %v", name, err)
			}
			if err := b.write(func(tx *database.Tx) error { return b.desk.Say(ctx, tx, s, r.ID, "x") }); !fault.Is(err, fault.NotFound) {
				t.Errorf("%s answers: %v", name, err)
			}
		}
		b.must(b.write(func(tx *database.Tx) error { return b.desk.Say(ctx, tx, lead, r.ID, "It was wrong; put right.") }))
		if err := b.write(func(tx *database.Tx) error { return b.desk.Say(ctx, tx, lead, r.ID, "again") }); !fault.Is(err, fault.Refused) {
			t.Errorf("answered twice: %v", err)
		}
		list, err := b.desk.Askings(ctx, db.Reader(), o, r.ID)
		if err != nil || len(list) != 1 || list[0].Found != "It was wrong; put right." {
			t.Errorf("the desk reads %+v (%v)", list, err)
		}
		if x, err := b.work.Get(ctx, db.Reader(), lead, list[0].Action); err != nil || x.State != work.Done {
			t.Errorf("the action is %s (%v)", x.State, err)
		}
	})
}
