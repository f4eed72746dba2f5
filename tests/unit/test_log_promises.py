"""The prediction log of one machine: what is put comes to the store once, and what cannot be put is told."""

import asyncio
import ctypes
import os
import shutil
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta, timezone

import pytest
from log_world import LOG_OF, NOON, as_it_was, in_store, numbers, prediction

from keepfit.errors import ConfigError, InfrastructureError
from keepfit.serving.log import LogFull, PredictionLog
from keepfit.serving.log import ship as shipping
from keepfit.store import Directory


@pytest.fixture
def store(tmp_path):
    return Directory(tmp_path / "store")


def opened(tmp_path, store, worker="w", *, sync=False, **how):
    return PredictionLog(tmp_path / "log", store, LOG_OF, worker, sync=sync, **how)


def wait_until(true, seconds=20):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.01)


def test_what_is_put_comes_to_the_store_as_it_was_by_day(tmp_path, store):
    log = opened(tmp_path, store)
    assert log.put([prediction(1), prediction(2, at=NOON + timedelta(hours=13))]) is None
    log.put([prediction(3)])
    log.close()
    rows = in_store(store)
    assert sorted(numbers(rows)) == [1, 2, 3]
    assert all(map(as_it_was, rows))
    days = [key.split("/")[2] for key in store.list(f"{LOG_OF}/predictions/")]
    assert days == ["2026-03-01", "2026-03-02"]
    assert (log.state.written, log.state.shipped, log.state.segments, log.state.problem) == (3, 3, 0, "")
    assert not list((tmp_path / "log").rglob("*.closed"))


def test_a_stretch_of_time_comes_in_bounded_parts(tmp_path, store):
    log = opened(tmp_path, store)
    log.put([prediction(n, at=NOON + timedelta(minutes=n)) for n in range(100)])
    log.close()
    minutes = (NOON + timedelta(minutes=10), NOON + timedelta(minutes=60))
    assert sorted(numbers(in_store(store, *minutes))) == list(range(10, 60))
    from keepfit.serving.log import predictions

    sizes = [part.num_rows for part in predictions(store, LOG_OF, *minutes, rows=16)]
    assert max(sizes) <= 16
    assert sum(sizes) == 50


def test_what_was_acknowledged_is_in_the_file(tmp_path, store):
    log = opened(tmp_path, store, sync=True)

    async def put():
        for n in range(20):
            await log.put([prediction(n)])
            (file,) = (tmp_path / "log" / LOG_OF / "w").glob("*.open")
            assert f"w-{n}".encode() in file.read_bytes()

    asyncio.run(put())
    log.close()
    assert sorted(numbers(in_store(store))) == list(range(20))


def test_without_sync_the_file_has_it_within_the_window(tmp_path, store):
    log = opened(tmp_path, store, window=timedelta(seconds=1))
    log.put([prediction(7)])
    wait_until(lambda: any(b"w-7" in path.read_bytes() for path in (tmp_path / "log").rglob("*.open")), seconds=5)
    log.close()


def test_many_puts_share_a_write(tmp_path, store):
    log = opened(tmp_path, store, sync=True)

    async def put():
        await asyncio.gather(*(log.put([prediction(n)]) for n in range(2_000)))

    asyncio.run(put())
    assert log.state.written == 2_000
    log.close()
    assert sorted(numbers(in_store(store))) == list(range(2_000))


def test_a_full_queue_says_so_and_takes_nothing(tmp_path, store):
    log = opened(tmp_path, store, window=timedelta(minutes=1), limit=100_000)
    folder = tmp_path / "log" / LOG_OF / "w"
    shutil.rmtree(folder)  # no file can be made here: the disk does not take a byte
    taken = 0
    told = ""
    while not told and taken < 2_000:
        try:
            log.put([prediction(taken)])
            taken += 1
        except LogFull as error:
            told = str(error)
    assert "try again later" in told
    assert 100 < taken < 1_000
    assert log.state.refused == 1
    assert log.state.waiting_bytes <= 100_000
    folder.mkdir(parents=True)
    log.close()
    assert sorted(numbers(in_store(store))) == list(range(taken))


def test_two_workers_of_one_machine_lose_and_double_nothing(tmp_path, store):
    logs = [opened(tmp_path, store, name, segment_bytes=4_000) for name in ("a", "b")]
    for n in range(300):
        for name, log in zip("ab", logs, strict=True):
            log.put([prediction(n, name)])
    for log in logs:
        log.close()
    rows = in_store(store)
    assert sorted(row["id"] for row in rows) == sorted(f"{name}-{n}" for n in range(300) for name in "ab")


def test_a_second_process_cannot_be_the_same_worker(tmp_path, store):
    log = opened(tmp_path, store)
    with pytest.raises(InfrastructureError, match="another process writes"):
        opened(tmp_path, store)
    log.close()
    opened(tmp_path, store).close()


def test_a_name_that_cannot_be_part_of_a_key_is_refused(tmp_path, store):
    with pytest.raises(ConfigError):
        opened(tmp_path, store, "Worker 1/..")
    assert not (tmp_path / "log").exists()


def left(tmp_path, store, rows, worker="w"):
    """A closed segment that nobody shipped."""
    log = opened(tmp_path, Directory(tmp_path / "nowhere" / "x"), worker)
    (tmp_path / "nowhere").write_text("no folder")
    log.put(rows)
    log.close()
    (tmp_path / "nowhere").unlink()
    (path,) = (tmp_path / "log" / LOG_OF / worker).glob("*.closed")
    return path


def test_a_store_that_does_not_answer_is_told_and_later_gets_it_all(tmp_path, store):
    (tmp_path / "nowhere").write_text("no folder")
    log = opened(tmp_path, Directory(tmp_path / "nowhere" / "store"))
    log.put([prediction(1)])
    log.close()
    assert "the store does not take them" in log.state.problem
    assert log.state.since is not None
    assert log.state.segments == 1
    again = opened(tmp_path, store)
    again.close()
    assert numbers(in_store(store)) == [1]


def test_what_a_killed_shipper_published_is_not_doubled(tmp_path, store):
    path = left(tmp_path, store, [prediction(1), prediction(2, at=NOON + timedelta(days=1))])
    data = path.read_bytes()
    assert shipping.ship(tmp_path / "log", store, LOG_OF, "w").shipped == 2
    before = store.list("")
    path.write_bytes(data)  # killed before it removed the segment
    store_path = tmp_path / "store" / before[1]
    store_path.unlink()  # and before it published the second day
    done = shipping.ship(tmp_path / "log", store, LOG_OF, "w")
    assert (done.shipped, done.problems) == (2, [])
    assert store.list("") == before
    assert sorted(numbers(in_store(store, end=NOON + timedelta(days=2)))) == [1, 2]
    assert not path.exists()


def test_a_key_that_another_segment_has_is_no_success(tmp_path, store):
    path = left(tmp_path, store, [prediction(1)])
    shipping.ship(tmp_path / "log", store, LOG_OF, "w")
    other = left(tmp_path, store, [prediction(2)])
    other.rename(path)
    done = shipping.ship(tmp_path / "log", store, LOG_OF, "w")
    assert "another segment" in done.problems[0]
    assert path.exists()


@pytest.mark.parametrize("cut", [1, 5, 9, 60])
def test_a_torn_tail_is_dropped_and_counted(tmp_path, store, cut):
    log = opened(tmp_path, store)
    for n in (1, 2):
        log.put([prediction(n)])
        wait_until(lambda n=n: log.state.written == n)
    (path,) = (tmp_path / "log").rglob("*.open")
    torn = path.read_bytes()[:-cut]
    log.close()
    for key in store.list(""):
        (tmp_path / "store" / key).unlink()
    path.with_suffix(".closed").write_bytes(torn)
    done = shipping.ship(tmp_path / "log", store, LOG_OF, "w")
    assert (done.shipped, done.damaged) == (1, 0)
    assert done.torn_bytes > 0
    assert numbers(in_store(store)) == [1]


def test_a_segment_damaged_in_the_middle_is_kept_for_a_person(tmp_path, store):
    log = opened(tmp_path, store)
    for n in (1, 2, 3):
        log.put([prediction(n)])
        wait_until(lambda n=n: log.state.written == n)
    (path,) = (tmp_path / "log").rglob("*.open")
    data = bytearray(path.read_bytes())
    log.close()
    for key in store.list(""):
        (tmp_path / "store" / key).unlink()
    data[data.index(b"w-2")] ^= 1
    path.with_suffix(".closed").write_bytes(data)
    done = shipping.ship(tmp_path / "log", store, LOG_OF, "w")
    assert (done.shipped, done.damaged) == (1, 1)
    assert numbers(in_store(store)) == [1]
    assert path.with_suffix(".damaged").read_bytes() == data


def test_a_file_that_was_altered_in_the_store_is_told(tmp_path, store):
    from keepfit.errors import IntegrityError

    log = opened(tmp_path, store)
    log.put([prediction(n) for n in range(500)])
    log.close()
    (key,) = store.list("")
    path = tmp_path / "store" / key
    data = bytearray(path.read_bytes())
    data[200] ^= 255
    path.write_bytes(data)
    with pytest.raises(IntegrityError, match="altered"):
        in_store(store)


def test_a_full_disk_fails_what_waits_for_it_and_recovers(tmp_path, store):
    small = tmp_path / "small"
    small.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(small)]
    done = subprocess.run(command, capture_output=True, text=True, check=False) if shutil.which("mount") else None
    if done is None or done.returncode:
        pytest.skip(f"a file system cannot be mounted here: {done.stderr.strip() if done else 'no mount'}")
    try:
        for sync in (True, False):
            full_and_empty_again(small, store, sync=sync)
    finally:
        subprocess.run(["umount", "--lazy", str(small)], check=True)


def full_and_empty_again(small, store, *, sync):
    worker = "s" if sync else "b"
    log = PredictionLog(small, store, LOG_OF, worker, sync=sync, window=timedelta(seconds=0.1), limit=200_000)
    wait_until(lambda: log.state.segments == 0)
    filler = small / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while file.write(bytes(4096)):
                pass
        except OSError:
            pass
    taken, failed = [], []

    async def put():
        for n in range(3_000):
            try:
                done = log.put([prediction(n, worker)])
                if done is not None:
                    await done
                taken.append(f"{worker}-{n}")
            except InfrastructureError as error:
                failed.append(str(error))

    def told():
        """What is put is refused with why, once the writer knows; before, all that is known is that much waits."""
        if not sync:
            try:
                number = 3_000 + len(taken)
                log.put([prediction(number, worker)])
                taken.append(f"{worker}-{number}")
            except InfrastructureError as error:
                failed.append(str(error))
        return "No space left on device" in failed[-1]

    asyncio.run(put())
    assert failed
    wait_until(told)
    assert "No space left on device" in log.state.problem
    filler.unlink()
    before = len(failed)
    if not sync:
        wait_until(lambda: not log.state.waiting_bytes)
    asyncio.run(put())
    assert len(failed) == before or not sync
    log.close()
    rows = [row["id"] for row in in_store(store) if row["id"].startswith(worker)]
    assert sorted(rows) == sorted(taken)
    assert log.state.problem == ""
    assert (log.state.failed, log.state.torn_bytes) == (before if sync else 0, 0)


def test_a_worker_loads_neither_arrow_nor_numpy(tmp_path):
    code = f"""
import resource, sys
from pathlib import Path
from datetime import datetime, UTC
from keepfit.store import Directory
from keepfit.serving.log import Prediction, PredictionLog
log = PredictionLog(Path({str(tmp_path)!r}) / "log", Directory(Path({str(tmp_path)!r}) / "s"), "u", "w", sync=False)
row = Prediction("1", datetime.now(UTC), "u", 1, "d", "champion", {{"a": 1}}, (0.5, 0.5), None, (), 1.0)
for _ in range(20_000):
    log.put([row])
log.close()
print(log.state.shipped, sorted({{"pyarrow", "pandas", "sklearn", "duckdb"}} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "20000 []"


def test_a_record_keeps_times_and_texts(tmp_path, store):
    import json

    log = opened(tmp_path, store)
    record = {"at": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), "ü": "ß\x00", "big": 2**60, "none": None, "yes": True}
    log.put([prediction(1, record=record)])
    log.close()
    (row,) = in_store(store)
    assert json.loads(row["record"]) == record | {"at": "2026-01-02T03:04:05Z"}
    assert os.listdir(tmp_path / "log" / LOG_OF / "w") == ["lock"]  # noqa: PTH208


def end_writer():
    """End the thread in the middle of what it does."""
    (writer,) = (each for each in threading.enumerate() if each.name == "prediction log")
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(writer.ident), ctypes.py_object(MemoryError))


def test_a_time_that_is_none_in_utc_is_kept_as_it_was_written(tmp_path, store):
    log = opened(tmp_path, store)
    begin = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=1)))
    log.put([prediction(1), prediction(2, record={"begin": begin})])
    log.close()
    kept = {row["id"]: row["record"] for row in in_store(store)}
    assert kept["w-2"] == '{"begin":"0001-01-01T00:00:00+01:00"}'
    assert len(kept) == 2


def test_when_the_writer_dies_everybody_who_waits_is_told(tmp_path, store):
    log = opened(tmp_path, store, sync=True)
    told, safe = [], []

    async def call(number):
        while not told:
            try:
                await log.put([prediction(number)])
                safe.append(number)
            except InfrastructureError as error:
                told.append(str(error))

    async def work():
        calls = [asyncio.create_task(call(number)) for number in range(8)]
        await asyncio.sleep(0.1)
        end_writer()
        await asyncio.wait_for(asyncio.gather(*calls), 10)

    asyncio.run(work())
    assert safe
    assert "stopped writing: MemoryError" in told[0]
    assert log.state.ended
    log.close()


def test_without_sync_a_writer_that_died_is_told_at_the_next_prediction(tmp_path, store):
    log = opened(tmp_path, store, window=timedelta(milliseconds=20))
    end_writer()
    wait_until(lambda: log.state.ended)
    with pytest.raises(InfrastructureError, match="stopped writing") as refused:
        log.put([prediction(1)])
    assert not isinstance(refused.value, LogFull)
    log.close()
