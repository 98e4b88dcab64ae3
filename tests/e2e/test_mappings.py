"""An integrator teaches Gatehouse a vendor that nobody knows, from the first stray message to the level on the page."""

import json
import re

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import Visitor
from tests.e2e.town import Town

pytestmark = pytest.mark.chromium


def say(town: Town, distance: float) -> None:
    body = {"at": town.system.parts.clock.now().timestamp(), "probe": {"distance": distance, "pump": "run"}}
    town.system.publish("gatehouse/v1/wutong/raw/hongyu/P-7/up", json.dumps(body))


def test_from_a_stray_topic_to_a_measure_without_code(visit: Visitor, town: Town) -> None:
    page = visit("zhao").open_live("/s/wutong/mappings")
    expect(page.get_by_role("main")).to_contain_text("No mappings yet")
    say(town, 0.8)
    page.locator("li", has_text="hongyu/P-7/up").get_by_role("link", name="Map").click()
    expect(page.get_by_label("Topic").first).to_have_value("hongyu/+/up")
    preview = page.locator("#preview")
    expect(preview).to_contain_text("hongyu/P-7/up")

    device = page.get_by_label("Device id")
    device.fill("")
    expect(preview).to_contain_text("Say first where the device id stands")
    preview.get_by_role("button", name="topic.2").click()  # a level says which device it is, and never what it measures
    expect(device).to_have_value("topic.2")
    expect(device).to_be_focused()
    expect(preview).not_to_contain_text("Say first")
    expect(device).to_be_focused()

    page.get_by_label("Name").fill("Hongyu probes")
    page.get_by_label("Code").fill("hongyu")
    page.get_by_label("Time", exact=False).first.fill("at")
    page.get_by_label("Time is written as").select_option("seconds")
    preview.get_by_role("button", name="probe.distance").click()  # into the first rule, whose meaning is asked next
    expect(page.get_by_label("Is", exact=True).first).to_be_focused()
    page.get_by_label("Is", exact=True).first.select_option("measure:depth")
    page.get_by_label("Factor").first.fill("-1000")
    page.get_by_label("Addend").first.fill("2500")
    expect(preview).to_contain_text("1,700 mm")
    expect(preview.get_by_role("button", name="probe.pump")).to_be_visible()  # for the next rule
    page.get_by_text("Try with a message").click()
    tried = page.locator("#try").get_by_label("Topic")
    tried.fill("hongyu/P-8/up")
    tried.press("Enter")
    expect(preview).to_contain_text("hongyu/P-8/up")
    expect(page).to_have_url(re.compile("/mappings/new"))  # nothing was saved yet
    page.get_by_role("button", name="Add a row").click()
    expect(page.get_by_label("Field", exact=True)).to_have_count(3)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").first).to_contain_text("With their next message the devices appear")

    say(town, 0.8)
    page = visit("zhao").open("/s/wutong/discovered")
    found = page.locator(".gh-card", has_text="hongyu:P-7")
    expect(found).to_contain_text("Drainage")
    found.get_by_role("link", name="Register").click()
    page.get_by_label("Name").fill("Sump 9")
    page.get_by_label("Code").fill("DR-0909")
    page.get_by_role("button", name="Register").click()
    expect(page.locator("#now")).to_contain_text("1,700 mm")

    page.get_by_role("link", name="Make measures of these").click()
    page.get_by_role("link", name="This device alone").click()
    page.get_by_label("Field", exact=True).first.fill("probe.pump")
    page.get_by_label("Is", exact=True).first.select_option("measure:pump_on")
    page.get_by_label("Values that mean yes").first.fill("run")
    expect(page.locator("#preview")).to_contain_text("Pump running")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").first).to_contain_text("from the next message on")
    expect(page.get_by_role("row", name="probe.pump")).to_contain_text("Pump running")
