"""Runs `prep`: one process for many texts."""

import json
import os
import re
import subprocess
import tempfile
import time
from pathlib import Path

# Texts and lists of ids that prep encoded or decoded for a comparison in this process.
COMPARED = 0

CHECKOUT = Path(__file__).resolve().parents[2]
# Absolute, as tests change the folder that they are in.
PREP = str(Path(os.environ.get("PREP") or CHECKOUT / ".build" / "release" / "prep").resolve())


def prep(*arguments, input=None, check=True, env=None) -> subprocess.CompletedProcess:
    """Runs the command; bytes in, bytes out. With `check`, a failure shows what prep said."""
    result = subprocess.run(
        [PREP, *map(str, arguments)], input=input, capture_output=True, env={**os.environ, **(env or {})})
    if check and result.returncode != 0:
        raise AssertionError(
            f"prep {' '.join(map(str, arguments))[:500]} exited {result.returncode}: {result.stderr.decode(errors='replace')}")
    return result


def kill(*arguments, after: float) -> None:
    """Begins a command and kills it after so many seconds, if it is not done by then."""
    process = subprocess.Popen([PREP, *map(str, arguments)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(after)
    process.kill()
    process.wait()


def said(result: subprocess.CompletedProcess) -> str:
    """What a command said beside the settings that a run begins with: lines of a name and a value in columns."""
    return "".join(line for line in result.stderr.decode().splitlines(keepends=True) if not re.match(r"[a-z][a-z ]{15} ", line))


def encode(tokenizer, texts, *flags, check=True) -> list[dict]:
    """`{"ids", "tokens", "offsets"}` for each text, in order, from one process. Offsets are byte ranges."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "texts.jsonl"
        with open(path, "w", encoding="utf-8") as file:
            for text in texts:
                file.write(json.dumps({"text": text}, ensure_ascii=False) + "\n")
        result = prep("encode", "--tokenizer", tokenizer, "--input", path, "--json", *flags, check=check)
    return counted([json.loads(line) for line in result.stdout.split(b"\n") if line])


def decode(tokenizer, many_ids, *flags) -> list[str]:
    """The text of each list of ids, from one process."""
    lines = "".join(json.dumps({"ids": list(ids)}) + "\n" for ids in many_ids)
    result = prep("decode", "--tokenizer", tokenizer, "--input", "-", "--json", *flags, input=lines.encode())
    return counted([json.loads(line)["text"] for line in result.stdout.split(b"\n") if line])


def counted(results: list) -> list:
    global COMPARED
    COMPARED += len(results)
    return results


def describe(tokenizer, *flags) -> dict:
    """`prep tokenizer X --json`."""
    return json.loads(prep("tokenizer", tokenizer, "--json", *flags).stdout)


def byte_offsets(text: str, offsets) -> list[list[int]]:
    """The reference's character ranges as byte ranges in the UTF-8 of the text."""
    # With a prefix or suffix and byte fallback the reference reports places beyond the text.
    last = len(text)
    if text.isascii():
        return [[min(a, last), min(b, last)] for a, b in offsets]
    starts = [0]
    for character in text:
        starts.append(starts[-1] + len(character.encode("utf-8")))
    return [[starts[min(a, last)], starts[min(b, last)]] for a, b in offsets]
