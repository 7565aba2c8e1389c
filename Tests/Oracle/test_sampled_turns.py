"""Masks against how a model samples: each assistant turn's prompt by itself, then the turn up to its stop token; nothing else is learned.

For every published template with a tokenizer of its family. The prompt is what `apply_chat_template(messages[:i],
add_generation_prompt=True)` renders, tokenized alone as at inference; the turn is what the render of `messages[:i + 1]` has behind it, to
the first token that stops the model (`model_families.py`), tokenized as it is sampled.
"""

import functools
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from chat_cases import adapted, assistant, call, dated, reference, system, tool, user
from chat_models import write
from model_families import build, family
from prep_command import prep
from published_templates import TEMPLATES

TOOLS = [{"type": "function", "function": {"name": name, "description": f"Does {name}.", "parameters": {
    "type": "object", "properties": {word: {"type": "string", "description": "A word"}}, "required": [word]}}}
    for name, word in [("get_weather", "city"), ("stop", "why")]]
WEATHER = call("get_weather", {"city": "Qcity"}, "call00001")
STOP = call("stop", {"why": "Qwhy"}, "call00002")
ANSWER = tool("Qanswer 20 °C", name="get_weather", tool_call_id="call00001")
STOPPED = tool("Qstopped", name="stop", tool_call_id="call00002")
CONVERSATIONS = {
    "pair": [user("Qask me"), assistant("Qtell you.")],
    "many": [user("Qask"), assistant("Qtell\n- one\n\n- two"), user("Qmore?"), assistant("Qyes 漢字 🙂"), user("Qlast"), assistant("Qend")],
    "system": [system("Qkind – ž"), user("Qask"), assistant("Qtell"), user("Qmore"), assistant("Qyes")],
    "reasoning": [user("Qask"), assistant("Qtell", reasoning_content="Qwhy so")],
    "reasoning twice": [user("Qask"), assistant("Qtell", reasoning_content="Qwhy\nso"), user("Qmore"), assistant("Qyes", reasoning_content="Qthen")],
    "call": [user("Qask"), assistant("", tool_calls=[WEATHER]), ANSWER, assistant("Qtell")],
    "call is last": [user("Qask"), assistant("", tool_calls=[WEATHER])],
    "call and text": [user("Qask"), assistant("Qlook", tool_calls=[WEATHER]), ANSWER, assistant("Qtell"), user("Qmore"), assistant("Qyes")],
    "two calls": [user("Qask"), assistant("", tool_calls=[WEATHER, STOP]), ANSWER, STOPPED, assistant("Qtell")],
    "calls in turn": [user("Qask"), assistant("", tool_calls=[WEATHER]), ANSWER, assistant("", tool_calls=[STOP]), STOPPED, assistant("Qtell")],
    "call with reasoning": [user("Qask"), assistant("", reasoning_content="Qwhy", tool_calls=[WEATHER]), ANSWER,
                            assistant("Qtell", reasoning_content="Qthen")],
}
RECORDS = {name: {"messages": messages, **({"tools": TOOLS} if "call" in name else {})} for name, messages in CONVERSATIONS.items()}


# What a prompt opens for the turn to go on with: a turn that has no reasoning may be rendered without it.
PREFILLED = ["<think>\n\n</think>\n\n", "<think>\n\n", "<think>\n", "<|channel>thought\n<channel|>"]


def words(message) -> set[str]:
    return set(re.findall(r"Q[a-z]+", json.dumps([message["content"], [c["function"]["arguments"] for c in message.get("tool_calls", [])]])))


def inspected(template: Path, tokenizer: Path, folder: Path, model, *flags):
    """The rows of each record of `RECORDS`; none for one that is refused."""
    data = write(folder / "data.jsonl", RECORDS.values())
    special = [] if tokenizer.is_dir() else [f"--template-arg=bos_token={model.bos}", f"--template-arg=eos_token={model.eos}"]
    special = [flag for flag in special if re.split("[=]", flag)[1] in template.read_text(encoding="utf-8")]
    shown = prep("inspect", data, "--record", "all", "--json", "--unpadded", "--tokenizer", tokenizer, "--template", template, "--context-length",
                 65536, *dated(template), *special, *flags, check=False)
    assert shown.returncode in (0, 1), shown.stderr.decode()[:2000]
    rows, names = {name: [] for name in RECORDS}, list(RECORDS)
    for line in shown.stdout.splitlines():
        row = json.loads(line)
        rows[names[row["source"]["line"] - 1]].append(row)
    return rows


@dataclass
class Turn:
    """What a model samples for one turn: bytes of a text, and the token that stops it; None where nothing does."""
    start: int
    end: int
    stop: str | None
    prompt: str


class Sampled:
    """What a model would see and sample of a record."""

    def __init__(self, text: str, model, record, header):
        self.header = header
        self.given = {"bos_token": model.bos, "eos_token": model.eos}
        self.text, self.model, self.record = text, model, adapted(text, record, self.given)
        self.turns = [index for index, message in enumerate(record["messages"]) if message["role"] == "assistant"]
        self.prompts = {index: self.render(index, True) for index in self.turns}
        self.whole = self.render(len(record["messages"]), False)

    @functools.cache
    def render(self, count, prompt):
        return reference(self.text, {**self.record, "messages": self.record["messages"][:count]}, prompt, self.given)

    def is_refused(self) -> bool:
        """Whether the template refuses the record, or leaves nothing of a turn."""
        return isinstance(self.whole, Exception) or any(
            words(message) and not any(word in self.whole for word in words(message)) for message in self.record["messages"])

    def turn(self, index: int, sample: str) -> Turn | None:
        """The turn of a message in a render; None where it, or its prompt, is not in it as it was sampled: its history is rewritten."""
        prompt, alone = self.prompts[index], self.render(index + 1, False)
        if not alone.startswith(prompt):
            opened = next((opened for opened in PREFILLED if prompt.endswith(opened)), None)
            if opened is None or not alone.startswith(prompt.removesuffix(opened)):
                return None
            common = os.path.commonprefix([prompt, alone])
            while common != prompt.removesuffix(opened) and common[-1] not in "\n>":
                common = common[:-1]
            prompt = common
        if alone.startswith(self.header, len(prompt)) and not prompt.endswith(self.header):
            prompt += self.header
        stops = [(alone.find(stop, len(prompt)), -len(stop), stop) for stop in self.model.stops if stop in alone[len(prompt):]]
        if stops:
            place, _, stop = min(stops)
            end = place + len(stop)
            return Turn(len(prompt), end, stop, prompt) if sample.startswith(alone[:end]) else None
        # Nothing ends it by itself: the header that follows may, and white space before another is not sampled.
        alone = alone.rstrip()
        behind = sample[len(alone):].lstrip()
        stop = next((stop for stop in self.model.stops if behind.startswith(stop)), None)
        end = len(sample) - len(behind) + len(stop) if stop else len(alone)
        return Turn(len(prompt), end, stop, prompt) if sample.startswith(alone) else None

    def sample(self, count: int):
        """The render of the first messages and its turns."""
        text = self.render(count, False)
        turns = [self.turn(index, text) for index in self.turns if index < count]
        return text, turns


def expected(pieces, model, text: str, turns: list, learned: list):
    """Ids and labels, and whether every prompt is what it is when it is tokenized by itself."""
    ids, labels, place, behind, areThemselves = [], [], 0, "", True
    known = model.eos if model.eos in pieces.control else next(iter(pieces.control))
    for turn, isLearned in zip(turns, learned):
        context = pieces.ids(text[place:turn.start], behind)
        alone = pieces.ids(text[:turn.start])
        areThemselves &= ids + context == alone
        opening = next((token for token in pieces.control if turn.prompt.rstrip("\n").endswith(token)), known) if model.rstrip else known
        sampled = pieces.ids(text[turn.start:turn.end], opening)
        ids += context + sampled
        labels += [-100] * len(context) + (sampled if isLearned else [-100] * len(sampled))
        place, behind = turn.end, turn.stop if turn.stop in pieces.control else known
    rest = pieces.ids(text[place:], behind)
    return ids + rest, labels + [-100] * len(rest), areThemselves


# Why a turn may stand otherwise in a conversation than it was sampled: by template and conversation.
UNPROMPTED = {
    # The text or reasoning beside a call is left out where the call's answer is the last message, and shown where another follows.
    ("gptoss", "call and text"), ("gptoss", "call with reasoning"), ("gptoss_training", "call and text"), ("gptoss_training", "call with reasoning"),
    # The prompt closes a turn that has text beside its call; the conversation goes on in it.
    ("diffusion_gemma", "call and text"), ("diffusion_gemma_training", "call and text"),
    # The prompt closes the answers of tools; the conversation does not before another call.
    ("deepseekv3_training", "calls in turn"),
    # The line feed behind the last answer of a tool is in no prompt.
    *(("hermes", key) for key in ("call", "call and text", "two calls", "calls in turn", "call with reasoning")),
}
# Behind the answer of a tool the prompt of these has no header, and the conversation has: it is taken for the prompt's.
HEADERS = {"diffusion_gemma": "<|turn>model\n", "diffusion_gemma_training": "<|turn>model\n"}
# Nothing stops the last turn of these: the next turn's header does, or nothing.
BY_HEADER, BY_NOTHING = {"glm4moe", "chatglm3", "nemotron"}, {"llava", "falcon"}
# The prompt ends in the midst of what is one token of the history, the white space of an empty think block.
SEAMS = {"qwen3_5_think", "qwen3_5_think_training", "qwen3_6", "qwen3_6_training"}

# Templates that change earlier turns: there the conversation as a whole shows no turn as it was sampled, and `unroll` alone is compared.
REWRITTEN = {
    "the reasoning of earlier turns is left out": {
        "glm4moe", "glm4moe_training", "gptoss", "gptoss_training", "lfm2_2_5", "minimax", "qwen3", "qwen3_5", "qwen3_5_nothink", "qwen3_5_think", "qwen3_6",
        *(f"nemotron_3_{size}{suffix}" for size in ("nano", "super", "ultra") for suffix in ("", "_training"))},
    "the text beside a call moves behind its answer": {"gemma4", "gemma4_unified", "diffusion_gemma", "diffusion_gemma_training"},
    "the answers of tools are closed in a prompt alone": {"deepseekv3_training"},
    "tools stand in the last question": {"mistral_nemo", "mistral_v2v3", "mistral_v3_tekken"},
    "a line feed is left out of prompts": {"hermes"},
    "the end of an earlier turn is left out": {"metharme"},
}
# Takes records with tools alone.
WITH_TOOLS = {"hermes"}


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_what_is_learned_is_what_the_model_would_sample(template, tmp_path):
    text, model, name = template.read_text(encoding="utf-8"), family(template), template.stem
    records = {key: Sampled(text, model, record, HEADERS.get(name, "\0")) for key, record in RECORDS.items()}
    seen = set()

    def compare(key, row, rendered, turns, isWhole):
        if turns[-1] is None:
            seen.add("unprompted")
            assert (name, key) in UNPROMPTED, (key, records[key].prompts, rendered)
        elif None in turns and isWhole:
            seen.add("rewritten")
        else:
            known = [(turn, isWhole or turn is turns[-1]) for turn in turns if turn]
            ids, labels, areThemselves = expected(pieces, model, rendered, *zip(*known))
            shown = "".join(f"⟦{token}⟧" if label != -100 else token for token, label in zip(row["tokens"], row["labels"]))
            assert row["input_ids"] == ids, (key, shown)
            assert row["labels"] == labels, (key, shown, [rendered[turn.start:turn.end] for turn, isLearned in known if isLearned])
            seen.update([(key, isWhole)], [] if areThemselves else ["seam"], [] if turns[-1].stop else ["unstopped"])

    pieces, tokenizer = build(template, tmp_path / "model")
    whole, unrolled = (inspected(template, tokenizer, tmp_path, model, *flags) for flags in ([], ["--history", "unroll"]))
    for key, sampled in records.items():
        if sampled.is_refused():
            assert not whole[key] and not unrolled[key], (key, sampled.whole)
            seen.add("refused")
            continue
        (row,) = whole[key]
        compare(key, row, *sampled.sample(len(RECORDS[key]["messages"])), True)
        for row, index in zip(unrolled[key], sampled.turns, strict=True):
            compare(key, row, *sampled.sample(index + 1), False)
    # Which header ends a turn (of GLM: a call) stands there alone.
    if name not in BY_HEADER | {"glm4moe_training"} and tokenizer.is_dir():
        # What stops the model is found without its generation config, too.
        (tokenizer / "generation_config.json").unlink()
        assert inspected(template, tokenizer, tmp_path, model) == whole
    least = ["call", "call is last"] if name in WITH_TOOLS else ["pair", "many", "reasoning"]
    assert {(key, False) for key in least} | {(least[-1], True)} <= seen
    assert ("seam" in seen) == (name in SEAMS)
    assert ("unstopped" in seen) == (name in BY_HEADER | BY_NOTHING)
    assert ("unprompted" in seen) == (name in {one for one, _ in UNPROMPTED})
    assert ("rewritten" in seen) == any(name in names for names in REWRITTEN.values())
