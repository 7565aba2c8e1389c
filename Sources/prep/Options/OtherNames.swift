/// What options and commands are called elsewhere: `datasets`, Transformers, TRL, Axolotl, LLaMA-Factory, torchtune,
/// ms-swift, OpenRLHF, Megatron, LitGPT, MosaicML. Names are in lower case, words joined by hyphens.
enum OtherNames {
  /// What to write for an option of another tool; nil for unknown names. Of `train.max_seq_length`, the last part counts.
  static func option(_ name: String) -> String? {
    let plain = name.lowercased().replacing("_", with: "-")
    return options[plain] ?? joined[plain.replacing("-", with: "")]
      ?? plain.split(separator: ".").last.flatMap { options[String($0)] }
  }

  static func command(_ name: String) -> String? { commands[name.lowercased()] }

  static let meantOptions = optionTable.map(\.meant)
  static let meantCommands = commandTable.map(\.meant)

  private static let options = Dictionary(
    uniqueKeysWithValues: optionTable.flatMap { meant, names in
      names.split(separator: " ").map { (String($0), meant) }
    })

  /// The same without hyphens, as in `maxlength`.
  private static let joined = Dictionary(
    options.map { ($0.key.replacing("-", with: ""), $0.value) }, uniquingKeysWith: { one, _ in one }
  )

  private static let optionTable: [(meant: String, names: String)] = [
    (
      "--context-length",
      """
      max-length max-len max-seq-length max-seq-len max-sequence-length max-token-length seq-len seq-length \
      sequence-len sequence-length model-max-length cutoff-len cutoff-length context-len context-size \
      context-window ctx-len n-ctx max-position-embeddings concat-tokens max-model-len length block-len max-tok
      """
    ),
    (
      "--prompt-length",
      "max-prompt-length max-prompt-len max-source-length prompt-max-len max-query-length"
    ),
    (
      "--response-length",
      """
      max-completion-length max-response-length max-target-length max-new-tokens generate-max-len max-output-length \
      max-answer-length completion-length
      """
    ),
    (
      "--tokenizer",
      """
      model model-name model-name-or-path model-path model-id tokenizer-name tokenizer-name-or-path tokenizer-path \
      tokenizer-model tokenizer-file base-model pretrained pretrained-model-name-or-path checkpoint checkpoint-dir \
      vocab-file hf-model
      """
    ),
    (
      "--template",
      """
      chat-template prompt-template template-path chat-template-path chat-template-jinja chat-template-name \
      template-name template-file input-template prompt-style conversation-template apply-chat-template format-name \
      jinja instruction-template
      """
    ),
    ("--template-arg", "chat-template-kwargs template-kwargs template-args template-var"),
    ("--template-arg enable_thinking=false", "enable-thinking thinking no-thinking"),
    (
      "--system",
      "system-prompt system-message default-system default-system-prompt new-system-prompt"
    ),
    (
      "--output",
      """
      out output-dir output-folder output-path out-dir out-root out-path save-path save-dir save-to destination dest dst \
      output-prefix dataset-prepared-path tokenized-path save-to-disk target-dir
      """
    ),
    (
      "--threads",
      """
      num-proc num-workers workers jobs cpus n-jobs nproc num-threads n-threads processes num-processes \
      preprocessing-num-workers dataset-num-proc dataset-processes parallel
      """
    ),
    (
      "--pack",
      "packing sample-packing packed packing-samples neat-packing use-packing pack-sequences concat concatenate group-texts"
    ),
    ("--pack-align", "pad-to-multiple-of pack-to-multiple-of align alignment"),
    (
      "--overwrite",
      "force overwrite-cache overwrite-output-dir overwrite-output replace clobber rm"
    ),
    (
      "--truncate (right, left, keep-response, oldest-turns, drop, error)",
      "truncation truncation-side truncation-strategy truncation-mode truncate-side"
    ),
    ("--truncate drop", "drop-long drop-long-sequences drop-too-long filter-long remove-long"),
    (
      "--field, as in --field task=question or --field messages=data.turns",
      "column columns column-map field-map fields key keys json-keys dataset-columns columns-mapping rename-columns"
    ),
    ("--field text=NAME", "text-column text-field text-key dataset-text-field field-text"),
    (
      "--field task=NAME",
      "input-key prompt-column prompt-key prompt-field field-instruction instruction-column question-column task-field"
    ),
    ("--field context=NAME", "field-input context-column query-column"),
    (
      "--field response=NAME",
      """
      output-key response-column response-key response-field completion-column field-output answer-column label-column \
      target-column
      """
    ),
    (
      "--field messages=NAME",
      "field-messages messages-column messages-key conversation-column conversation-field"
    ),
    ("--field role=NAME", "message-field-role role-key role-tag"),
    ("--field content=NAME", "message-field-content content-key content-tag"),
    ("--role NAME=ROLE", "roles role-map role-mapping roles-map user-tag assistant-tag"),
    (
      "--loss (assistant, last, all, tools, a role, …)",
      "loss-mask mask loss-policy roles-to-train loss-scale loss-type mask-strategy train-on"
    ),
    (
      "--loss all",
      "train-on-inputs train-on-input train-on-prompt train-on-prompts train-on-everything no-mask-prompt full-loss"
    ),
    ("--loss last", "mask-history train-on-last-turn-only last-turn-only multiturn"),
    (
      "there is none, as only responses are learned unless --loss says more",
      "mask-prompt mask-inputs mask-input train-on-responses-only train-on-completions-only assistant-only-loss completion-only-loss only-assistant"
    ),
    ("--history", "history-policy rewrite-history"),
    ("--eos-token", "eos eos-text end-token stop-token append-eod append-eos eod"),
    ("--bos-token", "bos bos-text begin-token add-bos add-bos-token prepend-bos"),
    ("--pad-token", "pad pad-id pad-token-id padding-token"),
    (
      "--parse-special",
      "add-special-tokens special-tokens allow-special allowed-special split-special-tokens"
    ),
    (
      "there is none, as rows are stored without padding and padded to --context-length when they are read",
      "padding pad-to-max-length pad-to-sequence-len"
    ),
    ("--date", "today date-string strftime-now"),
    (
      "--schema (instruction, messages, text)",
      "type dataset-type data-type data-format dataset-format input-format style strategy ds-type formatting"
    ),
    (
      "--max-rejects",
      "max-errors max-bad skip-errors ignore-errors skip-invalid max-rejected error-rate allow-errors tolerance"
    ),
    (
      "--partition i/n",
      "shard shard-index shard-id num-shards partitions rank world-size split-index"
    ),
    (
      "--block-size",
      "shard-size rows-per-shard chunk-size max-shard-size size-limit batch-size chunk"
    ),
    ("--level", "compression compression-level zstd-level"),
    ("--format", "export export-format output-format"),
    ("--quiet", "silent no-progress disable-tqdm disable-progress-bar"),
    ("--json", "report-json output-json report as-json"),
    ("there is none; see --json and prep show FOLDER", "verbose debug log-level verbosity"),
    (
      "there is none, as the same command resumes by itself",
      "resume resume-from continue resume-from-checkpoint restart"
    ),
    (
      "inputs are given without an option, as in prep run INPUT --output DIR",
      """
      input inputs data dataset datasets input-file input-files file files data-path data-dir dataset-name dataset-path \
      dataset-dir train-file train-data train-files data-files path source src jsonl input-dir input-data
      """
    ),
  ]

  private static let commandTable: [(meant: String, names: String)] = [
    (
      "run",
      "tokenize tokenise preprocess prepare pack process build make convert-data encode-file create generate start ingest"
    ),
    ("doctor", "lint check diagnose debug health analyze"),
    ("verify", "validate fsck checksum test"),
    ("inspect", "view peek look head cat explain print dump sample"),
    ("show", "info describe settings config status summary list ls"),
    ("stats", "statistics stat histogram lengths count"),
    ("report", "html page visualize viz dashboard browse"),
    ("plan", "estimate dry-run preview suggest"),
    ("render", "template chat apply-template format jinja"),
    ("export", "convert to-parquet to-hf parquet save write"),
    ("merge", "join combine concat concatenate"),
    ("tokenizer", "vocab tokenizers model"),
    ("train", "train-tokenizer bpe train-bpe"),
  ]

  private static let commands = Dictionary(
    uniqueKeysWithValues: commandTable.flatMap { meant, names in
      names.split(separator: " ").map { (String($0), meant) }
    })
}
