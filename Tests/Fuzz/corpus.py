"""Makes Tests/Fuzz/Corpus, but for its templates: one small input of each kind, from which the fuzz targets make others.

usage: .venv/bin/python Tests/Fuzz/corpus.py
"""

import base64
import io
import json
import tempfile
from pathlib import Path

import sentencepiece
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

ROOT = Path(__file__).parent / "Corpus"
TEXTS = [
    "Hello world, it's a test of the thing 12345", "été ДА 漢字 and more words",
    "the quick brown fox jumps over the lazy dog <s> [INST]",
] * 3
GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
O200K = (
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
    r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
RANKS = [bytes([byte]) for byte in range(256)] + [b"th", b"the", b" a", b"in", b"er", b"on", b"  "]


def write(path, content):
    path = ROOT / path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())


def records():
    call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": '{"x": 1}'}}
    return [
        {"task": "T", "context": "C", "response": "R"}, {"instruction": "q", "input": "c", "output": "o"},
        {"text": "some text"},
        {"messages": [
            {"role": "system", "content": "S"}, {"role": "user", "content": "a"},
            {"role": "assistant", "content": "b", "weight": 0.5},
            {"role": "user", "content": [{"type": "text", "text": "c"}]},
            {"role": "assistant", "content": "d", "reasoning_content": "r"}]},
        {"messages": [
            {"role": "user", "content": "a"}, {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "1", "content": "42"}, {"role": "assistant", "content": "z"}],
         "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}]},
        {"conversations": [
            {"from": "human", "value": "a"}, {"from": "function_call", "value": '{"name":"f","arguments":{}}'},
            {"from": "observation", "value": "r"}, {"from": "gpt", "value": "b"}], "system": "S"},
        {"prompt": [{"role": "user", "content": "a"}],
         "completion": [{"role": "assistant", "content": "b",
                         "train_detail": [{"begin_offset": 0, "end_offset": 0, "train": False}]}]},
        {"query": "q", "response": "r", "history": [["a", "b"]]},
        {"messages": {"role": ["user", "assistant"], "content": ["a", "b"]}},
        {"conversation": [{"human": "a", "assistant": "b"}], "documents": [{"title": "t", "text": "x"}],
         "chat_template_kwargs": {"enable_thinking": False}},
    ]


def trained(tokenizer, size, special=(), alphabet=()):
    trainer = trainers.BpeTrainer(
        vocab_size=size, special_tokens=list(special), initial_alphabet=list(alphabet), show_progress=False)
    tokenizer.train_from_iterator(TEXTS, trainer)
    return tokenizer


def tokenizers():
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    plain = Tokenizer(models.BPE())
    plain.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    plain.decoder = decoders.ByteLevel()
    trained(plain, 300, ["<|endoftext|>", "<|im_start|>", "<|im_end|>"], alphabet)
    plain.post_processor = processors.ByteLevel(trim_offsets=False)
    yield "bytelevel", plain

    split = Tokenizer(models.BPE(ignore_merges=True))
    split.normalizer = normalizers.NFC()
    split.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(r"\p{N}{1,3}"), "isolated"), pre_tokenizers.Split(Regex(GPT2), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    split.decoder = decoders.ByteLevel()
    trained(split, 300, alphabet=alphabet)
    split.add_special_tokens([AddedToken("<s>", special=True), AddedToken(" </s>", lstrip=True, rstrip=True)])
    split.add_tokens([AddedToken("word", single_word=True), AddedToken("Fox", normalized=True)])
    split.post_processor = processors.TemplateProcessing(
        single="<s> $A", pair="<s> $A $B", special_tokens=[("<s>", split.token_to_id("<s>"))])
    yield "split", split

    llama = Tokenizer(models.BPE(byte_fallback=True, unk_token="<unk>", fuse_unk=True))
    llama.normalizer = normalizers.Sequence([
        normalizers.Prepend("▁"), normalizers.Replace(" ", "▁"), normalizers.NFKC(), normalizers.Lowercase()])
    llama.decoder = decoders.Sequence([
        decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    yield "llama", trained(llama, 200, ["<unk>", "<s>", "</s>"] + [f"<0x{byte:02X}>" for byte in range(256)])

    metaspace = Tokenizer(models.BPE())
    metaspace.normalizer = normalizers.Sequence([
        normalizers.Strip(), normalizers.StripAccents(), normalizers.BertNormalizer(),
        normalizers.Replace(Regex(r"\s{2,}"), " ")])
    metaspace.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Metaspace(), pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.Punctuation(),
        pre_tokenizers.WhitespaceSplit()])
    metaspace.decoder = decoders.Metaspace()
    yield "metaspace", trained(metaspace, 150)


def tekken():
    names = ["<unk>", "<s>", "</s>", "[INST]", "[/INST]", "[AVAILABLE_TOOLS]", "[/AVAILABLE_TOOLS]", "[TOOL_RESULTS]",
             "[/TOOL_RESULTS]", "[TOOL_CALLS]"]
    return {
        "config": {"pattern": O200K, "num_vocab_tokens": len(RANKS), "default_vocab_size": len(RANKS) + len(names),
                   "default_num_special_tokens": len(names), "version": "v3"},
        "vocab": [{"rank": rank, "token_bytes": base64.b64encode(token).decode(), "token_str": None}
                  for rank, token in enumerate(RANKS)],
        "special_tokens": [{"rank": rank, "token_str": name, "is_control": True} for rank, name in enumerate(names)],
    }


def sentencepieces():
    with tempfile.NamedTemporaryFile("w", suffix=".tsv") as rules:
        rules.write("41\t61\nFF21\t41\n65 301\tE9\n")
        rules.flush()
        for name, size, options in [
            ("identity", 360, {"normalization_rule_name": "identity", "byte_fallback": True}),
            ("rules", 80, {"normalization_rule_tsv": rules.name, "user_defined_symbols": ["[INST]", "x y"],
                           "add_dummy_prefix": False}),
        ]:
            model = io.BytesIO()
            sentencepiece.SentencePieceTrainer.train(
                sentence_iterator=iter(TEXTS * 20), model_writer=model, model_type="bpe", vocab_size=size, minloglevel=2,
                hard_vocab_limit=False, **options)
            yield name, model.getvalue()


def main():
    for number, record in enumerate(records()):
        write(f"record/{number}.json", json.dumps(record, ensure_ascii=False))
    write("pattern/gpt2", GPT2)
    write("pattern/o200k", O200K)
    write("pattern/kana", "[一-龥\u3040-ゟ゠-ヿ]+")
    write("pattern/mixed", r"(?<!a)(?:b|c{2,3}?)++(?=d)|[^\W_]+|\b\d+\b|(?>x*)y")
    for name, tokenizer in tokenizers():
        write(f"tokenizer/{name}.json", tokenizer.to_str())
    write("ranks/small", "".join(f"{base64.b64encode(token).decode()} {rank}\n" for rank, token in enumerate(RANKS)))
    write("tekken/small.json", json.dumps(tekken()))
    for name, model in sentencepieces():
        write(f"sentencepiece/{name}.model", model)
    write("folder/llama.json", json.dumps({
        "bos_token": {"content": "<s>", "lstrip": False}, "eos_token": "<|endoftext|>", "pad_token": None, "add_bos_token": True,
        "chat_template": (ROOT / "template/chatml.jinja").read_text(), "extra_special_tokens": {"im": "<|im_end|>"},
        "additional_special_tokens": ["<|im_start|>"], "added_tokens_decoder": {"300": {"content": "<x>", "special": True}},
        "eos_token_id": [0, 2], "tokenizer_class": "PreTrainedTokenizerFast", "legacy": False, "model_max_length": 1e30}))
    write("folder/list.json", json.dumps({
        "bos_token": "<|endoftext|>", "chat_template": [
            {"name": "default", "template": "{{ messages[0].content }}"}, {"name": "tool_use", "template": "{{ tools }}"}]}))
    write("spec/chat.json", json.dumps({
        "context-length": 64, "template": "chatml", "loss": "assistant,-reasoning", "history": "unroll", "system": "S",
        "pack": "whole", "role": ["a=user"]}))
    write("spec/plain.json", json.dumps({
        "template": "plain", "context-length": 1024, "prompt-length": 512, "response-length": 512, "truncate": "keep-response",
        "field": ["task=q"], "seam": "joint", "straddle": "supervise"}))
    write("input/lines", b'\0{"text":"a"}\n{"text":"b"}\n')


if __name__ == "__main__":
    main()
