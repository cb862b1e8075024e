package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"

	"lantern.example/lantern/internal/analyserun"
	"lantern.example/lantern/internal/app"
	"lantern.example/lantern/internal/clock"
	"lantern.example/lantern/internal/fault"
	"lantern.example/lantern/internal/gazetteer/schematic"
	"lantern.example/lantern/internal/web/chart"
)

// analyseCommand is one sub-command a method.
type analyseCommand struct {
	Capture    analyseCapture    `cmd:"" help:"How many are on nobody's list: one 0/1 column a list, and count."`
	Trend      analyseTrend      `cmd:"" help:"Growing, or are we just looking: month, source, effort, count."`
	Hotspots   analyseHotspots   `cmd:"" help:"Which areas stand out: points x,y or longitude,latitude with --cell, or areas with --value and --neighbours."`
	Nearrepeat analyseNearRepeat `cmd:"" name:"nearrepeat" help:"Does one event raise the chance of another close by: x,y,date."`
	Density    analyseDensity    `cmd:"" help:"A smooth surface of events: x,y in metres."`
	Flows      analyseFlows      `cmd:"" help:"Who travels from where to where: origin, destination, people."`
	Market     analyseMarket     `cmd:"" help:"The size of a market: quantity, low, high, shape, source, year."`
	Outcomes   analyseOutcomes   `cmd:"" help:"Did it work: person, measure, baseline, followup, improved; or counts."`
	Prepost    analysePrepost    `cmd:"" help:"A series before and after a date: time, count and perhaps effort, control."`
	Network    analyseNetwork    `cmd:"" help:"How places, lines and groups are joined: a, b. Never for ranking people."`
	Agreement  analyseAgreement  `cmd:"" help:"How far coders agree: unit, coder, value."`
	Disclosure analyseDisclosure `cmd:"" help:"Hide small numbers in a table with totals."`
}

// analysis is what every method shares.
type analysis struct {
	File    string `arg:"" name:"file" help:"CSV or XLSX, plain or .gz; - is standard input."`
	JSON    bool   `help:"Print one JSON document." name:"json"`
	Seed    uint64 `help:"Of chance: same input and seed, same answer." default:"1"`
	Threads int    `help:"How many to use; 0 is all. The answer does not depend on it." default:"0" placeholder:"N"`
}

func (a analysis) run() analyserun.Run {
	threads := a.Threads
	if threads <= 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	return analyserun.Run{Version: version, Seed: a.Seed, Threads: threads}
}

// with opens the file, calls a method and prints its answer.
func (a analysis) with(method func(analyserun.Run, analyserun.Input) (analyserun.Answer, error)) error {
	in, done, err := openInput(a.File)
	if err != nil {
		return err
	}
	answer, err := method(a.run(), in)
	if err := errors.Join(err, done()); err != nil {
		return err
	}
	return a.print(answer)
}

func (a analysis) print(answer analyserun.Answer) error {
	var err error
	if a.JSON {
		_, err = fmt.Fprintf(os.Stdout, "%s\n", answer.Document)
	} else {
		_, err = io.WriteString(os.Stdout, answer.Text)
	}
	if err != nil {
		return fault.Wrap(fault.Unavailable, err, "The answer could not be written: %v.", err)
	}
	if answer.Refused {
		return refusal{strings.Join(answer.Reasons, " ")}
	}
	return nil
}

// openInput opens a file or standard input.
func openInput(name string) (in analyserun.Input, done func() error, err error) {
	opened, err := openSources([]string{name})
	if err != nil {
		return in, nil, err
	}
	return analyserun.Input{Name: opened[0].name, Data: opened[0].file, Size: opened[0].size}, opened[0].done, nil
}

// second opens a further file that a flag names; nil for none.
func second(name string, use func(in *analyserun.Input) error) error {
	if name == "" {
		return use(nil)
	}
	in, done, err := openInput(name)
	if err != nil {
		return err
	}
	return errors.Join(use(&in), done())
}

// several opens the further files that a flag names.
func several(names []string, use func(in []analyserun.Input) error) error {
	var open func(left []string, in []analyserun.Input) error
	open = func(left []string, in []analyserun.Input) error {
		if len(left) == 0 {
			return use(in)
		}
		if left[0] == "" {
			return fault.New(fault.Invalid, "A file was asked for without a name; expected the name of a table published before.")
		}
		return second(left[0], func(one *analyserun.Input) error { return open(left[1:], append(in, *one)) })
	}
	return open(names, nil)
}

type analyseCapture struct {
	analysis
	PEnter    float64  `help:"P below which a pair of lists enters the stepwise model." default:"0.02" name:"p-enter"`
	Bootstrap int      `help:"Bootstrap replicates of the stepwise estimate." default:"1000"`
	Engines   []string `help:"Which of stepwise, bic, dga, latent_class." default:"stepwise,bic,dga,latent_class"`
}

func (c *analyseCapture) Run() error {
	return c.with(func(run analyserun.Run, in analyserun.Input) (analyserun.Answer, error) {
		return analyserun.Capture(run, in, analyserun.CaptureOptions{PEnter: c.PEnter, Bootstrap: c.Bootstrap, Engines: c.Engines})
	})
}

type analyseTrend struct {
	analysis
	Break  []string `help:"A change in recording known beforehand; may be given several times." placeholder:"MONTH:LABEL" sep:"none"`
	Delays string   `help:"Reports by delay (event_week, delay, count): adds what recent weeks will come to." placeholder:"FILE"`
	Counts string   `help:"What is counted, in the plural, for the sentence." placeholder:"WORDS"`
	Effort string   `help:"What effort is, for the sentence." placeholder:"WORDS"`
}

func (c *analyseTrend) Run() error {
	return second(c.Delays, func(delays *analyserun.Input) error {
		return c.with(func(run analyserun.Run, in analyserun.Input) (analyserun.Answer, error) {
			return analyserun.Trend(run, in, analyserun.TrendOptions{Breaks: c.Break, Delays: delays, CountName: c.Counts, EffortName: c.Effort})
		})
	})
}

type analyseHotspots struct {
	analysis
	Cell         int     `help:"Side of the square cells for points, metres." placeholder:"METRES"`
	Value        string  `help:"The column of areas that is looked at." placeholder:"COLUMN"`
	Neighbours   string  `help:"Which areas are neighbours (i, j)." placeholder:"FILE"`
	Alpha        float64 `help:"Adjusted p below which an area stands out." default:"0.05"`
	Permutations int     `help:"Of local Moran." default:"9999"`
	Snapped      bool    `help:"Positions were moved to a fixed list of points before publication, as data.police.uk does."`
	LeaveOut     bool    `name:"leave-out-unknown" help:"Leave out what the neighbour list names beyond the areas; without it such a list is refused, because a list joined on the wrong column draws another map."`
}

func (c *analyseHotspots) Run() error {
	return second(c.Neighbours, func(neighbours *analyserun.Input) error {
		return c.with(func(run analyserun.Run, in analyserun.Input) (analyserun.Answer, error) {
			return analyserun.Hotspots(run, in, analyserun.HotspotOptions{
				Cell: c.Cell, Value: c.Value, Neighbours: neighbours, Alpha: c.Alpha, Permutations: c.Permutations, Snapped: c.Snapped, LeaveOut: c.LeaveOut,
			})
		})
	})
}

type analyseNearRepeat struct {
	analysis
	Distance     string `help:"Edges of the bands of distance, metres." default:"0,1,100,200,300,400"`
	Days         string `help:"Edges of the bands of days." default:"0,8,15,22,29"`
	Metric       string `help:"Along streets or straight." enum:"manhattan,euclidean" default:"manhattan"`
	Permutations int    `help:"How often dates are dealt out again." default:"999"`
	Snapped      bool   `help:"Positions were moved to a fixed list of points before publication, as data.police.uk does."`
}

func (c *analyseNearRepeat) Run() error {
	return c.with(func(run analyserun.Run, in analyserun.Input) (analyserun.Answer, error) {
		return analyserun.NearRepeat(run, in, analyserun.NearRepeatOptions{Distance: c.Distance, Days: c.Days, Metric: c.Metric, Permutations: c.Permutations, Snapped: c.Snapped})
	})
}

type analyseDensity struct {
	analysis
	Bandwidth   float64 `help:"Standard deviation of the kernel, metres; worked out without it." placeholder:"M"`
	Window      string  `help:"The rectangle looked at; around the events without it." placeholder:"X0,X1,Y0,Y1"`
	Size        int     `help:"Cells along the longer side." default:"512"`
	AtPoints    bool    `help:"Also give the density at every event."`
	Uncorrected bool    `help:"Leave out the correction for the edges of the window; for comparison."`
}

func (c *analyseDensity) Run() error {
	return c.with(func(run analyserun.Run, in analyserun.Input) (analyserun.Answer, error) {
		return analyserun.Density(run, in, analyserun.DensityOptions{Bandwidth: c.Bandwidth, Window: c.Window, Size: c.Size, AtPoints: c.AtPoints, Uncorrected: c.Uncorrected})
	})
}

type analyseFlows struct {
	analysis
	Threshold int    `help:"Counts from 1 to one below it are hidden." default:"5"`
	Out       string `help:"Write map and table to one self-contained page." placeholder:"FILE.html"`
}

func (c *analyseFlows) Run() error {
	how := analyserun.FlowsOptions{Threshold: c.Threshold}
	if c.Out != "" {
		made, err := app.Made(os.Getenv("SOURCE_DATE_EPOCH"), clock.System{}.Now())
		if err != nil {
			return err
		}
		how.Page = &analyserun.FlowsPage{Made: made, Locate: locate, Background: coast(), Licences: []string{schematic.Attribution, schematic.CoastCredit}}
	}
	var page []byte
	err := c.with(func(run analyserun.Run, in analyserun.Input) (answer analyserun.Answer, err error) {
		answer, page, err = analyserun.Flows(run, in, how)
		if err != nil || page == nil {
			return answer, err
		}
		if err := os.WriteFile(c.Out, page, 0o600); err != nil {
			return answer, fault.Wrap(fault.Unavailable, err, "The page could not be written: %v. Choose another place with --out.", err)
		}
		return answer, nil
	})
	return err
}

// locate finds an area by its name among forces, districts, counties and regions, in this order.
func locate(name string) (string, chart.Point, bool) {
	for _, level := range []schematic.Level{schematic.Force, schematic.District, schematic.County, schematic.Region} {
		if m, err := schematic.Find(level, "", name); err == nil {
			return m.Area.Code, chart.Point{Lon: m.Area.Inner.Lon, Lat: m.Area.Inner.Lat}, true
		}
	}
	return "", chart.Point{}, false
}

// coast is the outline of the islands under a map.
func coast() chart.Background {
	b := chart.Background{Attribution: schematic.CoastCredit}
	for _, shore := range schematic.Coast() {
		for _, part := range shore.Area {
			for _, ring := range part {
				line := make([]chart.Point, len(ring))
				for i, p := range ring {
					line[i] = chart.Point{Lon: p.Lon, Lat: p.Lat}
				}
				b.Land = append(b.Land, line)
			}
		}
	}
	return b
}

type analyseMarket struct {
	analysis
	Draws       int      `help:"Draws of the product." default:"1000000"`
	Unit        string   `help:"Put before amounts." default:"£"`
	Correlation []string `help:"Two quantities that move together and their rank correlation; may be given several times." placeholder:"A:B:R"`
}

func (c *analyseMarket) Run() error {
	return c.with(func(run analyserun.Run, in analyserun.Input) (analyserun.Answer, error) {
		return analyserun.Market(run, in, analyserun.MarketOptions{Draws: c.Draws, Unit: c.Unit, Correlations: c.Correlation})
	})
}

type analyseOutcomes struct {
	analysis
	Scales    string `help:"What is known of the scales (measure, direction, sd, reliability, population_mean, source)." placeholder:"FILE"`
	Reference string `help:"The group others are compared with; the largest without it." placeholder:"GROUP"`
	Deliverer bool   `help:"The worker who delivered also asked the questions."`
}

func (c *analyseOutcomes) Run() error {
	return second(c.Scales, func(scales *analyserun.Input) error {
		return c.with(func(run analyserun.Run, in analyserun.Input) (analyserun.Answer, error) {
			return analyserun.Outcomes(run, in, analyserun.OutcomesOptions{Scales: scales, ReferenceGroup: c.Reference, ScoredByDeliverer: c.Deliverer})
		})
	})
}

type analysePrepost struct {
	analysis
	At string `help:"The first time that counts as after." required:"" placeholder:"TIME"`
}

func (c *analysePrepost) Run() error {
	return c.with(func(run analyserun.Run, in analyserun.Input) (analyserun.Answer, error) {
		return analyserun.Prepost(run, in, c.At)
	})
}

type analyseNetwork struct {
	analysis
	Betweenness string `help:"exact, or sampled:K with K sources." default:"exact"`
}

func (c *analyseNetwork) Run() error {
	return c.with(func(run analyserun.Run, in analyserun.Input) (analyserun.Answer, error) {
		return analyserun.Network(run, in, c.Betweenness)
	})
}

type analyseAgreement struct {
	analysis
	Order     []string `help:"The values from least to most, for ordinal alpha." placeholder:"VALUE"`
	Positive  string   `help:"The value that means present." placeholder:"VALUE"`
	Bootstrap int      `help:"Replicates for the intervals of alpha." default:"1000"`
}

func (c *analyseAgreement) Run() error {
	return c.with(func(run analyserun.Run, in analyserun.Input) (analyserun.Answer, error) {
		return analyserun.Agreement(run, in, analyserun.AgreementOptions{Order: c.Order, Positive: c.Positive, Bootstrap: c.Bootstrap})
	})
}

type analyseDisclosure struct {
	analysis
	Threshold int `help:"Counts from 1 to one below it are hidden." default:"5"`
	Round     int `help:"Round what is published to this base; 0 is not at all." default:"0"`

	Published []string `help:"These same counts as they were published before; may be given several times." placeholder:"FILE" sep:"none"`
	Earlier   []string `help:"A table published before of counts that these include (a shorter window, a smaller area): the difference is protected too. May be given several times." placeholder:"FILE" sep:"none"`
}

func (c *analyseDisclosure) Run() error {
	how := analyserun.DisclosureOptions{Threshold: c.Threshold, Round: c.Round}
	return several(c.Published, func(published []analyserun.Input) error {
		return several(c.Earlier, func(earlier []analyserun.Input) error {
			how.Published, how.Earlier = published, earlier
			return c.with(func(run analyserun.Run, in analyserun.Input) (analyserun.Answer, error) {
				return analyserun.Disclosure(run, in, how)
			})
		})
	})
}
