"""How good encoders are, as one page that needs nothing else: no network, no script, light and dark."""

from __future__ import annotations

from collections.abc import Sequence

from mlpipeline.methods.vector_quality.plane import Plane
from mlpipeline.orders.embedding_results import VectorReport
from mlpipeline.orders.embedding_rows import BotTexts
from mlpipeline.views.report.page import open_templates
from mlpipeline.views.report.vectors_view import vectors_view


def render_vectors(report: VectorReport, maps: Sequence[tuple[BotTexts, Plane]]) -> str:
    """The page.

    Args:
        report: what `mlpipeline embed report --json` prints.
        maps: of each bot, in the order of the report, its texts and where they lie.

    Returns:
        One self-contained HTML page, UTF-8. All texts are escaped.
    """
    return open_templates().get_template("vectors.html.j2").render(vectors_view(report, maps))
