# iocc: `make demo` and `make test` set up all they need on a clean clone.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := build

TORCH_VERSION := 2.11.0
LIBTORCH_DIR  := $(CURDIR)/.libtorch
PIP           ?= python3 -m pip
CARGO         ?= cargo

# A Python with torch $(TORCH_VERSION) serves as it is; LIBTORCH, where set, wins; else .libtorch is built from wheels.
ifdef LIBTORCH
torch_env  := LIBTORCH=$(LIBTORCH)
torch_need :=
else ifdef LIBTORCH_USE_PYTORCH
torch_env  := LIBTORCH_USE_PYTORCH=$(LIBTORCH_USE_PYTORCH)
torch_need :=
else
torch_env  := LIBTORCH=$(LIBTORCH_DIR)
torch_need := $(LIBTORCH_DIR)/build-version
endif

.PHONY: libtorch
libtorch: $(torch_need) ## Build .libtorch/ from PyPI wheels (pip alone, no CUDA).

$(LIBTORCH_DIR)/build-version:
	rm -rf .libtorch.tmp && mkdir -p .libtorch.tmp/wheels .libtorch.tmp/out/lib
	$(PIP) download --quiet --no-deps --only-binary=:all: --dest .libtorch.tmp/wheels \
	    torch==$(TORCH_VERSION) nvidia-cuda-runtime==13.0.96 nvidia-cuda-cupti==13.0.85
	cd .libtorch.tmp && python3 -m zipfile -e wheels/torch-*.whl torch
	cd .libtorch.tmp && for w in wheels/nvidia_*.whl; do python3 -m zipfile -e $$w cuda; done
	mv .libtorch.tmp/torch/torch/include .libtorch.tmp/out/include
	cd .libtorch.tmp && mv torch/torch/lib/libtorch_cpu.so torch/torch/lib/libc10.so out/lib/
	cd .libtorch.tmp && cp "$$(find torch -name 'libgomp*.so*' | head -n 1)" out/lib/libgomp.so.1
	cd .libtorch.tmp && cp "$$(find cuda -name 'libcudart.so.13')" "$$(find cuda -name 'libcupti.so.13')" out/lib/
	cd .libtorch.tmp/out/lib && ln -s libtorch_cpu.so libtorch.so && ln -s libgomp.so.1 libgomp.so
	echo $(TORCH_VERSION) > .libtorch.tmp/out/build-version
	rm -rf $(LIBTORCH_DIR) && mv .libtorch.tmp/out $(LIBTORCH_DIR) && rm -rf .libtorch.tmp

.PHONY: build
build: libtorch ## Build the release binary with the neural model.
	$(torch_env) $(CARGO) build --release --features torch

.PHONY: install
install: libtorch ## Install the binary with the neural model into cargo's bin folder.
	$(torch_env) $(CARGO) install --locked --path . --features torch

.PHONY: demo
demo: build ## Synthesise a C program with a loop from examples, with the shipped weights.
	cat corpus/tasks/c/count-up.toml
	target/release/iocc synth corpus/tasks/c/count-up.toml

.PHONY: test
test: libtorch ## Everything but the cluster: with the model, then the core without libtorch and without SQL.
	$(torch_env) $(CARGO) test --release --features torch
	$(CARGO) check --release
	$(CARGO) check --release --no-default-features

.PHONY: lint
lint: libtorch ## rustfmt and clippy, warnings denied.
	$(CARGO) fmt --all --check
	$(torch_env) $(CARGO) clippy --release --all-targets --features torch -- -D warnings

.PHONY: lint-cluster
lint-cluster: ## clippy of the cluster, which has its own, larger DataFusion.
	$(CARGO) clippy --release --package iocc-cluster --all-targets -- -D warnings

.PHONY: cluster
cluster: ## Build the binary of a cluster's scheduler, executors and clients.
	$(CARGO) build --release --package iocc-cluster

.PHONY: test-cluster
test-cluster: ## Tests of the cluster: scheduler, executors and client as processes on loopback.
	$(CARGO) test --release --package iocc-cluster -- --include-ignored --nocapture --test-threads 1

.PHONY: bench
bench: libtorch ## Benchmarks (criterion).
	$(torch_env) $(CARGO) bench --features torch

.PHONY: differential
differential: ## 1,000,000 sampled programs: the engines against each other, and 20,000 of them against gcc.
	IOCC_DIFFERENTIAL_PROGRAMS=500000 IOCC_DIFFERENTIAL_GCC=10000 \
	    $(CARGO) test --release --test differential -- --nocapture --test-threads 1

.PHONY: lift
lift: ## The C corpus through gcc (and clang), lifted from machine code and held to the C: shares and mismatches by level.
	IOCC_LIFT=1 IOCC_LIFT_INPUTS=100 $(CARGO) test --release --test lift -- --nocapture

.PHONY: forms
forms: ## Every form of every x86 instruction in 1,000,000 states: interpreter, Cranelift, processor; half an hour.
	IOCC_X86_STATES=1000000 $(CARGO) test --release --test x86 every_form -- --nocapture

UNICORN := target/unicorn
.PHONY: unicorn
unicorn: ## Unicorn (PyPI, GPL, used by this check alone) as a second judge of every form of the x86 subset.
	test -x $(UNICORN)/bin/python || python3 -m venv $(UNICORN)
	$(UNICORN)/bin/python -m pip install --quiet 'unicorn>=2.1,<3'
	IOCC_X86_SAMPLES=$(CURDIR)/$(UNICORN)/samples.jsonl \
	    $(CARGO) test --release --test x86 -- --ignored --exact states_for_unicorn
	$(UNICORN)/bin/python tests/unicorn_judge.py $(UNICORN)/samples.jsonl

.PHONY: figures
figures: build ## The figures of the README: C tasks of the public benchmark and of our own sampler, by method.
	mkdir -p corpus/generated
	target/release/iocc gen c -n 1000 --seed 424242 --format jsonl -o corpus/generated/own
	target/release/iocc eval --tasks corpus/tasks/c_eval.jsonl --methods enumerate,model,default
	target/release/iocc eval --tasks corpus/generated/own/train-00000-of-00001.jsonl --methods enumerate,model,default

CEILING := corpus/generated/ceiling
.PHONY: ceiling
ceiling: build ## What five examples can tell: the best choice that 10 million sampled programs allow, beside the methods'.
	target/release/iocc gen c -n 1000 --seed 424242 --format jsonl -o $(CEILING)
	cp corpus/tasks/c_eval.jsonl $(CEILING)/benchmark.jsonl
	cp $(CEILING)/train-00000-of-00001.jsonl $(CEILING)/own.jsonl
	for tasks in benchmark own; do \
	    for method in enumerate default; do \
	        target/release/iocc synth --tasks $(CEILING)/$$tasks.jsonl --method $$method -o $(CEILING)/$$method-$$tasks.jsonl; \
	    done; \
	    $(torch_env) $(CARGO) run --release --features torch --example ceiling -- --tasks $(CEILING)/$$tasks.jsonl \
	        --programs 10000000 $(CEILING)/enumerate-$$tasks.jsonl $(CEILING)/default-$$tasks.jsonl; \
	done

# All rows of LaSynth's table, or those named: make lasynth ROWS="lasynth exec"
ROWS ?= lasynth no-attention-in-decoding no-op-predictor no-partial-executor no-executor robustfill property-signatures exec modern modern-sums
.PHONY: lasynth
lasynth: build ## The rows of LaSynth's table: corpus, training (resumed where it stopped), evaluation on the public benchmark with tables and charts in runs/lasynth/table/.
	test -e runs/lasynth/corpus || target/release/iocc gen c -n 60000 --seed 20261121 -o runs/lasynth/corpus --reduce
	test -e runs/lasynth/valid || target/release/iocc gen c -n 2000 --seed 77 -o runs/lasynth/valid --reduce
	for row in $(ROWS); do \
	    target/release/iocc train configs/lasynth/$$row.toml --resume; \
	    target/release/iocc train configs/lasynth/$$row.toml --export runs/lasynth/$$row.safetensors; \
	done
	target/release/iocc eval --tasks corpus/tasks/c_eval.jsonl --methods model --seen runs/lasynth/corpus \
	    -o runs/lasynth/table $(foreach row,$(ROWS),--model runs/lasynth/$(row).safetensors)

# Seeds of the curve: each is trained at each size.
SIZES ?= 1000 2500 5000
SEEDS ?= 1 2 3
.PHONY: retrain-curve
retrain-curve: build ## Accuracy against training size for 0 and 1 rounds of retraining, resumed where it stopped: table and chart in runs/retrain/.
	test -e runs/retrain/valid || target/release/iocc gen c -n 500 --seed 78 -o runs/retrain/valid
	for size in $(SIZES); do \
	    test -e runs/retrain/corpus-$$size || \
	        target/release/iocc gen c -n $$size --seed 20261122 -o runs/retrain/corpus-$$size; \
	    for seed in $(SEEDS); do \
	        target/release/iocc retrain configs/retrain.toml --resume --seed $$seed \
	            --corpus runs/retrain/corpus-$$size -o runs/retrain/$$size-$$seed; \
	    done; \
	done
	$(torch_env) $(CARGO) run --release --features torch --example retrain_curve -- runs/retrain \
	    $(foreach size,$(SIZES),$(foreach seed,$(SEEDS),runs/retrain/$(size)-$(seed)))

.PHONY: ablation
ablation: build ## The shipped model with and without mask and execution of candidates, at beams of 1, 8 and 64: tables and charts in runs/ablation/.
	target/release/iocc eval --tasks corpus/tasks/c_eval.jsonl --ablation -o runs/ablation

TORCH_PEER := target/torch-peer
.PHONY: torch-peer
torch-peer: libtorch ## Training speed of LaSynth's row beside the same in PyTorch (from PyPI, below target/).
	test -x $(TORCH_PEER)/bin/python || python3 -m venv $(TORCH_PEER)
	$(TORCH_PEER)/bin/python -m pip install --quiet torch==$(TORCH_VERSION)
	$(torch_env) IOCC_TORCH_PYTHON=$(CURDIR)/$(TORCH_PEER)/bin/python \
	    $(CARGO) bench --features torch --bench train

# All rows of AutoAssemblet's table, or those named: make autoassemblet ROWS="imitation whole"
AUTOASSEMBLET := imitation heuristic reinforce whole ram
.PHONY: autoassemblet
autoassemblet: build ## AutoAssemblet's table: trains each row (resumed where it stopped) and solves 200 fresh tasks, networks alone.
	for row in $(or $(filter $(AUTOASSEMBLET),$(ROWS)),$(AUTOASSEMBLET)); do \
	    echo "## $$row"; \
	    target/release/iocc selfplay configs/autoassemblet/$$row.toml --resume; \
	    target/release/iocc selfplay configs/autoassemblet/$$row.toml --measure 200; \
	done

.PHONY: experiments
experiments: libtorch ## AutoAssemblet's four experiments, networks beside plain search: tables, and plots in runs/autoassemblet/experiments.
	$(torch_env) $(CARGO) run --release --features torch --example autoassemblet -- experiments

.PHONY: help
help:
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 16
