// Package search finds records by name, date of birth or both, when neither is written as it is looked for.
//
// Names are found by keys: each word of a name is brought to the form that stands for its spellings (Mohammed, Muhammad,
// Mohamed; Siobhan, Shivaun) and that form to its skeleton of sounds, so that "Muhammed Aly" and "Mohamed Ali" meet under
// one number. Short forms (Alex, Sandy) are tried when a name is looked for, so they cost nothing to keep. What
// the keys bring up is then put in order by how like the words themselves are, and each finding says why it is there.
// Dates of birth are found with day and month exchanged and with one slip of a digit.
//
// Rows are of records, never of persons: a row is found by whoever may read that record, and counts are of
// such rows alone. A former name is found only by those who may read former names.
package search

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/analysis/strsim"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
)

// Index finds records by the names they hold.
type Index struct{}

// NewIndex returns the index of a database.
func NewIndex() *Index { return &Index{} }

// Name is one name of a record, with what decides who may find it.
type Name struct {
	RecordID, Owner, Class string
	Restricted             bool
	Area, Grade, LoadID    string
	N                      int // which of the record's names
	Forenames, Surname     string
	Born                   string // ISO date, "" when the day is not known
}

// perName is how many rows one name may have: two forenames by two parts of a surname.
const perName = 4

// Put makes names findable.
func (x *Index) Put(ctx context.Context, tx *database.Tx, names []Name) error {
	k := knowledge()
	rows := make([][]any, 0, len(names))
	for i := range names {
		n := &names[i]
		fore, sur := Words(n.Forenames), Words(n.Surname)
		fore, sur = fore[:min(len(fore), 2)], sur[:min(len(sur), 2)]
		if len(fore) == 0 {
			fore = []string{""}
		}
		if len(sur) == 0 {
			sur = []string{""}
		}
		at := n.N * perName
		for _, f := range fore {
			for _, s := range sur {
				if f == "" && s == "" {
					continue
				}
				fk, sk := k.key(f), k.key(s)
				rows = append(rows, []any{n.RecordID, at, n.Owner, n.Class, n.Restricted, n.Area, n.Grade, n.LoadID, f, s, n.Born, pairKey(fk, sk), fk, sk})
				at++
			}
		}
	}
	return tx.Insert(ctx, "INSERT INTO search_name (record_id, n, owner, class, restricted, area, grade, load_id, forename, surname, born, pair_key, forename_key, surname_key)", 14, rows, "")
}

// Remove takes records out of the index.
func (x *Index) Remove(ctx context.Context, tx *database.Tx, records []string) error {
	return tx.Exec(ctx, "DELETE FROM search_name WHERE record_id IN "+database.In(1, len(records)), database.Anys(records)...)
}

// Clear empties the index, to be made again.
func (x *Index) Clear(ctx context.Context, tx *database.Tx) error {
	return tx.Exec(ctx, "DELETE FROM search_name")
}

// Query is what is looked for.
type Query struct {
	Words []string // of a name, folded, in the order typed; see Words
	Born  string   // ISO date, or ""
}

// Hit is one record found.
type Hit struct {
	RecordID string
	Score    float64  // 0 to 1, for order alone: it says nothing about whether this is the person
	Why      []string // what was not written as it was looked for, in words
	Born     string
	Exact    bool // every word and the date stand there as typed
}

// most is how many rows one question to the database brings up. Past it the answer says that there are more.
const most = 1000

// least is the score under which a row is not shown.
const least = 0.80

// Find lists the records that a scope may read and that fit a query, best first; more says that not every row could be
// looked at.
func (x *Index) Find(ctx context.Context, q database.Queryer, scope access.Scope, f Query) (hits []Hit, more bool, err error) {
	words := f.Words[:min(len(f.Words), 4)]
	if len(words) == 0 && f.Born == "" {
		return nil, false, nil
	}
	c := &finding{scope: scope, query: Query{Words: words, Born: f.Born}, k: knowledge(), best: map[string]Hit{}}
	if f.Born != "" {
		c.near = Dates(f.Born)
	}
	for _, step := range c.steps() {
		if len(c.best) >= enough && step.fallback {
			break
		}
		full, err := c.run(ctx, q, step)
		if err != nil {
			return nil, false, err
		}
		more = more || full
	}
	for _, h := range c.best {
		hits = append(hits, h)
	}
	slices.SortFunc(hits, func(a, b Hit) int {
		switch {
		case a.Score > b.Score:
			return -1
		case a.Score < b.Score:
			return 1
		}
		return strings.Compare(b.RecordID, a.RecordID)
	})
	return hits, more, nil
}

// enough is how many findings make a wider look unnecessary.
const enough = 5

type finding struct {
	scope access.Scope
	query Query
	near  map[string]string // dates that are a slip away, and which
	k     *known
	best  map[string]Hit
}

// step is one question to the database.
type step struct {
	cond     string // with %s for lists of placeholders, one for each of lists
	lists    [][]any
	fallback bool
}

func keys(m map[int64]string) []any {
	out := make([]int64, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return database.Anys(out)
}

func (c *finding) steps() []step {
	words := c.query.Words
	var dates []any
	for d := range c.near {
		dates = append(dates, d)
	}
	if len(words) == 0 {
		return []step{{cond: "t.born IN %s", lists: [][]any{dates}}}
	}
	var fore, sur []any
	pairs := map[int64]string{}
	all := map[int64]string{}
	for i, w := range words {
		forms := c.k.forms(w)
		for k, n := range forms {
			all[k] = n
		}
		sur = append(sur, c.k.key(w))
		for j, o := range words {
			if i != j {
				for k := range forms {
					pairs[pairKey(k, c.k.key(o))] = ""
				}
			}
		}
	}
	fore = keys(all)
	if len(words) == 1 {
		if len(dates) > 0 {
			return []step{
				{cond: "t.surname_key IN %s AND t.born IN %s", lists: [][]any{sur, dates}},
				{cond: "t.forename_key IN %s AND t.born IN %s", lists: [][]any{fore, dates}},
			}
		}
		return []step{{cond: "t.surname_key IN %s", lists: [][]any{sur}}, {cond: "t.forename_key IN %s", lists: [][]any{fore}}}
	}
	steps := []step{{cond: "t.pair_key IN %s", lists: [][]any{keys(pairs)}}}
	if len(dates) > 0 {
		return append(steps,
			step{cond: "t.surname_key IN %s AND t.born IN %s", lists: [][]any{sur, dates}},
			step{cond: "t.forename_key IN %s AND t.born IN %s", lists: [][]any{fore, dates}})
	}
	last := c.k.key(words[len(words)-1])
	return append(steps, step{cond: "t.surname_key IN %s", lists: [][]any{{last}}, fallback: true})
}

type row struct{ record, forename, surname, born string }

func (c *finding) run(ctx context.Context, q database.Queryer, s step) (full bool, err error) {
	cond, args := c.scope.Where("t", 1)
	bind := func(vs []any) string {
		from := len(args) + 1
		args = append(args, vs...)
		return database.In(from, len(vs))
	}
	lists := make([]any, len(s.lists))
	for i, l := range s.lists {
		lists[i] = bind(l)
	}
	where := fmt.Sprintf(s.cond, lists...)
	// Rows written as they were typed come up first, so that a common name does not crowd them out.
	first := "0"
	if len(c.query.Words) > 0 {
		words := bind(database.Anys(c.query.Words))
		first = "(CASE WHEN t.forename IN " + words + " THEN 0 ELSE 1 END) + (CASE WHEN t.surname IN " + words + " THEN 0 ELSE 1 END)"
	}
	if c.query.Born != "" {
		first += " + (CASE WHEN t.born = " + strings.Trim(bind([]any{c.query.Born}), "()") + " THEN 0 ELSE 1 END)"
	}
	args = append(args, most+1)
	query := `SELECT t.id, t.forename, t.surname, t.born FROM
		(SELECT record_id AS id, owner, class, restricted, area, grade, load_id, forename, surname, born, pair_key, forename_key, surname_key FROM search_name) t
		WHERE ` + where + " AND " + cond + " AND (t.load_id = '' OR t.load_id IN (SELECT id FROM load WHERE state = 'live')) ORDER BY " + first + fmt.Sprintf(", t.id DESC LIMIT $%d", len(args))
	rows, err := database.Collect(ctx, q, func(r database.Scanner) (row, error) {
		var x row
		return x, r.Scan(&x.record, &x.forename, &x.surname, &x.born)
	}, query, args...)
	if err != nil {
		return false, err
	}
	if len(rows) > most {
		rows, full = rows[:most], true
	}
	for _, r := range rows {
		h := c.judge(r)
		if h.Score >= least && h.Score > c.best[r.record].Score {
			c.best[r.record] = h
		}
	}
	return full, nil
}

// judge says how well a row fits, and what about it was not as typed.
func (c *finding) judge(r row) Hit {
	h := Hit{RecordID: r.record, Born: r.born, Score: 1, Exact: true}
	if w := c.query.Words; len(w) == 1 {
		fs, fy := c.like(w[0], r.forename)
		ss, sy := c.like(w[0], r.surname)
		if fs >= ss {
			h.Score, h.Why = fs, append(h.Why, fy...)
		} else {
			h.Score, h.Why = ss, append(h.Why, sy...)
		}
	} else if len(w) > 1 {
		h.Score = 0
		for i := range w {
			for j := range w {
				if i == j {
					continue
				}
				fs, fy := c.like(w[i], r.forename)
				ss, sy := c.like(w[j], r.surname)
				score := (fs + ss) / 2
				if min(fs, ss) < 0.75 {
					score -= 0.1
				}
				why := slices.Concat(fy, sy)
				if i > j {
					score -= 0.01
					why = append(why, "first and last name the other way round")
				}
				if score > h.Score {
					h.Score, h.Why = score, why
				}
			}
		}
	}
	switch slip, near := c.near[r.born]; {
	case c.query.Born == "":
	case r.born == c.query.Born:
		h.Score = h.Score*0.8 + 0.2
	case near:
		h.Score = h.Score*0.8 + 0.16
		h.Why = append(h.Why, slip)
	case r.born == "":
		h.Score = h.Score*0.8 + 0.12
		h.Why = append(h.Why, "no full date of birth is recorded")
	default:
		h.Score = h.Score * 0.85
		h.Why = append(h.Why, "another date of birth is recorded")
	}
	h.Exact = len(h.Why) == 0
	return h
}

// like says how like a word typed and a word recorded are, and why they were brought together.
func (c *finding) like(typed, recorded string) (float64, []string) {
	switch {
	case typed == recorded:
		return 1, nil
	case recorded == "":
		return 0, nil
	case c.k.canonical(typed) == c.k.canonical(recorded):
		return 0.97, []string{fmt.Sprintf("%s is a spelling of %s", title(recorded), title(typed))}
	case c.k.shortForm(typed, recorded):
		return 0.94, []string{fmt.Sprintf("%s and %s are forms of one name", title(recorded), title(typed))}
	}
	s := strsim.JaroWinkler(typed, recorded)
	if c.k.key(typed) == c.k.key(recorded) {
		return max(0.9, min(s, 0.96)), []string{fmt.Sprintf("%s sounds like %s", title(recorded), title(typed))}
	}
	if strsim.Near(typed, recorded) {
		s = max(s, 0.9)
	}
	return min(s, 0.95), []string{fmt.Sprintf("%s is written like %s", title(recorded), title(typed))}
}

func title(w string) string {
	r := []rune(w)
	return strings.ToUpper(string(r[:1])) + string(r[1:])
}

// Dates are the dates that an ISO date may have been meant for, with what was slipped: itself, day and month exchanged, two
// neighbouring digits exchanged, one digit wrong.
func Dates(born string) map[string]string {
	out := map[string]string{born: ""}
	if len(born) != 10 {
		return out
	}
	add := func(d, why string) {
		if _, ok := out[d]; ok {
			return
		}
		if t, err := time.Parse(clock.ISODate, d); err == nil && t.Year() > 1900 {
			out[d] = why
		}
	}
	add(born[:5]+born[8:]+"-"+born[5:7], "day and month of birth exchanged")
	b := []byte(born)
	places := []int{0, 1, 2, 3, 5, 6, 8, 9}
	for n, i := range places {
		if n+1 < len(places) && n != 3 && n != 5 {
			j := places[n+1]
			x := slices.Clone(b)
			x[i], x[j] = x[j], x[i]
			add(string(x), "two digits of the date of birth exchanged")
		}
	}
	for _, i := range places[2:] {
		for d := byte('0'); d <= '9'; d++ {
			x := slices.Clone(b)
			x[i] = d
			add(string(x), "one digit of the date of birth differs")
		}
	}
	return out
}

// Restrict follows a record's restriction.
func (x *Index) Restrict(ctx context.Context, tx *database.Tx, record string, on bool) error {
	return tx.Exec(ctx, "UPDATE search_name SET restricted = $1 WHERE record_id = $2", on, record)
}
