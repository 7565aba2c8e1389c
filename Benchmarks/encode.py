"""Encode-only throughput on one core beside `tokenizers`, first pass and best, with all ids compared in the same run.

    python Benchmarks/encode.py [--tokenizer FILE ...] [--families] [CORPUS.jsonl[.zst] ...]

A corpus is a file of JSON records; the strings of a record, joined by line ends, are one text. Without arguments: GPT-2, Llama 3 and
DeepSeek on the fixtures; `--families` adds a small tokenizer of every family. `PREP` names the built command.
"""

import argparse
import array
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(CHECKOUT / "Tests" / "Oracle"))
os.environ.setdefault("RAYON_NUM_THREADS", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
PREP = os.environ.get("PREP") or str(CHECKOUT / ".build" / "release" / "prep")


def texts_of(path):
    texts = []
    if path.suffix == ".zst":
        import zstandard

        file = zstandard.open(path, "rt", encoding="utf-8")
    else:
        file = open(path, encoding="utf-8")
    with file:
        for line in file:
            if line.strip():
                record = json.loads(line)
                texts.append("\n".join(v if isinstance(v, str) else json.dumps(v, ensure_ascii=False) for v in record.values()))
    return texts


def digest(many_ids):
    total = hashlib.sha256()
    for ids in many_ids:
        total.update(array.array("I", ids).tobytes())
    return total.hexdigest()[:12]


def reference(path, texts):
    from tokenizers import Tokenizer

    start = time.perf_counter()
    tokenizer = Tokenizer.from_file(str(path))
    load = time.perf_counter() - start
    tokenizer.no_truncation()
    tokenizer.no_padding()
    start = time.perf_counter()
    ids = [e.ids for e in tokenizer.encode_batch_fast(texts, add_special_tokens=False)]
    return load, time.perf_counter() - start, ids


def ours(tokenizer, texts, folder):
    path = Path(folder) / "texts.jsonl"
    with open(path, "w", encoding="utf-8") as file:
        for text in texts:
            file.write(json.dumps({"text": text}, ensure_ascii=False) + "\n")
    one = Path(folder) / "one.jsonl"
    one.write_text('{"text": "a"}\n')

    def run(*flags, input=path):
        return subprocess.run([PREP, "encode", "--tokenizer", str(tokenizer), "--input", str(input), *flags],
                              check=True, capture_output=True).stdout

    start = time.perf_counter()
    run(input=one)
    load = time.perf_counter() - start
    measured = json.loads(run("--measure", "3"))
    ids = [[int(i) for i in line.split()] for line in run("--no-special").decode().split("\n")[:-1]]
    return load, measured, ids


def gpt2_file(folder):
    """A tokenizer.json of GPT-2 from the ranks that are embedded in prep."""
    import gpt2

    path = Path(folder) / "gpt2.json"
    gpt2.tokenizer().save(str(path))
    return path


def short(name):
    path = Path(str(name))
    return path.parent.name if path.name == "tokenizer.json" else path.stem


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("--tokenizer", action="append", default=[])
    arguments.add_argument("--families", action="store_true")
    arguments.add_argument("corpora", nargs="*")
    arguments = arguments.parse_args()
    corpora = [Path(c) for c in arguments.corpora] or sorted((CHECKOUT / "fixtures").glob("*.jsonl"))
    with tempfile.TemporaryDirectory() as folder:
        pairs = [(t, t) for t in arguments.tokenizer]
        if not pairs:
            import real_files

            pairs = [("gpt2", gpt2_file(folder))]
            pairs += [(p, p) for p in [real_files.real(f"{name}/tokenizer.json") for name in ("llama3", "deepseek")]]
        if arguments.families:
            import families

            small = Path(folder) / "families"
            small.mkdir()
            pairs += [(p, p) for p, _ in [families.save(family, small) for family in families.FAMILIES]]
        print("tokenizer | corpus | MB | prep load s | first MB/s | best MB/s | tokenizers load s | MB/s | ratio first | ids")
        failed = False
        for name, path in pairs:
            for corpus in corpora:
                try:
                    texts = texts_of(corpus)
                except ValueError:
                    continue
                if not texts:
                    continue
                size = sum(len(t.encode()) for t in texts) / 1e6
                load, measured, ids = ours(name, texts, folder)
                ref_load, seconds, ref_ids = reference(path, texts)
                equal = digest(ids) == digest(ref_ids)
                failed |= not equal
                first, best = size / measured["first_seconds"], size / measured["best_seconds"]
                print(f"{short(name)} | {corpus.stem} | {size:.1f} | {load:.2f} | {first:.0f} | {best:.0f} | "
                      f"{ref_load:.2f} | {size / seconds:.1f} | {first * seconds / size:.1f} | {'equal' if equal else 'DIFFER'}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
