"""Layer shapes of well-known networks, from their papers, as products of matrices with vectors."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Layer:
    """``positions`` products of a matrix of (outputs, inputs), in each of ``groups`` groups."""

    inputs: int
    outputs: int
    positions: int
    groups: int = 1

    @property
    def macs(self) -> int:
        """Return the multiply-accumulates."""
        return self.inputs * self.outputs * self.positions * self.groups

    @property
    def weights(self) -> int:
        """Return the number of weights."""
        return self.inputs * self.outputs * self.groups


Network = tuple[Layer, ...]


def _conv(channels: int, outputs: int, height: int, side: int, width: int = 0) -> Layer:
    return Layer(channels * height * (width or height), outputs, side * side)


def resnet50() -> Network:
    """Return ResNet-50 at 224 × 224 (He et al., CVPR 2016)."""
    layers, channels = [_conv(3, 64, 7, 112)], 64
    for blocks, narrow, side in ((3, 64, 56), (4, 128, 28), (6, 256, 14), (3, 512, 7)):
        for block in range(blocks):
            layers += [
                _conv(channels, narrow, 1, side),
                _conv(narrow, narrow, 3, side),
                _conv(narrow, 4 * narrow, 1, side),
            ]
            if block == 0:
                layers.append(_conv(channels, 4 * narrow, 1, side))
            channels = 4 * narrow
    return (*layers, Layer(2048, 1000, 1))


def mobilenet() -> Network:
    """Return MobileNet at 224 × 224, width 1 (Howard et al., arXiv 1704.04861)."""
    layers = [_conv(3, 32, 3, 112)]
    steps = [(32, 64, 112), (64, 128, 56), (128, 128, 56), (128, 256, 28), (256, 256, 28)]
    steps += [(256, 512, 14), *[(512, 512, 14)] * 5, (512, 1024, 7), (1024, 1024, 7)]
    for channels, outputs, side in steps:
        layers += [Layer(9, 1, side * side, channels), _conv(channels, outputs, 1, side)]
    return (*layers, Layer(1024, 1000, 1))


def inception_v4() -> Network:
    """Return Inception-v4 at 299 × 299 (Szegedy et al., AAAI 2017)."""
    stem = [
        _conv(3, 32, 3, 149), _conv(32, 32, 3, 147), _conv(32, 64, 3, 147), _conv(64, 96, 3, 73),
        _conv(160, 64, 1, 73), _conv(64, 96, 3, 71), _conv(160, 64, 1, 73), _conv(64, 64, 7, 73, 1),
        _conv(64, 64, 1, 73, 7), _conv(64, 96, 3, 71), _conv(192, 192, 3, 35),
    ]  # fmt: skip
    a = [
        _conv(384, 96, 1, 35), _conv(384, 96, 1, 35), _conv(384, 64, 1, 35), _conv(64, 96, 3, 35),
        _conv(384, 64, 1, 35), _conv(64, 96, 3, 35), _conv(96, 96, 3, 35),
    ]  # fmt: skip
    reduce_a = [
        _conv(384, 384, 3, 17), _conv(384, 192, 1, 35), _conv(192, 224, 3, 35),
        _conv(224, 256, 3, 17),
    ]  # fmt: skip
    b = [
        _conv(1024, 128, 1, 17), _conv(1024, 384, 1, 17), _conv(1024, 192, 1, 17),
        _conv(192, 224, 7, 17, 1), _conv(224, 256, 7, 17, 1), _conv(1024, 192, 1, 17),
        _conv(192, 192, 7, 17, 1), _conv(192, 224, 7, 17, 1), _conv(224, 224, 7, 17, 1),
        _conv(224, 256, 7, 17, 1),
    ]  # fmt: skip
    reduce_b = [
        _conv(1024, 192, 1, 17), _conv(192, 192, 3, 8), _conv(1024, 256, 1, 17),
        _conv(256, 256, 7, 17, 1), _conv(256, 320, 7, 17, 1), _conv(320, 320, 3, 8),
    ]  # fmt: skip
    c = [
        _conv(1536, 256, 1, 8), _conv(1536, 256, 1, 8), _conv(1536, 384, 1, 8),
        _conv(384, 256, 3, 8, 1), _conv(384, 256, 3, 8, 1), _conv(1536, 384, 1, 8),
        _conv(384, 448, 3, 8, 1), _conv(448, 512, 3, 8, 1), _conv(512, 256, 3, 8, 1),
        _conv(512, 256, 3, 8, 1),
    ]  # fmt: skip
    return (*stem, *a * 4, *reduce_a, *b * 7, *reduce_b, *c * 3, Layer(1536, 1000, 1))


def transformer(tokens: int = 1) -> Network:
    """Return the base Transformer's matrices for ``tokens`` (Vaswani et al., NeurIPS 2017).

    Six encoders and six decoders of width 512, without embedding, and without the products of
    activations with activations.
    """
    width, inner = 512, 2048
    attention = [Layer(width, width, tokens)] * 4
    feed = [Layer(width, inner, tokens), Layer(inner, width, tokens)]
    return tuple([*attention, *feed, *attention, *attention, *feed] * 6)
