package structure

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// aboutNobody are the functions that make a form with room for words and say nothing of who reads them, each with why that is right: what is
// written there is about no person, and the page it goes to says whose it is.
var aboutNobody = map[string]string{
	"content/contentweb.withdrawing":               "why an item of content is withdrawn: content is about nobody",
	"partnership/partnershipweb.countForm":         "a note on how an objective was counted",
	"partnership/partnershipweb.dropHoliday":       "why a bank holiday goes",
	"partnership/partnershipweb.newHoliday":        "why a bank holiday is added",
	"partnership/partnershipweb.newAgencyForm":     "why an agency's entry changes",
	"partnership/partnershipweb.newDefinitionForm": "the wording of a definition",
	"partnership/partnershipweb.newWordForm":       "the wording of a definition, anew",
	"partnership/partnershipweb.newWithdrawForm":   "why a definition is withdrawn",
	"partnership/partnershipweb.newEndForm":        "why a lead or a definition no longer holds",
	"partnership/partnershipweb.newLeadForm":       "what a lead's duties are",
	"partnership/partnershipweb.newSettingsForm":   "the partnership's areas, controllers and host",
	"partnership/partnershipweb.newThemeForm":      "what a theme holds",
	"partnership/partnershipweb.varyingForm":       "how an agency's reading of a definition differs",
	"partnership/partnershipweb.wordsOf":           "words that bring a definition up",
	"picture/pictureweb.signForm":                  "what was checked of a paper's figures; it is printed on the paper beside the name",
	"practice/practiceweb.changing":                "why something in the practice hub changes",
	"practice/practiceweb.confirming":              "what an item of the practice hub was checked against",
	"practice/practiceweb.ending":                  "why an adoption is taken back",
	"practice/practiceweb.reviewing":               "what was looked at in an item of the practice hub",
	"sharing/sharingweb.newDraft":                  "the conditions of an agreement, which every party reads before it signs",
	"work/workweb.editing":                         "the fields of an action's form, which taskForm makes with its Readers",
	"work/workweb.board":                           "a form of one button; the page asks for the board's kind too",
}

// made is what a function of a package with pages does about forms.
type made struct {
	form, room, readers bool
	calls               map[string]bool // functions and variables of the package that it uses
}

// look reads the functions and the package's variables of a folder.
func look(t *testing.T, dir string) map[string]*made {
	t.Helper()
	found := map[string]*made{}
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			names := []string{}
			switch d := d.(type) {
			case *ast.FuncDecl:
				names = append(names, d.Name.Name)
			case *ast.GenDecl:
				for _, s := range d.Specs {
					if v, ok := s.(*ast.ValueSpec); ok {
						for _, n := range v.Names {
							names = append(names, n.Name)
						}
					}
				}
			}
			for _, n := range names {
				if found[n] == nil {
					found[n] = &made{calls: map[string]bool{}}
				}
				found[n].see(d)
			}
		}
	}
	return found
}

func (m *made) see(d ast.Node) {
	ast.Inspect(d, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			m.room = m.room || n.Sel.Name == "TextArea"
		case *ast.CallExpr:
			switch f := n.Fun.(type) {
			case *ast.SelectorExpr:
				m.form = m.form || f.Sel.Name == "NewForm"
				m.calls[f.Sel.Name] = true
			case *ast.Ident:
				m.calls[f.Name] = true
			}
		case *ast.CompositeLit:
			if s, ok := n.Type.(*ast.SelectorExpr); ok && s.Sel.Name == "Form" {
				m.form = true
			}
		case *ast.AssignStmt:
			for _, l := range n.Lhs {
				if s, ok := l.(*ast.SelectorExpr); ok && s.Sel.Name == "Readers" {
					m.readers = true
				}
			}
		case *ast.KeyValueExpr:
			if k, ok := n.Key.(*ast.Ident); ok && k.Name == "Readers" {
				m.readers = true
			}
		}
		return true
	})
}

// Every form with room for words says who will read them, before they are saved, unless they are about nobody and it is written down why.
func TestFormsWithRoomForWordsSayWhoReadsThem(t *testing.T) {
	base := filepath.Join(root(t), "internal")
	forms, silent := 0, map[string]bool{}
	err := filepath.WalkDir(base, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() || !strings.HasSuffix(d.Name(), "web") || d.Name() == "web" {
			return err
		}
		pkg, err := filepath.Rel(base, path)
		if err != nil {
			return err
		}
		all := look(t, path)
		for name, m := range all {
			room := m.room
			for call := range m.calls {
				if x := all[call]; x != nil && x.room && !x.form {
					room = true
				}
			}
			if !m.form || !room {
				continue
			}
			forms++
			key := filepath.ToSlash(pkg) + "." + name
			switch why, ok := aboutNobody[key]; {
			case !m.readers && !ok:
				t.Errorf("%s makes a form with room for words and does not set its Readers: say who will read them and who will not (site.ReadBy for words about a person), or write down here why they are about nobody", key)
			case m.readers && ok:
				t.Errorf("%s sets Readers and stands on the list of those that need not (%s): take it off", key, why)
			case ok:
				silent[key] = true
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range slices.Sorted(maps.Keys(aboutNobody)) {
		if !silent[key] {
			t.Errorf("%s stands on the list and makes no such form: take it off", key)
		}
	}
	if forms < 60 {
		t.Errorf("only %d forms with room for words were found: is the search right?", forms)
	}
}
