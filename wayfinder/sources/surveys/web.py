"""Surveys from the web: WFS, OGC API Features, or a plain file; from hosts the operator has named only."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from email.message import Message
from typing import IO, Final
from urllib.parse import SplitResult, parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

import orjson

from wayfinder.errors import SurveyError
from wayfinder.sources.surveys.formats import read_text
from wayfinder.sources.surveys.table import Table

_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_PAGE: Final = 1_000
"""Features asked of a WFS at a time, where the address does not say."""


@dataclass(frozen=True, slots=True)
class WebLimits:
    """What a service may cost.

    Attributes
    ----------
    answer_s, total_s
        Seconds one answer may keep silent, and all together may take.
    page_bytes, total_bytes
        Size of one answer, and of all.
    pages
        Number of answers.
    """

    answer_s: float = 30.0
    total_s: float = 600.0
    page_bytes: int = 100_000_000
    total_bytes: int = 500_000_000
    pages: int = 2_000


def is_address(source: str) -> bool:
    """Whether a survey is named by an address rather than a file."""
    return "://" in source


def fetch_table(url: str, hosts: Sequence[str], limits: WebLimits | None = None) -> Table:
    """Read all pages of a service.

    Parameters
    ----------
    hosts
        Hosts the operator allows, ``geo.example.de`` or with a port; https only (http on this machine alone).

    Raises
    ------
    SurveyError
        A host that is not on the list (also behind a redirect or a next page), an answer that is too slow or
        too large, an error of the service, or no data.
    """
    return _Fetcher(tuple(host.lower() for host in hosts), limits or WebLimits()).fetch(url)


@dataclass(slots=True)
class _Fetcher:
    hosts: tuple[str, ...]
    limits: WebLimits
    until: float = field(init=False)
    bytes_read: int = 0

    def fetch(self, url: str) -> Table:
        self.until = time.monotonic() + self.limits.total_s
        wfs = _WfsPages.find(url)
        next_url: str | None = wfs.get_url() if wfs else url
        table: Table | None = None
        seen: set[str] = set()
        pages = 0
        while next_url:
            if next_url in seen:
                raise SurveyError("{host} sends the same page twice.", host=_get_host(url))
            seen.add(next_url)
            pages += 1
            if pages > self.limits.pages:
                raise SurveyError("{host} sends more pages than it may.", host=_get_host(url))
            content = self._get(next_url)
            page = read_text(content)
            if table is not None and pages > 1 and page.rows and _is_same(page, table):
                raise SurveyError("{host} sends the same page twice.", host=_get_host(url))
            next_url = wfs.turn(len(page.rows)) if wfs is not None else _find_next(content, next_url)
            table = page if table is None else _append(table, page)
        assert table is not None
        return table

    def _get(self, url: str) -> bytes:
        _check(url, self.hosts)
        opener = urllib.request.build_opener(_Redirects(self.hosts))
        request = urllib.request.Request(
            url, headers={"Accept": "application/geo+json, application/json, text/csv;q=0.8"}
        )
        host = _get_host(url)
        try:
            with opener.open(request, timeout=self.limits.answer_s) as answer:
                return self._read(answer, host)
        except urllib.error.HTTPError as error:
            raise SurveyError("{host} answers with error {status}.", host=host, status=error.code) from error
        except (OSError, ValueError) as error:
            reason = getattr(error, "reason", None) or error
            raise SurveyError("{host} cannot be reached: {problem}.", host=host, problem=reason) from error

    def _read(self, answer: IO[bytes], host: str) -> bytes:
        parts: list[bytes] = []
        size = 0
        while block := answer.read(1 << 16):
            parts.append(block)
            size += len(block)
            self.bytes_read += len(block)
            if size > self.limits.page_bytes or self.bytes_read > self.limits.total_bytes:
                raise SurveyError("{host} sends more than it may.", host=host)
            if time.monotonic() > self.until:
                raise SurveyError("{host} takes longer than it may.", host=host)
        return b"".join(parts)


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows a redirect only to a host on the list."""

    def __init__(self, hosts: Sequence[str]) -> None:
        self._hosts = hosts

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> urllib.request.Request | None:
        _check(newurl, self._hosts)
        return super().redirect_request(req, fp, code, msg, headers, newurl)  # type: ignore[arg-type]


def _check(url: str, hosts: Sequence[str]) -> None:
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    if parts.scheme != "https" and not (parts.scheme == "http" and host in _LOOPBACK):
        raise SurveyError("A survey is read over https only, not from {host}.", host=_get_host(url))
    if parts.username or parts.password:
        raise SurveyError("An address of a survey must not hold a password.")
    if host not in hosts and parts.netloc.lower() not in hosts:
        raise SurveyError(
            "{host} is not on the list of hosts surveys may be read from (WAYFINDER_SURVEY_HOSTS).",
            host=_get_host(url),
        )


def _get_host(url: str) -> str:
    return urlsplit(url).netloc.rpartition("@")[2] or url[:60]


@dataclass(slots=True)
class _WfsPages:
    """Turns the pages of a WFS 2.0 (``startIndex`` and ``count``)."""

    parts: SplitResult
    query: list[tuple[str, str]]
    count: int
    start: int = 0

    @classmethod
    def find(cls, url: str) -> _WfsPages | None:
        """None where the address is not that of a WFS."""
        parts = urlsplit(url)
        query = parse_qsl(parts.query, keep_blank_values=True)
        named = {name.lower(): value for name, value in query}
        if named.get("service", "").lower() != "wfs":
            return None
        asked = named.get("count") or named.get("maxfeatures") or ""
        rest = [(name, value) for name, value in query if name.lower() not in ("startindex", "count")]
        return cls(parts, rest, int(asked) if asked.isdecimal() and int(asked[:6]) > 0 else _PAGE)

    def get_url(self) -> str:
        query = [*self.query, ("startIndex", str(self.start)), ("count", str(self.count))]
        return urlunsplit((*self.parts[:3], urlencode(query), ""))

    def turn(self, received: int) -> str | None:
        """The next page; None after the last (and where the service sends everything at once)."""
        if received != self.count:
            return None
        self.start += received
        return self.get_url()


def _find_next(content: bytes, url: str) -> str | None:
    """The address of the next page of an OGC API."""
    try:
        document = orjson.loads(content)
    except orjson.JSONDecodeError:
        return None
    links = document.get("links") if isinstance(document, Mapping) else None
    for link in links if isinstance(links, list) else ():
        if isinstance(link, Mapping) and link.get("rel") == "next" and isinstance(link.get("href"), str):
            return str(urljoin(url, link["href"]))
    return None


def _is_same(page: Table, table: Table) -> bool:
    return [row.cells for row in page.rows] == [row.cells for row in table.rows[-len(page.rows) :]]


def _append(table: Table, page: Table) -> Table:
    if page.crs != table.crs:
        raise SurveyError("The pages of the survey have different coordinate systems.")
    first = len(table.rows)
    rows = tuple(replace(row, number=first + row.number) for row in page.rows)
    columns = list(dict.fromkeys([*table.columns, *page.columns]))
    return replace(table, rows=(*table.rows, *rows), columns=columns)
