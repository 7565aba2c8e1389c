"""Random normalizers, pre-tokenizers and decoders, and tokenizers that make their pieces visible."""

import json
import random

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers

CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
UPPER, LOWER = r"\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}", r"\p{Ll}\p{Lm}\p{Lo}\p{M}"
TAIL = r"|\s*[\r\n]+|\s+(?!\S)|\s+"


def o200k(number, contractions, ends, more=""):
    return (
        rf"[^\r\n\p{{L}}\p{{N}}]?[{UPPER}{more}]*[{LOWER}{more}]+{contractions}"
        rf"|[^\r\n\p{{L}}\p{{N}}]?[{UPPER}{more}]+[{LOWER}{more}]*{contractions}"
        rf"|{number}| ?[^\s\p{{L}}\p{{N}}]+{ends}" + TAIL
    )


# The patterns of the families of byte-level models.
FAMILIES = {
    "gpt2": r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
    "llama3": CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*" + TAIL,
    "qwen2": CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*" + TAIL,
    "qwen3.5": CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*" + TAIL,
    "cl100k": r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s",
    "o200k": o200k(r"\p{N}{1,3}", CONTRACTIONS + "?", r"[\r\n/]*"),
    "tekken": o200k(r"\p{N}", "", r"[\r\n/]*"),
    "kimi": r"[\p{Han}]+|" + o200k(r"\p{N}{1,3}", CONTRACTIONS + "?", r"[\r\n]*", r"&&[^\p{Han}]"),
    "deepseek-v3-numbers": r"\p{N}{1,3}",
    "deepseek-v3-cjk": "[一-龥぀-ゟ゠-ヿ]+",
    "deepseek-v3": r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*"
    + TAIL,
    # Its list of letters is longer; these are enough of it to cut through kinds of scalars.
    "deepseek-coder-letters": r"\s?[A-Za-z\u00b5\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u01ba\u0370-\u0373\u0388-\u03f5\u1e00-\u1f15\uff21-\uff3a]+",
    "deepseek-coder-punctuation": r"\s?[!-/:-~！-／：-～‘-‟　-。]+",
    "deepseek-coder-tail": r"\s+$",
    "deepseek-coder-cjk": r"[一-龥ࠀ-一가-퟿]+",
    "falcon": "[0-9][0-9][0-9]",
}

# Patterns of many shapes, each read in a way that is easy to get wrong.
PATTERNS = [
    r"[\r\n]", " ", r"\s+", r"\w+|[^\w\s]+", r"", r"a*", r"(?=[A-Z])", r"\b", r"\B", r"(?<=a)b?", r"^", r"$", r"\s+$", r"^\s+|\s+$",
    r".", r"(?m:.)", r"(\w)\1", r"(?i)[a-f]+|[^é]s", r"\d{2,}?", r"[^\S\n]+", r"(?>a|ab)c?", r"\h+", r"\R", r"[[:alpha:]]+|[[:^alnum:]]",
    r"[[:punct:]]", r"\p{Hiragana}+|\p{Katakana}|\p{Arabic}", r"\P{L}", r"\p{^L}", r"\pL", r"[\w&&[^\d]]+", r"x{,2}", r"a{2}+",
    r"\u0301|\x41|\x{4e2d}", r"(?<n>a)b", r"(?i:é)", r"(?i)\p{Lu}", r"(?i:i)", r"(?i:ı)", r"(?i:σ)", r"[a\-z]", r"[]a]", r"[a-]",
    r"[^a]+?b", r"a??b|.", r"(a|b)*c", r"(?:ab?)+", r"\A\s|\s\z|\s\Z", r"(?i:[a-z])", r"(?i)[^\r\n\p{L}\p{N}]?", r"[a-z&&[^b]]+",
    r"(?i:ab|[ce])", r"(?i)\w+'s", r"a(?i)b|a", r"(?x) a b # c", r"(?:a|ab)(?:c|bcd)?b*", r"[^\s]+?(?=\s)", r"(?<!a)b|(?<=[ \n])\S",
    r"\p{Emoji}", r"\p{InCJK_Unified_Ideographs}", r"[[:space:]&&[^ ]]", r"\x{1F600}", r"[\d\-\.]+", r"\.{3}|\.", r"\s{2,3}+", r"a{,}",
    r"a{x", r"{a", r"a|", r"|a", r"()", r"a**", r"(a*)*b", r"\N+", r"\O", r"[\W]+", r"\W", r"[^\W_]+", r"\D+", r"\S+\s*",
]
STRINGS = [" ", "a", "▁", "ab", "  ", "é", "'", "."]
BEHAVIORS = ["removed", "isolated", "merged_with_previous", "merged_with_next", "contiguous"]

CHARACTERS = list(
    "ab Z'sſtTdlLvermM019½²Ⅷ.,!?-_\t\n\r/\\|▁éÉe\u0301\u0323\u0300İıΣσςßẞ中文字日本ひカーアab한글ᄀ가각ᆨ\u00a0\u2003\u3000"
    "\u200b\ufeff\ufffd\x00\x01\x7f\x8f😀👍🏽\u200d\u0915\u094d\u093f\u0e33\u0130\u0344\u1e9b\ufb01ﬆΩ\u2126Å\u212b㍿①\u1100\u1161\u11a8"
    "\u0316\u0345\u05b0\u05b1\U00016ff4\U00011de0\U0001d15e\u0958"
)


def text(rng: random.Random) -> str:
    """A short text of what breaks pipelines."""
    count = rng.choice([0, 1, 2, 3, 4, 5, 8, 12, 20, 40])
    kind = rng.random()
    if kind < 0.7:
        return "".join(rng.choice(CHARACTERS) for _ in range(count))
    if kind < 0.9:
        return "".join(rng.choice([" ", "a", "'s", "\n", "  ", "The", "1", "23", ".", "▁", "é"]) for _ in range(count))
    scalars = [rng.randrange(rng.choice([0x250, 0x3000, 0x20000, 0x110000])) for _ in range(count)]
    return "".join(chr(s) for s in scalars if not 0xD800 <= s < 0xE000)


def split(rng: random.Random):
    kind = rng.random()
    if kind < 0.25:
        pattern = rng.choice([*STRINGS, ""])
    else:
        pattern = Regex(rng.choice(list(FAMILIES.values()) if kind < 0.5 else PATTERNS))
    return pre_tokenizers.Split(pattern, rng.choice(BEHAVIORS), rng.random() < 0.3)


def pre_tokenizer(rng: random.Random):
    kind = rng.randrange(16)
    if kind == 0:
        return pre_tokenizers.ByteLevel(rng.random() < 0.5, rng.random() < 0.5, rng.random() < 0.6)
    if kind < 5:
        return split(rng)
    if kind == 5:
        return pre_tokenizers.Digits(rng.random() < 0.5)
    if kind == 6:
        return pre_tokenizers.Metaspace(rng.choice("▁_é "), rng.choice(["always", "first", "never"]), rng.random() < 0.6)
    if kind == 7:
        return pre_tokenizers.Punctuation(rng.choice(BEHAVIORS))
    if kind == 11:
        return pre_tokenizers.CharDelimiterSplit(rng.choice("a |é"))
    if kind == 13:
        return pre_tokenizers.FixedLength(rng.randrange(1, 6))
    plain = {
        8: pre_tokenizers.Whitespace, 9: pre_tokenizers.WhitespaceSplit, 10: pre_tokenizers.BertPreTokenizer,
        12: pre_tokenizers.UnicodeScripts,
    }
    if kind in plain:
        return plain[kind]()
    return pre_tokenizers.Sequence([pre_tokenizer(rng) for _ in range(rng.randrange(0, 4))])


def normalizer(rng: random.Random):
    plain = [
        normalizers.NFC, normalizers.NFD, normalizers.NFKC, normalizers.NFKD, normalizers.Lowercase, normalizers.StripAccents,
        normalizers.Nmt, normalizers.ByteLevel,
    ]
    kind = rng.randrange(16)
    if kind < len(plain):
        return plain[kind]()
    if kind == 8:
        return normalizers.Strip(rng.random() < 0.6, rng.random() < 0.6)
    if kind == 9:
        return normalizers.Prepend(rng.choice(["▁", "ab", "é "]))
    if kind in (10, 11):
        patterns = [r"\s+", r"\p{L}", r"a+b?", r"[éa]", r"$", r"^(?!a)", r"(?<=a)", r"'s", r" {2,}"]
        pattern = rng.choice(STRINGS) if rng.random() < 0.4 else Regex(rng.choice(patterns))
        return normalizers.Replace(pattern, rng.choice(["", " ", "▁", "xyz", "é"]))
    if kind == 12:
        return normalizers.BertNormalizer(rng.random() < 0.5, rng.random() < 0.5, rng.choice([None, True, False]), rng.random() < 0.5)
    return normalizers.Sequence([normalizer(rng) for _ in range(rng.randrange(0, 4))])


TOKENS = [
    "a", "▁a", "▁", "▁▁", "Ġa", "Ġ", "Ã", "©", "é", "<0xC3>", "<0xA9>", "<0x41>", "<0xF0>", "<0x9F>", "<0x98>", "<0x80>", "<0x+1>",
    "<0xZZ>", "</w>", "a</w>", "##b", "##", "b", " .", "n't", " do not", "<pad>", "|", "é▁", "ä¸Ń", "'", " ' ", "日", "", "ð", "Ł", "ĺ",
    "Ģ", "\ufffd", "</w></w>",
]


def decoder(rng: random.Random):
    kind = rng.randrange(14)
    if kind == 3:
        pattern = rng.choice(["▁", "a", "", "é", Regex("[a▁]+"), Regex("$"), Regex("^.")])
        return decoders.Replace(pattern, rng.choice([" ", "", "xx"]))
    if kind == 4:
        return decoders.Strip(rng.choice("▁ aé"), rng.randrange(3), rng.randrange(3))
    if kind == 5:
        return decoders.Metaspace("▁", rng.choice(["always", "never", "first"]))
    if kind == 6:
        return decoders.BPEDecoder(rng.choice(["</w>", "a", ""]))
    if kind == 7:
        return decoders.WordPiece("##", rng.random() < 0.5)
    if kind == 8:
        return decoders.CTC("<pad>", "|", rng.random() < 0.5)
    if kind == 9:
        return decoders.Sequence(
            [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    plain = {0: decoders.ByteLevel, 1: decoders.ByteFallback, 2: decoders.Fuse}
    if kind in plain:
        return plain[kind]()
    return decoders.Sequence([decoder(rng) for _ in range(rng.randrange(4))])


def visible(texts, normalizer=None, pre_tokenizer=None) -> Tokenizer:
    """A tokenizer whose tokens are the pieces themselves: each piece that the reference cuts is in the vocabulary, and so is each
    character, so that another cut gives other ids."""
    vocabulary = dict.fromkeys(pre_tokenizers.ByteLevel.alphabet())
    for each in texts:
        try:
            normalized = normalizer.normalize_str(each) if normalizer else each
            pieces = [p for p, _ in pre_tokenizer.pre_tokenize_str(normalized)] if pre_tokenizer else [normalized]
        except BaseException as failure:
            if type(failure).__name__ != "PanicException":
                raise
            continue
        for piece in pieces:
            vocabulary[piece] = None
            vocabulary.update(dict.fromkeys(piece))
    vocabulary.pop("", None)
    tokenizer = Tokenizer(models.BPE({t: i for i, t in enumerate(vocabulary)}, [], ignore_merges=True))
    if normalizer:
        tokenizer.normalizer = normalizer
    if pre_tokenizer:
        tokenizer.pre_tokenizer = pre_tokenizer
    return tokenizer


def described(tokenizer: Tokenizer) -> str:
    """The stages of the tokenizer, for the message of a failure."""
    content = json.loads(tokenizer.to_str())
    return json.dumps({k: content[k] for k in ("normalizer", "pre_tokenizer", "decoder") if content[k]}, ensure_ascii=False)


def reference(tokenizer: Tokenizer, each: str):
    """The reference's encoding, None where it panics."""
    try:
        return tokenizer.encode(each)
    except BaseException as failure:
        if type(failure).__name__ != "PanicException":
            raise
        return None
