"""Every column has one name, label, symbol and unit."""

from __future__ import annotations

import dataclasses
import re

import pytest

from matinf.quantities import QUANTITIES, Quantity
from matinf.schemas import SCHEMAS


def test_every_data_column_has_a_quantity_and_every_quantity_a_column():
    columns = {name for schema in SCHEMAS.values() for name in schema.columns}
    assert columns == set(QUANTITIES)


def test_each_entry_stands_under_its_own_name():
    assert all(quantity.name == name for name, quantity in QUANTITIES.items())


def test_axis_titles_carry_the_unit_where_there_is_one():
    assert QUANTITIES["gap"].axis == "Measured band gap (eV)"
    assert QUANTITIES["seebeck_n"].axis == "Seebeck coefficient, electrons (µV/K)"
    assert QUANTITIES["Electronegativity"].axis == "Electronegativity (Pauling)"
    assert QUANTITIES["homo"].unit == QUANTITIES["lumo"].unit == "Hartree"


def test_no_two_columns_of_a_table_have_the_same_axis_title():
    for name, schema in SCHEMAS.items():
        columns = [column for column in schema.columns if column != "atomic_number"]
        titles = [QUANTITIES[column].axis for column in columns]
        assert len(set(titles)) == len(titles), name


@pytest.mark.parametrize("quantity", QUANTITIES.values(), ids=lambda quantity: quantity.name)
def test_labels_and_symbols_can_be_printed(quantity):
    assert quantity.label[0].isupper()
    assert quantity.label == quantity.label.strip()
    assert "$" not in quantity.symbol
    assert quantity.symbol.count("{") == quantity.symbol.count("}")
    # One unit is written one way: the micro sign, not the Greek letter that looks like it.
    assert not re.search("μ", quantity.unit)


def test_a_quantity_cannot_be_altered():
    with pytest.raises(dataclasses.FrozenInstanceError):
        QUANTITIES["gap"].unit = "meV"
    with pytest.raises(TypeError):
        QUANTITIES["gap"] = QUANTITIES["homo"]


@pytest.mark.parametrize(("name", "label"), [("", "Band gap"), ("gap", "")])
def test_a_quantity_needs_name_and_label(name, label):
    with pytest.raises(ValueError, match="needs a name and a label"):
        Quantity(name=name, label=label, symbol="E")
