"""States of lifts stay fresh without a request ever waiting, whatever the source does."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from wayfinder.errors import WayfinderError
from wayfinder.sources.lift_feed import MOST_BYTES, LiftFeed, LiftSource, read_source
from wayfinder.sources.lifts import LiftMatches, LiftReading

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
GOOD = b'{"lifts": [{"id": "a", "osm": "node/1", "state": "working", "measured_at": "2026-11-24T11:58:00Z"}]}'
Answer = Callable[[socket.socket], None]


def match(readings: tuple[LiftReading, ...]) -> LiftMatches:
    return LiftMatches(tuple((7, 8) for _ in readings), (), ())


def send(body: bytes, status: str = "200 OK", length: int | None = None, more: str = "") -> Answer:
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body) if length is None else length}\r\n{more}\r\n"

    def answer(connection: socket.socket) -> None:
        connection.sendall(head.encode() + body)

    return answer


def hang(connection: socket.socket) -> None:
    time.sleep(3)


def drip(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(30):
        connection.sendall(b" ")
        time.sleep(0.1)


class Source:
    """A server on this machine that answers as it is told, and remembers what it was asked."""

    def __init__(self) -> None:
        self.answer: Answer = send(GOOD)
        self.asked: list[bytes] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/lifts?area=1"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with closing(connection), connection:
            self.asked.append(connection.recv(65_536))
            try:
                self.answer(connection)
            except OSError:
                return

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def server() -> Iterator[Source]:
    source = Source()
    yield source
    source.close()


def feed_from(location: str, **options: object) -> LiftFeed:
    hosts = ("127.0.0.1",)
    source = LiftSource(location, hosts, timeout_s=0.5, **options)  # type: ignore[arg-type]
    return LiftFeed(source, match, lambda: NOON)


def wait_for(condition: Callable[[], bool]) -> None:
    ends = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < ends, "it never came"
        time.sleep(0.005)


def test_the_first_request_does_not_wait_and_a_later_one_knows(server: Source) -> None:
    feed = feed_from(server.url)
    began = time.monotonic()
    assert feed().states == ()
    assert time.monotonic() - began < 0.1
    wait_for(lambda: feed().version == 1)
    lifts = feed()
    assert (lifts.arcs, [one.state for one in lifts.states]) == (((7, 8),), ["working"])
    assert len(server.asked) == 1


def test_keys_are_sent_along_and_nothing_of_the_person(server: Source) -> None:
    feed_from(server.url, headers={"DB-Client-Id": "kassel"}).refresh()
    (asked,) = server.asked
    assert asked.startswith(b"GET /lifts?area=1 HTTP/1.1\r\n")
    assert b"DB-Client-Id: kassel\r\n" in asked


BROKEN: dict[str, Answer] = {
    "hangs": hang,
    "drips": drip,
    "is cut off": send(GOOD, length=len(GOOD) + 50),
    "sends a page": send(b"<html><body>Wartung</body></html>"),
    "is gone": send(b"", "404 Not Found"),
    "fails": send(b"", "500 Internal Server Error"),
    "sends elsewhere": send(b"", "302 Found", more="Location: http://127.0.0.1:1/\r\n"),
    "sends nothing": lambda connection: None,
    "speaks nonsense": lambda connection: connection.sendall(b"\x00\x01\x02\r\n\r\n"),
    "sends too much": send(b" " * (MOST_BYTES + 2)),
}


@pytest.mark.parametrize("answer", BROKEN.values(), ids=BROKEN)
def test_a_source_that_fails_leaves_the_last_good_states(server: Source, answer: Answer) -> None:
    feed = feed_from(server.url)
    feed.refresh()
    server.answer = answer
    began = time.monotonic()
    with pytest.raises(WayfinderError, match="states of lifts"):
        feed.refresh()
    assert time.monotonic() - began < 2.5
    assert feed().version == 1


def test_while_a_source_hangs_requests_are_answered_and_one_reader_is_enough(server: Source) -> None:
    server.answer = hang
    feed = feed_from(server.url, every=timedelta(0))
    began = time.monotonic()
    for _ in range(200):
        assert feed().states == ()
    assert time.monotonic() - began < 0.4
    wait_for(lambda: len(server.asked) == 1)


def test_states_are_read_again_when_they_are_due(server: Source) -> None:
    feed = feed_from(server.url, every=timedelta(milliseconds=50))
    wait_for(lambda: feed().version >= 3)
    assert feed().arcs is feed().arcs


def test_a_file_is_read_too_and_dated_by_its_writing(tmp_path: Path) -> None:
    path = tmp_path / "fasta.json"
    path.write_text('[{"type": "ELEVATOR", "equipmentnumber": 1, "state": "ACTIVE"}]')
    os.utime(path, (NOON.timestamp() - 600,) * 2)
    feed = feed_from(str(path))
    feed.refresh()
    assert feed().states[0].measured_at == NOON - timedelta(minutes=10)
    path.unlink()
    with pytest.raises(WayfinderError):
        feed.refresh()
    assert len(feed().states) == 1


@pytest.mark.parametrize(
    "location",
    ["https://elsewhere.example/lifts", "http://lifts.example/", "ftp://lifts.example/", "file:///etc/hosts"],
)
def test_only_hosts_of_the_list_are_asked_and_only_by_https(location: str) -> None:
    with pytest.raises(WayfinderError, match="https"):
        LiftSource(location, ("lifts.example",))
    assert LiftSource("https://lifts.example/now", ("lifts.example",)).hosts == ("lifts.example",)


def test_a_worker_that_was_forked_reads_for_itself(server: Source) -> None:
    feed = feed_from(server.url, every=timedelta(hours=1))
    feed()
    wait_for(lambda: feed().version >= 1)
    version = feed().version
    child = os.fork()
    if child == 0:
        ends = time.monotonic() + 3
        while feed().version == version and time.monotonic() < ends:
            time.sleep(0.01)
        os._exit(0 if feed().version > version else 1)
    assert os.waitpid(child, 0)[1] == 0


def test_a_source_that_cannot_be_reached_is_one_clear_error() -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
    source = LiftSource(f"http://127.0.0.1:{port}/", ("127.0.0.1",), timeout_s=0.5)
    with pytest.raises(WayfinderError, match="cannot be read"):
        read_source(source, lambda: NOON)
