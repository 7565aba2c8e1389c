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

test: build venv
	swift test
	.venv/bin/python -m pytest -q -n 2 Tests/Oracle

lint:
	swift format lint --strict --recursive Package.swift Sources Tests

format:
	swift format --in-place --recursive Package.swift Sources Tests

setup:
	@Scripts/setup

venv: setup
	@Scripts/setup python

bench: build venv
	.venv/bin/python Benchmarks/encode.py
	.venv/bin/python Benchmarks/linear.py
	.venv/bin/python Benchmarks/render.py
	.venv/bin/python Benchmarks/pipeline.py
	.venv/bin/python Benchmarks/memory.py

clean:
	rm -rf .build .venv

.PHONY: run build test lint format setup venv bench clean
