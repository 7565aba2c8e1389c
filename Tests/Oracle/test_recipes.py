"""Run files, presets, `--dry-run` and `--limit`: what flags say, said otherwise."""

import gzip
import json
import random

import pytest
from chat_cases import TEMPLATES, assistant, user
from prep_command import CHECKOUT, prep

GSM8K = CHECKOUT / "fixtures" / "gsm8k.jsonl"
QWEN3 = next(path for path in TEMPLATES if path.stem == "qwen3")


def report(*arguments, check=True):
    result = prep("run", *arguments, "--json", check=check)
    return json.loads(result.stdout) if check else result


def spec(folder):
    return json.loads(prep("show", folder, "--json").stdout)


def test_a_small_size_of_blocks_keeps_its_unit(tmp_path):
    """Without one it would be refused, as what a length is elsewhere."""
    data = CHECKOUT / "fixtures" / "gsm8k.jsonl"
    for size, written in (("4KiB", "4KiB"), ("5000B", "5000B"), ("2MiB", "2MiB")):
        prep("run", data, "--output", tmp_path / size, "--block-size", size, "--quiet")
        recipe = json.loads(prep("show", tmp_path / size, "--recipe").stdout)
        assert recipe["block-size"] == written
        (tmp_path / "recipe.json").write_text(json.dumps(recipe))
        prep("run", "--recipe", tmp_path / "recipe.json", "--quiet")
        assert f"--block-size {written}".encode() in prep("show", tmp_path / size).stdout


def test_a_run_file_says_what_flags_say(tmp_path):
    flags = ["--template", QWEN3, "--context-length", "512", "--pack", "--pack-align", "8", "--loss", "assistant-reasoning",
             "--field", "task=question", "--field", "response=answer", "--role", "bot=assistant", "--seam", "joint",
             "--template-arg", "enable_thinking=false", "--block-size", "64KiB", "--max-rejects", "100%", "--threads", "2"]
    records = tmp_path / "records.jsonl"
    records.write_text("".join(
        json.dumps({"question": f"q{number}", "answer": f"a{number}"}) + "\n" for number in range(49))
        + json.dumps({"messages": [user("q"), {"role": "bot", "reasoning_content": "r", "content": "a"}]}) + "\n")
    expected = report(records, "--output", tmp_path / "flags", *flags)
    recipe = tmp_path / "recipe.json"
    recipe.write_text(json.dumps({
        "inputs": [str(records)], "output": str(tmp_path / "file"), "template": str(QWEN3),
        "context_length": 512,  # underscores do as well
        "pack": True, "pack-align": 8, "loss": "assistant,-reasoning", "seam": "joint", "block-size": "64KiB", "max-rejects": "100%",
        "threads": 2, "role": ["bot=assistant"], "verify": False, "field": {"task": "question", "response": "answer"},
        "template-arg": {"enable_thinking": False},
    }, indent=1))
    made = report("--recipe", recipe)
    assert made["digest"] == expected["digest"] and made["records"] == 50
    # Flags win, and inputs are added.
    other = report(f"--recipe={recipe}", "--context-length", "300", "--output", tmp_path / "other", records)
    assert other["records"] == 100
    assert spec(tmp_path / "other")["settings"] != spec(tmp_path / "file")["settings"]


@pytest.mark.parametrize("case", ["plain", "everything"])
def test_show_writes_a_run_file_that_makes_the_same_rows(case, tmp_path):
    records = tmp_path / 'a "quoted" näme.jsonl'
    records.write_text("".join(
        json.dumps({"messages": [user(f"question {number}"), assistant(f"answer {number}"), user("?"), {"role": "bot", "content": "!"}]}) + "\n"
        for number in range(30)))
    flags = [] if case == "plain" else [
        "--context-length", "96", "--prompt-length", "80", "--truncate", "keep-response", "--pack", "--seam", "joint", "--straddle",
        "supervise", "--loss", "assistant+user-terminator", "--system", 'say "yes"\n\tor \\ no', "--role", "bot=assistant",
        "--history", "last-turn", "--allow-dropped", "--level", "5"]
    first = report(records, "--output", tmp_path / "first", "--template", "chatml", *flags)
    recipe = tmp_path / "recipe.json"
    recipe.write_bytes(prep("show", tmp_path / "first", "--recipe").stdout)
    again = report("--recipe", recipe, "--output", tmp_path / "again")
    assert again["digest"] == first["digest"]
    known, made = spec(tmp_path / "first"), spec(tmp_path / "again")
    assert known["settings"] == made["settings"]
    assert json.loads(recipe.read_text())["inputs"] == [str(records)]


def test_what_is_said_of_a_run_file_that_is_wrong(tmp_path):
    recipe = tmp_path / "recipe.json"
    for text, told in {
        '{"contextlength": 3}': '"contextlength" is no option of a run (did you mean context-length?)',
        '{"context-length": 0}': "context-length must be from 1 to 16777216 (it is 0)",
        '{"truncate": "middle"}': "truncate must be one of right,",
        '{"truncate": 3}': "truncate must be one of right,",
        '{"context-length": "many"}': "context-length must be a number",
        '{"loss": 3}': "loss must be a text",
        '{"overwrite": 1}': "overwrite must be true or false",
        '{"field": 3}': "field must be a text or a list of texts",
        '{"inputs": [1]}': "inputs must be a text or a list of texts",
        '{"loss":\n assistant}': "recipe.json:2: the run file is not JSON",
        "[]": "the run file is not a JSON object",
    }.items():
        recipe.write_text(text)
        failed = prep("run", "--recipe", recipe, GSM8K, "--output", tmp_path / "out", check=False)
        assert failed.returncode in (2, 64) and told in failed.stderr.decode(), (text, failed.stderr)
        assert not (tmp_path / "out").exists()
    missing = prep("run", "--recipe", tmp_path / "nowhere.json", "--output", tmp_path / "out", check=False)
    assert missing.returncode == 2 and b"No such file" in missing.stderr


def test_the_preset_is_the_worked_example(tmp_path):
    """256 + 256 of 1024; another flag changes a part of it."""
    expected = report(GSM8K, "--output", tmp_path / "flags", "--context-length", "1024", "--prompt-length", "256", "--response-length", "256")
    assert report(GSM8K, "--output", tmp_path / "preset", "--preset", "instruction-1024")["digest"] == expected["digest"]
    recipe = tmp_path / "recipe.json"
    recipe.write_text('{"preset": "instruction-1024", "prompt-length": 300}')
    report("--recipe", recipe, GSM8K, "--output", tmp_path / "file")
    assert "300" in json.dumps(spec(tmp_path / "file")["settings"])
    failed = prep("run", GSM8K, "--output", tmp_path / "no", "--preset", "none", check=False)
    assert failed.returncode == 64 and b"instruction-1024" in failed.stderr


def test_a_dry_run_shows_the_first_record_and_writes_nothing(tmp_path):
    flags = ("--template", "chatml", "--context-length", "300")
    shown = prep("run", GSM8K, "--output", tmp_path / "out", "--dry-run", *flags)
    assert shown.stdout == prep("inspect", GSM8K, "--record", "0", "--unpadded", *flags).stdout
    assert b"context length" in shown.stderr and not (tmp_path / "out").exists()
    told, *rows = prep("run", GSM8K, "--output", tmp_path / "out", "--dry-run", "--json", *flags).stdout.splitlines()
    assert "settings" in json.loads(told) and json.loads(rows[0])["labels"].count(-100) > 0
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"question": 1}\n')
    failed = prep("run", bad, "--output", tmp_path / "out", "--dry-run", check=False)
    assert failed.returncode != 0 and b"bad.jsonl:1" in failed.stderr


def forms(tmp_path, lines):
    """The same records in files of every form."""
    records = [json.loads(line) for line in lines]
    names = {}
    for form in ("jsonl", "blank", "json", "array", "gz"):
        path = tmp_path / f"records.{form if form in ('jsonl', 'json') else 'jsonl.gz' if form == 'gz' else form + ('.json' if form == 'array' else '.jsonl')}"
        if form == "jsonl":
            path.write_text("\n".join(lines))
        elif form == "blank":
            path.write_text("\ufeff" + "\n\n \r\n".join(lines) + "\n\n")
        elif form == "json":
            path.write_text("\n".join(json.dumps(record, indent=1) for record in records))
        elif form == "array":
            path.write_text(json.dumps(records))
        else:
            path.write_bytes(gzip.compress("\n".join(lines).encode()))
        names[form] = path
    return names


def test_a_limit_reads_the_first_records(tmp_path):
    rng = random.Random(5)
    lines = [json.dumps({"task": f"t{number} " + "x" * rng.randrange(200), "response": f"r{number}"}) for number in range(400)]
    for form, path in forms(tmp_path, lines).items():
        for limit in (1, 57, 399, 1000):
            cut = tmp_path / "cut.jsonl"
            cut.write_text("\n".join(lines[:limit]))
            expected = report(cut, "--output", tmp_path / "expected", "--overwrite")
            digests = set()
            for threads, block in (("1", "4KiB"), ("7", "4KiB")):
                made = report(path, "--output", tmp_path / "made", "--limit", limit, "--overwrite", "--threads", threads, "--block-size", block)
                assert made["records"] == min(limit, 400), (form, limit)
                assert made["rows"] == expected["rows"] and made["tokens"] == expected["tokens"]
                if block == "4KiB":
                    digests.add(made["digest"])
            assert len(digests) == 1


def test_a_limit_over_several_inputs(tmp_path):
    for name, count in (("a", 10), ("b", 20), ("c", 30)):
        (tmp_path / f"{name}.jsonl").write_text("".join(
            json.dumps({"task": f"{name}{number}", "response": "r"}) + "\n" for number in range(count)))
    inputs = [tmp_path / f"{name}.jsonl" for name in "abc"]
    for limit in (1, 9, 10, 11, 30, 31, 60, 100):
        made = report(*inputs, "--output", tmp_path / "out", "--limit", limit, "--overwrite")
        assert made["records"] == min(limit, 60)
        assert prep("verify", tmp_path / "out").returncode == 0
    assert prep("run", "-", "--output", tmp_path / "out", "--limit", "2", "--overwrite", "--json",
                input=(tmp_path / "a.jsonl").read_bytes()).stdout.count(b'"records":2')
    failed = prep("run", "-", inputs[0], "--output", tmp_path / "out", "--limit", "2", "--overwrite", check=False, input=b"{}")
    assert failed.returncode == 2 and b"--limit cannot count the records of standard input" in failed.stderr
