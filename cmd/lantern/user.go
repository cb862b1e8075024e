package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/account"
	"lantern.example/lantern/internal/app"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/operate"
)

type userCommand struct {
	Add     userAdd     `cmd:"" help:"Add an account. Its password is read from a file, or made and printed once; it is good for a week, and its owner chooses another and a second step at the first sign-in."`
	Change  userChange  `cmd:"" help:"Change an account's name, agency, role or areas; what is not given stays. With another role or agency its owner is signed out."`
	Disable userDisable `cmd:"" help:"Close an account; whoever is signed in with it is signed out."`
	Reset   userReset   `cmd:"" help:"Give an account a new password, read from a file, or made and printed once; its owner chooses another at the next sign-in. Second steps stay unless asked."`
	List    userList    `cmd:"" help:"List the accounts, with how many second steps each has."`
}

// newPassword is where a password comes from.
type newPassword struct {
	File string `help:"File that holds the password; one is made and printed without it." placeholder:"FILE" name:"password-file" type:"existingfile"`
}

// read is the password, and whether it was made here and must be said.
func (n newPassword) read() (password string, made bool, err error) {
	if n.File == "" {
		password, err = operate.NewPassword()
		return password, true, err
	}
	b, err := os.ReadFile(n.File)
	if err != nil {
		return "", false, fault.Wrap(fault.Invalid, err, "The password file %s cannot be read.", n.File)
	}
	return strings.TrimRight(string(b), "\r\n"), false, nil
}

func sayPassword(password string, made bool) {
	if made {
		fmt.Printf("Password, shown this once: %s\n", password)
	}
}

// whole opens all of a partnership that is there already, for f alone. One that is not there is not begun.
func (p place) whole(ctx context.Context, f func(a *app.App) error) error {
	cfg := p.config()
	db, err := operate.Open(ctx, &cfg)
	if err != nil {
		return err
	}
	if err := db.Close(); err != nil {
		return err
	}
	a, err := app.Open(ctx, cfg, app.Options{Version: "lantern " + version})
	if err != nil {
		return err
	}
	return errors.Join(f(a), a.Close())
}

func (p place) users(ctx context.Context, f func(u operate.Users) error) error {
	return p.whole(ctx, func(a *app.App) error {
		return f(operate.Users{DB: a.DB, Accounts: a.Accounts, Partnership: a.Partnership, Log: a.Audit})
	})
}

type userAdd struct {
	place
	newPassword
	Email  string   `help:"E-mail address, to sign in with." required:"" placeholder:"ADDRESS"`
	Name   string   `help:"The person's name." required:"" placeholder:"NAME"`
	Agency string   `help:"Code of their agency." required:"" placeholder:"CODE"`
	Role   string   `help:"community-safety-manager, analyst, panel-chair, practitioner, school-lead, information-officer, administrator or subject." required:"" placeholder:"ROLE"`
	Area   []string `help:"Codes of the areas they are limited to; without, they are not." placeholder:"CODE"`
	Person string   `help:"For the role subject: the person whose own record they read." placeholder:"ID"`
	// Provider makes the account without a password.
	Provider bool `help:"No password: they come in through the organisation's own sign-in (lantern serve --oidc-issuer), and are known there by the same e-mail address, checked."`
}

func (c *userAdd) Run(ctx context.Context) error {
	in := account.New{Email: c.Email, Name: c.Name, Agency: c.Agency, Role: access.Role(c.Role), Areas: c.Area, Person: c.Person, Provider: c.Provider, Temporary: !c.Provider}
	var made bool
	var err error
	if c.Provider && c.File != "" {
		return fault.New(fault.Invalid, "An account without a password takes no --password-file.")
	}
	if !c.Provider {
		if in.Password, made, err = c.read(); err != nil {
			return err
		}
	}
	return c.users(ctx, func(u operate.Users) error {
		a, err := u.Add(ctx, in)
		if err != nil {
			return err
		}
		fmt.Printf("%s, %s of %s, can sign in as %s.\n", a.Name, a.Role, a.Agency, a.Email)
		if c.Provider {
			fmt.Println("They come in through the organisation's own sign-in, and have no password here.")
			return nil
		}
		sayPassword(in.Password, made)
		return nil
	})
}

type userChange struct {
	place
	Email  string   `arg:"" help:"The account's e-mail address."`
	Name   string   `help:"The person's name." placeholder:"NAME"`
	Agency string   `help:"Code of their agency." placeholder:"CODE"`
	Role   string   `help:"Their role, as for lantern user add." placeholder:"ROLE"`
	Area   []string `help:"Codes of the areas they are limited to, in place of those before." placeholder:"CODE" xor:"areas"`
	All    bool     `help:"Limited to no areas." name:"all-areas" xor:"areas"`
	Person string   `help:"For the role subject: the person whose own record they read." placeholder:"ID"`
}

func (c *userChange) Run(ctx context.Context) error {
	return c.users(ctx, func(u operate.Users) error {
		a, what, err := u.Change(ctx, c.Email, func(to *account.Change) {
			to.Name, to.Agency = cmp.Or(c.Name, to.Name), cmp.Or(c.Agency, to.Agency)
			if c.Role != "" {
				to.Role = access.Role(c.Role)
			}
			if to.Role != access.Subject {
				to.Person = ""
			}
			to.Person = cmp.Or(c.Person, to.Person)
			if len(c.Area) > 0 || c.All {
				to.Areas = c.Area
			}
		})
		switch {
		case err != nil:
			return err
		case what == "":
			fmt.Printf("The account %s is like that already.\n", a.Email)
		default:
			fmt.Printf("The account %s was changed: %s.\n", a.Email, what)
		}
		return nil
	})
}

type userDisable struct {
	place
	Email string `arg:"" help:"The account's e-mail address."`
}

func (c *userDisable) Run(ctx context.Context) error {
	return c.users(ctx, func(u operate.Users) error {
		a, err := u.Disable(ctx, c.Email)
		if err == nil {
			fmt.Printf("The account %s is closed.\n", a.Email)
		}
		return err
	})
}

type userReset struct {
	place
	newPassword
	Email   string `arg:"" help:"The account's e-mail address."`
	Factors bool   `help:"Take their second steps, recovery codes and connection to the organisation's own sign-in away too: they lost them, and you know that it is they who ask. They choose new ones at the next sign-in."`
}

func (c *userReset) Run(ctx context.Context) error {
	password, made, err := c.read()
	if err != nil {
		return err
	}
	return c.users(ctx, func(u operate.Users) error {
		a, err := u.Reset(ctx, c.Email, password, c.Factors)
		if err != nil {
			return err
		}
		fmt.Printf("The account %s has a new password, good for a week and for one sign-in.\n", a.Email)
		if c.Factors {
			fmt.Println("Its second steps and recovery codes are gone.")
		} else {
			fmt.Println("Its second steps stay as they were.")
		}
		sayPassword(password, made)
		return nil
	})
}

type userList struct {
	place
	JSON bool `help:"Print one JSON document." name:"json"`
}

type listedAccount struct {
	ID       string   `json:"id"`
	Email    string   `json:"email"`
	Name     string   `json:"name"`
	Agency   string   `json:"agency"`
	Role     string   `json:"role"`
	Areas    []string `json:"areas"`
	Disabled bool     `json:"disabled"`
	// SecondSteps is how many second steps are in use.
	SecondSteps int `json:"second_steps"`
}

func (c *userList) Run(ctx context.Context) error {
	return c.users(ctx, func(u operate.Users) error {
		all, err := u.Accounts.All(ctx, u.DB.Reader())
		if err != nil {
			return err
		}
		steps, err := u.Accounts.FactorCounts(ctx, u.DB.Reader())
		if err != nil {
			return err
		}
		list := []listedAccount{}
		for _, a := range all {
			areas := a.Areas
			if areas == nil {
				areas = []string{}
			}
			list = append(list, listedAccount{a.ID, a.Email, a.Name, a.Agency, string(a.Role), areas, a.Disabled, steps[a.ID]})
		}
		if c.JSON {
			return printJSON(os.Stdout, map[string]any{"accounts": list})
		}
		w := tabwriter.NewWriter(os.Stdout, 0, 4, 2, ' ', 0)
		fmt.Fprintln(w, "AGENCY\tNAME\tROLE\tE-MAIL\tSECOND STEPS\t") //nolint:errcheck // flushed below
		for _, a := range list {
			closed := ""
			if a.Disabled {
				closed = "closed"
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\t%s\n", a.Agency, a.Name, a.Role, a.Email, a.SecondSteps, closed) //nolint:errcheck // flushed below
		}
		return w.Flush()
	})
}
