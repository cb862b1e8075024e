package line_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/database/databasetest"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/gazetteer"
	"lantern.example/lantern/internal/intake"
	"lantern.example/lantern/internal/line"
)

var now = clock.At(time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC))

type noJobs struct{}

func (noJobs) Enqueue(context.Context, *database.Tx, string, any) error { return nil }

type rig struct {
	db     *database.DB
	lines  *line.Store
	intake *intake.Store
}

func newRig(db *database.DB) rig {
	ids := clock.NewIDs(now, nil)
	log := audit.NewLog(now, ids)
	lines := line.NewStore(now, ids, log, gazetteer.NewStore(now, ids, log))
	return rig{db, lines, intake.NewStore(db, now, ids, noJobs{}, func(context.Context, *database.Tx, access.Scope, string, string, string) error { return nil }, lines)}
}

func member(agency string) access.Scope {
	return access.Scope{Account: agency + "-1", Name: "Somebody", Agency: agency, Role: access.Manager, Purpose: access.CommunitySafety, Closed: access.ClosedTo(access.Manager)}
}

func (r rig) load(t *testing.T, agency, basis, text string) *intake.Load {
	t.Helper()
	l, err := r.intake.Load(context.Background(), member(agency), intake.Input{Name: "flows.csv", File: strings.NewReader(text), Size: int64(len(text)), Agency: agency, Basis: basis})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// The numbers of the invented city: 31 people, three flows under five.
const city = `origin,destination,people,confirmed,suspected,supply,violence,period,source
Lambeth,Kent,9,6,3,7,2,2026,Desk
Southwark,Kent Police,6,5,1,5,1,2026,Desk
Lambeth,Essex,5,4,1,4,1,2026,Desk
E09000033,Sussex,5,3,2,3,2,2026,Desk
Southwark,Norfolk,3,2,1,3,0,2026,Desk
Westminster,Essex,2,1,1,1,1,2026,Desk
Camden,Kent,1,1,0,1,0,2026,Desk
`

func TestAFlowWithoutANumberIsNotAmongThoseWhoAreCounted(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		r := newRig(db)
		r.load(t, "council", "own", "origin,destination,people,period,source\nLambeth,Kent,9,2026,Desk\nLambeth,Essex,8,2026,Desk\nLambeth,Sussex,,2026,Desk\n")
		f, err := r.lines.Flows(context.Background(), db.Reader(), member("council"), line.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if want := "17 people are linked from 1 district to 2 forces in 2026. 1 more flow is named without a number."; f.Headline != want {
			t.Errorf("the finding is\n%s\nwant\n%s", f.Headline, want)
		}
	})
}

func TestFlowsAreAddedMatchedAndProtected(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		ctx, r := context.Background(), newRig(db)
		r.load(t, "council", "own", city)
		f, err := r.lines.Flows(ctx, db.Reader(), member("council"), line.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if len(f.Flows) != 7 || f.Refused {
			t.Fatalf("%d flows, refused %v; want 7: %+v", len(f.Flows), f.Refused, f.Reasons)
		}
		want := "31 people are linked from 4 districts to 4 forces in 2026: 22 confirmed, 9 suspected; 24 by supply, 7 by violence. Flows under 5 are hidden."
		if f.Headline != want {
			t.Errorf("the finding is\n%s\nwant\n%s", f.Headline, want)
		}
		for _, x := range f.Flows {
			if x.People != nil && *x.People > 0 && *x.People < 5 {
				t.Errorf("%s to %s shows %d people", x.Origin, x.Destination, *x.People)
			}
			for name, v := range map[string]*int{"confirmed": x.Confirmed, "suspected": x.Suspected, "supply": x.Supply, "violence": x.Violence} {
				if v != nil && *v > 0 && *v < 5 {
					t.Errorf("%s to %s shows %d %s", x.Origin, x.Destination, *v, name)
				}
			}
		}
		if e := f.Ends["Westminster"]; !e.Known || e.Code != "E09000033" || e.At.Lat == 0 {
			t.Errorf("a code and a name of one district are not brought together: %+v", e)
		}
		one, err := r.lines.Flows(ctx, db.Reader(), member("council"), line.Options{Origin: "E09000022"})
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range one.Flows {
			for _, y := range f.Flows {
				if x.Origin == y.Origin && x.Destination == y.Destination && fmt.Sprint(x.People == nil) != fmt.Sprint(y.People == nil) {
					t.Errorf("asking for one end shows %s to %s otherwise than the whole does", x.Origin, x.Destination)
				}
			}
		}
		if len(one.Flows) != 2 || one.Headline != f.Headline {
			t.Errorf("one end: %d flows, finding %q; want 2 and the finding of the whole", len(one.Flows), one.Headline)
		}
	})
}

func TestHiddenNumbersAreNowhereInTheJSON(t *testing.T) {
	db := databasetest.SQLite(t)
	r := newRig(db)
	// Every small number is one that appears nowhere else.
	r.load(t, "council", "own", "origin,destination,people,confirmed,suspected,period\nLambeth,Kent,4003,4001,2,2026\nLambeth,Essex,3,1,2,2026\nCamden,Essex,4,2,2,2026\nCamden,Kent,6009,6009,0,2026\n")
	f, err := r.lines.Flows(context.Background(), db.Reader(), member("council"), line.Options{})
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	var loose []map[string]any
	var doc struct{ Flows json.RawMessage }
	if err := json.Unmarshal(b, &doc); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(strings.ToLower(string(doc.Flows))), &loose); err != nil {
		t.Fatal(err)
	}
	for _, x := range loose {
		for _, k := range []string{"people", "confirmed", "suspected"} {
			if n, ok := x[k].(float64); ok && n > 0 && n < 5 {
				t.Errorf("%v: %s is %v", x, k, n)
			}
		}
	}
	if len(loose) != 4 {
		t.Fatalf("%d flows in the document, want 4", len(loose))
	}
}

func TestWhoReadsFlows(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		ctx, r := context.Background(), newRig(db)
		l := r.load(t, "council", "own", city)
		agreed := member("police")
		agreed.Permits = []access.Permit{{Agreement: "A1", Owners: []string{"council"}, Classes: []access.Class{access.Depersonal}}}
		for _, tt := range []struct {
			name  string
			scope access.Scope
			want  int
		}{{"own", member("council"), 7}, {"another agency", member("police"), 0}, {"another agency under an agreement", agreed, 7}, {"nobody", access.Scope{}, 0}, {"a job", access.System("t", access.Assessment), 7}} {
			f, err := r.lines.Flows(ctx, db.Reader(), tt.scope, line.Options{})
			if err != nil || len(f.Flows) != tt.want || f.Refused != (tt.want == 0) {
				t.Errorf("%s: %d flows, refused %v (%v); want %d", tt.name, len(f.Flows), f.Refused, err, tt.want)
			}
			if tt.want == 0 && !strings.HasPrefix(f.Headline, "We cannot say how far it reaches") {
				t.Errorf("%s: the finding is %q", tt.name, f.Headline)
			}
		}
		err := db.Write(ctx, func(tx *database.Tx) error { return r.intake.Undo(ctx, tx, member("council"), l.ID, "wrong file") })
		if err != nil {
			t.Fatal(err)
		}
		if f, _ := r.lines.Flows(ctx, db.Reader(), member("council"), line.Options{}); len(f.Flows) != 0 {
			t.Errorf("%d flows after the load was undone", len(f.Flows))
		}
		if err := r.intake.Purge(ctx, l.ID); err != nil {
			t.Fatal(err)
		}
		if n, _ := database.One(ctx, db.Reader(), database.Value[int], "SELECT count(*) FROM flow"); n != 0 {
			t.Errorf("%d rows are left of an undone load", n)
		}
	})
}

func TestAwkwardFlows(t *testing.T) {
	db := databasetest.SQLite(t)
	r := newRig(db)
	r.load(t, "council", "own", "origin,destination,people,confirmed\nKent,Kent,9,9\nNowhere,Essex,12,30\nWiltshire,Wiltshire,8,\nCamden,Essex,<5,\n")
	f, err := r.lines.Flows(context.Background(), db.Reader(), member("council"), line.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if strings.Join(f.Unplaced, ",") != "Nowhere" {
		t.Errorf("unplaced %v, want Nowhere", f.Unplaced)
	}
	for _, x := range f.Flows {
		if x.Origin == "Nowhere" && (x.People == nil || *x.People != 12 || x.Confirmed != nil) {
			t.Errorf("a part larger than its whole is kept: %+v", x)
		}
	}
	if got := strings.Join(f.Warnings, "; "); !strings.Contains(got, "to itself") {
		t.Errorf("warnings %q do not say that rows lead from an area to itself", got)
	}
}

func write(t *testing.T, db *database.DB, f func(tx *database.Tx) error) error {
	t.Helper()
	return db.Write(context.Background(), f)
}

func TestLinesCloseAndComeBack(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		ctx, r, police := context.Background(), newRig(db), member("police")
		var sunny, breeze, secret line.Line
		err := write(t, db, func(tx *database.Tx) (err error) {
			if sunny, err = r.lines.Add(ctx, tx, police, line.NewLine{Brand: "SUNNY", Origin: "Southwark", Impacted: "Essex", Base: "Mill  Lane ", FirstSeen: "2025-01-04", LastSeen: "2026-03-01"}); err != nil {
				return err
			}
			if breeze, err = r.lines.Add(ctx, tx, police, line.NewLine{Brand: "BREEZE", Origin: "Southwark", Impacted: "Essex", Base: "mill lane", FirstSeen: "2026-03-14"}); err != nil {
				return err
			}
			secret, err = r.lines.Add(ctx, tx, police, line.NewLine{Brand: "QUIET", Origin: "Camden", Impacted: "Kent", FirstSeen: "2026-01-01", Class: access.Intelligence})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		err = write(t, db, func(tx *database.Tx) error {
			_, err := r.lines.Close(ctx, tx, police, sunny.ID, 1, line.Ending{Closure: line.Deactivated, On: "2026-03-05", Why: "The number was taken off the network."})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		list, err := r.lines.Lines(ctx, db.Reader(), police)
		if err != nil || len(list) != 3 {
			t.Fatalf("%d lines (%v), want 3", len(list), err)
		}
		if got, want := line.Finding(list), "The SUNNY line closed in March 2026; a new brand used the same base nine days later."; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		got, err := r.lines.Get(ctx, db.Reader(), police, breeze.ID)
		if err != nil || got.Follows == nil || got.Follows.ID != sunny.ID || got.Follows.Days != 9 {
			t.Errorf("BREEZE follows %+v (%v), want SUNNY after 9 days", got.Follows, err)
		}
		history, err := r.lines.History(ctx, db.Reader(), police, sunny.ID)
		if err != nil || len(history) != 2 || history[1].What != "closed" || history[1].ByName != "Somebody" {
			t.Errorf("history %+v (%v)", history, err)
		}
		if _, err := r.lines.Get(ctx, db.Reader(), member("council"), secret.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("another agency reads an intelligence line: %v", err)
		}
		if _, err := r.lines.History(ctx, db.Reader(), member("council"), secret.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("another agency reads an intelligence line's history: %v", err)
		}
		for _, tt := range []struct {
			name string
			by   access.Scope
			ver  int64
			in   line.Ending
			kind fault.Kind
		}{
			{"an old version", police, 1, line.Ending{Closure: line.Charged, On: "2026-03-05", Why: "x"}, fault.Conflict},
			{"closed twice", police, 2, line.Ending{Closure: line.Charged, On: "2026-03-05", Why: "x"}, fault.Conflict},
			{"somebody else's", member("council"), 2, line.Ending{Closure: line.Charged, On: "2026-03-05", Why: "x"}, fault.Refused},
			{"no way of closing", police, 2, line.Ending{On: "2026-03-05", Why: "x"}, fault.Invalid},
			{"no reason", police, 2, line.Ending{Closure: line.Charged, On: "2026-03-05"}, fault.Invalid},
			{"in the future", police, 2, line.Ending{Closure: line.Charged, On: "2030-03-05", Why: "x"}, fault.Invalid},
		} {
			err := write(t, db, func(tx *database.Tx) error {
				_, err := r.lines.Close(ctx, tx, tt.by, sunny.ID, tt.ver, tt.in)
				return err
			})
			if !fault.Is(err, tt.kind) {
				t.Errorf("%s: got %v, want %v", tt.name, err, tt.kind)
			}
		}
		err = write(t, db, func(tx *database.Tx) error {
			_, err := r.lines.Reopen(ctx, tx, police, sunny.ID, 2, "2026-06-01", "The number sends again.")
			return err
		})
		if l, _ := r.lines.Get(ctx, db.Reader(), police, sunny.ID); err != nil || l.State != line.Open || l.LastSeen != "2026-06-01" || l.Return != nil {
			t.Errorf("reopened: %+v (%v)", l, err)
		}
		// An agreement about intelligence carries a line once it is graded, and only without a condition.
		agreed := member("council")
		agreed.Permits = []access.Permit{{Agreement: "ISA-1", Owners: []string{"police"}, Classes: []access.Class{access.Intelligence}}}
		for i, step := range []struct {
			grade string
			reads bool
		}{{"", false}, {"2b-p", true}, {"1A-C/A2/S2", false}, {"1A-P", true}, {"", false}} {
			if err := write(t, db, func(tx *database.Tx) error {
				if i == 0 {
					return nil
				}
				_, err := r.lines.Regrade(ctx, tx, police, secret.ID, int64(i), step.grade, "The desk graded it.")
				return err
			}); err != nil {
				t.Fatal(err)
			}
			_, err := r.lines.Get(ctx, db.Reader(), agreed, secret.ID)
			if step.reads && err != nil || !step.reads && !fault.Is(err, fault.NotFound) {
				t.Errorf("graded %q under an agreement: %v, want read: %v", step.grade, err, step.reads)
			}
			list, err := r.lines.Lines(ctx, db.Reader(), agreed)
			if listed := slices.ContainsFunc(list, func(l line.Line) bool { return l.ID == secret.ID }); err != nil || listed != step.reads {
				t.Errorf("graded %q: listed %v (%v), want %v", step.grade, listed, err, step.reads)
			}
		}
		for _, tt := range []struct {
			by        access.Scope
			id, grade string
			ver       int64
			why       string
			want      fault.Kind
		}{
			{agreed, secret.ID, "2B-P", 5, "x", fault.NotFound}, {police, secret.ID, "B24", 5, "x", fault.Invalid}, {police, secret.ID, "2B-P", 5, "", fault.Invalid}, {police, secret.ID, "2B-P", 1, "x", fault.Conflict}, {police, sunny.ID, "2B-P", 3, "x", fault.Refused},
		} {
			err := write(t, db, func(tx *database.Tx) error {
				_, err := r.lines.Regrade(ctx, tx, tt.by, tt.id, tt.ver, tt.grade, tt.why)
				return err
			})
			if !fault.Is(err, tt.want) {
				t.Errorf("graded %q by %s: %v, want %v", tt.grade, tt.by.Agency, err, tt.want)
			}
		}
	})
}

func TestLinesThatCannotBeAdded(t *testing.T) {
	db := databasetest.SQLite(t)
	r := newRig(db)
	good := line.NewLine{Brand: "A", Origin: "B", Impacted: "C", FirstSeen: "2026-01-01"}
	admin := member("police")
	admin.Closed = access.ClosedTo(access.Administrator)
	for _, tt := range []struct {
		name   string
		by     access.Scope
		change func(*line.NewLine)
		kind   fault.Kind
	}{
		{"no brand", member("police"), func(n *line.NewLine) { n.Brand = " " }, fault.Invalid},
		{"no origin", member("police"), func(n *line.NewLine) { n.Origin = "" }, fault.Invalid},
		{"not a day", member("police"), func(n *line.NewLine) { n.FirstSeen = "March" }, fault.Invalid},
		{"last before first", member("police"), func(n *line.NewLine) { n.LastSeen = "2025-12-31" }, fault.Invalid},
		{"a class about people", member("police"), func(n *line.NewLine) { n.Class = access.Identity }, fault.Invalid},
		{"intelligence by whom it is closed to", admin, func(n *line.NewLine) { n.Class = access.Intelligence }, fault.Refused},
		{"nobody", access.Scope{}, func(*line.NewLine) {}, fault.Refused},
	} {
		in := good
		tt.change(&in)
		err := write(t, db, func(tx *database.Tx) error {
			_, err := r.lines.Add(context.Background(), tx, tt.by, in)
			return err
		})
		if !fault.Is(err, tt.kind) {
			t.Errorf("%s: got %v, want %v", tt.name, err, tt.kind)
		}
	}
}
