package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"lantern.example/lantern/internal/app"
	"lantern.example/lantern/internal/clock"
)

type rightsCommand struct {
	Copy rightsCopy `cmd:"" help:"Write a person's own record to a file: what each agency holds of them, what happened, what they asked, who looked."`
	On   rightsOn   `cmd:"" help:"Say whether anything is held of somebody: how many fit, and which agencies hold something. No names are printed."`
	List rightsList `cmd:"" help:"List the requests at every desk, with their clocks."`
}

type rightsCopy struct {
	place
	Person string `arg:"" help:"The person's id; find it with lantern rights on."`
	Out    string `help:"The JSON file to write, readable by this user alone; a file that exists is not written over." required:"" placeholder:"FILE" type:"path"`
	JSON   bool   `help:"Print the same document." name:"json"`
}

func (c *rightsCopy) Run(ctx context.Context) error {
	made, err := app.Made(os.Getenv("SOURCE_DATE_EPOCH"), clock.System{}.Now())
	if err != nil {
		return err
	}
	return c.whole(ctx, func(a *app.App) error {
		done, err := a.CopyRights(ctx, c.Person, c.Out, made)
		if err != nil {
			return err
		}
		if c.JSON {
			return printJSON(os.Stdout, done)
		}
		fmt.Printf("What %d agencies hold of this person is in %s. It is not encrypted: give it to them, or to whoever speaks for them, and delete it.\n%s\n", len(done.Holdings), c.Out, done.LeftOut)
		return nil
	})
}

type rightsOn struct {
	place
	Words []string `arg:"" help:"Name, date of birth or reference number."`
	JSON  bool     `help:"Print one JSON document." name:"json"`
}

func (c *rightsOn) Run(ctx context.Context) error {
	return c.whole(ctx, func(a *app.App) error {
		found, err := a.OnIt(ctx, strings.Join(c.Words, " "))
		if err != nil {
			return err
		}
		if c.JSON {
			return printJSON(os.Stdout, map[string]any{"people": found})
		}
		if len(found) == 0 {
			fmt.Println("Nobody fits. Not looked at: what an owner has restricted to a panel or was given under a handling condition, former and refuge names, and intelligence.")
			return nil
		}
		w := tabwriter.NewWriter(os.Stdout, 0, 4, 2, ' ', 0)
		fmt.Fprintln(w, "PERSON\tBORN\tHELD BY\t") //nolint:errcheck // flushed below
		for _, x := range found {
			fmt.Fprintf(w, "%s\t%s\t%s\t\n", x.Person, x.Born, strings.Join(x.Agencies, ", ")) //nolint:errcheck // flushed below
		}
		return w.Flush()
	})
}

type rightsList struct {
	place
	JSON bool `help:"Print one JSON document." name:"json"`
}

type listedRequest struct {
	ID         string `json:"id"`
	Desk       string `json:"desk"`
	Kind       string `json:"kind"`
	State      string `json:"state"`
	ReceivedOn string `json:"received_on"`
	DueOn      string `json:"due_on"`
	Late       bool   `json:"late"`
}

func (c *rightsList) Run(ctx context.Context) error {
	return c.whole(ctx, func(a *app.App) error {
		all, err := a.RightsList(ctx)
		if err != nil {
			return err
		}
		today := clock.Today(clock.System{}).Format(clock.ISODate)
		list := []listedRequest{}
		for _, r := range all {
			list = append(list, listedRequest{r.ID, r.Desk, string(r.Kind), r.State, r.Received().Format(time.DateOnly), r.DueOn, !r.Answered() && !r.Paused() && r.DueOn < today})
		}
		if c.JSON {
			return printJSON(os.Stdout, map[string]any{"requests": list})
		}
		w := tabwriter.NewWriter(os.Stdout, 0, 4, 2, ' ', 0)
		fmt.Fprintln(w, "DESK\tASKS FOR\tSTATE\tCAME\tLAST DAY\t") //nolint:errcheck // flushed below
		for _, r := range list {
			late := ""
			if r.Late {
				late = "late"
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", r.Desk, r.Kind, r.State, r.ReceivedOn, r.DueOn, late) //nolint:errcheck // flushed below
		}
		return w.Flush()
	})
}
