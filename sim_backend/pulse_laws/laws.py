"""The laws of one pulse, and their parameters: each says its kind of variation and its unit.

Three words stand in every description. *Device-to-device*: drawn once for each cell. *Cycle-to-
cycle*: drawn again at each pulse. *Fraction*: relative to the parameter that is named; *absolute*:
in units of weight.
"""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Spread = Annotated[float, Field(ge=0)]
Positive = Annotated[float, Field(gt=0)]


class PulsedDevice(BaseModel):
    """What all laws share. A pulse moves w by +scale_up f(w) or -scale_down f(w), within bounds."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True
    )

    dw_min: Positive = 0.001
    """Mean size of a step at w = 0. Absolute."""
    dw_min_dtod: Spread = 0.3
    """Device-to-device spread of the step, both directions alike. Fraction of dw_min."""
    dw_min_dtod_log_normal: bool = False
    """Whether that spread is of ln(step): then dw_min is the median. Device-to-device."""
    dw_min_std: Spread = 0.3
    """Cycle-to-cycle noise of each step. Fraction of the step, or of the cell's step at w = 0."""
    up_down: float = Field(default=0.0, gt=-1, lt=1)
    """Mean asymmetry: above 0, down steps are smaller by it; below 0, up steps. Fraction of dw_min.

    Not a variation.
    """
    up_down_dtod: Spread = 0.01
    """Device-to-device asymmetry: added to up steps, taken from down steps. Fraction of dw_min."""
    up_down_of_cell: bool = False
    """Whether up_down and up_down_dtod are fractions of the cell's own step, not of dw_min."""
    w_max: float = Field(default=0.6, ge=0)
    """Mean upper bound. Absolute."""
    w_max_dtod: Spread = 0.3
    """Device-to-device spread of the upper bound. Fraction of w_max."""
    w_min: float = Field(default=-0.6, le=0)
    """Mean lower bound. Absolute."""
    w_min_dtod: Spread = 0.3
    """Device-to-device spread of the lower bound. Fraction of w_min."""
    clock: Literal["updates", "seconds"] = "updates"
    """What lifetime and diffusion count: updates (the field: mini-batches), or seconds."""
    lifetime: Spread = 0.0
    """Time constant of the decay to the reset value, in the unit of `clock`. Absolute; 0: none."""
    lifetime_dtod: Spread = 0.0
    """Device-to-device spread of the lifetime. Fraction of lifetime."""
    diffusion: Spread = 0.0
    """Standard deviation of the random walk in one unit of `clock`. Absolute, drawn each time."""
    diffusion_dtod: Spread = 0.0
    """Device-to-device spread of diffusion. Fraction of diffusion."""
    reset: float = 0.01
    """Mean value after a reset, and where decay ends. Absolute."""
    reset_dtod: Spread = 0.0
    """Device-to-device spread of the reset value. Absolute."""
    reset_std: Spread = 0.01
    """Cycle-to-cycle spread of a reset. Absolute."""
    corrupt_devices_prob: float = Field(default=0.0, ge=0, le=1)
    """Device-to-device: fraction of cells that never move."""
    corrupt_devices_range: Spread = 1000.0
    """A corrupt cell stands within its bounds, and at most this far from 0. Absolute."""
    write_noise_std: Spread = 0.0
    """Cycle-to-cycle: the weight seen is off by this until pulsed again. Fraction of dw_min."""


class ConstantStep(PulsedDevice):
    """Every step alike, up to hard bounds; noise as a fraction of the step."""

    law: Literal["ConstantStep"] = "ConstantStep"


class LinearStep(PulsedDevice):
    """Step (1 - gamma w / bound): linear in the weight, with hard bounds."""

    law: Literal["LinearStep"] = "LinearStep"
    gamma_up: float = 0.0
    """How much smaller an up step is at the upper bound than at 0. Fraction; not a variation."""
    gamma_down: float = 0.0
    """How much smaller a down step is at the lower bound than at 0. Fraction; not a variation."""
    gamma_up_dtod: Spread = 0.05
    """Device-to-device spread of gamma_up. Absolute."""
    gamma_down_dtod: Spread = 0.05
    """Device-to-device spread of gamma_down. Absolute."""
    allow_increasing: bool = False
    """Whether a drawn gamma may be below 0: steps that grow towards the bound. Device-to-device."""
    mean_bound_reference: bool = True
    """Whether "bound" is w_max or w_min, not the cell's own. Device-to-device where not."""
    mult_noise: bool = True
    """Whether dw_min_std is a fraction of the present step, not of that at 0. Cycle-to-cycle."""


class SoftBounds(PulsedDevice):
    """Step (1 - w / bound): nothing is left of it at the cell's own bound."""

    law: Literal["SoftBounds"] = "SoftBounds"
    mult_noise: bool = True
    """Whether dw_min_std is a fraction of the present step, not of that at 0. Cycle-to-cycle."""


class _Referenced(PulsedDevice):
    reference_mean: float = 0.0
    """Mean of the reference that is subtracted from the weight. Absolute."""
    reference_std: Spread = 0.05
    """Device-to-device spread of the reference. Absolute."""
    subtract_symmetry_point: bool = True
    """Whether the reference also holds the cell's symmetry point. Device-to-device, exact."""


class SoftBoundsReference(_Referenced):
    """Soft bounds, seen against a reference for each cell; bounds are those before subtraction."""

    law: Literal["SoftBoundsReference"] = "SoftBoundsReference"
    slope_up_dtod: Spread = 0.0
    """Device-to-device spread of the up slope, which moves the upper bound. Fraction of slope."""
    slope_down_dtod: Spread = 0.0
    """Device-to-device spread of the down slope, which moves the lower bound. Fraction of slope."""
    mult_noise: bool = True
    """Whether dw_min_std is a fraction of the present step, not of that at 0. Cycle-to-cycle."""


class ExpStep(PulsedDevice):
    """Step max(0, 1 - A exp(±gamma z)), z = 2 a w / (upper - lower bound) + b; + is up."""

    law: Literal["ExpStep"] = "ExpStep"
    A_up: float = 0.00081
    """Prefactor of the exponential, up. Fraction of the step; not a variation."""
    A_down: float = 0.36833
    """Prefactor of the exponential, down. Fraction of the step; not a variation."""
    gamma_up: float = 12.44625
    """Exponent, up. A plain number; not a variation."""
    gamma_down: float = 12.78785
    """Exponent, down. A plain number; not a variation."""
    a: float = 0.244
    """Slope of z. A plain number; not a variation."""
    b: float = 0.2425
    """Offset of z. A plain number; not a variation."""
    dw_min_std_add: Spread = 0.0
    """Cycle-to-cycle noise beside that of the step, times dw_min_std. Absolute."""
    dw_min_std_slope: Spread = 0.0
    """Cycle-to-cycle noise that grows with |w|, times dw_min_std. Fraction of |w|."""


class PowStep(PulsedDevice):
    """Step ((w_max - w) / (w_max - w_min))^gamma up, and mirrored down."""

    law: Literal["PowStep"] = "PowStep"
    pow_gamma: Spread = 1.0
    """Mean exponent. A plain number."""
    pow_gamma_dtod: Spread = 0.1
    """Device-to-device spread of the exponent, both directions alike. Fraction of pow_gamma."""
    pow_up_down: float = 0.0
    """Asymmetry of the exponent, as up_down is of the step. Fraction; not a variation."""
    pow_up_down_dtod: Spread = 0.0
    """Device-to-device asymmetry of the exponent. Fraction of pow_gamma."""


class PowStepReference(_Referenced, PowStep):
    """The power law, seen against a reference for each cell."""

    law: Literal["PowStepReference"] = "PowStepReference"  # type: ignore[assignment]


class PiecewiseStep(PulsedDevice):
    """Step interpolated between nodes that are evenly spaced from the cell's w_min to its w_max."""

    law: Literal["PiecewiseStep"] = "PiecewiseStep"
    piecewise_up: tuple[float, ...] = Field(default=(1.0, 1.0), min_length=2)
    """Up steps at the nodes. Fraction of the cell's step; not a variation."""
    piecewise_down: tuple[float, ...] = Field(default=(1.0, 1.0), min_length=2)
    """Down steps at the nodes. Fraction of the cell's step; not a variation."""

    @model_validator(mode="after")
    def _check_nodes(self) -> Self:
        if len(self.piecewise_up) != len(self.piecewise_down):
            raise ValueError("piecewise_up and piecewise_down need the same number of nodes")
        return self


AnyLaw = (
    ConstantStep
    | LinearStep
    | SoftBounds
    | SoftBoundsReference
    | ExpStep
    | PowStep
    | PowStepReference
    | PiecewiseStep
)
LAWS: dict[str, type[Any]] = {kind.__name__: kind for kind in AnyLaw.__args__}
