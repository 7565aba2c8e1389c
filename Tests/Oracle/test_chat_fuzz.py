"""Templates that nobody would write: no crash, no hang, bounded memory, an error in words.

`PREP_ORACLE_SEED` repeats a run. A template that fails is printed, and belongs into FAIL_CASES then.
"""

import json
import random
import resource
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from chat_cases import TEMPLATES
from prep_command import PREP

SECONDS, MEMORY = 60, 6 << 30


def repeated(text, count):
    return text * count


# What failed once, and what reaches a bound of the engine.
FAIL_CASES = [    # Depth of the source.
    "{{ " + repeated("(", 100_000), "{{ " + repeated("[", 3000) + repeated("]", 3000) + " }}",
    "{{ " + repeated("not ", 50_000) + "1 }}", "{{ " + repeated("-", 50_000) + "1 }}",
    repeated("{% if 1 %}", 5000) + repeated("{% endif %}", 5000),
    repeated("{% for x in [1] %}", 2000) + repeated("{% endfor %}", 2000),
    "{{ 1" + repeated(" + 1", 50_000) + " }}",
    "{{ a" + repeated(".b", 50_000) + " }}", "{{ 'a'" + repeated("|trim", 20_000) + " }}",
    # Depth, size and time of the render.
    "{% macro f(x) %}{{ f(x ~ x) }}{% endmacro %}{{ f('ab') }}",
    "{% macro f() %}{% call f() %}{{ caller() }}{% endcall %}{% endmacro %}{{ f() }}",
    "{% set ns = namespace(x='ab') %}{% for i in range(60) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}{{ ns.x|length }}",
    "{% set ns = namespace(x=[1]) %}{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}{{ ns.x }}",
    "{% set ns = namespace(x=[1]) %}{% for i in range(60) %}{% set ns.x = ns.x + ns.x %}{% endfor %}{{ ns.x|length }}",
    "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
    "{{ 'a' * 9223372036854775807 }}", "{{ [1] * 9223372036854775807 }}",
    "{{ 'a'.center(9223372036854775807) }}",
    "{{ '%9999999999d' % 1 }}", "{{ '{:9999999999}'.format(1) }}", "{{ 'a'.zfill(9999999999) }}",
    "{{ 'ab'|indent(9999999999) }}",
    "{{ 'a'.replace('', 'b' * 9999999) }}",
    "{{ range(0, 9223372036854775807, 9223372036854775807)|list }}",
    "{{ (0 - 9223372036854775807 - 1)|abs }}", "{{ (0 - 9223372036854775807 - 1) // -1 }}",
    "{{ (0 - 9223372036854775807 - 1) % -1 }}", "{{ 2 ** 9223372036854775807 }}",
    "{{ 1.5|round(9223372036854775807) }}",
    "{{ 1|round(-9223372036854775807) }}",
    "{{ 'abc'[9223372036854775807:-9223372036854775807:-9223372036854775807] }}",
    "{{ [1, 2, 3][::-9223372036854775807] }}", "{{ [1, 2][::0 - 9223372036854775807 - 1] }}",
    "{{ 1e308|int }}",
    "{{ [1, 2, 3]|batch(9223372036854775807, 'x')|list }}",
    "{{ [1]|slice(9223372036854775807)|list }}",
    "{{ 'a b'|truncate(9223372036854775807) }}",
    "{{ 'abc'|truncate(3, true, '', 9223372036854775807) }}",
    "{{ messages|tojson(indent=9999999999) }}", "{{ 'a'.expandtabs(9223372036854775807) }}",
    "{{ '\\t'.expandtabs(9223372036854775807) }}",
    "{% set ns = namespace(x=[1], y=[1]) %}{% for i in range(60) %}{% set ns.x = [ns.x, ns.x] %}{% set ns.y = [ns.y, ns.y] %}{% endfor %}{{ ns.x == ns.x }}{{ ns.x == ns.y }}",
    "{% set ns = namespace(x=[1]) %}{% for i in range(60) %}{% set ns.x = {'a': ns.x, 'b': ns.x} %}{% endfor %}{{ ns.x|tojson }}",
    # Odd bytes.
    "{{ '\0' }}\0", "\ufeff{{ 1 }}", "{{ '\\ud800' }}", "{{ '\\U0011FFFF' }}", "{%", "{{", "{#",
    "{% raw %}", "{{ '",
]

SEEDS = [
    "{% set ns = namespace(a=[], b='x') %}{% for m in messages[::-1] if m.role != 'x' %}{% set ns.a = ns.a + [m.content|trim] %}{{ loop.index0 }}{% if loop.last %}{% break %}{% endif %}{% endfor %}{{ ns.a|join(', ')|upper }}",
    "{% macro f(a, b=2, c='') %}{{ a ~ b }}{{ caller() if caller }}{{ varargs }}{{ kwargs }}{% endmacro %}{% call(x) f(1, k=3) %}{{ x }}{% endcall %}{{ f(f(1), *[1, 2], **{'z': 1}) }}",
    "{{ messages|selectattr('role', 'equalto', 'user')|map(attribute='content')|list|tojson(indent=2) }}{{ '%s %05.2f'|format('a', 1.5) }}{{ '{:>8} {!r}'.format(1, 'x') }}{{ messages[0].content.split(' ')[-1][1:-1]|replace('a', 'b', 1) }}",
    "{% generation %}{% filter indent(2) %}{{ messages|tojson }}{% endfilter %}{% endgeneration %}{% set x %}{{ tools }}{% endset %}{{ x|default('d', true)|batch(2)|list }}{{ {'a': 1, 2: [none, true]}|dictsort if false else (1, 2.5e3, -7 // 2, 2 ** 10) }}",
    "{% for a, b in {'k': 1}.items() recursive %}{{ loop(b) if b is iterable else a }}{% else %}-{% endfor %}{# c #}{% raw %}{{ }}{% endraw %}{%- with q = 1 -%}{{ q }}{%- endwith -%}",
]

PIECES = [
    "{{", "}}", "{%", "%}", "{#", "#}", "-", "+", "{% for x in ", "{% endfor %}", "{% if ",
    "{% endif %}", "(", ")", "[", "]",
    "{", "}", "|", "~", "**", "//", "'", "\"", "\\", "\n", " ", ".", ",", ":", "==", "loop",
    "messages", "range(9)",
    "range(99999)", " in ", " is ", " not ", " if ", " else ", "none", "true", "0", "-1", "1e308",
    "9223372036854775807",
    "|tojson", "|list", "|length", "|sort", "|join", "|string", "|int", "|reverse", "|map('upper')",
    "* 99999", "[::-1]",
    "{% set x = x + x %}", "{% macro f() %}", "{% endmacro %}", "f()", "caller()", "namespace()",
    "é", "漢", "\U0001F642", "\0",
    "%s", "{:>99}", "{:*^9999999}", ".format(1)", " % (1,)", "{% break %}", "{% continue %}",
    "{% else %}", "{% raw %}",
]

RECORDS = [
    {"messages": [{"role": "user", "content": "héllo a b"}, {"role": "assistant", "content": "x", "tool_calls": [
        {"function": {"name": "f", "arguments": {"a": [1, 2.5, None, True]}}}]}], "tools": [{"name": "f"}]},
    {"messages": [{"role": "system", "content": ""}, {"role": "user", "content": [{"type": "text", "text": "a"}]},
                  {"role": "assistant", "content": "<|im_end|>", "reasoning_content": "r"}]},
]
INPUT = "".join(json.dumps(record) + "\n" for record in RECORDS).encode()


def limit():
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def check(source: bytes, history: str = "as-rendered"):
    """Segments tile the text, an error has words, nothing else happens."""
    with tempfile.NamedTemporaryFile(suffix=".jinja") as file:
        file.write(source)
        file.flush()
        result = subprocess.run(
            [PREP, "render", "-", "--template", file.name, "--history", history, "--json"], input=INPUT, capture_output=True,
            timeout=SECONDS, preexec_fn=limit)
    assert result.returncode in (0, 1, 2), (source, result.returncode, result.stderr[-500:])
    if result.returncode == 2:
        assert result.stderr.startswith(b"prep: "), source
    for line in result.stdout.split(b"\n")[:-1]:
        rendered = json.loads(line)
        if "error" in rendered:
            assert rendered["error"] and rendered["code"], source
            continue
        end = 0
        for segment in rendered["segments"]:
            assert segment["start"] == end < segment["end"], source
            end = segment["end"]
        assert end == len(rendered["text"].encode()), source


@pytest.mark.parametrize("case", range(len(FAIL_CASES)))
def test_fail_cases(case):
    check(FAIL_CASES[case].encode())


def mutated(rng: random.Random) -> bytes:
    text = bytearray(rng.choice([*SEEDS, *SEEDS, rng.choice(TEMPLATES).read_text(encoding="utf-8")]).encode())
    for _ in range(rng.randint(1, 6)):
        place = rng.randint(0, len(text))
        kind = rng.randrange(4)
        if kind == 0:
            text[place:place] = rng.choice(PIECES).encode()
        elif kind == 1:
            del text[place:place + rng.randint(1, 9)]
        elif kind == 2 and place < len(text):
            text[place] = rng.randrange(256)
        else:
            part = text[place:place + rng.randint(1, 40)]
            place = rng.randint(0, len(text))
            text[place:place] = part
    return bytes(text)


def fragments(rng: random.Random) -> bytes:
    return (rng.choice(["{{ ", "{% if 1 %}"]) + "".join(rng.choices(PIECES, k=rng.randint(1, 24)))).encode()


@pytest.mark.parametrize("make", [mutated, fragments])
def test_random_templates(make, rng, scale):
    histories = ["as-rendered", "unroll", "error"]
    work = [(make(rng), rng.choice(histories)) for _ in range(int(500 * scale))]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda one: check(*one), work))
