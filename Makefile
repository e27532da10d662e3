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
COMMIT  := $(shell git rev-parse --short=12 HEAD 2>/dev/null)
BUILD   := $(GO) build -trimpath -buildvcs=false -ldflags "-X main.commit=$(COMMIT)"
NB      := $(GO) run -trimpath -buildvcs=false ./notebooks/nb
QEMU    := qemu-aarch64-static
# On one processor (the first that is allowed): on several, qemu-user lets loads overtake sequentially consistent stores, on
# which Go's run-time relies, and a test may hang.
EMULATE := taskset -c $$(sed -n 's/^Cpus_allowed_list:[[:space:]]*\([0-9]*\).*/\1/p' /proc/self/status) $(QEMU)
ARM64_TRAINING := WorkersDoNotChangeTheBits|ResumeGivesTheSameBits|StepAllocatesNothing|TrainingRaisesTheLoss

.DEFAULT_GOAL := help
.PHONY: help reproduce test test-arm64 test-slurm check bench bench-peers bench-textures profile pack smoke torture notebooks notebook-kernel test-notebooks update-notebooks tidy-notebooks paper generate build clean

help: ## list the targets
	@echo "make TARGET, one of:"
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/  \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "%-16s %s\n", $$1, $$2}'

reproduce: build ## train, evaluate and write results/ and paper.md (TIER=smoke, quick or full)
	@$(WITH) $(BIN) reproduce --tier $(TIER)
	@$(BIN) paper

test: ## run all tests
	@$(WITH) $(GO) test -timeout 30m ./...

# On an arm64 machine, make test runs all of this and more.
test-arm64: ## test the NEON kernels and a short training in emulation (qemu-user; as root it is installed from Debian's package)
	@command -v $(QEMU) >/dev/null || { test "$$(id -u)" = 0 && command -v apt-get >/dev/null; } || \
		{ echo "make test-arm64 needs $(QEMU), which is not on the PATH: install it, on Debian with apt-get install qemu-user-static"; exit 1; }
	@command -v $(QEMU) >/dev/null || { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq qemu-user-static; } >/dev/null
	GOOS=linux GOARCH=arm64 CGO_ENABLED=0 $(GO) test -timeout 10m -exec "$(EMULATE)" ./internal/kernel/...
	GOOS=linux GOARCH=arm64 CGO_ENABLED=0 $(GO) test -timeout 10m -exec "$(EMULATE)" -run '$(ARM64_TRAINING)' ./dcgmm

check: ## vet, formatting, staticcheck and generated files
	$(GO) vet ./...
	@unformatted=$$(gofmt -l $$(git ls-files '*.go' 2>/dev/null || find . -name '*.go')); test -z "$$unformatted" || { echo "not formatted: $$unformatted; run gofmt -w"; exit 1; }
	$(GO) tool staticcheck ./...
	$(GO) mod tidy -diff
	$(GO) vet -tags purego ./internal/kernel ./dcgmm ./eval
	@fused=$$(GOARCH=arm64 $(GO) build -gcflags=-S ./internal/kernel ./dcgmm ./eval 2>&1 | grep -E 'FN?M(ADD|SUB)[SD]' | grep -oE '/(internal/kernel|dcgmm|eval)/[a-z_]*\.go:[0-9]+' | sort -u); test -z "$$fused" || { echo "fused multiply-adds, whose bits depend on the processor; convert the product, float64(x*y):" $$fused; exit 1; }
	GOOS=darwin GOARCH=arm64 $(GO) vet ./internal/... ./dcgmm/... ./eval ./dataset
	GOOS=windows GOARCH=amd64 $(GO) vet ./cmd/... ./internal/... ./dcgmm/... ./eval ./dataset

pack: build ## put the cells behind results/TIER into .cache/TIER-cells.zip, for `dcgmm verify`
	@$(BIN) pack --results results/$(TIER) --out .cache/$(TIER)-cells.zip --force

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

bench-textures: build $(PEERS)/bin/python ## how well defects are found in drawn textures, and by scikit-learn: ten minutes, into results/bench/
	@$(BIN) bench --textures --python $(PEERS)/bin/python

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

tidy-notebooks: ## clean notebooks without executing them, and move lines "// shows: …" into the metadata of their cells
	@$(NB) tidy $(NOTEBOOKS)

paper: build ## write paper.md and the results in README.md from results/
	@$(BIN) paper

generate: ## write the assembly again from its generator
	$(GO) generate ./internal/kernel

build: ## build the program, .cache/bin/dcgmm
	@mkdir -p $(dir $(BIN))
	@$(BUILD) -o $(BIN) ./cmd/dcgmm

clean: ## remove built programs and cached results; results/ stays
	rm -rf .cache
