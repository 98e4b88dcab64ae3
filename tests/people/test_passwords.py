"""What a password must be, and how it is kept."""

import pytest
from argon2 import PasswordHasher

from core.errors import Invalid
from people.passwords import check_password, hash_password, needs_rehash, verify_password


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("short-one", "password_short"),
        ("x" * 201, "password_long"),
        ("chenjing.wutong", "password_is_username"),
        ("ChenJing.Wutong", "password_is_username"),
        ("Password123", "password_common"),
        ("woaini1314520", "password_common"),
        ("１２３４５６７８９０", "password_common"),
        ("abababababab", "password_common"),
    ],
)
def test_a_password_that_would_be_guessed_is_refused(password: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_password(password, username="chenjing.wutong", field="new")
    assert (refused.value.code, refused.value.field) == (code, "new")


@pytest.mark.parametrize("password", ["correct horse", "梅兰竹菊松柏桂荷莲杏", "x7!kQ2#pLm"])
def test_a_good_password_is_accepted(password: str) -> None:
    check_password(password, username="wang")


def test_only_the_right_password_verifies() -> None:
    kept = hash_password("mei-lan-zhu-ju")
    assert kept.startswith("$argon2id$")
    assert kept != hash_password("mei-lan-zhu-ju"), "salted"
    assert verify_password(kept, "mei-lan-zhu-ju")
    assert not verify_password(kept, "mei-lan-zhu-jU")
    assert not verify_password("not a hash", "mei-lan-zhu-ju")
    assert not verify_password(None, "nobody's password")
    assert not verify_password(kept, "x" * 10_000)


def test_full_width_letters_of_a_chinese_keyboard_are_the_same_password() -> None:
    assert verify_password(hash_password("ｍｅｉ－ｌａｎ１２３"), "mei-lan123")


def test_a_hash_with_other_parameters_is_to_be_made_anew() -> None:
    assert needs_rehash(PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1).hash("mei-lan-zhu-ju"))
    assert not needs_rehash(hash_password("mei-lan-zhu-ju"))
