package picture

import (
	"context"
	"fmt"
	"strings"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/assessment"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/figure"
	"lantern.example/lantern/internal/intake/profile"
	"lantern.example/lantern/internal/scale"
	"lantern.example/lantern/internal/work"
)

// findings answers the nine questions, in order.
func (r *Rooms) findings(ctx context.Context, q database.Queryer, scope access.Scope, p *Picture) error {
	p.Findings = append(p.Findings, start(p), why(p))
	whose, err := r.whose(ctx, q, scope)
	if err != nil {
		return err
	}
	p.Findings = append(p.Findings, whose, harmed(p), places(p), reach(p), r.growing(ctx, q, p), tackle(p), worked(p))
	return nil
}

func interviewsBase(p *Picture, n int) string {
	window := ""
	if p.assessed.From != "" {
		window = day(p.assessed.From)
		if p.assessed.To != p.assessed.From {
			window += " to " + day(p.assessed.To)
		}
	}
	return figure.Base{Numerator: figure.N(n), Denominator: figure.N(p.Statements.Interviews), Unit: "interviews", Window: window, Counter: "voices, one for each role in each agency", Source: "practitioners' statements"}.String()
}

func day(iso string) string {
	t, err := parseDay(iso)
	if err != nil {
		return iso
	}
	return t.Format("2 January 2006")
}

func start(p *Picture) figure.Finding {
	f := figure.Finding{Question: "where-do-we-start", Source: "statements", Href: "/assessment"}
	switch {
	case p.Statements.Total == 0:
		f.Refused = true
		f.Sentence = "Nobody has been asked yet, so this is a picture of records and not an assessment. Ask front-line staff first: police, schools, children's social care, youth justice, children's homes, health, youth work, young people and parents."
	case len(p.assessed.BlindSpots) == 0:
		f.Refused = true
		f.Base = interviewsBase(p, p.Statements.Interviews)
		f.Sentence = fmt.Sprintf("%d people's roles were heard in %d interviews, but no theme was spoken of by two agencies, so nothing can be said yet without pointing at one of them.", p.Statements.Voices, p.Statements.Interviews)
	default:
		b := p.assessed.BlindSpots[0]
		f.Base = interviewsBase(p, b.Said.Interviews)
		claim := strings.TrimSuffix(strings.SplitN(b.Sentence, ". In partners' data", 2)[0], ".")
		if b.Gap() {
			f.Sentence = fmt.Sprintf("%s: %s. %s", unknownTo(b), lower(claim), elsewhere(b))
		} else {
			f.Sentence = claim + "."
		}
	}
	return f
}

// unknownTo says who does not know what the front line does: never "the board" of what leaders know, or know in part.
func unknownTo(b assessment.BlindSpot) string {
	switch b.KnownToLeaders {
	case profile.Yes:
		return "The front line and leaders know something that the strategy does not speak of"
	case profile.Partly:
		return "The front line knows something that leaders know only in part"
	}
	return "The front line knows something the board does not"
}

// elsewhere says in whose records a blind spot stands, and that the board and leaders do not have it.
func elsewhere(b assessment.BlindSpot) string {
	var data string
	switch {
	case b.InData == profile.NotKnown:
		data = "No records are here that would show it"
	case b.DataAgencies == 0:
		data = "It is in no agency's records"
	case b.DataAgencies == 1:
		data = "It is in one agency's records"
	default:
		data = "It is in " + count(b.DataAgencies) + " agencies' records"
	}
	switch {
	case b.InStrategy == profile.No && b.KnownToLeaders == profile.No:
		return data + "; no board paper has it, and leaders do not know it."
	case b.InStrategy == profile.No:
		return data + "; no board paper has it."
	}
	return data + "; leaders do not know it."
}

func count(n int) string {
	words := []string{"no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"}
	if n < len(words) {
		return words[n]
	}
	return figure.Group(n)
}

func lower(s string) string {
	if s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}

func why(p *Picture) figure.Finding {
	f := figure.Finding{Question: "why-is-it-happening", Source: "statements", Href: "/assessment#together"}
	if len(p.assessed.Pairs) == 0 {
		f.Refused = true
		f.Sentence = "We cannot say yet what goes with what: no two themes were spoken of together in three interviews by two agencies. Ask in each interview what comes before and after."
		return f
	}
	top := p.assessed.Pairs[0]
	f.Base = interviewsBase(p, top.Said.Interviews)
	f.Sentence = top.Sentence
	if len(p.assessed.Pairs) > 1 {
		f.Sentence = strings.TrimSuffix(f.Sentence, ".") + "; " + lower(strings.TrimSuffix(p.assessed.Pairs[1].Sentence, ".")) + "."
	}
	f.Sentence += " Said together is not cause."
	return f
}

func (r *Rooms) whose(ctx context.Context, q database.Queryer, scope access.Scope) (figure.Finding, error) {
	f := figure.Finding{Question: "whose-problem", Source: "leads and actions", Href: "/leads"}
	if r.Partnership == nil || r.Work == nil {
		f.Refused, f.Sentence = true, "No leads and no actions are recorded here. Name one lead for each theme, and give every action one owner and one date."
		return f, nil
	}
	posts, err := r.Partnership.Posts(ctx, q)
	if err != nil {
		return f, err
	}
	gaps := 0
	for _, x := range posts {
		if x.Gap {
			gaps++
		}
	}
	today := clock.Today(r.Clock)
	c, err := r.Work.Counts(ctx, q, scope, work.Query{}, today)
	if err != nil {
		return f, err
	}
	if c.Open+c.Done+c.Dropped == 0 && gaps == len(posts) {
		f.Refused, f.Sentence = true, "Nobody's yet, on paper: no theme has a lead and no action has an owner. Name one lead for each theme, and give every action one owner and one date."
		return f, nil
	}
	f.Sentence = fmt.Sprintf("%d of %d themes %s no lead. %s open, each with one name and one date", gaps, len(posts), map[bool]string{true: "has", false: "have"}[gaps == 1], plural(c.Open, "action is", "actions are"))
	if c.Overdue > 0 {
		f.Sentence += fmt.Sprintf("; %s overdue", plural(c.Overdue, "is", "are"))
	}
	f.Sentence += "."
	f.Base = figure.Base{Numerator: figure.N(gaps), Denominator: figure.N(len(posts)), Unit: "posts", Window: today.Format("2 January 2006"), Source: "the partnership's leads and actions"}.String()
	return f, nil
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return figure.Group(n) + " " + many
}

func harmed(p *Picture) figure.Finding {
	f := figure.Finding{Question: "who-is-harmed", Source: "partners' records", Href: "/people"}
	roles := p.roles
	harmed := roles[profile.Victim] + roles[profile.AtRisk] + roles[profile.Missing]
	causing := roles[profile.Suspect] + roles[profile.Convicted]
	switch {
	case p.People != nil && p.People.People == nil:
		f = countedOnly(p.People.Records)
	case harmed+causing == 0 && p.People == nil:
		f.Refused = true
		f.Sentence = "No records of people are here. Ask police, youth justice, social care and schools for their lists under an agreement; nothing here ranks a person."
	case harmed+causing == 0 && (p.People.People == nil || *p.People.People == 0):
		f.Refused = true
		f.Sentence = "No records of people are here. Ask police, youth justice, social care and schools for their lists under an agreement; nothing here ranks a person."
	default:
		parts := []string{}
		if harmed > 0 {
			parts = append(parts, fmt.Sprintf("harmed or at risk %s times", small(harmed)))
		}
		if causing > 0 {
			parts = append(parts, fmt.Sprintf("suspected or convicted %s times", small(causing)))
		}
		if len(parts) == 0 {
			f.Sentence = "Records say nothing of who was harmed and who was suspected."
		} else {
			f.Sentence = "In partners' records people were " + strings.Join(parts, " and ") + "; the same young person is often both, and each part stays with its event."
		}
		if p.People != nil && p.People.People != nil {
			f.Sentence += fmt.Sprintf(" The records are of %s people; ", figure.Group(*p.People.People))
			if linked := p.People.LinkedAcrossAgencies; p.People.Agencies == 1 {
				f.Sentence += "all of them are one agency's, so who is known to another cannot be said. Lists kept in one folder are read as one agency's."
			} else if linked != nil {
				f.Sentence += figure.Group(*linked) + " are known to more than one agency."
			} else {
				f.Sentence += "how many are known to more than one agency is hidden, since a small number would show."
			}
			known := p.People.LinkedAcrossAgencies
			if p.People.Agencies == 1 {
				known = nil
			}
			f.Base = figure.Base{Numerator: known, Denominator: p.People.People, Unit: "people", Window: p.Events.window(), Source: "partners' records"}.String()
		}
		if f.Base == "" {
			f.Base = figure.Base{Window: p.Events.window(), Counter: "parts in events", Source: "partners' records"}.String()
		}
	}
	return f
}

// countedOnly is the answer when lists of people were read without names.
func countedOnly(records int) figure.Finding {
	return figure.Finding{Question: "who-is-harmed", Source: "partners' records", Href: "/people", Refused: true,
		Sentence: fmt.Sprintf("%s records of people were read without names, so they were counted and not joined: who is harmed by whom cannot be said. With an agreement, or a reason for a one-off disclosure, they can be joined.", figure.Group(records)),
		Base:     figure.Base{Denominator: figure.N(records), Unit: "records", Source: "partners' lists, without names"}.String()}
}

func deref(n *int) int {
	if n == nil {
		return 0
	}
	return *n
}

// small says a count of people, hiding a small one.
func small(n int) string {
	if n > 0 && n < disclosureThreshold {
		return "fewer than 5"
	}
	return figure.Group(n)
}

func places(p *Picture) figure.Finding {
	f := figure.Finding{Question: "vulnerable-locations", Source: "events", Href: "/places"}
	h := p.Hotspots
	switch {
	case h == nil:
		f.Refused = true
		f.Sentence = "No located events are here. Load a month of police.uk files, or a partner's own with places in it."
	case h.Refused:
		f.Refused = true
		f.Sentence = "We cannot say which places stand out: " + strings.Join(h.Reasons, "; ") + "."
	default:
		f.Sentence = h.Sentence
		unit := "located events"
		if n := p.Events.Unlocated; n > 0 { // "missing" would be read as missing people
			unit += "; " + figure.Group(n) + " without a place"
		}
		f.Base = figure.Base{Denominator: figure.N(h.N), Unit: unit, Window: p.Events.window(), Method: h.Method, Source: "events"}.String()
	}
	return f
}

func reach(p *Picture) figure.Finding {
	f := figure.Finding{Question: "how-far", Source: "flows", Href: "/lines"}
	if p.reach.Sentence == "" {
		f.Refused = true
		f.Sentence = "Nothing here says where young people are taken to. Ask the force's county lines lead, and neighbouring forces, for origin and destination counts (columns origin, destination, people)."
		return f
	}
	f.Sentence, f.Base = p.reach.Sentence, p.reach.Base
	if p.reach.Source != "" {
		f.Source = p.reach.Source
	}
	return f
}

// growing answers from monthly series where there are any: only they say how hard anybody looked.
func (r *Rooms) growing(ctx context.Context, q database.Queryer, p *Picture) figure.Finding {
	agency := func(code string) string {
		if r.Partnership == nil {
			return code
		}
		return r.Partnership.AgencyName(ctx, q, code)
	}
	if f, ok := scale.Headline(p.series, agency); ok {
		return f
	}
	f := figure.Finding{Question: "growing-or-looking", Source: "events by month", Href: "/growing", Refused: true}
	if len(p.Trend) == 0 {
		f.Sentence = "We cannot say: two months of the same counts are needed to see a change, 24 to see a trend, and how hard anybody looked (searches, screenings, hours) to know whether it is growing or only being seen."
		return f
	}
	top := p.Trend[0]
	for _, t := range p.Trend {
		if *t.First+*t.Last > *top.First+*top.Last {
			top = t
		}
	}
	f.Sentence = top.Sentence
	f.Base = figure.Base{Denominator: figure.N(p.Events.Total), Unit: "events", Window: p.Events.window(), Source: "events by month"}.String()
	return f
}

func tackle(p *Picture) figure.Finding {
	f := figure.Finding{Question: "how-do-we-tackle-it", Source: "statements", Href: "/assessment/themes/T19"}
	for _, b := range p.assessed.BlindSpots {
		if len(b.Codes) == 1 && b.Codes[0] == "T19" {
			f.Sentence = fmt.Sprintf("Staff in %d of %d interviews, from %d agencies, named something that works here: start from that.", b.Said.Interviews, p.Statements.Interviews, b.Said.Agencies)
			f.Base = interviewsBase(p, b.Said.Interviews)
			return f
		}
	}
	f.Refused = true
	f.Sentence = "Nothing is recorded yet of what is being done. Ask each agency what it does, for whom, and what came of it; ask practitioners what works."
	return f
}

func worked(*Picture) figure.Finding {
	return figure.Finding{Question: "did-it-work", Source: "outcomes", Href: "/worked", Refused: true,
		Sentence: "We cannot say yet: no intervention with a first and a second asking is recorded. Without how many were referred, started and asked again, any percentage would mislead."}
}
