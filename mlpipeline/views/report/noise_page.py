"""The labels of a file as one page that needs nothing else: no network, no script, light and dark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mlpipeline.views.report.noise_view import noise_view
from mlpipeline.views.report.page import open_templates


def render_noise(report: Mapping[str, object], issues: Sequence[Mapping[str, object]], *, name: str, lang: str) -> str:
    """The page.

    Args:
        report: what was found; `methods/label_noise/reporting.py` says what it holds.
        issues: rows of `label_issue`, the likeliest mistakes first.
        name: of the file.
        lang: tag of its language, or empty.

    Returns:
        One self-contained HTML page, UTF-8. All texts are escaped.
    """
    return open_templates().get_template("noise.html.j2").render(name=name, noise=noise_view(report, issues, lang))
