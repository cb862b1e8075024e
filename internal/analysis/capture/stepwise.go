package capture

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/mathext"
)

// selector chooses models stepwise. A worker has one of its own; nothing it remembers changes an answer.
type selector struct {
	*fitter
	pEnter float64
	codes  map[codeKey]int
	seen   []byte // which histories hold somebody, as the key of codes
	p      []candidate
}

type codeKey struct {
	model model
	seen  string
}

type candidate struct {
	term int
	p    float64
}

func newSelector(d design, pEnter float64) *selector {
	cells := 1 << d.lists
	return &selector{fitter: newFitter(d), pEnter: pEnter, codes: map[codeKey]int{}, seen: make([]byte, (cells+7)/8), p: make([]candidate, 0, len(d.terms))}
}

// look notes which histories of the table hold somebody: existence depends on nothing else of it.
func (s *selector) look(t *margins) {
	clear(s.seen)
	for h, n := range t.n {
		if n > 0 {
			s.seen[h/8] |= 1 << (h % 8)
		}
	}
}

// code is existence, remembered. Bootstrap samples share few patterns of empty histories.
func (s *selector) code(t *margins, m model) int {
	if code, ok := s.codes[codeKey{m, string(s.seen)}]; ok {
		return code
	}
	code := s.existence(t, m)
	s.codes[codeKey{m, string(s.seen)}] = code
	return code
}

// path is a model chosen stepwise: its interactions in the order of entry, and its fit. The fit is nil when the
// model has no maximum; code then says why.
type path struct {
	model model
	order []int // indices of terms
	code  int
	fit   *fit
}

// choose starts from the main effects and adds, one at a time, the pair of lists whose overlap is least likely
// under the model so far, while its p is below pEnter. Candidates are tried for existence in the order of p, so
// that the linear program is solved for few of them. start, when not nil, is a main effects fit to begin from.
func (s *selector) choose(t *margins, start *fit) path {
	s.look(t)
	out := path{code: s.code(t, 0)}
	if out.code != Exists {
		return out
	}
	current := s.fit(t, 0, start)
	if !current.converged {
		out.code = DoesNotExist
		return out
	}
	for {
		next, ok := s.next(t, out.model, current)
		if !ok {
			break
		}
		better := s.fit(t, out.model.with(next), current)
		if !better.converged {
			break
		}
		out.model, current = out.model.with(next), better
		out.order = append(out.order, next)
	}
	out.fit = current
	return out
}

// next is the pair to add, if there is one.
func (s *selector) next(t *margins, m model, f *fit) (int, bool) {
	s.p = s.p[:0]
	for k, term := range s.design.terms {
		if m.has(k) {
			continue
		}
		if p := tail(t.on[term], f.expected[term]); p < s.pEnter {
			s.p = append(s.p, candidate{k, p})
		}
	}
	slices.SortStableFunc(s.p, func(a, b candidate) int { return cmp.Compare(a.p, b.p) })
	for _, c := range s.p {
		if s.code(t, m.with(c.term)) == Exists {
			return c.term, true
		}
	}
	return 0, false
}

// tail is the smaller of the chances that a Poisson number with this mean is at most, and at least, n.
func tail(n, mean float64) float64 {
	if mean <= 0 {
		if n > 0 {
			return 0
		}
		return 1
	}
	if n == 0 {
		return math.Exp(-mean)
	}
	atMost := mathext.GammaIncRegComp(n+1, mean)
	atLeast := mathext.GammaIncReg(n, mean)
	return min(atMost, atLeast)
}
