"""A causal language model of a few thousand random weights with a tokenizer of its own, made on the spot."""

from __future__ import annotations

from pathlib import Path

WINDOW = 1024
_SAID = ["<|pad|>", "<|end|>", "<|turn|>"]
_TEXTS = [
    '{"thought":"tents","rows":[{"word":"tent","kind":"camping","lines":[1,2]}]} 帐篷 睡袋 露营 炉子 tent stove lamp'
]
_CHINESE = "帐篷睡袋露营炉子词"
TEMPLATE = (
    "{% for message in messages %}<|turn|>{{ message.role }}\n{{ message.content }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|turn|>assistant\n{% endif %}"
)


def save_tiny_model(folder: Path, *, chat_template: str | None = TEMPLATE, n_hidden: int = 64) -> Path:
    """Write a Llama of two layers with random weights, and a byte-level tokenizer trained on a line of text."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    plain = Tokenizer(models.BPE())
    plain.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    plain.decoder = decoders.ByteLevel()
    letters = pre_tokenizers.ByteLevel.alphabet()
    plain.train_from_iterator(
        _TEXTS, trainers.BpeTrainer(special_tokens=_SAID, initial_alphabet=letters, show_progress=False)
    )
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=plain, pad_token=_SAID[0], eos_token=_SAID[1])
    tokenizer.add_special_tokens({"additional_special_tokens": _SAID[2:]})
    if chat_template is not None:
        tokenizer.chat_template = chat_template
    tokenizer.save_pretrained(folder)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer) + 7,  # real ones are padded, too
        hidden_size=n_hidden,
        intermediate_size=2 * n_hidden,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=WINDOW,
        initializer_range=0.3,
        bos_token_id=None,
        eos_token_id=1,
        pad_token_id=0,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    return folder


def save_tiny_gguf(path: Path) -> Path:
    """Write a Llama of two layers with random weights, and a tokenizer of single characters, as llama.cpp reads them.

    No token is a part of a character: llama.cpp lets ill-formed UTF-8 through its grammar, stumbles over it, and
    answers with 500.
    """
    import gguf
    import numpy as np
    from tokenizers.pre_tokenizers import ByteLevel

    n_hidden, n_heads, n_layers = 64, 4, 2
    spell = ByteLevel(add_prefix_space=False, use_regex=False)
    parts = [spell.pre_tokenize_str(character)[0][0] for character in _CHINESE]
    tokens = [*_SAID, *sorted(spell.pre_tokenize_str(chr(code))[0][0] for code in (9, 10, *range(32, 127))), *parts]
    kinds = [gguf.TokenType.CONTROL] * len(_SAID) + [gguf.TokenType.NORMAL] * (len(tokens) - len(_SAID))
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_context_length(4 * WINDOW)
    writer.add_embedding_length(n_hidden)
    writer.add_feed_forward_length(2 * n_hidden)
    writer.add_block_count(n_layers)
    writer.add_head_count(n_heads)
    writer.add_head_count_kv(n_heads)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    writer.add_token_merges([pair for a, b, c in parts for pair in (f"{a} {b}", f"{a}{b} {c}")])
    writer.add_eos_token_id(1)
    writer.add_pad_token_id(0)
    writer.add_chat_template(TEMPLATE)
    generator = np.random.default_rng(0)
    square, wide = (n_hidden, n_hidden), (2 * n_hidden, n_hidden)
    shapes = {"token_embd": (len(tokens), n_hidden), "output": (len(tokens), n_hidden)}
    for layer in range(n_layers):
        shapes |= {f"blk.{layer}.attn_{name}": square for name in ("q", "k", "v", "output")}
        shapes |= {f"blk.{layer}.ffn_gate": wide, f"blk.{layer}.ffn_up": wide, f"blk.{layer}.ffn_down": wide[::-1]}
    norms = ["output_norm", *(f"blk.{layer}.{name}_norm" for layer in range(n_layers) for name in ("attn", "ffn"))]
    for name, shape in shapes.items():
        writer.add_tensor(f"{name}.weight", generator.normal(0, 0.3, shape).astype(np.float32))
    for name in norms:
        writer.add_tensor(f"{name}.weight", np.ones(n_hidden, dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
