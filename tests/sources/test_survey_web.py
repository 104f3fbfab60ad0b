"""Surveys from a service on this machine: pages, limits, and no host that is not on the list."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from wayfinder.errors import SurveyError
from wayfinder.sources.surveys.web import WebLimits, fetch_table

Answer = tuple[int, dict[str, str], bytes]
Respond = Callable[[str], Answer]


@contextmanager
def serve(respond: Respond) -> Iterator[tuple[str, list[str]]]:
    """A server on the loopback; yields its host and the paths it was asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            status, headers, body = respond(self.path)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()


def collection(first: int, count: int, **members: object) -> Answer:
    features = [
        {"type": "Feature", "id": number, "properties": {"n": number},
         "geometry": {"type": "Point", "coordinates": [9.5, 51.3]}}
        for number in range(first, first + count)
    ]  # fmt: skip
    body = json.dumps({"type": "FeatureCollection", "features": features, **members}).encode()
    return 200, {"Content-Type": "application/geo+json"}, body


def get_query(path: str) -> dict[str, str]:
    return {name.lower(): values[0] for name, values in parse_qs(urlsplit(path).query).items()}


def wfs(total: int) -> Respond:
    def respond(path: str) -> Answer:
        query = get_query(path)
        start, count = int(query["startindex"]), int(query["count"])
        return collection(start, max(0, min(count, total - start)))

    return respond


def ogc(total: int, size: int) -> Respond:
    def respond(path: str) -> Answer:
        start = int(get_query(path).get("offset", 0))
        links = [{"rel": "self", "href": path}]
        if start + size < total:
            links.append({"rel": "next", "href": f"/items?offset={start + size}"})
        return collection(start, min(size, total - start), links=links)

    return respond


@pytest.mark.parametrize(("total", "pages"), [(7, 3), (6, 3), (0, 1)])
def test_a_wfs_is_read_page_by_page(total: int, pages: int) -> None:
    with serve(wfs(total)) as (host, asked):
        url = f"http://{host}/wfs?service=WFS&request=GetFeature&typeNames=bord&count=3"
        table = fetch_table(url, ["127.0.0.1"])

    assert [row.cells["n"] for row in table.rows] == list(range(total))
    assert [row.number for row in table.rows] == list(range(1, total + 1))
    assert len(asked) == pages
    assert get_query(asked[0])["typenames"] == "bord"


def test_an_ogc_api_is_followed_from_link_to_link() -> None:
    with serve(ogc(5, 2)) as (host, asked):
        table = fetch_table(f"http://{host}/items", [host])

    assert [row.cells["n"] for row in table.rows] == list(range(5))
    assert asked == ["/items", "/items?offset=2", "/items?offset=4"]


def test_a_plain_file_is_read_like_one_from_the_disk() -> None:
    with serve(lambda _: (200, {}, "straße;x\nKönigstor;1\n".encode("cp1252"))) as (host, _):
        assert fetch_table(f"http://{host}/bord.csv", [host]).rows[0].cells == {
            "straße": "Königstor",
            "x": "1",
        }


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://geo.example.de/wfs", r"geo\.example\.de is not on the list of hosts"),
        ("https://stadt.de.example.com/wfs", r"not on the list"),
        ("https://stadt.de@example.com/wfs", r"must not hold a password"),
        ("http://stadt.de/wfs", r"read over https only"),
        ("file:///etc/passwd", r"read over https only"),
        ("ftp://stadt.de/wfs", r"read over https only"),
        ("http://127.0.0.1:9/wfs", r"not on the list"),
    ],
)
def test_only_hosts_on_the_list_are_asked(url: str, said: str) -> None:
    with pytest.raises(SurveyError, match=said):
        fetch_table(url, ["stadt.de"])


def test_a_redirect_or_a_next_page_off_the_list_is_not_followed() -> None:
    with serve(lambda _: collection(0, 1)) as (other, asked_other):
        redirect = (302, {"Location": f"http://{other}/items"}, b"")
        with serve(lambda _: redirect) as (host, _), pytest.raises(SurveyError, match=r"not on the list"):
            fetch_table(f"http://{host}/items", [host])
        links = [{"rel": "next", "href": f"http://{other}/items"}]
        next_page = collection(0, 1, links=links)
        said = rf"{other} is not on the list"
        with serve(lambda _: next_page) as (host, _), pytest.raises(SurveyError, match=said):
            fetch_table(f"http://{host}/items", [host])
        metadata = (302, {"Location": "http://169.254.169.254/latest"}, b"")
        with serve(lambda _: metadata) as (host, _), pytest.raises(SurveyError, match=r"https only"):
            fetch_table(f"http://{host}/items", [host])
    assert asked_other == []


def test_a_redirect_on_the_list_is_followed() -> None:
    def respond(path: str) -> Answer:
        return (301, {"Location": "/new"}, b"") if path == "/old" else collection(0, 2)

    with serve(respond) as (host, asked):
        assert len(fetch_table(f"http://{host}/old", [host]).rows) == 2
    assert asked == ["/old", "/new"]


@pytest.mark.parametrize(
    ("respond", "limits", "said"),
    [
        (lambda _: (500, {}, b"oops"), WebLimits(), r"answers with error 500"),
        (lambda _: (200, {}, b"<html>login</html>"), WebLimits(), r"is a web page and no survey"),
        (lambda _: (200, {}, b"x" * 3000), WebLimits(page_bytes=1000), r"sends more than it may"),
        (ogc(9, 1), WebLimits(total_bytes=600), r"sends more than it may"),
        (ogc(9, 1), WebLimits(pages=3), r"sends more pages than it may"),
        (ogc(9, 1), WebLimits(total_s=-1.0), r"takes longer than it may"),
        (
            lambda path: collection(0, 1, links=[{"rel": "next", "href": path}]),
            WebLimits(),
            r"sends the same page twice",
        ),
        (
            lambda path: collection(0, 1, links=[{"rel": "next", "href": path + "x"}]),
            WebLimits(),
            r"sends the same page twice",
        ),
    ],
)
def test_a_service_that_misbehaves_is_one_clear_error(respond: Respond, limits: WebLimits, said: str) -> None:
    with serve(respond) as (host, _), pytest.raises(SurveyError, match=said):
        fetch_table(f"http://{host}/items", [host], limits)


def test_a_wfs_that_ignores_paging_is_not_asked_for_ever() -> None:
    with (
        serve(lambda _: collection(0, 3)) as (host, asked),
        pytest.raises(SurveyError, match=r"same page twice"),
    ):
        fetch_table(f"http://{host}/wfs?service=WFS&count=3", [host])
    assert len(asked) == 2
    with serve(lambda _: collection(0, 5)) as (host, asked):
        assert len(fetch_table(f"http://{host}/wfs?service=WFS&count=3", [host]).rows) == 5
    assert len(asked) == 1


def test_a_service_nobody_answers_for_is_named() -> None:
    with serve(lambda _: collection(0, 1)) as (host, _):
        pass
    with pytest.raises(SurveyError, match=rf"{host} cannot be reached"):
        fetch_table(f"http://{host}/items", [host])
