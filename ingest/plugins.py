"""Finds what is declared one file each in a folder: device kinds, message formats."""

import pkgutil
from collections.abc import Collection, Mapping
from importlib import import_module
from types import ModuleType
from typing import Protocol, TypeVar


class Declared(Protocol):
    """A declaration is found under its slug."""

    @property
    def slug(self) -> str:
        """Unique within its folder."""


T = TypeVar("T", bound=Declared)


class DeclarationError(Exception):
    """A file of the folder declares nothing, or a slug that is taken: found at start, never in operation."""


def collect(package: ModuleType, name: str, type_: type[T], *, helpers: Collection[str] = ()) -> Mapping[str, T]:
    """`slug → declaration` of every module in `package`, in the order of their file names.

    Each module but the `helpers` must hold a `type_` called `name`. Folders are passed over.
    """
    found: dict[str, T] = {}
    for module_name in sorted(module.name for module in pkgutil.iter_modules(package.__path__) if not module.ispkg):
        if module_name in helpers:
            continue
        declared = getattr(import_module(f"{package.__name__}.{module_name}"), name, None)
        if not isinstance(declared, type_):
            raise DeclarationError(f"{package.__name__}.{module_name} declares no {name} of type {type_.__name__}")
        if declared.slug in found:
            raise DeclarationError(f"{package.__name__}.{module_name}: the slug {declared.slug} is taken")
        found[declared.slug] = declared
    return found
