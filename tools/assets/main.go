// Command assets makes the front-end files that the program embeds.
//
// It takes the packages that npm has put in web/node_modules and our own
// sources in web/src, and writes internal/web/assets/built: design-system
// styles without another house's font, crest and crown, our styles and
// scripts bundled, MapLibre as its makers ship it, and a coastline. It also
// writes web/LICENCES.md. It fetches nothing.
//
//	npm ci --ignore-scripts --prefix web
//	go run -C tools/assets .
//
// With -check it writes nothing and fails if web/LICENCES.md is out of date.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	web := flag.String("web", "../../web", "folder with package-lock.json, node_modules and src")
	out := flag.String("out", "../../internal/web/assets/built", "folder to write")
	check := flag.Bool("check", false, "write nothing; fail if LICENCES.md is out of date")
	flag.Parse()
	if err := run(*web, *out, *check); err != nil {
		fmt.Fprintln(os.Stderr, "assets:", err)
		os.Exit(1)
	}
}

func run(web, out string, check bool) error {
	if _, err := os.Stat(filepath.Join(web, "node_modules")); err != nil {
		return fmt.Errorf("%s has no node_modules: run npm ci --ignore-scripts --prefix web first", web)
	}
	licences, err := licencesPage(web)
	if err != nil {
		return err
	}
	if check {
		return checkLicences(web, licences)
	}
	if err := os.WriteFile(filepath.Join(web, "LICENCES.md"), licences, 0o644); err != nil {
		return err
	}
	b := builder{modules: filepath.Join(web, "node_modules"), source: filepath.Join(web, "src"), out: out}
	b.clear()
	b.write("licences.txt", licences)
	b.designSystems()
	b.maplibre()
	b.own()
	b.coast()
	if b.err != nil {
		return b.err
	}
	fmt.Printf("assets: %d files, %d kB, in %s\n", b.files, b.bytes/1024, out)
	return nil
}
