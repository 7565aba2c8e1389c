"""What the parts of the campaign share: the command, small inputs, folders as they are compared, and what is counted."""

from __future__ import annotations

import gzip
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
PREP = str(Path(os.environ.get("PREP") or CHECKOUT / ".build" / "release" / "prep").resolve())
BUILT = CHECKOUT / ".build" / "reliability"
FAULTS = BUILT / "faults.so"
TIMEOUT = 60

Contents = dict[str, bytes]


@dataclass
class Tally:
    """What was tried, and what came of it. A finding has the words that repeat it."""

    name: str
    how: str
    tried: int = 0
    lost: int = 0
    wrong: int = 0
    crashes: int = 0
    findings: list[str] = field(default_factory=list)

    def finding(self, what: str, *, lost: int = 0, wrong: int = 0, crashes: int = 0) -> None:
        self.lost += lost
        self.wrong += wrong
        self.crashes += crashes
        self.findings.append(what)
        if len(self.findings) <= 20:
            print(f"  {self.name}: {what}", flush=True)

    def object(self) -> dict:
        return self.__dict__

    def add(self, other: "Tally") -> None:
        for name in ("tried", "lost", "wrong", "crashes"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.findings += other.findings


def build() -> None:
    """The library that stands between prep and the C library."""
    BUILT.mkdir(parents=True, exist_ok=True)
    source = Path(__file__).with_name("faults.c")
    if FAULTS.exists() and FAULTS.stat().st_mtime > source.stat().st_mtime:
        return
    made = FAULTS.with_suffix(f".{os.getpid()}")
    subprocess.run(
        ["cc", "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o", made, source, "-ldl", "-pthread"], check=True)
    made.rename(FAULTS)


@dataclass
class Ended:
    code: int  # negative: the signal that ended it
    out: bytes
    said: str
    hung: bool = False

    @property
    def crashed(self) -> bool:
        return self.hung or (self.code < 0 and self.code != -signal.SIGKILL)


def run(arguments: list[str], cwd: Path, *, timeout: int = TIMEOUT, **faults: str) -> Ended:
    """Runs prep in a folder; `fault`, `log` and `counts` are what faults.c takes."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PREP_FAULT")}
    if faults:
        environment["LD_PRELOAD"] = str(FAULTS)
        environment.update({"PREP_FAULT" + ("" if name == "fault" else f"_{name.upper()}"): value for name, value in faults.items()})
    process = subprocess.Popen(
        [PREP, *arguments], cwd=cwd, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        out, said = process.communicate(timeout=timeout)
        return Ended(process.returncode, out, said.decode(errors="replace"))
    except subprocess.TimeoutExpired:
        process.kill()
        out, said = process.communicate()
        return Ended(process.returncode, out, said.decode(errors="replace"), hung=True)


def brief(said: str) -> str:
    """What a command said last; of a crash, what the runtime says it was."""
    for line in said.splitlines():
        if "untime failure" in line or "Fatal error" in line or "Crash" in line:
            return line.strip()[:300]
    return said.strip()[-300:]


def contents(folder: Path) -> Contents:
    """Every file below a folder, by its path in it; folders end in /."""
    found: Contents = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_dir():
            found[name + "/"] = b""
        elif path.is_file():
            found[name] = path.read_bytes()
        else:
            found[name] = b"no regular file"
    return found


def restore(folder: Path, files: Contents) -> None:
    """Makes a folder hold these files, and nothing else."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, content in files.items():
        path = folder / name
        if name.endswith("/"):
            path.mkdir(parents=True, exist_ok=True)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


def differences(found: Contents, expected: Contents) -> list[str]:
    names = sorted(set(found) | set(expected))
    return [
        name + (" is missing" if name not in found else " is there" if name not in expected else " has other bytes")
        for name in names if found.get(name) != expected.get(name)]


WORDS = "the of Paris émigré 東京 value 12345 answer if  not\n\n`x = 1` 🙂 supervised token _a_".split(" ")


def records(rng: random.Random, count: int, bad: int) -> bytes:
    lines = []
    for _ in range(count):
        lines.append(json.dumps(
            {name: " ".join(rng.choices(WORDS, k=rng.randrange(low, 40))) for name, low in (("task", 1), ("context", 0), ("response", 1))},
            ensure_ascii=rng.random() < 0.5).encode())
    for _ in range(bad):
        lines.insert(rng.randrange(len(lines)), rng.choice([b"{", b'{"task": "x"}', b'{"task": 1, "response": "y"}', b"\xff"]))
    return b"\n".join(lines) + b"\n"


#: A run of three inputs in six blocks, rejects among them.
RUN = ["run", "a.jsonl", "b.jsonl.gz", "c.jsonl", "--context-length", "256", "--block-size", "16KiB", "--max-rejects", "50%",
       "--quiet", "--threads", "1"]


def inputs(seed: int) -> Contents:
    rng = random.Random(f"inputs {seed}")
    return {
        "a.jsonl": records(rng, 90, 3), "b.jsonl.gz": gzip.compress(records(rng, 40, 1), mtime=0), "c.jsonl": b"",
    }


def rows(folder: Path) -> list[bytes]:
    """All rows of a data set as prep prints them; what it cannot read ends the list."""
    return subprocess.run([PREP, "inspect", folder, "--row", "all", "--json"], capture_output=True).stdout.splitlines()


def manifest_rows(folder: Path) -> int:
    database = sqlite3.connect(f"file:{folder / 'manifest.sqlite'}?immutable=1", uri=True)
    try:
        return database.execute("SELECT value FROM dataset WHERE name = 'rows'").fetchone()[0]
    finally:
        database.close()
