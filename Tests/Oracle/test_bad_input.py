"""Every row of the design's "Bad input gets", fed to the command; messages are compared word for word."""

import json
import os
import re
import shlex
import shutil
import subprocess

import pytest
from prep_command import CHECKOUT, PREP, prep, said

GOOD = '{"task":"T","context":"","response":"R"}\n'


def run(tmp_path, data, *flags, name="in.jsonl"):
    """Runs over one file; the process, its report where it has one, and its rejects."""
    path = tmp_path / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    out = tmp_path / "out"
    result = prep("run", path, "-o", out, "--json", *(() if "--tokenizer" in flags else ("--tokenizer", "gpt2")), *flags, check=False)
    rejects = out / "rejects.jsonl"
    lines = [json.loads(line) for line in open(rejects, encoding="utf-8")] if rejects.exists() else []
    return result, json.loads(result.stdout) if result.stdout else None, lines


RECORDS = [
    ('{"task":"T","response":', "invalid-json",
     "invalid JSON at byte 23 of the record: the JSON ends too early: a value is missing", "fix or drop the record"),
    (b'{"task":"T\xff","response":"R"}', "invalid-utf8", "invalid UTF-8 at byte 10 of the record",
     "convert the file to UTF-8"),
    ('{"task":"T"}', "missing-field", 'field "response" is missing; the record has "task"',
     "add it, or name the one that holds it: --field response=NAME"),
    ('{"response":"R"}', "missing-field", 'field "task" is missing; the record has "response"',
     "add it, or name the one that holds it: --field task=NAME"),
    ('{"task":"T","response":7}', "wrong-type", 'field "response" is a number, not a string', "write it as a string"),
    ('{"task":"T","response":""}', "empty-response", 'field "response" is empty: there is nothing to learn',
     "give a response, or remove the record"),
    ('{"task":"T","response":"\\ud800"}', "lone-surrogate",
     "a lone surrogate escape is not a character, at byte 24 of the record",
     "write the character itself, or remove it"),
    ('[1,2]', "not-an-object", "the record is an array, not an object", "write one JSON object per record"),
    ('{"task":"T","outptu":"R"}', "missing-field", 'field "response" is missing; the record has "task", "outptu"',
     "did you mean `output`? Read it with --field response=outptu"),
    ('{"task":"T","response":"R","completion":"S"}', "ambiguous-field",
     'fields "response" and "completion" both hold the response, and differ', "say which one counts: --field response=response"),
    ('{"prompt":"P","chosen":"C","rejected":"R"}', "preference-pair",
     '"chosen" and "rejected" are a pair of answers for preference training',
     "learn the better one alone: --field response=chosen, or --field messages=chosen where it is the whole conversation"),
    ('{"prompt":"P","completion":"C","label":false}', "feedback-label",
     "the answer is labelled as good or bad (KTO): a bad one must not be learned",
     "keep the records with a true label, then say which field is the answer: --field response=completion"),
    ('{"prompt":"P"}', "prompt-only", "the record is a prompt without an answer (as for reinforcement learning)",
     "name the field of the answer, if there is one: --field response=NAME"),
    ('{"a":1}', "unknown-schema", 'no known field among "a"',
     "name the fields, as in --field task=question --field response=answer"),
]


@pytest.mark.parametrize("record, reason, message, remedy", RECORDS)
def test_a_bad_record_is_rejected_with_its_place_and_the_run_goes_on(tmp_path, record, reason, message, remedy):
    raw = record if isinstance(record, bytes) else record.encode()
    data = GOOD.encode() + raw + b"\n" + GOOD.encode()
    result, report, rejects = run(tmp_path, data, "--max-rejects", "50%")
    assert result.returncode == 0
    assert report["records"] == 3 and report["accepted"] == 2 and report["rejected"] == {reason: 1}
    assert [(r["line"], r["offset"], r["reason"], r["message"], r["remedy"]) for r in rejects] == [
        (2, len(GOOD), reason, message, remedy)]
    assert rejects[0]["record"] == raw.decode(errors="replace")
    assert rejects[0]["file"] == str(tmp_path / "in.jsonl")
    assert f"rejected {tmp_path}/in.jsonl:2: {message} ({remedy})\n" == said(result)


FOLLOWED = [
    {"contents": [{"role": "user", "parts": [{"text": "Ask"}]}, {"role": "model", "parts": [{"text": "Say"}]}]},
    {"dialog": [{"speaker": "human", "text": "Ask"}, {"speaker": "bot", "text": "Say"}]},
    {"log": {"turns": [{"role": "user", "content": "Ask"}, {"role": "assistant", "content": "Say"}]}},
    {"chat": [{"from": "human", "msg": "Ask"}, {"from": "gpt", "msg": "Say"}]},
    {"user": "Ask", "assistant": "Say"},
    {"human": "Ask", "bot": "Say", "id": 7},
    {" instruction": "Ask", "output ": "Say"},
    {"instruction's": "Ask", "output": "Say"},
    {"Instruction": "Ask", "Response": "Say"},
    {"messages": [{"role": "user", "content": "Ask"}], "response": "Say"},
    {"messages": [{"who": "user", "content": "Ask"}, {"who": "assistant", "content": "Say"}]},
]


@pytest.mark.parametrize("record", FOLLOWED, ids=lambda record: next(iter(record)))
def test_what_a_remedy_says_is_typed_as_it_stands_and_helps(tmp_path, record):
    """The flags of the remedy, as a shell reads them; a second remedy may follow the first."""
    (tmp_path / "in.jsonl").write_text(json.dumps(record) + "\n")
    flags = []
    for _ in range(3):
        result = prep("inspect", tmp_path / "in.jsonl", "--record", 0, "--template", "chatml", "--json", *flags, check=False)
        if result.returncode == 0:
            break
        remedy = said(result).rstrip().rpartition(" (")[2].removesuffix(")")
        flags += shlex.split(remedy[remedy.index("--"):])
    assert result.returncode == 0, said(result)
    row = json.loads(result.stdout)
    learned = "".join(t for t, label in zip(row["tokens"], row["labels"], strict=False) if label != -100)
    assert learned.startswith("Say<|im_end|>") and "Ask" in "".join(row["tokens"])


def test_a_null_is_said_to_be_one(tmp_path):
    for record, message in [({"messages": None, "id": 1}, 'field "messages" is null; the record has "messages", "id"'),
                            ({"task": None, "response": "R"}, 'field "task" is null; the record has "response"'),
                            ({"prompt": None, "completion": "R"}, 'field "prompt" is null; the record has "completion"')]:
        _, _, rejects = run(tmp_path, json.dumps(record) + "\n")
        assert [r["message"] for r in rejects] == [message]


def test_an_unknown_role_is_named(tmp_path):
    record = {"messages": [{"role": "wizard", "content": "a"}, {"role": "assistant", "content": "b"}]}
    result, report, rejects = run(
        tmp_path, json.dumps(record) + "\n", "--max-rejects", "100%", "--template", "chatml")
    assert result.returncode == 0 or report is None
    assert report["rejected"] == {"unknown-role": 1}
    assert [(r["field"], r["message"], r["remedy"]) for r in rejects] == [
        ("messages[0].role", 'messages[0].role: unknown role "wizard"', "say what it means, as in --role wizard=user")]


def test_above_the_limit_nothing_is_published(tmp_path):
    result, report, _ = run(tmp_path, GOOD * 98 + "{}\n" * 2)
    assert result.returncode == 1 and report["error"]["kind"] == "too-many-rejects"
    assert (report["records"], report["accepted"], report["rejected"]) == (100, 98, {"unknown-schema": 2})
    assert not (tmp_path / "out" / "manifest.sqlite").exists()
    assert result.stderr.decode().splitlines()[-1] == (
        f"prep: 2 of 100 records were rejected, more than --max-rejects 1%: no data set was written (see "
        f"{tmp_path}/out/rejects.jsonl and fix them; or go on without them: shards are kept, and the same run with --max-rejects 2% finishes "
        "in seconds)")
    result, report, _ = run(tmp_path, GOOD * 98 + "{}\n" * 2, "--max-rejects", "2")
    assert result.returncode == 0 and report["accepted"] == 98


@pytest.mark.parametrize("data", [
    b"\xef\xbb\xbf" + GOOD.encode(), GOOD.replace("\n", "\r\n").encode(), b"\n \n" + GOOD.encode() + b"\n\n",
    GOOD.encode()[:-1], b'{"task":"\\u0000\\t\\"\\u00e9","response":"R"}\n', b'{"task":"T","response":"\\ud83d\\ude42"}',
])
def test_layout_and_escapes_are_handled(tmp_path, data):
    result, report, _ = run(tmp_path, data)
    assert result.returncode == 0 and report["accepted"] == report["records"] == 1


@pytest.mark.parametrize("raw, reason, message", [
    (b'{"task":"\x00","response":"R"}', "invalid-json", "invalid JSON at byte 9 of the record: a control character (byte 0x00) stands unescaped in a string"),
    (b"\x00\x00\x00", "invalid-json", "invalid JSON at byte 0 of the record: expected a value, found byte 0x00"),
    (b'{"task":"\x01"}', "invalid-json", "invalid JSON at byte 9 of the record: a control character (byte 0x01) stands unescaped in a string"),
    (b"\xff" * 100, "invalid-json", "invalid JSON at byte 0 of the record: expected a value, found byte 0xFF"),
])
def test_raw_nul_and_control_bytes_are_rejected_by_name(tmp_path, raw, reason, message):
    result, report, rejects = run(tmp_path, raw + b"\n" + GOOD.encode(), "--max-rejects", "100%")
    assert result.returncode == 0 and report["accepted"] == 1
    assert [(r["reason"], r["message"]) for r in rejects] == [(reason, message)]


def test_a_very_long_line_is_rejected_in_bounded_memory(tmp_path):
    """A line of 1 GiB."""
    path = tmp_path / "in.jsonl"
    with open(path, "wb") as file:
        file.write(GOOD.encode() + b'{"task":"')
        for _ in range(1024):
            file.write(b"x" * (1 << 20))
        file.write(b'","response":"R"}\n' + GOOD.encode())
    script = (
        "import resource,subprocess,sys; r=subprocess.run(sys.argv[1:],capture_output=True); "
        "sys.stdout.buffer.write(r.stdout); print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)")
    import sys
    result = subprocess.run(
        [sys.executable, "-c", script, PREP, "run", str(path), "-o", str(tmp_path / "out"), "--json", "-q",
         "--max-rejects", "50%", "--threads", "2"], capture_output=True, check=True)
    report, peak = result.stdout.splitlines()
    assert json.loads(report)["rejected"] == {"too-large": 1}
    assert json.loads(report)["accepted"] == 2
    assert int(peak) < 250_000
    reject = json.loads(open(tmp_path / "out" / "rejects.jsonl").readline())
    assert reject["message"] == "the record is larger than 16777216 bytes"
    assert reject["line"] == 2 and len(reject["record"]) == 4096


def test_control_token_text_in_content_is_plain_text(tmp_path):
    path = tmp_path / "in.jsonl"
    path.write_text('{"task":"a<|endoftext|>b","response":"R"}\n')
    ids = lambda *flags: json.loads(prep("inspect", path, "--json", "--unpadded", *flags).stdout)["input_ids"]
    assert ids().count(50256) == 1
    assert ids("--parse-special").count(50256) == 2


def test_a_missing_tokenizer_or_template_is_an_error_before_any_work(tmp_path):
    (tmp_path / "in.jsonl").write_text(GOOD)
    for flags, message in [
        (["--tokenizer", tmp_path / "no.json"],
         f"{tmp_path}/no.json: there is no such file or folder (give gpt2, a tokenizer file, a model folder, or a name "
         "such as Qwen/Qwen3-8B)"),
        (["--template", tmp_path / "no.jinja"],
         f"{tmp_path}/no.jinja: there is no such template (give plain, alpaca, chatml, llama3, a file or a model folder)"),
        (["--eos-token", "<none>"], 'gpt2: it has no token "<none>" (name another with --eos-token)'),
    ]:
        result = prep("run", tmp_path / "in.jsonl", "-o", tmp_path / "out", *flags, check=False)
        assert result.returncode == 2
        assert said(result) == f"prep: {message}\n"
        assert not (tmp_path / "out").exists()


MALFORMED = [
    ("--tokenizer", "t.json", '{"model": {"type": "Unigram", "vocab": []}}',
     "{path}: model: Unigram is not BPE (only BPE models are supported; use a tokenizer of that kind)"),
    ("--tokenizer", "t.json", '{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": ["a b"]}}',
     '{path}: model.merges[0]: "b" is not in the vocabulary (fetch the file again)'),
    ("--tokenizer", "t.json", '{"model": {"type": ',
     "{path}:1:20: not JSON: the JSON ends too early: a value is missing (fetch the file again)"),
    ("--template", "t.jinja", "{% for x in %}",
     "{path}:1:13: Expected an expression, got 'end of statement block' (fix the template at this place)\n    {% for x in %}"),
    ("--template", "t.jinja", "a\n{% for x in messages %}",
     "{path}:2:4: Unexpected end of template: {% for %} is not closed (add {% endfor %})\n    {% for x in messages %}"),
    ("--template", "t.jinja", "{{ messages | nosuch }}", "{path}:1:15: No filter named 'nosuch'. (fix the template at this place)\n    {{ messages | nosuch }}"),
]


@pytest.mark.parametrize("flag, name, text, message", MALFORMED)
def test_malformed_tokenizer_and_template_name_their_place(tmp_path, flag, name, text, message):
    (tmp_path / "in.jsonl").write_text(GOOD)
    (tmp_path / name).write_text(text)
    result = prep("run", tmp_path / "in.jsonl", "-o", tmp_path / "out", *(() if flag == "--tokenizer" else ("--tokenizer", "gpt2")), flag, tmp_path / name, check=False)
    assert result.returncode == 2
    assert said(result) == f"prep: {message.replace('{path}', str(tmp_path / name))}\n"
    assert not (tmp_path / "out").exists()


def test_another_specs_folder_is_refused_and_what_differs_is_named(tmp_path):
    run(tmp_path, GOOD)
    for flags, differences in [
        (["--context-length", "512"], "context_length is 1024, not 512"),
        (["--template", "alpaca", "--response-length", "9"],
         'render is "plain", not "alpaca"; response_length is not given, not 9'),
        (["--template", "chatml"], "chat is another; render is \"plain\", not \"chat\""),
    ]:
        result, _, _ = run(tmp_path, GOOD, *flags)
        assert result.returncode == 2
        assert said(result) == (
            f"prep: {tmp_path}/out: the folder holds shards of another spec: {differences} (choose another --output, or "
            "replace them with --overwrite)\n")
    result, report, _ = run(tmp_path, GOOD, "--context-length", "512", "--overwrite")
    assert result.returncode == 0 and report["accepted"] == 1


def test_unreadable_input_is_an_error_and_nothing_is_published(tmp_path):
    import gzip

    data = gzip.compress(GOOD.encode() * 10_000)
    result, _, _ = run(tmp_path, data[: len(data) // 2], name="in.jsonl.gz")
    assert result.returncode == 2
    place = int(re.search(r"byte (\d+):", result.stderr.decode())[1])
    assert 0 < place < 10_000 * len(GOOD)
    assert said(result) == (
        f"prep: {tmp_path}/in.jsonl.gz: byte {place}: the gzip data ends too early: the file is cut off (make or copy "
        "the file again; `gzip -t` says where it is broken)\n")
    assert not (tmp_path / "out" / "manifest.sqlite").exists()
    broken = bytearray(data)
    broken[len(data) // 2] ^= 0xFF
    result, _, _ = run(tmp_path, bytes(broken), name="in.jsonl.gz")
    assert result.returncode == 2
    result, report, _ = run(tmp_path, data, name="in.jsonl.gz")
    assert result.returncode == 0 and report["accepted"] == 10_000
    result = prep("run", tmp_path / "none.jsonl", "-o", tmp_path / "o2", check=False)
    assert result.returncode == 2
    assert said(result) == f"prep: {tmp_path}/none.jsonl: no such file or folder (check the path)\n"
    (tmp_path / "empty").mkdir()
    result = prep("run", tmp_path / "empty", "-o", tmp_path / "o2", check=False)
    assert said(result) == (
        f"prep: {tmp_path}/empty: the folder holds no .jsonl, .ndjson, .json, .parquet, .arrow, .csv or .tsv file "
        "(name the files themselves)\n")


def test_a_full_disk_leaves_no_partial_file(tmp_path):
    """A limit on file size stands for the full disk."""
    path = tmp_path / "in.jsonl"
    path.write_text("".join(json.dumps({"task": f"{n} {n * 7919}", "response": f"{n * 104729}"}) + "\n" for n in range(20_000)))
    script = "import resource,signal,subprocess,sys; signal.signal(signal.SIGXFSZ,signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE,(4096,4096)); sys.exit(subprocess.run(sys.argv[1:]).returncode)"
    import sys
    result = subprocess.run(
        [sys.executable, "-c", script, PREP, "run", str(path), "-o", str(tmp_path / "out"), "-q"], capture_output=True)
    assert result.returncode in (1, 2)
    assert said(result) == (
        f"prep: {tmp_path}/out/shard-00000-00000.zst: cannot write it: File too large (raise the limit on the size of files "
        "(ulimit -f) and run the same command again)\n")
    names = [p.name for p in (tmp_path / "out").iterdir()]
    assert not [name for name in names if name.startswith("shard-") or name == "manifest.sqlite"], names
    assert json.loads(prep("run", path, "-o", tmp_path / "out", "--json", "-q").stdout)["accepted"] == 20_000


def test_a_damaged_shard_is_named_and_other_rows_stay_readable(tmp_path):
    records = "".join(json.dumps({"task": f"{n} {n * 7919}", "response": f"{n * 104729}"}) + "\n" for n in range(60_000))
    run(tmp_path, records)
    shard = next((tmp_path / "out").glob("shard-*.zst"))
    data = bytearray(shard.read_bytes())
    data[len(data) * 3 // 4] ^= 1
    shard.write_bytes(data)
    result = prep("verify", tmp_path / "out", check=False)
    assert result.returncode == 1
    frame = re.search(r"frame 3 \(data, rows (\d+) to 59999\) at byte (\d+)", result.stdout.decode())
    assert result.stdout.decode() == (
        f"damaged  {shard}: {frame[0]}: its bytes are not what was written (checksum) (delete the shard and run the same prep run "
        "again; it rebuilds this one)\n1 of 1 shard damaged; rows outside the frames named above can still be read\n")
    assert json.loads(prep("inspect", tmp_path / "out", "--row", "0", "--json").stdout)["tokens"]


@pytest.mark.parametrize("flags, message", [
    (["--history", "unroll"], "--history has nothing to act on: there is no chat template (leave it out, or name a template with --template)"),
    (["--system", "s"], "--system has nothing to act on: there is no chat template (leave it out, or name a template with --template)"),
    (["--loss", "last"], "--loss has nothing to act on: there is no chat template (leave it out, or name a template with --template)"),
    (["--straddle", "error"],
     "--straddle error has nothing to act on: no token straddles a boundary where texts are tokenized apart (leave it out, or tokenize "
     "across boundaries with --seam joint)"),
    (["--loss", "assistant-reasoning"],
     "--loss has nothing to act on: there is no chat template (leave it out, or name a template with --template)"),
    (["--role", "narrator=user"], "--role has nothing to act on: there is no chat template (leave it out, or name a template with --template)"),
    (["--truncate", "oldest-turns"],
     "--truncate has nothing to act on: there is no chat template (leave it out, or name a template with --template)"),
    # Only the whole input tells.
    (["--field", "context=inptu"], "--field context=inptu has nothing to act on: none of the 1 accepted records has a field \"inptu\" for its render; "
     "no data set was written (leave it out)"),
    (["--field", "context=notse"], "--field context=notse has nothing to act on: none of the 1 accepted records has a field \"notse\" for its render; "
     "no data set was written (did you mean `notes`? Else leave it out)"),
    (["--field", "documents=notes"], "--field documents=notes has nothing to act on: none of the 1 accepted records has a field \"notes\" for its render; "
     "no data set was written (leave it out)"),
    (["--response-length", "9", "--schema", "text"],
     "--response-length has nothing to act on: all of the 1 records are plain text, without a prompt; no data set was written (leave it out)"),
    (["--truncate", "keep-response", "--schema", "text"],
     "--truncate keep-response has nothing to act on: all of the 1 records are plain text, without a prompt; no data set was written "
     "(leave it out)"),
    (["--seam", "joint", "--schema", "text"],
     "--seam joint has nothing to act on: all of the 1 records are plain text, without a prompt; no data set was written (leave it out)"),
    (["--history", "unroll", "--template", "chatml", "--schema", "text"],
     "--history has nothing to act on: none of the 1 records went through the chat template; no data set was written (leave it out, or "
     "render the records with a chat template)"),
])
def test_an_option_that_can_do_nothing_is_an_error(tmp_path, flags, message):
    result, report, _ = run(tmp_path, '{"task":"T","response":"R","text":"S","notes":"N"}\n', *flags)
    assert result.returncode == 2
    assert said(result) == f"prep: {message}\n"
    assert report["error"]["kind"] == "option-unused"
    assert not (tmp_path / "out" / "manifest.sqlite").exists()


def test_the_value_of_an_option_that_is_not_used_is_checked(tmp_path):
    result, _, _ = run(tmp_path, '{"task":"T","response":"R"}\n', "--date", "yesterday")
    assert result.returncode == 64 and "--date yesterday is not a day (write it as YYYY-MM-DD)" in said(result)


@pytest.mark.parametrize("flags, what", [
    (["--template-arg", "enable_thinkin=true"], "--template-arg enable_thinkin has nothing to act on: the template reads no variable of that name "
     "(did you mean `enable_thinking`? Else leave it out)"),
    (["--template-arg", "x=1"], "--template-arg x has nothing to act on: the template reads no variable of that name (leave it out)"),
    (["--date", "2026-01-02"], "--date has nothing to act on: the template shows no day (leave it out)"),
    (["--history", "unroll"], "--history has nothing to act on: none of the 2 conversations has more than one answer; no data set was written "
     "(leave it out)"),
    (["--loss", "last"], "--loss has nothing to act on: none of the 2 conversations has more than one answer; no data set was written "
     "(leave it out)"),
    (["--system", "s"], "--system has nothing to act on: all of the 2 conversations have a system turn; no data set was written (leave it out)"),
    (["--role", "narrator=user"], "--role narrator has nothing to act on: no message is of the role narrator; no data set was written (leave it out)"),
    (["--loss", "assistant+tool"], "--loss assistant+tool has nothing to act on: no message of the 2 conversations is of the role tool; no data set "
     "was written (leave +tool out)"),
    (["--loss", "assistant-reasoning"], "--loss assistant-reasoning has nothing to act on: no message of the 2 conversations has a reasoning of its own "
     "in the text; no data set was written (leave -reasoning out)"),
    (["--loss", "assistant-tool-calls"], "--loss assistant-tool-calls has nothing to act on: no message of the 2 conversations has a tool call in the "
     "text; no data set was written (leave -tool-calls out)"),
    (["--field", "tools=functoins"], "--field tools=functoins has nothing to act on: none of the 2 accepted records has a field \"functoins\" for its "
     "render; no data set was written (leave it out)"),
])
def test_an_option_of_conversations_that_can_do_nothing_is_an_error(tmp_path, flags, what):
    template = tmp_path / "t.jinja"
    template.write_text("{% for m in messages %}{{ m.role }}{{ m.reasoning_content }}{{ m.content }}{{ m.tool_calls if m.tool_calls }}"
                        "{% endfor %}{{ 'x' if enable_thinking }}{{ tools if tools }}")
    talk = [{"role": "system", "content": "s"}, {"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]
    records = (json.dumps({"messages": talk}) + "\n") * 2
    result, report, _ = run(tmp_path, records, "--template", template, *flags)
    assert result.returncode == 2 and said(result) == f"prep: {what}\n"
    assert report["error"]["kind"] == "option-unused" and not (tmp_path / "out" / "manifest.sqlite").exists()
    # Nothing is in the way of the command without it.
    assert run(tmp_path, records, "--template", template)[0].returncode == 0
    shutil.rmtree(tmp_path / "out")
    # It acts as soon as one record has what it is for.
    called = [{"type": "function", "function": {"name": "f", "arguments": {}}}]
    others = [{"role": "narrator", "content": "n"}] if "narrator=user" in flags else []
    longer = json.dumps({"functoins": [{"name": "f"}], "messages": [
        *talk[1:], *others, {"role": "assistant", "reasoning_content": "r", "content": "", "tool_calls": called}, {"role": "tool", "content": "t"},
        talk[-1]]}) + "\n"
    if flags[0] in ("--history", "--loss", "--system", "--role", "--field"):
        assert run(tmp_path, records + longer, "--template", template, *flags)[0].returncode == 0


def test_what_was_decided_unasked_is_said(tmp_path):
    path = tmp_path / "in.jsonl"
    path.write_text(GOOD)
    told = lambda *flags: said(prep("run", path, "-o", tmp_path / "out", "--overwrite", *flags))
    assert told() == "note: no tokenizer was named, so GPT-2's encodes (name your model's with --tokenizer)\n"
    assert told("--tokenizer", "gpt2") == told("--quiet") == ""
    shown = json.loads(prep("run", path, "-o", tmp_path / "out", "--overwrite", "--json").stdout)
    assert shown["notices"] == ["no tokenizer was named, so GPT-2's encodes (name your model's with --tokenizer)"]
    byte = {"model": {"type": "BPE", "vocab": {"T": 0, "R": 1, "\n": 2}, "merges": []}, "added_tokens": [
        {"id": 3, "content": "<end>", "special": True, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False}]}
    (tmp_path / "tokenizer.json").write_text(json.dumps(byte))
    flags = ("--tokenizer", tmp_path / "tokenizer.json", "--eos-token", "<end>")
    assert told(*flags) == ""
    (tmp_path / "tokenizer_config.json").write_text("{}")
    assert told(*flags) == (
        f"note: the tokenizer is a file alone, and what lies beside it is not used: tokenizer_config.json (name the folder with --tokenizer "
        f"{tmp_path} to use it)\n")


@pytest.mark.parametrize("flags, message", [
    ([], "the template takes more steps or more memory than a record of this size may cost"),
    (["--history", "unroll"], "its 30000 samples have more than 8388608 tokens together"),
])
def test_a_conversation_that_costs_too_much_ends_by_name(tmp_path, flags, message):
    """All renders of a record have one budget, and its samples are held until the last one fits."""
    talk = [{"role": role, "content": f"{role} {number}"} for number in range(30000) for role in ("user", "assistant")]
    template = CHECKOUT / "fixtures" / "templates" / "qwen3.jinja"
    path = tmp_path / "long.jsonl"
    path.write_text(json.dumps({"messages": talk}) + "\n" + json.dumps({"messages": talk[:4]}) + "\n")
    prep("run", path, "-o", tmp_path / "out", "--template", template, "--max-rejects", "100%", "--context-length", 10**6, *flags)
    (reject,) = map(json.loads, (tmp_path / "out" / "rejects.jsonl").read_text().splitlines())
    assert (reject["line"], reject["reason"]) == (1, "too-large") and message in reject["message"]


def test_a_pipe_in_a_folder_is_not_waited_for(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.jsonl").write_text(GOOD)
    os.mkfifo(tmp_path / "data" / "pipe.jsonl")
    result = prep("run", tmp_path / "data", "-o", tmp_path / "out", check=False)
    assert result.returncode == 2 and b"pipe.jsonl" in result.stderr
    assert prep("run", tmp_path / "data", "-o", tmp_path / "out", "--skip-other-files").returncode == 0


def test_a_length_is_advised_only_where_it_decides(tmp_path):
    """Budgets of prompt and response, and exchanges that are left out, are not mended by the context length."""
    path = tmp_path / "in.jsonl"
    path.write_text("".join(json.dumps({"task": "a " * 9, "response": "b " * number}) + "\n" for number in range(20, 60)))
    warned = lambda *flags: json.loads(prep("run", path, "-o", tmp_path / "out", "--overwrite", "--json", *flags).stdout)["warnings"]
    assert any("--context-length" in each for each in warned("--context-length", 40))
    cut = warned("--context-length", 256, "--response-length", 10)
    assert cut and not any("--context-length" in each for each in cut)


@pytest.mark.parametrize("name", ["images", "videos", "audios", "image", "audio", "video"])
def test_media_beside_a_content_is_refused_as_media_parts_are(tmp_path, name):
    talk = [{"role": "user", "content": "q", name: ["a.bin"]}, {"role": "assistant", "content": "a"}]
    empty = [{"role": "user", "content": "q", name: []}, {"role": "assistant", "content": "a"}]
    records = "".join(json.dumps({"messages": messages}) + "\n" for messages in (talk, empty))
    _, report, rejects = run(tmp_path, records, "--template", "chatml", "--max-rejects", "100%")
    assert report["accepted"] == 1 and report["rejected"] == {"media-part": 1}
    assert rejects[0]["field"] == f"messages[0].{name}"


def test_reasoning_in_a_part_counts_as_reasoning(tmp_path):
    parts = [{"type": "thinking", "thinking": "seven b"}, {"type": "text", "text": "a"}]
    record = json.dumps({"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": parts}]}) + "\n"
    _, report, _ = run(tmp_path, record, "--template", CHECKOUT / "fixtures" / "templates" / "qwen3.jinja")
    assert report["text"]["reasoning"]["rendered"] == 7 and report["text"]["content"]["rendered"] == 2


@pytest.mark.parametrize("record, remedy", [
    ({"data": {"messages": [{"role": "user", "content": "Q"}, {"role": "assistant", "content": "A"}]}},
     "read the conversation in it with --field messages=data.messages"),
    ({"sample": {"question": "Q", "answer": "A", "id": 7}}, "read the fields in it with --field task=sample.question --field response=sample.answer"),
    ({"messages": [{"author": "user", "content": "Q"}, {"author": "assistant", "content": "A"}]}, "read it with --field role=author"),
])
def test_a_remedy_names_the_fields_where_they_are(tmp_path, record, remedy):
    _, _, rejects = run(tmp_path, json.dumps(record) + "\n", "--template", "chatml")
    assert rejects[0]["remedy"] == remedy
    flags = [word for word in remedy.split() if word == "--field" or "=" in word]
    _, report, _ = run(tmp_path, json.dumps(record) + "\n", "--template", "chatml", "--overwrite", *flags)
    assert report["accepted"] == 1


def test_flags_of_messages_are_read(tmp_path):
    talk = [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a", "loss_mask": 0, "weight": 0, "train": False},
            {"role": "user", "content": "q"}, {"role": "assistant", "content": "abc", "train_detail": [{"begin_offset": 0, "end_offset": 1, "train": True}]}]
    _, report, _ = run(tmp_path, json.dumps({"messages": talk}) + "\n" + json.dumps({"inputs": "FLAN", "targets": "T"}) + "\n", "--template", "chatml")
    assert report["accepted"] == 2 and report["unread"] == {}


def test_two_contents_of_a_message_are_refused_where_they_differ(tmp_path):
    talk = lambda **more: json.dumps({"messages": [{"role": "user", "content": "q", **more}, {"role": "assistant", "content": "a"}]}) + "\n"
    _, report, rejects = run(tmp_path, talk(value="other") + talk(text="q") + talk(value="", text=None), "--template", "chatml", "--max-rejects", "100%")
    assert report["accepted"] == 2 and (rejects[0]["reason"], rejects[0]["field"]) == ("ambiguous-field", "messages[0].content")
    assert rejects[0]["remedy"] == "say which one counts: --field content=content"
    assert run(tmp_path, talk(value="other"), "--template", "chatml", "--overwrite", "--field", "content=value")[1]["accepted"] == 0
    _, report, _ = run(tmp_path, talk(value="other"), "--template", "chatml", "--overwrite", "--field", "content=content")
    assert report["accepted"] == 1
