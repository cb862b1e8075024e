package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"text/tabwriter"

	"lantern.example/lantern/internal/access"
	"lantern.example/lantern/internal/app"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/config"
	"lantern.example/lantern/internal/figure"
	"lantern.example/lantern/internal/gazetteer"
	"lantern.example/lantern/internal/gazetteer/schematic"
)

// geographyCommand looks after official boundaries.
type geographyCommand struct {
	Load geographyLoad `cmd:"" help:"Load boundaries from GeoJSON files; the Office for National Statistics offers them free at geoportal.statistics.gov.uk."`
	List geographyList `cmd:"" help:"List the boundaries that are loaded, with their vintage and licence line."`
}

type geographyLoad struct {
	place
	File    []string `arg:"" help:"GeoJSON in longitude and latitude (WGS84), one feature an area." type:"existingfile"`
	Layer   string   `help:"What the areas are: pfa, lad, lsoa, msoa, wd, csp, cty, rgn, ctry, or a name of your own. Found out from the file without it." placeholder:"NAME"`
	Vintage string   `help:"Year or date of the boundaries." placeholder:"2024"`
	Licence string   `help:"The line to show wherever the boundaries are shown." placeholder:"TEXT"`
	JSON    bool     `help:"Print one JSON document." name:"json"`
}

type geographyList struct {
	place
	JSON bool `help:"Print one JSON document." name:"json"`
}

// geographySet is one set of boundaries in the documents of "geography load" and "geography list".
type geographySet struct {
	Layer    string `json:"layer"`
	Level    string `json:"level"`
	Vintage  string `json:"vintage"`
	Areas    int    `json:"areas"`
	File     string `json:"file"`
	SHA256   string `json:"sha256"`
	Licence  string `json:"licence"`
	LoadedAt string `json:"loaded_at"`
	Already  bool   `json:"already_loaded,omitempty"`
}

func ofSet(s gazetteer.Set) geographySet {
	return geographySet{s.Layer, string(s.Level), s.Vintage, s.Areas, s.File, s.SHA256, s.Licence, clock.FromMicros(s.LoadedAt).UTC().Format("2006-01-02T15:04:05Z"), s.Already}
}

func (p place) open(ctx context.Context) (*app.App, error) {
	return app.Open(ctx, config.Config{Data: p.Data, DB: p.DB, PasswordFile: p.PasswordFile}, app.Options{})
}

func (c *geographyLoad) Run(ctx context.Context) (err error) {
	a, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	out := struct {
		Sets   []geographySet `json:"sets"`
		Placed int64          `json:"events_placed"`
	}{Sets: []geographySet{}}
	for _, f := range c.File {
		sets, placed, err := a.LoadBoundaries(ctx, access.System("geography load", access.Upkeep), f, c.Layer, c.Vintage, c.Licence)
		if err != nil {
			return err
		}
		out.Placed += placed
		for _, s := range sets {
			out.Sets = append(out.Sets, ofSet(s))
			if !c.JSON {
				said := "loaded"
				if s.Already {
					said = "were loaded before; nothing was changed"
				}
				fmt.Printf("%s areas of layer %s, %s, %s.\n%s\n", figure.Group(s.Areas), s.Layer, s.Vintage, said, s.Licence)
			}
		}
	}
	if c.JSON {
		return json.NewEncoder(os.Stdout).Encode(out)
	}
	if out.Placed > 0 {
		fmt.Printf("%s events that had no district were looked for in them.\n", figure.Group(int(out.Placed)))
	}
	return nil
}

func (c *geographyList) Run(ctx context.Context) (err error) {
	a, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	sets, err := a.Gazetteer.Sets(ctx, a.DB.Reader())
	if err != nil {
		return err
	}
	if c.JSON {
		out := []geographySet{}
		for _, s := range sets {
			out = append(out, ofSet(s))
		}
		return json.NewEncoder(os.Stdout).Encode(map[string]any{"sets": out})
	}
	if len(sets) == 0 {
		fmt.Printf("No boundaries are loaded. The built-in schematic has names and one point for each force and district, as at %s; it places nothing.\n", schematic.AsAt)
		fmt.Printf("Official boundaries are at %s, for instance %q: download GeoJSON and give it to lantern geography load.\n", schematic.Portal, schematic.District.OfficialLayer())
		return nil
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "LAYER\tVINTAGE\tAREAS\tFILE\tLICENCE")
	for _, s := range sets {
		fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%s\n", s.Layer, s.Vintage, s.Areas, s.File, s.Licence)
	}
	return w.Flush()
}
