"""The words that matter in a text: for searching, and for comparing."""

import re
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache

_WORD = re.compile(r"[^\W\d_][\w’'-]*", re.UNICODE)
STOP = frozenset(
    ["a", "about", "above", "after", "again", "all", "also", "am", "an", "and", "any", "are", "as", "ask", "at", "be", "because", "been", "before", "being", "but", "by", "can", "cannot", "could", "did", "do", "does", "doing", "done", "dear", "else", "even", "ever", "every", "few", "for", "from", "get", "give", "go", "good", "got", "had", "has", "have", "having", "he", "hello", "her", "here", "hers", "hi", "him", "his", "how", "however", "i", "if", "in", "into", "is", "it", "its", "just", "kind", "know", "let", "like", "made", "make", "many", "may", "me", "might", "more", "most", "much", "must", "my", "need", "never", "no", "nor", "not", "now", "of", "off", "ok", "on", "once", "one", "only", "or", "other", "our", "out", "over", "own", "per", "please", "put", "quite", "really", "regards", "said", "same", "say", "see", "send", "sent", "she", "should", "since", "so", "some", "still", "such", "sure", "take", "tell", "than", "thank", "thanks", "that", "the", "their", "them", "then", "there", "these", "they", "thing", "this", "those", "though", "through", "to", "told", "too", "two", "under", "until", "up", "upon", "us", "use", "very", "via", "want", "was", "way", "we", "week", "well", "went", "were", "what", "when", "where", "which", "while", "who", "whom", "whose", "why", "will", "wish", "with", "within", "without", "would", "yes", "yet", "you", "your", "yours", "i'm", "i've", "don't", "didn't", "can't", "won't", "isn't", "it's", "der", "die", "das", "den", "dem", "des", "ein", "eine", "einer", "eines", "und", "oder", "aber", "ich", "wir", "sie", "er", "es", "ist", "sind", "war", "waren", "hat", "haben", "habe", "nicht", "mit", "von", "zu", "zum", "zur", "auf", "für", "im", "in", "an", "am", "bei", "als", "auch", "noch", "nur", "schon", "wie", "was", "wenn", "dass", "bitte", "danke", "hallo", "de", "het", "een", "en", "of", "maar", "ik", "wij", "we", "zij", "hij", "ze", "is", "zijn", "was", "waren", "heeft", "hebben", "niet", "met", "van", "te", "op", "voor", "in", "aan", "bij", "als", "ook", "nog", "maar", "al", "hoe", "wat", "wanneer", "dat", "graag", "bedankt", "hallo", "mijn", "le", "la", "les", "un", "une", "des", "du", "et", "ou", "mais", "je", "nous", "vous", "il", "elle", "ils", "est", "sont", "était", "a", "ont", "pas", "avec", "de", "à", "au", "aux", "pour", "dans", "sur", "par", "que", "qui", "ce", "cette", "ces", "mon", "ma", "mes", "bonjour", "merci", "el", "los", "las", "una", "y", "o", "pero", "yo", "nosotros", "usted", "es", "son", "era", "ha", "han", "no", "con", "del", "al", "para", "en", "por", "que", "este", "esta", "mi", "hola", "gracias"]
)


def words(text: str) -> list[str]:
    """The words of `text`, lower case, in order."""
    return list(_words(text))


@lru_cache(maxsize=2048)
def _words(text: str) -> tuple[str, ...]:
    return tuple(m.group().lower().strip("'’-") for m in _WORD.finditer(text))


@lru_cache(maxsize=4096)
def stem(word: str) -> str:
    """A word without its commonest English endings, so that "refunds" meets "refunded"."""
    for ending in ("ations", "ation", "ings", "ing", "ies", "ied", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    return word


def key_terms(text: str, limit: int = 6, *, skip: Iterable[str] = ()) -> list[str]:
    """The words that say most about `text`: frequent, long, early. Names of months and greetings do not count."""
    skipped = STOP | {w.lower() for w in skip}
    listed = [w for w in words(text) if len(w) > 2 and w not in skipped]
    first = {w: i for i, w in reversed(list(enumerate(listed)))}
    counts = Counter(listed)
    rank = sorted(counts, key=lambda w: (-counts[w] * (1 + min(len(w), 10) / 10), first[w]))
    return rank[:limit]


def query(*parts: str, limit: int = 8) -> str:
    """A search query: the key terms of each part, earlier parts first, each word once."""
    share = max(2, limit // max(1, len(parts)))
    chosen = [term for part in parts for term in key_terms(part, share)]
    return " ".join(list(dict.fromkeys(chosen))[:limit])


def overlap(one: str, other: str) -> float:
    """How much of `one`'s vocabulary stands in `other`, 0 to 1."""
    mine, theirs = ({stem(w) for w in words(t) if w not in STOP and len(w) > 2} for t in (one, other))
    return len(mine & theirs) / len(mine) if mine else 0.0
