// Package prepost answers "did it change when we acted?" from one series of
// counts before and after a date: an interrupted time series.
//
// # Model
//
// Segmented Poisson regression (Wagner et al. 2002; Lopez Bernal, Cummins and
// Gasparrini 2017):
//
//	log mean = b0 + b1 time + b2 post + b3 since [+ b4 log effort]
//
// post is 0 before the date and 1 from it on; since is 0 before it and then
// counts from the last point before it, so that it is 1 step at the first
// point after. b2 is the level change and b3 the slope change, a unit of time.
// Effort, when given, is a covariate and its coefficient is estimated.
//
// A control series that the action cannot have touched is fitted in the same
// way (without effort) and its changes are taken off: the differences are those
// of one model of both series with every term interacted, with independent
// errors.
//
// # Standard errors
//
// The Poisson standard error, the quasi-Poisson one and that of Newey and West
// (1987), which allows for correlation between neighbouring points, are all
// given. Se and the interval are the Poisson ones when the counts pass two
// checks: their dispersion is not above 1 by more than chance, and their
// residuals are not correlated (Ljung-Box, four lags). When a check fails they
// are the largest of the three, and a warning says so.
//
// # Assumptions
//
// The trend before would have gone on; nothing else happened at the date;
// recording did not change; the date was chosen before looking. Seasons are
// not modelled. A series alone, without a control, shows a change and never an
// effect, and the sentence says so.
//
// # Refusals
//
// Fewer than MinPoints points on either side, or counts that cannot support
// the fit.
//
// # Sources
//
//   - Wagner AK, Soumerai SB, Zhang F, Ross-Degnan D (2002), Journal of
//     Clinical Pharmacy and Therapeutics 27:299.
//   - Lopez Bernal J, Cummins S, Gasparrini A (2017), International Journal of
//     Epidemiology 46:348; and (2018) 47:2082 on controls.
//   - Newey WK, West KD (1987), Econometrica 55:703.
//   - Ljung GM, Box GEP (1978), Biometrika 65:297.
package prepost
