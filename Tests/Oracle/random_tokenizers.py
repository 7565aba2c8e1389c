"""Whole tokenizers at random: every stage of `tokenizer.json` with random parts and flags, over a trained and then damaged BPE."""

import json
import random

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors, trainers

import pipelines

WORDS = [
    "the", "The", "THE", " the", "that's", "aab", "abab", "ab", "a", "b", "ééé", "é", "e\u0301", "中文", "中", "字日", "한글", "▁a", "▁the", "1", "12", "2024",
    "½", " ", "  ", "\n", "\n\n", "\t", ".", "...", "!?", "'s", "'ſ", "_", "x_y", "Z", "ß", "İ", "👍🏽", "👩\u200d", "Ġ", "Ã", "\x00", "\x8f", "ﬁ", "\u00a0",
]
CONTENTS = [
    "<s>", "</s>", "<unk>", "[X]", "ab", "abc", "a", " a", "a ", " ", "  ", "é", "É", "e\u0301", "中", "▁", "▁▁", "_", "1", "12", "\n", "\n\n", "the", "The",
    "THE", "<|end|>", "<|", "|>", "'s", "ß", "İ", "i\u0307", "ﬁ", "fi", "a b", "b ", "Ġ", "ab ab", "<0x41>", "x", "\u00a0", "½", ".", "##b", "\u0301",
]


def corpus(rng: random.Random) -> list[str]:
    """What a tokenizer is trained on: words that come again and again, so that there is something to merge."""
    words = rng.sample(WORDS, rng.randrange(4, len(WORDS)))
    return ["".join(rng.choice(words) for _ in range(rng.randrange(1, 12))) for _ in range(60)] + [pipelines.text(rng) for _ in range(20)]


def text(rng: random.Random, fragments: list[str]) -> str:
    """A text of the words that were trained on, of hostile characters and of added tokens, whole and cut."""
    kind = rng.random()
    if kind < 0.25:
        return pipelines.text(rng)
    parts = []
    for _ in range(rng.choice([1, 1, 2, 3, 4, 6, 9])):
        kind = rng.random()
        if kind < 0.45:
            parts.append(rng.choice(WORDS))
        elif kind < 0.75 and fragments:
            fragment = rng.choice(fragments)
            parts.append(fragment[:rng.randrange(len(fragment) + 1)] if rng.random() < 0.15 else fragment)
        elif kind < 0.9:
            parts.append(rng.choice(pipelines.CHARACTERS))
        else:
            parts.append(rng.choice([" ", "  ", "\n", "\t", "\u3000"]))
    return "".join(parts)


def model(rng: random.Random, normalizer, pre_tokenizer) -> dict:
    """The `model` of a file: trained on what the stages before it make of a corpus, then damaged in ways that files may be."""
    flags = {}
    if rng.random() < 0.15:
        flags["continuing_subword_prefix"] = rng.choice(["##", "▁", "a"])
    if rng.random() < 0.15:
        flags["end_of_word_suffix"] = rng.choice(["</w>", "b"])
    trained = Tokenizer(models.BPE(**flags))
    # Pieces of text that the reference panics on are not trained on.
    pieces = []
    for each in corpus(rng):
        try:
            each = normalizer.normalize_str(each) if normalizer else each
            pieces += [p for p, _ in pre_tokenizer.pre_tokenize_str(each)] if pre_tokenizer else [each]
        except BaseException as failure:
            if type(failure).__name__ != "PanicException":
                raise
    trained.pre_tokenizer = pre_tokenizers.CharDelimiterSplit("\U000F0000")
    options = {"limit_alphabet": rng.choice([5, 20, 60])} if rng.random() < 0.4 else {}
    trained.train_from_iterator(pieces, trainers.BpeTrainer(
        vocab_size=rng.choice([40, 120, 400]), min_frequency=rng.randrange(3), show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet() if rng.random() < 0.6 else [], **flags, **options))
    state = json.loads(trained.to_str())["model"]
    damage(rng, state)
    return state


def damage(rng: random.Random, state: dict) -> None:
    vocabulary, merges = state["vocab"], state["merges"]
    if rng.random() < 0.4:
        state["unk_token"] = "<unk>"
        vocabulary["<unk>"] = len(vocabulary)
    state["fuse_unk"] = rng.random() < 0.4
    state["ignore_merges"] = rng.random() < 0.3
    if rng.random() < 0.35:
        state["byte_fallback"] = True
        lost = rng.random() < 0.3
        for byte in range(256):
            if not (lost and rng.random() < 0.3):
                vocabulary.setdefault(f"<0x{byte:02X}>", len(vocabulary))
    if rng.random() < 0.3:
        for _ in range(rng.randrange(1, 12)):
            vocabulary.setdefault("".join(rng.choice(WORDS) for _ in range(rng.randrange(1, 3))), len(vocabulary))
    if rng.random() < 0.3 and len(vocabulary) > 20:
        gone = set(rng.sample(sorted(vocabulary), rng.randrange(1, 6))) - {"<unk>"}
        prefix = len(state["continuing_subword_prefix"] or "")
        merges[:] = [[a, b] for a, b in merges if not gone & {a, b, a + b[prefix:]}]
        for token in gone:
            del vocabulary[token]
    if rng.random() < 0.2:
        rng.shuffle(merges)
    if rng.random() < 0.15 and merges:
        merges += [rng.choice(merges) for _ in range(3)]
    if rng.random() < 0.3:
        names = list(vocabulary)
        rng.shuffle(names)
        gaps = rng.random() < 0.3
        state["vocab"] = {name: 3 * i if gaps else i for i, name in enumerate(names)}
    if rng.random() < 0.3 and not any(" " in part for pair in merges for part in pair):
        state["merges"] = [" ".join(pair) for pair in merges]


def added_tokens(rng: random.Random, tokenizer: Tokenizer) -> None:
    for content in rng.sample(CONTENTS, rng.choice([0, 0, 1, 2, 4, 8])):
        token = AddedToken(
            content, single_word=rng.random() < 0.25, lstrip=rng.random() < 0.25, rstrip=rng.random() < 0.25,
            normalized=rng.random() < 0.5, special=rng.random() < 0.5)
        # With a pattern of no bytes the reference reads beyond its tables.
        if token.normalized and tokenizer.normalizer and not tokenizer.normalizer.normalize_str(content):
            continue
        if token.special:
            tokenizer.add_special_tokens([token])
        else:
            tokenizer.add_tokens([token])


def post_processor(rng: random.Random, tokenizer: Tokenizer):
    def pair():
        identifier = rng.randrange(tokenizer.get_vocab_size())
        return (tokenizer.id_to_token(identifier) or "[S]", identifier)

    # Byte fallback of a prefix or suffix has places beyond the text, which nothing can be trimmed from.
    state = json.loads(tokenizer.model.__getstate__())
    trims = not (state["byte_fallback"] and (state["continuing_subword_prefix"] or state["end_of_word_suffix"]))

    def one():
        kind = rng.randrange(4)
        if kind == 0:
            return processors.ByteLevel(add_prefix_space=rng.random() < 0.5, trim_offsets=trims and rng.random() < 0.7)
        if kind == 1:
            return processors.RobertaProcessing(pair(), pair(), trims and rng.random() < 0.5, rng.random() < 0.5)
        if kind == 2:
            return processors.BertProcessing(pair(), pair())
        first, last = rng.randrange(tokenizer.get_vocab_size()), rng.randrange(tokenizer.get_vocab_size())
        single = rng.choice(["[A] $A", "[A] $A [B]", "$A [B]", "[B] [A] $A:1 [A]:1", "$A"])
        return processors.TemplateProcessing(single=single, pair="$A $B", special_tokens=[("[A]", first), ("[B]", last)])

    kind = rng.random()
    if kind < 0.4:
        return None
    return one() if kind < 0.8 else processors.Sequence([one() for _ in range(rng.randrange(3))])


def tokenizer(rng: random.Random) -> Tokenizer:
    """A whole tokenizer, as `tokenizers` reads it from its file."""
    while True:
        normalizer = None if rng.random() < 0.5 else pipelines.normalizer(rng)
        kind = rng.random()
        if kind < 0.2:
            pre_tokenizer = None
        elif kind < 0.4:
            pre_tokenizer = pre_tokenizers.Sequence(
                [pipelines.split(rng), pre_tokenizers.ByteLevel(rng.random() < 0.3, use_regex=rng.random() < 0.3)])
        else:
            pre_tokenizer = pipelines.pre_tokenizer(rng)
        file = json.loads(Tokenizer(models.BPE()).to_str())
        file["model"] = model(rng, normalizer, pre_tokenizer)
        try:
            made = Tokenizer.from_str(json.dumps(file))
        except Exception:
            continue  # A merge lost its product.
        if normalizer:
            made.normalizer = normalizer
        if pre_tokenizer:
            made.pre_tokenizer = pre_tokenizer
        try:
            added_tokens(rng, made)
            if rng.random() < 0.6:
                made.decoder = pipelines.decoder(rng)
            if processor := post_processor(rng, made):
                made.post_processor = processor
            return Tokenizer.from_str(made.to_str())
        except BaseException as failure:
            # A normalizer that panics on an added token, or leaves nothing of it.
            if type(failure).__name__ not in ("PanicException", "Exception", "ValueError"):
                raise
