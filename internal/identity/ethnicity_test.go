package identity_test

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/database/databasetest"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/identity"
	"lantern.example/lantern/internal/intake"
	"lantern.example/lantern/internal/seal"
)

// sealedDesk is a desk whose store seals.
func sealedDesk(t *testing.T, db *database.DB) (*desk, *seal.Keys) {
	t.Helper()
	d := newDesk(t, db)
	keys, err := seal.Open(t.TempDir())
	d.must(err)
	d.store.Sealed(keys)
	return d, keys
}

// loadWith brings a list with columns of ethnicity in and links it.
func (d *desk) loadWith(agency, columns string, rows ...string) string {
	d.Helper()
	b := []byte("Child ID,NHS number,Surname,Forename,Date of birth,Gender" + columns + "\n" + strings.Join(rows, "\n") + "\n")
	in := inputOf(b)
	in.Agency = agency
	l, err := d.loads.Load(context.Background(), member(agency), in)
	d.must(err)
	_, err = d.store.Link(context.Background(), l.ID)
	d.must(err)
	return l.ID
}

// inputOf is a list of people of the agency care.
func inputOf(b []byte) intake.Input {
	return intake.Input{Name: "people.csv", File: bytes.NewReader(b), Size: int64(len(b)), Agency: "care", Basis: "own", Identified: true, Profile: "people"}
}

const bothColumns = ",Self Defined Ethnicity,Officer Defined Ethnicity"

func TestEthnicityIsKeptSealedAndReadByItsOwnAgency(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		ctx := context.Background()
		d, keys := sealedDesk(t, db)
		load := d.loadWith("police", bothColumns, "R1,,Ash,Kim,01/02/2010,F,Marshfolk,IC4", "R2,,Ely,Jo,03/02/2010,M,,")
		r1, r2 := d.record("R1"), d.record("R2")
		// A short code is looked for as JSON writes it: without its marks it stands in sealed text by chance.
		found := func(words ...string) {
			t.Helper()
			all := bytes.ToLower(databasetest.Everything(t, db))
			for _, w := range words {
				if bytes.Contains(all, bytes.ToLower([]byte(w))) {
					t.Errorf("the database says %q in plain", w)
				}
			}
		}
		found("marshfolk", `"ic4"`)
		of := func(scope access.Scope, record string) identity.Ethnicity {
			t.Helper()
			x, err := d.store.EthnicityOf(ctx, db.Reader(), scope, []string{record})
			d.must(err)
			return x[record]
		}
		police := member("police")
		if got := of(police, r1); got != (identity.Ethnicity{Self: "Marshfolk", Observed: "IC4"}) {
			t.Errorf("its own agency reads %+v", got)
		}
		if got := of(police, r2); got != (identity.Ethnicity{}) {
			t.Errorf("of a record that says nothing %+v is read", got)
		}
		reading := member("care", access.Permit{Agreement: "X", Owners: []string{"police"}, Classes: []access.Class{access.Identity, access.Contact}})
		forged := reading
		forged.Purpose = access.OwnRecord
		for name, scope := range map[string]access.Scope{"an agency that reads the record": reading, "the same with another purpose": forged, "an agency that does not": member("school"), "nobody": {}} {
			if got := of(scope, r1); got != (identity.Ethnicity{}) {
				t.Errorf("%s reads %+v", name, got)
			}
		}
		// Put right by its own agency alone, the two apart; what stood there stays with the version before.
		if _, _, _, err := d.correct(reading, r1, map[string]string{"ethnicity-self": "Fenfolk"}); !fault.Is(err, fault.NotFound) {
			t.Errorf("another agency puts it right: %v", err)
		}
		if _, _, _, err := d.correct(police, r1, map[string]string{"ethnicity-self": strings.Repeat("x", 201)}); !fault.Is(err, fault.Invalid) {
			t.Errorf("too long: %v", err)
		}
		if _, _, _, err := d.correct(police, r2, map[string]string{"ethnicity-observed": "IC1"}); !fault.Is(err, fault.NotFound) {
			t.Errorf("what an officer saw is added by hand: %v", err)
		}
		fresh, _, changed, err := d.correct(police, r1, map[string]string{"ethnicity-self": "Fenfolk"})
		if err != nil || !slices.Equal(changed, []string{identity.OwnPart}) {
			t.Fatalf("%v changed, %v", changed, err)
		}
		if got := of(police, fresh); got != (identity.Ethnicity{Self: "Fenfolk", Observed: "IC4"}) {
			t.Errorf("put right it is %+v", got)
		}
		if got := of(police, r1); got != (identity.Ethnicity{}) {
			t.Errorf("the version before is read as if it stood: %+v", got)
		}
		kept, err := database.One(ctx, db.Reader(), database.Value[string], "SELECT ethnicity FROM source_record WHERE id = $1", r1)
		d.must(err)
		if before, err := identity.OpenEthnicity(keys, r1, kept); err != nil || before.Self != "Marshfolk" {
			t.Errorf("what stood there is %+v (%v), want it kept", before, err)
		}
		if _, err := identity.OpenEthnicity(keys, r2, kept); err == nil {
			t.Error("one record's opens in another's place")
		}
		another, _, _, err := d.correct(police, fresh, map[string]string{"born": "2010-02-02"})
		d.must(err)
		if got := of(police, another); got != (identity.Ethnicity{Self: "Fenfolk", Observed: "IC4"}) {
			t.Errorf("after another correction it is %+v", got)
		}
		last, _, _, err := d.correct(police, another, map[string]string{"ethnicity-self": "", "ethnicity-observed": ""})
		d.must(err)
		if got := of(police, last); got != (identity.Ethnicity{}) {
			t.Errorf("emptied it is %+v", got)
		}
		found("marshfolk", "fenfolk", `"ic4"`)
		// It goes with its record.
		d.must(d.write(func(tx *database.Tx) error { _, err := d.store.Purge(ctx, tx, load, 500); return err }))
		if n, err := database.One(ctx, db.Reader(), database.Value[int], "SELECT count(*) FROM source_record WHERE ethnicity <> ''"); err != nil || n != 0 {
			t.Errorf("%d are left after the load was purged (%v)", n, err)
		}
	})
}

func (d *desk) correct(by access.Scope, record string, values map[string]string) (fresh, person string, changed []string, err error) {
	err = d.write(func(tx *database.Tx) error {
		fresh, person, changed, err = d.store.Correct(context.Background(), tx, by, record, 1, values, "She said so.")
		return err
	})
	return fresh, person, changed, err
}

// Two partnerships whose lists differ in ethnicity alone have the same links, doubts and evidence, and no word of it in any.
func TestEthnicityLinksNothing(t *testing.T) {
	state := func(t *testing.T, open func(testing.TB) *database.DB, cells func(i int) string) string {
		d, _ := sealedDesk(t, open(t))
		var care, police []string
		for i, n := range []string{"Ali,Mohamed,03/04/2010,M", "Okoro,Ade,05/06/2011,M", "Ash,Kim,01/02/2010,F", "Murphy,Siobhan,07/08/2012,F"} {
			care = append(care, fmt.Sprintf("C%d,,%s%s", i, n, cells(i)))
		}
		for i, n := range []string{"Aly,Muhammed,03/04/2010,M", "Okoro,Ade,05/06/2011,M", "Ashe,Kim,02/02/2010,F", "Murphy,Sinead,07/08/2012,F"} {
			police = append(police, fmt.Sprintf("P%d,,%s%s", i, n, cells(i+4)))
		}
		d.loadWith("care", bothColumns, care...)
		d.loadWith("police", bothColumns, police...)
		out := d.groups() + "\n"
		for _, q := range []string{
			"SELECT a.value || b.value || e.kind || e.reason || e.evidence || e.weight FROM edge e JOIN source_identifier a ON a.record_id = e.l AND a.kind = 'la-child' JOIN source_identifier b ON b.record_id = e.r AND b.kind = 'la-child' ORDER BY 1",
			"SELECT a.value || b.value || w.kind || w.sort || w.reason || w.evidence FROM review_item w JOIN source_identifier a ON a.record_id = w.l AND a.kind = 'la-child' JOIN source_identifier b ON b.record_id = w.r AND b.kind = 'la-child' ORDER BY 1",
		} {
			rows, err := database.Collect(context.Background(), d.db.Reader(), database.Value[string], q)
			d.must(err)
			out += strings.Join(rows, "\n") + "\n"
		}
		return out
	}
	for name, open := range map[string]func(testing.TB) *database.DB{"sqlite": databasetest.SQLite, "postgres": databasetest.PostgreSQL} {
		t.Run(name, func(t *testing.T) {
			alike := state(t, open, func(int) string { return ",W1,IC1" })
			unlike := state(t, open, func(i int) string {
				return []string{",A1,IC4", ",W1,IC1", ",B2,IC3", ",NS,IC9", ",W9,IC2", ",A4,IC5", ",,", ",M1,IC6"}[i]
			})
			if alike != unlike {
				t.Errorf("links differ with ethnicity:\n%s\nand\n%s", alike, unlike)
			}
			if !strings.Contains(alike, "C0+P0") && !strings.Contains(alike, "C1+P1") {
				t.Errorf("nothing was linked: %s", alike)
			}
			if l := strings.ToLower(alike); strings.Contains(l, "ethnic") || strings.Contains(l, "ic4") {
				t.Errorf("the evidence speaks of it: %s", alike)
			}
		})
	}
}

// The quality of linking is told by broad group, what officers saw apart; a group has its figures from two hundred pairs on.
func TestQualityByRecordedEthnicity(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		ctx := context.Background()
		d, keys := sealedDesk(t, db)
		d.loadWith("care", "", "R0,,Zed,Zoe,01/01/2001,F") // the tables of a load
		var records, strata, samples [][]any
		type pair struct {
			a, b    identity.Ethnicity
			stratum string
			verdict identity.Verdict
		}
		var pairs []pair
		add := func(n int, p pair) {
			for range n {
				pairs = append(pairs, p)
			}
		}
		asian, white := identity.Ethnicity{Self: "A2", Observed: "IC4"}, identity.Ethnicity{Self: "WBRI", Observed: "IC1"}
		add(150, pair{asian, asian, "linked", identity.Same})
		add(10, pair{asian, asian, "linked", identity.Different})
		add(40, pair{asian, identity.Ethnicity{}, "apart", identity.Same})
		add(199, pair{white, white, "linked", identity.Same})
		add(1, pair{white, asian, "linked", identity.Different}) // it counts for both
		add(5, pair{identity.Ethnicity{Self: "something of their own"}, identity.Ethnicity{}, "linked", identity.Same})
		looks := make([]identity.Looked, 0, len(pairs))
		for i, p := range pairs {
			var ids [2]string
			for j, e := range []identity.Ethnicity{p.a, p.b} {
				ids[j] = fmt.Sprintf("00000000-0000-7000-8000-%08d%04d", i, j)
				kept := ""
				if e != (identity.Ethnicity{}) {
					var err error
					kept, err = keys.Seal(identity.EthnicityAt(ids[j]), fmt.Appendf(nil, `{"s":%q,"o":%q}`, e.Self, e.Observed))
					d.must(err)
				}
				records = append(records, []any{ids[j], "care", "identity", 1, "identity", "2030-01-01", kept})
			}
			samples = append(samples, []any{fmt.Sprint("s", i), "run", p.stratum, ids[0], ids[1], "care care", 5.0, 1})
			looks = append(looks, identity.Looked{Sample: fmt.Sprint("s", i), Account: "a", Agency: "care", Verdict: p.verdict})
		}
		for _, s := range []string{"linked", "doubted", "apart"} {
			strata = append(strata, []any{"run", s, "care care", 1000, 1.0})
		}
		d.must(d.write(func(tx *database.Tx) error {
			if err := tx.Insert(ctx, "INSERT INTO source_record (id, owner, class, learnt_at, retention_class, review_on, ethnicity)", 7, records, ""); err != nil {
				return err
			}
			if err := tx.Insert(ctx, "INSERT INTO link_stratum (run_id, stratum, owners, pairs, rate)", 5, strata, ""); err != nil {
				return err
			}
			if err := tx.Insert(ctx, "INSERT INTO link_sample (id, run_id, stratum, l, r, owners, weight, at)", 8, samples, ""); err != nil {
				return err
			}
			return d.store.KeepLooks(ctx, tx, looks)
		}))
		q, err := d.store.Quality(ctx, db.Reader(), member("care"))
		d.must(err)
		of := func(list []identity.Group, name string) identity.Group {
			i := slices.IndexFunc(list, func(g identity.Group) bool { return g.Name == name })
			if i < 0 {
				t.Fatalf("no group %s in %+v", name, list)
			}
			return list[i]
		}
		for name, c := range map[string]struct {
			g         identity.Group
			reviewed  int
			shown     bool
			precision float64
		}{
			"Asian, of their own":   {of(q.Ethnicities, "Asian"), 201, true, 150.0 / 161},
			"White, of their own":   {of(q.Ethnicities, "White"), 200, true, 199.0 / 200},
			"Black":                 {of(q.Ethnicities, "Black"), 0, false, 0},
			"Mixed":                 {of(q.Ethnicities, "Mixed"), 0, false, 0},
			"Asian, as seen":        {of(q.Observed, "Asian"), 201, true, 150.0 / 161},
			"White, as seen":        {of(q.Observed, "White, north European"), 200, true, 199.0 / 200},
			"nobody was seen so":    {of(q.Observed, "Black"), 0, false, 0},
			"not known to officers": {of(q.Observed, "Not known"), 0, false, 0},
		} {
			if c.g.Reviewed != c.reviewed || c.g.Shown() != c.shown || c.g.Precision.Share != c.precision || c.shown && !(c.g.Precision.Low < c.g.Precision.Share && c.g.Precision.Share < c.g.Precision.High) {
				t.Errorf("%s: %+v, want %d reviewed, shown %v, precision %.4f inside its interval", name, c.g, c.reviewed, c.shown, c.precision)
			}
		}
		if g := of(q.Ethnicities, "Asian").Recall; !g.Known || g.Share != 150.0/190 || g.Low >= g.Share || g.High <= g.Share {
			t.Errorf("recall of the Asian group is %+v, want 150 of 190 inside its interval", g)
		}
		if q, err = d.store.Quality(ctx, db.Reader(), member("school")); err != nil || slices.ContainsFunc(slices.Concat(q.Ethnicities, q.Observed), func(g identity.Group) bool { return g.Reviewed != 0 }) {
			t.Errorf("who may read none of the records has counts of them: %+v (%v)", q.Ethnicities, err)
		}
	})
}
