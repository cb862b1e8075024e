package app

import (
	"context"
	"strconv"
	"strings"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/account"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/community"
	"lantern.example/lantern/internal/content"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/demo/world"
	"lantern.example/lantern/internal/partnership"
	"lantern.example/lantern/internal/partnership/partnershipweb"
	"lantern.example/lantern/internal/work"
)

// demoTeller writes what the invented partnership says of itself, by its manager.
type demoTeller struct {
	a        *App
	ctx      context.Context //nolint:containedctx // lives as long as the demonstration is built
	tx       *database.Tx
	by       access.Scope
	today    time.Time
	accounts map[string]account.Account
}

func (d *demoTeller) day(n int) string { return d.today.AddDate(0, 0, n).Format(clock.ISODate) }

func (d *demoTeller) who(name string) string { return d.accounts[name+"@wrenshire.example"].ID }

// entry saves one entry of content and answers its code.
func (d *demoTeller) entry(kind, title string, fields map[string]string) (content.Version, error) {
	code, err := d.a.Content.FreeCode(d.ctx, d.tx, kind, title)
	if err != nil {
		return content.Version{}, err
	}
	return d.a.Content.Save(d.ctx, d.tx, d.by, content.Key{Kind: kind, Code: code}, 0, content.Text{Title: title, Fields: fields}, "")
}

// demoPartnership fills the rooms that need no personal data: team, numbers to ring, objectives, boards, community.
func (a *App) demoPartnership(ctx context.Context, _ access.Scope, w *world.World, accounts map[string]account.Account) error {
	by, err := a.Accounts.Scope(ctx, accounts[w.Accounts[0].Email], access.CommunitySafety)
	if err != nil {
		return err
	}
	a.Reports.Least = 0
	defer func() { a.Reports.Least = community.PuzzleMinimum }()
	for _, part := range []func(d *demoTeller) error{(*demoTeller).people, (*demoTeller).definitions, func(d *demoTeller) error { return d.objectives(w) }, func(d *demoTeller) error { return d.boards(w) }, (*demoTeller).community, (*demoTeller).reports, (*demoTeller).public} {
		if err := a.DB.Write(ctx, func(tx *database.Tx) error {
			return part(&demoTeller{a: a, ctx: ctx, tx: tx, by: by, today: w.Options.Today, accounts: accounts})
		}); err != nil {
			return err
		}
	}
	return nil
}

func (d *demoTeller) people() error {
	for _, x := range [][]string{
		{"Dele Marshwick", "Youth worker", "RYW", "Mentoring\nMinibus outreach", "Yoruba", "12", "12", "Hodan Elmbeck", "-20"},
		{"Hodan Elmbeck", "Young women's worker", "RYW", "Work with girls\nCourt support", "Somali, Arabic", "15", "12", "", "-34"},
		{"Gemma Stanacre", "Social worker, exploitation", "WCSC", "Return interviews\nStrategy meetings", "", "16", "18", "Leila Brackrigg", "-120"},
		{"Kofi Larkhurst", "Youth justice case manager", "WYJS", "Restorative work\nBail support", "Twi", "9", "14", "", "-12"},
		{"Beatriz Cobfield", "Drug and alcohol worker", "LTR", "Harm reduction", "Portuguese", "21", "25", "Duty desk", "-40"},
		{"Idris Fenwater", "Neighbourhood officer", "WPOL", "Problem solving\nSchools", "Welsh", "", "", "Neighbourhood team", "-8"},
	} {
		n, err := strconv.Atoi(x[8])
		if err != nil {
			return err
		}
		if _, err := d.entry(partnership.TeamKind, x[0], map[string]string{"role": x[1], "agency": x[2], "skills": x[3], "languages": x[4], "cases": x[5], "limit": x[6], "cover": x[7], "reach": "through their agency's desk", "last_contact": d.day(n)}); err != nil {
			return err
		}
	}
	for i, x := range [][]string{
		{"Children's social care, emergency duty team", "A child found far from home, or at risk tonight", "Every night and weekend, 5 p.m. to 9 a.m.", "01632 960101", "Ring the police control room and ask for the duty inspector", "WCSC", "-18"},
		{"Police control room, duty inspector", "A threat to somebody's life; a child with a line", "Always", "01632 960102", "999", "WPOL", "-25"},
		{"Housing, out of hours", "A home that has been taken over", "5 p.m. to 8 a.m.", "01632 960103", "The community safety duty officer in the morning", "FHA", "-210"},
		{"Hospital, safeguarding on call", "A young person brought in with a wound", "Always", "01632 960104", "The ward's nurse in charge", "WHT", "-60"},
	} {
		n, err := strconv.Atoi(x[6])
		if err != nil {
			return err
		}
		if _, err := d.entry(partnership.RingKind, x[0], map[string]string{"for": x[1], "when": x[2], "phone": x[3], "else": x[4], "agency": x[5], "order": strconv.Itoa(i + 1), "checked_on": d.day(n)}); err != nil {
			return err
		}
	}
	l, err := d.a.Partnership.Lead(d.ctx, d.tx, "T1", "")
	if err != nil {
		return err
	}
	l.Second, l.Duties, l.LastContact, l.Why = d.who("joy.okafor"), "Chairs the weekly call on groups; answers for the group maps and their review.", d.day(-9), "police and community safety lead together"
	if err := d.a.Partnership.SaveLead(d.ctx, d.tx, d.by, l.Version, l); err != nil {
		return err
	}
	if l, err = d.a.Partnership.Lead(d.ctx, d.tx, "T12", ""); err != nil {
		return err
	}
	l.AwayFrom, l.AwayUntil, l.Cover, l.LastContact, l.Why = d.day(-3), d.day(11), d.who("colm.tarnside"), d.day(-30), "on leave"
	return d.a.Partnership.SaveLead(d.ctx, d.tx, d.by, l.Version, l)
}

func (d *demoTeller) definitions() error {
	v, err := d.a.Partnership.CurrentVersion(d.ctx, d.tx, "gang")
	if err != nil {
		return err
	}
	school, err := d.a.Accounts.Scope(d.ctx, d.accounts["alison.wendale@wrenshire.example"], access.Safeguarding)
	if err != nil {
		return err
	}
	if err := d.a.Partnership.Say(d.ctx, d.tx, school, "gang", v.Number, "We cannot adopt it yet: our governors ask how a year group that stays together after school is told from a gang."); err != nil {
		return err
	}
	if err := d.a.Partnership.Say(d.ctx, d.tx, d.by, "gang", v.Number, "The last sentence is there for that. Shall we say it at the board?"); err != nil {
		return err
	}
	return d.a.Partnership.Vary(d.ctx, d.tx, d.by, "serious-violence", 2, "WHT", "Counts a wound as it is treated, whoever caused it and wherever.", "The hospital does not ask who did it.")
}

// objectives: one moved, one moved the wrong way, one cannot be said to have moved, and one nobody measures.
func (d *demoTeller) objectives(w *world.World) error {
	owners := map[string]string{"O1": "gemma.stanacre", "O2": "owen.sedgeley", "O3": "martin.skelgate", "O4": "meera.hollinside"}
	type span struct{ from, until, n, of int }
	measures := map[string]struct {
		name, definition, unit, of, counter, source, direction, target string
		spans                                                          []span
	}{
		"O1": {"Children asked within 72 hours of coming back", "missing", "children asked", "children who came back", "Children's social care", "Return interviews, every episode", "up", "90", []span{{-540, -360, 31, 72}, {-359, -180, 44, 70}, {-179, -8, 58, 74}}},
		"O2": {"Young people treated for a knife wound", "serious-violence", "injuries", "", "The hospital", "Emergency department returns, every month", "down", "15", []span{{-730, -366, 21, 0}, {-365, -1, 39, 0}}},
		"O4": {"Referrers told within ten working days", "", "referrers told", "referrals", "The front door", "A sample of referrals each quarter", "up", "95", []span{{-270, -181, 12, 41}, {-180, -91, 15, 43}}},
	}
	codes := map[string]string{}
	for _, o := range w.Objectives {
		fields := map[string]string{"purpose": "Agreed by the board after the assessment.", "owner": d.who(owners[o.Code]), "agencies": strings.Join(o.Agencies, "\n"), "due_on": o.By.Format(clock.ISODate), "state": "open", "links": "/assessment What the front line said\n/papers The papers it was agreed on"}
		v, err := d.entry(partnership.ObjectiveKind, o.Text, fields)
		if err != nil {
			return err
		}
		codes[o.Code] = v.Code
		m, ok := measures[o.Code]
		if !ok {
			continue
		}
		mv, err := d.entry(partnership.MeasureKind, m.name, map[string]string{"objective": v.Code, "definition": m.definition, "unit": m.unit, "of": m.of, "counter": m.counter, "source": m.source, "direction": m.direction, "target": m.target, "target_on": o.By.Format(clock.ISODate)})
		if err != nil {
			return err
		}
		cite := ""
		if m.definition != "" {
			cite = d.a.cite(d.ctx, d.tx, m.definition)
		}
		for i, s := range m.spans {
			r := partnership.Reading{Measure: mv.Code, From: d.day(s.from), Until: d.day(s.until), N: s.n, Quality: partnership.Exact, Unit: m.unit, Counter: m.counter, Definition: cite, Source: m.source, Baseline: i == 0}
			if s.of > 0 {
				r.Of = &s.of
			}
			if err := d.a.Objectives.Read(d.ctx, d.tx, d.by, r); err != nil {
				return err
			}
		}
	}
	last, before := partnership.LastQuarter(d.today), partnership.LastQuarter(d.today.AddDate(0, -3, 0))
	for _, n := range [][]string{{"O1", before, "A worker was put on call at weekends."}, {"O1", last, "Fewer were missed at weekends. Two homes still ring the next morning."}, {"O2", last, "Injuries rose. The hospital and the youth service now meet each week."}, {"O4", before, "Nobody had counted before. The sample is small."}} {
		if err := d.a.Objectives.Say(d.ctx, d.tx, d.by, codes[n[0]], n[1], n[2]); err != nil {
			return err
		}
	}
	for _, o := range []string{"O1", "O2"} {
		if err := d.a.Content.MakePublic(d.ctx, d.tx, d.by, partnership.ObjectiveKind, codes[o], 1, ""); err != nil {
			return err
		}
	}
	return nil
}

func (d *demoTeller) boards(w *world.World) error {
	var codes []string
	for _, x := range [][]string{{"Community safety partnership board", "Decides what the partnership does together and who pays.", "Chief executive, Wrenshire Council", "Every quarter"}, {"Serious violence group", "Sees to it that the strategy is done.", "Superintendent, Wrenshire Police", "Every month"}} {
		v, err := d.entry(work.BoardKind, x[0], map[string]string{"about": x[1], "chair": x[2], "often": x[3]})
		if err != nil {
			return err
		}
		codes = append(codes, v.Code)
	}
	at := func(n, hour int) int64 {
		y, m, day := d.today.AddDate(0, 0, n).Date()
		return clock.Micros(time.Date(y, m, day, hour, 0, 0, 0, clock.London()))
	}
	held, err := d.a.Boards.Plan(d.ctx, d.tx, d.by, work.Meeting{Board: codes[0], StartsAt: at(-70, 14), Minutes: 120, Place: "Town Hall, Osierham"})
	if err != nil {
		return err
	}
	for _, p := range w.Papers {
		if p.On.Equal(d.today.AddDate(0, 0, -70)) {
			if err := d.a.Boards.AddPaper(d.ctx, d.tx, d.by, work.Paper{Meeting: held.ID, Title: p.Title, Summary: "Note the quarter. " + p.Text}); err != nil {
				return err
			}
		}
	}
	if err := d.a.Boards.Decide(d.ctx, d.tx, d.by, held.ID, "", "Pay for a second year of the youth workers on the minibus.", "It reaches young people whom no school reaches."); err != nil {
		return err
	}
	held.State, held.Account = "held", "Nine of thirteen agencies came. The paper on the quarter was noted. Nobody spoke of the children's home."
	if err := d.a.Boards.Save(d.ctx, d.tx, d.by, held); err != nil {
		return err
	}
	next, err := d.a.Boards.Plan(d.ctx, d.tx, d.by, work.Meeting{Board: codes[0], StartsAt: at(12, 14), Minutes: 120, Place: "Town Hall, Osierham"})
	if err != nil {
		return err
	}
	for _, p := range []work.Paper{{Title: "What the front line says", Summary: "Discuss: what staff in most interviews say and no paper of this board has said.", Link: "/assessment"}, {Title: "Joint objectives", Summary: "Decide: one moved, one moved the wrong way, one is measured by nobody.", Link: "/objectives"}} {
		p.Meeting = next.ID
		if err := d.a.Boards.AddPaper(d.ctx, d.tx, d.by, p); err != nil {
			return err
		}
	}
	if _, err := d.a.Boards.Plan(d.ctx, d.tx, d.by, work.Meeting{Board: codes[1], StartsAt: at(5, 10), Minutes: 60, Place: "Police station, Osierham"}); err != nil {
		return err
	}
	set, err := d.a.Work.Add(d.ctx, d.tx, d.by, work.New{Title: "Tell every referrer what happened, and report how many were told", Why: "Agreed at the board.", Source: work.Ref{Kind: work.MeetingRef, ID: held.ID}, Assignee: d.who("owen.sedgeley"), DueOn: d.day(-6)})
	if err != nil {
		return err
	}
	if err := d.a.Boards.Watch(d.ctx, d.tx, d.by, codes[1], set.ID); err != nil {
		return err
	}
	return d.a.Boards.Chase(d.ctx, d.tx, d.by, set.ID, "The board meets in twelve days.")
}

func (d *demoTeller) community() error {
	c := d.a.Community
	type said struct{ sense, theme, words, state, did string }
	for _, e := range []struct {
		in   community.Engagement
		said []said
	}{
		{community.Engagement{On: d.day(-40), How: "Youth club evening", Place: "Reedbank", Reached: 14, Groups: []string{"young", "girls"}, Missed: []string{"out-of-school"}, MissedWhy: "Nobody there knew them."}, []said{
			{"worry", "T9", "Cars wait outside the unit when it closes.", "doing", "The bus stop was moved inside the gate, and staff stand there until the last bus."},
			{"strength", "T8", "There is always somebody at the club who rings when you are late.", "heard", ""},
			{"ask", "T19", "Keep the minibus in the winter.", "done", "The board paid for a second year."}}},
		{community.Engagement{On: d.day(-22), How: "Parents' forum", Place: "Osierham library", Reached: 9, Groups: []string{"parents"}, Missed: []string{"new-arrivals", "care"}, MissedWhy: "It was in English only, and in the day."}, []said{
			{"worry", "T13", "The last train is full of children nobody meets.", "heard", ""},
			{"ask", "T18", "Tell us what happened when we ring.", "doing", "Everybody who rings is to be told within ten working days; it is not so yet."}}},
		{community.Engagement{On: d.day(-12), How: "Doorstep", Place: "Fenholme estate", Reached: 31, Groups: []string{"tenants", "older"}, Missed: []string{"traders"}}, []said{
			{"worry", "T7", "Two flats changed hands overnight and the man who lived there is never seen.", "doing", "Housing and police visit together within two days of a report."},
			{"ask", "T11", "Open the garages for the young people.", "cannot", "The garages are not safe: the roof has to come down. The hall next to them is free on Thursdays."}}},
	} {
		id, err := c.Engage(d.ctx, d.tx, d.by, e.in)
		if err != nil {
			return err
		}
		for _, s := range e.said {
			x, err := c.Hear(d.ctx, d.tx, d.by, community.Said{Engagement: id, Sense: s.sense, Theme: s.theme, Words: s.words, State: s.state, Did: s.did})
			if err != nil {
				return err
			}
			if s.state == "done" || s.state == "cannot" {
				if err := d.a.Content.MakePublic(d.ctx, d.tx, d.by, community.PublicSaid, x, 1, ""); err != nil {
					return err
				}
			}
		}
	}
	for _, x := range [][]string{{"The coach at the Saturday football", "person", "Young people ring him before anybody else.", "T8", "Through the club"}, {"Osierham library", "place", "Open late, warm, and nobody asks why you are there.", "T9", "At the desk"}, {"Mothers of Fenholme", "group", "They meet every week and know every door.", "T7", "Through the tenants' hall"}} {
		if _, err := d.entry(community.AssetKind, x[0], map[string]string{"kind": x[1], "about": x[2], "theme": x[3], "reach": x[4], "checked_on": d.day(-50)}); err != nil {
			return err
		}
	}
	return d.services()
}

func (d *demoTeller) services() error {
	for _, x := range []struct {
		title, about, provider, route, who, free, capacity, payer string
		checked                                                   int
		counts                                                    []int
	}{
		{"Minibus outreach", "Youth workers who go where young people are, and stay with them.", "Reedbank Youth Work", "exit", "Anybody of 11 to 19 who is drawn into a line or a group", "2", "14", "Wrenshire Council", -20, []int{61, 40, 29, 21, 18, 14}},
		{"Family evenings", "A worker for the whole family, one evening a week.", "Wrenshire Council Children's Social Care", "family", "Families of a child who goes missing", "0", "10", "Wrenshire Council", -75, []int{24, 18, 12, 9, 0, 0}},
		{"Before it starts", "Groups in year 6 and 7.", "Tidemill Academy", "early-help", "Pupils of year 6 and 7", "", "", "Tidemill Academy", -300, nil},
	} {
		v, err := d.entry(community.ServiceKind, x.title, map[string]string{"about": x.about, "provider": x.provider, "route": x.route, "eligibility": x.who, "min_age": "11", "capacity": x.capacity, "free": x.free, "refer": "Ring the desk, or write; a parent or the young person can ask.", "phone": "01632 960120", "commissioner": x.payer, "until": d.day(200), "checked_on": d.day(x.checked)})
		if err != nil {
			return err
		}
		if n := x.counts; n != nil {
			if err := d.a.Community.Record(d.ctx, d.tx, d.by, community.Return{Service: v.Code, From: d.day(-400), Until: d.day(-35), Sent: n[0], Offered: n[1], Started: n[2], Finished: n[3], Asked: n[4], Settled: n[5], Source: x.provider + ", counts by year"}); err != nil {
				return err
			}
		}
		if x.route == "exit" {
			if err := d.a.Content.MakePublic(d.ctx, d.tx, d.by, community.ServiceKind, v.Code, 1, ""); err != nil {
				return err
			}
		}
	}
	return nil
}

func (d *demoTeller) reports() error {
	for _, x := range []community.Sent{
		{About: "child", Words: "Same grey car outside the home on Quarry Lane when the staff change over. It has been there most evenings and the children know the driver.", Place: "Quarry Lane, Osierham", Happened: "Most evenings about 8", Urgent: true},
		{About: "adult", Words: "The man in the ground floor flat used to say hello. Now there are always others there and he does not come out.", Place: "Fenholme estate"},
		{About: "place", Words: "No light on the path behind the shops since the summer.", Place: "Behind the shops, Reedbank", Happened: "Since August"},
	} {
		p, err := d.a.Reports.Puzzle(d.ctx, d.tx)
		if err != nil {
			return err
		}
		x.Ticket, x.Answer = p.Ticket, community.Solve(p)
		if err := d.a.Reports.Take(d.ctx, d.tx, x); err != nil {
			return err
		}
	}
	return nil
}

func (d *demoTeller) public() error {
	for i, x := range [][]string{
		{"Who we are", "Thirteen agencies of an invented county work here together: police, council, schools, health, housing, probation and charities.\n\nWe protect young people from being used by others, and we protect everybody from violence."},
		{"How to refer", "If somebody is in danger now, ring 999.\n\nIf you are worried about a child, ring children's social care. You need not be sure. You can also write to us without saying who you are."},
		{"How your information is used", "Each agency keeps its own records and answers for them. What is shared, with whom and why stands in agreements that we sign and that end.\n\nYou can ask what is held about you, have it corrected, and see who has looked at it. Ask any worker you know."},
	} {
		v, err := d.entry(community.PublicKind, x[0], map[string]string{"body": x[1], "order": strconv.Itoa(i + 1)})
		if err != nil {
			return err
		}
		if err := d.a.Content.MakePublic(d.ctx, d.tx, d.by, community.PublicKind, v.Code, 1, ""); err != nil {
			return err
		}
	}
	for _, code := range []string{"county-lines", "gang"} {
		v, err := d.a.Partnership.CurrentVersion(d.ctx, d.tx, code)
		if err != nil {
			return err
		}
		if err := d.a.Content.MakePublic(d.ctx, d.tx, d.by, partnershipweb.PublicDefinition, code, v.Number, ""); err != nil {
			return err
		}
	}
	return nil
}
