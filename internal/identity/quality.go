package identity

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/analysis/linkage"
	"lantern.example/lantern/internal/analysis/proportion"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/intake/profile"
)

// Between counts the links between two agencies' records, or within one's.
type Between struct {
	A, B  string
	Links int
}

// LinksBetween counts the links between agencies, of records that the scope may read, both of them.
func (s *Store) LinksBetween(ctx context.Context, q database.Queryer, scope access.Scope) ([]Between, error) {
	a, args := scope.Where("r", 1)
	b, more := scope.Where("o", 1+len(args))
	return database.Collect(ctx, q, func(r database.Scanner) (Between, error) { var x Between; return x, r.Scan(&x.A, &x.B, &x.Links) },
		`SELECT CASE WHEN r.owner < o.owner THEN r.owner ELSE o.owner END AS a, CASE WHEN r.owner < o.owner THEN o.owner ELSE r.owner END AS b, count(*) FROM edge e JOIN source_record r ON r.id = e.l JOIN source_record o ON o.id = e.r
		WHERE `+a+" AND "+b+" AND "+current+" AND "+strings.ReplaceAll(current, "r.", "o.")+" GROUP BY a, b ORDER BY a, b", append(args, more...)...)
}

// Sample is a pair drawn for people to look at.
type Sample struct{ ID, L, R string }

// NextSample is a pair of the sample that the account has not looked at, of records it may read. What nobody has looked at comes first; then what only one
// other has, so that agreement is measured too. fault.NoSuch when there is none left.
func (s *Store) NextSample(ctx context.Context, q database.Queryer, scope access.Scope) (Sample, error) {
	where, args := sampleWhere(scope, 2)
	return database.One(ctx, q, func(r database.Scanner) (Sample, error) { var x Sample; return x, r.Scan(&x.ID, &x.L, &x.R) },
		"SELECT s.id, s.l, s.r FROM link_sample s JOIN source_record r ON r.id = s.l JOIN source_record o ON o.id = s.r WHERE NOT EXISTS (SELECT 1 FROM link_look k WHERE k.sample_id = s.id AND k.by_account = $1) AND "+where+
			" AND (SELECT count(*) FROM link_look k WHERE k.sample_id = s.id) < 2 ORDER BY (SELECT count(*) FROM link_look k WHERE k.sample_id = s.id), s.id LIMIT 1", append([]any{scope.Account}, args...)...)
}

// Sampled is one pair of the sample that the account has not looked at.
func (s *Store) Sampled(ctx context.Context, q database.Queryer, scope access.Scope, id string) (Sample, error) {
	where, args := sampleWhere(scope, 3)
	return database.One(ctx, q, func(r database.Scanner) (Sample, error) { var x Sample; return x, r.Scan(&x.ID, &x.L, &x.R) },
		"SELECT s.id, s.l, s.r FROM link_sample s JOIN source_record r ON r.id = s.l JOIN source_record o ON o.id = s.r WHERE s.id = $1 AND NOT EXISTS (SELECT 1 FROM link_look k WHERE k.sample_id = s.id AND k.by_account = $2) AND "+where, append([]any{id, scope.Account}, args...)...)
}

func sampleWhere(scope access.Scope, from int) (string, []any) {
	where, args := waitingWhere(scope, from)
	return strings.Replace(where, "w.state = 'waiting'", "s.run_id <> ''", 1), args
}

// Look keeps what somebody who looked at a pair of the sample, not knowing the engine's mind, said of it. It changes no link; where it is not
// how things stand, the pair is put before people.
func (s *Store) Look(ctx context.Context, tx *database.Tx, scope access.Scope, id string, v Verdict) error {
	if v != Same && v != Different && v != Unsure {
		return fault.New(fault.Invalid, "Choose whether the two records are of the same person, of different people, or whether you are not sure.")
	}
	p, err := s.Sampled(ctx, tx, scope, id)
	if err != nil {
		return err
	}
	if err := s.KeepLooks(ctx, tx, []Looked{{p.ID, scope.Account, scope.Agency, v}}); err != nil {
		return err
	}
	a, b, err := s.personsOf(ctx, tx, Decision{L: p.L, R: p.R})
	if err != nil {
		return err
	}
	if a == b && v == Different {
		err = s.ask(ctx, tx, Sampled, p.L, p.R, "", "These two are linked. Somebody who looked at them for the sample, not knowing that, found them to be different people.")
	} else if a != b && v == Same {
		err = s.ask(ctx, tx, Sampled, p.L, p.R, "", "These two are not linked. Somebody who looked at them for the sample, not knowing that, found them to be one person.")
	}
	if err != nil {
		return err
	}
	owners, err := s.ownersOf(ctx, tx, "r.id", []string{p.L, p.R})
	if err != nil {
		return err
	}
	return s.log.Record(ctx, tx, scope, audit.Line{Act: audit.Alteration, SubjectKind: "link", Subject: p.ID, Owners: owners, Words: "a pair of the sample was looked at: " + string(v)})
}

// Looked is what one account said of one pair of the sample.
type Looked struct {
	Sample, Account, Agency string
	Verdict                 Verdict
}

// KeepLooks keeps what people said of pairs of the sample.
func (s *Store) KeepLooks(ctx context.Context, tx *database.Tx, looks []Looked) error {
	now := clock.Micros(s.clock.Now())
	rows := make([][]any, len(looks))
	for i, l := range looks {
		rows[i] = []any{l.Sample, l.Account, l.Agency, string(l.Verdict), now}
	}
	return tx.Insert(ctx, "INSERT INTO link_look (sample_id, by_account, agency, verdict, at)", 5, rows, "")
}

// LeastReviewed is how many reviewed pairs a group needs for its figures to be shown.
const LeastReviewed = 200

// Estimate is a share with its interval at 95 %.
type Estimate struct {
	Share, Low, High float64
	Pairs            int // reviewed pairs that it rests on
	Known            bool
}

// Group is how good linking is for one group of pairs.
type Group struct {
	Name      string // agency codes "A B", or words
	Reviewed  int    // pairs that somebody looked at and was sure of
	Unsure    int
	Precision Estimate // of the linked pairs, those of one person
	Recall    Estimate // of the compared pairs of one person, those linked
	Agree     Estimate // of pairs that two people looked at, those on which they agreed
}

// Shown reports whether the group has enough reviewed pairs for its figures to be shown.
func (g Group) Shown() bool { return g.Reviewed >= LeastReviewed }

// Quality is what the reviewed sample says.
type Quality struct {
	All      Group
	Agencies []Group
	Ages     []Group
	Sexes    []Group
	Names    []Group
	// Every broad group of recorded ethnicity, in the order of its list whether or not there is a pair of it; a pair counts for each group that one of its
	// records names. As people gave it themselves, and as an officer saw them: never mixed.
	Ethnicities []Group
	Observed    []Group
	Waiting     int // pairs of the sample that nobody has looked at yet
}

// looked is one pair of the sample with what was said of it.
type looked struct {
	stratum, owners string
	weight          float64 // how many pairs it stands for
	verdict         Verdict // of whoever looked first
	second          Verdict // "" when nobody did
	born, sex       string
	spellings       bool
	ethnic, seen    []string // groups of recorded ethnicity: self-defined, and as an officer saw them
}

// Quality estimates how good linking is from the sample that people reviewed, as far as the scope may read its records.
func (s *Store) Quality(ctx context.Context, q database.Queryer, scope access.Scope) (Quality, error) {
	var out Quality
	var err error
	where, args := sampleWhere(scope, 1)
	from := " FROM link_sample s JOIN source_record r ON r.id = s.l JOIN source_record o ON o.id = s.r JOIN link_stratum t ON t.run_id = s.run_id AND t.stratum = s.stratum AND t.owners = s.owners"
	out.Waiting, err = database.One(ctx, q, database.Value[int], "SELECT count(*)"+from+" WHERE NOT EXISTS (SELECT 1 FROM link_look k WHERE k.sample_id = s.id) AND "+where, args...)
	if err != nil {
		return out, err
	}
	var all []looked
	last := ""
	err = database.Each(ctx, q, func(r database.Scanner) error {
		var x looked
		var id, other, otherSex, surname string
		var rate float64
		var record, ethnicity [2]string
		if err := r.Scan(&id, &x.stratum, &x.owners, &rate, (*string)(&x.verdict), &x.born, &other, &x.sex, &otherSex, &surname, &record[0], &record[1], &ethnicity[0], &ethnicity[1]); err != nil {
			return err
		}
		if id == last {
			if n := len(all) - 1; all[n].second == "" {
				all[n].second = x.verdict
			}
			return nil
		}
		last = id
		x.born, x.sex = cmp.Or(x.born, other), cmp.Or(x.sex, otherSex)
		x.weight = 1 / rate
		x.spellings = manySpellings(surname)
		a, err := s.seals.openEthnicity(record[0], ethnicity[0])
		if err != nil {
			return err
		}
		b, err := s.seals.openEthnicity(record[1], ethnicity[1])
		if err != nil {
			return err
		}
		x.ethnic, x.seen = groupsOf(profile.EthnicGroup, a.Self, b.Self), groupsOf(profile.ObservedGroup, a.Observed, b.Observed)
		all = append(all, x)
		return nil
	}, `SELECT s.id, s.stratum, s.owners, t.rate, k.verdict, r.born, o.born, r.sex, o.sex, coalesce((SELECT min(n.forenames || ' ' || n.surname) FROM source_name n WHERE n.record_id = s.l AND n.kind = 'legal'), ''), s.l, s.r, r.ethnicity, o.ethnicity`+from+
		" JOIN link_look k ON k.sample_id = s.id WHERE "+where+" ORDER BY s.id, k.at, k.by_account", args...)
	if err != nil {
		return out, err
	}
	return out, out.estimate(all, clock.Today(s.clock).Year())
}

func (out *Quality) estimate(all []looked, year int) error {
	by := func(name func(x looked) string) ([]Group, error) {
		parts := map[string][]looked{}
		for _, x := range all {
			if n := name(x); n != "" {
				parts[n] = append(parts[n], x)
			}
		}
		var gs []Group
		for _, n := range sortedKeys(parts) {
			g, err := estimate(n, parts[n])
			if err != nil {
				return nil, err
			}
			gs = append(gs, g)
		}
		return gs, nil
	}
	var err error
	if out.All, err = estimate("", all); err != nil {
		return err
	}
	if out.Agencies, err = by(func(x looked) string { return x.owners }); err != nil {
		return err
	}
	if out.Ages, err = by(func(x looked) string { return ageGroup(x.born, year) }); err != nil {
		return err
	}
	if out.Sexes, err = by(func(x looked) string { return x.sex }); err != nil {
		return err
	}
	if out.Names, err = by(func(x looked) string {
		if x.spellings {
			return "names that are spelt in several ways"
		}
		return "names with one spelling"
	}); err != nil {
		return err
	}
	listed := func(names []string, of func(x looked) []string) ([]Group, error) {
		gs := make([]Group, len(names))
		for i, n := range names {
			var part []looked
			for _, x := range all {
				if slices.Contains(of(x), n) {
					part = append(part, x)
				}
			}
			var err error
			if gs[i], err = estimate(n, part); err != nil {
				return nil, err
			}
		}
		return gs, nil
	}
	if out.Ethnicities, err = listed(profile.EthnicGroups, func(x looked) []string { return x.ethnic }); err != nil {
		return err
	}
	out.Observed, err = listed(profile.ObservedGroups, func(x looked) []string { return x.seen })
	return err
}

// agreement is how often two people who looked at one pair saw it alike.
func agreement(all []looked) (Estimate, error) {
	agreed, both := 0, 0
	for _, x := range all {
		if x.second != "" {
			both++
			if x.second == x.verdict {
				agreed++
			}
		}
	}
	if both == 0 {
		return Estimate{}, nil
	}
	i, err := proportion.Wilson(agreed, both, 0.95)
	return Estimate{Share: float64(agreed) / float64(both), Low: i.Low(), High: i.High(), Pairs: both, Known: true}, err
}

func ageGroup(born string, year int) string {
	var y int
	if _, err := fmt.Sscanf(born, "%d", &y); err != nil {
		return ""
	}
	switch age := year - y; {
	case age < 13:
		return "under 13"
	case age < 18:
		return "13 to 17"
	}
	return "18 and over"
}

// estimate works out precision and recall of one group. Pairs that nobody was sure of count for neither. Each reviewed pair stands for as many as
// its rate of drawing says. Precision has Wilson's interval on the effective number of pairs. Recall is A/(A+B), of A pairs of one person that
// are linked and B that are not; its interval is the delta method's on the log odds, with each stratum's share drawn to a half by half a pair
// either way so that a stratum in which none was found still has a width.
func estimate(name string, all []looked) (Group, error) {
	g := Group{Name: name}
	var err error
	if g.Agree, err = agreement(all); err != nil {
		return g, err
	}
	type stratum struct{ w, same, n, x, w2 float64 }
	strata := map[string]*stratum{linkedStratum: {}, doubtedStratum: {}, apartStratum: {}}
	for _, x := range all {
		if x.verdict == Unsure {
			g.Unsure++
			continue
		}
		g.Reviewed++
		h := strata[x.stratum]
		h.w, h.w2, h.n = h.w+x.weight, h.w2+x.weight*x.weight, h.n+1
		if x.verdict == Same {
			h.same, h.x = h.same+x.weight, h.x+1
		}
	}
	linked := strata[linkedStratum]
	if linked.n > 0 {
		n := int(math.Round(linked.w * linked.w / linked.w2))
		share := linked.same / linked.w
		i, err := proportion.Wilson(int(math.Round(share*float64(n))), n, 0.95)
		if err != nil {
			return g, err
		}
		g.Precision = Estimate{Share: share, Low: i.Low(), High: i.High(), Pairs: int(linked.n), Known: true}
	}
	missed := strata[doubtedStratum].same + strata[apartStratum].same
	if linked.same == 0 || linked.n == 0 || strata[doubtedStratum].n+strata[apartStratum].n == 0 {
		return g, nil
	}
	variance := func(h *stratum) float64 {
		if h.n == 0 {
			return 0
		}
		p := (h.x + 0.5) / (h.n + 1)
		return h.w * h.w * p * (1 - p) / h.n
	}
	g.Recall = Estimate{Share: linked.same / (linked.same + missed), Pairs: g.Reviewed, Known: true}
	b := math.Max(missed, 0.5)
	se := math.Sqrt(variance(linked)/(linked.same*linked.same) + (variance(strata[doubtedStratum])+variance(strata[apartStratum]))/(b*b))
	odds := math.Log(linked.same / b)
	g.Recall.Low, g.Recall.High = 1/(1+math.Exp(-(odds-1.96*se))), 1/(1+math.Exp(-(odds+1.96*se)))
	g.Recall.Low, g.Recall.High = math.Min(g.Recall.Low, g.Recall.Share), math.Max(g.Recall.High, g.Recall.Share)
	return g, nil
}

// manySpellings reports whether the tables know other spellings of a part of a name. It is worked out for the report alone and kept nowhere.
func manySpellings(name string) bool {
	return slices.ContainsFunc(strings.Fields(name), nameTables().Spelt)
}

var nameTables = sync.OnceValue(linkage.DefaultTables)
