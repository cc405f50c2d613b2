"""Who thinks: the grounded role, or the language model in its place with the grounded one behind it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from .config import Config
from .data.catalog import Catalog
from .data.item_table import ItemTable, item_table
from .explain.explainer import Explainer
from .explain.llm import LLMExplainer
from .fitting import Models
from .intents.llm import LLMTagger
from .intents.tag import Tagger
from .interests.llm import LLMMiner
from .interests.mine import Miner
from .llm.client import Language
from .llm.log import CallLog
from .who import Who, prices_of


@dataclass(frozen=True)
class Roles:
    """Every thinking role of a run, as the settings choose them."""

    items: ItemTable
    """The items as digests show them."""
    miner: Miner
    tagger: Tagger
    explainer: Explainer
    grounded_explainer: Explainer
    log: CallLog | None = None
    """Where the answers are; None where no model is asked."""
    _told: Counter[str] = field(default_factory=Counter)

    def spoke(self) -> Counter[str]:
        """Return who spoke since the last call, as `miner llm` or `tagger grounded/refused`."""
        now = Counter[str]()
        for role in (self.miner, self.tagger, self.explainer):
            if isinstance(role, LLMMiner | LLMTagger | LLMExplainer):
                name = {LLMMiner: "miner", LLMTagger: "tagger", LLMExplainer: "explainer"}[type(role)]
                now.update({f"{name} {who}": n for who, n in role.spoke.items()})
        since = now - self._told
        self._told.clear()
        self._told.update(now)
        return since


def roles_of(models: Models, config: Config, log_path: Path, floor: float) -> Roles:
    """Return the roles; with an endpoint, those of `llm.roles` read the answers in the log."""
    llm, catalog = config.llm, models.catalog
    grounded = Roles(item_table(catalog.frame), models.miner, models.tagger, models.explainer, models.explainer)
    if not llm.on:
        return grounded
    log, language = CallLog(log_path), language_of(config, catalog)
    texts = grounded.items.frame["short"].to_list()
    who = Who(llm.who, prices_of(catalog), floor)
    miner: Miner = models.miner
    if "miner" in llm.roles:
        miner = LLMMiner(
            models.miner,
            answers=log,
            llm=llm,
            language=language,
            chosen=who.chosen,
            texts=texts,
            compress=config.compress,
            config=llm.miner,
        )
    tagger: Tagger = models.tagger
    if "tagger" in llm.roles:
        tagger = LLMTagger(
            models.tagger,
            answers=log,
            llm=llm,
            language=language,
            chosen=who.chosen,
            texts=texts,
            config=llm.tagger,
        )
    explainer: Explainer = models.explainer
    if "explainer" in llm.roles:
        explainer = LLMExplainer(models.explainer, answers=log, llm=llm, language=language, config=llm.explainer)
    return Roles(grounded.items, miner, tagger, explainer, models.explainer, log)


def log_of(root: Path) -> Path:
    """Return where a workspace keeps every call."""
    return root / "llm.sqlite"


def language_of(config: Config, catalog: Catalog) -> Language:
    """Return the language of the prompts: the one that is set, or that of the catalogue's titles."""
    if config.llm.language != "auto":
        return config.llm.language
    return "zh" if catalog.language == "zh" else "en"
