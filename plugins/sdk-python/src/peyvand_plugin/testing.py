"""How does an author test a plugin without WebAssembly? With rows written as plain values.

`world` is what the plugin finds when it asks: a test lays it down before it calls (`world.record`, `world.finds`,
`world.keep`, `world.clear`).
"""

import json
import tomllib
from dataclasses import dataclass, field

from .columns import Batch, Layout, Writer
from .effect import Reply
from .host import host
from .serve import Hook, Served, batch_of

world = host.host


@dataclass
class Outcome:
    """What came of a call.

    `rows` has the new values of each row as a dict; None empties a field. `refusals` are (row, place of the field among
    those read or None, code, message); `children` (row, object, fields); `kept` (row, key, bytes or None); `effects`
    (row, key, verb, and what it is of); `awards` (row, points, reason); `texts` what `format` gave. `log` has what was
    written, and what the hook asked for that it does not declare: assert that it is empty.
    """

    rows: list = field(default_factory=list)
    refusals: list = field(default_factory=list)
    children: list = field(default_factory=list)
    kept: list = field(default_factory=list)
    effects: list = field(default_factory=list)
    awards: list = field(default_factory=list)
    texts: list = field(default_factory=list)
    log: list = field(default_factory=list)


class Manifest:
    """The manifest of a plugin, `plugin.toml`, so that a test calls hooks as the host binds them.

    `kinds` says how the fields of standard objects are laid out; those that the plugin brings are known from it.
    """

    KINDS = {
        "boolean": "boolean", "integer": "integer", "decimal": "decimal", "percentage": "decimal", "date": "date",
        "instant": "instant", "duration": "duration", "money": "money", "phone": "structured", "address": "structured",
        "person_name": "structured", "options": "structured",
    }

    def __init__(self, path, **kinds):
        with open(path, "rb") as file:
            self.toml = tomllib.load(file)
        self.kinds = {"id": "text", "revision": "integer", "verb": "text", "value": "text", **kinds}

    def settings(self, **given):
        """The defaults of the settings, with some of them set; - in a name is written as _."""
        values = {name: setting.get("default") for name, setting in self.toml.get("settings", {}).items()}
        for name, value in given.items():
            name = name.replace("_", "-")
            if name not in values:
                raise KeyError(f"the manifest has no setting {name}")
            values[name] = value
        # A decimal crosses as a text.
        decimals = [name for name in values if self.toml["settings"][name]["type"] == "decimal"]
        return values | {name: str(values[name]) for name in decimals}

    def hook(self, point, name):
        """Name, object, reads, writes and reasons of a hook."""
        for hook in self.toml.get("hook", []):
            if (hook["point"], hook["name"]) == (point, name):
                break
        else:
            raise KeyError(f"the manifest has no hook {point} {name}")
        own = {one["name"]: one["type"] for one in self.toml.get("field", []) if one.get("object") == hook.get("object")}
        of_type = ["value"] if point == "field-type" else []

        def kinds(columns):
            return {column: self._kind(column, own) for column in columns}

        reasons = [reason["name"] for reason in hook.get("reason", [])]
        reads, writes = kinds(hook.get("reads", of_type)), kinds(hook.get("writes", of_type))
        return name, hook.get("object", ""), reads, writes, reasons

    def _kind(self, column, own):
        name = column.removeprefix("old.")
        if name in self.kinds:
            return self.kinds[name]
        if name in own:
            return self.KINDS.get(own[name], "text")
        raise KeyError(f"the test gives no kind for {name}")


def call(plugin_class, manifest, point, name, rows, *, settings=None, parameters=None, locale="en", function=None):
    """Calls one hook and gives its `Outcome`. `rows` are dicts of plain values; of an `on-reply` hook, dicts of what
    `Reply` takes (`key`, `context`, `about`, and `failed` or `status` and `body`). `function` is "normalise" (unless
    said), "validate" or "format" of a field type."""
    name, object, reads, writes, reasons = manifest.hook(point, name)
    world.settings = manifest.settings() if settings is None else settings
    served = Served(plugin_class)
    served.bind([Hook(0, point, name, object, reads.items(), writes.items())], json.dumps(world.settings))
    world.lines = []
    outcome = Outcome(log=world.lines)
    if point == "on-reply":
        outcome.effects = served.on_reply(0, [_reply(index, row) for index, row in enumerate(rows)])
        return outcome
    batch = _batch(reads, rows)
    if point == "after-commit":
        outcome.effects = served.after_commit(0, batch)
    elif point == "workflow-action":
        outcome.effects = served.perform(0, batch, json.dumps(parameters or {}))
    elif point == "gamification":
        outcome.awards = [(row, points, reasons[reason]) for row, points, reason in served.score(0, batch)]
    elif function == "format":
        outcome.texts = served.format(0, batch, locale)
    else:
        work = {"before-save": served.before_save, "computed-fields": served.compute}
        answered = work.get(point, getattr(served, function or "normalise"))(0, batch)
        outcome.rows = patched(list(writes.items()), answered.at, answered.column, answered.writer, len(rows))
        outcome.refusals, outcome.children, outcome.kept = answered.refusals, answered.children, answered.kept
    return outcome


def _batch(reads, rows):
    writer = Writer()
    for row in rows:
        for name in row.keys() - reads.keys():
            raise KeyError(f"the test sets {name}, which the hook does not read")
    for name, kind in reads.items():
        for row in rows:
            writer.push(kind, row.get(name), name)
    return batch_of(len(rows), writer.cells, writer.present, bytes(writer.text))


def _reply(index, row):
    body = row.get("body", b"")
    body = body if isinstance(body, bytes) else (body if isinstance(body, str) else json.dumps(body)).encode()
    told = {name: row.get(name, "") for name in ("key", "context", "about")}
    answer = {"failed": row["failed"]} if "failed" in row else {"status": row.get("status", 200), "body": body}
    return lambda hook: Reply(hook, index, **told, **answer, headers=row.get("headers", {}).items())


def patched(writes, at, column, writer, count):
    """The new values of each row."""
    rows, start = [{} for _ in range(count)], 0
    for place, (row, written) in enumerate(zip(at, column)):
        name, kind = writes[written]
        end = start + 8 * {"decimal": 2, "money": 3}.get(kind, 1)
        present = bytes([writer.present[place >> 3] >> (place & 7) & 1])
        cells = bytes(writer.cells[start:end])
        rows[row][name] = Batch(Layout([(name, kind)]), 1, cells, present, bytes(writer.text)).value(0, 0)
        start = end
    return rows
