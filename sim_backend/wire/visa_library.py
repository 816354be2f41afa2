"""The PyVISA backend `@labcim`: simulated instruments in this very process.

`pyvisa.ResourceManager("chip.toml@labcim")` opens the bench of a chip file. Without a file the
environment variable LABCIM_CHIP names it, else it is `chip.toml` in the current folder.
"""

import itertools
import os
import uuid
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, ClassVar
from weakref import finalize

from pyvisa import attributes, constants, errors, rname
from pyvisa.constants import ResourceAttribute, StatusCode
from pyvisa.highlevel import VisaLibraryBase
from pyvisa.typing import VISAEventContext, VISAHandler, VISARMSession, VISASession
from pyvisa.util import DebugInfo, LibraryPath

from .bench import Bench
from .handle import AttributeRefusedError, Handle, describe, seconds
from .message import MessageCore
from .port import VisaError
from .service import ServiceThread
from .session import Session

SUCCESS = StatusCode.success
_SERVICE_REQUEST = constants.EventType.service_request
_DISCARDS = (
    constants.BufferOperation.discard_read_buffer
    | constants.BufferOperation.discard_read_buffer_no_io
    | constants.BufferOperation.discard_receive_buffer
    | constants.BufferOperation.discard_receive_buffer2
)
_Kind = tuple[constants.InterfaceType, str]


def _canonical(resource_name: str) -> str:
    """Return the one spelling of a resource name; raises InvalidResourceName."""
    return rname.to_canonical_name(resource_name.upper()).upper()


def _declared(kind: _Kind, attribute: int) -> type[attributes.Attribute[Any]]:
    declared = attributes.AttributesByID[attribute]
    if not declared.in_resource(kind):
        raise KeyError(attribute)
    return declared


class LabcimVisaLibrary(VisaLibraryBase):
    """VISA over the simulated bench. PyVISA makes one instance for each chip file."""

    _given: ClassVar[dict[str, Bench]] = {}
    _handles: dict[int, Handle]

    @classmethod
    def over(cls, bench: Bench) -> "LabcimVisaLibrary":
        """Return a library over a bench that exists already, for `ResourceManager(library)`."""
        path = f"bench-{uuid.uuid4()}"
        cls._given[path] = bench
        try:
            return cls(LibraryPath(path, "a bench in this process"))
        finally:
            del cls._given[path]

    @staticmethod
    def get_library_paths() -> Iterable[LibraryPath]:
        """Return the chip file to use when none is named."""
        return (LibraryPath(os.environ.get("LABCIM_CHIP", "chip.toml"), "default"),)

    @staticmethod
    def get_debug_info() -> DebugInfo:
        """Return what `pyvisa-info` shows."""
        return {"Backend": "labcim simulated bench", "Use": "ResourceManager('chip.toml@labcim')"}

    def _init(self) -> None:
        self._numbers = itertools.count(1)
        self._handles = {}
        self._managers: set[int] = set()
        self._contexts: dict[int, constants.EventType] = {}
        self._service = ServiceThread()
        self._release: finalize[..., LabcimVisaLibrary] | None = None
        self._bench: Bench | None = self._given.get(str(self.library_path)) or self._load()

    def _load(self) -> Bench:
        # Imported late: the bench brings the physics with it, which a look at versions need not.
        from ..bench import SimulatedBench

        bench = SimulatedBench.shared(str(self.library_path))
        self._release = finalize(self, bench.close)
        return bench

    def _open_bench(self) -> Bench:
        if self._bench is None:
            self._bench = self._load()
        return self._bench

    def _handle(self, session: int) -> Handle:
        try:
            return self._handles[session]
        except KeyError:
            raise errors.VisaIOError(StatusCode.error_invalid_object) from None

    def _attempt(self, session: int, operation: Callable[[], int | None]) -> StatusCode:
        """Run an operation on a session and turn its outcome into a VISA status."""
        try:
            status = operation()
        except VisaError as failure:
            status = failure.status
        return self.handle_return_value(VISASession(session), status or 0)

    def open_default_resource_manager(self) -> tuple[VISARMSession, StatusCode]:
        """Return a new session of the resource manager."""
        self._open_bench()
        session = VISARMSession(next(self._numbers))
        self._managers.add(session)
        return session, self.handle_return_value(session, SUCCESS)

    def list_resources(self, session: VISARMSession, query: str = "?*::INSTR") -> tuple[str, ...]:
        """Return the names of the bench's instruments that match a VISA expression."""
        return rname.filter(tuple(self._open_bench().instruments), query)

    def open(
        self,
        session: VISARMSession,
        resource_name: str,
        access_mode: constants.AccessModes = constants.AccessModes.no_lock,
        open_timeout: int | None = constants.VI_TMO_IMMEDIATE,
    ) -> tuple[VISASession, StatusCode]:
        """Open a session on an instrument; resource names are compared without case."""
        name, core = self._find(resource_name)
        serial = name.upper().startswith("ASRL")
        stream = serial or name.upper().endswith("::SOCKET")
        opened = Session(core, self._open_bench().lock, byte_stream=stream, serial=serial)
        if access_mode & constants.AccessModes.exclusive_lock:
            try:
                opened.lock_exclusive(seconds(open_timeout))
            except VisaError:
                opened.close()
                raise errors.VisaIOError(StatusCode.error_resource_locked) from None
        handle = VISASession(next(self._numbers))
        parsed = rname.ResourceName.from_string(name)
        kind = (parsed.interface_type_const, parsed.resource_class)
        described = describe(parsed, name) | {ResourceAttribute.resource_manager_session: session}
        self._handles[handle] = Handle(opened, described, partial(_declared, kind))
        return handle, self.handle_return_value(handle, SUCCESS)

    def _find(self, resource_name: str) -> tuple[str, MessageCore]:
        """Return an instrument and its whole name, as the chip file spells it."""
        try:
            wanted = _canonical(resource_name)
        except rname.InvalidResourceName:
            raise errors.VisaIOError(StatusCode.error_invalid_resource_name) from None
        for name, core in self._open_bench().instruments.items():
            if _canonical(name) == wanted:
                return rname.to_canonical_name(name), core
        raise errors.VisaIOError(StatusCode.error_resource_not_found)

    def close(self, session: VISASession | VISAEventContext | VISARMSession) -> StatusCode:
        """Close a session, an event context or the resource manager with all its sessions."""
        if self._contexts.pop(session, None) is not None:
            return SUCCESS
        if session in self._managers:
            self._managers.remove(session)
            if not self._managers:
                self._close_bench()
            return SUCCESS
        self._handle(session)
        self._close_handle(session)
        return SUCCESS

    def _close_bench(self) -> None:
        """Close all sessions and give the chip back, so that another process may have it."""
        for handle in tuple(self._handles):
            self._close_handle(handle)
        self._service.close()
        if self._release is not None:
            self._bench = None
            self._release()

    def _close_handle(self, session: int) -> None:
        self._handles.pop(session).session.close()
        self._last_status_in_session.pop(VISASession(session), None)
        self._ignore_warning_in_session.pop(session, None)

    def write(self, session: VISASession, data: bytes) -> tuple[int, StatusCode]:
        """Send bytes; returns how many."""
        try:
            self._handle(session).session.write(data if type(data) is bytes else bytes(data))
            status = SUCCESS
        except VisaError as failure:
            status = StatusCode(failure.status)
        if status:
            return 0, self.handle_return_value(session, status)
        self._last_status = self._last_status_in_session[session] = SUCCESS
        return len(data), SUCCESS

    def read(self, session: VISASession, count: int) -> tuple[bytes, StatusCode]:
        """Read at most count bytes; the status tells END, termination character or more."""
        try:
            data, status = self._handle(session).session.read(count)
        except VisaError as failure:
            data, status = b"", failure.status
        if status:
            return data, self.handle_return_value(session, status)
        self._last_status = self._last_status_in_session[session] = SUCCESS
        return data, SUCCESS

    def clear(self, session: VISASession) -> StatusCode:
        """Device clear."""
        return self._attempt(session, self._handle(session).session.clear)

    def flush(self, session: VISASession, mask: constants.BufferOperation) -> StatusCode:
        """Discard input that was not read; nothing is ever buffered for output."""
        if mask & _DISCARDS:
            self._handle(session).session.discard_input()
        return self.handle_return_value(session, SUCCESS)

    def read_stb(self, session: VISASession) -> tuple[int, StatusCode]:
        """Return the status byte with RQS, and clear RQS, as a serial poll does."""
        try:
            value, status = self._handle(session).session.read_status_byte(), 0
        except VisaError as failure:
            value, status = 0, failure.status
        return value, self.handle_return_value(session, status)

    def assert_trigger(
        self, session: VISASession, protocol: constants.TriggerProtocol
    ) -> StatusCode:
        """Group execute trigger; only the default protocol exists."""
        handle = self._handle(session)
        if protocol != constants.TriggerProtocol.default:
            return self.handle_return_value(session, StatusCode.error_invalid_protocol)
        return self._attempt(session, handle.session.trigger)

    def gpib_control_ren(
        self, session: VISASession, mode: constants.RENLineOperation
    ) -> StatusCode:
        """Accept any state of the REN line: a simulated front panel has nobody before it."""
        self._handle(session)
        return self.handle_return_value(session, SUCCESS)

    def gpib_send_ifc(self, session: VISASession) -> StatusCode:
        """Refuse: VISA has it for bus interfaces (INTFC), and here are instruments only."""
        self._handle(session)
        return self.handle_return_value(session, StatusCode.error_nonsupported_operation)

    def gpib_command(self, session: VISASession, data: bytes) -> tuple[int, StatusCode]:
        """Refuse, for the same reason."""
        self._handle(session)
        return 0, self.handle_return_value(session, StatusCode.error_nonsupported_operation)

    def get_attribute(
        self,
        session: VISASession | VISAEventContext | VISARMSession,
        attribute: constants.ResourceAttribute | constants.EventAttribute,
    ) -> tuple[Any, StatusCode]:
        """Return an attribute of a session or of an event context."""
        context = self._contexts.get(session)
        if context is not None and attribute == constants.EventAttribute.event_type:
            return context, SUCCESS
        try:
            return self._handle(session).get(attribute), SUCCESS
        except KeyError:
            failure = StatusCode.error_nonsupported_attribute
            return None, self.handle_return_value(VISASession(session), failure)

    def set_attribute(
        self,
        session: VISASession,
        attribute: constants.ResourceAttribute,
        attribute_state: Any,
    ) -> StatusCode:
        """Set an attribute of a session."""
        try:
            self._handle(session).set(attribute, attribute_state)
            status = SUCCESS
        except KeyError:
            status = StatusCode.error_nonsupported_attribute
        except AttributeRefusedError as refusal:
            status = (
                StatusCode.error_attribute_read_only
                if refusal.read_only
                else StatusCode.error_nonsupported_attribute_state
            )
        return self.handle_return_value(session, status)

    def lock(
        self,
        session: VISASession,
        lock_type: constants.Lock,
        timeout: int,
        requested_key: str | None = None,
    ) -> tuple[str, StatusCode]:
        """Lock a resource for a session; returns the key of a shared lock."""
        target = self._handle(session).session
        wait = seconds(timeout)
        if lock_type == constants.Lock.exclusive:
            return "", self._attempt(session, lambda: target.lock_exclusive(wait))
        key = requested_key or uuid.uuid4().hex
        return key, self._attempt(session, lambda: target.lock_shared(key, wait))

    def unlock(self, session: VISASession) -> StatusCode:
        """Undo a session's last lock."""
        return self._attempt(session, self._handle(session).session.unlock)

    def enable_event(
        self,
        session: VISASession,
        event_type: constants.EventType,
        mechanism: constants.EventMechanism,
        context: None = None,
    ) -> StatusCode:
        """Enable service requests by queue, by handler, or both; there are no other events."""
        handle = self._handle(session)
        if event_type != _SERVICE_REQUEST:
            return self.handle_return_value(session, StatusCode.error_invalid_event)
        if mechanism & constants.EventMechanism.queue:
            handle.session.enable_queue()
        if mechanism & constants.EventMechanism.handler:
            handle.session.enable_handler(
                lambda: self._service.submit(lambda: self._deliver(session))
            )
        return self.handle_return_value(session, SUCCESS)

    def disable_event(
        self,
        session: VISASession,
        event_type: constants.EventType,
        mechanism: constants.EventMechanism,
    ) -> StatusCode:
        """Stop service requests from being queued or delivered."""
        handle = self._handle(session)
        if mechanism & constants.EventMechanism.queue:
            handle.session.queue_enabled = False
        if mechanism & constants.EventMechanism.handler:
            handle.session.on_service = None
        return self.handle_return_value(session, SUCCESS)

    def discard_events(
        self,
        session: VISASession,
        event_type: constants.EventType,
        mechanism: constants.EventMechanism,
    ) -> StatusCode:
        """Forget service requests that wait in the queue."""
        handle = self._handle(session)
        if mechanism & constants.EventMechanism.queue:
            handle.session.discard_events()
        return self.handle_return_value(session, SUCCESS)

    def wait_on_event(
        self, session: VISASession, in_event_type: constants.EventType, timeout: int
    ) -> tuple[constants.EventType, VISAEventContext, StatusCode]:
        """Wait for a service request in the queue; its context must be closed by the caller."""
        target = self._handle(session).session
        status = self._attempt(session, lambda: target.wait_for_service(seconds(timeout)))
        return _SERVICE_REQUEST, self._new_context(), status

    def install_handler(
        self,
        session: VISASession,
        event_type: constants.EventType,
        handler: VISAHandler,
        user_handle: Any = None,
    ) -> tuple[VISAHandler, Any, Any, StatusCode]:
        """Take a handler; it is called from another thread, with a context of its own."""
        self._handle(session)
        if event_type != _SERVICE_REQUEST:
            self.handle_return_value(session, StatusCode.error_invalid_event)
        return handler, user_handle, handler, self.handle_return_value(session, SUCCESS)

    def uninstall_handler(
        self,
        session: VISASession,
        event_type: constants.EventType,
        handler: VISAHandler,
        user_handle: Any = None,
    ) -> StatusCode:
        """Let a handler go; PyVISA has taken it off its list already."""
        return self.handle_return_value(session, SUCCESS)

    def _new_context(self) -> VISAEventContext:
        context = VISAEventContext(next(self._numbers))
        self._contexts[context] = _SERVICE_REQUEST
        return context

    def _deliver(self, session: VISASession) -> None:
        """Call every handler of a session, each with a fresh context (on the service thread)."""
        for handler, user_handle, _, event_type in tuple(self.handlers.get(session, ())):
            if event_type == _SERVICE_REQUEST and session in self._handles:
                context = self._new_context()
                try:
                    handler(session, event_type, context, user_handle)
                finally:
                    self._contexts.pop(context, None)
