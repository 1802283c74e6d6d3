"""Notebook files from one source: Jupyter's `.ipynb` and Zeppelin's `.zpln`, both without outputs."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Mapping

from mlpipeline.views.notebook.percent import Cell, Notebook

# The oldest Zeppelin that knows Spark 4; what newer ones add, they add when they open the note.
_ZEPPELIN = "0.12.0"
_ALPHABET = "123456789ABCDEFGHJKMNPQRSTUVWXYZ"


def as_ipynb(notebook: Notebook) -> str:
    """A Jupyter notebook (nbformat 4.5), the same text for the same source."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    data = {
        "cells": [_ipynb_cell(cell, number) for number, cell in enumerate(notebook.cells, 1)],
        "metadata": {
            "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
            "language_info": {
                "file_extension": ".py",
                "mimetype": "text/x-python",
                "name": "python",
                "version": version,
            },
            "title": notebook.title,
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


def _ipynb_cell(cell: Cell, number: int) -> dict[str, object]:
    lines = cell.text.splitlines(keepends=True)
    made: dict[str, object] = {"cell_type": cell.kind, "id": f"cell-{number:02}", "metadata": {}, "source": lines}
    if cell.tags:
        made["metadata"] = {"tags": list(cell.tags)}
    return made if cell.kind == "markdown" else {**made, "execution_count": None, "outputs": []}


def as_zpln(notebook: Notebook, settings: Mapping[str, str]) -> str:
    """A note of Zeppelin, the same text for the same source.

    Args:
        notebook: its code cells become `%spark.pyspark` paragraphs, its Markdown `%md`.
        settings: for the paragraph `%spark.conf`, which must run before the interpreter starts.
    """
    texts = [
        ("%md", cell.text) if cell.kind == "markdown" else ("%spark.pyspark", cell.text) for cell in notebook.cells
    ]
    note = "# Runs before the interpreter starts: after a change here, restart the interpreter."
    conf = "\n".join([note, *(f"{key} {_property(value)}" for key, value in settings.items())])
    texts.insert(1, ("%spark.conf", conf))
    name = _note_id(notebook.name)
    data = {
        "paragraphs": [_paragraph(notebook.name, number, *pair) for number, pair in enumerate(texts, 1)],
        "name": notebook.name,
        "id": name,
        "defaultInterpreterGroup": "spark",
        "version": _ZEPPELIN,
        "noteParams": {},
        "noteForms": {},
        "angularObjects": {},
        "config": {"isZeppelinNotebookCronEnable": False},
        "info": {},
    }
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"


def zpln_file(notebook: Notebook) -> str:
    """The file name that Zeppelin expects: name, underscore, id."""
    return f"{notebook.name}_{_note_id(notebook.name)}.zpln"


def _note_id(name: str) -> str:
    # As Zeppelin makes them: a 2, then eight letters and digits; here from the name, so that a second writing is equal.
    digest = hashlib.sha256(name.encode()).digest()
    return "2" + "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in digest[:8])


def _paragraph(name: str, number: int, magic: str, text: str) -> dict[str, object]:
    language = "markdown" if magic == "%md" else "python" if magic == "%spark.pyspark" else "text"
    stamp = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big")
    return {
        "title": "",
        "text": f"{magic}\n{text}",
        "config": {
            "editorSetting": {"language": language, "editOnDblClick": magic == "%md"},
            "editorMode": f"ace/mode/{language}",
            "editorHide": magic == "%md",
            "colWidth": 12.0,
            "enabled": True,
        },
        "settings": {"params": {}, "forms": {}},
        "status": "READY",
        "progressUpdateIntervalMs": 500,
        "jobName": f"paragraph_{stamp}_{number}",
        "id": f"paragraph_{stamp}_{number}",
        "dateCreated": "2026-01-01 00:00:00.000",
    }


def _property(value: str) -> str:
    # Zeppelin reads the paragraph as Java properties: a backslash begins an escape there.
    return value.replace("\\", "\\\\").replace("\n", " ")
