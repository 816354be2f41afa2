"""PyVISA backend `@labcim`: PyVISA finds backends by the name of a top-level module."""

from labcim.sim_backend.wire.visa_library import LabcimVisaLibrary

WRAPPER_CLASS = LabcimVisaLibrary
