// Package network describes how places, lines and groups are joined by the
// events they share: who is between whom, how tightly parts hang together, and
// how far that can be trusted when some edges are missing.
//
// It is for places, lines and groups. The product never ranks people by it: no
// page sorts people by a number worked out here, no number flows along an
// association to a person, and a community is never called a gang. A community
// is "cluster n on this date, at this resolution, with this seed".
//
// # Measures
//
//   - Degree: how many others a node is joined to.
//   - Betweenness (Freeman 1977): over all pairs, the share of shortest paths
//     that pass through a node, by Brandes's algorithm (2001), each pair once,
//     not normalised. Sampled betweenness uses k sources drawn without
//     replacement, scaled by n/k (Brandes and Pich 2007).
//   - Core: the largest k such that the node is in a part where everybody has
//     at least k neighbours (Batagelj and Zaversnik 2003).
//   - Clustering: the share of a node's pairs of neighbours that are joined;
//     nil with fewer than two neighbours.
//   - Component, and articulation points, whose loss would split one (Hopcroft
//     and Tarjan 1973).
//   - Community: Leiden (Traag, Waltman and van Eck 2019) on modularity
//     (Newman and Girvan 2004), run from many seeds; the best is given, with
//     how often members were found together.
//   - Stability: edges dropped at random, and how far degrees and betweenness
//     keep their order (Spearman) and their ten largest. Where the order does
//     not keep, no ranking may be shown.
//
// Edges have no direction and no weight: a pair joined by several events is
// joined once.
//
// # Assumptions
//
// The extract holds the edges that matter. Nodes at its boundary look less
// central than they are, and who is recorded together depends on where anybody
// looked.
//
// # Sources
//
//   - Brandes U (2001), Journal of Mathematical Sociology 25:163.
//   - Brandes U, Pich C (2007), International Journal of Bifurcation and Chaos
//     17:2303.
//   - Batagelj V, Zaversnik M (2003), arXiv:cs/0310049.
//   - Hopcroft J, Tarjan R (1973), Communications of the ACM 16:372.
//   - Traag VA, Waltman L, van Eck NJ (2019), Scientific Reports 9:5233.
//   - Newman MEJ, Girvan M (2004), Physical Review E 69:026113.
//   - Borgatti SP, Carley KM, Krackhardt D (2006), Social Networks 28:124
//     (missing edges).
package network
