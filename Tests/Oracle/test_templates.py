"""Renders equal `transformers` byte for byte, and refuse what it refuses: every template × every conversation, its texts in
the form that the template takes (`adapted` finds it with the reference)."""

import json

import pytest
from chat_cases import BOS, EOS, MORE_TEMPLATES, TEMPLATES, adapted, conversations, reference, render

RECORDS = conversations()


@pytest.mark.parametrize("template", TEMPLATES + MORE_TEMPLATES, ids=lambda path: path.stem)
@pytest.mark.parametrize("variables", [
    {}, {"enable_thinking": False}, {"enable_thinking": True}, {"reasoning_effort": "high", "model_identity": "I am \u00e9"},
    {"preserve_thinking": True, "clear_thinking": False}, {"xml_tools": ["<a>"], "builtin_tools": ["browser", "python"]},
], ids=["plain", "no-thinking", "thinking", "effort", "keep", "lists"])
def test_renders_equal_transformers(template, variables):
    text = template.read_text(encoding="utf-8")
    if variables and not any(name in text for name in variables):
        return
    flags = [f"--template-arg={name}={json.dumps(value)}" for name, value in variables.items()]
    given = {"bos_token": BOS, "eos_token": EOS, **variables}
    differences = []
    for prompt in [False, True]:
        rendered = render(template, RECORDS.values(), *flags, *(["--add-generation-prompt"] if prompt else []))
        assert len(rendered) == len(RECORDS)
        for (name, record), ours in zip(RECORDS.items(), rendered):
            theirs = reference(text, adapted(text, record, given), prompt, given)
            if isinstance(theirs, Exception):
                if "error" not in ours:
                    differences.append((name, prompt, f"not refused: {theirs!r}", ours["text"][:200]))
                elif type(theirs).__name__ == "TemplateError" and str(theirs) not in ours["error"]:
                    differences.append((name, prompt, f"{theirs}", ours["error"]))
            elif "error" in ours:
                differences.append((name, prompt, "refused", ours["error"]))
            elif ours["text"] != theirs:
                at = next((i for i, (a, b) in enumerate(zip(ours["text"], theirs)) if a != b), min(len(ours["text"]), len(theirs)))
                differences.append((name, prompt, at, ours["text"][max(0, at - 40):at + 60], theirs[max(0, at - 40):at + 60]))
            else:
                assert_tiles(ours)
    assert not differences, "\n".join(map(repr, differences[:20]))


def assert_tiles(rendered):
    """Segments cover the text, in order, none empty."""
    end = 0
    for segment in rendered["segments"]:
        assert segment["start"] == end < segment["end"]
        end = segment["end"]
    assert end == len(rendered["text"].encode("utf-8"))
