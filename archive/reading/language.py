"""Which language a text is in: what a model hears in it, checked against what the page says."""

import re
from functools import cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

SAMPLE, GLANCE = 1_000, 400  # letters that are listened to; and those that do where the model is sure of them
AGREED = 150  # letters that do where it is sure of them and the page says the same
SURE = 0.99  # on two pages of 964 the rest of the sample said otherwise: both were in two languages
SHORT = 200  # letters below which the page's own word counts more
PRIMARY = re.compile(r"[a-z]{2,3}")


@cache
def _identifier() -> LanguageIdentifier:
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def language_of(text: str, declared: str) -> tuple[str | None, str]:
    """Return (two- or three-letter code, what decided: `text` or `declared`); declared labels are wrong on 1 page in 9.

    >>> language_of("Die Fähre fährt am Dienstag wieder, sagte der Hafenmeister.", "en-US")
    ('de', 'text')
    """
    found = PRIMARY.match(declared.lower().strip())
    label = found.group() if found else None
    sample = text[:SAMPLE]
    if not any(c.isalpha() for c in sample):
        return label, "declared"
    code, confidence = _heard(sample, label)
    if label and (label == code or (len(sample) < SHORT and confidence < 0.9)):
        return label, "declared" if label != code else "text"
    return code, "text"


def _heard(sample: str, label: str | None) -> tuple[str, float]:
    if label and len(sample) > GLANCE:
        code, confidence = _identifier().classify(sample[:AGREED])
        if code == label and confidence >= SURE:
            return str(code), confidence
    code, confidence = _identifier().classify(sample[:GLANCE])
    if confidence < SURE and len(sample) > GLANCE:
        code, confidence = _identifier().classify(sample)
    return str(code), confidence
