// Package structure holds the tests over the code's own shape: which package may import which, that every
// package says what it is, where SQL may stand, which modules the program may link, and that nothing
// reaches out of the machine.
package structure

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const module = "lantern.example/lantern/"

// ranks, high to low; a line is a rank, and a package imports lower lines only. A package's …web
// package has its rank and may import it; a sub-package has its parent's rank and may import siblings.
var ranks = [][]string{
	{"cmd/lantern", "bench"},
	{"internal/app"},
	{"internal/demo", "internal/operate"},
	{"internal/picture"},
	{"internal/outcome", "internal/scale"},
	{"internal/intervention", "internal/assessment"},
	{"internal/casework"},
	{"internal/referral"},
	{"internal/matrix"},
	{"internal/place", "internal/line", "internal/group"},
	{"internal/event", "internal/intelligence"},
	{"internal/person"},
	{"internal/identity"},
	{"internal/method"}, // the pages of docs/methods, in the hub's Markdown
	{"internal/practice", "internal/community"},
	{"internal/sharing"},
	{"internal/work"},
	{"internal/partnership"},
	{"internal/account", "internal/content"},
	{"internal/gazetteer", "internal/search"},
	{"internal/linkrun", "internal/analyserun"},
	{"internal/intake", "internal/report", "internal/jobs", "internal/mail", "internal/file", "internal/draft"},
	{"internal/web", "internal/audit"},
	{"internal/access"},
	{"internal/database", "internal/config", "internal/seal"},
	{"internal/fact", "internal/figure", "internal/fault", "internal/clock", "internal/analysis"},
	{"docs/methods"}, // Markdown, embedded
	{"internal/geo"}, // below analysis: hot spots and near repeats stand on its grid
}

func rankOf(path string) (rank int, room string) {
	for i, line := range ranks {
		for _, p := range line {
			if path == p || strings.HasPrefix(path, p+"/") {
				return i, p
			}
		}
	}
	return -1, ""
}

type listed struct {
	ImportPath, Dir, Name                string
	Imports, Deps, GoFiles, XTestImports []string
	Standard                             bool
	Module                               *struct{ Path string }
}

func list(t *testing.T, args ...string) []listed {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list", "-json=ImportPath,Dir,Name,Imports,Deps,GoFiles,Standard,Module"}, args...)...) //nolint:gosec // fixed words
	cmd.Dir = root(t)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.String())
	}
	var all []listed
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// helpers are packages only tests import; they may know any rank below their parent's.
var helper = regexp.MustCompile(`test$`)

func TestImportsGoDownTheRanks(t *testing.T) {
	for _, p := range list(t, "./...") {
		path := strings.TrimPrefix(p.ImportPath, module)
		if path == "internal/structure" || path == "e2e" || strings.HasPrefix(path, "tools/") || helper.MatchString(path) {
			continue
		}
		from, room := rankOf(path)
		if from < 0 {
			t.Errorf("%s has no place in the ranks: redraw the part or give it one", path)
			continue
		}
		for _, imp := range p.Imports {
			other, ours := strings.CutPrefix(imp, module)
			if !ours {
				continue
			}
			to, otherRoom := rankOf(other)
			if room == otherRoom {
				if strings.HasSuffix(other, "web") && !strings.HasSuffix(path, "web") {
					t.Errorf("%s imports its own pages, %s", path, other)
				}
				continue
			}
			if to <= from {
				t.Errorf("%s (rank %d) imports %s (rank %d): imports go down only", path, from, other, to)
			}
		}
	}
}

func sources(t *testing.T, visit func(path string, file *ast.File, fset *token.FileSet)) {
	t.Helper()
	base := root(t)
	fset := token.NewFileSet()
	err := filepath.WalkDir(base, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && path != base) {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		f, err := parser.ParseFile(fset, path, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(base, path)
		if err == nil {
			visit(filepath.ToSlash(rel), f, fset)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestEveryPackageSaysWhatItIs(t *testing.T) {
	said, seen := map[string]bool{}, map[string]bool{}
	sources(t, func(path string, f *ast.File, _ *token.FileSet) {
		dir := filepath.Dir(path)
		seen[dir] = true
		if f.Doc != nil && len(f.Doc.Text()) > 40 {
			said[dir] = true
		}
	})
	for dir := range seen {
		if !said[dir] {
			t.Errorf("package %s has no comment that a new colleague could read first", dir)
		}
	}
}

var sqlText = regexp.MustCompile(`(?s)^\s*(SELECT\s.+\sFROM\s|INSERT\s+INTO\s|UPDATE\s+\w+\s+SET\s|DELETE\s+FROM\s|CREATE\s+(TABLE|INDEX))`)

// SQL stands in stores: never in pages, commands or the pure packages.
func TestSQLOnlyInStores(t *testing.T) {
	sources(t, func(path string, f *ast.File, fset *token.FileSet) {
		dir := filepath.Dir(path)
		rank, _ := rankOf(dir)
		pure := strings.HasPrefix(dir, "internal/analysis") || strings.HasPrefix(dir, "internal/geo")
		pages := strings.HasSuffix(dir, "web") && dir != "internal/web" || strings.HasPrefix(dir, "cmd/")
		if !pure && !pages && dir != "internal/web" || rank < 0 {
			return
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING && sqlText.MatchString(strings.Trim(lit.Value, "`\"")) && dir != "internal/web" {
				t.Errorf("%s: SQL belongs in a store", fset.Position(lit.Pos()))
			}
			return true
		})
	})
}

// What may not be imported where.
func TestForbiddenImports(t *testing.T) {
	for _, p := range list(t, "./...") {
		path := strings.TrimPrefix(p.ImportPath, module)
		for _, imp := range p.Imports {
			pure := strings.HasPrefix(path, "internal/analysis/") || path == "internal/geo"
			domain := strings.HasPrefix(path, "internal/") && !strings.HasSuffix(path, "web") && !strings.Contains(path, "/web") && !helper.MatchString(path) &&
				// report writes a document with html/template; account wraps handlers with its sessions.
				!slices.Contains([]string{"internal/app", "internal/structure", "internal/account", "internal/account/provider", "internal/report"}, path)
			switch {
			case pure && slices.Contains([]string{"database/sql", "net/http", "os", "log", "log/slog", "math/rand", "net", "time/tzdata"}, imp):
				t.Errorf("%s is pure and may not import %s", path, imp)
			case domain && (imp == "net/http" || imp == "html/template"):
				t.Errorf("%s holds rules and may not import %s", path, imp)
			case strings.HasPrefix(imp, "github.com/wneessen/go-mail") && path != "internal/mail":
				t.Errorf("%s sends mail: %s", path, imp)
			case (imp == "modernc.org/sqlite" || strings.HasPrefix(imp, "github.com/jackc/pgx")) && path != "internal/database" && path != "internal/jobs":
				t.Errorf("%s opens a second door to the engines: %s", path, imp)
			}
		}
	}
}

// allowed are the modules the program may link directly. Each is worth its keep; see
// docs/decisions/0002-dependencies.md.
var allowed = []string{
	"modernc.org/sqlite", "github.com/jackc/pgx/v5", "github.com/pressly/goose/v3", "github.com/riverqueue/river", "github.com/riverqueue/river/riverdriver", "github.com/riverqueue/river/riverdriver/riversqlite",
	"github.com/riverqueue/river/riverdriver/riverpgxv5", "github.com/riverqueue/river/rivershared", "github.com/riverqueue/river/rivertype", "github.com/alexedwards/scs/v2", "golang.org/x/crypto", "golang.org/x/text", "golang.org/x/mod", "golang.org/x/sync",
	"github.com/xuri/excelize/v2", "github.com/xuri/nfp", "filippo.io/age", "github.com/alecthomas/kong", "github.com/schollz/progressbar/v3", "gonum.org/v1/gonum", "golang.org/x/term", "github.com/prometheus/client_golang",
	"github.com/pquerna/otp", "github.com/boombuler/barcode", "github.com/go-webauthn/webauthn", "github.com/coreos/go-oidc/v3", "golang.org/x/oauth2", "github.com/wneessen/go-mail",
}

func TestOnlyAllowedDependencies(t *testing.T) {
	deps := map[string]bool{}
	for _, p := range list(t, "./cmd/lantern") {
		for _, d := range p.Deps {
			deps[d] = true
		}
	}
	for _, p := range list(t, "./...") {
		if !deps[p.ImportPath] {
			continue
		}
		for _, imp := range p.Imports {
			first, _, _ := strings.Cut(imp, "/")
			if !strings.Contains(first, ".") || strings.HasPrefix(imp, module) {
				continue
			}
			if !slices.ContainsFunc(allowed, func(m string) bool { return imp == m || strings.HasPrefix(imp, m+"/") }) {
				t.Errorf("%s links %s, which is not on the list of what the program may link", p.ImportPath, imp)
			}
		}
	}
	for d := range deps {
		if strings.HasPrefix(d, "github.com/cedar-policy/") || strings.HasPrefix(d, "github.com/chromedp/") || strings.HasPrefix(d, "pgregory.net/rapid") || strings.HasPrefix(d, "github.com/emersion/go-smtp") {
			t.Errorf("the program links %s, which is for tests", d)
		}
	}
}

// Nothing dials out: no package but the database's makes a connection, and the one that signs people in through their
// organisation's own provider, where one is set up. The mail library dials where a mail server is named, and internal/mail alone may import it.
func TestNothingDialsOut(t *testing.T) {
	sources(t, func(path string, f *ast.File, fset *token.FileSet) {
		if strings.HasPrefix(path, "internal/database/") || strings.HasPrefix(path, "internal/account/provider/") || strings.HasPrefix(path, "e2e/") || strings.HasPrefix(path, "bench/") || strings.HasPrefix(path, "tools/") || helper.MatchString(filepath.Dir(path)) {
			return
		}
		ast.Inspect(f, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			pkg, ok := sel.X.(*ast.Ident)
			if !ok {
				return true
			}
			switch pkg.Name + "." + sel.Sel.Name {
			case "http.Get", "http.Post", "http.PostForm", "http.Head", "http.DefaultClient", "http.Client", "http.Transport", "net.Dial", "net.DialTimeout", "net.Dialer", "net.LookupHost":
				t.Errorf("%s: %s.%s: nothing leaves this machine", fset.Position(sel.Pos()), pkg.Name, sel.Sel.Name)
			}
			return true
		})
	})
}

// Only the clock asks the machine for the time.
func TestOneClock(t *testing.T) {
	sources(t, func(path string, f *ast.File, fset *token.FileSet) {
		if strings.HasPrefix(path, "internal/clock/") || strings.HasPrefix(path, "cmd/") || strings.HasPrefix(path, "e2e/") || strings.HasPrefix(path, "bench/") || strings.HasPrefix(path, "tools/") || helper.MatchString(filepath.Dir(path)) {
			return
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok {
				if pkg, ok := sel.X.(*ast.Ident); ok && pkg.Name == "time" && (sel.Sel.Name == "Now" || sel.Sel.Name == "Since" || sel.Sel.Name == "Until") {
					t.Errorf("%s: time.%s: take a clock.Clock", fset.Position(sel.Pos()), sel.Sel.Name)
				}
			}
			return true
		})
	})
}

// Migration numbers are used once and every table of personal data has the columns access needs.
func TestMigrations(t *testing.T) {
	names, err := filepath.Glob(filepath.Join(root(t), "internal/database/migrations/*.sql"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no migrations found: %v", err)
	}
	seen := map[string][]string{}
	for _, n := range names {
		base := filepath.Base(n)
		number, _, _ := strings.Cut(base, "_")
		engine := "both"
		for _, e := range []string{"sqlite", "postgres"} {
			if strings.HasSuffix(base, "."+e+".sql") {
				engine = e
			}
		}
		for _, had := range seen[number] {
			if had == engine || had == "both" || engine == "both" {
				t.Errorf("migration number %s is used twice for an engine", number)
			}
		}
		seen[number] = append(seen[number], engine)
		b, err := os.ReadFile(n) //nolint:gosec // our own file
		if err != nil {
			t.Fatal(err)
		}
		text := strings.ToUpper(string(b))
		for _, banned := range []string{" SERIAL", "AUTOINCREMENT", "JSONB", "TIMESTAMP", " NOW()", "CURRENT_TIMESTAMP", "IF NOT EXISTS", " ILIKE "} {
			if strings.Contains(text, banned) && !strings.HasSuffix(base, ".postgres.sql") && !strings.HasSuffix(base, ".sqlite.sql") {
				t.Errorf("%s uses%s, which the two engines do not share", base, banned)
			}
		}
	}
}
