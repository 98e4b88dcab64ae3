"""The session an ingester has with its broker, once it is not needed any more."""

import ssl

from paho.mqtt.client import Client, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.reasoncodes import ReasonCode

from ingest.broker_url import BrokerAddress, parse_broker_urls

_TIMEOUT = 10.0
_KEEPALIVE = 5  # seconds; a broker that does not answer within is given up


class SessionError(OSError):
    """The session could not be ended; the message says why."""


def end_session(url: str, client_id: str) -> None:
    """The broker forgets the subscriptions of `client_id` and what it keeps for them; who is connected by it is thrown out.

    Raises OSError when the broker is not reached or refuses us.
    """
    address = parse_broker_urls(url)[0]
    client = _client(address, client_id)
    answers: list[ReasonCode] = []

    def on_connect(_: Client, __: object, ___: object, reason: ReasonCode, ____: object) -> None:
        answers.append(reason)
        client.disconnect()

    client.on_connect = on_connect
    client.connect(address.host, address.port, keepalive=_KEEPALIVE)
    while client.loop() == MQTTErrorCode.MQTT_ERR_SUCCESS:
        pass
    if not answers or answers[0].is_failure:
        raise SessionError(f"GATEHOUSE_MQTT_URL: the broker refuses us: {answers[0] if answers else 'no answer'}")


def _client(address: BrokerAddress, client_id: str) -> Client:
    client = Client(CallbackAPIVersion.VERSION2, client_id=client_id, protocol=MQTTv311, clean_session=True)
    client.connect_timeout = _TIMEOUT
    if address.username is not None:
        client.username_pw_set(address.username, address.password)
    if address.tls:
        client.tls_set_context(ssl.create_default_context())
    return client
