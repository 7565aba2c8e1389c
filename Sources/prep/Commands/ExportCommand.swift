import ArgumentParser
import Exports
import JSONText
import Masking
import ShardWriter

/// `prep export`: rows in the formats that training scripts read.
struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write a data set as Parquet, MDS, Megatron or npy files.",
    discussion: """
      Rows are padded to the context length unless --unpadded is given; labels are \(Rows.ignoredLabel) where nothing is learned, and are \
      not shifted. Packed rows get position_ids and seq_lengths too.

      parquet   train-*.parquet: lists of int32, the mask int8; datasets, TRL, Axolotl, DuckDB, Polars
      mds       MosaicML streaming, version 2, zstd, hashes xxh3_64
      megatron  tokens.bin/.idx (u16 where ids fit, else i32), loss_mask.bin/.idx (u8, not shifted)
      npy       a file a column to map into memory; unpadded: flat, with offsets.npy

      The folder appears when it is complete; a crash leaves nothing that looks valid.
      """)

  @Argument(help: ArgumentHelp("Folder that prep run wrote.", valueName: "dir"))
  var folder: String

  @Option(help: ArgumentHelp("parquet, mds, megatron or npy.", valueName: "format"))
  var format: ExportFormat

  @Option(help: ArgumentHelp("Folder to write.", valueName: "dir"))
  var output: String

  @Flag(help: "Leave padding out.")
  var unpadded = false

  @Option(
    help: ArgumentHelp(
      "Columns, with commas between: input_ids, attention_mask, labels, position_ids, seq_lengths, weights.",
      valueName: "names"))
  var columns: ExportColumns?

  @Option(help: ArgumentHelp("zstd level of parquet and mds.", valueName: "n"))
  var level: Int32 = 3

  @Flag(help: "Replace the folder if it exists.")
  var overwrite = false

  @Flag(help: "Print the report as one JSON object.")
  var json = false

  func run() throws {
    let options = ExportOptions(
      isPadded: !unpadded, columns: columns?.list ?? [], level: level, overwrite: overwrite)
    let report = try reportingErrors {
      try DataSetExport.export(
        DataSet(folder, cacheSize: 0), format: format, output: output, options: options)
    }
    var out = StandardOutput()
    if json {
      var writer = JSONWriter()
      writer.beginObject()
      writer.key("format")
      writer.string(format.rawValue)
      for (name, value) in [
        ("rows", report.rows), ("files", report.files), ("bytes", report.bytes),
      ] {
        writer.key(name)
        writer.int(value)
      }
      writer.key("output")
      writer.string(output)
      writer.endObject()
      writer.newline()
      try out.write(writer.bytes)
    } else {
      try out.line("written  \(report.rows) rows, \(report.files) files, \(report.bytes) bytes")
      try out.line("to       \(output)")
    }
    try out.flush()
  }
}

extension ExportFormat: ExpressibleByArgument {}

/// The list that `--columns` takes.
struct ExportColumns: ExpressibleByArgument {
  let list: [ExportColumn]

  init?(argument: String) {
    var list: [ExportColumn] = []
    for name in argument.split(separator: ",", omittingEmptySubsequences: false) {
      guard let column = ExportColumn(rawValue: String(name)) else { return nil }
      list.append(column)
    }
    self.list = list
  }
}
