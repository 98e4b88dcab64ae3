"""Which part of what is sent an ingester takes, where several divide it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from core.settings import Settings
from ingest.model import Format
from ingest.topics import subscriptions


@dataclass(frozen=True, kw_only=True, slots=True)
class Assignment:
    """`sites`: the short names of its own; empty: all. `vendor_topics`: whether also topics that name no site."""

    sites: frozenset[str] = frozenset()
    vendor_topics: bool = True

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """What the settings say."""
        vendor_topics = settings.ingest_vendor_topics
        return cls(
            sites=frozenset(settings.ingest_sites),
            vendor_topics=not settings.ingest_sites if vendor_topics is None else vendor_topics,
        )

    def has(self, site: str) -> bool:
        """Whether that site is ours."""
        return not self.sites or site in self.sites

    def filters(self, formats: Mapping[str, Format], *, everything: bool = False) -> tuple[str, ...]:
        """What to subscribe to. `everything`: where all of it is ours, by one subscription instead of many."""
        if everything and not self.sites and self.vendor_topics:
            return ("#",)
        return subscriptions(formats, self.sites, vendors=self.vendor_topics)
