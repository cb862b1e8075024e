// Package analyserun answers "lantern analyse": it reads a method's files, calls the pure package of the method and
// writes the answer as one JSON document and in plain words.
//
// A method is a function of its files, its options and a Run, which holds what every method shares; it gives an
// [Answer]. The document has the fields that every answer has (method, version, input_sha256, seed, refused, reasons,
// warnings) and then those of the method's own Result, in their order. docs/schema describes each.
//
// Bad input is a fault of kind Invalid that names file, row, column, what stood there and what was expected; rows are
// numbered as a spreadsheet shows them. Data that are sound but cannot support an answer give an Answer that is
// refused. The package opens no file, reads no clock and prints nothing.
package analyserun
