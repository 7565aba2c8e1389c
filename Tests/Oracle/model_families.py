"""Published templates by the family of their model: its tokenizer, its control tokens, and the tokens at which its sampling stops.

What stops a model is `eos_token_id` of the `generation_config.json` that it is published with; `source` names one. Templates that stand
for no model of their own (Alpaca's, ChatML, Vicuna's) stop as the models do that were made with them.
"""

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import families
import real_files
import sentencepiece
from sentencepiece import sentencepiece_model_pb2
from tokenizers import AddedToken, Tokenizer


@dataclass(frozen=True)
class ModelFamily:
    templates: str
    """A pattern of `folder/name` of its templates."""
    tokenizer: str
    """A real file, or the name of a pipeline of `families.py`."""
    bos: str
    eos: str
    """What `tokenizer_config.json` names."""
    stops: tuple
    source: str
    control: tuple = ()
    """What its templates write beside `<|…|>`."""
    rstrip: bool = False
    """Whether its control tokens swallow the white space behind them."""


LLAMA3, DEEPSEEK = "llama3/tokenizer.json", "deepseek/tokenizer.json"
MISTRAL1, MISTRAL3 = "mistral/tokenizer.model.v1", "mistral/240323.model.v3"
THINK = ("<think>", "</think>", "<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>")
TURNS = ("<start_of_turn>", "<end_of_turn>", "<eos>")
GEMMA4 = ("<|turn>", "<turn|>", "<|channel>", "<channel|>", "<|tool>", "<tool|>", "<|tool_call>", "<tool_call|>", "<|tool_response>",
          "<tool_response|>", "<eos>", '<|"|>')

MODEL_FAMILIES = [
    ModelFamily(r"templates/llama3(_training)?|axolotl/llama3", LLAMA3, "<|begin_of_text|>", "<|eot_id|>",
                ("<|end_of_text|>", "<|eot_id|>"), "meta-llama/Meta-Llama-3-8B-Instruct"),
    ModelFamily(r"templates/llama3_[12]|axolotl/llama3_2_vision", LLAMA3, "<|begin_of_text|>", "<|eot_id|>",
                ("<|end_of_text|>", "<|eom_id|>", "<|eot_id|>"), "meta-llama/Llama-3.1-8B-Instruct"),
    ModelFamily(r".*/llama4", "o200k", "<|begin_of_text|>", "<|eot|>", ("<|end_of_text|>", "<|eom|>", "<|eot|>"),
                "meta-llama/Llama-4-Scout-17B-16E-Instruct"),
    ModelFamily(r".*/qwen.*", "qwen-2", "", "<|im_end|>", ("<|im_end|>", "<|endoftext|>"), "Qwen/Qwen3-8B, Qwen/Qwen2.5-7B-Instruct", THINK),
    ModelFamily(r".*/hermes|axolotl/chatml", "llama-3", "<|begin_of_text|>", "<|im_end|>", ("<|im_end|>",), "NousResearch/Hermes-3-Llama-3.1-8B",
                THINK),
    ModelFamily(r".*/smollm3", "starcoder-2", "", "<|im_end|>", ("<|im_end|>",), "HuggingFaceTB/SmolLM3-3B", THINK),
    ModelFamily(r".*/(gemma(3n?)?(_training)?)", "gemma", "<bos>", "<eos>", ("<eos>", "<end_of_turn>"), "google/gemma-3-4b-it", TURNS),
    ModelFamily(r".*/(diffusion_)?gemma(4.*|_training|)", "gemma", "<bos>", "<eos>", ("<eos>", "<turn|>", "<|tool_response>"),
                "google/gemma-4-E4B-it: [1, 106, 50]", GEMMA4),
    ModelFamily(r".*/deepseek.*", DEEPSEEK, "<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>", ("<｜end▁of▁sentence｜>",),
                "deepseek-ai/DeepSeek-V3", ("<｜User｜>", "<｜Assistant｜>", "<think>", "</think>")),
    ModelFamily(r".*/phi_?3.*", "phi-3", "<s>", "<|endoftext|>", ("<|endoftext|>", "<|assistant|>", "<|end|>"),
                "microsoft/Phi-3-mini-4k-instruct", rstrip=True),
    ModelFamily(r".*/phi_4", "olmo-2", "", "<|im_end|>", ("<|im_end|>", "<|endoftext|>"), "microsoft/Phi-4-reasoning", THINK[:2]),
    ModelFamily(r".*/gptoss.*", "o200k", "<|startoftext|>", "<|return|>", ("<|return|>", "<|endoftext|>", "<|call|>"), "openai/gpt-oss-20b"),
    ModelFamily(r".*/glm4moe.*", "glm-4", "", "<|endoftext|>", ("<|endoftext|>", "<|user|>", "<|observation|>"), "zai-org/GLM-4.5",
                ("[gMASK]", "<sop>", "/nothink", *THINK)),
    ModelFamily(r".*/chatglm3", "llama-3", "<s>", "</s>", ("</s>", "<|user|>", "<|observation|>"), "THUDM/chatglm3-6b"),
    ModelFamily(r".*/(aya|cohere.*|command_a.*)", "command-r", "<BOS_TOKEN>", "<|END_OF_TURN_TOKEN|>", ("<|END_OF_TURN_TOKEN|>",),
                "CohereLabs/c4ai-command-r-v01, CohereLabs/c4ai-command-a-03-2025"),
    ModelFamily(r".*/lfm2.*", LLAMA3, "<|startoftext|>", "<|im_end|>", ("<|im_end|>",), "LiquidAI/LFM2-1.2B", THINK[:2]),
    ModelFamily(r".*/nemotron_3_.*", "tekken", "<s>", "<|im_end|>", ("</s>", "<|im_end|>"), "nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B-BF16",
                ("</s>", *THINK)),
    ModelFamily(r".*/nemotron_h", "tekken", "<s>", "<|im_end|>", ("</s>", "<|im_end|>"), "nvidia/Nemotron-H-8B-Reasoning-128K", ("</s>",)),
    ModelFamily(r".*/nemotron", "llama-3", "<s>", "</s>", ("</s>", "<extra_id_1>"), "nvidia/Nemotron-4-340B-Instruct (its stop words)",
                ("<extra_id_0>", "<extra_id_1>")),
    ModelFamily(r".*/idefics3.*", "llama-3", "<|begin_of_text|>", "<end_of_utterance>", ("<|end_of_text|>", "<end_of_utterance>"),
                "HuggingFaceM4/Idefics3-8B-Llama3", ("<end_of_utterance>", "<image>")),
    ModelFamily(r".*/(llava_next.*|llama2)", MISTRAL1, "<s>", "</s>", ("</s>",), "llava-hf/llava-v1.6-mistral-7b-hf, meta-llama/Llama-2-7b-chat-hf"),
    ModelFamily(r".*/(vicuna|llava)", MISTRAL1, "<s>", "</s>", ("</s>",), "lmsys/vicuna-7b-v1.5, llava-hf/llava-1.5-7b-hf"),
    ModelFamily(r".*/(zephyr|metharme|alpaca)", MISTRAL1, "<s>", "</s>", ("</s>",), "HuggingFaceH4/zephyr-7b-beta; Alpaca, Metharme on Llama"),
    ModelFamily(r".*/mistral_v1", MISTRAL1, "<s>", "</s>", ("</s>",), "mistralai/Mistral-7B-Instruct-v0.1"),
    ModelFamily(r".*/mistral_v2v3", MISTRAL3, "<s>", "</s>", ("</s>",), "mistralai/Mistral-7B-Instruct-v0.3"),
    ModelFamily(r".*/(mistral_nemo|mistral_v[37]_tekken|pixtral)", "tekken", "<s>", "</s>", ("</s>",), "mistralai/Mistral-Nemo-Instruct-2407",
                tuple(f"[{slash}{name}]" for name in ("INST", "AVAILABLE_TOOLS", "TOOL_RESULTS", "SYSTEM_PROMPT") for slash in ("", "/"))
                + ("[TOOL_CALLS]", "[IMG]", "</s>")),
    ModelFamily(r".*/openchat", "llama-3", "<|begin_of_text|>", "<|end_of_turn|>", ("<|end_of_turn|>",), "openchat/openchat-3.5-0106"),
    ModelFamily(r".*/internlm2", "llama-3", "<s>", "</s>", ("</s>", "<|im_end|>"), "internlm/internlm2-chat-7b", ("</s>",)),
    ModelFamily(r".*/yi", "llama-3", "<s>", "<|im_end|>", ("<|im_end|>",), "01-ai/Yi-1.5-9B-Chat"),
    ModelFamily(r".*/olmo2", "olmo-2", "<|endoftext|>", "<|endoftext|>", ("<|endoftext|>",), "allenai/OLMo-2-1124-7B-Instruct"),
    ModelFamily(r".*/stablelm", "gpt-neox", "<|endoftext|>", "<|endoftext|>", ("<|endoftext|>",), "stabilityai/stablelm-2-1_6b-chat"),
    ModelFamily(r".*/granite", "starcoder-2", "<|end_of_text|>", "<|end_of_text|>", ("<|end_of_text|>",), "ibm-granite/granite-3.1-8b-instruct"),
    ModelFamily(r".*/kimi_k2", "kimi-k2", "[BOS]", "<|im_end|>", ("<|im_end|>",), "moonshotai/Kimi-K2-Instruct", ("[BOS]",)),
    ModelFamily(r".*/minimax", "llama-3", "]~!b[", "[e~[", ("[e~[",), "MiniMaxAI/MiniMax-M2", ("]~!b[", "]~b]", "[e~[", "<think>", "</think>")),
    ModelFamily(r".*/falcon", "falcon", "", "<|endoftext|>", ("<|endoftext|>",), "tiiuae/falcon-7b-instruct"),
    ModelFamily(r".*/falcon_h1", "llama-3", "<|begin_of_text|>", "<|im_end|>", ("<|im_end|>", "<|end_of_text|>"), "tiiuae/Falcon-H1-7B-Instruct",
                THINK),
    ModelFamily(r".*/jamba", LLAMA3, "<|startoftext|>", "<|eom|>", ("<|endoftext|>", "<|eom|>"), "ai21labs/AI21-Jamba-Mini-1.6"),
    ModelFamily(r".*/exaone", "llama-3", "[BOS]", "[|endofturn|]", ("[|endofturn|]",), "LGAI-EXAONE/EXAONE-3.5-7.8B-Instruct",
                ("[|system|]", "[|user|]", "[|assistant|]", "[|endofturn|]")),
    ModelFamily(r".*/exaone4", "llama-3", "[BOS]", "[|endofturn|]", ("[|endofturn|]",), "LGAI-EXAONE/EXAONE-4.0-32B",
                ("[|system|]", "[|user|]", "[|assistant|]", "[|tool|]", "[|endofturn|]", *THINK)),
]


def family(template: Path) -> ModelFamily:
    """The family of a template: the first whose pattern fits, with Gemma's own templates told apart by the turns that they write."""
    name, text = f"{template.parent.name}/{template.stem}", template.read_text(encoding="utf-8")
    for one in MODEL_FAMILIES:
        if re.fullmatch(one.templates, name) and ("<|turn>" in text) == ("<|turn>" in one.control):
            return one
    raise LookupError(name)


class Pieces:
    """A `tokenizer.json` as `tokenizers` reads it."""

    def __init__(self, tokenizer: Tokenizer, control):
        self.tokenizer, self.control = tokenizer, set(control)

    def ids(self, text: str, behind: str = "") -> list[int]:
        """The ids of a text, as it stands behind a control token if one is given."""
        ids = self.tokenizer.encode(behind + text, add_special_tokens=False).ids
        if behind:
            assert ids[0] == self.tokenizer.token_to_id(behind)
        return ids[1:] if behind else ids


class SentencePieces:
    """A SentencePiece model: its control tokens split the text, and the space that it puts before a text stands at the very start."""

    def __init__(self, path: Path):
        self.first = sentencepiece.SentencePieceProcessor(model_file=str(path))
        model = sentencepiece_model_pb2.ModelProto.FromString(path.read_bytes())
        model.normalizer_spec.add_dummy_prefix = False
        self.later = sentencepiece.SentencePieceProcessor(model_proto=model.SerializeToString())
        self.control = {self.first.id_to_piece(i) for i in range(self.first.get_piece_size()) if self.first.is_control(i)}

    def ids(self, text: str, behind: str = "") -> list[int]:
        ids, isFirst = [], not behind
        for part in re.split("(" + "|".join(map(re.escape, sorted(self.control))) + ")", text):
            if part in self.control:
                ids.append(self.first.piece_to_id(part))
            elif part:
                ids += (self.first if isFirst else self.later).encode(part)
            if part:
                isFirst = False
        return ids


def control_tokens(model: ModelFamily, text: str) -> list[str]:
    found = re.findall(r"<[|｜][\w▁ ]+[|｜]>", text)
    return list(dict.fromkeys(filter(None, [*found, *model.control, *model.stops, model.bos, model.eos])))


@cache
def pipeline(name: str) -> str:
    """A tokenizer as JSON: trained once for each of `families.py`, or a real one."""
    if "/" in name:
        return real_files.real(name).read_text(encoding="utf-8")
    return families.build(next(one for one in families.FAMILIES if one.name == name)).to_str()


def build(template: Path, folder: Path):
    """What encodes as the model of a template does, and what `--tokenizer` takes for it: a folder, or a SentencePiece model."""
    model = family(template)
    if ".model" in model.tokenizer:
        return SentencePieces(real_files.real(model.tokenizer)), real_files.real(model.tokenizer)
    tokenizer = Tokenizer.from_str(pipeline(model.tokenizer))
    control = control_tokens(model, template.read_text(encoding="utf-8"))
    tokenizer.add_special_tokens([AddedToken(text, special=True, normalized=False, rstrip=model.rstrip) for text in control])
    folder.mkdir()
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(json.dumps({"bos_token": model.bos or None, "eos_token": model.eos}))
    (folder / "generation_config.json").write_text(json.dumps({"eos_token_id": [tokenizer.token_to_id(stop) for stop in model.stops]}))
    return Pieces(tokenizer, control), folder
