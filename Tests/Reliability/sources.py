"""Inputs as they are: of any size and number, from pipes, and changed while they are read.

All layouts of the same records must give the same digest; a record that is left out is lost; a file that changes must be refused.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import threading
from pathlib import Path
from typing import Callable, Iterable

from harness import FAULTS, PREP, Tally, brief, contents, records, restore

FLAGS = ["--context-length", "256", "--block-size", "64KiB", "--max-rejects", "50%", "--quiet", "--json", "--overwrite"]


def report(arguments: list[str], base: Path, stdin=None, flags: list[str] = FLAGS) -> tuple[int, dict, str]:
    ended = subprocess.run([PREP, "run", *arguments, *flags], cwd=base, stdin=stdin, capture_output=True)
    try:
        return ended.returncode, json.loads(ended.stdout), ended.stderr.decode(errors="replace")
    except ValueError:
        return ended.returncode, {}, ended.stderr.decode(errors="replace")


def check(tally: Tally, what: str, ended: tuple[int, dict, str], records: int, digest: str | None = None) -> str:
    """The digest of a run that must have found all of so many records."""
    code, found, said = ended
    tally.tried += 1
    if code < 0 or code > 2:
        tally.finding(f"{what}: exit code {code}: {brief(said)}", crashes=1)
    elif code != 0:
        tally.finding(f"{what}: exit code {code}: {brief(said)}", lost=records)
    else:
        seen = found["accepted"] + sum(found["rejected"].values())
        if found["records"] != records or seen != records:
            tally.finding(f"{what}: {found['records']} records, {seen} accounted for, of {records}", lost=abs(records - seen))
        if digest is not None and found["digest"] != digest:
            tally.finding(f"{what}: digest {found['digest']}, not {digest}", wrong=1)
    return found.get("digest", "")


def pipes(base: Path, tally: Tally, seed: int) -> None:
    """A file, standard input, a FIFO that is fed in pieces of any size, and a file in pieces by descriptor."""
    rng = random.Random(f"pipes {seed}")
    content = records(rng, 3000, 20)
    restore(base, {"a.jsonl": content})
    digest = check(tally, "a file", report(["a.jsonl", "-o", "out"], base), 3020)
    with open(base / "a.jsonl", "rb") as file:
        check(tally, "standard input", report(["-", "-o", "out"], base, file), 3020, digest)
    for number in range(4):
        name = f"pipe{number}.jsonl"
        os.mkfifo(base / name)
        sizes = [rng.choice((1, 7, 4096, 65536, 1 << 20)) for _ in range(200)]

        def feed() -> None:
            with open(base / name, "wb", buffering=0) as pipe:
                position = 0
                for size in sizes:
                    pipe.write(content[position : position + size])
                    position += size
                pipe.write(content[position:])

        thread = threading.Thread(target=feed)
        thread.start()
        check(tally, f"a FIFO, {number}", report([name, "-o", "out"], base), 3020, digest)
        thread.join()


def changing(base: Path, tally: Tally, seed: int, count: int) -> None:
    """A file that is cut, grows or is written over while prep reads it: prep is stopped at one of its reads, the file is changed,
    prep goes on. It must refuse the file, and publish nothing; or it had read all of it before."""
    rng = random.Random(f"changing {seed}")
    content = records(rng, 6000, 20)
    lines = content.splitlines(keepends=True)
    digests: dict[bytes, str] = {}
    for number in range(count):
        changed = rng.choice((
            content[: rng.randrange(len(content))], content + b"".join(rng.choices(lines, k=rng.randint(1, 2000))),
            content[: len(content) // 2] + content[len(content) // 2 + len(rng.choice(lines)) :], b"",
            content.replace(b"the", b"THE"),
        ))
        restore(base, {"a.jsonl": content})
        read = rng.randint(1, 12)
        environment = {**os.environ, "LD_PRELOAD": str(FAULTS), "PREP_FAULT": f"read:{read}:stop"}
        process = subprocess.Popen(
            [PREP, "run", "a.jsonl", "-o", "out", *FLAGS, "--threads", "1"], cwd=base, env=environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        _, status = os.waitpid(process.pid, os.WUNTRACED)
        if os.WIFSTOPPED(status):
            with open(base / "a.jsonl", "r+b") as file:
                file.write(changed)
                file.truncate()
            process.send_signal(signal.SIGCONT)
            _, status = os.waitpid(process.pid, 0)
        out = process.stdout.read() if process.stdout else b""
        said = process.stderr.read().decode(errors="replace") if process.stderr else ""
        process.returncode = code = os.waitstatus_to_exitcode(status)
        what = f"file changed at read {read}, number {number}"
        tally.tried += 1
        if code < 0 or code > 2:
            tally.finding(f"{what}: exit code {code}: {brief(said)}", crashes=1)
        elif code == 0:
            # Then it must have read the one or the other, whole.
            left = json.loads(out)["digest"]
            for version in (content, (base / "a.jsonl").read_bytes()):
                if version not in digests:
                    restore(base, {"b.jsonl": version})
                    digests[version] = report(["b.jsonl", "-o", "out"], base)[1].get("digest", "")
            if left not in digests.values():
                tally.finding(f"{what}: exit code 0, and the digest of neither version", wrong=1)
        elif (base / "out" / "manifest.sqlite").exists():
            tally.finding(f"{what}: exit code {code}, and a manifest is published", wrong=1)


def many_files(base: Path, tally: Tally, seed: int, count: int) -> None:
    rng = random.Random(f"files {seed}")
    files = {f"in/{number % 50:02}/{number:05}.jsonl": records(rng, 2, 0) for number in range(count)}
    restore(base, files)
    ended = report(["in", "-o", "out"], base)
    digest = check(tally, f"{count} files", ended, 2 * count)
    check(tally, f"{count} files again", report(["in", "-o", "out"], base, flags=[*FLAGS[:-1]]), 2 * count, digest)


def many_records(base: Path, tally: Tally, count: int) -> None:
    restore(base, {})
    with open(base / "a.jsonl", "wb") as file:
        for first in range(0, count, 10000):
            file.write(b"".join(b'{"task":"%d","response":"y"}\n' % number for number in range(first, first + 10000)))
    flags = ["--context-length", "16", "--quiet", "--json", "--overwrite"]
    digest = check(tally, f"{count} tiny records", report(["a.jsonl", "-o", "out"], base, flags=flags), count)
    check(tally, f"{count} tiny records, one thread", report(["a.jsonl", "-o", "out", "--threads", "1"], base, flags=flags), count, digest)


def large_file(base: Path, tally: Tally, seed: int, size: int) -> None:
    """Lines of every length up to 8 MiB, and one of 1 GiB that is a reject."""
    rng = random.Random(f"large {seed}")
    restore(base, {})
    chunk = records(rng, 20000, 5)
    long = b'{"task":"q","response":"' + b"value of the token " * (8 << 20 >> 5) + b'"}\n'
    written = count = 0
    with open(base / "a.jsonl", "wb") as file:
        while written < size:
            part = chunk + long if written % 3 == 0 else chunk
            file.write(part)
            written += len(part)
            count += part.count(b"\n")
        file.write(b'{"text":"')
        for _ in range(1 << 10):
            file.write(b"a b " * (1 << 18))
        file.write(b'"}\n')
    flags = ["--context-length", "512", "--max-rejects", "5%", "--quiet", "--json", "--overwrite"]
    check(tally, f"a file of {written / 1e9:.1f} GB and a line of 1 GiB", report(["a.jsonl", "-o", "out"], base, flags=flags), count + 1)


def campaign(base: Path, tally: Tally, seed: int, *, long: bool) -> None:
    pipes(base, tally, seed)
    changing(base, tally, seed, 200 if long else 8)
    many_files(base, tally, seed, 5000 if long else 100)
    many_records(base, tally, 1_000_000 if long else 20_000)
    if long:
        large_file(base, tally, seed, 4_000_000_000)
