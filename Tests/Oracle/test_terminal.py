"""What a person sees of a run on a terminal: a line that fits, rejects over their limit while there is time, and how to go on."""

import fcntl
import json
import os
import pty
import re
import signal
import struct
import termios
import time

import pytest
from prep_command import PREP, prep

RECORD = {"task": "Count to a hundred, please.", "response": "one two three four five six seven " * 40}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """An input that takes some time, as it becomes many shards."""
    path = tmp_path_factory.mktemp("terminal") / "data.jsonl"
    line = json.dumps(RECORD) + "\n"
    path.write_text("".join(line if n % 5 else '{"task": "x"}\n' for n in range(15_000)))
    return path


class Terminal:
    """A run on a terminal of this size."""

    def __init__(self, columns, *arguments, keys=b"", env=None):
        pid, self.file = pty.fork()
        if pid == 0:
            os.execve(PREP, ["prep", *map(str, arguments)], {**os.environ, **(env or {})})
        self.pid = pid
        fcntl.ioctl(self.file, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        self.seen = b""

    def read(self, until=None, limit=60):
        """Reads on, to the end or up to a text."""
        end = time.monotonic() + limit
        while time.monotonic() < end:
            try:
                part = os.read(self.file, 1 << 16)
            except OSError:
                break
            if not part:
                break
            self.seen += part
            if until and re.search(until, self.seen):
                return self
        if until is None:
            self.code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self

    def press(self, key):
        os.write(self.file, key)
        return self

    @property
    def text(self):
        return self.seen.decode(errors="replace")

    @property
    def words(self):
        """The text without colours."""
        return re.sub(r"\x1b\[[0-9;]*m", "", self.text)

    @property
    def progress(self):
        return [line for line in re.findall(r"\r\x1b\[K([^\r\n\x1b]*)", self.text) if " % " in line]


def run(columns, data, output, *flags):
    return Terminal(columns, "run", data, "-o", output, "--block-size", "32KiB", "--threads", "1", "--tokenizer", "gpt2", *flags)


@pytest.mark.parametrize("columns", [40, 60, 80, 200])
def test_the_progress_line_fits_and_uses_the_room(data, tmp_path, columns):
    seen = run(columns, data, tmp_path / "out", "--max-rejects", "100%").read()
    assert seen.code == 0 and len(seen.progress) >= 2, seen.text
    assert all(len(line) < columns for line in seen.progress)
    for line in seen.progress:
        assert re.match(r"\d+ %  ", line) and re.search(r"\d+:\d\d left", line) and "rejected" in line, line
        assert columns == 40 or " rows  " in line and "rows/s" in line, line
        assert columns in (60, 80) or ("━" in line or "─" in line) == (columns == 200), line
    assert max(map(len, seen.progress)) > min(columns, 100) * 2 // 3


def test_rejects_over_the_limit_are_told_on_the_way_with_what_to_do(data, tmp_path):
    seen = run(100, data, tmp_path / "out").read()
    assert seen.code == 1
    warning = re.search(r"warning: ([\d,]+) of ([\d,]+) records so far are rejected, more than --max-rejects 1% allows: [\d,]+ missing-field\. "
                        r"Unless that changes, no data set is written; shards are kept, and the same command with --max-rejects 25% goes on", seen.words)
    assert warning and int(warning[2].replace(",", "")) < 15_000, seen.text
    assert seen.words.count("warning:") == 1
    assert "3000 of 15000 records were rejected, more than --max-rejects 1%: no data set was written" in seen.words
    # What is said is so: nothing is made again.
    remedy = re.search(r"the same run with (--max-rejects 20%) finishes in seconds", seen.words)
    assert remedy, seen.text
    report = json.loads(prep("run", data, "-o", tmp_path / "out", "--block-size", "32KiB", "--tokenizer", "gpt2", *remedy[1].split(), "--json").stdout)
    assert report["shards"] == report["shards_reused"] > 100 and report["rows_per_second"] == 0


def test_interrupted_runs_say_how_they_go_on_and_count_what_is_made(data, tmp_path):
    seen = run(80, data, tmp_path / "out", "--max-rejects", "100%").read(rb"[3-9]\d %  ").press(b"\x03").read()
    assert seen.code == -signal.SIGINT
    assert "prep: stopped; the same command resumes where it stopped, no data set was written" in seen.text
    again = run(200, data, tmp_path / "out", "--max-rejects", "100%").read()
    assert again.code == 0
    made = [line for line in again.progress if "rows/s" in line]
    assert made and all("there already" in line for line in made), again.text
    there = int(re.search(r"([\d,]+) there already", made[-1])[1].replace(",", ""))
    # The rate that is shown is that of the rows made since.
    elapsed = float(re.search(r"time +([\d.]+) s", again.text)[1])
    rate = int(re.search(r"([\d,]+) rows/s, ", again.text)[1].replace(",", ""))
    assert there > 1000 and abs(rate * elapsed - (12_000 - there)) <= 0.02 * 12_000


def test_a_log_gets_lines_without_escapes(data, tmp_path):
    result = prep("run", data, "-o", tmp_path / "out", "--max-rejects", "100%", "--tokenizer", "gpt2")
    assert b"\x1b" not in result.stderr + result.stdout and b"\r" not in result.stderr + result.stdout


@pytest.fixture
def small(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.jsonl").write_text(json.dumps(RECORD) + "\n" + '{"task": "x"}\n')
    prep("run", "small.jsonl", "-o", "made", "--max-rejects", "1", "--quiet", "--tokenizer", "gpt2")


@pytest.mark.parametrize("arguments", [
    ("run", "small.jsonl", "-o", "made", "--max-rejects", "1", "--overwrite"), ("doctor", "small.jsonl"), ("verify", "made"),
    ("run", "missing.jsonl", "-o", "made"),
], ids=lambda arguments: "-".join(arguments[:2]))
def test_colour_is_on_terminals_alone_and_only_repeats_words(small, arguments):
    coloured = Terminal(120, *arguments, "--tokenizer", "gpt2", env={"TERM": "xterm-256color", "NO_COLOR": ""}) if arguments[0] != "verify" \
        else Terminal(120, *arguments, env={"TERM": "xterm-256color", "NO_COLOR": ""})
    coloured.read()
    codes = set(re.findall(r"\x1b\[([0-9;]+)m", coloured.text))
    # Colours that can be read on white and on black.
    assert codes - {"0"} and codes <= {"0", "1", "1;38;5;196", "38;5;130", "38;5;28"}, codes
    words = lambda text: re.sub(r"[\d.]+ (s|rows/s|[kM]?B/s)", "", re.sub(r"\x1b\[[0-9;]*[mK]|\r", "", text))
    for env in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        plain = Terminal(120, *arguments, *(() if arguments[0] == "verify" else ("--tokenizer", "gpt2")), env=env).read()
        assert "\x1b[3" not in plain.text and "\x1b[1" not in plain.text, plain.text
        assert words(plain.text) == words(coloured.text)
    result = prep(*arguments, check=False)
    assert b"\x1b" not in result.stdout + result.stderr


def test_colours_stand_out_from_white_and_from_black():
    def luminance(number):
        levels = (0, 95, 135, 175, 215, 255)
        parts = [levels[(number - 16) // step % 6] / 255 for step in (36, 6, 1)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    for number in (196, 130, 28):
        assert 1.05 / (luminance(number) + 0.05) >= 3.9 and (luminance(number) + 0.05) / 0.05 >= 3.9, number
