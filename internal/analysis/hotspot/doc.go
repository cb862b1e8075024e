// Package hotspot says which areas stand out: where high (or low) values lie
// together more than chance would have it. That no area stands out is an answer.
//
// # Method
//
// With x the values of n areas, w binary weights (1 for neighbours), z = x - mean
// and m2 = sum z^2 / n:
//
//   - Gi* (Getis-Ord, neighbours and the area itself) and Gi (neighbours only):
//     z-score of the sum over the neighbourhood,
//     (sum_j w_ij x_j - W_i mean) / (s sqrt((n S1_i - W_i^2)/(n-1))), with
//     W_i = sum_j w_ij, S1_i = sum_j w_ij^2, s^2 = sum x^2/n - mean^2; for Gi
//     mean, s and n leave the area itself out. Two-sided normal p.
//   - Moran's I with row-standardised weights, its expectation -1/(n-1) and its
//     variance under randomisation.
//   - Local Moran I_i = (z_i/m2) sum_j w_ij z_j with row-standardised weights.
//     The factor is that of R's spdep; PySAL divides by
//     sum z^2/(n-1) instead: I(here) = I(PySAL) n/(n-1). Its p comes from
//     conditional permutation: the area keeps its value and its neighbours'
//     values are drawn from all other areas. With B draws,
//     p = 2 (min(#above, #below) + #ties/2 + 1)/(B+1), at most 1. By default
//     values are drawn with replacement, which is what spdep does unless told
//     otherwise and what the reference values rest on: it makes p a little
//     larger where an area has many of the map's areas as neighbours (0.044
//     instead of 0.027 for one Columbus area with 9 neighbours of 49).
//     [Options].WithoutReplacement draws as PySAL does.
//   - Benjamini-Hochberg adjusted p over all areas. An area is significant when
//     its adjusted Gi* p is below alpha.
//
// # Assumptions
//
// Values may be exchanged between areas unless something is going on: counts
// from areas of very unequal population are not of that kind (use
// [EmpiricalBayes] rates), and a place may stand out because it is watched.
// Areas at the edge lack neighbours that exist outside. The normal p of Gi* is
// rough where neighbourhoods are small and values skewed.
//
// # Random numbers
//
// Draws for area i come from a PCG generator seeded with (seed, i), so the same
// seed gives the same answer for any number of threads.
//
// # Sources
//
// Getis and Ord (1992), Geographical Analysis 24:189-206; Ord and Getis (1995),
// Geographical Analysis 27:286-306; Anselin (1995), "Local indicators of spatial
// association - LISA", Geographical Analysis 27:93-115; Cliff and Ord (1981),
// Spatial Processes; Benjamini and Hochberg (1995), JRSS B 57:289-300; Marshall
// (1991), Applied Statistics 40:283-294 (empirical Bayes rates).
package hotspot
