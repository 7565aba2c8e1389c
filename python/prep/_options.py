"""The options of `prep run` as keyword arguments. Made by Scripts/python_options.py from the command's own table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypedDict, Union


class EncodeOptions(TypedDict, total=False):
    """What decides the rows of a record."""

    schema: Literal["auto", "instruction", "messages", "text"]
    """instruction, messages, text; auto: each record's own fields decide. (default: auto)"""
    field: Mapping[str, str]
    """Name of a field, as in task=question or messages=data.turns; may be repeated. Roles, and the names that are read without
    it: task (instruction, prompt, question, query, inputs, problem); context (input); response (output, completion, answer,
    targets, target, solution); text; messages (conversations, conversation); system (system_prompt); history; tools
    (functions); documents; role (from, speaker); content (value, text). The last two are of messages."""
    role: Mapping[str, str]
    """What a word for a role means: system, developer, user, assistant, tool. May be repeated."""
    encoding: str
    """Pattern and special tokens of a .tiktoken file: r50k, gpt2, p50k, p50k_edit, cl100k, o200k, o200k_harmony, llama3,
    llama4, qwen, kimi, whisper."""
    pattern: str
    """Pattern of a .tiktoken file: a name as for encoding, or a regular expression."""
    special_token: Mapping[str, int]
    """A special token of a .tiktoken file; may be repeated."""
    bos_token: str
    """The token that begins a text."""
    eos_token: str
    """The token that ends a response."""
    pad_token: str
    """The token that fills rows; EOS unless the files name one."""
    parse_special: bool
    """Let text such as <|endoftext|> in the records become special tokens."""
    template_arg: Mapping[str, Any]
    """A variable of the template; JSON where it is JSON, else text. May be repeated."""
    system: str
    """A system turn for conversations without one."""
    date: str
    """The day that the template shows as today."""
    loss: str
    """What is learned. assistant: all of its turns; last: those after the last user turn; all: every byte; tools: calls of
    tools; system, user, tool: turns of others; generation: what the template marks. Join with +, take away with -reasoning,
    -tool-calls, -terminator, as in assistant+user-reasoning. (default: assistant)"""
    history: Literal["as-rendered", "last-turn", "unroll", "error"]
    """What rewritten history becomes: as-rendered, last-turn, unroll, error. (default: as-rendered)"""
    seam: Literal["split", "joint"]
    """split: prompt and response are tokenized apart, as at inference; joint: together. (default: split)"""
    straddle: Literal["mask", "supervise", "error"]
    """With seam joint, a token on the boundary: mask, supervise, error. (default: mask)"""
    prompt_length: int
    """Maximum tokens of task and context."""
    response_length: int
    """Maximum tokens of the response, its end included."""
    truncate: Literal["right", "left", "keep-response", "oldest-turns", "drop", "error"]
    """What becomes of a longer sample. right: its end is cut off; left: its beginning; keep-response: the beginning of its
    prompt; oldest-turns: whole exchanges of a conversation, the oldest first, never its system turn; drop: it is left out,
    and counted; error: the run stops. (default: right)"""
    min_tokens: int
    """Leave records out of which a sample has fewer tokens, before anything is cut off."""
    max_tokens: int
    """Leave records out of which a sample has more tokens, whatever the context length."""
    max_record_size: int
    """A larger record is rejected. (default: 16MiB)"""
    pack: Union[bool, Literal["whole", "split"]]
    """Several samples a row: whole samples, or split for plain text, which fills every row. Without it each has its own."""
    pack_align: int
    """Packed samples begin at multiples of this. (default: 1)"""


class RunOptions(EncodeOptions, total=False):
    """What `prep.run` takes besides."""

    preset: str
    """Settings by a name, which other flags may change: instruction-1024 (rows of 1024: at most 256 tokens of task and
    context, 256 of the response, then padding)."""
    allow_dropped: bool
    """Accept records of which a turn leaves nothing in the text, and count such turns."""
    max_rejects: Union[int, str]
    """Records that may be rejected, a share or a number; above it no data set is written. (default: 1%)"""
    limit: int
    """Read the first n records only."""
    skip_other_files: bool
    """Skip files of a folder that look like data but are not read."""
    overwrite: bool
    """Replace what the folder holds of an earlier run."""
    verify: bool
    """Read every byte of a finished folder, and make what is damaged again; without it, what is missing."""
    format: Literal["parquet", "arrow", "mds", "turns", "megatron", "memmap", "npy"]
    """Export the rows too, as prep export does: parquet, arrow, mds, turns, megatron, memmap or npy, a folder of that name in
    the output."""
    partition: str
    """Do the i-th (from 0) of n parts of the input; prep merge joins them."""
    block_size: int
    """Input that becomes one shard (decompressed). (default: 16MiB)"""
    level: int
    """zstd's compression level, 1 to 19. (default: 3)"""


#: As the command spells them.
NAMES = frozenset((
    "allow-dropped", "block-size", "bos-token", "context-length", "date", "encoding", "eos-token", "field", "format",
    "history", "level", "limit", "loss", "max-record-size", "max-rejects", "max-tokens", "min-tokens", "output",
    "overwrite", "pack", "pack-align", "pad-token", "parse-special", "partition", "pattern", "preset", "prompt-length",
    "response-length", "role", "schema", "seam", "skip-other-files", "special-token", "straddle", "system", "template",
    "template-arg", "threads", "tokenizer", "truncate", "verify",
))
