"""What a crossbar board was built with: ``options`` of its table in the chip file."""

from pydantic import BaseModel, ConfigDict, Field

from labcim.units import Ampere, Hertz, Second


class BoardOptions(BaseModel):
    """Converters and amplifiers of the products and the feedback loops.

    lines_each: lines that take turns at one ADC.  conversion: s of a turn.  *_inl, *_dnl: LSB, the
    largest bow and the spread of steps.  noise: A/sqrt(Hz) of a sense channel.  gain, bandwidth: of
    the amplifiers of a loop.  seed: of what differs from channel to channel.
    pickup: A, peak, of the mains in every sense channel, at pickup_frequency.  drift: A/s, of their
    zero since the board was switched on.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    lines_each: int = Field(default=8, ge=1, le=1024)
    conversion: Second = Field(default=100e-9, gt=0)
    dac_inl: float = Field(default=0.25, ge=0)
    dac_dnl: float = Field(default=0.1, ge=0)
    adc_inl: float = Field(default=0.25, ge=0)
    adc_dnl: float = Field(default=0.1, ge=0)
    noise: float = Field(default=1e-12, ge=0)
    gain: float = Field(default=1e5, gt=0)
    bandwidth: Hertz = Field(default=10e6, gt=0)
    pickup: Ampere = Field(default=0.0, ge=0)
    pickup_frequency: Hertz = Field(default=50.0, gt=0)
    drift: float = 0.0  # A/s
    seed: int = Field(default=0, ge=0, lt=2**63)
