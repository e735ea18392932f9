"""Training losses of a language model of 400M weights under nine schedules.

Facts from the repository that goes with Luo et al., arXiv:2503.12811
(github.com/thu-yao-01-luo/MultiPowerLaw, MIT licence; files
loss_curve_repo/csv_400/*.csv, read in the copy of
github.com/zhangmeiyi/LossCurvePrediction), every fourth row, of the runs of 72 000
updates every sixteenth. The last row of each file is among them.
"""

import numpy as np

import jaxsched as js
from jaxsched.analysis import LossCurve

PEAK, LOW, WARMUP = 3e-4, 3e-5, 2160


def warm(schedule):
    """The warmup of all of them, and then a schedule from update 2160 on."""
    return js.Join([js.Transition(0.0, PEAK, WARMUP), schedule], [WARMUP])


def _stable(start, schedule):
    return js.Join([warm(js.Constant(PEAK)), schedule], [start])


def _cosine(num_steps):
    return warm(js.Transition(PEAK, LOW, num_steps - WARMUP, js.curves.Cosine()))


def _curve(schedule, losses, last, stride):
    """Of the losses after the updates 0 to `last`, every so many."""
    counts = last + 1 - stride * np.arange(len(losses))[::-1]
    return LossCurve(schedule, counts, np.array(losses))


# All runs of 24 000 and 16 000 updates with a plateau have the same start.
_TO_7552 = [
    *(3.4758, 3.3619, 3.2795, 3.224, 3.1761, 3.1371, 3.1058, 3.0879, 3.0604, 3.0385),
    3.0216,
]
_TO_15744 = [
    *_TO_7552,
    *(3.0045, 2.9895, 2.9763, 2.9649, 2.955, 2.9471, 2.935, 2.927, 2.9187, 2.9118),
    *(2.904, 2.8983, 2.8924, 2.8856, 2.8802, 2.8753),
]
_CONSTANT = [
    *_TO_15744,
    *(2.8698, 2.8666, 2.8609, 2.8569, 2.8527, 2.8488, 2.8445, 2.8404, 2.838, 2.8346),
    *(2.8305, 2.8277, 2.8256, 2.8215, 2.8193, 2.8167),
]
_EXPONENTIAL = [
    *_TO_15744,
    *(2.8705, 2.8663, 2.8606, 2.8563, 2.8523, 2.8482, 2.8443, 2.8405, 2.824, 2.7967),
    *(2.7756, 2.7591, 2.746, 2.7358, 2.7281, 2.7222),
]
_LINEAR = [
    *_TO_15744,
    *(2.8706, 2.8663, 2.8606, 2.8563, 2.8523, 2.8482, 2.8445, 2.8406, 2.8324, 2.8156),
    *(2.7995, 2.7838, 2.768, 2.7524, 2.738, 2.7251),
]
_COSINE = [
    *(3.4757, 3.3614, 3.2776, 3.2187, 3.1708, 3.1315, 3.0995, 3.0744, 3.0492, 3.0262),
    *(3.0078, 2.9888, 2.9718, 2.9576, 2.9436, 2.9306, 2.9179, 2.9057, 2.8943, 2.8836),
    *(2.8731, 2.8628, 2.8529, 2.844, 2.8349, 2.8264, 2.8179, 2.8101, 2.8024, 2.7953),
    *(2.7886, 2.7818, 2.7759, 2.7704, 2.7653, 2.7607, 2.7566, 2.7525, 2.7492, 2.7463),
    *(2.7438, 2.7415, 2.7396),
]
# After a drop at update 8000: the first is that of 8256.
_TO_9E_5 = [
    *(2.9393, 2.9132, 2.8998, 2.8897, 2.8818, 2.875, 2.8689, 2.863, 2.8583, 2.8534),
    *(2.8491, 2.8448, 2.8409, 2.837, 2.8332, 2.83),
]
_TO_3E_5 = [
    *(2.9429, 2.9146, 2.9013, 2.8917, 2.8843, 2.8783, 2.8729, 2.8681, 2.8637, 2.8596),
    *(2.8558, 2.8525, 2.8493, 2.8461, 2.843, 2.8402),
]
_TO_18E_5 = [
    *(2.96, 2.9395, 2.9278, 2.9174, 2.9094, 2.9021, 2.8952, 2.8879, 2.8828, 2.8779),
    *(2.8721, 2.8675, 2.8631, 2.8587, 2.854, 2.8506),
]
_LONG_CONSTANT = [
    *(3.502, 3.1819, 3.0607, 2.9921, 2.9468, 2.9121, 2.8865, 2.8653, 2.8501, 2.8346),
    *(2.8218, 2.8119, 2.8035, 2.7941, 2.7875, 2.7797, 2.7737, 2.7674, 2.7632, 2.7592),
    *(2.7548, 2.7512, 2.7471, 2.7433, 2.7405, 2.7384, 2.734, 2.7317, 2.729, 2.7262),
    *(2.7245, 2.7222, 2.7205, 2.718, 2.7157),
]
_LONG_COSINE = [
    *(3.5025, 3.1809, 3.0591, 2.9895, 2.9432, 2.9079, 2.8804, 2.858, 2.8393, 2.8214),
    *(2.8068, 2.7932, 2.7812, 2.7683, 2.7572, 2.7462, 2.7355, 2.7254, 2.7164, 2.7064),
    *(2.6976, 2.6888, 2.6796, 2.6712, 2.6637, 2.6564, 2.649, 2.6428, 2.6367, 2.6316),
    *(2.6268, 2.6231, 2.6197, 2.6172, 2.6154),
]


def _dropped(low, losses):
    schedule = _stable(8000, js.Constant(low))
    before = 1 + 2432 + 512 * np.arange(len(_TO_7552))
    after = 1 + 8256 + 512 * np.arange(len(losses))
    return LossCurve(schedule, np.append(before, after), np.array(_TO_7552 + losses))


# The authors fit to three of them and predict the other six.
FITTED = {
    "cosine": _curve(_cosine(24_000), _COSINE, 23_920, 512),
    "constant": _curve(warm(js.Constant(PEAK)), _CONSTANT, 23_936, 512),
    "drop to 9e-5": _dropped(9e-5, _TO_9E_5),
}
HELD_OUT = {
    "long constant": _curve(warm(js.Constant(PEAK)), _LONG_CONSTANT, 71_936, 2048),
    "long cosine": _curve(_cosine(72_000), _LONG_COSINE, 71_936, 2048),
    "exponential": _curve(
        _stable(20_000, js.Transition(PEAK, LOW, 4000, js.curves.Geometric())),
        _EXPONENTIAL,
        23_936,
        512,
    ),
    "linear": _curve(_stable(20_000, js.Transition(PEAK, LOW, 4000)), _LINEAR, 23_936, 512),
    "drop to 3e-5": _dropped(3e-5, _TO_3E_5),
    "drop to 18e-5": _dropped(18e-5, _TO_18E_5),
}
