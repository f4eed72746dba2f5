"""The fuzzer runs in a process of its own: to import it instruments what it imports."""

collect_ignore = ["fuzz_readers.py"]
