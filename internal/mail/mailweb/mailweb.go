// Package mailweb is the page that says who outside holds the audit log's checkpoints, and whether sending them goes.
package mailweb

import (
	"context"
	"embed"
	"fmt"
	"net/http"
	"strings"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/audit"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/mail"
	"lantern.example/lantern/internal/web"
)

//go:embed templates
var embedded embed.FS
var files = web.Files(embedded)

// Pages are that page.
type Pages struct {
	Site *web.Site
	// To are the recipients that are set up now, and Folders the folders; nobody and none are the default.
	To, Folders []string
	// Held says what each folder holds.
	Held func() []audit.Held
	// Signed is what stands newest on this machine: the checkpoint's name, "" when nothing is signed yet.
	Signed func() (string, error)
}

// Keepers are who is told of it: those who answer for the log, and who runs the machine.
var Keepers = web.Only(access.Manager, access.InfoOfficer, access.Administrator)

// Mount registers the page.
func (p *Pages) Mount(rt *web.Router) { rt.Get("/governance/checkpoints", Keepers, p.show) }

type showView struct {
	web.Page
	Newest string
	Table  *web.Table
	Nobody bool
}

var showPage = web.NewTemplate[showView](files, "checkpoints.html")

// place is one place outside, with what it holds.
type place struct {
	name, how, holds, problem string
	failing                   bool
}

func (p *Pages) places(ctx context.Context) ([]place, error) {
	states, err := mail.States(ctx, p.Site.DB.Reader())
	if err != nil {
		return nil, err
	}
	by := map[string]mail.State{}
	for _, x := range states {
		by[x.Recipient] = x
	}
	var out []place
	for _, to := range p.To {
		x, known := by[to]
		y := place{name: to, how: "by mail", failing: x.Failing()}
		switch {
		case x.Sent > 0:
			y.holds = number(x.Newest) + " lines, sent on " + when(x.Sent)
		case known:
			y.holds = "nothing yet"
		default:
			y.holds = "nothing yet: the first goes within minutes of the next line that is signed"
		}
		if y.failing {
			y.problem = fmt.Sprintf("Waits since %s, tried %s. %s", when(x.Waiting), times(x.Tries), x.Problem)
		}
		out = append(out, y)
	}
	for _, h := range p.Held() {
		y := place{name: h.Folder, how: "a folder", holds: "nothing yet", problem: h.Problem, failing: h.Problem != ""}
		if h.Newest != "" {
			y.holds = number(h.Newest) + " lines"
		}
		out = append(out, y)
	}
	return out, nil
}

func number(name string) string {
	n := strings.TrimLeft(strings.TrimSuffix(strings.TrimPrefix(name, "lantern-"), ".txt"), "0")
	var value int
	if _, err := fmt.Sscanf(n, "%d", &value); err != nil {
		return "0"
	}
	return web.ShowNumber(value)
}

func when(at int64) string {
	return clock.FromMicros(at).In(clock.London()).Format("2 January 2006, 15:04")
}

func times(n int64) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

// Finding is the page's one sentence, for the page of governance.
func (p *Pages) Finding(ctx context.Context, _ access.Scope) (string, error) {
	list, err := p.places(ctx)
	if err != nil {
		return "", err
	}
	return finding(list), nil
}

func finding(list []place) string {
	failing := 0
	for _, x := range list {
		if x.failing {
			failing++
		}
	}
	switch {
	case len(list) == 0:
		return "Nobody outside holds a checkpoint of the log: whoever runs this machine could write it anew unseen."
	case failing > 0:
		return fmt.Sprintf("%d of %d places outside %s not getting checkpoints of the log.", failing, len(list), map[bool]string{true: "is", false: "are"}[failing == 1])
	case len(list) == 1:
		return "Checkpoints of the log go to 1 place outside."
	}
	return fmt.Sprintf("Checkpoints of the log go to %d places outside.", len(list))
}

func (p *Pages) show(w http.ResponseWriter, r *http.Request) error {
	list, err := p.places(r.Context())
	if err != nil {
		return err
	}
	newest, err := p.Signed()
	if err != nil {
		return err
	}
	v := &showView{Nobody: len(list) == 0}
	v.Title, v.Lead, v.Crumbs = "The log, held outside", finding(list), []web.Link{{Text: "Governance", Href: "/governance"}}
	v.Newest = "Nothing has been signed yet."
	if newest != "" {
		v.Newest = "On this machine " + number(newest) + " lines of the log are signed."
	}
	v.Table = &web.Table{Caption: "Where checkpoints go", Empty: "Nowhere.", Columns: []web.Column{{Label: "Where"}, {Label: "How"}, {Label: "Holds"}, {Label: "State"}}}
	for _, x := range list {
		state := web.Cell{Tag: &web.Tag{Text: "Goes", Colour: "green"}}
		if x.failing {
			state = web.Cell{Tag: &web.Tag{Text: "Does not go", Colour: "red"}, Sub: x.problem}
		}
		v.Table.Rows = append(v.Table.Rows, web.Row{Cells: []web.Cell{{Text: x.name}, {Text: x.how}, {Text: x.holds}, state}})
	}
	return web.Render(p.Site, w, r, showPage, v)
}
