"""Another loss chosen at reading, `--learn`: the rows of a run with that `--loss`, or a refusal that says why."""

import json
import os
import random

import pytest
import shard_reader
from chat_cases import MORE_TEMPLATES, TEMPLATES, TOOLS, assistant, call, system, tool, user
from chat_models import MODELS, PATHS, model, write
from prep_command import prep

SEED = int(os.environ.get("PREP_ORACLE_SEED") or 7)
LOSSES = ["assistant", "assistant-reasoning", "assistant-terminator", "assistant-tool-calls-terminator", "last", "last-reasoning",
          "tools", "tools-terminator"]
OTHERS = ["all", "all-terminator", "assistant+user", "last+system+user", "user", "tool", "generation"]
OPTIONS = {
    "split": (),
    "joint": ("--seam", "joint"),
    "joint supervised": ("--seam", "joint", "--straddle", "supervise"),
    "packed": ("--pack", "--context-length", "300"),
    "aligned": ("--seam", "joint", "--pack", "--pack-align", "16", "--context-length", "300"),
    "right": ("--context-length", "60", "--truncate", "right"),
    "left": ("--seam", "joint", "--context-length", "60", "--truncate", "left"),
    "oldest turns": ("--context-length", "120", "--truncate", "oldest-turns"),
    "drop": ("--context-length", "150", "--truncate", "drop"),
    "keep response": ("--context-length", "120", "--truncate", "keep-response"),
    "budgets": ("--context-length", "120", "--prompt-length", "60", "--response-length", "60"),
    "joint error": ("--seam", "joint", "--straddle", "error"),
    "last turn": ("--history", "last-turn"),
    "unroll": ("--history", "unroll"),
    "history error": ("--history", "error"),
}
WORDS = "the of Paris émigré 東京 value 12345 answer if not x = 1 🙂 Supervised toke".split(" ")


def rendered_by(template):
    """The flags for a template: an option that it does not read is an error."""
    text = template.read_text(encoding="utf-8")
    flags = ["--template", template, "--allow-dropped"]
    for name, token in (("bos_token", "<s>"), ("eos_token", "</s>")):
        flags += ["--template-arg", f"{name}={token}"] if name in text else []
    return flags + (["--date", "2024-07-26"] if "strftime_now" in text else [])


def words(rng, most=8):
    return " ".join(rng.choices(WORDS, k=rng.randrange(1, most))) + rng.choice(["", " ", ".", "\n"])


def records(rng, count, flags=True):
    """Conversations; `flags`: with weights and flags of turns and of parts."""
    made = []
    for number in range(count):
        turns = [system(words(rng))] if rng.random() < 0.4 else []
        for _ in range(rng.randrange(1, 4)):
            turns.append(user(words(rng)))
            more = {"reasoning_content": words(rng)} if rng.random() < 0.5 else {}
            if rng.random() < 0.4:
                turns.append(assistant(words(rng), tool_calls=[call("get_weather", {"city": words(rng, 3)})], **more))
                turns.append(tool(words(rng), name="get_weather", tool_call_id="call_1"))
                more = {}
            turns.append(assistant(words(rng), **more))
        if flags:
            for turn in turns:
                if rng.random() < 0.15:
                    turn[rng.choice(["weight", "loss_weight"])] = rng.choice([0, 0.5, 2])
                elif rng.random() < 0.1:
                    turn["train"] = rng.random() < 0.6
        made.append({"messages": turns, "tools": TOOLS if number % 2 else None})
    return made


def run(path, folder, loss, *flags):
    return prep("run", path, "--output", folder, "--loss", loss, "--max-rejects", "100%", "--quiet", "--overwrite", *flags, check=False)


def rows(folder, *flags):
    return prep("inspect", folder, "--row", "all", "--json", "--unpadded", *flags, check=False)


def weights(folder):
    return [(row.tokens.tolist(), row.segments, row.runs, row.weights) for row in shard_reader.DataSet(folder)]


def compare(tmp_path, path, losses, *flags):
    """Reads a data set made with the first loss by all others: how many gave rows, and how many were refused."""
    own, other = tmp_path / "own", tmp_path / "other"
    made = run(path, own, losses[0], *flags)
    if made.returncode != 0:
        assert b"has nothing to act on" in made.stderr or b"--loss" in made.stderr, (flags, made.stderr)
        return 0, 0
    equal = refused = 0
    for loss in losses:
        learned = rows(own, "--learn", loss)
        if learned.returncode != 0:
            message = learned.stderr.decode()
            assert f"a run with --loss {loss} gives other rows" in message or "there is no row" in message, message
            refused += 1
            continue
        truth = run(path, other, loss, *flags)
        if b"has nothing to act on" in truth.stderr:
            continue
        assert truth.returncode == 0, (loss, truth.stderr)
        expected = rows(other)
        assert learned.stdout == expected.stdout, (losses[0], loss, flags)
        equal += 1
    return equal, refused


@pytest.mark.parametrize("template", TEMPLATES + MORE_TEMPLATES, ids=lambda path: path.stem)
def test_rows_are_those_of_a_run_with_that_loss(template, tmp_path):
    rng = random.Random(f"{SEED} {template.stem}")
    names = list(OPTIONS)
    place = (TEMPLATES + MORE_TEMPLATES).index(template)
    for name in [names[place % len(names)], names[(place * 7 + 3) % len(names)]]:
        path = write(tmp_path / "records.jsonl", records(rng, 12))
        own = rng.choice(["assistant", "assistant", "assistant", "last", "assistant-reasoning", "tools", "assistant+user", "all", "all-reasoning"])
        others = rng.sample(LOSSES + OTHERS, 4)
        if own == "assistant+user":
            others = ["last+user", "tools+user"] + ["assistant+user-terminator"] + others[:2]
        compare(tmp_path, path, [own, *others], *rendered_by(template), *OPTIONS[name])
    # Turns that have every part: no loss leaves one of them empty.
    for name in [names[place % len(names)]]:
        calls = [{"messages": [user(words(rng)), assistant(
            words(rng), reasoning_content=words(rng), tool_calls=[call("get_weather", {"city": words(rng, 3)})]),
            tool("20", name="get_weather", tool_call_id="call_1"), assistant(words(rng))]} for _ in range(6)]
        compare(tmp_path, write(tmp_path / "calls.jsonl", calls), ["assistant", *rng.sample(LOSSES[1:], 4)], *rendered_by(template), *OPTIONS[name])


@pytest.mark.parametrize("name", OPTIONS)
def test_options_times_losses(name, tmp_path):
    """Every loss that is read is that of a run; and `assistant-reasoning` is never refused where nothing but labels changes."""
    rng = random.Random(f"{SEED} {name}")
    path = write(tmp_path / "records.jsonl", records(rng, 40))
    template = next(path for path in TEMPLATES if path.stem == "qwen3")
    equal, refused = compare(tmp_path, path, LOSSES + OTHERS, *rendered_by(template), *OPTIONS[name])
    assert equal >= 1 and refused >= len(OTHERS)
    if name in ("split", "joint", "joint supervised", "packed", "aligned", "unroll"):
        assert equal >= 2, name


@pytest.mark.parametrize("name", MODELS)
def test_models_with_their_own_tokens(name, tmp_path, real):
    rng = random.Random(f"{SEED} {name}")
    model(tmp_path / "model", real, name)
    path = write(tmp_path / "records.jsonl", records(rng, 30, flags=False))
    date = ("--date", "2024-07-26") if "strftime_now" in PATHS[name].read_text(encoding="utf-8") else ()
    flags = ("--tokenizer", tmp_path / "model", *date, "--allow-dropped", "--context-length", "4096")
    for seam in ("split", "joint"):
        equal, _ = compare(tmp_path, path, LOSSES, *flags, "--seam", seam)
        # A template without a place for reasoning has nothing to take away.
        assert equal >= 3


@pytest.mark.parametrize("template", ["plain", "alpaca"])
@pytest.mark.parametrize("seam", ["split", "joint"])
def test_instructions_and_texts(template, seam, tmp_path):
    rng = random.Random(SEED)
    made = [{"task": words(rng), "context": rng.choice(["", words(rng)]), "response": words(rng)} for _ in range(30)]
    path = write(tmp_path / "records.jsonl", made)
    # The layout of the worked example: 256 + 256 of 1024, here by a fourth.
    flags = ("--template", template, "--seam", seam, "--context-length", "64", "--prompt-length", "16", "--response-length", "16")
    equal, refused = compare(tmp_path, path, ["assistant", "assistant-terminator", "user", "all"], *flags)
    # With joint, a token of both prompt and response may be the first that is learned: lengths of prompts are refused then.
    assert (equal, refused) in ([(2, 2)] if seam == "split" else [(2, 2), (1, 3)])
    equal, _ = compare(tmp_path, path, ["assistant+user", "assistant+user-terminator", "assistant"], *flags)
    assert equal == 2 or seam == "joint" and equal == 1
    texts = write(tmp_path / "texts.jsonl", [{"text": words(rng, 40)} for _ in range(30)])
    for packing in ("none", "whole", "split"):
        equal, _ = compare(tmp_path, texts, ["assistant", "assistant-terminator"], "--context-length", "50", "--pack", packing)
        assert equal == 2


def test_weights_stay_and_weight_0_is_never_learned(tmp_path):
    turns = [user("a"), assistant("b", weight=0.5, reasoning_content="r"), user("c"), assistant("d", weight=0), user("e"), assistant("f", reasoning_content="r")]
    path = write(tmp_path / "records.jsonl", [{"messages": turns}])
    template = next(path for path in TEMPLATES if path.stem == "qwen3")
    run(path, tmp_path / "own", "assistant", "--template", template)
    report = {}
    for loss in ("assistant", "assistant-reasoning", "assistant-terminator", "last"):
        run(path, tmp_path / loss, loss, "--template", template)
        prep("export", tmp_path / "own", "--format", "npy", "--columns", "weights,labels", "--output", tmp_path / f"learned {loss}", "--learn", loss)
        prep("export", tmp_path / loss, "--format", "npy", "--columns", "weights,labels", "--output", tmp_path / f"exported {loss}")
        report[loss] = (tmp_path / f"learned {loss}" / "weights.npy").read_bytes()
        for name in ("weights.npy", "labels.npy"):
            assert (tmp_path / f"learned {loss}" / name).read_bytes() == (tmp_path / f"exported {loss}" / name).read_bytes()
    assert len(set(report.values())) == 4
    assert {0.5, 1.0} == {weight for _, _, _, weights in weights_of(tmp_path / "assistant") for weight in weights}


weights_of = weights


def test_an_export_tells_losses_apart(tmp_path):
    path = write(tmp_path / "records.jsonl", records(random.Random(SEED), 20, flags=False))
    template = next(path for path in TEMPLATES if path.stem == "chatml" or path.stem == "qwen3")
    run(path, tmp_path / "own", "assistant", "--template", template)
    made = {}
    for loss in (None, "assistant-terminator", "assistant"):
        flags = ("--learn", loss) if loss else ()
        prep("export", tmp_path / "own", "--format", "parquet", "--output", tmp_path / "out", "--overwrite", *flags)
        made[loss] = (tmp_path / "out" / "train-00000-of-00001.parquet").read_bytes() if (
            tmp_path / "out" / "train-00000-of-00001.parquet").exists() else b"".join(
                file.read_bytes() for file in sorted((tmp_path / "out").glob("*.parquet")))
        stats = json.loads(prep("stats", tmp_path / "own", "--json", *flags).stdout)
        assert stats["all"]["learned"]["sum"] > 0
    assert made[None] == made["assistant"] != made["assistant-terminator"]
    # Without --overwrite another loss is another export.
    refused = prep("export", tmp_path / "own", "--format", "parquet", "--output", tmp_path / "out", "--learn", "last", check=False)
    assert refused.returncode != 0


def test_what_is_said_of_a_loss_that_cannot_be_read(tmp_path):
    path = write(tmp_path / "records.jsonl", [{"messages": [user("a"), assistant("b")]}, {"messages": [user("a")]}])
    template = next(path for path in TEMPLATES if path.stem == "qwen3")
    run(path, tmp_path / "own", "assistant", "--template", template)
    told = rows(tmp_path / "own", "--learn", "tools").stderr.decode()
    assert "1 of 1 samples have nothing to learn then" in told and "make a data set with --loss tools" in told
    told = rows(tmp_path / "own", "--learn", "assistant+user").stderr.decode()
    assert "text is tokenized apart where learned turns begin and end" in told
    assert b"--learn" in prep("inspect", path, "--learn", "last", check=False).stderr
    assert prep("stats", tmp_path / "own", "--learn", "nonsense", check=False).returncode != 0


def test_an_independent_reader_finds_the_same_labels_in_classes(tmp_path):
    """Labels of `assistant-reasoning` from the bytes that docs/FORMAT.md describes."""
    path = write(tmp_path / "records.jsonl", records(random.Random(SEED), 40))
    template = next(path for path in TEMPLATES if path.stem == "qwen3")
    flags = ("--template", template, "--pack", "--context-length", "500", "--allow-dropped", "--seam", "joint")
    run(path, tmp_path / "own", "assistant", *flags)
    run(path, tmp_path / "other", "assistant-reasoning", *flags)
    expected = [row.labels().tolist() for row in shard_reader.DataSet(tmp_path / "other")]
    learned = []
    for shard in shard_reader.DataSet(tmp_path / "own").shards:
        for number in range(len(shard.frames)):
            classes = iter(shard.classes(number))
            for row in shard.rows(number):
                labels = [-100] * len(row.tokens)
                for start, end in row.segments:
                    runs = next(classes)
                    assert sum(count for _, count, _ in runs) == end - start
                    for place, (kind, count, _) in enumerate(runs):
                        takes = [kind >> 5 > 0 and kind & 31 != 12]
                        for spanned, none, _ in runs[place + 1 :]:
                            if none:
                                break
                            takes.append(spanned >> 5 > 0 and spanned & 31 != 12)
                        for token in range(start, start + count):
                            # The last one may span what follows.
                            is_learned = takes[0] and (token < start + count - 1 or all(takes))
                            labels[token] = int(row.tokens[token]) if is_learned else -100
                        start += count
                learned.append(labels)
    assert learned == expected
