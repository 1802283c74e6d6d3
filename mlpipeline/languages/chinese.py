"""Chinese, and what Japanese shares with it: punctuation of its own, spaces that mean nothing.

No step converts between varieties (软件, 軟體): that is not idempotent, and each variety has bots of its own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from mlpipeline.languages.unicode_steps import Step, many_to_one, replacer, step

_SIGNS = many_to_one({".": "。｡", ",": "、､，", '"': "「」『』《》〈〉｢｣﹁﹂﹃﹄", "(": "【〔〖〘", ")": "】〕〗〙"})
_fold_signs = replacer(_SIGNS)


@step(chars="".join(_SIGNS))
def fold_cjk_punctuation(text: str) -> str:
    """。 becomes a dot, 、 a comma, corner and angle brackets quotes, black brackets round ones."""
    return _fold_signs(text)


_EAST = "ぁ-ゖァ-ヺー々〇一-鿿㐀-䶿"
_between = re.compile(f"(?<=[{_EAST}]) +(?=[{_EAST}])").sub


@step(patterns=(f" [{_EAST}]",))
def join_cjk(text: str) -> str:
    """No spaces between two Chinese characters or kana: 今天 天气 is 今天天气; 用 wifi 上网 keeps its spaces."""
    return _between("", text)


STEPS: Mapping[str, Step] = {"fold_cjk_punctuation": fold_cjk_punctuation, "join_cjk": join_cjk}
