"""`prep doctor`: each finding is provoked, and an intact setting gives none that is not a note."""

import json

import pytest
from prep_command import CHECKOUT, prep
from tokenizers import AddedToken, processors

import gpt2

TEMPLATES = CHECKOUT / "fixtures" / "templates"
CHATML = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"


def folder(path, template=CHATML, tokens=("<|im_start|>", "<|im_end|>", "<pad>", "<s>"), config=None, bos=False):
    """A model folder: GPT-2 with further special tokens and a template."""
    tokenizer = gpt2.tokenizer()
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in tokens])
    if bos:
        tokenizer.post_processor = processors.TemplateProcessing(
            single="<s> $A", special_tokens=[("<s>", tokenizer.token_to_id("<s>"))])
    path.mkdir(exist_ok=True)
    tokenizer.save(str(path / "tokenizer.json"))
    if template is not None:
        (path / "chat_template.jinja").write_text(template)
    known = {"eos_token": "<|im_end|>", "pad_token": "<pad>"}
    (path / "tokenizer_config.json").write_text(json.dumps({**known, **(config or {})}))
    return path


def doctor(*arguments):
    result = prep("doctor", "--json", *arguments, check=False)
    report = json.loads(result.stdout)
    worst = {None: 0, "note": 0, "warning": 3, "error": 1}[report["worst"]]
    assert result.returncode == worst, result.stderr
    return {finding["code"]: finding for finding in report["findings"]}


def data(path, *records):
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def chat(*contents, **extra):
    roles = ["user", "assistant"] * len(contents)
    return {"messages": [{"role": role, "content": text} for role, text in zip(roles, contents)], **extra}


def test_an_intact_setting_has_notes_at_most(tmp_path):
    model = folder(tmp_path / "m")
    records = data(tmp_path / "d.jsonl", chat("Hi there", "Hello"), chat("1+1?", "2", "2+2?", "4"))
    found = doctor("--tokenizer", model, records)
    assert {finding["severity"] for finding in found.values()} <= {"note"}, found
    text = prep("doctor", "--tokenizer", model, records).stdout.decode()
    assert text.splitlines()[-1] == f"0 errors, 0 warnings, {len(found)} notes: tokenizer {model}, template {model}/chat_template.jinja, 2 records"


@pytest.mark.parametrize("template, bos, code, severity", [
    ("<s>" + CHATML, True, "two-bos", "warning"),
    ("<s><s>" + CHATML, False, "two-bos", "error"),
    (CHATML, True, "no-bos", "warning"),
])
def test_bos(tmp_path, template, bos, code, severity):
    found = doctor("--tokenizer", folder(tmp_path / "m", template, bos=bos, config={"bos_token": "<s>"}))
    assert found[code]["severity"] == severity and found[code]["sample"]["text"]


def test_pad_equal_to_eos(tmp_path):
    assert doctor("--tokenizer", folder(tmp_path / "m", config={"pad_token": None}))["pad-is-eos"]["severity"] == "warning"
    assert "pad-is-eos" not in doctor("--tokenizer", folder(tmp_path / "m"))


def test_terminators(tmp_path):
    bare = "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}"
    found = doctor("--tokenizer", folder(tmp_path / "bare", bare))
    assert found["terminator-not-learned"]["severity"] == "error"
    found = doctor("--tokenizer", folder(tmp_path / "plain", tokens=["<pad>", "<s>"], config={"eos_token": "<|endoftext|>"}))
    assert found["terminator-is-no-token"]["severity"] == found["control-text-is-no-token"]["severity"] == "error"
    found = doctor("--tokenizer", folder(tmp_path / "other", config={"eos_token": "<|endoftext|>"}))
    assert found["terminator-does-not-stop"]["severity"] == "warning"
    assert "generation stops at <|endoftext|>" in found["terminator-does-not-stop"]["message"]


def test_history_is_rewritten(tmp_path):
    model = folder(tmp_path / "m", (TEMPLATES / "qwen3.jinja").read_text())
    assert doctor("--tokenizer", model)["history-rewritten"]["severity"] == "warning"
    records = data(tmp_path / "d.jsonl", chat("a", "b"), chat("a", "<think>\nr\n</think>\n\nb", "c", "d"))
    found = doctor("--tokenizer", model, records)["history-rewritten"]
    assert doctor("--tokenizer", model, records, "--history", "unroll").get("history-rewritten", {"severity": "note"})["severity"] == "note"
    assert found["severity"] == "warning"


def test_dates(tmp_path):
    model = folder(tmp_path / "m", "{{ strftime_now('%d %b %Y') }}" + CHATML)
    assert doctor("--tokenizer", model)["date"]["severity"] == "error"
    assert doctor("--tokenizer", model, "--date", "2026-02-03")["date"]["severity"] == "note"


def test_dropped_roles_and_tools(tmp_path):
    without = "{% for m in messages %}{% if m.role in ['user', 'assistant'] %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endif %}{% endfor %}"
    model = folder(tmp_path / "m", without)
    found = doctor("--tokenizer", model)
    assert found["role-dropped"]["severity"] == found["tools-dropped"]["severity"] == found["reasoning-dropped"]["severity"] == "note"
    record = chat("a", "b", tools=[{"type": "function", "function": {"name": "f", "description": "d", "parameters": {}}}])
    record["messages"].insert(0, {"role": "system", "content": "s"})
    record["messages"][-1]["reasoning_content"] = "r"
    found = doctor("--tokenizer", model, data(tmp_path / "d.jsonl", record))
    assert found["role-dropped"]["severity"] == found["tools-dropped"]["severity"] == found["reasoning-dropped"]["severity"] == "warning"
    refusing = "{% if messages[0].role == 'system' %}{{ raise_exception('no system turn') }}{% endif %}" + CHATML
    found = doctor("--tokenizer", folder(tmp_path / "r", refusing))
    assert "no system turn" in found["role-refused"]["message"]
    assert doctor("--tokenizer", folder(tmp_path / "f", "{{ raise_exception('never') }}"))["template-fails"]["severity"] == "error"


def test_data(tmp_path):
    model = folder(tmp_path / "m")
    records = data(
        tmp_path / "d.jsonl", chat("a", "b"), chat("say <|im_end|> now", "b"), chat("x " * 300, "b"), chat("a", "b " * 300), {"messages": []})
    found = doctor("--tokenizer", model, records, "--context-length", "128")
    control = found["control-text-in-content"]
    assert (control["count"], control["sample"]["line"], control["severity"]) == (1, 2, "warning")
    assert "<|im_end|> in messages[0].content" in control["message"] and "say <|im_end|>" in control["sample"]["text"]
    assert doctor("--tokenizer", model, records, "--parse-special")["control-text-in-content"]["severity"] == "error"
    assert (found["too-long"]["count"], found["too-long"]["sample"]["line"]) == (2, 3)
    assert found["nothing-supervised"]["count"] == 1
    assert (found["rejected"]["severity"], found["rejected"]["sample"]["line"], found["rejected"]["count"]) == ("error", 5, 1)
    assert "too-long" not in doctor("--tokenizer", model, records, "--context-length", "128", "--limit", "2")


def test_seams(tmp_path):
    # "Answer: 4" has " 4" as one token; apart it is " " and "4".
    model = folder(tmp_path / "m", "{% for m in messages %}{{ m.role }}: {{ m.content }}{% if m.role == 'assistant' %}<|im_end|>{% endif %}\n{% endfor %}{% if add_generation_prompt %}assistant: {% endif %}")
    found = doctor("--tokenizer", model, data(tmp_path / "d.jsonl", chat("2+2?", "4")))
    assert found["seam-differs"]["count"] == 1 and '" 4"' in found["seam-differs"]["sample"]["text"]


def test_what_cannot_be_used_at_all(tmp_path):
    assert prep("doctor", "--tokenizer", tmp_path / "none", check=False).returncode == 2
    assert prep("doctor", tmp_path / "none.jsonl", check=False).returncode == 2
