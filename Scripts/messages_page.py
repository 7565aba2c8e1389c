"""Writes docs/messages.md: every kind of problem, what it means, and one that really happened.

What a kind means is the comment above its case in Sources/Problems/Problem+Kind.swift. The examples are made here, by the
command and the Python package, in an empty folder.

usage: Scripts/messages_page.py [PREP]
"""

import gzip
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
PAGE = CHECKOUT / "docs" / "messages.md"
KINDS = CHECKOUT / "Sources" / "Problems" / "Problem+Kind.swift"
GOOD = {"task": "T", "response": "R"}
TURNS = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]


def kinds():
    """Each heading, with its kinds: name and meaning. A kind without a comment is an error."""
    meaning = []
    for line in KINDS.read_text().splitlines():
        line = line.strip()
        if line.startswith("// ") and line.endswith(":"):
            yield "heading", line[3:-1]
        elif line.startswith("/// "):
            meaning.append(line[4:])
        elif found := re.fullmatch(r'case (\w+)(?: = "([a-z0-9-]+)")?', line):
            if not meaning:
                sys.exit(f"{KINDS.name}: {found[1]} has no comment")
            yield found[2] or found[1], " ".join(meaning)
            meaning = []
        else:
            meaning = []


class Bench:
    """An empty folder in which things go wrong."""

    def __init__(self, prep, folder):
        self.prep, self.folder = os.path.abspath(prep), Path(folder)

    def __call__(self, *arguments, stdin=None):
        return subprocess.run([self.prep, *map(str, arguments)], cwd=self.folder, capture_output=True, text=True, stdin=stdin)

    def write(self, name, data):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return name

    def record(self, record, *flags):
        """What becomes of one record: the kind, and what is said."""
        line = record if isinstance(record, (bytes, str)) else json.dumps(record)
        self.write("records.jsonl", line)
        result = self("run", "records.jsonl", "-o", "out", "--overwrite", "--max-rejects", "100%", *flags)
        assert result.returncode == 0, result.stderr
        reject = json.loads((self.folder / "out" / "rejects.jsonl").read_text())
        place = f"{reject['file']}:{reject['line']}: "
        return reject["reason"], f"{place}{reject['message']} ({reject['remedy']})", line if isinstance(line, str) else None

    def run(self, *arguments, stdin=None):
        """How a run fails."""
        result = self("run", *arguments, "--json", stdin=stdin)
        assert result.returncode and result.stdout, (arguments, result.stderr)
        error = json.loads(result.stdout)["error"]
        return error["kind"], error["message"], None

    def python(self, act):
        """How a call of the Python package fails."""
        sys.path.insert(0, str(CHECKOUT / "python"))
        import prep

        before = os.getcwd()
        os.chdir(self.folder)
        try:
            act(prep)
        except prep.PrepError as error:
            return error.kind, str(error), None
        except IndexError as error:
            # Python's own name for it.
            return "range", str(error), None
        finally:
            os.chdir(before)
        sys.exit("a call that should fail did not")


def chat(*turns, **more):
    return {"messages": [dict(zip(("role", "content"), turn)) for turn in turns], **more}


def of_records(bench):
    template = bench.write("refuses.jinja", "{{ raise_exception('roles must alternate') }}")
    fails = bench.write("fails.jinja", "{% for m in messages %}{{ m.content + 1 }}{% endfor %}")
    dated = bench.write("dated.jinja", "{{ strftime_now('%Y') }}{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}")
    rewrites = bench.write(
        "rewrites.jinja",
        "{% for m in messages %}<{{ m.role }}>{% if loop.last or m.role == 'user' %}{{ m.content }}{% else %}…{% endif %}<end>"
        "{% endfor %}{% if add_generation_prompt %}<assistant>{% endif %}")
    joins = bench.write(
        "joins.jinja", "{% for m in messages %}{{ 'q' if m.role == 'user' else 'answ' }}{{ m.content }}{% endfor %}{% if add_generation_prompt %}answ{% endif %}")
    drops = bench.write(
        "drops.jinja", "{% for m in messages %}{% if m.role != 'tool' %}<{{ m.role }}>{{ m.content }}<end>{% endif %}{% endfor %}"
        "{% if add_generation_prompt %}<assistant>{% endif %}")
    slow = bench.write("slow.json", json.dumps({
        "model": {"type": "BPE", "vocab": {"a": 0, "R": 1}, "merges": []},
        "pre_tokenizer": {"type": "Split", "pattern": {"Regex": "(a|aa)+$"}, "behavior": "Isolated", "invert": False},
        "added_tokens": [{
            "id": 2, "content": "<end>", "special": True, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False}]}))
    long = "a long story " * 9
    yield bench.record('{"task":"T","response":')
    yield bench.record(b'{"task":"\xff","response":"R"}')
    yield bench.record('{"task":"\\ud800","response":"R"}')
    yield bench.record("[1, 2]")
    yield bench.record({"a": 1})
    yield bench.record({"task": "T", "outptu": "R"})
    yield bench.record({"task": "T", "response": 7})
    yield bench.record({"task": "", "context": "", "response": "R"})
    yield bench.record({"task": "T", "response": ""})
    yield bench.record({"text": ""})
    yield bench.record({"messages": []}, "--template", "chatml")
    yield bench.record(chat(("wizard", "a"), ("assistant", "b")), "--template", "chatml")
    yield bench.record({"task": "T", "response": "R", "completion": "S"})
    yield bench.record({"prompt": "P", "chosen": "C", "rejected": "R"})
    yield bench.record({"prompt": "P", "completion": "C", "label": False})
    yield bench.record({"prompt": "P"})
    yield bench.record(chat(("user", [{"type": "image", "image": "cat.png"}]), ("assistant", "A cat.")), "--template", "chatml")
    yield bench.record(chat(("user", [{"type": "hologram"}]), ("assistant", "A cat.")), "--template", "chatml")
    yield bench.record({"messages": [TURNS[0], TURNS[1] | {"mask": 1}]}, "--template", "chatml")
    yield bench.record(chat(("user", "a"), ("tool", "b"), ("assistant", "c")), "--template", drops)
    yield bench.record(chat(("user", "a")), "--template", "chatml")
    yield bench.record({"messages": TURNS}, "--template", template)
    yield bench.record({"messages": TURNS}, "--template", fails)
    yield bench.record({"messages": TURNS}, "--template", dated)
    yield bench.record({"messages": TURNS * 2}, "--template", rewrites, "--history", "error")
    yield bench.record(chat(("user", "Hi "), ("assistant", "er")), "--template", joins, "--seam", "joint", "--straddle", "error")
    yield bench.record({"task": "a" * 2000 + "b", "response": "R"}, "--tokenizer", slow, "--eos-token", "<end>")
    yield bench.record({"task": "T", "response": long}, "--context-length", "16", "--truncate", "drop")
    yield bench.record({"task": "T", "response": "R"}, "--min-tokens", "9")
    yield bench.record({"task": "T", "response": long}, "--max-tokens", "16")
    yield bench.record({"task": "T", "response": long}, "--max-record-size", "64")
    yield bench.record({"messages": [{"role": "user", "content": long}, TURNS[1]]}, "--template", "chatml", "--context-length", "16", "--truncate", "right")
    yield bench.record({"messages": [TURNS[0], TURNS[1] | {"train": False}]}, "--template", "chatml")


def of_requests(bench):
    good = bench.write("good.jsonl", json.dumps(GOOD) + "\n")
    yield bench.python(lambda prep: prep.encode_records([GOOD], context_length=0))
    yield bench.run(good, "-o", "new", "--history", "unroll")
    yield bench.python(lambda prep: prep.encode_records(GOOD))
    yield bench.python(lambda prep: prep.Tokenizer("gpt2").decode([10**6]))
    yield bench.run("none.jsonl", "-o", "new")
    yield bench.run("/proc/self/mem", "-o", "new")
    bench.write("zipped/records.zip", b"PK\x03\x04")
    yield bench.run("zipped/records.zip", "-o", "new")
    bench.write("cut.jsonl.gz", gzip.compress(json.dumps(GOOD).encode() * 99)[:-9])
    yield bench.run("cut.jsonl.gz", "-o", "new")
    bench.write("mixed/a.jsonl", json.dumps(GOOD))
    bench.write("mixed/b.jsonl.xz", b"")
    yield bench.run("mixed", "-o", "new")
    yield bench.run(bench.write("empty.jsonl", ""), "-o", "new")
    yield bench.run(good, "-o", "new", "--tokenizer", "missing.json")
    yield bench.run(good, "-o", "new", "--tokenizer", bench.write("unigram.json", '{"model": {"type": "Unigram", "vocab": []}}'))
    yield bench.run(good, "-o", "new", "--tokenizer", bench.write("pattern.json", json.dumps({
        "model": {"type": "BPE", "vocab": {"a": 0}, "merges": []},
        "pre_tokenizer": {"type": "Split", "pattern": {"Regex": "(a"}, "behavior": "Isolated", "invert": False}})))
    yield bench.run(good, "-o", "new", "--tokenizer", bench.write("broken.json", '{"model": {"type": '))
    yield bench.run(good, "-o", "new", "--template", bench.write("broken.jinja", "{% for m in messages %}"))
    bench("run", good, "-o", "finished")
    yield bench.run(good, "-o", "finished", "--context-length", "512")
    shard = next((bench.folder / "finished").glob("shard-*"))
    shard.write_bytes(shard.read_bytes()[:100])
    yield bench.python(lambda prep: prep.Dataset("finished")[0])
    yield bench.run(bench.write("bad.jsonl", "{}"), "-o", "new")
    yield bench.run(good, "-o", "good.jsonl/new")


#: What no example is made of here, and why.
APART = {
    "input-changed": "Needs a file that changes while it is read: `Tests/Oracle/test_records.py` has one.",
    "too-small": "An array of a C program; the Python package makes its own.",
    "cancelled": "A program of its own calls `RunningRun.cancel()`; the command says it in other words after Ctrl-C.",
}


def examples(prep):
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(prep, folder)
        for source in (of_records, of_requests):
            for kind, text, record in source(bench):
                if kind in found:
                    sys.exit(f"two examples are of the kind {kind}: {found[kind][0]} | {text}")
                found[kind] = (text.replace(str(CHECKOUT) + "/", ""), record)
    return found


def page(prep):
    made = examples(prep)
    parts = [
        "# Messages", "",
        "Whatever goes wrong has a **kind**, a stable name for programs: the reason in `rejects.jsonl` and in the report of a run",
        "(`--json`), `kind` of its `error`, of `PrepError` in Python and of `prep_error` in C. Each says its place, a reason and, in",
        "parentheses, what to do. Options are written as the reader gives them: flags, keyword arguments, keys of a spec.", "",
        "This page is written by `Scripts/messages_page.py`, which makes every example happen; the tests compare it.",
    ]
    for name, meaning in kinds():
        if name == "heading":
            parts += ["", f"## {meaning}"]
            continue
        parts += ["", f"### `{name}`", "", meaning, ""]
        if name in made:
            text, record = made.pop(name)
            parts += ["```", *([record] if record and len(record) < 200 else []), text, "```"]
        elif name in APART:
            parts += [APART[name]]
        else:
            sys.exit(f"there is no example of {name}")
    if made:
        sys.exit(f"examples of kinds that are not declared: {', '.join(made)}")
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(sys.argv[1] if len(sys.argv) > 1 else str(CHECKOUT / ".build" / "release" / "prep")))
