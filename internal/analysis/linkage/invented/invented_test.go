package invented

import (
	"bytes"
	"encoding/csv"
	"io"
	"math"
	"math/rand/v2"
	"testing"
)

func made(t *testing.T, opt Options) map[string]*bytes.Buffer {
	t.Helper()
	out := map[string]*bytes.Buffer{}
	rows, err := Generate(opt, func(a string) io.Writer {
		out[a] = &bytes.Buffer{}
		return out[a]
	})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, a := range Agencies {
		all, err := csv.NewReader(bytes.NewReader(out[a].Bytes())).ReadAll()
		if err != nil {
			t.Fatalf("%s: %v", a, err)
		}
		n += len(all) - 1
	}
	if n != rows {
		t.Errorf("%d rows were written and %d reported", n, rows)
	}
	return out
}

func TestSameSeedSameBytes(t *testing.T) {
	a, b, c := made(t, Options{Seed: 1, People: 500}), made(t, Options{Seed: 1, People: 500}), made(t, Options{Seed: 2, People: 500})
	for _, n := range Agencies {
		if !bytes.Equal(a[n].Bytes(), b[n].Bytes()) {
			t.Errorf("%s: one seed gave two files", n)
		}
		if bytes.Equal(a[n].Bytes(), c[n].Bytes()) {
			t.Errorf("%s: two seeds gave one file", n)
		}
	}
}

// Every tradition is drawn as often as it says: the shares are of one whole.
func TestSharesAreOfOneWhole(t *testing.T) {
	sum := 0.0
	for _, x := range traditions {
		sum += x.share
	}
	if math.Abs(sum-1) > 1e-9 {
		t.Errorf("the traditions' shares come to %v, want 1", sum)
	}
	n := map[string]int{}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 20000 {
		n[pickTradition(rng).name]++
	}
	if last := traditions[len(traditions)-1]; n[last.name] < 140 || n[last.name] > 270 {
		t.Errorf("%s was drawn %d times in 20,000, want about %.0f", last.name, n[last.name], 20000*last.share)
	}
}
