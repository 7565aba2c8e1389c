"""No library module names a flag of the command: texts refer to options, and each reader gets the name it knows."""

import re
from pathlib import Path

SOURCES = Path(__file__).resolve().parent.parent.parent / "Sources"
NAMES = SOURCES / "Problems" / "OptionName.swift"


def options():
    text = NAMES.read_text()
    named = re.findall(r'case \w+ = "([a-z-]+)"', text)
    for line in re.findall(r"^  case ((?:\w+, )*\w+)$", text, re.M):
        named += line.split(", ")
    return named


def test_library_modules_name_options_not_flags():
    known = options()
    assert "context-length" in known and "template" in known
    flag = re.compile(r'"[^"\n]*--[a-z]')
    # Flags of other programs: `hf download`, and what Megatron's scripts take.
    foreign = re.compile(r"--(revision|repo-type|data-path|seq-length)\b")
    found = []
    for file in sorted(SOURCES.glob("*/**/*.swift")):
        if file.relative_to(SOURCES).parts[0] == "prep":
            continue
        for number, line in enumerate(file.read_text().splitlines(), 1):
            if not line.lstrip().startswith("//") and flag.search(foreign.sub("", line)):
                found.append(f"{file.relative_to(SOURCES)}:{number}: {line.strip()}")
    assert not found, "\n".join(found)
