"""The template language against jinja2 in the environment of `transformers`: the same text, or both refuse."""

import json
from concurrent.futures import ThreadPoolExecutor

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
