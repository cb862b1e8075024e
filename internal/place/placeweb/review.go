package placeweb

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/place"
	"lantern.example/lantern/internal/web"
)

type reviewView struct {
	web.Page
	Kept web.Fragment // what was typed before
	Form *web.Form
}

var reviewPage = web.NewTemplate[reviewView](files, "review.html")

const maxWhy = 2000

// reviewForm asks for the three judgements, each beside the last one, and for the next date and owner.
func (p *Pages) reviewForm(w http.ResponseWriter, r *http.Request) error {
	x, f, err := p.newReview(r)
	if err != nil {
		return err
	}
	v := reviewPageOf(x, f)
	if v.Kept, err = p.Keeper.Open(r, f, "place-review", x.ID); err != nil {
		return err
	}
	return web.Show(p.Site, w, r, reviewPage, v, web.Read{Kind: "place", Subject: x.ID, Owners: []string{x.Owner}, Words: "review form"})
}

func reviewPageOf(x place.Place, f *web.Form) *reviewView {
	v := &reviewView{Form: f}
	v.Title, v.Lead = "Review "+x.Name, "Three judgements, each with its reason, one date and one name for the next review."
	v.Crumbs = []web.Link{{Text: "Places", Href: "/places"}, {Text: x.Name, Href: "/places/" + x.ID}}
	v.HasErrors = !f.Valid()
	return v
}

func (p *Pages) newReview(r *http.Request) (place.Place, *web.Form, error) {
	ctx, q, scope := r.Context(), p.Site.DB.Reader(), web.ScopeOf(r)
	x, err := p.Places.Get(ctx, q, scope, r.PathValue("id"))
	if err != nil {
		return x, nil, err
	}
	reviews, err := p.Places.Reviews(ctx, q, scope, x.ID)
	if err != nil {
		return x, nil, err
	}
	who, err := p.Places.Reviewers(ctx, q, x)
	if err != nil {
		return x, nil, err
	}
	var fields []*web.Field
	for _, j := range place.Judgements {
		radio := &web.Field{Name: j.Key, Label: j.Name, Kind: web.Radios, Hint: j.Question, Required: "Choose 1, 2 or 3 for " + strings.ToLower(j.Name)}
		for i, words := range j.Values {
			radio.Options = append(radio.Options, web.Option{Value: strconv.Itoa(i + 1), Label: words})
		}
		why := &web.Field{Name: j.Key + "_why", Label: "What does that rest on?", Kind: web.TextArea, Rows: 3, Max: maxWhy, Required: "Say what " + strings.ToLower(j.Name) + " rests on"}
		if len(reviews) > 0 {
			n, last := reviews[0].Get(j.Key)
			why.Hint = fmt.Sprintf("Last time, %s: %d. “%s”", on(reviews[0]), n, last)
		}
		fields = append(fields, radio, why)
	}
	owner := &web.Field{Name: "next_owner", Label: "Who does the next review?", Kind: web.Select, Required: "Choose one person", Options: []web.Option{{Value: "", Label: "Choose one person"}}, Hint: "Those who may read this place. They see it under My work."}
	for _, a := range who {
		owner.Options = append(owner.Options, web.Option{Value: a.ID, Label: a.Name + ", " + p.Agency(ctx, a.Agency)})
	}
	fields = append(fields, &web.Field{Name: "next_on", Label: "When is the next review?", Kind: web.DateInput, Required: "Enter the date of the next review", Hint: "Within a year. A place that is getting worse within weeks."}, owner)
	f := p.Site.NewForm("/places/"+x.ID+"/reviews", "Keep the review", fields...)
	f.Cancel = "/places/" + x.ID
	f.Readers = &web.Readers{By: "whoever may read this place. Name nobody.", NotBy: "young people, families and the public."}
	if x.Guarded {
		f.Readers = p.Site.ReadBy(ctx, scope, x.Owner, access.Class(x.Class))
	}
	f.Set("next_owner", scope.Account)
	return x, f, nil
}

func (p *Pages) review(w http.ResponseWriter, r *http.Request) error {
	x, f, err := p.newReview(r)
	if err != nil {
		return err
	}
	if err := f.Read(w, r); err != nil {
		return err
	}
	f.Draft = "/drafts/place-review/" + x.ID
	if !f.Valid() {
		return web.RenderStatus(p.Site, w, r, http.StatusUnprocessableEntity, reviewPage, reviewPageOf(x, f))
	}
	number := func(name string) int {
		n, err := strconv.Atoi(f.Value(name))
		if err != nil {
			return 0
		}
		return n
	}
	in := place.NewReview{Impact: number("impact"), ImpactWhy: f.Value("impact_why"), Risk: number("risk"), RiskWhy: f.Value("risk_why"), Harm: number("harm"), HarmWhy: f.Value("harm_why"),
		NextOn: f.Value("next_on"), NextOwner: f.Value("next_owner")}
	scope := web.ScopeOf(r)
	err = p.Site.Act(w, r, "The review was kept, and the next one is on its owner’s list.", func(tx *database.Tx) (string, error) {
		if _, err := p.Places.Review(r.Context(), tx, scope, x.ID, in); err != nil {
			return "", err
		}
		return "/places/" + x.ID, p.Keeper.Discard(r.Context(), tx, scope.Account, "place-review", x.ID)
	})
	if fault.Is(err, fault.Invalid) || fault.Is(err, fault.Refused) {
		words, _ := fault.Words(err)
		f.Fail("next_on", words)
		return web.RenderStatus(p.Site, w, r, http.StatusUnprocessableEntity, reviewPage, reviewPageOf(x, f))
	}
	return err
}
