"""Encode-only throughput on one core beside the fastest peers, first pass and best of three, with all ids compared in the same run.

    python Benchmarks/encode.py [--tokenizer FILE ...] [--families] [--rounds N] [CORPUS.jsonl[.zst] ...]

A corpus is a file of JSON records; the strings of a record, joined by line ends, are one text. Without arguments: GPT-2, Llama 3 and
DeepSeek on the fixtures; `--families` adds a small tokenizer of every family. Peers are those of `Benchmarks/peers.txt`, installed apart on
first use. Everything runs on one core (`--core`), in alternation, and the best of all rounds counts. `PREP` names the built command.
"""

import argparse
import array
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(CHECKOUT / "Tests" / "Oracle"))
os.environ["RAYON_NUM_THREADS"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"
PREP = os.environ.get("PREP") or str(CHECKOUT / ".build" / "release" / "prep")
PINS = CHECKOUT / "Benchmarks" / "peers.txt"
PEERS = dict(line.split("==") for line in PINS.read_text().splitlines() if "==" in line)


def peers_python():
    """The interpreter of the peers' own environment: their `tokenizers` is not that of the tests."""
    folder = Path(os.environ.get("PREP_PEERS") or CHECKOUT / ".build" / "peers")
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", "-r", str(PINS)], check=True)
    return str(python)


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


def pinned(core):
    return ["taskset", "-c", str(core)] if core is not None and hasattr(os, "sched_setaffinity") else []


def ours(tokenizer, path, core):
    def run(*flags):
        return subprocess.run([*pinned(core), PREP, "encode", "--tokenizer", str(tokenizer), "--input", str(path), *flags],
                              check=True, capture_output=True).stdout

    measured = json.loads(run("--measure", "3"))
    ids = [[int(i) for i in line.split()] for line in run("--no-special").decode().split("\n")[:-1]]
    return {"first": measured["first_seconds"], "best": measured["best_seconds"], "digest": digest(ids)}


def theirs(peer, tokenizer, path, core, python):
    """None where the peer cannot load or encode it."""
    result = subprocess.run([*pinned(core), python, str(CHECKOUT / "Benchmarks" / "peer.py"), peer, str(tokenizer), str(path)],
                            capture_output=True, text=True)
    return json.loads(result.stdout) if result.returncode == 0 else None


def compare(tokenizer, texts, folder, core, rounds, python):
    """The best figures of prep and of each peer over the rounds."""
    path = Path(folder) / "texts.jsonl"
    with open(path, "w", encoding="utf-8") as file:
        for text in texts:
            file.write(json.dumps({"text": text}, ensure_ascii=False) + "\n")
    best = {}
    for _ in range(rounds):
        for name in ["prep", *PEERS]:
            found = ours(tokenizer, path, core) if name == "prep" else theirs(name, tokenizer, path, core, python)
            if found is None:
                continue
            if name in best:
                found["first"] = min(found["first"], best[name]["first"])
                found["best"] = min(found["best"], best[name]["best"])
            best[name] = found
    return best


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
    arguments.add_argument("--rounds", type=int, default=1)
    arguments.add_argument("--core", type=int, default=0)
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
        python = peers_python()
        print("tokenizer | corpus | MB | MB/s first | best |" + "".join(f" {name} {version} first | best | ids |" for name, version in PEERS.items())
              + " ratio to the best of equal ids: first | best")
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
                found = compare(path, texts, folder, arguments.core, arguments.rounds, python)
                prep = found.pop("prep")
                line = f"{short(name)} | {corpus.stem} | {size:.1f} | {size / prep['first']:.0f} | {size / prep['best']:.0f} |"
                equal = [peer for peer in found if found[peer]["digest"] == prep["digest"]]
                # A peer may differ; that all do means that prep does.
                failed |= bool(found) and not equal
                for peer in PEERS:
                    if peer in found:
                        line += (f" {size / found[peer]['first']:.0f} | {size / found[peer]['best']:.0f} |"
                                 f" {'equal' if peer in equal else 'DIFFER'} |")
                    else:
                        line += " – | – | – |"
                if equal:
                    line += (f" {min(found[p]['first'] for p in equal) / prep['first']:.2f} |"
                             f" {min(found[p]['best'] for p in equal) / prep['best']:.2f}")
                print(line, flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
