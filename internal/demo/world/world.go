package world

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"time"
)

// Size limits and the default number of people.
const (
	DefaultPeople = 2_000
	MinPeople     = 200
	MaxPeople     = 200_000
)

// Options says which world to draw.
type Options struct {
	Seed   uint64
	People int       // true people in partners' files; 0 means DefaultPeople
	Today  time.Time // the last day of the world; records end the day before. Only its date is used
}

// A World is an invented partnership with two years of its partners' records.
type World struct {
	Options    Options
	Geography  Geography
	Agencies   []Agency
	Accounts   []Account
	Interviews []Interview
	Invited    []Invitation
	Files      []File
	Planted    []PlantedRow
	Truth      *Truth

	Definitions []Definition
	Leads       []Lead
	Objectives  []Objective
	Agreements  []Agreement
	Actions     []Action
	Papers      []Paper
	Lines       []Line
	Reviews     []PlaceReview
	Subjects    []Subject
	Programme   Programme
	Story       Story
}

// A File is one partner's export, byte for byte as the partner sent it.
type File struct {
	Path    string // where it stands in a folder of exports, with forward slashes
	Agency  string // code of the agency that sent it
	Profile string // the intake profile that should recognise it
	Bytes   []byte
}

// A PlantedRow is a row that a careful reader refuses; Row is numbered as a spreadsheet shows it.
type PlantedRow struct {
	File   string
	Row    int
	Column string
	Why    string
}

// Story names the things the story is about. It holds no figures: those have to be found in the files.
type Story struct {
	Home      string   // place code of the children's home that is being targeted
	Unit      string   // place code of the pupil referral unit that is being targeted
	Matched   []string // place codes of the two places it is compared with
	Closed    time.Time
	Rebranded time.Time
}

// generator carries what the parts share while a world is drawn.
type generator struct {
	opt    Options
	today  time.Time         // midnight UTC of Options.Today
	months [months]time.Time // first days of the whole months that monthly returns cover
	world  *World
	geo    *county
	people []Person
	homes  []household
}

// Generate draws the world of opt. It fails only when opt asks for a size it cannot draw or names no date.
func Generate(opt Options) (*World, error) {
	if opt.People == 0 {
		opt.People = DefaultPeople
	}
	if opt.People < MinPeople || opt.People > MaxPeople {
		return nil, fmt.Errorf("the invented partnership has %d to %d people; %d were asked for", MinPeople, MaxPeople, opt.People)
	}
	if opt.Today.IsZero() {
		return nil, fmt.Errorf("the invented partnership needs a date for its last day")
	}
	y, m, d := opt.Today.Date()
	opt.Today = time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	g := &generator{opt: opt, today: opt.Today, world: &World{Options: opt}}

	g.drawCounty()
	g.formPartnership()
	g.populate()
	g.writeFiles()
	return g.world, nil
}

// stream returns the random source of one part, so that a change in one part leaves the others as they were.
func (g *generator) stream(part string) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(part))
	return rand.New(rand.NewPCG(g.opt.Seed, h.Sum64()))
}

// chance is true with probability p.
func chance(r *rand.Rand, p float64) bool { return r.Float64() < p }

// pick returns one of the values, each as likely as the next.
func pick[T any](r *rand.Rand, values []T) T { return values[r.IntN(len(values))] }

// between returns a whole number from low to high, both included.
func between(r *rand.Rand, low, high int) int { return low + r.IntN(high-low+1) }

// daysAgo is the day n days before the world's last day.
func (g *generator) daysAgo(n int) time.Time { return g.today.AddDate(0, 0, -n) }
