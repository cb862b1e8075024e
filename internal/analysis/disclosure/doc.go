// Package disclosure hides small numbers in tables of counts so that nobody
// can be picked out, and so that nobody can work the hidden numbers out again
// from the totals beside them.
//
// # What is hidden
//
// A count from 1 to threshold-1 is a primary suppression. Hiding it alone is
// of no use when its row total, its column total and its neighbours are
// printed: the missing number is a subtraction away. Secondary suppressions
// are further cells, hidden only so that the subtraction no longer works.
//
// # The protection rule
//
// The attacker holds every number that is published: all cells not hidden, all
// totals not hidden. They know that counts are whole numbers, that rows and
// columns add up and, where zeros are never hidden, that a hidden cell is not
// zero.
// They do not know which hidden cells are small and which were hidden to
// protect them: a publication uses one symbol for both. For every hidden cell
// the counts that are still possible form an interval [low, high]; the rule is
//
//	high - low >= threshold     for every hidden cell, primary or secondary
//
// so a hidden small cell is never known exactly and is never known to be below
// the threshold. Interior cells are hidden before totals; a total is hidden
// only when it is small itself or nothing else will do. What the rule does not
// cover: an attacker who is counted in the table, or who supplied part of it,
// and so knows a hidden cell already; and inference from knowing this program's
// choices among equally good patterns.
//
// # How it is worked out
//
// A two-way table with its totals is a circulation in a network: each row and
// each column is a node (the totals have a node each) and each number is an
// arc, from its row to its column, from its column to the total row, or back.
// Rows and columns add up exactly when flow is conserved. Hence the largest
// (smallest) possible value of a hidden cell is its value plus (minus) a
// maximum flow through the other hidden arcs, and the cheapest further cells
// to hide lie on a cheapest path between the cell's ends. The bounds are exact;
// the choice of cells is a good one but not always the smallest, because the
// smallest is NP-hard. A last pass publishes again every secondary cell that
// turned out not to be needed.
//
// # Zeros
//
// With [ZerosAsCover] (the default) a zero is printed as 0 but may be hidden to
// protect other cells when that spares a total or several cells; a hidden number
// may then be 0. With [ZerosShown] a zero is never hidden: use it where readers
// know the zeros anyway, and expect more totals to go. With [ZerosHidden] a zero
// is hidden like a small number: use it where "none" says something about
// everyone counted, for instance that no child in a named home has been seen by
// a doctor.
//
// # Rounding and earlier releases
//
// Rounding is controlled: every number goes to one of the two nearest
// multiples of the base, so that rows and columns still add up, and numbers
// that are multiples already stay. Differences between this release and an
// earlier one are a table too, and are protected by the same rule.
//
// # Sources
//
// Kelly, Golden and Assad (1992), "Cell suppression: disclosure protection for
// sensitive tabular data", Networks 22:397-417. Cox (1995), "Network models for
// complementary cell suppression", Journal of the American Statistical
// Association 90:1453-1462. Causey, Cox and Ernst (1985), "Applications of
// transportation theory to statistical problems", Journal of the American
// Statistical Association 80:903-909 (controlled rounding of a two-way table
// always exists).
package disclosure
