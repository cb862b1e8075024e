package assessment

import "slices"

// Ask is a group that should be heard: whom to ask, and the kinds of member agency (package partnership) that can
// arrange it.
type Ask struct {
	Group string
	Whom  string
	Kinds []string
}

var asks = []Ask{
	{"police", "A neighbourhood officer, an officer who deals with missing children, and an analyst: three voices, not one briefing.", []string{"police"}},
	{"children's social care", "A social worker with a caseload, and whoever takes contacts at the front door.", []string{"social-care"}},
	{"youth justice", "A case manager, and whoever works with education or health in the team.", []string{"youth-justice"}},
	{"schools", "A designated safeguarding lead, and a teacher at a pupil referral unit or alternative provision.", []string{"school", "pupil-referral-unit"}},
	{"children's homes", "A residential worker from the late shift; ask the home's manager, or the placements team.", []string{"social-care"}},
	{"housing", "A neighbourhood housing officer, and whoever takes complaints of anti-social behaviour.", []string{"housing"}},
	{"hospital or health", "An emergency department nurse, a school nurse or a community mental health worker.", []string{"hospital", "health"}},
	{"ambulance", "A paramedic: ask the service's safeguarding lead for fifteen minutes by telephone at a shift change, when a crew cannot be released for a slot.", []string{"ambulance"}},
	{"drug treatment", "A recovery worker who sees people who use; they can speak to how large the market is.", []string{"charity", "health"}},
	{"youth work and charities", "A detached youth worker, and a worker with young women.", []string{"charity"}},
	{"probation", "A practitioner with young adults on their caseload.", []string{"probation"}},
	{"transport", "Station or bus staff, and the transport police: they see who travels and when.", nil},
	{"young people", "A youth council or a group that a youth worker already runs; go to them, with somebody they trust in the room.", []string{"charity"}},
	{"parents", "A parents' forum or a family support worker's group; offer an evening, and ask early.", []string{"charity", "social-care"}},
}

// WhomToAsk says how a group of Expected can be heard.
func WhomToAsk(group string) Ask {
	if i := slices.IndexFunc(asks, func(a Ask) bool { return a.Group == group }); i >= 0 {
		return asks[i]
	}
	return Ask{Group: group}
}
