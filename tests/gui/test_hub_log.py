"""What people read in the log of a run."""

from labcim.gui.run.hub import Hub

from .hub_story import Story


def said(hub):
    return [(line.level, line.text) for line in hub.log()]


def test_a_run_is_announced_with_what_it_does_and_to_what():
    hub = Hub()
    Story(hub)
    level, text = said(hub)[0]
    assert level == "info"
    for part in (
        "a1b2c3d4",
        "program",
        "chip 7",
        "2 × 3",
        "simulated bench left",
        "2 units",
        "Ada",
    ):
        assert part in text


def test_a_resumed_run_names_the_run_that_it_resumes():
    hub = Hub()
    Story(hub, "second", resumes="0f0f0f0f-more")
    assert "resumes run 0f0f0f0f" in said(hub)[0][1]


def test_events_keep_their_level_and_their_words():
    hub = Hub()
    story = Story(hub)
    story.event("the chip is\nwarm", "warning")
    story.event("it burns", "error")
    assert said(hub)[1:] == [("warning", "the chip is warm"), ("error", "it burns")]


def test_only_a_result_that_does_not_pass_is_a_line_with_its_limits_and_unit():
    hub = Hub()
    story = Story(hub)
    story.result("accepted", 0.99, lower_limit=0.95, outcome="PASS")
    story.result("spread", 2e-3, unit="S", upper_limit=1e-3, outcome="FAIL", low=1e-3, high=3e-3)
    story.result("gap", 1.0, outcome="ERROR", cell=4)
    assert len(hub.results()) == 3
    assert said(hub)[1:] == [
        ("warning", "FAIL: spread = 2 mS (1 mS to 3 mS), accepted is at most 1 mS"),
        ("error", "ERROR: gap of cell 4 = 1"),
    ]


def test_a_thousand_cells_that_fail_are_not_a_thousand_lines():
    hub = Hub()
    story = Story(hub)
    for cell in range(1000):
        story.result("drift", 1.0, outcome="FAIL", cell=cell)
    assert 5 < len(hub.log()) < 20
    assert "more cells" in hub.log()[-1].text
    assert len(hub.results()) == 1000


def test_a_few_units_are_told_one_by_one_and_thousands_by_the_twentieth():
    hub = Hub()
    Story(hub, units=("u1", "u2")).done("u1")
    assert said(hub)[-1] == ("info", "Unit u1 is done")
    hub = Hub()
    story = Story(hub, units=tuple(f"u{n}" for n in range(4000)))
    for number in range(4000):
        story.done(f"u{number}")
    lines = [text for _, text in said(hub)[1:]]
    assert len(lines) == 20
    assert lines[0].startswith("200 of 4,000 units")
    assert lines[-1].startswith("4,000 of 4,000 units")


def test_a_note_tells_who_wrote_it():
    hub = Hub()
    Story(hub).note("the fan is off")
    assert said(hub)[-1] == ("info", "Note (Ada): the fan is off")


def test_the_end_of_a_run_tells_state_reason_figures_and_hash():
    hub = Hub()
    Story(hub).stop("stopped", "enough")
    level, text = said(hub)[-1]
    assert level == "info"
    for part in ("a1b2c3d4", "stopped", "enough", "7 pulses", "90 s", "beefbeef"):
        assert part in text


def test_an_end_that_is_not_good_is_a_warning_and_one_that_is_not_safe_an_error():
    hub = Hub()
    story = Story(hub)
    for state, safe in (("completed", True), ("aborted", True), ("failed", True)):
        story.stop(state, safe=safe)
    story.stop("completed", safe=False)
    levels = [level for level, _ in said(hub)[1:]]
    assert levels == ["info", "warning", "error", "error"]
    assert "NOT SAFE" in said(hub)[-1][1]


def test_of_a_run_that_was_joined_late_the_events_are_told_all_the_same():
    hub = Hub()
    story = Story(Hub())
    story.hub = hub
    story.event("a spark", "error")
    story.stop("failed", "the spark")
    assert [level for level, _ in said(hub)] == ["error", "error"]
    assert hub.stop is None


def test_new_lines_are_handed_out_once_and_in_order():
    hub = Hub()
    story = Story(hub)
    lines, last = hub.new_log(0)
    assert len(lines) == 1
    assert hub.new_log(last) == ([], last)
    story.event("one")
    story.event("two")
    lines, last = hub.new_log(last)
    assert [line.text for line in lines] == ["one", "two"]
    assert [line.number for line in lines] == [last - 1, last]


def test_the_oldest_lines_make_room_and_a_late_reader_gets_those_that_are_left():
    hub = Hub(lines=10)
    story = Story(hub)
    for number in range(50):
        story.event(f"line {number}")
    lines, last = hub.new_log(0)
    assert [line.text for line in lines] == [f"line {n}" for n in range(40, 50)]
    assert last == 51


def test_a_line_is_one_line_of_bounded_length():
    hub = Hub()
    Story(hub).event("word\n" * 100_000)
    text = hub.log()[-1].text
    assert len(text) <= 1000
    assert "\n" not in text
    assert text.endswith("…")
