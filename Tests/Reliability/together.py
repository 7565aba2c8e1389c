"""Several commands that write to one place at the same time: one does its work, and the others refuse or find it done."""

from __future__ import annotations

import random
import subprocess
import time
from pathlib import Path

from harness import PREP, Tally, contents, differences, restore, run
from scenarios import Scenario

#: Scenarios that may be started together; all begin with the same files.
SETS = (
    ("run", "run with other options"), ("merge",), ("export parquet", "export npy", "export mds"), ("verify --repair",),
)


def campaign(chosen: list[Scenario], base: Path, tally: Tally, seed: int, rounds: int) -> None:
    rng = random.Random(f"together {seed} {chosen[0].name}")
    restore(base, chosen[0].before)
    begin = time.monotonic()
    run(chosen[0].arguments, base)
    whole = time.monotonic() - begin
    for number in range(rounds):
        restore(base, chosen[0].before)
        started: list[tuple[Scenario, subprocess.Popen]] = []
        for _ in range(rng.randint(2, 4)):
            scenario = rng.choice(chosen)
            started.append((scenario, subprocess.Popen(
                [PREP, *scenario.arguments], cwd=base, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE, text=True)))
            time.sleep(rng.choice((0, rng.uniform(0, whole))))
        tally.tried += 1
        ends = [(scenario, process.communicate(timeout=60)[1], process.returncode) for scenario, process in started]
        what = f"round {number}, {[(scenario.name, code) for scenario, _, code in ends]}"
        for scenario, said, code in ends:
            if code not in (0, 1, 2) or (code == 1 and scenario.arguments[0] != "verify"):
                tally.finding(f"{what}: {said.strip()[-300:]}", crashes=1)
        done = [scenario for scenario, _, code in ends if code == 0]
        found = contents(base)
        if not any(found == scenario.after for scenario in done):
            wrong = differences(found, (done or chosen)[0].after)[:3]
            tally.finding(f"{what}: {wrong or 'none of them did it'} {[said.strip()[-200:] for _, said, _ in ends]}", wrong=1)
