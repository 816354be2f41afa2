"""A simulated bench with a scope on a free node that a source drives; for tests of both."""

from contextlib import contextmanager

from resistor_bench import Line

from labcim.sim_backend.bench import SimulatedBench

CHIP = """
[chip]
preset = "neurram-130nm"
rows = 4
columns = 4
seed = 3
formed = true

[[instrument]]
name = "scope"
model = "tektronix_tds2024b"
address = "USB0::0x0699::0x036A::C100044::INSTR"
{options}

[wiring]
"src.out" = "lab.free"
"scope.ch1" = "lab.free"
"scope.ch2" = "lab.other"
"src.other" = "lab.other"
"scope.ext" = "src.sync"
"""


class ScopeBench:
    """Says messages to the scope and drives its node."""

    def __init__(self, bench):
        self.bench = bench
        self.scope = bench.simulated["scope"]
        self.say = Line(self.scope)

    def raw(self, message):
        core = self.say.core
        core.feed(message.encode() + b"\n", True)
        return core.read(10**6)[0][:-1]

    def number(self, query):
        return float(self.say(query))

    def hold(self, volts, terminal="src.out"):
        self.bench.drive(terminal, volts)

    def pulse(self, volts, width=1e-6, count=1, period=0.0, *, edge=20e-9, terminal="src.out"):
        self.bench.pulse(terminal, volts, width, count, period or 2.0 * width, edges=(edge, edge))

    def arm(self, scale=0.2, across=5e-7, level=0.3, **more):
        """Arm a single sequence in NORMal mode and wait until it is ready."""
        self.say("HEAD OFF")
        self.say(f"CH1:SCA {scale};POS 0;:HOR:SCA {across};:TRIG:MAI:MOD NORM;LEV {level}")
        for header, value in more.items():
            self.say(f"{header.replace('__', ':')} {value}")
        self.say("ACQ:STOPA SEQ;STATE RUN")
        assert self.say("TRIG:STATE?") == "READY"


@contextmanager
def scope_bench(folder, options=""):
    path = folder / "chip.toml"
    path.write_text(CHIP.format(options=options))
    with SimulatedBench(path) as bench:
        made = ScopeBench(bench)
        made.hold(0.0)
        yield made
