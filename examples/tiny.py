"""A two-layer model built from its configuration: the examples run anywhere, without a download. In a script of one's own
stands `AutoModelForCausalLM.from_pretrained(…, use_cache=False)` in its place."""

from transformers import LlamaConfig, LlamaForCausalLM


def tiny_model(vocabulary: int, context_length: int) -> LlamaForCausalLM:
    # Without a cache, because with one transformers does not tell packed samples apart by their position_ids.
    return LlamaForCausalLM(LlamaConfig(
        vocab_size=vocabulary, hidden_size=64, intermediate_size=128, num_hidden_layers=2, num_attention_heads=4,
        max_position_embeddings=context_length, bos_token_id=None, eos_token_id=None, pad_token_id=None,
        use_cache=False, attn_implementation="sdpa"))
