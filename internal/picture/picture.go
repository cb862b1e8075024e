// Package picture puts together what the partnership knows: the nine questions, each with one sentence and
// its base, and under them the counts, blind spots, flows and places they rest on.
//
// It reads from every room and writes in none but its own papers. The same Picture is the home page, the
// report on paper and the file picture.json, so that they cannot disagree. A question that the data cannot
// answer is answered with why not, and whom to ask for what: a refusal is an answer.
//
// Small numbers: counts of what has been published already (police.uk) are shown as they are. Counts from
// partners' own records that are broken down by area are protected by package disclosure before they
// leave here, so that no page, table or file holds the true number.
package picture

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"golang.org/x/sync/singleflight"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/analysis/trend"
	"lantern.example/lantern/internal/assessment"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/event"
	"lantern.example/lantern/internal/figure"
	"lantern.example/lantern/internal/intake/profile"
	"lantern.example/lantern/internal/partnership"
	"lantern.example/lantern/internal/scale"
	"lantern.example/lantern/internal/work"
)

// Picture is what is known, in the shape of picture.json.
type Picture struct {
	Lantern    string           `json:"lantern"`
	MadeAt     time.Time        `json:"made_at"`
	Title      string           `json:"title"`
	Files      []File           `json:"files"`
	Refusals   Refusals         `json:"refusals"`
	Statements Statements       `json:"statements"`
	BlindSpots []BlindSpot      `json:"blind_spots"`
	Pairs      []BlindSpot      `json:"pairs"`
	Events     Events           `json:"events"`
	People     *People          `json:"people"`
	Hotspots   *Hotspots        `json:"hotspots"`
	Flows      []Flow           `json:"flows"`
	Trend      []Trend          `json:"trend"`
	Hidden     *struct{}        `json:"hidden"`
	Findings   []figure.Finding `json:"findings"`
	Warnings   []string         `json:"warnings"`

	Assessed Assessed `json:"assessed"`
	FlowBase string   `json:"flow_base,omitempty"`

	assessed assessment.Result
	reach    Reach
	roles    map[profile.Role]int
	own      ownCounts
	owners   map[profile.Kind][]string
	series   []scale.Trend
}

// Assessed is what else the paper says of the statements as a whole.
type Assessed struct {
	From      string `json:"from,omitempty"` // ISO dates of the first and last interview
	To        string `json:"to,omitempty"`
	OneAgency int    `json:"one_agency"` // themes that one agency alone spoke of: not shown
}

// File is one file that was offered.
type File struct {
	Name      string  `json:"name"`
	SHA256    string  `json:"sha256"`
	Profile   *string `json:"profile"` // null when no format fits
	Rows      int64   `json:"rows"`
	Taken     int64   `json:"taken"`
	Refused   int64   `json:"refused"`
	Unlocated int64   `json:"unlocated"`
	Words     string  `json:"words,omitempty"` // why it was not taken
}

// Refusals are the rows that were not taken: how many, and the first thousand.
type Refusals struct {
	Total int64     `json:"total"`
	First []Refusal `json:"first"`
}

// Refusal is one row that was not taken.
type Refusal struct {
	File   string `json:"file"`
	Sheet  string `json:"sheet"`
	Row    int    `json:"row"`
	Column string `json:"column"`
	Shape  string `json:"value_shape"`
	Reason string `json:"reason"`
}

// Statements say how many were heard.
type Statements struct {
	Total      int      `json:"total"`
	Interviews int      `json:"interviews"`
	Agencies   int      `json:"agencies"`
	Voices     int      `json:"voices"`
	NotHeard   []string `json:"not_heard"`
}

// Said is how much was said of a theme.
type Said struct {
	Voices     int `json:"voices"`
	Agencies   int `json:"agencies"`
	Interviews int `json:"interviews"`
}

// BlindSpot is a theme, or a pair of themes, as four sources have it.
type BlindSpot struct {
	Theme          string   `json:"theme"`
	Codes          []string `json:"codes"`
	Said           Said     `json:"said"`
	InData         string   `json:"in_data"`
	InStrategy     string   `json:"in_strategy"`
	KnownToLeaders string   `json:"known_to_leaders"`
	Sentence       string   `json:"sentence"`
}

// Events are the counts of what happened. As Build makes them ByKind, ByMonth and Total count every row
// taken; Protected hides small numbers in them. ByArea is always protected where the rows are partners' own.
type Events struct {
	Total       int                        `json:"total"`
	ByKind      map[string]*int            `json:"by_kind"`
	Kinds       []Kind                     `json:"kinds"`
	ByMonth     map[string]map[string]*int `json:"by_month"`
	ByArea      []Area                     `json:"by_area"`
	Unlocated   int                        `json:"unlocated"`
	OutsideArea int                        `json:"outside_area"`
	RepeatedIDs int                        `json:"repeated_ids"`
}

// Kind is one kind of event with the partners' own words for it.
type Kind struct {
	Kind  string       `json:"kind"`
	Count *int         `json:"count"`
	Words []WordsCount `json:"words"`
}

// WordsCount is how many rows used some words.
type WordsCount struct {
	Words string `json:"words"`
	Count *int   `json:"count"`
}

// Area is the events of one area; Count is null where a small number is hidden.
type Area struct {
	Level      string         `json:"level"`
	Code       string         `json:"code"`
	Name       string         `json:"name"`
	Count      *int           `json:"count"`
	ByKind     map[string]int `json:"by_kind"` // null when hidden
	Suppressed bool           `json:"suppressed"`
}

// People says how many people the records are of. When lists were read without names, only Records is known.
type People struct {
	Records              int  `json:"records"`
	People               *int `json:"people"`
	LinkedAcrossAgencies *int `json:"linked_across_agencies"`
	ForReview            *int `json:"for_review"`
	// ByAgencies are people by how many agencies hold a record of them; a small number is null.
	ByAgencies map[string]*int `json:"by_agencies"`
	// Agencies is whose records they are: with one, nobody can be known to two.
	Agencies int `json:"-"`
}

// Hotspots are the areas that stand out.
type Hotspots struct {
	Unit     string        `json:"unit"` // "cell"
	CellM    int           `json:"cell_m"`
	Method   string        `json:"method"`
	Alpha    float64       `json:"alpha"`
	Areas    []HotspotArea `json:"areas"`
	Refused  bool          `json:"refused"`
	Reasons  []string      `json:"reasons"`
	Sentence string        `json:"sentence"`
	N        int           `json:"n"`
}

// HotspotArea is one cell that was looked at.
type HotspotArea struct {
	ID          string   `json:"id"`
	Area        string   `json:"area"` // its ward or district; "" when no boundary is loaded
	Count       *int     `json:"count"`
	GiStarZ     *float64 `json:"gi_star_z"`
	GiStarPFDR  *float64 `json:"gi_star_p_fdr"`
	Significant bool     `json:"significant"`
}

// Flow is how many people link one area to another.
type Flow struct {
	Origin      string `json:"origin"`
	Destination string `json:"destination"`
	People      *int   `json:"people"`
	Confirmed   *int   `json:"confirmed"`
	Suspected   *int   `json:"suspected"`
	Supply      *int   `json:"supply"`
	Violence    *int   `json:"violence"`
	Suppressed  bool   `json:"suppressed"`
	Period      string `json:"period,omitempty"`
}

// Trend is what can be said of one series' growth: of a monthly series beside its effort, or of a kind of event, of which
// nobody recorded the effort.
type Trend struct {
	Series   string   `json:"series"`
	Name     string   `json:"name"` // as a heading has it
	From     string   `json:"from"`
	Until    string   `json:"until"`
	First    *int     `json:"first"` // in the first of the spans compared
	Last     *int     `json:"last"`
	Verdict  *string  `json:"verdict"`
	Sentence string   `json:"sentence"`
	Refused  bool     `json:"refused"`
	Reasons  []string `json:"reasons"`
	// Effort says what effort is counted in, "" when nobody said how hard anybody looked; EffortFirst and EffortLast are
	// how much of it there was in the spans.
	Effort      string   `json:"effort"`
	EffortFirst *float64 `json:"effort_first"`
	EffortLast  *float64 `json:"effort_last"`
	// Bounds are of the yearly change of the logarithm.
	Bounds *trend.Bounds `json:"bounds"`
	Span   string        `json:"-"` // which months stand beside which, in words
}

// Reach is what the lines' room says: flows, and the sentence on them.
type Reach struct {
	Flows    []Flow
	Sentence string // "" when there are none
	Base     string
	Source   string
}

// Rooms are where a picture is read from. Scale, People, Hotspots and Reach may be nil: that room is not there.
type Rooms struct {
	Clock       clock.Clock
	DB          *database.DB
	Statements  *assessment.Store
	Events      *event.Store
	Scale       *scale.Store
	Partnership *partnership.Store
	Work        *work.Store
	People      func(ctx context.Context, q database.Queryer, s access.Scope) (*People, error)
	Hotspots    func(ctx context.Context, q database.Queryer, s access.Scope) (*Hotspots, error)
	Reach       func(ctx context.Context, q database.Queryer, s access.Scope) (Reach, error)
	// Version changes whenever what People, Hotspots or Reach say can have changed without a load.
	Version func(ctx context.Context, q database.Queryer) (string, error)

	seen     cache
	counting singleflight.Group
}

// Recount counts again what rests on records and keeps it, so that no reader waits for it: at start, and
// after what follows a load has placed its events and joined its people.
func (r *Rooms) Recount(ctx context.Context) error {
	r.seen.forget()
	return r.records(ctx, r.DB.Reader(), &Picture{})
}

// counting is the scope in which the partnership's records are counted. Agencies without sight of the rows
// are shown counts of them, small numbers hidden: that is what a partnership's picture is. No row leaves.
func counting() access.Scope { return access.System("picture", access.Assessment) }

// Build reads the picture at one moment: statements as the scope may read them, records as counts over the
// whole partnership. What is shown to anybody is Protected first; the counts as they are go only into the
// file that whoever holds the records makes for themselves (lantern assess).
func (r *Rooms) Build(ctx context.Context, scope access.Scope) (*Picture, error) {
	p := &Picture{MadeAt: r.Clock.Now(), Files: []File{}, BlindSpots: []BlindSpot{}, Pairs: []BlindSpot{}, Flows: []Flow{}, Trend: []Trend{}, Warnings: []string{}, Findings: []figure.Finding{}, Refusals: Refusals{First: []Refusal{}}}
	err := r.DB.ReadOnly(ctx, func(q database.Queryer) error {
		if err := r.records(ctx, q, p); err != nil {
			return err
		}
		if err := r.statements(ctx, q, scope, p); err != nil {
			return err
		}
		shown, err := p.Protected()
		if err != nil {
			return err
		}
		if r.Scale != nil {
			if p.series, err = r.Scale.Trends(ctx, q, counting()); err != nil {
				return err
			}
		}
		p.Trend = append(ofSeries(p.series), trends(shown.Events, clock.Today(r.Clock).Format("2006-01"))...)
		return r.findings(ctx, q, scope, p)
	})
	p.Title = "Local picture"
	if p.Statements.Total > 0 {
		p.Title = "Local assessment"
	}
	return p, err
}

// Shown is the picture for a page, a paper or a file that leaves: built, and protected.
func (r *Rooms) Shown(ctx context.Context, scope access.Scope) (*Picture, error) {
	p, err := r.Build(ctx, scope)
	if err != nil {
		return nil, err
	}
	return p.Protected()
}

// records reads what rests on loaded records alone. It is worked out once for a scope and a set of live
// loads: a home page that everybody opens in the morning does not count a million rows each time.
func (r *Rooms) records(ctx context.Context, q database.Queryer, p *Picture) error {
	scope := counting()
	key, err := r.Events.Version(ctx, q, scope)
	if err != nil {
		return err
	}
	if r.Version != nil {
		v, err := r.Version(ctx, q)
		if err != nil {
			return err
		}
		key += " " + v
	}
	had, ok := r.seen.get(key)
	if !ok {
		// Whoever comes while it is being counted waits for the one count.
		v, err, _ := r.counting.Do(key, func() (any, error) {
			var c Picture
			if had, ok := r.seen.get(key); ok {
				return had, nil
			}
			// On a snapshot of its own: the others must not lose it because the first reader went away.
			own := context.WithoutCancel(ctx)
			if err := r.DB.ReadOnly(own, func(q database.Queryer) error { return r.count(own, q, scope, &c) }); err != nil {
				return nil, err
			}
			r.seen.put(key, c)
			return c, nil
		})
		if err != nil {
			return err
		}
		if had, ok = v.(Picture); !ok {
			return errors.New("picture: a count is not a picture")
		}
	}
	p.Events, p.People, p.Hotspots, p.reach, p.roles, p.own, p.owners = had.Events, had.People, had.Hotspots, had.reach, had.roles, had.own, had.owners
	p.FlowBase = p.reach.Base
	if p.reach.Flows != nil {
		p.Flows = p.reach.Flows
	}
	return nil
}

// holders tells in how many agencies' records any of some kinds of events are held; asked for no kind, how
// many agencies' records there are at all.
func holders(owners map[profile.Kind][]string) assessment.Records {
	return func(_ context.Context, kinds []profile.Kind) (int, error) {
		if len(kinds) == 0 {
			kinds = slices.Collect(maps.Keys(owners))
		}
		seen := map[string]bool{}
		for _, k := range kinds {
			for _, o := range owners[k] {
				seen[o] = true
			}
		}
		return len(seen), nil
	}
}

// Holders is the same for the pages of the assessment, from the same counts.
func (r *Rooms) Holders(ctx context.Context, q database.Queryer) (assessment.Records, error) {
	p := &Picture{}
	if err := r.records(ctx, q, p); err != nil {
		return nil, err
	}
	return holders(p.owners), nil
}

func (r *Rooms) count(ctx context.Context, q database.Queryer, scope access.Scope, p *Picture) (err error) {
	if err := r.events(ctx, q, scope, p); err != nil {
		return err
	}
	if p.owners, err = r.Events.Owners(ctx, q, scope); err != nil {
		return err
	}
	if p.roles, err = r.Events.Roles(ctx, q, scope, event.Query{}); err != nil {
		return err
	}
	if r.People != nil {
		if p.People, err = r.People(ctx, q, scope); err != nil {
			return err
		}
	}
	if r.Hotspots != nil {
		if p.Hotspots, err = r.Hotspots(ctx, q, scope); err != nil {
			return err
		}
	}
	if r.Reach != nil {
		p.reach, err = r.Reach(ctx, q, scope)
	}
	return err
}

func (r *Rooms) statements(ctx context.Context, q database.Queryer, scope access.Scope, p *Picture) error {
	themes := assessment.Themes()
	if r.Partnership != nil {
		var err error
		if themes, err = assessment.ThemesIn(ctx, q, r.Partnership); err != nil {
			return err
		}
	}
	a, err := r.Statements.Analyse(ctx, q, scope, themes, holders(p.owners))
	if err != nil {
		return err
	}
	p.assessed = a
	p.Assessed = Assessed{From: a.From, To: a.To, OneAgency: a.OneAgency}
	p.Statements = Statements{Total: a.Statements, Interviews: a.Interviews, Agencies: a.Agencies, Voices: a.Voices, NotHeard: a.NotHeard}
	if p.Statements.NotHeard == nil {
		p.Statements.NotHeard = []string{}
	}
	for _, b := range a.BlindSpots {
		p.BlindSpots = append(p.BlindSpots, spot(b))
	}
	for _, b := range a.Pairs {
		p.Pairs = append(p.Pairs, spot(b))
	}
	return nil
}

func spot(b assessment.BlindSpot) BlindSpot {
	word := func(a profile.Answer) string {
		if a == "" {
			return "not asked"
		}
		return string(a)
	}
	return BlindSpot{Theme: b.Theme, Codes: b.Codes, Said: Said(b.Said), InData: word(b.InData), InStrategy: word(b.InStrategy), KnownToLeaders: word(b.KnownToLeaders), Sentence: b.Sentence}
}

// Finding is the picture's answer to a question.
func (p *Picture) Finding(question string) figure.Finding {
	i := slices.IndexFunc(p.Findings, func(f figure.Finding) bool { return f.Question == question })
	if i < 0 {
		return figure.Finding{Question: question, Refused: true, Sentence: "Nothing is known yet."}
	}
	return p.Findings[i]
}
