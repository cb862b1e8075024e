// Package world draws the invented partnership that Lantern shows to newcomers and measures itself on.
//
// Wrenshire is a county that does not exist. It lies in the North Sea, some fifty kilometres off England, so that no map
// of it can be taken for a map of anywhere; its area codes begin with X, its postcodes with WX, its NHS numbers are in the
// range kept for tests, its pupil and police numbers have valid check characters but come from an authority and from
// serials that were never issued, and its telephones are those Ofcom keeps for drama. Everyone in it is invented.
//
// Generate makes, from a seed, a size and a date:
//
//   - Geography: boundaries, river, roads, railway, places and a postcode directory;
//   - Agencies and Accounts: who is in the partnership, and the people one can sign in as;
//   - Files: partners' own exports in partners' own layouts (title rows, capitals, one-field names, Windows-1252, a workbook), with
//     the mistakes such files have: typing errors, nicknames, former names, other spellings of one name, default dates of
//     birth, a twin's number, an old address, an empty cell, and a few rows that no reader should take (Planted);
//   - Truth: which true person each row of a people's file is about, for measuring record linkage;
//   - what the partnership has agreed: definitions, leads, objectives, agreements, actions, reviews.
//
// There is a story in the files, and nothing else in the program knows it: a children's home and a pupil referral unit
// are being targeted; the front line says so, two agencies hold records that show it, and no paper mentions it. One deal
// line is closed and another brand works the same base nine days later. Referrals rise with the screenings that find
// them; knife injuries rise with every hospital reporting as before. The numbers of the story do not change with size or
// seed; the people, places and everything around them do.
//
// Nothing in the story depends on ethnicity, faith, nationality, music, postcode or family: who is harmed, who is
// suspected and who is found where are drawn without looking at them. Error rates differ by kind of file and by naming
// tradition only where the writing of such names invites the error; the rates are invented and must never be quoted.
//
// Generate is pure: the same Options give the same bytes, on any machine and any number of cores. WriteTo alone touches a disk.
package world
