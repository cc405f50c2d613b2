"""A causal language model of a few thousand random weights with a tokenizer of its own, made on the spot."""

from __future__ import annotations

from pathlib import Path

WINDOW = 1024
_SAID = ["<|pad|>", "<|end|>", "<|turn|>"]
_TEXTS = [
    '{"thought":"tents","rows":[{"word":"tent","kind":"camping","lines":[1,2]}]} 帐篷 睡袋 露营 炉子 tent stove lamp'
]
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
