"""Model folders for the tests of chat: a real tokenizer, a published template, and the control tokens that it writes."""

import json
import re
from pathlib import Path

from chat_cases import TEMPLATES
from transformers import PreTrainedTokenizerFast

PATHS = {path.stem: path for path in TEMPLATES}

# template → the real vocabulary below it, BOS, EOS, and what the template writes beside what a pattern finds.
MODELS = {
    "llama3": ("llama3/tokenizer.json", "<|begin_of_text|>", "<|eot_id|>", []),
    "qwen2_5": ("deepseek/tokenizer.json", None, "<|im_end|>", []),
    "qwen3": ("llama3/tokenizer.json", None, "<|im_end|>", ["<think>", "</think>", "<tool_call>", "</tool_call>"]),
    "gemma3": ("llama3/tokenizer.json", "<bos>", "<end_of_turn>", ["<start_of_turn>"]),
    "deepseekv3": ("deepseek/tokenizer.json", "<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>", ["<｜User｜>", "<｜Assistant｜>"]),
    "phi3": ("deepseek/tokenizer.json", "<s>", "<|endoftext|>", ["<|user|>", "<|assistant|>", "<|end|>", "<|system|>"]),
    "gptoss": ("llama3/tokenizer.json", "<|startoftext|>", "<|return|>", []),
    "glm4moe": ("llama3/tokenizer.json", None, "<|user|>", ["[gMASK]", "<sop>", "<|system|>", "<|assistant|>", "<|observation|>",
                                                            "<think>", "</think>", "/nothink"]),
}


def build(folder: Path, real, vocabulary: str, template, bos, eos, more=(), named=None) -> PreTrainedTokenizerFast:
    """Writes a model folder and gives the `transformers` tokenizer that reads it."""
    found = re.findall(r"<[|｜][\w▁ ]+[|｜]>", template if isinstance(template, str) else "".join(template.values()))
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_file=str(real(vocabulary)), bos_token=bos, eos_token=eos, pad_token=None, clean_up_tokenization_spaces=False)
    wanted = {str(token): token for token in [*found, *more, *filter(None, (bos, eos))]}
    tokenizer.add_special_tokens({"additional_special_tokens": list(wanted.values())})
    tokenizer.chat_template = template
    tokenizer.save_pretrained(folder)
    return PreTrainedTokenizerFast.from_pretrained(folder)


def model(folder: Path, real, name: str) -> PreTrainedTokenizerFast:
    vocabulary, bos, eos, more = MODELS[name]
    return build(folder, real, vocabulary, PATHS[name].read_text(encoding="utf-8"), bos, eos, more)


def write(path: Path, records) -> Path:
    path.write_text("".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records), encoding="utf-8")
    return path
