"""Times PyPI's esda, igraph, networkx and numpy on the inputs that bench/methods wrote, and prints one JSON document.

Only the calculation is timed. Each runs once to warm up where it compiles (numba), then the median of three counts; one
run where a run takes longer than ten seconds.
"""

import csv
import json
import statistics
import sys
import time
import warnings

import esda
import igraph
import libpysal
import networkx
import numpy

warnings.filterwarnings("ignore")
folder, threads = sys.argv[1], int(sys.argv[2])
said = {}


def rows(name):
    with open(f"{folder}/{name}", newline="") as f:
        lines = csv.reader(f)
        next(lines)
        return list(lines)


def measure(key, name, work, values):
    times = []
    while len(times) < 3 and sum(times) < 10:
        began = time.perf_counter()
        answer = work()
        times.append(time.perf_counter() - began)
    said[key] = {"name": name, "seconds": statistics.median(times), "values": values(answer)}
    print(f"{name}: {said[key]['seconds']:.3f} s", file=sys.stderr)


# Local Moran.
cells = numpy.array([float(r[0]) for r in rows("cells.csv")])
near = {i: [] for i in range(len(cells))}
for i, j in rows("neighbours.csv"):
    near[int(i)].append(int(j))
w = libpysal.weights.W(near, silence_warnings=True)
w.transform = "r"
esda.Moran_Local(cells[:], w, permutations=9, seed=1, n_jobs=threads)  # compiles
measure(
    "local_moran_esda",
    f"esda {esda.__version__}",
    lambda: esda.Moran_Local(cells, w, permutations=999, seed=1, n_jobs=threads),
    # esda divides by n - 1 where we, as spdep, divide by n.
    lambda m: {"largest local I": float(m.Is.max()) * len(cells) / (len(cells) - 1), "I": float(m.Is.sum() / (len(cells) - 1))},
)

# Betweenness.
edges = [(r[0], r[1]) for r in rows("edges.csv")]
graph = igraph.Graph.TupleList(edges, directed=False).simplify()
measure("betweenness_igraph", f"igraph {igraph.__version__}, betweenness alone", graph.betweenness, lambda b: {"highest": max(b), "sum": sum(b)})
g = networkx.Graph(edges)
measure(
    "betweenness_100_networkx",
    f"networkx {networkx.__version__}, 100 sources alone",
    lambda: networkx.betweenness_centrality(g, k=100, normalized=False, seed=1),
    lambda b: {},
)

# Market.
ranges = numpy.log([[1000, 1450], [180, 330], [15, 45]])
mu, sigma = ranges.mean(axis=1), (ranges[:, 1] - ranges[:, 0]) / (2 * 1.959963984540054)


def market():
    z = numpy.random.default_rng(1).standard_normal((2_000_000, 3))
    value = numpy.exp(mu + z * sigma).prod(axis=1)
    return numpy.quantile(value, [0.025, 0.5, 0.975]), value.mean()


measure("market_numpy", f"numpy {numpy.__version__}, draws and quantiles", market, lambda m: {"median": float(m[0][1]), "mean": float(m[1])})
json.dump(said, sys.stdout)
