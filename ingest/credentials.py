"""What a card, a plate or a face is kept as: the same one is seen to be the same, and nobody can tell which it is."""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from core.settings import Settings

CredentialHash = Callable[[str], str]

_KEY_BYTES = 32


def keyed_hash(key: bytes) -> CredentialHash:
    """HMAC-SHA-256 of a credential, its first 64 bits in hexadecimal. Without the key no list of plates can be tried on it."""
    return lambda credential: hmac.new(key, credential.encode(), hashlib.sha256).hexdigest()[:16]


def new_hash() -> CredentialHash:
    """By a key of its own, that nobody else has and nobody keeps."""
    return keyed_hash(secrets.token_bytes(_KEY_BYTES))


def credential_hash(settings: Settings) -> CredentialHash:
    """By the key of the settings; else by one that is made once and kept in the data folder, for its owner alone."""
    if settings.credential_key is not None:
        return keyed_hash(settings.credential_key.get_secret_value().encode())
    return keyed_hash(_kept_key(settings.data_dir / "credential.key"))


def _kept_key(path: Path) -> bytes:
    """Whoever comes first makes it; nobody sees it half written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        made = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
        made.touch(mode=0o600)
        made.write_text(secrets.token_hex(_KEY_BYTES), encoding="ascii")
        with suppress(FileExistsError):
            path.hardlink_to(made)
        made.unlink()
    return path.read_bytes()
