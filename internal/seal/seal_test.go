package seal_test

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/seal"
)

var at = seal.Place{Table: "account_factor", Column: "secret", ID: "f1"}

func open(t *testing.T, dir string) *seal.Keys {
	t.Helper()
	k, err := seal.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func sealed(t *testing.T, k *seal.Keys, at seal.Place, plain string) string {
	t.Helper()
	s, err := k.Seal(at, []byte(plain))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestWhatIsSealedOpensInItsPlaceAlone(t *testing.T) {
	k := open(t, t.TempDir())
	for _, plain := range []string{"", "x", "12 Any Street, Wrenford", strings.Repeat("long ", 1000), "\x00\xff"} {
		s := sealed(t, k, at, plain)
		if got, err := k.Open(at, s); err != nil || string(got) != plain {
			t.Errorf("%.20q came back as %.20q (%v)", plain, got, err)
		}
		if plain != "" && len(plain) > 3 && strings.Contains(s, plain) {
			t.Errorf("%q can be read in %q", plain, s)
		}
		if again := sealed(t, k, at, plain); again == s {
			t.Errorf("%.20q sealed twice is the same text: it tells that two rows are alike", plain)
		}
		for name, other := range map[string]seal.Place{
			"another row":    {at.Table, at.Column, "f2"},
			"another column": {at.Table, "name", at.ID},
			"another table":  {"safe_address", at.Column, at.ID},
			"parts moved":    {at.Table + at.Column, "", at.ID},
		} {
			if got, err := k.Open(other, s); !fault.Is(err, fault.Unavailable) {
				t.Errorf("moved to %s it opens as %q (%v)", name, got, err)
			}
		}
	}
	if a, b := sealed(t, k, at, "1 Elm Rd"), sealed(t, k, at, "Flat 2, 1443 Upper Elm Tree Road"); len(a) != len(b) {
		t.Errorf("the length tells a short address (%d) from a long one (%d)", len(a), len(b))
	}
}

func TestAChangedValueDoesNotOpen(t *testing.T) {
	k := open(t, t.TempDir())
	s := sealed(t, k, at, "a secret")
	for i := range s {
		other := byte('A')
		if s[i] == 'A' {
			other = 'B'
		}
		changed := s[:i] + string(other) + s[i+1:]
		// The last sign of base64 may carry bits that mean nothing.
		if got, err := k.Open(at, changed); err == nil && i < len(s)-1 {
			t.Fatalf("changed at %d it opens as %q", i, got)
		}
	}
	for _, bad := range []string{"", "s1", "s1..", "s1." + k.Newest() + ".", "s1." + k.Newest() + ".AAAA", "s2." + k.Newest() + "." + strings.Split(s, ".")[2], s + ".x", s[:len(s)-8], "plain words"} {
		if got, err := k.Open(at, bad); !fault.Is(err, fault.Unavailable) {
			t.Errorf("%q opens as %q (%v)", bad, got, err)
		}
	}
}

func TestRotation(t *testing.T) {
	dir := t.TempDir()
	running := open(t, dir)
	old := sealed(t, running, at, "first")
	rotated, err := seal.Rotate(dir)
	if err != nil {
		t.Fatal(err)
	}
	if rotated.Newest() == running.Newest() {
		t.Fatal("the key is the same as before")
	}
	if got, err := rotated.Open(at, old); err != nil || string(got) != "first" {
		t.Errorf("what the earlier key sealed is %q (%v)", got, err)
	}
	if !rotated.Stale(old) || running.Stale(old) {
		t.Errorf("stale: under the new key %v, under its own %v; want true and false", rotated.Stale(old), running.Stale(old))
	}
	fresh := sealed(t, rotated, at, "second")
	if seal.KeyOf(fresh) != rotated.Newest() || seal.KeyOf("plain") != "" {
		t.Errorf("the key of a value is %q, want %q", seal.KeyOf(fresh), rotated.Newest())
	}
	// The program that was running meets the new key and goes on.
	if got, err := running.Open(at, fresh); err != nil || string(got) != "second" {
		t.Errorf("a running program reads %q (%v)", got, err)
	}
	if running.Newest() != rotated.Newest() {
		t.Error("a running program goes on sealing under the earlier key after it has met the new one")
	}
	if !running.Has(rotated.Newest()) || running.Has("00000000") {
		t.Error("the keys do not know what they have")
	}
	// Another partnership's keys open nothing.
	if _, err := open(t, t.TempDir()).Open(at, fresh); !fault.Is(err, fault.Unavailable) {
		t.Errorf("another partnership's keys: %v", err)
	}
}

func TestTheKeysFile(t *testing.T) {
	dir := t.TempDir()
	first := open(t, dir)
	if runtime.GOOS != "windows" {
		info, err := os.Stat(seal.File(dir))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("rights %v (%v), want only the owner's", info.Mode(), err)
		}
	}
	if again := open(t, dir); again.Newest() != first.Newest() {
		t.Error("opened again, the keys are others")
	}
	left, err := filepath.Glob(filepath.Join(dir, "keys", ".seal-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left lying about: %v (%v)", left, err)
	}
	for name, text := range map[string]string{"empty": "", "not base64": "***\n", "too short": "QUJD\n"} {
		if err := os.WriteFile(seal.File(dir), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := seal.Open(dir); !fault.Is(err, fault.Unavailable) {
			t.Errorf("%s: %v, want that the keys are damaged", name, err)
		}
	}
}

// Two programs that begin at once use one key: otherwise what one seals the other could never open.
func TestTwoBeginAtOnce(t *testing.T) {
	dir := t.TempDir()
	ids := make([]string, 8)
	var wg sync.WaitGroup
	for i := range ids {
		wg.Go(func() {
			if k, err := seal.Open(dir); err == nil {
				ids[i] = k.Newest()
			}
		})
	}
	wg.Wait()
	for _, id := range ids {
		if id == "" || id != ids[0] {
			t.Fatalf("keys %v, want one", ids)
		}
	}
}

func TestMark(t *testing.T) {
	k := open(t, t.TempDir())
	a := k.Mark("sign-in", "192.0.2.1")
	if a != k.Mark("sign-in", "192.0.2.1") || len(a) != 32 {
		t.Errorf("a mark is %q and then %q", a, k.Mark("sign-in", "192.0.2.1"))
	}
	for name, b := range map[string]string{"another value": k.Mark("sign-in", "192.0.2.2"), "another use": k.Mark("other", "192.0.2.1"), "another key": open(t, t.TempDir()).Mark("sign-in", "192.0.2.1")} {
		if a == b {
			t.Errorf("%s has the same mark", name)
		}
	}
}

func FuzzOpen(f *testing.F) {
	dir := f.TempDir()
	k, err := seal.Open(dir)
	if err != nil {
		f.Fatal(err)
	}
	good, err := k.Seal(at, []byte("a secret"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add("s1.00000000.AAAA")
	f.Add("")
	f.Fuzz(func(t *testing.T, s string) {
		if got, err := k.Open(at, s); err == nil && string(got) != "a secret" {
			t.Errorf("%q opens as %q", s, got)
		}
	})
}

// What sealing an address and a partner's row costs, for docs/decisions/0014.
func BenchmarkSeal(b *testing.B) {
	keys, err := seal.Open(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	for name, n := range map[string]int{"address": 60, "row": 400} {
		plain := bytes.Repeat([]byte("x"), n)
		at := seal.Place{Table: "record_address", Column: "sealed", ID: "0192f0c1-7a3b-7c55-8a2e-5b1c7e0d9f42/0"}
		text, err := keys.Seal(at, plain)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name+"/seal", func(b *testing.B) {
			for b.Loop() {
				if _, err := keys.Seal(at, plain); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(name+"/open", func(b *testing.B) {
			for b.Loop() {
				if _, err := keys.Open(at, text); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
