"""What else is there? Records besides those of the batch, as they were before it.

Of the objects and fields that the manifest needs. What a hook before a save reads is checked at the commit: where
somebody changed it meanwhile, the hook is asked again. In tests `testing.world` answers.
"""

from types import SimpleNamespace

from .columns import Batch, Layout
from .host import Failed, host
from .row import Row


class ReadError(Exception):
    """Why records were not given; the message says what to do, for a person.

    `kind` is "not-granted", "unknown", "invalid", "too-much" or "unavailable".
    """

    def __init__(self, kind, message):
        super().__init__(message)
        self.kind = kind


class Page(list):
    """Some of the records that match, as rows. `next` is for the next page, where there is one: give it as `after`."""

    def __init__(self, rows, next):
        super().__init__(rows)
        self.next = next


def get(object, ids, fields):
    """These records of one object as a list, in the order of the ids; None where there is none, or it is in the bin.

    Fields may be `id` and `revision` too. A field that the plugin may not read is None in every row.
    """
    selected, found = _asked(host.records_get, object, list(ids), list(fields))
    return [row if is_there else None for row, is_there in zip(_rows(object, fields, selected), found)]


def query(object, filter="", fields=("id",), *, sort="", limit=100, after=None):
    """The records that match `and(stage[eq]:won,amount[gte]:1000)`, as a `Page`; all where the filter is empty.

    `sort` is such as `-created_at,name`, by id when empty; `limit` is 1 to 1,000. What a person wrote goes into a filter
    as `quoted(text)`.
    """
    question = SimpleNamespace(
        object=object, filter=filter, sort=sort, fields=list(fields), limit=limit, after=after
    )
    selected, next = _asked(host.records_query, question)
    return Page(_rows(object, fields, selected), next)


def count(object, filter=""):
    """How many records match a filter."""
    return _asked(host.records_count, object, filter)


def quoted(text):
    """A text as a value in a filter, whatever it has in it."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _rows(object, fields, selected):
    reads = Layout(zip(fields, selected.kinds))
    batch = Batch(reads, selected.rows, selected.cells, selected.present, bytes(selected.text))
    hook = SimpleNamespace(name=f"records of {object}", object=object, reads=reads)
    # A fault is told at once: these records outlive no call.
    call = SimpleNamespace(hook=hook, batch=batch, fault=host.log)
    return [Row(call, index) for index in range(batch.rows)]


def _asked(ask, *given):
    try:
        return ask(*given)
    except Failed as failed:
        raise ReadError(failed.kind, str(failed)) from None
