"""Every wrong usage of `wrong_usages.py` is answered with its cause and what to do, and none passes."""

import json
import re

import pytest
from prep_command import CHECKOUT, prep
from wrong_usages import FILES, USAGES


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    place = tmp_path_factory.mktemp("wrong")
    for name, content in FILES.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return place


@pytest.mark.parametrize("name, line, code, cause, remedy", USAGES, ids=[usage[0] for usage in USAGES])
def test_it_is_answered_with_a_cause_and_a_remedy(place, monkeypatch, name, line, code, cause, remedy):
    monkeypatch.chdir(place)
    monkeypatch.setenv("HF_HUB_CACHE", str(place / "cache"))
    arguments = ["" if word == "{empty}" else word for word in line.split()]
    output = place / "out"
    result = prep(*arguments, check=False)
    said = result.stderr.decode()
    assert result.returncode == code, said
    assert cause in said and remedy in said, said
    # No trace of the machinery, and nothing that looks like a data set.
    assert "Fatal error" not in said and "Problem(" not in said and "Optional(" not in said
    assert not (output / "manifest.sqlite").exists()
    for folder in ("foreign", "mixed"):
        assert sorted(path.name for path in (place / folder).iterdir()) == sorted(
            file.split("/")[1] for file in FILES if file.startswith(folder + "/"))
    assert (place / "outfile").read_text() == FILES["outfile"]
    if output.exists():
        for path in output.iterdir():
            path.unlink()


def test_there_are_sixty_of_them_and_more():
    assert len(USAGES) >= 60 and len({usage[1] for usage in USAGES}) == len(USAGES)


def test_what_only_looks_wrong_passes(place, monkeypatch, tmp_path):
    """A byte order mark, gzip under another name, an array in .json, a file that is named twice (said), -100 as a text."""
    import gzip

    monkeypatch.chdir(tmp_path)
    good = FILES["good.jsonl"]
    (tmp_path / "mark.jsonl").write_text(good, encoding="utf-8-sig")
    (tmp_path / "packed.jsonl").write_bytes(gzip.compress(good.encode()))
    (tmp_path / "array.json").write_text(json.dumps([json.loads(line) for line in good.splitlines()], indent=2))
    (tmp_path / "minus.jsonl").write_text('{"task": "-100", "response": "-100"}\n' * 5)
    (tmp_path / "first.jsonl").write_text("oops, a line of a log\n" + good)
    for name in ("mark.jsonl", "packed.jsonl", "array.json", "minus.jsonl"):
        assert json.loads(prep("run", name, "-o", name + ".out", "--json").stdout)["accepted"] == 5, name
    found = json.loads(prep("run", "first.jsonl", "-o", "first.out", "--max-rejects", "1", "--json").stdout)
    assert found["accepted"] == 5 and found["rejected"] == {"invalid-json": 1}
    twice = prep("run", "mark.jsonl", "mark.jsonl", "-o", "twice", "--json")
    assert json.loads(twice.stdout)["records"] == 10 and b"named more than once" in twice.stderr
    # Rows that are filled regardless cut answers from their questions: said.
    split = json.loads(prep("run", "mark.jsonl", "-o", "split", "--pack", "split", "--context-length", "16", "--json").stdout)
    assert any("a response may stand in another row than its prompt" in warning for warning in split["warnings"])


def test_exit_codes_are_those_that_the_readme_has(place, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    told = set(map(int, re.findall(r"^\| (\d+) \| ", (CHECKOUT / "README.md").read_text(), re.M)))
    (tmp_path / "good.jsonl").write_text(FILES["good.jsonl"])
    (tmp_path / "bad.jsonl").write_text("{}\n")
    (tmp_path / "twice.jinja").write_text(
        "{{ eos_token }}{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}{% if add_generation_prompt %}assistant: {% endif %}")
    codes = {
        "run good.jsonl -o out": 0, "verify out": 0, "show out": 0, "doctor": 0, "run bad.jsonl -o bad": 1, "inspect bad.jsonl --record 0": 1,
        # Nothing that ends a turn is learned: an error. What ends one is seven tokens: a warning.
        "doctor --template twice.jinja": 1, "doctor --template chatml": 3,
        "run nothing.jsonl -o nothing": 2, "doctor nothing.jsonl": 2, "tokenizer nothing": 2, "run good.jsonl": 64, "nothing": 64,
    }
    for line, code in codes.items():
        assert prep(*line.split(), check=False).returncode == code, line
    shard = next((tmp_path / "out").glob("shard-*"))
    shard.write_bytes(shard.read_bytes()[:-1])
    assert prep("verify", "out", check=False).returncode == 1
    assert told == {*codes.values()}
