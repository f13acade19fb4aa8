"""What a version consists of and is called, from what a caller says."""

from __future__ import annotations

import pytest

from sluice._content import spec_of, version_of
from sluice._events import EventParser


@pytest.mark.parametrize(
    ("image", "version"),
    [
        ("myregistry/sentiment:v2.0", "v2.0"),
        ("registry.example:5000/team/sentiment:1.4", "1.4"),
        (f"sentiment@sha256:{'ab' * 32}", "abababababab"),
        (f"sentiment:1.0@sha256:{'cd' * 32}", "cdcdcdcdcdcd"),
    ],
)
def test_an_image_names_its_version_by_tag_or_digest(image: str, version: str) -> None:
    assert version_of(None, image) == version
    assert version_of("9", image) == "9"


@pytest.mark.parametrize("image", [None, "sentiment", "sentiment:latest", "registry.example:5000/sentiment"])
def test_what_names_no_version_is_refused_with_what_is_allowed(image: str | None) -> None:
    with pytest.raises(ValueError, match="version is missing"):
        version_of(None, image)


def test_a_spec_says_everything() -> None:
    assert spec_of(image="a:1", command=None, workdir=None, spec=None) == {"image": "a:1"}
    assert spec_of(image=None, command=("node", "x"), workdir="w", spec=None) == {
        "command": ["node", "x"],
        "workdir": "w",
    }
    assert spec_of(image=None, command=None, workdir="w", spec=None) is None
    with pytest.raises(ValueError, match="give it alone"):
        spec_of(image="a:1", command=None, workdir=None, spec={"text": "hi"})


def test_events_are_read_line_by_line_and_remember_where_to_go_on() -> None:
    parser = EventParser()
    lines = [": keep-alive", "id: 7-1", 'data: {"id":"7-1",', 'data: "type":"x"}', "", "", "event: ping", ""]
    assert [event for line in lines if (event := parser.take(line)) is not None] == [{"id": "7-1", "type": "x"}]
    assert parser.resumption == {"last-event-id": "7-1"}
