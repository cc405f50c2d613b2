"""The interface over HTTP against a real process: open, tell, undo, look behind, go on after a restart."""

from __future__ import annotations

import json
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import pytest
from pydantic import TypeAdapter

from intentfeed.service import models
from intentfeed.service.process import ServiceProcess

from .conftest import opened


def say(service: ServiceProcess, session_id: object, text: str, **more: object) -> dict[str, Any]:
    reply = service.ask("POST", f"/v1/sessions/{session_id}/commands", {"text": text, **more})
    assert reply.status == 200, reply.body
    told: dict[str, Any] = reply.json
    return told


def prices(feed: dict[str, Any]) -> list[float]:
    return [card["fields"]["price"] for card in feed["items"]]


def test_a_feed_obeys_says_what_changed_and_takes_it_back(service: ServiceProcess, people: list[str]) -> None:
    first = opened(service, people[1])
    models.Feed.model_validate(first)
    assert first["known"]
    limit = sorted(prices(first))[len(prices(first)) // 2]
    after = say(service, first["session_id"], f"under {limit:.0f}")
    models.Feed.model_validate(after)
    assert after["round"] == 1
    assert max(prices(after)) <= limit + 1 < max(prices(first))
    (held,) = after["preferences"]
    assert (held["field"], held["quote"]) == ("price", f"under {limit:.0f}")
    left = {change["item_id"] for change in after["diff"]["left"]}
    assert left == {card["item_id"] for card in first["items"]} - {card["item_id"] for card in after["items"]}
    assert any(held["id"] in change["caused_by"] for change in after["diff"]["left"])
    assert after["understood"]["speaker"] == "grounded"

    undone = service.ask("POST", f"/v1/sessions/{first['session_id']}/undo").json
    assert [card["item_id"] for card in undone["items"]] == [card["item_id"] for card in first["items"]]
    assert undone["preferences"] == []
    told = service.ask("GET", f"/v1/sessions/{first['session_id']}/preferences").json
    assert [one["why"] for one in told["ended"]] == ["undone"]
    nothing = service.ask("POST", f"/v1/sessions/{first['session_id']}/undo")
    assert (nothing.status, nothing.json["error"]["where"]) == (409, "body")


def test_what_is_told_is_what_is_read(service: ServiceProcess, people: list[str]) -> None:
    first = opened(service, people[2], k=5)
    assert len(first["items"]) == 5  # type: ignore[arg-type]
    told = say(service, first["session_id"], "nothing over 60, please")
    assert service.ask("GET", f"/v1/sessions/{first['session_id']}").json == told
    record = service.ask("GET", f"/v1/sessions/{first['session_id']}/rounds").json
    models.Record.model_validate(record)
    assert [one["kind"] for one in record["rounds"]] == ["open", "command"]
    assert record["rounds"][1]["plan"][-1]["tool"] == "aggregator"
    assert set(record["rounds"][1]["latency_ms"]) >= {"parser", "planner"}


def test_a_preference_that_always_holds_is_there_in_the_next_session(
    service: ServiceProcess, people: list[str]
) -> None:
    user_id = people[3]
    first = opened(service, user_id)
    held = say(service, first["session_id"], "under 40")["preferences"][0]
    path = f"/v1/sessions/{first['session_id']}/preferences/{held['id']}"
    assert opened(service, user_id)["preferences"] == [], "for the session only"
    assert service.ask("PATCH", path, {"scope": "forever"}).status == 422
    assert service.ask("PATCH", path, {"scope": "always"}).json["preferences"][0]["scope"] == "always"
    later = opened(service, user_id)
    assert [one["quote"] for one in later["preferences"]] == ["under 40"]  # type: ignore[attr-defined]
    assert max(prices(later)) <= 40
    assert opened(service, people[4])["preferences"] == [], "nobody else's"
    gone = service.ask("DELETE", f"/v1/sessions/{later['session_id']}/preferences/{later['preferences'][0]['id']}")  # type: ignore[index]
    assert gone.json["preferences"] == []
    assert opened(service, user_id)["preferences"] == []
    assert service.ask("DELETE", f"{path}9").status == 404


def test_what_is_taken_up_is_noted_and_not_shown_again(service: ServiceProcess, people: list[str]) -> None:
    first = opened(service, people[5])
    item_id = first["items"][0]["item_id"]  # type: ignore[index]
    path = f"/v1/sessions/{first['session_id']}/feedback"
    after = service.ask("POST", path, {"item_id": item_id, "action": "purchase"}).json
    assert after["kind"] == "feedback"
    assert item_id not in [card["item_id"] for card in after["items"]]
    events = service.ask("GET", "/v1/events").json
    models.Happenings.model_validate(events)
    assert {"user_id": people[5], "item_id": item_id, "action": "purchase"}.items() <= events["events"][-1].items()
    assert service.ask("GET", f"/v1/events?after={events['next']}").json["events"] == []
    assert service.ask("POST", path, {"item_id": "no such item", "action": "click"}).status == 422
    assert service.ask("POST", path, {"item_id": item_id, "action": "stole"}).status == 422


def test_interests_and_reasons_come_with_evidence(service: ServiceProcess, people: list[str]) -> None:
    first = opened(service, people[6])
    base = f"/v1/sessions/{first['session_id']}"
    interests = service.ask("GET", f"{base}/interests").json
    models.Interests.model_validate(interests)
    assert interests["interests"]
    assert all(one["n_events"] and one["events"][0]["timestamp"] for one in interests["interests"])
    cited = 0
    for card in first["items"]:  # type: ignore[attr-defined]
        why = service.ask("GET", f"{base}/reasons?item_id={card['item_id']}").json
        models.Why.model_validate(why)
        assert why["reason"] == card["reason"]
        cited += sum(bool(claim["events"]) for claim in why["claims"])
    assert cited
    assert service.ask("GET", f"{base}/reasons?item_id=nothing").status == 404


@pytest.mark.parametrize("who", [{}, {"history": []}, {"user_id": "never seen"}])
def test_somebody_new_is_welcome(service: ServiceProcess, who: dict[str, Any]) -> None:
    first = opened(service, **who)
    assert first["items"]
    assert not first["known"]


def test_a_history_of_items_is_enough(service: ServiceProcess, people: list[str]) -> None:
    items = [card["item_id"] for card in opened(service, people[7])["items"]][:3]  # type: ignore[attr-defined]
    first = opened(service, history=items)
    assert first["known"]
    assert not set(items) & {card["item_id"] for card in first["items"]}  # type: ignore[attr-defined]
    assert service.ask("POST", "/v1/sessions", {"history": ["no such item"]}).status == 422


def streamed(service: ServiceProcess, path: str, body: object, **headers: str) -> list[tuple[str, Any]]:
    line = HTTPConnection(urlsplit(service.url).netloc, timeout=60)
    sent = {"Content-Type": "application/json", "Accept": "text/event-stream", **headers}
    line.request("POST", path, json.dumps(body), sent)
    answer = line.getresponse()
    assert answer.getheader("Content-Type", "").startswith("text/event-stream"), answer.read()
    blocks = answer.read().decode().replace("\r\n", "\n").strip().split("\n\n")
    line.close()
    pairs = [dict(part.split(": ", 1) for part in block.split("\n")) for block in blocks]
    return [(pair["event"], json.loads(pair["data"])) for pair in pairs]


def test_what_can_be_asked_for_is_told_as_the_catalogue_has_it(service: ServiceProcess, people: list[str]) -> None:
    told = service.ask("GET", "/v1/fields")
    assert told.status == 200
    fields = TypeAdapter(dict[str, models.Askable]).validate_python(told.json)
    price, brand = fields["price"], fields["brand"]
    assert (price.type, price.hard, brand.type, brand.hard) == ("number", True, "value", True)
    shown = opened(service, people[0])["items"]
    assert all(price.low <= card["fields"]["price"] <= price.high for card in shown)  # type: ignore[attr-defined]
    session = opened(service, people[0])["session_id"]
    refused = say(service, session, f"nothing from {brand.values[0]}")
    assert [held["value"] for held in refused["preferences"]] == [brand.values[0]]


def test_the_stages_are_streamed_in_their_order(service: ServiceProcess, people: list[str]) -> None:
    session_id = opened(service, people[8])["session_id"]
    events = streamed(service, f"/v1/sessions/{session_id}/commands", {"text": "under 45"}, **{"Idempotency-Key": "s1"})
    assert [name for name, _ in events] == ["heard", "planned", "filtered", "ranked", "feed"]
    told = dict(events)
    assert told["heard"]["add"][0]["field"] == "price"
    assert told["filtered"]["left"] > 0
    assert told["ranked"]["item_ids"] == [card["item_id"] for card in told["feed"]["items"]]
    assert service.ask("GET", f"/v1/sessions/{session_id}").json == told["feed"]
    again = streamed(service, f"/v1/sessions/{session_id}/commands", {"text": "under 45"}, **{"Idempotency-Key": "s1"})
    assert again == [("feed", told["feed"])]
    refused = service.ask(
        "POST", "/v1/sessions/nobody/commands", {"text": "x"}, headers={"Accept": "text/event-stream"}
    )
    assert (refused.status, refused.headers["content-type"]) == (404, "application/json")


def test_a_command_in_front_of_another_feed_is_refused(service: ServiceProcess, people: list[str]) -> None:
    session_id = opened(service, people[9])["session_id"]
    say(service, session_id, "under 70", round=0)
    late = service.ask("POST", f"/v1/sessions/{session_id}/commands", {"text": "the second one", "round": 0})
    assert (late.status, late.json["error"]["where"]) == (409, "round")


def test_an_ended_session_is_read_and_told_nothing(service: ServiceProcess, people: list[str]) -> None:
    session_id = opened(service, people[10])["session_id"]
    for _ in range(2):
        assert service.ask("DELETE", f"/v1/sessions/{session_id}").status == 200
    assert service.ask("GET", f"/v1/sessions/{session_id}").status == 200
    assert service.ask("POST", f"/v1/sessions/{session_id}/commands", {"text": "under 5"}).status == 410


def test_the_description_names_every_path_and_its_examples_hold(service: ServiceProcess) -> None:
    about = service.ask("GET", "/openapi.json").json
    assert about["openapi"].startswith("3.")
    calls = [call for path in about["paths"].values() for call in path.values()]
    assert len(calls) >= 17
    assert all(call["summary"] and call["description"] for call in calls)
    schemas = about["components"]["schemas"]
    for kind in (models.Opening, models.Saying, models.Editing, models.Happening, models.Problem):
        for example in schemas[kind.__name__]["examples"]:
            TypeAdapter(kind).validate_json(json.dumps(example))
    data = [call for path, item in about["paths"].items() if path.startswith("/v1") for call in item.values()]
    assert all(call["security"] for call in data)
    assert all({"401", "404", "413", "422", "429"} <= set(call["responses"]) for call in data)


def test_it_tells_how_it_fares(service: ServiceProcess, people: list[str]) -> None:
    say(service, opened(service, people[11])["session_id"], "under 50")
    assert service.ask("GET", "/health").json["status"] == "alive"
    assert service.ask("GET", "/ready").json["status"] == "ready"
    reply = service.ask("GET", "/metrics")
    assert reply.headers["content-type"].startswith("text/plain")
    text = reply.body.decode()
    assert 'intentfeed_requests_total{method="POST",route="/v1/sessions/{session_id}/commands",status="200"}' in text
    assert 'intentfeed_rounds_total{kind="command",speaker="grounded"}' in text
    assert 'intentfeed_stage_seconds_count{stage="parser"}' in text
    assert people[11] not in text
    n_open = next(line for line in text.splitlines() if line.startswith("intentfeed_sessions_open "))
    assert float(n_open.split()[1]) >= 1
