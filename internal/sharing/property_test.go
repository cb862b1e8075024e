package sharing_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cedar-policy/cedar-go"
	"github.com/cedar-policy/cedar-go/types"
	"pgregory.net/rapid"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/database/databasetest"
	"lantern.example/lantern/internal/sharing"
)

// Three statements of one set of rules must agree on every case: access.Decide (one record), access.Where
// (a condition in SQL, on both engines), and Cedar policies written from the rules in words, one for each
// agreement, that know nothing of either. A case is one reader and one record.

var (
	agencies = []string{"police", "council", "school", "care", ""}
	areas    = []string{"north", "south", ""}
	panels   = []string{"p1", "p2"}
	purposes = []access.Purpose{access.Safeguarding, access.CommunitySafety, access.Assessment, ""}
	today    = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
)

type record struct {
	access.Record
	id string
}

func drawRecord(t *rapid.T, i int) record {
	r := record{id: fmt.Sprintf("r%d", i)}
	r.Owner = rapid.SampledFrom(agencies).Draw(t, "owner")
	r.Class = rapid.SampledFrom(access.Classes).Draw(t, "class")
	r.Restricted = rapid.IntRange(0, 3).Draw(t, "restricted") == 0
	r.Area = rapid.SampledFrom(areas).Draw(t, "area")
	r.Panels = rapid.SliceOfNDistinct(rapid.SampledFrom(panels), 0, 2, rapid.ID[string]).Draw(t, "panels")
	return r
}

func subset[T comparable](t *rapid.T, of []T, least int, label string) []T {
	return rapid.SliceOfNDistinct(rapid.SampledFrom(of), least, len(of), rapid.ID[T]).Draw(t, label)
}

func drawAgreement(t *rapid.T, i int) sharing.Agreement {
	day := func(label string) string {
		return today.AddDate(0, 0, rapid.IntRange(-3, 3).Draw(t, label)).Format(clock.ISODate)
	}
	a := sharing.Agreement{
		ID: fmt.Sprintf("agreement-%d", i), Code: fmt.Sprintf("A%d", i), Title: "t", LawfulBasis: "b", Gateway: "g",
		State: rapid.SampledFrom([]string{"signed", "signed", "draft", "withdrawn"}).Draw(t, "state"), StartsOn: day("starts"), ExpiresOn: day("expires"), ReviewOn: today.Format(clock.ISODate),
		Classes: subset(t, access.Classes, 1, "classes"), Purposes: subset(t, purposes[:3], 1, "purposes"),
	}
	for _, agency := range subset(t, agencies[:4], 2, "parties") {
		p := sharing.Party{Agency: agency, Gives: rapid.Bool().Draw(t, "gives"), Receives: rapid.Bool().Draw(t, "receives")}
		if rapid.IntRange(0, 4).Draw(t, "signed") > 0 {
			at := today.UnixMicro()
			p.SignedAt = &at
		}
		a.Parties = append(a.Parties, p)
	}
	return a
}

// The rules in words, as Cedar. What differs from reader to reader and record to record is data; each
// agreement is a policy of its own, written from its rows and not from what the store made of them.
const standing = `
permit (principal, action, resource) when { resource.class == "open" };
permit (principal, action, resource) when { resource.class == "partnership" && principal.agency != "" };
permit (principal, action, resource) when { principal.agency != "" && principal.purpose != "" && resource.owner == principal.agency };
forbid (principal, action, resource) when { resource.restricted && !principal.panels.containsAny(resource.panels) };
forbid (principal, action, resource) when { principal.closed.contains(resource.class) };
forbid (principal, action, resource) when { !principal.areas.isEmpty() && resource.personal && !principal.areas.contains(resource.area) };
`

func agreementPolicy(a sharing.Agreement) string {
	quote := func(vs []string) string {
		out := make([]string, len(vs))
		for i, v := range vs {
			out[i] = fmt.Sprintf("%q", v)
		}
		return "[" + strings.Join(out, ",") + "]"
	}
	var gives, receives, unsigned []string
	for _, p := range a.Parties {
		if p.Gives {
			gives = append(gives, p.Agency)
		}
		if p.Receives {
			receives = append(receives, p.Agency)
		}
		if p.SignedAt == nil {
			unsigned = append(unsigned, p.Agency)
		}
	}
	var classes, forWhat []string
	for _, c := range a.Classes {
		classes = append(classes, string(c))
	}
	for _, p := range a.Purposes {
		forWhat = append(forWhat, string(p))
	}
	number := func(day string) string { return strings.ReplaceAll(day, "-", "") }
	return fmt.Sprintf(`permit (principal, action, resource) when {
		%q == "signed" && %s.isEmpty() && %s <= context.today && context.today <= %s &&
		%s.contains(principal.agency) && %s.contains(resource.owner) && resource.owner != principal.agency &&
		%s.contains(resource.class) && %s.contains(principal.purpose) };
`, a.State, quote(unsigned), number(a.StartsOn), number(a.ExpiresOn), quote(receives), quote(gives), quote(classes), quote(forWhat))
}

func set(vs []string) types.Set {
	out := make([]types.Value, len(vs))
	for i, v := range vs {
		out[i] = types.String(v)
	}
	return types.NewSet(out...)
}

func oracle(ps *cedar.PolicySet, s access.Scope, r record) bool {
	var closed []string
	for _, c := range s.Closed {
		closed = append(closed, string(c))
	}
	who, what := cedar.NewEntityUID("Member", "m"), cedar.NewEntityUID("Record", "r")
	entities := types.EntityMap{
		who: {UID: who, Attributes: types.NewRecord(types.RecordMap{"agency": types.String(s.Agency), "purpose": types.String(s.Purpose), "areas": set(s.Areas), "panels": set(s.Panels), "closed": set(closed)})},
		what: {UID: what, Attributes: types.NewRecord(types.RecordMap{"owner": types.String(r.Owner), "class": types.String(r.Class), "restricted": types.Boolean(r.Restricted), "area": types.String(r.Area), "panels": set(r.Panels),
			"personal": types.Boolean(!slices.Contains([]access.Class{access.Open, access.Partnership, access.Depersonal}, r.Class))})},
	}
	ok, _ := cedar.Authorize(ps, entities, cedar.Request{Principal: who, Action: cedar.NewEntityUID("Action", "read"), Resource: what, Context: types.NewRecord(types.RecordMap{"today": types.Long(20261122)})})
	return ok == cedar.Allow
}

func TestThreeStatementsOfTheRulesAgree(t *testing.T) {
	// 20 readers × 60 records a world; each world is 1,200 cases.
	worlds := 2
	if os.Getenv("LANTERN_NIGHTLY") != "" {
		worlds = 90
	}
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		ctx := context.Background()
		exec := func(tx *database.Tx, q string, args ...any) {
			t.Helper()
			if err := tx.Exec(ctx, q, args...); err != nil {
				t.Fatal(err)
			}
		}
		if err := db.Write(ctx, func(tx *database.Tx) error {
			return tx.Exec(ctx, "CREATE TABLE probe (id TEXT PRIMARY KEY, owner TEXT NOT NULL, class TEXT NOT NULL, restricted BOOLEAN NOT NULL, area TEXT NOT NULL)")
		}); err != nil {
			t.Fatal(err)
		}
		cases, allowed, done := 0, 0, 0
		rapid.Check(t, func(rt *rapid.T) {
			if done >= worlds {
				return // rapid's own count is for smaller cases than these
			}
			done++
			store := sharing.NewStore(db, clock.NewIDs(clock.At(today), nil))
			var agreements []sharing.Agreement
			for i := range rapid.IntRange(0, 6).Draw(rt, "agreements") {
				agreements = append(agreements, drawAgreement(rt, i))
			}
			var records []record
			for i := range 60 {
				records = append(records, drawRecord(rt, i))
			}
			if err := db.Write(ctx, func(tx *database.Tx) error {
				for _, table := range []string{"probe", "record_panel", "agreement_party", "agreement_class", "agreement_purpose", "agreement"} {
					exec(tx, "DELETE FROM "+table)
				}
				for _, a := range agreements {
					if _, err := store.Add(ctx, tx, a); err != nil {
						return err
					}
				}
				for _, r := range records {
					exec(tx, "INSERT INTO probe (id, owner, class, restricted, area) VALUES ($1,$2,$3,$4,$5)", r.id, r.Owner, string(r.Class), r.Restricted, r.Area)
					for _, p := range r.Panels {
						exec(tx, "INSERT INTO record_panel (record_id, panel) VALUES ($1,$2)", r.id, p)
					}
				}
				return nil
			}); err != nil {
				rt.Fatal(err)
			}
			policies := standing
			for _, a := range agreements {
				policies += agreementPolicy(a)
			}
			ps, err := cedar.NewPolicySetFromBytes("rules.cedar", []byte(policies))
			if err != nil {
				rt.Fatalf("the oracle's policies: %v\n%s", err, policies)
			}
			for range 20 {
				s := access.Scope{Agency: rapid.SampledFrom(agencies).Draw(rt, "agency"), Purpose: rapid.SampledFrom(purposes).Draw(rt, "purpose"),
					Areas: subset(rt, areas[:2], 0, "areas"), Panels: subset(rt, panels, 0, "panels"), Closed: access.ClosedTo(rapid.SampledFrom(access.Roles).Draw(rt, "role"))}
				if s.Permits, err = store.Permits(ctx, s.Agency, s.Purpose, today); err != nil {
					rt.Fatal(err)
				}
				cond, args := s.Where("p", 1)
				rows, err := database.Collect(ctx, db.Reader(), database.Value[string], "SELECT p.id FROM probe p WHERE "+cond, args...)
				if err != nil {
					rt.Fatalf("%v\n%s", err, cond)
				}
				for _, r := range records {
					cases++
					byGo, bySQL, byCedar := access.Decide(s, r.Record).Allowed, slices.Contains(rows, r.id), oracle(ps, s, r)
					if byGo {
						allowed++
					}
					if byGo != bySQL || byGo != byCedar {
						rt.Fatalf("reader %+v\nrecord %+v\nDecide %v, SQL %v, Cedar %v\npolicies:%s", s, r, byGo, bySQL, byCedar, policies)
					}
				}
			}
		})
		t.Logf("%d cases, %d allowed, 0 differences", cases, allowed)
		if cases < worlds*1200 || allowed == 0 || allowed == cases {
			t.Errorf("%d cases with %d allowed prove nothing", cases, allowed)
		}
	})
}

// A withdrawal holds from the next request on.
func TestAWithdrawnAgreementPermitsNothing(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		ctx := context.Background()
		store := sharing.NewStore(db, clock.NewIDs(clock.At(today), nil))
		at := today.UnixMicro()
		a := sharing.Agreement{ID: "agreement-1", Code: "A1", Title: "t", LawfulBasis: "b", Gateway: "g", State: "signed", StartsOn: "2026-01-01", ExpiresOn: "2026-11-22", ReviewOn: "2026-11-01",
			Classes: []access.Class{access.Identity}, Purposes: []access.Purpose{access.Safeguarding},
			Parties: []sharing.Party{{Agency: "care", Gives: true, Receives: true, SignedAt: &at}, {Agency: "school", Gives: true, Receives: true, SignedAt: &at}}}
		if err := db.Write(ctx, func(tx *database.Tx) error { _, err := store.Add(ctx, tx, a); return err }); err != nil {
			t.Fatal(err)
		}
		count := func(at time.Time, p access.Purpose) int {
			t.Helper()
			permits, err := store.Permits(ctx, "school", p, at)
			if err != nil {
				t.Fatal(err)
			}
			return len(permits)
		}
		if n := count(today, access.Safeguarding); n != 1 {
			t.Fatalf("on its last day it permits %d, want 1", n)
		}
		if n := count(today, access.Assessment); n != 0 {
			t.Errorf("for another purpose it permits %d", n)
		}
		if n := count(today.AddDate(0, 0, 1), access.Safeguarding); n != 0 {
			t.Errorf("the day after its expiry it permits %d", n)
		}
		if err := db.Write(ctx, func(tx *database.Tx) error { return tx.Exec(ctx, "UPDATE agreement SET state = 'withdrawn'") }); err != nil {
			t.Fatal(err)
		}
		if n := count(today, access.Safeguarding); n != 0 {
			t.Errorf("withdrawn it permits %d", n)
		}
	})
}
