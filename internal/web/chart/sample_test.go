package chart

// The invented county of the tests: the shapes of sentences the program
// writes, with numbers made up for drawing.

func about(title, finding, base string) About {
	return About{Title: title, Finding: finding, Base: base}
}

func counts(values ...int) []Number {
	out := make([]Number, len(values))
	for i, v := range values {
		out[i] = Count(v)
		if v < 0 {
			out[i] = Number{State: Hidden}
		}
	}
	return out
}

func months(n int) []string {
	names := []string{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"}
	out := make([]string, n)
	for i := range out {
		out[i] = names[i%12] + " " + []string{"2024", "2025", "2026"}[i/12]
	}
	return out
}

func square(west, south, size float64) [][]Point {
	return [][]Point{{{west, south}, {west + size, south}, {west + size, south + size}, {west, south + size}, {west, south}}}
}

func samples() map[string]Chart {
	one := 1.0
	return map[string]Chart{
		"bars": Bars{
			About: about("Themes in interviews", "Staff in 11 of 14 interviews say a children's home is being targeted.", "14 interviews, 6 agencies, September to October 2026."),
			What:  "Theme", Unit: "Interviews",
			Rows: []Bar{
				{"A children's home is being targeted", CountOf(11, 14), true},
				{"Young people picked up outside the pupil referral unit", CountOf(9, 14), false},
				{"Debt", CountOf(5, 14), false},
				{"Grooming online", Number{Of: 14, State: Hidden}, false},
				{"Knife carrying", CountOf(0, 14), false},
				{"Parents not heard", Number{State: Missing, Words: "nobody was asked"}, false},
			},
		},
		"bars-share": Bars{
			About: about("Contacts that led to a referral, by agency", "Schools refer 33% of what they see; the police refer 6%.", "1 April 2025 to 31 March 2026."),
			What:  "Agency", Unit: "Referred", Share: true,
			Rows: []Bar{
				{"Schools", CountOf(41, 123), false}, {"Police", CountOf(88, 1460), false}, {"Youth justice service", CountOf(17, 40), false},
				{"Housing", Number{State: Missing}, false}, {"Hospital", CountOf(1, 700), false}, {"Everyone asked", CountOf(699, 700), false},
			},
		},
		"bars-empty": Bars{About: about("Actions by owner", "There are no actions yet.", "")},
		"lines-effort": Lines{
			About: about("Referrals and screenings by month", "Referrals rose from 50 to 82 while screenings rose from 190 to 300: we cannot say it is growing.", "Referrals received and screenings done, all agencies."),
			Unit:  "Referrals", Periods: months(24),
			Series: []Series{{"Referrals", counts(50, 47, 52, 49, 55, 51, 58, 54, -1, 57, 60, 61, 58, 63, 66, 64, 70, 68, 71, 75, 73, 78, 80, 82)}},
			Effort: &Series{"Screenings done", counts(190, 185, 200, 192, 205, 199, 214, 210, 220, 218, 226, 230, 228, 236, 244, 240, 256, 252, 262, 270, 268, 284, 290, 300)},
			Marks:  []Mark{{Period: 9, Label: "New screening form"}, {Period: 11, Label: "Line closed"}, {Period: 23, Label: "This month"}},
		},
		"lines-three": Lines{
			About: about("Knife injuries by hospital", "All three hospitals report more; the county hospital most.", "Every hospital reported in every quarter but one."),
			Unit:  "Injuries", Periods: []string{"Q1", "Q2", "Q3", "Q4", "Q5", "Q6", "Q7", "Q8"},
			Series: []Series{
				{"County hospital", counts(21, 22, 20, 25, 27, 30, 34, 39)},
				{"St Brae's", append(counts(11, 12, 14), append([]Number{{State: Missing}}, counts(15, 14, 17, 18)...)...)},
				{"Minor injuries unit, Port Wren", counts(9, 8, 11, 12, 12, 15, 16, 17)},
			},
		},
		"intervals": Intervals{
			About: about("Did it work?", "Between 14 and 25 of the 29 who started feel safer. No comparison group.", "29 who started, 18 asked again."),
			What:  "Outcome", Unit: "Change against before (1 is no change)", Decimals: 2, Reference: &one, ReferenceLabel: "no change",
			Rows: []Interval{
				{Label: "Missing episodes", Value: 0.72, Low: 0.55, Top: 0.94, Note: "29 people"},
				{Label: "School days lost", Value: 0.9, Low: 0.61, Top: 1.33, Note: "22 people"},
				{Label: "Arrests", Refusal: "We cannot say: 4 of the 29 have no earlier year to compare with.", Note: "29 people"},
				{Label: "Feels safe", Value: 1.4, Low: 1.05, Top: 1.86},
			},
		},
		"parts": Parts{
			About: about("What is known, by whom", "The front line knows something that no board paper holds.", "Six themes, eight sources."),
			What:  "Source", Kinds: []string{"Yes", "Partly", "No", "Not heard"},
			Rows: []Part{{"Said by the front line", []int{11, 2, 1, 0}}, {"In partners' data", []int{2, 5, 5, 2}}, {"In the strategy", []int{0, 1, 13, 0}}, {"Heard from parents", []int{0, 0, 0, 14}}, {"Nothing asked", []int{0, 0, 0, 0}}},
		},
		"dots": Dots{
			About: about("Those who started", "14 of the 29 who started feel safer.", "29 who started; 18 asked again."),
			What:  "Answer", Groups: []Group{{"Feels safer", 14}, {"The same", 3}, {"Feels less safe", 1}, {"Not asked again", 11}},
		},
		"spark": Spark{
			About: about("Ash Lane, reports by month", "Reports rose from 2 to 9.", ""),
			Unit:  "Reports", Periods: months(8), Values: counts(2, 3, 2, 4, -1, 5, 7, 9),
		},
		"flowmap": FlowMap{
			About: about("How far it reaches", "31 people linked from the city's districts to four forces: 22 confirmed, 9 suspected.", "Flows under 5 are hidden."),
			Unit:  "people linked",
			Places: []Place{
				{"C1", "Cityham North", Point{-0.1, 51.6}, true}, {"C2", "Cityham South", Point{-0.05, 51.4}, false},
				{"F1", "Wrenshire", Point{1.2, 52.6}, true}, {"F2", "Estmark", Point{0.5, 51.2}, false}, {"F3", "Holm & Vale", Point{-1.4, 52.3}, false},
			},
			Flows: []Flow{
				{"C1", "F1", Count(14), false}, {"C1", "F2", Count(8), false}, {"C2", "F1", Count(6), true}, {"F1", "C1", Count(5), false},
				{"C2", "F3", Number{State: Hidden}, false},
			},
			Background: Background{Land: square(-3, 50.8, 5), Borders: [][]Point{{{-3, 52}, {2, 52}}}, Attribution: "Invented county"},
		},
		"areamap": AreaMap{
			About: about("Reports by ward", "Two wards hold 34 of 61 reports.", "61 reports, 1 April to 30 September 2026. Under 5 hidden."),
			What:  "Ward", Unit: "Reports", Classes: []string{"5 to 9", "10 to 14", "15 or more"}, Kinds: []string{"Under review", "School"},
			Areas: []Area{
				{Code: "W1", Name: "Ash", Rings: square(0, 52, 0.1), Class: 3, Number: Count(18), Emphasis: true, LabelAt: &Point{0.05, 52.06}},
				{Code: "W2", Name: "Beck", Rings: square(0.1, 52, 0.1), Class: 1, Number: Count(6), LabelAt: &Point{0.15, 52.05}},
				{Code: "W3", Name: "Carr", Rings: square(0, 52.1, 0.1), Class: -1, Number: Number{State: Hidden}},
				{Code: "W4", Name: "Dale", Rings: square(0.1, 52.1, 0.1), Class: 0, Number: Count(0)},
				{Code: "W5", Name: "Eyot", Rings: square(0.2, 52, 0.1), Class: 2, Number: Count(11)},
			},
			Spots: []Spot{{Label: "Ash Lane home", At: Point{0.04, 52.03}, Shown: true, Note: "9 then 23"}, {Label: "Beck School", At: Point{0.16, 52.02}, Kind: 1}},
		},
	}
}
