"""The files under conf/: which there are, each read once, packaged defaults beneath the user's own."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from importlib.abc import Traversable
from pathlib import Path

from mlpipeline._packaged import packaged
from mlpipeline.errors import RecipeError
from mlpipeline.recipe.measured import SUFFIX, check_measured
from mlpipeline.recipe.origins import Layer, read_layer
from mlpipeline.recipe.renamed import check_renamed
from mlpipeline.recipe.tags import canonical_tag, well_formed

DOMAIN_FILE = "domain.yaml"
_DOMAIN = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}\Z")


def check_domain(name: str) -> str:
    """Return `name` when it can name a domain; raises RecipeError ("../x", capitals, more than 63 characters)."""
    if not _DOMAIN.match(name):
        raise RecipeError(
            f"{name!r} cannot name a domain", fix="use a-z, 0-9, _ and -, at most 63, starting with a letter or digit"
        )
    return name


class ConfFolder:
    """The user's conf folder over the packaged one. Files are read at most once in the life of the object.

    Args:
        conf: the folder.
        own: how a message calls the folder that the user's own files would stand in, where `conf` is not it.
    """

    def __init__(self, conf: Path, own: str = "") -> None:
        self.path = Path(conf)
        if not self.path.is_dir():
            raise RecipeError("no such folder", where=str(conf), fix="give --conf FOLDER, or make one: mlpipeline new")
        shipped = packaged("conf")
        same = isinstance(shipped, Path) and shipped.is_dir() and os.path.samefile(shipped, self.path)
        self._shipped: Traversable | None = None if same else shipped
        self._name = _display(self.path)
        self._stated = own or self._name
        self._layers: dict[str, tuple[Layer, ...]] = {}
        self._chains: dict[str, tuple[Layer, ...]] = {}
        self.languages = frozenset(self._language_files())
        if not same and not self._both("base.yaml"):
            raise RecipeError("base.yaml is not packaged", where=self._name, fix="install mlpipeline again")

    @property
    def home(self) -> Path:
        """The folder that holds conf/; paths in a recipe are relative to it."""
        return Path(os.path.abspath(self.path)).parent

    def base(self) -> tuple[Layer, ...]:
        """Return base.yaml as packaged (when it is another file) and as it stands in the folder."""
        return self._both("base.yaml")

    def language(self, tag: str, named_by: str, inheriting: tuple[str, ...] = ()) -> tuple[Layer, ...]:
        """Return the layers of a language, those that it inherits first.

        Args:
            tag: canonical tag.
            named_by: file and line that names the language, for messages.
            inheriting: tags that led here.

        Raises:
            RecipeError: there is no such file, it inherits in a circle, or states another tag.
        """
        if tag in self._chains:
            return self._chains[tag]
        layers = self._both(f"languages/{tag}.yaml")
        if not layers:
            have = ", ".join(sorted(self.languages))
            path = f"{self._stated}/languages/{tag}.yaml"
            raise RecipeError(f"no language file for {tag}, there are: {have}", where=named_by, fix=f"create {path}")
        chain = (*self._inherited(layers, (*inheriting, tag)), *layers, _stated_tag(layers, tag))
        self._chains[tag] = chain
        return chain

    def _inherited(self, layers: tuple[Layer, ...], inheriting: tuple[str, ...]) -> tuple[Layer, ...]:
        named = next((layer for layer in reversed(layers) if layer.data.get("inherits") is not None), None)
        if named is None:
            return ()
        where = named.where("inherits")
        wanted = named.data["inherits"]
        if not isinstance(wanted, str):
            raise RecipeError(
                f"inherits should be a language tag, got {wanted!r}", where=where, fix="inherits: zh-Hant"
            )
        parent = canonical_tag(wanted, self.languages)[0]
        if parent in inheriting:
            circle = " -> ".join((*inheriting, parent))
            raise RecipeError(f"languages inherit in a circle: {circle}", where=where, fix="remove one `inherits:`")
        # The parent's synthetic tag layer is overridden by the child's own.
        return self.language(parent, where, inheriting)

    def domains(self) -> list[str]:
        """Return the names of the domains in the user's folder, sorted; raises RecipeError for an impossible name."""
        folder = self.path / "domains"
        if not folder.is_dir():
            return []
        with os.scandir(folder) as entries:
            names = sorted(entry.name for entry in entries if not entry.name.startswith(".") and entry.is_dir())
        for name in names:
            try:
                check_domain(name)
            except RecipeError as error:
                raise RecipeError(error.what, where=f"{self._name}/domains/{name}", fix=error.fix) from None
        return names

    def domain(self, name: str) -> tuple[Layer, dict[str, str]]:
        """Return domain.yaml and the language files beside it: canonical tag -> file name.

        Raises:
            RecipeError: there is no domain.yaml, or a file beside it is not named after one language.
        """
        layer = self._own(f"domains/{name}/{DOMAIN_FILE}")
        place = f"{self._name}/domains/{name}"
        if layer is None:
            raise RecipeError(f"no {DOMAIN_FILE}", where=place, fix=f"create {place}/{DOMAIN_FILE} with `languages:`")
        beside: dict[str, str] = {}
        for file in os.listdir(self.path / "domains" / name):
            if file == DOMAIN_FILE or not file.endswith((".yaml", ".yml")) or file.startswith("."):
                continue
            if file.endswith(SUFFIX) and self._is_measured(file, place):
                continue
            stem = file.rpartition(".")[0]
            if well_formed(stem) is None:
                raise RecipeError(
                    "named after no language", where=f"{place}/{file}", fix="name it after a tag: ko.yaml"
                )
            tag = canonical_tag(stem, self.languages)[0]
            if tag in beside:
                raise RecipeError(f"{file} and {beside[tag]} are both about {tag}", where=place, fix="keep one of them")
            beside[tag] = file
        return layer, beside

    def bot(self, domain: str, file: str) -> Layer:
        """Return the layer of one bot, the file `file` beside its domain.yaml."""
        layer = self._own(f"domains/{domain}/{file}")
        return layer or Layer(f"{self._name}/domains/{domain}/{file}", {}, {})

    def measured(self, domain: str, tag: str) -> Layer | None:
        """Return the layer of what was measured of one bot, None where nothing was; raises RecipeError."""
        layer = self._own(f"domains/{domain}/{tag}{SUFFIX}")
        if layer is not None:
            check_measured(layer)
        return layer

    def _is_measured(self, file: str, place: str) -> bool:
        """True for a measured file, which makes no bot; raises RecipeError where it is about no language."""
        stem = file.removesuffix(SUFFIX)
        if well_formed(stem) is None or canonical_tag(stem, self.languages)[0] != stem:
            fix = f"name it after the bot's tag: ko{SUFFIX}"
            raise RecipeError("named after no language", where=f"{place}/{file}", fix=fix)
        return True

    def _both(self, relative: str) -> tuple[Layer, ...]:
        if relative not in self._layers:
            found = [self._packaged(relative), self._own(relative)]
            self._layers[relative] = tuple(layer for layer in found if layer is not None)
        return self._layers[relative]

    def _packaged(self, relative: str) -> Layer | None:
        if self._shipped is None:
            return None
        place = self._shipped
        for part in relative.split("/"):
            place = place.joinpath(part)
        return _read(place.read_bytes(), f"packaged conf/{relative}") if place.is_file() else None

    def _own(self, relative: str) -> Layer | None:
        name = f"{self._name}/{relative}"
        file = self.path / relative
        if file.exists() and not file.is_file() and not file.is_dir():  # a pipe would be waited for without end
            raise RecipeError("is no plain file", where=name, fix="write a file of YAML there")
        try:
            raw = file.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise RecipeError(f"cannot be read: {error.strerror}", where=name, fix="make it readable") from None
        return _read(raw, name)

    def _language_files(self) -> Iterator[str]:
        places: list[Traversable] = [self.path / "languages"]
        if self._shipped is not None:
            places.append(self._shipped.joinpath("languages"))
        for place in places:
            for entry in place.iterdir() if place.is_dir() else ():
                stem, dot, suffix = entry.name.rpartition(".")
                if dot and suffix == "yaml" and not stem.startswith("."):
                    if well_formed(stem) != stem:
                        fix = f"name it {well_formed(stem) or 'after a BCP 47 tag'}"
                        raise RecipeError("not a language tag", where=f"{self._name}/languages/{entry.name}", fix=fix)
                    yield stem


def _read(raw: bytes, name: str) -> Layer:
    """One file of a recipe; raises RecipeError, also where a key has another name now."""
    layer = read_layer(raw, name)
    check_renamed(layer)
    return layer


def _stated_tag(layers: tuple[Layer, ...], tag: str) -> Layer:
    """Return a layer that sets language.tag to the file's own name; raises RecipeError when the file says otherwise."""
    for layer in layers:
        section = layer.data.get("language")
        stated = section.get("tag", tag) if isinstance(section, dict) else tag
        if stated != tag:
            where = layer.where("language.tag")
            raise RecipeError(f"language.tag is {stated!r} in the file of {tag}", where=where, fix="leave the tag out")
    return Layer(layers[-1].name, {"language": {"tag": tag}}, {})


def _display(path: Path) -> str:
    """Return `path` as messages show it: relative when it lies under the current folder."""
    whole, here = os.path.abspath(path), os.getcwd()
    return os.path.relpath(whole, here) if whole.startswith(here.rstrip(os.sep) + os.sep) else str(path)
