"""The numbers of `stats`, `plan`, `report` and the page of `inspect` are those of the rows that `inspect --json` prints."""

import base64
import json
import re
import shutil
import subprocess

import numpy as np
import pytest

from prep_command import CHECKOUT, prep

CHROMIUM = next((found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None)
HOSTILE = [
    {"task": "</script><script>document.title='pwned'</script>", "context": "<img src=x onerror=alert(1)>",
     "response": "\x1b[31mred\x1b[0m \u202etxt.exe <!-- "},
    {"task": "nothing", "response": ""},
    {"messages": [{"role": "user", "content": "日本語 🙂"}, {"role": "assistant", "content": "café\n\tlast"}]},
]


@pytest.fixture(scope="module")
def records(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    lines = (CHECKOUT / "fixtures" / "gsm8k.jsonl").read_text().splitlines()[:300]
    path = folder / "data.jsonl"
    path.write_text("\n".join([*lines, *(json.dumps(r, ensure_ascii=False) for r in HOSTILE)]) + "\n")
    return path


OPTIONS = ["--context-length", 224, "--template", "chatml", "--max-rejects", "100%"]


@pytest.fixture(scope="module", params=[[], ["--pack"]], ids=["padded", "packed"])
def data_set(request, records):
    output = records.parent / f"set{len(request.param)}"
    prep("run", records, "--output", output, *OPTIONS, *request.param, "--quiet")
    return output


def samples_of(data_set):
    """(tokens, learned, last id, whether it is learned) of every stored sample."""
    found = []
    for line in prep("inspect", data_set, "--row", "all", "--json", "--unpadded").stdout.splitlines():
        row = json.loads(line)
        start = 0
        for length in row.get("segment_lengths") or [len(row["input_ids"])]:
            ids, labels = row["input_ids"][start : start + length], row["labels"][start : start + length]
            found.append((length, sum(label != -100 for label in labels), ids[-1], labels[-1] != -100))
            start += length
    return found


def payload(page: str) -> dict:
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.S).group(1))


def column(text, kind):
    return np.frombuffer(base64.b64decode(text), kind).tolist()


def test_stats_are_those_of_the_rows(data_set):
    samples = samples_of(data_set)
    stats = json.loads(prep("stats", data_set, "--json").stdout)
    for place, name in ((0, "tokens"), (1, "learned")):
        values = sorted(sample[place] for sample in samples)
        told = stats["all"][name]
        assert told["sum"] == sum(values) and told["least"] == values[0] and told["most"] == values[-1]
        for percent in (1, 5, 25, 50, 75, 90, 95, 99):
            assert told[f"p{percent}"] == np.percentile(values, percent, method="inverted_cdf"), percent
    assert stats["all"]["samples"] == len(samples)
    ends = {end["id"]: (end["samples"], end["learned"]) for end in stats["ends"]}
    assert ends == {
        last: (sum(s[2] == last for s in samples), sum(s[2] == last and s[3] for s in samples))
        for last in {s[2] for s in samples}}
    lines = prep("stats", data_set, "--csv").stdout.decode().splitlines()
    assert lines[0] == "length,samples,learned"
    counted = {int(a): (int(b), int(c)) for a, b, c in (line.split(",") for line in lines[1:])}
    assert all(sum(s[0] == n for s in samples) == a and sum(s[1] == n for s in samples) == b for n, (a, b) in counted.items())
    assert sum(a for a, _ in counted.values()) == len(samples)
    shown = prep("stats", data_set).stdout.decode()
    assert f"{sum(s[0] for s in samples):,} tokens" in shown and "█" in shown


def test_the_page_of_a_folder_holds_the_rows(data_set, tmp_path):
    page_file = tmp_path / "page.html"
    prep("report", data_set, "--output", page_file)
    page = page_file.read_text()
    data, samples = payload(page), samples_of(data_set)
    listed = data["samples"]
    assert listed["count"] == listed["total"] == len(samples)
    assert list(zip(column(listed["tokens"], "<u4"), column(listed["learned"], "<u4"))) == [s[:2] for s in samples]
    # Every token of every sample has an author, once.
    assert sum(author["tokens"] for author in data["authors"]) == sum(s[0] for s in samples)
    assert sum(author["learned"] for author in data["authors"]) == sum(s[1] for s in samples)
    assert sum(data["histograms"]["tokens"]["counts"]) == len(samples)
    assert [(r["reason"], r["count"]) for r in data["rejects"]] == [("empty-response", 1)]
    report = json.loads(prep("stats", data_set, "--json").stdout)["all"]
    flags = column(listed["flags"], "u1")
    assert sum(flag & 1 for flag in flags) == report["truncated"] > 0
    for index, view in data["detail"].items():
        variant = view["variants"][0]
        learned = sum(variant["segments"][token[2]][3] for token in variant["tokens"])
        assert (len(variant["tokens"]), learned) == samples[int(index)][:2]
        text = "".join(segment[0] for segment in variant["segments"]).encode()
        for number, shown, segment, start, end in variant["tokens"]:
            if "\ufffd" not in shown and end > start:
                assert text[start:end].decode() == shown
    assert "http:" not in page.replace("http://www.w3.org/2000/svg", "") and "https:" not in page


def test_records_have_a_page_too(records, tmp_path):
    page_file = tmp_path / "page.html"
    prep("inspect", records, "--record", "all", "--html", page_file, *OPTIONS[:4])
    data = payload(page_file.read_text())
    rows = [json.loads(line) for line in prep(
        "inspect", records, "--record", "all", "--json", "--unpadded", *OPTIONS[:4], check=False).stdout.splitlines()]
    assert column(data["samples"]["tokens"], "<u4") == [len(row["input_ids"]) for row in rows]
    assert data["totals"]["records"] == 303 and data["totals"]["accepted"] == 302
    assert data["rejects"][0]["examples"][0]["line"] == 302


def test_a_folder_is_sent_to_its_own_command(data_set, tmp_path):
    result = prep("inspect", data_set, "--html", tmp_path / "x.html", check=False)
    assert result.returncode == 2 and b"prep report" in result.stderr


def test_a_page_without_its_input_says_so(records, tmp_path):
    copy = tmp_path / "copy.jsonl"
    copy.write_bytes(records.read_bytes())
    prep("run", copy, "--output", tmp_path / "set", *OPTIONS, "--quiet")
    copy.unlink()
    result = prep("report", tmp_path / "set", "--output", tmp_path / "page.html")
    assert b"no texts" in result.stderr and b"copy.jsonl" in result.stderr
    data = payload((tmp_path / "page.html").read_text())
    assert data["detail"] == {} and data["samples"]["count"] > 0
    assert any("not shown" in line["text"] for line in data["verdict"])


def test_the_page_in_a_browser(data_set, tmp_path):
    """Scripts run, nothing of a record becomes markup, and every sample is listed."""
    assert CHROMIUM, "chromium is not installed: make setup installs it"
    page_file = tmp_path / "page.html"
    prep("report", data_set, "--output", page_file)
    dom = subprocess.run(
        [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=4000", f"--user-data-dir={tmp_path}/profile",
         "--dump-dom", f"file://{page_file}#{records_name(data_set)}:301"],
        capture_output=True, text=True, timeout=120).stdout
    count = len(samples_of(data_set))
    body = dom[dom.index('<main id="page">') : dom.index('<script type="application/json"')]
    assert f"{count} shown" in body
    assert "<title>prep report" in dom and "pwned" not in dom[: dom.index("</title>")]
    # The hostile record is the one that the link names; its text is shown, its markup is not.
    assert "&lt;/script&gt;&lt;script&gt;" in body and "<img" not in body and "onerror=alert" in body
    assert "\\u{1b}" in body and "\\u{202e}" in body


def records_name(data_set):
    return data_set.parent / "data.jsonl"


def test_a_plan_counts_what_each_length_would_cut(records):
    plan = json.loads(prep("plan", records, "--template", "chatml", "--every", 1, "--context-length", 224, "--json").stdout)
    rows = [json.loads(line) for line in prep(
        "inspect", records, "--record", "all", "--json", "--unpadded", "--context-length", 100000, "--template", "chatml",
        check=False).stdout.splitlines()]
    lengths = [len(row["input_ids"]) for row in rows]
    assert plan["samples"] == len(rows) and plan["tokens"] == sum(lengths) and plan["rejected"] == 1
    assert plan["learned_tokens"] == sum(label != -100 for row in rows for label in row["labels"])
    for choice in plan["context_lengths"]:
        limit = choice["context_length"]
        assert choice["truncated"] == sum(n > limit for n in lengths)
        assert choice["lost_tokens"] == sum(label != -100 for row in rows for label in row["labels"][limit:])
        assert choice["tokens"] == sum(min(n, limit) for n in lengths)
    assert {256, 224, 512} <= {choice["context_length"] for choice in plan["context_lengths"]}
    shown = prep("plan", records, "--template", "chatml", "--every", 10, "--batch", 8).stdout.decode()
    assert "context length" in shown and "303 records, 31 of them encoded" in shown


def dom_of(page, profile):
    return subprocess.run(
        [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}", "--dump-dom", f"file://{page}"],
        capture_output=True, text=True, timeout=120).stdout


def test_a_page_of_25_000_samples_opens_in_two_seconds(records, tmp_path):
    assert CHROMIUM, "chromium is not installed: make setup installs it"
    lines = records.read_text().splitlines()[:300]
    (tmp_path / "many.jsonl").write_text("".join(lines[n % 300] + "\n" for n in range(25_000)))
    prep("run", tmp_path / "many.jsonl", "--output", tmp_path / "set", "--template", "chatml", "--quiet")
    page = tmp_path / "page.html"
    prep("report", tmp_path / "set", "--output", page)
    assert page.stat().st_size < 3_000_000
    dom = dom_of(page, tmp_path / "profile")
    assert "25,000 shown" in dom
    assert int(re.search(r'data-ready="(\d+)"', dom)[1]) < 2000


def test_marks_are_those_of_the_records(tmp_path):
    """What a template leaves out, and what is tokenized otherwise in one go, is marked and can be filtered."""
    turns = lambda *more: {"messages": [{"role": "user", "content": "Hi"}, *more, {"role": "assistant", "content": "Hello there"}]}
    rows = [turns(), turns({"role": "tool", "content": "not shown"}), {"task": "2+2=", "response": "4"}, {"task": "a", "response": "b "}]
    (tmp_path / "data.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "t.jinja").write_text(
        "{% for m in messages %}{% if m.role != 'tool' %}{{ m.role }}:{{ m.content | trim }}{% if m.role == 'assistant' %}{{ eos_token }}{% endif %}{% endif %}"
        "{% endfor %}{% if add_generation_prompt %}assistant:{% endif %}")
    options = ["--tokenizer", "gpt2", "--template", tmp_path / "t.jinja", "--allow-dropped"]
    prep("run", tmp_path / "data.jsonl", "-o", tmp_path / "set", *options, "--quiet")
    prep("report", tmp_path / "set", "-o", tmp_path / "set.html")
    prep("inspect", tmp_path / "data.jsonl", "--record", "all", "--html", tmp_path / "records.html", *options)
    split, joint = (
        [json.loads(line)["input_ids"] for line in prep(
            "inspect", tmp_path / "data.jsonl", "--record", "all", "--json", "--unpadded", *options, "--seam", seam).stdout.splitlines()]
        for seam in ("split", "joint"))
    for name in ("set.html", "records.html"):
        flags = column(payload((tmp_path / name).read_text())["samples"]["flags"], "u1")
        # White space that a template trims is no text that is missed.
        assert [bool(flag & 4) for flag in flags] == [False, True, False, False], name
        assert [bool(flag & 8) for flag in flags] == [a != b for a, b in zip(split, joint)], name


def test_two_templates_and_two_tokenizers_are_compared(records, data_set, tmp_path):
    prep("report", data_set, "-o", tmp_path / "page.html", "--compare-template", "alpaca")
    data = payload((tmp_path / "page.html").read_text())
    assert data["variants"] == ["chatml", "alpaca"]
    samples = samples_of(data_set)
    own, other = data["comparison"]["own"], data["comparison"]["other"]
    assert (own["samples"], own["tokens"], own["learned"]) == (len(samples), sum(s[0] for s in samples), sum(s[1] for s in samples))
    # The other way is what a run that way stores; of messages, which that one rejects, it is the data set's own template.
    messages = len(json.loads(prep("inspect", records, "--record", 302, "--json", "--unpadded", *OPTIONS[:4]).stdout)["input_ids"])
    prep("run", records, "-o", tmp_path / "other", *OPTIONS[:2], "--template", "alpaca", "--max-rejects", "100%", "--quiet")
    stored = samples_of(tmp_path / "other")
    assert other["samples"] == len(stored) + 1 and other["tokens"] == sum(s[0] for s in stored) + messages
    both = [view for view in data["detail"].values() if len(view["variants"]) == 2]
    assert both and len(both) == len(data["detail"])
    text = lambda variant: "".join(segment[0] for segment in variant["segments"])
    assert any("<|im_start|>" in text(view["variants"][0]) and "### Response" in text(view["variants"][1]) for view in both)
    dom = dom_of(tmp_path / "page.html", tmp_path / "profile")
    assert "Compared" in dom and "alpaca: what the template made of it" in dom
    # The same template again learns the same everywhere.
    prep("report", data_set, "-o", tmp_path / "same.html", "--compare-template", "chatml")
    same = payload((tmp_path / "same.html").read_text())["comparison"]
    assert same["differing"] == same["missing"] == 0 and same["own"] == same["other"]
    prep("report", data_set, "-o", tmp_path / "gpt2.html", "--compare-tokenizer", "gpt2")
    assert payload((tmp_path / "gpt2.html").read_text())["variants"] == ["gpt2", "gpt2"]
    for flags in (["--compare-template", "alpaca", "--compare-tokenizer", "gpt2"],):
        result = prep("report", data_set, *flags, check=False)
        assert result.returncode == 64 and b"exclude each other" in result.stderr
    result = prep("inspect", records, "--record", "0", "--compare-template", "alpaca", check=False)
    assert result.returncode == 64 and b"go with --html" in result.stderr
    prep("inspect", records, "--record", "0", "--html", tmp_path / "one.html", "--template", "chatml", "--compare-template", "llama3")
    assert payload((tmp_path / "one.html").read_text())["variants"] == ["chatml", "llama3"]
