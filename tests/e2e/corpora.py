"""Small bots for the end-to-end tests: two domains in two languages, 120 rows each, learnt in three epochs."""

from __future__ import annotations

import json
from pathlib import Path

_PHRASES = {
    "en": {
        "hours": ("when do you open", "opening hours", "are you open", "what time do you close"),
        "parcel": ("where is my parcel", "track my order", "my package is late", "delivery status"),
        "refund": ("I want my money back", "refund please", "how do I return this", "send the item back"),
        "human": ("talk to a person", "connect me to an agent", "I need a human", "customer service please"),
    },
    "ko": {
        "hours": ("몇 시에 열어요", "영업 시간 알려줘", "지금 문 열었나요", "몇 시에 닫아요"),
        "parcel": ("택배 어디쯤 왔어요", "주문 배송 조회", "소포가 늦어요", "배송 상태 알려줘"),
        "refund": ("환불해 주세요", "돈 돌려받고 싶어요", "반품 어떻게 해요", "물건 다시 보낼래요"),
        "human": ("상담원 연결해 줘", "사람이랑 얘기할래요", "고객센터 부탁해요", "상담사 바꿔 주세요"),
    },
    "fr": {
        "hours": ("à quelle heure ouvrez-vous", "vos horaires", "êtes-vous ouverts", "quand fermez-vous"),
        "parcel": ("où est ma commande", "suivre mon colis", "mon paquet est en retard", "état de la livraison"),
        "refund": ("je veux être remboursé", "rendez-moi mon argent", "comment le renvoyer", "retourner un article"),
        "human": ("parler à quelqu'un", "un conseiller", "j'ai besoin d'une personne", "le service client"),
    },
}
_TAILS = {
    "en": ("", " today", " please", " on Sunday", " now", " for order 7", " thanks", " quickly"),
    "ko": ("", " 오늘", " 부탁해요", " 일요일에", " 지금", " 주문 7번", " 고마워요", " 빨리"),
    "fr": ("", " aujourd'hui", " s'il vous plaît", " dimanche", " maintenant", " pour le 7", " merci", " vite"),
}


def rows(lang: str, domain: str, count: int = 120) -> list[dict[str, str]]:
    """Labelled rows of a bot; domains share phrases, but not the last word."""
    made = []
    for number in range(count):
        intents = list(_PHRASES[lang].items())
        intent, phrases = intents[number % len(intents)]
        turn = number // len(intents)
        tail = _TAILS[lang][turn // len(phrases) % len(_TAILS[lang])]
        made.append({"text": f"{phrases[turn % len(phrases)]}{tail} {domain}", "intent": intent})
    return made


def write_rows(path: Path, made: list[dict[str, str]]) -> None:
    """The rows as JSONL."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in made), "utf-8")


def write_project(
    home: Path, domains: tuple[str, ...] = ("shop", "bank"), langs: tuple[str, ...] = ("en", "ko")
) -> Path:
    """`conf/` and `corpora/` below a folder, as a user has them; gives the conf folder."""
    for domain in domains:
        folder = home / "conf" / "domains" / domain
        folder.mkdir(parents=True)
        lines = [f"languages: [{', '.join(langs)}]", "ingest:", '  files: ["corpora/{domain}/{lang}.jsonl"]']
        lines += ["train: {epochs: 3, min_steps: 60}", "evaluate: {bootstrap: 20}", "export: {targets: [onnx]}"]
        gate = "{min_accuracy: 0.2, min_macro_f1: 0.2, max_ece: 1.0, max_drop_from_champion: null}"
        lines += ["release:", f"  gate: {gate}", ""]
        (folder / "domain.yaml").write_text("\n".join(lines), "utf-8")
        for lang in langs:
            write_rows(home / "corpora" / domain / f"{lang}.jsonl", rows(lang, domain))
    return home / "conf"
