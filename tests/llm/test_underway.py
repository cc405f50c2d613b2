"""Equal questions under way are one question, no more than so many are open, and nobody is raised at."""

from __future__ import annotations

from concurrent.futures import Future

from intentfeed.llm.client import Call, Reply
from intentfeed.llm.underway import UnderWay, tried
from tests.llm.questions import question


class Nothing:
    """Knows one answer."""

    def __init__(self, known: str = "") -> None:
        self.known = known

    def reply(self, key: str) -> Reply | None:
        return Reply(key=key, status="answered", text="kept") if key == self.known else None


class Slow:
    """Counts who is asked; answers when told to."""

    def __init__(self) -> None:
        self.asked: dict[str, Future[Reply]] = {}

    def __call__(self, call: Call) -> Future[Reply]:
        assert call.key not in self.asked
        self.asked[call.key] = Future()
        return self.asked[call.key]

    def answer(self, call: Call) -> None:
        self.asked.pop(call.key).set_result(Reply(key=call.key, status="answered", text="new"))


def test_equal_questions_wait_for_one_answer_and_the_next_is_asked_anew() -> None:
    under_way, slow, call = UnderWay(Nothing(), 2), Slow(), question(0)
    begun = [under_way.begin(call, slow) for _ in range(3)]
    assert len({id(each) for each in begun}) == 1
    assert not under_way.settle(0.01)
    slow.answer(call)
    assert [each.result(0).text for each in begun] == ["new"] * 3
    assert under_way.settle(0)
    assert not under_way.begin(call, slow).done(), "what has ended is forgotten: the log knows it"


def test_what_the_log_knows_is_not_asked_and_too_many_are_told() -> None:
    slow, known = Slow(), question(7)
    under_way = UnderWay(Nothing(known.key), 1)
    assert under_way.begin(known, slow).result(0).text == "kept"
    under_way.begin(question(0), slow)
    assert under_way.begin(question(1), slow).result(0).why == "endpoint: 1 questions are under way already"
    assert list(slow.asked) == [question(0).key]


def test_who_cannot_be_asked_is_an_answer_too() -> None:
    def broken() -> Future[Reply]:
        raise RuntimeError("no weights")

    assert isinstance(tried(broken).exception(0), RuntimeError)
