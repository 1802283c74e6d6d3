"""Pictures of an evaluation: as PNG and as SVG, intents that are mixed up side by side, letters of all scripts."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from mlpipeline.views.report import evaluation_pictures as pictures
from mlpipeline.views.report.evaluation_pictures import confusion_of, confusion_svg, histogram_svg, write_pictures

TRUE = ["음악_재생", "라디오<x>", "天気&予報", "음악_재생", "เปิดเพลง"]
PREDICTED = ["음악_재생", "음악_재생", "天気&予報", "라디오<x>", "เปิดเพลง"]


def test_intents_that_are_taken_for_each_other_stand_side_by_side():
    names = [f"i{number:02}" for number in range(30)]
    true = names * 4 + ["i03"] * 6
    confusion = confusion_of(true, names * 4 + ["i27"] * 6)
    assert abs(confusion.names.index("i03") - confusion.names.index("i27")) == 1
    assert confusion.counts.sum() == len(true) and np.diag(confusion.counts).sum() == 120
    at = confusion.names.index("i03")
    assert confusion.shares[at].sum() == pytest.approx(1.0)
    assert confusion_of(["a"], ["a"]).names == ["a"]


def test_svgs_are_well_formed_and_name_every_intent():
    picture = confusion_svg(confusion_of(TRUE, PREDICTED))
    texts = [element.text for element in ElementTree.fromstring(picture).iter("{http://www.w3.org/2000/svg}text")]
    assert all(texts.count(name) == 2 for name in set(TRUE))
    assert "1 of 라디오&lt;x&gt; taken for 음악_재생" in picture
    bars = ElementTree.fromstring(histogram_svg([0.9, 0.95, 1.0], [0.2]))
    heights = [float(one.get("height", 0)) for one in bars.iter("{http://www.w3.org/2000/svg}rect")][1:]
    assert max(heights) == 240.0 and sum(height > 0 for height in heights) == 3
    ElementTree.fromstring(histogram_svg([], []))


def test_files_are_png_with_matplotlib_and_svg_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    confusion = confusion_of(TRUE, PREDICTED)
    found = write_pictures(tmp_path, confusion, [0.9, 0.8], [0.3])
    assert [path.name for path in found] == ["confusion_matrix.png", "confidence_histogram.png"]
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in found)
    monkeypatch.setattr(pictures, "find_spec", lambda name: None)
    found = write_pictures(tmp_path, confusion, [0.9, 0.8], [0.3])
    assert [path.name for path in found] == ["confusion_matrix.svg", "confidence_histogram.svg"]
    assert found[0].read_text("utf-8").startswith("<svg ")
