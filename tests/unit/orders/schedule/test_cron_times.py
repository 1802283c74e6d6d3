"""Times of cron: what is taken, what is refused, and how starts are spread."""

from __future__ import annotations

import pytest

from mlpipeline.errors import UsageError
from mlpipeline.orders.schedule.cron_times import parse_time, staggered

GOOD = [
    "30 2 * * *",
    "*/15 * * * *",
    "0 0 1,15 * *",
    "5-20/5 8-18 * jan-mar mon-fri",
    "59 23 31 12 7",
    "@daily",
    "@Weekly",
    "30 2 29 2 *",
    "0 0 31 2,3 *",
    "0 0 31 2 mon",
]
BAD = [
    "30 2 * *",
    "60 2 * * *",
    "0 24 * * *",
    "0 2 0 * *",
    "0 2 * 13 *",
    "0 2 * * 8",
    "0 2 * * monday",
    "-1 2 * * *",
    "5/10 * * * *",
    "*/0 * * * *",
    "20-10 * * * *",
    "*-5 * * * *",
    "1,,2 * * * *",
    "٣ 2 * * *",
    "@reboot",
    "30 2 * * * mlpipeline",
    "",
    "30 2 31 2 *",
    "30 2 30 feb *",
    "0 0 31 4,6,9,11 *",
    "0 0 31 2 */2",
]


@pytest.mark.parametrize("text", GOOD)
def test_what_cron_takes_is_taken(text: str):
    assert len(parse_time(text).text.split()) == 5


@pytest.mark.parametrize("text", BAD)
def test_what_cron_would_refuse_is_refused_with_an_example(text: str):
    with pytest.raises(UsageError, match=r"30 2 \* \* \*"):
        parse_time(text)


def test_eighty_bots_do_not_start_at_once():
    times = [time.text for time in staggered(parse_time("30 2 * * *"), 80, 120)]
    assert len(set(times)) == 80
    assert times[0] == "30 2 * * *" and times[1] == "31 2 * * *" and times[-1] == "28 4 * * *"


@pytest.mark.parametrize(
    ("text", "by", "moved"),
    [
        ("50 23 * * *", 20, "10 0 * * *"),
        ("0,30 8 * * *", 10, "10,40 8 * * *"),
        ("*/15 * * * *", 7, "7,22,37,52 * * * *"),
        ("*/15 * * * *", 20, "5,20,35,50 * * * *"),
        ("30 2 1 * mon", 45, "15 3 1 * mon"),
        ("30 2,14 * * *", 600, "30 0,12 * * *"),
    ],
)
def test_a_time_is_moved(text: str, by: int, moved: str):
    assert parse_time(text).moved(by).text == moved


@pytest.mark.parametrize(("text", "by"), [("0,30 8 * * *", 40), ("50 23 * * fri", 20), ("50 23 1 * *", 20)])
def test_what_no_single_line_can_say_is_refused(text: str, by: int):
    with pytest.raises(UsageError, match="--spread"):
        parse_time(text).moved(by)


def test_every_moved_time_is_one_that_can_be_read_again():
    for time in staggered(parse_time("@hourly"), 60, 60):
        assert parse_time(time.text).minutes == time.minutes and parse_time(time.text).hours == time.hours
