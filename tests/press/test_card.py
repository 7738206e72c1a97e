"""The card that other sites show: of the agreed size, light, and still what the data say."""

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from matinf.datasets import load_experimental_gaps
from matinf_book import card
from matinf_book.page_meta import CARD, CARD_SIZE

COMMITTED = card.IMAGES / CARD


def pixels() -> NDArray[np.uint8]:
    with Image.open(COMMITTED) as image:
        return np.asarray(image.convert("RGB"))


def test_columns_count_each_composition_at_the_nearest_tenth() -> None:
    counts = card.columns(np.array([0.02, 0.14, 0.16, 1.0]))
    assert list(counts) == [1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 1]


@pytest.mark.parametrize(("energy", "seen"), [(0.5, False), (1.7, True), (3.2, True), (3.4, False)])
def test_only_visible_light_has_a_colour(energy: float, seen: bool) -> None:
    assert (card.colour(energy) != card.UNSEEN) is seen


def test_committed_card_has_the_size_of_cards_and_is_small() -> None:
    assert pixels().shape == (*CARD_SIZE[::-1], 3)
    assert COMMITTED.stat().st_size < 100_000


def test_committed_card_shows_todays_data() -> None:
    gaps = load_experimental_gaps().groupby("formula")["gap"].median().to_numpy()
    part = np.s_[card.FOOT - card.TALLEST : card.FOOT + 1, card.LEFT :]
    drawn = np.asarray(card.draw_data(gaps), dtype=int)
    assert np.abs(drawn - pixels())[part].max() <= 8, "run: python -m matinf_book.card"
