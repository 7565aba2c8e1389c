"""Every system call of every command that writes, failed and killed in turn.

After a fault the same command, undisturbed, must give the files of a run without one; what is published in between must be
intact; and a command that was disturbed either fails by an exit code of its own, or did all of its work.
"""

from __future__ import annotations

import errno
import random
import signal
from pathlib import Path

from harness import Tally, brief, contents, differences, restore, rows, run
from scenarios import Scenario

ERRORS = ("EIO", "ENOSPC", "EINTR", "EAGAIN")
SHORT = ("read", "pread", "write", "pwrite")


def faults(counts: dict[str, int]) -> list[str]:
    """All that can be done to the calls of a command."""
    found = []
    for kind, count in counts.items():
        for number in range(1, count + 1):
            found += [f"{kind}:{number}:{getattr(errno, name)}" for name in ERRORS]
            found += [f"{kind}:{number}:kill", f"{kind}:{number}:kill-after"]
            if kind in SHORT:
                found.append(f"{kind}:{number}:short")
            # A disk that is full stays full; a signal that comes again and again ends in between.
            if kind in ("pwrite", "fsync", "open"):
                found.append(f"{kind}:{number}+:{errno.ENOSPC}")
    return found


def count_calls(scenario: Scenario, base: Path) -> dict[str, int]:
    restore(base, scenario.before)
    counted = base.parent / (base.name + "-counts")
    run(scenario.arguments, base, counts=str(counted))
    return {kind: int(count) for kind, count in (line.split() for line in counted.read_text().splitlines())}


def published(scenario: Scenario, base: Path) -> list[str]:
    """What is wrong with the data sets that have a manifest."""
    found = []
    for name in scenario.data_sets:
        if (base / name / "manifest.sqlite").exists() and scenario.name not in ("verify --repair", "verify --rebuild-manifest"):
            ended = run(["verify", name], base)
            if ended.code != 0:
                found.append(f"{name} is published and damaged: {ended.out.decode().splitlines()[:1]}")
    return found


def attempt(scenario: Scenario, fault: str, base: Path, tally: Tally) -> None:
    tally.tried += 1
    what = f"{scenario.name}, {fault}"
    restore(base, scenario.before)
    ended = run(scenario.arguments, base, fault=fault)
    if ended.crashed:
        tally.finding(f"{what}: {'hangs' if ended.hung else signal.Signals(-ended.code).name}: {brief(ended.said)}", crashes=1)
    done = contents(base)
    if ended.code == 0 and done != scenario.after:
        tally.finding(f"{what}: exit code 0, and {differences(done, scenario.after)[:3]}", **loss(scenario, base))
    elif ended.code > 0 and ended.code != 2 and not (ended.code == 1 and scenario.arguments[0] == "verify"):
        tally.finding(f"{what}: exit code {ended.code}: {brief(ended.said)}", crashes=1)
    elif ended.code > 0 and "prep: " not in ended.said and not ended.out:
        tally.finding(f"{what}: exit code {ended.code} without a word")
    if ended.code != 0:
        for wrong in published(scenario, base):
            tally.finding(f"{what}: {wrong}", **loss(scenario, base))
    again = run(scenario.repeated(), base)
    found = contents(base)
    if again.code != 0 or found != scenario.after:
        tally.finding(
            f"{what}: run again, exit code {again.code}, {differences(found, scenario.after)[:3]} {brief(again.said)}", **loss(scenario, base))


def loss(scenario: Scenario, base: Path) -> dict[str, int]:
    """Rows that are lost and rows that are wrong in what a command left behind."""
    expected_base = base.parent / (base.name + "-expected")
    lost = wrong = 0
    for name in scenario.data_sets:
        restore(expected_base, scenario.after)
        expected, found = rows(expected_base / name), rows(base / name)
        lost += max(0, len(expected) - len(found))
        wrong += sum(one != other for one, other in zip(found, expected))
    return {"lost": lost, "wrong": wrong}


def campaign(all_scenarios: list[Scenario], base: Path, tally: Tally, seed: int, limit: int | None = None) -> None:
    """`limit`: so many faults of each scenario, chosen by the seed; None for all."""
    for scenario in all_scenarios:
        chosen = faults(count_calls(scenario, base))
        if limit is not None:
            chosen = random.Random(f"faults {seed} {scenario.name}").sample(chosen, min(limit, len(chosen)))
        for fault in chosen:
            attempt(scenario, fault, base, tally)
