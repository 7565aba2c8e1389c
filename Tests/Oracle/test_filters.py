"""`--min-tokens` and `--max-tokens` against a script over `tokenizers`: which records are left out, for what, and where."""

import json
import random

import gpt2
import pytest
from prep_command import kill, prep
from shard_reader import DataSet

EOS = 50256
LENGTHS = [(None, None), (9, None), (None, 60), (9, 60), (40, 40), (1, 2000)]


@pytest.fixture(scope="module")
def tokenizer():
    tokenizer = gpt2.tokenizer()
    # Text of the records never becomes special tokens.
    tokenizer.encode_special_tokens = True
    return tokenizer


def write(path, count, seed):
    rng = random.Random(seed)
    parts = ["word ", "Zahl 12345 ", "\n\n", "naïve café ", "汉字 ", "🙂 ", "<|endoftext|>", "it's "]
    text = lambda: "".join(rng.choices(parts, k=rng.randrange(rng.choice([2, 8, 40]))))
    with open(path, "w", encoding="utf-8") as file:
        for number in range(count):
            record = {"text": text()} if number % 3 == 0 else {"task": text(), "context": rng.choice(["", text()]), "response": text()}
            file.write(json.dumps(record) + "\n")
    return path


def naive(path, tokenizer, fewest, most, length):
    """The ids of each accepted record, and the reason of each other one, by line."""
    encode = lambda text: tokenizer.encode(text, add_special_tokens=False).ids if text else []
    rows, left = {}, {}
    for number, line in enumerate(open(path, encoding="utf-8"), 1):
        record = json.loads(line)
        if "text" in record:
            if not record["text"]:
                left[number] = "empty-text"
                continue
            prompt, response = "", record["text"]
        else:
            prompt = "".join(part + "\n\n" for part in (record["task"], record["context"]) if part)
            response = record["response"]
            if not prompt or not response:
                left[number] = "empty-prompt" if not prompt else "empty-response"
                continue
        head = encode(prompt)
        ids = head + encode(response) + [EOS]
        if fewest and len(ids) < fewest:
            left[number] = "too-few-tokens"
        elif most and len(ids) > most:
            left[number] = "too-many-tokens"
        elif len(ids) > length and len(head) >= length:
            left[number] = "nothing-supervised"
        else:
            rows[number] = ids[:length]
    return rows, left


def flags_of(fewest, most):
    return (["--min-tokens", fewest] if fewest else []) + (["--max-tokens", most] if most else [])


def run(*arguments):
    return json.loads(prep("run", *arguments, "--json", "-q", "--max-rejects", "100%").stdout)


@pytest.mark.parametrize("length", [32, 1024])
@pytest.mark.parametrize("fewest, most", LENGTHS)
def test_what_is_left_out_is_what_a_script_leaves_out(tmp_path, tokenizer, rng, fewest, most, length):
    path = write(tmp_path / "in.jsonl", 600, rng.randrange(1 << 30))
    report = run(path, "-o", tmp_path / "out", "--context-length", length, "--block-size", "16KiB", *flags_of(fewest, most))
    rows, left = naive(path, tokenizer, fewest, most, length)
    rejects = [json.loads(line) for line in open(tmp_path / "out" / "rejects.jsonl", encoding="utf-8")]
    found = {reject["line"]: reject["reason"] for reject in rejects}
    # A record that has neither prompt nor response may be rejected for either.
    assert {line: "empty" if "empty" in reason else reason for line, reason in found.items()} == {
        line: "empty" if "empty" in reason else reason for line, reason in left.items()}
    assert [row.input_ids().tolist() for row in DataSet(tmp_path / "out")] == list(rows.values())
    filtered = {kind for kind in left.values() if "empty" not in kind}
    assert report["left_out"] == {kind: sum(reason == kind for reason in left.values()) for kind in filtered}
    assert not any("empty" not in kind for kind in report["rejected"])
    assert report["records"] == 600 == report["accepted"] + sum(report["rejected"].values()) + sum(report["left_out"].values())
    stats = json.loads(prep("stats", tmp_path / "out", "--json").stdout)
    assert sum(part["left_out"] for part in stats["sources"]) == sum(report["left_out"].values())


def test_threads_parts_and_resumes_leave_no_trace(tmp_path, rng):
    path = write(tmp_path / "in.jsonl", 4000, rng.randrange(1 << 30))
    flags = [path, "--block-size", "16KiB", "--min-tokens", "9", "--max-tokens", "60"]
    whole = run(*flags, "-o", tmp_path / "whole")
    digests = {run(*flags, "-o", tmp_path / str(threads), "--threads", threads)["digest"] for threads in (1, 2, 7)}
    parts = [tmp_path / f"part-{part}" for part in (0, 1)]
    for number, part in enumerate(parts):
        run(*flags, "-o", part, "--partition", f"{number}/2")
    prep("merge", tmp_path / "merged", *parts)
    digests.add(json.loads(prep("verify", tmp_path / "merged", "--json").stdout)["digest"])
    out = tmp_path / "killed"
    for _ in range(3):
        kill("run", *flags, "-o", out, "-q", "--max-rejects", "100%", after=rng.uniform(0.01, 0.2))
    digests.add(run(*flags, "-o", out)["digest"])
    assert digests == {whole["digest"]}
    # Another bound is another run.
    refused = prep("run", *flags[:-1], "61", "-o", tmp_path / "whole", "-q", "--max-rejects", "100%", check=False)
    assert refused.returncode != 0 and b"max_tokens is 60, not 61" in refused.stderr


def test_one_sample_out_of_bounds_leaves_its_conversation_out(tmp_path):
    """Each answer becomes a sample with `--history unroll`; a record gives all of its samples or none."""
    template = tmp_path / "rewrites.jinja"
    template.write_text(
        "{% for m in messages %}<{{ m.role }}>{% if loop.last or m.role == 'user' %}{{ m.content }}{% else %}…{% endif %}<end>"
        "{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}")
    turns = lambda *texts: {"messages": [{"role": ("user", "assistant")[n % 2], "content": text} for n, text in enumerate(texts)]}
    records = [turns("a", "b"), turns("a", "b", "c", "d"), turns("a", "word " * 50, "c", "d"), turns("a", "b", "c", "word " * 50)]
    path = tmp_path / "in.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    flags = [path, "--template", template, "--history", "unroll", "--allow-dropped"]
    run(*flags, "-o", tmp_path / "all")
    lengths = {}
    for row in DataSet(tmp_path / "all"):
        lengths.setdefault(row.origins[0][0], []).append(len(row.tokens))
    assert [len(lengths[line]) for line in sorted(lengths)] == [1, 2, 2, 2]
    first = min(lengths)
    shortest = min(map(min, lengths.values()))
    for flag, bound, kept in [
        ("--max-tokens", 50, {line for line, some in lengths.items() if max(some) <= 50}),
        ("--min-tokens", shortest + 1, {line for line, some in lengths.items() if min(some) > shortest}),
    ]:
        out = tmp_path / flag
        report = run(*flags, flag, bound, "-o", out)
        assert {row.origins[0][0] for row in DataSet(out)} == kept and first in lengths
        assert sum(report["left_out"].values()) == len(records) - len(kept) > 0


def test_bounds_that_keep_nothing_are_refused(tmp_path):
    path = write(tmp_path / "in.jsonl", 5, 1)
    result = prep("run", path, "-o", tmp_path / "out", "--min-tokens", 9, "--max-tokens", 8, check=False)
    assert result.returncode == 2 or result.returncode == 64
    assert b"--min-tokens 9 is more than --max-tokens 8" in result.stderr
    for flag in ("--min-tokens", "--max-tokens"):
        assert b"must be from 1" in prep("run", path, "-o", tmp_path / "out", flag, 0, check=False).stderr
