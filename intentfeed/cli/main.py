"""The front door: `intentfeed COMMAND`; exit 0 when done, 2 on a user's mistake, 1 on ours."""

from __future__ import annotations

import os
import sys
import traceback

import typer

from .. import __version__
from ..errors import IntentfeedError
from . import data, demo, doctor, export, judge, recommend, run, serve, show, simulate, train, update
from . import eval as evaluation
from .output import visible

app = typer.Typer(
    name="intentfeed",
    help="From behaviour logs to named interests, items, and reasons that can be checked.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("demo")(demo.demo)
app.command("run")(run.run)
app.command("update")(update.update)
app.command("show")(show.show)
app.command("recommend")(recommend.recommend)
app.command("export")(export.export)
app.command("serve")(serve.serve)
app.command("judge")(judge.judge)
app.add_typer(evaluation.app, name="eval")
app.add_typer(simulate.app, name="simulate")
app.add_typer(data.app, name="data")
app.add_typer(train.app, name="train")
app.command("doctor")(doctor.doctor)


@app.callback(invoke_without_command=True)
def _root(
    version: bool = typer.Option(False, "--version", help="Print the version and stop."),
    debug: bool = typer.Option(False, "--debug", help="Show where an error came from."),
) -> None:
    if debug:
        os.environ["INTENTFEED_DEBUG"] = "1"
    if version:
        typer.echo(__version__)
        raise typer.Exit(0)


def main() -> None:
    """Run one command; a person gets one sentence where something is wrong, the traceback only with --debug."""
    try:
        code = app(standalone_mode=False)
    except typer.TyperException as error:  # a wrong option or argument: usage, a hint, one sentence
        show = getattr(error, "show", None)
        show() if show else typer.echo(f"intentfeed: {error}", err=True)
        sys.exit(2)
    except IntentfeedError as error:
        sys.exit(_fail(str(error), 2))
    except KeyboardInterrupt:
        sys.exit(_fail("stopped: run the same command again to go on where it was", 130))
    except Exception as error:  # noqa: BLE001  the edge: whatever it is, a person gets a sentence
        sys.exit(
            _fail(f"this is a mistake of ours, not yours: {type(error).__name__}: {error}; see it with --debug", 1)
        )
    sys.exit(code or 0)


def _fail(sentence: str, code: int) -> int:
    if os.environ.get("INTENTFEED_DEBUG"):
        traceback.print_exc()
    typer.echo(f"intentfeed: {visible(' '.join(sentence.splitlines()))}", err=True)
    return code
