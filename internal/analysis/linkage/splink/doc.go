// Package splink runs Splink models: it reads a Splink 4 or 5 settings or model
// JSON, makes the pairs its blocking rules make, and weighs them as Splink does,
// term frequencies included; and it writes such JSON for a named SQL dialect.
//
// The levels of a Splink comparison are SQL text. The part of SQL that Splink's
// own libraries write, in DuckDB's and in Spark's dialect, is parsed into
// expressions of our own and worked out here; what lies beyond it is refused in
// words that name the comparison and the reason. Strings are measured in
// characters, as in Spark and in DuckDB from 2.0.1 on; DuckDB up to 2.0.0 counted
// bytes, so that its weights of names that are not ASCII can differ.
//
// Weight of a pair, in bits: log2 of the prior odds, plus for each comparison
// log2(m/u) of its first level that holds, plus where the level has a term
// frequency adjustment weight*log2(u_exact / max(tf_l, tf_r, minimum)).
// Reference: the splink package, comparison_level.py and predict.py (4.0.17 and 5.0.0; testdata holds what both wrote).
package splink
