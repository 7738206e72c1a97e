"""The lock maker's own rules; that the lock is today's is held by tests/test_lock.py."""

import subprocess
from pathlib import Path

import pytest

from matinf_book import lock
from matinf_book.errors import SetupError
from matinf_book.lock import simplify

EVERYWHERE = "(sys_platform == 'darwin' or sys_platform == 'linux' or sys_platform == 'win32')"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("numpy==1.26.4", "numpy==1.26.4"),
        (f"numpy==1.26.4 ; python_full_version < '3.13' and {EVERYWHERE}", "numpy==1.26.4"),
        ("appnope==1.0 ; sys_platform == 'darwin'", "appnope==1.0 ; sys_platform == 'darwin'"),
        ("pexpect==4.9 ; sys_platform != 'win32'", "pexpect==4.9 ; sys_platform != 'win32'"),
        ("tomli==2.0 ; python_full_version < '3.12'", "tomli==2.0 ; python_version == '3.11'"),
        ("tomli==2.0 ; python_full_version < '3.11'", None),
        ("x==1 ; implementation_name == 'pypy'", None),
        ("nvidia-cublas==13.0 ; sys_platform == 'linux'", None),
        ("cuda-toolkit==13.0", None),
        ("triton==3.0 ; sys_platform == 'linux'", None),
    ],
)
def test_requirements_are_cut_to_what_the_book_supports(line: str, expected: str | None) -> None:
    assert simplify(line) == expected


def test_markers_that_are_no_product_stay_as_they_are() -> None:
    line = "x==1 ; sys_platform == 'win32' or python_version == '3.11'"
    result = simplify(line)
    assert result is not None
    assert "win32" in result
    assert "3.11" in result


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            "error: Failed to fetch: the list of numpy\n  cause: client error (Connect)\n",
            "no package",
        ),
        ("  x No solution found when resolving dependencies:\n", "No solution found"),
    ],
)
def test_a_lock_that_cannot_be_made_is_told_and_the_old_one_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, told: str
) -> None:
    (tmp_path / "requirements.txt").write_text("numpy==1.0\n")
    failed = subprocess.CompletedProcess([], 2, stdout="", stderr=said)
    monkeypatch.setattr(lock.subprocess, "run", lambda *_, **__: failed)
    with pytest.raises(SetupError, match=told):
        lock.make_lock(tmp_path)
    assert (tmp_path / "requirements.txt").read_text() == "numpy==1.0\n"


PINS = {"": ["a==1"], "lab": ["a==1", "b==2"], "test": ["a==1", "b==2", "c==3"]}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with locks of yesterday, and a resolver that is told its answers."""
    for name in lock.LOCKS:
        (tmp_path / name).write_text(f"{lock.HEADER}a==0\n")
    (tmp_path / "pyproject.toml").write_text(
        "[project]\nrequires-python = '>=3.11'\ndependencies = []\n"
        "[dependency-groups]\nlab = []\ntest = []\n[tool.uv]\n"
    )

    def resolve(root: Path, *options: str) -> list[str]:
        return PINS[[name for name in PINS if not name or name in options][-1]]

    monkeypatch.setattr(lock, "_resolve", resolve)
    return tmp_path


def pins(file: Path) -> list[str]:
    return [line for line in file.read_text().splitlines() if not line.startswith("#")]


def test_each_lock_adds_to_those_before_it(project: Path) -> None:
    changes = lock.make_lock(project)
    assert changes == [
        "requirements.txt: a==1",
        "requirements-lab.txt: b==2",
        "requirements-test.txt: c==3",
    ]
    assert pins(project / "requirements.txt") == ["a==1"]
    assert pins(project / "requirements-lab.txt") == ["-r requirements.txt", "b==2"]
    assert pins(project / "requirements-test.txt") == ["-r requirements-lab.txt", "c==3"]
    assert lock.make_lock(project) == []
    assert sorted(file.name for file in project.iterdir()) == [
        "pyproject.toml",
        *sorted(lock.LOCKS),
    ]


@pytest.mark.parametrize(("owner", "name"), [(lock, "_resolve"), (Path, "write_text")])
def test_what_stops_the_lock_maker_leaves_all_locks_as_they_were(
    project: Path, monkeypatch: pytest.MonkeyPatch, owner: object, name: str
) -> None:
    before = {file: file.read_bytes() for file in project.iterdir()}
    calls, go_on = [], getattr(owner, name)

    def stopped(*arguments: object, **settings: object) -> object:
        calls.append(arguments)
        if len(calls) == 4:  # of both: the last of three locks, after what binds them all
            raise KeyboardInterrupt
        return go_on(*arguments, **settings)

    monkeypatch.setattr(owner, name, stopped)
    with pytest.raises(KeyboardInterrupt):
        lock.make_lock(project)
    assert {file: file.read_bytes() for file in project.iterdir()} == before
