// Package agreement says how far people who coded the same material, or scored
// the same cases, agree, and lists where they do not.
//
// # Measures
//
//   - percent: pairs of codings of the same unit that are alike, out of all
//     such pairs, times 100.
//   - positive agreement: 2a / (2a + b + c) for a code that is present or
//     absent: of all uses of the code, the share that the other coder shares.
//     It is not flattered by long stretches nobody coded.
//   - Cohen's kappa for two coders (Cohen 1960).
//   - Fleiss's kappa for any number, on units that everybody coded
//     (Fleiss 1971).
//   - Krippendorff's alpha, nominal, ordinal, interval and ratio, for any
//     number of coders with values missing (Krippendorff 2011), with a 95 %
//     interval from resampling units.
//
// # Undefined is not zero
//
// When nobody used a code, or everybody used the same one throughout, chance
// agreement is complete and kappa and alpha are undefined. They are nil and
// WhyNull says "not used"; they are never written as 0 or 1.
//
// # Assumptions
//
// Units are agreed beforehand and are alike in size (a paragraph, a case, a
// segment marked by a third person): agreement over single characters of a
// mostly uncoded text means nothing. Coders worked alone. Resampling takes
// units as independent.
//
// # Sources
//
//   - Cohen J (1960), Educational and Psychological Measurement 20:37.
//   - Fleiss JL (1971), Psychological Bulletin 76:378.
//   - Krippendorff K (2011), Computing Krippendorff's alpha-reliability.
//   - Krippendorff K (2004), Content Analysis, 2nd ed., for the marks 0.667
//     and 0.800.
//   - Cicchetti DV, Feinstein AR (1990), Journal of Clinical Epidemiology
//     43:551 (positive agreement).
package agreement
