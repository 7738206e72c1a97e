"""The scripts behind launching: the nightly check, and the branch that Colab reads."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from matinf_book.served import served

CI = Path(__file__).parents[1] / ".ci"
PAGE = (
    '<a href="https://elsewhere.invalid/">not asked</a><details class="run-page"><ul>'
    '<li><a href="{launch}">On Binder</a></li>'
    '<li><a href="a.ipynb">Notebook</a></li></ul></details>'
)


def published(folder: Path, address: str, *, launch: str = "launch") -> None:
    """A site of one page with two offers."""
    (folder / "book").mkdir()
    (folder / "sitemap.xml").write_text(f"<url><loc>{address}/book/a.html</loc></url>")
    (folder / "book" / "a.html").write_text(PAGE.format(launch=f"{address}/{launch}"))
    (folder / "book" / "a.ipynb").write_text("{}")
    (folder / "launch").write_text("ready")


def ask(address: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(CI / "check_launch.py"), address]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_a_site_whose_offers_answer_is_in_order(tmp_path: Path) -> None:
    with served(tmp_path) as address:
        published(tmp_path, address)
        done = ask(address)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "asked 2 addresses of 1 pages" in done.stdout


def test_an_offer_that_leads_nowhere_is_named(tmp_path: Path) -> None:
    with served(tmp_path) as address:
        published(tmp_path, address, launch="gone")
        done = ask(address)
    assert done.returncode == 1
    assert f"a.html offers {address}/gone: HTTP Error 404" in done.stdout


def test_a_missing_page_is_named(tmp_path: Path) -> None:
    with served(tmp_path) as address:
        published(tmp_path, address)
        (tmp_path / "book" / "a.html").unlink()
        done = ask(address)
    assert done.returncode == 1
    assert "a.html: HTTP Error 404" in done.stdout


def test_a_site_that_offers_nothing_is_a_fault(tmp_path: Path) -> None:
    with served(tmp_path) as address:
        published(tmp_path, address)
        (tmp_path / "book" / "a.html").write_text("<p>Nothing here</p>")
        done = ask(address)
    assert done.returncode == 1
    assert "no page of 1 offers anything to run" in done.stdout


def git(folder: Path, *arguments: str) -> str:
    return subprocess.run(
        ["git", *arguments], cwd=folder, capture_output=True, text=True, check=True
    ).stdout


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    folder = tmp_path / "remote.git"
    subprocess.run(["git", "init", "--quiet", "--bare", str(folder)], check=True)
    return folder


def push(site: Path, remote: Path) -> subprocess.CompletedProcess[str]:
    command = [str(CI / "push_notebooks.sh"), str(site), str(remote)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_branch_holds_the_clean_notebooks_alone_and_no_history(
    tmp_path: Path, remote: Path
) -> None:
    site = tmp_path / "a site"
    (site / "book").mkdir(parents=True)
    for name in ("a.ipynb", "a.outputs.ipynb", "a.html", "b.ipynb"):
        (site / "book" / name).write_text(name)
    assert push(site, remote).returncode == 0
    (site / "book" / "b.ipynb").unlink()
    assert push(site, remote).returncode == 0
    assert git(remote, "ls-tree", "-r", "--name-only", "notebooks") == "book/a.ipynb\n"
    assert git(remote, "rev-list", "--count", "notebooks") == "1\n"


def test_a_site_without_notebooks_leaves_the_branch_alone(tmp_path: Path, remote: Path) -> None:
    (tmp_path / "site").mkdir()
    done = push(tmp_path / "site", remote)
    assert done.returncode == 1
    assert "holds no notebooks" in done.stderr
    assert git(remote, "branch", "--list") == ""
