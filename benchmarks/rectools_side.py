"""RecTools' half of `rectools_check.py`: runs in an environment of its own and shares no code with the package.

    PYTHON rectools_side.py FOLDER

Reads `settings.json`, `train.csv` (user_id, item_id, datetime) and `questions.csv` (the same; the user is the number
of the question) from the folder. Trains, and after each number of epochs in `looks` writes `lists-EPOCHS.csv`
(user_id, item_id, rank) and a line to `seconds.csv`.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from pathlib import Path

import pandas as pd
import torch
from pytorch_lightning import seed_everything
from rectools.dataset import Dataset
from rectools.models import BERT4RecModel, SASRecModel

MODELS = {"sasrec": SASRecModel, "bert4rec": BERT4RecModel}


def main() -> None:
    folder = Path(sys.argv[1])
    settings = json.loads((folder / "settings.json").read_text())
    warnings.filterwarnings("ignore")
    torch.set_num_threads(settings["threads"])
    seed_everything(settings["seed"], verbose=False)
    train, questions = read(folder / "train.csv"), read(folder / "questions.csv")
    model = MODELS[settings["method"]](loss="softmax", verbose=0, **settings["model"])
    asked, trained, spent = Dataset.construct(questions), 0, 0.0
    for epochs in settings["looks"]:
        started = time.perf_counter()
        model.fit_partial(Dataset.construct(train), min_epochs=epochs - trained, max_epochs=epochs - trained)
        trained, spent = epochs, spent + time.perf_counter() - started
        found = model.recommend(
            users=questions["user_id"].unique(),
            dataset=asked,
            k=settings["k"],
            filter_viewed=settings["exclude_seen"],
            on_unsupported_targets="ignore",
        )
        found[["user_id", "item_id", "rank"]].to_csv(folder / f"lists-{epochs}.csv", index=False)
        with (folder / "seconds.csv").open("a") as file:
            file.write(f"{epochs},{spent:.1f}\n")
        if settings["until_s"] and spent > settings["until_s"]:
            break


def read(path: Path) -> pd.DataFrame:
    events = pd.read_csv(path)
    return events.assign(datetime=pd.to_datetime(events["datetime"], unit="s"), weight=1.0)


if __name__ == "__main__":
    main()
