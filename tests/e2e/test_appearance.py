"""What people choose stays: the language and the light."""

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Visitor

pytestmark = pytest.mark.chromium


def test_the_chosen_language_is_there_after_a_reload_and_in_another_browser(visit: Visitor) -> None:
    page = visit("hua").open("/s/wutong/devices")
    expect(page.get_by_role("heading", level=1)).to_have_text("Devices")
    page.locator(".gh-side").get_by_role("button", name="Account").click()
    page.locator("#gh-account").get_by_role("button", name="中文").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("设备监测")
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("设备监测")
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")

    elsewhere = visit("hua", lang="en").open("/s/wutong/devices")
    expect(elsewhere.get_by_role("heading", level=1)).to_have_text("设备监测")


def test_before_signing_in_the_language_can_be_chosen_too(visit: Visitor) -> None:
    page = visit(lang="zh").open("/login")
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")


def test_dark_stays_dark_and_system_follows_the_system(visit: Visitor) -> None:
    page = visit("chen", color_scheme="light").open("/s/wutong/overview")
    root = page.locator("html")
    expect(root).to_have_attribute("data-bs-theme", "light")
    page.locator(".gh-side").get_by_role("button", name="Account").click()
    menu = page.locator("#gh-account")
    menu.get_by_role("button", name="Dark").click()
    expect(root).to_have_attribute("data-bs-theme", "dark")
    page.reload()
    expect(root).to_have_attribute("data-bs-theme", "dark")

    page.locator(".gh-side").get_by_role("button", name="Account").click()
    menu.get_by_role("button", name="System").click()
    expect(root).to_have_attribute("data-bs-theme", "light")
    page.emulate_media(color_scheme="dark")
    expect(root).to_have_attribute("data-bs-theme", "dark")
