"""Formulas become HTML when the book is built: KaTeX runs in Node, no script runs in the page.

sphinxcontrib-katex writes the nodes; the rendering is ours: one Node process reads requests from
a pipe, each formula is rendered once, and one that KaTeX cannot read is a fault of its page.
"""

from __future__ import annotations

import atexit
import json
import re
import shutil
import subprocess
from functools import cache, lru_cache
from typing import Any

from docutils import nodes
from myst_parser.mdit_to_docutils.sphinx_ import SphinxRenderer
from sphinx.application import Sphinx
from sphinxcontrib import katex

from . import assets, faults

KATEX_CSS = "vendor/katex/katex.min.css"
# "strict" makes an error of what KaTeX merely tolerates, such as a line break that it ignores.
OPTIONS = {"throwOnError": True, "strict": "error", "trust": False}
# Sphinx numbers an environment once, on the page; KaTeX would number each of its rows again.
NUMBERED = re.compile(r"\\(begin|end)\{(align|alignat|equation|gather)\}")


class FormulaError(ValueError):
    """KaTeX cannot read a formula: says why."""


@lru_cache(maxsize=1)
def _node() -> subprocess.Popen[str]:
    """The Node process: started once, ended with this process."""
    script = assets.FRONTEND / "katex.js"
    library = assets.prepare() / "tools" / "katex.min.js"
    process = subprocess.Popen(
        [str(assets.node_binary()), str(script), str(library)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    atexit.register(_end, process)
    return process


def _end(process: subprocess.Popen[str]) -> None:
    """Close the pipes; Node ends at the end of its input."""
    with process:
        process.stdin.close()  # type: ignore[union-attr]


@cache
def render(latex: str, *, display: bool) -> str:
    """HTML and MathML of one formula.

    Args:
        latex: The formula, without delimiters.
        display: Whether it stands on lines of its own.

    Raises:
        FormulaError: if KaTeX cannot read the formula.
    """
    node = _node()
    assert node.stdin is not None
    assert node.stdout is not None
    request = {
        "latex": NUMBERED.sub(r"\\\1{\2*}", latex),
        "options": {**OPTIONS, "displayMode": display},
    }
    node.stdin.write(json.dumps(request) + "\n")
    node.stdin.flush()
    line = node.stdout.readline()
    if not line:
        raise RuntimeError(f"KaTeX's Node process ended with code {node.wait()}")
    answer: dict[str, str] = json.loads(line)
    if "error" in answer:
        raise FormulaError(answer["error"])
    return answer["html"]


def _render_latex(latex: str, options: dict[str, Any] | None = None) -> str:
    """Stands in for sphinxcontrib-katex's function of this name."""
    return render(latex, display=bool((options or {}).get("displayMode")))


def _serial_label(renderer: SphinxRenderer) -> str:
    """Label of an equation that its author did not name; MyST's own is drawn at random."""
    env = renderer.sphinx_env
    return f"{env.docname}-{env.new_serialno('matinf_equation')}"


def _check(app: Sphinx, doctree: nodes.document) -> None:
    for kind, display in ((nodes.math, False), (nodes.math_block, True)):
        for node in doctree.findall(kind):
            try:
                render(node.astext(), display=display)
            except FormulaError as error:
                message = f"KaTeX cannot read the formula {node.astext()!r}: {error}"
                faults.note(app.env, message, line=node.line)


def _finished(app: Sphinx, error: Exception | None) -> None:
    """Remove the folder of sphinxcontrib-katex; its own handler fails when called twice.

    Sphinx calls a second time when a handler of the first call raised, and that first error is
    the one to show.
    """
    shutil.rmtree(app._katex_static_path, ignore_errors=True)  # type: ignore[attr-defined]


def setup(app: Sphinx) -> None:
    """Render formulas while building."""
    SphinxRenderer._random_label = _serial_label  # type: ignore[method-assign, assignment]
    katex.render_latex = _render_latex
    katex.builder_finished = _finished
    app.setup_extension("sphinxcontrib.katex")
    app.connect("doctree-read", _check)
