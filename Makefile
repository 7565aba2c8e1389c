# make run    sets everything up and encodes the embedded example
# make check  lint and unit tests, for the edit loop
# make test   sets everything up and runs every test
PREP := .build/release/prep
OUT := .build/quickstart
PYTHON := .venv/bin/python
# Where `make install` puts things.
PREFIX := /usr/local
DESTDIR :=
export PREP

run: build
	$(PREP) run fixtures/gsm8k.jsonl --output $(OUT)
	$(PREP) inspect $(OUT) --row 0

build: setup
	swift build -c release --product prep

check: setup lint
	swift build --explicit-target-dependency-import-check error
	swift test

test: build venv wheel
	swift test
	Tests/C/run
	$(PYTHON) -m pytest -q -n 2 Tests/Oracle
	$(PYTHON) -m pytest -q -n 2 Tests/Python
	$(PYTHON) -m pytest -q Tests/Reliability
	swift build -c release --product Fuzz
	$(PYTHON) -m pytest -q -n 2 Tests/Fuzz

# Reads inputs that nobody would write, for hours: Scripts/fuzz says how.
fuzz: setup
	Scripts/fuzz

# Faults, kills, power cuts and damage without end, and docs/reliability.md from what comes of them. Half an hour.
reliability: build venv native
	$(PYTHON) Tests/Reliability/campaign.py --long --page docs/reliability.md

# Unit tests, the C interface and fuzz targets under AddressSanitizer, ThreadSanitizer and, for C, UBSan.
sanitize: build native
	Scripts/sanitize

lint:
	swift format lint --strict --recursive Package.swift Sources Tests

format:
	swift format --in-place --recursive Package.swift Sources Tests

setup:
	@Scripts/setup

# The shared library of the C interface and the command, Swift's runtime linked in.
native: build
	Scripts/native

wheel: native venv
	$(PYTHON) Scripts/wheel python/dist

# An archive of the command and the C interface, a Debian package, a container image.
dist: native
	Scripts/dist archive

deb: native
	Scripts/dist deb

image: dist
	Scripts/dist image

install: native
	Scripts/dist install $(DESTDIR) $(PREFIX)

venv: setup
	@Scripts/setup python

# The reference of the Swift library, as pages.
docc: setup
	Scripts/docc

bench: build venv native
	$(PYTHON) Benchmarks/encode.py
	$(PYTHON) Benchmarks/linear.py
	$(PYTHON) Benchmarks/render.py
	$(PYTHON) Benchmarks/pipeline.py
	$(PYTHON) Benchmarks/memory.py
	$(PYTHON) Benchmarks/pack.py
	$(PYTHON) Benchmarks/read.py

clean:
	rm -rf .build .venv python/dist python/prep/_native

.PHONY: run build check test reliability fuzz sanitize lint format setup native wheel dist deb image install venv docc bench clean
