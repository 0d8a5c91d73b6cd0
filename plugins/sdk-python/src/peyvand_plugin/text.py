"""What do people write? Folding, digits, telephones and the days of three calendars, as the host does them.

Tests get something close; of calendars, the Gregorian one alone.
"""

from collections import namedtuple

from .columns import EPOCH_DAY, day
from .host import host

CalendarDay = namedtuple("CalendarDay", "year month day")
CalendarDay.__doc__ = "A day as a calendar names it: `month` is 1 to 12, `day` from 1."


def fold(text):
    """The form in which two spellings are equal: case, the letters that Arabic and Persian write differently, digits,
    marks."""
    return host.fold(text)


def ascii_digits(text):
    """The text with Persian and Arabic digits as 0 to 9."""
    return host.ascii_digits(text)


def phone(number, country="98", trunk="0"):
    """A telephone number in the international form, `+989121234567`; None where it is none.

    Without its country it is one of `country`, its calling code; `trunk` is what is dialled before a number within it.
    """
    return host.phone(number, country, trunk)


def in_calendar(date, calendar):
    """What a calendar ("gregorian", "jalali" or "hijri") calls a day; None outside its years."""
    named = host.in_calendar(date.toordinal() - EPOCH_DAY, calendar)
    return None if named is None else CalendarDay(*named)


def day_of(calendar, year, month, day_of_month):
    """The date of a calendar's day; None where there is no such day, or none that Python has."""
    days = host.day_of(calendar, year, month, day_of_month)
    try:
        return None if days is None else day(days)
    except (OverflowError, ValueError):
        return None
