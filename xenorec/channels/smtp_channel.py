"""The channel ``smtp``: e-mail through a mail server, with the standard library.

SMTP cannot say later whether a message went out, so ``lookup`` is not supported: a message whose
connection was lost after its data had begun stays in doubt.
"""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from email.parser import BytesHeaderParser
from email.utils import parseaddr
from typing import Any

from xenorec.channels.channel import Envelope, SendResult
from xenorec.config.secrets import is_reference, resolve
from xenorec.errors import ConfigError, NotSupported, Problem, nearest
from xenorec.schema.enums import DeliveryState, Reason

SETTINGS = ("host", "port", "user", "password", "security", "timeout")
CREDENTIALS = ("user", "password")
SECURITY = ("starttls", "tls", "none")
OF_THE_SERVER = (421, 530, 534, 535, 538)
"""Codes that say nothing of a message: the server closes, or wants us to log in (RFC 4954)."""
_ADDRESS = re.compile(r"[^\s<>@]+@[^\s<>@]+")


class _SenderRefused(smtplib.SMTPResponseException):
    """The server does not take mail from us: whoever it is for."""


@dataclass
class SmtpChannel:
    """Sends e-mail; ``user`` and ``password`` are references (``env:NAME``, ``file:PATH``).

    ``security``: ``starttls`` (the default; refuses to go on without), ``tls`` from the first byte,
    or ``none``. One connection is kept for many messages; ``close`` ends it. Not for several
    threads at once. A call that does not answer within ``timeout`` seconds counts as lost.
    """

    host: str
    port: int = 587
    user: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    security: str = "starttls"
    timeout: float = 30.0
    name: str = "smtp"
    _server: smtplib.SMTP | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        problems = _problems(vars(self))
        if problems:
            raise ConfigError("[channels.smtp]", problems)

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> SmtpChannel:
        """Make the channel from its table in ``xenorec.toml``; all mistakes are told at once.

        Every value may be a reference. User and password are read at each connection, so that a
        password that was changed meanwhile counts; the others are read now.
        """
        settings = {name: _read(name, value) for name, value in settings.items()}
        problems = [
            Problem(name, f"is not a setting.{nearest(name, SETTINGS)}")
            for name in settings
            if name not in SETTINGS
        ]
        if "host" not in settings:
            problems.append(Problem("host", "is missing; give the name of your mail server"))
        problems += _problems(settings)
        if problems:
            raise ConfigError("[channels.smtp]", problems)
        return cls(**settings)

    def send(self, envelope: Envelope) -> SendResult:
        """Hand one e-mail to the server and return what it said.

        Accepted is sent. No connection, no log-in, a sender that is refused, a server that closes
        (421) or wants us to log in first: a fault of the channel, no try of the message. A
        recipient or body that is refused for now (4xx) may be tried again; for good (5xx) it is
        provider_refused; a connection lost after the data had begun is in doubt.
        Raises UnknownName or MissingFile when a credential's reference leads nowhere.
        """
        if envelope.raw is None:
            return self._result(DeliveryState.FAILED, Reason.TEMPLATE_ERROR)
        if not (envelope.to.isascii() and _ADDRESS.fullmatch(envelope.to)):
            return self._result(DeliveryState.FAILED, Reason.INVALID_ADDRESS)
        try:
            server = self._connected()
        except (OSError, smtplib.SMTPException, UnicodeError) as error:  # also a failed log-in
            return self._unreachable(_kind(error))
        try:
            self._announce(server, envelope)
        except _SenderRefused as error:
            return self._unreachable(f"{error.smtp_code} for the sender")
        except smtplib.SMTPResponseException as error:
            return self._refused(error.smtp_code)
        except (OSError, smtplib.SMTPException) as error:
            self._drop()
            return self._unreachable(_kind(error))
        return self._transmit(server, envelope.raw)

    def check(self) -> None:
        """Resolve the credentials, so that a missing one is told before anything is claimed."""
        for reference in (self.user, self.password):
            if reference is not None:
                resolve(reference)

    def lookup(self, key: str) -> SendResult | None:
        """Raise NotSupported: a mail server cannot be asked about a message later."""
        raise NotSupported(f"The channel {self.name} cannot say what became of {key}.")

    def close(self) -> None:
        """End the connection, if there is one."""
        server, self._server = self._server, None
        if server is not None:
            with suppress(OSError, smtplib.SMTPException):
                server.quit()

    def _connected(self) -> smtplib.SMTP:
        """Return a connection that answers; one that the server closed meanwhile is made anew."""
        if self._server is not None:
            with suppress(OSError, smtplib.SMTPException):
                if self._server.rset()[0] == 250:
                    return self._server
            self._drop()
        user = None if self.user is None else resolve(self.user)
        password = None if self.password is None else resolve(self.password)
        server = _connect(self.host, self.port, self.security, self.timeout)
        try:
            if user is not None and password is not None:
                server.login(user, password)
        except BaseException:
            server.close()
            raise
        self._server = server
        return server

    def _announce(self, server: smtplib.SMTP, envelope: Envelope) -> None:
        """Name sender and recipient; nothing is sent yet."""
        options = ["body=8bitmime"] if server.has_extn("8bitmime") else []
        code, text = server.mail(_sender(envelope.raw or b""), options)
        if code != 250:
            if code == 421:
                self._drop()
            raise _SenderRefused(code, text)
        code, text = server.rcpt(envelope.to)
        if code not in (250, 251):
            raise smtplib.SMTPResponseException(code, text)

    def _transmit(self, server: smtplib.SMTP, raw: bytes) -> SendResult:
        try:
            code, text = server.data(raw)
        except smtplib.SMTPDataError as error:  # the server did not want the data: nothing went out
            return self._refused(error.smtp_code)
        except (OSError, smtplib.SMTPException):
            self._drop()
            return self._result(DeliveryState.IN_DOUBT, Reason.PROVIDER_UNREACHABLE)
        if code != 250:
            return self._refused(code)
        return self._result(DeliveryState.SENT, provider_id=text.decode("utf-8", "replace")[:200])

    def _refused(self, code: int) -> SendResult:
        if code in OF_THE_SERVER:
            self._drop()
            return self._unreachable(str(code))
        if code < 500:
            return self._put_off(code)
        return replace(
            self._result(DeliveryState.FAILED, Reason.PROVIDER_REFUSED), detail=str(code)
        )

    def _put_off(self, code: int) -> SendResult:
        held = self._result(DeliveryState.HELD, Reason.PROVIDER_UNREACHABLE)
        return replace(held, is_worth_retrying=True, detail=str(code))

    def _unreachable(self, detail: str) -> SendResult:
        held = self._result(DeliveryState.HELD, Reason.PROVIDER_UNREACHABLE)
        return replace(held, is_worth_retrying=True, is_channel_fault=True, detail=detail)

    def _result(
        self, state: DeliveryState, reason: Reason | None = None, provider_id: str | None = None
    ) -> SendResult:
        return SendResult(state, self.name, provider_id, reason)

    def _drop(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.close()


def _connect(host: str, port: int, security: str, timeout: float) -> smtplib.SMTP:
    if security == "tls":
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(host, port, timeout=timeout, context=context)
    server = smtplib.SMTP(host, port, timeout=timeout)
    try:
        if security == "starttls":
            server.starttls(context=ssl.create_default_context())
        server.ehlo_or_helo_if_needed()
    except BaseException:
        server.close()
        raise
    return server


def _kind(error: Exception) -> str:
    """Return what to say of an error: the server's code or the error's kind, never its text."""
    code = getattr(error, "smtp_code", None)
    return type(error).__name__ if code is None else f"{type(error).__name__} {code}"


def _read(name: str, value: Any) -> Any:
    """Return a setting: what a reference leads to, save for credentials; a number as one."""
    if name in CREDENTIALS or not is_reference(value):
        return value
    found = resolve(value)
    return int(found) if name in ("port", "timeout") and found.isdecimal() else found


def _sender(raw: bytes) -> str:
    """Return the bare address of the message's From, as it stands: no word of it is decoded."""
    return parseaddr(str(BytesHeaderParser().parsebytes(raw).get("From", "")))[1]


def _problems(settings: Mapping[str, Any]) -> list[Problem]:
    found = []
    for name in CREDENTIALS:
        if settings.get(name) is not None and not is_reference(settings[name]):
            found.append(
                Problem(name, "holds the value itself; write 'env:NAME' or 'file:PATH' instead")
            )
    if (settings.get("user") is None) != (settings.get("password") is None):
        found.append(Problem("user", "and password go together; one of them is missing"))
    security = settings.get("security", "starttls")
    if security not in SECURITY:
        found.append(Problem("security", f"is {security!r}; expected {', '.join(SECURITY)}"))
    port = settings.get("port", 587)
    if not isinstance(port, int) or isinstance(port, bool) or not 0 < port < 65536:
        found.append(Problem("port", f"is {port!r}; expected a number such as 587"))
    return found
