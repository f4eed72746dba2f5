"""`keepfit serve`, whose log loses its thread as soon as a file appears: ``python writer_dies.py FILE serve …``."""

import ctypes
import sys
import threading
import time
from pathlib import Path

from flows.cli import main


def end_writer(file):
    while not file.exists():
        time.sleep(0.01)
    (writer,) = (each for each in threading.enumerate() if each.name == "prediction log")
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(writer.ident), ctypes.py_object(MemoryError))


if __name__ == "__main__":
    threading.Thread(target=end_writer, args=(Path(sys.argv[1]),), daemon=True).start()
    main(sys.argv[2:])
