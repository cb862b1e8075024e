package partnership

// PublishedFigure is a number that somebody published, with what it counts: something to start a baseline from, or to
// see one's own beside. Every one is to be checked against its source before it is quoted.
type PublishedFigure struct {
	What string
	Reading
}

// PublishedAsAt is when the published figures were copied.
const PublishedAsAt = "November 2026"

// CountyLinesSeries are the counts of county lines that national bodies have published, in order. The unit changed
// along the way, so that it is three series and not one: what looks like a near tripling between November 2017 and
// January 2019 counts different things, and the agency itself said that it need not be a worsening.
func CountyLinesSeries() []PublishedFigure {
	line := func(day, when string, n int, q Quality, unit, note, source string) PublishedFigure {
		return PublishedFigure{"County lines in England and Wales", Reading{From: day, Until: day, When: when, N: n, Quality: q, Unit: unit, Counter: "National Crime Agency", Source: source, Note: note}}
	}
	return []PublishedFigure{
		line("2017-11-01", "November 2017", 720, AtLeast, "lines", "All 43 forces returned.", "NCA, county lines threat assessment 2017, as quoted in the press"),
		line("2018-06-01", "June 2018", 1000, AtLeast, "lines", "A statement to the press, not a count by a stated method.", "NCA statement, June 2018, as quoted in the press"),
		line("2019-01-01", "January 2019", 2000, About, "deal line numbers", "The agency: it does not necessarily indicate a worsening.", "NCA intelligence assessment 2018/19, as quoted in the press"),
	}
}

// RescueAndResponse are the people linked to London county lines that the project counted in two years. The windows
// differ and so does the counter.
func RescueAndResponse() []PublishedFigure {
	return []PublishedFigure{
		{"People linked to county lines from London", Reading{From: "2018-01-01", Until: "2019-03-31", N: 4013, Quality: Exact, Unit: "people", Counter: "Rescue and Response", Source: "Rescue and Response strategic assessment, August 2019", Note: "15 months."}},
		{"People linked to county lines from London", Reading{From: "2019-04-01", Until: "2020-03-31", N: 3290, Quality: Exact, Unit: "people", Counter: "Metropolitan Police Service", Source: "Rescue and Response, second year", Note: "12 months; the counting passed to the police in January 2020."}},
	}
}
