"""What packing costs `prep run` and how full it makes rows: the same records with and without it, in turn, in one run.

    pack.py [RECORDS.jsonl] [--rows N] [--context-length 4096] [--rounds 9]

Wanted: rows 99 % full, and a run not more than 5 % slower. The exit code says whether both hold.
"""

import argparse
import itertools
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
PREP = os.environ.get("PREP") or str(CHECKOUT / ".build" / "release" / "prep")


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("records", nargs="?")
    arguments.add_argument("--rows", type=int, default=60000)
    arguments.add_argument("--context-length", type=int, default=4096)
    arguments.add_argument("--rounds", type=int, default=9)
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        source = options.records or f"{folder}/records.jsonl"
        if not options.records:
            lines = (CHECKOUT / "fixtures" / "gsm8k.jsonl").read_text().splitlines(keepends=True)
            Path(source).write_text("".join(itertools.islice(itertools.cycle(lines), options.rows)))
        command = [PREP, "run", source, "--output", f"{folder}/out", "--context-length", str(options.context_length),
                   "--threads", "1", "--max-rejects", "100%", "--quiet", "--json"]
        seconds, report = {"": [], "--pack": []}, {}
        for _ in range(options.rounds):
            for flag in seconds:
                shutil.rmtree(f"{folder}/out", ignore_errors=True)
                before = resource.getrusage(resource.RUSAGE_CHILDREN)
                result = subprocess.run([*command, *filter(None, [flag])], check=True, capture_output=True)
                after = resource.getrusage(resource.RUSAGE_CHILDREN)
                seconds[flag].append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
                report = json.loads(result.stdout)
        # Processor time, and the least of it: what else runs on the machine only adds.
        cost = min(seconds["--pack"]) / min(seconds[""]) - 1
        print(f"{report['samples']} samples in {report['rows']} rows of {options.context_length}: {report['fill']:.2%} full "
              f"(wanted: 99 %), {cost:+.1%} processor time (wanted: at most +5 %)")
        sys.exit(0 if report["fill"] >= 0.99 and cost <= 0.05 else 1)


if __name__ == "__main__":
    main()
