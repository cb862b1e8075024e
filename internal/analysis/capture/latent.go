package capture

import (
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"
)

// LatentClass is the posterior of the number of people when they fall into classes that differ in how often each
// list sees them, and lists are unrelated within a class (Manrique-Vallier 2016).
type LatentClass struct {
	Median   float64    `json:"median"`
	Interval [2]float64 `json:"interval95"`
	// ESS is the effective sample size of the draws: how many independent ones they are worth. RHat compares the
	// runs with each other; above 1.1 they have not agreed.
	ESS       float64 `json:"ess"`
	RHat      float64 `json:"r_hat"`
	Draws     int     `json:"draws"`
	Histogram []Bin   `json:"histogram"`
}

const (
	classes    = 10   // most classes; those not needed stay empty
	stickShape = 0.25 // shape and rate of the gamma prior of the concentration

	runs        = 2      // tempered runs
	burnIn      = 4_000  // sweeps
	sweeps      = 20_000 // of a block
	keepEvery   = 20     // sweeps a draw
	maxBlocks   = 4
	enoughDraws = 150  // independent ones
	agreed      = 1.05 // R-hat
	swapEvery   = 2    // sweeps
	fewForLevel = 40   // people in the smallest of the divided tables
	certainMiss = 1e-9 // least chance of being seen at all
)

// latentClass draws from the posterior by Gibbs sampling with parallel tempering (Geyer 1991). The posterior often
// has separate peaks, and a plain chain stays at the one it meets first for hundreds of thousands of sweeps. So each
// run has chains beside the one that counts, for the table divided by 2, 4, 8, ...: with fewer people the posterior
// is flatter, those chains wander freely, and neighbouring chains exchange places by the Metropolis rule.
// Run r has a generator seeded with (seed, r) on a stream of its own. Runs go on until they agree and are worth
// enoughDraws, at most maxBlocks times.
func latentClass(t Table, seed uint64, threads int) *LatentClass {
	tempered := make([]*temperedRun, runs)
	for r := range tempered {
		tempered[r] = newTemperedRun(t, rand.New(rand.NewPCG(seed, 1<<32+uint64(r))))
	}
	draws := make([][]float64, runs)
	out := &LatentClass{}
	for range maxBlocks {
		parallel(min(threads, runs), func(worker, workers int) {
			for r := worker; r < runs; r += workers {
				draws[r] = tempered[r].more(draws[r])
			}
		})
		out.ESS, out.RHat = effectiveSize(draws), rHat(draws)
		if out.ESS >= enoughDraws && out.RHat < agreed {
			break
		}
	}
	all := slices.Concat(draws...)
	slices.Sort(all)
	out.Median, out.Interval = quantile(all, 0.5), [2]float64{quantile(all, 0.025), quantile(all, 0.975)}
	out.Draws, out.Histogram = len(all), histogram(all)
	return out
}

// temperedRun is a run's chains, the one for the whole table first.
type temperedRun struct {
	levels []*sampler
	done   int // sweeps
}

func newTemperedRun(t Table, rng *rand.Rand) *temperedRun {
	run := &temperedRun{levels: []*sampler{newSampler(t, 1, rng)}}
	for divide := 2; ; divide *= 2 {
		s := newSampler(t, divide, rng)
		if s.observed < fewForLevel {
			break
		}
		run.levels = append(run.levels, s)
	}
	for range burnIn {
		run.sweep()
	}
	return run
}

// more goes on for a block and adds its draws.
func (run *temperedRun) more(draws []float64) []float64 {
	whole := run.levels[0]
	for i := range sweeps {
		run.sweep()
		if (i+1)%keepEvery == 0 {
			draws = append(draws, float64(whole.observed+whole.unseen))
		}
	}
	return draws
}

func (run *temperedRun) sweep() {
	for _, s := range run.levels {
		s.assign()
		s.relabel()
		s.learn()
	}
	run.done++
	if run.done%swapEvery == 0 {
		for k := run.done / swapEvery % 2; k+1 < len(run.levels); k += 2 {
			run.levels[k].exchange(run.levels[k+1])
		}
	}
}

// beliefs are the parameters of the model.
type beliefs struct {
	share [classes]float64           // of people in a class
	seen  [MaxLists][classes]float64 // chance that a list sees somebody of the class
	alpha float64                    // concentration of the stick-breaking prior of the shares
}

// sampler is one Gibbs chain.
type sampler struct {
	beliefs
	rng      *rand.Rand
	lists    int
	observed int
	patterns []int // histories with somebody in the undivided table
	counts   []int

	unseen int                    // people on no list
	hits   [MaxLists][classes]int // people of the class seen on the list
	size   [classes]int           // people of the class, seen or not
	chance [classes]float64       // working space
}

func newSampler(t Table, divide int, rng *rand.Rand) *sampler {
	s := &sampler{rng: rng, lists: len(t.Lists)}
	for h, c := range t.counts {
		if c > 0 {
			part := (c + divide/2) / divide
			s.patterns, s.counts = append(s.patterns, h), append(s.counts, part)
			s.observed += part
		}
	}
	s.begin(t)
	return s
}

// begin starts where lists are unrelated: nearly everybody in the first class, seen as often as the main effects
// say. The other classes, still nearly empty, may lie anywhere.
func (s *sampler) begin(t Table) {
	m := newMargins(t)
	total := 3 * m.on[0]
	if f := newFitter(newDesign(s.lists, 2)).fit(m, 0, nil); f.converged {
		total = min(m.on[0]+f.unseen(), 1000*m.on[0])
	}
	s.alpha = stickShape
	rest := 1.0
	for k := range classes {
		s.share[k] = 0.9 * rest
		rest *= 0.1
		for i := range s.lists {
			s.seen[i][k] = s.rng.Float64()
			if k == 0 {
				s.seen[i][k] = m.on[1<<i] / total
			}
		}
	}
}

// assign draws the class of everybody: those seen, by history, and those unseen, whose number is drawn with them.
func (s *sampler) assign() {
	s.hits, s.size = [MaxLists][classes]int{}, [classes]int{}
	for p, h := range s.patterns {
		if c := s.counts[p]; c > 0 {
			s.deal(h, c, s.weigh(h))
		}
	}
	// With a prior proportional to 1/N the number unseen is negative binomial: a Poisson number with a gamma mean.
	all := s.weigh(0)
	miss := min(all, 1-certainMiss)
	s.unseen = int(poisson(s.rng, gamma(s.rng, float64(s.observed))*miss/(1-miss)))
	s.deal(0, s.unseen, all)
}

// weigh puts into s.chance the chance of each class together with this history, and returns their sum.
func (s *sampler) weigh(h int) float64 {
	s.chance = s.share
	for i := range s.lists {
		seen := &s.seen[i]
		if h>>i&1 == 1 {
			for k := range classes {
				s.chance[k] *= seen[k]
			}
		} else {
			for k := range classes {
				s.chance[k] *= 1 - seen[k]
			}
		}
	}
	sum := 0.0
	for _, c := range s.chance {
		sum += c
	}
	return sum
}

// deal shares n people with one history out over the classes, by s.chance, which adds up to sum.
func (s *sampler) deal(h, n int, sum float64) {
	for k := 0; k < classes && n > 0; k++ {
		here := n
		if k < classes-1 {
			here = binomial(s.rng, n, s.chance[k]/sum)
			sum -= s.chance[k]
		}
		if here == 0 {
			continue
		}
		n -= here
		s.size[k] += here
		for rest := h; rest != 0; rest &= rest - 1 {
			s.hits[bits.TrailingZeros(uint(rest))][k] += here
		}
	}
}

// relabel proposes to swap neighbouring classes along the stick, with the breaks of the stick integrated out: large
// classes belong in front, and without these moves a chain can stay for long where they do not stand.
func (s *sampler) relabel() {
	behind := 0
	for k := classes - 2; k >= 0; k-- {
		first, second := s.size[k], s.size[k+1]
		if first != second && s.rng.Float64() < s.swapChance(k, float64(first), float64(second), float64(behind)) {
			s.size[k], s.size[k+1] = second, first
			for i := range s.lists {
				s.hits[i][k], s.hits[i][k+1] = s.hits[i][k+1], s.hits[i][k]
			}
		}
		behind += s.size[k+1]
	}
}

// swapChance is the ratio of the posterior after and before classes k and k+1 of these sizes change places.
func (s *sampler) swapChance(k int, first, second, behind float64) float64 {
	if k < classes-2 {
		return (s.alpha + second + behind) / (s.alpha + first + behind)
	}
	// The last class takes what is left of the stick.
	return math.Exp(logGamma(1+second) + logGamma(s.alpha+first) - logGamma(1+first) - logGamma(s.alpha+second))
}

// learn draws the chances of being seen, the shares of the classes and the concentration, given who is in which class.
func (s *sampler) learn() {
	left := s.observed + s.unseen
	logRest := 0.0 // of the stick not yet broken
	for k := range classes {
		s.learnClass(k)
		left -= s.size[k]
		if k == classes-1 {
			s.share[k] = math.Exp(logRest)
			break
		}
		a, b := logGammaDraw(s.rng, float64(1+s.size[k])), logGammaDraw(s.rng, s.alpha+float64(left))
		both := max(a, b) + math.Log1p(math.Exp(-math.Abs(a-b)))
		s.share[k] = math.Exp(logRest + a - both)
		logRest += b - both
	}
	s.alpha = max(gamma(s.rng, stickShape+classes-1)/(stickShape-logRest), 1e-12)
}

func (s *sampler) learnClass(k int) {
	for i := range s.lists {
		if s.size[k] == 0 {
			s.seen[i][k] = s.rng.Float64()
			continue
		}
		hits := s.hits[i][k]
		s.seen[i][k] = beta(s.rng, float64(1+hits), float64(1+s.size[k]-hits))
	}
}

// exchange swaps the parameters of two chains, or does not: the Metropolis rule keeps both posteriors as they are.
func (s *sampler) exchange(o *sampler) {
	gain := 0.0
	for p, h := range s.patterns {
		gain += float64(s.counts[p]-o.counts[p]) * math.Log(o.weigh(h)/s.weigh(h))
	}
	gain -= float64(s.observed-o.observed) * math.Log((1-min(o.weigh(0), 1-certainMiss))/(1-min(s.weigh(0), 1-certainMiss)))
	if math.Log(s.rng.Float64()) < gain {
		s.beliefs, o.beliefs = o.beliefs, s.beliefs
	}
}

// effectiveSize is the number of independent draws that the runs are worth together, by Geyer's initial monotone
// sequence.
func effectiveSize(runs [][]float64) float64 {
	total := 0.0
	for _, r := range runs {
		total += float64(len(r)) / integratedTime(r)
	}
	return total
}

// integratedTime is the number of draws of a run that are worth one independent draw.
func integratedTime(x []float64) float64 {
	m := mean(x)
	lag := func(k int) float64 {
		sum := 0.0
		for i := k; i < len(x); i++ {
			sum += (x[i] - m) * (x[i-k] - m)
		}
		return sum / float64(len(x))
	}
	at0 := lag(0)
	if at0 == 0 {
		return 1
	}
	sum, before := 0.0, math.Inf(1)
	for k := 0; k+1 < len(x); k += 2 {
		pair := min(before, (lag(k)+lag(k+1))/at0)
		if pair <= 0 {
			break
		}
		sum, before = sum+pair, pair
	}
	return max(1, 2*sum-1)
}

func mean(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return sum / float64(len(x))
}

// rHat is the potential scale reduction of Gelman and Rubin (1992) over the halves of the runs.
func rHat(runs [][]float64) float64 {
	var means []float64
	within, n := 0.0, 0.0
	for _, r := range runs {
		for _, half := range [][]float64{r[:len(r)/2], r[len(r)/2:]} {
			m := mean(half)
			means, n = append(means, m), float64(len(half))
			for _, v := range half {
				within += (v - m) * (v - m)
			}
		}
	}
	within /= float64(len(means)) * (n - 1)
	if within == 0 {
		return 1
	}
	grand, between := mean(means), 0.0
	for _, m := range means {
		between += (m - grand) * (m - grand)
	}
	between /= float64(len(means)) - 1
	return math.Sqrt((n-1)/n + between/within)
}
