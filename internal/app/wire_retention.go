package app

import (
	"context"
	"time"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/content/contentweb"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/partnership/partnershipweb"
	"lantern.example/lantern/internal/sharing/retention"
	"lantern.example/lantern/internal/sharing/retention/retentionweb"
	"lantern.example/lantern/internal/web"
)

// whoAsked is the condition that somebody's request about the person of record %s is open: what they asked about must not be removed meanwhile.
const whoAsked = "EXISTS (SELECT 1 FROM person_record pr JOIN rights_case rc ON rc.person = pr.person_id WHERE rc.state <> 'answered' AND pr.record_id IN "

// looks are what somebody said of a sample of links.
var looks = []retention.Part{{Table: "link_look", Column: "sample_id"}}

// expiring says of every table whose rows have a retention class and a day what its rows are and what goes with them. A room that adds such a table adds a
// line here; until then its rows are shown when they are due, and not removed.
var expiring = []retention.Holding{
	{Table: "source_record", One: "record of a person", Many: "records of people", Hold: whoAsked + "(t.id, t.superseded_by))",
		Parts: []retention.Part{{Table: "source_name", Column: "record_id"}, {Table: "source_identifier", Column: "record_id"}, {Table: "record_address", Column: "record_id"}, {Table: "record_key", Column: "record_id"}, {Table: "search_name", Column: "record_id"},
			{Table: "record_panel", Column: "record_id"}, {Table: "event_role", Column: "record_id"}, {Table: "edge", Column: "l"}, {Table: "edge", Column: "r"}, {Table: "review_item", Column: "l"}, {Table: "review_item", Column: "r"}, {Table: "link_proposal", Column: "l"}, {Table: "link_proposal", Column: "r"},
			{Table: "link_sample", Column: "l", Under: looks}, {Table: "link_sample", Column: "r", Under: looks}, {Table: "decision", Column: "l"}, {Table: "decision", Column: "r"}, {Table: "person_record", Column: "record_id"}}},
	{Table: "event", One: "event", Many: "events", Hold: whoAsked + "(SELECT er.record_id FROM event_role er WHERE er.event_id = t.id))", Parts: []retention.Part{{Table: "record_panel", Column: "record_id"}, {Table: "event_role", Column: "event_id"}}},
	{Table: "event_role", One: "part in an event", Many: "parts in events", Hold: whoAsked + "(t.record_id))"},
	{Table: "action", One: "action", Many: "actions", Parts: []retention.Part{{Table: "action_version", Column: "action_id"}},
		Editor: "(SELECT v.by_account FROM action_version v WHERE v.action_id = t.id ORDER BY v.ver DESC LIMIT 1)"},
	{Table: "statement", One: "statement", Many: "statements", Parts: []retention.Part{{Table: "statement_theme", Column: "statement_id"}}},
	{Table: "theme_answer", One: "answer on a theme", Many: "answers on themes"},
	{Table: "place", One: "place", Many: "places", Parts: []retention.Part{{Table: "place_review", Column: "place_id"}}},
	{Table: "place_review", One: "review of a place", Many: "reviews of places"},
	{Table: "flow", One: "flow between areas", Many: "flows between areas"},
	{Table: "county_line", One: "line", Many: "lines", Parts: []retention.Part{{Table: "county_line_change", Column: "line_id"}}, Editor: "(SELECT v.by_account FROM county_line_change v WHERE v.line_id = t.id ORDER BY v.ver DESC LIMIT 1)"},
	{Table: "series_count", One: "monthly count", Many: "monthly counts"},
	{Table: "person_wish", One: "wish of a young person", Many: "wishes of young people", Parts: []retention.Part{{Table: "person_wish_reader", Column: "wish_id"}}},
	{Table: "person_comment", One: "comment beside a record", Many: "comments beside records"},
	{Table: "person_told", One: "note of telling", Many: "notes of telling"},
	{Table: "person_danger", One: "note of danger at home", Many: "notes of danger at home"},
	{Table: "rights_case", One: "request about what is held", Many: "requests about what is held", Hold: "t.state <> 'answered'", Parts: []retention.Part{{Table: "rights_event", Column: "case_id"}, {Table: "rights_ask", Column: "case_id"}},
		Editor: "(SELECT v.by_account FROM rights_event v WHERE v.case_id = t.id ORDER BY v.id DESC LIMIT 1)"},
	{Table: "stored_file", One: "file", Many: "files", File: true, Hold: whoAsked + "(SELECT r.id FROM source_record r JOIN load l ON l.id = r.load_id WHERE l.file_id = t.id))"},
	{Table: "disclosure", One: "one-off disclosure", Many: "one-off disclosures", Parts: []retention.Part{{Table: "disclosure_item", Column: "disclosure_id"}}},
	{Table: "access_request", One: "question to a desk", Many: "questions to desks", Hold: "t.state = 'open'"},
	{Table: "pointer_question", One: "question who else knows", Many: "questions who else knows"},
	{Table: "handout", One: "export", Many: "exports", Parts: []retention.Part{{Table: "handout_recall", Column: "handout_id"}, {Table: "handout_reading", Column: "handout_id", Under: []retention.Part{{Table: "handout_item", Column: "reading_id"}}}},
		Hold: "EXISTS (SELECT 1 FROM handout_recall hc WHERE hc.handout_id = t.id AND hc.acknowledged_at IS NULL)"},
	{Table: "question", One: "question to the support desk", Many: "questions to the support desk", Hold: "t.state = 'asked'", Parts: []retention.Part{{Table: "question_event", Column: "question_id"}},
		Editor: "(SELECT v.by_account FROM question_event v WHERE v.question_id = t.id ORDER BY v.id DESC LIMIT 1)"},
	{Table: "report", One: "report from the public", Many: "reports from the public"},
	{Table: "break_glass", One: "broken glass", Many: "broken glasses", Hold: "t.reviewed_at IS NULL"},
}

// wireRetention makes the queue of what is due to go. It comes after every room whose records expire.
func (a *App) wireRetention(ctx context.Context) error {
	a.Retention = retention.NewStore(a.DB, a.Clock, a.IDs, a.Audit, a.Content, expiring, a.Files.Remove)
	err := a.DB.Write(ctx, func(tx *database.Tx) error {
		return a.Content.Seed(ctx, tx, access.System("seed", access.Upkeep), retention.Shipped())
	})
	if err != nil {
		return err
	}
	pages := &retentionweb.Pages{Site: a.Site, Retention: a.Retention, Accounts: a.Accounts, Content: a.Content, Href: a.recordHref}
	pages.Kind = a.ContentPages.Add(a.Router, &contentweb.Kind{Code: retention.RuleKind, Path: "/retention/rules", One: "retention rule", Many: "retention rules", Title: web.Field{Label: "What it is", Required: "Say what is kept"},
		Fields: retentionweb.RuleFields, Check: retentionweb.CheckRule, Write: web.Only(access.Manager, access.InfoOfficer), Crumbs: []web.Link{{Text: "Governance", Href: "/governance"}, {Text: "Retention", Href: "/retention"}}})
	pages.Mount(a.Router)
	a.Governance.Links = append(a.Governance.Links, partnershipweb.Link{Title: "Retention", Href: "/retention", Need: web.Only(access.Manager, access.InfoOfficer), Finding: pages.Finding},
		partnershipweb.Link{Title: "Retention rules", Href: "/retention/rules"})
	a.WorkPages.Sources = append(a.WorkPages.Sources, a.Retention)
	return nil
}

const lapseEvery = time.Hour

// keepRetention removes what is past its day, once a day.
func (a *App) keepRetention(ctx context.Context) {
	tick := time.NewTicker(lapseEvery)
	defer tick.Stop()
	for {
		if _, err := a.Retention.Daily(ctx); err != nil && ctx.Err() == nil {
			a.Log.Error("what is past its day could not be removed", "error", err.Error())
		}
		if err := a.Handouts.Expire(ctx); err != nil && ctx.Err() == nil {
			a.Log.Error("copies of exports that are over could not be asked back", "error", err.Error())
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
