"""Which files of a table are brought together."""

from hypothesis import given
from hypothesis import strategies as st

from sinks.tiers import BAND_FILES, BANDS, MOST_REPLACED, RATIO, DataFile, bands_to_merge, to_rewrite

SIZES = st.lists(st.integers(1, 100_000), max_size=30)


def _files(*rows: int, replaced: int = 0) -> list[DataFile]:
    return [DataFile(f"f{number:03}", count, replaced, count * 100) for number, count in enumerate(rows)]


def test_small_files_go_together_and_a_large_one_stays() -> None:
    assert {file.rows for file in to_rewrite(_files(100, 90, 110, 10_000))} == {100, 90, 110}


def test_a_large_file_is_taken_in_once_the_smaller_ones_are_worth_it() -> None:
    assert len(to_rewrite(_files(100, 100, 100, 300 * RATIO))) == 4


def test_a_tiny_file_does_not_keep_the_others_apart() -> None:
    assert len(to_rewrite(_files(1, 300, 300))) == 3


def test_a_single_file_is_left_alone() -> None:
    assert to_rewrite(_files(100)) == []
    assert to_rewrite([]) == []


def test_a_large_file_of_which_much_was_replaced_is_written_anew() -> None:
    worn = DataFile("worn", 10_000, int(10_000 * MOST_REPLACED) + 1, 0)
    assert to_rewrite([worn]) == [worn]
    assert to_rewrite([DataFile("fresh", 10_000, int(10_000 * MOST_REPLACED), 0)]) == []


def test_a_file_of_which_all_rows_were_replaced_goes() -> None:
    assert [file.valid for file in to_rewrite(_files(50, replaced=50))] == [0]


@given(SIZES)
def test_what_stays_beside_the_new_file_grows_by_steps(rows: list[int]) -> None:
    """So the number of files is that of the digits of the number of rows, about."""
    files = _files(*rows)
    taken = to_rewrite(files)
    below = sum(file.valid for file in taken)
    for file in sorted(set(files).difference(taken), key=lambda one: one.valid):
        assert file.valid > RATIO * below or not below
        below += file.valid


@given(st.lists(st.integers(1, 50), min_size=1, max_size=200))
def test_files_stay_few_however_many_are_written(written: list[int]) -> None:
    sizes: list[int] = []
    for rows in written:
        taken = to_rewrite(_files(*sizes, rows))
        merged = sum(file.rows for file in taken)
        left = [*sizes, rows]
        for file in taken:
            left.remove(file.rows)
        sizes = [*left, merged] if merged else left
        assert sum(sizes) >= (1 + RATIO) ** (len(sizes) - 2)


def test_only_bands_with_enough_files_are_merged() -> None:
    small, large = BANDS[0] - 1, BANDS[0]
    assert bands_to_merge([small]) == []
    assert bands_to_merge([small, 1, large]) == [(0, BANDS[0])]
    assert bands_to_merge([large] * (BAND_FILES - 1)) == []
    assert bands_to_merge([large] * BAND_FILES) == [(BANDS[0], BANDS[1])]
    assert bands_to_merge([BANDS[-1]] * 50) == []
