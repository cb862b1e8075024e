// Package capture estimates how many people fit a definition and are on nobody's list, from how the lists that there
// are overlap: multiple systems estimation, also called capture-recapture.
//
// # The answer is a range
//
// Different respectable methods can differ by a factor of two on the same table, and a method's own interval does not
// show it. So several engines answer side by side, the headline is the range over all of them, to two significant
// figures, and a table that cannot support an answer is refused in words.
//
// # Method
//
// A table counts people by capture history w, the set of lists they are on; 2^L - 1 histories can be seen and one, on
// no list, cannot. With N_w people, N_w is Poisson with mean mu_w, and
//
//	log mu_w = sum of alpha_theta over the terms theta that w contains,
//
// an intercept, a main effect for each list and interactions of some pairs of lists. The unseen history's mean is the
// exponential of the intercept; the total is everybody observed and that.
//
//   - Stepwise (Chan, Silverman and Vincent 2021). From the main effects, the pair whose overlap is least likely under
//     the model so far enters while its Poisson tail is below p = 0.02. A pair with an empty overlap has a coefficient
//     of minus infinity: histories that hold it are taken out. Its interval is BCa (Efron 1987) over resampled people,
//     the whole selection repeated each time, with the acceleration of a delete-one jackknife.
//   - BIC. Every model with pairs (on request triples) is fitted and the smallest criterion wins; log of the people
//     observed is the weight of a parameter (Silverman, Chan and Vincent 2024).
//   - Bayesian average over decomposable graphs (Madigan and York 1997), cells weighing 2^-L of a person beforehand,
//     graphs alike, N with prior 1/N, over at most 3,000 numbers up to 30 times the people observed.
//   - Latent classes (Manrique-Vallier 2016), at most ten, by stick-breaking, for people who differ in how easily they
//     are seen. Gibbs sampling with parallel tempering and label moves, because the posterior often has several peaks.
//
// Before a model is believed its estimate must exist (Fienberg and Rinaldo 2012) and be the only one: existence codes
// are 0 fine, 1 does not exist, 2 not identifiable, 3 both.
//
// Beside the engines stand Chao's lower bound; the answer without each list and with each two lists made one; and how
// well the other lists recover the number on each list, where it is known (Binette and Steorts 2022).
//
// # Assumptions
//
// The same people over the same period, linked without error, everybody able to be on any list, and lists independent
// but for what the model says. None can be seen in the table. People who differ strongly in how easily they are seen
// make every engine too low, and its interval too narrow: 1,500 simulated people come out as 830 to 840 (see
// docs/methods/capture.md). A list that holds people who do not fit the definition makes the answer too high.
//
// # Refusals
//
// No headline with fewer than three lists, fewer than 50 people, a list that shares nobody with any other, a chosen
// model whose estimate does not exist, or an answer that the overlaps do not limit. The fits that exist stay in the
// result for checking, never for a page.
//
// # Random numbers
//
// Bootstrap replicate r and latent class run r have generators of their own, seeded with the seed and r: the answer is
// the same for any number of threads.
//
// # Sources
//
//   - Chan L, Silverman BW, Vincent K (2021), Journal of the American Statistical Association 116:1297.
//   - Silverman BW, Chan L, Vincent K (2024), Statistics and Computing 34:44.
//   - Fienberg SE, Rinaldo A (2012), Annals of Statistics 40:996.
//   - Efron B (1987), Journal of the American Statistical Association 82:171.
//   - Madigan D, York JC (1997), Biometrika 84:19.
//   - Manrique-Vallier D (2016), Biometrics 72:1246.
//   - Papaspiliopoulos O, Roberts GO (2008), Biometrika 95:169 (label moves).
//   - Chao A (1987), Biometrics 43:783; (1989), Biometrics 45:427.
//   - Binette O, Steorts RC (2022), Journal of the Royal Statistical Society A 185:640.
package capture
