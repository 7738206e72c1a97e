"""Making `.venv`: what can go wrong is told in one line, and the next try mends it."""

import subprocess
import sys
import zipfile
from collections import namedtuple
from importlib import metadata
from pathlib import Path

import pytest

from matinf_book import environment
from matinf_book.environment import (
    LAB_LOCK,
    TEST_LOCK,
    SetupError,
    ensure,
    interpreter,
    is_installed,
)

CODE = Path(__file__).parents[2] / "code"


def make_wheel(folder: Path, name: str, files: dict[str, str]) -> None:
    """A wheel of our own, so that nothing is fetched."""
    folder.mkdir(exist_ok=True)
    info = f"{name}-1.0.dist-info"
    metadata = {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\n"
        "Root-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{path},,\n" for path in [*files, *metadata, f"{info}/RECORD"])
    with zipfile.ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as wheel:
        for path, text in {**files, **metadata, f"{info}/RECORD": record}.items():
            wheel.writestr(path, text)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with one dependency, and a pip that can reach nothing but a local folder."""
    root = tmp_path / "a book"  # a space in the path, as readers have them
    root.mkdir()
    (root / "requirements.txt").write_text("pebble==1.0\n")
    (root / LAB_LOCK).write_text("-r requirements.txt\n")
    (root / TEST_LOCK).write_text(f"-r {LAB_LOCK}\ngravel==1.0\n")
    (root / "pyproject.toml").write_text('[project]\nname = "bookcode"\nversion = "1.0"\n')
    for variable in ("PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "1")
    monkeypatch.setenv("PIP_USER", "1")  # some readers' pip installs for the user otherwise
    monkeypatch.setattr(environment, "SPACE_NEEDED", dict.fromkeys(environment.SPACE_NEEDED, 0.0))
    return root


def offer(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the dependencies, and what builds our own package, installable."""
    wheels = root.parent / "wheels"
    backend = (
        "import zipfile\n"
        "def build_editable(folder, settings=None, metadata=None):\n"
        "    info = 'bookcode-1.0.dist-info'\n"
        "    name = 'bookcode-1.0-py3-none-any.whl'\n"
        "    with zipfile.ZipFile(folder + '/' + name, 'w') as w:\n"
        "        w.writestr(info + '/METADATA',"
        " 'Metadata-Version: 2.1\\nName: bookcode\\nVersion: 1.0\\n')\n"
        "        w.writestr(info + '/WHEEL', 'Wheel-Version: 1.0\\nGenerator: t\\n"
        "Root-Is-Purelib: true\\nTag: py3-none-any\\n')\n"
        "        w.writestr(info + '/RECORD', '')\n"
        "    return name\n"
    )
    make_wheel(wheels, "pebble", {"pebble.py": "", "pebble_backend.py": backend})
    make_wheel(wheels, "gravel", {"gravel.py": ""})
    with (root / "pyproject.toml").open("a") as file:
        file.write('[build-system]\nrequires = []\nbuild-backend = "pebble_backend"\n')
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))


def imports(root: Path, module: str) -> bool:
    return (
        subprocess.run([interpreter(root), "-c", f"import {module}"], check=False).returncode == 0
    )


def test_without_a_registry_it_says_so_and_the_next_try_succeeds(
    root: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SetupError, match=r"no package index can be reached") as caught:
        ensure(root)
    assert "\n" not in str(caught.value)
    assert not is_installed(root, "requirements.txt")
    offer(root, monkeypatch)
    ensure(root)
    assert is_installed(root, "requirements.txt")
    assert imports(root, "pebble")

    capfd.readouterr()
    ensure(root)
    assert capfd.readouterr().out == "", "a second call installs nothing"
    ensure(root, up_to=TEST_LOCK)
    assert imports(root, "gravel")
    (root / "requirements.txt").write_text("pebble==1.0\n# the lock has changed\n")
    assert not is_installed(root, "requirements.txt")
    (root / "requirements.txt").write_text("pebble==1.0\ngranite==9.9\n")
    with pytest.raises(SetupError):
        ensure(root)
    (root / "requirements.txt").write_text("pebble==1.0\n")
    assert not is_installed(root, "requirements.txt"), "who knows what that install replaced"


def test_a_broken_environment_is_made_anew(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    interpreter(root).parent.mkdir(parents=True)
    interpreter(root).write_text("#!/bin/sh\nexit 1\n")
    interpreter(root).chmod(0o755)
    offer(root, monkeypatch)
    ensure(root)
    assert imports(root, "pebble")


def test_too_little_space_is_said_before_anything_is_made(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(environment, "SPACE_NEEDED", {"requirements.txt": 5.0})
    monkeypatch.setattr(environment.shutil, "disk_usage", lambda path: usage(9e9, 8e9, 1e9))
    with pytest.raises(SetupError, match=r"about 5 GB of disk; 1\.0 GB are free"):
        ensure(root)
    assert not (root / ".venv").exists()


@pytest.mark.skipif(
    any(found.name.startswith("nvidia") for found in metadata.distributions()),
    reason="torch brought its build with CUDA, which the book does not reckon with",
)
def test_the_space_that_is_asked_for_holds_what_is_installed() -> None:
    files = (file for found in metadata.distributions() for file in found.files or [])
    installed = sum(file.size or 0 for file in files) / 1e9
    assert 1 < installed < sum(environment.SPACE_NEEDED.values())


def test_an_environment_whose_python_was_removed_is_made_anew(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer(root, monkeypatch)
    ensure(root)
    interpreter(root).unlink()
    interpreter(root).symlink_to(root / "a Python that was removed")
    assert not is_installed(root, "requirements.txt")
    ensure(root)
    assert imports(root, "pebble")


def test_a_python_that_makes_no_environments_is_told_in_one_line(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    debian = (
        "The virtual environment was not created successfully because ensurepip is not\n"
        "available.  On Debian/Ubuntu systems, you need to install the python3-venv\n"
        "package using the following command.\n\nFailing command: /usr/bin/python3\n"
    )

    def fail(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        interpreter(root).parent.mkdir(parents=True)
        return subprocess.CompletedProcess(command, 1, stdout=debian, stderr="")

    monkeypatch.setattr(environment.subprocess, "run", fail)
    with pytest.raises(SetupError, match=r"lacks its venv module.*apt install python3\.1\d-venv"):
        ensure(root)
    assert not (root / ".venv").exists()
    assert environment._venv_reason("Error: one\nError: two\n") == "Error: two"


def test_a_disk_that_fills_while_making_an_environment_is_told_as_that(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed = "Error: Command '['.venv/bin/python3', '-m', 'ensurepip']' returned exit status 1.\n"

    def fail(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, 1, stdout="", stderr=failed)

    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(environment.subprocess, "run", fail)
    monkeypatch.setattr(environment.shutil, "disk_usage", lambda path: usage(9e9, 9e9, 5e6))
    with pytest.raises(SetupError, match=r"could not make \.venv: no space is left on the disk"):
        ensure(root)
    monkeypatch.setattr(environment.shutil, "disk_usage", lambda path: usage(9e9, 1e9, 8e9))
    with pytest.raises(SetupError, match="returned exit status 1"):
        ensure(root)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere torch has no build for the CPU")
@pytest.mark.parametrize("reason", [environment.NO_SPACE, "no package index can be reached."])
def test_without_space_no_larger_torch_is_asked_for(
    root: Path, monkeypatch: pytest.MonkeyPatch, reason: str
) -> None:
    asked = []

    def fail(root: Path, arguments: list[str], *, what: str, total: int = 0) -> None:
        asked.append(what)
        raise SetupError(f"Could not install {what}: {reason}")

    (root / "requirements.txt").write_text("torch==2.0\n")
    with (root / "pyproject.toml").open("a") as file:
        file.write('[tool.matinf]\ntorch-cpu-index = "http://127.0.0.1:9/simple"\n')
    monkeypatch.setattr(environment, "_make_venv", lambda root: None)
    monkeypatch.setattr(environment, "_pip", fail)
    with pytest.raises(SetupError):
        ensure(root)
    cpu, usual = "torch (CPU build)", "packages of requirements.txt"
    assert asked == ([cpu] if reason == environment.NO_SPACE else [cpu, usual])


def test_the_browser_is_the_one_that_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = tmp_path / "chromium"
    monkeypatch.setenv("CHROMIUM", str(browser))
    assert environment.find_browser() is None, "another one would not be what was asked for"
    browser.touch()
    assert environment.find_browser() == str(browser)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["ERROR: Could not install: [Errno 28] No space left on device"], "no space is left"),
        (["WARNING: Retrying ... NewConnectionError(...)", "ERROR: x"], "no package index"),
        (["WARNING: ... ProxyError('Cannot connect')", "ERROR: No matching"], "no package index"),
        (["Collecting x", "ERROR: No matching distribution found for x==9"], "No matching"),
        ([], "no reason"),
    ],
)
def test_the_reason_of_a_failed_install_is_one_line(lines: list[str], expected: str) -> None:
    reason = environment._reason(lines)
    assert expected in reason
    assert "\n" not in reason


@pytest.mark.parametrize("version", [(2, 7), (3, 8), (3, 10), (3, 13), (3, 14)])
def test_an_unsuitable_python_is_told_in_one_line(version: tuple[int, int]) -> None:
    source = (CODE / "matinf_book" / "__main__.py").read_text()
    program = f"import sys; sys.version_info = {(*version, 0, 'final', 0)}\nexec({source!r})"
    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert answer.returncode == 1
    assert answer.stderr.count("\n") == 1
    assert f"needs Python 3.11 or 3.12; this is {version[0]}.{version[1]}" in answer.stderr


def test_an_old_python_can_read_the_module_that_refuses_it() -> None:
    import ast

    for name in ("__init__.py", "__main__.py"):
        ast.parse((CODE / "matinf_book" / name).read_text(), feature_version=(3, 4))
