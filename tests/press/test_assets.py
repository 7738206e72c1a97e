"""Front-end assets: pinned, complete or absent, and cut to what is used."""

import gzip
import json
import re
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont
from plotly.offline import get_plotlyjs_version
from sphinxcontrib import katex

from matinf.figures.template import SITE_TRACES
from matinf_book import assets, fonts
from matinf_book.plotly_renderer import TRACES

PACKAGES = json.loads((assets.FRONTEND / "package.json").read_text())
LOCK = json.loads((assets.FRONTEND / "package-lock.json").read_text())


def characters(path: Path) -> set[int]:
    with TTFont(path) as face:
        return set(face.getBestCmap())


def test_the_bundle_is_of_the_version_that_plotly_for_python_carries() -> None:
    assert PACKAGES["dependencies"]["plotly.js"] == get_plotlyjs_version()


def test_the_bundle_draws_what_the_renderer_lets_pass() -> None:
    script = (assets.FRONTEND / "bundle-plotly.js").read_text()
    listed = re.search(r"const TRACES = (\[.*?\]);", script, re.DOTALL)
    assert listed is not None
    assert {*json.loads(listed[1]), "scatter"} == TRACES == SITE_TRACES


def test_katex_draws_and_styles_by_one_version() -> None:
    assert PACKAGES["dependencies"]["katex"] == katex.katex_version


def test_the_lock_pins_what_is_asked_and_names_no_registry() -> None:
    wanted = {**PACKAGES["dependencies"], **PACKAGES["devDependencies"]}
    for name, version in wanted.items():
        entry = LOCK["packages"][f"node_modules/{name}"]
        assert entry["version"] == version
    for name, entry in LOCK["packages"].items():
        assert "resolved" not in entry
        assert not name or entry["integrity"].startswith("sha512-")


def test_what_is_prepared_is_complete() -> None:
    prepared = assets.prepare()
    bundle = (prepared / "static" / "vendor" / "plotly.min.js").read_text()
    assert get_plotlyjs_version() in bundle[:500]
    style = (prepared / "static" / "vendor" / "katex" / "katex.min.css").read_text()
    for url in re.findall(r"url\(([^)]+)\)", style):
        assert (prepared / "static" / "vendor" / "katex" / url).is_file()
        assert url.endswith(".woff2")
    assert len(gzip.compress(bundle.encode())) < 390_000
    assert (prepared / "check" / "axe.min.js").is_file()
    assert not (prepared / "npm").exists()


def test_what_is_up_to_date_is_not_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    prepared = assets.prepare()
    monkeypatch.setattr(assets, "_fill", lambda work: pytest.fail("made again"))
    assert assets.prepare() == prepared


def test_another_lock_makes_them_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    filled = []
    monkeypatch.setattr(assets, "_fill", filled.append)
    assets.prepare(tmp_path)
    assets.prepare(tmp_path)
    assert len(filled) == 1
    monkeypatch.setattr(assets, "digest", lambda: "of another lock")
    assets.prepare(tmp_path)
    assert len(filled) == 2
    assert [path.name for path in (tmp_path / "_build").iterdir()] == ["assets"]


def test_an_interrupted_preparation_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assets, "_fill", lambda work: (work / "old").touch())
    target = assets.prepare(tmp_path)

    def interrupted(work: Path) -> None:
        (work / "half").touch()
        raise KeyboardInterrupt

    monkeypatch.setattr(assets, "_fill", interrupted)
    monkeypatch.setattr(assets, "digest", lambda: "of another lock")
    with pytest.raises(KeyboardInterrupt):
        assets.prepare(tmp_path)
    assert (target / "old").is_file()
    assert [path.name for path in (tmp_path / "_build").iterdir()] == ["assets"]


def test_no_registry_is_one_clear_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Port 9 of the loopback interface: nothing listens there, and nothing leaves the machine.
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9/")
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "cache"))
    monkeypatch.setattr(assets, "NPM_OPTIONS", (*assets.NPM_OPTIONS, "--fetch-retries=0"))
    with pytest.raises(assets.AssetsError) as caught:
        assets.prepare(tmp_path)
    assert "registry cannot be reached" in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
    assert list((tmp_path / "_build").iterdir()) == []


def test_every_icon_that_is_kept_has_its_sign() -> None:
    style = (assets.prepare() / "theme" / "styles" / fonts.THEME_CSS).read_text()
    folder = assets.prepare() / "theme" / "vendor" / "fontawesome" / "webfonts"
    signs = set().union(*map(characters, folder.glob("*.woff2")))
    for icon in fonts.ICONS:
        rule = re.search(rf'\.fa-{icon}:before[^{{]*\{{content:"([^"]+)"', style)
        assert rule, f"the theme knows no icon {icon}"
        assert int(rule[1].lstrip("\\"), 16) in signs


def test_rules_of_other_icons_are_dropped() -> None:
    css = r'.fa-sun:before{content:"\f185"}.fa-tooth:before{content:"\f5c9"}a{b:c}'
    assert fonts.cut_icon_rules(css) == (r'.fa-sun:before{content:"\f185"}a{b:c}', {0xF185})


def test_text_faces_are_small_and_hold_the_signs_of_the_field() -> None:
    folder = assets.prepare() / "static" / "fonts"
    for name in fonts.TEXT_FACES:
        assert (folder / f"{name}-latin.woff2").stat().st_size < 45_000
        faces = [folder / f"{name}-{script}.woff2" for script in fonts.SCRIPTS]
        known = set().union(*map(characters, faces))
        assert set(map(ord, "Aaäéøµ±×–—“”’…σμ°")) <= known
    with TTFont(folder / "serif-roman-latin.woff2") as face:
        [axis] = face["fvar"].axes
    assert (axis.axisTag, axis.minValue, axis.maxValue) == ("wght", 400, 700)
    with TTFont(folder / "serif-italic-latin.woff2") as face:
        assert "fvar" not in face


def test_the_display_face_is_one_small_fixed_design_of_the_latin_letters() -> None:
    file = assets.prepare() / "static" / "fonts" / f"{fonts.DISPLAY_FACE}.woff2"
    assert file.stat().st_size < 20_000
    assert set(map(ord, "AaZzé0123456789−–’?")) <= characters(file)
    with TTFont(file) as face:
        assert "fvar" not in face
