// Package linkage works out which records of which agencies are about one
// person, says why, and says where it is not sure.
//
// # Method
//
// Fellegi and Sunter's model (JASA 1969): each comparison of two records gives a
// level; a level has m, its probability when the two are one person, and u, when
// they are not. The weight of a pair in bits is log2 of the prior odds plus the
// sum of log2(m/u), plus an adjustment for how rare the agreeing values are
// here (term frequency: log2(sum f^2 / f), so that its mean over agreeing
// strangers is nought). Missing on either side counts nothing.
//
//   - Records come in as clean values (Record), are interned into columns
//     (Dataset) and gathered as cells that fit the cache.
//   - Blocking (block.go) files records under keys; block sizes are known before
//     a pair is made; a block too large for its value to mean anything is filed
//     again under one more agreement. Nothing is filed under an empty value, a
//     default date or a placeholder.
//   - u comes from counts of equal values over all pairs, and from pairs drawn at
//     random for the rest, less the matches among them. m and the prior come from
//     expectation and maximisation over counts of patterns, in the whole space of
//     pairs: pairs no rule made are taken as not matching. Each pair of sources
//     has m of its own, drawn to the pooled m where it has few matches.
//   - Names are bags of typed tokens with a best assignment (names.go,
//     comparename.go); dates, places and identifiers have levels of their own.
//   - What relatives share is learnt (Kin) and taken back (engine.guard): a
//     household's address and surname, twins' dates of birth, namesakes.
//   - Grouping (cluster.go) joins strong pairs, strongest first, as long as the
//     two groups agree on the whole; people's decisions bind it; what it will not
//     join goes to review with a reason.
//   - Extend adds later records to a kept run without comparing old ones again.
//
// # Assumptions
//
// Comparisons are independent given the truth, but for what guard corrects.
// Nearly all true pairs share a blocking key. Most records are of people, not
// placeholders. The rates in startM and startU are judgement; data override them.
//
// The answer is the same for any number of workers: work is divided without
// regard to it, and sums are taken in a fixed order.
package linkage
