"""Names of container images: what a registry would refuse is refused before anything is written or submitted."""

from __future__ import annotations

import re

# The grammar of distribution/reference: [HOST[:PORT]/]PATH[:TAG][@DIGEST]; only the host may have capitals.
_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_LABEL = r"(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
_HOST = rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[a-fA-F0-9:]+\])(?::\d+)?"
_NAME = re.compile(
    rf"(?:{_HOST}/)?{_PART}(?:/{_PART})*(?::[\w][\w.-]{{0,127}})?(?:@[A-Za-z][\w.+-]*:[0-9a-fA-F]{{32,}})?", re.ASCII
)
_LONGEST = 255


def find_image_mistake(text: str) -> tuple[str, str] | None:
    """What is wrong with the name of an image, and how to write it; None when a registry would take it."""
    path = text.partition("@")[0]
    if _NAME.fullmatch(text) and len(path) <= _LONGEST:
        return None
    what = f"{text!r} is no name of an image"
    if "://" in text:
        return what, f"leave out {text.partition('://')[0]}://"
    if text != text.strip() or " " in text:
        return what, "leave out the blanks"
    lowered = path.partition("/")[0] + path.partition("/")[1] + path.partition("/")[2].lower() if "/" in path else ""
    small = lowered or text.lower()
    if small != text and _NAME.fullmatch(small):
        return what, f"write it in small letters: {small}"
    return what, "write [REGISTRY/]NAME[:TAG], such as registry.example/mlpipeline:1"
