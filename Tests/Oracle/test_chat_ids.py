"""`prep run` over conversations, with real tokenizers and published templates: ids of `apply_chat_template(tokenize=True)`, masks
of brute force.

`PREP_CHAT_DATA` names a JSONL of messages to use in place of the conversations made here.
"""

import copy
import json
import os

import pytest
from chat_cases import TOOLS, dated, FixedDate, assistant, system, tool, call, user
from chat_models import MODELS, PATHS, build, model, write
from prep_command import CHECKOUT, prep
from transformers import AddedToken, AutoTokenizer
from transformers.utils import chat_template_utils

# What ends a turn of the assistant; GPT-OSS ends the last one otherwise, GLM leaves it to the next header.
TERMINATORS = {
    "llama3": ["<|eot_id|>"], "qwen2_5": ["<|im_end|>"], "qwen3": ["<|im_end|>"], "gemma3": ["<end_of_turn>"],
    "deepseekv3": ["<｜end▁of▁sentence｜>"], "phi3": ["<|end|>"], "gptoss": ["<|end|>", "<|return|>"], "glm4moe": ["<|user|>"],
}


@pytest.fixture(scope="session")
def conversations():
    if path := os.environ.get("PREP_CHAT_DATA"):
        return [json.loads(line)["messages"] for line in open(path, encoding="utf-8") if line.strip()]
    made = []
    lines = [json.loads(line) for line in open(CHECKOUT / "fixtures" / "gsm8k.jsonl", encoding="utf-8")][:12]
    for first, second in zip(lines, lines[1:]):
        turns = [user(first["task"]), assistant(first["response"]), user(second["task"] + "\n\n"), assistant(" " + second["response"])]
        made += [turns[:2], turns, [system("Be kind – ž 🙂"), *turns]]
    return made


@pytest.fixture(scope="session")
def models(real, tmp_path_factory):
    """A folder and the tokenizer of `transformers` for a name of `MODELS`, each built once."""
    made = {}

    def get(name):
        if name not in made:
            folder = tmp_path_factory.mktemp(name)
            made[name] = folder, model(folder, real, name)
        return made[name]

    return get


def rows(folder, data, output, *flags):
    """The rows that `prep run` wrote, by the line of their record."""
    prep("run", data, "--tokenizer", folder, "--output", output, "--context-length", 65536, *dated(folder, *flags), "--max-rejects", "100%",
         "--overwrite", *flags)
    found = {}
    for line in prep("inspect", output, "--row", "all", "--json", "--unpadded").stdout.split(b"\n"):
        if line:
            row = json.loads(line)
            found.setdefault(row["source"]["line"], []).append(row)
    return found


@pytest.mark.parametrize("name", MODELS)
def test_joint_ids_equal_apply_chat_template(name, conversations, models, tmp_path, monkeypatch):
    monkeypatch.setattr(chat_template_utils, "datetime", FixedDate)
    folder, tokenizer = models(name)
    data = write(tmp_path / "data.jsonl", ({"messages": messages} for messages in conversations))
    found = rows(folder, data, tmp_path / "out", "--seam", "joint")
    compared = 0
    for line, messages in enumerate(conversations, 1):
        empty = any(not message["content"] for message in messages if message["role"] == "assistant")
        try:
            ids = tokenizer.apply_chat_template(messages, tokenize=True, return_dict=False)
        except Exception:
            ids = None
        if ids is None or empty:
            assert line not in found, messages
            continue
        assert [row["input_ids"] for row in found[line]] == [ids], (line, messages)
        compared += 1
    assert compared > len(conversations) / 2


@pytest.mark.parametrize("seam", ["joint", "split"])
@pytest.mark.parametrize("name", MODELS)
def test_masks_equal_brute_force(name, seam, conversations, models, tmp_path, monkeypatch):
    """Each answer is bracketed by unique words; what is learned is found by looking for them, from the prompt's end to the terminator."""
    monkeypatch.setattr(chat_template_utils, "datetime", FixedDate)
    folder, tokenizer = models(name)
    marked = []
    for messages in conversations[:300]:
        messages = copy.deepcopy(messages)
        for number, message in enumerate(messages):
            if message["role"] == "assistant":
                message["content"] = f"S{number:03d}S {message['content'].strip()} E{number:03d}E"
        marked.append(messages)
    found = rows(folder, write(tmp_path / "data.jsonl", ({"messages": m} for m in marked)), tmp_path / "out", "--seam", seam)
    compared = 0
    for line, messages in enumerate(marked, 1):
        try:
            text = tokenizer.apply_chat_template(messages, tokenize=False)
        except Exception:
            continue
        regions = []
        for number, message in enumerate(messages):
            if message["role"] != "assistant":
                continue
            prompt = tokenizer.apply_chat_template(messages[:number], tokenize=False, add_generation_prompt=True)
            # A prompt that opens a think block which the rendered turn does not have: its header counts.
            header = prompt.removesuffix("<think>\n")
            assert text.startswith(header)
            prompt = prompt if text.startswith(prompt) else header
            end = text.index(f"E{number:03d}E") + 5
            for terminator in TERMINATORS[name]:
                if text[end:].startswith(terminator) or (name == "gemma3" and text[end:].lstrip().startswith(terminator)):
                    end = text.index(terminator, end) + len(terminator)
            regions.append((len(prompt), end))
        (row,) = found[line]
        if seam == "joint":
            encoded = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
            assert row["input_ids"] == encoded["input_ids"]
            expected = [
                token if any(a <= start and stop <= b for a, b in regions) else -100
                for token, (start, stop) in zip(encoded["input_ids"], encoded["offset_mapping"])]
        else:
            ids, expected, place = [], [], 0
            for a, b in [*regions, (len(text), len(text))]:
                for piece, learned in ((text[place:a], False), (text[a:b], True)):
                    if piece:
                        new = tokenizer(piece, add_special_tokens=False)["input_ids"]
                        ids += new
                        expected += new if learned else [-100] * len(new)
                place = b
            assert row["input_ids"] == ids
        assert row["labels"] == expected, (line, messages)
        compared += 1
    assert compared > len(marked) / 2


NAMED = {
    "default": "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}",
    "tool_use": "{% for t in tools %}<|tool|>{{ t.function.name }}{% endfor %}{% for m in messages %}<|im_start|>{{ m.role }}\n"
                "{{ m.content }}<|im_end|>\n{% endfor %}",
    "rag": "{% for d in documents %}<|doc|>{{ d.title }}{% endfor %}{{ messages[-1].content }}<|im_end|>",
}


def test_named_templates_are_chosen_as_transformers_does(real, tmp_path):
    """`tool_use` for the records with tools, `default` for the others, any by name."""
    tokenizer = build(tmp_path / "model", real, "llama3/tokenizer.json", NAMED, None, "<|im_end|>")
    messages = [user("a"), assistant("b")]
    records = [{"messages": messages}, {"messages": messages, "tools": TOOLS}, {"messages": messages, "tools": []},
               {"messages": messages, "documents": [{"title": "T", "text": "x"}]}]
    data = write(tmp_path / "data.jsonl", records)
    # Of the conversation, `rag` shows the last turn alone.
    for flags, chosen in [((), None), (("--template", "rag", "--allow-dropped"), "rag"), (("--template", "tool_use"), "tool_use")]:
        found = rows(tmp_path / "model", data, tmp_path / "out", "--seam", "joint", *flags)
        rendered = [json.loads(line) for line in prep(
            "render", data, "--tokenizer", tmp_path / "model", "--json", *flags, check=False).stdout.split(b"\n") if line]
        for line, record in enumerate(records, 1):
            try:
                theirs = tokenizer.apply_chat_template(
                    messages, tools=record.get("tools"), documents=record.get("documents"), chat_template=chosen, tokenize=False)
            except Exception:
                assert "error" in rendered[line - 1] and line not in found
                continue
            assert rendered[line - 1]["text"] == theirs
            (row,) = found[line]
            assert row["input_ids"] == tokenizer(theirs, add_special_tokens=False)["input_ids"]


def test_a_folder_without_a_default_template_asks_for_a_name(real, tmp_path):
    build(tmp_path / "model", real, "llama3/tokenizer.json", {key: NAMED[key] for key in ("tool_use", "rag")}, None, "<|im_end|>")
    data = write(tmp_path / "data.jsonl", [{"messages": [user("a"), assistant("b")]}])
    result = prep("run", data, "--tokenizer", tmp_path / "model", "--output", tmp_path / "out", check=False)
    assert result.returncode == 2 and b"none of its chat templates is called default" in result.stderr
    assert b"--template rag" in result.stderr


def test_oldest_turns_leaves_a_valid_conversation(models, tmp_path):
    """Whole exchanges go, the oldest first, as few as needed; the system turn stays; calls stay with their answers."""
    folder, _ = models("llama3")
    talk = [system("S stays.")]
    for number in range(12):
        talk += [user(f"question {number} " * 5), assistant("", tool_calls=[call("f", {"n": number})]), tool(f"{number}"),
                 assistant(f"answer {number} " * 5)]
    template = tmp_path / "t.jinja"
    template.write_text("{% for m in messages %}<|start_header_id|>{{ m.role }}<|end_header_id|>\n\n{{ m.content }}"
                        "{{ m.tool_calls[0].function.arguments|tojson if m.tool_calls }}<|eot_id|>{% endfor %}"
                        "{% if add_generation_prompt %}<|start_header_id|>assistant<|end_header_id|>\n\n{% endif %}")
    starts = range(1, len(talk), 4)
    kept = write(tmp_path / "kept.jsonl", ({"messages": talk[:1] + talk[start:]} for start in starts))
    whole = {line: one[0] for line, one in rows(folder, kept, tmp_path / "all", "--template", template).items()}
    lengths = [len(whole[line]["input_ids"]) for line in range(1, len(starts) + 1)]
    data = write(tmp_path / "data.jsonl", [{"messages": talk}])
    for length in [lengths[0], lengths[0] - 1, lengths[4], lengths[4] + 3, lengths[-1], lengths[-1] - 1]:
        arguments = ["run", data, "--tokenizer", folder, "--template", template, "--output", tmp_path / "out", "--overwrite",
                     "--context-length", length, "--truncate", "oldest-turns", "--json"]
        result = prep(*arguments, check=False)
        assert result.returncode == 0
        report = json.loads(result.stdout)
        if length < lengths[-1]:
            assert report["accepted"] == 0 and sum(report["left_out"].values()) == 1 and b"100.0 %" in result.stderr
            continue
        fits = next(index for index, size in enumerate(lengths) if size <= length)
        assert report["exchanges_cut"] == fits and report["truncated"] == (1 if fits else 0)
        (row,) = [json.loads(line) for line in prep("inspect", tmp_path / "out", "--json", "--unpadded").stdout.split(b"\n") if line]
        assert row["input_ids"] == whole[fits + 1]["input_ids"] and row["labels"] == whole[fits + 1]["labels"]
        authors = prep("inspect", tmp_path / "out").stdout.decode()
        assert "assistant content (messages[48].content)" in authors
    unrolled = prep("inspect", data, "--tokenizer", folder, "--template", template, "--history", "unroll", "--context-length",
                    lengths[-3], "--truncate", "oldest-turns", "--json", "--unpadded").stdout.split(b"\n")
    assert len(unrolled) - 1 == 24 and all(len(json.loads(line)["input_ids"]) <= lengths[-3] for line in unrolled if line)


@pytest.mark.parametrize("template", ["chatml", "llama3"])
def test_unrolled_samples_without_their_oldest_turns_are_those_rendered_afresh(models, tmp_path, template):
    """Texts that repeat: what a sample knows of the one before must not outlive the exchanges that are left out."""
    folder, _ = models("llama3")
    # Line feeds at both ends become other tokens where the text is not cut beside them.
    said = ["\nab\n", "\nab\n", "\nab\n", "\nab ab ab\n"]
    talks = [[turn for number in range(count)
              for turn in (user(said[(number + shift) % 4]), assistant(said[(number * step + shift) % 4]))]
             for count, shift, step in [(4, 0, 1), (5, 1, 3), (5, 2, 2), (4, 3, 1), (6, 0, 4)]]
    wanted = []
    for talk in talks:
        for end in range(2, len(talk) + 1, 2):
            wanted.append([{"messages": talk[start:end]} for start in range(0, end, 2)])
    flags = ["--tokenizer", folder, "--template", template, "--unpadded", "--json", "--record", "all"]
    fresh = write(tmp_path / "fresh.jsonl", [record for records in wanted for record in records])
    lines = prep("inspect", fresh, *flags, "--history", "last-turn", "--context-length", 4096).stdout.splitlines()
    alone = iter([json.loads(line) for line in lines])
    wanted = [[next(alone) for _ in records] for records in wanted]
    data = write(tmp_path / "data.jsonl", [{"messages": talk} for talk in talks])
    longest = max(len(rows[-1]["input_ids"]) for rows in wanted)
    for length in sorted({len(row["input_ids"]) for row in wanted[-1]} | {longest, longest * 2 + 5}):
        if length < longest:
            continue
        lines = prep("inspect", data, *flags, "--history", "unroll", "--truncate", "oldest-turns", "--context-length", length).stdout.splitlines()
        for line, rows in zip(lines, wanted, strict=True):
            ours = json.loads(line)
            theirs = next(row for row in rows if len(row["input_ids"]) <= length)
            assert ours["input_ids"] == theirs["input_ids"] and ours["labels"] == theirs["labels"]


CHATML = ("{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
          "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}")


def test_white_space_that_a_terminator_strips_is_no_token_of_the_context(real, tmp_path):
    folder = tmp_path / "model"
    build(folder, real, "llama3/tokenizer.json", CHATML, None, AddedToken("<|im_end|>", rstrip=True, normalized=False))
    tokenizer = AutoTokenizer.from_pretrained(folder)
    conversations = [[user("a"), assistant("b")], [user("a"), assistant("b"), user("c"), assistant("d")],
                     [system("s"), user("a b"), assistant("It is 20."), user(" \nc"), assistant("d")]]
    data = write(tmp_path / "data.jsonl", ({"messages": messages} for messages in conversations))
    for seam in ["split", "joint"]:
        found = rows(folder, data, tmp_path / seam, "--seam", seam)
        for line, messages in enumerate(conversations, 1):
            (row,) = found[line]
            assert row["input_ids"] == tokenizer.apply_chat_template(messages, tokenize=True, return_dict=False)
            learned = [id for id, label in zip(row["input_ids"], row["labels"]) if label != -100]
            turns = [message["content"] + "<|im_end|>" for message in messages if message["role"] == "assistant"]
            assert learned == [id for turn in turns for id in tokenizer(turn, add_special_tokens=False).input_ids]


@pytest.mark.parametrize("name", ["llama3", "phi3", "gptoss"])
def test_ids_do_not_depend_on_what_is_learned(name, models, tmp_path):
    folder, _ = models(name)
    turns = [user("a"), assistant(" b\n"), user("\nc"), assistant("  d"), user("e"), assistant("f")]
    silent = [dict(turn, weight=0) if turn["role"] == "assistant" else turn for turn in turns[:-1]] + turns[-1:]
    data = write(tmp_path / "data.jsonl", [{"messages": turns}, {"messages": silent}])
    all_of_them = rows(folder, data, tmp_path / "out")
    last = rows(folder, data, tmp_path / "last", "--loss", "last")
    ids = [row["input_ids"] for found in (all_of_them, last) for (row,) in found.values()]
    assert len(ids) == 4 and all(one == ids[0] for one in ids)
