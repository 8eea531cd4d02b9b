"""Messages to bytes and back, without any I/O: frames around canonical JSON, one vocabulary per kind of peer."""

from typing import Generic, TypeVar

from otha.wire.errors import WireError
from otha.wire.frame import MAX_BODY, FrameReader, frame
from otha.wire.message import MESSAGES, Message
from otha.wire.vocabulary import Vocabulary

MAGIC = b"OW"
VERSION = 1

M = TypeVar("M")


class Reader(Generic[M]):
    """Messages of one vocabulary out of bytes as they come."""

    def __init__(self, vocabulary: Vocabulary[M], magic: bytes, version: int, max_body: int = MAX_BODY) -> None:
        self._vocabulary = vocabulary
        self._frames = FrameReader(magic, version, max_body)

    def feed(self, data: bytes) -> list[M]:
        """The messages that `data` completes. Raises WireError, also on every further call after one."""
        self._frames.feed(data)
        messages: list[M] = []
        try:
            while (body := self._frames.next_body()) is not None:
                messages.append(self._vocabulary.load(body))
        except WireError:
            self._frames.give_up()
            raise
        return messages


class Decoder(Reader[Message]):
    """The messages between the supervisor and its clients."""

    def __init__(self, max_body: int = MAX_BODY) -> None:
        super().__init__(MESSAGES, MAGIC, VERSION, max_body)


def encode(message: Message) -> bytes:
    """The frame of a message. Raises WireError when it is too long or holds what JSON can't carry."""
    return frame(MAGIC, VERSION, MESSAGES.dump(message))
