"""The report of a run beside the run's models: a page for each released bot, where MLflow shows its version."""

from __future__ import annotations

import logging

from mlpipeline.errors import StoreError
from mlpipeline.orders.run_record import RunRecord
from mlpipeline.store.layout import Store
from mlpipeline.store.registry.models import attach_texts, registry
from mlpipeline.store.registry.server import team_server
from mlpipeline.views.report.page import render_report

_log = logging.getLogger(__name__)
_NAME = "report.html"


def attach_reports(store: Store, record: RunRecord) -> None:
    """Lays each bot's part of a run's report beside the version that it made, here and at a team's server.

    The run is over: what cannot be attached is a warning, once.
    """
    own, content = registry(store), record.content()
    server, pages = team_server(own), {}
    for bot in record.bots:
        if bot.version is not None and "release" in bot.causes and bot.status in ("released", "refused"):
            part = {**content, "bots": [one for one in content["bots"] if one["bot"] == bot.bot]}
            pages[bot.bot] = (bot.version, render_report(part))
    if not pages:
        return
    try:
        texts = ((name, version, page) for name, (version, page) in pages.items())
        for name, digest in attach_texts(own, _NAME, texts).items():
            if server is not None and digest:
                server.attach(name, digest, _NAME, pages[name][1])
    except Exception as error:  # whatever MLflow raises: the run is over, and its report lies in the store
        told = error if isinstance(error, StoreError) else " ".join(str(error).split())[:200]
        _log.warning("warning: the report is not in MLflow: %s", told)
