// Command lists measures the queries behind the lists of a worker: fifty people, a search, a person and what happened to them,
// from so many people of five agencies, under a scope with agreements, one-off disclosures and closed classes, on SQLite and, when an address
// is given, on PostgreSQL. What is measured is the query and the scan of its rows, not the page.
//
//	go run ./bench/lists -people 200000 [-postgres postgres://USER@HOST/EMPTY_DATABASE]
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/app"
	"lantern.example/lantern/internal/config"
	"lantern.example/lantern/internal/intake"
)

var (
	people   = flag.Int("people", 200_000, "people in all")
	rounds   = flag.Int("rounds", 200, "times each list is asked for")
	settle   = flag.Duration("settle", time.Minute, "wait between loading and asking, in which PostgreSQL looks over what it was given, as it would overnight")
	postgres = flag.String("postgres", "", "an empty PostgreSQL database, measured too")
)

func main() {
	flag.Parse()
	err := measure("SQLite", "")
	if err == nil && *postgres != "" {
		err = measure("PostgreSQL", *postgres)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench/lists:", err)
		os.Exit(1)
	}
}

var agencies = []string{"police", "yjs", "school", "care", "charity"}

var parts = []string{"ham", "ber", "ton", "wil", "ley", "son", "hart", "wood", "kin", "mar", "shaw", "dal", "ford", "bury", "sing", "pat", "cho", "ras", "tin", "gra"}

// part is the n-th made-up word.
func part(n int) string { return parts[n%20] + parts[n/20%20] + parts[n/400%20] }

// rows are an agency's list of n people, each in one event; every tenth is graded.
func rows(agency, n int) []byte {
	var b bytes.Buffer
	b.WriteString("Record ID,Surname,Forename,Date of birth,Sex,Address,Postcode,Offence type,Date,Intelligence grade\n")
	for i := range n {
		born := time.Date(2004+i%14, 1, 1+(i/14)%365, 0, 0, 0, 0, time.UTC)
		on := time.Date(2025, 1, 1+i%690, 0, 0, 0, 0, time.UTC)
		grade := []string{"2B-P", "2B-P", "2B-P", "1A-C/A2/S2", ""}[i%5]
		fmt.Fprintf(&b, "A%d-%d,%s,%s,%s,%s,%d %s Street,ZZ%d %dAA,Robbery,%s,%s\n", agency, i, part(i*7+agency), part(i*13+agency*5+i/8000), born.Format("02/01/2006"), "MF"[i%2:i%2+1], 1+i%90, part(i), 1+i%9, i%9, on.Format("02/01/2006"), grade)
	}
	return b.Bytes()
}

func measure(engine, address string) (err error) {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "lantern-bench-lists")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	a, err := app.Open(ctx, config.Config{Data: dir, DB: address, Addr: "127.0.0.1:0"}, app.Options{OneStep: true, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	began := time.Now()
	for i, agency := range agencies {
		b := rows(i, *people/len(agencies))
		by := access.Scope{Account: "bench", Agency: agency, Purpose: access.Safeguarding}
		l, err := a.Intake.Load(ctx, by, intake.Input{Name: agency + ".csv", File: bytes.NewReader(b), Size: int64(len(b)), Agency: agency, Basis: intake.OwnBasis, Identified: true, Profile: "people"})
		if err != nil {
			return err
		}
		if i == len(agencies)-1 {
			if _, err := a.Identity.Link(ctx, l.ID); err != nil {
				return err
			}
		}
	}
	fmt.Printf("%s: %d people in and linked in %s\n", engine, *people, time.Since(began).Round(time.Second))
	time.Sleep(*settle)
	var reader access.Scope
	reader.Account, reader.Agency, reader.Role, reader.Purpose, reader.Closed = "worker", "care", access.Practitioner, access.Safeguarding, access.ClosedTo(access.Practitioner)
	for i, owner := range []string{"police", "yjs", "school"} {
		reader.Permits = append(reader.Permits, access.Permit{Agreement: fmt.Sprintf("ISA-%d", i), Owners: []string{owner}, Classes: []access.Class{access.Identity, access.Contact, access.Intelligence, access.Offending, access.Victimisation}})
	}
	for i := range 5 {
		reader.Grants = append(reader.Grants, access.Grant{ID: fmt.Sprintf("0192f0c1-7a3b-7c55-8a2e-00000000000%d", i), Code: "OD", Items: map[access.Item]bool{}})
	}
	recent, _, err := a.People.Recent(ctx, a.DB.Reader(), reader, 50, 0)
	if err != nil || len(recent) != 50 {
		return fmt.Errorf("%d recent people, want 50: %w", len(recent), err)
	}
	for _, x := range []struct {
		what string
		do   func(i int) error
	}{
		{"a list of 50 people", func(int) error { _, _, err := a.People.Recent(ctx, a.DB.Reader(), reader, 50, 0); return err }},
		{"a search by name", func(i int) error {
			_, err := a.People.Find(ctx, a.DB.Reader(), reader, part(i*13+5)+" "+part(i*7), 50, 0)
			return err
		}},
		{"one person, whole", func(i int) error { _, err := a.People.View(ctx, a.DB.Reader(), reader, recent[i%50].ID); return err }},
		{"what happened to one person", func(i int) error {
			var ids []string
			for _, r := range recent[i%50].Records {
				ids = append(ids, r.ID)
			}
			_, err := a.Events.OfRecords(ctx, a.DB.Reader(), reader, ids)
			return err
		}},
	} {
		var took []time.Duration
		for i := range *rounds {
			began := time.Now()
			if err := x.do(i); err != nil {
				return err
			}
			took = append(took, time.Since(began))
		}
		slices.Sort(took)
		fmt.Printf("%s: %s: median %s, p95 %s\n", engine, x.what, took[len(took)/2].Round(100*time.Microsecond), took[len(took)*95/100].Round(100*time.Microsecond))
	}
	return nil
}
