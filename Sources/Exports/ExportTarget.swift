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
  /// LLaMA-Factory's `tokenized_path`: a folder for `load_from_disk`.
  case llamaFactory = "llama-factory"
  /// llm-foundry's `StreamingFinetuningDataset`: turns.
  case llmFoundry = "llm-foundry"
  /// OLMo-core's `NumpyPackedFSLDataset`: memory maps of ids and label mask, and where documents end.
  case olmoCore = "olmo-core"
  /// Megatron-LM's indexed data sets.
  case megatron
  /// Megatron-Bridge's `GPTSFTPackedParquetDataset`: a mask aligned to the target, within each sample.
  case megatronBridge = "megatron-bridge"

  public var format: ExportFormat {
    switch self {
    case .trl, .axolotl, .datasets, .skyRL, .megatronBridge: .parquet
    case .llamaFactory: .arrow
    case .llmFoundry: .turns
    case .olmoCore: .memmap
    case .megatron: .megatron
    }
  }

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
    case .datasets: return ExportOptions(isPadded: false)  // And where rows come from.
    case .skyRL:
      try refusePacked(isPacked, dataSet, "let SkyRL pack")
      return ExportOptions(isPadded: false, columns: [.inputIDs, .lossMask])
    case .llamaFactory:
      // `neat_packing` needs a mask of its own and what becomes of pictures; `tokenized_path` is not packed any more.
      try refusePacked(isPacked, dataSet, "train with one sample a row")
      return ExportOptions(isPadded: false, columns: [.inputIDs, .attentionMask, .labels])
    case .llmFoundry, .olmoCore: return ExportOptions(isPadded: false)
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
    case .llamaFactory:
      return [
        "tokenized_path: \(output)", "cutoff_len: \(dataSet.contextLength)", "packing: false",
        "# With tokenized_path LLaMA-Factory takes rows as they are: template, mask_history and train_on_prompt change nothing.",
      ]
    case .llmFoundry:
      return [
        "train_loader:", "  name: finetuning", "  dataset:", "    remote: \(output)",
        "    local: \(output)",
        "    decoder_only_format: true", "    target_prompts: none", "    target_responses: all",
        "    max_seq_len: \(dataSet.contextLength)",
        "# Its collator learns the tokenizer's eos_token behind a sample that does not end in it: let eos_token be what ends your turns.",
      ]
    case .olmoCore:
      let type = dataSet.manifest.spec.fits16Bits ? "uint16" : "uint32"
      return [
        "NumpyPackedFSLDatasetConfig(", "  paths=[\"\(output)/token_ids_part_*.npy\"],",
        "  label_mask_paths=[\"\(output)/labels_mask_part_*.npy\"], expand_glob=True,",
        "  dtype=NumpyDatasetDType.\(type), sequence_length=\(dataSet.contextLength), tokenizer=…,",
        "  generate_doc_lengths=True, use_array_if_local=False)",
        "# Without use_array_if_local=False OLMo-core ends a document at every eos token, within conversations too.",
      ]
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
