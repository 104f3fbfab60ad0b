"""Keeps the states of lifts fresh from a file or an address, without a request ever waiting for it.

A request that finds the states old starts a thread that reads them anew, and answers from what is held. A
source that hangs, fails or sends nonsense leaves the last good states; they grow old, and are then believed
no more.
"""

from __future__ import annotations

import http.client
import logging
import os
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from wayfinder.errors import WayfinderError
from wayfinder.routing.lift_states import LiveLifts
from wayfinder.sources.lifts import LiftMatches, LiftReading, parse_lifts

_log: Final = logging.getLogger(__name__)
MOST_BYTES: Final = 8_000_000
TIMEOUT_S: Final = 10.0
"""For the whole of an answer."""
_LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")
_CHUNK: Final = 65_536


@dataclass(frozen=True, slots=True)
class LiftSource:
    """Where states of lifts come from.

    Attributes
    ----------
    location
        A file, or an https address (http on this machine only).
    hosts
        Hosts that may be asked; a redirection is never followed.
    headers
        Sent along (keys of the source).
    every
        How often it is read.
    believed_for
        How long a measurement counts.
    """

    location: str
    hosts: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    every: timedelta = timedelta(seconds=60)
    believed_for: timedelta = timedelta(minutes=30)
    timeout_s: float = TIMEOUT_S

    def __post_init__(self) -> None:
        if "://" not in self.location:
            return
        parts = urlsplit(self.location)
        allowed = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
        if not allowed or parts.hostname not in self.hosts:
            raise WayfinderError(
                "Lift states may only come by https from a host in WAYFINDER_LIFTS_HOSTS, not from {host}.",
                host=parts.hostname or self.location[:60],
            )


class LiftFeed:
    """The states of a city's lifts as a source last told them; a `CurrentLifts`.

    Parameters
    ----------
    match
        Finds the lifts of the network that readings are about.
    """

    def __init__(
        self,
        source: LiftSource,
        match: Callable[[tuple[LiftReading, ...]], LiftMatches],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._source, self._match, self._clock = source, match, clock
        self._held = LiveLifts(believed_for=source.believed_for)
        self._matched: tuple[object, LiftMatches] | None = None
        self._due_s = 0.0
        self._reader: tuple[int, threading.Thread] | None = None
        self._lock = threading.Lock()

    def __call__(self) -> LiveLifts:
        is_forked = self._reader is not None and self._reader[0] != os.getpid()
        if (is_forked or time.monotonic() >= self._due_s) and self._lock.acquire(blocking=False):
            try:
                self._start()
            finally:
                self._lock.release()
        return self._held

    def refresh(self) -> LiftMatches:
        """Read the source now, and say what was matched.

        Raises
        ------
        WayfinderError
            It cannot be read; what is held stays.
        """
        content, received_at = read_source(self._source, self._clock)
        document = parse_lifts(content, received_at)
        key = tuple((one.id, one.osm, one.lon, one.lat) for one in document.readings)
        if self._matched is None or self._matched[0] != key:
            self._matched = key, self._match(document.readings)
            matches = self._matched[1]
            _log.info(
                "lifts: %d matched, %d ambiguous, %d unmatched, %d unusable",
                sum(map(bool, matches.arcs)),
                len(matches.ambiguous),
                len(matches.unmatched),
                document.unusable,
            )
        matches = self._matched[1]
        self._held = LiveLifts(
            self._held.version + 1,
            tuple(arcs for arcs in matches.arcs if arcs),
            tuple(one.state for one, arcs in zip(document.readings, matches.arcs, strict=True) if arcs),
            self._source.believed_for,
        )
        return matches

    def _start(self) -> None:
        # a thread of the process this one was forked from does not run here
        if self._reader is not None and self._reader[0] == os.getpid() and self._reader[1].is_alive():
            return
        self._due_s = time.monotonic() + self._source.every.total_seconds()
        thread = threading.Thread(target=self._read_quietly, name="lift states", daemon=True)
        self._reader = os.getpid(), thread
        thread.start()

    def _read_quietly(self) -> None:
        try:
            self.refresh()
        except WayfinderError as error:
            _log.warning("lifts: %s", error)


def read_source(source: LiftSource, clock: Callable[[], datetime]) -> tuple[bytes, datetime]:
    """The document of a source, and when it was received (a file: when it was written).

    Raises
    ------
    WayfinderError
        It cannot be read, is too large, or takes too long.
    """
    try:
        if "://" in source.location:
            return _fetch(source), clock()
        path = Path(source.location)
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
            written_at = datetime.fromtimestamp(os.fstat(file.fileno()).st_mtime, UTC)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise WayfinderError(
            "The states of lifts cannot be read: {problem}.", problem=type(error).__name__
        ) from error
    return _check_size(content), written_at


def _fetch(source: LiftSource) -> bytes:
    parts = urlsplit(source.location)
    assert parts.hostname is not None
    ends_s = time.monotonic() + source.timeout_s
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        connection = http.client.HTTPSConnection(
            parts.hostname, parts.port, timeout=source.timeout_s, context=ssl.create_default_context()
        )
    else:
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=source.timeout_s)
    try:
        target = parts.path + (f"?{parts.query}" if parts.query else "") or "/"
        connection.request("GET", target, headers={"Accept": "application/json", **source.headers})
        answer = connection.getresponse()
        if answer.status != http.client.OK:
            raise WayfinderError(
                "The states of lifts cannot be read: {problem}.", problem=f"HTTP {answer.status}"
            )
        content = bytearray()
        # the time-out of a socket begins anew with every byte that trickles in
        while chunk := answer.read1(_CHUNK):
            content += chunk
            if len(content) > MOST_BYTES:
                break
            if time.monotonic() > ends_s:
                raise TimeoutError
        if answer.length:
            raise http.client.IncompleteRead(bytes(content), answer.length)
        return _check_size(bytes(content))
    finally:
        connection.close()


def _check_size(content: bytes) -> bytes:
    if len(content) > MOST_BYTES:
        raise WayfinderError("The states of lifts cannot be read: {problem}.", problem="too large")
    return content
