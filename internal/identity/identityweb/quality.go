package identityweb

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/identity"
	"lantern.example/lantern/internal/web"
)

type qualityView struct {
	web.Page
	Links   *web.Table
	Whole   []web.SummaryRow
	Groups  []*web.Table
	Waiting string
}

var qualityPage = web.NewTemplate[qualityView](files, "quality.html")

func (p *Pages) quality(w http.ResponseWriter, r *http.Request) error {
	ctx, scope, q := r.Context(), web.ScopeOf(r), p.Site.DB.Reader()
	between, err := p.Identity.LinksBetween(ctx, q, scope)
	if err != nil {
		return err
	}
	x, err := p.Identity.Quality(ctx, q, scope)
	if err != nil {
		return err
	}
	v := &qualityView{Links: &web.Table{Caption: "Links by pair of agencies", Columns: []web.Column{{Label: "One agency"}, {Label: "The other"}, {Label: "Links", Numeric: true}}, Empty: "No two records open to you are linked.",
		Base: "Links between two records that are both open to you, each pair once. Of a person with many records each record's three strongest links to earlier ones are kept."}}
	v.Title, v.Crumbs, v.Wide = "How good is the linking?", crumbs(queueCrumb), true
	var owners []string
	for _, b := range between {
		other := p.AgencyName(ctx, b.B)
		if b.A == b.B {
			other = "Within the agency"
		}
		v.Links.Rows = append(v.Links.Rows, web.Row{Cells: []web.Cell{{Text: p.AgencyName(ctx, b.A)}, {Text: other}, {Text: web.ShowNumber(b.Links)}}})
		owners = append(owners, b.A, b.B)
	}
	v.Lead = lead(x)
	v.Whole = []web.SummaryRow{
		{Key: "Precision", Value: share(x.All, x.All.Precision), Source: "of the linked pairs of records, how many are of one person"},
		{Key: "Recall", Value: share(x.All, x.All.Recall), Source: "of the pairs of records of one person that the engine compared and gave at least one chance in twenty, how many are linked without anybody's help"},
		{Key: "Reviewed pairs", Value: fmt.Sprintf("%s, and %s of which nobody was sure", web.ShowNumber(x.All.Reviewed), web.ShowNumber(x.All.Unsure)), Source: "drawn at random from linked, doubtful and unlinked pairs, and shown without the engine's mind"},
		{Key: "Agreement", Value: agreement(x.All.Agree), Source: "of pairs that two people looked at, how many they saw alike"},
	}
	v.Groups = []*web.Table{p.groups(ctx, "By age now", x.Ages, false), p.groups(ctx, "By sex recorded", x.Sexes, false), p.groups(ctx, "By how the name is written", x.Names, false),
		p.ethnic(ctx, "By ethnicity as people gave it themselves", x.Ethnicities), p.ethnic(ctx, "By ethnicity as an officer saw it", x.Observed), p.groups(ctx, "By pair of agencies", x.Agencies, true)}
	v.Waiting = count(x.Waiting, "pair of the sample waits to be looked at", "pairs of the sample wait to be looked at")
	return web.Show(p.Site, w, r, qualityPage, v, web.Read{Kind: "link", Owners: owners, Words: fmt.Sprintf("quality of linking: counts of links, %d reviewed pairs", x.All.Reviewed)})
}

func lead(x identity.Quality) string {
	if !x.All.Shown() {
		return fmt.Sprintf("We cannot say yet how good the linking is: %s of the sample reviewed, and %d are needed.", count(x.All.Reviewed, "pair", "pairs"), identity.LeastReviewed)
	}
	return fmt.Sprintf("Of every hundred linked pairs of records %.1f are of one person (between %.1f and %.1f), and of every hundred compared pairs of one person %.1f are linked (between %.1f and %.1f).",
		100*x.All.Precision.Share, 100*x.All.Precision.Low, 100*x.All.Precision.High, 100*x.All.Recall.Share, 100*x.All.Recall.Low, 100*x.All.Recall.High)
}

func share(g identity.Group, e identity.Estimate) string {
	switch {
	case !g.Shown():
		return fmt.Sprintf("Not shown: %s reviewed, %d are needed", web.ShowNumber(g.Reviewed), identity.LeastReviewed)
	case !e.Known:
		return "Not known: no such pair was reviewed"
	}
	return fmt.Sprintf("%.1f%% (95%% interval %.1f%% to %.1f%%; %s pairs)", 100*e.Share, 100*e.Low, 100*e.High, web.ShowNumber(e.Pairs))
}

func agreement(e identity.Estimate) string {
	if !e.Known {
		return "No pair was looked at by two people yet"
	}
	return fmt.Sprintf("%.1f%% (95%% interval %.1f%% to %.1f%%; %s pairs)", 100*e.Share, 100*e.Low, 100*e.High, web.ShowNumber(e.Pairs))
}

func (p *Pages) groups(ctx context.Context, caption string, list []identity.Group, agencies bool) *web.Table {
	t := &web.Table{Caption: caption, Columns: []web.Column{{Label: "Group"}, {Label: "Precision"}, {Label: "Recall"}, {Label: "Agreement"}, {Label: "Reviewed", Numeric: true}}, Empty: caption + ": no pair was reviewed yet.",
		Base: fmt.Sprintf("A group is shown from %d reviewed pairs on, its agreement from as many that two people looked at.", identity.LeastReviewed)}
	for _, g := range list {
		words := strings.ToUpper(g.Name[:1]) + g.Name[1:]
		if a, b, ok := strings.Cut(g.Name, " "); ok && agencies {
			words = p.AgencyName(ctx, a) + " and " + p.AgencyName(ctx, b)
			if a == b {
				words = "Within " + p.AgencyName(ctx, a)
			}
		}
		row := web.Row{Cells: []web.Cell{{Text: words}, {Text: share(g, g.Precision)}, {Text: share(g, g.Recall)}, {Text: agreement(g.Agree)}, {Text: web.ShowNumber(g.Reviewed)}}}
		few := web.Cell{Text: "Too few to show", Unnumbered: true}
		if !g.Shown() {
			row.Cells[1], row.Cells[2], row.Cells[3] = few, few, few
		} else if g.Agree.Pairs < identity.LeastReviewed {
			row.Cells[3] = few
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// ethnic is a table by recorded ethnicity. Every group stands in it, and of one with too few pairs not how many there are: that a group is there at all
// would be content.
func (p *Pages) ethnic(ctx context.Context, caption string, list []identity.Group) *web.Table {
	t := p.groups(ctx, caption, list, false)
	for i, g := range list {
		if !g.Shown() {
			t.Rows[i].Cells[4] = web.Cell{Text: fmt.Sprintf("Under %d", identity.LeastReviewed), Unnumbered: true}
		}
	}
	t.Base += " A pair counts for every group that one of its records names. Ethnicity links nothing and is no reason for or against a link; of nobody is it shown."
	return t
}

// sample leads to the next pair of the sample that the viewer has not looked at.
func (p *Pages) sample(w http.ResponseWriter, r *http.Request) error {
	x, err := p.Identity.NextSample(r.Context(), p.Site.DB.Reader(), web.ScopeOf(r))
	switch {
	case fault.KindOf(err) == fault.NotFound:
		p.Site.Say(w, "You have looked at every pair of the sample that is open to you.")
		http.Redirect(w, r, "/links/quality", http.StatusSeeOther)
		return nil
	case err != nil:
		return err
	}
	http.Redirect(w, r, "/links/sample/"+x.ID, http.StatusSeeOther)
	return nil
}

func (p *Pages) look(w http.ResponseWriter, r *http.Request) error {
	ctx, scope, q := r.Context(), web.ScopeOf(r), p.Site.DB.Reader()
	x, err := p.Identity.Sampled(ctx, q, scope, r.PathValue("id"))
	if err != nil {
		return err
	}
	a, b, owners, err := p.both(ctx, q, scope, x.L, x.R)
	if err != nil {
		return err
	}
	verdict := verdictField()
	verdict.Options = []web.Option{{Value: "same", Label: "Yes, the same person"}, {Value: "different", Label: "No, different people"}, {Value: "unsure", Label: "Not sure"}}
	f := p.Site.NewForm("/links/sample/"+x.ID, "Save and see the next", verdict)
	f.Cancel = "/links/quality"
	v := &pairView{Form: f, Compare: p.compare(ctx, a, b), Blind: true}
	v.Title, v.Crumbs = "A pair of the sample", crumbs(queueCrumb, web.Link{Text: "How good is the linking?", Href: "/links/quality"})
	v.Lead = "Say what you see, as if nobody had told you anything: whether the two are linked is not shown."
	v.About = "What you say here measures the linking and changes no link. Where it is not how things stand, the pair is put before people to decide."
	return p.answer(w, r, v, web.Read{Kind: "link", Subject: x.ID, Owners: owners, Words: "sections: comparison of two records, for the sample"}, "Saved.", func(tx *database.Tx) (string, error) {
		return "/links/sample", p.Identity.Look(ctx, tx, scope, x.ID, identity.Verdict(f.Value("verdict")))
	})
}
