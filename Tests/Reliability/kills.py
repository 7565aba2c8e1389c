"""Commands on several threads that are killed for good (`kill -9`) at moments that chance chooses, again and again, until one is
left to end: its files must be those of a run that nobody disturbed."""

from __future__ import annotations

import random
import signal
import subprocess
import time
from pathlib import Path

from faulty import loss, published
from harness import PREP, Tally, brief, contents, differences, restore, run
from scenarios import Scenario


def campaign(all_scenarios: list[Scenario], base: Path, tally: Tally, seed: int, rounds: int) -> None:
    """`rounds`: of each scenario; in each there are one to four kills."""
    for scenario in all_scenarios:
        rng = random.Random(f"kills {seed} {scenario.name}")
        arguments = list(scenario.arguments)
        if "--threads" in arguments:
            arguments[arguments.index("--threads") + 1] = "4"
        restore(base, scenario.before)
        begin = time.monotonic()
        run(arguments, base)
        whole = time.monotonic() - begin
        for number in range(rounds):
            restore(base, scenario.before)
            what = f"{scenario.name}, round {number}"
            command = arguments
            for _ in range(rng.randint(1, 4)):
                tally.tried += 1
                process = subprocess.Popen(
                    [PREP, *command], cwd=base, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                time.sleep(rng.uniform(0, whole))
                process.send_signal(signal.SIGKILL)
                if process.wait() not in (0, -signal.SIGKILL):
                    tally.finding(f"{what}: ended with {process.returncode}", crashes=1)
                for wrong in published(scenario, base):
                    tally.finding(f"{what}: {wrong}", **loss(scenario, base))
            ended = run(command, base)
            found = contents(base)
            if ended.code != 0 or found != scenario.after:
                tally.finding(
                    f"{what}: run again, exit code {ended.code}, {differences(found, scenario.after)[:3]} {brief(ended.said)}",
                    **loss(scenario, base))
