# Times R's spdep and spatstat.explore on the inputs that bench/methods wrote, and prints one JSON document.
# Only the calculation is timed: the median of three runs, one where a run takes longer than ten seconds.
suppressPackageStartupMessages({library(spdep); library(spatstat.geom); library(spatstat.explore)})
args <- commandArgs(trailingOnly = TRUE)
folder <- args[1]; threads <- as.integer(args[2])
said <- list()

measure <- function(key, name, work, values) {
  times <- c()
  while (length(times) < 3 && sum(times) < 10) times <- c(times, system.time(answer <- work())[["elapsed"]])
  said[[key]] <<- list(name = name, seconds = median(times), values = values(answer))
  message(sprintf("%s: %.3f s", name, median(times)))
}

cells <- read.csv(file.path(folder, "cells.csv"))$value
links <- read.csv(file.path(folder, "neighbours.csv"))
nb <- unname(split(as.integer(links$j + 1L), factor(links$i, levels = seq_along(cells) - 1L)))
nb <- lapply(nb, sort)
class(nb) <- "nb"; attr(nb, "region.id") <- as.character(seq_along(cells)); attr(nb, "sym") <- TRUE
rowsum <- nb2listw(nb, style = "W")
binary <- nb2listw(include.self(nb), style = "B")
spdep <- paste("spdep", packageVersion("spdep"))
invisible(set.coresOption(threads))
set.seed(1)
measure("gi_star_spdep", spdep, function() localG(cells, binary), function(g) list("largest Gi*" = max(g)))
measure("local_moran_spdep", spdep, function() localmoran_perm(cells, rowsum, nsim = 999),
  function(m) list("largest local I" = max(m[, "Ii"]), "I" = mean(m[, "Ii"])))

points <- read.csv(file.path(folder, "points.csv"))
p <- ppp(points$x, points$y, window = owin(c(0, 20000), c(0, 20000)))
measure("density_spatstat", paste("spatstat.explore", packageVersion("spatstat.explore")),
  function() density(p, sigma = 500, dimyx = 512, edge = TRUE),
  function(d) list(highest = max(d), volume = sum(d$v) * d$xstep * d$ystep))

number <- function(v) format(v, digits = 17)
cat("{", paste(sapply(names(said), function(k) sprintf('"%s":{"name":"%s","seconds":%s,"values":{%s}}', k, said[[k]]$name, number(said[[k]]$seconds),
  paste(sapply(names(said[[k]]$values), function(v) sprintf('"%s":%s', v, number(said[[k]]$values[[v]]))), collapse = ","))), collapse = ","), "}", sep = "")
