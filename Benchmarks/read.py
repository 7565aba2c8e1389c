"""Reading rows in a training job: ShardDataset against StreamingDataset (MDS, zstd) and a memory-mapped `datasets` folder, same
rows, same run, fetched as a `DataLoader` without workers fetches them; and the bytes that each takes.

    read.py [RECORDS.jsonl] [--rows N] [--context-length N] [--batch N] [--passes N]

Without RECORDS the fixture is repeated. Wanted: sequential 3 times the better peer, random no slower, bytes at most those of MDS
and a thirtieth of the folder's. The exit code says whether all of it holds.
"""

import argparse
import itertools
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(CHECKOUT / "python")]
# streaming imports torchvision for images; no row has any, so a stand-in does.
sys.path.append(str(CHECKOUT / "Tests" / "Oracle" / "standins"))
PREP = os.environ.get("PREP") or str(CHECKOUT / ".build" / "release" / "prep")


def size(folder, but=()):
    return sum(file.stat().st_size for file in Path(folder).rglob("*") if file.is_file() and file.name not in but)


def write(records, base, options):
    """The rows in each form; gives the bytes of each."""
    import datasets

    datasets.disable_progress_bars()
    source = records or base / "records.jsonl"
    if not records:
        lines = (CHECKOUT / "fixtures" / "gsm8k.jsonl").read_text().splitlines(keepends=True)
        source.write_text("".join(itertools.islice(itertools.cycle(lines), options.rows)))
    run = [PREP, "run", source, "--output", base / "prep", "--context-length", options.context_length, "--max-rejects", "100%"]
    subprocess.run(list(map(str, [*run, "--quiet"])), check=True)
    for format in ("mds", "parquet"):
        subprocess.run(
            [PREP, "export", base / "prep", "--format", format, "--output", base / format], check=True, stdout=subprocess.DEVNULL)
    table = datasets.load_dataset("parquet", data_dir=str(base / "parquet"), cache_dir=str(base / "cache"), split="train")
    table.save_to_disk(base / "datasets")
    # Rejects are not rows. (The shards' own copy of them counts.)
    return {"prep": size(base / "prep", but=["rejects.jsonl"]), "streaming": size(base / "mds"), "datasets": size(base / "datasets")}


def opened(base, batch):
    import datasets
    import streaming
    from prep.torch import ShardDataset

    os.environ.setdefault("MASTER_ADDR", "127.0.0.1")
    streaming.base.util.clean_stale_shared_memory()
    return {
        "prep": ShardDataset(base / "prep"),
        "streaming": streaming.StreamingDataset(local=str(base / "mds"), shuffle=False, batch_size=batch),
        "datasets": datasets.load_from_disk(str(base / "datasets")).with_format("torch"),
    }


def rows_a_second(dataset, batches, passes):
    """The best of several passes, after one that warms caches."""
    fetch = getattr(dataset, "__getitems__", None) or (lambda indices: [dataset[index] for index in indices])
    best = 0.0
    for _ in range(passes + 1):
        start = time.perf_counter()
        count = sum(len(fetch(batch)) for batch in batches)
        best = max(best, count / (time.perf_counter() - start))
    return best


def same_rows(readers, indices):
    for index in indices:
        expected = readers["prep"][index]
        for name, reader in readers.items():
            for column, values in reader[index].items():
                assert values.tolist() == expected[column].tolist(), (name, index, column)


def main():
    import torch

    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("records", nargs="?")
    arguments.add_argument("--rows", type=int, default=8000)
    arguments.add_argument("--context-length", type=int, default=1024)
    arguments.add_argument("--batch", type=int, default=32)
    arguments.add_argument("--passes", type=int, default=3)
    options = arguments.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        sizes = write(options.records, base, options)
        readers = opened(base, options.batch)
        count = len(readers["prep"])
        same_rows(readers, range(0, count, max(1, count // 20)))
        print(f"{count} rows of {options.context_length} tokens")
        orders = {
            "sequential": list(range(count)),
            "random": torch.randperm(count, generator=torch.Generator().manual_seed(1)).tolist(),
        }
        wanted = {"sequential": 3.0, "random": 1.0}
        holds = True
        for order, indices in orders.items():
            batches = [indices[start : start + options.batch] for start in range(0, count, options.batch)]
            speeds = {name: rows_a_second(reader, batches, options.passes) for name, reader in readers.items()}
            ratio = speeds["prep"] / max(speeds["streaming"], speeds["datasets"])
            holds &= ratio >= wanted[order]
            shown = "  ".join(f"{name} {speed:9.0f}" for name, speed in speeds.items())
            print(f"{order:10} rows/s  {shown}  prep is {ratio:.1f} times the better peer (wanted: {wanted[order]:g})", flush=True)
        mds, arrow = sizes["streaming"] / sizes["prep"], sizes["datasets"] / sizes["prep"]
        holds &= mds >= 1 and arrow >= 30
        shown = "  ".join(f"{name} {value / 1e6:.1f} MB" for name, value in sizes.items())
        print(f"bytes  {shown}  MDS takes {mds:.2f} times prep's (wanted: 1), the datasets folder {arrow:.0f} times (wanted: 30)")
        sys.exit(0 if holds else 1)


if __name__ == "__main__":
    main()
