"""In which language the caller is answered."""

from fastapi import Request

from core.i18n import Language, choose_language

LANGUAGE_COOKIE = "lang"


def language_of(request: Request) -> Language:
    """The language of the person's account, else the one chosen on this device, else the browser's."""
    return choose_language(
        getattr(request.state, "language", None),
        request.cookies.get(LANGUAGE_COOKIE),
        request.headers.get("accept-language"),
    )
