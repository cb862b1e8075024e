// Package market answers "how big is the market, and what should we find out
// next?" as a product of quantities that are known only as ranges: people who
// use, days a year, spend a day.
//
// # Method
//
// Every quantity is given a distribution from its low and high figure, and the
// product is drawn many times (Monte Carlo, in antithetic pairs). Median, mean
// and the 2.5 and 97.5 per cent points of the draws are the answer. When every
// quantity is log-normal the product is too, and its exact median, mean and
// limits are given beside the draws as a check.
//
// A quantity's share of the variance is the square of its correlation with the
// value, divided by the sum over quantities. The correlation is Spearman's,
// turned into that of the normal scores by r = 2 sin(pi rho / 6) (Pearson
// 1907), which makes the shares exact for log-normal quantities. The quantity
// with the largest share is the one to find out next.
//
// Quantities are independent unless a rank correlation is given (days and
// spend often move together); correlated ones are drawn through normal scores
// with that rank correlation.
//
// # Shapes
//
//	lognormal   low and high are the 2.5 and 97.5 per cent points (the default)
//	normal      the same; draws below zero count as zero
//	uniform     low and high are the ends
//	loguniform  the same, even on a logarithmic scale
//	triangular  the same, most likely in the middle
//	fixed       low and high are one number
//
// # Assumptions
//
// The ranges are honest, the people and the money are counted over the same
// area and year, and nobody is counted twice. Spend on all drugs by users of
// each drug counts twice when added up over drugs. The answer is a size of
// money and never a number of children.
//
// # Sources
//
//   - Bramley-Harker E (2001), Sizing the UK market for illicit drugs, RDS
//     Occasional Paper 74, Home Office.
//   - Pudney S et al. (2006), in Measuring different aspects of problem drug
//     use, Home Office Online Report 16/06.
//   - Pearson K (1907), On further methods of determining correlation.
//   - Saltelli A et al. (2008), Global Sensitivity Analysis, Wiley.
package market
