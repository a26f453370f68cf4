from summit_qa.models.remembered import Remembered


def test_what_is_remembered_is_not_made_again_and_the_oldest_goes_first() -> None:
    made: list[list[str]] = []

    def lengths(keys: list[str]) -> list[int]:
        made.append(keys)
        return [len(key) for key in keys]

    memory: Remembered[str, int] = Remembered(2)
    assert memory.of(["a", "bb", "a"], lengths) == {"a": 1, "bb": 2}
    assert memory.of(["bb", "ccc"], lengths) == {"bb": 2, "ccc": 3}
    assert memory.of(["a"], lengths) == {"a": 1}
    assert made == [["a", "bb"], ["ccc"], ["a"]]


def test_more_keys_than_there_is_room_for_all_have_their_value() -> None:
    memory: Remembered[int, int] = Remembered(1)
    assert memory.of(range(4), lambda keys: keys) == {0: 0, 1: 1, 2: 2, 3: 3}
