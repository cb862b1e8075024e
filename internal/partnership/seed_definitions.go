package partnership

import (
	"context"

	"golang.org/x/text/cases"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/database"
)

// unchecked is the note of a wording written from memory: it ships as a draft and says so.
const unchecked = "Written from general knowledge and not checked against the source. Check it before it is proposed."

// paraphrase is the note of a wording that gives the sense of its source and not its words.
const paraphrase = "A paraphrase: take the exact words from the source before it is adopted."

// A seedWording ships with the program: as proposed when its words were read in the source named, as a
// draft when they were not.
type seedWording struct {
	wording, note, source, asAt string
	status                      Status
}

// definitions are statutory and commonly used wordings. None is adopted: that is for each agency to do.
var definitions = []struct {
	code, term string
	versions   []seedWording
}{
	{"gang", "Gang", []seedWording{{
		"A relatively durable, predominantly street-based group of young people who 1) See themselves (and are seen by others) as a discernible group, and 2) Engage in a range of criminal activity and violence. They may also have any or all of the following features, 3) Identify with or lay claim over territory, 4) Have some form of identifying structure feature and 5) Are in conflict with other, similar gangs.",
		"As the Metropolitan Police Service operated it: features 1 and 2 were required. Whether the original asks for all five was not checked. An agency that requires other features should propose its own version.",
		"Centre for Social Justice, Dying to Belong (2009), as quoted by the Metropolitan Police Service", "2018-02", Proposed}}},
	{"gang-related", "Gang-related (statutory)", []seedWording{{
		"Something is gang-related if it occurs in the course of, or is otherwise related to, the activities of a group that (a) consists of at least three people, and (b) has one or more characteristics that enable its members to be identified by others as a group.",
		"For injunctions: the respondent is 14 or over, the standard is the balance of probabilities, and violence includes a threat of violence.",
		"Policing and Crime Act 2009 s34(5), as substituted by the Serious Crime Act 2015", "2015-06-01", Proposed}}},
	{"gang-nominal", "Gang nominal", []seedWording{{
		"Someone who has been identified as being a member of a gang and this is corroborated by reliable intelligence from more than one source (e.g. police, partner agencies or community intelligence).",
		"It has no statutory meaning. Lantern keeps no list of gang members; the wording is here so that partners who use the word know what they mean by it. There is no agreed meaning of \"associate\".",
		"Metropolitan Police Service, published threshold", "2018-05-09", Proposed}}},
	{"county-lines", "County lines", []seedWording{{
		"A term used to describe gangs and organised criminal networks involved in exporting illegal drugs into one or more importing areas within the UK, using dedicated mobile phone lines or other form of \"deal line\". They are likely to exploit children and vulnerable adults to move and store the drugs and money and they will often use coercion, intimidation, violence (including sexual violence) and weapons.",
		"", "Home Office 2018, as quoted by Interventions Alliance", "2018", Proposed}, {
		"A violent and exploitative form of drug distribution, in the local area or in other areas, in which children and vulnerable adults are exploited to move and store drugs and money.",
		paraphrase + " It does not require that a boundary is crossed.", "Home Office, county lines guidance, updated October 2023", "2023-10-20", Draft}}},
	{"county-lines-test", "County line (operational test)", []seedWording{{
		"(a) A network between an urban hub and a county location, into which drugs are supplied; (b) a branded telephone line; (c) the exploitation of young or vulnerable people for storage, supply, cash or dwellings (cuckooing); (d) regular travel between hub and market to restock and return cash; (e) intimidation, violence and weapons.",
		"A summary of the five parts. Confirmed and suspected lines are counted apart.", "National Crime Agency, county lines threat assessment", "2017", Proposed}}},
	{"child-criminal-exploitation", "Child criminal exploitation", []seedWording{{
		"Child criminal exploitation occurs where an individual or group takes advantage of an imbalance of power to coerce, control, manipulate or deceive a child or young person under the age of 18 into any criminal activity (a) in exchange for something the victim needs or wants, and/or (b) for the financial or other advantage of the perpetrator or facilitator and/or (c) through violence or the threat of violence. The victim may have been criminally exploited even if the activity appears consensual. Child criminal exploitation does not always involve physical contact; it can also occur through the use of technology.",
		"Broader than county lines: also cannabis farms, theft, shoplifting and threats. There is no statutory definition.",
		"As carried in Bedfordshire's safeguarding children procedures (bedfordscb.proceduresonline.com)", "", Proposed}}},
	{"child-criminal-exploitation-offence", "Child criminal exploitation (offence)", []seedWording{{
		"A person aged 18 or over engages in conduct towards a child intending to cause the child to commit an offence, in the United Kingdom or outside it; this includes conduct that makes it easier to cause the child to do so later.",
		paraphrase + " Check the day it comes into force.", "Crime and Policing Act 2026", "2026-04-29", Draft}}},
	{"child-sexual-exploitation", "Child sexual exploitation", []seedWording{{
		"An individual or group takes advantage of an imbalance of power to coerce, manipulate or deceive a child or young person under the age of 18 into sexual activity (a) in exchange for something the victim needs or wants, and/or (b) for the financial advantage or increased status of the perpetrator or facilitator. The victim may have been sexually exploited even if the sexual activity appears consensual.",
		"The heart of the definition; the guidance has a sentence before and after it.", "Department for Education, Child sexual exploitation: definition and guide for practitioners", "2017-02", Proposed}}},
	{"cuckooing", "Cuckooing", []seedWording{{
		"A tactic where a drug dealer (or network) takes over a vulnerable person's home to prepare, store or deal drugs. Commonly associated with exploitation and violence.",
		"", "HM Inspectorate of Constabulary and Fire & Rescue Services, as quoted by Harding, chapter 6", "", Proposed}}},
	{"cuckooing-offence", "Cuckooing (offence)", []seedWording{{
		"Control over another person's dwelling, in connection with certain offences, without that person's consent. There is no consent where the person is under 18, lacks capacity, was not given what they needed to decide, or has withdrawn it.",
		paraphrase + " Check the day it comes into force.", "Crime and Policing Act 2026", "2026-04-29", Draft}}},
	{"modern-slavery", "Modern slavery", []seedWording{{
		"Slavery, servitude and forced or compulsory labour (section 1), and human trafficking (section 2). A child cannot consent to being exploited, and is always referred to the National Referral Mechanism.",
		"A summary. Section 45 gives a defence to some offences; section 52 a duty to notify.", "Modern Slavery Act 2015, and guidance for first responders", "2015", Proposed}}},
	{"debt-bondage", "Debt bondage", []seedWording{{
		"Control of a person through a debt, real or staged (for instance a robbery arranged by those who claim the debt), that is to be worked off.",
		unchecked, "General usage", "", Draft}}},
	{"organised-crime-group", "Organised crime group", []seedWording{{
		"A group of three or more people who act, or agree to act, together for the purpose of criminal activity that is punishable with seven years' imprisonment or more.",
		unchecked, "Serious Crime Act 2015 s45", "2015", Draft}}},
	{"urban-street-gang", "Urban street gang", []seedWording{{
		"A street-based group involved in crime and violence that is not an organised crime group.",
		unchecked, "National Police Chiefs' Council usage", "", Draft}}},
	{"group-of-young-people", "Group of young people", []seedWording{{
		"Young people who spend time together by choice, as most do. They may be loud, break rules or be seen together in public; they do not, as a group, carry out crime or violence, and being seen with them says nothing about anybody.",
		"Lantern's own working words, to tell a group from a gang. Where some of a group are harmed or drawn into crime, say that of them and not of the group.", "Lantern, working wording", "2026-11", Draft}}},
	{"disengaged-young-people", "Disengaged young people", []seedWording{{
		"Young people who take little or no part in school, training, work or the services meant for them, whatever the reason. They may be at risk of being targeted; it is not a sign that they belong to a gang or commit crime.",
		"Lantern's own working words, to tell them from gangs and from groups. What was not offered to them is part of why they are out of reach.", "Lantern, working wording", "2026-11", Draft}}},
	{"serious-violence", "Serious violence", []seedWording{{
		"Violence that the specified authorities of the area decide is serious, having regard to its nature, harm and prevalence. It includes domestic abuse, sexual offences, violence against property and threats of violence, and does not include terrorism.",
		unchecked + " The local authorities decide what is serious: write your own decision as the next version.", "Police, Crime, Sentencing and Courts Act 2022 s13", "2022", Draft}}},
}

// seedDefinitions writes the wordings whose code is not known and says how many definitions that was.
func (s *Store) seedDefinitions(ctx context.Context, tx *database.Tx, at int64) (int, error) {
	have, err := database.Collect(ctx, tx, database.Value[string], "SELECT code FROM definition")
	if err != nil {
		return 0, err
	}
	known := map[string]bool{}
	for _, c := range have {
		known[c] = true
	}
	var ds, vs, es [][]any
	for _, d := range definitions {
		if known[d.code] {
			continue
		}
		id := s.ids.New()
		ds = append(ds, []any{id, "", string(access.Partnership), d.code, d.term, cases.Fold().String(d.term), seededBy, at})
		for i, v := range d.versions {
			vs = append(vs, []any{id, i + 1, v.wording, v.note, v.source, v.asAt, string(v.status), seededBy, at, seededWhy})
			es = append(es, []any{s.ids.New(), id, i + 1, "written", "", seededWhy, seededBy, at})
			if v.status == Proposed {
				es = append(es, []any{s.ids.New(), id, i + 1, "proposed", "", seededWhy, seededBy, at})
			}
		}
	}
	if err := tx.Insert(ctx, "INSERT INTO definition (id, owner, class, code, term, term_folded, by_account, at)", 8, ds, ""); err != nil {
		return 0, err
	}
	if err := tx.Insert(ctx, "INSERT INTO definition_version (definition_id, version, wording, note, source, as_at, status, by_account, at, why)", 10, vs, ""); err != nil {
		return 0, err
	}
	return len(ds), tx.Insert(ctx, "INSERT INTO definition_event (id, definition_id, version, what, agency, why, by_account, at)", 8, es, "")
}
