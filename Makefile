# make run   sets everything up and encodes the embedded example
# make test  sets everything up and runs every test
PREP := .build/release/prep
OUT := .build/quickstart
export PREP

run: build
	$(PREP) run fixtures/gsm8k.jsonl --output $(OUT)
	$(PREP) inspect $(OUT) --row 0

build: setup
	swift build -c release --product prep

test: build venv wheel
	swift test
	Tests/C/run
	.venv/bin/python -m pytest -q -n 2 Tests/Oracle
	.venv/bin/python -m pytest -q -n 2 Tests/Python

lint:
	swift format lint --strict --recursive Package.swift Sources Tests

format:
	swift format --in-place --recursive Package.swift Sources Tests

setup:
	@Scripts/setup

# The shared library of the C interface and of the Python package, and its wheel.
native: build
	Scripts/native

wheel: native
	rm -rf python/dist
	python3 python/wheel_backend.py python/dist

venv: setup
	@Scripts/setup python

bench: build venv native
	.venv/bin/python Benchmarks/encode.py
	.venv/bin/python Benchmarks/linear.py
	.venv/bin/python Benchmarks/render.py
	.venv/bin/python Benchmarks/pipeline.py
	.venv/bin/python Benchmarks/memory.py
	.venv/bin/python Benchmarks/pack.py
	.venv/bin/python Benchmarks/read.py

clean:
	rm -rf .build .venv python/dist python/prep/_native

.PHONY: run build test lint format setup native wheel venv bench clean
