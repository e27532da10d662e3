# deepgmm. `make` lists the targets.
GO      ?= go
TIER    ?= quick
# Data sets are looked for in $DCGMM_DATA, or in a shared folder beside this one, before ./data and the user's cache folder.
DATA    ?= $(or $(DCGMM_DATA),$(wildcard ../shared/data))
# One word for the shell, whatever is in the name of the folder (make takes names apart at spaces).
empty   :=
space   := $(empty) $(empty)
ABSDATA := $(subst ?,$(space),$(abspath $(subst $(space),?,$(DATA))))
WITH    := $(if $(DATA),DCGMM_DATA='$(subst ','\'',$(ABSDATA))')
BIN     := .cache/bin/dcgmm
PEERS   := .cache/peers
BUILD   := $(GO) build -trimpath -buildvcs=false
NB      := $(GO) run -trimpath -buildvcs=false ./notebooks/nb

.DEFAULT_GOAL := help
.PHONY: help reproduce test test-slurm check bench bench-peers profile smoke torture notebooks notebook-kernel test-notebooks update-notebooks paper generate build clean

help: ## list the targets
	@echo "make TARGET, one of:"
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "%-16s %s\n", $$1, $$2}'

reproduce: build ## train, evaluate and write results/ and paper.md (TIER=smoke, quick or full)
	@$(WITH) $(BIN) reproduce --tier $(TIER)
	@$(BIN) paper

test: ## run all tests
	@$(WITH) $(GO) test -timeout 30m ./...

check: ## vet, formatting, staticcheck and generated files
	$(GO) vet ./...
	@unformatted=$$(gofmt -l $$(git ls-files '*.go' 2>/dev/null || find . -name '*.go')); test -z "$$unformatted" || { echo "not formatted: $$unformatted; run gofmt -w"; exit 1; }
	$(GO) tool staticcheck ./...
	$(GO) mod tidy -diff
	$(GO) vet -tags purego ./internal/kernel ./dcgmm ./eval
	GOOS=linux GOARCH=arm64 $(GO) vet ./...
	GOOS=darwin GOARCH=arm64 $(GO) vet ./...
	GOOS=windows GOARCH=amd64 $(GO) vet ./...

test-slurm: build ## spread the tier smoke over a real Slurm of two nodes on this machine (needs slurm-wlm, munge and root)
	experiments/slurm/test.sh $(BIN)

torture: build ## kill trainings, searches and reproductions at random, 200 times or KILLS=n; nothing may be lost or left behind
	@cmd/dcgmm/torture.sh $(BIN) $(or $(KILLS),200)

smoke: build ## run the whole pipeline on few generated images, in seconds
	@$(BIN) reproduce --tier smoke --results .cache/results --offline

bench: build ## measure kernels, training and scoring against the machine's peak, into results/bench/
	@$(BIN) bench

bench-peers: build $(PEERS)/bin/python ## the same, and against scikit-learn, NumPy and JAX (installs them into .cache/)
	@$(WITH) $(BIN) bench --python $(PEERS)/bin/python

$(PEERS)/bin/python: bench/peers/requirements.txt
	rm -rf $(PEERS)
	python3 -m venv $(PEERS)
	$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check -r $< || { rm -rf $(PEERS); exit 1; }

profile: ## profile training steps: leaves .cache/cpu.prof
	@mkdir -p .cache
	$(GO) test -run '^$$' -bench Step -benchtime 3s -cpuprofile .cache/cpu.prof -o .cache/dcgmm.test ./dcgmm
	@echo "open it with: $(GO) tool pprof -http=: .cache/dcgmm.test .cache/cpu.prof"

notebooks: ## open the notebooks in JupyterLab (ARGS="--no-browser --port 8899"); sets itself up in .cache/
	@$(WITH) $(NB) lab $(ARGS)

notebook-kernel: ## only set up what notebooks need: the Go kernel, gopls, and Jupyter if it is not installed
	@$(NB) setup

test-notebooks: ## execute all notebooks from a clean state and check them (NOTEBOOKS="notebooks/01*"); test the kernel, and JupyterLab where there is Chromium
	@$(WITH) $(NB) test $(NOTEBOOKS)
	@$(WITH) DCGMM_KERNEL=required DCGMM_BROWSER=$(or $(DCGMM_BROWSER),if-there) $(GO) test -count=1 -timeout 30m -run 'TestBrowser|TestSliders|TestKernel' -v ./notebooks/nb

update-notebooks: ## execute notebooks and write their outputs (NOTEBOOKS="notebooks/01*")
	@$(WITH) $(NB) update $(NOTEBOOKS)

paper: build ## write paper.md and the results in README.md from results/
	@$(BIN) paper

generate: ## write the assembly again from its generator
	$(GO) generate ./internal/kernel

build:
	@mkdir -p $(dir $(BIN))
	@$(BUILD) -o $(BIN) ./cmd/dcgmm

clean: ## remove built programs and cached results; results/ stays
	rm -rf .cache
