"""The fixture book, built once for all tests of the press."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from filelock import FileLock

from press.building import build, copy_fixture


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all processes of a parallel test run share."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base


@pytest.fixture(scope="session")
def fixture_site(shared: Path) -> Path:
    """The site of the fixture book; tests must not change it."""
    book = shared / "press-fixture" / "book"
    with FileLock(shared / "press-fixture.lock"):
        if not book.exists():
            copy_fixture(book)
            answer = build(book, "-W", "-n", "--keep-going")
            (book / "answer.json").write_text(json.dumps([answer.returncode, answer.stderr]))
    code, errors = json.loads((book / "answer.json").read_text())
    assert code == 0, errors
    return book / "_build" / "html"


@pytest.fixture
def site(fixture_site: Path, tmp_path: Path) -> Path:
    """A copy of the fixture book's site, to spoil."""
    return Path(shutil.copytree(fixture_site, tmp_path / "site"))
