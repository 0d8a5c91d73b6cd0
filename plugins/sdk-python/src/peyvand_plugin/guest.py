"""How do the kit's plain values meet the types of the contract? Only used inside of a component."""

import json
from datetime import date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace

import wit_world.exports as exported
from componentize_py_types import Err
from wit_world.imports import clock, log, types

from .columns import EPOCH, EPOCH_DAY, MICROSECOND, Money
from .effect import Reply, Target, target
from .host import Failed, host
from .serve import Hook, Served, UnknownHook, batch_of, describe
from .settings import Setting


def imported(name):
    """A part of the contract that this component may import; None where its sources do not ask for it."""
    try:
        return getattr(__import__("wit_world.imports", fromlist=[name]), name)
    except (AttributeError, ImportError):
        return None


records, store, text = imported("records"), imported("store"), imported("text")
random, settings = imported("random"), imported("settings")

KINDS = {
    "ReadError_NotGranted": "not-granted", "ReadError_Unknown": "unknown", "ReadError_Invalid": "invalid",
    "ReadError_TooMuch": "too-much", "ReadError_Unavailable": "unavailable",
}


class Host:
    """The contract's own imports, and nothing of the machine."""

    log = staticmethod(log.log)
    now = staticmethod(clock.now)
    today = staticmethod(clock.today)

    def setting(self, name):
        return settings.get(name)

    def random(self, count):
        return bytes(random.bytes(count))

    def store_get(self, key):
        value = store.get(key)
        return None if value is None else bytes(value)

    def store_scan(self, prefix, after, limit):
        return [(entry.key, bytes(entry.value)) for entry in store.scan(prefix, after, limit)]

    def records_get(self, object, ids, fields):
        got = asked(records.get, object, ids, fields)
        return selected(got.selected), [found != 0 for found in got.found]

    def records_query(self, question):
        given = records.Question(
            question.object, question.filter, question.sort, question.fields, question.limit, question.after
        )
        page = asked(records.query, given)
        return selected(page.selected), page.next

    def records_count(self, object, filter):
        return asked(records.count, object, filter)

    def fold(self, given):
        return text.fold(given)

    def ascii_digits(self, given):
        return text.ascii_digits(given)

    def phone(self, number, country, trunk):
        return text.phone(number, country, trunk)

    def in_calendar(self, day, calendar):
        named = text.in_calendar(day, text.Calendar[calendar.upper()])
        return None if named is None else (named.year, named.month, named.day)

    def day_of(self, calendar, year, month, day):
        return text.day_of(text.Calendar[calendar.upper()], text.CalendarDay(year, month, day))


def asked(ask, *given):
    try:
        return ask(*given)
    except Err as error:
        raise Failed(KINDS.get(type(error.value).__name__, "invalid"), error.value.value) from None


def selected(selection):
    batch = selection.rows
    return SimpleNamespace(
        kinds=[kind.name.lower() for kind in selection.kinds],
        rows=batch.rows, cells=batch.cells, present=batch.present, text=batch.text,
    )


def columns(given):
    return [(column.name, column.kind.name.lower()) for column in given]


def patches(call):
    return types.Patches(
        call.at, call.column, bytes(call.writer.cells), bytes(call.writer.present), bytes(call.writer.text)
    )


def refusals(call):
    return [types.Refusal(*refusal) for refusal in call.refusals]


def given(batch):
    return batch_of(batch.rows, batch.cells, batch.present, batch.text)


def scalar(value):
    if value is None:
        return types.Value_Nothing()
    if isinstance(value, bool):
        return types.Value_Boolean(value)
    if isinstance(value, int):
        return types.Value_Integer(value)
    if isinstance(value, Decimal):
        return types.Value_Decimal(f"{value:f}")
    if isinstance(value, datetime):
        return types.Value_Instant(micros(value))
    if isinstance(value, date):
        return types.Value_Date(value.toordinal() - EPOCH_DAY)
    if isinstance(value, timedelta):
        return types.Value_Duration(value // MICROSECOND)
    if isinstance(value, Money):
        return types.Value_Money(types.Money(f"{value.amount:f}", value.currency))
    if isinstance(value, str):
        return types.Value_Text(value)
    if isinstance(value, Target):
        return types.Value_Reference(which(value))
    if isinstance(value, float):
        raise TypeError(f"{value} is a float, which is not exact: give a Decimal or an int")
    return types.Value_Structured(json.dumps(value, ensure_ascii=False))


def micros(moment):
    return None if moment is None else (moment - EPOCH) // MICROSECOND


def which(target):
    return {"id": types.Target_Id, "row": types.Target_Row, "made": types.Target_Made}[target.kind](target.what)


def assignments(fields):
    return [types.Assignment(name, scalar(value)) for name, value in fields.items()]


def message(given):
    if given.is_address:
        to = types.Recipient_Address(types.Address(*given.to))
    else:
        to = types.Recipient_Party(which(target(given.to)))
    if given.template is None:
        content = types.MessageContent_Words(types.Words(given.subject, given.text, given.html))
    else:
        about = target(given.to if given.speaks_of is None else given.speaks_of)
        content = types.MessageContent_Template(types.TemplateUse(given.template, which(about)))
    return types.Message(
        to, given.channel, content, [which(target(about)) for about in given.about], given.purpose, given.language,
        micros(given.send_after), micros(given.expires_at),
    )


def request(given):
    return types.HttpRequest(
        types.HttpMethod[given.method.upper()], given.url,
        [types.HttpHeader(name, value) for name, value in given.headers.items()],
        given.body, given.time_out, given.reply_to, given.context,
    )


ACTIONS = {
    "create": lambda object, fields: types.Action_Create(types.NewRecord(object, assignments(fields))),
    "update": lambda to, fields: types.Action_Update(types.ChangedRecord(which(to), assignments(fields))),
    "delete": lambda to: types.Action_Delete(which(to)),
    "send": lambda what: types.Action_Send(message(what)),
    "request": lambda what: types.Action_Request(request(what)),
    "store": lambda name, value: types.Action_Store(types.StoreWrite(name, value)),
}


def effects(found):
    return [types.Effect(row, key, ACTIONS[verb](*what)) for row, key, verb, *what in found]


def reply(index, told):
    """A reply that waits for the name of its hook."""
    told_by = (index, told.key, told.context, told.about)
    answer = told.answer.value
    if isinstance(answer, str):
        return lambda hook: Reply(hook, *told_by, failed=answer)
    headers = [(header.name, header.value) for header in answer.headers]
    return lambda hook: Reply(hook, *told_by, status=answer.status, headers=headers, body=bytes(answer.body))


def classes(plugin_class):
    """The classes that the component exports, by their names."""
    host.host = Host()
    served = Served(plugin_class)

    class Binding:
        def bind(self, hooks, settings):
            try:
                bound = [Hook(h.number, h.point, h.name, h.object, columns(h.reads), columns(h.writes)) for h in hooks]
                served.bind(bound, settings)
            except Setting as setting:
                raise Err(types.BindError_Setting((setting.name, setting.what)))
            except UnknownHook as hook:
                raise Err(types.BindError_UnknownHook(str(hook)))
            except Exception as error:
                raise Err(types.BindError_Other(describe(error)))

    class BeforeSave:
        def before_save(self, hook, records):
            from wit_world.exports import before_save as point

            call = served.before_save(hook, given(records))
            children = [
                point.Child(row, types.NewRecord(object, assignments(fields))) for row, object, fields in call.children
            ]
            kept = [point.Kept(row, types.StoreWrite(key, value)) for row, key, value in call.kept]
            return point.Answer(patches(call), refusals(call), children, kept)

    class ComputedFields:
        def compute(self, hook, records):
            return patches(served.compute(hook, given(records)))

    class FieldType:
        def normalise(self, hook, values):
            return patches(served.normalise(hook, given(values)))

        def validate(self, hook, values):
            return refusals(served.validate(hook, given(values)))

        def format(self, hook, values, locale):
            return served.format(hook, given(values), locale)

    class AfterCommit:
        def after_commit(self, hook, records):
            return effects(served.after_commit(hook, given(records)))

    class WorkflowAction:
        def perform(self, hook, records, parameters):
            return effects(served.perform(hook, given(records), parameters))

    class Gamification:
        def score(self, hook, events):
            from wit_world.exports import gamification as point

            found = served.score(hook, given(events))
            return point.Awards(*([each[place] for each in found] for place in range(3)))

    class OnReply:
        def on_reply(self, hook, replies):
            return effects(served.on_reply(hook, [reply(place, told) for place, told in enumerate(replies)]))

    made = [Binding, BeforeSave, ComputedFields, FieldType, AfterCommit, WorkflowAction, Gamification, OnReply]
    return {made_class.__name__: made_class for made_class in made if hasattr(exported, made_class.__name__)}
