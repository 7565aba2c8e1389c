"""Conversations and templates for the tests of chat rendering, and the reference that they are compared with."""

import copy
import functools
import itertools
import json
import tempfile
from datetime import datetime
from pathlib import Path

from prep_command import CHECKOUT, prep
from transformers.utils import chat_template_utils

TEMPLATES = sorted((CHECKOUT / "fixtures" / "templates").glob("*.jinja"))
# Written for these tests in the manner of other families, and ways of writing a template that no family uses.
AXOLOTL = sorted((CHECKOUT / "fixtures" / "axolotl").glob("*.jinja"))
MORE_TEMPLATES = sorted((CHECKOUT / "Tests" / "Oracle" / "templates").glob("*.jinja")) + AXOLOTL
BOS, EOS = "<s>", "</s>"
DATE = "2024-07-26"

TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "get_weather",
            "description": "Wetter für einen Ort – \"now\" & later",
            "parameters": {
                "type": "object",
                "properties": {
                    "city": {"type": "string", "description": "Name of the city"},
                    "unit": {"type": "string", "enum": ["°C", "°F"], "default": "°C"},
                    "days": {"type": "integer", "description": "How many days", "nullable": True},
                    "tags": {"type": "array", "items": {"type": "string"}},
                    "deep": {"type": "object", "properties": {"x": {"type": "number"}}, "required": ["x"]},
                    "any": {"oneOf": [{"type": "string", "description": "s"}, {"type": "integer", "default": 3}]},
                    "both": {"type": ["string", "null"]},
                },
                "required": ["city"],
            },
        },
    },
    {"type": "function", "function": {"name": "stop", "description": "Stops."}},
]


def dated(*places) -> list[str]:
    """The flags that fix the day, where any of these templates, or of the files of these folders, shows one: elsewhere they could do nothing."""
    files = [file for place in map(Path, places) for file in (place.iterdir() if place.is_dir() else [place]) if file.is_file()]
    shows = any(b"strftime_now" in file.read_bytes() for file in files if file.suffix == ".jinja" or file.name == "tokenizer_config.json")
    return ["--date", DATE] if shows else []


def call(name, arguments, identifier="call_1"):
    return {"id": identifier, "type": "function", "function": {"name": name, "arguments": arguments}}


def user(content):
    return {"role": "user", "content": content}


def assistant(content, **more):
    return {"role": "assistant", "content": content, **more}


def system(content):
    return {"role": "system", "content": content}


def tool(content, **more):
    return {"role": "tool", "content": content, **more}


def parts(*texts):
    return [{"type": "text", "text": text} for text in texts]


def conversations() -> dict[str, dict]:
    """Records by name."""
    odd = "Žluťoučký kůň 漢字 🙂‍🙃 e\u0301 \u2028 \u0085 İ ß ﬃ \u00a0end\u00a0"
    weather = call("get_weather", {"city": "Zürich", "days": 2, "x": 1.5, "y": None, "z": [True, {"k": "v\n\"q\""}]})
    cases = {
        "one turn": [user("Hello")],
        "one pair": [user("Hello"), assistant("Hi there")],
        "many": [user("a"), assistant("b"), user("c"), assistant("d"), user("e"), assistant("f")],
        "system": [system("Be kind."), user("Hello"), assistant("Hi")],
        "developer": [{"role": "developer", "content": "Be brief."}, user("Hello"), assistant("Hi")],
        "system twice": [system("One."), user("Hello"), assistant("Hi"), system("Two."), user("x"), assistant("y")],
        "only assistant": [assistant("Hi")],
        "two users": [user("a"), user("b"), assistant("c")],
        "two assistants": [user("a"), assistant("b"), assistant("c")],
        "unknown role": [user("a"), {"role": "critic", "content": "b"}],
        "empty content": [user(""), assistant("")],
        "spaces": [user("  \n a b \t\n"), assistant("\n\n  c\u2003d \n")],
        "none content": [user("a"), assistant(None, tool_calls=[weather])],
        "no content": [user("a"), {"role": "assistant"}],
        "parts": [system("s"), user(parts("a", " b ")), assistant(parts("c\n"))],
        "image": [user([{"type": "image"}, {"type": "text", "text": "what?"}]), assistant("a cat")],
        "non-ASCII": [system(odd), user(odd), assistant(odd)],
        "quotes": [user("it's \"quoted\" \\ back\\slash {% raw %} {{ x }}"), assistant("<|im_end|></s>[/INST]<think>")],
        "very long": [user("word " * 4000), assistant("Wort ü " * 4000)],
        "reasoning": [user("a"), assistant("b", reasoning_content="because\n"), user("c"), assistant("d", reasoning_content=" why ")],
        "thinking": [user("a"), assistant("b", thinking="hmm"), user("c"), assistant("d", reasoning="so")],
        "inline think": [user("a"), assistant("<think>\nx\n</think>\n\nb"), user("c"), assistant("<think>y</think>d")],
        "half think": [user("a"), assistant("x</think>b"), user("c"), assistant("<think>y")],
        "call": [user("w?"), assistant("", tool_calls=[weather]), tool('{"t": 20}', name="get_weather", tool_call_id="call_1"),
                 assistant("20 °C")],
        "call with text": [system("s"), user("w?"), assistant("Let me look.", tool_calls=[weather]),
                           tool("20", name="get_weather", tool_call_id="call_1"), assistant("It is 20."), user("thanks"),
                           assistant("Bye", reasoning_content="polite")],
        "two calls": [user("w?"), assistant("", tool_calls=[weather, call("stop", {}, "call_2")]),
                      tool("20", name="get_weather", tool_call_id="call_1"), tool("ok", name="stop", tool_call_id="call_2"),
                      assistant("done")],
        "call with reasoning": [user("w?"), assistant("", reasoning_content="need it", tool_calls=[weather]),
                                tool("20", name="get_weather"), assistant("20", reasoning_content="got it")],
        "call as text": [user("w?"), assistant("", tool_calls=[call("get_weather", '{"city": "Bern"}')]), tool("7"),
                         assistant("7")],
        "bare call": [user("w?"), assistant("", tool_calls=[{"name": "stop", "arguments": {"a": "b"}}]), tool("ok"),
                      assistant("done")],
        "tool parts": [user("w?"), assistant("", tool_calls=[weather]), tool(parts("a", "b")), assistant("c")],
        "tool response text": [user("w?"), assistant("x"), user("<tool_response>\n1\n</tool_response>"), assistant("y")],
        "ends with tool": [user("w?"), assistant("", tool_calls=[weather]), tool("20", name="get_weather")],
        "numbers": [user("n"), assistant("", tool_calls=[call("stop", {
            "i": 18446744073709551615, "j": -9223372036854775808, "f": [1e16, 1e-5, 0.1, 1e22, 123456789.125, 5e-324, -0.0, 100.0]})]),
            tool("ok"), assistant("done")],
    }
    cases |= {
        "content is a number": [user(5), assistant("x")],
        "content is an object": [user({"text": "a"}), assistant("x")],
        "parts of parts": [user([{"type": "text", "text": "a"}, {"type": "text"}, {"image_url": "x"}, "bare"]), assistant([])],
        "other fields": [{**user("a"), "name": "Ann", "id": 3, "score": 0.5, "flag": False}, assistant("b", refusal="no", audio={"id": "x"})],
        "no role": [user("a"), {"content": "b"}],
        "call without arguments": [user("w?"), assistant("", tool_calls=[{"type": "function", "function": {"name": "stop"}}]), tool("1")],
        "call of odd arguments": [user("w?"), assistant(None, tool_calls=[call("stop", []), call("stop", None), call("stop", 5)]), tool("1")],
        "no calls": [user("w?"), assistant("x", tool_calls=[]), tool({"a": [1, None]}), assistant("y")],
        "reasoning in all": [user("a"), assistant("b", reasoning_content="", thinking="t"), user("c"), assistant("", reasoning="only")],
        "thirty turns": [user("u"), assistant("a", reasoning_content="r")] * 15,
        "line ends": [user("a\r\nb\rc"), assistant("\r\n d \x0b\x0c\x1c\x85")],
    }
    records = {name: {"messages": messages} for name, messages in cases.items()}
    for name in ["one pair", "system", "call", "call with text", "two calls", "call with reasoning", "many", "parts"]:
        records[f"{name}, tools"] = {"messages": cases[name], "tools": TOOLS}
    records["documents"] = {"messages": cases["one pair"], "documents": [{"title": "T", "text": "body"}]}
    records["no tools"] = {"messages": cases["call"], "tools": []}
    records["odd tools"] = {"messages": cases["call"], "tools": [
        {"name": "bare", "parameters": {}}, {"type": "function", "function": {"name": "f", "parameters": {"properties": {"a": {}}}}}]}
    return records


class FixedDate(datetime):
    @classmethod
    def now(cls, tz=None):
        return cls(2024, 7, 26)


def reference(template: str, record: dict, add_generation_prompt: bool, variables: dict, spans: bool = False):
    """What `apply_chat_template(tokenize=False)` gives, or the exception it raises; with `spans`, the generation spans too."""
    chat_template_utils.datetime = FixedDate
    messages = [{key: value for key, value in message.items() if value is not None} for message in record["messages"]]
    try:
        texts, indices = chat_template_utils.render_jinja_template(
            [messages], tools=record.get("tools"), documents=record.get("documents"), chat_template=template,
            add_generation_prompt=add_generation_prompt, return_assistant_tokens_mask=spans, **variables)
    except Exception as error:
        return error
    return (texts[0], indices[0]) if spans else texts[0]


def shows(template: str, variables: str, role: str, content, *words: str) -> str | None:
    """The text of a conversation in which a role says something, if the template takes it and shows these words. The other turns are
    strings or parts, whichever it takes."""
    for first, answer in itertools.product(["Q", parts("Q")], repeat=2):
        said = {"role": role, "content": content}
        messages = {
            "system": [said, user(first), assistant(answer)], "developer": [said, user(first), assistant(answer)],
            "user": [said, assistant(answer)], "assistant": [user(first), said],
        }.get(role, [user(first), assistant("", tool_calls=[call("Qtool", {"a": "b"})]), said, assistant(answer)])
        text = reference(template, {"messages": messages}, False, json.loads(variables))
        if isinstance(text, str) and all(word in text for word in words):
            return text
    return None


@functools.cache
def form(template: str, variables: str, role: str) -> str:
    """Whether a template takes strings, parts or either from a role, or shows the first part alone: by what it shows of each."""
    takes_string = shows(template, variables, role, "Qone Qtwo", "Qone Qtwo")
    text = shows(template, variables, role, parts("Qone", "Qtwo"), "Qone", "Qtwo")
    if text is None:
        return "one part" if not takes_string and shows(template, variables, role, parts("Qone", "Qtwo"), "Qone") else "string"
    if "text" in text[text.index("Qone"):text.index("Qtwo")]:
        return "string"
    return "either" if takes_string else "parts"


@functools.cache
def encodes_arguments(template: str, variables: str) -> bool:
    """Whether a template writes arguments that are a text as JSON once more."""
    def text(arguments):
        return reference(template, {"messages": [
            user("Q"), assistant("", tool_calls=[call("Qtool", arguments, "call00001")]),
            tool("Q", name="Qtool", tool_call_id="call00001"), assistant("Q")]}, False, json.loads(variables))

    as_object, as_text = text({"Qcity": "Qzurich"}), text('{"Qcity": "Qzurich"}')
    takes_text = isinstance(as_text, str) and "Qzurich" in as_text and '\\"Qcity' not in as_text
    return isinstance(as_object, str) and "Qzurich" in as_object and not takes_text


def adapted(template: str, record: dict, variables: dict) -> dict:
    """The record as prep gives it to a template: text parts joined or a string made a part, arguments decoded."""
    given = json.dumps(variables, sort_keys=True)
    record = copy.deepcopy(record)
    for message in record["messages"]:
        content, role = message.get("content"), message.get("role")
        if role in ("system", "developer", "user", "assistant", "tool"):
            if isinstance(content, list) and all(isinstance(p, dict) and p.get("type") == "text" and isinstance(p.get("text"), str) for p in content):
                kind, joined = form(template, given, role), "".join(part["text"] for part in content)
                if kind in ("string", "one part"):
                    message["content"] = joined if kind == "string" else parts(joined)
            elif isinstance(content, str) and content and form(template, given, role) in ("parts", "one part"):
                message["content"] = parts(content)
        for made in message.get("tool_calls") or []:
            function = made.get("function", made)
            if isinstance(function.get("arguments"), str) and encodes_arguments(template, given):
                function["arguments"] = json.loads(function["arguments"])
    return record


def render(template: Path | str, records, *flags, bos=BOS, eos=EOS, date=DATE) -> list[dict]:
    """`prep render --json` for many records, from one process."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "records.jsonl"
        with open(path, "w", encoding="utf-8") as file:
            for record in records:
                file.write(json.dumps(record, ensure_ascii=False) + "\n")
        special = [f"--template-arg={name}={json.dumps(text)}" for name, text in (("bos_token", bos), ("eos_token", eos))]
        result = prep("render", path, "--template", template, "--date", date, "--json", *special, *flags, check=False)
    assert result.returncode in (0, 1), result.stderr.decode(errors="replace")
    return [json.loads(line) for line in result.stdout.split(b"\n") if line]


def supervised(rendered: dict) -> list[tuple[int, int]]:
    """The supervised byte ranges of a render, joined where they touch."""
    ranges = []
    for segment in rendered["segments"]:
        if segment["supervised"]:
            if ranges and ranges[-1][1] == segment["start"]:
                ranges[-1] = (ranges[-1][0], segment["end"])
            else:
                ranges.append((segment["start"], segment["end"]))
    return ranges
