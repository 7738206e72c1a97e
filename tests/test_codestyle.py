"""Linter, formatter, type checker and spelling, as `pre-commit` runs them, find nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]

CHECKS = {
    "ruff check": ["ruff", "check", "--no-cache", "--output-format=concise"],
    "ruff format": ["ruff", "format", "--no-cache", "--check"],
    "mypy": ["mypy"],
    "codespell": ["codespell_lib"],
}


def run(module: str, *options: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", module, *options]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("command", CHECKS.values(), ids=CHECKS)
def test_finds_nothing(command: list[str]) -> None:
    result = run(*command)
    assert result.returncode == 0, result.stdout + result.stderr


WRONG = {
    "ruff check": "import numpy as np\nnp.random.seed(1)\n",
    "ruff format": "x = {  'a':1 }\n",
    "mypy": '"""A module."""\n\ndef double(x):\n    return 2 * x\n',
    "codespell": "# A sent-ance.\n".replace("-", ""),
}


@pytest.mark.parametrize("name", CHECKS)
def test_would_find_something(name: str, tmp_path: Path) -> None:
    """The settings are read, and switch nothing off that matters."""
    (tmp_path / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "wrong.py").write_text(WRONG[name], encoding="utf-8")
    result = run(*CHECKS[name], folder=tmp_path)
    assert result.returncode != 0
    assert "wrong.py" in result.stdout + result.stderr


def test_pre_commit_runs_the_same_tools_and_downloads_nothing() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    assert {repository["repo"] for repository in hooks["repos"]} == {"local"}
    assert {hook["language"] for r in hooks["repos"] for hook in r["hooks"]} == {"system"}
    entries = " ; ".join(hook["entry"] for r in hooks["repos"] for hook in r["hooks"])
    for module in {command[0] for command in CHECKS.values()}:
        assert f"-m {module}" in entries


def test_pre_commit_accepts_its_configuration() -> None:
    result = run("pre_commit", "validate-config", ".pre-commit-config.yaml")
    assert result.returncode == 0, result.stdout + result.stderr
