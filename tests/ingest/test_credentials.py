"""The key of an installation is made once, whoever comes first, and is for its owner alone."""

import stat
from collections.abc import Callable
from pathlib import Path

from pydantic import SecretStr

from core.settings import Settings
from ingest.credentials import credential_hash


def test_two_ingesters_that_start_at_once_hash_alike(tmp_path: Path, run_together: Callable[..., list[object]]) -> None:
    settings = Settings(data_dir=tmp_path / "new")
    first, second = run_together(*[lambda: credential_hash(settings)("浙A12345")] * 2)
    assert first == second == credential_hash(settings)("浙A12345")
    [kept] = list((tmp_path / "new").iterdir())
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_the_key_of_the_settings_holds_wherever_the_ingester_runs(tmp_path: Path) -> None:
    key = SecretStr("a key that all ingesters have")
    hashes = {credential_hash(Settings(data_dir=tmp_path / name, credential_key=key))("card 4711") for name in ("a", "b")}
    assert len(hashes) == 1
    assert not list(tmp_path.iterdir())
