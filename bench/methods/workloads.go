package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"lantern.example/lantern/internal/analysis/capture"
	"lantern.example/lantern/internal/analysis/density"
	"lantern.example/lantern/internal/analysis/hotspot"
	"lantern.example/lantern/internal/analysis/market"
	"lantern.example/lantern/internal/analysis/nearrepeat"
	"lantern.example/lantern/internal/analysis/network"
)

// The sizes of the invented inputs.
const (
	knoxPoints  = 970
	side        = 100 // cells along the map of local Moran
	kdePoints   = 100_000
	kdeSize     = 512
	window      = 20_000.0 // metres
	bandwidth   = 500.0
	marketDraws = 2_000_000
)

// workloads prepares every input, writes those a peer needs into dir, and gives what is to be timed.
func workloads(shared, dir string, threads int) ([]workload, error) {
	var out []workload
	for _, make := range []func(shared, dir string, threads int) ([]workload, error){captureWork, knoxWork, moranWork, densityWork, networkWork, marketWork} {
		w, err := make(shared, dir, threads)
		if err != nil {
			return nil, err
		}
		out = append(out, w...)
	}
	return out, nil
}

func captureWork(shared, _ string, threads int) ([]workload, error) {
	five, err := captureTable(filepath.Join(shared, "mse", "uk2013_5.csv"))
	if err != nil {
		return nil, err
	}
	six, err := captureTable(filepath.Join(shared, "mse", "uk2013_6.csv"))
	if err != nil {
		return nil, err
	}
	run := func(t capture.Table, bootstrap int, engine string) func() (map[string]float64, error) {
		return func() (map[string]float64, error) {
			r, err := capture.Estimate(t, capture.Options{Bootstrap: bootstrap, Engines: []string{engine}, Seed: 1, Threads: threads})
			if err == nil && r.Refused {
				err = fmt.Errorf("refused: %v", r.Reasons)
			}
			return nil, err
		}
	}
	return []workload{
		{name: "capture, UK five lists, stepwise and BCa 1,000", run: run(five, 1000, capture.EngineStepwise), limit: 2, ratio: 50, quoted: &quote{"SparseMSE 2.0.1", 161}},
		{name: "capture, UK six lists, the same", run: run(six, 1000, capture.EngineStepwise), limit: 5, quoted: &quote{"SparseMSE 2.0.1", 622}},
		{name: "capture, every pairwise model of five lists by BIC", run: run(five, 0, capture.EngineBIC), limit: 0.3, quoted: &quote{"Rcapture 1.4-4", 10}},
		{name: "capture, average over 822 decomposable graphs", run: run(five, 0, capture.EngineDGA), quoted: &quote{"dga 2.0.2", 0.2}},
		{name: "capture, latent classes, UK five lists", run: run(five, 0, capture.EngineLatentClass), quoted: &quote{"LCMCR 0.4.14", 4}},
	}, nil
}

// captureTable reads one 0/1 column a list, and count.
func captureTable(path string) (capture.Table, error) {
	rows, err := readCSV(path)
	if err != nil {
		return capture.Table{}, err
	}
	lists := len(rows[0]) - 1
	var histories []capture.History
	for _, row := range rows[1:] {
		h := capture.History{}
		for _, cell := range row[:lists] {
			h.On = append(h.On, cell == "1")
		}
		if h.Count, err = strconv.Atoi(row[lists]); err != nil {
			return capture.Table{}, err
		}
		histories = append(histories, h)
	}
	return capture.NewTable(rows[0][:lists], histories)
}

func knoxWork(_, _ string, threads int) ([]workload, error) {
	rng := rand.New(rand.NewPCG(970, 1))
	events := make([]nearrepeat.Event, knoxPoints)
	for i := range events {
		events[i] = nearrepeat.Event{X: 8000 * rng.Float64(), Y: 8000 * rng.Float64(), Date: time.Date(2023, 1, 1+rng.IntN(365), 0, 0, 0, 0, time.UTC)}
	}
	return []workload{{name: "Knox, 970 points, 999 permutations", limit: 0.1, quoted: &quote{"NearRepeat 0.1.1, over a minute", 60},
		run: func() (map[string]float64, error) {
			_, err := nearrepeat.Knox(events, nearrepeat.Options{Permutations: 999, Seed: 1, Threads: threads})
			return nil, err
		}}}, nil
}

func moranWork(_, dir string, threads int) ([]workload, error) {
	rng := rand.New(rand.NewPCG(10_000, 1))
	const n = side * side
	ids, values, near := make([]string, n), make([]float64, n), make([][]int, n)
	cells, links := [][]string{{"value"}}, [][]string{{"i", "j"}}
	for i := range n {
		row, column := i/side, i%side
		ids[i] = strconv.Itoa(i)
		values[i] = float64(rng.IntN(30))
		if row/10 == column/10 {
			values[i] += 5
		}
		cells = append(cells, []string{strconv.FormatFloat(values[i], 'g', -1, 64)})
		for r := max(0, row-1); r <= min(side-1, row+1); r++ {
			for c := max(0, column-1); c <= min(side-1, column+1); c++ {
				if j := r*side + c; j != i {
					near[i] = append(near[i], j)
					links = append(links, []string{strconv.Itoa(i), strconv.Itoa(j)})
				}
			}
		}
	}
	if err := writeCSV(filepath.Join(dir, "cells.csv"), cells); err != nil {
		return nil, err
	}
	if err := writeCSV(filepath.Join(dir, "neighbours.csv"), links); err != nil {
		return nil, err
	}
	w, err := hotspot.NewWeights(near)
	if err != nil {
		return nil, err
	}
	run := func(permutations int) func() (map[string]float64, error) {
		return func() (map[string]float64, error) {
			r, err := hotspot.Areas(ids, values, w, nil, hotspot.Options{Permutations: permutations, Seed: 1, Threads: threads})
			if err != nil {
				return nil, err
			}
			figures := map[string]float64{"I": r.Moran.I}
			for _, a := range r.Areas {
				figures["largest Gi*"] = max(figures["largest Gi*"], *a.GiStarZ)
				figures["largest local I"] = max(figures["largest local I"], *a.LocalMoran)
			}
			return figures, nil
		}
	}
	return []workload{
		{name: "local Moran, 10,000 cells, 999 permutations", run: run(999), limit: 2, against: []string{"local_moran_spdep", "local_moran_esda"}},
		{name: "Gi*, 10,000 cells", run: run(-1), against: []string{"gi_star_spdep"}},
	}, nil
}

func densityWork(_, dir string, threads int) ([]workload, error) {
	rng := rand.New(rand.NewPCG(100_000, 1))
	var x, y []float64
	rows := [][]string{{"x", "y"}}
	for len(x) < kdePoints {
		a, b := window/2+3000*rng.NormFloat64(), window/2+3000*rng.NormFloat64()
		if a < 0 || a > window || b < 0 || b > window {
			continue
		}
		x, y = append(x, a), append(y, b)
		rows = append(rows, []string{strconv.FormatFloat(a, 'g', -1, 64), strconv.FormatFloat(b, 'g', -1, 64)})
	}
	if err := writeCSV(filepath.Join(dir, "points.csv"), rows); err != nil {
		return nil, err
	}
	return []workload{{name: "density 512 × 512, 100,000 points", limit: 0.3, against: []string{"density_spatstat"},
		run: func() (map[string]float64, error) {
			r, err := density.Estimate(x, y, density.Options{Bandwidth: bandwidth, Window: &density.Window{X1: window, Y1: window}, Size: kdeSize, Threads: threads})
			if err != nil {
				return nil, err
			}
			most, sum := 0.0, 0.0
			for _, v := range r.Grid.Values {
				most = max(most, v)
				sum += v * r.Grid.Step * r.Grid.Step
			}
			return map[string]float64{"highest": most, "volume": sum}, nil
		}}}, nil
}

func networkWork(shared, dir string, threads int) ([]workload, error) {
	rows, err := readCSV(filepath.Join(shared, "networks", "coffend_20k_edges.csv"))
	if err != nil {
		return nil, err
	}
	if err := writeCSV(filepath.Join(dir, "edges.csv"), rows); err != nil {
		return nil, err
	}
	var edges []network.Edge
	for _, row := range rows[1:] {
		edges = append(edges, network.Edge{A: row[0], B: row[1]})
	}
	run := func(sources int) func() (map[string]float64, error) {
		return func() (map[string]float64, error) {
			r, err := network.Describe(edges, network.Options{Sources: sources, Threads: threads}, rand.New(rand.NewPCG(1, 1)))
			if err != nil {
				return nil, err
			}
			figures := map[string]float64{}
			for _, n := range r.Nodes {
				figures["highest"] = max(figures["highest"], n.Betweenness)
				figures["sum"] += n.Betweenness
			}
			return figures, nil
		}
	}
	return []workload{
		{name: "network of 49,101 edges whole: exact betweenness, communities over 50 seeds, stability", run: run(0), limit: 30, against: []string{"betweenness_igraph"}},
		{name: "the same, betweenness from 500 sources, 4 seeds", run: run(500), limit: 1, against: []string{"betweenness_100_networkx"}},
	}, nil
}

func marketWork(_, _ string, threads int) ([]workload, error) {
	inputs := []market.Input{
		{Quantity: "users", Low: 1000, High: 1450, Source: "bench"}, {Quantity: "days", Low: 180, High: 330, Source: "bench"}, {Quantity: "spend", Low: 15, High: 45, Source: "bench"},
	}
	return []workload{{name: "market, 2,000,000 draws of three quantities, with shares of the variance", against: []string{"market_numpy"},
		run: func() (map[string]float64, error) {
			r, err := market.Estimate(inputs, market.Options{Draws: marketDraws, Threads: threads}, rand.New(rand.NewPCG(1, 1)))
			return map[string]float64{"median": r.Median, "mean": r.Mean}, err
		}}}, nil
}

func readCSV(path string) (rows [][]string, err error) {
	f, err := os.Open(path) //nolint:gosec // the developer named the folder
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r := csv.NewReader(f)
	for {
		row, err := r.Read()
		if err == io.EOF {
			return rows, nil
		}
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
}

func writeCSV(path string, rows [][]string) error {
	f, err := os.Create(path) //nolint:gosec // the developer named the folder
	if err != nil {
		return err
	}
	w := csv.NewWriter(f)
	if err := w.WriteAll(rows); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}
