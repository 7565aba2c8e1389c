"""What random tests found once, replayed: each file of `FailCases` is a tokenizer with the texts or ids on which prep differed."""

import json

import pytest
from tokenizers import Tokenizer

import comparison


@pytest.mark.parametrize("name", sorted(path.stem for path in comparison.FAIL_CASES.glob("*.json")))
def test_replay(name, tmp_path):
    case = json.loads((comparison.FAIL_CASES / f"{name}.json").read_text(encoding="utf-8"))
    path = tmp_path / "tokenizer.json"
    path.write_text(json.dumps(case["tokenizer"]))
    tokenizer = Tokenizer.from_file(str(path))
    if case["texts"]:
        comparison.compare(path, tokenizer, case["texts"], *case["flags"])
    if case["ids"]:
        comparison.compare_decoding(path, tokenizer, case["ids"])
