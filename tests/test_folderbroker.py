"""Messages in files: each arrives whole, once, however closely the worker watches."""

import threading
from pathlib import Path
from queue import Empty

import pytest
from kombu import Connection

MESSAGES = 2000


@pytest.fixture
def folder(tmp_path) -> Path:
    return tmp_path / "messages"


def connect(folder: Path) -> Connection:
    return Connection(
        "folder://localhost/",
        transport="barnetwatch.folderbroker:Transport",
        transport_options={
            "data_folder_in": str(folder),
            "data_folder_out": str(folder),
            "control_folder": str(folder.with_name("control")),
        },
    )


def test_a_message_arrives_whole_while_the_worker_looks(folder):
    def send() -> None:
        with connect(folder) as connection:
            queue = connection.SimpleQueue("sweeps")
            for number in range(MESSAGES):
                queue.put({"number": number})
            queue.close()

    received = []
    sender = threading.Thread(target=send)
    with connect(folder) as connection:
        channel = connection.SimpleQueue("sweeps").channel
        sender.start()
        while sender.is_alive() or channel._size("sweeps"):
            try:
                received.append(channel._get("sweeps")["properties"]["delivery_tag"])
            except Empty:
                continue

    sender.join()
    assert len(received) == len(set(received)) == MESSAGES
    assert not list(folder.iterdir())


def test_a_message_half_written_is_nobodys(folder):
    with connect(folder) as connection:
        channel = connection.SimpleQueue("sweeps").channel
        (folder / "1_x.sweeps.msg.draft").write_text('{"half')

        assert channel._size("sweeps") == 0
        with pytest.raises(Empty):
            channel._get("sweeps")
