// Package tabular reads partners' files as they are into a header and rows.
//
// A partner sends what its system exports: CSV with a comma, a semicolon or a tab, in UTF-8, UTF-16 or
// Windows-1252, or an Excel workbook with title rows, merged headings and a total at the foot; either may be
// gzipped. This package finds out which it is, finds the header, and hands on one row at a time, so that a file
// of any allowed size is read in a small, fixed amount of memory. It knows nothing of what the columns mean:
// recognising them and checking values is the work of the packages above it.
//
// Three promises:
//
//   - Nothing is lost quietly. Every row below the header is either returned or reported as a *RowError with its
//     place; only rows without any content are passed over. What had to be assumed (encoding, delimiter, which row
//     holds the column names) is said in words in Table.Notes.
//   - Values stay as they were written. A lost leading zero stays lost and visible, a reference that the sheet
//     holds in full is not turned into 1.2E+09, formulas are never worked out (the value that Excel stored is
//     read), and text that looks like a number stays text.
//   - A file that cannot be read is refused with a *FileError that says what it is and what to do: an old .xls, a
//     workbook with a password, a PDF, an archive, a decompression bomb.
//
// Rows are numbered as a spreadsheet shows them: the first row is 1 and blank rows count. In a CSV file a row
// is one record, so that a line break inside a quoted cell does not add to the count, just as in a spreadsheet.
//
// Excel dates become text in ISO 8601: 2006-01-02, 2006-01-02T15:04:05, 15:04:05 for a time alone, 2006-01 where
// the sheet shows only month and year, and 36:00:00 for a duration. Which cells are dates is read from the number
// format, as Excel does; the 1900 and the 1904 date systems are both known.
//
// Large workbooks, and all that come gzipped, are copied in part to temporary files of this user alone, which
// Book.Close removes; a process that is killed leaves them in the system's temporary folder.
//
// Outgoing tables are written by WriteCSV and WriteXLSX, which neutralise text that a spreadsheet would run as
// a formula.
package tabular
