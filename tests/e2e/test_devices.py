"""Devices as the engineer meets them: their charts, and one that nobody has entered yet."""

import json

import pytest
from playwright.sync_api import expect

from ingest.kinds import all_kinds
from tests.e2e.conftest import Visitor
from tests.e2e.town import Town

pytestmark = pytest.mark.chromium

INK = """canvas => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return data.some((value, index) => index % 4 === 3 && value > 0);
}"""


def test_the_device_page_draws_a_chart_of_each_measure(visit: Visitor) -> None:
    page = visit("zhao").open("/s/wutong/devices/cam-gate-west")
    expect(page.locator("#now")).to_contain_text("Frame rate")
    panels = page.locator(".gh-chart-panels > section")
    expect(panels).to_have_count(len(all_kinds()["cctv"].measures))
    for panel in panels.all():
        expect(panel.locator("output")).not_to_be_empty()
        assert panel.locator("canvas").evaluate(INK), f"nothing is drawn: {panel.inner_text()}"


def test_an_unknown_device_appears_by_itself_and_is_registered(visit: Visitor, town: Town) -> None:
    page = visit("zhao").open_live("/s/wutong/discovered")
    expect(page.get_by_role("main")).to_contain_text("No unknown device is sending")
    reading = {"ts": town.system.parts.clock.now().isoformat(), "measures": {"level": 41.5, "depth": 620, "pump_on": False}}
    town.system.publish("gatehouse/v1/wutong/sump-7/reading", json.dumps(reading))
    found = page.locator(".gh-card", has_text="sump-7")
    expect(found).to_contain_text("Drainage")

    found.get_by_role("link", name="Register").click()
    expect(page.get_by_label("Device id")).to_have_value("sump-7")
    page.get_by_label("Name").fill("Sump 7")
    page.get_by_label("Code").fill("DR-0707")
    page.get_by_role("button", name="Register").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sump 7")
    expect(page.get_by_role("status").first).to_contain_text("The device is registered.")

    expect(page.locator("html")).to_have_attribute("data-live", "on")
    town.system.publish("gatehouse/v1/wutong/sump-7/reading", json.dumps(reading))
    expect(page.locator("#health")).to_contain_text("Online")
