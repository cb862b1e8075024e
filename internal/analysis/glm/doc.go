// Package glm fits log-linear models to counts: Poisson, quasi-Poisson and
// negative binomial regression with a log link and an optional offset. It is
// the shared engine of trend, prepost and capture.
//
// # Model
//
// Counts y_i with mean mu_i, log mu_i = offset_i + x_i'beta, and variance
//
//	Poisson             mu
//	quasi-Poisson       phi * mu, phi = Pearson chi-square / (n - p)
//	negative binomial   mu + mu^2/theta
//
// # How
//
// Iteratively reweighted least squares on the normal equations, solved by a
// dense Cholesky factorisation with the columns scaled to equal length; the
// deviance must settle to one part in 10^8. Theta is estimated by maximum
// likelihood, in turn with beta, until both settle (McCullagh and Nelder 1989;
// Venables and Ripley 2002, section 7.4). The designs here are small (tens of
// columns), so nothing is sparse.
//
// # When there is no answer
//
// Before fitting, two faults are looked for and named. A column that is a
// combination of those before it gives a *RankError. A design under which some
// zero counts could be fitted by a mean running to zero gives a
// *SeparationError: the likelihood rises for ever and there is no estimate. The
// test is the one of Correia, Guimaraes and Zylkin (2019): is there a
// combination of columns that vanishes wherever the count is above zero and is
// of one sign, and not all zero, where the count is zero?
//
// # Use
//
//	fit, err := glm.QuasiPoisson(glm.Data{
//		Y:       counts,
//		X:       rowMajor,               // len(counts) * len(columns)
//		Columns: []string{"(level)", "t"},
//		Offset:  logEffort,              // nil for none
//	})
//	slope, _ := fit.Term("t")
//
// A fit never holds NaN; Theta alone may be +Inf, which means that the counts
// vary no more than Poisson counts do.
//
// # Sources
//
//   - McCullagh P, Nelder JA (1989), Generalized Linear Models, 2nd ed.
//   - Venables WN, Ripley BD (2002), Modern Applied Statistics with S, 4th ed.
//   - Correia S, Guimaraes P, Zylkin T (2019), Verifying the existence of
//     maximum likelihood estimates for generalized linear models,
//     arXiv:1903.01633.
//   - Newey WK, West KD (1987), Econometrica 55:703.
package glm
