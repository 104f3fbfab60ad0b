"""One polite transfer over HTTP: goes on where it broke off, waits where the server asks for patience."""

from __future__ import annotations

import http.client
import shutil
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import Message
from email.utils import parsedate_to_datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import (
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPHandler,
    HTTPRedirectHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
    UnknownHandler,
)

import orjson

from wayfinder.errors import WayfinderError

USER_AGENT: Final = f"Wegweiser/{version('wegweiser')} (wayfinder city fetch)"
BUSY: Final = frozenset({429, 500, 502, 503, 504})
"""Answers after which the same request may well be granted later."""
MB: Final = 1_000_000
_CHUNK: Final = 1 << 18

T = TypeVar("T")
Headers = Mapping[str, str] | Message
Told = Callable[[int, int], None]
"""Told how many bytes are there, and how many there will be (0 where the server does not say)."""


@dataclass(frozen=True, slots=True)
class Manners:
    """How patient a transfer is, and how much it takes.

    Attributes
    ----------
    tries
        Failures in a row, without a byte more, after which it gives up.
    first_pause_s, longest_pause_s
        The pause doubles from one failure to the next; a server's ``Retry-After`` goes before it.
    timeout_s
        Longest silence of the server.
    most_bytes
        A larger answer is refused.
    sleep
        How a pause is made.
    """

    tries: int = 5
    first_pause_s: float = 2.0
    longest_pause_s: float = 120.0
    timeout_s: float = 60.0
    most_bytes: int = 4_000 * MB
    sleep: Callable[[float], None] = time.sleep


class TryAgainError(Exception):
    """A failure that may pass: what to say if it does not, and how long the server asks to wait (or None)."""

    def __init__(self, error: WayfinderError, pause_s: float | None = None) -> None:
        super().__init__(str(error))
        self.error = error
        self.pause_s = pause_s


def try_politely(attempt: Callable[[], T], manners: Manners, get_gain: Callable[[], int] = int) -> T:
    """Call `attempt` until it succeeds or its patience is at an end.

    Parameters
    ----------
    get_gain
        How much is there so far: after a gain the failures are counted anew.

    Raises
    ------
    WayfinderError
        The last failure.
    """
    failures, most = 0, get_gain()
    while True:
        try:
            return attempt()
        except TryAgainError as trouble:
            gain = get_gain()
            failures = 1 if gain > most else failures + 1
            most = max(most, gain)
            if failures >= manners.tries:
                raise trouble.error from trouble
            pause_s = trouble.pause_s
            if pause_s is None:
                pause_s = min(manners.first_pause_s * 2 ** (failures - 1), manners.longest_pause_s)
            elif pause_s > manners.longest_pause_s:
                raise WayfinderError(
                    "The server asks for a pause of {seconds} s; please try again then.",
                    seconds=round(pause_s),
                ) from trouble
            manners.sleep(pause_s)


def check_status(url: str, status: int, reason: str, headers: Headers) -> None:
    """Raise what an answer's status means, if it is no success."""
    if 200 <= status < 300:
        return
    host = urlsplit(url).hostname or ""
    if status in BUSY:
        error = WayfinderError(
            "{host} is too busy ({status}); please try again later.", host=host, status=status
        )
        raise TryAgainError(error, _parse_pause(headers.get("Retry-After", "")))
    raise WayfinderError(
        "{host} does not grant {url}: {status} {reason}.", host=host, url=url, status=status, reason=reason
    )


def check_no_web_page(url: str, headers: Headers) -> None:
    """Refuse a web page: an error page, or one that asks for a login."""
    if headers.get("Content-Type", "").lower().startswith(("text/html", "application/xhtml")):
        host = urlsplit(url).hostname or ""
        raise WayfinderError("{host} answers with a web page instead of map data.", host=host)


def transfer(
    url: str,
    part: Path,
    *,
    form: bytes | None = None,
    manners: Manners | None = None,
    told: Told = lambda done, total: None,
) -> None:
    """Bring the content of an address into the file `part`.

    A file that broke off goes on from there if the server still has the very same one (``If-Range`` with its
    entity tag or date, noted in ``PART.json``), else it starts anew. What was sent with a `form` starts anew.

    Parameters
    ----------
    url
        ``http`` or ``https``; redirects are followed.
    form
        Body of a POST; None for a GET. Its answer may come compressed (gzip) and is kept as it came.

    Raises
    ------
    WayfinderError
        What went wrong; what is there so far is kept.
    """
    job = _Transfer(url, part, form, manners or Manners(), told)
    try:
        try_politely(job.attempt, job.manners, lambda: job.size)
    except OSError as error:
        raise WayfinderError(
            "{file} cannot be written: {problem}.", file=part, problem=error.strerror or str(error)
        ) from error
    job.note.unlink(missing_ok=True)


@dataclass(slots=True)
class _Transfer:
    url: str
    part: Path
    form: bytes | None
    manners: Manners
    told: Told
    size: int = 0
    total: int = 0
    note: Path = field(init=False)

    def __post_init__(self) -> None:
        self.note = self.part.with_name(f"{self.part.name}.json")

    def attempt(self) -> None:
        noted = self._read_note()
        self.size = self.part.stat().st_size if noted else 0
        headers = {"User-Agent": USER_AGENT, "Accept-Encoding": "gzip" if self.form else "identity"}
        if self.size:
            headers |= {"Range": f"bytes={self.size}-", "If-Range": noted["validator"]}
        try:
            answer = _OPENER.open(Request(self.url, self.form, headers), timeout=self.manners.timeout_s)
        except HTTPError as error:
            with error:
                if error.code == 416 and self.size:
                    self._start_anew()
                    raise TryAgainError(self._broken_off(), 0.0) from error
                check_status(self.url, error.code, error.reason, error.headers)
                raise
        except (URLError, OSError, http.client.HTTPException) as error:
            raise TryAgainError(self._unreachable(error)) from error
        with answer:
            check_no_web_page(self.url, answer.headers)
            self._receive(answer, noted)

    def _receive(self, answer: Any, noted: Mapping[str, Any]) -> None:
        length = answer.headers.get("Content-Length", "")
        coming = int(length) if length.isdecimal() else 0
        goes_on = answer.status == 206 and self.size and _goes_on(answer, self.size, noted["total"])
        if answer.status == 206 and not goes_on:
            self._start_anew()
            raise TryAgainError(self._broken_off(), 0.0)
        if not goes_on:
            self.size = 0
        self.total = self.size + coming if coming else 0
        self._check_room(coming)
        if not goes_on:
            self._start_anew()
            self._write_note(answer.headers)
        self.told(self.size, self.total)
        with self.part.open("ab") as file:
            for chunk in self._read_chunks(answer):
                self.size += len(chunk)
                if self.size > self.manners.most_bytes:
                    raise self._too_large()
                file.write(chunk)
                self.told(self.size, self.total)
        if self.total and self.size != self.total:
            raise TryAgainError(self._broken_off())

    def _read_chunks(self, answer: Any) -> Any:
        while True:
            try:
                chunk = answer.read(_CHUNK)
            except (OSError, http.client.HTTPException) as error:
                raise TryAgainError(self._broken_off()) from error
            if not chunk:
                return
            yield chunk

    def _check_room(self, coming: int) -> None:
        if self.total > self.manners.most_bytes:
            raise self._too_large()
        free = shutil.disk_usage(self.part.parent).free
        # The part of an older try makes room when it is replaced.
        if coming > free:
            raise WayfinderError(
                "{folder} has no room for {need_mb} MB more, only for {free_mb} MB.",
                folder=self.part.parent,
                need_mb=-(-coming // MB),
                free_mb=free // MB,
            )

    def _start_anew(self) -> None:
        self.size = 0
        self.note.unlink(missing_ok=True)
        self.part.write_bytes(b"")

    def _read_note(self) -> dict[str, Any]:
        with suppress(OSError, orjson.JSONDecodeError, TypeError):
            noted = orjson.loads(self.note.read_bytes())
            if noted["url"] == self.url and self.part.is_file():
                return dict(noted)
        return {}

    def _write_note(self, headers: Mapping[str, str]) -> None:
        tag = headers.get("ETag", "")
        # A weak tag says "much the same", which is not enough to put two halves together.
        validator = tag if tag.startswith('"') else headers.get("Last-Modified", "")
        if self.form is None and self.total and validator:
            note = {"url": self.url, "validator": validator, "total": self.total}
            self.note.write_bytes(orjson.dumps(note))

    def _too_large(self) -> WayfinderError:
        return WayfinderError(
            "{url} is larger than {most_mb} MB; --max-mb allows more.",
            url=self.url,
            most_mb=self.manners.most_bytes // MB,
        )

    def _broken_off(self) -> WayfinderError:
        return WayfinderError(
            "The connection to {host} broke off after {done_mb} MB; the same command goes on from there.",
            host=urlsplit(self.url).hostname,
            done_mb=self.size // MB,
        )

    def _unreachable(self, error: Exception) -> WayfinderError:
        reason = error.reason if isinstance(error, URLError) else error
        problem = getattr(reason, "strerror", None) or str(reason) or type(reason).__name__
        return WayfinderError(
            "{host} cannot be reached: {problem}.", host=urlsplit(self.url).hostname, problem=problem
        )


def _goes_on(answer: Any, size: int, total: int) -> bool:
    return bool(answer.headers.get("Content-Range", "").strip() == f"bytes {size}-{total - 1}/{total}")


def _parse_pause(text: str) -> float | None:
    """Seconds of a ``Retry-After``: a number or a date."""
    if text.strip().isdecimal():
        return float(text)
    with suppress(ValueError, TypeError):
        return max(0.0, (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds())
    return None


def _build_opener() -> OpenerDirector:
    """Only http and https: urllib's own opener would follow ``file:`` and ``ftp:``, too."""
    opener = OpenerDirector()
    for handler in (
        ProxyHandler(),
        HTTPHandler(),
        HTTPSHandler(),
        HTTPDefaultErrorHandler(),
        HTTPRedirectHandler(),
        HTTPErrorProcessor(),
        UnknownHandler(),
    ):
        opener.add_handler(handler)
    return opener


_OPENER: Final = _build_opener()
