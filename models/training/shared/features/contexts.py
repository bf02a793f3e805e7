"""The contexts that a model may have columns for, the twin of src/bytes/contexts.ts."""

CONTEXTS = [
    "two-sided-1", "two-sided-2", "order-3", "order-4", "order-5", "order-6", "order-8", "word", "word-pair", "skip",
    "near", "above", "line", "match-long", "match-short", "history-1", "history-2", "history-3", "history-4", "history-6",
    "bridge-1", "bridge-2", "bridge-3", "right", "bridge-word",
    "aligned-1", "aligned-2", "field", "key", "indent", "shape", "document", "place",
    "history-word", "history-field", "history-key",
]
# What the 32-bit value of can be asked for: a context, or the hash of the last byte or two, c(1) and c(2).
CONTEXT_VALUES = [*CONTEXTS, "order-1", "order-2"]
# Where in the row of values each of them stands. Compiled code knows a module's numbers, not its dictionaries.
SLOT = {value: slot for slot, value in enumerate(CONTEXT_VALUES)}
# Behind them stand the classes of the three bytes before, which are no context.
CLASSES_SLOT = len(CONTEXT_VALUES)
VALUES = CLASSES_SLOT + 1
