"""The lock agrees with `pyproject.toml`, and asks no reader to install what no page needs."""

from __future__ import annotations

import re
import shutil
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from matinf_book.lock import BOOK_LOCK, CUDA_ONLY, LOCKS, PLATFORMS, PYTHONS, dependency_digest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def pins(root: Path, name: str) -> list[Requirement]:
    """The pinned requirements of one lock file."""
    lines = (root / name).read_text(encoding="utf-8").splitlines()
    return [Requirement(line) for line in lines if line and not line.startswith(("#", "-"))]


def environments() -> list[dict[str, str]]:
    systems = {"linux": "Linux", "darwin": "Darwin", "win32": "Windows"}
    return [
        {"sys_platform": platform, "platform_system": systems[platform], "python_version": python}
        for platform in PLATFORMS
        for python in PYTHONS
    ]


def unmet(requirements: list[str], locked: list[Requirement]) -> list[str]:
    """Requirements that some supported environment would not get from these pins."""
    faults = []
    for text in requirements:
        wanted = Requirement(text)
        for environment in environments():
            if wanted.marker and not wanted.marker.evaluate(environment):
                continue
            versions = [
                specifier.version
                for pin in locked
                if canonicalize_name(pin.name) == canonicalize_name(wanted.name)
                and (pin.marker is None or pin.marker.evaluate(environment))
                for specifier in pin.specifier
            ]
            if len(versions) != 1 or not wanted.specifier.contains(versions[0], prereleases=True):
                where = f"{environment['sys_platform']}, Python {environment['python_version']}"
                faults.append(f"{text} on {where}: the lock has {versions or 'nothing'}")
    return faults


def written_digest(root: Path, name: str) -> str:
    found = re.search(r"^# digest: ([0-9a-f]{64})$", (root / name).read_text(), flags=re.MULTILINE)
    assert found, f"{name} carries no digest: run `make lock`"
    return found[1]


@pytest.mark.parametrize("name", LOCKS)
def test_lock_was_made_from_this_pyproject(name: str) -> None:
    assert written_digest(ROOT, name) == dependency_digest(ROOT), "run `make lock`"


def test_book_lock_meets_every_dependency() -> None:
    assert unmet(PROJECT["project"]["dependencies"], pins(ROOT, BOOK_LOCK)) == []


def before(name: str) -> list[str]:
    """The locks that this one adds to."""
    return list(LOCKS)[: list(LOCKS).index(name)]


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_meets_its_groups_with_those_before_it(name: str) -> None:
    locked = [pin for lock in (*before(name), name) for pin in pins(ROOT, lock)]
    for group in LOCKS[name]:
        assert unmet(PROJECT["dependency-groups"][group], locked) == []


def test_every_group_is_locked() -> None:
    assert set(PROJECT["dependency-groups"]) == {
        group for groups in LOCKS.values() for group in groups
    }


@pytest.mark.parametrize("name", LOCKS)
def test_every_line_is_one_exact_pin(name: str) -> None:
    for pin in pins(ROOT, name):
        (specifier,) = pin.specifier
        assert specifier.operator == "=="
        assert "*" not in specifier.version
        Version(specifier.version)


@pytest.mark.parametrize("name", list(LOCKS)[1:])
def test_a_lock_adds_to_the_one_before_it_and_repeats_nothing(name: str) -> None:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    assert f"-r {before(name)[-1]}" in lines
    mine = {canonicalize_name(pin.name) for pin in pins(ROOT, name)}
    for lock in before(name):
        assert mine.isdisjoint(canonicalize_name(pin.name) for pin in pins(ROOT, lock))


@pytest.mark.parametrize("name", LOCKS)
def test_no_cuda(name: str) -> None:
    assert [pin.name for pin in pins(ROOT, name) if CUDA_ONLY.match(pin.name)] == []
    assert CUDA_ONLY.match("nvidia-cublas-cu12")
    assert CUDA_ONLY.match("triton")


@pytest.mark.parametrize("name", LOCKS)
def test_no_index_and_no_address(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert "://" not in text
    assert not re.search(r"^--?(?!r )", text, flags=re.MULTILINE)


def test_lock_covers_the_supported_pythons() -> None:
    supported = Requirement(f"python{PROJECT['project']['requires-python']}").specifier
    minors = [f"3.{minor}" for minor in range(8, 20) if f"3.{minor}.5" in supported]
    assert minors == list(PYTHONS)


def test_a_changed_dependency_changes_the_digest(tmp_path: Path) -> None:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    assert dependency_digest(tmp_path) == dependency_digest(ROOT)
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    changed = text.replace('"joblib>=1.4"', '"joblib>=1.5"')
    assert changed != text
    (tmp_path / "pyproject.toml").write_text(changed, encoding="utf-8")
    assert dependency_digest(tmp_path) != dependency_digest(ROOT)


def test_what_is_not_code_leaves_the_digest_alone(tmp_path: Path) -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text(text + "\n[tool.other]\nx = 1\n", encoding="utf-8")
    assert dependency_digest(tmp_path) == dependency_digest(ROOT)


def test_an_unmet_requirement_is_caught() -> None:
    locked = [Requirement("joblib==1.4.0"), Requirement("appnope==0.1 ; sys_platform == 'darwin'")]
    assert unmet(["joblib>=1.4"], locked) == []
    assert unmet(["appnope>=0.1 ; sys_platform == 'darwin'"], locked) == []
    assert len(unmet(["joblib>=1.5"], locked)) == len(environments())
    assert len(unmet(["numpy"], locked)) == len(environments())
    assert len(unmet(["appnope>=0.1"], locked)) == len(environments()) * 2 // 3
