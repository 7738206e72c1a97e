"""Trained networks in one file: arrays as torch tensors, everything else as JSON text.

Nothing in a file is executed on loading: torch reads tensors and text alone
(``weights_only=True``), and what they say is checked before a network is made of it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import numpy as np
import torch

from matinf.transfer.network import NetworkShape, Scale, TrainedNetwork, TrainingHistory

FORMAT = "matinf network"
VERSION = 1


class StoredNetworkError(ValueError):
    """A file that is no stored network of this version; the message says what to do."""


def write(
    path: str | Path, networks: Mapping[str, TrainedNetwork], *, about: Mapping[str, Any]
) -> None:
    """Write named networks and a description of what they belong to.

    Args:
        path: File to write; its folder must exist.
        networks: Networks by name.
        about: Anything that JSON can hold.
    """
    header = {
        "about": dict(about),
        "networks": {name: _described(network) for name, network in networks.items()},
    }
    arrays = {
        f"{name}/{key}": torch.tensor(array)
        for name, network in networks.items()
        for key, array in _arrays(network).items()
    }
    content = {"format": FORMAT, "version": VERSION, "header": json.dumps(header)}
    torch.save({**content, "arrays": arrays}, Path(path))


def read(path: str | Path) -> tuple[dict[str, TrainedNetwork], dict[str, Any]]:
    """Read what :func:`write` wrote: networks by name, and the description.

    Raises:
        FileNotFoundError: if there is no such file.
        StoredNetworkError: if the file is something else, of another version, or its arrays
            do not fit the shapes that it names.
    """
    content = _content(Path(path))
    try:
        header = json.loads(content["header"])
        networks = {
            name: _network(described, _named(content["arrays"], name))
            for name, described in header["networks"].items()
        }
        return networks, header["about"]
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise StoredNetworkError(
            f"{path}: its parts do not fit together ({error}); store the network anew"
        ) from error


def _content(path: Path) -> dict[str, Any]:
    """Load the file safely and look at what it says of itself."""
    try:
        content = torch.load(path, weights_only=True, map_location="cpu")
    except (EOFError, KeyError, RuntimeError, UnpicklingError, ValueError) as error:
        raise StoredNetworkError(
            f"{path}: expected a stored network, found a file that torch cannot read safely"
        ) from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise StoredNetworkError(f"{path}: expected a stored network, found something else")
    if content.get("version") != VERSION:
        raise StoredNetworkError(
            f"{path}: expected version {VERSION}, found {content.get('version')}: store the "
            "network anew with this version of matinf"
        )
    return content


def _described(network: TrainedNetwork) -> dict[str, Any]:
    return {"shape": asdict(network.shape), "history": asdict(network.history)}


def _arrays(network: TrainedNetwork) -> dict[str, Any]:
    scales = {"x": network.x_scale, "y": network.y_scale}
    return {
        **{f"weights/{key}": array for key, array in network.weights.items()},
        **{f"scale/{key}/mean": scale.mean for key, scale in scales.items()},
        **{f"scale/{key}/std": scale.std for key, scale in scales.items()},
        **{f"scale/{key}/limit": np.array(scale.limit) for key, scale in scales.items()},
    }


def _named(arrays: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The arrays whose names begin with ``name/``, without it, as NumPy's."""
    return {
        key.removeprefix(f"{name}/"): tensor.numpy().copy()
        for key, tensor in arrays.items()
        if key.startswith(f"{name}/")
    }


def _network(described: Mapping[str, Any], arrays: Mapping[str, Any]) -> TrainedNetwork:
    shape, history = dict(described["shape"]), dict(described["history"])
    shape["hidden_sizes"] = tuple(shape["hidden_sizes"])
    history |= {key: tuple(history[key]) for key in ("train", "validation")}
    x_scale, y_scale = (
        Scale(
            mean=arrays[f"scale/{key}/mean"],
            std=arrays[f"scale/{key}/std"],
            limit=float(arrays[f"scale/{key}/limit"]),
        )
        for key in "xy"
    )
    weights = {
        key.removeprefix("weights/"): array
        for key, array in arrays.items()
        if key.startswith("weights/")
    }
    return TrainedNetwork(
        shape=NetworkShape(**shape),
        weights=weights,
        x_scale=x_scale,
        y_scale=y_scale,
        history=TrainingHistory(**history),
    )
