# Everything a developer runs. "make" alone lists it.
SHELL := /usr/bin/env bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
export GOFLAGS ?= -mod=readonly

# The build is the same bytes for the same commit: its date is the commit's, or SOURCE_DATE_EPOCH.
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
COMMIT  ?= $(shell git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)
SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null || echo 0)
DATE    := $(shell date -u -d @$(SOURCE_DATE_EPOCH) +%Y-%m-%dT%H:%M:%SZ 2>/dev/null || date -u -r $(SOURCE_DATE_EPOCH) +%Y-%m-%dT%H:%M:%SZ)
BUILD   := -trimpath -buildvcs=false -ldflags '-s -w -X main.version=$(VERSION) -X main.commit=$(COMMIT) -X main.built=$(DATE)'
export VERSION COMMIT DATE SOURCE_DATE_EPOCH

ADDR ?= 127.0.0.1:8080
SHARED ?= ../shared/data

.PHONY: help
help: ## List what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

.PHONY: setup
setup: ## Install what is missing for building and testing, and build the assets
	@scripts/setup
	@$(MAKE) assets

# npm only brings packages in; the style sheets and scripts are built by our own tool, and embedded.
packages := web/node_modules/.package-lock.json
assets := internal/web/assets/built/lantern.css

$(packages): web/package-lock.json web/package.json
	npm ci --ignore-scripts --prefix web
	@touch $@

$(assets): $(packages) $(wildcard web/src/* web/src/*/* tools/assets/*.go)
	go run -C tools/assets .
	@touch $@

.PHONY: assets
assets: $(assets) ## Build the style sheets and scripts that the program embeds
	@:

.PHONY: build
build: $(assets) ## Build bin/lantern
	CGO_ENABLED=0 go build $(BUILD) -o bin/lantern ./cmd/lantern

.PHONY: demo
demo: build ## Build and serve the invented partnership; prints the address (ADDR=127.0.0.1:8080)
	bin/lantern demo --addr $(ADDR)

.PHONY: run
run: $(assets) ## The same for developers: templates are read as saved, Go and style changes restart it
	@ADDR=$(ADDR) scripts/dev

.PHONY: test
test: setup build ## Every test: both engines, the browser, the race detector
	@scripts/test

.PHONY: check
check: test ## What a change must pass: the tests, formatting, linters, known faults in dependencies
	@scripts/check

.PHONY: nightly
nightly: setup build ## Hours: long fuzzing, 100,000-case properties, 500 rounds of kill -9 (FUZZTIME=10m)
	@scripts/nightly

.PHONY: bench
bench: ## Benchmarks of every package, kept in bench/out
	@mkdir -p bench/out
	go test -run '^$$' -bench . -benchmem -timeout 60m ./... | tee bench/out/go-$(COMMIT).txt | grep -E '^(Benchmark|cpu:)' || true

.PHONY: bench-load
bench-load: build ## A list of a million people into SQLite, alone and under 50 readers
	go run ./bench/load

.PHONY: bench-lists
bench-lists: ## The queries behind a worker's lists, from 200,000 people (POSTGRES=postgres://USER@HOST/EMPTY_DATABASE measures it too)
	go run ./bench/lists $(if $(POSTGRES),-postgres $(POSTGRES))

.PHONY: bench-pages
bench-pages: build ## Pages for 50 people with two seconds between them, over 200,000 people (PEOPLE=200000)
	@scripts/bench-pages

# R's peers come from the system's packages: apt-get install r-base-core r-cran-spdep r-cran-spatstat.explore
.PHONY: bench-methods
bench-methods: ## The methods beside esda, igraph, networkx, numpy, spdep and spatstat in one run (SHARED=../shared/data)
	@mkdir -p bench/out
	@[ -x bench/out/venv/bin/python ] || python3 -m venv bench/out/venv
	bench/out/venv/bin/python -m pip install --quiet --requirement bench/methods/requirements.txt
	go run ./bench/methods -shared $(SHARED) -python bench/out/venv/bin/python -rscript "$$(command -v Rscript || true)"

# Splink comes from PyPI into environments of its own, which nothing else uses.
bench/out/splink%/bin/python: bench/linkage/splink%.txt
	@mkdir -p bench/out
	python3 -m venv --clear bench/out/splink$*
	$@ -m pip install --quiet --requirement $<
	@touch $@

.PHONY: bench-linkage
bench-linkage: build bench/out/splink4/bin/python bench/out/splink5/bin/python ## Linkage beside Splink 4 and 5, on the same files (PEOPLE=400000 ROUNDS=3)
	go run ./bench/linkage -people $(or $(PEOPLE),400000) -rounds $(or $(ROUNDS),3) -python bench/out/splink4/bin/python -python bench/out/splink5/bin/python

.PHONY: shots
shots: build ## Pictures of every page, for every role, wide and narrow, in shots/; axe on each
	rm -rf shots
	LANTERN_TEST_BINARY=$(CURDIR)/bin/lantern LANTERN_TEST_BROWSER_REQUIRED=1 go test ./e2e -run 'TestPages|TestParts' -count=1 -timeout 60m -shots $(CURDIR)/shots

.PHONY: release
release: $(assets) ## One file for each system, with checksums, in dist/
	@scripts/release $(BUILD)

.PHONY: clean
clean: ## Remove what was built; data folders stay
	rm -rf bin dist shots .tmp bench/out
	find internal/web/assets/built -mindepth 1 ! -name placeholder.txt -delete
