package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// npmPackage is one entry of package-lock.json.
type npmPackage struct {
	Name    string `json:"-"`
	Version string `json:"version"`
	Licence string `json:"license"`
	Dev     bool   `json:"dev"`
	Peer    bool   `json:"peer"`
}

// noticeOnly gives the copyright line of the packages that name their licence
// and ship no file with it; their repositories have the line.
var noticeOnly = map[string]string{
	"govuk-frontend":              "Copyright (C) 2017 Crown Copyright (Government Digital Service)",
	"@ministryofjustice/frontend": "Copyright (c) 2021 dxw",
}

// licencesPage lists every package that npm brings, with its licence, and
// reproduces the notices of those whose code is in the program.
func licencesPage(web string) ([]byte, error) {
	packages, direct, err := readLock(web)
	if err != nil {
		return nil, err
	}
	var page, notices bytes.Buffer
	page.WriteString("# Licences of the front-end packages\n\nMade by tools/assets from package-lock.json. What is in the program is reproduced, with its notice, below.\n\n")
	page.WriteString("| package | version | licence | in the program |\n|---|---|---|---|\n")
	for _, p := range packages {
		fmt.Fprintf(&page, "| %s | %s | %s | %s |\n", p.Name, p.Version, p.Licence, carried(p, direct))
		if p.Dev || p.Peer || strings.HasPrefix(p.Name, "@types/") {
			continue
		}
		notice, err := noticeOf(web, p)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&notices, "\n## %s %s\n\n```text\n%s\n```\n", p.Name, p.Version, notice)
	}
	page.Write(notices.Bytes())
	return page.Bytes(), nil
}

func readLock(web string) (packages []npmPackage, direct map[string]string, err error) {
	raw, err := os.ReadFile(filepath.Join(web, "package-lock.json"))
	if err != nil {
		return nil, nil, err
	}
	var lock struct {
		Packages map[string]json.RawMessage `json:"packages"`
	}
	if err := json.Unmarshal(raw, &lock); err != nil {
		return nil, nil, fmt.Errorf("package-lock.json: %w", err)
	}
	var root struct {
		Dependencies map[string]string `json:"dependencies"`
	}
	if err := json.Unmarshal(lock.Packages[""], &root); err != nil {
		return nil, nil, fmt.Errorf("package-lock.json: the root package: %w", err)
	}
	for where, entry := range lock.Packages {
		_, name, ok := strings.Cut(where, "node_modules/")
		if !ok {
			continue
		}
		p := npmPackage{Name: name}
		if err := json.Unmarshal(entry, &p); err != nil {
			return nil, nil, fmt.Errorf("package-lock.json: %s: %w", name, err)
		}
		if p.Licence == "" {
			if p.Licence, err = licenceOf(web, name); err != nil {
				return nil, nil, err
			}
		}
		packages = append(packages, p)
	}
	slices.SortFunc(packages, func(a, b npmPackage) int { return strings.Compare(a.Name, b.Name) })
	return packages, root.Dependencies, nil
}

// licenceOf reads a package's own statement, where the lock has none.
func licenceOf(web, name string) (string, error) {
	raw, err := os.ReadFile(filepath.Join(web, "node_modules", filepath.FromSlash(name), "package.json"))
	if err != nil {
		return "", err
	}
	var stated struct {
		Licence any `json:"license"`
	}
	if err := json.Unmarshal(raw, &stated); err != nil {
		return "", fmt.Errorf("%s: package.json: %w", name, err)
	}
	if text, ok := stated.Licence.(string); ok && text != "" {
		return text, nil
	}
	return "", fmt.Errorf("%s %s states no licence: find it out before the package is carried", name, "in node_modules")
}

func carried(p npmPackage, direct map[string]string) string {
	switch {
	case p.Dev:
		return "no: tests only"
	case p.Peer:
		return "no: asked for by a package, not used"
	case strings.HasPrefix(p.Name, "@types/"):
		return "no: types only"
	case direct[p.Name] == "":
		return "as far as maplibre-gl includes it"
	default:
		return "yes"
	}
}

// noticeOf finds the licence file that a package ships, or makes the notice of
// one that only names the MIT licence.
func noticeOf(web string, p npmPackage) (string, error) {
	folder := filepath.Join(web, "node_modules", filepath.FromSlash(p.Name))
	entries, err := os.ReadDir(folder)
	if err != nil {
		return "", err
	}
	for _, e := range entries {
		name := strings.ToLower(e.Name())
		if e.Type().IsRegular() && (strings.HasPrefix(name, "licen") || strings.HasPrefix(name, "copying")) {
			text, err := os.ReadFile(filepath.Join(folder, e.Name()))
			return tidy(string(text)), err
		}
	}
	if line := noticeOnly[p.Name]; line != "" && p.Licence == "MIT" {
		return line + "\n\n" + mit, nil
	}
	return "Licence named in its package.json: " + p.Licence + ". The package ships no licence text.", nil
}

func tidy(text string) string {
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight(l, " \t")
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}

func checkLicences(web string, want []byte) error {
	got, err := os.ReadFile(filepath.Join(web, "LICENCES.md"))
	if err != nil {
		return err
	}
	if !bytes.Equal(got, want) {
		return fmt.Errorf("web/LICENCES.md does not fit package-lock.json: run go run -C tools/assets . and commit it")
	}
	return nil
}

// mit is the text of the MIT licence below its copyright line.
const mit = `Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.`
