"""Pictures of every page, for people to look at: `make screenshots`, or with ARGS="--only alert" those whose name has it.

Both languages, light and dark, at a desk and on a phone, into screenshots/ with an index.html to look through; and the
pictures of the README into docs/images/.
"""

import argparse
import html
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from core.logs import configure_logs
from tests.showcase import Showcase, running_showcase
from tests.system import CHROMIUM_ARGS

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "screenshots"
LOCALES = {"zh": "zh-CN", "en": "en-GB"}
DESK: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
DEVICES = {"1280": DESK, "390": PHONE}
THEMES = ("light", "dark")
README_PICTURES = {"overview.en.1280.light": "overview.png", "overview.zh.1280.light": "overview.zh.png"}
README_COLOURS = 128

# A list of devices of the demo's compound: what can be registered, and what has to be corrected first.
PLANNED = (
    "设备标识,厂商格式地址,设备类型,名称,台账编号,台账类别,区域,允许静默时长（分钟）,备注",
    "sump-7,,排水监测,7 号集水井,JS-07,,,30,新装",
    ",chirpstack:24e124136b502217,排水监测,地库 B2 水浸传感器,JS-08,排水,,1500,",
    "cam-lobby-9,,cctv,9 号楼大堂摄像机,SX-91,,,,",
    "cam-lobby-10,,cctv,10 号楼大堂摄像机,,,,,",
)
TO_CORRECT = (
    "barrier-east-in,,道闸,东大门入口道闸,,,,,",
    "cam-lobby-11,,摄像头,11 号楼大堂摄像机,SX-92,,西北角,,",
    ",,门禁,,,,,,",
    "8.6123E+14,,cctv,12 号楼大堂摄像机,,,,,",
    "cam-lobby-9,,cctv,9 号楼电梯厅摄像机,,,,很久,",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Picture:
    """A page as `who` sees it, after `do` was done there. `status` is the answer it must have."""

    name: str
    who: str | None
    path: str
    do: Callable[[Page], None] | None = None
    status: int = 200


def main() -> None:
    """Take the pictures."""
    parser = argparse.ArgumentParser(prog="make screenshots", description=__doc__)
    parser.add_argument("--only", default="", help="only pages whose name has this in it")
    only = parser.parse_args().only
    configure_logs(level="CRITICAL")
    FOLDER.mkdir(exist_ok=True)
    with running_showcase() as showcase, _chromium() as chromium:
        wanted = [picture for picture in _pictures(showcase) if only in picture.name]
        for lang in LOCALES:
            for width in DEVICES:
                _take(chromium, showcase, wanted, lang, width)
    _write_index()
    for name, target in README_PICTURES.items():
        if only in name:
            _make_readme_picture(FOLDER / f"{name}.png", ROOT / "docs" / "images" / target)
    print(f"{len(list(FOLDER.glob('*.png')))} pictures: {FOLDER / 'index.html'}")  # noqa: T201 - what the person at the terminal wants


@contextmanager
def _chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM_ARGS)
        yield browser
        browser.close()


def _take(chromium: Browser, showcase: Showcase, pictures: list[Picture], lang: str, width: str) -> None:
    """Each page in both appearances."""
    for who in dict.fromkeys(picture.who for picture in pictures):
        context = chromium.new_context(locale=LOCALES[lang], timezone_id="Asia/Shanghai", **DEVICES[width])
        _sign_in(context, showcase, who)
        page = context.new_page()
        for picture in pictures:
            if picture.who == who:
                page.set_viewport_size(DEVICES[width]["viewport"])
                _show(page, showcase, picture)
                _make_room(page)
                for theme in THEMES:
                    _paint(page, theme)
                    page.screenshot(path=FOLDER / f"{picture.name}.{lang}.{width}.{theme}.png")
        context.close()


def _sign_in(context: BrowserContext, showcase: Showcase, who: str | None) -> None:
    if who is not None:
        name, value = showcase.system.sign_in(showcase.people[who])
        context.add_cookies([{"name": name, "value": value, "url": showcase.system.address}])


def _show(page: Page, showcase: Showcase, picture: Picture) -> None:
    answer = page.goto(showcase.system.address + picture.path)
    if answer is None or answer.status != picture.status:
        raise RuntimeError(f"{picture.name}: {picture.path} answered {answer and answer.status}")
    page.wait_for_function("() => !document.querySelector('[aria-busy=true]')")
    if picture.do is not None:
        picture.do(page)


def _make_room(page: Page) -> None:
    """Let the window be as high as the page, so that what is fixed to its lower edge does not cover the middle."""
    width, height = page.evaluate("() => [innerWidth, Math.max(innerHeight, document.scrollingElement.scrollHeight)]")
    page.set_viewport_size({"width": width, "height": height})


def _paint(page: Page, theme: str) -> None:
    """Choose the appearance as a person does, and let the page draw it."""
    page.evaluate("theme => document.querySelector(`[data-theme-choice=${theme}]`).click()", theme)
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    page.wait_for_function("() => !document.getAnimations().some(each => each instanceof CSSTransition)")


def _pictures(showcase: Showcase) -> list[Picture]:
    """Every page. A page that is new belongs here, too."""
    site = f"/s/{showcase.spec.slug}"
    ids = showcase.find_ids()
    devices, patrol, asset = f"{site}/devices", f"{site}/patrol", f"{site}/assets/{ids['asset']}"
    return [
        Picture(name="login", who=None, path="/login"),
        Picture(name="login-refused", who=None, path="/login", do=_sign_in_wrongly),
        Picture(name="overview", who="manager", path=f"{site}/overview"),
        Picture(name="overview-more", who="manager", path=f"{site}/overview", do=_open_menu),
        Picture(name="overview-regional", who="regional", path=f"{site}/overview"),
        Picture(name="alerts", who="manager", path=f"{site}/alerts"),
        Picture(name="alerts-guard", who="guard", path=f"{site}/alerts"),
        Picture(name="alerts-resolved", who="manager", path=f"{site}/alerts/resolved"),
        Picture(name="alert-open", who="manager", path=f"{site}/alerts/{ids['alert_open']}"),
        Picture(name="alert-acknowledged", who="engineer", path=f"{site}/alerts/{ids['alert_acknowledged']}"),
        Picture(name="alert-resolved", who="engineer", path=f"{site}/alerts/{ids['alert_resolved']}"),
        Picture(name="alert-round", who="manager", path=f"{site}/alerts/{ids['alert_of_round']}"),
        Picture(name="channels", who="manager", path=f"{site}/channels"),
        Picture(name="devices", who="engineer", path=devices),
        Picture(name="devices-down", who="engineer", path=f"{devices}?status=down"),
        Picture(name="devices-nothing", who="engineer", path=f"{devices}?text=nothing-of-this-name"),
        Picture(name="device-gate", who="engineer", path=f"{devices}/barrier-east-in"),
        Picture(name="device-cctv", who="engineer", path=f"{devices}/cam-gate-east"),
        Picture(name="device-door", who="manager", path=f"{devices}/door-main-wicket"),
        Picture(name="device-drainage", who="manager", path=f"{devices}/grease-trap"),
        Picture(name="device-beam", who="leader", path=f"{devices}/beam-south"),
        Picture(name="device-readings", who="engineer", path=f"{devices}/grease-trap/readings"),
        Picture(name="device-events", who="engineer", path=f"{devices}/door-main-wicket/events"),
        Picture(name="device-edit", who="engineer", path=f"{devices}/cam-gate-east/edit"),
        Picture(name="devices-retired", who="engineer", path=f"{site}/retired-devices"),
        Picture(name="device-register", who="engineer", path=f"{site}/register-device?slug=sump-7"),
        Picture(name="devices-register", who="engineer", path=f"{site}/register-devices", do=_open_columns),
        Picture(name="devices-register-refused", who="engineer", path=f"{site}/register-devices", do=_send_no_list),
        Picture(name="devices-register-preview", who="engineer", path=f"{site}/register-devices", do=_send_list(PLANNED)),
        Picture(
            name="devices-register-problems", who="engineer", path=f"{site}/register-devices", do=_send_list(PLANNED + TO_CORRECT)
        ),
        Picture(name="discovered", who="engineer", path=f"{site}/discovered"),
        Picture(name="rejected", who="engineer", path=f"{site}/rejected"),
        Picture(name="device-unmapped", who="engineer", path=f"{devices}/sump-probe"),
        Picture(name="device-fields", who="engineer", path=f"{devices}/sump-probe/fields"),
        Picture(name="device-fields-alone", who="engineer", path=f"{devices}/sump-probe/fields?alone=1", do=_map_wrongly),
        Picture(name="device-fields-none", who="engineer", path=f"{devices}/barrier-east-in/fields"),
        Picture(name="mappings", who="engineer", path=f"{site}/mappings"),
        Picture(name="mappings-none", who="admin", path=f"/s/{showcase.others[0].slug}/mappings"),
        Picture(name="mapping", who="engineer", path=f"{site}/mappings/{ids['mapping']}"),
        Picture(name="mapping-new", who="admin", path=f"{site}/mappings/new?topic=jd-elevator/lift-01/state"),
        Picture(name="mapping-list", who="engineer", path=f"{site}/mappings/new", do=_try_list),
        Picture(name="mapping-refused", who="engineer", path=f"{site}/mappings/new?topic=jd-elevator/lift-01/state", do=_save_form),
        Picture(name="assets", who="engineer", path=f"{site}/assets"),
        Picture(name="asset", who="engineer", path=asset),
        Picture(name="asset-new", who="engineer", path=f"{site}/assets/new"),
        Picture(name="asset-edit", who="engineer", path=f"{asset}/edit"),
        Picture(name="record-new", who="engineer", path=f"{asset}/records/new"),
        Picture(name="record-correct", who="engineer", path=f"{site}/records/{ids['record']}/correct"),
        Picture(name="guard", who="guard", path=f"{site}/guard"),
        Picture(name="guard-wrong-code", who="guard", path=f"{site}/guard", do=_check_in_wrongly),
        Picture(name="guard-menu", who="guard", path=f"{site}/guard", do=_open_guard_menu),
        Picture(name="patrol", who="leader", path=patrol),
        Picture(name="patrol-manager", who="manager", path=patrol),
        Picture(name="round-missed", who="manager", path=f"{patrol}/rounds/{ids['round_missed']}"),
        Picture(name="round-verified", who="leader", path=f"{patrol}/rounds/{ids['round_verified']}"),
        Picture(name="check-ins", who="manager", path=f"{patrol}/check-ins"),
        Picture(name="plan", who="manager", path=f"{patrol}/plan"),
        Picture(name="plan-new", who="manager", path=f"{patrol}/plans/new"),
        Picture(name="plan-edit", who="manager", path=f"{patrol}/plans/{ids['plan']}"),
        Picture(name="route-edit", who="manager", path=f"{patrol}/routes/{ids['route']}"),
        Picture(name="checkpoint-new", who="manager", path=f"{patrol}/checkpoints/new"),
        Picture(name="checkpoint-edit", who="manager", path=f"{patrol}/checkpoints/{ids['checkpoint']}"),
        Picture(name="notices", who="manager", path=f"{site}/notices"),
        Picture(name="notices-closed", who="manager", path=f"{site}/notices/closed"),
        Picture(name="notice", who="manager", path=f"{site}/notices/{ids['notice']}"),
        Picture(name="notice-new", who="manager", path=f"{site}/notices/new"),
        Picture(name="audit-site", who="manager", path=f"{site}/audit"),
        Picture(name="account", who="manager", path="/account"),
        Picture(name="sites", who="regional", path="/sites"),
        Picture(name="sites-admin", who="admin", path="/sites"),
        Picture(name="site-edit", who="admin", path=f"/admin/sites/{showcase.spec.slug}"),
        Picture(name="site-new", who="admin", path="/admin/sites/new"),
        Picture(name="regions", who="admin", path="/admin/regions"),
        Picture(name="people", who="admin", path="/admin/people"),
        Picture(name="person", who="admin", path=f"/admin/people/{showcase.people['engineer']}"),
        Picture(name="person-new", who="admin", path="/admin/people/new"),
        Picture(name="audit", who="admin", path="/admin/audit"),
        Picture(name="system", who="admin", path="/admin/system"),
        Picture(name="rejected-admin", who="admin", path="/admin/rejected"),
        Picture(name="error-not-found", who="manager", path=f"{site}/devices/no-such-device", status=404),
        Picture(name="error-forbidden", who="guard", path=f"{site}/channels", status=403),
    ]


def _sign_in_wrongly(page: Page) -> None:
    page.locator("[name=username]").fill("manager")
    page.locator("[name=password]").fill("not-the-password")
    page.locator(".gh-form button[type=submit]").click()
    page.get_by_role("alert").wait_for()


def _open_menu(page: Page) -> None:
    page.locator("[popovertarget=gh-more]:visible, [popovertarget=gh-account]:visible").first.click()


def _open_guard_menu(page: Page) -> None:
    page.locator(".gh-guard-menu").click()


def _check_in_wrongly(page: Page) -> None:
    page.locator("[name=code]").fill("0000")
    page.locator("#check-in-form button").click()
    page.locator(".gh-result").wait_for()


def _map_wrongly(page: Page) -> None:
    """A factor that is no number, told while it is typed."""
    page.locator("[name=source]").first.fill("probe.distance")
    page.locator("[name=target]").first.select_option("measure:depth")
    page.locator("[name=factor]").first.fill("minus")
    page.locator("#preview .gh-flash").wait_for()


def _save_form(page: Page) -> None:
    """With a name and code that are taken, so that the server refuses it."""
    page.locator("[name=name]").fill("电梯控制器")
    page.locator("[name=slug]").fill("hongyu")
    with page.expect_navigation():
        page.locator("#mapping-form button[type=submit]").click()


def _try_list(page: Page) -> None:
    """A gateway tells of two pumps, and of something that has no number."""
    page.locator("details:has([name=entries_from]) > summary").click()
    for name, value in {"slug": "pumps", "topic_filter": "pumps/+", "device_from": "no", "entries_from": "pumps"}.items():
        page.locator(f"[name={name}]").fill(value)
    page.locator("#try-fold > summary").click()
    page.locator("[name=try_topic]").fill("pumps/gw-1")
    listed = '{"no": "P1", "amps": 4.2}, {"amps": 0}, {"no": "P3", "amps": 3.9}'
    with page.expect_response(lambda response: response.url.endswith("/preview") and "P3" in response.text()):
        page.locator("[name=try_payload]").fill(f'{{"pumps": [{listed}]}}')
    page.locator(".gh-preview-device").first.wait_for()


def _open_columns(page: Page) -> None:
    page.locator("main details > summary").click()


def _send_no_list(page: Page) -> None:
    _send_file(page, "设备编号,备注\n1,西门\n")


def _send_list(lines: Sequence[str]) -> Callable[[Page], None]:
    return lambda page: _send_file(page, "\n".join(lines))


def _send_file(page: Page, text: str) -> None:
    page.locator("[type=file]").set_input_files({"name": "设备.csv", "mimeType": "text/csv", "buffer": text.encode()})
    with page.expect_navigation():
        page.locator("main form button[type=submit]").click()


def _write_index() -> None:
    """A page that shows them side by side: a row for each page, a column for each language, width and appearance."""
    columns = [f"{lang}.{width}.{theme}" for width in DEVICES for lang in LOCALES for theme in THEMES]
    names = sorted({file.name.split(".")[0] for file in FOLDER.glob("*.png")})
    head = "".join(f"<th>{column}</th>" for column in columns)
    rows = "".join(
        f"<tr><th>{html.escape(name)}</th>"
        + "".join(
            f'<td><a href="{name}.{column}.png"><img src="{name}.{column}.png" loading="lazy" alt=""></a></td>'
            for column in columns
        )
        + "</tr>"
        for name in names
    )
    style = "body{font:14px sans-serif;background:#888}img{width:220px}th,td{padding:6px;vertical-align:top;text-align:left}"
    (FOLDER / "index.html").write_text(
        f'<!doctype html><meta charset="utf-8"><title>Gatehouse: every page</title><style>{style}</style>'
        f"<table><tr><th></th>{head}</tr>{rows}</table>",
        encoding="utf-8",
    )


def _make_readme_picture(source: Path, target: Path) -> None:
    """The upper part, with few colours, so that it loads quickly."""
    target.parent.mkdir(exist_ok=True)
    with Image.open(source) as picture:
        width, height = picture.size
        part = picture.convert("RGB").crop((0, 0, width, min(height, width * 3 // 4)))
        part.quantize(README_COLOURS).save(target, optimize=True)


if __name__ == "__main__":
    main()
