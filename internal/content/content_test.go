package content_test

import (
	"fmt"
	"reflect"
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
)

var now = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

type world struct {
	t     *testing.T
	db    *database.DB
	store *content.Store
	clock *clock.Fixed
	by    access.Scope
}

func newWorld(t *testing.T, db *database.DB) *world {
	c := clock.At(now)
	ids := clock.NewIDs(c, nil)
	return &world{t: t, db: db, clock: c, store: content.NewStore(c, ids, audit.NewLog(c, ids)),
		by: access.Scope{Account: "a", Name: "Ann Lamb", Agency: "council", Role: access.Manager, Purpose: access.Governance}}
}

func (w *world) try(f func(tx *database.Tx) error) error { return w.db.Write(w.t.Context(), f) }

func (w *world) must(f func(tx *database.Tx) error) {
	w.t.Helper()
	if err := w.try(f); err != nil {
		w.t.Fatal(err)
	}
}

var key = content.Key{Kind: "note", Code: "knives"}

func (w *world) write(over int64, title string) error {
	return w.try(func(tx *database.Tx) error {
		_, err := w.store.Write(w.t.Context(), tx, w.by, key, over, content.Text{Title: title, Fields: map[string]string{"body": "words of " + title, "empty": ""}}, "why "+title)
		return err
	})
}

func (w *world) publish(number, over int64) error {
	return w.try(func(tx *database.Tx) error {
		return w.store.Publish(w.t.Context(), tx, w.by, key, number, over, "")
	})
}

func TestAVersionIsWrittenPublishedAndBroughtBack(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		w := newWorld(t, db)
		ctx, q := t.Context(), db.Reader()
		live := func(want string) {
			t.Helper()
			v, err := w.store.Get(ctx, q, w.by, key)
			if want == "" {
				if !fault.Is(err, fault.NotFound) {
					t.Errorf("something is live: %+v, %v", v, err)
				}
				return
			}
			if err != nil || v.Title != want || v.State != content.Live || v.Field("body") != "words of "+want {
				t.Errorf("live is %+v, %v; want %q", v, err, want)
			}
		}
		if err := w.write(0, "One"); err != nil {
			t.Fatal(err)
		}
		live("") // a draft is shown to nobody
		if err := w.publish(1, 0); err != nil {
			t.Fatal(err)
		}
		live("One")
		if err := w.write(1, "Two"); err != nil {
			t.Fatal(err)
		}
		live("One")
		for name, c := range map[string]struct {
			err  error
			want fault.Kind
		}{
			"writing over a version that is not the newest": {w.write(1, "Rival"), fault.Conflict},
			"beginning what is there already":               {w.write(0, "Again"), fault.Conflict},
			"publishing over another live version":          {w.publish(2, 0), fault.Conflict},
			"publishing a version that does not exist":      {w.publish(9, 1), fault.NotFound},
			"publishing what is shown":                      {w.publish(1, 1), fault.Refused},
		} {
			if !fault.Is(c.err, c.want) {
				t.Errorf("%s: %v, want %v", name, c.err, c.want)
			}
		}
		items, err := w.store.Items(ctx, q, w.by, "note")
		if err != nil || len(items) != 1 || items[0].Live == nil || items[0].Live.Title != "One" || items[0].Draft == nil || items[0].Draft.Title != "Two" || items[0].Newest != 2 {
			t.Fatalf("items %+v, %v", items, err)
		}
		if err := w.publish(2, 1); err != nil {
			t.Fatal(err)
		}
		live("Two")
		if err := w.publish(1, 2); err != nil { // going back
			t.Fatal(err)
		}
		live("One")
		versions, err := w.store.Versions(ctx, q, w.by, key)
		if err != nil || len(versions) != 2 || versions[0].State != content.Past || versions[1].State != content.Live || versions[1].PublishedName != "Ann Lamb" || versions[0].Why != "why Two" {
			t.Errorf("versions %+v, %v", versions, err)
		}
		w.must(func(tx *database.Tx) error { return w.store.Withdraw(ctx, tx, w.by, key, 1, "out of date") })
		live("")
		if list, err := w.store.List(ctx, q, w.by, "note"); err != nil || len(list) != 0 {
			t.Errorf("a withdrawn item is listed: %+v, %v", list, err)
		}
		events, err := w.store.Events(ctx, q, w.by, key)
		var what []string
		for _, e := range events {
			what = append(what, fmt.Sprint(e.What, " ", e.Version))
		}
		if want := "withdrawn 1, published 1, published 2, written 2, published 1, written 1"; err != nil || strings.Join(what, ", ") != want {
			t.Errorf("events %q, %v; want %q", strings.Join(what, ", "), err, want)
		}
		n, err := database.One(ctx, q, database.Value[int], "SELECT count(*) FROM audit_entry WHERE subject = 'note/knives' AND act = 'alteration'")
		if err != nil || n != 6 {
			t.Errorf("%d audit lines, %v; want one for each of the 6 acts", n, err)
		}
	})
}

func TestWhoMayNot(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		w := newWorld(t, db)
		ctx := t.Context()
		if err := w.write(0, "One"); err != nil {
			t.Fatal(err)
		}
		nobody, job := w.by, access.System("seed", access.Upkeep)
		nobody.Name = ""
		for name, by := range map[string]access.Scope{"somebody without a name": nobody, "a job": job} {
			for what, f := range map[string]func(tx *database.Tx) error{
				"publish": func(tx *database.Tx) error { return w.store.Publish(ctx, tx, by, key, 1, 0, "") },
				"make public": func(tx *database.Tx) error {
					return w.store.MakePublic(ctx, tx, by, "note", "knives", 1, "")
				},
			} {
				if err := w.try(f); !fault.Is(err, fault.Refused) {
					t.Errorf("%s by %s: %v, want refused", what, name, err)
				}
			}
		}
		stranger := access.Scope{}
		if _, err := w.store.Versions(ctx, db.Reader(), stranger, key); !fault.Is(err, fault.NotFound) {
			t.Errorf("nobody signed in reads versions: %v", err)
		}
		if items, err := w.store.Items(ctx, db.Reader(), stranger, "note"); err != nil || len(items) != 0 {
			t.Errorf("nobody signed in lists %d items, %v", len(items), err)
		}
		for name, c := range map[string]struct {
			key  content.Key
			text content.Text
			want fault.Kind
		}{
			"a code that breaks a link": {content.Key{Kind: "note", Code: "a/b"}, content.Text{Title: "T"}, fault.Invalid},
			"the code new":              {content.Key{Kind: "note", Code: "new"}, content.Text{Title: "T"}, fault.Invalid},
			"no title":                  {content.Key{Kind: "note", Code: "x"}, content.Text{Title: "  "}, fault.Invalid},
			"a review on no day":        {content.Key{Kind: "note", Code: "x"}, content.Text{Title: "T", ReviewOn: "2026-02-30"}, fault.Invalid},
			"too much":                  {content.Key{Kind: "note", Code: "x"}, content.Text{Title: "T", Fields: map[string]string{"b": strings.Repeat("x", content.MaxBytes)}}, fault.TooLarge},
		} {
			err := w.try(func(tx *database.Tx) error {
				_, err := w.store.Write(ctx, tx, w.by, c.key, 0, c.text, "")
				return err
			})
			if !fault.Is(err, c.want) {
				t.Errorf("%s: %v, want %v", name, err, c.want)
			}
		}
	})
}

// What the public reads is one version that a named person made public, whatever members see by now.
func TestThePublicReadsWhatSomebodyMadePublic(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		w := newWorld(t, db)
		ctx, q := t.Context(), db.Reader()
		public := func(want string) {
			t.Helper()
			list, err := w.store.Public(ctx, q, "note")
			got := ""
			for _, s := range list {
				got += s.Title + " by " + s.Publication.ByName
			}
			if err != nil || got != want {
				t.Errorf("the public reads %q, %v; want %q", got, err, want)
			}
		}
		save := func(over int64, title string) {
			t.Helper()
			w.must(func(tx *database.Tx) error {
				_, err := w.store.Save(ctx, tx, w.by, key, over, content.Text{Title: title}, "")
				return err
			})
		}
		save(0, "One")
		public("")
		w.must(func(tx *database.Tx) error { return w.store.MakePublic(ctx, tx, w.by, "note", "knives", 1, "") })
		public("One by Ann Lamb")
		save(1, "Two")
		public("One by Ann Lamb")
		w.must(func(tx *database.Tx) error { return w.store.MakePublic(ctx, tx, w.by, "note", "knives", 2, "") })
		public("Two by Ann Lamb")
		w.must(func(tx *database.Tx) error { return w.store.Withdraw(ctx, tx, w.by, key, 2, "wrong") })
		public("")
		if err := w.try(func(tx *database.Tx) error { return w.store.TakeBack(ctx, tx, w.by, "note", "knives", "") }); !fault.Is(err, fault.Refused) {
			t.Errorf("taking back what is not public gave %v, want refused", err)
		}
	})
}

func TestSeedLeavesWhatAnAreaMadeOfIt(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		w := newWorld(t, db)
		ctx, q := t.Context(), db.Reader()
		seed := func() {
			w.must(func(tx *database.Tx) error {
				return w.store.Seed(ctx, tx, access.System("seed", access.Upkeep), []content.Shipped{{Key: key, Text: content.Text{Title: "Shipped"}}, {Key: content.Key{Kind: "note", Code: "b"}, Text: content.Text{Title: "Other"}}})
			})
		}
		seed()
		w.must(func(tx *database.Tx) error {
			if _, err := w.store.Save(ctx, tx, w.by, key, 1, content.Text{Title: "Ours"}, ""); err != nil {
				return err
			}
			return w.store.Withdraw(ctx, tx, w.by, content.Key{Kind: "note", Code: "b"}, 1, "not ours")
		})
		seed()
		list, err := w.store.List(ctx, q, w.by, "note")
		if err != nil || len(list) != 1 || list[0].Title != "Ours" {
			t.Errorf("after a second start: %+v, %v", list, err)
		}
		if p, err := w.store.Publications(ctx, q, "note"); err != nil || len(p) != 0 {
			t.Errorf("what came with the program is public: %v, %v", p, err)
		}
	})
}

func TestOneFileOutAndIn(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		w := newWorld(t, db)
		ctx, q := t.Context(), db.Reader()
		if err := w.write(0, "One"); err != nil {
			t.Fatal(err)
		}
		if err := w.publish(1, 0); err != nil {
			t.Fatal(err)
		}
		b, err := w.store.Export(ctx, q, w.by, "note")
		if err != nil {
			t.Fatal(err)
		}
		f, err := content.ReadFile(b)
		if err != nil || len(f.Items) != 1 || f.Items[0].Fields["body"] != "words of One" {
			t.Fatalf("%+v, %v", f, err)
		}
		if strings.Contains(string(b), "Ann") {
			t.Error("the file names who wrote it")
		}
		f.Items = append(f.Items, content.FileItem{Kind: "note", Code: "new-one", Lang: "en", Title: "From afar"}, content.FileItem{Kind: "other", Code: "x", Title: "X"})
		take := func() (out content.Taken) {
			w.must(func(tx *database.Tx) (err error) { out, err = w.store.Import(ctx, tx, w.by, f, "note"); return err })
			return out
		}
		if got := take(); got != (content.Taken{New: 1, Same: 1, Other: 1}) {
			t.Errorf("first time %+v", got)
		}
		if got := take(); got != (content.Taken{Same: 2, Other: 1}) {
			t.Errorf("the same file again: %+v", got)
		}
		f.Items[0].Title = "One, their way"
		if got := take(); got != (content.Taken{Same: 1, Changed: 1, Other: 1}) {
			t.Errorf("a changed entry: %+v", got)
		}
		if v, err := w.store.Get(ctx, q, w.by, key); err != nil || v.Title != "One" {
			t.Errorf("a file changed what is shown: %+v, %v", v, err)
		}
	})
}

func TestSlug(t *testing.T) {
	for in, want := range map[string]string{"Who to ring at 2 a.m.": "who-to-ring-at-2-a-m", "Ann's club": "anns-club", "???": "item", "New": "item", strings.Repeat("ab ", 40): "ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab"} {
		if got := content.Slug(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

func FuzzReadFile(f *testing.F) {
	f.Add([]byte(`{"format":"lantern-content-1","made_at":"x","items":[{"kind":"note","code":"a","lang":"en","title":"A","fields":{"b":"c"}}]}`))
	f.Add([]byte(`{"format":"other"}`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := content.ReadFile(b)
		if err != nil {
			if _, ok := fault.Words(err); !ok {
				t.Fatalf("an error without words: %v", err)
			}
			if !reflect.DeepEqual(got, content.File{}) {
				t.Fatalf("half of a file came back: %+v", got)
			}
			return
		}
		seen := map[content.Key]bool{}
		for _, x := range got.Items {
			k := content.Key{Kind: x.Kind, Code: x.Code, Lang: x.Lang}
			if x.Title == "" || seen[k] {
				t.Fatalf("taken: %+v", x)
			}
			seen[k] = true
		}
	})
}
