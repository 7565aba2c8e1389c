"""Damage of every kind: `prep verify` reports each, and no reader (the command, C, Python) gives a row that is not the one that was
written, or dies of it."""

from __future__ import annotations

import json
import os
import random
import select
import shutil
import sqlite3
import struct
import subprocess
import sys
from pathlib import Path
from typing import Callable, Optional, Sequence

from harness import BUILT, CHECKOUT, RUN, TIMEOUT, Contents, Tally, brief, contents, inputs, records, restore, run

PACKAGE = CHECKOUT / "python"


class Reader:
    """A process that answers a line with a line; when it dies it is a finding, and another is started."""

    def __init__(self, command: list[str], environment: Optional[dict[str, str]] = None) -> None:
        self.command, self.environment = command, {**os.environ, **(environment or {})}
        self.process: Optional[subprocess.Popen] = None

    def ask(self, folder: Path) -> tuple[str, str]:
        """The answer, and what went wrong."""
        if self.process is None:
            self.process = subprocess.Popen(
                self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=self.environment)
        assert self.process.stdin and self.process.stdout and self.process.stderr
        try:
            self.process.stdin.write(f"{folder}\n".encode())
            self.process.stdin.flush()
        except BrokenPipeError:
            pass
        ready, _, _ = select.select([self.process.stdout], [], [], TIMEOUT)
        if not ready:
            self.process.kill()
        answer = self.process.stdout.readline().decode()
        if answer.endswith("\n"):
            return answer, ""
        said = brief(self.process.stderr.read().decode(errors="replace"))
        code = self.process.wait()
        self.process = None
        return "", f"ended with {code if ready else 'no answer'}: {said}"

    def close(self) -> None:
        if self.process is not None and self.process.stdin:
            self.process.stdin.close()
            self.process.wait()


def c_reader() -> Reader:
    native = PACKAGE / "prep" / "_native"
    built = BUILT / "rows"
    source = Path(__file__).with_name("rows.c")
    if not built.exists() or built.stat().st_mtime < max(source.stat().st_mtime, (native / "libprep.so").stat().st_mtime):
        BUILT.mkdir(parents=True, exist_ok=True)
        made = built.with_suffix(f".{os.getpid()}")
        subprocess.run(
            ["cc", "-std=c11", "-O1", "-Wall", "-Wextra", "-Werror", f"-I{CHECKOUT}/Sources/CPrepABI/include", source, f"-L{native}",
             "-l:libprep.so", f"-Wl,-rpath,{native}", "-o", made], check=True)
        made.rename(built)
    return Reader([str(built)])


def python_reader() -> Reader:
    return Reader([sys.executable, str(Path(__file__).with_name("rows.py"))], {"PYTHONPATH": str(PACKAGE)})


# --- Damages ---------------------------------------------------------------------------------------------------------

Change = Callable[[Path, random.Random], str]


def pick(folder: Path, rng: random.Random, pattern: str = "*") -> Path:
    return rng.choice(sorted(path for path in folder.glob(pattern) if path.is_file() and path.stat().st_size > 1))


def in_bytes(change: Callable[[bytearray, int, random.Random], str]) -> Change:
    def do(folder: Path, rng: random.Random) -> str:
        path = pick(folder, rng)
        content = bytearray(path.read_bytes())
        what = change(content, rng.randrange(len(content)), rng)
        path.write_bytes(content)
        return f"{path.name}: {what}"

    return do


def flip(content: bytearray, place: int, rng: random.Random) -> str:
    content[place] ^= 1 << rng.randrange(8)
    return f"a bit of byte {place}"


def cut(content: bytearray, place: int, rng: random.Random) -> str:
    del content[place:]
    return f"cut at {place}"


def zeros(content: bytearray, place: int, rng: random.Random) -> str:
    end = min(len(content), (place // 512 + 1) * 512)
    content[place:end] = bytes(end - place)
    return f"zeros from {place} to {end}"


def noise(content: bytearray, place: int, rng: random.Random) -> str:
    end = min(len(content), place + rng.randint(1, 64))
    content[place:end] = rng.randbytes(end - place)
    return f"noise from {place} to {end}"


def remove(content: bytearray, place: int, rng: random.Random) -> str:
    end = min(len(content), place + rng.choice((1, 1, 8, 4096)))
    del content[place:end]
    return f"without bytes {place} to {end}"


def insert(content: bytearray, place: int, rng: random.Random) -> str:
    size = rng.choice((1, 1, 8, 4096))
    content[place:place] = rng.randbytes(size)
    return f"{size} bytes put in at {place}"


def grow(content: bytearray, place: int, rng: random.Random) -> str:
    content += bytes(rng.randint(1, 40))
    return "zeros behind it"


def twice(content: bytearray, place: int, rng: random.Random) -> str:
    end = min(len(content), place + rng.choice((16, 4096)))
    content[place:place] = content[place:end]
    return f"bytes {place} to {end} twice"


def frames(content: bytes) -> list[tuple[int, int]]:
    """Where the skippable frames and the stretches between them begin and end."""
    found, position, data = [], 0, None
    while position + 8 <= len(content):
        magic, size = struct.unpack_from("<II", content, position)
        if magic & 0xFFFFFFF0 == 0x184D2A50:
            if data is not None:
                found.append((data, position))
                data = None
            found.append((position, min(len(content), position + 8 + size)))
            position += 8 + size
        else:
            data = position if data is None else data
            position += 1
    return found


def in_a_head(folder: Path, rng: random.Random) -> str:
    """Bytes that say where others are: heads of frames, the index, the seek table."""
    path = pick(folder, rng, "shard-*")
    content = bytearray(path.read_bytes())
    start, end = rng.choice(frames(content))
    place = rng.randrange(start, min(end, start + 24)) if rng.random() < 0.7 else rng.randrange(max(start, end - 24), end)
    if rng.random() < 0.5:
        content[place] ^= 1 << rng.randrange(8)
    else:
        content[place] = (content[place] + rng.choice((1, 255, 128))) % 256
    path.write_bytes(content)
    return f"{path.name}: byte {place} of the frame from {start} to {end}"


def removed(folder: Path, rng: random.Random) -> str:
    path = pick(folder, rng)
    path.unlink()
    return f"{path.name} removed"


def replaced(folder: Path, rng: random.Random) -> str:
    path = pick(folder, rng)
    path.unlink()
    how = rng.randrange(3)
    if how == 0:
        path.mkdir()
    elif how == 1:
        os.mkfifo(path)
    else:
        path.symlink_to("nowhere")
    return f"{path.name} is a {('folder', 'pipe', 'link to nowhere')[how]}"


def swapped(folder: Path, rng: random.Random) -> str:
    one, other = rng.sample(sorted(folder.glob("shard-*")), 2)
    content = one.read_bytes()
    one.write_bytes(other.read_bytes())
    if rng.random() < 0.5:
        other.write_bytes(content)
        return f"{one.name} and {other.name} swapped"
    return f"{other.name} under the name {one.name} too"


def spliced(folder: Path, rng: random.Random) -> str:
    """A frame of one shard in the place of another's."""
    one, other = (pick(folder, rng, "shard-*") for _ in range(2))
    content = bytearray(one.read_bytes())
    source = other.read_bytes()
    start, end = rng.choice(frames(content))
    first, last = rng.choice(frames(source))
    content[start:end] = source[first:last]
    one.write_bytes(content)
    return f"{one.name}: {start} to {end} is {other.name}: {first} to {last}"


def other_rejects(folder: Path, rng: random.Random) -> str:
    path = folder / "rejects.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    how = rng.randrange(3)
    if how == 0:
        del lines[rng.randrange(len(lines))]
    elif how == 1:
        lines.insert(0, lines[-1])
    else:
        lines[0] = lines[0].replace(b'"line":', b'"line":1')
    path.write_bytes(b"".join(lines))
    return f"rejects.jsonl: a line {('left out', 'twice', 'edited')[how]}"


NUMBERS = ("first_row", "rows", "segments", "tokens", "supervised_tokens", "frames", "bytes", "input", "block", "last_of_input",
           "byte_offset", "byte_count", "first_line", "records", "accepted", "samples", "truncated")


def edited(folder: Path, rng: random.Random) -> str:
    """The manifest, changed as SQLite would change it."""
    path = folder / "manifest.sqlite"
    database = sqlite3.connect(path)
    count = database.execute("SELECT count(*) FROM shards").fetchone()[0]
    shard, other = rng.sample(range(count), 2)
    column = rng.choice(NUMBERS)
    number = rng.choice((
        f"{column} + 1", f"{column} - 1", "0", "-1", "9223372036854775807", "-9223372036854775808", "2147483647", "4294967296",
        "'word'", "NULL" if rng.random() < 0.1 else "1.5", f"(SELECT {column} FROM shards WHERE shard = {other}) + 1"))
    name = rng.choice(("../shard-00000-00000.zst", "/etc/passwd", "", "shard-00000-00000.zst/", "manifest.sqlite", "x" * 300, "a\0b"))
    digest = rng.choice(("file_digest", "content_digest", "block_key"))
    fact = rng.choice([value for (value,) in database.execute("SELECT name FROM dataset")])
    value = rng.choice((0, 1, -1, 2**63 - 1, "", "{}", "word", b"\0", None, 1.5, "0" * 32))
    statements = [
        (f"UPDATE shards SET {column} = {number} WHERE shard = {shard}", ()),
        ("UPDATE shards SET name = ? WHERE shard = ?", (name, shard)),
        (f"UPDATE shards SET {digest} = zeroblob(?) WHERE shard = ?", (rng.choice((0, 15, 16, 17)), shard)),
        ("DELETE FROM shards WHERE shard = ?", (shard,)),
        ("UPDATE dataset SET value = ? WHERE name = ?", (value, fact)),
        ("DELETE FROM dataset WHERE name = ?", (fact,)),
        ("UPDATE inputs SET bytes = bytes + 1 WHERE input = 0", ()),
        ("UPDATE inputs SET file = ? WHERE input = 0", (rng.choice(("other.jsonl", b"\xff", 3)),)),
        ("DELETE FROM inputs WHERE input = 1", ()),
        ("UPDATE counts SET count = count + 1", ()),
        ("DELETE FROM counts WHERE kind = 'rejected'", ()),
        (rng.choice(("DROP TABLE counts", "DROP TABLE shards", "DROP VIEW rejects", "PRAGMA user_version = 2",
                     "PRAGMA application_id = 1", "ALTER TABLE shards RENAME COLUMN rows TO lines")), ()),
        (f"UPDATE shards SET shard = {count + 1} WHERE shard = {shard}", ()),
    ]
    statement, values = rng.choice(statements)
    try:
        database.execute(statement, values)
        database.commit()
        if rng.random() < 0.5:
            database.execute("VACUUM")
    except sqlite3.Error as error:
        statement = f"{statement} ({error})"
    database.close()
    return f"manifest.sqlite: {statement} {values or ''}"


DAMAGES: list[Change] = [
    *(in_bytes(change) for change in (flip, cut, zeros, noise, remove, insert, grow, twice)), in_a_head, in_a_head, in_a_head, removed,
    replaced, swapped, spliced, other_rejects, edited, edited, edited, edited,
]

# --- Readers ---------------------------------------------------------------------------------------------------------


def data_sets(base: Path, seed: int) -> dict[str, Contents]:
    """One of many small shards with rejects, one whose shards have several frames."""
    restore(base, inputs(seed))
    assert run([*RUN, "-o", "small"], base).code == 0
    (base / "d.jsonl").write_bytes(records(random.Random(f"framed {seed}"), 7000, 3))
    made = run(["run", "d.jsonl", "a.jsonl", "--pack", "--context-length", "4096", "--block-size", "1100KiB", "--max-rejects", "50%",
                "--quiet", "-o", "framed"], base)
    assert made.code == 0, made.said
    found = {name: contents(base / name) for name in ("small", "framed")}
    for name in ("d.jsonl", "small", "framed"):
        path = base / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    return found


class Readers:
    """Everything that reads rows, and what it gives of an undamaged folder."""

    def __init__(self, folder: Path, c: Reader, python: Reader) -> None:
        self.folder, self.c, self.python = folder, c, python
        self.expected_c = c.ask(folder)[0].split()
        answer, wrong = python.ask(folder)
        self.expected_python = json.loads(answer) if answer else {}
        assert not wrong and len(self.expected_c) > 10, wrong
        for name, found in self.expected_python.items():
            assert found["opens"] and found["rows"] and None not in found["rows"], name
        self.expected_rows = self.command("inspect").out.splitlines()
        self.has_short_rows = sum(map(len, self.expected_rows)) < 2_000_000
        self.command("export")
        self.expected_export = self.exported()

    def command(self, name: str):
        folder = str(self.folder)
        out = self.folder.parent / "exported"
        if name == "export":
            shutil.rmtree(out, ignore_errors=True)
        return run({
            "verify": ["verify", folder], "inspect": ["inspect", folder, "--row", "all", "--json"], "stats": ["stats", folder],
            "show": ["show", folder], "export": ["export", folder, "--format", "npy", "--output", str(out)],
        }[name], self.folder.parent)

    def exported(self) -> Contents:
        return contents(self.folder.parent / "exported")

    def check(self, tally: Tally, what: str, rng: random.Random, *, full: bool = True) -> None:
        ended = self.command("verify")
        if ended.code not in (1, 2):
            tally.finding(f"{what}: verify says {ended.out[:80]!r} {brief(ended.said)}, exit code {ended.code}", crashes=ended.crashed)
        # Of long rows it prints megabytes.
        if self.has_short_rows or rng.random() < 0.2:
            ended = self.command("inspect")
            self.compare(tally, f"{what}: inspect", ended.out.splitlines(), self.expected_rows, ended.code == 0)
            if ended.crashed or ended.code not in (0, 1, 2):
                tally.finding(f"{what}: inspect ends with {ended.code}: {brief(ended.said)}", crashes=1)
        answer, died = self.c.ask(self.folder)
        if died:
            tally.finding(f"{what}: the C reader {died}", crashes=1)
        elif not answer.startswith("- "):
            found = answer.split()
            if found[:2] != self.expected_c[:2]:
                tally.finding(f"{what}: C opens it with {found[:2]}", wrong=1)
            wrong = sum(one not in ("-", other) for one, other in zip(found[2:], self.expected_c[2:]))
            if wrong:
                tally.finding(f"{what}: C gives {wrong} wrong rows", wrong=wrong)
        if full:
            self.check_python(tally, what)
            self.check_other(tally, what, rng)

    def check_python(self, tally: Tally, what: str) -> None:
        answer, died = self.python.ask(self.folder)
        if died:
            tally.finding(f"{what}: the Python reader {died}", crashes=1)
            return
        for name, found in json.loads(answer).items():
            expected = self.expected_python[name]
            if not found["opens"]:
                continue
            if name == "stream":
                self.compare(tally, f"{what}: ShardStream", found["rows"], expected["rows"], found.get("ended", False))
                continue
            wrong = sum(one not in (None, other) for one, other in zip(found["rows"], expected["rows"]))
            if wrong or len(found["rows"]) != len(expected["rows"]) or found["digest"] != expected["digest"]:
                tally.finding(f"{what}: Dataset ({name}) gives {wrong} wrong rows of {len(found['rows'])}", wrong=max(1, wrong))

    def check_other(self, tally: Tally, what: str, rng: random.Random) -> None:
        name = rng.choice(("export", "export", "export", "stats", "show"))
        ended = self.command(name)
        if ended.crashed or ended.code not in (0, 1, 2):
            tally.finding(f"{what}: {name} ends with {ended.code}: {brief(ended.said)}", crashes=1)
        if name == "export":
            left = self.exported()
            if ended.code == 0 and left != self.expected_export:
                tally.finding(f"{what}: export writes other rows", wrong=1)
            elif ended.code != 0 and left:
                tally.finding(f"{what}: export fails, and leaves {sorted(left)[:3]}")

    @staticmethod
    def compare(tally: Tally, what: str, found: list, expected: list, ended: bool) -> None:
        """Rows in their order, which may stop with an error but not before."""
        wrong = sum(one != other for one, other in zip(found, expected)) + max(0, len(found) - len(expected))
        lost = max(0, len(expected) - len(found)) if ended else 0
        if wrong or lost:
            tally.finding(f"{what}: {wrong} wrong rows, {lost} left out", wrong=wrong, lost=lost)


def campaign(base: Path, tally: Tally, seed: int, numbers: Sequence[int], *, full: bool = True) -> None:
    """`numbers`: which damages; `full`: with Python, and with the commands beside verify and inspect."""
    made = data_sets(base, seed)
    c, python = c_reader(), python_reader()
    folder = base / "set"
    try:
        for part, (name, files) in enumerate(made.items()):
            restore(folder, files)
            readers = Readers(folder, c, python)
            for number in numbers:
                if number // 8 % 4 // 3 != part:
                    continue
                rng = random.Random(f"damage {seed} {number}")
                what = ""
                while contents(folder) == files:
                    what = rng.choice(DAMAGES)(folder, rng)
                tally.tried += 1
                readers.check(tally, f"damage {number} of {name}, {what}", rng, full=full)
                restore(folder, files)
            assert run(["verify", str(folder)], base).code == 0
    finally:
        c.close()
        python.close()
