"""Fonts for plots in eight languages: found on the machine when they are needed, checked letter by letter."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

# What a plot may have to show, with letters that prove it. Simplified and traditional Chinese share code points with
# Japanese, but not these.
SAMPLES = {
    "Latin": "abcäöü",
    "Vietnamese": "ăđơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ",
    "Korean": "가힣한글",
    "Japanese": "あんアンー々峠",
    "Chinese (simplified)": "简体汉语们龙",
    "Chinese (traditional)": "繁體漢語們龍",
    "Thai": "กฮะิีึืุู็่้๊๋์เแโใไ๐๙",
}
# Parts of file names, the best first; a name that covers several scripts keeps letters alike.
_HINTS = (
    *("notosanscjk", "sourcehansans", "notosanskr", "notosansjp", "notosanssc", "notosanstc"),
    *("nanumgothic", "applesdgothicneo", "malgun", "ipaexg", "takao", "hiragino", "yugoth", "meiryo"),
    *("pingfang", "wqy", "msyh", "msjh", "droidsansfallback", "arialunicode", "arial unicode", "unifont"),
    *("notosansthai", "notoloopedthai", "sarabun", "garuda", "loma", "thonburi", "tahoma", "leelawad"),
)
_FIX = (
    "Debian, Ubuntu: apt-get install fonts-noto-cjk fonts-noto-core; Fedora: dnf install google-noto-sans-cjk-fonts "
    "google-noto-sans-thai-fonts; without root: put a .ttf or .otf file into ~/.local/share/fonts. Then run this again"
)


def use_fonts(folders: Sequence[str] | None = None) -> str:
    """Makes matplotlib draw every script that the machine has a font for; gives one line about it.

    Args:
        folders: where to look; None: where the system keeps its fonts.
    """
    from matplotlib import font_manager, rcParams

    places = None if folders is None else list(folders)
    files = sorted(font_manager.findSystemFonts(places)) if places is None or places else []
    bundled = font_manager.findfont("DejaVu Sans")
    chosen, missing = choose_fonts([bundled, *files])
    families = []
    for path in chosen:
        font_manager.fontManager.addfont(path)
        families.append(font_manager.FontProperties(fname=path).get_name())
    rcParams["font.family"] = list(dict.fromkeys(families))
    told = f"fonts: {', '.join(dict.fromkeys(families))}"
    return told + (f"; no font for {', '.join(missing)}, so boxes are drawn -> {_FIX}" if missing else "")


def choose_fonts(files: Sequence[str]) -> tuple[list[str], list[str]]:
    """The fewest files that were found to cover all scripts, and the scripts that none covers.

    Args:
        files: font files; the first is always taken. Files whose names promise much are opened first.
    """
    chosen = list(files[:1])
    covered: set[str] = set()
    for path in chosen:
        covered |= _scripts(path, SAMPLES)
    for path in sorted(files[1:], key=_promise):
        wanted = [script for script in SAMPLES if script not in covered]
        if not wanted:
            break
        found = _scripts(path, wanted)
        if found:
            chosen.append(path)
            covered |= found
    return chosen, [script for script in SAMPLES if script not in covered]


def _promise(path: str) -> tuple[int, int, str]:
    name = Path(path).name.lower().replace("-", "").replace("_", "")
    hint = next((number for number, word in enumerate(_HINTS) if word in name), len(_HINTS))
    # Of one family, the upright and normal one.
    return hint, 0 if "regular" in name or "medium" in name else 1, path


def _scripts(path: str, wanted: Iterable[str]) -> set[str]:
    from matplotlib.ft2font import FT2Font

    try:
        font = FT2Font(path)
    except (OSError, RuntimeError):
        return set()
    return {script for script in wanted if all(font.get_char_index(ord(letter)) for letter in SAMPLES[script])}
