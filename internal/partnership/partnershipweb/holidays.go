package partnershipweb

import (
	"context"
	"fmt"
	"net/http"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/database"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/partnership"
	"lantern.example/lantern/internal/web"
)

// mountHolidays registers the pages of the days on which the partnership does not work.
func (p *Pages) mountHolidays(rt *web.Router) {
	rt.Get("/governance/holidays", web.Members, p.holidays)
	rt.Get("/governance/holidays/new", keepers, p.holidayForm)
	rt.Post("/governance/holidays", keepers, p.addHoliday)
	rt.Get("/governance/holidays/{day}", keepers, p.dropHoliday)
	rt.Post("/governance/holidays/{day}", keepers, p.dropHoliday)
}

type holidaysView struct {
	web.Page
	New   string
	Table *web.Table
}

var holidaysPage = web.NewTemplate[holidaysView](files, "holidays.html")

var holidays = web.Link{Text: "Bank holidays", Href: "/governance/holidays"}

// holidaysFinding is how far ahead the days are known, in a sentence: a clock that counts past the last one counts too fast.
func (p *Pages) holidaysFinding(ctx context.Context, _ access.Scope) (string, error) {
	list, err := p.Partnership.HolidayList(ctx, p.q())
	if err != nil || len(list) == 0 {
		return "No bank holiday is written down: every weekday counts as a working day.", err
	}
	return fmt.Sprintf("%s, the last on %s.", plural(len(list), "bank holiday is written down", "bank holidays are written down"), web.ShowDate(list[len(list)-1].Day)), nil
}

func (p *Pages) holidays(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	list, err := p.Partnership.HolidayList(ctx, p.q())
	if err != nil {
		return err
	}
	v := &holidaysView{Table: &web.Table{ID: "holidays", Caption: "Days that are no working days, besides Saturdays and Sundays", Empty: "None is written down.", Columns: []web.Column{{Label: "Day"}, {Label: "Name"}},
		Base: "Every clock that counts working days leaves them out. England and Wales came with Lantern, from gov.uk/bank-holidays, until 2028."}}
	v.Title, v.Crumbs = "Bank holidays", []web.Link{governance}
	if v.Lead, err = p.holidaysFinding(ctx, web.ScopeOf(r)); err != nil {
		return err
	}
	may := keepers.Met(web.ViewerOf(r))
	for _, h := range list {
		c := web.Cell{Text: web.ShowDate(h.Day)}
		if may {
			c.Href, c.Hidden = "/governance/holidays/"+h.Day, "take out"
		}
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{c, {Text: h.Name}}})
	}
	if may {
		v.New = "/governance/holidays/new"
	}
	return web.Render(p.Site, w, r, holidaysPage, v)
}

func (p *Pages) newHoliday() *web.Form {
	f := p.Site.NewForm("/governance/holidays", "Write it down", &web.Field{Name: "day", Label: "Which day?", Kind: web.DateInput, Required: "Enter the day"}, &web.Field{Name: "name", Label: "What is it called?", Required: "Name the day", Max: 100}, whyField("For those who wonder why their clock moved."))
	f.Cancel = "/governance/holidays"
	return f
}

func (p *Pages) holidayForm(w http.ResponseWriter, r *http.Request) error {
	return web.Render(p.Site, w, r, formPage, p.view("Write down a bank holiday", "Every clock that counts working days leaves it out from now on.", p.newHoliday(), holidays))
}

func (p *Pages) addHoliday(w http.ResponseWriter, r *http.Request) error {
	f := p.newHoliday()
	if err := f.Read(w, r); err != nil {
		return err
	}
	return p.saveHoliday(w, r, p.view("Write down a bank holiday", "", f, holidays), f, "The day was written down.", partnership.Holiday{Day: f.Value("day"), Name: f.Value("name"), Kept: true, Change: partnership.Change{Why: f.Value("why")}})
}

func (p *Pages) saveHoliday(w http.ResponseWriter, r *http.Request, v *formView, f *web.Form, said string, h partnership.Holiday) error {
	if f.Valid() {
		err := p.Site.Act(w, r, said, func(tx *database.Tx) (string, error) {
			return "/governance/holidays", p.Partnership.SaveHoliday(r.Context(), tx, web.ScopeOf(r), h)
		})
		if !fault.Is(err, fault.Invalid) {
			return err
		}
		f.Problem, _ = fault.Words(err)
	}
	v.HasErrors = true
	return web.RenderStatus(p.Site, w, r, http.StatusUnprocessableEntity, formPage, v)
}

func (p *Pages) dropHoliday(w http.ResponseWriter, r *http.Request) error {
	list, err := p.Partnership.HolidayList(r.Context(), p.q())
	if err != nil {
		return err
	}
	for _, h := range list {
		if h.Day != r.PathValue("day") {
			continue
		}
		f := p.Site.NewForm("/governance/holidays/"+h.Day, "Take it out", whyField("For those who wonder why their clock moved."))
		f.Cancel = "/governance/holidays"
		v := p.view("Take out "+h.Name, "From now on "+web.ShowDate(h.Day)+" counts as a working day.", f, holidays)
		if r.Method == http.MethodGet {
			return web.Render(p.Site, w, r, formPage, v)
		}
		if err := f.Read(w, r); err != nil {
			return err
		}
		h.Kept, h.Why = false, f.Value("why")
		return p.saveHoliday(w, r, v, f, "The day counts as a working day from now on.", h)
	}
	return fault.NoSuch()
}
