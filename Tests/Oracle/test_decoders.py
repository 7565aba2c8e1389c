"""Decoders beside `tokenizers`."""

import comparison
import pipelines
from tokenizers import Tokenizer, models


def test_random_decoders(tmp_path, rng, scale):
    vocabulary = {token: number for number, token in enumerate(pipelines.TOKENS)}
    path = tmp_path / "tokenizer.json"
    for _ in range(int(100 * scale)):
        tokenizer = Tokenizer(models.BPE(vocabulary, []))
        tokenizer.decoder = pipelines.decoder(rng)
        tokenizer.save(str(path))
        comparison.compare_decoding(
            path, tokenizer, [[rng.randrange(len(vocabulary)) for _ in range(rng.choice([0, 1, 2, 3, 4, 6, 10]))] for _ in range(40)])
