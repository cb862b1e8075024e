package place

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/account"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fact"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/work"
)

// Judgement is one of the three things a review judges, with what its values mean.
type Judgement struct {
	Key, Name, Question string
	Values              [3]string
}

// Judgements are what a review judges. They are read beside each other and never added up: a place where great harm
// is unlikely and one where little harm is certain are not the same.
var Judgements = []Judgement{
	{"impact", "Impact", "What does it do to the young people who go there, and to the place?", [3]string{"1: few notice", "2: young people or staff change what they do", "3: young people stay away, or the place cannot do its work"}},
	{"risk", "Risk", "How likely is it that it goes on or gets worse if nothing changes?", [3]string{"1: it is dying down", "2: it goes on as it is", "3: it is growing, or those behind it have reason to stay"}},
	{"harm", "Harm", "How bad is the harm to the worst affected?", [3]string{"1: worry, no injury or exploitation known", "2: threats, injury or grooming known", "3: serious injury, exploitation or debt bondage known"}},
}

// Review is what somebody judged of a place on a day. It does not change.
type Review struct {
	fact.Fact
	PlaceID                     string
	ByName                      string
	Impact, Risk, Harm          int
	ImpactWhy, RiskWhy, HarmWhy string
	NextOn                      string // ISO date of the next review
	NextName                    string // who does it
	ActionID                    string
}

// Get is the judgement with a key of Judgements and its reason.
func (r Review) Get(key string) (value int, why string) {
	switch key {
	case "impact":
		return r.Impact, r.ImpactWhy
	case "risk":
		return r.Risk, r.RiskWhy
	}
	return r.Harm, r.HarmWhy
}

// NewReview is what is needed to review a place. NextOwner is an account id.
type NewReview struct {
	On                          string // ISO date on which it was judged; "" is today
	Impact, Risk, Harm          int
	ImpactWhy, RiskWhy, HarmWhy string
	NextOn, NextOwner           string
}

const maxWhy = 2000

func (n NewReview) check(today time.Time) error {
	for _, j := range []struct {
		name  string
		value int
		why   string
	}{{"Impact", n.Impact, n.ImpactWhy}, {"Risk", n.Risk, n.RiskWhy}, {"Harm", n.Harm, n.HarmWhy}} {
		switch {
		case j.value < 1 || j.value > 3:
			return fault.New(fault.Invalid, "%s is %d: expected 1, 2 or 3.", j.name, j.value)
		case strings.TrimSpace(j.why) == "":
			return fault.New(fault.Invalid, "%s has no reason. Say what it rests on.", j.name)
		case utf8.RuneCountInString(j.why) > maxWhy:
			return fault.New(fault.Invalid, "The reason for %s is longer than %d characters.", strings.ToLower(j.name), maxWhy)
		}
	}
	if n.On != "" {
		if on, err := time.Parse(clock.ISODate, n.On); err != nil || on.After(today) {
			return fault.New(fault.Invalid, "The day of the review %q is not a day up to today.", n.On)
		}
	}
	next, err := time.Parse(clock.ISODate, n.NextOn)
	switch {
	case err != nil:
		return fault.New(fault.Invalid, "The date of the next review %q cannot be read: expected year-month-day.", n.NextOn)
	case next.Before(today):
		return fault.New(fault.Invalid, "The next review is before today.")
	case next.After(today.AddDate(1, 0, 0)):
		return fault.New(fault.Invalid, "The next review is more than a year away: choose an earlier day.")
	}
	return nil
}

// Review keeps a review of a place and gives the next one to its owner as an action. The review has the place's own
// owner and class: whoever may read the place may read what was judged of it.
func (s *Store) Review(ctx context.Context, tx *database.Tx, by access.Scope, placeID string, in NewReview) (Review, error) {
	p, err := s.Get(ctx, tx, by, placeID)
	if err != nil {
		return Review{}, err
	}
	if err := in.check(clock.Today(s.clock)); err != nil {
		return Review{}, err
	}
	owner, err := s.accounts.Get(ctx, tx, in.NextOwner)
	if fault.Is(err, fault.NotFound) {
		return Review{}, fault.New(fault.Invalid, "Choose who does the next review from the list.")
	}
	if err != nil {
		return Review{}, err
	}
	if ok, err := s.work.CanRead(ctx, owner, p.Fact); err != nil || !ok {
		if err == nil {
			err = fault.New(fault.Refused, "%s may not read this place, so its next review cannot be theirs.", owner.Name)
		}
		return Review{}, err
	}
	r := Review{PlaceID: p.ID, ByName: by.Name, Impact: in.Impact, Risk: in.Risk, Harm: in.Harm, ImpactWhy: strings.TrimSpace(in.ImpactWhy), RiskWhy: strings.TrimSpace(in.RiskWhy),
		HarmWhy: strings.TrimSpace(in.HarmWhy), NextOn: in.NextOn, NextName: owner.Name}
	now, on := s.clock.Now(), clock.Today(s.clock)
	if in.On != "" {
		on, _ = time.Parse(clock.ISODate, in.On) //nolint:errcheck // checked above
	}
	r.Fact = fact.Fact{ID: s.ids.New(), Owner: p.Owner, Class: p.Class, Restricted: p.Restricted, Area: p.Area, By: by.Account, True: fact.On(on), LearntAt: clock.Micros(now), Ver: 1}
	r.RetentionClass, r.ReviewOn = fact.Retention(r.Class, now)
	class := access.Class(p.Class)
	if class == access.Open {
		class = access.Partnership
	}
	title := "Review " + shorten(p.Name, 150)
	if p.Guarded { // the action is the reviewer's agency's, whose agreements are not the owner's
		title = "Review a guarded place"
	}
	action, err := s.work.Add(ctx, tx, by, work.New{Title: title, Why: fmt.Sprintf("The last review was on %s.", on.Format("2 January 2006")),
		Class: class, Area: p.Area, Source: work.Ref{Kind: "place-review", ID: r.ID}, Subject: work.Ref{Kind: "place", ID: p.ID}, Assignee: owner.ID, DueOn: in.NextOn})
	if err != nil {
		return Review{}, err
	}
	r.ActionID = action.ID
	args := append(r.Args(), r.PlaceID, r.ByName, r.Impact, r.ImpactWhy, r.Risk, r.RiskWhy, r.Harm, r.HarmWhy, r.NextOn, r.NextName, r.ActionID)
	err = tx.Exec(ctx, "INSERT INTO place_review ("+fact.Columns("")+reviewColumns+") VALUES "+database.In(1, len(args)), args...)
	if err != nil {
		return Review{}, err
	}
	return r, s.log.Record(ctx, tx, by, audit.Line{Act: audit.Collection, SubjectKind: "place", Subject: p.ID, Owners: []string{p.Owner}, Words: "review " + r.ID})
}

func shorten(s string, most int) string {
	r := []rune(s)
	if len(r) <= most {
		return s
	}
	return string(r[:most-1]) + "…"
}

const reviewColumns = ", place_id, by_name, impact, impact_why, risk, risk_why, harm, harm_why, next_on, next_name, action_id"

// Reviews are every review of a place, the latest first; fault.NoSuch when the scope may not read the place.
func (s *Store) Reviews(ctx context.Context, q database.Queryer, scope access.Scope, placeID string) ([]Review, error) {
	if _, err := s.Get(ctx, q, scope, placeID); err != nil {
		return nil, err
	}
	return database.Collect(ctx, q, func(r database.Scanner) (Review, error) {
		var v Review
		return v, r.Scan(append(v.Dest(), &v.PlaceID, &v.ByName, &v.Impact, &v.ImpactWhy, &v.Risk, &v.RiskWhy, &v.Harm, &v.HarmWhy, &v.NextOn, &v.NextName, &v.ActionID)...)
	}, "SELECT "+fact.Columns("r")+strings.ReplaceAll(reviewColumns, ", ", ", r.")+" FROM place_review r WHERE r.place_id = $1 ORDER BY r.true_from DESC, r.learnt_at DESC, r.id DESC", placeID)
}

// Reviewers are the accounts that could do the next review: those who may read the place.
func (s *Store) Reviewers(ctx context.Context, q database.Queryer, p Place) ([]account.Account, error) {
	all, err := s.accounts.All(ctx, q)
	if err != nil {
		return nil, err
	}
	var out []account.Account
	for _, a := range all {
		ok, err := s.work.CanRead(ctx, a, p.Fact)
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, a)
		}
	}
	return out, nil
}
