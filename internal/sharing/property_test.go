package sharing_test

import (
	"context"
	"fmt"
	"os"
	"regexp"
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
// agreement, one-off disclosure and broken glass, that know nothing of either. A case is one reader and one record.

var (
	agencies = []string{"police", "council", "school", "care", ""}
	areas    = []string{"north", "south", ""}
	panels   = []string{"p1", "p2"}
	grades   = []string{"", "", "", "1A-P", "3E-P", "2B-P", "2B-C", "1A-C/A2/S2", "2B-p", "9Z-P", "B21", "2B"} // some that cannot be read
	purposes = []access.Purpose{access.Safeguarding, access.CommunitySafety, access.Assessment, "", access.Safeguarding, access.CommunitySafety}
	today    = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
)

type record struct {
	access.Record
	id string
}

func drawRecord(t *rapid.T, i int) record {
	r := record{id: fmt.Sprintf("r%d", i)}
	r.ID = r.id
	r.Owner = rapid.SampledFrom(agencies).Draw(t, "owner")
	r.Class = rapid.SampledFrom(access.Classes).Draw(t, "class")
	r.Restricted = rapid.IntRange(0, 3).Draw(t, "restricted") == 0
	r.Area = rapid.SampledFrom(areas).Draw(t, "area")
	r.Grade = rapid.SampledFrom(grades).Draw(t, "grade")
	r.Panels = rapid.SliceOfNDistinct(rapid.SampledFrom(panels), 0, 2, rapid.ID[string]).Draw(t, "panels")
	return r
}

func subset[T comparable](t *rapid.T, of []T, least int, label string) []T {
	return rapid.SliceOfNDistinct(rapid.SampledFrom(of), least, len(of), rapid.ID[T]).Draw(t, label)
}

func drawAgreement(t *rapid.T, i int) sharing.Agreement {
	// Most agreements drawn hold: what holds nothing is refused by few rules, and what holds is where they could differ.
	day := func(label string, of ...int) string {
		return today.AddDate(0, 0, rapid.SampledFrom(of).Draw(t, label)).Format(clock.ISODate)
	}
	a := sharing.Agreement{
		ID: fmt.Sprintf("agreement-%d", i), Code: fmt.Sprintf("A%d", i), Title: "t", LawfulBasis: "b", Gateway: "g",
		State: rapid.SampledFrom([]string{"signed", "signed", "signed", "signed", "draft", "withdrawn"}).Draw(t, "state"), StartsOn: day("starts", -3, -1, 0, 0, -2, 1), ExpiresOn: day("expires", 3, 1, 0, 0, 2, -1), ReviewOn: today.Format(clock.ISODate),
		Classes: subset(t, access.Classes, 4, "classes"), Purposes: subset(t, purposes[:3], 1, "purposes"),
	}
	for _, agency := range subset(t, agencies[:4], 2, "parties") {
		p := sharing.Party{Agency: agency, Gives: rapid.IntRange(0, 3).Draw(t, "gives nothing") < 3, Receives: rapid.IntRange(0, 3).Draw(t, "receives nothing") < 3}
		if rapid.IntRange(0, 9).Draw(t, "unsigned") < 9 {
			at := today.UnixMicro()
			p.SignedAt = &at
		}
		a.Parties = append(a.Parties, p)
	}
	return a
}

// oneOff is a drawn one-off disclosure: exactly these parts, to an agency or one account of it, for a purpose, within two moments.
type oneOff struct {
	id, recipient, named string
	purpose              access.Purpose
	shared, ended        bool
	from, until          time.Time
	items                []access.Item
}

func drawOneOff(t *rapid.T, i int, records []record) oneOff {
	hour := func(label string, of ...int) time.Time {
		return today.Add(time.Duration(rapid.SampledFrom(of).Draw(t, label)) * time.Hour)
	}
	d := oneOff{id: fmt.Sprintf("one-off-%028d", i), recipient: rapid.SampledFrom(agencies[:4]).Draw(t, "to"), named: rapid.SampledFrom([]string{"", "", "ann", "bob"}).Draw(t, "named"),
		purpose: rapid.SampledFrom(purposes[:3]).Draw(t, "for"), shared: rapid.IntRange(0, 5).Draw(t, "not shared") < 5, ended: rapid.IntRange(0, 5).Draw(t, "ended") == 5, from: hour("given", -2, -1, 0, -3, 1), until: hour("until", 2, 1, 3, 0, -1)}
	for range rapid.IntRange(4, 16).Draw(t, "parts") {
		r := rapid.SampledFrom(records).Draw(t, "record")
		x := access.Item{Record: r.id, Class: r.Class}
		if rapid.IntRange(0, 4).Draw(t, "another part") == 4 {
			x.Class = rapid.SampledFrom(access.Classes).Draw(t, "part")
		}
		if !slices.Contains(d.items, x) {
			d.items = append(d.items, x)
		}
	}
	return d
}

// broken is a drawn time that an account broke the glass.
type broken struct {
	account, agency string
	ended           bool
	from, until     time.Time
}

// The rules in words, as Cedar. What differs from reader to reader and record to record is data; each
// agreement is a policy of its own, written from its rows and not from what the store made of them.
const standing = `
permit (principal, action, resource) when { resource.class == "open" };
permit (principal, action, resource) when { resource.class == "partnership" && principal.agency != "" };
permit (principal, action, resource) when { principal.agency != "" && principal.purpose != "" && resource.owner == principal.agency };
forbid (principal, action, resource) when { resource.restricted && !principal.panels.containsAny(resource.panels) };
`

// forbids are the two forbids that a disclosure by name and broken glass lift; lifting is written from the rows, as conditions of their own.
func forbids(named, glass []string) string {
	any := func(conds []string) string {
		if len(conds) == 0 {
			return "false"
		}
		return "(" + strings.Join(conds, ") || (") + ")"
	}
	return `forbid (principal, action, resource) when { principal.closed.contains(resource.class) } unless { resource.class != "former-name" && (` + any(named) + `) };
forbid (principal, action, resource) when { !principal.areas.isEmpty() && resource.personal && !principal.areas.contains(resource.area) } unless { ` + any(slices.Concat(named, glass)) + ` };
`
}

func oneOffCondition(d oneOff) string {
	var parts []string
	for _, x := range d.items {
		parts = append(parts, fmt.Sprintf(`(resource.id == %q && resource.class == %q)`, x.Record, x.Class))
	}
	if len(parts) == 0 {
		parts = []string{"false"}
	}
	return fmt.Sprintf(`%t && !%t && principal.agency == %q && principal.purpose == %q && (%q == "" || principal.account == %q) && %d <= context.hour && context.hour < %d && (%s)`,
		d.shared, d.ended, d.recipient, d.purpose, d.named, d.named, hours(d.from), hours(d.until), strings.Join(parts, " || "))
}

func glassCondition(b broken) string {
	return fmt.Sprintf(`!%t && principal.account == %q && principal.agency == %q && principal.agency != "" && principal.purpose != "" && %d <= context.hour && context.hour < %d && resource.owner != "" && resource.personal &&
		!(["intelligence", "former-name"].contains(resource.class)) && !resource.conditions && !(principal.agency == "police" && resource.class == "support")`, b.ended, b.account, b.agency, hours(b.from), hours(b.until))
}

func hours(t time.Time) int { return int(t.Sub(today.AddDate(0, 0, -7)) / time.Hour) }

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
		%s.contains(resource.class) && %s.contains(principal.purpose) && !resource.conditions && !(principal.agency == "police" && resource.class == "support") };
`, a.State, quote(unsigned), number(a.StartsOn), number(a.ExpiresOn), quote(receives), quote(gives), quote(classes), quote(forWhat))
}

func set(vs []string) types.Set {
	out := make([]types.Value, len(vs))
	for i, v := range vs {
		out[i] = types.String(v)
	}
	return types.NewSet(out...)
}

// freely is a grade with handling code P, as the standard writes it.
var freely = regexp.MustCompile(`^[123][A-E]-P$`)

// conditions says whether a record was given with conditions that somebody must have asked its originator about.
func conditions(r record) bool {
	if r.Grade == "" {
		return r.Class == access.Intelligence
	}
	return !freely.MatchString(r.Grade)
}

func oracle(ps *cedar.PolicySet, s access.Scope, r record) bool {
	var closed []string
	for _, c := range s.Closed {
		closed = append(closed, string(c))
	}
	who, what := cedar.NewEntityUID("Member", "m"), cedar.NewEntityUID("Record", "r")
	entities := types.EntityMap{
		who: {UID: who, Attributes: types.NewRecord(types.RecordMap{"account": types.String(s.Account), "agency": types.String(s.Agency), "purpose": types.String(s.Purpose), "areas": set(s.Areas), "panels": set(s.Panels), "closed": set(closed)})},
		what: {UID: what, Attributes: types.NewRecord(types.RecordMap{"id": types.String(r.id), "owner": types.String(r.Owner), "class": types.String(r.Class), "restricted": types.Boolean(r.Restricted), "area": types.String(r.Area), "panels": set(r.Panels),
			"conditions": types.Boolean(conditions(r)),
			"personal":   types.Boolean(!slices.Contains([]access.Class{access.Open, access.Partnership, access.Depersonal}, r.Class))})},
	}
	ok, _ := cedar.Authorize(ps, entities, cedar.Request{Principal: who, Action: cedar.NewEntityUID("Action", "read"), Resource: what, Context: types.NewRecord(types.RecordMap{"today": types.Long(20261122), "hour": types.Long(int64(hours(today)))})})
	return ok == cedar.Allow
}

// least is how many cases the rule that decided fewest has decided.
func least(byRule map[string]int) int {
	n := 1 << 30
	for _, rule := range []string{"open", "partnership", "own", "agreement", "one-off", "break-glass", "restricted", "closed", "area", "handling", "none"} {
		n = min(n, byRule[rule])
	}
	return n
}

func TestThreeStatementsOfTheRulesAgree(t *testing.T) {
	// 10 readers × 24 records a world; each world is 240 cases.
	const readers, rows = 10, 24
	want := 2_000
	if os.Getenv("LANTERN_NIGHTLY") != "" {
		want = 100_000
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
			return tx.Exec(ctx, "CREATE TABLE probe (id TEXT PRIMARY KEY, owner TEXT NOT NULL, class TEXT NOT NULL, restricted BOOLEAN NOT NULL, area TEXT NOT NULL, grade TEXT NOT NULL)")
		}); err != nil {
			t.Fatal(err)
		}
		if err := db.Write(ctx, func(tx *database.Tx) error {
			exec(tx, "INSERT INTO agency_version (code, version, name, kind, contact, member, by_account, at, why) VALUES ('police', 1, 'Police', 'police', '', TRUE, '', 1, '')")
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		byRule := map[string]int{}
		cases, allowed := 0, 0
		check := func(rt *rapid.T) {
			if cases >= want && least(byRule) >= 5 {
				return // rapid's own count is for smaller cases than these
			}
			store := sharing.NewStore(db, clock.NewIDs(clock.At(today), nil))
			var agreements []sharing.Agreement
			for i := range rapid.IntRange(1, 6).Draw(rt, "agreements") {
				agreements = append(agreements, drawAgreement(rt, i))
			}
			var glasses []broken
			for range rapid.IntRange(0, 2).Draw(rt, "glasses") {
				glasses = append(glasses, broken{rapid.SampledFrom([]string{"ann", "bob", "cal"}).Draw(rt, "breaks"), rapid.SampledFrom(agencies).Draw(rt, "breaks at"), rapid.IntRange(0, 3).Draw(rt, "closed early") == 3,
					today.Add(time.Duration(rapid.IntRange(-5, 1).Draw(rt, "broken at")) * time.Hour), today.Add(time.Duration(rapid.IntRange(-1, 4).Draw(rt, "broken until")) * time.Hour)})
			}
			var records []record
			for i := range rows {
				records = append(records, drawRecord(rt, i))
			}
			var given []oneOff
			for i := range rapid.IntRange(1, 6).Draw(rt, "one-offs") {
				given = append(given, drawOneOff(rt, i, records))
			}
			if err := db.Write(ctx, func(tx *database.Tx) error {
				for _, table := range []string{"probe", "record_panel", "disclosure_item", "disclosure", "break_glass", "agreement_party", "agreement_class", "agreement_purpose", "agreement"} {
					exec(tx, "DELETE FROM "+table)
				}
				for _, a := range agreements {
					if _, err := store.Add(ctx, tx, a); err != nil {
						return err
					}
				}
				for _, d := range given {
					var ended *int64
					if d.ended {
						at := today.Add(-time.Minute).UnixMicro()
						ended = &at
					}
					exec(tx, "INSERT INTO disclosure (id, code, owner, recipient, named, shared, basis, purpose, why, told, until_at, by_account, at, ended_at, review_by, retention_class, review_on) VALUES ($1,$2,'x',$3,$4,$5,'life',$6,'w','told',$7,'x',$8,$9,'2026-11-23','x','2026-11-23')",
						d.id, d.id, d.recipient, d.named, d.shared, string(d.purpose), d.until.UnixMicro(), d.from.UnixMicro(), ended)
					for _, x := range d.items {
						exec(tx, "INSERT INTO disclosure_item (disclosure_id, item, item_class) VALUES ($1,$2,$3)", d.id, x.Record, string(x.Class))
					}
				}
				for i, g := range glasses {
					var ended *int64
					if g.ended {
						at := today.UnixMicro()
						ended = &at
					}
					exec(tx, "INSERT INTO break_glass (id, account, agency, purpose, why, begun_at, until_at, ended_at, review_by, retention_class, review_on) VALUES ($1,$2,$3,'safeguarding','w',$4,$5,$6,'2026-11-23','x','2026-11-23')",
						fmt.Sprintf("glass-%030d", i), g.account, g.agency, g.from.UnixMicro(), g.until.UnixMicro(), ended)
				}
				for _, r := range records {
					exec(tx, "INSERT INTO probe (id, owner, class, restricted, area, grade) VALUES ($1,$2,$3,$4,$5,$6)", r.id, r.Owner, string(r.Class), r.Restricted, r.Area, r.Grade)
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
			var named, glass []string
			for _, d := range given {
				policies += "permit (principal, action, resource) when { " + oneOffCondition(d) + " };\n"
				if d.named != "" {
					named = append(named, oneOffCondition(d))
				}
			}
			for _, b := range glasses {
				policies += "permit (principal, action, resource) when { " + glassCondition(b) + " };\n"
				glass = append(glass, glassCondition(b))
			}
			policies += forbids(named, glass)
			ps, err := cedar.NewPolicySetFromBytes("rules.cedar", []byte(policies))
			if err != nil {
				rt.Fatalf("the oracle's policies: %v\n%s", err, policies)
			}
			for range readers {
				s := access.Scope{Account: rapid.SampledFrom([]string{"ann", "bob", "cal"}).Draw(rt, "account"), Agency: rapid.SampledFrom(agencies).Draw(rt, "agency"), Purpose: rapid.SampledFrom(purposes).Draw(rt, "purpose"),
					Areas: subset(rt, areas[:2], 0, "areas"), Panels: subset(rt, panels, 0, "panels"), Closed: access.ClosedTo(rapid.SampledFrom(access.Roles).Draw(rt, "role"))}
				if s.Permits, err = store.Permits(ctx, s.Agency, s.Purpose, today); err != nil {
					rt.Fatal(err)
				}
				if s.Grants, s.Glass, err = store.Singly(ctx, s.Account, s.Agency, s.Purpose, today); err != nil {
					rt.Fatal(err)
				}
				cond, args := s.Where("p", 1)
				got, err := database.Collect(ctx, db.Reader(), database.Value[string], "SELECT p.id FROM probe p WHERE "+cond, args...)
				if err != nil {
					rt.Fatalf("%v\n%s", err, cond)
				}
				for _, r := range records {
					cases++
					decision := access.Decide(s, r.Record)
					byRule[decision.Rule]++
					byGo, bySQL, byCedar := decision.Allowed, slices.Contains(got, r.id), oracle(ps, s, r)
					if byGo {
						allowed++
					}
					if byGo != bySQL || byGo != byCedar {
						rt.Fatalf("reader %+v\nrecord %+v\nDecide %v, SQL %v, Cedar %v\npolicies:%s", s, r, byGo, bySQL, byCedar, policies)
					}
				}
			}
		}
		for range 1 + want/10_000 { // rapid runs a hundred worlds at a time
			rapid.Check(t, check)
		}
		t.Logf("%d cases, %d allowed, 0 differences; by rule %v", cases, allowed, byRule)
		if least(byRule) < 5 {
			t.Errorf("a rule decided fewer than 5 cases: the worlds drawn are too poor")
		}
		if cases < want || allowed == 0 || allowed == cases {
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
