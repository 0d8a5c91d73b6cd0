"""What shall happen after the commit? Effects as data, which the host performs through the same write path as everybody
else; and what other systems answered."""

import json
from collections import namedtuple
from dataclasses import dataclass, field
from datetime import datetime

from .answer import as_bytes


class Target(namedtuple("Target", "kind what")):
    """A record, also one that is not there yet. Where a target is wanted, an id alone does as well."""

    __slots__ = ()

    @classmethod
    def id(cls, id):
        """By its id."""
        return cls("id", id)

    @classmethod
    def of(cls, row):
        """The record of a row of the batch, or the one that caused a request, by its reply."""
        return cls("row", row.index)

    @classmethod
    def made(cls, key):
        """The record that an earlier effect of the same answer makes, by that effect's key."""
        return cls("made", key)


def target(which):
    """A target, also of an id."""
    return which if isinstance(which, Target) else Target.id(which)


@dataclass
class Message:
    """A message to somebody: words, or a template with the record that it speaks of.

    `to` is a contact, a lead or an account (its id or a Target), or a pair of an address and a name. `channel` is
    "email", "sms", "messenger", "in_app" or "letter"; None leaves it to the recipient's wish, and needs the grant of all
    of them. `purpose` is "service", "marketing" or "required"; `language` "en", "fa" or "ar".
    """

    to: object
    text: str = ""
    channel: str | None = None
    subject: str = ""
    html: str = ""
    template: str | None = None
    speaks_of: object = None
    about: list = field(default_factory=list)
    purpose: str | None = None
    language: str | None = None
    send_after: datetime | None = None
    expires_at: datetime | None = None

    def __post_init__(self):
        self.is_address = isinstance(self.to, tuple) and not isinstance(self.to, Target)
        if self.template is not None and self.is_address and self.speaks_of is None:
            raise TypeError(f"template {self.template} speaks of a record: name it as speaks_of")


@dataclass
class Request:
    """A request to another system, which the host makes after the commit.

    `url` is `https://…` of a host that the manifest needs; `method` is "get", "head", "post", "put", "patch" or "delete".
    `body` is bytes or a text of at most 64 KiB, `json` in its place is sent as JSON. `time_out` is in milliseconds, at
    most the host's own limit. `reply_to` is the `on-reply` hook that is told the answer, and `context` told it again.
    """

    url: str
    method: str = "get"
    headers: dict = field(default_factory=dict)
    body: object = b""
    json: object = None
    time_out: int | None = None
    reply_to: str | None = None
    context: str = ""

    def __post_init__(self):
        if self.json is not None:
            self.headers = {"content-type": "application/json", **self.headers}
            self.body = json.dumps(self.json, ensure_ascii=False)
        self.body = as_bytes(self.body)


class Effects:
    """The effects of one record. Each has a key that makes it happen once: put into it what makes this occasion this one
    and no other, such as the record's id, the reason and the day."""

    def __init__(self):
        self.row, self.list = 0, []

    def _add(self, key, verb, *what):
        self.list.append((self.row, key, verb, *what))

    def create(self, key, object, fields=(), /, **more):
        """Creates a record: its fields as a dict, by name, or both."""
        self._add(key, "create", object, {**dict(fields), **more})

    def update(self, key, which, fields=(), /, **more):
        """Changes a record that exists, or that an earlier effect makes."""
        self._add(key, "update", target(which), {**dict(fields), **more})

    def delete(self, key, which, /):
        """Puts a record into the bin."""
        self._add(key, "delete", target(which))

    def send(self, key, message, /):
        """Sends a `Message`."""
        self._add(key, "send", message)

    def request(self, key, request, /):
        """Asks another system with a `Request`; the answer wakes the hook that it names as `reply_to`."""
        self._add(key, "request", request)

    def keep(self, key, name, value, /):
        """Keeps bytes or a text in the plugin's own store under the name; None deletes it."""
        self._add(key, "store", name, None if value is None else as_bytes(value))


class Reply:
    """What came of a request.

    `key` is that of the effect that asked, `context` what the request gave to be told again, `about` the id of the record
    that caused it. `failed` says why there is no response, and is None where there is one; then there are `status`,
    `headers` (names in small letters) and `body` (bytes).
    """

    def __init__(self, hook, index, key, context, about, *, failed=None, status=0, headers=(), body=b""):
        self.hook, self.index, self.key, self.context, self.about = hook, index, key, context, about
        self.failed, self.status, self.body = failed, status, body
        self.headers = {name.lower(): value for name, value in headers}

    @property
    def is_ok(self):
        """Whether there is a response and its status is 200 to 299."""
        return 200 <= self.status < 300

    def text(self):
        """The body as text."""
        return self.body.decode(errors="replace")

    def json(self):
        """The body as JSON; None where it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None
