package disclosure

import (
	"errors"
	"fmt"
)

// ListResult is a list of counts fit to publish.
type ListResult struct {
	Counts     []*int   `json:"counts"` // nil is hidden
	Total      *int     `json:"total"`  // nil is hidden, or none was asked for
	Primary    []int    `json:"suppressed_primary"`
	Secondary  []int    `json:"suppressed_secondary"`
	TotalSmall bool     `json:"total_suppressed"` // the total itself is hidden
	Ranges     []Bounds `json:"ranges"`           // of each hidden count
	Threshold  int      `json:"threshold"`
	Round      int      `json:"round"`
	Refused    bool     `json:"refused"`
	Reasons    []string `json:"reasons"`
}

// Bounds is what can be worked out about the count at Index; High is nil when
// there is no upper limit. They use what the zero policy tells a reader.
type Bounds struct {
	Index int  `json:"index"`
	Low   int  `json:"low"`
	High  *int `json:"high"`
}

// List protects a list of counts, as by area or by month. With total the sum is
// published as well, and further counts are hidden so that no hidden one can be
// worked out from it; without, only small counts are hidden. Earlier releases
// are for [Protect].
func List(counts []int, total bool, opt Options) (ListResult, error) {
	opt, err := opt.normalise()
	if err != nil {
		return ListResult{}, err
	}
	if len(opt.Earlier) > 0 {
		return ListResult{}, errors.New("a list cannot be compared with earlier releases: make it a table of one column and use Protect")
	}
	net, err := listNetwork(counts, total, opt)
	if err != nil {
		return ListResult{}, err
	}
	p := &problem{opt: opt, net: net}
	if !opt.RoundOnly {
		for i, a := range net.arcs {
			if p.small(a.value) {
				net.arcs[i].hidden, net.arcs[i].primary = true, true
			}
		}
	}
	return p.list(len(counts), total), nil
}

// listNetwork is a list as a network: every count flows from node 0 to node 1
// and the total flows back. Without a total each count has a loop of its own,
// hidden from the start, so that nothing ties it to the others.
func listNetwork(counts []int, total bool, opt Options) (*network, error) {
	n := &network{nodes: 2}
	sum := 0
	for i, v := range counts {
		if v < 0 || v > maxCount {
			return nil, fmt.Errorf("count %d of the list is %d: expected a count from 0 to %d", i+1, v, maxCount)
		}
		sum += v
		n.arcs = append(n.arcs, arc{from: 0, to: 1, value: v, cost: costOf(v, interiorCost)})
	}
	n.arcs = append(n.arcs, arc{from: 1, to: 0, value: sum, cost: totalCost, fixed: opt.KeepTotals, hidden: !total, free: !total})
	if opt.Zeros == ZerosShown {
		for i := range counts { // a hidden count is not zero
			n.arcs[i].lower = 1
			n.arcs[i].fixed = n.arcs[i].value == 0
		}
		if t := &n.arcs[len(counts)]; total {
			t.lower, t.fixed = min(1, sum), t.fixed || sum == 0
		}
	}
	return n, nil
}

// list finds secondary suppressions and writes down the result.
func (p *problem) list(n int, total bool) ListResult {
	net := p.net
	res := ListResult{Threshold: p.opt.Threshold, Round: p.opt.Round, Primary: []int{}, Secondary: []int{}, Ranges: []Bounds{}, Reasons: []string{}}
	if t := net.arcs[n]; total && t.hidden && t.fixed {
		res.Reasons = append(res.Reasons, fmt.Sprintf("the total is %d, below the threshold of %d, but is to be kept", t.value, p.opt.Threshold))
	} else if total {
		for _, i := range net.protect(p.opt.Threshold) {
			res.Reasons = append(res.Reasons, fmt.Sprintf("count %d of the list cannot be protected: with what must stay public, it is known to within less than %d", i+1, p.opt.Threshold))
		}
		net.tidy(p.opt.Threshold)
	}
	if len(res.Reasons) > 0 {
		res.Refused, res.Primary, res.Secondary, res.Ranges = true, nil, nil, nil
		return res
	}
	shown, unknown := p.shown(), net.hiddenSteps()
	res.Counts, res.Total, res.TotalSmall = shown[:n:n], shown[n], total && net.arcs[n].hidden
	for i, a := range net.arcs[:n] {
		if !a.hidden {
			continue
		}
		if a.primary {
			res.Primary = append(res.Primary, i)
		} else {
			res.Secondary = append(res.Secondary, i)
		}
		low, high := net.interval(unknown, i)
		res.Ranges = append(res.Ranges, Bounds{i, low, high})
	}
	return res
}
