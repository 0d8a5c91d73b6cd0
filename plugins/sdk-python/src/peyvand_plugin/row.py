"""How does an author read a record? By the names of its fields, as rows over the columns."""

import json

from .columns import day, moment
from .host import host


def now():
    """The moment of the request, a datetime in UTC; never the wall clock."""
    return moment(host.now())


def today():
    """The day of the request in the workspace's time zone."""
    return day(host.today())


class Row:
    """One record: `row["stage"]`. A field that is empty, or that the hook does not declare, is None.

    Values are Python's own: bool, int, Decimal, date, datetime in UTC, timedelta, str (text, options, references, e-mail
    addresses) and Money.
    """

    def __init__(self, call, index, old=""):
        self._call, self.index, self._old = call, index, old

    @property
    def hook(self):
        """The hook's name in the manifest."""
        return self._call.hook.name

    @property
    def object(self):
        """The object whose record it is."""
        return self._call.hook.object

    @property
    def old(self):
        """The same record before the change; its fields are declared as `old.stage`."""
        return Row(self._call, self.index, "old.")

    @property
    def verb(self):
        """What becomes of it: "create", "update" or "delete". The hook must declare the column `verb`."""
        return self["verb"]

    @property
    def id(self):
        """Its id. The hook must declare the column `id`."""
        return self["id"]

    def _place(self, name):
        hook = self._call.hook
        place = hook.reads.places.get(self._old + name)
        if place is None:
            self._call.fault(f"hook {hook.name} reads {self._old}{name}, which its `reads` lack")
        return place

    def __getitem__(self, name):
        place = self._place(name)
        return None if place is None else self._call.batch.value(place, self.index)

    def kind(self, name):
        """How a column is laid out: "boolean", "integer", "decimal", "date", "instant", "duration", "text", "money" or
        "structured"."""
        place = self._place(name)
        return None if place is None else self._call.hook.reads.columns[place][1]

    def json(self, name):
        """A phone, an address, a person's name, a list of options."""
        text = self[name]
        return None if text is None else json.loads(text)

    def has(self, name):
        """Whether the field has a value; blank text, empty lists and objects are none."""
        value = self[name]
        return value is not None and not (isinstance(value, str) and value.strip() in ("", "null", "[]", "{}"))

    def changed(self, name):
        """Whether a field differs from what it was. Both it and its `old.` must be declared."""
        return self[name] != self.old[name]

    def now(self):
        """The moment of the request, a datetime in UTC; never the wall clock."""
        return now()

    def today(self):
        """The day of the request in the workspace's time zone."""
        return today()


class Records:
    """The records of a batch, for `compute_all` and `score_all`: a sequence of rows."""

    def __init__(self, call):
        self._call = call

    def __len__(self):
        return self._call.batch.rows

    def __iter__(self):
        return (Row(self._call, index) for index in range(len(self)))

    def column(self, name):
        """A column as a list of values, one for each row, looked up once: for thousands of rows."""
        call = self._call
        place = call.hook.reads.places.get(name)
        if place is None:
            call.fault(f"hook {call.hook.name} reads {name}, which its `reads` lack")
            return [None] * len(self)
        return [call.batch.value(place, row) for row in range(len(self))]
