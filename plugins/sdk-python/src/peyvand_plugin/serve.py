"""How does a call of the contract reach the author's class?

The author writes a class `Plugin` with a method for each kind of hook; its constructor gets the settings. Here calls are
plain values; `guest.py` turns them into the types of the contract, `testing.py` into a test's.
"""

import json

from .answer import Answer, Awards, Patch, Patches, Refused
from .columns import Batch, Layout, Writer
from .effect import Effects
from .host import host
from .row import Records
from .settings import Settings

#: By point, the methods of which the class has one.
METHODS = {
    "before-save": ("before_save",),
    "computed-fields": ("compute", "compute_all"),
    "field-type": ("validate",),
    "after-commit": ("after_commit",),
    "workflow-action": ("perform",),
    "gamification": ("score", "score_all"),
    "on-reply": ("on_reply",),
}


class UnknownHook(Exception):
    """A hook of the manifest that the class has no method for."""


def log(message):
    """Writes a line to the plugin's own log, which the administrator reads. It never reaches a record."""
    host.log(str(message))


class Hook:
    """One hook as the host bound it; columns are pairs of name and kind."""

    def __init__(self, number, point, name, object, reads, writes):
        self.number, self.point, self.name, self.object = number, point, name, object
        self.reads, self.writes = Layout(reads), Layout(writes)


class Call:
    """One call: its hook, its batch, and what is answered."""

    def __init__(self, hook):
        self.hook, self.batch = hook, None
        self.records = Records(self)
        self.faults, self.writer = [], Writer()
        self.at, self.column, self.refusals, self.children, self.kept = [], [], [], [], []

    def fault(self, text):
        if text not in self.faults:
            self.faults.append(text)


class Served:
    """A plugin as one instance keeps it."""

    def __init__(self, plugin_class):
        self.plugin_class = plugin_class
        self.plugin, self.hooks = None, {}

    def bind(self, hooks, settings):
        serves = getattr(self.plugin_class, "serves", lambda point, name: True)
        for hook in hooks:
            has = any(hasattr(self.plugin_class, method) for method in METHODS.get(hook.point, ()))
            if not has or not serves(hook.point, hook.name):
                raise UnknownHook(f"{hook.point} {hook.name}")
            self.hooks[hook.number] = hook
        self.plugin = self.plugin_class(Settings(settings))

    def call(self, number, batch, work):
        """Calls `work(plugin, call)`; an exception is told in the log before it becomes a trap."""
        try:
            call = Call(self.hooks[number])
            call.batch = batch(call.hook.reads)
            answer = work(self.plugin, call)
            for fault in call.faults:
                host.log(fault)
            return answer
        except Exception as error:
            host.log(describe(error))
            raise

    def before_save(self, number, batch):
        def work(plugin, call):
            for row in call.records:
                plugin.before_save(row, Answer(call, row))
            return call

        return self.call(number, batch, work)

    def compute(self, number, batch):
        def work(plugin, call):
            if hasattr(plugin, "compute_all"):
                plugin.compute_all(call.records, Patches(call))
            else:
                for row in call.records:
                    plugin.compute(row, Patch(call, row))
            return call

        return self.call(number, batch, work)

    def normalise(self, number, batch):
        def work(plugin, call):
            for row in call.records:
                value = row["value"]
                if value is None or not hasattr(plugin, "normalise"):
                    continue
                canonical = plugin.normalise(value, call.hook.name)
                if canonical not in (None, value):
                    Patch(call, row)["value"] = canonical
            return call

        return self.call(number, batch, work)

    def validate(self, number, batch):
        def work(plugin, call):
            for row in call.records:
                try:
                    if row["value"] is not None:
                        plugin.validate(row["value"], call.hook.name)
                except Refused as refused:
                    Answer(call, row).refuse("value", refused.code, str(refused))
            return call

        return self.call(number, batch, work)

    def format(self, number, batch, locale):
        def work(plugin, call):
            values = [row["value"] or "" for row in call.records]
            if not hasattr(plugin, "format"):
                return values
            return [value and plugin.format(value, call.hook.name, locale) for value in values]

        return self.call(number, batch, work)

    def score(self, number, batch):
        """Row, points and the place of the reason of each award."""

        def work(plugin, call):
            awards = Awards(call, getattr(plugin, "reasons", {}).get(call.hook.name, ()))
            if hasattr(plugin, "score_all"):
                plugin.score_all(call.records, awards)
            else:
                for row in call.records:
                    awards.row = row.index
                    plugin.score(row, awards)
            return awards.given

        return self.call(number, batch, work)

    def after_commit(self, number, batch):
        return self.effects(number, batch, lambda plugin, row, effects: plugin.after_commit(row, effects))

    def perform(self, number, batch, parameters):
        given = json.loads(parameters)
        return self.effects(number, batch, lambda plugin, row, effects: plugin.perform(row, given, effects))

    def on_reply(self, number, replies):
        """Of replies that still wait for the hook's name."""

        def causes(call):
            return [reply(call.hook.name) for reply in replies]

        nothing = batch_of(0, b"", b"", b"")
        return self.effects(number, nothing, lambda plugin, reply, effects: plugin.on_reply(reply, effects), causes)

    def effects(self, number, batch, work, causes=lambda call: call.records):
        """Row, key, verb and what it is of, of each effect."""

        def each(plugin, call):
            effects = Effects()
            for cause in causes(call):
                effects.row = cause.index
                work(plugin, cause, effects)
            return effects.list

        return self.call(number, batch, each)


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
