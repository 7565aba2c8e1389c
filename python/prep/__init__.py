"""prep: instruction records to training rows.

`Dataset` reads the shards that `prep run` writes, `encode_records` encodes records on the fly, `Tokenizer` turns text
into ids and back. `prep.torch` has what a PyTorch training loop takes.
"""

from . import _library
from ._library import PrepError
from ._rows import COLUMNS, Row, Rows
from .dataset import Dataset
from .order import StreamOrder
from .records import EncodedRecords, RecordEncoder, Reject, encode_records
from .tokenizer import Encoded, Tokenizer

#: That of the library behind the package; the file VERSION of the sources.
__version__ = _library.library.prep_version().decode()

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
