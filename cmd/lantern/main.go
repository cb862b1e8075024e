// Command lantern is the whole of Lantern in one program: the service, the demonstration, and the tools
// that work on files. Each command is a thin file here; what it does lives in internal/.
//
// Exit status: 0 answered; 1 could not; 2 wrong usage or bad input; 3 the data cannot support an answer.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"lantern.example/lantern/internal/fault"
)

// Set at build time.
var (
	version = "dev"
	commit  = "unknown"
	built   = "unknown"
)

// line is the command line: one field a command.
type line struct {
	Version kong.VersionFlag `help:"Print version, commit and build date."`

	Demo  demoCommand  `cmd:"" help:"Build an invented partnership and serve it: nobody in it is real, nothing leaves this machine."`
	Serve serveCommand `cmd:"" help:"Serve a partnership."`

	Import   importCommand   `cmd:"" help:"Bring partners' files in, or take a load back."`
	Profiles profilesCommand `cmd:"" help:"List the formats that are recognised."`

	Geography geographyCommand `cmd:"" help:"Load official boundaries and list those that are there."`

	Link linkCommand `cmd:"" help:"Find out which records of several extracts are about one person, and say why."`

	Migrate migrateCommand `cmd:"" help:"Bring the database's schema up to this version's."`
	Doctor  doctorCommand  `cmd:"" help:"Say what is wrong and how to mend it, and every port, folder and outside call."`
	DB      dbCommand      `cmd:"" name:"db" help:"Look after the database."`
	Backup  backupCommand  `cmd:"" help:"Write an encrypted backup while Lantern goes on working."`
	Restore restoreCommand `cmd:"" help:"Check a backup through and through, and put it in place."`
	Audit   auditCommand   `cmd:"" help:"Look after the audit log."`
	User    userCommand    `cmd:"" help:"Look after accounts."`
	Keys    keysCommand    `cmd:"" help:"Look after the keys of sealed fields."`
	Rights  rightsCommand  `cmd:"" help:"A person's own record as a file, whether anything is held of somebody, and the requests at the desks."`
	Export  exportCommand  `cmd:"" help:"Write everything an agency holds to a ZIP that another Lantern can read."`

	Assess assessCommand `cmd:"" help:"Read a folder of what people said and what partners hold, and write a local assessment."`

	Analyse analyseCommand `cmd:"" help:"Answer one question from one file: capture, trend, hotspots, nearrepeat, density, flows, market, outcomes, prepost, network, agreement, disclosure."`
}

// place is where a partnership is kept: flags that several commands share.
type place struct {
	Data         string `help:"Folder for the database, keys and checkpoints." default:"lantern-data" placeholder:"DIR"`
	DB           string `help:"Database: sqlite:PATH or postgres://USER@HOST/NAME (password in a file)." env:"LANTERN_DB" placeholder:"URL"`
	PasswordFile string `help:"File that holds the database password." env:"LANTERN_DB_PASSWORD_FILE" placeholder:"FILE" name:"db-password-file"`
}

// refusal is an answer that the data cannot support: exit status 3, the document already printed.
type refusal struct{ words string }

func (r refusal) Error() string { return r.words }

func main() { os.Exit(run(os.Args[1:])) }

func run(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var cli line
	p, err := kong.New(&cli,
		kong.Name("lantern"),
		kong.Description("Lantern helps a local partnership protect young people from gangs and exploitation. Everything stays on your machine."),
		kong.Vars{"version": fmt.Sprintf("lantern %s (commit %s, built %s)", version, commit, built)},
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.UsageOnError(),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
	)
	if err != nil {
		fmt.Fprintln(os.Stderr, "lantern:", err)
		return 1
	}
	cmd, err := p.Parse(args)
	if err != nil {
		fmt.Fprintln(os.Stderr, "lantern:", err)
		fmt.Fprintf(os.Stderr, "Try lantern %s --help.\n", strings.Join(leading(args), " "))
		return 2
	}
	return status(cmd.Run())
}

func leading(args []string) []string {
	for i, a := range args {
		if strings.HasPrefix(a, "-") || i == 1 {
			return args[:i]
		}
	}
	return args
}

// status says err on standard error and picks the exit status.
func status(err error) int {
	if err == nil {
		return 0
	}
	var no refusal
	if errors.As(err, &no) {
		fmt.Fprintln(os.Stderr, "lantern: refused:", no.words)
		return 3
	}
	words, ok := fault.Words(err)
	if !ok {
		words = err.Error()
	}
	fmt.Fprintln(os.Stderr, "lantern:", words)
	if fault.Is(err, fault.Invalid) || fault.Is(err, fault.TooLarge) {
		return 2
	}
	return 1
}
