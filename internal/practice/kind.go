package practice

import "lantern.example/lantern/internal/content"

// The kinds of content that the hub keeps.
const (
	Note      = "practice"     // what works: a record in the 5Is
	Course    = "course"       // pages and a quiz; see package course
	Duty      = "duty"         // what the law asks of somebody, and our arrangement
	Power     = "power"        // a tool or power: its threshold, who may use it, what it needs
	LawChange = "law-change"   // what changed when a law changed, and what that touches
	Template  = "template"     // an arrangement that agencies adopt
	Reply     = "answer"       // a question that was answered, without the case
	Toolkit   = "toolkit"      // an outside toolkit's ratings, as theirs
	Synonyms  = "synonyms"     // words for one thing
	Settings  = "hub-settings" // clocks of the support desk
)

// Shape is how a field is asked for and shown.
type Shape string

// The shapes.
const (
	Line     Shape = "line"
	Prose    Shape = "prose" // Markdown
	Plain    Shape = "plain" // several lines as they are
	Choice   Shape = "choice"
	Many     Shape = "many" // several choices, one a line
	Day      Shape = "day"
	Internal Shape = "internal" // read by the program; not shown on the page
)

// Option is a choice.
type Option struct{ Value, Label string }

// Field is one thing that an entry of a kind says.
type Field struct {
	Name, Label, Hint string
	Shape             Shape
	Options           []Option
	Required          string // what to say when it is empty
	Max               int    // characters; 0 is 300 for a line and 20,000 otherwise
}

// Kind describes a kind of entry.
type Kind struct {
	Code, One, Many, Path string
	Fields                []Field
}

// Href is where an entry is shown.
func (k Kind) Href(code string) string { return k.Path + "/" + code }

// Field is the field of that name, nil when there is none.
func (k Kind) Field(name string) *Field {
	for i := range k.Fields {
		if k.Fields[i].Name == name {
			return &k.Fields[i]
		}
	}
	return nil
}

// Effects are what an approach is held to do, apart from how strong the evidence for it is.
var Effects = []Option{{"harmful", "Harmful"}, {"none", "None"}, {"mixed", "Mixed"}, {"positive", "Positive"}, {"large", "Large"}, {"not-known", "Not known"}}

// Strengths are the levels of the Maryland Scientific Methods Scale, with 0 below it. They say how a study
// compared, not how good a programme is.
var Strengths = []Option{
	{"", "Not rated here"},
	{"0", "0: no comparison and no beginning to compare with"},
	{"1", "1: before and after, or who took part beside who did not, once"},
	{"2", "2: before and after, with something held constant"},
	{"3", "3: before and after, beside a comparison group"},
	{"4", "4: comparison groups with other differences controlled for"},
	{"5", "5: people or places allotted at random"},
}

// roles are those a course can be required of.
var roles = []Option{{"community-safety-manager", "Community safety managers"}, {"analyst", "Analysts"}, {"panel-chair", "Panel chairs"}, {"practitioner", "Practitioners"},
	{"school-lead", "School leads"}, {"information-officer", "Information officers"}, {"administrator", "Administrators"}}

func common(first ...Field) []Field {
	return append(first,
		Field{Name: "source", Label: "Source", Shape: Line, Required: "Say where it comes from", Max: 1000, Hint: "Who said it, where. Our own words are ours: say so."},
		Field{Name: "as_at", Label: "As at", Shape: Line, Required: "Say as at when", Max: 10, Hint: "2026, 2026-11 or 2026-11-28: the day the source speaks for."},
		Field{Name: "unconfirmed", Label: "What is not confirmed", Shape: Plain, Max: 1000, Hint: "While anything stands here the entry is marked as a draft. A named person confirms it on the entry’s page."})
}

var summary = Field{Name: "summary", Label: "In a sentence or two", Shape: Plain, Max: 400, Required: "Say what it is in a sentence or two"}

// Kinds are all kinds, in the order in which they are offered.
var Kinds = []Kind{
	{Note, "practice note", "Practice notes", "/hub/practice", common(summary,
		Field{Name: "type", Label: "Kind of note", Shape: Choice, Required: "Choose what kind of note it is", Options: []Option{{"evidence", "What studies say"}, {"local", "What was done somewhere"}, {"tool", "How to do it"}}},
		Field{Name: "approach", Label: "Approach", Shape: Line, Max: 60, Hint: "A short code that toolkits’ ratings and interventions share: mentoring, focused-deterrence."},
		Field{Name: "effect", Label: "Effect", Shape: Choice, Options: Effects, Required: "Choose an effect; “not known” is an answer"},
		Field{Name: "evidence", Label: "Strength of the evidence", Shape: Choice, Options: Strengths, Hint: "Apart from the effect: a strong study can find nothing, and a weak one a great deal."},
		Field{Name: "rated_by", Label: "Rated by", Shape: Line, Max: 120, Hint: "A name. Needed with a rating."},
		Field{Name: "rated_on", Label: "Rated on", Shape: Day},
		Field{Name: "who_for", Label: "Who it is for", Shape: Line},
		Field{Name: "dose", Label: "Dose", Shape: Line, Hint: "How often, how long."},
		Field{Name: "cost", Label: "Cost", Shape: Line},
		Field{Name: "intelligence", Label: "Intelligence: what you need to know first", Shape: Prose},
		Field{Name: "intervention", Label: "Intervention: what is done", Shape: Prose},
		Field{Name: "implementation", Label: "Implementation: what it takes", Shape: Prose},
		Field{Name: "involvement", Label: "Involvement: who must be part of it", Shape: Prose},
		Field{Name: "impact", Label: "Impact: what came of it, and how that is known", Shape: Prose},
		Field{Name: "needs", Label: "What it needs", Shape: Prose},
		Field{Name: "went_wrong", Label: "What went wrong", Shape: Prose},
		Field{Name: "origin", Label: "Strengths that it was carried from", Shape: Internal, Max: 1000},
	)},
	{Course, "course", "Courses", "/hub/course", common(summary,
		Field{Name: "minutes", Label: "How many minutes it takes", Shape: Line, Max: 4},
		Field{Name: "required", Label: "Who must have done it", Shape: Many, Options: roles},
		Field{Name: "expires_months", Label: "How many months it lasts", Shape: Line, Max: 3, Hint: "Empty when it does not run out."},
		Field{Name: "gate", Label: "What it opens", Shape: Choice, Options: []Option{{"", "Nothing"}, {"panel", "Sitting on a panel"}}},
		Field{Name: "pass_mark", Label: "Pass mark, in per cent", Shape: Line, Max: 3, Required: "Say how many per cent pass"},
		Field{Name: "pages", Label: "Pages", Shape: Prose, Required: "Write at least one page", Max: 80000, Hint: "Each page begins with a line “## Its title”."},
		Field{Name: "quiz", Label: "Quiz", Shape: Internal, Max: 40000, Hint: "A question is a line beginning with “? ”; under it its answers, one a line, “+ ” before the right one and “- ” before the others; behind a “|” what to say to whoever chooses it."},
	)},
	{Duty, "duty", "Duties", "/hub/duty", common(summary,
		Field{Name: "law", Label: "Law", Shape: Line, Required: "Name the law"},
		Field{Name: "who", Label: "Whose duty it is", Shape: Plain, Max: 1000, Required: "Say whose duty it is"},
		Field{Name: "says", Label: "What it asks", Shape: Prose},
		Field{Name: "arrangement", Label: "Our arrangement", Shape: Prose, Hint: "Who does what here. No names of people in cases."},
		Field{Name: "evidence", Label: "How we would show it", Shape: Prose},
	)},
	{Power, "tool or power", "Tools and powers", "/hub/power", common(summary,
		Field{Name: "law", Label: "Law", Shape: Line, Required: "Name the law"},
		Field{Name: "may_use", Label: "Who may use it", Shape: Plain, Max: 1000, Required: "Say who may use it"},
		Field{Name: "threshold", Label: "Threshold", Shape: Prose, Required: "Say what must be shown"},
		Field{Name: "needs", Label: "What it needs", Shape: Prose},
		Field{Name: "limits", Label: "Limits, and what it can do to people", Shape: Prose},
	)},
	{LawChange, "change in the law", "Changes in the law", "/hub/law-change", common(summary,
		Field{Name: "on", Label: "When", Shape: Line, Max: 10, Required: "Say when it changed", Hint: "2026, 2026-04 or 2026-04-29."},
		Field{Name: "touches", Label: "What it touches here", Shape: Line, Max: 1000, Hint: "Codes of entries with commas between them: duty/section-47, template/escalation."},
		Field{Name: "changed", Label: "What changed", Shape: Prose, Required: "Say what changed"},
		Field{Name: "do", Label: "What to do", Shape: Prose},
	)},
	{Template, "arrangement", "Arrangements", "/hub/template", common(summary,
		Field{Name: "law_refs", Label: "Duties and powers it rests on", Shape: Line, Max: 1000, Hint: "Codes of entries with commas between them."},
		Field{Name: "body", Label: "The arrangement", Shape: Prose, Required: "Write the arrangement", Max: 40000},
	)},
	{Reply, "answer", "Answers", "/hub/answer", common(summary,
		Field{Name: "question", Label: "The question, without the case", Shape: Plain, Required: "Write the question", Max: 2000},
		Field{Name: "body", Label: "The answer", Shape: Prose, Required: "Write the answer"},
		Field{Name: "theme", Label: "Theme", Shape: Internal, Max: 16},
	)},
	{Toolkit, "toolkit", "Outside toolkits", "/hub/toolkit", common(summary,
		Field{Name: "publisher", Label: "Publisher", Shape: Line, Required: "Say who publishes it"},
		Field{Name: "scale", Label: "Its scales", Shape: Line, Required: "Say what its scales mean"},
		Field{Name: "address", Label: "Where it is", Shape: Line},
		Field{Name: "read_on", Label: "Read on", Shape: Line, Max: 10, Required: "Say when it was read"},
		Field{Name: "ratings", Label: "Ratings", Shape: Internal, Max: 60000, Required: "Give the ratings", Hint: "CSV with the columns approach, name, effect, evidence, cost, note: in the toolkit’s own words."},
	)},
	{Synonyms, "list of words", "Words for one thing", "/hub/synonyms", common(summary,
		Field{Name: "groups", Label: "Words", Shape: Internal, Max: 60000, Required: "Give the words", Hint: "CSV with the columns terms and source; in terms, “|” stands between words for one thing. A word that ends in “?” is an ordinary word too, and counts only when it is asked for."},
	)},
	{Settings, "setting", "Settings of the hub", "/hub/hub-settings", common(summary,
		Field{Name: "answer_days", Label: "Working days to answer a question", Shape: Line, Max: 3, Required: "Enter a number of working days"},
		Field{Name: "escalate_days", Label: "Working days after which it goes to the manager", Shape: Line, Max: 3, Required: "Enter a number of working days"},
		Field{Name: "holidays", Label: "Bank holidays", Shape: Plain, Max: 4000, Hint: "A day a line, as 2026-12-25. No working day is counted on them."},
	)},
}

// KindOf is the kind with a code; ok is false when there is none.
func KindOf(code string) (k Kind, ok bool) {
	for _, k := range Kinds {
		if k.Code == code {
			return k, true
		}
	}
	return Kind{}, false
}

// searched are the kinds that a search finds.
var searched = []string{Note, Course, Duty, Power, LawChange, Template, Reply, Toolkit}

// Item is an entry of the hub: its live version, or the version that is being looked at.
type Item struct{ content.Version }

// Summary, Source, AsAt and Unconfirmed are what every entry says.
func (i Item) Summary() string     { return i.Field("summary") }
func (i Item) Source() string      { return i.Field("source") }      // Source is where it comes from.
func (i Item) AsAt() string        { return i.Field("as_at") }       // AsAt is the day its source speaks for.
func (i Item) Unconfirmed() string { return i.Field("unconfirmed") } // Unconfirmed is what a named person must still check, "" for nothing.

// Ref names the entry in lists of references: "duty/section-47".
func (i Item) Ref() string { return i.Kind + "/" + i.Code }

// Href is where it is shown.
func (i Item) Href() string { return "/hub/" + i.Ref() }
