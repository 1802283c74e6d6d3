"""The code and the libraries that decide what a stage makes are complete: derived, and checked here."""

from __future__ import annotations

import sys
from collections.abc import Mapping

import pytest

from mlpipeline.catalog import STAGES
from mlpipeline.orders.provenance import OUTSIDE, starting_modules
from mlpipeline.stages.contract import Stage
from mlpipeline.store.code import CodeReader, Source

READER = CodeReader()
STAGE = {stage.name: stage for stage in STAGES}
# Where a distribution has another name than what is imported.
DISTRIBUTION = {
    "sklearn": "scikit-learn",
    "tensorflow": "tensorflow-cpu",
    "yaml": "PyYAML",
    "sentence_transformers": "sentence-transformers",
}
# Imported by stages, and not what decides their rows.
CARRIERS: Mapping[str, str] = {
    "pyspark": "carries rows; its versions are pinned, and its hashes and joins give equal rows",
    "pyarrow": "carries columns",
    "orjson": "writes and reads what we wrote; in `ingest`, which reads files of others, it counts",
    "threadpoolctl": "how many threads, which equal results do not depend on",
}
UNUSED: Mapping[tuple[str, str], str] = {
    ("embed", "onnx"): "networks.encoders.use_graph writes a graph for other runtimes; vectors are numpy's",
    ("export", "scipy"): "networks.fitting trains; export reads the weights",
    ("release", "scipy"): "as in export",
    ("release", "keras"): "networks.classifier builds the network that is exported; release reads its weights",
    ("release", "tensorflow-cpu"): "as keras",
    ("release", "onnx"): "as in embed",
    ("release", "tokenizers"): "networks.encoders.folder: an encoder of a folder travels in no bundle",
    ("release", "sentence-transformers"): "as tokenizers",
    ("release", "torch"): "as tokenizers",
    ("train", "keras"): "as in release: training is numpy's",
    ("train", "tensorflow-cpu"): "as keras",
    ("train", "onnx"): "as in embed",
    ("train", "tokenizers"): "as in release",
    ("train", "sentence-transformers"): "as in release",
    ("train", "torch"): "as in release",
    ("train", "onnxruntime"): "as in release",
}


def modules_of(stage: Stage) -> dict[str, Source]:
    return READER.modules_of(starting_modules(stage), OUTSIDE)


@pytest.mark.parametrize(
    ("stage", "module"),
    [
        ("embed", "networks.encoders.folder"),
        ("embed", "networks.encoders.use_network"),
        ("embed", "networks.arrays"),
        ("denoise", "networks.calibrate"),
        ("augment", "languages.paraphrase.thai"),
        ("release", "store.bundles.content"),
        *[(stage.name, "spark.frames") for stage in STAGES if stage.run is not None],
    ],
)
def test_what_makes_its_rows_is_in_a_stages_code(stage: str, module: str):
    assert module in modules_of(STAGE[stage])


@pytest.mark.parametrize("stage", ["ingest", "clean", "split", "embed", "train", "evaluate", "export", "release"])
def test_a_line_about_label_noise_reruns_nothing_that_does_not_use_it(stage: str):
    assert not [name for name in modules_of(STAGE[stage]) if name.startswith("methods.label_noise")]


def test_no_stage_decides_for_another():
    for stage in STAGES:
        others = {other.name for other in STAGES} - {stage.name}
        named = {name.split(".")[1] for name in modules_of(stage) if name.startswith("stages.")}
        assert not named & others, stage.name


def test_every_exclusion_is_needed_and_has_a_reason():
    everything = {name for stage in STAGES for name in READER.modules_of(starting_modules(stage))}
    for module, reason in OUTSIDE.items():
        assert reason and module in everything, module


def test_every_library_that_decides_is_declared():
    for stage in STAGES:
        declared = {*stage.libraries, *(name for names in stage.folders.values() for name in names)}
        imported = {name.split(".")[0] for source in modules_of(stage).values() for name, _ in source.imports}
        found = {DISTRIBUTION.get(name, name) for name in imported - set(sys.stdlib_module_names) - {"mlpipeline"}}
        unused = {name for where, name in UNUSED if where == stage.name}
        missing = found - declared - set(CARRIERS) - unused
        assert not missing, f"{stage.name} imports {missing}: declare them, or say in this file why they do not count"
        assert unused <= found, f"{stage.name}: {unused - found} is not imported any more"


def test_only_word_tools_are_loaded_by_name():
    by_name = {
        name
        for stage in STAGES
        for name, source in modules_of(stage).items()
        if ("importlib", "import_module") in source.imports
    }
    assert by_name == {"languages.paraphrase.tools"}, "what they load must stand in `loads` of the stages"
