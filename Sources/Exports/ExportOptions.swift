import Files
import Masking
import Problems
import ShardWriter

/// A format of other tools that rows can be written in. Sources: formats' own readers, named at each writer.
public enum ExportFormat: String, CaseIterable, Sendable {
  case parquet
  /// A folder of `datasets`' `save_to_disk`.
  case arrow
  case mds
  /// MDS of tokenized turns, for llm-foundry.
  case turns
  case megatron
  /// OLMo-core's headerless memory maps.
  case memmap
  case npy

  /// Bytes of a file at which the next one begins, unless told otherwise.
  var fileSize: Int {
    switch self {
    case .mds, .turns: 1 << 26
    case .parquet, .arrow, .memmap, .megatron, .npy: 1 << 29
    }
  }

  /// Whether all rows are in one file of each column, however large.
  public var hasOneFile: Bool { self == .megatron || self == .npy }

  /// Whether a column of weights can be written.
  public var canWeigh: Bool {
    switch self {
    case .parquet, .arrow, .mds, .npy: true
    case .turns, .megatron, .memmap: false
    }
  }

  /// Whether columns of texts and of one value a row can be written.
  var canNameSources: Bool { self == .parquet }

  /// Whether rows can be padded: the others hold samples, not rows.
  var canPad: Bool { self != .turns && self != .memmap }
}

/// How an export is written.
public struct ExportOptions: Hashable, Sendable {
  /// Whether rows are padded to the context length.
  public var isPadded: Bool
  /// Columns in order; empty for the usual ones.
  public var columns: [ExportColumn]
  /// zstd level of the formats that compress.
  public var level: Int32
  /// Whether a folder that exists is replaced.
  public var overwrite: Bool
  /// How the names of Parquet files end.
  public var parquetSuffix = ".parquet"
  /// Bytes of a file at which the next one begins; nil for what suits the format. Files of `megatron` and `npy` hold all rows.
  public var fileSize: Int?

  public init(
    isPadded: Bool = true, columns: [ExportColumn] = [], level: Int32 = 3, overwrite: Bool = false
  ) {
    self.isPadded = isPadded
    self.columns = columns
    self.level = level
    self.overwrite = overwrite
  }
}

/// What an exporter has to know of the data set before its first row.
public struct ExportSchema: Hashable, Sendable {
  public var rows: Int
  /// Tokens of all rows, unpadded.
  public var tokens: Int
  /// Elements of a row's columns; nil where rows are not padded.
  public var length: Int?
  public var columns: [ExportColumn]
  /// Whether rows hold several samples.
  public var isPacked: Bool
  /// Whether all ids, the pad id too, can be written as 16 bits.
  public var fits16Bits: Bool
  public var padID: UInt32
  public var level: Int32
  /// Digest of the data set, and its spec as JSON.
  public var digest: String
  public var spec: [UInt8]
  public var parquetSuffix: String
  /// Bytes of a file at which the next one begins, and whether they were given.
  public var fileSize: Int
  public var hasGivenFileSize: Bool
  /// The loss by which rows are read, where it is another than the run's.
  public var learn: String?

  /// What tells an export from others: equal ones have the same files.
  func identity(_ format: ExportFormat) -> [(key: String, value: String)] {
    let arrays: [(key: String, value: String)] =
      format == .mds || format == .npy
      ? [("types", columns.map(\.arrayElement.name).joined(separator: ","))] : []
    return [
      ("digest", digest), ("format", format.rawValue),
      ("columns", columns.map(\.rawValue).joined(separator: ",")),
      ("length", length.map(String.init) ?? "unpadded"), ("level", "\(level)"),
      ("suffix", parquetSuffix),
    ] + arrays + (hasGivenFileSize ? [("file-size", "\(fileSize)")] : [])
      + (learn.map { [("learn", $0)] } ?? [])
  }
}

extension ShardSpec {
  /// Whether all ids, the pad id too, can be written as 16 bits.
  var fits16Bits: Bool { idCount > 0 && idCount <= 1 << 16 && padID < 1 << 16 }
}

/// Where a row of an export comes from.
struct ExportPlace {
  /// Number of the row in the data set, from 0: `prep inspect` shows it by that.
  var row: Int
  /// The block that its samples are of.
  var source: BlockSource
}

/// Writes rows in a format of other tools, into a folder that becomes visible when all is done.
/// One row after the other; memory does not grow with their number.
protocol Exporter: AnyObject {
  init(folder: String, schema: ExportSchema) throws(Problem)
  /// Writes a row, which fits the schema's length.
  func append(_ row: Int, of rows: Rows, at place: ExportPlace) throws(Problem)
  /// Writes footers and indexes; all files are then complete and durable.
  func finish() throws(Problem)
}
