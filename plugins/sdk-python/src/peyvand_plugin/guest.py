"""How do the kit's plain values meet the types of the contract? Only used inside of a component."""

import json
from datetime import date, datetime, timedelta
from decimal import Decimal

import wit_world.exports as exported
from componentize_py_types import Err
from wit_world.imports import clock, log, types

from .columns import EPOCH, EPOCH_DAY, MICROSECOND, Money
from .serve import Hook, Served, Setting, UnknownHook, batch_of, describe


class Host:
    """The contract's own imports, and nothing of the machine."""

    log = staticmethod(log.log)
    now = staticmethod(clock.now)
    today = staticmethod(clock.today)


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
        return types.Value_Instant((value - EPOCH) // MICROSECOND)
    if isinstance(value, date):
        return types.Value_Date(value.toordinal() - EPOCH_DAY)
    if isinstance(value, timedelta):
        return types.Value_Duration(value // MICROSECOND)
    if isinstance(value, Money):
        return types.Value_Money(types.Money(f"{value.amount:f}", value.currency))
    if isinstance(value, str):
        return types.Value_Text(value)
    if isinstance(value, (types.Target_Id, types.Target_Row, types.Target_Made)):
        return types.Value_Reference(value)
    return types.Value_Structured(json.dumps(value, ensure_ascii=False))


def new_record(object, fields):
    return types.NewRecord(object, [types.Assignment(name, scalar(value)) for name, value in fields.items()])


def effects(found):
    """From (row, key, verb, what, fields): "create" an object, "update" or "delete" a record's id; or any other
    action as the contract has it, under its own name."""
    made = []
    for row, key, verb, what, *fields in found:
        if verb == "create":
            action = types.Action_Create(new_record(what, fields[0]))
        elif verb in ("update", "delete"):
            target = types.Target_Id(what) if isinstance(what, str) else what
            assigned = new_record("", fields[0] if fields else {}).fields
            changed = types.ChangedRecord(target, assigned)
            action = types.Action_Update(changed) if verb == "update" else types.Action_Delete(target)
        else:
            action = getattr(types, f"Action_{verb.capitalize()}")(what)
        made.append(types.Effect(row, key, action))
    return made


def classes(plugin_class):
    """The classes that the component exports, by their names."""
    served = Served(plugin_class, Host)

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
            children = [point.Child(row, new_record(object, fields)) for row, object, fields in call.children]
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
            return effects(served.effects(hook, given(records)))

    class WorkflowAction:
        def perform(self, hook, records, parameters):
            return effects(served.effects(hook, given(records), parameters))

    class Gamification:
        def score(self, hook, events):
            from wit_world.exports import gamification as point

            found = served.score(hook, given(events))
            return point.Awards(*([each[place] for each in found] for place in range(3)))

    class OnReply:
        def on_reply(self, hook, replies):
            found = []
            for place, reply in enumerate(replies):
                found.extend((place, *effect) for effect in served.plugin.on_reply(reply) or ())
            return effects(found)

    made = [Binding, BeforeSave, ComputedFields, FieldType, AfterCommit, WorkflowAction, Gamification, OnReply]
    return {made_class.__name__: made_class for made_class in made if hasattr(exported, made_class.__name__)}
