"""Draw the picture that other sites show with a link to the book.

It is drawn from the data, like everything here: each column is as high as compositions have that
band gap. The result is committed, because a link needs it before anything is built; draw it again
with ``PYTHONPATH=code python -m matinf_book.card`` when the data or the sentence change.
"""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from . import assets
from .page_meta import CARD, CARD_SIZE

IMAGES = Path(__file__).resolve().parent / "theme" / "images"
PAPER, INK, QUIET, SQUARE, UNSEEN = "#fbf9f4", "#262420", "#5f5a52", "#eeeae0", "#8a857c"
TITLE = "Materials Informatics"
SENTENCE = (
    "How to choose the next experiment from the few,",
    "uneven measurements that materials science has.",
)
LEFT, FOOT, TALLEST = 72, 558, 250  # px: left edge, foot of the columns, height of the tallest
COLUMN = 9  # px from one column to the next; one of them is paper


def columns(gaps: NDArray[np.float64], *, width: float = 0.1) -> NDArray[np.int64]:
    """Compositions per column; column ``i`` is centred on ``i * width`` eV."""
    counts: NDArray[np.int64] = np.bincount(np.rint(gaps / width).astype(int))
    return counts


def colour(energy: float) -> str:
    """Colour of light of an energy in eV; grey where it cannot be seen."""
    from matinf.figures.landing import SPECTRUM, VISIBLE  # late: plotly is slow to import

    if not VISIBLE[0] <= energy <= VISIBLE[1]:
        return UNSEEN
    return min(SPECTRUM, key=lambda entry: abs(entry[0] - energy))[1]


def draw_data(gaps: NDArray[np.float64]) -> Image.Image:
    """The card without words: squared paper and the columns.

    Args:
        gaps: Band gap of each composition in eV, shape ``(n_compositions,)``.
    """
    card = Image.new("RGB", CARD_SIZE, PAPER)
    pen = ImageDraw.Draw(card)
    for x in range(0, CARD_SIZE[0], 36):
        pen.line([(x, 0), (x, CARD_SIZE[1])], fill=SQUARE)
    for y in range(0, CARD_SIZE[1], 36):
        pen.line([(0, y), (CARD_SIZE[0], y)], fill=SQUARE)
    counts = columns(gaps)
    for index, count in enumerate(counts):
        x, height = LEFT + COLUMN * index, round(TALLEST * count / counts.max())
        if count:
            pen.rectangle([x, FOOT - height, x + COLUMN - 2, FOOT], fill=colour(index * 0.1))
    return card


def write_words(card: Image.Image, font: Path, *, compositions: int) -> None:
    """Title, sentence and axis on a card; ``font`` is the book's text face."""
    pen = ImageDraw.Draw(card)
    face = TTFont(font)
    face.flavor = None
    plain = io.BytesIO()
    face.save(plain)

    def words(text: str, x: int, y: int, size: int, weight: int, fill: str) -> None:
        plain.seek(0)
        letters = ImageFont.truetype(plain, size)
        letters.set_variation_by_axes([weight])
        pen.text((x, y), text, font=letters, fill=fill)

    words(TITLE, LEFT - 4, 64, 88, 600, INK)
    for line, text in enumerate(SENTENCE):
        words(text, LEFT, 184 + 46 * line, 36, 400, INK)
    axis = f"Measured band gaps of {compositions:,} compositions, 0 to 12 eV"
    words(axis, LEFT, FOOT + 14, 25, 400, QUIET)


def main() -> None:
    """Draw the card again."""
    from matinf.datasets import load_experimental_gaps

    gaps = load_experimental_gaps().groupby("formula")["gap"].median().to_numpy()
    card = draw_data(gaps)
    font = assets.prepare() / "static" / "fonts" / "serif-roman-latin.woff2"
    write_words(card, font, compositions=len(gaps))
    card.quantize(256, dither=Image.Dither.NONE).save(IMAGES / CARD, optimize=True)


if __name__ == "__main__":
    main()
