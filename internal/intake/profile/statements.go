package profile

// statement reads one thing that was said, or what leaders and the strategy answer to a theme.
func (c *cursor) statement() Record {
	s := &StatementRow{
		Slot: c.text(fSlot), Agency: c.agency(), Role: squash(c.text(fStatementRole)), ThemeWords: c.text(fTheme), Statement: c.text(fStatement),
		BasisWords: c.text(fBasis), Place: squash(c.text(fPlace)), TimeSpan: c.text(fTimeSpan), Frequency: c.text(fFrequency), ConfidenceWords: c.text(fConfidence),
		WhoElse: c.text(fWhoElse), ReportedWords: c.text(fReported), Suggested: c.text(fSuggested), Attribution: c.text(fAttribution),
	}
	s.Date = c.date(fDate, false)
	c.texts(fNotes, func(_, v string) { s.Notes = join(s.Notes, v) })
	var rest bool
	if s.Themes, rest = c.r.themes.find(s.ThemeWords); rest {
		c.warn(fTheme, s.ThemeWords, "not a theme of the list; expected a code such as T9 or its title; the words are kept for coding")
	}
	var ok bool
	if s.Basis, ok = ParseBasis(s.BasisWords); !ok && s.BasisWords != "" {
		c.warn(fBasis, s.BasisWords, "not a basis that is known; expected seen, told, recorded or assumed; the words are kept")
	}
	if s.Confidence, ok = ParseConfidence(s.ConfidenceWords); !ok && s.ConfidenceWords != "" {
		c.warn(fConfidence, s.ConfidenceWords, "not a confidence that is known; expected high, medium or low; the words are kept")
	}
	if s.Reported, ok = ParseAnswer(s.ReportedWords); !ok {
		s.Reported = Yes // where and when it was reported is a yes
	}
	s.KnownToLeaders, s.InStrategy, s.InData = c.answer(fKnownToLeaders), c.answer(fInStrategy), c.answer(fInData)
	answers := s.KnownToLeaders != "" || s.InStrategy != "" || s.InData != ""
	s.AnswerOnly = s.Statement == ""
	switch {
	case s.Statement != "" && s.Agency == "":
		c.warn(fAgency, "", "no agency; the statement is kept but counts for no independent voice")
	case s.Statement == "" && !(answers && s.ThemeWords != ""):
		c.refuse(fStatement, "", "nothing was said; expected a statement, or a theme with what leaders know or the strategy holds")
	}
	return s
}
