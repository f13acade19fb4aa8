"""What a version consists of, from what a caller says of it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

_TAG = re.compile(r":([A-Za-z0-9_][A-Za-z0-9._-]{0,127})$")
_DIGEST = re.compile(r"@sha256:([0-9a-f]{64})$")


def spec_of(
    *,
    image: str | None,
    command: Sequence[str] | None,
    workdir: str | None,
    spec: Mapping[str, Any] | None,
) -> dict[str, Any] | None:
    """The spec of a version; None when nothing was said of it, for a version that is registered already."""
    if spec is not None:
        if image is not None or command is not None:
            raise ValueError("spec is given with image or command; a spec says everything, so give it alone")
        return dict(spec)
    content: dict[str, Any] = {}
    if image is not None:
        content["image"] = image
    if command is not None:
        content["command"] = list(command)
    if content and workdir is not None:
        content["workdir"] = workdir
    return content or None


def version_of(version: str | None, image: str | None) -> str:
    """The version's name: the given one, else the image's tag, else the beginning of its digest."""
    if version is not None:
        return version
    if image is not None:
        digest = _DIGEST.search(image)
        if digest is not None:
            return digest.group(1)[:12]
        # A colon before the last slash is a registry's port.
        tag = _TAG.search(image.rsplit("/", 1)[-1])
        if tag is not None and tag.group(1) != "latest":
            return tag.group(1)
    raise ValueError(
        f"version is missing, and image {image!r} does not name one; allowed: a version, or an image with a tag that "
        "is not 'latest' or with a digest"
    )
