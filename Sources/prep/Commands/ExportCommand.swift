import ArgumentParser
import Exports
import JSONText
import Masking
import Pipeline
import ShardWriter

/// `prep export`: rows in the formats that training scripts read.
struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write a data set in the formats of other tools, or for a trainer.",
    discussion: """
      Examples:
        prep export shards --format parquet -o parquet
        prep export shards --format npy --unpadded -o arrays
        prep export shards --for trl -o for-trl

      Rows are padded to the context length unless --unpadded is given; labels are \(Rows.ignoredLabel) where nothing is learned, and are \
      not shifted. Packed rows get position_ids and seq_lengths too.

      parquet   train-*.parquet: lists of int32, the mask int8, and source_file, source_line and row (of packed rows lists of \
      files and lines); statistics and a page index; datasets, DuckDB, Polars
      arrow     a folder of save_to_disk, for datasets.load_from_disk
      mds       MosaicML streaming, version 2, zstd, hashes xxh3_64; labels int64
      turns     mds of tokenized turns, a sample each, for llm-foundry
      megatron  tokens.bin/.idx (u16 where ids fit, else i32), loss_mask.bin/.idx (u8, not shifted)
      memmap    ids, label mask (a byte a token) and samples' ends without headers, for OLMo-core
      npy       a file a column to map into memory, labels int64; unpadded: flat, with offsets.npy

      --for writes what a trainer's own reader takes, and prints the lines for its configuration:

      trl              input_ids, labels; packed rows: seq_lengths, for padding_free
      axolotl          input_ids, attention_mask, labels
      datasets         the usual columns, unpadded
      skyrl            input_ids, loss_mask
      llama-factory    tokenized_path: a folder for load_from_disk
      llm-foundry      MDS with turns: what comes before a learned stretch, and the stretch
      olmo-core        token_ids_part_*.npy and .csv.gz, labels_mask_part_*.npy
      megatron         tokens.bin/.idx; the stock GPTDataset reads no mask
      megatron-bridge  train-*.idx.parquet: input_ids, seq_start_id, loss_mask aligned to the target

      The folder appears when it is complete; a crash leaves nothing that looks valid. An export that stands there \
      already is left as it is.
      """)

  @Argument(help: ArgumentHelp("Folder that prep run wrote.", valueName: "dir"))
  var folder: String

  @Option(
    help: ArgumentHelp(
      "parquet, arrow, mds, turns, megatron, memmap or npy.", valueName: "format"))
  var format: ExportFormat?

  @Option(
    name: .customLong("for"),
    help: ArgumentHelp(
      "trl, axolotl, datasets, skyrl, llama-factory, llm-foundry, olmo-core, megatron or megatron-bridge, in place of --format.",
      valueName: "trainer"))
  var target: ExportTarget?

  @Option(name: [.long, .short], help: ArgumentHelp("Folder to write.", valueName: "dir"))
  var output: String

  @OptionGroup var loss: LearnFlag

  @Flag(help: "Leave padding out.")
  var unpadded = false

  @Option(
    help: ArgumentHelp(
      "Columns, with commas between: input_ids, attention_mask, labels, position_ids, seq_lengths, weights, loss_mask, target_mask, seq_start_id, source_file, source_line, row.",
      valueName: "names"))
  var columns: ExportColumns?

  @Option(
    name: .customLong("file-size"),
    help: ArgumentHelp(
      "Bytes of a file, about, at which the next one begins: 512MiB. (default: 512MiB; 64MiB before compression for mds and turns)",
      valueName: "size"))
  var fileSize: ByteSize?

  @Option(help: ArgumentHelp("zstd level of parquet and mds.", valueName: "n"))
  var level: Int32 = 3

  @Flag(help: "Replace the folder if it exists.")
  var overwrite = false

  @Flag(help: "Print the report as one JSON object.")
  var json = false

  func validate() throws {
    guard (format == nil) != (target == nil) else {
      throw ValidationError("give either --format or --for")
    }
    guard fileSize == nil || (format ?? target?.format)?.hasOneFile != true else {
      throw ValidationError("--file-size: megatron and npy keep all rows in one file")
    }
    guard target == nil || (!unpadded && columns == nil) else {
      throw ValidationError(
        "--for decides about padding and columns: leave --unpadded and --columns out")
    }
  }

  func run() throws {
    let (report, written, configuration) = try reportingErrors(json: json) {
      let dataSet = try DataSet(folder, learning: loss.learn, cacheSize: 0)
      var options =
        try target?.options(for: dataSet)
        ?? ExportOptions(isPadded: !unpadded, columns: columns?.list ?? [])
      options.level = level
      options.fileSize = fileSize?.bytes
      options.overwrite = overwrite
      let written = target?.format ?? format ?? .parquet
      let report = try DataSetExport.export(
        dataSet, format: written, output: output, options: options)
      return (report, written, target?.configuration(of: dataSet, output: output) ?? [])
    }
    var out = StandardOutput()
    if json {
      var writer = JSONWriter()
      writer.beginObject()
      writer.key("format")
      writer.string(written.rawValue)
      for (name, value) in [
        ("rows", report.rows), ("files", report.files), ("bytes", report.bytes),
      ] {
        writer.key(name)
        writer.int(value)
      }
      writer.key("output")
      writer.string(output)
      if !configuration.isEmpty {
        writer.key("configuration")
        writer.beginArray()
        for line in configuration { writer.string(line) }
        writer.endArray()
      }
      writer.array("notices", report.leavesOutWeights ? [weightsNotice(written)] : []) {
        $1.string($0)
      }
      writer.endObject()
      writer.newline()
      try out.write(writer.bytes)
    } else {
      try out.line("written  \(report.rows) rows, \(report.files) files, \(report.bytes) bytes")
      try out.line("to       \(output)")
      for line in configuration { try out.line("config   \(line)") }
      if report.leavesOutWeights { try out.line("note     \(weightsNotice(written))") }
    }
    try out.flush()
  }
}

extension ExportCommand {
  private func weightsNotice(_ format: ExportFormat) -> String {
    "the rows have loss weights, which "
      + (target.map { "\($0.rawValue) does not read" }
        ?? (format.canWeigh
          ? "are left out: name them in --columns, as weights"
          : "\(format.rawValue) has no room for"))
  }
}

extension ExportFormat: ExpressibleByArgument {}
extension ExportTarget: ExpressibleByArgument {}

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
