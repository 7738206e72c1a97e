"""The command line: what is passed on, what is removed, which codes come back."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from matinf_book import cli
from matinf_book.processors import imitating

ROOT = Path(__file__).parents[2]


@pytest.fixture
def environments() -> list[dict[str, str]]:
    """The environments of the commands that would have been run."""
    return []


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch, environments: list[dict[str, str]]) -> list[list[str]]:
    """The commands that would have been run; each succeeds."""
    commands: list[list[str]] = []

    def call(command: list[str], cwd: Path, env: dict[str, str] | None = None) -> int:
        commands.append(command[1:])
        environments.append(env or {})
        return 0

    monkeypatch.setattr(cli.subprocess, "call", call)
    return commands


SIDE_BY_SIDE = ["-m", "pytest", "-n", "auto", "--dist", "loadscope", "--no-loadscope-reorder"]


@pytest.mark.parametrize(
    ("typed", "passed"),
    [
        (["-k", "name"], [*SIDE_BY_SIDE, "-k", "name"]),
        (["-n", "0", "tests/a.py"], ["-m", "pytest", "-n", "0", "tests/a.py"]),
        (["-x", "tests/a.py", "-m", "slow"], [*SIDE_BY_SIDE, "-x", "tests/a.py", "-m", "slow"]),
        (["--processor", "haswell", "-x"], [*SIDE_BY_SIDE, "-x"]),
    ],
)
def test_arguments_reach_pytest_in_their_order(
    called: list[list[str]], typed: list[str], passed: list[str]
) -> None:
    assert cli.main(["--here", "test", *typed]) == 0
    assert called == [passed]


def test_tests_run_as_on_another_processor(
    called: list[list[str]], environments: list[dict[str, str]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["--here", "test", "--processor", "nehalem"]) == 0
    assert "a processor of 2008" in capsys.readouterr().out
    assert imitating("nehalem").items() <= environments[0].items()
    assert environments[0]["OMP_NUM_THREADS"] == "1", "processes side by side do not crowd"


@pytest.mark.parametrize("typed", [["--processor", "z80"], ["--processor"]])
def test_a_processor_that_nobody_imitates_is_refused(
    called: list[list[str]], typed: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["--here", "test", *typed]) == 1
    assert "expected one of haswell, nehalem, one-thread, got" in capsys.readouterr().err
    assert called == []


@pytest.mark.parametrize("command", cli.COMMANDS)
def test_every_command_has_help_and_does_nothing_for_it(
    called: list[list[str]], command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        code = cli.main(["--here", command, "--help"])
    except SystemExit as end:
        code = end.code
    assert code == 0
    assert f"matinf_book {command}" in capsys.readouterr().out
    assert called == []


def test_an_option_that_is_unknown_is_refused() -> None:
    with pytest.raises(SystemExit) as end:
        cli.main(["--here", "clean", "--everything"])
    assert end.value.code == 2


@pytest.mark.parametrize(
    "typed",
    [["book", "--jobs", "0"], ["study", "--jobs=-1"], ["serve", "--port", "70000"]],
)
def test_a_number_out_of_range_is_refused(
    typed: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        cli.main(["--here", *typed])
    assert end.value.code == 2
    assert re.search(r"--(jobs|port): expected \d.*got", capsys.readouterr().err)


def test_make_lists_every_command_and_knows_no_other() -> None:
    makefile = (ROOT / "Makefile").read_text()
    listed = re.findall(r'@echo "make ([a-z]+) ', makefile)
    rule = re.search(r"^([a-z ]+):\n\t@command", makefile, flags=re.MULTILINE)
    phony = re.search(r"^\.PHONY: help (.+)$", makefile, flags=re.MULTILINE)
    assert rule
    assert phony
    assert sorted(listed) == sorted(cli.COMMANDS)
    assert sorted(rule[1].split()) == sorted(cli.COMMANDS)
    assert sorted(phony[1].split()) == sorted(cli.COMMANDS)


@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make")
@pytest.mark.parametrize(
    ("python", "told"),
    [
        ("/no/such/python", "found none as /no/such/python"),
        (sys.executable, "invalid choice|unrecognized arguments"),
    ],
)
def test_make_says_which_python_it_did_not_find(python: str, told: str) -> None:
    quietly = ["make", "--no-print-directory"]  # itself run by make, it would name its folder
    command = [*quietly, "clean", f"PYTHON={python}", "ARGS=--no-such-option"]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert answer.returncode != 0
    assert re.search(told, answer.stderr)
    assert answer.stdout == ""


def test_the_readme_names_every_command() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    section = text[text.index("## Read it, print it") : text.index("## What is where")]
    named = {word.removeprefix("make ") for word in re.findall(r"`([^`\n]+)`", section)}
    named |= set(re.findall(r"^make ([a-z]+)", section, flags=re.MULTILINE))
    assert set(cli.COMMANDS) - named == set()


def test_a_benchmark_that_is_killed_is_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "benchmarks" / "bench_one.py").write_text("")
    monkeypatch.setattr(
        cli.subprocess, "call", lambda command, cwd: -9 if "one" in command[1] else 0
    )
    assert cli.main(["--here", "--root", str(tmp_path), "bench"]) == 1


def test_clean_removes_what_stands_there_whatever_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "kept.txt").write_text("")
    (tmp_path / "_build").symlink_to(elsewhere)
    assert cli.main(["--root", str(tmp_path), "clean"]) == 0
    assert not (tmp_path / "_build").is_symlink()
    assert (elsewhere / "kept.txt").exists()
    assert "Removed _build" in capsys.readouterr().out
    assert cli.main(["--root", str(tmp_path), "clean"]) == 0
    assert capsys.readouterr().out == "There is no _build\n"


def test_clean_does_not_claim_what_it_could_not_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "_build").mkdir()

    def refuse(folder: Path) -> None:
        raise PermissionError(13, "Permission denied", str(folder))

    monkeypatch.setattr(shutil, "rmtree", lambda folder, **_: refuse(folder) if not _ else None)
    assert cli.main(["--root", str(tmp_path), "clean"]) == 1
    told = capsys.readouterr()
    assert "Removed" not in told.out
    assert "_build cannot be written: Permission denied" in told.err
