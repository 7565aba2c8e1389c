"""The keyword arguments are the command's options, and what is in the wrong place is refused by name."""

import subprocess
import sys

import numpy
import prep
import pytest
from places import CHECKOUT
from prep import _options

NATIVE = CHECKOUT / "python" / "prep" / "_native" / "prep"


def test_the_module_is_made_from_the_commands_own_table():
    sys.path.append(str(CHECKOUT / "Scripts"))
    import python_options

    assert python_options.module(NATIVE) == python_options.MODULE.read_text(), "run Scripts/python_options.py"


def test_the_library_knows_the_options_that_decide_rows():
    for name in _options.EncodeOptions.__annotations__:
        with pytest.raises(prep.PrepError) as caught:
            # No option takes a list of lists.
            prep.RecordEncoder(**{name: [[]]})
        assert "no flag" not in str(caught.value) and "no option" not in str(caught.value), name


@pytest.mark.parametrize("call, what", [
    (lambda t: t.decode([1.7]), "whole numbers, not float64"),
    (lambda t: t.decode("12"), "not str"),
    (lambda t: t.decode([[1], [2]]), "shape"),
    (lambda t: t.decode([True]), "not bool"),
    (lambda t: t.decode({1: 2}), "not dict"),
    (lambda t: t.decode_batch("12"), "not one str"),
    (lambda t: t.decode_batch([[1.5]]), "whole numbers"),
    (lambda t: t.encode_batch("abc"), "not one str"),
    (lambda t: t.encode_batch({"a": 1}), "not one dict"),
    (lambda t: t.encode_batch(["a", 3]), "not int"),
    (lambda t: t.encode(["a"]), "not list"),
    (lambda t: t.encode(None), "not NoneType"),
    (lambda t: t.encode("a", dtype="nonsense"), "nonsense"),
    (lambda t: prep.Tokenizer(special_tokens=["a"]), "not list"),
    (lambda t: prep.encode_records({"task": "a", "response": "b"}), "not one dict"),
    (lambda t: prep.encode_records('{"task": "a"}'), "not one str"),
    (lambda t: prep.encode_records([1.5]), "record 0.*not float"),
    (lambda t: prep.encode_records(7), "not one int"),
    (lambda t: prep.encode_records([], columns="labels"), r"columns=\['labels'\]"),
    (lambda t: prep.encode_records([], context_length=1.5), "context_length"),
    (lambda t: prep.encode_records([], rejects="drop"), "keep"),
])
def test_what_is_in_the_wrong_place_is_refused_by_name(call, what):
    with pytest.raises(prep.PrepError, match=what):
        call(prep.Tokenizer())


def test_ids_are_taken_as_they_come():
    tokenizer = prep.Tokenizer()
    for ids in ([15496, 995], (15496, 995), numpy.array([15496, 995], numpy.uint16), numpy.array([15496, 995], numpy.int32)):
        assert tokenizer.decode(ids) == "Hello world"
    assert tokenizer.decode([]) == "" and tokenizer.decode_batch([[], [995]]) == ["", " world"]
    # A lone surrogate is not text.
    with pytest.raises(prep.PrepError, match="UTF-8"):
        tokenizer.encode("\ud800")


def test_rows_are_asked_for_by_whole_numbers(folders):
    data = prep.Dataset(folders["plain"])
    for call in (lambda: data.read([1.5]), lambda: data.lengths([True])):
        with pytest.raises(prep.PrepError, match="whole numbers"):
            call()
    with pytest.raises(TypeError):
        data[1.5]
    with pytest.raises(prep.PrepError, match="columns="):
        prep.Dataset(folders["plain"], columns="labels")


def test_errors_say_where(tmp_path):
    (tmp_path / "tokenizer.json").write_text("{\n  oh\n}")
    with pytest.raises(prep.PrepError) as caught:
        prep.Tokenizer(tmp_path / "tokenizer.json")
    assert caught.value.file == str(tmp_path / "tokenizer.json") and caught.value.line == 2 and caught.value.kind == "tokenizer"
    with pytest.raises(prep.PrepError) as caught:
        prep.Dataset(tmp_path)
    assert caught.value.file and caught.value.line is None


def test_a_misspelled_option_fails_the_type_check(tmp_path):
    (tmp_path / "script.py").write_text("""
import prep
prep.run("a.jsonl", output="out", max_rejects="2%", truncate="left", pack=True)
prep.run("a.jsonl", output="out", max_reject="2%")
prep.encode_records([], truncate="up")
prep.RecordEncoder(contextlength=3)
prep.Dataset("out")[0]["label"]
""")
    output = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", tmp_path / "cache", tmp_path / "script.py"],
        cwd=CHECKOUT / "python", capture_output=True, text=True).stdout
    lines = [int(line.split(":")[1]) for line in output.splitlines() if "error:" in line]
    assert lines == [4, 5, 6, 7], output
