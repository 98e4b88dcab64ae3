"""HTTP POST of a JSON object, for programs: a duty desk, a ticket system, a script of the compound."""

import json
import ssl
from functools import cache
from http import HTTPStatus
from typing import Any

import httpx

from alerts.channels import ChannelKind
from alerts.message import Message
from alerts.transport import TransportError, resolve_host
from core.errors import Invalid
from core.i18n import Text

_LIMIT = 1000
_TIMEOUT = httpx.Timeout(10, connect=5)
_PORTS = {"http": 80, "https": 443}
_TRY_AGAIN = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS})
# They answer 200 to JSON they do not understand, so nobody would notice that nothing arrives.
_CHAT_ROBOTS = (
    "qyapi.weixin.qq.com",
    "oapi.dingtalk.com",
    "open.feishu.cn",
    "open.larksuite.com",
    "hooks.slack.com",
    "discord.com",
)


def check(address: str) -> str:
    """An http or https URL with a host."""
    try:
        url = httpx.URL(address.strip())
    except httpx.InvalidURL:
        raise Invalid("webhook_address", field="address") from None
    if url.scheme not in _PORTS or not url.host or len(str(url)) > _LIMIT:
        raise Invalid("webhook_address", field="address")
    if url.host in _CHAT_ROBOTS:
        raise Invalid("webhook_is_chat_robot", field="address")
    return str(url)


def mask(address: str) -> str:
    """Scheme and host; path, query and password may be secrets."""
    url = httpx.URL(address)
    port = f":{url.port}" if url.port else ""
    rest = "/•••" if url.raw_path != b"/" else ""
    return f"{url.scheme}://{url.host}{port}{rest}"


def send(address: str, message: Message) -> None:
    """POST it. Any 2xx is an arrival; redirects are not followed."""
    url = httpx.URL(address)
    pinned = url.copy_with(host=resolve_host(url.host, url.port or _PORTS[url.scheme]))
    headers = {
        "Host": url.netloc.decode(),
        "Content-Type": "application/json; charset=utf-8",
        "Idempotency-Key": message.idempotency_key,
        "User-Agent": "Gatehouse",
    }
    content = json.dumps(payload(message), ensure_ascii=False).encode()
    try:
        with (
            httpx.Client(timeout=_TIMEOUT, trust_env=False, verify=_tls()) as client,
            # streamed, so that nothing is read of an answer without end
            client.stream("POST", pinned, content=content, headers=headers, extensions={"sni_hostname": url.host}) as response,
        ):
            status = response.status_code
    except httpx.TimeoutException:
        raise TransportError("timeout") from None
    except httpx.HTTPError as error:
        raise TransportError("encryption" if _is_tls(error) else "unreachable") from None
    _judge(status)


def payload(message: Message) -> dict[str, Any]:
    """The JSON object. Times are RFC 3339 in UTC; in a test, what belongs to an alert is null."""
    alert = message.alert
    return {
        "event": message.event,
        "site": message.site.slug,
        "site_name": message.site.name,
        "alert": alert.id if alert else None,
        "rule": alert.rule if alert else None,
        "severity": alert.severity if alert else None,
        "subject": alert.subject if alert else None,
        "subject_name": alert.subject_name if alert else None,
        "place": alert.place if alert else None,
        "since": alert.since.isoformat() if alert else None,
        "opened_at": alert.opened_at.isoformat() if alert else None,
        "acknowledged_by": alert.acknowledged_by_name if alert else None,
        "resolved_at": alert.resolved_at.isoformat() if alert and alert.resolved_at else None,
        "resolved_by": alert.resolved_by_name if alert else None,
        "resolution": alert.resolution if alert else None,
        "facts": alert.facts if alert else None,
        "title": message.title,
        "body": message.body,
        "url": message.url,
        "sent_at": message.sent_at.isoformat(),
    }


def _judge(status: int) -> None:
    if HTTPStatus(200) <= status < HTTPStatus(300):
        return
    if HTTPStatus(300) <= status < HTTPStatus(400):
        raise TransportError("redirect", permanent=True)
    client_error = HTTPStatus(400) <= status < HTTPStatus(500)
    raise TransportError("status", str(status), permanent=client_error and status not in _TRY_AGAIN)


def _is_tls(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return True
        error = error.__cause__ or error.__context__
    return False


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


KIND = ChannelKind(
    slug="webhook",
    name=Text("Webhook (for programs)", "Webhook（对接程序）"),
    hint=Text(
        "Each alert is posted as JSON to this address. Receivers on the compound's own network are fine.",
        "每条告警以 JSON 形式推送到该地址，可以是小区内网的接收程序。",
    ),
    example="https://duty.example.com/gatehouse",
    check=check,
    mask=mask,
    send=send,
)
