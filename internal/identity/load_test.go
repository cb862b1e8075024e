package identity_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/database/databasetest"
	"lantern.example/lantern/internal/identity"
	"lantern.example/lantern/internal/intake"
	"lantern.example/lantern/internal/search"
)

// noJobs drops follow-up work: these tests call it themselves.
type noJobs struct{}

func (noJobs) Enqueue(context.Context, *database.Tx, string, any) error { return nil }

func syllables(r *rand.Rand, n int) string {
	parts := [...]string{"ka", "ri", "mo", "len", "sa", "do", "vin", "tar", "el", "bro", "wen", "shi", "pa", "rus", "mi", "jo", "han", "be", "tor", "ley"}
	var b strings.Builder
	for range n {
		b.WriteString(parts[r.IntN(len(parts))])
	}
	s := b.String()
	return strings.ToUpper(s[:1]) + s[1:]
}

func nhs(r *rand.Rand) string {
	for {
		n := fmt.Sprintf("%09d", 400_000_000+r.IntN(200_000_000))
		sum := 0
		for i := range 9 {
			sum += int(n[i]-'0') * (10 - i)
		}
		if c := (11 - sum%11) % 11; c != 10 {
			return n + strconv.Itoa(c)
		}
	}
}

// writePeople writes a made-up list of people in which three of ten rows are of somebody listed already.
func writePeople(tb testing.TB, path string, n int) {
	tb.Helper()
	f, err := os.Create(path) //nolint:gosec // the test's own folder
	if err != nil {
		tb.Fatal(err)
	}
	w := bufio.NewWriterSize(f, 1<<20)
	r := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // made-up people
	fmt.Fprintln(w, "Child ID,NHS number,Surname,Forename,Date of birth,Gender,Address,Postcode,Allocated worker,Notes")
	var seen []string
	for i := range n {
		who := ""
		if len(seen) > 0 && r.IntN(10) < 3 {
			who = seen[r.IntN(len(seen))]
		} else {
			number := ""
			if r.IntN(2) == 0 {
				number = nhs(r)
			}
			day := time.Date(2003+r.IntN(14), 1, 1+r.IntN(365), 0, 0, 0, 0, time.UTC)
			who = fmt.Sprintf("%s,%s,%s,%s,%s,%d %s Street,WR%d %d%c%c", number, syllables(r, 3), syllables(r, 2), day.Format("02/01/2006"), [...]string{"M", "F"}[r.IntN(2)],
				1+r.IntN(200), syllables(r, 2), 1+r.IntN(20), r.IntN(10), 'A'+rune(r.IntN(20)), 'B'+rune(r.IntN(8)))
			if len(seen) < 50_000 {
				seen = append(seen, who)
			}
		}
		fmt.Fprintf(w, "C%d,%s,Worker %d,seen at school\n", 100000+i, who, r.IntN(300))
	}
	if err := w.Flush(); err != nil {
		tb.Fatal(err)
	}
	if err := f.Close(); err != nil {
		tb.Fatal(err)
	}
}

// TestLoadSpeed loads a large list and says how fast. It is run by hand: LANTERN_LOAD_ROWS=1000000.
func TestLoadSpeed(t *testing.T) {
	n, err := strconv.Atoi(os.Getenv("LANTERN_LOAD_ROWS"))
	if err != nil {
		t.Skip("a measurement: set LANTERN_LOAD_ROWS to the number of rows")
	}
	ctx := context.Background()
	db := databasetest.SQLite(t)
	path := filepath.Join(t.TempDir(), "people.csv")
	writePeople(t, path, n)
	c := clock.System{}
	ids := clock.NewIDs(c, nil)
	store := identity.NewStore(db, c, ids, audit.NewLog(c, ids), search.NewIndex())
	loads := intake.NewStore(db, c, ids, noJobs{}, func(context.Context, *database.Tx, access.Scope, string, string, string) error { return nil }, store)
	f, err := os.Open(path) //nolint:gosec // the test's own file
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // only read
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	l, err := loads.Load(ctx, access.Scope{Account: "a", Agency: "care", Purpose: access.Safeguarding}, intake.Input{Name: "people.csv", File: f, Size: info.Size(), Agency: "care", Basis: "own", Identified: true})
	if err != nil {
		t.Fatal(err)
	}
	took := time.Since(began)
	t.Logf("load: %d rows of %s in %v: %.0f rows/s; peak RSS %s", l.Taken, l.Profile, took.Round(time.Millisecond), float64(l.Taken)/took.Seconds(), peak())
	if l.Taken != int64(n) {
		t.Errorf("taken %d of %d (refused %d)", l.Taken, n, l.Refused)
	}
	began = time.Now()
	run, err := store.Link(ctx, l.ID)
	if err != nil {
		t.Fatal(err)
	}
	took = time.Since(began)
	t.Logf("linking: %d records, %d people started, %d pairs, %d waiting in %v: %.0f records/s; peak RSS %s", run.Records, run.Started, run.Pairs, run.Waiting, took.Round(time.Millisecond), float64(run.Records)/took.Seconds(), peak())
	if run.Records != n {
		t.Errorf("linked %d of %d", run.Records, n)
	}
}

func peak() string {
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return "not known here"
	}
	for line := range strings.Lines(string(b)) {
		if v, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			return strings.TrimSpace(v)
		}
	}
	return "not known here"
}
