package practice_test

import (
	"context"
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/content"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/database/databasetest"
	"lantern.example/lantern/internal/practice"
	"lantern.example/lantern/internal/practice/find"
)

// manyItems is how many entries the benchmark searches: the target is a p95 of at most 100 ms over them, on each engine.
const manyItems = 20_000

// BenchmarkSearch searches 20,000 entries with the golden queries, each query with the question to the database whether anything has changed.
// It reports p95 in milliseconds, and how long it took to read everything once (first-s) and after one more entry was published (again-ms).
func BenchmarkSearch(b *testing.B) {
	for name, open := range map[string]func(testing.TB) *database.DB{"sqlite": databasetest.SQLite, "postgres": databasetest.PostgreSQL} {
		b.Run(name, func(b *testing.B) { searchMany(b, open(b)) })
	}
}

// made are entries of sentences drawn from those that ship, so that words stand about as often as they do.
func made(n int) []content.Shipped {
	items, err := practice.Shipped()
	if err != nil {
		panic(err)
	}
	var sentences []string
	for _, x := range items {
		for _, f := range x.Text.Fields {
			for _, s := range strings.FieldsFunc(f, func(r rune) bool { return r == '.' || r == '\n' }) {
				if len(s) > 30 {
					sentences = append(sentences, strings.TrimSpace(s)+".")
				}
			}
		}
	}
	slices.Sort(sentences)
	r := rand.New(rand.NewPCG(1, 2))
	pick := func(k int) string {
		out := make([]string, k)
		for i := range out {
			out[i] = sentences[r.IntN(len(sentences))]
		}
		return strings.Join(out, " ")
	}
	out := items
	for i := range n - len(items) {
		out = append(out, content.Shipped{Key: content.Key{Kind: practice.Reply, Code: fmt.Sprintf("made-%d", i)}, Text: content.Text{Title: strings.TrimSpace(fmt.Sprintf("%.80s", pick(1))) + fmt.Sprint(" ", i),
			Fields: map[string]string{"summary": fmt.Sprintf("%.300s", pick(2)), "question": pick(2), "body": pick(12), "source": "made", "as_at": "2026"}}})
	}
	return out
}

func searchMany(b *testing.B, db *database.DB) {
	ctx := context.Background()
	c := clock.At(time.Date(2026, 11, 25, 10, 0, 0, 0, time.UTC))
	ids := clock.NewIDs(c, nil)
	store := content.NewStore(c, ids, audit.NewLog(c, ids))
	for items := range slices.Chunk(made(manyItems), 500) {
		if err := db.Write(ctx, func(tx *database.Tx) error { return store.Seed(ctx, tx, access.System("seed", access.Upkeep), items) }); err != nil {
			b.Fatal(err)
		}
	}
	f, err := os.Open("testdata/golden.csv")
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close() //nolint:errcheck // only read
	golden, err := csv.NewReader(f).ReadAll()
	if err != nil {
		b.Fatal(err)
	}
	hub := practice.NewHub(practice.NewLibrary(store, nil, nil, c, ids, audit.NewLog(c, ids)))
	begin := time.Now()
	if n, err := hub.Len(ctx, db.Reader()); err != nil || n < manyItems-10 {
		b.Fatalf("%d entries can be found, %v", n, err)
	}
	first := time.Since(begin)
	var took []time.Duration
	for b.Loop() {
		q := golden[1+len(took)%(len(golden)-1)][0]
		at := time.Now()
		if _, err := hub.Search(ctx, db.Reader(), find.Query{Text: q, Limit: 20}); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(at))
	}
	slices.Sort(took)
	if err := db.Write(ctx, func(tx *database.Tx) error {
		return store.Seed(ctx, tx, access.System("seed", access.Upkeep), []content.Shipped{{Key: content.Key{Kind: practice.Reply, Code: "one-more"}, Text: content.Text{Title: "One more", Fields: map[string]string{"body": "quokka"}}}})
	}); err != nil {
		b.Fatal(err)
	}
	begin = time.Now()
	if a, err := hub.Search(ctx, db.Reader(), find.Query{Text: "quokka"}); err != nil || a.Total != 1 {
		b.Fatalf("one more: %+v, %v", a, err)
	}
	b.ReportMetric(float64(time.Since(begin).Microseconds())/1000, "again-ms")
	b.ReportMetric(first.Seconds(), "first-s")
	b.ReportMetric(float64(took[len(took)*95/100].Microseconds())/1000, "p95-ms")
}
