"""Renders a second, of `prep render` and of jinja2 in transformers' environment, on one core in the same run.

`DATA` names a JSONL of messages (default: conversations made here). Two figures a template: rendering alone, from conversations
in memory to text; and from JSON lines to text, where prep's is the CPU time of the command over many copies less that over one,
and the peer's `json.loads` and jinja2. The best of some rounds, taken in turns.
The texts are compared in the same run.
"""

import json
import os
import resource
import subprocess
import tempfile
import time
from pathlib import Path

from transformers.utils.chat_template_utils import _compile_jinja_template

CHECKOUT = Path(__file__).resolve().parents[1]
PREP = os.environ.get("PREP") or str(CHECKOUT / ".build" / "release" / "prep")
COPIES = 20
ROUNDS = 5


def records():
    if data := os.environ.get("DATA"):
        return [json.loads(line) for line in open(data, encoding="utf-8") if line.strip()]
    made = []
    for line in open(CHECKOUT / "fixtures" / "gsm8k.jsonl", encoding="utf-8"):
        record = json.loads(line)
        turns = [{"role": "user", "content": record["task"]}, {"role": "assistant", "content": record["response"]}]
        made.append({"messages": turns * 2 + turns[:1]})
    return made * 5


def cpu(template, path):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([PREP, "render", path, "--template", template, "--template-arg", "bos_token=<s>"], check=True,
                   stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main():
    made = records()
    lines = [json.dumps(record, ensure_ascii=False) for record in made]
    text = "".join(line + "\n" for line in lines)
    with tempfile.TemporaryDirectory() as folder:
        one, many = Path(folder) / "one.jsonl", Path(folder) / "many.jsonl"
        one.write_text(text, encoding="utf-8")
        many.write_text(text * (COPIES + 1), encoding="utf-8")
        for name in ["llama3", "qwen3"]:
            path = CHECKOUT / "fixtures" / "templates" / f"{name}.jinja"
            template = _compile_jinja_template(path.read_text(encoding="utf-8"))
            same = texts(path, one) == "".join(render(template, record) + "\n" for record in made)
            best = {}
            for _ in range(ROUNDS):
                keep(best, "theirs", timed(lambda: [render(template, record) for record in made]))
                measured = json.loads(command(path, many, "--measure", "3").stdout)
                keep(best, "ours", measured["best_seconds"] / (COPIES + 1))
                keep(best, "parsing", timed(lambda: [render(template, json.loads(line)) for line in lines]))
                keep(best, "whole", (cpu(path, many) - cpu(path, one)) / COPIES)
            ours, theirs, whole, parsing = best["ours"], best["theirs"], best["whole"], best["parsing"]
            count = len(made)
            print(f"{name}: rendering alone: prep {count / ours:,.0f} a second, jinja2 {count / theirs:,.0f}: {theirs / ours:.1f} times")
            print(f"{name}: JSON lines to text: prep {count / whole:,.0f} a second, json and jinja2 {count / parsing:,.0f}: {parsing / whole:.1f} times")
            print(f"{name}: texts {'equal' if same else 'DIFFER'}")
            assert same


def keep(best, name, seconds):
    best[name] = min(best.get(name, seconds), seconds)


def command(template, path, *more):
    return subprocess.run([PREP, "render", path, "--template", template, "--template-arg", "bos_token=<s>", *more], check=True,
                          stdout=subprocess.PIPE)


def texts(template, path):
    return command(template, path).stdout.decode("utf-8")


def timed(work):
    start = time.process_time()
    work()
    return time.process_time() - start


def render(template, record):
    return template.render(messages=record["messages"], tools=None, documents=None, add_generation_prompt=False, bos_token="<s>", eos_token="</s>")


if __name__ == "__main__":
    main()
