// Package proportion answers "did it work?" from counts: how many of the
// people an intervention took on were asked again, how many of those are
// better, and what can honestly be said about the rest.
//
// # Methods
//
//   - Wilson score interval for one proportion (Wilson 1927), with the
//     Jeffreys interval beside it as a check (Brown, Cai and DasGupta 2001).
//     The Wald interval is not offered: at the sizes partnerships have it is
//     too narrow, and at 0 or 100 % it has no width at all.
//   - Newcombe's hybrid score interval for the difference of two independent
//     proportions (Newcombe 1998, method 10).
//   - Worst-case bounds for missing follow-up (Manski 1989): everybody who was
//     not asked again did badly, or did well.
//   - Exact McNemar test for paired change: a two-sided binomial test of
//     better against worse (McNemar 1947).
//   - Reliable change index (Jacobson and Truax 1991).
//   - Expected change from regression to the mean alone.
//   - Relative rate between two groups with the log-normal interval (Katz et
//     al. 1978), the form of the relative rate index used in England and Wales
//     (Uhrig 2016).
//
// Judge puts these together for a programme's measures, from one row a person
// and measure or from counts, and writes the headline that may be shown.
//
// # House rules kept here
//
// Where fewer than 70 % were followed up the headline is the bounds and not
// the rate. Where a denominator is under 10 counts are given and no
// percentage. Every headline names its numerator, its denominator, how many
// were enrolled, how many got worse, and that there is no comparison group.
//
// # Assumptions
//
// People answer independently of one another, the measure means the same both
// times, and whoever asked did not change the answer. None of these can be
// checked from the counts; the warnings say so where the data give a hint.
//
// # Sources
//
//   - Wilson EB (1927), Journal of the American Statistical Association 22:209.
//   - Brown LD, Cai TT, DasGupta A (2001), Statistical Science 16:101.
//   - Newcombe RG (1998), Statistics in Medicine 17:873.
//   - Manski CF (1989), Journal of Human Resources 24:343.
//   - McNemar Q (1947), Psychometrika 12:153.
//   - Jacobson NS, Truax P (1991), Journal of Consulting and Clinical
//     Psychology 59:12.
//   - Katz D et al. (1978), Biometrics 34:469.
//   - Uhrig N (2016), Black, Asian and Minority Ethnic disproportionality in
//     the Criminal Justice System in England and Wales, Ministry of Justice.
package proportion
