package app_test

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/app"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/config"
	"lantern.example/lantern/internal/database"
)

// The crash test runs this test binary again as a writer, kills it (SQLite) or the whole database server
// (PostgreSQL) with SIGKILL at a random moment, and looks at what is left: every write that was
// acknowledged is there, none is there by half, the engine's own check passes, and so does the audit proof.

const crashChild = "LANTERN_CRASH_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(crashChild) != "" {
		if err := writeUntilKilled(os.Getenv(crashChild), os.Getenv("LANTERN_CRASH_DATA")); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(3)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func openForCrash(address, data string) (*app.App, error) {
	return app.Open(context.Background(), config.Config{Data: data, DB: address}, app.Options{Log: slog.New(slog.DiscardHandler)})
}

// writeUntilKilled writes pairs of rows and an audit line in one transaction, and says each number once it
// is committed.
func writeUntilKilled(address, data string) error {
	ctx := context.Background()
	a, err := openForCrash(address, data)
	if err != nil {
		return err
	}
	n, err := database.One(ctx, a.DB.Reader(), database.Value[int], "SELECT count(*) FROM setting WHERE name LIKE 'crash-a-%'")
	if err != nil {
		return err
	}
	s := access.System("crash", access.Upkeep)
	for i := n; ; i++ {
		err := a.DB.Write(ctx, func(tx *database.Tx) error {
			for _, half := range []string{"a", "b"} {
				if err := tx.Exec(ctx, "INSERT INTO setting (name, value, at) VALUES ($1,$2,1)", fmt.Sprintf("crash-%s-%06d", half, i), strings.Repeat("x", rand.IntN(4000))); err != nil {
					return err
				}
			}
			return a.Audit.Record(ctx, tx, s, audit.Line{Act: audit.Alteration, SubjectKind: "setting", Subject: strconv.Itoa(i)})
		})
		if err != nil {
			return err
		}
		fmt.Println(i)
		if i%50 == 0 {
			if _, err := a.Audit.Sequence(ctx, a.DB, 500); err != nil {
				return err
			}
			if _, err := audit.Checkpoint(ctx, a.DB, a.Keys, data, clock.System{}); err != nil {
				return err
			}
		}
	}
}

// round starts a writer, kills whatever kill kills after a random while, and returns the last number
// acknowledged, -1 for none.
func round(t *testing.T, address, data string, kill func(writer *os.Process)) int {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe) //nolint:gosec // this very test binary
	cmd.Env = append(os.Environ(), crashChild+"="+address, "LANTERN_CRASH_DATA="+data)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	last := -1
	first := make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		sc := bufio.NewScanner(out)
		begun := false
		for sc.Scan() {
			if n, err := strconv.Atoi(sc.Text()); err == nil {
				last = n
				if !begun {
					begun = true
					close(first)
				}
			}
		}
	}()
	select {
	case <-first:
	case <-done:
		t.Fatalf("the writer ended before it wrote anything: %v", cmd.Wait())
	case <-time.After(60 * time.Second):
		t.Fatal("the writer wrote nothing for a minute")
	}
	time.Sleep(time.Duration(rand.IntN(120)) * time.Millisecond)
	kill(cmd.Process)
	<-done
	_ = cmd.Wait() // killed, or lost its server
	return last
}

// look opens what is left and says what is wrong with it.
func look(t *testing.T, address, data string, acknowledged int) {
	t.Helper()
	ctx := context.Background()
	began := time.Now()
	a, err := openForCrash(address, data)
	if err != nil {
		t.Fatalf("after the kill it does not open: %v", err)
	}
	defer a.Close() //nolint:errcheck // looked at below
	took := time.Since(began)
	rows, err := database.Collect(ctx, a.DB.Reader(), database.Value[string], "SELECT name FROM setting WHERE name LIKE 'crash-%' ORDER BY name")
	if err != nil {
		t.Fatal(err)
	}
	halves := map[string]int{}
	for _, r := range rows {
		halves[r[len("crash-a-"):]]++
	}
	for i := range acknowledged + 1 {
		if halves[fmt.Sprintf("%06d", i)] != 2 {
			t.Fatalf("write %d was acknowledged and is not there whole (%d of 2 rows)", i, halves[fmt.Sprintf("%06d", i)])
		}
	}
	for k, n := range halves {
		if n != 2 {
			t.Errorf("write %s is there by half", k)
		}
	}
	lines, err := database.One(ctx, a.DB.Reader(), database.Value[int], "SELECT count(*) FROM audit_entry WHERE subject_kind = 'setting'")
	if err != nil || lines != len(halves) {
		t.Errorf("%d writes and %d audit lines (%v)", len(halves), lines, err)
	}
	if a.DB.Engine == database.SQLite {
		if words, err := database.One(ctx, a.DB.Reader(), database.Value[string], "PRAGMA integrity_check"); err != nil || words != "ok" {
			t.Errorf("integrity check: %s (%v)", words, err)
		}
	}
	if _, err := a.Audit.Sequence(ctx, a.DB, 100_000); err != nil {
		t.Fatal(err)
	}
	r, err := audit.Verify(ctx, a.DB, a.Keys.Verifiers(), data, nil, clock.System{})
	if err != nil || !r.Whole() {
		t.Errorf("audit proof: %v %v", r.Problems, err)
	}
	if took > 5*time.Second {
		t.Errorf("opening took %v", took)
	}
}

func rounds(short int) int {
	if os.Getenv("LANTERN_NIGHTLY") != "" {
		return 500
	}
	return short
}

func TestNothingAcknowledgedIsLostWhenTheProgramIsKilled(t *testing.T) {
	data := t.TempDir()
	address := "sqlite:" + filepath.Join(data, "lantern.db")
	total := 0
	for i := range rounds(8) {
		n := round(t, address, data, func(w *os.Process) { _ = w.Kill() })
		look(t, address, data, n)
		if t.Failed() {
			t.Fatalf("in round %d", i)
		}
		total = n + 1
	}
	t.Logf("%d rounds, %d writes acknowledged, none lost", rounds(8), total)
}

func TestNothingAcknowledgedIsLostWhenTheServerIsKilled(t *testing.T) {
	if os.Getenv("LANTERN_TEST_POSTGRES") == "" {
		t.Skip("PostgreSQL not tested: set LANTERN_TEST_POSTGRES")
	}
	dir := filepath.Join("/var/tmp", fmt.Sprintf("lantern-crash-%d", os.Getpid()))
	script := func(word string) string {
		cmd := exec.Command("../../scripts/postgres", word) //nolint:gosec // our own script
		cmd.Env = append(os.Environ(), "LANTERN_TEST_POSTGRES_DIR="+dir, "LANTERN_TEST_POSTGRES_DURABLE=1")
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("scripts/postgres %s: %v", word, err)
		}
		return strings.TrimSpace(string(out))
	}
	t.Cleanup(func() { script("stop") })
	data := t.TempDir()
	total := 0
	for i := range rounds(3) {
		address := script("start")
		n := round(t, address, data, func(*os.Process) {
			b, err := os.ReadFile(filepath.Join(dir, "data", "postmaster.pid"))
			if err != nil {
				t.Fatal(err)
			}
			pid, err := strconv.Atoi(strings.SplitN(string(b), "\n", 2)[0])
			if err != nil {
				t.Fatal(err)
			}
			// The server and every one of its processes at once.
			kids, _ := exec.Command("pgrep", "-P", strconv.Itoa(pid)).Output() //nolint:errcheck,gosec // none is fine
			_ = syscall.Kill(pid, syscall.SIGKILL)
			for _, k := range strings.Fields(string(kids)) {
				if n, err := strconv.Atoi(k); err == nil {
					_ = syscall.Kill(n, syscall.SIGKILL)
				}
			}
			// The port closes when the last of them is gone: only then is it a killed server.
			u, err := url.Parse(address)
			if err != nil {
				t.Fatal(err)
			}
			for range 200 {
				c, err := net.DialTimeout("tcp", u.Host, time.Second)
				if err != nil {
					return
				}
				_ = c.Close()
				time.Sleep(25 * time.Millisecond)
			}
			t.Fatal("the killed server still listens")
		})
		look(t, script("start"), data, n)
		if t.Failed() {
			t.Fatalf("in round %d", i)
		}
		total = n + 1
	}
	t.Logf("%d rounds, %d writes acknowledged, none lost", rounds(3), total)
}
