"""Writes docs/tokenizers.md: what loads, from which file, checked against which version of which reference.

`python Tests/Oracle/tokenizers_page.py` writes the page; the oracle run writes it too, without the rows whose test failed, and
fails where the committed page differs.
"""

from pathlib import Path

import families
import real_files
import references

PAGE = Path(__file__).resolve().parents[2] / "docs" / "tokenizers.md"

HEAD = """# Tokenizers

This page is written by the oracle tests (`Tests/Oracle/tokenizers_page.py`): each row is compared with its reference in every run
of `make test`, on text in twenty scripts, white space tails, random mixtures with special tokens, Unicode scalars in context, and
every short string of a hostile alphabet. Compared are ids, tokens, byte ranges where the reference has them, and decoding.

Beside them each run makes hundreds of tokenizers at random (`Tests/Oracle/random_tokenizers.py`: every stage, flag and kind of added
token; rank files; SentencePiece options) and prints how many comparisons it made, two million in all, and its seed.
`PREP_TEST_SCALE=20 make test` goes on for a night; `PREP_ORACLE_SEED` repeats a run. A difference that was found is kept in
`Tests/Oracle/FailCases` and replayed.

```
prep tokenizer X                     what was loaded, and which file decides BOS, EOS and padding
prep encode --tokenizer X "A text"   ids; --json for tokens and byte ranges
```

`X` is `gpt2` (built in), a file, a model folder, or a name such as `Qwen/Qwen3-8B` that is in the Hugging Face cache. prep never
opens a connection; for a model that is not there it prints the `hf download` command.

## Real files
"""

FAMILIES = """
## Families

Trained in `{reference}` with exactly the family's pipeline, for families whose files are not in a package.

| family | normalizer | pre-tokenizer | model |
| --- | --- | --- | --- |
"""

TAIL = """
## Special tokens in text

`tokenizer.json` files find special tokens in text, as `tokenizers` does. `.tiktoken`, tekken and SentencePiece files take them for
plain text, as their references do unless told otherwise; `--parse-special` finds them. In `prep run` the content of records is plain
text in either case.

A SentencePiece model puts its dummy prefix at the beginning of a text alone: none stands behind BOS or another control symbol. In a
model folder of the class `LlamaTokenizer`, `legacy` and `add_prefix_space` of `tokenizer_config.json` say where it stands, as in
`transformers` 5. Text that is tokenized apart, such as a turn behind its prompt, is given nothing that it would not have in one text.

## What a rank file does not say

A `.tiktoken` file has neither pattern nor special tokens. Known files are recognized by their content; for others
`--encoding` names one of {encodings}, or `--pattern` and `--special-token TEXT=ID` give them. `qwen` brings text into NFC as
Qwen's own tokenizer does, `kimi` cuts it at 400,000 characters and at runs of 25,000 as Moonshot's does.

## Refused by name

Unigram, WordPiece and WordLevel models; SentencePiece models of another type than `bpe`, with unused pieces, or with a
denormalizer; normalizers, pre-tokenizers, post-processors and decoders that no BPE model uses; patterns whose meaning
cannot be kept exactly; `dropout`; `trim_offsets` where bytes fall back behind a prefix or suffix, whose ranges the reference puts
beyond the text. Of a single text: where the reference itself fails on it, and where it takes one of two added tokens by
chance, because they are the same when normalized or because one begins with the other (rank files).

Patterns of the families are scanned by hand in time that grows with the text. Any other runs on PCRE2: one such as `a+b` takes
quadratic time on a long run of `a`, as in its reference, and one that needs too many steps is refused with its text. So is a text that normalizers make longer than 8 times its bytes and
8 MiB, and a post-processor that adds more than 4,096 tokens.
"""

ENCODINGS = ["r50k", "gpt2", "p50k", "p50k_edit", "cl100k", "o200k", "o200k_harmony", "llama3", "llama4", "qwen", "kimi", "whisper"]


def _name(part) -> str:
    if part is None:
        return "none"
    import json

    def describe(state):
        inner = state.get("pretokenizers") or state.get("normalizers")
        if inner is not None:
            return " · ".join(describe(each) for each in inner) or "none"
        if state["type"] in ("Split", "Replace"):
            return f"{state['type']} ({state.get('behavior', 'text')}{', inverted' if state.get('invert') else ''})"
        if state["type"] == "ByteLevel":
            return "ByteLevel" + (" (GPT-2's pattern)" if state.get("use_regex") else "")
        return state["type"] + (f" ({state['prepend_scheme']})" if "prepend_scheme" in state else "")

    return describe(json.loads(part.__getstate__()))


def page(failed=frozenset()) -> str:
    """The page, without the rows of `failed`: labels of real files (`file:family`) and names of families."""
    lines = [HEAD, "| file | from | what | reference |", "| --- | --- | --- | --- |"]
    for row in references.TOKENIZERS + references.RANKS + references.TEKKEN + references.SENTENCEPIECE:
        if f"{row.file}:{row.family}" in failed:
            continue
        package = real_files.FILES[row.file][0]
        lines.append(f"| `{row.file}` | {package.name} {package.version} | {row.family} | {references.version(row.reference)} |")
    text = "\n".join(lines) + "\n" + FAMILIES.format(reference=references.version("tokenizers"))
    for family in families.FAMILIES:
        if family.name in failed:
            continue
        flags = ", ".join(f"{key}" if value is True else f"{key} {value}" for key, value in family.model.items()) or "BPE"
        text += (f"| {family.models} | {_name(family.normalizer and family.normalizer())} "
                 f"| {_name(family.pre_tokenizer and family.pre_tokenizer())} | {flags} |\n")
    return text + TAIL.format(encodings=", ".join(f"`{name}`" for name in ENCODINGS))


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(PAGE)
