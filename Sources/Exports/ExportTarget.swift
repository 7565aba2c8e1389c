import Problems
import ShardWriter

/// A trainer, and what its own reader takes: format, columns, and the lines of configuration that go with them.
/// Sources: the readers named at each case, as of August 2026.
public enum ExportTarget: String, CaseIterable, Sendable {
  /// TRL's `SFTTrainer`: `input_ids` and `labels`, and `seq_lengths` for `padding_free`.
  case trl
  /// Axolotl, pre-tokenized: these three columns and no others.
  case axolotl
  /// Anything that loads Parquet through `datasets`.
  case datasets
  /// SkyRL's `SFTTrainer`: `loss_mask`; it refuses `labels`.
  case skyRL = "skyrl"
  /// Megatron-LM's indexed data sets.
  case megatron
  /// Megatron-Bridge's `GPTSFTPackedParquetDataset`: a mask aligned to the target, within each sample.
  case megatronBridge = "megatron-bridge"

  public var format: ExportFormat { self == .megatron ? .megatron : .parquet }

  /// How rows are written for it. Throws where it would read the rows of this data set wrongly.
  public func options(for dataSet: DataSet) throws(Problem) -> ExportOptions {
    let isPacked = dataSet.isPacked
    switch self {
    case .trl:
      return ExportOptions(
        isPadded: false, columns: [.inputIDs, .labels] + (isPacked ? [.sampleLengths] : []))
    case .axolotl:
      try refusePacked(isPacked, dataSet, "let Axolotl pack: sample_packing: true")
      return ExportOptions(isPadded: false, columns: [.inputIDs, .attentionMask, .labels])
    case .datasets: return ExportOptions(isPadded: false)
    case .skyRL:
      try refusePacked(isPacked, dataSet, "let SkyRL pack")
      return ExportOptions(isPadded: false, columns: [.inputIDs, .lossMask])
    case .megatron: return ExportOptions(isPadded: true)
    case .megatronBridge:
      var options = ExportOptions(
        isPadded: false, columns: [.inputIDs, .targetMask, .sampleStarts])
      options.parquetSuffix = ".idx.parquet"
      return options
    }
  }

  private func refusePacked(
    _ isPacked: Bool, _ dataSet: DataSet, _ instead: String
  ) throws(Problem) {
    guard isPacked else { return }
    throw Problem(
      .unusable, Place(file: dataSet.folder),
      reason: "\(rawValue) reads a packed row as one sample, so its samples would see each other",
      remedy: "make the data set without \(OptionName.pack), and \(instead)")
  }

  /// Lines to paste into the trainer's configuration.
  public func configuration(of dataSet: DataSet, output: String) -> [String] {
    let load = "load_dataset(\"parquet\", data_files=\"\(output)/*.parquet\", split=\"train\")"
    switch self {
    case .trl:
      return ["train_dataset = \(load)"]
        + (dataSet.isPacked
          ? ["SFTConfig(padding_free=True, packing=False, max_length=None)"]
          : ["SFTConfig(packing=False, max_length=None)"])
    case .axolotl:
      return [
        "datasets:", "  - path: \(output)", "    ds_type: parquet", "    type:",
        "sequence_len: \(dataSet.contextLength)",
      ]
    case .datasets: return ["rows = \(load)"]
    case .skyRL: return ["rows = \(load)  # input_ids, loss_mask"]
    case .megatron:
      return [
        "--data-path \(output)/tokens --seq-length \(dataSet.contextLength)",
        "# The stock GPTDataset reads no loss mask; \(output)/loss_mask lies beside the tokens, row by row.",
      ]
    case .megatronBridge:
      return [
        "PackedSequenceSpecs(packed_sequence_size=\(dataSet.contextLength), "
          + "packed_train_data_path=\"\(output)/train-*.idx.parquet\")"
      ]
    }
  }
}
