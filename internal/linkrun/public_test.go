package linkrun

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// publicData is where the made-up public sets stand, beside the repository.
const publicData = "../../../shared/data/linkage"

// masked reads a public set, gives every row a number of its own in a shuffled
// order, and puts the truth in a column by itself.
func masked(t testing.TB, name string, truth func(row []string) string, drop string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(publicData, name))
	if err != nil {
		t.Skipf("the public set %s is not beside the repository: %v", name, err)
	}
	r := csv.NewReader(bytes.NewReader(data))
	r.TrimLeadingSpace = true
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	header := rows[0]
	at := indexFold(header, drop)
	body := rows[1:]
	rand.New(rand.NewPCG(7, 7)).Shuffle(len(body), func(i, j int) { body[i], body[j] = body[j], body[i] })
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	put := func(id, tr string, row []string) {
		cells := []string{id, tr}
		for i, c := range row {
			if i != at && !strings.EqualFold(header[i], "unique_id") {
				cells = append(cells, strings.TrimSpace(c))
			}
		}
		if err := w.Write(cells); err != nil {
			t.Fatal(err)
		}
	}
	put("record_id", "truth_of_row", header)
	for i, row := range body {
		put(strconv.Itoa(i+1), truth(row), row)
	}
	w.Flush()
	return out.Bytes()
}

func runBytes(t testing.TB, name string, data []byte, opt Options) *Summary {
	t.Helper()
	opt.Out = t.TempDir()
	if d := os.Getenv("LINK_OUT"); d != "" {
		opt.Out = d
	}
	s, err := Run([]Input{{name, bytes.NewReader(data), int64(len(data))}}, opt)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestPublicSets(t *testing.T) {
	febrl := func(row []string) string { return strings.Split(row[0], "-")[1] }
	for _, c := range []struct {
		name  string
		truth func([]string) string
		drop  string
		least float64
	}{
		{"febrl1.csv", febrl, "rec_id", 0.99},
		{"febrl2.csv", febrl, "rec_id", 0.99},
		{"febrl3.csv", febrl, "rec_id", 0.99},
		// Splink 4.0.16 with its own Name, DateOfBirth and Email comparisons reaches 0.9356 at its best threshold (0.6).
		{"fake_1000.csv", func(row []string) string { return row[6] }, "cluster", 0.9356},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := runBytes(t, c.name, masked(t, c.name, c.truth, c.drop), Options{Evaluate: "truth_of_row", Threads: 2})
			e := s.Evaluation
			t.Logf("precision %.4f recall %.4f F1 %.4f b-cubed %.4f, %d people, %d for review, largest %d, %s", e.Precision, e.Recall, e.F1, e.BCubedF1, s.People, s.ForReview, s.LargestPerson, fmt.Sprint(s.Seconds))
			t.Log(s.Blocking, s.PairsScored, s.Warnings)
			if e.F1 < c.least {
				t.Errorf("F1 = %.4f, want at least %.2f", e.F1, c.least)
			}
		})
	}
}
