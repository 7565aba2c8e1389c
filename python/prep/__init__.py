"""prep: instruction records to training rows.

`run` writes shards as the `prep` command does, `Dataset` reads them, `encode_records` encodes records on the fly, `Tokenizer`
turns text into ids and back. `prep.torch` has what a PyTorch training loop takes.
"""

from . import _library
from ._library import PrepError
from ._options import EncodeOptions, RunOptions
from ._rows import COLUMNS, Row, Rows
from .commands import RunReport, doctor, inspect, run, stats
from .dataset import Dataset
from .order import StreamOrder
from .records import EncodedRecords, RecordEncoder, Reject, encode_records
from .tables import TableError
from .tokenizer import Encoded, Tokenizer

#: That of the library behind the package; the file VERSION of the sources.
__version__ = _library.library.prep_version().decode()

__all__ = [
    "COLUMNS",
    "Dataset",
    "EncodeOptions",
    "Encoded",
    "EncodedRecords",
    "PrepError",
    "RecordEncoder",
    "Reject",
    "Row",
    "Rows",
    "RunOptions",
    "RunReport",
    "StreamOrder",
    "TableError",
    "Tokenizer",
    "doctor",
    "encode_records",
    "inspect",
    "run",
    "stats",
]
