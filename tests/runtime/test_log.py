"""Log lines can be taken apart again, and a stuck stream never blocks the writer."""

import io
import logging
import os
import threading
import time

from otha.runtime.log import LineLog, line


def test_lines_say_time_level_event_and_fields() -> None:
    text = line(
        "info", "phase", {"group": "tanks", "args": "promoted sc_b 2", "empty": "", "n": 3}, 1_700_000_000_123_456_789
    )
    assert text == '2023-11-14T22:13:20.123Z info phase group=tanks args="promoted sc_b 2" empty="" n=3'
    assert "\n" not in line("info", "x", {"y": "two\nlines"}, 0)


def test_lines_and_logging_records_reach_the_stream_in_order() -> None:
    stream = io.StringIO()
    lines = LineLog(stream)
    lines.write("info", "first")
    logger = logging.Logger("otha.test")
    logger.addHandler(lines.handler())
    try:
        raise ValueError("broken")
    except ValueError:
        logger.exception("second %s", "one")
    lines.close()
    first, second = stream.getvalue().splitlines()
    assert first.endswith("info first")
    assert 'error otha.test text="second one" error=' in second
    assert "ValueError: broken" in second


def test_a_pipe_that_nobody_reads_does_not_block_the_writer() -> None:
    read, write = os.pipe()
    with os.fdopen(write, "w", buffering=1) as stream, os.fdopen(read) as reader:
        lines = LineLog(stream)
        start = time.monotonic()
        for number in range(20_000):
            lines.write("info", "x" * 50, number=number)
        assert time.monotonic() - start < 5
        drain = threading.Thread(target=reader.read, daemon=True)
        drain.start()
        lines.close()
        stream.close()
        drain.join()
