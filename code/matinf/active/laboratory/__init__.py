"""A campaign in the laboratory: the command ``matinf-campaign`` and what it is made of."""

from matinf.active.laboratory.command import campaign, main
from matinf.active.laboratory.refusal import Refusal

__all__ = ["Refusal", "campaign", "main"]
