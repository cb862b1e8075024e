// Package profile answers two questions about a partner's file: which format is it, and what does each
// row say.
//
// Partners send what their systems print: a police analyst's list with surnames in capitals, a school's
// suspensions, a council's missing episodes, a month of open street crime, a sheet of what practitioners
// said. A Profile is one such format. Recognise looks at the column names (never at the file's name) and
// says which profiles fit, how well and why, and what is missing when one nearly fits. Best picks one, or
// says in words why it cannot.
//
// A Reader made from a profile turns rows into records: one Go type a kind (EventRow, PersonRow,
// StatementRow, FlowRow, PlaceRow, PostcodeRow, OutcomeRow, MissingRow, ExclusionRow). Three rules hold in
// all of them:
//
//   - The partner's own words stay beside Lantern's. An event has a Kind of ours and the Words of theirs.
//   - Nothing is made more exact than it came. A month stays a month and an age an age: see Date.
//   - A row is refused only when it cannot serve its purpose: an event that has no date, a statement that
//     says nothing, a person with neither name nor number. Anything less is taken, with a warning that
//     names the column and what was expected. An Issue shows the shape of a value ("99/99/9999"), never
//     the value: lists of refusals are read by people who may not read the file.
//
// When recognition is wrong or doubtful, a Mapping says which column is which. A person makes it once for
// a partner, it is kept as JSON with the header it was made for, and the next file with another header
// stops with the difference in words (Diff).
//
// Days and months: numeric dates are read day first, as people here write them, unless the column itself
// shows otherwise. A Survey of the rows finds a 13 or more in either place; see Finding for the rule
// when a column shows both.
//
// A role (victim, suspect, witness) belongs to the event of its row and to nothing else. Ethnicity, faith,
// nationality, language and disability stay on the source record, in Sensitive, and no other field is
// worked out from them. With Options.DeIdentified a person's row keeps no name, identifier, address or
// note beyond the call that read it.
//
// The package is pure: it is given a header and rows and a date to count ages from, and reads no file, clock or
// network. A Reader does not change once made and may be used from several goroutines.
package profile
