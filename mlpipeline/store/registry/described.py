"""What MLflow wants to find in a bundle: its MLmodel and environment files, and the wheel of the code that answers."""

from __future__ import annotations

import tempfile
import warnings
from importlib.metadata import version as installed
from pathlib import Path

from mlpipeline.store.bundles.content import seal_beside
from mlpipeline.store.bundles.seals import read_seal

_MODEL_FILES = ("conda.yaml", "python_env.yaml", "requirements.txt", "MLmodel")


def describe_bundle(folder: Path, loader_module: str, wheel: tuple[str, bytes] | None) -> None:
    """Lay MLflow's MLmodel and environment files, and the wheel that they name, into the bundle, sealed.

    Args:
        folder: a bundle.
        loader_module: the module with `_load_pyfunc`, by its name.
        wheel: name and bytes of the wheel that has this module.

    Raises:
        StoreError: the bundle is damaged, or it cannot be written.
    """
    place = f"wheels/{wheel[0]}" if wheel else ""
    if {*_MODEL_FILES, *([place] if place else [])} <= set(read_seal(folder).files):
        return
    import mlflow.pyfunc
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, Schema

    names = ["text", "intent", "score", "zone", "answer", "nearest"]
    outputs: list[object] = [ColSpec("double" if name == "score" else "string", name) for name in names]
    signature = ModelSignature(inputs=Schema([ColSpec("string", "text")]), outputs=Schema(outputs))
    # By the file that stands beside it, as MLflow itself names wheels: never by a name that an index would look up.
    needs = [*([place] if place else []), *(f"{name}=={installed(name)}" for name in ("numpy", "onnxruntime"))]
    with tempfile.TemporaryDirectory() as spare, warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # it would like an example; the golden questions are better ones
        made = Path(spare) / "model"
        mlflow.pyfunc.save_model(str(made), loader_module=loader_module, pip_requirements=needs, signature=signature)
        files = {name: (made / name).read_bytes() for name in _MODEL_FILES}
    seal_beside(folder, {**files, **({place: wheel[1]} if wheel else {})})
