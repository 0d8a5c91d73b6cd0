"""What did the administrator set, and how is a wrong setting told?

`settings.get(name)` of this module asks the host right now, for code that the constructor's settings do not reach.
"""

import json
from decimal import Decimal, InvalidOperation

from .host import host


class Setting(Exception):
    """Raised while a plugin is made: a setting cannot be used, and what to do."""

    def __init__(self, name, what):
        super().__init__(f"setting {name}: {what}")
        self.name, self.what = name, what


class Settings:
    """The administrator's settings over the manifest's defaults, as the constructor of a plugin gets them."""

    def __init__(self, text):
        self.values = json.loads(text)

    def get(self, name):
        """The value as JSON has it; a decimal is a text. One that the manifest does not declare is a `Setting`."""
        if name not in self.values:
            raise Setting(name, "the manifest does not declare it")
        return self.values[name]

    def integer(self, name, low=-(2**63), high=2**63 - 1):
        """A whole number in a range."""
        number = self.get(name)
        if not isinstance(number, int) or isinstance(number, bool) or not low <= number <= high:
            raise Setting(name, f"set a whole number from {low} to {high}")
        return number

    def decimal(self, name):
        """A decimal number."""
        try:
            return Decimal(str(self.get(name)))
        except InvalidOperation:
            raise Setting(name, "set a decimal number") from None

    def amount(self, name):
        """A decimal number, not below zero."""
        number = self.decimal(name)
        if number < 0:
            raise Setting(name, "set a number that is not below 0")
        return number

    def text(self, name):
        """A text; it may be empty."""
        text = self.get(name)
        if not isinstance(text, str):
            raise Setting(name, "set a text")
        return text

    def one_of(self, name, *allowed):
        """One of the texts allowed."""
        text = self.get(name)
        if text not in allowed:
            raise Setting(name, f"set one of {', '.join(allowed)}")
        return text

    def boolean(self, name):
        """Yes or no."""
        yes = self.get(name)
        if not isinstance(yes, bool):
            raise Setting(name, "set true or false")
        return yes


def get(name):
    """The value as JSON has it, a decimal as text; None where the manifest declares no such setting."""
    written = host.setting(name)
    return None if written is None else json.loads(written)
