"""The house's own rules: who may import whom, what must stay light, what is never caught, called or left unsaid."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "intentfeed"
FILES = sorted(PACKAGE.rglob("*.py"))

LAYERS: list[set[str]] = [
    {"types", "errors"},
    {"data", "llm", "executor"},
    {"interests", "intents", "retrieval", "explain", "commands", "judge"},
    {"feed"},
    {"config", "batch"},  # and every other module beside batch.py: parts of the batch path
    {"simulate", "evaluate"},
    {"training"},
    {"service", "cli"},
]
TOGETHER = {
    ("data", "data"), ("llm", "llm"), ("config", "batch"), ("batch", "config"), ("batch", "batch"), ("types", "errors"),
    ("errors", "types"), ("evaluate", "simulate"), ("cli", "service"), ("executor", "executor"),
}  # fmt: skip
"""Within one layer: who may import whom, beside itself. The folders of one layer know nothing of each other."""
GROUNDED = {"interests", "intents", "retrieval", "explain", "feed"}
"""Folders that see catalogue and log only, never the generator of worlds or its words."""
HEAVY = {
    "faiss", "matplotlib", "openai", "pandas", "polars", "psycopg", "pyarrow", "ray", "scipy", "sentence_transformers",
    "sklearn", "sqlalchemy", "torch", "transformers",
}  # fmt: skip
"""What no `--help` waits for."""
EXTRAS = {
    "accelerate", "bm25s", "datasets", "implicit", "model2vec", "peft", "psycopg", "ray", "sentence_transformers",
    "torch", "transformers", "trl",
}  # fmt: skip
"""What the core never brings; imported inside the function that needs it."""
NETWORKS = {
    "retrieval/paper_network.py", "retrieval/sequence_network.py", "retrieval/active_network.py",
    "evaluate/baselines/transformer.py",
}  # fmt: skip
"""Files that hold networks, which are classes of torch: whoever trains imports them inside a function."""
MAY_CATCH_ALL = {
    "batch.py", "cli/main.py", "llm/client.py", "llm/online.py", "llm/underway.py", "service/desk.py",
    "service/guard.py",
}  # fmt: skip
"""The batch loop, the edges, the doors to the models, and chores that must go on."""


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def name_of(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def where(path: Path, node: ast.AST) -> str:
    return f"{name_of(path)}:{getattr(node, 'lineno', 0)}"


def unit_of(module: str) -> str:
    """Return the folder, or the layer's name of a top-level module, that a dotted name inside the package is in."""
    top = module.split(".")[0]
    known = {unit for layer in LAYERS for unit in layer}
    return top if top in known or (PACKAGE / top).is_dir() else "batch"


def inner_imports(path: Path) -> Iterator[tuple[ast.AST, str]]:
    """Yield each import of the package's own modules, as a dotted name below the package."""
    here = path.relative_to(PACKAGE).with_suffix("").parts
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.startswith("intentfeed."):
                    yield node, alias.name.removeprefix("intentfeed.")
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                base = [*here[: len(here) - node.level], *(node.module or "").split(".")]
            elif (node.module or "").split(".")[0] == "intentfeed":
                base = (node.module or "").split(".")[1:]
            else:
                continue
            base = [part for part in base if part]
            for target in [".".join(base)] if base else [alias.name for alias in node.names]:
                if target != "__version__":
                    yield node, target


def outer_imports(nodes: Iterator[ast.AST]) -> Iterator[tuple[ast.AST, str]]:
    """Yield each import of a foreign package, by its first name."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from ((node, alias.name.split(".")[0]) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node, (node.module or "").split(".")[0]


def test_imports_go_one_way():
    level = {unit: depth for depth, layer in enumerate(LAYERS) for unit in layer}
    wrong = []
    for path in FILES:
        if path == PACKAGE / "__init__.py":
            continue
        mine = unit_of(path.relative_to(PACKAGE).with_suffix("").parts[0])
        for node, module in inner_imports(path):
            theirs = unit_of(module)
            below = level[theirs] < level[mine]
            if mine != theirs and not below and (mine, theirs) not in TOGETHER:
                wrong.append(f"{where(path, node)}: {mine} may not import {theirs} ({module})")
    assert not wrong, "\n".join(wrong)


def test_every_folder_has_a_layer():
    known = {unit for layer in LAYERS for unit in layer}
    folders = {path.name for path in PACKAGE.iterdir() if path.is_dir() and (path / "__init__.py").exists()}
    assert folders <= known | {"prompts"}


def test_only_the_referee_and_the_edge_know_the_worlds():
    allowed = {"simulate", "evaluate", "training", "service", "cli"}
    wrong = [
        f"{where(path, node)}: {module}"
        for path in FILES
        if path.relative_to(PACKAGE).parts[0] not in allowed
        for node, module in inner_imports(path)
        if unit_of(module) == "simulate"
    ]
    assert not wrong, "\n".join(wrong)


def lists_of_words(path: Path) -> Iterator[tuple[ast.AST, set[str]]]:
    """Yield the words of each literal of eight texts or more: list, tuple, set, dict, or a block that is split."""
    for node in ast.walk(parsed(path)):
        texts: list[str] = []
        if isinstance(node, ast.List | ast.Tuple | ast.Set | ast.Dict):
            held = [*node.keys, *node.values] if isinstance(node, ast.Dict) else node.elts
            texts = [part.value for part in held if isinstance(part, ast.Constant) and isinstance(part.value, str)]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "split":
            block = node.func.value
            texts = block.value.split() if isinstance(block, ast.Constant) and isinstance(block.value, str) else []
        if len(texts) >= 8:
            yield node, {word for text in texts for word in re.findall(r"[a-z]{4,}", text.lower())}


def words_of(path: Path) -> set[str]:
    return set(re.findall(r"[a-z]{4,}", path.read_text(encoding="utf-8").lower()))


def test_grounded_backends_hold_no_words_of_the_worlds():
    """What the grounded path knows of goods it must have from the catalogue, or it is fitted to our own worlds."""
    lists = [path for path in (PACKAGE / "simulate").rglob("*") if path.suffix in (".toml", ".json", ".txt", ".csv")]
    world = {word for path in lists for word in words_of(path)}
    world -= {word for path in (PACKAGE / "types.py", PACKAGE / "data" / "schema.py") for word in words_of(path)}
    if len(world) < 500:
        pytest.skip("no word lists to compare with")
    wrong = [
        f"{where(path, node)}: {len(words & world)} of {len(words)} words are the worlds': {sorted(words & world)[:8]}"
        for path in FILES
        if path.relative_to(PACKAGE).parts[0] in GROUNDED
        for node, words in lists_of_words(path)
        if len(words) >= 8 and len(words & world) > len(words) / 2
    ]
    assert not wrong, "\n".join(wrong)


LOADED = "print(*{name.split('.')[0] for name in sys.modules})"


def fresh(code: str) -> str:
    """Return what a fresh interpreter prints."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_command_line_starts_light():
    assert not set(fresh(f"import intentfeed.cli.main, sys\n{LOADED}").split()) & HEAVY


def test_import_is_silent_and_light():
    code = f"import intentfeed, sys, threading\nassert threading.active_count() == 1\n{LOADED}"
    assert not set(fresh(code).split()) & HEAVY
    assert fresh("import intentfeed") == ""


def test_the_core_brings_no_extra():
    """Every module imports in the core alone; an extra is imported where it is used."""
    modules = [
        "intentfeed." + name_of(path).removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        for path in FILES
        if path.name not in ("__main__.py",) and path != PACKAGE / "__init__.py" and name_of(path) not in NETWORKS
    ]
    code = f"import importlib, sys\nfor m in {modules!r}: importlib.import_module(m)\n{LOADED}"
    assert not set(fresh(code).split()) & EXTRAS
    for path in FILES:
        if path.relative_to(PACKAGE).parts[0] != "training" and name_of(path) not in NETWORKS:
            at_top = {name for _, name in outer_imports(iter(parsed(path).body))}
            assert not at_top & EXTRAS, f"{name_of(path)} imports {at_top & EXTRAS} for everybody"


def test_everything_public_says_what_it_gives():
    silent = []

    def look(path: Path, node: ast.AST, name: str) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                if child.name.startswith("_"):
                    continue
                if not ast.get_docstring(child):
                    silent.append(f"{where(path, child)}: {name}{child.name}")
                if isinstance(child, ast.ClassDef):
                    look(path, child, f"{child.name}.")

    for path in FILES:
        if not ast.get_docstring(parsed(path)):
            silent.append(f"{name_of(path)}: the module")
        look(path, parsed(path), "")
    assert not silent, "\n".join(silent)


def test_every_setting_is_explained():
    """By the text below it; a section, whose type is a config of its own, is explained there."""
    silent = []
    for path in FILES:
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.ClassDef) and any(getattr(base, "id", "") == "Settings" for base in node.bases):
                pairs = zip(node.body, [*node.body[1:], None], strict=True)
                silent += [
                    f"{where(path, field)}: {node.name}.{ast.unparse(field.target)}"
                    for field, after in pairs
                    if isinstance(field, ast.AnnAssign)
                    and not ast.unparse(field.annotation).endswith("Config")
                    and not (isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant))
                ]
    assert not silent, "\n".join(silent)


def test_errors_are_caught_by_name():
    """Everything is caught in three places; elsewhere it may only be cleaned up after, and raised again."""
    broad = []
    for path in FILES:
        for node in ast.walk(parsed(path)):
            if not isinstance(node, ast.ExceptHandler):
                continue
            names = {getattr(part, "id", "") for part in ast.walk(node.type)} if node.type else {"BaseException"}
            passes_on = isinstance(node.body[-1], ast.Raise) and node.body[-1].exc is None
            if names & {"Exception", "BaseException"} and not passes_on and name_of(path) not in MAY_CATCH_ALL:
                broad.append(where(path, node))
    assert not broad, broad


CALLED = {
    "hash": "changes with the process: use zlib.crc32 or data.store.fingerprint",
    "eval": "text is data",
    "exec": "text is data",
    "print": "only reports and the command line speak",
    "breakpoint": "left behind",
}


def test_some_things_are_never_called():
    wrong = []
    for path in FILES:
        speaks = path.relative_to(PACKAGE).parts[0] in ("cli", "service", "evaluate")
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CALLED:
                if node.func.id == "print" and speaks:
                    continue
                wrong.append(f"{where(path, node)}: {node.func.id}() {CALLED[node.func.id]}")
            if (
                isinstance(node, ast.Attribute)
                and ast.unparse(node.value) in ("np.random", "numpy.random")
                and node.attr not in ("default_rng", "Generator", "SeedSequence", "BitGenerator", "PCG64")
            ):
                wrong.append(f"{where(path, node)}: {ast.unparse(node)} has a hidden state: use default_rng(seed)")
        for node, name in outer_imports(ast.walk(parsed(path))):
            if name in ("pickle", "dill", "cloudpickle", "random"):
                wrong.append(f"{where(path, node)}: {name} is not for files or seeds of ours")
    assert not wrong, "\n".join(wrong)


def test_no_folder_of_odds_and_ends():
    assert not [name_of(path) for path in FILES if re.search(r"\b(utils?|helpers?|misc|common)\b", name_of(path))]
