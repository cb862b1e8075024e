// Command linkage writes the extracts of five invented agencies that the side-by-side benchmark of record linkage reads.
//
//	go run ./bench/linkage -people 400000 -out DIR
//
// Every file ends with the truth, which both sides leave out of the linkage. The same seed and size give the same bytes.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"lantern.example/lantern/internal/analysis/linkage/invented"
)

func main() {
	people := flag.Int("people", 40_000, "how many people; there are about 2.5 records to one")
	seed := flag.Uint64("seed", 7, "seed")
	out := flag.String("out", ".", "folder to write to")
	flag.Parse()
	rows, err := write(*out, *seed, *people)
	if err != nil {
		fmt.Fprintln(os.Stderr, "linkage:", err)
		os.Exit(1)
	}
	fmt.Println(rows)
}

func write(dir string, seed uint64, people int) (rows int, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // invented people
		return 0, err
	}
	var files []*os.File
	var bad error
	rows, err = invented.Generate(invented.Options{Seed: seed, People: people}, func(agency string) io.Writer {
		f, err := os.Create(filepath.Join(dir, agency+".csv")) //nolint:gosec // the folder the developer named
		if err != nil {
			bad = errors.Join(bad, err)
			return io.Discard
		}
		files = append(files, f)
		return f
	})
	for _, f := range files {
		err = errors.Join(err, f.Close())
	}
	return rows, errors.Join(err, bad)
}
