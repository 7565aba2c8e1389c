"""One peer's encode-only throughput, in a process of its own: prints JSON with the seconds of loading, of the first pass and of the best of
three, the tokens, and a digest of all ids.

    peer.py PEER TOKENIZER.json TEXTS.jsonl

Timed is the peer's own batch call in its own result type; turning that into lists for the digest is not.
"""

import array
import hashlib
import json
import sys
import time


def loaded(peer, tokenizer, texts):
    """A function that encodes all texts, and one that makes lists of ids of what it returns."""
    if peer == "tokenizers":
        from tokenizers import Tokenizer

        model = Tokenizer.from_file(tokenizer)
        return lambda: model.encode_batch(texts, add_special_tokens=False), lambda result: (e.ids for e in result)
    if peer == "fastokens":
        import fastokens

        model = fastokens.Tokenizer.from_file(tokenizer)
    elif peer == "snaptokens":
        import snaptokens

        model = snaptokens.Tokenizer.from_file(tokenizer)
    elif peer == "gigatoken":
        import gigatoken

        model = gigatoken.Tokenizer(tokenizer)
        return (lambda: model.encode_batch(texts),
                lambda result: result.to_list() if hasattr(result, "to_list") else model.encode_batch_list(texts))
    else:
        sys.exit(f"no peer {peer}")
    return (lambda: model.encode_batch(texts, add_special_tokens=False),
            lambda result: (getattr(each, "ids", each) for each in result))


def main():
    peer, tokenizer, corpus = sys.argv[1:]
    with open(corpus, encoding="utf-8") as file:
        texts = [json.loads(line)["text"] for line in file]
    start = time.perf_counter()
    run, ids = loaded(peer, tokenizer, texts)
    load = time.perf_counter() - start
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        result = run()
        seconds.append(time.perf_counter() - start)
    digest, tokens = hashlib.sha256(), 0
    for each in ids(result):
        part = array.array("I", [int(i) for i in each])
        tokens += len(part)
        digest.update(part.tobytes())
    print(json.dumps({"load": load, "first": seconds[0], "best": min(seconds), "tokens": tokens, "digest": digest.hexdigest()[:12]}))


if __name__ == "__main__":
    main()
