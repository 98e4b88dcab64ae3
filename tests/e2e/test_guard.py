"""Guard Wang on his round, with an iPhone that speaks Chinese."""

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.e2e.conftest import Visit, Visitor

pytestmark = pytest.mark.chromium


@pytest.fixture
def wang(visit: Visitor) -> Visit:
    """王卫国 with his phone, on the page where he begins."""
    someone = visit("wang", lang="zh", phone=True)
    someone.open("/")
    return someone


def check_in(page: Page, code: str) -> None:
    page.get_by_label("巡更点编码").fill(code)
    page.get_by_role("button", name="打卡").click()


def in_the_log(leader: Visit, checkpoint: str) -> Locator:
    """The check-ins of a place, as the shift leader finds them."""
    return leader.open("/s/wutong/patrol/check-ins").locator("tbody tr", has_text=checkpoint)


def test_he_types_the_code_and_is_told_where_to_go_next(wang: Visit) -> None:
    page = wang.page
    expect(page.locator(".gh-due-next")).to_contain_text("东门(主出入口)")
    check_in(page, wang.town.code("cp-gate-east"))
    result = page.locator("#guard-result")
    expect(result).to_contain_text("打卡成功")
    expect(result).to_contain_text("东门(主出入口)")
    expect(result).to_contain_text("下一处：西门")
    expect(page.locator(".gh-due-next")).to_contain_text("西门")
    expect(page.locator(".gh-due-seen")).to_contain_text("王卫国")


def test_a_wrong_code_is_told_and_can_be_typed_again(wang: Visit) -> None:
    page = wang.page
    check_in(page, "0000")
    expect(page.get_by_role("alert")).to_contain_text("没有这个编码")
    expect(page.get_by_label("巡更点编码")).to_have_value("0000")
    check_in(page, wang.town.code("cp-building-1"))
    expect(page.locator("#guard-result")).to_contain_text("打卡成功")


def test_two_taps_are_one_check_in(visit: Visitor, wang: Visit) -> None:
    page = wang.page
    page.get_by_label("巡更点编码").fill(wang.town.code("cp-building-2"))
    page.get_by_role("button", name="打卡").dblclick()
    expect(page.locator("#guard-result")).to_contain_text("2号楼")
    expect(in_the_log(visit("li"), "2号楼")).to_have_count(1)


def test_an_answer_lost_in_the_garage_is_asked_for_again_and_counts_once(visit: Visitor, wang: Visit) -> None:
    page = wang.page
    form = "/s/wutong/guard/check-in"
    wang.watch.expect_no_answer(form)

    def lose_the_answer(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route(f"**{form}", lose_the_answer, times=1)
    check_in(page, wang.town.code("cp-garage-b1"))
    expect(page.get_by_role("alert")).to_contain_text("没有网络，打卡未确认")
    page.get_by_role("button", name="打卡").click()
    expect(page.locator("#guard-result")).to_contain_text("地下车库 B1")
    expect(in_the_log(visit("li"), "地下车库 B1")).to_have_count(1)


def test_without_scripts_he_checks_in_all_the_same(visit: Visitor) -> None:
    wang = visit("wang", lang="zh", phone=True, java_script_enabled=False)
    page = wang.open("/")
    check_in(page, wang.town.code("cp-pump-room"))
    expect(page.locator("#guard-result")).to_contain_text("水泵房")
    expect(page.locator("#guard-result")).to_contain_text("打卡成功")


def test_the_leader_sees_a_check_in_while_it_happens(visit: Visitor, wang: Visit) -> None:
    round_page = visit("li", lang="zh").open("/s/wutong/patrol")
    round_page.locator(".gh-slot").first.click()
    expect(round_page.locator("html")).to_have_attribute("data-live", "on")
    place = round_page.locator("li, tr", has_text="配电房").first
    expect(place).not_to_contain_text("王卫国")
    check_in(wang.page, wang.town.code("cp-power-room"))
    expect(place).to_contain_text("王卫国")
