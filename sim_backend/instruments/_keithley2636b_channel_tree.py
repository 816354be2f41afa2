"""What stands directly under ``smuX`` in the tree of a 2636B."""

from collections.abc import Callable

from ..wire.errors import ScpiError
from ..wire.tsp import call, getter, number
from ..wire.tsp_tree import maker
from ._keithley2636b_buffer import BufferFunctions, ReadingBuffer
from ._keithley2636b_channel import Channel
from ._keithley2636b_measure import checked


class ChannelFunctions:
    """Those of one channel. reset: takes it to its factory settings.  stop: ends its sweep."""

    def __init__(
        self,
        channel: Channel,
        buffers: BufferFunctions,
        reset: Callable[[], None],
        stop: Callable[[], None],
    ) -> None:
        self._channel, self._buffers = channel, buffers
        self._reset, self._stop = reset, stop

    @call("reset")
    def reset(self) -> None:
        """Go to the factory settings of this channel."""
        self._reset()

    @call("abort")
    def abort(self) -> None:
        """End a sweep that waits."""
        self._stop()

    @getter("source.compliance")
    def compliance(self) -> bool:
        """Return whether a limit holds the source back now."""
        return self._channel.tripped()

    @maker("makebuffer", "reading_buffer")
    def make_buffer(self, capacity: object) -> ReadingBuffer:
        """Return a new reading buffer."""
        return self._buffers.make(number(capacity, 1, 1e9))

    @call("savebuffer")
    def save_buffer(self, buffer: object) -> None:
        """Keep the readings of a dedicated buffer over power cycles."""
        kept = checked(buffer)
        if not kept.dedicated:
            raise ScpiError(5033, "Reading buffer not found within device")
        kept.saved = list(kept.rows)
