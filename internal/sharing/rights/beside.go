package rights

import (
	"context"
	"slices"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fact"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/work"
)

// ofPerson is the condition that t's person is the one of id $1, or one that was merged into it.
const ofPerson = `t.person IN (WITH RECURSIVE m (id) AS (SELECT CAST($1 AS TEXT) UNION SELECT p.id FROM person p JOIN m ON p.merged_into = m.id) SELECT id FROM m)`

// About is a part of what is held: what a comment answers.
type About string

// Abouts are the parts, in the order forms show them, with the class that reading them needs.
var Abouts = []struct {
	Code  About
	Name  string
	Class access.Class
}{{"all", "All of it", access.Identity}, {"names", "Names", access.Identity}, {"born", "Date of birth", access.Identity}, {"sex", "Sex", access.Identity}, {"numbers", "Reference numbers", access.Identity},
	{"addresses", "Addresses", access.Contact}, {"events", "What happened", access.Identity}}

// Comment is what a person says of a fact that an agency holds about them: it stands beside the fact, for every reader of it.
type Comment struct {
	fact.Fact // Owner is the agency whose fact it answers
	Person    string
	About     About
	Words     string
	Case      string
}

// reviewMonths is after how long what stands beside a record is looked at again.
const reviewMonths = 12

func (d *Desk) fact(owner string, class access.Class, by access.Scope, retention string) fact.Fact {
	return fact.Fact{ID: d.ids.New(), Owner: owner, Class: string(class), By: by.Account, LearntAt: clock.Micros(d.clock.Now()),
		RetentionClass: retention, ReviewOn: iso(clock.Today(d.clock).AddDate(0, reviewMonths, 0)), Ver: 1}
}

// PutBeside puts the words of a request beside what they answer, for each of the holders named. The words are the person's own, as
// they stand in the request.
func (d *Desk) PutBeside(ctx context.Context, tx *database.Tx, by access.Scope, id string, about About, holders []string) error {
	i := slices.IndexFunc(Abouts, func(a struct {
		Code  About
		Name  string
		Class access.Class
	}) bool {
		return a.Code == about
	})
	if i < 0 || len(holders) == 0 {
		return fault.New(fault.Invalid, "Say what the words answer, and whose record they stand beside.")
	}
	r, err := d.change(ctx, tx, by, id, "put beside the record", Abouts[i].Name, func(r *Request) error {
		if r.Person == "" {
			return fault.New(fault.Refused, "Find first whose records the request is about.")
		}
		for _, h := range holders {
			if !slices.Contains(r.Holders, h) {
				return fault.New(fault.Invalid, "Choose among the agencies that hold records of them.")
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, h := range holders {
		f := d.fact(h, Abouts[i].Class, by, "comment")
		args := append(f.Args(), r.Person, string(about), r.Words, r.ID)
		if err := tx.Exec(ctx, "INSERT INTO person_comment ("+fact.Columns("")+", person, about, words, case_id) VALUES "+database.In(1, len(args)), args...); err != nil {
			return err
		}
		if err := d.log.Record(ctx, tx, by, audit.Line{Act: audit.Collection, SubjectKind: "person", Subject: r.Person, Owners: []string{h}, Words: "the person's own words put beside: " + string(about)}); err != nil {
			return err
		}
	}
	return nil
}

// Comments lists what a person says of facts that the scope may read, oldest first.
func (d *Desk) Comments(ctx context.Context, q database.Queryer, scope access.Scope, person string) ([]Comment, error) {
	cond, args := scope.Where("t", 2)
	return database.Collect(ctx, q, func(s database.Scanner) (Comment, error) {
		var c Comment
		return c, s.Scan(append(c.Dest(), &c.Person, (*string)(&c.About), &c.Words, &c.Case)...)
	}, "SELECT "+fact.Columns("t")+", t.person, t.about, t.words, t.case_id FROM person_comment t WHERE "+ofPerson+" AND t.superseded_at IS NULL AND "+cond+" ORDER BY t.id", append([]any{person}, args...)...)
}

// Told is whether an agency told somebody that it holds records of them here.
type Told struct {
	fact.Fact
	Person  string
	ToldOn  string // ISO date; "" when they have not been told
	Words   string // how they were told, or why not
	AgainOn string // ISO date on which not telling is looked at again
}

// longestUntold is after how many months at most not telling is looked at again.
const longestUntold = 6

// Tell keeps that somebody was told, or why not and until when, as the agency's own fact. It takes the place of what the agency said before, which
// is kept. The caller has made sure that the scope may see the person.
func (d *Desk) Tell(ctx context.Context, tx *database.Tx, by access.Scope, person, toldOn, words, againOn string) error {
	if by.Agency == "" || !by.IsSystem() && !access.Decide(by, access.Record{Owner: by.Agency, Class: access.Identity}).Allowed {
		return fault.New(fault.Refused, "Your role does not write records of that kind.")
	}
	words, err := text("How they were told, or why not", words, 1000, true)
	if err != nil {
		return err
	}
	today := clock.Today(d.clock)
	if toldOn != "" {
		if day, err := time.Parse(clock.ISODate, toldOn); err != nil || day.After(today) {
			return fault.New(fault.Invalid, "The day they were told must be a date, today or before.")
		}
		againOn = ""
	} else {
		day, err := time.Parse(clock.ISODate, againOn)
		if err != nil || !day.After(today) || day.After(today.AddDate(0, longestUntold, 0)) {
			return fault.New(fault.Invalid, "Say on which day it is looked at again: after today, and at most six months from now.")
		}
	}
	f := d.fact(by.Agency, access.Identity, by, "told")
	err = tx.Exec(ctx, "UPDATE person_told SET superseded_by = $2, superseded_at = $3 WHERE id IN (SELECT t.id FROM person_told t WHERE "+ofPerson+" AND t.owner = $4 AND t.superseded_at IS NULL)", person, f.ID, f.LearntAt, by.Agency)
	if err != nil {
		return err
	}
	args := append(f.Args(), person, toldOn, words, againOn)
	if err := tx.Exec(ctx, "INSERT INTO person_told ("+fact.Columns("")+", person, told_on, words, again_on) VALUES "+database.In(1, len(args)), args...); err != nil {
		return err
	}
	return d.log.Record(ctx, tx, by, audit.Line{Act: audit.Collection, SubjectKind: "person", Subject: person, Owners: []string{by.Agency}, Words: "whether they were told"})
}

func scanTold(s database.Scanner) (Told, error) {
	var t Told
	return t, s.Scan(append(t.Dest(), &t.Person, &t.ToldOn, &t.Words, &t.AgainOn)...)
}

// ToldOf lists what agencies whose records the scope may read said of telling a person: one each.
func (d *Desk) ToldOf(ctx context.Context, q database.Queryer, scope access.Scope, person string) ([]Told, error) {
	cond, args := scope.Where("t", 2)
	return database.Collect(ctx, q, scanTold, "SELECT "+fact.Columns("t")+", t.person, t.told_on, t.words, t.again_on FROM person_told t WHERE "+ofPerson+" AND t.superseded_at IS NULL AND "+cond+" ORDER BY t.owner, t.id", append([]any{person}, args...)...)
}

// Shown is, of a person, what ToldOf and Comments list: whose each is and of which class, to say why it is open.
func (d *Desk) Shown(ctx context.Context, q database.Queryer, scope access.Scope, person string) ([]access.Record, error) {
	told, err := d.ToldOf(ctx, q, scope, person)
	if err != nil {
		return nil, err
	}
	said, err := d.Comments(ctx, q, scope, person)
	var out []access.Record
	add := func(f fact.Fact) {
		out = append(out, access.Record{ID: f.ID, Owner: f.Owner, Class: access.Class(f.Class), Restricted: f.Restricted, Area: f.Area})
	}
	for _, x := range told {
		add(x.Fact)
	}
	for _, x := range said {
		add(x.Fact)
	}
	return out, err
}

// again puts what was not told, and is to be looked at again within a fortnight, on the list of whoever wrote it.
func (d *Desk) again(ctx context.Context, q database.Queryer, scope access.Scope, today time.Time) ([]work.Item, error) {
	if scope.Account == "" || scope.Agency == "" {
		return nil, nil
	}
	cond, args := scope.Where("t", 3)
	due, err := database.Collect(ctx, q, scanTold, "SELECT "+fact.Columns("t")+", t.person, t.told_on, t.words, t.again_on FROM person_told t WHERE t.by_account = $1 AND t.superseded_at IS NULL AND t.again_on <> '' AND t.again_on <= $2 AND "+cond+" ORDER BY t.again_on, t.id",
		append([]any{scope.Account, iso(today.AddDate(0, 0, 14))}, args...)...)
	var out []work.Item
	for _, t := range due {
		out = append(out, work.Item{ID: t.ID, Kind: "Not told", Title: "Look again: can they be told now that records are held of them here?", Note: "You wrote down why not, and when to look again.", Due: t.AgainOn, Href: "/people/" + t.Person + "/told", Personal: true, Owner: t.Owner})
	}
	return out, err
}

// SetDanger keeps that home is the danger for the person of a request, or no longer. Then nothing goes there: nobody of the family speaks for
// them, and no answer goes to the family. It holds for the person, whatever request it was noticed in.
func (d *Desk) SetDanger(ctx context.Context, tx *database.Tx, by access.Scope, id string, danger bool, words string) error {
	words, err := text("The reason", words, 1000, true)
	if err != nil {
		return err
	}
	what := "home is the danger"
	if !danger {
		what = "home is no longer the danger"
	}
	r, err := d.change(ctx, tx, by, id, what, "", func(r *Request) error {
		if r.Person == "" {
			return fault.New(fault.Refused, "Find first whose records the request is about.")
		}
		if danger && atHome(r.Advocate.Is) {
			r.Advocate = Advocate{} // who was let in as family speaks for them no longer
		}
		return nil
	})
	if err != nil {
		return err
	}
	f := d.fact(by.Agency, access.Identity, by, "danger at home")
	if err := tx.Exec(ctx, "UPDATE person_danger SET superseded_by = $2, superseded_at = $3 WHERE id IN (SELECT t.id FROM person_danger t WHERE "+ofPerson+" AND t.owner = $4 AND t.superseded_at IS NULL)", r.Person, f.ID, f.LearntAt, by.Agency); err != nil {
		return err
	}
	kept, err := d.sealed(dangerAt(f.ID), words)
	if err != nil {
		return err
	}
	args := append(f.Args(), r.Person, danger, plainWords, kept)
	if err := tx.Exec(ctx, "INSERT INTO person_danger ("+fact.Columns("")+", person, danger, words, words_sealed) VALUES "+database.In(1, len(args)), args...); err != nil {
		return err
	}
	return d.log.Record(ctx, tx, by, audit.Line{Act: audit.Collection, SubjectKind: "person", Subject: r.Person, Owners: []string{by.Agency}, Words: what})
}

// dangerOf reports whether any agency has said that home is the danger for a person: it is asked before anything goes out, and so it asks
// of all agencies, whoever is asking.
func (d *Desk) dangerOf(ctx context.Context, q database.Queryer, person string) (bool, error) {
	if person == "" {
		return false, nil
	}
	n, err := database.One(ctx, q, database.Value[int], "SELECT count(*) FROM person_danger t WHERE "+ofPerson+" AND t.superseded_at IS NULL AND t.danger", person)
	return n > 0, err
}

// Danger reports whether home is the danger for the person of a request that the scope may read.
func (d *Desk) Danger(ctx context.Context, q database.Queryer, scope access.Scope, r Request) (bool, error) {
	if _, err := d.Get(ctx, q, scope, r.ID); err != nil {
		return false, err
	}
	return d.dangerOf(ctx, q, r.Person)
}

// DangerKnown reports whether home is the danger for a person whose page the scope has been shown: every worker who reads about them must
// know it before they write home.
func (d *Desk) DangerKnown(ctx context.Context, q database.Queryer, scope access.Scope, person string) (bool, error) {
	if scope.Agency == "" || slices.Contains(scope.Closed, access.Identity) {
		return false, nil
	}
	return d.dangerOf(ctx, q, person)
}
