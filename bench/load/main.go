// Command load says how long a list of a million people takes to be brought into SQLite, and how much memory it
// needs: first with nobody else there, then while people read pages.
//
//	make build && go run ./bench/load -rows 1000000 -readers 50
//
// The list is made here from a seed: one agency's layout, DD/MM/YYYY, a reference, an address, no NHS number. The
// import is the command "lantern import" in a process of its own, its memory as the operating system counted it.
// The readers are those of bench/pages. Linking the records into people is a job after a load and is not in the time.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

var (
	binary  = flag.String("lantern", "bin/lantern", "the program to measure")
	rows    = flag.Int("rows", 1_000_000, "people in the list")
	readers = flag.Int("readers", 50, "people who read pages during the second import; 0 leaves it out")
	only    = flag.Bool("under-readers", false, "leave the first import out")
	addr    = flag.String("addr", "127.0.0.1:8099", "where the second Lantern serves")
)

var (
	forenames = []string{"James", "Mohammed", "Olivia", "Amelia", "Noah", "Aisha", "Kai", "Leila", "Tyrone", "Ffion", "Siobhán", "Piotr", "Chen", "Ngozi", "Callum", "Zara", "Yusuf", "Fatima"}
	surnames  = []string{"Smith", "Jones", "Khan", "Ali", "Okafor", "Patel", "Begum", "Singh", "Kaur", "Brown", "Taylor", "Evans", "O'Brien", "Nowak", "Li", "Ahmed", "Carrgate", "Pellworth"}
)

func main() {
	flag.Parse()
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

func run() error {
	dir, err := os.MkdirTemp("", "lantern-bench-load-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	list := filepath.Join(dir, "people.csv")
	if err := write(list, *rows); err != nil {
		return err
	}
	if *readers == 0 || !*only {
		err = bring(list, filepath.Join(dir, "alone"), "nobody else there")
	}
	if err != nil {
		return err
	}
	if *readers == 0 {
		return nil
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	data := filepath.Join(dir, "read")
	serve := exec.CommandContext(ctx, *binary, "demo", "--json", "--addr", *addr, "--data", data)
	out, err := serve.StdoutPipe()
	if err != nil {
		return err
	}
	if err := serve.Start(); err != nil {
		return err
	}
	defer func() { cancel(); _ = serve.Wait() }()
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		return fmt.Errorf("the demonstration did not start: %w", err)
	}
	go io.Copy(io.Discard, out) //nolint:errcheck // nothing more is said
	pages := exec.CommandContext(ctx, "go", "run", "./bench/pages", "-url", "http://"+*addr, "-users", fmt.Sprint(*readers), "-for", "1h")
	pages.Stdout, pages.Stderr = os.Stdout, os.Stderr
	pages.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // go run does not pass an interrupt on
	if err := pages.Start(); err != nil {
		return err
	}
	time.Sleep(10 * time.Second) // they sign in
	err = bring(list, data, fmt.Sprintf("%d readers", *readers))
	return errors.Join(err, syscall.Kill(-pages.Process.Pid, syscall.SIGINT), ended(pages))
}

// ended waits for a program that was interrupted: "go run" then ends with a status of its own.
func ended(c *exec.Cmd) error {
	err := c.Wait()
	var status *exec.ExitError
	if errors.As(err, &status) {
		return nil
	}
	return err
}

// bring imports the list and prints what it took.
func bring(list, data, when string) error {
	c := exec.Command(*binary, "import", list, "--data", data, "--agency", "WPOL", "--own", "safeguarding")
	var said strings.Builder
	c.Stderr = &said
	began := time.Now()
	if err := c.Run(); err != nil {
		return fmt.Errorf("import, %s: %w: %s", when, err, said.String())
	}
	took := time.Since(began)
	used, ok := c.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return errors.New("this system does not say what a process used")
	}
	fmt.Printf("%-20s %d rows in %.1f s, %.0f rows/s, %d MB at most, %.1f s of processor\n", when, *rows, took.Seconds(), float64(*rows)/took.Seconds(), used.Maxrss/1024,
		(c.ProcessState.UserTime() + c.ProcessState.SystemTime()).Seconds())
	return nil
}

func write(path string, n int) error {
	f, err := os.Create(path) //nolint:gosec // our own folder
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	r := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same list every time
	_, _ = fmt.Fprintln(w, "Nominal Ref,Surname,Forename,DOB,Sex,Address,Postcode")
	for i := range n {
		surname := surnames[r.IntN(len(surnames))]
		if i%4 == 0 {
			surname += "-" + surnames[r.IntN(len(surnames))]
		}
		_, _ = fmt.Fprintf(w, "P%07d,%s,%s,%02d/%02d/%d,%c,%d High Street,WR%d %dAB\n", i, surname, forenames[r.IntN(len(forenames))],
			1+r.IntN(28), 1+r.IntN(12), 2004+r.IntN(11), "MF"[i%2], 1+r.IntN(200), 1+r.IntN(9), 1+r.IntN(9))
	}
	return errors.Join(w.Flush(), f.Close())
}
