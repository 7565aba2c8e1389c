"""JSONL → training rows: prep against what a user would otherwise write, same records, same tokenizer, same run.

    pipeline.py [RECORDS.jsonl] [--tokenizer FILE] [--rows N] [--processes 2]

Peers: `tokenizers` + `datasets` (map over processes, saved to disk) and `tokenizers` + `mosaicml-streaming` (MDS, zstd).
Each reads task/context/response, encodes prompt and response apart, cuts and pads to 1024, and writes input_ids, labels
and attention_mask. Without RECORDS the fixture is repeated. A last line says whether prep is 10 times the better peer.
"""

import argparse
import itertools
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(CHECKOUT / "Tests" / "Oracle"))
PREP = os.environ.get("PREP") or str(CHECKOUT / ".build" / "release" / "prep")
LENGTH = 1024


def rows_of(batch, encode, end):
    """Padded columns of a batch of records."""
    prompts = [
        "".join(part + "\n\n" for part in (task, context) if part)
        for task, context in zip(batch["task"], batch["context"])
    ]
    out = {"input_ids": [], "labels": [], "attention_mask": []}
    for prompt, response in zip(encode(prompts), encode(batch["response"])):
        ids = (prompt + response + [end])[:LENGTH]
        labels = ([-100] * len(prompt) + response + [end])[:LENGTH]
        padding = LENGTH - len(ids)
        out["input_ids"].append(ids + [end] * padding)
        out["labels"].append(labels + [-100] * padding)
        out["attention_mask"].append([1] * len(ids) + [0] * padding)
    return out


def peer(kind, tokenizer_file, end_token, source, out, processes):
    """Runs in a process of its own; prints rows a second and bytes written."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(tokenizer_file)
    end = tokenizer.token_to_id(end_token)
    encode = lambda texts: [e.ids for e in tokenizer.encode_batch_fast(texts, add_special_tokens=False)]
    count = 0
    start = time.perf_counter()
    if kind == "datasets":
        import datasets

        datasets.disable_progress_bars()
        data = datasets.load_dataset("json", data_files=source, split="train", cache_dir=f"{out}/cache")
        count = len(data)
        workers = processes if processes > 1 else None
        data = data.map(
            lambda batch: rows_of(batch, encode, end), batched=True, num_proc=workers, remove_columns=data.column_names)
        data.save_to_disk(f"{out}/rows", num_proc=workers)
    else:
        import numpy as np
        from streaming import MDSWriter

        columns = {"input_ids": "ndarray:uint32", "labels": "ndarray:int32", "attention_mask": "ndarray:uint8"}
        with MDSWriter(out=f"{out}/rows", columns=columns, compression="zstd:3", hashes=["xxh64"]) as writer, open(source) as lines:
            while chunk := [json.loads(line) for line in itertools.islice(lines, 1000)]:
                rows = rows_of({key: [r[key] for r in chunk] for key in ("task", "context", "response")}, encode, end)
                for ids, labels, mask in zip(*rows.values()):
                    writer.write({
                        "input_ids": np.array(ids, "uint32"), "labels": np.array(labels, "int32"),
                        "attention_mask": np.array(mask, "uint8")})
                count += len(chunk)
    seconds = time.perf_counter() - start
    size = sum(p.stat().st_size for p in Path(out, "rows").rglob("*") if p.is_file())
    print(json.dumps({"rows": count, "seconds": seconds, "bytes": size}))


def prep_run(tokenizer_file, end_token, source, out, processes):
    report = json.loads(subprocess.run(
        [PREP, "run", source, "--output", out, "--tokenizer", tokenizer_file, "--eos-token", end_token, "--threads",
         str(processes), "--max-rejects", "100%", "--json", "--quiet"], check=True, capture_output=True).stdout)
    return {"rows": report["records"], "seconds": report["seconds"], "bytes": report["bytes_out"]}


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("records", nargs="?")
    arguments.add_argument("--tokenizer")
    arguments.add_argument("--end-token", default="<|end_of_text|>")
    arguments.add_argument("--rows", type=int, default=8000)
    arguments.add_argument("--processes", type=int, default=2)
    given = arguments.parse_args()
    tokenizer = given.tokenizer
    if not tokenizer:
        import real_files

        tokenizer = str(real_files.real("llama3/tokenizer.json"))
    with tempfile.TemporaryDirectory() as folder:
        source = f"{folder}/records.jsonl"
        with open(given.records or CHECKOUT / "fixtures" / "gsm8k.jsonl", encoding="utf-8") as file:
            lines = file.readlines()
        with open(source, "w", encoding="utf-8") as file:
            file.writelines(itertools.islice(itertools.cycle(lines), given.rows))
        print(f"{given.rows} records, {os.path.getsize(source) / 1e6:.1f} MB, {given.processes} processes, {tokenizer}")
        results = {}
        for kind in ("datasets", "streaming", "prep"):
            best = None
            for _ in range(3 if kind == "prep" else 1):
                out = f"{folder}/{kind}"
                shutil.rmtree(out, ignore_errors=True)
                if kind == "prep":
                    result = prep_run(tokenizer, given.end_token, source, out, given.processes)
                else:
                    os.makedirs(out)
                    command = [sys.executable, __file__, "--peer", kind, tokenizer, given.end_token, source, out, str(given.processes)]
                    # streaming imports torchvision for images; no row has any, so a stand-in does.
                    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT / "Tests" / "Oracle" / "standins")}
                    done = subprocess.run(command, capture_output=True, text=True, env=environment)
                    if done.returncode != 0:
                        print(f"{kind:10} did not run: {done.stderr.strip().splitlines()[-1]}")
                        break
                    result = json.loads(done.stdout.splitlines()[-1])
                if best is None or result["seconds"] < best["seconds"]:
                    best = result
            if best:
                results[kind] = best
                print(f"{kind:10} {best['rows'] / best['seconds']:10.0f} rows/s  {best['seconds']:7.2f} s  {best['bytes'] / 1e6:8.1f} MB written", flush=True)
        peers = [r["rows"] / r["seconds"] for k, r in results.items() if k != "prep"]
        if peers:
            ratio = results["prep"]["rows"] / results["prep"]["seconds"] / max(peers)
            print(f"prep is {ratio:.1f} times the better peer (wanted: 10)")
            sys.exit(0 if ratio >= 10 else 1)


if __name__ == "__main__":
    if "--peer" in sys.argv:
        kind, tokenizer, end, source, out, processes = sys.argv[sys.argv.index("--peer") + 1 :]
        peer(kind, tokenizer, end, source, out, int(processes))
    else:
        main()
