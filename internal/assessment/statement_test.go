package assessment_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/account"
	"lantern.example/lantern/internal/assessment"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/database/databasetest"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/intake/profile"
	"lantern.example/lantern/internal/partnership"
)

var (
	council = access.Scope{Account: "a", Agency: "council", Purpose: access.Assessment}
	police  = access.Scope{Account: "b", Agency: "police", Purpose: access.Assessment}
)

func store() (*assessment.Store, clock.Clock, *clock.IDs) {
	c := clock.At(time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC))
	ids := clock.NewIDs(c, nil)
	s := assessment.NewStore(c, ids)
	s.Logged(audit.NewLog(c, ids))
	return s, c, ids
}

func said(agency, role, words string, themes ...string) assessment.Statement {
	return on("2026-11-02", "1", agency, role, words, themes...)
}

func on(day, slot, agency, role, words string, themes ...string) assessment.Statement {
	s := assessment.Statement{Interview: assessment.InterviewOf(day, slot), Agency: agency, Role: role, Words: words, Themes: themes, Basis: profile.Seen, Confidence: profile.High}
	s.True = assessment.On(day)
	return s
}

func write(t *testing.T, db *database.DB, do func(ctx context.Context, tx *database.Tx) error) error {
	t.Helper()
	return db.Write(context.Background(), func(tx *database.Tx) error { return do(context.Background(), tx) })
}

func add(t *testing.T, db *database.DB, s *assessment.Store, by access.Scope, in assessment.Statement) (id string) {
	t.Helper()
	if err := write(t, db, func(ctx context.Context, tx *database.Tx) (err error) { id, err = s.Add(ctx, tx, by, in); return err }); err != nil {
		t.Fatal(err)
	}
	return id
}

func acts(t *testing.T, db *database.DB) string {
	t.Helper()
	list, err := database.Collect(context.Background(), db.Reader(), database.Value[string], "SELECT act FROM audit_entry ORDER BY id")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(list, " ")
}

func TestACorrectionTakesThePlaceOfWhatWasSaid(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		s, _, _ := store()
		ctx, q := context.Background(), db.Reader()
		first := add(t, db, s, council, said("Police", "Sergeant", "Jordan Merrow waits there", "T10", "T9"))
		var second, third string
		correct := func(by access.Scope, id, words string, erase bool) (out string, err error) {
			err = write(t, db, func(ctx context.Context, tx *database.Tx) (err error) {
				out, err = s.Correct(ctx, tx, by, id, said("Police", "Sergeant", words, "T10"), erase)
				return err
			})
			return out, err
		}
		if _, err := correct(police, first, "A man waits there", false); !fault.Is(err, fault.Refused) {
			t.Errorf("another agency corrected it: %v", err)
		}
		if _, err := correct(council, "none", "A man waits there", false); !fault.Is(err, fault.NotFound) {
			t.Errorf("correcting what does not exist: %v", err)
		}
		if _, err := correct(council, first, "  ", false); !fault.Is(err, fault.Invalid) {
			t.Errorf("correcting to nothing: %v", err)
		}
		var err error
		if second, err = correct(council, first, "A man called Jordan waits there", false); err != nil {
			t.Fatal(err)
		}
		if _, err := correct(council, first, "Mine", false); !fault.Is(err, fault.Conflict) {
			t.Errorf("correcting an old version: %v, want a conflict", err)
		}
		versions, err := s.Versions(ctx, q, council, first)
		if err != nil || len(versions) != 2 || versions[0].ID != second || versions[1].Words != "Jordan Merrow waits there" || versions[1].SupersededBy != second || versions[0].Ver != 2 || strings.Join(versions[1].Themes, " ") != "T9 T10" {
			t.Fatalf("versions %+v (%v)", versions, err)
		}
		if third, err = correct(council, second, "A man waits there", true); err != nil {
			t.Fatal(err)
		}
		versions, err = s.Versions(ctx, q, council, second)
		if err != nil || len(versions) != 3 || versions[0].ID != third || versions[0].Words != "A man waits there" {
			t.Fatalf("versions %+v (%v)", versions, err)
		}
		for _, v := range versions[1:] {
			if v.Words != assessment.ErasedWords || v.Agency != "Police" {
				t.Errorf("an erased version says %q by %q", v.Words, v.Agency)
			}
		}
		list, total, err := s.List(ctx, q, police, assessment.Query{})
		if err != nil || total != 1 || list[0].ID != third || strings.Join(list[0].Themes, " ") != "T10" {
			t.Errorf("the list has %d: %+v (%v)", total, list, err)
		}
		if _, err := s.Versions(ctx, q, access.Scope{}, first); !fault.Is(err, fault.NotFound) {
			t.Errorf("somebody in no agency reads it: %v", err)
		}
		if got, want := acts(t, db), "collection alteration erasure alteration"; got != want {
			t.Errorf("the log holds %q, want %q", got, want)
		}
	})
}

func TestAnswersKeepTheirHistory(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		loaded, scope := load(t, db, header+"2026-11-02,1,Police,Sergeant,T10,Watched,seen,no,no\n2026-11-02,2,School,Head,T10,Watched,seen,no,\n")
		for _, a := range []profile.Answer{profile.Partly, profile.Yes} {
			if err := write(t, db, func(ctx context.Context, tx *database.Tx) error {
				return loaded.AnswerFrom(ctx, tx, scope, "T10", "leaders", a, "Board, "+string(a))
			}); err != nil {
				t.Fatal(err)
			}
		}
		got, err := loaded.Answers(context.Background(), db.Reader(), police, "T10")
		if err != nil {
			t.Fatal(err)
		}
		var words []string
		for _, a := range got {
			where := a.SourceRef
			if a.LoadID != "" {
				where = "sheet"
			}
			words = append(words, fmt.Sprintf("%s %s %s %d %v", a.Question, a.Answer, where, a.Rows, a.Current))
		}
		slices.Sort(words)
		want := "leaders no sheet 2 false|leaders partly Board, partly 1 false|leaders yes Board, yes 1 true|strategy no sheet 1 true"
		if s := strings.Join(words, "|"); s != want {
			t.Errorf("answers\n%s\nwant\n%s", s, want)
		}
	})
}

// voices is what is said in the tests of masking: T10 by three of police, one of school, one of care; T9 by one of police
// and one of school; T5 by two of care alone.
func voices() []assessment.Statement {
	list := []assessment.Statement{
		said("Police", "Sergeant", "a", "T10"), said("Police", "Analyst", "b", "T10"), said("police ", "Constable", "c", "T10", "T9"),
		said("School", "Head", "d", "T10"), said("School", "Head", "e", "T9"), said("Care", "Social worker", "f", "T10"),
		said("Care", "Social worker", "g", "T5"), said("Care", "Team leader", "h", "T5"), said("Police", "Sergeant", "i"),
	}
	for i := range list {
		list[i].ID, list[i].Owner = list[i].Words, "council"
	}
	return list
}

func TestOneVoiceIsNotTold(t *testing.T) {
	for _, c := range []struct {
		name  string
		scope access.Scope
		held  bool
	}{{"another agency", police, false}, {"the agency that holds the sheet", council, true}, {"nobody's agency", access.Scope{}, false}} {
		t.Run(c.name, func(t *testing.T) {
			want := map[string]string{"a": "Police", "b": "Police", "c": "", "d": "", "e": "", "f": "", "g": "", "h": "", "i": ""}
			for _, m := range assessment.Mask(voices(), c.scope) {
				if m.Role != "" {
					t.Errorf("%s: the role %q is shown", m.Words, m.Role)
				}
				if m.Agency != want[m.Words] || m.OneVoice != (want[m.Words] == "") {
					t.Errorf("%s: agency %q (one voice %v), want %q", m.Words, m.Agency, m.OneVoice, want[m.Words])
				}
				if m.Held != c.held || (m.Interview != "") != c.held {
					t.Errorf("%s: held %v, interview %q", m.Words, m.Held, m.Interview)
				}
				if lone := m.Words == "g" || m.Words == "h"; m.Lone != lone {
					t.Errorf("%s: lone %v, want %v", m.Words, m.Lone, lone)
				}
			}
		})
	}
}

func TestWhoSpeaksOfATheme(t *testing.T) {
	for code, want := range map[string]string{"T10": "Police 3 [Analyst Constable Sergeant]", "T9": "", "T5": "", "T1": ""} {
		var got []string
		for _, x := range assessment.SpeakingOf(voices(), code) {
			got = append(got, fmt.Sprintf("%s %d %v", x.Agency, x.Voices, x.Roles))
		}
		if s := strings.Join(got, "; "); s != want {
			t.Errorf("%s: %q, want %q", code, s, want)
		}
	}
}

func TestDifferencesAreCountedFromWhatStandsBesideTheWords(t *testing.T) {
	list := voices()
	list[0].Reported, list[1].Reported, list[3].Reported = profile.Yes, profile.No, profile.No
	list[0].WhoElse, list[1].WhoElse = "Nobody", "No one."
	list[5].Confidence = profile.Low
	got := fmt.Sprintf("%v", assessment.Differences(list, "T10"))
	want := "[{Was it reported? [{It was reported 1 1} {It was not reported 2 2}]} {How sure are they? [{Sure of it 4 2} {Not sure of it 1 1}]}]"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestAStatementWithoutAnAgencyIsNobodysVoice(t *testing.T) {
	list := []assessment.Statement{said("", "Worker", "a", "T10"), said("", "Manager", "b", "T10"), said("Police", "Sergeant", "c", "T10"), said("Police", "Analyst", "d", "T10")}
	if got := assessment.SpeakingOf(list, "T10"); got != nil {
		t.Errorf("%+v speak of it: a second agency is not known to", got)
	}
	if got := assessment.SpeakingOf(append(list, said("School", "Head", "e", "T10")), "T10"); len(got) != 1 || got[0].Agency != "Police" {
		t.Errorf("%+v speak of it, want Police alone", got)
	}
}

func TestRoundsAndTheirComparison(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		s, _, _ := store()
		themes := assessment.Themes()
		compare := func() assessment.Comparison {
			c, err := s.Compare(context.Background(), db.Reader(), police, themes)
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
		if c := compare(); c.Rounds != 0 {
			t.Errorf("of nothing: %+v", c)
		}
		for _, x := range []assessment.Statement{
			on("2026-04-28", "1", "Police", "Sergeant", "a", "T10"), on("2026-05-03", "1", "School", "Head", "b", "T10"), on("2026-05-03", "1", "School", "Head", "b", "T2"),
		} {
			add(t, db, s, council, x)
		}
		if c := compare(); c.Rounds != 1 || c.NowFrom != "2026-04-28" || len(c.Rows) != 0 {
			t.Errorf("of interviews five days apart over a month's end: %+v", c)
		}
		for i, x := range []string{"Police", "School", "Care"} {
			add(t, db, s, council, on("2026-11-02", fmt.Sprint(i+1), x, "Worker", "c", "T10", "T8"))
		}
		c := compare()
		if c.Rounds != 2 || c.BeforeFrom != "2026-04-28" || c.NowFrom != "2026-11-02" || c.Before.Interviews != 2 || c.Now.Interviews != 3 {
			t.Fatalf("%+v", c)
		}
		got := map[string]string{}
		for _, r := range c.Rows {
			got[r.Code] = fmt.Sprint(r.Before, r.Now)
		}
		if len(got) != 2 || got["T10"] != "{2 2 2} {3 3 3}" || got["T8"] != "{0 0 0} {3 3 3}" {
			t.Errorf("rows %v: T2 is one agency's and does not belong", got)
		}
	})
}

func TestTheSheetShowsWhatNobodyHasSaidYet(t *testing.T) {
	held := []assessment.Statement{
		on("2026-11-02", "10", "School", "Head", "a", "T9"), on("2026-11-02", "2", "Police", "Sergeant", "b", "T9", "T10"), on("2026-11-02", "2", "Police", "Analyst", "c", "T9"),
		on("2026-11-03", "1", "Care", "Worker", "d", "OWN"),
	}
	sheets := assessment.Sheets(held, []assessment.Theme{{Code: "T9", Name: "Schools"}, {Code: "T10", Name: "Care"}, {Code: "T11", Name: "Housing"}})
	if len(sheets) != 2 || sheets[0].Day != "2026-11-03" || sheets[1].Day != "2026-11-02" {
		t.Fatalf("days %+v", sheets)
	}
	if n := len(sheets[0].Rows); n != 4 || sheets[0].Rows[3].Code != "OWN" || sheets[0].Rows[3].Asked != 1 {
		t.Errorf("a theme of nobody's list has no row: %+v", sheets[0].Rows)
	}
	two := sheets[1]
	if len(two.Interviews) != 2 || two.Interviews[0].Slot != "2" || two.Interviews[1].Slot != "10" || strings.Join(two.Interviews[0].Who, "; ") != "Police, Sergeant; Police, Analyst" || two.Interviews[0].Statements != 2 {
		t.Errorf("interviews %+v", two.Interviews)
	}
	if got, want := fmt.Sprint(two.Rows), "[{T9 Schools [2 1] 2} {T10 Care [1 0] 1} {T11 Housing [0 0] 0}]"; got != want {
		t.Errorf("rows %s, want %s", got, want)
	}
}

func TestARenamedThemeLosesItsClaim(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		_, c, ids := store()
		log := audit.NewLog(c, ids)
		content := partnership.NewStore(c, ids, log, account.NewStore(db, c, ids, nil))
		by := access.System("test", access.Upkeep)
		err := write(t, db, func(ctx context.Context, tx *database.Tx) error {
			if err := content.Seed(ctx, tx, by); err != nil {
				return err
			}
			for _, x := range []partnership.Theme{{Code: "T10", Name: "Care and placements", About: "Other words.", InUse: true}, {Code: "T11", Name: "Hotels", InUse: true}} {
				if err := content.SaveTheme(ctx, tx, by, 1, x); err != nil {
					return err
				}
			}
			return content.SaveTheme(ctx, tx, by, 0, partnership.Theme{Code: "OWN", Name: "Music", InUse: true})
		})
		if err != nil {
			t.Fatal(err)
		}
		themes, err := assessment.ThemesIn(context.Background(), db.Reader(), content)
		if err != nil || len(themes) != 21 {
			t.Fatalf("%d themes (%v), want 21", len(themes), err)
		}
		for code, claimed := range map[string]bool{"T10": true, "T9": true, "T11": false, "OWN": false} {
			x, known := assessment.ThemeOf(themes, code)
			if !known || (x.Claim != "") != claimed || (len(x.Kinds) > 0) != claimed {
				t.Errorf("%s: %+v; with its claim: want %v", code, x, claimed)
			}
		}
	})
}

func TestEveryExpectedGroupHasSomebodyToAsk(t *testing.T) {
	for _, e := range assessment.Expected {
		if assessment.WhomToAsk(e.Group).Whom == "" {
			t.Errorf("nothing says whom to ask for %s", e.Group)
		}
	}
}
