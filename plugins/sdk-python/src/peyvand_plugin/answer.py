"""How does an author answer? With new values, refusals, records, kept keys and points."""


class Refused(Exception):
    """Raised by `validate` of a field type: a stable word, and what is wrong for a person."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


def as_bytes(value):
    """The bytes of a text; bytes stay as they are."""
    return value.encode() if isinstance(value, str) else bytes(value)


class Patch:
    """The new values of one record: `patch["stage"] = "won"`; None empties a field. A value of another kind than the
    field is a TypeError."""

    def __init__(self, call, row):
        self._call, self._row = call, row.index

    def __setitem__(self, name, value):
        hook = self._call.hook
        place = hook.writes.places.get(name)
        if place is None:
            self._call.fault(f"hook {hook.name} sets {name}, which its `writes` lack")
            return
        self._call.writer.push(hook.writes.columns[place][1], value, name)
        self._call.at.append(self._row)
        self._call.column.append(place)

    def __delitem__(self, name):
        self[name] = None


class Answer(Patch):
    """The answer to one record before it is saved. All of it comes in the same commit as the record, or not at all."""

    def refuse(self, field, code, message):
        """Refuses the record: because of a field, or (None) as a whole. `code` is a stable, machine-readable word, the
        message says what is wrong and what to do."""
        place = None if field is None else self._call.hook.reads.places.get(field)
        if field is not None and place is None:
            self._call.fault(f"hook {self._call.hook.name} blames {field}, which its `reads` lack")
        self._call.refusals.append((self._row, place, code, message))

    def create(self, object, fields=(), /, **more):
        """Adds a record: its fields as a dict, by name, or both. `Target.of(row)` stands for the record that it belongs
        to."""
        self._call.children.append((self._row, object, {**dict(fields), **more}))

    def keep(self, key, value):
        """Keeps bytes or a text in the plugin's own store: a key of 1 to 200 bytes, a value of at most 64 KiB."""
        self._call.kept.append((self._row, key, as_bytes(value)))

    def forget(self, key):
        """Deletes a key of the plugin's own store."""
        self._call.kept.append((self._row, key, None))


class Patches:
    """The new values of a batch, for `compute_all`."""

    def __init__(self, call):
        self._call = call

    def of(self, row):
        """The new values of one record."""
        return Patch(self._call, row)


class Awards:
    """The points of a batch."""

    def __init__(self, call, reasons):
        self._call, self._reasons = call, list(reasons)
        self.row, self.given = 0, []

    def give(self, reason, points, row=None):
        """Gives points for one of the hook's reasons to the row at hand, or to the one of that index. No points are no
        award."""
        if points == 0:
            return
        if reason not in self._reasons:
            self._call.fault(f"hook {self._call.hook.name} gives points for {reason}, which its reasons lack")
            return
        self.given.append((self.row if row is None else row, points, self._reasons.index(reason)))
