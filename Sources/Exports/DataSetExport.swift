import Files
import Masking
import Problems
import ShardWriter

/// Writes the rows of a data set in the format of another tool.
public enum DataSetExport {
  /// What was written.
  public struct Report: Hashable, Sendable {
    public var rows: Int
    public var files: Int
    public var bytes: Int
    /// Whether rows have loss weights that the export does not: other than 1 where something is learned.
    public var leavesOutWeights = false
  }

  /// Writes all rows, in order, into the folder `output`, which appears when it is complete: until then
  /// it has another name, `.NAME.prep-export`, so a crash leaves nothing that looks valid. The same
  /// export that stands there already is left as it is. Any other folder that is not empty is refused;
  /// `overwrite` replaces exports, and nothing else.
  ///
  /// Memory: one data frame and what the format must hold back. `progress`: rows done.
  public static func export(
    _ dataSet: DataSet, format: ExportFormat, output: String, options: ExportOptions,
    progress: (Int) -> Void = { _ in }
  ) throws(Problem) -> Report {
    let schema = try schema(of: dataSet, format: format, options: options)
    // Files name the data set's digest: it has to be that of the rows.
    try dataSet.checkDigest()
    let identity = schema.identity(format)
    if !options.overwrite,
      let report = ExportFolder.finished(output, identity: identity, rows: dataSet.count)
    {
      progress(dataSet.count)
      return try noted(report, dataSet, schema, format)
    }
    let folder = try ExportFolder(output, overwrite: options.overwrite)
    let exporter = try make(format, folder: folder.temporaryPath, schema: schema)
    var done = 0
    for shard in dataSet.manifest.shards.indices {
      let reader = try dataSet.reader(shard)
      for number in reader.index.frames.indices {
        let rows = try reader.frame(number)
        for row in rows.indices {
          guard rows.tokenRange(ofRow: row).count <= schema.length ?? .max else {
            throw Problem(
              kind: .unusable, reason: "a row is longer than the context length",
              remedy: "export with \(OptionName.unpadded)")
          }
          try exporter.append(
            row, of: rows, at: ExportPlace(row: done, source: reader.header.source))
          done += 1
        }
        progress(done)
      }
    }
    guard done == dataSet.count else {
      throw Problem(
        path: dataSet.folder,
        reason: "the shards have \(done) rows, the manifest \(dataSet.count)",
        remedy: Manifest.rebuild)
    }
    try exporter.finish()
    let report = try folder.finish(identity: identity, rows: done)
    try folder.publish()
    return try noted(report, dataSet, schema, format)
  }

  private static func noted(
    _ report: Report, _ dataSet: DataSet, _ schema: ExportSchema, _ format: ExportFormat
  ) throws(Problem) -> Report {
    var report = report
    if format.canWeigh, schema.columns.contains(.weights) { return report }
    for shard in dataSet.manifest.shards.indices
    where try dataSet.reader(shard).header.features.contains(.weights) {
      report.leavesOutWeights = true
    }
    return report
  }

  private static func make(
    _ format: ExportFormat, folder: String, schema: ExportSchema
  ) throws(Problem) -> any Exporter {
    switch format {
    case .parquet: try ParquetExporter(folder: folder, schema: schema)
    case .arrow: try ArrowExporter(folder: folder, schema: schema)
    case .turns: try TurnsExporter(folder: folder, schema: schema)
    case .memmap: try MemmapExporter(folder: folder, schema: schema)
    case .mds: try MDSExporter(folder: folder, schema: schema)
    case .megatron: try MegatronExporter(folder: folder, schema: schema)
    case .npy: try NPYExporter(folder: folder, schema: schema)
    }
  }

  private static func schema(
    of dataSet: DataSet, format: ExportFormat, options: ExportOptions
  ) throws(Problem) -> ExportSchema {
    let manifest = dataSet.manifest
    let isPacked = dataSet.isPacked
    let columns =
      options.columns.isEmpty
      ? ExportColumn.defaults(isPacked: isPacked)
        + (format.canNameSources ? ExportColumn.sources : [])
      : options.columns
    if !format.canNameSources, let named = columns.first(where: ExportColumn.sources.contains) {
      throw Problem(
        kind: .unusable, reason: "\(format.rawValue) has no room for \(named.name)",
        remedy: "leave the column out, or export as parquet")
    }
    guard Set(columns.map(\.name)).count == columns.count, Zstd.accepts(level: options.level) else {
      throw Problem(
        kind: .unusable, reason: "a column is named twice, or zstd has no level \(options.level)",
        remedy: "name each column once; levels go from 1 to 22")
    }
    return ExportSchema(
      rows: manifest.rowCount, tokens: Int(clamping: manifest.totals.tokens),
      length: options.isPadded && format.canPad ? manifest.spec.contextLength : nil,
      columns: columns,
      isPacked: isPacked,
      fits16Bits: manifest.spec.fits16Bits, padID: manifest.spec.padID, level: options.level,
      digest: manifest.digest.description, spec: manifest.spec.json,
      parquetSuffix: options.parquetSuffix, fileSize: options.fileSize ?? format.fileSize,
      hasGivenFileSize: options.fileSize != nil, learn: dataSet.learnedAs)
  }
}
