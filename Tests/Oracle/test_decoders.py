"""Decoders beside `tokenizers`."""

import pipelines
import prep_command
from tokenizers import Tokenizer, models


def test_random_decoders(tmp_path, rng, scale):
    vocabulary = {token: number for number, token in enumerate(pipelines.TOKENS)}
    path = tmp_path / "tokenizer.json"
    for _ in range(int(100 * scale)):
        tokenizer = Tokenizer(models.BPE(vocabulary, []))
        tokenizer.decoder = pipelines.decoder(rng)
        tokenizer.save(str(path))
        many, expected = [], []
        for _ in range(40):
            ids = [rng.randrange(len(vocabulary)) for _ in range(rng.choice([0, 1, 2, 3, 4, 6, 10]))]
            try:
                expected.append(tokenizer.decode(ids, skip_special_tokens=False))
            except BaseException as failure:
                # The reference panics where the Strip decoder cuts more than there is.
                if type(failure).__name__ != "PanicException":
                    raise
                continue
            many.append(ids)
        assert prep_command.decode(path, many) == expected, pipelines.described(tokenizer)
