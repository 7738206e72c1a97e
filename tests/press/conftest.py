"""The fixture book, built once for all tests of the press, in all processes."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from filelock import FileLock

from press.building import copy_fixture, make_book


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all processes of a parallel test run share."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base


@pytest.fixture(scope="session")
def fixture_book(shared: Path) -> Path:
    """The fixture book, built by the press; tests must not change it."""
    book, mark = shared / "press-fixture" / "book", shared / "press-fixture" / "answer.json"
    with FileLock(shared / "press-fixture.lock"):
        if not mark.exists():
            answer = make_book(copy_fixture(book))
            mark.write_text(json.dumps([answer.returncode, answer.stderr]))
    code, errors = json.loads(mark.read_text())
    assert code == 0, errors
    return book


@pytest.fixture(scope="session")
def fixture_site(fixture_book: Path) -> Path:
    """The site of the fixture book; tests must not change it."""
    return fixture_book / "_build" / "html"


@pytest.fixture
def site(fixture_site: Path, tmp_path: Path) -> Path:
    """A copy of the fixture book's site, to spoil."""
    return Path(shutil.copytree(fixture_site, tmp_path / "site"))
