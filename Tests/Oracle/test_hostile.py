"""Templates, tokenizers and records that somebody made to hurt: no signal, a bound on time and memory, an error in words.

Each case is run by itself, and what the process took is asked of the system. On a busy machine time is that of the processor.
"""

import base64
import json
import subprocess
import sys
import tempfile

import pytest
from prep_command import CHECKOUT, PREP

# What a hostile input may take of the processor, in seconds, and of memory.
SECONDS, MEMORY = 10, 512 << 20
LARGE = 1 << 16


# A process begins with the memory of the one that starts it, as far as the system tells: a small one stands between.
LAUNCHER = """
import json, resource, subprocess, sys
code = subprocess.call(sys.argv[2:])
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
open(sys.argv[1], "w").write(json.dumps([code, usage.ru_utime + usage.ru_stime, usage.ru_maxrss << 10]))
"""


def measured(*arguments, input=b"", memory=MEMORY, seconds=SECONDS):
    """What the command says, within the bounds: its exit code, its output and its errors."""
    with tempfile.NamedTemporaryFile() as file:
        ended = subprocess.run([sys.executable, "-S", "-E", "-c", LAUNCHER, file.name, PREP, *map(str, arguments)], input=input, capture_output=True)
        code, took, held = json.loads(file.read())
    said = ended.stderr
    shown = [str(argument)[:80] for argument in arguments]
    assert code >= 0, (shown, f"signal {-code}", said[-300:])
    assert code in (0, 1, 2, 64), (shown, code, said[-300:])
    assert took < seconds, (shown, took, said[-300:])
    assert held < memory, (shown, held >> 20, said[-300:])
    for line in said.splitlines():
        assert len(line) < 4096, (shown, len(line))
    return code, ended.stdout, said


# MARK: Templates

def chained(text, filters):
    return "{{ " + text + "".join(f"|{name}" for name in filters) + " }}"


TEMPLATES = {
    "title": "{{ messages[0].content|title|length }}",
    "reverse": "{{ messages[0].content|reverse }}",
    "slice": "{{ messages[0].content[::-1] }}",
    "set blocks inside each other": "{% set x %}" * 300 + "{{ messages[0].content }}" + "{% endset %}{{ x }}{{ x }}" * 300,
    "set blocks that double": "{% set x = messages[0].content %}" + "{% set x %}{{ x }}{{ x }}{% endset %}" * 40 + "{{ x }}",
    "percent": "{{ '%' * 32000 % () }}",
    "percent signs": "{{ ('%s' * 32000) % 1 }}",
    "join": "{{ range(99999)|map('string')|join('x' * 10000) }}",
    "expandtabs": "{{ '\\t'.expandtabs(9223372036854775807) }}",
    "expandtabs of many": "{{ ('\\t' * 60000).expandtabs(100000) }}",
    "elif": "{% if 0 %}" + "".join(f"{{% elif {number} == -1 %}}a" for number in range(50_000)) + "{% endif %}b",
    "elif with bodies": "{% if 0 %}" + "{% elif x %}{{ x }}{% for y in x %}{{ y }}{% endfor %}" * 20_000 + "{% endif %}b",
    "a tuple as key": "{{ {" + "(" * 100_000 + "1," + ")" * 100_000 + ": 1} }}",
    "a tuple as key, made": "{% set ns = namespace(x=(1,)) %}{% for i in range(90000) %}{% set ns.x = (ns.x,) %}{% endfor %}{{ {ns.x: 1}|length }}",
    "a list made deep": "{% set ns = namespace(x=[1]) %}{% for i in range(90000) %}{% set ns.x = [ns.x] %}{% endfor %}{{ ns.x }}",
    "a list made deep, compared": "{% set ns = namespace(x=[1]) %}{% for i in range(90000) %}{% set ns.x = [ns.x] %}{% endfor %}{{ ns.x == ns.x }}",
    "a dictionary made deep, as JSON": "{% set ns = namespace(x={}) %}{% for i in range(90000) %}{% set ns.x = {'a': ns.x} %}{% endfor %}{{ ns.x|tojson }}",
    "replace": "{{ messages[0].content.replace('a', messages[0].content) }}",
    "replace of nothing": "{{ messages[0].content|replace('', 'ab') }}",
    "replace that finds nothing": "{% for i in range(20000) %}{{ messages[0].content.replace('aaaaaaaaaaab', '') }}{% endfor %}",
    "split": "{% for i in range(2000) %}{{ messages[0].content.split('a')|length }}{% endfor %}",
    "split by a long text": "{% set s = 'a' * 30000 + 'b' %}{{ ('a' * 60000).split(s)|length }}{{ ('a' * 60000).find(s) }}{{ s in 'a' * 60000 }}",
    "unique": "{{ range(99999)|map('string')|unique|list|length }}",
    "unique of lists": "{% set ns = namespace(x=[]) %}{% for i in range(20000) %}{% set ns.x = ns.x + [[i]] %}{% endfor %}{{ ns.x|unique|list|length }}",
    "in": "{% set x = range(99999)|list %}{% for i in range(99999) %}{{ 1 if -1 in x }}{% endfor %}",
    "in a text": "{% for i in range(99999) %}{{ 1 if 'zq' in messages[0].content }}{% endfor %}",
    "groupby": "{% set ns = namespace(x=[]) %}{% for i in range(3000) %}{% set ns.x = ns.x + [{'a': i}] %}{% endfor %}{{ ns.x|groupby('a')|length }}",
    "sort": "{{ range(99999)|sort(reverse=true)|list|length }}",
    "batch": "{{ range(99999)|batch(1)|list|length }}{{ range(9)|batch(99999999, 1)|list|length }}",
    "center": "{{ 'a'|center(99999999) }}", "indent": "{{ ('a\\n' * 60000)|indent(99999) }}",
    "wordcount": "{{ ('a ' * 60000)|wordcount }}{{ ('<' * 60000)|striptags }}",
    "format": "{{ '{:>999999999}'.format('a') }}", "format inside format": "{{ '{:{}}'.format('a', 999999999) }}",
    "power": "{{ 9 ** 99999999 }}", "powers": "{{ 2 ** 60000 * 3 ** 60000 }}", "a long number": "{{ " + "9" * 60000 + " * " + "9" * 60000 + " }}",
    "a number as text": "{{ ('9' * 60000)|int }}", "a long float": "{{ ('9' * 60000)|float }}",
    "times": "{{ messages * 99999999 }}", "sum of lists": "{{ ([[1]] * 99999)|sum(start=[])|length }}",
    "range in range": "{% for a in range(99999) %}{% for b in range(99999) %}{% for c in range(99999) %}{% endfor %}{% endfor %}{% endfor %}",
    "macros": "{% macro a(n) %}{% for i in range(9) %}{{ a(n) }}{% endfor %}{% endmacro %}{{ a(1) }}",
    "macros inside each other": "{% macro a() %}" * 200 + "{% endmacro %}" * 200 + "{{ a() }}",
    "a recursive loop": "{% for a in [[1]] recursive %}{{ loop([a]) }}{% endfor %}",
    "loops that filter": "{% for a in range(99999) if a in range(99999)|list %}{% endfor %}",
    "tests": "{{ " + "1 is odd and " * 20_000 + "1 }}", "sums": "{{ " + "1 + " * 100_000 + "1 }}",
    "filters": chained("messages[0].content", ["upper"] * 20_000), "attributes": "{{ a" + ".b" * 100_000 + " }}",
    "parentheses": "{{ " + "(" * 100_000 + "1" + ")" * 100_000 + " }}", "brackets": "{{ " + "[" * 100_000 + "]" * 100_000 + " }}",
    "nots": "{{ " + "not " * 100_000 + "1 }}", "minuses": "{{ " + "-" * 100_000 + "1 }}", "conditions": "{{ " + "1 if 1 else " * 50_000 + "1 }}",
    "names": "{% set a = 1 %}" + "".join(f"{{% set a{number} = a{max(0, number - 1) or ''} %}}" for number in range(40_000)),
    "aliases of the messages": "".join(f"{{% set m{number} = m{number + 1} %}}" for number in range(20_000)) + "{% set m20000 = messages %}",
    "a comment without end": "{#" * 100_000, "braces": "{{" * 100_000, "a raw block": "{% raw %}" + "{{ " * 100_000,
    "prints": "{{ messages }}" * 20_000, "as JSON": "{{ messages|tojson(indent=2) }}" * 5_000,
    "messages inside messages": "{% for a in messages %}{% for b in messages %}{% for c in messages %}{{ c.content }}{% endfor %}{% endfor %}{% endfor %}",
    "last ones": "{% for a in messages %}{% for b in messages[loop.index:] %}{{ b.content|length }}{% endfor %}{% endfor %}",
}


@pytest.mark.parametrize("name", TEMPLATES)
def test_templates(name, tmp_path):
    (tmp_path / "t.jinja").write_text(TEMPLATES[name])
    content = ("a word " * LARGE)[:LARGE]
    records = [{"messages": [{"role": "user", "content": content}, {"role": "assistant", "content": "b"}]},
               {"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "r"}] * 60}]
    (tmp_path / "data.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    for command in (["render", tmp_path / "data.jsonl", "--json"], ["inspect", tmp_path / "data.jsonl", "--record", "all", "--json", "--unpadded"]):
        measured(*command, "--template", tmp_path / "t.jinja")


# MARK: Tokenizers

def tokenizer(**parts):
    """A tokenizer.json of single letters with other parts."""
    vocabulary = {chr(97 + index): index for index in range(26)} | {"Ġ": 26, " ": 27}
    base = {"version": "1.0", "truncation": None, "padding": None, "added_tokens": [], "normalizer": None, "pre_tokenizer": None, "post_processor": None,
            "decoder": None, "model": {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None, "end_of_word_suffix": None,
                                       "fuse_unk": False, "byte_fallback": False, "ignore_merges": False, "vocab": vocabulary, "merges": []}}
    model = parts.pop("model", {})
    return base | parts | {"model": base["model"] | model}


def split(pattern, behavior="Isolated"):
    return {"type": "Split", "pattern": {"Regex": pattern}, "behavior": behavior, "invert": False}


def replaced(pattern, content):
    return {"type": "Replace", "pattern": {"String": pattern}, "content": content}


def sequence(*normalizers):
    return {"type": "Sequence", "normalizers": list(normalizers)}


TOKENIZERS = {
    "a regex of many letters": tokenizer(pre_tokenizer=split("a" * 50_000)),
    "a regex of many characters": tokenizer(pre_tokenizer=split("".join(map(chr, range(0x4E00, 0x4E00 + 20_000))))),
    "a class of many characters": tokenizer(pre_tokenizer=split("[" + "".join(map(chr, range(0x4E00, 0x4E00 + 40_000, 2))) + "]+")),
    "groups": tokenizer(pre_tokenizer=split("(" * 20_000 + "a" + ")" * 20_000)),
    "repeats of repeats": tokenizer(pre_tokenizer=split("((a{0,1000}){0,1000}){0,1000}")),
    "repeats of many letters": tokenizer(pre_tokenizer=split("(?:" + "a" * 1000 + "){100000}")),
    "alternatives": tokenizer(pre_tokenizer=split("|".join("ab" * (number % 50 + 1) for number in range(20_000)))),
    "letters that do not end": tokenizer(pre_tokenizer=split(r"\p{L}*\p{L}*\p{L}*\d")),
    "letters inside letters": tokenizer(pre_tokenizer=split(r"(\p{L}+)+\d")),
    "letters that are looked for": tokenizer(pre_tokenizer=split(r"(?=(\p{L}+)+\d)\p{L}")),
    "letters that may be there": tokenizer(pre_tokenizer=split("a?" * 2000 + "a" * 2000)),
    "a normalizer that grows": tokenizer(normalizer=sequence(*[replaced("a", "aa")] * 60)),
    "a normalizer that grows in one": tokenizer(normalizer=replaced("a", "a" * 1_000_000)),
    "normalizers": tokenizer(normalizer=sequence(*[{"type": "NFKC"}, {"type": "Lowercase"}] * 20_000)),
    "normalizers inside each other": None,
    "a normalizer of a regex": tokenizer(normalizer={"type": "Replace", "pattern": {"Regex": r"(\p{L}*)*\d"}, "content": ""}),
    "pre-tokenizers": tokenizer(pre_tokenizer={"type": "Sequence", "pretokenizers": [split("a")] * 3000}),
    "a post-processor of many ids": tokenizer(post_processor={
        "type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "S", "type_id": 0}}] * 1000 + [{"Sequence": {"id": "A", "type_id": 0}}],
        "pair": [{"Sequence": {"id": "A", "type_id": 0}}], "special_tokens": {"S": {"id": "S", "ids": [0] * 100_000, "tokens": ["a"] * 100_000}}}),
    "an id that is far": tokenizer(model={"vocab": {"a": 0, "b": 4_294_967_295}}),
    "an added id that is far": tokenizer(added_tokens=[{
        "id": 4_294_967_290, "content": "<x>", "special": True, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False}]),
    "ids that are the same": tokenizer(model={"vocab": {"a": 0, "b": 0, "c": 0}}),
    "no vocabulary": tokenizer(model={"vocab": {}}),
    "merges of nothing": tokenizer(model={"merges": [["a", ""], ["", ""]]}),
    "merges of what is not there": tokenizer(model={"merges": [["x", "y"], ["xy", "z"]] * 1000}),
    "a long token": tokenizer(model={"vocab": {"a": 0, "b": 1, "ab" * 500_000: 2}}),
    "many added tokens": tokenizer(added_tokens=[{
        "id": 100 + number, "content": "a" * (number + 1), "special": False, "single_word": False, "lstrip": True, "rstrip": True, "normalized": True}
        for number in range(2000)]),
    "an added token of nothing": tokenizer(added_tokens=[{
        "id": 100, "content": "", "special": True, "single_word": False, "lstrip": True, "rstrip": True, "normalized": True}]),
}


def deep_normalizer():
    text = json.dumps(tokenizer(normalizer="HERE"))
    return text.replace('"HERE"', '{"type":"Sequence","normalizers":[' * 50_000 + ']}' * 50_000)


@pytest.mark.parametrize("name", TOKENIZERS)
def test_tokenizers(name, tmp_path):
    (tmp_path / "tokenizer.json").write_text(json.dumps(TOKENIZERS[name]) if TOKENIZERS[name] else deep_normalizer())
    for text in ("a" * 30_000, "abc " * 8_000, "é中👍" * 3000, ""):
        measured("encode", "--tokenizer", tmp_path / "tokenizer.json", input=text.encode() + b"\n")
    records = "".join(json.dumps({"text": text}) + "\n" for text in ("a" * 30_000, "b c " * 100))
    (tmp_path / "data.jsonl").write_text(records)
    measured("run", tmp_path / "data.jsonl", "--output", tmp_path / "out", "--tokenizer", tmp_path / "tokenizer.json", "--eos-token", "b", "--max-rejects", "100%")


FILES = {
    "ranks.tiktoken": [b"", b"YQ==\n", b"YQ== 0\n" * 1000, b"YQ== 4294967295\n", b"YQ== -1\n", b"!!! 0\n", base64.b64encode(b"a" * 1_000_000) + b" 0\n",
                       b"".join(base64.b64encode(b"a" * (n + 1)) + b" %d\n" % n for n in range(3000))],
    "tekken.json": [b"{}", b'{"config":{},"vocab":[]}', b'{"config":{"pattern":"((a+)+)+b","num_vocab_tokens":9223372036854775807,"default_vocab_size":-1,'
                    b'"default_num_special_tokens":1000000000,"version":"v3"},"vocab":[{"rank":0,"token_bytes":"YQ==","token_str":"a"}]}'],
    "tokenizer.model": [b"", b"\x0a\xff\xff\xff\xff\x0f", b"\x0a\x05\x0a\x01a\x15" * 10_000, b"\xff" * 100_000, b"\x12" * 100_000,
                        b"".join(b"\x0a\x0a\x0a\x03" + bytes([97 + n % 26]) * 3 + b"\x15\x00\x00\x00\x00" for n in range(10_000))],
    "tokenizer.json": [b"", b"{" * 100_000, b"[" * 100_000, b'{"model":' * 50_000, b"null", b'"a"', b'{"model":{"type":"BPE","vocab":[],"merges":{}}}'],
}


@pytest.mark.parametrize("name", FILES)
def test_tokenizer_files(name, tmp_path):
    for number, content in enumerate(FILES[name]):
        (tmp_path / f"{number}").mkdir()
        (tmp_path / f"{number}" / name).write_bytes(content)
        flags = ["--pattern", "gpt2"] if name.endswith("tiktoken") else []
        measured("encode", "--tokenizer", tmp_path / f"{number}" / name, *flags, input=b"aaa bbb " * 4000)


# MARK: Records

def turns(count, **more):
    return [{"role": "user" if number % 2 == 0 else "assistant", "content": "x", **more} for number in range(count)]


RECORDS = {
    "deep": '{"task":' + "[" * 100_000 + "]" * 100_000 + "}", "deep objects": '{"messages":' + '{"a":' * 100_000 + "1" + "}" * 100_000 + "}",
    "keys": json.dumps({f"key{number}": number for number in range(100_000)} | {"task": "t", "response": "r"}),
    "the same key": "{" + '"response":"a",' * 100_000 + '"task":"t"}', "numbers": '{"task":"t","response":"r","n":[' + "9" * 100_000 + "," + "1e" + "9" * 1000 + "]}",
    "messages": json.dumps({"messages": turns(60_000)}), "one role": json.dumps({"messages": [{"role": "user", "content": "x"}] * 60_000}),
    "parts": json.dumps({"messages": [{"role": "user", "content": [{"type": "text", "text": "a"}] * 100_000}, {"role": "assistant", "content": "b"}]}),
    "tools": json.dumps({"messages": turns(2), "tools": [{"type": "function", "function": {"name": "f", "parameters": {"a": [1]}}}] * 20_000}),
    "calls": json.dumps({"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "", "tool_calls": [
        {"type": "function", "function": {"name": "f", "arguments": {"a": "b"}}}] * 20_000}]}),
    "JSON inside JSON": json.dumps({"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "", "tool_calls": [
        {"type": "function", "function": {"name": "f", "arguments": "[" * 50_000 + "]" * 50_000}}]}]}),
    "spans": json.dumps({"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "x" * 50_000, "train_detail": [
        {"begin_offset": n, "end_offset": n + 1, "train": n % 2 == 0} for n in range(40_000)]}]}),
    "control characters": json.dumps({"task": "\x1b[2J\u202e" * 10_000, "response": 7}), "members of a message": json.dumps({"messages": [
        {"role": "user", "content": "q", **{f"m{n}": n for n in range(50_000)}}, {"role": "assistant", "content": "b"}]}),
    "a word": json.dumps({"task": "t", "response": "a" * 4_000_000}), "white space": json.dumps({"task": "t", "response": " " * 4_000_000}),
    "line ends": json.dumps({"task": "t", "response": "\n" * 2_000_000 + "a"}), "one letter of many bytes": json.dumps({"task": "t", "response": "👩‍👩‍👧" * 100_000}),
    "marks": json.dumps({"task": "t", "response": "a" + "\u0301" * 1_000_000}, ensure_ascii=False),
}


@pytest.mark.parametrize("name", RECORDS)
def test_records(name, tmp_path):
    (tmp_path / "data.jsonl").write_text(RECORDS[name] + "\n" + json.dumps({"task": "t", "response": "r", "messages": None}) + "\n")
    for template in ("chatml", CHECKOUT / "fixtures" / "templates" / "qwen2_5.jinja"):
        for history in ("as-rendered", "unroll"):
            if history == "unroll" and "messages" not in RECORDS[name][:20]:
                continue
            measured("inspect", tmp_path / "data.jsonl", "--record", "all", "--json", "--unpadded", "--template", template, "--history", history)
