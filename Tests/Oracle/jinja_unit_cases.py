"""Writes Tests/JinjaTests/Cases: templates and what jinja2 in the environment of transformers makes of them, for unit tests without Python.

    .venv/bin/python Tests/Oracle/jinja_unit_cases.py
"""

import json
import random
import re
import sys
from importlib.metadata import version

from jinja_cases import EXPRESSIONS, LAYOUT, REFUSED
from jinja_reference import ADDRESS, CHECKOUT, reference
from random_templates import VARIABLES, Templates

FOLDER = CHECKOUT / "Tests" / "JinjaTests" / "Cases"
RECORD = {
    "messages": [
        {"role": "system", "content": "Be  kind. é"}, {"role": "user", "content": "Hello wörld\nline 'two'"},
        {"role": "assistant", "content": "Hi", "x": [1, 2.5, None, True, {"k": "v"}]}],
    "bos_token": "<s>", "eos_token": "</s>", "add_generation_prompt": False}
# What depends on the day, and on chance.
APART = re.compile(r"strftime_now|random|lipsum")


def split(templates):
    """Each `{{ … }}` by itself, where nothing joins them."""
    for template in templates:
        parts = re.split(r"(?<=\}\}) ?\|? ?(?=\{\{ )", template)
        yield from parts if "{%" not in template and all(part.count("{{") == 1 for part in parts) else [template]


def cases(templates, variables):
    """A line each: the template, and its text or null where jinja2 fails."""
    seen = set()
    for template in templates:
        if template in seen or APART.search(template):
            continue
        seen.add(template)
        # None of them may be left out because a machine is slow.
        theirs = reference(template, variables, seconds=300)
        if isinstance(theirs, str) and ADDRESS.search(theirs):
            continue
        yield {"template": template, "text": theirs if isinstance(theirs, str) else None}


def files():
    """Name and content of each file. Templates of a file share its variables."""
    generator = Templates(random.Random("unit cases"))
    made = [generator.template() for _ in range(500)]
    for name, templates, variables in [
        ("expressions", split(EXPRESSIONS), RECORD), ("layout", LAYOUT, RECORD), ("random", made, VARIABLES),
    ]:
        lines = [{"source": f"jinja2 {version('jinja2')}, transformers {version('transformers')}", "variables": variables}]
        lines += cases(templates, variables)
        yield f"{name}.jsonl", "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    yield "refused.jsonl", "".join(
        json.dumps(line) + "\n" for line in [{"source": "prep", "variables": RECORD}, *({"template": each} for each in REFUSED)])


def main():
    FOLDER.mkdir(exist_ok=True)
    for name, content in files():
        (FOLDER / name).write_text(content, encoding="utf-8")
        print(name, content.count("\n") - 1, file=sys.stderr)


if __name__ == "__main__":
    main()
