package partnership_test

import (
	"reflect"
	"testing"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/database/databasetest"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/partnership"
)

func TestADefinitionIsDiscussedAndVaried(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		w := newWorld(t, db)
		ctx := t.Context()
		w.agencies("council", "police")
		w.seed()
		vary := func(agency, wording, why string) error {
			return w.try(func(tx *database.Tx) error {
				return w.store.Vary(ctx, tx, w.by, "gang", 1, agency, wording, why)
			})
		}
		w.write(func(tx *database.Tx) error { return w.store.Say(ctx, tx, w.by, "gang", 1, "Durable is not defined.") })
		for name, c := range map[string]struct {
			err  error
			want fault.Kind
		}{
			"saying nothing": {w.try(func(tx *database.Tx) error { return w.store.Say(ctx, tx, w.by, "gang", 1, " ") }), fault.Invalid},
			"a version that is not there": {w.try(func(tx *database.Tx) error {
				return w.store.Say(ctx, tx, w.by, "gang", 9, "x")
			}), fault.NotFound},
			"varying without a reason": {vary("police", "from 10", ""), fault.Invalid},
			"an agency unknown":        {vary("navy", "from 10", "ours"), fault.Invalid},
			"ending what is not there": {vary("police", "", ""), fault.Invalid},
			"nobody signed in": {w.try(func(tx *database.Tx) error {
				return w.store.Say(ctx, tx, access.Scope{}, "gang", 1, "x")
			}), fault.NotFound},
		} {
			if !fault.Is(c.err, c.want) {
				t.Errorf("%s: %v, want %v", name, c.err, c.want)
			}
		}
		for _, words := range []string{"From the age of 10", "From the age of 12"} {
			if err := vary("police", words, "custody rules"); err != nil {
				t.Fatal(err)
			}
		}
		got, err := w.store.Variations(ctx, w.q, w.by, "gang")
		if err != nil || len(got) != 1 || got[0].Wording != "From the age of 12" || got[0].Version != 1 {
			t.Errorf("variations %+v, %v; want the last alone", got, err)
		}
		if err := vary("police", "", ""); err != nil {
			t.Fatal(err)
		}
		if got, err = w.store.Variations(ctx, w.q, w.by, "gang"); err != nil || len(got) != 0 {
			t.Errorf("after its end: %+v, %v", got, err)
		}
		comments, err := w.store.Comments(ctx, w.q, w.by, "gang")
		if err != nil || len(comments) != 1 || comments[0].Agency != "council" || comments[0].Words != "Durable is not defined." {
			t.Errorf("comments %+v, %v", comments, err)
		}
		if got, err := w.store.Comments(ctx, w.q, access.Scope{}, "gang"); err != nil || len(got) != 0 {
			t.Errorf("nobody signed in reads the discussion: %+v, %v", got, err)
		}
	})
}

func TestTypedWordsBringUpTheirMeaning(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		w := newWorld(t, db)
		ctx := t.Context()
		w.seed()
		find := func(text string) map[string]string {
			all, err := w.store.Meanings(ctx, w.q, w.by)
			if err != nil {
				t.Fatal(err)
			}
			out := map[string]string{}
			for _, x := range partnership.Find(text, all) {
				out[x.Meaning.Current.Cite()] = x.Word
			}
			return out
		}
		for text, want := range map[string]map[string]string{
			"He is a Gang Member.":            {"gang-nominal v1": "gang member"},
			"a gang, and one of its nominals": {"gang v1": "gang", "gang-nominal v1": "nominals"},
			"the county-line phone":           {"county-lines v1": "county line"},
			"A gangway; nominally OK":         {},
			"":                                {},
		} {
			if got := find(text); !reflect.DeepEqual(got, want) {
				t.Errorf("%q brings up %v, want %v", text, got, want)
			}
		}
		set := func(over int64, words ...string) error {
			return w.try(func(tx *database.Tx) error { return w.store.SetWords(ctx, tx, w.by, "gang", over, words) })
		}
		if err := set(1, "posse"); err != nil {
			t.Fatal(err)
		}
		if err := set(1, "crew"); !fault.Is(err, fault.Conflict) {
			t.Errorf("words over an old list gave %v, want a conflict", err)
		}
		if err := set(2, "ab"); !fault.Is(err, fault.Invalid) {
			t.Errorf("a word of two letters gave %v, want invalid", err)
		}
		if got := find("the posse and the gang"); !reflect.DeepEqual(got, map[string]string{"gang v1": "posse"}) {
			t.Errorf("after the change: %v", got)
		}
		w.seed() // a start leaves what an area made of it
		if got := find("the gang"); len(got) != 0 {
			t.Errorf("after another start: %v", got)
		}
	})
}
