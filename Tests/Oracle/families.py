"""One small tokenizer for each family of BPE pipelines, trained in `tokenizers` with exactly that pipeline."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

import texts as sample

CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
UPPER, LOWER = r"\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}", r"\p{Ll}\p{Lm}\p{Lo}\p{M}"
TAIL = r"|\s*[\r\n]+|\s+(?!\S)|\s+"
C = CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*" + TAIL
QWEN = C.replace(r"\p{N}{1,3}", r"\p{N}")
QWEN35 = (CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*" + TAIL)


def o200k(contractions: str = CONTRACTIONS + "?", number: str = r"\p{N}{1,3}", tail: str = r"[\r\n/]*", han: str = "") -> str:
    return (rf"[^\r\n\p{{L}}\p{{N}}]?[{UPPER}{han}]*[{LOWER}{han}]+{contractions}"
            rf"|[^\r\n\p{{L}}\p{{N}}]?[{UPPER}{han}]+[{LOWER}{han}]*{contractions}"
            rf"|{number}| ?[^\s\p{{L}}\p{{N}}]+{tail}" + TAIL)


O = o200k()
KIMI = r"[\p{Han}]+|" + o200k(tail=r"[\r\n]*", han=r"&&[^\p{Han}]")
DEEPSEEK_CJK = "[一-龥぀-ゟ゠-ヿ]+"
DEEPSEEK = (r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+"
            r"| ?[\p{P}\p{S}]+[\r\n]*" + TAIL)


def byte_level(regex: bool = False, prefix: bool = False):
    return pre_tokenizers.ByteLevel(add_prefix_space=prefix, use_regex=regex)


def split(pattern: str, behavior: str = "isolated", invert: bool = False):
    return pre_tokenizers.Split(Regex(pattern), behavior, invert)


def sequence(*parts):
    return pre_tokenizers.Sequence(list(parts))


def digits():
    return pre_tokenizers.Digits(individual_digits=True)


@dataclass
class Family:
    name: str
    models: str
    pre_tokenizer: Callable | None = None
    normalizer: Callable | None = None
    decoder: Callable = decoders.ByteLevel
    post_processor: Callable | None = None
    model: dict = field(default_factory=dict)
    added: list = field(default_factory=list)
    bytes: bool = True
    """A byte-level vocabulary; else characters with byte fallback."""


def template(bos: str, identifier: int):
    return processors.TemplateProcessing(
        single=f"{bos} $A", pair=f"{bos} $A {bos} $B:1", special_tokens=[(bos, identifier)])


def sentencepiece_decoder(strip: bool = True):
    steps = [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]
    return decoders.Sequence(steps + ([decoders.Strip(" ", 1, 0)] if strip else []))


END = AddedToken("<|endoftext|>", special=True, normalized=False)
START = AddedToken("<s>", special=True, normalized=False)
FALLBACK = {"byte_fallback": True, "fuse_unk": True, "unk_token": "<unk>"}

FAMILIES = [
    Family("gpt2", "GPT-2", lambda: byte_level(True), added=[END]),
    Family("roberta", "RoBERTa, BART", lambda: byte_level(True, True), added=[START, AddedToken("</s>", special=True, normalized=False), AddedToken("<mask>", special=True, lstrip=True, normalized=False)],
           post_processor=lambda: processors.RobertaProcessing(("</s>", 1), ("<s>", 0), True, True)),
    Family("gpt-neox", "GPT-NeoX, Pythia", lambda: byte_level(True), normalizers.NFC,
           added=[END] + [AddedToken(" " * n, normalized=True) for n in range(24, 1, -1)]),
    Family("llama-3", "Llama 3, SmolLM3", lambda: sequence(split(C), byte_level()), model={"ignore_merges": True},
           added=[AddedToken("<|begin_of_text|>", special=True, normalized=False), AddedToken("<|eot_id|>", special=True, normalized=False)],
           post_processor=lambda: processors.Sequence([processors.ByteLevel(trim_offsets=True), template("<|begin_of_text|>", 0)])),
    Family("glm-4", "GLM-4", lambda: sequence(split(C), byte_level()), added=[AddedToken("[gMASK]", special=True), END]),
    Family("olmo-2", "OLMo 2 and 3, Phi-4, Granite 4", lambda: sequence(split(C, "removed", True), byte_level()), added=[END, AddedToken("|||IP_ADDRESS|||", normalized=True)]),
    Family("qwen-2", "Qwen 2, 2.5, 3", lambda: sequence(split(QWEN), byte_level()), normalizers.NFC,
           added=[END, AddedToken("<|im_start|>", special=True, normalized=False), AddedToken("<think>", normalized=False)],
           post_processor=lambda: processors.ByteLevel(add_prefix_space=False, trim_offsets=False, use_regex=False)),
    Family("qwen-3.5", "Qwen 3.5", lambda: sequence(split(QWEN35), byte_level()), normalizers.NFC, added=[END]),
    Family("o200k", "o200k, gpt-oss, Llama 4, Phi-4-mini", lambda: sequence(split(O), byte_level()), model={"ignore_merges": True}, added=[END]),
    Family("phi-4-mini", "o200k as Removed and inverted", lambda: sequence(split(O, "removed", True), byte_level()), added=[END]),
    Family("tekken", "Mistral Nemo, Nemotron 3", lambda: sequence(split(o200k("", r"\p{N}")), byte_level()), model={"ignore_merges": True},
           added=[START, AddedToken("[INST]", special=True, normalized=False)], post_processor=lambda: template("<s>", 0)),
    Family("kimi-k2", "Kimi K2", lambda: sequence(split(KIMI), byte_level()), added=[END]),
    Family("deepseek-v3", "DeepSeek V3, R1", lambda: sequence(split(r"\p{N}{1,3}"), split(DEEPSEEK_CJK), split(DEEPSEEK), byte_level()),
           lambda: normalizers.Sequence([]), added=[END, AddedToken("<｜User｜>", normalized=True), AddedToken("<think>", normalized=True)],
           post_processor=lambda: processors.Sequence([processors.ByteLevel(trim_offsets=False), template("<|endoftext|>", 0)])),
    Family("deepseek-coder", "DeepSeek Coder, V2", lambda: sequence(
        split(r"[\r\n]"), split(r"\s?\p{L}+"), split(r"\s?\p{P}+"), split("[一-龥ࠀ-一가-퟿]+"), digits(), byte_level()), added=[END]),
    Family("deepseek-v2", "DeepSeek V2 Lite", lambda: sequence(
        split(r"[\r\n]"), split(r"\s?[A-Za-zµÀ-ÖØ-öø-ƺƼ-ƿǄ-ʓʕ-ʯͰ-ͳͶͷͻ-ͽͿΆΈ-ΊΌΎ-ΡΣ-ϵϷ-ҁҊ-ԯԱ-Ֆ]+"),
        split(r"\s?[!-/:-~！-／：-～‘-‟　-。]+"), split(r"\s+$"), split("[一-龥ࠀ-一가-퟿]+"), digits(), byte_level()), added=[END]),
    Family("starcoder-2", "StarCoder 2, SmolLM 2, Granite code", lambda: sequence(digits(), byte_level(True)), added=[END, AddedToken("<fim_prefix>", special=True, normalized=False)]),
    Family("command-r", "Command-R", lambda: sequence(digits(), byte_level(True)), normalizers.NFC, added=[END]),
    Family("falcon", "Falcon", lambda: sequence(
        pre_tokenizers.Punctuation("contiguous"), byte_level(True), digits(), split("[0-9][0-9][0-9]")), added=[END]),
    Family("bloom", "BLOOM", lambda: sequence(split(r" ?[^(\s|[.,!?…。，、।۔،])]+"), byte_level()), added=[END]),
    Family("llama-2", "Llama 2, CodeLlama", None, lambda: normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]),
           sentencepiece_decoder, lambda: template("<s>", 1), FALLBACK, [AddedToken("<unk>", special=True, normalized=False), START, AddedToken("</s>", special=True, normalized=False)], False),
    Family("phi-3", "Phi-3", None, lambda: normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]),
           sentencepiece_decoder, None, FALLBACK,
           [AddedToken("<unk>", special=True, normalized=False), START, AddedToken("</s>", rstrip=True, normalized=False),
            AddedToken("<|user|>", special=True, rstrip=True, normalized=False), AddedToken("<|end|>", special=True, rstrip=True, normalized=False)], False),
    Family("mistral", "Mistral 0.1 to 0.3", lambda: pre_tokenizers.Metaspace("▁", "first", False), None,
           sentencepiece_decoder, lambda: template("<s>", 1), FALLBACK,
           [AddedToken("<unk>", special=True, normalized=False), START, AddedToken("[INST]", special=True, normalized=False)], False),
    Family("gemma", "Gemma 2 to 4", lambda: pre_tokenizers.Split(" ", "merged_with_previous"), lambda: normalizers.Replace(" ", "▁"),
           lambda: sentencepiece_decoder(False), lambda: template("<bos>", 2), FALLBACK,
           [AddedToken("<pad>", special=True, normalized=False), AddedToken("<eos>", special=True, normalized=False),
            AddedToken("<bos>", special=True, normalized=False), AddedToken("<unk>", special=True, normalized=False), AddedToken("<start_of_turn>", normalized=False)]
           + [AddedToken("\n" * n, normalized=False) for n in range(2, 32)] + [AddedToken("▁" * n, normalized=False) for n in range(2, 32)], False),
    Family("nmt-bpe", "characters, Metaspace always", lambda: pre_tokenizers.Metaspace("▁", "always", True), normalizers.NFKC,
           decoders.Metaspace, None, {"unk_token": "<unk>"}, [AddedToken("<unk>", special=True, normalized=False)], False),
]


def build(family: Family, vocab_size: int = 2500) -> Tokenizer:
    """Trains the family's tokenizer. Quick: a fixture of a few hundred kilobytes at most."""
    model = dict(family.model)
    tokenizer = Tokenizer(models.BPE(**model))
    if family.normalizer:
        tokenizer.normalizer = family.normalizer()
    if family.pre_tokenizer:
        tokenizer.pre_tokenizer = family.pre_tokenizer()
    tokenizer.decoder = family.decoder()
    special = [token for token in family.added if token.special]
    if family.bytes:
        alphabet, fixed = pre_tokenizers.ByteLevel.alphabet(), special
    else:
        alphabet, fixed = [], special + ([AddedToken(f"<0x{b:02X}>", normalized=False) for b in range(256)] if "byte_fallback" in model else [])
    limits = {} if family.bytes else {"limit_alphabet": 150, "max_token_length": 24}
    tokenizer.train_from_iterator(_training_texts(family), trainers.BpeTrainer(
        vocab_size=vocab_size, min_frequency=2, special_tokens=fixed, initial_alphabet=alphabet, show_progress=False, **limits))
    if not family.bytes:
        tokenizer = _without_byte_tokens(tokenizer, family)
    tokenizer.add_tokens([token for token in family.added if not token.special])
    tokenizer.add_special_tokens(special)
    if family.post_processor:
        tokenizer.post_processor = family.post_processor()
    return tokenizer


def _training_texts(family: Family) -> list[str]:
    texts = sample.corpus()
    if family.bytes:
        return texts
    # Without a pre-tokenizer a text is one piece; words keep training quick.
    return [" ".join(words[i:i + 4]) for text in texts for words in [text.split(" ")] for i in range(0, len(words), 4)]


def _without_byte_tokens(tokenizer: Tokenizer, family: Family) -> Tokenizer:
    """Byte tokens are in the vocabulary, but are not added tokens."""
    data = json.loads(tokenizer.to_str())
    names = {f"<0x{b:02X}>" for b in range(256)}
    data["added_tokens"] = [token for token in data["added_tokens"] if token["content"] not in names]
    return Tokenizer.from_str(json.dumps(data))


def save(family: Family, folder: Path) -> tuple[Path, Tokenizer]:
    path = folder / f"{family.name}.json"
    build(family).save(str(path))
    return path, Tokenizer.from_file(str(path))
