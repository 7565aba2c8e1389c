"""What becomes of records as people have them in templates as they are published; the table in docs/masking.md.

`python Tests/Oracle/published_templates.py` writes the table anew.
"""

import collections
import json
import re
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from chat_cases import BOS, EOS, assistant, call, dated, parts, system, tool, user
from chat_models import write
from prep_command import CHECKOUT, prep

PAGE = CHECKOUT / "docs" / "masking.md"
# Templates that were made up for a test.
OWN = {"accumulate", "alpaca_like", "by_index", "closed_by_the_next", "gen_markers", "indented_turns", "macro", "pairwise", "setblock"}
TEMPLATES = [*sorted((CHECKOUT / "fixtures" / "templates").glob("*.jinja")), *sorted((CHECKOUT / "fixtures" / "axolotl").glob("*.jinja")),
             *(path for path in sorted((CHECKOUT / "Tests" / "Oracle" / "templates").glob("*.jinja")) if path.stem not in OWN)]

ASK = [user("Qone"), assistant("Qtwo")]
CALL = call("get_weather", {"city": "Qtwo"}, "call00001")
ANSWER = tool("Qthree", name="get_weather", tool_call_id="call00001")
# Every text that a record says holds a word of its own: Qone, Qtwo, …
RECORDS = {
    "pair": {"messages": ASK},
    "two pairs": {"messages": [*ASK, user("Qthree"), assistant("Qfour")]},
    "parts": {"messages": [user(parts("Qone", "Qsecond")), assistant(parts("Qtwo"))]},
    "system": {"messages": [system("Qzero"), *ASK]},
    "developer": {"messages": [{"role": "developer", "content": "Qzero"}, *ASK]},
    "other words": {"messages": [{"role": "human", "content": "Qone"}, {"role": "gpt", "content": "Qtwo"}]},
    "ShareGPT": {"conversations": [{"from": "human", "value": "Qone"}, {"from": "model", "value": "Qtwo"}], "system": "Qzero"},
    "call": {"messages": [user("Qone"), assistant("", tool_calls=[CALL]), ANSWER, assistant("Qfour")]},
    "call as text": {"messages": [user("Qone"), assistant("", tool_calls=[call("get_weather", '{"city": "Qtwo"}', "call00001")]), ANSWER,
                                  assistant("Qfour")]},
    "observation": {"conversations": [
        {"from": "human", "value": "Qone"}, {"from": "function_call", "value": '{"name": "get_weather", "arguments": {"city": "Qtwo"}}'},
        {"from": "observation", "value": "Qthree"}, {"from": "gpt", "value": "Qfour"}]},
    "tool parts": {"messages": [
        user("Qone"), assistant([{"type": "tool_use", "id": "call00001", "name": "get_weather", "input": {"city": "Qtwo"}}]),
        user([{"type": "tool_result", "tool_use_id": "call00001", "content": "Qthree"}]), assistant("Qfour")]},
    "reasoning": {"messages": [user("Qone"), assistant("Qtwo", reasoning_content="why")]},
    "history": {"query": "Qthree", "response": "Qfour", "history": [["Qone", "Qtwo"]]},
    "null beside a call": {"messages": [user("Qone"), assistant(None, tool_calls=[CALL]), ANSWER, assistant("Qfour")]},
    "empty question": {"messages": [user(""), assistant("Qtwo")]},
    "empty answer": {"messages": [user("Qone"), assistant("")]},
    "null answer": {"messages": [user("Qone"), assistant(None)]},
    "prompt, completion": {"prompt": [user("Qone"), assistant("Qtwo"), user("Qthree")], "completion": [assistant("Qfour")]},
    "prefill": {"prompt": [user("Qone"), assistant("Qtwo")], "completion": [assistant("Qthree")]},
    "prompt, completion as texts": {"prompt": "Qone", "completion": "Qtwo"},
    "instruction": {"instruction": "Qone", "input": "Qsecond", "output": "Qtwo", "system": "Qzero"},
}
SPECIAL = {"bos_token": BOS, "eos_token": EOS}


def flags(template: Path) -> list[str]:
    text = template.read_text(encoding="utf-8")
    return ["--template", str(template), *dated(template),
            *(f"--template-arg={name}={json.dumps(value)}" for name, value in SPECIAL.items() if name in text)]


def words(record) -> set[str]:
    """The words of what a record says."""
    return set(re.findall(r"Q[a-z]+", json.dumps(record)))


def outcome(template: Path, folder: Path, *more):
    """What `prep run` says of every record: its text, or its reject."""
    data = write(folder / "data.jsonl", RECORDS.values())
    prep("run", data, *flags(template), "--output", folder / "out", "--max-rejects", "100%", "--overwrite", "--quiet", *more)
    names = list(RECORDS)
    found = {names[r["line"] - 1]: r for r in map(json.loads, open(folder / "out" / "rejects.jsonl", encoding="utf-8"))}
    rows = [json.loads(line) for line in prep("inspect", folder / "out", "--row", "all", "--json", "--unpadded").stdout.split(b"\n") if line]
    for row in rows:
        found[names[row["source"]["line"] - 1]] = "".join(row["tokens"])
    return found


def outcomes() -> dict[Path, dict]:
    def of(template):
        with tempfile.TemporaryDirectory() as folder:
            return outcome(template, Path(folder))

    with ThreadPoolExecutor(2) as pool:
        return dict(zip(TEMPLATES, pool.map(of, TEMPLATES)))


def table(found: dict[Path, dict]) -> str:
    counts = {name: collections.Counter(
        one[name]["reason"] if isinstance(one[name], dict) else "accepted" for one in found.values()) for name in RECORDS}
    reasons = ["accepted", *sorted({reason for each in counts.values() for reason in each} - {"accepted"})]
    lines = [f"| of {len(found)} templates | " + " | ".join(f"`{r}`" if r != "accepted" else r for r in reasons) + " |",
             "| --- |" + " ---: |" * len(reasons)]
    lines += [f"| {name} | " + " | ".join(str(count[r] or "–") for r in reasons) + " |" for name, count in counts.items()]
    return "\n".join(lines) + "\n"


TABLE = re.compile(r"\| of \d+ templates .*?\n\n", re.S)

if __name__ == "__main__":
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(TABLE.sub(lambda _: table(outcomes()) + "\n", page), encoding="utf-8")
