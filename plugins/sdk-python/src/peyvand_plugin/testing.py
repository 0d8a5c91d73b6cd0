"""How does an author test a plugin without WebAssembly? With rows written as plain values."""

from .columns import Batch, Layout, Writer
from .serve import Hook, Served, batch_of


class Host:
    """A host whose time stands still."""

    def __init__(self):
        self.lines = []

    def log(self, line):
        self.lines.append(line)

    def now(self):
        return 1_774_051_200_000_000

    def today(self):
        return 20_533


def call(plugin_class, point, reads, writes, rows, settings="{}"):
    """Calls a before-save or computed-fields hook with `reads` and `writes` as {name: kind} and `rows` as dicts.

    Gives the new values of each row as a dict, the refusals, and the log.
    """
    host = Host()
    served = Served(plugin_class, host)
    served.bind([Hook(0, point, "test", "lead", reads.items(), writes.items())], settings)
    writer = Writer()
    for name, kind in reads.items():
        for row in rows:
            writer.push(kind, row.get(name), name)
    batch = batch_of(len(rows), writer.cells, writer.present, bytes(writer.text))
    answered = served.before_save(0, batch) if point == "before-save" else served.compute(0, batch)
    found = patched(list(writes.items()), answered.at, answered.column, answered.writer, len(rows))
    return found, answered.refusals, host.lines


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
