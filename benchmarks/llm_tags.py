"""HR@30 of a language model's tags beside the grounded ones, the baselines and φ, over the door.

    python benchmarks/llm_tags.py DATA [--endpoint URL --model M] [--log FILE] [--domain films] [--limit N]

Without an endpoint the scripted one is started: its tags show that the way holds, not what a model can do. With a
folder of batch files as the endpoint it stops until they are answered; the log then has to be kept.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from intentfeed.data.item_table import item_table
from intentfeed.data.short import ShortConfig
from intentfeed.evaluate.dataset import read_dataset
from intentfeed.evaluate.tags import Asked, hit_rate_at_30
from intentfeed.inputs import with_short_texts
from intentfeed.intents.grounded import GroundedTagger
from intentfeed.intents.llm import LLMTagger
from intentfeed.llm.config import LLMConfig
from intentfeed.llm.door import open_door
from intentfeed.llm.log import CallLog
from intentfeed.llm.scripted.process import ScriptedProcess
from intentfeed.types import Tag


def tags_over(llm: LLMConfig, log: CallLog, grounded: GroundedTagger, asked: Sequence[Asked]) -> list[list[Tag]]:
    """Return everybody's tags, after one wave of questions."""
    frame = with_short_texts(grounded.catalog, ShortConfig()).frame
    tagger = LLMTagger(
        grounded,
        answers=log,
        llm=llm,
        language="en",
        chosen=lambda _: True,
        texts=item_table(frame).frame["short"].to_list(),
    )
    calls = (tagger.call(*each) for each in asked)
    came = Counter(reply.status for reply in open_door(llm, log).complete_many(call for call in calls if call))
    dropped: Counter[str] = Counter()
    rows = []
    for each in asked:
        tags, refused = tagger.consider(*each)
        rows.append(tags)
        dropped.update(drop.constraint for drop in refused)
    said = Counter(tag.backend for row in rows for tag in row)
    print(f"answers: {dict(came)}; spoke: {dict(tagger.spoke)}; tags: {dict(said)}; refused: {dict(dropped)}")
    print(f"reasons: {dict(tagger.reader.reasons.most_common(5))}; floor {tagger.reader.meanings.floor}")
    return rows


def main() -> None:
    """Print the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--endpoint", default="")
    parser.add_argument("--model", default="scripted")
    parser.add_argument("--log", type=Path, help="keeps the answers [thrown away]")
    parser.add_argument("--domain", default="shop")
    parser.add_argument("--limit", type=int, default=200)
    chosen = parser.parse_args()
    with ExitStack() as stack:
        url = chosen.endpoint or stack.enter_context(ScriptedProcess()).url
        log = CallLog(chosen.log or Path(stack.enter_context(tempfile.TemporaryDirectory())) / "llm.sqlite")
        llm = LLMConfig(endpoint=url, model=chosen.model, domain=chosen.domain)
        name = f"{chosen.model}'s tags through φ"
        others = {name: lambda grounded, asked: tags_over(llm, log, grounded, asked)}
        hit_rate_at_30(read_dataset(chosen.data), limit=chosen.limit, others=others).print()


if __name__ == "__main__":
    main()
