"""Keep one open issue that says what broke in the weekly cold build, or close it when it is well.

    python3 .ci/report_rot.py FOLDER

FOLDER holds ``rot.log`` (what the build printed) and ``rot.diff`` (which versions were new to it).
``OUTCOME`` in the environment is the build's outcome, ``RUN`` the address of its log. Issues are
read and written by GitHub's own command ``gh``. Standard library only: it runs on a bare machine.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

TITLE = "The weekly cold build is broken"
LABEL = "rot"
TAIL = 80  # lines of the log that an issue shows
ESCAPES = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def new_versions(diff: str) -> list[str]:
    """The pins that the build had and the lock had not, from a diff of the lock."""
    return sorted({line[1:] for line in diff.splitlines() if re.match(r"\+[A-Za-z0-9]", line)})


def body(*, log: str, diff: str, run: str) -> str:
    """The issue's text: where to look, what was new, and the end of the log."""
    end = ESCAPES.sub("", log).rstrip().splitlines()[-TAIL:]
    versions = new_versions(diff) or ["nothing: something other than a version has changed"]
    return "\n".join(
        [
            f"The book no longer builds with the newest versions it allows: [log]({run}).",
            "",
            "New since the lock was made:",
            "",
            *(f"- `{version}`" for version in versions),
            "",
            "The log ends with:",
            "",
            # Indented, so that nothing in a log can end the block and speak as the report.
            *(f"    {line}" for line in end or ["(no log: the build did not get as far as one)"]),
        ]
    )


def gh(*arguments: str, text: str | None = None) -> str:
    """Run GitHub's command and return what it prints."""
    result = subprocess.run(
        ["gh", *arguments],
        input=text,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if result.returncode:
        raise SystemExit(f"gh {arguments[0]} {arguments[1]} failed: {result.stderr.strip()}")
    return result.stdout


def open_issue() -> str | None:
    """Number of the issue that is already open, if one is."""
    fields = ("--label", LABEL, "--state", "open", "--json", "number,title")
    issues = json.loads(gh("issue", "list", *fields))
    return next((str(issue["number"]) for issue in issues if issue["title"] == TITLE), None)


def report(folder: Path, *, well: bool, run: str) -> str:
    """Open, extend or close the issue, and say which."""
    number = open_issue()
    if well:
        if number is None:
            return "The cold build is well."
        gh("issue", "close", number, "--comment", f"It builds again: [log]({run}).")
        return f"The cold build is well again: closed issue {number}."
    log, diff = (_read(folder / name) for name in ("rot.log", "rot.diff"))
    text = body(log=log, diff=diff, run=run)
    if number is None:
        gh("label", "create", LABEL, "--force", "--description", "Found by the weekly cold build")
        gh("issue", "create", "--title", TITLE, "--label", LABEL, "--body-file", "-", text=text)
        return "The cold build is broken: opened an issue."
    gh("issue", "comment", number, "--body-file", "-", text=text)
    return f"The cold build is still broken: wrote to issue {number}."


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""


if __name__ == "__main__":
    well = os.environ.get("OUTCOME") == "success"
    print(report(Path(sys.argv[1]), well=well, run=os.environ["RUN"]))
