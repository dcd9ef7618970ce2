"""Run the cells of a notebook in a process forked from one that has imported the packages already.

Importing pandas, scipy and matplotlib takes longer than most chapters do. Python's own fork server
imports them once. Each fork then runs ipykernel's kernel inside its process: the same shell as
Jupyter starts, so that the outputs are the same to the byte.
"""

import asyncio
import contextlib
import gc
import multiprocessing
import os
import signal
import sys
import time
from multiprocessing.connection import Connection, wait
from multiprocessing.forkserver import ensure_running
from pathlib import Path
from tempfile import TemporaryFile
from threading import Thread
from typing import BinaryIO
from unittest import mock

TIMEOUT = 600  # seconds that a cell may take
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(
    [
        *("ipykernel.inprocess.manager", "ipywidgets", "nbclient", "matplotlib_inline"),
        *("jsonschema", "matplotlib.pyplot", "pandas", "scipy.stats", "seaborn"),
    ]
)


class CellsError(Exception):
    """The process ended in a code cell; `number` is that cell's, counted from 1."""

    def __init__(self, number: int, why: str) -> None:
        super().__init__(why)
        self.number = number


def start(variables: dict[str, str]) -> None:
    """Start the process that imports the packages, with these environment variables."""
    with mock.patch.dict(os.environ, variables):
        ensure_running()


def run(notebook: str, folder: Path, variables: dict[str, str]) -> str:
    """Run a notebook in a folder, up to the first cell that fails; return it with its outputs.

    Raises
    ------
    CellsError
        If a cell ended the process or took longer than `TIMEOUT`.
    """
    ours, theirs = FORKS.Pipe(duplex=False)
    process = FORKS.Process(target=_work, args=(theirs, notebook, folder, variables))
    process.start()
    theirs.close()
    received: int | str = 1  # the number of the running cell, and at last the notebook
    with contextlib.suppress(EOFError):
        while isinstance(received, int):
            received = ours.recv()
    process.join()
    with contextlib.suppress(ProcessLookupError):  # what the cells started and left running
        os.killpg(process.pid, signal.SIGKILL)
    if isinstance(received, str):
        return received
    if process.exitcode == -signal.SIGALRM:
        raise CellsError(received, f"it ran for longer than {TIMEOUT} s")
    raise CellsError(received, f"it ended its process, with status {process.exitcode}")


def _work(connection: Connection, source: str, folder: Path, variables: dict[str, str]) -> None:
    """Run a notebook in the fork; send each code cell's number, and at the end the notebook."""
    gc.freeze()  # what was imported stays, and looking through it again and again takes long
    os.setpgid(0, 0)  # what the cells start ends with them
    Thread(target=_end_with_parent, daemon=True).start()
    os.environ.update(variables)
    time.tzset()
    os.chdir(folder)
    del sys.path[0]  # the folder of the program, which a kernel does not have either
    with TemporaryFile() as said, TemporaryFile() as complained:
        os.dup2(said.fileno(), 1)
        os.dup2(complained.fileno(), 2)
        _run_cells(connection, source, {"stdout": said, "stderr": complained})


def _run_cells(connection: Connection, source: str, streams: dict[str, BinaryIO]) -> None:
    """Send cells to a kernel in this process, and what it shows to nbclient, which keeps it."""
    import nbformat
    from ipykernel.inprocess.manager import InProcessKernelManager
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionComplete
    from traitlets.config import Config

    asyncio.set_event_loop(asyncio.new_event_loop())  # for cells that wait for something
    manager = InProcessKernelManager(config=Config(HistoryManager={"enabled": False}))
    manager.start_kernel()
    client = manager.client()
    client.start_channels()
    kernel, socket = manager.kernel, manager.kernel.shell_stream
    notebook = nbformat.reads(source, as_version=4)
    notebook.metadata.language_info = kernel.language_info
    reader = NotebookClient(notebook, record_timing=False, store_widget_state=False)
    places = [
        place
        for place, cell in enumerate(notebook.cells)
        if cell.cell_type == "code" and cell.source.strip()
    ]
    for number, place in enumerate(places, start=1):
        cell = notebook.cells[place]
        connection.send(number)
        signal.alarm(TIMEOUT)
        cell.outputs = []
        reader.clear_before_next_output = False
        request = {"code": cell.source, "silent": False, "allow_stdin": False}
        client.session.send(socket, client.session.msg("execute_request", request))
        # Not as a task, as the client would: what a cell sets for its context, such as NumPy's
        # print options, would then be lost to the next. Nothing here waits, so one step is all.
        with contextlib.suppress(StopIteration):
            kernel.dispatch_shell(socket.recv_multipart()).send(None)
        socket.recv_multipart()  # the reply, which says less than the messages do
        with contextlib.suppress(CellExecutionComplete):
            while True:
                reader.process_message(client.get_iopub_msg(), cell, place)
        for name, file in streams.items():
            cell.outputs += _written(name, file)
        if any(output.output_type == "error" for output in cell.outputs):
            break
    connection.send(nbformat.writes(notebook))


def _end_with_parent() -> None:
    """Wait for the parent to end, in whatever way, and end with all that the cells started."""
    wait([multiprocessing.parent_process().sentinel])
    os.killpg(0, signal.SIGKILL)


def _written(name: str, file: BinaryIO) -> list:
    """Return as an output what programs and compiled code wrote past Python."""
    from nbformat.v4 import new_output

    file.seek(0)
    text = file.read().decode(errors="replace")
    file.seek(0)
    file.truncate()
    return [new_output("stream", name=name, text=text)] if text else []
