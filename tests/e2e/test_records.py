"""The engineer keeps the ledger: what was done is written down, and stays."""

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Visitor

pytestmark = pytest.mark.chromium


def test_a_record_is_written_and_its_correction_keeps_the_first_one(visit: Visitor) -> None:
    page = visit("zhao").open("/s/wutong/devices/barrier-east-in")
    page.get_by_role("main").get_by_role("link", name="East gate entry barrier").click()
    page.get_by_role("link", name="Add record").first.click()

    page.get_by_role("radio", name="Maintenance", exact=True).check()
    page.get_by_label("What was done").fill("Spring replaced and greased")
    page.get_by_role("radio", name="Fixed", exact=True).check()
    page.get_by_label("Done by").fill("赵工")
    page.get_by_label("Cost").fill("380")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text(["The record is in the ledger."])
    records = page.locator("#records")
    expect(records.get_by_role("listitem").filter(has_text="Spring replaced and greased")).to_contain_text("Fixed")

    records.get_by_role("link", name="Correct").click()
    page.get_by_label("Why was it wrong?").fill("It was the other arm")
    page.get_by_label("What was done").fill("Arm replaced")
    page.get_by_role("button", name="Save").click()

    expect(records.get_by_role("listitem").filter(has_text="Arm replaced")).to_contain_text("It was the other arm")
    first = records.get_by_role("listitem").filter(has_text="Spring replaced and greased")
    expect(first.locator("s")).to_have_text("Spring replaced and greased")
    expect(first.get_by_role("link", name="Correct")).to_have_count(0)


def test_a_record_that_says_nothing_comes_back_with_what_is_missing(visit: Visitor) -> None:
    zhao = visit("zhao", java_script_enabled=False)
    zhao.watch.expect_status(422)
    page = zhao.open("/s/wutong/assets")
    page.get_by_role("main").get_by_role("link", name="Grease trap").click()
    page.get_by_role("link", name="Add record").first.click()
    page.get_by_label("What was done").fill("   ")
    page.get_by_role("radio", name="Inspection", exact=True).check()
    page.get_by_role("radio", name="Normal", exact=True).check()
    page.get_by_label("Done by").fill("赵工")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("What was done")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("Done by")).to_have_value("赵工")
