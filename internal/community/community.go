// Package community is what passes between the partnership and the people who live in its area: engagement, with who
// was reached and who was not; what was said and what was done about it; reports from people who do not say who they
// are; trusted people and places, with strengths beside worries; and the services that are a way out, with what
// happened next.
//
// All of it but the reports is about nobody and works before any agreement is signed. A report may name somebody: it
// belongs to the desk that reads it (class intelligence) and is read under scope like any personal record.
package community

import (
	"context"
	"slices"
	"strings"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/content"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/partnership"
)

// The kinds of content of the community's rooms.
const (
	AssetKind   = "asset"   // trusted people and places, strengths
	ServiceKind = "service" // routes: early help, family, exit, transition
	PublicKind  = "public-page"
	// PublicSaid is the kind under which something said is made public; see content.MakePublic.
	PublicSaid = "said"
)

// Store keeps engagement and what was said.
type Store struct {
	clock   clock.Clock
	ids     *clock.IDs
	log     *audit.Log
	content *content.Store
}

// NewStore returns the community's store.
func NewStore(c clock.Clock, ids *clock.IDs, log *audit.Log, words *content.Store) *Store {
	return &Store{clock: c, ids: ids, log: log, content: words}
}

// Groups are whom an engagement can reach or miss, in the order forms show them. Numbers of those reached are of
// people, never a list of them.
var Groups = []struct{ Code, Name string }{
	{"children", "Children under 11"}, {"young", "Young people, 11 to 17"}, {"adults-18-25", "Young adults, 18 to 25"}, {"parents", "Parents and carers"}, {"girls", "Girls and young women"},
	{"out-of-school", "Young people out of school"}, {"care", "Young people in care"}, {"older", "Older residents"}, {"disabled", "Disabled people"}, {"new-arrivals", "People new to the country"}, {"faith", "Faith groups"},
	{"traders", "Shops and traders"}, {"tenants", "Tenants and residents"}, {"services", "People who work locally"},
}

// GroupName is a group in words.
func GroupName(code string) string {
	for _, g := range Groups {
		if g.Code == code {
			return g.Name
		}
	}
	return code
}

// Engagement is one time the partnership went out to listen.
type Engagement struct {
	ID, Owner, Area  string
	On               string // ISO date
	How, Place       string
	Reached          int
	Groups, Missed   []string // codes
	MissedWhy        string
	ByName           string
	At               int64
	Said             int // things said that were written down
	WithdrawnAt      *int64
	By, WithdrawnWhy string
}

func (s *Store) altered(ctx context.Context, tx *database.Tx, by access.Scope, subject, words string) error {
	return s.log.Record(ctx, tx, by, audit.Line{Act: audit.Alteration, SubjectKind: "engagement", Subject: subject, Words: words})
}

// Engage records an engagement.
func (s *Store) Engage(ctx context.Context, tx *database.Tx, by access.Scope, in Engagement) (string, error) {
	day, err := time.Parse(clock.ISODate, in.On)
	switch {
	case err != nil || day.After(clock.Today(s.clock)):
		return "", fault.New(fault.Invalid, "The day %q must be a date, today or earlier.", in.On)
	case strings.TrimSpace(in.How) == "":
		return "", fault.New(fault.Invalid, "Say how people were asked.")
	case in.Reached < 0 || in.Reached > 1_000_000:
		return "", fault.New(fault.Invalid, "The number of people reached must be 0 or more.")
	case by.Agency == "":
		return "", fault.NoSuch()
	}
	for _, g := range in.Groups {
		if slices.Contains(in.Missed, g) {
			return "", fault.New(fault.Invalid, "%s cannot be both reached and not reached.", GroupName(g))
		}
	}
	id := s.ids.New()
	err = tx.Exec(ctx, "INSERT INTO engagement (id, owner, class, area, held_on, how, place, reached, reached_groups, missed, missed_why, by_account, by_name, at) VALUES "+database.In(1, 14),
		id, by.Agency, string(access.Partnership), in.Area, in.On, strings.TrimSpace(in.How), in.Place, in.Reached, strings.Join(in.Groups, "\n"), strings.Join(in.Missed, "\n"), in.MissedWhy, by.Account, by.Name, clock.Micros(s.clock.Now()))
	if err != nil {
		return "", err
	}
	return id, s.altered(ctx, tx, by, id, "recorded")
}

// Withdraw takes an engagement back, with a reason: it stays in the history and counts no more.
func (s *Store) Withdraw(ctx context.Context, tx *database.Tx, by access.Scope, id, why string) error {
	if strings.TrimSpace(why) == "" {
		return fault.New(fault.Invalid, "Say why it is taken back.")
	}
	if _, err := s.Engagement(ctx, tx, by, id); err != nil {
		return err
	}
	n, err := tx.ExecCount(ctx, "UPDATE engagement SET withdrawn_at = $1, why = $2 WHERE id = $3 AND withdrawn_at IS NULL", clock.Micros(s.clock.Now()), why, id)
	if err != nil {
		return err
	}
	if n == 0 {
		return fault.New(fault.Refused, "It was taken back already.")
	}
	return s.altered(ctx, tx, by, id, "taken back")
}

const engagementColumns = `e.id, e.owner, e.area, e.held_on, e.how, e.place, e.reached, e.reached_groups, e.missed, e.missed_why, e.by_name, e.at, e.withdrawn_at, e.why,
	(SELECT count(*) FROM said x WHERE x.engagement_id = e.id AND x.superseded_at IS NULL)`

func scanEngagement(r database.Scanner) (Engagement, error) {
	var e Engagement
	var groups, missed string
	err := r.Scan(&e.ID, &e.Owner, &e.Area, &e.On, &e.How, &e.Place, &e.Reached, &groups, &missed, &e.MissedWhy, &e.ByName, &e.At, &e.WithdrawnAt, &e.WithdrawnWhy, &e.Said)
	e.Groups, e.Missed = partnership.Lines(groups), partnership.Lines(missed)
	return e, err
}

// Engagements lists them, latest first, those taken back left out.
func (s *Store) Engagements(ctx context.Context, q database.Queryer, scope access.Scope) ([]Engagement, error) {
	where, args := scope.Where("e", 1)
	return database.Collect(ctx, q, scanEngagement, "SELECT "+engagementColumns+" FROM engagement e WHERE e.withdrawn_at IS NULL AND "+where+" ORDER BY e.held_on DESC, e.id DESC", args...)
}

// Engagement is one of them, taken back or not.
func (s *Store) Engagement(ctx context.Context, q database.Queryer, scope access.Scope, id string) (Engagement, error) {
	where, args := scope.Where("e", 2)
	return database.One(ctx, q, scanEngagement, "SELECT "+engagementColumns+" FROM engagement e WHERE e.id = $1 AND "+where, append([]any{id}, args...)...)
}

// Said is one thing that people said, in the partnership's words and nobody's name, and what was done about it.
type Said struct {
	ID, Engagement string
	Ver            int64
	Sense          string // "worry", "strength" or "ask"
	Theme          string // code, "" for none
	Words          string
	State          string // "heard", "doing", "done" or "cannot"
	Did            string // what was done, or why it cannot be
	ByName         string
	At             int64
	Area, On       string // of the engagement
}

func checkSaid(in Said) error {
	switch {
	case strings.TrimSpace(in.Words) == "" || len([]rune(in.Words)) > 2000:
		return fault.New(fault.Invalid, "Write what was said, in at most 2,000 characters.")
	case !slices.Contains([]string{"worry", "strength", "ask"}, in.Sense):
		return fault.New(fault.Invalid, "Say whether it is a worry, a strength or an ask.")
	case !slices.Contains([]string{"heard", "doing", "done", "cannot"}, in.State):
		return fault.New(fault.Invalid, "Say what is being done about it.")
	case in.State != "heard" && strings.TrimSpace(in.Did) == "":
		return fault.New(fault.Invalid, "Say what was done, or why it cannot be.")
	}
	return nil
}

func (s *Store) write(ctx context.Context, tx *database.Tx, by access.Scope, in Said) error {
	err := tx.Exec(ctx, "INSERT INTO said (id, ver, engagement_id, sense, theme, words, state, did, by_account, by_name, at) VALUES "+database.In(1, 11),
		in.ID, in.Ver, in.Engagement, in.Sense, in.Theme, strings.TrimSpace(in.Words), in.State, strings.TrimSpace(in.Did), by.Account, by.Name, clock.Micros(s.clock.Now()))
	if err != nil {
		return err
	}
	return s.altered(ctx, tx, by, in.Engagement, "what was said and done written")
}

// Hear writes down something that was said at an engagement.
func (s *Store) Hear(ctx context.Context, tx *database.Tx, by access.Scope, in Said) (string, error) {
	if _, err := s.Engagement(ctx, tx, by, in.Engagement); err != nil {
		return "", err
	}
	if err := checkSaid(in); err != nil {
		return "", err
	}
	in.ID, in.Ver = s.ids.New(), 1
	return in.ID, s.write(ctx, tx, by, in)
}

// Answer changes what was said or done over version in.Ver; another version is a Conflict.
func (s *Store) Answer(ctx context.Context, tx *database.Tx, by access.Scope, in Said) error {
	old, err := s.One(ctx, tx, by, in.ID)
	if err != nil {
		return err
	}
	if err := checkSaid(in); err != nil {
		return err
	}
	if old.Ver != in.Ver {
		return fault.New(fault.Conflict, "Somebody else changed this while you were writing. Nothing of theirs was lost, and yours was not saved yet.")
	}
	if err := tx.Exec(ctx, "UPDATE said SET superseded_at = $1 WHERE id = $2 AND superseded_at IS NULL", clock.Micros(s.clock.Now()), in.ID); err != nil {
		return err
	}
	in.Engagement, in.Ver = old.Engagement, old.Ver+1
	return s.write(ctx, tx, by, in)
}

const saidColumns = "x.id, x.engagement_id, x.ver, x.sense, x.theme, x.words, x.state, x.did, x.by_name, x.at, e.area, e.held_on"

func scanSaid(r database.Scanner) (Said, error) {
	var x Said
	return x, r.Scan(&x.ID, &x.Engagement, &x.Ver, &x.Sense, &x.Theme, &x.Words, &x.State, &x.Did, &x.ByName, &x.At, &x.Area, &x.On)
}

// Heard lists what was said, latest first: at one engagement, or at all ("").
func (s *Store) Heard(ctx context.Context, q database.Queryer, scope access.Scope, engagement string) ([]Said, error) {
	where, args := scope.Where("e", 3)
	return database.Collect(ctx, q, scanSaid, "SELECT "+saidColumns+" FROM said x JOIN engagement e ON e.id = x.engagement_id WHERE x.superseded_at IS NULL AND e.withdrawn_at IS NULL AND ($1 = '' OR e.id = $2) AND "+where+" ORDER BY e.held_on DESC, x.id DESC",
		append([]any{engagement, engagement}, args...)...)
}

// One is the current version of something that was said.
func (s *Store) One(ctx context.Context, q database.Queryer, scope access.Scope, id string) (Said, error) {
	where, args := scope.Where("e", 2)
	return database.One(ctx, q, scanSaid, "SELECT "+saidColumns+" FROM said x JOIN engagement e ON e.id = x.engagement_id WHERE x.id = $1 AND x.superseded_at IS NULL AND "+where, append([]any{id}, args...)...)
}

// PublicSay is something said and done that somebody made public.
type PublicSay struct {
	Said
	Publication content.Publication
}

// Public lists what was said and done that a named person made public, in the version they did, latest first.
func (s *Store) Public(ctx context.Context, q database.Queryer) ([]PublicSay, error) {
	return database.Collect(ctx, q, func(r database.Scanner) (PublicSay, error) {
		var p PublicSay
		x := &p.Said
		p.Publication.Kind = PublicSaid
		err := r.Scan(&x.ID, &x.Engagement, &x.Ver, &x.Sense, &x.Theme, &x.Words, &x.State, &x.Did, &x.ByName, &x.At, &x.Area, &x.On, &p.Publication.Version, &p.Publication.ByName, &p.Publication.At)
		p.Publication.Code = x.ID
		return p, err
	}, "SELECT "+saidColumns+", p.version, p.by_name, p.at FROM said x JOIN engagement e ON e.id = x.engagement_id JOIN made_public p ON p.kind = $1 AND p.code = x.id AND p.version = x.ver AND p.ended_at IS NULL WHERE e.withdrawn_at IS NULL ORDER BY p.at DESC, x.id", PublicSaid)
}

// Reach is how often each group was reached, and how often it was not.
type Reach struct {
	Code, Name     string
	Times, Missed  int
	LastReachedOn  string
	NeverMentioned bool
}

// Reached counts, over engagements, how often each group was reached; those reached least first.
func Reached(list []Engagement) []Reach {
	out := make([]Reach, 0, len(Groups))
	for _, g := range Groups {
		r := Reach{Code: g.Code, Name: g.Name}
		for _, e := range list {
			if slices.Contains(e.Groups, g.Code) {
				r.Times++
				r.LastReachedOn = max(r.LastReachedOn, e.On)
			}
			if slices.Contains(e.Missed, g.Code) {
				r.Missed++
			}
		}
		r.NeverMentioned = r.Times+r.Missed == 0
		out = append(out, r)
	}
	slices.SortStableFunc(out, func(a, b Reach) int { return a.Times - b.Times })
	return out
}
