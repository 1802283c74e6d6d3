"""A driver whose stage `embed` asks for pretended GPUs: what each task owned, and what its onnxruntime was told.

    python -m tests.cluster.apps.encoders_on_gpus MASTER '{"spark.executor.memory": "512m", ...}' gone

Prints one JSON object. With `gone` the first GPU to compute a batch is lost in mid-stage.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from pyspark.sql import SparkSession

from mlpipeline.networks.encoders.folder import load_folder
from mlpipeline.recipe.model_fields import EmbedSection
from mlpipeline.schemas import CLEANED, FEATURES
from mlpipeline.spark.counters import Counters
from mlpipeline.spark.session import open_session
from mlpipeline.stages.embed import encode_missing, fit_encoders
from mlpipeline.stages.embed.features import EmbedSettings
from tests.sections import section
from tests.unit.networks.encoders.test_folder import WORDS, write_folder

TEXTS = [f"{first} {second} {third}" for first in WORDS for second in WORDS for third in WORDS][:240]
# Stands before the real one on the workers' path: has CUDA, room for eight texts, and writes down what it is told.
FAKE = """
import json, os, time
from types import SimpleNamespace
import numpy as np
import onnx
from onnx import numpy_helper

HOME = os.path.dirname(os.path.abspath(__file__))
class SessionOptions: pass
def get_available_providers():
    return ["CUDAExecutionProvider", "CPUExecutionProvider"]

class InferenceSession:
    def __init__(self, path, options, providers):
        model = onnx.load(path)
        self.table = numpy_helper.to_array(model.graph.initializer[0])
        self.inputs = [SimpleNamespace(name=one.name) for one in model.graph.input]
        self.providers = [name for name, _ in providers]
        self.write("opened", **providers[0][1])
    def write(self, what, **options):
        from pyspark import TaskContext
        task = TaskContext.get()
        gpu = task.resources().get("gpu")
        row = {"what": what, "executor": os.getppid(), "process": os.getpid(), "partition": task.partitionId(),
               "attempt": task.attemptNumber(), "addresses": gpu.addresses if gpu else [],
               "device_id": options.get("device_id"), "visible": os.environ.get("CUDA_VISIBLE_DEVICES")}
        with open(f"{HOME}/told.jsonl", "a") as stream:
            stream.write(json.dumps(row) + "\\n")
    def get_providers(self): return self.providers
    def get_inputs(self): return self.inputs
    def get_outputs(self): return [SimpleNamespace(name="last_hidden_state", shape=["n", "t", self.table.shape[1]])]
    def run(self, names, given):
        ids = given["input_ids"]
        if self.providers[0].startswith("CUDA"):
            time.sleep(0.2)  # so that all slots are in use at once
            if len(ids) > 2 and os.path.exists(f"{HOME}/gone"):
                try:
                    os.unlink(f"{HOME}/gone")
                except FileNotFoundError:
                    pass
                else:
                    self.write("gone")
                    raise RuntimeError("CUDA failure 100: no CUDA-capable device is detected ; GPU=0")
            self.write("ran")
            if len(ids) > 8:
                raise RuntimeError("bfc_arena.cc:376 Failed to allocate memory for requested buffer of size 805306368")
        return [self.table[ids]]
"""


def work(spark: SparkSession, home: Path, fake: Path, lost: str) -> dict[str, Any]:
    """Embeds the texts by both engines; a GPU is lost during the first."""
    counters = Counters(spark)
    rows = [{"domain": "shop", "lang": "en", "content_id": f"c{n:03d}", "normalized": t} for n, t in enumerate(TEXTS)]
    cleaned = spark.createDataFrame([{name: row.get(name) for name in CLEANED.names} for row in rows], CLEANED)
    settings = EmbedSettings(section(EmbedSection, encoder=str(home), batch_size=16))
    encoder = fit_encoders(settings, {"cleaned": cleaned}, counters).persist()
    encoder.count()
    found: dict[str, Any] = {"trained": read_told(fake)}
    expected = load_folder(home).encode(TEXTS)
    for engine in ("arrow", "rdd"):
        if lost and engine == "arrow":
            (fake / "gone").touch()
        (fake / "told.jsonl").unlink(missing_ok=True)
        counters = Counters(spark)
        settings = EmbedSettings(section(EmbedSection, encoder=str(home), batch_size=16, engine=engine))
        inputs = {"cleaned": cleaned, "encoder": encoder, "features": spark.createDataFrame([], FEATURES)}
        made = {
            row["content_id"]: row["vector"]
            for frame in encode_missing(settings, inputs, counters)
            for row in frame.collect()
        }
        vectors = np.stack([np.frombuffer(made[row["content_id"]], "<f4") for row in rows])
        told = counters.values
        found[engine] = {
            "told": read_told(fake),
            "equal": bool(np.allclose(vectors, expected, atol=1e-6)),
            "loads": told.counts.loads,
            "gpu_loads": told.counts.gpu_loads,
            "reasons": sorted(told.reasons),
            "remarks": sorted(told.remarks),
        }
    return found


def read_told(fake: Path) -> list[dict[str, Any]]:
    """What the pretended onnxruntime has written down."""
    return [json.loads(line) for line in (fake / "told.jsonl").read_text("utf-8").splitlines()]


def main() -> int:
    """Prints what was found."""
    with tempfile.TemporaryDirectory() as folder:
        home, fake = Path(folder, "encoder"), Path(folder, "fake")
        home.mkdir()
        fake.mkdir()
        write_folder(home)
        (fake / "onnxruntime.py").write_text(FAKE, "utf-8")
        settings = {**json.loads(sys.argv[2]), "spark.executorEnv.PYTHONPATH": str(fake)}
        with open_session("encoders on gpus", master=sys.argv[1], extra=settings) as spark:
            found = work(spark, home, fake, "".join(sys.argv[3:]))
    print(json.dumps(found))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
