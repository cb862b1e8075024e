package assessment_test

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/assessment"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/database/databasetest"
	"lantern.example/lantern/internal/intake"
	"lantern.example/lantern/internal/intake/profile"
)

type noJobs struct{}

func (noJobs) Enqueue(context.Context, *database.Tx, string, any) error { return nil }

func load(t *testing.T, db *database.DB, csv string) (*assessment.Store, access.Scope) {
	t.Helper()
	c := clock.At(time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC))
	ids := clock.NewIDs(c, nil)
	s := assessment.NewStore(c, ids)
	in := intake.NewStore(db, c, ids, noJobs{}, func(context.Context, *database.Tx, access.Scope, string, string, string) error { return nil }, s)
	scope := access.Scope{Account: "a", Agency: "council", Purpose: access.Assessment}
	l, err := in.Load(context.Background(), scope, intake.Input{Name: "statements.csv", File: bytes.NewReader([]byte(csv)), Size: int64(len(csv)), Agency: "council", Basis: "own", Identified: true})
	if err != nil {
		t.Fatal(err)
	}
	if l.Profile != "statements" || l.Refused != 0 {
		t.Fatalf("read as %s with %d refused", l.Profile, l.Refused)
	}
	return s, scope
}

const header = "Date,Slot,Agency,Role,Theme,Statement,Basis,Known to leaders,In the strategy\n"

func TestVoicesAreCountedNotStatements(t *testing.T) {
	// One sergeant says the same thing four times; a social worker and a second officer say it once each.
	csv := header +
		strings.Repeat("2026-11-02,1,Police,Sergeant,T10,The home is being watched,seen,no,no\n", 4) +
		"2026-11-02,2,Social care,Social worker,T10,The home is being watched,told,,\n" +
		"2026-11-02,3,Police,Constable,T10,Cars wait outside the home,seen,,\n" +
		"2026-11-02,3,Police,Constable,T5,Debts are called in,told,,\n"
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		s, scope := load(t, db, csv)
		asked := 0
		r, err := s.Analyse(context.Background(), db.Reader(), scope, assessment.Themes(), func(_ context.Context, kinds []profile.Kind) (int, error) {
			asked++
			if !slices.Contains(kinds, profile.MissingEpisode) {
				t.Errorf("asked for kinds %v", kinds)
			}
			return 2, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if r.Statements != 7 || r.Interviews != 3 || r.Agencies != 2 || r.Voices != 3 {
			t.Errorf("got %d statements, %d interviews, %d agencies, %d voices; want 7, 3, 2, 3", r.Statements, r.Interviews, r.Agencies, r.Voices)
		}
		if len(r.BlindSpots) != 1 || asked != 1 {
			t.Fatalf("blind spots %+v: want T10 alone, T5 is one agency's", r.BlindSpots)
		}
		b := r.BlindSpots[0]
		if b.Said != (assessment.Said{Voices: 3, Agencies: 2, Interviews: 3}) || b.InData != profile.Partly || b.InStrategy != profile.No || b.KnownToLeaders != profile.No || !b.Gap() {
			t.Errorf("T10 is %+v", b)
		}
		if want := "Staff in 3 of 3 interviews, from 2 agencies, say a children's home or placement is being targeted. In partners' data: partly. In the strategy: no. Known to leaders: no."; b.Sentence != want {
			t.Errorf("sentence %q\nwant     %q", b.Sentence, want)
		}
		if r.OneAgency != 1 {
			t.Errorf("themes of one agency: %d, want 1", r.OneAgency)
		}
		row := r.ByAgency[0]
		if i := slices.Index(row.Agencies, "Social care"); i < 0 || row.Voices[i] != assessment.Hidden {
			t.Errorf("the cell of one voice is shown: %+v", row)
		}
		if slices.Contains(r.NotHeard, "police") || !slices.Contains(r.NotHeard, "ambulance") || !slices.Contains(r.NotHeard, "parents") {
			t.Errorf("not heard: %v", r.NotHeard)
		}
	})
}

func TestPairsNeedThreeInterviewsAndTwoAgencies(t *testing.T) {
	var b strings.Builder
	b.WriteString(header)
	for slot, agency := range []string{"Police", "Social care", "School"} {
		n := string(rune('1' + slot))
		b.WriteString("2026-11-02," + n + "," + agency + ",Worker,T8,Children go missing,seen,,\n")
		b.WriteString("2026-11-02," + n + "," + agency + ",Worker,T10,From the home,seen,,\n")
	}
	b.WriteString("2026-11-02,1,Police,Worker,T2,Drugs,seen,,\n2026-11-02,2,Social care,Worker,T2,Drugs,seen,,\n")
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		s, scope := load(t, db, b.String())
		r, err := s.Analyse(context.Background(), db.Reader(), scope, assessment.Themes(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Pairs) != 1 || r.Pairs[0].Sentence != "Missing and care and placements were spoken of together in 3 of 3 interviews, by 3 agencies." {
			t.Errorf("pairs: %+v", r.Pairs)
		}
	})
}

func TestAnAnswerTypedInSupersedesAndIsKept(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		s, scope := load(t, db, header+"2026-11-02,1,Police,Sergeant,T10,Watched,seen,no,no\n2026-11-02,2,School,Head,T10,Watched,seen,,\n")
		ctx := context.Background()
		for _, a := range []profile.Answer{profile.Partly, profile.Yes} {
			if err := db.Write(ctx, func(tx *database.Tx) error { return s.Answer(ctx, tx, scope, "T10", "leaders", a) }); err != nil {
				t.Fatal(err)
			}
		}
		r, err := s.Analyse(ctx, db.Reader(), scope, assessment.Themes(), nil)
		if err != nil || len(r.BlindSpots) != 1 || r.BlindSpots[0].KnownToLeaders != profile.Yes {
			t.Errorf("after two answers: %+v (%v)", r.BlindSpots, err)
		}
		if n, err := database.One(ctx, db.Reader(), database.Value[int], "SELECT count(*) FROM theme_answer WHERE question = 'leaders'"); err != nil || n != 3 {
			t.Errorf("%d answers are kept (%v), want all 3", n, err)
		}
	})
}

func TestWithoutRecordsNobodyCanSayWhatTheyHold(t *testing.T) {
	csv := header + "2026-11-02,1,Police,Sergeant,T10,Watched,seen,no,no\n2026-11-02,2,School,Head,T10,Watched,seen,,\n2026-11-02,2,School,Head,T17,Told late,seen,,\n2026-11-02,1,Police,Sergeant,T17,Told late,seen,,\n"
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		s, scope := load(t, db, csv)
		for _, c := range []struct {
			name      string
			any, kind int
			want      profile.Answer
		}{{"no records at all", 0, 0, profile.NotKnown}, {"records of other kinds", 4, 0, profile.No}, {"one agency's", 4, 1, profile.Partly}, {"three agencies'", 4, 3, profile.Yes}} {
			r, err := s.Analyse(context.Background(), db.Reader(), scope, assessment.Themes(), func(_ context.Context, kinds []profile.Kind) (int, error) {
				if len(kinds) == 0 {
					return c.any, nil
				}
				return c.kind, nil
			})
			if err != nil || len(r.BlindSpots) != 2 {
				t.Fatal(r.BlindSpots, err)
			}
			for _, b := range r.BlindSpots {
				want := c.want
				if b.Codes[0] == "T17" { // no kind of record would show it
					want = profile.NotKnown
				}
				if b.InData != want {
					t.Errorf("%s, %s: in data %q, want %q", c.name, b.Codes[0], b.InData, want)
				}
			}
		}
	})
}
