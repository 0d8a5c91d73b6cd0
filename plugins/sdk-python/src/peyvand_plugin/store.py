"""What does the plugin remember? Its own keys, shared by all its hooks, as they were before the batch.

Writes are part of an answer: `answer.keep` and `effects.keep`. In tests `testing.world` answers.
"""

import json as _json

from .host import host


def get(key):
    """The bytes of a key; None where there is none."""
    return host.store_get(key)


def text(key):
    """The value of a key as text."""
    value = get(key)
    return None if value is None else value.decode()


def json(key):
    """The value of a key that was kept as JSON."""
    value = get(key)
    return None if value is None else _json.loads(value)


def scan(prefix, *, after=None, limit=100):
    """The keys that begin with `prefix` and their bytes, in order of the keys, after the key `after`; at most `limit`
    (1 to 1,000) of them."""
    return host.store_scan(prefix, after, limit)
