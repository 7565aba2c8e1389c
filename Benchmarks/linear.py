"""Time for 1 MiB and for 8 MiB of texts without a boundary, for every family and every stage: at most 10 times as long.

    python Benchmarks/linear.py [NAME ...]

Prints the worst of each tokenizer, and fails where some text takes more than 10 times as long. `PREP` names the built command.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(CHECKOUT / "Tests" / "Oracle"))
PREP = os.environ.get("PREP") or str(CHECKOUT / ".build" / "release" / "prep")

from tokenizers import AddedToken, Regex, Tokenizer, decoders, normalizers, pre_tokenizers

import families
import pipelines

MIB = 1 << 20
# Seconds for three passes over a text.
LONGEST = 60


def texts(size):
    rng = random.Random(7)
    return {
        "one letter": "a" * size,
        "spaces": " " * size,
        "line ends": "\n" * size,
        "CJK": "中" * (size // 3),
        "random CJK": "".join(map(chr, rng.choices(range(0x4E00, 0x9FA5), k=size // 3))),
        "random letters": "".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=size)),
        "unknown characters": "\U000e0001" * (size // 4),
        "marks": "\u0323\u0301" * (size // 4),
    }


def family(name, **parts):
    return families.Family(name, "", **parts)


BYTES = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
EXTRA = [
    # Patterns on the regex engine, every normalizer, and added tokens that begin everywhere.
    family("look behind", pre_tokenizer=lambda: families.sequence(families.split(r"(?<=[a-y])z|\s+$|(?<! ) +"), BYTES)),
    family("lazy", pre_tokenizer=lambda: families.sequence(families.split(r"[^\s]+?(?=\s|$)"), BYTES)),
    family("replace a regex", normalizer=lambda: normalizers.Replace(Regex(r"\s{2,}|a+b|中{3,}"), "x"), pre_tokenizer=lambda: BYTES),
    family("replace", normalizer=lambda: normalizers.Replace("aa", "b"), pre_tokenizer=lambda: BYTES),
    *[family(type(each).__name__, normalizer=lambda each=each: each, pre_tokenizer=lambda: BYTES)
      for each in [normalizers.NFD(), normalizers.NFKC(), normalizers.NFKD(), normalizers.Lowercase(), normalizers.Strip(), normalizers.StripAccents(),
                   normalizers.Nmt(), normalizers.BertNormalizer()]],
    family("added tokens", pre_tokenizer=lambda: families.byte_level(True), added=[
        AddedToken("aaaaaaaaaaaaaaab", normalized=False), AddedToken(" x", lstrip=True, rstrip=True), AddedToken("中中中\n", normalized=False),
        AddedToken("a", single_word=True), AddedToken(" ", single_word=True, lstrip=True), AddedToken("\n", rstrip=True)]),
    family("Metaspace split", pre_tokenizer=lambda: pre_tokenizers.Metaspace("▁", "always", True), decoder=decoders.Metaspace,
           model={"unk_token": "<unk>"}, added=[AddedToken("<unk>", special=True, normalized=False)], bytes=False),
    family("scripts and digits", pre_tokenizer=lambda: families.sequence(
        pre_tokenizers.UnicodeScripts(), pre_tokenizers.Digits(False), pre_tokenizers.Punctuation(), BYTES)),
]


def measure(path, text, folder):
    records = Path(folder) / "text.jsonl"
    records.write_text(json.dumps({"text": text}, ensure_ascii=False) + "\n", encoding="utf-8")
    command = [PREP, "encode", "--tokenizer", str(path), "--input", str(records), "--measure", "3"]
    try:
        result = subprocess.run(command, capture_output=True, timeout=LONGEST)
    except subprocess.TimeoutExpired:
        return f"takes more than {LONGEST} s"
    if result.returncode:
        return result.stderr.decode().strip()
    measured = json.loads(result.stdout)
    return measured["best_seconds"], measured["merge_steps"]


def main():
    wanted = sys.argv[1:]
    failed = False
    small, large = texts(MIB), texts(8 * MIB)
    print("tokenizer | growth of merge steps | of time | text | 8 MiB s | slowest text | s")
    with tempfile.TemporaryDirectory() as folder:
        for each in families.FAMILIES + EXTRA:
            if wanted and each.name not in wanted:
                continue
            path, _ = families.save(each, Path(folder))
            growth, slowest, steps = [], [], 0
            for kind in small:
                first, second = measure(path, small[kind], folder), measure(path, large[kind], folder)
                if isinstance(first, str) or isinstance(second, str):
                    # A pattern of one's own may need more steps than the limit: the text is refused by name.
                    refused = second if isinstance(second, str) else first
                    print(f"{each.name} | refused | | {kind} | {refused}", flush=True)
                    failed |= "the text needs too many steps" not in refused
                    continue
                for _ in range(3):
                    # Another process may have taken the time: each of the two is measured again.
                    if second[0] <= 10 * first[0]:
                        break
                    first = min(first, measure(path, small[kind], folder))
                    second = min(second, measure(path, large[kind], folder))
                # Below a millisecond there is nothing to measure.
                growth.append((second[0] / max(first[0], 1e-3), kind, second[0]))
                steps = max(steps, second[1] / max(first[1], 1))
                slowest.append((second[0], kind))
            worst, (long, kind) = max(growth), max(slowest)
            failed |= worst[0] > 10 or steps > 10
            print(f"{each.name} | {steps:.1f} | {worst[0]:.1f} | {worst[1]} | {worst[2]:.2f} | {kind} | {long:.2f}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
