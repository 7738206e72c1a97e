"""Where a page can be opened and run: the one setting is the repository's address.

It comes from the environment, where the publish workflow knows it, or from ``_config.yml``::

    MATINF_REPOSITORY=owner/name    MATINF_COMMIT=40 hexadecimal digits

Without a repository nothing is offered that would lead nowhere: downloads remain.
"""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ConfigError

GITHUB = "https://github.com"
BINDER = "https://mybinder.org/v2/gh"
COLAB = "https://colab.research.google.com/github"
BRANCH = "notebooks"  # where the publish workflow keeps the notebooks of the site, for Colab
_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_COLAB_CELL = """\
# On Colab: install the book's code at the commit that this page was printed from.
# It takes some minutes. If Colab asks to restart the session, do so and run all cells again.
import sys

if "google.colab" in sys.modules:
    !git clone --quiet https://github.com/{repository} /content/matinf
    !git -C /content/matinf checkout --quiet {commit}
    !pip install --quiet --editable /content/matinf
    sys.path.insert(0, "/content/matinf/code")
    print("Installed {repository} at {commit}")
"""


@dataclass(frozen=True, kw_only=True)
class Launch:
    """The repository of the book and the commit that it is printed from; "" where unknown."""

    repository: str = ""
    commit: str = ""

    @classmethod
    def of(cls, config: Config) -> Launch:
        """Read the setting.

        Raises:
            ConfigError: if it is no ``owner/name``, or the commit no full digest.
        """
        repository = os.environ.get("MATINF_REPOSITORY") or config.matinf_repository
        if not repository:
            return cls()
        commit = os.environ.get("MATINF_COMMIT") or _head(Path(config.confdir))
        if not _REPOSITORY.fullmatch(repository):
            raise ConfigError(f"matinf_repository is {repository!r}; it should be owner/name")
        if not _COMMIT.fullmatch(commit):
            raise ConfigError(
                f"the commit is {commit!r}, not 40 hexadecimal digits: "
                "build in a git checkout, or set MATINF_COMMIT"
            )
        return cls(repository=repository, commit=commit)

    def binder(self, page: str) -> str:
        """Address at which Binder opens a page as a notebook in JupyterLab."""
        return f"{BINDER}/{self.repository}/{self.commit}?urlpath=lab/tree/{page}.md"

    def colab(self, page: str) -> str:
        """Address at which Colab opens the clean notebook of a page."""
        return f"{COLAB}/{self.repository}/blob/{BRANCH}/{page}.ipynb"

    def source(self, path: str, first: int, last: int) -> str:
        """Address of some lines of a file, as they were when the page was printed."""
        return f"{GITHUB}/{self.repository}/blob/{self.commit}/{path}#L{first}-L{last}"

    def colab_cell(self) -> str:
        """First cell of a notebook, which installs the package on Colab; "" without an address."""
        if not self.repository:
            return ""
        return _COLAB_CELL.format(repository=self.repository, commit=self.commit).strip()


def _head(folder: Path) -> str:
    command = ["git", "rev-parse", "HEAD"]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, encoding="utf-8", errors="replace", check=False
    )
    return done.stdout.strip()


def _offer(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Give a page's template what it may offer."""
    launch = Launch.of(app.config)
    if (Path(app.outdir) / f"{pagename}.ipynb").is_file():
        name = pagename.rpartition("/")[2]
        context["downloads"] = {
            "Notebook, to be run": f"{name}.ipynb",
            "Notebook with its outputs": f"{name}.outputs.ipynb",
            "MyST source": f"{name}.md",
        }
        if launch.repository:
            context["launches"] = {
                "On Binder, in JupyterLab": launch.binder(pagename),
                "On Colab": launch.colab(pagename),
            }


def setup(app: Sphinx) -> None:
    """Add the setting, and offer each executed page."""
    app.add_config_value("matinf_repository", "", "html", types=(str,))
    app.connect("html-page-context", _offer)
