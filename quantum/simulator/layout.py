"""What do the numbers mean that Python hands to the compiled code? Written once, read on both sides.

One table of 64-bit integers holds every size and the address of every array. ``T["name"]`` is an entry's
place in it. "real" below is float32 or float64, as the code was compiled.
"""

PREPARE, BLOCKS, FINISH, EVERYTHING, LOAD, UPDATE, DESCEND = range(7)
"""Work a call can ask for: tables of the angles, blocks of samples, sums over the blocks, all of these; and with
the table of a descent: load the samples of a step, update the parameters after it, or take whole steps."""

A_ROWS, A_COLUMNS, A_STRIDE, A_VALUES, A_SLOPES, A_MOMENTS, A_SQUARES, A_MASK, A_NUMBERS = range(9)
"""Entries of the table of an update: models, parameters of each, doubles from one model's slopes to the next,
five addresses of doubles, and that of (rate, 1 / (1 - 0.999^step)) of the step."""

DESCENT = (
    "main",  # the table below
    "work",  # working memory of one thread
    "tasks",  # blocks of all models
    "rates",  # double [step][rate, 1 / (1 - 0.999^step)]
    "numbers",  # double [2], those of the step
    "losses",  # double [step][model]
    "updates",  # int64 [3], addresses of tables of updates
    "n_updates",
    "scalings",  # double [model][encoded layer][qubit], or 0 if they are not trained
    "scaling_slopes",  # double, likewise
    "half",  # double [model or 1][qubit][sample], half the features of the step
    "half_rows",  # models of it
    "indices",  # int64 [step][sample], or 0 if every step sees all samples
    "n_batch",
    "n_all",  # samples to choose from
    "all_half",  # double [model or 1][qubit][sample]
    "all_turns",  # real [model or 1][encoded layer][qubit][cos, sin][sample], if scalings are not trained
    "all_labels",  # int64 [model or 1][sample]
    "label_rows",
    "all_weights",  # double [model or 1][sample]
    "weight_rows",
)
D = {name: place for place, name in enumerate(DESCENT)}

EXPECT, PULL_BACK, SOFTMAX, SIGMOID, STATES = range(5)
"""Where a block ends: expectations, given cotangents, a loss on logits (two kinds), or amplitudes."""

RX, RY, RZ = range(3)
"""Encodings."""

TRAINED, ENCODED = range(2)
"""Kinds of stages: RY angles shared by all samples, or each sample's own features."""

STAGE_FIELDS = 10
S_KIND, S_LAYER, S_ENCODING, S_BEFORE, S_FRAME, S_QUARTER, S_CZ, S_NUMBERS, S_OWN, S_GROUP = range(STAGE_FIELDS)
"""Fields of a stage: kind, layer, encoded layer, frame of the layer that ends (-1: none), frame, fixed RZ in
quarter turns, whether CZ signs, whether numbers of Z are wanted, whether each sample has its own RZ, first
group."""

GROUP_FIELDS = 16
G_QUBITS, G_FIRST, G_START, G_OFFSETS = 0, 1, 2, 8
"""Fields of a group: count of qubits, first qubit, start of its representatives, then 8 offsets of
addresses."""

TABLE = (
    "n_qubits",
    "size",  # amplitudes, 2^n
    "n_observables",
    "mode",  # one of the ends above
    "n_stages",
    "n_groups",  # groups of a stage
    "n_blocks",  # blocks of a model
    "n_models",
    "n_padded",  # samples, filled up to whole blocks
    "n_layers",
    "n_encodings",  # encoded layers
    "encoding",  # RX, RY or RZ
    "own_phases",  # whether any stage has each sample's own RZ
    "stages",  # int64 [stage][field]
    "groups",  # int64 [group][field]
    "representatives",  # int32, one list after another
    "rows",  # int64 [frame][qubit]
    "places",  # int32 [frame][address]: basis state
    "signs",  # double [basis state], one layer of CZ
    "diagonals",  # real [observable][address]
    "lane_signs",  # real [pattern][lane]
    "turns",  # real [model][encoded layer][qubit][cos, sin][sample]
    "angles",  # double [model][layer][qubit][3]
    "phases",  # real [model][stage][address][re, im]
    "tangents",  # real [model][stage][qubit]
    "flips",  # int64 [model][stage][group]
    "shrinkage",  # double [model][stage][group]
    "mixing",  # real [model][qubit][8]
    "axes",  # double [model][qubit][3][3]
    "encoded_axes",  # real [model][qubit][3]
    "partial",  # double [model][block][numbers]
    "cotangents",  # real [model][observable][sample]
    "cotangent_stride",  # elements from model to model
    "expectations",  # real [model][observable][sample]
    "encoded_numbers",  # real [model][encoded layer][qubit][sample]
    "labels",  # int64 [model or 1][sample]
    "label_stride",  # elements from model to model, or 0
    "weights",  # double [model or 1][sample]
    "weight_stride",  # elements from model to model, or 0
    "head",  # double [model][gain, biases]
    "angle_gradient",  # double [model][layer][qubit][3]
    "head_gradient",  # double [model][loss, gain, biases]
    "states",  # complex [model][sample][basis state]
    "final_phases",  # double [model][basis state][re, im]
    "scratch",  # double [model][size][4]
)
T = {name: place for place, name in enumerate(TABLE)}
