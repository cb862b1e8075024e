package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/config"
	"lantern.example/lantern/internal/operate"
)

type doctorCommand struct {
	place
	Addr         string   `help:"Address lantern serve listens on." default:"127.0.0.1:8080"`
	Origin       string   `help:"The https address people use." placeholder:"https://…"`
	TrustedProxy []string `help:"Addresses of the proxy in front, as CIDR." placeholder:"CIDR"`
	TLSCert      string   `help:"Certificate file." placeholder:"FILE" name:"tls-cert"`
	TLSKey       string   `help:"Key file." placeholder:"FILE" name:"tls-key"`
	signInFlags
	mailFlags
	JSON bool `help:"Print one JSON document." name:"json"`
}

var errSomethingIsWrong = errors.New("something is wrong: see above for how to mend it")

func (c *doctorCommand) Run(ctx context.Context) error {
	d := operate.Examine(ctx, c.mailFlags.into(c.signInFlags.into(config.Config{Addr: c.Addr, Data: c.Data, DB: c.DB, PasswordFile: c.PasswordFile, Origin: c.Origin, TrustedProxies: c.TrustedProxy, CertFile: c.TLSCert, KeyFile: c.TLSKey})), "lantern "+version, clock.System{})
	if c.JSON {
		if err := printJSON(os.Stdout, d); err != nil {
			return err
		}
	} else {
		printDiagnosis(d)
	}
	if d.Wrong() {
		return errSomethingIsWrong
	}
	return nil
}

var marks = map[operate.State]string{operate.Good: "good ", operate.Look: "look ", operate.Wrong: "WRONG"}

func printDiagnosis(d operate.Diagnosis) {
	for _, c := range d.Checks {
		fmt.Printf("%s  %-16s %s\n", marks[c.State], c.Name, c.Says)
		if c.Mend != "" {
			fmt.Printf("       %-16s → %s\n", "", c.Mend)
		}
	}
	fmt.Printf("\nPorts: %s\nFolders: %s\n", strings.Join(d.Ports, "; "), strings.Join(d.Folders, "; "))
	if len(d.Outside) == 0 {
		fmt.Println("Calls to the outside: none. Lantern asks nothing of any other machine but its own database server.")
	} else {
		fmt.Println("Calls to the outside:", strings.Join(d.Outside, "; ")+".")
	}
}
