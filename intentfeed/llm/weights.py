"""Weights in this process: what transformers and llguidance do for us. Needs the extra `local`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ConfigError
from .client import Message
from .turns import turns_of

_FIRST_BUCKET = 32
_PLAIN = "{system}\n\n{turns}\n\nAnswer:\n"
_NO_WINDOW = 1_000_000


@dataclass
class Row:
    """One prompt of a batch, and what is said to it."""

    prompt: NDArray[np.int64]
    matcher: Any
    """Knows which tokens may come next under the schema; None for a row that only fills the batch."""
    max_tokens: int
    temperature: float
    generator: np.random.Generator
    """Of its own, so that what is drawn does not depend on who else is in the batch."""
    said: list[int] = field(default_factory=list)
    done: bool = False
    cut: bool = False
    """It was not finished after `max_tokens`."""

    def take(self, scores: NDArray[np.float32], n_vocab: int) -> int | None:
        """Return the next token of this row; None when it has come to its end."""
        self.done = self.done or self.matcher is None or bool(self.matcher.is_stopped())
        if not self.done and len(self.said) >= self.max_tokens:
            self.done = self.cut = True
        if self.done:
            return None
        allowed = np.unpackbits(np.frombuffer(self.matcher.compute_bitmask(), dtype=np.uint8), bitorder="little")
        token = _draw(scores[: len(allowed)], np.flatnonzero(allowed[:n_vocab]), self.temperature, self.generator)
        if token is None or not self.matcher.consume_token(token):
            self.done = self.cut = True
            return None
        self.said.append(token)
        return token


def _draw(
    scores: NDArray[np.float32], allowed: NDArray[np.int64], temperature: float, generator: np.random.Generator
) -> int | None:
    """Return one of the allowed tokens: the likeliest at temperature 0, else by chance; None where none is allowed."""
    if not len(allowed):
        return None
    likes = scores[allowed].astype(np.float64)
    if temperature == 0:
        return int(allowed[np.argmax(likes)])
    weights = np.cumsum(np.exp((likes - likes.max()) / temperature))
    return int(allowed[np.searchsorted(weights, generator.random() * weights[-1], side="right")])


class _Chooser:
    """Called by `generate` with the scores of a step: leaves each row one token, drawn by the row itself."""

    def __init__(self, rows: Sequence[Row], end: int, torch: Any) -> None:
        self.rows, self.end, self.torch = rows, end, torch

    def __call__(self, input_ids: Any, scores: Any) -> Any:  # noqa: ARG002
        """Return scores under which the likeliest token is the one that was drawn."""
        plain = scores.float().cpu().numpy()
        chosen = self.torch.full_like(scores, -np.inf)
        for place, row in enumerate(self.rows):
            token = row.take(plain[place], scores.shape[-1])
            chosen[place, self.end if token is None else token] = 0.0
        return chosen


class Weights:
    """A causal language model in a folder, its tokenizer, and schemas compiled for them."""

    def __init__(self, folder: Path) -> None:
        with _extra():
            import torch
            import transformers
            from llguidance.hf import from_tokenizer
        hf: Any = transformers
        hf.utils.logging.disable_progress_bar()
        self._torch: Any = torch
        self._processors: Any = hf.LogitsProcessorList
        self.tokenizer: Any
        self.model: Any
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        try:
            self.tokenizer = hf.AutoTokenizer.from_pretrained(str(folder), local_files_only=True)
            loaded = hf.AutoModelForCausalLM.from_pretrained(str(folder), local_files_only=True, dtype="auto")
            self.model = loaded.to(self.device).eval()
            said = self.model.generation_config.eos_token_id
            ends = said if isinstance(said, list) else [self.tokenizer.eos_token_id if said is None else said]
            self.n_vocab = int(self.model.get_output_embeddings().weight.shape[0])
            self._guide = from_tokenizer(self.tokenizer, n_vocab=self.n_vocab, eos_token=ends)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            first = (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
            raise ConfigError(
                f"{folder} holds no language model that can be used here ({first}): name a folder with the config, "
                "the fast tokenizer and the weights of a causal language model, as `save_pretrained` writes it"
            ) from error
        self._end = int(ends[0])
        # What the folder recommends (penalties, top-p, a length) would change what our own draw sees.
        self.model.generation_config = hf.GenerationConfig(eos_token_id=ends, pad_token_id=self._end)
        text_config = self.model.config.get_text_config()
        self.window = int(getattr(text_config, "max_position_embeddings", None) or _NO_WINDOW)
        added = self.tokenizer.added_tokens_decoder.values()
        names = {*self.tokenizer.all_special_tokens, *(str(each) for each in added if each.special)}
        self._special = sorted(names, key=lambda name: (-len(name), name))
        self._matchers: dict[str, Any] = {}

    def prompt(self, messages: Sequence[Message]) -> NDArray[np.int64]:
        """Return the tokens of a prompt: by the model's own chat template, or plainly where it has none.

        What the messages say is data: a control token of the model's that is spelled out in them is taken apart.
        """
        turns = turns_of([Message(turn.role, self._harmless(turn.content)) for turn in messages])
        text = self._templated(turns) if self.tokenizer.chat_template else _plain(turns)
        ids = self.tokenizer(text, add_special_tokens=not self.tokenizer.chat_template)["input_ids"]
        return np.asarray(ids, dtype=np.int64)

    def matcher(self, schema: dict[str, Any]) -> Any:
        """Return what knows which tokens a schema allows next, at its beginning.

        Raises:
            ConfigError: the schema cannot be followed.
        """
        from llguidance import LLMatcher

        name = json.dumps(schema)
        if name not in self._matchers:
            grammar = LLMatcher.grammar_from_json_schema(schema, overrides={"whitespace_flexible": False})
            matcher = LLMatcher(self._guide, grammar, log_level=0)
            if matcher.is_error():
                raise ConfigError(f"llguidance cannot follow this schema ({matcher.get_error()}): simplify the type")
            self._matchers[name] = matcher
        return self._matchers[name].deep_copy()

    def bucket(self, n_tokens: int) -> int:
        """Return the length to which a prompt is padded: at most an eighth more, and always at least one token."""
        step = max(_FIRST_BUCKET, 1 << max(0, n_tokens.bit_length() - 4))
        return step * (n_tokens // step + 1)

    def say(self, rows: Sequence[Row], length: int) -> None:
        """Let each row of a batch say what it has to, its prompt padded on the left to `length`."""
        torch = self._torch
        ids = np.full((len(rows), length), self._end, dtype=np.int64)
        mask = np.zeros_like(ids)
        for place, row in enumerate(rows):
            ids[place, length - len(row.prompt) :] = row.prompt
            mask[place, length - len(row.prompt) :] = 1
        with torch.inference_mode():
            self.model.generate(
                input_ids=torch.from_numpy(ids).to(self.device),
                attention_mask=torch.from_numpy(mask).to(self.device),
                max_new_tokens=max(row.max_tokens for row in rows) + 1,
                do_sample=False,
                logits_processor=self._processors([_Chooser(rows, self._end, torch)]),
            )

    def text(self, row: Row) -> str:
        """Return what a row has said."""
        said: bytes = self._guide.decode_bytes(row.said)
        return said.decode("utf-8", "ignore")

    def _harmless(self, text: str) -> str:
        """Return a text in which no control token of the model is spelled out."""
        for name in self._special:
            while name in text:
                text = text.replace(name, f"{name[0]} {name[1:]}" if len(name) > 1 else " ")
        return text

    def _templated(self, turns: list[dict[str, str]]) -> str:
        from jinja2.exceptions import TemplateError

        options: dict[str, Any] = {"tokenize": False, "add_generation_prompt": True, "enable_thinking": False}
        try:
            return str(self.tokenizer.apply_chat_template(turns, **options))
        except TemplateError:  # some know no system message
            system, first, *others = turns
            merged = [{"role": "user", "content": f"{system['content']}\n\n{first['content']}"}, *others]
            return str(self.tokenizer.apply_chat_template(merged, **options))


def _plain(turns: list[dict[str, str]]) -> str:
    system, *others = (turn["content"] for turn in turns)
    return _PLAIN.format(system=system, turns="\n\n".join(others))


@contextmanager
def _extra() -> Iterator[None]:
    try:
        yield
    except ImportError as error:
        missing = error.name or "a package"
        raise ConfigError(
            f"a model in this process needs {missing}, which is not installed: pip install 'intentfeed[local]'"
        ) from error
