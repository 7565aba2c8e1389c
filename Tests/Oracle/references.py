"""The reference implementation of each real file: what encodes beside prep."""

import unicodedata
from dataclasses import dataclass
from typing import Callable

import sentencepiece
import tiktoken
from mistral_common.tokens.tokenizers.tekken import SpecialTokenPolicy, Tekkenizer
from tiktoken.load import load_tiktoken_bpe
from tiktoken_ext import openai_public
from tokenizers import Tokenizer

import families
import real_files

KIMI_PATTERN = families.KIMI


def version(module: str) -> str:
    from importlib.metadata import version as installed

    return f"{module} {installed(module.replace('_', '-'))}"


@dataclass
class Real:
    file: str
    family: str
    reference: str
    load: Callable
    flags: tuple = ()


def ranks(name: str) -> dict[bytes, int]:
    return load_tiktoken_bpe(str(real_files.real(name)))


def openai(name: str, file: str):
    """The encoding as tiktoken itself defines it, over the file that we have."""
    original = openai_public.load_tiktoken_bpe
    openai_public.load_tiktoken_bpe = lambda *arguments, **more: ranks(file)
    try:
        return tiktoken.Encoding(**openai_public.ENCODING_CONSTRUCTORS[name]())
    finally:
        openai_public.load_tiktoken_bpe = original


def encoding(file: str, pattern: str, specials: dict[str, int]):
    return tiktoken.Encoding("x", pat_str=pattern, mergeable_ranks=ranks(file), special_tokens=specials)


GPT2_PATTERN = r"""'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"""

LLAMA3_SPECIALS = (
    ["<|begin_of_text|>", "<|end_of_text|>", "<|reserved_special_token_0|>", "<|reserved_special_token_1|>",
     "<|finetune_right_pad_id|>", "<|step_id|>", "<|start_header_id|>", "<|end_header_id|>", "<|eom_id|>", "<|eot_id|>",
     "<|python_tag|>", "<|image|>"] + [f"<|reserved_special_token_{2 + i}|>" for i in range(244)])

QWEN_SPECIALS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"] + [f"<|extra_{i}|>" for i in range(205)]


def numbered(names: list[str], first: int) -> dict[str, int]:
    return {name: first + i for i, name in enumerate(names)}


class NFC:
    """Qwen's own tokenizer normalizes before tiktoken."""

    def __init__(self, inner):
        self.inner = inner
        self.special_tokens_set = inner.special_tokens_set

    def encode(self, text, **more):
        return self.inner.encode(unicodedata.normalize("NFC", text), **more)

    def encode_ordinary(self, text):
        return self.inner.encode_ordinary(unicodedata.normalize("NFC", text))

    def decode(self, ids):
        return self.inner.decode(ids)


class Kimi:
    """Moonshot's wrapper: cuts at 400,000 characters and at runs of 25,000 of white space or of anything else."""

    def __init__(self, inner, limit=400_000, run=25_000):
        self.inner, self.limit, self.run = inner, limit, run
        self.special_tokens_set = inner.special_tokens_set

    def parts(self, text):
        for start in range(0, len(text), self.limit):
            part = text[start:start + self.limit]
            begin, length, space = 0, 0, part[:1].isspace()
            for i, character in enumerate(part):
                if character.isspace() != space:
                    length, space = 1, not space
                else:
                    length += 1
                    if length > self.run:
                        yield part[begin:i]
                        begin, length = i, 1
            yield part[begin:]

    def encode(self, text, **more):
        return [t for part in self.parts(text) for t in self.inner.encode(part, **more)]

    def encode_ordinary(self, text):
        return [t for part in self.parts(text) for t in self.inner.encode_ordinary(part)]

    def decode(self, ids):
        return self.inner.decode(ids)


TOKENIZERS = [
    Real("llama3/tokenizer.json", "Llama 3", "tokenizers", Tokenizer.from_file),
    Real("deepseek/tokenizer.json", "DeepSeek V3", "tokenizers", Tokenizer.from_file),
    Real("litellm/deepseek_tokenizer.json", "DeepSeek V3", "tokenizers", Tokenizer.from_file),
    Real("litellm/anthropic_tokenizer.json", "Claude 2 (NFKC, GPT-2's pattern)", "tokenizers", Tokenizer.from_file),
]

RANKS = [
    Real("whisper/gpt2.tiktoken", "GPT-2, r50k_base", "tiktoken", lambda f: openai("r50k_base", f)),
    Real("whisper/multilingual.tiktoken", "Whisper", "tiktoken", lambda f: encoding(f, GPT2_PATTERN, {"<|endoftext|>": 50257})),
    Real("litellm/p50k_base.tiktoken", "p50k_base", "tiktoken", lambda f: openai("p50k_base", f)),
    Real("litellm/p50k_base.tiktoken", "p50k_edit", "tiktoken", lambda f: openai("p50k_edit", f), ("--encoding", "p50k_edit")),
    Real("litellm/cl100k_base.tiktoken", "cl100k_base", "tiktoken", lambda f: openai("cl100k_base", f)),
    Real("litellm/o200k_base.tiktoken", "o200k_base", "tiktoken", lambda f: openai("o200k_base", f)),
    Real("litellm/o200k_base.tiktoken", "o200k_harmony (gpt-oss)", "tiktoken", lambda f: openai("o200k_harmony", f), ("--encoding", "o200k_harmony")),
    Real("llama3/tokenizer.model", "Llama 3", "tiktoken", lambda f: encoding(f, families.C, numbered(LLAMA3_SPECIALS, 128_000))),
    Real("llama4/tokenizer.model", "Llama 4", "tiktoken",
         lambda f: encoding(f, families.O, {"<|begin_of_text|>": 200_000, "<|header_start|>": 200_005, "<|patch|>": 200_092})),
    Real("qwen/qwen.tiktoken", "Qwen", "tiktoken", lambda f: NFC(encoding(f, families.QWEN, numbered(QWEN_SPECIALS, 151_643)))),
    Real("litellm/cl100k_base.tiktoken", "Kimi's wrapper and pattern", "tiktoken",
         lambda f: Kimi(encoding(f, KIMI_PATTERN, {"[BOS]": 100_256, "<|im_end|>": 100_258})), ("--encoding", "kimi")),
    Real("litellm/cl100k_base.tiktoken", "a pattern of one's own, which leaves text out", "tiktoken",
         lambda f: encoding(f, r"\p{L}+|\d{2}| ", {"<|x|>": 100_300}), ("--pattern", r"\p{L}+|\d{2}| ", "--special-token", "<|x|>=100300")),
]

TEKKEN = [
    Real("mistral/tekken_240718.json", "Mistral Nemo (tekken)", "mistral_common", lambda f: Tekkenizer.from_file(real_files.real(f))),
    Real("mistral/tekken_240911.json", "Pixtral (tekken)", "mistral_common", lambda f: Tekkenizer.from_file(real_files.real(f))),
]

SENTENCEPIECE = [
    Real(name, family, "sentencepiece", lambda f: sentencepiece.SentencePieceProcessor(model_file=str(real_files.real(f))))
    for name, family in [
        ("mistral/tokenizer.model.v1", "Mistral 0.1"), ("mistral/240216.model.v2", "Mistral 0.2, Mixtral 8x22B"),
        ("mistral/240323.model.v3", "Mistral 0.3"), ("mistral/241114.model.v7", "Mistral Large 2411")]
]
