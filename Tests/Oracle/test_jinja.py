"""The template language against jinja2 in the environment of `transformers`: the same text, or both refuse."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
from chat_cases import BOS, DATE, EOS, reference
from jinja_cases import EXPRESSIONS, LAYOUT, REFUSED
from prep_command import prep

RECORD = {"messages": [
    {"role": "system", "content": "Be  kind. é"}, {"role": "user", "content": "Hello wörld\nline 'two'"},
    {"role": "assistant", "content": "Hi", "x": [1, 2.5, None, True, {"k": "v"}]}]}


def ours(path) -> str | Exception:
    flags = [f"--template-arg={name}={json.dumps(text)}" for name, text in (("bos_token", BOS), ("eos_token", EOS))]
    result = prep("render", "-", "--template", path, "--date", DATE, "--json", *flags, input=json.dumps(RECORD).encode(), check=False)
    assert result.returncode in (0, 1, 2), (path.read_text(), result)
    if result.returncode == 2:
        return ValueError(result.stderr.decode())
    answer = json.loads(result.stdout)
    return ValueError(answer["error"]) if "error" in answer else answer["text"]


def both(folder, templates):
    paths = []
    for number, template in enumerate(templates):
        path = folder / f"{number}.jinja"
        path.write_bytes(template.encode())
        paths.append(path)
    with ThreadPoolExecutor(2) as pool:
        for template, mine in zip(templates, pool.map(ours, paths)):
            yield template, mine, reference(template, RECORD, False, {"bos_token": BOS, "eos_token": EOS})


@pytest.mark.parametrize("cases", [EXPRESSIONS, LAYOUT], ids=["expressions", "layout"])
def test_templates_print_what_jinja2_prints(cases, tmp_path):
    differences = [
        (template, mine, theirs) for template, mine, theirs in both(tmp_path, cases)
        if isinstance(mine, Exception) != isinstance(theirs, Exception) or (isinstance(mine, str) and mine != theirs)]
    assert not differences, "\n".join(map(repr, differences[:20]))


def test_what_is_not_supported_is_refused_by_name(tmp_path):
    for template, mine, _ in both(tmp_path, REFUSED):
        assert isinstance(mine, Exception) and ("not supported" in str(mine)), (template, mine)


def test_dates_equal_strftime(tmp_path, rng):
    """Every letter with every flag and some widths, on days around the turns of years."""
    formats = [f"%{flag}{width}{letter}" for letter in "YGygCmdeHIklMSjuwUWVpPBbhAaFDxTXRrc" for flag in ["", *"-_0^#"]
               for width in ["", "1", "3", "11"]]
    formats += ["%f", "%%", "%n", "%t", "%Z%z", "%Q", "%-Q", "%", *(f"%E{each}" for each in "cCxXyY"), *(f"%O{each}" for each in "deHIMSuUVwWy")]
    template = tmp_path / "dates.jinja"
    template.write_text("\x01".join("{{ strftime_now(%s) }}" % json.dumps(each) for each in formats))
    record = tmp_path / "record.jsonl"
    record.write_text('{"messages": [{"role": "user", "content": "a"}]}\n')
    days = [(year, month, day) for year in range(1995, 2031) for month, day in [(1, 1), (1, 2), (1, 3), (12, 29), (12, 30), (12, 31)]]
    for year, month, day in rng.sample(days, 20) + [(1000, 1, 1), (2024, 2, 29)]:
        date = datetime(year, month, day, rng.randrange(24), rng.randrange(60), rng.randrange(60))
        shown = prep("render", record, "--template", template, "--date", date.isoformat()).stdout.decode()
        assert shown.removesuffix("\n").split("\x01") == [date.strftime(each) for each in formats], date


def test_what_only_a_prompt_uses_and_is_not_supported_refuses_no_record(tmp_path):
    """A feature that is not there is no bound that was crossed: the record says so, or goes on without the prompt."""
    record = tmp_path / "record.jsonl"
    record.write_text(json.dumps({"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}) + "\n")
    template = tmp_path / "t.jinja"
    for text, code in [("{{ messages[0].content.encode() }}", "template-failed"),
                       ("{% for m in messages %}<{{ m.role }}>{{ m.content }}</s>{% endfor %}{{ 'x'.encode() if add_generation_prompt }}", None)]:
        template.write_text(text)
        answer = json.loads(prep("render", record, "--template", template, "--json", check=False).stdout)
        assert answer.get("code") == code, answer
