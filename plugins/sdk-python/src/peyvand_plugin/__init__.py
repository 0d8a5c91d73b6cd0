"""What does an author in Python import? Other values are Python's own: Decimal, date, datetime, timedelta.

What a plugin asks of its host is in modules of its own, and a component imports only those that its sources do:
`from peyvand_plugin import records, store, text, random, settings`.
"""

from .answer import Answer, Awards, Patch, Patches, Refused
from .columns import Money
from .effect import Effects, Message, Reply, Request, Target
from .language import ascii_digits, digits, language_of, pick
from .row import Records, Row, now, today
from .serve import log
from .settings import Setting, Settings

__all__ = [
    "Answer", "Awards", "Effects", "Message", "Money", "Patch", "Patches", "Records", "Refused", "Reply", "Request", "Row",
    "Setting", "Settings", "Target", "ascii_digits", "digits", "language_of", "log", "now", "pick", "today",
]
