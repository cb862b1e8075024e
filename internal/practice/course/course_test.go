package course_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/account"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/content"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/database/databasetest"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/partnership"
	"lantern.example/lantern/internal/practice"
	"lantern.example/lantern/internal/practice/course"
	"lantern.example/lantern/internal/sharing"
)

const quiz = "? One?\n- No | Because\n+ Yes | Right\n\n? Two?\n+ Yes\n- No\n? Three?\n- a\n- b\n+ c\n"

func TestReadQuiz(t *testing.T) {
	q, err := course.ReadQuiz(quiz)
	if err != nil || len(q) != 3 || q[0].Right() != 1 || q[0].Answers[0].Why != "Because" || q[2].Right() != 2 {
		t.Fatalf("got %+v, %v", q, err)
	}
	c := course.Course{PassMark: 80, Quiz: q}
	if c.Needed() != 3 || c.Mark([]int{1, 0, 2}) != 3 || c.Mark([]int{1, 1}) != 1 || c.Mark([]int{9, -1, 2, 5}) != 1 {
		t.Errorf("needed %d, marks %d %d %d", c.Needed(), c.Mark([]int{1, 0, 2}), c.Mark([]int{1, 1}), c.Mark([]int{9, -1, 2, 5}))
	}
	for name, text := range map[string]string{
		"an answer first": "+ Yes\n", "no right answer": "? Q\n- a\n- b\n", "two right answers": "? Q\n+ a\n+ b\n", "one answer": "? Q\n+ a\n", "a stray line": "? Q\n+ a\n- b\nwords here\n",
		"no words": "? \n", "nothing before the bar": "? Q\n+ | why\n- b\n",
	} {
		if _, err := course.ReadQuiz(text); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: got %v, want a refusal in words", name, err)
		}
	}
	if q, err := course.ReadQuiz(" \n"); err != nil || len(q) != 0 {
		t.Errorf("no quiz: %v, %v", q, err)
	}
}

func TestReadPages(t *testing.T) {
	p, err := course.ReadPages("\n## One\ntext\n### under\nmore\n## Two\nlast")
	if err != nil || len(p) != 2 || p[0].Text != "text\n### under\nmore" || p[1].Title != "Two" {
		t.Errorf("got %+v, %v", p, err)
	}
	for name, text := range map[string]string{"nothing": "", "words before a page": "x\n## One\ny", "no text": "## One\n## Two\ny", "no title": "## \ny"} {
		if _, err := course.ReadPages(text); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// FuzzRead holds that a course's text is read or refused in words, and that every quiz that is read can be passed and failed.
func FuzzRead(f *testing.F) {
	f.Add(quiz, "## One\ntext")
	f.Add("? a\n+ b\n- c | d", "")
	f.Fuzz(func(t *testing.T, q, pages string) {
		questions, err := course.ReadQuiz(q)
		if err != nil {
			if _, ok := fault.Words(err); !ok {
				t.Fatalf("refused without words: %v", err)
			}
		}
		c := course.Course{Quiz: questions, PassMark: 100}
		var right, wrong []int
		for _, x := range questions {
			right = append(right, x.Right())
			wrong = append(wrong, (x.Right()+1)%len(x.Answers))
		}
		if c.Mark(right) != len(questions) || c.Mark(wrong) != 0 {
			t.Fatalf("%q marks %d and %d of %d", q, c.Mark(right), c.Mark(wrong), len(questions))
		}
		if _, err := course.ReadPages(pages); err != nil {
			if _, ok := fault.Words(err); !ok {
				t.Fatalf("refused without words: %v", err)
			}
		}
	})
}

// FuzzReadFile holds that a file from another training system is read or refused in words.
func FuzzReadFile(f *testing.F) {
	f.Add([]byte("email,course,passed_on\na@b.example,x,2026-01-01\n"))
	f.Add([]byte("\xef\xbb\xbfemail,course,passed_on,more\n\"a"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := course.ReadFile(b); err != nil {
			if _, ok := fault.Words(err); !ok {
				t.Fatalf("refused without words: %v", err)
			}
		}
	})
}

type house struct {
	db      *database.DB
	clock   *clock.Fixed
	courses *course.Store
	content *content.Store
	scopes  map[string]access.Scope // by the part of the e-mail before @
}

func build(t *testing.T, db *database.DB) *house {
	t.Helper()
	ctx := context.Background()
	c := clock.At(time.Date(2026, 11, 25, 10, 0, 0, 0, time.UTC))
	ids := clock.NewIDs(c, nil)
	log := audit.NewLog(c, ids)
	accounts := account.NewStore(db, c, ids, sharing.NewStore(db, ids))
	h := &house{db: db, clock: c, content: content.NewStore(c, ids, log), scopes: map[string]access.Scope{}}
	lib := practice.NewLibrary(h.content, partnership.NewStore(c, ids, log, accounts), accounts, c, ids, log)
	h.courses = course.NewStore(lib, accounts, c, ids, log)
	h.write(t, func(tx *database.Tx) error {
		made, err := accounts.AddAll(ctx, tx, "three unlikely words", []account.New{
			{Email: "m@council.example", Name: "Manager", Agency: "council", Role: access.Manager}, {Email: "w@youth.example", Name: "Worker", Agency: "youth", Role: access.Practitioner},
			{Email: "v@youth.example", Name: "Other worker", Agency: "youth", Role: access.Practitioner}, {Email: "c@care.example", Name: "Chair", Agency: "care", Role: access.Chair}, {Email: "k@youth.example", Name: "Kai", Agency: "youth", Role: access.Subject}})
		if err != nil {
			return err
		}
		for _, a := range made {
			s, err := accounts.Scope(ctx, a, account.Purposes(a.Role)[0])
			if err != nil {
				return err
			}
			h.scopes[strings.Split(a.Email, "@")[0]] = s
		}
		return h.content.Seed(ctx, tx, access.System("seed", access.Upkeep), []content.Shipped{
			{Key: content.Key{Kind: practice.Course, Code: "share"}, Text: content.Text{Title: "Sharing", Fields: map[string]string{"required": "practitioner\npanel-chair", "gate": "panel", "expires_months": "12", "pass_mark": "80", "pages": "## One\na\n## Two\nb", "quiz": quiz, "source": "x", "as_at": "2026"}}},
			{Key: content.Key{Kind: practice.Course, Code: "use"}, Text: content.Text{Title: "Using", Fields: map[string]string{"pass_mark": "50", "pages": "## One\na", "quiz": quiz, "source": "x", "as_at": "2026"}}},
		})
	})
	return h
}

func (h *house) write(t *testing.T, do func(tx *database.Tx) error) {
	t.Helper()
	if err := h.db.Write(context.Background(), do); err != nil {
		t.Fatal(err)
	}
}

func (h *house) refused(t *testing.T, what string, kind fault.Kind, do func(tx *database.Tx) error) {
	t.Helper()
	if err := h.db.Write(context.Background(), do); !fault.Is(err, kind) {
		t.Errorf("%s: got %v, want %v", what, err, kind)
	}
}

func (h *house) lines(t *testing.T, kind string) int {
	t.Helper()
	n, err := database.One(context.Background(), h.db.Reader(), database.Value[int], "SELECT count(*) FROM audit_entry WHERE subject_kind = $1", kind)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestACourseIsTakenInOrderAndOpensItsGate(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		h, ctx := build(t, db), context.Background()
		w := h.scopes["w"]
		c, err := h.courses.Get(ctx, db.Reader(), w, "share")
		if err != nil {
			t.Fatal(err)
		}
		reach := func(n int) func(*database.Tx) error {
			return func(tx *database.Tx) error { return h.courses.Reach(ctx, tx, w, c, n) }
		}
		take := func(by access.Scope, chosen ...int) (pass course.Pass, ok bool, err error) {
			err = db.Write(ctx, func(tx *database.Tx) (err error) {
				pass, ok, err = h.courses.Answers(ctx, tx, by, c, chosen)
				return err
			})
			return pass, ok, err
		}
		if err := h.courses.Open(ctx, db.Reader(), w, "panel"); !fault.Is(err, fault.Refused) || !strings.Contains(err.Error(), "Sharing") {
			t.Errorf("before the course the panel says %v, want a refusal that names it", err)
		}
		if err := h.courses.Open(ctx, db.Reader(), w, "another gate"); err != nil {
			t.Errorf("a gate that no course guards: %v", err)
		}
		h.refused(t, "the second page first", fault.Refused, reach(2))
		h.refused(t, "a page that is none", fault.NotFound, reach(3))
		if _, _, err := take(w, 1, 0, 2); !fault.Is(err, fault.Refused) {
			t.Errorf("the quiz before the pages: %v", err)
		}
		h.write(t, reach(1))
		h.write(t, reach(2))
		h.write(t, reach(1)) // reading again loses nothing
		if _, ok, err := take(w, 0, 0, 2); err != nil || ok {
			t.Errorf("two of three right: ok %v, %v", ok, err)
		}
		if mine, err := h.courses.Mine(ctx, db.Reader(), w); err != nil || mine["share"].Page != 2 || mine["share"].Tries != 1 {
			t.Errorf("progress %+v, %v", mine, err)
		}
		pass, ok, err := take(w, 1, 0, 2)
		if err != nil || !ok || pass.ExpiresOn != "2027-11-25" || *pass.Score != 3 || h.lines(t, "training") != 1 {
			t.Fatalf("three of three: %+v, %v, %v, %d lines", pass, ok, err, h.lines(t, "training"))
		}
		if again, _, err := take(w, 1, 0, 2); err != nil || again.ID != pass.ID {
			t.Errorf("a second time on one day: %+v, %v", again, err)
		}
		if err := h.courses.Open(ctx, db.Reader(), w, "panel"); err != nil {
			t.Errorf("after the course the panel says %v", err)
		}

		// The certificate answers with the course, never with the person.
		got, err := h.courses.Verify(ctx, db.Reader(), strings.ToLower(course.ShowCode(pass.Code)))
		if err != nil || got.Title != "Sharing" || got.Account+got.Agency+got.ID+got.Session != "" || got.Score != nil {
			t.Errorf("the code says %+v, %v", got, err)
		}
		for _, wrong := range []string{"", "AAAA-AAAA-AAAA-AAAA", pass.ID, "'; --"} {
			if _, err := h.courses.Verify(ctx, db.Reader(), wrong); !fault.Is(err, fault.NotFound) {
				t.Errorf("the code %q: %v, want not found", wrong, err)
			}
		}
		if _, err := h.courses.Own(ctx, db.Reader(), h.scopes["v"], pass.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("somebody else's certificate: %v, want not found", err)
		}

		// It runs out, is asked for before, and closes the gate after.
		stand := func() course.Stand {
			all, err := h.courses.Statuses(ctx, db.Reader(), w)
			if err != nil || all[0].Course.Code != "share" {
				t.Fatalf("statuses %+v, %v: want what the role needs first", all, err)
			}
			return all[0].Stand
		}
		if stand() != course.Held {
			t.Errorf("today it is %s", stand())
		}
		h.clock.Advance(340 * 24 * time.Hour)
		if stand() != course.Running {
			t.Errorf("25 days before the end it is %s", stand())
		}
		h.clock.Advance(26 * 24 * time.Hour)
		if stand() != course.Expired {
			t.Errorf("the day after the end it is %s", stand())
		}
		if err := h.courses.Open(ctx, db.Reader(), w, "panel"); !fault.Is(err, fault.Refused) {
			t.Errorf("after it has run out the panel says %v", err)
		}
	})
}

func TestCompletionByAgency(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		h, ctx := build(t, db), context.Background()
		m := h.scopes["m"]
		m.Agency = "youth"
		h.write(t, func(tx *database.Tx) error {
			n, err := h.courses.Import(ctx, tx, m, []course.Row{{"w@youth.example", "share", "2026-10-01"}})
			if n != 1 {
				t.Errorf("%d rows were new, want 1", n)
			}
			return err
		})
		c, err := h.courses.Get(ctx, db.Reader(), m, "share")
		if err != nil {
			t.Fatal(err)
		}
		h.write(t, func(tx *database.Tx) error { return h.courses.Reach(ctx, tx, h.scopes["v"], c, 1) })
		b, err := h.courses.Board(ctx, db.Reader(), m, []string{"youth", "care", "council"})
		if err != nil || len(b.Courses) != 1 {
			t.Fatalf("%+v, %v", b, err)
		}
		want := map[string]course.Cell{"youth": {Done: 1, Of: 2}, "care": {Of: 1}, "council": {}}
		for a, cell := range want {
			if b.Cells[a][0] != cell {
				t.Errorf("%s: got %+v, want %+v", a, b.Cells[a][0], cell)
			}
		}
		if b.Half["youth"] != 1 || b.Half["care"] != 0 {
			t.Errorf("half done: %v, want one of youth", b.Half)
		}
	})
}

func TestRecordsInAndOut(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		h, ctx := build(t, db), context.Background()
		m := h.scopes["m"]
		in := func(by access.Scope, rows ...course.Row) func(*database.Tx) error {
			return func(tx *database.Tx) error { _, err := h.courses.Import(ctx, tx, by, rows); return err }
		}
		good := course.Row{Email: "M@council.example", Course: "use", PassedOn: "2026-01-02"}
		h.refused(t, "a practitioner", fault.Refused, in(h.scopes["w"], good))
		h.refused(t, "another agency's member", fault.Invalid, in(m, good, course.Row{Email: "w@youth.example", Course: "use", PassedOn: "2026-01-02"}))
		h.refused(t, "no such course", fault.Invalid, in(m, course.Row{Email: "m@council.example", Course: "none", PassedOn: "2026-01-02"}))
		h.refused(t, "tomorrow", fault.Invalid, in(m, course.Row{Email: "m@council.example", Course: "use", PassedOn: "2026-11-26"}))
		if n := h.lines(t, "training"); n != 0 {
			t.Errorf("refused files left %d lines", n)
		}
		h.write(t, in(m, good, good))
		var out []byte
		h.write(t, func(tx *database.Tx) (err error) { out, err = h.courses.Export(ctx, tx, m); return err })
		if got, want := string(out), "email,course,passed_on,expires_on,how\nm@council.example,use,2026-01-02,,file\n"; got != want {
			t.Errorf("out came %q, want %q", got, want)
		}
		h.refused(t, "a practitioner takes out", fault.Refused, func(tx *database.Tx) error { _, err := h.courses.Export(ctx, tx, h.scopes["w"]); return err })
		rows, err := course.ReadFile(out)
		if err != nil || len(rows) != 1 {
			t.Fatalf("what came out reads as %+v, %v", rows, err)
		}
		h.write(t, in(m, rows...))
		if n, err := h.courses.Passes(ctx, db.Reader(), m); err != nil || len(n) != 1 {
			t.Errorf("after the same file again there are %d passes (%v), want 1", len(n), err)
		}
		if _, err := course.ReadFile([]byte("course,email\n")); !fault.Is(err, fault.Invalid) {
			t.Errorf("another head: %v", err)
		}
	})
}

func TestASessionInARoom(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		h, ctx := build(t, db), context.Background()
		chair, w, v := h.scopes["c"], h.scopes["w"], h.scopes["v"]
		in := course.Session{Course: "share", OnDay: "2026-12-01", AtTime: "10:00", Place: "Room", Trainer: "T", Places: 1}
		h.refused(t, "a practitioner sets it up", fault.Refused, func(tx *database.Tx) error { _, err := h.courses.AddSession(ctx, tx, w, in); return err })
		past := in
		past.OnDay = "2026-11-01"
		h.refused(t, "in the past", fault.Invalid, func(tx *database.Tx) error { _, err := h.courses.AddSession(ctx, tx, chair, past); return err })
		var s course.Session
		h.write(t, func(tx *database.Tx) (err error) { s, err = h.courses.AddSession(ctx, tx, chair, in); return err })
		book := func(by access.Scope, come bool) func(*database.Tx) error {
			return func(tx *database.Tx) error { return h.courses.Book(ctx, tx, by, s.ID, come) }
		}
		h.refused(t, "a young person books", fault.Refused, book(h.scopes["k"], true))
		// Two take the last place at once: one has it.
		errs := make(chan error, 2)
		for _, by := range []access.Scope{w, v} {
			go func() { errs <- db.Write(ctx, book(by, true)) }()
		}
		a, b := <-errs, <-errs
		if (a == nil) == (b == nil) || !fault.Is(a, fault.Refused) && !fault.Is(b, fault.Refused) {
			t.Errorf("the last place was taken with %v and %v, want one refusal", a, b)
		}
		booked, err := h.courses.Booked(ctx, db.Reader(), w)
		if err != nil {
			t.Fatal(err)
		}
		if !booked[s.ID] {
			w, v = v, w
		}
		if _, err := h.courses.Register(ctx, db.Reader(), w, s.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("a practitioner reads the register: %v", err)
		}
		mark := func(by access.Scope, present ...string) func(*database.Tx) error {
			return func(tx *database.Tx) error { return h.courses.Mark(ctx, tx, by, s.ID, present) }
		}
		h.refused(t, "marked before its day", fault.Refused, mark(chair, w.Account))
		h.clock.Advance(6 * 24 * time.Hour)
		h.refused(t, "marked by a practitioner", fault.Refused, mark(w, w.Account))
		h.refused(t, "a young person on the register", fault.Invalid, mark(chair, h.scopes["k"].Account))
		h.write(t, mark(chair, v.Account)) // the one with a place stayed away, the other walked in
		h.refused(t, "marked twice", fault.Conflict, mark(chair, w.Account))
		h.refused(t, "booked when it is over", fault.Refused, book(w, true))
		reg, err := h.courses.Register(ctx, db.Reader(), chair, s.ID)
		if err != nil || len(reg) != 2 {
			t.Fatalf("register %+v, %v", reg, err)
		}
		for _, x := range reg {
			if (x.Account == v.Account) != (x.State == "present") {
				t.Errorf("%s is %s", x.Name, x.State)
			}
		}
		if p, err := h.courses.Passes(ctx, db.Reader(), v); err != nil || len(p) != 1 || p[0].How != "room" || p[0].PassedOn != "2026-12-01" {
			t.Errorf("whoever came has %+v, %v", p, err)
		}
		if p, err := h.courses.Passes(ctx, db.Reader(), w); err != nil || len(p) != 0 {
			t.Errorf("whoever did not come has %+v, %v", p, err)
		}
	})
}
