"""What may be typed after ``matinf-campaign``."""

from __future__ import annotations

import argparse
from typing import Any, NoReturn

from matinf.active.laboratory.refusal import Refusal, UsageError
from matinf.active.laboratory.settings import BATCHES, STRATEGIES
from matinf.active.pairs import KERNELS


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{self.prog}: {message}. Its words: {self.prog} --help")


def parser() -> argparse.ArgumentParser:
    """The parser of the command with its five words."""
    top = _Parser(
        prog="matinf-campaign",
        description="Choose the next experiments of a campaign, and keep what came of them.",
    )
    words = top.add_subparsers(dest="word", required=True, parser_class=_Parser, metavar="WORD")
    _start(words.add_parser("start", help="begin a campaign from a table of candidates"))
    _suggest(words.add_parser("suggest", help="choose the next batch"))
    _record(words.add_parser("record", help="record results, or failures"))
    status = words.add_parser("status", help="how the campaign stands")
    _state(status)
    status.add_argument("--to", metavar="CSV", help="also write all that happened to a table")
    _amend(words.add_parser("amend", help="change what may be changed on the way"))
    return top


def _state(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("state", metavar="STATE", help="file of the campaign, such as gaps.json")


def _start(parser: argparse.ArgumentParser) -> None:
    _state(parser)
    add = parser.add_argument
    add("--candidates", required=True, metavar="CSV", help="table of all candidates")
    add("--id", required=True, metavar="COLUMN", help="column that names a candidate")
    features = parser.add_mutually_exclusive_group(required=True)
    features.add_argument("--formula", metavar="COLUMN", help="column of chemical formulas")
    features.add_argument("--smiles", metavar="COLUMN", help="column of SMILES")
    features.add_argument("--features", nargs="+", metavar="COLUMN", help="columns of numbers")
    add("--target", required=True, metavar="NAME", help="what is measured")
    add("--unit", default="", help="its unit")
    goal = parser.add_mutually_exclusive_group(required=True)
    goal.add_argument("--maximise", action="store_true", help="seek the largest value")
    goal.add_argument("--minimise", action="store_true", help="seek the smallest value")
    goal.add_argument("--closest-to", type=float, metavar="VALUE", help="seek a value")
    add("--within", type=float, default=0.0, help="distance from it that is good enough")
    add("--cost", metavar="COLUMN", help="column of costs: strategies weigh gain against them")
    add("--initial", type=int, default=10, metavar="N", help="first batch, at random (10)")
    built = "how a batch is built (top_k for a value sought, otherwise kriging_believer)"
    add("--batch", choices=BATCHES, help=built)
    add("--kernel", choices=KERNELS, help="of the Gaussian process (by the features)")
    add("--seed", type=int, default=0, help="number that all draws come from (0)")
    _course(parser, batch_size=5, strategy="ei")


def _course(parser: argparse.ArgumentParser, **default: Any) -> None:
    """What may be changed on the way."""
    add = parser.add_argument
    add("--strategy", choices=STRATEGIES, default=default.get("strategy"), help="(ei)")
    add("--batch-size", type=int, default=default.get("batch_size"), metavar="N", help="(5)")
    limit = "range of a column, as price=:30 or mass=10:20; may be repeated"
    add("--limit", action="append", metavar="COLUMN=LOW:HIGH", help=limit)
    add("--without-elements", nargs="+", metavar="SYMBOL", help="with --formula: none of these")
    add("--budget", type=float, help="cost, or number of experiments, to spend at most")
    add("--stop-below", type=float, metavar="GAIN", help="expected gain that is not worth it")


def _suggest(parser: argparse.ArgumentParser) -> None:
    _state(parser)
    parser.add_argument("--to", metavar="CSV", help="write the batch to a table to be filled in")
    more = "choose a further batch although results are awaited"
    parser.add_argument("--more", action="store_true", help=more)


def _record(parser: argparse.ArgumentParser) -> None:
    _state(parser)
    add = parser.add_argument
    add("values", nargs="*", metavar="ID=VALUE", help="results")
    add("--results", metavar="CSV", help="table of results: the batch, filled in")
    failed = "an experiment that failed; may be repeated"
    add("--failed", action="append", default=[], metavar="ID=REASON", help=failed)
    add("--note", default="", help="kept with the results: sample, instrument, operator")
    add("--replicate", action="store_true", help="a candidate may be measured again")
    add("--unasked", action="store_true", help="candidates that were never put forward")
    add("--correct", metavar="REASON", help="withdraw the results so far of these candidates")


def _amend(parser: argparse.ArgumentParser) -> None:
    _state(parser)
    parser.add_argument("--candidates", metavar="CSV", help="another table of candidates")
    _course(parser)


def parse(argv: list[str]) -> argparse.Namespace:
    """Read the words of a command.

    Raises:
        UsageError: if they make no sense.
        SystemExit: after ``--help``.
    """
    options, rest = parser().parse_known_args(argv)
    if options.word == "record":  # results may stand behind options too
        options.values += [word for word in rest if not word.startswith("-")]
        rest = [word for word in rest if word.startswith("-")]
    if rest:
        raise UsageError(
            f"matinf-campaign {options.word}: unrecognized arguments: {' '.join(rest)}. "
            f"Its words: matinf-campaign {options.word} --help"
        )
    return options


def goal_of(options: argparse.Namespace) -> dict[str, Any]:
    """The goal in the words of :class:`Settings`.

    Raises:
        Refusal: for a value that is none.
    """
    if options.closest_to is None:
        return {"goal": "maximise" if options.maximise else "minimise"}
    if not abs(options.closest_to) < float("inf"):
        raise Refusal(f"--closest-to: expected a finite number, got {options.closest_to}.")
    return {"goal": "target", "target_value": options.closest_to}
