package invented

import (
	"bytes"
	"encoding/csv"
	"io"
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
