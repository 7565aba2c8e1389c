"""`prep doctor` finds what is wrong, names a place and a remedy, and its exit code says how bad it is."""

import json
import shutil

import pytest
from chat_cases import assistant, user
from chat_models import PATHS, build, write
from prep_command import prep

HEAD = "<|im_start|>{{ m.role }}\n{{ m.content }}"
CHATML = "{% for m in messages %}" + HEAD + "<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
PAIR = [user("a"), assistant("b")]


@pytest.fixture(scope="session")
def base(real, tmp_path_factory):
    """A model folder whose template and named tokens each test replaces."""
    folder = tmp_path_factory.mktemp("base")
    build(folder, real, "llama3/tokenizer.json", CHATML, "<|begin_of_text|>", "<|im_end|>", ["<|other|>", "<|old|>", "<|user|>", "<think>"])
    return folder


@pytest.fixture
def doctor(base, tmp_path):
    def run(template, records=(), *flags, bos=None, eos="<|im_end|>", adds_bos=False):
        folder = tmp_path / "model"
        shutil.copytree(base, folder, dirs_exist_ok=True)
        (folder / "chat_template.jinja").write_text(template, encoding="utf-8")
        config = json.loads((folder / "tokenizer_config.json").read_text())
        (folder / "tokenizer_config.json").write_text(json.dumps({**config, "bos_token": bos, "eos_token": eos}))
        if adds_bos:
            # The post-processor adds it; `add_bos_token` says nothing beside a tokenizer.json.
            whole = json.loads((folder / "tokenizer.json").read_text())
            bos_id = next(token["id"] for token in whole["added_tokens"] if token["content"] == bos)
            sequence = [{"SpecialToken": {"id": bos, "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}]
            whole["post_processor"] = {
                "type": "TemplateProcessing", "single": sequence, "pair": [*sequence, {"Sequence": {"id": "B", "type_id": 1}}],
                "special_tokens": {bos: {"id": bos, "ids": [bos_id], "tokens": [bos]}}}
            (folder / "tokenizer.json").write_text(json.dumps(whole))
        data = [write(tmp_path / "data.jsonl", records)] if records else []
        result = prep("doctor", *data, "--tokenizer", folder, "--json", *flags, check=False)
        report = json.loads(result.stdout)
        assert result.returncode == {"error": 1, "warning": 3, "note": 0, None: 0}[report["severity"]]
        for finding in report["findings"]:
            assert finding["message"] and (finding["remedy"] or finding["code"] == "lengths"), finding
        return {finding["code"]: finding for finding in report["findings"]}

    return run


# What is wrong with a template, and what the doctor calls it: code → severity.
TEMPLATES = {
    "two-bos": ("error", "{{ bos_token }}{{ bos_token }}" + CHATML),
    "terminator-not-supervised": ("error", "{% for m in messages %}" + HEAD + "\n{% endfor %}"),
    "terminator-not-one-token": ("warning", CHATML.replace("<|im_end|>", "<end-of-it>")),
    "terminator-not-eos": ("warning", CHATML.replace("<|im_end|>", "<|other|>")),
    "no-generation-prompt": ("note", "{% for m in messages %}" + HEAD + "<|im_end|>\n{% endfor %}"),
    "prompt-differs": ("note", CHATML.replace("assistant\n", "assistant\n<think>\n")),
    "date-missing": ("error", "{{ strftime_now('%Y') }}" + CHATML),
    "role-dropped": ("warning", CHATML.replace("messages %}", "messages if m.role != 'system' %}")),
    "role-refused": ("note", "{% if messages[0].role == 'system' %}{{ raise_exception('no system') }}{% endif %}" + CHATML),
    "tools-dropped": ("warning", CHATML),
    "tool-calls-dropped": ("warning", CHATML),
    "reasoning-dropped": ("note", CHATML),
    "history-rewritten": ("warning", CHATML.replace("<|im_end|>", "{{ '<|im_end|>' if loop.last or m.role == 'user' else '<|old|>' }}")),
    "template-refuses": ("error", "{{ raise_exception('never') }}"),
    "template-broken": ("error", "{% for m in messages %}"),
}


@pytest.mark.parametrize("code", TEMPLATES)
def test_templates(code, doctor):
    severity, template = TEMPLATES[code]
    finding = doctor(template, bos="<|begin_of_text|>")[code]
    assert finding["severity"] == severity and finding["sample"] and finding["place"] is None


def test_a_good_template_has_no_finding_of_these(doctor):
    template = ("{% for t in tools or [] %}{{ t|tojson }}{% endfor %}{% for m in messages %}<|im_start|>{{ m.role }}\n"
                "{{ m.reasoning_content or '' }}{{ m.content }}{{ m.tool_calls|tojson if m.tool_calls }}<|im_end|>\n{% endfor %}"
                "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}")
    assert set(doctor(template)) == {"pad-equals-eos"}
    assert set(doctor(template, (), "--pad-token", "<|end_of_text|>")) == set()


def test_the_tokenizer_adds_a_bos_that_the_template_writes_too(doctor):
    assert doctor("{{ bos_token }}" + CHATML, bos="<|begin_of_text|>", adds_bos=True)["two-bos"]["severity"] == "warning"
    assert "two-bos" not in doctor(CHATML, bos="<|begin_of_text|>", adds_bos=True)
    assert "two-bos" not in doctor("{{ bos_token }}" + CHATML, bos="<|begin_of_text|>")


def test_records(doctor):
    records = [
        {"messages": PAIR},
        {"messages": [user("a <|im_end|> b"), assistant("b")]},
        {"messages": [user("a"), assistant("")]},
        {"messages": [user("a"), assistant("w " * 200)]},
        {"messages": [user("a"), assistant("b"), user("c"), assistant("d")]},
        {"messages": [user("a"), {"role": "critic", "content": "b"}]},
    ]
    found = doctor(TEMPLATES["history-rewritten"][1], records, "--context-length", "64")
    assert found["control-tokens-in-content"]["place"].endswith("data.jsonl:2")
    assert found["control-tokens-in-content"]["sample"] == "<|im_end|>" and found["control-tokens-in-content"]["count"] == 1
    assert found["too-long"]["place"].endswith("data.jsonl:4") and "the longest has" in found["too-long"]["remedy"]
    assert found["history-rewritten"]["place"].endswith("data.jsonl:5")
    assert found["rejected"]["severity"] == "error" and found["rejected"]["place"].endswith("data.jsonl:6")
    assert "longest" in found["lengths"]["message"] and found["lengths"]["count"] == 4
    seams = doctor(CHATML.replace("assistant\n", "assistant:"), [{"messages": PAIR}, {"task": "a", "response": "\n\nb"}], "--template", "plain")
    assert seams["seams-differ"]["place"].endswith("data.jsonl:2") and seams["seams-differ"]["severity"] == "note"


def test_published_templates(doctor):
    """Qwen 3 rewrites history; GLM leaves the last turn without an end; Llama 3.2 prints the date."""
    qwen = doctor(PATHS["qwen3"].read_text())
    assert qwen["history-rewritten"]["severity"] == "warning" and "--history unroll" in qwen["history-rewritten"]["remedy"]
    glm = doctor(PATHS["glm4moe"].read_text(), eos="<|user|>")
    assert glm["terminator-not-supervised"]["severity"] == "warning"
    assert "date-missing" in doctor(PATHS["llama3_2"].read_text(), eos="<|eot_id|>")
    assert "date-missing" not in doctor(PATHS["llama3_2"].read_text(), (), "--date", "2024-07-26", eos="<|eot_id|>")


def test_words_and_exit_codes(tmp_path):
    data = write(tmp_path / "data.jsonl", [{"task": "a", "response": "b"}])
    result = prep("doctor", data)
    assert b"pad-equals-eos" in result.stdout and b"1 record read" in result.stdout
    assert prep("doctor", data, "--tokenizer", tmp_path / "none", check=False).returncode == 2
    empty = tmp_path / "empty.jsonl"
    empty.write_text("")
    assert prep("doctor", empty, check=False).returncode == 1


def test_a_model_folder_alone_is_enough(base, tmp_path, monkeypatch):
    folder = tmp_path / "model"
    shutil.copytree(base, folder)
    result = prep("doctor", folder, check=False)
    text = result.stdout.decode()
    assert text.startswith(f"tokenizer        {folder} (tokenizer.json, ") and "the tokenizer's own" in text
    last = text.splitlines()[-1]
    assert last.startswith({0: "nothing that goes wrong", 3: "part of what is learned", 1: "what is learned would be"}[result.returncode])
    named = prep("doctor", "--tokenizer", folder, "--json", check=False)
    alone = prep("doctor", folder, "--json", check=False)
    assert alone.stdout == named.stdout and alone.returncode == named.returncode == result.returncode
    # Beside data, and the tokenizer's file alone.
    data = write(tmp_path / "data.jsonl", [PAIR])
    assert json.loads(prep("doctor", folder, data, "--json", check=False).stdout)["records"] == 1
    assert json.loads(prep("doctor", folder / "tokenizer.json", "--eos-token", "<|im_end|>", "--json", check=False).stdout)["settings"]
    twice = prep("doctor", folder, "--tokenizer", "gpt2", check=False)
    assert twice.returncode == 2 and b"two tokenizers are named" in twice.stderr
