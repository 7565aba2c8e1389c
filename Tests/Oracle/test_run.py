"""`prep run` against a script over `tokenizers`: ids, labels and masks row for row, counts, determinism, resume."""

import base64
import json
import os
import random
import shutil
import subprocess
from pathlib import Path

import pytest
from prep_command import CHECKOUT, PREP, kill, prep
from tokenizers import Tokenizer

GSM8K = CHECKOUT / "fixtures" / "gsm8k.jsonl"
L = 1024


def hostile(path: Path, count: int, seed: int) -> Path:
    """Records with every mix of empty, long and non-ASCII fields."""
    rng = random.Random(seed)
    parts = ["word ", "Zahl 12345 ", "\n\n", "  ", "naïve café ", "汉字漢字 ", "🙂👩‍👩‍👧 ", "<|endoftext|>", "\u0000", "it's "]
    text = lambda longest: "".join(rng.choices(parts, k=rng.randrange(longest)))
    with open(path, "w", encoding="utf-8") as file:
        for number in range(count):
            longest = rng.choice([2, 20, 200, 700])
            record = {"task": text(longest), "context": rng.choice(["", text(longest)]), "response": text(longest)}
            if number % 3 == 0:
                record = {"text": text(longest)}
            file.write(json.dumps(record, ensure_ascii=bool(number % 2)) + "\n")
    return path


def reference(path, tokenizer, eos, bos=()):
    """What prep must store: (ids, labels) of each accepted record, in order."""
    for name in (eos,):
        tokenizer.token_to_id(name)
    end = [tokenizer.token_to_id(eos)]
    # Text of the records never becomes special tokens.
    tokenizer.encode_special_tokens = True
    encode = lambda text: tokenizer.encode(text, add_special_tokens=False).ids if text else []
    for line in open(path, encoding="utf-8"):
        record = json.loads(line)
        if "text" in record:
            prompt, response = "", record["text"]
            if not response:
                continue
        else:
            task, context, response = record["task"], record["context"], record["response"]
            if not response or not (task or context):
                continue
            prompt = "".join(part + "\n\n" for part in (task, context) if part)
        head = list(bos) + encode(prompt)
        tail = encode(response) + end
        ids, labels = (head + tail)[:L], ([-100] * len(head) + tail)[:L]
        if any(label != -100 for label in labels):
            yield ids, labels


def rows_of(folder):
    result = prep("inspect", folder, "--row", "all", "--json")
    return [json.loads(line) for line in result.stdout.split(b"\n") if line]


def check(path, folder, tokenizer, eos, pad, bos=()):
    rows = rows_of(folder)
    expected = list(reference(path, tokenizer, eos, bos))
    assert len(rows) == len(expected)
    for row, (ids, labels) in zip(rows, expected):
        padding = L - len(ids)
        assert row["input_ids"] == ids + [pad] * padding, row["source"]
        assert row["labels"] == labels + [-100] * padding, row["source"]
        assert row["attention_mask"] == [1] * len(ids) + [0] * padding, row["source"]
        assert len(row["tokens"]) == len(ids)


def gpt2_reference(real, tmp_path) -> Tokenizer:
    """GPT-2 in `tokenizers`, built from OpenAI's rank file."""

    from tokenizers import AddedToken, decoders, models, pre_tokenizers

    ranks = {}
    for line in open(real("whisper/gpt2.tiktoken"), "rb"):
        token, rank = line.split()
        ranks[base64.b64decode(token)] = int(rank)
    alphabet = list(range(33, 127)) + list(range(161, 173)) + list(range(174, 256))
    letters = {byte: chr(byte) for byte in alphabet}
    letters.update({byte: chr(256 + n) for n, byte in enumerate(b for b in range(256) if b not in letters)})
    spell = lambda token: "".join(letters[byte] for byte in token)
    merges = []
    for token in sorted(ranks, key=ranks.get):
        if len(token) > 1:
            parts = [bytes([byte]) for byte in token]
            while len(parts) > 2:
                pairs = [(ranks.get(a + b, 1 << 30), n) for n, (a, b) in enumerate(zip(parts, parts[1:]))]
                _, n = min((rank, n) for rank, n in pairs if rank < ranks[token])
                parts[n : n + 2] = [parts[n] + parts[n + 1]]
            merges.append((spell(parts[0]), spell(parts[1])))
    tokenizer = Tokenizer(models.BPE(vocab={spell(t): r for t, r in ranks.items()}, merges=merges))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken("<|endoftext|>", special=True, normalized=False)])
    assert tokenizer.token_to_id("<|endoftext|>") == 50256
    return tokenizer


@pytest.fixture(scope="module")
def gpt2(tmp_path_factory):
    import real_files

    return gpt2_reference(real_files.real, tmp_path_factory.mktemp("gpt2"))


def test_whole_fixture_with_gpt2(tmp_path, gpt2):
    report = json.loads(prep("run", GSM8K, "--output", tmp_path / "out", "--json").stdout)
    assert report["records"] == report["accepted"] + sum(report["rejected"].values())
    check(GSM8K, tmp_path / "out", gpt2, "<|endoftext|>", 50256)


def test_hostile_records_with_gpt2(tmp_path, gpt2, rng):
    path = hostile(tmp_path / "hostile.jsonl", 400, rng.randrange(1 << 30))
    prep("run", path, "--output", tmp_path / "out", "--max-rejects", "100%", "-q", "--block-size", "64KiB")
    check(path, tmp_path / "out", gpt2, "<|endoftext|>", 50256)


def test_whole_fixture_and_hostile_records_with_llama3(tmp_path, real, rng):
    file = real("llama3/tokenizer.json")
    tokenizer = Tokenizer.from_file(str(file))
    begin = tokenizer.encode("").ids
    eos = "<|end_of_text|>"
    flags = ["--tokenizer", file, "--eos-token", eos, "-q", "--max-rejects", "100%"]
    prep("run", GSM8K, "--output", tmp_path / "a", *flags)
    check(GSM8K, tmp_path / "a", tokenizer, eos, tokenizer.token_to_id(eos), begin)
    path = hostile(tmp_path / "hostile.jsonl", 400, rng.randrange(1 << 30))
    prep("run", path, "--output", tmp_path / "b", *flags)
    check(path, tmp_path / "b", tokenizer, eos, tokenizer.token_to_id(eos), begin)


def report_of(*arguments):
    return json.loads(prep("run", *arguments, "--json", "-q", "--max-rejects", "100%").stdout)


def test_threads_leave_no_trace(tmp_path, rng):
    path = hostile(tmp_path / "in.jsonl", 1500, rng.randrange(1 << 30))
    digests, files = set(), set()
    for threads in (1, 2, 7):
        out = tmp_path / str(threads)
        digests.add(report_of(path, "-o", out, "--threads", threads, "--block-size", "32KiB")["digest"])
        files.add(tuple((p.name, p.read_bytes()) for p in sorted(out.glob("shard-*.zst"))))
    assert len(digests) == 1 and len(files) == 1


def test_a_killed_run_goes_on(tmp_path, rng):
    path = hostile(tmp_path / "in.jsonl", 4000, rng.randrange(1 << 30))
    flags = [path, "--block-size", "16KiB", "--threads", "2"]
    whole = report_of(*flags, "-o", tmp_path / "whole")
    out = tmp_path / "killed"
    for _ in range(4):
        kill("run", *flags, "-o", out, "-q", "--max-rejects", "100%", after=rng.uniform(0.01, 0.4))
        names = [p.name for p in out.glob("*")] if out.exists() else []
        if "manifest.sqlite" not in names:
            assert prep("verify", out, check=False).returncode in (1, 2)  # shards without a manifest, or nothing yet
    report = report_of(*flags, "-o", out)
    assert report["digest"] == whole["digest"]
    assert {p.name: p.read_bytes() for p in out.glob("shard-*")} == {
        p.name: p.read_bytes() for p in (tmp_path / "whole").glob("shard-*")}
    assert not [p for p in out.iterdir() if "tmp" in p.name]


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_run_whose_standard_streams_are_closed_writes_none_of_its_words_into_its_files(tmp_path, closed):
    whole = report_of(GSM8K, "-o", tmp_path / "whole", "--block-size", "16KiB")
    command = f'"$0" run "$1" -o "$2" --block-size 16KiB {closed}'
    result = subprocess.run(["sh", "-c", command, PREP, GSM8K, tmp_path / "out"], stderr=subprocess.DEVNULL)
    assert result.returncode == 0
    assert json.loads(prep("verify", tmp_path / "out", "--json").stdout)["digest"] == whole["digest"]
    # A run that fails says so by its exit code.
    assert subprocess.run(["sh", "-c", command, PREP, tmp_path / "none.jsonl", tmp_path / "no"]).returncode == 2


def test_compressed_and_other_layouts_hold_the_same_rows(tmp_path):
    import gzip

    import zstandard

    records = [json.loads(line) for line in open(GSM8K, encoding="utf-8")][:200]
    lines = "".join(json.dumps(record) + "\n" for record in records).encode()
    files = {
        "a.jsonl": lines,
        "b.jsonl": b"\xef\xbb\xbf" + lines.replace(b"\n", b"\r\n\r\n").rstrip(),
        "c.json": json.dumps(records, indent=2).encode(),
        "d.jsonl.gz": gzip.compress(lines[:5000]) + gzip.compress(lines[5000:]),
        "e.jsonl.zst": zstandard.compress(lines[:7000]) + zstandard.compress(lines[7000:]),
        "f.ndjson": lines[:-1],
    }
    found = set()
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
        report = report_of(tmp_path / name, "-o", tmp_path / f"out-{name}")
        assert report["accepted"] == 200, name
        found.add(json.dumps([row["input_ids"] for row in rows_of(tmp_path / f"out-{name}")]))
    result = prep("run", "-", "-o", tmp_path / "out-stdin", "--json", "-q", input=lines)
    found.add(json.dumps([row["input_ids"] for row in rows_of(tmp_path / "out-stdin")]))
    assert json.loads(result.stdout)["accepted"] == 200
    assert len(found) == 1


def test_other_names_and_templates(tmp_path):
    record = {"instruction": "Add.", "input": "1 and 2", "output": "3"}
    (tmp_path / "a.jsonl").write_text(json.dumps(record) + "\n")
    show = lambda *flags: "".join(
        json.loads(prep("inspect", tmp_path / "a.jsonl", "--json", *flags).stdout)["tokens"])
    assert show() == "Add.\n\n1 and 2\n\n3<|endoftext|>"
    assert show("--template", "alpaca") == (
        "Below is an instruction that describes a task, paired with an input that provides further context. Write a "
        "response that appropriately completes the request.\n\n### Instruction:\nAdd.\n\n### Input:\n1 and 2\n\n"
        "### Response:3<|endoftext|>")
    assert show("--schema", "text", "--field", "text=input") == "1 and 2<|endoftext|>"


def test_packing_fills_rows_and_keeps_samples(tmp_path, rng):
    path = hostile(tmp_path / "in.jsonl", 600, rng.randrange(1 << 30))
    plain = report_of(path, "-o", tmp_path / "plain")
    packed = report_of(path, "-o", tmp_path / "packed", "--pack")
    for key in ("samples", "tokens", "supervised_tokens", "accepted"):
        assert plain[key] == packed[key]
    assert packed["fill"] > 0.9 > plain["fill"]


def test_padding_follows_the_eos_that_the_user_names(tmp_path, real):
    (tmp_path / "a.jsonl").write_text('{"task":"T","response":"R"}\n')
    show = lambda *flags: json.loads(
        prep("inspect", tmp_path / "a.jsonl", "--json", "--tokenizer", real("llama3/tokenizer.json"), *flags).stdout)
    row = show("--eos-token", "<|eot_id|>")
    assert row["input_ids"][-1] == 128009 and row["attention_mask"][-1] == 0
    row = show("--eos-token", "<|eot_id|>", "--pad-token", "<|end_of_text|>")
    assert row["input_ids"][-1] == 128001 and row["labels"][-1] == -100


def test_conversations_through_a_template(tmp_path, gpt2, real):
    """Joint ids are those of the rendered text; the assistant's content and its terminator are learned."""
    tokenizer = Tokenizer.from_file(str(real("llama3/tokenizer.json")))
    turns = [("user", "Hi there"), ("assistant", " Hello!"), ("user", "1+1?"), ("assistant", "It is 2.")]
    record = {"messages": [{"role": role, "content": text} for role, text in turns]}
    (tmp_path / "a.jsonl").write_text(json.dumps(record) + "\n")
    header = lambda role: f"<|start_header_id|>{role}<|end_header_id|>\n\n"
    text = "<|begin_of_text|>" + "".join(header(role) + content.strip() + "<|eot_id|>" for role, content in turns)
    row = json.loads(prep(
        "inspect", tmp_path / "a.jsonl", "--json", "--unpadded", "--seam", "joint", "--template", "llama3",
        "--tokenizer", real("llama3/tokenizer.json"), "--eos-token", "<|eot_id|>",
        "--bos-token", "<|begin_of_text|>").stdout)
    assert row["input_ids"] == tokenizer.encode(text, add_special_tokens=False).ids
    learned = "".join(token for token, label in zip(row["tokens"], row["labels"]) if label != -100)
    assert learned == "Hello!<|eot_id|>It is 2.<|eot_id|>"


def test_what_is_said_of_a_rank_file_goes_into_the_shards(tmp_path, real):
    lines = open(real("whisper/gpt2.tiktoken"), "rb").readlines()[:2000]
    (tmp_path / "own.tiktoken").write_bytes(b"".join(lines))
    (tmp_path / "a.jsonl").write_text('{"task":"one two","response":"three four"}\n')
    flags = ["--tokenizer", tmp_path / "own.tiktoken", "--pattern", r"\S+|\s+", "--special-token", "<|end|>=2000", "--eos-token", "<|end|>"]
    prep("run", tmp_path / "a.jsonl", "-o", tmp_path / "out", "-q", *flags)
    stored = json.loads(prep("inspect", tmp_path / "out", "--row", "0", "--json", "--unpadded").stdout)
    fresh = json.loads(prep("inspect", tmp_path / "a.jsonl", "--record", "0", "--json", "--unpadded", *flags).stdout)
    assert stored == fresh and stored["input_ids"][-1] == 2000
    import tiktoken

    ranks = {base64.b64decode(token): int(rank) for token, rank in map(bytes.split, lines)}
    reference = tiktoken.Encoding("own", pat_str=r"\S+|\s+", mergeable_ranks=ranks, special_tokens={})
    assert stored["input_ids"][:-1] == reference.encode("one two\n\n") + reference.encode("three four")
