// Package trend answers "is it growing, or are we now just looking?" from
// monthly counts by source, set beside how hard each source looked.
//
// # The answer is a range
//
// Counts of hidden things rise when there is more of it and when more is
// looked for, and a few years of months cannot tell the two apart for certain.
// How counts respond to effort is its elasticity: at 0 extra looking finds
// nothing extra, at 1 twice the looking finds twice as much. The truth lies
// somewhere between, so growth is worked out at both ends, and the verdict is
// read from the outer limits of the two.
//
// # Models
//
// Counts of source s in month m, with t = (m - first month)/12 in years, so
// that slopes are changes of the logarithm a year (0.10 is about +10.5 %):
//
//	naive             total by month, log mean = a + b t (Poisson)
//	source fixed      log mean = a_s + b t (Poisson)
//	offset            log mean = a_s + b t + log effort (Poisson,
//	                  quasi-Poisson and negative binomial)
//	free elasticity   log mean = a_s + b t + e log effort (quasi-Poisson)
//	constant panel    the offset quasi-Poisson on the sources that reported in
//	                  every month
//
// The bounds are the outermost of the two 99 % limits of the constant panel at
// elasticity 0 and at 1, from Student's t on the fit's degrees of freedom. At
// 95 % growth was called too often in simulations where a source joins.
//
// Known breaks (a new form, a new team, a change of definition) are chosen
// before seeing the data and enter as steps. Unknown breaks are looked for by
// optimal partitioning with pruning (PELT, Killick, Fearnhead and Eckley 2012)
// on a penalised negative binomial likelihood, and only ever flagged:
// "something changed in recording about here". They never enter the fits.
//
// Yield is what is found per unit of effort. Nowcast completes recent weeks by
// the chain ladder with Mack's standard error (Mack 1993).
//
// # Assumptions
//
// Growth is steady over the window apart from the breaks entered; effort is
// measured in the same way throughout; its elasticity lies between 0 and 1 and
// is the same for every source; months are independent given the model.
// Seasons are not modelled: use whole years. Growth by a source's better
// targeting cannot be told from growth of the problem.
//
// # Refusals
//
// No verdict is given with fewer than eight months, without effort, without a
// source that reported in every month, or when the counts cannot support a
// fit. The reasons are in words; what could be fitted stays in the result.
//
// # Sources
//
//   - McCullagh P, Nelder JA (1989), Generalized Linear Models, 2nd ed.
//   - Killick R, Fearnhead P, Eckley IA (2012), Journal of the American
//     Statistical Association 107:1590.
//   - Mack T (1993), ASTIN Bulletin 23:213.
//   - Garwood F (1936), Biometrika 28:437 (interval of a rate).
package trend
