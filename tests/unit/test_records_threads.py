"""Records are read by many threads at once, also the first of their kind."""

import subprocess
import sys

READING = """
import sys, threading
from keepfit.records import Record, canonical, parse

sys.setswitchinterval(1e-6)
MADE = "class Inner{n}(Record): a: 'int | None' = None; b: 'dict[str, float] | None' = None\\n" \\
       "class Outer{n}(Record): one: 'Inner{n}'; many: 'tuple[Inner{n}, ...]' = (); text: 'str | None' = None"
for number in range(int(sys.argv[1])):
    kinds = {"Record": Record, "__name__": "__main__"}
    exec(MADE.format(n=number), kinds)
    globals().update(kinds)  # where the names in their annotations are looked up
    inner, outer = kinds[f"Inner{number}"], kinds[f"Outer{number}"]
    record = outer(one=inner(a=1), many=(inner(), inner(b={"x": 0.5})))
    data, together, answers = canonical(record), threading.Barrier(4), []

    def read():
        together.wait()
        answers.append(parse(data, outer))

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [record] * 4
"""


def test_threads_that_read_the_first_record_of_a_kind_together_all_get_it():
    ended = subprocess.run([sys.executable, "-c", READING, "200"], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
