"""A short pass of each fuzz target: `make fuzz` goes on for hours. Inputs are the same for a seed (PREP_ORACLE_SEED)."""

import os
import random
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FUZZ = ROOT / ".build/release/Fuzz"
SEED = int(os.environ.get("PREP_ORACLE_SEED", 0)) or random.randrange(1 << 32)
RUNS = int(2000 * float(os.environ.get("PREP_TEST_SCALE", 1)))
# Of a hundred changed inputs, so many can still be read at least: a target that refuses all tests nothing.
ACCEPTED = {
    "template": 10, "record": 4, "pattern": 30, "tokenizer": 5, "ranks": 3, "tekken": 2, "sentencepiece": 20, "folder": 10,
    "shard": 10, "manifest": 20, "input": 40, "spec": 3,
}


def test_every_target_is_here():
    assert subprocess.run([FUZZ], text=True, capture_output=True, check=True).stdout.split() == list(ACCEPTED)


@pytest.mark.parametrize("target", ACCEPTED)
def test_nothing_crashes_hangs_or_takes_memory_without_bound(target, tmp_path):
    done = subprocess.run(
        [FUZZ, target, "--runs", str(RUNS), "--seed", str(SEED), "--keep", tmp_path], text=True, capture_output=True, cwd=ROOT)
    current = tmp_path / f"{target}.current"
    if done.returncode:
        kept = ROOT / ".build/fuzz" / f"{target}-{SEED}"
        kept.parent.mkdir(exist_ok=True)
        kept.write_bytes(current.read_bytes())
        pytest.fail(f"seed {SEED}: the input is in {kept}\n{done.stdout[-500:]}{done.stderr[-3000:]}")
    words = done.stdout.split()
    accepted = int(words[words.index("accepted;") - 3])
    assert accepted * 100 >= ACCEPTED[target] * RUNS, done.stdout


def test_a_fault_would_be_seen(tmp_path):
    """An input that takes too long ends the process, and lies where it can be found."""
    slow = tmp_path / "slow.jinja"
    slow.write_text("{% for a in range(99999) %}{% endfor %}")
    done = subprocess.run(
        [FUZZ, "template", slow, "--keep", tmp_path, "--seconds", "0"], text=True, capture_output=True, cwd=ROOT)
    assert done.returncode != 0 and "takes more than 0 s" in done.stderr
    assert (tmp_path / "template.current").read_bytes() == slow.read_bytes()
