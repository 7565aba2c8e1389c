"""Writes python/prep/_options.py: the options of `prep run` as keyword arguments, with their types, from the command's own table.

usage: Scripts/python_options.py [PREP]
"""

import json
import re
import subprocess
import sys
import textwrap
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
MODULE = CHECKOUT / "python" / "prep" / "_options.py"
# Arguments of the functions themselves, and what belongs to a terminal.
APART = ("output", "tokenizer", "template", "context-length", "threads", "quiet", "json", "version", "help", "dry-run", "recipe")
# What a run has beyond rows: files, blocks, limits.
OF_RUNS = (
    "format", "block-size", "level", "max-rejects", "partition", "overwrite", "skip-other-files", "allow-dropped", "rebuild-manifest", "verify",
    "preset", "file-size", "unpadded", "validation", "limit", "dry-run", "recipe")
HEAD = '''"""The options of `prep run` as keyword arguments. Made by Scripts/python_options.py from the command's own table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypedDict, Union

'''


def options(prep):
    described = subprocess.run([prep, "--experimental-dump-help"], check=True, stdout=subprocess.PIPE, text=True).stdout
    (run,) = (command for command in json.loads(described)["command"]["subcommands"] if command["commandName"] == "run")
    for argument in run["arguments"]:
        names = [name["name"] for name in argument.get("names") or () if name["kind"] == "long"]
        if names and names[0] not in APART and argument.get("shouldDisplay", True):
            yield names[0], argument


def type_of(name, argument):
    value = argument.get("valueName", "")
    choices = argument.get("allValues") or argument.get("allValueStrings")
    if argument["kind"] == "flag":
        return "bool"
    if choices:
        return f"Literal[{', '.join(map(json.dumps, choices))}]"
    if value == "how":
        return 'Union[bool, Literal["whole", "split"]]'
    if "=" in value:
        kind = "int" if value.endswith("=id") else "str" if "role" in value else "Any"
        return f"Mapping[str, {kind}]"
    if value == "n":
        return "int"
    if value == "size" and name not in OF_RUNS:
        return "int"
    return "Union[int, str]" if value in ("size", "n|n%") else "str"


def python(text):
    """A help text, with keyword arguments where it names flags."""
    return re.sub(r"--([a-z][a-z-]+)", lambda match: match.group(1).replace("-", "_"), text)


def members(chosen):
    for name, argument in chosen:
        text = python(argument.get("abstract", "")).rstrip()
        if argument.get("defaultValue") and argument.get("valueName") != "how":
            text += f" (default: {argument['defaultValue']})"
        lines = textwrap.wrap(text.replace("\\", "\\\\"), 120)
        yield f"    {name.replace('-', '_')}: {type_of(name, argument)}"
        body = "\n    ".join(lines)
        yield f'    """{body}"""'


def module(prep):
    found = list(options(prep))
    parts = [HEAD]
    for title, base, text, chosen in (
        ("EncodeOptions", "TypedDict", "What decides the rows of a record.", [o for o in found if o[0] not in OF_RUNS]),
        ("RunOptions", "EncodeOptions", "What `prep.run` takes besides.", [o for o in found if o[0] in OF_RUNS]),
    ):
        parts.append(f'\nclass {title}({base}, total=False):\n    """{text}"""\n\n' + "\n".join(members(chosen)) + "\n")
    names = sorted({name for name, _ in found} | set(APART[:5]))
    listed = textwrap.fill(", ".join(f'"{name}"' for name in names), 120, initial_indent="    ", subsequent_indent="    ", break_on_hyphens=False)
    parts.append(f"\n#: As the command spells them.\nNAMES = frozenset((\n{listed},\n))\n")
    return "\n".join(parts).replace("\n\n\n\n", "\n\n\n")


if __name__ == "__main__":
    MODULE.write_text(module(sys.argv[1] if len(sys.argv) > 1 else str(CHECKOUT / "python" / "prep" / "_native" / "prep")))
