"""What Home Assistant is shown as a part of Gatehouse, where the settings ask for it."""

from collections.abc import Iterator
from contextlib import contextmanager

from gatehouse.parts import Base, configured_broker
from ingest.embedded_broker import EmbeddedBroker
from ingest.home_assistant.publisher import HomeAssistant, HomeAssistantOptions
from ingest.kinds import all_kinds


@contextmanager
def home_assistant(parts: Base, embedded: EmbeddedBroker | None) -> Iterator[None]:
    """Shows it the devices at the embedded broker, or else the configured one, while the block runs."""
    settings = parts.settings
    if settings.home_assistant_prefix is None:
        yield
        return
    name = f"{settings.mqtt_client_id}-home-assistant"
    sites = settings.home_assistant_sites
    with HomeAssistant(
        db=parts.db,
        listener=parts.listener,
        clock=parts.clock,
        kinds=all_kinds(),
        mqtt_url=embedded.showing_url if embedded else configured_broker(settings),
        options=HomeAssistantOptions(
            prefix=settings.home_assistant_prefix,
            client_id=name if embedded is None else f"{name}-{embedded.session_secret}",
            language=settings.home_assistant_language,
            sites=None if sites is None else frozenset(sites.split(",")),
            base_url=settings.base_url,
        ),
    ):
        yield
