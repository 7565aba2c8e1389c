"""What a command may take of the memory, whatever it is given: measured as the system counts it."""

import gzip
import json
import subprocess
import sys

import pytest
from prep_command import PREP

MiB = 1 << 20


# A process begins with the memory of the one that it was made from, as the system counts: this one is small.
LAUNCHER = (
    "import resource, subprocess, sys; code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode; "
    "print(code, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)")


def peak(*arguments):
    """Exit code, what was said on standard error, and the most memory that was resident."""
    result = subprocess.run(
        [sys.executable, "-S", "-c", LAUNCHER, PREP, *map(str, arguments)], capture_output=True, text=True, check=True)
    code, memory = map(int, result.stdout.split())
    return code, result.stderr, memory << 10


@pytest.fixture(scope="module")
def long_line(tmp_path_factory):
    path = tmp_path_factory.mktemp("memory") / "line.jsonl"
    with open(path, "wb") as file:
        file.write(b'{"task":"q","response":"')
        for _ in range(64):
            file.write(b"the value of " * (MiB // 13))
        file.write(b'"}\n')
    return path


@pytest.fixture(scope="module")
def bomb(tmp_path_factory):
    path = tmp_path_factory.mktemp("memory") / "bomb.jsonl.gz"
    with gzip.open(path, "wb", 1) as file:
        file.write(b'{"text":"')
        for _ in range(256):
            file.write(b"a b " * (MiB // 4))
        file.write(b'"}\n{"text":"short"}\n')
    return path


@pytest.mark.parametrize("command", [("render",), ("render", "--json"), ("doctor",), ("plan",)])
def test_a_record_beyond_the_limit_takes_no_memory(long_line, bomb, command):
    for path in (long_line, bomb):
        code, said, memory = peak(command[0], path, *command[1:])
        assert code != 0 or command[0] == "plan", said
        assert memory < 80 * MiB, f"{memory >> 20} MiB"
        if command == ("render",):
            assert said.startswith(f"{path}:1: the record is larger than 16777216 bytes (raise --max-record-size, or split it)")


def test_render_goes_on_behind_a_record_that_is_too_large(bomb):
    result = subprocess.run([PREP, "render", bomb], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert (result.returncode, result.stdout) == (1, b"short<|endoftext|>\n")
    result = subprocess.run([PREP, "render", "--json", bomb], stdout=subprocess.PIPE)
    first, second = map(json.loads, result.stdout.splitlines())
    assert (first["code"], first["line"], second["text"]) == ("too-large", 1, "short<|endoftext|>")
    assert subprocess.run([PREP, "render", bomb, "--limit", "1"], stdout=subprocess.PIPE).stdout == b""


def test_training_takes_what_the_longest_text_takes(long_line, tmp_path):
    size = long_line.stat().st_size
    _, _, base = peak("--version")
    code, said, memory = peak("train", long_line, "--vocab-size", 300, "--output", tmp_path / "t.json")
    # The line, and the text that is read from it.
    assert code == 0 and memory - base < 2.5 * size, f"{memory >> 20} MiB, {said}"


def test_rejects_take_no_more_than_their_lines(tmp_path):
    """Half of the records are rejected: as lines, a block of them is larger than it was as records."""
    good = b'{"task":"the value of the token","response":"is supervised in the block"}\n'
    bad = b'{"task":"the value of the token","response":""}\n'
    count = 16 * MiB // (len(good) + len(bad)) * 3
    (tmp_path / "good.jsonl").write_bytes(good * (2 * count))
    (tmp_path / "half.jsonl").write_bytes((good + bad) * count)
    flags = ("--max-rejects", "100%", "--quiet", "--threads", 1)
    _, said, alone = peak("run", tmp_path / "good.jsonl", "-o", tmp_path / "a", *flags)
    code, said, memory = peak("run", tmp_path / "half.jsonl", "-o", tmp_path / "b", *flags)
    lines = (tmp_path / "b" / "rejects.jsonl").stat().st_size / 3
    assert code == 0 and memory < alone + lines, f"{memory >> 20} and {alone >> 20} MiB, lines {lines / MiB:.0f} MiB: {said}"
