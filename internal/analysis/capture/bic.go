package capture

import (
	"cmp"
	"math"
	"slices"
)

// BIC is the model with the smallest Bayesian information criterion among hierarchical models.
type BIC struct {
	Estimate     float64  `json:"estimate"`
	Interactions []string `json:"interactions"` // by the order of the lists
	// EmptyOverlaps are interactions whose overlap holds nobody; they count as parameters.
	EmptyOverlaps []string `json:"empty_overlaps"`
	BIC           float64  `json:"bic"`
	AIC           float64  `json:"aic"`
	Deviance      float64  `json:"deviance"`
	// Search says how models were looked through: "every_model" or "forward_and_backward".
	Search string `json:"search"`
	// Models is how many were fitted.
	Models int `json:"models"`
	// Next are the models that come closest, best first.
	Next []Ranked `json:"next"`
}

// Ranked is a model of the ranking.
type Ranked struct {
	Interactions []string `json:"interactions"`
	Estimate     float64  `json:"estimate"`
	BIC          float64  `json:"bic"`
}

// everyModelLists is the most lists for which every pairwise model is fitted: 6 have 32,768 of them, 7 would have
// two million.
const everyModelLists = 6

const everyModelSearch = "every_model"

type scored struct {
	model    model
	criteria float64 // BIC, up to the terms of the counts alone
	total    float64
	deviance float64
	kernel   float64
	finite   bool
}

// byBIC looks for the best model of the design. A nil answer means that no model has an estimate.
func byBIC(t Table, d design, how Options) *BIC {
	m := newMargins(t)
	var ranked []scored
	search := everyModelSearch
	if len(t.Lists) <= everyModelLists {
		ranked = everyModel(m, d, how)
	} else {
		search = "forward_and_backward"
		ranked = forwardAndBackward(m, d)
	}
	fitted := len(ranked)
	slices.SortStableFunc(ranked, func(a, b scored) int { return cmp.Compare(a.criteria, b.criteria) })
	s := newSelector(d, how.PEnter)
	s.look(m)
	var best []scored
	for _, r := range ranked {
		if r.finite && s.code(m, r.model) == Exists {
			if best = append(best, r); len(best) == 5 {
				break
			}
		}
	}
	if len(best) == 0 {
		return nil
	}
	out := &BIC{Estimate: best[0].total, Deviance: best[0].deviance, Search: search, Models: fitted, Next: []Ranked{}}
	out.Interactions, out.EmptyOverlaps = names(t, d, m, best[0].model, nil)
	k := s.parameters(best[0].model)
	constant := m.constant()
	out.AIC = -2*(best[0].kernel+constant) + 2*k
	out.BIC = -2*(best[0].kernel+constant) + k*math.Log(m.on[0])
	for _, r := range best[1:] {
		next := Ranked{Estimate: r.total, BIC: r.criteria - 2*constant}
		present, empty := names(t, d, m, r.model, nil)
		next.Interactions = append(present, empty...)
		out.Next = append(out.Next, next)
	}
	return out
}

// constant is the part of the log-likelihood that no model changes.
func (m *margins) constant() float64 {
	sum := 0.0
	for _, n := range m.n {
		sum -= logFactorial(n)
	}
	return sum
}

// parameters counts the intercept, the lists and every interaction, also those of empty overlaps.
func (s *selector) parameters(m model) float64 {
	return float64(1 + s.design.lists + m.interactions())
}

// names gives the interactions of a model, in the order given or that of the design, and apart from them those
// whose overlap is empty.
func names(t Table, d design, m *margins, of model, order []int) (present, empty []string) {
	present, empty = []string{}, []string{}
	if order == nil {
		for k := range d.terms {
			if of.has(k) {
				order = append(order, k)
			}
		}
	}
	for _, k := range order {
		if m.on[d.terms[k]] > 0 {
			present = append(present, t.name(d.terms[k]))
		} else {
			empty = append(empty, t.name(d.terms[k]))
		}
	}
	return present, empty
}

// score fits a model and works out its criterion.
func (s *selector) score(m *margins, of model, start *fit) scored {
	f := s.fit(m, of, start)
	return scored{
		model: of, criteria: -2*f.kernel + s.parameters(of)*math.Log(m.on[0]), total: m.on[0] + f.unseen(),
		deviance: f.deviance, kernel: f.kernel, finite: f.converged,
	}
}

// everyModel scores all hierarchical models of the design.
func everyModel(m *margins, d design, how Options) []scored {
	all := make([]scored, d.all()+1)
	parallel(how.Threads, func(worker, workers int) {
		s := newSelector(d, how.PEnter)
		main := s.fit(m, 0, nil)
		if !main.converged {
			main = nil
		}
		for of := worker; of < len(all); of += workers {
			if d.hierarchical(model(of)) {
				all[of] = s.score(m, model(of), main)
			}
		}
	})
	return slices.DeleteFunc(all, func(r scored) bool { return !r.finite })
}

// forwardAndBackward adds or drops the interaction that lowers the criterion most until none does.
func forwardAndBackward(m *margins, d design) []scored {
	s := newSelector(d, 0)
	s.look(m)
	known := map[model]bool{0: true}
	current := s.score(m, 0, nil)
	tried := []scored{current}
	for current.finite {
		best := current
		for k := range d.terms {
			of := current.model ^ 1<<k
			if known[of] || !d.hierarchical(of) {
				continue
			}
			known[of] = true
			r := s.score(m, of, nil)
			tried = append(tried, r)
			if r.finite && r.criteria < best.criteria && s.code(m, of) == Exists {
				best = r
			}
		}
		if best.model == current.model {
			break
		}
		current = best
	}
	return tried
}
