"""Conversations of Mistral's models, with their own tokenizer files and templates, beside `mistral-common`: ids, and what is learned.

The prompt of a turn is what `mistral-common` encodes of the messages before it; the turn is what it encodes behind that prompt.
"""

import copy
import json
from pathlib import Path

import mistral_common
import pytest
from chat_cases import assistant, call, system, tool, user
from chat_models import write
from mistral_common.integrations.chat_templates.chat_templates import convert_tokenizer_to_chat_template
from mistral_common.protocol.instruct.request import ChatCompletionRequest
from mistral_common.protocol.instruct.validator import ValidationMode
from mistral_common.tokens.tokenizers.mistral import MistralTokenizer
from prep_command import prep

DATA = Path(mistral_common.__file__).parent / "data"
FILES = ["tokenizer.model.v1", "mistral_instruct_tokenizer_240216.model.v2", "mistral_instruct_tokenizer_240323.model.v3",
         "mistral_instruct_tokenizer_241114.model.v7", "tekken_240718.json", "tekken_240911.json"]
TOOLS = [{"type": "function", "function": {"name": "get_weather", "description": "The weather – now", "parameters": {
    "type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}}]
WORDS = ["a", "Hello", " there", "  two", "\n", "\n\n", "\t", "é", "漢字", "🙂", "1234", "x_y", "[INST]", "</s>", "▁", "def f():\n    return 1", ".", "'s"]


def content(rng):
    while True:
        text = "".join(rng.choice(WORDS) for _ in range(rng.randint(1, 8)))
        # Trailing spaces are stripped by the one and kept by the other.
        if text.strip() and text == text.rstrip(" "):
            return text


def weather(identifier="abcdef123"):
    return call("get_weather", {"city": "Zürich", "days": 2}, identifier)


def conversations(version, rng):
    plain = [
        [user("a"), assistant("b")],
        [user("a"), assistant("b"), user("c"), assistant("d"), user("e"), assistant("f")],
        [system("s"), user("a"), assistant("b")],
        [system("s"), user("a"), assistant("b"), user("c"), assistant("d")],
    ]
    for _ in range(30):
        turns = [turn for _ in range(rng.randint(1, 4)) for turn in (user(content(rng)), assistant(content(rng)))]
        plain.append(([system(content(rng))] if rng.random() < 0.3 else []) + turns)
    records = [{"messages": messages} for messages in plain]
    if version not in ("v1", "v2"):
        result = tool("20 degrees", tool_call_id="abcdef123", name="get_weather")
        records += [{"messages": messages, "tools": TOOLS} for messages in [
            [user("w?"), assistant("", tool_calls=[weather()]), result, assistant("20")],
            [user("x"), assistant("y"), user("w?"), assistant("", tool_calls=[weather()]), result, assistant("20 °C"), user("t"), assistant("u")],
        ]]
    return records


def theirs(tokenizer, record, count):
    """The ids of the first messages."""
    messages = copy.deepcopy(record["messages"][:count])
    for message in messages:
        for one in message.get("tool_calls") or []:
            one["function"]["arguments"] = json.dumps(one["function"]["arguments"], ensure_ascii=False)
        if message.get("tool_calls"):
            message["content"] = None
    tools = record.get("tools")
    request = ChatCompletionRequest.from_openai(messages=messages, tools=tools)
    return tokenizer.encode_chat_completion(request).tokens


@pytest.mark.parametrize("seam", ["split", "joint"])
@pytest.mark.parametrize("file", FILES)
def test_ids_and_masks_equal_mistral_common(file, seam, rng, tmp_path):
    whole = MistralTokenizer.from_file(DATA / file, mode=ValidationMode.finetuning)
    version = whole.instruct_tokenizer.tokenizer.version.value
    prompts = MistralTokenizer.from_file(DATA / file, mode=ValidationMode.test)
    template = tmp_path / "template.jinja"
    template.write_text(convert_tokenizer_to_chat_template(DATA / file))
    records = conversations(version, rng)
    data = write(tmp_path / "data.jsonl", records)
    prep("run", data, "--tokenizer", DATA / file, "--template", template, "--seam", seam, "--output", tmp_path / "out",
         "--context-length", 8192, "--template-arg", "bos_token=<s>", "--template-arg", "eos_token=</s>")
    lines = prep("inspect", tmp_path / "out", "--row", "all", "--json", "--unpadded").stdout.split(b"\n")
    rows = {row["source"]["line"]: row for row in map(json.loads, filter(None, lines))}
    assert len(rows) == len(records)
    for line, record in enumerate(records, 1):
        ids = theirs(whole, record, len(record["messages"]))
        assert rows[line]["input_ids"] == ids, (record, rows[line]["input_ids"], ids)
        labels = [-100] * len(ids)
        for index, message in enumerate(record["messages"]):
            if message["role"] != "assistant":
                continue
            prompt = theirs(prompts, record, index)
            turn = theirs(whole, {**record, "messages": record["messages"][:index + 1]}, index + 1)[len(prompt):]
            # Where a later turn moves the system prompt or the tools, the prompt is not at the start: the turn is.
            if ids[:len(prompt)] == prompt:
                start = len(prompt)
            else:
                found = [place for place in range(len(ids)) if ids[place:place + len(turn)] == turn]
                if len(found) != 1:
                    labels = None
                    break
                (start,) = found
            assert ids[start:start + len(turn)] == turn
            labels[start:start + len(turn)] = turn
        if labels is not None:
            assert rows[line]["labels"] == labels, (record, labels, rows[line]["labels"])
