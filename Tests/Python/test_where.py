"""`prep where`: the rows of a step are those that `ShardStream` gives, and the records and turns those of the rows."""

import json
import os
import random
import subprocess
from itertools import islice

import pytest
import torch

import prep
from prep.__main__ import binary, environment
from prep.torch import ShardDataset, ShardStream

SEED = int(os.environ.get("PREP_ORACLE_SEED") or random.SystemRandom().randrange(1 << 32))


def where(*arguments, code=0):
    result = subprocess.run([os.environ.get("PREP") or binary(), "where", *map(str, arguments)], capture_output=True, env=environment())
    assert result.returncode == code, result.stderr
    return result.stdout.decode() if code == 0 else result.stderr.decode()


def chat(number):
    """A conversation of which no other has the text, and which learns a turn or two of three."""
    messages = []
    for turn in range(3):
        messages.append({"role": "user", "content": f"Question {number}.{turn}?"})
        messages.append({"role": "assistant", "content": f"Answer {turn} to {number}." + " more" * (number % 9), "weight": int((number >> turn) & 1 or turn == 2)})
    return {"messages": messages}


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    base = tmp_path_factory.mktemp("where")
    for name, count, first in (("a", 701, 0), ("b", 97, 5000), ("c", 260, 9000)):
        file = base / f"{name}.jsonl"
        file.write_text("".join(json.dumps(chat(first + number)) + "\n" for number in range(count)))
        # Blocks of 4 KiB: a frame each, so that windows have several and leave some out.
        pack = {"pack": "whole"} if name == "c" else {}
        prep.run(file, output=base / name, template="chatml", context_length=256, block_size="4KiB", **pack)
    assert len(prep.Dataset(base / "a").frame_starts()) > 66
    return base


def streamed(paths, options, ranks, batch, even, taken, steps, epoch):
    """The ids of the batches of each rank, as the stream gives them."""
    found = []
    for rank in range(ranks):
        stream = ShardStream(paths, rank=rank, world_size=ranks, even=even, padded=False, columns=["input_ids"], **options)
        state = stream.state_dict()
        stream.load_state_dict({**state, "epoch": epoch, "rows": taken})
        batches = []
        while len(batches) <= max(steps):
            rows = [row["input_ids"].tolist() for row in stream]
            assert rows or batches
            batches += [rows[first:first + batch] for first in range(0, len(rows), batch)]
        found.append([batches[step] for step in steps])
    return found


def flags(options):
    names = {"seed": "--seed", "window": "--window", "rows_per_epoch": "--rows-per-epoch"}
    given = [part for name, flag in names.items() if options.get(name) is not None for part in (flag, options[name])]
    if options.get("weights"):
        given += ["--weights", ",".join(map(repr, options["weights"]))]
    return given + ([] if options.get("shuffle", True) else ["--no-shuffle"])


def test_the_rows_of_steps_are_those_of_the_stream(folders):
    print(f"seed {SEED}")
    choose = random.Random(SEED)
    known = {name: prep.Dataset(folders / name, padded=False, columns=["input_ids"]) for name in "abc"}
    for _ in range(40):
        names = choose.sample("abc", choose.choice([1, 1, 2, 3]))
        paths = [folders / name for name in names]
        options = {"seed": choose.choice([0, 1, -7, 1 << 40, choose.randrange(1 << 32)]), "shuffle": choose.random() < 0.8}
        if choose.random() < 0.4:
            options["window"] = choose.choice([1, 7, 64, 500, 5000])
        if len(names) > 1 and choose.random() < 0.7:
            options["weights"] = [choose.choice([1.0, 3.0, 0.1, 0.7, choose.random() + 0.01]) for _ in names]
            if choose.random() < 0.6:
                options["rows_per_epoch"] = choose.choice([50, 333, 2000])
        ranks, batch, even = choose.choice([1, 2, 3, 8]), choose.choice([1, 3, 8]), choose.random() < 0.3
        rows = ShardStream(paths, **options).order.count
        taken, epoch = choose.choice([0, 0, choose.randrange(rows // 2)]), choose.choice([0, 0, 2])
        a_pass = -(-rows // ranks // batch)
        steps = sorted({0, a_pass - 1, a_pass, choose.randrange(2 * a_pass + 1)})
        expected = streamed(paths, options, ranks, batch, even, taken, steps, epoch)
        for number, step in enumerate(steps):
            arguments = [*paths, "--step", step, "--batch-size", batch, "--world-size", ranks, "--epoch", epoch, "--taken", taken]
            report = json.loads(where(*arguments, *flags(options), *(["--even"] if even else []), "--json"))
            assert [share["rank"] for share in report["batches"]] == list(range(ranks))
            for share in report["batches"]:
                ids = [known[os.path.basename(row["folder"])][row["row"]]["input_ids"].tolist() for row in share["rows"]]
                assert ids == expected[share["rank"]][number], (options, ranks, batch, even, taken, epoch, step)
    (alone,) = json.loads(where(folders / "a", "--step", 3, "--world-size", 4, "--rank", 2, "--json"))["batches"]
    assert alone == json.loads(where(folders / "a", "--step", 3, "--world-size", 4, "--json"))["batches"][2]


def test_a_loader_with_workers_gives_the_same(folders):
    stream = ShardStream(folders / "a", seed=5, padded=False, columns=["input_ids"])
    loader = stream.loader(batch_size=4, num_workers=2, collate_fn=list)
    batch = next(islice(loader, 37, None))
    rows = json.loads(where(folders / "a", "--step", 37, "--batch-size", 4, "--seed", 5, "--json"))["batches"][0]["rows"]
    data = ShardDataset(folders / "a", padded=False, columns=["input_ids"])
    assert [row["input_ids"].tolist() for row in batch] == [data[row["row"]]["input_ids"].tolist() for row in rows]


def test_rows_of_a_sampler_are_named(folders):
    order = list(torch.utils.data.RandomSampler(range(701), generator=torch.Generator().manual_seed(1)))[:6]
    (share,) = json.loads(where(folders / "a", "--row", ",".join(map(str, order)), "--json"))["batches"]
    assert [row["row"] for row in share["rows"]] == order and "rank" not in share


@pytest.mark.parametrize("name", ["a", "c"])
def test_records_and_turns_are_those_of_the_rows(folders, name):
    lines = (folders / f"{name}.jsonl").read_bytes().splitlines(keepends=True)
    data, samples = prep.Dataset(folders / name), 0
    report = json.loads(where(folders / name, "--row", ",".join(map(str, range(len(data)))), "--json"))
    for row in report["batches"][0]["rows"]:
        text = prep.Tokenizer("gpt2").decode(data[row["row"]]["input_ids"].tolist())
        assert len(row["samples"]) == len(data[row["row"]]["seq_lengths"])
        for sample in row["samples"]:
            record = json.loads(lines[sample["line"] - 1])
            assert sum(map(len, lines[:sample["line"] - 1])) == sample["offset"] and sample["file"] == str(folders / f"{name}.jsonl")
            assert record["messages"][0]["content"] in text
            assert sample["learned"] == [f"messages[{n}]" for n, message in enumerate(record["messages"]) if message.get("weight")]
            samples += 1
    assert samples == len(lines)


def test_turns_of_samples_of_one_record(tmp_path):
    file = tmp_path / "u.jsonl"
    file.write_text(json.dumps({"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}] * 2}) + "\n")
    template = tmp_path / "t.jinja"
    # What a turn was is written otherwise when another follows, so that each answer is a sample.
    template.write_text(
        "{% for m in messages %}<|{{ m.role }}|>{% if m.role == 'assistant' and not loop.last %}(old) {% endif %}{{ m.content }}<|end|>{% endfor %}"
        "{% if add_generation_prompt %}<|assistant|>{% endif %}")
    prep.run(file, output=tmp_path / "d", template=template, history="unroll", context_length=256)
    (share,) = json.loads(where(tmp_path / "d", "--row", "0,1", "--json"))["batches"]
    assert [(s["sample"], s["learned"]) for row in share["rows"] for s in row["samples"]] == [(0, ["messages[1]"]), (1, ["messages[3]"])]
    file.unlink()
    (share,) = json.loads(where(tmp_path / "d", "--row", "0", "--json"))["batches"]
    assert "learned" not in share["rows"][0]["samples"][0] and share["rows"][0]["samples"][0]["line"] == 1


def test_what_is_shown_and_wrong_command_lines(folders):
    shown = where(folders / "a", "--step", 2, "--batch-size", 2)
    assert shown.splitlines()[0] == "step 2, epoch 0, rank 0 of 1" and shown.count(f"{folders / 'a'}.jsonl:") == 2
    assert "learns messages[" in shown
    a = folders / "a"
    for arguments, code, words in [
        ([a], 64, "--step or --row"), ([a, "--step", 1, "--row", 1], 64, "--step or --row"), ([a, "--step", -1], 64, "--step"),
        ([a, "--step", 1, "--rank", 1], 64, "ranks go from 0 to 0"), ([a, "--row", 701], 2, "rows go from 0 to 700"),
        ([a, "--step", 1, "--world-size", 1000], 2, "has no rows"), ([a, "--step", 1, "--taken", 701], 2, "--epoch 1"),
        ([a, folders / "b", "--step", 1, "--weights", "1"], 2, "one positive number for each"),
        ([a, "--step", 1, "--rows-per-epoch", 5], 2, "weights"), ([folders / "none", "--step", 1], 2, "no such folder"),
        ([a, folders / "b", "--step", 1, "--weights", "1e300,1e-300"], 2, "too many times"),
    ]:
        assert words in where(*arguments, code=code), arguments
