"""What became of every byte of text that records carry, beside a recount in Python."""

import collections
import json
import re

import published_templates
import pytest

from chat_cases import assistant, call, parts, system, tool, user
from chat_models import write
from prep_command import CHECKOUT, kill, prep

GSM8K = CHECKOUT / "fixtures" / "gsm8k.jsonl"
FATES = ("rendered", "dropped", "cut", "unused")


def run(data, output, *flags):
    """The report of a run, whose four fates add up for every field."""
    inputs = data if isinstance(data, list) else [data]
    report = json.loads(prep("run", *inputs, "--output", output, "--overwrite", "--max-rejects", "100%", "--json", *flags).stdout)
    for field, fates in report["text"].items():
        assert fates["carried"] == sum(fates[fate] for fate in FATES) > 0, (field, fates)
    return report


def size(value):
    """Bytes of all texts inside a value, keys apart."""
    if isinstance(value, str):
        return len(value.encode())
    if isinstance(value, dict):
        value = value.values()
    return sum(size(each) for each in value) if isinstance(value, (list, type({}.values()))) else 0


def overlap(ranges, start, end):
    """Bytes from `start` to `end` that any of the ranges holds."""
    return len({byte for low, high in ranges for byte in range(max(low, start), min(high, end))})


@pytest.mark.parametrize("file", [None, "llama3/tokenizer.json", "litellm/anthropic_tokenizer.json", "mistral/tokenizer.model.v1"])
@pytest.mark.parametrize("policy", ["right", "left", "keep-response"])
def test_what_truncation_takes_of_plain_records(file, policy, real, tmp_path):
    records = [json.loads(line) for line in GSM8K.read_text().splitlines()[:60]]
    records += [{"task": "ﬁ é 中文 👍🏽 " * 9, "context": "  zwei  Räume ｆｕｌｌ" * 3, "response": "ﬀ 한국어 ▁x 👩‍👩‍👧 " * 7},
                {"instruction": "a\u0301b " * 30, "input": "", "output": "c" * 300}]
    tokenizer = ["--tokenizer", real(file)] if file else []
    tokenizer += ["--eos-token", "<EOT>"] if file and "anthropic" in file else []
    data = write(tmp_path / "data.jsonl", records)
    flags = [*tokenizer, "--template", "plain", "--context-length", 140, "--truncate", policy]
    report = run(data, tmp_path / "out", *flags)
    expected = {field: dict.fromkeys(("carried", *FATES), 0) for field in ("task", "context", "response")}
    places, whole = ({json.loads(line)["source"]["line"]: json.loads(line) for line in prep(
        "inspect", data, "--record", "all", "--json", "--unpadded", *flags, *more, check=False).stdout.splitlines()}
        for more in ([], ["--context-length", 4096]))
    assert len(places) == report["accepted"] > 20 and report["truncated"] > 10
    for line, sample in places.items():
        record = records[line - 1]
        texts = {"task": record.get("task") or record.get("instruction"), "context": record.get("context") or record.get("input"),
                 "response": record.get("response") or record.get("output")}
        begin = sample["byte_ranges"][0][1] if sample["authors"][0] == "BOS token" else 0
        start = begin
        for field, value in texts.items():
            if not value:
                continue
            start += 2 if start > begin else 0
            count = len(value.encode())
            # Bytes of tokens that are gone; those that a normalizer left out of all tokens are no loss of truncation.
            cut = overlap(whole[line]["byte_ranges"], start, start + count) - overlap(sample["byte_ranges"], start, start + count)
            expected[field]["carried"] += count
            expected[field]["rendered"] += count - cut
            expected[field]["cut"] += cut
            start += count
    assert report["text"] == {field: counts for field, counts in expected.items() if counts["carried"]}


def test_what_is_there_of_real_records(tmp_path):
    records = [json.loads(line) for line in GSM8K.read_text().splitlines()]
    report = run(GSM8K, tmp_path / "out", "--context-length", 4096)
    assert report["accepted"] == len(records) and report["unread"] == {}
    for field in ("task", "response"):
        count = sum(len(record[field].encode()) for record in records)
        assert report["text"][field] == {"carried": count, "rendered": count, "dropped": 0, "cut": 0, "unused": 0}


TALK = [system("Be brief."), user("Wie spät?"), assistant("", reasoning_content="Let me look.", tool_calls=[call("clock", {"zone": "Berlin"})]),
        tool("12:30"), assistant("Halb eins."), user("  Thanks! "), assistant("Welcome.", reasoning_content="They are polite.")]
TOOLS = [{"type": "function", "function": {"name": "clock", "description": "The time.", "parameters": {"type": "object", "properties": {}}}}]
VERBATIM = ("{% for m in messages %}<{{ m.role }}>{{ m.reasoning_content if m.reasoning_content }}{{ m.content }}"
            "{% for c in m.tool_calls or [] %}{{ c.function.name }}{{ c.function.arguments|tojson }}{% endfor %}</s>{% endfor %}")


def chat(tmp_path, template, records, *flags):
    (tmp_path / "t.jinja").write_text(template)
    return run(write(tmp_path / "data.jsonl", records), tmp_path / "out", "--template", tmp_path / "t.jinja", *flags)


def fates(text, field, **counts):
    assert text[field] == {**dict.fromkeys(FATES, 0), **counts, "carried": sum(counts.values())}, (field, text[field])


def test_what_templates_leave_out(tmp_path):
    content = sum(size(m["content"]) for m in TALK)
    reasoning = sum(size(m.get("reasoning_content", "")) for m in TALK)
    text = chat(tmp_path, VERBATIM, [{"messages": TALK, "tools": TOOLS}])["text"]
    fates(text, "content", rendered=content)
    fates(text, "reasoning", rendered=reasoning)
    fates(text, "tools", dropped=size(TOOLS))
    # The identifier and the type of the call are not printed.
    fates(text, "tool_calls", rendered=len("clock") + len("Berlin"), dropped=len("call_1") + len("function"))
    # Trimmed, upper-cased, printed twice; reasoning of the last turn alone; tools as JSON.
    text = chat(tmp_path, "{{ tools|tojson }}{% for m in messages %}<{{ m.role }}>{{ m.reasoning_content if loop.last }}{{ m.content|trim }}"
                "{{ m.content|upper if m.role == 'system' }}{{ m.tool_calls[0]|tojson if m.tool_calls }}</s>{% endfor %}",
                [{"messages": TALK, "tools": TOOLS}])["text"]
    fates(text, "content", rendered=content - 3, dropped=3)
    fates(text, "reasoning", rendered=len("They are polite."), dropped=len("Let me look."))
    fates(text, "tools", rendered=size(TOOLS))
    fates(text, "tool_calls", rendered=size(TALK[2]["tool_calls"]))


def test_what_is_cut_of_conversations(tmp_path):
    talk = [user("one " * 30), assistant("two " * 30), user("three " * 30), assistant("four " * 30)]
    total = sum(size(m["content"]) for m in talk)
    # The tokens of one word each: `<`, role, `>` and the like are the template's.
    plain = "{% for m in messages %}{{ m.content }}{% endfor %}"
    text = chat(tmp_path, plain, [{"messages": talk}], "--context-length", 100)["text"]
    found = text["content"]
    assert found["dropped"] == 0 and found["carried"] == total and 0 < found["cut"] < total
    whole = "".join(m["content"] for m in talk).encode()
    line = prep("inspect", tmp_path / "data.jsonl", "--record", 0, "--json", "--unpadded", "--template", tmp_path / "t.jinja",
                "--context-length", 100).stdout
    assert found["rendered"] == overlap(json.loads(line)["byte_ranges"], 0, len(whole))
    # Exchanges that are left out.
    text = chat(tmp_path, plain, [{"messages": talk}], "--context-length", 80, "--truncate", "oldest-turns")["text"]
    fates(text, "content", rendered=sum(size(m["content"]) for m in talk[2:]), cut=sum(size(m["content"]) for m in talk[:2]))
    # The longest sample of an unrolled conversation holds all up to the last answer; a question without one is in none.
    text = chat(tmp_path, VERBATIM, [{"messages": [*talk, user("unanswered")]}], "--history", "unroll")["text"]
    fates(text, "content", rendered=total, unused=len("unanswered"))


def test_what_nobody_reads(tmp_path):
    records = [{"id": number, "messages": [{**user("a"), "id": "x" * number}, assistant("b")], "text": "again: a b", "meta": {"k": ["v"]}}
               for number in range(5)] + [{"messages": [user("a"), assistant(parts("b", "c"))], "documents": [{"title": "T", "text": "body"}]}]
    report = chat(tmp_path, VERBATIM, records)
    assert report["unread"] == {"id": 5, "meta": 5, "messages[].id": 5}
    fates(report["text"], "text", unused=5 * len("again: a b"))
    fates(report["text"], "messages", unused=sum(range(5)))
    fates(report["text"], "content", rendered=5 * 2 + 3)
    fates(report["text"], "documents", dropped=len("T") + len("body"))
    # A member that the template asks for is read, whether it is printed or not.
    read = VERBATIM.replace("{{ m.role }}", "{{ m.role }}{{ '!' if m.id == 'xx' }}")
    report = chat(tmp_path, read, records)
    assert "messages[].id" not in report["unread"] and report["text"]["messages"]["dropped"] == sum(range(5))
    # Many names: some are told apart, the records of all others are counted once each.
    records = [{"task": "a", "response": "b", **{f"name {number} {place}": 1 for place in range(9)}} for number in range(9)]
    unread = run(write(tmp_path / "many.jsonl", records), tmp_path / "out")["unread"]
    assert len(unread) == 33 and unread["name 0 0"] == 1 and unread["…"] == 6


def test_instructions_through_a_chat_template_keep_their_fields(tmp_path):
    records = [{"instruction": "Ask.", "input": "Data", "output": "Answer.", "system": "S", "history": [["q", "a"], ["r", "bb"]], "n": 1}]
    report = chat(tmp_path, VERBATIM, records)
    for field, count in {"task": 4, "context": 4, "response": 7, "system": 1, "history": 5}.items():
        fates(report["text"], field, rendered=count)
    assert report["unread"] == {"n": 1} and len(report["text"]) == 5
    sides = [{"prompt": [user("Ask.")], "completion": [assistant("Answer.")], "context": "not read"}]
    text = chat(tmp_path, VERBATIM, sides)["text"]
    fates(text, "task", rendered=4)
    fates(text, "response", rendered=7)


def test_parts_threads_and_resumes_count_the_same(tmp_path):
    records = [{"messages": [user(f"q {number} " * (number % 40 + 1)), assistant(" answer " * (number % 23 + 1))], f"extra {number % 3}": 1}
               for number in range(600)]
    data = [write(tmp_path / f"{part}.jsonl", records[part::4]) for part in range(4)]
    flags = ["--template", "chatml", "--context-length", 96, "--truncate", "left", "--max-rejects", "100%", "--block-size", "64KiB"]
    whole = run(data, tmp_path / "whole", *flags)
    assert whole["text"]["content"]["cut"] > 0 and whole["unread"] == {f"extra {number}": 200 for number in range(3)}
    counted = {key: whole[key] for key in ("text", "unread", "digest")}
    for threads in (1, 7):
        again = run(data, tmp_path / "threads", "--threads", threads, *flags)
        assert {key: again[key] for key in counted} == counted
    folders = []
    for part in range(3):
        folders.append(tmp_path / f"part{part}")
        prep("run", *data, "--output", folders[-1], "--partition", f"{part}/3", *flags)
    prep("merge", tmp_path / "merged", *folders)
    shown = json.loads(prep("show", tmp_path / "merged", "--json").stdout)
    assert {key: shown[key] for key in counted} == counted
    said = prep("show", tmp_path / "merged").stdout.decode()
    assert "of messages: " in said and " cut off" in said and "nobody reads" in said and "extra 0 in 200 records" in said


def test_characters_without_a_token_are_told(tmp_path):
    """A tokenizer that has neither bytes nor an unknown token drops them, as its reference does."""
    tokenizer = {"model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "\n": 2, "é": 3}, "merges": []}, "added_tokens": [
        {"id": 4, "content": "<end>", "special": True, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False}]}
    (tmp_path / "tokenizer.json").write_text(json.dumps(tokenizer))
    data = write(tmp_path / "data.jsonl", [{"task": "a中b", "response": "é👍b"}] * 3 + [{"task": "a", "response": "b"}])
    flags = ["--tokenizer", tmp_path / "tokenizer.json", "--eos-token", "<end>", "--template", "plain"]
    report = run(data, tmp_path / "out", *flags)
    assert report["bytes_without_token"] == 3 * (len("中".encode()) + len("👍".encode()))
    assert any("21 bytes of text left no token" in warning for warning in report["warnings"])
    (row,) = [json.loads(prep("inspect", tmp_path / "out", "--row", 0, "--json", "--unpadded", *flags[:2]).stdout)]
    assert row["input_ids"] == [0, 1, 2, 2, 3, 1, 4]
    shown = json.loads(prep("inspect", data, "--record", 1, "--json", *flags).stdout)
    assert shown["bytes_without_token"] == 7
    assert "7 bytes of its record left no token" in prep("inspect", data, "--record", 1, *flags).stdout.decode()
    assert "21 bytes of text: the tokenizer has none" in prep("show", tmp_path / "out").stdout.decode()


def test_of_a_name_that_stands_twice_and_of_two_that_say_the_same_one_is_read(tmp_path):
    lines = ['{"task":"Q","response":"first","response":"second!","id":1}', '{"task":"Q","completion":"same","response":"same","rejected":"bad"}',
             '{"task":"Q","input":"one","context":"two","response":"R"}']
    (tmp_path / "data.jsonl").write_text("\n".join(lines) + "\n")
    report = run(tmp_path / "data.jsonl", tmp_path / "out", "--template", "plain")
    assert report["text"]["response"] == {"carried": 21, "rendered": 12, "dropped": 0, "cut": 0, "unused": 9}
    assert report["text"]["context"] == {"carried": 6, "rendered": 6, "dropped": 0, "cut": 0, "unused": 0}
    assert report["unread"] == {"id": 1, "rejected": 1}


def test_what_stands_beside_a_path_is_counted_by_name(tmp_path):
    data = write(tmp_path / "data.jsonl", [{"data": {"q": "Q", "answer": "A", "score": 3, "lang": None}, "x": 1}])
    report = run(data, tmp_path / "out", "--field", "task=data.q", "--field", "response=data.answer", "--template", "plain")
    assert report["text"]["task"]["rendered"] == report["text"]["response"]["rendered"] == 1
    assert report["unread"] == {"data.score": 1, "x": 1}


def test_the_numbers_and_the_page_of_a_data_set_have_it_too(tmp_path):
    records = [{"messages": TALK, "tools": TOOLS, "id": 1, "<b>": 2}] * 3
    report = chat(tmp_path, VERBATIM, records, "--context-length", 60)
    stats = json.loads(prep("stats", tmp_path / "out", "--json").stdout)
    assert {key: stats[key] for key in ("text", "unread")} == {key: report[key] for key in ("text", "unread")}
    assert "nobody reads <b> in 3 records" in prep("stats", tmp_path / "out").stdout.decode()
    prep("report", tmp_path / "out", "--output", tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text()
    totals = json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)[1])["totals"]
    assert {key: totals[key] for key in ("text", "unread")} == {key: report[key] for key in ("text", "unread")}


def test_calls_and_tools_that_the_template_leaves_out_are_told(tmp_path):
    plain = "{% for m in messages %}<{{ m.role }}>{{ m.content }}</s>{% endfor %}"
    talk = [user("q"), assistant("Let me look.", tool_calls=[call("clock", {"zone": "Berlin"})]), tool("12"), assistant("a")]
    report = chat(tmp_path, plain, [{"messages": talk, "tools": TOOLS}])
    assert [warning.split(":")[0] for warning in report["warnings"]] == [
        "1 turns have calls of tools of which the template shows nothing", "the template leaves out 100.0 % of the text of definitions of tools"]
    # Who shows them may leave out what nobody needs: identifiers.
    assert chat(tmp_path, VERBATIM + "{{ tools }}", [{"messages": talk, "tools": TOOLS}])["warnings"] == []


def talks(rng, count):
    """Conversations of every kind, with a word of its own in each text."""
    number = iter(range(10**9))

    def said():
        return rng.choice(["{}", " {} ", "{}\n", "{} é中 {}", "<think>{}</think>{}"]).replace("{}", f"w{next(number)}")

    for _ in range(count):
        messages = [system(said())] if rng.random() < 0.4 else []
        for _ in range(rng.randint(1, 4)):
            messages.append(user(rng.choice([said(), parts(said(), said())])))
            if rng.random() < 0.3:
                messages += [assistant(rng.choice(["", said()]), tool_calls=[call("clock", {"zone": said()}, f"call{next(number):05d}")]),
                             tool(said(), name="clock", tool_call_id="call00001")]
            messages.append(assistant(said(), **({"reasoning_content": said()} if rng.random() < 0.3 else {})))
        record = {"messages": messages, rng.choice(["id", "source"]): next(number)}
        if rng.random() < 0.3:
            record["tools"] = TOOLS
        yield record


def carried(record):
    """Bytes of text under names that the schema knows, by field."""
    counts = collections.Counter(tools=size(record.get("tools")))
    for message in record["messages"]:
        counts["content"] += sum(size(part["text"]) for part in message["content"]) if isinstance(message["content"], list) else size(message["content"])
        counts["reasoning"] += size(message.get("reasoning_content"))
        counts["tool_calls"] += size(message.get("tool_calls"))
        counts["messages"] += size(message.get("name")) + size(message.get("tool_call_id"))
    return +counts


@pytest.mark.parametrize("template", published_templates.TEMPLATES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_random_conversations_add_up_in_published_templates(template, tmp_path, rng):
    records = list(talks(rng, 25))
    data = write(tmp_path / "data.jsonl", records)
    report = run(data, tmp_path / "out", *published_templates.flags(template), "--allow-dropped", "--context-length", rng.choice([64, 256, 8192]),
                 "--truncate", rng.choice(["right", "left", "oldest-turns", "drop"]))
    refused = [json.loads(line)["line"] for line in open(tmp_path / "out" / "rejects.jsonl", encoding="utf-8")] if (
        tmp_path / "out" / "rejects.jsonl").exists() else []
    expected = sum((carried(record) for line, record in enumerate(records, 1) if line not in refused), collections.Counter())
    assert {field: fates["carried"] for field, fates in report["text"].items()} == expected
    # What the template prints is what the ledger calls rendered or cut: every word of a content that is whole.
    if report["accepted"] and not report["truncated"] and not report["left_out"]:
        shown = "".join(json.loads(line)["text"] for line in prep(
            "render", data, *published_templates.flags(template), "--json", check=False).stdout.splitlines() if b'"text"' in line)
        lost = sum(size(word) for word in re.findall(r"w\d+", "".join(
            json.dumps(record["messages"], ensure_ascii=False) for line, record in enumerate(records, 1) if line not in refused)) if word not in shown)
        assert lost == 0 or sum(fates["dropped"] for fates in report["text"].values()) >= lost


def test_an_interrupted_run_counts_the_same(tmp_path, rng):
    data = [write(tmp_path / f"{part}.jsonl", list(talks(rng, 400))) for part in range(6)]
    flags = ["--template", "chatml", "--context-length", 96, "--allow-dropped", "--threads", 1, "--max-rejects", "100%"]
    whole = run(data, tmp_path / "whole", *flags)
    for _ in range(4):
        kill("run", *data, "--output", tmp_path / "killed", *flags, after=rng.random() / 20)
    again = json.loads(prep("run", *data, "--output", tmp_path / "killed", *flags, "--json").stdout)
    assert {key: again[key] for key in ("text", "unread", "digest")} == {key: whole[key] for key in ("text", "unread", "digest")}
