"""The kernel's side of what must not be lost: a reader is welcomed whenever it comes."""

import json
import threading
from pathlib import Path

import zmq
from executable_posts.kernels.inside.app import _OutputThread
from jupyter_client.session import Session


def test_a_reader_that_comes_while_something_is_sent_is_welcomed(tmp_path: Path) -> None:
    """ZeroMQ tells once that something has come, and a send takes that away from who waits."""
    address = f"ipc://{tmp_path / 'iopub'}"
    with zmq.Context() as context:
        socket = context.socket(zmq.XPUB)
        socket.bind(address)
        thread = _OutputThread(socket, Session(key=b"k"), f"ipc://{tmp_path / 'forked'}")
        thread.start()  # type: ignore[no-untyped-call]
        try:
            busy, has_come = threading.Event(), threading.Event()

            def work() -> None:
                busy.set()
                has_come.wait(10)
                thread._really_send([b"something"])

            thread.schedule(work)  # type: ignore[no-untyped-call]
            busy.wait(10)
            with context.socket(zmq.SUB) as reader:
                monitor = reader.get_monitor_socket(zmq.Event.HANDSHAKE_SUCCEEDED)
                reader.connect(address)
                reader.subscribe(b"")
                assert monitor.poll(10_000)
                # The subscription follows on the connection that has just been made.
                reader.poll(300)
                has_come.set()
                kinds = []
                while "iopub_welcome" not in kinds and reader.poll(5_000):
                    frames = reader.recv_multipart()
                    kinds += [json.loads(frames[-4])["msg_type"]] if len(frames) > 4 else []
                reader.disable_monitor()
            assert "iopub_welcome" in kinds
        finally:
            thread.stop()  # type: ignore[no-untyped-call]
            thread.close()  # type: ignore[no-untyped-call]
