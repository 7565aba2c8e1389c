"""Renders a second, of `prep render` and of jinja2 in transformers' environment, on one core in the same run.

`DATA` names a JSONL of messages (default: conversations made here). jinja2 renders parsed records; prep's figure is the CPU
time of the command over many copies less that over one copy: parsing the JSON and writing the text are in it.
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
    text = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in made)
    with tempfile.TemporaryDirectory() as folder:
        one, many = Path(folder) / "one.jsonl", Path(folder) / "many.jsonl"
        one.write_text(text, encoding="utf-8")
        many.write_text(text * (COPIES + 1), encoding="utf-8")
        for name in ["llama3", "qwen3"]:
            path = CHECKOUT / "fixtures" / "templates" / f"{name}.jinja"
            template = _compile_jinja_template(path.read_text(encoding="utf-8"))
            theirs = min(jinja(template, made) for _ in range(3))
            ours = min((cpu(path, many) - cpu(path, one)) / COPIES for _ in range(3))
            print(f"{name}: prep {len(made) / ours:,.0f} renders/s, jinja2 {len(made) / theirs:,.0f}: {theirs / ours:.1f} times")


def jinja(template, made):
    start = time.process_time()
    for record in made:
        template.render(messages=record["messages"], tools=None, documents=None, add_generation_prompt=False, bos_token="<s>", eos_token="</s>")
    return time.process_time() - start


if __name__ == "__main__":
    main()
