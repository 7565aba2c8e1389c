#!/usr/bin/env python3
"""The campaign: faults, kills, power cuts, damage and inputs as they are, thrown at prep; and the page that says what came of it.

usage: Tests/Reliability/campaign.py [--long] [--seed N] [--jobs N] [--base DIR] [--page FILE] [PART ...]

A part is `faults`, `kills`, `together`, `power`, `damage`, `forged` or `inputs`; all of them unless some are named. One that has scenarios takes one of
these with it, and a finding names what repeats it: `faults='run --overwrite'`, with `--fault pwrite:3:28` for a single fault;
`damage=1234` is damage number 1234. Folders are made below --base, in memory by default; `faults` on the disk too.
PREP names the command.
"""

from __future__ import annotations

import argparse
import platform
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import damage
import faulty
import forged
import kills
import power
import sources
import together
from harness import BUILT, CHECKOUT, PREP, Tally, build
from scenarios import scenarios

HERE = "Tests/Reliability/campaign.py"
#: Scenarios by the row of the table that they belong to.
GROUPS = {
    "`run`": ["run", "run in a folder below", "run that goes on", "run --overwrite", "run --partition", "run --format"],
    "`merge`": ["merge"],
    "`export`": ["export parquet", "export mds", "export megatron", "export npy", "export --overwrite"],
    "`verify`": ["verify --repair", "verify --rebuild-manifest"],
}
#: Of these a part of the faults is chosen by chance, since they do what others do; of the rest all are tried.
SAMPLED = "run in a folder below", "run --partition", "run --format", "verify --rebuild-manifest"
#: How much of each: (short, long).
ROUNDS, STATES, DISK = (2, 40), (12, 1000), (3, 100)
DAMAGES = {"damage": (128, 10_000), "forged": (32, 2000)}
#: Tasks that the damages are shared out to.
SHARES = 2, 8


@dataclass
class Task:
    part: str
    row: str
    seed: int
    long: bool
    base: str
    names: tuple[str, ...] = ()
    fault: str = ""
    numbers: tuple[int, int, int] = (0, 0, 1)

    def run(self) -> Tally:
        how = f"{HERE} --seed {self.seed}{' --long' if self.long else ''} {self.part}"
        tally = Tally(self.row, how)
        index = 1 if self.long else 0
        with tempfile.TemporaryDirectory(prefix="prep-reliability-", dir=self.base) as folder:
            base = Path(folder) / "work"
            if self.part in ("faults", "kills", "power", "together"):
                chosen = scenarios(base, self.seed, list(self.names))
                if self.fault:
                    for scenario in chosen:
                        faulty.attempt(scenario, self.fault, base, tally)
                elif self.part == "faults":
                    on_disk = "disk" in self.row
                    some = DISK[index] if on_disk else 300 if self.names[0] in SAMPLED else None
                    faulty.campaign(chosen, base, tally, self.seed, some if self.long or on_disk else 8)
                elif self.part == "together":
                    together.campaign(chosen, base, tally, self.seed, ROUNDS[index] * 5)
                elif self.part == "kills":
                    kills.campaign(chosen, base, tally, self.seed, ROUNDS[index])
                else:
                    power.campaign(chosen, base, tally, self.seed, STATES[index])
            elif self.part in DAMAGES:
                (damage if self.part == "damage" else forged).campaign(base, tally, self.seed, range(*self.numbers))
            else:
                sources.campaign(base, tally, self.seed, long=self.long)
        return tally


ROWS = {
    "faults": "System calls of {} that fail, or at which it is killed",
    "kills": "`kill -9` of {} on four threads",
    "power": "Power cuts during {}",
    "together": "Two to four commands at once that write to one place",
    "damage": "Damage to shards, manifest and rejects",
    "forged": "Shards with forged contents under right checksums",
    "inputs": "Inputs: pipes, files that change while they are read, many files, many records, large ones",
}


def tasks(parts: dict[str, str], seed: int, long: bool, base: str, fault: str) -> list[Task]:
    found = []
    for part, only in parts.items():
        if part in DAMAGES:
            count, step = (pair[1 if long else 0] for pair in (DAMAGES[part], SHARES))
            shares = [(int(only), int(only) + 1, 1)] if only else [(first, count, step) for first in range(step)]
            found += [Task(part, ROWS[part], seed, long, base, numbers=share) for share in shares]
        elif part == "together":
            found += [Task(part, ROWS[part], seed, long, base, names) for names in together.SETS]
        elif part == "inputs":
            found.append(Task(part, ROWS[part], seed, long, base))
        else:
            for group, names in GROUPS.items():
                row = ROWS[part].format(group)
                for name in names:
                    if not only or name == only:
                        found.append(Task(part, row, seed, long, base, (name,), fault))
                if part == "faults" and not only:
                    disk = str(BUILT)
                    found.append(Task(part, f"The same on a disk: calls of {group}, chosen by chance", seed, long, disk, tuple(names)))
    return found


def work(task: Task) -> Tally:
    start = time.monotonic()
    tally = task.run()
    print(f"{task.part} {' '.join(task.names) or task.numbers[0]}: {tally.tried} tried, {len(tally.findings)} findings, "
          f"{time.monotonic() - start:.0f} s", flush=True)
    return tally


def campaign(parts: dict[str, str], *, seed: int, long: bool, base: str, jobs: int, fault: str = "") -> list[Tally]:
    """What came of it, a row of the table each."""
    build()
    damage.c_reader()
    rows: dict[str, Tally] = {}
    with ProcessPoolExecutor(jobs) as pool:
        for tally in pool.map(work, tasks(parts, seed, long, base, fault)):
            if tally.name in rows:
                rows[tally.name].add(tally)
            else:
                rows[tally.name] = tally
    return list(rows.values())


PAGE = """\
# What is done to prep, and what comes of it

Written by `make reliability` ({how}) with {version} on {machine}; {minutes} minutes.

{table}

A row **lost** is one that a command left out and said nothing; a row is **wrong** that a reader gave and nobody wrote; a **crash** is
any end but by an exit code of prep's own, or none within a minute.

- **System calls** (`faults.c`, preloaded): {calls} of a kind ({kinds}): fails with {errors}, from there on
  with ENOSPC, reads or writes half, or the process is killed before or behind it. Then the same command, undisturbed, must leave the
  files of a run without a fault, byte for byte; what had a manifest before must verify; exit code 0 must mean that all was done.
- **Power cuts**: from a log of all writes, renames and syncs, the states that a file system may show that keeps only what was synced:
  bytes kept, torn, zero or lost, names in order up to some point or any of them. The same is asked of each; and of a command that had ended, that
  nothing of it is lost.
- **At once**: of commands that are started together, the same or others with one place to write to, one does its work, and its files
  are there; the others refuse, or find it done.
- **Damage**: bits, cuts, noise, bytes put in, left out and doubled, zeros, heads of frames, frames of other shards, shards swapped, files
  removed or replaced by folders, pipes and dead links, edited rejects, and edits of the manifest by SQL. `prep verify` must report each;
  `prep inspect` and `export`, the C interface, Python's `Dataset` (also with `learn`) and `ShardStream` must give the rows that were
  written or an error, and leave out none in silence.
- **Forged shards**: numbers at their extremes and bytes put in or left out of headers, indexes, data frames, classes and rejects, all
  checksums made right again. Under the old manifest they are damage; under one that was rebuilt from them nothing that reads may
  crash.
- **Inputs**: the same records from a file, standard input and FIFOs fed in pieces of any size give one digest; {sizes} lose
  none; a file that is cut, grows or is written over while prep stands still
  at one of its reads is refused, and nothing is published.

A short pass of all of it, with a seed by chance, is part of `make test` (`Tests/Reliability/test_short.py`). A finding names what repeats
it: `{here} --seed 1 --long faults='merge' --fault rename:2:5`, `{here} --seed 1 --long damage=1234`.
"""


def page(rows: list[Tally], how: str, minutes: float, *, long: bool) -> str:
    lines = ["| what | tried | rows lost | wrong rows | crashes | again |", "| --- | ---: | ---: | ---: | ---: | --- |"]
    lines += [f"| {row.name} | {row.tried:,} | {row.lost:,} | {row.wrong:,} | {row.crashes:,} | `{row.how}` |" for row in rows]
    version = subprocess.run([PREP, "--version"], capture_output=True, text=True).stdout.strip()
    return PAGE.format(
        how=f"`{how}`", version=f"prep {version}", machine=f"{platform.system()} {platform.machine()}", minutes=round(minutes),
        table="\n".join(lines), kinds="open, read, pread, write, pwrite, close, fsync, rename, mkdir, unlink, rmdir, link, opendir, "
        "readdir, stat, fstat, flock and starting a thread", errors=", ".join(faulty.ERRORS), here=HERE,
        calls="each call of each command in turn (of some ways to run that do what others do, 300 by chance)" if long
        else "a few calls of each command, chosen by chance,",
        sizes="5,000 files, a million records and a file of 4 GB with a line of 1 GiB" if long else "100 files and 20,000 records")


def main() -> int:
    parser = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1].split("\n")[0])
    parser.add_argument("parts", nargs="*")
    parser.add_argument("--long", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--base", default="/dev/shm" if Path("/dev/shm").is_dir() else tempfile.gettempdir())
    parser.add_argument("--page", type=Path)
    parser.add_argument("--fault", default="")
    options = parser.parse_args()
    parts = dict((part.split("=", 1) + [""])[:2] for part in options.parts or ROWS)
    if unknown := set(parts) - set(ROWS):
        parser.error(f"there is no part {', '.join(sorted(unknown))}; there are {', '.join(ROWS)}")
    start = time.monotonic()
    rows = campaign(
        parts, seed=options.seed, long=options.long, base=options.base, jobs=options.jobs, fault=options.fault)
    for row in rows:
        print(f"{row.name}: {row.tried} tried, {row.lost} rows lost, {row.wrong} wrong rows, {row.crashes} crashes")
    findings = [finding for row in rows for finding in row.findings]
    print("\n".join(findings) if findings else "nothing was found")
    if options.page and not findings:
        how = f"{HERE} --seed {options.seed}" + (" --long" if options.long else "")
        options.page.write_text(page(rows, how, (time.monotonic() - start) / 60, long=options.long))
        print(f"written: {options.page.resolve().relative_to(CHECKOUT)}")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
