"""The judge of support under its public name: `from summit_qa.support import SupportModel`."""

from summit_qa.models.support import SupportModel

__all__ = ["SupportModel"]
