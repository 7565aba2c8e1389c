"""`prep.encode_records` against what `prep run` stores and `prep inspect` prints."""

import json
import pickle
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy
import prep
import pytest
from places import GSM8K

RECORDS = [json.loads(line) for line in GSM8K.read_text().splitlines()]
CHAT = [{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!"}]}]


def test_rows_are_those_of_the_run(inspected):
    padded, unpadded = inspected["plain"]
    rows = prep.encode_records(RECORDS, context_length=320)
    short = prep.encode_records(RECORDS, context_length=320, padded=False, dtype=numpy.int32)
    assert len(rows) == len(short) == len(padded) and rows["labels"].shape == (len(RECORDS), 320)
    for columns, found in ((padded, rows), (unpadded, short)):
        for row, expected in zip(found, columns, strict=True):
            for name in ("input_ids", "labels", "attention_mask"):
                assert row[name].tolist() == expected[name]
    assert short[0]["labels"].dtype == numpy.int32


def test_batches_are_packed_by_themselves():
    rows = prep.encode_records(RECORDS[:40], context_length=512, pack=True, padded=False)
    alone = prep.encode_records(RECORDS[:40], context_length=512, padded=False)
    assert len(rows) < 20 and sum(len(row["seq_lengths"]) for row in rows) == 40
    assert sorted(numpy.concatenate(rows["input_ids"])) == sorted(numpy.concatenate(alone["input_ids"]))
    assert all(row["seq_lengths"].sum() == len(row["input_ids"]) <= 512 for row in rows)


def test_options_are_the_flags():
    renamed = [{"q": r["task"], "a": r["response"]} for r in RECORDS[:3]]
    rows = prep.encode_records(renamed, field={"task": "q", "response": "a"}, context_length=64, truncate="left")
    expected = prep.encode_records(RECORDS[:3], context_length=64, truncate="left")
    assert (rows["input_ids"] == expected["input_ids"]).all()
    chat = prep.encode_records(CHAT, template="chatml", context_length=64, padded=False)
    text = prep.Tokenizer().decode(chat[0]["input_ids"])
    assert text.startswith("<|im_start|>user\nHi<|im_end|>") and "Hello!" in text
    silent = prep.encode_records(CHAT, template="chatml", context_length=64, system="Be brief.")
    assert "Be brief." in prep.Tokenizer().decode(silent["input_ids"][0])
    with pytest.raises(prep.PrepError, match='"no-such-flag"') as caught:
        prep.encode_records(CHAT, no_such_flag=1)
    assert caught.value.kind == "option"
    with pytest.raises(prep.PrepError, match="keep-response"):
        prep.encode_records(CHAT, truncate="up")


def test_bad_records_raise_or_are_kept():
    records = [RECORDS[0], {"task": "x"}, b'{"task": ', json.dumps(RECORDS[1])]
    with pytest.raises(prep.PrepError, match=r"record 1: .*response.*2 of 4 records") as caught:
        prep.encode_records(records)
    assert caught.value.kind == "missing-field"
    rows = prep.encode_records(records, rejects="keep")
    assert rows.records.tolist() == [0, 3]
    assert [(reject.record, reject.reason) for reject in rows.rejects] == [(1, "missing-field"), (2, "invalid-json")]
    assert len(prep.encode_records([])) == 0


def test_loss_weights_are_a_column():
    rows = prep.encode_records(RECORDS[:2], context_length=320, columns=["labels", "loss_weights"])
    assert rows["loss_weights"].dtype == numpy.float32
    assert ((rows["loss_weights"] == 1) == (rows["labels"] != -100)).all()


ENCODER = prep.RecordEncoder(context_length=320)


def encode(record):
    return ENCODER.encode([record])["input_ids"][0].tolist()


@pytest.mark.parametrize("start", ["fork", "spawn"])
def test_an_encoder_works_in_other_processes(start):
    expected = prep.encode_records(RECORDS[:8], context_length=320)["input_ids"].tolist()
    with ProcessPoolExecutor(2, mp_context=get_context(start)) as pool:
        assert list(pool.map(encode, RECORDS[:8])) == expected
    assert pickle.loads(pickle.dumps(ENCODER)).encode(RECORDS[:8])["input_ids"].tolist() == expected
