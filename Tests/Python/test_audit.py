"""`prep audit`: what is wrong with rows that other tools prepared is counted and shown, and nothing else is."""

import json
import os
import subprocess

import numpy
import pytest

datasets = pytest.importorskip("datasets")
trl = pytest.importorskip("trl")

from chat_cases import assistant, user  # noqa: E402
from chat_models import MODELS, PATHS, build, model  # noqa: E402
from places import GSM8K  # noqa: E402
from prep.__main__ import binary, environment  # noqa: E402

CODES = {0: None, 1: "error", 3: "warning"}


def audit(rows, folder, *flags, code=None):
    command = [os.environ.get("PREP") or binary(), "audit", rows, "--tokenizer", folder, *flags, "--json"]
    result = subprocess.run([str(part) for part in command], capture_output=True, env=environment())
    report = json.loads(result.stdout)
    if code is not None:
        assert result.returncode == code, result.stderr
        return report
    assert CODES[result.returncode] == report["severity"], result.stderr
    return report, {finding["code"]: finding for finding in report["findings"]}


@pytest.fixture(scope="module")
def lines():
    with open(GSM8K, encoding="utf-8") as file:
        return [json.loads(line) for line in file][:120]


@pytest.fixture(scope="module", params=["llama3", "qwen2_5", "gemma3"])
def prepared(request, real, lines, tmp_path_factory):
    """A model folder, its tokenizer, and rows as LLaMA-Factory makes them of one exchange each: prompt and answer tokenized apart."""
    folder = tmp_path_factory.mktemp(request.param)
    tokenizer = model(folder, real, request.param)
    rows = []
    for line in lines:
        talk = [user(line["task"]), assistant(line["response"])]
        prompt = tokenizer.apply_chat_template(talk[:1], add_generation_prompt=True, tokenize=False)
        whole = tokenizer.apply_chat_template(talk, tokenize=False)
        assert whole.startswith(prompt)
        source, target = (tokenizer(text, add_special_tokens=False)["input_ids"] for text in (prompt, whole[len(prompt):]))
        rows.append({"input_ids": source + target, "attention_mask": [1] * len(source + target), "labels": [-100] * len(source) + target})
    return folder, tokenizer, rows


def saved(rows, path, form="save_to_disk"):
    table = datasets.Dataset.from_list(rows)
    if form == "save_to_disk":
        table.save_to_disk(str(path))
    elif form == "parquet":
        path = path.with_suffix(".parquet")
        table.to_parquet(str(path))
    else:
        path = path.with_suffix(".jsonl")
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.mark.parametrize("form", ["save_to_disk", "parquet", "jsonl"])
def test_nothing_is_found_in_rows_without_fault(prepared, form, tmp_path):
    folder, tokenizer, rows = prepared
    report, found = audit(saved(rows, tmp_path / "rows", form), folder)
    assert found == {} and report["rows"] == report["samples"] == len(rows)
    assert report["columns"] == ["input_ids", "attention_mask", "labels"]
    assert [tokenizer.eos_token_id] in report["terminators"]
    assert tokenizer.decode(report["generation_prompt"]) in tokenizer.apply_chat_template([user("a")], add_generation_prompt=True, tokenize=False)


def unlearned_end(row, report, tokenizer):
    ends = {end[0] for end in report["terminators"]}
    row["labels"] = [-100 if id in ends else label for id, label in zip(row["input_ids"], row["labels"])]


def learned_prompt(row, report, tokenizer):
    # The header and all that is before it, as train_on_inputs learns it.
    row["labels"] = list(row["input_ids"])


def nothing(row, report, tokenizer):
    row["labels"] = [-100] * len(row["labels"])


def learned_padding(row, report, tokenizer):
    pad = report["terminators"][0][0]
    row["input_ids"] = row["input_ids"] + [pad] * 5
    row["attention_mask"] = row["attention_mask"] + [0] * 5
    row["labels"] = row["labels"] + [pad] * 5


def negative(row, report, tokenizer):
    row["input_ids"] = [-1, *row["input_ids"][1:]]


def shifted(row, report, tokenizer):
    row["labels"] = [*row["labels"][1:], -100]


def unknown(row, report, tokenizer):
    row["input_ids"] = [len(tokenizer) + 7, *row["input_ids"][1:]]


FAULTS = {
    "terminator-never-learned": unlearned_end, "prompt-learned": learned_prompt, "nothing-learned": nothing,
    "padding-learned": learned_padding, "labels-differ": shifted, "ids-unknown": unknown,
}


def test_ids_below_zero_are_of_no_tokenizer(prepared, tmp_path):
    folder, tokenizer, rows = prepared
    rows = [dict(row) for row in rows]
    negative(rows[7], None, tokenizer)
    _, found = audit(saved(rows, tmp_path / "rows"), folder)
    assert {code: finding["count"] for code, finding in found.items()} == {"ids-unknown": 1}


@pytest.mark.parametrize("code", FAULTS)
@pytest.mark.parametrize("every", [3, 20])
def test_each_fault_is_counted_and_shown(prepared, code, every, tmp_path):
    folder, tokenizer, rows = prepared
    good, _ = audit(saved(rows[:1], tmp_path / "good", "jsonl"), folder)
    rows = [dict(row) for row in rows]
    changed = list(range(len(rows)))[2::every]
    for number in changed:
        FAULTS[code](rows[number], good, tokenizer)
    path = saved(rows, tmp_path / "rows")
    _, found = audit(path, folder)
    assert set(found) == {code} and found[code]["count"] == len(changed)
    file, _, line = found[code]["place"].rpartition(":")
    assert file.startswith(str(path)) and int(line) == changed[0] + 1
    assert found[code]["remedy"] and found[code]["sample"]
    if code == "terminator-never-learned":
        assert found[code]["severity"] == ("warning" if every == 20 else "error")
        # What is learned stands between marks.
        shown = found[code]["sample"].split("⟦")[1].split("⟧")[0]
        assert shown and tokenizer.decode(rows[changed[0]]["input_ids"]).find(shown) > 0


def test_padding_without_a_mask(prepared, tmp_path):
    folder, tokenizer, rows = prepared
    good, _ = audit(saved(rows[:1], tmp_path / "good", "jsonl"), folder)
    pad = report_pad(good, tokenizer)
    plain = [{"input_ids": row["input_ids"], "labels": row["labels"]} for row in rows]
    assert audit(saved(plain, tmp_path / "a"), folder)[1] == {}
    for number in range(0, 30, 2):
        plain[number] = {"input_ids": plain[number]["input_ids"] + [pad] * 3, "labels": plain[number]["labels"] + [pad if number % 4 else -100] * 3}
    _, found = audit(saved(plain, tmp_path / "b"), folder)
    assert {code: finding["count"] for code, finding in found.items()} == {"padding-learned": 7}


def test_two_bos(real, lines, tmp_path):
    tokenizer = model(tmp_path / "model", real, "llama3")
    texts = [tokenizer.apply_chat_template([user(line["task"]), assistant("b")], tokenize=False) for line in lines]
    ids = [tokenizer(text, add_special_tokens=False)["input_ids"] for text in texts]
    doubled = [[tokenizer.bos_token_id, *row] if number % 4 == 1 else row for number, row in enumerate(ids)]
    assert doubled[1][:2] == [tokenizer.bos_token_id] * 2
    rows = [{"input_ids": row, "labels": [-100] * (len(row) - 2) + row[-2:]} for row in doubled]
    _, found = audit(saved(rows, tmp_path / "rows"), tmp_path / "model")
    assert {code: finding["count"] for code, finding in found.items()} == {"two-bos": 30}
    assert found["two-bos"]["sample"].startswith("<|begin_of_text|><|begin_of_text|>")


def packed(rows, form, pad):
    """Rows of three samples each, in the way of a tool; the last fault is that of one sample alone."""
    found = []
    for first in range(0, len(rows), 3):
        part = rows[first:first + 3]
        ids, labels = (sum((row[name] for row in part), []) for name in ("input_ids", "labels"))
        lengths = [len(row["input_ids"]) for row in part]
        row = {"input_ids": ids, "labels": labels}
        if form == "trl":
            row["seq_lengths"] = lengths
        else:
            # As LLaMA-Factory's PackedSupervisedDatasetProcessor fills its rows up.
            row["input_ids"] = ids + [pad] * 4
            row["labels"] = labels + [-100] * 4
            row["position_ids"] = [n for length in lengths for n in range(length)] + [0] * 4
            if form == "neat":
                row["attention_mask"] = [n + 1 for n, length in enumerate(lengths) for _ in range(length)] + [0] * 4
        found.append(row)
    return found


@pytest.mark.parametrize("form", ["trl", "neat", "positions"])
def test_samples_of_packed_rows_count_by_themselves(prepared, form, tmp_path):
    folder, tokenizer, rows = prepared
    good, _ = audit(saved(rows[:1], tmp_path / "good", "jsonl"), folder)
    rows = [dict(row) for row in rows]
    for number in range(0, 12):
        unlearned_end(rows[number * 5], good, tokenizer)
    for number in range(0, 9):
        nothing(rows[number * 5 + 2], good, tokenizer)
    report, found = audit(saved(packed(rows, form, report_pad(good, tokenizer)), tmp_path / "rows"), folder)
    assert report["rows"] == 40 and report["samples"] == 120
    assert {code: finding["count"] for code, finding in found.items()} == {"terminator-never-learned": 12, "nothing-learned": 9}


def report_pad(report, tokenizer):
    return tokenizer.pad_token_id if tokenizer.pad_token_id is not None else tokenizer.eos_token_id


def by_trl(tokenizer, records, folder, **settings):
    """The rows that TRL's own `SFTTrainer` prepares, as it hands them on."""
    trainer = object.__new__(trl.SFTTrainer)
    trainer._tokenizer, trainer.chat_template, trainer.completion_only_loss = tokenizer, None, settings.pop("completion_only_loss", False)
    config = trl.SFTConfig(output_dir=str(folder), use_cpu=True, bf16=False, shuffle_dataset=False, **settings)
    return trainer._prepare_dataset(datasets.Dataset.from_list(records), tokenizer, config, False, None, "train")


def test_what_trl_prepares(real, lines, tmp_path):
    tokenizer = model(tmp_path / "model", real, "llama3")
    pairs = [{"prompt": [user(line["task"])], "completion": [assistant(line["response"])]} for line in lines]
    rows = by_trl(tokenizer, pairs, tmp_path / "o", max_length=None, completion_only_loss=True)
    rows.save_to_disk(str(tmp_path / "completions"))
    assert audit(tmp_path / "completions", tmp_path / "model")[1] == {}
    # All of a conversation, as TRL learns it where it is not told otherwise.
    talks = [{"messages": pair["prompt"] + pair["completion"]} for pair in pairs]
    by_trl(tokenizer, talks, tmp_path / "o", max_length=None).save_to_disk(str(tmp_path / "all"))
    _, found = audit(tmp_path / "all", tmp_path / "model")
    assert set(found) == {"prompt-learned"} and found["prompt-learned"]["count"] == 120
    # Cut: those that end before the answer have nothing to learn, those that end within it never learn its end.
    cut = [{name: row[name][:100] for name in ("input_ids", "labels")} for row in rows]
    report, found = audit(saved(cut, tmp_path / "cut"), tmp_path / "model")
    empty = sum(all(label == -100 for label in row["labels"]) for row in cut)
    endless = sum(tokenizer.eos_token_id not in row["labels"] for row in cut) - empty
    assert {code: finding["count"] for code, finding in found.items()} == {"nothing-learned": empty, "terminator-never-learned": endless}
    assert empty > 0 and endless > 0


def test_a_training_template_that_marks_the_header_is_found(real, lines, tmp_path):
    vocabulary, bos, eos, more = MODELS["deepseekv3"]
    tokenizer = build(tmp_path / "model", real, vocabulary, PATHS["deepseekv3_training"].read_text(encoding="utf-8"), bos, eos, more)
    talks = [{"messages": [user(line["task"]), assistant(line["response"])]} for line in lines]
    by_trl(tokenizer, talks, tmp_path / "o", max_length=None, assistant_only_loss=True).save_to_disk(str(tmp_path / "rows"))
    _, found = audit(tmp_path / "rows", tmp_path / "model", "--template", PATHS["deepseekv3"])
    assert set(found) == {"prompt-learned"} and found["prompt-learned"]["count"] == 120


@pytest.mark.parametrize("name", ["completion_mask", "assistant_masks", "loss_mask"])
def test_masks_in_the_place_of_labels(prepared, name, tmp_path):
    folder, _, rows = prepared
    masked = [{"input_ids": row["input_ids"], name: [int(label != -100) for label in row["labels"]]} for row in rows]
    assert audit(saved(masked, tmp_path / "a"), folder)[1] == {}
    masked[4][name] = [0] * len(masked[4][name])
    assert audit(saved(masked, tmp_path / "b"), folder)[1]["nothing-learned"]["count"] == 1


def test_what_is_shown_and_what_cannot_be_read(prepared, lines, tmp_path):
    folder, _, rows = prepared
    rows = [dict(row) for row in rows]
    nothing(rows[3], None, None)
    path = saved(rows, tmp_path / "rows", "jsonl")
    shown = subprocess.run([os.environ.get("PREP") or binary(), "audit", path, "--tokenizer", folder], capture_output=True, env=environment())
    text = shown.stdout.decode()
    assert shown.returncode == 3 and "120 rows: input_ids, attention_mask, labels" in text
    assert f"warning  nothing-learned  1 of 120 samples have nothing to learn\n         {path}:4: " in text
    for content, words in [
        ([{"messages": []}], "it has messages"), ([{"input_ids": [1, 2], "labels": [1]}], "labels has 1 elements, input_ids 2"),
        ([{"input_ids": "text"}], "no list of numbers"), ([], "no rows"),
    ]:
        path = tmp_path / "bad.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in content))
        report = audit(path, folder, code=2)
        assert words in report["error"]["message"] and (not content or report["error"]["line"] == 1)
    datasets.DatasetDict({"train": datasets.Dataset.from_list(rows)}).save_to_disk(str(tmp_path / "dict"))
    assert "name one" in audit(tmp_path / "dict", folder, code=2)["error"]["message"]
    assert audit(tmp_path / "dict" / "train", folder)[0]["rows"] == 120
    (report, found), few = audit(tmp_path / "dict" / "train", folder), audit(tmp_path / "dict" / "train", folder, "--limit", 3)
    assert few[0]["rows"] == 3 and few[1] == {} and set(found) == {"nothing-learned"}
    missing = subprocess.run([os.environ.get("PREP") or binary(), "audit", path], capture_output=True, env=environment())
    assert missing.returncode == 64 and b"--tokenizer" in missing.stderr
