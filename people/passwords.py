"""Passwords: what is good enough, and the only place that hashes them."""

import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from core.errors import Invalid, Unavailable

MIN_LENGTH = 10
MAX_LENGTH = 200

# OWASP's second choice. Each hash needs this much memory, so on a small computer only a few are made at a time.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_AT_ONCE = BoundedSemaphore(4)
_WAIT_SECONDS = 10

# Of the lists of leaked passwords, the frequent ones that are long enough; compared without capitals.
_COMMON = frozenset({
    "0123456789", "0987654321", "1234567890", "12345678910", "123456789a", "1234567891", "1234567899", "9876543210",
    "1111111111", "0000000000", "1234512345", "1122334455", "1357924680", "147258369a", "1472583690", "1q2w3e4r5t",
    "1q2w3e4r5t6y", "1qaz2wsx3edc", "1qazxsw23edc", "a123456789", "aa12345678", "aa123456789", "abc1234567", "abc123456789",
    "abcd123456", "abcd1234567", "abcdefghij", "admin12345", "admin123456", "administrator", "asd123456789", "asdfghjkl1",
    "asdfghjkl123", "changeme123", "dragon12345", "football123", "gatehouse1", "gatehouse123", "iloveyou12", "iloveyou123",
    "iloveyou1314", "letmein123", "password01", "password10", "password11", "password12", "password123", "password1234",
    "passw0rd123", "p@ssw0rd123", "princess12", "q123456789", "q1w2e3r4t5", "q1w2e3r4t5y6", "qazwsxedc1", "qazwsxedc123",
    "qq123456789", "qwer123456", "qwerty1234", "qwerty12345", "qwerty123456", "qwertyuiop", "qwertyuiop1", "qwertyuiop123",
    "root123456", "superman12", "system123456", "test123456", "welcome123", "woaini1314", "woaini1314520", "woaini520",
    "woaini5201314", "woaiwojia1", "wang123456", "zhang123456", "z123456789", "zxcvbnm123", "zxcvbnm1234", "5201314520",
})  # fmt: skip


def check_password(password: str, *, username: str, field: str = "password") -> None:
    """Raise Invalid, naming `field`, when it would be guessed soon."""
    text = _normal(password)
    if len(text) < MIN_LENGTH:
        raise Invalid("password_short", field=field, limit=MIN_LENGTH)
    if len(text) > MAX_LENGTH:
        raise Invalid("password_long", field=field, limit=MAX_LENGTH)
    folded = text.casefold()
    if folded in {username, username * 2, username[::-1]}:
        raise Invalid("password_is_username", field=field)
    if folded in _COMMON or len(set(folded)) < 4:
        raise Invalid("password_common", field=field)


def hash_password(password: str) -> str:
    """A salted argon2id hash; 20 to 50 ms of work."""
    with _turn():
        return _hasher.hash(_normal(password))


def verify_password(password_hash: str | None, password: str) -> bool:
    """Whether it is the one. None (there is no such person) takes as long and is False."""
    if len(password) > MAX_LENGTH:
        return False
    with _turn():
        try:
            _hasher.verify(password_hash or _nobodys_hash(), _normal(password))
        except (VerificationError, InvalidHashError):
            return False
    return password_hash is not None


def needs_rehash(password_hash: str) -> bool:
    """Whether it was made with other parameters than today's."""
    return _hasher.check_needs_rehash(password_hash)


def _normal(password: str) -> str:
    # A Chinese keyboard types １２３ where another types 123.
    return unicodedata.normalize("NFKC", password)


@cache
def _nobodys_hash() -> str:
    return _hasher.hash("nobody's password")


@contextmanager
def _turn() -> Iterator[None]:
    """One of the few places where a hash is being made."""
    if not _AT_ONCE.acquire(timeout=_WAIT_SECONDS):
        raise Unavailable
    try:
        yield
    finally:
        _AT_ONCE.release()
