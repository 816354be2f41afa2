"""A query of an instrument that pyvisa-sim stands in for."""

import tempfile
from pathlib import Path

import pyvisa
import pyvisa_sim
from timing import cpu_of_a_call, tell

DEVICE = """
spec: "1.0"
devices:
  meter:
    eom:
      TCPIP INSTR: {q: "\\n", r: "\\n"}
    dialogues:
      - {q: "*IDN?", r: "PEER,METER,1,1.0"}
    properties:
      current:
        default: 1.0
        getter: {q: "READ?", r: "{:.6e}"}
        specs: {min: 0, max: 10, type: float}
resources:
  TCPIP0::meter::inst0::INSTR:
    device: meter
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        device = Path(folder) / "meter.yaml"
        device.write_text(DEVICE, encoding="utf-8")
        meter = pyvisa.ResourceManager(f"{device}@sim").open_resource(
            "TCPIP0::meter::inst0::INSTR", read_termination="\n", write_termination="\n"
        )
        tell(
            pyvisa_sim=pyvisa_sim.__version__,
            identity=cpu_of_a_call(lambda: meter.query("*IDN?"), 2000),
            reading=cpu_of_a_call(lambda: meter.query("READ?"), 2000),
        )


if __name__ == "__main__":
    main()
