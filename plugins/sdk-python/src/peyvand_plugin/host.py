"""What does a plugin ask of its host? Natively a test's world answers; `guest.py` puts the contract's imports in its place."""

from types import SimpleNamespace


class Failed(Exception):
    """An answer of the host that is an error: its kind as in the contract, and what is wrong."""

    def __init__(self, kind, message):
        super().__init__(message)
        self.kind = kind


class World:
    """A test's host: records, query answers, kept values and settings, laid down before a plugin is called.

    A query is not understood here: a test says which records it finds. Telephones and calendars are by rule of thumb,
    and only the Gregorian calendar is known.
    """

    def __init__(self):
        self.clear()

    def clear(self):
        """Takes away what was laid down before."""
        self.lines, self.micros, self.day, self.drawn = [], 1_774_051_200_000_000, 20_533, 0
        self.settings, self.records, self.found, self.kept = {}, {}, {}, {}

    def record(self, object, id, **fields):
        """Lays a record down."""
        self.records[object, id] = {"id": id, **fields}

    def finds(self, object, filter, *ids):
        """Says which records a filter finds, in their order."""
        self.found[object, filter] = ids

    def keep(self, key, value):
        """Keeps bytes or a text, as an earlier answer would have."""
        self.kept[key] = value.encode() if isinstance(value, str) else value

    # What the kit asks.

    def log(self, line):
        self.lines.append(line)

    def now(self):
        return self.micros

    def today(self):
        return self.day

    def setting(self, name):
        import json

        return json.dumps(self.settings[name]) if name in self.settings else None

    def random(self, count):
        self.drawn += count
        return bytes((self.drawn - count + place + 1) & 255 for place in range(count))

    def store_get(self, key):
        return self.kept.get(key)

    def store_scan(self, prefix, after, limit):
        keys = sorted(key for key in self.kept if key.startswith(prefix) and (after is None or key > after))
        return [(key, self.kept[key]) for key in keys[:limit]]

    def records_get(self, object, ids, fields):
        rows = [self.records.get((object, id)) for id in ids]
        return self._selected(fields, rows), [row is not None for row in rows]

    def records_query(self, question):
        rows = self._all(question.object, question.filter)
        start = int(question.after or 0)
        end = start + question.limit
        return self._selected(question.fields, rows[start:end]), str(end) if end < len(rows) else None

    def records_count(self, object, filter):
        return len(self._all(object, filter))

    def _all(self, object, filter):
        if (object, filter) not in self.found:
            raise Failed("unknown", f"the test does not say what {filter or 'an empty filter'} finds among {object}")
        found = (self.records.get((object, id)) for id in self.found[object, filter])
        return [row for row in found if row is not None]

    def _selected(self, fields, rows):
        from .columns import Writer, kind_of

        writer, kinds = Writer(), []
        for field in fields:
            values = [row and row.get(field) for row in rows]
            kinds.append(kind_of(next((value for value in values if value is not None), "")))
            for value in values:
                writer.push(kinds[-1], value, field)
        return SimpleNamespace(kinds=kinds, rows=len(rows), **vars(writer))

    def fold(self, text):
        import unicodedata

        plain = unicodedata.normalize("NFKD", self.ascii_digits(text).lower())
        letters = "".join(letter for letter in plain if not unicodedata.combining(letter))
        return " ".join(letters.translate(str.maketrans("يىك", "ییک")).split())

    def ascii_digits(self, text):
        from .language import ascii_digits

        return ascii_digits(text)

    def phone(self, number, country, trunk):
        digits = "".join(letter for letter in self.ascii_digits(number) if letter not in " -()")
        for international in ("+", "00"):
            if digits.startswith(international) and digits.removeprefix(international).isdecimal():
                return f"+{digits.removeprefix(international)}"
        local = digits.removeprefix(trunk)
        return f"+{country}{local}" if local.isdecimal() and 6 <= len(local) <= 12 else None

    def in_calendar(self, day, calendar):
        from .columns import day as date_of

        named = date_of(day)
        return (named.year, named.month, named.day) if calendar == "gregorian" else None

    def day_of(self, calendar, year, month, day):
        from datetime import date

        from .columns import EPOCH_DAY

        try:
            return date(year, month, day).toordinal() - EPOCH_DAY if calendar == "gregorian" else None
        except ValueError:
            return None


class Asked:
    """Whoever answers now."""

    def __init__(self):
        self.host = World()

    def __getattr__(self, name):
        return getattr(self.host, name)


host = Asked()
