"""Peak memory of `prep run` with 2 threads: it must stay below 400 MB and not grow from 100 MB to 1 GB of input.

    memory.py [RECORDS.jsonl] [--sizes 100 1000] [--tokenizer gpt2]
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
PREP = os.environ.get("PREP") or str(CHECKOUT / ".build" / "release" / "prep")


def measure(source, out, tokenizer):
    """The report of one run and its peak memory in MB, from a process of its own."""
    command = [PREP, "run", source, "--output", out, "--threads", "2", "--tokenizer", tokenizer, "--max-rejects", "100%",
               "--json", "--quiet"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    report = json.loads(process.stdout.read())
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"prep failed: {status}")
    return report, usage.ru_maxrss / 1000


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("records", nargs="?", default=str(CHECKOUT / "fixtures" / "gsm8k.jsonl"))
    arguments.add_argument("--sizes", type=int, nargs="+", default=[100, 1000], help="MB of input")
    arguments.add_argument("--tokenizer", default="gpt2")
    given = arguments.parse_args()
    data = Path(given.records).read_bytes().rstrip(b"\n") + b"\n"
    peaks = []
    for size in given.sizes:
        with tempfile.TemporaryDirectory() as folder:
            source = f"{folder}/records.jsonl"
            with open(source, "wb") as file:
                for _ in range(max(1, size * 1_000_000 // len(data))):
                    file.write(data)
            report, peak = measure(source, f"{folder}/out", given.tokenizer)
        peaks.append(peak)
        print(f"{size:6} MB in: peak {peak:6.1f} MB, {report['rows'] / report['seconds']:9.0f} rows/s, {report['seconds']:6.1f} s", flush=True)
    good = max(peaks) < 400 and peaks[-1] < peaks[0] * 1.2 + 10
    print(f"peak {max(peaks):.0f} MB (wanted: below 400, not growing): {'good' if good else 'NOT GOOD'}")
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
