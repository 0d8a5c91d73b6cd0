"""What does an author in Python import? Everything else is Python's own: Decimal, date, datetime, timedelta."""

from .columns import Money
from .serve import Refused, Setting

__all__ = ["Money", "Refused", "Setting"]
