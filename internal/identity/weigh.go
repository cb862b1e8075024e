package identity

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"lantern.example/lantern/internal/analysis/linkage"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fact"
	"lantern.example/lantern/internal/intake/profile"
)

// The cut-offs. A false merge may show one child's file to another family's worker, which is far worse than a link that
// somebody must make by hand: at 50 such harms to one, a pair is linked from 50/51 on; 0.99 is beyond that.
const (
	linkFrom   = 0.99
	doubtFrom  = 0.5
	sampleFrom = 0.05 // pairs down to here are counted and sampled, so that what linking misses can be estimated
)

// trainAgain is by how much the records must have grown since a model was trained for another to be trained.
const trainAgain = 1.5

// enoughForDates is from how many records on the engine tells by their number which dates of birth are entered when nobody knows.
// Before that every first of January is taken as one.
const enoughForDates = 500

// page is how many records are read at a time.
const page = 2000

// gathered is what a run knows: every record that can be read, those that have a person first.
type gathered struct {
	data      *linkage.Dataset
	ids       []string // by number; those with a person in order, then those without in order
	old       int      // how many have a person
	person    []uint32 // of those, by number: the least number of the same person
	persons   []string // of those, by number: the person's id
	owners    []uint8  // by number: which of agencies
	agencies  []string
	decisions []linkage.Decision
	few       bool              // too few records to tell which dates are entered when nobody knows
	decided   map[[2]int]judged // by pair of numbers, lesser first
}

type judged struct {
	id      string
	verdict Verdict
}

// number is a record's number; ok is false for one that cannot be read any more.
func (g *gathered) number(id string) (int, bool) {
	if i, ok := slices.BinarySearch(g.ids[:g.old], id); ok {
		return i, true
	}
	i, ok := slices.BinarySearch(g.ids[g.old:], id)
	return g.old + i, ok
}

// gather reads every record that can be read into a dataset.
func (s *Store) gather(ctx context.Context, q database.Queryer) (*gathered, error) {
	g := &gathered{data: linkage.NewDataset(linkage.DefaultTables()), decided: map[[2]int]judged{}}
	own, err := issuers(ctx, q)
	if err != nil {
		return nil, err
	}
	n, err := database.One(ctx, q, database.Value[int], "SELECT count(*) FROM source_record")
	if err != nil {
		return nil, err
	}
	g.few = n < enoughForDates
	first := map[string]uint32{} // by person: its least number
	for _, placed := range []bool{true, false} {
		after := ""
		for {
			heads, err := readHeads(ctx, q, placed, after)
			if err != nil {
				return nil, err
			}
			if len(heads) == 0 {
				break
			}
			after = heads[len(heads)-1].id
			if err := s.readParts(ctx, q, heads, own); err != nil {
				return nil, err
			}
			for i := range heads {
				h := &heads[i]
				if placed {
					n, ok := first[h.person]
					if !ok {
						n = uint32(len(g.ids)) //nolint:gosec // the dataset bounds the number of records
						first[h.person] = n
					}
					g.person, g.persons = append(g.person, n), append(g.persons, h.person)
				}
				if b := &h.record.Birth; g.few && b.Month == 1 && b.Day == 1 { // stored when only the year is known
					b.Estimated = true
				}
				if err := g.add(h); err != nil {
					return nil, err
				}
			}
		}
		if placed {
			g.old = len(g.ids)
		}
	}
	return g, s.gatherDecisions(ctx, q, g)
}

func (g *gathered) add(h *head) error {
	a := slices.Index(g.agencies, h.record.Source)
	if a < 0 {
		a = len(g.agencies)
		g.agencies = append(g.agencies, h.record.Source)
	}
	g.ids, g.owners = append(g.ids, h.id), append(g.owners, uint8(min(a, 255))) //nolint:gosec // agencies are few
	return g.data.Add(&h.record)
}

// head is a record on its way into the dataset.
type head struct {
	id, person string
	record     linkage.Record
}

func readHeads(ctx context.Context, q database.Queryer, placed bool, after string) ([]head, error) {
	join, person := "JOIN person_record p ON p.record_id = r.id", "p.person_id"
	cond := ""
	if !placed {
		join, person, cond = "", "''", " AND NOT EXISTS (SELECT 1 FROM person_record p WHERE p.record_id = r.id)"
	}
	return database.Collect(ctx, q, func(r database.Scanner) (head, error) {
		var h head
		var owner, born, precision, sex string
		var learnt int64
		err := r.Scan(&h.id, &h.person, &owner, &born, &precision, &sex, &learnt)
		h.record = linkage.Record{Source: owner, ID: h.id, Birth: birthOf(born, precision), Sex: sexOf(sex)}
		return h, err
	}, "SELECT r.id, "+person+", r.owner, r.born, r.born_precision, r.sex, r.learnt_at FROM source_record r "+join+" WHERE r.id > $1 AND "+current+cond+" ORDER BY r.id LIMIT "+strconv.Itoa(page), after)
}

func birthOf(born, precision string) linkage.Birth {
	var b linkage.Birth
	parts := strings.Split(born, "-")
	at := func(i int) int {
		if i >= len(parts) {
			return 0
		}
		n, err := strconv.Atoi(parts[i])
		if err != nil {
			return 0
		}
		return n
	}
	b.Year, b.Month, b.Day = at(0), at(1), at(2)
	b.FromAge = precision == string(fact.Age)
	return b
}

func sexOf(s string) linkage.Sex {
	switch s {
	case string(profile.Female):
		return linkage.Female
	case string(profile.Male):
		return linkage.Male
	}
	return linkage.SexUnknown
}

// nationwide are kinds of number that mean the same whoever writes them down, as the engine calls them.
var nationwide = map[profile.IDKind]string{
	profile.NHSNumber: linkage.KindNHS, profile.UPN: linkage.KindUPN, profile.FormerUPN: linkage.KindUPN, profile.PNCID: linkage.KindPNC, profile.CRONumber: "CRO number",
}

// issued are kinds of number that mean something within the system of one issuer alone. What stands for an event or a case, and not for a
// person, is in neither list.
var issued = []profile.IDKind{profile.RecordID, profile.PoliceID, profile.PupilID, profile.LAChildID, profile.YJBID, profile.PrisonNumber}

// mostIssuers is how many issuers' numbers take part: the engine compares eleven kinds of number.
const mostIssuers = 7

// issuers are those whose numbers stand in more than one record each, as of one who keeps a register of people: there the number
// says who somebody is. A number that only one row has is a row's and no evidence.
func issuers(ctx context.Context, q database.Queryer) (map[string]bool, error) {
	args := make([]any, len(issued))
	for i, k := range issued {
		args[i] = string(k)
	}
	found, err := database.Collect(ctx, q, database.Value[string], `SELECT x.issuer FROM (SELECT CASE WHEN i.issuer <> '' THEN i.issuer ELSE r.owner END AS issuer, count(*) AS n, count(DISTINCT i.value) AS d
		FROM source_identifier i JOIN source_record r ON r.id = i.record_id
		WHERE i.kind IN `+database.In(1, len(args))+" AND "+current+" GROUP BY CASE WHEN i.issuer <> '' THEN i.issuer ELSE r.owner END) x WHERE x.n > x.d ORDER BY x.n - x.d DESC, x.issuer LIMIT "+strconv.Itoa(mostIssuers), args...)
	out := map[string]bool{}
	for _, o := range found {
		out[o] = true
	}
	return out, err
}

// readParts fills in what the records say. Former names take no part: that somebody had another name is theirs to tell, and a
// link that rests on it would tell it to whoever sees both records.
func (s *Store) readParts(ctx context.Context, q database.Queryer, heads []head, own map[string]bool) error {
	by := make(map[string]*head, len(heads))
	for i := range heads {
		by[heads[i].id] = &heads[i]
	}
	lo, hi := heads[0].id, heads[len(heads)-1].id
	err := database.Each(ctx, q, func(r database.Scanner) error {
		var id, kind, display, fore, sur string
		if err := r.Scan(&id, &kind, &display, &fore, &sur); err != nil {
			return err
		}
		if h := by[id]; h != nil {
			n := linkage.Name{Kind: nameKind(kind), Given: fore, Family: sur}
			if fore == "" && sur == "" {
				n.Full = display
			}
			h.record.Names = append(h.record.Names, n)
		}
		return nil
	}, "SELECT record_id, kind, display, forenames, surname FROM source_name WHERE kind <> 'former' AND record_id >= $1 AND record_id <= $2 ORDER BY record_id, n", lo, hi)
	if err != nil {
		return err
	}
	err = database.Each(ctx, q, func(r database.Scanner) error {
		var id, kind, value, issuer string
		if err := r.Scan(&id, &kind, &value, &issuer); err != nil {
			return err
		}
		h := by[id]
		if h == nil {
			return nil
		}
		if issuer == "" {
			issuer = h.record.Source
		}
		k, ok := nationwide[profile.IDKind(kind)]
		if !ok && own[issuer] && slices.Contains(issued, profile.IDKind(kind)) {
			k, ok = issuedKind(issuer), true
		}
		if ok {
			h.record.Identifiers = append(h.record.Identifiers, linkage.Identifier{Kind: k, Value: value})
		}
		return nil
	}, "SELECT record_id, kind, value, issuer FROM source_identifier WHERE record_id >= $1 AND record_id <= $2 ORDER BY record_id, n", lo, hi)
	if err != nil {
		return err
	}
	return database.Each(ctx, q, func(r database.Scanner) error {
		x, err := s.scanKept(r)
		if h := by[x.record]; err == nil && h != nil {
			h.record.Addresses = append(h.record.Addresses, linkage.Address{Lines: x.at.Place, Postcode: x.at.Postcode, From: dayOf(x.from), To: dayOf(x.to)})
		}
		return err
	}, "SELECT "+keptColumns+" FROM record_address WHERE record_id >= $1 AND record_id <= $2 ORDER BY record_id, n", lo, hi)
}

// issuedKind is what the engine calls the numbers of one issuer. Each issuer has a kind of its own, so that those of two are never compared.
func issuedKind(issuer string) string { return "number in the system of [" + issuer + "]" }

var issuedWords = regexp.MustCompile(`number in the system of \[[^\]]*\]`)

// ownWords are words of the engine with the issuer left out, who stands beside them.
func ownWords(text string) string {
	return issuedWords.ReplaceAllString(text, "number in one agency's system")
}

func nameKind(kind string) linkage.NameKind {
	switch profile.NameKind(kind) {
	case profile.PreferredName:
		return linkage.PreferredName
	case profile.AliasName, profile.StreetName:
		return linkage.AliasName
	}
	return linkage.LegalName
}

// dayOf is a date as days since 1970; 0 when it is not a whole date.
func dayOf(date string) int32 {
	t, err := time.Parse(clock.ISODate, date)
	if err != nil {
		return 0
	}
	return int32(t.Unix() / 86400) //nolint:gosec // dates of people
}

// gatherDecisions reads what people decided: the last on each pair.
func (s *Store) gatherDecisions(ctx context.Context, q database.Queryer, g *gathered) error {
	return database.Each(ctx, q, func(r database.Scanner) error {
		var id, l, other, verdict string
		if err := r.Scan(&id, &l, &other, &verdict); err != nil {
			return err
		}
		a, okA := g.number(l)
		b, okB := g.number(other)
		v := map[Verdict]linkage.Verdict{Same: linkage.Same, Different: linkage.Different, Unsure: linkage.Unsure}[Verdict(verdict)]
		if v == linkage.Same && okA && okB && max(a, b) < g.old && g.persons[a] != g.persons[b] {
			return nil // it contradicts another decision and has had no effect: people settle that
		}
		if okA && okB && v != 0 {
			g.decisions = append(g.decisions, linkage.Decision{A: a, B: b, Verdict: v})
			g.decided[[2]int{min(a, b), max(a, b)}] = judged{id, Verdict(verdict)}
		}
		return nil
	}, "SELECT d.id, d.l, d.r, d.verdict FROM decision d WHERE NOT EXISTS (SELECT 1 FROM decision o WHERE o.l = d.l AND o.r = d.r AND o.id > d.id) ORDER BY d.id")
}

func options(g *gathered, stage func(string)) linkage.Options {
	return linkage.Options{Threshold: linkFrom, ReviewFrom: sampleFrom, Workers: runtime.GOMAXPROCS(0), Decisions: g.decisions, Stage: stage}
}

// weighed is what the engine answered.
type weighed struct {
	*linkage.Result
	model string // the id it is kept under
	fresh *linkage.Model
}

// weigh places the records that have no person. The first run of all trains a model on what there is; a later one uses the model there is,
// until the records have grown by half or come from another agency.
func (s *Store) weigh(ctx context.Context, g *gathered, stage func(string)) (*weighed, error) {
	opt := options(g, stage)
	if g.old == 0 {
		return s.weighAll(g, stage)
	}
	id, m, err := s.model(ctx, s.db.Reader())
	if err != nil {
		return nil, err
	}
	w := &weighed{model: id}
	if m == nil || !m.Fits(g.data) || float64(len(g.ids)) > trainAgain*float64(m.Records) {
		if len(g.ids) < fewRecords {
			m = linkage.StartModel(g.data, fewPeople)
		} else if m, err = linkage.Train(g.data, opt); err != nil {
			return nil, err
		}
		w.model, w.fresh = s.ids.New(), m
	}
	w.Result, err = linkage.Extend(linkage.Resume(g.data, m, g.person), opt)
	return w, err
}

// fewRecords is how many records are too few to learn from what agreement is worth: they are weighed by the model that training starts from,
// as if they came from a town of fewPeople, since nothing tells how common
// a name is.
const (
	fewRecords = 200
	fewPeople  = 100_000
)

// weighAll groups every record again, with a model trained on them.
func (s *Store) weighAll(g *gathered, stage func(string)) (*weighed, error) {
	opt := options(g, stage)
	if len(g.ids) >= fewRecords {
		r, err := linkage.Run(g.data, opt)
		if err != nil {
			return nil, err
		}
		return &weighed{Result: r, model: s.ids.New(), fresh: r.Model}, nil
	}
	m := linkage.StartModel(g.data, fewPeople)
	r, err := linkage.Extend(linkage.Resume(g.data, m, nil), opt)
	if err != nil {
		return nil, err
	}
	return &weighed{Result: r, model: s.ids.New(), fresh: m}, nil
}

// model is the newest model that is kept; nil when there is none.
func (s *Store) model(ctx context.Context, q database.Queryer) (string, *linkage.Model, error) {
	type row struct{ id, body string }
	rows, err := database.Collect(ctx, q, func(r database.Scanner) (row, error) { var x row; return x, r.Scan(&x.id, &x.body) }, "SELECT id, body FROM link_model ORDER BY id DESC LIMIT 1")
	if err != nil || len(rows) == 0 {
		return "", nil, err
	}
	var m linkage.Model
	if err := json.Unmarshal([]byte(rows[0].body), &m); err != nil {
		return "", nil, errors.Join(errors.New("identity: the model of linking cannot be read"), err)
	}
	return rows[0].id, &m, nil
}

func (s *Store) keepModel(ctx context.Context, w *weighed) error {
	if w.fresh == nil {
		return nil
	}
	b, err := json.Marshal(w.fresh)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *database.Tx) error {
		return tx.Exec(ctx, "INSERT INTO link_model (id, made_at, records, threshold, review_from, body) VALUES ($1,$2,$3,$4,$5,$6)", w.model, clock.Micros(s.clock.Now()), w.fresh.Records, linkFrom, doubtFrom, string(b))
	})
}

// keptEdges are the links worth keeping of all that were found within persons: each record's three strongest to earlier
// ones, and whatever else holds a person together. A person of many records would else have as many links as pairs.
func keptEdges(links []linkage.Edge, n int) []linkage.Edge {
	order := slices.Clone(links)
	slices.SortFunc(order, func(a, b linkage.Edge) int {
		return cmp.Or(cmp.Compare(b.Weight, a.Weight), cmp.Compare(a.A, b.A), cmp.Compare(a.B, b.B))
	})
	joined := newForest(n)
	of := map[uint32]int{}
	var out []linkage.Edge
	for _, e := range order {
		later := max(e.A, e.B)
		fresh := joined.join(int(e.A), int(e.B))
		if fresh || of[later] < 3 {
			of[later]++
			out = append(out, e)
		}
	}
	slices.SortFunc(out, func(a, b linkage.Edge) int {
		return cmp.Or(cmp.Compare(max(a.A, a.B), max(b.A, b.B)), cmp.Compare(b.Weight, a.Weight), cmp.Compare(a.A, b.A))
	})
	return out
}

// forest is a union-find over small numbers.
type forest []int

func newForest(n int) forest {
	f := make(forest, n)
	for i := range f {
		f[i] = i
	}
	return f
}

func (f forest) root(i int) int {
	for f[i] != i {
		f[i] = f[f[i]]
		i = f[i]
	}
	return i
}

// join makes two groups one and reports whether they were two.
func (f forest) join(a, b int) bool {
	a, b = f.root(a), f.root(b)
	if a == b {
		return false
	}
	f[max(a, b)] = min(a, b)
	return true
}
