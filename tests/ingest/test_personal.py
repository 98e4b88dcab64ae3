"""What is kept for somebody to look at shows what was wrong, and nobody."""

import json

import pytest

from ingest.personal import is_personal, without_personal_data

TOPIC = "mqtt/face/1306612/Rec"
FACE = {
    "operator": "RecPush",
    "info": {
        "facesluiceId": "1306612",
        "personName": '王"小明\\',
        "persionName": "王小明",
        "idCard": "330106199001011234",
        "personId": 25,
        "VerifyStatus": "9",
        "pic": "data:image/jpeg;base64," + "iVBORw0KGgo" * 200,
        "note": "AAAA" * 100,
    },
}


def test_fields_that_name_a_person_and_pictures_are_left_out_and_the_rest_stays() -> None:
    kept = json.loads(without_personal_data(json.dumps(FACE, ensure_ascii=False).encode(), TOPIC))
    assert kept["info"] | {"note": ""} == {
        "facesluiceId": "1306612",
        "personName": "…",
        "persionName": "…",
        "idCard": "…",
        "personId": "…",
        "VerifyStatus": "9",
        "pic": "…",
        "note": "",
    }
    assert kept["info"]["note"] == "…"


@pytest.mark.parametrize("ascii_only", [True, False])
def test_also_where_the_message_is_cut_anywhere(ascii_only: bool) -> None:
    whole = json.dumps(FACE, ensure_ascii=ascii_only).encode()
    for end in range(len(whole)):
        kept = without_personal_data(whole[:end], TOPIC)
        for secret in (b"330106", "王".encode(), rb"\u738b", b"iVBORw0KGgo" * 20):
            assert secret not in kept, whole[:end][-80:]


def test_also_a_list_of_them() -> None:
    said = b'{"phone": ["13800000000", "13900000000"], "plate":["\xe6\xb5\x99A'
    assert without_personal_data(said, TOPIC) == '{"phone": "…", "plate":"…"'.encode()


@pytest.mark.parametrize(
    ("name", "personal"),
    [("Phone", True), ("info.phone", True), ("phone.0", True), ("list.2.plate.text", True), ("phones", False), ("a.b", False)],
)
def test_a_field_is_personal_wherever_it_stands_and_all_that_stands_in_it(name: str, personal: bool) -> None:
    assert is_personal(name) == personal


def test_a_message_of_ours_stays_as_it_is() -> None:
    ours = b'{"ts": 1795320000000, "measures": {"level": 34.5}, "faults": ["pump_fault"], "position": "open"}'
    assert without_personal_data(ours, TOPIC) == ours


@pytest.mark.parametrize("said", ["浙A12345", '"浙A12345"', " 13800000000"])
def test_a_plain_value_is_named_by_its_topic(said: str) -> None:
    assert without_personal_data(said.encode(), "gate/1/Plate") == "…".encode()
    assert without_personal_data(said.encode(), "gate/1/level") == said.encode()
    assert without_personal_data(b'{"granted": true}', "gate/1/card") == b'{"granted": true}'
