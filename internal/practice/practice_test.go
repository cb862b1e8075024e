package practice_test

import (
	"context"
	"encoding/csv"
	"os"
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
	"lantern.example/lantern/internal/practice/find"
	"lantern.example/lantern/internal/sharing"
)

type house struct {
	db       *database.DB
	clock    *clock.Fixed
	content  *content.Store
	library  *practice.Library
	accounts *account.Store
	manager  access.Scope
	worker   access.Scope
}

func build(t *testing.T, db *database.DB) *house {
	t.Helper()
	ctx := context.Background()
	c := clock.At(time.Date(2026, 11, 25, 10, 0, 0, 0, time.UTC)) // a Wednesday
	ids := clock.NewIDs(c, nil)
	log := audit.NewLog(c, ids)
	h := &house{db: db, clock: c, content: content.NewStore(c, ids, log), accounts: account.NewStore(db, c, ids, sharing.NewStore(db, ids))}
	p := partnership.NewStore(c, ids, log, h.accounts)
	h.library = practice.NewLibrary(h.content, p, h.accounts, c, ids, log)
	h.write(t, func(tx *database.Tx) error {
		for _, code := range []string{"council", "youth"} {
			if err := p.AddAgency(ctx, tx, access.System("test", access.Upkeep), partnership.Agency{Code: code, Name: "The " + code, Kind: "other"}); err != nil {
				return err
			}
		}
		made, err := h.accounts.AddAll(ctx, tx, "three unlikely words", []account.New{{Email: "m@c.example", Name: "Manager", Agency: "council", Role: access.Manager}, {Email: "w@y.example", Name: "Worker", Agency: "youth", Role: access.Practitioner}})
		if err != nil {
			return err
		}
		if h.manager, err = h.accounts.Scope(ctx, made[0], access.CommunitySafety); err != nil {
			return err
		}
		if h.worker, err = h.accounts.Scope(ctx, made[1], access.Safeguarding); err != nil {
			return err
		}
		return h.library.Seed(ctx, tx, access.System("seed", access.Upkeep))
	})
	return h
}

func (h *house) write(t *testing.T, do func(tx *database.Tx) error) {
	t.Helper()
	if err := h.db.Write(context.Background(), do); err != nil {
		t.Fatal(err)
	}
}

// refused runs a write that must fail with a kind.
func (h *house) refused(t *testing.T, what string, kind fault.Kind, do func(tx *database.Tx) error) {
	t.Helper()
	if err := h.db.Write(context.Background(), do); !fault.Is(err, kind) {
		t.Errorf("%s: got %v, want %v", what, err, kind)
	}
}

// TestShippedContent holds every file to the rules that a form holds a local lead to.
func TestShippedContent(t *testing.T) {
	items, err := practice.Shipped()
	if err != nil {
		t.Fatal(err)
	}
	refs, byKind := map[string]practice.Item{}, map[string]int{}
	for _, x := range items {
		i := practice.Item{Version: content.Version{Key: x.Key, Text: x.Text}}
		refs[i.Ref()] = i
		byKind[x.Kind]++
	}
	if byKind[practice.Course] < 5 || byKind[practice.Template] < 4 {
		t.Errorf("there are %d courses and %d arrangements, want at least 5 and 4", byKind[practice.Course], byKind[practice.Template])
	}
	for ref, i := range refs {
		k, _ := practice.KindOf(i.Kind)
		for _, f := range k.Fields {
			v := i.Field(f.Name)
			if f.Required != "" && strings.TrimSpace(v) == "" {
				t.Errorf("%s has no %s", ref, f.Name)
			}
			if f.Shape == practice.Choice && v != "" {
				ok := false
				for _, o := range f.Options {
					ok = ok || o.Value == v
				}
				if !ok {
					t.Errorf("%s says %q under %s, which is no choice", ref, v, f.Name)
				}
			}
		}
		if i.Source() == "" || !practice.CheckAsAt(i.AsAt()) {
			t.Errorf("%s has the source %q as at %q", ref, i.Source(), i.AsAt())
		}
		// What is from memory says so, and is a draft.
		if strings.Contains(i.Source(), "recalled") && i.Unconfirmed() == "" {
			t.Errorf("%s is from memory and does not wait to be confirmed", ref)
		}
		if i.Field("evidence") != "" && i.Kind == practice.Note && (i.Field("rated_by") == "" || i.Field("rated_on") == "") {
			t.Errorf("%s has a rating without who and when", ref)
		}
		for _, to := range append(practice.Refs(i.Field("touches")), practice.Refs(i.Field("law_refs"))...) {
			if _, ok := refs[to]; !ok {
				t.Errorf("%s names %s, which does not ship", ref, to)
			}
		}
		switch i.Kind {
		case practice.Course:
			c, err := course.Read(i)
			if err != nil {
				t.Errorf("%s: %v", ref, err)
			} else if len(c.Pages) < 5 || len(c.Quiz) < 4 {
				t.Errorf("%s has %d pages and %d questions", ref, len(c.Pages), len(c.Quiz))
			}
			for _, q := range c.Quiz {
				for _, a := range q.Answers {
					if a.Why == "" {
						t.Errorf("%s: the answer %q teaches nothing", ref, a.Words)
					}
				}
			}
		case practice.Toolkit:
			if r, err := practice.ReadRatings(i.Field("ratings")); err != nil || len(r) == 0 {
				t.Errorf("%s: %d ratings, %v", ref, len(r), err)
			}
		case practice.Synonyms:
			if g, err := practice.ReadGroups(i.Field("groups")); err != nil || len(g) < 20 {
				t.Errorf("%s: %d groups, %v", ref, len(g), err)
			}
		}
	}
}

// TestGoldenQueries asks what practitioners ask: the entry that answers must be among the first three, on each engine.
func TestGoldenQueries(t *testing.T) {
	f, err := os.Open("testdata/golden.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // only read
	golden, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		h := build(t, db)
		hub := practice.NewHub(h.library)
		for _, row := range golden[1:] {
			a, err := hub.Search(context.Background(), db.Reader(), find.Query{Text: row[0], Limit: 3})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, x := range a.Hits {
				got = append(got, x.Kind+"/"+x.ID)
			}
			if !strings.Contains(" "+strings.Join(got, " ")+" ", " "+row[1]+" ") {
				t.Errorf("%q finds %v, want %s among the first three", row[0], got, row[1])
			}
		}
	})
}

func TestSearchFollowsWhatIsWritten(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		h, ctx := build(t, db), context.Background()
		hub := practice.NewHub(h.library)
		titles := func(q string) string {
			a, err := hub.Search(ctx, db.Reader(), find.Query{Text: q})
			if err != nil {
				t.Fatal(err)
			}
			var out []string
			for _, x := range a.Hits {
				out = append(out, x.Title)
			}
			return strings.Join(out, "; ")
		}
		if got := titles("quokka"); got != "" {
			t.Fatalf("before anything is written, quokka finds %q", got)
		}
		key := content.Key{Kind: practice.Reply, Code: "quokka"}
		text := content.Text{Title: "May a quokka sit on the panel?", Fields: map[string]string{"summary": "No.", "question": "May it?", "body": "No. See [the duty](/hub/duty/section-47).", "source": "ours", "as_at": "2026"}}
		var v content.Version
		h.write(t, func(tx *database.Tx) (err error) {
			v, err = h.content.Write(ctx, tx, h.manager, key, 0, text, "")
			return err
		})
		if got := titles("quokka"); got != "" {
			t.Errorf("a draft is found: %q", got)
		}
		h.write(t, func(tx *database.Tx) error { return h.content.Publish(ctx, tx, h.manager, key, v.Number, 0, "") })
		if got := titles("quokka"); got != text.Title {
			t.Errorf("once published, quokka finds %q", got)
		}
		if links, err := hub.UsedIn(ctx, db.Reader(), "duty/section-47"); err != nil || !strings.Contains(linkTitles(links), text.Title) {
			t.Errorf("section 47 is used in %v (%v), want the answer among them", links, err)
		}
		// Words for one thing are content as well.
		h.write(t, func(tx *database.Tx) error {
			now, err := h.content.Get(ctx, tx, h.manager, content.Key{Kind: practice.Synonyms, Code: "field"})
			if err != nil {
				return err
			}
			now.Fields["groups"] += "\nquokka | setonix,a zoo"
			_, err = h.content.Save(ctx, tx, h.manager, now.Key, now.Number, now.Text, "")
			return err
		})
		if got := titles("setonix"); got != text.Title {
			t.Errorf("by its other name it finds %q", got)
		}
		h.write(t, func(tx *database.Tx) error { return h.content.Withdraw(ctx, tx, h.manager, key, v.Number, "wrong") })
		if got := titles("quokka"); got != "" {
			t.Errorf("once withdrawn, quokka finds %q", got)
		}
	})
}

func linkTitles(links []practice.Link) string {
	var out []string
	for _, l := range links {
		out = append(out, l.Title)
	}
	return strings.Join(out, "; ")
}

func TestConfirmingReviewingKeeping(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		h, ctx := build(t, db), context.Background()
		hub := practice.NewHub(h.library)
		get := func(kind, code string) practice.Entry {
			e, err := h.library.Get(ctx, db.Reader(), h.worker, kind, code)
			if err != nil {
				t.Fatal(err)
			}
			return e
		}
		before, err := hub.Standing(ctx, db.Reader())
		if err != nil {
			t.Fatal(err)
		}
		if e := get(practice.Duty, "equality"); e.Unconfirmed() == "" {
			t.Fatal("the equality duty ships confirmed")
		}
		confirm := func(by access.Scope, over int64, against string) func(*database.Tx) error {
			return func(tx *database.Tx) error {
				return h.library.Confirm(ctx, tx, by, practice.Duty, "equality", over, against, "2026-11-25")
			}
		}
		h.refused(t, "a practitioner confirms", fault.Refused, confirm(h.worker, 1, "the Act"))
		h.refused(t, "a job confirms", fault.Refused, confirm(access.System("job", access.Upkeep), 1, "the Act"))
		h.refused(t, "confirming against nothing", fault.Invalid, confirm(h.manager, 1, " "))
		h.refused(t, "confirming a version nobody sees", fault.Conflict, confirm(h.manager, 7, "the Act"))
		h.write(t, confirm(h.manager, 1, "the Act, section 149"))
		h.refused(t, "confirming twice", fault.Refused, confirm(h.manager, 2, "the Act"))
		e := get(practice.Duty, "equality")
		if e.Unconfirmed() != "" || e.Number != 2 || e.AsAt() != "2026-11-25" || e.Source() != "the Act, section 149" {
			t.Errorf("after confirming: version %d, not confirmed %q, as at %q", e.Number, e.Unconfirmed(), e.AsAt())
		}
		list, err := h.library.Confirmations(ctx, db.Reader(), practice.Duty, "equality")
		if err != nil || len(list) != 1 || list[0].ByName != "Manager" || list[0].Agency != "council" || list[0].Checked == "" {
			t.Errorf("confirmations %+v, %v", list, err)
		}
		after, err := hub.Standing(ctx, db.Reader())
		if err != nil || len(after.Unconfirmed) != len(before.Unconfirmed)-1 || len(after.All) != len(before.All) {
			t.Errorf("%d of %d wait to be confirmed, before %d of %d (%v)", len(after.Unconfirmed), len(after.All), len(before.Unconfirmed), len(before.All), err)
		}

		// Somebody looks after it, sees it overdue, and says that it still holds.
		h.refused(t, "a practitioner says who keeps", fault.Refused, func(tx *database.Tx) error {
			return h.library.Keep(ctx, tx, h.worker, practice.Duty, "equality", h.worker.Account)
		})
		h.write(t, func(tx *database.Tx) error {
			return h.library.Keep(ctx, tx, h.manager, practice.Duty, "equality", h.worker.Account)
		})
		h.clock.Advance(200 * 24 * time.Hour)
		standing, err := hub.Standing(ctx, db.Reader())
		if err != nil || len(standing.Overdue) == 0 || standing.Kept["duty/equality"] != h.worker.Account {
			t.Errorf("after 200 days %d are overdue, kept by %q (%v)", len(standing.Overdue), standing.Kept["duty/equality"], err)
		}
		review := func(by access.Scope, code, next string) func(*database.Tx) error {
			return func(tx *database.Tx) error {
				e, err := h.library.Get(ctx, tx, by, practice.Duty, code)
				if err != nil {
					return err
				}
				return h.library.Reviewed(ctx, tx, by, practice.Duty, code, e.Number, next, "read it")
			}
		}
		h.refused(t, "reviewing what somebody else keeps", fault.Refused, review(h.worker, "section-47", "2028-01-01"))
		h.refused(t, "a next review in the past", fault.Invalid, review(h.worker, "equality", "2026-01-01"))
		h.write(t, review(h.worker, "equality", "2028-01-01"))
		if e := get(practice.Duty, "equality"); e.ReviewOn != "2028-01-01" || e.Number != 3 || e.KeeperName != "Worker" {
			t.Errorf("after the review: %+v", e)
		}
	})
}

func TestArrangementsAreAdoptedByVersion(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		h, ctx := build(t, db), context.Background()
		adopt := func(by access.Scope, version int64, agency, name, on string) func(*database.Tx) error {
			return func(tx *database.Tx) error {
				return h.library.Adopt(ctx, tx, by, "found-child", version, agency, name, on)
			}
		}
		h.refused(t, "for another agency", fault.Refused, adopt(h.worker, 1, "council", "A", "2026-11-01"))
		h.refused(t, "tomorrow", fault.Invalid, adopt(h.worker, 1, "youth", "A", "2026-11-26"))
		h.refused(t, "without a name", fault.Invalid, adopt(h.worker, 1, "youth", " ", "2026-11-01"))
		h.refused(t, "a version nobody sees", fault.Conflict, adopt(h.worker, 2, "youth", "A", "2026-11-01"))
		h.refused(t, "an agency that is none", fault.Invalid, adopt(h.manager, 1, "nobody", "A", "2026-11-01"))
		h.write(t, adopt(h.worker, 1, "youth", "A. Worker", "2026-11-01"))
		h.write(t, adopt(h.manager, 1, "council", "B. Chief", "2026-11-02"))
		h.refused(t, "twice", fault.Refused, adopt(h.worker, 1, "youth", "A", "2026-11-03"))
		h.write(t, func(tx *database.Tx) error {
			e, err := h.library.Get(ctx, tx, h.manager, practice.Template, "found-child")
			if err != nil {
				return err
			}
			e.Fields["body"] += "\n\nMore."
			_, err = h.content.Save(ctx, tx, h.manager, e.Key, e.Number, e.Text, "more")
			return err
		})
		h.write(t, adopt(h.worker, 2, "youth", "A. Worker", "2026-11-25"))
		got := func() string {
			all, err := h.library.Adoptions(ctx, db.Reader(), "found-child")
			if err != nil {
				t.Fatal(err)
			}
			var out []string
			for _, a := range all {
				out = append(out, a.Agency+" v"+string(rune('0'+a.Version)))
			}
			return strings.Join(out, ", ")
		}
		if got() != "council v1, youth v2" {
			t.Errorf("adopted: %s", got())
		}
		h.refused(t, "taking another's back", fault.Refused, func(tx *database.Tx) error {
			return h.library.EndAdoption(ctx, tx, h.worker, "found-child", "council", "no")
		})
		h.write(t, func(tx *database.Tx) error {
			return h.library.EndAdoption(ctx, tx, h.worker, "found-child", "youth", "too soon")
		})
		if got() != "council v1" {
			t.Errorf("after taking back: %s", got())
		}
	})
}

func TestAChangeInTheLawSaysWhatItTouches(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		h, ctx := build(t, db), context.Background()
		touched := func() map[string]string {
			e, err := h.library.Get(ctx, db.Reader(), h.worker, practice.LawChange, "crime-and-policing-act-2026")
			if err != nil {
				t.Fatal(err)
			}
			list, err := h.library.Touches(ctx, db.Reader(), h.worker, e.Item)
			if err != nil {
				t.Fatal(err)
			}
			out := map[string]string{}
			for _, x := range list {
				if x.Missing != "" {
					out[x.Missing] = "missing"
				} else {
					out[x.Ref()] = x.Since
				}
			}
			return out
		}
		if got := touched(); len(got) < 6 || got["power/cuckooing-offence"] != "" {
			t.Errorf("what shipped counts as looked at: %v", got)
		}
		h.write(t, func(tx *database.Tx) error {
			if err := h.library.Confirm(ctx, tx, h.manager, practice.Power, "cuckooing-offence", 1, "the Act and its commencement regulations", "2026-11-25"); err != nil {
				return err
			}
			return h.content.Withdraw(ctx, tx, h.manager, content.Key{Kind: practice.Template, Code: "escalation"}, 1, "another one")
		})
		if got := touched(); got["power/cuckooing-offence"] != "Manager, 25 November 2026" || got["template/escalation"] != "missing" || got["power/closure-order"] != "" {
			t.Errorf("after one was confirmed and one withdrawn: %v", got)
		}
	})
}

func TestReadText(t *testing.T) {
	good := "title: T\nsummary: S\nrequired: analyst, panel-chair\n\n# pages\n## One\nText\n\n# quiz\n"
	got, err := practice.ReadText(practice.Course, good)
	if err != nil || got.Title != "T" || got.Fields["pages"] != "## One\nText" || got.Fields["required"] != "analyst\npanel-chair" {
		t.Errorf("got %+v, %v", got, err)
	}
	for name, text := range map[string]string{"an unknown field": "title: T\nnope: x\n", "a field twice": "title: T\nsummary: a\nsummary: b\n", "no title": "summary: a\n", "no colon": "title: T\nwords\n", "text under no field": "title: T\n\nwords\n"} {
		if _, err := practice.ReadText(practice.Duty, text); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := practice.ReadText("nothing", good); err == nil {
		t.Error("an unknown kind: no error")
	}
}

func TestTablesInContent(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		ok   bool
	}{
		"ratings":           {"approach,name,effect,evidence,cost,note\na,A,High,4,Low,\n", true},
		"another head":      {"name,approach\na,b\n", false},
		"a row too short":   {"approach,name,effect,evidence,cost,note\na,A\n", false},
		"without an effect": {"approach,name,effect,evidence,cost,note\na,A,,4,Low,\n", false},
	} {
		if _, err := practice.ReadRatings(c.text); (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, c := range map[string]struct {
		text string
		ok   bool
	}{
		"words":          {"terms,source\na | b,here\n", true},
		"one alone":      {"terms,source\na,here\n", false},
		"without source": {"terms,source\na | b,\n", false},
	} {
		if _, err := practice.ReadGroups(c.text); (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzTexts holds that whatever stands in a file or a table is read or refused in words, and never breaks.
func FuzzTexts(f *testing.F) {
	f.Add("title: a\n\n# says\nx\n")
	f.Add("terms,source\na|b,c\n")
	f.Add("approach,name,effect,evidence,cost,note\n\"")
	f.Fuzz(func(t *testing.T, s string) {
		if text, err := practice.ReadText(practice.Duty, s); err == nil && text.Title == "" {
			t.Fatal("a text without a title was read")
		}
		if g, err := practice.ReadGroups(s); err == nil {
			find.New(g).Search(find.Query{Text: s})
		} else if _, ok := fault.Words(err); !ok {
			t.Fatalf("refused without words: %v", err)
		}
		if _, err := practice.ReadRatings(s); err != nil {
			if _, ok := fault.Words(err); !ok {
				t.Fatalf("refused without words: %v", err)
			}
		}
		practice.Refs(s)
	})
}
