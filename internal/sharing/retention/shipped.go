package retention

import (
	"strconv"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/content"
)

// Shipped are the rules that come with Lantern: where an area starts, until its own policy replaces them. The periods are those under which records are
// written (fact.Retention and the rooms' own).
func Shipped() []content.Shipped {
	const law = "Lantern’s starting point. UK GDPR Article 5(1)(e): no longer than the purpose needs. Your own retention policy replaces it."
	rule := func(class, wording string, months int, start Start, source string) content.Shipped {
		return content.Shipped{Key: content.Key{Kind: RuleKind, Code: Code(class)}, Text: content.Text{Title: wording, Fields: map[string]string{
			"class": class, "months": strconv.Itoa(months), "start": string(start), "grace": strconv.Itoa(DefaultGrace), "source": source}}}
	}
	words := map[access.Class]string{access.Open: "What is published", access.Partnership: "What is held in common and about nobody", access.Depersonal: "Rows about events with nobody named", access.Identity: "Partners’ records of people", access.Contact: "Addresses and telephone numbers",
		access.Offending: "Records of offending", access.Victimisation: "Records of harm suffered", access.Missing: "Missing episodes", access.Education: "School records", access.SocialCare: "Social care records", access.YouthJustice: "Youth justice records",
		access.Health: "Health records", access.Housing: "Housing records", access.Support: "Youth work and support records", access.Intelligence: "Intelligence", access.FormerName: "Former and refuge names"}
	var out []content.Shipped
	for _, c := range access.Classes {
		months := 12
		switch c {
		case access.Open, access.Partnership:
			months = 120
		case access.Depersonal:
			months = 72
		}
		out = append(out, rule("default-"+string(c), words[c], months, Learnt, law))
	}
	return append(out,
		rule("action", "Actions", 12, Due, law),
		rule("support note", "What a young person wants", 6, Learnt, "People change their minds: it is asked again after half a year."),
		rule("comment", "A person’s own words beside a record", 12, Learnt, "As long as what they answer: UK GDPR Article 16."),
		rule("told", "Whether somebody was told", 12, Learnt, law),
		rule("danger at home", "Danger at home", 12, Learnt, "Looked at every year: it keeps letters from a home where they would do harm."),
		rule("access request", "Questions to another agency’s desk", 12, Set, law),
		rule("pointer", "Who asked who else knows", 12, Set, law),
		rule("break-glass", "Broken glass and its review", 72, Set, "As long as the log’s own lines: six years."),
		rule("disclosure", "One-off disclosures and their reasons", 72, Set, "As long as the log’s own lines: six years."),
		rule("export", "Exports: who read what, and when", 24, Set, "Two years from the last day: long enough to lead a stray file back to its reader."),
		rule("rights request", "Requests about what is held", 24, Set, "Two years from the last day: long enough for a complaint to the Information Commissioner."),
	)
}
