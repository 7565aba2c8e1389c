"""`prep diff`: what differs between two data sets, or two ways to encode records, as the rows of `prep inspect --json` have it."""

import json

import pytest

from prep_command import prep

FLAGS = ("--context-length", 256, "--quiet", "--block-size", "64KiB")


def chat(number, weight=None, turns=2):
    messages = []
    for turn in range(turns):
        messages.append({"role": "user", "content": f"Question {number}.{turn}? " + "word " * (number % 7 * 9)})
        answer = {"role": "assistant", "content": f"Answer {turn} to {number}: " + "yes " * (number % 5 * 8)}
        messages.append(answer | ({} if weight is None else {"weight": weight}))
    return {"messages": messages}


def write(path, records):
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


@pytest.fixture(scope="module")
def chats(tmp_path_factory):
    return write(tmp_path_factory.mktemp("diff") / "chats.jsonl", [chat(number) for number in range(120)])


def made(folder, *arguments):
    prep("run", "--output", folder, "--template", "chatml", *FLAGS, *arguments)
    return folder


def diff(*arguments, examples=1000):
    result = prep("diff", *arguments, "--json", "--examples", examples, check=False)
    report = json.loads(result.stdout)
    assert result.returncode == (1 if report["differences"] else 0)
    assert sum(group["samples"] for group in report["differences"] if group["cause"] != "only-in-b") + report["same"] == report["a"]["samples"]
    assert sum(group["samples"] for group in report["differences"] if group["cause"] != "only-in-a") + report["same"] == report["b"]["samples"]
    return report, {group["cause"]: group for group in report["differences"]}


def samples(folder):
    """By the place of its record, each sample of a folder: ids, labels."""
    found = {}
    for line in prep("inspect", folder, "--row", "all", "--json", "--unpadded").stdout.splitlines():
        row = json.loads(line)
        sources = row["source"] if isinstance(row["source"], list) else [row["source"]]
        start = 0
        for source, length in zip(sources, row.get("segment_lengths", [len(row["input_ids"])]), strict=True):
            ids, labels = row["input_ids"][start:start + length], row["labels"][start:start + length]
            found[source["file"], source["line"]] = (ids, labels)
            start += length
    return found


def expected(one, other):
    """Causes by place, from the rows alone; packing apart."""
    causes = {}
    for place in one.keys() | other.keys():
        if place not in other:
            causes[place] = "only-in-a"
        elif place not in one:
            causes[place] = "only-in-b"
        elif one[place][0] != other[place][0]:
            short, long = sorted((one[place][0], other[place][0]), key=len)
            causes[place] = "length" if long[:len(short)] == short else "ids"
        elif one[place][1] != other[place][1]:
            causes[place] = "labels"
    return causes


def places(groups):
    return {(example["file"], example["line"]): cause for cause, group in groups.items() for example in group["examples"]}


def test_a_data_set_is_as_itself_with_other_threads_and_blocks(chats, tmp_path):
    one = made(tmp_path / "a", chats, "--threads", 1)
    report, groups = diff(one, made(tmp_path / "b", chats, "--block-size", "4KiB", "--threads", 2))
    assert groups == {} and report["same"] == 120


@pytest.mark.parametrize("flags,causes", [
    (["--loss", "last"], {"labels", "ids"}),
    (["--context-length", "60"], {"length", "only-in-a"}),
    (["--system", "Be brief."], {"ids"}),
    (["--limit", "100"], {"only-in-a"}),
])
def test_causes_are_those_of_the_rows(chats, tmp_path, flags, causes):
    one, other = made(tmp_path / "a", chats), made(tmp_path / "b", chats, *flags, "--max-rejects", "90%")
    for pair in ((one, other), (other, one)):
        _, groups = diff(*pair)
        found = places(groups)
        assert found == expected(samples(pair[0]), samples(pair[1])) and found
        if pair[0] == one:
            assert set(groups) <= causes
        for cause, group in groups.items():
            for example in group["examples"]:
                a, b = example["a"], example["b"]
                assert (a is None) == (cause == "only-in-b") and (b is None) == (cause == "only-in-a")
                for side, folder in ((a, pair[0]), (b, pair[1])):
                    if side:
                        ids, labels = samples_of(folder)[example["file"], example["line"]]
                        assert (side["input_ids"], side["labels"]) == (ids, labels)
                if a and b:
                    key = "labels" if cause == "labels" else "input_ids"
                    token = example["token"]
                    assert a[key][:token] == b[key][:token] and a[key][token:token + 1] != b[key][token:token + 1]


KNOWN = {}


def samples_of(folder):
    if folder not in KNOWN:
        KNOWN[folder] = samples(folder)
    return KNOWN[folder]


def test_packing_is_a_cause_of_its_own(chats, tmp_path):
    plain, packed = made(tmp_path / "a", chats), made(tmp_path / "b", chats, "--pack")
    report, groups = diff(plain, packed)
    rows = [json.loads(line) for line in prep("inspect", packed, "--row", "all", "--json").stdout.splitlines()]
    assert set(groups) == {"packing"} and report["same"] == len(rows) < 120
    again, groups = diff(packed, made(tmp_path / "c", chats, "--pack"))
    assert groups == {} and again["same"] == 120


def test_split_samples_are_joined(tmp_path):
    texts = write(tmp_path / "texts.jsonl", [{"text": f"{number} " + "long text " * (number * 23)} for number in range(30)])
    flags = ("--schema", "text", "--pack", "split", "--quiet")
    prep("run", texts, "--output", tmp_path / "a", "--context-length", 128, *flags)
    prep("run", texts, "--output", tmp_path / "b", "--context-length", 96, *flags)
    report, groups = diff(tmp_path / "a", tmp_path / "b")
    assert set(groups) == {"packing"} and report["a"]["samples"] == report["b"]["samples"] == 30


def test_weights_are_a_cause_of_their_own_and_files_of_other_names_are_compared_in_order(tmp_path):
    (tmp_path / "x").mkdir()
    a = made(tmp_path / "a", write(tmp_path / "x" / "a.jsonl", [chat(number, 0.5 if number < 4 else 1) for number in range(10)]))
    b = made(tmp_path / "b", write(tmp_path / "x" / "b.jsonl", [chat(number, 1.0 if number < 4 else 1) for number in range(10)]))
    report, groups = diff(a, b)
    assert set(groups) == {"weights"} and groups["weights"]["samples"] == 4 and report["same"] == 6


def test_files_are_found_by_their_names_in_any_order(tmp_path):
    x, y, z = (write(tmp_path / f"{name}.jsonl", [chat(number + shift) for number in range(20)]) for name, shift in (("x", 0), ("y", 3), ("z", 5)))
    report, groups = diff(made(tmp_path / "a", x, y), made(tmp_path / "b", y, z, x))
    assert report["same"] == 40 and {cause: group["samples"] for cause, group in groups.items()} == {"only-in-b": 20}
    assert {example["file"] for example in groups["only-in-b"]["examples"]} == {str(z)}


def test_records_are_compared_in_two_ways(chats, tmp_path):
    _, groups = diff(chats, "--template", "chatml", "--compare-template", "llama3", "--context-length", 256)
    a, b = made(tmp_path / "a", chats), tmp_path / "b"
    prep("run", chats, "--output", b, "--template", "llama3", *FLAGS)
    stored, stored_groups = diff(a, b)
    assert places(groups) == places(stored_groups) and set(groups) == {"ids"}
    # The specs of folders, and of a run file, over records of another file.
    other = write(tmp_path / "other.jsonl", [chat(number, turns=1) for number in range(200, 220)])
    recipe = tmp_path / "run.json"
    recipe.write_text(prep("show", "--recipe", b).stdout.decode())
    for second in (b, recipe):
        report, groups = diff(a, second, "--records", other)
        assert report["a"]["samples"] == 20 and set(groups) == {"ids"}
    report, groups = diff(a, a, "--records", other)
    assert groups == {}


def test_a_record_that_one_way_rejects_is_only_in_the_other_and_says_why(tmp_path):
    records = write(tmp_path / "r.jsonl", [chat(0), {"messages": [{"role": "user", "content": "x" * 2000}, {"role": "assistant", "content": "y"}]}, {"nothing": 1}])
    a, b = (made(tmp_path / name, write(tmp_path / "good.jsonl", [chat(1)]), *flags) for name, flags in (("a", ()), ("b", ("--context-length", 64))))
    report, groups = diff(a, b, "--records", records)
    assert report["rejected_by_both"] >= 1
    for cause in ("only-in-a", "only-in-b"):
        for example in groups.get(cause, {"examples": []})["examples"]:
            assert example["reason"]
    assert report["a"]["samples"] + report["rejected_by_both"] + groups.get("only-in-b", {"samples": 0})["samples"] == 3


def test_what_is_shown(chats, tmp_path):
    one, other = made(tmp_path / "a", chats), made(tmp_path / "b", chats, "--system", "Be brief.")
    shown = prep("diff", one, other, check=False).stdout.decode()
    assert "ids differ                             120" in shown and f"{chats}:1, row 0 of A, row 0 of B; first at token" in shown
    assert "\x1b[" not in shown and "\x1b[" in prep("diff", one, other, "--color", check=False).stdout.decode()
    (arrow,) = [line for line in shown.splitlines() if line.startswith("  → ")]
    assert arrow.split()[1].isdigit()
    assert "the specs differ" in shown


def test_wrong_command_lines(chats, tmp_path):
    one = made(tmp_path / "a", chats)
    for arguments, code, words in [
        ([one], 64, "compared with"), ([one, one, "--compare-template", "chatml"], 64, "not with B"),
        ([chats, "--compare-template", "chatml", "--records", chats], 64, "two folders"),
        ([one, tmp_path / "none"], 2, "there is no such folder"), ([one, chats], 2, "a data set is a folder"),
        ([one, chats, "--records", chats], 2, "run file"),
    ]:
        result = prep("diff", *arguments, check=False)
        assert result.returncode == code and words in result.stderr.decode(), (arguments, result.stderr)
    assert b"prep diff" in prep("dif", one, one, check=False).stderr
    failed = prep("diff", one, tmp_path / "none", "--json", check=False)
    assert json.loads(failed.stdout)["error"]["message"]
