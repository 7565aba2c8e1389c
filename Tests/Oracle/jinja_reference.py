"""jinja2 as transformers sets it up, and prep's engine: many templates from one process of each."""

import copy
import json
import os
import re
import signal
import subprocess
import warnings
from pathlib import Path

import jinja2
from jinja2 import nodes  # noqa: F401  (loads what the environment needs before a time limit is set)
from transformers.utils import chat_template_utils

CHECKOUT = Path(__file__).resolve().parents[2]
LINES = Path(os.environ.get("JINJA_LINES") or CHECKOUT / ".build" / "debug" / "JinjaLines")


# `<generator object f at 0x7f…>`, also in a URL or with another case.
ADDRESS = re.compile(r"\bat(?: |%20|\+)0x[0-9a-f]{6,}", re.I)


class Slow(BaseException):
    """The reference takes too long."""


def _alarm(*_):
    raise Slow


def reference(template: str, variables: dict, seconds: float = 5) -> str | Exception:
    """The text of a template, or what it raises; `Slow` after so many seconds."""
    signal.signal(signal.SIGALRM, _alarm)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # A filter may change a list of the caller.
            return chat_template_utils._compile_jinja_template(template).render(**copy.deepcopy(variables))
    except Exception as error:
        return error
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def ours(templates: list[str], variables: dict) -> list[dict]:
    """`{"text"}` or `{"error", "bound"}` for each template."""
    lines = "".join(json.dumps({"template": each, "variables": variables}) + "\n" for each in templates)
    result = subprocess.run([LINES], input=lines.encode(), capture_output=True)
    answers = [json.loads(line) for line in result.stdout.split(b"\n") if line]
    assert result.returncode == 0 and len(answers) == len(templates), (
        f"the engine ended at {templates[len(answers)]!r}: {result.returncode} {result.stderr.decode()[-500:]}")
    return answers


def differences(templates: list[str], variables: dict) -> tuple[list[tuple], dict[str, int], int]:
    """(template, ours, theirs) where they differ; what prep refuses by name and jinja2 takes; the texts that are equal."""
    found, refused, equal = [], {}, 0
    for template, mine in zip(templates, ours(templates, variables)):
        try:
            theirs = reference(template, variables)
        except Slow:
            continue
        if isinstance(theirs, str) and ADDRESS.search(theirs):
            # An address in memory: no text to be equal to.
            found += [(template, mine["text"], theirs)] if "text" in mine else []
        elif isinstance(theirs, str) and mine.get("text") == theirs:
            equal += 1
        elif isinstance(theirs, str) and mine.get("bound"):
            refused[mine["error"][:60]] = refused.get(mine["error"][:60], 0) + 1
        elif isinstance(theirs, str) or "text" in mine:
            found.append((template, mine.get("text", ValueError(mine.get("error"))), theirs))
    return found, refused, equal
