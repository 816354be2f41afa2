"""The stages of `characterise`, in order: whose protocol, by which plan, and what is told of it."""

from ..program.compliance_tuning import compliance_tuning
from ..program.form import form
from ..program.write_verify import write_verify
from ._first_stages import (
    have_formed,
    have_held,
    have_kept,
    have_read,
    have_sought,
    plan_contacts,
    plan_form,
    plan_hold,
    plan_keep,
    plan_loops,
    plan_read,
    plan_seek,
)
from ._later_stages import (
    plan_cycle,
    plan_disturb,
    plan_faults,
    plan_kinetics,
    plan_law,
    plan_listen,
    plan_respond,
    plan_write,
    vetted_law,
)
from ._stage import Stage, Tell, nothing
from .contact_check import contact_check
from .disturb import disturb_cells
from .endurance import endurance
from .fault_map import fault_map
from .iv_sweep import iv_sweep
from .kinetics_map import kinetics_map
from .pulse_response import pulse_response
from .read_map import read_map
from .read_noise import read_noise
from .switch_seeker import switch_seeker
from .volatile_relaxation import volatile_relaxation

STAGES = (
    Stage("contacts", contact_check, plan_contacts, nothing),
    Stage("read", read_map, plan_read, have_read, (
        Tell("conductance as found", "conductance", "S"),
    )),
    Stage("form", form, plan_form, have_formed, (
        Tell("forming voltage", "voltage", "V", where="by_us"),
        Tell("conductance after forming", "conductance", "S"),
    )),
    Stage("hold", read_map, plan_hold, have_held, (
        Tell("conductance some time after forming", "conductance", "S"),
    )),
    Stage("switch", switch_seeker, plan_seek, have_sought, (
        Tell("threshold", "threshold", "V", "polarity", where="switched"),
    )),
    Stage("keep", volatile_relaxation, plan_keep, have_kept, (
        Tell("conductance after a SET", "conductance", "S", "since", "s"),
    )),
    Stage("loop", iv_sweep, plan_loops, nothing, (
        Tell("current of the loop", "current", "A", "voltage", "V"),
    )),
    Stage("faults", fault_map, plan_faults, nothing, (
        Tell("fault", "fault", ""),
    )),
    Stage("kinetics", kinetics_map, plan_kinetics, nothing, (
        Tell("chance to be SET", "probability", "", "voltage", "V", where="set"),
        Tell("chance to be RESET", "probability", "", "voltage", "V", where="reset"),
    )),
    Stage("law", compliance_tuning, plan_law, nothing, (
        Tell("conductance by compliance", "conductance", "S", "compliance", "A", where="was_off"),
    ), vetted_law),
    Stage("write", write_verify, plan_write, nothing, (
        Tell("conductance as written", "conductance", "S", "target", "S"),
    )),
    Stage("respond", pulse_response, plan_respond, nothing, (
        Tell("conductance by pulses", "conductance", "S", "pulse", where="branch"),
    )),
    Stage("listen", read_noise, plan_listen, nothing, (
        Tell("noise density", "density", "S²/Hz", "frequency", "Hz", where="spectral"),
    )),
    Stage("disturb", disturb_cells, plan_disturb, nothing, (
        Tell("relative change by a disturb", "change", "", "stress"),
    )),
    Stage("cycle", endurance, plan_cycle, nothing, (
        Tell("conductance high", "high", "S", "cycle"),
        Tell("conductance low", "low", "S", "cycle"),
    )),
)  # fmt: skip

QUANTITIES = tuple(tell for stage in STAGES for tell in stage.tells)
