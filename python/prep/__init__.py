"""prep: instruction records to training rows.

`Dataset` reads the shards that `prep run` writes, `encode_records` encodes records on the fly, `Tokenizer` turns text
into ids and back. `prep.torch` has what a PyTorch training loop takes.
"""

from ._library import PrepError
from ._rows import COLUMNS, Row, Rows
from .dataset import Dataset
from .order import StreamOrder
from .records import EncodedRecords, RecordEncoder, Reject, encode_records
from .tokenizer import Encoded, Tokenizer

__version__ = "0.1.0"

__all__ = [
    "COLUMNS",
    "Dataset",
    "Encoded",
    "EncodedRecords",
    "PrepError",
    "RecordEncoder",
    "Reject",
    "Row",
    "Rows",
    "StreamOrder",
    "Tokenizer",
    "encode_records",
]
