package person

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fact"
	"lantern.example/lantern/internal/fault"
)

// Wish is what a young person wants, in their words, and whom they let read it.
type Wish struct {
	fact.Fact
	Person, Words string
	Readers       []string // agencies besides the owner, as the young person chose
}

// Wishes keeps what young people want.
type Wishes struct {
	clock clock.Clock
	ids   *clock.IDs
	log   *audit.Log
}

// NewWishes returns the wishes of a database.
func NewWishes(c clock.Clock, ids *clock.IDs, log *audit.Log) *Wishes {
	return &Wishes{clock: c, ids: ids, log: log}
}

// wishReviewMonths is after how long a wish is asked about again: people change their minds.
const wishReviewMonths = 6

// Write puts down what a person wants, as a fact of the writer's agency. It takes the place of what that agency wrote before, which is
// kept. The caller has made sure that the scope may see the person.
func (s *Wishes) Write(ctx context.Context, tx *database.Tx, by access.Scope, person, words string, readers []string) (Wish, error) {
	words = strings.TrimSpace(words)
	if words == "" || utf8.RuneCountInString(words) > 1000 {
		return Wish{}, fault.New(fault.Invalid, "Write what they want, in at most 1,000 characters.")
	}
	if !by.IsSystem() && !access.Decide(by, access.Record{Owner: by.Agency, Class: access.Support}).Allowed {
		return Wish{}, fault.New(fault.Refused, "Your role does not write support notes.")
	}
	now := s.clock.Now()
	w := Wish{Person: person, Words: words, Readers: slices.DeleteFunc(slices.Clone(readers), func(r string) bool { return r == by.Agency })}
	w.Fact = fact.Fact{ID: s.ids.New(), Owner: by.Agency, Class: string(access.Support), By: by.Account, LearntAt: clock.Micros(now),
		RetentionClass: "support note", ReviewOn: clock.Today(s.clock).AddDate(0, wishReviewMonths, 0).Format(clock.ISODate), Ver: 1}
	if err := tx.Exec(ctx, "UPDATE person_wish SET superseded_by = $1, superseded_at = $2 WHERE person = $3 AND owner = $4 AND superseded_at IS NULL", w.ID, w.LearntAt, person, w.Owner); err != nil {
		return Wish{}, err
	}
	args := append(w.Args(), w.Person, w.Words)
	if err := tx.Exec(ctx, "INSERT INTO person_wish ("+fact.Columns("")+", person, words) VALUES "+database.In(1, len(args)), args...); err != nil {
		return Wish{}, err
	}
	for _, r := range w.Readers {
		if err := tx.Exec(ctx, "INSERT INTO person_wish_reader (wish_id, agency) VALUES ($1,$2)", w.ID, r); err != nil {
			return Wish{}, err
		}
	}
	return w, s.log.Record(ctx, tx, by, audit.Line{Act: audit.Collection, SubjectKind: "person", Subject: person, Owners: []string{w.Owner}, Words: "what they want was written down"})
}

// Of lists what a person wants that the scope may read: under the scope as any record, and then only if the reader's agency wrote it,
// the young person named it or is the reader, or exactly this wish was given once, with a reason. The second narrows the first and never
// widens it.
func (s *Wishes) Of(ctx context.Context, q database.Queryer, scope access.Scope, person string) ([]Wish, error) {
	self := ""
	if scope.Role == access.Subject {
		self = scope.Person
	}
	where, args := scope.Where("t", 2)
	found, err := database.Collect(ctx, q, func(r database.Scanner) (Wish, error) {
		var w Wish
		return w, r.Scan(append(w.Dest(), &w.Person, &w.Words)...)
	}, "SELECT "+fact.Columns("t")+", t.person, t.words FROM person_wish t WHERE t.person = $1 AND t.superseded_at IS NULL AND "+where+" ORDER BY t.learnt_at DESC, t.id",
		append([]any{person}, args...)...)
	if err != nil {
		return nil, err
	}
	var out []Wish
	for _, w := range found {
		if w.Readers, err = database.Collect(ctx, q, database.Value[string], "SELECT agency FROM person_wish_reader WHERE wish_id = $1 ORDER BY agency", w.ID); err != nil {
			return nil, err
		}
		given := slices.ContainsFunc(scope.Grants, func(g access.Grant) bool {
			return g.Items[access.Item{Record: w.ID, Class: access.Support}]
		})
		if w.Owner == scope.Agency || w.Person == self || given || slices.Contains(w.Readers, scope.Agency) {
			out = append(out, w)
		}
	}
	return out, nil
}
