"""Masks against truths that know nothing of how they are made: sentinels for contents, `{% generation %}` spans, prompts."""

import copy
import json
import re
from pathlib import Path

import pytest
import trl
from chat_cases import BOS, EOS, MORE_TEMPLATES, TEMPLATES, TOOLS, adapted, assistant, call, conversations, parts, reference, render, supervised, system, tool, user
from chat_models import write
from prep_command import prep

GIVEN = {"bos_token": BOS, "eos_token": EOS}
# Templates whose turns end with the next turn's header: the model samples a header as its stop token.
NO_TERMINATOR = {"glm4moe", "idefics3", "llava_next", "llava", "metharme", "cohere", "chatglm3", "falcon", "nemotron", "minimax"}


def sentinel(number):
    return f"Q{number:03d}sentinel{number:03d}Q"


def marked(messages):
    """The same conversation with a unique word for each content, reasoning and argument; the words of the assistant."""
    messages = copy.deepcopy(messages)
    own, others = [], []
    for message in messages:
        words = own if message["role"] == "assistant" else others
        for field in ["content", "reasoning_content"]:
            if isinstance(message.get(field), str) and message[field]:
                message[field] = sentinel(len(own) + len(others))
                words.append(message[field])
        for tool_call in message.get("tool_calls") or []:
            arguments = tool_call["function"]["arguments"]
            for key in arguments:
                arguments[key] = sentinel(len(own) + len(others))
                words.append(arguments[key])
    return messages, own, others


CASES = {
    "pair": [user("a"), assistant("b")],
    "system": [system("s"), user("a"), assistant("b")],
    "many": [user("a"), assistant("b"), user("c"), assistant("d"), user("e"), assistant("f")],
    "reasoning": [user("a"), assistant("b", reasoning_content="r"), user("c"), assistant("d", reasoning_content="r")],
    "call": [user("a"), assistant("", tool_calls=[call("get_weather", {"city": "x", "unit": "y"})]),
             tool("20", name="get_weather"), assistant("d")],
    "call and text": [user("a"), assistant("t", tool_calls=[call("get_weather", {"city": "x"})]), tool("20", name="get_weather"),
                      assistant("d"), user("e"), assistant("f")],
}

PLAIN_TOOLS = [{"type": "function", "function": {"name": name, "description": "", "parameters": {
    "type": "object", "properties": {"city": {"type": "string"}}}}} for name in ("get_weather", "stop")]


@pytest.mark.parametrize("template", TEMPLATES + MORE_TEMPLATES, ids=lambda path: path.stem)
def test_contents_are_learned_and_nothing_else(template):
    """Every word of the assistant that is rendered is learned, none of another, and no byte of a prompt."""
    text = template.read_text(encoding="utf-8")
    compared, refused = set(), set()
    for name, messages in CASES.items():
        messages, own, others = marked(messages)
        first = {"messages": [message for message in messages if message["role"] == "user"][:1]}
        shown, asked = (reference(text, first, prompt, GIVEN) for prompt in (False, True))
        header = asked[len(shown):].encode() if isinstance(asked, str) else b""
        for tools in [None, TOOLS, PLAIN_TOOLS]:
            if tools is PLAIN_TOOLS and name in compared:
                continue  # For templates that fail at the odd parameters of the others.
            record = {"messages": messages, **({"tools": tools} if tools else {})}
            (ours,) = render(template, [record])
            if "error" in ours:
                assert isinstance(reference(text, adapted(text, record, GIVEN), False, GIVEN), Exception), (name, ours)
                refused.add(name)
                continue
            compared.add(name)
            whole = ours["text"].encode()
            learned = [whole[a:b] for a, b in supervised(ours)]
            joined = b"\0".join(learned)
            for word in own:
                assert joined.count(word.encode()) == whole.count(word.encode()), (name, word, learned)
            for word in others:
                assert word.encode() not in joined, (name, word, learned)
            for other in TOOLS:
                assert other["function"]["name"].encode() + b'"' not in joined or "call" in name, (name, learned)
            # What the prompt of a turn supplies is not learned.
            for index, message in enumerate(messages):
                prompt = reference(text, {**record, "messages": messages[:index]}, True, GIVEN) if index else None
                if message["role"] != "assistant" or not isinstance(prompt, str):
                    continue
                if whole.startswith(prompt.encode()):
                    length = len(prompt.encode())
                    # A prompt that ends before the turn's header, as other prompts have it: the header is no more sampled there.
                    if whole[length:].startswith(header) and not prompt.encode().endswith(header):
                        length += len(header)
                    assert not any(a < length < b for a, b in supervised(ours)), (name, index, prompt)
                    says = message["content"] or template.stem not in NO_TERMINATOR
                    if says and "add_generation_prompt" in text:
                        assert any(a == length for a, b in supervised(ours)), (name, index, prompt[-60:], supervised(ours))
            # Each turn's last learned bytes are its terminator.
            if template.stem not in NO_TERMINATOR and "call" not in name:
                for piece in learned:
                    assert re.search(rb"[>\]]$", piece), (name, learned)
    assert "pair" in compared and len(compared) >= 3, (compared, refused)


@pytest.mark.parametrize("template", [path for path in TEMPLATES + MORE_TEMPLATES if "generation %}" in path.read_text()], ids=lambda path: path.stem)
def test_generation_blocks_equal_transformers(template):
    """`--loss generation` learns exactly the spans of `return_assistant_tokens_mask`, and says where they differ from ours."""
    text = template.read_text(encoding="utf-8")
    records = conversations()
    rendered = render(template, records.values(), "--loss", "generation")
    for (name, record), ours in zip(records.items(), rendered):
        theirs = reference(text, adapted(text, record, GIVEN), False, GIVEN, spans=True)
        if isinstance(theirs, Exception):
            assert "error" in ours, name
            continue
        whole, spans = theirs
        expected = []
        for start, end in spans:
            start, end = len(whole[:start].encode()), len(whole[:end].encode())
            if start == end:
                continue
            if expected and expected[-1][1] == start:
                expected[-1] = (expected[-1][0], end)
            else:
                expected.append((start, end))
        assert supervised(ours) == expected, name


MARKED = sorted((Path(trl.__file__).parent / "chat_templates").glob("*_training.jinja"))
TWO_CALLS = [user("a"), assistant("", tool_calls=[call("get_weather", {"city": "x"}), call("stop", {}, "call_2")]),
             tool("20", name="get_weather", tool_call_id="call_1"), tool("ok", name="stop", tool_call_id="call_2"), assistant("d")]


@pytest.mark.parametrize("template", MARKED, ids=lambda path: path.stem)
def test_turns_end_where_trl_marks_them(template):
    """The marks of TRL's own templates end with our turns, and begin at or before them: with a header that the prompt supplies."""
    text = template.read_text(encoding="utf-8")
    cases = [*CASES.values(), TWO_CALLS, TWO_CALLS[:2], TWO_CALLS[:4], [user("a"), assistant("b", thinking="r"), user("c"), assistant("d", thinking="q")],
             [user("a"), assistant("", reasoning_content="r", tool_calls=[call("get_weather", {"city": "x"})]), tool("20", name="get_weather"),
              assistant("d", reasoning_content="q")],
             [user(parts("a")), assistant(parts("b"))], [user(parts("a")), assistant(parts("b")), user(parts("c")), assistant(parts("d"))]]
    records = [{"messages": messages, **more} for messages in cases for more in ({}, {"tools": TOOLS})]
    compared = 0
    for record, ours in zip(records, render(template, records), strict=True):
        theirs = reference(text, adapted(text, record, GIVEN), False, GIVEN, spans=True)
        if isinstance(theirs, Exception) or "error" in ours:
            continue
        whole, spans = theirs
        marks = []
        for start, end in spans:
            if start < end and marks and marks[-1][1] == start:
                marks[-1] = (marks[-1][0], end)
            elif start < end:
                marks.append((start, end))
        # White space and the end of text behind a terminator are no part of what is sampled.
        marked = [whole[start:end].rstrip().removesuffix("\n" + EOS) for start, end in marks]
        # A call of Gemma 4 is sampled up to `<|tool_response>`, of its generation config: TRL leaves the token out.
        learned = [whole.encode()[start:end].decode().removesuffix("<|tool_response>") for start, end in supervised(ours)]
        assert len(marked) == len(learned), (record, marked, learned)
        for mark, own in zip(marked, learned):
            assert mark.endswith(own.rstrip()) and own.strip(), (record, marked, learned)
        compared += 1
    assert compared > 3


@pytest.mark.parametrize("template", TEMPLATES + MORE_TEMPLATES, ids=lambda path: path.stem)
def test_unrolled_samples_are_the_prefixes(template):
    """`--history unroll`: one sample for each assistant turn, the conversation up to it, only that turn learned."""
    text = template.read_text(encoding="utf-8")
    messages, own, _ = marked(CASES["many"])
    if isinstance(reference(text, {"messages": messages}, False, GIVEN), Exception):
        return
    samples = render(template, [{"messages": messages}], "--history", "unroll")
    assert len(samples) == 3
    for index, sample in enumerate(samples):
        assert sample["text"] == reference(text, adapted(text, {"messages": messages[:2 * index + 2]}, GIVEN), False, GIVEN)
        learned = b"\0".join(sample["text"].encode()[a:b] for a, b in supervised(sample)).decode()
        assert [word for word in own if word in learned] == [word for word in own[index:index + 1] if word in sample["text"]]


def own_template(name):
    return next(path for path in MORE_TEMPLATES if path.stem == name)


# Templates that do not ask for a prompt: what the earlier messages render to is the prompt.
WITHOUT_PROMPT = {
    # Llama 2: the space before the answer belongs to it.
    "{% for m in messages %}{% if m.role == 'user' %}{{ bos_token + '[INST] ' + m.content + ' [/INST]' }}"
    "{% else %}{{ ' ' + m.content + ' ' + eos_token }}{% endif %}{% endfor %}": [" b </s>", " d </s>", " f </s>"],
    # Mistral 3: the space is the user's turn's own where something follows, and in no prompt.
    "{{ bos_token }}{% for m in messages %}{% if m.role == 'user' %}{{ '[INST] ' + m.content + '[/INST]' }}"
    "{% if not loop.last %}{{ ' ' }}{% endif %}{% else %}{{ m.content + eos_token }}{% endif %}{% endfor %}": [" b</s>", " d</s>", " f</s>"],
    # Command A: every render ends with the header, and the model opens its answer.
    "{{ bos_token }}{% for m in messages %}<|START_OF_TURN_TOKEN|>{% if m.role == 'user' %}<|USER_TOKEN|>{{ m.content }}{% else %}"
    "<|CHATBOT_TOKEN|><|START_RESPONSE|>{{ m.content }}<|END_RESPONSE|>{% endif %}<|END_OF_TURN_TOKEN|>{% endfor %}"
    "<|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|>": [f"<|START_RESPONSE|>{word}<|END_RESPONSE|><|END_OF_TURN_TOKEN|>" for word in "bdf"],
    # Vicuna: the header is yet to come, and whoever asks writes it.
    "{% for m in messages %}{% if m.role == 'user' %}{{ 'USER: ' + m.content + ' ' }}{% else %}{{ 'ASSISTANT: ' + m.content + eos_token }}"
    "{% endif %}{% endfor %}": ["b</s>", "d</s>", "f</s>"],
}


@pytest.mark.parametrize("number", range(len(WITHOUT_PROMPT)))
def test_what_the_earlier_messages_render_to_is_the_prompt(number, tmp_path):
    text, expected = list(WITHOUT_PROMPT.items())[number]
    template = tmp_path / "t.jinja"
    template.write_text(text)
    (ours,) = render(template, [{"messages": CASES["many"]}])
    assert [ours["text"].encode()[a:b].decode() for a, b in supervised(ours)] == expected


def test_a_prompt_that_differs_in_white_space_is_still_not_learned():
    (ours,) = render(own_template("indented_turns"), [{"messages": CASES["many"]}])
    whole = ours["text"].encode()
    assert "\n        ### Assistant: b[END]" in ours["text"]
    assert [whole[a:b] for a, b in supervised(ours)] == [b" b[END]", b" d[END]", b" f[END]"]


def test_a_token_that_only_the_next_turn_or_the_end_writes_is_the_terminator():
    (ours,) = render(own_template("closed_by_the_next"), [{"messages": CASES["many"]}])
    whole = ours["text"].encode()
    assert [whole[a:b] for a, b in supervised(ours)] == [b"b<|eom|>", b"d<|eom|>", b"f<|eom|>"]
    (asked,) = render(own_template("closed_by_the_next"), [{"messages": CASES["many"][:2]}], "--add-generation-prompt")
    assert asked["text"].endswith("b<|eom|><|bom|>assistant\n")
    assert [asked["text"][a:b] for a, b in supervised(asked)] == ["b<|eom|>"]


def test_weights_and_train():
    messages = [user("a"), assistant("b", weight=0), user("c"), assistant("d", train=False), user("e"), assistant("f", weight=0.5)]
    (ours,) = render("chatml", [{"messages": messages}])
    assert [ours["text"][a:b] for a, b in supervised(ours)] == ["f<|im_end|>"]
    assert {segment.get("weight") for segment in ours["segments"] if segment["supervised"]} == {0.5}


def test_last_and_all():
    record = {"messages": CASES["many"]}
    (last,) = render("chatml", [record], "--loss", "last")
    assert [last["text"][a:b] for a, b in supervised(last)] == ["f<|im_end|>"]
    (every,) = render("chatml", [record], "--loss", "all")
    assert supervised(every) == [(0, len(every["text"]))]


def test_schemas_agree():
    """ShareGPT, prompt and completion, and task and response render as the same messages do."""
    messages = [user("a"), assistant("b")]
    records = [
        {"messages": messages},
        {"conversations": [{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}]},
        {"prompt": messages[:1], "completion": messages[1:]},
        {"task": "a", "response": "b"},
    ]
    rendered = render("chatml", records)
    assert len({one["text"] for one in rendered}) == 1
    assert len({tuple(supervised(one)) for one in rendered}) == 1
    sources = [[s["source"] for s in one["segments"] if s["reason"] == "assistant content"] for one in rendered]
    assert sources == [["messages[1].content"], ["conversations[1].value"], ["completion[0].content"], ["response"]]
    (with_context,) = render("chatml", [{"task": "a", "context": "x", "response": "b"}], "--system", "S")
    assert with_context["text"].startswith("<|im_start|>system\nS<|im_end|>\n<|im_start|>user\na\n\nx<|im_end|>")


def test_history_error_names_the_turn():
    rewriting = next(path for path in TEMPLATES if path.stem == "qwen3")
    (ours,) = render(rewriting, [{"messages": CASES["reasoning"]}], "--history", "error")
    assert ours["code"] == "history-rewritten" and "messages[1]" in ours["error"]
    (fine,) = render("chatml", [{"messages": CASES["many"]}], "--history", "error")
    assert "text" in fine


def test_date_is_never_the_clock():
    template = next(path for path in TEMPLATES if path.stem == "llama3_2")
    record = {"messages": CASES["pair"]}
    from prep_command import prep
    import json

    result = prep("render", "-", "--template", template, "--json", "--template-arg=bos_token=x", input=json.dumps(record).encode(), check=False)
    assert json.loads(result.stdout)["code"] == "date-missing"
    (dated,) = render(template, [record], date="2023-02-03")
    assert "03 Feb 2023" in dated["text"]


def test_a_terminator_that_the_next_header_writes_is_learned_once():
    template = next(path for path in TEMPLATES if path.stem == "glm4moe")
    (ours,) = render(template, [{"messages": CASES["many"]}], eos="<|user|>")
    assert [ours["text"][a:b] for a, b in supervised(ours)] == [
        "\n<think></think>\nb<|user|>", "\n<think></think>\nd<|user|>", "\n<think></think>\nf"]


def test_a_call_is_learned_from_what_opens_it_where_no_prompt_fits():
    """DeepSeek's template opens a call behind an answer otherwise than its prompt ends: none of it is supplied."""
    template = next(path for path in TEMPLATES if path.stem == "deepseekv3_training")
    talk = [user("a"), assistant("", tool_calls=[call("f", {"x": "b"})]), tool("20"), assistant("", tool_calls=[call("g", {"y": "c"})]), tool("30"),
            assistant("d")]
    (ours,) = render(template, [{"messages": talk}])
    end = "<｜tool▁call▁end｜><｜tool▁calls▁end｜><｜end▁of▁sentence｜>"
    assert [ours["text"].encode()[a:b].decode() for a, b in supervised(ours)] == [
        f'<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>f\n```json\n{{"x": "b"}}\n```{end}',
        f'\n<｜tool▁call▁begin｜>function<｜tool▁sep｜>g\n```json\n{{"y": "c"}}\n```{end}', "d<｜end▁of▁sentence｜>"]


def test_what_the_prompt_prefills_is_not_learned():
    template = next(path for path in TEMPLATES if path.stem == "qwen3")
    (ours,) = render(template, [{"messages": CASES["pair"]}], "--template-arg", "enable_thinking=false")
    assert ours["text"].endswith("assistant\n<think>\n\n</think>\n\nb<|im_end|>\n")
    assert [ours["text"][a:b] for a, b in supervised(ours)] == ["b<|im_end|>"]


def test_errors_of_render_are_shown_but_not_all_of_them(tmp_path):
    data = tmp_path / "data.jsonl"
    data.write_text((json.dumps({"messages": CASES["pair"]}) + "\n") * 8)
    template = tmp_path / "t.jinja"
    template.write_text("{{ bos_token + messages[0].content }}")
    result = prep("render", data, "--template", template, check=False)
    assert result.returncode == 1 and not result.stdout
    error = (f"messages: 'bos_token' is undefined [{template}:1:14: {template.read_text()}] (name the model with --tokenizer, or "
             "give --template-arg bos_token=TEXT)\n")
    shown = "".join(f"{data}:{line}: {error}" for line in range(1, 6))
    assert result.stderr.decode() == shown + "… and 3 more records (see them all with --json)\n"


@pytest.mark.parametrize("name", ["chatml", "llama3_1", "qwen2_5", "deepseek_v3", "mistral_v1", "phi3"])
def test_a_conversation_costs_time_in_proportion_to_its_length(name, tmp_path):
    """Each turn's prompt is made beside one render of the whole; by themselves they would be as many bytes as the square of it."""
    template = next(path for path in TEMPLATES + MORE_TEMPLATES if path.stem == name)
    turns = [(user if number % 2 == 0 else assistant)(f"message {number} says this and that, and some more") for number in range(20_000)]
    data = write(tmp_path / "data.jsonl", [{"messages": turns}, {"messages": turns[:200]}])
    made = [json.loads(line) for line in prep(
        "inspect", data, "--record", "all", "--json", "--unpadded", "--context-length", 1 << 24, "--template", template,
        *(["--template-arg", "bos_token=<s>"] if "bos_token" in template.read_text() else []),
        *(["--template-arg", "eos_token=</s>"] if "eos_token" in template.read_text() else [])).stdout.splitlines()]
    assert len(made) == 2 and sum(label != -100 for label in made[0]["labels"]) > 10_000 * 8
    # The same of each turn as in a short conversation.
    learned = ["".join(token for token, label in zip(row["tokens"], row["labels"]) if label != -100) for row in made]
    assert learned[0].startswith(learned[1][:-200])


@pytest.mark.parametrize("name", ["diffusion_gemma", "gemma4", "gptoss", "qwen2_5"])
@pytest.mark.parametrize("loss", ["assistant", "last", "assistant+user"])
def test_a_flag_on_an_answer_inside_a_turn_is_honoured(name, loss, tmp_path):
    """The answer of a tool stands inside the turn of the call, or apart: its flag counts, and its content alone is learned by it."""
    template = next(path for path in TEMPLATES + MORE_TEMPLATES if path.stem == name)
    talk = [user("Qask"), assistant("", tool_calls=[call("f", {"x": "Qarg"})]), {**tool("Qanswer", name="f", tool_call_id="call_1"), "train": True},
            assistant("Qend"), user("Qagain"), assistant("Qlast")]
    (made,) = render(template, [{"messages": talk}], "--loss", loss)
    learned = b"".join(made["text"].encode()[start:end] for start, end in supervised(made)).decode()
    assert "Qanswer" in learned and "Qlast" in learned
    assert ("Qask" in learned) == (loss == "assistant+user") and ("Qend" in learned) == (loss != "last")
