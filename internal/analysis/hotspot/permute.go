package hotspot

import (
	"math"
	"math/bits"
	"math/rand/v2"
	"sync"
	"sync/atomic"
)

// permute is the two-sided conditional permutation p of local Moran for every
// area; nil without neighbours. Given the area's own value the statistic grows
// or falls with the sum of its neighbours' values, so only that sum is drawn.
func permute(values []float64, w Weights, opt Options) []*float64 {
	out := make([]*float64, len(values))
	var next atomic.Int64
	var wg sync.WaitGroup
	for range opt.Threads {
		wg.Go(func() {
			d := newDrawer(values)
			for {
				const batch = 64
				from := int(next.Add(batch)) - batch
				if from >= len(values) {
					return
				}
				for i := from; i < min(from+batch, len(values)); i++ {
					out[i] = d.p(i, w.Of(i), opt)
				}
			}
		})
	}
	wg.Wait()
	return out
}

// drawer holds the working memory of one thread.
type drawer struct {
	values  []float64
	others  []float64 // values, with the last in the place of area i
	total   float64   // of all values
	largest float64   // magnitude, for the tolerance on ties
	seen    []uint32  // draw in which an index was last taken
	draw    uint32
}

func newDrawer(values []float64) *drawer {
	d := &drawer{values: values, seen: make([]uint32, len(values))}
	for _, v := range values {
		d.total += v
		d.largest = max(d.largest, math.Abs(v))
	}
	d.others = append([]float64(nil), values...)
	return d
}

// p draws the neighbours of area i and counts how often their sum is larger, and
// smaller, than it is.
func (d *drawer) p(i int, near []int32, opt Options) *float64 {
	if len(near) == 0 {
		return nil
	}
	observed := 0.0
	for _, j := range near {
		observed += d.values[j]
	}
	last := len(d.values) - 1
	d.others[i] = d.values[last]
	defer func() { d.others[i] = d.values[i] }()
	rest := d.others[:last]
	take, terms, flip := len(near), len(near), false
	if opt.WithoutReplacement && 2*take > len(rest) { // cheaper to draw those left out
		take, terms, flip = len(rest)-take, len(d.values), true
	}
	tie := 1e-12 * d.largest * float64(terms) // sums differ by rounding alone
	src := rand.NewPCG(opt.Seed, uint64(i))
	above, below := 0, 0
	for range opt.Permutations {
		sum := d.sum(rest, take, src, opt.WithoutReplacement)
		if flip {
			sum = d.total - d.values[i] - sum
		}
		if sum > observed+tie {
			above++
		} else if sum < observed-tie {
			below++
		}
	}
	ties := float64(opt.Permutations - above - below)
	p := min(1, 2*(float64(min(above, below))+ties/2+1)/float64(opt.Permutations+1))
	return &p
}

// sum adds up take values drawn from rest. Two 32-bit draws are made of each
// random number; the bias of the multiplication is below len(rest)/2^32.
// Without replacement an index already taken is drawn again.
func (d *drawer) sum(rest []float64, take int, src *rand.PCG, once bool) float64 {
	d.draw++
	if d.draw == 0 { // wrapped round
		clear(d.seen)
		d.draw = 1
	}
	n := uint64(len(rest))
	sum := 0.0
	var word uint64
	half := false
	for take > 0 {
		var k uint64
		if n > math.MaxUint16 { // full precision for large maps
			k, _ = bits.Mul64(src.Uint64(), n)
		} else {
			if half = !half; half {
				word = src.Uint64()
			}
			k = (word >> 32) * n >> 32
			word <<= 32
		}
		if once {
			if d.seen[k] == d.draw {
				continue
			}
			d.seen[k] = d.draw
		}
		sum += rest[k]
		take--
	}
	return sum
}
