package world

import (
	"fmt"
	"strings"
	"time"
)

// An Interview is one slot of the assessment: who sat in it.
type Interview struct {
	Slot   int
	On     time.Time
	At     string // hh:mm
	Agency string // of the first role present
	Roles  []string
}

// An Invitation is a group that was asked; Heard says whether anybody came.
type Invitation struct {
	Group string
	Heard bool
	Note  string
}

// A Theme is one of the headings statements are put under, with the two answers leaders gave about it.
type Theme struct {
	Code, Name              string
	KnownToLeaders, Written bool // Written: in the strategy
}

// Themes are the assessment's twenty headings, and what leaders and the strategy said about each.
var Themes = []Theme{
	{"T1", "Groups and who leads", true, true}, {"T2", "Drugs and lines", true, true}, {"T3", "Market size", false, false},
	{"T4", "Recruitment and grooming", true, true}, {"T5", "Debt", false, false}, {"T6", "Girls and VAWG", true, true},
	{"T7", "Vulnerable adults and cuckooing", true, true}, {"T8", "Missing", true, true}, {"T9", "Schools and alternative provision", false, false},
	{"T10", "Care and placements", false, false}, {"T11", "Housing", true, false}, {"T12", "Health and mental health", true, false},
	{"T13", "Transport", false, false}, {"T14", "Online", true, true}, {"T15", "Cross-border", true, true},
	{"T16", "Trafficking and Prevent links", true, true}, {"T17", "Information flow", false, false}, {"T18", "Thresholds and referrals", true, false},
	{"T19", "What works", true, true}, {"T20", "Ask of leaders", false, false},
}

// who sat in which slot: agency and role of each letter.
var slots = []struct {
	at    string
	voice []struct{ agency, role string }
}{
	{"09:30", []struct{ agency, role string }{{"WPOL", "Neighbourhood officer"}}},
	{"09:30", []struct{ agency, role string }{{"WPOL", "Missing and exploitation officer"}}},
	{"10:20", []struct{ agency, role string }{{"WPOL", "Intelligence analyst"}}},
	{"10:20", []struct{ agency, role string }{{"WCSC", "Social worker"}}},
	{"11:10", []struct{ agency, role string }{{"WCSC", "Front door (MASH) practitioner"}}},
	{"11:10", []struct{ agency, role string }{{"WCSC", "Residential children's worker"}}},
	{"12:00", []struct{ agency, role string }{{"WYJS", "Youth justice case manager"}}},
	{"12:00", []struct{ agency, role string }{{"WYJS", "Education and health worker"}}},
	{"13:30", []struct{ agency, role string }{{"TQC", "Pupil referral unit teacher"}}},
	{"13:30", []struct{ agency, role string }{{"RYW", "Detached youth worker"}, {"RYW", "Young people's panel"}}},
	{"14:20", []struct{ agency, role string }{{"RYW", "Young women's worker"}}},
	{"14:20", []struct{ agency, role string }{{"FHA", "Neighbourhood housing officer"}, {"WCCS", "Anti-social behaviour officer"}}},
	{"15:10", []struct{ agency, role string }{{"TMA", "Designated safeguarding lead"}, {"OHS", "Designated safeguarding lead"}}},
	{"15:10", []struct{ agency, role string }{{"WHT", "Emergency department nurse"}, {"LTR", "Drug and alcohol worker"}, {"WPS", "Probation practitioner"}}},
}

// told is what practitioners said. One line a statement: slot and voice, theme, basis, place, time span, confidence, who
// else knows, whether it was reported, and the words. Nobody is named, and no child is blamed.
const told = `
1a|T1|seen|Wrenford Quay|last six months|high|Our sergeant|yes|Two groups meet by the retail park most evenings. The older ones stay in cars and send the younger ones across.
1a|T10|seen|Larkfield House|since the summer|high|The home's staff|no|The same two cars wait near Larkfield House around teatime. They are waiting for the children who live there.
1a|T9|seen|The Quay Centre|this term|high|The centre's head|no|Adults we do not know are at the gate of The Quay Centre at half past two. They are not parents.
1a|T7|seen|Tidemill|last three months|high|Housing|yes|We have three flats in Tidemill where the tenant has lost the use of their own front room.
1a|T2|seen|Wrenford Central|all year|high|Everyone|yes|When one line closes, the phone goes quiet for a week and then the same faces are on the same corners.
1a|T13|seen|Wrenford Central station|last year|medium|Station staff|no|Children come off the last train with no bag and no coat and get into a waiting car.
1a|T17|told||now|medium|Nobody|no|I put what I see on our system. I have no idea whether the council ever gets to read it.
1a|T20|told||now|high||no|Tell us what happened after we report. One line back would keep people reporting.
2a|T10|recorded|Larkfield House|last two quarters|high|Our team|yes|More of the missing children we find are within a few streets of Larkfield House, including children who do not live there.
2a|T8|recorded||last year|high|Social care|yes|A small number of children make up most of the missing reports, and nobody has asked all of them where they went.
2a|T8|recorded|Gosling Sands|last six months|high|Social care|yes|Return interviews are offered late. By the third day the child has nothing to say to us.
2a|T4|told||last year|medium|Youth workers|yes|It starts with a meal and a lift. Weeks later the child is told what it cost.
2a|T15|recorded|Aldersea|last year|high|The city's force|yes|Children from the city are found here and ours are found over the border. Each side thinks it is the other's case.
2a|T5|told||last six months|medium|Youth justice|no|Children are robbed by the people they work for, then told they owe what was taken.
2a|T9|told|The Quay Centre|this term|medium|Teachers|no|Several children who went missing this term met the people they went with outside The Quay Centre.
2a|T18|recorded||last year|high|Front door|yes|We refer a child at risk of exploitation and hear that the threshold was not met, with no reason given.
2a|T20|told||now|high||no|Give us one person in each agency to ring who will ring back the same day.
3a|T1|recorded||last year|medium|Tasking meeting|yes|We map four groups. Only one of them has a settled membership; the rest change by the month.
3a|T2|recorded|Wrenford Central|last year|high|The regional unit|yes|Three branded lines have worked the town this year. One closed and something that looks like it opened within a fortnight.
3a|T3|assumed||now|low|Nobody|no|I could not tell you how many people buy here each week. Nobody has asked me to work it out.
3a|T15|recorded|Aldersea|last year|high|The city's force|yes|Most of the numbers we see come from the city's eastern districts.
3a|T17|recorded||now|high|Nobody|no|I get spreadsheets from four partners and none of them spell a name the same way.
3a|T6|recorded||last year|medium|Nobody|no|Girls hardly appear in our records except as missing or as somebody's girlfriend. I do not believe that is the whole picture.
3a|T14|assumed||now|low|Schools|no|We see the videos weeks after the schools do.
3a|T19|recorded||last year|medium||yes|The weeks with an extra patrol at the bus station were quieter, but I would not swear that was why.
4a|T10|told|Larkfield House|since the summer|high|Residential staff|no|Every child I visit at Larkfield House talks about a man who buys food for them. They are being targeted because of where they live.
4a|T10|recorded||last year|high|Placements team|yes|Children placed with us from the city arrive with no history. The people looking for them know more than we do.
4a|T8|recorded||last year|high|Police|yes|Three of my children go missing on the same evenings.
4a|T12|told||last year|medium|School nurses|yes|The wait for mental health support is longer than it takes for somebody else to offer help.
4a|T4|told||last six months|medium|Youth workers|no|Children are asked to bring a friend. It is put to them as a way out of a debt.
4a|T5|told||last year|high|Police|yes|A child told me the amount he owes. It went up while he was in hospital.
4a|T11|told||last year|medium|Housing|yes|A family asked to move because of threats and was offered a flat two streets away.
4a|T18|told||now|medium|Front door|yes|Exploitation outside the home does not fit our forms, so it becomes a question about the parents.
4a|T20|told||now|high||no|Let us put a place on the agenda, not only a child.
5a|T10|recorded|Larkfield House|last six months|medium|Social workers|no|We had six contacts from different people about cars outside Larkfield House. Each was closed on its own.
5a|T18|recorded||last year|high|Managers|yes|A contact with no named child has nowhere to go in our system.
5a|T17|recorded||now|high|Nobody|no|Health colleagues are told not to share without consent and nobody has told them otherwise.
5a|T8|recorded||last year|medium|Police|yes|Missing notices arrive by e-mail, sometimes twice, and we key them in again.
5a|T16|recorded||last year|medium|Police|yes|Referrals for trafficked children go in, and the answer comes back after the child has turned eighteen.
5a|T7|told|Tidemill|last year|medium|Adults' team|no|The tenant is seen by adults' services and the child found there by us. Nobody puts the two together.
5a|T9|told|The Quay Centre|this term|medium|Teachers|no|The unit rings us about adults at the gate. We tell them to ring the police.
6a|T10|seen|Larkfield House|since the summer|high|My manager|yes|They know our shift change. They wait until the handover, and then a car pulls up outside Larkfield House.
6a|T10|seen|Larkfield House|last three months|high|My manager|yes|New children are messaged within two days of arriving. Somebody is telling them who has moved in.
6a|T8|seen|Larkfield House|last six months|high|Police|yes|Children who live elsewhere are found in our street and brought to our door at night.
6a|T14|seen||last three months|high|Nobody|no|The messages come on accounts that vanish by morning. We have pictures nobody has asked for.
6a|T4|told|Gosling Sands|since the summer|medium|Social workers|no|It is free credit at the arcade first. Then it is a favour.
6a|T6|seen||last six months|medium|Youth workers|no|A young woman of nineteen befriends our girls. She was one of ours not long ago, and somebody is making her do it.
6a|T17|told||now|high|Nobody|no|We write it in the log. The log stays in the office.
6a|T20|told||now|high||no|Somebody come and stand outside with us at six o'clock for one week.
7a|T10|told|Larkfield House|last six months|high|Social workers|no|Half of my caseload knows Larkfield House as the place you get picked up from.
7a|T5|told||last year|high|Police|yes|Two boys were arrested with drugs they had been made to carry to pay off what was robbed from them.
7a|T4|told||last year|medium|Schools|yes|The older ones pick those who have been sent home from school, because nobody will miss them until the evening.
7a|T18|recorded||last year|high|Courts|yes|We learn about the slavery defence the day before court.
7a|T1|told||last year|medium|Police|yes|They are friends first. Calling all of them a gang makes it harder to get the frightened ones to talk.
7a|T19|seen||last year|high|Our team|yes|When one worker stays with a child through school, court and home, the child turns up.
7a|T15|told|Aldersea|last year|medium|The city's youth justice service|no|A child moves across the border and his whole plan starts again from nothing.
7a|T13|told||last year|medium|Nobody|no|Children are given train tickets bought for them by people whose names they do not know.
7a|T20|told||now|medium||no|Agree what the words mean, so that we all count the same children.
8a|T10|told|Larkfield House|this term|medium|Teachers|no|Two boys I teach asked not to be dropped at Larkfield House because of who waits there.
8a|T9|seen|The Quay Centre|this term|high|The centre's head|yes|A part-time timetable of eight hours a week means thirty hours for somebody else.
8a|T12|recorded||last year|high|School nurses|yes|Nearly everyone I screen has lost somebody or seen somebody hurt. Few have been offered anything.
8a|T12|told||last year|medium|Hospital|no|They treat their own cuts because they think the hospital tells the police everything.
8a|T19|seen||last year|medium|Our team|yes|Boxing and a cooked breakfast brought back boys who had stopped coming to anything.
8a|T3|assumed||now|low|Nobody|no|It must be a large market, because there is always another child to replace the last. I have never seen a figure.
8a|T14|seen||last six months|medium|Schools|no|They are sent money through other children's bank accounts and told it is harmless.
8a|T17|told||now|medium|Nobody|no|I know things the school nurse needs and I am not sure I am allowed to tell her.
9a|T9|seen|The Quay Centre|this term|high|Police|yes|They stand at our gate at two o'clock. The children call it the taxi rank.
9a|T9|seen|The Quay Centre|this term|high|Nobody|no|A boy was sent in to our unit to get two others out. He was more frightened than they were.
9a|T10|told|Larkfield House|this term|high|Residential staff|no|Our children who live at Larkfield House are collected from there, and the ones who do not are taken there to be collected.
9a|T14|seen||this term|high|Nobody|no|A photograph of our minibus was put online with the time it leaves.
9a|T6|told||this term|medium|Youth workers|no|A girl is told to carry because nobody looks at girls.
9a|T18|told||last year|medium|Front door|yes|We were told that one worried teacher is not evidence.
9a|T13|seen|Wrenford bus station|this term|medium|Bus company|no|Those who walk to the bus station are met there. Those who go by taxi get home.
9a|T19|seen||last year|medium||yes|When the youth worker ate lunch with us on Thursdays, nobody was collected on Thursdays.
9a|T20|told||now|high||no|Ask us. Nobody has asked a teacher here anything in two years.
10a|T10|seen|Larkfield House|since the summer|high|Police|no|We see who waits by Larkfield House because we are out at that hour. It is the same people who wait at The Quay Centre.
10a|T9|seen|The Quay Centre|this term|high|Teachers|no|The gate of The Quay Centre and the road by the home are the same problem on different sides of the river.
10a|T1|told||last year|medium|Police|yes|The young people name places, not groups. Adults give them the group names.
10a|T2|told|Wrenford Central|last six months|high|Nobody|no|Everyone here knew the new name was the old line within days. The text said so.
10a|T5|told||last year|high|Nobody|no|Nobody is paid. They are told they will be when the debt is cleared.
10b|T4|told||last year|high|Nobody|no|They are nice to you first. They ask about your mum.
10b|T13|told|Wrenford Central station|last year|medium|Nobody|no|You do not go by the station after seven unless you want to be asked.
10b|T17|told||now|high|Nobody|no|We tell youth workers things because they tell us who they will pass it on to.
10b|T19|told||last year|high|Nobody|no|Having somewhere open after school that is warm. That is what worked.
10b|T20|told||now|high||no|Ask us before you make the plan and tell us what you did with it.
11a|T10|told|Larkfield House|last three months|high|Social workers|no|Two young women told me separately that they were first approached outside Larkfield House.
11a|T6|told||last year|high|Nobody|no|Young women are made to bring other young women. They are victims who have been given a task.
11a|T6|told||last year|high|Health|no|They go to the clinic under other names because somebody goes with them and waits.
11a|T14|seen||last six months|high|Nobody|no|Pictures are kept to make them stay. They would report that before anything else if it were safe.
11a|T7|told|Tidemill|last year|medium|Police|yes|Some of the flats are in the names of young women who no longer live in them.
11a|T12|told||last year|medium|Nobody|no|There is no worker for young women over eighteen in the whole county.
11a|T16|told||last year|medium|Police|no|Moving a girl across town for this is trafficking. We do not use the word and so nobody counts it.
11a|T18|told||last year|high|Front door|yes|Seventeen is treated as nearly grown up. She waited until she was eighteen for a decision.
12a|T10|told|Larkfield House|last six months|medium|Nobody|no|Neighbours ring us about the cars by Larkfield House because they think we own it.
12a|T7|recorded|Tidemill|last year|high|Police|yes|We changed the locks on four homes this year after the tenant was driven out of their own bedroom.
12a|T11|recorded||last year|high|Council|yes|A young person leaving care was given a flat above one we knew had been taken over. Nobody checked with us.
12a|T11|recorded||last year|medium|Council|no|Families placed here by the city are not on anybody's list but ours.
12a|T17|recorded||now|medium|Nobody|no|We hold two years of complaints by address and have never been asked for them.
12b|T2|seen|Wrenford Quay|last year|medium|Police|yes|Complaints about dealing moved from the quay to the retail park when the cameras went up.
12b|T11|recorded||last year|medium|Housing|yes|A closure order empties a flat. Nobody follows the people who were in it.
12b|T3|assumed||now|low|Nobody|no|We count complaints. That tells you who complains.
12b|T20|told||now|medium||no|One list of actions with one name each. I sit in three meetings with the same action.
13a|T9|recorded||last year|high|Governors|no|We suspend, and the child is on the street by ten. I know what that does and I have no other place to send them.
13a|T14|seen||last six months|high|Police|yes|Fights are arranged online two days before. We can see them coming and have nobody to tell at a weekend.
13a|T4|seen||last year|medium|Police|no|Year 8 now, not Year 10. They are asked to hold something for an afternoon.
13b|T18|told||last year|high|Front door|yes|A referral goes in and nothing comes back. My staff have stopped expecting it to.
13b|T12|recorded||last year|medium|Health|yes|We have two pupils who cannot sleep and a counsellor on Tuesdays.
13b|T13|seen|Osierham station|this term|medium|Nobody|no|Older pupils I do not recognise ride the branch line with ours and do not get off where they live.
13b|T17|told||now|medium|Nobody|no|I learnt from a pupil that another pupil had been stabbed. She had been back in class for a week.
14a|T12|seen|Wrenford Royal Hospital|last year|high|Nobody|no|We see more knife wounds than two years ago and we have not changed what we write down.
14a|T12|seen|Wrenford Royal Hospital|last year|high|Nobody|no|They give a friend's name and leave before the nurse comes back.
14a|T17|told||now|high|Managers|no|We send the figures off every month. I have never seen what anybody does with them.
14b|T3|assumed||now|low|Nobody|no|We see perhaps a third of those who use heroin here. The rest I would have to guess, and so would anybody.
14b|T2|told||last year|high|Nobody|yes|The price has not changed in two years. Closing a line has never made it dearer.
14b|T7|told|Tidemill|last year|high|Housing|yes|The people we treat lend a room once and never get it back.
14c|T15|recorded|Aldersea|last year|medium|The city's probation|yes|Men on licence from the city turn up here as somebody's cousin.
14c|T1|recorded||last year|medium|Police|yes|The young men I supervise were on children's lists four years ago. Nobody handed over what was known.
14c|T11|told||last year|medium|Housing|yes|Released on a Friday with nowhere to go, they sleep on the sofa of the person who was using them.
14c|T16|told||last year|low|Police|no|I have wondered about two of them and Prevent. I was told it was one or the other.
`

// holdInterviews sets the timetable and writes the statements sheet.
func (g *generator) holdInterviews() {
	day := g.daysAgo(21)
	for day.Weekday() == time.Saturday || day.Weekday() == time.Sunday {
		day = day.AddDate(0, 0, -1)
	}
	for i, s := range slots {
		in := Interview{Slot: i + 1, On: day, At: s.at, Agency: s.voice[0].agency}
		for _, v := range s.voice {
			in.Roles = append(in.Roles, v.role)
		}
		g.world.Interviews = append(g.world.Interviews, in)
	}
	g.world.Invited = []Invitation{
		{"Ambulance", false, "asked twice; crews could not be released from shift"},
		{"Parents", false, "no group met in the week; the parents' forum was not asked in time"},
	}
	for _, group := range []string{"Police", "Children's social care", "Children's homes", "Youth justice", "Schools", "Pupil referral unit",
		"Youth work", "Young people", "Housing", "Hospital", "Drug treatment", "Probation", "Community safety"} {
		g.world.Invited = append(g.world.Invited, Invitation{group, true, ""})
	}
	g.writeStatements(day)
}

func (g *generator) writeStatements(day time.Time) {
	s := g.sheet("interviews/statements.csv", "WCCS", "statements", withMark)
	s.row("Date", "Slot", "Agency", "Role", "Theme", "Statement", "Basis", "Place", "Time span", "Confidence", "Who else knows",
		"Reported", "Known to leaders", "In the strategy")
	themes := map[string]Theme{}
	for _, t := range Themes {
		themes[t.Code] = t
	}
	agencies := map[string]string{}
	for _, a := range g.world.Agencies {
		agencies[a.Code] = a.Name
	}
	last := ""
	for _, line := range strings.Split(strings.TrimSpace(told), "\n") {
		f := strings.Split(line, "|")
		var slot int
		var letter string
		if _, err := fmt.Sscanf(f[0], "%d%s", &slot, &letter); err != nil || len(f) != 9 {
			panic("world: a statement is not written as it should be: " + line)
		}
		voice, theme := slots[slot-1].voice[letter[0]-'a'], themes[f[1]]
		if slot == 9 && last == "8" {
			s.bad("Statement", "a row with a theme and no words says nothing", ukDate(day), "8", agencies["WYJS"], "Education and health worker",
				"T12 Health and mental health", "", "told", "", "", "", "", "", "", "")
		}
		last = fmt.Sprint(slot)
		s.row(ukDate(day), fmt.Sprint(slot), agencies[voice.agency], voice.role, theme.Code+" "+theme.Name, f[8], f[2], f[3], f[4], f[5], f[6],
			yesNo(f[7] == "yes"), yesNo(theme.KnownToLeaders), yesNo(theme.Written))
	}
	s.done()
}

func yesNo(b bool) string {
	if b {
		return "Yes"
	}
	return "No"
}
