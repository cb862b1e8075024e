package partnership_test

import (
	"reflect"
	"strings"
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
)

var now = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

type world struct {
	t     *testing.T
	db    *database.DB
	q     database.Queryer
	store *partnership.Store
	acc   *account.Store
	who   []account.Account
	by    access.Scope
}

func newWorld(t *testing.T, db *database.DB) *world {
	c := clock.At(now)
	ids := clock.NewIDs(c, nil)
	acc := account.NewStore(db, c, ids, nil)
	w := &world{t: t, db: db, q: db.Reader(), acc: acc, store: partnership.NewStore(c, ids, audit.NewLog(c, ids), acc),
		by: access.Scope{Account: "a", Agency: "council", Role: access.Manager, Purpose: access.Governance}}
	w.write(func(tx *database.Tx) (err error) {
		w.who, err = acc.AddAll(t.Context(), tx, "three unlikely words", []account.New{
			{Email: "ann@council.example", Name: "Ann", Agency: "council", Role: access.Manager},
			{Email: "bob@police.example", Name: "Bob", Agency: "police", Role: access.Practitioner},
			{Email: "kid@police.example", Name: "Kid", Agency: "police", Role: access.Subject},
		})
		return err
	})
	return w
}

func (w *world) try(f func(tx *database.Tx) error) error { return w.db.Write(w.t.Context(), f) }

func (w *world) write(f func(tx *database.Tx) error) {
	w.t.Helper()
	if err := w.try(f); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) agencies(codes ...string) {
	w.t.Helper()
	w.write(func(tx *database.Tx) error {
		for _, c := range codes {
			if err := w.store.AddAgency(w.t.Context(), tx, w.by, partnership.Agency{Code: c, Name: strings.ToUpper(c[:1]) + c[1:], Kind: "other"}); err != nil {
				return err
			}
		}
		return nil
	})
}

func (w *world) seed() {
	w.t.Helper()
	w.write(func(tx *database.Tx) error {
		return w.store.Seed(w.t.Context(), tx, access.System("seed", access.Upkeep))
	})
}

func TestContentKeepsItsVersions(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		w := newWorld(t, db)
		ctx := t.Context()
		w.agencies("police")
		if got := w.store.AgencyName(ctx, w.q, "police"); got != "Police" {
			t.Errorf("the name is %q", got)
		}
		if got := w.store.AgencyName(ctx, w.q, "nobody"); got != "nobody" {
			t.Errorf("an unknown code is said as %q, want the code", got)
		}
		save := func(ver int64, name string) error {
			return w.try(func(tx *database.Tx) error {
				return w.store.SaveAgency(ctx, tx, w.by, ver, partnership.Agency{Code: "police", Name: name, Kind: "police", Member: true, Change: partnership.Change{Why: "renamed"}})
			})
		}
		if err := save(1, "Wren Police"); err != nil {
			t.Fatal(err)
		}
		if err := save(1, "Another Police"); !fault.Is(err, fault.Conflict) {
			t.Errorf("a change over an old version gave %v, want a conflict", err)
		}
		h, err := w.store.AgencyHistory(ctx, w.q, "police")
		if err != nil || len(h) != 2 || h[0].Name != "Wren Police" || h[1].Name != "Police" || h[0].Why != "renamed" {
			t.Errorf("history %+v, %v", h, err)
		}
		if err := w.try(func(tx *database.Tx) error {
			return w.store.AddAgency(ctx, tx, w.by, partnership.Agency{Code: "police", Name: "P", Kind: "police"})
		}); !fault.Is(err, fault.Conflict) {
			t.Errorf("the same code again gave %v, want a conflict", err)
		}

		set, err := w.store.Settings(ctx, w.q)
		if err != nil || set.Version != 0 || set.ContactDays != 91 {
			t.Fatalf("before anybody wrote settings: %+v, %v", set, err)
		}
		in := partnership.Settings{Name: "Wren", Areas: []partnership.Area{{Code: "N", Name: "North"}}, Step: 1, ContactDays: 60}
		w.write(func(tx *database.Tx) error { return w.store.SaveSettings(ctx, tx, w.by, 0, in) })
		in.Name = "Wrenshire"
		w.write(func(tx *database.Tx) error { return w.store.SaveSettings(ctx, tx, w.by, 1, in) })
		if err := w.try(func(tx *database.Tx) error { return w.store.SaveSettings(ctx, tx, w.by, 1, in) }); !fault.Is(err, fault.Conflict) {
			t.Errorf("settings over an old version gave %v, want a conflict", err)
		}
		set, err = w.store.Settings(ctx, w.q)
		if err != nil || set.Name != "Wrenshire" || set.Version != 2 || !reflect.DeepEqual(set.Areas, in.Areas) {
			t.Errorf("settings %+v, %v", set, err)
		}
		if h, err := w.store.SettingsHistory(ctx, w.q); err != nil || len(h) != 2 || h[1].Name != "Wren" {
			t.Errorf("settings history %+v, %v", h, err)
		}
		in.Areas = append(in.Areas, partnership.Area{Code: "N", Name: "Also north"})
		if err := w.try(func(tx *database.Tx) error { return w.store.SaveSettings(ctx, tx, w.by, 2, in) }); !fault.Is(err, fault.Invalid) {
			t.Errorf("an area code used twice gave %v, want invalid", err)
		}
	})
}

func TestSeedNeverOverwrites(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		w := newWorld(t, db)
		ctx := t.Context()
		w.seed()
		themes, err := w.store.Themes(ctx, w.q)
		if err != nil || len(themes) != 20 || themes[9].Code != "T10" {
			t.Fatalf("%d themes, %v", len(themes), err)
		}
		before, err := w.store.Register(ctx, w.q, w.by)
		if err != nil || len(before) < 12 {
			t.Fatalf("%d definitions, %v", len(before), err)
		}
		for _, e := range before {
			if e.Current == nil || e.Current.Status == partnership.Adopted || e.Current.Source == "" {
				t.Errorf("%s ships as %+v: it must have a source and be adopted by nobody", e.Code, e.Current)
			}
			if e.Current != nil && strings.Contains(e.Current.Note, "not checked against the source") && e.Current.Status != partnership.Draft {
				t.Errorf("%s was not checked and ships as %s, want a draft", e.Code, e.Current.Status)
			}
		}
		// An area retires a theme, rewords a definition, withdraws one.
		w.write(func(tx *database.Tx) error {
			t10 := themes[9]
			t10.Name, t10.InUse = "Homes", false
			if err := w.store.SaveTheme(ctx, tx, w.by, 1, t10); err != nil {
				return err
			}
			if _, err := w.store.Word(ctx, tx, w.by, "gang", 1, partnership.Version{Wording: "Ours", Source: "The board", Change: partnership.Change{Why: "agreed"}}); err != nil {
				return err
			}
			return w.store.Withdraw(ctx, tx, w.by, "cuckooing", 1, "not ours")
		})
		w.seed()
		themes, err = w.store.Themes(ctx, w.q)
		if err != nil || len(themes) != 20 || themes[9].Name != "Homes" || themes[9].InUse {
			t.Errorf("after a second start T10 is %+v, %v", themes[9], err)
		}
		after, err := w.store.Register(ctx, w.q, w.by)
		if err != nil || len(after) != len(before) {
			t.Errorf("%d definitions after a second start, %v; had %d", len(after), err, len(before))
		}
		if _, v, _, err := w.store.Definition(ctx, w.q, w.by, "gang"); err != nil || len(v) != 2 || v[0].Wording != "Ours" {
			t.Errorf("gang has %d versions, %v", len(v), err)
		}
		if _, err := w.store.CurrentVersion(ctx, w.q, "cuckooing"); !fault.Is(err, fault.NotFound) {
			t.Errorf("a withdrawn wording is current: %v", err)
		}
		n, err := database.One(ctx, w.q, database.Value[int], "SELECT count(*) FROM audit_entry WHERE subject = 'seed'")
		if err != nil || n != 1 {
			t.Errorf("%d audit lines for the seed, %v; want 1: the second start wrote nothing", n, err)
		}
	})
}

func TestADefinitionIsAdoptedAgencyByAgency(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		w := newWorld(t, db)
		ctx := t.Context()
		w.agencies("council", "police", "school")
		wording := func(s string) partnership.Version {
			return partnership.Version{Wording: s, Source: "The board", AsAt: "2026-10", Change: partnership.Change{Why: "agreed"}}
		}
		cite := func(want string) {
			t.Helper()
			v, err := w.store.CurrentVersion(ctx, w.q, "line")
			if err != nil || v.Cite() != want {
				t.Errorf("figures cite %q, %v; want %q", v.Cite(), err, want)
			}
		}
		adopt := func(n int64, agency, on string) error {
			return w.try(func(tx *database.Tx) error {
				return w.store.Adopt(ctx, tx, w.by, "line", n, agency, "C. Supt Hale", on)
			})
		}
		w.write(func(tx *database.Tx) error {
			_, err := w.store.Define(ctx, tx, w.by, "line", "Line", wording("One"))
			return err
		})
		cite("line v1")
		if err := adopt(1, "police", "2026-11-01"); !fault.Is(err, fault.Refused) {
			t.Errorf("adopting a draft gave %v, want refused", err)
		}
		w.write(func(tx *database.Tx) error { return w.store.Propose(ctx, tx, w.by, "line", 1, "") })
		for name, c := range map[string]struct {
			agency, on string
			want       fault.Kind
		}{"tomorrow": {"police", "2026-11-23", fault.Invalid}, "an agency that is not here": {"navy", "2026-11-01", fault.Invalid}} {
			if err := adopt(1, c.agency, c.on); !fault.Is(err, c.want) {
				t.Errorf("adopting by %s gave %v, want %v", name, err, c.want)
			}
		}
		for _, a := range []string{"police", "council"} {
			if err := adopt(1, a, "2026-11-01"); err != nil {
				t.Fatal(err)
			}
		}
		if err := adopt(1, "police", "2026-11-01"); !fault.Is(err, fault.Refused) {
			t.Errorf("adopting twice gave %v, want refused", err)
		}
		w.write(func(tx *database.Tx) error {
			_, err := w.store.Word(ctx, tx, w.by, "line", 1, wording("Two"))
			return err
		})
		if err := w.try(func(tx *database.Tx) error {
			_, err := w.store.Word(ctx, tx, w.by, "line", 1, wording("Rival two"))
			return err
		}); !fault.Is(err, fault.Conflict) {
			t.Errorf("a second wording over the same version gave %v, want a conflict", err)
		}
		cite("line v1") // a draft does not displace what agencies work to
		w.write(func(tx *database.Tx) error { return w.store.Propose(ctx, tx, w.by, "line", 2, "") })
		cite("line v1")
		if err := adopt(2, "police", "2026-11-20"); err != nil {
			t.Fatal(err)
		}
		cite("line v2")
		e, versions, adoptions, err := w.store.Definition(ctx, w.q, w.by, "line")
		if err != nil || len(versions) != 2 || versions[1].Wording != "One" || len(adoptions) != 3 {
			t.Fatalf("%d versions, %d adoptions, %v", len(versions), len(adoptions), err)
		}
		if !reflect.DeepEqual([][]string{e.Adopted, e.Older, e.Waiting}, [][]string{{"police"}, {"council"}, {"school"}}) {
			t.Errorf("adopted %v, older %v, waiting %v", e.Adopted, e.Older, e.Waiting)
		}
		w.write(func(tx *database.Tx) error {
			return w.store.EndAdoption(ctx, tx, w.by, "line", 2, "police", "recorded by mistake")
		})
		cite("line v1")
		w.write(func(tx *database.Tx) error { return w.store.Withdraw(ctx, tx, w.by, "line", 1, "superseded") })
		cite("line v2") // proposed again
		events, err := w.store.Events(ctx, w.q, e.ID)
		if err != nil || len(events) != 9 || events[0].What != "withdrawn" || events[1].What != "adoption-ended" || events[1].Why != "recorded by mistake" {
			t.Errorf("%d events, %v: %+v", len(events), err, events)
		}
		if _, _, _, err := w.store.Definition(ctx, w.q, access.Scope{}, "line"); !fault.Is(err, fault.NotFound) {
			t.Errorf("nobody signed in reads the definition: %v", err)
		}
	})
}

func TestLeadsShowTheirGaps(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		w := newWorld(t, db)
		ctx := t.Context()
		ann, bob, kid := w.who[0].ID, w.who[1].ID, w.who[2].ID
		w.write(func(tx *database.Tx) error {
			for _, c := range []string{"A", "B", "C"} {
				if err := w.store.SaveTheme(ctx, tx, w.by, 0, partnership.Theme{Code: c, Name: "Theme " + c, InUse: c != "C"}); err != nil {
					return err
				}
			}
			return w.store.SaveSettings(ctx, tx, w.by, 0, partnership.Settings{Name: "W", ContactDays: 90, Areas: []partnership.Area{{Code: "N", Name: "North"}, {Code: "S", Name: "South"}}})
		})
		save := func(ver int64, l partnership.Lead) error {
			return w.try(func(tx *database.Tx) error { return w.store.SaveLead(ctx, tx, w.by, ver, l) })
		}
		show := func() string {
			posts, err := w.store.Posts(ctx, w.q)
			if err != nil {
				t.Fatal(err)
			}
			var out []string
			for _, p := range posts {
				s := p.Theme.Code + p.Area.Code
				switch {
				case p.Gap:
					s += " gap"
				case p.Overdue:
					s += " overdue " + p.Lead.Name
				default:
					s += " " + p.Lead.Name
				}
				out = append(out, s)
			}
			return strings.Join(out, ", ")
		}
		step := func(name, want string) {
			t.Helper()
			if got := show(); got != want {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
		step("nobody leads", "A gap, B gap")
		if err := save(0, partnership.Lead{Theme: "A", Area: "N", Account: ann, Deputy: bob, Since: "2026-11-01"}); err != nil {
			t.Fatal(err)
		}
		step("one area has a lead", "AS gap, B gap, AN Ann")
		if err := save(0, partnership.Lead{Theme: "B", Account: bob, Since: "2026-01-01", LastContact: "2026-03-04"}); err != nil {
			t.Fatal(err)
		}
		step("a lead of the whole covers every area", "AS gap, B overdue Bob, AN Ann")
		if err := save(1, partnership.Lead{Theme: "B", Account: bob, Since: "2026-01-01", LastContact: "2026-11-20"}); err != nil {
			t.Fatal(err)
		}
		step("once spoken to", "AS gap, AN Ann, B Bob")
		if err := save(1, partnership.Lead{Theme: "B", Account: ann, Since: "2026-11-01"}); !fault.Is(err, fault.Conflict) {
			t.Errorf("a change over an old entry gave %v, want a conflict", err)
		}
		for name, l := range map[string]partnership.Lead{
			"a deputy without a lead": {Theme: "A", Area: "S", Deputy: bob}, "their own deputy": {Theme: "A", Area: "S", Account: bob, Deputy: bob, Since: "2026-11-01"},
			"a young person": {Theme: "A", Area: "S", Account: kid, Since: "2026-11-01"}, "no beginning": {Theme: "A", Area: "S", Account: bob},
			"a beginning to come": {Theme: "A", Area: "S", Account: bob, Since: "2026-12-01"},
		} {
			if err := save(0, l); !fault.Is(err, fault.Invalid) {
				t.Errorf("%s: %v, want invalid", name, err)
			}
		}
		for name, l := range map[string]partnership.Lead{"a theme that is retired": {Theme: "C"}, "an area that is not here": {Theme: "A", Area: "X"}} {
			if err := save(0, l); !fault.Is(err, fault.NotFound) {
				t.Errorf("%s: %v, want not found", name, err)
			}
		}
		w.write(func(tx *database.Tx) error { return w.acc.Disable(ctx, tx, bob) })
		step("a closed account is a gap", "AS gap, B gap, AN Ann")
		if h, err := w.store.LeadHistory(ctx, w.q, "B", ""); err != nil || len(h) != 2 || h[1].LastContact != "2026-03-04" {
			t.Errorf("history %+v, %v", h, err)
		}
	})
}

func TestCompare(t *testing.T) {
	for _, c := range []struct {
		name, a, b, left, right string
		gone, added             int
	}{
		{"the same", "one two", "one  two", "=one two", "=one two", 0, 0},
		{"a word changed", "one two three", "one 2 three", "=one -two =three", "=one +2 =three", 1, 1},
		{"added at the end", "one", "one two three", "=one", "=one +two three", 0, 2},
		{"from nothing", "", "one", "", "+one", 0, 1},
		{"to nothing", "one", "", "-one", "", 1, 0},
	} {
		left, right, gone, added := partnership.Compare(c.a, c.b)
		if l, r := flat(left), flat(right); l != c.left || r != c.right || gone != c.gone || added != c.added {
			t.Errorf("%s: %q | %q, %d gone, %d added; want %q | %q, %d, %d", c.name, l, r, gone, added, c.left, c.right, c.gone, c.added)
		}
	}
}

func flat(ps []partnership.Piece) string {
	var out []string
	for _, p := range ps {
		out = append(out, map[string]string{"same": "=", "gone": "-", "new": "+"}[p.Kind]+p.Text)
	}
	return strings.Join(out, " ")
}
