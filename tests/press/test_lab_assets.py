"""Files of laboratories: kept with their page, written with the site, limited."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from matinf_book import lab_assets
from matinf_book.lab_renderer import LabError, read_lab

LAB = {
    "element": "wave-lab",
    "module": "wave-lab.js",
    "title": "Waves",
    "alt": "A wave with two peaks.",
    "still": "<svg></svg>",
    "data": {},
}


def env(docname: str = "book/part/page") -> Any:
    return SimpleNamespace(docname=docname)


def app(folder: Path, environment: Any) -> Any:
    return SimpleNamespace(
        env=environment, outdir=str(folder), builder=SimpleNamespace(format="html")
    )


def test_an_asset_lies_where_the_page_looks_for_it(tmp_path: Path) -> None:
    page = env()
    addresses = lab_assets.keep(page, {"waves.json": '{"n": 1}'})
    lab_assets._write(app(tmp_path, page), None)
    file = (tmp_path / "book" / "part" / addresses["waves.json"]).resolve()
    assert file.parent == tmp_path / "_static" / "live"
    assert json.loads(file.read_text(encoding="utf-8")) == {"n": 1}


def test_another_content_has_another_address() -> None:
    first, second = (lab_assets.keep(env(), {"a.json": text})["a.json"] for text in ("1", "2"))
    assert first != second
    assert first == lab_assets.keep(env(), {"a.json": "1"})["a.json"]


def test_a_page_that_is_read_again_leaves_nothing_behind(tmp_path: Path) -> None:
    page = env()
    lab_assets.keep(page, {"a.json": "1"})
    lab_assets._purge(app(tmp_path, page), page, page.docname)
    lab_assets._write(app(tmp_path, page), None)
    assert not list(tmp_path.rglob("*.json"))


def test_nothing_is_written_by_a_build_that_failed(tmp_path: Path) -> None:
    page = env()
    lab_assets.keep(page, {"a.json": "1"})
    lab_assets._write(app(tmp_path, page), ValueError("no"))
    assert not list(tmp_path.rglob("*.json"))


def test_an_asset_that_is_too_heavy_is_refused() -> None:
    noise = json.dumps(np.random.default_rng(0).random(60_000).tolist())
    assert read_lab(LAB | {"assets": {"a.json": noise[:100_000]}})
    with pytest.raises(LabError, match=r"a\.json has \d+ bytes packed, more than 300000"):
        read_lab(LAB | {"assets": {"a.json": noise}})
