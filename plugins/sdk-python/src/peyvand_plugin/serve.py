"""How does a call of the contract reach the author's class?

The author writes a class `Plugin` with a method for each kind of hook; its constructor gets the settings. Here calls are
plain values; `guest.py` turns them into the types of the contract, `testing.py` into a test's.
"""

import json
from decimal import Decimal

from .columns import Batch, Layout, Writer, day, moment

METHODS = {
    "before-save": "before_save",
    "computed-fields": "compute",
    "field-type": "validate",
    "after-commit": "after_commit",
    "workflow-action": "perform",
    "gamification": "score",
    "on-reply": "on_reply",
}


class Setting(Exception):
    """Raised while a plugin is made: a setting cannot be used, and what to do."""

    def __init__(self, name, what):
        super().__init__(f"setting {name}: {what}")
        self.name, self.what = name, what


class UnknownHook(Exception):
    """A hook of the manifest that the class has no method for."""


class Refused(Exception):
    """Raised by `validate` of a field type: a stable word, and what is wrong for a person."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


class Settings:
    """The administrator's settings over the manifest's defaults."""

    def __init__(self, text):
        self.values = json.loads(text)

    def get(self, name):
        """The value as JSON has it; a decimal is a text."""
        if name not in self.values:
            raise Setting(name, "the manifest does not declare it")
        return self.values[name]

    def decimal(self, name):
        """The value as a Decimal."""
        return Decimal(str(self.get(name)))


class Hook:
    """One hook as the host bound it; columns are pairs of name and kind."""

    def __init__(self, number, point, name, object, reads, writes):
        self.number, self.point, self.name, self.object = number, point, name, object
        self.reads, self.writes = Layout(reads), Layout(writes)


class Row:
    """One record. A field that is empty, or that the hook does not declare, is None."""

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

    def __getitem__(self, name):
        hook = self._call.hook
        place = hook.reads.places.get(self._old + name)
        if place is not None:
            return self._call.batch.value(place, self.index)
        self._call.fault(f"hook {hook.name} reads {self._old}{name}, which its `reads` lack")
        return None

    def json(self, name):
        """A phone, an address, a person's name, a list of options."""
        text = self[name]
        return None if text is None else json.loads(text)

    def has(self, name):
        """Whether the field has a value; blank text is none."""
        value = self[name]
        return value is not None and not (isinstance(value, str) and value.strip() in ("", "null", "[]", "{}"))

    def now(self):
        """The moment of the request, never the wall clock."""
        return moment(self._call.host.now())

    def today(self):
        """The day of the request in the workspace's time zone."""
        return day(self._call.host.today())


class Answer:
    """The answer to one record: `answer["stage"] = "won"`; None empties a field."""

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

    def refuse(self, field, code, message):
        """Refuses the record: because of a field, or (None) as a whole."""
        place = None if field is None else self._call.hook.reads.places.get(field)
        if field is not None and place is None:
            self._call.fault(f"hook {self._call.hook.name} blames {field}, which its `reads` lack")
        self._call.refusals.append((self._row, place, code, message))

    def create(self, object, **fields):
        """Adds a record in the same commit."""
        self._call.children.append((self._row, object, fields))

    def keep(self, key, value):
        """Keeps bytes in the plugin's own store, in the same commit; None deletes the key."""
        self._call.kept.append((self._row, key, value))


class Call:
    """One call: its hook, its batch, and what is answered."""

    def __init__(self, host, hook, batch):
        self.host, self.hook, self.batch = host, hook, batch
        self.faults, self.writer = [], Writer()
        self.at, self.column, self.refusals, self.children, self.kept = [], [], [], [], []

    def fault(self, text):
        if text not in self.faults:
            self.faults.append(text)

    def rows(self):
        return [Row(self, index) for index in range(self.batch.rows)]


class Served:
    """A plugin as one instance keeps it."""

    def __init__(self, plugin_class, host):
        self.plugin_class, self.host = plugin_class, host
        self.plugin, self.hooks = None, {}

    def bind(self, hooks, settings):
        for hook in hooks:
            if not hasattr(self.plugin_class, METHODS.get(hook.point, "?")):
                raise UnknownHook(f"{hook.point} {hook.name}")
            self.hooks[hook.number] = hook
        self.plugin = self.plugin_class(Settings(settings))

    def call(self, number, batch, work):
        """Calls `work(plugin, call)`; an exception is told in the log before it becomes a trap."""
        try:
            call = Call(self.host, self.hooks[number], None)
            call.batch = batch(call.hook.reads)
            answer = work(self.plugin, call)
            for fault in call.faults:
                self.host.log(fault)
            return answer
        except Exception as error:
            self.host.log(describe(error))
            raise

    def before_save(self, number, batch):
        def work(plugin, call):
            for row in call.rows():
                plugin.before_save(row, Answer(call, row))
            return call

        return self.call(number, batch, work)

    def compute(self, number, batch):
        def work(plugin, call):
            for row in call.rows():
                plugin.compute(row, Answer(call, row))
            return call

        return self.call(number, batch, work)

    def normalise(self, number, batch):
        def work(plugin, call):
            for row in call.rows():
                canonical = plugin.normalise(row["value"], call.hook.name)
                if canonical != row["value"]:
                    Answer(call, row)["value"] = canonical
            return call

        return self.call(number, batch, work)

    def validate(self, number, batch):
        def work(plugin, call):
            for row in call.rows():
                try:
                    plugin.validate(row["value"], call.hook.name)
                except Refused as refused:
                    Answer(call, row).refuse("value", refused.code, str(refused))
            return call

        return self.call(number, batch, work)

    def format(self, number, batch, locale):
        def work(plugin, call):
            return [plugin.format(row["value"], call.hook.name, locale) for row in call.rows()]

        return self.call(number, batch, work)

    def score(self, number, batch):
        def work(plugin, call):
            reasons, given = plugin.reasons.get(call.hook.name, []), []
            for row in call.rows():
                plugin.score(row, lambda reason, points: given.append((row.index, points, reasons.index(reason))))
            return given

        return self.call(number, batch, work)

    def effects(self, number, batch, parameters=None):
        """What `after_commit(row)` or `perform(row, parameters)` yields, with the row that caused it."""

        def work(plugin, call):
            given = []
            for row in call.rows():
                found = plugin.after_commit(row) if parameters is None else plugin.perform(row, json.loads(parameters))
                given.extend((row.index, *effect) for effect in found or ())
            return given

        return self.call(number, batch, work)


def batch_of(rows, cells, present, text):
    """A batch that waits for its layout."""
    return lambda layout: Batch(layout, rows, cells, present, text)


def describe(error):
    """The message and where it came from, in one line."""
    # Not by the module traceback, which looks for source files where there are none.
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return f"{type(error).__name__}: {error}"
    code = trace.tb_frame.f_code
    place = f"{code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno} in {code.co_name}"
    return f"{type(error).__name__}: {error} at {place}"
