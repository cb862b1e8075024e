package place_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/account"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/database/databasetest"
	"lantern.example/lantern/internal/event"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/gazetteer"
	"lantern.example/lantern/internal/intake"
	"lantern.example/lantern/internal/intake/profile"
	"lantern.example/lantern/internal/place"
	"lantern.example/lantern/internal/sharing"
	"lantern.example/lantern/internal/work"
)

var now = clock.At(time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC))

type noJobs struct{}

func (noJobs) Enqueue(context.Context, *database.Tx, string, any) error { return nil }

type rig struct {
	t         testing.TB
	db        *database.DB
	gazetteer *gazetteer.Store
	events    *event.Store
	places    *place.Store
	work      *work.Store
	accounts  *account.Store
	intake    *intake.Store
}

func newRig(t testing.TB, db *database.DB) *rig {
	ids := clock.NewIDs(now, nil)
	log := audit.NewLog(now, ids)
	r := &rig{t: t, db: db, gazetteer: gazetteer.NewStore(now, ids, log)}
	r.accounts = account.NewStore(db, now, ids, sharing.NewStore(db, ids))
	r.work = work.NewStore(now, ids, log, r.accounts)
	r.events = event.NewStore(now, ids, r.gazetteer)
	r.places = place.NewStore(now, ids, log, r.gazetteer, r.events, r.work, r.accounts)
	r.intake = intake.NewStore(db, now, ids, noJobs{}, func(context.Context, *database.Tx, access.Scope, string, string, string) error { return nil }, r.gazetteer, r.events, r.places)
	return r
}

func (r *rig) load(agency, basis, profile, name, text string) *intake.Load {
	r.t.Helper()
	l, err := r.intake.Load(context.Background(), member(access.Manager, agency), intake.Input{Name: name, Profile: profile, File: strings.NewReader(text), Size: int64(len(text)), Agency: agency, Basis: basis})
	if err != nil {
		r.t.Fatal(err)
	}
	if l.Taken == 0 {
		r.t.Fatalf("%s: no row was taken of %d", name, l.Read)
	}
	return l
}

func (r *rig) write(f func(tx *database.Tx) error) error {
	return r.db.Write(context.Background(), f)
}

// account makes an account of a role.
func (r *rig) account(role access.Role, agency string) account.Account {
	r.t.Helper()
	var made []account.Account
	err := r.write(func(tx *database.Tx) (err error) {
		made, err = r.accounts.AddAll(context.Background(), tx, "three unlikely words", []account.New{{Email: string(role) + "@" + agency + ".example", Name: "Sam " + agency, Agency: agency, Role: role}})
		return err
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return made[0]
}

func member(role access.Role, agency string) access.Scope {
	return access.Scope{Account: agency + "-1", Name: "Somebody", Agency: agency, Role: role, Purpose: access.Safeguarding, Closed: access.ClosedTo(role)}
}

const homes = `URN,Setting Name,Provision Type,Sector,Local Authority,Registration Status,Places,Address,Postcode,Easting,Northing
SC001,Larkfield House,Children's home,Private,Testshire,Active,4,1 Lark Lane,WX1 1AA,530000,180000
SC002,Fernbank,Children's home,Private,Testshire,Active,5,2 Fern Road,WX1 1AB,532000,180000
SC003,Oakdene,Children's home,Private,Testshire,Active,6,3 Oak Road,WX1 1AD,534000,180000
`

const places = `Place Name,Place Type,Address,Postcode,Easting,Northing,Concern
Riverside Arcade,Arcade,The Quay,WX1 1AE,530500,180500,Groups approached by adults
Mill Park,Park,Mill Road,WX1 1AF,531000,181000,
The Shop_100%,Shop,High Street,WX1 1AG,531500,181500,
`

func TestPlacesFromFiles(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		ctx, r := context.Background(), newRig(t, db)
		r.load("council", "own", "", "places.csv", places)
		l := r.load("care", "own", "", "childrens_homes.csv", homes)
		care := member(access.Manager, "care")
		list, total, err := r.places.List(ctx, db.Reader(), care, place.Query{})
		if err != nil || total != 6 || len(list) != 6 {
			t.Fatalf("%d of %d places (%v); want the partnership's three and the agency's own three", len(list), total, err)
		}
		home := list[2]
		for _, p := range list {
			if p.Name == "Larkfield House" {
				home = p
			}
		}
		if home.Kind != profile.ChildrensHome || !home.Guarded || home.Class != string(access.SocialCare) || home.Status != place.Open || home.LocatedBy != "grid" || home.Capacity == nil || *home.Capacity != 4 {
			t.Errorf("the home is read as %+v", home)
		}
		for _, tt := range []struct {
			name  string
			query place.Query
			want  int
		}{
			{"kind", place.Query{Kind: profile.ChildrensHome}, 3},
			{"status", place.Query{Status: place.Closed}, 0},
			{"name, any case", place.Query{Text: "MILL"}, 1},
			{"per cent and underline are themselves", place.Query{Text: "p_100%"}, 1},
			{"they are no wild cards", place.Query{Text: "_"}, 1},
			{"not reviewed", place.Query{Reviewed: "no"}, 6},
			{"reviewed", place.Query{Reviewed: "yes"}, 0},
		} {
			if _, n, err := r.places.List(ctx, db.Reader(), care, tt.query); err != nil || n != tt.want {
				t.Errorf("%s: %d places (%v), want %d", tt.name, n, err, tt.want)
			}
		}
		if page, n, err := r.places.List(ctx, db.Reader(), care, place.Query{Limit: 2, Offset: 4}); err != nil || n != 6 || len(page) != 2 {
			t.Errorf("the last page has %d of %d (%v), want 2 of 6", len(page), n, err)
		}
		if err := r.write(func(tx *database.Tx) error { return r.intake.Undo(ctx, tx, care, l.ID, "wrong list") }); err != nil {
			t.Fatal(err)
		}
		if _, err := r.places.Get(ctx, db.Reader(), care, home.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("a place of an undone load is still read: %v", err)
		}
		if err := r.intake.Purge(ctx, l.ID); err != nil {
			t.Fatal(err)
		}
		if n, _ := database.One(ctx, db.Reader(), database.Value[int], "SELECT count(*) FROM place"); n != 3 {
			t.Errorf("%d places are left, want 3", n)
		}
	})
}

func TestGuardedPlacesAreNobodyElses(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		ctx, r := context.Background(), newRig(t, db)
		r.load("care", "open", "", "childrens_homes.csv", homes) // said to be open data: still guarded
		own, _, err := r.places.List(ctx, db.Reader(), member(access.Manager, "care"), place.Query{})
		if err != nil || len(own) != 3 {
			t.Fatalf("the owner reads %d (%v)", len(own), err)
		}
		agreed := member(access.Manager, "police")
		agreed.Permits = []access.Permit{{Agreement: "A", Owners: []string{"care"}, Classes: []access.Class{access.SocialCare}}}
		other := agreed
		other.Permits = []access.Permit{{Agreement: "A", Owners: []string{"care"}, Classes: []access.Class{access.Education, access.Depersonal}}}
		for _, tt := range []struct {
			name  string
			scope access.Scope
			want  int
		}{
			{"another agency", member(access.Manager, "police"), 0}, {"under an agreement for the class", agreed, 3}, {"under an agreement for other classes", other, 0},
			{"the owner's administrator", member(access.Administrator, "care"), 0}, {"the public", access.Scope{}, 0},
		} {
			_, n, err := r.places.List(ctx, db.Reader(), tt.scope, place.Query{})
			if err != nil || n != tt.want {
				t.Errorf("%s: lists %d (%v), want %d", tt.name, n, err, tt.want)
			}
			c, err := r.places.Count(ctx, db.Reader(), tt.scope, place.Query{})
			if err != nil || c.Places != tt.want {
				t.Errorf("%s: counts %d (%v), want %d", tt.name, c.Places, err, tt.want)
			}
			_, err = r.places.Get(ctx, db.Reader(), tt.scope, own[0].ID)
			_, none := r.places.Get(ctx, db.Reader(), tt.scope, "no-such-place")
			if tt.want == 0 && (err == nil || err.Error() != none.Error()) {
				t.Errorf("%s: a place that is there answers %v, one that is not %v; they must be the same", tt.name, err, none)
			}
			if _, err := r.places.Reviews(ctx, db.Reader(), tt.scope, own[0].ID); (err == nil) != (tt.want > 0) {
				t.Errorf("%s: reads the reviews: %v", tt.name, err)
			}
		}
	})
}

func TestReviewsAreKeptAndBecomeWork(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		ctx, r := context.Background(), newRig(t, db)
		r.load("council", "own", "", "places.csv", places)
		owner := r.account(access.Practitioner, "council")
		by := member(access.Manager, "council")
		all, _, err := r.places.List(ctx, db.Reader(), by, place.Query{Text: "arcade"})
		if err != nil || len(all) != 1 {
			t.Fatal(len(all), err)
		}
		in := place.NewReview{Impact: 2, ImpactWhy: "Staff leave early.", Risk: 3, RiskWhy: "More calls each week.", Harm: 1, HarmWhy: "Nobody hurt.", NextOn: "2026-12-04", NextOwner: owner.ID}
		for range 2 {
			err := r.write(func(tx *database.Tx) error {
				_, err := r.places.Review(ctx, tx, by, all[0].ID, in)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			now.Advance(time.Hour)
			in.Harm, in.HarmWhy = 3, "One boy was cut."
		}
		history, err := r.places.Reviews(ctx, db.Reader(), by, all[0].ID)
		if err != nil || len(history) != 2 || history[0].Harm != 3 || history[1].Harm != 1 || history[1].HarmWhy != "Nobody hurt." || history[0].NextName != "Sam council" {
			t.Fatalf("the reviews are %+v (%v); want both, the latest first", history, err)
		}
		a, err := r.work.Get(ctx, db.Reader(), by, history[0].ActionID)
		if err != nil || a.Title != "Review Riverside Arcade" || a.DueOn != "2026-12-04" || a.Assignee != owner.ID || a.Subject != (work.Ref{Kind: "place", ID: all[0].ID}) {
			t.Errorf("the action is %+v (%v)", a, err)
		}
		p, err := r.places.Get(ctx, db.Reader(), by, all[0].ID)
		if err != nil || p.Harm != "3" || p.NextOn != "2026-12-04" {
			t.Errorf("the place shows harm %q, next %q (%v)", p.Harm, p.NextOn, err)
		}
		for _, tt := range []struct {
			name   string
			change func(*place.NewReview)
			kind   fault.Kind
		}{
			{"out of range", func(n *place.NewReview) { n.Impact = 4 }, fault.Invalid},
			{"no reason", func(n *place.NewReview) { n.RiskWhy = "  " }, fault.Invalid},
			{"in the past", func(n *place.NewReview) { n.NextOn = "2026-11-21" }, fault.Invalid},
			{"too far away", func(n *place.NewReview) { n.NextOn = "2028-01-01" }, fault.Invalid},
			{"nobody's", func(n *place.NewReview) { n.NextOwner = "" }, fault.Invalid},
		} {
			bad := in
			tt.change(&bad)
			err := r.write(func(tx *database.Tx) error {
				_, err := r.places.Review(ctx, tx, by, all[0].ID, bad)
				return err
			})
			if !fault.Is(err, tt.kind) {
				t.Errorf("%s: got %v, want %v", tt.name, err, tt.kind)
			}
		}
	})
}

func TestAGuardedPlacesReviewNamesItToNobodyElse(t *testing.T) {
	db := databasetest.SQLite(t)
	ctx, r := context.Background(), newRig(t, db)
	r.load("care", "own", "", "childrens_homes.csv", homes)
	outsider, insider := r.account(access.Practitioner, "council"), r.account(access.Practitioner, "care")
	by := member(access.Manager, "care")
	all, _, err := r.places.List(ctx, db.Reader(), by, place.Query{Text: "larkfield"})
	if err != nil || len(all) != 1 {
		t.Fatal(len(all), err)
	}
	in := place.NewReview{Impact: 1, ImpactWhy: "a", Risk: 1, RiskWhy: "b", Harm: 1, HarmWhy: "c", NextOn: "2026-12-04", NextOwner: outsider.ID}
	review := func() (v place.Review, err error) {
		err = r.write(func(tx *database.Tx) error {
			v, err = r.places.Review(ctx, tx, by, all[0].ID, in)
			return err
		})
		return v, err
	}
	if _, err := review(); !fault.Is(err, fault.Refused) {
		t.Errorf("the next review went to somebody who may not read the place: %v", err)
	}
	in.NextOwner = insider.ID
	v, err := review()
	if err != nil {
		t.Fatal(err)
	}
	if a, err := r.work.Get(ctx, db.Reader(), by, v.ActionID); err != nil || strings.Contains(a.Title+a.Why, "Larkfield") || a.Class != string(access.SocialCare) {
		t.Errorf("the action %+v (%v) names the home or is open to others", a, err)
	}
	who, err := r.places.Reviewers(ctx, db.Reader(), all[0])
	if err != nil || len(who) != 1 || who[0].ID != insider.ID {
		t.Errorf("%d could be asked (%v); want the agency's own practitioner alone", len(who), err)
	}
}

// crimes writes partner's events: counts before and now at a spot so many metres east of the first home.
func crimes(spots map[int][2]int) string {
	var b strings.Builder
	b.WriteString("Reference,Event Type,Date,Easting,Northing\n")
	n := 0
	for _, east := range []int{0, 2000, 4000} {
		for window, count := range spots[east] {
			for i := range count {
				n++
				day := time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC).AddDate(0, 0, -90*(1-window)-i%80)
				fmt.Fprintf(&b, "R%04d,Robbery,%s,%d,%d\n", n, day.Format("02/01/2006"), 530000+east+i%40, 180000)
			}
		}
	}
	return b.String()
}

func TestAroundAPlace(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		ctx, r := context.Background(), newRig(t, db)
		r.load("care", "own", "", "childrens_homes.csv", homes)
		r.load("care", "own", "events", "crimes.csv", crimes(map[int][2]int{0: {9, 23}, 2000: {6, 7}, 4000: {5, 5}}))
		by := member(access.Manager, "care")
		home, _, err := r.places.List(ctx, db.Reader(), by, place.Query{Text: "larkfield"})
		if err != nil {
			t.Fatal(err)
		}
		a, err := r.places.Around(ctx, db.Reader(), by, home[0])
		if err != nil {
			t.Fatal(err)
		}
		if want := "Events within 200 m: 9, then 23 in the next 90 days; at two matched places 11, then 12. From partners’ exact points."; a.Sentence != want {
			t.Errorf("got\n%s\nwant\n%s", a.Sentence, want)
		}
		if len(a.Events) != 32 || len(a.Matched) != 2 {
			t.Errorf("%d events and %d matched places; want 32 and 2", len(a.Events), len(a.Matched))
		}
		none, err := r.places.Around(ctx, db.Reader(), member(access.Manager, "police"), home[0])
		if err != nil || !none.Refused || len(none.Events) != 0 {
			t.Errorf("another agency is told %q (%v)", none.Sentence, err)
		}
	})
}

func TestSmallCountsAroundAPlaceAreHidden(t *testing.T) {
	db := databasetest.SQLite(t)
	ctx, r := context.Background(), newRig(t, db)
	r.load("care", "own", "", "childrens_homes.csv", homes)
	r.load("care", "own", "events", "crimes.csv", crimes(map[int][2]int{0: {2, 8}, 2000: {3, 9}, 4000: {7, 11}}))
	lead := member(access.SchoolLead, "care")
	lead.Closed = nil
	home, _, err := r.places.List(ctx, db.Reader(), lead, place.Query{Text: "larkfield"})
	if err != nil || len(home) != 1 {
		t.Fatal(len(home), err)
	}
	a, err := r.places.Around(ctx, db.Reader(), lead, home[0])
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal([]any{a.Before, a.Now, a.Matched[0].Before, a.Matched[0].Now, a.Matched[1].Before, a.Matched[1].Now, a.Events})
	if err != nil {
		t.Fatal(err)
	}
	want := `[{"N":0,"Hidden":true},{"N":8,"Hidden":false},{"N":0,"Hidden":true},{"N":0,"Hidden":true},{"N":0,"Hidden":true},{"N":0,"Hidden":true},null]`
	if string(b) != want {
		t.Errorf("got  %s\nwant %s", b, want)
	}
	if !strings.Contains(a.Sentence, "fewer than 5, then 8") {
		t.Errorf("the sentence is %q", a.Sentence)
	}
}

// shared opens a file of public data that developers may have beside the project.
func shared(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("../../../shared/data", name)) //nolint:gosec // a fixed place
	if err != nil {
		t.Skipf("the public file %s is not beside the project", name)
	}
	return b
}

func TestHotspotsOfPublicData(t *testing.T) {
	ctx, db := context.Background(), databasetest.SQLite(t)
	r := newRig(t, db)
	b := shared(t, "police/2024-01-essex-street.csv.gz")
	if _, err := r.gazetteer.Load(ctx, db, access.System("t", access.Upkeep), gazetteer.Input{Name: "pfa_uk.geojson", File: bytes.NewReader(shared(t, "geo/pfa_uk.geojson"))}); err != nil {
		t.Fatal(err)
	}
	_, err := r.intake.Load(ctx, member(access.Manager, "police"), intake.Input{Name: "2024-01-essex-street.csv.gz", File: bytes.NewReader(b), Size: int64(len(b)), Agency: "police", Basis: "open"})
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	h, err := r.places.Hotspots(ctx, db.Reader(), member(access.Manager, "council"), place.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%v: %s (%s)", time.Since(began).Round(time.Millisecond), h.Sentence, h.Base)
	if h.CellMetres != 500 || !h.Snapped || h.Suppressed || h.High == 0 || h.Refused {
		t.Errorf("cell %d, snapped %v, suppressed %v, %d high, refused %v", h.CellMetres, h.Snapped, h.Suppressed, h.High, h.Reasons)
	}
	sum := 0
	for _, a := range h.Areas {
		if a.Count == nil || a.GiStarZ == nil {
			t.Fatalf("cell %s of open data hides its count or z", a.ID)
		}
		sum += *a.Count
		if a.High && (!a.Significant || *a.GiStarPFDR >= 0.05) {
			t.Errorf("cell %s is high with p %v", a.ID, *a.GiStarPFDR)
		}
	}
	if sum != h.Events || sum < 12900 || sum > 13148-155 {
		t.Errorf("the cells hold %d events, the result %d; want the same and nearly all 12,993 located rows", sum, h.Events)
	}
	home, err := r.places.Around(ctx, db.Reader(), member(access.Manager, "council"), place.Place{Longitude: new(float64), Latitude: new(float64)})
	if err != nil || !home.Refused || !strings.Contains(home.Sentence, "eight or more addresses") {
		t.Errorf("snapped points around an address are not refused: %q (%v)", home.Sentence, err)
	}
}

func TestHiddenCellsTellNothing(t *testing.T) {
	db := databasetest.SQLite(t)
	ctx, r := context.Background(), newRig(t, db)
	var b strings.Builder
	b.WriteString("Reference,Event Type,Date,Easting,Northing\n")
	n := 0
	for i := range 12 {
		for j := range 12 {
			count := (i*7 + j*3) % 4 // 0 to 3: all small
			if i < 3 && j < 3 {
				count = 40
			}
			for range count {
				n++
				fmt.Fprintf(&b, "R%05d,Robbery,01/11/2026,%d,%d\n", n, 530010+500*i, 180010+500*j)
			}
		}
	}
	r.load("police", "own", "events", "crimes.csv", b.String())
	for _, tt := range []struct {
		name string
		open bool
	}{{"hidden", false}, {"for those who may see rows", true}} {
		h, err := r.places.Hotspots(ctx, db.Reader(), member(access.Analyst, "police"), place.Options{TrueCounts: tt.open})
		if err != nil || h.Refused {
			t.Fatal(err, h.Reasons)
		}
		if h.High == 0 || h.Suppressed == tt.open {
			t.Errorf("%s: %d high, suppressed %v", tt.name, h.High, h.Suppressed)
		}
		small := 0
		for _, a := range h.Areas {
			if a.Count != nil && *a.Count > 0 && *a.Count < 5 {
				small++
			}
			if !tt.open && (a.GiStarZ != nil || a.GiStarPFDR != nil) {
				t.Errorf("%s: cell %s has a z, from which its neighbours' counts follow", tt.name, a.ID)
			}
		}
		if (small > 0) != tt.open {
			t.Errorf("%s: %d small counts are shown", tt.name, small)
		}
	}
	if h, err := r.places.Hotspots(ctx, db.Reader(), member(access.Analyst, "council"), place.Options{}); err != nil || !h.Refused || len(h.Areas) != 0 {
		t.Errorf("an agency without rights is shown %d cells (%v): %s", len(h.Areas), err, h.Sentence)
	}
}

func TestEventsArePlacedWhenBoundariesComeLater(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		ctx, r := context.Background(), newRig(t, db)
		l := r.load("police", "open", "", "2026-10-testshire-street.csv", `Crime ID,Month,Reported by,Falls within,Longitude,Latitude,Location,LSOA code,LSOA name,Crime type,Last outcome category,Context
a,2026-10,Testshire Police,Testshire Police,1.1,54.1,On or near Road,X01,,Robbery,,
b,2026-10,Testshire Police,Testshire Police,1.6,54.1,On or near Road,X02,,Robbery,,
c,2026-10,Testshire Police,Testshire Police,,,No Location,,,Robbery,,
d,2026-10,Essex Police,Essex Police,0.47,51.73,On or near Road,E01021500,Chelmsford 001A,Robbery,,
`)
		if n, err := r.events.FillAreas(ctx, db, r.gazetteer, l.ID); err != nil || n != 0 {
			t.Fatalf("without boundaries %d events were placed (%v)", n, err)
		}
		square := func(west float64, code, name, level string) string {
			return fmt.Sprintf(`{"type":"Feature","properties":{"code":%q,"name":%q,"level":%q},"geometry":{"type":"Polygon","coordinates":[[[%[4]g,54],[%[5]g,54],[%[5]g,54.5],[%[4]g,54.5],[%[4]g,54]]]}}`, code, name, level, west, west+0.5)
		}
		text := `{"type":"FeatureCollection","features":[` + strings.Join([]string{square(1, "XF1", "Testshire", "force"), square(1.5, "XF2", "Otherland", "force"), square(1, "XD1", "Netherby", "district"), square(1.5, "XD2", "Over", "district")}, ",") + "]}"
		if _, err := r.gazetteer.Load(ctx, db, access.System("t", access.Upkeep), gazetteer.Input{Name: "x.geojson", File: strings.NewReader(text)}); err != nil {
			t.Fatal(err)
		}
		if n, err := r.events.FillAreas(ctx, db, r.gazetteer, ""); err != nil || n != 2 {
			t.Fatalf("%d events were placed (%v), want 2", n, err)
		}
		list, _, err := r.events.List(ctx, db.Reader(), access.Scope{}, event.Query{}, 10, 0)
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]string{"a": "XD1 XF1 false", "b": "XD2 XF2 true", "c": "  false", "d": "E07000070 E23000028 false"}
		for _, e := range list {
			if e.Reference == "c" {
				e.Force = "" // named by the file alone
			}
			if got := fmt.Sprintf("%s %s %v", e.District, e.Force, e.Outside); got != want[e.Reference] {
				t.Errorf("event %s: %s, want %s", e.Reference, got, want[e.Reference])
			}
		}
	})
}

func TestPlacesAndEventsAreFoundWhenTheDirectoryComesLater(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		ctx, r := context.Background(), newRig(t, db)
		r.load("council", "own", "", "places.csv", "Place Name,Place Type,Address,Postcode\nRiverside Arcade,Arcade,The Quay,WX1 1AE\nNowhere,Park,Mill Road,WX9 9ZZ\n")
		r.load("police", "own", "events", "crimes.csv", "Reference,Event Type,Date,Postcode\nR1,Robbery,01/11/2026,WX1 1AE\nR2,Robbery,01/11/2026,WX9 9ZZ\n")
		l := r.load("council", "open", "", "onspd.csv", "pcd7,pcds,dointr,doterm,usrtypind,east1m,north1m,gridind,lad25cd,ctry25cd,lsoa21cd,lat,long,pfa23cd\nWX1 1AE,WX1 1AE,199001,,0,530500,180500,1,XD01,E92000001,XL01,51.5000,-0.1200,XF01\n")
		if loaded, brought, err := r.gazetteer.Directory(ctx, db.Reader(), l.ID); err != nil || !loaded || !brought {
			t.Fatalf("the directory is loaded %v, brought %v (%v)", loaded, brought, err)
		}
		if n, err := r.places.FillPoints(ctx, db); err != nil || n != 1 {
			t.Errorf("%d places were found (%v), want 1", n, err)
		}
		if n, err := r.events.FillPoints(ctx, db, ""); err != nil || n != 1 {
			t.Errorf("%d events were found (%v), want 1", n, err)
		}
		list, _, err := r.places.List(ctx, db.Reader(), member(access.Manager, "council"), place.Query{Text: "arcade"})
		if err != nil || len(list) != 1 || list[0].Latitude == nil || *list[0].Latitude != 51.5 || list[0].LocatedBy != "postcode" || list[0].District != "XD01" {
			t.Errorf("the place is %+v (%v)", list, err)
		}
	})
}
