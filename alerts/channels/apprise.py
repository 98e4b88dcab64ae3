"""Chat groups, push and mail through the apprise library: WeCom, DingTalk, Feishu, Bark, ServerChan, mail and others."""

import logging
import re
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from alerts.channels import ChannelKind
from alerts.message import Message
from alerts.transport import TransportError, resolve_host
from core.errors import Invalid
from core.i18n import Text

_LIMIT = 1000
# Services of our users. Not apprise's generic json://, which would be a webhook without our checks, nor its local ones.
_HOSTED = frozenset({"wecombot", "dingtalk", "feishu", "lark", "wxpusher", "schan", "slack", "discord", "tgram", "pover"})
_OWN_HOST = frozenset(
    {"bark", "barks", "pushdeer", "pushdeers", "ntfy", "ntfys", "gotify", "gotifys", "workflows", "mailto", "mailtos"}
)
_PORT = 443  # only to look the name up
_TYPES = {"opened": "failure", "resolved": "success", "closed": "info", "test": "info"}

# Its messages quote addresses with their secrets.
logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)


def check(address: str) -> str:
    """An apprise address of a service we know; the link that a chat robot's settings show is turned into one."""
    address = _from_robot_link(address.strip())
    if len(address) > _LIMIT or _scheme(address) not in _HOSTED | _OWN_HOST:
        raise Invalid("apprise_service", field="address")
    if _service(address) is None:
        raise Invalid("apprise_address", field="address")
    return address


def mask(address: str) -> str:
    """The service; the rest may be a secret."""
    return f"{_scheme(address)}://•••"


def send(address: str, message: Message) -> None:
    """Send title and body. apprise tells only whether it worked, so every failure is worth another try."""
    service = _service(address)
    if service is None:
        raise TransportError("address", permanent=True)
    host = _network_host(address, service)
    if host:
        resolve_host(host, _PORT)
    if not service.notify(title=message.title, body=message.body, notify_type=_TYPES[message.event]):
        raise TransportError("rejected")


def _service(address: str) -> Any:
    """The library's object for an address, None when it cannot read it."""
    import apprise  # takes a second with all its services: paid when the first address is used, not at every start

    service = apprise.Apprise.instantiate(address, asset=apprise.AppriseAsset(http_redirects=False))
    if service is not None:
        # An address may carry its own; a receiver must not hold a delivery up, nor send it elsewhere.
        service.redirects = False
        service.socket_connect_timeout = 5.0
        service.socket_read_timeout = 10.0
    return service


def _network_host(address: str, service: Any) -> str | None:
    """The host such an address leads to, where its user chose it."""
    if _scheme(address) not in _OWN_HOST or getattr(service, "mode", None) == "cloud":
        return None
    host = getattr(service, "smtp_host", None) or service.host
    return str(host) if host else None


def _scheme(address: str) -> str:
    return address.partition("://")[0].lower()


def _from_robot_link(address: str) -> str:
    url = urlsplit(address)
    if url.scheme not in {"http", "https"}:
        return address
    query = {name: values[0] for name, values in parse_qs(url.query).items()}
    hook = re.fullmatch(r"/open-apis/bot/v2/hook/([\w-]+)", url.path)
    if url.hostname == "qyapi.weixin.qq.com" and "key" in query:
        return f"wecombot://{quote(query['key'], safe='')}"
    if url.hostname == "oapi.dingtalk.com" and "access_token" in query:
        return f"dingtalk://{quote(query['access_token'], safe='')}"
    if hook and url.hostname in {"open.feishu.cn", "open.larksuite.com"}:
        return f"{'feishu' if url.hostname == 'open.feishu.cn' else 'lark'}://{hook[1]}"
    return address


KIND = ChannelKind(
    slug="apprise",
    name=Text("Chat group, push or mail", "群机器人、推送或邮件"),
    hint=Text(
        "Paste the link of a WeCom, DingTalk or Feishu group robot, or an apprise address: mailtos://, bark://, schan://, ntfy://…",
        "粘贴企业微信、钉钉或飞书群机器人的 Webhook 链接；也可填写 mailtos://、bark://、schan://、ntfy:// 等 Apprise 地址。"
        "钉钉机器人的自定义关键词请设为“告警”。",
    ),
    example="https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=…",
    check=check,
    mask=mask,
    send=send,
)
