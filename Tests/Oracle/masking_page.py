"""docs/masking.md: every shown mask is what the command prints. `python Tests/Oracle/masking_page.py` writes them anew.

A shown mask is a block of records (```json), a command (```sh) and what comes of it (```text). In masks, what is learned stands
between ⟦ and ⟧. Tokens stand between |, padding in round brackets.
"""

import json
import re
import shlex
import sys
import tempfile
from pathlib import Path

from prep_command import CHECKOUT, prep

PAGE = CHECKOUT / "docs" / "masking.md"
SHOWN = re.compile(r"```json\n(?P<records>.*?)```\n\n```sh\n(?P<command>.*?)\n```\n\n```text\n(?P<text>.*?)```\n", re.S)


def visible(text: str) -> str:
    return text.replace("\n", "\\n")


def render_mask(line: dict) -> str:
    if "error" in line:
        return f"rejected: {line['code']}"
    text, shown, learning = line["text"].encode(), "", False
    for segment in line["segments"]:
        if segment["supervised"] != learning:
            shown += "⟦" if segment["supervised"] else "⟧"
            learning = segment["supervised"]
        shown += text[segment["start"]:segment["end"]].decode(errors="replace")
    return visible(shown + ("⟧" if learning else ""))


def token_mask(row: dict) -> str:
    shown = []
    for place, (label, mask) in enumerate(zip(row["labels"], row["attention_mask"])):
        token = row["tokens"][place] if place < len(row["tokens"]) else "EOS"
        shown.append(f"⟦{token}⟧" if label != -100 else token if mask else f"({token})")
    lines = [visible("|".join(shown))]
    if "position_ids" in row:
        lines.append("position ids " + " ".join(map(str, row["position_ids"])))
        lines.append("samples of " + ", ".join(map(str, row["segment_lengths"])) + " tokens")
    return "\n".join(lines)


def outcome(records: str, command: str) -> str:
    """What the page says of these records and this command."""
    words = shlex.split(command)
    assert words[:2] in (["prep", "render"], ["prep", "inspect"], ["prep", "run"]), command
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data.jsonl"
        data.write_text(records, encoding="utf-8")
        words = [str(data) if word == "data.jsonl" else str(Path(folder) / "out") if word == "out" else word for word in words[1:]]
        words = [f"{CHECKOUT}/{word}" if word.startswith(("fixtures/", "Tests/")) else word for word in words]
        if words[0] == "run":
            prep(*words)
            words = ["inspect", Path(folder) / "out", "--row", "all"]
        result = prep(*words, "--json", check=False)
    lines = [json.loads(line) for line in result.stdout.split(b"\n") if line]
    if words[0] == "render":
        return "".join(render_mask(line) + "\n" for line in lines)
    rejects = "".join(f"rejected: {line.split(': ', 1)[1]}\n" for line in result.stderr.decode().splitlines() if line.startswith("rejected "))
    return "".join(token_mask(line) + "\n" for line in lines) + rejects


def rewritten(page: str) -> str:
    def replace(match):
        return match.group(0)[:match.start("text") - match.start()] + outcome(match["records"], match["command"]) + "```\n"

    return SHOWN.sub(replace, page)


if __name__ == "__main__":
    PAGE.write_text(rewritten(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    print(PAGE, file=sys.stderr)
