"""What a model says of itself, in lines."""

from addon.doctor.show import entry_lines


def test_a_plain_value_is_one_line():
    assert entry_lines(3) == ["3"]
    assert entry_lines([1, "two"]) == ["1, two"]
    assert entry_lines({}) == ["{}"]


def test_each_entry_of_a_table_has_a_line_and_a_table_in_it_one_for_its_plain_values():
    told = {"seed": 0, "accuracy": {"1.0": {"whole": 0.7, "half": 0.3}, "mean": 0.5}, "labels": ["A", "B"]}
    assert entry_lines(told) == [
        "seed: 0",
        "labels: A, B",
        "accuracy: mean 0.5",
        "accuracy / 1.0: whole 0.7, half 0.3",
    ]


def test_tables_in_a_list_are_counted():
    told = {"foreign": [{"data": "uji1", "accuracy": {"whole": 0.9}}, {"data": "dollar1"}]}
    assert entry_lines(told) == [
        "foreign / 1: data uji1",
        "foreign / 1 / accuracy: whole 0.9",
        "foreign / 2: data dollar1",
    ]


def test_a_table_without_an_end_is_cut_off():
    told: object = 1
    for _ in range(400):
        told = {"again": [told, told]} if isinstance(told, int) else {"again": told}
    lines = entry_lines(told)
    assert len(lines) == 1
    assert lines[0].endswith(": ...")
