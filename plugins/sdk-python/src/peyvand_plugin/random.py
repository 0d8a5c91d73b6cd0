"""What may a plugin draw? Numbers that look random and are the same whenever the same request is played again.

Not for secrets: who reads the journal can find them out. In tests they count.
"""

from .host import host


def draw(count):
    """So many bytes, at most 4,096."""
    return host.random(count)


def number():
    """A number of 64 bits."""
    return int.from_bytes(draw(8), "big")


def below(limit):
    """A whole number from 0 up to, and without, `limit`."""
    return number() % limit
