"""Many devices from one file, as an engineer's browser sends it: looked through first, then all of them or none."""

import csv
import io
import re
from collections.abc import Callable, Iterable, Sequence
from html import unescape

import httpx
import openpyxl
import pytest

from assets.models import Site
from assets.queries.devices import get_device_by_slug, list_devices
from assets.queries.ledger import list_asset_refs
from ingest.formats import vendor_formats
from store.db import Database
from tests.cast import Cast, Member
from tests.ledger import Ledger
from web.device_sheet.read import MAX_FILE_BYTES

SignedIn = Callable[[Member], httpx.Client]
PAGE = "/s/wutong/register-devices"
CHINESE = ("设备标识", "厂商格式地址", "设备类型", "名称", "台账编号", "台账类别", "区域", "允许静默时长（分钟）")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pytest.fixture
def zhao(signed_in: SignedIn, cast: Cast) -> httpx.Client:
    """The engineer's browser, set to Chinese, which sends no header: only what forms hold."""
    browser = signed_in(cast.zhao)
    del browser.headers["x-csrf-token"]
    browser.headers["accept-language"] = "zh"
    return browser


def excel(lines: Iterable[Sequence[object]]) -> bytes:
    book = openpyxl.Workbook()
    for line in lines:
        book.active.append(list(line))
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def hidden(page: httpx.Response, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]* value="([^"]*)"', page.text)
    assert found is not None, name
    return unescape(found[1])


def send(browser: httpx.Client, data: bytes, name: str = "设备.xlsx") -> httpx.Response:
    token = hidden(browser.get(PAGE), "csrf_token")
    return browser.post(PAGE, data={"csrf_token": token}, files={"file": (name, data)})


def confirm(browser: httpx.Client, preview: httpx.Response, **fields: str) -> httpx.Response:
    sent = {"csrf_token": hidden(preview, "csrf_token"), "rows": hidden(preview, "rows"), **fields}
    return browser.post(f"{PAGE}/confirm", files={name: (None, value) for name, value in sent.items()})


def slugs(db: Database, site: Site) -> list[str]:
    with db.transaction() as conn:
        return [device.slug for device in list_devices(conn, site.id)]


def problems(page: httpx.Response) -> list[tuple[int, str]]:
    """Row by row what the page says is wrong."""
    rows = re.findall(r'<tr id="row-(\d+)">(.*?)</tr>', page.text, re.DOTALL)
    found = ((int(number), re.findall(r'gh-field-error">.*?<span>(.*?)</span>', row, re.DOTALL)) for number, row in rows)
    return [(number, unescape(text)) for number, texts in found for text in texts]


def test_forty_devices_of_one_excel_file(zhao: httpx.Client, db: Database, wutong: Site, ledger: Ledger, inboxes: None) -> None:
    cameras = [(f"cam-{n}", None, "监控摄像机", f"{n} 号摄像机", f"SX-{n:02}", None, "东大门", None) for n in range(7, 45)]
    meter = (None, "chirpstack:24e124136b502217", "drainage", "雨水井", None, None, None, 90.0)
    switch = ("switch-1", None, "网关与主机", 5.0, "WL-01", None, None, None)
    preview = send(zhao, excel([CHINESE, *cameras, (), meter, switch]))
    assert preview.status_code == 200
    assert "登记 40 台设备" in preview.text
    assert slugs(db, wutong) == ["dz-01"]

    done = confirm(zhao, preview)
    assert done.headers["location"] == "/s/wutong/devices?registered=40"
    assert "已登记 40 台设备" in zhao.get(done.headers["location"]).text
    assert "没有待登记的设备" in zhao.get("/s/wutong/discovered").text

    with db.transaction() as conn:
        devices = {device.slug: device for device in list_devices(conn, wutong.id)}
        assets = {asset.code: asset for asset in list_asset_refs(conn, wutong.id)}
        audited = conn.execute("SELECT count(*) FROM audit_entry WHERE action = 'device.registered'")
        assert audited.fetchone() == (41,)
    assert len(devices) == 41
    assert (assets["SX-07"].name, assets["SX-07"].category, assets["SX-07"].area_name) == ("7 号摄像机", "cctv", "东大门")
    assert devices["cam-7"].asset_id == assets["SX-07"].id
    assert (devices["switch-1"].name, devices["switch-1"].asset_id) == ("5", ledger.switch.id)
    [meter_slug] = devices.keys() - {"dz-01", "switch-1", *(f"cam-{n}" for n in range(7, 45))}
    assert meter_slug == "chirpstack-24e124136b502217"
    assert devices[meter_slug].address == "chirpstack:24e124136b502217"
    assert str(devices[meter_slug].silent_after) == "1:30:00"


def test_problems_are_told_at_their_cells_and_nothing_is_registered(
    zhao: httpx.Client, db: Database, wutong: Site, ledger: Ledger
) -> None:
    lines = [
        CHINESE,
        ("cam-1", None, "cctv", "一号", None, None, None, None),
        ("cam-2", None, "摄像头", "二号", "SX-2", "无此类", "西门", "很久"),
        (None, None, "cctv", None, None, None, "东大门", None),
        ("DZ 1", None, "cctv", "三号", None, None, None, None),
        ("dz-01", None, "cctv", "四号", None, None, None, None),
        ("cam-3", "nobody:1", "cctv", "五号", None, None, None, None),
        ("cam-4", None, "cctv", "六号", "DZ-01", None, None, None),
        ("cam-1", None, "cctv", "七号", None, None, None, None),
        ("cam-5", None, "cctv", "八号" * 5000, None, None, None, None),
        (1234567890123456789, None, "cctv", "九号", None, None, None, None),
        ("cam-6", None, "cctv", "十号", None, None, None, 1e9),
    ]
    preview = send(zhao, excel(lines))
    assert preview.status_code == 422
    assert problems(preview) == [
        (3, "设备类型：没有名为“摄像头”的设备类型。"),
        (3, "台账类别：没有名为“无此类”的类别。"),
        (3, "区域：本小区没有名为“西门”的区域。"),
        (3, "允许静默时长（分钟）：请输入数字。"),
        (4, "设备标识：请填写设备标识或厂商格式地址。"),
        (4, "台账编号：填写了台账类别或区域，请同时填写台账编号。"),
        (5, "设备标识：只能使用小写字母、数字、点、- 和 _，首位须为字母或数字，最多 64 个字符。"),
        (6, "设备标识：设备标识 dz-01 已在台账中。"),
        (7, f"厂商格式地址：请填写格式名、英文冒号和厂商的设备编号。可用格式：{', '.join(vendor_formats())}。"),
        (8, "台账编号：该项已绑定监测设备。一项设备设施同时只能有一台在用监测设备。"),
        (9, "设备标识：与第 2 行重复。"),
        (10, "名称：内容过长，仅读取了开头部分。"),
        (11, "设备标识：表格软件的数字只保留 15 位，其余位数已丢失，请将单元格设为文本格式后重新填写。"),
        (12, "允许静默时长（分钟）：须在 10 秒至 30 天之间。"),
    ]
    assert confirm(zhao, preview).status_code == 422
    assert slugs(db, wutong) == ["dz-01"]

    numbers = ",".join(str(number) for number in range(3, 13))
    assert f'value="{numbers}"' in preview.text
    assert confirm(zhao, preview, leave_out=numbers).headers["location"] == "/s/wutong/devices?registered=1"
    assert slugs(db, wutong) == ["cam-1", "dz-01"]


def test_what_changed_after_the_look_is_told_and_nothing_is_registered(
    zhao: httpx.Client, db: Database, wutong: Site, ledger: Ledger
) -> None:
    preview = send(zhao, excel([CHINESE, ("cam-1", "", "cctv", "一号"), ("cam-2", "", "cctv", "二号")]))
    first = confirm(zhao, preview)
    assert first.headers["location"] == "/s/wutong/devices?registered=2"
    again = confirm(zhao, preview)
    assert again.status_code == 422
    assert "没有登记任何设备" in again.text
    assert problems(again) == [(2, "设备标识：设备标识 cam-1 已在台账中。"), (3, "设备标识：设备标识 cam-2 已在台账中。")]


def test_csv_as_chinese_excel_writes_it(zhao: httpx.Client, db: Database, wutong: Site, cast: Cast) -> None:
    lines = ["名称;设备类型;备注;设备标识", "大堂;监控摄像机;朝南;cam-1", "", '"车库;B1";道闸;;dz-2']
    preview = send(zhao, "\r\n".join(lines).encode("gb18030"), "设备.csv")
    assert preview.status_code == 200
    assert "未读取的列：备注" in preview.text
    confirm(zhao, preview)
    with db.transaction() as conn:
        names = {device.slug: (device.name, device.kind) for device in list_devices(conn, wutong.id)}
    assert names == {"cam-1": ("大堂", "cctv"), "dz-2": ("车库;B1", "gate_barrier")}


def test_a_discovered_device_keeps_its_address(
    zhao: httpx.Client, db: Database, wutong: Site, inboxes: None, ledger: Ledger
) -> None:
    with db.transaction() as conn:
        conn.execute("UPDATE discovered_device SET address = 'chirpstack:a1'")
    preview = send(zhao, "设备标识\t设备类型\t名称\ncam-7\tcctv\t大堂".encode(), "list.txt")
    assert "chirpstack:a1" in preview.text
    confirm(zhao, preview)
    with db.transaction() as conn:
        assert get_device_by_slug(conn, wutong.id, "cam-7").address == "chirpstack:a1"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_template_has_what_was_discovered_and_can_be_sent_back(
    zhao: httpx.Client, db: Database, wutong: Site, inboxes: None, ledger: Ledger, language: str
) -> None:
    zhao.headers["accept-language"] = language
    book = openpyxl.load_workbook(io.BytesIO(zhao.get(f"{PAGE}/template.xlsx").content))
    sheet, words = book.worksheets
    assert [cell.value for cell in sheet[2]][:3] == ["cam-7", None, {"zh": "监控摄像机", "en": "CCTV camera"}[language]]
    assert "东大门" in {cell.value for row in words.rows for cell in row}
    text = zhao.get(f"{PAGE}/template.csv").content
    assert text.startswith(b"\xef\xbb\xbf")
    assert [cell.value or "" for cell in sheet[2]] == list(csv.reader(io.StringIO(text.decode("utf-8-sig"))))[1]

    sheet["D2"] = "大堂"
    file = io.BytesIO()
    book.save(file)
    assert confirm(zhao, send(zhao, file.getvalue())).headers["location"] == "/s/wutong/devices?registered=1"
    assert len(openpyxl.load_workbook(io.BytesIO(zhao.get(f"{PAGE}/template.xlsx").content)).worksheets[0]["A"]) == 1


def test_files_that_are_no_list(zhao: httpx.Client, cast: Cast) -> None:
    for data, text in (
        (b"", "文件是空的"),
        (b"\xd0\xcf\x11\xe0" + b"x" * 100, "旧版 Excel"),
        (b"PK\x03\x04 and nothing behind it", "文件无法读取"),
        (b"\xff\xfe\x00\x01\xff\xff", "文件无法读取"),
        ("设备标识,名称\na,b".encode(), "缺少：设备类型 Kind"),
        ("设备标识,设备类型,名称\n".encode(), "表头下面没有内容"),
        ("设备标识,设备类型,名称,Device id\n".encode(), "有两列的表头"),
        ("设备标识,设备类型,名称\n".encode() + b"a,b,c\n" * 2001, "超过 2000 行"),
        (b"x" * (MAX_FILE_BYTES + 1), "文件超过 2 MB"),
    ):
        answer = send(zhao, data)
        assert answer.status_code == 422, text
        assert text in answer.text
    token = hidden(zhao.get(PAGE), "csrf_token")
    assert zhao.post(PAGE, data={"csrf_token": token}).status_code == 422
    assert send(zhao, b"x" * (2 * MAX_FILE_BYTES)).status_code == 413


@pytest.mark.parametrize(
    "rows",
    [
        "",
        "{}",
        "[]",
        "[1]",
        '[[2,"a"],[2,"b"]]',
        '[[0,"a"]]',
        '[[2,"' + "a" * 301 + '"]]',
        '[[2,"a","","","","","","","",{"slug":"nonsense"}]]',
        '[[2,"\\ud800"]]',
        "[" + ",".join(f'[{n},"a"]' for n in range(1, 2003)) + "]",
    ],
)
def test_a_confirmation_nobody_was_shown_is_refused(zhao: httpx.Client, db: Database, wutong: Site, cast: Cast, rows: str) -> None:
    token = hidden(zhao.get(PAGE), "csrf_token")
    answer = zhao.post(f"{PAGE}/confirm", data={"csrf_token": token, "rows": rows})
    assert answer.status_code == 422
    assert slugs(db, wutong) == []


def test_who_may_register_many(signed_in: SignedIn, cast: Cast) -> None:
    expected = {cast.wang: 403, cast.li: 403, cast.zhao: 200, cast.chen: 200, cast.liu: 403, cast.sun: 404, cast.admin: 200}
    for member, answer in expected.items():
        browser = signed_in(member)
        paths = (PAGE, f"{PAGE}/template.xlsx", f"{PAGE}/template.csv")
        assert {browser.get(path).status_code for path in paths} == {answer}, member.username
        file = {"file": ("a.csv", b"slug,kind,name\ncam-1,cctv,x")}
        assert browser.post(PAGE, files=file).status_code == answer, member.username
    assert f'href="{PAGE}"' in signed_in(cast.zhao).get("/s/wutong/devices").text
    assert f'href="{PAGE}"' in signed_in(cast.chen).get("/s/wutong/discovered").text
    assert f'href="{PAGE}"' in signed_in(cast.chen).get("/s/wutong/register-device").text
    assert f'href="{PAGE}"' not in signed_in(cast.wang).get("/s/wutong/devices").text
