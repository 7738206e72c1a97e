"""The architecture, held by reading what each module imports and calls.

Data flows one way: datasets and features, then a room, then its results, then figures. Rooms have
doors: none imports another. What is read here is the syntax tree, so an import inside a function,
or behind ``if``, counts as well.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from reading import code, pages

ROOT = Path(__file__).parents[1]
CODE = ROOT / "code"

ROOMS = ("background", "transfer", "active", "physics")
DRAWING = ("figures", "live")
PRESS = ("matinf_book", "sphinx", "docutils", "myst_nb", "myst_parser", "jupyter_book", "nbclient")
DRAWN_WITH = ("plotly", "matplotlib", "seaborn", "bokeh", "altair")
TRAINED_WITH = ("sklearn", "quantile_forest", "gpflow", "tensorflow", "keras", "torch")
NETWORK = (
    *("aiohttp", "ftplib", "http", "httpx", "requests", "smtplib", "socket", "telnetlib"),
    *("urllib.request", "urllib3", "websockets", "xmlrpc"),
)
SEEDING = (
    *("numpy.random.seed", "numpy.random.set_state", "random.seed", "torch.manual_seed"),
    *("torch.random.manual_seed", "torch.cuda.manual_seed", "torch.cuda.manual_seed_all"),
    *(
        "torch.set_rng_state",
        "torch.seed",
        "tensorflow.random.set_seed",
        "keras.utils.set_random_seed",
    ),
    *("tensorflow.keras.utils.set_random_seed", "tensorflow.compat.v1.set_random_seed"),
)
# Everything else in numpy.random draws from, or returns, the one global state.
NUMPY_RANDOM = {
    *("default_rng", "Generator", "SeedSequence", "BitGenerator"),
    *("PCG64", "PCG64DXSM", "Philox", "SFC64", "MT19937"),
}
FITTING = {"fit", "fit_transform", "fit_predict", "partial_fit", "backward", "minimize"}
BY_NAME = {"importlib.import_module", "import_module", "__import__"}
SILENCING = ("warnings.filterwarnings", "warnings.simplefilter")


@dataclass
class Read:
    """What one module imports and calls, by full dotted name."""

    imports: set[str] = field(default_factory=set)
    typing_only: set[str] = field(default_factory=set)
    calls: list[tuple[str, int, ast.Call]] = field(default_factory=list)
    methods: set[str] = field(default_factory=set)
    at_import: set[str] = field(default_factory=set)


def _dotted(node: ast.expr) -> str | None:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (value := _dotted(node.value)):
        return f"{value}.{node.attr}"
    return None


def _imported(node: ast.AST, package: str) -> Iterator[tuple[str, str]]:
    """Pairs of the name bound here and the full name it stands for."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield (
                (alias.asname or alias.name.split(".")[0]),
                (alias.name if alias.asname else alias.name.split(".")[0]),
            )
            yield f" {alias.name}", alias.name  # the submodule counts as imported too
    elif isinstance(node, ast.ImportFrom):
        parents = package.split(".")[: len(package.split(".")) - node.level + 1]
        prefix = ".".join([*parents, *filter(None, [node.module])]) if node.level else node.module
        for alias in node.names:
            yield (alias.asname or alias.name), f"{prefix}.{alias.name}"
    elif isinstance(node, ast.Call) and _dotted(node.func) in BY_NAME:
        for name in node.args[:1]:
            yield f" {ast.unparse(name)}", str(getattr(name, "value", ""))


def read(source: str, *, module: str, is_package: bool = False) -> Read:
    """Read one module's imports and calls, with aliases resolved."""
    tree = ast.parse(source)
    package = module if is_package else module.rpartition(".")[0]
    found = Read()
    guarded = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and (_dotted(node.test) or "").endswith("TYPE_CHECKING")
        for statement in node.body
        for inner in ast.walk(statement)
    }
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        for bound, full in _imported(node, package):
            names[bound] = full
            (found.typing_only if id(node) in guarded else found.imports).add(full)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Attribute):
            found.methods.add(node.func.attr)
        if dotted := _dotted(node.func):
            first, _, rest = dotted.partition(".")
            full = names.get(first, first) + (f".{rest}" if rest else "")
            found.calls.append((full, node.lineno, node))
    for statement in tree.body:
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
            first, _, rest = (_dotted(statement.value.func) or "").partition(".")
            found.at_import.add(names.get(first, first) + (f".{rest}" if rest else ""))
    return found


def _within(name: str, packages: tuple[str, ...]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def _is_machinery(name: str) -> bool:
    """Whether this is more of a room than a result's class or a constant."""
    of_a_room = _within(name, tuple(f"matinf.{room}" for room in ROOMS))
    return of_a_room and not name.rpartition(".")[2][:1].isupper()


def seeding(found: Read) -> Iterator[str]:
    """Calls that seed, set or use a global random state."""
    for name, line, call in found.calls:
        if name in SEEDING:
            yield f"line {line}: {name} sets a global random state; pass rng instead"
        elif name.startswith("numpy.random.") and name.split(".")[2] not in NUMPY_RANDOM:
            yield f"line {line}: {name} draws from the global random state; use rng"
        elif name == "numpy.random.default_rng" and not call.args and not call.keywords:
            yield f"line {line}: default_rng() differs from run to run; give it a seed"
        elif name.startswith("random.") and name != "random.Random":
            yield f"line {line}: {name} draws from the global random state; use rng"


def violations(source: str, *, module: str, is_package: bool = False) -> list[str]:
    """All that a module of ``code/`` does against the architecture."""
    found = read(source, module=module, is_package=is_package)
    everything = found.imports | found.typing_only
    wrong = [
        f"imports {name}: nothing imports book" for name in everything if _within(name, ("book",))
    ]
    wrong += seeding(found)
    if not _within(module, ("matinf",)):
        return wrong
    room = next(iter(module.split(".")[1:2]), "")
    wrong += [f"imports {n}: matinf knows no press" for n in everything if _within(n, PRESS)]
    wrong += [f"imports {n}: matinf asks no network" for n in everything if _within(n, NETWORK)]
    wrong += [f"{n} at import: a package silences nothing" for n in found.at_import & {*SILENCING}]
    if room in DRAWING:
        wrong += [
            f"imports {n}: drawing trains nothing" for n in everything if _within(n, TRAINED_WITH)
        ]
        wrong += [f"imports {n}: figures take results" for n in found.imports if _is_machinery(n)]
        wrong += [f"calls .{name}(): drawing trains nothing" for name in found.methods & FITTING]
        return wrong
    wrong += [
        f"imports {n}: only figures and live draw" for n in everything if _within(n, DRAWN_WITH)
    ]
    others = tuple(f"matinf.{other}" for other in (*ROOMS, *DRAWING) if other != room)
    reason = "rooms have doors" if room in ROOMS else "what is shared knows no room"
    return wrong + [f"imports {n}: {reason}" for n in everything if _within(n, others)]


def modules() -> list[tuple[str, Path]]:
    """Every module of ``code/`` with its dotted name."""
    found = []
    for path in sorted(CODE.rglob("*.py")):
        parts = path.relative_to(CODE).with_suffix("").parts
        found.append((".".join(parts[:-1] if parts[-1] == "__init__" else parts), path))
    return found


@pytest.mark.parametrize(("module", "path"), modules(), ids=[name for name, _ in modules()])
def test_module_keeps_to_its_layer(module: str, path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert violations(source, module=module, is_package=path.name == "__init__.py") == []


def test_all_of_the_code_is_read() -> None:
    names = {name for name, _ in modules()}
    assert {"matinf", "matinf.datasets", "matinf.figures.template", "matinf_book.cli"} <= names


def _scripts() -> list[Path]:
    folders = ("benchmarks", "data", "tests", ".ci")
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


@pytest.mark.parametrize("path", _scripts(), ids=lambda path: str(path.relative_to(ROOT)))
def test_nothing_imports_the_pages(path: Path) -> None:
    found = read(path.read_text(encoding="utf-8"), module=path.stem)
    assert not [name for name in found.imports if _within(name, ("book",))]


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_no_page_seeds_globally(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert list(seeding(read(code(text), module="page"))) == []


WRONG = [
    ("matinf.transfer.latent_variable", "from matinf.active import surrogate", "rooms have doors"),
    ("matinf.transfer.latent_variable", "from ..physics.pinn import PINN", "rooms have doors"),
    (
        "matinf.active.campaign",
        "def f():\n    import matinf.transfer.fine_tuning",
        "rooms have doors",
    ),
    ("matinf.background.learning", "from matinf import physics", "rooms have doors"),
    ("matinf.physics.pinn", "from matinf.figures import parity", "rooms have doors"),
    ("matinf.datasets", "from matinf.background import learning", "knows no room"),
    (
        "matinf.metrics",
        "import importlib\nimportlib.import_module('matinf.active')",
        "knows no room",
    ),
    (
        "matinf.figures.parity",
        "from sklearn.ensemble import RandomForestRegressor",
        "trains nothing",
    ),
    ("matinf.live.explore", "import torch.nn as nn", "trains nothing"),
    ("matinf.figures.maps", "def f(model, X):\n    return model.fit(X)", "trains nothing"),
    ("matinf.figures.transfer", "from matinf.transfer import latent_variable", "take results"),
    ("matinf.figures.active", "from matinf.active.campaign import run", "take results"),
    ("matinf.datasets", "import matinf_book.cli", "knows no press"),
    ("matinf.figures.template", "from sphinx.util import logging", "knows no press"),
    ("matinf.metrics", "import plotly.graph_objects as go", "only figures and live draw"),
    ("matinf.transfer.plots", "from matplotlib import pyplot", "only figures and live draw"),
    ("matinf.datasets", "from urllib.request import urlopen", "asks no network"),
    (
        "matinf.datasets",
        "try:\n    import requests\nexcept ImportError:\n    pass",
        "asks no network",
    ),
    ("matinf.active.x", "import warnings\nwarnings.filterwarnings('ignore')", "silences nothing"),
    ("matinf_book.cli", "import book.background", "nothing imports book"),
    ("matinf.splits", "import numpy as np\nnp.random.seed(0)", "global random state"),
    ("matinf.splits", "from numpy import random\nrandom.shuffle([1])", "global random state"),
    ("matinf.splits", "from numpy.random import rand\nrand()", "global random state"),
    ("matinf.splits", "import numpy as np\nrng = np.random.default_rng()", "give it a seed"),
    ("matinf.physics.pinn", "import torch\ntorch.manual_seed(1)", "global random state"),
    ("matinf.active.x", "import tensorflow as tf\ntf.random.set_seed(1)", "global random state"),
    ("matinf.active.x", "import random\nrandom.seed(1)", "global random state"),
    ("matinf_book.execute", "import numpy\nnumpy.random.seed(1)", "global random state"),
]


@pytest.mark.parametrize(("module", "source", "reason"), WRONG)
def test_a_wrong_module_is_caught(module: str, source: str, reason: str) -> None:
    assert any(reason in fault for fault in violations(source, module=module))


RIGHT = [
    ("matinf.transfer.fine_tuning", "from matinf.transfer import latent_variable\nimport torch"),
    (
        "matinf.transfer.fine_tuning",
        "from . import latent_variable\nfrom ..metrics import Interval",
    ),
    ("matinf.figures.active", "from matinf.active.campaign import LIMIT, CampaignResult"),
    ("matinf.figures.parity", "import plotly.graph_objects as go\nimport numpy as np"),
    (
        "matinf.figures.transfer",
        "import typing\nif typing.TYPE_CHECKING:\n    from matinf.transfer import Result",
    ),
    ("matinf.splits", "import numpy as np\ndef f(*, rng: np.random.Generator): rng.shuffle([1])"),
    ("matinf.splits", "import numpy as np\nrng = np.random.default_rng(2026)"),
    ("matinf_book.serve", "from http.server import HTTPServer\nimport sphinx"),
]


@pytest.mark.parametrize(("module", "source"), RIGHT)
def test_a_right_module_is_left_alone(module: str, source: str) -> None:
    assert violations(source, module=module) == []


def test_a_relative_import_in_a_package_is_resolved() -> None:
    source = "from ..active import surrogate"
    faults = violations(source, module="matinf.transfer", is_package=True)
    assert any("matinf.active.surrogate" in fault for fault in faults)
    assert (
        violations("from .network import Network", module="matinf.physics", is_package=True) == []
    )


def test_the_cells_of_a_page_are_read() -> None:
    page = "Text\n\n```{code-cell} ipython3\n---\ntags: [hide-input]\n---\nimport numpy as np\n"
    page += "%timeit 1\nnp.random.seed(1)\n```\n\n```python\nnot code that runs\n```\n"
    faults = list(seeding(read(code(page), module="page")))
    assert faults == ["line 9: numpy.random.seed sets a global random state; pass rng instead"]
