package audit_test

import (
	"context"
	"testing"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/database/databasetest"
	"lantern.example/lantern/internal/fault"
)

func TestReadings(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		ctx := context.Background()
		start := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
		now := clock.At(start.AddDate(0, 0, -40))
		log := audit.NewLog(now, clock.NewIDs(now, nil))
		read := func(account string, daysAgo, pages int, owners ...string) {
			t.Helper()
			now.Advance(start.AddDate(0, 0, -daysAgo).Sub(now.Now()))
			for range pages {
				if err := log.Consulted(ctx, db, access.Scope{Account: account, Agency: "police"}, audit.Line{SubjectKind: "person", Subject: "x", Owners: owners}); err != nil {
					t.Fatal(err)
				}
			}
		}
		read("steady", 35, 9, "care") // too long ago to count
		for _, d := range []int{20, 15, 10} {
			read("steady", d, 2, "care", "school")
			read("sudden", d, 1, "care")
		}
		read("few", 9, 1, "care")
		read("elsewhere", 9, 5, "school")
		read("careful", 8, 5, "careers") // an agency whose code begins alike
		read("steady", 2, 6, "care")
		read("sudden", 1, 4, "care")
		read("few", 0, 9, "care")
		got, err := audit.Readings(ctx, db.Reader(), access.Scope{Agency: "care"}, clock.Micros(start))
		if err != nil {
			t.Fatal(err)
		}
		by := map[string]audit.Reading{}
		for _, r := range got {
			by[r.Account] = r
		}
		for _, c := range []struct {
			account        string
			total, most    int
			busiest        string
			unusual, known bool
		}{
			{"steady", 12, 6, "2026-11-20", false, true}, // three times the median is not more than three times it
			{"sudden", 7, 4, "2026-11-21", true, true},
			{"few", 10, 9, "2026-11-22", false, false},
		} {
			r := by[c.account]
			unusual, known := r.Unusual()
			if r.Total != c.total || r.Most != c.most || r.Busiest != c.busiest || unusual != c.unusual || known != c.known {
				t.Errorf("%s: %+v unusual %v known %v, want %+v", c.account, r, unusual, known, c)
			}
		}
		if len(got) != 3 {
			t.Errorf("%d accounts, want the 3 that opened this agency's records: %+v", len(got), got)
		}
		if _, err := audit.Readings(ctx, db.Reader(), access.Scope{}, clock.Micros(start)); !fault.Is(err, fault.NotFound) {
			t.Errorf("without an agency: %v", err)
		}
		lines, total, err := audit.Find(ctx, db.Reader(), access.Scope{Agency: "care"}, audit.Query{Owner: "care", Acts: []audit.Act{audit.Disclosure, audit.Erasure}})
		if err != nil || total != 0 || len(lines) != 0 {
			t.Errorf("disclosures: %d (%v), want none", total, err)
		}
		if _, total, err = audit.Find(ctx, db.Reader(), access.Scope{Agency: "care"}, audit.Query{Owner: "care", Acts: []audit.Act{audit.Consultation}}); err != nil || total != 9+6+3+1+6+4+9 {
			t.Errorf("consultations: %d (%v)", total, err)
		}
	})
}
