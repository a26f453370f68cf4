"""The judge of support under its public name: `from summit_qa.support import SupportModel`."""

from summit_qa.models.claims import check_claim
from summit_qa.models.support import SupportModel, windows

__all__ = ["SupportModel", "check_claim", "windows"]
